//! Virtual trials: what must follow from their design, whatever the model says.

use model::source::{SourceMap, Sources};
use resynapse::atlas::{Atlas, Embedded};
use std::sync::OnceLock;
use study::analysis::montecarlo;
use study::statistic::{correlation, mean, sd};
use study::trial::build::{Resources, Wanted, read};
use study::trial::design::Design;
use study::trial::power::{Truth, add, answers, tallies};
use study::trial::run::Trial;
use study::trial::schema::{DoseKind, End, EventKind, Record};

struct Nothing;

impl Sources for Nothing {
    fn read(&self, path: &str) -> Result<String, String> {
        Err(format!("no {path}"))
    }
    fn list(&self, _: &str) -> Vec<String> {
        Vec::new()
    }
}

fn atlas() -> &'static Atlas {
    static ATLAS: OnceLock<Atlas> = OnceLock::new();
    ATLAS.get_or_init(Atlas::embedded)
}

fn design(text: &str) -> Design {
    let resources = Resources::load(&Embedded).expect("the atlas has its files");
    let mut map = SourceMap::default();
    let read = read(atlas(), &resources, &mut map, &Nothing, "trial.toml", text, Wanted::default());
    read.unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &map)))
}

fn run(design: &Design) -> Vec<Record> {
    let trial = Trial::new(atlas(), design.clone(), None).expect("it compiles");
    trial.pieces().iter().flat_map(|piece| trial.run(piece).expect("it runs")).collect()
}

/// A protocol with arms and further sections.
fn protocol(size: u32, until: &str, trial: &str, rest: &str) -> String {
    format!(
        "[study]\nid = \"SIM-T\"\ntitle = \"A test\"\nuntil = \"{until}\"\nseed = 3\n\n[population]\nsize = {size}\n\
         entry = [\"madrs >= 28\", \"age >= 18\", \"age <= 65\"]\n\n[trial]\n{trial}\n\n{rest}"
    )
}

const TWO_ARMS: &str = "[[arm]]\nname = \"ketamine\"\ndose = \"ketamine 0.5 mg/kg iv over 40 min\"\n\n\
                        [[arm]]\nname = \"saline\"\ndose = \"saline iv over 40 min\"\n\n";

fn values(records: &[Record], visit: u32) -> Vec<f64> {
    let seen = records.iter().filter_map(|r| r.visits.iter().find(|v| v.visit == visit));
    seen.map(|v| v.values[0]).filter(|x| x.is_finite()).collect()
}

/// People are chosen on a bad day: without any treatment the mean falls although nobody's usual state changes. Without a
/// threshold it does not.
#[test]
fn agrees_that_choice_alone_brings_regression_to_the_mean() {
    let rest = "[[arm]]\nname = \"nothing\"\nnothing = true\n\n[[visit]]\nat = \"21 d\"\n";
    let chosen = run(&design(&protocol(300, "21 d", "dropout = \"none\"", rest)));
    let all = design(&protocol(300, "21 d", "dropout = \"none\"", rest).replace("\"madrs >= 28\", ", ""));
    let all = run(&all);
    let fall = |records: &[Record]| mean(&values(records, 1)) - mean(&values(records, 0));
    let error = |records: &[Record]| sd(&values(records, 1)) / (records.len() as f64).sqrt();
    assert!(mean(&values(&chosen, 0)) > mean(&values(&all, 0)));
    assert!(fall(&chosen) < -2.0 * error(&chosen), "{}", fall(&chosen));
    assert!(fall(&chosen) < fall(&all) - error(&all), "{} {}", fall(&chosen), fall(&all));
    assert!(chosen.iter().all(|r| r.visits[0].values[0] >= 28.0));
}

#[test]
fn agrees_that_covariates_have_their_joint_distribution() {
    let rest = "[[arm]]\nname = \"nothing\"\nnothing = true\n\n[[visit]]\nat = \"1 h\"\n";
    let design = design(&protocol(4, "1 h", "", rest));
    let people = &design.people;
    let drawn: Vec<Vec<f64>> = (0..20_000).map(|subject| people.draw(1, 0, subject)).collect();
    let of = |id: &str| -> Vec<f64> {
        let k = people.position(id).expect(id);
        drawn.iter().map(|p| p[k]).collect()
    };
    let row = |id: &str| atlas().library.ledger.rows_of(id).next().map(|r| r.value).expect(id);
    let near = |x: f64, expected: f64, error: f64| assert!((x - expected).abs() < 4.0 * error, "{x} {expected}");
    let women = row("population.female");
    near(mean(&of("sex_female")), women, (women * (1.0 - women) / 20_000.0).sqrt());
    let q = row("population.cyp2b6_star6");
    near(mean(&of("cyp2b6_star6")), 2.0 * q, (2.0 * q * (1.0 - q) / 20_000.0).sqrt());
    assert!(of("age").iter().all(|x| *x >= 18.0));
    assert!(of("prior_failures").iter().all(|x| [2.0, 3.0, 4.0].contains(x)));
    let (height, weight, bmi) = (of("height"), of("weight"), of("bmi"));
    for i in 0..100 {
        assert!((bmi[i] - weight[i] / (height[i] * height[i])).abs() < 1e-9);
    }
    // Within one sex, on the scale of the draws.
    let men: Vec<usize> = (0..20_000).filter(|i| of_one(&drawn, people.position("sex_female"), *i) == 0.0).collect();
    let pick = |x: &[f64], log: bool| -> Vec<f64> {
        men.iter().map(|i| if log { sim::math::ln(x[*i]) } else { x[*i] }).collect()
    };
    let r = correlation(&pick(&height, false), &pick(&weight, true));
    near(r, row("population.correlation.height_weight"), 1.0 / (men.len() as f64).sqrt());
}

fn of_one(drawn: &[Vec<f64>], k: Option<usize>, i: usize) -> f64 {
    k.map_or(f64::NAN, |k| drawn[i][k])
}

/// Both arms the same, dissociation included: the primary analysis succeeds about as often as its level says. As it is,
/// it succeeds more often; and small trials of an arm that works fail often.
#[test]
fn agrees_with_the_level_under_the_sharp_null_and_lets_trials_fail() {
    let rest = format!(
        "{TWO_ARMS}[[visit]]\nat = [\"24 h\", \"3 d\"]\nassess = [\"madrs\"]\n\n[[analysis]]\nname = \"primary\"\n\
         method = \"mmrm\"\nat = \"3 d\"\n\n[power]\nsizes = [24]\ntrials = 160\n"
    );
    let design = design(&protocol(24, "3 d", "sites = 1", &rest));
    let power = design.power.clone().expect("there is one");
    let count = |truth: Truth| {
        let design = truth.design(&design, &power);
        let records = run(&design);
        let mut found = tallies(&power);
        for trial in records.chunks(24) {
            add(answers(&design, &power, trial), &mut found);
        }
        assert_eq!(found[0].trials, 160);
        assert!(found[0].unanswered < 8, "{:?}", found[0].why);
        found.remove(0)
    };
    let null = count(Truth::SharpNull);
    assert!(montecarlo::inside(u64::from(null.succeeded), 160, 0.025, 0.999), "{} of 160", null.succeeded);
    let near_zero = mean(&null.estimates) / (sd(&null.estimates) / 160.0_f64.sqrt());
    assert!(near_zero.abs() < 4.0, "{near_zero}");
    let assumed = count(Truth::Assumed);
    assert!(assumed.succeeded > 3 * null.succeeded.max(4), "{} {}", assumed.succeeded, null.succeeded);
    assert!(assumed.succeeded < 150, "{}", assumed.succeeded);
    // Felt but not working: what is left of the difference is unblinding, less than the whole.
    let felt = count(Truth::PharmacologicalNull);
    assert!(mean(&felt.estimates) > mean(&assumed.estimates), "{}", mean(&felt.estimates));
}

#[test]
fn agrees_that_allocation_is_balanced_within_strata() {
    let rest = format!("{TWO_ARMS}[[visit]]\nat = \"24 h\"\n")
        .replace("name = \"ketamine\"", "name = \"ketamine\"\nratio = 2");
    let trial = "sites = 2\nblock = 1\nstrata = [\"prior_failures >= 3\", \"sex_female = 1\"]";
    let design = design(&protocol(120, "24 h", trial, &rest));
    assert_eq!(design.layout.strata.len(), 4);
    let records = run(&design);
    for site in 0..2 {
        for stratum in 0..4 {
            let of: Vec<&Record> = records.iter().filter(|r| r.site == site && r.stratum == stratum).collect();
            let first = of.iter().filter(|r| r.sequence == 0).count();
            // Whole blocks of three hold two; what is left of the last may be anything.
            assert!(first.abs_diff(2 * of.len() / 3) <= 2, "{first} of {}", of.len());
        }
    }
    let k = design.people.position("prior_failures").expect("a covariate");
    assert!(records.iter().all(|r| (r.stratum & 1 == 1) == (r.covariates[k] >= 3.0)));
}

/// Leaving by the present score depends on what would have been seen; by the last seen score it does not. Either way the
/// share is like that of the trials it was sized to, and missed visits add to it.
#[test]
fn agrees_that_people_leave_and_miss_visits() {
    let rest = format!("{TWO_ARMS}[[visit]]\nat = [\"7 d\", \"14 d\", \"21 d\", \"28 d\"]\nassess = [\"madrs\"]\n");
    for how in ["at_random", "not_at_random"] {
        let trial = format!("dropout = \"{how}\"\nmissed = 0.2");
        let records = run(&design(&protocol(200, "28 d", &trial, &rest)));
        let left: Vec<&Record> = records.iter().filter(|r| r.end != End::Completed).collect();
        assert!((10..80).contains(&left.len()), "{how}: {}", left.len());
        assert!(left.iter().any(|r| r.end == End::LackOfEfficacy) && left.iter().any(|r| r.end == End::Other));
        for r in &records {
            assert!(r.visits.iter().all(|v| v.at_h <= r.end_h), "{how}");
            assert!(r.doses.iter().all(|d| d.at_h <= r.end_h));
        }
        let full = records.iter().filter(|r| r.end == End::Completed);
        let missed: usize = full.clone().map(|r| 5 - r.visits.len()).sum();
        let share = missed as f64 / (4 * full.count()) as f64;
        assert!((share - 0.2).abs() < 0.06, "{share}");
    }
    let stays = run(&design(&protocol(40, "28 d", "dropout = \"none\"", &rest)));
    assert!(stays.iter().all(|r| r.end == End::Completed && r.visits.len() == 5));
}

#[test]
fn agrees_that_rules_act_on_what_is_seen() {
    let rest = "[[arm]]\nname = \"esketamine\"\ndose = \"esketamine 28 mg nasal weekly for 6 weeks\"\n\n\
        [[visit]]\nat = [\"7 d\", \"14 d\", \"21 d\", \"28 d\", \"35 d\"]\nassess = [\"madrs\"]\n\n\
        [[rule]]\nkind = \"adjust\"\nwhen = \"madrs.percent > -30\"\nvisits = [\"7 d\", \"14 d\"]\nfactor = 2\nmost = 3\ntimes = 2\n\n\
        [[rule]]\nkind = \"space\"\nwhen = \"madrs.percent <= -50\"\nvisits = [\"21 d\"]\nevery = 2\n\n\
        [[rule]]\nkind = \"rescue\"\nwhen = \"madrs.percent > -10\"\nvisits = [\"21 d\"]\ndose = \"lorazepam 1 mg oral daily for 2 days\"\n\n\
        [[rule]]\nkind = \"stop\"\nwhen = \"madrs <= 10\"\nvisits = [\"28 d\"]\n";
    let records = run(&design(&protocol(120, "42 d", "dropout = \"none\"", rest)));
    let has = |r: &Record, kind: EventKind| r.events.iter().any(|e| e.kind == kind);
    let mut counts = [0; 4];
    for r in &records {
        let score = |visit: u32| r.visits.iter().find(|v| v.visit == visit).map(|v| v.values[0]).expect("seen");
        let percent = |visit: u32| 100.0 * (score(visit) - score(0)) / score(0);
        let mg = |h: f64| r.doses.iter().find(|d| d.at_h == h && d.kind == DoseKind::Planned).map(|d| d.amount_mg);
        // Seen at 7 d, before the dose of that day.
        let first = if percent(1) > -30.0 { 56.0 } else { 28.0 };
        let second = if percent(2) > -30.0 { f64::min(first * 2.0, 84.0) } else { first };
        assert!((mg(168.0).expect("given") - first).abs() < 1e-9);
        assert!((mg(336.0).expect("given") - second).abs() < 1e-9);
        counts[0] += u32::from(has(r, EventKind::DoseChange));
        if percent(3) <= -50.0 {
            // Every second of the later doses: not that of 21 d, but that of 28 d.
            assert!(mg(504.0).is_none(), "{:?}", r.doses);
            counts[1] += 1;
        }
        let rescued = percent(3) > -10.0;
        assert_eq!(rescued, has(r, EventKind::Rescue));
        assert_eq!(r.doses.iter().filter(|d| d.kind == DoseKind::Rescue).count(), if rescued { 2 } else { 0 });
        counts[2] += u32::from(rescued);
        if score(4) <= 10.0 {
            assert!(has(r, EventKind::DosingStopped) && mg(672.0).is_none() && mg(840.0).is_none());
            counts[3] += 1;
        }
    }
    assert!(counts.iter().all(|n| *n > 0), "{counts:?}");
}

/// The second period begins where the first left people: after ketamine lower than after saline.
#[test]
fn agrees_that_a_crossover_carries_over() {
    let rest = format!(
        "[crossover]\nperiod = \"4 d\"\nsequences = [\"ketamine, saline\", \"saline, ketamine\"]\n\n{TWO_ARMS}\
         [[visit]]\nat = \"24 h\"\nassess = [\"madrs\"]\n\n[[analysis]]\nname = \"primary\"\nmethod = \"crossover\"\nat = \"24 h\"\n"
    );
    let design = design(&protocol(120, "4 d", "dropout = \"none\"", &rest));
    let records = run(&design);
    let start = |sequence: u32| -> Vec<f64> {
        let second = |r: &&Record| r.sequence == sequence;
        let of = records.iter().filter(second).filter_map(|r| r.visits.iter().find(|v| v.visit == 2));
        of.map(|v| v.values[0]).collect()
    };
    assert_eq!(start(0).len() + start(1).len(), 120);
    assert!(mean(&start(0)) < mean(&start(1)) - 2.0, "{} {}", mean(&start(0)), mean(&start(1)));
    let answers = study::trial::analyse::analyse(&design, &records);
    let found = answers[0].result.as_ref().expect("answered");
    assert!(found.estimate < 0.0 && found.upper < 0.0, "{found:?}");
}

/// Who is randomised after a lead-in met its criterion at the end of it; a relapse counts from there.
#[test]
fn agrees_that_a_lead_in_chooses_who_goes_on() {
    let rest = "[lead_in]\nlength = \"7 d\"\ndose = \"ketamine 0.5 mg/kg iv over 40 min; ketamine 0.5 mg/kg iv over 40 min at day 4\"\n\
        continue = \"madrs.percent <= -50\"\n\n\
        [[arm]]\nname = \"on\"\ndose = \"ketamine 0.5 mg/kg iv over 40 min weekly for 3 weeks\"\n\n\
        [[arm]]\nname = \"off\"\ndose = \"saline iv over 40 min weekly for 3 weeks\"\n\n\
        [[visit]]\nat = [\"7 d\", \"14 d\", \"21 d\"]\nassess = [\"madrs\"]\n\n\
        [outcome]\nrelapse = \"madrs >= 22\"\n\n\
        [[analysis]]\nname = \"relapse\"\nmethod = \"survival\"\nevent = \"relapse\"\n";
    let design = design(&protocol(60, "21 d", "", rest));
    let records = run(&design);
    // Half of an entry score of 28 or more, at most 30 of 60.
    assert!(records.iter().all(|r| r.visits[0].values[0] <= 30.0));
    assert!(records.iter().all(|r| r.events.iter().any(|e| e.kind == EventKind::Response && e.at_h == 0.0)));
    assert!(records.iter().all(|r| r.doses.iter().filter(|d| d.kind == DoseKind::LeadIn && d.at_h < 0.0).count() == 2));
    assert!(mean(&records.iter().map(|r| f64::from(r.screened)).collect::<Vec<_>>()) > 1.5);
    let lost = records.iter().filter(|r| r.events.iter().any(|e| e.kind == EventKind::Relapse)).count();
    assert!(lost > 3, "{lost}");
    let answer = &study::trial::analyse::analyse(&design, &records)[0];
    assert!(answer.result.as_ref().is_ok_and(|f| f.n.0 + f.n.1 == 60), "{answer:?}");
}

/// A person who cannot be computed is recorded with the reason and stops nobody else.
#[test]
fn agrees_that_a_failing_person_stops_nobody() {
    let rest = format!("{TWO_ARMS}[[visit]]\nat = \"24 h\"\nassess = [\"madrs\"]\n");
    let design = design(&protocol(20, "24 h", "", &rest));
    let mut broken = design.clone();
    // A weight that is no number for those above 90 kg would need a broken ledger; a broken covariate does the same.
    let k = broken.people.position("weight").expect("a covariate");
    broken.people.covariates[k].law = study::population::Shape::Share(0.3);
    let records = run(&broken);
    assert_eq!(records.len(), 20);
    let failed: Vec<&Record> = records.iter().filter(|r| r.failure.is_some()).collect();
    assert!(!failed.is_empty() && failed.len() < 20, "{}", failed.len());
    assert!(failed.iter().all(|r| r.end == End::Failed && !r.failure.as_ref().is_some_and(String::is_empty)));
}
