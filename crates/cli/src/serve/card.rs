//! The report card: every printed number beside the model's, what is known to be missed, and what is left out.

pub mod schema;

use super::lane::rounded;
use super::schema::{Card, Finding, GradeCount, Limit, Miss, Signs};
use crate::report::limits;
use model::ledger::Grade;
use resynapse::atlas::Atlas;
use study::target::{Targets, Usage};
use study::validate::Report;

pub use schema::Made;

/// The validation that `cargo xtask gen` records beside the page of the same numbers.
const RECORDED: &str = include_str!("../../../../docs/reference/validation.json");

impl Made {
    /// The validation that was recorded; none where the record cannot be read, which a test excludes.
    pub fn recorded() -> Made {
        serde_json::from_str(RECORDED).unwrap_or_default()
    }

    /// Of a report.
    pub fn of(atlas: &Atlas, targets: &Targets, report: &Report, people: u32, seed: u64) -> Made {
        let finding = |f: &study::validate::Finding| {
            let t = &f.target;
            let z = f.z.filter(|_| t.usage == Usage::Score);
            Finding {
                id: t.id.clone(),
                study: t.study.clone(),
                arm: if t.comparator.is_empty() {
                    t.arm.clone()
                } else {
                    format!("{} against {}", t.arm, t.comparator)
                },
                endpoint: format!("{} {}", t.endpoint, t.statistic).replace('_', " "),
                at_h: t.time_h,
                printed: t.estimate,
                low: t.interval.map(|i| i.0),
                high: t.interval.map(|i| i.1),
                model: rounded(f.predicted),
                z: z.and_then(rounded),
                as_expected: f.sign,
                verdict: f.verdict().to_string(),
                reason: targets.reasons.get(&t.id).cloned().unwrap_or_default(),
                usage: match t.usage {
                    Usage::Score => "score",
                    Usage::Sign => "sign",
                    Usage::Show => "show",
                }
                .into(),
            }
        };
        Made { seed, people, atlas_hash: atlas.hash.clone(), findings: report.findings.iter().map(finding).collect() }
    }

    /// As it is recorded: one finding a line, so that a change is seen.
    pub fn text(&self) -> String {
        let lines: Vec<String> =
            self.findings.iter().map(|f| format!("  {}", serde_json::to_string(f).unwrap_or_default())).collect();
        format!(
            "{{\"seed\": {}, \"people\": {}, \"atlas_hash\": \"{}\", \"findings\": [\n{}\n]}}\n",
            self.seed,
            self.people,
            self.atlas_hash,
            lines.join(",\n")
        )
    }
}

/// The card.
pub fn card(atlas: &Atlas, made: &Made) -> Card {
    let scored: Vec<&Finding> = made.findings.iter().filter(|f| f.usage == "score").collect();
    let signs: Vec<bool> = made.findings.iter().filter_map(|f| f.as_expected).collect();
    let sizes: Vec<f64> = scored.iter().filter_map(|f| f.z.map(f64::abs)).collect();
    let rows = |grade: &Grade| atlas.library.ledger.rows().iter().filter(|r| r.grade() == *grade).count();
    Card {
        seed: made.seed,
        people: made.people,
        atlas_hash: made.atlas_hash.clone(),
        current: made.atlas_hash == atlas.hash,
        inside: scored.iter().filter(|f| f.verdict == "inside").count(),
        scored: scored.len(),
        median_z: (!sizes.is_empty()).then(|| study::statistic::median(&sizes)).and_then(rounded),
        signs: Signs { right: signs.iter().filter(|s| **s).count(), of: signs.len() },
        findings: made.findings.clone(),
        misses: atlas
            .expectations
            .iter()
            .filter_map(|e| Some(Miss { id: e.id.clone(), says: e.says.clone(), why: e.miss.clone()? }))
            .collect(),
        limits: limits(atlas).into_iter().map(|(module, text)| Limit { module, text }).collect(),
        grades: Grade::ALL.iter().map(|g| GradeCount { grade: (*g).into(), rows: rows(g) }).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_record() {
        let atlas = Atlas::embedded();
        let made = Made::recorded();
        let found = card(&atlas, &made);
        assert!(found.scored > 50 && found.signs.of >= 10 && !found.misses.is_empty() && !found.limits.is_empty());
        // Written again it is the same text.
        assert_eq!(made.text(), RECORDED);
    }
}
