//! Writes every data set of a small made-up trial in every format: `adam_sample FOLDER [PEOPLE]`.
//!
//! `tests/reference/adam/check.py` reads them with other programs.

mod trial;

use std::fs::{File, create_dir_all};
use std::path::Path;
use study::data::dataset::{Dataset, Datasets};
use study::data::{Format, Table, open};
use study::trial::schema::Record;

/// Records of a piece.
const PIECE: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("adam_sample FOLDER [PEOPLE]")?;
    let size = arguments.next().map_or(Ok(12), |n| n.parse())?;
    let folder = Path::new(&folder);
    create_dir_all(folder)?;
    let layout = trial::layout(size);
    let datasets = Datasets::new(&layout).map_err(|found| found.join("\n"))?;
    let records = trial::records(&layout);
    for dataset in Dataset::ADAM {
        for format in Format::COMMON {
            write(folder, &datasets, dataset, format, &records)?;
        }
    }
    for dataset in Dataset::PLAIN {
        write(folder, &datasets, dataset, Format::Parquet, &records)?;
        write(folder, &datasets, dataset, Format::Csv, &records)?;
    }
    write(folder, &datasets, Dataset::Nonmem, Format::Nonmem, &records)?;
    let variables = datasets.variables(&Dataset::ADAM);
    let mut out = open(Format::Csv, File::create(folder.join("variables.csv"))?, &variables)?;
    out.write(&variables)?;
    out.finish()?;
    Ok(())
}

fn write(
    folder: &Path,
    datasets: &Datasets,
    dataset: Dataset,
    format: Format,
    records: &[Record],
) -> Result<(), Box<dyn std::error::Error>> {
    let name = format!("{}.{}", dataset.name().to_lowercase(), format.ending());
    let head: Table = datasets.empty(dataset);
    let mut out = open(format, File::create(folder.join(name))?, &head)?;
    for piece in records.chunks(PIECE) {
        out.write(&datasets.table(dataset, piece)?)?;
    }
    out.finish()?;
    Ok(())
}
