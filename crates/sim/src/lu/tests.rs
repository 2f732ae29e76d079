use super::Plan;
use crate::dense::Dense;
use proptest::prelude::*;

/// A pattern with its values, and a right-hand side.
fn case() -> impl Strategy<Value = (usize, Vec<(usize, usize, f64)>, Vec<f64>)> {
    (1..12_usize).prop_flat_map(|n| {
        let entry = (0..n, 0..n, -3.0..3.0_f64);
        (Just(n), prop::collection::vec(entry, 0..4 * n), prop::collection::vec(-1.0..1.0_f64, n))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    /// The sparse factors solve what dense elimination solves, for a shift that makes the diagonal strong.
    #[test]
    fn agrees_with_dense_elimination((n, mut entries, right) in case()) {
        entries.sort_by_key(|&(i, j, _)| (i, j));
        entries.dedup_by_key(|&mut (i, j, _)| (i, j));
        let slots: Vec<(usize, usize, u32)> = entries.iter().enumerate().map(|(k, &(i, j, _))| (i, j, k as u32)).collect();
        let slab: Vec<[f64; 2]> = entries.iter().map(|&(_, _, value)| [value, -value]).collect();
        let plan = Plan::new(n, &slots);
        let shift = [4.0 * n as f64, 5.0 * n as f64];
        let mut factors = vec![[0.0; 2]; plan.len()];
        let mut bad = [0.0; 2];
        plan.factorize(&slab, &shift, &mut factors, &mut bad);
        prop_assert_eq!(bad, [0.0; 2]);
        let mut z = vec![[0.0; 2]; n];
        for row in 0..n {
            let own = [right[plan.order[row] as usize]; 2];
            z[row] = Plan::eliminate(plan.below_row(row), &factors, &z, own);
        }
        for row in (0..n).rev() {
            let own = Plan::eliminate(plan.above_row(row), &factors, &z, z[row]);
            z[row] = [0, 1].map(|lane| own[lane] * factors[plan.pivot(row)][lane]);
        }
        for lane in 0..2 {
            let mut x = right.clone();
            Dense::factorize(n, plan.dense(&slab, shift[lane], lane)).unwrap().solve(&mut x);
            for row in 0..n {
                prop_assert!((z[row][lane] - x[plan.order[row] as usize]).abs() < 1e-12);
            }
        }
    }
}

/// Weak pivots are noticed, in their own lane alone, and so is what is not a number.
#[test]
fn rejects_weak_pivots() {
    let entries = [(0, 0, 0), (0, 1, 1), (1, 0, 2), (1, 1, 3)];
    let plan = Plan::new(2, &entries);
    let mut factors = vec![[0.0; 4]; plan.len()];
    let mut bad = [0.0; 4];
    // Lane 1: the first pivot cancels exactly; lane 2: the second does, to rounding; lane 3: not a number.
    let slab = [[1.0, 2.0, 1.0, 1.0], [1.0, 1.0, 1.0, f64::NAN], [1.0, 1.0, 1.0, 1.0], [-1.0, 0.0, 1.0 + 1e-12, 0.0]];
    plan.factorize(&slab, &[2.0; 4], &mut factors, &mut bad);
    assert_eq!(bad, [0.0, 1.0, 1.0, 1.0]);
}

/// A chain is eliminated without fill, whatever the order of its states.
#[test]
fn agrees_with_no_fill_on_a_chain() {
    let order = [3, 0, 4, 1, 2];
    let entries: Vec<(usize, usize, u32)> = (0..4)
        .flat_map(|k| [(order[k], order[k + 1], 2 * k as u32), (order[k + 1], order[k], 2 * k as u32 + 1)])
        .collect();
    assert_eq!(Plan::new(5, &entries).len(), 5 + 8);
}
