//! What `gateway routes` and `gateway explain` print of composed routes.

use http::Method;

use crate::composing::services::texts;

const ROUTES: &str = r#"
[[route]]
match      = "GET /api/v1/home"
access     = "signed_in"
doc        = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me   = { to = "people.show_me", required = true, omit = [".team_id"] }
parts.feed = { to = "texts.list_texts", query.limit = "20", timeout = "500ms" }
parts.cart = { to = "shop.show_cart", otherwise = '{"items":[]}' }

[[route]]
match          = "GET /api/v1/texts/{number}"
to             = "texts.show_text"
access         = "anyone"
bind.id        = "path:number"
fields         = ["id", "title", "author"]
parts.price    = { to = "shop.show_price", bind.id = "path:number" }
include.author = { to = "people.batch_people", join = { key = ".author_id", as = "ids", on = ".id", max_batch = 50 } }
include."author.team" = { to = "teams.batch_teams", join = { key = ".author.team_id", as = "ids", on = ".id" } }

[[route]]
match      = "GET /api/texts/{id}"
to         = "texts.show_text"
access     = "anyone"
rename     = { ".title" = "name" }
status     = 203
headers.x-old = "text:yes"
errors.not_found = { status = 410 }
deprecated = { successor = "/api/v1/texts/{number}" }
"#;

fn explained(target: &str) -> String {
    texts(ROUTES).plan().unwrap_or_else(|mistakes| panic!("{mistakes}")).explain(&Method::GET, target).unwrap()
}

#[test]
fn routes_say_how_many_parts_they_have_and_what_a_client_may_choose() {
    let expected = "\
METHOD  PATH                    ACCESS     TO                         TIMEOUT
GET     /api/v1/home            signed_in  3 parts                    3s
GET     /api/v1/texts/{number}  anyone     texts.show_text + 3 parts  3s       include: author author.team, fields
GET     /api/texts/{id}         anyone     texts.show_text            2s       deprecated: /api/v1/texts/{number}
";
    assert_eq!(texts(ROUTES).plan().unwrap().listing(), expected);
}

#[test]
fn explain_shows_the_parts_of_a_route_and_what_comes_of_every_combination_of_dead_ones() {
    let expected = "\
route            GET /api/v1/home
written at       conf/routes/all.toml:2:1
access           signed_in: 401 without a valid access token
body             at most 1MiB
deadline         3s to the whole answer, 300ms of each call to connect
number of calls  3

calls
  me    people.show_me — GET /people/me
        required, at most 2s
        its answer: without .team_id
  feed  texts.list_texts — GET /texts?limit=20
        optional, at most 500ms
        limit = \"20\"
  cart  shop.show_cart — GET /cart
        otherwise {\"items\":[]}, at most 2s

if parts are down
  down              status  the client sees
  nothing           200     the whole answer
  me                503     upstream_unavailable
  feed              200     _parts: feed error upstream_unavailable
  cart              200     _parts: cart default upstream_unavailable
  me + feed         503     upstream_unavailable
  me + cart         503     upstream_unavailable
  feed + cart       200     _parts: feed error upstream_unavailable, cart default upstream_unavailable
  me + feed + cart  503     upstream_unavailable
  With `Prefer: handling=strict` an answer that lacks a part is 503 part_failed instead.
  A part that hangs is dead after its time, with upstream_timeout; a required one gives 503.
";
    assert_eq!(explained("/api/v1/home"), expected);
}

#[test]
fn explain_shows_the_calls_as_a_tree_with_what_the_request_chooses() {
    let expected = "\
route            GET /api/v1/texts/{number}
written at       conf/routes/all.toml:10:1
parameter        number = 7
access           anyone; 401 if an access token is sent and is not valid
body             at most 1MiB
deadline         3s to the whole answer, 300ms of each call to connect
include          author, author.team
fields           id, title, author
number of calls  3, at most 22 with 1000 keys in each join, at most 32 with every include

calls
  main             texts.show_text — GET /texts/7?full=1
  │                required, at most 2s
  │                id = path:number
  └ author         people.batch_people — GET /internal/people?ids=…
    │              optional, at most 2s; asked with include=author or author.team
    │              ids = keys at .author_id of main (≤ 50 a call, ≤ 1000 in all), matched by .id
    └ author.team  teams.batch_teams — GET /internal/teams?ids=…
                   optional, at most 2s; not asked without include=author.team
                   ids = keys at .team_id of author (≤ 100 a call, ≤ 1000 in all), matched by .id
  price            shop.show_price — GET /prices/7
                   optional, at most 2s
                   id = path:number

if parts are down
  down                   status  the client sees
  nothing                200     the whole answer
  main                   503     upstream_unavailable
  price                  200     _parts: price error upstream_unavailable
  author                 200     _parts: author error upstream_unavailable
  main + price           503     upstream_unavailable
  main + author          503     upstream_unavailable
  price + author         200     _parts: price error upstream_unavailable, author error upstream_unavailable
  main + price + author  503     upstream_unavailable
  With `Prefer: handling=strict` an answer that lacks a part is 503 part_failed instead.
  A part that hangs is dead after its time, with upstream_timeout; a required one gives 503.
";
    assert_eq!(explained("/api/v1/texts/7?full=1&include=author"), expected);
}

#[test]
fn explain_shows_what_a_route_makes_of_one_answer() {
    let expected = "\
route            GET /api/texts/{id}
written at       conf/routes/all.toml:20:1
parameter        id = 7
access           anyone; 401 if an access token is sent and is not valid
body             at most 1MiB
deadline         2s to the whole answer, 300ms of each call to connect
answers          .title renamed to name
status           203
field            x-old = \"yes\"
problem          not_found answered with 410
number of calls  1
deprecated       use /api/v1/texts/{number}

calls
  main  texts.show_text — GET /texts/7
        required, at most 2s

if parts are down
  down     status  the client sees
  nothing  203     the whole answer
  main     503     upstream_unavailable
  A part that hangs is dead after its time, with upstream_timeout; a required one gives 503.
";
    assert_eq!(explained("/api/texts/7"), expected);
}

#[test]
fn explain_says_what_a_request_chooses_in_vain() {
    let plan = texts(ROUTES).plan().unwrap();
    let refused = plan.explain(&Method::GET, "/api/v1/texts/7?include=autor").unwrap_err();
    assert_eq!(
        refused,
        "GET /api/v1/texts/7 is answered with 400 invalid_include: There is no `autor` here; did you mean `author`?"
    );
}

#[test]
fn more_than_six_parts_have_a_row_each_and_not_for_every_combination() {
    let part = |number: u32| format!("parts.p{number} = {{ to = \"people.show_me\" }}\n");
    let parts: String = (1..=7).map(part).collect();
    let doc = "doc = { id = \"show_many\", summary = \"Show many\", tag = \"Many\" }";
    let plan = texts(&format!("[[route]]\nmatch = \"GET /many\"\naccess = \"anyone\"\n{doc}\n{parts}")).plan().unwrap();
    let explained = plan.explain(&Method::GET, "/many").unwrap();
    let (_, table) = explained.split_once("if parts are down\n").unwrap();
    let ends: Vec<&str> = table.lines().skip(8).collect();
    let expected = [
        "  p7       200     _parts: p7 error upstream_unavailable",
        "  Shown is each of the 7 parts alone; they have 2^7 combinations.",
        "  With `Prefer: handling=strict` an answer that lacks a part is 503 part_failed instead.",
        "  A part that hangs is dead after its time, with upstream_timeout; a required one gives 503.",
    ];
    assert_eq!(ends, expected, "{explained}");
}

/// Which of two required parts fails first is chance; the status is not, where one of them waits for a part that is lost.
#[test]
fn a_required_part_that_waits_for_a_lost_one_fails_as_that_one_would() {
    let routes = r#"
[[route]]
match        = "GET /offers/{id}"
to           = "texts.show_text"
access       = "anyone"
parts.reader = { to = "people.show_me" }
parts.price  = { to = "shop.show_price", bind.id = "part:reader:.team_id", required = true }
errors.upstream_timeout = { status = 504 }
"#;
    let plan = texts(routes).with_settings("timeout_status = 503").plan().unwrap();
    let explained = plan.explain(&Method::GET, "/offers/1").unwrap();
    let (_, table) = explained.split_once("if parts are down\n").unwrap();
    let expected = "  \
  down                   status  the client sees
  nothing                200     the whole answer
  main                   503     upstream_unavailable
  reader                 503     upstream_unavailable
  price                  503     upstream_unavailable
  main + reader          503     upstream_unavailable
  main + price           503     upstream_unavailable
  reader + price         503     upstream_unavailable
  main + reader + price  503     upstream_unavailable
  A part that hangs is dead after its time, with upstream_timeout; a required one gives 504.
";
    assert_eq!(table, expected);
}

#[test]
fn explain_says_that_a_program_has_to_do_without_a_part() {
    let routes = r#"
[[route]]
match           = "GET /home"
access          = "anyone"
doc             = { id = "show_home", summary = "Show the home page", tag = "Home" }
parts.me        = { to = "people.show_me" }
parts.cart      = { to = "shop.show_cart" }
response        = "{name: .me.name}"
response_schema = '{"type":"object"}'
"#;
    let explained = texts(routes).plan().unwrap().explain(&Method::GET, "/home").unwrap();
    let note = "  A program over the answer that cannot do without a part makes it 502 transform_failed.\n";
    assert!(explained.contains(note), "{explained}");
    assert!(explained.contains("  me         200     _parts: me error upstream_unavailable\n"), "{explained}");
}
