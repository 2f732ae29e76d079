//! Reads TOML files field by field, collecting everything that is wrong with its place.

use model::diagnostic::Diagnostic;
use model::parser::closest;
use model::source::{FileId, SourceMap, Span, Spanned};
use std::cell::RefCell;
use std::collections::BTreeSet;
use toml::de::{DeTable, DeValue};

/// A file being read.
pub struct Document {
    file: FileId,
    diagnostics: RefCell<Vec<Diagnostic>>,
}

impl Document {
    /// Parses `text`, hands its top table to `read` and returns what that made, with all findings.
    pub fn read<T>(
        map: &mut SourceMap,
        path: &str,
        text: &str,
        read: impl FnOnce(&Fields<'_, '_>) -> T,
    ) -> (T, Vec<Diagnostic>) {
        let file = map.add(path, text);
        let document = Document { file, diagnostics: RefCell::default() };
        let (table, errors) = DeTable::parse_recoverable(text);
        for e in errors {
            let span = e.span().unwrap_or(0..0);
            let span = Span::new(file, span.start, span.end);
            let hint = "the file is TOML: `key = value` lines under `[table]` headings";
            document.report(Diagnostic::error("RS6001", span, e.message().to_string(), hint));
        }
        let whole = Span::new(file, 0, text.find('\n').unwrap_or(text.len()));
        let fields = Fields {
            document: &document,
            table: table.get_ref(),
            name: String::new(),
            span: whole,
            used: RefCell::default(),
        };
        let value = read(&fields);
        fields.finish();
        (value, document.diagnostics.into_inner())
    }
    fn report(&self, diagnostic: Diagnostic) {
        self.diagnostics.borrow_mut().push(diagnostic);
    }
}

/// One table of a document.
pub struct Fields<'a, 'i> {
    document: &'a Document,
    table: &'a DeTable<'i>,
    name: String,
    span: Span,
    used: RefCell<BTreeSet<String>>,
}

impl<'a, 'i> Fields<'a, 'i> {
    /// Where the table stands.
    pub fn span(&self) -> Span {
        self.span
    }
    /// Adds a finding.
    pub fn report(&self, diagnostic: Diagnostic) {
        self.document.report(diagnostic);
    }
    /// Adds an error at a place.
    pub fn error(&self, code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message, hint));
    }
    fn at(&self, range: std::ops::Range<usize>) -> Span {
        Span::new(self.document.file, range.start, range.end)
    }
    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_string() } else { format!("{}.{key}", self.name) }
    }
    fn get(&self, key: &str) -> Option<(&'a DeValue<'i>, Span)> {
        self.used.borrow_mut().insert(key.to_string());
        let value = self.table.get(key)?;
        Some((value.get_ref(), self.at(value.span())))
    }
    fn wrong(&self, key: &str, span: Span, wanted: &str) {
        self.error("RS6002", span, format!("`{}` should be {wanted}", self.path(key)), "");
    }
    /// Marks a key as known without reading it; whether it is there.
    pub fn ignore(&self, key: &str) -> bool {
        self.used.borrow_mut().insert(key.to_string());
        self.table.contains_key(key)
    }
    /// All keys, in the file's order of the map.
    pub fn keys(&self) -> Vec<Spanned<String>> {
        self.table.iter().map(|(k, _)| Spanned::new(k.get_ref().to_string(), self.at(k.span()))).collect()
    }
    /// A text.
    pub fn text(&self, key: &str) -> Option<Spanned<String>> {
        let (value, span) = self.get(key)?;
        match value {
            DeValue::String(s) => Some(Spanned::new(s.to_string(), span)),
            _ => {
                self.wrong(key, span, "a text in quotes");
                None
            }
        }
    }
    /// True if the key holds a text.
    pub fn is_text(&self, key: &str) -> bool {
        self.table.get(key).is_some_and(|v| matches!(v.get_ref(), DeValue::String(_)))
    }
    /// A text that must be there.
    pub fn needed(&self, key: &str) -> Spanned<String> {
        let found = self.text(key);
        if found.is_none() && !self.table.contains_key(key) {
            let message = format!("`{}` is missing", self.path(key));
            self.error("RS6003", self.span, message, format!("add `{key} = \"…\"`"));
        }
        found.unwrap_or_else(|| Spanned::new(String::new(), self.span))
    }
    /// A plain number.
    pub fn number(&self, key: &str) -> Option<Spanned<f64>> {
        let (value, span) = self.get(key)?;
        match number(value) {
            Some(x) => Some(Spanned::new(x, span)),
            None => {
                self.wrong(key, span, "a finite number");
                None
            }
        }
    }
    /// A list of numbers; empty if absent.
    pub fn numbers(&self, key: &str) -> Vec<Spanned<f64>> {
        let Some((value, span)) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.wrong(key, span, "a list of numbers, as in [1, 2]");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match number(item.get_ref()) {
                Some(x) => out.push(Spanned::new(x, self.at(item.span()))),
                None => self.wrong(key, self.at(item.span()), "a list of finite numbers"),
            }
        }
        out
    }
    /// `true` or `false`.
    pub fn truth(&self, key: &str) -> Option<bool> {
        let (value, span) = self.get(key)?;
        match value {
            DeValue::Boolean(b) => Some(*b),
            _ => {
                self.wrong(key, span, "true or false");
                None
            }
        }
    }
    /// A list of texts; empty if absent.
    pub fn texts(&self, key: &str) -> Vec<Spanned<String>> {
        let Some((value, span)) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.wrong(key, span, "a list of texts, as in [\"a\", \"b\"]");
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            match item.get_ref() {
                DeValue::String(s) => out.push(Spanned::new(s.to_string(), self.at(item.span()))),
                _ => self.wrong(key, self.at(item.span()), "a list of texts"),
            }
        }
        out
    }
    /// A table; `None` if absent.
    pub fn table<T>(&self, key: &str, read: impl FnOnce(&Fields<'_, 'i>) -> T) -> Option<T> {
        let (value, span) = self.get(key)?;
        match value {
            DeValue::Table(table) => Some(self.inside(key, table, span, read)),
            _ => {
                self.wrong(key, span, &format!("a table `[{}]`", self.path(key)));
                None
            }
        }
    }
    /// A list of tables; empty if absent.
    pub fn tables<T>(&self, key: &str, mut read: impl FnMut(&Fields<'_, 'i>) -> T) -> Vec<T> {
        let Some((value, span)) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value else {
            self.wrong(key, span, &format!("one or more tables `[[{}]]`", self.path(key)));
            return Vec::new();
        };
        let mut out = Vec::new();
        for item in items {
            let at = self.at(item.span());
            match item.get_ref() {
                DeValue::Table(table) => out.push(self.inside(key, table, at, &mut read)),
                _ => self.wrong(key, at, &format!("a table `[[{}]]`", self.path(key))),
            }
        }
        out
    }
    fn inside<T>(&self, key: &str, table: &DeTable<'i>, span: Span, read: impl FnOnce(&Fields<'_, 'i>) -> T) -> T {
        let fields = Fields { document: self.document, table, name: self.path(key), span, used: RefCell::default() };
        let value = read(&fields);
        fields.finish();
        value
    }
    /// Keys nobody asked for are errors: a misspelt key must not be lost.
    fn finish(&self) {
        let used = self.used.borrow();
        let known: Vec<&str> = used.iter().map(String::as_str).collect();
        for (key, _) in self.table {
            let name: &str = key.get_ref();
            if used.contains(name) {
                continue;
            }
            let hint = match closest(name, &known) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let message = format!("`{}` is not a known key", self.path(name));
            self.error("RS6004", self.at(key.span()), message, hint);
        }
    }
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let parsed = match value {
        DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok().map(|x| x as f64),
        DeValue::Float(x) => x.as_str().replace('_', "").parse::<f64>().ok(),
        _ => None,
    };
    parsed.filter(|x| x.is_finite())
}
