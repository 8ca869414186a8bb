//! Mistakes in the names of parts and in the calls that they make.

use super::super::Case;

pub(super) const CASES: &[Case] = &[
    Case {
        change: ("parts.me ", "parts.Me "),
        at: "conf/routes/composed.toml:7:7",
        marked: "Me",
        sentence: "`Me` is no name for a part; use lower-case letters, digits and `_`.",
    },
    Case {
        change: ("parts.count  ", "parts.main "),
        at: "conf/routes/composed.toml:18:7",
        marked: "main",
        sentence: "`main` has a meaning of its own; choose another name.",
    },
    Case {
        change: ("include.team", "include.me"),
        at: "conf/routes/composed.toml:11:9",
        marked: "me",
        sentence: "There is a part `me` already.",
    },
    Case {
        change: ("include.team", r#"include."a.b.team""#),
        at: "conf/routes/composed.toml:11:9",
        marked: r#""a.b.team""#,
        sentence: "`a.b.team` is deeper than 2 names.",
    },
    Case {
        change: ("parts.cart  ", r#"parts."my.cart""#),
        at: "conf/routes/composed.toml:9:7",
        marked: r#""my.cart""#,
        sentence: "`my.cart` has a dot in it, which only an `include` may have.",
    },
    Case {
        change: (r#"include."author.team""#, r#"include."writer.team""#),
        at: "conf/routes/composed.toml:20:9",
        marked: r#""writer.team""#,
        sentence: "`writer.team` is not where its key is: this is `author.team` in the answer.",
    },
    Case {
        change: (
            r#"include.team = { to = "people.batch_teams", join = { key = ".me.team_id", as = "ids", on = ".id" }, otherwise = '{"id":0,"label":""}' }"#,
            r#"include."me.team" = { to = "people.show_me" }"#,
        ),
        at: "conf/routes/composed.toml:11:9",
        marked: r#""me.team""#,
        sentence: "`me.team` is inside of something, but without a `join` it stands beside everything else.",
    },
    Case {
        change: (
            r#"parts.me     = { to = "people.show_me", required = true }"#,
            r#"parts.p0 = { to = "people.show_me", required = true }
parts.p1 = { to = "people.show_me", required = true }
parts.p2 = { to = "people.show_me", required = true }
parts.p3 = { to = "people.show_me", required = true }
parts.p4 = { to = "people.show_me", required = true }
parts.p5 = { to = "people.show_me", required = true }
parts.p6 = { to = "people.show_me", required = true }
parts.p7 = { to = "people.show_me", required = true }
parts.p8 = { to = "people.show_me", required = true }
parts.p9 = { to = "people.show_me", required = true }
parts.p10 = { to = "people.show_me", required = true }
parts.p11 = { to = "people.show_me", required = true }
parts.p12 = { to = "people.show_me", required = true }
parts.p13 = { to = "people.show_me", required = true }
parts.me = { to = "people.show_me", required = true }"#,
        ),
        at: "conf/routes/composed.toml:23:7",
        marked: "cart",
        sentence: "A route makes at most 16 calls.",
    },
    Case {
        change: ("parts.cart ", "prats.cart "),
        at: "conf/routes/composed.toml:9:1",
        marked: "prats",
        sentence: "There is no key `prats`; did you mean `parts`?",
    },
    Case {
        change: (
            r#"to     = "texts.show_text"
access = "anyone"
fields = ["id", "title", "author.name"]
parts.count           = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = "{number: .count}" }
"#,
            r#"to     = "texts.show_text"
access = "anyone"
fields = ["id", "title", "author.name"]
parts.title           = { to = "texts.count_texts", bind.author_id = "part:main:.author_id", response = "{number: .count}" }
"#,
        ),
        at: "conf/routes/composed.toml:18:7",
        marked: "title",
        sentence: "The main part's answer has a field `title` already.",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""people.show_mee", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""people.show_mee""#,
        sentence: "The contract of `people` has no operation `show_mee`; did you mean `show_me`?",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""peple.show_me", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""peple.show_me""#,
        sentence: "There is no service `peple`; did you mean `people`?",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""texts.create_text", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""texts.create_text""#,
        sentence: "A part asks and changes nothing, but `texts.create_text` is POST.",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""texts.query_texts", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""texts.query_texts""#,
        sentence: "`texts.query_texts` needs a body, and a part sends none.",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""texts.ping", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""texts.ping""#,
        sentence: "`texts.ping` answers no JSON that a part could be.",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""gateway.introspect", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""gateway.introspect""#,
        sentence: "`gateway.introspect` is answered by the gateway itself, and to clients only; a part asks a service.",
    },
    Case {
        change: (r#""people.show_me", required"#, r#""people.show_person", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""people.show_person""#,
        sentence: r#"`people.show_person` needs the path parameter `{id}`; bind it, like `bind.id = "query:id"`."#,
    },
    Case {
        change: (r#""people.show_me", required"#, r#""people.batch_people", required"#),
        at: "conf/routes/composed.toml:7:23",
        marked: r#""people.batch_people""#,
        sentence: r#"`people.batch_people` needs the query parameter `ids`; bind it, like `bind.ids = "query:ids"`."#,
    },
    Case {
        change: (r#"to = "shop.show_cart", "#, ""),
        at: "conf/routes/composed.toml:9:16",
        marked: r#"{ query.status = "pending", otherwise = '{"items":[],"total":0}' }"#,
        sentence: r#"`to` is missing: the operation that this part asks, like "users.show_user"."#,
    },
    Case {
        change: (r#"query.limit = "20""#, r#"query.limit = "twenty""#),
        at: "conf/routes/composed.toml:8:57",
        marked: r#""twenty""#,
        sentence: "`limit` of `texts.list_texts` does not take `twenty`.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"query.limt = "20""#),
        at: "conf/routes/composed.toml:8:49",
        marked: "limt",
        sentence: "`limt` is no query parameter of `texts.list_texts`; did you mean `limit`?",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"query.limit = "20", bind.limit = "query:limit""#),
        at: "conf/routes/composed.toml:8:49",
        marked: "limit",
        sentence: "`limit` has a value already.",
    },
    Case {
        change: (r#"query.limit = "20""#, "query.limit = 20"),
        at: "conf/routes/composed.toml:8:57",
        marked: "20",
        sentence: "This must be a text in quotes, not a number.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author = "part:main:.author_id""#),
        at: "conf/routes/composed.toml:18:58",
        marked: "author",
        sentence: "`author` is no parameter of `texts.count_texts`; did you mean `author_id`?",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "path:ident""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""path:ident""#,
        sentence: "The path of this route has no parameter `ident`; there is `id`.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "main:.author_id""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""main:.author_id""#,
        sentence: "`main:.author_id` does not say where the value comes from; write `path:NAME`, `query:NAME`, `header:NAME`, `body:JQ`, `claim:NAME` or `part:NAME:JQ`.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "claim:sub""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""claim:sub""#,
        sentence: "`anyone` may call this route, also without a token that could say this.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "claim:subject""#),
        at: "conf/routes/composed.toml:8:56",
        marked: r#""claim:subject""#,
        sentence: "There is no claim `subject`; there is `sub` and `sid`.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "header:Authorization""#),
        at: "conf/routes/composed.toml:8:56",
        marked: r#""header:Authorization""#,
        sentence: "`Authorization` is never handed on.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "header:X Version""#),
        at: "conf/routes/composed.toml:8:56",
        marked: r#""header:X Version""#,
        sentence: "`X Version` is no name of a header field.",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "body:.limit""#),
        at: "conf/routes/composed.toml:8:56",
        marked: r#""body:.limit""#,
        sentence: "A GET request has no body to take this from.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:mian:.author_id""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""part:mian:.author_id""#,
        sentence: "There is no part `mian`; did you mean `main`?",
    },
    Case {
        change: (r#"query.limit = "20""#, r#"bind.limit = "part:main:.limit""#),
        at: "conf/routes/composed.toml:8:56",
        marked: r#""part:main:.limit""#,
        sentence: "There is no part `main`; only a route with `to` has one.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:main""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""part:main""#,
        sentence: "Name a part and what to take of it, like `part:main:.id`.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:main:.autor_id""#),
        at: "conf/routes/composed.toml:18:82",
        marked: "autor_id",
        sentence: "The answer of `main` has no field `autor_id`; did you mean `author_id`?",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:main:.title""#),
        at: "conf/routes/composed.toml:18:81",
        marked: ".title",
        sentence: "This is string, but the parameter takes integer.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:main:{id: .author_id}""#),
        at: "conf/routes/composed.toml:18:81",
        marked: "{id: .author_id}",
        sentence: "A parameter is one value or a list of them; this builds an object.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:main:.author_id |""#),
        at: "conf/routes/composed.toml:18:93",
        marked: r#"""#,
        sentence: "The program, or what is in a bracket, ends where term is expected.",
    },
    Case {
        change: (r#"bind.author_id = "part:main:.author_id""#, r#"bind.author_id = "part:author:.id""#),
        at: "conf/routes/composed.toml:18:70",
        marked: r#""part:author:.id""#,
        sentence: "`author` is joined: it has an item for each key, and no answer to take this from.",
    },
    Case {
        change: (r#"bind.id = "path:number""#, r#"bind.id = "part:main:.id""#),
        at: "conf/routes/composed.toml:36:11",
        marked: r#""part:main:.id""#,
        sentence: "`main` waits for itself.",
    },
    Case {
        change: (
            r#"match   = "GET /older/texts/{number}"
to      = "texts.show_text"
access  = "anyone"
bind.id ="#,
            r#"match   = "GET /older/texts/{number}"
to      = "texts.list_by_tags"
access  = "anyone"
bind.tags ="#,
        ),
        at: "conf/routes/composed.toml:36:13",
        marked: r#""path:number""#,
        sentence: "`{tags}` is a list in `texts.list_by_tags`; one path segment cannot carry that.",
    },
    Case {
        change: (
            r#"match  = "GET /texts/{id}"
to     = "texts.show_text""#,
            r#"match  = "GET /texts/{tags}"
to     = "texts.list_by_tags""#,
        ),
        at: "conf/routes/composed.toml:14:10",
        marked: r#""GET /texts/{tags}""#,
        sentence: "`{tags}` is a list in `texts.list_by_tags`; one path segment cannot carry that.",
    },
    Case {
        change: (
            r#"match  = "GET /texts/{id}"
to     = "texts.show_text""#,
            r#"match  = "GET /texts"
to     = "texts.filter_texts""#,
        ),
        at: "conf/routes/composed.toml:15:10",
        marked: r#""texts.filter_texts""#,
        sentence: "The required query parameter `where` of `texts.filter_texts` is an object; a client cannot send that by name.",
    },
    Case {
        change: (r#""texts.list_texts", query.limit = "20""#, r#""texts.show_version", query.limit = "20""#),
        at: "conf/routes/composed.toml:8:51",
        marked: "limit",
        sentence: "`limit` is no query parameter of `texts.show_version`.",
    },
    Case {
        change: (r#""texts.list_texts", query.limit = "20""#, r#""texts.show_version""#),
        at: "conf/routes/composed.toml:8:23",
        marked: r#""texts.show_version""#,
        sentence: r#"`texts.show_version` needs the header parameter `X-Version`; bind it, like `bind.X-Version = "header:X-Version"`."#,
    },
    Case {
        change: (r#""texts.list_texts", query.limit = "20""#, r#""texts.show_own", bind.Authorization = "text:x""#),
        at: "conf/routes/composed.toml:8:46",
        marked: "Authorization",
        sentence: "No value can be given to the header field `Authorization`.",
    },
    Case {
        change: (r#""GET /texts/{id}""#, r#""GET /texts/{id}/{part}""#),
        at: "conf/routes/composed.toml:14:10",
        marked: r#""GET /texts/{id}/{part}""#,
        sentence: r#"Nothing takes the path parameter `{part}`; bind it, like `bind.part = "path:part"`."#,
    },
    Case {
        change: (
            r#"bind.id = "path:number"
"#,
            "",
        ),
        at: "conf/routes/composed.toml:34:11",
        marked: r#""texts.show_text""#,
        sentence: r#"`texts.show_text` needs the path parameter `{id}`; bind it, like `bind.id = "path:NAME"`."#,
    },
    Case {
        change: (r#"to      = "texts.show_text""#, r#"to      = "people.batch_people""#),
        at: "conf/routes/composed.toml:34:11",
        marked: r#""people.batch_people""#,
        sentence: "`people.batch_people` is internal (`x-internal` in its contract): only parts and the routes in `routes/compat/` may name it.",
    },
];
