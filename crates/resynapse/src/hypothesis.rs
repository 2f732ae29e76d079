//! Rival explanations: each file switches paths of the model on and off through contexts of the ledger.

pub mod battery;

use crate::atlas::Atlas;
use crate::fields::Fields;
use crate::patient::check_name;

/// The explanation that runs unless another is asked for.
pub const CONSENSUS: &str = "consensus";

/// A hypothesis file of the atlas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hypothesis {
    /// `H1` or `consensus`.
    pub id: String,
    /// In a few words.
    pub title: String,
    /// What it claims.
    pub claim: String,
    /// What speaks for it.
    pub supports: String,
    /// What speaks against it.
    pub against: String,
    /// What would tell it from the others.
    pub test: String,
    /// Keys of sources.
    pub sources: Vec<String>,
    /// Contexts of the ledger it activates.
    pub contexts: Vec<String>,
}

pub(crate) fn read(f: &Fields<'_, '_>) -> Hypothesis {
    let texts = |key: &str| -> Vec<String> { f.texts(key).into_iter().map(|t| t.value).collect() };
    Hypothesis {
        id: f.needed("id").value,
        title: f.needed("title").value,
        claim: f.needed("claim").value,
        supports: f.needed("for").value,
        against: f.needed("against").value,
        test: f.needed("test").value,
        sources: texts("sources"),
        contexts: texts("context"),
    }
}

/// All hypotheses as a reader expects them: the consensus first, then H1, H2 … H10.
pub fn ordered(atlas: &Atlas) -> Vec<&Hypothesis> {
    let mut all: Vec<&Hypothesis> = atlas.hypotheses.values().collect();
    all.sort_by_key(|h| match h.id.as_str() {
        CONSENSUS => 0,
        id => id.trim_start_matches('H').parse().unwrap_or(u32::MAX),
    });
    all
}

/// Reads `H1`, or an ensemble `H1:0.6,H4:0.4`: separate runs that are pooled by weight. Weights are scaled to add up
/// to 1.
pub fn ensemble(atlas: &Atlas, text: &str) -> Result<Vec<(String, f64)>, (String, String)> {
    let known: Vec<&str> = atlas.hypotheses.keys().map(String::as_str).collect();
    let mut out: Vec<(String, f64)> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (name, weight) = match part.split_once(':') {
            None => (part, 1.0),
            Some((name, weight)) => match weight.trim().parse::<f64>() {
                Ok(w) if w > 0.0 && w.is_finite() => (name.trim(), w),
                _ => return Err((format!("`{weight}` is not a weight"), "as in `H1:0.6,H4:0.4`".into())),
            },
        };
        let id = known.iter().find(|k| k.eq_ignore_ascii_case(name)).copied().unwrap_or(name);
        check_name("hypothesis", id, &known)?;
        if out.iter().any(|(n, _)| n == id) {
            return Err((format!("`{id}` occurs twice"), "give each hypothesis one weight".into()));
        }
        out.push((id.to_string(), weight));
    }
    let total: f64 = out.iter().map(|p| p.1).sum();
    out.iter_mut().for_each(|p| p.1 /= total);
    Ok(out)
}
