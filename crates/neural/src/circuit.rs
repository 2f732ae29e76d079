//! A local circuit of spiking cells: pyramidal cells and two kinds of interneurons that leak, integrate and fire.
//!
//! Each cell obeys `C dV/dt = -g_L (V - V_L) - g_AMPA (V - E_exc) - g_NMDA m(V) (V - E_exc) - g_GABA (V - E_inh) + I`
//! and fires at a threshold; AMPA and GABA conductances jump at a spike and decay, NMDA saturates with its presynaptic
//! gate, and `m(V)` is the magnesium block. A train of events of its own drives each cell from outside.
//! Sources: Brunel & Wang 2001, J Comput Neurosci 11:63; Wang 2002, Neuron 36:955.
//!
//! - [`parameters`]: cells, receptors, synapses, and how a run scales them.
//! - [`wiring`]: who projects to whom: at random, between pools, or around a ring.
//! - [`kernel`]: the network in eight lanes; [`reference`](mod@reference): the same network written plainly.
//! - [`rest`], [`drive`], [`decision`], [`memory`]: what the circuit shows at rest, driven, deciding, remembering.

pub mod decision;
pub mod drive;
pub mod kernel;
pub mod memory;
pub mod parameters;
pub mod reference;
pub mod rest;
pub mod wiring;

pub use kernel::{Circuit, Spike};
pub use parameters::{CellType, CircuitError, Conductances, Membrane, Motif, Parameters, Receptors, Scaling};
pub use wiring::{Connectivity, Group, InDegree};
