//! Mistakes in parts that are in no answer, and in what waits for them.

use super::super::Case;

pub(super) const CASES: &[Case] = &[
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.team_id"
parts.who = { to = "people.show_me" }"#,
        ),
        at: "conf/routes/composed.toml:36:11",
        marked: r#""part:who:.team_id""#,
        sentence: "`to` waits only for parts that are not in the answer; `who` needs `aside = true`.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.id"
parts.who = { to = "texts.show_text", bind.id = "query:other", aside = true }"#,
        ),
        at: "conf/routes/composed.toml:36:11",
        marked: r#""part:who:.id""#,
        sentence: "This is needed, but `who` may not be asked: make it `required`.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.name"
parts.who = { to = "people.show_me", required = true, aside = true }"#,
        ),
        at: "conf/routes/composed.toml:36:21",
        marked: r#".name"#,
        sentence: "This is string, but the parameter takes integer.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.nmae"
parts.who = { to = "people.show_me", required = true, aside = true }"#,
        ),
        at: "conf/routes/composed.toml:36:22",
        marked: r#"nmae"#,
        sentence: "The answer of `who` has no field `nmae`; did you mean `name`?",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "path:number"
parts.who = { to = "people.show_me", aside = true }"#,
        ),
        at: "conf/routes/composed.toml:37:46",
        marked: r#"true"#,
        sentence: "No other call takes a value of this, so there is no reason to ask it.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "path:number"
include.who = { to = "people.show_me", aside = true }"#,
        ),
        at: "conf/routes/composed.toml:37:48",
        marked: r#"true"#,
        sentence: "A client cannot include what is not in the answer; make it one of the `parts`.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.id"
parts.who = { to = "people.show_me", aside = true, otherwise = '{"id":1,"name":"","team_id":1}' }"#,
        ),
        at: "conf/routes/composed.toml:37:46",
        marked: r#"true"#,
        sentence: "Nothing can stand in for what is not in the answer; what takes values of it fails with it.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "path:number"
parts.who = { to = "people.batch_people", aside = true, join = { key = ".author_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:37:51",
        marked: r#"true"#,
        sentence: "What is joined to something is in the answer.",
    },
    Case {
        change: (
            r#"bind.id = "path:number""#,
            r#"bind.id = "part:who:.id"
parts.who = { to = "people.show_me", aside = true }
parts.team = { to = "people.batch_teams", join = { key = ".who.team_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:38:7",
        marked: r#"team"#,
        sentence: "`who` is not in the answer, so nothing is joined to it.",
    },
];
