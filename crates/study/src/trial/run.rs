//! Runs a trial piece by piece. A piece is a few whole sites; what comes out of it depends on the protocol and the seed
//! alone, so pieces can be run in any order, on any machine, and again.

use crate::trial::bench::{Bench, Part, Passage};
use crate::trial::design::Design;
use crate::trial::enrol::{Entrant, Gate, Place};
use crate::trial::life::{Before, Life};
use crate::trial::people::Given;
use crate::trial::schema::{End, Record, Seen};
use model::ledger::Row;
use resynapse::atlas::Atlas;
use resynapse::prepare::{Person, options};
use resynapse::run::Refusal;
use sim::Job;
use std::collections::BTreeMap;

/// About so many people make a piece: enough to keep the engine's lanes full, few enough to lose little on a kill.
const PEOPLE_PER_PIECE: u32 = 256;

/// A trial ready to run.
pub struct Trial<'a> {
    atlas: &'a Atlas,
    /// What is run.
    pub design: Design,
    given: Option<Given>,
    screening: Bench,
    lead_in: Option<(Bench, Passage)>,
    sequences: Vec<(Bench, Passage)>,
}

/// Sites of trials that are run together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Number of the piece, from 0.
    pub index: u32,
    /// Trial and site.
    pub sites: Vec<(u32, u32)>,
    /// How many people they hold.
    pub people: u32,
}

impl<'a> Trial<'a> {
    /// Compiles the model for every part of a design.
    pub fn new(atlas: &'a Atlas, design: Design, given: Option<Given>) -> Result<Trial<'a>, Refusal> {
        let screening = Bench::new(atlas, &design, Part::Screening)?;
        let typical = |bench: &Bench| bench.prepared.parameters(&bench.patient, Person::Typical);
        let mut lead_in = None;
        if design.lead_in.is_some() {
            let bench = Bench::new(atlas, &design, Part::LeadIn)?;
            let passage = bench.passage(&screening, &typical(&bench))?;
            lead_in = Some((bench, passage));
        }
        let before = lead_in.as_ref().map_or(&screening, |(bench, _)| bench);
        let mut sequences = Vec::new();
        for k in 0..design.layout.sequences.len() {
            let bench = Bench::new(atlas, &design, Part::Sequence(k))?;
            let passage = bench.passage(before, &typical(&bench))?;
            sequences.push((bench, passage));
        }
        Ok(Trial { atlas, design, given, screening, lead_in, sequences })
    }

    /// Every row of the ledger that some part uses, by id and context.
    pub fn rows(&self) -> Vec<&Row> {
        let benches = self.sequences.iter().map(|(b, _)| b).chain(self.lead_in.iter().map(|(b, _)| b));
        let parameters = benches.chain([&self.screening]).flat_map(|b| &b.prepared.model.parameters);
        let mut rows: BTreeMap<(&str, String), &Row> = BTreeMap::new();
        for p in parameters {
            rows.insert((p.row.id.as_str(), p.row.context_text()), &p.row);
        }
        rows.into_values().collect()
    }

    /// All pieces, in order.
    pub fn pieces(&self) -> Vec<Piece> {
        let mut out: Vec<Piece> = Vec::new();
        for replicate in 0..self.design.layout.replicates {
            for site in 0..self.design.sites {
                let people = self.places(site).len() as u32;
                match out.last_mut().filter(|p| p.people + people <= PEOPLE_PER_PIECE) {
                    Some(piece) => {
                        piece.sites.push((replicate, site));
                        piece.people += people;
                    }
                    None => out.push(Piece { index: out.len() as u32, sites: vec![(replicate, site)], people }),
                }
            }
        }
        out
    }

    /// Numbers of the people at a site.
    fn places(&self, site: u32) -> std::ops::Range<u32> {
        let share = |s: u32| (u64::from(self.design.layout.size) * u64::from(s) / u64::from(self.design.sites)) as u32;
        share(site)..share(site + 1)
    }

    /// Runs one piece. Records come in the order of trial and number.
    pub fn run(&self, piece: &Piece) -> Result<Vec<Record>, Refusal> {
        let places: Vec<Place> = piece
            .sites
            .iter()
            .flat_map(|(replicate, site)| {
                self.places(*site).map(|number| Place { replicate: *replicate, site: *site, number })
            })
            .collect();
        let gate = Gate {
            atlas: self.atlas,
            design: &self.design,
            screening: &self.screening,
            lead_in: self.lead_in.as_ref().map(|(bench, passage)| (bench, passage)),
            given: self.given.as_ref(),
        };
        let entrants = gate.fill(&places)?;
        let strata: Vec<u32> = entrants.iter().map(|e| self.stratum(e)).collect();
        let mut by_site: BTreeMap<(u32, u32), Vec<usize>> = BTreeMap::new();
        for (i, entrant) in entrants.iter().enumerate() {
            by_site.entry((entrant.place.replicate, entrant.place.site)).or_default().push(i);
        }
        let mut sequence = vec![0_u32; entrants.len()];
        for ((replicate, site), members) in by_site {
            let of: Vec<u32> = members.iter().map(|i| strata[*i]).collect();
            let allocated = self.design.scheme.allocate(self.design.seed, replicate, site, &of);
            for (i, s) in members.into_iter().zip(allocated) {
                sequence[i] = s;
            }
        }
        let mut records: Vec<Record> = Vec::new();
        for k in 0..self.sequences.len() {
            let members: Vec<(&Entrant, u32)> = entrants
                .iter()
                .zip(&strata)
                .zip(&sequence)
                .filter(|(_, s)| **s as usize == k)
                .map(|((e, stratum), _)| (e, *stratum))
                .collect();
            records.extend(self.follow(k, &members)?);
        }
        records.sort_by_key(|r| (r.replicate, r.place));
        Ok(records)
    }

    fn stratum(&self, entrant: &Entrant) -> u32 {
        let standing = crate::trial::condition::Standing {
            now: &entrant.start,
            start: &entrant.start,
            covariates: &entrant.covariates,
            day: 0.0,
            doses: 0.0,
            responded: false,
            relapsed: false,
        };
        self.design.strata.iter().enumerate().map(|(k, c)| u32::from(c.holds(&standing)) << k).sum()
    }

    /// People of one sequence from randomisation to the end.
    fn follow(&self, sequence: usize, members: &[(&Entrant, u32)]) -> Result<Vec<Record>, Refusal> {
        let (bench, passage) = &self.sequences[sequence];
        let design = &self.design;
        let mut done = Vec::new();
        let mut jobs = Vec::new();
        let mut lives: Vec<Life<'_>> = Vec::new();
        for (entrant, stratum) in members {
            let mut record = Record {
                replicate: entrant.place.replicate,
                place: entrant.place.number,
                site: entrant.place.site,
                stratum: *stratum,
                sequence: sequence as u32,
                candidate: entrant.candidate,
                screened: entrant.screened,
                covariates: entrant.covariates.clone(),
                weight: 1.0,
                doses: entrant.doses.clone(),
                ..Record::default()
            };
            let parameters = bench.parameters(design, entrant.place.replicate, entrant.candidate, &entrant.covariates);
            let failed = |mut record: Record, why: String| {
                record.visits = vec![Seen { visit: 0, at_h: 0.0, values: entrant.start.clone() }];
                Record { failure: Some(why), end: End::Failed, ..record }
            };
            if let Some(why) = &entrant.failure {
                record = failed(record, why.clone());
                record.visits.clear();
                done.push(record);
                continue;
            }
            let states = match bench.adopt(passage, &entrant.states, &parameters) {
                Ok(states) => states,
                Err(why) => {
                    done.push(failed(record, why));
                    continue;
                }
            };
            let before = Before { responded: entrant.responded, adverse: &entrant.adverse };
            let life = Life::new(
                self.atlas,
                design,
                bench,
                parameters.clone(),
                record.clone(),
                entrant.start.clone(),
                &before,
            );
            let schedule = match life.entries() {
                Ok(schedule) => schedule,
                Err(why) => {
                    done.push(failed(record, why));
                    continue;
                }
            };
            jobs.push(Job {
                id: lives.len() as u64,
                time: 0.0,
                end: design.layout.until_h,
                reset: states.clone(),
                states,
                parameters,
                schedule,
                progress: None,
            });
            lives.push(life);
        }
        let mut failures: Vec<Option<String>> = vec![None; lives.len()];
        sim::run(
            bench.prepared.program(),
            jobs.into_iter(),
            &options(),
            &mut |visit| lives[visit.id() as usize].stop(visit),
            &mut |outcome| {
                if let Err(failure) = outcome.result {
                    failures[outcome.id as usize] = Some(failure.to_string());
                }
            },
        );
        done.extend(lives.into_iter().zip(failures).map(|(life, failure)| life.finish(failure)));
        Ok(done)
    }
}
