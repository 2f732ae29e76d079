//! Derivatives by the chain rule, one node at a time.

use super::{Binary, Expr, Graph, Node, Symbol, Unary};

impl Graph {
    /// d `e` / d `symbol`, with equal parts shared and remembered. `min`, `max`, `abs` and `select` are differentiated
    /// piece by piece (at a tie: the piece whose value is taken; `abs` at 0 has slope 1), conditions have slope 0.
    pub fn derivative(&mut self, e: Expr, symbol: Symbol) -> Expr {
        for node in self.reachable(&[e]) {
            if !self.derivatives.contains_key(&(node, symbol)) {
                let slope = self.local_derivative(node, symbol);
                self.derivatives.insert((node, symbol), slope);
            }
        }
        self.derivatives[&(e, symbol)]
    }

    /// The rule of one node; its operands' derivatives are already known.
    fn local_derivative(&mut self, e: Expr, symbol: Symbol) -> Expr {
        let zero = self.constant(0.0);
        let one = self.constant(1.0);
        match self.node(e) {
            Node::Constant(_) => zero,
            Node::Symbol(s) => {
                if s == symbol {
                    one
                } else {
                    zero
                }
            }
            Node::Unary(op, a) => {
                let da = self.derivatives[&(a, symbol)];
                if da == zero {
                    return zero;
                }
                match op {
                    Unary::Neg => self.neg(da),
                    Unary::Abs => {
                        let negative = self.less(a, zero);
                        let minus = self.neg(da);
                        self.select(negative, minus, da)
                    }
                    Unary::Exp => self.mul(e, da),
                    Unary::Ln => self.div(da, a),
                    Unary::Sqrt => {
                        let positive = self.less(zero, e);
                        let half = self.constant(0.5);
                        let half = self.mul(half, da);
                        let slope = self.div(half, e);
                        self.select(positive, slope, zero)
                    }
                    Unary::Tanh => {
                        let square = self.mul(e, e);
                        let rest = self.sub(one, square);
                        self.mul(rest, da)
                    }
                    Unary::Sin => {
                        let cosine = self.cos(a);
                        self.mul(cosine, da)
                    }
                    Unary::Cos => {
                        let sine = self.sin(a);
                        let product = self.mul(sine, da);
                        self.neg(product)
                    }
                    Unary::Not => zero,
                }
            }
            Node::Binary(op, a, b) => {
                let (da, db) = (self.derivatives[&(a, symbol)], self.derivatives[&(b, symbol)]);
                if da == zero && db == zero {
                    return zero;
                }
                match op {
                    Binary::Add => self.add(da, db),
                    Binary::Sub => self.sub(da, db),
                    Binary::Mul if a == b => {
                        let two = self.constant(2.0);
                        let twice = self.mul(two, a);
                        self.mul(twice, da)
                    }
                    Binary::Mul => {
                        let left = self.mul(da, b);
                        let right = self.mul(a, db);
                        self.add(left, right)
                    }
                    Binary::Div => {
                        let moved = self.mul(e, db);
                        let top = self.sub(da, moved);
                        self.div(top, b)
                    }
                    Binary::Min => {
                        let first = self.less(a, b);
                        self.select(first, da, db)
                    }
                    Binary::Max => {
                        let first = self.less(b, a);
                        self.select(first, da, db)
                    }
                    Binary::Less | Binary::LessEqual | Binary::And | Binary::Or => zero,
                }
            }
            Node::Select(c, a, b) => {
                let (da, db) = (self.derivatives[&(a, symbol)], self.derivatives[&(b, symbol)]);
                self.select(c, da, db)
            }
        }
    }
}
