//! Ports over time for a dose sentence, without the whole chain's reporting: what validations compare with observations.

use model::assembly::Assembly;
use model::lower::Request;
use model::source::SourceMap;
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, Prepared, prepare};
use resynapse::regimen::{Regimen, sentence};
use sim::{Entry, Job, Options, What};

/// A model ready to answer questions about one person.
pub struct Subject<'a> {
    atlas: &'a Atlas,
    /// The compiled model.
    pub prepared: Prepared,
    /// Runtime parameters, coherent units.
    pub parameters: Vec<f64>,
    /// Relative tolerance.
    pub rtol: f64,
}

/// Paths of all modules in one folder of the atlas.
pub fn domain(atlas: &Atlas, folder: &str) -> Vec<String> {
    let prefix = format!("{folder}/");
    atlas.library.modules.keys().filter(|path| path.starts_with(&prefix)).cloned().collect()
}

impl<'a> Subject<'a> {
    /// A person and the modules that matter; ports nobody provides are held at their rest value.
    ///
    /// # Panics
    /// If the modules do not fit together: a broken atlas is a failed test.
    pub fn new(atlas: &'a Atlas, modules: Vec<String>, patient: &Patient, ports: &[&str]) -> Subject<'a> {
        let assembly = Assembly { name: "test".into(), modules, alone: true, ..Assembly::default() };
        let outputs = ports.iter().map(|p| p.to_string()).collect();
        let request = Request { outputs, ..Request::default() };
        let prepared = prepare(atlas, &assembly, patient, &request)
            .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &atlas.library.sources)));
        let parameters = prepared.parameters(patient, Person::Typical);
        Subject { atlas, prepared, parameters, rtol: 1e-7 }
    }

    /// Sets a runtime parameter (a ledger id, or `rest:PORT` for an input), coherent units.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn set(&mut self, name: &str, value: f64) {
        assert!(self.prepared.set(&mut self.parameters, name, value), "no parameter `{name}`");
    }

    /// Outputs of the drug-free state.
    pub fn at_rest(&self) -> Vec<f64> {
        let rest = self.prepared.rest(&self.parameters).unwrap_or_else(|d| panic!("{}", d.message));
        self.prepared.outputs(&rest, &self.parameters)
    }

    /// Values of the ports at the given times, one list per port, coherent units. Samples at the time of a dose are
    /// those before it.
    ///
    /// # Panics
    /// If the sentence or the integration fails.
    pub fn follow(&self, text: &str, times_h: &[f64]) -> Vec<Vec<f64>> {
        let mut map = SourceMap::default();
        let regimen = match text {
            "" => Regimen::default(),
            text => sentence(self.atlas, &mut map, text)
                .unwrap_or_else(|found| panic!("{}", model::diagnostic::render(&found, &map))),
        };
        let events = dosing::events(self.atlas, &self.prepared, &self.parameters, &regimen)
            .unwrap_or_else(|found| panic!("{found:?}"));
        let mut schedule: Vec<Entry> = times_h.iter().map(|t| Entry { time: *t, what: What::Sample }).collect();
        schedule.extend(events);
        schedule.sort_by(|a, b| a.time.total_cmp(&b.time));
        let rest = self.prepared.rest(&self.parameters).unwrap_or_else(|d| panic!("{}", d.message));
        let end = times_h.iter().copied().fold(0.0, f64::max);
        schedule.retain(|e| e.time <= end);
        let job = Job {
            id: 0,
            time: 0.0,
            end,
            reset: rest.clone(),
            states: rest,
            parameters: self.parameters.clone(),
            schedule,
            progress: None,
        };
        let options = Options { rtol: self.rtol, ..resynapse::prepare::options() };
        let mut outcome = None;
        let jobs = std::iter::once(job);
        sim::run(self.prepared.program(), jobs, &options, &mut |_| {}, &mut |o| outcome = Some(o));
        let outcome = outcome.expect("one job gives one outcome");
        if let Err(failure) = &outcome.result {
            panic!("{failure}");
        }
        let width = self.prepared.lowered.system.outputs.len();
        (0..width).map(|k| outcome.samples.iter().skip(k).step_by(width).copied().collect()).collect()
    }
}

/// Area under samples by trapezoids.
pub fn area(times: &[f64], values: &[f64]) -> f64 {
    (1..times.len()).map(|i| 0.5 * (values[i] + values[i - 1]) * (times[i] - times[i - 1])).sum()
}
