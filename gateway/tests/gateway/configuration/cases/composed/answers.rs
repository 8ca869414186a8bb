//! Mistakes in the fields, the errors and the description of an answer, and in routes of parts only.

use super::super::Case;

pub(super) const CASES: &[Case] = &[
    Case {
        change: ("headers.X-Number = ", r#"headers."X Number" = "#),
        at: "conf/routes/composed.toml:29:9",
        marked: r#""X Number""#,
        sentence: "`X Number` is no name of a header field.",
    },
    Case {
        change: ("headers.X-Number = ", "headers.Content-Type = "),
        at: "conf/routes/composed.toml:29:9",
        marked: "Content-Type",
        sentence: "`content-type` is set by the gateway itself.",
    },
    Case {
        change: (r#""body:.number""#, r#""body:.id""#),
        at: "conf/routes/composed.toml:29:27",
        marked: "id",
        sentence: "The answer has no field `id`.",
    },
    Case {
        change: (r#""body:.number""#, r#""number""#),
        at: "conf/routes/composed.toml:29:20",
        marked: r#""number""#,
        sentence: "`number` does not say where the value comes from; write `header:NAME`, `body:JQ` or `text:VALUE`.",
    },
    Case {
        change: (r#""body:.number""#, r#""header:X Id""#),
        at: "conf/routes/composed.toml:29:20",
        marked: r#""header:X Id""#,
        sentence: "`X Id` is no name of a header field.",
    },
    Case {
        change: (r#""body:.number""#, r#""header:Content-Type""#),
        at: "conf/routes/composed.toml:29:20",
        marked: r#""header:Content-Type""#,
        sentence: "`content-type` keeps its name.",
    },
    Case {
        change: (r#""body:.number""#, r#""text:one\ntwo""#),
        at: "conf/routes/composed.toml:29:20",
        marked: r#""text:one\ntwo""#,
        sentence: "A header field has no line breaks or control characters.",
    },
    Case {
        change: (
            r#"headers.X-Number = "body:.number""#,
            r#"headers.X-Number = "body:.number"
headers.x-number = "text:1""#,
        ),
        at: "conf/routes/composed.toml:30:9",
        marked: "x-number",
        sentence: "`x-number` has a value already.",
    },
    Case {
        change: ("status   = 200", "status   = 404"),
        at: "conf/routes/composed.toml:28:12",
        marked: "404",
        sentence: "This must be a status from 200 to 299, not 404.",
    },
    Case {
        change: ("status   = 200", "status   = 204"),
        at: "conf/routes/composed.toml:28:12",
        marked: "204",
        sentence: "An answer with the status 204 has no body, or only a piece of one.",
    },
    Case {
        change: ("errors.conflict  = {", "errors.conflcit  = {"),
        at: "conf/routes/composed.toml:30:8",
        marked: "conflcit",
        sentence: "There is no problem code `conflcit`; did you mean `conflict`?",
    },
    Case {
        change: (r#"{ status = 400, detail = '"There is one already: " + .detail' }"#, "{}"),
        at: "conf/routes/composed.toml:30:8",
        marked: "conflict",
        sentence: "This changes nothing; give it a `status` or a `detail`.",
    },
    Case {
        change: ("status = 400, detail", "status = 200, detail"),
        at: "conf/routes/composed.toml:30:31",
        marked: "200",
        sentence: "This must be a status from 400 to 599, not 200.",
    },
    Case {
        change: (r#"'"There is one already: " + .detail'"#, r#""There is one already""#),
        at: "conf/routes/composed.toml:30:45",
        marked: r#""There is one already""#,
        sentence: r#"A detail is a text; a program writes one in quotes: '"Out of stock"'."#,
    },
    Case {
        change: (r#"'"There is one already: " + .detail'"#, "'7'"),
        at: "conf/routes/composed.toml:30:45",
        marked: "'7'",
        sentence: r#"A detail is a text; a program writes one in quotes: '"Out of stock"'."#,
    },
    Case {
        change: ("errors.conflict  = {", "errors.conflict  = { status = 410 }\nerrors.conflict  = {"),
        at: "conf/routes/composed.toml:31:8",
        marked: "conflict",
        sentence: "This is not TOML: duplicate key.",
    },
    Case {
        change: (
            r#"doc    = { id = "show_home", summary = "Show the home page", tag = "Home" }
"#,
            "",
        ),
        at: "conf/routes/composed.toml:2:1",
        marked: "[[route]]",
        sentence: r#"`doc` is missing: no operation describes this route, so say it, like `doc = { id = "show_home", summary = "Show the home page", tag = "Home" }`."#,
    },
    Case {
        change: (r#"tag = "Home" }"#, r#"tga = "Home" }"#),
        at: "conf/routes/composed.toml:5:62",
        marked: "tga",
        sentence: "There is no key `tga`; did you mean `tag`?",
    },
    Case {
        change: (r#"id = "show_home", "#, r#"id = "Show home", "#),
        at: "conf/routes/composed.toml:5:17",
        marked: r#""Show home""#,
        sentence: "`Show home` is no operationId; use lower-case letters, digits and `_`.",
    },
    Case {
        change: (r#"fields = ["id", "title", "author.name"]"#, r#"doc = { id = "x", summary = "X", tag = "X" }"#),
        at: "conf/routes/composed.toml:17:7",
        marked: r#"{ id = "x", summary = "X", tag = "X" }"#,
        sentence: "The operation of `to` describes this route; one that has nothing but parts does it itself, or one whose `to` waits for a part.",
    },
    Case {
        change: (r#""GET /home""#, r#""POST /home""#),
        at: "conf/routes/composed.toml:3:10",
        marked: r#""POST /home""#,
        sentence: "Parts ask and change nothing, so a route that has nothing but parts is GET.",
    },
    Case {
        change: ("fields = true", "status = 201"),
        at: "conf/routes/composed.toml:6:10",
        marked: "201",
        sentence: "A route that has nothing but parts reads, and its success is 200; leave this out.",
    },
    Case {
        change: ("fields = true", r#"bind.limit = "query:limit""#),
        at: "conf/routes/composed.toml:6:6",
        marked: "limit",
        sentence: "`bind` gives values to the operation of `to`, which this route does not have; write it in a part.",
    },
    Case {
        change: ("fields = true", r#"query.limit = "20""#),
        at: "conf/routes/composed.toml:6:7",
        marked: "limit",
        sentence: "`query` gives values to the operation of `to`, which this route does not have; write it in a part.",
    },
    Case {
        change: ("fields = true", r#"request = "{}""#),
        at: "conf/routes/composed.toml:6:11",
        marked: r#""{}""#,
        sentence: "Without `to` there is nothing that a body could be sent to.",
    },
    Case {
        change: ("fields = true", r#"form = { a = "b" }"#),
        at: "conf/routes/composed.toml:6:8",
        marked: r#"{ a = "b" }"#,
        sentence: "Without `to` there is no form whose fields could be renamed.",
    },
    Case {
        change: ("fields = true", r#"headers.X-Number = "header:ETag""#),
        at: "conf/routes/composed.toml:6:20",
        marked: r#""header:ETag""#,
        sentence: "Without `to` there is no answer whose header field this could be.",
    },
    Case {
        change: ("fields = true", r#"headers.X-Number = "body:.mee""#),
        at: "conf/routes/composed.toml:6:27",
        marked: "mee",
        sentence: "The answer has no field `mee`; did you mean `me`?",
    },
    Case {
        change: ("fields = true", "websocket = true"),
        at: "conf/routes/composed.toml:6:13",
        marked: "true",
        sentence: "A WebSocket is handed on as it is; nothing can be bound, shaped or put together on its route.",
    },
    Case {
        change: (r#"fields = ["id", "title", "author.name"]"#, "websocket = true"),
        at: "conf/routes/composed.toml:17:13",
        marked: "true",
        sentence: "A WebSocket is handed on as it is; nothing can be bound, shaped or put together on its route.",
    },
    Case {
        change: (r#""GET /home""#, r#""GET /home/{page}""#),
        at: "conf/routes/composed.toml:3:10",
        marked: r#""GET /home/{page}""#,
        sentence: r#"Nothing takes the path parameter `{page}`; bind it, like `bind.page = "path:page"`."#,
    },
    Case {
        change: (r#""GET /older/texts/{number}""#, r#""GET /older/texts/{number}/{page}""#),
        at: "conf/routes/composed.toml:33:11",
        marked: r#""GET /older/texts/{number}/{page}""#,
        sentence: r#"Nothing takes the path parameter `{page}`; bind it, like `bind.page = "path:page"`."#,
    },
    Case {
        change: ("fields = true", r#"headers.X-Number = "body:[.feed.items[].author.nam]""#),
        at: "conf/routes/composed.toml:6:28",
        marked: "feed.items[].author.nam",
        sentence: "`.feed.items[].author` in the answer has no field `nam`; did you mean `name`?",
    },
    Case {
        change: ("fields = true", r#"headers.X-Number = "body:.feed.items[].id""#),
        at: "conf/routes/composed.toml:6:26",
        marked: ".feed.items[].id",
        sentence: "A program has one output, and this one for each item; collect them: `[.feed.items[].id]`.",
    },
    Case {
        change: (
            r#"rename  = { title = "headline" }
omit    = ["author_id"]"#,
            r#"rename  = { title = "headline" }
pick    = ["id"]"#,
        ),
        at: "conf/routes/composed.toml:37:13",
        marked: "title",
        sentence: "`.title` is left out, so it needs no other name.",
    },
    Case {
        change: (
            r#"match      = "GET /older/list"
to         = "texts.list_texts"
access     = "anyone"
bind.limit = "query:count"
pick       = ["items[].id", "next_cursor"]
finish     = "{items: .items, viewer: $viewer}"
response_schema = '{"type":"object"}'"#,
            r#"match      = "GET /older/list"
to         = "texts.list_all"
access     = "anyone"
parts.me = { to = "people.show_person", bind.id = "query:id" }"#,
        ),
        at: "conf/routes/composed.toml:44:7",
        marked: "me",
        sentence: "The main part's answer is no object, so nothing can be added to it.",
    },
    Case {
        change: (
            r#"to         = "texts.list_texts"
access     = "anyone"
bind.limit = "query:count"
pick       = ["items[].id", "next_cursor"]
finish     = "{items: .items, viewer: $viewer}"
response_schema = '{"type":"object"}'"#,
            r#"to         = "texts.show_open"
access     = "anyone"
fields     = true"#,
        ),
        at: "conf/routes/composed.toml:44:14",
        marked: "true",
        sentence: "No contract says which fields this answer has; list them.",
    },
    Case {
        change: (r#""people.batch_people", join = { key = ".feed"#, r#""texts.batch_odd", join = { key = ".feed"#),
        at: "conf/routes/composed.toml:10:101",
        marked: r#"".id""#,
        sentence: "A key is an integer or a string, but `.id` is object.",
    },
    Case {
        change: (
            r#"to     = "texts.show_text"
access = "anyone"
fields"#,
            r#"to     = "texts.show_txt"
access = "anyone"
fields"#,
        ),
        at: "conf/routes/composed.toml:15:10",
        marked: r#""texts.show_txt""#,
        sentence: "The contract of `texts` has no operation `show_txt`; did you mean `show_text`?",
    },
    Case {
        change: (
            r#"to     = "texts.show_text"
access = "anyone"
fields"#,
            r#"to     = 7
access = "anyone"
fields"#,
        ),
        at: "conf/routes/composed.toml:15:10",
        marked: "7",
        sentence: "This must be a text in quotes, not a number.",
    },
    Case {
        change: (
            r#"response_schema = '{"type":"object"}'"#,
            r##"response_schema = '{"$ref":"#/components/schemas/Text"}'"##,
        ),
        at: "conf/routes/composed.toml:47:19",
        marked: r##"'{"$ref":"#/components/schemas/Text"}'"##,
        sentence: "This is no JSON schema: Pointer '/components/schemas/Text' does not exist.",
    },
    Case {
        change: (r#"omit    = ["author_id"]"#, "omit    = []"),
        at: "conf/routes/composed.toml:38:11",
        marked: "[]",
        sentence: "This names no field; name some, or leave it out.",
    },
    Case {
        change: (r#"pick       = ["items[].id", "next_cursor"]"#, "pick       = []"),
        at: "conf/routes/composed.toml:45:14",
        marked: "[]",
        sentence: "This names no field; name some, or leave it out.",
    },
    Case {
        change: (r#"rename  = { title = "headline" }"#, "rename  = {}"),
        at: "conf/routes/composed.toml:37:11",
        marked: "{}",
        sentence: "This names no field; name some, or leave it out.",
    },
    Case {
        change: (r#"parts.me     = {"#, "breaker = false\nparts.me     = {"),
        at: "conf/routes/composed.toml:7:11",
        marked: "false",
        sentence: "`breaker` is about what the operation of `to` answers, and this route has none.",
    },
];
