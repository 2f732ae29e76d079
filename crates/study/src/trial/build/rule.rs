//! Rules: what is done about what a visit shows.

use super::Build;
use crate::trial::design::{Action, Design, Rule};
use crate::trial::read::RuleDraft;
use model::source::Spanned;

impl Build<'_, '_> {
    pub(super) fn rule(&mut self, design: &Design, draft: &RuleDraft) -> Option<Rule> {
        let when = self.condition(&design.names(), &draft.when)?;
        let mut regimen = self.regimen(draft.dose.as_ref());
        regimen.happenings.extend(draft.happenings.iter().cloned());
        let gives = !regimen.doses.is_empty() || !regimen.happenings.is_empty();
        let action = match draft.kind.value.as_str() {
            "rescue" | "retreat" | "extra" if !gives => {
                let message = format!("the rule `{}` gives nothing", draft.name);
                let hint = "add `dose = \"…\"` or a `[[rule.therapy]]` table; times count from the visit";
                self.error("RS6745", draft.span, message, hint);
                return None;
            }
            "rescue" => Action::Rescue(regimen),
            "retreat" => Action::Retreat(regimen),
            "extra" => Action::Extra(regimen),
            "adjust" if draft.least > draft.most || draft.least < 0.0 => {
                let hint = "`least` and `most` are multiples of the planned dose, as in `most = 2`";
                self.error("RS6746", draft.span, "the least multiple of a dose lies above the largest", hint);
                return None;
            }
            "adjust" => match &draft.factor {
                Some(n) if n.value > 0.0 && n.value != 1.0 => {
                    Action::Adjust { factor: n.value, most: draft.most, least: draft.least }
                }
                _ => {
                    self.error("RS6746", draft.span, "a rule that adjusts needs a factor", "as in `factor = 1.5`");
                    return None;
                }
            },
            "space" => match &draft.every {
                Some(n) if n.value >= 1.0 && n.value.fract() == 0.0 => Action::Space(n.value as u32),
                _ => {
                    let hint = "as in `every = 2` for every second dose";
                    self.error("RS6746", draft.span, "a rule that spaces doses needs `every`", hint);
                    return None;
                }
            },
            "stop" => Action::Stop,
            other => {
                let hint = "known: rescue, retreat, extra, adjust, space, stop";
                self.error("RS6747", draft.kind.span, format!("`{other}` is not something a rule does"), hint);
                return None;
            }
        };
        let treatments = draft.arms.iter().filter_map(|a| self.treatment(&design.treatments, a)).collect();
        let visits = draft.visits.iter().filter_map(|v| self.visit_of(design, v)).map(|k| k as u32).collect();
        let drug = draft.drug.as_ref().and_then(|d| self.drug(d));
        Some(Rule { name: draft.name.clone(), drug, action, when, visits, treatments, times: draft.times })
    }

    /// A drug by its name or alias.
    fn drug(&mut self, name: &Spanned<String>) -> Option<String> {
        let found = self.atlas.compound(&name.value).map(|c| c.name.clone());
        if found.is_none() {
            let names: Vec<&str> = self.atlas.compounds.keys().map(String::as_str).collect();
            let hint = format!("known: {}", names.join(", "));
            self.error("RS6102", name.span, format!("`{}` is not a known drug", name.value), hint);
        }
        found
    }
}
