//! The answer of a route as a whole: that of the main part with everything that is added to it, or the parts by themselves.

use super::super::composition::{Part, Place};
use super::super::schema::{Found, Kinds, Missing, Schema};
use super::services::Services;
use transform::{Path, Step};

/// What a path may lead to, as far as it is known.
pub(super) type Lookup<'l> = dyn Fn(&Path) -> Found<'l> + 'l;

/// All parts, each with its place.
pub(super) struct Whole<'a> {
    pub(super) services: &'a Services,
    pub(super) parts: &'a [Part],
}

/// How far a path has led.
enum Here<'a> {
    /// To an answer that has nothing but parts.
    Parts,
    To(Schema<'a>),
}

impl<'a> Whole<'a> {
    /// What a path leads to, through parts that are inside others.
    pub(super) fn at(&self, path: &Path) -> Found<'a> {
        let main = self.parts.first().filter(|part| part.place == Place::Root);
        let mut here = match main.map(|main| self.schema(main)) {
            None => Here::Parts,
            Some(Some(schema)) => Here::To(schema),
            Some(None) => return Found::Open,
        };
        let mut at: Vec<&str> = Vec::new();
        for (index, step) in path.steps().iter().enumerate() {
            if let Step::Field(name) = step {
                at.push(name);
            }
            match self.step(&here, step, &at) {
                Found::Known(schema) => here = Here::To(schema),
                Found::Open => return Found::Open,
                Found::Nothing(missing) => return Found::Nothing(missing.after(&path.steps()[..index])),
            }
        }
        match here {
            Here::Parts => Found::Open,
            Here::To(schema) => Found::Known(schema),
        }
    }

    fn step(&self, here: &Here<'a>, step: &Step, at: &[&str]) -> Found<'a> {
        let is_object = match here {
            Here::Parts => true,
            Here::To(schema) => schema.kinds().has(Kinds::OBJECT),
        };
        let added = || self.parts.iter().filter(|part| !matches!(part.place, Place::Root | Place::Aside) && is_object);
        if let Step::Field(_) = step
            && let Some(part) = added().find(|part| part.at == at)
        {
            return self.schema(part).map_or(Found::Open, Found::Known);
        }
        let found = match here {
            Here::Parts => Found::Nothing(Missing { at: Path::default(), step: step.clone(), names: Vec::new() }),
            Here::To(schema) => schema.step(step),
        };
        let Found::Nothing(mut missing) = found else { return found };
        if let [above @ .., _] = at {
            let places = added().filter_map(|part| part.at.split_last());
            missing.names.extend(places.filter(|(_, parents)| *parents == above).map(|(name, _)| name.clone()));
        }
        Found::Nothing(missing)
    }

    /// The schema of what a part puts into its place.
    fn schema(&self, part: &'a Part) -> Option<Schema<'a>> {
        let schema = Schema::new(self.services.contract(part.service)?, part.schema.as_ref()?);
        match &part.place {
            Place::Root | Place::Member | Place::Aside => Some(schema),
            Place::Joined(_) => schema.batch_items(),
        }
    }
}
