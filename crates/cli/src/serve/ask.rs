//! From a request to a plan. Nothing a client sends names a file: a run is a sentence or the name of a scenario.

use super::problem::Wrong;
use super::schema::Ask;
use crate::arguments::Subject;
use crate::command::{Read, as_asked, not_a_scenario, one_word};
use crate::figure::words;
use model::diagnostic::Diagnostic;
use model::source::SourceMap;
use resynapse::atlas::{Atlas, DEFAULT_CONDITION};
use resynapse::hypothesis::CONSENSUS;
use resynapse::prepare::options;
use resynapse::quantity;
use resynapse::regimen;
use resynapse::run::Plan;

/// Hours in a week.
const WEEK_H: f64 = 168.0;
/// The longest run that is answered at once: a year.
const LONGEST_H: f64 = 366.0 * 24.0;
/// The most doses and happenings of such a run.
const MOST_EVENTS: usize = 800;
/// The longest texts, characters; the description of the interface says the same.
const LONGEST_WHAT: usize = 2000;
const LONGEST_NAME: usize = 200;

/// A plan with the request that gives it again.
pub struct Asked {
    /// What is run.
    pub plan: Plan,
    /// The request, with defaults filled in.
    pub ask: Ask,
    /// The same run as a command line.
    pub command: String,
}

/// Reads a request; everything wrong is said at once.
pub fn read(atlas: &Atlas, ask: &Ask) -> Result<Asked, Wrong> {
    limits(ask)?;
    let subject = subject(ask);
    let mut read = Read { plans: Vec::new(), found: Vec::new(), map: SourceMap::default() };
    let mut arm = None;
    match atlas.scenarios.get(&ask.what) {
        Some(scenario) => match scenario.protocol(atlas, &mut read.map) {
            Ok(protocol) => {
                let names: Vec<String> = protocol.plans.iter().map(|p| p.name.clone()).collect();
                let wanted = ask.arm.clone().or_else(|| names.first().cloned());
                read.plans = protocol.plans.into_iter().filter(|p| Some(&p.name) == wanted.as_ref()).collect();
                if read.plans.is_empty() {
                    let message = format!("arm: `{}` has no arm `{}`", ask.what, wanted.clone().unwrap_or_default());
                    let hint = format!("its arms: {}", names.join(", "));
                    read.found.push(Diagnostic::error_nowhere("RS6921", message, hint));
                }
                arm = wanted;
            }
            Err(more) => read.found.extend(more),
        },
        None => match regimen::sentence(atlas, &mut read.map, &ask.what) {
            Ok(regimen) => read.plans.push(Plan::new(regimen.text.clone(), regimen)),
            Err(_) if one_word(&ask.what) => read.found.push(not_a_scenario(atlas, &ask.what)),
            Err(more) => read.found.extend(more),
        },
    }
    if let (Some(arm), None) = (&ask.arm, &arm) {
        let message = format!("arm: `{arm}` is given, but `{}` is no scenario", words::shorten(&ask.what, 60));
        read.found.push(Diagnostic::error_nowhere("RS6921", message, "leave `arm` out of a dose sentence"));
    }
    if ask.until.is_none() {
        read.plans.iter_mut().for_each(long_enough);
    }
    let default_until = read.plans.first().map(|p| p.until_h);
    let mut plans = as_asked(atlas, 1, 1, &subject, read)?;
    let mut plan = plans.swap_remove(0);
    plan.lanes = options().lanes;
    let events = plan.regimen.doses.len() + plan.regimen.happenings.len();
    let mut found = Vec::new();
    if plan.until_h > LONGEST_H {
        found.push(wrong("until: the run is longer than a year", "follow for less; the command line takes ten years"));
    }
    if events > MOST_EVENTS {
        let message = format!("what: {events} doses and happenings are more than {MOST_EVENTS}");
        found.push(wrong(&message, "give fewer; the command line takes more"));
    }
    if plan.ensemble.is_some() || plans.len() > 1 {
        found.push(wrong("hypothesis: an ensemble is several runs", "ask for one explanation at a time"));
    }
    if !found.is_empty() {
        return Err(found.into());
    }
    let until = format!("{} h", words::tick(plan.until_h).replace('−', "-"));
    let until = if plan.until_h % 24.0 == 0.0 { format!("{} d", plan.until_h / 24.0) } else { until };
    let filled = Ask {
        arm,
        condition: Some(plan.patient.condition.clone()),
        hypothesis: Some(plan.patient.hypothesis.clone()),
        until: Some(until.clone()),
        ..ask.clone()
    };
    // Where a scenario has several arms the command runs them all, this one among them.
    let told = (ask.until.is_some() || default_until != Some(Plan::new("", plan.regimen.clone()).until_h))
        && !atlas.scenarios.contains_key(&ask.what);
    let command = command(&filled, ask, told.then_some(until));
    Ok(Asked { plan, ask: filled, command })
}

/// The options of the command line that say the same.
fn subject(ask: &Ask) -> Subject {
    Subject {
        until: ask.until.clone(),
        patient: None,
        condition: ask.condition.clone(),
        hypothesis: ask.hypothesis.clone(),
        contexts: ask.contexts.clone(),
        holds: ask.hold.clone(),
        sets: ask.set.iter().map(|s| format!("{}={}", s.id, s.value)).collect(),
        drawn: false,
        rtol: None,
        lanes: options().lanes,
    }
}

/// Texts that are longer than any real one are refused before anything reads them.
fn limits(ask: &Ask) -> Result<(), Wrong> {
    let mut found = Vec::new();
    if ask.what.trim().is_empty() || ask.what.chars().count() > LONGEST_WHAT {
        let message = format!("what: a sentence of 1 to {LONGEST_WHAT} characters is wanted");
        found.push(wrong(&message, "as in `ketamine 0.5 mg/kg iv over 40 min`"));
    }
    let names = [&ask.arm, &ask.condition, &ask.hypothesis, &ask.until].into_iter().flatten();
    let names = names.chain(&ask.contexts).chain(&ask.hold).chain(ask.set.iter().flat_map(|s| [&s.id, &s.value]));
    if names.clone().any(|n| n.chars().count() > LONGEST_NAME) {
        found.push(wrong(&format!("a name is longer than {LONGEST_NAME} characters"), "names are short"));
    }
    if ask.contexts.len() > 20 || ask.hold.len() > 20 || ask.set.len() > 50 {
        let message = "at most 20 contexts, 20 broken links and 50 numbers can be given";
        found.push(wrong(message, "give fewer"));
    }
    if found.is_empty() { Ok(()) } else { Err(found.into()) }
}

pub(super) fn wrong(message: &str, hint: &str) -> Diagnostic {
    Diagnostic::error_nowhere("RS6607", message, hint)
}

/// Follows a course to its end and a week beyond, in whole weeks; never less than usual.
fn long_enough(plan: &mut Plan) {
    let last = plan.regimen.doses.iter().map(|d| d.at_h + d.over_h);
    let last = last.chain(plan.regimen.happenings.iter().map(|h| h.at_h)).fold(0.0, f64::max);
    if last + WEEK_H > plan.until_h && last > 0.0 {
        plan.until_h = ((last + WEEK_H) / WEEK_H).ceil() * WEEK_H;
    }
}

/// The same run as it is typed.
fn command(filled: &Ask, ask: &Ask, until: Option<String>) -> String {
    let mut out = format!("resynapse simulate {}", quoted(&ask.what));
    let mut option = |name: &str, value: &str| out.push_str(&format!(" --{name} {}", quoted(value)));
    if let Some(until) = until {
        option("until", &until);
    }
    if let Some(condition) = filled.condition.as_ref().filter(|c| ask.condition.is_some() && *c != DEFAULT_CONDITION) {
        option("condition", condition);
    }
    if let Some(hypothesis) = filled.hypothesis.as_ref().filter(|h| *h != CONSENSUS) {
        option("hypothesis", hypothesis);
    }
    ask.contexts.iter().for_each(|c| option("context", c));
    ask.hold.iter().for_each(|h| option("hold", h));
    ask.set.iter().for_each(|s| option("set", &format!("{}={}", s.id, s.value)));
    out
}

/// A word as a shell takes it.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=,:".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_string();
    }
    // Within single quotes a shell changes nothing but the quote itself.
    if text.contains(['"', '$', '`', '\\', '!']) {
        return format!("'{}'", text.replace('\'', "'\\''"));
    }
    format!("\"{text}\"")
}

/// A moment of a run, h.
pub fn moment(plan: &Plan, text: &str) -> Result<f64, Wrong> {
    match quantity::moment(text) {
        Ok(h) if h <= plan.until_h => Ok(h),
        Ok(_) => {
            let message = format!("at: `{text}` lies beyond the end of the run, {}", words::span(plan.until_h));
            Err(vec![wrong(&message, "choose an earlier moment, or follow for longer")].into())
        }
        Err(why) => Err(vec![wrong(&format!("at: {why}"), "as in `40 min` or `day 2`")].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_ok(ask: Ask) -> Asked {
        match read(&Atlas::embedded(), &ask) {
            Ok(asked) => asked,
            Err(wrong) => panic!("{wrong:?}"),
        }
    }

    #[test]
    fn agrees_with_the_command_line_it_prints() {
        let asked = read_ok(Ask {
            what: "ketamine 0.5 mg/kg iv over 40 min".into(),
            condition: Some("depression".into()),
            hold: vec!["AMPA".into(), "circuit and glutamate".into()],
            ..Ask::default()
        });
        let expected = "resynapse simulate \"ketamine 0.5 mg/kg iv over 40 min\" --condition depression --hold AMPA \
                        --hold \"circuit and glutamate\"";
        assert_eq!(asked.command, expected);
        assert_eq!(asked.plan.hold, ["ampa.throughput", "glutamate.surge"]);
        // What is filled in gives the same plan.
        let again = read_ok(asked.ask.clone());
        assert_eq!((again.plan.until_h, again.plan.hold), (asked.plan.until_h, asked.plan.hold));
    }

    #[test]
    fn agrees_with_courses_that_outlast_four_weeks() {
        let asked = read_ok(Ask { what: "escitalopram 10 mg oral daily for 8 weeks".into(), ..Ask::default() });
        assert_eq!(asked.plan.until_h, 9.0 * WEEK_H);
        assert!(asked.command.ends_with("--until \"63 d\""), "{}", asked.command);
    }

    #[test]
    fn agrees_with_arms_of_scenarios() {
        let asked = read_ok(Ask { what: "one_infusion".into(), arm: Some("saline".into()), ..Ask::default() });
        assert_eq!((asked.plan.name.as_str(), asked.ask.arm.as_deref()), ("saline", Some("saline")));
    }

    #[test]
    fn rejects_everything_wrong_at_once() {
        let ask = Ask {
            what: "ketamin 0.5 mg/kg iv".into(),
            condition: Some("nothing".into()),
            hold: vec!["moon".into()],
            until: Some("3".into()),
            ..Ask::default()
        };
        let Err(wrong) = read(&Atlas::embedded(), &ask) else { panic!("it was read") };
        let messages: Vec<String> = wrong.problems().into_iter().map(|p| p.message).collect();
        for part in ["ketamin", "nothing", "moon", "unit"] {
            assert!(messages.iter().any(|m| m.contains(part)), "{part} is missing: {messages:#?}");
        }
    }

    #[test]
    fn rejects_paths_and_floods() {
        let atlas = Atlas::embedded();
        let what = |what: String| read(&atlas, &Ask { what, ..Ask::default() }).is_err();
        assert!(what("../../etc/passwd".into()) && what("/etc/hostname".into()) && what("protocol.toml".into()));
        assert!(what("ketamine 1 mg iv every 1 min for 30 d".into()));
        assert!(what("x".repeat(3000)));
    }

    #[test]
    fn agrees_with_what_a_shell_takes() {
        assert_eq!(quoted("day"), "day");
        assert_eq!(quoted("day 2"), "\"day 2\"");
        assert_eq!(quoted("a $(b) 'c'"), "'a $(b) '\\''c'\\'''");
    }
}
