//! Groups of virtual people: the same for any threads and lanes, entry by threshold, regression to the mean.

use model::source::{SourceMap, Sources};
use resynapse::atlas::{Atlas, Embedded};
use resynapse::regimen::{Regimen, sentence};
use resynapse::run::{Plan, Refusal};
use std::collections::BTreeMap;
use study::cohort::{Cohort, Question, Threshold, cohort};
use study::statistic::mean;
use study::target::{FOLDER, Targets, Usage};
use study::validate::{Options, validate};

fn question(regimen: Regimen, least: Option<f64>) -> Question {
    let mut plan = Plan::new("test", regimen);
    plan.patient.contexts.insert("set=before_entry".into());
    Question {
        replicate: 0,
        trial_draw: None,
        plan,
        threshold: least.map(|least| Threshold { port: "madrs.rated".into(), least }),
        ports: vec!["madrs.rated".into(), "madrs.total".into()],
        times_h: vec![24.0, 168.0],
        size: 60,
        seed: 3,
    }
}

fn group(question: &Question, threads: usize) -> Cohort {
    cohort(&Atlas::embedded(), question, threads).unwrap_or_else(|e| panic!("{e:?}"))
}

fn infusion() -> Regimen {
    sentence(&Atlas::embedded(), &mut SourceMap::default(), "ketamine 0.5 mg/kg iv over 40 min").expect("a dose")
}

#[test]
fn agrees_for_any_threads_and_lanes() {
    let mut q = question(infusion(), Some(28.0));
    let one = group(&q, 1);
    assert_eq!(one.people.len(), 60);
    assert_eq!(one.times_h, [0.0, 24.0, 168.0]);
    assert_eq!(one, group(&q, 2));
    q.plan.lanes = 4;
    assert_eq!(one, group(&q, 2));
    q.seed = 4;
    assert_ne!(one, group(&q, 2));
}

/// Whoever enters has the score, fewer enter above a higher threshold, and without any treatment the group falls back.
#[test]
fn agrees_that_entry_selects_and_regression_follows() {
    let all = group(&question(Regimen::default(), None), 2);
    let some = group(&question(Regimen::default(), Some(30.0)), 2);
    let rated = some.port("madrs.rated").expect("a port");
    assert!(some.people.iter().all(|p| p[rated][0].round() >= 30.0));
    assert!(some.candidates > all.candidates, "{} and {}", some.candidates, all.candidates);
    let change = mean(&some.at(rated, 168.0)) - mean(&some.at(rated, 0.0));
    let unselected = mean(&all.at(rated, 168.0)) - mean(&all.at(rated, 0.0));
    assert!(change < unselected - 0.3, "selected {change}, unselected {unselected}");
}

#[test]
fn rejects_a_threshold_nobody_reaches() {
    match cohort(&Atlas::embedded(), &question(Regimen::default(), Some(61.0)), 2) {
        Err(Refusal::Numerics(message)) => {
            assert!(message.contains("entered with a score of at least 61"), "{message}")
        }
        other => panic!("{other:?}"),
    }
}

fn options(only: &str) -> Options {
    Options { size: 40, seed: 1, threads: 2, only: vec![only.into()], all: false, overrides: BTreeMap::new() }
}

/// The table has a way to run every scored and signed row, each row is read once, and a finding carries its errors.
#[test]
fn agrees_that_every_scored_target_can_be_run() {
    let atlas = Atlas::embedded();
    let targets =
        Targets::load(&atlas, &Embedded).unwrap_or_else(|(f, m)| panic!("{}", model::diagnostic::render(&f, &m)));
    let count = |u: Usage| targets.rows.iter().filter(|r| r.usage == u).count();
    assert_eq!((count(Usage::Score), count(Usage::Sign), targets.rows.len()), (69, 10, 110));
    let signs = targets.rows.iter().filter(|r| r.usage == Usage::Sign);
    assert!(signs.clone().all(|r| targets.signs.contains_key(&r.id)));
    let report = validate(&atlas, &targets, &options("TNE01"), &mut |_, _, _| std::ops::ControlFlow::Continue(()))
        .unwrap_or_else(|e| panic!("{e:?}"));
    assert_eq!(report.findings.len(), 1);
    let finding = &report.findings[0];
    assert!(finding.error > 0.0 && finding.predicted < 0.0 && finding.z.is_some() && finding.inside.is_some());
}

#[test]
fn rejects_targets_without_a_way_to_run_them() {
    struct Changed;
    impl Sources for Changed {
        fn read(&self, path: &str) -> Result<String, String> {
            let text = Embedded.read(path)?;
            Ok(if path.ends_with("arms.toml") { text.replace("slug = \"ssri_8wk\"", "slug = \"ssri\"") } else { text })
        }
        fn list(&self, folder: &str) -> Vec<String> {
            Embedded.list(folder)
        }
    }
    let (found, map) = Targets::load(&Atlas::embedded(), &Changed).expect_err("an arm is missing");
    let text = model::diagnostic::render(&found, &map);
    assert!(text.contains("TSS01") && text.contains("no arm `ssri_8wk`") && FOLDER.contains("targets"), "{text}");
}

/// Haile 2014: plasma BDNF at 240 min against the change of MADRS, r -0.70 in 22 people (95 % interval by Fisher's z
/// -0.87 to -0.39).
/// A known miss: people differ here mostly in how strongly mood answers, behind BDNF, and at 4 h mood moves by
/// expectation, so the two do not go together at all (r about 0). The test fails when that changes, so that the miss is
/// then taken away.
#[test]
fn validates_known_miss_haile2014_bdnf_goes_with_improvement() {
    let mut q = question(infusion(), Some(25.0));
    q.ports = vec!["madrs.rated".into(), "madrs.total".into(), "bdnf.plasma".into()];
    q.times_h = vec![4.0];
    q.size = 220;
    let group = group(&q, 2);
    let (madrs, bdnf) = (group.port("madrs.total").expect("a port"), group.port("bdnf.plasma").expect("a port"));
    let change: Vec<f64> = group.people.iter().map(|p| p[madrs][1] - p[madrs][0]).collect();
    let r = study::statistic::correlation(&group.at(bdnf, 4.0), &change);
    assert!(!(-0.87..=-0.39).contains(&r), "no longer a miss: r = {r}");
}
