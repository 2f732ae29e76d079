//! The people and courses that the bench runs: the whole assembly, drawn persons, daily life on.

use super::measure::{Spread, processor_seconds};
use resynapse::atlas::{AssemblyFile, Atlas, WHOLE};
use resynapse::dosing;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, Prepared, prepare};
use resynapse::regimen::{Regimen, sentence};
use sim::steady::{Question, Steady};
use sim::{Expr, Job, Program, Symbol, System, What};

/// Hours of a patient-month.
pub const MONTH_H: f64 = 672.0;
const SEED: u64 = 20_260_501;

/// What is given, and the name used in tables.
pub const COURSES: [(&str, &str); 2] = [
    ("esketamine nasal, 8 doses", "esketamine 84 mg nasal twice weekly for 4 weeks"),
    ("ketamine iv, 6 infusions", "ketamine 0.5 mg/kg iv over 40 min three times weekly for 2 weeks"),
];

/// When states are put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grid {
    /// Once a day, as a trial that is summarised would.
    Daily,
    /// The grid of `resynapse simulate`: every two minutes after a dose, later less often.
    Report,
}

/// The compiled assembly with what is needed to seat people in it.
pub struct Cohort {
    atlas: Atlas,
    pub prepared: Prepared,
    /// The drug-free state sought with one prepared search for all people.
    steady: Steady,
    unknown: Vec<u32>,
    regimen: Regimen,
    /// Processor seconds: text to model, model to graph, graph to program.
    pub assembling: [Spread; 3],
}

impl Cohort {
    /// People on one course; as in a run, states that stay zero on it are left out.
    pub fn new(repeats: usize, course: usize) -> Cohort {
        let mut seconds: [Vec<f64>; 3] = Default::default();
        let mut last = None;
        for _ in 0..repeats.max(1) {
            let (read, atlas) = processor_seconds(Atlas::embedded);
            let file: &AssemblyFile = &atlas.assemblies[WHOLE];
            let (made, prepared) = processor_seconds(|| {
                prepare(&atlas, &file.assembly, &Patient::default(), &file.request())
                    .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &atlas.library.sources)))
            });
            let (compiled, _) = processor_seconds(|| Program::compile(&prepared.lowered.system));
            for (list, x) in seconds.iter_mut().zip([read, made, compiled]) {
                list.push(x);
            }
            last = Some((atlas, prepared));
        }
        let (atlas, prepared) = last.expect("at least one repeat");
        let mut map = model::source::SourceMap::default();
        let regimen = sentence(&atlas, &mut map, COURSES[course].1)
            .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &atlas.library.sources)));
        let person = Person::drawn(SEED, 0);
        let parameters = prepared.parameters(&Patient::default(), person);
        let mut events = dosing::events(&atlas, &prepared, &parameters, &regimen).expect("the doses exist");
        events.extend(dosing::days(&prepared, person, MONTH_H));
        let fired = events.iter().filter_map(|e| match e.what {
            What::Event { action, .. } => Some(action),
            _ => None,
        });
        let prepared = prepared.focused(&fired.collect());
        let unknown: Vec<u32> =
            (0..prepared.lowered.steady.len() as u32).filter(|i| prepared.lowered.steady[*i as usize]).collect();
        let steady = Steady::new(&prepared.lowered.system, &unknown);
        Cohort { atlas, prepared, steady, unknown, regimen, assembling: seconds.map(Spread::of) }
    }

    pub fn states(&self) -> usize {
        self.prepared.lowered.system.states.len()
    }

    /// Parameters of one person.
    pub fn parameters(&self, subject: u32) -> Vec<f64> {
        self.prepared.parameters(&Patient::default(), Person::drawn(SEED, subject))
    }

    /// The drug-free state, by the search that is prepared once; the same question as [`Prepared::rest`].
    pub fn rest(&self, parameters: &[f64]) -> Vec<f64> {
        let lowered = &self.prepared.lowered;
        let mut calm = parameters.to_vec();
        if let Some(i) = lowered.parameter("forcing") {
            calm[i] = 0.0;
        }
        let point = sim::expr::Point { time: 0.0, states: &lowered.near, parameters: &calm, arguments: [0.0; 4] };
        let start = lowered.system.graph.evaluate(&lowered.start, &point);
        let states: Vec<f64> =
            (0..start.len()).map(|i| if lowered.steady[i] { lowered.near[i] } else { start[i] }).collect();
        let question =
            Question { time: 0.0, states: &states, parameters: &calm, unknown: &self.unknown, tolerance: 1e-9 };
        self.steady.solve(&question).unwrap_or_else(|e| panic!("{e}"))
    }

    /// One person on one course; `daily_life` switches the daily draws.
    pub fn job(&self, subject: u32, until_h: f64, grid: Grid, daily_life: bool) -> Job {
        let person = Person::drawn(SEED, subject);
        let parameters = self.parameters(subject);
        let states = self.rest(&parameters);
        let regimen = &self.regimen;
        let mut events = dosing::events(&self.atlas, &self.prepared, &parameters, regimen).expect("the doses exist");
        events.retain(|e| e.time <= until_h);
        if daily_life {
            events.extend(dosing::days(&self.prepared, person, until_h));
        }
        events.sort_by(|a, b| a.time.total_cmp(&b.time));
        let times: Vec<f64> = match grid {
            Grid::Report => dosing::sample_times(regimen, until_h),
            Grid::Daily => (0..=(until_h / 24.0) as usize).map(|day| 24.0 * day as f64).collect(),
        };
        let schedule = match grid {
            Grid::Report => dosing::schedule(events, &times),
            Grid::Daily => {
                events.extend(times.iter().map(|time| sim::Entry { time: *time, what: What::Sample }));
                events.sort_by(|a, b| a.time.total_cmp(&b.time));
                events
            }
        };
        Job {
            id: u64::from(subject),
            time: 0.0,
            end: until_h,
            reset: states.clone(),
            states,
            parameters,
            schedule,
            progress: None,
        }
    }

    /// The same equations with all states put out, to judge errors by.
    pub fn system_of_states(&self) -> System {
        let mut system = self.prepared.lowered.system.clone();
        let states: Vec<Expr> = (0..self.states() as u32).map(|i| system.graph.symbol(Symbol::State(i))).collect();
        system.outputs = states;
        system
    }
}

/// Events and samples of a job.
pub fn counts(job: &Job) -> (usize, usize) {
    let samples = job.schedule.iter().filter(|e| e.what == What::Sample).count();
    (job.schedule.len() - samples, samples)
}
