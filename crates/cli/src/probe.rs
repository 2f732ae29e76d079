//! Probes on this machine: whom, when, with which connectome; many people at once; what changed over them.

pub mod bids;
pub mod tables;

use crate::arguments::{Global, Probe, ProbeKind};
use crate::failure::Failure;
use crate::figure::probe::Shift;
use crate::files::{self, Folder};
use crate::trial::pool_of;
use ::model::diagnostic::Diagnostic;
use ::model::source::{SourceMap, Sources};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use resynapse::atlas::{Atlas, Embedded};
use resynapse::probe::constants::Rows;
use resynapse::probe::fmri::{self, Map};
use resynapse::probe::settings::Settings;
use resynapse::probe::{Factors, Kind, Outcome, Ready, factors};
use resynapse::protocol::Wanted;
use resynapse::quantity;
use resynapse::run::Plan;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use study::trial::analyse::LEVEL;

impl From<ProbeKind> for Kind {
    fn from(kind: ProbeKind) -> Kind {
        match kind {
            ProbeKind::Eeg => Kind::Eeg,
            ProbeKind::Fmri => Kind::Fmri,
            ProbeKind::Memory => Kind::Memory,
            ProbeKind::Decision => Kind::Decision,
        }
    }
}

/// What was asked.
pub struct Asked {
    /// What is probed.
    pub kind: Kind,
    /// Whom, and what is given.
    pub plan: Plan,
    /// When, h.
    pub times_h: Vec<f64>,
    /// How many drawn people; the plan's one person where `None`.
    pub people: Option<u32>,
    /// Lengths, bands, trials.
    pub settings: Settings,
    /// The connectome of a scan.
    pub map: Map,
}

/// What was found: each person before, then at each moment.
pub struct Findings {
    /// What the slow state set.
    pub factors: Vec<Vec<Factors>>,
    /// What the probe gave.
    pub people: Vec<Vec<Outcome>>,
    /// The probe itself.
    pub ready: Ready,
    /// Ledger rows it took directly.
    pub rows: Vec<::model::ledger::Row>,
}

/// Puts together what the options and a protocol's visits say; everything wrong is said at once, before any work.
pub fn read(global: &Global, a: &Probe, plans: Vec<Plan>, visits: &[Wanted]) -> Result<Asked, Failure> {
    let kind = Kind::from(a.kind);
    let mut found: Vec<Diagnostic> = Vec::new();
    let plan = arm(plans, a.arm.as_deref(), &mut found);
    let mut times_h: Vec<f64> = Vec::new();
    for text in &a.at {
        match quantity::moment(text) {
            Ok(h) => times_h.push(h),
            Err(why) => {
                found.push(Diagnostic::error_nowhere("RS6920", format!("--at: {why}"), "as in `--at \"40 min\"`"))
            }
        }
    }
    if a.at.is_empty() {
        times_h.extend(visits.iter().filter(|v| v.kind == kind).map(|v| v.at_h));
        if times_h.is_empty() {
            let message = format!("when to probe is not said: no visit assesses `{}`", kind.name());
            let hint = "add `--at \"40 min\"`, or a visit with `assess = [\"eeg\"]` to the protocol";
            found.push(Diagnostic::error_nowhere("RS6920", message, hint));
        }
    }
    times_h.sort_by(f64::total_cmp);
    times_h.dedup();
    let sources: Box<dyn Sources> = match &global.atlas {
        Some(folder) => Box::new(Folder(folder.clone())),
        None => Box::new(Embedded),
    };
    let mut settings = Settings::load(&*sources).map_err(|(more, map)| Failure::Input(more, Box::new(map)))?;
    if let Some(trials) = a.trials {
        settings.memory.trials = trials;
        settings.decision.trials = trials;
        settings.eeg.drive_trials = trials;
    }
    let map = match &a.connectome {
        None => Map::load(&*sources),
        Some(file) => own_map(file, a.networks.as_deref()),
    };
    found.extend(plan.iter().flat_map(|plan| outside(plan, &times_h)));
    match (plan, map) {
        (Some(plan), Ok(map)) if found.is_empty() => {
            return Ok(Asked { kind, plan, times_h, people: a.people, settings, map });
        }
        (_, Err(more)) => found.extend(more),
        _ => {}
    }
    Err(Failure::Input(found, Box::default()))
}

/// Moments that the run does not reach.
fn outside(plan: &Plan, times_h: &[f64]) -> Vec<Diagnostic> {
    let wrong = |t: &&f64| **t > plan.until_h;
    let say = |t: &f64| {
        let span = crate::figure::words::span;
        let message = format!("--at: {} lies beyond the end of the run, {}", span(*t), span(plan.until_h));
        Diagnostic::error_nowhere("RS6901", message, "probe earlier, or follow for longer with --until")
    };
    times_h.iter().filter(wrong).map(say).collect()
}

/// The arm that is probed.
fn arm(plans: Vec<Plan>, name: Option<&str>, found: &mut Vec<Diagnostic>) -> Option<Plan> {
    let names: Vec<String> = plans.iter().map(|p| format!("`{}`", p.name)).collect();
    let many = plans.len();
    let chosen = match name {
        Some(name) => plans.into_iter().find(|p| p.name == name),
        None => plans.into_iter().next().filter(|_| many == 1),
    };
    if chosen.is_none() {
        let message = match name {
            Some(name) => format!("--arm: there is no arm `{name}`"),
            None => "the protocol has several arms, and a probe is of one".into(),
        };
        let hint = format!("choose with --arm: {}", names.join(", "));
        found.push(Diagnostic::error_nowhere("RS6921", message, hint));
    }
    chosen
}

/// A connectome from a file, told by its ending.
fn own_map(file: &Path, table: Option<&Path>) -> Result<Map, Vec<Diagnostic>> {
    let wrong = |path: &Path, why: String, hint: &str| {
        vec![Diagnostic::error_nowhere("RS6922", format!("`{}` cannot be used: {why}", path.display()), hint)]
    };
    let shape = "a square matrix of weights that are not negative, as CSV or TSV with names, a zip with `weights.txt` \
                 and `centres.txt`, or npz";
    let bytes = std::fs::read(file).map_err(|e| wrong(file, e.to_string(), shape))?;
    let ending = file.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default();
    let read = match ending.as_str() {
        "zip" => neural::brain::read_tvb_zip(&bytes, fmri::LIMIT_BYTES),
        "npz" => neural::brain::read_npz(&bytes, fmri::LIMIT_BYTES),
        _ => neural::brain::read_text(&String::from_utf8_lossy(&bytes), fmri::LIMIT_BYTES),
    };
    let connectome = read.map_err(|e| wrong(file, e.to_string(), shape))?;
    let networks = match table {
        None => vec![String::new(); connectome.len()],
        Some(path) => {
            let hint = "a table with the columns region, hemisphere, network, one row for each region";
            let text = files::read(path).map_err(|_| wrong(path, "it cannot be read".into(), hint))?;
            fmri::networks(&text, connectome.labels()).map_err(|why| wrong(path, why, hint))?
        }
    };
    Ok(Map { connectome, networks })
}

/// Runs it, with a bar for each stage.
pub fn run(atlas: &Atlas, global: &Global, asked: &Asked) -> Result<Findings, Failure> {
    let bars = [bar(global, "making ready"), bar(global, "probing")];
    bars[1].set_draw_target(indicatif::ProgressDrawTarget::hidden());
    let heard = |stage: Stage, share: f64| {
        let (bar, other) = if stage == Stage::Ready { (&bars[0], &bars[1]) } else { (&bars[1], &bars[0]) };
        if stage == Stage::Probing && !other.is_finished() {
            other.finish_and_clear();
            if !global.quiet {
                bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
            }
        }
        bar.set_position((share * SHARES) as u64);
        ControlFlow::Continue(())
    };
    let found = run_with(atlas, global.seed(), global.many_threads(), asked, &heard);
    bars.iter().for_each(ProgressBar::finish_and_clear);
    found
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The circuit is built and tuned.
    Ready,
    /// It is recorded.
    Probing,
}

/// The same; `heard` is told the stage and the share of it that is done, and may stop the work.
pub fn run_with(
    atlas: &Atlas,
    seed: u64,
    threads: usize,
    asked: &Asked,
    heard: &(dyn Fn(Stage, f64) -> ControlFlow<()> + Sync),
) -> Result<Findings, Failure> {
    let refuse = |r| Failure::from_refusal(r, &SourceMap::default());
    let factors: Vec<Vec<Factors>> = match asked.people {
        Some(size) => study::probe::people(atlas, &asked.plan, &asked.times_h, size, seed, threads).map_err(refuse)?,
        None => {
            let pairs = factors(atlas, &asked.plan, &asked.times_h).map_err(refuse)?;
            // Without treatment a person hardly changes: the first moment stands for before.
            let before = pairs.first().map(|[untreated, _]| *untreated);
            vec![before.into_iter().chain(pairs.iter().map(|[_, treated]| *treated)).collect()]
        }
    };
    let rows = Rows::new(atlas);
    let people = if asked.people.is_some() { fmri::People::Drawn } else { fmri::People::Typical };
    let mut told = |share: f64| heard(Stage::Ready, share);
    let ready = Ready::new(asked.kind, &rows, &asked.settings, asked.map.clone(), people, seed, &mut told);
    let rows = rows.finish().map_err(|found| Failure::Input(found, Box::default()))?;
    let ready = ready.map_err(refuse)?;
    let jobs: Vec<(usize, usize)> =
        (0..factors.len()).flat_map(|p| (0..factors[p].len()).map(move |k| (p, k))).collect();
    // Every job counts alike; parts are counted in whole steps so that threads add up to the same.
    let done = AtomicU64::new(0);
    let all = jobs.len() as f64 * SHARES;
    let outcomes: Result<Vec<Outcome>, Failure> = pool_of(threads)?.install(|| {
        jobs.par_iter()
            .map(|(person, k)| {
                let mut told = 0;
                let mut hear = |share: f64| {
                    let now = (share * SHARES) as u64;
                    let sum = done.fetch_add(now.saturating_sub(told), Ordering::Relaxed) + now.saturating_sub(told);
                    told = told.max(now);
                    heard(Stage::Probing, sum as f64 / all)
                };
                let outcome = ready.run(&factors[*person][*k], seed, *person as u32, &mut hear);
                let _ = hear(1.0);
                outcome.map_err(refuse)
            })
            .collect()
    });
    let mut outcomes = outcomes?.into_iter();
    let people = factors.iter().map(|f| outcomes.by_ref().take(f.len()).collect()).collect();
    Ok(Findings { factors, people, ready, rows: rows.into_iter().cloned().collect() })
}

/// Parts that a bar counts a job in.
const SHARES: f64 = 100.0;

fn bar(global: &Global, what: &str) -> ProgressBar {
    let bar = if global.quiet { ProgressBar::hidden() } else { ProgressBar::new(SHARES as u64) };
    if let Ok(style) = ProgressStyle::with_template("{msg} {bar:30} {percent} %, {eta} left") {
        bar.set_style(style);
    }
    bar.set_message(what.to_string());
    bar
}

impl Findings {
    /// What each reading did over people, moment after moment, in the order of readings.
    pub fn shifts(&self) -> Vec<Shift> {
        let Some(first) = self.people.first().and_then(|p| p.first()) else { return Vec::new() };
        let moments = self.people[0].len() - 1;
        let mut out = Vec::new();
        for reading in &first.readings {
            let value = |outcome: &Outcome| {
                outcome.readings.iter().find(|r| r.name == reading.name).map_or(f64::NAN, |r| r.value)
            };
            for moment in 0..moments {
                let pairs: Vec<(f64, f64)> =
                    self.people.iter().map(|p| (value(&p[0]), value(&p[moment + 1]))).collect();
                let change = study::probe::change(&pairs, LEVEL);
                out.push(Shift { label: reading.label.clone(), unit: reading.unit, moment, change });
            }
        }
        out
    }
}
