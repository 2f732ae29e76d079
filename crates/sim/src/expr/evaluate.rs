//! Plain evaluation, one number at a time: the meaning of every operation.

use super::{Binary, Expr, Graph, Node, Symbol, Unary};
use crate::math;

/// Where expressions are evaluated. A symbol outside the slices is NaN.
#[derive(Copy, Clone, Debug, Default)]
pub struct Point<'a> {
    /// The independent variable.
    pub time: f64,
    /// One value per state.
    pub states: &'a [f64],
    /// One value per parameter.
    pub parameters: &'a [f64],
    /// Event arguments: amount, duration, index, normal draw.
    pub arguments: [f64; 4],
}

impl Point<'_> {
    /// The value of a symbol here.
    pub fn value(&self, symbol: Symbol) -> f64 {
        let found = match symbol {
            Symbol::Time => Some(&self.time),
            Symbol::State(i) => self.states.get(i as usize),
            Symbol::Parameter(i) => self.parameters.get(i as usize),
            Symbol::Argument(i) => self.arguments.get(usize::from(i)),
        };
        found.copied().unwrap_or(f64::NAN)
    }
}

/// 1 for a condition that holds, 0 for one that does not.
#[inline(always)]
pub(crate) fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

impl Unary {
    /// The value of the operation.
    #[inline(always)]
    pub fn apply(self, x: f64) -> f64 {
        match self {
            Unary::Neg => -x,
            Unary::Abs => x.abs(),
            Unary::Exp => math::exp(x),
            Unary::Ln => math::ln(x),
            Unary::Sqrt => x.sqrt(),
            Unary::Tanh => math::tanh(x),
            Unary::Sin => math::sin(x),
            Unary::Cos => math::cos(x),
            Unary::Not => truth(x == 0.0),
        }
    }
}

impl Binary {
    /// The value of the operation.
    #[inline(always)]
    pub fn apply(self, x: f64, y: f64) -> f64 {
        match self {
            Binary::Add => x + y,
            Binary::Sub => x - y,
            Binary::Mul => x * y,
            Binary::Div => x / y,
            Binary::Min => math::min(x, y),
            Binary::Max => math::max(x, y),
            Binary::Less => truth(x < y),
            Binary::LessEqual => truth(x <= y),
            Binary::And => truth((x != 0.0) & (y != 0.0)),
            Binary::Or => truth((x != 0.0) | (y != 0.0)),
        }
    }
}

/// Chosen roots of a graph as a list of operations, evaluated one number at a time.
#[derive(Clone, Debug, Default)]
pub struct Interpreter {
    /// Operands are positions in this list.
    operations: Vec<Node>,
    roots: Vec<u32>,
}

impl Interpreter {
    /// Collects what the roots need.
    pub fn new(graph: &Graph, roots: &[Expr]) -> Interpreter {
        let order = graph.reachable(roots);
        let place = |e: Expr| Expr(order.binary_search(&e).expect("operands are reachable") as u32);
        let operations = order
            .iter()
            .map(|&e| match graph.node(e) {
                Node::Unary(op, a) => Node::Unary(op, place(a)),
                Node::Binary(op, a, b) => Node::Binary(op, place(a), place(b)),
                Node::Select(c, a, b) => Node::Select(place(c), place(a), place(b)),
                leaf => leaf,
            })
            .collect();
        Interpreter { operations, roots: roots.iter().map(|&e| place(e).0).collect() }
    }

    /// How many values [`Interpreter::evaluate`] gives.
    pub fn roots(&self) -> usize {
        self.roots.len()
    }

    /// The values of the roots at a point, written to `values` (one per root); `scratch` is reused between calls.
    pub fn evaluate(&self, point: &Point, scratch: &mut Vec<f64>, values: &mut [f64]) {
        scratch.clear();
        for node in &self.operations {
            let value = match *node {
                Node::Constant(bits) => f64::from_bits(bits),
                Node::Symbol(symbol) => point.value(symbol),
                Node::Unary(op, a) => op.apply(scratch[a.index()]),
                Node::Binary(op, a, b) => op.apply(scratch[a.index()], scratch[b.index()]),
                Node::Select(c, a, b) => {
                    if scratch[c.index()] != 0.0 {
                        scratch[a.index()]
                    } else {
                        scratch[b.index()]
                    }
                }
            };
            scratch.push(value);
        }
        for (value, &root) in values.iter_mut().zip(&self.roots) {
            *value = scratch[root as usize];
        }
    }
}

impl Graph {
    /// The values of the roots at a point, one per root.
    pub fn evaluate(&self, roots: &[Expr], point: &Point) -> Vec<f64> {
        let mut values = vec![0.0; roots.len()];
        Interpreter::new(self, roots).evaluate(point, &mut Vec::new(), &mut values);
        values
    }
}
