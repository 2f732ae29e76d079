//! Times to an event against R, published numbers and numbers worked out by hand.
#![allow(clippy::disallowed_methods, reason = "the standard library is what is compared with")]

use std::collections::BTreeMap;
use study::analysis::survival::cox::{Fit, Row, Ties, cox};
use study::analysis::survival::curve::{Curve, restricted_mean_difference};
use study::analysis::survival::log_rank::{LogRank, Member, log_rank};
use study::analysis::survival::{Scale, Seen, Unusable};

const EXPECTED: &str = include_str!("../../../tests/reference/survival/expected.csv");
const FREIREICH: &str = include_str!("../../../tests/reference/survival/freireich.csv");
const MADE: &str = include_str!("../../../tests/reference/survival/made.csv");

/// Rows of a data file: time, event, group, stratum and what follows.
fn data(text: &str) -> Vec<Vec<f64>> {
    text.lines().skip(2).map(|l| l.split(',').map(|f| f.parse().unwrap()).collect()).collect()
}

fn expected() -> BTreeMap<&'static str, Vec<f64>> {
    let value = |text: &str| if text == "NA" { f64::NAN } else { text.parse().unwrap() };
    EXPECTED
        .lines()
        .skip(2)
        .filter_map(|l| l.split_once(','))
        .map(|(k, v)| (k, v.split(' ').map(value).collect()))
        .collect()
}

/// Equal to a relative distance, and to an absolute one of its size near 0; both not a number is equal.
fn same(what: &str, found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len(), "{what}: {found:?}, R {expected:?}");
    for (f, e) in found.iter().zip(expected) {
        let near = (f - e).abs() <= relative * e.abs().max(1e-3);
        assert!(near || (f.is_nan() && e.is_nan()), "{what}: {found:?}, R {expected:?}");
    }
}

fn group(data: &[Vec<f64>], group: f64) -> Vec<Seen> {
    data.iter().filter(|r| r[2] == group).map(|r| Seen { time: r[0], event: r[1] == 1.0 }).collect()
}

#[test]
fn agrees_with_r_on_curves() {
    let expected = expected();
    let times = [0.5, 3.0, 6.0, 10.25, 22.0, 23.0];
    let mut seen = 0;
    for (name, text, groups, ends) in [("freireich", FREIREICH, 2, [10.0, 20.0]), ("made", MADE, 3, [6.0, 14.0])] {
        let data = data(text);
        for g in 0..groups {
            for (label, scale) in [("log-log", Scale::LogLog), ("plain", Scale::Plain)] {
                let curve = Curve::new(&group(&data, f64::from(g)), scale, 0.95).unwrap();
                let check = |what: &str, found: &[f64]| {
                    let key = format!("{name} {g} {label} {what}");
                    same(&key, found, &expected[key.as_str()], 1e-12);
                };
                let at: Vec<_> = times.iter().map(|t| curve.at(*t)).collect();
                check("survival", &at.iter().map(|i| i.estimate).collect::<Vec<f64>>());
                check("lower", &at.iter().map(|i| i.lower).collect::<Vec<f64>>());
                check("upper", &at.iter().map(|i| i.upper).collect::<Vec<f64>>());
                let error = |t: &f64| curve.points.iter().rev().find(|p| p.time <= *t).map_or(0.0, |p| p.error);
                check("error", &times.iter().map(error).collect::<Vec<f64>>());
                check("at_risk", &times.iter().map(|t| curve.at_risk(*t) as f64).collect::<Vec<f64>>());
                for share in [0.25, 0.5] {
                    let q = curve.quantile(share);
                    check(&format!("quantile_{share}"), &[q.estimate, q.lower, q.upper]);
                }
                for until in ends {
                    let (mean, error) = curve.restricted_mean(until).unwrap();
                    check(&format!("mean_{until}"), &[mean, error]);
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 10);
}

fn members(data: &[Vec<f64>], stratified: bool) -> Vec<Member> {
    let member = |r: &Vec<f64>| Member {
        time: r[0],
        event: r[1] == 1.0,
        group: r[2] as usize,
        stratum: if stratified { r[3] as usize } else { 0 },
    };
    data.iter().map(member).collect()
}

fn check_ranks(label: &str, found: &LogRank) {
    let expected = expected();
    let check = |what: &str, values: &[f64]| {
        let key = format!("{label} {what}");
        same(&key, values, &expected[key.as_str()], 1e-11);
    };
    check("test", &[found.test.statistic, found.test.p]);
    check("observed", &found.groups.iter().map(|g| g.observed).collect::<Vec<f64>>());
    check("expected", &found.groups.iter().map(|g| g.expected).collect::<Vec<f64>>());
    let count = found.groups.len();
    let all: Vec<f64> = (0..count).flat_map(|i| found.variance.row(i).to_vec()).collect();
    check("variance", &all);
}

#[test]
fn agrees_with_r_on_log_rank_tests() {
    check_ranks("freireich log_rank", &log_rank(&members(&data(FREIREICH), false)).unwrap());
    check_ranks("made log_rank", &log_rank(&members(&data(MADE), false)).unwrap());
    check_ranks("made log_rank_stratified", &log_rank(&members(&data(MADE), true)).unwrap());
}

fn rows(data: &[Vec<f64>], covariates: impl Fn(&[f64]) -> Vec<f64>, stratified: bool) -> Vec<Row> {
    let row = |r: &Vec<f64>| Row {
        time: r[0],
        event: r[1] == 1.0,
        stratum: if stratified { r[3] as usize } else { 0 },
        covariates: covariates(r),
    };
    data.iter().map(row).collect()
}

fn dummies(r: &[f64]) -> Vec<f64> {
    vec![f64::from(u8::from(r[2] == 1.0)), f64::from(u8::from(r[2] == 2.0)), r[4], r[5]]
}

fn check_cox(label: &str, fit: &Fit) {
    let expected = expected();
    let check = |what: &str, values: &[f64]| {
        let key = format!("{label} {what}");
        same(&key, values, &expected[key.as_str()], 1e-9);
    };
    check("coefficients", &fit.coefficients.iter().map(|c| c.estimate).collect::<Vec<f64>>());
    let count = fit.names.len();
    check("covariance", &(0..count).flat_map(|i| fit.covariance.row(i).to_vec()).collect::<Vec<f64>>());
    check("log_likelihood", &[fit.log_likelihood.0, fit.log_likelihood.1]);
    check("tests", &[fit.score.statistic, fit.wald.statistic, fit.ratio.statistic]);
    check("p", &[fit.score.p, fit.wald.p, fit.ratio.p]);
    let ratios = (0..count).map(|k| fit.hazard_ratio(k)).flat_map(|i| [i.estimate, i.lower, i.upper]);
    check("hazard_ratios", &ratios.collect::<Vec<f64>>());
    assert!(fit.steps < 10, "{} steps", fit.steps);
}

#[test]
fn agrees_with_r_on_hazard_ratios() {
    let (freireich, made) = (data(FREIREICH), data(MADE));
    let names = ["one", "two", "age", "score"];
    for (ties, label) in [(Ties::Efron, "efron"), (Ties::Breslow, "breslow")] {
        let one = rows(&freireich, |r| vec![r[2]], false);
        check_cox(&format!("freireich cox {label}"), &cox(&one, &["drug"], ties, 0.95).unwrap());
        check_cox(&format!("made cox {label}"), &cox(&rows(&made, dummies, false), &names, ties, 0.95).unwrap());
        let within = cox(&rows(&made, dummies, true), &names, ties, 0.95).unwrap();
        check_cox(&format!("made cox_stratified {label}"), &within);
    }
}

/// Weeks in remission of acute leukaemia: the log-rank statistic is 16.79, the Efron coefficient 1.57 (hazard ratio
/// 4.82 for placebo), the Breslow coefficient 1.509, the median 23 weeks against 8.
///
/// Sources: Freireich et al. 1963, Blood 21:699; Kleinbaum & Klein 2012, Survival Analysis, chapters 2 and 3; the Efron
/// coefficient from the R package survival.
#[test]
fn agrees_with_printed_numbers_of_the_leukaemia_trial() {
    let freireich = data(FREIREICH);
    let test = log_rank(&members(&freireich, false)).unwrap();
    assert!((test.test.statistic - 16.79).abs() < 5e-3);
    assert!((test.groups[0].expected - 10.75).abs() < 5e-3 && (test.groups[1].expected - 19.25).abs() < 5e-3);
    assert!(test.score(0) > 4.0 && (test.score(0) + test.score(1)).abs() < 1e-12);
    let one = rows(&freireich, |r| vec![1.0 - r[2]], false);
    let fit = cox(&one, &["placebo"], Ties::Efron, 0.95).unwrap();
    assert!((fit.coefficients[0].estimate - 1.572).abs() < 5e-4 && (fit.hazard_ratio(0).estimate - 4.82).abs() < 5e-3);
    let fit = cox(&one, &["placebo"], Ties::Breslow, 0.95).unwrap();
    assert!((fit.coefficients[0].estimate - 1.509).abs() < 5e-4);
    let median = |g: f64| Curve::new(&group(&freireich, g), Scale::LogLog, 0.95).unwrap().median().estimate;
    assert_eq!((median(1.0), median(0.0)), (23.0, 8.0));
}

/// Under the drug 18 of 21 stay beyond 6 weeks, then 16 of 17 beyond 7 and 14 of 15 beyond 10; Greenwood's sum is
/// 3/(21 18) + 1/(17 16) + 1/(15 14).
#[test]
fn agrees_with_a_curve_worked_out_by_hand() {
    let curve = Curve::new(&group(&data(FREIREICH), 1.0), Scale::Plain, 0.95).unwrap();
    let at = |time: f64| *curve.points.iter().find(|p| p.time == time).unwrap();
    assert!((at(6.0).survival - 18.0 / 21.0).abs() < 1e-15);
    let survival = 18.0 / 21.0 * 16.0 / 17.0 * 14.0 / 15.0;
    assert!((at(10.0).survival - survival).abs() < 1e-15);
    let sum: f64 = 3.0 / (21.0 * 18.0) + 1.0 / (17.0 * 16.0) + 1.0 / (15.0 * 14.0);
    assert!((at(10.0).error - survival * sum.sqrt()).abs() < 1e-15);
    assert_eq!((at(10.0).at_risk, at(10.0).events, at(10.0).censored), (15, 1, 1));
}

/// Without censoring the restricted mean is the mean of times cut at its end, and the curve is the share still going.
#[test]
fn agrees_with_a_plain_mean_without_censoring() {
    let times = [1.0, 2.0, 2.0, 4.0, 7.0, 11.0];
    let people: Vec<Seen> = times.iter().map(|t| Seen { time: *t, event: true }).collect();
    let curve = Curve::new(&people, Scale::LogLog, 0.95).unwrap();
    let (mean, error) = curve.restricted_mean(6.0).unwrap();
    let cut: Vec<f64> = times.iter().map(|t| t.min(6.0)).collect();
    let plain = cut.iter().sum::<f64>() / 6.0;
    let variance = cut.iter().map(|t| (t - plain) * (t - plain)).sum::<f64>() / 36.0;
    assert!((mean - plain).abs() < 1e-14 && (error - variance.sqrt()).abs() < 1e-14, "{mean} {error}");
    assert!((curve.restricted_mean(20.0).unwrap().0 - 27.0 / 6.0).abs() < 1e-14);
    // Half have had the event between 2 and 4: the curve is flat at one half, so the median is the middle.
    assert_eq!(curve.median().estimate, 3.0);
    let difference = restricted_mean_difference(&curve, &curve, 6.0).unwrap();
    assert!(difference.estimate == 0.0 && (difference.error - error * 2.0_f64.sqrt()).abs() < 1e-14);
}

/// Without ties the score test of one group against another is the log-rank test.
#[test]
fn agrees_that_the_score_test_is_the_log_rank_test() {
    let data: Vec<Vec<f64>> = (0..40)
        .map(|i| {
            let i = f64::from(i);
            vec![
                1.0 + i * 1.7 + (i * 12.9898).sin(),
                f64::from(u8::from(i % 3.0 > 0.0)),
                i % 2.0,
                (i / 2.0).floor() % 2.0,
            ]
        })
        .collect();
    let ranks = log_rank(&members(&data, true)).unwrap();
    let fit = cox(&rows(&data, |r| vec![r[2]], true), &["group"], Ties::Breslow, 0.95).unwrap();
    assert!((fit.score.statistic - ranks.test.statistic).abs() < 1e-10);
    // Ties are absent, so both ways of counting them are one.
    assert_eq!(
        fit.coefficients,
        cox(&rows(&data, |r| vec![r[2]], true), &["group"], Ties::Efron, 0.95).unwrap().coefficients
    );
}

/// Other units of a covariate change its coefficient by their ratio and nothing else.
#[test]
fn agrees_in_any_unit_of_a_covariate() {
    let made = data(MADE);
    let names = ["group", "age"];
    let years = cox(&rows(&made, |r| vec![r[2], r[4]], false), &names, Ties::Efron, 0.95).unwrap();
    let seconds = cox(&rows(&made, |r| vec![r[2], r[4] * 3.15e7 + 1e9], false), &names, Ties::Efron, 0.95).unwrap();
    let scaled = seconds.coefficients[1].estimate * 3.15e7;
    assert!((scaled / years.coefficients[1].estimate - 1.0).abs() < 1e-7, "{scaled}");
    assert!((seconds.coefficients[1].p - years.coefficients[1].p).abs() < 1e-8);
    assert!((seconds.coefficients[0].estimate - years.coefficients[0].estimate).abs() < 1e-8);
}

fn simple(times: &[(f64, bool, f64, f64)]) -> Vec<Row> {
    let row = |r: &(f64, bool, f64, f64)| Row { time: r.0, event: r.1, stratum: 0, covariates: vec![r.2, r.3] };
    times.iter().map(row).collect()
}

#[test]
fn rejects_a_likelihood_without_end() {
    // Only the second group has events, and the other covariate tells nothing much.
    let rows = simple(&[
        (1.0, true, 1.0, 0.3),
        (2.0, false, 0.0, 0.9),
        (3.0, true, 1.0, 0.8),
        (4.0, true, 1.0, 0.1),
        (5.0, false, 0.0, 0.2),
        (6.0, false, 0.0, 0.7),
        (7.0, false, 1.0, 0.6),
    ]);
    for ties in [Ties::Efron, Ties::Breslow] {
        let refused = cox(&rows, &["arm", "share"], ties, 0.95).unwrap_err();
        assert_eq!(refused, Unusable::Infinite { covariates: vec!["arm".into()] });
        assert!(refused.to_string().contains("`arm`"), "{refused}");
    }
    // The larger the share the sooner the event, without exception.
    let ordered: Vec<Row> = (0..8)
        .map(|i| Row { time: f64::from(i), event: true, stratum: 0, covariates: vec![10.0 - f64::from(i * i) / 7.0] })
        .collect();
    assert_eq!(
        cox(&ordered, &["share"], Ties::Efron, 0.95),
        Err(Unusable::Infinite { covariates: vec!["share".into()] })
    );
    // One person out of order makes it finite again.
    let mut finite = ordered;
    finite[3].covariates[0] = 0.0;
    assert!(cox(&finite, &["share"], Ties::Efron, 0.95).is_ok());
}

#[test]
fn rejects_what_cannot_be_compared() {
    let made = data(MADE);
    let twice = cox(&rows(&made, |r| vec![r[4], 3.0 - 2.0 * r[4]], false), &["age", "again"], Ties::Efron, 0.95);
    assert_eq!(twice, Err(Unusable::Dependent { covariate: "again".into() }));
    let constant = cox(&rows(&made, |_| vec![2.0], false), &["same"], Ties::Efron, 0.95);
    assert_eq!(constant, Err(Unusable::Dependent { covariate: "same".into() }));
    let none: Vec<Vec<f64>> = made.iter().map(|r| vec![r[0], 0.0, r[2], r[3], r[4]]).collect();
    assert_eq!(cox(&rows(&none, |r| vec![r[4]], false), &["age"], Ties::Efron, 0.95), Err(Unusable::NoEvents));
    assert_eq!(log_rank(&members(&none, false)), Err(Unusable::NoEvents));
    let one: Vec<Vec<f64>> = made.iter().filter(|r| r[2] == 0.0).cloned().collect();
    assert_eq!(log_rank(&members(&one, false)), Err(Unusable::OneGroup));
    assert_eq!(log_rank(&[]), Err(Unusable::Nobody));
    let wrong = [Seen { time: 1.0, event: true }, Seen { time: f64::NAN, event: true }];
    assert!(matches!(Curve::new(&wrong, Scale::Plain, 0.95), Err(Unusable::NotATime { place: 1, .. })));
    let missing =
        cox(&rows(&made, |r| vec![if r[4] > 60.0 { f64::NAN } else { r[4] }], false), &["age"], Ties::Efron, 0.95);
    assert!(matches!(missing, Err(Unusable::NotANumber { .. })));
    let curve = Curve::new(&group(&data(FREIREICH), 1.0), Scale::Plain, 0.95).unwrap();
    assert_eq!(curve.restricted_mean(40.0), Err(Unusable::TooFar { until: 40.0, last: 35.0 }));
}

/// Whether there is a direction of two covariates in which the likelihood grows for ever, by trying them all: the answer
/// changes only at right angles to a difference of two people, so those and what lies between them are enough.
fn is_endless(rows: &[Row]) -> bool {
    let pairs: Vec<(f64, f64)> = rows
        .iter()
        .filter(|r| r.event)
        .flat_map(|r| rows.iter().filter(|o| o.time >= r.time).map(move |o| (&r.covariates, &o.covariates)))
        .map(|(x, y)| (x[0] - y[0], x[1] - y[1]))
        .collect();
    let mut angles: Vec<f64> = pairs
        .iter()
        .filter(|(a, b)| *a != 0.0 || *b != 0.0)
        .flat_map(|(a, b)| {
            let normal = a.atan2(-b);
            [normal, normal + std::f64::consts::PI].map(|x| x.rem_euclid(2.0 * std::f64::consts::PI))
        })
        .collect();
    angles.sort_by(f64::total_cmp);
    angles.dedup_by(|a, b| (*a - *b).abs() < 1e-9);
    let between: Vec<f64> = angles.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
    angles.iter().chain(&between).any(|angle| {
        let gains: Vec<f64> = pairs.iter().map(|(a, b)| a * angle.cos() + b * angle.sin()).collect();
        gains.iter().all(|g| *g > -1e-9) && gains.iter().any(|g| *g > 1e-9)
    })
}

/// Small groups with few values of the covariates, many of which have no finite estimate.
#[test]
fn agrees_with_a_search_of_all_directions() {
    let (mut endless, mut finite) = (0, 0);
    for k in 0..600_u32 {
        let at = |i: u32, step: f64| (f64::from(k * 9 + i) * step + 0.37).fract();
        let rows: Vec<Row> = (0..6)
            .map(|i| Row {
                time: (1.0 + 6.0 * at(i, 0.618_034)).floor(),
                event: at(i, 0.414_214) < 0.7,
                stratum: 0,
                covariates: vec![(3.0 * at(i, 0.732_051)).floor(), (4.0 * at(i, 0.236_068)).floor()],
            })
            .collect();
        match cox(&rows, &["one", "two"], if k % 2 == 0 { Ties::Efron } else { Ties::Breslow }, 0.95) {
            Err(Unusable::Infinite { .. }) => {
                assert!(is_endless(&rows), "{rows:?}");
                endless += 1;
            }
            Ok(fit) => {
                assert!(!is_endless(&rows), "{rows:?} {fit:?}");
                finite += 1;
            }
            Err(Unusable::Dependent { .. } | Unusable::NoEvents) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(endless > 50 && finite > 50, "{endless} {finite}");
}
