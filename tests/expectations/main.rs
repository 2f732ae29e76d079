//! One test for each expectation of the atlas: what a run must show, with its source (`validates_…`), and, where that is
//! known to fail, that it still does (`validates_known_miss_…`), so that an improvement is noticed.

use libtest_mimic::{Arguments, Failed, Trial};
use resynapse::atlas::Atlas;
use resynapse::expectation::{Expectation, evaluate};

fn main() {
    let arguments = Arguments::from_args();
    let atlas = Atlas::embedded();
    let trials = atlas.expectations.iter().map(|e| {
        let (e, id) = (e.clone(), e.id.clone());
        match e.miss {
            None => Trial::test(format!("validates_{id}"), move || check(&e)),
            Some(_) => Trial::test(format!("validates_known_miss_{id}"), move || still_missed(&e)),
        }
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

fn verdict(e: &Expectation) -> Result<(bool, String), Failed> {
    let atlas = Atlas::embedded();
    let found = evaluate(&atlas, e, None).map_err(|why| format!("{why:?}"))?;
    Ok((found.holds, format!("{}: {:?} must be {}", e.says, found.numbers, e.expect)))
}

fn check(e: &Expectation) -> Result<(), Failed> {
    let (holds, text) = verdict(e)?;
    if holds { Ok(()) } else { Err(text.into()) }
}

fn still_missed(e: &Expectation) -> Result<(), Failed> {
    let (holds, text) = verdict(e)?;
    if holds { Err(format!("no longer a miss, take `miss` away: {text}").into()) } else { Ok(()) }
}
