//! What a contract says of the documents that an operation reads and answers: which fields there are, and what they hold.
//!
//! A schema is looked at as far as it decides something: references, `allOf` and alternatives are followed, and where a
//! schema leaves everything open nothing is claimed. So a check blames only what certainly does not fit.

mod kinds;
mod look;

use serde_json::{Map, Value, json};

pub(crate) use self::kinds::Kinds;
use self::look::{Look, Rest, alternatives, gather, kinds, properties, requires};
use super::Contract;
use transform::{Path, Step};

/// How deep alternatives and references are followed; a recursive schema ends there.
const DEPTH: usize = 12;

/// A place in a contract's schemas: one schema, or several of which one applies to the value.
#[derive(Clone, Debug)]
pub(crate) struct Schema<'c> {
    contract: &'c Contract,
    /// As they stand in the contract.
    origins: Vec<&'c Value>,
}

/// What a path leads to.
#[derive(Debug)]
pub(crate) enum Found<'c> {
    /// Something that the contract describes.
    Known(Schema<'c>),
    /// Nothing can be said: the contract leaves open what is there.
    Open,
    /// Certainly nothing: no such field, or no list where the path goes into one.
    Nothing(Missing),
}

/// Why a path leads to nothing.
#[derive(Debug)]
pub(crate) struct Missing {
    /// The path as far as there is something.
    pub(crate) at: Path,
    /// What was looked for there.
    pub(crate) step: Step,
    /// The fields that there are.
    pub(crate) names: Vec<String>,
}

impl<'c> Schema<'c> {
    /// The schema `value` of `contract`.
    pub(crate) fn new(contract: &'c Contract, value: &'c Value) -> Self {
        Self { contract, origins: vec![value] }
    }

    /// The schema as it stands in the contract, or several as alternatives; `{}` where there is none.
    pub(crate) fn to_value(&self) -> Value {
        match self.origins.as_slice() {
            [one] if one.is_object() => (*one).clone(),
            [] | [_] => Value::Object(Map::new()),
            several => json!({ "anyOf": several }),
        }
    }

    /// A list's own restriction of its length.
    pub(crate) fn max_items(&self) -> Option<u64> {
        self.spread().iter().find_map(|schema| schema.get("maxItems")?.as_u64())
    }

    /// What kinds of values it allows.
    pub(crate) fn kinds(&self) -> Kinds {
        let kinds = self.origins.iter().map(|origin| kinds(self.contract, origin, DEPTH));
        kinds.reduce(Kinds::with).unwrap_or(Kinds::ANY)
    }

    /// The names of the fields that it declares, each once.
    pub(crate) fn names(&self) -> Vec<&'c str> {
        let mut names: Vec<&str> = Vec::new();
        for name in self.spread().into_iter().flat_map(properties).map(|(name, _)| name.as_str()) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Whether a field is there in every document that is an object.
    pub(crate) fn requires(&self, name: &str) -> bool {
        let objects = || self.origins.iter().filter(|origin| kinds(self.contract, origin, DEPTH).has(Kinds::OBJECT));
        objects().next().is_some() && objects().all(|origin| requires(self.contract, origin, name, DEPTH))
    }

    /// The field `name`.
    pub(crate) fn field(&self, name: &str) -> Found<'c> {
        if !self.kinds().has(Kinds::OBJECT) {
            return Found::Nothing(self.missing(Step::Field(name.into())));
        }
        let own = |schema: &'c Value| Look::field(schema, name);
        let looks = self.looks(Kinds::OBJECT, &own);
        match looks.rest {
            Rest::Closed if looks.found.is_empty() => Found::Nothing(self.missing(Step::Field(name.into()))),
            Rest::Closed => Found::Known(Self { contract: self.contract, origins: looks.found }),
            Rest::Unsaid | Rest::Open => Found::Open,
        }
    }

    /// Each item of a list; each value of an object that is a map.
    pub(crate) fn items(&self) -> Found<'c> {
        let kinds = self.kinds();
        if !kinds.has(Kinds::ARRAY) {
            let is_map = kinds.has(Kinds::OBJECT) && self.names().is_empty();
            return if is_map { Found::Open } else { Found::Nothing(self.missing(Step::Each)) };
        }
        let looks = self.looks(Kinds::ARRAY, &Look::items);
        match looks.rest {
            Rest::Closed if !looks.found.is_empty() => {
                Found::Known(Self { contract: self.contract, origins: looks.found })
            }
            _ => Found::Open,
        }
    }

    /// What a path leads to.
    pub(crate) fn at(&self, path: &Path) -> Found<'c> {
        let mut here = self.clone();
        for (index, step) in path.steps().iter().enumerate() {
            match here.step(step) {
                Found::Known(schema) => here = schema,
                Found::Open => return Found::Open,
                Found::Nothing(missing) => return Found::Nothing(missing.after(&path.steps()[..index])),
            }
        }
        Found::Known(here)
    }

    /// An item of a batch answer, `{items: [..]}`.
    pub(crate) fn batch_items(&self) -> Option<Self> {
        match self.at(&[Step::Field("items".into()), Step::Each].into_iter().collect()) {
            Found::Known(items) => Some(items),
            Found::Open | Found::Nothing(_) => None,
        }
    }

    /// What one step leads to.
    pub(crate) fn step(&self, step: &Step) -> Found<'c> {
        match step {
            Step::Field(name) => self.field(name),
            Step::Each => self.items(),
        }
    }

    fn looks(&self, of: Kinds, own: &dyn Fn(&'c Value) -> Look<'c>) -> Look<'c> {
        let may_be = self.origins.iter().filter(|origin| kinds(self.contract, origin, DEPTH).has(of));
        alternatives(may_be.map(|origin| gather(self.contract, origin, DEPTH, of, own)))
    }

    /// Everything that may apply, side by side.
    fn spread(&self) -> Vec<&'c Value> {
        let mut into = Vec::new();
        self.origins.iter().for_each(|origin| look::spread(self.contract, origin, DEPTH, &mut into));
        into
    }

    fn missing(&self, step: Step) -> Missing {
        let names = self.names().into_iter().map(str::to_owned).collect();
        Missing { at: Path::default(), step, names }
    }
}

impl Missing {
    /// The same, at the end of these steps.
    pub(crate) fn after(self, steps: &[Step]) -> Self {
        Self { at: steps.iter().cloned().collect(), ..self }
    }
}

#[cfg(test)]
mod tests;
