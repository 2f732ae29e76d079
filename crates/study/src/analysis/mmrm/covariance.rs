//! Structures of the covariance over visits: their parameters, the matrix they give, and its derivatives.
//!
//! | structure | parameters | covariance of visits `a` and `b` |
//! |---|---|---|
//! | unstructured | `UN(a,b)`, row after row of the lower triangle | `UN(a,b)` |
//! | autoregressive | `AR(1)` = r, `Residual` = v | `v r^abs(a - b)` |
//! | compound symmetry | `CS` = c, `Residual` = v | `c`, and `c + v` where `a = b` |
//!
//! Unstructured and compound symmetry are linear in their parameters. Names and order are those of SAS.

use crate::analysis::matrix::Matrix;

/// A structure of the covariance over visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Structure {
    /// Every variance and covariance its own.
    Unstructured,
    /// One variance; the correlation falls by a factor from visit to visit, counted by position.
    Autoregressive,
    /// One variance and one covariance.
    CompoundSymmetry,
}

/// Values of a symmetric matrix that is mostly zero: row, column, value, with both triangles.
pub type Sparse = Vec<(usize, usize, f64)>;

/// How far off-diagonal values are drawn back, step after step, until a matrix of moments is positive definite.
const DRAWN_BACK: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];

impl Structure {
    /// How many parameters it has over `visits` visits.
    pub fn count(self, visits: usize) -> usize {
        match self {
            Structure::Unstructured => visits * (visits + 1) / 2,
            Structure::Autoregressive | Structure::CompoundSymmetry => 2,
        }
    }

    /// Names of the parameters; visits are counted from 1.
    pub fn names(self, visits: usize) -> Vec<String> {
        match self {
            Structure::Unstructured => triangle(visits).map(|(a, b)| format!("UN({},{})", a + 1, b + 1)).collect(),
            Structure::Autoregressive => vec!["AR(1)".into(), "Residual".into()],
            Structure::CompoundSymmetry => vec!["CS".into(), "Residual".into()],
        }
    }

    /// How each parameter grows with the square of the unit of what is measured: 1 for a variance, 0 for a correlation.
    pub fn powers(self, visits: usize) -> Vec<f64> {
        match self {
            Structure::Autoregressive => vec![0.0, 1.0],
            _ => vec![1.0; self.count(visits)],
        }
    }

    /// The covariance over all visits.
    pub fn sigma(self, visits: usize, parameters: &[f64]) -> Matrix {
        match self {
            Structure::Unstructured => {
                let mut sigma = Matrix::zeros(visits, visits);
                for ((a, b), value) in triangle(visits).zip(parameters) {
                    sigma[(a, b)] = *value;
                    sigma[(b, a)] = *value;
                }
                sigma
            }
            Structure::Autoregressive => {
                Matrix::from_fn(visits, visits, |a, b| parameters[1] * power(parameters[0], a.abs_diff(b)))
            }
            Structure::CompoundSymmetry => {
                Matrix::from_fn(visits, visits, |a, b| parameters[0] + if a == b { parameters[1] } else { 0.0 })
            }
        }
    }

    /// First derivatives of the covariance by each parameter.
    pub fn slopes(self, visits: usize, parameters: &[f64]) -> Vec<Sparse> {
        let all = |f: &dyn Fn(usize, usize) -> f64| -> Sparse {
            square(visits).map(|(a, b)| (a, b, f(a, b))).filter(|(_, _, v)| *v != 0.0).collect()
        };
        match self {
            Structure::Unstructured => triangle(visits)
                .map(|(a, b)| if a == b { vec![(a, a, 1.0)] } else { vec![(a, b, 1.0), (b, a, 1.0)] })
                .collect(),
            Structure::Autoregressive => {
                let (r, v) = (parameters[0], parameters[1]);
                vec![all(&|a, b| v * power_slope(r, a.abs_diff(b))), all(&|a, b| power(r, a.abs_diff(b)))]
            }
            Structure::CompoundSymmetry => vec![all(&|_, _| 1.0), all(&|a, b| if a == b { 1.0 } else { 0.0 })],
        }
    }

    /// Second derivatives that are not zero, by pairs of parameters, the smaller position first.
    pub fn curvatures(self, visits: usize, parameters: &[f64]) -> Vec<(usize, usize, Sparse)> {
        let Structure::Autoregressive = self else { return Vec::new() };
        let (r, v) = (parameters[0], parameters[1]);
        let second = |d: usize| if d < 2 { 0.0 } else { (d * (d - 1)) as f64 * power(r, d - 2) };
        let all = |f: &dyn Fn(usize) -> f64| -> Sparse {
            square(visits).map(|(a, b)| (a, b, f(a.abs_diff(b)))).filter(|(_, _, x)| *x != 0.0).collect()
        };
        vec![(0, 0, all(&|d| v * second(d))), (0, 1, all(&|d| power_slope(r, d)))]
    }

    /// Where the search begins: the parameters nearest to the moments of the residuals, `None` for a pair of visits that
    /// never met. Of unstructured moments the covariances are drawn back until the matrix is positive definite.
    pub fn start(self, visits: usize, moment: impl Fn(usize, usize) -> Option<f64>) -> Vec<f64> {
        let mean = |f: &dyn Fn(usize, usize) -> bool| -> Option<f64> {
            let seen: Vec<f64> =
                triangle(visits).filter(|(a, b)| f(*a, *b)).filter_map(|(a, b)| moment(a, b)).collect();
            if seen.is_empty() { None } else { Some(crate::statistic::mean(&seen)) }
        };
        let variance = mean(&|a, b| a == b).unwrap_or(1.0);
        match self {
            Structure::Unstructured => {
                let at = |back: f64| -> Vec<f64> {
                    let value = |(a, b): (usize, usize)| {
                        if a == b { moment(a, a).unwrap_or(variance) } else { back * moment(a, b).unwrap_or(0.0) }
                    };
                    triangle(visits).map(value).collect()
                };
                // Far enough from singular that the first step has room.
                const ROOM: f64 = 0.02;
                let fit = |back: &f64| self.sigma(visits, &at(*back)).cholesky(ROOM).is_some();
                at(DRAWN_BACK.into_iter().find(fit).unwrap_or(0.0))
            }
            Structure::Autoregressive => {
                let next = mean(&|a, b| a == b + 1).unwrap_or(0.0);
                vec![(next / variance).clamp(-0.9, 0.9), variance]
            }
            Structure::CompoundSymmetry => {
                let common = mean(&|a, b| a != b).unwrap_or(0.0);
                // The covariance is positive definite between -v / (visits - 1) and v.
                let common = common.clamp(-0.9 * variance / visits as f64, 0.9 * variance);
                vec![common, variance - common]
            }
        }
    }
}

/// Positions of the lower triangle, row after row.
pub fn triangle(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(|a| (0..=a).map(move |b| (a, b)))
}

fn square(size: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..size).flat_map(move |a| (0..size).map(move |b| (a, b)))
}

/// `r^d` by multiplication, the same on every machine.
fn power(r: f64, d: usize) -> f64 {
    (0..d).fold(1.0, |x, _| x * r)
}

/// Derivative of `r^d` by `r`.
fn power_slope(r: f64, d: usize) -> f64 {
    if d == 0 { 0.0 } else { d as f64 * power(r, d - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(Structure, &[f64]); 3] = [
        (Structure::Unstructured, &[2.0, 0.5, 3.0, -0.2, 0.4, 1.5, 0.1, 0.3, 0.2, 2.5]),
        (Structure::Autoregressive, &[0.6, 2.0]),
        (Structure::CompoundSymmetry, &[0.7, 1.3]),
    ];

    fn dense(sparse: &Sparse) -> Matrix {
        let mut matrix = Matrix::zeros(4, 4);
        sparse.iter().for_each(|(a, b, v)| matrix[(*a, *b)] = *v);
        matrix
    }

    #[test]
    fn agrees_that_derivatives_are_those_of_the_matrix() {
        const H: f64 = 1e-5;
        for (structure, at) in ALL {
            let moved = |i: usize, h: f64| -> Vec<f64> {
                at.iter().enumerate().map(|(k, x)| if k == i { x + h } else { *x }).collect()
            };
            let curvatures = structure.curvatures(4, at);
            for (i, slope) in structure.slopes(4, at).iter().enumerate() {
                let mut difference = structure.sigma(4, &moved(i, H));
                difference.add(-1.0, &structure.sigma(4, &moved(i, -H)));
                difference = difference.scaled(0.5 / H);
                difference.add(-1.0, &dense(slope));
                assert!(difference.trace_with(&difference) < 1e-16, "{structure:?} {i}");
                for j in i..at.len() {
                    let mut second = dense(&structure.slopes(4, &moved(i, H))[j]);
                    second.add(-1.0, &dense(&structure.slopes(4, &moved(i, -H))[j]));
                    second = second.scaled(0.5 / H);
                    if let Some((_, _, exact)) = curvatures.iter().find(|(a, b, _)| (*a, *b) == (i, j)) {
                        second.add(-1.0, &dense(exact));
                    }
                    assert!(second.trace_with(&second) < 1e-16, "{structure:?} {i} {j}");
                }
            }
        }
    }

    #[test]
    fn agrees_that_the_search_begins_at_the_moments() {
        for (structure, at) in ALL {
            let sigma = structure.sigma(4, at);
            let start = structure.start(4, |a, b| Some(sigma[(a, b)]));
            assert!(start.iter().zip(at).all(|(x, y)| (x - y).abs() < 1e-12), "{structure:?}: {start:?}");
        }
        let odd = Structure::Unstructured.start(2, |a, b| Some(if a == b { 1.0 } else { 1.5 }));
        assert_eq!(odd, [1.0, 0.75, 1.0]);
    }
}
