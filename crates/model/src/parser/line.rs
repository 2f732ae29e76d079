//! A file cut into lines.

use super::Parser;
use crate::lexer::long_text;
use crate::source::Span;

/// A line that is not blank: where its text starts and ends, and how far it is indented.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) indent: usize,
}

impl Parser<'_> {
    /// Splits the file into lines; a `"""` text belongs to the line it starts on.
    pub(super) fn lines(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut position = if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut tabs = false;
        while position < self.text.len() {
            let rest = &self.text[position..];
            let mut length = rest.find('\n').map_or(rest.len(), |n| n + 1);
            let line = &rest[..length];
            let body = line.trim_start();
            let indent = line.len() - body.len();
            if !body.is_empty() && !body.starts_with('#') {
                if !tabs && line[..indent].contains(|c| c != ' ') {
                    tabs = true;
                    let span = Span::new(self.file, position, position + indent);
                    let hint = "indent with spaces throughout the file: how wide a tab is, editors do not agree on";
                    self.error("RS1026", span, "this line is indented with a tab", hint);
                }
                if let Some(open) = long_text(line) {
                    match rest[open + 3..].find("\"\"\"") {
                        Some(close) => {
                            let after = open + 3 + close + 3;
                            length = rest[after..].find('\n').map_or(rest.len(), |n| after + n + 1);
                        }
                        None => {
                            let span = Span::new(self.file, position + open, position + open + 3);
                            self.error("RS1002", span, "this text is never closed", "end it with `\"\"\"`");
                            length = rest.len();
                        }
                    }
                }
                lines.push(Line { start: position + indent, end: position + length, indent });
            }
            position += length;
        }
        lines
    }
}
