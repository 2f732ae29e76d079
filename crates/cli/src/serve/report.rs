//! The report of a run, the same page that `resynapse simulate` writes.

use super::Shared;
use super::ask::{self, Asked};
use super::problem::Wrong;
use super::schema::Ask;
use crate::command::knockout_times_h;
use crate::report::{Report, html};
use resynapse::run::{knockout, run_with};

/// The page.
pub fn page(shared: &Shared, asked: &Ask) -> Result<String, Wrong> {
    let Asked { plan, command, .. } = ask::read(&shared.atlas, asked)?;
    let results = run_with(&shared.atlas, &plan, &shared.compiled)?;
    let links = knockout(&shared.atlas, &plan, "madrs.total", &knockout_times_h(plan.until_h))?;
    let mut report = Report::new(&shared.atlas, &results);
    report.knockout = Some(&links);
    report.command_line = &command;
    Ok(html(&report))
}
