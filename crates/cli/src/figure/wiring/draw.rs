//! The picture of the wiring.

use super::layout::{Block, Layout, MARGIN, NAME_LINE, PADDING, WIDTH, layout, name_lines};
use super::{Link, Node, Strength, Wiring};
use crate::figure::svg::{Anchor, Drawing};
use crate::figure::{NOT_ADVICE, words};
use model::ledger::Grade;

/// Rules beyond those of all figures: one colour and dash a grade (Okabe and Ito), thinner and more broken where less
/// is known.
const STYLE: &str = "\
.rs-fig .block{fill:#f3f5f7}
.rs-fig .box{fill:#ffffff;stroke:#57606a;stroke-width:1}
.rs-fig .box-name{font-size:11.5px;font-weight:600}
.rs-fig .narrow{font-size:10px}
.rs-fig .hears{fill:#57606a}
.rs-fig .wire{fill:none;stroke-linejoin:round}
.rs-fig .link:hover .wire{stroke-width:3.4;stroke-dasharray:none}
.rs-fig .g-a{stroke:#0072B2;stroke-width:2.2}.rs-fig .h-a{fill:#0072B2}
.rs-fig .g-b{stroke:#56B4E9;stroke-width:2.2}.rs-fig .h-b{fill:#56B4E9}
.rs-fig .g-c{stroke:#009E73;stroke-width:1.8;stroke-dasharray:12 2}.rs-fig .h-c{fill:#009E73}
.rs-fig .g-d{stroke:#E69F00;stroke-width:1.6;stroke-dasharray:6 3}.rs-fig .h-d{fill:#E69F00}
.rs-fig .g-e{stroke:#D55E00;stroke-width:1.2;stroke-dasharray:2 2.5}.rs-fig .h-e{fill:#D55E00}
.rs-fig .g-plain{stroke:#57606a;stroke-width:1.1}.rs-fig .h-plain{fill:#57606a}
.rs-fig .g-off{stroke:#afb8c1;stroke-width:1;stroke-dasharray:1 4}.rs-fig .h-off{fill:#afb8c1}
@media screen and (prefers-color-scheme:dark){
.rs-fig .block{fill:#1b2128}
.rs-fig .box{fill:#12161b;stroke:#9da7b1}
.rs-fig .hears{fill:#9da7b1}
.rs-fig .g-plain{stroke:#9da7b1}.rs-fig .h-plain{fill:#9da7b1}
.rs-fig .g-off{stroke:#6e7781}.rs-fig .h-off{fill:#6e7781}
}
";

/// Draws a wiring; `headline` says what it is the wiring of.
pub fn wiring(wiring: &Wiring, headline: &str) -> String {
    const TOP: f64 = 96.0;
    let placed = layout(wiring, TOP);
    let mut out = Drawing::new();
    out.text(MARGIN, 32.0, Anchor::Start, "headline", headline);
    let counts = format!(
        "{} modules and {} links. A line wears the weakest grade of the numbers that lead through its module to it; the weakest line of a chain bounds the whole.",
        wiring.modules.len(),
        wiring.links.len()
    );
    out.text(MARGIN, 52.0, Anchor::Start, "muted", &counts);
    legend(&mut out, 74.0);
    for block in &placed.blocks {
        draw_block(&mut out, block, &placed);
    }
    let mut order: Vec<usize> = (0..wiring.links.len()).collect();
    // What is known best lies on top.
    order.sort_by_key(|k| std::cmp::Reverse(rank(wiring.links[*k].strength())));
    for k in order {
        draw_link(&mut out, wiring, &wiring.links[k], &placed, k);
    }
    for (node, place) in wiring.modules.iter().zip(&placed.places) {
        out.open("module", &format!("{}: {}", node.path, node.about));
        draw_box(&mut out, node, (place.x, place.y - 0.5 * place.height), (placed.width, place.height));
        out.close();
    }
    let end = placed.bottom + 26.0;
    out.text(MARGIN, end, Anchor::Start, "small strong", NOT_ADVICE);
    out.finish_styled("wiring", headline, &description(wiring), (WIDTH, end + 18.0), STYLE)
}

/// Where a strength stands from best known to silent.
fn rank(strength: Strength) -> usize {
    match strength {
        Strength::Plain => 0,
        Strength::Graded(grade) => 1 + grade as usize,
        Strength::Off => 9,
    }
}

fn class(strength: Strength) -> String {
    match strength {
        Strength::Graded(grade) => grade.to_string().to_lowercase(),
        Strength::Plain => "plain".into(),
        Strength::Off => "off".into(),
    }
}

fn in_words(strength: Strength) -> String {
    match strength {
        Strength::Graded(grade) => format!("grade {grade}"),
        Strength::Plain => "no number of its own".into(),
        Strength::Off => "weight zero by default".into(),
    }
}

fn legend(out: &mut Drawing, y: f64) {
    let mut x = MARGIN;
    let mut entry = |out: &mut Drawing, strength: Strength, text: &str| {
        out.path(&format!("line g-{}", class(strength)), &[vec![(x, y - 4.0), (x + 34.0, y - 4.0)]]);
        out.text(x + 40.0, y, Anchor::Start, "small", text);
        x += 40.0 + 5.4 * text.chars().count() as f64 + 14.0;
    };
    for grade in Grade::ALL {
        let short = grade.meaning().split(", or ").next().unwrap_or("");
        entry(out, Strength::Graded(grade), &format!("{grade}: {short}"));
    }
    entry(out, Strength::Plain, "no number of its own");
    entry(out, Strength::Off, "weight zero by default");
    out.shape("hears", &[(x, y - 9.0), (x + 7.0, y - 4.5), (x, y)]);
    out.text(x + 12.0, y, Anchor::Start, "small", "hears doses or other events");
}

fn draw_block(out: &mut Drawing, block: &Block, placed: &Layout) {
    let Some(first) = block.members.first() else { return };
    let x = placed.places[*first].x - PADDING;
    out.rectangle("block", (x, block.top), (placed.width + 2.0 * PADDING, block.height), 8.0);
    let title = words::title(&block.domain);
    let title = if block.first { title } else { format!("{title}, continued") };
    out.text(x + PADDING, block.top + 15.0, Anchor::Start, "strong muted", &title);
}

fn draw_box(out: &mut Drawing, node: &Node, (x, y): (f64, f64), (width, height): (f64, f64)) {
    out.rectangle("box", (x, y), (width, height), 5.0);
    let (lines, small) = name_lines(node.name(), width);
    let class = if small { "box-name narrow" } else { "box-name" };
    let middle = y + 0.5 * height;
    for (i, line) in lines.iter().enumerate() {
        let below = NAME_LINE * (i as f64 - 0.5 * (lines.len() - 1) as f64);
        out.text(x + 12.0, middle + below + 4.0, Anchor::Start, class, line);
    }
    if !node.events.is_empty() {
        out.shape("hears", &[(x, middle - 4.5), (x + 7.0, middle), (x, middle + 4.5)]);
    }
}

fn draw_link(out: &mut Drawing, wiring: &Wiring, link: &Link, placed: &Layout, k: usize) {
    let route = &placed.routes[k];
    let (first, last) = (route[0], route[route.len() - 1]);
    let inside = placed.places[link.from].column == placed.places[link.to].column;
    let ports: Vec<String> = link.ports.iter().map(|(p, s)| format!("{p} ({})", in_words(*s))).collect();
    let title = format!(
        "{} → {}: {}",
        words::title(wiring.modules[link.from].name()),
        words::title(wiring.modules[link.to].name()),
        ports.join(", ")
    );
    const HEAD: f64 = 6.0;
    let strength = link.strength();
    let mut data = format!("M{} {}", words::coordinate(first.0), words::coordinate(first.1));
    let mut curve = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        let [x1, y1, x2, y2, x3, y3] = [a.0, a.1, b.0, b.1, c.0, c.1].map(words::coordinate);
        data.push_str(&format!("C{x1} {y1} {x2} {y2} {x3} {y3}"));
    };
    // An arrow into the left side points right; one into the right side points left.
    let points_right = !inside && last.0 > first.0;
    let end = (if points_right { last.0 - HEAD } else { last.0 + HEAD }, last.1);
    if inside {
        let reach = 10.0 + 0.16 * (last.1 - first.1).abs().min(160.0);
        let x = first.0 + reach;
        curve((x, first.1), (x.max(end.0 + 0.6 * reach), last.1), end);
    } else {
        let mut at = first;
        for (i, next) in route.iter().enumerate().skip(1) {
            let next = if i + 1 == route.len() { end } else { *next };
            let bend = 0.5 * (next.0 - at.0);
            curve((at.0 + bend, at.1), (next.0 - bend, next.1), next);
            at = next;
        }
    }
    let class = class(strength);
    out.open("link", &title);
    out.raw_path(&format!("wire g-{class}"), &data);
    out.shape(&format!("h-{class}"), &[(end.0, end.1 - 3.2), last, (end.0, end.1 + 3.2)]);
    out.close();
}

fn description(wiring: &Wiring) -> String {
    let mut text =
        String::from("Modules of the model as boxes in domains, from left to right, and the links between them.");
    let mut domains: Vec<(&str, Vec<String>)> = Vec::new();
    for node in &wiring.modules {
        let name = words::title(node.name());
        match domains.iter_mut().find(|(d, _)| *d == node.domain()) {
            Some((_, names)) => names.push(name),
            None => domains.push((node.domain(), vec![name])),
        }
    }
    for (domain, names) in &domains {
        text.push_str(&format!(" {}: {}.", words::title(domain), words::list(names)));
    }
    let kinds = Grade::ALL.map(Strength::Graded).into_iter().chain([Strength::Plain, Strength::Off]);
    for kind in kinds {
        let count = wiring.links.iter().filter(|l| l.strength() == kind).count();
        if count > 0 {
            text.push_str(&format!(" Links with {}: {count}.", in_words(kind)));
        }
    }
    text.push(' ');
    text.push_str(NOT_ADVICE);
    text
}

#[cfg(test)]
mod tests {
    use super::super::layout::HEADER;
    use super::*;
    use resynapse::atlas::Atlas;

    fn whole() -> Wiring {
        let atlas = Atlas::embedded();
        let assembly = resynapse::run::whole(&atlas).expect("the whole assembly");
        Wiring::of(&atlas, assembly).expect("a wiring")
    }

    #[test]
    fn agrees_that_boxes_stand_apart_and_lines_end_at_boxes() {
        let w = whole();
        let placed = layout(&w, 90.0);
        for (i, a) in placed.places.iter().enumerate() {
            for b in &placed.places[i + 1..] {
                let apart = (a.y - b.y).abs() >= 0.5 * (a.height + b.height) - 1e-6;
                assert!(a.column != b.column || apart, "{} meets another box", w.modules[i].path);
            }
            assert!(a.x >= MARGIN && a.x + placed.width <= WIDTH - MARGIN);
            assert!(a.y - 0.5 * a.height >= 90.0 + HEADER - 1e-6 && a.y + 0.5 * a.height <= placed.bottom);
        }
        for (link, route) in w.links.iter().zip(&placed.routes) {
            for (m, point) in [(link.from, route[0]), (link.to, route[route.len() - 1])] {
                let place = placed.places[m];
                assert!((point.1 - place.y).abs() <= 0.5 * place.height, "a line misses {}", w.modules[m].path);
            }
        }
    }

    #[test]
    fn agrees_with_what_leads_to_a_signal() {
        let w = whole();
        let spines = w.leading_to("spine.density").expect("a port");
        let has = |w: &Wiring, name: &str| w.modules.iter().any(|m| m.name() == name);
        assert!(has(&spines, "nmda_trapping_block") && has(&spines, "spine_turnover"));
        assert!(!has(&spines, "madrs") && !has(&spines, "mass_balance"));
        assert!(w.leading_to("spine.densiti").is_none());
    }

    #[test]
    fn agrees_with_the_grade_of_a_link() {
        let w = whole();
        let strength = |from: &str, to: &str| {
            let place = |name: &str| w.modules.iter().position(|m| m.name() == name);
            w.links.iter().find(|l| Some(l.from) == place(from) && Some(l.to) == place(to)).map(Link::strength)
        };
        assert_eq!(strength("ampa_throughput", "spine_turnover"), Some(Strength::Graded(Grade::E)));
        assert_eq!(strength("exercise", "bdnf_release"), Some(Strength::Off));
    }
}
