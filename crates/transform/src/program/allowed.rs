//! The functions that a program may call, and what it is told about the others.

/// What a function does with its arguments, as far as the check needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// One output; the arguments are values, computed from the input.
    Plain,
    /// One output; the arguments are programs that run for each item of the input.
    PerItem,
    /// As many outputs as its argument, which runs on the input.
    Through,
    /// One output; the arguments run on the input, however many outputs they have.
    Whole,
    /// One output; the argument is a path that is changed.
    Changes,
}

use Kind::{Changes, PerItem, Plain, Through, Whole};

/// Name, number of arguments, and kind.
pub(super) const FUNCTIONS: &[(&str, usize, Kind)] = &[
    ("abs", 0, Plain),
    ("add", 0, Plain),
    ("add", 1, Whole),
    ("all", 0, PerItem),
    ("all", 1, PerItem),
    ("all", 2, Whole),
    ("any", 0, PerItem),
    ("any", 1, PerItem),
    ("any", 2, Whole),
    ("arrays", 0, Plain),
    ("ascii_downcase", 0, Plain),
    ("ascii_upcase", 0, Plain),
    ("booleans", 0, Plain),
    ("ceil", 0, Plain),
    ("contains", 1, Plain),
    ("del", 1, Changes),
    ("empty", 0, Plain),
    ("endswith", 1, Plain),
    ("false", 0, Plain),
    ("first", 0, Plain),
    ("first", 1, Whole),
    ("flatten", 0, Plain),
    ("flatten", 1, Plain),
    ("floor", 0, Plain),
    ("from_entries", 0, PerItem),
    ("group_by", 1, PerItem),
    ("has", 1, Plain),
    ("isempty", 1, Whole),
    ("join", 1, Plain),
    ("keys", 0, Plain),
    ("keys_unsorted", 0, Plain),
    ("last", 0, Plain),
    ("last", 1, Whole),
    ("length", 0, Plain),
    ("ltrimstr", 1, Plain),
    ("map", 1, PerItem),
    ("map_values", 1, PerItem),
    ("max", 0, Plain),
    ("max_by", 1, PerItem),
    ("min", 0, Plain),
    ("min_by", 1, PerItem),
    ("not", 0, Plain),
    ("null", 0, Plain),
    ("nulls", 0, Plain),
    ("numbers", 0, Plain),
    ("objects", 0, Plain),
    ("reverse", 0, Plain),
    ("round", 0, Plain),
    ("rtrimstr", 1, Plain),
    ("select", 1, Through),
    ("sort", 0, Plain),
    ("sort_by", 1, PerItem),
    ("split", 1, Plain),
    ("startswith", 1, Plain),
    ("strings", 0, Plain),
    ("to_entries", 0, Plain),
    ("tojson", 0, Plain),
    ("tonumber", 0, Plain),
    ("tostring", 0, Plain),
    ("trim", 0, Plain),
    ("true", 0, Plain),
    ("type", 0, Plain),
    ("unique", 0, Plain),
    ("unique_by", 1, PerItem),
    ("utf8bytelength", 0, Plain),
    ("values", 0, Plain),
    ("with_entries", 1, PerItem),
    ("@base64", 0, Plain),
    ("@json", 0, Plain),
    ("@text", 0, Plain),
    ("@uri", 0, Plain),
];

/// The function of this name with so many arguments.
pub(super) fn function(name: &str, arguments: usize) -> Option<Kind> {
    FUNCTIONS.iter().find(|(known, arity, _)| *known == name && *arity == arguments).map(|(_, _, kind)| *kind)
}

/// Why this function cannot be called, and what can be written instead.
pub(super) fn refusal(name: &str, arguments: usize) -> String {
    let arities: Vec<usize> = FUNCTIONS.iter().filter(|(known, ..)| *known == name).map(|entry| entry.1).collect();
    if let Some(arity) = arities.first() {
        let takes: Vec<String> = arities.iter().map(ToString::to_string).collect();
        let plural = if *arity == 1 && arities.len() == 1 { "" } else { "s" };
        return format!("`{name}` takes {} argument{plural}, not {arguments}", takes.join(" or "));
    }
    if let Some(reason) = reason(name) {
        return format!("`{name}` is not available in a transform: {reason}");
    }
    let nearest = FUNCTIONS.iter().map(|(known, ..)| (strsim::damerau_levenshtein(known, name), *known)).min();
    match nearest {
        Some((distance, known)) if distance <= 1 + name.len() / 5 => {
            format!("there is no function `{name}`; did you mean `{known}`?")
        }
        _ => format!("`{name}` is not available in a transform"),
    }
}

/// Why well-known functions of jq are not on the list.
fn reason(name: &str) -> Option<&'static str> {
    Some(match name {
        "env" | "$ENV" | "get_search_list" => "a transform reads only its document and its variables",
        "input" | "inputs" | "input_filename" | "input_line_number" => "it has exactly one input, `.`",
        "debug" | "stderr" | "input_error" => "it writes nothing but its output",
        "halt" | "halt_error" | "error" => "it does not choose to fail; use `select` or `//`",
        "now" | "localtime" | "gmtime" | "mktime" | "strftime" | "strptime" | "todate" | "fromdate" | "date" => {
            "its output follows from its input alone; let the service format times"
        }
        "range" | "repeat" | "while" | "until" | "limit" | "skip" | "nth" | "recurse" | "walk" | "combinations" => {
            "it could run without end; `map`, `select`, `.[2:5]`, `first` and `last` are bounded by the document"
        }
        "test" | "match" | "capture" | "scan" | "sub" | "gsub" | "splits" | "ascii" => {
            "regular expressions are not; use `startswith`, `endswith`, `contains` or `split`"
        }
        "fromjson" | "implode" | "explode" | "tobytes" | "@base64d" => {
            "it makes values that the document does not have"
        }
        "getpath" | "setpath" | "paths" | "path" | "delpaths" | "pick" | "leaf_paths" | "tostream" | "fromstream" => {
            "paths are written out: `.a.b`, `del(.a.b)`; a route has `pick` and `omit`"
        }
        _ => return None,
    })
}
