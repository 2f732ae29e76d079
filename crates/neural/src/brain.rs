//! The whole brain at rest: one excitatory and one inhibitory pool in every region of a connectome, and the
//! blood-oxygen signal a scanner would see of them.
//!
//! The pools follow the dynamic mean field of Deco et al. 2014 (J. Neurosci. 34:7886). In region `n`, with gating `S`
//! of excitatory (NMDA) and inhibitory (GABA) synapses, rates `r` in Hz and currents `I` in nA:
//!
//! ```text
//! I_E = W_E I_0 + e + a_loc w J_N S_E + a_long G J_N sum_m C_nm S_E,m - t J S_I
//! I_I = W_I I_0 + i + a_int J_N S_E - S_I
//! r   = y / (1 - exp(-d y)),  y = slope I - offset
//! dS_E/dt = -S_E/tau_E + gamma (1 - S_E) r_E + sigma noise
//! dS_I/dt = -S_I/tau_I + r_I + sigma noise
//! ```
//!
//! `a_long`, `a_loc` and `a_int` scale the three NMDA terms of a region by themselves; `e` and `i` are extra currents,
//! `t` is the tone of inhibition, `w` the recurrent weight, `J` the weight of feedback inhibition.
//!
//! - [`Connectome`] is read from text, a zip of The Virtual Brain or numpy arrays, and gives a [`Coupling`].
//! - [`Model`] holds coupling, pools and regions; [`inhibition`] finds `J` so that every region fires at one rate.
//! - [`subject`] draws the model of one virtual subject about that of the group.
//! - [`simulate`] gives a [`Recording`]: the signal per volume and mean rates; neural courses are never stored.
//! - [`mod@reference`] solves the same equations plainly in double precision, for tests.
//! - [`observe`] turns recordings into what a study reports: connectivity, its dynamics, distances.
//!
//! Not here: conduction delays, subcortical nuclei, cell types of interneurons, and any number of biology.

mod archive;
mod connectome;
mod hemodynamics;
pub mod inhibition;
mod kernel;
mod model;
pub mod observe;
pub mod reference;
mod simulate;
mod subject;
mod text;

pub use archive::{read_npz, read_tvb_zip};
pub use connectome::{Connectome, ConnectomeError, Coupling, Place, Problem, Scale, Transform, homologues};
pub use hemodynamics::{Flow, Hemodynamics};
pub use model::{Gain, Model, ModelError, Pools, Region};
pub use simulate::{Plasticity, Protocol, Recording, RunError, Start, simulate};
pub use subject::{Spread, subject};
pub use text::read_text;
