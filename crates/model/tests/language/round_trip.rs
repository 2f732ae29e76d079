//! Precedence: what is printed reads back as the same tree, and a tree means what the table of the language says.

use crate::{assembly, atlas, close, join, load, lower, outputs_at};
use model::parser::{parse, parse_expression};
use model::source::{FileId, Span, Spanned};
use model::syntax::{Binder, Check, Comparison, Expr, ExprKind, Function, Merge, Operator};
use model::unit::Unit;
use proptest::prelude::*;

fn of(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn leaf() -> impl Strategy<Value = Expr> {
    let names = ["a", "b1", "spine.max", "nmda.{p}.k_on", "x_{e}", "amount", "start_up", "iffy", "nota", "index"];
    let units = ["h", "umol/L", "1/h", "%", "kg/m^2", "1/(uM*s)", "point", "L*h^-1", "mL/min"];
    prop_oneof![
        prop_oneof![(0..=10u8).prop_map(f64::from), Just(0.5), 1e-12..1e12f64, prop::num::f64::POSITIVE]
            .prop_filter("a numeral is finite", |x| x.is_finite())
            .prop_map(|x| of(ExprKind::Number(x))),
        (0.0..1e6f64, prop::sample::select(units.to_vec()))
            .prop_map(|(x, u)| of(ExprKind::Quantity(x, Unit::parse(u).expect("a unit")))),
        prop::sample::select(names.to_vec()).prop_map(|n| of(ExprKind::Name(n.into()))),
        prop::sample::select(names.to_vec()).prop_map(|n| of(ExprKind::Rate(n.into()))),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    use Operator::*;
    prop::sample::select(vec![Add, Subtract, Multiply, Divide, Power, And, Or])
}

fn comparison() -> impl Strategy<Value = Comparison> {
    use Comparison::*;
    prop::sample::select(vec![Less, LessEqual, Greater, GreaterEqual])
}

fn tree() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(7, 60, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let name = |text: &str| Spanned::new(text.to_string(), Span::default());
        let binder = Binder { variable: name("l"), family: name("ligand") };
        prop_oneof![
            boxed.clone().prop_map(|a| of(ExprKind::Negate(a))),
            boxed.clone().prop_map(|a| of(ExprKind::Not(a))),
            (operator(), boxed.clone(), boxed.clone()).prop_map(|(o, a, b)| of(ExprKind::Binary(o, a, b))),
            (inner.clone(), prop::collection::vec((comparison(), inner.clone()), 1..4)).prop_map(|(first, rest)| {
                let (comparisons, mut operands): (Vec<_>, Vec<_>) = rest.into_iter().unzip();
                operands.insert(0, first);
                of(ExprKind::Chain(operands, comparisons))
            }),
            (boxed.clone(), boxed.clone(), boxed.clone()).prop_map(|(c, a, b)| of(ExprKind::If(c, a, b))),
            (prop::sample::select(Function::ALL.to_vec()), prop::collection::vec(inner, 16)).prop_map(|(f, mut a)| {
                a.truncate(f.3.min(3).max(f.2));
                of(ExprKind::Call(f.0, a))
            }),
            (any::<bool>(), boxed).prop_map(move |(sum, a)| {
                let merge = if sum { Merge::Sum } else { Merge::Product };
                of(ExprKind::Fold(merge, binder.clone(), a))
            }),
        ]
    })
}

/// Reads a condition of a check: the place where every kind of expression may stand.
fn read_in_check(text: &str) -> Result<Expr, String> {
    let (module, found) = parse(FileId(0), &format!("module m\nchecks\n  always: {text}\n"));
    match (module.checks.into_iter().next().map(|c| c.value), found.is_empty()) {
        (Some(Check::Always(e)), true) => Ok(e),
        _ => Err(format!("`{text}`: {found:?}")),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn agrees_with_itself_when_printed_and_read(e in tree()) {
        let text = e.to_string();
        let back = read_in_check(&text).map_err(TestCaseError::fail)?;
        prop_assert_eq!(back.skeleton(), e.skeleton(), "{}", text);
        prop_assert_eq!(back.to_string(), text);
    }
}

#[test]
fn agrees_with_the_precedence_table() {
    for (text, wanted) in [
        ("-k^n", "(neg (Power k n))"),
        ("-k^-n", "(neg (Power k (neg n)))"),
        ("a^-b", "(Power a (neg b))"),
        ("a^b^c", "(Power a (Power b c))"),
        ("a^-b^c", "(Power a (neg (Power b c)))"),
        ("(-a)^2", "(Power (neg a) 2)"),
        ("a - b - c", "(Subtract (Subtract a b) c)"),
        ("a - (b - c)", "(Subtract a (Subtract b c))"),
        ("a / b * c", "(Multiply (Divide a b) c)"),
        ("a / b / c", "(Divide (Divide a b) c)"),
        ("-a * b", "(Multiply (neg a) b)"),
        ("a * -b", "(Multiply a (neg b))"),
        ("a - -b", "(Subtract a (neg b))"),
        ("2^3*4", "(Multiply (Power 2 3) 4)"),
        ("not a < b and c", "(And (not (chain [Less] a b)) c)"),
        ("a or b and not c or d", "(Or (Or a (And b (not c))) d)"),
        ("0 <= x + 1 < y", "(chain [LessEqual, Less] 0 (Add x 1) y)"),
        (
            "if a < b then c else if d > e then f else g + 1",
            "(if (chain [Less] a b) c (if (chain [Greater] d e) f (Add g 1)))",
        ),
        ("1 + (if a > b then 1 else 2) * 3", "(Add 1 (Multiply (if (chain [Greater] a b) 1 2) 3))"),
        ("sum(l in ligand: k.{l} * c) + 1", "(Add (sum l ligand (Multiply k.{l} c)) 1)"),
        ("min(a, b + 1, -c)", "(min a (Add b 1) (neg c))"),
        ("1.5e-3*x", "(Multiply 0.0015 x)"),
        ("2e", "?"),
    ] {
        let (e, found) = parse_expression(FileId(0), text);
        if wanted == "?" {
            assert!(!found.is_empty(), "{text} should not be read");
            continue;
        }
        assert!(found.is_empty(), "{text}: {found:?}");
        assert_eq!(e.skeleton(), wanted, "{text}");
    }
}

#[test]
fn agrees_on_units_of_numbers_in_checks() {
    for (text, wanted) in [
        ("x <= 60 point", "(chain [LessEqual] x 60 point)"),
        ("abs(x') < 1e-9 1/h", "(chain [Less] (abs x') 0.000000001 1/h)"),
        ("x < 50 % and y > 0", "(And (chain [Less] x 50 %) (chain [Greater] y 0))"),
        ("3 h ^ 2 < y", "(chain [Less] (Power 3 h 2) y)"),
        ("3 h^2 < y", "(chain [Less] 3 h^2 y)"),
        ("60 point<=x", "(chain [LessEqual] 60 point x)"),
        ("x < 2*y", "(chain [Less] x (Multiply 2 y))"),
    ] {
        assert_eq!(read_in_check(text).unwrap().skeleton(), wanted, "{text}");
    }
    assert!(read_in_check("x < 3 apples").unwrap_err().contains("apples"));
}

const NUMBERS: [(&str, f64, &str); 5] =
    [("k", 3.0, "1"), ("n", 2.0, "1"), ("a", 2.0, "1"), ("b", 5.0, "1"), ("c", 7.0, "1")];

/// The value of an expression of `k`, `n`, `a`, `b`, `c`, through library, assembly and graph.
fn value(text: &str) -> f64 {
    let module = format!("module m\nparameters\n  k 1 n 1 a 1 b 1 c 1\nprovides\n  out 1 = {text}\n");
    let library = load(&atlas(&[("m", &module)], &NUMBERS));
    let lowered = lower(&join(&library, &assembly(&["m"]), &[]), &["out"]);
    outputs_at(&lowered, &[], 0.0)[0]
}

#[test]
fn agrees_with_values_worked_out_by_hand() {
    for (text, wanted) in [
        ("-k^n", -9.0),
        ("-k^2", -9.0),
        ("(-k)^2", 9.0),
        ("a^-b", 1.0 / 32.0),
        ("a^n^k", 256.0),
        ("(a^n)^k", 64.0),
        ("b - c - a", -4.0),
        ("b - (c - a)", 0.0),
        ("b / a * c", 17.5),
        ("b / (a * c)", 5.0 / 14.0),
        ("b / a / c", 5.0 / 14.0),
        ("9^0.5", 3.0),
        ("if not a < b and c > 0 then 1 else 2", 2.0),
        ("if not (a < b and c < 0) then 1 else 2", 1.0),
        ("if 0 <= a < b then 1 else 2", 1.0),
        ("if a < b < k then 1 else 2", 2.0),
        ("if a > b or k > a and c > b then 1 else 2", 1.0),
        ("min(c, b, k) + max(a, k, 1)", 6.0),
        ("positive(a - b) + positive(b - a)", 3.0),
        ("abs(a - b)", 3.0),
        ("hill(k, k, n)", 0.5),
        ("hill(-k, k, n)", 0.0),
        ("sum(p in pool: k) + product(p in pool: a)", 17.0),
        ("sqrt(9) * ln(exp(a)) + logistic(0) + tanh(0)", 6.5),
        ("softplus(0, a) / ln(a)", 2.0),
    ] {
        let got = value(text);
        assert!(close(got, wanted), "{text} is {got}, by hand {wanted}");
    }
}

/// A plain reading of the tree, to compare the lowered graph with.
fn plain(e: &Expr) -> f64 {
    match &e.kind {
        ExprKind::Number(x) => *x,
        ExprKind::Name(n) => NUMBERS.iter().find(|k| k.0 == n).expect("a number").1,
        ExprKind::Negate(a) => -plain(a),
        ExprKind::Binary(op, a, b) => match (op, plain(a), plain(b)) {
            (Operator::Add, a, b) => a + b,
            (Operator::Subtract, a, b) => a - b,
            (Operator::Multiply, a, b) => a * b,
            (Operator::Divide, a, b) => a / b,
            (_, a, b) => (0..b as u8).map(|_| a).product(),
        },
        ExprKind::If(c, a, b) => match &c.kind {
            ExprKind::Chain(x, c) => {
                let holds = c.iter().enumerate().all(|(i, c)| match (c, plain(&x[i]), plain(&x[i + 1])) {
                    (Comparison::Less, a, b) => a < b,
                    (Comparison::LessEqual, a, b) => a <= b,
                    (Comparison::Greater, a, b) => a > b,
                    (Comparison::GreaterEqual, a, b) => a >= b,
                });
                plain(if holds { a } else { b })
            }
            _ => unreachable!("only chains are made here"),
        },
        ExprKind::Call(Function::Min, x) => x.iter().map(plain).fold(f64::INFINITY, f64::min),
        ExprKind::Call(_, x) => x.iter().map(plain).fold(f64::NEG_INFINITY, f64::max),
        _ => unreachable!("not made here"),
    }
}

/// Whole numbers only, so that the order of operations leaves no trace of rounding.
fn arithmetic() -> impl Strategy<Value = Expr> {
    let name = prop::sample::select(vec!["k", "n", "a", "b", "c"]).prop_map(|n| of(ExprKind::Name(n.into())));
    let leaf = prop_oneof![(1..=10u8).prop_map(|x| of(ExprKind::Number(x.into()))), name.clone()];
    leaf.prop_recursive(5, 24, 3, move |inner| {
        use Operator::*;
        let boxed = inner.clone().prop_map(Box::new);
        let chain = (inner.clone(), comparison(), inner.clone(), comparison(), inner.clone());
        prop_oneof![
            boxed.clone().prop_map(|a| of(ExprKind::Negate(a))),
            (prop::sample::select(vec![Add, Subtract, Multiply]), boxed.clone(), boxed.clone())
                .prop_map(|(o, a, b)| of(ExprKind::Binary(o, a, b))),
            (boxed.clone(), name.clone()).prop_map(|(a, b)| of(ExprKind::Binary(Divide, a, b.into()))),
            (boxed.clone(), 1..=3u8).prop_map(|(a, n)| of(ExprKind::Binary(
                Power,
                a,
                of(ExprKind::Number(n.into())).into()
            ))),
            (chain, boxed.clone(), boxed).prop_map(|((x, c, y, d, z), a, b)| {
                of(ExprKind::If(of(ExprKind::Chain(vec![x, y, z], vec![c, d])).into(), a, b))
            }),
            (any::<bool>(), inner.clone(), inner).prop_map(|(min, a, b)| {
                of(ExprKind::Call(if min { Function::Min } else { Function::Max }, vec![a, b]))
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn agrees_with_a_plain_reading_when_lowered(e in arithmetic()) {
        let wanted = plain(&e);
        prop_assume!(wanted.is_finite());
        let text = e.to_string();
        let got = value(&text);
        prop_assert!((got - wanted).abs() <= 1e-9 * wanted.abs().max(1.0), "{} is {}, plainly {}", text, got, wanted);
    }
}
