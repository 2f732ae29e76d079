//! The resynapse program.
fn main() {}
