//! Whether the world agrees: predictions against published figures, judged on distributions.
//!
//! The pharmacokinetic curves set the parameters, so agreement with them is calibration and the names say so.

mod pharmacokinetics;
mod probes;
mod signs;
