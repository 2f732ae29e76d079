//! Holds the model against what trials printed: every scored number, with its Monte-Carlo error.

mod read;

use crate::cohort::{Cohort, Question, Threshold, cohort};
use crate::statistic::{jackknife, log, median, sd_interval};
use crate::target::{Setting, Target, Targets, Usage};
use model::diagnostic::Diagnostic;
use model::source::SourceMap;
use read::{Pair, statistic};
use resynapse::atlas::Atlas;
use resynapse::happening::Happening;
use resynapse::patient::check_context;
use resynapse::regimen::{Regimen, sentence};
use resynapse::run::{Plan, Refusal};
use std::collections::{BTreeMap, BTreeSet};

/// Half the width of a printed 95 % interval, in standard errors.
const HALF_WIDTH: f64 = 1.959_963_984_540_054;
/// Groups of the jackknife that gives the Monte-Carlo error.
const GROUPS: usize = 20;
/// Hours between the visits at which relapse is looked for, and how long.
const RELAPSE_STEP_H: f64 = 84.0;
const RELAPSE_REACH_H: f64 = 2880.0;
/// Port that slopes over concentration are taken against.
const CONCENTRATION: &str = "plasma.ketamine";

/// How to validate.
#[derive(Clone, Debug)]
pub struct Options {
    /// People an arm.
    pub size: u32,
    /// Seed.
    pub seed: u64,
    /// Threads.
    pub threads: usize,
    /// Only targets whose id begins with one of these; all if empty.
    pub only: Vec<String>,
    /// Also the rows that are shown and not counted.
    pub all: bool,
    /// Ledger ids set by hand, coherent units.
    pub overrides: BTreeMap<String, f64>,
}

/// What the model says to one printed number.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The printed number.
    pub target: Target,
    /// The model's number.
    pub predicted: f64,
    /// Its Monte-Carlo standard error.
    pub error: f64,
    /// Whether it lies in the printed interval.
    pub inside: Option<bool>,
    /// Distance in printed standard errors (of the logarithm for ratios and spreads).
    pub z: Option<f64>,
    /// Whether the direction is as expected.
    pub sign: Option<bool>,
}

impl Finding {
    /// The judgement in a word or two; empty for rows that are only shown.
    pub fn verdict(&self) -> &'static str {
        match (self.inside, self.sign) {
            (Some(true), _) => "inside",
            (Some(false), _) => "outside",
            (None, Some(true)) => "as expected",
            (None, Some(false)) => "against",
            (None, None) => "",
        }
    }
}

/// All findings with their summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In the order of the table.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Findings that are scored.
    pub fn scored(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.target.usage == Usage::Score)
    }
    /// Share of scored numbers inside their interval.
    pub fn share_inside(&self) -> f64 {
        let inside = self.scored().filter(|f| f.inside == Some(true)).count();
        inside as f64 / self.scored().count() as f64
    }
    /// Median distance of scored numbers in printed standard errors.
    pub fn median_z(&self) -> f64 {
        median(&self.scored().filter_map(|f| f.z.map(f64::abs)).collect::<Vec<f64>>())
    }
}

/// One arm as it is run: slug and study.
type Key = (String, String);

/// Runs every arm that the wanted targets need and holds each target against it. `progress` is told the arm at hand,
/// how many are done and how many there are.
pub fn validate(
    atlas: &Atlas,
    targets: &Targets,
    options: &Options,
    progress: &mut dyn FnMut(&str, usize, usize),
) -> Result<Report, Refusal> {
    let wanted: Vec<&Target> = targets.rows.iter().filter(|t| is_wanted(targets, t, options)).collect();
    let mut needs: BTreeMap<Key, (BTreeSet<String>, Vec<f64>)> = BTreeMap::new();
    for target in &wanted {
        let (arm, comparator) = keys(targets, target);
        // A comparator is seen when the arm is, also where that counts from the arm's last dose.
        let last_h = targets.given.get(&arm.0).map_or(0.0, |g| g.last_h);
        for key in std::iter::once(arm).chain(comparator) {
            let (ports, times) = needs.entry(key.clone()).or_default();
            let given = targets.given.get(&key.0);
            ports.extend(targets.endpoints.get(&target.endpoint).map(|e| e.port.clone()));
            if target.statistic == "slope" {
                ports.insert(CONCENTRATION.into());
            }
            times.extend(times_of(target, last_h));
            times.extend(given.map_or(&[][..], |g| &g.visits_h));
        }
    }
    let mut cohorts: BTreeMap<Key, Cohort> = BTreeMap::new();
    let count = needs.len();
    for (done, (key, (ports, times))) in needs.into_iter().enumerate() {
        progress(&format!("{} ({})", key.0, key.1), done, count);
        let members = targets.given.get(&key.0).map(|g| g.mix.clone()).filter(|m| !m.is_empty());
        let members = members.unwrap_or_else(|| vec![key.0.clone()]);
        let mut parts = Vec::new();
        for (k, slug) in members.iter().enumerate() {
            let key = (slug.clone(), key.1.clone());
            let mut question = question(atlas, targets, &key, ports.clone(), times.clone(), options)?;
            // The first members take what does not divide evenly.
            question.size = (options.size + (members.len() - 1 - k) as u32) / members.len() as u32;
            parts.push(cohort(atlas, &question, options.threads)?);
        }
        cohorts.insert(key, mixed(parts));
    }
    let mut findings = Vec::new();
    for target in wanted {
        let (arm, comparator) = keys(targets, target);
        let pair = Pair {
            arm: &cohorts[&arm],
            comparator: comparator.as_ref().map(|k| &cohorts[k]),
            last_h: targets.given.get(&arm.0).map_or(0.0, |g| g.last_h),
            responders: targets.settings.get(&arm.1).is_some_and(|s| s.responders),
        };
        let endpoint = targets.endpoints.get(&target.endpoint).cloned().unwrap_or_default();
        let (predicted, error) =
            jackknife(options.size as usize, GROUPS, |keep| statistic(&pair, target, &endpoint, keep));
        let (inside, z) = judged(target, predicted);
        let none_below = targets.none_below.get(&target.endpoint).copied().unwrap_or(0.0);
        let sign = targets.signs.get(&target.id).map(|expected| match *expected {
            e if e > 0.0 => predicted > 0.0,
            e if e < 0.0 => predicted < 0.0,
            _ => predicted.abs() < none_below,
        });
        let sign = sign.filter(|_| target.usage == Usage::Sign);
        findings.push(Finding { target: target.clone(), predicted, error, inside, z, sign });
    }
    Ok(Report { findings })
}

/// Groups shuffled together like cards, so that any run of people holds all of them.
fn mixed(mut parts: Vec<Cohort>) -> Cohort {
    let mut whole = Cohort { people: Vec::new(), ..parts[0].clone() };
    let longest = parts.iter().map(|p| p.people.len()).max().unwrap_or(0);
    for i in 0..longest {
        whole.people.extend(parts.iter_mut().filter_map(|p| p.people.get_mut(i).map(std::mem::take)));
    }
    whole.candidates = parts.iter().map(|p| p.candidates).sum();
    whole
}

fn is_wanted(targets: &Targets, target: &Target, options: &Options) -> bool {
    let by_use = match target.usage {
        Usage::Score | Usage::Sign => true,
        Usage::Show => {
            options.all
                && targets.given.contains_key(&target.scenario)
                && targets.settings.contains_key(&target.study)
                && targets.endpoints.contains_key(&target.endpoint)
        }
    };
    by_use && (options.only.is_empty() || options.only.iter().any(|o| target.id.starts_with(o.as_str())))
}

/// The arm of a target, and its comparator where the statistic compares.
fn keys(targets: &Targets, target: &Target) -> (Key, Option<Key>) {
    let arm = (target.scenario.clone(), target.study.clone());
    let compares = matches!(target.statistic.as_str(), "diff_change" | "smd" | "rr" | "risk_diff" | "ratio");
    let slug = targets.settings.get(&target.study).and_then(|s| s.comparator.clone());
    let comparator = slug.filter(|_| compares).map(|slug| (slug, target.study.clone()));
    (arm, comparator)
}

/// Times at which a target looks at people.
fn times_of(target: &Target, last_h: f64) -> Vec<f64> {
    if target.endpoint.starts_with("relapse") {
        let count = (RELAPSE_REACH_H / RELAPSE_STEP_H) as u32;
        return (0..=count).map(|k| last_h + f64::from(k) * RELAPSE_STEP_H).collect();
    }
    let mut times: Vec<f64> = target.time_h.into_iter().collect();
    times.extend(read::weeks(&target.endpoint));
    times.push(last_h);
    times.retain(|t| *t > 0.0);
    times
}

fn question(
    atlas: &Atlas,
    targets: &Targets,
    key: &Key,
    ports: BTreeSet<String>,
    times_h: Vec<f64>,
    options: &Options,
) -> Result<Question, Refusal> {
    let given = targets.given.get(&key.0).cloned().unwrap_or_default();
    let setting: Setting = targets.settings.get(&key.1).cloned().unwrap_or_default();
    let mut map = SourceMap::default();
    let mut regimen = match given.dose.as_str() {
        "" => Regimen::default(),
        text => sentence(atlas, &mut map, text)?,
    };
    regimen.happenings.extend(given.happenings);
    let contact = |at_h: &f64| Happening { event: "session".into(), amount: 1.0, at_h: *at_h, over_h: 0.0 };
    regimen.happenings.extend(setting.contacts.iter().map(contact));
    let mut plan = Plan::new(format!("{} ({})", key.0, key.1), regimen);
    if let Some(condition) = setting.condition {
        if !atlas.conditions.contains_key(&condition) {
            let message = format!("the study `{}` has the unknown condition `{condition}`", key.1);
            return Err(vec![Diagnostic::error_nowhere("RS6201", message, "correct arms.toml")].into());
        }
        plan.patient.condition = condition;
    }
    for context in setting.contexts.into_iter().chain(given.contexts) {
        check_context(atlas, &context).map_err(|(message, hint)| {
            vec![Diagnostic::error_nowhere("RS6202", format!("{}: {message}", key.1), hint)]
        })?;
        plan.patient.contexts.insert(context);
    }
    plan.patient.overrides.clone_from(&options.overrides);
    plan.threads = options.threads;
    let mut ports: Vec<String> = ports.into_iter().collect();
    let threshold = setting.entry.map(|least| Threshold { port: read::RATED.into(), least });
    if threshold.is_some() && !ports.iter().any(|p| p == read::RATED) {
        ports.push(read::RATED.into());
    }
    if setting.responders && !ports.iter().any(|p| p == read::RATED) {
        ports.push(read::RATED.into());
    }
    Ok(Question { plan, threshold, ports, times_h, size: options.size, seed: options.seed })
}

/// Whether a prediction lies in the printed interval, and how far from the number in standard errors.
fn judged(target: &Target, predicted: f64) -> (Option<bool>, Option<f64>) {
    let Some(estimate) = target.estimate else { return (None, None) };
    let interval = match (target.interval, target.statistic.as_str(), target.n) {
        (None, "sd_change", Some(n)) => Some(sd_interval(estimate, n)),
        (interval, _, _) => interval,
    };
    let Some((low, high)) = interval else { return (None, None) };
    let z = match target.statistic.as_str() {
        "rr" | "sd_change" => (log(predicted) - log(estimate)) / ((log(high) - log(low)) / (2.0 * HALF_WIDTH)),
        _ => (predicted - estimate) / ((high - low) / (2.0 * HALF_WIDTH)),
    };
    (Some(low <= predicted && predicted <= high), Some(z))
}
