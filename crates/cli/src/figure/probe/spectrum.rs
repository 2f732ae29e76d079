//! Power against frequency, before and at each moment, with the change of each band.

use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, columns};
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::{Anchor, thinned};
use crate::figure::{Picture, Table, words};
use neural::spectrum::{Spectrum, change_db};
use resynapse::probe::settings::Band;
use resynapse::sim::math::ln;

/// Frequencies that are drawn, Hz.
const SHOWN_HZ: [f64; 2] = [2.0, 150.0];

/// Draws it. `spectra` are means over people, before first; `names` their moments.
pub fn spectra(spectra: &[Spectrum], names: &[String], bands: &[Band], exponents: &[Option<f64>]) -> Option<Picture> {
    const HEIGHT: f64 = 270.0;
    let before = spectra.first()?;
    let title = "Spectrum of the simulated local field".to_string();
    let what = "A: power density of the currents of pyramidal cells, the stand-in for an EEG; both axes are \
                logarithmic. B: change of each band against before."
        .to_string();
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&names.iter().enumerate().map(|(k, n)| (Key::Arm(k), n.clone())).collect::<Vec<_>>());
    let log = |x: f64| ln(x) / ln(10.0);
    let curve = |s: &Spectrum| -> Vec<(f64, f64)> {
        let inside = |f: &f64| (SHOWN_HZ[0]..=SHOWN_HZ[1]).contains(f);
        let pairs = s.density.iter().enumerate().map(|(k, p)| (s.frequency_hz(k), *p));
        pairs.filter(|(f, p)| inside(f) && *p > 0.0).collect()
    };
    let all: Vec<Vec<(f64, f64)>> = spectra.iter().map(curve).collect();
    let places = columns(2, (START, END), 46.0, 30.0);
    let power = Value::even(all.iter().flatten().map(|(_, p)| log(*p)));
    let top = sheet.y + 46.0;
    let frame = Frame {
        corner: (places[0].0, top),
        size: (places[0].1, HEIGHT),
        across: Across::Value(Value::Log { low: SHOWN_HZ[0], high: SHOWN_HZ[1] }),
        up: power,
    };
    sheet.name('A', "Power density", frame.corner, frame.size.0);
    let bottom = frame.bottom();
    for f in [2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 150.0] {
        let Some(x) = frame.x(f) else { continue };
        sheet.out.line("grid", (x, top), (x, bottom));
        sheet.out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &words::tick(f));
    }
    for mark in power.ticks(6) {
        let Some(y) = frame.y(mark) else { continue };
        sheet.out.line("grid", (frame.corner.0, y), (frame.right(), y));
        sheet.out.text(frame.corner.0 - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(10.0 * mark));
    }
    sheet.out.text(frame.corner.0, top - 7.0, Anchor::Start, "small muted", "dB, nA² per Hz");
    sheet.out.line("axis", (frame.corner.0, bottom), (frame.right(), bottom));
    let middle = 0.5 * (frame.corner.0 + frame.right());
    sheet.out.text(middle, bottom + 29.0, Anchor::Middle, "small muted", "frequency, Hz");
    for (k, curve) in all.iter().enumerate() {
        let points = frame.points(curve.iter().map(|(f, p)| (*f, log(*p))));
        sheet.out.path(&sheet::line(k), &[thinned(&points)]);
    }
    let changes: Vec<Vec<f64>> = bands
        .iter()
        .map(|b| {
            let of = |s: &Spectrum| s.band_power(b.from_hz, b.to_hz);
            spectra[1..].iter().map(|s| change_db(of(before), of(s))).collect()
        })
        .collect();
    bars(&mut sheet, places[1], (top, HEIGHT), bands, &changes);
    let mut rows = Vec::new();
    for (band, changes) in bands.iter().zip(&changes) {
        for (name, x) in names[1..].iter().zip(changes) {
            rows.push(vec![band.name.clone(), name.clone(), words::number(*x)]);
        }
    }
    for (name, x) in names.iter().zip(exponents) {
        rows.push(vec!["aperiodic exponent".into(), name.clone(), x.map_or_else(|| "–".into(), words::number)]);
    }
    sheet.y = bottom + 38.0;
    let table = Table { head: vec!["band", "at", "change, dB"], rows };
    let svg = sheet.finish("spectrum", &what);
    Some(Picture { name: "spectrum", title, caption: what, svg, table })
}

/// Bars of the change of each band.
fn bars(sheet: &mut Sheet, (left, width): (f64, f64), (top, height): (f64, f64), bands: &[Band], changes: &[Vec<f64>]) {
    let up = Value::even(changes.iter().flatten().copied().chain([0.0]));
    let across = Across::Value(Value::Even { low: 0.0, high: bands.len().max(1) as f64 });
    let frame = Frame { corner: (left, top), size: (width, height), across, up };
    sheet.name('B', "Change of bands", frame.corner, width);
    sheet.out.text(left, top - 7.0, Anchor::Start, "small muted", "dB");
    for mark in up.ticks(6) {
        let Some(y) = frame.y(mark) else { continue };
        sheet.out.line("grid", (left, y), (frame.right(), y));
        sheet.out.text(left - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(mark));
    }
    let zero = frame.y_clamped(0.0);
    sheet.out.line("none", (left, zero), (frame.right(), zero));
    let room = width / bands.len().max(1) as f64;
    for (b, (band, values)) in bands.iter().zip(changes).enumerate() {
        let each = 0.7 * room / values.len().max(1) as f64;
        for (k, x) in values.iter().enumerate() {
            let from = left + (b as f64 + 0.15) * room + k as f64 * each;
            let y = frame.y_clamped(*x);
            let corner = (from + 1.0, y.min(zero));
            sheet.out.rectangle(&sheet::fill(k + 1), corner, (each - 2.0, (y - zero).abs().max(0.5)), 0.0);
        }
        let middle = left + (b as f64 + 0.5) * room;
        sheet.out.text(middle, frame.bottom() + 14.0, Anchor::Middle, "small", &band.name);
        let range = format!("{}–{} Hz", words::tick(band.from_hz), words::tick(band.to_hz));
        sheet.out.text(middle, frame.bottom() + 27.0, Anchor::Middle, "small muted", &range);
    }
}
