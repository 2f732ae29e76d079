//! Cuts an entry into tokens. Any character is some token, so reading never fails.

use crate::source::{FileId, Span};

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Token {
    Number(f64),
    Name(String),
    Text(String),
    /// One of `( ) , : ' = += < <= > >= + - * / ^`.
    Symbol(&'static str),
    /// A character that has no place in the language, or a broken literal (with what is wrong).
    Bad(String),
    End,
}

const SYMBOLS: [&str; 16] = ["+=", "<=", ">=", "(", ")", ",", ":", "'", "=", "<", ">", "+", "-", "*", "/", "^"];

/// A reader over the bytes `position..end` of a file.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a> {
    text: &'a str,
    file: FileId,
    pub(crate) position: usize,
    end: usize,
}

fn is_name_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '{' || c == '}'
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a str, file: FileId, start: usize, end: usize) -> Self {
        Cursor { text, file, position: start, end }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.position..self.end]
    }

    pub(crate) fn end(&self) -> usize {
        self.end
    }

    pub(crate) fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.position += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.position += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    /// The place right after what was read last.
    pub(crate) fn here(&self) -> Span {
        Span::new(self.file, self.position, self.position)
    }

    /// The place where what comes next starts.
    pub(crate) fn start(&self) -> Span {
        let mut ahead = self.clone();
        ahead.skip_blank();
        if ahead.position >= ahead.end { self.here() } else { ahead.here() }
    }

    /// True if the next character joins two parts of a unit.
    pub(crate) fn continues_unit(&self) -> bool {
        let mut ahead = self.clone();
        ahead.skip_blank();
        ahead.rest().starts_with(['/', '*', '^', '·'])
    }

    pub(crate) fn at_end(&self) -> bool {
        let mut probe = self.clone();
        probe.skip_blank();
        probe.position >= probe.end
    }

    /// A run up to white space, a comma, a comparison or a parenthesis that it did not open: units are read this way.
    pub(crate) fn word(&mut self) -> (&'a str, Span) {
        self.skip_blank();
        let rest = self.rest();
        let mut open = 0;
        let ends = |c: char| {
            open += i32::from(c == '(') - i32::from(c == ')');
            c.is_whitespace() || "\"#,=<>".contains(c) || open < 0
        };
        let length = rest.find(ends).unwrap_or(rest.len());
        let span = Span::new(self.file, self.position, self.position + length);
        self.position += length;
        (&rest[..length], span)
    }

    pub(crate) fn peek(&self) -> Token {
        self.clone().next().0
    }

    pub(crate) fn next(&mut self) -> (Token, Span) {
        let before = self.here();
        self.skip_blank();
        let start = self.position;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            // Right after the last word, not after the blank lines that follow it.
            return (Token::End, before);
        };
        let (token, length) = if first.is_ascii_digit() {
            number(rest)
        } else if first.is_alphabetic() || first == '_' || first == '{' {
            let length = name_length(rest);
            (Token::Name(rest[..length].to_string()), length)
        } else if first == '"' {
            text(rest)
        } else if let Some(symbol) = SYMBOLS.iter().find(|s| rest.starts_with(**s)) {
            (Token::Symbol(symbol), symbol.len())
        } else {
            (Token::Bad(first.to_string()), first.len_utf8())
        };
        self.position += length;
        (token, Span::new(self.file, start, start + length))
    }
}

fn name_length(rest: &str) -> usize {
    let mut length = 0;
    let mut previous_dot = false;
    for (i, c) in rest.char_indices() {
        if is_name_character(c) {
            length = i + c.len_utf8();
            previous_dot = false;
        } else if c == '.' && !previous_dot {
            previous_dot = true;
        } else {
            break;
        }
    }
    length
}

fn number(rest: &str) -> (Token, usize) {
    let bytes = rest.as_bytes();
    let digits = |mut i: usize| {
        while i < bytes.len() && bytes[i].is_ascii_digit() {
            i += 1;
        }
        i
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits(end + 1 + sign);
        }
    }
    match rest[..end].parse::<f64>() {
        Ok(value) if value.is_finite() => (Token::Number(value), end),
        _ => (Token::Bad(rest[..end].to_string()), end),
    }
}

fn text(rest: &str) -> (Token, usize) {
    match rest[1..].find(['"', '\n']) {
        Some(i) if rest.as_bytes()[1 + i] == b'"' => (Token::Text(rest[1..1 + i].to_string()), i + 2),
        found => {
            let end = found.map_or(rest.len(), |i| i + 1);
            (Token::Bad("a text without its closing \"".into()), end)
        }
    }
}

/// Where a `"""` text starts on this line; quotes and `#` hide what follows them.
pub(crate) fn long_text(line: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        let i = at + line[at..].find(['#', '"'])?;
        if line[i..].starts_with("\"\"\"") {
            return Some(i);
        }
        if line[i..].starts_with('#') {
            return None;
        }
        at = i + 1 + line[i + 1..].find('"')? + 1;
    }
}
