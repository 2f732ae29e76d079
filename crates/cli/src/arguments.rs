//! The command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// How ketamine acts on the brain, as an executable account in which every number has its source and grade.
/// A model, not medical advice.
#[derive(Debug, Parser)]
#[command(
    name = "resynapse",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    after_help = "Exit codes: 0 done, 1 bad input, 2 wrong usage, 3 a check failed, 4 the computation failed, 130 interrupted."
)]
pub struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Args, Debug)]
pub struct Global {
    /// Read mechanisms and numbers from this folder instead of those built in (see `atlas export`)
    #[arg(long, global = true, value_name = "DIR")]
    pub atlas: Option<PathBuf>,
    /// Seed of everything drawn at random; 1 unless said here or in the protocol
    #[arg(long, global = true)]
    pub seed: Option<u64>,
    /// Threads; no result depends on it. Trials use all processors, other commands one, unless said
    #[arg(long, global = true, value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// Print the result as JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    /// Folder for the results
    #[arg(short, long, global = true, value_name = "DIR")]
    pub output: Option<PathBuf>,
    /// Overwrite an existing folder
    #[arg(long, global = true)]
    pub force: bool,
    /// Print nothing but results
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more about what is done
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Colour
    #[arg(long, global = true, default_value = "auto", value_name = "WHEN")]
    pub color: Colour,
}

impl Global {
    /// The seed of what has none of its own.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }
    /// Threads for work on one person or a few.
    pub fn few_threads(&self) -> usize {
        usize::from(self.threads.unwrap_or(1))
    }
    /// Threads for work on many people.
    pub fn many_threads(&self) -> usize {
        let all = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        self.threads.map_or_else(all, usize::from)
    }
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Follow one person from the dose to the mood
    Simulate(Simulate),
    /// Put two or more dose sentences, protocols or runs side by side, differences first
    Compare(Compare),
    /// Hold each link of the chain at rest and see how much of the effect is left
    Knockout(Knockout),
    /// List named runs, each with its question and the answer that is tested
    #[command(subcommand)]
    Scenario(Scenario),
    /// Statements the model must meet, each with its source: list them, or put them to the test
    #[command(subcommand)]
    Expectations(Expectations),
    /// Rival explanations: list them, show both sides, and see what each predicts for the same experiments
    #[command(subcommand)]
    Hypotheses(Hypotheses),
    /// Hold the model against what trials printed, with virtual people for every arm
    Validate(Validate),
    /// Run a virtual randomised trial: people, arms, visits, leaving, analyses
    Trial(Trial),
    /// Power and assurance over sample sizes, with Monte-Carlo error, type-I error and unblinding bias
    Power(Power),
    /// Put shares of a trial together and finish it
    Gather(Gather),
    /// Show what an EEG, a scan or a task would show of a person at a moment of a protocol
    Probe(Probe),
    /// Open the explorer: a page in a browser on this machine, in which doses are varied and questioned
    Serve(Serve),
    /// Write the data of a finished trial or run in another shape or format
    Export(Export),
    /// Turn other programs' data into a protocol
    #[command(subcommand)]
    Import(Import),
    /// Look at mechanisms and check your own
    #[command(subcommand)]
    Model(Model),
    /// Look at the numbers and where they come from
    #[command(subcommand)]
    Evidence(Evidence),
    /// The built-in mechanisms and numbers
    #[command(subcommand)]
    Atlas(Atlas),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

/// Who is treated, and numerics.
#[derive(Args, Clone, Debug)]
pub struct Subject {
    /// How long to follow, as in `28d` or `12 h`
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// File that describes the person
    #[arg(long, value_name = "FILE")]
    pub patient: Option<PathBuf>,
    /// Condition of the person, as in `healthy` (see `evidence contexts`)
    #[arg(long, value_name = "NAME")]
    pub condition: Option<String>,
    /// Hypothesis to run, as in `H4`, or an ensemble of separate runs pooled by weight, as in `H1:0.6,H4:0.4`
    #[arg(long, value_name = "NAME")]
    pub hypothesis: Option<String>,
    /// Activate a context of the ledger, as in `with=ticlopidine` or `set=no_allometry`; may be repeated
    #[arg(long = "context", value_name = "KEY=VALUE")]
    pub contexts: Vec<String>,
    /// Break a link of the chain: a name that `knockout` prints, as in `AMPA`, or a port, held as without drug or, with
    /// `PORT=VALUE`, at a value, as in `inflammation.index=1`; may be repeated
    #[arg(long = "hold", value_name = "LINK")]
    pub holds: Vec<String>,
    /// Set a number of the ledger, as in `ketamine.clint=200 L/h`; may be repeated
    #[arg(long = "set", value_name = "ID=VALUE")]
    pub sets: Vec<String>,
    /// Draw a person from the ledger's between-person variability, with daily noise, instead of the typical one
    #[arg(long)]
    pub drawn: bool,
    /// Relative tolerance of the engine, 1e-5 unless said
    #[arg(long, value_name = "NUMBER")]
    pub rtol: Option<f64>,
    /// Subjects that advance together; no result depends on it
    #[arg(long, hide = true, default_value_t = 16)]
    pub lanes: usize,
}

/// `simulate`.
#[derive(Args, Debug)]
pub struct Simulate {
    /// A dose sentence such as "ketamine 0.5 mg/kg iv over 40 min", a scenario, or a protocol file (.toml)
    pub what: String,
    /// The person.
    #[command(flatten)]
    pub subject: Subject,
}

/// `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Port on this machine; a free one unless said
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Open the page in a browser
    #[arg(long)]
    pub open: bool,
    /// The door the page opens with
    #[arg(long, value_name = "DOOR")]
    pub mode: Option<Mode>,
}

/// Who the page is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mode {
    /// A curious reader.
    Curious,
    /// Somebody who teaches.
    Educator,
    /// Somebody who models.
    Modeller,
}

/// `compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// Dose sentences, scenarios, protocol files (.toml) or folders of earlier runs
    #[arg(required = true, num_args = 2..)]
    pub what: Vec<String>,
    /// Signals to compare, as port names; may be repeated
    #[arg(long = "signal", value_name = "PORT")]
    pub signals: Vec<String>,
    /// The person.
    #[command(flatten)]
    pub subject: Subject,
}

/// `knockout`.
#[derive(Args, Debug)]
pub struct Knockout {
    /// A dose sentence or a protocol file (.toml)
    pub what: String,
    /// The signal whose effect is watched
    #[arg(long, default_value = "madrs.total", value_name = "PORT")]
    pub signal: String,
    /// The person.
    #[command(flatten)]
    pub subject: Subject,
}

/// `scenario …`.
#[derive(Debug, Subcommand)]
pub enum Scenario {
    /// List all scenarios with their questions
    List,
    /// Print one scenario: question, protocol, answer
    Show {
        /// Its name, as in `one_infusion`
        name: String,
    },
}

/// `expectations …`.
#[derive(Debug, Subcommand)]
pub enum Expectations {
    /// List them in words
    List {
        /// Only those whose name or words contain this text
        filter: Option<String>,
    },
    /// Put them to the test
    Run {
        /// Only those whose name or words contain this text
        filter: Option<String>,
        /// Also cut each link a statement rests on, and see that it then fails
        #[arg(long)]
        cut: bool,
    },
}

/// `hypotheses …`.
#[derive(Debug, Subcommand)]
pub enum Hypotheses {
    /// List all hypotheses with the paths that carry them
    List,
    /// Show one hypothesis: claim, both sides, the test that would tell
    Show {
        /// Its id, as in `H4`
        id: String,
    },
    /// What each hypothesis predicts for the same experiments
    Predict {
        /// Only these, as in `H1 H4`
        ids: Vec<String>,
    },
}

/// `validate`.
#[derive(Args, Debug)]
pub struct Validate {
    /// People an arm, over its virtual trials of the printed size; at least so many
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub people: u32,
    /// Only targets whose id begins so, as in `TSD`; may be repeated
    #[arg(long, value_name = "ID")]
    pub only: Vec<String>,
    /// Also rows that are shown but not counted
    #[arg(long)]
    pub all: bool,
    /// Set a number of the ledger, as in `mood.weight_fast=1.2 1`; may be repeated
    #[arg(long, value_name = "ID=VALUE")]
    pub set: Vec<String>,
}

/// `trial`.
#[derive(Args, Debug)]
pub struct Trial {
    /// A trial protocol (.toml), or the name of a trial of the atlas
    pub protocol: String,
    /// Work on many people.
    #[command(flatten)]
    pub long: Long,
    /// Run only this share of the pieces, as in `2/8`; `gather` puts shares together
    #[arg(long, value_name = "K/N")]
    pub shard: Option<String>,
}

/// Long work: what is common to trials and power.
#[derive(Args, Debug)]
pub struct Long {
    /// Go on with work that was stopped; what comes out is the same, byte for byte
    #[arg(long)]
    pub resume: bool,
    /// Say what would be run and what it would cost, after a short try, and stop
    #[arg(long)]
    pub dry_run: bool,
    /// Trials of the design, instead of the protocol's `replicates`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub replicates: Option<u32>,
    /// People of each trial, instead of the protocol's `size`
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(4..=10_000_000))]
    pub size: Option<u32>,
}

/// `power`.
#[derive(Args, Debug)]
pub struct Power {
    /// A trial protocol (.toml), or the name of a trial of the atlas
    pub protocol: String,
    /// Work on many people; `--replicates` are trials of each kind
    #[command(flatten)]
    pub long: Long,
    /// People randomised, as in `40,80,120`, instead of the protocol's
    #[arg(long, value_name = "N,N", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(4..=100_000))]
    pub sizes: Vec<u32>,
    /// Leave the two nulls out
    #[arg(long)]
    pub no_nulls: bool,
    /// Leave assurance out
    #[arg(long)]
    pub no_assurance: bool,
}

/// `probe`.
#[derive(Args, Debug)]
pub struct Probe {
    /// What is probed
    pub kind: ProbeKind,
    /// A dose sentence such as "ketamine 0.5 mg/kg iv over 40 min", a scenario, or a protocol file (.toml)
    pub what: String,
    /// When, as in "40 min", "24 h" or "day 8"; may be repeated. Unless said, the visits of the protocol that assess it
    #[arg(long, value_name = "TIME")]
    pub at: Vec<String>,
    /// The arm of a protocol that has several
    #[arg(long, value_name = "NAME")]
    pub arm: Option<String>,
    /// People drawn from the ledger's variability, each probed before and then; unless said, the typical person
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub people: Option<u32>,
    /// Trials of a task, instead of those of the atlas
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub trials: Option<u32>,
    /// A connectome of your own: CSV or TSV with names, a zip of The Virtual Brain, or npz
    #[arg(long, value_name = "FILE")]
    pub connectome: Option<PathBuf>,
    /// The network of each region of that connectome: a table with the columns region, hemisphere, network
    #[arg(long, value_name = "FILE", requires = "connectome")]
    pub networks: Option<PathBuf>,
    /// The person.
    #[command(flatten)]
    pub subject: Subject,
}

/// What can be probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProbeKind {
    /// A local circuit at rest and driven at 40 Hz: spectrum, bands, slope, rates.
    Eeg,
    /// The whole brain at rest: connectivity, as a scanner sees it.
    Fmri,
    /// A place held in mind over a delay.
    Memory,
    /// A choice of two from noisy evidence.
    Decision,
}

/// `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Shape and format
    pub format: ExportFormat,
    /// Folder of a finished trial, or of a run of `simulate` (parquet and csv)
    pub run: PathBuf,
}

/// Shapes and formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// ADSL, ADQS, ADPPK, ADAE, ADTTE as CSV, Parquet and SAS transport.
    Adam,
    /// One table of numbers for NONMEM and its like, with a legend.
    Nonmem,
    /// All tables as Parquet.
    Parquet,
    /// All tables as CSV.
    Csv,
}

/// `import …`.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// A NONMEM data set: a protocol for `simulate` with one arm a subject
    Nonmem {
        /// The data set, CSV with a header
        data: PathBuf,
        /// What a compartment of the data set receives, amounts in mg of the base, as in `"1=esketamine nasal"`; without it
        /// compartments are the engine's own
        #[arg(long, value_name = "N=DRUG ROUTE")]
        cmt: Vec<String>,
        /// What SEX is of a woman, as in `1`; without it nothing is said of sex
        #[arg(long, value_name = "NUMBER")]
        female: Option<u32>,
        /// The typical person for every subject, whatever the data set says of weight, age and sex
        #[arg(long)]
        typical: bool,
    },
}

/// `gather`.
#[derive(Args, Debug)]
pub struct Gather {
    /// The protocol that the shares were run with
    pub protocol: String,
    /// Folders that hold shares (`NAME.partial`)
    #[arg(required = true)]
    pub shares: Vec<PathBuf>,
    /// Trials of the design, if the shares were run so
    #[arg(long, value_name = "N")]
    pub replicates: Option<u32>,
    /// People of each trial, if the shares were run so
    #[arg(long, value_name = "N")]
    pub size: Option<u32>,
}

/// `model …`.
#[derive(Debug, Subcommand)]
pub enum Model {
    /// List all mechanisms
    List,
    /// Show one mechanism: idea, equations, ports, numbers with sources, limits
    Show {
        /// Its name, as in `spine_turnover` or `plasticity/spine_turnover`
        name: String,
        /// Print the file itself
        #[arg(long)]
        source: bool,
    },
    /// Check a mechanism file, or the whole atlas
    Check {
        /// The file; without it the atlas is checked
        file: Option<PathBuf>,
    },
    /// Draw the wiring of the modules, each link with the grade of the numbers behind it; -o names the file
    Graph {
        /// Only what leads to this port, as in `madrs.total`
        #[arg(long, value_name = "PORT")]
        signal: Option<String>,
        /// A picture, or text for Graphviz
        #[arg(long, default_value = "svg", value_name = "FORMAT")]
        format: GraphFormat,
    },
}

/// How the wiring is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// A picture.
    Svg,
    /// For Graphviz.
    Dot,
}

/// `evidence …`.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// List numbers with unit, grade and source
    List {
        /// Only ids, topics or notes that contain this text
        filter: Option<String>,
        /// Only numbers that were not read at their source
        #[arg(long, visible_alias = "unverified")]
        unchecked: bool,
        /// Only this grade
        #[arg(long, value_name = "A-E")]
        grade: Option<String>,
    },
    /// Show every row of one number
    Show {
        /// Its id, as in `nmda.sst.ketamine_s.k_on`
        id: String,
    },
    /// Say what a number is for: modules that use it, signals it moves, and what it rests on
    Why {
        /// Its id
        id: String,
    },
    /// List the conditions and contexts that change numbers
    Contexts,
    /// The popular account, claim by claim, with both sides
    Claims {
        /// Only this claim, as in `K16`
        id: Option<String>,
    },
}

/// `atlas …`.
#[derive(Debug, Subcommand)]
pub enum Atlas {
    /// Write all mechanisms and numbers into a folder, to be edited and used with --atlas
    Export {
        /// The folder; it must not exist, or be empty
        folder: PathBuf,
    },
}
