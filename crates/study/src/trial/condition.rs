//! Conditions on what was seen: who may enter, when a rule acts, what counts as response.
//!
//! ```text
//! madrs >= 28                        the last score
//! madrs.percent <= -50               change from the start, in percent of it
//! madrs.change > -5 and age < 65     change from the start; a covariate
//! responded = 1 and doses >= 4       what has happened so far
//! ```

/// Terms that must all hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq)]
struct Term {
    subject: Subject,
    relation: Relation,
    limit: f64,
}

/// What a term looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subject {
    Measure(usize, View),
    Covariate(usize),
    Fact(Fact),
}

/// How a measure is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum View {
    Value,
    Change,
    Percent,
}

/// What has happened so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fact {
    Day,
    Doses,
    Responded,
    Relapsed,
}

const FACTS: [(&str, Fact); 4] =
    [("day", Fact::Day), ("doses", Fact::Doses), ("responded", Fact::Responded), ("relapsed", Fact::Relapsed)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relation {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

/// Relations as written; those of two characters come first, so that they are found first.
const RELATIONS: [(&str, Relation); 5] = [
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
    ("<", Relation::Less),
    (">", Relation::More),
    ("=", Relation::Equal),
];

/// Names a condition may use.
#[derive(Clone, Debug, Default)]
pub struct Names<'a> {
    /// Measures, in the order of their values.
    pub measures: Vec<&'a str>,
    /// Covariates, in the order of their values.
    pub covariates: Vec<&'a str>,
}

/// What a condition is held against.
#[derive(Clone, Copy, Debug)]
pub struct Standing<'a> {
    /// Last values of the measures; NaN where not seen.
    pub now: &'a [f64],
    /// Values at the start.
    pub start: &'a [f64],
    /// Covariates.
    pub covariates: &'a [f64],
    /// Days since the start.
    pub day: f64,
    /// Doses taken so far.
    pub doses: f64,
    /// Whether the response criterion was ever met.
    pub responded: bool,
    /// Whether a relapse has happened.
    pub relapsed: bool,
}

impl Condition {
    /// Reads a condition; the error is a message and a hint.
    pub fn read(text: &str, names: &Names<'_>) -> Result<Condition, (String, String)> {
        let terms = text.split(" and ").map(|t| term(t.trim(), names)).collect::<Result<Vec<_>, _>>()?;
        Ok(Condition { text: text.trim().to_string(), terms })
    }

    /// Whether all terms hold. A term on a value that was not seen does not hold.
    pub fn holds(&self, view: &Standing<'_>) -> bool {
        self.terms.iter().all(|t| t.holds(view))
    }

    /// The terms on covariates alone: they can be judged before anything is simulated.
    pub fn on_covariates(&self) -> Condition {
        let mut part = self.clone();
        part.terms.retain(|t| matches!(t.subject, Subject::Covariate(_)));
        part
    }

    /// Positions of the measures it looks at.
    pub fn measures(&self) -> impl Iterator<Item = usize> {
        self.terms.iter().filter_map(|t| if let Subject::Measure(k, _) = t.subject { Some(k) } else { None })
    }
}

impl Term {
    fn holds(&self, view: &Standing<'_>) -> bool {
        let x = match self.subject {
            Subject::Measure(k, how) => {
                let (now, start) = (view.now[k], view.start[k]);
                match how {
                    View::Value => now,
                    View::Change => now - start,
                    View::Percent => 100.0 * (now - start) / start,
                }
            }
            Subject::Covariate(k) => view.covariates[k],
            Subject::Fact(Fact::Day) => view.day,
            Subject::Fact(Fact::Doses) => view.doses,
            Subject::Fact(Fact::Responded) => f64::from(view.responded),
            Subject::Fact(Fact::Relapsed) => f64::from(view.relapsed),
        };
        match self.relation {
            Relation::Less => x < self.limit,
            Relation::AtMost => x <= self.limit,
            Relation::Equal => x == self.limit,
            Relation::AtLeast => x >= self.limit,
            Relation::More => x > self.limit,
        }
    }
}

fn term(text: &str, names: &Names<'_>) -> Result<Term, (String, String)> {
    let shape = "as in `madrs >= 28`, `madrs.percent <= -50` or `age < 65 and responded = 1`; there is no `or`";
    let found = RELATIONS.iter().find_map(|(sign, relation)| Some((text.split_once(sign)?, *relation)));
    let Some(((name, limit), relation)) = found else {
        return Err((format!("`{text}` is no comparison"), shape.into()));
    };
    let (name, limit) = (name.trim(), limit.trim());
    let Some(limit) = limit.parse::<f64>().ok().filter(|x| x.is_finite()) else {
        return Err((format!("`{limit}` in `{text}` is not a number"), shape.into()));
    };
    Ok(Term { subject: subject(name, names)?, relation, limit })
}

fn subject(name: &str, names: &Names<'_>) -> Result<Subject, (String, String)> {
    if let Some(k) = names.covariates.iter().position(|c| *c == name) {
        return Ok(Subject::Covariate(k));
    }
    if let Some((_, fact)) = FACTS.iter().find(|(n, _)| *n == name) {
        return Ok(Subject::Fact(*fact));
    }
    let (measure, view) = match name.rsplit_once('.') {
        Some((measure, "change")) => (measure, View::Change),
        Some((measure, "percent")) => (measure, View::Percent),
        _ => (name, View::Value),
    };
    if let Some(k) = names.measures.iter().position(|m| *m == measure) {
        return Ok(Subject::Measure(k, view));
    }
    let facts = FACTS.iter().map(|(n, _)| *n);
    let known: Vec<&str> =
        names.measures.iter().copied().chain(names.covariates.iter().copied()).chain(facts).collect();
    let hint = match model::parser::closest(name, &known) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known here: {}; a measure also as `.change` or `.percent`", known.join(", ")),
    };
    Err((format!("`{name}` is neither a measure that some visit takes nor a covariate"), hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names<'static> {
        Names { measures: vec!["madrs", "blood:ketamine"], covariates: vec!["age"] }
    }

    fn view<'a>(now: &'a [f64], start: &'a [f64]) -> Standing<'a> {
        Standing { now, start, covariates: &[50.0], day: 8.0, doses: 3.0, responded: true, relapsed: false }
    }

    #[test]
    fn agrees_with_conditions_by_hand() {
        for (text, expected) in [
            ("madrs >= 16", true),
            ("madrs > 16", false),
            ("madrs.change <= -16", true),
            ("madrs.percent <= -50", true),
            ("madrs.percent < -50", false),
            ("age < 65 and responded = 1", true),
            ("age < 65 and relapsed = 1", false),
            ("day >= 8 and doses = 3", true),
            // Not seen: neither above nor below.
            ("blood:ketamine > 0", false),
            ("blood:ketamine <= 0", false),
        ] {
            let condition = Condition::read(text, &names()).unwrap();
            assert_eq!(condition.holds(&view(&[16.0, f64::NAN], &[32.0, 0.0])), expected, "{text}");
        }
    }

    #[test]
    fn rejects_what_is_no_condition() {
        for (text, word) in
            [("madrs", "no comparison"), ("madrs > x", "not a number"), ("madr > 3", "neither"), ("", "no comparison")]
        {
            let (message, hint) = Condition::read(text, &names()).unwrap_err();
            assert!(message.contains(word), "{message}");
            assert!(!hint.is_empty());
        }
        assert!(Condition::read("madr > 3", &names()).unwrap_err().1.contains("`madrs`"));
    }
}
