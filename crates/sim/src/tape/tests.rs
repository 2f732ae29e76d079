use std::collections::HashSet;

use super::{compile, lanes};
use crate::expr::{Expr, Graph, Interpreter, Point, Symbol};
use proptest::prelude::*;

/// Builds a graph from a list of choices: each takes an operation and two or three of the nodes so far.
fn graph(choices: &[(u8, u16, u16, u16)]) -> (Graph, Vec<Expr>) {
    let mut g = Graph::new();
    let mut nodes: Vec<Expr> = (0..3).map(|i| g.symbol(Symbol::State(i))).collect();
    nodes.extend((0..3).map(|i| g.symbol(Symbol::Parameter(i))));
    nodes.extend([g.symbol(Symbol::Time), g.constant(0.5), g.constant(-2.0)]);
    for &(op, a, b, c) in choices {
        let [a, b, c] = [a, b, c].map(|at| nodes[at as usize % nodes.len()]);
        nodes.push(match op % 20 {
            0 | 1 => g.add(a, b),
            2 | 3 => g.sub(a, b),
            4..=6 => g.mul(a, b),
            7 => g.div(a, b),
            8 => g.min(a, b),
            9 => g.max(a, b),
            10 => g.exp(a),
            11 => g.ln(a),
            12 => g.sqrt(a),
            13 => g.tanh(a),
            14 => g.sin(a),
            15 => g.cos(a),
            16 => g.abs(a),
            17 => g.neg(a),
            18 => {
                let (less, equal) = (g.less(a, b), g.less_equal(b, c));
                let both = g.and(less, equal);
                let either = g.or(both, less);
                let not = g.not(either);
                g.select(not, a, c)
            }
            _ => g.select(a, b, c),
        });
    }
    (g, nodes)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<const L: usize>(ops: &[super::Op], slab: &mut [[f64; L]]) {
    lanes::run(ops, slab);
}

fn run<const L: usize>(ops: &[super::Op], slab: &mut [[f64; L]], wide: bool) {
    #[cfg(target_arch = "x86_64")]
    if wide && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has just reported AVX2.
        unsafe { run_avx2(ops, slab) };
        return;
    }
    let _ = wide;
    lanes::run(ops, slab);
}

/// Runs the tapes on `L` different points and compares with the interpreter, bit for bit.
fn compare<const L: usize>(g: &Graph, sets: [&[Expr]; 2], points: &[[f64; 7]], wide: bool) {
    let (layout, tapes) = compile(g, &sets, 3, &HashSet::from([2]));
    let mut slab = vec![[0.0; L]; layout.slots];
    for &(slot, value) in &layout.constants {
        slab[slot as usize] = [value; L];
    }
    for lane in 0..L {
        let point = points[lane % points.len()];
        for &(slot, index) in &layout.parameters {
            slab[slot as usize][lane] = point[3 + index as usize];
        }
        slab[layout.time as usize][lane] = point[6];
        for state in 0..3 {
            slab[layout.states as usize + state][lane] = point[state];
        }
    }
    run(&layout.prologue.ops, &mut slab, wide);
    for (tape, roots) in tapes.iter().zip(sets) {
        run(&tape.ops, &mut slab, wide);
        let interpreter = Interpreter::new(g, roots);
        for lane in 0..L {
            let point = points[lane % points.len()];
            let at = Point { time: point[6], states: &point[..3], parameters: &point[3..6], arguments: [0.0; 4] };
            let mut expected = vec![0.0; roots.len()];
            interpreter.evaluate(&at, &mut Vec::new(), &mut expected);
            for (&slot, expected) in tape.roots.iter().zip(expected) {
                let got = slab[slot as usize][lane];
                let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
                assert!(same, "{got} instead of {expected}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 600, ..ProptestConfig::default() })]

    /// Hoisting, fusing, reordering and reuse of slots change no bit, at any lane count and vector width.
    #[test]
    fn agrees_with_the_interpreter(
        choices in prop::collection::vec(any::<(u8, u16, u16, u16)>(), 1..80),
        points in prop::collection::vec(prop::array::uniform7(-3.0..3.0_f64), 5),
    ) {
        let (g, nodes) = graph(&choices);
        let sets: [&[Expr]; 2] = [&nodes[nodes.len() / 2..], &nodes[..nodes.len() / 2]];
        compare::<1>(&g, sets, &points, false);
        compare::<4>(&g, sets, &points, true);
        compare::<8>(&g, sets, &points, true);
        compare::<16>(&g, sets, &points, true);
        compare::<16>(&g, sets, &points, false);
        compare::<32>(&g, sets, &points, true);
    }
}
