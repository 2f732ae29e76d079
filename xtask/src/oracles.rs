//! Outputs of other systems that are handed over but not committed.

use resynapse_tests::files::oracles;
use resynapse_tests::nonmem;
use serde_json::json;

/// Why the oracles cannot run, if they cannot.
pub fn absent() -> Option<String> {
    oracles().err()
}

/// Runs every oracle that is present; says which are not.
pub fn run(as_json: bool) -> bool {
    let folder = match oracles() {
        Ok(folder) => folder,
        Err(why) => {
            if as_json {
                println!("{}", json!({ "skipped": why }));
            } else {
                println!("oracles skipped: {why}");
            }
            return true;
        }
    };
    let scenarios = match nonmem::run(&folder.join("nonmem")) {
        Ok(scenarios) => scenarios,
        Err(why) => {
            println!("oracles: nonmem: {why}");
            return false;
        }
    };
    let failed: usize = scenarios.iter().map(|s| s.failed).sum();
    let rows: usize = scenarios.iter().map(|s| s.rows).sum();
    let passed = scenarios.iter().filter(|s| s.failed == 0).count();
    let worst = scenarios.iter().map(|s| s.worst).fold(0.0, f64::max);
    if as_json {
        let each: Vec<_> = scenarios
            .iter()
            .map(|s| json!({ "id": s.id, "rows": s.rows, "failed": s.failed, "worst_relative": s.worst }))
            .collect();
        let summary = json!({ "nonmem": { "scenarios": scenarios.len(), "passed": passed, "rows": rows,
            "rows_failed": failed, "worst_relative": worst, "tolerance": nonmem::TOLERANCE, "each": each } });
        println!("{summary}");
    } else {
        for s in scenarios.iter().filter(|s| s.failed > 0) {
            println!(
                "nonmem scenario {}: {} of {} rows differ, worst {:.1e} at {} h",
                s.id, s.failed, s.rows, s.worst, s.worst_at_h
            );
        }
        println!("oracles: nonmem {passed} of {} scenarios, {rows} rows, worst {worst:.1e}", scenarios.len());
    }
    failed == 0
}
