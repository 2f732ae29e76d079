//! The exam of the engines: one suite, sat by the reference engine and by the fast one at 1, 4 and 16 lanes.
//!
//! `exact` has systems whose answer is known or published, `events` what a schedule means, `batch` that subjects do not
//! disturb each other, `outside` another project's solver.
#![allow(clippy::disallowed_methods, reason = "exact answers are written with the platform's functions")]

mod batch;
mod engine;
mod events;
mod exact;
mod outside;
mod term;

/// Runs every question of the suite for one engine.
macro_rules! exam {
    ($($name:ident: $engine:expr;)*) => { $(mod $name {
        exam!(@questions $engine;
            exact: agrees_with_linear_chain, agrees_with_zero_order_infusion, agrees_with_logistic_growth,
                agrees_with_published_van_der_pol, agrees_with_published_robertson, agrees_with_published_hires,
                agrees_with_conservation, agrees_with_forcing, agrees_with_its_tolerance, agrees_with_exact_zero;
            events: agrees_with_order_on_an_edge, agrees_with_effects_from_before, agrees_with_overlapping_infusions,
                agrees_with_delays, agrees_with_zero_duration, agrees_with_reset, agrees_with_set_parameter,
                agrees_with_superposed_doses, rejects_bad_effects, rejects_bad_jobs;
            batch: agrees_with_itself_after_a_checkpoint, agrees_with_a_policy, agrees_beside_failures,
                rejects_a_runaway, rejects_entries_in_the_past;
            outside: agrees_with_diffsol_on_van_der_pol, agrees_with_diffsol_on_absorption;
        );
    })* };
    (@questions $engine:expr; $($part:ident: $($question:ident),*;)*) => { $($(
        #[test]
        fn $question() {
            crate::$part::$question(&$engine);
        }
    )*)* };
}

exam! {
    reference: crate::engine::Reference;
    rodas_1: crate::engine::Rodas(1);
    rodas_4: crate::engine::Rodas(4);
    rodas_16: crate::engine::Rodas(16);
}
