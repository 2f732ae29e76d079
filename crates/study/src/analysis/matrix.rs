//! Small dense matrices: what the linear and mixed models need, and no more.
//!
//! This is own code because linear algebra libraries pick fused multiply-add kernels at run time, and the bytes of a
//! result must not depend on the processor.

use std::ops::{Index, IndexMut};

/// A dense matrix, row after row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// All zero.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix { rows, columns, values: vec![0.0; rows * columns] }
    }
    /// One on the diagonal.
    pub fn identity(size: usize) -> Self {
        Self::from_fn(size, size, |i, j| if i == j { 1.0 } else { 0.0 })
    }
    /// From a function of row and column.
    pub fn from_fn(rows: usize, columns: usize, f: impl Fn(usize, usize) -> f64) -> Self {
        let values = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| f(i, j)).collect();
        Matrix { rows, columns, values }
    }
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }
    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }
    /// One row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.columns..(i + 1) * self.columns]
    }
    /// One row, to write to.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.columns..(i + 1) * self.columns]
    }
    /// Values on the diagonal.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows.min(self.columns)).map(|i| self[(i, i)]).collect()
    }
    /// Rows and columns exchanged.
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.columns, self.rows, |i, j| self[(j, i)])
    }
    /// Rows and columns picked by position.
    pub fn picked(&self, at: &[usize]) -> Self {
        Self::from_fn(at.len(), at.len(), |i, j| self[(at[i], at[j])])
    }
    /// Every value times `factor`.
    pub fn scaled(&self, factor: f64) -> Self {
        let values = self.values.iter().map(|x| x * factor).collect();
        Matrix { values, ..*self }
    }
    /// The product `self * other`; columns of `self` and rows of `other` are of one number.
    pub fn times(&self, other: &Matrix) -> Self {
        debug_assert_eq!(self.columns, other.rows);
        let mut product = Self::zeros(self.rows, other.columns);
        for i in 0..self.rows {
            let row = &mut product.values[i * other.columns..(i + 1) * other.columns];
            for (k, factor) in self.row(i).iter().enumerate() {
                add_scaled(row, *factor, other.row(k));
            }
        }
        product
    }
    /// The product with a vector.
    pub fn times_vector(&self, v: &[f64]) -> Vec<f64> {
        (0..self.rows).map(|i| dot(self.row(i), v)).collect()
    }
    /// `v' self w`.
    pub fn form(&self, v: &[f64], w: &[f64]) -> f64 {
        (0..self.rows).map(|i| v[i] * dot(self.row(i), w)).sum()
    }
    /// Adds `factor * other`, of the same shape.
    pub fn add(&mut self, factor: f64, other: &Matrix) {
        add_scaled(&mut self.values, factor, &other.values);
    }
    /// Trace of the product of two symmetric matrices.
    pub fn trace_with(&self, other: &Matrix) -> f64 {
        dot(&self.values, &other.values)
    }
    /// The lower triangle `L` with `self = L L'`; `None` where the matrix is not positive definite: a pivot is at most
    /// `least` times what stood on the diagonal.
    pub fn cholesky(&self, least: f64) -> Option<Cholesky> {
        let n = self.rows;
        let mut l = Self::zeros(n, n);
        for j in 0..n {
            let pivot = self[(j, j)] - dot(&l.row(j)[..j], &l.row(j)[..j]);
            // Written so that NaN is refused too.
            let fit = pivot > least * self[(j, j)] && pivot > 0.0 && pivot.is_finite();
            if !fit {
                return None;
            }
            let root = pivot.sqrt();
            l[(j, j)] = root;
            for i in j + 1..n {
                l[(i, j)] = (self[(i, j)] - dot(&l.row(i)[..j], &l.row(j)[..j])) / root;
            }
        }
        Some(Cholesky { lower: l })
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.values[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.values[i * self.columns + j]
    }
}

/// A factored positive definite matrix.
#[derive(Clone, Debug)]
pub struct Cholesky {
    /// The lower triangle `L`.
    pub lower: Matrix,
}

impl Cholesky {
    /// Logarithm of the determinant of the factored matrix.
    pub fn log_determinant(&self) -> f64 {
        2.0 * self.lower.diagonal().into_iter().map(sim::math::ln).sum::<f64>()
    }
    /// `L^-1 v`.
    pub fn forward(&self, v: &[f64]) -> Vec<f64> {
        let mut x = v.to_vec();
        for i in 0..x.len() {
            let row = self.lower.row(i);
            x[i] = (x[i] - dot(&row[..i], &x[..i])) / row[i];
        }
        x
    }
    /// `L'^-1 v`.
    pub fn backward(&self, v: &[f64]) -> Vec<f64> {
        let mut x = v.to_vec();
        for i in (0..x.len()).rev() {
            let row = self.lower.row(i);
            x[i] /= row[i];
            let xi = x[i];
            add_scaled(&mut x[..i], -xi, &row[..i]);
        }
        x
    }
    /// The solution `x` of `A x = v`.
    pub fn solve(&self, v: &[f64]) -> Vec<f64> {
        self.backward(&self.forward(v))
    }
    /// The inverse of the factored matrix, exactly symmetric.
    pub fn inverse(&self) -> Matrix {
        let n = self.lower.rows;
        // Row i of `inverse` holds column i of L^-1, of which the first i values are zero.
        let mut inverse = Matrix::zeros(n, n);
        for i in 0..n {
            inverse[(i, i)] = 1.0 / self.lower[(i, i)];
            for j in i + 1..n {
                let sum = dot(&self.lower.row(j)[i..j], &inverse.row(i)[i..j]);
                inverse[(i, j)] = -sum / self.lower[(j, j)];
            }
        }
        let mut product = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..=i {
                let value = dot(&inverse.row(i)[i..], &inverse.row(j)[i..]);
                product[(i, j)] = value;
                product[(j, i)] = value;
            }
        }
        product
    }
}

/// Sum of products of two vectors. Four sums run side by side, always in the same order.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for (x, y) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// Adds `factor * from` to `to`.
pub fn add_scaled(to: &mut [f64], factor: f64, from: &[f64]) {
    for (t, f) in to.iter_mut().zip(from) {
        *t += factor * f;
    }
}

/// Columns made orthonormal: `X = Q R`.
#[derive(Clone, Debug)]
pub struct Orthonormal {
    /// `Q`, with the rows of `X`.
    pub q: Matrix,
    /// `R`, an upper triangle.
    pub r: Matrix,
}

/// A column whose part outside the columns before it is a smaller share than this of the whole depends on them.
/// Reason: half the digits of a double; what is left of such a column is mostly rounding.
const ALIASED: f64 = 1e-8;

impl Orthonormal {
    /// By the modified Gram-Schmidt process, column after column. Where columns depend on those before them, their
    /// positions are the error.
    pub fn new(x: &Matrix) -> Result<Self, Vec<usize>> {
        let p = x.columns;
        let mut columns = x.transposed();
        let (mut r, mut aliased) = (Matrix::zeros(p, p), Vec::new());
        for j in 0..p {
            let whole = dot(columns.row(j), columns.row(j)).sqrt();
            // The second pass takes out what rounding left of the columns before.
            for _ in 0..2 {
                for i in (0..j).filter(|i| !aliased.contains(i)) {
                    let (before, from) = columns.values.split_at_mut(j * x.rows);
                    let unit = &before[i * x.rows..(i + 1) * x.rows];
                    let share = dot(unit, &from[..x.rows]);
                    add_scaled(&mut from[..x.rows], -share, unit);
                    r[(i, j)] += share;
                }
            }
            let left = dot(columns.row(j), columns.row(j)).sqrt();
            let independent = left > ALIASED * whole;
            if !independent {
                aliased.push(j);
                continue;
            }
            r[(j, j)] = left;
            columns.row_mut(j).iter_mut().for_each(|v| *v /= left);
        }
        if aliased.is_empty() { Ok(Orthonormal { q: columns.transposed(), r }) } else { Err(aliased) }
    }
    /// Logarithm of the determinant of `X'X`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * self.r.diagonal().into_iter().map(sim::math::ln).sum::<f64>()
    }
    /// Coefficients on `X` from those on `Q`: `R^-1 b`.
    pub fn coefficients(&self, b: &[f64]) -> Vec<f64> {
        let mut x = b.to_vec();
        for i in (0..x.len()).rev() {
            let row = self.r.row(i);
            x[i] = (x[i] - dot(&row[i + 1..], &x[i + 1..])) / row[i];
        }
        x
    }
    /// A contrast of coefficients on `Q` from one on `X`: `R'^-1 l`.
    pub fn contrast(&self, l: &[f64]) -> Vec<f64> {
        let mut x = l.to_vec();
        for i in 0..x.len() {
            let row = self.r.row(i);
            x[i] /= row[i];
            let xi = x[i];
            add_scaled(&mut x[i + 1..], -xi, &row[i + 1..]);
        }
        x
    }
    /// Covariance of the coefficients on `X` from that on `Q`: `R^-1 C R'^-1`.
    pub fn covariance(&self, c: &Matrix) -> Matrix {
        let solved = |m: &Matrix| -> Matrix {
            let mut rows = Matrix::zeros(m.rows, m.columns);
            for i in 0..m.rows {
                rows.row_mut(i).copy_from_slice(&self.coefficients(m.row(i)));
            }
            rows
        };
        let covariance = solved(&solved(c).transposed());
        Matrix::from_fn(c.rows, c.columns, |i, j| 0.5 * (covariance[(i, j)] + covariance[(j, i)]))
    }
}

/// Eigenvalues and eigenvectors (rows of the matrix) of a symmetric matrix, by Jacobi's rotations.
///
/// Source: Golub & Van Loan 2013, Matrix Computations, section 8.5.
pub fn eigen(symmetric: &Matrix) -> (Vec<f64>, Matrix) {
    const MOST_SWEEPS: usize = 60;
    let n = symmetric.rows;
    let (mut a, mut vectors) = (symmetric.clone(), Matrix::identity(n));
    for _ in 0..MOST_SWEEPS {
        let mut turned = false;
        for p in 0..n {
            for q in p + 1..n {
                // Below rounding of both values on the diagonal there is nothing left to turn.
                if a[(p, q)].abs() <= f64::EPSILON * 1e-3 * (a[(p, p)] * a[(q, q)]).abs().sqrt() {
                    continue;
                }
                turned = true;
                let tau = (a[(q, q)] - a[(p, p)]) / (2.0 * a[(p, q)]);
                let t = tau.signum() / (tau.abs() + (1.0 + tau * tau).sqrt());
                let c = 1.0 / (1.0 + t * t).sqrt();
                let s = t * c;
                for k in 0..n {
                    let (x, y) = (a[(k, p)], a[(k, q)]);
                    (a[(k, p)], a[(k, q)]) = (c * x - s * y, s * x + c * y);
                }
                for k in 0..n {
                    let (x, y) = (a[(p, k)], a[(q, k)]);
                    (a[(p, k)], a[(q, k)]) = (c * x - s * y, s * x + c * y);
                    let (x, y) = (vectors[(p, k)], vectors[(q, k)]);
                    (vectors[(p, k)], vectors[(q, k)]) = (c * x - s * y, s * x + c * y);
                }
                (a[(p, q)], a[(q, p)]) = (0.0, 0.0);
            }
        }
        if !turned {
            break;
        }
    }
    (a.diagonal(), vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(a: &Matrix, b: &Matrix) -> bool {
        a.values.iter().zip(&b.values).all(|(x, y)| (x - y).abs() < 1e-12)
    }

    fn sample() -> Matrix {
        Matrix { rows: 3, columns: 3, values: vec![4.0, 2.0, 0.4, 2.0, 5.0, -1.0, 0.4, -1.0, 3.0] }
    }

    #[test]
    fn agrees_that_a_factored_matrix_inverts() {
        let a = sample();
        let factored = a.cholesky(0.0).unwrap();
        assert!(near(&a.times(&factored.inverse()), &Matrix::identity(3)));
        assert!(near(&factored.lower.times(&factored.lower.transposed()), &a));
        let x = factored.solve(&[1.0, 2.0, 3.0]);
        assert!(a.times_vector(&x).iter().zip([1.0, 2.0, 3.0]).all(|(u, v)| (u - v).abs() < 1e-12));
        // By hand: 4 (15 - 1) - 2 (6 + 0.4) + 0.4 (-2 - 2) = 41.6.
        assert!((factored.log_determinant() - sim::math::ln(41.6)).abs() < 1e-12);
    }

    #[test]
    fn rejects_a_matrix_that_is_not_positive_definite() {
        let mut a = sample();
        a[(2, 2)] = 0.1;
        assert!(a.cholesky(0.0).is_none());
        a[(0, 0)] = f64::NAN;
        assert!(a.cholesky(0.0).is_none());
    }

    #[test]
    fn agrees_that_orthonormal_columns_give_the_matrix_back() {
        let x = Matrix::from_fn(5, 3, |i, j| (1 + i * j) as f64 + if i == j { 2.5 } else { 0.0 });
        let split = Orthonormal::new(&x).unwrap();
        assert!(near(&split.q.times(&split.r), &x));
        assert!(near(&split.q.transposed().times(&split.q), &Matrix::identity(3)));
        let xx = x.transposed().times(&x);
        assert!(near(&split.covariance(&Matrix::identity(3)), &xx.cholesky(0.0).unwrap().inverse()));
        assert!((split.log_determinant() - xx.cholesky(0.0).unwrap().log_determinant()).abs() < 1e-12);
        let (l, b) = ([1.0, -2.0, 0.5], [0.3, 0.2, -0.7]);
        let direct = dot(&l, &split.coefficients(&b));
        assert!((dot(&split.contrast(&l), &b) - direct).abs() < 1e-12);
    }

    #[test]
    fn rejects_columns_that_depend_on_others() {
        let x = Matrix::from_fn(6, 4, |i, j| match j {
            0 => 1.0,
            1 => (i % 2) as f64,
            2 => ((i + 1) % 2) as f64,
            _ => i as f64,
        });
        assert_eq!(Orthonormal::new(&x).unwrap_err(), [2]);
    }

    #[test]
    fn agrees_that_eigenvectors_rebuild_the_matrix() {
        let (values, vectors) = eigen(&sample());
        let rebuilt =
            Matrix::from_fn(3, 3, |i, j| (0..3).map(|k| values[k] * vectors[(k, i)] * vectors[(k, j)]).sum::<f64>());
        assert!(near(&rebuilt, &sample()));
        assert!(near(&vectors.times(&vectors.transposed()), &Matrix::identity(3)));
        assert!((values.iter().sum::<f64>() - 12.0).abs() < 1e-12);
    }
}
