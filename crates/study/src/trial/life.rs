//! What happens to one person after randomisation: visits, doses, rules, leaving. The engine stops at each of these
//! moments and asks.

use crate::trial::bench::{Bench, DAY_H, Shown};
use crate::trial::condition::Standing;
use crate::trial::design::{Action, Design};
use crate::trial::schema::{DoseKind, End, Event, EventKind, Given, Record, Seen};
use resynapse::atlas::Atlas;
use resynapse::dosing;
use resynapse::happening::Happening;
use resynapse::regimen::{Dose, Regimen};
use sim::math::ln;
use sim::{Entry, Visit, What};
use std::collections::BTreeMap;

/// Adverse events of a session are looked for this long after it: its acute effects are over.
const WATCH_H: f64 = 4.0;
/// Days of a month, for rates: a twelfth of 365.25.
const MONTH_D: f64 = 30.4375;
/// kg to mg.
const MG: f64 = 1e6;

/// A moment at which something is to be done.
#[derive(Clone, Debug)]
struct Item {
    at_h: f64,
    what: Do,
}

#[derive(Clone, Debug)]
enum Do {
    /// A visit: position in the layout.
    Visit(usize),
    /// Doses of one moment, and why.
    Doses(Vec<Dose>, DoseKind),
    /// Looks for adverse events and for leaving.
    Watch,
}

/// How the planned doses of a drug are given.
#[derive(Clone, Copy, Debug)]
struct Dosing {
    factor: f64,
    spacing: u32,
    skipped: u32,
    stopped: bool,
}

impl Default for Dosing {
    fn default() -> Dosing {
        Dosing { factor: 1.0, spacing: 1, skipped: 0, stopped: false }
    }
}

/// What happened before randomisation.
pub(super) struct Before<'a> {
    /// Whether the lead-in brought a response.
    pub responded: bool,
    /// Shares of adverse events reported by then.
    pub adverse: &'a [f64],
}

/// A person between randomisation and the end.
pub(super) struct Life<'a> {
    atlas: &'a Atlas,
    design: &'a Design,
    bench: &'a Bench,
    parameters: Vec<f64>,
    /// The record so far.
    pub record: Record,
    agenda: Vec<Item>,
    next: usize,
    /// Last seen values of the measures.
    now: Vec<f64>,
    start: Vec<f64>,
    /// What rules made of the planned doses of each drug.
    dosing: BTreeMap<String, Dosing>,
    /// Until when a new course takes the place of planned doses.
    suspended_h: f64,
    used: Vec<u32>,
    responded: bool,
    remitted: bool,
    relapsed: bool,
    lost: u32,
    doses: u32,
    leaves: f64,
    reports: Vec<Option<f64>>,
    /// Hazard of leaving and shares of adverse events at the last look.
    before: (f64, f64, Vec<f64>),
    left: bool,
}

impl<'a> Life<'a> {
    /// A person at randomisation. The record holds who and where; its baseline is the first visit.
    pub fn new(
        atlas: &'a Atlas,
        design: &'a Design,
        bench: &'a Bench,
        parameters: Vec<f64>,
        record: Record,
        start: Vec<f64>,
        before: &Before<'_>,
    ) -> Life<'a> {
        let draw = |name: &str, k| design.stream(record.replicate, record.candidate, name, k).uniform();
        let leaves = draw("leaves", 0);
        let mut shares = vec![0.0; design.adverse.len()];
        shares.iter_mut().zip(before.adverse).for_each(|(share, x)| *share = *x);
        // What was reported before randomisation is not reported for the first time after it.
        let fresh = |(k, share): (usize, &f64)| Some(draw("adverse", k as u32)).filter(|u| u > share);
        let reports = shares.iter().enumerate().map(fresh).collect();
        let mut life = Life {
            atlas,
            design,
            bench,
            parameters,
            agenda: Vec::new(),
            next: 0,
            now: start.clone(),
            dosing: BTreeMap::new(),
            suspended_h: f64::NEG_INFINITY,
            used: vec![0; design.rules.len()],
            responded: before.responded,
            remitted: false,
            relapsed: false,
            lost: 0,
            doses: 0,
            leaves,
            reports,
            before: (0.0, 0.0, shares),
            left: false,
            start,
            record,
        };
        life.record.visits.push(Seen { visit: 0, at_h: 0.0, values: life.start.clone() });
        if before.responded {
            life.happened(EventKind::Response, 0.0);
        }
        life.plan();
        life
    }

    /// Everything that is planned, in order of time.
    fn plan(&mut self) {
        let design = self.design;
        let (replicate, candidate) = (self.record.replicate, self.record.candidate);
        let draw = |name: &str, k: u32| design.stream(replicate, candidate, name, k).uniform();
        let mut moved: Vec<(u32, f64, f64, bool)> = Vec::new();
        for (k, visit) in design.layout.visits.iter().enumerate() {
            let planned = design.period_h.unwrap_or(0.0) * f64::from(visit.period) + visit.at_h;
            if k == 0 {
                continue;
            }
            let missed = visit.at_h > 0.0 && draw("missed", k as u32) < design.missed;
            let shift = design.windows_h[k] * (2.0 * draw("window", k as u32) - 1.0);
            let at_h = (planned + shift).clamp(0.0, design.layout.until_h);
            moved.push((visit.period, planned, at_h, missed));
            if !missed {
                self.agenda.push(Item { at_h, what: Do::Visit(k) });
            }
        }
        for (period, treatment) in design.layout.sequences[self.record.sequence as usize].iter().enumerate() {
            let begin = design.period_h.unwrap_or(0.0) * period as f64;
            for dose in &design.treatments[*treatment as usize].regimen.doses {
                let planned = begin + dose.at_h;
                // A dose that is given at a visit moves with it, and is not given where the visit is missed.
                let visit = moved.iter().find(|(of, t, ..)| *of == period as u32 && *t == planned);
                let (at_h, missed) = visit.map_or((planned, false), |(_, _, at, missed)| (*at, *missed));
                let dose = Dose { at_h, ..dose.clone() };
                match missed {
                    true => self.put_down(&dose, DoseKind::Planned, 1.0, false),
                    false => self.schedule(dose, DoseKind::Planned),
                }
            }
        }
        self.agenda.push(Item { at_h: design.layout.until_h, what: Do::Watch });
        self.order();
    }

    /// Adds a dose to the agenda, together with others of the same moment and reason.
    fn schedule(&mut self, dose: Dose, kind: DoseKind) {
        let at_h = dose.at_h;
        let same = self.agenda[self.next..]
            .iter_mut()
            .find(|i| i.at_h == at_h && matches!(&i.what, Do::Doses(_, k) if *k == kind));
        match same {
            Some(Item { what: Do::Doses(doses, _), .. }) => doses.push(dose),
            _ => {
                self.agenda.push(Item { at_h, what: Do::Doses(vec![dose], kind) });
                if at_h + WATCH_H < self.design.layout.until_h && !self.design.adverse.is_empty() {
                    self.agenda.push(Item { at_h: at_h + WATCH_H, what: Do::Watch });
                }
            }
        }
    }

    /// What is done is kept; the rest is put in order of time. At one moment people are seen before they are dosed.
    fn order(&mut self) {
        let rank = |i: &Item| matches!(i.what, Do::Doses(..));
        self.agenda[self.next..].sort_by(|a, b| a.at_h.total_cmp(&b.at_h).then(rank(a).cmp(&rank(b))));
    }

    /// Entries of the engine's schedule: stops, daily life, habits and therapies, what visits do to raters.
    pub fn entries(&self) -> Result<Vec<Entry>, String> {
        let (design, bench) = (self.design, self.bench);
        let (replicate, candidate) = (self.record.replicate, self.record.candidate);
        let end = design.layout.until_h;
        let person = design.person(replicate, candidate);
        let mut entries = dosing::days(&bench.prepared, person, end);
        let days = (end / DAY_H).floor() as u32;
        let per_day = design.stressors_per_month / MONTH_D;
        if per_day > 0.0 {
            for day in 1..=days {
                let mut stream = design.stream(replicate, candidate, "stressor", day);
                if stream.uniform() < per_day {
                    let at_h = (f64::from(day) - stream.uniform()) * DAY_H;
                    entries.extend(bench.event(super::bench::STRESSOR, at_h, 1.0, 0.0));
                }
            }
        }
        entries.extend(bench.event(super::bench::ENROL, 0.0, 1.0, 0.0));
        for (period, treatment) in design.layout.sequences[self.record.sequence as usize].iter().enumerate() {
            let begin = design.period_h.unwrap_or(0.0) * period as f64;
            let happenings = &design.treatments[*treatment as usize].regimen.happenings;
            entries.extend(self.happen(happenings, begin)?);
        }
        for item in &self.agenda {
            if let Do::Visit(k) = item.what {
                let z = design.stream(replicate, candidate, "visit", k as u32 + 2).normal();
                entries.extend(bench.event(super::bench::VISIT, item.at_h, 1.0, z));
            }
        }
        // Stops come after the events of their moment: a rating is made before it is looked at.
        entries.sort_by(|a, b| a.time.total_cmp(&b.time));
        let mut stops: Vec<f64> = self.agenda.iter().map(|i| i.at_h).filter(|t| *t <= end).collect();
        stops.dedup();
        entries.extend(stops.into_iter().map(|time| Entry { time, what: What::Stop }));
        entries.sort_by(|a, b| a.time.total_cmp(&b.time));
        entries.retain(|e| e.time <= end);
        Ok(entries)
    }

    fn happen(&self, happenings: &[Happening], begin_h: f64) -> Result<Vec<Entry>, String> {
        let happenings = happenings.iter().map(|h| Happening { at_h: h.at_h + begin_h, ..h.clone() }).collect();
        let regimen = Regimen { happenings, ..Regimen::default() };
        self.events(&regimen)
    }

    fn events(&self, regimen: &Regimen) -> Result<Vec<Entry>, String> {
        dosing::events(self.atlas, &self.bench.prepared, &self.parameters, regimen)
            .map_err(|found| found.first().map_or_else(String::new, |d| d.message.clone()))
    }

    /// The engine has come to a moment of the agenda.
    pub fn stop(&mut self, visit: &mut Visit<'_>) {
        if let Err(why) = self.act(visit) {
            self.record.failure = Some(why);
            visit.finish();
        }
    }

    fn act(&mut self, visit: &mut Visit<'_>) -> Result<(), String> {
        let now_h = visit.time();
        let shown = self.bench.shown(self.design, visit.outputs());
        self.look(now_h, &shown);
        if self.left {
            visit.finish();
            return Ok(());
        }
        let mut fresh = Vec::new();
        while let Some(item) = self.agenda.get(self.next).filter(|i| i.at_h <= now_h).cloned() {
            self.next += 1;
            match item.what {
                Do::Watch => {}
                Do::Visit(k) => fresh.extend(self.see(k, now_h, &shown)?),
                Do::Doses(doses, kind) => fresh.extend(self.dose(doses, kind, now_h)?),
            }
        }
        self.record.end_h = now_h;
        let end = self.design.layout.until_h;
        fresh.retain(|e| e.time <= end);
        visit.append(fresh).map_err(|failure| failure.to_string())
    }

    /// Whether the person has left, and what adverse events were reported, since the last look.
    fn look(&mut self, now_h: f64, shown: &Shown) {
        let (then_h, hazard_then, shares) = self.before.clone();
        let between = |x0: f64, x1: f64, x: f64| {
            let share = if x1 > x0 { ((x - x0) / (x1 - x0)).clamp(0.0, 1.0) } else { 1.0 };
            then_h + share * (now_h - then_h)
        };
        let mut hazard_now = hazard_then;
        let mut limit_h = now_h;
        if let Some([left, lack, other]) = shown.leaving {
            let hazard = |chance: f64| -ln((1.0 - chance).max(f64::MIN_POSITIVE));
            hazard_now = hazard(left);
            let decided = hazard(self.leaves);
            if hazard_now >= decided && decided >= hazard_then && hazard_now > hazard_then {
                limit_h = between(hazard_then, hazard_now, decided);
                self.left = true;
                self.record.end_h = limit_h;
                let why = self.design.stream(self.record.replicate, self.record.candidate, "reason", 0).uniform();
                self.record.end = if why * (lack + other) < lack { End::LackOfEfficacy } else { End::Other };
            }
        }
        for (k, share) in shown.adverse.iter().enumerate() {
            if let Some(threshold) = self.reports[k].filter(|u| share >= u) {
                let at_h = between(shares[k], *share, threshold);
                if at_h <= limit_h {
                    self.reports[k] = None;
                    self.record.events.push(Event { kind: EventKind::Adverse(k as u32), at_h });
                }
            }
        }
        self.before = (now_h, hazard_now, shown.adverse.clone());
    }

    /// A visit: what is measured, what it means, what rules make of it.
    fn see(&mut self, k: usize, now_h: f64, shown: &Shown) -> Result<Vec<Entry>, String> {
        let design = self.design;
        let visit = &design.layout.visits[k];
        let mut values = vec![f64::NAN; design.measures.len()];
        for m in &visit.measures {
            let m = *m as usize;
            values[m] = shown.measures[m];
            self.now[m] = shown.measures[m];
        }
        self.record.visits.push(Seen { visit: k as u32, at_h: now_h, values });
        if visit.at_h == 0.0 {
            // The start of a further period: changes count from here.
            self.start = shown.measures.clone();
            // Another treatment begins: rules and criteria begin anew with it.
            self.dosing.clear();
            self.used.fill(0);
            (self.responded, self.remitted, self.relapsed, self.lost) = (false, false, false, 0);
            return Ok(Vec::new());
        }
        if visit.measures.contains(&(design.outcome.measure as u32)) {
            self.judge(now_h);
        }
        let treatment = design.layout.sequences[self.record.sequence as usize][visit.period as usize];
        let mut fresh = Vec::new();
        for (r, rule) in design.rules.iter().enumerate() {
            // A rule looks at what this visit saw, never at an older value.
            let measured = rule.when.measures().all(|m| visit.measures.contains(&(m as u32)));
            let here = measured && (rule.visits.is_empty() || rule.visits.contains(&(k as u32)));
            let mine = rule.treatments.is_empty() || rule.treatments.contains(&treatment);
            if !here || !mine || self.used[r] >= rule.times || !rule.when.holds(&self.standing(now_h)) {
                continue;
            }
            self.used[r] += 1;
            let plan = &design.treatments[treatment as usize];
            let first = plan.regimen.doses.first().map(|d| d.compound.clone());
            let drug = rule.drug.clone().or(first).unwrap_or_default();
            fresh.extend(self.follow(&rule.action, drug, now_h)?);
        }
        Ok(fresh)
    }

    fn standing(&self, now_h: f64) -> Standing<'_> {
        Standing {
            now: &self.now,
            start: &self.start,
            covariates: &self.record.covariates,
            day: now_h / DAY_H,
            doses: f64::from(self.doses),
            responded: self.responded,
            relapsed: self.relapsed,
        }
    }

    fn happened(&mut self, kind: EventKind, at_h: f64) {
        self.record.events.push(Event { kind, at_h });
    }

    /// Response, remission, relapse.
    fn judge(&mut self, now_h: f64) {
        let outcome = &self.design.outcome;
        let standing = self.standing(now_h);
        let holds = |c: &crate::trial::condition::Condition| !c.text.is_empty() && c.holds(&standing);
        let (response, remission, relapse) =
            (holds(&outcome.response), holds(&outcome.remission), holds(&outcome.relapse));
        if response && !self.responded {
            self.responded = true;
            self.happened(EventKind::Response, now_h);
        }
        if remission && !self.remitted {
            self.remitted = true;
            self.happened(EventKind::Remission, now_h);
        }
        self.lost = if relapse && self.responded { self.lost + 1 } else { 0 };
        if self.lost == outcome.relapse_visits && !self.relapsed {
            self.relapsed = true;
            self.happened(EventKind::Relapse, now_h);
        }
    }

    /// Does what a rule says.
    fn follow(&mut self, action: &Action, drug: String, now_h: f64) -> Result<Vec<Entry>, String> {
        let (regimen, kind, event) = match action {
            Action::Rescue(r) => (r, DoseKind::Rescue, EventKind::Rescue),
            Action::Retreat(r) => (r, DoseKind::Retreatment, EventKind::Retreatment),
            Action::Extra(r) => (r, DoseKind::Rescue, EventKind::ExtraTreatment),
            Action::Adjust { factor, most, least } => {
                let dosing = self.dosing.entry(drug).or_default();
                let wanted = (dosing.factor * factor).clamp(*least, *most);
                if wanted != dosing.factor {
                    dosing.factor = wanted;
                    self.happened(EventKind::DoseChange, now_h);
                }
                return Ok(Vec::new());
            }
            Action::Space(every) => {
                let dosing = self.dosing.entry(drug).or_default();
                if *every != dosing.spacing {
                    (dosing.spacing, dosing.skipped) = (*every, 0);
                    self.happened(EventKind::DoseChange, now_h);
                }
                return Ok(Vec::new());
            }
            Action::Stop => {
                self.dosing.entry(drug).or_default().stopped = true;
                self.happened(EventKind::DosingStopped, now_h);
                return Ok(Vec::new());
            }
        };
        self.happened(event, now_h);
        if kind == DoseKind::Retreatment {
            // A new course: it may bring a new response and a new relapse.
            (self.relapsed, self.lost) = (false, 0);
            // While the new course lasts it takes the place of planned doses.
            let last = regimen.doses.iter().map(|d| d.at_h).fold(0.0, f64::max);
            self.suspended_h = now_h + last;
        }
        let mut fresh = self.happen(&regimen.happenings, now_h)?;
        let planned = self.agenda.len();
        for dose in &regimen.doses {
            self.schedule(Dose { at_h: dose.at_h + now_h, ..dose.clone() }, kind);
        }
        let added: Vec<f64> = self.agenda[planned..].iter().map(|i| i.at_h).filter(|t| *t > now_h).collect();
        self.order();
        fresh.extend(added.into_iter().map(|time| Entry { time, what: What::Stop }));
        Ok(fresh)
    }

    /// Gives doses of one moment, or not.
    fn dose(&mut self, doses: Vec<Dose>, kind: DoseKind, now_h: f64) -> Result<Vec<Entry>, String> {
        let design = self.design;
        let mut taken = true;
        let mut doses: Vec<(Dose, f64)> = doses.into_iter().map(|d| (d, 1.0)).collect();
        if kind == DoseKind::Planned {
            if now_h <= self.suspended_h {
                return Ok(Vec::new());
            }
            doses = self.as_ruled(doses);
            if doses.is_empty() {
                return Ok(Vec::new());
            }
            let k = self.record.doses.len() as u32;
            let u = design.stream(self.record.replicate, self.record.candidate, "adherence", k).uniform();
            taken = u < design.adherence;
        }
        for (dose, factor) in &doses {
            self.put_down(dose, kind, *factor, taken);
        }
        if !taken {
            return Ok(Vec::new());
        }
        self.doses += 1;
        let scaled = |(d, factor): (Dose, f64)| Dose { at_h: now_h, amount: d.amount.scaled(factor), ..d };
        self.events(&Regimen { doses: doses.into_iter().map(scaled).collect(), ..Regimen::default() })
    }

    /// Planned doses of one moment as rules left them: scaled, spaced, stopped, each drug by itself.
    fn as_ruled(&mut self, doses: Vec<(Dose, f64)>) -> Vec<(Dose, f64)> {
        let mut counted: Vec<String> = Vec::new();
        let mut kept = Vec::new();
        for (dose, factor) in doses {
            let Some(dosing) = self.dosing.get_mut(&dose.compound) else {
                kept.push((dose, factor));
                continue;
            };
            if dosing.spacing > 1 && !counted.contains(&dose.compound) {
                dosing.skipped += 1;
                counted.push(dose.compound.clone());
            }
            let due = dosing.spacing <= 1 || dosing.skipped % dosing.spacing == 0;
            if due && !dosing.stopped {
                kept.push((dose, factor * dosing.factor));
            }
        }
        kept
    }

    fn put_down(&mut self, dose: &Dose, kind: DoseKind, factor: f64, taken: bool) {
        let weight = dosing::weight_kg(&self.bench.prepared, &self.parameters);
        let given = given(self.atlas, self.design, dose, dose.at_h, weight, factor);
        self.record.doses.extend(given.map(|g| Given { taken, kind, ..g }));
    }

    /// The record, with what came late in its place.
    pub fn finish(mut self, failure: Option<String>) -> Record {
        self.record.events.sort_by(|a, b| a.at_h.total_cmp(&b.at_h).then(a.kind.cmp(&b.kind)));
        self.record.doses.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
        let end_h = self.record.end_h;
        if self.left {
            self.record.doses.retain(|d| d.at_h <= end_h);
        }
        if let Some(why) = failure.or(self.record.failure.take()) {
            self.record.failure = Some(why);
            self.record.end = End::Failed;
        }
        self.record
    }
}

/// A dose as it is put down; `None` for one of nothing, such as a placebo without a drug.
pub(super) fn given(
    atlas: &Atlas,
    design: &Design,
    dose: &Dose,
    at_h: f64,
    weight_kg: f64,
    factor: f64,
) -> Option<Given> {
    let compound = atlas.compounds.get(&dose.compound)?;
    let named = |(drug, route): &(String, String)| *drug == dose.compound && *route == dose.route;
    let drug = design.layout.drugs.iter().position(named)? as u32;
    let amount_mg = dosing::mass(compound, dose, weight_kg) * MG * factor;
    Some(Given { drug, at_h, amount_mg, over_h: dose.over_h, taken: true, kind: DoseKind::Planned })
}
