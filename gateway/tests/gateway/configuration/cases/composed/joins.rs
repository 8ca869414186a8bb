//! Mistakes in what a failure means, in joins and in the order of parts.

use super::super::Case;

pub(super) const CASES: &[Case] = &[
    Case {
        change: ("required = true }\nparts.feed", "required = true, otherwise = '{}' }\nparts.feed"),
        at: "conf/routes/composed.toml:7:70",
        marked: "'{}'",
        sentence: "A required part has nothing in its place; leave out `required` or this.",
    },
    Case {
        change: (r#"otherwise = '{"items":[],"total":0}'"#, r#"otherwise = '{"items":[]}'"#),
        at: "conf/routes/composed.toml:9:79",
        marked: r#"'{"items":[]}'"#,
        sentence: r#"This is not what `shop.show_cart` answers: "total" is a required property."#,
    },
    Case {
        change: (r#"otherwise = '{"items":[],"total":0}'"#, r#"otherwise = '{"items":[]'"#),
        at: "conf/routes/composed.toml:9:79",
        marked: r#"'{"items":[]'"#,
        sentence: "This is not JSON: EOF while parsing an object at line 1 column 11.",
    },
    Case {
        change: (r#"otherwise = '{"id":0,"label":""}'"#, r#"otherwise = '{"items":[]}'"#),
        at: "conf/routes/composed.toml:11:113",
        marked: r#"'{"items":[]}'"#,
        sentence: r#"This is not an item that `people.batch_teams` answers: "id" is a required property."#,
    },
    Case {
        change: (
            "errors.conflict  = {",
            r#"parts.me = { to = "people.show_me", required = true }
errors.conflict  = {"#,
        ),
        at: "conf/routes/composed.toml:30:48",
        marked: "true",
        sentence: "What the request has changed cannot be taken back when a part fails: beside a write no part is required.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".id", take = ".nam""#),
        at: "conf/routes/composed.toml:10:119",
        marked: r#"".nam""#,
        sentence: "An item of the batch has no field `nam`; did you mean `name`?",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".id", take = ".""#),
        at: "conf/routes/composed.toml:10:119",
        marked: "\".\"",
        sentence: "What is taken of an item is one field, like `.count`.",
    },
    Case {
        change: (
            r#"join = { key = ".author_id", as = "ids", on = ".id" } }"#,
            r#"join = { key = ".author_id", as = "ids", on = ".id", take = ".team_id" } }"#,
        ),
        at: "conf/routes/composed.toml:20:69",
        marked: r#"".author.team_id""#,
        sentence: "Only a field of each `author` is there, so nothing is joined to it.",
    },
    Case {
        change: (r#""people.batch_people", join = { key = ".feed"#, r#""people.show_me", join = { key = ".feed"#),
        at: "conf/routes/composed.toml:10:88",
        marked: r#""ids""#,
        sentence: "`people.show_me` takes no query parameter `ids`.",
    },
    Case {
        change: (r#"as = "ids", on = ".id", max_batch"#, r#"as = "idz", on = ".id", max_batch"#),
        at: "conf/routes/composed.toml:10:93",
        marked: r#""idz""#,
        sentence: "`people.batch_people` takes no query parameter `idz`; did you mean `ids`?",
    },
    Case {
        change: (
            r#""people.batch_people", join = { key = ".feed.items[].author_id", as = "ids""#,
            r#""texts.list_texts", join = { key = ".feed.items[].author_id", as = "limit""#,
        ),
        at: "conf/routes/composed.toml:10:90",
        marked: r#""limit""#,
        sentence: "`texts.list_texts` is no batch operation: its parameter `limit` takes one value, not a list of keys.",
    },
    Case {
        change: (r#""people.batch_people", join = { key = ".feed"#, r#""people.batch_names", join = { key = ".feed"#),
        at: "conf/routes/composed.toml:10:60",
        marked: r#"".feed.items[].author_id""#,
        sentence: "The keys are integer, but `ids` takes string.",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".feed.items[].autor_id""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".feed.items[].autor_id""#,
        sentence: "`.items[]` in the answer of `feed` has no field `autor_id`; did you mean `author_id`?",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".feed.items.author_id""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".feed.items.author_id""#,
        sentence: "`.items` in the answer of `feed` has no field `author_id`.",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".feed.items[]""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".feed.items[]""#,
        sentence: "A key is a field, like `.items[].author_id`.",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".fed.items[].author_id""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".fed.items[].author_id""#,
        sentence: "A key of this route starts with the name of a part, and there is no part `fed`; did you mean `feed`?",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".feed.items[].rating""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".feed.items[].rating""#,
        sentence: "A key is an integer or a string, but `.feed.items[].rating` is number.",
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#""items[0].author_id""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#""items[0].author_id""#,
        sentence: r#"`.items[0].author_id` is no plain path; one is made of fields and `[]`: `.items[].author_id`, `."content-type"`."#,
    },
    Case {
        change: (r#"".feed.items[].author_id""#, r#"".feed.items""#),
        at: "conf/routes/composed.toml:10:61",
        marked: r#"".feed.items""#,
        sentence: "A key is an integer or a string, but `.feed.items` is array.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".idd", max_batch = 100"#),
        at: "conf/routes/composed.toml:10:105",
        marked: r#"".idd""#,
        sentence: "An item of the batch has no field `idd`; did you mean `id`?",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".name", max_batch = 100"#),
        at: "conf/routes/composed.toml:10:105",
        marked: r#"".name""#,
        sentence: "The keys are integer, but `.name` is string.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".", max_batch = 100"#),
        at: "conf/routes/composed.toml:10:105",
        marked: r#"".""#,
        sentence: "An item has its key in a field, like `.id`.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".id", max_batch = 0"#),
        at: "conf/routes/composed.toml:10:124",
        marked: "0",
        sentence: "This must be greater than 0.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, r#"on = ".id", max_batch = 101"#),
        at: "conf/routes/composed.toml:10:124",
        marked: "101",
        sentence: "`batch_people` takes at most 100 keys at once.",
    },
    Case {
        change: (r#"on = ".id", max_batch = 100"#, "max_batch = 100"),
        at: "conf/routes/composed.toml:10:53",
        marked: r#"{ key = ".feed.items[].author_id", as = "ids", max_batch = 100 }"#,
        sentence: r#"`on` is missing: the field of an item that equals its key, like ".id"."#,
    },
    Case {
        change: (
            r#"join = { key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 }"#,
            r#"jion = { key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 }"#,
        ),
        at: "conf/routes/composed.toml:10:46",
        marked: "jion",
        sentence: "There is no key `jion`; did you mean `join`?",
    },
    Case {
        change: (
            r#"join = { key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 }"#,
            r#"join = ".feed.items[].author_id""#,
        ),
        at: "conf/routes/composed.toml:10:53",
        marked: r#"".feed.items[].author_id""#,
        sentence: "This must be a table, not a text.",
    },
    Case {
        change: ("max_batch = 100 } }", r#"max_batch = 100 }, response = "{people: .items}" }"#),
        at: "conf/routes/composed.toml:10:53",
        marked: r#"{ key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 }"#,
        sentence: "`batch_people` is no batch operation: what is made of its answer has no list `items`.",
    },
    Case {
        change: (
            r#"parts.author = { to = "people.batch_people", join"#,
            r#"parts.title = { to = "people.batch_people", join"#,
        ),
        at: "conf/routes/composed.toml:10:7",
        marked: "title",
        sentence: "There is a field `title` beside `.feed.items[].author_id` already.",
    },
    Case {
        change: (
            r#"include.author        = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }"#,
            r#"include.author        = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id" } }
parts.team = { to = "people.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }"#,
        ),
        at: "conf/routes/composed.toml:21:9",
        marked: r#""author.team""#,
        sentence: "`team` is at `author.team` in the answer already.",
    },
    Case {
        change: (
            r#"query.limit = "20", required = true }
parts.cart   = { to = "shop.show_cart", query.status = "pending""#,
            r#"bind.limit = "part:cart:.total", required = true }
parts.cart   = { to = "shop.show_cart", bind.status = "part:feed:.next_cursor""#,
        ),
        at: "conf/routes/composed.toml:8:7",
        marked: "feed",
        sentence: "These parts wait for each other: feed → cart → feed.",
    },
    Case {
        change: (r#"query.status = "pending""#, r#"bind.status = "part:cart:.total""#),
        at: "conf/routes/composed.toml:9:7",
        marked: "cart",
        sentence: "`cart` waits for itself.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "part:cart:.items[].buyer_id""#),
        at: "conf/routes/composed.toml:8:67",
        marked: ".items[].buyer_id",
        sentence: "A program has one output, and this one for each item; collect them: `[.items[].buyer_id]`.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "part:cart:.items""#),
        at: "conf/routes/composed.toml:8:67",
        marked: ".items",
        sentence: "This is array, but the parameter takes integer.",
    },
    Case {
        change: (r#"query.status = "pending""#, r#"bind.status = "part:feed:[.items[].id]""#),
        at: "conf/routes/composed.toml:9:66",
        marked: "[.items[].id]",
        sentence: "This is array, but the parameter takes string.",
    },
    Case {
        change: (
            r#"as = "ids", on = ".id", max_batch = 100 }"#,
            r#"as = "ids", on = ".id", max_batch = 100 }, query.ids = "1""#,
        ),
        at: "conf/routes/composed.toml:10:137",
        marked: "ids",
        sentence: "`ids` has a value already.",
    },
    Case {
        change: (r#"bind.id = "path:number""#, r#"bind.id = "query:""#),
        at: "conf/routes/composed.toml:36:11",
        marked: r#""query:""#,
        sentence: "`query:` does not say where the value comes from; write `path:NAME`, `query:NAME`, `header:NAME`, `body:JQ`, `claim:NAME` or `part:NAME:JQ`.",
    },
    Case {
        change: (
            r#""texts.create_text"
access   = "anyone"
request  = "{title: .headline}"
response = "{number: .id, headline: .title}"
status   = 200
headers.X-Number = "body:.number""#,
            r#""texts.create_text"
access   = "anyone"
parts.count = { to = "texts.count_texts", bind.author_id = "body:.titel" }"#,
        ),
        at: "conf/routes/composed.toml:26:67",
        marked: "titel",
        sentence: "The request of `texts.create_text` has no field `titel`; did you mean `title`?",
    },
    Case {
        change: (
            r#""texts.create_text"
access   = "anyone"
request  = "{title: .headline}"
response = "{number: .id, headline: .title}"
status   = 200
headers.X-Number = "body:.number""#,
            r#""texts.upload_text"
access   = "anyone"
parts.count = { to = "texts.count_texts", bind.author_id = "body:.title" }"#,
        ),
        at: "conf/routes/composed.toml:26:60",
        marked: r#""body:.title""#,
        sentence: "`body:` reads JSON, but `texts.upload_text` reads `multipart/form-data`.",
    },
    Case {
        change: (
            r#""texts.show_text"
access = "anyone""#,
            r#""texts.ping"
access = "anyone""#,
        ),
        at: "conf/routes/composed.toml:15:10",
        marked: r#""texts.ping""#,
        sentence: "`texts.ping` answers no JSON that something could be made of.",
    },
    Case {
        change: (
            r#""texts.show_text"
access = "anyone""#,
            r#""texts.list_all"
access = "anyone""#,
        ),
        at: "conf/routes/composed.toml:19:70",
        marked: r#"".author_id""#,
        sentence: "The answer has no field `author_id`.",
    },
    Case {
        change: (
            r#"parts.me     = { to = "people.show_me", required = true }
parts.feed   = { to = "texts.list_texts", query.limit = "20", required = true }
parts.cart   = { to = "shop.show_cart", query.status = "pending", otherwise = '{"items":[],"total":0}' }
parts.author = { to = "people.batch_people", join = { key = ".feed.items[].author_id", as = "ids", on = ".id", max_batch = 100 } }
include.team = { to = "people.batch_teams", join = { key = ".me.team_id", as = "ids", on = ".id" }, otherwise = '{"id":0,"label":""}' }"#,
            "parts = {}",
        ),
        at: "conf/routes/composed.toml:2:1",
        marked: "[[route]]",
        sentence: "There is nothing behind this route: give it a part, or `to`.",
    },
    Case {
        change: (r#"bind.id = "path:number""#, "bind.id = 7"),
        at: "conf/routes/composed.toml:36:11",
        marked: "7",
        sentence: "This must be a text in quotes, not a number.",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"rename  = { "title.0" = "headline" }"#),
        at: "conf/routes/composed.toml:37:13",
        marked: r#""title.0""#,
        sentence: r#"`.title.0` is no plain path; one is made of fields and `[]`: `.items[].author_id`, `."content-type"`."#,
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, r#"rename  = { author_id = "writer" }"#),
        at: "conf/routes/composed.toml:37:13",
        marked: "author_id",
        sentence: "`.author_id` is left out, so it needs no other name.",
    },
    Case {
        change: (r#""{number: .id, headline: .title}""#, r#"".id""#),
        at: "conf/routes/composed.toml:29:27",
        marked: "number",
        sentence: "The answer has no field `number`.",
    },
];
