//! Against SAS PROC MIXED.

use crate::{ARMS, VISITS, less, lung, table};
use std::collections::BTreeMap;
use study::analysis::Estimate;
use study::analysis::matrix::Matrix;
use study::analysis::mmrm::covariance::triangle;
use study::analysis::mmrm::likelihood::{derivatives, point};
use study::analysis::mmrm::sums::Sums;
use study::analysis::mmrm::{Covariance, Data, Fit, Freedom, Information, Parameter, Structure, fit, search};

const UNSTRUCTURED: &str = include_str!("../../../../tests/reference/mmrm/sas_unstructured.csv");
const OTHER: &str = include_str!("../../../../tests/reference/mmrm/sas_other.csv");

/// Asks for a value to be the printed one: half a unit of the last printed figure. Nothing printed asks nothing.
fn printed(value: f64, text: &str, place: &str) {
    if text.is_empty() {
        return;
    }
    let decimals = text.split_once('.').map_or(0, |(_, d)| d.len());
    let within = (0..decimals).fold(0.5 * (1.0 + 1e-6), |x, _| x / 10.0);
    let expected: f64 = text.parse().unwrap();
    assert!((value - expected).abs() <= within, "{place}: {value} for a printed {text}");
}

fn printed_estimate(estimate: &Estimate, row: &BTreeMap<String, String>) {
    let place = |name: &str| format!("{} {name}", row["row"]);
    printed(estimate.estimate, &row["estimate"], &place("estimate"));
    printed(estimate.error, &row["error"], &place("error"));
    printed(estimate.df.unwrap(), &row["df"], &place("df"));
    printed(estimate.statistic, &row["statistic"], &place("statistic"));
    if let (Some(lower), Some(upper)) = (row.get("lower"), row.get("upper")) {
        printed(estimate.lower, lower, &place("lower"));
        printed(estimate.upper, upper, &place("upper"));
    }
}

/// The model where SAS stopped. SAS begins an unstructured covariance at MIVQUE0, which is one scoring step from equal
/// variances, takes Newton steps and stops where its criterion is below 1e-8: in the fifth figure its parameters are not
/// yet those of the largest likelihood. Each step is held against the printed history.
fn stopped(data: &Data, covariance: &Covariance, history: &[String]) -> Fit {
    let structure = covariance.structure;
    let sums = Sums::new(data, covariance).unwrap();
    let own = triangle(data.visits.len()).map(|(a, b)| if a == b { 1.0 } else { 0.0 });
    let equal = own.collect::<Vec<f64>>().repeat(covariance.count());
    let moved = |from: &[f64], gradient: &[f64], second: &Matrix| -> Vec<f64> {
        less(from, &second.cholesky(0.0).unwrap().solve(gradient))
    };
    let first = point(&sums, structure, &equal).unwrap();
    printed(first.objective, &history[0], "iteration 0");
    let slope = derivatives(&sums, structure, &first);
    let mut at = moved(&equal, &slope.gradient, &slope.expected);
    for (i, text) in history.iter().enumerate().skip(1) {
        let slope = derivatives(&sums, structure, &point(&sums, structure, &at).unwrap());
        at = moved(&at, &slope.gradient, &slope.observed);
        printed(point(&sums, structure, &at).unwrap().objective, text, &format!("iteration {i}"));
    }
    Fit::new(data, structure, &sums, search::at(&sums, structure, &at).unwrap()).unwrap()
}

/// The model at given parameters of the covariance.
fn at(data: &Data, covariance: &Covariance, parameters: &[f64]) -> Fit {
    let structure = covariance.structure;
    let sums = Sums::new(data, covariance).unwrap();
    let powers = structure.powers(data.visits.len());
    let own = parameters.iter().zip(powers.iter().cycle());
    let own: Vec<f64> = own.map(|(x, power)| if *power == 0.0 { *x } else { x / (sums.unit * sums.unit) }).collect();
    Fit::new(data, structure, &sums, search::at(&sums, structure, &own).unwrap()).unwrap()
}

fn history<'a>(rows: impl Iterator<Item = &'a BTreeMap<String, String>>) -> Vec<String> {
    rows.filter(|row| row["table"] == "iteration").map(|row| row["estimate"].clone()).collect()
}

/// Weights of the least-squares mean of a visit and an arm in the `full` design: races and sexes count alike.
fn mean(visits: [&str; 4], visit: &str, arm: &str) -> Vec<f64> {
    let treated = if arm == "TRT" { 1.0 } else { 0.0 };
    let at = visits.iter().position(|v| *v == visit).unwrap();
    let mut l = vec![1.0, treated, 1.0 / 3.0, 1.0 / 3.0, 0.5];
    l.extend([1, 2, 3].map(|v| if at == v { 1.0 } else { 0.0 }));
    l.extend([1, 2, 3].map(|v| if at == v { treated } else { 0.0 }));
    l
}

/// The SAS run orders its visits `VIS2 VIS3 VIS4 VIS1`; the reference visit is the last.
#[test]
fn agrees_with_sas_on_an_unstructured_covariance() {
    const SAS_VISITS: [&str; 4] = ["VIS2", "VIS3", "VIS4", "VIS1"];
    let (data, _) = lung("full", VISITS);
    let rows = table(UNSTRUCTURED);
    let fit = stopped(&data, &Covariance::shared(Structure::Unstructured), &history(rows.iter()));
    let contrast = |l: &[f64]| fit.contrast(l, Freedom::Satterthwaite, 0.95).unwrap();
    let unit = |j: usize| -> Vec<f64> { (0..11).map(|k| if k == j { 1.0 } else { 0.0 }).collect() };
    let of = |name: &str| -> Vec<f64> {
        let (visit, arm) = name.split_once(' ').unwrap();
        mean(VISITS, visit, arm)
    };
    assert_eq!(rows.len(), 68);
    for row in rows {
        match (row["table"].as_str(), row["row"].as_str()) {
            ("iteration", _) => {}
            ("fit", "aic") => printed(fit.aic, &row["estimate"], "aic"),
            ("fit", "aicc") => printed(fit.aicc, &row["estimate"], "aicc"),
            ("fit", "bic") => printed(fit.bic, &row["estimate"], "bic"),
            ("covariance", name) => {
                let at: Vec<usize> = [3, 5]
                    .map(|k| name[k..k + 1].parse::<usize>().unwrap() - 1)
                    .map(|k| VISITS.iter().position(|v| *v == SAS_VISITS[k]).unwrap())
                    .into();
                printed(fit.sigma[0][(at[0], at[1])], &row["estimate"], name);
                if at[0] != at[1] {
                    // The interval is Wald's for a covariance, and Satterthwaite's for a variance.
                    let name = format!("UN({},{})", at[0].max(at[1]) + 1, at[0].min(at[1]) + 1);
                    let parameter = fit.parameters.iter().find(|p| p.name == name).unwrap();
                    let wald = Estimate::new(parameter.estimate, parameter.error, None, 0.95);
                    printed(wald.lower, &row["lower"], &name);
                    printed(wald.upper, &row["upper"], &name);
                }
            }
            ("fixed", name) => {
                let name = (2..=4).fold(name.to_string(), |n, v| n.replace(&format!("VIS{v}"), &v.to_string()));
                let j = fit.columns.iter().position(|c| *c == name).unwrap();
                assert_eq!(fit.coefficients[j], contrast(&unit(j)).estimate);
                printed_estimate(&contrast(&unit(j)), &row);
            }
            ("mean", name) => printed_estimate(&contrast(&of(name)), &row),
            ("difference", name) => {
                let (a, b) = name.split_once(" - ").unwrap();
                printed_estimate(&contrast(&less(&of(a), &of(b))), &row);
            }
            ("type3", name) => {
                let by_visit = |f: &dyn Fn(&str) -> Vec<f64>| -> Vec<Vec<f64>> {
                    VISITS[1..].iter().map(|v| less(&f(v), &f(VISITS[0]))).collect()
                };
                let arms = |v: &str| less(&mean(VISITS, v, "TRT"), &mean(VISITS, v, "PBO"));
                let both = |v: &str| -> Vec<f64> {
                    mean(VISITS, v, "TRT").iter().zip(mean(VISITS, v, "PBO")).map(|(a, b)| 0.5 * (a + b)).collect()
                };
                let rows = match name {
                    "ARMCD" => vec![(0..11).map(|j| VISITS.iter().map(|v| 0.25 * arms(v)[j]).sum()).collect()],
                    "AVISIT" => by_visit(&both),
                    "AVISIT*ARMCD" => by_visit(&arms),
                    "RACE" => vec![unit(2), unit(3)],
                    _ => vec![unit(4)],
                };
                let test = fit.test(&rows, Freedom::Satterthwaite).unwrap();
                printed(test.df1, &row["estimate"], name);
                printed(test.df2, &row["df"], name);
                printed(test.f, &row["statistic"], name);
            }
            other => panic!("unknown row {other:?}"),
        }
    }
}

/// SAS stops a little before the end. Of an unstructured covariance its steps are taken again; of the others everything
/// is computed at the printed parameters, where -2 restricted log-likelihood must be the printed one.
#[test]
fn agrees_with_sas_on_other_structures() {
    let rows = table(OTHER);
    let mut runs: BTreeMap<[&str; 3], Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    for row in &rows {
        runs.entry(["model", "structure", "groups"].map(|name| row[name].as_str())).or_default().push(row);
    }
    assert_eq!(runs.len(), 8);
    for ([model, structure, groups], rows) in runs {
        let (data, arms) = lung(model, VISITS);
        let structure = match structure {
            "unstructured" => Structure::Unstructured,
            "autoregressive" => Structure::Autoregressive,
            _ => Structure::CompoundSymmetry,
        };
        let covariance = Covariance { structure, groups: if groups == "2" { Some(arms) } else { None } };
        let best = fit(&data, &covariance).unwrap();
        let of = |table: &str| rows.iter().filter(|row| row["table"] == table).collect::<Vec<_>>();
        let parameter = |p: &Parameter| -> f64 {
            let name = p.name.replace(',', ".");
            let name = if groups == "2" { format!("{} {name}", ARMS[p.group]) } else { name };
            of("covariance").iter().find(|row| row["row"] == name).unwrap()["estimate"].parse().unwrap()
        };
        let history = history(rows.iter().copied());
        let fit = if history.is_empty() {
            at(&data, &covariance, &best.parameters.iter().map(parameter).collect::<Vec<_>>())
        } else {
            stopped(&data, &covariance, &history)
        };
        for found in &fit.parameters {
            assert!((found.estimate - parameter(found)).abs() <= 5e-5 * found.estimate.abs().max(1.0), "{found:?}");
        }
        for row in of("fit") {
            match row["row"].as_str() {
                "aicc" => printed(fit.aicc, &row["estimate"], model),
                "bic" => printed(fit.bic, &row["estimate"], model),
                _ => {
                    let sas: f64 = row["estimate"].parse().unwrap();
                    // Parameters printed to four figures raise it by up to this: the square of rounding over standard error.
                    assert!((fit.deviance - sas).abs() < 5e-6, "{structure:?}: {} for {sas}", fit.deviance);
                    // The smallest value lies below, by no more than the criterion of SAS as a share of it.
                    assert!((-1e-8..1e-8 * sas).contains(&(sas - best.deviance)), "{} for {sas}", best.deviance);
                }
            }
        }
        for row in of("contrast") {
            let freedom = match row["freedom"].as_str() {
                "satterthwaite" => Freedom::Satterthwaite,
                _ => Freedom::KenwardRoger(Information::Observed),
            };
            let l: &[f64] = match row["row"].as_str() {
                "TRT" => &[1.0, 1.0],
                "PBO" => &[1.0, 0.0],
                "TRT - PBO" => &[0.0, 1.0],
                _ => &[1.0],
            };
            let mut estimate = fit.contrast(l, freedom, 0.95).unwrap();
            if history.is_empty() {
                // A correlation printed as 0.3693 and a variance as 100.79 move a standard error by up to 5e-5 of it.
                for (value, name, unit) in
                    [(&mut estimate.error, "error", 5e-5), (&mut estimate.statistic, "statistic", 5e-3)]
                {
                    let sas: f64 = row[name].parse().unwrap();
                    assert!((*value - sas).abs() < unit + 5e-5 * sas, "{model} {structure:?}: {value} for {sas}");
                    *value = sas;
                }
            }
            printed_estimate(&estimate, row);
        }
    }
}
