//! Spiking circuit.
