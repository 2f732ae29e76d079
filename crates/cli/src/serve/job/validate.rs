//! The model against every printed number, anew.

use super::{Planned, Progress};
use crate::serve::Shared;
use crate::serve::ask::wrong;
use crate::serve::card::{Made, card};
use crate::serve::problem::Wrong;
use crate::serve::schema::{JobKind, JobResult, ValidateJob};
use std::collections::BTreeMap;
use study::validate::{Options, validate};

/// Seed of its virtual trials.
const SEED: u64 = 1;

pub(super) fn plan(asked: &ValidateJob) -> Result<Planned, Wrong> {
    let people = asked.people;
    if !(20..=400).contains(&people) {
        return Err(vec![wrong("people: from 20 to 400 of each arm", "the command line takes more")].into());
    }
    Ok(Planned {
        kind: JobKind::Validate,
        title: format!("The model against printed numbers, {people} people of each arm"),
        command: format!("resynapse validate --people {people}"),
        protocol: None,
        work: Box::new(move |shared, progress| work(shared, progress, people)),
    })
}

fn work(shared: &Shared, progress: &Progress, people: u32) -> Result<JobResult, Wrong> {
    let options = Options {
        size: people,
        seed: SEED,
        threads: shared.threads,
        only: Vec::new(),
        all: false,
        overrides: BTreeMap::new(),
    };
    let report = validate(&shared.atlas, &shared.targets, &options, &mut |arm, done, count| {
        progress.tell(done as f64 / count.max(1) as f64, arm)
    })?;
    let made = Made::of(&shared.atlas, &shared.targets, &report, people, SEED);
    Ok(JobResult::Validate(Box::new(card(&shared.atlas, &made))))
}
