//! Every variable that a program reads is in `.env.example`, and `.env.example` names no other.

use std::collections::BTreeSet;

use crate::{
    finding::Finding,
    tree::{File, Tree},
};

const EXAMPLE: &str = ".env.example";

/// Ours begin with the name of a program, of the whole, or of what is outside and used by several.
const PREFIXES: &[&str] = &["AGORA_", "EVENTS_", "GATEWAY_", "USERS_", "POSTS_", "FEED_", "SHOP_", "SMTP_", "MEDIA_"];

/// Variables of everybody, which we read as well.
const FOREIGN: &[&str] = &["RUST_LOG", "NO_COLOR"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(example) = tree.files.iter().find(|file| file.path == EXAMPLE) else {
        return vec![Finding::about(EXAMPLE, "there is none")];
    };
    let named: BTreeSet<&str> = example.text.lines().filter_map(assigned).collect();
    let mut read = BTreeSet::new();
    let mut findings = Vec::new();
    for (file, number, name) in tree.files.iter().flat_map(reads) {
        if read.insert(name) && !named.contains(name) {
            findings.push(Finding::at(&file.path, number, format!("{name} is not in {EXAMPLE}")));
        }
    }
    let is_read =
        |name: &str| read.contains(name) || name.strip_suffix("_FILE").is_some_and(|name| read.contains(name));
    let unread = named.into_iter().filter(|name| !is_read(name) && !FOREIGN.contains(name));
    findings.extend(unread.map(|name| Finding::about(EXAMPLE, format!("no program reads {name}"))));
    findings
}

/// The name in `NAME=value`.
fn assigned(line: &str) -> Option<&str> {
    let (name, _) = line.split_once('=')?;
    is_name(name).then_some(name)
}

/// The variables of ours that a file names: as a whole string in what is shipped, or as `${NAME` in the gateway's files.
fn reads(file: &File) -> Vec<(&File, usize, &str)> {
    let (lines, before) = if file.path.starts_with("crates/xtask/") {
        (Vec::new(), "")
    } else if file.path.ends_with(".rs") {
        (file.production_lines(), "\"")
    } else if file.path.starts_with("gateway/") && file.path.ends_with(".toml") {
        (file.lines().collect(), "${")
    } else {
        (Vec::new(), "")
    };
    let shipped = lines.into_iter().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let named = shipped.flat_map(|(number, line)| line.split(before).skip(1).map(move |rest| (number, rest)));
    let named = named.filter_map(|(number, rest)| {
        let end = rest.find(|c: char| !is_name_character(c)).unwrap_or(rest.len());
        let closed = before == "${" || end == rest.len();
        let ours = PREFIXES.iter().any(|prefix| rest[..end].starts_with(prefix) && end > prefix.len());
        (closed && ours).then_some((file, number, &rest[..end]))
    });
    named.collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(is_name_character)
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(example: &str, source: &str) -> Vec<String> {
        let files = vec![File::new(EXAMPLE, example), File::new("services/users/src/config.rs", source)];
        check(&Tree { files }).into_iter().map(|finding| finding.sentence).collect()
    }

    #[test]
    fn a_variable_that_is_not_written_down_is_found() {
        assert_eq!(told("", "vars.text(\"USERS_LISTEN\", \"\")\n"), ["USERS_LISTEN is not in .env.example"]);
    }

    #[test]
    fn a_variable_that_nobody_reads_is_found() {
        assert_eq!(told("USERS_LSTEN=x\nRUST_LOG=info\n", ""), ["no program reads USERS_LSTEN"]);
    }

    #[test]
    fn what_is_read_and_written_down_is_fine() {
        let source = "vars.secret(\"USERS_KEY\")\n// \"USERS_OLD\"\nvars.mistake(\"USERS_KEY is wrong\")\n";
        assert_eq!(told("# the key\nUSERS_KEY=\nUSERS_KEY_FILE=\n", source), [""; 0]);
    }

    #[test]
    fn the_gateways_files_read_variables_too() {
        let files = vec![File::new(EXAMPLE, ""), File::new("gateway/gateway.toml", "url = \"${SHOP_URL:-x}\"\n")];
        assert_eq!(
            check(&Tree { files })[0],
            Finding::at("gateway/gateway.toml", 1, "SHOP_URL is not in .env.example")
        );
    }
}
