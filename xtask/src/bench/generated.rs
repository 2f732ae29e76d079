//! The equations as machine code for the other solver: rates and Jacobian written out as straight-line Rust, compiled by
//! `rustc` for this very processor and loaded. Elementary functions are those of `sim`, so both sides solve the same
//! equations to the bit of a function.

use sim::expr::{Binary, Graph, Node, Unary};
use sim::{Expr, Symbol, System};
use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::path::Path;

/// `prologue(parameters, kept)`.
type Prologue = unsafe extern "C" fn(*const f64, *mut f64);
/// `values(time, states, parameters, kept, out)`.
type Values = unsafe extern "C" fn(f64, *const f64, *const f64, *const f64, *mut f64);

/// Compiled equations.
pub struct Generated {
    prologue: Prologue,
    rates: Values,
    slopes: Values,
    /// `(row, column)` of each slope.
    pub entries: Vec<(usize, usize)>,
    pub states: usize,
    parameters: usize,
    /// How many values depend on parameters alone and are kept between calls.
    pub kept: usize,
    /// Keeps the code mapped.
    _library: libloading::Library,
}

impl Generated {
    /// Writes, compiles and loads; an error says why there is no compiled code.
    pub fn new(system: &System) -> Result<Generated, String> {
        let mut system = system.clone();
        let jacobian = system.jacobian();
        let slopes: Vec<Expr> = jacobian.iter().map(|&(_, _, e)| e).collect();
        let rates = system.rates.clone();
        let (text, kept) = write(&system.graph, &rates, &slopes);
        let folder = std::env::temp_dir().join(format!("resynapse-bench-{}", std::process::id()));
        let library = compile(&folder, &text);
        let loaded = library.and_then(|path| {
            // SAFETY: the library was written just now by this function; loading it runs no code of its own.
            unsafe { libloading::Library::new(path) }.map_err(|e| e.to_string())
        });
        let _ = std::fs::remove_dir_all(&folder);
        let library = loaded?;
        // SAFETY: the three functions are written below with exactly these signatures.
        unsafe {
            let prologue = *library.get::<Prologue>(b"prologue\0").map_err(|e| e.to_string())?;
            let rates = *library.get::<Values>(b"rates\0").map_err(|e| e.to_string())?;
            let slopes = *library.get::<Values>(b"slopes\0").map_err(|e| e.to_string())?;
            Ok(Generated {
                prologue,
                rates,
                slopes,
                entries: jacobian.iter().map(|&(row, column, _)| (row, column)).collect(),
                states: system.states.len(),
                parameters: system.parameters,
                kept,
                _library: library,
            })
        }
    }

    /// What depends on parameters alone.
    pub fn prologue(&self, parameters: &[f64], kept: &mut [f64]) {
        assert!(parameters.len() == self.parameters && kept.len() == self.kept);
        // SAFETY: the lengths are those the code was written for.
        unsafe { (self.prologue)(parameters.as_ptr(), kept.as_mut_ptr()) }
    }

    pub fn rates(&self, time: f64, states: &[f64], parameters: &[f64], kept: &[f64], out: &mut [f64]) {
        self.check(states, parameters, kept, out.len(), self.states);
        // SAFETY: the lengths are those the code was written for.
        unsafe { (self.rates)(time, states.as_ptr(), parameters.as_ptr(), kept.as_ptr(), out.as_mut_ptr()) }
    }

    pub fn slopes(&self, time: f64, states: &[f64], parameters: &[f64], kept: &[f64], out: &mut [f64]) {
        self.check(states, parameters, kept, out.len(), self.entries.len());
        // SAFETY: the lengths are those the code was written for.
        unsafe { (self.slopes)(time, states.as_ptr(), parameters.as_ptr(), kept.as_ptr(), out.as_mut_ptr()) }
    }

    fn check(&self, states: &[f64], parameters: &[f64], kept: &[f64], out: usize, expected: usize) {
        let fits = states.len() == self.states && parameters.len() == self.parameters && kept.len() == self.kept;
        assert!(fits && out == expected);
    }
}

fn compile(folder: &Path, text: &str) -> Result<std::path::PathBuf, String> {
    std::fs::create_dir_all(folder).map_err(|e| e.to_string())?;
    let source = folder.join("equations.rs");
    std::fs::write(&source, text).map_err(|e| e.to_string())?;
    let target = folder.join("equations.dylib");
    let mut command = std::process::Command::new("rustc");
    command.args(["--edition=2024", "--crate-type=cdylib", "-Copt-level=3", "-Ctarget-cpu=native", "-Cpanic=abort"]);
    let output = command.arg("-Awarnings").arg("-o").arg(&target).arg(&source).output().map_err(|e| e.to_string())?;
    if output.status.success() { Ok(target) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// The source text, and how many values its prologue keeps.
fn write(graph: &Graph, rates: &[Expr], slopes: &[Expr]) -> (String, usize) {
    let mut all = rates.to_vec();
    all.extend(slopes);
    let reachable = graph.reachable(&all);
    let mut fixed: HashMap<Expr, bool> = HashMap::new();
    for &e in &reachable {
        let by_parameters = match graph.node(e) {
            Node::Constant(_) | Node::Symbol(Symbol::Parameter(_)) => true,
            Node::Symbol(_) => false,
            node => node.operands().all(|o| fixed[&o]),
        };
        fixed.insert(e, by_parameters);
    }
    let leaf = |e: Expr| matches!(graph.node(e), Node::Constant(_) | Node::Symbol(_));
    let mut kept: BTreeSet<Expr> = all.iter().copied().filter(|e| fixed[e] && !leaf(*e)).collect();
    for &e in reachable.iter().filter(|e| !fixed[e]) {
        kept.extend(graph.node(e).operands().filter(|o| fixed[o] && !leaf(*o)));
    }
    let place: HashMap<Expr, usize> = kept.iter().enumerate().map(|(k, e)| (*e, k)).collect();
    let mut text = String::from("#[allow(dead_code)]\nmod math {\n");
    // The functions of `sim` without their module documentation, which may stand only at the start of a file.
    let math = include_str!("../../../crates/sim/src/math.rs");
    let body = math.split("#[cfg(test)]").next().unwrap_or(math);
    for line in body.lines().filter(|l| !l.starts_with("//!") && !l.starts_with("#![")) {
        let _ = writeln!(text, "{line}");
    }
    text.push_str("}\n");
    let list: Vec<Expr> = kept.iter().copied().collect();
    text.push_str(&function("prologue(p: *const f64, o: *mut f64)", graph, &list, &HashMap::new()));
    let head = "(t: f64, x: *const f64, p: *const f64, q: *const f64, o: *mut f64)";
    text.push_str(&function(&format!("rates{head}"), graph, rates, &place));
    text.push_str(&function(&format!("slopes{head}"), graph, slopes, &place));
    (text, kept.len())
}

fn function(head: &str, graph: &Graph, roots: &[Expr], kept: &HashMap<Expr, usize>) -> String {
    let mut text = format!("#[unsafe(no_mangle)]\npub unsafe extern \"C\" fn {head} {{ unsafe {{\n");
    // What is kept is read, and what lies below it is not needed.
    let mut needed: BTreeSet<Expr> = BTreeSet::new();
    let mut stack = roots.to_vec();
    while let Some(e) = stack.pop() {
        if needed.insert(e) && !kept.contains_key(&e) {
            stack.extend(graph.node(e).operands());
        }
    }
    for e in needed {
        let v = |e: Expr| format!("v{}", e.index());
        let value = match (kept.get(&e), graph.node(e)) {
            (Some(k), _) => format!("*q.add({k})"),
            (_, Node::Constant(bits)) => format!("f64::from_bits({bits})"),
            (_, Node::Symbol(Symbol::Time)) => "t".into(),
            (_, Node::Symbol(Symbol::State(i))) => format!("*x.add({i})"),
            (_, Node::Symbol(Symbol::Parameter(i))) => format!("*p.add({i})"),
            (_, Node::Symbol(Symbol::Argument(_))) => "f64::NAN".into(),
            (_, Node::Unary(op, a)) => unary(op, &v(a)),
            (_, Node::Binary(op, a, b)) => binary(op, &v(a), &v(b)),
            (_, Node::Select(c, a, b)) => format!("if {} != 0.0 {{ {} }} else {{ {} }}", v(c), v(a), v(b)),
        };
        let _ = writeln!(text, "let {} = {value};", v(e));
    }
    for (k, root) in roots.iter().enumerate() {
        let _ = writeln!(text, "*o.add({k}) = v{};", root.index());
    }
    text.push_str("} }\n");
    text
}

fn unary(op: Unary, a: &str) -> String {
    match op {
        Unary::Neg => format!("-{a}"),
        Unary::Abs => format!("{a}.abs()"),
        Unary::Exp => format!("math::exp({a})"),
        Unary::Ln => format!("math::ln({a})"),
        Unary::Sqrt => format!("{a}.sqrt()"),
        Unary::Tanh => format!("math::tanh({a})"),
        Unary::Sin => format!("math::sin({a})"),
        Unary::Cos => format!("math::cos({a})"),
        Unary::Not => format!("f64::from({a} == 0.0)"),
    }
}

fn binary(op: Binary, a: &str, b: &str) -> String {
    match op {
        Binary::Add => format!("{a} + {b}"),
        Binary::Sub => format!("{a} - {b}"),
        Binary::Mul => format!("{a} * {b}"),
        Binary::Div => format!("{a} / {b}"),
        Binary::Min => format!("math::min({a}, {b})"),
        Binary::Max => format!("math::max({a}, {b})"),
        Binary::Less => format!("f64::from({a} < {b})"),
        Binary::LessEqual => format!("f64::from({a} <= {b})"),
        Binary::And => format!("f64::from({a} != 0.0 && {b} != 0.0)"),
        Binary::Or => format!("f64::from({a} != 0.0 || {b} != 0.0)"),
    }
}
