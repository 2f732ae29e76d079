//! Tables in comma-separated text, read with the place of every field.

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceMap, Sources, Span};

/// One line of a table with its place.
pub struct Record<'a> {
    header: &'a [&'a str],
    fields: csv::StringRecord,
    file: FileId,
    start: usize,
    text: &'a str,
}

impl Record<'_> {
    /// A field without surrounding blanks; empty where the header has no such column.
    pub fn field(&self, column: &str) -> &str {
        self.header.iter().position(|h| *h == column).and_then(|i| self.fields.get(i)).unwrap_or("").trim()
    }
    /// What is wrong with a field that takes one of a few words.
    pub(crate) fn no(&self, column: &str, name: &str) -> String {
        match self.field(column) {
            "" => format!("{name} has no `{column}`"),
            word => format!("`{word}` is not one of the words for `{column}` ({name})"),
        }
    }
    /// The place of the row.
    pub fn span(&self) -> Span {
        Span::new(self.file, self.start, self.start + self.text.len())
    }
    /// The place of one field: counts the commas outside quotes.
    pub(crate) fn place(&self, column: &str) -> Span {
        let wanted = self.header.iter().position(|h| *h == column).unwrap_or(0);
        let (mut field, mut quoted, mut from) = (0, false, 0);
        for (i, c) in self.text.char_indices() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => {
                    if field == wanted {
                        return Span::new(self.file, self.start + from, self.start + i);
                    }
                    field += 1;
                    from = i + 1;
                }
                _ => {}
            }
        }
        let from = if field == wanted { from } else { 0 };
        Span::new(self.file, self.start + from, self.start + self.text.len())
    }
    /// An error at a field.
    pub fn error(
        &self,
        code: &'static str,
        column: &str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::error(code, self.place(column), message, hint)
    }
}

/// Reads one table row by row; `add` returns what is wrong with a row. Rows of a wrong length and a wrong header are
/// reported.
pub fn read(
    sources: &dyn Sources,
    map: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
    path: &str,
    header: &[&str],
    add: &mut dyn FnMut(&Record<'_>) -> Vec<Diagnostic>,
) {
    let text = match sources.read(path) {
        Ok(text) => text,
        Err(why) => {
            let d =
                Diagnostic::error_nowhere("RS4020", format!("cannot read `{path}`: {why}"), "check the atlas folder");
            return diagnostics.push(d);
        }
    };
    let file = map.add(path, text.as_str());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut records: Vec<csv::StringRecord> = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => records.push(record),
            Err(e) => {
                let at = e.position().map_or(0, |p| p.byte() as usize).min(text.len());
                let d = Diagnostic::error(
                    "RS4021",
                    Span::new(file, at, at),
                    format!("unreadable table: {e}"),
                    "write it as plain comma-separated text",
                );
                diagnostics.push(d);
            }
        }
    }
    let Some(first) = records.first() else { return };
    if first.iter().map(str::trim).ne(header.iter().copied()) {
        let end = text.find('\n').unwrap_or(text.len());
        let hint = format!("the columns are {}", header.join(","));
        diagnostics.push(Diagnostic::error(
            "RS4022",
            Span::new(file, 0, end),
            "the header of this table is wrong",
            hint,
        ));
        return;
    }
    let starts: Vec<usize> = records.iter().map(|r| r.position().map_or(0, |p| p.byte() as usize)).collect();
    for (i, fields) in records.iter().enumerate().skip(1) {
        let end = starts.get(i + 1).copied().unwrap_or(text.len());
        let line = text[starts[i]..end].trim_end();
        let skipped = line.len() - line.trim_start().len();
        let record =
            Record { header, fields: fields.clone(), file, start: starts[i] + skipped, text: line.trim_start() };
        if fields.len() != header.len() {
            let message = format!("this row has {} fields, the header has {}", fields.len(), header.len());
            let hint = if fields.len() > header.len() {
                "put a field that holds a comma in quotes"
            } else {
                "write every comma, also those between blank fields"
            };
            diagnostics.push(Diagnostic::error("RS4023", record.span(), message, hint));
            continue;
        }
        diagnostics.extend(add(&record));
    }
}
