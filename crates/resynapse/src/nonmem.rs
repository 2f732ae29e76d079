//! NONMEM event tables, read and run with their full meaning.
//!
//! EVID 0 observation, 1 dose, 2 other, 3 reset, 4 reset and dose; RATE above 0, -1 (modelled rate) and -2 (modelled
//! duration); ADDL with II; SS 1 (the state becomes the steady state of the repeated dose) and 2 (the steady state is
//! added); lag and bioavailability by compartment (with a given rate, bioavailability changes the duration); covariate
//! columns carried backward from the next record, or forward. Records keep their order at equal times; an additional
//! dose at the time of a record comes before it. A reset drops additional doses, lagged doses and infusions.

use crate::atlas::{AssemblyFile, Compartment};
use crate::prepare::Prepared;
use model::diagnostic::Diagnostic;
use model::source::{FileId, SourceMap, Span};
use sim::{Entry, Failure, Job, Options, Outcome, Visit, What};
use std::collections::BTreeMap;

/// One line of an event table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// h.
    pub time_h: f64,
    /// 0 to 4.
    pub evid: u8,
    /// Amount, in the unit of the compartment's dosing event.
    pub amount: f64,
    /// Compartment number.
    pub compartment: u32,
    /// Amount per hour; -1 or -2 for a modelled rate or duration; 0 for a bolus.
    pub rate: f64,
    /// Time between repeated doses, h.
    pub interval_h: f64,
    /// Number of additional doses.
    pub additional: u32,
    /// 0, 1 or 2.
    pub steady: u8,
    /// All other columns that are numbers.
    pub columns: BTreeMap<String, f64>,
    /// Where the line stands.
    pub span: Span,
}

/// All records of one subject, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subject {
    /// As written.
    pub id: String,
    /// Its records; times do not decrease, except after a reset.
    pub records: Vec<Record>,
}

/// Which way covariate columns are carried between records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Carry {
    /// The value of a record holds from the record before it (NONMEM's way).
    #[default]
    Backward,
    /// The value of a record holds from that record on.
    Forward,
}

/// Reads a table with a header; names of columns in any case. Everything wrong with it is reported at once.
pub fn read(map: &mut SourceMap, path: &str, text: &str) -> Result<Vec<Subject>, Vec<Diagnostic>> {
    let file = map.add(path, text);
    let mut found = Vec::new();
    let mut reader = csv::ReaderBuilder::new().flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
    let header: Vec<String> = match reader.headers() {
        Ok(h) => h.iter().map(|c| c.trim().to_ascii_uppercase()).collect(),
        Err(e) => {
            let message = format!("unreadable table: {e}");
            return Err(vec![Diagnostic::error(
                "RS6401",
                Span::new(file, 0, 0),
                message,
                "the file is CSV with a header",
            )]);
        }
    };
    if let Some(missing) = ["TIME", "EVID"].iter().find(|c| !header.iter().any(|h| h == *c)) {
        let end = text.find('\n').unwrap_or(text.len());
        let hint = "an event table has the columns ID, TIME, EVID, AMT, CMT and, where used, RATE, II, ADDL, SS";
        let message = format!("the table has no column {missing}");
        return Err(vec![Diagnostic::error("RS6402", Span::new(file, 0, end), message, hint)]);
    }
    let mut subjects: Vec<Subject> = Vec::new();
    for record in reader.records() {
        match record {
            Ok(fields) => line(file, text, &header, &fields, &mut subjects, &mut found),
            Err(e) => {
                let at = e.position().map_or(0, |p| p.byte() as usize).min(text.len());
                let message = format!("unreadable line: {e}");
                found.push(Diagnostic::error("RS6401", Span::new(file, at, at), message, ""));
            }
        }
    }
    if subjects.is_empty() && found.is_empty() {
        let message = "the table has no records";
        found.push(Diagnostic::error("RS6403", Span::new(file, 0, 0), message, "add lines below the header"));
    }
    if found.is_empty() { Ok(subjects) } else { Err(found) }
}

fn line(
    file: FileId,
    text: &str,
    header: &[String],
    fields: &csv::StringRecord,
    subjects: &mut Vec<Subject>,
    found: &mut Vec<Diagnostic>,
) {
    let start = fields.position().map_or(0, |p| p.byte() as usize).min(text.len());
    let end = text[start..].find('\n').map_or(text.len(), |n| start + n);
    let span = Span::new(file, start, end);
    let mut error = |code: &'static str, message: String, hint: &str| {
        found.push(Diagnostic::error(code, span, message, hint));
    };
    let mut record = Record { span, compartment: 1, ..Record::default() };
    let mut id = "1".to_string();
    let mut values = BTreeMap::new();
    for (name, field) in header.iter().zip(fields.iter()) {
        let field = field.trim();
        if name == "ID" {
            id = field.to_string();
            continue;
        }
        match field.parse::<f64>() {
            Ok(x) if x.is_finite() => drop(values.insert(name.clone(), x)),
            _ if matches!(field, "" | "." | "NA") => {}
            _ => {
                let known = ["TIME", "EVID", "AMT", "CMT", "RATE", "II", "ADDL", "SS"].contains(&name.as_str());
                if known || field.parse::<f64>().is_ok() {
                    error(
                        "RS6404",
                        format!("{name} is `{field}`, which is not a finite number"),
                        "write a number, or `.`",
                    );
                }
            }
        }
    }
    let mut take = |name: &str| values.remove(name).unwrap_or(0.0);
    record.time_h = take("TIME");
    record.amount = take("AMT");
    record.rate = take("RATE");
    record.interval_h = take("II");
    let whole = |name: &str, x: f64, most: f64| -> Result<u32, String> {
        if x.fract() == 0.0 && (0.0..=most).contains(&x) {
            Ok(x as u32)
        } else {
            Err(format!("{name} is {x}; it is a whole number from 0 to {most}"))
        }
    };
    let mut integer = |name: &str, x: f64, most: f64| {
        whole(name, x, most).unwrap_or_else(|message| {
            error("RS6405", message, "see docs/guides/event-tables.md");
            0
        })
    };
    record.evid = integer("EVID", take("EVID"), 4.0) as u8;
    record.steady = integer("SS", take("SS"), 2.0) as u8;
    record.additional = integer("ADDL", take("ADDL"), 1e6);
    record.compartment = match integer("CMT", take("CMT"), 1e4) {
        0 => 1,
        n => n,
    };
    record.columns = values;
    if record.time_h < 0.0 {
        error("RS6406", format!("TIME is {}, before the start", record.time_h), "times count from 0 h");
    }
    if record.amount < 0.0 {
        error("RS6407", format!("AMT is {}, a negative dose", record.amount), "use EVID 3 to remove what is there");
    }
    if record.rate < 0.0 && record.rate != -1.0 && record.rate != -2.0 {
        error(
            "RS6408",
            format!("RATE is {}", record.rate),
            "it is above 0, or 0, -1 (modelled rate), -2 (modelled duration)",
        );
    }
    let constant = record.steady > 0 && record.amount == 0.0 && record.rate > 0.0;
    if (record.steady > 0 || record.additional > 0) && record.interval_h <= 0.0 && !constant {
        error("RS6409", "a repeated dose needs II above 0".into(), "II is the time between doses, h");
    }
    let fresh = subjects.last().is_none_or(|s| s.id != id);
    if fresh {
        if subjects.iter().any(|s| s.id == id) {
            error("RS6410", format!("records of subject {id} are not together"), "sort the table by ID");
        }
        subjects.push(Subject { id, records: Vec::new() });
    }
    let Some(subject) = subjects.last_mut() else { return };
    if let Some(last) = subject.records.last()
        && record.time_h < last.time_h
        && record.evid < 3
    {
        let message = format!("TIME goes back from {} to {}", last.time_h, record.time_h);
        error("RS6411", message, "sort the records of a subject by time");
    }
    subject.records.push(record);
}

/// What stopped a subject.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// The table asks for what the assembly does not have.
    Input(Box<Diagnostic>),
    /// No steady state was reached.
    NotSteady {
        /// Time of the record, h.
        time_h: f64,
        /// How many intervals were tried.
        intervals: u32,
    },
    /// The integration failed.
    Failed(Failure),
}

/// A subject made ready to run: stretches between steady-state records, each fed to the engine when the one before it
/// has been reached.
pub struct Script {
    job: Job,
    stretches: Vec<Stretch>,
}

/// Entries from one steady-state record (or the start) to the next.
#[derive(Clone, Debug, Default)]
struct Stretch {
    /// The steady state that begins it, and whether it is added to what is there.
    begin: Option<(Vec<f64>, bool)>,
    entries: Vec<Entry>,
}

/// The most intervals of a repeated dose before a steady state is given up.
const MOST_INTERVALS: u32 = 5000;
/// A state is steady when one more interval moves it by less than this share of it (or of a millionth of its scale).
const STEADY: f64 = 1e-9;
/// Length of the stretches in which a constant infusion is followed to its steady state, h.
const STRETCH_H: f64 = 24.0;

/// Prepares a subject. `rest` is the state before the first record and after a reset; every record yields one sample,
/// taken after the record has acted.
pub fn script(
    prepared: &Prepared,
    assembly: &AssemblyFile,
    subject: &Subject,
    parameters: &[f64],
    rest: &[f64],
    carry: Carry,
) -> Result<Script, Trouble> {
    let mut writer = Writer {
        prepared,
        assembly,
        parameters: parameters.to_vec(),
        rest,
        stretches: vec![Stretch::default()],
        extra: Vec::new(),
        carry,
    };
    let mut end: f64 = 0.0;
    for (i, record) in subject.records.iter().enumerate() {
        end = end.max(record.time_h);
        writer.record(&subject.records, i, record)?;
    }
    writer.flush(f64::INFINITY, true, end);
    let job = Job {
        id: 0,
        time: 0.0,
        end,
        states: rest.to_vec(),
        parameters: parameters.to_vec(),
        reset: rest.to_vec(),
        schedule: Vec::new(),
        progress: None,
    };
    Ok(Script { job, stretches: writer.stretches })
}

impl Script {
    /// Runs the subject; one row of outputs per record.
    pub fn run(&self, prepared: &Prepared, options: &Options) -> Result<Outcome, Trouble> {
        let mut job = self.job.clone();
        job.schedule = self.listed(0);
        let mut next = 1;
        let mut failure = None;
        let mut policy = |visit: &mut Visit<'_>| {
            let stretch = &self.stretches[next];
            let mut entries = Vec::new();
            if let Some((steady, added)) = &stretch.begin {
                if !added {
                    entries.push(Entry { time: visit.time(), what: What::Reset });
                }
                for (k, value) in steady.iter().enumerate() {
                    let value = if *added { visit.states()[k] + value } else { *value };
                    entries.push(Entry { time: visit.time(), what: What::SetState { index: k as u32, value } });
                }
            }
            entries.extend(self.listed(next));
            next += 1;
            if let Err(e) = visit.append(entries) {
                failure = Some(e);
                visit.finish();
            }
        };
        let mut outcome = None;
        sim::run(prepared.program(), std::iter::once(job), options, &mut policy, &mut |o| outcome = Some(o));
        match (failure, outcome) {
            (Some(f), _) => Err(Trouble::Failed(f)),
            (None, Some(o)) => match &o.result {
                Ok(()) => Ok(o),
                Err(f) => Err(Trouble::Failed(f.clone())),
            },
            (None, None) => unreachable!("one job gives one outcome"),
        }
    }

    /// All entries, in order of time.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.stretches.iter().flat_map(|s| &s.entries)
    }

    /// Entries of a stretch, ended by a stop where another follows.
    fn listed(&self, i: usize) -> Vec<Entry> {
        self.stretches[i].entries.clone()
    }
}

/// An additional or delayed dose that waits for its time.
#[derive(Clone, Debug)]
struct Extra {
    time_h: f64,
    action: u32,
    arguments: [f64; 4],
}

struct Writer<'a> {
    prepared: &'a Prepared,
    assembly: &'a AssemblyFile,
    parameters: Vec<f64>,
    rest: &'a [f64],
    stretches: Vec<Stretch>,
    extra: Vec<Extra>,
    carry: Carry,
}

/// A dose with everything worked out.
struct DoseOf {
    action: u32,
    amount: f64,
    duration_h: f64,
    lag_h: f64,
    /// One of the event's unit in coherent units.
    unit_factor: f64,
}

impl Writer<'_> {
    fn push(&mut self, time: f64, what: What) {
        if let Some(stretch) = self.stretches.last_mut() {
            stretch.entries.push(Entry { time, what });
        }
    }

    /// Lists waiting doses up to a time (those at that very time too, if `inclusive`).
    fn flush(&mut self, until_h: f64, inclusive: bool, end_h: f64) {
        self.extra.sort_by(|a, b| a.time_h.total_cmp(&b.time_h));
        let due = self.extra.iter().take_while(|e| e.time_h < until_h || (inclusive && e.time_h == until_h)).count();
        for extra in self.extra.drain(..due).collect::<Vec<_>>() {
            if extra.time_h <= end_h {
                self.push(extra.time_h, What::Event { action: extra.action, arguments: extra.arguments });
            }
        }
    }

    fn record(&mut self, all: &[Record], i: usize, record: &Record) -> Result<(), Trouble> {
        let (t, end_h) = (record.time_h, all.last().map_or(record.time_h, |r| r.time_h.max(record.time_h)));
        self.flush(t, true, end_h.max(t));
        self.covariates(all, i);
        let is_dose = matches!(record.evid, 1 | 4);
        if record.evid >= 3 {
            self.extra.clear();
            self.push(t, What::Reset);
        }
        if is_dose {
            let dose = self.dose(record)?;
            if record.steady > 0 {
                self.steady(record, &dose)?;
            }
            let constant = record.steady > 0 && record.amount == 0.0;
            if !constant {
                for k in 0..=record.additional {
                    let time_h = t + dose.lag_h + f64::from(k) * record.interval_h;
                    let arguments = [dose.amount, dose.duration_h, 1.0, 0.0];
                    self.extra.push(Extra { time_h, action: dose.action, arguments });
                }
            }
            self.flush(t, true, f64::INFINITY);
        }
        self.push(t, What::Sample);
        Ok(())
    }

    /// Parameters that follow columns of the table.
    fn covariates(&mut self, all: &[Record], i: usize) {
        let t = all[i].time_h;
        // Backward: what the next record says holds from this one on; the first record's own value holds before it.
        let source = match self.carry {
            Carry::Forward => &all[i],
            Carry::Backward => all.get(i + 1).unwrap_or(&all[i]),
        };
        let own = &all[i];
        for (column, id) in &self.assembly.columns {
            let Some(index) = self.prepared.lowered.parameter(id) else { continue };
            let unit = self.prepared.model.parameters.iter().find(|p| &p.id == id).map(|p| p.row.unit.clone());
            let Some(unit) = unit else { continue };
            if let Some(value) = own.columns.get(column) {
                // Doses use the value of their own record.
                self.parameters[index] = unit.to_coherent(*value);
            }
            if let Some(value) = source.columns.get(column) {
                let value = unit.to_coherent(*value);
                self.push(t, What::SetParameter { index: index as u32, value });
            }
        }
    }

    fn dose(&self, record: &Record) -> Result<DoseOf, Trouble> {
        let refuse = |code, message: String, hint: &str| {
            let message = format!("event table, record at {} h: {message}", record.time_h);
            Err(Trouble::Input(Box::new(Diagnostic::error_nowhere(code, message, hint))))
        };
        let Some(compartment) = self.assembly.compartments.get(&record.compartment) else {
            let known: Vec<String> = self.assembly.compartments.keys().map(u32::to_string).collect();
            let hint = format!("its `[[cmt]]` tables number {}", known.join(", "));
            return refuse("RS6420", format!("the assembly has no compartment {}", record.compartment), &hint);
        };
        let Some(action) = self.prepared.lowered.actions.get(&compartment.event) else {
            let message = format!("no module listens to `{}`", compartment.event);
            return refuse("RS6421", message, "correct the `[[cmt]]` table of the assembly");
        };
        let Compartment { bioavailability, lag, duration, rate, .. } = compartment;
        let value = |id: &Option<String>| {
            id.as_ref().and_then(|id| self.prepared.lowered.parameter(id)).map(|i| self.parameters[i])
        };
        let unit = self.prepared.model.events.get(&compartment.event).map(|e| e.unit.clone());
        let coherent = |x: f64| unit.as_ref().map_or(x, |u| u.to_coherent(x));
        let available = value(bioavailability).unwrap_or(1.0) * record.amount;
        let duration_h = match record.rate {
            0.0 => 0.0,
            -1.0 => match value(rate) {
                Some(r) if r > 0.0 => coherent(available) / r,
                _ => {
                    return refuse(
                        "RS6422",
                        "RATE -1 needs a modelled rate".into(),
                        "name it in `[[cmt]]`: `rate = \"id\"`",
                    );
                }
            },
            -2.0 => match value(duration) {
                Some(d) if d > 0.0 => d,
                _ => {
                    let hint = "name it in `[[cmt]]`: `duration = \"id\"`";
                    return refuse("RS6423", "RATE -2 needs a modelled duration".into(), hint);
                }
            },
            r => available / r,
        };
        let lag_h = value(lag).unwrap_or(0.0);
        Ok(DoseOf { action: *action, amount: coherent(available), duration_h, lag_h, unit_factor: coherent(1.0) })
    }

    /// Begins a new stretch with the steady state of a repeated dose.
    fn steady(&mut self, record: &Record, dose: &DoseOf) -> Result<(), Trouble> {
        let constant = record.amount == 0.0;
        let interval = if constant { STRETCH_H } else { record.interval_h };
        let mut schedule = Vec::new();
        let event = |time: f64, amount: f64, duration: f64| {
            let what = What::Event { action: dose.action, arguments: [amount, duration, 1.0, 0.0] };
            Entry { time, what }
        };
        // Effective times relative to the record are lag - j * interval, j = 1, 2 …; the first to begin at or after the
        // start of an interval comes `phase` after it.
        let phase = dose.lag_h.rem_euclid(interval);
        if constant {
            let all = f64::from(MOST_INTERVALS) * interval;
            schedule.push(event(0.0, record.rate * dose.unit_factor * all, all));
        }
        for n in 0..MOST_INTERVALS {
            let start = f64::from(n) * interval;
            if !constant {
                schedule.push(event(start + phase, dose.amount, dose.duration_h));
            }
            schedule.push(Entry { time: start + interval, what: What::Stop });
        }
        let scales: Vec<f64> = self.prepared.lowered.system.states.iter().map(|s| s.scale).collect();
        // A state that no rate depends on only counts (what was excreted): it never settles and need not.
        let system = &self.prepared.lowered.system;
        let mut matters = vec![false; system.states.len()];
        for symbol in system.rates.iter().flat_map(|r| system.graph.symbols(*r)) {
            if let sim::Symbol::State(k) = symbol {
                matters[k as usize] = true;
            }
        }
        let mut before = self.rest.to_vec();
        let mut intervals = 0;
        let mut settled: Option<Vec<f64>> = None;
        let mut policy = |visit: &mut Visit<'_>| {
            intervals += 1;
            let moved =
                |(k, y): (usize, &f64)| matters[k] && (y - before[k]).abs() > STEADY * y.abs().max(scales[k] * 1e-6);
            let still = !visit.states().iter().enumerate().any(moved);
            // The infusions that overlap an interval must all have begun before two intervals are compared.
            if still && f64::from(intervals) * interval > dose.duration_h + interval {
                settled = Some(visit.states().to_vec());
                visit.finish();
            }
            before = visit.states().to_vec();
        };
        let job = Job {
            id: 0,
            time: 0.0,
            end: f64::from(MOST_INTERVALS) * interval,
            states: self.rest.to_vec(),
            parameters: self.parameters.clone(),
            reset: self.rest.to_vec(),
            schedule,
            progress: None,
        };
        // Source: NONMEM's own steady states agree to about 5 digits; four more keep the iteration out of sight.
        let options = Options { rtol: 1e-9, ..Options::default() };
        let mut failed = None;
        sim::run(self.prepared.program(), std::iter::once(job), &options, &mut policy, &mut |o| {
            failed = o.result.err()
        });
        if let Some(failure) = failed {
            return Err(Trouble::Failed(failure));
        }
        let Some(states) = settled else { return Err(Trouble::NotSteady { time_h: record.time_h, intervals }) };
        let t = record.time_h;
        self.push(t, What::Stop);
        if record.steady == 1 {
            self.extra.clear();
        }
        self.stretches.push(Stretch { begin: Some((states, record.steady == 2)), entries: Vec::new() });
        if constant {
            return Ok(());
        }
        let mut began = phase - interval;
        while began + dose.duration_h > 0.0 {
            let left = began + dose.duration_h;
            self.push(t, event(t, dose.amount * left / dose.duration_h, left).what);
            began -= interval;
        }
        // Doses given before the record whose lag is longer than the interval are still on their way.
        let mut later = dose.lag_h - interval;
        while later > 0.0 {
            let arguments = [dose.amount, dose.duration_h, 1.0, 0.0];
            self.extra.push(Extra { time_h: t + later, action: dose.action, arguments });
            later -= interval;
        }
        Ok(())
    }
}
