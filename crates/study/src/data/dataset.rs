//! The data sets of a trial.

use super::design::Design;
use super::person::Person;
use super::table::{Table, Trouble};
use super::{adam, nonmem, plain};
use crate::trial::schema::{Layout, Record};

/// A data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dataset {
    /// ADaM, one row a person.
    Adsl,
    /// ADaM, scores by visit.
    Adqs,
    /// ADaM, doses and concentrations in order of time.
    Adppk,
    /// ADaM, first reports of adverse events.
    Adae,
    /// ADaM, times to events.
    Adtte,
    /// Plain: one row a person.
    People,
    /// Plain: every value at every visit.
    Observations,
    /// Plain: every dose, taken or not.
    Doses,
    /// Plain: everything else that happened.
    Events,
    /// For NONMEM and its like: numbers alone.
    Nonmem,
}

impl Dataset {
    /// Those in the shape of ADaM.
    pub const ADAM: [Dataset; 5] = [Dataset::Adsl, Dataset::Adqs, Dataset::Adppk, Dataset::Adae, Dataset::Adtte];
    /// Those for our own use.
    pub const PLAIN: [Dataset; 4] = [Dataset::People, Dataset::Observations, Dataset::Doses, Dataset::Events];

    /// Name of the table, and of its file in small letters.
    pub fn name(self) -> &'static str {
        match self {
            Dataset::Adsl => "ADSL",
            Dataset::Adqs => "ADQS",
            Dataset::Adppk => "ADPPK",
            Dataset::Adae => "ADAE",
            Dataset::Adtte => "ADTTE",
            Dataset::People => "people",
            Dataset::Observations => "observations",
            Dataset::Doses => "doses",
            Dataset::Events => "events",
            Dataset::Nonmem => "nonmem",
        }
    }
}

/// Makes the data sets of one study.
#[derive(Clone, Debug)]
pub struct Datasets {
    design: Design,
}

impl Datasets {
    /// Checks a layout: codes and names that data sets can use, nothing about suicidality. Everything wrong with it is
    /// reported at once.
    pub fn new(layout: &Layout) -> Result<Datasets, Vec<String>> {
        let datasets = Datasets { design: Design::new(layout)? };
        // What is still wrong here is ours, as a label that is too long; better said now than after the trial.
        let all = Dataset::ADAM.iter().chain(&Dataset::PLAIN).chain([&Dataset::Nonmem]);
        let found: Vec<String> = all.filter_map(|d| datasets.empty(*d).check().err().map(|e| e.to_string())).collect();
        if found.is_empty() { Ok(datasets) } else { Err(found) }
    }

    /// A data set without rows: what [`super::open`] needs.
    pub fn empty(&self, dataset: Dataset) -> Table {
        self.of(dataset, &[])
    }

    /// The rows of these people. Records may come in any number of pieces; a person's rows depend on that person alone.
    pub fn table(&self, dataset: Dataset, records: &[Record]) -> Result<Table, Trouble> {
        let people: Result<Vec<Person<'_>>, String> = records.iter().map(|r| Person::new(&self.design, r)).collect();
        Ok(self.of(dataset, &people.map_err(Trouble::Refused)?))
    }

    /// A table of the variables of some data sets.
    pub fn variables(&self, datasets: &[Dataset]) -> Table {
        let tables: Vec<Table> = datasets.iter().map(|d| self.empty(*d)).collect();
        super::describe(&tables)
    }

    /// What the numbers of the NONMEM data set mean, as text.
    pub fn legend(&self) -> String {
        nonmem::legend(&self.design, &self.empty(Dataset::Nonmem).variables)
    }

    fn of(&self, dataset: Dataset, people: &[Person<'_>]) -> Table {
        let design = &self.design;
        match dataset {
            Dataset::Adsl => adam::subject::table(design, people),
            Dataset::Adqs => adam::score::table(design, people),
            Dataset::Adppk => adam::exposure::table(design, people),
            Dataset::Adae => adam::adverse::table(design, people),
            Dataset::Adtte => adam::time::table(design, people),
            Dataset::People => plain::people(design, people),
            Dataset::Observations => plain::observations(design, people),
            Dataset::Doses => plain::doses(design, people),
            Dataset::Events => plain::events(design, people),
            Dataset::Nonmem => nonmem::export(design, people),
        }
    }
}
