//! The claims as a reader sees them.

use std::process::Command;

/// Every claim of the popular account is printed with both sides, a grade and a test.
#[test]
fn agrees_that_every_claim_shows_both_sides() {
    let output = Command::new(env!("CARGO_BIN_EXE_resynapse")).args(["evidence", "claims"]).output().expect("it runs");
    assert!(output.status.success());
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut count = 0;
    for block in text.split("\n\n").filter(|b| b.trim_start().starts_with('K')) {
        count += 1;
        for label in ["grade", "for", "against", "test"] {
            assert!(block.lines().any(|l| l.trim_start().starts_with(label)), "no {label} in\n{block}");
        }
    }
    assert_eq!(count, 54);
}
