//! A trial's design as data sets need it: checked once, its texts in ASCII.

use super::table::{MOST_LABEL, MOST_TEXT, cut};
use crate::trial::schema::{Covariate, Layout};
use std::collections::BTreeSet;

/// How every study id begins.
const PREFIX: &str = "SIM-";
/// The longest study id, bytes: subject ids begin with it and have 200.
const MOST_STUDY: usize = 60;
/// The longest code of a measure. Source: ADaM, PARAMCD.
const MOST_CODE: usize = 8;
/// The longest name of a variable. Source: SAS transport version 5.
const MOST_NAME: usize = 8;
/// Word in the name of whatever is about suicide: such things are told for groups, never for one person.
const NEVER_FOR_ONE: &str = "suicid";

/// A checked design.
#[derive(Clone, Debug)]
pub(crate) struct Design {
    /// With texts in ASCII, and its periods filled in.
    pub layout: Layout,
    /// The most periods of a sequence.
    pub periods: usize,
    /// Names of the variables of covariates that no data set knows by heart, in their order; `None` for known ones.
    pub names: Vec<Option<String>>,
}

/// Covariates that data sets know by heart: ledger id, name in the analysis data sets, name in the population one.
pub(crate) const KNOWN: [(&str, &str, &str); 5] = [
    ("person.age", "AGE", "AGE"),
    ("person.sex_female", "SEX", "SEX"),
    ("person.weight", "WEIGHTBL", "WTBL"),
    ("person.height", "HEIGHTBL", "HTBL"),
    ("person.bmi", "BMIBL", "BMIBL"),
];

impl Design {
    /// Checks a layout; everything wrong with it is reported at once.
    pub fn new(layout: &Layout) -> Result<Design, Vec<String>> {
        let mut layout = in_ascii(layout);
        if layout.periods_h.is_empty() {
            layout.periods_h = vec![0.0];
        }
        let found = faults(&layout);
        if !found.is_empty() {
            return Err(found);
        }
        let periods = layout.sequences.iter().map(Vec::len).max().unwrap_or(1);
        let names = names(&layout.covariates);
        Ok(Design { layout, periods, names })
    }

    /// Position of a covariate.
    pub fn covariate(&self, id: &str) -> Option<usize> {
        self.layout.covariates.iter().position(|c| bare(&c.id) == bare(id))
    }

    /// A sequence in words: `ketamine`, or `ketamine, then saline`.
    pub fn sequence(&self, index: usize) -> String {
        let names: Vec<&str> =
            self.layout.sequences[index].iter().map(|t| self.layout.treatments[*t as usize].name.as_str()).collect();
        names.join(", then ")
    }

    /// A measure with its unit: `MADRS total score`, `Esketamine in plasma (ng/mL)`.
    pub fn parameter(&self, index: usize) -> String {
        let measure = &self.layout.measures[index];
        match measure.unit.as_str() {
            "" | "1" => cut(&measure.label, MOST_TEXT),
            unit => format!("{} ({unit})", cut(&measure.label, MOST_TEXT - unit.len().min(MOST_TEXT / 2) - 3)),
        }
    }
}

/// `person.bmi` and `bmi` are one.
fn bare(id: &str) -> &str {
    id.strip_prefix("person.").unwrap_or(id)
}

/// Letters that ASCII lacks, written with those it has; other characters become `?`, and what cannot be seen a blank.
pub(crate) fn ascii(text: &str) -> String {
    const PAIRS: [(&str, &str); 13] = [
        ("àáâãå", "a"),
        ("èéêë", "e"),
        ("ìíîï", "i"),
        ("òóôõø", "o"),
        ("ùúû", "u"),
        ("µμ", "u"),
        ("äæ", "ae"),
        ("ö", "oe"),
        ("ü", "ue"),
        ("ß", "ss"),
        ("ñ", "n"),
        ("ç", "c"),
        ("–—‑−", "-"),
    ];
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            ' '..='~' => out.push(c),
            '≥' => out.push_str(">="),
            '≤' => out.push_str("<="),
            '’' | '‘' => out.push('\''),
            '“' | '”' => out.push('"'),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => match PAIRS.iter().find(|(from, _)| from.contains(c)) {
                Some((_, to)) => out.push_str(to),
                None => out.push('?'),
            },
        }
    }
    out
}

fn in_ascii(layout: &Layout) -> Layout {
    let mut to = layout.clone();
    let short = |text: &mut String| *text = cut(&ascii(text), MOST_TEXT);
    short(&mut to.title);
    to.treatments.iter_mut().for_each(|t| short(&mut t.name));
    to.visits.iter_mut().for_each(|v| short(&mut v.name));
    to.measures.iter_mut().flat_map(|m| [&mut m.label, &mut m.unit]).for_each(short);
    to.covariates.iter_mut().flat_map(|c| [&mut c.label, &mut c.unit]).for_each(short);
    to.strata.iter_mut().chain(&mut to.adverse).for_each(short);
    to.drugs.iter_mut().flat_map(|(drug, route)| [drug, route]).for_each(short);
    to
}

fn faults(layout: &Layout) -> Vec<String> {
    let mut found = Vec::new();
    let mut wrong = |bad: bool, why: String| {
        if bad {
            found.push(why);
        }
    };
    let id = &layout.id;
    let plain = id.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    wrong(
        !(id.starts_with(PREFIX) && plain && id.len() > PREFIX.len() && id.len() <= MOST_STUDY),
        format!(
            "the study id `{id}` does not begin with `{PREFIX}` and go on with letters, figures and `-`, {MOST_STUDY} at most"
        ),
    );
    wrong(layout.replicates == 0 || layout.size == 0, "the trial has no people".into());
    wrong(layout.sequences.is_empty(), "the trial has no sequences of treatments".into());
    wrong(layout.visits.is_empty(), "the trial has no visits; the first is the baseline".into());
    wrong(layout.strata.is_empty(), "the trial has no strata; without stratification there is one, `all`".into());
    let periods = layout.sequences.iter().map(Vec::len).max().unwrap_or(0);
    wrong(layout.sequences.iter().any(Vec::is_empty), "a sequence has no treatment".into());
    wrong(periods > 99, format!("{periods} periods; names of variables have room for 99"));
    let starts = &layout.periods_h;
    wrong(
        starts.len() < periods || starts.first() != Some(&0.0) || starts.windows(2).any(|w| w[0] >= w[1]),
        format!("{periods} periods begin at {starts:?} h; each has a start, the first at 0, in order of time"),
    );
    let known = layout.treatments.len();
    for t in layout.sequences.iter().flatten().filter(|t| **t as usize >= known) {
        wrong(true, format!("a sequence names treatment {t} of {known}"));
    }
    for v in &layout.visits {
        let measures = layout.measures.len();
        wrong(
            v.measures.iter().any(|m| *m as usize >= measures),
            format!("visit `{}` takes a measure of none", v.name),
        );
        wrong(v.period as usize >= periods.max(1), format!("visit `{}` lies in period {}", v.name, v.period + 1));
    }
    let visit = |v: &crate::trial::schema::PlannedVisit| format!("{} of period {}", v.name, v.period + 1);
    distinct("treatment", layout.treatments.iter().map(|t| t.name.clone()), &mut found);
    distinct("visit", layout.visits.iter().map(visit), &mut found);
    distinct("covariate", layout.covariates.iter().map(|c| c.id.clone()), &mut found);
    distinct("stratum", layout.strata.iter().cloned(), &mut found);
    distinct("adverse event", layout.adverse.iter().cloned(), &mut found);
    distinct("measure", layout.measures.iter().map(|m| m.name.clone()), &mut found);
    distinct("code of a measure", layout.measures.iter().map(|m| m.code.to_ascii_uppercase()), &mut found);
    for m in &layout.measures {
        if !is_name(&m.code, MOST_CODE) {
            let rule =
                format!("a capital letter comes first, then capitals, figures and underscores, {MOST_CODE} at most");
            found.push(format!("the measure `{}` has the code `{}`: {rule}", m.name, m.code));
        }
        if m.label.is_empty() {
            found.push(format!("the measure `{}` has no label", m.name));
        }
    }
    let named = layout.measures.iter().flat_map(|m| [&m.name, &m.code, &m.label]);
    let named = named.chain(&layout.adverse).chain(layout.covariates.iter().flat_map(|c| [&c.id, &c.label]));
    for name in named.filter(|n| n.to_ascii_lowercase().contains(NEVER_FOR_ONE)) {
        let hint = "suicidality is never told for one person; take it out of what is kept of the trial";
        found.push(format!("`{name}` would be written for every person: {hint}"));
    }
    found
}

fn distinct(what: &str, names: impl Iterator<Item = String>, found: &mut Vec<String>) {
    let mut seen = BTreeSet::new();
    for name in names {
        if name.is_empty() {
            found.push(format!("a {what} has no name"));
        } else if !seen.insert(name.to_ascii_lowercase()) {
            found.push(format!("there are two of the {what} `{name}`"));
        }
    }
}

/// A capital letter, then capitals, figures and underscores.
pub(crate) fn is_name(name: &str, most: usize) -> bool {
    name.chars().next().is_some_and(|c| c.is_ascii_uppercase())
        && name.len() <= most
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

/// Names for covariates without a known one: the capitals of the id's last part, made different by a number.
fn names(covariates: &[Covariate]) -> Vec<Option<String>> {
    // Whatever else stands in the same data sets.
    const TAKEN: [&str; 74] = [
        "STUDYID", "USUBJID", "USUBJIDN", "SUBJID", "SITEID", "REPLICAT", "AGE", "AGEU", "SEX", "SEXN", "RACE",
        "RACEN", "WEIGHTBL", "HEIGHTBL", "BMIBL", "WTBL", "HTBL", "STRATUM", "STRATUMN", "ARM", "ARMCD", "ACTARM",
        "TRTSEQP", "RANDFL", "ITTFL", "SAFFL", "COMPLFL", "EOSSTT", "EOSDY", "DCSREAS", "FAILTXT", "TRTSDY", "TRTEDY",
        "NDOSE", "NSCREEN", "POPWT", "TRTP", "TRTPN", "TRTA", "TRTAN", "APERIOD", "PARAM", "PARAMCD", "PARAMN",
        "RECSEQ", "AFRLT", "APRLT", "NFRLT", "RLTU", "EVID", "DVID", "DVIDN", "CMT", "DV", "AVAL", "AVALU", "MDV",
        "AMT", "DOSEA", "DOSEDUR", "RATE", "ROUTE", "ROUTEN", "ID", "TIME", "RTIME", "ARMN", "TRTN", "PERIOD", "II",
        "SS", "WT", "HT", "BMI",
    ];
    let mut taken: BTreeSet<String> = TAKEN.iter().map(|t| t.to_string()).collect();
    let known = |c: &Covariate| KNOWN.iter().any(|(id, ..)| bare(id) == bare(&c.id));
    let mut name = |c: &Covariate| {
        let last = c.id.rsplit(['.', ':']).next().unwrap_or_default();
        let letters: String = last.chars().filter(char::is_ascii_alphanumeric).collect();
        let letters = letters.to_ascii_uppercase();
        let letters = letters.trim_start_matches(|c: char| c.is_ascii_digit());
        // Names of treatments by period are as many as there are periods.
        let usable = !letters.is_empty() && !letters.starts_with("TRT");
        let first = if usable { cut(letters, MOST_NAME) } else { "COV".to_string() };
        let numbered = (2..=u32::MAX).map(|k| {
            let number = k.to_string();
            cut(&first, MOST_NAME - number.len()) + &number
        });
        let free = std::iter::once(first.clone()).chain(numbered).find(|n| !taken.contains(n)).unwrap_or(first.clone());
        taken.insert(free.clone());
        free
    };
    covariates.iter().map(|c| if known(c) { None } else { Some(name(c)) }).collect()
}

/// A label of at most 40 characters.
pub(crate) fn label(text: &str) -> String {
    if text.is_empty() { "Covariate".into() } else { cut(text, MOST_LABEL) }
}
