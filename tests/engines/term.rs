//! Expressions written as arithmetic, so that a test's equations read like equations.

use std::cell::RefCell;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::rc::Rc;

use sim::{Expr, Graph, StateSpec, Symbol, System};

type Shared = Rc<RefCell<Graph>>;

/// An expression together with its graph.
#[derive(Clone)]
pub struct Term(Shared, pub Expr);

/// Something that stands for a term.
pub trait Operand {
    /// The expression, in this graph.
    fn expr(self, graph: &Shared) -> Expr;
}

impl Operand for f64 {
    fn expr(self, graph: &Shared) -> Expr {
        graph.borrow_mut().constant(self)
    }
}

impl Operand for Term {
    fn expr(self, _: &Shared) -> Expr {
        self.1
    }
}

impl Operand for &Term {
    fn expr(self, _: &Shared) -> Expr {
        self.1
    }
}

macro_rules! operators {
    ($($trait:ident $method:ident $of_graph:ident),*) => { $(
        impl<T: Operand> $trait<T> for Term {
            type Output = Term;
            fn $method(self, other: T) -> Term {
                (&self).$method(other)
            }
        }
        impl<T: Operand> $trait<T> for &Term {
            type Output = Term;
            fn $method(self, other: T) -> Term {
                let other = other.expr(&self.0);
                let e = self.0.borrow_mut().$of_graph(self.1, other);
                Term(self.0.clone(), e)
            }
        }
    )* };
}

operators!(Add add add, Sub sub sub, Mul mul mul, Div div div);

impl Neg for &Term {
    type Output = Term;
    fn neg(self) -> Term {
        let e = self.0.borrow_mut().neg(self.1);
        Term(self.0.clone(), e)
    }
}

impl Term {
    /// The cosine.
    pub fn cos(&self) -> Term {
        let e = self.0.borrow_mut().cos(self.1);
        Term(self.0.clone(), e)
    }
}

/// What equations are written with.
pub struct Letters {
    graph: Shared,
    /// Time.
    pub t: Term,
    /// The states.
    pub x: Vec<Term>,
    /// The parameters.
    pub p: Vec<Term>,
}

impl Letters {
    /// A number.
    pub fn number(&self, value: f64) -> Term {
        Term(self.graph.clone(), value.expr(&self.graph))
    }

    /// An argument of an event.
    pub fn argument(&self, index: u8) -> Expr {
        self.graph.borrow_mut().symbol(Symbol::Argument(index))
    }
}

/// A system with these scales (one per state) and so many parameters; `write` gives the rates and may add outputs and
/// actions. Without outputs of its own, a system puts out its states.
pub fn system(scales: &[f64], parameters: usize, write: impl FnOnce(&Letters, &mut System) -> Vec<Term>) -> System {
    let graph: Shared = Shared::default();
    let term = |symbol| Term(graph.clone(), graph.borrow_mut().symbol(symbol));
    let letters = Letters {
        t: term(Symbol::Time),
        x: (0..scales.len() as u32).map(|i| term(Symbol::State(i))).collect(),
        p: (0..parameters as u32).map(|i| term(Symbol::Parameter(i))).collect(),
        graph: graph.clone(),
    };
    let mut system = System { parameters, ..System::default() };
    system.rates = write(&letters, &mut system).iter().map(|rate| rate.1).collect();
    if system.outputs.is_empty() {
        system.outputs = letters.x.iter().map(|x| x.1).collect();
    }
    let named = scales.iter().enumerate();
    system.states = named.map(|(i, &scale)| StateSpec { name: format!("x{i}"), scale }).collect();
    system.graph = graph.borrow().clone();
    system
}
