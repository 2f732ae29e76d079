//! A small made-up trial: no numbers here are results of anything.

use study::trial::schema::*;

/// Names of the measures, in order.
pub const MADRS: usize = 0;

/// Two replicates, two arms, five visits, scores and concentrations.
pub fn layout(size: u32) -> Layout {
    let measure = |name: &str, code: &str, label: &str, unit: &str, concentration: bool| Measure {
        name: name.into(),
        code: code.into(),
        label: label.into(),
        unit: unit.into(),
        concentration,
        scale: None,
    };
    let visit = |name: &str, at_h: f64, measures: &[u32]| PlannedVisit {
        name: name.into(),
        at_h,
        period: 0,
        measures: measures.to_vec(),
    };
    let covariate =
        |id: &str, label: &str, unit: &str| Covariate { id: id.into(), label: label.into(), unit: unit.into() };
    Layout {
        id: "SIM-SAMPLE".into(),
        title: "A made-up trial".into(),
        treatments: vec![
            Treatment { name: "Esketamine 84 mg".into(), text: "esketamine 84 mg nasal".into() },
            Treatment { name: "Saline".into(), text: "saline nasal".into() },
        ],
        sequences: vec![vec![0], vec![1]],
        visits: vec![
            visit("Baseline", 0.0, &[0, 1, 2]),
            visit("2 h", 2.0, &[1, 2]),
            visit("Day 2", 24.0, &[0, 1]),
            visit("Day 8", 168.0, &[0, 1]),
            visit("Day 29", 672.0, &[0, 1]),
        ],
        measures: vec![
            measure("madrs", "MADRS", "MADRS total score", "1", false),
            measure("cadss", "CADSS", "CADSS total score", "1", false),
            measure("blood:ketamine_s", "KETS", "Esketamine in plasma", "µg/L", true),
        ],
        covariates: vec![
            covariate("person.age", "Age", "y"),
            covariate("person.sex_female", "Sex, 1 for a woman", "1"),
            covariate("person.weight", "Body weight", "kg"),
            covariate("person.bmi", "Body mass index", "kg/m2"),
            covariate("history.failed_trials", "Antidepressants that failed before, in this episode", "1"),
        ],
        strata: vec!["all".into()],
        adverse: vec!["dissociation".into(), "nausea".into()],
        drugs: vec![("esketamine".into(), "nasal".into()), ("saline".into(), "nasal".into())],
        periods_h: vec![0.0],
        until_h: 672.0,
        seed: 1,
        replicates: 2,
        size,
    }
}

/// A number between 0 and 1 that only looks random.
fn share(a: u32, b: u32, c: u32) -> f64 {
    let mixed =
        (a.wrapping_mul(2_654_435_761) ^ b.wrapping_mul(40_503) ^ c.wrapping_mul(2_246_822_519)).rotate_left(13);
    f64::from(mixed.wrapping_mul(2_654_435_761)) / f64::from(u32::MAX)
}

/// Its people: some miss a visit, some leave, one of the first trial cannot be computed.
pub fn records(layout: &Layout) -> Vec<Record> {
    (0..layout.replicates)
        .flat_map(|r| (0..layout.size).map(move |p| (r, p)))
        .map(|(r, p)| person(layout, r, p))
        .collect()
}

fn person(layout: &Layout, replicate: u32, place: u32) -> Record {
    let who = replicate * 1_000_003 + place;
    let arm = place % 2;
    let failed = replicate == 0 && place == 5;
    let leaves = !failed && place % 6 == 4;
    let end = match (failed, leaves, place % 4) {
        (true, ..) => End::Failed,
        (_, true, 0) => End::AdverseEvent,
        (_, true, _) => End::LackOfEfficacy,
        _ => End::Completed,
    };
    let end_h = if failed {
        0.0
    } else if leaves {
        200.0
    } else {
        layout.until_h
    };
    let mut record = Record {
        replicate,
        place,
        site: place % 3,
        sequence: arm,
        screened: 1 + place % 2,
        covariates: vec![
            20.0 + (45.0 * share(who, 1, 0)).round(),
            f64::from(u8::from(share(who, 2, 0) < 0.6)),
            (550.0 + 400.0 * share(who, 3, 0)).round() / 10.0,
            20.0 + 12.0 * share(who, 4, 0),
            f64::from(place % 4),
        ],
        weight: 1.0,
        end_h,
        end,
        failure: failed.then(|| "the step became too small at 0.7 h in `bdnf.released`".into()),
        ..Record::default()
    };
    let start = 28.0 + (10.0 * share(who, 5, 0)).round();
    for (k, visit) in layout.visits.iter().enumerate() {
        let missed = k == 2 && place % 5 == 3;
        if missed || visit.at_h > end_h {
            continue;
        }
        let drop =
            if arm == 0 { 0.55 } else { 0.3 } * (visit.at_h / (visit.at_h + 100.0)) * (0.4 + 1.2 * share(who, 6, 0));
        let mut values = vec![f64::NAN; 3];
        for m in &visit.measures {
            values[*m as usize] = match m {
                0 => (start * (1.0 - drop)).round(),
                1 => {
                    if k == 1 && arm == 0 {
                        (20.0 * share(who, 7, 0)).round()
                    } else {
                        0.0
                    }
                }
                _ => {
                    if k == 1 && arm == 0 {
                        60.0 + 50.0 * share(who, 8, 0)
                    } else {
                        0.0
                    }
                }
            };
        }
        let at_h = if k == 0 { 0.0 } else { visit.at_h + 0.25 * share(who, 9, k as u32) };
        record.visits.push(Seen { visit: k as u32, at_h, values });
    }
    if failed {
        return record;
    }
    for week in 0..2 {
        let at_h = 84.0 * f64::from(week);
        let amount_mg = if arm == 0 { 84.0 } else { 0.0 };
        let taken = !(week == 1 && place % 7 == 6);
        record.doses.push(Given { drug: arm, at_h, amount_mg, over_h: 0.0, taken, kind: DoseKind::Planned });
    }
    if arm == 0 && share(who, 10, 0) < 0.7 {
        record.events.push(Event { kind: EventKind::Adverse(0), at_h: 0.5 });
    }
    if share(who, 11, 0) < 0.2 {
        record.events.push(Event { kind: EventKind::Adverse(1), at_h: 90.0 });
    }
    if place % 9 == 7 {
        record.events.push(Event { kind: EventKind::Rescue, at_h: 100.0 });
    }
    let response = record.visits.iter().find(|s| s.values[MADRS] <= 0.5 * start).map(|s| s.at_h);
    if let Some(at_h) = response {
        record.events.push(Event { kind: EventKind::Response, at_h });
        if at_h < 300.0 && end == End::Completed && place.is_multiple_of(3) {
            record.events.push(Event { kind: EventKind::Relapse, at_h: layout.until_h });
        }
    }
    record.events.sort_by(|a, b| a.at_h.total_cmp(&b.at_h));
    record
}
