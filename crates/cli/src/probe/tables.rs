//! Readings as tables: for the terminal, and as data.

use super::{Asked, Findings};
use crate::figure::probe::Shift;
use crate::figure::words::{number_beside, span};
use study::data::{Format, Table, Trouble, Values, Variable, open};

/// Rows for the terminal: reading, unit, before, and for each moment the value with its change.
pub fn summary(asked: &Asked, shifts: &[Shift]) -> Vec<Vec<String>> {
    let many = asked.people.is_some();
    let mut head = vec!["reading".to_string(), "unit".into(), "before".into()];
    for t in &asked.times_h {
        head.push(span(*t));
        head.push("change".into());
        if many {
            head.push("dz (95 % interval)".into());
        }
    }
    let mut rows = vec![head];
    let moments = asked.times_h.len();
    for group in shifts.chunks(moments.max(1)) {
        let Some(first) = group.first() else { continue };
        let scale = group.iter().fold(first.change.before.abs(), |a, s| a.max(s.change.after.abs()));
        let show = |x: f64| number_beside(x, scale);
        let mut row = vec![first.label.clone(), first.unit.to_string(), show(first.change.before)];
        for s in group {
            row.push(show(s.change.after));
            row.push(show(s.change.after - s.change.before));
            if many {
                row.push(s.change.paired.as_ref().map_or_else(String::new, |p| {
                    format!("{:+.2} ({:+.2} to {:+.2})", p.dz, p.limits[0], p.limits[1]).replace('-', "−")
                }));
            }
        }
        rows.push(row);
    }
    rows
}

/// Every reading of every person, one a row.
pub fn readings(asked: &Asked, findings: &Findings) -> Table {
    const NAME: usize = 60;
    let variables = vec![
        Variable::number("person", "Number of the person"),
        Variable::text("moment", "Before, or when it was probed", 40),
        Variable::number("time_h", "Hours from the start; missing before").unit("h"),
        Variable::text("reading", "Name of the reading", NAME),
        Variable::text("unit", "Unit", 20),
        Variable::number("value", "Value"),
    ];
    let (mut person, mut moment, mut time, mut name, mut unit, mut value) =
        (vec![], vec![], vec![], vec![], vec![], vec![]);
    for (p, outcomes) in findings.people.iter().enumerate() {
        for (k, outcome) in outcomes.iter().enumerate() {
            let at_h = k.checked_sub(1).map(|k| asked.times_h[k]);
            for r in &outcome.readings {
                person.push(p as f64 + 1.0);
                moment.push(crate::figure::probe::moment(at_h));
                time.push(at_h.unwrap_or(f64::NAN));
                name.push(r.name.clone());
                unit.push(r.unit.to_string());
                value.push(r.value);
            }
        }
    }
    let columns = vec![
        Values::Numbers(person),
        Values::Texts(moment),
        Values::Numbers(time),
        Values::Texts(name),
        Values::Texts(unit),
        Values::Numbers(value),
    ];
    Table { name: "readings".into(), label: "Readings of the probe".into(), variables, columns }
}

/// A table as bytes of a format.
pub fn bytes(format: Format, table: &Table) -> Result<Vec<u8>, Trouble> {
    let mut out = Vec::new();
    let mut writer = open(format, &mut out, table)?;
    writer.write(table)?;
    writer.finish()?;
    Ok(out)
}
