//! Each mechanism by itself, inputs held at their rest values.

use model::assembly::Assembly;
use model::lower::Request;
use resynapse::atlas::Atlas;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, Prepared, prepare};
use sim::expr::{Point, Symbol};
use sim::{Entry, Job, What};

fn alone(atlas: &Atlas, path: &str) -> Prepared {
    let assembly = Assembly { name: path.into(), modules: vec![path.into()], alone: true, ..Assembly::default() };
    let request = Request { checks: true, ..Request::default() };
    prepare(atlas, &assembly, &Patient::default(), &request)
        .unwrap_or_else(|found| panic!("{path}: {}", model::diagnostic::render(&found, &atlas.library.sources)))
}

fn each(check: impl Fn(&Atlas, &str, &Prepared, &[f64], &[f64])) {
    let atlas = Atlas::embedded();
    assert!(atlas.library.modules.len() >= 25);
    for path in atlas.library.modules.keys() {
        let prepared = alone(&atlas, path);
        let parameters = prepared.parameters(&Patient::default(), Person::Typical);
        let rest = prepared.rest(&parameters).unwrap_or_else(|d| panic!("{path}: {}", d.message));
        check(&atlas, path, &prepared, &parameters, &rest);
    }
}

#[test]
fn agrees_that_every_module_keeps_its_checks_at_rest() {
    let atlas = Atlas::embedded();
    for path in atlas.library.modules.keys() {
        let found = resynapse::exam::at_rest(&atlas, path);
        assert!(found.is_empty(), "{}", model::diagnostic::render(&found, &atlas.library.sources));
    }
    each(|_, path, prepared, parameters, rest| {
        let values = prepared.outputs(rest, parameters);
        assert!(values.iter().all(|x| x.is_finite()), "{path}: a watched value is not finite");
    });
}

#[test]
fn agrees_that_nothing_moves_without_drug() {
    each(|_, path, prepared, parameters, rest| {
        if rest.is_empty() {
            return;
        }
        let job = Job {
            id: 0,
            time: 0.0,
            end: 240.0,
            states: rest.to_vec(),
            parameters: parameters.to_vec(),
            reset: rest.to_vec(),
            schedule: vec![Entry { time: 240.0, what: What::Sample }],
            progress: None,
        };
        let mut outcome = None;
        let jobs = std::iter::once(job);
        sim::run(prepared.program(), jobs, &resynapse::prepare::options(), &mut |_| {}, &mut |o| outcome = Some(o));
        let outcome = outcome.expect("an outcome");
        assert!(outcome.result.is_ok(), "{path}: {:?}", outcome.result);
        for (k, (before, after)) in rest.iter().zip(&outcome.states).enumerate() {
            let state = &prepared.model.states[k];
            let allowed = 1e-6 * (before.abs() + state.scale);
            assert!((after - before).abs() <= allowed, "{path}: {} moves from {before} to {after}", state.id);
        }
    });
}

/// States a little off rest, so that no term hides at its kink.
fn nudged(prepared: &Prepared, rest: &[f64]) -> Vec<f64> {
    rest.iter()
        .zip(&prepared.model.states)
        .enumerate()
        .map(|(i, (y, s))| y + s.scale * 0.01 * (1.0 + 0.1 * i as f64))
        .collect()
}

#[test]
fn agrees_symbolic_jacobian_with_differences() {
    each(|_, path, prepared, parameters, rest| {
        let mut system = prepared.lowered.system.clone();
        let states = nudged(prepared, rest);
        let rates = system.rates.clone();
        let n = states.len();
        let at = |graph: &sim::Graph, y: &[f64]| {
            graph.evaluate(&rates, &Point { time: 1.0, states: y, parameters, arguments: [0.0; 4] })
        };
        for j in 0..n {
            let column: Vec<_> = (0..n).map(|i| system.graph.derivative(rates[i], Symbol::State(j as u32))).collect();
            let point = Point { time: 1.0, states: &states, parameters, arguments: [0.0; 4] };
            let symbolic = system.graph.evaluate(&column, &point);
            let h = 1e-5 * (states[j].abs() + prepared.model.states[j].scale);
            let (mut up, mut down) = (states.clone(), states.clone());
            up[j] += h;
            down[j] -= h;
            let (f_up, f_down) = (at(&system.graph, &up), at(&system.graph, &down));
            for i in 0..n {
                let difference = (f_up[i] - f_down[i]) / (up[j] - down[j]);
                let size = symbolic[i].abs().max(difference.abs());
                let noise = 1e-9 * (f_up[i].abs() + f_down[i].abs()) / h;
                assert!(
                    (symbolic[i] - difference).abs() <= 1e-5 * size + noise + 1e-12,
                    "{path}: d {}'/d {}: {} by the graph, {difference} by differences",
                    prepared.model.states[i].id,
                    prepared.model.states[j].id,
                    symbolic[i]
                );
            }
        }
    });
}

#[test]
fn agrees_that_every_module_says_what_it_is_and_where_it_ends() {
    let atlas = Atlas::embedded();
    for (path, module) in &atlas.library.modules {
        assert!(module.about.len() > 80, "{path} does not say what it is");
        assert!(module.limits.len() > 20, "{path} does not state its limits");
        let lines = atlas.library.sources.text(module.file).lines().count();
        assert!(lines <= 110, "{path} has {lines} lines: is it two mechanisms?");
    }
}

/// A mechanism whose equations no longer fit its own checks is found without a run.
#[test]
fn rejects_a_mechanism_that_breaks_its_own_check() {
    let mut atlas = Atlas::embedded();
    let path = "plasticity/trkb_signalling";
    let text =
        model::source::Sources::read(&resynapse::atlas::Embedded, &format!("models/{path}.mech")).expect("a file");
    let broken = text.replace("- trkb.activity)", "- 2 * trkb.activity)").replace("- activity)", "- 2 * activity)");
    assert_ne!(text, broken);
    let mut found = Vec::new();
    atlas.library.add(path, "broken.mech", &broken, &mut found);
    assert!(found.is_empty());
    let found = resynapse::exam::at_rest(&atlas, path);
    assert!(found.iter().any(|d| d.code == "RS5003"), "{found:?}");
}
