//! What the files say, with the place of every value, before anything is known about whether it fits.
//!
//! A part that could not be read has been reported and is none here, so that the checks can go on with the rest.

mod caching;
mod part;
mod policy;
mod route;
mod service;
mod settings;
mod shape;

pub(super) use caching::CacheDraft;
pub(super) use part::{JoinDraft, PartDraft};
pub(super) use route::{ErrorDraft, FieldsDraft, Match, OperationName, PROFILES, ProxyDraft, RouteDraft};
pub(super) use service::ServiceDraft;
pub(super) use shape::ShapeDraft;

use super::Settings;
use super::read::{Collector, File};
use super::sources::{SourceFile, Sources};

/// The files as they were read.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub(super) settings: Settings,
    pub(super) services: Vec<ServiceDraft>,
    pub(super) routes: Vec<RouteDraft>,
    pub(super) proxies: Vec<ProxyDraft>,
    /// Whether every file could be read and is TOML; if not, what is missing elsewhere may only be missing here.
    pub(super) complete: bool,
}

/// Reads every file.
pub(super) fn read(sources: &Sources, mistakes: &Collector) -> Files {
    let mut files = Files { complete: true, ..Files::default() };
    files.complete &= parsed(sources.settings(), mistakes, |mut section| {
        files.settings = settings::read(&mut section);
        files.services = section.named("services", service::read);
        section.finish();
    });
    for file in sources.routes() {
        files.complete &= parsed(file, mistakes, |mut section| {
            files.routes.extend(section.each("route", route::read));
            files.proxies.extend(section.each("proxy", route::read_proxy));
            section.finish();
        });
    }
    files
}

fn parsed(file: SourceFile, mistakes: &Collector, read: impl FnOnce(super::read::Section<'_>)) -> bool {
    match file.text {
        Ok(text) => File::new(&file.name, text).parse(mistakes, read).is_some(),
        Err(error) => {
            mistakes.blame_file(&file.name, format!("It cannot be read: {error}."));
            false
        }
    }
}
