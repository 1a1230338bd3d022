//! How many workers a set of waits deserves.

use std::{cmp::Reverse, collections::BinaryHeap, time::Duration};

/// What one more live target costs: its namespace and TUN device have to be made and, above all, closed.
const WORKER_COST: Duration = Duration::from_millis(25);
/// More workers than this help nobody.
const MOST: usize = 64;

/// Sorts case numbers by their waits, the longest first; equal ones keep their order.
pub fn longest_first(cases: &mut [usize], waits: &[Duration]) {
    cases.sort_by_key(|&index| Reverse(waits[index]));
}

/// How many workers make these waits (the longest first) end soonest, with what the workers themselves cost.
#[must_use]
pub fn workers_for(waits: &[Duration]) -> usize {
    let cost = |workers: usize| makespan(waits, workers) + WORKER_COST * u32::try_from(workers).unwrap_or(u32::MAX);
    (1..=waits.len().min(MOST)).min_by_key(|&workers| cost(workers)).unwrap_or(0)
}

/// When the last of `workers` is done, if each takes the next wait as soon as it is free.
#[must_use]
pub fn makespan(waits: &[Duration], workers: usize) -> Duration {
    let mut free: BinaryHeap<Reverse<Duration>> = std::iter::repeat_n(Reverse(Duration::ZERO), workers).collect();
    let mut end = Duration::ZERO;
    for &wait in waits {
        let Some(Reverse(at)) = free.pop() else { return end };
        end = end.max(at + wait);
        free.push(Reverse(at + wait));
    }
    end
}

#[cfg(test)]
mod tests;
