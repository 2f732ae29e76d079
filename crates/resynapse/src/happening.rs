//! What happens to a person besides drugs: therapy, habits, stressors, contacts with the clinic.
//!
//! ```toml
//! [[arm.therapy]]
//! kind = "cbt"
//! at = "day 3"
//! every = "7 d"
//! times = 12
//! [[arm.habit]]
//! kind = "exercise"
//! amount = 1
//! from = "0 h"
//! until = "12 weeks"
//! [[arm.stressor]]
//! kind = "chronic"
//! amount = 1
//! until = "60 d"
//! [[arm.contact]]
//! every = "7 d"
//! times = 8
//! ```

use crate::dosing::SESSION;
use crate::fields::Fields;
use crate::quantity;
use std::collections::BTreeSet;

/// Event of one adverse event in a person's life.
const ADVERSE_EVENT: &str = "stressor";
/// Prefixes of events that belong to a person's life, whatever the treatment.
const OF_LIFE: [&str; 2] = ["stressor", "stress."];
/// The most times one entry may repeat.
const MOST_TIMES: f64 = 20_000.0;

/// One thing that happens.
#[derive(Clone, Debug, PartialEq)]
pub struct Happening {
    /// Event of the model, as in `therapy.cbt`.
    pub event: String,
    /// How much, in the event's unit: 1 for a session, 0-1 for a habit.
    pub amount: f64,
    /// Hours after the start; negative for what lies in the person's history.
    pub at_h: f64,
    /// How long it lasts, h; 0 for a moment.
    pub over_h: f64,
}

impl Happening {
    /// True for what happens with or without treatment.
    pub fn of_life(&self) -> bool {
        OF_LIFE.iter().any(|prefix| self.event.starts_with(prefix))
    }
}

/// Reads the tables `therapy`, `habit`, `stressor` and `contact` of an arm. `known` holds the events of the models.
pub fn read(f: &Fields<'_, '_>, known: &BTreeSet<String>) -> Vec<Happening> {
    let mut out: Vec<Happening> = Vec::new();
    out.extend(f.tables("therapy", |t| sessions(t, &event(t, "therapy.", known))).into_iter().flatten());
    out.extend(f.tables("contact", |t| sessions(t, SESSION)).into_iter().flatten());
    out.extend(
        f.tables("habit", |t| {
            if let Some(n) = t.number("amount").filter(|n| n.value > 1.0) {
                t.error("RS6512", n.span, "a habit has a level from 0 to 1", "1 is a full programme");
            }
            lasting(t, &event(t, "habit.", known))
        })
        .into_iter()
        .flatten(),
    );
    let stressors = f.tables("stressor", |t| match t.text("kind").map(|k| k.value).as_deref() {
        None | Some("event") => sessions(t, ADVERSE_EVENT),
        Some(_) => lasting(t, &event(t, "stress.", known)),
    });
    out.extend(stressors.into_iter().flatten());
    out
}

/// The event named by `kind`.
fn event(f: &Fields<'_, '_>, prefix: &str, known: &BTreeSet<String>) -> String {
    let kind = f.needed("kind");
    let name = format!("{prefix}{}", kind.value);
    if !known.contains(&name) {
        let kinds: Vec<&str> = known.iter().filter_map(|k| k.strip_prefix(prefix)).collect();
        let message = format!("`{}` is not a known kind of {}", kind.value, prefix.trim_end_matches('.'));
        f.error("RS6510", kind.span, message, format!("known: {}", kinds.join(", ")));
    }
    name
}

fn moment(f: &Fields<'_, '_>, key: &str) -> Option<f64> {
    time(f, key, quantity::moment)
}

fn time(f: &Fields<'_, '_>, key: &str, read: impl Fn(&str) -> Result<f64, String>) -> Option<f64> {
    let text = f.text(key)?;
    read(&text.value).map_err(|why| f.error("RS6511", text.span, why, format!("as in `{key} = \"7 d\"`"))).ok()
}

fn amount(f: &Fields<'_, '_>) -> f64 {
    let given = f.number("amount");
    if let Some(n) = given.as_ref().filter(|n| n.value < 0.0) {
        f.error("RS6512", n.span, "a negative amount makes no sense here", "give a number from 0 up");
    }
    given.map_or(1.0, |n| n.value)
}

fn sessions(f: &Fields<'_, '_>, event: &str) -> Vec<Happening> {
    let (start, every) = (moment(f, "at").unwrap_or(0.0), time(f, "every", quantity::duration));
    let times = f.number("times");
    let amount = amount(f);
    if let Some(n) = times.as_ref().filter(|n| n.value < 1.0 || n.value.fract() != 0.0 || n.value > MOST_TIMES) {
        f.error("RS6513", n.span, "`times` is a whole number from 1 to 20000", "as in `times = 12`");
        return Vec::new();
    }
    let count = times.map_or(1.0, |n| n.value);
    if count > 1.0 && every.is_none_or(|h| h <= 0.0) {
        f.error("RS6514", f.span(), "repeated sessions need the time between them", "add `every = \"7 d\"`");
    }
    let step = every.unwrap_or(0.0);
    let one = |i: u32| Happening { event: event.into(), amount, at_h: start + f64::from(i) * step, over_h: 0.0 };
    (0..count as u32).map(one).collect()
}

fn lasting(f: &Fields<'_, '_>, event: &str) -> Vec<Happening> {
    let (from, until) = (moment(f, "from").unwrap_or(0.0), moment(f, "until"));
    let amount = amount(f);
    match until {
        Some(end) if end > from => vec![Happening { event: event.into(), amount, at_h: from, over_h: end - from }],
        _ => {
            f.error("RS6515", f.span(), "what lasts needs an end after its start", "add `until = \"12 weeks\"`");
            Vec::new()
        }
    }
}

/// Reads the `history` of a condition: what lasted before the start, with times as `"-120 d"`.
pub(crate) fn history(f: &Fields<'_, '_>) -> Vec<Happening> {
    f.tables("history", |t| {
        let event = t.needed("event").value;
        let amount = amount(t);
        let before = |key: &str| {
            time(t, key, |text| {
                let text = text.trim();
                text.strip_prefix('-').map_or_else(|| quantity::duration(text), |x| quantity::duration(x).map(|h| -h))
            })
        };
        let (from, until) = (before("from").unwrap_or(0.0), before("until").unwrap_or(0.0));
        if from >= until || from >= 0.0 {
            let hint = "as in `from = \"-120 d\"` and `until = \"0 h\"`";
            t.error("RS6516", t.span(), "a history begins before the start and before its own end", hint);
        }
        Happening { event, amount, at_h: from, over_h: (until - from).max(0.0) }
    })
}
