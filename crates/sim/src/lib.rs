//! Expression graphs, tapes and a batched stiff integrator: numbers only.
//!
//! This crate solves ordinary differential equations for many subjects at once. It knows no substance, no unit and no
//! file: everything is a number in one coherent set of units, named by its position.
//!
//! # From equations to outcomes
//!
//! 1. Equations are written into a [`Graph`] ([`expr`]), where equal parts are one node and derivatives are symbolic.
//! 2. A [`System`] gathers rates, outputs and the [`Action`]s that events can carry out.
//! 3. [`Program::compile`] derives the Jacobian, splits off what depends on parameters alone, and lays everything out as
//!    one tape of operations, with an order of elimination fixed in advance.
//! 4. A [`Job`] is one subject: where it starts, its parameters, its schedule of [`Entry`]s ([`schedule`]).
//! 5. [`run`] (one thread, outcomes streamed) or [`run_parallel`] seats jobs in lanes and integrates them with Rodas5P.
//!    A [`Visit`] lets a policy look at a subject, order more entries, take a [`Checkpoint`] or end it.
//!
//! Here an amount is taken into a depot and lost from the centre; half of it is given at time 1, half at time 5.
//!
//! ```
//! use sim::{Action, Effect, Entry, Graph, Job, Options, Program, StateSpec, Symbol, System, What};
//!
//! let mut g = Graph::new();
//! let (depot, centre) = (g.symbol(Symbol::State(0)), g.symbol(Symbol::State(1)));
//! let (absorption, elimination) = (g.symbol(Symbol::Parameter(0)), g.symbol(Symbol::Parameter(1)));
//! let absorbed = g.mul(absorption, depot);
//! let lost = g.mul(elimination, centre);
//! let rates = vec![g.neg(absorbed), g.sub(absorbed, lost)];
//! let dose = Effect::Add { state: 0, amount: g.symbol(Symbol::Argument(0)), delay: None };
//! let state = |name: &str| StateSpec { name: name.into(), scale: 1.0 };
//! let system = System {
//!     states: vec![state("depot"), state("centre")],
//!     parameters: 2,
//!     rates,
//!     outputs: vec![centre],
//!     actions: vec![Action { effects: vec![dose] }],
//!     graph: g,
//! };
//! system.check()?;
//! let program = Program::compile(&system);
//!
//! let event = |time| Entry { time, what: What::Event { action: 0, arguments: [0.5, 0.0, 1.0, 0.0] } };
//! let sample = |time| Entry { time, what: What::Sample };
//! let job = |id, elimination| Job {
//!     id,
//!     end: 10.0,
//!     states: vec![0.0, 0.0],
//!     reset: vec![0.0, 0.0],
//!     parameters: vec![1.2, elimination],
//!     schedule: vec![sample(0.5), event(1.0), sample(4.0), event(5.0), sample(10.0)],
//!     ..Job::default()
//! };
//! let outcomes = sim::run_parallel(&program, vec![job(1, 0.1), job(2, 0.3)], &Options::default(), 2);
//! assert_eq!(outcomes[0].samples[0], 0.0);
//! assert!(outcomes[0].samples[2] > outcomes[1].samples[2]);
//! assert!(outcomes.iter().all(|outcome| outcome.result.is_ok()));
//! # Ok::<(), sim::SystemFault>(())
//! ```
//!
//! # What can be relied on
//!
//! - **The same bytes everywhere.** Lane count, thread count, neighbours, order of jobs and vector width change no bit of
//!   an outcome, and neither does a pause at a [`What::Stop`]. There is no fused multiply-add, and [`math`] replaces the
//!   platform's elementary functions.
//! - **Edges are never crossed.** A step ends at everything that is not a sample; samples come from the dense output.
//! - **A failure stays where it is.** A subject that cannot go on ends with a [`Failure`] that names time and state; the
//!   subjects beside it are untouched.
//! - **Errors are judged per step**: the root mean square over states of
//!   `error / (rtol * (abs(state) + 1e-3 * scale))` stays below 1. NaN or an infinite value counts as too large.
//!
//! # The other modules
//!
//! [`mod@reference`] is a second, slow engine with the same meaning of jobs and schedules, there to be compared with.
//! [`steady`] finds where chosen states rest. [`random`] has draws that depend on names and not on order. [`dense`] is
//! plain pivoted elimination.
//!
//! # Where `unsafe` is
//!
//! In one place: the call into the copy of the step that is compiled for AVX2, after the processor has been asked.
//! Slots and lanes are indexed with bounds checks.

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
