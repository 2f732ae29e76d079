//! Dense elimination with partial pivoting: the slow, safe way to solve a linear system.

/// A factorised square matrix.
#[derive(Clone, Debug)]
pub struct Dense {
    size: usize,
    /// Row after row: the multipliers below the diagonal, the upper triangle on and above it.
    entries: Vec<f64>,
    /// Row `i` of the factors is row `rows[i]` of the matrix.
    rows: Vec<u32>,
}

impl Dense {
    /// Factorises a matrix given row after row (`size * size` numbers). `Err` holds the column without a usable pivot:
    /// 0, or not finite.
    pub fn factorize(size: usize, mut entries: Vec<f64>) -> Result<Dense, usize> {
        assert_eq!(entries.len(), size * size, "a square matrix has size * size entries");
        let mut rows: Vec<u32> = (0..size as u32).collect();
        // Rows are compared after scaling by their largest entry, so that units do not choose the pivot.
        let mut scale: Vec<f64> = (0..size)
            .map(|row| {
                entries[row * size..(row + 1) * size]
                    .iter()
                    .fold(0.0, |m: f64, x| if x.abs() > m { x.abs() } else { m })
            })
            .collect();
        for column in 0..size {
            let mut best = column;
            let mut most = 0.0;
            for row in column..size {
                let weight = entries[row * size + column].abs() / scale[row];
                if weight > most {
                    (best, most) = (row, weight);
                }
            }
            let pivot = entries[best * size + column];
            if !(pivot.abs() > 0.0 && pivot.is_finite()) {
                return Err(column);
            }
            if best != column {
                for k in 0..size {
                    entries.swap(best * size + k, column * size + k);
                }
                rows.swap(best, column);
                scale.swap(best, column);
            }
            for row in column + 1..size {
                let factor = entries[row * size + column] / pivot;
                if factor == 0.0 {
                    continue;
                }
                entries[row * size + column] = factor;
                for k in column + 1..size {
                    entries[row * size + k] -= factor * entries[column * size + k];
                }
            }
        }
        Ok(Dense { size, entries, rows })
    }

    /// Solves for one right-hand side (`size` numbers), in place.
    pub fn solve(&self, x: &mut [f64]) {
        let n = self.size;
        let mut y: Vec<f64> = self.rows.iter().map(|&row| x[row as usize]).collect();
        for row in 0..n {
            let sum = (0..row).fold(y[row], |sum, k| sum - self.entries[row * n + k] * y[k]);
            y[row] = sum;
        }
        for row in (0..n).rev() {
            let sum = (row + 1..n).fold(y[row], |sum, k| sum - self.entries[row * n + k] * y[k]);
            y[row] = sum / self.entries[row * n + row];
        }
        x.copy_from_slice(&y);
    }
}

#[cfg(test)]
mod tests {
    use super::Dense;

    #[test]
    fn agrees_with_a_known_solution_despite_a_zero_pivot() {
        let matrix = vec![0.0, 2.0, 1.0, 1.0, 0.0, 0.0, 3.0, 0.0, 4.0];
        let mut x = vec![2.0 * 2.0 + 3.0, 1.0, 3.0 + 12.0];
        Dense::factorize(3, matrix).unwrap().solve(&mut x);
        for (got, expected) in x.iter().zip([1.0, 2.0, 3.0]) {
            assert!((got - expected).abs() < 1e-14);
        }
    }

    #[test]
    fn rejects_a_singular_matrix() {
        assert_eq!(Dense::factorize(2, vec![1.0, 2.0, 2.0, 4.0]).unwrap_err(), 1);
        assert_eq!(Dense::factorize(1, vec![f64::NAN]).unwrap_err(), 0);
    }
}
