//! Why a command did not do what was asked, with its exit code.

use model::diagnostic::{Diagnostic, render};
use model::source::SourceMap;
use resynapse::run::Refusal;
use serde_json::{Value, json};

/// A failure of a command.
#[derive(Debug)]
pub enum Failure {
    /// The input cannot be used (exit code 1): findings with place, cause and hint.
    Input(Vec<Diagnostic>, Box<SourceMap>),
    /// A file could not be read or written (exit code 1).
    File(String),
    /// A validation or gate failed (exit code 3).
    Gate(String),
    /// The numbers failed (exit code 4); names the subject.
    Numerics(String),
}

impl Failure {
    /// The exit code.
    pub fn code(&self) -> u8 {
        match self {
            Failure::Input(..) | Failure::File(_) => 1,
            Failure::Gate(_) => 3,
            Failure::Numerics(_) => 4,
        }
    }
    /// From a refused run; `map` holds the texts that findings point into.
    pub fn from_refusal(refusal: Refusal, map: &SourceMap) -> Failure {
        match refusal {
            Refusal::Input(found) => Failure::Input(found, Box::new(map.clone())),
            Refusal::Numerics(why) => Failure::Numerics(why),
        }
    }
    /// Writes the failure to standard error; as JSON to standard output as well, if asked.
    pub fn print(&self, json: bool) {
        let text = match self {
            Failure::Input(found, map) => render(found, map),
            Failure::File(why) => format!("error: {why}\n"),
            Failure::Gate(why) => format!("error: {why}\n"),
            Failure::Numerics(why) => format!(
                "error: the computation failed: {why}\n  hint: look at the named state; a looser --rtol or a changed \
                 number may help\n"
            ),
        };
        anstream::eprint!("{text}");
        if json {
            anstream::println!("{}", json!({ "error": { "code": self.code(), "findings": self.findings() } }));
        }
    }
    fn findings(&self) -> Vec<Value> {
        match self {
            Failure::Input(found, map) => found.iter().map(|d| finding(d, map)).collect(),
            Failure::File(why) | Failure::Gate(why) | Failure::Numerics(why) => vec![json!({ "message": why })],
        }
    }
}

/// A finding as JSON.
pub fn finding(d: &Diagnostic, map: &SourceMap) -> Value {
    let place = d.span.map(|span| {
        let (line, column) = map.line_column(span.file, span.start);
        json!({ "file": map.name(span.file), "line": line, "column": column })
    });
    json!({ "code": d.code, "severity": format!("{:?}", d.severity).to_lowercase(), "message": d.message,
            "place": place, "hint": d.hint })
}
