//! What the page needs of the atlas beside the science: helplines, published doses, measured curves.

use super::schema::{Crisis, CrisisLine, Door, Preset};
use model::diagnostic::Diagnostic;
use model::source::{SourceMap, Sources};
use model::unit::Unit;
use resynapse::atlas::Atlas;
use resynapse::fields::{Document, Fields};

/// A measured curve.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Whose it is.
    pub name: String,
    /// The doses it was measured under, as a sentence.
    pub what: String,
    /// The signal.
    pub port: String,
    /// Key of its source.
    pub source: String,
    /// Whether it took part in sizing the model.
    pub calibration: bool,
    /// Hours and values in coherent units.
    pub points: Vec<(f64, f64)>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Data {
    /// Where a reader in distress finds a person.
    pub crisis: Crisis,
    /// Published doses.
    pub presets: Vec<Preset>,
    /// Measured curves.
    pub curves: Vec<Curve>,
}

impl Data {
    /// Reads it; everything wrong is said at once.
    pub fn load(atlas: &Atlas, sources: &dyn Sources) -> Result<Data, (Vec<Diagnostic>, SourceMap)> {
        let mut map = SourceMap::default();
        let mut found = Vec::new();
        let crisis = document(sources, "explorer/crisis.toml", &mut map, &mut found, crisis);
        let presets = document(sources, "explorer/doses.toml", &mut map, &mut found, |f| f.tables("dose", preset));
        let curves = document(sources, "explorer/observed.toml", &mut map, &mut found, |f| {
            f.tables("curve", |c| curve(atlas, sources, c))
        });
        if found.is_empty() { Ok(Data { crisis, presets, curves }) } else { Err((found, map)) }
    }
}

/// Reads one file.
pub(super) fn document<T: Default>(
    sources: &dyn Sources,
    path: &str,
    map: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
    read: impl FnOnce(&Fields<'_, '_>) -> T,
) -> T {
    match sources.read(path) {
        Ok(text) => {
            let (value, more) = Document::read(map, path, &text, read);
            found.extend(more);
            value
        }
        Err(why) => {
            let message = format!("cannot read `{path}`: {why}");
            found.push(Diagnostic::error_nowhere("RS1031", message, "export the atlas anew with `atlas export`"));
            T::default()
        }
    }
}

fn crisis(f: &Fields<'_, '_>) -> Crisis {
    let text = |f: &Fields<'_, '_>, key: &str| f.needed(key).value;
    Crisis {
        checked: text(f, "checked"),
        how: text(f, "how"),
        text: text(f, "text"),
        lines: f.tables("line", |l| CrisisLine {
            place: text(l, "where"),
            name: text(l, "name"),
            contact: text(l, "contact"),
            address: l.text("address").map(|t| t.value).unwrap_or_default(),
        }),
    }
}

fn preset(f: &Fields<'_, '_>) -> Preset {
    let door = f.needed("door");
    Preset {
        what: f.needed("what").value,
        title: f.needed("title").value,
        source: f.text("source").map(|t| t.value).unwrap_or_default(),
        door: match door.value.as_str() {
            "curious" => Door::Curious,
            "modelling" => Door::Modelling,
            other => {
                let hint = "the doors are `curious` and `modelling`";
                f.error("RS6401", door.span, format!("`{other}` is not a door"), hint);
                Door::Modelling
            }
        },
    }
}

fn curve(atlas: &Atlas, sources: &dyn Sources, f: &Fields<'_, '_>) -> Curve {
    let file = f.needed("file");
    let columns: Vec<String> = f.texts("columns").into_iter().map(|c| c.value).collect();
    let unit = f.needed("unit");
    let substance = f.text("substance");
    let mut scale = Unit::parse(&unit.value).map_or(f64::NAN, |u| u.to_coherent(1.0));
    if let Some(substance) = &substance {
        let id = format!("{}.molecular_weight", substance.value);
        scale *= atlas.library.ledger.rows_of(&id).next().map_or(f64::NAN, |row| row.coherent());
    }
    if scale.is_nan() {
        let hint = "a unit such as `ng/mL`, or `umol/L` with a `substance` of the ledger";
        f.error("RS3001", unit.span, format!("`{}` cannot be converted", unit.value), hint);
    }
    let text = sources.read(&format!("evidence/observations/{}", file.value)).unwrap_or_default();
    let points = points(&text, &columns, scale);
    if points.is_empty() {
        let message = format!("`{}` has no points in the columns {}", file.value, columns.join(", "));
        f.error("RS4048", file.span, message, "name a table under evidence/observations and its columns");
    }
    Curve {
        name: f.needed("name").value,
        what: f.needed("what").value,
        port: f.needed("port").value,
        source: f.needed("source").value,
        calibration: f.truth("calibration").unwrap_or(true),
        points,
    }
}

/// Rows of a table with comment lines: hours, and the sum of the columns in coherent units.
fn points(text: &str, columns: &[String], scale: f64) -> Vec<(f64, f64)> {
    let mut lines = text.lines().filter(|l| !l.starts_with('#') && !l.is_empty());
    let head: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    let place = |name: &str| head.iter().position(|h| *h == name);
    let Some(time) = place("time_h") else { return Vec::new() };
    let wanted: Option<Vec<usize>> = columns.iter().map(|c| place(c)).collect();
    let Some(wanted) = wanted.filter(|w| !w.is_empty()) else { return Vec::new() };
    let row = |line: &str| -> Option<(f64, f64)> {
        let cells: Vec<&str> = line.split(',').collect();
        let at = |k: usize| cells.get(k)?.trim().parse::<f64>().ok();
        let sum = wanted.iter().map(|k| at(*k)).sum::<Option<f64>>()?;
        // The first row of a digitised curve is before the dose.
        Some((at(time)?, sum * scale)).filter(|(t, y)| *t > 0.0 && *y > 0.0)
    };
    lines.filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use resynapse::atlas::Embedded;

    #[test]
    fn agrees_with_the_atlas() {
        let atlas = Atlas::embedded();
        let data = Data::load(&atlas, &Embedded).unwrap_or_else(|(found, _)| panic!("{found:?}"));
        assert!(data.crisis.lines.len() >= 4 && data.crisis.checked.starts_with("20"));
        assert!(data.presets.iter().any(|p| p.door == Door::Curious));
        for preset in &data.presets {
            let mut map = SourceMap::default();
            assert!(resynapse::regimen::sentence(&atlas, &mut map, &preset.what).is_ok(), "{}", preset.what);
            assert!(preset.source.is_empty() || atlas.library.ledger.source(&preset.source).is_some());
        }
        for curve in &data.curves {
            assert!(atlas.library.ledger.source(&curve.source).is_some(), "{}", curve.source);
        }
        // 56 ng/mL at half an hour, kg/L.
        assert_eq!(data.curves[0].points[0], (0.5, 56.0 * 1e-9));
    }

    #[test]
    fn rejects_tables_without_the_column() {
        assert!(points("time_h,a\n1,2\n", &["b".into()], 1.0).is_empty());
        assert_eq!(points("# note\ntime_h,a,b\n0,0,0\n1,2,3\n", &["a".into(), "b".into()], 2.0), [(1.0, 10.0)]);
    }
}
