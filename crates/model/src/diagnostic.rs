//! What is wrong, where, and what to do about it. Checking never stops at the first error.

use crate::source::{SourceMap, Span};
use codespan_reporting::diagnostic as report;
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The input can be used.
    Warning,
    /// The input cannot be used.
    Error,
}

/// One finding about user input, with its place, cause and hint.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// `RS1xxx` syntax, `RS2xxx` names and ports, `RS3xxx` dimensions, `RS4xxx` evidence, `RS5xxx` numerics,
    /// `RS6xxx` protocol.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, with the offending names and values.
    pub message: String,
    /// Where; `None` where no text is at fault.
    pub span: Option<Span>,
    /// A second place that matters, with what it is.
    pub other: Option<(Span, String)>,
    /// What to do about it.
    pub hint: String,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message, hint)
    }
    /// An error that no stretch of text is to blame for.
    pub fn error_nowhere(code: &'static str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, None, message, hint)
    }
    /// A warning at a place.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message, hint)
    }
    fn mention(&mut self, others: &mut Vec<String>) {
        let more = others.len().saturating_sub(SPELT_OUT);
        for message in others.drain(..).take(SPELT_OUT) {
            self.hint.push_str(&format!("\nalso: {message}"));
        }
        if more > 0 {
            self.hint.push_str(&format!("\nand {more} more like it"));
        }
    }
    /// Adds a second place.
    pub fn with_other(mut self, span: Span, label: impl Into<String>) -> Self {
        self.other = Some((span, label.into()));
        self
    }
    fn new(
        code: &'static str,
        severity: Severity,
        span: Option<Span>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Diagnostic { code, severity, message: message.into(), span, other: None, hint: hint.into() }
    }
}

/// True if any of them is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// How many findings of one place and kind are spelt out.
const SPELT_OUT: usize = 8;

/// Sorts by place and drops repeats. A line of a family reports itself once a member: where the members' findings
/// differ they become one, with the others in its hint.
pub fn tidy(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    diagnostics.dedup_by(|a, b| a.span == b.span && a.code == b.code && a.message == b.message);
    let mut tidied: Vec<Diagnostic> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for d in diagnostics.drain(..) {
        match tidied.last_mut() {
            Some(last) if d.span.is_some() && last.span == d.span && last.code == d.code => {
                last.severity = last.severity.max(d.severity);
                others.push(d.message);
            }
            last => {
                if let Some(last) = last {
                    last.mention(&mut others);
                }
                tidied.push(d);
            }
        }
    }
    if let Some(last) = tidied.last_mut() {
        last.mention(&mut others);
    }
    *diagnostics = tidied;
}

/// Plain text with file:line:column, the line itself and a marker under the culprit, then the hint.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap) -> String {
    let mut files = SimpleFiles::new();
    let ids: Vec<usize> = sources.iter().map(|(name, text)| files.add(name.as_str(), text.as_str())).collect();
    let config = term::Config::default();
    let mut out = String::new();
    for d in diagnostics {
        let mut r = match d.severity {
            Severity::Error => report::Diagnostic::error(),
            Severity::Warning => report::Diagnostic::warning(),
        }
        .with_code(d.code)
        .with_message(&d.message);
        let label = |span: Span| Some((*ids.get(span.file.0 as usize)?, span.start as usize..span.end as usize));
        if let Some((file, range)) = d.span.and_then(label) {
            r = r.with_label(report::Label::primary(file, range));
        }
        if let Some((span, text)) = &d.other
            && let Some((file, range)) = label(*span)
        {
            r = r.with_label(report::Label::secondary(file, range).with_message(text));
        }
        if !d.hint.is_empty() {
            r = r.with_note(format!("hint: {}", d.hint));
        }
        match term::emit_into_string(&config, &files, &r) {
            Ok(text) => out.push_str(&text),
            Err(_) => out.push_str(&format!("{}: {}\n  hint: {}\n\n", d.code, d.message, d.hint)),
        }
    }
    out
}
