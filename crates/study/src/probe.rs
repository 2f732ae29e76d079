//! Probes of a group: what each person's slow state sets, and what changed over people.

use crate::analysis::effect::{Paired, paired};
use crate::cohort::{Question, cohort};
use crate::statistic::mean;
use resynapse::atlas::Atlas;
use resynapse::probe::{Factors, ports};
use resynapse::run::{Plan, Refusal};

/// The factors of each drawn person: before anything is given, then at each time in hours.
pub fn people(
    atlas: &Atlas,
    plan: &Plan,
    times_h: &[f64],
    size: u32,
    seed: u64,
    threads: usize,
) -> Result<Vec<Vec<Factors>>, Refusal> {
    let question = Question {
        plan: plan.clone(),
        threshold: None,
        ports: ports(),
        times_h: times_h.to_vec(),
        size,
        seed,
        replicate: 0,
        trial_draw: None,
    };
    let group = cohort(atlas, &question, threads)?;
    // The group is observed at sorted times, the start among them; the caller gets them in the order asked for.
    let nearest = |t: f64| {
        let far = |k: &usize| (group.times_h[*k] - t).abs();
        (0..group.times_h.len()).min_by(|a, b| far(a).total_cmp(&far(b)))
    };
    let places: Vec<usize> = std::iter::once(0.0).chain(times_h.iter().copied()).filter_map(nearest).collect();
    let factors = |person: &Vec<Vec<f64>>, k: usize| {
        let values: Vec<f64> = person.iter().map(|port| port[k]).collect();
        Factors::of(&values)
    };
    Ok(group.people.iter().map(|person| places.iter().filter_map(|k| factors(person, *k)).collect()).collect())
}

/// One reading over people: means, and the paired change.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// People with both readings.
    pub people: usize,
    /// Mean before.
    pub before: f64,
    /// Mean at the probe.
    pub after: f64,
    /// The change; `None` for fewer than two people or where all change alike.
    pub paired: Option<Paired>,
}

/// From pairs of readings, before and at the probe; pairs with a number that is none are left out.
pub fn change(pairs: &[(f64, f64)], level: f64) -> Change {
    let seen: Vec<(f64, f64)> = pairs.iter().copied().filter(|(a, b)| a.is_finite() && b.is_finite()).collect();
    let (before, after): (Vec<f64>, Vec<f64>) = seen.iter().copied().unzip();
    let changes: Vec<f64> = seen.iter().map(|(a, b)| b - a).collect();
    Change { people: seen.len(), before: mean(&before), after: mean(&after), paired: paired(&changes, level) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_paired_test_by_hand() {
        // Changes 1, 2, 3: mean 2, SD 1, t = 2 sqrt(3) on 2 degrees of freedom.
        let found = change(&[(1.0, 2.0), (1.0, 3.0), (1.0, 4.0), (f64::NAN, 1.0)], 0.95);
        let p = found.paired.expect("three pairs");
        assert_eq!((found.people, found.before, found.after, p.dz), (3, 1.0, 3.0, 2.0));
        assert!((p.change.statistic - 12.0_f64.sqrt()).abs() < 1e-12);
        // t(0.975, 2) = 4.302653.
        assert!((p.change.lower - (2.0 - 4.302_652_73 / 3.0_f64.sqrt())).abs() < 1e-6);
        assert!(p.limits[0] < p.dz && p.dz < p.limits[1]);
    }

    #[test]
    fn rejects_a_single_person() {
        assert!(change(&[(1.0, 2.0)], 0.95).paired.is_none());
    }
}
