//! Tests of the spiking circuit.
#![allow(missing_docs)]

mod constants;
mod engine;
mod probes;
mod resting;
