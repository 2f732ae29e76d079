//! Where the boxes and lines of the wiring lie.
//!
//! Domains follow each other from left to right by how deep in the chain their modules stand; a domain is one or more
//! columns, small domains share one. Lines that pass a column get a lane of their own between its blocks. Heights are
//! found by sweeps: everything wants to be level with what it is linked to, and nothing may overlap.

use super::Wiring;
use crate::figure::label::apart;
use crate::figure::words;
use std::collections::{BTreeMap, BTreeSet};

/// Width of the picture, px.
pub const WIDTH: f64 = 1600.0;
/// Room at the edges.
pub const MARGIN: f64 = 20.0;
/// Height of a box with few links.
const BOX: f64 = 34.0;
/// Sizes of letters in a box, and height of a line.
const NAME: f64 = 11.5;
const SMALL_NAME: f64 = 10.0;
pub const NAME_LINE: f64 = 13.0;
/// Each link needs this much of a box's side.
const PER_LINK: f64 = 5.0;
/// Room between boxes of a block.
const GAP: f64 = 9.0;
/// Room above the first box of a block, for its title.
pub const HEADER: f64 = 22.0;
/// Room around the boxes of a block.
pub const PADDING: f64 = 8.0;
/// Room between blocks, and between a block and a passing line.
const BETWEEN: f64 = 16.0;
/// Room for a passing line.
const LANE: f64 = 7.0;
/// A column holds at least so many boxes before the next is begun.
const FEWEST_ROWS: usize = 3;
/// How much higher columns may become, in boxes, to keep links between columns.
const FURTHER_ROWS: usize = 10;
/// Columns that fit beside each other.
const MOST_COLUMNS: usize = 9;

/// A box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Left edge.
    pub x: f64,
    /// Middle.
    pub y: f64,
    /// Height.
    pub height: f64,
    /// Column.
    pub column: usize,
}

/// Boxes of one domain in one column.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The domain.
    pub domain: String,
    /// True for the first column of its domain.
    pub first: bool,
    /// Column.
    pub column: usize,
    /// Modules, from top to bottom.
    pub members: Vec<usize>,
    /// Top edge.
    pub top: f64,
    /// Height.
    pub height: f64,
}

/// Everything placed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layout {
    /// Width of a box.
    pub width: f64,
    /// Boxes, in the order of modules.
    pub places: Vec<Place>,
    /// Blocks.
    pub blocks: Vec<Block>,
    /// For each link the points it passes, from the side of one box to the side of the other; two points a column that
    /// is passed. Links inside a column have their two ends.
    pub routes: Vec<Vec<(f64, f64)>>,
    /// Lower end of the picture.
    pub bottom: f64,
}

/// Something that takes room in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    Block(usize),
    /// Links from one module (to the left if backward) pass here.
    Lane(usize, bool),
}

/// Places everything below `top`.
pub fn layout(wiring: &Wiring, top: f64) -> Layout {
    let n = wiring.modules.len();
    let depth = depths(wiring);
    let mut blocks = blocks(wiring, &depth);
    let columns = blocks.iter().map(|b| b.column + 1).max().unwrap_or(1);
    let pitch = (WIDTH - 2.0 * MARGIN) / columns.max(4) as f64;
    let width = (pitch * 0.71).min(150.0);
    let heights: Vec<f64> = (0..n).map(|m| box_height(wiring, m, width)).collect();
    let mut column = vec![0; n];
    for b in &blocks {
        b.members.iter().for_each(|m| column[*m] = b.column);
    }
    let mut items: Vec<Vec<Item>> = vec![Vec::new(); columns];
    for (i, b) in blocks.iter().enumerate() {
        items[b.column].push(Item::Block(i));
    }
    let mut lanes: BTreeSet<(usize, Item)> = BTreeSet::new();
    for link in &wiring.links {
        let (a, b) = (column[link.from], column[link.to]);
        let backward = b < a;
        lanes.extend((a.min(b) + 1..a.max(b)).map(|c| (c, Item::Lane(link.from, backward))));
    }
    for (c, lane) in &lanes {
        items[*c].push(*lane);
    }
    let size = |item: &Item, blocks: &[Block]| match item {
        Item::Block(b) => {
            let boxes: f64 = blocks[*b].members.iter().map(|m| heights[*m] + GAP).sum();
            HEADER + PADDING + boxes + BETWEEN
        }
        Item::Lane(..) => LANE,
    };
    let tallest = (0..columns).map(|c| items[c].iter().map(|i| size(i, &blocks)).sum::<f64>()).fold(0.0, f64::max);
    let bottom = top + tallest * 1.04 + 10.0;

    // First all stand in the middle; each sweep moves them towards what they are linked to.
    let mut y: Vec<f64> = (0..n).map(|m| top + tallest * (m as f64 + 0.5) / n.max(1) as f64).collect();
    let mut lane_y: BTreeMap<(usize, Item), f64> = lanes.iter().map(|l| (*l, 0.5 * (top + bottom))).collect();
    const SWEEPS: usize = 24;
    for sweep in 0..SWEEPS {
        let order: Vec<usize> = if sweep % 2 == 0 { (0..columns).collect() } else { (0..columns).rev().collect() };
        for c in order {
            let wishes = wishes(wiring, &column, &y, &lane_y, c);
            let mut wanted = Vec::new();
            for item in &items[c] {
                wanted.push(match item {
                    Item::Block(b) => {
                        let members = &mut blocks[*b].members;
                        members.sort_by(|p, q| wishes[&End::Box(*p)].total_cmp(&wishes[&End::Box(*q)]).then(p.cmp(q)));
                        members.iter().map(|m| wishes[&End::Box(*m)]).sum::<f64>() / members.len().max(1) as f64
                    }
                    lane => wishes[&End::Lane(*lane)],
                });
            }
            let sizes: Vec<f64> = items[c].iter().map(|i| size(i, &blocks)).collect();
            let centres = apart(&wanted, &sizes, top, bottom);
            for ((item, centre), size) in items[c].iter().zip(&centres).zip(&sizes) {
                match item {
                    Item::Block(b) => {
                        let block = &mut blocks[*b];
                        block.top = centre - 0.5 * (size - BETWEEN);
                        block.height = size - BETWEEN;
                        let mut at = block.top + HEADER;
                        for m in &block.members {
                            y[*m] = at + 0.5 * heights[*m];
                            at += heights[*m] + GAP;
                        }
                    }
                    lane => drop(lane_y.insert((c, *lane), *centre)),
                }
            }
        }
    }
    let x_of = |c: usize| MARGIN + pitch * (c as f64 + 0.5) - 0.5 * width;
    let places: Vec<Place> =
        (0..n).map(|m| Place { x: x_of(column[m]), y: y[m], height: heights[m], column: column[m] }).collect();
    let routes = routes(wiring, &places, &lane_y, width, &x_of);
    Layout { width, places, blocks, routes, bottom }
}

/// What has a wish of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Box(usize),
    Lane(Item),
}

/// Mean height of what each box or lane of a column is linked to; its own height where it is linked to nothing.
fn wishes(
    wiring: &Wiring,
    column: &[usize],
    y: &[f64],
    lane_y: &BTreeMap<(usize, Item), f64>,
    c: usize,
) -> BTreeMap<End, f64> {
    let mut sums: BTreeMap<End, (f64, f64)> = BTreeMap::new();
    let mut pull = |end: End, target: f64| {
        let s = sums.entry(end).or_default();
        *s = (s.0 + target, s.1 + 1.0);
    };
    for link in &wiring.links {
        let (a, b) = (column[link.from], column[link.to]);
        let backward = b < a;
        let at = |k: usize| match k {
            k if k == a => y[link.from],
            k if k == b => y[link.to],
            k => lane_y[&(k, Item::Lane(link.from, backward))],
        };
        if a == b {
            if a == c {
                // Giver above taker, a little.
                pull(End::Box(link.from), y[link.to] - BOX);
                pull(End::Box(link.to), y[link.from] + BOX);
            }
            continue;
        }
        let (low, high) = (a.min(b), a.max(b));
        if !(low..=high).contains(&c) {
            continue;
        }
        let end = match c {
            c if c == a => End::Box(link.from),
            c if c == b => End::Box(link.to),
            _ => End::Lane(Item::Lane(link.from, backward)),
        };
        if c > low {
            pull(end, at(c - 1));
        }
        if c < high {
            pull(end, at(c + 1));
        }
    }
    let mut out: BTreeMap<End, f64> = sums.into_iter().map(|(end, (sum, count))| (end, sum / count)).collect();
    for (m, place) in column.iter().enumerate() {
        if *place == c {
            out.entry(End::Box(m)).or_insert(y[m]);
        }
    }
    out
}

/// The name of a module in lines that fit its box, and whether they need the smaller letters.
pub fn name_lines(name: &str, width: f64) -> (Vec<String>, bool) {
    let title = words::title(name);
    let fits = |size: f64| ((width - 16.0) / (0.59 * size)).floor() as usize;
    let longest = title.split(' ').map(|w| w.chars().count()).max().unwrap_or(0);
    let small = longest > fits(NAME);
    (words::folded(&title, fits(if small { SMALL_NAME } else { NAME })), small)
}

fn box_height(wiring: &Wiring, m: usize, width: f64) -> f64 {
    let lines = name_lines(wiring.modules[m].name(), width).0.len();
    let text = NAME_LINE * lines as f64 + 8.0;
    let sources = wiring.links.iter().filter(|l| l.to == m).count();
    let targets = wiring.links.iter().filter(|l| l.from == m).count();
    BOX.max(text).max(PER_LINK * (sources.max(targets) + 2) as f64)
}

/// How many modules stand before each on the longest way that does not turn back. A module that nothing leads to stands
/// right before the first it leads to.
fn depths(wiring: &Wiring) -> Vec<usize> {
    let n = wiring.modules.len();
    let onward = forward_links(wiring);
    let mut depth: Vec<usize> = vec![0; n];
    for _ in 0..n {
        let mut moved = false;
        for (from, to) in &onward {
            if depth[*to] < depth[*from] + 1 {
                depth[*to] = depth[*from] + 1;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    for m in (0..n).filter(|m| !onward.iter().any(|(_, to)| to == m)).collect::<Vec<_>>() {
        let next = onward.iter().filter(|(from, _)| *from == m).map(|(_, to)| depth[*to]).min();
        depth[m] = next.map_or(0, |d| d.saturating_sub(1));
    }
    depth
}

/// Links without those that close a circle, found by walking from every module in the order of the assembly.
fn forward_links(wiring: &Wiring) -> Vec<(usize, usize)> {
    fn walk(wiring: &Wiring, m: usize, state: &mut [u8], kept: &mut Vec<(usize, usize)>) {
        state[m] = 1;
        for link in wiring.links.iter().filter(|l| l.from == m && l.to != m) {
            if state[link.to] == 1 {
                continue;
            }
            kept.push((m, link.to));
            if state[link.to] == 0 {
                walk(wiring, link.to, state, kept);
            }
        }
        state[m] = 2;
    }
    let mut kept = Vec::new();
    let mut state = vec![0; wiring.modules.len()];
    for m in 0..wiring.modules.len() {
        if state[m] == 0 {
            walk(wiring, m, &mut state, &mut kept);
        }
    }
    kept
}

/// Domains in columns.
fn blocks(wiring: &Wiring, depth: &[usize]) -> Vec<Block> {
    let mut domains: Vec<(String, Vec<usize>)> = Vec::new();
    for (m, node) in wiring.modules.iter().enumerate() {
        match domains.iter_mut().find(|(name, _)| name == node.domain()) {
            Some((_, members)) => members.push(m),
            None => domains.push((node.domain().to_string(), vec![m])),
        }
    }
    for (_, members) in &mut domains {
        members.sort_by_key(|m| (depth[*m], *m));
    }
    let mut order: Vec<usize> = (0..domains.len()).collect();
    let middle = |d: usize| domains[d].1.get(domains[d].1.len() / 2).map_or(0, |m| depth[*m]);
    order.sort_by_key(|d| (middle(*d), *d));
    let domain_of = |m: usize| domains.iter().position(|(_, members)| members.contains(&m)).unwrap_or(0);
    let links: Vec<(usize, usize)> = wiring.links.iter().map(|l| (domain_of(l.from), domain_of(l.to))).collect();
    let order = settled(order, &links);
    let domains: Vec<(String, Vec<usize>)> = order.into_iter().map(|d| domains[d].clone()).collect();
    let inside =
        |column: &[usize]| wiring.links.iter().filter(|l| column.contains(&l.from) && column.contains(&l.to)).count();
    let fewest = FEWEST_ROWS.max(wiring.modules.len().div_ceil(MOST_COLUMNS));
    let tries = (fewest..=fewest + FURTHER_ROWS).map(|rows| divided(&domains, rows, &inside));
    tries.min_by_key(|(cost, _)| *cost).map(|(_, blocks)| blocks).unwrap_or_default()
}

/// Domains in columns of about `rows` boxes, one after the other cut into more columns as long as that takes links out
/// of columns and there is room; with what the outcome costs.
fn divided(domains: &[(String, Vec<usize>)], rows: usize, inside: &dyn Fn(&[usize]) -> usize) -> (usize, Vec<Block>) {
    // A column more is worth this many links inside columns; a row more, this many.
    const TOO_WIDE: usize = 1000;
    const HIGHER: usize = 3;
    let cost = |blocks: &[Block]| {
        let columns = blocks.iter().map(|b| b.column + 1).max().unwrap_or(0);
        let boxes = |c: usize| blocks.iter().filter(|b| b.column == c).map(|b| b.members.len() + 1).sum::<usize>();
        let highest = (0..columns).map(boxes).max().unwrap_or(0);
        let links: usize = blocks.iter().map(|b| inside(&b.members)).sum();
        TOO_WIDE * columns.saturating_sub(MOST_COLUMNS) + HIGHER * highest + links
    };
    let mut parts = vec![1; domains.len()];
    let mut best = packed(domains, &parts, rows);
    let mut least = cost(&best);
    loop {
        let mut better = None;
        for d in 0..domains.len() {
            let mut tried = parts.clone();
            tried[d] += 1;
            let blocks = packed(domains, &tried, rows);
            let c = cost(&blocks);
            if c < least && tried[d] <= domains[d].1.len() {
                (least, better) = (c, Some((tried, blocks)));
            }
        }
        match better {
            Some((tried, blocks)) => (parts, best) = (tried, blocks),
            None => return (least, best),
        }
    }
}

/// An order in which few links turn back and none reaches far: one domain at a time is moved to where that is best,
/// until no move helps.
fn settled(mut order: Vec<usize>, links: &[(usize, usize)]) -> Vec<usize> {
    const TURNING_BACK: usize = 1000;
    let cost = |order: &[usize]| -> usize {
        let at = |d: usize| order.iter().position(|x| *x == d).unwrap_or(0);
        let one = |(from, to): &(usize, usize)| {
            let (a, b) = (at(*from), at(*to));
            if b < a { TURNING_BACK + a - b } else { b - a }
        };
        links.iter().map(one).sum()
    };
    let mut least = cost(&order);
    loop {
        let mut best: Option<Vec<usize>> = None;
        for from in 0..order.len() {
            for to in 0..order.len() {
                let mut moved = order.clone();
                let domain = moved.remove(from);
                moved.insert(to, domain);
                let c = cost(&moved);
                if c < least {
                    (least, best) = (c, Some(moved));
                }
            }
        }
        match best {
            Some(better) => order = better,
            None => return order,
        }
    }
}

/// Domains in columns: each cut into its parts, small ones sharing a column of at most `rows` boxes.
fn packed(domains: &[(String, Vec<usize>)], parts: &[usize], rows: usize) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut column = 0;
    let mut used = 0;
    for ((domain, members), parts) in domains.iter().zip(parts) {
        if used > 0 && (*parts > 1 || used + members.len() > rows) {
            column += 1;
            used = 0;
        }
        for (k, part) in members.chunks(members.len().div_ceil(*parts)).enumerate() {
            if k > 0 {
                column += 1;
                used = 0;
            }
            used += part.len();
            out.push(Block {
                domain: domain.clone(),
                first: k == 0,
                column,
                members: part.to_vec(),
                top: 0.0,
                height: 0.0,
            });
        }
    }
    out
}

fn routes(
    wiring: &Wiring,
    places: &[Place],
    lane_y: &BTreeMap<(usize, Item), f64>,
    width: f64,
    x_of: &dyn Fn(usize) -> f64,
) -> Vec<Vec<(f64, f64)>> {
    let mut routes: Vec<Vec<(f64, f64)>> = Vec::new();
    for link in &wiring.links {
        let (a, b) = (places[link.from], places[link.to]);
        let (right, left) = (|p: &Place| p.x + width, |p: &Place| p.x);
        let backward = b.column < a.column;
        let mut points = vec![(if backward { left(&a) } else { right(&a) }, a.y)];
        let between: Vec<usize> = match backward {
            true => (b.column + 1..a.column).rev().collect(),
            false => (a.column + 1..b.column).collect(),
        };
        for c in between {
            let y = lane_y[&(c, Item::Lane(link.from, backward))];
            let ends = [x_of(c), x_of(c) + width];
            points.extend(if backward { [(ends[1], y), (ends[0], y)] } else { [(ends[0], y), (ends[1], y)] });
        }
        points.push((if backward || a.column == b.column { right(&b) } else { left(&b) }, b.y));
        routes.push(points);
    }
    for (m, place) in places.iter().enumerate() {
        for side in [place.x, place.x + width] {
            spread_ends(wiring, &mut routes, m, place, side);
        }
    }
    routes
}

/// Lines that arrive on one side of a box stand apart, in the order in which they come. Those that leave share one
/// point: they are one signal.
fn spread_ends(wiring: &Wiring, routes: &mut [Vec<(f64, f64)>], m: usize, place: &Place, side: f64) {
    let mut here: Vec<(usize, f64)> = Vec::new();
    for (k, _) in wiring.links.iter().enumerate().filter(|(_, l)| l.to == m) {
        if let [.., before, end] = routes[k].as_slice()
            && (end.0 - side).abs() < 1e-6
        {
            here.push((k, before.1));
        }
    }
    if here.len() < 2 {
        return;
    }
    here.sort_by(|p, q| p.1.total_cmp(&q.1).then(p.0.cmp(&q.0)));
    let between = (here.len() - 1) as f64;
    let step = ((place.height - 10.0) / between).min(2.0 * PER_LINK);
    for (i, (k, _)) in here.iter().enumerate() {
        if let Some(end) = routes[*k].last_mut() {
            end.1 = place.y + step * (i as f64 - 0.5 * between);
        }
    }
}
