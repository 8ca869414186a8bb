//! jq programs, compiled once and run on documents.

mod admit;
mod allowed;
mod check;
mod meter;
mod natives;
mod reads;
mod syntax;
mod value;
mod write;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Filter, Vars, load};
use jaq_json::Val;

use self::natives::{Terms, Transform, natives};
use self::value::Value;
use super::form::{Form, Plan, derive};
use super::{ProgramError, TransformError};

pub use self::reads::Read;
pub(super) use self::syntax::constant;

/// A jq program that is known to end soon: every part of it is on a list, and its work is metered.
///
/// A clone is the same program.
#[derive(Clone)]
pub struct Program(Arc<Compiled>);

struct Compiled {
    text: String,
    variables: usize,
    filter: Filter<Transform>,
    reads: Vec<Read>,
    form: Option<(Form, Plan)>,
}

/// The text of the program.
impl fmt::Debug for Program {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Program").field(&self.0.text).finish()
    }
}

impl Program {
    /// Compiles a program that may use these global variables (their names without `$`).
    ///
    /// # Errors
    ///
    /// Says what is wrong with the program and where, if it is no jq or not all of it is allowed.
    pub fn compile(text: &str, variables: &[&str]) -> Result<Self, ProgramError> {
        let tokens = syntax::tokens(text)?;
        let tree = syntax::tree(text, &tokens)?;
        check::check(text, &tree, variables)?;
        let form = derive(&tree).and_then(|form| Plan::of(&form).map(|plan| (form, plan)));
        Ok(Self(Arc::new(Compiled {
            filter: filter(text, variables)?,
            text: text.to_owned(),
            variables: variables.len(),
            reads: reads::reads(text, &tree),
            form,
        })))
    }

    /// Runs the program on a JSON text, with the JSON texts of its variables in the order of [`Self::compile`].
    ///
    /// # Errors
    ///
    /// See [`TransformError`]; there is no output then.
    pub fn run(&self, input: &[u8], variables: &[&[u8]]) -> Result<Bytes, TransformError> {
        let (expected, given) = (self.0.variables, variables.len());
        if expected != given {
            return Err(TransformError::Variables { expected, given });
        }
        match &self.0.form {
            Some((_, plan)) => plan.run(input).map(Bytes::from),
            None => self.in_jaq(input, variables),
        }
    }

    /// The paths of the input that it certainly reads, if it gets there.
    #[must_use]
    pub fn reads(&self) -> &[Read] {
        &self.0.reads
    }

    /// What it builds, if it only builds objects with constant keys from plain paths and literals.
    #[must_use]
    pub fn form(&self) -> Option<&Form> {
        self.0.form.as_ref().map(|(form, _)| form)
    }

    /// Runs it in jaq, whether it is a form or not.
    pub(super) fn in_jaq(&self, input: &[u8], variables: &[&[u8]]) -> Result<Bytes, TransformError> {
        let document = admit::parse(input)?;
        let variables: Vec<Value> =
            variables.iter().map(|text| admit::parse(text).map(Value)).collect::<Result<_, _>>()?;
        meter::begin();
        let context = Ctx::<Transform>::new(Terms(&self.0.filter.lut), Vars::new(variables));
        let mut outputs = self.0.filter.id.run((context, Value(document)));
        let output = outputs.next();
        let more = output.as_ref().is_some_and(Result::is_ok) && outputs.next().is_some();
        drop(outputs);
        if meter::is_exhausted() {
            return Err(TransformError::TooMuchWork);
        }
        match output {
            None => Err(TransformError::Outputs(0)),
            Some(_) if more => Err(TransformError::Outputs(2)),
            Some(Ok(Value(output))) => write::write(&output).map(Bytes::from),
            Some(Err(exception)) => Err(failed(exception)),
        }
    }
}

/// The reason of a failure: ours name no value, and jaq's name its kind only, as [`Value`] prints itself.
fn failed(exception: jaq_core::Exn<'_, Value>) -> TransformError {
    let reason = exception.get_err().map(|error| error.into_val().0);
    match reason {
        Ok(Val::TStr(reason)) => TransformError::Program(String::from_utf8_lossy(&reason).into_owned().into()),
        _ => TransformError::Program("it stopped".into()),
    }
}

/// The program in jaq, with the functions of a transform and no others.
fn filter(text: &str, variables: &[&str]) -> Result<Filter<Transform>, ProgramError> {
    // The check has found everything that jaq could say; this is for what it might have missed.
    let refused =
        |what: &str| ProgramError { message: format!("jaq does not take this program: {what}"), at: 0..text.len() };
    let prelude = load::parse(include_str!("program/prelude.jq"), |parser| parser.defs());
    let prelude = prelude.ok_or_else(|| refused("the prelude"))?;
    let arena = Arena::default();
    let modules = Loader::new(prelude).load(&arena, File { code: text, path: () });
    let modules = modules.map_err(|_| refused("its syntax"))?;
    let variables: Vec<String> = variables.iter().map(|name| format!("${name}")).collect();
    let compiler = Compiler::default().with_funs(natives()).with_global_vars(variables.iter().map(String::as_str));
    compiler.compile(modules).map_err(|errors| {
        let names: Vec<&str> = errors.iter().flat_map(|(_, errors)| errors).map(|(name, _)| *name).collect();
        refused(&names.join(", "))
    })
}

#[cfg(test)]
mod tests;
