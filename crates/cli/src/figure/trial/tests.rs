//! Figures and reports of small trials: whole, named, counted.

use super::*;
use crate::figure::NOT_ADVICE;
use crate::figure::words::escape;
use crate::files::Folder;
use crate::report::trial::{Basis, Report, html};
use crate::terminal;
use crate::trial::tables::estimand;
use model::source::SourceMap;
use resynapse::atlas::{Atlas, Embedded};
use study::trial::analyse::analyse;
use study::trial::build::{Resources, Wanted, read};
use study::trial::run::Trial;
use study::trial::summary::Summary;

/// Three arms, one with a name that is markup; published points, one of them no number.
const PROTOCOL: &str = r#"
[study]
id = "SIM-SMALL"
title = "A small trial & its <b>figures</b>"
until = "3 d"
seed = 3

[population]
size = 24
entry = ["madrs >= 20"]

[[arm]]
name = "ketamine"
dose = "ketamine 0.5 mg/kg iv over 40 min"

[[arm]]
name = "half & half"
dose = "ketamine 0.25 mg/kg iv over 40 min"

[[arm]]
name = "saline"
dose = "saline iv over 40 min"

[[visit]]
at = ["24 h", "day 3"]
assess = ["madrs"]

[[visit]]
at = "40 min"
assess = ["cadss"]

[[analysis]]
name = "primary"
method = "ancova"
at = "day 3"
contrast = "ketamine - saline"

[[analysis]]
name = "response <i>"
method = "responder"
at = "24 h"
contrast = "ketamine - saline"
estimand = "composite"

[[analysis]]
name = "leaving"
method = "survival"
event = "leaving"
contrast = "ketamine - saline"

[[observed]]
arm = "ketamine"
measure = "madrs"
at = "24 h"
change = -15.0
low = -20.0
high = -10.0
source = "A study"
"#;

struct Made {
    atlas: Atlas,
    design: Design,
    findings: Findings,
}

/// Runs it; `replicates` of them.
fn made(replicates: u32) -> Made {
    let atlas = Atlas::embedded();
    let resources = Resources::load(&Embedded).expect("resources");
    let mut map = SourceMap::default();
    let wanted = Wanted { size: None, replicates: Some(replicates), seed: None };
    let beside = Folder(".".into());
    let design = read(&atlas, &resources, &mut map, &beside, "small", PROTOCOL, wanted)
        .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &map)));
    let mut findings = Findings { summary: Summary::new(&design), answers: Vec::new() };
    let trial = Trial::new(&atlas, design.clone(), None).expect("a trial");
    let all: Vec<_> = trial.pieces().iter().flat_map(|p| trial.run(p).expect("people")).collect();
    for records in all.chunks(design.layout.size as usize) {
        findings.answers.extend(analyse(&design, records));
        findings.summary.add(&design, records);
    }
    drop(trial);
    Made { atlas, design, findings }
}

fn page(made: &Made) -> String {
    let pictures = all(&made.design, &made.findings);
    let trial = Trial::new(&made.atlas, made.design.clone(), None).expect("a trial");
    let basis = Basis::new(&made.atlas, &trial, "resynapse <again>".into());
    html(&Report { design: &made.design, findings: &made.findings, pictures: &pictures, basis: &basis })
}

/// Every tag is closed in its turn, and no ampersand stands alone.
fn whole_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    for piece in text.split('<').skip(1) {
        let (tag, after) = piece.split_once('>').unwrap_or_else(|| panic!("no end of <{piece}"));
        assert!(!after.contains('>'), "{after}");
        let name = tag.split_whitespace().next().unwrap_or("").trim_end_matches('/');
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name.trim()), "{tag}"),
            None if tag.ends_with('/') => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    for piece in text.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|e| piece.starts_with(e)), "&{piece:.20}");
    }
}

fn check(made: &Made) {
    let pictures = all(&made.design, &made.findings);
    let names: Vec<&str> = pictures.iter().map(|p| p.name).collect();
    for name in ["change", "people", "spread", "responders", "analyses", "adverse", "flow"] {
        assert!(names.contains(&name), "no {name} in {names:?}");
    }
    assert_eq!(pictures, all(&made.design, &made.findings));
    for p in &pictures {
        whole_xml(&p.svg);
        let told = format!("{} {} {:?}", p.svg, p.caption, p.table);
        for word in ["NaN", "inf ", "inf\"", "-inf", "<script"] {
            assert!(!told.contains(word), "{}: {word}", p.name);
        }
        assert!(p.svg.contains("<title id=") && p.svg.contains("<desc id=") && p.svg.contains(NOT_ADVICE));
        assert!(p.table.rows.iter().all(|r| r.len() == p.table.head.len()), "{}: {:?}", p.name, p.table);
        assert!(!p.table.rows.is_empty(), "{}", p.name);
        for t in made.design.layout.treatments.iter().filter(|_| p.name != "analyses") {
            assert!(p.svg.contains(&escape(&t.name)), "{} does not name {}", p.name, t.name);
        }
    }
}

fn picture<'a>(pictures: &'a [Picture], name: &str) -> &'a Picture {
    pictures.iter().find(|p| p.name == name).expect("it is there")
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or_else(|_| panic!("{text} is no count"))
}

#[test]
fn agrees_with_the_counts_of_one_trial() {
    let made = made(1);
    check(&made);
    let (summary, pictures) = (&made.findings.summary, all(&made.design, &made.findings));
    let flow = picture(&pictures, "flow");
    let column = |name: &str| flow.table.head.iter().position(|h| *h == name).expect("a column");
    let sum = |name: &str| flow.table.rows.iter().map(|r| number(&r[column(name)])).sum::<u64>();
    assert_eq!(sum("randomised"), 24);
    assert_eq!(ends(flow), summary.people);
    let seen = |name: &str, row: &dyn Fn(&Vec<String>) -> bool, column: usize| -> u64 {
        let rows = picture(&pictures, name).table.rows.iter();
        rows.filter(|r| row(r)).map(|r| number(&r[column])).sum()
    };
    let last: u64 = summary.arms.iter().map(|a| a.visits[3].values[summary.measure].len() as u64).sum();
    let visit = &made.design.layout.visits[3].name;
    assert!(last > 0);
    assert_eq!(seen("change", &|r| r[1] == *visit, 3), last);
    assert_eq!(seen("spread", &|r| r[1] == *visit, 2), last);
    assert_eq!(seen("responders", &|r| r[0] == "Response" && r[2] == *visit, 4), last);
    let met: u64 = summary.arms.iter().map(|a| a.visits[3].met[0]).sum();
    assert_eq!(seen("responders", &|r| r[0] == "Response" && r[2] == *visit, 3), met);
    // One hollow point with its interval, and one in the legend, of the arm it belongs to.
    assert_eq!(picture(&pictures, "change").svg.matches("class=\"o e0\"").count(), 2);
    assert!(picture(&pictures, "change").svg.contains("published: A study"));
    // Baseline covariates count everybody once.
    for (k, _) in made.design.layout.covariates.iter().enumerate() {
        assert_eq!(summary.arms.iter().map(|a| a.covariates[k].n).sum::<u64>(), 24);
    }
}

fn ends(flow: &Picture) -> u64 {
    let from = flow.table.head.iter().position(|h| *h == "completed").expect("a column");
    flow.table.rows.iter().flat_map(|r| &r[from..from + 5]).map(|n| number(n)).sum()
}

#[test]
fn agrees_with_many_trials() {
    let made = made(3);
    check(&made);
    let pictures = all(&made.design, &made.findings);
    assert_eq!(ends(picture(&pictures, "flow")), 72);
    let analyses = picture(&pictures, "analyses");
    for (row, a) in analyses.table.rows.iter().zip(&made.design.analyses) {
        assert_eq!((row[0].as_str(), number(&row[2])), (a.name.as_str(), 3));
        let hits = made.findings.answers.iter().filter(|x| made.design.analyses[x.analysis].name == a.name);
        let hits = hits.filter(|x| x.result.as_ref().is_ok_and(|f| f.significant)).count();
        assert_eq!(number(&row[3]), hits as u64);
    }
    let page = page(&made);
    assert!(page.contains("What differs between trials") && page.contains("Monte-Carlo interval"));
    assert!(page.contains("says nothing about real patients"));
}

#[test]
fn agrees_that_a_report_tells_every_analysis_and_its_limits() {
    let made = made(1);
    let page = page(&made);
    for a in &made.design.analyses {
        assert!(page.contains(&format!("<h3>{}</h3>", escape(&a.name))), "no {}", a.name);
        assert!(page.contains(&escape(&estimand(a))), "no estimand of {}", a.name);
    }
    for words in [
        "One virtual trial is one draw",
        "stated prior, not a finding",
        "functional unblinding",
        "regression to the mean",
        "People at the start",
        "own uncertainty was not drawn",
        "resynapse &lt;again&gt;",
        NOT_ADVICE,
    ] {
        assert!(page.contains(words), "no `{words}`");
    }
    for p in all(&made.design, &made.findings) {
        assert!(page.contains(&p.svg), "no {}", p.name);
    }
    for word in ["NaN", "<b>", "<i>", "<script", "src=\"", "proven effect"] {
        assert!(!page.contains(word), "{word}");
    }
    assert!(page.contains("default-src 'none'"));
    // The terminal tells the same trial within its width.
    let text = terminal::trial::text(&made.design, &made.findings);
    assert!(text.lines().all(|l| l.chars().count() <= 80), "{text}");
    assert!(text.contains("One virtual trial is one draw") && !text.contains("NaN"));
}

/// Nothing was seen and nothing is asked: figures are left out, the page is there.
#[test]
fn agrees_with_an_empty_trial() {
    let mut made = made(1);
    made.design.analyses.clear();
    made.design.multiplicity = None;
    made.findings = Findings { summary: Summary::new(&made.design), answers: Vec::new() };
    for p in all(&made.design, &made.findings) {
        whole_xml(&p.svg);
        assert!(!p.svg.contains("NaN"), "{}", p.name);
    }
    let page = page(&made);
    assert!(page.contains("no analysis") && !page.contains("NaN"));
}

#[test]
fn agrees_with_power_by_hand() {
    use crate::command::power::Curve;
    use study::trial::design::Power;
    use study::trial::power::{Tally, Truth};
    let made = made(1);
    let question = Power { sizes: vec![12, 24], trials: 40, analysis: 0 };
    let tally = |size, succeeded| Tally { size, trials: 40, succeeded, estimates: vec![-3.0], ..Tally::default() };
    let curves: Vec<Curve> =
        Truth::ALL.into_iter().map(|truth| Curve { truth, tallies: vec![tally(12, 1), tally(24, 30)] }).collect();
    let picture = power(&made.design, &question, &curves);
    whole_xml(&picture.svg);
    assert_eq!(picture.table.rows.len(), 8);
    let trial = Trial::new(&made.atlas, made.design.clone(), None).expect("a trial");
    let basis = Basis::new(&made.atlas, &trial, "again".into());
    let page = crate::report::trial::power_html(&crate::report::trial::Power {
        design: &made.design,
        question: &question,
        curves: &curves,
        off_level: &[24],
        picture: &picture,
        basis: &basis,
    });
    for truth in Truth::ALL {
        assert!(picture.svg.contains(truth.share()) && page.contains(truth.meaning()), "{truth:?}");
    }
    // 30 of 40, with Wilson's interval: (0.5981, 0.8581).
    assert!(page.contains("75.0 % (59.8 to 85.8) with 24 people"), "{page:.4000}");
    assert!(page.contains("off its level at 24 people") && !page.contains("NaN"));
}
