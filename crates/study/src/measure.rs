//! What a trial can measure: names of scales and blood levels, and the port each is read from.
//!
//! The list is a file of the atlas, `measures.toml`; a port of the assembly that it does not name can be measured under
//! its own name.

use crate::trial::schema;
use model::diagnostic::{Diagnostic, has_errors};
use model::source::{SourceMap, Sources};
use model::unit::Unit;
use resynapse::atlas::{Atlas, WHOLE};
use resynapse::fields::{Document, Fields};

/// The file in an atlas.
pub const FILE: &str = "measures.toml";

/// A measure and where it is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// Name, code, label, unit, scale.
    pub shown: schema::Measure,
    /// The port.
    pub port: String,
    /// The unit it is shown in.
    pub unit: Unit,
    /// What counts as response, remission and relapse where a protocol says nothing.
    pub outcome: Outcome,
}

/// Criteria, as conditions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// Response.
    pub response: Option<String>,
    /// Remission.
    pub remission: Option<String>,
    /// Relapse of those who had responded.
    pub relapse: Option<String>,
}

/// An adverse event and where it is read: a share of people who have reported it so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Adverse {
    /// In words.
    pub label: String,
    /// The port.
    pub port: String,
}

/// Everything that can be measured by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measures {
    /// Measures.
    pub measures: Vec<Measure>,
    /// Adverse events.
    pub adverse: Vec<Adverse>,
}

impl Measures {
    /// Reads the file of an atlas.
    pub fn load(sources: &dyn Sources) -> Result<Measures, (Vec<Diagnostic>, SourceMap)> {
        let mut map = SourceMap::default();
        let text = sources.read(FILE).map_err(|why| {
            let found =
                Diagnostic::error_nowhere("RS6771", format!("cannot read `{FILE}`: {why}"), "the atlas lacks it");
            (vec![found], SourceMap::default())
        })?;
        let (measures, found) = Document::read(&mut map, FILE, &text, read);
        if has_errors(&found) { Err((found, map)) } else { Ok(measures) }
    }

    /// A measure by its name; a port of the assembly by its own. The error is a message and a hint.
    pub fn find(&self, atlas: &Atlas, name: &str) -> Result<Measure, (String, String)> {
        if let Some(known) = self.measures.iter().find(|m| m.shown.name == name) {
            return Ok(known.clone());
        }
        if name.contains("suicid") {
            let message = format!("`{name}` is a figure for groups and never told of a person");
            return Err((message, "see `resynapse validate` for groups".into()));
        }
        let traces = atlas.assemblies.get(WHOLE).map_or(&[][..], |a| &a.traces);
        if let Some(trace) = traces.iter().find(|t| t.port == name) {
            return Ok(Measure {
                shown: schema::Measure {
                    name: name.into(),
                    code: code(name),
                    label: trace.label.clone(),
                    unit: trace.unit.to_string(),
                    concentration: false,
                    scale: None,
                },
                port: name.into(),
                unit: trace.unit.clone(),
                outcome: Outcome::default(),
            });
        }
        let mut known: Vec<&str> = self.measures.iter().map(|m| m.shown.name.as_str()).collect();
        let names = known.join(", ");
        known.extend(traces.iter().map(|t| t.port.as_str()));
        let hint = match model::parser::closest(name, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {names}; or a reported port such as `spine.density`"),
        };
        Err((format!("`{name}` is not something a visit can measure"), hint))
    }
}

/// A code of at most eight letters, figures and underscores made from a port.
fn code(port: &str) -> String {
    const MOST: usize = 8;
    let letters: String =
        port.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    // The end of a port says more than its module; a code begins with a letter.
    let tail: String = letters.chars().skip(letters.len().saturating_sub(MOST)).collect();
    let tail = tail.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    if tail.is_empty() { "X".into() } else { tail.into() }
}

fn read(f: &Fields<'_, '_>) -> Measures {
    let _ = f.text("about");
    let text = |f: &Fields<'_, '_>, key: &str| f.text(key).map(|t| t.value);
    let measures = f.tables("measure", |m| {
        let unit = m.needed("unit");
        let unit = Unit::parse(&unit.value).unwrap_or_else(|why| {
            m.error("RS6772", unit.span, why, "a unit as in the ledger");
            Unit::one()
        });
        let low_high = m.number("low").zip(m.number("high"));
        Measure {
            shown: schema::Measure {
                name: m.needed("name").value,
                code: m.needed("code").value,
                label: m.needed("label").value,
                unit: unit.to_string(),
                concentration: m.truth("concentration").unwrap_or(false),
                scale: low_high.map(|(a, b)| (a.value, b.value)),
            },
            port: m.needed("port").value,
            unit,
            outcome: Outcome {
                response: text(m, "response"),
                remission: text(m, "remission"),
                relapse: text(m, "relapse"),
            },
        }
    });
    let adverse = f.tables("adverse", |a| Adverse { label: a.needed("label").value, port: a.needed("port").value });
    Measures { measures, adverse }
}
