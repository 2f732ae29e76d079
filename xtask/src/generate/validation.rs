//! Writes docs/reference/validation.md: every printed number beside the model's, with the worst misses and why.

use resynapse::atlas::{Atlas, Embedded};
use resynapse_cli::serve::card::Made;
use std::collections::BTreeMap;
use study::target::{Targets, Usage};
use study::validate::{Finding, Options, Report, validate};

/// Where the page stands.
pub const PATH: &str = "docs/reference/validation.md";
/// Where the same numbers are kept for the explorer.
pub const RECORD: &str = "docs/reference/validation.json";
/// People an arm, and seed: enough that the Monte-Carlo error is small beside the printed intervals.
const PEOPLE: u32 = 200;
const SEED: u64 = 1;
/// How many misses are named with a reason.
const WORST: usize = 10;

/// The text of the page and the record of its numbers, or why there is none.
pub fn made(atlas: &Atlas) -> Result<[String; 2], String> {
    let targets = Targets::load(atlas, &Embedded).map_err(|(found, map)| model::diagnostic::render(&found, &map))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options { size: PEOPLE, seed: SEED, threads, only: vec![], all: false, overrides: BTreeMap::new() };
    let report = validate(atlas, &targets, &options, &mut |_, _, _| std::ops::ControlFlow::Continue(()))
        .map_err(|e| format!("{e:?}"))?;
    let record = Made::of(atlas, &targets, &report, PEOPLE, SEED).text();
    Ok([text(&targets, &report), record])
}

fn number(x: f64) -> String {
    if x.is_finite() { format!("{x:.2}") } else { "never".into() }
}

fn text(targets: &Targets, report: &Report) -> String {
    let mut out = String::from("# What trials printed, and what the model says\n");
    out.push_str(&format!(
        "Every arm is run as virtual trials of the printed size (four or more, and {PEOPLE} people an arm or more), seed {SEED}; `resynapse validate` prints the same table.\n\
         Trials without a setting of their own differ in how much hope they raise, by the ledger's prior between trials.\n\
         One set of numbers for all trials; settings of a trial (entry threshold, how much hope it raises, how much of what is felt turns into belief, severity of its people) are rows of the ledger with a `trial=` context.\n\
         Most rows took part in sizing those numbers, so this page shows calibration, not prediction.\n\n"
    ));
    let signs: Vec<bool> = report.findings.iter().filter_map(|f| f.sign).collect();
    out.push_str(&format!(
        "**{} scored numbers, {:.0} % inside their printed interval, median |z| {:.2}; {:.0} % of the printed numbers lie where one more virtual trial of that size would (95 % prediction); {} of {} directions as expected.**\n",
        report.scored().count(),
        100.0 * report.share_inside(),
        report.median_z(),
        100.0 * report.share_predicted(),
        signs.iter().filter(|s| **s).count(),
        signs.len()
    ));
    out.push_str(
        "`z` is the distance in printed standard errors (of the logarithm for ratios and spreads); ± is the Monte-Carlo error over virtual trials, `one trial` where one more of them would lie.\n\n",
    );
    out.push_str(&format!("## The {WORST} worst\n| id | study | what | printed | model | z | likely reason |\n|---|---|---|---|---|---|---|\n"));
    let mut worst: Vec<&Finding> = report.scored().collect();
    worst.sort_by(|a, b| distance(b).total_cmp(&distance(a)).then(a.target.id.cmp(&b.target.id)));
    for f in worst.into_iter().take(WORST) {
        let reason = targets.reasons.get(&f.target.id).map_or("not understood", String::as_str);
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {reason} |\n",
            f.target.id,
            f.target.study,
            what(f),
            f.target.estimate.map_or(String::new(), number),
            number(f.predicted),
            f.z.map_or(String::new(), number)
        ));
    }
    out.push_str(
        "\n## How broad change is\nStandard deviation and bimodality coefficient of virtual change (0.33 for a normal law, 0.56 for a flat one, 1 for two points), beside the printed spread.\n\n\
         | id | study | what | people | mean | SD | printed SD | bimodality |\n|---|---|---|---|---|---|---|---|\n",
    );
    for s in &report.spreads {
        let t = &s.target;
        let at = t.time_h.map_or(String::new(), |h| format!(" at {}", span(h)));
        out.push_str(&format!(
            "| {} | {} | {} {}{at}, {} | {} | {} | {} | {} | {} |\n",
            t.id,
            t.study,
            t.endpoint,
            t.statistic,
            t.scenario,
            s.people,
            number(s.mean),
            number(s.sd),
            number(s.printed),
            number(s.bimodality)
        ));
    }
    out.push_str("\n## All rows\n| id | study | what | printed | 95 % interval | model | ± | one trial | z | |\n|---|---|---|---|---|---|---|---|---|---|\n");
    for f in &report.findings {
        let verdict = f.verdict();
        out.push_str(&format!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {verdict} |\n",
            f.target.id,
            f.target.study,
            what(f),
            f.target.estimate.map_or(String::new(), number),
            f.target.interval.map_or(String::new(), |(low, high)| format!("{} to {}", number(low), number(high))),
            number(f.predicted),
            number(f.error),
            f.predictive.map_or(String::new(), |(low, high)| format!("{} to {}", number(low), number(high))),
            f.z.filter(|_| f.target.usage == Usage::Score).map_or(String::new(), number)
        ));
    }
    out
}

/// Hours as a reader says them.
fn span(hours: f64) -> String {
    if hours >= 48.0 { format!("{:.0} d", hours / 24.0) } else { format!("{hours} h") }
}

fn distance(f: &Finding) -> f64 {
    f.z.map_or(f64::INFINITY, f64::abs)
}

fn what(f: &Finding) -> String {
    let at = f.target.time_h.map_or(String::new(), |h| format!(" at {}", span(h)));
    format!("{} {}{at}, {}", f.target.endpoint, f.target.statistic, f.target.scenario)
}
