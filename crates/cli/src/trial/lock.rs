//! The protocol of a trial with every default written out; it can be run again as it stands.

use super::Asked;
use crate::folder::arm;
use resynapse::atlas::Atlas;
use resynapse::prepare::Knowledge;
use resynapse::regimen::Regimen;
use std::fmt::Write;
use study::population::Shape;
use study::trial::design::{
    Action, Analysis, Better, BetweenTrials, Covariance, Design, Dropout, Estimand, Freedom, Intercurrent, Method,
    Multiplicity, Sensitivity, TimeTo,
};

fn q(text: &str) -> String {
    format!("{text:?}")
}

fn hours(h: f64) -> String {
    q(&format!("{h} h"))
}

fn list<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    format!("[{}]", items.into_iter().map(|t| q(t.as_ref())).collect::<Vec<_>>().join(", "))
}

/// Writes the file.
pub fn lock(atlas: &Atlas, asked: &Asked) -> String {
    let design = &asked.design;
    let mut out = String::from("# Every default of this trial, written out. `resynapse trial` reads this file.\n");
    // Writing to a text cannot fail.
    let _ = sections(&mut out, atlas, design);
    out
}

fn sections(out: &mut String, atlas: &Atlas, design: &Design) -> std::fmt::Result {
    let layout = &design.layout;
    let until = design.period_h.unwrap_or(layout.until_h);
    writeln!(out, "\n[lock]\natlas_sha256 = {}", q(&atlas.hash))?;
    writeln!(out, "\n[study]\nid = {}\ntitle = {}\nuntil = {}", q(&layout.id), q(&layout.title), hours(until))?;
    writeln!(out, "seed = {}\nreplicates = {}", design.seed, layout.replicates)?;
    let patient = &design.treatments[0].patient;
    writeln!(out, "\n[population]\nsize = {}\ncondition = {}", layout.size, q(&patient.condition))?;
    writeln!(out, "hypothesis = {}", q(&patient.hypothesis))?;
    let shared: Vec<&String> =
        patient.contexts.iter().filter(|c| design.treatments.iter().all(|t| t.patient.contexts.contains(*c))).collect();
    writeln!(out, "contexts = {}\nscreening = {}\ntries = {}", list(&shared), hours(design.screening_h), design.tries)?;
    writeln!(out, "entry = {}", list(design.entry.iter().map(|c| &c.text)))?;
    let uncertainty = if design.knowledge == Knowledge::Uncertain { "drawn" } else { "none" };
    writeln!(out, "uncertainty = {}", q(uncertainty))?;
    if let Some(file) = &design.file {
        writeln!(out, "file = {}", q(file))?;
    }
    for c in &design.people.covariates {
        let (value, spread) = match &c.law {
            // With rows for women and men apart, one value for both would be another population.
            Shape::Around { men, women, .. } if men == women => (men.0, Some(men.1.size)),
            Shape::Share(x) | Shape::Alleles(x) => (*x, None),
            _ => continue,
        };
        write!(out, "\n[[population.covariate]]\nid = {}\nvalue = {}\n", q(&c.id), with_unit(value, &c.unit.text))?;
        if let Some(size) = spread {
            writeln!(out, "spread = {size}")?;
        }
    }
    for (k, x) in &design.margins {
        let c = &design.people.covariates[*k];
        writeln!(out, "\n[[population.target]]\nid = {}\nvalue = {}", q(&c.id), with_unit(*x, &c.unit.text))?;
    }
    if !patient.overrides.is_empty() {
        writeln!(out, "\n[patient.parameters]")?;
        for (id, value) in &patient.overrides {
            let unit = atlas.library.ledger.rows_of(id).next().map(|r| r.unit.clone());
            if let Some(unit) = unit {
                writeln!(out, "{} = {}", q(id), q(&format!("{} {}", unit.from_coherent(*value), unit.text)))?;
            }
        }
    }
    conduct(out, design)?;
    for (plan, k) in design.treatments.iter().zip(0..) {
        writeln!(out, "\n[[arm]]\nname = {}", q(&plan.name))?;
        if design.period_h.is_none() {
            writeln!(out, "ratio = {}", design.scheme.ratios[k])?;
        }
        let own: Vec<&String> = plan.patient.contexts.iter().filter(|c| !shared.contains(c)).collect();
        if !own.is_empty() {
            writeln!(out, "contexts = {}", list(own))?;
        }
        out.push_str(&arm::given(&plan.regimen));
    }
    visits(out, design)?;
    for rule in &design.rules {
        self::rule(out, design, rule)?;
    }
    let o = &design.outcome;
    writeln!(out, "\n[outcome]\nmeasure = {}", q(&layout.measures[o.measure].name))?;
    for (key, c) in [("response", &o.response), ("remission", &o.remission), ("relapse", &o.relapse)] {
        if !c.text.is_empty() {
            writeln!(out, "{key} = {}", q(&c.text))?;
        }
    }
    writeln!(out, "relapse_visits = {}", o.relapse_visits)?;
    for a in &design.analyses {
        analysis(out, design, a)?;
    }
    multiplicity(out, design)?;
    if let Some(p) = &design.power {
        let sizes: Vec<String> = p.sizes.iter().map(u32::to_string).collect();
        writeln!(out, "\n[power]\nsizes = [{}]\ntrials = {}", sizes.join(", "), p.trials)?;
        writeln!(out, "analysis = {}", q(&design.analyses[p.analysis].name))?;
    }
    for o in &design.observed {
        let arm = &layout.treatments[o.treatment].name;
        writeln!(out, "\n[[observed]]\narm = {}\nmeasure = {}", q(arm), q(&layout.measures[o.measure].name))?;
        writeln!(out, "at = {}\nchange = {:?}\nsource = {}", hours(o.at_h), o.change, q(&o.source))?;
        if let Some((low, high)) = o.interval {
            writeln!(out, "low = {low:?}\nhigh = {high:?}")?;
        }
    }
    Ok(())
}

fn with_unit(value: f64, unit: &str) -> String {
    if unit.is_empty() || unit == "1" { format!("{value:?}") } else { q(&format!("{value} {unit}")) }
}

/// `[trial]`, `[lead_in]`, `[crossover]`.
fn conduct(out: &mut String, design: &Design) -> std::fmt::Result {
    let dropout = match design.dropout {
        Dropout::None => "none",
        Dropout::AtRandom => "at_random",
        Dropout::NotAtRandom => "not_at_random",
    };
    let between = if design.between_trials == BetweenTrials::Drawn { "drawn" } else { "none" };
    writeln!(out, "\n[trial]\nsites = {}\nblock = {}", design.sites, design.scheme.repeats)?;
    writeln!(out, "strata = {}", list(design.strata.iter().map(|c| &c.text)))?;
    writeln!(out, "missed = {:?}\nadherence = {:?}\ndropout = {}", design.missed, design.adherence, q(dropout))?;
    writeln!(out, "stressors_per_month = {:?}", design.stressors_per_month)?;
    writeln!(out, "between_trials = {}\nadverse_events = {}", q(between), !design.adverse.is_empty())?;
    if let Some(lead) = &design.lead_in {
        let shared = &design.treatments[0].patient.contexts;
        let own: Vec<&String> = lead.plan.patient.contexts.iter().filter(|c| !shared.contains(*c)).collect();
        writeln!(out, "\n[lead_in]\nlength = {}\ncontexts = {}", hours(lead.length_h), list(own))?;
        if !lead.plan.regimen.text.is_empty() {
            writeln!(out, "dose = {}", q(&lead.plan.regimen.text))?;
        }
        if let Some(c) = &lead.goes_on {
            writeln!(out, "continue = {}", q(&c.text))?;
        }
        out.push_str(&arm::happenings(&lead.plan.regimen, "lead_in"));
    }
    if let Some(period) = design.period_h {
        let name = |t: &u32| design.layout.treatments[*t as usize].name.as_str();
        let sequences = design.layout.sequences.iter().map(|s| s.iter().map(name).collect::<Vec<_>>().join(", "));
        writeln!(out, "\n[crossover]\nperiod = {}\nsequences = {}", hours(period), list(sequences))?;
    }
    Ok(())
}

fn visits(out: &mut String, design: &Design) -> std::fmt::Result {
    let layout = &design.layout;
    let planned = layout.visits.iter().zip(&design.windows_h);
    for (v, window) in planned.filter(|(v, _)| v.period == 0 && v.at_h > 0.0) {
        let name = v.name.strip_prefix("Period 1 ").unwrap_or(&v.name);
        let taken = list(v.measures.iter().map(|m| &layout.measures[*m as usize].name));
        writeln!(out, "\n[[visit]]\nname = {}\nat = {}\nassess = {taken}", q(name), hours(v.at_h))?;
        writeln!(out, "window = {}", hours(*window))?;
    }
    Ok(())
}

fn rule(out: &mut String, design: &Design, rule: &study::trial::design::Rule) -> std::fmt::Result {
    let (kind, regimen): (&str, Option<&Regimen>) = match &rule.action {
        Action::Rescue(r) => ("rescue", Some(r)),
        Action::Retreat(r) => ("retreat", Some(r)),
        Action::Extra(r) => ("extra", Some(r)),
        Action::Adjust { .. } => ("adjust", None),
        Action::Space(_) => ("space", None),
        Action::Stop => ("stop", None),
    };
    writeln!(out, "\n[[rule]]\nname = {}\nkind = {}\nwhen = {}", q(&rule.name), q(kind), q(&rule.when.text))?;
    writeln!(out, "times = {}", rule.times)?;
    if let Some(drug) = &rule.drug {
        writeln!(out, "drug = {}", q(drug))?;
    }
    let layout = &design.layout;
    writeln!(out, "visits = {}", list(rule.visits.iter().map(|v| &layout.visits[*v as usize].name)))?;
    writeln!(out, "arms = {}", list(rule.treatments.iter().map(|t| &layout.treatments[*t as usize].name)))?;
    match &rule.action {
        Action::Adjust { factor, most, least } => {
            writeln!(out, "factor = {factor:?}\nleast = {least:?}")?;
            if most.is_finite() {
                writeln!(out, "most = {most:?}")?;
            }
        }
        Action::Space(every) => writeln!(out, "every = {every}")?,
        _ => {}
    }
    if let Some(regimen) = regimen {
        if !regimen.text.is_empty() {
            writeln!(out, "dose = {}", q(&regimen.text))?;
        }
        out.push_str(&arm::happenings(regimen, "rule"));
    }
    Ok(())
}

fn analysis(out: &mut String, design: &Design, a: &Analysis) -> std::fmt::Result {
    let layout = &design.layout;
    let (method, event) = match a.method {
        Method::Mmrm => ("mmrm", None),
        Method::Ancova => ("ancova", None),
        Method::Response => ("responder", None),
        Method::Remission => ("remission", None),
        Method::Crossover => ("crossover", None),
        Method::Standardised => ("standardised", None),
        Method::Survival(TimeTo::Response) => ("survival", Some("response")),
        Method::Survival(TimeTo::Remission) => ("survival", Some("remission")),
        Method::Survival(TimeTo::Relapse) => ("survival", Some("relapse")),
        Method::Survival(TimeTo::Leaving) => ("survival", Some("leaving")),
    };
    let estimand = match a.estimand {
        Estimand::TreatmentPolicy => "treatment_policy",
        Estimand::Hypothetical => "hypothetical",
        Estimand::Composite => "composite",
    };
    let event_name = |e: &Intercurrent| match e {
        Intercurrent::Rescue => "rescue",
        Intercurrent::Relapse => "relapse",
        Intercurrent::Retreatment => "retreatment",
        Intercurrent::ExtraTreatment => "extra_treatment",
        Intercurrent::DosingStopped => "dosing_stopped",
        Intercurrent::Dropout => "dropout",
    };
    let covariance = match a.covariance {
        Covariance::Unstructured => "unstructured",
        Covariance::Autoregressive => "ar1",
        Covariance::CompoundSymmetry => "compound_symmetry",
    };
    let freedom = match a.freedom {
        Freedom::Satterthwaite => "satterthwaite",
        Freedom::KenwardRoger => "kenward_roger",
    };
    let better = if a.better == Better::Less { "less" } else { "more" };
    let (one, two) = a.contrast;
    let contrast = format!("{} - {}", layout.treatments[one].name, layout.treatments[two].name);
    writeln!(out, "\n[[analysis]]\nname = {}\nmethod = {}", q(&a.name), q(method))?;
    if let Some(event) = event {
        writeln!(out, "event = {}", q(event))?;
    }
    writeln!(out, "endpoint = {}", q(&layout.measures[a.measure].name))?;
    writeln!(out, "at = {}", hours(layout.visits[a.visit].at_h))?;
    writeln!(out, "contrast = {}\nestimand = {}", q(&contrast), q(estimand))?;
    writeln!(out, "intercurrent = {}", list(a.intercurrent.iter().map(event_name)))?;
    writeln!(out, "alpha = {:?}\nbetter = {}\ncovariance = {}", a.alpha, q(better), q(covariance))?;
    writeln!(out, "freedom = {}", q(freedom))?;
    let check = if a.sensitivity == Some(Sensitivity::JumpToReference) { "jump_to_reference" } else { "none" };
    writeln!(out, "sensitivity = {}", q(check))
}

fn multiplicity(out: &mut String, design: &Design) -> std::fmt::Result {
    let Some(m) = &design.multiplicity else { return Ok(()) };
    let procedure = match m {
        Multiplicity::FixedSequence(_) => "fixed_sequence",
        Multiplicity::Holm(_) => "holm",
        Multiplicity::Graph { .. } => "graph",
    };
    let names = list(m.analyses().iter().map(|k| &design.analyses[*k].name));
    writeln!(out, "\n[multiplicity]\nprocedure = {}\nanalyses = {names}", q(procedure))?;
    if let Multiplicity::Graph { weights, transitions, .. } = m {
        let rows = transitions.iter().map(|r| r.iter().map(f64::to_string).collect::<Vec<_>>().join(" "));
        writeln!(out, "weights = {weights:?}\ntransitions = {}", list(rows))?;
    }
    Ok(())
}
