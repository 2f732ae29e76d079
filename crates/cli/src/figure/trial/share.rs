//! Shares of people with exact intervals: responders and remitters by visit, adverse events by arm.

use super::change::visit_name;
use super::{arms, began, named, trials};
use crate::figure::axis::Value;
use crate::figure::frame::{Across, Frame, PERCENT, beside, columns};
use crate::figure::sheet::{self, END, Key, START, Sheet};
use crate::figure::svg::Anchor;
use crate::figure::words;
use crate::figure::{Picture, Table};
use study::analysis::rate::{Count, Interval, clopper_pearson};
use study::trial::analyse::LEVEL;
use study::trial::design::Design;
use study::trial::summary::Summary;

/// A share in percent with its exact interval.
struct Share {
    events: u64,
    size: u64,
    percent: Interval,
}

impl Share {
    fn new(events: u64, size: u64) -> Option<Share> {
        let i = clopper_pearson(Count::new(events, size).ok()?, LEVEL);
        let percent =
            Interval { estimate: 100.0 * i.estimate, lower: 100.0 * i.lower, upper: 100.0 * i.upper, level: i.level };
        Some(Share { events, size, percent })
    }
    fn cells(&self) -> Vec<String> {
        let p = &self.percent;
        let mut row = vec![self.events.to_string(), self.size.to_string()];
        row.extend([p.estimate, p.lower, p.upper].map(words::score));
        row
    }
}

/// Responders and remitters of those seen at each visit.
pub fn met(design: &Design, summary: &Summary) -> Option<Picture> {
    const HEIGHT: f64 = 220.0;
    let m = summary.measure;
    let criteria = [("Response", &design.outcome.response.text), ("Remission", &design.outcome.remission.text)];
    let wanted: Vec<usize> = (0..criteria.len()).filter(|k| !criteria[*k].1.is_empty()).collect();
    let after = |at_h: f64| at_h > 0.0;
    let mut until_h: f64 = 0.0;
    let mut found: Vec<(usize, usize, usize, Share)> = Vec::new();
    for (k, arm, _) in named(design, &summary.arms) {
        for v in arm.visits.iter().filter(|v| after(design.layout.visits[v.visit].at_h)) {
            for c in &wanted {
                let Some(share) = Share::new(v.met[*c], v.values[m].len() as u64) else { continue };
                until_h = until_h.max(design.layout.visits[v.visit].at_h);
                found.push((*c, k, v.visit, share));
            }
        }
    }
    if found.is_empty() {
        return None;
    }
    let title = "Responders and remitters".to_string();
    let what = format!("Shares of those seen at a visit, in {}, with exact 95 % intervals.", trials(design));
    let caption = format!("{what} Whoever was not seen is not counted here; the analyses say how they count them.");
    let mut sheet = Sheet::new(&title, &what);
    sheet.legend(&arms(design));
    let places = columns(wanted.len(), (START, END), 34.0, 24.0);
    for ((place, c), letter) in wanted.iter().enumerate().zip('A'..) {
        let (left, width) = places[place];
        let corner = (left, sheet.y + 46.0);
        let frame = Frame { corner, size: (width, HEIGHT), across: Across::Hours(until_h), up: PERCENT };
        sheet.name(letter, &format!("{}: {}", criteria[*c].0, criteria[*c].1), corner, width);
        frame.draw(&mut sheet.out, "% of people seen", "time since randomisation");
        let count = summary.arms.len();
        for (k, ..) in named(design, &summary.arms) {
            let own: Vec<_> = found.iter().filter(|(a, b, ..)| (*a, *b) == (*c, k)).collect();
            let at = |visit: usize| frame.x(design.layout.visits[visit].at_h).map(|x| x + beside(k, count));
            let points: Vec<(f64, f64)> =
                own.iter().filter_map(|(_, _, v, s)| Some((at(*v)?, frame.y(s.percent.estimate)?))).collect();
            for ((_, _, v, s), p) in own.iter().zip(&points) {
                let Some(x) = at(*v) else { continue };
                let ends = (frame.y_clamped(s.percent.lower), frame.y_clamped(s.percent.upper));
                sheet::upright(&mut sheet.out, &sheet::interval(k), x, ends);
                sheet::marker(&mut sheet.out, k, &sheet::fill(k), *p);
            }
            sheet.out.path(&sheet::line(k), &[points]);
        }
    }
    sheet.y += HEIGHT + 46.0 + 36.0;
    let rows = found.iter().map(|(c, k, v, share)| {
        let visit = visit_name(&design.layout.visits[*v].name);
        let mut row = vec![criteria[*c].0.to_string(), design.layout.treatments[*k].name.clone(), visit];
        row.extend(share.cells());
        row
    });
    let head = vec!["criterion", "arm", "visit", "people with it", "people seen", "%", "95 % from", "to"];
    let table = Table { head, rows: rows.collect() };
    let names: Vec<String> = design.layout.treatments.iter().map(|t| t.name.clone()).collect();
    let svg = sheet.finish("responders", &format!("{caption} Arms: {}.", words::list(&names)));
    Some(Picture { name: "responders", title, caption, svg, table })
}

/// Adverse events, the most frequent first.
pub fn adverse(design: &Design, summary: &Summary) -> Option<Picture> {
    const LEFT: f64 = 210.0;
    const AIR: f64 = 12.0;
    const STEP: f64 = 13.0;
    const MOST: usize = 24;
    let layout = &design.layout;
    let share = |event: usize, arm: usize| Share::new(summary.arms[arm].adverse[event], summary.arms[arm].began());
    let count = summary.arms.len();
    let highest =
        |event: usize| (0..count).filter_map(|k| share(event, k)).map(|s| s.percent.estimate).fold(0.0, f64::max);
    let mut order: Vec<usize> =
        (0..layout.adverse.len()).filter(|e| (0..count).any(|k| share(*e, k).is_some())).collect();
    order.sort_by(|a, b| highest(*b).total_cmp(&highest(*a)).then(a.cmp(b)));
    if order.is_empty() {
        return None;
    }
    let title = "Adverse events".to_string();
    let what =
        format!("Shares of people who reported it at least once, in {}, with exact 95 % intervals.", trials(design));
    let order_of = if design.period_h.is_some() { " Over both periods, by the treatment that came first." } else { "" };
    let caption = format!(
        "{what}{order_of} Only the events listed are modelled; what is not listed was not looked for, which is not the \
         same as not happening."
    );
    let mut sheet = Sheet::new(&title, &what);
    let keys: Vec<(Key, String)> = (0..count).map(|k| (Key::Marker(k), began(design, k))).collect();
    sheet.legend(&keys);
    let shown = &order[..order.len().min(MOST)];
    let step = AIR + STEP * count as f64;
    let most = shown.iter().flat_map(|e| (0..count).filter_map(|k| share(*e, k))).map(|s| s.percent.upper);
    let high = (most.fold(0.0, f64::max) / 10.0).ceil() * 10.0;
    let frame = Frame {
        corner: (LEFT, sheet.y + 14.0),
        size: (END - LEFT - 110.0, step * shown.len() as f64),
        across: Across::Value(Value::Even { low: 0.0, high: high.clamp(10.0, 100.0) }),
        up: Value::Even { low: 0.0, high: 1.0 },
    };
    let (top, bottom) = (frame.corner.1, frame.bottom());
    for mark in frame.marks() {
        let Some(x) = frame.x(mark) else { continue };
        sheet.out.line("grid", (x, top), (x, bottom));
        sheet.out.text(x, bottom + 14.0, Anchor::Middle, "small muted", &words::tick(mark));
    }
    sheet.out.line("axis", (LEFT, bottom), (frame.right(), bottom));
    let middle = 0.5 * (LEFT + frame.right());
    sheet.out.text(middle, bottom + 29.0, Anchor::Middle, "small muted", "% of people");
    let mut rows = Vec::new();
    for (place, event) in shown.iter().enumerate() {
        let centre = top + step * (place as f64 + 0.5);
        if place > 0 {
            sheet.out.line("grid", (START, centre - 0.5 * step), (END, centre - 0.5 * step));
        }
        sheet.out.text(START, centre + 4.0, Anchor::Start, "", &words::shorten(&layout.adverse[*event], 30));
        for k in 0..count {
            let Some(s) = share(*event, k) else { continue };
            let y = centre + STEP * (k as f64 - 0.5 * (count as f64 - 1.0));
            let at = |x: f64| frame.x(x.min(high)).unwrap_or(frame.right());
            sheet::level(&mut sheet.out, &sheet::interval(k), (at(s.percent.lower), at(s.percent.upper)), y);
            sheet::marker(&mut sheet.out, k, &sheet::fill(k), (at(s.percent.estimate), y));
            let text = format!("{} of {}", s.events, s.size);
            sheet.out.text(END, y + 3.6, Anchor::End, "small", &text);
        }
    }
    for event in &order {
        for k in 0..count {
            let Some(s) = share(*event, k) else { continue };
            let mut row = vec![layout.adverse[*event].clone(), began(design, k)];
            row.extend(s.cells());
            rows.push(row);
        }
    }
    sheet.y = bottom + 36.0;
    let head = vec!["event", "arm", "people with it", "people", "%", "95 % from", "to"];
    let names: Vec<String> = (0..count).map(|k| began(design, k)).collect();
    let svg = sheet.finish("adverse", &format!("{caption} Arms: {}.", words::list(&names)));
    Some(Picture { name: "adverse", title, caption, svg, table: Table { head, rows } })
}
