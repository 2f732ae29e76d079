//! Who is connected to whom, as counted; and the coupling a model takes from it.

use std::fmt;

use sim::math;

/// A connectome: row `i`, column `j` is the strength of the connection from region `j` to region `i`.
///
/// It need not be symmetric (tracers see directions), but it is square, finite and nowhere negative.
#[derive(Clone, Debug, PartialEq)]
pub struct Connectome {
    labels: Vec<String>,
    weights: Vec<f64>,
    /// Lengths of tracts in mm, row by row, where the source has them.
    lengths: Option<Vec<f64>>,
}

/// Where in the input a problem lies; counts begin at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Place {
    /// Line of text, or row of an array.
    pub row: Option<usize>,
    /// Field of a line, or column of an array.
    pub column: Option<usize>,
}

/// One thing wrong with an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub hint: &'static str,
}

impl Problem {
    pub(super) fn new(what: impl Into<String>, hint: &'static str) -> Problem {
        Problem { place: Place::default(), what: what.into(), hint }
    }

    pub(super) fn at(row: usize, column: impl Into<Option<usize>>, what: String, hint: &'static str) -> Problem {
        Problem { place: Place { row: Some(row), column: column.into() }, what, hint }
    }
}

/// Everything wrong with an input, the first hundred problems at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectomeError(pub Vec<Problem>);

impl fmt::Display for ConnectomeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, Problem { place, what, hint }) in self.0.iter().enumerate() {
            if k > 0 {
                writeln!(f)?;
            }
            if let Some(row) = place.row {
                write!(f, "row {row}")?;
                if let Some(column) = place.column {
                    write!(f, ", column {column}")?;
                }
                write!(f, ": ")?;
            }
            write!(f, "{what}; {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConnectomeError {}

/// Most problems reported at once.
pub(super) const MOST_PROBLEMS: usize = 100;

impl Connectome {
    /// Checks labels and weights (row by row) and takes them.
    pub fn new(
        labels: Vec<String>,
        weights: Vec<f64>,
        lengths: Option<Vec<f64>>,
    ) -> Result<Connectome, ConnectomeError> {
        let n = labels.len();
        let mut problems = Vec::new();
        if n < 2 {
            problems.push(Problem::new(format!("{n} regions"), "give at least two"));
        }
        for (name, given) in [("weights", Some(&weights)), ("lengths", lengths.as_ref())] {
            let Some(given) = given else { continue };
            if given.len() != n * n {
                let what = format!("{} {name} for {n} regions", given.len());
                problems.push(Problem::new(what, "give a square matrix with one row and one column per region"));
                continue;
            }
            for (k, x) in given.iter().enumerate() {
                if !(*x >= 0.0 && x.is_finite()) {
                    let what = format!("{x} among the {name}");
                    problems.push(Problem::at(k / n + 1, k % n + 1, what, "give a number that is not negative"));
                }
            }
        }
        for (i, label) in labels.iter().enumerate() {
            if label.trim().is_empty() {
                problems.push(Problem::at(i + 1, None, "no label".into(), "name every region"));
            } else if let Some(first) = labels[..i].iter().position(|other| other == label) {
                let what = format!("label `{label}` again (first in row {})", first + 1);
                problems.push(Problem::at(i + 1, None, what, "give every region a name of its own"));
            }
        }
        if problems.is_empty() && (0..n * n).all(|k| k / n == k % n || weights[k] == 0.0) {
            problems.push(Problem::new("no two regions are connected", "check that the right matrix was given"));
        }
        problems.truncate(MOST_PROBLEMS);
        if problems.is_empty() { Ok(Connectome { labels, weights, lengths }) } else { Err(ConnectomeError(problems)) }
    }

    /// Regions.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Never: a connectome has two regions at least.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Names of the regions.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Strengths, row by row.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Lengths of tracts in mm, row by row, where the source has them.
    pub fn lengths(&self) -> Option<&[f64]> {
        self.lengths.as_deref()
    }

    /// Largest difference between the two directions of a connection, as a share of the largest strength.
    pub fn asymmetry(&self) -> f64 {
        let n = self.len();
        let top = self.weights.iter().copied().fold(0.0, math::max);
        let gap = (0..n * n).map(|k| (self.weights[k] - self.weights[k % n * n + k / n]).abs()).fold(0.0, math::max);
        gap / top
    }

    /// Bytes a model of `regions` regions needs while it is read and run, recordings apart.
    pub fn bytes_needed(regions: usize) -> u64 {
        // Strengths and coupling in double precision, the engine's copy in single, and the text of one row.
        let n = regions as u64;
        n.saturating_mul(n).saturating_mul(8 + 8 + 4).saturating_add(n.saturating_mul(1024))
    }

    /// Refuses a size before any work is done on it.
    pub(super) fn within(regions: usize, limit_bytes: u64) -> Result<(), ConnectomeError> {
        let needed = Connectome::bytes_needed(regions);
        if needed <= limit_bytes {
            return Ok(());
        }
        let what = format!("{regions} regions need {needed} bytes, the limit is {limit_bytes}");
        Err(ConnectomeError(vec![Problem::new(what, "raise the limit or take a coarser parcellation")]))
    }

    /// The coupling a model takes: strengths transformed, `extra` added, diagonal zero, then scaled.
    ///
    /// `extra(i, j)` is in units of the mean transformed strength off the diagonal; it stands for connections the
    /// tracking misses. Negative sums count as zero.
    pub fn coupling(&self, transform: Transform, extra: &dyn Fn(usize, usize) -> f64, scale: Scale) -> Coupling {
        let n = self.len();
        let mut weights: Vec<f64> = (0..n * n)
            .map(|k| match transform {
                _ if k / n == k % n => 0.0,
                Transform::Log => math::ln(1.0 + self.weights[k]),
                Transform::Power(_) if self.weights[k] == 0.0 => 0.0,
                Transform::Power(exponent) => math::pow(self.weights[k], exponent),
            })
            .collect();
        let mean = weights.iter().sum::<f64>() / (n * (n - 1)) as f64;
        for (k, w) in weights.iter_mut().enumerate() {
            if k / n != k % n {
                *w = math::max(*w + mean * extra(k / n, k % n), 0.0);
            }
        }
        let whole = match scale {
            Scale::MeanRowSum => weights.iter().sum::<f64>() / n as f64,
            Scale::Max => weights.iter().copied().fold(0.0, math::max),
        };
        if whole > 0.0 {
            weights.iter_mut().for_each(|w| *w /= whole);
        }
        Coupling { n, weights }
    }
}

/// What is done to a strength first. Streamline counts span five orders of magnitude; the logarithm follows function
/// better (correlation with functional connectivity 0.55 against 0.40 on the bundled connectome).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Transform {
    /// `ln(1 + strength)`.
    Log,
    /// `strength^exponent`.
    Power(f64),
}

/// What one unit of global coupling means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// The mean row sums to 1.
    MeanRowSum,
    /// The strongest connection is 1.
    Max,
}

/// Relative coupling, square, row by row; the diagonal is zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Coupling {
    n: usize,
    weights: Vec<f64>,
}

impl Coupling {
    /// Strongest relative coupling taken: far above any, and small enough for every product in single precision.
    pub const STRONGEST: f64 = 1e3;

    /// Takes a square matrix, row by row; nothing if it is none, or holds a number that is negative or above [`Coupling::STRONGEST`].
    pub fn from_rows(n: usize, weights: Vec<f64>) -> Option<Coupling> {
        let fits = |w: &f64| (0.0..=Coupling::STRONGEST).contains(w);
        (n > 0 && weights.len() == n * n && weights.iter().all(fits)).then_some(Coupling { n, weights })
    }

    /// Rows.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Never: it has a row at least.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Strength from `column` to `row`.
    pub fn weight(&self, row: usize, column: usize) -> f64 {
        self.weights[row * self.n + column]
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f64] {
        &self.weights[row * self.n..(row + 1) * self.n]
    }
}

/// Pairs of regions with one name but for their side, by prefix (`L_`, `lh_`, `ctx-lh-`, `left_` and the like).
pub fn homologues(labels: &[String]) -> Vec<(usize, usize)> {
    const SIDES: [(&str, &str); 8] = [
        ("L_", "R_"),
        ("l_", "r_"),
        ("lh_", "rh_"),
        ("lh-", "rh-"),
        ("ctx-lh-", "ctx-rh-"),
        ("Left-", "Right-"),
        ("left_", "right_"),
        ("l", "r"),
    ];
    let mut pairs = Vec::new();
    for (i, label) in labels.iter().enumerate() {
        let partner = SIDES.iter().find_map(|(left, right)| {
            let name = label.strip_prefix(left)?;
            labels.iter().position(|other| other.strip_prefix(right) == Some(name))
        });
        pairs.extend(partner.map(|j| (i, j)));
    }
    pairs
}
