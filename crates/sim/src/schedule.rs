//! What happens when: the entries of a job's schedule.
//!
//! Entries are sorted by time; at equal times the order of the list is kept, so a sample listed before an event sees the
//! value before it and one listed after sees the value after. Ends of infusions and delayed effects due at a time come
//! before the entries listed at that time. Everything but a sample is an edge: integration never runs across it.
//! Entries later than the job's end are left undone.

/// One line of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// When; at least the job's start, finite.
    pub time: f64,
    /// What.
    pub what: What,
}

/// What an [`Entry`] does.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum What {
    /// Records one row of outputs.
    Sample,
    /// Carries out an action of the system.
    Event {
        /// Position in [`crate::System::actions`].
        action: u32,
        /// Amount, duration, index and normal draw.
        arguments: [f64; 4],
    },
    /// Gives a parameter a new value (for a rate parameter: the value that active infusions are added to).
    SetParameter {
        /// Which parameter.
        index: u32,
        /// Its new value.
        value: f64,
    },
    /// Gives a state a new value.
    SetState {
        /// Which state.
        index: u32,
        /// Its new value.
        value: f64,
    },
    /// Puts the states to [`crate::Job::reset`] and drops active infusions and delayed effects.
    Reset,
    /// Hands the subject to the policy (see [`crate::Visit`]).
    Stop,
}

impl What {
    /// Whether integration must stop here.
    pub fn is_edge(&self) -> bool {
        !matches!(self, What::Sample)
    }
}

/// An infusion that is running.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Infusion {
    /// The parameter it raises.
    pub rate_parameter: u32,
    /// By how much.
    pub rate: f64,
    /// When it ends.
    pub end: f64,
}

/// An effect that is due later.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pending {
    /// When it is due.
    pub time: f64,
    /// What it does.
    pub effect: Delayed,
}

/// What a [`Pending`] effect does.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Delayed {
    /// Adds to a state.
    Add {
        /// Which state.
        state: u32,
        /// How much.
        amount: f64,
    },
    /// Starts an infusion.
    Infuse {
        /// The parameter it raises.
        rate_parameter: u32,
        /// The total amount.
        amount: f64,
        /// Over how long, above 0.
        duration: f64,
    },
}
