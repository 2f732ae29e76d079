//! The performance bench: what a patient-month of the whole assembly costs, how accurate it is, and how that compares
//! with diffsol on the same equations.
//!
//! Every time is processor time of one thread, so that other work on the machine disturbs it little, given as the
//! median of several repeats with the least and the most. Nothing here fails on a missed target; it is reported.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock and the machine")]

mod cohort;
mod generated;
mod measure;
pub mod neural;
mod outside;

use cohort::{COURSES, Cohort, Grid, MONTH_H, counts};
use measure::{Spread, cost_at, exponent, peak_memory_mib, processor_seconds, repeat, round, surroundings};
use outside::{Outside, Variant};
use serde_json::{Map, Value, json};
use sim::{Job, Options, Program};

/// What can be measured besides the engine.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub enum What {
    /// The fast circuits of the probes.
    Neural,
}

/// Tolerances that are reported.
const TOLERANCES: [f64; 3] = [1e-4, 1e-5, 1e-6];
/// Further ones, so that errors of the other solver fall between measured ones.
const CURVE: [f64; 7] = [1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8];
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
        false => Size { people: 64, repeats: 9, compared: 8, crowd: [100, 1_000, 10_000] },
    };
    let mut report = Report::default();
    report.figures.insert("quick".into(), json!(quick));
    report.figures.insert("machine".into(), surroundings());
    report.line(format!("{}", report.figures["machine"]));
    let cohorts = [0, 1].map(|course| Cohort::new(size.repeats, course));
    let cohort = &cohorts[0];
    preparation(cohort, &size, &mut report);
    cost(&cohorts, &size, &mut report);
    lanes(cohort, &size, &mut report);
    comparison(cohort, &size, quick, &mut report);
    crowd(cohort, &size, &mut report);
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
    let many = size.people;
    let drawn: Vec<Vec<f64>> = (0..many).map(|i| cohort.parameters(i)).collect();
    let per_person = |work: &mut dyn FnMut(u32)| {
        repeat(size.repeats, || (0..many).for_each(&mut *work)).times(1e3 / f64::from(many))
    };
    let draw = per_person(&mut |i| drop(cohort.parameters(i)));
    let rest = per_person(&mut |i| drop(cohort.rest(&drawn[i as usize])));
    let alone = per_person(&mut |i| drop(cohort.prepared.rest(&drawn[i as usize])));
    let job = per_person(&mut |i| drop(cohort.job(i, MONTH_H, Grid::Daily, true)));
    let rows = [
        ("read_atlas", "read the atlas: models and ledger from text", read),
        ("join_and_lower", "join the modules, lower to a graph", join),
        ("compile", "Jacobian, tape, elimination order", compile),
        ("draw_person", "draw a person's parameters", draw),
        ("steady_state", "drug-free state of a person, search prepared once", rest),
        ("steady_state_alone", "drug-free state of a person, search prepared anew", alone),
        ("set_up_person", "a person ready to run: draw, drug-free state (prepared once), schedule", job),
    ];
    let mut figures = Map::new();
    for (key, what, spread) in rows {
        report.line(format!("{spread}  {what}"));
        figures.insert(format!("{key}_ms"), spread.json());
    }
    let sizes = cohort.prepared.program().sizes();
    let mut model = Map::new();
    model.insert("states".into(), json!(cohort.states()));
    model.insert("parameters".into(), json!(drawn[0].len()));
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
fn cost(cohorts: &[Cohort; 2], size: &Size, report: &mut Report) {
    report.title(&format!("cost of a patient-month at {LANES} lanes, ms; {} people drawn, one thread", size.people));
    let mut list = Vec::new();
    for (cohort, (name, sentence)) in cohorts.iter().zip(&COURSES) {
        for (grid, life) in [(Grid::Daily, true), (Grid::Daily, false), (Grid::Report, true)] {
            let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(i, MONTH_H, grid, life)).collect();
            let (events, samples) = counts(&jobs[0]);
            for rtol in TOLERANCES {
                let found = engine(cohort.prepared.program(), &jobs, rtol, LANES, size.repeats);
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
                    report.target(&ms, found.ms.median, None, Some(6.0));
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
    let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(i, MONTH_H, Grid::Daily, true)).collect();
    let clock = {
        let start = cpu_time::ThreadTime::now();
        move || start.elapsed().as_secs_f64()
    };
    let mut list = Vec::new();
    for lanes in [1, 4, 8, 16, 32] {
        let found = engine(cohort.prepared.program(), &jobs, 1e-5, lanes, size.repeats.min(3));
        let each = found.ms.times(1e6 / found.steps / cohort.states() as f64);
        let mut row =
            json!({ "lanes": lanes, "ms_per_patient_month": found.ms.json(), "ns_per_state_and_step": each.json() });
        report.line(format!("{lanes:>2} lanes: {} ms, {:.1} ns per state and step", found.ms, each.median));
        if lanes >= 4 {
            let p = cohort.prepared.program().profile(lanes, &jobs[0].states, &jobs[0].parameters, &clock);
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
    let many: Vec<Job> = (0..size.people).map(|i| cohort.job(i, MONTH_H, Grid::Daily, true)).collect();
    let few = &many[..size.compared as usize];
    let truth = samples(&program, few, TRUTH);
    let mut ours: Vec<Point> =
        CURVE.iter().map(|&rtol| Point::new(rtol, error(&samples(&program, few, rtol), &truth, &scales))).collect();
    let mut figures = Map::new();
    figures.insert("truth".into(), json!(format!("the engine at rtol {TRUTH:e}")));
    figures.insert("people".into(), json!(size.compared));
    let other = Outside::new(&system);
    let mut theirs: Vec<(Variant, Vec<Point>)> = Vec::new();
    if let Ok(other) = &other {
        for variant in Variant::ALL {
            match survey(other, few, variant, &truth, &scales) {
                Ok(points) => theirs.push((variant, points)),
                Err(why) => report.line(format!("diffsol, {}: failed ({why})", variant.name())),
            }
        }
        theirs.sort_by(|a, b| total(&a.1).total_cmp(&total(&b.1)));
    }
    // Both solvers in turn, so that a ratio compares what ran under the same conditions.
    let mut ratios = vec![Vec::new(); COMPARED.len()];
    for _ in 0..size.repeats.min(7) {
        for point in &mut ours {
            point.ms.push(engine(&program, &many, point.rtol, LANES, 1).ms.median);
        }
        let (Ok(other), Some((variant, points))) = (&other, theirs.first_mut()) else { continue };
        let curve: Vec<(f64, f64)> = ours.iter().map(|p| (p.error, p.ms[p.ms.len() - 1])).collect();
        for (point, ratios) in points.iter_mut().zip(&mut ratios) {
            let (seconds, _) = processor_seconds(|| other.run(few, point.rtol, *variant));
            let ms = seconds * 1e3 / few.len() as f64;
            point.ms.push(ms);
            ratios.push(ms / cost_at(&curve, point.error).0);
        }
    }
    let rows: Vec<Value> = ours.iter().map(Point::json).collect();
    for point in &ours {
        report.line(format!("engine  {}", point.line()));
    }
    figures.insert("engine".into(), Value::Array(rows));
    if !quick {
        let week = [cohort.job(0, WEEK_H, Grid::Daily, true)];
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
    match other {
        Ok(other) => diffsol(&other, &few[0], &theirs, &ours, ratios, &mut figures, report),
        Err(why) => {
            report.line(format!("diffsol was not run: its equations could not be compiled ({why})"));
            figures.insert("diffsol".into(), json!({ "not_run": why }));
        }
    }
    report.figures.insert("accuracy".into(), Value::Object(figures));
}

/// One tolerance of one solver.
struct Point {
    rtol: f64,
    error: f64,
    /// Per patient-month, one measurement after the other.
    ms: Vec<f64>,
    steps: Option<f64>,
    /// Calls of rates and slopes per patient-month, where the solver counts them.
    calls: Option<[f64; 2]>,
}

impl Point {
    fn new(rtol: f64, error: f64) -> Point {
        Point { rtol, error, ms: Vec::new(), steps: None, calls: None }
    }

    fn json(&self) -> Value {
        json!({
            "rtol": self.rtol, "error": round(self.error), "ms_per_patient_month": Spread::of(self.ms.clone()).json(),
            "steps": self.steps.map(round),
        })
    }

    fn line(&self) -> String {
        let steps = self.steps.map_or(String::new(), |s| format!(", {s:.0} steps"));
        format!("rtol {:.0e}: error {:.1e}, {} ms{steps}", self.rtol, self.error, Spread::of(self.ms.clone()))
    }
}

/// Tolerances at which diffsol is run; the last lies beyond what is asked of the engine and is not part of the target.
const COMPARED: [f64; 4] = [1e-4, 1e-5, 1e-6, 1e-7];

fn total(points: &[Point]) -> f64 {
    points.iter().map(|p| p.ms[0]).sum()
}

/// One pass of a variant over the tolerances: errors, steps and a first measurement.
fn survey(
    other: &Outside,
    jobs: &[Job],
    variant: Variant,
    truth: &[Vec<f64>],
    scales: &[f64],
) -> Result<Vec<Point>, String> {
    let n = jobs.len() as f64;
    let one = |&rtol: &f64| {
        let (seconds, ran) = processor_seconds(|| other.run(jobs, rtol, variant));
        let ran = ran?;
        let calls = [ran.rates_called, ran.slopes_called].map(|c| c as f64 / n);
        Ok(Point {
            ms: vec![seconds * 1e3 / n],
            steps: Some(ran.steps as f64 / n),
            calls: Some(calls),
            ..Point::new(rtol, error(&ran.samples, truth, scales))
        })
    };
    COMPARED.iter().map(one).collect()
}

/// Reports diffsol: every variant's first pass, and the best one's ratio at equal error.
fn diffsol(
    other: &Outside,
    job: &Job,
    theirs: &[(Variant, Vec<Point>)],
    ours: &[Point],
    ratios: Vec<Vec<f64>>,
    figures: &mut Map<String, Value>,
    report: &mut Report,
) {
    let [rates_ns, slopes_ns] = other.nanoseconds_per_call(job);
    report.line(format!("diffsol's closures: {rates_ns:.0} ns for the rates, {slopes_ns:.0} ns for the Jacobian"));
    let least_error = ours.iter().map(|p| p.error).fold(f64::INFINITY, f64::min);
    let most_error = ours.iter().map(|p| p.error).fold(0.0, f64::max);
    let mut rows = Vec::new();
    let mut least = f64::INFINITY;
    for (place, (variant, points)) in theirs.iter().enumerate() {
        for (k, point) in points.iter().enumerate() {
            let mut row = point.json();
            let mut line = format!("diffsol {}, {}", point.line(), variant.name());
            row["variant"] = json!(variant.name());
            if place == 0 {
                let [rates, slopes] = point.calls.unwrap_or_default();
                let inside = (rates * rates_ns + slopes * slopes_ns) * 1e-6 / Spread::of(point.ms.clone()).median;
                let ratio = Spread::of(ratios[k].clone());
                let outside = !(least_error..=most_error).contains(&point.error);
                line += &format!("; {:.0} % in closures; at equal error {ratio} times the engine", 100.0 * inside);
                line += if outside { " (extrapolated)" } else { "" };
                row["share_in_closures"] = json!(round(inside));
                row["ratio_at_equal_error"] = ratio.json();
                row["extrapolated"] = json!(outside);
                if TOLERANCES.contains(&point.rtol) {
                    least = least.min(ratio.median);
                }
            }
            report.line(line);
            rows.push(row);
        }
    }
    if least.is_finite() {
        let what = "diffsol's best variant over the engine at equal error, least of rtol 1e-4, 1e-5, 1e-6";
        report.target(what, least, Some(8.0), None);
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
            let jobs = (0..count as u32).map(|i| cohort.job(i, WEEK_H, Grid::Daily, true));
            sim::run(cohort.prepared.program(), jobs, &options, &mut |_| {}, &mut |outcome| {
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
    let jobs: Vec<Job> = (0..size.people).map(|i| cohort.job(i, MONTH_H, Grid::Daily, true)).collect();
    let (set_up, _) =
        processor_seconds(|| (0..size.people).for_each(|i| drop(cohort.job(i, MONTH_H, Grid::Daily, true))));
    let month =
        engine(cohort.prepared.program(), &jobs, 1e-5, LANES, 1).ms.median + set_up * 1e3 / f64::from(size.people);
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
