//! The model language: parse, units, evidence, checks, lowering to sim.
