//! Runs a tape over lanes. Every operation is a plain loop over `[f64; L]` without a branch, so the compiler turns it
//! into vector instructions of whatever width the calling function is compiled for, and a lane's bits depend on nothing
//! but that lane's own values.

use super::{Code, Op};
use crate::expr::truth;
use crate::math;

/// One value per lane.
pub(crate) type Lanes<const L: usize> = [f64; L];

#[inline(always)]
fn one<const L: usize>(slab: &mut [Lanes<L>], op: &Op, f: impl Fn(f64) -> f64) {
    let a = slab[op.a as usize];
    let mut to = [0.0; L];
    for lane in 0..L {
        to[lane] = f(a[lane]);
    }
    slab[op.to as usize] = to;
}

#[inline(always)]
fn two<const L: usize>(slab: &mut [Lanes<L>], op: &Op, f: impl Fn(f64, f64) -> f64) {
    let a = slab[op.a as usize];
    let b = slab[op.b as usize];
    let mut to = [0.0; L];
    for lane in 0..L {
        to[lane] = f(a[lane], b[lane]);
    }
    slab[op.to as usize] = to;
}

#[inline(always)]
fn three<const L: usize>(slab: &mut [Lanes<L>], op: &Op, f: impl Fn(f64, f64, f64) -> f64) {
    let a = slab[op.a as usize];
    let b = slab[op.b as usize];
    let c = slab[op.c as usize];
    let mut to = [0.0; L];
    for lane in 0..L {
        to[lane] = f(a[lane], b[lane], c[lane]);
    }
    slab[op.to as usize] = to;
}

/// Carries out the operations in order.
#[inline(always)]
pub(crate) fn run<const L: usize>(ops: &[Op], slab: &mut [Lanes<L>]) {
    for op in ops {
        match op.code {
            Code::Add => two(slab, op, |a, b| a + b),
            Code::Sub => two(slab, op, |a, b| a - b),
            Code::Mul => two(slab, op, |a, b| a * b),
            Code::Div => two(slab, op, |a, b| a / b),
            Code::MulAdd => three(slab, op, |a, b, c| c + a * b),
            Code::MulSub => three(slab, op, |a, b, c| c - a * b),
            Code::MulMinus => three(slab, op, |a, b, c| a * b - c),
            Code::Min => two(slab, op, math::min),
            Code::Max => two(slab, op, math::max),
            Code::Less => two(slab, op, |a, b| truth(a < b)),
            Code::LessEqual => two(slab, op, |a, b| truth(a <= b)),
            Code::And => two(slab, op, |a, b| truth((a != 0.0) & (b != 0.0))),
            Code::Or => two(slab, op, |a, b| truth((a != 0.0) | (b != 0.0))),
            Code::Neg => one(slab, op, |a| -a),
            Code::Abs => one(slab, op, f64::abs),
            Code::Exp => one(slab, op, math::exp),
            Code::Ln => one(slab, op, math::ln),
            Code::Sqrt => one(slab, op, f64::sqrt),
            Code::Tanh => one(slab, op, math::tanh),
            Code::Sin => one(slab, op, math::sin),
            Code::Cos => one(slab, op, math::cos),
            Code::Not => one(slab, op, |a| truth(a == 0.0)),
            Code::Select => three(slab, op, |a, b, c| if c != 0.0 { a } else { b }),
        }
    }
}
