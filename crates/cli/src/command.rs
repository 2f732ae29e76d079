//! Commands, one file each, and what they share.

mod atlas;
mod claims;
mod compare;
pub(crate) mod evidence;
mod expectations;
mod export;
mod hypotheses;
mod import;
mod knockout;
pub(crate) mod model;
pub(crate) mod power;
mod probe;
mod scenario;
mod serve;
pub(crate) mod simulate;
mod trial;
mod validate;

use crate::arguments::{Arguments, Colour, Command, Global, Subject};
use crate::failure::Failure;
use crate::files::{self, Folder};
use ::model::diagnostic::{Diagnostic, has_errors};
use ::model::source::SourceMap;
use clap::CommandFactory;
use resynapse::atlas::{Atlas, Embedded};
use resynapse::hypothesis::ensemble;
use resynapse::patient::{Patient, check_context, parameter_value};
use resynapse::prepare::Person;
use resynapse::protocol::Wanted;
use resynapse::run::{Plan, Results};
use resynapse::{protocol, quantity, regimen};
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) use knockout::times_h as knockout_times_h;

/// Does what the arguments say.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let global = &arguments.global;
    match global.color {
        Colour::Auto => {}
        Colour::Always => anstream::ColorChoice::Always.write_global(),
        Colour::Never => anstream::ColorChoice::Never.write_global(),
    }
    match &arguments.command {
        Command::Simulate(a) => simulate::run(global, a),
        Command::Compare(a) => compare::run(global, a),
        Command::Knockout(a) => knockout::run(global, a),
        Command::Scenario(a) => scenario::run(global, a),
        Command::Expectations(a) => expectations::run(global, a),
        Command::Hypotheses(a) => hypotheses::run(global, a),
        Command::Validate(a) => validate::run(global, a),
        Command::Trial(a) => trial::run(global, a),
        Command::Export(a) => export::run(global, a),
        Command::Import(a) => import::run(global, a),
        Command::Power(a) => power::run(global, a),
        Command::Gather(a) => trial::gather(global, a),
        Command::Probe(a) => probe::run(global, a),
        Command::Serve(a) => serve::run(global, a),
        Command::Model(a) => model::run(global, a),
        Command::Evidence(a) => evidence::run(global, a),
        Command::Atlas(a) => atlas::run(global, a),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Arguments::command(), "resynapse", &mut std::io::stdout());
            Ok(())
        }
    }
}

/// The atlas with everything that is wrong with it.
fn read_atlas(global: &Global) -> Result<(Atlas, Vec<Diagnostic>), Failure> {
    match &global.atlas {
        None => Ok(Atlas::load(&Embedded)),
        Some(folder) if folder.join("models").is_dir() => Ok(Atlas::load(&Folder(folder.clone()))),
        Some(folder) => {
            let why = "it has no folder `models`; `resynapse atlas export DIR` makes one to start from";
            Err(Failure::File(format!("`{}` is not an atlas: {why}", folder.display())))
        }
    }
}

/// The atlas, if it can be used.
fn load_atlas(global: &Global) -> Result<Atlas, Failure> {
    let (atlas, found) = read_atlas(global)?;
    if has_errors(&found) {
        return Err(Failure::Input(found, Box::new(atlas.library.sources.clone())));
    }
    Ok(atlas)
}

pub(crate) use crate::trial::read as trial_design;

/// The longest run: ten years, h.
const LONGEST_H: f64 = 87_660.0;

/// Plans from a dose sentence, a protocol file or the folder of an earlier run.
fn plans(atlas: &Atlas, global: &Global, what: &str, subject: &Subject) -> Result<Vec<Plan>, Failure> {
    Ok(plans_and_probes(atlas, global, what, subject)?.0)
}

/// The same with the probes that visits of a protocol ask for.
fn plans_and_probes(
    atlas: &Atlas,
    global: &Global,
    what: &str,
    subject: &Subject,
) -> Result<(Vec<Plan>, Vec<Wanted>), Failure> {
    let mut probes = Vec::new();
    let mut map = SourceMap::default();
    let path = Path::new(what);
    let file = if path.is_dir() { Some(path.join("protocol.lock.toml")) } else { None };
    let file =
        file.or_else(|| (path.extension().is_some_and(|e| e == "toml") || path.is_file()).then(|| path.to_path_buf()));
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut plans = Vec::new();
    match &file {
        Some(file) => {
            let text = files::read(file)?;
            let beside = Folder(file.parent().unwrap_or(Path::new(".")).to_path_buf());
            match protocol::read(atlas, &mut map, &beside, &file.display().to_string(), &text) {
                Ok(protocol) => {
                    protocol.notes.iter().for_each(|n| anstream::eprintln!("note: {n}"));
                    plans = protocol.plans;
                    probes = protocol.probes;
                }
                Err(more) => found.extend(more),
            }
        }
        None if atlas.scenarios.contains_key(what) => {
            let protocol = atlas.scenarios[what].protocol(atlas, &mut map);
            match protocol {
                Ok(protocol) => plans = protocol.plans,
                Err(more) => found.extend(more),
            }
        }
        None => match regimen::sentence(atlas, &mut map, what) {
            Ok(regimen) => plans.push(Plan::new(regimen.text.clone(), regimen)),
            Err(more) => found.extend(if one_word(what) { vec![not_a_scenario(atlas, what)] } else { more }),
        },
    }
    Ok((as_asked(atlas, global.few_threads(), global.seed(), subject, Read { plans, found, map })?, probes))
}

/// Plans as they were read, with what was wrong.
pub(crate) struct Read {
    /// Plans of the arms.
    pub plans: Vec<Plan>,
    /// What is wrong so far.
    pub found: Vec<Diagnostic>,
    /// The texts that findings point into.
    pub map: SourceMap,
}

/// Applies what is asked of the person and the run to plans; everything wrong is said at once.
pub(crate) fn as_asked(
    atlas: &Atlas,
    threads: usize,
    seed: u64,
    subject: &Subject,
    read: Read,
) -> Result<Vec<Plan>, Failure> {
    let Read { mut plans, mut found, mut map } = read;
    let patient = match person(atlas, &mut map, subject) {
        Ok(patient) => patient,
        Err(Failure::Input(more, _)) => {
            found.extend(more);
            None
        }
        Err(other) => return Err(other),
    };
    let option =
        |name: &str, why: String, hint: &str| Diagnostic::error_nowhere("RS6601", format!("--{name}: {why}"), hint);
    let until_h = subject.until.as_ref().and_then(|text| match quantity::duration(text) {
        Ok(h) if h > LONGEST_H => {
            found.push(option("until", format!("`{text}` is longer than ten years"), "follow for less"));
            None
        }
        Ok(h) if h > 0.0 => Some(h),
        Ok(_) => {
            found.push(option("until", "the run has no length".into(), "as in `--until 28d`"));
            None
        }
        Err(why) => {
            found.push(option("until", why, "as in `--until 28d`"));
            None
        }
    });
    let mut members: Vec<(String, f64)> = Vec::new();
    if let Some(text) = &subject.hypothesis {
        match ensemble(atlas, text) {
            Ok(read) => members = read,
            Err((message, hint)) => {
                found.push(Diagnostic::error_nowhere("RS6205", format!("--hypothesis: {message}"), hint));
            }
        }
    }
    if let Some(rtol) = subject.rtol.filter(|r| !(1e-9..=1e-2).contains(r)) {
        found.push(option("rtol", format!("{rtol} is out of range"), "from 1e-9 to 1e-2; 1e-5 is the default"));
    }
    let broken = links(atlas, &subject.holds, &mut found);
    let sets = numbers_set(atlas, &subject.sets, &mut found);
    if !found.is_empty() {
        return Err(Failure::Input(found, Box::new(map)));
    }
    if members.len() > 1 {
        plans = plans.iter().flat_map(|plan| members.iter().map(|m| member(plan, m))).collect();
    }
    let hypothesis = (members.len() == 1).then(|| members[0].0.clone());
    for plan in &mut plans {
        if let Some(rtol) = subject.rtol {
            plan.rtol = rtol;
        }
        plan.lanes = subject.lanes;
        plan.threads = threads;
        if let Some(h) = until_h {
            plan.until_h = h;
        }
        if let Some(patient) = &patient {
            if subject.patient.is_some() {
                plan.patient = patient.clone();
            }
            if subject.condition.is_some() {
                plan.patient.condition.clone_from(&patient.condition);
            }
            plan.patient.contexts.extend(patient.contexts.iter().cloned());
        }
        if let Some(h) = &hypothesis {
            plan.patient.hypothesis.clone_from(h);
        }
        for link in &broken {
            plan.hold.extend(link.hold.iter().filter(|port| !plan.hold.contains(port)).cloned().collect::<Vec<_>>());
        }
        plan.patient.overrides.extend(broken.iter().flat_map(|link| link.set.clone()).chain(sets.clone()));
        if subject.drawn {
            plan.person = Person::drawn(seed, 0);
        }
        if plan.until_h > LONGEST_H {
            let message = "the run is longer than ten years";
            found.push(Diagnostic::error_nowhere("RS6602", message, "follow for less"));
        }
        if let Some(h) = plan.regimen.happenings.iter().find(|h| h.at_h > plan.until_h) {
            let message = format!("`{}` at {} h lies beyond the end of the run, {} h", h.event, h.at_h, plan.until_h);
            let hint = "follow for longer with --until, or leave it out";
            found.push(Diagnostic::error_nowhere("RS6602", message, hint));
        }
        let last = plan.regimen.last_h();
        if last > plan.until_h {
            let message = format!("the last dose, at {last} h, lies beyond the end of the run, {} h", plan.until_h);
            let hint = "follow for longer with --until, or shorten the course";
            found.push(Diagnostic::error_nowhere("RS6602", message, hint));
        }
    }
    if found.is_empty() { Ok(plans) } else { Err(Failure::Input(found, Box::new(map))) }
}

pub(crate) fn one_word(what: &str) -> bool {
    !what.is_empty() && !what.contains(char::is_whitespace)
}

/// A link that is broken: ports held, and numbers set in coherent units.
struct Broken {
    hold: Vec<String>,
    set: Vec<(String, f64)>,
}

/// Links by the names of the assembly's knock-outs, or ports.
fn links(atlas: &Atlas, names: &[String], found: &mut Vec<Diagnostic>) -> Vec<Broken> {
    let Ok(assembly) = resynapse::run::whole(atlas) else { return Vec::new() };
    let coherent = |(id, value): (&String, &f64)| {
        let row = atlas.library.ledger.rows_of(id).next()?;
        Some((id.clone(), row.unit.to_coherent(*value)))
    };
    let mut out = Vec::new();
    for name in names {
        let link = assembly.knockouts.iter().find(|k| k.name.eq_ignore_ascii_case(name));
        if let Some(link) = link {
            out.push(Broken { hold: link.hold.clone(), set: link.set.iter().filter_map(coherent).collect() });
        } else if assembly.knockouts.iter().any(|k| k.hold.iter().any(|port| port == port_of(name))) {
            out.push(Broken { hold: vec![name.clone()], set: Vec::new() });
        } else {
            let known: Vec<&str> = assembly.knockouts.iter().map(|k| k.name.as_str()).collect();
            let message = format!("--hold: there is no link `{name}`");
            found.push(Diagnostic::error_nowhere("RS6606", message, format!("links: {}", known.join(", "))));
        }
    }
    out
}

/// The port of `PORT` or `PORT=VALUE`.
fn port_of(entry: &str) -> &str {
    entry.split_once('=').map_or(entry, |(port, _)| port).trim()
}

/// Numbers of the ledger set by hand, in coherent units.
fn numbers_set(atlas: &Atlas, texts: &[String], found: &mut Vec<Diagnostic>) -> BTreeMap<String, f64> {
    let mut out = BTreeMap::new();
    for text in texts {
        let (id, value) = text.split_once('=').unwrap_or((text, ""));
        match parameter_value(atlas, id.trim(), value.trim()) {
            Ok(x) => drop(out.insert(id.trim().to_string(), x)),
            Err((message, hint)) => {
                found.push(Diagnostic::error_nowhere("RS6204", format!("--set: {message}"), hint));
            }
        }
    }
    out
}

/// A single word is meant as the name of a scenario or a file.
pub(crate) fn not_a_scenario(atlas: &Atlas, what: &str) -> Diagnostic {
    let known: Vec<&str> = atlas.scenarios.keys().map(String::as_str).collect();
    let hint = match ::model::parser::closest(what, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "see `resynapse scenario list`; a dose is a sentence, as in `ketamine 0.5 mg/kg iv over 40 min`".into(),
    };
    Diagnostic::error_nowhere("RS6403", format!("`{what}` is neither a scenario, nor a file, nor a dose"), hint)
}

/// A plan under one hypothesis of an ensemble.
fn member(plan: &Plan, (hypothesis, weight): &(String, f64)) -> Plan {
    let mut plan = plan.clone();
    plan.name = format!("{}, {hypothesis}", plan.name);
    plan.patient.hypothesis.clone_from(hypothesis);
    plan.ensemble = Some(*weight);
    plan
}

/// The person the options describe; `None` leaves what a protocol says, and what the options do not name stays as it is
/// there.
fn person(atlas: &Atlas, map: &mut SourceMap, subject: &Subject) -> Result<Option<Patient>, Failure> {
    if subject.patient.is_none() && subject.condition.is_none() && subject.contexts.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    let mut patient = Patient::default();
    if let Some(path) = &subject.patient {
        match Patient::read(atlas, map, &path.display().to_string(), &files::read(path)?) {
            Ok(read) => patient = read,
            Err(more) => found.extend(more),
        }
    }
    if let Some(name) = &subject.condition {
        if atlas.conditions.contains_key(name) {
            patient.condition.clone_from(name);
        } else {
            let known: Vec<&str> = atlas.conditions.keys().map(String::as_str).collect();
            let message = format!("--condition: `{name}` is not a known condition");
            let hint = match ::model::parser::closest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", known.join(", ")),
            };
            found.push(Diagnostic::error_nowhere("RS6201", message, hint));
        }
    }
    for context in &subject.contexts {
        match check_context(atlas, context) {
            Ok(()) => drop(patient.contexts.insert(context.clone())),
            Err((message, hint)) => {
                found.push(Diagnostic::error_nowhere("RS6202", format!("--context: {message}"), hint));
            }
        }
    }
    if found.is_empty() { Ok(Some(patient)) } else { Err(Failure::Input(found, Box::new(map.clone()))) }
}

/// Runs a plan.
fn simulate(atlas: &Atlas, plan: &Plan) -> Result<Results, Failure> {
    resynapse::run::run(atlas, plan).map_err(|r| Failure::from_refusal(r, &atlas.library.sources))
}

/// The command line as it would be typed again, without what changes no result.
fn command_line() -> String {
    const WITH_VALUE: [&str; 5] = ["--threads", "--lanes", "--color", "-o", "--output"];
    const ALONE: [&str; 6] = ["--json", "--force", "-q", "--quiet", "-v", "--verbose"];
    let quote = |a: &str| {
        let plain = |c: char| c.is_alphanumeric() || "-_./=".contains(c);
        if a.chars().all(plain) { a.to_string() } else { format!("\"{a}\"") }
    };
    let mut out = vec!["resynapse".to_string()];
    let mut arguments = std::env::args().skip(1);
    while let Some(a) = arguments.next() {
        let name = a.split('=').next().unwrap_or(&a);
        if WITH_VALUE.contains(&name) {
            if !a.contains('=') {
                arguments.next();
            }
        } else if !ALONE.contains(&a.as_str()) {
            out.push(quote(&a));
        }
    }
    out.join(" ")
}

/// Columns of text padded to equal width, two spaces between; the last column is not padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |k: usize| rows.iter().filter_map(|r| r.get(k)).map(|c| c.chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for row in rows {
        let mut line = String::new();
        for (k, cell) in row.iter().enumerate() {
            let pad = if k + 1 < row.len() { widths[k] + 2 - cell.chars().count() } else { 0 };
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', pad));
        }
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}
