//! Chores of the project: `cargo xtask <chore>`.

#![allow(clippy::disallowed_methods, reason = "chores read, write and measure")]

mod adam;
mod bench;
mod claims;
mod evidence;
mod generate;
mod oracles;
mod page;
mod test;
mod tidy;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the project")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Everything that must pass: formatting, lints, tests, doc tests, tidy, generated files, oracles
    Test {
        /// Require the tools that a plain Rust toolchain lacks (nextest, cargo-deny, typos) instead of skipping them
        #[arg(long)]
        full: bool,
    },
    /// Check the invariants of ARCHITECTURE.md that the compiler does not see
    Tidy,
    /// Write the generated parts of docs/
    Gen {
        /// Fail if they are not what would be written
        #[arg(long)]
        check: bool,
    },
    /// Measure the engine on the whole assembly, beside another solver; `bench neural` measures the probes
    Bench {
        /// What to measure instead of the engine
        what: Option<bench::What>,
        /// Measure other simulators on the same models too, in the same run; needs Python with `benches/peers/requirements.txt`
        #[arg(long, requires = "what")]
        peers: bool,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Fewer people and repeats: half a minute instead of several
        #[arg(long)]
        quick: bool,
    },
    /// Put every claim of the popular account to its tests, and cut the links they rest on
    Claims,
    /// Hold ledger rows against the evidence pages they cite
    Evidence,
    /// Compare with the outputs of other systems
    Oracles {
        /// Print counts as JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let passed = match Arguments::parse().chore {
        Chore::Test { full } => test::run(full),
        Chore::Tidy => tidy::run(),
        Chore::Gen { check } => generate::run(check),
        Chore::Bench { what: None, json, quick, .. } => bench::run(json, quick),
        Chore::Bench { what: Some(bench::What::Neural), peers, quick, .. } => bench::neural::run(peers, quick),
        Chore::Claims => claims::run(),
        Chore::Evidence => evidence::run(),
        Chore::Oracles { json } => oracles::run(json),
    };
    if passed { ExitCode::SUCCESS } else { ExitCode::from(3) }
}

/// Prints findings under a heading and says whether there are none.
fn report(what: &str, findings: &[String]) -> bool {
    for finding in findings {
        println!("{what}: {finding}");
    }
    findings.is_empty()
}
