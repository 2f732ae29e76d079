//! Predicted over observed concentrations: the calibration table of `docs/reference/pharmacokinetics.md` and the
//! `validates_` tests read the same figures.

use crate::course::{Subject, area, domain};
use resynapse::atlas::Atlas;
use resynapse::patient::Patient;
use std::collections::BTreeMap;

/// Observed points of one curve with the model's values.
#[derive(Clone, Debug)]
pub struct Curve {
    /// `kamp S_K_esk`, as in `atlas/evidence/fits/pk_fit_errors.csv`.
    pub name: String,
    /// What it is, in words.
    pub title: String,
    /// (hours, observed, predicted), umol/L.
    pub points: Vec<(f64, f64, f64)>,
}

impl Curve {
    /// Absolute relative errors, sorted.
    pub fn errors(&self) -> Vec<f64> {
        let mut errors: Vec<f64> = self.points.iter().map(|(_, o, p)| (p / o - 1.0).abs()).collect();
        errors.sort_by(f64::total_cmp);
        errors
    }
    /// The quantile `q` of the absolute relative errors, linear between order statistics.
    pub fn error_quantile(&self, q: f64) -> f64 {
        let errors = self.errors();
        let at = q * (errors.len() - 1) as f64;
        let (low, high) = (errors[at.floor() as usize], errors[at.ceil() as usize]);
        low + (high - low) * at.fract()
    }
    /// Mean relative error.
    pub fn bias(&self) -> f64 {
        self.points.iter().map(|(_, o, p)| p / o - 1.0).sum::<f64>() / self.points.len() as f64
    }
}

/// One number against its observation.
#[derive(Clone, Debug)]
pub struct Figure {
    /// What it is.
    pub title: String,
    /// Unit of both.
    pub unit: &'static str,
    /// Observed, or printed in the publication.
    pub observed: f64,
    /// The model's value.
    pub predicted: f64,
    /// Whether the fit aimed at it.
    pub fitted: bool,
}

/// A table of `atlas/evidence/observations` without its comment lines: header → column.
fn table(path: &str) -> Vec<BTreeMap<String, String>> {
    let text = atlas::FILES.iter().find(|(p, _)| *p == path).map(|(_, t)| *t).unwrap_or_default();
    let mut lines = text.lines().filter(|l| !l.starts_with('#'));
    let header: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    lines.map(|l| header.iter().map(|h| h.to_string()).zip(l.split(',').map(String::from)).collect()).collect()
}

fn column(rows: &[BTreeMap<String, String>], name: &str) -> Vec<f64> {
    rows.iter().map(|r| r[name].parse().unwrap_or(f64::NAN)).collect()
}

fn patient(weight_kg: f64) -> Patient {
    let mut patient = Patient::default();
    patient.overrides.insert("person.weight".into(), weight_kg);
    patient
}

const KAMP: &str = "evidence/observations/kamp2020/arterial_three_steps.csv";
const OTTO: &str = "evidence/observations/otto2021/venous_10mg_30min.csv";
const HASAN: &str = "evidence/observations/hasan2021/venous_5mg_30min.csv";

fn curve(name: &str, title: &str, times: &[f64], observed: &[f64], predicted: &[f64]) -> Curve {
    let points = times.iter().zip(observed).zip(predicted).map(|((t, o), p)| (*t, *o, *p));
    // A zero observation has no relative error.
    Curve { name: name.into(), title: title.into(), points: points.filter(|(_, o, _)| *o > 0.0).collect() }
}

/// All curves with a published time course.
pub fn curves(atlas: &Atlas) -> Vec<Curve> {
    let modules = || domain(atlas, "disposition");
    let mut out = Vec::new();
    let rows = table(KAMP);
    let times = column(&rows, "time_h");
    let ports = [
        "plasma.arterial.ketamine_s",
        "plasma.arterial.ketamine_r",
        "plasma.arterial.norketamine_s",
        "plasma.arterial.norketamine_r",
        "plasma.hnk_s",
        "plasma.hnk_r",
    ];
    let kamp = Subject::new(atlas, modules(), &patient(70.0), &ports);
    let steps = |drug: &str, rates: [&str; 3]| rates.map(|r| format!("{drug} {r} mg/kg/h iv over 1 h")).join(" then ");
    let esk = kamp.follow(&steps("esketamine", ["0.14", "0.28", "0.57"]), &times);
    let rac = kamp.follow(&steps("ketamine", ["0.28", "0.57", "1.14"]), &times);
    let hnk: Vec<f64> = rac[4].iter().zip(&rac[5]).map(|(a, b)| a + b).collect();
    for (name, title, predicted) in [
        ("S_K_esk", "S-ketamine after esketamine", &esk[0]),
        ("S_K_rac", "S-ketamine after racemate", &rac[0]),
        ("R_K_rac", "R-ketamine after racemate", &rac[1]),
        ("S_NK_esk", "S-norketamine after esketamine", &esk[2]),
        ("S_NK_rac", "S-norketamine after racemate", &rac[2]),
        ("R_NK_rac", "R-norketamine after racemate", &rac[3]),
        ("HNK_total_rac", "hydroxynorketamine after racemate (not fitted)", &hnk),
    ] {
        let title = format!("Kamp 2020, arterial, {title}");
        out.push(curve(&format!("kamp {name}"), &title, &times, &column(&rows, name), predicted));
    }
    let ng_ml = |port: &str, id: &str| {
        // umol/L per ng/mL of the substance.
        let row = atlas.library.ledger.rows_of(id).next().unwrap_or_else(|| panic!("no {id} for {port}"));
        1.0 / row.value
    };
    let ketamine = ng_ml("ketamine", "ketamine.molecular_weight");
    let norketamine = ng_ml("norketamine", "norketamine.molecular_weight");
    let rows = table(OTTO);
    let times = column(&rows, "time_h");
    let venous = ["plasma.venous.ketamine_s", "plasma.venous.norketamine_s", "plasma.venous.ketamine_r"];
    let otto = Subject::new(atlas, modules(), &patient(68.0), &venous);
    let predicted = otto.follow("esketamine 10 mg iv over 30 min", &times);
    for (name, key, title, per_ng, k) in [
        ("otto S_K", "S_ketamine", "S-ketamine", ketamine, 0),
        ("otto S_NK", "S_norketamine", "S-norketamine", norketamine, 1),
    ] {
        let observed: Vec<f64> = column(&rows, key).iter().map(|x| x * per_ng).collect();
        out.push(curve(name, &format!("Otto 2021, venous, {title}"), &times, &observed, &predicted[k]));
    }
    let rows: Vec<_> = table(HASAN).into_iter().filter(|r| r["time_h"].parse::<f64>().unwrap_or(0.0) > 0.5).collect();
    let times = column(&rows, "time_h");
    let hasan = Subject::new(atlas, modules(), &patient(70.0), &venous);
    let predicted = hasan.follow("ketamine 5 mg iv over 30 min", &times);
    for (name, key, title, k) in [
        ("hasan S_K after 0.5 h", "S_ketamine", "S-ketamine", 0),
        ("hasan R_K after 0.5 h", "R_ketamine", "R-ketamine", 2),
    ] {
        let observed: Vec<f64> = column(&rows, key).iter().map(|x| x * ketamine).collect();
        out.push(curve(
            name,
            &format!("Hasan 2021, venous, {title} after the infusion"),
            &times,
            &observed,
            &predicted[k],
        ));
    }
    out
}

/// Single figures: nasal exposure, arterial and venous pairs, maxima.
pub fn figures(atlas: &Atlas) -> Vec<Figure> {
    let modules = || domain(atlas, "disposition");
    let mut out = Vec::new();
    let ports = ["plasma.ketamine", "plasma.norketamine", "plasma.ketamine_arterial"];
    let person = Subject::new(atlas, modules(), &Patient::default(), &ports);
    // ng/mL is 1e-9 kg/L; times every minute.
    let ng_ml = |x: &[f64]| -> Vec<f64> { x.iter().map(|v| v * 1e9).collect() };
    let times: Vec<f64> = (0..=24 * 60).map(|i| f64::from(i) / 60.0).collect();
    let nasal = person.follow("esketamine 28 mg nasal", &times);
    let ketamine = ng_ml(&nasal[0]);
    let most = |x: &[f64]| x.iter().copied().fold(0.0, f64::max);
    let mut add = |title: &str, unit, observed, predicted, fitted| {
        out.push(Figure { title: title.into(), unit, observed, predicted, fitted });
    };
    add("Perez-Ruixo 2021, nasal esketamine 28 mg, Cmax", "ng/mL", 43.8, most(&ketamine), true);
    add("Perez-Ruixo 2021, nasal esketamine 28 mg, AUC24", "ng·h/mL", 147.3, area(&times, &ketamine), true);
    for (dose, table3) in [(28, 387.0), (56, 746.0), (84, 1105.0)] {
        let course = person.follow(&format!("esketamine {dose} mg nasal"), &times);
        let title = format!("Perez-Ruixo 2021 Table 3, nasal esketamine {dose} mg, norketamine AUC24");
        add(&title, "ng·h/mL", table3, area(&times, &ng_ml(&course[1])), false);
    }
    let ports = [
        "plasma.arterial.ketamine_s",
        "plasma.arterial.ketamine_r",
        "plasma.venous.ketamine_s",
        "plasma.venous.ketamine_r",
    ];
    let pair = Subject::new(atlas, modules(), &Patient::default(), &ports);
    let ends = pair.follow("ketamine 14 mg iv over 30 min", &[0.5]);
    let mass = atlas.library.ledger.rows_of("ketamine.molecular_weight").next().map_or(f64::NAN, |r| r.value);
    for (k, title, observed) in [
        (0, "Persson 2002, end of infusion, S-ketamine, arterial", 72.0),
        (1, "Persson 2002, end of infusion, R-ketamine, arterial", 81.0),
        (2, "Persson 2002, end of infusion, S-ketamine, venous", 51.0),
        (3, "Persson 2002, end of infusion, R-ketamine, venous", 58.0),
    ] {
        add(title, "ng/mL", observed, ends[k][0] * mass, true);
    }
    let ends = pair.follow("ketamine 5 mg iv over 30 min", &[0.5]);
    add("Hasan 2021, 5 mg over 30 min, S-ketamine, Cmax", "ng/mL", 15.6, ends[2][0] * mass, true);
    add("Hasan 2021, 5 mg over 30 min, R-ketamine, Cmax", "ng/mL", 16.5, ends[3][0] * mass, true);
    out
}
