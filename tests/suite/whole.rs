//! The whole chain over every route: balance of mass, fractions, the modules' own checks, dose order, no drug no change.

use model::lower::Request;
use model::source::SourceMap;
use model::syntax::Check;
use resynapse::atlas::{Atlas, WHOLE};
use resynapse::dosing;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, Prepared, options, prepare};
use resynapse::regimen::sentence;
use sim::{Entry, Job, Options, What};

/// One dose by every route.
const ROUTES: [&str; 9] = [
    "ketamine 0.5 mg/kg iv over 40 min",
    "ketamine 0.5 mg/kg iv bolus",
    "ketamine 1 mg/kg im",
    "ketamine 1 mg/kg sc",
    "esketamine 84 mg nasal",
    "ketamine 2 mg/kg oral",
    "ketamine 240 mg oral_er",
    "ketamine 100 mg sublingual",
    "esketamine 50 mg film",
];

struct Whole {
    atlas: Atlas,
    prepared: Prepared,
    parameters: Vec<f64>,
    rest: Vec<f64>,
}

/// Outputs asked for before the checks.
const PORTS: [&str; 2] = ["disposition.amount_s", "disposition.amount_r"];

impl Whole {
    fn new() -> Whole {
        let atlas = Atlas::embedded();
        let assembly = atlas.assemblies[WHOLE].assembly.clone();
        let request = Request { outputs: PORTS.map(String::from).to_vec(), checks: true, ..Request::default() };
        let prepared = prepare(&atlas, &assembly, &Patient::default(), &request)
            .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &atlas.library.sources)));
        let parameters = prepared.parameters(&Patient::default(), Person::Typical);
        let rest = prepared.rest(&parameters).unwrap_or_else(|d| panic!("{}", d.message));
        Whole { atlas, prepared, parameters, rest }
    }

    fn job(&self, text: &str, times: &[f64]) -> Job {
        let mut map = SourceMap::default();
        let regimen = sentence(&self.atlas, &mut map, text)
            .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &map)));
        let mut schedule = dosing::events(&self.atlas, &self.prepared, &self.parameters, &regimen).expect("events");
        schedule.extend(times.iter().map(|t| Entry { time: *t, what: What::Sample }));
        schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
        Job {
            id: 0,
            time: 0.0,
            end: times.iter().copied().fold(0.0, f64::max),
            states: self.rest.clone(),
            parameters: self.parameters.clone(),
            reset: self.rest.clone(),
            schedule,
            progress: None,
        }
    }

    /// Rows of outputs, and the final states.
    fn run(&self, job: Job, rtol: f64) -> (Vec<Vec<f64>>, Vec<f64>) {
        let options = Options { rtol, ..options() };
        let mut outcome = None;
        sim::run(self.prepared.program(), std::iter::once(job), &options, &mut |_| {}, &mut |o| outcome = Some(o));
        let outcome = outcome.expect("an outcome");
        assert!(outcome.result.is_ok(), "{:?}", outcome.result);
        let width = self.prepared.lowered.system.outputs.len();
        (outcome.samples.chunks(width).map(<[f64]>::to_vec).collect(), outcome.states)
    }
}

fn grid(end_h: f64) -> Vec<f64> {
    (1..=240).map(|i| end_h * (f64::from(i) / 240.0) * (f64::from(i) / 240.0)).collect()
}

/// What was given equals what is held, excreted and lost, to 1e-8, on every route (excretion is a state).
#[test]
fn agrees_that_mass_balances_on_every_route() {
    let whole = Whole::new();
    for text in ROUTES {
        let end_h = 200.0;
        let (rows, _) = whole.run(whole.job(text, &grid(end_h)), 1e-5);
        let mut map = SourceMap::default();
        let regimen = sentence(&whole.atlas, &mut map, text).expect("a dose");
        let events = dosing::events(&whole.atlas, &whole.prepared, &whole.parameters, &regimen).expect("events");
        let mut given = [0.0; 2];
        for (name, action) in &whole.prepared.lowered.actions {
            let Some(k) = ["ketamine_s", "ketamine_r"].iter().position(|s| name.ends_with(s)) else { continue };
            for e in &events {
                if let What::Event { action: a, arguments } = e.what
                    && a == *action
                {
                    given[k] += arguments[0];
                }
            }
        }
        let last = rows.last().expect("rows");
        for k in 0..2 {
            let error = (last[k] - given[k]).abs();
            assert!(error <= 1e-8 * given[k].max(1.0), "{text}, {}: {} of {}", PORTS[k], last[k], given[k]);
        }
        assert!(given[0] > 0.0, "{text} gives nothing");
    }
}

/// Checks that modules declare `always`, and fractions within ten absolute tolerances of [0, 1] without being clipped.
#[test]
fn agrees_that_checks_hold_on_every_route() {
    let whole = Whole::new();
    let checks = whole.prepared.model.checks();
    assert!(checks.iter().filter(|c| matches!(c.check, Check::Always(_))).count() >= 15);
    for text in ROUTES {
        let (rows, _) = whole.run(whole.job(text, &grid(672.0)), 1e-5);
        for row in &rows {
            for (check, value) in checks.iter().zip(&row[PORTS.len()..]) {
                if let Check::Always(e) = &check.check {
                    assert!(*value == 1.0, "{text}: {}: {e} does not hold", check.instance);
                }
            }
        }
    }
}

#[test]
fn agrees_that_fractions_stay_fractions() {
    let whole = Whole::new();
    let rtol = 1e-5;
    for text in ROUTES {
        let job = whole.job(text, &grid(672.0));
        // Stop often enough to look at the states themselves.
        let mut stops = job.clone();
        stops.schedule.extend(grid(672.0).iter().map(|t| Entry { time: *t, what: What::Stop }));
        stops.schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
        let bound: Vec<usize> =
            (0..whole.rest.len()).filter(|i| whole.prepared.model.states[*i].id.contains("bound.")).collect();
        assert!(bound.len() >= 20);
        let mut look = |visit: &mut sim::Visit<'_>| {
            for i in &bound {
                let (state, y) = (&whole.prepared.model.states[*i], visit.states()[*i]);
                let atol = rtol * 1e-3 * state.scale;
                assert!((-10.0 * atol..=1.0 + 10.0 * atol).contains(&y), "{text}: {} is {y}", state.id);
            }
        };
        let options = Options { rtol, ..options() };
        sim::run(whole.prepared.program(), std::iter::once(stops), &options, &mut look, &mut |o| {
            assert!(o.result.is_ok(), "{:?}", o.result);
        });
    }
}

/// `dose up` checks: the watched value moves the stated way from each dose to the next.
#[test]
fn agrees_that_dose_order_is_kept() {
    let whole = Whole::new();
    let checks = whole.prepared.model.checks();
    let mut watched = 0;
    for (i, check) in checks.iter().enumerate() {
        let Check::DoseUp { value, at, unit, rises } = &check.check else { continue };
        let at_h = model::unit::Unit::parse(&unit.value).expect("checked").to_coherent(*at);
        let route =
            ROUTES.iter().find(|r| check.instance.contains("absorption_") && instance_hears(&check.instance, r));
        let route = route.copied().unwrap_or(ROUTES[0]);
        // Only the S form is in esketamine: skip the other instance there.
        if route.starts_with("esketamine") && check.instance.ends_with(".r") {
            continue;
        }
        let mut last: Option<f64> = None;
        for factor in [0.5, 1.0, 2.0] {
            let mut job = whole.job(route, &[at_h]);
            for entry in &mut job.schedule {
                if let What::Event { arguments, .. } = &mut entry.what
                    && arguments[0] != 1.0
                {
                    arguments[0] *= factor;
                }
            }
            let (rows, _) = whole.run(job, 1e-6);
            let now = rows[0][PORTS.len() + i];
            if let Some(before) = last {
                let up = now > before;
                assert!(up == *rises && now != before, "{}: {value} goes from {before} to {now}", check.instance);
            }
            last = Some(now);
        }
        watched += 1;
    }
    assert!(watched >= 10, "only {watched} values watched");
}

fn instance_hears(instance: &str, route: &str) -> bool {
    let key = instance.split('.').next().unwrap_or("").trim_start_matches("absorption_");
    let word = match key {
        "injection" => "ketamine 1 mg/kg im",
        "nasal" => "nasal",
        "oral" => " oral",
        "sublingual" => "sublingual",
        "film" => "film",
        "extended_release" => "oral_er",
        _ => return false,
    };
    route.contains(word) && !(key == "oral" && route.contains("oral_er"))
}

/// No drug, no session, no life: the typical person stays where they are for 28 days, on any tolerance.
#[test]
fn agrees_that_no_drug_changes_nothing() {
    let whole = Whole::new();
    let job = Job {
        id: 0,
        time: 0.0,
        end: 672.0,
        states: whole.rest.clone(),
        parameters: whole.parameters.clone(),
        reset: whole.rest.clone(),
        schedule: vec![Entry { time: 672.0, what: What::Sample }],
        progress: None,
    };
    for rtol in [1e-4, 1e-5, 1e-6] {
        let (_, after) = whole.run(job.clone(), rtol);
        for (k, (before, after)) in whole.rest.iter().zip(&after).enumerate() {
            let state = &whole.prepared.model.states[k];
            assert!(
                (after - before).abs() <= 1e-7 * (before.abs() + state.scale),
                "{} moves by {}",
                state.id,
                after - before
            );
        }
    }
}

/// The fast engine and the plain one on the real chain, over the first day of an infusion.
#[test]
fn agrees_with_the_reference_engine() {
    let whole = Whole::new();
    let times = [0.25, 0.7, 1.0, 2.0, 4.0, 8.0];
    let job = whole.job(ROUTES[0], &times);
    let (fast, _) = whole.run(job.clone(), 1e-7);
    let reference = sim::reference::Program::compile(&whole.prepared.lowered.system);
    let options = Options { rtol: 1e-7, ..options() };
    let mut outcome = None;
    sim::reference::run(&reference, std::iter::once(job), &options, &mut |_| {}, &mut |o| outcome = Some(o));
    let outcome = outcome.expect("an outcome");
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    let width = whole.prepared.lowered.system.outputs.len();
    for (i, row) in fast.iter().enumerate() {
        for (k, value) in row.iter().enumerate() {
            let slow = outcome.samples[i * width + k];
            assert!(
                (value - slow).abs() <= 1e-5 * (value.abs() + 1e-3),
                "output {k} at {} h: {value} and {slow}",
                times[i]
            );
        }
    }
}
