//! A protocol file: what is given to whom, in one or more arms.
//!
//! ```toml
//! [study]
//! title = "One infusion against saline"
//! until = "28 d"
//!
//! [patient]
//! weight = "82 kg"
//!
//! [[arm]]
//! name = "ketamine"
//!   [[arm.dose]]
//!   drug = "ketamine"
//!   amount = "0.5 mg/kg"
//!   route = "iv"
//!   over = "40 min"
//!
//! [[arm]]
//! name = "saline"
//! dose = "saline iv over 40 min"
//! ```

use crate::atlas::Atlas;
use crate::fields::{Document, Fields};
use crate::happening::{self, Happening};
use crate::nonmem::{self, Subject};
use crate::patient::{self, Patient};
use crate::prepare::Person;
use crate::probe::Kind;
use crate::quantity;
use crate::regimen::{self, Regimen};
use crate::run::Plan;
use crate::scenario;
use model::diagnostic::Diagnostic;
use model::source::{SourceMap, Sources, Spanned};
use std::collections::BTreeMap;

/// A protocol: one plan per arm.
#[derive(Clone, Debug, Default)]
pub struct Protocol {
    /// Title of the study.
    pub title: String,
    /// What is run, in the order of the arms.
    pub plans: Vec<Plan>,
    /// What a reader of the result should know about how it was read.
    pub notes: Vec<String>,
    /// Files the protocol names, relative to it.
    pub files: Vec<String>,
    /// What the study is called and how it is drawn.
    pub study: Study,
    /// How many people each arm gets for one of the others, in a trial; 1 where nothing is said.
    pub ratios: Vec<f64>,
    /// Probes that its visits ask for.
    pub probes: Vec<Wanted>,
}

/// A probe at a visit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wanted {
    /// What is probed.
    pub kind: Kind,
    /// When, h.
    pub at_h: f64,
}

/// The head of a study.
#[derive(Clone, Debug, Default)]
pub struct Study {
    /// Short id, where one is given.
    pub id: Option<Spanned<String>>,
    /// Seed of all draws.
    pub seed: u64,
    /// Trials of this design; 1 where nothing is said.
    pub replicates: u32,
    /// Hours to follow, where they are given.
    pub until_h: Option<f64>,
}

/// Sections that only a trial reads.
const OF_TRIALS: [&str; 11] = [
    "population",
    "trial",
    "lead_in",
    "crossover",
    "visit",
    "rule",
    "outcome",
    "analysis",
    "multiplicity",
    "power",
    "observed",
];

/// Reads a protocol. `beside` is the folder it lies in, for event tables it names.
pub fn read(
    atlas: &Atlas,
    map: &mut SourceMap,
    beside: &dyn Sources,
    path: &str,
    text: &str,
) -> Result<Protocol, Vec<Diagnostic>> {
    let ignore = |f: &Fields<'_, '_>, _: &mut Patient| {
        let (probes, visits) = visits(f);
        let mut trial: Vec<&str> = OF_TRIALS.into_iter().filter(|key| f.ignore(key)).collect();
        trial.retain(|key| *key != "visit" || visits > 0);
        ((!trial.is_empty()).then(|| trial.join(", ")), probes)
    };
    let (mut protocol, (trial, probes)) = read_with(atlas, map, beside, path, text, ignore)?;
    protocol.probes = probes;
    protocol.notes.extend(trial.map(|sections| {
        format!(
            "this is a trial: one person is run here and its sections {sections} are left aside; see `resynapse trial`"
        )
    }));
    Ok(protocol)
}

/// The probes that visits ask for, and how many visits ask for something else.
fn visits(f: &Fields<'_, '_>) -> (Vec<Wanted>, usize) {
    let mut others = 0;
    let visits = f.tables("visit", |v| {
        let _known: Vec<bool> = v.keys().iter().map(|k| v.ignore(&k.value)).collect();
        let moments = if v.is_text("at") { v.text("at").into_iter().collect() } else { v.texts("at") };
        let named = v.texts("assess");
        let kinds: Vec<Kind> = named.iter().filter_map(|name| Kind::named(&name.value)).collect();
        others += usize::from(named.is_empty() || kinds.len() < named.len());
        let mut wanted = Vec::new();
        for moment in moments.iter().filter(|_| !kinds.is_empty()) {
            match quantity::moment(&moment.value) {
                Ok(at_h) => wanted.extend(kinds.iter().map(|kind| Wanted { kind: *kind, at_h })),
                Err(why) => v.error("RS6519", moment.span, why, "as in `at = \"40 min\"` or `at = \"day 2\"`"),
            }
        }
        wanted
    });
    (visits.into_iter().flatten().collect(), others)
}

/// Reads a protocol whose further sections are read by `more`, which may also change what all people share.
pub fn read_with<T>(
    atlas: &Atlas,
    map: &mut SourceMap,
    beside: &dyn Sources,
    path: &str,
    text: &str,
    more: impl FnOnce(&Fields<'_, '_>, &mut Patient) -> T,
) -> Result<(Protocol, T), Vec<Diagnostic>> {
    let ((mut read, more), mut found) = Document::read(map, path, text, |f| {
        let mut draft = protocol(atlas, f);
        let more = more(f, &mut draft.patient);
        (draft, more)
    });
    let mut protocol = Protocol {
        title: read.title.clone(),
        notes: read.notes.clone(),
        study: read.study.clone(),
        ..Protocol::default()
    };
    for arm in std::mem::take(&mut read.arms) {
        protocol.ratios.push(arm.ratio);
        match arm.build(atlas, map, beside, &read, &mut protocol.files) {
            Ok(plan) => protocol.plans.push(plan),
            Err(more) => found.extend(more),
        }
    }
    if found.is_empty() { Ok((protocol, more)) } else { Err(found) }
}

struct Draft {
    title: String,
    patient: Patient,
    person: Person,
    study: Study,
    rtol: Option<f64>,
    notes: Vec<String>,
    arms: Vec<Arm>,
}

struct Arm {
    covariates: BTreeMap<String, f64>,
    name: String,
    ratio: f64,
    happenings: Vec<Happening>,
    hold: Vec<String>,
    contexts: Vec<String>,
    condition: Option<String>,
    hypothesis: Option<String>,
    sentences: Vec<Spanned<String>>,
    events: Option<Spanned<String>>,
    span: model::source::Span,
}

fn protocol(atlas: &Atlas, fields: &Fields<'_, '_>) -> Draft {
    let mut draft = Draft {
        title: String::new(),
        patient: Patient::default(),
        person: Person::Typical,
        study: Study { seed: 1, replicates: 1, ..Study::default() },
        rtol: None,
        notes: vec![],
        arms: vec![],
    };
    let _ = scenario::head(fields);
    let known = atlas.events();
    fields.table("numerics", |f| draft.rtol = f.number("rtol").map(|n| n.value));
    // What a lock file remembers about the run it came from; nothing here changes the run.
    fields.table("lock", |f| {
        f.keys().iter().for_each(|k| drop(f.text(&k.value)));
        if let Some(hash) = f.text("atlas_sha256").filter(|h| h.value != atlas.hash) {
            let (was, is) = (&hash.value[..hash.value.len().min(12)], &atlas.hash[..12]);
            draft
                .notes
                .push(format!("the lock file was made with the atlas {was}, this run uses {is}: results may differ"));
        }
    });
    fields.table("study", |f| {
        draft.title = f.text("title").map(|t| t.value).unwrap_or_default();
        draft.study.id = f.text("id");
        draft.study.until_h = f.text("until").and_then(|t| match quantity::duration(&t.value) {
            Ok(h) if h > 0.0 => Some(h),
            Ok(_) => {
                f.error("RS6501", t.span, "the run has no length", "as in `until = \"28 d\"`");
                None
            }
            Err(why) => {
                f.error("RS6501", t.span, why, "as in `until = \"28 d\"`");
                None
            }
        });
        draft.study.seed = whole(f, "seed", 1) as u64;
        draft.study.replicates = whole(f, "replicates", 1);
        let seed = draft.study.seed;
        if let Some(person) = f.text("person") {
            match person.value.as_str() {
                "typical" => draft.person = Person::Typical,
                "drawn" => draft.person = Person::drawn(seed, 0),
                _ => f.error("RS6502", person.span, "`person` is `typical` or `drawn`", ""),
            }
        }
    });
    if let Some(read) = fields.table("patient", |f| patient::read(atlas, f)) {
        draft.patient = read;
    }
    draft.arms = fields.tables("arm", |f| {
        let mut sentences: Vec<_> = Vec::new();
        let name = f.needed("name").value;
        let events = f.text("events");
        let _ = f.text("events_sha256");
        if let Some(sentence) = sentence_or_doses(f) {
            sentences = sentence;
        }
        let happenings = happening::read(f, &known);
        let nothing = f.truth("nothing").unwrap_or(false);
        if sentences.is_empty() && events.is_none() && happenings.is_empty() && !nothing {
            let hint = "add `dose = \"ketamine 0.5 mg/kg iv over 40 min\"`, `[[arm.dose]]`, `[[arm.therapy]]` or \
                        `[[arm.habit]]` tables, `events = \"FILE.csv\"`, or `nothing = true`";
            f.error("RS6503", f.span(), format!("the arm `{name}` gives nothing"), hint);
        }
        if nothing && !(sentences.is_empty() && events.is_none() && happenings.is_empty()) {
            let hint = "take `nothing = true` away, or what is given";
            f.error("RS6509", f.span(), format!("the arm `{name}` gives something and says it gives nothing"), hint);
        }
        let (contexts, condition, hypothesis) = patient::changes(atlas, f);
        let mut own = Patient::default();
        patient::covariates(atlas, f, &mut own);
        let hold = f.texts("hold").into_iter().map(|t| t.value).collect();
        let ratio = f.number("ratio");
        if let Some(n) = ratio.as_ref().filter(|n| !(1.0..=100.0).contains(&n.value) || n.value.fract() != 0.0) {
            f.error("RS6517", n.span, "`ratio` is a whole number from 1 to 100", "as in `ratio = 2` for twice as many");
        }
        let ratio = ratio.map_or(1.0, |n| n.value);
        Arm {
            covariates: own.overrides,
            name,
            ratio,
            happenings,
            hold,
            contexts,
            condition,
            hypothesis,
            sentences,
            events,
            span: f.span(),
        }
    });
    if draft.arms.is_empty() {
        fields.error("RS6504", fields.span(), "the protocol has no arm", "add `[[arm]]` with `name` and `dose`");
    }
    draft
}

/// A whole number from 0 up, or what stands for it where nothing is said.
fn whole(f: &Fields<'_, '_>, key: &str, default: u32) -> u32 {
    let Some(n) = f.number(key) else { return default };
    if n.value < 0.0 || n.value.fract() != 0.0 || n.value > f64::from(u32::MAX) {
        f.error("RS6518", n.span, format!("`{key}` is a whole number from 0 up"), format!("as in `{key} = {default}`"));
        return default;
    }
    n.value as u32
}

/// A dose sentence, or `[[arm.dose]]` tables rewritten as sentences.
fn sentence_or_doses(f: &Fields<'_, '_>) -> Option<Vec<Spanned<String>>> {
    if f.is_text("dose") {
        return Some(f.text("dose").into_iter().collect());
    }
    let doses = f.tables("dose", |d| {
        let mut words = vec![d.needed("drug").value];
        words.extend(d.text("amount").map(|t| t.value));
        words.extend(d.text("form").map(|t| t.value));
        words.push(d.needed("route").value);
        for key in ["over", "every", "for", "at"] {
            words.extend(d.text(key).map(|t| format!("{key} {}", t.value)));
        }
        words.extend(d.text("frequency").map(|t| t.value));
        words.extend(d.number("times").map(|n| format!("{} times", n.value)));
        Spanned::new(words.join(" "), d.span())
    });
    Some(doses)
}

impl Arm {
    fn build(
        self,
        atlas: &Atlas,
        map: &mut SourceMap,
        beside: &dyn Sources,
        draft: &Draft,
        files: &mut Vec<String>,
    ) -> Result<Plan, Vec<Diagnostic>> {
        let mut found = Vec::new();
        let mut regimen = Regimen::default();
        let mut texts = Vec::new();
        for sentence in &self.sentences {
            match regimen::sentence(atlas, map, &sentence.value) {
                Ok(part) => {
                    regimen.doses.extend(part.doses);
                    texts.push(part.text);
                }
                Err(more) => found.extend(more.into_iter().map(|d| d.with_other(sentence.span, "in this dose"))),
            }
        }
        regimen.doses.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
        regimen.text = texts.join("; ");
        regimen.happenings = self.happenings;
        regimen.happenings.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
        let mut table: Option<Subject> = None;
        let mut table_text = None;
        if let Some(events) = &self.events {
            files.push(events.value.clone());
            match beside.read(&events.value) {
                Err(why) => {
                    let message = format!("cannot read the event table `{}`: {why}", events.value);
                    found.push(Diagnostic::error(
                        "RS6505",
                        events.span,
                        message,
                        "the path is relative to the protocol",
                    ));
                }
                Ok(text) => match nonmem::read(map, &events.value, &text) {
                    Ok(subjects) if subjects.len() == 1 && regimen.doses.is_empty() => {
                        table = subjects.into_iter().next();
                        table_text = Some((events.value.clone(), text));
                    }

                    Ok(subjects) if subjects.len() > 1 => {
                        let message =
                            format!("`{}` has {} subjects; an arm here is one person", events.value, subjects.len());
                        found.push(Diagnostic::error("RS6506", events.span, message, "keep one ID in the table"));
                    }
                    Ok(_) => {
                        let hint = "put all doses into the table, or all into the protocol";
                        found.push(Diagnostic::error("RS6507", events.span, "both doses and an event table", hint));
                    }
                    Err(more) => found.extend(more),
                },
            }
            regimen.text = format!("events of {}", events.value);
        }
        if self.name.trim().is_empty() {
            found.push(Diagnostic::error("RS6508", self.span, "the arm has an empty name", "as in `name = \"drug\"`"));
        }
        if !found.is_empty() {
            return Err(found);
        }
        let mut plan = Plan::new(self.name, regimen);
        plan.patient = draft.patient.clone();
        plan.patient.contexts.extend(self.contexts);
        plan.patient.overrides.extend(self.covariates);
        plan.patient.condition = self.condition.unwrap_or(plan.patient.condition);
        plan.patient.hypothesis = self.hypothesis.unwrap_or(plan.patient.hypothesis);
        plan.person = draft.person;
        plan.hold = self.hold;
        plan.table = table;
        plan.table_text = table_text;
        if let Some(h) = draft.study.until_h {
            plan.until_h = h;
        }
        if let Some(rtol) = draft.rtol {
            plan.rtol = rtol;
        }
        Ok(plan)
    }
}
