//! What figures of trials and probes share: headline, legend, markers, the sentence at the foot.

use crate::figure::NOT_ADVICE;
use crate::figure::panel::{MARGIN, WIDTH, text_width};
use crate::figure::svg::{Anchor, Drawing, INKS};
use crate::figure::words;

/// Right edge of what a figure holds.
pub const END: f64 = WIDTH - MARGIN;
/// Left edge.
pub const START: f64 = MARGIN;

/// Rules for what the other figures do not have: intervals (`e`), bands (`b`), single people (`w`), hollow markers (`o`),
/// each in an arm's colour.
pub const RULES: &str = "\
.rs-fig .e{fill:none;stroke-width:1.5}
.rs-fig .b{stroke:none;fill-opacity:0.16}
.rs-fig .w{fill:none;stroke-width:1;stroke-opacity:0.4}
.rs-fig .o{fill:#ffffff;stroke-width:1.6}
.rs-fig .halo{fill:none;stroke:#ffffff;stroke-width:5}
.rs-fig .none{fill:none;stroke:#1b1f24;stroke-width:1.2}
.rs-fig .level{fill:none;stroke:#1b1f24;stroke-width:1.2;stroke-dasharray:5 3}
.rs-fig .box{fill:#f4f6f8;stroke:#8c959f;stroke-width:1}
.rs-fig .e0{stroke:#0072B2}.rs-fig .b0{fill:#0072B2}
.rs-fig .e1{stroke:#D55E00}.rs-fig .b1{fill:#D55E00}
.rs-fig .e2{stroke:#009E73}.rs-fig .b2{fill:#009E73}
.rs-fig .e3{stroke:#CC79A7}.rs-fig .b3{fill:#CC79A7}
.rs-fig .e4{stroke:#E69F00}.rs-fig .b4{fill:#E69F00}
.rs-fig .e5{stroke:#56B4E9}.rs-fig .b5{fill:#56B4E9}
@media screen and (prefers-color-scheme:dark){
.rs-fig .o{fill:#12161b}
.rs-fig .halo{stroke:#12161b}
.rs-fig .none,.rs-fig .level{stroke:#e6edf3}
.rs-fig .box{fill:#1b2128;stroke:#6e7781}
.rs-fig .e0{stroke:#56B4E9}.rs-fig .b0{fill:#56B4E9}
.rs-fig .e5{stroke:#0072B2}.rs-fig .b5{fill:#0072B2}
}
";

/// A sample in a legend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// An arm: its line and marker.
    Arm(usize),
    /// An arm's marker alone.
    Marker(usize),
    /// A published point of an arm.
    Published(usize),
    /// A hollow marker of an arm.
    Hollow(usize),
    /// A line where there is no effect.
    None,
    /// A dashed line at a level.
    Level,
    /// A short upright line: somebody was last seen.
    Tick,
}

/// A figure being drawn.
pub struct Sheet {
    /// The drawing.
    pub out: Drawing,
    /// Where the next thing goes.
    pub y: f64,
    title: String,
}

impl Sheet {
    /// With its headline, and a line or two under it.
    pub fn new(title: &str, under: &str) -> Sheet {
        const FITS: usize = 138;
        let mut out = Drawing::new();
        out.text(START, 30.0, Anchor::Start, "headline", &words::shorten(title, 96));
        let mut y = 30.0;
        for line in words::folded(under, FITS).iter().filter(|l| !l.is_empty()) {
            y += 18.0;
            out.text(START, y, Anchor::Start, "muted", line);
        }
        Sheet { out, y: y + 12.0, title: title.to_string() }
    }

    /// Samples with their names, in as many rows as it takes.
    pub fn legend(&mut self, keys: &[(Key, String)]) {
        const SAMPLE: f64 = 30.0;
        const GAP: f64 = 22.0;
        let mut x = START;
        let mut y = self.y + 12.0;
        for (key, name) in keys {
            let name = words::shorten(name, 90);
            let width = SAMPLE + 6.0 + text_width(&name, 12.0);
            if x > START && x + width > END {
                x = START;
                y += 18.0;
            }
            self.sample(*key, (x, y - 4.0), SAMPLE);
            self.out.text(x + SAMPLE + 6.0, y, Anchor::Start, "", &name);
            x += width + GAP;
        }
        self.y = y + 10.0;
    }

    fn sample(&mut self, key: Key, (x, y): (f64, f64), width: f64) {
        let middle = (x + 0.5 * width, y);
        let across = |out: &mut Drawing, class: &str| out.line(class, (x, y), (x + width, y));
        match key {
            Key::Arm(k) => {
                across(&mut self.out, &line(k));
                marker(&mut self.out, k, &fill(k), middle);
            }
            Key::Marker(k) => marker(&mut self.out, k, &fill(k), middle),
            Key::Published(k) | Key::Hollow(k) => marker(&mut self.out, k, &hollow(k), middle),
            Key::None => across(&mut self.out, "none"),
            Key::Level => across(&mut self.out, "level"),
            Key::Tick => self.out.line("none", (middle.0, y - 4.0), (middle.0, y + 4.0)),
        }
    }

    /// A letter and a name above a panel whose plotting area begins at `left`, `top`.
    pub fn name(&mut self, letter: char, name: &str, (left, top): (f64, f64), width: f64) {
        // Strong letters are wider.
        let fits = ((width - 15.0) / text_width("n", 13.5)).floor().max(8.0) as usize;
        let letter = letter.to_string();
        self.out.text(left, top - 23.0, Anchor::Start, "strong muted", &letter);
        self.out.text(left + 15.0, top - 23.0, Anchor::Start, "strong", &words::shorten(name, fits));
    }

    /// The document.
    pub fn finish(mut self, name: &str, description: &str) -> String {
        self.out.text(START, self.y + 18.0, Anchor::Start, "small strong", NOT_ADVICE);
        let height = self.y + 18.0 + MARGIN;
        let description = format!("{description} {NOT_ADVICE}");
        self.out.finish_styled(name, &self.title, &description, (WIDTH, height), RULES)
    }
}

/// Class of an arm's line.
pub fn line(arm: usize) -> String {
    format!("line s{}", arm % INKS)
}

/// Class of an arm's filled marker.
pub fn fill(arm: usize) -> String {
    format!("p{}", arm % INKS)
}

/// Class of an arm's hollow marker.
pub fn hollow(arm: usize) -> String {
    format!("o e{}", arm % INKS)
}

/// Class of an arm's interval.
pub fn interval(arm: usize) -> String {
    format!("e e{}", arm % INKS)
}

/// Class of an arm's band.
pub fn band(arm: usize) -> String {
    format!("b b{}", arm % INKS)
}

/// The marker of an arm: each has its own shape.
pub fn marker(out: &mut Drawing, arm: usize, class: &str, (x, y): (f64, f64)) {
    let corners = |list: &[(f64, f64)]| list.iter().map(|(a, b)| (x + a, y + b)).collect::<Vec<_>>();
    match arm % INKS {
        0 => out.circle(class, (x, y), 3.8),
        1 => out.shape(class, &corners(&[(-3.5, -3.5), (3.5, -3.5), (3.5, 3.5), (-3.5, 3.5)])),
        2 => out.shape(class, &corners(&[(0.0, -4.8), (4.4, 3.4), (-4.4, 3.4)])),
        3 => out.shape(class, &corners(&[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)])),
        4 => out.shape(class, &corners(&[(0.0, 4.8), (4.4, -3.4), (-4.4, -3.4)])),
        _ => out.shape(class, &corners(&[(-2.2, -4.6), (2.2, -4.6), (2.2, 4.6), (-2.2, 4.6)])),
    }
}

/// An upright interval with caps.
pub fn upright(out: &mut Drawing, class: &str, x: f64, (from, to): (f64, f64)) {
    const CAP: f64 = 2.5;
    let cap = |y: f64| vec![(x - CAP, y), (x + CAP, y)];
    out.path(class, &[vec![(x, from), (x, to)], cap(from), cap(to)]);
}

/// A level interval with caps.
pub fn level(out: &mut Drawing, class: &str, (from, to): (f64, f64), y: f64) {
    const CAP: f64 = 3.5;
    let cap = |x: f64| vec![(x, y - CAP), (x, y + CAP)];
    out.path(class, &[vec![(from, y), (to, y)], cap(from), cap(to)]);
}

/// A row of whole numbers under a panel, one row for an arm: its marker and name at the left, then the numbers where
/// they belong; those that would touch the one before are left out.
pub fn counts(sheet: &mut Sheet, arm: usize, name: &str, (left, y): (f64, f64), numbers: &[(f64, u64)]) {
    const GAP: f64 = 5.0;
    let room = left - START - 26.0;
    marker(&mut sheet.out, arm, &fill(arm), (START + 6.0, y - 3.8));
    let fits = (room / text_width("n", 10.5)).floor().max(4.0) as usize;
    sheet.out.text(START + 16.0, y, Anchor::Start, "small", &words::shorten(name, fits));
    let mut free = f64::NEG_INFINITY;
    for (x, n) in numbers {
        let text = n.to_string();
        let half = 0.5 * text_width(&text, 10.5);
        if x - half < free {
            continue;
        }
        sheet.out.text(*x, y, Anchor::Middle, "small", &text);
        free = x + half + GAP;
    }
}
