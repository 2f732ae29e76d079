//! What would have been measured had people stayed: conditional mean imputation, at random or by reference.
//!
//! A mixed model with a mean for each arm and visit and a slope of each covariate at each visit is fitted to what was
//! measured. What is missing is replaced by its mean given the person's own values. For a person who left the trial the
//! means from then on are either those of the own arm (*at random*: as if the treatment had gone on) or those of the
//! reference arm (*jump to reference*: as if the benefit had ended at once). The completed last visit goes into an
//! analysis of covariance, and the standard error comes from leaving out one person at a time and doing all of it again.
//! Nothing is drawn at random.
//!
//! Values that are missing without the person having left, and those of the reference arm, are missing at random. With
//! a covariance for each arm, values before leaving follow the own arm and the regression of later values on earlier
//! ones follows the reference arm.
//!
//! Source: Wolbers et al. 2022, Pharmaceutical Statistics, doi 10.1002/pst.2234; Carpenter et al. 2013, doi
//! 10.1080/10543406.2013.834911 (jump to reference).

use super::Estimate;
use super::linear::{self, Comparison, Weighting, ancova};
use super::matrix::{Matrix, dot};
use super::mmrm::search::{self, Found};
use super::mmrm::sums::Sums;
use super::mmrm::{self, Covariance, Data, Observation, Structure};
use crate::statistic::mean;
use std::fmt;

/// A trial with values that are missing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// Names of the arms.
    pub arms: Vec<String>,
    /// Position of the reference arm.
    pub reference: usize,
    /// Names of the visits after randomisation, in order of time; the last is compared.
    pub visits: Vec<String>,
    /// Names of the covariates; the baseline is one of them.
    pub covariates: Vec<String>,
    /// People.
    pub people: Vec<Person>,
}

/// One person.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// Position of the arm.
    pub arm: usize,
    /// Values in the order of [`Trial::covariates`].
    pub covariates: Vec<f64>,
    /// What was measured at each visit; `None` where nothing was.
    pub values: Vec<Option<f64>>,
    /// First visit after the person left; nothing was measured from there on.
    pub left: Option<usize>,
}

/// What is assumed of people after they left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assumption {
    /// Their means go on as those of their own arm.
    AtRandom,
    /// Their means are those of the reference arm from then on.
    JumpToReference,
}

/// How the covariance over visits is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// All arms have the same.
    Shared,
    /// Each arm has its own.
    ByArm,
}

/// How the analysis is done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// What is assumed of people after they left.
    pub assumption: Assumption,
    /// Structure of the covariance.
    pub structure: Structure,
    /// Whether arms share it.
    pub sharing: Sharing,
    /// Confidence level of the interval, as in 0.95.
    pub level: f64,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// The parts of the data do not fit each other.
    Shape {
        /// What does not fit.
        what: String,
    },
    /// The imputation model was not fitted.
    Model(mmrm::Fault),
    /// The completed values were not analysed.
    Analysis(linear::Fault),
    /// Without one person there was no answer, so there is no standard error.
    Without {
        /// The person, from 0.
        person: usize,
        /// Why.
        fault: Box<Fault>,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Shape { what } => write!(f, "the data do not fit together: {what}"),
            Fault::Model(fault) => write!(f, "imputation model: {fault}"),
            Fault::Analysis(fault) => write!(f, "analysis of the completed values: {fault}"),
            Fault::Without { person, fault } => {
                write!(f, "without person {person} (counted from 0), as the standard error needs it: {fault}")
            }
        }
    }
}

impl std::error::Error for Fault {}

impl From<mmrm::Fault> for Fault {
    fn from(fault: mmrm::Fault) -> Self {
        Fault::Model(fault)
    }
}

impl From<linear::Fault> for Fault {
    fn from(fault: linear::Fault) -> Self {
        Fault::Analysis(fault)
    }
}

/// For each arm but the reference, in order: its position and its difference to the reference at the last visit. The
/// interval and the test are by the normal distribution.
pub fn compare(trial: &Trial, settings: &Settings) -> Result<Vec<(usize, Estimate)>, Fault> {
    let model = Model::new(trial, settings)?;
    let found = model.search()?;
    let answer = |means: &Means, out: Option<usize>| differences(trial, &completed(trial, settings, means, out), out);
    let whole = answer(&model.means(&model.sums, &found.point), None)?;
    let people = trial.people.len();
    let mut left_out = vec![Vec::with_capacity(people); whole.len()];
    for person in 0..people {
        let without = || -> Result<Vec<f64>, Fault> {
            let sums = model.sums.without(person);
            let point = search::refined(&sums, settings.structure, &found)?;
            answer(&model.means(&sums, &point), Some(person))
        };
        let values = without().map_err(|fault| Fault::Without { person, fault: Box::new(fault) })?;
        values.into_iter().zip(&mut left_out).for_each(|(value, all)| all.push(value));
    }
    let arms = (0..trial.arms.len()).filter(|arm| *arm != trial.reference);
    let estimate = |(value, all): (f64, Vec<f64>)| {
        let (n, m) = (people as f64, mean(&all));
        let variance = (n - 1.0) / n * all.iter().map(|x| (x - m) * (x - m)).sum::<f64>();
        Estimate::new(value, variance.sqrt(), None, settings.level)
    };
    Ok(arms.zip(whole.into_iter().zip(left_out).map(estimate)).collect())
}

/// The completed values, a row for each person and a column for each visit.
pub fn complete(trial: &Trial, settings: &Settings) -> Result<Matrix, Fault> {
    let model = Model::new(trial, settings)?;
    let found = model.search()?;
    Ok(completed(trial, settings, &model.means(&model.sums, &found.point), None))
}

/// The imputation model.
struct Model {
    structure: Structure,
    sums: Sums,
    arms: usize,
    covariates: usize,
}

/// What the imputation model says: means and covariances.
struct Means {
    /// For each visit an intercept of each arm and then a slope of each covariate.
    by_visit: Vec<Vec<f64>>,
    arms: usize,
    /// Covariance over visits, for each arm or one for all.
    sigma: Vec<Matrix>,
}

impl Model {
    fn new(trial: &Trial, settings: &Settings) -> Result<Self, Fault> {
        checked(trial)?;
        let (arms, visits) = (trial.arms.len(), trial.visits.len());
        let each = arms + trial.covariates.len();
        let name = |visit: &String, of: &String| format!("{of} at {visit}");
        let columns =
            trial.visits.iter().flat_map(|v| trial.arms.iter().chain(&trial.covariates).map(move |c| name(v, c)));
        let mut observations = Vec::new();
        for (subject, person) in trial.people.iter().enumerate() {
            for (visit, y) in person.values.iter().enumerate().filter_map(|(v, y)| Some((v, (*y)?))) {
                let mut x = vec![0.0; visits * each];
                let own = &mut x[visit * each..(visit + 1) * each];
                own[person.arm] = 1.0;
                own[arms..].copy_from_slice(&person.covariates);
                observations.push(Observation { subject, visit, y, x });
            }
        }
        let data = Data {
            columns: columns.collect(),
            visits: trial.visits.clone(),
            subjects: trial.people.len(),
            observations,
        };
        let groups = match settings.sharing {
            Sharing::Shared => None,
            Sharing::ByArm => Some(trial.people.iter().map(|p| p.arm).collect()),
        };
        let sums = Sums::new(&data, &Covariance { structure: settings.structure, groups })?;
        Ok(Model { structure: settings.structure, sums, arms, covariates: trial.covariates.len() })
    }

    fn search(&self) -> Result<Found, Fault> {
        Ok(search::search(&self.sums, self.structure, &search::start(&self.sums, self.structure))?)
    }

    fn means(&self, sums: &Sums, point: &mmrm::likelihood::Point) -> Means {
        let coefficients = sums.coefficients(&point.beta);
        Means {
            by_visit: coefficients.chunks(self.arms + self.covariates).map(<[f64]>::to_vec).collect(),
            arms: self.arms,
            sigma: mmrm::sigma(sums, self.structure, point),
        }
    }
}

impl Means {
    fn mean(&self, visit: usize, arm: usize, covariates: &[f64]) -> f64 {
        let own = &self.by_visit[visit];
        own[arm] + dot(&own[self.arms..], covariates)
    }
    fn sigma(&self, arm: usize) -> &Matrix {
        if self.sigma.len() > 1 { &self.sigma[arm] } else { &self.sigma[0] }
    }
}

/// Fills what is missing of a person.
fn filled(person: &Person, means: &Means, assumption: Assumption, reference: usize) -> Vec<f64> {
    let visits = person.values.len();
    let jumps = assumption == Assumption::JumpToReference && person.arm != reference;
    let stays = if jumps { person.left.unwrap_or(visits) } else { visits };
    let own = |v: usize| means.mean(v, person.arm, &person.covariates);
    let seen: Vec<usize> = (0..stays).filter(|v| person.values[*v].is_some()).collect();
    let away: Vec<f64> = seen.iter().filter_map(|v| person.values[*v].map(|y| y - own(*v))).collect();
    let mut values: Vec<f64> = person.values.iter().map(|y| y.unwrap_or(f64::NAN)).collect();
    fill(&mut values[..stays], &seen, &away, means.sigma(person.arm), own);
    // What follows is regressed on all that went before, the imputed included.
    let before: Vec<usize> = (0..stays).collect();
    let away: Vec<f64> = before.iter().map(|v| values[*v] - own(*v)).collect();
    fill(&mut values, &before, &away, means.sigma(reference), |v| means.mean(v, reference, &person.covariates));
    values
}

/// Replaces what is not a number by its mean given how far the values at the visits `seen` are `away` from theirs.
fn fill(values: &mut [f64], seen: &[usize], away: &[f64], sigma: &Matrix, mean: impl Fn(usize) -> f64) {
    if values.iter().all(|y| !y.is_nan()) {
        return;
    }
    // Positive definite, as every covariance of a fit is; without values to condition on there is nothing to solve.
    let weights = sigma.picked(seen).cholesky(0.0).map_or_else(Vec::new, |factored| factored.solve(away));
    for visit in 0..values.len() {
        if values[visit].is_nan() {
            let pull: f64 = seen.iter().zip(&weights).map(|(v, w)| sigma[(visit, *v)] * w).sum();
            values[visit] = mean(visit) + pull;
        }
    }
}

/// Values of everyone but the one left out, whose row stays zero.
fn completed(trial: &Trial, settings: &Settings, means: &Means, out: Option<usize>) -> Matrix {
    let mut all = Matrix::zeros(trial.people.len(), trial.visits.len());
    for (i, person) in trial.people.iter().enumerate().filter(|(i, _)| Some(*i) != out) {
        all.row_mut(i).copy_from_slice(&filled(person, means, settings.assumption, trial.reference));
    }
    all
}

/// Adjusted differences to the reference arm at the last visit.
fn differences(trial: &Trial, values: &Matrix, out: Option<usize>) -> Result<Vec<f64>, Fault> {
    let last = trial.visits.len() - 1;
    let people = trial.people.iter().enumerate().filter(|(i, _)| Some(*i) != out);
    let comparison = Comparison {
        arms: trial.arms.clone(),
        reference: trial.reference,
        covariates: trial.covariates.clone(),
        people: people
            .map(|(i, p)| linear::Person {
                arm: p.arm,
                y: values[(i, last)],
                covariates: p.covariates.clone(),
                weight: 1.0,
            })
            .collect(),
        weighting: Weighting::None,
    };
    // The interval of the analysis itself is not used: it would take imputed values for measured ones.
    const ANY_LEVEL: f64 = 0.5;
    let compared = ancova(&comparison, ANY_LEVEL)?;
    Ok(compared.differences.iter().map(|(_, estimate)| estimate.estimate).collect())
}

/// Checks what the imputation model does not see.
fn checked(trial: &Trial) -> Result<(), Fault> {
    let wrong = |what: String| Err(Fault::Shape { what });
    if trial.reference >= trial.arms.len() {
        return wrong(format!("the reference is arm {} of {}, counted from 0", trial.reference, trial.arms.len()));
    }
    for (i, person) in trial.people.iter().enumerate() {
        if person.arm >= trial.arms.len() {
            return wrong(format!("person {i} is in arm {} of {}, counted from 0", person.arm, trial.arms.len()));
        }
        if person.values.len() != trial.visits.len() || person.covariates.len() != trial.covariates.len() {
            return wrong(format!(
                "person {i} has {} values for {} visits and {} for {} covariates",
                person.values.len(),
                trial.visits.len(),
                person.covariates.len(),
                trial.covariates.len()
            ));
        }
        if person.covariates.iter().any(|c| !c.is_finite()) {
            return wrong(format!("person {i} has a covariate that is not a finite number; fill it or leave it out"));
        }
        let after = person.left.unwrap_or(usize::MAX);
        if let Some(visit) = (0..person.values.len()).find(|v| *v >= after && person.values[*v].is_some()) {
            return wrong(format!(
                "person {i} left before visit `{}` and has a value there; take out the value, or say that the person \
                 stayed",
                trial.visits[visit]
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(sigma: Vec<[f64; 9]>) -> Means {
        let by_visit = vec![vec![10.0, 12.0, 0.5], vec![9.0, 14.0, 1.0], vec![8.0, 15.0, 0.0]];
        let sigma = sigma.iter().map(|s| Matrix::from_fn(3, 3, |i, j| s[3 * i + j])).collect();
        Means { by_visit, arms: 2, sigma }
    }

    /// Means at a covariate of 2: reference 11, 11, 8; active 13, 16, 15.
    #[test]
    fn agrees_with_imputed_values_by_hand() {
        const SHARED: [f64; 9] = [4.0, 2.0, 1.0, 2.0, 5.0, 2.0, 1.0, 2.0, 6.0];
        const ACTIVE: [f64; 9] = [2.0, 1.0, 0.5, 1.0, 3.0, 0.3, 0.5, 0.3, 2.0];
        let shared = known(vec![SHARED]);
        let by_arm = known(vec![SHARED, ACTIVE]);
        let is = |means: &Means, assumption, arm, values: [Option<f64>; 3], left, expected: [f64; 3]| {
            let person = Person { arm, covariates: vec![2.0], values: values.to_vec(), left };
            let own = filled(&person, means, assumption, 0);
            assert!(own.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{own:?} for {expected:?}");
        };
        use Assumption::{AtRandom, JumpToReference};
        // Two above the own mean at the first visit; later visits follow by 2/4 and 1/4 of it.
        let first = [Some(15.0), None, None];
        is(&shared, JumpToReference, 1, first, Some(1), [15.0, 12.0, 8.5]);
        is(&shared, AtRandom, 1, first, Some(1), [15.0, 17.0, 15.5]);
        is(&shared, JumpToReference, 1, first, None, [15.0, 17.0, 15.5]);
        is(&shared, JumpToReference, 0, [Some(13.0), None, None], Some(1), [13.0, 12.0, 8.5]);
        // Two above at the second visit: the first follows by 2/5 in the own arm, the last by 2/5.
        is(&shared, JumpToReference, 1, [None, Some(18.0), None], Some(2), [13.8, 18.0, 8.8]);
        is(&shared, JumpToReference, 1, [None; 3], Some(0), [11.0, 11.0, 8.0]);
        is(&shared, JumpToReference, 1, [Some(15.0), None, Some(7.0)], None, [15.0, 16.0 - 28.0 / 23.0, 7.0]);
        // With a covariance for each arm: regression of the reference arm after leaving, of the own arm before.
        is(&by_arm, JumpToReference, 1, first, Some(1), [15.0, 12.0, 8.5]);
        is(&by_arm, AtRandom, 1, first, Some(1), [15.0, 17.0, 15.5]);
        let filled_first = 13.0 + 2.0 / 3.0;
        // Given both earlier visits the last follows by 1/16 of the first and 6/16 of the second.
        let last = 8.0 + (2.0 / 3.0) / 16.0 + 2.0 * 6.0 / 16.0;
        is(&by_arm, JumpToReference, 1, [None, Some(18.0), None], Some(2), [filled_first, 18.0, last]);
    }

    /// A made-up trial of three arms; a jagged fraction stands in for chance.
    fn trial(people: usize, leaves: bool) -> Trial {
        let jag = |x: f64| x - x.floor();
        let person = |i: usize| {
            let (s, arm) = (i as f64, i % 3);
            let baseline = 25.0 + 10.0 * jag(s * 0.618_034);
            let value = |v: usize| {
                let noise = 6.0 * jag(s * 0.414_214) + 5.0 * jag(s * 0.732_051 + v as f64 * 0.236_068);
                0.6 * baseline + noise - (arm * v) as f64
            };
            let left = if leaves && i % 4 == 1 { Some(i % 3 + usize::from(i % 8 == 1)) } else { None };
            let missing = |v: usize| left.is_some_and(|l| v >= l) || (leaves && i % 11 == 5 && v == 1);
            let values = (0..4).map(|v| if missing(v) { None } else { Some(value(v)) }).collect();
            Person { arm, covariates: vec![baseline, f64::from(u8::from(i % 5 < 2))], values, left }
        };
        let names = |of: &[&str]| of.iter().map(ToString::to_string).collect();
        Trial {
            arms: names(&["placebo", "low", "high"]),
            reference: 0,
            visits: names(&["1", "2", "3", "4"]),
            covariates: names(&["baseline", "site"]),
            people: (0..people).map(person).collect(),
        }
    }

    fn settings(assumption: Assumption, sharing: Sharing) -> Settings {
        Settings { assumption, structure: Structure::Unstructured, sharing, level: 0.95 }
    }

    #[test]
    fn agrees_with_covariance_analysis_where_nothing_is_missing() {
        let trial = trial(45, false);
        let compared = compare(&trial, &settings(Assumption::JumpToReference, Sharing::Shared)).unwrap();
        let values = Matrix::from_fn(45, 4, |i, v| trial.people[i].values[v].unwrap());
        let direct = differences(&trial, &values, None).unwrap();
        assert_eq!(compared.iter().map(|(arm, _)| *arm).collect::<Vec<_>>(), [1, 2]);
        for (k, (_, estimate)) in compared.iter().enumerate() {
            assert_eq!(estimate.estimate, direct[k]);
            let (_, error) = crate::statistic::jackknife(45, 45, |keep| {
                differences(&trial, &values, (0..45).find(|i| !keep(*i))).unwrap()[k]
            });
            assert!((estimate.error - error).abs() < 1e-12, "{estimate:?} {error}");
            assert_eq!(estimate.df, None);
        }
    }

    /// With the same covariates at every visit, the means that the mixed model finds are the least-squares means of the
    /// values completed at random (the fixed point of the EM algorithm): the two estimates are one number.
    #[test]
    fn agrees_with_the_mixed_model_where_missing_is_random() {
        let trial = trial(60, true);
        let at_random = settings(Assumption::AtRandom, Sharing::Shared);
        let compared = compare(&trial, &at_random).unwrap();
        let model = Model::new(&trial, &at_random).unwrap();
        let means = model.means(&model.sums, &model.search().unwrap().point);
        for (arm, estimate) in &compared {
            let direct = means.by_visit[3][*arm] - means.by_visit[3][0];
            assert!((estimate.estimate - direct).abs() < 1e-9, "{estimate:?} {direct}");
        }
        // Those who left an active arm are pulled to the reference: the effect shrinks.
        let jumped = compare(&trial, &settings(Assumption::JumpToReference, Sharing::Shared)).unwrap();
        assert!(jumped[1].1.estimate.abs() < compared[1].1.estimate.abs());
        let by_arm = compare(&trial, &settings(Assumption::JumpToReference, Sharing::ByArm)).unwrap();
        assert!((by_arm[1].1.estimate - jumped[1].1.estimate).abs() < jumped[1].1.error);
    }

    /// Refitting from the whole data with its second derivatives ends where a search from the beginning does.
    #[test]
    fn agrees_that_refined_fits_are_full_fits() {
        let trial = trial(60, true);
        let model = Model::new(&trial, &settings(Assumption::AtRandom, Sharing::Shared)).unwrap();
        let found = model.search().unwrap();
        for person in [0, 1, 17, 59] {
            let sums = model.sums.without(person);
            let refined = search::refined(&sums, model.structure, &found).unwrap();
            let mut fewer = trial.clone();
            fewer.people.remove(person);
            let alone = Model::new(&fewer, &settings(Assumption::AtRandom, Sharing::Shared)).unwrap();
            let full = alone.search().unwrap().point;
            let (a, b) = (model.means(&sums, &refined), alone.means(&alone.sums, &full));
            for visit in 0..4 {
                let pairs = a.by_visit[visit].iter().zip(&b.by_visit[visit]);
                pairs.for_each(|(x, y)| assert!((x - y).abs() < 1e-8, "{person}: {x} {y}"));
                assert!((a.sigma[0][(visit, 0)] - b.sigma[0][(visit, 0)]).abs() < 1e-7);
            }
            assert!((refined.objective - full.objective).abs() < 1e-9, "{} {}", refined.objective, full.objective);
        }
    }

    #[test]
    fn rejects_trials_that_do_not_fit_together() {
        let refused = |change: &dyn Fn(&mut Trial)| {
            let mut trial = trial(45, true);
            change(&mut trial);
            compare(&trial, &settings(Assumption::JumpToReference, Sharing::Shared)).unwrap_err().to_string()
        };
        assert!(refused(&|t| t.people[1].values[3] = Some(1.0)).contains("left before visit `4`"));
        assert!(refused(&|t| t.people[3].covariates[0] = f64::NAN).contains("not a finite number"));
        assert!(refused(&|t| t.people[3].arm = 3).contains("arm 3 of 3"));
        assert!(refused(&|t| t.reference = 3).contains("reference is arm 3 of 3"));
        assert!(refused(&|t| t.people[3].values.truncate(2)).contains("2 values for 4 visits"));
        assert!(refused(&|t| t.people.truncate(4)).contains("imputation model"));
        // The site of one person alone cannot be estimated without that person.
        let alone = refused(&|t| {
            t.people.iter_mut().enumerate().for_each(|(i, p)| p.covariates[1] = if i == 7 { 1.0 } else { 0.0 })
        });
        assert!(alone.contains("without person 7"), "{alone}");
    }
}
