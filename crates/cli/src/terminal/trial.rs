//! A trial in the terminal: who was there, what changed, what the analyses found.

use super::words;
use crate::command::table;
use crate::figure::trial::{EVENTS, began, effect};
use crate::figure::{self, NOT_ADVICE};
use crate::folder::terminal_width;
use crate::trial::finish::Findings;
use crate::trial::tables::{Pooled, detail_text, estimand, question};
use std::fmt::Write;
use study::analysis::montecarlo;
use study::statistic::mean;
use study::trial::analyse::{Found, LEVEL, Scale};
use study::trial::design::Design;
use study::trial::summary::Arm;

/// The whole text.
pub fn text(design: &Design, findings: &Findings) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let width = terminal_width().clamp(super::NARROWEST, super::WIDEST);
    let mut out = format!("{} ({})\n", layout.title, layout.id);
    let trials = if layout.replicates == 1 { "1 trial".to_string() } else { format!("{} trials", layout.replicates) };
    let acceptance = 100.0 * summary.people as f64 / summary.screened.max(1) as f64;
    let told = format!(
        "{trials} of {} virtual people, seed {}; {acceptance:.0} % of candidates met the entry criteria",
        layout.size, design.seed
    );
    let _ = writeln!(out, "{}\n", words::folded(&told, width).join("\n"));
    out.push_str(&people(design, findings, width));
    out.push_str(&changes(design, findings, width));
    out.push_str(&analyses(design, findings, width));
    if let Some((trial, place, why)) = summary.failures.first() {
        let text = format!(
            "{} people could not be computed and are left out of the analyses; the first: trial {}, person {}: {why}",
            summary.failures.len(),
            trial + 1,
            place + 1
        );
        out.push('\n');
        for line in words::folded(&text, width) {
            let _ = writeln!(out, "{line}");
        }
    }
    out.push('\n');
    for line in words::folded(NOT_ADVICE, width) {
        let _ = writeln!(out, "{line}");
    }
    out
}

/// Who was there; what happened to them; what they reported.
fn people(design: &Design, findings: &Findings, width: usize) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let mut rows = vec![["arm", "randomised", "completed", "no benefit", "other", "failed"].map(String::from).to_vec()];
    let used: Vec<usize> = (0..EVENTS.len()).filter(|k| summary.arms.iter().any(|a| a.events[*k] > 0)).collect();
    let mut happened = vec![vec!["arm".to_string()]];
    happened[0].extend(used.iter().map(|k| EVENTS[*k].to_string()));
    let mut adverse = vec![vec!["reported by".to_string()]];
    adverse[0].extend((0..summary.arms.len()).map(|k| began(design, k)));
    for (k, arm) in summary.arms.iter().enumerate() {
        let ends = [arm.ends[0], arm.ends[1], arm.ends[2] + arm.ends[3], arm.ends[4]];
        let mut row = vec![began(design, k), arm.began().to_string()];
        row.extend(ends.iter().map(u64::to_string));
        rows.push(row);
        let mut row = vec![began(design, k)];
        row.extend(used.iter().map(|k| arm.events[*k].to_string()));
        happened.push(row);
    }
    for (k, label) in layout.adverse.iter().enumerate() {
        let share = |a: &Arm| format!("{:.0} %", 100.0 * a.adverse[k] as f64 / a.began().max(1) as f64);
        let mut row = vec![label.to_lowercase()];
        row.extend(summary.arms.iter().map(share));
        adverse.push(row);
    }
    let mut out = fitted(&rows, 1, width);
    for more in [happened, adverse] {
        if more.len() > 1 && more[0].len() > 1 {
            let _ = write!(out, "\n{}", fitted(&more, 1, width));
        }
    }
    out
}

/// A table; columns that do not fit follow below, the first ones repeated before them.
pub(crate) fn fitted(rows: &[Vec<String>], keys: usize, width: usize) -> String {
    const BETWEEN: usize = 2;
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |k: usize| rows.iter().filter_map(|r| r.get(k)).map(|c| c.chars().count()).max().unwrap_or(0) + BETWEEN;
    let before: usize = (0..keys).map(wide).sum();
    let mut blocks: Vec<Vec<usize>> = vec![Vec::new()];
    let mut taken = before;
    for k in keys..columns {
        if taken + wide(k) > width + BETWEEN && blocks.last().is_some_and(|b| !b.is_empty()) {
            blocks.push(Vec::new());
            taken = before;
        }
        taken += wide(k);
        blocks.last_mut().expect("one block at least").push(k);
    }
    let part = |block: &Vec<usize>| {
        let cells = |r: &Vec<String>| -> Vec<String> {
            (0..keys).chain(block.iter().copied()).map(|k| r.get(k).cloned().unwrap_or_default()).collect()
        };
        // A row that says nothing in this part is left out of it.
        let said =
            |r: &&Vec<String>| blocks.len() == 1 || block.iter().any(|k| r.get(*k).is_some_and(|c| !c.is_empty()));
        table(&rows.iter().filter(said).map(cells).collect::<Vec<_>>())
    };
    blocks.iter().map(part).collect::<Vec<_>>().join("\n")
}

/// Mean change of the measure that response looks at.
fn changes(design: &Design, findings: &Findings, width: usize) -> String {
    let (layout, summary) = (&design.layout, &findings.summary);
    let m = summary.measure;
    let interval = if layout.replicates > 1 { "95 % of trials" } else { "95 % interval" };
    let head = ["visit", "arm", "seen", "mean", "change", "SD", interval, "resp", "rem"];
    let mut rows = vec![head.map(String::from).to_vec()];
    let mut cells = figure::trial::changes(design, summary);
    cells.sort_by_key(|c| (c.place, c.arm));
    for c in cells {
        let visit = &summary.arms[c.arm].visits[c.place];
        let name = if c.at_h == 0.0 { "Start".into() } else { c.visit.clone() };
        let mut row = vec![name, layout.treatments[c.arm].name.clone(), c.seen.to_string()];
        row.push(words::score(mean(&visit.values[m])));
        if c.at_h > 0.0 {
            row.extend([c.mean, c.sd].map(words::score));
            row.push(
                c.interval.map_or_else(String::new, |(a, b)| format!("{} to {}", words::score(a), words::score(b))),
            );
            row.extend(visit.met.map(|n| words::whole(100.0 * n as f64 / c.seen as f64)));
        }
        rows.push(row);
    }
    let told = format!("{}; resp, rem: % of those seen in response, in remission", layout.measures[m].label);
    format!("\n{}\n{}", words::folded(&told, width).join("\n"), fitted(&rows, 2, width))
}

fn analyses(design: &Design, findings: &Findings, width: usize) -> String {
    if design.analyses.is_empty() {
        return "\nThe protocol has no analysis.\n".into();
    }
    let mut out = String::new();
    for (k, a) in design.analyses.iter().enumerate() {
        let pooled = Pooled::of(&findings.answers, k);
        out.push('\n');
        for line in words::folded(&format!("{}: {}", a.name, question(design, a)), width) {
            let _ = writeln!(out, "{line}");
        }
        let mut said = Said { out: &mut out, width };
        said.line("estimand", &estimand(a));
        match (pooled.trials(), pooled.found.first(), pooled.faults.first()) {
            (1, Some(found), _) => single(&mut said, found),
            (1, None, Some(why)) => said.line("no answer", why),
            _ => many(&mut said, &pooled, a.alpha),
        }
    }
    if design.layout.replicates == 1 {
        out.push('\n');
        for line in words::folded(ONE_DRAW, width) {
            let _ = writeln!(out, "{line}");
        }
    }
    out
}

/// What stands beside the p values of one trial.
const ONE_DRAW: &str = "One virtual trial is one draw: another seed gives other estimates and p values. They say nothing \
                        about real patients.";

/// Lines with a name in front, folded.
struct Said<'a> {
    out: &'a mut String,
    width: usize,
}

impl Said<'_> {
    fn line(&mut self, name: &str, text: &str) {
        const BEFORE: usize = 13;
        for (k, line) in words::folded(text, self.width.saturating_sub(BEFORE)).iter().enumerate() {
            let name = if k == 0 { name } else { "" };
            let _ = writeln!(self.out, "  {name:<10} {line}");
        }
    }
}

fn single(said: &mut Said<'_>, f: &Found) {
    let adjusted = if f.adjusted == f.p { String::new() } else { format!(", adjusted {}", p(f.adjusted)) };
    let [estimate, lower, upper] = [f.estimate, f.lower, f.upper].map(|x| effect(f.scale, x));
    let text = format!("{estimate} ({lower} to {upper}), one-sided p {}{adjusted}", p(f.p));
    said.line(name(f.scale), &text);
    let df = f.df.map_or_else(String::new, |df| format!(", df {df:.1}"));
    let verdict = if f.significant { "succeeds" } else { "does not succeed" };
    said.line("verdict", &format!("{verdict}; {} and {} people{df}", f.n.0, f.n.1));
    for d in &f.details {
        said.line("", &format!("{}: {}", d.name, detail_text(d)));
    }
    match &f.sensitivity {
        Some(Ok(e)) => {
            let [estimate, lower, upper] = [e.estimate, e.lower, e.upper].map(|x| effect(f.scale, x));
            said.line("check", &format!("{estimate} ({lower} to {upper}) if who left goes on as in the reference arm"));
        }
        Some(Err(why)) => said.line("check", &format!("jump to reference: {why}")),
        None => {}
    }
}

/// A scale in at most ten letters.
fn name(scale: Scale) -> &'static str {
    match scale {
        Scale::Difference => "difference",
        Scale::RiskDifference => "of shares",
        Scale::HazardRatio => "hazards",
    }
}

fn many(said: &mut Said<'_>, pooled: &Pooled<'_>, alpha: f64) {
    let (hits, trials) = (pooled.successes(), pooled.trials());
    if let Ok(rate) = montecarlo::rate(hits as u64, trials as u64, LEVEL) {
        let [share, lower, upper, alpha] =
            [rate.estimate, rate.lower, rate.upper, alpha].map(|x| words::score(100.0 * x));
        let text = format!(
            "in {hits} of {trials} trials at one-sided {alpha} %: {share} % ({lower} to {upper} by Monte Carlo)"
        );
        said.line("succeeds", &text);
    }
    let (mean, sd) = pooled.estimates();
    let scale = pooled.found.first().map_or(Scale::Difference, |f| f.scale);
    said.line(name(scale), &format!("mean {}, SD over trials {}", effect(scale, mean), effect(scale, sd)));
    if let Some(why) = pooled.faults.first() {
        said.line("no answer", &format!("in {} trials; the first: {why}", pooled.faults.len()));
    }
}

/// A p value as people read it.
pub fn p(x: f64) -> String {
    if x < 0.0001 { "< 0.0001".into() } else { format!("{x:.4}") }
}
