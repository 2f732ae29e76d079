//! What is given and when: doses, written as a sentence or in a protocol.
//!
//! ```
//! let atlas = resynapse::atlas::Atlas::embedded();
//! let mut map = model::source::SourceMap::default();
//! let regimen = resynapse::regimen::sentence(&atlas, &mut map, "esketamine 84 mg nasal twice weekly for 4 weeks").unwrap();
//! assert_eq!(regimen.doses.len(), 8);
//! assert_eq!(regimen.doses[1].at_h, 72.0);
//! ```

use crate::atlas::{Atlas, route_hint};
use crate::compound::route_name;
use crate::happening::Happening;
use crate::quantity::{self, Amount};
use model::diagnostic::Diagnostic;
use model::source::{FileId, SourceMap, Span};
use model::unit::Unit;

/// The most doses one regimen may hold.
const MOST_DOSES: usize = 20_000;

/// One dose.
#[derive(Clone, Debug, PartialEq)]
pub struct Dose {
    /// Compound name.
    pub compound: String,
    /// Form, as named in the compound (`base` if unsaid).
    pub form: String,
    /// Route name.
    pub route: String,
    /// How much.
    pub amount: Amount,
    /// Duration, h; 0 for a bolus or a swallowed dose.
    pub over_h: f64,
    /// When, hours after the start.
    pub at_h: f64,
}

/// All doses of one arm, in order of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Regimen {
    /// As it was written.
    pub text: String,
    /// The doses.
    pub doses: Vec<Dose>,
    /// What happens besides them.
    pub happenings: Vec<Happening>,
}

impl Regimen {
    /// What is left when nothing is given: the stressors of the person's life.
    pub fn untreated(&self) -> Regimen {
        let happenings = self.happenings.iter().filter(|h| h.of_life()).cloned().collect();
        Regimen { happenings, ..Regimen::default() }
    }
    /// The time of the last dose, h; 0 without doses.
    pub fn last_h(&self) -> f64 {
        self.doses.iter().map(|d| d.at_h).fold(0.0, f64::max)
    }
}

/// Reads a dose sentence: `DRUG AMOUNT [FORM] ROUTE [over TIME | bolus] [how often] [for TIME] [at MOMENT]`; several are
/// joined with `then` (after the one before), `and` or `;` (beside it). Everything wrong with it is reported at once.
pub fn sentence(atlas: &Atlas, map: &mut SourceMap, text: &str) -> Result<Regimen, Vec<Diagnostic>> {
    let file = map.add("dose sentence", text);
    let mut reader = Reader { atlas, file, diagnostics: Vec::new() };
    let mut regimen = Regimen { text: text.trim().to_string(), ..Regimen::default() };
    let mut clause = Vec::new();
    let mut start_h = 0.0;
    let mut words = words(text);
    words.push((text.len(), ";"));
    for (at, word) in words {
        if matches!(word, "then" | ";" | "and" | "+") {
            let end_h = reader.clause(&clause, start_h, &mut regimen.doses);
            if word == "then" {
                start_h = end_h;
            }
            clause.clear();
        } else {
            clause.push((at, word));
        }
    }
    if regimen.doses.is_empty() && reader.diagnostics.is_empty() {
        let hint = "as in `ketamine 0.5 mg/kg iv over 40 min`";
        reader.error(Span::new(file, 0, text.len()), "RS6101", "the dose sentence is empty", hint);
    }
    regimen.doses.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
    if reader.diagnostics.is_empty() { Ok(regimen) } else { Err(reader.diagnostics) }
}

/// Words with their byte offsets; a comma or semicolon ends a word.
fn words(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = None;
    for (i, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let separator = c.is_whitespace() || c == ',' || c == ';';
        match start {
            None if !separator => start = Some(i),
            Some(s) if separator => {
                out.push((s, &text[s..i]));
                start = None;
            }
            _ => {}
        }
        if c == ';' {
            out.push((i, ";"));
        }
    }
    out
}

struct Reader<'a> {
    atlas: &'a Atlas,
    file: FileId,
    diagnostics: Vec<Diagnostic>,
}

type Word<'t> = (usize, &'t str);

impl Reader<'_> {
    fn error(&mut self, span: Span, code: &'static str, message: impl Into<String>, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message, hint));
    }

    fn span(&self, words: &[Word<'_>]) -> Span {
        match (words.first(), words.last()) {
            (Some((a, _)), Some((b, w))) => Span::new(self.file, *a, b + w.len()),
            _ => Span::new(self.file, 0, 0),
        }
    }

    /// Reads one clause, appends its doses and returns when its course ends.
    fn clause(&mut self, words: &[Word<'_>], start_h: f64, out: &mut Vec<Dose>) -> f64 {
        let Some(((_, drug), mut rest)) = words.split_first() else { return start_h };
        let whole = self.span(words);
        let compound = self.atlas.compound(drug).cloned();
        if compound.is_none() {
            let hint = self.atlas.compound_hint(drug);
            self.error(self.span(&words[..1]), "RS6102", format!("`{drug}` is not a known drug"), hint);
        }
        let empty = compound.as_ref().is_some_and(|c| c.composition.is_empty());
        let mut amount = None;
        if rest
            .first()
            .is_some_and(|(_, w)| w.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '.' || c == '+'))
        {
            let bare = rest[0].1.ends_with(|c: char| c.is_ascii_digit() || c == '.');
            // A word that is no unit stands for a misspelt one only where a route follows it.
            let next_is_unit = rest.get(1).is_some_and(|(_, w)| {
                let followed = rest.get(2).is_some_and(|(_, w)| route_name(w).is_some());
                route_name(w).is_none() && !is_keyword(w) && (Unit::parse(w).is_ok() || followed)
            });
            let taken = if bare && next_is_unit { 2 } else { 1 };
            let text = rest[..taken].iter().map(|w| w.1).collect::<Vec<_>>().join(" ");
            match quantity::dose(&text) {
                Ok(found) => amount = Some(found),
                Err(why) => {
                    let hint = "write the unit after the number, as in `0.5 mg/kg` or `84 mg`";
                    self.error(self.span(&rest[..taken]), "RS6103", why, hint);
                }
            }
            rest = &rest[taken..];
        } else if empty {
            amount = Some((Amount::Mass(0.0), false));
        } else {
            let hint = "say how much, as in `ketamine 0.5 mg/kg iv over 40 min`";
            self.error(whole, "RS6104", "the dose is missing", hint);
        }
        let mut form = "base".to_string();
        if let (Some(c), Some((_, word))) = (&compound, rest.first())
            && c.forms.contains_key(*word)
        {
            form = word.to_string();
            rest = &rest[1..];
        }
        let mut route = None;
        match rest.first() {
            None => {
                self.error(whole, "RS6105", "the route is missing", "say how it is given: iv, im, sc, nasal, oral …")
            }
            Some((_, word)) => {
                route = route_name(word);
                if let Some(c) = &compound
                    && !route.is_some_and(|r| c.routes.contains_key(r))
                {
                    let hint = route_hint(c, word);
                    self.error(self.span(&rest[..1]), "RS6106", format!("`{word}` is not a route of {}", c.name), hint);
                    route = None;
                } else if compound.is_none() && route.is_none() {
                    let hint = "iv, im, sc, nasal, oral, oral_er, sublingual";
                    self.error(self.span(&rest[..1]), "RS6106", format!("`{word}` is not a route"), hint);
                }
                rest = &rest[1..];
            }
        }
        let plan = self.plan(rest);
        if route == Some("iv") && plan.over_h.is_none() && !plan.broken {
            let hint = "say `over 40 min`, or `bolus`";
            self.error(whole, "RS6107", "an intravenous dose needs its duration", hint);
        }
        let begin = plan.at_h.unwrap_or(start_h);
        let course = plan.course_h.or(plan.over_h).unwrap_or(0.0);
        let (Some(compound), Some((amount, is_rate)), Some(route)) = (compound, amount, route) else {
            return begin + course;
        };
        let over_h = plan.over_h.unwrap_or(0.0);
        if is_rate && over_h <= 0.0 {
            self.error(whole, "RS6108", "a dose per time needs its duration", "add `over 1 h`");
        }
        let amount = if is_rate { amount.scaled(over_h) } else { amount };
        let times = self.times(&plan, begin, whole);
        for at_h in times {
            out.push(Dose {
                compound: compound.name.clone(),
                form: form.clone(),
                route: route.to_string(),
                amount,
                over_h,
                at_h,
            });
        }
        begin + course
    }

    fn times(&mut self, plan: &Plan, begin: f64, whole: Span) -> Vec<f64> {
        let Some(pattern) = &plan.pattern else { return vec![begin] };
        let mut times = Vec::new();
        let mut cycle = 0.0;
        'course: loop {
            for offset in &pattern.offsets_h {
                let t = cycle + offset;
                let over = match (plan.count, plan.course_h) {
                    (Some(n), _) => times.len() >= n,
                    (None, Some(course)) => t >= course - 1e-9,
                    (None, None) => true,
                };
                if over {
                    break 'course;
                }
                if times.len() >= MOST_DOSES {
                    self.error(whole, "RS6109", format!("more than {MOST_DOSES} doses"), "shorten the course");
                    break 'course;
                }
                times.push(begin + t);
            }
            cycle += pattern.period_h;
        }
        if times.is_empty() && plan.count.is_none() && plan.course_h.is_none() {
            let hint = "add `for 4 weeks`, or `6 times`";
            self.error(whole, "RS6110", "a repeated dose needs an end", hint);
        }
        times
    }

    fn plan(&mut self, mut rest: &[Word<'_>]) -> Plan {
        let mut plan = Plan::default();
        while let Some(((_, word), after)) = rest.split_first() {
            let used = match *word {
                "over" => self.timed(after, quantity::duration, &mut plan.over_h, &mut plan.broken) + 1,
                "bolus" => {
                    plan.over_h = Some(0.0);
                    1
                }
                "for" => self.timed(after, quantity::duration, &mut plan.course_h, &mut plan.broken) + 1,
                "at" | "from" | "on" | "starting" => {
                    self.timed(after, quantity::moment, &mut plan.at_h, &mut plan.broken) + 1
                }
                "every" => {
                    let mut period = None;
                    let used = self.timed(after, quantity::duration, &mut period, &mut plan.broken);
                    match period {
                        Some(p) if p > 0.0 => plan.pattern = Some(Pattern { period_h: p, offsets_h: vec![0.0] }),
                        Some(_) => {
                            let span = self.span(&rest[..=used.min(after.len())]);
                            self.error(span, "RS6111", "doses cannot be repeated every 0 h", "give a longer time");
                        }
                        None => {}
                    }
                    used + 1
                }
                _ => match frequency(rest) {
                    Some((pattern, used)) => {
                        plan.pattern = Some(pattern);
                        used
                    }
                    None => match (word.parse::<usize>(), after.first()) {
                        (Ok(n), Some((_, "times"))) => {
                            plan.count = Some(n);
                            2
                        }
                        _ => {
                            let hint = "after the route come `over 40 min`, `bolus`, `twice weekly`, `every 12 h`, \
                                        `for 4 weeks`, `6 times`, `at day 3`";
                            self.error(
                                self.span(&rest[..1]),
                                "RS6112",
                                format!("`{word}` is not understood here"),
                                hint,
                            );
                            plan.broken = true;
                            1
                        }
                    },
                },
            };
            rest = &rest[used.min(rest.len())..];
        }
        plan
    }

    /// Reads a time of one to three words (`40 min`, `40min`, `day 3 14:30`) into `slot`; returns the words used.
    fn timed(
        &mut self,
        words: &[Word<'_>],
        read: impl Fn(&str) -> Result<f64, String>,
        slot: &mut Option<f64>,
        broken: &mut bool,
    ) -> usize {
        let mut last = String::from("a time is missing after this word");
        let end = words.iter().position(|(_, w)| is_keyword(w)).unwrap_or(words.len());
        for n in (1..=end.min(3)).rev() {
            let text = words[..n].iter().map(|w| w.1).collect::<Vec<_>>().join(" ");
            match read(&text) {
                Ok(t) => {
                    *slot = Some(t);
                    return n;
                }
                // `-40 min` and `day 3 25:00` are best explained by the longest sensible reading.
                Err(why) if n <= 2 && n == end.min(2) || words[0].1 == "day" && n == end.min(3) => last = why,
                Err(_) => {}
            }
        }
        let taken = end.min(2);
        let span = if taken == 0 { self.span(&words[..words.len().min(1)]) } else { self.span(&words[..taken]) };
        self.error(span, "RS6113", last, "times have units: `40 min`, `12 h`, `4 weeks`, `day 3`");
        *broken = true;
        taken
    }
}

fn is_keyword(word: &str) -> bool {
    let words = [
        "over", "bolus", "for", "at", "from", "on", "starting", "every", "once", "twice", "three", "daily", "weekly",
        "times",
    ];
    words.contains(&word)
}

#[derive(Default)]
struct Plan {
    over_h: Option<f64>,
    course_h: Option<f64>,
    at_h: Option<f64>,
    count: Option<usize>,
    pattern: Option<Pattern>,
    broken: bool,
}

/// Times within one period at which a dose falls.
struct Pattern {
    period_h: f64,
    offsets_h: Vec<f64>,
}

/// `daily`, `weekly`, `twice weekly` (days 1 and 4), `three times weekly` (days 1, 3 and 5), `twice daily` …
fn frequency(words: &[Word<'_>]) -> Option<(Pattern, usize)> {
    const DAY_H: f64 = 24.0;
    const WEEK_H: f64 = 168.0;
    let w: Vec<&str> = words.iter().take(3).map(|w| w.1).collect();
    let (times, used) = match w.as_slice() {
        ["once", ..] if w.len() > 1 => (1, 1),
        ["twice", ..] => (2, 1),
        ["three", "times", ..] | ["3", "times", ..] => (3, 2),
        ["daily" | "weekly", ..] => (1, 0),
        _ => return None,
    };
    let (period_h, offsets_h) = match (*w.get(used)?, times) {
        ("daily", n) => (DAY_H, (0..n).map(|i| f64::from(i) * DAY_H / f64::from(n)).collect()),
        ("weekly", 1) => (WEEK_H, vec![0.0]),
        ("weekly", 2) => (WEEK_H, vec![0.0, 3.0 * DAY_H]),
        ("weekly", _) => (WEEK_H, vec![0.0, 2.0 * DAY_H, 4.0 * DAY_H]),
        _ => return None,
    };
    Some((Pattern { period_h, offsets_h }, used + 1))
}
