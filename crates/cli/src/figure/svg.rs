//! Writing SVG: the style sheet, text, paths with no more points than the eye can tell apart.

use crate::figure::words::{coordinate, escape};
use std::fmt::Write;

/// How many lines a panel can hold that are told apart by colour and dash.
pub const INKS: usize = 6;

/// Colours of Okabe and Ito (2008), each with a dash of its own, so that a print in grey can be read; on a dark page
/// black turns white and the darkest blue changes place with the light one.
///
/// Only rules that plain SVG readers know: no variables, no nesting.
pub const STYLE: &str = "\
.rs-fig text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,'DejaVu Sans',sans-serif;\
font-size:12px;fill:#1b1f24}
.rs-fig .muted{fill:#57606a}
.rs-fig .small{font-size:10.5px}
.rs-fig .strong{font-weight:600}
.rs-fig .headline{font-size:17px;font-weight:600}
.rs-fig .page{fill:#ffffff}
.rs-fig .grid{stroke:#e4e7eb;stroke-width:1;fill:none}
.rs-fig .axis{stroke:#8c959f;stroke-width:1;fill:none}
.rs-fig .leader{stroke:#afb8c1;stroke-width:0.8;fill:none}
.rs-fig .dose{fill:#57606a;fill-opacity:0.13}
.rs-fig .dose-line{stroke:#57606a;stroke-opacity:0.45;stroke-width:1}
.rs-fig .dose-mark{fill:#57606a}
.rs-fig .gap{fill:#E69F00;fill-opacity:0.22}
.rs-fig .badge{fill:none;stroke:#8c959f;stroke-width:1}
.rs-fig .line{fill:none;stroke-width:1.9;stroke-linejoin:round;stroke-linecap:butt}
.rs-fig .thin{fill:none;stroke:#57606a;stroke-width:1}
.rs-fig .point{fill:#ffffff;stroke:#1b1f24;stroke-width:1.2}
.rs-fig .s0{stroke:#0072B2}.rs-fig .p0{fill:#0072B2}
.rs-fig .s1{stroke:#D55E00;stroke-dasharray:7 3}.rs-fig .p1{fill:#D55E00}
.rs-fig .s2{stroke:#009E73;stroke-dasharray:2.5 2}.rs-fig .p2{fill:#009E73}
.rs-fig .s3{stroke:#CC79A7;stroke-dasharray:9 3 2 3}.rs-fig .p3{fill:#CC79A7}
.rs-fig .s4{stroke:#E69F00;stroke-dasharray:14 3}.rs-fig .p4{fill:#E69F00}
.rs-fig .s5{stroke:#56B4E9;stroke-dasharray:1.5 3.5}.rs-fig .p5{fill:#56B4E9}
@media screen and (prefers-color-scheme:dark){
.rs-fig text{fill:#e6edf3}
.rs-fig .muted{fill:#9da7b1}
.rs-fig .page{fill:#12161b}
.rs-fig .grid{stroke:#262c33}
.rs-fig .axis,.rs-fig .badge{stroke:#6e7781}
.rs-fig .leader{stroke:#4b535c}
.rs-fig .dose{fill:#c9d1d9;fill-opacity:0.13}
.rs-fig .dose-line{stroke:#c9d1d9}
.rs-fig .dose-mark{fill:#9da7b1}
.rs-fig .thin{stroke:#9da7b1}
.rs-fig .point{fill:#12161b;stroke:#e6edf3}
.rs-fig .s0{stroke:#56B4E9}.rs-fig .p0{fill:#56B4E9}
.rs-fig .s5{stroke:#0072B2}.rs-fig .p5{fill:#0072B2}
}
";

/// Where text is anchored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At its start.
    Start,
    /// At its middle.
    Middle,
    /// At its end.
    End,
}

/// A drawing being written.
pub struct Drawing {
    body: String,
}

impl Drawing {
    /// An empty drawing.
    pub fn new() -> Drawing {
        Drawing { body: String::new() }
    }

    /// Text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        let (x, y) = (coordinate(x), coordinate(y));
        let _ = writeln!(self.body, "<text x=\"{x}\" y=\"{y}\"{anchor}{class}>{}</text>", escape(text));
    }

    /// A straight line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.path(class, &[vec![from, to]]);
    }

    /// Open lines as one path.
    pub fn path(&mut self, class: &str, pieces: &[Vec<(f64, f64)>]) {
        let data: String = pieces.iter().filter(|p| p.len() > 1).map(|p| path_data(p)).collect();
        if !data.is_empty() {
            let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
        }
    }

    /// A filled shape.
    pub fn shape(&mut self, class: &str, corners: &[(f64, f64)]) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{}Z\"/>", path_data(corners));
    }

    /// A rectangle with rounded corners.
    pub fn rectangle(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        let [x, y, width, height] = [x, y, width, height].map(coordinate);
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\"/>"
        );
    }

    /// A circle.
    pub fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let (x, y) = (coordinate(x), coordinate(y));
        let _ = writeln!(self.body, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    /// A path as it stands in the `d` attribute.
    pub fn raw_path(&mut self, class: &str, data: &str) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    /// A path filled with a colour of its own, as a scale needs it.
    pub fn painted_path(&mut self, colour: &str, data: &str) {
        let _ = writeln!(self.body, "<path fill=\"{colour}\" d=\"{data}\"/>");
    }

    /// Begins a group that shows a text when it is pointed at.
    pub fn open(&mut self, class: &str, title: &str) {
        let _ = writeln!(self.body, "<g class=\"{class}\"><title>{}</title>", escape(title));
    }

    /// Ends a group.
    pub fn close(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// The whole document. `id` keeps drawings on one page apart.
    pub fn finish(self, id: &str, title: &str, description: &str, width: f64, height: f64) -> String {
        self.finish_styled(id, title, description, (width, height), "")
    }

    /// As [`Drawing::finish`], with more rules for the style sheet.
    pub fn finish_styled(self, id: &str, title: &str, description: &str, size: (f64, f64), rules: &str) -> String {
        let (width, height) = size;
        let (id, title, description) = (escape(id), escape(title), escape(description));
        let (w, h) = (coordinate(width), coordinate(height));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rs-fig\" width=\"{w}\" height=\"{h}\" \
             viewBox=\"0 0 {w} {h}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
             <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{description}</desc>\n\
             <style>\n{STYLE}{rules}</style>\n<rect class=\"page\" width=\"{w}\" height=\"{h}\"/>\n{}</svg>\n",
            self.body
        )
    }
}

/// Points of a curve without those that lie on the way (Ramer, Douglas and Peucker): what is left is within a fraction
/// of a pixel of all.
pub fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const TOLERANCE_PX: f64 = 0.12;
    if points.len() < 3 {
        return points.to_vec();
    }
    let mut keep = vec![false; points.len()];
    (keep[0], keep[points.len() - 1]) = (true, true);
    let mut spans = vec![(0, points.len() - 1)];
    while let Some((from, to)) = spans.pop() {
        let mut farthest = (TOLERANCE_PX, None);
        for i in from + 1..to {
            let distance = distance(points[i], points[from], points[to]);
            if distance > farthest.0 {
                farthest = (distance, Some(i));
            }
        }
        if let Some(i) = farthest.1 {
            keep[i] = true;
            spans.extend([(from, i), (i, to)]);
        }
    }
    points.iter().zip(keep).filter(|(_, keep)| *keep).map(|(p, _)| *p).collect()
}

/// Distance of a point from a stretch of line.
fn distance(p: (f64, f64), a: (f64, f64), b: (f64, f64)) -> f64 {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length2 = dx * dx + dy * dy;
    let along = if length2 > 0.0 { (((p.0 - a.0) * dx + (p.1 - a.1) * dy) / length2).clamp(0.0, 1.0) } else { 0.0 };
    let (ex, ey) = (p.0 - a.0 - along * dx, p.1 - a.1 - along * dy);
    (ex * ex + ey * ey).sqrt()
}

fn path_data(points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    for (i, (x, y)) in points.iter().enumerate() {
        let letter = if i == 0 { 'M' } else { 'L' };
        let _ = write!(data, "{letter}{} {}", coordinate(*x), coordinate(*y));
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_thinned_line() {
        let straight: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 2.0 * f64::from(i))).collect();
        assert_eq!(thinned(&straight), [(0.0, 0.0), (99.0, 198.0)]);
        let bent = [(0.0, 0.0), (5.0, 0.0), (5.0, 5.0), (10.0, 5.0)];
        assert_eq!(thinned(&bent), bent);
    }

    #[test]
    fn rejects_markup_in_a_drawing() {
        let mut drawing = Drawing::new();
        drawing.text(0.0, 0.0, Anchor::Start, "", "<script>");
        let text = drawing.finish("x", "a & b", "\"", 10.0, 10.0);
        assert!(!text.contains("<script") && text.contains("a &amp; b"));
    }
}
