//! `resynapse import`: other programs' data as a protocol.

use super::load_atlas;
use crate::arguments::{Global, Import as Options};
use crate::failure::Failure;
use crate::{files, work};
use ::model::diagnostic::Diagnostic;
use ::model::source::SourceMap;
use std::fs;
use study::data::nonmem::{self, Given, People};

pub(super) fn run(global: &Global, options: &Options) -> Result<(), Failure> {
    let Options::Nonmem { data, cmt, female, typical } = options;
    let atlas = load_atlas(global)?;
    let text = files::read(data)?;
    let mut map = SourceMap::default();
    let given = cmt.iter().map(|text| compartment(text)).collect::<Result<Vec<_>, _>>()?;
    let people = if *typical { People::Typical } else { People::ByArm { female: *female } };
    let set = nonmem::read(&mut map, &data.display().to_string(), &text);
    let set = set.map_err(|found| Failure::Input(found, Box::new(map.clone())))?;
    let title = data.file_stem().map_or_else(String::new, |s| s.to_string_lossy().replace(['_', '-'], " "));
    let written =
        nonmem::protocol(&atlas, &set, &title, &given, people).map_err(|found| Failure::Input(found, Box::new(map)))?;
    let target = global.output.clone().unwrap_or_else(|| super::export::beside(data));
    if target.exists() && !global.force {
        let why = "exists; choose another with -o, or add --force";
        return Err(Failure::File(format!("`{}` {why}", target.display())));
    }
    let fresh = work::beside(&target, "new");
    let cannot = |e: std::io::Error| Failure::File(format!("cannot write `{}`: {e}", target.display()));
    fs::create_dir_all(&fresh).map_err(cannot)?;
    for (name, text) in written.tables.iter().map(|(n, t)| (n.as_str(), t)).chain([(PROTOCOL, &written.protocol)]) {
        fs::write(fresh.join(name), text).map_err(cannot)?;
    }
    crate::folder::replace(&fresh, &target, &work::beside(&target, "old")).map_err(cannot)?;
    let protocol = target.join(PROTOCOL);
    let seen: usize = set.subjects.iter().map(|s| s.observed().len()).sum();
    if global.json {
        let said = serde_json::json!({ "protocol": protocol.display().to_string(), "subjects": set.subjects.len(),
                                       "observed_values": seen });
        anstream::println!("{said:#}");
    } else {
        anstream::println!("{}", protocol.display());
        anstream::eprintln!(
            "{} subjects, each an arm; {seen} observed values are not used. Run it: resynapse simulate {}",
            set.subjects.len(),
            protocol.display()
        );
    }
    Ok(())
}

const PROTOCOL: &str = "protocol.toml";

/// `1=esketamine nasal`.
fn compartment(text: &str) -> Result<Given, Failure> {
    let read = || {
        let (number, rest) = text.split_once('=')?;
        let (drug, route) = rest.trim().split_once(' ')?;
        Some(Given { compartment: number.trim().parse().ok()?, drug: drug.into(), route: route.trim().into() })
    };
    read().ok_or_else(|| {
        let message = format!("`--cmt {text}` does not say what a compartment receives");
        let found = Diagnostic::error_nowhere("RS6804", message, "as in `--cmt \"1=esketamine nasal\"`");
        Failure::Input(vec![found], Box::default())
    })
}
