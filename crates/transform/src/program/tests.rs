use super::*;

fn run(text: &str, input: &str) -> Result<String, TransformError> {
    let program = Program::compile(text, &[]).unwrap_or_else(|error| panic!("{text}: {error}"));
    program.run(input.as_bytes(), &[]).map(|out| String::from_utf8(out.to_vec()).unwrap())
}

const DOCUMENT: &str = r#"{"items":[{"id":3,"name":"Ann","tags":["x","y"],"price":2.5},{"id":1,"name":"Bob","tags":[],"price":4},
    {"id":2,"name":"Ann","tags":["z"],"price":1}],"user":{"first":"A","last":"B","age":null},"n":7,"text":"a,b"}"#;

/// Programs and what they make of [`DOCUMENT`]; nothing where they have more than one output.
const EXAMPLES: &[(&str, &str)] = &[
    (r#"{full: (.user.first + " " + .user.last)}"#, r#"{"full":"A B"}"#),
    (r#""\(.user.first)-\(.n)""#, r#""A-7""#),
    (r#"@uri "/x?q=\(.text)""#, r#""/x?q=a%2Cb""#),
    (".text | @base64", r#""YSxi""#),
    ("[.items[] | select(.price > 2) | .id]", "[3,1]"),
    (".items | map(.price) | add", "7.5"),
    (".items | length", "3"),
    (".items | sort_by(.id) | map(.id)", "[1,2,3]"),
    (".items | group_by(.name) | map({name: .[0].name, n: length})", r#"[{"name":"Ann","n":2},{"name":"Bob","n":1}]"#),
    (".items | max_by(.price) | .name", r#""Bob""#),
    (".items | min_by(.price).id", "2"),
    (".items | map(.name) | unique", r#"["Ann","Bob"]"#),
    (".items | unique_by(.name) | length", "2"),
    ("[.items[].tags[]] | join(\"+\")", r#""x+y+z""#),
    (".user | keys", r#"["age","first","last"]"#),
    (".user | to_entries | map(.key)", r#"["first","last","age"]"#),
    (".user | with_entries(select(.value != null))", r#"{"first":"A","last":"B"}"#),
    (".user | with_entries(.key |= ascii_upcase)", r#"{"FIRST":"A","LAST":"B","AGE":null}"#),
    ("[{key: \"a\", value: 1}] | from_entries", r#"{"a":1}"#),
    ("[] | from_entries", "{}"),
    (".user.age // \"unknown\"", r#""unknown""#),
    ("if .n > 5 then \"many\" elif .n > 1 then \"some\" else \"few\" end", r#""many""#),
    (".text | split(\",\")", r#"["a","b"]"#),
    ("[.text | startswith(\"a\"), endswith(\"a\"), contains(\",\")]", "[true,false,true]"),
    ("[.items | any(.id == 3), all(.id == 3), any(.[]; .id > 9)]", "[true,false,false]"),
    (".n * 2 - 1", "13"),
    ("[.n / 2, .n % 2, -.n, (.n / 7)]", "[3.5,1,-7,1]"),
    (".items[0].tags | first, last | .", ""),
    ("[.items[0].tags | first, last]", r#"["x","y"]"#),
    ("del(.items, .user.first) | .user", r#"{"last":"B","age":null}"#),
    (".user.age = 5 | .user.age", "5"),
    (".user.age |= 6 | .user.age", "6"),
    (".items[].price *= 10 | .items | map(.price)", "[25,40,10]"),
    (".n += 1 | .n", "8"),
    (".user.age //= 1 | .user.age", "1"),
    (".user | map_values(. // \"-\")", r#"{"first":"A","last":"B","age":"-"}"#),
    ("[.items[] as $i | $i.tags[] as $t | {t: $t, id: $i.id}] | length", "3"),
    (". as {user: {first: $f}, n: $n} | [$f, $n]", r#"["A",7]"#),
    ("[.items[].id | tostring]", r#"["3","1","2"]"#),
    ("[\"12\", \"1.50\"] | map(tonumber)", "[12,1.50]"),
    ("[1, null, \"a\", [], {}, true] | map(type)", r#"["number","null","string","array","object","boolean"]"#),
    ("[1, null, \"a\"] | [map(numbers), map(strings), map(values)] | map(length)", "[1,1,2]"),
    ("[[1, [2]], 3] | flatten", "[1,2,3]"),
    ("[[1, [2]], 3] | flatten(1)", "[1,[2],3]"),
    ("[3, 1, 2] | sort, reverse | length", ""),
    ("[1.5, -1.5] | map(floor, ceil, round)", "[1,2,2,-2,-1,-2]"),
    ("[.[]?]|length", "4"),
    ("[\"a\", 1] | map(ascii_downcase?)", r#"["a"]"#),
    ("[try (.n | keys), 1]", "[1]"),
    (".items[1:] | map(.id)", "[1,2]"),
    (".text[0:1]", r#""a""#),
    (".user | has(\"first\"), has(\"x\") | .", ""),
    ("\"  a \" | trim", r#""a""#),
    ("\"abc\" | ltrimstr(\"a\") | rtrimstr(\"c\")", r#""b""#),
    ("[.items[] | .price] | [min, max, length]", "[1,4,3]"),
    ("\"é\" | [length, utf8bytelength]", "[1,2]"),
    ("{a: 1} + {b: 2} | keys_unsorted", r#"["a","b"]"#),
    ("[1, 2, 3] - [2]", "[1,3]"),
    (".user | tojson", r#""{\"first\":\"A\",\"last\":\"B\",\"age\":null}""#),
    ("[first(.items[] | select(.id < 3)).id, isempty(.items[])]", "[1,false]"),
    ("[.items[] | {(.name): .id}] | add", r#"{"Ann":2,"Bob":1}"#),
    ("add(.items[].id)", "6"),
    ("[null, 1, true, \"x\"] | join(\"/\")", r#""/1/true/x""#),
];

#[test]
fn what_a_transform_is_for_works() {
    for (text, expected) in EXAMPLES {
        let result = run(text, DOCUMENT);
        match *expected {
            "" => assert_eq!(result, Err(TransformError::Outputs(2)), "{text}"),
            expected => assert_eq!(result.as_deref(), Ok(expected), "{text}"),
        }
    }
}

#[test]
fn variables_are_what_they_were_named() {
    let program = Program::compile("{url: \"\\($base)/\\(.id)\", me: $viewer.id}", &["base", "viewer"]).unwrap();
    let out = program.run(br#"{"id":7}"#, &[br#""http://x""#, br#"{"id":1}"#]).unwrap();
    assert_eq!(&out[..], br#"{"url":"http://x/7","me":1}"#);
    let wrong = TransformError::Variables { expected: 2, given: 1 };
    assert_eq!(program.run(b"{}", &[b"1"]), Err(wrong));
    assert_eq!(program.run(b"{}", &[b"1", b"x"]), Err(TransformError::NotJson));
}

#[test]
fn exactly_one_output_is_an_answer() {
    assert_eq!(run("empty", "1"), Err(TransformError::Outputs(0)));
    assert_eq!(run(".[]", "[1,2]"), Err(TransformError::Outputs(2)));
    assert_eq!(run(".[]", "[1]").as_deref(), Ok("1"));
}

#[test]
fn integers_are_exact_however_long() {
    let nines = |count: usize| "9".repeat(count);
    for (digits, next) in [
        (nines(18), "1".to_owned() + &"0".repeat(18)),
        (nines(20), "1".to_owned() + &"0".repeat(20)),
        (nines(40), "1".to_owned() + &"0".repeat(40)),
    ] {
        assert_eq!(run("[., . + 1, -.]", &digits), Ok(format!("[{digits},{next},-{digits}]")));
        assert_eq!(run("[., . - 1]", &format!("-{digits}")), Ok(format!("[-{digits},-{next}]")));
    }
    let many = |count: usize, digits: usize| format!("[{}]", vec![nines(digits); count].join(","));
    assert_eq!(run("length", &many(4000, 128)), Ok("4000".to_owned()));
    assert!(matches!(run("length", &many(8000, 128)), Err(TransformError::TooComplex(_))));
    assert_eq!(run("map(.)|.[:4]", &many(4000, 128)).map(|out| out.len()), Ok(4 * 129 + 1));
    assert_eq!(run(".[:-1]", &many(4000, 128)), Err(TransformError::TooMuchWork));
}

#[test]
fn numbers_are_written_as_people_do() {
    let text = "[-9223372036854775808, 9223372036854775807, 0, -10, 18446744073709551616, 1e3, 0.10, 3.0, (3.0 + 0)]";
    let expected = "[-9223372036854775808,9223372036854775807,0,-10,18446744073709551616,1e3,0.10,3.0,3]";
    assert_eq!(run(&format!("{text} | map(.)"), "0").as_deref(), Ok(expected));
}

#[test]
fn a_failure_is_no_half_answer_and_quotes_no_document() {
    for text in [
        ".secret + 1",
        ".secret | keys",
        ".secret[]",
        "{a: 1, b: .secret.x.y}",
        "[.secret | tonumber]",
        "-.secret",
        ".secret - {}",
        "1 / 0",
    ] {
        let failure = run(text, r#"{"secret":"hunter2"}"#).unwrap_err();
        assert!(matches!(failure, TransformError::Program(_)), "{text}: {failure:?}");
        assert!(!failure.to_string().contains("hunter2"), "{text}: {failure}");
    }
}

#[test]
fn a_refusal_says_what_to_write_instead_and_where() {
    for (text, says, blames) in [
        ("env.HOME", "`env` is not available in a transform: a transform reads only", "env"),
        ("$ENV.HOME", "`$ENV` is not available", "$ENV"),
        (".a | mpa(.b)", "did you mean `map`?", "mpa"),
        ("{a: $base}", "there is no variable `$base` here: given is `$viewer`", "$base"),
        ("map(.a; .b)", "`map` takes 1 argument, not 2", "map"),
        (".a | test(\"x\")", "regular expressions are not", "test"),
        ("def f: .; f", "`def` is not available", "f"),
        ("reduce .[] as $x (0; . + $x)", "`reduce` is not available", "reduce"),
        (".a * .b", "one side of `*` is a number up to 1000", "b"),
        (".a * 1001", "one side of `*`", "1001"),
        ("(.a | tostring) = 1", "only plain paths can be changed", "tostring"),
        (".[] as $a | .[] as $b | .[] as $c | 1", "at most 2 `.[] as $x`", ""),
        ("try .a catch .", "`catch` is not available", "a"),
        (".a |", "the program, or what is in a bracket, ends where term is expected", ""),
        ("{a: 1", "`{` is not closed", ""),
        ("@base64d", "`@base64d` is not available", "@base64d"),
    ] {
        let error = Program::compile(text, &["viewer"]).unwrap_err();
        assert!(error.message.contains(says), "{text}: {}", error.message);
        if !blames.is_empty() {
            assert_eq!(&text[error.at.clone()], blames, "{text}: {}", error.message);
        }
    }
}

fn reads_of(text: &str) -> Vec<String> {
    Program::compile(text, &["base"]).unwrap().reads().iter().map(|read| read.path.to_string()).collect()
}

#[test]
fn the_plain_paths_that_a_program_reads_are_known() {
    for (text, expected) in [
        ("{id, n: .user.name}", &[".id", ".user.name"][..]),
        (".items | map({id, by: .author.name})", &[".items", ".items[].id", ".items[].author.name"]),
        ("[.items[] | select(.ok) | .id]", &[".items[]", ".items[].ok", ".items[].id"]),
        (".items | sort_by(.at) | map(.id)", &[".items", ".items[].at", ".items[].id"]),
        (".items[] as $i | {id: $i.id, t: .total}", &[".items[]", ".items[].id", ".total"]),
        ("\"\\(.a)/\\($base)\"", &[".a"]),
        (".a? // .b", &[".b"]),
        (".items | group_by(.k) | map(.[0].x)", &[".items", ".items[].k"]),
        (".items[0].id", &[".items[].id"]),
        ("(.a | .b).c", &[".a", ".a.b.c"]),
        (".user | with_entries(.key |= ascii_upcase)", &[".user"]),
        ("if .a then .b else .c end", &[".a", ".b", ".c"]),
        (".a |= (.b + 1)", &[".a", ".a.b"]),
        (".", &[]),
    ] {
        assert_eq!(reads_of(text), expected, "{text}");
    }
}

#[test]
fn a_read_knows_its_place() {
    let text = "{id: .id, name: .user . \"full name\"}";
    let program = Program::compile(text, &[]).unwrap();
    let places: Vec<&str> = program.reads().iter().map(|read| &text[read.at.clone()]).collect();
    assert_eq!(places, ["id", "user . \"full name"]);
}

/// As deep as anybody can write, in four kilobytes.
fn deep() -> Vec<String> {
    let times = |text: &str, times: usize| text.repeat(times);
    let around = |before: &str, inside: &str, after: &str, times: usize| {
        format!("{}{inside}{}", before.repeat(times), after.repeat(times))
    };
    let mut programs = Vec::new();
    for count in [20, 60, 64, 100, 120, 128, 150, 250, 500, 1000, 2000, 4000] {
        programs.extend([
            format!("{}1", times("-", count)),
            format!("{}1", times("try ", count)),
            format!("{}1", times("if 1 then ", count)),
            format!("{}1", times("def f: ", count)),
            format!("{}1", times("reduce ", count)),
            format!("{}1", times(". as $x | ", count)),
            format!("{}.", times(".|", count)),
            format!("{}.", times(".,", count)),
            format!("{}.", times("[.]|", count)),
            format!("{}.", times("{a:.}|", count)),
            format!("{}.", times("map([.])|", count)),
            format!(".{}", times("[0]", count)),
            format!(".{}", times("[]", count)),
            format!(".{}?", times("?", count)),
            times(".a", count),
            format!("1{}", times("+1", count)),
            format!("1{}", times("//1", count)),
            format!("1{}", times(" and 1", count)),
            around("(", ".", ")", count),
            around("[", ".", "]", count),
            around("{a:", ".", "}", count),
            around("map(", ".", ")", count),
            around("with_entries(", ".", ")", count),
            around("first(", ".", ")", count),
            around("\"\\(", ".", ")\"", count),
            around("if . then ", ".", " else . end", count),
            format!("{{{}}}", (0..count).map(|field| format!("f{field}:.")).collect::<Vec<_>>().join(",")),
            format!("\"{}\"", times("\\(.)", count)),
            format!(". as {} | 1", around("[", "$x", "]", count)),
            format!("({}.) |= .", times(".a|", count)),
            format!("del({}.a)", times(".a,", count)),
        ]);
    }
    programs
}

#[test]
fn no_program_and_no_document_is_too_deep_for_the_stack() {
    // Half of what a thread has, for code that is not optimised.
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(all_that_is_deep).unwrap();
    let (ran, refused) = thread.join().unwrap();
    assert!(ran > 60 && refused > 60, "{ran} ran, {refused} were refused");
}

/// How many programs ran, and how many were refused.
fn all_that_is_deep() -> (usize, usize) {
    let nested = format!("{}1{}", "[".repeat(crate::MAX_DEPTH), "]".repeat(crate::MAX_DEPTH));
    let (mut ran, mut refused) = (0, 0);
    for text in deep() {
        match Program::compile(&text, &[]) {
            Ok(program) => {
                ran += 1;
                for input in [&*nested, "null", r#"{"a":{"a":{"a":1}}}"#] {
                    drop(program.run(input.as_bytes(), &[]));
                    drop(program.in_jaq(input.as_bytes(), &[]));
                }
            }
            Err(_) => refused += 1,
        }
    }
    (ran, refused)
}
