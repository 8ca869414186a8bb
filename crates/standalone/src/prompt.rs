//! Passwords are asked for or read from standard input; as an argument everybody on the machine could see them.

use std::io::{self, IsTerminal as _, Read as _, Write as _};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use secrecy::{ExposeSecret as _, SecretString};

/// What Ctrl-C types.
const INTERRUPT: u8 = 3;

/// A new password: asked for twice on a terminal, the first line of standard input otherwise.
///
/// # Errors
///
/// The terminal's; an empty password; two that differ.
pub(crate) fn new_password() -> io::Result<SecretString> {
    if !io::stdin().is_terminal() {
        return line();
    }
    let first = ask("New password: ")?;
    let again = ask("The same again: ")?;
    if first.expose_secret() != again.expose_secret() {
        return Err(io::Error::other("the two passwords differ"));
    }
    Ok(first)
}

fn ask(question: &str) -> io::Result<SecretString> {
    let mut terminal = io::stderr();
    terminal.write_all(question.as_bytes())?;
    terminal.flush()?;
    let silence = Silence::begin()?;
    let answer = line();
    drop(silence);
    terminal.write_all(b"\n")?;
    answer
}

fn line() -> io::Result<SecretString> {
    let mut typed = Vec::new();
    for byte in io::stdin().lock().bytes() {
        match byte? {
            b'\n' => break,
            INTERRUPT => return Err(io::Error::other("interrupted: nothing was changed")),
            byte => typed.push(byte),
        }
    }
    let text = String::from_utf8(typed).map_err(|_| io::Error::other("the password is not UTF-8"))?;
    let password = text.trim_end_matches('\r');
    if password.is_empty() {
        return Err(io::Error::other("no password was given: type it, or send it to standard input"));
    }
    Ok(password.into())
}

/// The terminal does not show what is typed until this is dropped. Ctrl-C ends the line instead of the process, which would leave
/// the terminal silent.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes -= LocalModes::ECHO | LocalModes::ISIG;
        silent.special_codes[SpecialCodeIndex::VEOL] = INTERRUPT;
        tcsetattr(io::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing either.
        let _gone = tcsetattr(io::stdin(), OptionalActions::Flush, &self.0);
    }
}
