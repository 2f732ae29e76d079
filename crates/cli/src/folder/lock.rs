//! The lock file of a run.

use super::{arm, hex, table_name};
use resynapse::atlas::Atlas;
use resynapse::prepare::Person;
use resynapse::run::{Plan, Results};

/// The protocol with every default written out; it can be run again as it stands.
pub fn lock(atlas: &Atlas, results: &[Results]) -> String {
    let Some(first) = results.first() else { return String::new() };
    let plan = first.plan();
    let q = |text: &str| format!("{text:?}");
    let mut out = String::from(
        "# Every default of this run, written out. `resynapse simulate` reads this file as a protocol.\n\n",
    );
    out.push_str("[study]\n");
    out.push_str(&format!("title = {}\n", q(&plan.name)));
    out.push_str(&format!("until = {}\n", q(&format!("{} h", plan.until_h))));
    match plan.person {
        Person::Typical => {
            out.push_str("person = \"typical\"   # numbers at their values, life noise off, forcings at their mean\n")
        }
        Person::Drawn { seed, .. } => out.push_str(&format!("person = \"drawn\"   # life noise on\nseed = {seed}\n")),
    }
    out.push_str(&format!("\n[numerics]\nrtol = {}\n", plan.rtol));
    out.push_str(&format!("\n[lock]\nprogram = {}\n", q(env!("CARGO_PKG_VERSION"))));
    out.push_str(&format!("atlas = {}\natlas_sha256 = {}\n", q(::atlas::VERSION), q(&atlas.hash)));
    out.push_str("reported_plasma = \"venous\"\nform = \"base unless a dose names another\"\n");
    out.push_str(&format!("\n[patient]\ncondition = {}\n", q(&plan.patient.condition)));
    out.push_str("[patient.parameters]\n");
    for p in &first.provenance().parameters {
        if p.row.id.starts_with("person.") || p.origin == "patient" {
            out.push_str(&format!("{} = {}\n", q(&p.row.id), q(&format!("{} {}", p.value, p.row.unit))));
        }
    }
    for r in results {
        let plan = r.plan();
        out.push_str(&format!("\n[[arm]]\nname = {}\n", q(&plan.name)));
        out.push_str(&format!("hypothesis = {}\n", q(&plan.patient.hypothesis)));
        if plan.patient.condition != first.plan().patient.condition {
            out.push_str(&format!("condition = {}\n", q(&plan.patient.condition)));
        }
        let list = |texts: Vec<String>| texts.iter().map(|t| q(t)).collect::<Vec<_>>().join(", ");
        out.push_str(&format!("contexts = [{}]\n", list(plan.patient.contexts.iter().cloned().collect())));
        if !plan.hold.is_empty() {
            out.push_str(&format!("hold = [{}]\n", list(plan.hold.clone())));
        }
        out.push_str(&given(r.plan()));
    }
    out
}

fn given(plan: &Plan) -> String {
    let q = |text: &str| format!("{text:?}");
    if plan.table.is_some() {
        let (name, text) = plan.table_text.clone().unwrap_or_default();
        return format!("events = {}\nevents_sha256 = {}\n", q(&table_name(&name)), q(&hex(&[&text])));
    }
    arm::given(&plan.regimen)
}
