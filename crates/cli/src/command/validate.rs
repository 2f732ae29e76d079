//! `resynapse validate`.

use super::{load_atlas, table};
use crate::arguments::{Global, Validate};
use crate::failure::Failure;
use crate::files::Folder;
use indicatif::{ProgressBar, ProgressStyle};
use resynapse::atlas::Embedded;
use serde_json::{Value, json};
use std::io::IsTerminal;
use study::target::{Targets, Usage};
use study::validate::{Finding, Options, Report, Spread, validate};

pub(super) fn run(global: &Global, a: &Validate) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let targets = match &global.atlas {
        Some(folder) => Targets::load(&atlas, &Folder(folder.clone())),
        None => Targets::load(&atlas, &Embedded),
    };
    let targets = targets.map_err(|(found, map)| Failure::Input(found, Box::new(map)))?;
    let mut wrong = Vec::new();
    let overrides = super::numbers_set(&atlas, &a.set, &mut wrong);
    if !wrong.is_empty() {
        return Err(Failure::Input(wrong, Box::default()));
    }
    let options = Options {
        size: a.people,
        seed: global.seed(),
        threads: global.many_threads(),
        only: a.only.clone(),
        all: a.all,
        overrides,
    };
    let bar =
        if global.quiet || !std::io::stderr().is_terminal() { ProgressBar::hidden() } else { ProgressBar::new(0) };
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} arms, {eta} left  {msg}") {
        bar.set_style(style);
    }
    let report = validate(&atlas, &targets, &options, &mut |arm, done, count| {
        bar.set_length(count as u64);
        bar.set_position(done as u64);
        bar.set_message(arm.to_string());
        std::ops::ControlFlow::Continue(())
    })
    .map_err(|e| Failure::from_refusal(e, &atlas.library.sources))?;
    bar.finish_and_clear();
    if report.findings.is_empty() {
        let message = format!("no scored target begins with {}", a.only.join(" or "));
        let hint = "as in `--only TSD` or `--only TNE05`";
        let found = vec![::model::diagnostic::Diagnostic::error_nowhere("RS6605", message, hint)];
        return Err(Failure::Input(found, Box::default()));
    }
    if global.json {
        anstream::println!("{}", as_json(&report, a));
    } else {
        anstream::print!("{}", text(&report, a));
    }
    Ok(())
}

/// How many of the worst are named.
const WORST: usize = 5;

fn usage(usage: Usage) -> &'static str {
    match usage {
        Usage::Score => "score",
        Usage::Sign => "sign",
        Usage::Show => "show",
    }
}

fn as_json(report: &Report, a: &Validate) -> Value {
    let row = |f: &Finding| {
        json!({
            "id": f.target.id, "study": f.target.study, "arm": f.target.scenario, "endpoint": f.target.endpoint,
            "statistic": f.target.statistic, "time_h": f.target.time_h, "use": usage(f.target.usage),
            "observed": f.target.estimate, "interval": f.target.interval.map(|i| [i.0, i.1]),
            "predicted": finite(f.predicted), "monte_carlo_error": finite(f.error), "virtual_trials": f.trials,
            "one_trial": f.predictive.map(|(a, b)| [finite(a), finite(b)]),
            "inside": f.inside, "z": f.z.and_then(|z| z.is_finite().then_some(z)), "sign_as_expected": f.sign,
        })
    };
    let signs: Vec<bool> = report.findings.iter().filter_map(|f| f.sign).collect();
    json!({
        "people_per_arm": a.people,
        "scored": report.scored().count(),
        "share_inside": report.share_inside(),
        "median_abs_z": report.median_z(),
        "share_predicted": report.share_predicted(),
        "worst": report.worst(WORST).iter().map(|f| &f.target.id).collect::<Vec<_>>(),
        "spreads": report.spreads.iter().map(spread).collect::<Vec<_>>(),
        "signs": signs.len(),
        "signs_as_expected": signs.iter().filter(|s| **s).count(),
        "rows": report.findings.iter().map(row).collect::<Vec<_>>(),
    })
}

fn spread(s: &Spread) -> Value {
    json!({ "id": s.target.id, "people": s.people, "mean": finite(s.mean), "sd": finite(s.sd),
            "printed_sd": s.printed, "bimodality": finite(s.bimodality) })
}

/// JSON knows no infinity: a median that is never reached is null.
fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

fn text(report: &Report, a: &Validate) -> String {
    let mut rows = vec![
        ["id", "study", "what", "at", "printed", "95 % interval", "model", "± MC", "z", ""].map(String::from).to_vec(),
    ];
    let number = |x: f64| if x.is_finite() { format!("{x:.2}") } else { "never".into() };
    for f in &report.findings {
        let t = &f.target;
        let verdict = f.verdict();
        rows.push(vec![
            t.id.clone(),
            t.study.chars().take(26).collect(),
            format!("{} {}", t.endpoint, t.statistic),
            t.time_h.map_or(String::new(), crate::figure::words::span),
            t.estimate.map_or(String::new(), number),
            t.interval.map_or(String::new(), |(low, high)| format!("{} to {}", number(low), number(high))),
            number(f.predicted),
            number(f.error),
            f.z.map_or(String::new(), number),
            verdict.into(),
        ]);
    }
    let signs: Vec<bool> = report.findings.iter().filter_map(|f| f.sign).collect();
    let mut out = table(&rows);
    out.push_str(&format!(
        "\n{} scored numbers, {:.0} % inside their interval, median |z| {:.2}, {:.0} % where one more virtual trial of the \
         printed size would lie; {} of {} signs as expected; trials of the printed size, {} people an arm or more.\n",
        report.scored().count(),
        100.0 * report.share_inside(),
        report.median_z(),
        100.0 * report.share_predicted(),
        signs.iter().filter(|s| **s).count(),
        signs.len(),
        a.people
    ));
    out.push_str("\nthe worst\n");
    for f in report.worst(WORST) {
        let t = &f.target;
        out.push_str(&format!(
            "  {} {} {} {}: printed {}, model {}, z {}\n",
            t.id,
            t.study,
            t.endpoint,
            t.statistic,
            t.estimate.map_or(String::new(), number),
            number(f.predicted),
            f.z.map_or(String::new(), number)
        ));
    }
    let mut rows =
        vec![["change", "study", "people", "mean", "SD", "printed SD", "bimodality"].map(String::from).to_vec()];
    for s in &report.spreads {
        let t = &s.target;
        let mut row = vec![t.id.clone(), t.study.chars().take(26).collect(), s.people.to_string()];
        row.extend([s.mean, s.sd, s.printed, s.bimodality].map(number));
        rows.push(row);
    }
    if !report.spreads.is_empty() {
        out.push_str(&format!("\n{}", table(&rows)));
    }
    out
}
