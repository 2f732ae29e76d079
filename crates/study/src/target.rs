//! What trials printed: the table of targets, and how each of its arms is run here.

use model::diagnostic::{Diagnostic, has_errors};
use model::source::{SourceMap, Sources};
use resynapse::atlas::Atlas;
use resynapse::fields::{Document, Fields};
use resynapse::happening::{self, Happening};
use resynapse::quantity;
use std::collections::BTreeMap;

/// Folder of the targets in an atlas.
pub const FOLDER: &str = "evidence/observations/targets";

/// One printed number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Target {
    /// `TSD07`.
    pub id: String,
    /// Trial or analysis.
    pub study: String,
    /// Slug of what was given.
    pub scenario: String,
    /// Arm, in words.
    pub arm: String,
    /// What it is compared with, in words; empty without.
    pub comparator: String,
    /// People in the arm, where printed.
    pub n: Option<f64>,
    /// People in the comparator, where printed.
    pub n_comparator: Option<f64>,
    /// Standard deviation over people, where printed.
    pub sd: Option<f64>,
    /// What was measured.
    pub endpoint: String,
    /// How it is summarised.
    pub statistic: String,
    /// Hours after the first dose.
    pub time_h: Option<f64>,
    /// The number.
    pub estimate: Option<f64>,
    /// Its interval.
    pub interval: Option<(f64, f64)>,
    /// `score`, `sign` or `show`.
    pub usage: Usage,
    /// Where it was read.
    pub source: String,
    /// Remarks.
    pub note: String,
}

/// What a target is used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Usage {
    /// Scored by number.
    Score,
    /// Only its direction counts.
    Sign,
    /// Shown, not counted.
    #[default]
    Show,
}

/// How an endpoint of the table is read off the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endpoint {
    /// Port.
    pub port: String,
    /// Range of the scale; values are rounded and kept inside.
    pub scale: Option<(f64, f64)>,
    /// True where the printed number is one minus the port.
    pub complement: bool,
    /// Least fall from the baseline, as a share of it, that counts (response), or the score at or below which a person
    /// counts (remission); otherwise the value itself is used.
    pub rule: Option<Rule>,
}

/// When a person counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// The score has fallen by at least this share of the baseline.
    Fall(f64),
    /// The score is at most this.
    AtMost(f64),
}

/// What is given under one slug.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// Dose sentence; empty for none.
    pub dose: String,
    /// Slugs of which equal shares of people are given, instead.
    pub mix: Vec<String>,
    /// Therapy, habits, contacts.
    pub happenings: Vec<Happening>,
    /// Contexts of the ledger.
    pub contexts: Vec<String>,
    /// Time of the last dose, h, from which relapse is counted.
    pub last_h: f64,
    /// Further hours at which people are seen, for slopes over time.
    pub visits_h: Vec<f64>,
}

/// Who took part in a study, and under which settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Setting {
    /// Condition of the people.
    pub condition: Option<String>,
    /// Contexts of the ledger: settings of the trial.
    pub contexts: Vec<String>,
    /// Least score at entry.
    pub entry: Option<f64>,
    /// Slug of the comparator.
    pub comparator: Option<String>,
    /// People who count for outcomes after a course: only responders.
    pub responders: bool,
    /// Visits at which the trial only sees people: contacts that raise expectation.
    pub contacts: Vec<f64>,
}

/// Everything the table needs to be run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    /// The rows, in the table's order.
    pub rows: Vec<Target>,
    /// Endpoint → how it is read.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Slug → what is given.
    pub given: BTreeMap<String, Given>,
    /// Study → who took part.
    pub settings: BTreeMap<String, Setting>,
    /// Target id → the sign that is expected (-1, 0, 1).
    pub signs: BTreeMap<String, f64>,
    /// Target id → why it is missed, as far as understood.
    pub reasons: BTreeMap<String, String>,
    /// Differences smaller than this count as none, by endpoint.
    pub none_below: BTreeMap<String, f64>,
}

impl Targets {
    /// Reads the table and the settings of an atlas.
    pub fn load(atlas: &Atlas, sources: &dyn Sources) -> Result<Targets, (Vec<Diagnostic>, SourceMap)> {
        let mut map = SourceMap::default();
        let mut found = Vec::new();
        let mut targets = Targets::default();
        let path = format!("{FOLDER}/arms.toml");
        match sources.read(&path) {
            Ok(text) => {
                let (read, more) = Document::read(&mut map, &path, &text, |f| settings(atlas, f));
                targets = read;
                found.extend(more);
            }
            Err(why) => found.push(missing(&path, &why)),
        }
        let path = format!("{FOLDER}/targets.csv");
        match sources.read(&path) {
            Ok(text) => rows(&mut targets, &text, &path, &mut found),
            Err(why) => found.push(missing(&path, &why)),
        }
        for row in targets.rows.iter().filter(|r| r.usage != Usage::Show) {
            for (known, what, name) in [
                (targets.given.contains_key(&row.scenario), "arm", &row.scenario),
                (targets.settings.contains_key(&row.study), "study", &row.study),
                (targets.endpoints.contains_key(&row.endpoint), "endpoint", &row.endpoint),
            ] {
                if !known {
                    let message = format!("{}: arms.toml has no {what} `{name}`", row.id);
                    found.push(Diagnostic::error_nowhere("RS4050", message, "say there how it is run"));
                }
            }
        }
        if has_errors(&found) { Err((found, map)) } else { Ok(targets) }
    }
}

fn missing(path: &str, why: &str) -> Diagnostic {
    Diagnostic::error_nowhere("RS4051", format!("cannot read `{path}`: {why}"), "the atlas lacks its targets")
}

fn settings(atlas: &Atlas, f: &Fields<'_, '_>) -> Targets {
    let texts = |f: &Fields<'_, '_>, key: &str| -> Vec<String> { f.texts(key).into_iter().map(|t| t.value).collect() };
    let text = |f: &Fields<'_, '_>, key: &str| f.text(key).map(|t| t.value);
    let number = |f: &Fields<'_, '_>, key: &str| f.number(key).map(|t| t.value);
    let known = atlas.events();
    let mut targets = Targets::default();
    let _ = text(f, "about");
    targets.endpoints.extend(f.tables("endpoint", |e| {
        let rule = match (number(e, "fall"), number(e, "at_most")) {
            (Some(x), _) => Some(Rule::Fall(x)),
            (None, Some(x)) => Some(Rule::AtMost(x)),
            _ => None,
        };
        let endpoint = Endpoint {
            port: e.needed("port").value,
            scale: number(e, "low").zip(number(e, "high")),
            complement: e.truth("complement").unwrap_or(false),
            rule,
        };
        let _ = text(e, "note");
        if let Some(x) = number(e, "none_below") {
            targets.none_below.insert(e.needed("name").value, x);
        }
        (e.needed("name").value, endpoint)
    }));
    targets.given.extend(f.tables("arm", |a| {
        let _ = text(a, "note");
        let hours = |key: &str| a.text(key).and_then(|t| quantity::moment(&t.value).ok());
        let given = Given {
            dose: text(a, "dose").unwrap_or_default(),
            mix: texts(a, "mix"),
            happenings: happening::read(a, &known),
            contexts: texts(a, "contexts"),
            last_h: hours("last").unwrap_or(0.0),
            visits_h: moments(a, "visits"),
        };
        (a.needed("slug").value, given)
    }));
    let mut studies = Vec::new();
    f.tables("study", |s| {
        let _ = text(s, "note");
        let setting = Setting {
            condition: text(s, "condition"),
            contexts: texts(s, "contexts"),
            entry: number(s, "entry"),
            comparator: text(s, "comparator"),
            responders: s.truth("responders").unwrap_or(false),
            contacts: moments(s, "contacts"),
        };
        studies.extend(texts(s, "names").into_iter().map(|name| (name, setting.clone())));
    });
    targets.settings.extend(studies);
    f.table("sign", |s| {
        for key in s.keys() {
            if let Some(x) = number(s, &key.value) {
                targets.signs.insert(key.value, x);
            }
        }
    });
    f.table("reason", |s| {
        for key in s.keys() {
            targets.reasons.extend(text(s, &key.value).map(|why| (key.value.clone(), why)));
        }
    });
    targets
}

fn moments(f: &Fields<'_, '_>, key: &str) -> Vec<f64> {
    let mut out = Vec::new();
    for text in f.texts(key) {
        match quantity::moment(&text.value) {
            Ok(h) => out.push(h),
            Err(why) => f.error("RS6511", text.span, why, "as in `\"7 d\"`"),
        }
    }
    out
}

fn rows(targets: &mut Targets, text: &str, path: &str, found: &mut Vec<Diagnostic>) {
    let mut reader = csv::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header: Vec<String> = reader.headers().map(|h| h.iter().map(String::from).collect()).unwrap_or_default();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                found.push(Diagnostic::error_nowhere("RS4052", format!("{path}: {why}"), "one number a row"));
                continue;
            }
        };
        let field = |name: &str| {
            header.iter().position(|h| h == name).and_then(|i| record.get(i)).unwrap_or("").trim().to_string()
        };
        let number = |name: &str| field(name).parse::<f64>().ok().filter(|x| x.is_finite());
        targets.rows.push(Target {
            id: field("id"),
            study: field("study"),
            scenario: field("scenario"),
            arm: field("arm"),
            comparator: field("comparator"),
            n: number("n_arm"),
            n_comparator: number("n_comparator"),
            sd: number("sd"),
            endpoint: field("endpoint"),
            statistic: field("statistic"),
            time_h: number("time_h"),
            estimate: number("estimate"),
            interval: number("lo").zip(number("hi")),
            usage: match field("use").as_str() {
                "score" => Usage::Score,
                "sign" => Usage::Sign,
                _ => Usage::Show,
            },
            source: field("source"),
            note: field("note"),
        });
    }
}
