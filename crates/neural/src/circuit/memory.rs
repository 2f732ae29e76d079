//! A place kept in mind: cells on a ring go on firing where a cue was.
//! Sources: Compte et al. 2000, Cereb Cortex 10:910; Murray et al. 2014, Cereb Cortex 24:859.

use std::ops::ControlFlow;

use sim::math;

use super::kernel::Circuit;
use super::parameters::{CellType, CircuitError, report, steps_per_ms, within};

/// A current into the cells around one place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cue {
    /// Place, degrees.
    pub place_deg: f64,
    /// Current at the place, pA; it falls as a bell curve around it.
    pub current_pa: f64,
    /// Standard deviation of the bell curve, degrees.
    pub width_deg: f64,
    /// From the start of the trial, ms.
    pub onset_ms: f64,
    /// How long, ms.
    pub duration_ms: f64,
}

/// A trial of spatial working memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Memory {
    /// What is to be kept.
    pub cue: Cue,
    /// What tries to disturb.
    pub distractor: Option<Cue>,
    /// From the end of the cue to the end of the trial, ms.
    pub delay_ms: f64,
    /// Time over which the place is read, ms.
    pub window_ms: f64,
    /// Length of the mean direction of spikes, 0 to 1, below which nothing is kept.
    pub least_direction: f64,
}

/// What is on the ring in one window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reading {
    /// End of the window from the end of the cue, ms.
    pub time_ms: f64,
    /// Place by the mean direction of spikes, degrees from 0 to 360.
    pub place_deg: f64,
    /// Length of the mean direction: 0 for spikes all around, 1 for spikes in one place.
    pub direction: f64,
    /// Standard deviation of the bump of activity, whatever the activity elsewhere, degrees; from the first two
    /// harmonics, whose ratio is `exp(3 width² / 2)`. None where the second is not smaller.
    pub width_deg: Option<f64>,
    /// Mean rate of pyramidal cells, Hz.
    pub rate_hz: f64,
}

/// What one trial left.
#[derive(Clone, Debug, PartialEq)]
pub struct Remembered {
    /// Windows of the delay, one after the other; the last is the answer.
    pub readings: Vec<Reading>,
    /// Answer minus cue, degrees from -180 to 180. None if nothing was kept.
    pub error_deg: Option<f64>,
    /// The error along the way to the distractor, degrees; none without a distractor or a memory.
    pub pull_deg: Option<f64>,
}

/// An angle between -180 and 180 degrees.
pub fn signed_deg(angle_deg: f64) -> f64 {
    angle_deg - 360.0 * (angle_deg / 360.0).round()
}

fn check(cue: &Cue) -> Result<(), CircuitError> {
    within("place of a cue (degrees)", cue.place_deg, -360.0, 360.0)?;
    within("current of a cue (pA)", cue.current_pa, 0.0, 1e4)?;
    within("width of a cue (degrees)", cue.width_deg, 0.1, 360.0)?;
    within("onset of a cue (ms)", cue.onset_ms, 0.0, 1e6)?;
    within("duration of a cue (ms)", cue.duration_ms, 0.0, 1e6)
}

/// One trial; `circuit` was built on a ring and has not run. The trial has noise of its own, so trials may run in any
/// order.
pub fn trial(
    circuit: &Circuit,
    memory: &Memory,
    seed: u64,
    trial: u32,
    progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
) -> Result<Remembered, CircuitError> {
    let cues: Vec<Cue> = [memory.cue].into_iter().chain(memory.distractor).collect();
    cues.iter().try_for_each(check)?;
    within("window of a reading (ms)", memory.window_ms, 10.0, 1e5)?;
    within("delay (ms)", memory.delay_ms, memory.window_ms, 1e6)?;
    if circuit.groups().len() != 3 || circuit.groups()[0].cell != CellType::Pyramidal {
        return Err(CircuitError::NotReady { reason: "it has pools instead of a ring" });
    }
    let reason = "it has run already";
    let mut circuit = circuit.restarted(seed, trial).ok_or(CircuitError::NotReady { reason })?;
    let cells = circuit.groups()[0].size;
    let degrees = 360.0 / cells as f64;
    let per_sample = steps_per_ms(circuit.step_ms());
    let sample_ms = f64::from(per_sample) * circuit.step_ms();
    let samples = |ms: f64| (ms / sample_ms).round() as usize;
    let kept_from = samples(memory.cue.onset_ms + memory.cue.duration_ms);
    let window = samples(memory.window_ms).max(1);
    let end = kept_from + samples(memory.delay_ms);
    let mut harmonics = Harmonics::new(cells);
    let mut readings = Vec::new();
    let mut spikes = Vec::new();
    for sample in 0..end {
        if sample % 100 == 0 {
            report(progress, sample as f64 / end as f64)?;
        }
        let turning = |cue: &Cue| {
            let (on, off) = (samples(cue.onset_ms), samples(cue.onset_ms + cue.duration_ms));
            (sample == on || sample == off, (on..off).contains(&sample))
        };
        if cues.iter().any(|cue| turning(cue).0) {
            circuit.set_current(0, |cell| {
                let current = |cue: &Cue| {
                    let distance = signed_deg(cell as f64 * degrees - cue.place_deg) / cue.width_deg;
                    cue.current_pa * math::exp(-0.5 * distance * distance)
                };
                cues.iter().filter(|cue| turning(cue).1).map(current).sum()
            })?;
        }
        spikes.clear();
        circuit.advance(per_sample, &mut spikes);
        // Windows are counted back from the end, so that the last one is whole.
        if end - sample <= (end - kept_from) / window * window {
            spikes.iter().filter(|spike| (spike.cell as usize) < cells).for_each(|spike| harmonics.add(spike.cell));
            if (end - sample - 1) % window == 0 {
                let time_ms = (sample + 1 - kept_from) as f64 * sample_ms;
                readings.push(harmonics.read(time_ms, window as f64 * sample_ms * 1e-3));
            }
        }
    }
    let kept = readings.last().filter(|last| last.direction >= memory.least_direction);
    let error_deg = kept.map(|last| signed_deg(last.place_deg - memory.cue.place_deg));
    let pull_deg = error_deg.zip(memory.distractor).map(|(error, distractor)| {
        if signed_deg(distractor.place_deg - memory.cue.place_deg) < 0.0 { -error } else { error }
    });
    Ok(Remembered { readings, error_deg, pull_deg })
}

/// Sums over spikes of the first two harmonics of their place.
struct Harmonics {
    /// Cosine and sine of each cell's place.
    places: Vec<[f64; 2]>,
    count: f64,
    first: [f64; 2],
    second: [f64; 2],
}

impl Harmonics {
    fn new(cells: usize) -> Harmonics {
        let angle = |cell: usize| std::f64::consts::TAU * cell as f64 / cells as f64;
        let places = (0..cells).map(|cell| [math::cos(angle(cell)), math::sin(angle(cell))]).collect();
        Harmonics { places, count: 0.0, first: [0.0; 2], second: [0.0; 2] }
    }

    fn add(&mut self, cell: u32) {
        let [c, s] = self.places[cell as usize];
        self.count += 1.0;
        self.first = [self.first[0] + c, self.first[1] + s];
        self.second = [self.second[0] + c * c - s * s, self.second[1] + 2.0 * c * s];
    }

    fn read(&mut self, time_ms: f64, window_s: f64) -> Reading {
        let length = |[c, s]: [f64; 2]| (c * c + s * s).sqrt();
        let (first, second) = (length(self.first), length(self.second));
        let width = math::ln(first / second) / 1.5;
        let reading = Reading {
            time_ms,
            place_deg: direction_deg(self.first),
            direction: if self.count > 0.0 { first / self.count } else { 0.0 },
            width_deg: (width > 0.0 && width.is_finite()).then(|| width.sqrt().to_degrees()),
            rate_hz: self.count / self.places.len() as f64 / window_s,
        };
        (self.count, self.first, self.second) = (0.0, [0.0; 2], [0.0; 2]);
        reading
    }
}

/// The angle of a vector, degrees from 0 to 360: Newton's method on `y cos(a) = x sin(a)` from the nearest quarter turn.
fn direction_deg([x, y]: [f64; 2]) -> f64 {
    let length = (x * x + y * y).sqrt();
    if length == 0.0 {
        return 0.0;
    }
    let quarter = std::f64::consts::FRAC_PI_2;
    let start = if x.abs() >= y.abs() {
        if x > 0.0 { 0.0 } else { 2.0 * quarter }
    } else if y > 0.0 {
        quarter
    } else {
        3.0 * quarter
    };
    let mut angle = start;
    for _ in 0..6 {
        let (c, s) = (math::cos(angle), math::sin(angle));
        angle += (y * c - x * s) / (x * c + y * s);
    }
    let degrees = angle.to_degrees();
    if degrees < 0.0 { degrees + 360.0 } else { degrees }
}

/// What many trials tell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// Trials.
    pub trials: f64,
    /// Share of trials in which nothing was kept.
    pub lost: f64,
    /// Root mean square error of the others, degrees.
    pub error_deg: f64,
    /// Mean absolute error of the others, degrees.
    pub absolute_error_deg: f64,
    /// Growth of the squared displacement of the bump over the delay, degrees² per second.
    pub diffusion_deg2_s: f64,
    /// Mean width of the bump in the last window, degrees.
    pub width_deg: f64,
    /// Mean rate of pyramidal cells in the last window, Hz.
    pub rate_hz: f64,
    /// Mean pull of the distractor, degrees; 0 without one.
    pub pull_deg: f64,
}

/// What trials have in common; those without a memory count in `lost` alone.
pub fn precision(trials: &[Remembered]) -> Precision {
    let kept: Vec<(&Remembered, f64)> = trials.iter().filter_map(|t| t.error_deg.map(|e| (t, e))).collect();
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (sum, count) = values.fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    };
    let wander = |t: &Remembered| {
        let (first, last) = (t.readings.first()?, t.readings.last()?);
        let moved = signed_deg(last.place_deg - first.place_deg);
        let seconds = (last.time_ms - first.time_ms) * 1e-3;
        (seconds > 0.0).then(|| moved * moved / seconds)
    };
    Precision {
        trials: trials.len() as f64,
        lost: 1.0 - kept.len() as f64 / trials.len().max(1) as f64,
        error_deg: mean(&mut kept.iter().map(|(_, e)| e * e)).sqrt(),
        absolute_error_deg: mean(&mut kept.iter().map(|(_, e)| e.abs())),
        diffusion_deg2_s: mean(&mut kept.iter().filter_map(|(t, _)| wander(t))),
        width_deg: mean(&mut kept.iter().filter_map(|(t, _)| t.readings.last()?.width_deg)),
        rate_hz: mean(&mut kept.iter().filter_map(|(t, _)| Some(t.readings.last()?.rate_hz))),
        pull_deg: mean(&mut kept.iter().filter_map(|(t, _)| t.pull_deg)),
    }
}
