//! Seats subjects in lanes, steps the lanes together, and seats the next subject where one has come to its end.

use std::sync::Mutex;

use super::{Engine, Program, control};
use crate::course::{Course, Turn, Visit};
use crate::job::{FailureKind, Job, Options, Outcome};

/// A queue of jobs, each with the place of its outcome.
type Queue<'a> = dyn FnMut() -> Option<(usize, Job)> + 'a;

/// What a run is done with.
struct Run<'a> {
    program: &'a Program,
    options: &'a Options,
    /// For each parameter, whether infusions change it.
    live: Vec<bool>,
    queue: &'a mut Queue<'a>,
    policy: &'a mut dyn FnMut(&mut Visit),
    sink: &'a mut dyn FnMut(usize, Outcome),
}

/// Runs jobs as they come from the iterator, never holding more than one per lane. Visits go to the policy; outcomes go
/// to the sink in the order in which jobs end, which depends on the lane count (their contents do not).
pub fn run(
    program: &Program,
    jobs: impl Iterator<Item = Job>,
    options: &Options,
    policy: &mut dyn FnMut(&mut Visit),
    sink: &mut dyn FnMut(Outcome),
) {
    let lanes = options.lanes.min(jobs.size_hint().1.unwrap_or(usize::MAX));
    let mut jobs = jobs.map(|job| (0, job));
    seat(program, options, lanes, &mut || jobs.next(), policy, &mut |_, outcome| sink(outcome));
}

/// Runs jobs on several threads, without a policy ([`crate::What::Stop`] does nothing). Outcomes come in the order of
/// the jobs; their bytes do not depend on the thread count.
pub fn run_parallel(program: &Program, jobs: Vec<Job>, options: &Options, threads: usize) -> Vec<Outcome> {
    run_parallel_with(program, jobs, options, threads, &|_| {})
}

/// [`run_parallel`] with a policy, which any thread may call.
pub fn run_parallel_with(
    program: &Program,
    jobs: Vec<Job>,
    options: &Options,
    threads: usize,
    policy: &(dyn Fn(&mut Visit) + Sync),
) -> Vec<Outcome> {
    let count = jobs.len();
    let threads = threads.clamp(1, count.max(1));
    let lanes = options.lanes.min(count.div_ceil(threads));
    let queue = Mutex::new(jobs.into_iter().enumerate());
    let outcomes: Mutex<Vec<Option<Outcome>>> = Mutex::new(vec![None; count]);
    let work = || {
        let mut next = || queue.lock().expect("no thread panics while it holds the queue").next();
        let mut sink = |place: usize, outcome| {
            outcomes.lock().expect("no thread panics while it holds the outcomes")[place] = Some(outcome);
        };
        seat(program, options, lanes, &mut next, &mut |visit| policy(visit), &mut sink);
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    let outcomes = outcomes.into_inner().expect("all threads have ended");
    outcomes.into_iter().map(|outcome| outcome.expect("every job has an outcome")).collect()
}

fn seat<'a>(
    program: &'a Program,
    options: &'a Options,
    lanes: usize,
    queue: &'a mut Queue<'a>,
    policy: &'a mut dyn FnMut(&mut Visit),
    sink: &'a mut dyn FnMut(usize, Outcome),
) {
    let mut live = vec![false; program.discrete.parameters];
    for &index in &program.live {
        live[index as usize] = true;
    }
    let run = Run { program, options, live, queue, policy, sink };
    match lanes {
        0 | 1 => run.drive::<1>(),
        2 | 3 => run.drive::<2>(),
        4..=7 => run.drive::<4>(),
        8..=15 => run.drive::<8>(),
        16..=31 => run.drive::<16>(),
        _ => run.drive::<32>(),
    }
}

/// A subject in a lane.
struct Seat {
    place: usize,
    course: Course,
    /// The edge that integration must not cross.
    until: f64,
    /// Whether something is due at the present time.
    due: bool,
    /// Whether the attempt under way ends at the edge, and where it ends.
    last: bool,
    end: f64,
}

impl Run<'_> {
    fn drive<const L: usize>(mut self) {
        let mut engine: Engine<L> = Engine::new(self.program, self.options.rtol);
        let mut seats: [Option<Seat>; L] = [const { None }; L];
        loop {
            let mut prologue = false;
            for (lane, seat) in seats.iter_mut().enumerate() {
                prologue |= self.settle(&mut engine, lane, seat);
            }
            if seats.iter().all(Option::is_none) {
                return;
            }
            if prologue {
                engine.prologue();
            }
            engine.open();
            for (lane, seat) in seats.iter_mut().enumerate() {
                self.choose_step(&mut engine, lane, seat);
            }
            engine.close();
            let mut accepted = [0.0; L];
            for (lane, seat) in seats.iter_mut().enumerate() {
                if self.judge(&mut engine, lane, seat) {
                    accepted[lane] = 1.0;
                }
            }
            record(&mut engine, &mut seats, &accepted);
            engine.advance(&accepted);
            for (lane, seat) in seats.iter_mut().enumerate().filter(|&(lane, _)| accepted[lane] != 0.0) {
                let Some(seat) = seat else { continue };
                seat.course.time = seat.end;
                engine.time[lane] = seat.end;
                seat.due = seat.last || seat.course.next_sample().is_some_and(|time| time <= seat.end);
            }
        }
    }

    /// Carries out what is due in a lane and fills it if it is empty; whether the prologue must run again.
    fn settle<const L: usize>(&mut self, engine: &mut Engine<L>, lane: usize, seat: &mut Option<Seat>) -> bool {
        let mut prologue = false;
        loop {
            let Some(present) = seat else {
                match (self.queue)() {
                    None => return prologue,
                    Some((place, job)) => match Course::new(job, &self.program.discrete, self.options) {
                        Err(outcome) => (self.sink)(place, *outcome),
                        Ok(course) => {
                            engine.set_states(lane, &course.states);
                            *seat = Some(Seat { place, course, until: 0.0, due: true, last: false, end: 0.0 });
                        }
                    },
                }
                continue;
            };
            if !present.due {
                return prologue;
            }
            engine.states(lane, &mut present.course.states);
            match present.course.turn(&self.program.discrete, self.policy) {
                Turn::Integrate(until) => {
                    let course = &mut present.course;
                    present.until = until;
                    present.due = false;
                    engine.set_states(lane, &course.states);
                    if std::mem::take(&mut course.parameters_changed) {
                        prologue |=
                            engine.prologue_changes(lane, &course.parameters, |index| self.live[index as usize]);
                        engine.set_parameters(lane, &course.parameters);
                    }
                    engine.time[lane] = course.time;
                }
                Turn::Done(result) => {
                    self.leave(engine, lane, seat, result);
                }
            }
        }
    }

    /// Ends a lane's course.
    fn leave<const L: usize>(
        &mut self,
        engine: &mut Engine<L>,
        lane: usize,
        seat: &mut Option<Seat>,
        result: Result<(), crate::job::Failure>,
    ) {
        if let Some(Seat { place, course, .. }) = seat.take() {
            engine.vacate(lane);
            (self.sink)(place, course.into_outcome(result, &self.program.discrete));
        }
    }

    fn choose_step<const L: usize>(&mut self, engine: &mut Engine<L>, lane: usize, seat: &mut Option<Seat>) {
        let Some(seat) = seat else { return };
        let course = &mut seat.course;
        if course.control.restart {
            course.control =
                crate::job::Control { step: engine.first_step(lane), restart: false, ..crate::job::Control::default() };
        }
        let wish = crate::math::min(course.control.step, self.options.max_step);
        let (step, last) = control::choose(wish, course.time, seat.until);
        engine.step[lane] = step;
        seat.last = last;
        seat.end = if last { seat.until } else { course.time + step };
    }

    /// Whether the attempt of a lane is accepted; a lane that cannot go on leaves.
    fn judge<const L: usize>(&mut self, engine: &mut Engine<L>, lane: usize, seat: &mut Option<Seat>) -> bool {
        let Some(Seat { course, until, end, .. }) = seat else { return false };
        let step = engine.step[lane];
        let error = (engine.error[lane] / self.program.states().max(1) as f64).sqrt();
        let clipped = step < course.control.step;
        let counts = &mut course.statistics;
        counts.factorizations += 1;
        counts.pivot_fallbacks += u64::from(engine.fell_back(lane));
        let accepted = control::judge(&mut course.control, step, error, clipped);
        if accepted {
            counts.steps += 1;
        } else {
            counts.rejected += 1;
        }
        let tiny = 16.0 * f64::EPSILON * course.time.abs() + 1e-20 * (*until - course.time);
        let stuck = (!accepted && step <= tiny) || *end <= course.time;
        let spent = counts.steps + counts.rejected >= self.options.max_steps && !(accepted && *end >= course.end);
        if !stuck && !spent {
            return accepted;
        }
        let kind = match stuck {
            true => FailureKind::StepTooSmall { step },
            false => FailureKind::StepBudget { steps: self.options.max_steps },
        };
        let failure = course.failure(course.time, kind, |state| engine.blame(lane, state));
        engine.states(lane, &mut course.states);
        self.leave(engine, lane, seat, Err(failure));
        false
    }
}

/// Takes the samples that lie inside the accepted steps, one per lane at a time.
fn record<const L: usize>(engine: &mut Engine<L>, seats: &mut [Option<Seat>; L], accepted: &[f64; L]) {
    let mut first = true;
    loop {
        let mut theta = [0.0; L];
        let mut time = engine.time;
        let mut wanted = [false; L];
        for (lane, seat) in seats.iter().enumerate() {
            let Some(seat) = seat.as_ref().filter(|_| accepted[lane] != 0.0) else { continue };
            if let Some(sample) = seat.course.next_sample().filter(|&sample| sample < seat.end) {
                theta[lane] = (sample - engine.time[lane]) / engine.step[lane];
                time[lane] = sample;
                wanted[lane] = true;
            }
        }
        if !wanted.contains(&true) {
            return;
        }
        if std::mem::take(&mut first) {
            engine.interpolate();
        }
        engine.sample(&theta, &time);
        for (lane, seat) in seats.iter_mut().enumerate() {
            if let Some(seat) = seat.as_mut().filter(|_| wanted[lane]) {
                engine.row(lane, &mut seat.course.samples);
                seat.course.sample_taken();
            }
        }
    }
}
