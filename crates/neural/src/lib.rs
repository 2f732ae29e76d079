//! Probes of a brain: what an EEG, a scan or a task would show, from seconds of spiking to minutes of whole-brain
//! activity. Numbers only: nothing here knows a drug, a unit conversion, a file or where a number comes from.
//!
//! - [`brain`]: excitatory and inhibitory pools in every region of a connectome, their blood-oxygen signal, and what a
//!   scan reports of it.
//! - [`circuit`]: spiking pyramidal cells and two kinds of interneurons, at rest, driven, remembering and deciding.
//! - [`spectrum`]: power spectra, band powers, aperiodic slope.
//! - [`lanes`]: eight numbers at a time, and noise that depends on counters alone.

pub mod brain;
pub mod circuit;
pub mod lanes;
pub mod spectrum;
