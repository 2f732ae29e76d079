//! Analyses, multiplicity, power.

use super::Build;
use crate::trial::condition::Condition;
use crate::trial::design::{
    Analysis, Better, Covariance, Design, Estimand, Freedom, Intercurrent, Method, Multiplicity, Power, Sensitivity,
    TimeTo,
};
use crate::trial::read::{AnalysisDraft, Draft, MultiplicityDraft, PowerDraft};
use model::source::Spanned;

const INTERCURRENT: [(&str, Intercurrent); 6] = [
    ("rescue", Intercurrent::Rescue),
    ("relapse", Intercurrent::Relapse),
    ("retreatment", Intercurrent::Retreatment),
    ("extra_treatment", Intercurrent::ExtraTreatment),
    ("dosing_stopped", Intercurrent::DosingStopped),
    ("dropout", Intercurrent::Dropout),
];

const ESTIMANDS: [(&str, Estimand); 3] = [
    ("treatment_policy", Estimand::TreatmentPolicy),
    ("hypothetical", Estimand::Hypothetical),
    ("composite", Estimand::Composite),
];

impl Build<'_, '_> {
    pub(super) fn analyses(&mut self, design: &mut Design, draft: &Draft) {
        for (k, a) in draft.analyses.iter().enumerate() {
            if let Some(analysis) = self.analysis(design, a, k) {
                if design.analyses.iter().any(|b| b.name == analysis.name) {
                    let message = format!("two analyses are called `{}`", analysis.name);
                    self.error("RS6752", a.span, message, "give each a `name` of its own");
                }
                design.analyses.push(analysis);
            }
        }
        design.multiplicity = draft.multiplicity.as_ref().and_then(|m| self.multiplicity(design, m));
        design.power = draft.power.as_ref().and_then(|p| self.power(design, p));
    }

    /// A word out of a few.
    fn word<T: Copy>(&mut self, given: &Option<Spanned<String>>, known: &[(&str, T)], what: &str, usual: T) -> T {
        let Some(text) = given else { return usual };
        match known.iter().find(|(word, _)| *word == text.value) {
            Some((_, value)) => *value,
            None => {
                let words: Vec<&str> = known.iter().map(|(w, _)| *w).collect();
                let message = format!("`{}` is not {what}", text.value);
                self.error("RS6753", text.span, message, format!("known: {}", words.join(", ")));
                usual
            }
        }
    }

    fn analysis(&mut self, design: &Design, a: &AnalysisDraft, k: usize) -> Option<Analysis> {
        let events = [
            ("response", TimeTo::Response),
            ("remission", TimeTo::Remission),
            ("relapse", TimeTo::Relapse),
            ("leaving", TimeTo::Leaving),
        ];
        let event = self.word(&a.event, &events, "an event that is timed", TimeTo::Relapse);
        let methods = [
            ("mmrm", Method::Mmrm),
            ("ancova", Method::Ancova),
            ("responder", Method::Response),
            ("remission", Method::Remission),
            ("survival", Method::Survival(event)),
            ("cox", Method::Survival(event)),
            ("crossover", Method::Crossover),
            ("standardised", Method::Standardised),
        ];
        let method = self.word(&Some(a.method.clone()), &methods, "a method of analysis", Method::Mmrm);
        let measure = match &a.endpoint {
            Some(name) => self.measure_of(design, name)?,
            None => design.outcome.measure,
        };
        let visit = match &a.at {
            Some(name) => self.visit_of(design, name)?,
            None => design.layout.visits.iter().rposition(|v| v.period == 0).unwrap_or(0),
        };
        let planned = &design.layout.visits[visit];
        let timed = matches!(method, Method::Survival(_));
        if !timed && !planned.measures.contains(&(measure as u32)) {
            let message = format!("`{}` is not measured at {}", design.measures[measure].shown.name, planned.name);
            self.error("RS6754", a.span, message, "name a visit that does, or add it to that visit's `assess`");
        }
        if !timed && visit == 0 {
            self.error("RS6754", a.span, "an analysis looks at a visit after the start", "as in `at = \"day 29\"`");
        }
        if matches!(method, Method::Crossover) != design.period_h.is_some() && !timed {
            let hint = "a crossover is analysed with `method = \"crossover\"`, other trials with another";
            self.error("RS6755", a.method.span, "the method does not fit the design", hint);
        }
        if timed && design.period_h.is_some() {
            let hint = "times belong to one treatment; a crossover gives several";
            self.error("RS6755", a.method.span, "times to an event are not analysed in a crossover", hint);
        }
        if method == Method::Standardised && design.margins.is_empty() {
            let hint = "add `[[population.target]]` with `id` and `value`";
            self.error("RS6756", a.span, "there is no target population to standardise to", hint);
        }
        let estimand = self.word(&a.estimand, &ESTIMANDS, "an estimand", Estimand::TreatmentPolicy);
        if estimand != Estimand::TreatmentPolicy && (timed || method == Method::Crossover) {
            let hint = "survival and crossover analyses use every value as it is: `estimand = \"treatment_policy\"`";
            self.error("RS6765", a.span, "this method knows no such estimand", hint);
        }
        let contrast = self.contrast(design, a)?;
        let criterion = self.criterion(design, method, measure, a)?;
        let intercurrent = match &a.intercurrent {
            None => vec![Intercurrent::Rescue, Intercurrent::Retreatment, Intercurrent::ExtraTreatment],
            Some(list) => list
                .iter()
                .map(|t| self.word(&Some(t.clone()), &INTERCURRENT, "an intercurrent event", Intercurrent::Rescue))
                .collect(),
        };
        let covariances = [
            ("unstructured", Covariance::Unstructured),
            ("ar1", Covariance::Autoregressive),
            ("compound_symmetry", Covariance::CompoundSymmetry),
        ];
        let freedoms = [("satterthwaite", Freedom::Satterthwaite), ("kenward_roger", Freedom::KenwardRoger)];
        let checks = [("jump_to_reference", Some(Sensitivity::JumpToReference)), ("none", None)];
        let sensitivity = self.word(&a.sensitivity, &checks, "a sensitivity analysis", None);
        if sensitivity.is_some() && method != Method::Mmrm {
            let hint = "jump to reference is a check on `method = \"mmrm\"`";
            self.error("RS6757", a.span, "this method has no such sensitivity analysis", hint);
        }
        let rate = matches!(method, Method::Response | Method::Remission);
        let good = matches!(method, Method::Survival(TimeTo::Response | TimeTo::Remission));
        let usual = if rate || good { Better::More } else { Better::Less };
        // Satterthwaite is harsh on the few degrees between people of a crossover.
        let usual_freedom = match method {
            Method::Crossover => Freedom::KenwardRoger,
            _ => Freedom::Satterthwaite,
        };
        let name = a.name.clone().unwrap_or_else(|| format!("{} {}", a.method.value, k + 1));
        Some(Analysis {
            name,
            method,
            estimand,
            intercurrent,
            measure,
            criterion,
            visit,
            contrast,
            alpha: a.alpha,
            better: self.word(&a.better, &[("less", Better::Less), ("more", Better::More)], "a side", usual),
            covariance: self.word(&a.covariance, &covariances, "a covariance", Covariance::Unstructured),
            freedom: self.word(&a.freedom, &freedoms, "a rule for degrees of freedom", usual_freedom),
            sensitivity,
        })
    }

    /// What counts as response or remission on the analysed measure: the protocol's criterion where it looks at that
    /// measure, else the usual one.
    fn criterion(&mut self, design: &Design, method: Method, measure: usize, a: &AnalysisDraft) -> Option<Condition> {
        let (stated, usual) = match method {
            Method::Response => (&design.outcome.response, &design.measures[measure].outcome.response),
            Method::Remission => (&design.outcome.remission, &design.measures[measure].outcome.remission),
            _ => return Some(Condition::default()),
        };
        if stated.measures().any(|m| m == measure) {
            return Some(stated.clone());
        }
        let usual = usual.as_ref().and_then(|text| Condition::read(text, &design.names()).ok());
        if usual.is_none() {
            let name = &design.measures[measure].shown.name;
            let message = format!("nothing says what counts as {} on `{name}`", a.method.value);
            self.error("RS6763", a.span, message, "say so in `[outcome]`, or analyse another measure");
        }
        usual
    }

    /// `esketamine - placebo`; the first two arms where nothing is said.
    fn contrast(&mut self, design: &Design, a: &AnalysisDraft) -> Option<(usize, usize)> {
        let Some(text) = &a.contrast else {
            if design.treatments.len() < 2 {
                let hint = "a contrast needs two arms; a single arm is described in the summary without an analysis";
                self.error("RS6758", a.span, "there is one arm and nothing to compare it with", hint);
                return None;
            }
            return Some((0, 1));
        };
        let parts: Vec<&str> = text.value.split(" - ").map(str::trim).collect();
        let [first, second] = parts[..] else {
            let message = format!("`{}` is not a contrast", text.value);
            self.error("RS6758", text.span, message, "as in `contrast = \"esketamine - placebo\"`");
            return None;
        };
        let mut arm = |name: &str| self.treatment(&design.treatments, &Spanned::new(name.to_string(), text.span));
        let (one, two) = (arm(first)?, arm(second)?);
        if one == two {
            self.error("RS6758", text.span, "a contrast of an arm with itself", "name two arms");
            return None;
        }
        Some((one as usize, two as usize))
    }

    fn analysis_of(&mut self, design: &Design, name: &Spanned<String>) -> Option<usize> {
        let found = design.analyses.iter().position(|a| a.name == name.value);
        if found.is_none() {
            let known: Vec<&str> = design.analyses.iter().map(|a| a.name.as_str()).collect();
            let message = format!("no analysis is called `{}`", name.value);
            self.error("RS6759", name.span, message, format!("analyses: {}", known.join(", ")));
        }
        found
    }

    fn multiplicity(&mut self, design: &Design, m: &MultiplicityDraft) -> Option<Multiplicity> {
        let listed: Option<Vec<usize>> = m.analyses.iter().map(|a| self.analysis_of(design, a)).collect();
        let analyses = match listed? {
            list if list.is_empty() => (0..design.analyses.len()).collect(),
            list => list,
        };
        if analyses.iter().any(|k| design.analyses[*k].alpha != design.analyses[analyses[0]].alpha) {
            let hint = "a procedure shares one level: give its analyses the same `alpha`";
            self.error("RS6760", m.span, "the analyses have different levels of significance", hint);
        }
        let numbers = |text: &Spanned<String>| -> Option<Vec<f64>> {
            text.value.split_whitespace().map(|x| x.parse().ok().filter(|x: &f64| (0.0..=1.0).contains(x))).collect()
        };
        let n = analyses.len();
        match m.procedure.value.as_str() {
            "fixed_sequence" => Some(Multiplicity::FixedSequence(analyses)),
            "holm" => Some(Multiplicity::Holm(analyses)),
            "graph" => {
                let rows: Option<Vec<Vec<f64>>> = m.transitions.iter().map(numbers).collect();
                let fits = |w: &Vec<f64>| w.len() == n && w.iter().sum::<f64>() <= 1.0 + 1e-9;
                let square = |r: &Vec<Vec<f64>>| {
                    r.len() == n && r.iter().all(|row| row.len() == n && row.iter().sum::<f64>() <= 1.0 + 1e-9)
                };
                match (Some(m.weights.clone()).filter(fits), rows.filter(square)) {
                    (Some(weights), Some(transitions)) => Some(Multiplicity::Graph { analyses, weights, transitions }),
                    _ => {
                        let hint = "as in `weights = [0.5, 0.5]`, `transitions = [\"0 1\", \"1 0\"]`: each row \
                                    adds up to at most 1";
                        self.error("RS6760", m.span, format!("the graph does not fit {n} analyses"), hint);
                        None
                    }
                }
            }
            other => {
                let hint = "known: fixed_sequence, holm, graph";
                self.error("RS6760", m.procedure.span, format!("`{other}` is not a procedure"), hint);
                None
            }
        }
    }

    fn power(&mut self, design: &Design, p: &PowerDraft) -> Option<Power> {
        let analysis = match &p.analysis {
            Some(name) => self.analysis_of(design, name)?,
            None if design.analyses.is_empty() => {
                self.error("RS6761", p.span, "power of what? the protocol has no analysis", "add `[[analysis]]`");
                return None;
            }
            None => 0,
        };
        let sizes: Option<Vec<u32>> = p
            .sizes
            .iter()
            .map(|n| (n.value >= 4.0 && n.value.fract() == 0.0 && n.value < 1e6).then_some(n.value as u32))
            .collect();
        match sizes {
            Some(mut sizes) if !sizes.is_empty() => {
                sizes.sort_unstable();
                sizes.dedup();
                Some(Power { sizes, trials: p.trials, analysis })
            }
            _ => {
                let hint = "people randomised in a trial, as in `sizes = [20, 40, 80]`";
                self.error("RS6762", p.span, "power needs sample sizes of at least 4", hint);
                None
            }
        }
    }
}
