//! `resynapse atlas export`.

use crate::arguments::{Atlas, Global};
use crate::failure::Failure;
use std::fs;

pub(super) fn run(global: &Global, what: &Atlas) -> Result<(), Failure> {
    let Atlas::Export { folder } = what;
    let taken = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if taken && !global.force {
        return Err(Failure::File(format!(
            "`{}` exists and is not empty; choose another folder or add --force",
            folder.display()
        )));
    }
    for (path, text) in ::atlas::FILES {
        let target = folder.join(path);
        let written = target.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&target, text));
        written.map_err(|e| Failure::File(format!("cannot write `{}`: {e}", target.display())))?;
    }
    if !global.quiet {
        anstream::eprintln!(
            "{} files in {}. Edit a number or a mechanism and run with --atlas {}",
            ::atlas::FILES.len(),
            folder.display(),
            folder.display()
        );
    }
    Ok(())
}
