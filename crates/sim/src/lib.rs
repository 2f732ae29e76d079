//! Expression graphs, tapes and a batched stiff integrator: numbers only.

pub mod dense;
pub mod expr;
pub mod math;
pub mod random;
pub mod reference;
pub mod schedule;
pub mod steady;
pub mod system;

mod course;
mod job;
mod lu;
mod rodas;
mod tape;

pub use course::Visit;
pub use expr::{Expr, Graph, Symbol};
pub use job::{Checkpoint, Control, Failure, FailureKind, Job, Options, Outcome, Progress, Statistics};
pub use rodas::{Profile, Program, run, run_parallel, run_parallel_with};
pub use schedule::{Entry, What};
pub use system::{Action, Effect, StateSpec, System, SystemFault};
