//! The reference page of one module.

use super::MADE;
use super::latex::{self, Line, Names, Piece, block, legend, pieces, rate};
use super::response::Shown;
use model::expand::Instance;
use model::ledger::{Grade, Law, Ledger, Row, Source, Spread};
use model::library::Contexts;
use model::syntax::{Binder, Effect, EffectKind, Expr, Item, Merge, Module};
use resynapse::atlas::Atlas;
use resynapse_cli::figure::{Wiring, name_in_words};
use std::collections::{BTreeMap, BTreeSet};

/// Everything a page is written from.
pub struct Page<'a> {
    atlas: &'a Atlas,
    path: &'a str,
    module: &'a Module,
    wiring: &'a Wiring,
    instances: Vec<Instance>,
    names: Names,
}

/// Rows per grade of the numbers a module names.
pub fn grades(atlas: &Atlas, instances: &[Instance]) -> BTreeMap<Grade, usize> {
    let mut counts: BTreeMap<Grade, usize> = BTreeMap::new();
    let ids: BTreeSet<&String> = instances.iter().flat_map(|i| &i.parameters).map(|p| &p.name.value).collect();
    for id in ids {
        if let Ok(Some(row)) = atlas.library.ledger.select(id, &Contexts::new()) {
            *counts.entry(row.grade()).or_default() += 1;
        }
    }
    counts
}

/// The page of a module, with its figure if it has one.
pub fn page(atlas: &Atlas, wiring: &Wiring, path: &str, module: &Module, shown: Option<&Shown>) -> String {
    let instances = model::expand::expand(module, &atlas.library.families, &mut Vec::new());
    let ports = module.requires.iter().map(|r| r.value.name.value.as_str());
    let ports = ports.chain(module.provides.iter().map(|p| p.value.name.value.as_str()));
    let others = module.parameters.iter().map(|p| p.value.name.value.as_str());
    let others = others.chain(module.states.iter().map(|s| s.value.name.value.as_str()));
    let others = others.chain(module.lets.iter().map(|l| l.value.name.value.as_str()));
    let names = Names::new(ports, others);
    let page = Page { atlas, path, module, wiring, instances, names };
    let mut out = page.head();
    out.push_str(&page.figure(shown));
    out.push_str(&page.equations());
    out.push_str(&page.events());
    out.push_str(&page.ports());
    out.push_str(&page.states());
    out.push_str(&page.numbers());
    out.push_str(&page.end());
    out
}

impl Page<'_> {
    fn head(&self) -> String {
        let title = name_in_words(self.path.rsplit('/').next().unwrap_or(self.path));
        let counts = grades(self.atlas, &self.instances);
        let listed: Vec<String> = counts.iter().map(|(g, n)| format!("{n} of grade {g}")).collect();
        let numbers = if listed.is_empty() { "no numbers".into() } else { format!("numbers: {}", listed.join(", ")) };
        let each = match &self.module.instance {
            Some(b) => format!(" One instance for each {}.", self.members(b)),
            None => String::new(),
        };
        format!(
            "{MADE}# {title}\n[`{0}`](../../../../atlas/models/{0}.mech), {numbers}.{each}\n[All mechanisms](../../modules.md)\n\n{1}\n",
            self.path,
            prose(&self.module.about)
        )
    }

    fn figure(&self, shown: Option<&Shown>) -> String {
        let title = name_in_words(self.path.rsplit('/').next().unwrap_or(self.path));
        match shown {
            Some(shown) => format!(
                "\n## Rest and response\n![{title}: what goes in and what comes out over time](../../../figures/modules/{}.svg)\n\n{}.\n",
                self.path, shown.caption
            ),
            None if self.module.provides.iter().all(|p| p.value.name.value.starts_with("group.")) => {
                "\n## Rest and response\nA figure for groups: no course of one person is drawn.\n".into()
            }
            None => "\n## Rest and response\nNothing that can be made to happen here moves this module: it hears no event, and what leads to it stays at rest.\n".into(),
        }
    }

    fn members(&self, binder: &Binder) -> String {
        let members = self.atlas.library.families.0.get(&binder.family.value).cloned().unwrap_or_default();
        let (variable, family) = (&binder.variable.value, &binder.family.value);
        format!("`{variable}` of {}: {}", family.replace('_', " "), members.join(", "))
    }

    fn each(&self, binders: &[Binder]) -> String {
        if binders.is_empty() {
            return String::new();
        }
        let all: Vec<String> = binders.iter().map(|b| self.members(b)).collect();
        format!("For each {}\n\n", all.join("; each "))
    }

    /// Items in blocks of equal binders, in order.
    fn blocks<T>(&self, items: &[Item<T>], line: impl Fn(&T) -> Line) -> String {
        let mut out = String::new();
        let mut i = 0;
        while i < items.len() {
            let binders = &items[i].binders;
            let same = |other: &Item<T>| variables(&other.binders) == variables(binders);
            let end = i + items[i..].iter().take_while(|x| same(x)).count();
            out.push_str(&self.each(binders));
            let lines: Vec<Line> = items[i..end].iter().map(|x| line(&x.value)).collect();
            out.push_str(&block(&lines));
            out.push('\n');
            i = end;
        }
        out
    }

    fn equals(&self, left: Piece, value: &Expr) -> Line {
        Line { left, sign: "=", right: pieces(value, &self.names) }
    }

    fn equations(&self) -> String {
        let m = self.module;
        let mut out = String::from("\n## Equations\n");
        if !m.equations.is_empty() {
            let line = |e: &model::syntax::Equation| self.equals(rate(&self.names.symbol(&e.state.value)), &e.value);
            out.push_str(&self.blocks(&m.equations, line));
        }
        if !m.lets.is_empty() {
            out.push_str(if m.equations.is_empty() { "" } else { "with\n\n" });
            out.push_str(&self.blocks(&m.lets, |l| self.equals(self.names.symbol(&l.name.value), &l.value)));
        }
        if !m.provides.is_empty() {
            out.push_str("It gives\n\n");
            out.push_str(&self.blocks(&m.provides, |p| self.equals(self.names.symbol(&p.name.value), &p.value)));
        }
        let effects = m.events.iter().flat_map(|e| &e.effects).flat_map(|e| match &e.value.kind {
            EffectKind::Assign(value) => vec![value],
            EffectKind::Add { amount, over, after } => {
                [Some(amount), over.as_ref(), after.as_ref()].into_iter().flatten().collect()
            }
        });
        let all = m.equations.iter().map(|e| &e.value.value).chain(m.lets.iter().map(|l| &l.value.value));
        let all = all.chain(m.provides.iter().map(|p| &p.value.value)).chain(effects);
        let mut told = legend(all);
        if m.provides.iter().any(|p| self.shared(&p.value.name.value)) {
            told.push("Where several modules give one port, its value is their sum or product; the equation is this module's part.");
        }
        told.iter().for_each(|line| out.push_str(&format!("{line}\n")));
        out
    }

    /// Whether other modules provide a port too.
    fn shared(&self, port: &str) -> bool {
        let number = self.wiring.modules.iter().position(|m| m.path == self.path);
        self.wiring.links.iter().any(|l| Some(l.from) != number && l.ports.keys().any(|p| matches(port, p)))
    }

    fn events(&self) -> String {
        if self.module.events.is_empty() {
            return String::new();
        }
        let mut out = String::from("\n## Events\n");
        for event in &self.module.events {
            out.push_str(&format!("On `{}` (amount in {}):\n\n", event.name.value, event.unit.value));
            out.push_str(&self.blocks(&event.effects, |e| self.effect(e)));
        }
        out
    }

    fn effect(&self, effect: &Effect) -> Line {
        let state = self.names.symbol(&effect.state.value);
        let (right, sign) = match &effect.kind {
            EffectKind::Assign(value) => (pieces(value, &self.names), r"\leftarrow"),
            EffectKind::Add { amount, over, after } => {
                let mut all = pieces(amount, &self.names);
                for (word, value) in [("over", over), ("after", after)] {
                    let Some(value) = value else { continue };
                    let p = latex::piece(value, &self.names);
                    let text = format!(r"\quad\text{{{word}}}\quad {}", p.text);
                    all.push(Piece { text, width: p.width + 8.0 });
                }
                (all, r"\mathrel{+}=")
            }
        };
        Line { left: state, sign, right }
    }

    fn ports(&self) -> String {
        let m = self.module;
        let mut out = String::new();
        let number = self.wiring.modules.iter().position(|n| n.path == self.path);
        let partners = |port: &str, gives: bool| -> String {
            let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
            for link in &self.wiring.links {
                let (own, other) = if gives { (link.from, link.to) } else { (link.to, link.from) };
                if Some(own) == number && link.ports.keys().any(|p| matches(port, p)) && seen.insert(other) {
                    let path = &self.wiring.modules[other].path;
                    let title = name_in_words(path.rsplit('/').next().unwrap_or(path));
                    found.push(format!("[{title}](../{path}.md)"));
                }
            }
            found.join(", ")
        };
        if !m.requires.is_empty() {
            out.push_str(
                "\n## Needs\n| port | unit | of several | at rest | given by | meaning |\n|---|---|---|---|---|---|\n",
            );
            for r in &m.requires {
                let r = &r.value;
                let rest = r.rest.unwrap_or(if r.merge == Merge::Product { 1.0 } else { 0.0 });
                out.push_str(&row(&[
                    format!("`{}`", r.name.value),
                    r.unit.value.clone(),
                    r.merge.keyword().into(),
                    format!("{rest}"),
                    partners(&r.name.value, false),
                    cell(&r.doc),
                ]));
            }
        }
        if !m.provides.is_empty() {
            out.push_str("\n## Gives\n| port | unit | used by | meaning |\n|---|---|---|---|\n");
            for p in &m.provides {
                let p = &p.value;
                out.push_str(&row(&[
                    format!("`{}`", p.name.value),
                    p.unit.value.clone(),
                    partners(&p.name.value, true),
                    cell(&p.doc),
                ]));
            }
        }
        out
    }

    fn states(&self) -> String {
        if self.module.states.is_empty() {
            return String::new();
        }
        let mut out = String::from("\n## States\n| state | symbol | unit | start | meaning |\n|---|---|---|---|---|\n");
        for s in &self.module.states {
            let s = &s.value;
            let start = s.start.as_ref().map_or("at rest".into(), |e| format!("{e}"));
            let symbol = format!("$`{}`$", self.names.symbol(&s.name.value).text);
            out.push_str(&row(&[
                format!("`{}`", s.name.value),
                symbol,
                s.unit.value.clone(),
                cell(&start),
                cell(&s.doc),
            ]));
        }
        out
    }

    fn numbers(&self) -> String {
        if self.module.parameters.is_empty() {
            return String::new();
        }
        let mut out = String::from(
            "\n## Numbers\n| id | symbol | value | uncertainty | between people | grade | source | note |\n|---|---|---|---|---|---|---|---|\n",
        );
        let ledger = &self.atlas.library.ledger;
        let ids: BTreeSet<&str> =
            self.instances.iter().flat_map(|i| &i.parameters).map(|p| p.name.value.as_str()).collect();
        let mut written = BTreeSet::new();
        for p in &self.module.parameters {
            let pattern = &p.value.name.value;
            let symbol = format!("$`{}`$", self.names.symbol(pattern).text);
            for id in ids.iter().filter(|id| matches(pattern, id)) {
                if !written.insert(*id) {
                    continue;
                }
                let mut rows: Vec<&Row> = ledger.rows_of(id).collect();
                rows.sort_by_key(|r| !r.context.is_empty());
                for r in rows {
                    out.push_str(&self.number(ledger, r, &symbol, &p.value.doc));
                }
            }
        }
        out
    }

    fn number(&self, ledger: &Ledger, r: &Row, symbol: &str, doc: &str) -> String {
        let plain = r.context.is_empty();
        let id = if plain { format!("`{}`", r.id) } else { format!("`{}` with `{}`", r.id, r.context_text()) };
        let what = if plain && !doc.is_empty() { format!("{}. ", sentence_start(doc)) } else { String::new() };
        let source = ledger.source(&r.source_key).map_or_else(|| r.source_key.clone(), cite);
        let place = if r.locator.is_empty() { String::new() } else { format!(", {}", r.locator) };
        row(&[
            id,
            if plain { symbol.to_string() } else { String::new() },
            format!("{} {}", r.value, if r.unit.text == "1" { "" } else { &r.unit.text }).trim().to_string(),
            spread(&r.uncertainty),
            spread(&r.variability),
            r.grade().to_string(),
            format!("{source}{}", cell(&place)),
            cell(&format!("{what}{}", r.note)),
        ])
    }

    fn end(&self) -> String {
        let mut out = format!("\n## Limits\n{}\n", prose(&self.module.limits));
        let mut listed = String::new();
        for key in &self.module.references {
            let Some(s) = self.atlas.library.ledger.source(&key.value) else { continue };
            let title = if s.title.is_empty() { String::new() } else { format!(" {}.", s.title.trim_end_matches('.')) };
            let read = if s.read_as.is_empty() { String::new() } else { format!(" {}", s.read_as) };
            listed.push_str(&format!("- {}.{}{}\n", cite(s), prose(&title), prose(&read)));
        }
        if !listed.is_empty() {
            out.push_str(&format!("\n## References\n{listed}"));
        }
        out.push_str("\nA model, not medical advice; it cannot say what will happen to you.\n");
        out
    }
}

fn variables(binders: &[Binder]) -> Vec<&str> {
    binders.iter().map(|b| b.variable.value.as_str()).collect()
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Text on one line that does not break a table.
pub fn cell(text: &str) -> String {
    prose(&text.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "\\|")
}

/// Text in which nothing is taken for markup; indented lines stay as they are.
fn prose(text: &str) -> String {
    let line = |line: &str| {
        if line.starts_with("    ") {
            return line.to_string();
        }
        let mut out = String::new();
        let mut code = false;
        for c in line.chars() {
            code ^= c == '`';
            if !code && matches!(c, '*' | '_' | '<' | '$' | '[' | ']' | '~') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    text.trim_matches('\n').lines().map(line).collect::<Vec<_>>().join("\n")
}

fn sentence_start(text: &str) -> String {
    let mut rest = text.trim_end_matches('.').chars();
    rest.next().map_or(String::new(), |c| c.to_uppercase().chain(rest).collect())
}

/// A source as a link.
fn cite(s: &Source) -> String {
    let name = format!("{} {}", s.authors, s.year);
    let name = prose(if name.trim().is_empty() { &s.key } else { name.trim() });
    match s.address.as_str() {
        doi if doi.starts_with("10.") => {
            format!("[{name}](https://doi.org/{})", doi.replace('(', "%28").replace(')', "%29"))
        }
        url if url.starts_with("http") => format!("[{name}]({})", url.replace('(', "%28").replace(')', "%29")),
        "" => name,
        other => format!("{name} ({})", prose(other)),
    }
}

fn spread(s: &Spread) -> String {
    match s.law {
        Law::None => String::new(),
        Law::Normal => format!("± {}", s.size),
        Law::LogNormal => format!("log sd {}", s.size),
        Law::LogitNormal => format!("logit sd {}", s.size),
    }
}

/// Whether a name is a member of a pattern such as `brain.{l}`.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((before, rest)) = pattern.split_once('{') else { return pattern == name };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let Some(tail) = name.strip_prefix(before) else { return false };
    (1..=tail.len()).any(|end| tail.is_char_boundary(end) && !tail[..end].contains('.') && matches(after, &tail[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_members_of_a_family() {
        assert!(matches("nmda.{p}.{l}.k_on", "nmda.pv.ketamine_s.k_on"));
        assert!(matches("plasma.{d}", "plasma.escitalopram"));
        assert!(!matches("plasma.{d}", "plasma.arterial.ketamine_s"));
        assert!(!matches("nmda.{p}.k_on", "nmda.pv.k_off"));
        assert!(matches("mood.state", "mood.state"));
    }

    #[test]
    fn agrees_that_text_is_not_taken_for_markup() {
        assert_eq!(prose("a*b and `c_d` <e>\n\n    x' = a*b"), "a\\*b and `c_d` \\<e>\n\n    x' = a*b");
        assert_eq!(cell("a | b\nc"), "a \\| b c");
    }
}
