//! What goes into a run and what comes out of it.

use crate::schedule::{Entry, Infusion, Pending};

/// One subject to be simulated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Job {
    /// Names the subject in outcomes and failures; never used otherwise.
    pub id: u64,
    /// Where time starts.
    pub time: f64,
    /// Where it ends; at least `time`.
    pub end: f64,
    /// The states at the start, one per state.
    pub states: Vec<f64>,
    /// The parameters at the start, one per parameter.
    pub parameters: Vec<f64>,
    /// The states that [`crate::What::Reset`] returns to, one per state.
    pub reset: Vec<f64>,
    /// Sorted by time; see [`crate::schedule`].
    pub schedule: Vec<Entry>,
    /// `None` for a fresh subject; what a checkpoint remembers beyond the fields above.
    pub progress: Option<Box<Progress>>,
}

impl Job {
    /// The job that goes on from a checkpoint, bit-equal to the run that was not interrupted. Its outcome holds the
    /// samples from the checkpoint on; statistics continue.
    pub fn resume(checkpoint: Checkpoint) -> Job {
        checkpoint.job
    }
}

/// All that is needed to go on in another lane, process or machine: plain data.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// The rest of the job, with [`Job::progress`] filled in.
    pub job: Job,
}

/// What a running subject remembers beyond states, parameters and schedule.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// Running infusions, in order of start.
    pub infusions: Vec<Infusion>,
    /// Effects that are due, in the order in which they were made.
    pub pending: Vec<Pending>,
    /// Where the step control stands.
    pub control: Control,
    /// The counts so far.
    pub statistics: Statistics,
}

/// Where the step control of a subject stands.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Control {
    /// The step to try next.
    pub step: f64,
    /// Whether the next step must be estimated afresh, as after an edge that changed something.
    pub restart: bool,
    /// The size of the last accepted step; 0 before the first.
    pub accepted_step: f64,
    /// The error of the last accepted step, as a fraction of the tolerance.
    pub accepted_error: f64,
    /// Whether the last attempt was rejected.
    pub rejected: bool,
}

impl Default for Control {
    fn default() -> Control {
        Control { step: 0.0, restart: true, accepted_step: 0.0, accepted_error: 0.0, rejected: false }
    }
}

/// How to integrate.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The error allowed per step: `rtol * (abs(state) + 1e-3 * scale)`, in the root mean square over states. At least
    /// about 1e-10; below 1e-8 the method loses order.
    pub rtol: f64,
    /// How many subjects advance together: 1, 2, 4, 8, 16 or 32 (another number is rounded down). No result depends
    /// on it.
    pub lanes: usize,
    /// The most attempted steps of one job.
    pub max_steps: u64,
    /// The first step of a job; `None` estimates it.
    pub initial_step: Option<f64>,
    /// The longest step.
    pub max_step: f64,
}

impl Default for Options {
    fn default() -> Options {
        Options { rtol: 1e-5, lanes: 16, max_steps: 1_000_000, initial_step: None, max_step: f64::INFINITY }
    }
}

/// Counts of one job.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Accepted steps.
    pub steps: u64,
    /// Attempts whose error was too large or not finite.
    pub rejected: u64,
    /// Matrix factorisations.
    pub factorizations: u64,
    /// Factorisations for which the fixed pivot order was not good enough.
    pub pivot_fallbacks: u64,
}

/// What became of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The job's id.
    pub id: u64,
    /// One row of outputs per sample, row after row.
    pub samples: Vec<f64>,
    /// The times of the rows.
    pub sample_times: Vec<f64>,
    /// The states at `time`.
    pub states: Vec<f64>,
    /// How far the job came: its end, the visit that finished it, or where it failed.
    pub time: f64,
    /// Counts.
    pub statistics: Statistics,
    /// Whether the end was reached.
    pub result: Result<(), Failure>,
}

/// Why a job stopped before its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The job's id.
    pub job: u64,
    /// When.
    pub time: f64,
    /// The position and name of the state that is to blame, where there is one.
    pub state: Option<(u32, String)>,
    /// What went wrong.
    pub kind: FailureKind,
}

/// What went wrong in a [`Failure`].
#[derive(Clone, Debug, PartialEq)]
pub enum FailureKind {
    /// Not even a step of this size met the tolerance.
    StepTooSmall {
        /// The size.
        step: f64,
    },
    /// [`Options::max_steps`] attempts were made.
    StepBudget {
        /// How many.
        steps: u64,
    },
    /// A state became NaN or infinite at an event.
    NotFinite,
    /// An effect has an amount, duration or delay that is not finite, or a duration or delay below 0.
    BadEffect {
        /// Position in [`crate::System::actions`].
        action: u32,
    },
    /// The job does not fit the system: a length, an order of times or a number is wrong.
    BadJob {
        /// What is wrong, in words.
        what: String,
    },
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "job {} failed at time {}: ", self.job, self.time)?;
        match &self.kind {
            FailureKind::StepTooSmall { step } => {
                write!(f, "no step down to {step:e} met the tolerance; look for a rate that is not finite")?
            }
            FailureKind::StepBudget { steps } => {
                write!(f, "the budget of {steps} steps is spent; raise it or loosen the tolerance")?
            }
            FailureKind::NotFinite => write!(f, "a state is not finite after an event")?,
            FailureKind::BadEffect { action } => {
                write!(f, "action {action} has an amount, duration or delay that is negative or not finite")?
            }
            FailureKind::BadJob { what } => write!(f, "{what}")?,
        }
        match &self.state {
            Some((_, name)) => write!(f, " (state {name})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
