//! Reads the sections of a protocol that make it a trial. Names are resolved afterwards, in [`super::build`].

use crate::trial::design::{BetweenTrials, Dropout};
use model::source::{Span, Spanned};
use resynapse::atlas::Atlas;
use resynapse::fields::Fields;
use resynapse::happening::{self, Happening};
use resynapse::patient::{Patient, changes};
use resynapse::prepare::Knowledge;
use resynapse::probe::Kind;
use resynapse::quantity;

type Text = Spanned<String>;

/// The sections as written.
#[derive(Clone, Debug, Default)]
pub(super) struct Draft {
    pub size: Option<Spanned<f64>>,
    pub file: Option<Text>,
    pub entry: Vec<Text>,
    pub covariates: Vec<CovariateDraft>,
    pub margins: Vec<CovariateDraft>,
    pub tries: Option<Spanned<f64>>,
    pub screening_h: Option<f64>,
    pub knowledge: Knowledge,
    pub between_trials: BetweenTrials,
    pub dropout: Dropout,
    pub sites: Option<Spanned<f64>>,
    pub block: Option<Spanned<f64>>,
    pub strata: Vec<Text>,
    pub missed: f64,
    pub adherence: Option<f64>,
    pub stressors_per_month: f64,
    pub adverse: Option<bool>,
    pub lead_in: Option<LeadInDraft>,
    pub crossover: Option<CrossoverDraft>,
    pub visits: Vec<VisitDraft>,
    pub probed: bool,
    pub rules: Vec<RuleDraft>,
    pub outcome: OutcomeDraft,
    pub analyses: Vec<AnalysisDraft>,
    pub multiplicity: Option<MultiplicityDraft>,
    pub power: Option<PowerDraft>,
    pub observed: Vec<ObservedDraft>,
    pub whole: Option<Span>,
}

#[derive(Clone, Debug)]
pub(super) struct CovariateDraft {
    pub id: Text,
    pub value: Option<Text>,
    pub spread: Option<Text>,
}

#[derive(Clone, Debug)]
pub(super) struct LeadInDraft {
    pub dose: Option<Text>,
    pub happenings: Vec<Happening>,
    pub contexts: Vec<String>,
    pub length_h: f64,
    pub goes_on: Option<Text>,
}

#[derive(Clone, Debug)]
pub(super) struct CrossoverDraft {
    pub period_h: f64,
    pub sequences: Vec<Vec<Text>>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct VisitDraft {
    pub name: Option<Text>,
    pub at_h: Vec<f64>,
    pub assess: Vec<Text>,
    pub window_h: f64,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct RuleDraft {
    pub name: String,
    pub kind: Text,
    pub when: Text,
    pub visits: Vec<Text>,
    pub arms: Vec<Text>,
    pub times: u32,
    pub drug: Option<Text>,
    pub dose: Option<Text>,
    pub happenings: Vec<Happening>,
    pub factor: Option<Spanned<f64>>,
    pub most: f64,
    pub least: f64,
    pub every: Option<Spanned<f64>>,
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
pub(super) struct OutcomeDraft {
    pub measure: Option<Text>,
    pub response: Option<Text>,
    pub remission: Option<Text>,
    pub relapse: Option<Text>,
    pub relapse_visits: u32,
}

#[derive(Clone, Debug)]
pub(super) struct AnalysisDraft {
    pub name: Option<String>,
    pub method: Text,
    pub event: Option<Text>,
    pub endpoint: Option<Text>,
    pub at: Option<Text>,
    pub contrast: Option<Text>,
    pub estimand: Option<Text>,
    pub intercurrent: Option<Vec<Text>>,
    pub alpha: f64,
    pub better: Option<Text>,
    pub covariance: Option<Text>,
    pub freedom: Option<Text>,
    pub sensitivity: Option<Text>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct MultiplicityDraft {
    pub procedure: Text,
    pub analyses: Vec<Text>,
    pub weights: Vec<f64>,
    pub transitions: Vec<Text>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct PowerDraft {
    pub sizes: Vec<Spanned<f64>>,
    pub trials: u32,
    pub analysis: Option<Text>,
    pub span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct ObservedDraft {
    pub arm: Text,
    pub measure: Text,
    pub at_h: f64,
    pub change: f64,
    pub interval: Option<(f64, f64)>,
    pub source: String,
}

/// Reads the sections; `patient` is what all people share and takes the condition and contexts of `[population]`.
pub(super) fn sections(atlas: &Atlas, f: &Fields<'_, '_>, patient: &mut Patient) -> Draft {
    let mut d = Draft { whole: Some(f.span()), ..Draft::default() };
    let known = atlas.events();
    f.table("population", |p| {
        d.size = p.number("size");
        d.file = p.text("file");
        d.entry = p.texts("entry");
        d.tries = p.number("tries");
        d.screening_h = hours(p, "screening");
        let (contexts, condition, hypothesis) = changes(atlas, p);
        patient.contexts.extend(contexts);
        patient.condition = condition.unwrap_or_else(|| patient.condition.clone());
        patient.hypothesis = hypothesis.unwrap_or_else(|| patient.hypothesis.clone());
        d.covariates = p.tables("covariate", covariate);
        d.margins = p.tables("target", |t| {
            let draft = covariate(t);
            if let Some(spread) = &draft.spread {
                t.error("RS6767", spread.span, "a target is a mean and has no spread", "take `spread` away");
            }
            draft
        });
        d.knowledge = choice(p, "uncertainty", &[("none", Knowledge::Central), ("drawn", Knowledge::Uncertain)]);
    });
    f.table("trial", |t| {
        let dropouts =
            [("not_at_random", Dropout::NotAtRandom), ("at_random", Dropout::AtRandom), ("none", Dropout::None)];
        d.dropout = choice(t, "dropout", &dropouts);
        let between = [("drawn", BetweenTrials::Drawn), ("none", BetweenTrials::None)];
        d.between_trials = choice(t, "between_trials", &between);
        d.sites = t.number("sites");
        d.block = t.number("block");
        d.strata = t.texts("strata");
        d.missed = share(t, "missed").unwrap_or(0.0);
        d.adherence = share(t, "adherence");
        d.stressors_per_month = t.number("stressors_per_month").map_or(0.0, |n| {
            if !(0.0..=30.0).contains(&n.value) {
                t.error("RS6721", n.span, "events a month are from 0 to 30", "as in `stressors_per_month = 0.5`");
            }
            n.value
        });
        d.adverse = t.truth("adverse_events");
    });
    d.lead_in = f.table("lead_in", |l| LeadInDraft {
        dose: l.text("dose"),
        happenings: happening::read(l, &known),
        contexts: {
            let (contexts, condition, hypothesis) = changes(atlas, l);
            if condition.is_some() || hypothesis.is_some() {
                let hint = "they belong to `[population]`: the same people are in the lead-in and in the arms";
                l.error("RS6764", l.span(), "a lead-in has no condition or hypothesis of its own", hint);
            }
            contexts
        },
        length_h: hours(l, "length").unwrap_or_else(|| {
            l.error("RS6722", l.span(), "a lead-in needs a length", "add `length = \"28 d\"`");
            0.0
        }),
        goes_on: l.text("continue"),
    });
    d.crossover = f.table("crossover", |c| CrossoverDraft {
        period_h: hours(c, "period").unwrap_or_else(|| {
            c.error("RS6723", c.span(), "a crossover needs the length of a period", "add `period = \"14 d\"`");
            0.0
        }),
        sequences: c
            .texts("sequences")
            .into_iter()
            .map(|t| t.value.split(',').map(|arm| Spanned::new(arm.trim().to_string(), t.span)).collect())
            .collect(),
        span: c.span(),
    });
    d.visits = f.tables("visit", visit);
    // Probes run for minutes on one person: they have a command of their own.
    d.visits.retain_mut(|v| {
        let named = v.assess.len();
        v.assess.retain(|name| Kind::named(&name.value).is_none());
        d.probed |= v.assess.len() < named;
        named == 0 || !v.assess.is_empty()
    });
    d.rules = f.tables("rule", |r| rule(r, &known));
    if let Some(outcome) = f.table("outcome", |o| OutcomeDraft {
        measure: o.text("measure"),
        response: o.text("response"),
        remission: o.text("remission"),
        relapse: o.text("relapse"),
        relapse_visits: count(o, "relapse_visits", 1),
    }) {
        d.outcome = outcome;
    }
    d.outcome.relapse_visits = d.outcome.relapse_visits.max(1);
    d.analyses = f.tables("analysis", analysis);
    d.multiplicity = f.table("multiplicity", |m| MultiplicityDraft {
        procedure: m.needed("procedure"),
        analyses: m.texts("analyses"),
        weights: m.numbers("weights").into_iter().map(|n| n.value).collect(),
        transitions: m.texts("transitions"),
        span: m.span(),
    });
    d.power = f.table("power", |p| PowerDraft {
        sizes: p.numbers("sizes"),
        trials: count(p, "trials", 200),
        analysis: p.text("analysis"),
        span: p.span(),
    });
    d.observed = f.tables("observed", |o| ObservedDraft {
        arm: o.needed("arm"),
        measure: o.needed("measure"),
        at_h: moment(o, "at").unwrap_or_else(|| {
            o.error("RS6766", o.span(), "a measured point needs its time", "as in `at = \"day 28\"`");
            0.0
        }),
        change: o.number("change").map_or_else(
            || {
                o.error("RS6766", o.span(), "a measured point needs its number", "as in `change = -12.4`");
                0.0
            },
            |n| n.value,
        ),
        interval: o.number("low").zip(o.number("high")).map(|(a, b)| (a.value, b.value)),
        source: o.needed("source").value,
    });
    d
}

fn covariate(c: &Fields<'_, '_>) -> CovariateDraft {
    CovariateDraft { id: c.needed("id"), value: worded(c, "value"), spread: worded(c, "spread") }
}

fn visit(v: &Fields<'_, '_>) -> VisitDraft {
    let texts: Vec<Text> = if v.is_text("at") { v.text("at").into_iter().collect() } else { v.texts("at") };
    let mut at_h = Vec::new();
    for text in &texts {
        match quantity::moment(&text.value) {
            Ok(h) => at_h.push(h),
            Err(why) => {
                let hint = "visits count from randomisation, as in `at = [\"24 h\", \"day 8\"]`; the start itself is \
                            always seen";
                v.error("RS6724", text.span, why, hint);
            }
        }
    }
    if texts.is_empty() {
        v.error("RS6724", v.span(), "a visit needs its time", "as in `at = \"day 8\"` or `at = [\"24 h\", \"7 d\"]`");
    }
    VisitDraft {
        name: v.text("name"),
        at_h,
        assess: v.texts("assess"),
        window_h: hours(v, "window").unwrap_or(0.0),
        span: v.span(),
    }
}

fn rule(r: &Fields<'_, '_>, known: &std::collections::BTreeSet<String>) -> RuleDraft {
    let kind = r.needed("kind");
    RuleDraft {
        name: r.text("name").map_or_else(|| kind.value.clone(), |t| t.value),
        kind,
        when: r.needed("when"),
        visits: r.texts("visits"),
        arms: r.texts("arms"),
        times: count(r, "times", 1),
        drug: r.text("drug"),
        dose: r.text("dose"),
        happenings: happening::read(r, known),
        factor: r.number("factor"),
        most: r.number("most").map_or(f64::INFINITY, |n| n.value),
        least: r.number("least").map_or(0.0, |n| n.value),
        every: r.number("every"),
        span: r.span(),
    }
}

fn analysis(a: &Fields<'_, '_>) -> AnalysisDraft {
    // One-sided 2.5 %, as regulators expect of a two-sided 5 %.
    const ALPHA: f64 = 0.025;
    let alpha = a.number("alpha");
    if let Some(n) = alpha.as_ref().filter(|n| !(n.value > 0.0 && n.value < 0.5)) {
        a.error("RS6725", n.span, "`alpha` is one-sided, above 0 and below 0.5", "as in `alpha = 0.025`");
    }
    let listed = a.ignore("intercurrent").then(|| a.texts("intercurrent"));
    AnalysisDraft {
        name: a.text("name").map(|t| t.value),
        method: a.needed("method"),
        event: a.text("event"),
        endpoint: a.text("endpoint"),
        at: a.text("at"),
        contrast: a.text("contrast"),
        estimand: a.text("estimand"),
        intercurrent: listed,
        alpha: alpha.map_or(ALPHA, |n| n.value),
        better: a.text("better"),
        covariance: a.text("covariance"),
        freedom: a.text("freedom"),
        sensitivity: a.text("sensitivity"),
        span: a.span(),
    }
}

/// A text, or a number as text.
fn worded(f: &Fields<'_, '_>, key: &str) -> Option<Text> {
    if f.is_text(key) { f.text(key) } else { f.number(key).map(|n| Spanned::new(n.value.to_string(), n.span)) }
}

fn count(f: &Fields<'_, '_>, key: &str, default: u32) -> u32 {
    let Some(n) = f.number(key) else { return default };
    if !(1.0..=1e6).contains(&n.value) || n.value.fract() != 0.0 {
        f.error("RS6726", n.span, format!("`{key}` is a whole number from 1 up"), format!("as in `{key} = {default}`"));
        return default;
    }
    n.value as u32
}

fn share(f: &Fields<'_, '_>, key: &str) -> Option<f64> {
    let n = f.number(key)?;
    if !(0.0..=1.0).contains(&n.value) {
        f.error("RS6727", n.span, format!("`{key}` is a chance from 0 to 1"), format!("as in `{key} = 0.05`"));
    }
    Some(n.value)
}

fn hours(f: &Fields<'_, '_>, key: &str) -> Option<f64> {
    let text = f.text(key)?;
    quantity::duration(&text.value)
        .map_err(|why| f.error("RS6728", text.span, why, format!("as in `{key} = \"7 d\"`")))
        .ok()
}

fn moment(f: &Fields<'_, '_>, key: &str) -> Option<f64> {
    let text = f.text(key)?;
    quantity::moment(&text.value)
        .map_err(|why| f.error("RS6728", text.span, why, format!("as in `{key} = \"day 8\"`")))
        .ok()
}

/// One of a few words; the first stands where nothing is said.
fn choice<T: Copy>(f: &Fields<'_, '_>, key: &str, words: &[(&str, T)]) -> T {
    let Some(text) = f.text(key) else { return words[0].1 };
    match words.iter().find(|(word, _)| *word == text.value) {
        Some((_, value)) => *value,
        None => {
            let known: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
            let message = format!("`{key}` is not `{}`", text.value);
            f.error("RS6729", text.span, message, format!("known: {}", known.join(", ")));
            words[0].1
        }
    }
}
