//! Expressions: one function for each level of the table in docs/dev/model-language.md, loose to tight.

use super::{Parser, RESERVED, closest, well_formed};
use crate::lexer::{Cursor, Token};
use crate::source::Span;
use crate::syntax::{Comparison, Expr, ExprKind, Function, Merge, Operator};
use crate::unit::Unit;

/// How deep an expression may nest: bounds the stack.
const DEPTH: u32 = 120;

/// The most names, numbers and parentheses of one entry. Operators of equal strength lean to the left, so that a long
/// sum is a deep tree: this bounds the stack of everything that follows one.
const LENGTH: u32 = 500;

impl<'a> Parser<'a> {
    pub(super) fn expression(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        let start = cursor.start();
        if depth > DEPTH {
            return self.give_up(cursor, "nests too deeply");
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
        let start = cursor.start();
        if self.keyword(cursor, "not") {
            if depth > DEPTH {
                return self.give_up(cursor, "nests too deeply");
            }
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
        let start = cursor.start();
        if cursor.peek() == Token::Symbol("-") {
            if depth > DEPTH {
                return self.give_up(cursor, "nests too deeply");
            }
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
        if depth > DEPTH {
            return self.give_up(cursor, "nests too deeply");
        }
        cursor.next();
        // The exponent is a whole `minus`: `a^-b` and `a^b^c` = `a^(b^c)`.
        let exponent = self.minus(cursor, depth + 1);
        binary(Operator::Power, base, exponent)
    }

    fn atom(&mut self, cursor: &mut Cursor<'a>, depth: u32) -> Expr {
        self.length += 1;
        if self.length > LENGTH {
            return self.give_up(cursor, "is too long");
        }
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
            Token::Bad(text) if text.starts_with("a text") => {
                self.error("RS1023", span, text, "end it with `\"` on the same line");
                Expr { kind: ExprKind::Broken, span }
            }
            Token::Bad(text) => {
                let hint = "write names, numbers, the operators + - * / ^ and parentheses";
                self.error("RS1023", span, format!("`{text}` cannot stand in an expression"), hint);
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
        let unit_follows = match cursor.peek() {
            Token::Name(word) => !RESERVED.contains(&word.as_str()) && !["rises", "falls"].contains(&word.as_str()),
            // `1e-9 1/h` and `50 %`.
            Token::Number(one) => one == 1.0,
            Token::Bad(text) => text == "%",
            _ => false,
        };
        if !(self.in_check && unit_follows) {
            return plain;
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
            let hint = format!("`{name}` is a word of the language, and an expression was expected before it");
            self.error("RS1016", span, format!("`{name}` cannot stand here"), hint);
            return Expr { kind: ExprKind::Broken, span };
        }
        if !well_formed(&name) {
            self.malformed(&name, span);
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
            let message = format!("`{name}` takes {takes} values, and here are {}", arguments.len());
            self.error("RS1025", whole, message, format!("write {}", usage(function)));
            return broken;
        }
        Expr { kind: ExprKind::Call(function, arguments), span: whole }
    }

    /// Stops reading the entry: whatever follows would only repeat this finding.
    fn give_up(&mut self, cursor: &mut Cursor<'a>, how: &str) -> Expr {
        let span = cursor.start();
        let hint = "give parts of it a name under `let`";
        self.error("RS1021", span, format!("the expression {how}"), hint);
        self.abandoned = true;
        cursor.position = cursor.end();
        Expr { kind: ExprKind::Broken, span }
    }
}

fn binary(operator: Operator, left: Expr, right: Expr) -> Expr {
    let span = left.span.to(right.span);
    Expr { kind: ExprKind::Binary(operator, left.into(), right.into()), span }
}

/// A call as it should look.
fn usage(function: Function) -> &'static str {
    match function {
        Function::Min => "`min(a, b, …)`",
        Function::Max => "`max(a, b, …)`",
        Function::Abs => "`abs(x)`",
        Function::Positive => "`positive(x)`, which is max(x, 0)",
        Function::Hill => "`hill(x, k, n)`, which is x^n / (x^n + k^n)",
        Function::Softplus => "`softplus(x, k)`, which is k ln(1 + exp(x / k))",
        Function::Logistic => "`logistic(x)`",
        Function::Exp => "`exp(x)`",
        Function::Ln => "`ln(x)`",
        Function::Sqrt => "`sqrt(x)`",
        Function::Tanh => "`tanh(x)`",
        Function::Cycle => "`cycle(period, peak)`",
    }
}
