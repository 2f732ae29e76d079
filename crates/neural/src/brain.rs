//! Whole-brain network.
