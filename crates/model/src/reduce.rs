//! A system without the states that stay exactly zero when only certain actions happen (depots of routes that are not
//! used, the other enantiomer) and without those that reach no output.

use crate::lower::Lowered;
use sim::expr::{Expr, Symbol};
use sim::system::{Action, Effect, System};
use std::collections::{BTreeSet, HashMap};

impl Lowered {
    /// States that can leave zero when only the `fired` actions happen, whatever the values of parameters, and that reach
    /// an output.
    pub fn lively(&self, fired: &BTreeSet<u32>) -> Vec<u32> {
        // Ones stand for any value, so that nothing but an infusion that never runs counts as zero.
        let any: Vec<f64> =
            self.parameter_names.iter().map(|n| if n.starts_with("rate:") { 0.0 } else { 1.0 }).collect();
        let paths = self.paths(&any, Some(fired));
        let behind = paths.states_behind();
        (0..self.system.states.len() as u32).filter(|i| !paths.is_idle(*i) && behind.contains(i)).collect()
    }

    /// The same equations over the `kept` states alone, all others being zero for good. Parameters and actions keep
    /// their places; actions that did not fire do nothing.
    pub fn keeping(&self, kept: &[u32], fired: &BTreeSet<u32>) -> Lowered {
        let s = &self.system;
        let mut graph = s.graph.clone();
        let zero = graph.constant(0.0);
        let mut map: HashMap<Symbol, Expr> = (0..s.states.len() as u32).map(|i| (Symbol::State(i), zero)).collect();
        let mut place: HashMap<u32, u32> = HashMap::new();
        for (new, old) in kept.iter().enumerate() {
            map.insert(Symbol::State(*old), graph.symbol(Symbol::State(new as u32)));
            place.insert(*old, new as u32);
        }
        let mut roots: Vec<Expr> = kept.iter().map(|i| s.rates[*i as usize]).collect();
        roots.extend(&s.outputs);
        roots.extend(kept.iter().map(|i| self.start[*i as usize]));
        let roots = graph.substitute(&roots, &map);
        let mut replace = |e: Expr| graph.substitute(&[e], &map)[0];
        let mut actions = Vec::new();
        for (i, action) in s.actions.iter().enumerate() {
            let mut effects = Vec::new();
            for effect in action.effects.iter().filter(|_| fired.contains(&(i as u32))) {
                effects.extend(match effect {
                    Effect::Add { state, amount, delay } => place.get(state).map(|state| Effect::Add {
                        state: *state,
                        amount: replace(*amount),
                        delay: delay.map(&mut replace),
                    }),
                    Effect::Assign { state, value } => {
                        place.get(state).map(|state| Effect::Assign { state: *state, value: replace(*value) })
                    }
                    Effect::Infuse { state, rate_parameter, amount, duration, delay } => {
                        place.get(state).map(|state| Effect::Infuse {
                            state: *state,
                            rate_parameter: *rate_parameter,
                            amount: replace(*amount),
                            duration: replace(*duration),
                            delay: delay.map(&mut replace),
                        })
                    }
                });
            }
            actions.push(Action { effects });
        }
        let (n, m) = (kept.len(), s.outputs.len());
        Lowered {
            system: System {
                graph,
                states: kept.iter().map(|i| s.states[*i as usize].clone()).collect(),
                parameters: s.parameters,
                rates: roots[..n].to_vec(),
                outputs: roots[n..n + m].to_vec(),
                actions,
            },
            parameter_names: self.parameter_names.clone(),
            parameter_values: self.parameter_values.clone(),
            steady: kept.iter().map(|i| self.steady[*i as usize]).collect(),
            start: roots[n + m..].to_vec(),
            near: kept.iter().map(|i| self.near[*i as usize]).collect(),
            actions: self.actions.clone(),
        }
    }
}
