//! Names and dimensions inside one instance. Every finding is reported; nothing stops at the first.

use crate::diagnostic::Diagnostic;
use crate::expand::Instance;
use crate::parser::closest;
use crate::source::{Span, Spanned};
use crate::syntax::{Check, EffectKind, Expr, ExprKind, Function, Operator};
use crate::unit::{Dimension, Unit};
use std::collections::BTreeMap;

/// What a name means inside an instance; the number is its index in the instance's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    Parameter(usize),
    Required(usize),
    State(usize),
    Let(usize),
    Provided(usize),
}

/// How many lets may build on each other: bounds the stack.
const MOST_STEPS: usize = 400;

/// All names of an instance.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    pub(crate) names: BTreeMap<String, Meaning>,
    units: BTreeMap<String, Unit>,
    /// Units of provided ports: a port may be both required and provided, each in a unit of its own.
    provided: BTreeMap<String, Unit>,
    lets: BTreeMap<String, Kind>,
}

/// What kind of thing an expression yields.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Quantity(Dimension),
    /// The literal 0, which fits any dimension.
    Zero,
    Truth,
    /// Already reported.
    Unknown,
}

/// Where an expression stands decides which words and numerals it may use.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Equation,
    /// With the dimension of `amount`, if it could be read.
    Event(Option<Dimension>),
    Start,
    Exam,
}

impl Scope {
    /// The unit a name was declared with.
    pub(crate) fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.get(name)
    }
    /// The unit a port is provided with.
    pub(crate) fn provided_unit(&self, name: &str) -> Option<&Unit> {
        self.provided.get(name)
    }
}

/// Checks one instance and returns its names.
pub(crate) fn check(instance: &Instance, diagnostics: &mut Vec<Diagnostic>) -> Scope {
    let mut checker = Checker { scope: Scope::default(), diagnostics };
    checker.declare(instance);
    checker.order_lets(instance);
    checker.bodies(instance);
    checker.scope
}

struct Checker<'a> {
    scope: Scope,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Checker<'_> {
    fn error(&mut self, code: &'static str, span: Span, message: impl Into<String>, hint: impl Into<String>) {
        self.diagnostics.push(Diagnostic::error(code, span, message, hint));
    }

    fn declare(&mut self, instance: &Instance) {
        let mut places: BTreeMap<String, Span> = BTreeMap::new();
        let mut add = |c: &mut Self, name: &Spanned<String>, unit: Option<&Spanned<String>>, meaning: Meaning| {
            // `forcing` is the name of a runtime parameter; see `lower`.
            if matches!(name.value.as_str(), "time" | "amount" | "duration" | "index" | "normal" | "forcing") {
                c.error("RS2010", name.span, format!("`{}` is reserved", name.value), "choose another name");
                return;
            }
            if let Some(first) = places.get(&name.value) {
                let hint = "within a module a name means one thing: rename or remove one of the two";
                let d = Diagnostic::error("RS2011", name.span, format!("`{}` is declared twice", name.value), hint);
                c.diagnostics.push(d.with_other(*first, "the first declaration"));
                return;
            }
            places.insert(name.value.clone(), name.span);
            c.scope.names.insert(name.value.clone(), meaning);
            if let Some(unit) = unit
                && let Some(unit) = c.unit(unit)
            {
                c.scope.units.insert(name.value.clone(), unit);
            }
        };
        for (i, x) in instance.parameters.iter().enumerate() {
            add(self, &x.name, Some(&x.unit), Meaning::Parameter(i));
        }
        for (i, x) in instance.requires.iter().enumerate() {
            add(self, &x.name, Some(&x.unit), Meaning::Required(i));
        }
        for (i, x) in instance.states.iter().enumerate() {
            add(self, &x.name, Some(&x.unit), Meaning::State(i));
        }
        for (i, x) in instance.lets.iter().enumerate() {
            add(self, &x.name, None, Meaning::Let(i));
        }
        for (i, x) in instance.provides.iter().enumerate() {
            let name = &x.name.value;
            let merged = matches!(self.scope.names.get(name), Some(Meaning::Required(_)));
            if !merged || self.scope.provided.contains_key(name) {
                add(self, &x.name, Some(&x.unit), Meaning::Provided(i));
            }
            // Inside the module a port that is required too means what all its providers give together.
            let unit = if merged { self.unit(&x.unit) } else { self.scope.units.get(name).cloned() };
            if let Some(unit) = unit {
                self.scope.provided.insert(name.clone(), unit);
            }
        }
    }

    /// `None` if it cannot be read: nothing that rests on it is judged. An empty one was reported by the parser.
    fn unit(&mut self, unit: &Spanned<String>) -> Option<Unit> {
        if unit.value.is_empty() {
            return None;
        }
        let parsed = Unit::parse(&unit.value);
        if let Err(why) = &parsed {
            let hint = "the units are listed in docs/dev/model-language.md, Units";
            self.error("RS3001", unit.span, why, hint);
        }
        parsed.ok()
    }

    /// The dimension a declared name has, if its unit could be read.
    fn dimension(&self, name: &str) -> Option<Dimension> {
        self.scope.units.get(name).map(|u| u.dimension)
    }

    /// Works out the kind of every `let`, following its references; a cycle is an error.
    fn order_lets(&mut self, instance: &Instance) {
        let mut state = vec![0u8; instance.lets.len()];
        for i in 0..instance.lets.len() {
            self.settle(instance, i, &mut state, &mut Vec::new());
        }
    }

    fn settle(&mut self, instance: &Instance, i: usize, state: &mut [u8], path: &mut Vec<usize>) {
        let entry = &instance.lets[i];
        if state[i] == 2 {
            return;
        }
        if state[i] == 1 {
            let from = path.iter().position(|&p| p == i).unwrap_or(0);
            let names: Vec<&str> = path[from..].iter().map(|&p| instance.lets[p].name.value.as_str()).collect();
            let message = format!("`{}` depends on itself: {} -> {}", entry.name.value, names.join(" -> "), names[0]);
            self.error("RS2012", entry.name.span, message, "break the circle with a state");
            return;
        }
        if path.len() >= MOST_STEPS {
            let message = format!("more than {MOST_STEPS} lets build on each other here");
            self.error("RS2022", entry.name.span, message, "join some of them, or put a state between");
            state[i] = 2;
            return;
        }
        state[i] = 1;
        path.push(i);
        let mut needs = Vec::new();
        entry.value.walk(&mut |e| {
            if let ExprKind::Name(n) = &e.kind
                && let Some(Meaning::Let(j)) = self.scope.names.get(n)
            {
                needs.push(*j);
            }
        });
        for j in needs {
            self.settle(instance, j, state, path);
        }
        path.pop();
        state[i] = 2;
        let kind = self.kind(&entry.value, Place::Equation);
        self.scope.lets.insert(entry.name.value.clone(), kind);
    }

    fn bodies(&mut self, instance: &Instance) {
        let mut has_equation: BTreeMap<&str, Span> = BTreeMap::new();
        for equation in &instance.equations {
            let name = equation.state.value.as_str();
            if !matches!(self.scope.names.get(name), Some(Meaning::State(_))) {
                let message = format!("`{name}'` has an equation but `{name}` is not a state");
                let states: Vec<&str> = instance.states.iter().map(|s| s.name.value.as_str()).collect();
                let hint = match closest(name, &states) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("declare it under `states`, as in `{name} UNIT scale NUMBER`"),
                };
                self.error("RS2013", equation.state.span, message, hint);
                self.kind(&equation.value, Place::Equation);
                continue;
            }
            if let Some(first) = has_equation.insert(name, equation.state.span) {
                let hint = "a state has one equation: add the two right sides, or remove one";
                let d =
                    Diagnostic::error("RS2014", equation.state.span, format!("a second equation for `{name}`"), hint);
                self.diagnostics.push(d.with_other(first, "the first one"));
            }
            let wanted = self.dimension(name).map(|d| d.over(Dimension::TIME));
            self.expect(&equation.value, Place::Equation, wanted, &format!("the derivative of `{name}`"));
        }
        for state in &instance.states {
            let name = &state.name.value;
            if !has_equation.contains_key(name.as_str()) {
                let hint = format!("add `{name}' = …` under `equations`");
                self.error("RS2015", state.name.span, format!("the state `{name}` has no equation"), hint);
            }
            if !state.scale.is_some_and(|s| s > 0.0 && s.is_finite()) {
                let hint = "add `scale NUMBER`, the size at which its errors are judged";
                self.error("RS2016", state.name.span, format!("the state `{name}` has no positive scale"), hint);
            }
            if let Some(start) = &state.start {
                let dimension = self.dimension(name);
                self.expect(start, Place::Start, dimension, &format!("the start of `{name}`"));
            }
        }
        for provide in &instance.provides {
            let dimension = self.scope.provided.get(&provide.name.value).map(|u| u.dimension);
            self.expect(&provide.value, Place::Equation, dimension, &format!("the port `{}`", provide.name.value));
        }
        for (_, unit, effects) in &instance.events {
            let amount = self.unit(unit).map(|u| u.dimension);
            for effect in effects {
                let name = &effect.state.value;
                if !matches!(self.scope.names.get(name), Some(Meaning::State(_))) {
                    let states: Vec<&str> = instance.states.iter().map(|s| s.name.value.as_str()).collect();
                    let hint = match closest(name, &states) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "an event changes states of its own module".into(),
                    };
                    self.error("RS2013", effect.state.span, format!("`{name}` is not a state of this module"), hint);
                    continue;
                }
                let dimension = self.dimension(name);
                let place = Place::Event(amount);
                match &effect.kind {
                    EffectKind::Assign(value) => self.expect(value, place, dimension, &format!("the new `{name}`")),
                    EffectKind::Add { amount, over, after } => {
                        self.expect(amount, place, dimension, &format!("what is added to `{name}`"));
                        for time in [over, after].into_iter().flatten() {
                            self.expect(time, place, Some(Dimension::TIME), "a duration");
                        }
                    }
                }
            }
        }
        for check in &instance.checks {
            match check {
                Check::AtRest(e) | Check::Always(e) => {
                    let kind = self.kind(e, Place::Exam);
                    if !matches!(kind, Kind::Truth | Kind::Unknown) {
                        self.error("RS3002", e.span, "a check is a condition", "compare two values, as in `x <= 1`");
                    }
                }
                Check::DoseUp { value, unit, .. } => {
                    self.kind(value, Place::Exam);
                    if self.unit(unit).is_some_and(|u| u.dimension != Dimension::TIME) {
                        let message = format!("`{}` is not a unit of time", unit.value);
                        self.error("RS3003", unit.span, message, "as in `at 24 h`");
                    }
                }
            }
        }
        for require in &instance.requires {
            if require.rest.is_none() && require.merge == crate::syntax::Merge::One {
                let message = format!("the port `{}` has no rest value", require.name.value);
                let hint = "add `rest NUMBER`: its value when the module runs alone";
                self.error("RS2017", require.name.span, message, hint);
            }
        }
    }

    /// `wanted` is `None` where the unit could not be read.
    fn expect(&mut self, expr: &Expr, place: Place, wanted: Option<Dimension>, what: &str) {
        match (self.kind(expr, place), wanted) {
            (Kind::Quantity(d), Some(wanted)) if d != wanted => {
                let message = format!("{what} should be in {wanted}, but this is in {d}");
                let hint = format!("multiply it by a quantity in {}, or correct a unit", wanted.over(d));
                self.error("RS3004", expr.span, message, hint);
            }
            (Kind::Truth, _) => {
                self.error("RS3002", expr.span, format!("{what} cannot be a condition"), "use `if … then … else …`")
            }
            _ => {}
        }
    }

    fn quantity(&mut self, expr: &Expr, place: Place) -> Kind {
        match self.kind(expr, place) {
            Kind::Truth => {
                self.error("RS3002", expr.span, "a condition cannot be calculated with", "use `if … then … else …`");
                Kind::Unknown
            }
            kind => kind,
        }
    }

    fn pure(&mut self, expr: &Expr, place: Place, what: &str) -> Kind {
        match self.quantity(expr, place) {
            Kind::Quantity(d) if !d.is_none() => {
                let hint = "divide it by a reference value of the same unit";
                self.error("RS3005", expr.span, format!("{what} must be a pure number, but this is in {d}"), hint);
            }
            _ => {}
        }
        Kind::Quantity(Dimension::NONE)
    }

    /// The common kind of values that are added or compared.
    fn same(&mut self, parts: &[(Kind, Span)], what: &str) -> Kind {
        let mut found: Option<Dimension> = None;
        let mut place = Span::default();
        for (kind, span) in parts {
            match (kind, found) {
                (Kind::Unknown, _) => return Kind::Unknown,
                (Kind::Quantity(d), None) => {
                    found = Some(*d);
                    place = *span;
                }
                (Kind::Quantity(d), Some(first)) if *d != first => {
                    let message = format!("{what} needs equal dimensions, here {first} and then {d}");
                    let hint = format!("multiply this by a quantity in {}, or correct a unit", first.over(*d));
                    let d = Diagnostic::error("RS3006", *span, message, hint);
                    self.diagnostics.push(d.with_other(place, format!("this is in {first}")));
                    return Kind::Unknown;
                }
                _ => {}
            }
        }
        found.map_or(Kind::Zero, Kind::Quantity)
    }

    fn kind(&mut self, expr: &Expr, place: Place) -> Kind {
        let none = Kind::Quantity(Dimension::NONE);
        match &expr.kind {
            ExprKind::Broken => Kind::Unknown,
            ExprKind::Number(x) => {
                let allowed = place == Place::Exam || *x == 0.5 || (x.fract() == 0.0 && (0.0..=10.0).contains(x));
                if !allowed {
                    let hint = "a file holds 0 to 10 and 0.5 only: add a row with id, value, unit, source and grade to \
                                evidence/parameters, and use its id here";
                    let message = format!("the number {x} belongs in the evidence ledger");
                    self.error("RS4030", expr.span, message, hint);
                }
                if *x == 0.0 { Kind::Zero } else { none }
            }
            ExprKind::Quantity(_, unit) => Kind::Quantity(unit.dimension),
            ExprKind::Name(name) => self.name(name, expr.span, place),
            ExprKind::Rate(name) => match self.scope.names.get(name) {
                Some(Meaning::State(_)) if place == Place::Exam => {
                    self.dimension(name).map_or(Kind::Unknown, |d| Kind::Quantity(d.over(Dimension::TIME)))
                }
                _ => {
                    let hint = "a primed state stands only in `checks` and on the left of an equation";
                    self.error("RS2018", expr.span, format!("`{name}'` cannot be used here"), hint);
                    Kind::Unknown
                }
            },
            ExprKind::Negate(a) => self.quantity(a, place),
            ExprKind::Not(a) => self.truth(a, place),
            ExprKind::Binary(Operator::And | Operator::Or, a, b) => {
                self.truth(a, place);
                self.truth(b, place)
            }
            ExprKind::Binary(Operator::Add | Operator::Subtract, a, b) => {
                let parts = [(self.quantity(a, place), a.span), (self.quantity(b, place), b.span)];
                self.same(&parts, "a sum")
            }
            ExprKind::Binary(op @ (Operator::Multiply | Operator::Divide), a, b) => {
                let (a, b) = (self.quantity(a, place), self.quantity(b, place));
                match (a, b) {
                    (Kind::Unknown, _) | (_, Kind::Unknown) => Kind::Unknown,
                    (Kind::Zero, _) => Kind::Zero,
                    (_, Kind::Zero) if *op == Operator::Multiply => Kind::Zero,
                    (Kind::Quantity(x), Kind::Quantity(y)) => {
                        let d = if *op == Operator::Multiply { x.times(y) } else { x.over(y) };
                        self.sensible(d.is_sensible().then_some(d), expr.span)
                    }
                    _ => {
                        self.error("RS3007", expr.span, "this divides by zero", "correct the divisor");
                        Kind::Unknown
                    }
                }
            }
            ExprKind::Binary(Operator::Power, a, b) => self.power(a, b, place),
            ExprKind::Chain(operands, _) => {
                let parts: Vec<(Kind, Span)> = operands.iter().map(|e| (self.quantity(e, place), e.span)).collect();
                let before = self.diagnostics.len();
                let kind = self.same(&parts, "a comparison");
                let numeral = operands.iter().any(|e| matches!(e.kind, ExprKind::Number(_)));
                if place == Place::Exam
                    && numeral
                    && let Some(d) = self.diagnostics.get_mut(before)
                {
                    d.hint = "write the number with its unit, as in `60 point` or `1e-9 1/h`".into();
                }
                match kind {
                    Kind::Unknown => Kind::Unknown,
                    _ => Kind::Truth,
                }
            }
            ExprKind::If(c, a, b) => {
                self.truth(c, place);
                let parts = [(self.quantity(a, place), a.span), (self.quantity(b, place), b.span)];
                self.same(&parts, "`then` and `else`")
            }
            ExprKind::Call(function, arguments) => self.call(*function, arguments, place),
            // Unrolled before checking.
            ExprKind::Fold(..) => Kind::Unknown,
        }
    }

    fn truth(&mut self, expr: &Expr, place: Place) -> Kind {
        if let Kind::Quantity(_) | Kind::Zero = self.kind(expr, place) {
            self.error("RS3008", expr.span, "a condition was expected", "compare two values, as in `x > 0`");
        }
        Kind::Truth
    }

    fn sensible(&mut self, dimension: Option<Dimension>, span: Span) -> Kind {
        if dimension.is_none() {
            let hint = "exponents of units stay below 60 and are halves at the finest";
            self.error("RS3014", span, "no unit has the dimension that comes out here", hint);
        }
        dimension.map_or(Kind::Unknown, Kind::Quantity)
    }

    fn power(&mut self, base: &Expr, exponent: &Expr, place: Place) -> Kind {
        let kind = self.quantity(base, place);
        let literal = match &exponent.kind {
            ExprKind::Number(n) => Some(*n),
            ExprKind::Negate(inner) => match inner.kind {
                ExprKind::Number(n) => Some(-n),
                _ => None,
            },
            _ => None,
        };
        self.pure(exponent, place, "an exponent");
        match (kind, literal) {
            (Kind::Quantity(d), Some(n)) if n.fract() == 0.0 && n.abs() <= 10.0 => {
                self.sensible(d.power(n as i32), base.span)
            }
            (Kind::Quantity(d), _) if !d.is_none() => {
                let hint = "divide it by a reference value first, as in `(weight / reference_weight)^exponent`, or use \
                            `sqrt`";
                let message = format!("only a pure number can be raised to a fractional power, and this is in {d}");
                self.error("RS3009", base.span, message, hint);
                Kind::Unknown
            }
            (kind, _) => kind,
        }
    }

    fn call(&mut self, function: Function, arguments: &[Expr], place: Place) -> Kind {
        let none = Kind::Quantity(Dimension::NONE);
        match function {
            Function::Min | Function::Max => {
                let parts: Vec<(Kind, Span)> = arguments.iter().map(|e| (self.quantity(e, place), e.span)).collect();
                self.same(&parts, function.name())
            }
            Function::Abs | Function::Positive => self.quantity(&arguments[0], place),
            Function::Sqrt => match self.quantity(&arguments[0], place) {
                Kind::Quantity(d) => self.sensible(d.root(), arguments[0].span),
                kind => kind,
            },
            Function::Hill => {
                let parts: Vec<(Kind, Span)> =
                    arguments[..2].iter().map(|e| (self.quantity(e, place), e.span)).collect();
                self.same(&parts, "`hill`");
                self.pure(&arguments[2], place, "the Hill coefficient")
            }
            Function::Softplus => {
                let parts: Vec<(Kind, Span)> = arguments.iter().map(|e| (self.quantity(e, place), e.span)).collect();
                self.same(&parts, "`softplus`")
            }
            Function::Cycle => {
                for argument in arguments {
                    self.expect(argument, place, Some(Dimension::TIME), "the period or peak of `cycle`");
                }
                none
            }
            Function::Logistic | Function::Exp | Function::Ln | Function::Tanh => {
                self.pure(&arguments[0], place, &format!("the argument of `{}`", function.name()))
            }
        }
    }

    fn name(&mut self, name: &str, span: Span, place: Place) -> Kind {
        let none = Kind::Quantity(Dimension::NONE);
        match (name, place) {
            ("time", Place::Equation | Place::Event(_) | Place::Exam) => return Kind::Quantity(Dimension::TIME),
            ("amount", Place::Event(dimension)) => return dimension.map_or(Kind::Unknown, Kind::Quantity),
            ("duration", Place::Event(_)) => return Kind::Quantity(Dimension::TIME),
            ("index" | "normal", Place::Event(_)) => return none,
            ("time" | "amount" | "duration" | "index" | "normal", _) => {
                let hint = match name {
                    "time" => "a start value is made of parameters only",
                    _ => "it is known only below `on EVENT`",
                };
                self.error("RS2019", span, format!("`{name}` has no meaning here"), hint);
                return Kind::Unknown;
            }
            _ => {}
        }
        match self.scope.names.get(name).copied() {
            None => {
                let known: Vec<&str> = self.scope.names.keys().map(String::as_str).collect();
                let hint = match closest(name, &known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "declare it under `requires`, `parameters`, `states` or `let`".to_string(),
                };
                self.error("RS2020", span, format!("`{name}` is not declared in this module"), hint);
                Kind::Unknown
            }
            Some(meaning) if place == Place::Start && !matches!(meaning, Meaning::Parameter(_)) => {
                let hint = "a start value is made of parameters; leave it out to start at rest";
                self.error("RS2021", span, format!("`{name}` is not a parameter"), hint);
                Kind::Unknown
            }
            Some(Meaning::Let(_)) => self.scope.lets.get(name).copied().unwrap_or(Kind::Unknown),
            Some(_) => self.scope.units.get(name).map_or(Kind::Unknown, |u| Kind::Quantity(u.dimension)),
        }
    }
}
