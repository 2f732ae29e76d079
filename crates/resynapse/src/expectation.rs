//! Statements about the model that can be put to the test: what a run must show, on whose authority, and which link of
//! the chain it rests on. They are data (`atlas/expectations/*.toml`), so that claims, scenarios and published signs can
//! be read, cited and run without Rust.
//!
//! ```toml
//! [[expectation]]
//! id = "glutamate_inverted_u"
//! says = "Glutamate rises at low and not at very high concentrations."
//! sources = ["moghaddam1997"]
//! run = { dose = "ketamine 0.5 mg/kg iv over 40 min" }
//! against = { untreated = true }
//! value = "largest glutamate.extracellular"
//! expect = "above 0.1"
//! breaks_without = ["NMDA block"]
//! ```
//! One of `run` and `value` may be a list (`runs`, `values`); then the numbers form a row that can be asked to be
//! `rising`, `falling` or to have its largest `inside`.

mod evaluate;
mod measure;

pub use evaluate::{Verdict, evaluate};
pub use measure::Measure;

use crate::atlas::{Atlas, WHOLE};
use crate::fields::Fields;
use crate::quantity;
use model::diagnostic::Diagnostic;
use model::source::Span;
use std::collections::BTreeMap;

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Expectation {
    /// Name, also that of its test.
    pub id: String,
    /// In words.
    pub says: String,
    /// Keys of sources.
    pub sources: Vec<String>,
    /// What is run; several form a row.
    pub runs: Vec<RunSpec>,
    /// What each run is compared with.
    pub against: Option<RunSpec>,
    /// Compare by quotient instead of difference.
    pub ratio: bool,
    /// What is read off; several form a row.
    pub values: Vec<Measure>,
    /// What must hold.
    pub expect: Expect,
    /// Links of the assembly, or ports, without which the statement must fail.
    pub breaks_without: Vec<String>,
    /// Why it fails, where that is known.
    pub miss: Option<String>,
    /// Where it stands.
    pub span: Span,
}

/// A run of the whole chain, or of one module by itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSpec {
    /// Dose sentence.
    pub dose: Option<String>,
    /// Name of a scenario.
    pub scenario: Option<String>,
    /// Arm of the scenario; the first if unsaid.
    pub arm: Option<String>,
    /// The same person without treatment.
    pub untreated: bool,
    /// Condition of the person.
    pub condition: Option<String>,
    /// Hypothesis.
    pub hypothesis: Option<String>,
    /// Contexts of the ledger.
    pub contexts: Vec<String>,
    /// Ports held at their drug-free value.
    pub hold: Vec<String>,
    /// Ledger ids set by hand, as text with unit.
    pub set: BTreeMap<String, String>,
    /// Path of one module that is run by itself.
    pub module: Option<String>,
    /// Values its input ports are held at, from the start on, in the ports' units.
    pub ports: BTreeMap<String, f64>,
}

/// What must hold for a number, or for a row of numbers.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    /// Every number is below this.
    Below(f64),
    /// Every number is above this.
    Above(f64),
    /// Every number lies in this range.
    Between(f64, f64),
    /// Each number is larger than the one before.
    Rising,
    /// Each number is smaller than the one before.
    Falling,
    /// The largest number is neither the first nor the last.
    Inside,
}

impl Expect {
    /// True if it holds.
    pub fn holds(&self, row: &[f64]) -> bool {
        let pairs = |good: fn(f64, f64) -> bool| row.len() > 1 && row.windows(2).all(|w| good(w[0], w[1]));
        let all = |good: &dyn Fn(f64) -> bool| !row.is_empty() && row.iter().all(|x| good(*x));
        match self {
            Expect::Below(limit) => all(&|x| x < *limit),
            Expect::Above(limit) => all(&|x| x > *limit),
            Expect::Between(low, high) => all(&|x| *low <= x && x <= *high),
            Expect::Rising => pairs(|a, b| a < b),
            Expect::Falling => pairs(|a, b| a > b),
            Expect::Inside => {
                let most = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                row.len() > 2 && row[0] < most && row[row.len() - 1] < most && row.iter().all(|x| x.is_finite())
            }
        }
    }

    fn parse(text: &str) -> Option<Expect> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let number = |word: &str| word.parse::<f64>().ok().filter(|x| x.is_finite());
        match words.as_slice() {
            ["below", x] => Some(Expect::Below(number(x)?)),
            ["above", x] => Some(Expect::Above(number(x)?)),
            ["between", a, "and", b] => Some(Expect::Between(number(a)?, number(b)?)),
            ["rising"] => Some(Expect::Rising),
            ["falling"] => Some(Expect::Falling),
            ["inside"] => Some(Expect::Inside),
            _ => None,
        }
    }
}

impl std::fmt::Display for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Expect::Below(x) => write!(f, "below {x}"),
            Expect::Above(x) => write!(f, "above {x}"),
            Expect::Between(a, b) => write!(f, "between {a} and {b}"),
            Expect::Rising => f.write_str("rising"),
            Expect::Falling => f.write_str("falling"),
            Expect::Inside => f.write_str("with the largest inside"),
        }
    }
}

pub(crate) fn read(fields: &Fields<'_, '_>) -> Vec<Expectation> {
    let _ = fields.text("about");
    fields.tables("expectation", one)
}

fn one(f: &Fields<'_, '_>) -> Expectation {
    let texts = |key: &str| -> Vec<String> { f.texts(key).into_iter().map(|t| t.value).collect() };
    let mut runs: Vec<RunSpec> = f.table("run", run).into_iter().collect();
    runs.extend(f.tables("runs", run));
    let mut values = Vec::new();
    for text in f.text("value").into_iter().chain(f.texts("values")) {
        match Measure::parse(&text.value) {
            Ok(measure) => values.push(measure),
            Err(why) => f.error("RS6410", text.span, why, "as in `madrs.total at 24 h` or `largest cadss.total`"),
        }
    }
    let expect = f.needed("expect");
    let parsed = Expect::parse(&expect.value).unwrap_or_else(|| {
        let hint = "`below X`, `above X`, `between X and Y`, `rising`, `falling` or `inside`";
        f.error("RS6411", expect.span, format!("`{}` is not understood", expect.value), hint);
        Expect::Inside
    });
    let row = matches!(parsed, Expect::Rising | Expect::Falling | Expect::Inside);
    if runs.is_empty() || values.is_empty() || (runs.len() > 1 && values.len() > 1) {
        let hint = "give one `run` and one `value`, or a list of one of them";
        f.error("RS6412", f.span(), "what is run and what is read off must be clear", hint);
    } else if row && runs.len() == 1 && values.len() == 1 {
        f.error("RS6412", expect.span, "a row needs several numbers", "give `runs` or `values`");
    }
    Expectation {
        id: f.needed("id").value,
        says: f.needed("says").value,
        sources: texts("sources"),
        runs,
        against: f.table("against", run),
        ratio: f.truth("ratio").unwrap_or(false),
        values,
        expect: parsed,
        breaks_without: texts("breaks_without"),
        miss: f.text("miss").map(|t| t.value),
        span: f.span(),
    }
}

fn run(f: &Fields<'_, '_>) -> RunSpec {
    let text = |key: &str| f.text(key).map(|t| t.value);
    let texts = |key: &str| -> Vec<String> { f.texts(key).into_iter().map(|t| t.value).collect() };
    RunSpec {
        dose: text("dose"),
        scenario: text("scenario"),
        arm: text("arm"),
        untreated: f.truth("untreated").unwrap_or(false),
        condition: text("condition"),
        hypothesis: text("hypothesis"),
        contexts: texts("contexts"),
        hold: texts("hold"),
        set: f
            .table("set", |t| {
                t.keys().into_iter().filter_map(|k| Some((k.value.clone(), t.text(&k.value)?.value))).collect()
            })
            .unwrap_or_default(),
        module: text("module"),
        ports: f
            .table("ports", |t| {
                t.keys().into_iter().filter_map(|k| Some((k.value.clone(), t.number(&k.value)?.value))).collect()
            })
            .unwrap_or_default(),
    }
}

/// What cannot be right whatever a run shows: unknown sources, scenarios, links and ids, and ids that occur twice.
pub(crate) fn check(atlas: &Atlas, diagnostics: &mut Vec<Diagnostic>) {
    let mut wrong = |span: Span, message: String, hint: &str| {
        diagnostics.push(Diagnostic::error("RS6413", span, message, hint));
    };
    let links = atlas.assemblies.get(WHOLE).map_or(&[][..], |a| &a.knockouts);
    for (i, e) in atlas.expectations.iter().enumerate() {
        if atlas.expectations[..i].iter().any(|other| other.id == e.id) {
            wrong(e.span, format!("the expectation `{}` occurs twice", e.id), "give each its own name");
        }
        for key in e.sources.iter().filter(|k| atlas.library.ledger.source(k).is_none()) {
            wrong(e.span, format!("`{}` names the unknown source `{key}`", e.id), "see evidence/sources.csv");
        }
        for name in &e.breaks_without {
            // A link of the assembly has blanks or capitals; anything else is a port, which the run itself checks.
            let port = name.contains('.') && !name.contains(' ');
            if !port && !links.iter().any(|l| &l.name == name) {
                let known: Vec<&str> = links.iter().map(|l| l.name.as_str()).collect();
                let hint = format!("a port, or one of: {}", known.join(", "));
                wrong(e.span, format!("`{}` rests on the unknown link `{name}`", e.id), &hint);
            }
        }
        for run in e.runs.iter().chain(&e.against) {
            if let Some(name) = run.scenario.as_ref().filter(|n| !atlas.scenarios.contains_key(*n)) {
                wrong(e.span, format!("`{}` runs the unknown scenario `{name}`", e.id), "see atlas/scenarios");
            }
            if let Some(path) = run.module.as_ref().filter(|p| !atlas.library.modules.contains_key(*p)) {
                wrong(e.span, format!("`{}` runs the unknown module `{path}`", e.id), "see `resynapse model list`");
            }
        }
    }
    for scenario in atlas.scenarios.values() {
        for id in scenario.answer.iter().filter(|id| !atlas.expectations.iter().any(|e| &e.id == *id)) {
            let message = format!("the scenario `{}` is answered by the unknown expectation `{id}`", scenario.name);
            diagnostics.push(Diagnostic::error_nowhere("RS6414", message, "see atlas/expectations"));
        }
    }
}

/// Reads a time of a measure.
fn time(text: &str) -> Result<f64, String> {
    quantity::moment(text.trim())
}
