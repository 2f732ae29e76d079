//! Sparse elimination in a fixed order, planned once per system and carried out over lanes.
//!
//! The matrix is `W = I/(h gamma) - J`. Pivots stay on the diagonal, in the order of least fill (Markowitz 1957,
//! Management Science 3:255-269, restricted to the diagonal); each entry of the factors is then one dot product whose
//! operands are known in advance. A fixed order cannot promise accuracy, so every pivot is compared with the sizes that
//! went into it, and a lane that lost too many digits is solved by [`crate::dense`] instead.

use std::collections::BTreeSet;

use crate::tape::lanes::Lanes;

/// A pivot below this share of the sizes that went into it has lost too many digits. Eight digits stay, more than the
/// stages of a step with a tolerance above 1e-8 need.
const LEAST_PIVOT: f64 = 1e-8;
/// Products that exceed the entry they are subtracted from by this factor have swamped it.
const MOST_GROWTH: f64 = 1e8;

/// "No slot": an entry of the factors that is zero in the matrix.
const NONE: u32 = u32::MAX;

/// One entry of the factors: `(slot of J) - products`, then divided by a pivot if left of the diagonal.
#[derive(Copy, Clone, Debug)]
struct Entry {
    /// Where the entry of `J` lies in the slab, or [`NONE`].
    source: u32,
    /// The end of its products in [`Plan::products`]; they begin where the entry before ended.
    products: u32,
    /// Left of the diagonal: the position of the pivot's reciprocal; on it: its own; right of it: [`NONE`].
    pivot: u32,
}

/// The elimination plan of one pattern.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The state eliminated at each turn.
    pub order: Vec<u32>,
    /// Row after row, columns ascending (both in elimination order).
    entries: Vec<Entry>,
    products: Vec<(u32, u32)>,
    /// For each row, the end of its part in `below`.
    below_ends: Vec<u32>,
    /// Entries left of the diagonal: position in the factors, column.
    below: Vec<(u32, u32)>,
    above_ends: Vec<u32>,
    above: Vec<(u32, u32)>,
    /// Positions of the reciprocal pivots.
    pivots: Vec<u32>,
}

impl Plan {
    /// Plans the elimination for a pattern: `(row, column, slot)` of each entry of `J` that is not identically 0.
    pub fn new(size: usize, entries: &[(usize, usize, u32)]) -> Plan {
        let order = markowitz(size, entries);
        let mut turn = vec![0; size];
        for (k, &state) in order.iter().enumerate() {
            turn[state as usize] = k;
        }
        let mut source: Vec<std::collections::BTreeMap<usize, u32>> = vec![Default::default(); size];
        for (k, row) in source.iter_mut().enumerate() {
            row.insert(k, NONE);
        }
        for &(row, column, slot) in entries {
            source[turn[row]].insert(turn[column], slot);
        }
        // Fill: row i takes over what row k < i has right of column k.
        let mut pattern: Vec<BTreeSet<usize>> = source.iter().map(|row| row.keys().copied().collect()).collect();
        for i in 0..size {
            let mut k = 0;
            while let Some(&column) = pattern[i].range(k..i).next() {
                let (before, after) = pattern.split_at_mut(i);
                after[0].extend(before[column].range(column + 1..));
                k = column + 1;
            }
        }
        let mut plan = Plan { order, ..Plan::default() };
        let mut position: Vec<std::collections::BTreeMap<usize, u32>> = vec![Default::default(); size];
        for i in 0..size {
            for &j in &pattern[i] {
                let at = plan.entries.len() as u32;
                position[i].insert(j, at);
                for (&k, &left) in position[i].range(..i.min(j)) {
                    if let Some(&upper) = position[k].get(&j) {
                        plan.products.push((left, upper));
                    }
                }
                let pivot = match j.cmp(&i) {
                    std::cmp::Ordering::Less => plan.pivots[j],
                    std::cmp::Ordering::Equal => at,
                    std::cmp::Ordering::Greater => NONE,
                };
                match j.cmp(&i) {
                    std::cmp::Ordering::Less => plan.below.push((at, j as u32)),
                    std::cmp::Ordering::Equal => plan.pivots.push(at),
                    std::cmp::Ordering::Greater => plan.above.push((at, j as u32)),
                }
                let source = source[i].get(&j).copied().unwrap_or(NONE);
                plan.entries.push(Entry { source, products: plan.products.len() as u32, pivot });
            }
            plan.below_ends.push(plan.below.len() as u32);
            plan.above_ends.push(plan.above.len() as u32);
        }
        plan
    }

    /// How many entries the factors have.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many products a factorisation takes.
    pub fn work(&self) -> usize {
        self.products.len()
    }

    /// Factorises `shift I - J` for all lanes; the entries of `J` are read from the slab. Sets `bad` to 1 in the lanes
    /// whose factors must not be used, 0 in the others.
    #[inline(always)]
    pub fn factorize<const L: usize>(
        &self,
        slab: &[Lanes<L>],
        shift: &Lanes<L>,
        factors: &mut [Lanes<L>],
        bad: &mut Lanes<L>,
    ) {
        *bad = [0.0; L];
        let mut start = 0;
        for (at, entry) in self.entries.iter().enumerate() {
            let end = entry.products as usize;
            let products = &self.products[start..end];
            start = end;
            if entry.pivot as usize == at {
                let mut own = *shift;
                let mut size = *shift;
                if entry.source != NONE {
                    let slope = &slab[entry.source as usize];
                    for lane in 0..L {
                        own[lane] -= slope[lane];
                        size[lane] += slope[lane].abs();
                    }
                }
                let mut taken = [0.0; L];
                for &(left, upper) in products {
                    let (left, upper) = (&factors[left as usize], &factors[upper as usize]);
                    for lane in 0..L {
                        let product = left[lane] * upper[lane];
                        own[lane] -= product;
                        taken[lane] += product.abs();
                    }
                }
                for lane in 0..L {
                    let enough = own[lane].abs() >= LEAST_PIVOT * (size[lane] + taken[lane]);
                    let calm = taken[lane] <= MOST_GROWTH * size[lane];
                    bad[lane] = if enough & calm { bad[lane] } else { 1.0 };
                    own[lane] = 1.0 / own[lane];
                }
                factors[at] = own;
                continue;
            }
            let mut own = [0.0; L];
            if entry.source != NONE {
                let slope = &slab[entry.source as usize];
                for lane in 0..L {
                    own[lane] = -slope[lane];
                }
            }
            for &(left, upper) in products {
                let (left, upper) = (&factors[left as usize], &factors[upper as usize]);
                for lane in 0..L {
                    own[lane] -= left[lane] * upper[lane];
                }
            }
            if entry.pivot != NONE {
                let pivot = &factors[entry.pivot as usize];
                for lane in 0..L {
                    own[lane] *= pivot[lane];
                }
            }
            factors[at] = own;
        }
    }

    /// `shift I - J` of one lane as a dense matrix, rows and columns in the order of the states.
    pub fn dense<const L: usize>(&self, slab: &[Lanes<L>], shift: f64, lane: usize) -> Vec<f64> {
        let n = self.order.len();
        let mut matrix = vec![0.0; n * n];
        let mut entries = self.entries.iter();
        for row in 0..n {
            let columns = self.below_row(row).iter().map(|&(_, j)| j as usize);
            let columns = columns.chain([row]).chain(self.above_row(row).iter().map(|&(_, j)| j as usize));
            for column in columns {
                let entry = entries.next().expect("the plan has an entry for each place");
                let slope = if entry.source == NONE { 0.0 } else { slab[entry.source as usize][lane] };
                let diagonal = if row == column { shift } else { 0.0 };
                matrix[self.order[row] as usize * n + self.order[column] as usize] = diagonal - slope;
            }
        }
        matrix
    }

    /// Left of the diagonal in a row: position in the factors, column.
    #[inline(always)]
    pub fn below_row(&self, row: usize) -> &[(u32, u32)] {
        let start = if row == 0 { 0 } else { self.below_ends[row - 1] };
        &self.below[start as usize..self.below_ends[row] as usize]
    }

    /// Right of the diagonal in a row.
    #[inline(always)]
    pub fn above_row(&self, row: usize) -> &[(u32, u32)] {
        let start = if row == 0 { 0 } else { self.above_ends[row - 1] };
        &self.above[start as usize..self.above_ends[row] as usize]
    }

    /// The position of a row's reciprocal pivot.
    #[inline(always)]
    pub fn pivot(&self, row: usize) -> usize {
        self.pivots[row] as usize
    }

    /// Solves for one right-hand side in the order of the states, in place, with the factors of a single lane.
    pub fn solve(&self, factors: &[Lanes<1>], x: &mut [f64]) {
        let n = self.order.len();
        let mut z = vec![[0.0]; n];
        for row in 0..n {
            z[row] = Plan::eliminate(self.below_row(row), factors, &z, [x[self.order[row] as usize]]);
        }
        for row in (0..n).rev() {
            let [own] = Plan::eliminate(self.above_row(row), factors, &z, z[row]);
            z[row] = [own * factors[self.pivot(row)][0]];
            x[self.order[row] as usize] = z[row][0];
        }
    }

    /// `own` less the products of a row of factors with values found so far.
    #[inline(always)]
    pub fn eliminate<const L: usize>(
        row: &[(u32, u32)],
        factors: &[Lanes<L>],
        values: &[Lanes<L>],
        mut own: Lanes<L>,
    ) -> Lanes<L> {
        for &(at, column) in row {
            let (factor, value) = (&factors[at as usize], &values[column as usize]);
            for lane in 0..L {
                own[lane] -= factor[lane] * value[lane];
            }
        }
        own
    }
}

/// The order of elimination: at each turn the state whose elimination can fill the fewest places.
fn markowitz(size: usize, entries: &[(usize, usize, u32)]) -> Vec<u32> {
    let mut rows: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); size];
    let mut columns: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); size];
    for &(row, column, _) in entries {
        if row != column {
            rows[row].insert(column);
            columns[column].insert(row);
        }
    }
    let mut left: BTreeSet<usize> = (0..size).collect();
    let mut order = Vec::with_capacity(size);
    while let Some(&best) = left.iter().min_by_key(|&&k| (rows[k].len() * columns[k].len(), k)) {
        left.remove(&best);
        order.push(best as u32);
        let (row, column) = (std::mem::take(&mut rows[best]), std::mem::take(&mut columns[best]));
        for &i in &column {
            rows[i].remove(&best);
        }
        for &j in &row {
            columns[j].remove(&best);
        }
        for &i in &column {
            for &j in row.iter().filter(|&&j| j != i) {
                rows[i].insert(j);
                columns[j].insert(i);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests;
