//! Everything that must pass before a change lands.

use crate::{adam, claims, evidence, generate, oracles, page, tidy};
use resynapse_tests::files::root;
use std::process::{Command, Stdio};
use std::time::Instant;

enum Step {
    Passed,
    Failed,
    Skipped(String),
}

/// Runs all steps, goes on after a failure, and sums up.
pub fn run(full: bool) -> bool {
    let has = |program: &str, argument: &str| {
        let status =
            Command::new(program).arg(argument).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|s| s.success())
    };
    let nextest = has("cargo", "nextest");
    let need = |present: bool, tool: &str, how: &str| match (present, full) {
        (true, _) => None,
        (false, true) => Some(Err(format!("--full needs {tool}: {how}"))),
        (false, false) => Some(Ok(format!("{tool} is not installed"))),
    };
    let cargo = |arguments: &[&str]| {
        let status = Command::new("cargo").args(arguments).current_dir(root()).status();
        if status.is_ok_and(|s| s.success()) { Step::Passed } else { Step::Failed }
    };
    let tool = |missing: Option<Result<String, String>>, run: &dyn Fn() -> Step| match missing {
        None => run(),
        Some(Ok(why)) => Step::Skipped(why),
        Some(Err(why)) => {
            println!("{why}");
            Step::Failed
        }
    };
    let inside = |passed: bool| if passed { Step::Passed } else { Step::Failed };
    let typos = Command::new("typos").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    type Run<'a> = Box<dyn Fn() -> Step + 'a>;
    let steps: Vec<(&str, Run<'_>)> = vec![
        ("formatting", Box::new(|| cargo(&["fmt", "--all", "--check"]))),
        ("lints", Box::new(|| cargo(&["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))),
        (
            "tests",
            Box::new(|| match need(nextest, "cargo-nextest", "cargo install cargo-nextest --locked") {
                None => cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]),
                Some(Ok(_)) => cargo(&["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]),
                Some(Err(why)) => {
                    println!("{why}");
                    Step::Failed
                }
            }),
        ),
        ("doc tests", Box::new(|| cargo(&["test", "--workspace", "--doc", "--quiet"]))),
        ("tidy", Box::new(|| inside(tidy::run()))),
        ("claims", Box::new(|| inside(claims::run()))),
        ("generated files", Box::new(|| inside(generate::run(true)))),
        ("evidence", Box::new(|| evidence::absent().map_or_else(|| inside(evidence::run()), Step::Skipped))),
        ("oracles", Box::new(|| oracles::absent().map_or_else(|| inside(oracles::run(false)), Step::Skipped))),
        ("page, built anew", Box::new(|| where_present(full, page::absent(), page::build))),
        ("page, in a browser", Box::new(|| where_present(full, page::no_browser(), page::browse))),
        ("server, attacked", Box::new(|| where_present(full, page::no_attacker(), page::attack))),
        ("data of trials", Box::new(|| where_present(full, adam::absent(), adam::run))),
        (
            "licences and advisories",
            Box::new(|| {
                let missing = need(has("cargo", "deny"), "cargo-deny", "cargo install cargo-deny --locked");
                // Not the advisories: their database lies outside the registry.
                tool(missing, &|| cargo(&["deny", "check", "licenses", "bans", "sources"]))
            }),
        ),
        (
            "spelling",
            Box::new(|| {
                tool(need(typos, "typos", "pip install typos"), &|| {
                    let status = Command::new("typos").current_dir(root()).status();
                    if status.is_ok_and(|s| s.success()) { Step::Passed } else { Step::Failed }
                })
            }),
        ),
    ];
    let mut lines = Vec::new();
    let (mut failed, mut skipped, mut passed) = (0, 0, 0);
    for (name, step) in steps {
        println!("== {name}");
        let started = Instant::now();
        let outcome = match step() {
            Step::Passed => {
                passed += 1;
                "passed".to_string()
            }
            Step::Failed => {
                failed += 1;
                "FAILED".to_string()
            }
            Step::Skipped(why) => {
                skipped += 1;
                format!("skipped: {why}")
            }
        };
        lines.push(format!("{name:24} {:6.1} s  {outcome}", started.elapsed().as_secs_f64()));
    }
    println!("\n{}\n", lines.join("\n"));
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    failed == 0
}

/// Runs a step where what it needs is there; `full` asks for it.
fn where_present(full: bool, absent: Option<String>, run: fn() -> bool) -> Step {
    match absent {
        None if run() => Step::Passed,
        None => Step::Failed,
        Some(why) if full => {
            println!("--full needs it: {why}");
            Step::Failed
        }
        Some(why) => Step::Skipped(why),
    }
}
