//! Reads a mechanism file. Reading never fails: it gives the module as far as it could be understood, and everything
//! that is wrong with it.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Cursor, Token};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::{
    Binder, Check, Effect, EffectKind, Equation, EventHandler, Expr, Item, Let, Merge, Module, Name, ParameterUse,
    Provide, Require, StateDeclaration,
};
use crate::unit::{Dimension, Unit};

mod expression;
mod line;
mod name;

use line::Line;
pub use name::closest;
pub(crate) use name::well_formed;

const SECTIONS: [&str; 13] = [
    "module",
    "about",
    "time",
    "requires",
    "provides",
    "parameters",
    "states",
    "let",
    "equations",
    "on",
    "checks",
    "limits",
    "references",
];

/// Words that cannot name anything.
const RESERVED: [&str; 14] =
    ["if", "then", "else", "and", "or", "not", "for", "in", "over", "after", "at", "start", "scale", "near"];

/// Words that can follow a unit but never are one: where one of them stands, the unit was left out.
const AFTER_UNIT: [&str; 10] = ["one", "sum", "product", "rest", "start", "scale", "near", "rises", "falls", "steady"];

/// How deep `for` lines may nest.
const FOR_DEPTH: u32 = 8;

/// Reads one file.
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    let mut parser = Parser::new(file, text);
    let mut module = Module { file, ..Module::default() };
    let lines = parser.lines();
    let mut seen: Vec<(&str, Span)> = Vec::new();
    let mut i = 0;
    while i < lines.len() {
        let head = lines[i];
        let mut end = i + 1;
        while end < lines.len() && lines[end].indent > 0 {
            end += 1;
        }
        parser.section(&mut module, head, &lines[i + 1..end], &mut seen);
        i = end;
    }
    if module.name.is_none() {
        let at = Span::new(file, 0, text.find('\n').unwrap_or(text.len()));
        parser.error("RS1001", at, "the file does not say `module NAME`", "start the file with `module` and its name");
    }
    module.broken = !parser.diagnostics.is_empty();
    (module, parser.diagnostics)
}

/// Reads one expression (for tests and tools).
pub fn parse_expression(file: FileId, text: &str) -> (Expr, Vec<Diagnostic>) {
    let mut parser = Parser::new(file, text);
    let mut cursor = Cursor::new(text, file, 0, text.len());
    let expr = parser.expression(&mut cursor, 0);
    parser.finish(&mut cursor);
    (expr, parser.diagnostics)
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    diagnostics: Vec<Diagnostic>,
    in_check: bool,
    /// How many operands the entry has so far.
    length: u32,
    /// The rest of the entry is not read and nothing more is said about it.
    abandoned: bool,
    for_depth: u32,
}

impl<'a> Parser<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Parser { file, text, diagnostics: Vec::new(), in_check: false, length: 0, abandoned: false, for_depth: 0 }
    }

    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        if !self.abandoned {
            self.diagnostics.push(Diagnostic::error(code, span, message, hint));
        }
    }

    fn malformed(&mut self, name: &str, span: Span) {
        let hint = "use lower-case letters a to z, digits and `_`, joined by dots, and family variables as `{p}`";
        self.error("RS1017", span, format!("`{name}` is not a well-formed name"), hint);
    }

    fn section(&mut self, module: &mut Module, head: Line, body: &[Line], seen: &mut Vec<(&'a str, Span)>) {
        let mut cursor = Cursor::new(self.text, self.file, head.start, head.end);
        let (word, span) = cursor.word();
        if head.indent > 0 {
            let hint = "indent it below a section keyword (`requires`, `states` …), or start it in the first column if it is one";
            self.error("RS1003", span, "this line belongs to no section", hint);
            return;
        }
        if word.is_empty() {
            let end = self.text[head.start..head.end].find('\n').map_or(head.end, |n| head.start + n);
            let span = Span::new(self.file, head.start, end);
            let hint = "start the line with a section keyword, and a text on the line of its keyword";
            self.error("RS1004", span, "a section keyword was expected", hint);
            return;
        }
        if !SECTIONS.contains(&word) {
            let hint = match closest(word, &SECTIONS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the sections are {}", SECTIONS.join(", ")),
            };
            self.error("RS1004", span, format!("`{word}` is not a section"), hint);
            return;
        }
        if word != "on" {
            if let Some((_, first)) = seen.iter().find(|(w, _)| *w == word) {
                let d = Diagnostic::error(
                    "RS1005",
                    span,
                    format!("a second `{word}` section"),
                    "move its entries to the first one",
                );
                self.diagnostics.push(d.with_other(*first, "the first one"));
                return;
            }
            seen.push((word, span));
        }
        match word {
            "module" => self.module_head(module, &mut cursor),
            "about" => module.about = self.prose(&cursor, head, body),
            "limits" => module.limits = self.prose(&cursor, head, body),
            "time" => {
                let unit = self.unit(&mut cursor, "time", span);
                let dimension = Unit::parse(&unit.value).map(|u| u.dimension);
                if !unit.value.is_empty() && dimension != Ok(Dimension::TIME) {
                    let message = format!("`{}` is not a unit of time", unit.value);
                    self.error("RS3003", unit.span, message, "as in `time h`");
                }
                module.time = Some(unit);
                self.finish(&mut cursor);
            }
            "references" => {
                let end = body.last().map_or(head.end, |l| l.end);
                let mut cursor = Cursor::new(self.text, self.file, cursor.position, end);
                while !cursor.at_end() {
                    if let Some(name) = self.name(&mut cursor, "a source key") {
                        module.references.push(name);
                    }
                }
            }
            "on" => {
                let Some(name) = self.name(&mut cursor, "the name of an event") else { return };
                if !self.keyword(&mut cursor, "amount") {
                    let hint = "as in `on dose.iv.ketamine_s amount umol`";
                    self.error("RS1006", cursor.here(), "the unit of the event's amount is missing", hint);
                    return;
                }
                let unit = self.unit(&mut cursor, &name.value, name.span);
                self.finish(&mut cursor);
                let mut effects = Vec::new();
                self.block(body, &mut Vec::new(), &mut effects, &mut Self::effect);
                module.events.push(EventHandler { name, unit, effects });
            }
            _ => {
                if !cursor.at_end() {
                    let hint = format!("put the entries of `{word}` on indented lines below it");
                    self.error("RS1007", cursor.start(), format!("text after `{word}`"), hint);
                }
                let b = &mut Vec::new();
                match word {
                    "requires" => self.block(body, b, &mut module.requires, &mut Self::require),
                    "provides" => self.block(body, b, &mut module.provides, &mut Self::provide),
                    "parameters" => self.block(body, b, &mut module.parameters, &mut Self::parameter),
                    "states" => self.block(body, b, &mut module.states, &mut Self::state),
                    "let" => self.block(body, b, &mut module.lets, &mut Self::let_line),
                    "equations" => self.block(body, b, &mut module.equations, &mut Self::equation),
                    _ => {
                        self.in_check = true;
                        self.block(body, b, &mut module.checks, &mut Self::check);
                        self.in_check = false;
                    }
                }
            }
        }
        if matches!(word, "module" | "time") && !body.is_empty() {
            let span = Span::new(self.file, body[0].start, body[0].end);
            self.error("RS1007", span, format!("`{word}` takes no indented lines"), "remove or outdent them");
        }
    }

    fn module_head(&mut self, module: &mut Module, cursor: &mut Cursor<'a>) {
        module.name = self.name(cursor, "the module's name");
        if let Some(name) = &module.name {
            self.no_variables(name, "a module");
        }
        if self.keyword(cursor, "for") {
            module.instance = self.binder(cursor);
        }
        self.finish(cursor);
    }

    fn prose(&mut self, cursor: &Cursor<'a>, head: Line, body: &[Line]) -> String {
        let end = body.last().map_or(head.end, |l| l.end);
        let mut cursor = Cursor::new(self.text, self.file, cursor.position, end);
        cursor.skip_blank();
        if let Some(inner) = self.text[cursor.position..end].strip_prefix("\"\"\"") {
            let length = inner.find("\"\"\"");
            let text = &inner[..length.unwrap_or(inner.len())];
            cursor.position = length.map_or(end, |n| cursor.position + n + 6);
            self.finish(&mut cursor);
            return text.replace("\r\n", "\n").trim_matches('\n').to_string();
        }
        match cursor.next() {
            (Token::Text(text), _) => {
                self.finish(&mut cursor);
                text
            }
            (_, span) => {
                self.error("RS1008", span, "a text in quotes was expected", "write it as \"…\" or \"\"\"…\"\"\"");
                String::new()
            }
        }
    }

    /// Runs `entry` on each entry of a section, following `for` lines inwards.
    fn block<T>(
        &mut self,
        lines: &[Line],
        binders: &mut Vec<Binder>,
        out: &mut Vec<Item<T>>,
        entry: &mut dyn FnMut(&mut Self, &mut Cursor<'a>, &mut Vec<T>),
    ) {
        let Some(first) = lines.first() else { return };
        let base = first.indent;
        if self.for_depth > FOR_DEPTH {
            let span = Span::new(self.file, first.start, first.end);
            let hint = "name several families on one line, as in `for p in pool, l in ligand`";
            self.error("RS1009", span, "`for` lines nest too deeply", hint);
            return;
        }
        let mut i = 0;
        while i < lines.len() {
            let mut end = i + 1;
            while end < lines.len() && lines[end].indent > base {
                end += 1;
            }
            let mut cursor = Cursor::new(self.text, self.file, lines[i].start, lines[i].end);
            if self.keyword(&mut cursor, "for") {
                let depth = binders.len();
                while let Some(binder) = self.binder(&mut cursor) {
                    binders.push(binder);
                    if cursor.peek() != Token::Symbol(",") {
                        break;
                    }
                    cursor.next();
                }
                self.finish(&mut cursor);
                if end == i + 1 {
                    let hint = "indent the entries that `for` repeats below it";
                    self.error("RS1009", cursor.here(), "this `for` repeats nothing", hint);
                } else {
                    self.for_depth += 1;
                    self.block(&lines[i + 1..end], binders, out, entry);
                    self.for_depth -= 1;
                }
                binders.truncate(depth);
            } else {
                let mut cursor = Cursor::new(self.text, self.file, lines[i].start, lines[end - 1].end);
                let before = self.diagnostics.len();
                let mut values = Vec::new();
                self.length = 0;
                entry(self, &mut cursor, &mut values);
                self.abandoned = false;
                if self.diagnostics.len() == before {
                    self.finish(&mut cursor);
                }
                out.extend(values.into_iter().map(|value| Item { binders: binders.clone(), value }));
            }
            i = end;
        }
    }

    fn require(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Require>) {
        let Some(name) = self.name(cursor, "a port") else { return };
        let unit = self.unit(cursor, &name.value, name.span);
        let (merge, span) = cursor.word();
        let merge = match merge {
            "one" => Merge::One,
            "sum" => Merge::Sum,
            "product" => Merge::Product,
            other => {
                let hint = "after the unit write `one` (exactly one provider), `sum` or `product`";
                let message = match other {
                    "" => format!("`{}` does not say how its providers combine", name.value),
                    _ => format!("`{other}` does not say how the providers of `{}` combine", name.value),
                };
                self.error("RS1010", span, message, hint);
                return;
            }
        };
        let rest = if self.keyword(cursor, "rest") { self.signed(cursor) } else { None };
        let doc = self.doc(cursor);
        out.push(Require { name, unit, merge, rest, doc });
    }

    fn provide(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Provide>) {
        let Some(name) = self.name(cursor, "a port") else { return };
        let unit = self.unit(cursor, &name.value, name.span);
        if !self.symbol(cursor, "=", "a provided port is `NAME UNIT = EXPRESSION`") {
            return;
        }
        let value = self.expression(cursor, 0);
        let doc = self.doc(cursor);
        out.push(Provide { name, unit, value, doc });
    }

    fn parameter(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<ParameterUse>) {
        while !cursor.at_end() {
            let Some(name) = self.name(cursor, "a ledger id") else { return };
            let unit = self.unit(cursor, &name.value, name.span);
            let doc = self.doc(cursor);
            out.push(ParameterUse { name, unit, doc });
        }
    }

    fn state(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<StateDeclaration>) {
        let Some(name) = self.name(cursor, "a state") else { return };
        let unit = self.unit(cursor, &name.value, name.span);
        let mut state = StateDeclaration { name, unit, start: None, scale: None, near: None, doc: String::new() };
        loop {
            for (word, given) in
                [("start", state.start.is_some()), ("scale", state.scale.is_some()), ("near", state.near.is_some())]
            {
                if given && matches!(cursor.peek(), Token::Name(n) if n == word) {
                    let message = format!("`{}` has `{word}` twice", state.name.value);
                    self.error("RS1027", cursor.start(), message, "keep one of the two");
                }
            }
            if self.keyword(cursor, "start") {
                if !self.keyword(cursor, "steady") {
                    state.start = Some(self.expression(cursor, 0));
                }
            } else if self.keyword(cursor, "scale") {
                // One that cannot be read is reported; a missing one would be another finding.
                state.scale = self.signed(cursor).or(Some(1.0));
            } else if self.keyword(cursor, "near") {
                state.near = self.signed(cursor);
            } else {
                break;
            }
        }
        state.doc = self.doc(cursor);
        out.push(state);
    }

    fn let_line(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Let>) {
        let Some(name) = self.name(cursor, "a name") else { return };
        if self.symbol(cursor, "=", "an intermediate value is `NAME = EXPRESSION`") {
            let value = self.expression(cursor, 0);
            out.push(Let { name, value });
        }
    }

    fn equation(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Equation>) {
        let Some(state) = self.name(cursor, "a state") else { return };
        if self.symbol(cursor, "'", "an equation is `STATE' = EXPRESSION`")
            && self.symbol(cursor, "=", "an equation is `STATE' = EXPRESSION`")
        {
            let value = self.expression(cursor, 0);
            out.push(Equation { state, value });
        }
    }

    fn effect(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Effect>) {
        let Some(state) = self.name(cursor, "a state") else { return };
        let kind = match cursor.next() {
            (Token::Symbol("="), _) => EffectKind::Assign(self.expression(cursor, 0)),
            (Token::Symbol("+="), _) => {
                let amount = self.expression(cursor, 0);
                let over = self.keyword(cursor, "over").then(|| self.expression(cursor, 0));
                let after = self.keyword(cursor, "after").then(|| self.expression(cursor, 0));
                EffectKind::Add { amount, over, after }
            }
            (_, span) => {
                let hint = "an effect is `STATE += EXPRESSION [over DURATION] [after DELAY]` or `STATE = EXPRESSION`";
                self.error("RS1012", span, "`+=` or `=` was expected", hint);
                return;
            }
        };
        out.push(Effect { state, kind });
    }

    fn check(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Check>) {
        const HINT: &str = "a check is `at rest: CONDITION`, `always: CONDITION` or \
                            `dose up: EXPRESSION at TIME UNIT rises` (or `falls`)";
        let (word, span) = cursor.next();
        let word = if let Token::Name(word) = word { word } else { String::new() };
        let second = match word.as_str() {
            "at" => Some("rest"),
            "dose" => Some("up"),
            "always" => None,
            _ => {
                self.error("RS1013", span, "this is no check", HINT);
                return;
            }
        };
        if second.is_some_and(|s| !self.keyword(cursor, s)) {
            self.error("RS1013", span, "this is no check", HINT);
            return;
        }
        if !self.symbol(cursor, ":", HINT) {
            return;
        }
        let value = self.expression(cursor, 0);
        match word.as_str() {
            "at" => out.push(Check::AtRest(value)),
            "always" => out.push(Check::Always(value)),
            _ => {
                if !self.keyword(cursor, "at") {
                    self.error("RS1013", cursor.here(), "the time of this check is missing", HINT);
                    return;
                }
                let Some(at) = self.signed(cursor) else { return };
                let unit = self.unit(cursor, "the time of this check", span);
                let rises = self.keyword(cursor, "rises");
                if !rises && !self.keyword(cursor, "falls") {
                    self.error("RS1013", cursor.here(), "`rises` or `falls` was expected", HINT);
                    return;
                }
                out.push(Check::DoseUp { value, at, unit, rises });
            }
        }
    }

    fn binder(&mut self, cursor: &mut Cursor<'a>) -> Option<Binder> {
        let variable = self.name(cursor, "a family variable")?;
        if !self.keyword(cursor, "in") {
            self.error("RS1014", cursor.here(), "`in FAMILY` was expected", "as in `for p in pool`");
            return None;
        }
        let family = self.name(cursor, "a family")?;
        self.no_variables(&variable, "a family variable");
        Some(Binder { variable, family })
    }

    fn name(&mut self, cursor: &mut Cursor<'a>, what: &str) -> Option<Name> {
        let (token, span) = cursor.next();
        let Token::Name(name) = token else {
            let hint = "names are lower-case words joined by dots, such as `spine.density`";
            self.error("RS1015", span, format!("{what} was expected"), hint);
            return None;
        };
        if RESERVED.contains(&name.as_str()) {
            self.error("RS1016", span, format!("`{name}` is a word of the language"), "choose another name");
            return None;
        }
        if !well_formed(&name) {
            self.malformed(&name, span);
        }
        Some(Spanned::new(name, span))
    }

    /// Family variables are themselves named plainly, and so are modules.
    fn no_variables(&mut self, name: &Name, what: &str) {
        let dotted = what == "a family variable" && name.value.contains('.');
        if well_formed(&name.value) && (dotted || name.value.contains('{')) {
            let hint = "use lower-case letters a to z, digits and `_`";
            self.error("RS1017", name.span, format!("{what} cannot be called `{}`", name.value), hint);
        }
    }

    /// Reads a unit. One that is missing is reported here; its text stays empty, and later checks pass over it.
    fn unit(&mut self, cursor: &mut Cursor<'a>, of: &str, of_span: Span) -> Spanned<String> {
        let mut ahead = cursor.clone();
        let (text, span) = ahead.word();
        if text.is_empty() || AFTER_UNIT.contains(&text) {
            let hint = "write its unit after it, as in `umol/L`; a pure number has the unit `1`";
            self.error("RS1011", of_span, format!("`{of}` has no unit"), hint);
            return Spanned::new(String::new(), cursor.here());
        }
        *cursor = ahead;
        let mut end = span;
        while cursor.continues_unit() {
            let (part, place) = cursor.word();
            end = if part.len() == 1 { cursor.word().1 } else { place };
        }
        if end != span {
            let hint = "write it without blanks, as in `umol/L`";
            self.error("RS1028", span.to(end), "a unit has no blanks inside", hint);
            return Spanned::new(String::new(), span);
        }
        Spanned::new(text.to_string(), span)
    }

    fn doc(&mut self, cursor: &mut Cursor<'a>) -> String {
        if let Token::Text(text) = cursor.peek() {
            cursor.next();
            return text;
        }
        String::new()
    }

    fn signed(&mut self, cursor: &mut Cursor<'a>) -> Option<f64> {
        let negative = cursor.peek() == Token::Symbol("-");
        if negative {
            cursor.next();
        }
        match cursor.next() {
            (Token::Number(x), _) => Some(if negative { -x } else { x }),
            (_, span) => {
                self.error("RS1018", span, "a number was expected", "as in `scale 0.01`");
                None
            }
        }
    }

    fn keyword(&mut self, cursor: &mut Cursor<'a>, word: &str) -> bool {
        let found = matches!(cursor.peek(), Token::Name(n) if n == word);
        if found {
            cursor.next();
        }
        found
    }

    fn symbol(&mut self, cursor: &mut Cursor<'a>, symbol: &'static str, hint: &str) -> bool {
        let mut ahead = cursor.clone();
        let (token, span) = ahead.next();
        let found = token == Token::Symbol(symbol);
        if found {
            *cursor = ahead;
        } else {
            let message = match self.written(span) {
                "" => format!("`{symbol}` was expected"),
                text => format!("`{symbol}` was expected, not `{text}`"),
            };
            self.error("RS1019", span, message, hint);
        }
        found
    }

    fn finish(&mut self, cursor: &mut Cursor<'a>) {
        if !cursor.at_end() {
            let (token, span) = cursor.next();
            let (message, hint) = match token {
                Token::Bad(text) if text.starts_with("a text") => (text, "end it with `\"` on the same line"),
                Token::Bad(text) => (format!("`{text}` has no meaning here"), "remove it"),
                _ => {
                    let hint = "an entry ends with its line; deeper lines continue it";
                    (format!("`{}` is left over here", self.written(span)), hint)
                }
            };
            self.error("RS1020", span, message, hint);
        }
    }

    fn written(&self, span: Span) -> &'a str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }
}
