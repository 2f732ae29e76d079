//! What happens besides drugs: therapy, habits, stressors, history, links that are cut, hypotheses, named runs.

use model::source::{SourceMap, Sources};
use resynapse::atlas::{Atlas, Embedded};
use resynapse::hypothesis::ensemble;
use resynapse::prepare::{Person, options, prepare};
use resynapse::protocol;
use resynapse::run::{Plan, follow, run};

fn plans(atlas: &Atlas, text: &str) -> Result<Vec<Plan>, String> {
    let mut map = SourceMap::default();
    let read = protocol::read(atlas, &mut map, &Embedded, "test.toml", text);
    read.map(|p| p.plans).map_err(|found| model::diagnostic::render(&found, &map))
}

const LIFE: &str = r#"
[study]
title = "life"
until = "30 d"
[[arm]]
name = "all"
dose = "ketamine 0.5 mg/kg iv over 40 min"
  [[arm.therapy]]
  kind = "cbt"
  at = "day 2"
  every = "7 d"
  times = 3
  [[arm.habit]]
  kind = "exercise"
  amount = 0.5
  from = "1 d"
  until = "20 d"
  [[arm.stressor]]
  at = "day 10"
  [[arm.stressor]]
  kind = "chronic"
  amount = 0.3
  until = "15 d"
  [[arm.contact]]
  every = "7 d"
  times = 2
"#;

#[test]
fn agrees_that_a_protocol_holds_what_happens_besides_drugs() {
    let atlas = Atlas::embedded();
    let plans = plans(&atlas, LIFE).expect("a protocol");
    let happenings = &plans[0].regimen.happenings;
    let of = |event: &str| happenings.iter().filter(|h| h.event == event).map(|h| h.at_h).collect::<Vec<f64>>();
    assert_eq!(of("therapy.cbt"), [24.0, 192.0, 360.0]);
    assert_eq!(of("session"), [0.0, 168.0]);
    assert_eq!(of("stressor"), [216.0]);
    assert_eq!(of("stress.chronic"), [0.0]);
    let exercise = happenings.iter().find(|h| h.event == "habit.exercise").expect("exercise");
    assert_eq!((exercise.amount, exercise.at_h, exercise.over_h), (0.5, 24.0, 456.0));
    // Without treatment the stress stays and everything else goes.
    let left: Vec<&str> = happenings.iter().filter(|h| h.of_life()).map(|h| h.event.as_str()).collect();
    assert_eq!(left, ["stress.chronic", "stressor"]);
}

#[test]
fn rejects_what_cannot_happen() {
    let atlas = Atlas::embedded();
    let text = LIFE
        .replace("kind = \"cbt\"", "kind = \"cbd\"")
        .replace("until = \"20 d\"", "until = \"0 h\"")
        .replace("times = 2", "times = 1.5")
        .replace("amount = 0.3", "amount = -1");
    let found = plans(&atlas, &text).expect_err("four mistakes");
    for code in ["RS6510", "RS6515", "RS6513", "RS6512"] {
        assert!(found.contains(code), "{code} is missing in\n{found}");
    }
    assert!(found.contains("known: cbt"), "{found}");
}

/// A level that lasts reaches the given amount and leaves when it ends; a linear module, so the value is exact.
#[test]
fn agrees_that_a_habit_holds_its_level() {
    let atlas = Atlas::embedded();
    let plans = plans(&atlas, LIFE).expect("a protocol");
    let ports = ["exercise.fitness".to_string(), "stress.cortisol".to_string()];
    let course = follow(&atlas, &plans[0], true, &ports, &[]).unwrap_or_else(|e| panic!("{e:?}"));
    let fitness = |h: f64| course.at(0, h);
    assert!(fitness(12.0).abs() < 1e-12 && fitness(480.0) > 0.1 && fitness(480.0) < 0.5);
    assert!(fitness(719.0) < fitness(490.0), "fitness fades once the habit ends");
    assert!(course.at(1, 300.0) > 1.02, "stress raises cortisol while it lasts");
}

/// The history of a condition lies before the start: what it leaves behind is there at hour 0.
#[test]
fn agrees_that_history_comes_before_the_start() {
    let mut atlas = Atlas::embedded();
    let regimen = Default::default();
    let mut plan = Plan::new("untreated", regimen);
    plan.until_h = 24.0;
    let ports = ["stress.load".to_string()];
    let load = |atlas: &Atlas| follow(atlas, &plan, true, &ports, &[]).unwrap_or_else(|e| panic!("{e:?}")).at(0, 0.0);
    assert_eq!(load(&atlas), 0.0);
    let condition = atlas.conditions.get_mut(resynapse::atlas::DEFAULT_CONDITION).expect("the default condition");
    condition.history = vec![resynapse::happening::Happening {
        event: "stress.chronic".into(),
        amount: 1.0,
        at_h: -2880.0,
        over_h: 2880.0,
    }];
    assert!(load(&atlas) > 0.1, "120 days of stress leave a load of {}", load(&atlas));
}

#[test]
fn agrees_that_a_held_port_stays_at_rest() {
    let atlas = Atlas::embedded();
    let text = "[study]\ntitle = \"t\"\nuntil = \"4 d\"\n[[arm]]\nname = \"a\"\n\
                dose = \"ketamine 0.5 mg/kg iv over 40 min\"\nhold = [\"trkb.activity\"]\n";
    let plans = plans(&atlas, text).expect("a protocol");
    let r = run(&atlas, &plans[0]).unwrap_or_else(|e| panic!("{e:?}"));
    let k = r.trace("trkb.activity").expect("a trace");
    assert!(r.treated().values[k].iter().all(|x| (x - 1.0).abs() < 1e-9));
    let bdnf = r.trace("bdnf.level").expect("a trace");
    assert!(r.treated().peak(bdnf).1 > 1.05, "what lies before the cut still moves");
}

/// Every scenario is a protocol that runs, one arm after the other, and each path weight of a hypothesis lies in [0, 1].
#[test]
fn agrees_that_scenarios_and_hypotheses_are_sound() {
    let atlas = Atlas::embedded();
    assert!(atlas.scenarios.len() >= 16 && atlas.hypotheses.len() == 11);
    for scenario in atlas.scenarios.values() {
        let mut map = SourceMap::default();
        let protocol = scenario.protocol(&atlas, &mut map).unwrap_or_else(|f| panic!("{}: {f:?}", scenario.name));
        assert!(!scenario.answer.is_empty() && scenario.question.ends_with('?'), "{}", scenario.name);
        for plan in &protocol.plans {
            let ports = ["madrs.total".to_string()];
            let course = follow(&atlas, plan, true, &ports, &[]).unwrap_or_else(|e| panic!("{}: {e:?}", scenario.name));
            assert!(course.values[0].iter().all(|x| (0.0..=60.0).contains(x)), "{}", scenario.name);
        }
    }
    let hypotheses: Vec<&str> = atlas.hypotheses.keys().map(String::as_str).collect();
    for row in atlas.library.ledger.rows().iter().filter(|r| r.id.starts_with("path.")) {
        assert!((0.0..=1.0).contains(&row.value), "{} is {}", row.id, row.value);
        for context in row.context.iter().filter_map(|c| c.strip_prefix("hypothesis=")) {
            assert!(hypotheses.contains(&context), "{}: no hypothesis {context}", row.id);
        }
    }
    for hypothesis in atlas.hypotheses.values() {
        assert!(hypothesis.supports.len() > 20 && hypothesis.against.len() > 20, "{} shows one side", hypothesis.id);
    }
}

#[test]
fn agrees_that_an_ensemble_is_weighed() {
    let atlas = Atlas::embedded();
    let found = ensemble(&atlas, "H1:3,h4:1").expect("two members");
    assert_eq!(found, [("H1".to_string(), 0.75), ("H4".to_string(), 0.25)]);
    assert_eq!(ensemble(&atlas, "consensus").expect("one").len(), 1);
    assert!(ensemble(&atlas, "H1,H1").expect_err("twice").0.contains("twice"));
    assert!(ensemble(&atlas, "H1:-1").is_err());
    assert!(ensemble(&atlas, "Zebra").expect_err("unknown").1.contains("H1"));
}

/// A file that the atlas names but lacks is found at load, with its place.
#[test]
fn rejects_an_atlas_with_loose_ends() {
    struct Changed;
    impl Sources for Changed {
        fn read(&self, path: &str) -> Result<String, String> {
            let text = Embedded.read(path)?;
            Ok(match path {
                "claims.csv" => text.replacen("K01,", "K02,", 1),
                "scenarios/one_infusion.toml" => text.replace("answer = [", "answer = [\"no_such_expectation\", "),
                _ => text,
            })
        }
        fn list(&self, folder: &str) -> Vec<String> {
            Embedded.list(folder)
        }
    }
    let (atlas, found) = Atlas::load(&Changed);
    let text = model::diagnostic::render(&found, &atlas.library.sources);
    assert!(text.contains("RS6414") && text.contains("no_such_expectation"), "{text}");
    assert!(text.contains("RS4045") && text.contains("occurs twice"), "{text}");
}

/// Leaving out what stays zero, and what reaches no output, changes no result beyond the tolerance.
#[test]
fn agrees_that_a_focused_system_gives_the_same_course() {
    let atlas = Atlas::embedded();
    let plans = plans(&atlas, LIFE).expect("a protocol");
    let mut plan = plans[0].clone();
    plan.rtol = 1e-8;
    plan.until_h = 72.0;
    let ports = ["madrs.total".to_string()];
    let focused = follow(&atlas, &plan, true, &ports, &[]).unwrap_or_else(|e| panic!("{e:?}"));
    let assembly = &atlas.assemblies[resynapse::atlas::WHOLE].assembly;
    let request = model::lower::Request { outputs: ports.to_vec(), ..Default::default() };
    let prepared = prepare(&atlas, assembly, &plan.patient, &request).unwrap_or_else(|f| panic!("{f:?}"));
    let parameters = prepared.parameters(&plan.patient, Person::Typical);
    let states = prepared.rest(&parameters).expect("rest");
    let events = resynapse::dosing::events(&atlas, &prepared, &parameters, &plan.regimen).expect("events");
    let events: Vec<_> = events.into_iter().filter(|e| e.time <= 72.0).collect();
    let times = resynapse::dosing::sample_times(&plan.regimen, 72.0);
    let job = sim::Job {
        end: 72.0,
        reset: states.clone(),
        states,
        parameters,
        schedule: resynapse::dosing::schedule(events, &times),
        ..sim::Job::default()
    };
    let options = sim::Options { rtol: 1e-8, ..options() };
    let outcome = sim::run_parallel(prepared.program(), vec![job], &options, 1).remove(0);
    assert!(outcome.result.is_ok(), "{:?}", outcome.result);
    assert_eq!(outcome.sample_times, focused.times_h);
    for (a, b) in outcome.samples.iter().zip(&focused.values[0]) {
        assert!((a - b).abs() < 1e-5 * a.abs(), "{a} and {b}");
    }
}

/// Suicidal ideation is a figure for groups: no run of one person reports it, and no item of the score is reported.
#[test]
fn agrees_that_no_person_is_told_about_suicidality() {
    let atlas = Atlas::embedded();
    for trace in &atlas.assemblies[resynapse::atlas::WHOLE].traces {
        for word in ["suicid", "ideation", "madrs.item"] {
            assert!(!trace.port.contains(word) && !trace.label.contains(word), "{} is reported", trace.port);
        }
    }
}
