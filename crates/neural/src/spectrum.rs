//! Spectra.
