//! How a data set is made: every variable beside the rule that gives its values.

use super::person::Person;
use super::table::{Table, Values, Variable};

/// A row of a data set: a person, and what of theirs it is about.
pub(crate) struct Row<'a, P> {
    /// Whose row it is.
    pub person: &'a Person<'a>,
    /// Which visit, dose or event.
    pub at: P,
}

type Rule<P, V> = Box<dyn Fn(&Row<'_, P>) -> V>;

enum Rules<P> {
    Number(Rule<P, f64>),
    Text(Rule<P, String>),
}

/// The variables of a data set and their rules, in order.
pub(crate) struct Shape<P> {
    name: String,
    label: String,
    variables: Vec<Variable>,
    rules: Vec<Rules<P>>,
}

impl<P> Shape<P> {
    /// A data set without variables yet.
    pub fn new(name: &str, label: &str) -> Self {
        Shape { name: name.into(), label: label.into(), variables: Vec::new(), rules: Vec::new() }
    }

    /// Adds a variable of numbers or days.
    pub fn number(&mut self, variable: Variable, rule: impl Fn(&Row<'_, P>) -> f64 + 'static) {
        self.variables.push(variable);
        self.rules.push(Rules::Number(Box::new(rule)));
    }

    /// Adds a variable of texts.
    pub fn text(&mut self, variable: Variable, rule: impl Fn(&Row<'_, P>) -> String + 'static) {
        self.variables.push(variable);
        self.rules.push(Rules::Text(Box::new(rule)));
    }

    /// The table of these rows.
    pub fn table(self, rows: &[Row<'_, P>]) -> Table {
        let columns = self.rules.iter().map(|rule| match rule {
            Rules::Number(rule) => Values::Numbers(rows.iter().map(rule).collect()),
            Rules::Text(rule) => Values::Texts(rows.iter().map(rule).collect()),
        });
        Table { columns: columns.collect(), name: self.name, label: self.label, variables: self.variables }
    }
}

/// `Y`, or nothing.
pub(crate) fn flag(yes: bool) -> String {
    if yes { "Y".into() } else { String::new() }
}

/// `Y` or `N`.
pub(crate) fn yes_or_no(yes: bool) -> String {
    if yes { "Y".into() } else { "N".into() }
}
