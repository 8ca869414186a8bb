//! From the text of a program to its syntax tree, and back to the bytes that are to blame.

use std::ops::Range;

use jaq_core::load::lex::{self, StrPart, Tok, Token};
use jaq_core::load::parse::{Pattern, Term};
use jaq_core::load::{Lexer, Parser, parse};
use jaq_core::path::Part;

use crate::ProgramError;

/// The longest program.
const MAX_PROGRAM: usize = 4 << 10;

/// How deep brackets may stand in each other. They are counted before the lexer sees the program, which recurses.
const MAX_BRACKETS: usize = 64;

/// How many operators and keywords a program may have: the parser recurses on them.
const MAX_OPERATORS: usize = 256;

const KEYWORDS: [&str; 12] =
    ["as", "def", "if", "elif", "else", "try", "catch", "reduce", "foreach", "label", "and", "or"];

/// The string that a term always is, if it is one.
pub(crate) fn constant(term: &Term<&str>) -> Option<String> {
    let Term::Str(None, parts) = term else { return None };
    let mut text = String::new();
    for part in parts {
        match part {
            StrPart::Str(plain) => text.push_str(plain),
            StrPart::Char(character) => text.push(*character),
            StrPart::Term(_) => return None,
        }
    }
    Some(text)
}

/// Where a part of a program stands in it.
pub(super) fn place(program: &str, part: &str) -> Range<usize> {
    let from = (part.as_ptr() as usize).wrapping_sub(program.as_ptr() as usize);
    if from <= program.len() && from + part.len() <= program.len() { from..from + part.len() } else { 0..program.len() }
}

/// The lexer's tokens; refuses what could exhaust the stack of the lexer or of the parser.
pub(super) fn tokens(program: &str) -> Result<Vec<Token<&str>>, ProgramError> {
    if program.len() > MAX_PROGRAM {
        return Err(whole(
            program,
            format!("a program has at most {MAX_PROGRAM} bytes, this one has {}", program.len()),
        ));
    }
    if let Some(at) = too_deep(program) {
        let message = format!("brackets stand in at most {MAX_BRACKETS} others");
        return Err(ProgramError { message, at: at..at + 1 });
    }
    let tokens = Lexer::new(program).lex().map_err(|errors| lexical(program, &errors))?;
    if operators(&tokens) > MAX_OPERATORS {
        return Err(whole(program, format!("a program has at most {MAX_OPERATORS} operators")));
    }
    Ok(tokens)
}

/// The syntax tree of these tokens of the program.
pub(super) fn tree<'p>(program: &'p str, tokens: &[Token<&'p str>]) -> Result<Term<&'p str>, ProgramError> {
    Parser::new(tokens).parse(Parser::term).map_err(|errors| syntactical(program, &errors))
}

fn whole(program: &str, message: String) -> ProgramError {
    ProgramError { message, at: 0..program.len() }
}

/// Where a bracket opens that stands in too many others. Brackets in texts and comments count as well: that is more
/// than the lexer recurses on, never less.
fn too_deep(program: &str) -> Option<usize> {
    let mut depth = 0_usize;
    program.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > MAX_BRACKETS
    })
}

fn operators(tokens: &[Token<&str>]) -> usize {
    let one = |token: &Token<&str>| match &token.1 {
        Tok::Sym => usize::from(token.0.contains(|sign| "|=!<>+-*/%?".contains(sign))),
        Tok::Word => usize::from(KEYWORDS.contains(&token.0)),
        Tok::Block(inner) => operators(inner),
        Tok::Str(parts) => {
            let inner = parts.iter().filter_map(|part| match part {
                StrPart::Term(token) => Some(operators(std::slice::from_ref(token))),
                StrPart::Str(_) | StrPart::Char(_) => None,
            });
            inner.sum()
        }
        Tok::Var | Tok::Fmt | Tok::Num => 0,
    };
    tokens.iter().map(one).sum()
}

fn lexical(program: &str, errors: &[lex::Error<&str>]) -> ProgramError {
    let Some((expected, rest)) = errors.first() else { return whole(program, "this is not jq".to_owned()) };
    let from = place(program, rest).start;
    let at = from..rest.chars().next().map_or(from, |found| from + found.len_utf8());
    let message = match (expected, rest.chars().next()) {
        (lex::Expect::Delim(open), _) => format!("`{open}` is not closed"),
        (expected, Some(found)) => format!("`{found}` is not expected here, but a {}", expected.as_str()),
        (expected, None) => format!("the program ends where a {} is expected", expected.as_str()),
    };
    ProgramError { message, at }
}

fn syntactical(program: &str, errors: &[parse::TError<'_, &str>]) -> ProgramError {
    let Some((expected, found)) = errors.first() else { return whole(program, "this is not jq".to_owned()) };
    let expected = match expected.as_str() {
        "" | "nothing" => "the end".to_owned(),
        word @ ("then" | "|" | ":" | "as" | ")" | "]" | "}" | "end" | ";") => format!("`{word}`"),
        kind => kind.to_owned(),
    };
    match found {
        Some(Token(found, _)) => {
            let shown: String = found.chars().take(20).collect();
            let message = format!("`{shown}` is not expected here, but {expected}");
            ProgramError { message, at: place(program, found) }
        }
        None => {
            let message = format!("the program, or what is in a bracket, ends where {expected} is expected");
            ProgramError { message, at: program.len()..program.len() }
        }
    }
}

/// The bytes of the program from the first to the last that the tree still knows of this term.
pub(super) fn extent(program: &str, term: &Term<&str>) -> Range<usize> {
    let mut found: Option<Range<usize>> = None;
    names(term, &mut |name| {
        let at = place(program, name);
        found = Some(match found.take() {
            Some(known) => known.start.min(at.start)..known.end.max(at.end),
            None => at,
        });
    });
    found.unwrap_or(0..program.len())
}

/// Every slice of the program that stands in the tree.
fn names<'p>(term: &Term<&'p str>, seen: &mut impl FnMut(&'p str)) {
    match term {
        Term::Id | Term::Recurse | Term::Arr(None) => {}
        Term::Num(name) | Term::Var(name) | Term::Break(name) => seen(name),
        Term::Str(format, parts) => {
            format.iter().for_each(|format| seen(format));
            for part in parts {
                match part {
                    StrPart::Str(text) => seen(text),
                    StrPart::Term(term) => names(term, seen),
                    StrPart::Char(_) => {}
                }
            }
        }
        Term::Arr(Some(inner)) | Term::Neg(inner) => names(inner, seen),
        Term::Label(name, inner) => {
            seen(name);
            names(inner, seen);
        }
        Term::Obj(entries) => entries.iter().for_each(|(key, value)| {
            names(key, seen);
            value.iter().for_each(|value| names(value, seen));
        }),
        Term::BinOp(left, _, right) => {
            names(left, seen);
            names(right, seen);
        }
        Term::Fold(name, ..) => seen(name),
        Term::TryCatch(inner, catch) => {
            names(inner, seen);
            catch.iter().for_each(|catch| names(catch, seen));
        }
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().flat_map(|(condition, then)| [condition, then]).for_each(|term| names(term, seen));
            otherwise.iter().for_each(|otherwise| names(otherwise, seen));
        }
        Term::Def(definitions, inner) => {
            definitions.iter().for_each(|definition| seen(definition.name));
            names(inner, seen);
        }
        Term::Call(name, arguments) => {
            seen(name);
            arguments.iter().for_each(|argument| names(argument, seen));
        }
        Term::Path(head, parts) => {
            names(head, seen);
            for (part, _) in &parts.0 {
                match part {
                    Part::Index(index) => names(index, seen),
                    Part::Range(from, to) => from.iter().chain(to).for_each(|bound| names(bound, seen)),
                }
            }
        }
    }
}

/// The variables that a pattern binds.
pub(super) fn bound<'p>(pattern: &Pattern<&'p str>) -> Vec<&'p str> {
    match pattern {
        Pattern::Var(name) => vec![*name],
        Pattern::Arr(inner) => inner.iter().flat_map(bound).collect(),
        Pattern::Obj(entries) => entries.iter().flat_map(|(_, inner)| bound(inner)).collect(),
    }
}
