//! The exam every mechanism sits: it runs alone with clamped inputs, rests without drug, conserves what it must, keeps
//! its own checks, and its symbolic Jacobian agrees with differences.

mod alone;
mod life;
mod whole;
