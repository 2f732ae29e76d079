//! The simplifier keeps values, the derivative is the slope, and copies of expressions mean the same.
#![allow(clippy::disallowed_methods, reason = "the platform's functions are the oracle here")]

use proptest::prelude::*;
use sim::expr::{Expr, Graph, Point, Symbol};

/// An expression as it was written, before any simplification.
#[derive(Clone, Debug)]
enum Written {
    Number(f64),
    State(u32),
    One(u8, Box<Written>),
    Two(u8, Box<Written>, Box<Written>),
    Choice(Box<Written>, Box<Written>, Box<Written>, Box<Written>),
}

/// Writes; `smooth` leaves out everything with a corner.
fn written(smooth: bool) -> impl Strategy<Value = Written> {
    let leaf = prop_oneof![
        prop::sample::select(vec![0.0, 1.0, -1.0, 2.0, 0.5, 3.0, -0.25]).prop_map(Written::Number),
        (0..3_u32).prop_map(Written::State),
    ];
    let (ones, twos) = if smooth { (6_u8, 4_u8) } else { (8, 7) };
    leaf.prop_recursive(5, 40, 4, move |inner| {
        let one = (0..ones, inner.clone()).prop_map(|(op, a)| Written::One(op, a.into()));
        let two = (0..twos, inner.clone(), inner.clone()).prop_map(|(op, a, b)| Written::Two(op, a.into(), b.into()));
        let choice = (inner.clone(), inner.clone(), inner.clone(), inner)
            .prop_map(|(a, b, c, d)| Written::Choice(a.into(), b.into(), c.into(), d.into()));
        if smooth {
            prop_oneof![1 => one, 2 => two].boxed()
        } else {
            prop_oneof![2 => one, 4 => two, 1 => choice].boxed()
        }
    })
}

/// The plain value; `None` once anything on the way is not finite, where identities such as `x * 0 = 0` may differ.
fn value(e: &Written, x: &[f64]) -> Option<f64> {
    let v = match e {
        Written::Number(v) => *v,
        Written::State(i) => x[*i as usize],
        Written::One(op, a) => {
            let a = value(a, x)?;
            match op {
                0 => -a,
                1 => sim::math::exp(a),
                2 => sim::math::sin(a),
                3 => sim::math::cos(a),
                4 => sim::math::tanh(a),
                5 => a * a * a,
                6 => a.abs(),
                _ => a.sqrt(),
            }
        }
        Written::Two(op, a, b) => {
            let (a, b) = (value(a, x)?, value(b, x)?);
            match op {
                0 => a + b,
                1 => a - b,
                2 => a * b,
                3 => a / b,
                4 => sim::math::min(a, b),
                5 => sim::math::max(a, b),
                _ => f64::from(a <= b),
            }
        }
        Written::Choice(a, b, c, d) => {
            let (a, b, c, d) = (value(a, x)?, value(b, x)?, value(c, x)?, value(d, x)?);
            if a < b { c } else { d }
        }
    };
    v.is_finite().then_some(v)
}

fn build(e: &Written, g: &mut Graph) -> Expr {
    match e {
        Written::Number(v) => g.constant(*v),
        Written::State(i) => g.symbol(Symbol::State(*i)),
        Written::One(op, a) => {
            let a = build(a, g);
            match op {
                0 => g.neg(a),
                1 => g.exp(a),
                2 => g.sin(a),
                3 => g.cos(a),
                4 => g.tanh(a),
                5 => g.powi(a, 3),
                6 => g.abs(a),
                _ => g.sqrt(a),
            }
        }
        Written::Two(op, a, b) => {
            let (a, b) = (build(a, g), build(b, g));
            match op {
                0 => g.add(a, b),
                1 => g.sub(a, b),
                2 => g.mul(a, b),
                3 => g.div(a, b),
                4 => g.min(a, b),
                5 => g.max(a, b),
                _ => g.less_equal(a, b),
            }
        }
        Written::Choice(a, b, c, d) => {
            let (a, b, c, d) = (build(a, g), build(b, g), build(c, g), build(d, g));
            let holds = g.less(a, b);
            g.select(holds, c, d)
        }
    }
}

fn at(g: &Graph, e: Expr, states: &[f64]) -> f64 {
    g.evaluate(&[e], &Point { states, ..Point::default() })[0]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 4000, ..ProptestConfig::default() })]

    /// Exact identities only: the very same number (the sign of a 0 aside).
    #[test]
    fn agrees_simplification_keeps_the_value(e in written(false), x in prop::array::uniform3(-2.0..2.0_f64)) {
        let mut g = Graph::new();
        let simple = build(&e, &mut g);
        if let Some(plain) = value(&e, &x) {
            prop_assert_eq!(at(&g, simple, &x), plain);
        }
    }

    /// Substituting states by themselves, and importing into another graph, keep the value.
    #[test]
    fn agrees_copies_keep_the_value(e in written(false), x in prop::array::uniform3(-2.0..2.0_f64)) {
        let mut g = Graph::new();
        let original = build(&e, &mut g);
        let two = g.constant(2.0);
        let state = g.symbol(Symbol::State(0));
        let doubled = g.mul(two, state);
        let copy = g.substitute(&[original], &[(Symbol::State(0), doubled)].into_iter().collect())[0];
        if let Some(plain) = value(&e, &[2.0 * x[0], x[1], x[2]]) {
            prop_assert_eq!(at(&g, copy, &x), plain);
        }
        let mut other = Graph::new();
        let imported = other.import(&g, &[original], &Default::default())[0];
        if let Some(plain) = value(&e, &x) {
            prop_assert_eq!(at(&other, imported, &x), plain);
        }
    }

    /// The derivative is what central differences approach as they shrink.
    #[test]
    fn agrees_derivative_with_differences(e in written(true), x in prop::array::uniform3(-1.5..1.5_f64), i in 0..3_usize) {
        let mut g = Graph::new();
        let f = build(&e, &mut g);
        let slope = g.derivative(f, Symbol::State(i as u32));
        let slope = at(&g, slope, &x);
        let difference = |h: f64| {
            let (mut above, mut below) = (x, x);
            above[i] += h;
            below[i] -= h;
            Some((value(&e, &above)? - value(&e, &below)?) / (2.0 * h))
        };
        if let (Some(coarse), Some(fine), Some(size)) = (difference(2e-4), difference(1e-4), value(&e, &x)) {
            // Where two step sizes disagree the function is too wild there to judge by differences.
            let trust = 1e-5 * (coarse.abs() + 1.0);
            if (coarse - fine).abs() < trust && size.abs() < 1e6 {
                prop_assert!((slope - fine).abs() < 10.0 * trust, "{} instead of {}", slope, fine);
            }
        }
    }
}

/// Guarded functions are finite, in value and slope, where the plain formula is not.
#[test]
fn agrees_guarded_functions_are_finite() {
    let mut g = Graph::new();
    let x = g.symbol(Symbol::State(0));
    let k = g.symbol(Symbol::Parameter(0));
    let n = g.symbol(Symbol::Parameter(1));
    let hill = g.hill(x, k, n);
    let softplus = g.softplus(x, k);
    let logistic = g.logistic(x);
    let pow = g.pow(x, n);
    let root = g.sqrt(x);
    for x in [0.0, 1e-300, 1e-20, 1e-3, 0.5, 2.0, 1e3, 1e20, 1e100] {
        for e in [hill, softplus, logistic, pow, root] {
            let slope = g.derivative(e, Symbol::State(0));
            let point = Point { states: &[x], parameters: &[0.5, 1.7], ..Point::default() };
            let [value, slope]: [f64; 2] = g.evaluate(&[e, slope], &point).try_into().unwrap();
            assert!(slope.is_finite() && value.is_finite(), "x = {x}: value {value}, slope {slope}");
        }
    }
    let point = |x: f64| [x];
    let states = point(2.0);
    let values = g.evaluate(&[hill, softplus], &Point { states: &states, parameters: &[0.5, 1.7], ..Point::default() });
    let expected = [2.0_f64.powf(1.7) / (2.0_f64.powf(1.7) + 0.5_f64.powf(1.7)), 0.5 * (1.0 + 4.0_f64.exp()).ln()];
    for (got, expected) in values.iter().zip(expected) {
        assert!((got - expected).abs() < 1e-14 * expected);
    }
    let states = point(-1.0);
    let slope = g.derivative(hill, Symbol::State(0));
    let values = g.evaluate(&[hill, slope], &Point { states: &states, parameters: &[0.5, 1.7], ..Point::default() });
    assert_eq!(values, [0.0, 0.0]);
}

/// Equal subexpressions are one node.
#[test]
fn agrees_equal_expressions_are_shared() {
    let mut g = Graph::new();
    let x = g.symbol(Symbol::State(0));
    let y = g.symbol(Symbol::State(1));
    let (one, other) = (g.mul(x, y), g.mul(y, x));
    assert_eq!(one, other);
    let zero = g.sub(one, other);
    assert_eq!(g.constant_value(zero), Some(0.0));
    let before = g.len();
    let again = g.mul(x, y);
    assert_eq!((again, g.len()), (one, before));
}
