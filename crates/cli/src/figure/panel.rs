//! One panel: a name column, an axis, curves, and labels beside their ends.

use crate::figure::axis::{Time, Value};
use crate::figure::label::apart;
use crate::figure::svg::{Anchor, Drawing, INKS, thinned};
use crate::figure::words;
use model::ledger::Grade;

/// Width of a figure, px.
pub const WIDTH: f64 = 920.0;
/// Room between a figure's edge and what it holds.
pub const MARGIN: f64 = 18.0;
/// Where curves begin and end.
pub const LEFT: f64 = 196.0;
/// See [`LEFT`].
pub const RIGHT: f64 = 678.0;
/// Room between two panels.
pub const BETWEEN: f64 = 33.0;
/// A dose that takes less room than this has a line instead of a band.
pub const BAND_PX: f64 = 2.0;
const LABEL_X: f64 = 706.0;
const SWATCH: f64 = 22.0;
/// Height of a label of two lines.
const LABEL_HEIGHT: f64 = 28.0;

/// A dose as it is marked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DoseMark {
    /// Hours.
    pub at_h: f64,
    /// Hours; 0 for a bolus.
    pub over_h: f64,
}

/// How a curve is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Colour and dash of this number.
    Number(usize),
    /// A thin grey line.
    Thin,
}

impl Ink {
    /// The classes of a line.
    pub fn line(self) -> String {
        match self {
            Ink::Number(n) => format!("line s{}", n % INKS),
            Ink::Thin => "thin".into(),
        }
    }
    /// The class of a filled shape.
    pub fn fill(self) -> String {
        match self {
            Ink::Number(n) => format!("p{}", n % INKS),
            Ink::Thin => "muted".into(),
        }
    }
}

/// A curve with its label.
#[derive(Clone, Debug)]
pub struct Curve {
    /// First line of the label.
    pub name: String,
    /// Second line.
    pub detail: String,
    /// How it is drawn.
    pub ink: Ink,
    /// Hours and values.
    pub points: Vec<(f64, f64)>,
    /// The point farthest from rest, marked with a dot.
    pub extreme: Option<(f64, f64)>,
}

/// The area between two curves, named.
#[derive(Clone, Debug)]
pub struct Gap {
    /// What it is.
    pub name: String,
    /// Second line of its label.
    pub detail: String,
    /// Positions of the two curves.
    pub between: (usize, usize),
}

/// Measured points laid over the curves.
#[derive(Clone, Debug)]
pub struct Dots {
    /// Where they are from.
    pub name: String,
    /// Hours and values.
    pub points: Vec<(f64, f64)>,
}

/// What one panel shows.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Name.
    pub title: String,
    /// A word on it.
    pub subtitle: String,
    /// Unit of the axis.
    pub unit: String,
    /// The worst grade behind its curves.
    pub grade: Option<Grade>,
    /// The axis.
    pub value: Value,
    /// Height of the axis, px, unless labels need more.
    pub least_height: f64,
    /// Curves, the most important first.
    pub curves: Vec<Curve>,
    /// A named area.
    pub gap: Option<Gap>,
    /// Measured points.
    pub dots: Vec<Dots>,
}

impl Panel {
    /// Height of the axis.
    pub fn height(&self) -> f64 {
        let labels = self.curves.len() + usize::from(self.gap.is_some()) + self.dots.len();
        self.least_height.max(labels as f64 * LABEL_HEIGHT + 4.0)
    }
}

/// Draws a panel whose axis begins at `top`; returns where it ends.
pub fn draw(out: &mut Drawing, panel: &Panel, letter: char, time: Time, doses: &[DoseMark], top: f64) -> f64 {
    let height = panel.height();
    let place = Place { time, value: panel.value, top, height };
    name_column(out, panel, letter, top);
    backdrop(out, panel, &place, doses);
    if let Some(gap) = &panel.gap {
        gap_area(out, panel, gap, &place);
    }
    // The first curve lies on top.
    for curve in panel.curves.iter().rev() {
        out.path(&curve.ink.line(), &place.pieces(&curve.points));
        if let Some(point) = curve.extreme.and_then(|p| place.point(p)) {
            out.circle(&curve.ink.fill(), point, 2.6);
        }
    }
    for dots in &panel.dots {
        for point in dots.points.iter().filter_map(|p| place.point(*p)) {
            out.circle("point", point, 3.0);
        }
    }
    labels(out, panel, &place);
    top + height
}

/// Marks of the time axis with their names, at `y`.
pub fn time_marks(out: &mut Drawing, time: Time, y: f64) {
    for t in marks(time) {
        out.text(x_of(time, t), y, Anchor::Middle, "small muted", &words::span_short(t));
    }
}

/// Place of a time, px.
pub fn x_of(time: Time, time_h: f64) -> f64 {
    LEFT + (RIGHT - LEFT) * time.place(time_h)
}

/// Where a dose begins and ends, px.
pub fn span_of(time: Time, dose: &DoseMark) -> (f64, f64) {
    (x_of(time, dose.at_h), x_of(time, (dose.at_h + dose.over_h).min(time.until_h())))
}

/// A small arrow that points down at `y`.
pub fn arrow(out: &mut Drawing, class: &str, x: f64, y: f64) {
    out.shape(class, &[(x - 3.5, y - 6.0), (x + 3.5, y - 6.0), (x, y)]);
}

fn marks(time: Time) -> Vec<f64> {
    const GAP_PX: f64 = 40.0;
    time.ticks(GAP_PX / (RIGHT - LEFT))
}

/// Where values lie on the page.
struct Place {
    time: Time,
    value: Value,
    top: f64,
    height: f64,
}

impl Place {
    fn y(&self, value: f64) -> Option<f64> {
        self.value.place(value).map(|p| self.top + self.height * (1.0 - p))
    }
    fn point(&self, (time_h, value): (f64, f64)) -> Option<(f64, f64)> {
        let inside = (0.0..=self.time.until_h()).contains(&time_h);
        self.y(value).filter(|_| inside).map(|y| (x_of(self.time, time_h), y))
    }
    /// The drawn parts of a curve: it is broken where it lies below the floor.
    fn pieces(&self, points: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
        let mut pieces = vec![Vec::new()];
        for p in points {
            match self.point(*p) {
                Some(point) => pieces.last_mut().expect("one piece at least").push(point),
                None if pieces.last().is_some_and(|p| !p.is_empty()) => pieces.push(Vec::new()),
                None => {}
            }
        }
        pieces.iter().map(|p| thinned(p)).collect()
    }
    fn bottom(&self) -> f64 {
        self.top + self.height
    }
}

fn name_column(out: &mut Drawing, panel: &Panel, letter: char, top: f64) {
    out.text(MARGIN, top + 10.0, Anchor::Start, "strong muted", &letter.to_string());
    out.text(MARGIN + 18.0, top + 10.0, Anchor::Start, "strong", &panel.title);
    const MOST_CHARACTERS: usize = 22;
    let mut y = top + 10.0;
    for line in words::folded(&panel.subtitle, MOST_CHARACTERS).iter().take(2) {
        y += 14.0;
        out.text(MARGIN + 18.0, y, Anchor::Start, "small muted", &words::shorten(line, MOST_CHARACTERS));
    }
    if let Some(grade) = panel.grade {
        y += 7.0;
        out.rectangle("badge", (MARGIN + 18.0, y), (52.0, 16.0), 8.0);
        out.text(MARGIN + 44.0, y + 11.7, Anchor::Middle, "small", &format!("grade {grade}"));
    }
}

fn backdrop(out: &mut Drawing, panel: &Panel, place: &Place, doses: &[DoseMark]) {
    let (top, bottom) = (place.top, place.bottom());
    for t in marks(place.time) {
        let x = x_of(place.time, t);
        out.line("grid", (x, top), (x, bottom));
    }
    let wanted = (place.height / 32.0).round().max(2.0) as usize;
    for v in panel.value.ticks(wanted) {
        let Some(y) = place.y(v) else { continue };
        out.line("grid", (LEFT, y), (RIGHT, y));
        out.text(LEFT - 6.0, y + 3.6, Anchor::End, "small muted", &words::tick(v));
    }
    out.text(LEFT - 6.0, top - 7.0, Anchor::End, "small muted", &panel.unit);
    // Doses closer than this are told apart by nobody.
    const APART_PX: f64 = 3.0;
    let mut last = f64::NEG_INFINITY;
    for dose in doses.iter().filter(|d| d.at_h <= place.time.until_h()) {
        let (x, end) = span_of(place.time, dose);
        if x - last < APART_PX {
            continue;
        }
        last = x;
        if end - x >= BAND_PX {
            out.rectangle("dose", (x, top), (end - x, bottom - top), 0.0);
        } else {
            out.line("dose-line", (x, top), (x, bottom));
        }
        arrow(out, "dose-mark", x, top);
    }
    out.line("axis", (LEFT, bottom), (RIGHT, bottom));
}

fn gap_area(out: &mut Drawing, panel: &Panel, gap: &Gap, place: &Place) {
    let side =
        |i: usize| -> Vec<(f64, f64)> { panel.curves[i].points.iter().filter_map(|p| place.point(*p)).collect() };
    let (one, other) = (side(gap.between.0), side(gap.between.1));
    let corners: Vec<(f64, f64)> = thinned(&one).into_iter().chain(thinned(&other).into_iter().rev()).collect();
    if corners.len() < 3 {
        return;
    }
    out.shape("gap", &corners);
    // The name stands inside where the area is high enough under all of it.
    let half = 4.0 + 0.5 * text_width(&gap.name, 10.5);
    let mut best = (17.0, None);
    for (x, _) in one.iter().filter(|(x, _)| (LEFT + half..RIGHT - half).contains(x)) {
        let ends = [x - half, *x, x + half].map(|x| (y_at(&one, x), y_at(&other, x)));
        let upper = ends.iter().map(|(a, b)| a.min(*b)).fold(f64::NEG_INFINITY, f64::max);
        let lower = ends.iter().map(|(a, b)| a.max(*b)).fold(f64::INFINITY, f64::min);
        if lower - upper > best.0 {
            best = (lower - upper, Some((*x, 0.5 * (lower + upper))));
        }
    }
    if let Some((x, y)) = best.1 {
        out.text(x, y + 3.6, Anchor::Middle, "small", &gap.name);
    }
}

fn y_at(points: &[(f64, f64)], x: f64) -> f64 {
    let i = points.partition_point(|p| p.0 <= x).clamp(1, points.len() - 1);
    let (a, b) = (points[i - 1], points[i]);
    if b.0 > a.0 { a.1 + (b.1 - a.1) * ((x - a.0) / (b.0 - a.0)).clamp(0.0, 1.0) } else { b.1 }
}

/// About how wide a text is, px: no font is at hand to measure it.
pub fn text_width(text: &str, size: f64) -> f64 {
    const MEAN_WIDTH: f64 = 0.56;
    text.chars().count() as f64 * size * MEAN_WIDTH
}

enum Sample {
    Line(Ink),
    Area,
    Dot,
}

struct Label<'a> {
    name: &'a str,
    detail: &'a str,
    sample: Sample,
    /// Wanted height on the page.
    wish: f64,
    /// Where the curve leaves the panel.
    end: Option<f64>,
}

fn labels(out: &mut Drawing, panel: &Panel, place: &Place) {
    let mut labels: Vec<Label<'_>> = Vec::new();
    for curve in &panel.curves {
        let end = curve.points.last().and_then(|p| place.point(*p));
        let end = end.filter(|(x, _)| RIGHT - x < 1.0).map(|(_, y)| y);
        labels.push(Label {
            name: &curve.name,
            detail: &curve.detail,
            sample: Sample::Line(curve.ink),
            wish: end.unwrap_or(place.bottom()),
            end,
        });
    }
    // Ends that meet are labelled in the order in which the curves lie apart.
    const MEET_PX: f64 = 3.0;
    let highest = |i: usize| panel.curves[i].extreme.and_then(|p| place.point(p)).map_or(place.bottom(), |(_, y)| y);
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|a, b| highest(*a).total_cmp(&highest(*b)));
    for (rank, i) in order.into_iter().enumerate() {
        let wish = &mut labels[i].wish;
        *wish = (*wish / MEET_PX).round() * MEET_PX + 1e-3 * rank as f64;
    }
    if let Some(gap) = &panel.gap {
        let ends = [gap.between.0, gap.between.1].map(|i| labels[i].wish);
        let wish = 0.5 * (ends[0] + ends[1]);
        labels.push(Label { name: &gap.name, detail: &gap.detail, sample: Sample::Area, wish, end: None });
    }
    for dots in &panel.dots {
        labels.push(Label { name: &dots.name, detail: "measured", sample: Sample::Dot, wish: place.top, end: None });
    }
    let wishes: Vec<f64> = labels.iter().map(|l| l.wish).collect();
    let heights = vec![LABEL_HEIGHT; labels.len()];
    let centres = apart(&wishes, &heights, place.top - 6.0, place.bottom() + 6.0);
    for (label, y) in labels.iter().zip(centres) {
        if let Some(end) = label.end {
            out.path("leader", &[vec![(RIGHT + 2.0, end), (LABEL_X - 12.0, y - 5.0), (LABEL_X - 4.0, y - 5.0)]]);
        }
        match label.sample {
            Sample::Line(ink) => out.line(&ink.line(), (LABEL_X, y - 5.0), (LABEL_X + SWATCH, y - 5.0)),
            Sample::Area => out.rectangle("gap", (LABEL_X, y - 10.0), (SWATCH, 10.0), 0.0),
            Sample::Dot => out.circle("point", (LABEL_X + 0.5 * SWATCH, y - 5.0), 3.0),
        }
        let room = WIDTH - LABEL_X - SWATCH - 6.0 - 8.0;
        let fits = |size: f64| (room / text_width("n", size)).floor() as usize;
        let x = LABEL_X + SWATCH + 6.0;
        out.text(x, y - 1.0, Anchor::Start, "", &words::shorten(label.name, fits(12.0)));
        out.text(x, y + 11.0, Anchor::Start, "small muted", &words::shorten(label.detail, fits(10.5)));
    }
}
