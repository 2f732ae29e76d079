//! Equations of the model language as LaTeX.
//!
//! Lines end in `\cr`, which means the same as two backslashes and survives Markdown.

use model::syntax::{Binder, Comparison, Expr, ExprKind, Function, Merge, Operator};
use std::collections::{BTreeMap, BTreeSet};

/// Letters on a line beyond which an equation is broken, about.
const LINE: f64 = 62.0;

/// A piece of mathematics with about how many letters wide it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// LaTeX.
    pub text: String,
    /// Width in letters.
    pub width: f64,
}

/// How the names of one module are written.
#[derive(Clone, Debug, Default)]
pub struct Names {
    symbols: BTreeMap<String, Piece>,
}

impl Names {
    /// Symbols for the names of a module: ports keep their whole name; a parameter drops its prefix where no other name
    /// of the module would look the same.
    pub fn new<'a>(ports: impl Iterator<Item = &'a str>, others: impl Iterator<Item = &'a str>) -> Names {
        let mut symbols: BTreeMap<String, Piece> = ports.map(|p| (p.to_string(), symbol(p, usize::MAX))).collect();
        let others: BTreeSet<&str> = others.filter(|n| !symbols.contains_key(*n)).collect();
        // One more segment of the prefix is kept until all differ.
        let mut kept: BTreeMap<&str, usize> = others.iter().map(|n| (*n, 0)).collect();
        loop {
            let mut seen: BTreeMap<String, Vec<&str>> = BTreeMap::new();
            for (name, segments) in &kept {
                seen.entry(symbol(name, *segments).text).or_default().push(name);
            }
            let mut changed = false;
            for alike in seen.values().filter(|alike| alike.len() > 1) {
                for name in alike {
                    let segments = name.split('.').count();
                    if let Some(k) = kept.get_mut(name).filter(|k| **k < segments) {
                        *k += 1;
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        symbols.extend(kept.into_iter().map(|(name, segments)| (name.to_string(), symbol(name, segments))));
        Names { symbols }
    }

    /// The symbol of a name.
    pub fn symbol(&self, name: &str) -> Piece {
        self.symbols.get(name).cloned().unwrap_or_else(|| symbol(name, usize::MAX))
    }
}

/// A name as a symbol: `spine.tau_mature` is tau with the index "mature"; variables of families are indices.
/// `prefix` segments before the last are written out.
fn symbol(name: &str, prefix: usize) -> Piece {
    match name {
        "time" => return Piece { text: "t".into(), width: 1.0 },
        "normal" => return Piece { text: r"\mathcal{N}(0, 1)".into(), width: 6.0 },
        _ => {}
    }
    let mut indices: Vec<String> = Vec::new();
    let mut plain: Vec<String> = Vec::new();
    for segment in name.split('.') {
        let mut word = String::new();
        let mut rest = segment;
        while let Some(open) = rest.find('{') {
            let close = rest.find('}').unwrap_or(rest.len() - 1);
            word.push_str(&rest[..open]);
            indices.push(rest[open + 1..close].to_string());
            rest = &rest[close + 1..];
        }
        word.push_str(rest);
        let word = word.trim_matches('_');
        if !word.is_empty() {
            plain.push(word.to_string());
        }
    }
    let last = plain.pop().unwrap_or_default();
    let whole_name = prefix == usize::MAX;
    let before: Vec<String> = plain[plain.len().saturating_sub(prefix)..].to_vec();
    let (base, sub) = match last.split_once('_') {
        Some((base, sub)) if !whole_name => (base.to_string(), sub.replace('_', r"\ ")),
        _ => (last.replace('_', r"\ "), String::new()),
    };
    let mut subs: Vec<String> = Vec::new();
    let mut width = 0.0;
    let mut text = match base.as_str() {
        b if whole_name => format!(
            r"\mathrm{{{}}}",
            before.iter().chain([&b.to_string()]).cloned().collect::<Vec<_>>().join(".").replace('_', r"\ ")
        ),
        "tau" | "alpha" | "beta" | "gamma" | "delta" | "kappa" | "lambda" | "sigma" | "theta" | "rho" => {
            format!(r"\{base}")
        }
        b if b.chars().count() == 1 => b.to_string(),
        b => format!(r"\mathrm{{{b}}}"),
    };
    let greek = text.starts_with('\\') && !text.starts_with(r"\mathrm");
    width += if greek { 1.0 } else { text.replace(r"\mathrm{", "").replace(r"\ ", " ").chars().count() as f64 };
    if !whole_name && !before.is_empty() {
        subs.push(format!(r"\mathrm{{{}}}", before.join(".").replace('_', r"\ ")));
    }
    if !sub.is_empty() {
        subs.push(format!(r"\mathrm{{{sub}}}"));
    }
    subs.extend(indices);
    if !subs.is_empty() {
        let joined = subs.join(", ");
        width += 0.7 * joined.replace(r"\mathrm{", "").replace(r"\ ", " ").replace('}', "").chars().count() as f64;
        text = format!("{text}_{{{joined}}}");
    }
    Piece { text, width }
}

/// One line of a block: a left side and what it equals, or becomes.
pub struct Line {
    /// Left of the sign.
    pub left: Piece,
    /// The sign, as in `=`.
    pub sign: &'static str,
    /// Right of it.
    pub right: Vec<Piece>,
}

/// A derivative with respect to time.
pub fn rate(name: &Piece) -> Piece {
    Piece { text: format!(r"\frac{{d\ {}}}{{d t}}", name.text), width: name.width + 1.0 }
}

/// Lines as one block that GitHub shows as mathematics.
pub fn block(lines: &[Line]) -> String {
    let mut rows: Vec<String> = Vec::new();
    for line in lines {
        let mut row = format!("{} &{} ", line.left.text, line.sign);
        let mut width = line.left.width;
        for (i, piece) in line.right.iter().enumerate() {
            if i > 0 && width + piece.width > LINE {
                rows.push(row);
                row = String::from(r"&\qquad ");
                width = 10.0;
            }
            row.push_str(&piece.text);
            row.push(' ');
            width += piece.width;
        }
        rows.push(row);
    }
    let rows: Vec<String> = rows.iter().map(|r| r.trim_end().to_string()).collect();
    format!("$$\n\\begin{{aligned}}\n{}\n\\end{{aligned}}\n$$\n", rows.join(" \\cr\n"))
}

/// An expression in pieces between which a line may end.
pub fn pieces(e: &Expr, names: &Names) -> Vec<Piece> {
    let mut out = Vec::new();
    terms(e, names, "", &mut out);
    out
}

/// Terms of a sum, each with its sign before it; a long product falls into factors.
fn terms(e: &Expr, names: &Names, sign: &str, out: &mut Vec<Piece>) {
    if let ExprKind::Binary(op @ (Operator::Add | Operator::Subtract), a, b) = &e.kind {
        terms(a, names, sign, out);
        let subtract = *op == Operator::Subtract;
        let plain = !matches!(b.kind, ExprKind::Binary(Operator::Add | Operator::Subtract, ..));
        if plain {
            terms(b, names, if subtract { "- " } else { "+ " }, out);
        } else {
            let inner = parenthesised(b, names);
            let sign = if subtract { "- " } else { "+ " };
            out.push(Piece { text: format!("{sign}{}", inner.text), width: inner.width + 2.0 });
        }
        return;
    }
    let (above, below) = factors(e);
    let negative = matches!(e.kind, ExprKind::Negate(_)) && !sign.is_empty();
    let whole = if negative { parenthesised(e, names) } else { piece(e, names) };
    if whole.width > LINE && above.len() > 1 && below.is_empty() {
        for (i, factor) in above.into_iter().enumerate() {
            let p = tight(factor, names, 7);
            let before = if i == 0 { sign } else { r"\cdot " };
            out.push(Piece { text: format!("{before}{}", p.text), width: p.width + 2.0 });
        }
        return;
    }
    out.push(Piece { text: format!("{sign}{}", whole.text), width: whole.width + sign.len() as f64 });
}

/// What stands above and below the line of a chain of products and quotients.
fn factors(e: &Expr) -> (Vec<&Expr>, Vec<&Expr>) {
    match &e.kind {
        ExprKind::Binary(Operator::Multiply, a, b) => {
            let (mut above, mut below) = factors(a);
            let (more, under) = factors(b);
            above.extend(more);
            below.extend(under);
            (above, below)
        }
        ExprKind::Binary(Operator::Divide, a, b) => {
            let (above, mut below) = factors(a);
            below.push(b);
            (above, below)
        }
        _ => (vec![e], Vec::new()),
    }
}

fn strength(e: &Expr) -> u8 {
    match &e.kind {
        ExprKind::If(..) => 1,
        ExprKind::Binary(Operator::Or, ..) => 2,
        ExprKind::Binary(Operator::And, ..) => 3,
        ExprKind::Not(_) => 4,
        ExprKind::Chain(..) => 5,
        ExprKind::Binary(Operator::Add | Operator::Subtract, ..) | ExprKind::Negate(_) => 6,
        // A sum over a family ends where its product ends.
        ExprKind::Fold(..) => 6,
        ExprKind::Binary(Operator::Multiply | Operator::Divide, ..) => 7,
        ExprKind::Binary(Operator::Power, ..) | ExprKind::Quantity(..) => 9,
        _ => 10,
    }
}

fn parenthesised(e: &Expr, names: &Names) -> Piece {
    let p = piece(e, names);
    Piece { text: format!(r"\left({}\right)", p.text), width: p.width + 2.0 }
}

/// An expression that binds at least so tightly, in parentheses where it does not.
fn tight(e: &Expr, names: &Names, least: u8) -> Piece {
    if strength(e) < least { parenthesised(e, names) } else { piece(e, names) }
}

fn joined(parts: Vec<Piece>, between: &str, extra: f64) -> Piece {
    let width = parts.iter().map(|p| p.width).sum::<f64>() + extra * parts.len().saturating_sub(1) as f64;
    Piece { text: parts.into_iter().map(|p| p.text).collect::<Vec<_>>().join(between), width }
}

fn product(all: &[&Expr], names: &Names) -> Piece {
    match all {
        [] => Piece { text: "1".into(), width: 1.0 },
        [one] => piece(one, names),
        all => joined(all.iter().map(|e| tight(e, names, 7)).collect(), r" \cdot ", 1.5),
    }
}

/// An expression as one piece.
pub fn piece(e: &Expr, names: &Names) -> Piece {
    let text = |text: &str, width: f64| Piece { text: text.into(), width };
    match &e.kind {
        ExprKind::Number(x) => text(&format!("{x}"), format!("{x}").len() as f64),
        ExprKind::Quantity(x, unit) => text(&format!(r"{x}\ \mathrm{{{}}}", unit.text), 6.0),
        ExprKind::Name(name) => names.symbol(name),
        ExprKind::Rate(name) => rate(&names.symbol(name)),
        ExprKind::Negate(a) => {
            let p = tight(a, names, 7);
            Piece { text: format!("-{}", p.text), width: p.width + 1.0 }
        }
        ExprKind::Not(a) => {
            let p = tight(a, names, 4);
            Piece { text: format!(r"\neg {}", p.text), width: p.width + 1.0 }
        }
        ExprKind::Binary(op, a, b) => match op {
            Operator::Add | Operator::Subtract => {
                let mut all = Vec::new();
                terms(e, names, "", &mut all);
                joined(all, " ", 0.5)
            }
            Operator::Multiply | Operator::Divide => {
                let (above, below) = factors(e);
                if below.is_empty() {
                    return joined(above.iter().map(|e| tight(e, names, 7)).collect(), r" \cdot ", 1.5);
                }
                let (up, down) = (product(&above, names), product(&below, names));
                let width = up.width.max(down.width) + 1.0;
                Piece { text: format!(r"\frac{{{}}}{{{}}}", up.text, down.text), width }
            }
            Operator::Power => {
                let (base, exponent) = (tight(a, names, 10), piece(b, names));
                let width = base.width + 0.7 * exponent.width;
                Piece { text: format!("{{{}}}^{{{}}}", base.text, exponent.text), width }
            }
            Operator::And => joined(vec![tight(a, names, 3), tight(b, names, 4)], r" \wedge ", 3.0),
            Operator::Or => joined(vec![tight(a, names, 2), tight(b, names, 3)], r" \vee ", 3.0),
        },
        ExprKind::Chain(operands, comparisons) => {
            let mut out = tight(&operands[0], names, 6);
            for (operand, comparison) in operands[1..].iter().zip(comparisons) {
                let sign = match comparison {
                    Comparison::Less => r"\lt",
                    Comparison::LessEqual => r"\le",
                    Comparison::Greater => r"\gt",
                    Comparison::GreaterEqual => r"\ge",
                };
                let p = tight(operand, names, 6);
                out = Piece { text: format!("{} {sign} {}", out.text, p.text), width: out.width + p.width + 2.0 };
            }
            out
        }
        ExprKind::If(c, a, b) => {
            let (c, a, b) = (piece(c, names), piece(a, names), piece(b, names));
            let text = format!(
                r"\begin{{cases}} {} & \text{{if }} {} \cr {} & \text{{otherwise}} \end{{cases}}",
                a.text, c.text, b.text
            );
            Piece { text, width: a.width.max(b.width) + c.width.max(9.0) + 4.0 }
        }
        ExprKind::Call(function, arguments) => call(*function, arguments, names),
        ExprKind::Fold(merge, Binder { variable, .. }, body) => {
            let sign = if *merge == Merge::Product { r"\prod" } else { r"\sum" };
            let p = tight(body, names, 7);
            Piece { text: format!("{sign}_{{{}}} {}", variable.value, p.text), width: p.width + 2.0 }
        }
        ExprKind::Broken => text("?", 1.0),
    }
}

fn call(function: Function, arguments: &[Expr], names: &Names) -> Piece {
    let all: Vec<Piece> = arguments.iter().map(|a| piece(a, names)).collect();
    let width = all.iter().map(|p| p.width).sum::<f64>() + 2.0 * all.len() as f64;
    let list = all.iter().map(|p| p.text.as_str()).collect::<Vec<_>>().join(", ");
    let first = all.first().map_or("", |p| p.text.as_str());
    let (text, extra) = match function {
        Function::Abs => (format!(r"\left|{first}\right|"), 0.0),
        Function::Positive => (format!(r"\left[{first}\right]_{{+}}"), 1.0),
        Function::Sqrt => (format!(r"\sqrt{{{first}}}"), 1.0),
        Function::Min | Function::Max | Function::Exp | Function::Ln | Function::Tanh => {
            (format!(r"\{}\left({list}\right)", function.name()), 3.0)
        }
        Function::Hill | Function::Softplus | Function::Logistic => {
            (format!(r"\operatorname{{{}}}\left({list}\right)", function.name()), function.name().len() as f64)
        }
        Function::Cycle => {
            let second = all.get(1).map_or("", |p| p.text.as_str());
            (format!(r"\cos\left(2\pi \frac{{t - {second}}}{{{first}}}\right)"), 6.0)
        }
    };
    Piece { text, width: width + extra }
}

/// What the functions that are written by name mean, for those that occur.
pub fn legend<'a>(expressions: impl Iterator<Item = &'a Expr>) -> Vec<&'static str> {
    let mut used: BTreeSet<&'static str> = BTreeSet::new();
    for e in expressions {
        e.walk(&mut |e| {
            if let ExprKind::Call(function, _) = &e.kind {
                used.extend(match function {
                    Function::Positive => Some(r"$`[x]_{+}`$ is x where it is positive, else 0."),
                    Function::Hill => Some(r"$`\operatorname{hill}(x, k, n) = x^n/(x^n + k^n)`$."),
                    Function::Softplus => Some(r"$`\operatorname{softplus}(x, k) = k \ln(1 + e^{x/k})`$."),
                    Function::Logistic => Some(r"$`\operatorname{logistic}(x) = 1/(1 + e^{-x})`$."),
                    _ => None,
                });
            }
        });
    }
    used.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::source::SourceMap;

    fn written(text: &str) -> String {
        let mut map = SourceMap::default();
        let source = format!("module m\nlet\n  x = {text}\n");
        let file = map.add("m.mech", source.as_str());
        let (module, found) = model::parser::parse(file, &source);
        assert!(found.is_empty(), "{text}: {found:?}");
        let value = &module.lets[0].value.value;
        let mut ids = Vec::new();
        value.walk(&mut |e| {
            if let ExprKind::Name(n) = &e.kind {
                ids.push(n.clone());
            }
        });
        piece(value, &Names::new([].into_iter(), ids.iter().map(String::as_str))).text
    }

    #[test]
    fn agrees_with_equations_by_hand() {
        let cases = [
            ("a + b * c", r"a + b \cdot c"),
            ("(a + b) * c", r"\left(a + b\right) \cdot c"),
            ("a - (b - c)", r"a - \left(b - c\right)"),
            ("a / b / c", r"\frac{a}{b \cdot c}"),
            ("a * (b + c) / (d * e)", r"\frac{a \cdot \left(b + c\right)}{d \cdot e}"),
            ("-a ^ 2", "-{a}^{2}"),
            ("(-a) ^ 2", r"{\left(-a\right)}^{2}"),
            ("(a / b) ^ c", r"{\left(\frac{a}{b}\right)}^{c}"),
            ("spine.tau_mature * k.k_on", r"\tau_{\mathrm{mature}} \cdot k_{\mathrm{on}}"),
            ("a.rate + b.rate", r"\mathrm{rate}_{\mathrm{a}} + \mathrm{rate}_{\mathrm{b}}"),
            ("positive(a - 1)", r"\left[a - 1\right]_{+}"),
            ("sum(l in ligand: bound.{l})", r"\sum_{l} \mathrm{bound}_{l}"),
            ("1 - sum(l in ligand: bound.{l})", r"1 - \sum_{l} \mathrm{bound}_{l}"),
            ("if a > 1 then b else c", r"\begin{cases} b & \text{if } a \gt 1 \cr c & \text{otherwise} \end{cases}"),
        ];
        for (text, latex) in cases {
            assert_eq!(written(text), latex, "{text}");
        }
    }
}
