//! What the likelihood needs of the data: sums of products over the subjects that were seen at the same visits.
//!
//! Subjects with the same visits and the same covariance share one inverse, and the likelihood depends on them through
//! `sum_s z_sa z_sb'` alone, where `z_sa` is the row of the design with the measured value behind it. So the cost of an
//! iteration does not grow with the number of subjects.
//!
//! The columns are made orthonormal and the measured value is replaced by its least-squares residual in units of the
//! residual standard deviation. Both are undone at the end; in between numbers are near one and little is lost to
//! rounding.

use super::covariance::triangle;
use super::{Covariance, Data, Fault};
use crate::analysis::matrix::{Matrix, Orthonormal, add_scaled, dot};
use crate::statistic::log;
use std::collections::BTreeMap;

/// Subjects seen at the same visits that share a covariance.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Group whose covariance they have.
    pub group: usize,
    /// Visits at which they were seen, ascending.
    pub visits: Vec<usize>,
    /// How many they are.
    pub subjects: f64,
    /// For each pair of visits, in the order of [`triangle`]: the lower triangle of `sum_s z_sa z_sb' + z_sb z_sa'`, or
    /// of `sum_s z_sa z_sa'`, packed row after row.
    products: Vec<f64>,
}

impl Pattern {
    /// The packed sums of a pair of visits, by its place in [`triangle`].
    pub fn pair(&self, place: usize, width: usize) -> &[f64] {
        let size = width * (width + 1) / 2;
        &self.products[place * size..(place + 1) * size]
    }

    /// Adds (`sign` 1) or takes out (`sign` -1) a subject with one row for each visit.
    fn count(&mut self, rows: &[&[f64]], sign: f64) {
        self.subjects += sign;
        let mut at = 0;
        for (a, b) in triangle(rows.len()) {
            for i in 0..rows[a].len() {
                let row = &mut self.products[at..at + i + 1];
                add_scaled(row, sign * rows[a][i], &rows[b][..i + 1]);
                if a != b {
                    add_scaled(row, sign * rows[b][i], &rows[a][..i + 1]);
                }
                at += i + 1;
            }
        }
    }
}

/// The data in the form in which the likelihood uses them.
#[derive(Clone, Debug)]
pub struct Sums {
    /// Subjects by visits seen and covariance.
    pub patterns: Vec<Pattern>,
    /// Number of visits.
    pub visits: usize,
    /// Number of covariances.
    pub groups: usize,
    /// Number of columns.
    pub columns: usize,
    /// Number of observations.
    pub observations: usize,
    /// Columns of the design made orthonormal.
    pub design: Orthonormal,
    /// Least-squares coefficients on the orthonormal columns.
    least_squares: Vec<f64>,
    /// Residual standard deviation of least squares: the unit of what follows.
    pub unit: f64,
    /// What -2 log-likelihood gains by the change of columns and unit.
    pub constant: f64,
    /// Rows of the subjects and the pattern they are in.
    rows: Matrix,
    members: Vec<(Option<usize>, Vec<usize>)>,
}

impl Sums {
    /// Reads and checks the data.
    pub fn new(data: &Data, covariance: &Covariance) -> Result<Self, Fault> {
        super::check::shape(data, covariance)?;
        let (n, p) = (data.observations.len(), data.columns.len());
        let mut x = Matrix::zeros(n, p);
        for (i, seen) in data.observations.iter().enumerate() {
            x.row_mut(i).copy_from_slice(&seen.x);
        }
        let names = |at: Vec<usize>| at.into_iter().map(|j| data.columns[j].clone()).collect();
        let design = Orthonormal::new(&x).map_err(|at| Fault::Aliased { columns: names(at) })?;
        if n <= p {
            return Err(Fault::TooFewObservations { observations: n, columns: p });
        }
        let y: Vec<f64> = data.observations.iter().map(|o| o.y).collect();
        let least_squares = design.q.transposed().times_vector(&y);
        let residual: Vec<f64> = (0..n).map(|i| y[i] - dot(design.q.row(i), &least_squares)).collect();
        let unit = (dot(&residual, &residual) / (n - p) as f64).sqrt();
        // Below this what is left is rounding of the values themselves.
        let spread = dot(&y, &y).sqrt();
        let exact = unit <= 1e-13 * spread || unit == 0.0;
        if exact {
            return Err(Fault::NoSpread);
        }
        let rows = Matrix::from_fn(n, p + 1, |i, j| if j < p { design.q[(i, j)] } else { residual[i] / unit });
        let mut members: Vec<(Option<usize>, Vec<usize>)> = vec![(None, Vec::new()); data.subjects];
        for (i, seen) in data.observations.iter().enumerate() {
            members[seen.subject].1.push(i);
        }
        let mut by_visits: BTreeMap<(usize, Vec<usize>), Vec<usize>> = BTreeMap::new();
        for (subject, (_, seen)) in members.iter_mut().enumerate().filter(|(_, (_, seen))| !seen.is_empty()) {
            seen.sort_by_key(|i| data.observations[*i].visit);
            let visits = seen.iter().map(|i| data.observations[*i].visit).collect();
            by_visits.entry((covariance.group(subject), visits)).or_default().push(subject);
        }
        let packed = (p + 1) * (p + 2) / 2;
        let mut patterns = Vec::new();
        for ((group, visits), subjects) in by_visits {
            let pairs = visits.len() * (visits.len() + 1) / 2;
            let mut pattern = Pattern { group, visits, subjects: 0.0, products: vec![0.0; pairs * packed] };
            for subject in subjects {
                let (place, seen) = &mut members[subject];
                *place = Some(patterns.len());
                pattern.count(&seen.iter().map(|i| rows.row(*i)).collect::<Vec<_>>(), 1.0);
            }
            patterns.push(pattern);
        }
        let constant = (n - p) as f64 * each(unit) + design.log_determinant();
        Ok(Sums {
            patterns,
            visits: data.visits.len(),
            groups: covariance.count(),
            columns: p,
            observations: n,
            design,
            least_squares,
            unit,
            constant,
            rows,
            members,
        })
    }

    /// The same without one subject. The unit and the columns stay those of the whole data.
    pub fn without(&self, subject: usize) -> Self {
        let mut sums = self.clone();
        let (place, seen) = &self.members[subject];
        if let Some(place) = place {
            let rows: Vec<&[f64]> = seen.iter().map(|i| self.rows.row(*i)).collect();
            sums.patterns[*place].count(&rows, -1.0);
        }
        let seen = self.members[subject].1.len();
        sums.observations -= seen;
        sums.constant -= seen as f64 * each(self.unit);
        sums.patterns.retain(|pattern| pattern.subjects > 0.5);
        sums
    }

    /// Coefficients in the columns and the unit of the data, from those of the likelihood.
    pub fn coefficients(&self, beta: &[f64]) -> Vec<f64> {
        let whole: Vec<f64> = self.least_squares.iter().zip(beta).map(|(b, d)| b + d * self.unit).collect();
        self.design.coefficients(&whole)
    }

    /// Mean product of the residuals of two visits over the subjects of a group seen at both.
    pub fn moment(&self, group: usize, a: usize, b: usize) -> Option<f64> {
        let width = self.columns + 1;
        let (mut sum, mut subjects) = (0.0, 0.0);
        for pattern in self.patterns.iter().filter(|p| p.group == group) {
            let at = |visit: usize| pattern.visits.iter().position(|v| *v == visit);
            let (Some(a), Some(b)) = (at(a.max(b)), at(a.min(b))) else { continue };
            let last = pattern.pair(a * (a + 1) / 2 + b, width).last().copied().unwrap_or_default();
            sum += if a == b { last } else { 0.5 * last };
            subjects += pattern.subjects;
        }
        // Least squares has taken as many degrees of freedom as there are columns.
        let left = (self.observations - self.columns) as f64 / self.observations as f64;
        if subjects > 0.0 { Some(sum / (subjects * left)) } else { None }
    }
}

/// What one more observation adds to -2 log-likelihood apart from the data.
fn each(unit: f64) -> f64 {
    const LOG_2_PI: f64 = 1.837_877_066_409_345_5;
    LOG_2_PI + 2.0 * log(unit)
}
