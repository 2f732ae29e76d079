//! `resynapse power`.

use super::{load_atlas, trial_design};
use crate::arguments::{Global, Power as Options};
use crate::failure::Failure;
use crate::figure::{self, NOT_ADVICE, words};
use crate::folder::{self, csv_text, pretty};
use crate::report;
use crate::terminal::trial::fitted;
use crate::trial::finish::{Trials, cannot, listed, put};
use crate::trial::{self, Asked};
use crate::work::{Present, Work};
use ::model::diagnostic::Diagnostic;
use rayon::prelude::*;
use resynapse::atlas::Atlas;
use serde_json::{Value, json};
use std::path::Path;
use study::analysis::montecarlo;
use study::trial::analyse::LEVEL;
use study::trial::design::{Design, Power};
use study::trial::power::{self, Tally, Truth};
use study::trial::run::Trial;

/// A rate beside its nominal level is called off at this two-sided level: three sizes are looked at, so 95 % would call
/// too often.
const COMPATIBLE: f64 = 0.99;

/// What was found under one truth.
pub struct Curve {
    /// What was taken to be true.
    pub truth: Truth,
    /// One for each size.
    pub tallies: Vec<Tally>,
}

pub(super) fn run(global: &Global, a: &Options) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    let asked = trial_design(&atlas, global, &a.protocol, None, None)?;
    let power = question(&asked, a)?;
    let truths: Vec<Truth> = Truth::ALL.into_iter().filter(|t| wanted(a, *t)).collect();
    let mark = folder::hex(&[&asked.mark, &format!("{power:?} {truths:?}")]);
    let asked = Asked { name: format!("{}-power", asked.name), mark, ..asked };
    let target = trial::target(global, &asked);
    let people = u64::from(*power.sizes.last().unwrap_or(&0)) * u64::from(power.trials) * truths.len() as u64;
    if a.long.dry_run {
        let design = Truth::Assumed.design(&asked.design, &power);
        let trial = ready(&atlas, design)?;
        anstream::eprintln!(
            "{} truths of {} trials with up to {} people: {people} people; one of them:",
            truths.len(),
            power.trials,
            power.sizes.last().unwrap_or(&0)
        );
        return trial::dry_run(&trial, &trial.pieces(), global, &target);
    }
    trial::free(global, &target)?;
    let present = match (a.long.resume, global.force) {
        (true, _) => Present::GoOn,
        (false, true) => Present::Replace,
        (false, false) => Present::Refuse,
    };
    let whole = Work::open(Work::beside(&target), &asked.mark, present)?;
    let bar = trial::bar(global, people);
    let mut curves = Vec::new();
    for truth in truths {
        bar.set_message(truth.share());
        let trial = ready(&atlas, truth.design(&asked.design, &power))?;
        let pieces = trial.pieces();
        let work = Work::open(whole.folder().join(truth.name()), &asked.mark, Present::GoOn)?;
        trial::simulate_with(&trial, &pieces, &work, global, &bar)?;
        curves
            .push(Curve { truth, tallies: tally(&trial, &power, Trials::new(&work, &pieces, &trial.design), global)? });
    }
    bar.finish_and_clear();
    finish(&atlas, &asked, &power, &curves, whole, &target, global)
}

fn wanted(a: &Options, truth: Truth) -> bool {
    match truth {
        Truth::Assumed => true,
        Truth::SharpNull | Truth::PharmacologicalNull => !a.no_nulls,
        Truth::Uncertain => !a.no_assurance,
    }
}

fn ready(atlas: &Atlas, design: Design) -> Result<Trial<'_>, Failure> {
    Trial::new(atlas, design, None).map_err(|e| Failure::from_refusal(e, &atlas.library.sources))
}

/// The question of the protocol, with what was asked for instead.
fn question(asked: &Asked, a: &Options) -> Result<Power, Failure> {
    let refuse = |message: &str, hint: &str| {
        Failure::Input(vec![Diagnostic::error_nowhere("RS6803", message, hint)], Box::default())
    };
    let mut power = match &asked.design.power {
        Some(power) => power.clone(),
        None if asked.design.analyses.is_empty() => {
            return Err(refuse(
                "the protocol has no analysis",
                "add `[[analysis]]`: power is the chance that it succeeds",
            ));
        }
        None => Power { sizes: vec![asked.design.layout.size], trials: 200, analysis: 0 },
    };
    if asked.design.file.is_some() {
        return Err(refuse("the people of this trial are given in a file", "power draws new people: take `file` away"));
    }
    if !a.sizes.is_empty() {
        power.sizes.clone_from(&a.sizes);
        power.sizes.sort_unstable();
        power.sizes.dedup();
    }
    power.trials = a.long.replicates.unwrap_or(power.trials);
    if let Some(size) = a.long.size {
        power.sizes = vec![size];
    }
    Ok(power)
}

/// Analyses all trials at all sizes.
fn tally(trial: &Trial<'_>, power: &Power, mut trials: Trials<'_>, global: &Global) -> Result<Vec<Tally>, Failure> {
    const TRIALS_AT_ONCE: usize = 64;
    let mut tallies = power::tallies(power);
    let pool = trial::pool(global)?;
    loop {
        let mut batch = Vec::new();
        while batch.len() < TRIALS_AT_ONCE {
            let Some(records) = trials.next_trial()? else { break };
            batch.push(records);
        }
        if batch.is_empty() {
            return Ok(tallies);
        }
        let design = &trial.design;
        let answers: Vec<_> = pool.install(|| batch.par_iter().map(|r| power::answers(design, power, r)).collect());
        for answer in answers {
            power::add(answer, &mut tallies);
        }
    }
}

fn finish(
    atlas: &Atlas,
    asked: &Asked,
    power: &Power,
    curves: &[Curve],
    work: Work,
    target: &Path,
    global: &Global,
) -> Result<(), Failure> {
    let staging = work.folder().join("results");
    if staging.exists() {
        std::fs::remove_dir_all(&staging).map_err(|e| cannot(&staging, &e))?;
    }
    let value = as_json(&asked.design, power, curves);
    put(&staging, "protocol.toml", &asked.text)?;
    put(&staging, "protocol.lock.toml", &trial::lock(atlas, &Asked { design: with(asked, power), ..asked.clone() }))?;
    put(&staging, "power.csv", &csv_text(rows(&asked.design, power, curves)))?;
    put(&staging, "power.json", &pretty(&value))?;
    let picture = figure::trial::power(&asked.design, power, curves);
    put(&staging, "figures/power.svg", &picture.svg)?;
    let assumed = ready(atlas, with(asked, power))?;
    let basis = report::trial::Basis::new(atlas, &assumed, again(curves));
    let page = report::trial::Power {
        design: &asked.design,
        question: power,
        curves,
        off_level: &off_level(&asked.design, power, curves),
        picture: &picture,
        basis: &basis,
    };
    put(&staging, "report.html", &report::trial::power_html(&page))?;
    let manifest = json!({
        "program": { "name": "resynapse", "version": env!("CARGO_PKG_VERSION") },
        "atlas": { "version": ::atlas::VERSION, "sha256": atlas.hash },
        "run_sha256": asked.mark, "seed": asked.design.seed, "files": listed(&staging)?,
        "not_medical_advice": true,
    });
    put(&staging, "manifest.json", &pretty(&manifest))?;
    if let Some(parent) = target.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent).map_err(|e| cannot(parent, &e))?;
    }
    let old = target.with_extension(format!("{}.old", std::process::id()));
    folder::replace(&staging, target, &old).map_err(|e| cannot(target, &e))?;
    work.remove()?;
    if global.json {
        let mut value = value;
        value["folder"] = json!(target.display().to_string());
        anstream::println!("{value:#}");
        return Ok(());
    }
    anstream::print!("{}", text(&asked.design, power, curves));
    if !global.quiet {
        anstream::eprintln!("report  {}", target.join("report.html").display());
    }
    Ok(())
}

/// The command that makes these results again from the lock file.
fn again(curves: &[Curve]) -> String {
    let has = |truth: Truth| curves.iter().any(|c| c.truth == truth);
    let mut line = "resynapse power protocol.lock.toml".to_string();
    if !has(Truth::SharpNull) {
        line.push_str(" --no-nulls");
    }
    if !has(Truth::Uncertain) {
        line.push_str(" --no-assurance");
    }
    line
}

/// Sizes at which the share of trials that succeed with both arms the same is off the level of significance.
fn off_level(design: &Design, power: &Power, curves: &[Curve]) -> Vec<u32> {
    let alpha = design.analyses[power.analysis].alpha;
    let off = |t: &&Tally| !montecarlo::inside(u64::from(t.succeeded), u64::from(t.trials), alpha, COMPATIBLE);
    let null = curves.iter().find(|c| c.truth == Truth::SharpNull);
    null.map_or_else(Vec::new, |c| c.tallies.iter().filter(off).map(|t| t.size).collect())
}

fn with(asked: &Asked, power: &Power) -> Design {
    Design { power: Some(power.clone()), ..asked.design.clone() }
}

const HEAD: [&str; 11] = [
    "truth",
    "share_is",
    "people",
    "trials",
    "succeeded",
    "share",
    "monte_carlo_error",
    "lower",
    "upper",
    "mean_estimate",
    "unanswered",
];

fn rows(_design: &Design, _power: &Power, curves: &[Curve]) -> Vec<Vec<String>> {
    let mut rows = vec![HEAD.map(String::from).to_vec()];
    for curve in curves {
        for t in &curve.tallies {
            let Ok(rate) = montecarlo::rate(u64::from(t.succeeded), u64::from(t.trials), LEVEL) else { continue };
            let mean = study::statistic::mean(&t.estimates);
            let mut row = vec![curve.truth.name().to_string(), curve.truth.share().into(), t.size.to_string()];
            row.extend([t.trials, t.succeeded].map(|n| n.to_string()));
            row.extend([rate.estimate, rate.error, rate.lower, rate.upper].map(|x| x.to_string()));
            row.push(if mean.is_finite() { mean.to_string() } else { String::new() });
            row.push(t.unanswered.to_string());
            rows.push(row);
        }
    }
    rows
}

fn as_json(design: &Design, power: &Power, curves: &[Curve]) -> Value {
    let alpha = design.analyses[power.analysis].alpha;
    let curve = |c: &Curve| {
        let tallies: Vec<Value> = c
            .tallies
            .iter()
            .filter_map(|t| {
                let rate = montecarlo::rate(u64::from(t.succeeded), u64::from(t.trials), LEVEL).ok()?;
                let mean = study::statistic::mean(&t.estimates);
                let inside = (c.truth == Truth::SharpNull)
                    .then(|| montecarlo::inside(u64::from(t.succeeded), u64::from(t.trials), alpha, COMPATIBLE));
                Some(json!({
                    "people": t.size, "trials": t.trials, "succeeded": t.succeeded, "share": rate.estimate,
                    "monte_carlo_error": rate.error, "interval": [rate.lower, rate.upper],
                    "mean_estimate": mean.is_finite().then_some(mean), "unanswered": t.unanswered, "why": t.why,
                    "compatible_with_alpha": inside,
                }))
            })
            .collect();
        json!({ "truth": c.truth.name(), "share_is": c.truth.share(), "sizes": tallies })
    };
    json!({
        "study": design.layout.id, "analysis": design.analyses[power.analysis].name, "alpha_one_sided": alpha,
        "curves": curves.iter().map(curve).collect::<Vec<_>>(), "not_medical_advice": true,
    })
}

fn text(design: &Design, power: &Power, curves: &[Curve]) -> String {
    let a = &design.analyses[power.analysis];
    let mut out = format!("{} ({})\n", design.layout.title, design.layout.id);
    let width = folder::terminal_width();
    let mut say = |text: &str| words::folded(text, width).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    say(&format!("{}: {}", a.name, trial::tables::question(design, a)));
    say(&format!(
        "% of {} virtual trials that succeed at one-sided {:.1} %, with its 95 % Monte-Carlo interval",
        power.trials,
        100.0 * a.alpha
    ));
    out.push('\n');
    let mut rows = vec![vec!["people".to_string()]];
    rows[0].extend(curves.iter().map(|c| c.truth.share().to_string()));
    for (k, size) in power.sizes.iter().enumerate() {
        let mut row = vec![size.to_string()];
        for c in curves {
            let t = &c.tallies[k];
            row.push(match montecarlo::rate(u64::from(t.succeeded), u64::from(t.trials), LEVEL) {
                Ok(r) => format!("{:.1} ({:.1} to {:.1})", 100.0 * r.estimate, 100.0 * r.lower, 100.0 * r.upper),
                Err(_) => "-".into(),
            });
        }
        rows.push(row);
    }
    out.push_str(&fitted(&rows, 1, width));
    out.push('\n');
    for c in curves {
        for (k, line) in words::folded(c.truth.meaning(), width.saturating_sub(17)).iter().enumerate() {
            out.push_str(&format!("{:<16} {line}\n", if k == 0 { c.truth.share() } else { "" }));
        }
    }
    if curves.iter().any(|c| c.truth == Truth::SharpNull) {
        let off: Vec<String> = off_level(design, power, curves).iter().map(u32::to_string).collect();
        if off.is_empty() {
            out.push_str("\nThe type-I error is compatible with its level at every size.\n");
        } else {
            out.push_str(&format!("\nwarning: the type-I error is off its level at {} people\n", off.join(", ")));
        }
    }
    for c in curves {
        for t in c.tallies.iter().filter(|t| t.unanswered > 0) {
            let why = t.why.as_deref().unwrap_or("");
            out.push_str(&format!(
                "{}, {} people: {} trials could not be analysed and count as failed; the first: {why}\n",
                c.truth.share(),
                t.size,
                t.unanswered
            ));
        }
    }
    out.push_str(&format!("\n{NOT_ADVICE}\n"));
    out
}
