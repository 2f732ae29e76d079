//! Reads `population.toml` and ties it to the ledger.

use super::{Covariate, FILE, People, Shape};
use model::diagnostic::{Diagnostic, has_errors};
use model::ledger::{Ledger, Row, Spread};
use model::library::Contexts;
use model::source::{SourceMap, Sources};
use model::unit::Unit;
use resynapse::fields::{Document, Fields};

/// The covariate that tells women from men.
pub(super) const SEX: &str = "sex_female";

/// What an atlas says of people, with the names of the ledger rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Description {
    covariates: Vec<Draft>,
    correlations: Vec<(String, String, String)>,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Draft {
    id: String,
    label: String,
    law: String,
    row: String,
    row_female: Option<String>,
    rows: Vec<String>,
    least: Option<f64>,
    formula: Option<String>,
    unit: Option<String>,
    sets: Option<String>,
}

/// A change of one covariate, as a protocol asks for it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// The covariate.
    pub id: String,
    /// New centre, in the covariate's unit; a share for one of 0 and 1.
    pub value: Option<f64>,
    /// New spread: a standard deviation in the covariate's unit, or of the logarithm where the law is log-normal.
    pub spread: Option<f64>,
}

impl Description {
    /// Reads the file of an atlas.
    pub fn load(sources: &dyn Sources) -> Result<Description, (Vec<Diagnostic>, SourceMap)> {
        let mut map = SourceMap::default();
        let text = sources.read(FILE).map_err(|why| {
            let found =
                Diagnostic::error_nowhere("RS6781", format!("cannot read `{FILE}`: {why}"), "the atlas lacks it");
            (vec![found], SourceMap::default())
        })?;
        let (description, found) = Document::read(&mut map, FILE, &text, read);
        if has_errors(&found) { Err((found, map)) } else { Ok(description) }
    }

    /// Ledger rows that it names.
    pub fn rows(&self) -> impl Iterator<Item = &str> {
        let singles = self.covariates.iter().flat_map(|c| {
            std::iter::once(c.row.as_str()).chain(c.row_female.as_deref()).chain(c.rows.iter().map(String::as_str))
        });
        singles.chain(self.correlations.iter().map(|(_, _, row)| row.as_str())).filter(|r| !r.is_empty())
    }

    /// The ids of all covariates.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.covariates.iter().map(|c| c.id.as_str())
    }

    /// Takes the numbers of the active contexts from the ledger, with the changes of a protocol. All that is wrong is
    /// said at once.
    pub fn people(&self, ledger: &Ledger, active: &Contexts, changes: &[Change]) -> Result<People, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let mut covariates: Vec<Covariate> = Vec::new();
        for draft in &self.covariates {
            let change = changes.iter().find(|c| c.id == draft.id);
            match covariate(draft, ledger, active, change, &covariates) {
                Ok(covariate) => covariates.push(covariate),
                Err(why) => found.push(why),
            }
        }
        if !found.is_empty() {
            return Err(found);
        }
        let n = covariates.len();
        let mut matrix: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| f64::from(i == j)).collect()).collect();
        for (a, b, id) in &self.correlations {
            let place = |name: &String| covariates.iter().position(|c| &c.id == name);
            match (place(a), place(b), row(ledger, active, id)) {
                (Some(i), Some(j), Ok(row)) => {
                    matrix[i][j] = row.value;
                    matrix[j][i] = row.value;
                }
                (_, _, Err(why)) => found.push(why),
                _ => found.push(wrong(format!("a correlation names `{a}` and `{b}`, one of which is no covariate"))),
            }
        }
        let factor = cholesky(&matrix);
        if factor.is_none() {
            found.push(wrong("the correlations contradict each other: no joint distribution has them".into()));
        }
        match factor {
            Some(factor) if found.is_empty() => Ok(People { covariates, factor }),
            _ => Err(found),
        }
    }
}

fn wrong(message: String) -> Diagnostic {
    Diagnostic::error_nowhere("RS6782", format!("{FILE}: {message}"), "correct the file, or the ledger rows it names")
}

fn row<'a>(ledger: &'a Ledger, active: &Contexts, id: &str) -> Result<&'a Row, Diagnostic> {
    match ledger.select(id, active) {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(wrong(format!("the ledger has no `{id}`"))),
        Err(_) => Err(wrong(format!("several rows of `{id}` hold at once"))),
    }
}

fn covariate(
    draft: &Draft,
    ledger: &Ledger,
    active: &Contexts,
    change: Option<&Change>,
    before: &[Covariate],
) -> Result<Covariate, Diagnostic> {
    let number = |id: &str| row(ledger, active, id);
    let changed = |row: &Row| {
        let value = change.and_then(|c| c.value).unwrap_or(row.value);
        let size = change.and_then(|c| c.spread).unwrap_or(row.variability.size);
        (value, Spread { size, ..row.variability })
    };
    let mut unit = Unit::one();
    let law = match (&draft.formula, draft.law.as_str()) {
        (Some(formula), _) => {
            let text = draft.unit.as_deref().unwrap_or("1");
            unit = Unit::parse(text).map_err(|why| wrong(format!("{}: {why}", draft.id)))?;
            let parts = formula.split_once('/').and_then(|(a, b)| Some((a.trim(), b.trim().strip_suffix("^2")?)));
            let place = |name: &str| before.iter().position(|c| c.id == name);
            match parts.and_then(|(a, b)| Some((place(a)?, place(b)?))) {
                Some((a, b)) => Shape::RatioToSquare(a, b),
                None => {
                    let message = format!("{}: `{formula}` is not `a / b^2` of covariates before it", draft.id);
                    return Err(wrong(message));
                }
            }
        }
        (None, "share") => Shape::Share(changed(number(&draft.row)?).0),
        (None, "alleles") => Shape::Alleles(changed(number(&draft.row)?).0),
        (None, "count") => {
            let shares = draft.rows.iter().map(|id| number(id).map(|r| r.value)).collect::<Result<Vec<_>, _>>()?;
            if (shares.iter().sum::<f64>() - 1.0).abs() > 1e-6 {
                return Err(wrong(format!("{}: its shares do not add up to 1", draft.id)));
            }
            Shape::Count(draft.least.unwrap_or(0.0), shares)
        }
        (None, "around") => {
            let men = number(&draft.row)?;
            unit = men.unit.clone();
            let women = draft.row_female.as_deref().map_or(Ok(men), number)?;
            if women.unit != unit {
                return Err(wrong(format!("{}: the rows for women and men differ in unit", draft.id)));
            }
            Shape::Around { men: changed(men), women: changed(women), least: draft.least }
        }
        (None, other) => return Err(wrong(format!("{}: `{other}` is not a law", draft.id))),
    };
    let label = if draft.label.is_empty() { draft.id.clone() } else { draft.label.clone() };
    Ok(Covariate { id: draft.id.clone(), label, unit, law, sets: draft.sets.clone() })
}

/// Lower triangular factor of a positive definite matrix.
fn cholesky(a: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = a.len();
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let sum: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            if i == j {
                let d: f64 = a[i][i] - sum;
                if d <= 0.0 {
                    return None;
                }
                l[i][i] = d.sqrt();
            } else {
                l[i][j] = (a[i][j] - sum) / l[j][j];
            }
        }
    }
    Some(l)
}

fn read(f: &Fields<'_, '_>) -> Description {
    let text = |f: &Fields<'_, '_>, key: &str| f.text(key).map(|t| t.value);
    let _ = f.text("about");
    let covariates = f.tables("covariate", |c| Draft {
        id: c.needed("id").value,
        label: text(c, "label").unwrap_or_default(),
        law: text(c, "law").unwrap_or_else(|| "around".into()),
        row: text(c, "row").unwrap_or_default(),
        row_female: text(c, "row_female"),
        rows: c.texts("rows").into_iter().map(|t| t.value).collect(),
        least: c.number("least").map(|n| n.value),
        formula: text(c, "formula"),
        unit: text(c, "unit"),
        sets: text(c, "sets"),
    });
    let correlations = f.tables("correlation", |c| {
        let between: Vec<String> = c.texts("between").into_iter().map(|t| t.value).collect();
        let row = c.needed("row").value;
        match <[String; 2]>::try_from(between) {
            Ok([a, b]) => Some((a, b, row)),
            Err(_) => {
                c.error(
                    "RS6783",
                    c.span(),
                    "a correlation is between two covariates",
                    "as in `between = [\"a\", \"b\"]`",
                );
                None
            }
        }
    });
    Description { covariates, correlations: correlations.into_iter().flatten().collect() }
}
