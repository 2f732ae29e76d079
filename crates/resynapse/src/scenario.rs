//! Named runs that can be cited: each a protocol with a question and the expectations that answer it.
//!
//! ```toml
//! [scenario]
//! name = "one_infusion"
//! question = "How fast, and for how long, does one infusion help?"
//! answer = ["one_infusion_helps_within_a_day"]
//! door = "curious"
//!
//! [study]
//! …
//! ```

use crate::atlas::Atlas;
use crate::fields::{Document, Fields};
use crate::protocol::{self, Protocol};
use model::diagnostic::Diagnostic;
use model::source::{SourceMap, Sources};

const FOLDER: &str = "scenarios";

/// Who a scenario is offered to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// Anyone.
    #[default]
    Curious,
    /// Modellers alone: doses beyond what is given to patients.
    Modeller,
}

/// A named run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// `one_infusion`.
    pub name: String,
    /// What it asks, in one line.
    pub question: String,
    /// Ids of the expectations that answer it.
    pub answer: Vec<String>,
    /// Who it is offered to.
    pub door: Door,
    /// The file.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// The head of a scenario, the table `[scenario]` of a protocol.
pub(crate) fn head(fields: &Fields<'_, '_>) -> Option<Scenario> {
    fields.table("scenario", |f| {
        let door = f.text("door");
        Scenario {
            name: f.needed("name").value,
            question: f.needed("question").value,
            answer: f.texts("answer").into_iter().map(|t| t.value).collect(),
            door: match door.as_ref().map(|d| d.value.as_str()) {
                None | Some("curious") => Door::Curious,
                Some("modeller") => Door::Modeller,
                Some(other) => {
                    let span = door.as_ref().map_or(f.span(), |d| d.span);
                    let hint = "the doors are `curious` and `modeller`";
                    f.error("RS6401", span, format!("`{other}` is not a door"), hint);
                    Door::Modeller
                }
            },
            ..Scenario::default()
        }
    })
}

/// Reads all scenarios and checks that each is a protocol that can be run.
pub(crate) fn load(atlas: &mut Atlas, sources: &dyn Sources, diagnostics: &mut Vec<Diagnostic>) {
    let mut map = std::mem::take(&mut atlas.library.sources);
    for path in sources.list(FOLDER).into_iter().filter(|p| p.ends_with(".toml")) {
        let text = match sources.read(&path) {
            Ok(text) => text,
            Err(why) => {
                let message = format!("cannot read `{path}`: {why}");
                diagnostics.push(Diagnostic::error_nowhere("RS1031", message, "check the atlas folder"));
                continue;
            }
        };
        // The protocol itself is checked as it is read below; here only the head is wanted.
        let (found, _) = Document::read(&mut SourceMap::default(), &path, &text, head);
        let Some(scenario) = found else {
            let message = format!("`{path}` has no table `[scenario]`");
            diagnostics.push(Diagnostic::error_nowhere("RS6402", message, "add `name`, `question` and `answer`"));
            continue;
        };
        if let Err(found) = protocol::read(atlas, &mut map, sources, &path, &text) {
            diagnostics.extend(found);
        }
        let scenario = Scenario { path, text, ..scenario };
        atlas.scenarios.insert(scenario.name.clone(), scenario);
    }
    atlas.library.sources = map;
}

impl Scenario {
    /// The protocol it stands for.
    pub fn protocol(&self, atlas: &Atlas, map: &mut SourceMap) -> Result<Protocol, Vec<Diagnostic>> {
        protocol::read(atlas, map, &crate::atlas::Embedded, &self.path, &self.text)
    }
}
