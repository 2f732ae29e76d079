//! What the lowered system is: units, holds, forcing, events, checks, and which numbers reach an output.

use crate::{Number, assembly, atlas, close, join, load, lower, outputs_at};
use model::assembly::Model;
use model::lower::{Lowered, Request};
use sim::expr::Point;
use sim::system::Effect;

fn model_of(text: &str, numbers: &[Number]) -> Model {
    join(&load(&atlas(&[("m", text)], numbers)), &assembly(&["m"]), &[])
}

fn request(outputs: &[&str], holds: &[&str]) -> Request {
    let owned = |names: &[&str]| names.iter().map(|n| n.to_string()).collect();
    Request { outputs: owned(outputs), holds: owned(holds), checks: false }
}

fn set(lowered: &mut Lowered, name: &str, value: f64) {
    let i = lowered.parameter(name).unwrap_or_else(|| panic!("no parameter {name}"));
    lowered.parameter_values[i] = value;
}

fn rates(lowered: &Lowered, states: &[f64]) -> Vec<f64> {
    let point = Point { states, parameters: &lowered.parameter_values, ..Point::default() };
    lowered.system.graph.evaluate(&lowered.system.rates, &point)
}

#[test]
fn agrees_on_rates_in_ms_beside_states_in_h() {
    let text = "module m\ntime h\nparameters\n  fast.tau ms  slow.rate 1/wk  gain mV/nA\nstates\n  x 1 start steady scale 1 near 2\n  v mV start 3*gain*current scale 0.5 near -70\n  age d start 0 scale 2\nrequires\n  drive 1 sum\nlet\n  current = 0\nequations\n  x' = -x / fast.tau + drive * slow.rate\n  v' = 0\n  age' = 1\n";
    let text = text.replace(" start 3*gain*current", "").replace("let\n  current = 0\n", "");
    let text = text.replace("age d start 0", "age d start 2*fast.tau");
    let numbers = [("fast.tau", 5.0, "ms"), ("slow.rate", 1.0, "1/wk"), ("gain", 2.0, "mV/nA")];
    let model = model_of(&text, &numbers);
    let lowered = lower(&model, &[]);
    let got = rates(&lowered, &[2.0, 0.0, 0.0]);
    assert!(close(got[0], -2.0 * 3_600_000.0 / 5.0), "{}", got[0]);
    // A day counted in hours: the state's unit is for people, the rate is in h per h.
    assert_eq!(got[2], 1.0);
    let scales: Vec<f64> = lowered.system.states.iter().map(|s| s.scale).collect();
    assert_eq!(scales, [1.0, 0.5, 48.0]);
    assert_eq!(lowered.near, [2.0, -70.0, 0.0]);
    assert_eq!(lowered.steady, [true, true, false]);
    let at = Point { parameters: &lowered.parameter_values, ..Point::default() };
    assert!(close(lowered.system.graph.evaluate(&lowered.start, &at)[2], 10.0 / 3_600_000.0));
}

#[test]
fn agrees_on_the_documents_own_example() {
    let text = "module tank\ntime d\nparameters\n  spine.formation 1/d spine.tau_mature d spine.k_prune 1/d spine.k_elim 1/d spine.max 1\nrequires\n  mtorc1.activity 1 sum rest 1 \"fold of rest\"\n  spine.elimination 1 product \"factors from other modules\"\nprovides\n  spine.density 1 = nascent + stable \"dendritic spine density\"\nstates\n  nascent 1 start steady scale 0.01\n  stable 1 start steady scale 0.1\nlet\n  room = max(spine.max - nascent - stable, 0)\n  drive = 1 + positive(mtorc1.activity - 1)\nequations\n  nascent' = spine.formation * room * drive - nascent / spine.tau_mature - spine.k_prune * nascent\n  stable' = nascent / spine.tau_mature - spine.k_elim * spine.elimination * stable\nchecks\n  at rest: abs(nascent') < 1e-9 1/d\n  always: 0 <= spine.density <= spine.max\n  dose up: spine.density at 24 h rises\n";
    let numbers = [
        ("spine.formation", 2.4, "1/d"),
        ("spine.tau_mature", 0.5, "d"),
        ("spine.k_prune", 1.2, "1/d"),
        ("spine.k_elim", 0.24, "1/d"),
        ("spine.max", 2.0, "1"),
    ];
    let files = atlas(&[("tank", text)], &numbers);
    let model = join(&load(&files), &assembly(&["tank"]), &[]);
    let lowered = model.lower(&Request { outputs: vec!["spine.density".into()], checks: true, ..Request::default() });
    let lowered = lowered.expect("known names");
    let got = rates(&lowered, &[0.25, 0.75]);
    let nascent = 0.1 * 1.0 - 0.25 / 12.0 - 0.05 * 0.25;
    assert!((got[0] - nascent).abs() < 1e-15 && (got[1] - (0.25 / 12.0 - 0.01 * 0.75)).abs() < 1e-15, "{got:?}");
    // The port, the two conditions and the quantity of the third check.
    assert_eq!(outputs_at(&lowered, &[0.25, 0.75], 0.0), [1.0, 0.0, 1.0, 1.0]);
    assert_eq!(outputs_at(&lowered, &[2.25, 0.75], 0.0)[2], 0.0);
}

const CASCADE: &str = "module m\nparameters\n  k.in 1/h  k.out 1/h  w.x 1  w.y 1  dose.f 1  lag h  unused 1  init 1  reset.to 1\nstates\n  depot umol start 0 scale 1\n  x 1 start init scale 1\n  y 1 start 0 scale 1\n  flag 1 start 0 scale 1\nequations\n  depot' = -k.in * depot\n  x' = -k.out * x\n  y' = k.in * flag\n  flag' = 0\nprovides\n  left 1 = w.x * x + w.y * y\n  given umol = depot\non dose amount umol\n  depot += dose.f * amount over duration after lag\non reset amount 1\n  flag = reset.to * amount\n";

const CASCADE_NUMBERS: [Number; 9] = [
    ("k.in", 2.0, "1/h"),
    ("k.out", 3.0, "1/h"),
    ("w.x", 1.0, "1"),
    ("w.y", 1.0, "1"),
    ("dose.f", 0.5, "1"),
    ("lag", 0.25, "h"),
    ("unused", 1.0, "1"),
    ("init", 1.0, "1"),
    ("reset.to", 1.0, "1"),
];

fn reached(changes: &[(&str, f64)], output: &str) -> Vec<String> {
    let mut lowered = lower(&model_of(CASCADE, &CASCADE_NUMBERS), &[output]);
    changes.iter().for_each(|(name, value)| set(&mut lowered, name, *value));
    let values = lowered.parameter_values.clone();
    lowered.influences(0, &values).into_iter().collect()
}

#[test]
fn agrees_on_which_numbers_reach_an_output() {
    // Through a rate, a start value, and a state that only an event changes.
    assert_eq!(reached(&[], "left"), ["init", "k.in", "k.out", "reset.to", "w.x", "w.y"]);
    assert_eq!(reached(&[("w.y", 0.0)], "left"), ["init", "k.out", "w.x"]);
    assert_eq!(reached(&[("w.x", 0.0)], "left"), ["k.in", "reset.to", "w.y"]);
    // A state that only a zero amount could move stays at zero and carries nothing.
    assert_eq!(reached(&[("reset.to", 0.0), ("w.x", 0.0)], "left"), [""; 0]);
    assert_eq!(reached(&[("w.x", 0.0), ("w.y", 0.0)], "left"), [""; 0]);
    // Through the amount, delay and rate of an infusion.
    assert_eq!(reached(&[], "given"), ["dose.f", "k.in", "lag", "rate:m.depot"]);
    assert_eq!(reached(&[("dose.f", 0.0)], "given"), [""; 0]);
    // Actions that do not happen carry nothing either.
    let lowered = lower(&model_of(CASCADE, &CASCADE_NUMBERS), &["left", "given"]);
    let only = |name: &str| std::collections::BTreeSet::from([lowered.actions[name]]);
    let values = &lowered.parameter_values;
    assert_eq!(lowered.paths(values, Some(&only("reset"))).influences(1).len(), 0);
    assert_eq!(
        lowered.paths(values, Some(&only("dose"))).influences(0),
        ["init", "k.out", "w.x"].map(String::from).into()
    );
}

#[test]
fn agrees_on_effects_of_events() {
    let text = "module m\nparameters\n  f 1  lag min  len min\nstates\n  a umol start 0 scale 1\n  b umol start 0 scale 1\n  c 1 start 0 scale 1\n  d mg start 0 scale 1\nlet\n  half = 0.5 * a\nequations\n  a' = 0\n  b' = 0\n  c' = 0\n  d' = 0\nprovides\n  total umol = a + b\non jump amount umol\n  a += f * amount\n  b += (1 - f) * amount after lag * index\non drip amount umol\n  a += amount over duration\n  b += half over len after lag\n  c = c + normal + index\non other amount mg\n  d = amount\n  a = total\non drip amount umol\n  a += 0 over len\n";
    let numbers = [("f", 0.25, "1"), ("lag", 30.0, "min"), ("len", 90.0, "min")];
    let lowered = lower(&model_of(text, &numbers), &[]);
    assert_eq!(lowered.actions.keys().collect::<Vec<_>>(), ["drip", "jump", "other"]);
    assert_eq!(lowered.parameter_names[4..], ["rate:m.a", "rate:m.b"]);
    let states = [8.0, 6.0, 1.0, 0.0];
    let arguments = [20.0, 4.0, 2.0, -0.5];
    let at = Point { time: 1.0, states: &states, parameters: &lowered.parameter_values, arguments };
    let values = |action: &str| -> Vec<(char, u32, Vec<f64>)> {
        let effects = &lowered.system.actions[lowered.actions[action] as usize].effects;
        let value = |e: &sim::Expr| lowered.system.graph.evaluate(&[*e], &at)[0];
        effects
            .iter()
            .map(|effect| match effect {
                Effect::Add { state, amount, delay } => {
                    ('+', *state, std::iter::once(amount).chain(delay).map(value).collect())
                }
                Effect::Assign { state, value: v } => ('=', *state, vec![value(v)]),
                Effect::Infuse { state, amount, duration, delay, .. } => {
                    ('~', *state, [amount, duration].into_iter().chain(delay).map(value).collect())
                }
            })
            .collect()
    };
    assert_eq!(values("jump"), [('+', 0, vec![5.0]), ('+', 1, vec![15.0, 1.0])]);
    let drip =
        [('~', 0, vec![20.0, 4.0]), ('~', 1, vec![4.0, 1.5, 0.5]), ('=', 2, vec![2.5]), ('~', 0, vec![0.0, 1.5])];
    assert_eq!(values("drip"), drip);
    assert_eq!(values("other"), [('=', 3, vec![20.0]), ('=', 0, vec![14.0])]);
    // Both infusions into `a` share one rate parameter, which enters its rate once.
    let mut running = lowered.clone();
    set(&mut running, "rate:m.a", 5.0);
    assert_eq!(rates(&running, &states), [5.0, 0.0, 0.0, 0.0]);
}

#[test]
fn agrees_on_ports_held_at_a_value() {
    let gate = "module gate\nparameters\n  k.in 1\nprovides\n  gate 1 = k.in\n";
    let user = "module user\nrequires\n  gate 1 product\n  open 1 one rest 1\nprovides\n  out 1 = 2 * gate + open\n  open_not 1 = 1 - gate\n";
    let files = atlas(&[("gate", gate), ("user", user)], &[("k.in", 3.0, "1")]);
    let all = model::assembly::Assembly { alone: true, ..assembly(&["gate", "user"]) };
    let model = join(&load(&files), &all, &[]);
    let mut lowered = model.lower(&request(&["out", "gate", "open_not"], &["gate", "open"])).expect("known names");
    assert_eq!(outputs_at(&lowered, &[], 0.0), [7.0, 3.0, -2.0]);
    set(&mut lowered, "held:gate", 0.5);
    assert_eq!(outputs_at(&lowered, &[], 0.0), [7.0, 3.0, -2.0], "a value without the flag holds nothing");
    set(&mut lowered, "hold:gate", 1.0);
    assert_eq!(outputs_at(&lowered, &[], 0.0), [2.0, 0.5, 0.5]);
    set(&mut lowered, "hold:open", 1.0);
    assert_eq!(outputs_at(&lowered, &[], 0.0), [1.0, 0.5, 0.5]);
    set(&mut lowered, "hold:gate", 0.0);
    assert_eq!(outputs_at(&lowered, &[], 0.0), [6.0, 3.0, -2.0]);
}

#[test]
fn agrees_on_the_daily_cycle_and_its_switch() {
    let text = "module m\nparameters\n  day h  peak h  size 1\nprovides\n  out 1 = 1 + size * cycle(day, peak)\n";
    let model = model_of(text, &[("day", 1.0, "d"), ("peak", 8.0, "h"), ("size", 2.0, "1")]);
    let mut lowered = lower(&model, &["out"]);
    for (time, wanted) in [(8.0, 3.0), (20.0, -1.0), (14.0, 1.0), (32.0, 3.0), (11.0, 1.0 + 2.0 * 0.5f64.sqrt())] {
        let got = outputs_at(&lowered, &[], time)[0];
        assert!((got - wanted).abs() < 1e-12, "at {time} h: {got}");
    }
    set(&mut lowered, "forcing", 0.0);
    assert_eq!(outputs_at(&lowered, &[], 8.0), [1.0]);
}

#[test]
fn agrees_on_the_order_of_parameters() {
    let mut lowered = lower(&model_of(CASCADE, &CASCADE_NUMBERS), &["left"]);
    let names = lowered.parameter_names.clone();
    assert_eq!(names[..3], ["dose.f", "init", "k.in"]);
    assert_eq!(names[names.len() - 2..], ["forcing", "rate:m.depot"]);
    assert_eq!(lowered.system.parameters, names.len());
    assert_eq!(lowered.parameter_values.len(), names.len());
    assert!(lowered.system.check().is_ok());
    set(&mut lowered, "w.y", 3.0);
    assert_eq!(outputs_at(&lowered, &[0.0, 2.0, 5.0, 0.0], 0.0), [17.0]);
}
