//! The evidence ledger: every number the models use, with its unit, source, method and grade.
//!
//! A row that lacks one of them does not load. See `docs/dev/model-language.md` and `atlas/evidence/README.md`.

use crate::diagnostic::Diagnostic;
use crate::parser::closest;
use crate::source::{SourceMap, Sources, Span};
use crate::table::{self, Record};
use crate::unit::Unit;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How far a number can be trusted, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Human trials or a meta-analysis.
    A,
    /// Measured in humans.
    B,
    /// Animal, or fitted here to human data.
    C,
    /// In vitro, or fitted here to animal data.
    D,
    /// Assumed.
    E,
}

impl Grade {
    /// All grades, best first.
    pub const ALL: [Grade; 5] = [Grade::A, Grade::B, Grade::C, Grade::D, Grade::E];
    /// One step worse; E stays E.
    pub fn lowered(self) -> Grade {
        Grade::ALL[(self as usize + 1).min(4)]
    }
    /// What the letter stands for.
    pub fn meaning(self) -> &'static str {
        match self {
            Grade::A => "human trials or meta-analysis",
            Grade::B => "human measurement",
            Grade::C => "animal, fitted here to human data, or B not read at its source",
            Grade::D => "in vitro, fitted here to animal data, or C not read at its source",
            Grade::E => "assumed",
        }
    }
    fn parse(text: &str) -> Option<Grade> {
        Grade::ALL.into_iter().find(|g| g.to_string() == text)
    }
}

impl fmt::Display for Grade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Grade::A => "A",
            Grade::B => "B",
            Grade::C => "C",
            Grade::D => "D",
            Grade::E => "E",
        })
    }
}

/// How a value came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// Measured in the named preparation.
    Measured,
    /// An estimate printed in a publication.
    Estimated,
    /// Fitted in this project; the script is under `evidence/fits`.
    Fitted,
    /// Computed from other rows or facts by the formula in the note.
    Derived,
    /// Nobody measured it.
    Assumed,
}

/// How the number was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Checked {
    /// Read at the source.
    Read,
    /// Read in a secondary transcription.
    Secondary,
    /// From memory of the source.
    Memory,
    /// Not applicable (fitted, derived, assumed here).
    None,
}

/// Shape of a distribution around a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// No spread known or wanted.
    None,
    /// Normal, size = standard deviation in the row's unit.
    Normal,
    /// Log-normal, size = standard deviation of the logarithm.
    LogNormal,
    /// Normal on the logit, size = standard deviation of the logit.
    LogitNormal,
}

/// A distribution around a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Its shape.
    pub law: Law,
    /// Its size; see [`Law`].
    pub size: f64,
}

/// One number.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Path-like id.
    pub id: String,
    /// When the row applies, for example `condition=healthy`; empty for the default.
    pub context: BTreeSet<String>,
    /// Value in `unit`.
    pub value: f64,
    /// Unit.
    pub unit: Unit,
    /// How well the value is known.
    pub uncertainty: Spread,
    /// How much it differs between people.
    pub variability: Spread,
    /// Topic.
    pub group: String,
    /// Species.
    pub species: String,
    /// Preparation or population.
    pub preparation: String,
    /// How the value came about.
    pub method: Method,
    /// Key of the source.
    pub source_key: String,
    /// Page, table, figure.
    pub locator: String,
    /// How it was seen.
    pub checked: Checked,
    /// Grade of the best evidence it rests on, before the caps of [`Row::grade`].
    pub basis: Grade,
    /// Remarks.
    pub note: String,
    /// Where the row stands.
    pub span: Span,
}

impl Row {
    /// The grade a user sees: that of the best evidence, capped at C when fitted here to human data, at D when fitted
    /// to other data, E when assumed; one step lower when the number was not read at its source.
    pub fn grade(&self) -> Grade {
        let capped = match self.method {
            Method::Assumed => Grade::E,
            Method::Fitted if self.species == "human" => self.basis.max(Grade::C),
            Method::Fitted => self.basis.max(Grade::D),
            Method::Measured | Method::Estimated | Method::Derived => self.basis,
        };
        match (self.method, self.checked) {
            // A value made here has no page of its own: its cap already says so. Where its inputs were read in a
            // transcription the row says `secondary`, and that counts.
            (Method::Fitted | Method::Assumed, Checked::None) | (_, Checked::Read) => capped,
            _ => capped.lowered(),
        }
    }
    /// The value in coherent units.
    pub fn coherent(&self) -> f64 {
        self.unit.to_coherent(self.value)
    }
    /// The context as written in the table.
    pub fn context_text(&self) -> String {
        self.context.iter().cloned().collect::<Vec<_>>().join(";")
    }
}

/// Where numbers come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Short name used in rows.
    pub key: String,
    /// `article`, `label`, `dataset`, `prototype` …
    pub kind: String,
    /// Authors.
    pub authors: String,
    /// Year.
    pub year: String,
    /// Title.
    pub title: String,
    /// DOI or address.
    pub address: String,
    /// Licence of data taken from it.
    pub licence: String,
    /// How it was read.
    pub read_as: String,
}

/// All rows and sources.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    rows: Vec<Row>,
    sources: BTreeMap<String, Source>,
    by_id: BTreeMap<String, Vec<usize>>,
}

/// Columns of a parameter table, in order.
pub const COLUMNS: [&str; 17] = [
    "id",
    "context",
    "value",
    "unit",
    "uncertainty_law",
    "uncertainty",
    "variability_law",
    "variability",
    "group",
    "species",
    "preparation",
    "method",
    "source_key",
    "locator",
    "checked",
    "grade",
    "note",
];

/// Columns of a table of sources, in order.
pub const SOURCE_COLUMNS: [&str; 8] = ["key", "kind", "authors", "year", "title", "doi_or_url", "licence", "read_as"];

impl Ledger {
    /// Reads `evidence/sources.csv` and every `evidence/parameters/*.csv`.
    pub fn load(sources: &dyn Sources, map: &mut SourceMap, diagnostics: &mut Vec<Diagnostic>) -> Ledger {
        let mut ledger = Ledger::default();
        for path in sources.list("evidence") {
            if path.starts_with("evidence/sources") && path.ends_with(".csv") {
                table::read(sources, map, diagnostics, &path, &SOURCE_COLUMNS, &mut |record| ledger.add_source(record));
            }
        }
        for path in sources.list("evidence/parameters") {
            if path.ends_with(".csv") {
                table::read(sources, map, diagnostics, &path, &COLUMNS, &mut |record| ledger.add_row(record));
            }
        }
        ledger
    }

    /// All rows, in the order of the files.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
    /// The source with this key.
    pub fn source(&self, key: &str) -> Option<&Source> {
        self.sources.get(key)
    }
    /// All sources, by key.
    pub fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }
    /// All ids, sorted.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }
    /// All rows of an id.
    pub fn rows_of(&self, id: &str) -> impl Iterator<Item = &Row> {
        self.by_id.get(id).into_iter().flatten().map(|&i| &self.rows[i])
    }
    /// The row that applies to `id` when `active` contexts hold: the one with most matching parts. An error names the
    /// rows that match equally well.
    pub fn select(&self, id: &str, active: &BTreeSet<String>) -> Result<Option<&Row>, Vec<&Row>> {
        let fitting: Vec<&Row> = self.rows_of(id).filter(|r| r.context.is_subset(active)).collect();
        let most = fitting.iter().map(|r| r.context.len()).max().unwrap_or(0);
        let best: Vec<&Row> = fitting.into_iter().filter(|r| r.context.len() == most).collect();
        match best.as_slice() {
            [] => Ok(None),
            [row] => Ok(Some(row)),
            _ => Err(best),
        }
    }
    /// Every `key=value` part that occurs in a context.
    pub fn contexts(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|r| r.context.iter().map(String::as_str)).collect()
    }

    fn add_source(&mut self, record: &Record<'_>) -> Vec<Diagnostic> {
        let text = |name: &str| record.field(name).to_string();
        let key = text("key");
        if key.is_empty() {
            return vec![record.error("RS4010", "key", "a source without a key", "give it a short name")];
        }
        let source = Source {
            key: key.clone(),
            kind: text("kind"),
            authors: text("authors"),
            year: text("year"),
            title: text("title"),
            address: text("doi_or_url"),
            licence: text("licence"),
            read_as: text("read_as"),
        };
        match self.sources.insert(key.clone(), source) {
            None => Vec::new(),
            Some(_) => {
                let message = format!("the source `{key}` is listed twice");
                vec![record.error("RS4011", "key", message, "keep one of the two rows")]
            }
        }
    }

    fn add_row(&mut self, record: &Record<'_>) -> Vec<Diagnostic> {
        let id = record.field("id").to_string();
        let name = if id.is_empty() { "this row".to_string() } else { format!("`{id}`") };
        let mut bad = Vec::new();
        let missing = |column: &str, what: &str| {
            record.error("RS4001", column, format!("{name} has no {what}"), what_to_write(column))
        };
        if id.is_empty() {
            bad.push(missing("id", "id"));
        }
        let value = match record.field("value").parse::<f64>() {
            Ok(v) if v.is_finite() => v,
            _ => {
                let message = match record.field("value") {
                    "" => format!("{name} has no value"),
                    text => format!("the value of {name}, `{text}`, is not a finite number"),
                };
                bad.push(record.error("RS4002", "value", message, "write it as in `0.5` or `1.2e-3`"));
                0.0
            }
        };
        let unit = match record.field("unit") {
            "" => {
                bad.push(missing("unit", "unit"));
                Unit::one()
            }
            text => Unit::parse(text).unwrap_or_else(|e| {
                bad.push(record.error(
                    "RS3001",
                    "unit",
                    format!("unit of {name}: {e}"),
                    "the units are listed in docs/dev/model-language.md, Units",
                ));
                Unit::one()
            }),
        };
        if !unit.to_coherent(value).is_finite() {
            let message = format!("the value of {name}, {} {unit}, is out of range", record.field("value"));
            bad.push(record.error("RS4002", "value", message, "write it in a smaller unit, or correct it"));
        }
        let method = match record.field("method") {
            "measured" => Some(Method::Measured),
            "estimated" => Some(Method::Estimated),
            "fitted" => Some(Method::Fitted),
            "derived" => Some(Method::Derived),
            "assumed" => Some(Method::Assumed),
            _ => None,
        };
        if method.is_none() {
            let hint = "one of measured, estimated, fitted, derived, assumed";
            bad.push(record.error("RS4001", "method", record.no("method", &name), hint));
        }
        let checked = match record.field("checked") {
            "read" => Some(Checked::Read),
            "secondary" => Some(Checked::Secondary),
            "memory" => Some(Checked::Memory),
            "none" => Some(Checked::None),
            _ => None,
        };
        if checked.is_none() {
            let hint = "one of read, secondary, memory, none";
            bad.push(record.error("RS4001", "checked", record.no("checked", &name), hint));
        }
        let basis = Grade::parse(record.field("grade"));
        if basis.is_none() {
            let hint = "one of A (human trials), B (human), C (animal), D (in vitro), E (assumed)";
            bad.push(record.error("RS4001", "grade", record.no("grade", &name), hint));
        }
        let source_key = record.field("source_key").to_string();
        if source_key.is_empty() {
            bad.push(missing("source_key", "source"));
        } else if !self.sources.contains_key(&source_key) {
            let message = format!("{name} names the source `{source_key}`, which is not in evidence/sources.csv");
            let known: Vec<&str> = self.sources.keys().map(String::as_str).collect();
            let hint = match closest(&source_key, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add the source there, or correct its key".into(),
            };
            bad.push(record.error("RS4003", "source_key", message, hint));
        }
        let mut spread = |law_column: &str, size_column: &str| {
            let law = match record.field(law_column) {
                "" | "none" => Law::None,
                "normal" => Law::Normal,
                "lognormal" => Law::LogNormal,
                "logitnormal" => Law::LogitNormal,
                other => {
                    let message = format!("`{other}` is not a law for the spread of {name}");
                    let hint = "one of none, normal, lognormal, logitnormal";
                    bad.push(record.error("RS4004", law_column, message, hint));
                    Law::None
                }
            };
            let text = record.field(size_column);
            let size = match (law, text.parse::<f64>()) {
                (Law::None, _) => 0.0,
                (_, Ok(v)) if v.is_finite() && v >= 0.0 => v,
                _ => {
                    let message = match text {
                        "" => format!("the {size_column} of {name} has a law but no size"),
                        _ => format!("the {size_column} of {name}, `{text}`, is not a number from 0 up"),
                    };
                    bad.push(record.error("RS4004", size_column, message, "give its size, or the law `none`"));
                    0.0
                }
            };
            Spread { law, size }
        };
        let uncertainty = spread("uncertainty_law", "uncertainty");
        let variability = spread("variability_law", "variability");
        let context: BTreeSet<String> =
            record.field("context").split(';').map(str::trim).filter(|s| !s.is_empty()).map(String::from).collect();
        let well_formed = |part: &&String| {
            part.split_once('=').is_some_and(|(key, value)| !key.trim().is_empty() && !value.trim().is_empty())
        };
        if let Some(part) = context.iter().find(|part| !well_formed(part)) {
            let message = format!("the context `{part}` of {name} is not of the form `key=value`");
            bad.push(record.error("RS4005", "context", message, "as in `condition=healthy`"));
        }
        if let Some(first) = self.rows_of(&id).find(|r| r.context == context) {
            let message = match record.field("context") {
                "" => format!("{name} stands twice without a context"),
                context => format!("{name} stands twice in the context `{context}`"),
            };
            let first = first.span;
            let d = record.error("RS4006", "id", message, "keep one row, or give the other a context");
            bad.push(d.with_other(first, "the first row"));
        }
        let (Some(method), Some(checked), Some(basis)) = (method, checked, basis) else { return bad };
        if !bad.is_empty() {
            return bad;
        }
        self.by_id.entry(id.clone()).or_default().push(self.rows.len());
        let text = |column: &str| record.field(column).to_string();
        self.rows.push(Row {
            id,
            context,
            value,
            unit,
            uncertainty,
            variability,
            group: text("group"),
            species: text("species"),
            preparation: text("preparation"),
            method,
            source_key,
            locator: text("locator"),
            checked,
            basis,
            note: text("note"),
            span: record.span(),
        });
        bad
    }
}

fn what_to_write(column: &str) -> &'static str {
    match column {
        "id" => "give it the name that mechanism files use, as in `spine.tau_mature`",
        "unit" => "write its unit; a pure number has the unit `1`",
        _ => "write the key of a row of evidence/sources.csv",
    }
}
