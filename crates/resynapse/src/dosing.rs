//! From doses to events of the model: mass to amount of substance, a composition to its species, a dose of several
//! sprays to its parts.

use crate::atlas::Atlas;
use crate::compound::Compound;
use crate::prepare::{Person, Prepared};
use crate::quantity::Amount;
use crate::regimen::{Dose, Regimen};
use model::diagnostic::Diagnostic;
use model::parser::closest;
use sim::random::{Stream, stream_id};
use sim::{Entry, What};

/// Event of a treatment session: something is done to the person, drug or not.
pub(crate) const SESSION: &str = "session";
/// Event that draws the noise of one day.
const DAY: &str = "day";
const DAY_H: f64 = 24.0;
/// Parameter that a dose per body mass is scaled with.
const WEIGHT: &str = "person.weight";

/// Events of a regimen, in order of time. Amounts are umol.
pub fn events(
    atlas: &Atlas,
    prepared: &Prepared,
    parameters: &[f64],
    regimen: &Regimen,
) -> Result<Vec<Entry>, Vec<Diagnostic>> {
    let mut entries = Vec::new();
    let mut wrong = Vec::new();
    let mut last_session = None;
    for h in &regimen.happenings {
        match prepared.lowered.actions.get(&h.event) {
            Some(action) => {
                let what = What::Event { action: *action, arguments: [h.amount, h.over_h, 1.0, 0.0] };
                entries.push(Entry { time: h.at_h, what });
            }
            None => {
                let message = format!("no module of the assembly listens to the event `{}`", h.event);
                wrong.push(Diagnostic::error_nowhere("RS6305", message, "see `resynapse model list`"));
            }
        }
    }
    for dose in &regimen.doses {
        let route = atlas.compounds.get(&dose.compound).and_then(|c| c.routes.get(&dose.route));
        if last_session != Some(dose.at_h) && route.is_none_or(|r| r.session) {
            if let Some(action) = prepared.lowered.actions.get(SESSION) {
                let what = What::Event { action: *action, arguments: [1.0, 0.0, 1.0, 0.0] };
                entries.push(Entry { time: dose.at_h, what });
            }
            last_session = Some(dose.at_h);
        }
        match one(atlas, prepared, parameters, dose) {
            Ok(found) => entries.extend(found),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    wrong.dedup();
    if !wrong.is_empty() {
        return Err(wrong);
    }
    entries.sort_by(|a, b| a.time.total_cmp(&b.time));
    Ok(entries)
}

/// Mass of the base that a dose is for a person of this weight, kg.
pub fn mass(compound: &Compound, dose: &Dose, weight_kg: f64) -> f64 {
    let form = compound.forms.get(&dose.form).copied().unwrap_or(1.0);
    match dose.amount {
        Amount::Mass(mass) => mass * form,
        Amount::MassPerBody(share) => share * weight_kg * form,
        Amount::Substance(umol) => umol * compound.molecular_weight,
    }
}

/// Body weight among a person's parameters, kg.
pub fn weight_kg(prepared: &Prepared, parameters: &[f64]) -> f64 {
    prepared.lowered.parameter(WEIGHT).map_or(0.0, |i| parameters[i])
}

fn one(atlas: &Atlas, prepared: &Prepared, parameters: &[f64], dose: &Dose) -> Result<Vec<Entry>, Diagnostic> {
    let Some(compound) = atlas.compounds.get(&dose.compound) else {
        let message = format!("`{}` is not a known drug", dose.compound);
        return Err(Diagnostic::error_nowhere("RS6102", message, atlas.compound_hint(&dose.compound)));
    };
    let Some(route) = compound.routes.get(&dose.route) else {
        let message = format!("`{}` is not given by the route {}", compound.name, dose.route);
        return Err(Diagnostic::error_nowhere("RS6106", message, crate::atlas::route_hint(compound, &dose.route)));
    };
    let whole = mass(compound, dose, weight_kg(prepared, parameters));
    let mut entries = Vec::new();
    for (k, mass) in parts(whole, route.unit_dose).into_iter().enumerate() {
        for (species, share) in &compound.composition {
            let name = route.event.replace("{species}", species);
            let Some(action) = prepared.lowered.actions.get(&name) else {
                return Err(no_event(prepared, compound, &name));
            };
            let umol = mass / compound.molecular_weight * share;
            let arguments = [umol, dose.over_h, (k + 1) as f64, 0.0];
            let time = dose.at_h + k as f64 * route.unit_interval;
            entries.push(Entry { time, what: What::Event { action: *action, arguments } });
        }
    }
    Ok(entries)
}

/// A dose in whole units and a remainder.
fn parts(mass: f64, unit: Option<f64>) -> Vec<f64> {
    let Some(unit) = unit.filter(|u| *u > 0.0 && mass > 0.0) else { return vec![mass] };
    // A remainder below a millionth of a unit is rounding of the dose as written.
    let whole = (mass / unit + 1e-6).floor();
    let mut parts = vec![unit; whole as usize];
    let rest = mass - whole * unit;
    if rest > 1e-6 * unit {
        parts.push(rest);
    }
    parts
}

fn no_event(prepared: &Prepared, compound: &Compound, name: &str) -> Diagnostic {
    let known: Vec<&str> = prepared.lowered.actions.keys().map(String::as_str).collect();
    let hint = match closest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "add a module that listens to it to the assembly".into(),
    };
    let message = format!("`{}` needs the event `{name}`, to which no module of the assembly listens", compound.name);
    Diagnostic::error_nowhere("RS6301", message, hint)
}

/// Daily draws of a person's life; none for the typical person.
pub fn days(prepared: &Prepared, person: Person, until_h: f64) -> Vec<Entry> {
    let (Person::Drawn { seed, replicate, subject, .. }, Some(action)) = (person, prepared.lowered.actions.get(DAY))
    else {
        return Vec::new();
    };
    let count = (until_h / DAY_H).floor() as u32;
    (1..=count)
        .map(|day| {
            let normal = Stream::new(seed, replicate, subject, stream_id(DAY), day).normal();
            let arguments = [DAY_H, 0.0, f64::from(day), normal];
            Entry { time: f64::from(day) * DAY_H, what: What::Event { action: *action, arguments } }
        })
        .collect()
}

/// Times at which a run is reported: every two minutes for two hours after a dose, every ten minutes to twelve hours,
/// hourly to three days, every three hours throughout.
pub fn sample_times(regimen: &Regimen, until_h: f64) -> Vec<f64> {
    const GRIDS: [(f64, f64); 3] = [(2.0 / 60.0, 2.0), (10.0 / 60.0, 12.0), (1.0, 72.0)];
    const THROUGHOUT_H: f64 = 3.0;
    // Of a long course the first and last doses are looked at closely, those between at a few times.
    const CLOSE_FIRST: usize = 30;
    const CLOSE_LAST: usize = 5;
    const FEW_H: [f64; 5] = [0.5, 1.0, 2.0, 6.0, 12.0];
    let mut times = vec![0.0, until_h];
    let count = (until_h / THROUGHOUT_H).floor() as usize;
    times.extend((0..=count).map(|i| i as f64 * THROUGHOUT_H));
    let mut doses: Vec<&Dose> = regimen.doses.iter().collect();
    doses.dedup_by(|a, b| a.at_h == b.at_h);
    for (i, dose) in doses.iter().enumerate() {
        if i >= CLOSE_FIRST && i + CLOSE_LAST < doses.len() {
            times.extend(FEW_H.iter().map(|h| dose.at_h + h));
            times.extend([dose.at_h, dose.at_h + dose.over_h]);
            continue;
        }
        for (step, reach) in GRIDS {
            let n = (reach / step).round() as usize;
            times.extend((0..=n).map(|i| dose.at_h + reach * i as f64 / n as f64));
        }
        times.push(dose.at_h + dose.over_h);
    }
    times.retain(|t| *t <= until_h);
    times.sort_by(f64::total_cmp);
    // Grids of neighbouring doses may meet within rounding: a second sample there says nothing.
    times.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    times
}

/// Samples and events in one order. At an instant that has events the state is sampled before them, and once more after
/// them.
pub fn schedule(events: Vec<Entry>, times: &[f64]) -> Vec<Entry> {
    let mut all: Vec<Entry> = times.iter().map(|t| Entry { time: *t, what: What::Sample }).collect();
    let mut i = 0;
    while i < events.len() {
        let time = events[i].time;
        let end = i + events[i..].iter().take_while(|e| e.time == time).count();
        all.extend(events[i..end].iter().cloned());
        all.push(Entry { time, what: What::Sample });
        i = end;
    }
    all.sort_by(|a, b| a.time.total_cmp(&b.time));
    all
}
