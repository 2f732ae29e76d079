//! Expressions as one shared graph: equal subexpressions are one node.
//!
//! Every value is an `f64`; a condition is 1 or 0, and anything but 0 counts as true. Nodes are simplified as they are
//! made, by exact identities only, so a simplified expression has the value of the one that was written (`x * 0` is 0
//! even where `x` could be infinite). Constants fold through [`crate::math`], so folding changes no bit.
//!
//! ```
//! use sim::expr::{Graph, Point, Symbol};
//! let mut g = Graph::new();
//! let x = g.symbol(Symbol::State(0));
//! let square = g.mul(x, x);
//! let slope = g.derivative(square, Symbol::State(0));
//! let at = Point { states: &[3.0], ..Point::default() };
//! assert_eq!(g.evaluate(&[square, slope], &at), [9.0, 6.0]);
//! ```

mod derivative;
mod evaluate;

pub(crate) use evaluate::truth;
pub use evaluate::{Interpreter, Point};

use std::collections::{BTreeSet, HashMap};

/// A node of a [`Graph`]; meaningful only together with the graph that made it. A node's operands have smaller numbers.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub struct Expr(pub(crate) u32);

impl Expr {
    /// The position of the node in its graph, counted from 0.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A quantity whose value comes from outside the graph.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
pub enum Symbol {
    /// The independent variable.
    Time,
    /// A state, by its position in the system.
    State(u32),
    /// A parameter, constant between edges of the schedule.
    Parameter(u32),
    /// An argument of an event: 0 amount, 1 duration, 2 index, 3 normal draw.
    Argument(u8),
}

/// Operations on one value.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
#[allow(missing_docs)]
pub enum Unary {
    Neg,
    Abs,
    Exp,
    Ln,
    Sqrt,
    Tanh,
    Sin,
    Cos,
    Not,
}

/// Operations on two values. Comparisons give 1 or 0, and 0 where an operand is NaN.
#[derive(Copy, Clone, Eq, PartialEq, Ord, PartialOrd, Hash, Debug)]
#[allow(missing_docs)]
pub enum Binary {
    Add,
    Sub,
    Mul,
    Div,
    Min,
    Max,
    Less,
    LessEqual,
    And,
    Or,
}

/// What a node does. `Constant` holds the bits of its value.
#[derive(Copy, Clone, Eq, PartialEq, Hash, Debug)]
#[allow(missing_docs)]
pub enum Node {
    Constant(u64),
    Symbol(Symbol),
    Unary(Unary, Expr),
    Binary(Binary, Expr, Expr),
    /// Condition, value where it holds, value where it does not.
    Select(Expr, Expr, Expr),
}

impl Node {
    /// The operands, in order.
    pub fn operands(&self) -> impl Iterator<Item = Expr> + use<> {
        let list = match *self {
            Node::Constant(_) | Node::Symbol(_) => [None; 3],
            Node::Unary(_, a) => [Some(a), None, None],
            Node::Binary(_, a, b) => [Some(a), Some(b), None],
            Node::Select(c, a, b) => [Some(c), Some(a), Some(b)],
        };
        list.into_iter().flatten()
    }
}

/// A growing set of distinct expressions.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    nodes: Vec<Node>,
    /// Looked up, never iterated: hash order reaches no result.
    known: HashMap<Node, Expr>,
    derivatives: HashMap<(Expr, Symbol), Expr>,
}

impl Graph {
    /// A graph without nodes.
    pub fn new() -> Graph {
        Graph::default()
    }

    /// How many nodes there are.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether no node has been made.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// What a node does.
    pub fn node(&self, e: Expr) -> Node {
        self.nodes[e.index()]
    }

    /// The value of a constant node, `None` for any other.
    pub fn constant_value(&self, e: Expr) -> Option<f64> {
        match self.node(e) {
            Node::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    fn intern(&mut self, node: Node) -> Expr {
        if let Some(&e) = self.known.get(&node) {
            return e;
        }
        let e = Expr(u32::try_from(self.nodes.len()).expect("a graph holds fewer than 2^32 nodes"));
        self.nodes.push(node);
        self.known.insert(node, e);
        e
    }

    fn is(&self, e: Expr, value: f64) -> bool {
        self.constant_value(e) == Some(value)
    }

    fn unary(&mut self, op: Unary, a: Expr) -> Expr {
        match self.constant_value(a) {
            Some(x) => self.constant(op.apply(x)),
            None => self.intern(Node::Unary(op, a)),
        }
    }

    fn binary(&mut self, op: Binary, a: Expr, b: Expr) -> Expr {
        if let (Some(x), Some(y)) = (self.constant_value(a), self.constant_value(b)) {
            return self.constant(op.apply(x, y));
        }
        // IEEE addition and multiplication commute exactly, so one order serves both.
        let (a, b) = match op {
            Binary::Add | Binary::Mul | Binary::And | Binary::Or if b < a => (b, a),
            _ => (a, b),
        };
        self.intern(Node::Binary(op, a, b))
    }

    fn negated(&self, e: Expr) -> Option<Expr> {
        match self.node(e) {
            Node::Unary(Unary::Neg, a) => Some(a),
            _ => None,
        }
    }

    /// A number.
    pub fn constant(&mut self, value: f64) -> Expr {
        self.intern(Node::Constant(value.to_bits()))
    }

    /// A quantity given from outside.
    pub fn symbol(&mut self, symbol: Symbol) -> Expr {
        self.intern(Node::Symbol(symbol))
    }

    /// `a + b`.
    pub fn add(&mut self, a: Expr, b: Expr) -> Expr {
        if self.is(a, 0.0) {
            return b;
        }
        if self.is(b, 0.0) {
            return a;
        }
        if let Some(b) = self.negated(b) {
            return self.sub(a, b);
        }
        if let Some(a) = self.negated(a) {
            return self.sub(b, a);
        }
        self.binary(Binary::Add, a, b)
    }

    /// `a - b`; `a - a` is 0.
    pub fn sub(&mut self, a: Expr, b: Expr) -> Expr {
        if self.is(b, 0.0) {
            return a;
        }
        if self.is(a, 0.0) {
            return self.neg(b);
        }
        if a == b {
            return self.constant(0.0);
        }
        if let Some(b) = self.negated(b) {
            return self.add(a, b);
        }
        self.binary(Binary::Sub, a, b)
    }

    /// `a * b`; 0 where either is the constant 0.
    pub fn mul(&mut self, a: Expr, b: Expr) -> Expr {
        if self.is(a, 0.0) || self.is(b, 0.0) {
            return self.constant(0.0);
        }
        if self.is(a, 1.0) {
            return b;
        }
        if self.is(b, 1.0) {
            return a;
        }
        if self.is(a, -1.0) {
            return self.neg(b);
        }
        if self.is(b, -1.0) {
            return self.neg(a);
        }
        match (self.negated(a), self.negated(b)) {
            (Some(a), Some(b)) => self.mul(a, b),
            (Some(a), None) => {
                let product = self.mul(a, b);
                self.neg(product)
            }
            (None, Some(b)) => {
                let product = self.mul(a, b);
                self.neg(product)
            }
            (None, None) => self.binary(Binary::Mul, a, b),
        }
    }

    /// `a / b`; the constant 0 divided by anything but 0 is 0. A constant power of two becomes an exact product.
    pub fn div(&mut self, a: Expr, b: Expr) -> Expr {
        if self.is(b, 1.0) {
            return a;
        }
        if self.is(b, -1.0) {
            return self.neg(a);
        }
        if self.is(a, 0.0) && !self.is(b, 0.0) {
            return a;
        }
        if let Some(value) = self.constant_value(b) {
            let inverse = 1.0 / value;
            let exact = value.to_bits() << 12 == 0 && value.is_normal() && inverse.is_normal();
            if exact {
                let inverse = self.constant(inverse);
                return self.mul(a, inverse);
            }
        }
        if let Some(a) = self.negated(a) {
            let quotient = self.div(a, b);
            return self.neg(quotient);
        }
        self.binary(Binary::Div, a, b)
    }

    /// `-a`.
    pub fn neg(&mut self, a: Expr) -> Expr {
        match self.node(a) {
            Node::Unary(Unary::Neg, inner) => inner,
            Node::Binary(Binary::Sub, x, y) => self.sub(y, x),
            _ => self.unary(Unary::Neg, a),
        }
    }

    /// `a^n` as products, by repeated squaring; a negative power is the reciprocal of the positive one.
    pub fn powi(&mut self, a: Expr, n: i32) -> Expr {
        let mut left = n.unsigned_abs();
        let mut square = a;
        let mut product = None;
        while left > 0 {
            if left & 1 == 1 {
                product = Some(match product {
                    Some(so_far) => self.mul(so_far, square),
                    None => square,
                });
            }
            left >>= 1;
            if left > 0 {
                square = self.mul(square, square);
            }
        }
        let one = self.constant(1.0);
        match product {
            None => one,
            Some(product) if n < 0 => self.div(one, product),
            Some(product) => product,
        }
    }

    /// `a^b`. A whole constant exponent (up to 64 in size) gives products, 0.5 a root; any other `exp(b ln a)`, which
    /// is 0 at `a = 0` (with slope 0) and NaN below.
    pub fn pow(&mut self, a: Expr, b: Expr) -> Expr {
        if let Some(exponent) = self.constant_value(b) {
            if exponent.abs() <= 64.0 && exponent == exponent.trunc() {
                return self.powi(a, exponent as i32);
            }
            if exponent == 0.5 {
                return self.sqrt(a);
            }
        }
        let zero = self.constant(0.0);
        let one = self.constant(1.0);
        let nan = self.constant(f64::NAN);
        let positive = self.less(zero, a);
        let base = self.select(positive, a, one);
        let log = self.ln(base);
        let exponent = self.mul(b, log);
        let power = self.exp(exponent);
        let negative = self.less(a, zero);
        let other = self.select(negative, nan, zero);
        self.select(positive, power, other)
    }

    /// The smaller of two; NaN where either is NaN.
    pub fn min(&mut self, a: Expr, b: Expr) -> Expr {
        if a == b { a } else { self.binary(Binary::Min, a, b) }
    }

    /// The larger of two; NaN where either is NaN.
    pub fn max(&mut self, a: Expr, b: Expr) -> Expr {
        if a == b { a } else { self.binary(Binary::Max, a, b) }
    }

    /// The size of `a`.
    pub fn abs(&mut self, a: Expr) -> Expr {
        match self.node(a) {
            Node::Unary(Unary::Abs | Unary::Exp | Unary::Sqrt, _) => a,
            Node::Unary(Unary::Neg, inner) => self.unary(Unary::Abs, inner),
            _ => self.unary(Unary::Abs, a),
        }
    }

    /// e to the power `a`.
    pub fn exp(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Exp, a)
    }

    /// Natural logarithm.
    pub fn ln(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Ln, a)
    }

    /// Square root; its slope at 0 is taken as 0.
    pub fn sqrt(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Sqrt, a)
    }

    /// Hyperbolic tangent.
    pub fn tanh(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Tanh, a)
    }

    /// Sine of an angle in radians.
    pub fn sin(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Sin, a)
    }

    /// Cosine of an angle in radians.
    pub fn cos(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Cos, a)
    }

    /// `a < b`.
    pub fn less(&mut self, a: Expr, b: Expr) -> Expr {
        if a == b { self.constant(0.0) } else { self.binary(Binary::Less, a, b) }
    }

    /// `a <= b`.
    pub fn less_equal(&mut self, a: Expr, b: Expr) -> Expr {
        self.binary(Binary::LessEqual, a, b)
    }

    /// Both hold.
    pub fn and(&mut self, a: Expr, b: Expr) -> Expr {
        self.binary(Binary::And, a, b)
    }

    /// At least one holds.
    pub fn or(&mut self, a: Expr, b: Expr) -> Expr {
        self.binary(Binary::Or, a, b)
    }

    /// `a` does not hold.
    pub fn not(&mut self, a: Expr) -> Expr {
        self.unary(Unary::Not, a)
    }

    /// `a` where the condition holds, else `b`; the other one's value, even NaN, leaves no trace.
    pub fn select(&mut self, condition: Expr, a: Expr, b: Expr) -> Expr {
        if a == b {
            return a;
        }
        match self.constant_value(condition) {
            Some(0.0) => b,
            Some(_) => a,
            None => self.intern(Node::Select(condition, a, b)),
        }
    }

    /// `max(x, 0)`, with slope 0 at 0.
    pub fn positive(&mut self, x: Expr) -> Expr {
        let zero = self.constant(0.0);
        self.max(x, zero)
    }

    /// `x^n / (x^n + k^n)` for `x > 0`, 0 below, as `1 / (1 + exp(n (ln k - ln x)))`; value and slope are finite
    /// everywhere, and the slope at `x <= 0` is 0. `k` must be positive.
    pub fn hill(&mut self, x: Expr, k: Expr, n: Expr) -> Expr {
        let zero = self.constant(0.0);
        let one = self.constant(1.0);
        let positive = self.less(zero, x);
        let guarded = self.select(positive, x, one);
        let ln_x = self.ln(guarded);
        let ln_k = self.ln(k);
        let distance = self.sub(ln_x, ln_k);
        let exponent = self.mul(n, distance);
        let value = self.logistic(exponent);
        self.select(positive, value, zero)
    }

    /// `k ln(1 + exp(x/k))` for `k > 0`, stable for large `x/k` of either sign.
    pub fn softplus(&mut self, x: Expr, k: Expr) -> Expr {
        let zero = self.constant(0.0);
        let one = self.constant(1.0);
        let positive = self.less(zero, x);
        let above = self.select(positive, x, zero);
        let minus = self.neg(x);
        let distance = self.select(positive, minus, x);
        let ratio = self.div(distance, k);
        let e = self.exp(ratio);
        let sum = self.add(one, e);
        let log = self.ln(sum);
        let rest = self.mul(k, log);
        self.add(above, rest)
    }

    /// `1 / (1 + exp(-x))`, never below `exp(-300)`, with finite slope everywhere.
    pub fn logistic(&mut self, x: Expr) -> Expr {
        let one = self.constant(1.0);
        let limit = self.constant(300.0);
        let minus = self.neg(x);
        let exponent = self.min(minus, limit);
        let e = self.exp(exponent);
        let sum = self.add(one, e);
        self.div(one, sum)
    }

    /// The nodes that the roots rest on, in ascending order: operands before their users.
    pub fn reachable(&self, roots: &[Expr]) -> Vec<Expr> {
        let mut seen = vec![false; self.nodes.len()];
        let mut stack: Vec<Expr> = roots.to_vec();
        let mut list = Vec::new();
        while let Some(e) = stack.pop() {
            if !std::mem::replace(&mut seen[e.index()], true) {
                list.push(e);
                stack.extend(self.node(e).operands());
            }
        }
        list.sort_unstable();
        list
    }

    /// The symbols that `e` rests on, in order.
    pub fn symbols(&self, e: Expr) -> BTreeSet<Symbol> {
        self.reachable(&[e])
            .into_iter()
            .filter_map(|e| match self.node(e) {
                Node::Symbol(symbol) => Some(symbol),
                _ => None,
            })
            .collect()
    }

    /// The roots with symbols replaced by expressions of this graph; a symbol not in the map stays.
    pub fn substitute(&mut self, roots: &[Expr], map: &HashMap<Symbol, Expr>) -> Vec<Expr> {
        let mut new: HashMap<Expr, Expr> = HashMap::new();
        for e in self.reachable(roots) {
            let node = self.node(e);
            let replaced = match node {
                Node::Symbol(symbol) => map.get(&symbol).copied().unwrap_or(e),
                _ => self.rebuild(node, |operand| new[&operand]),
            };
            new.insert(e, replaced);
        }
        roots.iter().map(|e| new[e]).collect()
    }

    /// Copies expressions of another graph into this one; a symbol in the map becomes the mapped expression.
    pub fn import(&mut self, other: &Graph, roots: &[Expr], map: &HashMap<Symbol, Expr>) -> Vec<Expr> {
        let mut new: HashMap<Expr, Expr> = HashMap::new();
        for e in other.reachable(roots) {
            let node = other.node(e);
            let copied = match node {
                Node::Symbol(symbol) => match map.get(&symbol) {
                    Some(&mapped) => mapped,
                    None => self.symbol(symbol),
                },
                _ => self.rebuild(node, |operand| new[&operand]),
            };
            new.insert(e, copied);
        }
        roots.iter().map(|e| new[e]).collect()
    }

    /// Makes the node anew (so that simplification applies again) with its operands mapped.
    pub(crate) fn rebuild(&mut self, node: Node, of: impl Fn(Expr) -> Expr) -> Expr {
        match node {
            Node::Constant(_) | Node::Symbol(_) => self.intern(node),
            Node::Unary(op, a) => {
                let a = of(a);
                match op {
                    Unary::Neg => self.neg(a),
                    Unary::Abs => self.abs(a),
                    _ => self.unary(op, a),
                }
            }
            Node::Binary(op, a, b) => {
                let (a, b) = (of(a), of(b));
                match op {
                    Binary::Add => self.add(a, b),
                    Binary::Sub => self.sub(a, b),
                    Binary::Mul => self.mul(a, b),
                    Binary::Div => self.div(a, b),
                    Binary::Min => self.min(a, b),
                    Binary::Max => self.max(a, b),
                    Binary::Less => self.less(a, b),
                    _ => self.binary(op, a, b),
                }
            }
            Node::Select(c, a, b) => self.select(of(c), of(a), of(b)),
        }
    }
}
