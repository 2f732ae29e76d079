//! How soon a run moves a signal: the time at which half of its largest effect is there.

use crate::figure::signal::ROUNDING;
use crate::figure::words;
use resynapse::run::Results;

/// An effect smaller than this share of the largest among the runs is not spoken of.
const SLIGHT: f64 = 0.02;
/// The most signals shown unless others are asked for.
const MOST: usize = 7;
/// What a comparison shows first if it moves: the chain from a target to the symptom, for a blocker of receptors and
/// for an inhibitor of reuptake. What else moves fills the room that is left.
const FIRST: [&str; 9] = [
    "madrs.total",
    "spine.density",
    "nmda.blocked.sst",
    TRANSPORTER,
    "serotonin.adaptation",
    "bdnf.level",
    "glutamate.extracellular",
    "plasma.ketamine",
    "cadss.total",
];
/// Held by inhibitors of serotonin reuptake alone.
const TRANSPORTER: &str = "sert.occupancy";

/// What one run does to one signal, against the same person without treatment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pace {
    /// The largest difference, in the unit of the trace.
    pub effect: f64,
    /// Hours until it is at the largest.
    pub at_h: f64,
    /// Hours until half of it is there.
    pub half_h: f64,
}

/// The pace of a trace in a run; `None` where the run does not move it.
pub fn pace(results: &Results, k: usize) -> Option<Pace> {
    pace_of(results, k, &|t| results.difference(k, t))
}

/// The pace of any difference of a trace over time.
fn pace_of(results: &Results, k: usize, difference: &dyn Fn(f64) -> f64) -> Option<Pace> {
    let course = results.treated();
    let differences: Vec<(f64, f64)> = course.times_h.iter().map(|t| (*t, difference(*t))).collect();
    let farthest = |best: (f64, f64), p: &(f64, f64)| if p.1.abs() > best.1.abs() { *p } else { best };
    let (at_h, effect) = differences.iter().fold((0.0, 0.0), farthest);
    let size = course.values[k].iter().fold(0.0, |a: f64, v| a.max(v.abs()));
    // What integration leaves behind is no effect.
    const NOISE: f64 = 1e-5;
    if effect.abs() <= ROUNDING.max(NOISE * size) {
        return None;
    }
    let share = |p: &(f64, f64)| p.1 / effect;
    let after = differences.iter().position(|p| share(p) >= 0.5)?;
    let half_h = match after.checked_sub(1).map(|i| differences[i]) {
        Some(before) => {
            let (low, high) = (share(&before), share(&differences[after]));
            let along = if high > low { (0.5 - low) / (high - low) } else { 1.0 };
            before.0 + along * (differences[after].0 - before.0)
        }
        None => differences[after].0,
    };
    Some(Pace { effect, at_h, half_h })
}

/// The pace of a port in every run; a run whose effect is slight beside that of another does not move it.
pub fn paces(results: &[&Results], port: &str) -> Vec<Option<Pace>> {
    let all: Vec<Option<Pace>> = results.iter().map(|r| r.trace(port).and_then(|k| pace(r, k))).collect();
    let most = all.iter().flatten().map(|p| p.effect.abs()).fold(0.0, f64::max);
    all.into_iter().map(|p| p.filter(|p| p.effect.abs() >= SLIGHT * most)).collect()
}

/// The signals that move in at least one run, in the order of the chain, the most telling first where room is short.
pub fn telling(results: &[&Results]) -> Vec<String> {
    let Some(first) = results.first() else { return Vec::new() };
    let traces = first.traces();
    let mut moving: Vec<usize> =
        (0..traces.len()).filter(|k| paces(results, &traces[*k].port).iter().any(Option::is_some)).collect();
    let rank = |k: &usize| {
        let named = FIRST.iter().position(|p| *p == traces[*k].port);
        let symptom = traces[*k].lane == "symptom";
        named.unwrap_or(if symptom { FIRST.len() } else { FIRST.len() + 1 })
    };
    moving.sort_by_key(|k| (rank(k), *k));
    moving.truncate(MOST);
    if moving.is_empty() {
        // Nothing moves: the symptom is shown, and says so.
        moving.extend((0..traces.len()).rev().find(|k| traces[*k].lane == "symptom"));
    }
    moving.sort_unstable();
    moving.into_iter().map(|k| traces[k].port.clone()).collect()
}

/// True where some run holds the serotonin transporter and some other does not: then the question is why one is fast.
pub fn asks_why(results: &[&Results]) -> bool {
    let holds = paces(results, TRANSPORTER);
    holds.iter().any(Option::is_some) && holds.iter().any(Option::is_none)
}

/// A short name for each run: its drugs, or its own name; a letter keeps equal ones apart.
pub fn short_names(results: &[&Results]) -> Vec<String> {
    const LONGEST: usize = 40;
    let drugs = |r: &&Results| {
        let mut names: Vec<String> = Vec::new();
        for dose in r.plan().regimen.doses.iter().filter(|d| !d.compound.is_empty()) {
            let name = dose.compound.replace('_', " ");
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if names.is_empty() || !r.plan().regimen.happenings.is_empty() {
            return words::shorten(&r.plan().name, LONGEST);
        }
        words::list(&names)
    };
    let names: Vec<String> = results.iter().map(drugs).collect();
    let twice = |name: &String| names.iter().filter(|n| *n == name).count() > 1;
    names.iter().enumerate().map(|(i, n)| if twice(n) { format!("{n} {}", letter(i)) } else { n.clone() }).collect()
}

/// The letter of a run, in parentheses.
pub fn letter(i: usize) -> String {
    format!("({})", char::from(b'A' + (i % 26) as u8))
}

/// Who moves a signal when, as one sentence.
pub fn sentence(results: &[&Results], port: &str) -> String {
    let text = inside_a_sentence(results, port);
    let mut rest = text.chars();
    rest.next().map_or(String::new(), |first| first.to_uppercase().chain(rest).collect())
}

/// As [`sentence`], to follow a colon.
pub fn inside_a_sentence(results: &[&Results], port: &str) -> String {
    let names = short_names(results);
    let paces = paces(results, port);
    let mut movers: Vec<(f64, &String)> =
        paces.iter().zip(&names).filter_map(|(p, name)| Some((p.as_ref()?.half_h, name))).collect();
    movers.sort_by(|a, b| a.0.total_cmp(&b.0));
    let still: Vec<String> =
        paces.iter().zip(&names).filter(|(p, _)| p.is_none()).map(|(_, name)| name.clone()).collect();
    let does_not = match still.len() {
        0 => String::new(),
        1 => format!("{} does not move it", still[0]),
        _ => format!("{} do not move it", words::list(&still)),
    };
    let text = match movers.as_slice() {
        [] => return "no run moves it.".into(),
        [(half, name)] => {
            format!("half of the largest effect of {name} is there after {}", words::span(*half))
        }
        all if all.iter().all(|(half, _)| words::span(*half) == words::span(all[0].0)) => {
            format!("half of the largest effect is there after {} with {}", words::span(all[0].0), each(all))
        }
        all => {
            let parts: Vec<String> =
                all.iter().map(|(half, name)| format!("after {} with {name}", words::span(*half))).collect();
            format!("half of the largest effect is there {}", words::list(&parts))
        }
    };
    let text = if still.is_empty() { text } else { format!("{text}; {does_not}") };
    format!("{text}{}.", by_the_drug(results, port, &names))
}

/// Where a session's expectation is part of an effect: when the drug's own part is half there.
fn by_the_drug(results: &[&Results], port: &str, names: &[String]) -> String {
    let told = results.iter().zip(names).filter_map(|(r, name)| {
        let k = r.trace(port)?;
        let raised = r.treated().times_h.iter().any(|t| (r.difference(k, *t) - r.drug_part(k, *t)).abs() > ROUNDING);
        if !raised || r.traces()[k].lane != "symptom" {
            return None;
        }
        Some(match pace_of(r, k, &|t| r.drug_part(k, t)) {
            Some(own) => format!(
                "without the expectation a session raises, half of {name} is there after {}",
                words::span(own.half_h)
            ),
            None => format!("without the expectation a session raises, {name} does not move it"),
        })
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { String::new() } else { format!("; {}", told.join("; ")) }
}

/// All names of runs that move a signal alike.
fn each(movers: &[(f64, &String)]) -> String {
    let mut names: Vec<String> = movers.iter().map(|(_, name)| name.to_string()).collect();
    names.sort();
    words::list(&names)
}
