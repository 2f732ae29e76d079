//! The shape of a mechanism file as it was written: names may still hold family variables such as `{e}`.

use crate::source::{FileId, Span, Spanned};
use crate::unit::Unit;
use std::fmt;

/// A dotted, lower-case name, perhaps with family variables in braces.
pub type Name = Spanned<String>;

/// `for p in pool`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binder {
    /// The variable.
    pub variable: Name,
    /// The family it runs over.
    pub family: Name,
}

/// An entry and the families it is repeated over.
#[derive(Clone, Debug, PartialEq)]
pub struct Item<T> {
    /// Outermost first.
    pub binders: Vec<Binder>,
    /// The entry.
    pub value: T,
}

/// A whole mechanism file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Module {
    /// The file it came from.
    pub file: FileId,
    /// Name of the module.
    pub name: Option<Name>,
    /// `for e in enantiomer` after the name: one instance a member.
    pub instance: Option<Binder>,
    /// The idea in words.
    pub about: String,
    /// Unit that time is thought of in (documentation; everything is converted).
    pub time: Option<Spanned<String>>,
    /// Input ports.
    pub requires: Vec<Item<Require>>,
    /// Output ports.
    pub provides: Vec<Item<Provide>>,
    /// Ledger ids used.
    pub parameters: Vec<Item<ParameterUse>>,
    /// States.
    pub states: Vec<Item<StateDeclaration>>,
    /// Named intermediate values.
    pub lets: Vec<Item<Let>>,
    /// Time derivatives.
    pub equations: Vec<Item<Equation>>,
    /// What happens at events.
    pub events: Vec<EventHandler>,
    /// What the module's exam checks.
    pub checks: Vec<Item<Check>>,
    /// Known limits, in words.
    pub limits: String,
    /// Source keys.
    pub references: Vec<Name>,
    /// Some of the text could not be read, so that parts are missing here.
    pub broken: bool,
}

/// How several providers of one port combine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merge {
    /// Exactly one provider.
    One,
    /// Added; none gives 0.
    Sum,
    /// Multiplied; none gives 1.
    Product,
}

impl Merge {
    /// The keyword.
    pub fn keyword(self) -> &'static str {
        match self {
            Merge::One => "one",
            Merge::Sum => "sum",
            Merge::Product => "product",
        }
    }
}

/// An input port.
#[derive(Clone, Debug, PartialEq)]
pub struct Require {
    /// Port name.
    pub name: Name,
    /// Unit as written.
    pub unit: Spanned<String>,
    /// How providers combine.
    pub merge: Merge,
    /// Value (in `unit`) when the module runs alone.
    pub rest: Option<f64>,
    /// A few words.
    pub doc: String,
}

/// An output port.
#[derive(Clone, Debug, PartialEq)]
pub struct Provide {
    /// Port name.
    pub name: Name,
    /// Unit as written.
    pub unit: Spanned<String>,
    /// Its value.
    pub value: Expr,
    /// A few words.
    pub doc: String,
}

/// Use of a ledger row.
#[derive(Clone, Debug, PartialEq)]
pub struct ParameterUse {
    /// Ledger id.
    pub name: Name,
    /// Unit as written.
    pub unit: Spanned<String>,
    /// A few words.
    pub doc: String,
}

/// A state.
#[derive(Clone, Debug, PartialEq)]
pub struct StateDeclaration {
    /// Local name.
    pub name: Name,
    /// Unit as written.
    pub unit: Spanned<String>,
    /// Starting value; `None` means steady.
    pub start: Option<Expr>,
    /// Size at which errors are judged, in `unit`.
    pub scale: Option<f64>,
    /// Which branch to look for a steady state near, in `unit`.
    pub near: Option<f64>,
    /// A few words.
    pub doc: String,
}

/// `NAME = EXPR`.
#[derive(Clone, Debug, PartialEq)]
pub struct Let {
    /// Local name.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// `STATE' = EXPR`.
#[derive(Clone, Debug, PartialEq)]
pub struct Equation {
    /// The state.
    pub state: Name,
    /// Its time derivative.
    pub value: Expr,
}

/// `on EVENT amount UNIT` with its effects.
#[derive(Clone, Debug, PartialEq)]
pub struct EventHandler {
    /// Event name.
    pub name: Name,
    /// Unit of `amount`.
    pub unit: Spanned<String>,
    /// What happens.
    pub effects: Vec<Item<Effect>>,
}

/// One line of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The state changed.
    pub state: Name,
    /// How.
    pub kind: EffectKind,
}

/// How an event changes a state.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "an atlas holds a few dozen of them")]
pub enum EffectKind {
    /// `+=`: a jump, or a zero-order input where `over` is given, both perhaps delayed.
    Add {
        /// Total amount.
        amount: Expr,
        /// Duration of the input.
        over: Option<Expr>,
        /// Delay.
        after: Option<Expr>,
    },
    /// `=`: a new value.
    Assign(Expr),
}

/// A line of `checks`.
#[derive(Clone, Debug, PartialEq)]
pub enum Check {
    /// Holds in the drug-free steady state.
    AtRest(Expr),
    /// Holds at every time.
    Always(Expr),
    /// `EXPR at TIME` rises (or falls) with the dose.
    DoseUp {
        /// What is watched.
        value: Expr,
        /// When, in `unit`.
        at: f64,
        /// Unit of `at`.
        unit: Spanned<String>,
        /// Rises, or else falls.
        rises: bool,
    },
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it was written.
    pub span: Span,
}

/// Operators of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    And,
    Or,
}

/// Comparisons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Comparison {
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
}

impl Comparison {
    /// As written.
    pub fn symbol(self) -> &'static str {
        match self {
            Comparison::Less => "<",
            Comparison::LessEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterEqual => ">=",
        }
    }
}

/// Built-in functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Function {
    Min,
    Max,
    Abs,
    Positive,
    Hill,
    Softplus,
    Logistic,
    Exp,
    Ln,
    Sqrt,
    Tanh,
    Cycle,
}

impl Function {
    /// All functions with their names and how many arguments they take (least, most).
    pub const ALL: [(Function, &'static str, usize, usize); 12] = [
        (Function::Min, "min", 2, 16),
        (Function::Max, "max", 2, 16),
        (Function::Abs, "abs", 1, 1),
        (Function::Positive, "positive", 1, 1),
        (Function::Hill, "hill", 3, 3),
        (Function::Softplus, "softplus", 2, 2),
        (Function::Logistic, "logistic", 1, 1),
        (Function::Exp, "exp", 1, 1),
        (Function::Ln, "ln", 1, 1),
        (Function::Sqrt, "sqrt", 1, 1),
        (Function::Tanh, "tanh", 1, 1),
        (Function::Cycle, "cycle", 2, 2),
    ];
    /// The name as written.
    pub fn name(self) -> &'static str {
        Function::ALL.iter().find(|f| f.0 == self).map_or("?", |f| f.1)
    }
}

/// What an expression can be.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A numeral.
    Number(f64),
    /// A numeral with its unit, allowed in checks.
    Quantity(f64, Unit),
    /// A state, let, parameter, port or reserved word.
    Name(String),
    /// `x'`, allowed in checks.
    Rate(String),
    /// `-x`.
    Negate(Box<Expr>),
    /// `not x`.
    Not(Box<Expr>),
    /// `a op b`.
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `a < b <= c …`: one more operand than comparisons.
    Chain(Vec<Expr>, Vec<Comparison>),
    /// `if c then a else b`.
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `f(a, …)`.
    Call(Function, Vec<Expr>),
    /// `sum(v in family: body)`, or `product(…)`.
    Fold(Merge, Binder, Box<Expr>),
    /// Something that could not be read; already reported.
    Broken,
}

impl Expr {
    /// Binding strength, loose to tight, as in the language's table.
    fn strength(&self) -> u8 {
        match &self.kind {
            ExprKind::If(..) => 1,
            ExprKind::Binary(Operator::Or, ..) => 2,
            ExprKind::Binary(Operator::And, ..) => 3,
            ExprKind::Not(_) => 4,
            ExprKind::Chain(..) => 5,
            ExprKind::Binary(Operator::Add | Operator::Subtract, ..) => 6,
            ExprKind::Binary(Operator::Multiply | Operator::Divide, ..) => 7,
            ExprKind::Negate(_) => 8,
            // A quantity as a base needs parentheses, or the power would belong to its unit.
            ExprKind::Binary(Operator::Power, ..) | ExprKind::Quantity(..) => 9,
            _ => 10,
        }
    }
    fn write(&self, f: &mut fmt::Formatter<'_>, least: u8) -> fmt::Result {
        if self.strength() < least {
            f.write_str("(")?;
            self.write(f, 0)?;
            return f.write_str(")");
        }
        match &self.kind {
            ExprKind::Number(x) => write!(f, "{x}"),
            ExprKind::Quantity(x, unit) => write!(f, "{x} {unit}"),
            ExprKind::Name(n) => f.write_str(n),
            ExprKind::Rate(n) => write!(f, "{n}'"),
            ExprKind::Negate(a) => {
                f.write_str("-")?;
                a.write(f, 8)
            }
            ExprKind::Not(a) => {
                f.write_str("not ")?;
                a.write(f, 4)
            }
            ExprKind::Binary(op, a, b) => {
                let (symbol, left, right) = match op {
                    Operator::Or => (" or ", 2, 3),
                    Operator::And => (" and ", 3, 4),
                    Operator::Add => (" + ", 6, 7),
                    Operator::Subtract => (" - ", 6, 7),
                    Operator::Multiply => (" * ", 7, 8),
                    Operator::Divide => (" / ", 7, 8),
                    // The exponent may be a bare negation or another power; the base may not.
                    Operator::Power => ("^", 10, 8),
                };
                a.write(f, left)?;
                f.write_str(symbol)?;
                b.write(f, right)
            }
            ExprKind::Chain(operands, comparisons) => {
                for (i, operand) in operands.iter().enumerate() {
                    if i > 0 {
                        write!(f, " {} ", comparisons[i - 1].symbol())?;
                    }
                    operand.write(f, 6)?;
                }
                Ok(())
            }
            ExprKind::If(c, a, b) => {
                f.write_str("if ")?;
                c.write(f, 2)?;
                f.write_str(" then ")?;
                a.write(f, 2)?;
                f.write_str(" else ")?;
                b.write(f, 1)
            }
            ExprKind::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                for (i, a) in arguments.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    a.write(f, 0)?;
                }
                f.write_str(")")
            }
            ExprKind::Fold(merge, binder, body) => {
                write!(f, "{}({} in {}: ", merge.keyword(), binder.variable.value, binder.family.value)?;
                body.write(f, 0)?;
                f.write_str(")")
            }
            ExprKind::Broken => f.write_str("?"),
        }
    }
    /// The expression without its places, every operation in parentheses: for comparing structure.
    pub fn skeleton(&self) -> String {
        let s = |e: &Expr| e.skeleton();
        match &self.kind {
            ExprKind::Number(x) => format!("{x}"),
            ExprKind::Quantity(x, unit) => format!("{x} {unit}"),
            ExprKind::Name(n) => n.clone(),
            ExprKind::Rate(n) => format!("{n}'"),
            ExprKind::Negate(a) => format!("(neg {})", s(a)),
            ExprKind::Not(a) => format!("(not {})", s(a)),
            ExprKind::Binary(op, a, b) => format!("({op:?} {} {})", s(a), s(b)),
            ExprKind::Chain(x, c) => {
                let x: Vec<String> = x.iter().map(s).collect();
                format!("(chain {c:?} {})", x.join(" "))
            }
            ExprKind::If(c, a, b) => format!("(if {} {} {})", s(c), s(a), s(b)),
            ExprKind::Call(f, a) => {
                let a: Vec<String> = a.iter().map(s).collect();
                format!("({} {})", f.name(), a.join(" "))
            }
            ExprKind::Fold(m, b, body) => {
                format!("({} {} {} {})", m.keyword(), b.variable.value, b.family.value, s(body))
            }
            ExprKind::Broken => "?".into(),
        }
    }
    /// Calls `visit` on this expression and everything inside it.
    pub fn walk(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        match &self.kind {
            ExprKind::Negate(a) | ExprKind::Not(a) | ExprKind::Fold(_, _, a) => a.walk(visit),
            ExprKind::Binary(_, a, b) => {
                a.walk(visit);
                b.walk(visit);
            }
            ExprKind::Chain(x, _) | ExprKind::Call(_, x) => x.iter().for_each(|e| e.walk(visit)),
            ExprKind::If(c, a, b) => [c, a, b].into_iter().for_each(|e| e.walk(visit)),
            ExprKind::Number(_) | ExprKind::Quantity(..) | ExprKind::Name(_) | ExprKind::Rate(_) | ExprKind::Broken => {
            }
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}
