//! Expression graphs, tapes and a batched stiff integrator: numbers only.
