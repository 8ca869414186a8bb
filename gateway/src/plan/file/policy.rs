//! The tables of `[limits]`, each a policy: one line per key.

use std::num::NonZeroU32;
use std::time::Duration;

use super::super::read::{At, Section, Value, nearest, one_of, show_duration};
use super::super::{Partition, Policy, Rate};

/// Stands in for what could not be read and has been reported, so that the routes which name the policy are not blamed too.
const STAND_IN: Rate = Rate { calls: NonZeroU32::MIN, within: Duration::from_secs(1) };

/// Reads a policy.
pub(super) fn read(name: At<String>, mut section: Section<'_>) -> Policy {
    let mistakes = section.mistakes();
    if let Err(sentence) = check_name(&name.value) {
        mistakes.blame(&name.mark, sentence);
    }
    let rate = section.required("rate", "how many calls come back to a caller, like \"20/s\"", |v| v.parsed(rate));
    let burst = section.required("burst", "how many calls a caller may make at once, like 200", burst);
    let per = section.optional("per", |v| v.parsed(partition)).map_or_else(Partition::default, |at| at.value);
    section.finish();
    let policy = Policy {
        name: name.value,
        rate: rate.map_or(STAND_IN, |at| at.value),
        burst: burst.as_ref().map_or(NonZeroU32::MIN, |at| at.value),
        per,
    };
    if let Some(burst) = burst.filter(|_| policy.window() > Policy::LONGEST_WINDOW) {
        let longest = show_duration(Policy::LONGEST_WINDOW);
        let sentence =
            format!("At {} a burst of {} takes longer than {longest} to come back.", policy.rate, policy.burst);
        mistakes.blame(&burst.mark, sentence);
    }
    policy
}

/// A name is sent to clients in quotes, and is a label of metrics.
fn check_name(name: &str) -> Result<(), String> {
    if name == Policy::NONE {
        return Err("`none` is no name for a limit: a route says `limit = \"none\"` to have none.".to_owned());
    }
    let is_name = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(format!("`{name}` is no name for a limit; use lower-case letters, digits and `_`."));
    }
    if name != Policy::DEFAULT && nearest(name, &[Policy::DEFAULT]).is_some() {
        // It would be a limit that no route names, and the routes would go without.
        return Err(format!("`{name}` is too near to `{0}` to be another limit; did you mean `{0}`?", Policy::DEFAULT));
    }
    if name.len() > Policy::LONGEST_NAME {
        return Err(format!("The name of a limit has at most {} letters.", Policy::LONGEST_NAME));
    }
    Ok(())
}

fn rate(text: &str) -> Result<Rate, String> {
    let rate = Rate::parse(text)
        .ok_or_else(|| format!("`{text}` is no rate; write one like \"20/s\", \"100/m\" or \"1000/h\""))?;
    if u64::from(rate.calls.get()) > u64::from(Policy::HIGHEST_RATE) * rate.within.as_secs() {
        return Err(format!("A rate is at most {}/s", Policy::HIGHEST_RATE));
    }
    Ok(rate)
}

fn burst(value: Value<'_>) -> Option<NonZeroU32> {
    value.count().and_then(NonZeroU32::new)
}

fn partition(text: &str) -> Result<Partition, String> {
    match text {
        "user" => Ok(Partition::User),
        "address" => Ok(Partition::Address),
        _ => Err(format!("`{text}` does not say who is one caller{}", one_of(text, &["user", "address"]))),
    }
}
