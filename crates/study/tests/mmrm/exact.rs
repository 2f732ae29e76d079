//! Examples that are exact by hand, and data that are refused.

use crate::lung;
use study::analysis::matrix::{Matrix, dot};
use study::analysis::mmrm::{Covariance, Data, Fault, Freedom, Information, Observation, Structure, fit};

/// Complete made-up data: two arms, three visits, one mean for each arm and visit.
fn complete(subjects: usize) -> (Data, Matrix) {
    let value = |s: usize, v: usize| {
        let (s, v) = (s as f64, v as f64);
        // A jagged fraction in place of chance.
        let jag = |x: f64| x - x.floor();
        10.0 + v + 4.0 * jag(s * 0.618_034) + 3.0 * jag(s * 0.414_214 + v * 0.732_051) - v * jag(s * 0.236_068)
    };
    let values = Matrix::from_fn(subjects, 3, value);
    let row = |s: usize, v: usize| (0..6).map(|k| if k == v + 3 * (s % 2) { 1.0 } else { 0.0 }).collect();
    let observations = (0..subjects).flat_map(|s| (0..3).map(move |v| (s, v))).map(|(subject, visit)| Observation {
        subject,
        visit,
        y: values[(subject, visit)],
        x: row(subject, visit),
    });
    let data = Data {
        columns: (0..6).map(|k| format!("mean {k}")).collect(),
        visits: ["first", "second", "third"].map(String::from).to_vec(),
        subjects,
        observations: observations.collect(),
    };
    (data, values)
}

/// Means of both arms and the pooled covariance, by their textbook formulas.
fn pooled(values: &Matrix) -> ([Vec<f64>; 2], Matrix) {
    let n = values.rows();
    let of = |arm: usize| (0..n).filter(move |s| s % 2 == arm);
    let means = [0, 1].map(|arm| -> Vec<f64> {
        (0..3).map(|v| of(arm).map(|s| values[(s, v)]).sum::<f64>() / of(arm).count() as f64).collect()
    });
    let away = |s: usize, v: usize| values[(s, v)] - means[s % 2][v];
    let sum = |a: usize, b: usize| (0..n).map(|s| away(s, a) * away(s, b)).sum::<f64>();
    let covariance = Matrix::from_fn(3, 3, |a, b| sum(a, b) / (n - 2) as f64);
    (means, covariance)
}

/// With complete data and a mean for each arm and visit, restricted likelihood gives the pooled covariance, one visit is
/// Student's t for two samples with n - 2 degrees of freedom, and three visits at once are Hotelling's T squared:
/// `F = (n - 4) / (3 (n - 2)) T^2` with 3 and n - 4 degrees of freedom. Kenward and Roger's test is exact here.
///
/// Source: Kenward & Roger 1997, Biometrics 53:983, section 4; Anderson 2003, An Introduction to Multivariate
/// Statistical Analysis, section 5.3.
#[test]
fn agrees_with_hotelling_on_complete_data() {
    for subjects in [10, 24] {
        let (data, values) = complete(subjects);
        let (means, covariance) = pooled(&values);
        let fit = fit(&data, &Covariance::shared(Structure::Unstructured)).unwrap();
        let (n, each) = (subjects as f64, subjects as f64 / 2.0);
        for (a, b) in [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)] {
            assert!((fit.sigma[0][(a, b)] - covariance[(a, b)]).abs() < 1e-10, "{a} {b}");
        }
        let difference: Vec<f64> = (0..3).map(|v| means[1][v] - means[0][v]).collect();
        let row = |v: usize| -> Vec<f64> {
            (0..6)
                .map(|k| {
                    if k == v + 3 {
                        1.0
                    } else if k == v {
                        -1.0
                    } else {
                        0.0
                    }
                })
                .collect()
        };
        let every = [
            Freedom::Satterthwaite,
            Freedom::KenwardRoger(Information::Observed),
            Freedom::KenwardRoger(Information::Expected),
        ];
        for freedom in every {
            let last = fit.contrast(&row(2), freedom, 0.95).unwrap();
            assert!((last.estimate - difference[2]).abs() < 1e-10);
            assert!((last.error - (covariance[(2, 2)] * 2.0 / each).sqrt()).abs() < 1e-10, "{last:?}");
            assert!((last.df.unwrap() - (n - 2.0)).abs() < 1e-6, "{freedom:?} {last:?}");
        }
        let squared = dot(&difference, &covariance.cholesky(0.0).unwrap().solve(&difference)) * each / 2.0;
        let rows = [row(0), row(1), row(2)];
        for information in [Information::Observed, Information::Expected] {
            let test = fit.test(&rows, Freedom::KenwardRoger(information)).unwrap();
            assert!((test.df2 - (n - 4.0)).abs() < 1e-6, "{test:?}");
            assert!((test.f - (n - 4.0) / (3.0 * (n - 2.0)) * squared).abs() < 1e-8 * squared, "{test:?}");
        }
        let plain = fit.test(&rows, Freedom::Satterthwaite).unwrap();
        assert!((plain.f - squared / 3.0).abs() < 1e-8 * squared);
        assert!((plain.df2 - (n - 2.0)).abs() < 1e-6, "{plain:?}");
    }
}

/// A covariance that is a subject's own share plus noise: with complete data the classical split-plot analysis, where the
/// difference between visits has the error of subject by visit with 2 (n - 2) degrees of freedom.
#[test]
fn agrees_with_a_split_plot_on_complete_data() {
    let (data, values) = complete(12);
    let fit = fit(&data, &Covariance::shared(Structure::CompoundSymmetry)).unwrap();
    let (_, covariance) = pooled(&values);
    let trace: f64 = covariance.diagonal().iter().sum();
    let all: f64 = (0..3).map(|a| covariance.row(a).iter().sum::<f64>()).sum();
    let within = (trace - all / 3.0) / 2.0;
    let common = (all / 3.0 - within) / 3.0;
    let parameter = |name: &str| fit.parameters.iter().find(|p| p.name == name).unwrap().estimate;
    assert!((parameter("Residual") - within).abs() < 1e-9 && (parameter("CS") - common).abs() < 1e-9);
    let change = [-1.0, 0.0, 1.0, 1.0, 0.0, -1.0];
    for freedom in [Freedom::Satterthwaite, Freedom::KenwardRoger(Information::Expected)] {
        let estimate = fit.contrast(&change, freedom, 0.95).unwrap();
        assert!((estimate.error - (4.0 * within / 6.0).sqrt()).abs() < 1e-9, "{estimate:?}");
        assert!((estimate.df.unwrap() - 20.0).abs() < 1e-6, "{estimate:?}");
    }
}

/// The unit of measurement, the order of columns and other columns for the same space change nothing but the unit.
#[test]
fn agrees_with_itself_in_other_units_and_columns() {
    for structure in [Structure::Unstructured, Structure::Autoregressive, Structure::CompoundSymmetry] {
        let (data, _) = lung("full", crate::VISITS);
        let plain = fit(&data, &Covariance::shared(structure)).unwrap();
        let mut other = data.clone();
        for observation in &mut other.observations {
            observation.y *= 1e-4;
            observation.x[1] += 1e3 * observation.x[0];
            observation.x.reverse();
        }
        let turned = fit(&other, &Covariance::shared(structure)).unwrap();
        let l: Vec<f64> = (0..11).map(|j| if j == 1 || j == 10 { 1.0 } else { 0.0 }).collect();
        let back: Vec<f64> = l.iter().rev().copied().collect();
        for freedom in [Freedom::Satterthwaite, Freedom::KenwardRoger(Information::Observed), Freedom::Residual] {
            let (a, b) = (plain.contrast(&l, freedom, 0.95).unwrap(), turned.contrast(&back, freedom, 0.95).unwrap());
            assert!((a.estimate - 1e4 * b.estimate).abs() < 1e-8 * a.estimate.abs(), "{a:?} {b:?}");
            assert!((a.error - 1e4 * b.error).abs() < 1e-8 * a.error, "{a:?} {b:?}");
            assert!((a.df.unwrap() - b.df.unwrap()).abs() < 1e-6 * a.df.unwrap(), "{a:?} {b:?}");
        }
        assert!(plain.steps < 10);
    }
}

fn refused(change: impl Fn(&mut Data), covariance: &Covariance) -> Fault {
    let (mut data, _) = complete(10);
    change(&mut data);
    let fault = fit(&data, covariance).unwrap_err();
    assert!(fault.to_string().contains(';') || matches!(fault, Fault::Shape { .. }), "says what to do: {fault}");
    fault
}

#[test]
fn rejects_data_that_cannot_be_fitted() {
    let free = Covariance::shared(Structure::Unstructured);
    let equal = Covariance::shared(Structure::CompoundSymmetry);
    let add = |data: &mut Data| {
        data.columns.push("any visit".into());
        data.observations.iter_mut().for_each(|o| o.x.push(1.0));
    };
    assert_eq!(refused(add, &free), Fault::Aliased { columns: vec!["any visit".into()] });
    assert_eq!(
        refused(|data| data.observations[4].y = f64::NAN, &free),
        Fault::NotFinite { observation: 4, place: "the measured value".into() }
    );
    assert_eq!(
        refused(|data| data.observations[4].x[1] = f64::INFINITY, &free),
        Fault::NotFinite { observation: 4, place: "column `mean 1`".into() }
    );
    let apart = |data: &mut Data| data.observations.retain(|o| o.visit != if o.subject < 5 { 0 } else { 2 });
    assert_eq!(refused(apart, &free), Fault::NeverTogether { visits: ("first".into(), "third".into()), group: None });
    let (mut data, _) = complete(10);
    apart(&mut data);
    assert!(fit(&data, &equal).is_ok(), "compound symmetry needs no pair");
    let few = |data: &mut Data| data.observations.retain(|o| o.subject < 3);
    assert_eq!(refused(few, &free), Fault::TooFewSubjects { subjects: 3, needed: 4, group: None });
    // Four subjects in two arms leave two degrees of freedom for a covariance of three visits.
    assert!(matches!(refused(|data| data.observations.retain(|o| o.subject < 4), &free), Fault::NotConverged { .. }));
    let by_arm = Covariance::by_group(Structure::Unstructured, (0..10).map(|s| s % 2).collect());
    let one_arm = |data: &mut Data| data.observations.retain(|o| o.subject % 2 == 0 || o.subject < 6);
    assert_eq!(refused(one_arm, &by_arm), Fault::TooFewSubjects { subjects: 3, needed: 4, group: Some(2) });
    assert_eq!(refused(|data| data.observations.retain(|o| o.visit == o.subject % 3), &equal), Fault::NotEstimable);
    assert_eq!(refused(|data| data.observations.iter_mut().for_each(|o| o.y = 7.0), &free), Fault::NoSpread);
    let twice = |data: &mut Data| {
        let again = data.observations[0].clone();
        data.observations.push(again);
    };
    assert!(refused(twice, &free).to_string().contains("two values"));
    assert!(matches!(refused(|data| data.observations[0].subject = 99, &free), Fault::Shape { .. }));
    assert!(matches!(refused(|data| data.columns.clear(), &free), Fault::Shape { .. }));
    assert!(matches!(refused(|_| (), &Covariance::by_group(Structure::Unstructured, vec![0; 3])), Fault::Shape { .. }));
}

#[test]
fn rejects_contrasts_that_cannot_be_tested() {
    let (data, _) = complete(10);
    let fit = fit(&data, &Covariance::shared(Structure::Unstructured)).unwrap();
    let unit = |j: usize| -> Vec<f64> { (0..6).map(|k| if k == j { 1.0 } else { 0.0 }).collect() };
    let refused = |rows: &[Vec<f64>]| fit.test(rows, Freedom::Satterthwaite).unwrap_err().to_string();
    assert!(refused(&[unit(0), unit(0)]).contains("depend on each other"));
    assert!(refused(&[]).contains("0 rows"));
    assert!(refused(&[vec![1.0; 5]]).contains("5 weights for 6 columns"));
    assert!(refused(&[vec![0.0; 6]]).contains("zero"));
    assert!(fit.contrast(&[f64::NAN; 6], Freedom::Satterthwaite, 0.95).is_err());
}
