//! What an arm gives, as tables of a protocol.

use resynapse::happening::Happening;
use resynapse::quantity::Amount;
use resynapse::regimen::Regimen;

/// Doses, therapies, habits, stressors and contacts of an arm.
pub fn given(regimen: &Regimen) -> String {
    let q = |text: &str| format!("{text:?}");
    let mut out = String::new();
    for dose in &regimen.doses {
        let amount = match dose.amount {
            Amount::Mass(kg) => format!("{} mg", tidy(kg * 1e6)),
            Amount::MassPerBody(share) => format!("{} mg/kg", tidy(share * 1e6)),
            Amount::Substance(umol) => format!("{umol} umol"),
        };
        out.push_str(&format!("  [[arm.dose]]\n  drug = {}\n  amount = {}\n", q(&dose.compound), q(&amount)));
        if dose.form != "base" {
            out.push_str(&format!("  form = {}\n", q(&dose.form)));
        }
        out.push_str(&format!("  route = {}\n", q(&dose.route)));
        out.push_str(&format!("  over = {}\n", q(&duration(dose.over_h))));
        if dose.at_h != 0.0 {
            out.push_str(&format!("  at = {}\n", q(&format!("{} h", dose.at_h))));
        }
    }
    out.push_str(&happenings(regimen, "arm"));
    if regimen.doses.is_empty() && regimen.happenings.is_empty() {
        out.push_str("nothing = true\n");
    }
    out
}

/// Therapies, habits, stressors and contacts, as tables inside a table of this name.
pub fn happenings(regimen: &Regimen, table: &str) -> String {
    regimen.happenings.iter().map(|h| happening(h, table)).collect()
}

/// A duration in whole minutes where it is one, else in hours; both read back to the same number.
fn duration(hours: f64) -> String {
    const MINUTES: f64 = 60.0;
    let minutes = (hours * MINUTES).round();
    let read_back = resynapse::quantity::duration(&format!("{minutes} min"));
    if hours < 2.0 && read_back == Ok(hours) { format!("{minutes} min") } else { format!("{hours} h") }
}

/// A therapy, habit, stressor or contact as a table of the protocol.
fn happening(h: &Happening, owner: &str) -> String {
    let (table, kind) = match h.event.split_once('.') {
        Some(("therapy", kind)) => ("therapy", Some(kind)),
        Some(("habit", kind)) => ("habit", Some(kind)),
        Some(("stress", kind)) => ("stressor", Some(kind)),
        _ if h.event == "stressor" => ("stressor", Some("event")),
        _ => ("contact", None),
    };
    let mut out = format!("  [[{owner}.{table}]]\n");
    out.extend(kind.map(|k| format!("  kind = {k:?}\n")));
    out.push_str(&format!("  amount = {}\n", h.amount));
    if h.over_h > 0.0 {
        out.push_str(&format!("  from = \"{} h\"\n  until = \"{} h\"\n", h.at_h, h.at_h + h.over_h));
    } else {
        out.push_str(&format!("  at = \"{} h\"\n", h.at_h));
    }
    out
}

/// A converted mass without the dust of binary fractions.
fn tidy(x: f64) -> f64 {
    let rounded = (x * 1e9).round() / 1e9;
    if (rounded - x).abs() <= 1e-12 * x.abs() { rounded } else { x }
}
