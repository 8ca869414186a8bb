//! The program `agora`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = standalone::cli::Cli::read();
    boot::main("agora", async |vars| cli.run(vars).await)
}
