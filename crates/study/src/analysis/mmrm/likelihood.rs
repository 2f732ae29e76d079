//! The restricted likelihood and its derivatives.
//!
//! With `V` the covariance of all values, `F = (X'V^-1 X)^-1`, `b = F X'V^-1 y` and `r = y - X b`,
//! ```text
//! -2 l = log|V| + log|X'V^-1 X| + r'V^-1 r + (n - p) log 2 pi
//! ```
//! For parameters `i` and `j` of the covariance, with `D = dV`, `T_i = X'V^-1 D_i V^-1 X` and `h_i = X'V^-1 D_i V^-1 r`,
//! ```text
//! gradient   tr(V^-1 D_i) - tr(F T_i) - r'V^-1 D_i V^-1 r
//! observed   -tr(V^-1 D_i V^-1 D_j) + 2 tr(F X'V^-1 D_i V^-1 D_j V^-1 X) + 2 r'V^-1 D_i V^-1 D_j V^-1 r
//!            - tr(F T_i F T_j) - 2 h_i'F h_j, and the gradient's form in dD_i/d_j
//! expected   tr(V^-1 D_i V^-1 D_j) - 2 tr(F X'V^-1 D_i V^-1 D_j V^-1 X) + tr(F T_i F T_j)
//! ```
//! both Hessians of `-2 l`, so that the covariance of the parameters is twice the inverse.
//!
//! Source: Lindstrom & Bates 1988, J Am Stat Assoc 83:1014; Wolfinger, Tobias & Sall 1994, SIAM
//! Journal on Scientific Computing 15:1294.

use super::covariance::{Sparse, Structure, triangle};
use super::sums::{Pattern, Sums};
use crate::analysis::matrix::{Matrix, add_scaled, dot};

/// Least share of a variance that must be left given the visits before; below it the covariance counts as singular.
const SINGULAR: f64 = 1e-10;

/// The likelihood at one covariance.
#[derive(Clone, Debug)]
pub struct Point {
    /// Parameters of the covariance, group after group, in the unit of the sums.
    pub parameters: Vec<f64>,
    /// -2 restricted log-likelihood.
    pub objective: f64,
    /// Coefficients on the orthonormal columns, beyond least squares.
    pub beta: Vec<f64>,
    /// Their covariance.
    pub phi: Matrix,
    /// Inverse covariance of each pattern.
    inverses: Vec<Matrix>,
}

/// Derivatives of -2 restricted log-likelihood by the parameters of the covariance.
#[derive(Clone, Debug)]
pub struct Derivatives {
    /// First derivatives.
    pub gradient: Vec<f64>,
    /// Second derivatives.
    pub observed: Matrix,
    /// What the second derivatives are on average over data from the model.
    pub expected: Matrix,
    /// `T_i`, for each parameter.
    pub tangents: Vec<Matrix>,
}

/// The likelihood at a covariance; `None` where the covariance is not positive definite.
pub fn point(sums: &Sums, structure: Structure, parameters: &[f64]) -> Option<Point> {
    let (p, width) = (sums.columns, sums.columns + 1);
    let each = structure.count(sums.visits);
    let mut sigmas = Vec::with_capacity(sums.groups);
    for own in parameters.chunks(each) {
        let sigma = structure.sigma(sums.visits, own);
        sigma.cholesky(SINGULAR)?;
        sigmas.push(sigma);
    }
    let mut total = vec![0.0; width * (width + 1) / 2];
    let mut objective = sums.constant;
    let mut inverses = Vec::with_capacity(sums.patterns.len());
    for pattern in &sums.patterns {
        let factored = sigmas[pattern.group].picked(&pattern.visits).cholesky(0.0)?;
        objective += pattern.subjects * factored.log_determinant();
        let inverse = factored.inverse();
        for (place, (a, b)) in triangle(pattern.visits.len()).enumerate() {
            add_scaled(&mut total, inverse[(a, b)], pattern.pair(place, width));
        }
        inverses.push(inverse);
    }
    let last = &total[p * width / 2..];
    let information = unpacked(&total, p).cholesky(SINGULAR * SINGULAR)?;
    let beta = information.solve(&last[..p]);
    objective += information.log_determinant() + last[p] - dot(&beta, &last[..p]);
    if !objective.is_finite() {
        return None;
    }
    Some(Point { parameters: parameters.to_vec(), objective, beta, phi: information.inverse(), inverses })
}

/// The derivatives at a point.
pub fn derivatives(sums: &Sums, structure: Structure, point: &Point) -> Derivatives {
    let p = sums.columns;
    let packed = p * (p + 1) / 2;
    let each = structure.count(sums.visits);
    let count = each * sums.groups;
    let slopes = group_slopes(sums, structure, point);
    let curvatures: Vec<_> = point.parameters.chunks(each).map(|own| structure.curvatures(sums.visits, own)).collect();
    let (mut gradient, mut observed, mut expected) =
        (vec![0.0; count], Matrix::zeros(count, count), Matrix::zeros(count, count));
    let (mut tangents, mut scores) = (vec![vec![0.0; packed]; count], Matrix::zeros(count, p));
    for (pattern, inverse) in sums.patterns.iter().zip(&point.inverses) {
        let first = pattern.group * each;
        let local = Local::new(pattern, sums.visits);
        let slopes: Vec<Sparse> = slopes[pattern.group].iter().map(|slope| local.of(slope)).collect();
        let view = View::new(pattern, point, inverse);
        let rise = view.rise(pattern, inverse);
        let mut bend = inverse.scaled(-pattern.subjects);
        bend.add(2.0, &view.fixed);
        bend.add(2.0, &view.residual);
        let mut expect = inverse.scaled(pattern.subjects);
        expect.add(-2.0, &view.fixed);
        for (i, slope) in slopes.iter().enumerate() {
            gradient[first + i] += trace(slope, &rise);
            for (place, (a, b)) in triangle(pattern.visits.len()).enumerate() {
                let factor: f64 = slope.iter().map(|(c, d, v)| v * inverse[(a, *c)] * inverse[(*d, b)]).sum();
                add_scaled(&mut tangents[first + i], factor, &pattern.pair(place, p + 1)[..packed]);
                add_scaled(scores.row_mut(first + i), factor, &view.scores.row(place)[..p]);
            }
            for (j, other) in slopes.iter().enumerate().take(i + 1) {
                for (c, d, v) in slope {
                    for (e, f, w) in other {
                        let factor = v * w * inverse[(*d, *e)];
                        observed[(first + i, first + j)] += factor * bend[(*f, *c)];
                        expected[(first + i, first + j)] += factor * expect[(*f, *c)];
                    }
                }
            }
        }
        for (i, j, curvature) in &curvatures[pattern.group] {
            observed[(first + j, first + i)] += trace(&local.of(curvature), &rise);
        }
    }
    let tangents: Vec<Matrix> = tangents.iter().map(|t| unpacked(t, p)).collect();
    let turned: Vec<Matrix> = tangents.iter().map(|t| point.phi.times(t)).collect();
    let back: Vec<Matrix> = turned.iter().map(Matrix::transposed).collect();
    for (i, j) in triangle(count) {
        let both = turned[i].trace_with(&back[j]);
        observed[(i, j)] -= both + 2.0 * point.phi.form(scores.row(i), scores.row(j));
        expected[(i, j)] += both;
        observed[(j, i)] = observed[(i, j)];
        expected[(j, i)] = expected[(i, j)];
    }
    Derivatives { gradient, observed, expected, tangents }
}

/// The first derivatives alone, at a fraction of the cost.
pub fn gradient(sums: &Sums, structure: Structure, point: &Point) -> Vec<f64> {
    let each = structure.count(sums.visits);
    let slopes = group_slopes(sums, structure, point);
    let mut gradient = vec![0.0; each * sums.groups];
    for (pattern, inverse) in sums.patterns.iter().zip(&point.inverses) {
        let local = Local::new(pattern, sums.visits);
        let rise = View::new(pattern, point, inverse).rise(pattern, inverse);
        for (i, slope) in slopes[pattern.group].iter().enumerate() {
            gradient[pattern.group * each + i] += trace(&local.of(slope), &rise);
        }
    }
    gradient
}

/// Sum over pairs of parameters of `w_ij (Q_ij - R_ij / 4)`, with `Q_ij = X'V^-1 D_i V^-1 D_j V^-1 X` and `R_ij = X'V^-1
/// (dD_i/d_j) V^-1 X`: what Kenward and Roger need beyond the tangents.
pub fn second_order(sums: &Sums, structure: Structure, point: &Point, w: &Matrix) -> Matrix {
    let p = sums.columns;
    let packed = p * (p + 1) / 2;
    let each = structure.count(sums.visits);
    let slopes = group_slopes(sums, structure, point);
    let mut total = vec![0.0; packed];
    for (pattern, inverse) in sums.patterns.iter().zip(&point.inverses) {
        let first = pattern.group * each;
        let local = Local::new(pattern, sums.visits);
        let slopes: Vec<Sparse> = slopes[pattern.group].iter().map(|slope| local.of(slope)).collect();
        let k = pattern.visits.len();
        let mut inner = Matrix::zeros(k, k);
        for (i, slope) in slopes.iter().enumerate() {
            for (j, other) in slopes.iter().enumerate() {
                let weight = w[(first + i, first + j)];
                for (c, d, v) in slope {
                    for (e, f, u) in other {
                        inner[(*c, *f)] += weight * v * u * inverse[(*d, *e)];
                    }
                }
            }
        }
        let own = &point.parameters[first..first + each];
        for (i, j, curvature) in structure.curvatures(sums.visits, own) {
            let twice = if i == j { 1.0 } else { 2.0 };
            for (c, d, v) in local.of(&curvature) {
                inner[(c, d)] -= 0.25 * twice * w[(first + i, first + j)] * v;
            }
        }
        let outer = inverse.times(&inner).times(inverse);
        for (place, (a, b)) in triangle(k).enumerate() {
            // The sum over pairs is symmetric; the halves differ by rounding.
            let factor = 0.5 * (outer[(a, b)] + outer[(b, a)]);
            add_scaled(&mut total, factor, &pattern.pair(place, p + 1)[..packed]);
        }
    }
    unpacked(&total, p)
}

fn group_slopes(sums: &Sums, structure: Structure, point: &Point) -> Vec<Vec<Sparse>> {
    let each = structure.count(sums.visits);
    point.parameters.chunks(each).map(|own| structure.slopes(sums.visits, own)).collect()
}

/// Visits of a pattern by their place in it.
struct Local(Vec<Option<usize>>);

impl Local {
    fn new(pattern: &Pattern, visits: usize) -> Self {
        let mut places = vec![None; visits];
        pattern.visits.iter().enumerate().for_each(|(place, visit)| places[*visit] = Some(place));
        Local(places)
    }
    /// The part of a matrix over all visits that lies in the pattern.
    fn of(&self, sparse: &Sparse) -> Sparse {
        sparse.iter().filter_map(|(a, b, v)| Some((self.0[*a]?, self.0[*b]?, *v))).collect()
    }
}

/// What a pattern contributes at a point, by pairs of visits.
struct View {
    /// `V^-1 K V^-1` with `K_ab = tr(F sum_s x_sa x_sb')`.
    fixed: Matrix,
    /// `V^-1 K V^-1` with `K_ab = sum_s r_sa r_sb`.
    residual: Matrix,
    /// `sum_s x_sa r_sb + x_sb r_sa`, one row for each pair.
    scores: Matrix,
}

impl View {
    fn new(pattern: &Pattern, point: &Point, inverse: &Matrix) -> Self {
        let (k, p) = (pattern.visits.len(), point.beta.len());
        let weights: Vec<f64> =
            triangle(p).map(|(i, j)| if i == j { point.phi[(i, i)] } else { 2.0 * point.phi[(i, j)] }).collect();
        let turned: Vec<f64> = point.beta.iter().map(|b| -b).chain([1.0]).collect();
        let (mut fixed, mut residual) = (Matrix::zeros(k, k), Matrix::zeros(k, k));
        let mut scores = Matrix::zeros(k * (k + 1) / 2, p + 1);
        for (place, (a, b)) in triangle(k).enumerate() {
            let pair = pattern.pair(place, p + 1);
            let row = scores.row_mut(place);
            times_packed(pair, &turned, row);
            // The sums of a pair of two visits hold both orders.
            let share = if a == b { 1.0 } else { 0.5 };
            let (f, r) = (share * dot(&weights, &pair[..weights.len()]), share * dot(row, &turned));
            for at in [(a, b), (b, a)] {
                fixed[at] = f;
                residual[at] = r;
            }
        }
        let between = |m: &Matrix| inverse.times(m).times(inverse);
        View { fixed: between(&fixed), residual: between(&residual), scores }
    }

    /// What a change of the covariance adds: to the determinants and to the residuals.
    fn rise(&self, pattern: &Pattern, inverse: &Matrix) -> Matrix {
        let mut rise = inverse.scaled(pattern.subjects);
        rise.add(-1.0, &self.fixed);
        rise.add(-1.0, &self.residual);
        rise
    }
}

/// Trace of a sparse symmetric matrix times a dense one.
fn trace(sparse: &Sparse, dense: &Matrix) -> f64 {
    sparse.iter().map(|(a, b, v)| v * dense[(*a, *b)]).sum()
}

/// The first `size` rows of a packed lower triangle as a symmetric matrix.
fn unpacked(packed: &[f64], size: usize) -> Matrix {
    let mut matrix = Matrix::zeros(size, size);
    for ((a, b), value) in triangle(size).zip(packed) {
        matrix[(a, b)] = *value;
        matrix[(b, a)] = *value;
    }
    matrix
}

/// A packed symmetric matrix times a vector.
fn times_packed(packed: &[f64], v: &[f64], out: &mut [f64]) {
    let mut at = 0;
    for i in 0..v.len() {
        let row = &packed[at..at + i];
        out[i] += dot(row, &v[..i]) + packed[at + i] * v[i];
        add_scaled(&mut out[..i], v[i], row);
        at += i + 1;
    }
}
