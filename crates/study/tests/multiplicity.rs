//! Procedures for several hypotheses against published examples, R, and the closure principle itself.

use study::analysis::multiplicity::{Decision, Graph, Hypothesis, Procedure, Unusable, decide};

const REFERENCE: &str = include_str!("../../../tests/reference/effect.csv");

fn hypotheses(p: &[f64]) -> Vec<Hypothesis> {
    p.iter().enumerate().map(|(i, p)| Hypothesis { name: format!("H{}", i + 1), p: *p }).collect()
}

fn graph(weights: &[f64], transitions: &[&[f64]]) -> Graph {
    Graph { weights: weights.to_vec(), transitions: transitions.iter().map(|r| r.to_vec()).collect() }
}

fn decisions(p: &[f64], procedure: &Procedure) -> Vec<Decision> {
    decide(&hypotheses(p), procedure, 0.025).unwrap()
}

/// Adjusted p values in the order of the hypotheses.
fn adjusted(p: &[f64], procedure: &Procedure) -> Vec<f64> {
    let decisions = decisions(p, procedure);
    (1..=p.len()).map(|i| decisions.iter().find(|d| d.name == format!("H{i}")).unwrap().adjusted).collect()
}

fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() < 1e-12, "{found:?}, expected {expected:?}");
    }
}

/// Two doses, each with a primary and a secondary endpoint.
fn two_doses() -> Graph {
    graph(
        &[0.5, 0.5, 0.0, 0.0],
        &[&[0.0, 0.5, 0.5, 0.0], &[0.5, 0.0, 0.0, 0.5], &[0.0, 1.0, 0.0, 0.0], &[1.0, 0.0, 0.0, 0.0]],
    )
}

/// Adjusted p values 0.024, 0.020, 0.105 and 0.024; H2, H1 and H4 fall in this order.
///
/// Source: Xi & Brockmann, graphicalMCP 0.3.0, article on sequentially rejective procedures; the graph is that of
/// Bretz,
/// Posch, Glimm, Klinglmueller, Maurer & Rohmeyer 2011, Biom J 53:894.
#[test]
fn agrees_with_a_published_example() {
    let p = [0.018, 0.01, 0.105, 0.006];
    let procedure = Procedure::Graph(two_doses());
    near(&adjusted(&p, &procedure), &[0.024, 0.020, 0.105, 0.024]);
    let decisions = decisions(&p, &procedure);
    let fallen: Vec<&str> = decisions.iter().filter(|d| d.rejected).map(|d| d.name.as_str()).collect();
    assert_eq!(fallen, ["H2", "H1", "H4"]);
    assert_eq!(decisions[3].name, "H3");
}

/// Parallel gatekeeping: with p values 0.01, 0.005, 0.03 and 0.01 all but H3 fall at 0.025.
///
/// Source: graphicalMCP 0.3.0, article "Get started", after Bretz, Maurer, Brannath & Posch 2009, Stat Med 28:586.
#[test]
fn agrees_with_a_published_gatekeeping_example() {
    let gate = graph(
        &[0.5, 0.5, 0.0, 0.0],
        &[&[0.0, 0.0, 1.0, 0.0], &[0.0, 0.0, 0.0, 1.0], &[0.0, 1.0, 0.0, 0.0], &[1.0, 0.0, 0.0, 0.0]],
    );
    let decisions = decisions(&[0.01, 0.005, 0.03, 0.01], &Procedure::Graph(gate));
    let kept: Vec<&str> = decisions.iter().filter(|d| !d.rejected).map(|d| d.name.as_str()).collect();
    assert_eq!(kept, ["H3"]);
}

#[test]
fn agrees_with_r_on_step_wise_procedures() {
    let mut rows = 0;
    for line in REFERENCE.lines() {
        let fields: Vec<&str> = line.split(',').collect();
        if !["holm", "hochberg"].contains(&fields[0]) {
            continue;
        }
        let numbers = |text: &str| text.split(' ').map(|v| v.parse().unwrap()).collect::<Vec<f64>>();
        let p = numbers(fields[1]);
        let procedure = if fields[0] == "holm" { Procedure::Graph(Graph::holm(p.len())) } else { Procedure::Hochberg };
        near(&adjusted(&p, &procedure), &numbers(fields[2]));
        rows += 1;
    }
    assert_eq!(rows, 10);
}

/// The closure principle: a hypothesis falls when every group that holds it falls to a weighted Bonferroni test.
/// Weights of a group come from the graph with all others taken out, in the order of their numbers.
fn by_closure(p: &[f64], graph: &Graph) -> Vec<f64> {
    let count = p.len();
    let mut adjusted = vec![0.0_f64; count];
    for group in 1_u32..(1 << count) {
        let holds = |i: usize| group >> i & 1 == 1;
        let (mut w, mut g) = (graph.weights.clone(), graph.transitions.clone());
        for out in (0..count).filter(|i| !holds(*i)) {
            let (before_w, before) = (w.clone(), g.clone());
            for i in (0..count).filter(|i| *i != out) {
                w[i] = before_w[i] + before_w[out] * before[out][i];
                for j in (0..count).filter(|j| *j != out) {
                    let circle = before[i][out] * before[out][i];
                    g[i][j] = if i == j || circle >= 1.0 {
                        0.0
                    } else {
                        (before[i][j] + before[i][out] * before[out][j]) / (1.0 - circle)
                    };
                }
            }
            w[out] = 0.0;
            g[out] = vec![0.0; count];
            (0..count).for_each(|i| g[i][out] = 0.0);
        }
        let test = (0..count).filter(|i| holds(*i) && w[*i] > 0.0).map(|i| p[i] / w[i]).fold(1.0, f64::min);
        (0..count).filter(|i| holds(*i)).for_each(|i| adjusted[i] = adjusted[i].max(test));
    }
    adjusted
}

#[test]
fn agrees_with_the_closure_principle() {
    let graphs = [
        two_doses(),
        Graph::fixed_sequence(4),
        Graph::holm(4),
        graph(
            &[0.6, 0.2, 0.1, 0.0],
            &[&[0.0, 0.3, 0.3, 0.4], &[0.2, 0.0, 0.5, 0.0], &[0.9, 0.1, 0.0, 0.0], &[0.3, 0.3, 0.3, 0.0]],
        ),
    ];
    for graph in graphs {
        // A low-discrepancy sequence through p values small and large.
        for k in 0..60 {
            let p: Vec<f64> = [0.618_034, 0.414_214, 0.732_051, 0.236_068]
                .iter()
                .map(|step| {
                    let u = (f64::from(k) * step + 0.05) % 1.0;
                    u * u * u * 0.5
                })
                .collect();
            near(&adjusted(&p, &Procedure::Graph(graph.clone())), &by_closure(&p, &graph));
        }
    }
}

/// In a fixed sequence the adjusted p value is the largest so far, and what follows a failure is never rejected.
#[test]
fn agrees_that_a_fixed_sequence_stops() {
    let procedure = Procedure::Graph(Graph::fixed_sequence(4));
    near(&adjusted(&[0.001, 0.02, 0.3, 0.0001], &procedure), &[0.001, 0.02, 0.3, 0.3]);
    // Rounding of thirds does not keep a p value at the limit from falling.
    let third = decide(&hypotheses(&[0.025 / 3.0, 0.9, 0.9]), &Procedure::Graph(Graph::holm(3)), 0.025).unwrap();
    assert!(third[0].rejected);
    assert!(decide(&[], &Procedure::Hochberg, 0.025).unwrap().is_empty());
}

#[test]
fn rejects_graphs_that_give_too_much() {
    let refuse = |graph: Graph, p: &[f64]| decide(&hypotheses(p), &Procedure::Graph(graph), 0.025).unwrap_err();
    let p = [0.1, 0.2];
    assert_eq!(refuse(Graph::holm(3), &p), Unusable::Size { hypotheses: 2, found: 3 });
    let free = graph(&[0.5, 0.5], &[&[0.0, 1.0], &[1.0]]);
    assert_eq!(refuse(free, &p), Unusable::Size { hypotheses: 2, found: 1 });
    let much = refuse(graph(&[0.7, 0.5], &[&[0.0, 1.0], &[1.0, 0.0]]), &p);
    assert!(matches!(much, Unusable::Excess { row: None, .. }), "{much:?}");
    let row = refuse(graph(&[0.5, 0.2, 0.3], &[&[0.0, 0.8, 0.4], &[0.0; 3], &[0.0; 3]]), &[0.1; 3]);
    assert_eq!(row.to_string(), "hypothesis 1 passes on 1.2000000000000002 of its weight: share out at most 1");
    assert_eq!(refuse(graph(&[0.5, 0.5], &[&[0.2, 0.8], &[1.0, 0.0]]), &p), Unusable::Loop { row: 0 });
    assert_eq!(refuse(graph(&[1.5, -0.5], &[&[0.0, 1.0], &[1.0, 0.0]]), &p), Unusable::Share { share: 1.5 });
    assert!(matches!(refuse(Graph::holm(2), &[0.1, f64::NAN]), Unusable::NotAProbability { .. }));
}
