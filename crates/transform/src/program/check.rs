//! A program is refused unless every part of its syntax tree is on a list.
//!
//! What passes has no definition, no recursion and no loop but over items of a document; it changes only plain paths, and
//! its commas do not multiply. So each part of it runs a bounded number of times for each item, and how many items there
//! are is metered while it runs.

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::ops::Math;
use jaq_core::path::{Opt, Part};

use super::allowed::{Kind, function, refusal};
use super::syntax::{bound, constant, extent};
use crate::ProgramError;

/// How deep terms may stand in each other: jaq recurses on them.
const MAX_DEPTH: usize = 80;

/// How often one part of a program may run for one item, through commas.
const MAX_OUTPUTS: u64 = 32;

/// How many generators may be bound inside each other.
const MAX_LOOPS: usize = 2;

/// The largest factor.
const MAX_FACTOR: f64 = 1000.0;

/// The most entries of an object and parts of a text: jaq adds them up one inside the other.
const MAX_PARTS: usize = 128;

/// Checks the whole tree; `variables` are the names without `$` that may be used.
pub(super) fn check(program: &str, tree: &Term<&str>, variables: &[&str]) -> Result<(), ProgramError> {
    let mut check = Check { program, variables, bound: Vec::new() };
    check.term(tree, Place { depth: 0, runs: 1, loops: 0 }).map(drop)
}

struct Check<'p> {
    program: &'p str,
    variables: &'p [&'p str],
    bound: Vec<&'p str>,
}

/// Where a term stands.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    /// How often it runs for one item.
    runs: u64,
    /// In so many bound generators.
    loops: usize,
}

impl Place {
    fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn times(self, outputs: u64) -> Self {
        Self { runs: self.runs * outputs, ..self }
    }
}

type Outputs = Result<u64, ProgramError>;

impl<'p> Check<'p> {
    /// How many outputs the term has for one input, items of the document counted as one.
    fn term(&mut self, term: &Term<&'p str>, place: Place) -> Outputs {
        if place.depth > MAX_DEPTH {
            return self.refuse(term, format!("terms stand in at most {MAX_DEPTH} others; `|` and `,` nest them too"));
        }
        let outputs = self.outputs(term, place.inside())?;
        if place.runs * outputs > MAX_OUTPUTS {
            return self.refuse(term, format!("commas make more than {MAX_OUTPUTS} outputs of one input here"));
        }
        Ok(outputs)
    }

    fn outputs(&mut self, term: &Term<&'p str>, place: Place) -> Outputs {
        match term {
            Term::Id | Term::Num(_) | Term::Arr(None) => Ok(1),
            Term::Var(name) => self.variable(term, name),
            Term::Str(format, parts) => self.text(term, *format, parts, place),
            Term::Arr(Some(inner)) => self.term(inner, place).map(|_| 1),
            Term::Obj(entries) => self.object(term, entries, place),
            Term::Neg(inner) => self.term(inner, place),
            Term::BinOp(left, operator, right) => self.operation(left, operator, right, place),
            Term::TryCatch(inner, None) => self.term(inner, place),
            Term::TryCatch(_, Some(_)) => {
                self.refuse(term, "`catch` is not available; `//` gives another value".into())
            }
            Term::IfThenElse(branches, otherwise) => self.branches(branches, otherwise.as_deref(), place),
            Term::Call(name, arguments) => self.call(name, arguments, place),
            Term::Path(head, parts) => {
                let heads = self.term(head, place)?;
                self.path(term, &parts.0, place, heads)
            }
            Term::Recurse => self.refuse(term, "`..` is not available: it visits every value; write the path".into()),
            Term::Def(definitions, _) => {
                let at =
                    definitions.first().map_or(0..0, |definition| super::syntax::place(self.program, definition.name));
                Err(ProgramError { message: "`def` is not available: write the program out".into(), at })
            }
            Term::Fold(name, ..) => {
                let message = format!("`{name}` is not available; `map`, `add`, `any`, `all`, `min` and `max` are");
                self.refuse(term, message)
            }
            Term::Label(..) | Term::Break(_) => {
                self.refuse(term, "`label` and `break` are not available; `first(…)` stops early".into())
            }
        }
    }

    fn variable(&self, term: &Term<&'p str>, name: &str) -> Outputs {
        let known = |variable: &str| name.strip_prefix('$') == Some(variable);
        if self.bound.contains(&name) || self.variables.iter().any(|variable| known(variable)) {
            return Ok(1);
        }
        if name == "$ENV" {
            return self.refuse(term, refusal(name, 0));
        }
        let given: Vec<String> = self.variables.iter().map(|variable| format!("`${variable}`")).collect();
        let given =
            if given.is_empty() { "none is given".to_owned() } else { format!("given is {}", given.join(", ")) };
        self.refuse(term, format!("there is no variable `{name}` here: {given}"))
    }

    fn text(
        &mut self,
        term: &Term<&'p str>,
        format: Option<&'p str>,
        parts: &[StrPart<&'p str, Term<&'p str>>],
        place: Place,
    ) -> Outputs {
        if let Some(format) = format
            && function(format, 0).is_none()
        {
            return self.refuse(term, refusal(format, 0));
        }
        let inner = parts.iter().filter_map(|part| match part {
            StrPart::Term(inner) => Some(inner),
            StrPart::Str(_) | StrPart::Char(_) => None,
        });
        self.few(term, parts.len())?;
        self.product(inner, Place { depth: place.depth + parts.len() / 4, ..place })
    }

    fn object(
        &mut self,
        term: &Term<&'p str>,
        entries: &[(Term<&'p str>, Option<Term<&'p str>>)],
        place: Place,
    ) -> Outputs {
        self.few(term, entries.len())?;
        let terms = entries.iter().flat_map(|(key, value)| [Some(key), value.as_ref()]).flatten();
        self.product(terms, Place { depth: place.depth + entries.len() / 4, ..place })
    }

    fn few(&self, term: &Term<&'p str>, parts: usize) -> Result<(), ProgramError> {
        match parts {
            0..=MAX_PARTS => Ok(()),
            _ => self.refuse(term, format!("an object has at most {MAX_PARTS} entries, and a text as many parts")),
        }
    }

    /// Each term runs for each output of those before it.
    fn product<'a>(&mut self, terms: impl Iterator<Item = &'a Term<&'p str>>, place: Place) -> Outputs
    where
        'p: 'a,
    {
        let mut all = 1;
        for term in terms {
            all *= self.term(term, place.times(all))?;
        }
        Ok(all)
    }

    fn operation(
        &mut self,
        left: &Term<&'p str>,
        operator: &BinaryOp<&'p str>,
        right: &Term<&'p str>,
        place: Place,
    ) -> Outputs {
        match operator {
            BinaryOp::Pipe(None) => self.product([left, right].into_iter(), place),
            BinaryOp::Pipe(Some(pattern)) => self.binding(left, pattern, right, place),
            BinaryOp::Comma => Ok(self.term(left, place)? + self.term(right, place)?),
            BinaryOp::Alt => Ok(self.term(left, place)?.max(self.term(right, place)?)),
            BinaryOp::Or | BinaryOp::And | BinaryOp::Cmp(_) => self.product([left, right].into_iter(), place),
            BinaryOp::Math(Math::Mul) => {
                if !is_factor(left) && !is_factor(right) {
                    return self.refuse(right, format!("one side of `*` is a number up to {MAX_FACTOR}"));
                }
                self.product([left, right].into_iter(), place)
            }
            BinaryOp::Math(_) => self.product([left, right].into_iter(), place),
            BinaryOp::UpdateMath(Math::Mul) if !is_factor(right) => {
                self.refuse(right, format!("the right side of `*=` is a number up to {MAX_FACTOR}"))
            }
            BinaryOp::Assign | BinaryOp::Update | BinaryOp::UpdateMath(_) | BinaryOp::UpdateAlt => {
                self.key_path(left)?;
                self.product([left, right].into_iter(), place)
            }
        }
    }

    fn binding(
        &mut self,
        source: &Term<&'p str>,
        pattern: &Pattern<&'p str>,
        body: &Term<&'p str>,
        place: Place,
    ) -> Outputs {
        let sources = self.term(source, place)?;
        self.pattern(pattern)?;
        let loops = place.loops + usize::from(generates(source));
        if loops > MAX_LOOPS {
            return self.refuse(source, format!("at most {MAX_LOOPS} `.[] as $x` stand in each other"));
        }
        let before = self.bound.len();
        self.bound.extend(bound(pattern));
        let bodies = self.term(body, Place { loops, ..place.times(sources) });
        self.bound.truncate(before);
        Ok(sources * bodies?)
    }

    fn pattern(&self, pattern: &Pattern<&'p str>) -> Result<(), ProgramError> {
        match pattern {
            Pattern::Var(_) => Ok(()),
            Pattern::Arr(inner) => inner.iter().try_for_each(|inner| self.pattern(inner)),
            Pattern::Obj(entries) => entries.iter().try_for_each(|(key, inner)| {
                if constant(key).is_none() {
                    return self.refuse(key, "the names in a pattern are written out: `{id: $id}`".into());
                }
                self.pattern(inner)
            }),
        }
    }

    fn branches(
        &mut self,
        branches: &[(Term<&'p str>, Term<&'p str>)],
        otherwise: Option<&Term<&'p str>>,
        place: Place,
    ) -> Outputs {
        let (mut most, mut conditions) = (1, 1);
        for (condition, then) in branches {
            conditions *= self.term(condition, place.times(conditions))?;
            most = most.max(self.term(then, place.times(conditions))?);
        }
        if let Some(otherwise) = otherwise {
            most = most.max(self.term(otherwise, place.times(conditions))?);
        }
        Ok(conditions * most)
    }

    fn call(&mut self, name: &'p str, arguments: &[Term<&'p str>], place: Place) -> Outputs {
        let Some(kind) = function(name, arguments.len()) else {
            let message = refusal(name, arguments.len());
            return Err(ProgramError { message, at: super::syntax::place(self.program, name) });
        };
        // A function is a few terms of the prelude, one in the other.
        let place = Place { depth: place.depth + if name == "with_entries" { 7 } else { 3 }, ..place };
        match kind {
            Kind::Plain | Kind::Through => self.product(arguments.iter(), place),
            Kind::PerItem => arguments.iter().try_for_each(|argument| self.term(argument, place).map(drop)).map(|()| 1),
            Kind::Whole => self.product(arguments.iter(), place).map(|_| 1),
            Kind::Changes => {
                arguments.iter().try_for_each(|path| self.key_path(path))?;
                self.product(arguments.iter(), place).map(|_| 1)
            }
        }
    }

    fn path(
        &mut self,
        term: &Term<&'p str>,
        parts: &[(Part<Term<&'p str>>, Opt)],
        place: Place,
        heads: u64,
    ) -> Outputs {
        self.few(term, parts.len())?;
        let mut all = heads;
        let deep = Place { depth: place.depth + parts.len() / 2, ..place };
        for (part, _) in parts {
            let terms = match part {
                Part::Index(index) => [Some(index), None],
                Part::Range(from, to) => [from.as_ref(), to.as_ref()],
            };
            all *= self.product(terms.into_iter().flatten(), deep.times(all))?;
        }
        Ok(all)
    }

    /// What may be assigned to: fields, constant indices and `[]`, one after the other.
    fn key_path(&self, term: &Term<&'p str>) -> Result<(), ProgramError> {
        let fits = match term {
            Term::Id => true,
            Term::Path(head, parts) => {
                self.key_path(head)?;
                parts.0.iter().all(|(part, _)| match part {
                    Part::Index(index) => constant(index).is_some() || is_number(index),
                    Part::Range(None, None) => true,
                    Part::Range(..) => false,
                })
            }
            Term::BinOp(left, BinaryOp::Pipe(None) | BinaryOp::Comma, right) => {
                self.key_path(left)?;
                self.key_path(right)?;
                true
            }
            _ => false,
        };
        if fits {
            Ok(())
        } else {
            self.refuse(term, "only plain paths can be changed: `.a.b`, `.items[].price`".into())
        }
    }

    fn refuse<T>(&self, term: &Term<&'p str>, message: String) -> Result<T, ProgramError> {
        Err(ProgramError { message, at: extent(self.program, term) })
    }
}

fn is_number(term: &Term<&str>) -> bool {
    match term {
        Term::Num(_) => true,
        Term::Neg(inner) => is_number(inner),
        _ => false,
    }
}

fn is_factor(term: &Term<&str>) -> bool {
    match term {
        Term::Num(digits) => digits.parse::<f64>().is_ok_and(|factor| factor <= MAX_FACTOR),
        Term::Neg(inner) => is_factor(inner),
        _ => false,
    }
}

/// Whether a term can have more than one output.
fn generates(term: &Term<&str>) -> bool {
    match term {
        Term::Path(head, parts) => {
            let each = |(part, _): &(Part<Term<&str>>, Opt)| match part {
                Part::Range(None, None) => true,
                Part::Index(index) => generates(index),
                Part::Range(from, to) => from.iter().chain(to).any(generates),
            };
            generates(head) || parts.0.iter().any(each)
        }
        Term::BinOp(_, BinaryOp::Comma, _) => true,
        Term::BinOp(left, _, right) => generates(left) || generates(right),
        Term::Neg(inner) | Term::TryCatch(inner, None) => generates(inner),
        Term::IfThenElse(branches, otherwise) => {
            branches.iter().any(|(condition, then)| generates(condition) || generates(then))
                || otherwise.as_deref().is_some_and(generates)
        }
        Term::Obj(entries) => {
            entries.iter().any(|(key, value)| generates(key) || value.as_ref().is_some_and(generates))
        }
        Term::Str(_, parts) => parts.iter().any(|part| matches!(part, StrPart::Term(inner) if generates(inner))),
        Term::Call(name, arguments) => match function(name, arguments.len()) {
            Some(Kind::Plain | Kind::Through) => arguments.iter().any(generates),
            _ => false,
        },
        _ => false,
    }
}
