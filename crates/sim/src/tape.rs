//! From graph to tape: a straight list of operations on numbered slots.
//!
//! A slot holds one value per lane. Slots come in this order: constants, parameters, values that depend on parameters
//! alone (the prologue computes them, once per change of a parameter), time, states, and scratch that every tape uses
//! anew. A product that feeds one sum is fused with it into one operation, still with two roundings.

pub(crate) mod lanes;

use std::collections::{HashMap, HashSet};

use crate::expr::{Binary, Expr, Graph, Node, Symbol, Unary};

/// What an [`Op`] computes from its operands `a`, `b` and `c`.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    Add,
    Sub,
    Mul,
    Div,
    /// `c + a b`
    MulAdd,
    /// `c - a b`
    MulSub,
    /// `a b - c`
    MulMinus,
    Min,
    Max,
    Less,
    LessEqual,
    And,
    Or,
    Neg,
    Abs,
    Exp,
    Ln,
    Sqrt,
    Tanh,
    Sin,
    Cos,
    Not,
    /// `a` where `c` holds, else `b`
    Select,
}

/// One operation; the operands not used by its code are slot 0.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Op {
    pub code: Code,
    pub to: u32,
    pub a: u32,
    pub b: u32,
    pub c: u32,
}

/// Operations and where the roots are found after they have run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tape {
    pub ops: Vec<Op>,
    pub roots: Vec<u32>,
}

/// Where the values common to all tapes lie.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    /// Slot and value.
    pub constants: Vec<(u32, f64)>,
    /// Slot and parameter.
    pub parameters: Vec<(u32, u32)>,
    pub time: u32,
    /// The slot of state 0; the others follow.
    pub states: u32,
    /// How many slots there are in all.
    pub slots: usize,
    /// Computes the values that depend on parameters alone.
    pub prologue: Tape,
}

/// Compiles several sets of roots over one layout. `live` are the parameters that change so often that nothing is
/// hoisted on their account.
pub(crate) fn compile(graph: &Graph, sets: &[&[Expr]], states: usize, live: &HashSet<u32>) -> (Layout, Vec<Tape>) {
    let roots: Vec<Expr> = sets.iter().flat_map(|set| set.iter().copied()).collect();
    let reachable = graph.reachable(&roots);
    let hoisted = hoisted(graph, &reachable, live);
    let is_leaf = |e: Expr| matches!(graph.node(e), Node::Constant(_) | Node::Symbol(_));

    // Kept from the prologue: what a tape reads directly.
    let mut kept: Vec<Expr> = roots.clone();
    for &e in reachable.iter().filter(|e| !hoisted[e.index()]) {
        kept.extend(graph.node(e).operands());
    }
    kept.retain(|&e| hoisted[e.index()] && !is_leaf(e));
    kept.sort_unstable();
    kept.dedup();

    let mut layout = Layout::default();
    let mut fixed: HashMap<Expr, u32> = HashMap::new();
    let mut next = 0;
    for &e in &reachable {
        if let Node::Constant(bits) = graph.node(e) {
            layout.constants.push((next, f64::from_bits(bits)));
            fixed.insert(e, next);
            next += 1;
        }
    }
    for &e in &reachable {
        if let Node::Symbol(Symbol::Parameter(index)) = graph.node(e) {
            layout.parameters.push((next, index));
            fixed.insert(e, next);
            next += 1;
        }
    }
    let leaves = fixed.clone();
    for &e in &kept {
        fixed.insert(e, next);
        next += 1;
    }
    layout.time = next;
    layout.states = next + 1;
    for &e in &reachable {
        match graph.node(e) {
            Node::Symbol(Symbol::Time) => drop(fixed.insert(e, layout.time)),
            Node::Symbol(Symbol::State(index)) => drop(fixed.insert(e, layout.states + index)),
            _ => {}
        }
    }
    let scratch = layout.states + states as u32;
    let targets: HashMap<Expr, u32> = kept.iter().map(|&e| (e, fixed[&e])).collect();
    let (prologue, mut top) = emit(graph, &kept, &leaves, &targets, scratch);
    layout.prologue = prologue;
    let mut tapes = Vec::new();
    for set in sets {
        let (tape, high) = emit(graph, set, &fixed, &HashMap::new(), scratch);
        top = top.max(high);
        tapes.push(tape);
    }
    layout.slots = top as usize;
    (layout, tapes)
}

/// Which nodes depend on nothing but constants and parameters that are not live.
fn hoisted(graph: &Graph, reachable: &[Expr], live: &HashSet<u32>) -> Vec<bool> {
    let mut hoisted = vec![false; graph.len()];
    for &e in reachable {
        hoisted[e.index()] = match graph.node(e) {
            Node::Constant(_) => true,
            Node::Symbol(Symbol::Parameter(index)) => !live.contains(&index),
            Node::Symbol(_) => false,
            node => node.operands().all(|operand| hoisted[operand.index()]),
        };
    }
    hoisted
}

/// Rewrites divisions so that tapes divide less: by a value that depends on parameters alone, or that divides more than
/// once, the product with its reciprocal is taken (1 ulp away from the quotient).
pub(crate) fn share_reciprocals(graph: &mut Graph, roots: &[Expr], live: &HashSet<u32>) -> Vec<Expr> {
    let reachable = graph.reachable(roots);
    let hoisted = hoisted(graph, &reachable, live);
    let mut divides: HashMap<Expr, usize> = HashMap::new();
    for &e in &reachable {
        if let Node::Binary(Binary::Div, _, b) = graph.node(e) {
            *divides.entry(b).or_default() += 1;
        }
    }
    let mut new: HashMap<Expr, Expr> = HashMap::new();
    for &e in &reachable {
        let node = graph.node(e);
        let rewritten = match node {
            Node::Binary(Binary::Div, a, b)
                if !hoisted[e.index()]
                    && (hoisted[b.index()] || divides[&b] > 1)
                    && graph.constant_value(a).is_none() =>
            {
                let one = graph.constant(1.0);
                let reciprocal = graph.div(one, new[&b]);
                graph.mul(new[&a], reciprocal)
            }
            _ => graph.rebuild(node, |operand| new[&operand]),
        };
        new.insert(e, rewritten);
    }
    roots.iter().map(|e| new[e]).collect()
}

/// An operation whose operands are still expressions.
struct Draft {
    code: Code,
    to: Expr,
    operands: [Option<Expr>; 3],
}

/// Emits the operations for the roots. `fixed` values are there already; `targets` say where certain results must go;
/// all else lives in scratch slots from `scratch` on. Returns the first slot beyond those used, too.
fn emit(
    graph: &Graph,
    roots: &[Expr],
    fixed: &HashMap<Expr, u32>,
    targets: &HashMap<Expr, u32>,
    scratch: u32,
) -> (Tape, u32) {
    let drafts = spread(drafts(graph, roots, fixed, targets));
    let mut last_use: HashMap<Expr, usize> = HashMap::new();
    for (at, draft) in drafts.iter().enumerate() {
        for operand in draft.operands.iter().flatten() {
            last_use.insert(*operand, at);
        }
    }
    for &root in roots {
        last_use.insert(root, usize::MAX);
    }
    let mut place: HashMap<Expr, u32> = HashMap::new();
    let mut free: Vec<u32> = Vec::new();
    let mut top = scratch;
    let mut ops = Vec::with_capacity(drafts.len());
    let slot = |place: &HashMap<Expr, u32>, e: Expr| fixed.get(&e).or_else(|| place.get(&e)).copied();
    for (at, draft) in drafts.iter().enumerate() {
        let [a, b, c] =
            draft.operands.map(|operand| operand.map_or(0, |e| slot(&place, e).expect("operands come first")));
        let mut ended: Vec<Expr> = draft.operands.iter().flatten().copied().collect();
        ended.sort_unstable();
        ended.dedup();
        for e in ended {
            if last_use[&e] == at && !fixed.contains_key(&e) && !targets.contains_key(&e) {
                free.push(place[&e]);
            }
        }
        let to = targets.get(&draft.to).copied().or_else(|| free.pop()).unwrap_or_else(|| {
            top += 1;
            top - 1
        });
        place.insert(draft.to, to);
        ops.push(Op { code: draft.code, to, a, b, c });
    }
    let roots = roots.iter().map(|&e| slot(&place, e).expect("roots are computed")).collect();
    (Tape { ops, roots }, top)
}

/// The operations in the order in which a depth-first walk from the roots needs them.
fn drafts(graph: &Graph, roots: &[Expr], fixed: &HashMap<Expr, u32>, targets: &HashMap<Expr, u32>) -> Vec<Draft> {
    let mut uses: HashMap<Expr, usize> = HashMap::new();
    for &e in roots {
        *uses.entry(e).or_default() += 1;
    }
    for e in graph.reachable(roots).into_iter().filter(|e| !fixed.contains_key(e)) {
        for operand in graph.node(e).operands() {
            *uses.entry(operand).or_default() += 1;
        }
    }
    let fusible = |e: Expr| match graph.node(e) {
        Node::Binary(Binary::Mul, a, b) if uses[&e] == 1 && !fixed.contains_key(&e) && !targets.contains_key(&e) => {
            Some((a, b))
        }
        _ => None,
    };
    let draft = |e: Expr| -> Draft {
        let three = |code, a, b, c| Draft { code, to: e, operands: [Some(a), Some(b), Some(c)] };
        match graph.node(e) {
            Node::Constant(_) | Node::Symbol(_) => unreachable!("constants and symbols have fixed slots"),
            Node::Unary(op, a) => Draft { code: unary_code(op), to: e, operands: [Some(a), None, None] },
            Node::Select(c, a, b) => three(Code::Select, a, b, c),
            Node::Binary(op, a, b) => match (op, fusible(a), fusible(b)) {
                (Binary::Add, _, Some((x, y))) => three(Code::MulAdd, x, y, a),
                (Binary::Add, Some((x, y)), _) => three(Code::MulAdd, x, y, b),
                (Binary::Sub, _, Some((x, y))) => three(Code::MulSub, x, y, a),
                (Binary::Sub, Some((x, y)), _) => three(Code::MulMinus, x, y, b),
                _ => Draft { code: binary_code(op), to: e, operands: [Some(a), Some(b), None] },
            },
        }
    };
    let mut done: HashSet<Expr> = HashSet::new();
    let mut list = Vec::new();
    let mut stack: Vec<(Expr, Option<Draft>)> = Vec::new();
    for &root in roots {
        stack.push((root, None));
        while let Some((e, ready)) = stack.pop() {
            if let Some(draft) = ready {
                if done.insert(e) {
                    list.push(draft);
                }
                continue;
            }
            if fixed.contains_key(&e) && !targets.contains_key(&e) || done.contains(&e) {
                continue;
            }
            let draft = draft(e);
            let operands = draft.operands;
            stack.push((e, Some(draft)));
            stack.extend(operands.iter().flatten().rev().map(|&operand| (operand, None)));
        }
    }
    list
}

/// How many operations ahead [`spread`] looks, and how many it likes to have between a result and its use.
const WINDOW: usize = 24;
const DISTANCE: usize = 2;

/// Moves operations apart from those whose results they need, so that the processor need not wait for a result to pass
/// through memory. The order of the list is kept where nothing is gained.
fn spread(drafts: Vec<Draft>) -> Vec<Draft> {
    let mut left: std::collections::VecDeque<Draft> = drafts.into();
    let waiting: HashSet<Expr> = left.iter().map(|draft| draft.to).collect();
    let mut done: HashMap<Expr, usize> = HashMap::new();
    let mut list: Vec<Draft> = Vec::with_capacity(left.len());
    while !left.is_empty() {
        // How long ago the youngest operand was computed; `None` while one is missing.
        let age = |draft: &Draft| {
            draft
                .operands
                .iter()
                .flatten()
                .filter(|e| waiting.contains(e))
                .try_fold(usize::MAX, |least, e| done.get(e).map(|at| least.min(list.len() - at)))
        };
        let mut best = (0, 0);
        for (at, draft) in left.iter().take(WINDOW).enumerate() {
            let Some(age) = age(draft) else { continue };
            if age > best.1 {
                best = (at, age);
            }
            if age > DISTANCE {
                break;
            }
        }
        let next = left.remove(best.0).expect("the first operation left is always ready");
        done.insert(next.to, list.len());
        list.push(next);
    }
    list
}

fn unary_code(op: Unary) -> Code {
    match op {
        Unary::Neg => Code::Neg,
        Unary::Abs => Code::Abs,
        Unary::Exp => Code::Exp,
        Unary::Ln => Code::Ln,
        Unary::Sqrt => Code::Sqrt,
        Unary::Tanh => Code::Tanh,
        Unary::Sin => Code::Sin,
        Unary::Cos => Code::Cos,
        Unary::Not => Code::Not,
    }
}

fn binary_code(op: Binary) -> Code {
    match op {
        Binary::Add => Code::Add,
        Binary::Sub => Code::Sub,
        Binary::Mul => Code::Mul,
        Binary::Div => Code::Div,
        Binary::Min => Code::Min,
        Binary::Max => Code::Max,
        Binary::Less => Code::Less,
        Binary::LessEqual => Code::LessEqual,
        Binary::And => Code::And,
        Binary::Or => Code::Or,
    }
}

#[cfg(test)]
mod tests;
