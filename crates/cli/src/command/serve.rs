//! `resynapse serve`.

use super::load_atlas;
use crate::arguments::{Global, Serve};
use crate::failure::Failure;

pub(super) fn run(global: &Global, a: &Serve) -> Result<(), Failure> {
    let atlas = load_atlas(global)?;
    crate::serve::run(global, a, atlas)
}
