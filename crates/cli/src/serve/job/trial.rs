//! A virtual randomised trial, composed from a few choices.

use super::{Planned, Progress};
use crate::figure::words;
use crate::serve::Shared;
use crate::serve::ask::wrong;
use crate::serve::lane::rounded;
use crate::serve::problem::Wrong;
use crate::serve::schema::{
    AdverseShare, ArmResult, Contrast, JobKind, JobResult, Line, Share, TrialArm, TrialAsk, TrialEstimate, TrialResult,
    VisitMean,
};
use crate::trial::pool_of;
use crate::trial::tables::Pooled;
use model::diagnostic::Diagnostic;
use model::source::SourceMap;
use rayon::prelude::*;
use resynapse::quantity;
use resynapse::run::Refusal;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use study::analysis::montecarlo::rate;
use study::statistic::{mean, quantile};
use study::trial::analyse::{Answer, LEVEL, analyse};
use study::trial::build::{self, Wanted};
use study::trial::design::Design;
use study::trial::outcome::weigh;
use study::trial::run::{Piece, Trial};
use study::trial::schema::Record;
use study::trial::summary::Summary;

/// The longest trial that is run here, h.
const LONGEST_H: f64 = 92.0 * 24.0;
/// The most people over all trials.
const MOST_PEOPLE: u32 = 40_000;
/// Single people that are drawn.
const LINES: usize = 12;
/// Name of the analysis that decides.
const PRIMARY: &str = "primary";
/// People of a site: few, so that work can be stopped soon.
const PER_SITE: u32 = 48;
const HOURS_OF_DAY: f64 = 24.0;

pub(super) fn plan(shared: &Shared, asked: &TrialAsk) -> Result<Planned, Wrong> {
    let text = protocol(asked)?;
    let mut map = SourceMap::default();
    let design = build::read(&shared.atlas, &shared.resources, &mut map, &Nothing, "trial", &text, Wanted::default())?;
    let title =
        format!("{} trials of {} people: {}", design.layout.replicates, design.layout.size, design.layout.title);
    Ok(Planned {
        kind: JobKind::Trial,
        title: words::shorten(&title, 160),
        command: "resynapse trial protocol.toml".into(),
        protocol: Some(text),
        work: Box::new(move |shared, progress| work(shared, progress, design)),
    })
}

/// A protocol may not name files here.
struct Nothing;

impl model::source::Sources for Nothing {
    fn read(&self, path: &str) -> Result<String, String> {
        Err(format!("no file is read here, `{path}` neither"))
    }
    fn list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

/// The protocol of a request; everything wrong with its numbers is said at once.
fn protocol(asked: &TrialAsk) -> Result<String, Wrong> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut check = |good: bool, message: &str, hint: &str| {
        if !good {
            found.push(wrong(message, hint));
        }
    };
    check((2..=4).contains(&asked.arms.len()), "arms: 2 to 4 are wanted, the comparator last", "add or remove one");
    check((4..=400).contains(&asked.per_arm), "per_arm: 4 to 400 people", "the command line takes more");
    check((1..=200).contains(&asked.trials), "trials: 1 to 200", "the command line takes more");
    check(asked.entry_madrs <= 50, "entry_madrs: at most 50", "nobody scores more than 60");
    let people = asked.per_arm.saturating_mul(asked.trials).saturating_mul(asked.arms.len() as u32);
    check(people <= MOST_PEOPLE, "more than 40,000 people in all", "run fewer trials, or use the command line");
    let mut hours = |name: &str, text: &str| match quantity::moment(text) {
        Ok(h) if h > 0.0 && h <= LONGEST_H => Some(h),
        Ok(_) => {
            found.push(wrong(&format!("{name}: `{text}` is not within 92 days"), "as in `24 h` or `28 d`"));
            None
        }
        Err(why) => {
            found.push(wrong(&format!("{name}: {why}"), "as in `24 h` or `28 d`"));
            None
        }
    };
    let (visit, last) = (hours("visit", &asked.visit), hours("last", &asked.last));
    if let (Some(visit), Some(last)) = (visit, last)
        && visit > last
    {
        found.push(wrong("visit: it comes after the last one", "the last visit ends the trial"));
    }
    let mut names: Vec<&str> = Vec::new();
    for arm in &asked.arms {
        let plain = |c: char| c.is_alphanumeric() || " _+.,()/-".contains(c);
        let long = arm.name.chars().count() > 40 || arm.what.chars().count() > 2000;
        if arm.name.trim().is_empty() || long || !arm.name.chars().all(plain) || names.contains(&arm.name.as_str()) {
            let message = format!("arms: `{}` is no name for an arm", words::shorten(&arm.name, 60));
            found.push(wrong(&message, "letters, figures and spaces, each name once"));
        }
        names.push(&arm.name);
    }
    if asked.title.as_ref().is_some_and(|t| t.chars().count() > 120) {
        found.push(wrong("title: more than 120 characters", "shorten it"));
    }
    let (Some(visit), Some(last), true) = (visit, last, found.is_empty()) else { return Err(found.into()) };
    Ok(written(asked, visit, last))
}

fn written(asked: &TrialAsk, visit: f64, last: f64) -> String {
    let string = |text: &str| serde_json::Value::from(text).to_string();
    let title = asked.title.clone().unwrap_or_else(|| "A virtual trial".into());
    let size = asked.per_arm * asked.arms.len() as u32;
    let mut out = format!(
        "[study]\nid = \"SIM-EXPLORER\"\ntitle = {}\nuntil = \"{last} h\"\nseed = {}\nreplicates = {}\n\n\
         [population]\nsize = {size}\nentry = [\"madrs >= {}\"]\n\n[trial]\nsites = {}\n",
        string(&title),
        asked.seed,
        asked.trials,
        asked.entry_madrs,
        size.div_ceil(PER_SITE)
    );
    if let Some(condition) = &asked.condition {
        out.push_str(&format!("\n[patient]\ncondition = {}\n", string(condition)));
    }
    for TrialArm { name, what } in &asked.arms {
        out.push_str(&format!("\n[[arm]]\nname = {}\ndose = {}\n", string(name), string(what)));
    }
    let mut times = vec![visit, last];
    // Visits on the way show the course.
    times.extend([24.0, 48.0, 72.0, 168.0, 336.0, 504.0, 672.0, 1008.0, 1344.0].iter().filter(|t| **t < last));
    times.sort_by(f64::total_cmp);
    times.dedup();
    let times: Vec<String> = times.iter().map(|t| format!("\"{t} h\"")).collect();
    out.push_str(&format!("\n[[visit]]\nat = [{}]\nassess = [\"madrs\"]\n", times.join(", ")));
    let control = asked.arms.last().map_or("", |a| &a.name);
    for (k, arm) in asked.arms.iter().take(asked.arms.len() - 1).enumerate() {
        let name = if k == 0 { PRIMARY.to_string() } else { format!("arm {}", k + 1) };
        out.push_str(&format!(
            "\n[[analysis]]\nname = \"{name}\"\nmethod = \"mmrm\"\nendpoint = \"madrs\"\nat = \"{visit} h\"\ncontrast = {}\nestimand = \"treatment_policy\"\n",
            string(&format!("{} - {control}", arm.name))
        ));
    }
    out
}

fn work(shared: &Shared, progress: &Progress, design: Design) -> Result<JobResult, Wrong> {
    let whole = u64::from(design.layout.size) * u64::from(design.layout.replicates);
    let _ = progress.tell(0.0, "compiling the model");
    let trial = Trial::new(&shared.atlas, design, None)?;
    let design = &trial.design;
    // One piece a site: small enough to stop soon.
    let pieces: Vec<Piece> = trial.pieces().into_iter().flat_map(single).collect();
    let done = AtomicUsize::new(0);
    let records: Result<Vec<Vec<Record>>, Refusal> = pool_of(shared.threads)?.install(|| {
        pieces
            .par_iter()
            .map(|piece| {
                if progress.go_on() == ControlFlow::Break(()) {
                    return Err(Refusal::Numerics("stopped".into()));
                }
                let records = trial.run(piece)?;
                let people = done.fetch_add(records.len(), Ordering::Relaxed) + records.len();
                let _ = progress.tell(0.9 * people as f64 / whole as f64, &format!("{people} of {whole} people"));
                Ok(records)
            })
            .collect()
    });
    let mut trials: Vec<Vec<Record>> = vec![Vec::new(); design.layout.replicates as usize];
    for record in records?.into_iter().flatten() {
        trials[record.replicate as usize].push(record);
    }
    let mut summary = Summary::new(design);
    let mut answers: Vec<Answer> = Vec::new();
    for (k, records) in trials.iter_mut().enumerate() {
        if progress.tell(0.9 + 0.1 * k as f64 / f64::from(design.layout.replicates), "analysing").is_break() {
            break;
        }
        records.sort_by_key(|r| r.place);
        weigh(design, records);
        answers.extend(analyse(design, records));
        summary.add(design, records);
    }
    Ok(JobResult::Trial(Box::new(result(design, &summary, &answers))))
}

fn single(piece: Piece) -> Vec<Piece> {
    let per_site = piece.people / piece.sites.len().max(1) as u32;
    let one = |site: (u32, u32)| Piece { index: piece.index, sites: vec![site], people: per_site };
    piece.sites.iter().copied().map(one).collect()
}

fn result(design: &Design, summary: &Summary, answers: &[Answer]) -> TrialResult {
    let layout = &design.layout;
    let measure = &layout.measures[summary.measure];
    let unit = crate::figure::trial::unit(&measure.unit);
    let decided = design.analyses.first().map_or(0, |a| a.visit);
    let arms = summary.arms.iter().zip(&layout.treatments).map(|(arm, treatment)| {
        let at = arm.visits.iter().find(|v| v.visit == decided);
        let met = |k: usize| at.map_or(share(0, 0), |v| share(v.met[k], v.seen));
        let stayed = arm.ends[0];
        ArmResult {
            name: treatment.name.clone(),
            what: treatment.text.clone(),
            people: arm.randomised,
            left: 100.0 * (1.0 - stayed as f64 / arm.began().max(1) as f64),
            responders: met(0),
            remitters: met(1),
            adverse: arm
                .adverse
                .iter()
                .zip(&layout.adverse)
                .map(|(n, name)| AdverseShare { name: name.clone(), of_100: share(*n, arm.began()).of_100 })
                .collect(),
            visits: arm
                .visits
                .iter()
                .map(|v| {
                    let mut changes = v.changes[summary.measure].clone();
                    changes.sort_by(f64::total_cmp);
                    let at = |p: f64| (!changes.is_empty()).then(|| quantile(&changes, p)).and_then(rounded);
                    VisitMean {
                        at_h: layout.visits[v.visit].at_h,
                        mean: (!changes.is_empty()).then(|| mean(&changes)).and_then(rounded),
                        low: at(0.05),
                        high: at(0.95),
                        seen: v.seen,
                    }
                })
                .collect(),
            lines: arm
                .lines
                .iter()
                .take(LINES)
                .map(|line| Line {
                    at_h: line.iter().map(|(day, _)| day * HOURS_OF_DAY).collect(),
                    value: line.iter().map(|(_, x)| *x).collect(),
                })
                .collect(),
        }
    });
    let contrasts = design.analyses.iter().enumerate().map(|(k, analysis)| {
        let pooled = Pooled::of(answers, k);
        let mut estimates: Vec<f64> = pooled.found.iter().map(|f| f.estimate).filter(|x| x.is_finite()).collect();
        estimates.sort_by(f64::total_cmp);
        let at = |p: f64| (!estimates.is_empty()).then(|| quantile(&estimates, p)).and_then(rounded);
        let (one, two) = analysis.contrast;
        Contrast {
            analysis: analysis.name.clone(),
            at: words::span(layout.visits[analysis.visit].at_h),
            arms: format!("{} less {}", layout.treatments[one].name, layout.treatments[two].name),
            unit: unit.clone(),
            pooled: rounded(pooled.estimates().0),
            low: at(0.025),
            high: at(0.975),
            found: share(pooled.successes() as u64, pooled.trials() as u64),
            trials: pooled
                .found
                .iter()
                .map(|f| TrialEstimate {
                    estimate: rounded(f.estimate),
                    low: rounded(f.lower),
                    high: rounded(f.upper),
                    p: rounded(f.p),
                    significant: f.significant,
                })
                .collect(),
        }
    });
    TrialResult {
        people: summary.people,
        screened: summary.screened,
        trials: layout.replicates,
        measure: measure.label.clone(),
        unit: unit.clone(),
        arms: arms.collect(),
        contrasts: contrasts.collect(),
        note: format!(
            "It says how often a trial of {} people would succeed if the model were right. It says nothing about real \
             patients, and proves no effect. In a trial, people notice what they got: part of the difference is hope.",
            layout.size
        ),
    }
}

/// People, or trials, of a hundred, with a 95 % interval.
fn share(hits: u64, of: u64) -> Share {
    match rate(hits, of, LEVEL) {
        Ok(r) if of > 0 => {
            Share { of_100: rounded(100.0 * r.estimate), low: rounded(100.0 * r.lower), high: rounded(100.0 * r.upper) }
        }
        _ => Share { of_100: None, low: None, high: None },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> TrialAsk {
        let arm = |name: &str, what: &str| TrialArm { name: name.into(), what: what.into() };
        TrialAsk {
            arms: vec![
                arm("ketamine", "ketamine 0.5 mg/kg iv over 40 min"),
                arm("midazolam", "midazolam 0.045 mg/kg iv over 40 min"),
            ],
            per_arm: 12,
            trials: 2,
            entry_madrs: 28,
            visit: "24 h".into(),
            last: "7 d".into(),
            seed: 3,
            ..TrialAsk::default()
        }
    }

    #[test]
    fn agrees_with_a_protocol_that_can_be_read() {
        let atlas = resynapse::atlas::Atlas::embedded();
        let resources = build::Resources::load(&resynapse::atlas::Embedded).expect("resources");
        let text = match protocol(&asked()) {
            Ok(text) => text,
            Err(wrong) => panic!("{wrong:?}"),
        };
        let mut map = SourceMap::default();
        let design = build::read(&atlas, &resources, &mut map, &Nothing, "trial", &text, Wanted::default());
        let design = design.unwrap_or_else(|found| panic!("{found:?}\n{text}"));
        assert_eq!((design.layout.size, design.layout.replicates, design.analyses.len()), (24, 2, 1));
    }

    #[test]
    fn rejects_everything_wrong_at_once() {
        let mut bad = asked();
        bad.per_arm = 100_000;
        bad.visit = "30 d".into();
        bad.arms[0].name = "a\"]\n[x]".into();
        let Err(wrong) = protocol(&bad) else { panic!("it was read") };
        assert!(wrong.problems().len() >= 3, "{:?}", wrong.problems());
    }
}
