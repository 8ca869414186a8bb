//! Words: variables in them, names that are near to others, lists of them.

/// Replaces `${NAME}` and `${NAME:-default}`; an empty variable takes the default too, as in a shell.
pub(super) fn expand<'v>(text: &str, variable: impl Fn(&str) -> Option<&'v str>) -> Result<String, String> {
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (inner, after) = after.split_once('}').ok_or("A `${` has no `}` after it.")?;
        let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        {
            return Err(format!("`${{{inner}}}` names no variable; write `${{NAME}}` or `${{NAME:-default}}`."));
        }
        let value = variable(name).filter(|value| !value.is_empty()).or(default);
        let value =
            value.ok_or_else(|| format!("The variable `{name}` is not set, and `${{{name}}}` has no default."))?;
        expanded.push_str(before);
        expanded.push_str(value);
        rest = after;
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// The one of `known` that `name` is most likely a misspelling of, if any is near enough.
pub(crate) fn nearest<'k>(name: &str, known: &[&'k str]) -> Option<&'k str> {
    let distances = known.iter().map(|known| (strsim::damerau_levenshtein(name, known), *known));
    let (distance, known) = distances.min_by_key(|(distance, _)| *distance)?;
    (distance <= 1 + known.len() / 4).then_some(known)
}

/// What is known, as the end of a sentence: the nearest one, or all of them if they are few.
pub(crate) fn one_of(name: &str, known: &[&str]) -> String {
    match nearest(name, known) {
        Some(meant) => format!("; did you mean `{meant}`?"),
        None if known.is_empty() => ".".to_owned(),
        None if known.len() <= 12 => format!("; there is {}.", listed(known)),
        None => format!("; there are {} others, none of them near.", known.len()),
    }
}

/// `` `a`, `b` and `c` ``
pub(super) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_and_empty_ones_take_the_default() {
        let variable = |name: &str| [("HOST", "users"), ("EMPTY", "")].into_iter().find(|(known, _)| *known == name);
        let expanded = |text: &str| expand(text, |name| Some(variable(name)?.1)).unwrap();
        assert_eq!(expanded("http://${HOST}:${PORT:-8101}/"), "http://users:8101/");
        assert_eq!(expanded("${EMPTY:-x}${NONE:-}y $5"), "xy $5");
    }

    #[test]
    fn a_variable_that_is_not_set_or_has_no_name_is_refused() {
        let refused = |text: &str| expand(text, |_| None).unwrap_err();
        assert_eq!(refused("${HOST}"), "The variable `HOST` is not set, and `${HOST}` has no default.");
        assert_eq!(refused("${host}"), "`${host}` names no variable; write `${NAME}` or `${NAME:-default}`.");
        assert_eq!(refused("${HOST"), "A `${` has no `}` after it.");
    }

    #[test]
    fn only_a_near_name_is_suggested() {
        assert_eq!(nearest("show_usr", &["list_users", "show_user"]), Some("show_user"));
        assert_eq!(nearest("cache", &["match", "to", "access"]), None);
        assert_eq!(one_of("x", &["first", "second", "third"]), "; there is `first`, `second` and `third`.");
    }
}
