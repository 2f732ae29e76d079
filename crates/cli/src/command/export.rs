//! `resynapse export`: data of a finished trial or run in other shapes and formats.

use crate::arguments::{Export as Options, ExportFormat, Global};
use crate::failure::Failure;
use crate::files;
use crate::trial::finish::writer;
use crate::trial::records;
use crate::work;
use std::fs;
use std::path::{Path, PathBuf};
use study::data::dataset::{Dataset, Datasets};
use study::data::{self, Format, Table, Values, Variable};

pub(super) fn run(global: &Global, a: &Options) -> Result<(), Failure> {
    let name = format!("export-{}", a.format.name());
    let target = global.output.clone().unwrap_or_else(|| a.run.join(name));
    if !a.run.is_dir() {
        return Err(Failure::File(format!("`{}` is not the folder of a run", a.run.display())));
    }
    if target.exists() && !global.force {
        let why = "exists; choose another with -o, or add --force";
        return Err(Failure::File(format!("`{}` {why}", target.display())));
    }
    let fresh = work::beside(&target, "new");
    if fresh.exists() {
        fs::remove_dir_all(&fresh).map_err(|e| cannot(&fresh, &e))?;
    }
    let made = match records::layout(&a.run)? {
        Some(layout) => trial(a, &layout, &fresh),
        None if a.run.join(TRAJECTORIES).is_file() => one_person(a, &fresh),
        None => {
            let why = "holds neither records of a trial nor trajectories of a run";
            Err(Failure::File(format!("`{}` {why}", a.run.display())))
        }
    };
    let files = made.inspect_err(|_| drop(fs::remove_dir_all(&fresh)))?;
    crate::folder::replace(&fresh, &target, &work::beside(&target, "old")).map_err(|e| cannot(&target, &e))?;
    if global.json {
        anstream::println!("{:#}", serde_json::json!({ "folder": target.display().to_string(), "files": files }));
    } else {
        for file in files {
            anstream::println!("{}", target.join(file).display());
        }
    }
    Ok(())
}

const TRAJECTORIES: &str = "trajectories.csv";

fn cannot(path: &Path, e: &dyn std::fmt::Display) -> Failure {
    Failure::File(format!("cannot write `{}`: {e}", path.display()))
}

/// Data sets of a trial, piece by piece.
fn trial(a: &Options, layout: &study::trial::schema::Layout, folder: &Path) -> Result<Vec<String>, Failure> {
    let datasets = Datasets::new(layout).map_err(|found| Failure::File(found.join("\n")))?;
    let all = || Dataset::PLAIN.into_iter().chain(Dataset::ADAM);
    let wanted: Vec<(Dataset, Format)> = match a.format {
        ExportFormat::Adam => Dataset::ADAM.into_iter().flat_map(|d| Format::COMMON.map(|f| (d, f))).collect(),
        ExportFormat::Csv => all().map(|d| (d, Format::Csv)).collect(),
        ExportFormat::Parquet => all().map(|d| (d, Format::Parquet)).collect(),
        ExportFormat::Nonmem => vec![(Dataset::Nonmem, Format::Nonmem)],
    };
    let mut open = Vec::new();
    let mut names = Vec::new();
    for (dataset, format) in wanted {
        let name = format!("{}.{}", dataset.name().to_lowercase(), format.ending());
        let path = folder.join(&name);
        open.push((dataset, path.clone(), writer(&datasets, dataset, format, &path)?));
        names.push(name);
    }
    records::each(&a.run, &mut |piece| {
        for (dataset, path, writer) in &mut open {
            let table = datasets.table(*dataset, &piece).map_err(|e| cannot(path, &e))?;
            writer.write(&table).map_err(|e| cannot(path, &e))?;
        }
        Ok(())
    })?;
    for (_, path, writer) in open {
        writer.finish().map_err(|e| cannot(&path, &e))?;
    }
    if a.format == ExportFormat::Nonmem {
        let path = folder.join("nonmem.txt");
        fs::write(&path, datasets.legend()).map_err(|e| cannot(&path, &e))?;
        names.push("nonmem.txt".into());
    } else {
        let used: Vec<Dataset> = if a.format == ExportFormat::Adam { Dataset::ADAM.to_vec() } else { all().collect() };
        let table = datasets.variables(&used);
        names.push(put(folder, "variables.csv", Format::Csv, &table)?);
    }
    Ok(names)
}

fn put(folder: &Path, name: &str, format: Format, table: &Table) -> Result<String, Failure> {
    let path = folder.join(name);
    let file = fs::create_dir_all(folder).and_then(|()| fs::File::create(&path)).map_err(|e| cannot(&path, &e))?;
    let mut writer = data::open(format, file, table).map_err(|e| cannot(&path, &e))?;
    writer.write(table).and_then(|()| writer.finish()).map_err(|e| cannot(&path, &e))?;
    Ok(name.to_string())
}

/// Trajectories of one person.
fn one_person(a: &Options, folder: &Path) -> Result<Vec<String>, Failure> {
    let (name, format) = match a.format {
        ExportFormat::Parquet => ("trajectories.parquet", Format::Parquet),
        ExportFormat::Csv => ("trajectories.csv", Format::Csv),
        ExportFormat::Adam | ExportFormat::Nonmem => {
            let why = "is a run of one person: it goes out as parquet or csv; adam and nonmem are for trials";
            return Err(Failure::File(format!("`{}` {why}", a.run.display())));
        }
    };
    let table = trajectories(&a.run)?;
    Ok(vec![put(folder, name, format, &table)?])
}

/// The trajectories as a table with the labels and units of `variables.csv`.
fn trajectories(run: &Path) -> Result<Table, Failure> {
    let path = run.join(TRAJECTORIES);
    let text = files::read(&path)?;
    let about = files::read(&run.join("variables.csv"))?;
    let wrong = |why: String| Failure::File(format!("`{}` cannot be used: {why}", path.display()));
    let mut labels: Vec<(String, String, String)> = Vec::new();
    for row in csv::Reader::from_reader(about.as_bytes()).records() {
        let row = row.map_err(|e| wrong(e.to_string()))?;
        let field = |k: usize| row.get(k).unwrap_or("").to_string();
        labels.push((field(0), field(1), field(2)));
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head: Vec<String> = reader.headers().map_err(|e| wrong(e.to_string()))?.iter().map(String::from).collect();
    let short = |label: &str| label.chars().take(40).collect::<String>();
    let variables: Vec<Variable> = head
        .iter()
        .map(|name| match (name.as_str(), labels.iter().find(|(port, ..)| port == name)) {
            ("course", _) => Variable::text("course", "Which course", 24),
            ("time_h", _) => Variable::number("time_h", "Time since the start").unit("h"),
            (_, Some((_, label, unit))) => Variable::number(name.clone(), short(label)).unit(unit.clone()),
            _ => Variable::number(name.clone(), short(name)),
        })
        .collect();
    let mut columns: Vec<Values> = variables.iter().map(|v| Values::none(v.kind)).collect();
    for row in reader.records() {
        let row = row.map_err(|e| wrong(e.to_string()))?;
        for (column, cell) in columns.iter_mut().zip(row.iter()) {
            match column {
                Values::Numbers(x) => x.push(cell.parse().unwrap_or(f64::NAN)),
                Values::Texts(x) => x.push(cell.to_string()),
            }
        }
    }
    Ok(Table { name: "trajectories".into(), label: "Trajectories of one person".into(), variables, columns })
}

impl ExportFormat {
    fn name(self) -> &'static str {
        match self {
            ExportFormat::Adam => "adam",
            ExportFormat::Nonmem => "nonmem",
            ExportFormat::Parquet => "parquet",
            ExportFormat::Csv => "csv",
        }
    }
}

/// Where an imported protocol goes by default: beside the data.
pub(super) fn beside(data: &Path) -> PathBuf {
    data.with_extension("")
}
