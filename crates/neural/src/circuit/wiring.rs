//! Who projects to whom: at random, between pools, or around a ring.

use sim::math;
use sim::random::{Stream, stream_id};

use super::parameters::{CellType, CircuitError, Motif, Parameters, Scaling, within};
use crate::lanes::LANES;

/// How the cells of a circuit are connected.
#[derive(Clone, Debug, PartialEq)]
pub enum Connectivity {
    /// Each pair is connected or not, drawn once.
    Random {
        /// Synapses from pyramidal cells onto each cell.
        excitatory: usize,
        /// Synapses from interneurons onto each cell.
        inhibitory: usize,
        /// Whether each cell has exactly so many.
        in_degree: InDegree,
        /// Seed of the draw.
        seed: u64,
    },
    /// All to all; pyramidal cells fall into pools whose mutual excitation is weighted.
    Pools {
        /// Cells in each pool; together all pyramidal cells.
        sizes: Vec<usize>,
        /// Weight of the synapses from pool `i` onto pool `j`, at `i * pools + j`; 1 leaves them.
        weights: Vec<f64>,
    },
    /// All to all; pyramidal cells stand on a ring, and NMDA between them falls with their distance as
    /// `J- + (J+ - J-) exp(-d²/2 width²)`, whose mean is 1.
    ///
    /// Source: Compte, Brunel, Goldman-Rakic & Wang 2000, Cereb Cortex 10:910.
    Ring {
        /// Weight at no distance, J+; 1 makes the ring flat.
        strongest: f64,
        /// Width of the footprint, degrees.
        width_deg: f64,
    },
}

/// Synapses a list may hold; each costs two bytes, and six more while it is made.
const MOST_SYNAPSES: f64 = 1e8;

impl Connectivity {
    /// Holds every number to its range and pools to the cells there are.
    fn check(&self, parameters: &Parameters) -> Result<(), CircuitError> {
        match self {
            Connectivity::Random { excitatory, inhibitory, .. } => {
                let cells = (parameters.pyramidal + parameters.interneurons) as f64;
                within("number of synapses", (*excitatory as f64 + *inhibitory as f64) * cells, 0.0, MOST_SYNAPSES)
            }
            Connectivity::Pools { sizes, weights } => {
                within("number of pools", sizes.len() as f64, 1.0, 64.0)?;
                let pairs = (sizes.len() * sizes.len()) as f64;
                within("number of weights between pools", weights.len() as f64, pairs, pairs)?;
                let all = parameters.pyramidal as f64;
                within("sum of the sizes of pools", sizes.iter().map(|&size| size as f64).sum(), all, all)?;
                weights.iter().try_for_each(|&weight| within("weight between pools", weight, 0.0, 100.0))
            }
            Connectivity::Ring { strongest, width_deg } => {
                within("width of the footprint (degrees)", *width_deg, 0.5, 360.0)?;
                within("weight at the centre of the footprint", *strongest, 0.0, 100.0)
            }
        }
    }
}

/// How far the number of synapses onto a cell is fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InDegree {
    /// Every cell has exactly as many.
    Exact,
    /// Cells have as many on average: each pair is connected with one probability, and rates spread with in-degrees.
    Average,
}

/// Cells of one kind and pool, which share every constant and lie in lanes of their own.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// Their kind.
    pub cell: CellType,
    /// Number of the first cell.
    pub first: usize,
    /// How many there are.
    pub size: usize,
    /// First block of lanes.
    pub(crate) block: usize,
}

impl Group {
    pub(crate) fn blocks(&self) -> usize {
        self.size.div_ceil(LANES)
    }
}

/// Peak conductances that one spike of a group adds onto one group, nS.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Weights {
    pub ampa: f64,
    pub nmda: f64,
    pub gaba: f64,
}

/// The synapses of a circuit.
#[derive(Clone, Debug)]
pub(crate) struct Wiring {
    /// All groups, pyramidal first.
    pub groups: Vec<Group>,
    /// What a spike of group `i` does to group `j`, at `i * groups + j`.
    pub weights: Vec<Weights>,
    /// Where each spike goes.
    pub reach: Reach,
}

/// Which cells of a group a spike reaches.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// Lanes in `targets`; those of source `s` in group `g` lie between `starts[s * (groups + 1) + g]` and the next.
    Listed { targets: Vec<u16>, starts: Vec<u32> },
    /// Every cell alike.
    All,
    /// Every cell alike, but NMDA onto pyramidal cells by the footprint, which is written out twice in a row.
    Around { footprint: Vec<f32> },
}

impl Wiring {
    pub fn new(
        parameters: &Parameters,
        scaling: &Scaling,
        connectivity: &Connectivity,
    ) -> Result<Wiring, CircuitError> {
        connectivity.check(parameters)?;
        let whole = [parameters.pyramidal];
        let sizes = match connectivity {
            Connectivity::Pools { sizes, .. } => &sizes[..],
            _ => &whole[..],
        };
        let groups = groups(parameters, sizes)?;
        let weights = weights(parameters, scaling, connectivity, &groups);
        let reach = match connectivity {
            Connectivity::Random { excitatory, inhibitory, in_degree, seed } => {
                listed(parameters, &groups, [*excitatory, *inhibitory], *in_degree, *seed)?
            }
            Connectivity::Pools { .. } => Reach::All,
            Connectivity::Ring { strongest, width_deg } => {
                Reach::Around { footprint: footprint(parameters.pyramidal, *strongest, *width_deg)? }
            }
        };
        Ok(Wiring { groups, weights, reach })
    }
}

fn groups(parameters: &Parameters, pools: &[usize]) -> Result<Vec<Group>, CircuitError> {
    let somatostatin = parameters.somatostatin();
    let parvalbumin = parameters.interneurons - somatostatin;
    let cells = pools.iter().map(|&size| (CellType::Pyramidal, size));
    let mut groups: Vec<Group> = Vec::new();
    for (cell, size) in cells.chain([(CellType::Parvalbumin, parvalbumin), (CellType::Somatostatin, somatostatin)]) {
        let (first, block) = groups.last().map_or((0, 0), |g| (g.first + g.size, g.block + g.blocks()));
        groups.push(Group { cell, first, size, block });
    }
    let last = &groups[groups.len() - 1];
    within("number of cells", ((last.block + last.blocks()) * LANES) as f64, 16.0, 65_536.0)?;
    Ok(groups)
}

fn weights(parameters: &Parameters, scaling: &Scaling, connectivity: &Connectivity, groups: &[Group]) -> Vec<Weights> {
    let interneurons = parameters.interneurons as f64;
    let somatostatin = parameters.somatostatin() as f64;
    let cells = |cell| if cell == CellType::Somatostatin { somatostatin } else { interneurons - somatostatin };
    let mut weights = Vec::with_capacity(groups.len() * groups.len());
    for (i, source) in groups.iter().enumerate() {
        for (j, target) in groups.iter().enumerate() {
            let synapses = scaling.apply(target.cell, parameters.synapses(target.cell));
            weights.push(match (source.cell, target.cell) {
                (CellType::Pyramidal, CellType::Pyramidal) => {
                    let between = match connectivity {
                        Connectivity::Pools { sizes, weights } => {
                            weights.get(i * sizes.len() + j).copied().unwrap_or(1.0)
                        }
                        _ => 1.0,
                    };
                    Weights { ampa: synapses.ampa_ns * between, nmda: synapses.nmda_ns * between, gaba: 0.0 }
                }
                (CellType::Pyramidal, _) => Weights { ampa: synapses.ampa_ns, nmda: synapses.nmda_ns, gaba: 0.0 },
                _ => {
                    // Where in-degrees are fixed the number of synapses keeps the total; else their strength does.
                    let raise = match connectivity {
                        Connectivity::Random { .. } => 1.0,
                        _ => {
                            let from = parameters.inhibition_from_somatostatin(target.cell);
                            let from = if source.cell == CellType::Somatostatin { from } else { 1.0 - from };
                            from * interneurons / cells(source.cell).max(1.0)
                        }
                    };
                    Weights { gaba: synapses.gaba_ns * raise, ..Weights::default() }
                }
            });
        }
    }
    weights
}

fn listed(
    parameters: &Parameters,
    groups: &[Group],
    [excitatory, inhibitory]: [usize; 2],
    in_degree: InDegree,
    seed: u64,
) -> Result<Reach, CircuitError> {
    let lanes_of = |wanted: &dyn Fn(CellType) -> bool| -> Vec<u16> {
        let chosen = groups.iter().filter(|g| wanted(g.cell));
        chosen.flat_map(|g| (g.block * LANES..g.block * LANES + g.size).map(|lane| lane as u16)).collect()
    };
    let mut pyramidal = lanes_of(&|cell| cell == CellType::Pyramidal);
    let mut interneurons = lanes_of(&|cell| cell != CellType::Pyramidal);
    let mut parvalbumin = lanes_of(&|cell| cell == CellType::Parvalbumin);
    let mut somatostatin = lanes_of(&|cell| cell == CellType::Somatostatin);
    let mut stream = Stream::new(seed, 0, 0, stream_id("wiring"), 0);
    let mut pairs: Vec<(u16, u16)> = Vec::new();
    let mut draw = |pool: &mut [u16], count: usize, target: usize| match in_degree {
        InDegree::Exact => draw_exactly(pool, count, target as u16, &mut stream, &mut pairs),
        InDegree::Average => draw_each(pool, count, target as u16, &mut stream, &mut pairs),
    };
    for group in groups {
        let from = parameters.inhibition_from_somatostatin(group.cell);
        let dendritic = (from * inhibitory as f64).round() as usize;
        for lane in group.block * LANES..group.block * LANES + group.size {
            draw(&mut pyramidal, excitatory, lane)?;
            match parameters.motif {
                Motif::Alike => draw(&mut interneurons, inhibitory, lane)?,
                Motif::Dendritic => {
                    draw(&mut parvalbumin, inhibitory - dendritic, lane)?;
                    draw(&mut somatostatin, dendritic, lane)?;
                }
            }
        }
    }
    let sources = groups.last().map_or(0, |g| (g.block + g.blocks()) * LANES);
    let width = groups.len() + 1;
    let group_of = |lane: u16| groups.iter().rposition(|g| g.size > 0 && g.block * LANES <= lane as usize).unwrap_or(0);
    let mut starts = vec![0_u32; sources * width + 1];
    for &(source, target) in &pairs {
        starts[source as usize * width + group_of(target) + 1] += 1;
    }
    for i in 1..starts.len() {
        starts[i] += starts[i - 1];
    }
    let mut next = starts.clone();
    let mut targets = vec![0_u16; pairs.len()];
    for &(source, target) in &pairs {
        let at = &mut next[source as usize * width + group_of(target)];
        targets[*at as usize] = target;
        *at += 1;
    }
    Ok(Reach::Listed { targets, starts })
}

/// Adds `count` synapses onto `target` from different cells of `pool`, never from itself.
fn draw_exactly(
    pool: &mut [u16],
    count: usize,
    target: u16,
    stream: &mut Stream,
    pairs: &mut Vec<(u16, u16)>,
) -> Result<(), CircuitError> {
    if count == 0 {
        return Ok(());
    }
    if pool.len() <= count {
        return Err(CircuitError::TooFewCells { cells: pool.len(), synapses: count });
    }
    // The first of a shuffled pool, and one more in the place of the cell itself.
    let mut found = 0;
    for i in 0..=count {
        let rest = (pool.len() - i) as u64;
        let pick = i + (((stream.bits() >> 32) * rest) >> 32) as usize;
        pool.swap(i, pick);
        if pool[i] != target && found < count {
            pairs.push((pool[i], target));
            found += 1;
        }
    }
    Ok(())
}

/// Adds synapses onto `target` from each cell of `pool` but itself with the probability that brings `count` on average.
fn draw_each(
    pool: &[u16],
    count: usize,
    target: u16,
    stream: &mut Stream,
    pairs: &mut Vec<(u16, u16)>,
) -> Result<(), CircuitError> {
    if count == 0 {
        return Ok(());
    }
    if pool.len() <= count {
        return Err(CircuitError::TooFewCells { cells: pool.len(), synapses: count });
    }
    // Gaps between hits of even probability are geometric.
    let miss = math::ln(1.0 - count as f64 / pool.len() as f64);
    let mut next = 0.0;
    loop {
        next += (math::ln(stream.uniform()) / miss).floor();
        if next >= pool.len() as f64 {
            return Ok(());
        }
        let source = pool[next as usize];
        if source != target {
            pairs.push((source, target));
        }
        next += 1.0;
    }
}

/// Weights by distance around the ring, twice in a row, so that those seen from any cell are one slice.
fn footprint(cells: usize, strongest: f64, width_deg: f64) -> Result<Vec<f32>, CircuitError> {
    let shape = |i: usize| {
        let distance = i.min(cells - i) as f64 * 360.0 / cells as f64 / width_deg;
        math::exp(-0.5 * distance * distance)
    };
    let mean = (0..cells).map(shape).sum::<f64>() / cells as f64;
    let weakest = (1.0 - strongest * mean) / (1.0 - mean);
    within("weight far from the centre of the footprint", weakest, 0.0, 1e6)?;
    Ok((0..2 * cells).map(|i| (weakest + (strongest - weakest) * shape(i % cells)) as f32).collect())
}
