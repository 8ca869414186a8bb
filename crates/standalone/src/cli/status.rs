//! `agora status`: is it there, where, and how is it?

use std::{
    io::{self, Write as _},
    path::Path,
};

use boot::Outcome;
use serde_json::Value;

use super::probe;
use crate::data;

pub(super) async fn run(path: &Path) -> Outcome {
    // A directory of somebody else's tells nothing, which is not the same as "nothing runs".
    match std::fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            return Err(format!("the data directory {} cannot be read: {error}", path.display()).into());
        }
        Ok(_) | Err(_) => {}
    }
    let Some(holder) = data::holder(path) else {
        return Err(format!("nothing runs on the data directory {}", path.display()).into());
    };
    let Some(address) = holder.listen else {
        return Err(format!("process {} is starting on the data directory {}", holder.pid, path.display()).into());
    };
    let mut text = format!("agora runs as process {} on http://{address}, data in {}\n", holder.pid, path.display());
    let answer = probe::get(address, "/healthz").await?;
    text += &services(answer.body());
    io::stdout().write_all(text.as_bytes())?;
    if answer.status().is_success() { Ok(()) } else { Err("not every service is well".into()) }
}

/// One line per service, as `/healthz` tells it.
fn services(body: &[u8]) -> String {
    let health: Value = serde_json::from_slice(body).unwrap_or_default();
    let services = health["services"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |service: &Value| {
        let word = |name: &str| service[name].as_str().unwrap_or_default();
        format!("  {:<10}{} {}", word("name"), word("state"), word("cause")).trim_end().to_owned() + "\n"
    };
    services.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_a_line() {
        let body = br#"{"services":[{"name":"users","state":"up"},{"name":"shop","state":"down","cause":"connection_refused"}]}"#;
        assert_eq!(services(body), "  users     up\n  shop      down connection_refused\n");
        assert_eq!(services(b"not json"), "");
    }
}
