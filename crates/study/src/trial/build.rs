//! From the sections of a protocol to a [`Design`]: names resolved, defaults filled in, contradictions found.

mod analysis;
mod rule;
mod visits;

use crate::measure::Measures;
use crate::population::{Change, Description, People, Shape};
use crate::trial::allocation::Scheme;
use crate::trial::condition::{Condition, Names};
use crate::trial::design::{Action, Design, LeadIn, Observed, Outcome};
use crate::trial::read::{self, CovariateDraft, Draft};
use crate::trial::schema::{Covariate, Layout, Treatment};
use model::diagnostic::Diagnostic;
use model::ledger::Law;
use model::source::{SourceMap, Sources, Span, Spanned};
use resynapse::atlas::Atlas;
use resynapse::protocol::{self, Protocol};
use resynapse::quantity;
use resynapse::regimen::{self, Regimen};
use resynapse::run::Plan;

/// Study ids begin with this, so that nobody takes a virtual trial for a real one.
const PREFIX: &str = "SIM-";
/// People of one site where a protocol does not say how many sites there are.
const PEOPLE_PER_SITE: u32 = 25;
/// Most people of one site: the allocation of a site is made in one piece.
const MOST_PER_SITE: u32 = 256;
/// Candidates for one place before the search ends, where a protocol says nothing.
const TRIES: u32 = 200;
/// Most candidates for one place.
pub(super) const MOST_TRIES: u32 = 1000;
/// Screening lies this long before the start, where a protocol says nothing.
const SCREENING_H: f64 = 168.0;

/// What a trial can draw on beside the atlas.
#[derive(Clone, Debug)]
pub struct Resources {
    /// What can be measured.
    pub measures: Measures,
    /// Who people are.
    pub people: Description,
}

/// What [`Resources::load`] found wrong, with the texts it points into.
pub type Wrong = (Vec<Diagnostic>, SourceMap);

impl Resources {
    /// Reads the files of an atlas.
    pub fn load(sources: &dyn Sources) -> Result<Resources, Wrong> {
        Ok(Resources { measures: Measures::load(sources)?, people: Description::load(sources)? })
    }
}

/// Sizes that were asked for instead of the protocol's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// People of each trial.
    pub size: Option<u32>,
    /// Trials.
    pub replicates: Option<u32>,
    /// Seed.
    pub seed: Option<u64>,
}

/// Reads a trial protocol. `beside` is the folder it lies in.
pub fn read(
    atlas: &Atlas,
    resources: &Resources,
    map: &mut SourceMap,
    beside: &dyn Sources,
    path: &str,
    text: &str,
    wanted: Wanted,
) -> Result<Design, Vec<Diagnostic>> {
    let (protocol, draft) =
        protocol::read_with(atlas, map, beside, path, text, |f, patient| read::sections(atlas, f, patient))?;
    let mut build = Build { atlas, resources, map, wanted, found: Vec::new() };
    let design = build.design(protocol, draft);
    match design {
        Some(design) if build.found.is_empty() => Ok(design),
        _ => Err(build.found),
    }
}

struct Build<'a, 'm> {
    atlas: &'a Atlas,
    resources: &'a Resources,
    map: &'m mut SourceMap,
    wanted: Wanted,
    found: Vec<Diagnostic>,
}

impl Build<'_, '_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.found.push(Diagnostic::error(code, span, message, hint));
    }

    fn design(&mut self, protocol: Protocol, draft: Draft) -> Option<Design> {
        let whole = draft.whole?;
        self.arms(&protocol, whole);
        let plans = protocol.plans;
        let until_h = plans.first()?.until_h;
        let stated = self.whole_number(&draft.size, 1e7, 40, "size");
        let size = self.wanted.size.unwrap_or(stated);
        let measures = self.measures(&draft);
        let people = self.people(&draft, &plans[0])?;
        let period_h = draft.crossover.as_ref().map(|c| c.period_h);
        let sequences = self.sequences(&draft, &plans);
        let periods = sequences.iter().map(Vec::len).max().unwrap_or(1);
        if let Some(period) = period_h {
            for plan in &plans {
                let last = plan.regimen.doses.iter().map(|d| d.at_h);
                let last = last.chain(plan.regimen.happenings.iter().map(|h| h.at_h + h.over_h)).fold(0.0, f64::max);
                if last >= period {
                    let message = format!("the arm `{}` goes on beyond its period of {period} h", plan.name);
                    self.error("RS6773", whole, message, "shorten what is given, or lengthen `period`");
                }
            }
        }
        let (visits, windows_h) = self.visits(&draft, &measures, until_h, period_h, periods);
        let end_h = period_h.map_or(until_h, |p| p * periods as f64);
        let mut drugs: Vec<(String, String)> = Vec::new();
        let lead_in = self.lead_in(&draft, &plans);
        let sites = draft
            .sites
            .as_ref()
            .map_or(size.div_ceil(PEOPLE_PER_SITE), |_| self.whole_number(&draft.sites, f64::from(size), 1, "sites"));
        if size.div_ceil(sites.max(1)) > MOST_PER_SITE {
            let message = format!("{size} people at {sites} sites are more than {MOST_PER_SITE} at one");
            let hint = format!("at least {} sites, or leave `sites` out", size.div_ceil(MOST_PER_SITE));
            self.error("RS6730", draft.sites.as_ref().map_or(whole, |s| s.span), message, hint);
        }
        let tries = self.whole_number(&draft.tries, f64::from(MOST_TRIES), TRIES, "tries");
        if u64::from(size) * u64::from(tries) > u64::from(u32::MAX) {
            let message = format!("{size} people with {tries} candidates each are more than can be told apart");
            let hint = format!("at most {} people with so many tries", u32::MAX / tries);
            self.error("RS6769", draft.tries.as_ref().map_or(whole, |t| t.span), message, hint);
        }
        if period_h.is_some() && protocol.ratios.iter().any(|r| *r != 1.0) {
            self.error("RS6740", whole, "arms of a crossover have no `ratio`", "sequences get equal shares");
        }
        let repeats = self.whole_number(&draft.block, 20.0, 2, "block");
        let ratios: Vec<u32> = match period_h {
            Some(_) => vec![1; sequences.len()],
            None => protocol.ratios.iter().map(|r| *r as u32).collect(),
        };
        let layout = Layout {
            id: self.id(&protocol.study.id, &protocol.title),
            title: protocol.title.clone(),
            treatments: plans
                .iter()
                .map(|p| Treatment { name: p.name.clone(), text: p.regimen.text.clone() })
                .collect(),
            sequences,
            visits,
            measures: measures.iter().map(|m| m.shown.clone()).collect(),
            covariates: people
                .covariates
                .iter()
                .map(|c| Covariate { id: c.id.clone(), label: c.label.clone(), unit: c.unit.to_string() })
                .collect(),
            strata: Vec::new(),
            adverse: Vec::new(),
            drugs: Vec::new(),
            periods_h: (0..periods).map(|p| p as f64 * period_h.unwrap_or(0.0)).collect(),
            until_h: end_h,
            seed: self.wanted.seed.unwrap_or(protocol.study.seed),
            replicates: self.wanted.replicates.unwrap_or(protocol.study.replicates).max(1),
            size,
        };
        let mut design = Design {
            layout,
            seed: self.wanted.seed.unwrap_or(protocol.study.seed),
            file: draft.file.as_ref().map(|t| t.value.clone()),
            treatments: plans,
            scheme: Scheme { ratios, repeats },
            period_h,
            people,
            entry: Vec::new(),
            screening_h: draft.screening_h.unwrap_or(SCREENING_H),
            tries,
            knowledge: draft.knowledge,
            between_trials: draft.between_trials,
            measures,
            adverse: if draft.adverse == Some(false) { Vec::new() } else { self.resources.measures.adverse.clone() },
            lead_in,
            sites,
            strata: Vec::new(),
            windows_h,
            missed: draft.missed,
            adherence: draft.adherence.unwrap_or(1.0),
            dropout: draft.dropout,
            stressors_per_month: draft.stressors_per_month,
            rules: Vec::new(),
            outcome: Outcome::default(),
            margins: Vec::new(),
            analyses: Vec::new(),
            multiplicity: None,
            power: None,
            observed: Vec::new(),
            notes: protocol.notes,
        };
        if draft.probed {
            let note = "probes at visits (eeg, fmri, memory, decision) are left to `resynapse probe`";
            design.notes.push(note.into());
        }
        design.layout.adverse = design.adverse.iter().map(|a| a.label.clone()).collect();
        self.conditions(&mut design, &draft);
        design.rules = draft.rules.iter().filter_map(|r| self.rule(&design, r)).collect();
        for regimen in regimens(&design) {
            for dose in &regimen.doses {
                let drug = (dose.compound.clone(), dose.route.clone());
                if !drugs.contains(&drug) {
                    drugs.push(drug);
                }
            }
        }
        design.layout.drugs = drugs;
        self.margins(&mut design, &draft.margins);
        self.analyses(&mut design, &draft);
        self.observed(&mut design, &draft);
        Some(design)
    }

    /// Arms that cannot be parts of one trial.
    fn arms(&mut self, protocol: &Protocol, whole: Span) {
        for (k, plan) in protocol.plans.iter().enumerate() {
            if protocol.plans[..k].iter().any(|p| p.name == plan.name) {
                let message = format!("two arms are called `{}`", plan.name);
                self.error("RS6731", whole, message, "give every arm a name of its own");
            }
            if plan.table.is_some() {
                let message = format!("the arm `{}` takes its doses from an event table", plan.name);
                self.error("RS6732", whole, message, "in a trial doses are written as `dose` or `[[arm.dose]]`");
            }
            if !plan.hold.is_empty() {
                let message = format!("the arm `{}` holds ports of the model", plan.name);
                self.error("RS6733", whole, message, "links are cut in `simulate` and `knockout`, not in trials");
            }
            let first = &protocol.plans[0].patient;
            if plan.patient.overrides != first.overrides {
                let message = format!("the arm `{}` has people of its own weight, age or sex", plan.name);
                let hint = "people are randomised: use `[[population.covariate]]`, or `[patient]` for everybody";
                self.error("RS6768", whole, message, hint);
            }
            if plan.patient.condition != first.condition || plan.patient.hypothesis != first.hypothesis {
                let message = format!("the arm `{}` has people of another condition or hypothesis", plan.name);
                let hint = "people are randomised: `condition` and `hypothesis` belong to `[population]`";
                self.error("RS6734", whole, message, hint);
            }
        }
    }

    fn id(&mut self, given: &Option<Spanned<String>>, title: &str) -> String {
        const MOST: usize = 20;
        let text = given.as_ref().map_or(title, |t| t.value.as_str());
        let text = text.strip_prefix(PREFIX).unwrap_or(text);
        let clean: String =
            text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '-' }).collect();
        let words: Vec<&str> = clean.split('-').filter(|w| !w.is_empty()).collect();
        let mut short: String = words.join("-").chars().take(MOST).collect();
        short.truncate(short.trim_end_matches('-').len());
        format!("{PREFIX}{}", if short.is_empty() { "TRIAL".into() } else { short })
    }

    fn whole_number(&mut self, given: &Option<Spanned<f64>>, most: f64, default: u32, name: &str) -> u32 {
        let Some(n) = given else { return default };
        if !(1.0..=most).contains(&n.value) || n.value.fract() != 0.0 {
            let hint = format!("as in `{name} = {default}`");
            self.error("RS6735", n.span, format!("`{name}` is a whole number from 1 to {most}"), hint);
            return default;
        }
        n.value as u32
    }

    fn people(&mut self, draft: &Draft, plan: &Plan) -> Option<People> {
        let description = &self.resources.people;
        let ledger = &self.atlas.library.ledger;
        let active = plan.patient.active(self.atlas);
        let plain = match description.people(ledger, &active, &[]) {
            Ok(people) => people,
            Err(found) => {
                self.found.extend(found);
                return None;
            }
        };
        let mut changes = Vec::new();
        for c in &draft.covariates {
            let Some(k) = self.covariate(&plain, &c.id) else { continue };
            let mut number = |text: &Option<Spanned<String>>| {
                let text = text.as_ref()?;
                let unit = &plain.covariates[k].unit;
                match quantity::value(&text.value, unit) {
                    Ok(x) => Some(unit.from_coherent(x)),
                    Err(why) => {
                        let hint = format!("as in `value = \"45 {unit}\"`");
                        self.found.push(Diagnostic::error("RS6736", text.span, why, hint));
                        None
                    }
                }
            };
            // A spread of a log-normal covariate is of the logarithm: a pure number.
            let (value, given) = (number(&c.value), c.spread.as_ref());
            let logarithm =
                matches!(&plain.covariates[k].law, Shape::Around { men, .. } if men.1.law == Law::LogNormal);
            let mut spread = None;
            if let Some(t) = given {
                spread = match t.value.parse::<f64>() {
                    Ok(x) => Some(x),
                    Err(_) if logarithm => None,
                    Err(_) => number(&c.spread),
                };
                spread = spread.filter(|x| *x >= 0.0);
                if spread.is_none() {
                    let hint = "a standard deviation; of the logarithm, a pure number, where the law is log-normal";
                    let message = format!("`{}` is not a spread of `{}`", t.value, c.id.value);
                    self.error("RS6736", t.span, message, hint);
                }
            }
            let hint = match &plain.covariates[k].law {
                Shape::Share(_) | Shape::Alleles(_) if value.is_none_or(|x| !(0.0..=1.0).contains(&x)) => {
                    "give `value`, a share from 0 to 1"
                }
                Shape::Count(..) | Shape::RatioToSquare(..) => {
                    "it follows from other numbers; change those in the atlas"
                }
                Shape::Around { .. } if value.is_none() && given.is_none() => "give `value`, `spread` or both",
                _ => "",
            };
            if !hint.is_empty() {
                self.error("RS6736", c.id.span, format!("`{}` cannot be changed so", c.id.value), hint);
            }
            changes.push(Change { id: c.id.value.clone(), value, spread });
        }
        match description.people(ledger, &active, &changes) {
            Ok(people) => Some(people),
            Err(found) => {
                self.found.extend(found);
                None
            }
        }
    }

    fn covariate(&mut self, people: &People, id: &Spanned<String>) -> Option<usize> {
        let found = people.position(&id.value);
        if found.is_none() {
            let known: Vec<&str> = people.covariates.iter().map(|c| c.id.as_str()).collect();
            let message = format!("`{}` is not a covariate of people", id.value);
            self.error("RS6737", id.span, message, format!("known: {}", known.join(", ")));
        }
        found
    }

    fn margins(&mut self, design: &mut Design, drafts: &[CovariateDraft]) {
        for draft in drafts {
            let Some(k) = self.covariate(&design.people, &draft.id) else { continue };
            let unit = &design.people.covariates[k].unit;
            match draft.value.as_ref().map(|t| quantity::value(&t.value, unit)) {
                Some(Ok(x)) => design.margins.push((k, unit.from_coherent(x))),
                Some(Err(why)) => {
                    let span = draft.value.as_ref().map_or(draft.id.span, |t| t.span);
                    self.error("RS6736", span, why, "the mean of the target population, with its unit");
                }
                None => {
                    let hint = "add `value`, the mean in the target population";
                    self.error("RS6738", draft.id.span, format!("the target `{}` has no value", draft.id.value), hint);
                }
            }
        }
    }

    fn sequences(&mut self, draft: &Draft, plans: &[Plan]) -> Vec<Vec<u32>> {
        let Some(crossover) = &draft.crossover else { return (0..plans.len() as u32).map(|k| vec![k]).collect() };
        if crossover.sequences.is_empty() {
            let hint = "as in `sequences = [\"ketamine, midazolam\", \"midazolam, ketamine\"]`";
            self.error("RS6739", crossover.span, "a crossover needs its sequences", hint);
        }
        let mut out: Vec<Vec<u32>> = Vec::new();
        for sequence in &crossover.sequences {
            out.push(sequence.iter().filter_map(|name| self.treatment(plans, name)).collect());
        }
        if out.iter().any(|s| s.len() != out[0].len() || s.len() < 2) {
            let hint = "each sequence names one arm for each period, two or more";
            self.error("RS6739", crossover.span, "the sequences of a crossover differ in length", hint);
        }
        let contexts = plans.first().map(|p| &p.patient.contexts);
        if plans.iter().any(|p| Some(&p.patient.contexts) != contexts) {
            let hint = "in a crossover the same people get all arms: put `contexts` into `[population]`";
            self.error("RS6740", crossover.span, "arms of a crossover have contexts of their own", hint);
        }
        out
    }

    fn treatment(&mut self, plans: &[Plan], name: &Spanned<String>) -> Option<u32> {
        let found = plans.iter().position(|p| p.name == name.value);
        if found.is_none() {
            let known: Vec<&str> = plans.iter().map(|p| p.name.as_str()).collect();
            let message = format!("no arm is called `{}`", name.value);
            self.error("RS6741", name.span, message, format!("arms: {}", known.join(", ")));
        }
        found.map(|k| k as u32)
    }

    fn regimen(&mut self, dose: Option<&Spanned<String>>) -> Regimen {
        let Some(dose) = dose else { return Regimen::default() };
        match regimen::sentence(self.atlas, self.map, &dose.value) {
            Ok(regimen) => regimen,
            Err(more) => {
                self.found.extend(more.into_iter().map(|d| d.with_other(dose.span, "in this dose")));
                Regimen::default()
            }
        }
    }

    fn lead_in(&mut self, draft: &Draft, plans: &[Plan]) -> Option<LeadIn> {
        let lead = draft.lead_in.as_ref()?;
        let mut regimen = self.regimen(lead.dose.as_ref());
        regimen.happenings.extend(lead.happenings.iter().cloned());
        if let Some(dose) = regimen.doses.iter().find(|d| d.at_h >= lead.length_h) {
            let message = format!("a dose of the lead-in at {} h lies after its end", dose.at_h);
            self.error("RS6742", lead.dose.as_ref().map_or(draft.whole?, |t| t.span), message, "lengthen it");
        }
        let mut plan = Plan::new("lead-in", regimen);
        plan.patient = plans.first()?.patient.clone();
        plan.patient.contexts.retain(|c| plans.iter().all(|p| p.patient.contexts.contains(c)));
        // Contexts of an arm do not hold before randomisation; those of the population do.
        plan.patient.contexts.extend(lead.contexts.iter().cloned());
        plan.until_h = lead.length_h;
        Some(LeadIn { plan, length_h: lead.length_h, goes_on: None })
    }

    fn condition(&mut self, names: &Names<'_>, text: &Spanned<String>) -> Option<Condition> {
        match Condition::read(&text.value, names) {
            Ok(condition) => Some(condition),
            Err((message, hint)) => {
                self.error("RS6743", text.span, message, hint);
                None
            }
        }
    }

    fn conditions(&mut self, design: &mut Design, draft: &Draft) {
        let own = design.clone();
        let names = own.names();
        design.entry = draft.entry.iter().filter_map(|t| self.condition(&names, t)).collect();
        design.strata = draft.strata.iter().filter_map(|t| self.condition(&names, t)).collect();
        design.layout.strata = strata(&design.strata);
        if let (Some(lead), Some(text)) = (&mut design.lead_in, draft.lead_in.as_ref().and_then(|l| l.goes_on.as_ref()))
        {
            lead.goes_on = self.condition(&names, text);
        }
        let o = &draft.outcome;
        let measure = match &o.measure {
            // The first measure for which there is such a thing as response.
            None => own.measures.iter().position(|m| m.outcome.response.is_some()).unwrap_or(0),
            Some(name) => names.measures.iter().position(|m| *m == name.value).unwrap_or_else(|| {
                let hint = format!("measured: {}", names.measures.join(", "));
                self.error("RS6744", name.span, format!("no visit measures `{}`", name.value), hint);
                0
            }),
        };
        let usual = own.measures.get(measure).map(|m| m.outcome.clone()).unwrap_or_default();
        let mut pick = |given: &Option<Spanned<String>>, usual: Option<String>| -> Condition {
            match given {
                Some(text) => self.condition(&names, text).unwrap_or_default(),
                None => usual.and_then(|t| Condition::read(&t, &names).ok()).unwrap_or_default(),
            }
        };
        design.outcome = Outcome {
            measure,
            response: pick(&o.response, usual.response),
            remission: pick(&o.remission, usual.remission),
            relapse: pick(&o.relapse, usual.relapse),
            relapse_visits: o.relapse_visits,
        };
    }

    fn observed(&mut self, design: &mut Design, draft: &Draft) {
        for o in &draft.observed {
            let treatment = self.treatment(&design.treatments, &o.arm);
            let measure = self.measure_of(design, &o.measure);
            if let (Some(treatment), Some(measure)) = (treatment, measure) {
                design.observed.push(Observed {
                    treatment: treatment as usize,
                    measure,
                    at_h: o.at_h,
                    change: o.change,
                    interval: o.interval,
                    source: o.source.clone(),
                });
            }
        }
    }

    fn measure_of(&mut self, design: &Design, name: &Spanned<String>) -> Option<usize> {
        let found = design.measures.iter().position(|m| m.shown.name == name.value);
        if found.is_none() {
            let known: Vec<&str> = design.measures.iter().map(|m| m.shown.name.as_str()).collect();
            let message = format!("no visit measures `{}`", name.value);
            self.error("RS6744", name.span, message, format!("measured: {}", known.join(", ")));
        }
        found
    }

    fn visit_of(&mut self, design: &Design, name: &Spanned<String>) -> Option<usize> {
        let visits = &design.layout.visits;
        let time = quantity::moment(&name.value).ok();
        let found = visits.iter().position(|v| v.name == name.value).or_else(|| {
            // Times as written and as computed may differ in the last bits.
            visits.iter().position(|v| v.period == 0 && time.is_some_and(|t| (v.at_h - t).abs() < 1e-6))
        });
        if found.is_none() {
            let known: Vec<&str> = visits.iter().map(|v| v.name.as_str()).collect();
            let message = format!("no visit is called `{}` or lies at that time", name.value);
            self.error("RS6748", name.span, message, format!("visits: {}", known.join(", ")));
        }
        found
    }
}

/// All regimens of a trial: arms, lead-in, rules.
pub(super) fn regimens(design: &Design) -> impl Iterator<Item = &Regimen> {
    let arms = design.treatments.iter().map(|p| &p.regimen);
    let lead = design.lead_in.iter().map(|l| &l.plan.regimen);
    let rules = design.rules.iter().filter_map(|r| match &r.action {
        Action::Rescue(x) | Action::Retreat(x) | Action::Extra(x) => Some(x),
        _ => None,
    });
    arms.chain(lead).chain(rules)
}

/// Names of the strata that some conditions make: every combination of their answers.
fn strata(conditions: &[Condition]) -> Vec<String> {
    if conditions.is_empty() {
        return vec!["all".into()];
    }
    (0..1_usize << conditions.len())
        .map(|bits| {
            let answer = |(k, c): (usize, &Condition)| {
                if bits >> k & 1 == 1 { c.text.clone() } else { format!("not {}", c.text) }
            };
            conditions.iter().enumerate().map(answer).collect::<Vec<_>>().join(", ")
        })
        .collect()
}
