//! Who gets which arm: permuted blocks within each site and stratum.
//!
//! The list of a site depends on the seed, the trial and the site alone, so that any part of a trial can be run anywhere
//! and gets the same allocation.

use sim::random::{Stream, stream_id};
use std::collections::BTreeMap;

/// How people are allocated.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheme {
    /// How many of a block go to each sequence.
    pub ratios: Vec<u32>,
    /// How many times the ratios are repeated in a block.
    pub repeats: u32,
}

impl Scheme {
    /// People in a block.
    pub fn block(&self) -> u32 {
        self.ratios.iter().sum::<u32>() * self.repeats
    }

    /// The sequence of each person of a site, in the order in which they entered; `strata` holds each person's stratum.
    pub fn allocate(&self, seed: u64, replicate: u32, site: u32, strata: &[u32]) -> Vec<u32> {
        let mut lists: BTreeMap<u32, (u32, Vec<u32>)> = BTreeMap::new();
        strata
            .iter()
            .map(|stratum| {
                let (next, left) = lists.entry(*stratum).or_default();
                if left.is_empty() {
                    *left = self.shuffled(seed, replicate, site, *stratum, *next);
                    *next += 1;
                }
                left.pop().unwrap_or(0)
            })
            .collect()
    }

    /// One block in random order.
    fn shuffled(&self, seed: u64, replicate: u32, site: u32, stratum: u32, block: u32) -> Vec<u32> {
        let one = self.ratios.iter().enumerate().flat_map(|(k, n)| std::iter::repeat_n(k as u32, *n as usize));
        let mut cards: Vec<u32> = Vec::new();
        for _ in 0..self.repeats {
            cards.extend(one.clone());
        }
        let mut stream = Stream::new(seed, replicate, site, stream_id(&format!("allocation:{stratum}")), block);
        // Fisher-Yates: every order is equally likely.
        for i in (1..cards.len()).rev() {
            let j = (stream.uniform() * (i + 1) as f64) as usize;
            cards.swap(i, j.min(i));
        }
        cards
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_that_every_block_holds_the_ratio() {
        let scheme = Scheme { ratios: vec![2, 1], repeats: 2 };
        let strata: Vec<u32> = (0..60).map(|i| i % 2).collect();
        let given = scheme.allocate(3, 0, 1, &strata);
        for stratum in 0..2 {
            let of: Vec<u32> = strata.iter().zip(&given).filter(|(s, _)| **s == stratum).map(|(_, g)| *g).collect();
            for block in of.chunks(6) {
                assert_eq!(block.iter().filter(|g| **g == 0).count(), 4);
            }
        }
    }

    #[test]
    fn agrees_that_orders_are_equally_likely() {
        let scheme = Scheme { ratios: vec![1, 1], repeats: 1 };
        let first = (0..10_000).filter(|site| scheme.allocate(1, 0, *site, &[0])[0] == 0).count();
        // Four standard errors of a fair coin.
        assert!((first as f64 - 5000.0).abs() < 200.0, "{first}");
    }
}
