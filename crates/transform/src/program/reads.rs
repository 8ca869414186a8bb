//! The plain input paths that a program reads.
//!
//! Where the value that `.` stands for is no plain path of the input (behind `group_by`, `with_entries`, an update…),
//! nothing is reported; nor is what is asked with `?`, which says itself that it may not be there.

use std::ops::Range;

use jaq_core::load::lex::StrPart;
use jaq_core::load::parse::{BinaryOp, Pattern, Term};
use jaq_core::path::{Opt, Part};

use super::syntax::{bound, constant, extent};
use crate::{Path, Step};

/// A path of the input that a program reads, and the bytes of the program that say so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The path from the whole input.
    pub path: Path,
    /// Where the program reads it.
    pub at: Range<usize>,
}

/// All reads of a checked program.
pub(super) fn reads(program: &str, tree: &Term<&str>) -> Vec<Read> {
    let mut walk = Walk { program, bound: Vec::new(), reads: Vec::new() };
    walk.term(tree, Some(&Path::default()));
    walk.reads
}

struct Walk<'p> {
    program: &'p str,
    /// What variables stand for.
    bound: Vec<(&'p str, Option<Path>)>,
    reads: Vec<Read>,
}

/// The place of a value in the input, if it has one.
type Where<'w> = Option<&'w Path>;

impl<'p> Walk<'p> {
    /// Notes what a term reads; returns the place of its outputs.
    fn term(&mut self, term: &Term<&'p str>, here: Where<'_>) -> Option<Path> {
        match term {
            Term::Id => here.cloned(),
            Term::Var(name) => self.bound.iter().rev().find(|(known, _)| known == name)?.1.clone(),
            Term::Path(head, parts) => self.path(term, head, &parts.0, here),
            Term::BinOp(left, operator, right) => self.operation(left, operator, right, here),
            Term::Call(name, arguments) => self.call(name, arguments, here),
            Term::Obj(entries) => {
                entries.iter().for_each(|(key, value)| self.entry(key, value.as_ref(), here));
                None
            }
            Term::Arr(Some(inner)) | Term::Neg(inner) => self.only(inner, here),
            Term::Str(_, parts) => {
                for part in parts {
                    if let StrPart::Term(inner) = part {
                        self.term(inner, here);
                    }
                }
                None
            }
            Term::IfThenElse(branches, otherwise) => {
                for (condition, then) in branches {
                    self.term(condition, here);
                    self.term(then, here);
                }
                otherwise.iter().for_each(|otherwise| drop(self.term(otherwise, here)));
                None
            }
            _ => None,
        }
    }

    fn only(&mut self, term: &Term<&'p str>, here: Where<'_>) -> Option<Path> {
        self.term(term, here);
        None
    }

    fn entry(&mut self, key: &Term<&'p str>, value: Option<&Term<&'p str>>, here: Where<'_>) {
        match (value, constant(key), here) {
            (Some(value), _, _) => {
                self.term(key, here);
                self.term(value, here);
            }
            // `{id}` is `{id: .id}`.
            (None, Some(name), Some(here)) => {
                let path = here.join(&Path::of(vec![Step::Field(name.into())]));
                self.reads.push(Read { path, at: extent(self.program, key) });
            }
            (None, ..) => {}
        }
    }

    fn path(
        &mut self,
        term: &Term<&'p str>,
        head: &Term<&'p str>,
        parts: &[(Part<Term<&'p str>>, Opt)],
        here: Where<'_>,
    ) -> Option<Path> {
        let before = self.reads.len();
        let head = self.term(head, here);
        let mut steps = head.as_ref().map(|path| path.steps().to_vec());
        for (part, optional) in parts {
            let step = match part {
                Part::Index(index) => {
                    self.term(index, here);
                    constant(index).map(|name| Step::Field(name.into())).or(is_index(index).then_some(Step::Each))
                }
                Part::Range(None, None) => Some(Step::Each),
                Part::Range(from, to) => {
                    from.iter().chain(to).for_each(|bound| drop(self.term(bound, here)));
                    None
                }
            };
            steps = match (steps, step, optional) {
                (Some(mut steps), Some(step), Opt::Essential) => {
                    steps.push(step);
                    Some(steps)
                }
                _ => None,
            };
        }
        let path = Path::of(steps?);
        // `.a.b` is one read, not also one of `.a`.
        if self.reads.len() > before && head_reads(head.as_ref(), &self.reads) {
            self.reads.pop();
        }
        self.reads.push(Read { path: path.clone(), at: extent(self.program, term) });
        Some(path)
    }

    fn operation(
        &mut self,
        left: &Term<&'p str>,
        operator: &BinaryOp<&'p str>,
        right: &Term<&'p str>,
        here: Where<'_>,
    ) -> Option<Path> {
        let from = self.term(left, here);
        match operator {
            BinaryOp::Pipe(None) => self.term(right, from.as_ref()),
            BinaryOp::Pipe(Some(pattern)) => {
                let before = self.bound.len();
                match pattern {
                    Pattern::Var(name) => self.bound.push((*name, from)),
                    pattern => self.bound.extend(bound(pattern).into_iter().map(|name| (name, None))),
                }
                let to = self.term(right, here);
                self.bound.truncate(before);
                to
            }
            BinaryOp::Update => self.only(right, from.as_ref()),
            _ => self.only(right, here),
        }
    }

    fn call(&mut self, name: &str, arguments: &[Term<&'p str>], here: Where<'_>) -> Option<Path> {
        let each = here.map(|here| here.join(&Path::of(vec![Step::Each])));
        match (name, arguments) {
            ("map" | "map_values" | "any" | "all" | "group_by", [inner]) => self.only(inner, each.as_ref()),
            ("sort_by" | "unique_by", [inner]) => {
                self.term(inner, each.as_ref());
                here.cloned()
            }
            ("min_by" | "max_by", [inner]) => {
                self.term(inner, each.as_ref());
                each
            }
            ("any" | "all", [items, condition]) => {
                let item = self.term(items, here);
                self.only(condition, item.as_ref())
            }
            ("first" | "last", [inner]) => self.term(inner, here),
            ("select", [inner]) => {
                self.term(inner, here);
                here.cloned()
            }
            ("first" | "last" | "min" | "max", []) => each,
            ("with_entries", _) => None,
            (_, []) if keeps(name) => here.cloned(),
            (_, arguments) => {
                arguments.iter().for_each(|argument| drop(self.term(argument, here)));
                None
            }
        }
    }
}

/// Whether the last read is that of a path's own head.
fn head_reads(head: Option<&Path>, reads: &[Read]) -> bool {
    matches!((head, reads.last()), (Some(head), Some(read)) if read.path == *head)
}

fn is_index(term: &Term<&str>) -> bool {
    match term {
        Term::Num(_) => true,
        Term::Neg(inner) => is_index(inner),
        _ => false,
    }
}

/// Functions whose output is their input, or has the same shape.
fn keeps(name: &str) -> bool {
    let selects = ["values", "nulls", "booleans", "numbers", "strings", "arrays", "objects"];
    selects.contains(&name) || ["sort", "unique", "reverse"].contains(&name)
}
