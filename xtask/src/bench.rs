//! The performance bench: what a patient-month of the whole assembly costs, how accurate it is, and how that compares
//! with diffsol on the same equations.
//!
//! Every time is processor time of one thread, so that other work on the machine disturbs it little, given as the
//! median of several repeats with the least and the most. Nothing here fails on a missed target; it is reported.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the machine")]

mod cohort;
mod generated;
mod measure;
mod outside;

use cohort::{COURSES, Cohort, Grid, MONTH_H, counts};
use measure::{Spread, cost_at, exponent, peak_memory_mib, processor_seconds, repeat, round, surroundings};
use outside::{Outside, Variant};
use serde_json::{Map, Value, json};
use sim::{Job, Options, Program};

/// Tolerances that are reported.
const TOLERANCES: [f64; 3] = [1e-4, 1e-5, 1e-6];
/// Further ones, so that errors of the other solver fall between measured ones.
const CURVE: [f64; 6] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
/// Tolerance of the solution that errors are judged by.
const TRUTH: f64 = 1e-10;
const LANES: usize = 16;
const WEEK_H: f64 = 168.0;

/// How much is measured.
struct Size {
    people: u32,
    repeats: usize,
    compared: u32,
    crowd: [u64; 3],
}

/// Figures as JSON, and the same as lines to read.
#[derive(Default)]
struct Report {
    figures: Map<String, Value>,
    lines: Vec<String>,
    targets: Vec<Value>,
}

impl Report {
    fn title(&mut self, text: &str) {
        self.lines.push(String::new());
        self.lines.push(text.to_string());
    }
    fn line(&mut self, text: String) {
        self.lines.push(format!("  {text}"));
    }
    fn target(&mut self, what: &str, figure: f64, least: Option<f64>, most: Option<f64>) {
        let met = least.is_none_or(|l| figure >= l) && most.is_none_or(|m| figure <= m);
        self.targets
            .push(json!({ "what": what, "figure": round(figure), "at_least": least, "at_most": most, "met": met }));
    }
}

/// Runs the bench and prints it. True whatever the figures are.
pub fn run(json: bool, quick: bool) -> bool {
    let size = match quick {
        true => Size { people: 32, repeats: 3, compared: 2, crowd: [50, 200, 800] },
        false => Size { people: 64, repeats: 5, compared: 8, crowd: [100, 1_000, 10_000] },
    };
    let mut report = Report::default();
    report.figures.insert("quick".into(), json!(quick));
    report.figures.insert("machine".into(), surroundings());
    report.line(format!("{}", report.figures["machine"]));
    let cohort = Cohort::new(size.repeats);
    preparation(&cohort, &size, &mut report);
    cost(&cohort, &size, &mut report);
    lanes(&cohort, &size, &mut report);
    comparison(&cohort, &size, quick, &mut report);
    crowd(&cohort, &size, &mut report);
    report.title("targets");
    for target in report.targets.clone() {
        let met = if target["met"] == true { "met   " } else { "missed" };
        let bound = match (&target["at_least"], &target["at_most"]) {
            (Value::Null, most) => format!("at most {most}"),
            (least, Value::Null) => format!("at least {least}"),
            (least, most) => format!("{least} to {most}"),
        };
        report.line(format!("{met}  {}: {} ({bound})", target["what"].as_str().unwrap_or(""), target["figure"]));
    }
    report.figures.insert("targets".into(), Value::Array(report.targets.clone()));
    match json {
        true => println!("{:#}", Value::Object(report.figures)),
        false => println!("{}", report.lines.join("\n")),
    }
    true
}

/// What it takes before the first step: the model once, each person once.
fn preparation(cohort: &Cohort, size: &Size, report: &mut Report) {
    report.title("preparation, ms (median, least to most)");
    let [read, join, compile] = cohort.assembling.map(|s| s.times(1e3));
    let typical = cohort.parameters(0);
    let many = 20;
    let per_person =
        |work: &mut dyn FnMut()| repeat(size.repeats, || (0..many).for_each(|_| work())).times(1e3 / f64::from(many));
    let draw = per_person(&mut || drop(cohort.parameters(1)));
    let rest = per_person(&mut || drop(cohort.rest(&typical)));
    let alone = per_person(&mut || drop(cohort.prepared.rest(&typical)));
    let job = per_person(&mut || drop(cohort.job(0, 1, MONTH_H, Grid::Daily, true)));
    let rows = [
        ("read_atlas", "read the atlas: models and ledger from text", read),
        ("join_and_lower", "join the modules, lower to a graph", join),
        ("compile", "Jacobian, tape, elimination order", compile),
        ("draw_person", "draw a person's parameters", draw),
        ("steady_state", "drug-free state of a person, search prepared once", rest),
        ("steady_state_alone", "drug-free state of a person, search prepared anew", alone),
        ("set_up_person", "a person ready to run: draw, drug-free state, schedule", job),
    ];
    let mut figures = Map::new();
    for (key, what, spread) in rows {
        report.line(format!("{spread}  {what}"));
        figures.insert(format!("{key}_ms"), spread.json());
    }
    let sizes = cohort.prepared.program.sizes();
    let mut model = Map::new();
    model.insert("states".into(), json!(cohort.states()));
    model.insert("parameters".into(), json!(typical.len()));
    model.extend(sizes.iter().map(|(name, n)| (name.replace(' ', "_"), json!(n))));
    report.line(format!("model: {}", Value::Object(model.clone())));
    report.figures.insert("model".into(), Value::Object(model));
    report.figures.insert("preparation".into(), Value::Object(figures));
}

/// What one measurement of the engine found, per person.
struct Cost {
    ms: Spread,
    steps: f64,
    rejected: f64,
    fallbacks: f64,
}

fn engine(program: &Program, jobs: &[Job], rtol: f64, lanes: usize, repeats: usize) -> Cost {
    let options = Options { rtol, lanes, ..resynapse::prepare::options() };
    let mut counts = [0; 3];
    let seconds = repeat(repeats, || {
        counts = [0; 3];
        sim::run(program, jobs.iter().cloned(), &options, &mut |_| {}, &mut |outcome| {
            assert!(outcome.result.is_ok(), "{:?}", outcome.result);
            let s = outcome.statistics;
            for (sum, x) in counts.iter_mut().zip([s.steps, s.rejected, s.pivot_fallbacks]) {
                *sum += x;
            }
        });
    });
    let n = jobs.len() as f64;
    let [steps, rejected, fallbacks] = counts.map(|x| x as f64 / n);
    Cost { ms: seconds.times(1e3 / n), steps, rejected, fallbacks }
}

/// Cost of a patient-month for each course, grid of samples and tolerance.
fn cost(cohort: &Cohort, size: &Size, report: &mut Report) {
    report.title(&format!("cost of a patient-month at {LANES} lanes, ms; {} people drawn, one thread", size.people));
    let mut list = Vec::new();
    for (course, (name, sentence)) in COURSES.iter().enumerate() {
        for (grid, life) in [(Grid::Daily, true), (Grid::Daily, false), (Grid::Report, true)] {
            let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(course, i, MONTH_H, grid, life)).collect();
            let (events, samples) = counts(&jobs[0]);
            for rtol in TOLERANCES {
                let found = engine(&cohort.prepared.program, &jobs, rtol, LANES, size.repeats);
                let each = found.ms.times(1e6 / found.steps / cohort.states() as f64);
                report.line(format!(
                    "{name:<26} life {:<3} {samples:>4} samples rtol {rtol:.0e}: {} ms, {:.0} steps, {:.0} rejected, {:.1} ns per state and step",
                    if life { "on" } else { "off" }, found.ms, found.steps, found.rejected, each.median,
                ));
                list.push(json!({
                    "course": sentence, "daily_life": life, "samples": samples, "events": events, "rtol": rtol,
                    "ms_per_patient_month": found.ms.json(), "ns_per_state_and_step": each.json(),
                    "steps": round(found.steps), "rejected": round(found.rejected), "pivot_fallbacks": found.fallbacks,
                }));
                if rtol == 1e-5 && life && grid == Grid::Daily {
                    let ms = format!("ms per patient-month, rtol 1e-5, daily life, {name}");
                    report.target(&ms, found.ms.median, None, Some(3.0));
                    let ns = format!("ns per state and accepted step, {LANES} lanes, {name}");
                    report.target(&ns, each.median, None, Some(60.0));
                }
            }
        }
    }
    report.figures.insert("cost".into(), Value::Array(list));
}

/// How the lane count matters, and where the time of a step goes.
fn lanes(cohort: &Cohort, size: &Size, report: &mut Report) {
    report.title("lanes, first course, daily samples, rtol 1e-5");
    let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(0, i, MONTH_H, Grid::Daily, true)).collect();
    let clock = {
        let start = cpu_time::ThreadTime::now();
        move || start.elapsed().as_secs_f64()
    };
    let mut list = Vec::new();
    for lanes in [1, 4, 8, 16, 32] {
        let found = engine(&cohort.prepared.program, &jobs, 1e-5, lanes, size.repeats.min(3));
        let each = found.ms.times(1e6 / found.steps / cohort.states() as f64);
        let mut row =
            json!({ "lanes": lanes, "ms_per_patient_month": found.ms.json(), "ns_per_state_and_step": each.json() });
        report.line(format!("{lanes:>2} lanes: {} ms, {:.1} ns per state and step", found.ms, each.median));
        if lanes >= 4 {
            let p = cohort.prepared.program.profile(lanes, &jobs[0].states, &jobs[0].parameters, &clock);
            let sum = p.jacobian + p.rates + p.factorization + p.solutions;
            let beside = 1.0 - p.attempt * (found.steps + found.rejected) / (found.ms.median * 1e6);
            let shares = [
                ("rates_and_jacobian", p.jacobian),
                ("rates", p.rates),
                ("factorization", p.factorization),
                ("right_sides_and_solutions", p.solutions),
            ];
            let shares: Map<String, Value> = shares.iter().map(|(k, x)| ((*k).into(), json!(round(x / sum)))).collect();
            report.line(format!(
                "         attempt {:.0} ns per lane; shares {}; outside of attempts run back to back {:.0} %",
                p.attempt,
                Value::Object(shares.clone()),
                100.0 * beside,
            ));
            row["attempt_ns_per_lane"] = json!(round(p.attempt));
            row["prologue_ns_per_lane"] = json!(round(p.prologue));
            row["shares_of_an_attempt"] = Value::Object(shares);
            row["share_beside_attempts"] = json!(round(beside));
        }
        list.push(row);
    }
    report.figures.insert("lanes".into(), Value::Array(list));
}

/// States at the samples, one list per job.
fn samples(program: &Program, jobs: &[Job], rtol: f64) -> Vec<Vec<f64>> {
    let options = Options { rtol, lanes: LANES, ..resynapse::prepare::options() };
    let outcomes = sim::run_parallel(program, jobs.to_vec(), &options, 1);
    outcomes.into_iter().map(|o| o.result.map(|()| o.samples).unwrap_or_else(|e| panic!("{e}"))).collect()
}

/// Root mean square over people, samples and states of the error relative to `abs(state) + 1e-3 * scale`.
fn error(found: &[Vec<f64>], truth: &[Vec<f64>], scales: &[f64]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (found, truth) in found.iter().zip(truth) {
        assert_eq!(found.len(), truth.len(), "both solvers put out the same samples");
        for (i, (x, t)) in found.iter().zip(truth).enumerate() {
            let share = (x - t) / (t.abs() + 1e-3 * scales[i % scales.len()]);
            sum += share * share;
            count += 1.0;
        }
    }
    f64::sqrt(sum / count)
}

/// Achieved errors, and diffsol at equal error.
fn comparison(cohort: &Cohort, size: &Size, quick: bool, report: &mut Report) {
    report.title(
        "accuracy: root mean square of error / (abs(state) + 1e-3 scale), all states, daily samples, first course",
    );
    let system = cohort.system_of_states();
    let program = Program::compile(&system);
    let scales: Vec<f64> = system.states.iter().map(|s| s.scale).collect();
    let many: Vec<Job> = (0..size.people).map(|i| cohort.job(0, i, MONTH_H, Grid::Daily, true)).collect();
    let few = &many[..size.compared as usize];
    let truth = samples(&program, few, TRUTH);
    let mut curve = Vec::new();
    let mut ours = Vec::new();
    for rtol in CURVE {
        let reached = error(&samples(&program, few, rtol), &truth, &scales);
        let found = engine(&program, &many, rtol, LANES, size.repeats.min(3));
        report
            .line(format!("engine   rtol {rtol:.0e}: error {reached:.1e}, {} ms, {:.0} steps", found.ms, found.steps));
        ours.push(json!({
            "rtol": rtol, "error": round(reached), "ms_per_patient_month": found.ms.json(), "steps": round(found.steps),
        }));
        curve.push((reached, found.ms.median));
    }
    let mut figures = Map::new();
    figures.insert("truth".into(), json!(format!("the engine at rtol {TRUTH:e}")));
    if !quick {
        let week = [cohort.job(0, 0, WEEK_H, Grid::Daily, true)];
        let reference = sim::reference::Program::compile(&system);
        let mut slow = Vec::new();
        let options = Options { rtol: 1e-9, ..Options::default() };
        sim::reference::run(&reference, week.iter().cloned(), &options, &mut |_| {}, &mut |o| slow.push(o.samples));
        let apart = error(&samples(&program, &week, TRUTH), &slow, &scales);
        report.line(format!(
            "the truth and the reference engine at rtol 1e-9 differ by {apart:.1e} (one person, one week)"
        ));
        figures.insert("truth_against_reference_engine".into(), json!(round(apart)));
    }
    figures.insert("people".into(), json!(size.compared));
    figures.insert("engine".into(), Value::Array(ours));
    match Outside::new(&system) {
        Ok(other) => diffsol(&other, few, &truth, &scales, &curve, size, &mut figures, report),
        Err(why) => {
            report.line(format!("diffsol was not run: its equations could not be compiled ({why})"));
            figures.insert("diffsol".into(), json!({ "not_run": why }));
        }
    }
    report.figures.insert("accuracy".into(), Value::Object(figures));
}

#[allow(clippy::too_many_arguments, reason = "one step of `comparison`, apart only to be short")]
fn diffsol(
    other: &Outside,
    jobs: &[Job],
    truth: &[Vec<f64>],
    scales: &[f64],
    curve: &[(f64, f64)],
    size: &Size,
    figures: &mut Map<String, Value>,
    report: &mut Report,
) {
    let [rates_ns, slopes_ns] = other.nanoseconds_per_call(&jobs[0]);
    report.line(format!("diffsol's closures: {rates_ns:.0} ns for the rates, {slopes_ns:.0} ns for the Jacobian"));
    let mut rows = Vec::new();
    let mut least: Option<f64> = None;
    for rtol in [1e-4, 1e-5, 1e-6, 1e-7] {
        let mut best: Option<(f64, f64)> = None;
        for variant in Variant::ALL {
            let mut ran = Err(String::new());
            let ms =
                repeat(size.repeats.min(3), || ran = other.run(jobs, rtol, variant)).times(1e3 / jobs.len() as f64);
            let name = variant.name();
            let ran = match ran {
                Ok(ran) => ran,
                Err(why) => {
                    report.line(format!("diffsol  rtol {rtol:.0e} {name}: failed ({why})"));
                    rows.push(json!({ "rtol": rtol, "variant": name, "failed": why }));
                    continue;
                }
            };
            let reached = error(&ran.samples, truth, scales);
            let (own, outside) = cost_at(curve, reached);
            let n = jobs.len() as f64;
            let inside =
                (ran.rates_called as f64 * rates_ns + ran.slopes_called as f64 * slopes_ns) / n * 1e-6 / ms.median;
            let ratio = ms.median / own;
            if best.is_none_or(|(cost, _)| ms.median < cost) {
                best = Some((ms.median, ratio));
            }
            report.line(format!(
                "diffsol  rtol {rtol:.0e} {name:<22}: error {reached:.1e}, {ms} ms, {:.0} steps, {:.0} % in closures; the engine at that error {own:.2} ms: ratio {ratio:.1}{}",
                ran.steps as f64 / n, 100.0 * inside, if outside { " (extrapolated)" } else { "" },
            ));
            rows.push(json!({
                "rtol": rtol, "variant": name, "error": round(reached), "ms_per_patient_month": ms.json(),
                "steps": round(ran.steps as f64 / n), "share_in_closures": round(inside),
                "engine_ms_at_that_error": round(own), "ratio": round(ratio), "extrapolated": outside,
            }));
        }
        if let Some((_, ratio)) = best {
            least = Some(least.map_or(ratio, |l| l.min(ratio)));
        }
    }
    if let Some(ratio) = least {
        report.target(
            "diffsol's best variant over the engine at equal error, least over its tolerances",
            ratio,
            Some(8.0),
            None,
        );
    }
    figures.insert("diffsol".into(), Value::Array(rows));
    figures.insert("diffsol_closure_ns".into(), json!({ "rates": round(rates_ns), "jacobian": round(slopes_ns) }));
}

/// Many people, made one by one and dropped: is the cost linear, does memory stay flat?
fn crowd(cohort: &Cohort, size: &Size, report: &mut Report) {
    report
        .title("many people, streamed: first course cut to one week, rtol 1e-5, drawing and drug-free state included");
    let options = Options { lanes: LANES, ..resynapse::prepare::options() };
    let mut points = Vec::new();
    let mut rows = Vec::new();
    for (k, count) in size.crowd.into_iter().enumerate() {
        let before = peak_memory_mib();
        let mut done = 0_u64;
        let once = || {
            let jobs = (0..count as u32).map(|i| cohort.job(0, i, WEEK_H, Grid::Daily, true));
            sim::run(&cohort.prepared.program, jobs, &options, &mut |_| {}, &mut |outcome| {
                done += u64::from(outcome.result.is_ok());
            });
        };
        let seconds = repeat(if k == 2 { 1 } else { 3 }, once);
        let after = peak_memory_mib();
        let memory = after.map_or("unknown".into(), |x| format!("{x:.1} MiB"));
        report.line(format!("{count:>6} people: {seconds} s, peak memory {memory}"));
        rows.push(json!({
            "people": count, "seconds": seconds.json(), "finished": done,
            "peak_memory_mib_before": before.map(round), "peak_memory_mib_after": after.map(round),
        }));
        points.push((count as f64, seconds.median));
    }
    let slope = exponent(&points);
    report.line(format!("exponent of cost over people: {slope:.3}"));
    report.target("exponent of cost over people", slope, Some(0.95), Some(1.05));
    let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(0, i, MONTH_H, Grid::Daily, true)).collect();
    let (set_up, _) =
        processor_seconds(|| (0..size.people).for_each(|i| drop(cohort.job(0, i, MONTH_H, Grid::Daily, true))));
    let month =
        engine(&cohort.prepared.program, &jobs, 1e-5, LANES, 1).ms.median + set_up * 1e3 / f64::from(size.people);
    let minutes = month * 1e5 / 2.0 / 60e3;
    report.line(format!(
        "100,000 patient-months on 2 cores, computed from {month:.2} ms each, nothing written: {minutes:.1} min"
    ));
    report.target(
        "minutes for 100,000 patient-months on 2 cores (computed, without writing)",
        minutes,
        None,
        Some(6.0),
    );
    report.figures.insert("crowd".into(), json!({ "horizon_h": WEEK_H, "runs": rows, "exponent": round(slope) }));
}
