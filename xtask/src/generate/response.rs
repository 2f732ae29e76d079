//! What a module does in a run: of the whole model after one infusion, or by itself after an event it hears.

use model::assembly::{Assembly, Model};
use model::library::Contexts;
use model::lower::Request;
use model::unit::Unit;
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::happening::Happening;
use resynapse::patient::Patient;
use resynapse::prepare::{Person, options, prepare};
use resynapse::regimen::{Regimen, sentence};
use resynapse::run::{Course, Plan, follow, whole};
use resynapse_cli::figure::{Response, Signal, Strength, Wiring, name_in_words, response};
use std::collections::{BTreeMap, BTreeSet};

/// The run that most modules are shown in.
const INFUSION: &str = "ketamine 0.5 mg/kg iv over 40 min";
/// The most signals on one side of a figure.
const MOST: usize = 3;
/// Hours a figure may show, shortest first.
const REACHES_H: [f64; 8] = [4.0, 12.0, 24.0, 72.0, 168.0, 336.0, 672.0, 2016.0];
/// A signal that stays this near to where it ends, relative to its largest change, has settled.
const SETTLED: f64 = 0.03;
/// A change smaller than this share of a signal's size is not shown.
const NOTICED: f64 = 1e-4;

/// The whole model followed once, with everything that is needed to show one module of it.
pub struct Chain<'a> {
    atlas: &'a Atlas,
    /// Who gives what to whom.
    pub wiring: Wiring,
    model: Model,
    /// Ports and states that were followed.
    names: Vec<String>,
    course: Course,
    /// Runs after other events, by event.
    others: BTreeMap<String, Option<Course>>,
}

/// A figure with what it shows.
pub struct Shown {
    /// The picture.
    pub svg: String,
    /// One sentence.
    pub caption: String,
}

/// Something that is made to happen.
struct Cause {
    regimen: Regimen,
    words: String,
    until_h: f64,
}

impl<'a> Chain<'a> {
    /// Follows every port and state after one infusion.
    pub fn new(atlas: &'a Atlas) -> Option<Chain<'a>> {
        let assembly = whole(atlas).ok()?;
        let model = atlas.library.assemble(&assembly.assembly, &Contexts::new()).ok()?;
        let names: Vec<String> = model.ports.keys().cloned().chain(model.states.iter().map(|s| s.id.clone())).collect();
        let mut map = model::source::SourceMap::default();
        let plan = Plan::new(INFUSION, sentence(atlas, &mut map, INFUSION).ok()?);
        let course = follow(atlas, &plan, true, &names, &[]).ok()?;
        let wiring = Wiring::of(atlas, assembly).ok()?;
        Some(Chain { atlas, wiring, model, names, course, others: BTreeMap::new() })
    }

    /// The figure of a module; `None` where nothing that can happen here moves it.
    pub fn show(&mut self, path: &str) -> Option<Shown> {
        let of = Own::new(self, path);
        let title = name_in_words(path.rsplit('/').next().unwrap_or(path));
        let figure = |cause: &str, inputs: Vec<Signal>, outputs: Vec<Signal>, happened_h: Vec<f64>, until_h: f64| {
            let until_h = reach(inputs.iter().chain(&outputs), until_h);
            let cause = cause.replace('`', "");
            response(&Response { title: title.clone(), cause, inputs, outputs, happened_h, until_h })
        };
        if let Some((inputs, outputs)) = of.moved(self, &self.course) {
            let caption = format!("In the whole model, after \"{INFUSION}\"");
            let svg = figure(&caption, inputs, outputs, vec![0.0], 672.0);
            return Some(Shown { svg, caption });
        }
        let heard: Vec<&String> = self
            .atlas
            .library
            .modules
            .get(path)?
            .events
            .iter()
            .map(|e| &e.name.value)
            .filter(|e| *e != "day")
            .collect();
        for event in heard.into_iter().flat_map(|e| unrolled(self.atlas, e)) {
            let Some(cause) = cause(self.atlas, &event) else { continue };
            let Some(outputs) = self.alone(path, &cause, &of) else { continue };
            let caption = format!("By itself, other inputs at rest: {}", cause.words);
            let times = times(&cause.regimen);
            return Some(Shown { svg: figure(&caption, Vec::new(), outputs, times, cause.until_h), caption });
        }
        // Nothing it hears moves it: something before it may.
        for event in self.events_before(path) {
            let Some(cause) = cause(self.atlas, &event) else { continue };
            if !self.others.contains_key(&event) {
                let plan = Plan { until_h: cause.until_h, ..Plan::new(event.clone(), cause.regimen.clone()) };
                let course = follow(self.atlas, &plan, true, &self.names, &[]).ok();
                self.others.insert(event.clone(), course);
            }
            let Some(course) = self.others.get(&event).and_then(Option::as_ref) else { continue };
            let Some((inputs, outputs)) = of.moved(self, course) else { continue };
            let caption = format!("In the whole model: {}", cause.words);
            return Some(Shown {
                svg: figure(&caption, inputs, outputs, times(&cause.regimen), cause.until_h),
                caption,
            });
        }
        None
    }

    fn signal(&self, course: &Course, name: &str) -> Option<Signal> {
        let k = self.names.iter().position(|n| n == name)?;
        let traces = &whole(self.atlas).ok()?.traces;
        let unit = traces.iter().find(|t| t.port == name).map(|t| t.unit.clone());
        let unit = unit.or_else(|| self.model.unit_of(name).cloned()).unwrap_or_else(Unit::one);
        let points = course.times_h.iter().copied().zip(course.values[k].iter().copied()).collect();
        Some(Signal { name: name.into(), unit, points })
    }

    /// Events of the modules that lead to this one, the nearest first.
    fn events_before(&self, path: &str) -> Vec<String> {
        let place = |path: &str| self.wiring.modules.iter().position(|m| m.path == path);
        let mut near: Vec<usize> = place(path).into_iter().collect();
        let mut i = 0;
        while i < near.len() {
            let before = self.wiring.links.iter().filter(|l| l.to == near[i]).map(|l| l.from);
            let fresh: Vec<usize> = before.filter(|m| !near.contains(m)).collect();
            near.extend(fresh);
            i += 1;
        }
        let mut events: Vec<String> = Vec::new();
        for m in near.into_iter().skip(1) {
            for event in self.wiring.modules[m].events.iter().flat_map(|e| unrolled(self.atlas, e)) {
                if event != "day" && !events.contains(&event) {
                    events.push(event);
                }
            }
        }
        const WORTH_TRYING: usize = 4;
        events.truncate(WORTH_TRYING);
        events
    }

    /// A module by itself after an event; what comes out, where anything moves.
    fn alone(&self, path: &str, cause: &Cause, of: &Own) -> Option<Vec<Signal>> {
        let assembly = Assembly { name: path.into(), modules: vec![path.into()], alone: true, ..Assembly::default() };
        let patient = Patient::default();
        let states = of.states.iter().filter(|s| !of.provides.contains(s));
        let outputs: Vec<String> = of.provides.iter().chain(states).cloned().collect();
        let request = Request { outputs: outputs.clone(), ..Request::default() };
        let prepared = prepare(self.atlas, &assembly, &patient, &request).ok()?;
        let parameters = prepared.parameters(&patient, Person::Typical);
        let states = prepared.rest(&parameters).ok()?;
        let events = dosing::events(self.atlas, &prepared, &parameters, &cause.regimen).ok()?;
        let times = dosing::sample_times(&cause.regimen, cause.until_h);
        let job = sim::Job {
            end: cause.until_h,
            reset: states.clone(),
            states,
            parameters,
            schedule: dosing::schedule(events, &times),
            ..sim::Job::default()
        };
        let mut outcome = None;
        sim::run(prepared.program(), std::iter::once(job), &options(), &mut |_| {}, &mut |o| outcome = Some(o));
        let outcome = outcome.filter(|o| o.result.is_ok())?;
        let signals = outputs.iter().enumerate().map(|(k, name)| {
            let unit = prepared.model.unit_of(name).cloned().unwrap_or_else(Unit::one);
            let values = outcome.samples.iter().skip(k).step_by(outputs.len()).map(|x| unit.from_coherent(*x));
            Signal { name: name.clone(), points: outcome.sample_times.iter().copied().zip(values).collect(), unit }
        });
        let moved: Vec<Signal> = signals.filter(moves).collect();
        let (ports, states): (Vec<Signal>, Vec<Signal>) =
            moved.into_iter().partition(|s| of.provides.contains(&s.name));
        let chosen = if ports.is_empty() { states } else { ports };
        (!chosen.is_empty()).then(|| chosen.into_iter().take(2 * MOST - 2).collect())
    }
}

/// Names that belong to one module.
struct Own {
    requires: Vec<String>,
    /// Provided ports whose weight is not zero.
    provides: Vec<String>,
    /// Those that no other module provides.
    single: BTreeSet<String>,
    states: Vec<String>,
}

impl Own {
    fn new(chain: &Chain<'_>, path: &str) -> Own {
        let mut own = Own { requires: vec![], provides: vec![], single: BTreeSet::new(), states: vec![] };
        let number = chain.wiring.modules.iter().position(|m| m.path == path);
        let off = |port: &str| {
            let links = chain.wiring.links.iter().filter(|l| Some(l.from) == number);
            let mut strengths = links.filter_map(|l| l.ports.get(port)).peekable();
            strengths.peek().is_some() && strengths.all(|s| *s == Strength::Off)
        };
        let Some(module) = chain.atlas.library.modules.get(path) else { return own };
        let givers = |port: &str| {
            let all = chain
                .model
                .links()
                .into_iter()
                .filter(|l| l.1 == port)
                .map(|l| l.0.split('.').next().unwrap_or(l.0).to_string());
            all.collect::<BTreeSet<String>>().len()
        };
        for instance in model::expand::expand(module, &chain.atlas.library.families, &mut Vec::new()) {
            own.requires.extend(instance.requires.iter().map(|r| r.name.value.clone()));
            for p in instance.provides.iter().map(|p| &p.name.value).filter(|p| !off(p)) {
                own.provides.push(p.clone());
                if givers(p) <= 1 {
                    own.single.insert(p.clone());
                }
            }
            own.states.extend(instance.states.iter().map(|s| format!("{}.{}", instance.id, s.name.value)));
        }
        for list in [&mut own.requires, &mut own.provides] {
            let mut seen = BTreeSet::new();
            list.retain(|name| seen.insert(name.clone()));
        }
        own
    }

    /// What goes in and comes out in a run of the whole model, if the module takes part in it.
    fn moved(&self, chain: &Chain<'_>, course: &Course) -> Option<(Vec<Signal>, Vec<Signal>)> {
        let all = |names: &[String]| -> Vec<Signal> {
            names.iter().filter_map(|n| chain.signal(course, n)).filter(moves).collect()
        };
        let (inputs, outputs, states) = (all(&self.requires), all(&self.provides), all(&self.states));
        let own = outputs.iter().any(|s| self.single.contains(&s.name)) || !states.is_empty();
        let has_own = !self.single.is_empty() || !self.states.is_empty();
        let passes = !has_own && !inputs.is_empty() && !outputs.is_empty();
        if !own && !passes {
            return None;
        }
        // What the module alone says comes first; a sum of many only where it has nothing else.
        let (single, shared): (Vec<Signal>, Vec<Signal>) =
            outputs.into_iter().partition(|s| self.single.contains(&s.name));
        let outputs = match (single.is_empty(), states.is_empty()) {
            (false, _) => single,
            (true, false) => states,
            (true, true) => shared,
        };
        Some((spread(inputs), spread(outputs)))
    }
}

/// Few signals out of many, different in kind rather than the first ones.
fn spread(signals: Vec<Signal>) -> Vec<Signal> {
    let kind = |s: &Signal| s.name.rsplit_once('.').map_or(s.name.clone(), |(before, _)| before.to_string());
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, usize)> = Vec::new();
    for (i, s) in signals.iter().enumerate() {
        let nth = kinds.entry(kind(s)).or_default();
        ranked.push((*nth, i));
        *nth += 1;
    }
    ranked.sort_unstable();
    let mut kept: Vec<usize> = ranked.into_iter().take(MOST).map(|r| r.1).collect();
    kept.sort_unstable();
    kept.into_iter().map(|i| signals[i].clone()).collect()
}

/// Whether a signal leaves rest by something one can see.
fn moves(signal: &Signal) -> bool {
    let rest = signal.points.first().map_or(0.0, |p| p.1);
    let change = signal.points.iter().fold(0.0, |a: f64, p| a.max((p.1 - rest).abs()));
    change > 1e-9_f64.max(NOTICED * rest.abs())
}

/// How long to show: until all has settled, or the end.
fn reach<'a>(signals: impl Iterator<Item = &'a Signal>, until_h: f64) -> f64 {
    let mut last: f64 = 0.0;
    for s in signals {
        let end = s.points.last().map_or(0.0, |p| p.1);
        let most = s.points.iter().fold(0.0, |a: f64, p| a.max((p.1 - end).abs()));
        let away = s.points.iter().rev().find(|p| (p.1 - end).abs() > SETTLED * most);
        last = last.max(away.map_or(0.0, |p| p.0));
    }
    REACHES_H.into_iter().find(|h| *h >= last).unwrap_or(until_h).min(until_h)
}

/// An event of a family, for its members.
fn unrolled(atlas: &Atlas, event: &str) -> Vec<String> {
    let Some((before, rest)) = event.split_once('{') else { return vec![event.to_string()] };
    let after = rest.split_once('}').map_or("", |(_, after)| after);
    let heard = |module: &model::syntax::Module| {
        model::expand::expand(module, &atlas.library.families, &mut Vec::new())
            .into_iter()
            .flat_map(|i| i.events.into_iter().map(|e| e.0.value))
            .collect::<Vec<_>>()
    };
    let listening = atlas.library.modules.values().filter(|m| m.events.iter().any(|e| e.name.value == event));
    let mut all: Vec<String> = listening.flat_map(heard).collect();
    all.retain(|e| e.starts_with(before) && e.ends_with(after));
    // From the end of the alphabet: the S form before the R form.
    all.sort();
    all.dedup();
    all.reverse();
    all
}

/// When something begins, or ends after more than a day.
fn times(regimen: &Regimen) -> Vec<f64> {
    const DAY_H: f64 = 24.0;
    let mut times: Vec<f64> = regimen.doses.iter().map(|d| d.at_h).collect();
    for h in &regimen.happenings {
        times.push(h.at_h);
        times.extend((h.over_h > DAY_H).then_some(h.at_h + h.over_h));
    }
    times.sort_by(f64::total_cmp);
    times
}

/// An event made to happen: a published dose, weeks of a habit, a course of therapy, or once.
fn cause(atlas: &Atlas, event: &str) -> Option<Cause> {
    if event.starts_with("dose.") {
        return dose(atlas, event);
    }
    const WEEK_H: f64 = 168.0;
    let happening = |at_h: f64, over_h: f64| Happening { event: event.into(), amount: 1.0, at_h, over_h };
    let (happenings, words, until_h) = if event.starts_with("habit.") {
        (vec![happening(0.0, 12.0 * WEEK_H)], format!("`{event}` with amount 1 for 12 weeks"), 24.0 * WEEK_H)
    } else if event.starts_with("stress.") {
        (vec![happening(0.0, 8.0 * WEEK_H)], format!("`{event}` with amount 1 for 8 weeks"), 24.0 * WEEK_H)
    } else if event.starts_with("therapy.") {
        let weekly = (0..8).map(|week| happening(f64::from(week) * WEEK_H, 0.0)).collect();
        (weekly, format!("`{event}` once a week, 8 times"), 16.0 * WEEK_H)
    } else {
        (vec![happening(0.0, 0.0)], format!("`{event}` with amount 1"), 4.0 * WEEK_H)
    };
    Some(Cause { regimen: Regimen { happenings, ..Regimen::default() }, words, until_h })
}

/// A dose by the route of an event, as large as a publication printed; where none is known, 1 mg for the shape.
fn dose(atlas: &Atlas, event: &str) -> Option<Cause> {
    const PERSON_KG: f64 = 70.0;
    let gives = |c: &&resynapse::compound::Compound| {
        c.routes.values().any(|r| c.composition.keys().any(|s| r.event.replace("{species}", s) == event))
    };
    let printed = |c: &resynapse::compound::Compound| {
        let (name, route) =
            c.routes.iter().find(|(_, r)| event.starts_with(r.event.split('{').next().unwrap_or("?")))?;
        let mut words = route.highest_published.split_whitespace();
        let amount: f64 = words.next()?.parse().ok()?;
        let mg = match words.next()? {
            "mg" => amount,
            "mg/kg" => amount * PERSON_KG,
            _ => return None,
        };
        Some((name.clone(), mg))
    };
    let able: Vec<&resynapse::compound::Compound> = atlas.compounds.values().filter(gives).collect();
    let best = able.iter().find(|c| printed(c).is_some()).or(able.first())?;
    let route = event.split('.').nth(1)?.to_string();
    let known = printed(best);
    let (route, mg) = known.clone().unwrap_or((route, 1.0));
    let over = if route == "iv" { " over 40 min" } else { "" };
    let words = format!("{} {mg} mg {route}{over}", best.name);
    let mut map = model::source::SourceMap::default();
    let regimen = sentence(atlas, &mut map, &words).ok()?;
    let words = if known.is_some() { words } else { format!("{words}, an amount chosen for the picture") };
    Some(Cause { regimen, words, until_h: 672.0 })
}
