//! Concentrations. Table with all misses: `docs/reference/pharmacokinetics.md`.

use resynapse::atlas::Atlas;
use resynapse_tests::pk::{Curve, curves, figures};

fn median_error(all: &[Curve], name: &str) -> f64 {
    let curve = all.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no curve {name}"));
    assert!(curve.points.len() >= 8, "{name} has lost its points");
    curve.error_quantile(0.5)
}

/// Kamp 2020 (arterial, digitised) and Otto 2021 (venous, digitised): median absolute error at most 10 %.
#[test]
fn validates_kamp2020_otto2021_calibration_curves() {
    let all = curves(&Atlas::embedded());
    for name in
        ["kamp S_K_esk", "kamp S_K_rac", "kamp R_K_rac", "kamp S_NK_esk", "kamp S_NK_rac", "kamp R_NK_rac", "otto S_K"]
    {
        let error = median_error(&all, name);
        assert!(error <= 0.10, "{name}: median absolute error {:.1} %", 100.0 * error);
    }
}

/// Perez-Ruixo 2021: nasal esketamine 28 mg, venous; within 5 %.
#[test]
fn validates_perezruixo2021_nasal_exposure() {
    for figure in figures(&Atlas::embedded())
        .iter()
        .filter(|f| f.title.contains("28 mg, Cmax") || f.title.contains("28 mg, AUC24"))
    {
        let ratio = figure.predicted / figure.observed;
        assert!((ratio - 1.0).abs() <= 0.05, "{}: {} for {}", figure.title, figure.predicted, figure.observed);
    }
}

/// Known misses, shown as such: hydroxynorketamine after Kamp's racemate is off in shape, late samples of Hasan after
/// the infusion and Persson's venous R-ketamine by more than 10 %. If one of these comes right, say so in the docs.
#[test]
fn regresses_known_misses_hnk_kamp2020_late_hasan2021_venous_persson2002() {
    let atlas = Atlas::embedded();
    let all = curves(&atlas);
    for name in ["kamp HNK_total_rac", "hasan S_K after 0.5 h", "hasan R_K after 0.5 h"] {
        let error = median_error(&all, name);
        assert!(error > 0.10 && error < 0.40, "{name}: median absolute error {:.1} %", 100.0 * error);
    }
    let persson = figures(&atlas).into_iter().find(|f| f.title.contains("R-ketamine, venous")).expect("the row");
    let ratio = persson.predicted / persson.observed;
    assert!((0.7..0.9).contains(&ratio), "venous R-ketamine {ratio}");
}

/// The kept fitting script and the engine are two programs for the same equations.
#[test]
fn agrees_with_the_fitting_script() {
    let text = atlas::FILES.iter().find(|(p, _)| p.ends_with("fits/pk_fit_errors.csv")).expect("the script's table").1;
    let mut compared = 0;
    let all = curves(&Atlas::embedded());
    for line in text.lines().skip(1) {
        let f: Vec<&str> = line.split(',').collect();
        let number = |i: usize| f[i].parse::<f64>().expect("a number");
        let Some(curve) = all.iter().find(|c| c.name == f[0]) else { continue };
        let Some((_, _, predicted)) = curve.points.iter().find(|(t, ..)| (t - number(1)).abs() < 1e-9) else {
            continue;
        };
        // The table is printed with five digits.
        let relative = (predicted / number(3) - 1.0).abs();
        assert!(relative < 1e-4, "{} at {} h: {predicted} for {}", f[0], f[1], f[3]);
        compared += 1;
    }
    assert!(compared > 100, "only {compared} rows compared");
}
