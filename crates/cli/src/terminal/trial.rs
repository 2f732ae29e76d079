//! A trial in the terminal: who was there, what changed, what the analyses found.

use super::words;
use crate::command::table;
use crate::figure::NOT_ADVICE;
use crate::folder::terminal_width;
use crate::trial::finish::Findings;
use crate::trial::tables::{Pooled, estimand, question};
use std::fmt::Write;
use study::analysis::montecarlo;
use study::trial::analyse::{Found, LEVEL, Scale};
use study::trial::design::Design;
use study::trial::summary::Sample;

/// The whole text.
pub fn text(design: &Design, findings: &Findings) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let mut out = format!("{} ({})\n", layout.title, layout.id);
    let trials = if layout.replicates == 1 { "1 trial".to_string() } else { format!("{} trials", layout.replicates) };
    let acceptance = 100.0 * summary.people as f64 / summary.screened.max(1) as f64;
    let _ = writeln!(
        out,
        "{trials} of {} virtual people, seed {}; {acceptance:.0} % of candidates met the entry criteria\n",
        layout.size, design.seed
    );
    out.push_str(&people(design, findings));
    out.push_str(&changes(design, findings));
    out.push_str(&analyses(design, findings));
    if !summary.failures.is_empty() {
        let (trial, place, why) = &summary.failures[0];
        let _ = writeln!(
            out,
            "\n{} people could not be computed and are left out of the analyses; the first: trial {}, person {}: {why}",
            summary.failures.len(),
            trial + 1,
            place + 1
        );
    }
    out.push('\n');
    for line in words::folded(NOT_ADVICE, terminal_width().clamp(super::NARROWEST, super::WIDEST)) {
        let _ = writeln!(out, "{line}");
    }
    out
}

fn people(design: &Design, findings: &Findings) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let mut rows = vec![["arm", "randomised", "completed", "no benefit", "other", "failed"].map(String::from).to_vec()];
    let used = |k: usize| summary.arms.iter().any(|a| a.events[k] > 0);
    let events = ["rescued", "treated again", "extra treatment", "dose changed", "dosing stopped"];
    rows[0].extend((0..events.len()).filter(|k| used(*k)).map(|k| events[k].to_string()));
    for label in &layout.adverse {
        rows[0].push(label.to_lowercase());
    }
    for (arm, treatment) in summary.arms.iter().zip(&layout.treatments) {
        let ends = [arm.ends[0], arm.ends[1], arm.ends[2] + arm.ends[3], arm.ends[4]];
        let mut row = vec![treatment.name.clone(), arm.randomised.to_string()];
        row.extend(ends.iter().map(u64::to_string));
        row.extend((0..events.len()).filter(|k| used(*k)).map(|k| arm.events[k].to_string()));
        let share = |n: &u64| format!("{:.0} %", 100.0 * *n as f64 / arm.randomised.max(1) as f64);
        row.extend(arm.adverse.iter().map(share));
        rows.push(row);
    }
    table(&rows)
}

/// Mean change of the measure that response looks at.
fn changes(design: &Design, findings: &Findings) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let m = summary.measure;
    let mut rows =
        vec![vec!["visit".to_string(), "arm".into(), "seen".into(), "mean".into(), "change".into(), "SD".into()]];
    rows[0].extend(["95 % interval", "response", "remission"].map(String::from));
    let visits = summary.arms.first().map_or(0, |a| a.visits.len());
    for v in 0..visits {
        for (arm, treatment) in summary.arms.iter().zip(&layout.treatments) {
            let visit = &arm.visits[v];
            if visit.values[m].is_empty() {
                continue;
            }
            let (value, change) = (Sample::of(&visit.values[m]), Sample::of(&visit.changes[m]));
            let planned = &layout.visits[visit.visit];
            let name = planned.name.strip_prefix("Period 1 ").unwrap_or(&planned.name).to_string();
            let mut row = vec![name, treatment.name.clone(), visit.seen.to_string(), format!("{:.1}", value.mean)];
            if planned.at_h == 0.0 {
                row.extend(["", "", ""].map(String::from));
            } else {
                let half = 1.96 * change.error();
                row.push(format!("{:.1}", change.mean));
                row.push(format!("{:.1}", change.sd));
                row.push(format!("{:.1} to {:.1}", change.mean - half, change.mean + half));
                let share = |n: u64| format!("{:.0} %", 100.0 * n as f64 / value.n as f64);
                row.extend(visit.met.map(share));
            }
            rows.push(row);
        }
    }
    format!("\n{}\n{}", layout.measures[m].label, table(&rows))
}

fn analyses(design: &Design, findings: &Findings) -> String {
    if design.analyses.is_empty() {
        return "\nThe protocol has no analysis.\n".into();
    }
    let mut out = String::new();
    for (k, a) in design.analyses.iter().enumerate() {
        let pooled = Pooled::of(&findings.answers, k);
        let _ = writeln!(out, "\n{}: {}", a.name, question(design, a));
        let _ = writeln!(out, "  estimand   {}", estimand(a));
        match (pooled.trials(), pooled.found.first(), pooled.faults.first()) {
            (1, Some(found), _) => out.push_str(&single(found)),
            (1, None, Some(why)) => {
                let _ = writeln!(out, "  no answer  {why}");
            }
            _ => out.push_str(&many(&pooled, a.alpha)),
        }
    }
    out
}

fn single(f: &Found) -> String {
    let mut out = format!(
        "  {:<10} {} ({} to {}), one-sided p {}{}\n",
        f.scale.label(),
        effect(f.scale, f.estimate),
        effect(f.scale, f.lower),
        effect(f.scale, f.upper),
        p(f.p),
        if f.adjusted == f.p { String::new() } else { format!(", adjusted {}", p(f.adjusted)) }
    );
    let df = f.df.map_or_else(String::new, |df| format!(", df {df:.1}"));
    let verdict = if f.significant { "succeeds" } else { "does not succeed" };
    let _ = writeln!(out, "  {:<10} {verdict}; {} and {} people{df}", "verdict", f.n.0, f.n.1);
    for d in &f.details {
        let number = |x: f64| if x.is_finite() { format!("{x:.2}") } else { "not reached".into() };
        let interval = d.interval.map_or_else(String::new, |(a, b)| format!(" ({} to {})", number(a), number(b)));
        let _ = writeln!(out, "  {:<10} {}: {}{interval}", "", d.name, number(d.value));
    }
    match &f.sensitivity {
        Some(Ok(e)) => {
            let text = format!("{:.2} ({:.2} to {:.2})", e.estimate, e.lower, e.upper);
            let _ = writeln!(out, "  {:<10} {text} if who left goes on as in the reference arm", "check");
        }
        Some(Err(why)) => {
            let _ = writeln!(out, "  {:<10} jump to reference: {why}", "check");
        }
        None => {}
    }
    out
}

fn many(pooled: &Pooled<'_>, alpha: f64) -> String {
    let (hits, trials) = (pooled.successes(), pooled.trials());
    let mut out = String::new();
    if let Ok(rate) = montecarlo::rate(hits as u64, trials as u64, LEVEL) {
        let _ = writeln!(
            out,
            "  succeeds   in {hits} of {trials} trials: {:.1} % ({:.1} to {:.1} by Monte Carlo) at one-sided {:.1} %",
            100.0 * rate.estimate,
            100.0 * rate.lower,
            100.0 * rate.upper,
            100.0 * alpha
        );
    }
    let (mean, sd) = pooled.estimates();
    let scale = pooled.found.first().map_or(Scale::Difference, |f| f.scale);
    let _ = writeln!(out, "  {:<10} mean {}, SD over trials {}", scale.label(), effect(scale, mean), effect(scale, sd));
    if let Some(why) = pooled.faults.first() {
        let _ = writeln!(out, "  no answer  in {} trials; the first: {why}", pooled.faults.len());
    }
    out
}

fn effect(scale: Scale, x: f64) -> String {
    match scale {
        _ if !x.is_finite() => "-".into(),
        Scale::RiskDifference => format!("{:.1} %", 100.0 * x),
        _ => format!("{x:.2}"),
    }
}

/// A p value as people read it.
pub fn p(x: f64) -> String {
    if x < 0.0001 { "< 0.0001".into() } else { format!("{x:.4}") }
}
