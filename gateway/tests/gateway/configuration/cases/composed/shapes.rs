//! Mistakes in what a client may choose, and in what is made of requests and answers.

use super::super::Case;

pub(super) const CASES: &[Case] = &[
    Case {
        change: (
            r#"parts.me     = { to = "people.show_me", required = true }"#,
            r#"parts.me     = { to = "people.show_me", viewer = true }"#,
        ),
        at: "conf/routes/composed.toml:7:50",
        marked: "true",
        sentence: "What only the viewer sees is there for those who ask for it; make it an `include`.",
    },
    Case {
        change: (r#"include.author        = { to"#, r#"include.author        = { viewer = true, to"#),
        at: "conf/routes/composed.toml:19:36",
        marked: "true",
        sentence: "This is asked when everything else is there, so no other part can need it.",
    },
    Case {
        change: (
            r#"parts.cart   = { to = "shop.show_cart", query.status = "pending", otherwise = '{"items":[],"total":0}' }"#,
            r#"include.cart = { viewer = true, required = true, to = "shop.show_cart", query.status = "pending" }"#,
        ),
        at: "conf/routes/composed.toml:9:27",
        marked: "true",
        sentence: "A stranger has no such part, so it cannot be required.",
    },
    Case {
        change: ("fields = true", "fields = []"),
        at: "conf/routes/composed.toml:6:10",
        marked: "[]",
        sentence: "A client could choose nothing; list the fields, or leave this out.",
    },
    Case {
        change: (r#"fields = ["id", "#, r#"fields = ["idd", "#),
        at: "conf/routes/composed.toml:17:11",
        marked: r#""idd""#,
        sentence: "The answer has no field `idd`; did you mean `id`?",
    },
    Case {
        change: (r#"fields = ["id", "title", "author.name"]"#, r#"fields = ["id", "author.team.label"]"#),
        at: "conf/routes/composed.toml:17:17",
        marked: r#""author.team.label""#,
        sentence: "`author.team.label` is deeper than 2 names.",
    },
    Case {
        change: (
            r#"omit    = ["author_id"]"#,
            r#"omit    = ["author_id"]
fields = true"#,
        ),
        at: "conf/routes/composed.toml:39:10",
        marked: "true",
        sentence: "The answer is built by this route, so its fields are not the client's to choose; leave `fields` out.",
    },
    Case {
        change: (
            "status   = 200",
            r#"response_schema = "{}"
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:29:9",
        marked: "author",
        sentence: "The answer is built by this route's `response`, so nothing can be added to it by `include`; make it one of the `parts`.",
    },
    Case {
        change: (
            r#"omit    = ["author_id"]"#,
            r#"omit    = ["author"]
response_schema = "{}"
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:40:9",
        marked: "author",
        sentence: "A client may ask for `author`, but it is left out.",
    },
    Case {
        change: (
            r#"omit    = ["author_id"]"#,
            r#"omit    = ["author_id"]
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:37:11",
        marked: r#"{ title = "headline" }"#,
        sentence: "What this builds cannot be derived; say it with `response_schema`, a JSON schema.",
    },
    Case {
        change: (
            r#"rename  = { title = "headline" }"#,
            r#"rename  = { title = "author" }
response_schema = "{}"
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:37:21",
        marked: r#""author""#,
        sentence: "There is a field `author` already; give that another name or leave it out.",
    },
    Case {
        change: (
            r#"match  = "GET /texts/{id}"
to     = "texts.show_text""#,
            r#"match  = "GET /texts"
to     = "texts.list_chosen""#,
        ),
        at: "conf/routes/composed.toml:19:9",
        marked: "author",
        sentence: "`list_chosen` has a query parameter `include` of its own, which no client could send.",
    },
    Case {
        change: (
            r#"match  = "GET /texts/{id}"
to     = "texts.show_text""#,
            r#"match  = "GET /texts"
to     = "texts.list_kept""#,
        ),
        at: "conf/routes/composed.toml:17:10",
        marked: r#"["id", "title", "author.name"]"#,
        sentence: "`list_kept` has a query parameter `fields` of its own, which no client could send.",
    },
    Case {
        change: (r#""{number: .id, headline: .title}""#, r#""{number: .id, headline: .titel}""#),
        at: "conf/routes/composed.toml:27:38",
        marked: "titel",
        sentence: "The answer of `texts.create_text` has no field `titel`; did you mean `title`?",
    },
    Case {
        change: (r#""{number: .id, headline: .title}""#, r#""{number: .id, headline: .title""#),
        at: "conf/routes/composed.toml:27:43",
        marked: r#"""#,
        sentence: "`{` is not closed.",
    },
    Case {
        change: (r#""{number: .id, headline: .title}""#, r#""{number: .id, viewer: $viewer}""#),
        at: "conf/routes/composed.toml:27:35",
        marked: "$viewer",
        sentence: "There is no variable `$viewer` here: given is `$base`.",
    },
    Case {
        change: (r#""{number: .id, headline: .title}""#, r#""{number: .id, headline: (.title | ascii_downcase)}""#),
        at: "conf/routes/composed.toml:27:12",
        marked: r#""{number: .id, headline: (.title | ascii_downcase)}""#,
        sentence: "What this builds cannot be derived; say it with `response_schema`, a JSON schema.",
    },
    Case {
        change: (r#"response = "{number: .count}""#, r#"response = "{number: (.count + 1)}""#),
        at: "conf/routes/composed.toml:18:105",
        marked: r#""{number: (.count + 1)}""#,
        sentence: "What this builds cannot be derived; a part is shaped by plain programs like `{name: .title}`, by `rename`, `pick` or `omit`.",
    },
    Case {
        change: ("status   = 200", r#"rename = { title = "headline" }"#),
        at: "conf/routes/composed.toml:27:12",
        marked: r#""{number: .id, headline: .title}""#,
        sentence: "`response` builds the whole answer; `rename`, `pick` and `omit` beside it would do nothing.",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"rename  = { titel = "headline" }"#),
        at: "conf/routes/composed.toml:37:13",
        marked: "titel",
        sentence: "The answer of `texts.show_text` has no field `titel`; did you mean `title`?",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"rename  = { title = "id" }"#),
        at: "conf/routes/composed.toml:37:21",
        marked: r#""id""#,
        sentence: "There is a field `id` already; give that another name or leave it out.",
    },
    Case {
        change: (
            r#"omit    = ["author_id"]"#,
            r#"omit    = ["author_id"]
pick = ["id"]"#,
        ),
        at: "conf/routes/composed.toml:39:8",
        marked: r#"["id"]"#,
        sentence: "A field is picked or left out: use `pick` or `omit`, not both.",
    },
    Case {
        change: (r#"omit    = ["author_id"]"#, r#"omit    = ["author"]"#),
        at: "conf/routes/composed.toml:38:12",
        marked: r#""author""#,
        sentence: "The answer of `texts.show_text` has no field `author`; did you mean `author_id`?",
    },
    Case {
        change: (r#"pick       = ["items[].id", "next_cursor"]"#, r#"pick       = ["items.id", "next_cursor"]"#),
        at: "conf/routes/composed.toml:45:15",
        marked: r#""items.id""#,
        sentence: "`.items` in the answer of `texts.list_texts` has no field `id`.",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"rename  = { title = "headline", id = "headline" }"#),
        at: "conf/routes/composed.toml:37:11",
        marked: r#"{ title = "headline", id = "headline" }"#,
        sentence: r#"Two fields of `.` would be called "headline"."#,
    },
    Case {
        change: (r#""{items: .items, viewer: $viewer}""#, r#""{items: .entries, viewer: $viewer}""#),
        at: "conf/routes/composed.toml:46:24",
        marked: "entries",
        sentence: "The answer has no field `entries`.",
    },
    Case {
        change: (
            r#"response_schema = '{"type":"object"}'
"#,
            "",
        ),
        at: "conf/routes/composed.toml:46:14",
        marked: r#""{items: .items, viewer: $viewer}""#,
        sentence: "What this builds cannot be derived; say it with `response_schema`, a JSON schema.",
    },
    Case {
        change: (r#"response_schema = '{"type":"object"}'"#, r#"response_schema = '{"type":"objekt"}'"#),
        at: "conf/routes/composed.toml:47:19",
        marked: r#"'{"type":"objekt"}'"#,
        sentence: r#"This is no JSON schema: "objekt" is not valid under any of the schemas listed in the 'anyOf' keyword."#,
    },
    Case {
        change: (r#"response_schema = '{"type":"object"}'"#, r#"response_schema = "object""#),
        at: "conf/routes/composed.toml:47:19",
        marked: r#""object""#,
        sentence: "This is not JSON: expected value at line 1 column 1.",
    },
    Case {
        change: (
            r#"rename  = { title = "headline" }
omit    = ["author_id"]
"#,
            r#"response_schema = "{}"
"#,
        ),
        at: "conf/routes/composed.toml:37:19",
        marked: r#""{}""#,
        sentence: "Nothing is built here: the contract says what the operation answers.",
    },
    Case {
        change: (r#""{title: .headline}""#, r#""{titel: .headline}""#),
        at: "conf/routes/composed.toml:26:12",
        marked: r#""{titel: .headline}""#,
        sentence: "`texts.create_text` reads no field `titel`; did you mean `title`?",
    },
    Case {
        change: (r#""{title: .headline}""#, r#""{tags: [], title: .headline, text: 1}""#),
        at: "conf/routes/composed.toml:26:12",
        marked: r#""{tags: [], title: .headline, text: 1}""#,
        sentence: "`texts.create_text` reads no field `text`; there is `title` and `tags`.",
    },
    Case {
        change: (r#""{title: .headline}""#, r#""{tags: []}""#),
        at: "conf/routes/composed.toml:26:12",
        marked: r#""{tags: []}""#,
        sentence: "`texts.create_text` needs the field `title`, which this does not build.",
    },
    Case {
        change: (r#""{title: .headline}""#, r#""{title: 7}""#),
        at: "conf/routes/composed.toml:26:12",
        marked: r#""{title: 7}""#,
        sentence: "`title` of `texts.create_text` does not take `7`.",
    },
    Case {
        change: (r#""{title: .headline}""#, r#""{title: ascii(.headline)}""#),
        at: "conf/routes/composed.toml:26:21",
        marked: "ascii",
        sentence: "`ascii` is not available in a transform: regular expressions are not; use `startswith`, `endswith`, `contains` or `split`.",
    },
    Case {
        change: (r#""texts.create_text""#, r#""texts.upload_text""#),
        at: "conf/routes/composed.toml:26:12",
        marked: r#""{title: .headline}""#,
        sentence: "`texts.upload_text` reads no JSON.",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"request = "{id: .id}""#),
        at: "conf/routes/composed.toml:37:11",
        marked: r#""{id: .id}""#,
        sentence: "A GET request has no body to make something of.",
    },
    Case {
        change: (
            r#"match      = "GET /older/list"
to         = "texts.list_texts""#,
            r#"match      = "POST /older/list"
to         = "texts.list_texts""#,
        ),
        at: "conf/routes/composed.toml:41:14",
        marked: r#""POST /older/list""#,
        sentence: r#"The method is POST, but `texts.list_texts` is GET /texts; did you mean `to = "texts.create_text"`?"#,
    },
    Case {
        change: (r#"match    = "POST /older/texts""#, r#"match    = "GET /older/texts""#),
        at: "conf/routes/composed.toml:23:12",
        marked: r#""GET /older/texts""#,
        sentence: r#"The method is GET, but `texts.create_text` is POST /texts; did you mean `to = "texts.list_texts"`?"#,
    },
    Case {
        change: (
            r#"to       = "texts.create_text"
access   = "anyone"
request  = "{title: .headline}""#,
            r#"to       = "texts.upload_text"
access   = "anyone"
form = { headline = "title" }
request  = "{title: .headline}""#,
        ),
        at: "conf/routes/composed.toml:26:8",
        marked: r#"{ headline = "title" }"#,
        sentence: "`request` builds the whole body; `form` beside it would do nothing.",
    },
];
