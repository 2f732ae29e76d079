//! What is simulated: the constants of the pools, and what makes one region differ from another.

use std::fmt;

use sim::math;

use super::connectome::Coupling;

/// The curve from current to rate, `r = y / (1 - exp(-curvature y))` with `y = slope I - offset`.
///
/// Source: Abbott & Chance 2005, Prog. Brain Res. 149:147, as used by Deco et al. 2014.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gain {
    /// Hz per nA.
    pub slope_hz_na: f64,
    /// Hz.
    pub offset_hz: f64,
    /// Seconds.
    pub curvature_s: f64,
}

impl Gain {
    /// The rate in Hz at a current in nA; finite for every finite current.
    pub fn rate(&self, current_na: f64) -> f64 {
        let x = self.curvature_s * (self.slope_hz_na * current_na - self.offset_hz);
        ratio(x) / self.curvature_s
    }

    /// The current in nA that gives a rate in Hz above zero.
    pub fn current(&self, rate_hz: f64) -> f64 {
        let goal = rate_hz * self.curvature_s;
        // The curve rises everywhere, lies above its argument and above zero: bracket, then halve.
        let (mut low, mut high) = (-1.0, goal);
        while ratio(low) > goal && low > -700.0 {
            low *= 2.0;
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if ratio(middle) < goal { low = middle } else { high = middle }
        }
        (0.5 * (low + high) / self.curvature_s + self.offset_hz) / self.slope_hz_na
    }
}

/// `x / (1 - exp(-x))`, by its series near zero.
fn ratio(x: f64) -> f64 {
    if x.abs() < 0.02 {
        // Bernoulli numbers; the next term is below 1e-15 here.
        let square = x * x;
        return 1.0 + 0.5 * x + square / 12.0 - square * square / 720.0;
    }
    if x < -700.0 {
        return 0.0;
    }
    x / (1.0 - math::exp(-x))
}

/// Constants of both pools, the same in all regions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pools {
    /// External current of both pools before scaling, nA.
    pub external_na: f64,
    /// Share of the external current that excitatory cells receive.
    pub external_e: f64,
    /// Share of the external current that inhibitory cells receive.
    pub external_i: f64,
    /// Current of a fully open NMDA synapse, nA.
    pub nmda_na: f64,
    /// Curve of the excitatory pool.
    pub gain_e: Gain,
    /// Curve of the inhibitory pool.
    pub gain_i: Gain,
    /// Decay of NMDA gating, s.
    pub tau_e_s: f64,
    /// Decay of GABA gating, s.
    pub tau_i_s: f64,
    /// Opening of NMDA gating per spike.
    pub opening: f64,
    /// Standard deviation of the noise that one millisecond adds to a gating variable.
    pub noise_per_root_ms: f64,
}

/// One region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Factor on NMDA currents from other regions; 1 is unblocked.
    pub long_range: f64,
    /// Factor on NMDA currents among the region's own pyramidal cells; 1 is unblocked.
    pub local: f64,
    /// Factor on NMDA currents onto its interneurons; 1 is unblocked.
    pub interneuron: f64,
    /// Tone of inhibition, a factor on `inhibition`; 1 is at rest.
    pub tone: f64,
    /// Weight of feedback inhibition `J`, nA per gating.
    pub inhibition: f64,
    /// Recurrent weight `w`.
    pub recurrence: f64,
    /// Extra current into pyramidal cells, nA.
    pub current_e_na: f64,
    /// Extra current into interneurons, nA.
    pub current_i_na: f64,
}

impl Region {
    /// A region at rest: nothing blocked, no extra current.
    pub fn at_rest(recurrence: f64, inhibition: f64) -> Region {
        Region {
            long_range: 1.0,
            local: 1.0,
            interneuron: 1.0,
            tone: 1.0,
            inhibition,
            recurrence,
            current_e_na: 0.0,
            current_i_na: 0.0,
        }
    }
}

/// A brain: who is coupled to whom, how strongly overall, and each region.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// Relative coupling.
    pub coupling: Coupling,
    /// Global coupling `G`.
    pub global: f64,
    /// Constants of the pools.
    pub pools: Pools,
    /// As many as the coupling has rows.
    pub regions: Vec<Region>,
}

/// What is wrong with a model.
#[derive(Clone, Debug, PartialEq)]
pub enum ModelError {
    /// Not one region per row of the coupling.
    Regions {
        /// Regions given.
        given: usize,
        /// Rows of the coupling.
        rows: usize,
    },
    /// A number outside of its range.
    Number {
        /// Which one.
        name: &'static str,
        /// Region, where it belongs to one.
        region: Option<usize>,
        /// What was given.
        value: f64,
        /// Lowest and highest value allowed.
        range: [f64; 2],
    },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::Regions { given, rows } => {
                write!(f, "{given} regions for a coupling of {rows}: give one region per row, in the same order")
            }
            ModelError::Number { name, region, value, range: [low, high] } => {
                write!(f, "{name} is {value}")?;
                if let Some(region) = region {
                    write!(f, " in region {region}")?;
                }
                write!(f, ", outside {low} to {high}: give a number in that range")
            }
        }
    }
}

impl std::error::Error for ModelError {}

impl Model {
    /// Regions.
    pub fn len(&self) -> usize {
        self.regions.len()
    }

    /// Whether there is no region.
    pub fn is_empty(&self) -> bool {
        self.regions.is_empty()
    }

    /// All that is wrong; nothing if the model can be simulated without a number that is none.
    ///
    /// The ranges are wide of any biology; they keep every single-precision product finite.
    pub fn problems(&self) -> Vec<ModelError> {
        let mut found = Vec::new();
        if self.regions.len() != self.coupling.len() {
            found.push(ModelError::Regions { given: self.regions.len(), rows: self.coupling.len() });
        }
        let mut check = |name, region, value: f64, range: [f64; 2]| {
            if !(range[0]..=range[1]).contains(&value) {
                found.push(ModelError::Number { name, region, value, range });
            }
        };
        let p = &self.pools;
        check("global coupling", None, self.global, [0.0, 1e3]);
        check("external current (nA)", None, p.external_na, [-1e3, 1e3]);
        check("excitatory share of the external current", None, p.external_e, [0.0, 1e3]);
        check("inhibitory share of the external current", None, p.external_i, [0.0, 1e3]);
        check("NMDA current (nA)", None, p.nmda_na, [0.0, 1e3]);
        for gain in [&p.gain_e, &p.gain_i] {
            check("slope of a gain (Hz/nA)", None, gain.slope_hz_na, [1e-3, 1e6]);
            check("offset of a gain (Hz)", None, gain.offset_hz, [-1e6, 1e6]);
            check("curvature of a gain (s)", None, gain.curvature_s, [1e-6, 1e3]);
        }
        check("decay of NMDA gating (s)", None, p.tau_e_s, [1e-4, 1e3]);
        check("decay of GABA gating (s)", None, p.tau_i_s, [1e-4, 1e3]);
        check("opening per spike", None, p.opening, [0.0, 1e3]);
        check("noise", None, p.noise_per_root_ms, [0.0, 1.0]);
        for (n, region) in self.regions.iter().enumerate() {
            let n = Some(n);
            check("factor on long-range NMDA", n, region.long_range, [0.0, 1e3]);
            check("factor on local NMDA", n, region.local, [0.0, 1e3]);
            check("factor on NMDA of interneurons", n, region.interneuron, [0.0, 1e3]);
            check("tone of inhibition", n, region.tone, [0.0, 1e3]);
            check("weight of inhibition", n, region.inhibition, [0.0, 1e6]);
            check("recurrent weight", n, region.recurrence, [0.0, 1e3]);
            check("extra excitatory current (nA)", n, region.current_e_na, [-1e3, 1e3]);
            check("extra inhibitory current (nA)", n, region.current_i_na, [-1e3, 1e3]);
        }
        found
    }
}
