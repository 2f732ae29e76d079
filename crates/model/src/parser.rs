//! Reads a mechanism file. Reading never fails: it gives the module as far as it could be understood, and everything
//! that is wrong with it.

use crate::diagnostic::Diagnostic;
use crate::lexer::{Cursor, Token};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::{
    Binder, Check, Comparison, Effect, EffectKind, Equation, EventHandler, Expr, ExprKind, Function, Item, Let, Merge,
    Module, Name, Operator, ParameterUse, Provide, Require, StateDeclaration,
};
use crate::unit::Unit;

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

/// How deep an expression may nest: bounds the stack.
const DEPTH: u32 = 120;

/// Reads one file.
pub fn parse(file: FileId, text: &str) -> (Module, Vec<Diagnostic>) {
    let mut parser = Parser { file, text, diagnostics: Vec::new(), in_check: false };
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
    (module, parser.diagnostics)
}

/// Reads one expression (for tests and tools).
pub fn parse_expression(file: FileId, text: &str) -> (Expr, Vec<Diagnostic>) {
    let mut parser = Parser { file, text, diagnostics: Vec::new(), in_check: false };
    let mut cursor = Cursor::new(text, file, 0, text.len());
    let expr = parser.expression(&mut cursor, 0);
    parser.finish(&mut cursor);
    (expr, parser.diagnostics)
}

/// A line that is not blank: where its text starts and ends, and how far it is indented.
#[derive(Clone, Copy, Debug)]
struct Line {
    start: usize,
    end: usize,
    indent: usize,
}

struct Parser<'a> {
    file: FileId,
    text: &'a str,
    diagnostics: Vec<Diagnostic>,
    in_check: bool,
}

impl<'a> Parser<'a> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message, hint));
    }

    /// Splits the file into lines; a `"""` text belongs to the line it starts on.
    fn lines(&mut self) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut position = 0;
        while position < self.text.len() {
            let rest = &self.text[position..];
            let mut length = rest.find('\n').map_or(rest.len(), |n| n + 1);
            let line = &rest[..length];
            let body = line.trim_start();
            let indent = line.len() - body.len();
            if !body.is_empty() && !body.starts_with('#') {
                if let Some(open) = line.find("\"\"\"") {
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

    fn section(&mut self, module: &mut Module, head: Line, body: &[Line], seen: &mut Vec<(&'a str, Span)>) {
        let mut cursor = Cursor::new(self.text, self.file, head.start, head.end);
        let (word, span) = cursor.word();
        if head.indent > 0 {
            let hint = "a section keyword (`module`, `requires`, `states` …) stands in the first column";
            self.error("RS1003", span, "this line belongs to no section", hint);
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
                let d = Diagnostic::error("RS1005", span, format!("a second `{word}` section"), "merge the two");
                self.diagnostics.push(d.with_other(*first, "the first one"));
                return;
            }
            seen.push((word, span));
        }
        match word {
            "module" => self.module_head(module, &mut cursor),
            "about" => module.about = self.prose(&mut cursor, body),
            "limits" => module.limits = self.prose(&mut cursor, body),
            "time" => {
                let (unit, span) = cursor.word();
                module.time = Some(Spanned::new(unit.to_string(), span));
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
                let (unit, span) = cursor.word();
                self.finish(&mut cursor);
                let mut effects = Vec::new();
                self.block(body, &mut Vec::new(), &mut effects, &mut Self::effect);
                module.events.push(EventHandler { name, unit: Spanned::new(unit.into(), span), effects });
            }
            _ => {
                if !cursor.at_end() {
                    let hint = format!("put the entries of `{word}` on indented lines below it");
                    self.error("RS1007", cursor.here(), format!("text after `{word}`"), hint);
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
        if self.keyword(cursor, "for") {
            module.instance = self.binder(cursor);
        }
        self.finish(cursor);
    }

    fn prose(&mut self, cursor: &mut Cursor<'a>, body: &[Line]) -> String {
        let end = body.last().map_or(usize::MAX, |l| l.end).min(self.text.len());
        let start = cursor.position;
        let stop =
            if body.is_empty() { self.text[start..].find('\n').map_or(self.text.len(), |n| start + n) } else { end };
        let raw = self.text[start..].trim_start();
        if let Some(inner) = raw.strip_prefix("\"\"\"") {
            return inner.split("\"\"\"").next().unwrap_or("").trim_matches('\n').to_string();
        }
        let mut cursor = Cursor::new(self.text, self.file, start, stop);
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
        if binders.len() > 8 {
            let span = Span::new(self.file, lines[0].start, lines[0].end);
            self.error("RS1009", span, "`for` lines nest too deeply", "eight levels are the most");
            return;
        }
        let Some(base) = lines.first().map(|l| l.indent) else { return };
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
                    self.block(&lines[i + 1..end], binders, out, entry);
                }
                binders.truncate(depth);
            } else {
                let mut cursor = Cursor::new(self.text, self.file, lines[i].start, lines[end - 1].end);
                let before = self.diagnostics.len();
                let mut values = Vec::new();
                entry(self, &mut cursor, &mut values);
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
        let unit = self.unit(cursor);
        let (merge, span) = cursor.word();
        let merge = match merge {
            "one" => Merge::One,
            "sum" => Merge::Sum,
            "product" => Merge::Product,
            other => {
                let hint = "after the unit say how providers combine: `one`, `sum` or `product`";
                self.error("RS1010", span, format!("`{other}` does not say how providers combine"), hint);
                return;
            }
        };
        let rest = if self.keyword(cursor, "rest") { self.signed(cursor) } else { None };
        let doc = self.doc(cursor);
        out.push(Require { name, unit, merge, rest, doc });
    }

    fn provide(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<Provide>) {
        let Some(name) = self.name(cursor, "a port") else { return };
        let unit = self.unit(cursor);
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
            if cursor.at_end() {
                self.error(
                    "RS1011",
                    name.span,
                    format!("`{}` has no unit", name.value),
                    "a pure number has the unit `1`",
                );
                return;
            }
            let unit = self.unit(cursor);
            let doc = self.doc(cursor);
            out.push(ParameterUse { name, unit, doc });
        }
    }

    fn state(&mut self, cursor: &mut Cursor<'a>, out: &mut Vec<StateDeclaration>) {
        let Some(name) = self.name(cursor, "a state") else { return };
        let unit = self.unit(cursor);
        let mut state = StateDeclaration { name, unit, start: None, scale: None, near: None, doc: String::new() };
        loop {
            if self.keyword(cursor, "start") {
                if !self.keyword(cursor, "steady") {
                    state.start = Some(self.expression(cursor, 0));
                }
            } else if self.keyword(cursor, "scale") {
                state.scale = self.signed(cursor);
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
                let unit = self.unit(cursor);
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
        let fine = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_.{}".contains(c));
        if !fine {
            let hint = "use lower-case letters a to z, digits and `_`, joined by dots";
            self.error("RS1017", span, format!("`{name}` is not a well-formed name"), hint);
        }
        Some(Spanned::new(name, span))
    }

    fn unit(&mut self, cursor: &mut Cursor<'a>) -> Spanned<String> {
        let (text, span) = cursor.word();
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
        let (token, span) = cursor.next();
        let found = token == Token::Symbol(symbol);
        if !found {
            self.error("RS1019", span, format!("`{symbol}` was expected"), hint);
        }
        found
    }

    fn finish(&mut self, cursor: &mut Cursor<'a>) {
        if !cursor.at_end() {
            let (token, span) = cursor.next();
            let message = match token {
                Token::Bad(text) => format!("`{text}` has no meaning here"),
                _ => "text is left over here".to_string(),
            };
            self.error("RS1020", span, message, "an entry ends with its line; deeper lines continue it");
        }
    }

    // Expressions: one function for each level of the table in docs/dev/model-language.md, loose to tight.

    fn expression(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let start = cursor.here();
        if depth > DEPTH {
            let hint = "name parts of it with `let`";
            self.error("RS1021", start, "the expression nests too deeply", hint);
            cursor.position = cursor.end();
            return Expr { kind: ExprKind::Broken, span: start };
        }
        if !self.keyword(cursor, "if") {
            return self.either(cursor, depth + 1);
        }
        let c = self.either(cursor, depth + 1);
        if !self.keyword(cursor, "then") {
            self.error("RS1022", cursor.here(), "`then` was expected", "as in `if x > 0 then a else b`");
            return Expr { kind: ExprKind::Broken, span: start.to(c.span) };
        }
        let a = self.either(cursor, depth + 1);
        if !self.keyword(cursor, "else") {
            self.error("RS1022", cursor.here(), "`else` was expected", "as in `if x > 0 then a else b`");
            return Expr { kind: ExprKind::Broken, span: start.to(a.span) };
        }
        let b = self.expression(cursor, depth + 1);
        let span = start.to(b.span);
        Expr { kind: ExprKind::If(c.into(), a.into(), b.into()), span }
    }

    fn either(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let mut left = self.both(cursor, depth);
        while self.keyword(cursor, "or") {
            let right = self.both(cursor, depth);
            left = binary(Operator::Or, left, right);
        }
        left
    }

    fn both(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let mut left = self.negation(cursor, depth);
        while self.keyword(cursor, "and") {
            let right = self.negation(cursor, depth);
            left = binary(Operator::And, left, right);
        }
        left
    }

    fn negation(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let start = cursor.here();
        if depth <= DEPTH && self.keyword(cursor, "not") {
            let inner = self.negation(cursor, depth + 1);
            let span = start.to(inner.span);
            return Expr { kind: ExprKind::Not(inner.into()), span };
        }
        self.comparison(cursor, depth)
    }

    fn comparison(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let first = self.sum(cursor, depth);
        let mut operands = vec![first];
        let mut comparisons = Vec::new();
        loop {
            let comparison = match cursor.peek() {
                Token::Symbol("<") => Comparison::Less,
                Token::Symbol("<=") => Comparison::LessEqual,
                Token::Symbol(">") => Comparison::Greater,
                Token::Symbol(">=") => Comparison::GreaterEqual,
                _ => break,
            };
            cursor.next();
            comparisons.push(comparison);
            operands.push(self.sum(cursor, depth));
        }
        if comparisons.is_empty() {
            return operands.swap_remove(0);
        }
        let span = operands[0].span.to(operands[operands.len() - 1].span);
        Expr { kind: ExprKind::Chain(operands, comparisons), span }
    }

    fn sum(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let mut left = self.product(cursor, depth);
        loop {
            let operator = match cursor.peek() {
                Token::Symbol("+") => Operator::Add,
                Token::Symbol("-") => Operator::Subtract,
                _ => return left,
            };
            cursor.next();
            let right = self.product(cursor, depth);
            left = binary(operator, left, right);
        }
    }

    fn product(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let mut left = self.minus(cursor, depth);
        loop {
            let operator = match cursor.peek() {
                Token::Symbol("*") => Operator::Multiply,
                Token::Symbol("/") => Operator::Divide,
                _ => return left,
            };
            cursor.next();
            let right = self.minus(cursor, depth);
            left = binary(operator, left, right);
        }
    }

    fn minus(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let start = cursor.here();
        if depth <= DEPTH && cursor.peek() == Token::Symbol("-") {
            cursor.next();
            let inner = self.minus(cursor, depth + 1);
            let span = start.to(inner.span);
            return Expr { kind: ExprKind::Negate(inner.into()), span };
        }
        self.power(cursor, depth)
    }

    fn power(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let base = self.atom(cursor, depth);
        if cursor.peek() != Token::Symbol("^") {
            return base;
        }
        cursor.next();
        // The exponent is a whole `minus`: `a^-b` and `a^b^c` = `a^(b^c)`.
        let exponent = if depth > DEPTH { self.atom(cursor, depth) } else { self.minus(cursor, depth + 1) };
        binary(Operator::Power, base, exponent)
    }

    fn atom(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let (token, span) = cursor.next();
        match token {
            Token::Number(x) => self.number(cursor, x, span),
            Token::Symbol("(") => {
                let mut inner = self.expression(cursor, depth + 1);
                if self.symbol(cursor, ")", "close the parenthesis") {
                    inner.span = span.to(cursor.here());
                }
                inner
            }
            Token::Name(name) => self.named(cursor, depth, name, span),
            Token::Bad(text) => {
                self.error("RS1023", span, format!("`{text}` cannot stand in an expression"), "");
                Expr { kind: ExprKind::Broken, span }
            }
            _ => {
                let hint = "write a name, a number or a parenthesis";
                self.error("RS1023", span, "an expression was expected", hint);
                Expr { kind: ExprKind::Broken, span }
            }
        }
    }

    /// In checks a number may be followed by its unit.
    fn number(&mut self, cursor: &mut Cursor<'a>, x: f64, span: Span) -> Expr {
        let plain = Expr { kind: ExprKind::Number(x), span };
        match cursor.peek() {
            Token::Name(word) if self.in_check && !RESERVED.contains(&word.as_str()) => {}
            _ => return plain,
        }
        let (text, place) = cursor.word();
        let whole = span.to(place);
        match Unit::parse(text) {
            Ok(unit) => Expr { kind: ExprKind::Quantity(x, unit), span: whole },
            Err(why) => {
                self.error("RS3001", place, why, "a number in a check may be followed by its unit, as in `60 point`");
                Expr { kind: ExprKind::Broken, span: whole }
            }
        }
    }

    fn named(&mut self, cursor: &mut Cursor<'a>, depth: u32, name: String, span: Span) -> Expr {
        if cursor.peek() == Token::Symbol("(") {
            cursor.next();
            let fold = match name.as_str() {
                "sum" => Some(Merge::Sum),
                "product" => Some(Merge::Product),
                _ => None,
            };
            return match fold {
                Some(merge) => self.fold(cursor, depth, merge, span),
                None => self.call(cursor, depth, &name, span),
            };
        }
        if RESERVED.contains(&name.as_str()) {
            self.error("RS1016", span, format!("`{name}` cannot stand here"), "it is a word of the language");
            return Expr { kind: ExprKind::Broken, span };
        }
        if cursor.peek() == Token::Symbol("'") {
            let (_, prime) = cursor.next();
            return Expr { kind: ExprKind::Rate(name), span: span.to(prime) };
        }
        Expr { kind: ExprKind::Name(name), span }
    }

    fn fold(&mut self, cursor: &mut Cursor<'a>, depth: u32, merge: Merge, span: Span) -> Expr {
        let broken = Expr { kind: ExprKind::Broken, span };
        let Some(binder) = self.binder(cursor) else { return broken };
        if !self.symbol(cursor, ":", "as in `sum(l in ligand: k.{l} * c.{l})`") {
            return broken;
        }
        let body = self.expression(cursor, depth + 1);
        self.symbol(cursor, ")", "close the parenthesis");
        Expr { kind: ExprKind::Fold(merge, binder, body.into()), span: span.to(cursor.here()) }
    }

    fn call(&mut self, cursor: &mut Cursor<'a>, depth: u32, name: &str, span: Span) -> Expr {
        let mut arguments = Vec::new();
        if cursor.peek() != Token::Symbol(")") {
            loop {
                arguments.push(self.expression(cursor, depth + 1));
                if cursor.peek() != Token::Symbol(",") {
                    break;
                }
                cursor.next();
            }
        }
        self.symbol(cursor, ")", "close the parenthesis");
        let whole = span.to(cursor.here());
        let broken = Expr { kind: ExprKind::Broken, span: whole };
        let Some(&(function, _, least, most)) = Function::ALL.iter().find(|f| f.1 == name) else {
            let names: Vec<&str> = Function::ALL.iter().map(|f| f.1).collect();
            let hint = match closest(name, &names) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the functions are {}, sum and product", names.join(", ")),
            };
            self.error("RS1024", span, format!("there is no function `{name}`"), hint);
            return broken;
        };
        if arguments.len() < least || arguments.len() > most {
            let takes = if least == most { format!("{least}") } else { format!("{least} to {most}") };
            let message = format!("`{name}` takes {takes} argument(s), here it has {}", arguments.len());
            self.error("RS1025", whole, message, "see the list of functions in docs/dev/model-language.md");
            return broken;
        }
        Expr { kind: ExprKind::Call(function, arguments), span: whole }
    }
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary(operator, left.into(), right.into()), span }
}

/// The candidate that differs by the fewest edits, if they are few enough to be a slip of the pen.
pub fn closest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates.iter().map(|c| (distance(word, c), *c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let substitute = corner + usize::from(ca != *cb);
            corner = row[j + 1];
            row[j + 1] = substitute.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}
