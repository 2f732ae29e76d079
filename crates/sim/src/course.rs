//! The course of one subject through its schedule, whichever engine integrates between the edges.

use crate::expr::Point;
use crate::job::{Checkpoint, Control, Failure, FailureKind, Job, Options, Outcome, Progress, Statistics};
use crate::schedule::{Delayed, Entry, Infusion, Pending, What};
use crate::system::{Change, Discrete};

/// A subject between its start and its end.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub id: u64,
    pub time: f64,
    pub end: f64,
    pub states: Vec<f64>,
    /// Parameters with running infusions added.
    pub parameters: Vec<f64>,
    /// Parameters without them.
    base: Vec<f64>,
    reset: Vec<f64>,
    entries: Vec<Entry>,
    next: usize,
    /// The first entry from `next` on that is an edge.
    next_edge: usize,
    infusions: Vec<Infusion>,
    pending: Vec<Pending>,
    pub samples: Vec<f64>,
    pub sample_times: Vec<f64>,
    pub statistics: Statistics,
    pub control: Control,
    /// Set when a parameter changed; cleared by the engine.
    pub parameters_changed: bool,
    finished: bool,
}

/// What a subject needs next.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// To be integrated up to this edge.
    Integrate(f64),
    /// Nothing more.
    Done(Result<(), Failure>),
}

impl Course {
    /// Starts a job, or says why it cannot start.
    pub fn new(job: Job, discrete: &Discrete, options: &Options) -> Result<Course, Box<Outcome>> {
        if let Err(what) = check(&job, discrete) {
            let kind = FailureKind::BadJob { what };
            let failure = Failure { job: job.id, time: job.time, state: None, kind };
            return Err(Box::new(Outcome {
                id: job.id,
                samples: Vec::new(),
                sample_times: Vec::new(),
                states: job.states,
                time: job.time,
                statistics: Statistics::default(),
                result: Err(failure),
            }));
        }
        let fresh = job.progress.is_none();
        let progress = job.progress.map_or_else(Progress::default, |progress| *progress);
        let mut course = Course {
            id: job.id,
            time: job.time,
            end: job.end,
            states: job.states,
            parameters: job.parameters.clone(),
            base: job.parameters,
            reset: job.reset,
            entries: job.schedule,
            next: 0,
            next_edge: 0,
            infusions: progress.infusions,
            pending: progress.pending,
            samples: Vec::new(),
            sample_times: Vec::new(),
            statistics: progress.statistics,
            control: progress.control,
            parameters_changed: true,
            finished: false,
        };
        if let (true, Some(step)) = (fresh, options.initial_step) {
            course.control = Control { step, restart: false, ..Control::default() };
        }
        for index in 0..course.infusions.len() {
            course.update_rate(course.infusions[index].rate_parameter);
        }
        course.find_edge();
        Ok(course)
    }

    /// The time of the next listed sample.
    pub fn next_sample(&self) -> Option<f64> {
        self.entries.get(self.next).filter(|entry| entry.what == What::Sample).map(|entry| entry.time)
    }

    /// Marks the next sample as taken; the caller has added its row to `samples`.
    pub fn sample_taken(&mut self) {
        self.sample_times.push(self.entries[self.next].time);
        self.advance();
    }

    /// Carries out all that is due at the present time, and says up to where integration may go.
    pub fn turn(&mut self, discrete: &Discrete, policy: &mut dyn FnMut(&mut Visit)) -> Turn {
        match self.carry_out(discrete, policy) {
            Err(failure) => Turn::Done(Err(failure)),
            Ok(()) if self.finished || self.time >= self.end => Turn::Done(Ok(())),
            Ok(()) => Turn::Integrate(self.edge()),
        }
    }

    fn edge(&self) -> f64 {
        let mut edge = self.end;
        let listed = self.entries.get(self.next_edge).map(|entry| entry.time);
        let times = self.pending.iter().map(|p| p.time).chain(self.infusions.iter().map(|i| i.end)).chain(listed);
        for time in times {
            if time < edge {
                edge = time;
            }
        }
        edge
    }

    fn carry_out(&mut self, discrete: &Discrete, policy: &mut dyn FnMut(&mut Visit)) -> Result<(), Failure> {
        while !self.finished {
            if self.internal_effect() {
                self.finite(self.time)?;
                continue;
            }
            let Some(entry) = self.entries.get(self.next).filter(|entry| entry.time <= self.time) else { break };
            let what = entry.what;
            if what == What::Sample {
                let point = point(self.time, &self.states, &self.parameters);
                discrete.outputs(&point, &mut self.samples);
                self.sample_taken();
                continue;
            }
            self.advance();
            match what {
                What::Sample => {}
                What::Event { action, arguments } => {
                    let point = Point { arguments, ..point(self.time, &self.states, &self.parameters) };
                    let changes = discrete.changes(action as usize, &point);
                    for change in changes {
                        self.apply(change, action)?;
                    }
                }
                What::SetParameter { index, value } => {
                    self.base[index as usize] = value;
                    self.update_rate(index);
                    self.control.restart = true;
                }
                What::SetState { index, value } => {
                    self.states[index as usize] = value;
                    self.control.restart = true;
                }
                What::Reset => {
                    self.states.copy_from_slice(&self.reset);
                    self.infusions.clear();
                    self.pending.clear();
                    self.parameters.copy_from_slice(&self.base);
                    self.parameters_changed = true;
                    self.control.restart = true;
                }
                What::Stop => policy(&mut Visit { course: self, discrete, outputs: None }),
            }
            self.finite(self.time)?;
        }
        Ok(())
    }

    /// Carries out the earliest infusion end or delayed effect that is due; at equal times ends come first, then
    /// effects in the order in which they were made.
    fn internal_effect(&mut self) -> bool {
        let end = earliest(self.infusions.iter().map(|i| i.end));
        let due = earliest(self.pending.iter().map(|p| p.time));
        match (end, due) {
            (Some((at, time)), other) if time <= self.time && other.is_none_or(|(_, t)| time <= t) => {
                let ended = self.infusions.remove(at);
                self.update_rate(ended.rate_parameter);
            }
            (_, Some((at, time))) if time <= self.time => {
                let pending = self.pending.remove(at);
                self.start(pending.effect);
            }
            _ => return false,
        }
        self.control.restart = true;
        true
    }

    fn start(&mut self, effect: Delayed) {
        match effect {
            Delayed::Add { state, amount } => self.states[state as usize] += amount,
            Delayed::Infuse { rate_parameter, amount, duration } => {
                self.infusions.push(Infusion { rate_parameter, rate: amount / duration, end: self.time + duration });
                self.update_rate(rate_parameter);
            }
        }
    }

    fn apply(&mut self, change: Change, action: u32) -> Result<(), Failure> {
        let (numbers, effect, delay) = match change {
            Change::Assign { state, value } => {
                self.states[state as usize] = value;
                self.control.restart = true;
                return Ok(());
            }
            Change::Add { state, amount, delay } => ([amount, 0.0, delay], Delayed::Add { state, amount }, delay),
            Change::Infuse { state, rate_parameter, amount, duration, delay } => {
                let effect = if duration == 0.0 {
                    Delayed::Add { state, amount }
                } else {
                    Delayed::Infuse { rate_parameter, amount, duration }
                };
                ([amount, duration, delay], effect, delay)
            }
        };
        if numbers.iter().any(|x| !x.is_finite()) || numbers[1] < 0.0 || delay < 0.0 {
            return Err(Failure {
                job: self.id,
                time: self.time,
                state: None,
                kind: FailureKind::BadEffect { action },
            });
        }
        if delay > 0.0 {
            self.pending.push(Pending { time: self.time + delay, effect });
        } else {
            self.control.restart = true;
            self.start(effect);
        }
        Ok(())
    }

    /// The value of a parameter anew: its base and the running infusions in order of start, so that it returns exactly.
    fn update_rate(&mut self, index: u32) {
        let running = self.infusions.iter().filter(|i| i.rate_parameter == index);
        let sum = running.map(|i| i.rate).reduce(|sum, rate| sum + rate);
        let base = self.base[index as usize];
        self.parameters[index as usize] = sum.map_or(base, |sum| base + sum);
        self.parameters_changed = true;
    }

    fn finite(&self, time: f64) -> Result<(), Failure> {
        match self.states.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(_) => Err(self.failure(time, FailureKind::NotFinite, |i| self.states[i])),
        }
    }

    /// A failure that blames the state with the largest weight; one that is not finite outweighs all.
    pub fn failure(&self, time: f64, kind: FailureKind, weight: impl Fn(usize) -> f64) -> Failure {
        let mut worst: Option<(usize, f64)> = None;
        for i in 0..self.states.len() {
            let size = weight(i).abs();
            let size = if size.is_finite() { size } else { f64::INFINITY };
            if worst.is_none_or(|(_, most)| size > most) {
                worst = Some((i, size));
            }
        }
        // The name is filled in by `name_state`, which knows the system.
        Failure { job: self.id, time, state: worst.map(|(i, _)| (i as u32, String::new())), kind }
    }

    fn advance(&mut self) {
        self.next += 1;
        self.find_edge();
    }

    fn find_edge(&mut self) {
        if self.next_edge < self.next {
            self.next_edge = self.next;
        }
        while self.entries.get(self.next_edge).is_some_and(|entry| !entry.what.is_edge()) {
            self.next_edge += 1;
        }
    }

    fn checkpoint(&self) -> Checkpoint {
        let progress = Progress {
            infusions: self.infusions.clone(),
            pending: self.pending.clone(),
            control: self.control,
            statistics: self.statistics,
        };
        Checkpoint {
            job: Job {
                id: self.id,
                time: self.time,
                end: self.end,
                states: self.states.clone(),
                parameters: self.base.clone(),
                reset: self.reset.clone(),
                schedule: self.entries[self.next..].to_vec(),
                progress: Some(Box::new(progress)),
            },
        }
    }

    /// Ends the course.
    pub fn into_outcome(self, result: Result<(), Failure>, discrete: &Discrete) -> Outcome {
        let result = result.map_err(|mut failure| {
            if let Some((state, name)) = &mut failure.state {
                name.clone_from(&discrete.names[*state as usize]);
            }
            failure
        });
        Outcome {
            id: self.id,
            samples: self.samples,
            sample_times: self.sample_times,
            states: self.states,
            time: self.time,
            statistics: self.statistics,
            result,
        }
    }
}

fn point<'a>(time: f64, states: &'a [f64], parameters: &'a [f64]) -> Point<'a> {
    Point { time, states, parameters, arguments: [0.0; 4] }
}

/// The first of the smallest.
fn earliest(times: impl Iterator<Item = f64>) -> Option<(usize, f64)> {
    times.enumerate().fold(None, |best, (i, t)| match best {
        Some((_, least)) if least <= t => best,
        _ => Some((i, t)),
    })
}

fn check(job: &Job, discrete: &Discrete) -> Result<(), String> {
    let states = discrete.names.len();
    let lengths = [
        ("states", job.states.len(), states),
        ("reset values", job.reset.len(), states),
        ("parameters", job.parameters.len(), discrete.parameters),
    ];
    for (name, got, expected) in lengths {
        if got != expected {
            return Err(format!("the job has {got} {name}, the system {expected}"));
        }
    }
    if !(job.time.is_finite() && job.end.is_finite() && job.time <= job.end) {
        return Err(format!("the job runs from {} to {}", job.time, job.end));
    }
    if let Some(i) = job.states.iter().position(|x| !x.is_finite()) {
        return Err(format!("state {} starts at {}", discrete.names[i], job.states[i]));
    }
    let mut last = job.time;
    for entry in &job.schedule {
        last = check_entry(entry, last, discrete)?;
    }
    Ok(())
}

fn check_entry(entry: &Entry, last: f64, discrete: &Discrete) -> Result<f64, String> {
    if !(entry.time >= last && entry.time.is_finite()) {
        return Err(format!("the schedule is not sorted: an entry at {} follows {last}", entry.time));
    }
    let (kind, index, count) = match entry.what {
        What::Event { action, .. } => ("action", action, discrete.actions()),
        What::SetParameter { index, .. } => ("parameter", index, discrete.parameters),
        What::SetState { index, .. } => ("state", index, discrete.names.len()),
        What::Sample | What::Reset | What::Stop => return Ok(entry.time),
    };
    if index as usize >= count {
        return Err(format!("the schedule names {kind} {index}, and there are {count}"));
    }
    Ok(entry.time)
}

/// A subject that has come to a [`What::Stop`], in the hands of the policy.
pub struct Visit<'a> {
    course: &'a mut Course,
    discrete: &'a Discrete,
    outputs: Option<Vec<f64>>,
}

impl Visit<'_> {
    /// The job's id.
    pub fn id(&self) -> u64 {
        self.course.id
    }

    /// The present time.
    pub fn time(&self) -> f64 {
        self.course.time
    }

    /// The present states.
    pub fn states(&self) -> &[f64] {
        &self.course.states
    }

    /// The present parameters, running infusions included.
    pub fn parameters(&self) -> &[f64] {
        &self.course.parameters
    }

    /// The present outputs.
    pub fn outputs(&mut self) -> &[f64] {
        let course = &*self.course;
        let discrete = self.discrete;
        self.outputs.get_or_insert_with(|| {
            let mut row = Vec::new();
            discrete.outputs(&point(course.time, &course.states, &course.parameters), &mut row);
            row
        })
    }

    /// Adds entries to the schedule. They need not be sorted; each takes its place after the entries already listed at
    /// its time. An entry before now, or one that names what does not exist, is an error, and then none is added.
    pub fn append(&mut self, entries: Vec<Entry>) -> Result<(), Failure> {
        let course = &mut *self.course;
        for entry in &entries {
            if let Err(what) = check_entry(entry, course.time, self.discrete) {
                let kind = FailureKind::BadJob { what };
                return Err(Failure { job: course.id, time: course.time, state: None, kind });
            }
        }
        for entry in entries {
            let rest = &course.entries[course.next..];
            let place = course.next + rest.partition_point(|listed| listed.time <= entry.time);
            course.entries.insert(place, entry);
        }
        course.next_edge = course.next;
        course.find_edge();
        Ok(())
    }

    /// All that is needed to go on from here, appended entries included.
    pub fn checkpoint(&self) -> Checkpoint {
        self.course.checkpoint()
    }

    /// Ends the job here, as a success.
    pub fn finish(&mut self) {
        self.course.finished = true;
    }
}
