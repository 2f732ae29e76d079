//! Holds the model against what trials printed: every scored number, with its Monte-Carlo error.

mod read;

use crate::analysis::distribution::student_t_quantile;
use crate::analysis::effect::shape;
use crate::cohort::{Cohort, Question, Threshold, cohort};
use crate::statistic::{log, mean, median, sd, sd_interval};
use crate::target::{Endpoint, Setting, Target, Targets, Usage};
use model::diagnostic::Diagnostic;
use model::source::SourceMap;
use read::{Pair, statistic};
use resynapse::atlas::Atlas;
use resynapse::happening::Happening;
use resynapse::patient::check_context;
use resynapse::regimen::{Regimen, sentence};
use resynapse::run::{Plan, Refusal};
use sim::random::{inverse_normal, stream_id};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

/// Level of intervals.
const LEVEL: f64 = 0.95;
/// Contexts that say how strongly a trial of its own raised expectation; such a trial is not drawn among others.
const OWN_SETTING: &str = "trial=";
/// Half the width of a printed 95 % interval, in standard errors.
const HALF_WIDTH: f64 = 1.959_963_984_540_054;
/// Virtual trials of a study's arm: at least so many, and as many more as it takes to reach the wanted number of people.
const LEAST_TRIALS: u32 = 4;
/// Seeds below 2^32 stay apart from the names of arms.
const SEED_BITS: u32 = 32;
/// People of an arm where no source prints how many there were.
const USUAL_SIZE: f64 = 40.0;
/// Hours between the visits at which relapse is looked for, and how long.
const RELAPSE_STEP_H: f64 = 84.0;
const RELAPSE_REACH_H: f64 = 2880.0;
/// Port that slopes over concentration are taken against.
const CONCENTRATION: &str = "plasma.ketamine";

/// How to validate.
#[derive(Clone, Debug)]
pub struct Options {
    /// People an arm, over all its virtual trials; at least so many.
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
    /// Its Monte-Carlo standard error, from the spread over virtual trials.
    pub error: f64,
    /// Virtual trials of the study's size.
    pub trials: usize,
    /// Where one more virtual trial of that size would lie, with 95 %; `None` where too few gave a number.
    pub predictive: Option<(f64, f64)>,
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
    /// How broad virtual change is, beside the printed spreads.
    pub spreads: Vec<Spread>,
}

/// The shape of change in one arm at one time.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Target whose arm, endpoint and time it is.
    pub target: Target,
    /// Virtual people.
    pub people: usize,
    /// Mean change.
    pub mean: f64,
    /// Standard deviation of change.
    pub sd: f64,
    /// Bimodality coefficient; 5/9 is that of a uniform distribution.
    pub bimodality: f64,
    /// Printed standard deviation: of the change, or of the score where the printed number is one.
    pub printed: f64,
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
    /// Share of scored numbers that one more virtual trial of the study's size could have printed, of those for which that
    /// is known.
    pub fn share_predicted(&self) -> f64 {
        let known: Vec<bool> = self
            .scored()
            .filter_map(|f| Some((f.target.estimate?, f.predictive?)))
            .map(|(x, (low, high))| low <= x && x <= high)
            .collect();
        known.iter().filter(|k| **k).count() as f64 / known.len() as f64
    }
    /// Scored numbers farthest from the printed ones, in printed standard errors.
    pub fn worst(&self, count: usize) -> Vec<&Finding> {
        let mut all: Vec<&Finding> = self.scored().filter(|f| f.z.is_some_and(f64::is_finite)).collect();
        let size = |f: &Finding| f.z.map_or(0.0, f64::abs);
        all.sort_by(|a, b| size(b).total_cmp(&size(a)));
        all.truncate(count);
        all
    }
    /// Median distance of scored numbers in printed standard errors.
    pub fn median_z(&self) -> f64 {
        median(&self.scored().filter_map(|f| f.z.map(f64::abs)).collect::<Vec<f64>>())
    }
}

/// One arm as it is run: slug and study.
type Key = (String, String);

/// Runs every arm that the wanted targets need and holds each target against it. `progress` is told the arm at hand,
/// how many are done and how many there are, and may stop the work.
pub fn validate(
    atlas: &Atlas,
    targets: &Targets,
    options: &Options,
    progress: &mut dyn FnMut(&str, usize, usize) -> ControlFlow<()>,
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
    // All arms of a study have as many virtual trials, so that the k-th of one belongs to the k-th of another.
    let mut trials: BTreeMap<String, u32> = BTreeMap::new();
    for key in needs.keys() {
        let wanted = options.size.div_ceil(printed_size(&wanted, targets, key)).max(LEAST_TRIALS);
        let most = trials.entry(key.1.clone()).or_default();
        *most = wanted.max(*most);
    }
    let mut cohorts: BTreeMap<Key, Cohort> = BTreeMap::new();
    let count = needs.len();
    for (done, (key, (ports, times))) in needs.into_iter().enumerate() {
        if progress(&format!("{} ({})", key.0, key.1), done, count).is_break() {
            return Err(Refusal::Numerics("stopped".into()));
        }
        let size = printed_size(&wanted, targets, &key);
        let trials = trials.get(&key.1).copied().unwrap_or(LEAST_TRIALS);
        let mut all = Vec::new();
        for trial in 0..trials {
            all.push(virtual_trial(atlas, targets, &key, (&ports, &times), (trial, trials, size), options)?);
        }
        cohorts.insert(key, joined(all));
    }
    let mut report = Report::default();
    for target in wanted {
        let (arm, comparator) = keys(targets, target);
        let pair = Pair {
            arm: &cohorts[&arm],
            comparator: comparator.as_ref().map(|k| &cohorts[k]),
            last_h: targets.given.get(&arm.0).map_or(0.0, |g| g.last_h),
            responders: targets.settings.get(&arm.1).is_some_and(|s| s.responders),
        };
        let endpoint = targets.endpoints.get(&target.endpoint).cloned().unwrap_or_default();
        let predicted = statistic(&pair, target, &endpoint, None);
        let count = trials.get(&arm.1).copied().unwrap_or(0);
        let each: Vec<f64> = (0..count).map(|k| statistic(&pair, target, &endpoint, Some(k))).collect();
        let known: Vec<f64> = each.into_iter().filter(|x| x.is_finite()).collect();
        let n = known.len() as f64;
        let (error, predictive) = match known.len() {
            0 | 1 => (f64::NAN, None),
            _ => {
                let reach = student_t_quantile(0.5 + 0.5 * LEVEL, n - 1.0) * sd(&known) * (1.0 + 1.0 / n).sqrt();
                (sd(&known) / n.sqrt(), Some((mean(&known) - reach, mean(&known) + reach)))
            }
        };
        let (inside, z) = judged(target, predicted);
        let none_below = targets.none_below.get(&target.endpoint).copied().unwrap_or(0.0);
        let sign = targets.signs.get(&target.id).map(|expected| match *expected {
            e if e > 0.0 => predicted > 0.0,
            e if e < 0.0 => predicted < 0.0,
            _ => predicted.abs() < none_below,
        });
        let sign = sign.filter(|_| target.usage == Usage::Sign);
        report.spreads.extend(spread(&pair, target, &endpoint));
        let trials = known.len();
        report.findings.push(Finding { target: target.clone(), predicted, error, trials, predictive, inside, z, sign });
    }
    Ok(report)
}

/// People of an arm as printed, the most any of its numbers has.
fn printed_size(wanted: &[&Target], targets: &Targets, key: &Key) -> u32 {
    let mine = |t: &&&Target| t.scenario == key.0 && t.study == key.1;
    let own = wanted.iter().filter(mine).filter_map(|t| t.n);
    let as_comparator =
        wanted.iter().filter(|t| keys(targets, t).1.as_ref() == Some(key)).filter_map(|t| t.n_comparator);
    own.chain(as_comparator).reduce(f64::max).unwrap_or(USUAL_SIZE) as u32
}

/// One virtual trial of an arm, of the size that was printed. Trials of a study without a setting of its own differ in
/// what they make people expect: evenly spaced draws, so that their mean is that of the middle trial.
fn virtual_trial(
    atlas: &Atlas,
    targets: &Targets,
    key: &Key,
    (ports, times): (&BTreeSet<String>, &[f64]),
    (trial, trials, size): (u32, u32, u32),
    options: &Options,
) -> Result<Cohort, Refusal> {
    let members = targets.given.get(&key.0).map(|g| g.mix.clone()).filter(|m| !m.is_empty());
    let members = members.unwrap_or_else(|| vec![key.0.clone()]);
    let own_setting =
        targets.settings.get(&key.1).is_some_and(|s| s.contexts.iter().any(|c| c.starts_with(OWN_SETTING)));
    let mut parts = Vec::new();
    for (k, slug) in members.iter().enumerate() {
        let key = (slug.clone(), key.1.clone());
        let mut question = question(atlas, targets, &key, ports.clone(), times.to_vec(), options)?;
        // The first members take what does not divide evenly.
        question.size = (size + (members.len() - 1 - k) as u32) / members.len() as u32;
        question.replicate = trial;
        // Arms are parallel groups: each draws people of its own.
        question.seed ^= u64::from(stream_id(&format!("{} {}", key.0, key.1))) << SEED_BITS;
        question.trial_draw = (!own_setting).then(|| inverse_normal((f64::from(trial) + 0.5) / f64::from(trials)));
        if question.size > 0 {
            parts.push(cohort(atlas, &question, options.threads)?);
        }
    }
    Ok(mixed(parts))
}

/// Virtual trials of one arm, one after another.
fn joined(all: Vec<Cohort>) -> Cohort {
    let mut whole = Cohort { people: Vec::new(), groups: Vec::new(), candidates: 0, ..all[0].clone() };
    for cohort in all {
        whole.candidates += cohort.candidates;
        whole.groups.extend(cohort.groups);
        whole.people.extend(cohort.people);
    }
    whole
}

/// The shape of change, for numbers that print a spread.
fn spread(pair: &Pair<'_>, target: &Target, endpoint: &Endpoint) -> Option<Spread> {
    let printed = target.sd.or_else(|| target.estimate.filter(|_| target.statistic == "sd_change"))?;
    if !matches!(target.statistic.as_str(), "mean" | "mean_change" | "sd_change") || endpoint.rule.is_some() {
        return None;
    }
    let values = read::values(pair, target, endpoint, target.statistic != "mean");
    Some(Spread {
        target: target.clone(),
        people: values.len(),
        mean: mean(&values),
        sd: sd(&values),
        bimodality: shape(&values).bimodality,
        printed,
    })
}

/// Groups shuffled together like cards, so that any run of people holds all of them.
fn mixed(mut parts: Vec<Cohort>) -> Cohort {
    let mut whole = Cohort { people: Vec::new(), ..parts[0].clone() };
    let longest = parts.iter().map(|p| p.people.len()).max().unwrap_or(0);
    for i in 0..longest {
        whole.people.extend(parts.iter_mut().filter_map(|p| p.people.get_mut(i).map(std::mem::take)));
    }
    whole.groups = vec![parts[0].groups.first().copied().unwrap_or(0); whole.people.len()];
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
    let (size, seed) = (options.size, options.seed);
    Ok(Question { plan, threshold, ports, times_h, size, seed, replicate: 0, trial_draw: None })
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
