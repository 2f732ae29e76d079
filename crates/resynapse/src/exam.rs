//! The part of a mechanism's exam that needs no run: by itself, with its inputs at rest, it must have a steady state and
//! keep its own checks there.

use crate::atlas::Atlas;
use crate::patient::Patient;
use crate::prepare::{Person, prepare};
use model::assembly::Assembly;
use model::diagnostic::Diagnostic;
use model::lower::Request;
use model::syntax::Check;

/// What is wrong with the module at `path` at rest; empty if nothing is.
pub fn at_rest(atlas: &Atlas, path: &str) -> Vec<Diagnostic> {
    let assembly = Assembly { name: path.into(), modules: vec![path.into()], alone: true, ..Assembly::default() };
    let patient = Patient::default();
    let prepared = match prepare(atlas, &assembly, &patient, &Request { checks: true, ..Request::default() }) {
        Ok(prepared) => prepared,
        Err(found) => return found,
    };
    let parameters = prepared.parameters(&patient, Person::Typical);
    let states = match prepared.rest(&parameters) {
        Ok(states) => states,
        Err(found) => {
            return vec![Diagnostic::error_nowhere(
                "RS5001",
                format!("`{path}` has no steady state: {}", found.message),
                found.hint,
            )];
        }
    };
    let values = prepared.outputs(&states, &parameters);
    let mut found = Vec::new();
    for (check, value) in prepared.model.checks().iter().zip(values) {
        let (Check::AtRest(e) | Check::Always(e)) = &check.check else { continue };
        if value != 1.0 {
            let message = format!("`{path}` ({}) does not keep its own check at rest: {e}", check.instance);
            let hint = "correct the equations, the numbers or the check; inputs stand at the `rest` of their ports";
            found.push(Diagnostic::error_nowhere("RS5003", message, hint));
        }
    }
    found
}
