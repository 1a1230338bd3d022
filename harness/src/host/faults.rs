//! A bad link: packets are lost, doubled, delayed, overtaken or damaged, all from one seed.
//!
//! One [`Faults`] for each direction stands between the device and the stack. Written as
//! `loss=2%,reorder=5%,dup=1%,corrupt=0.5%,delay=20ms`.

use std::{cmp::Reverse, collections::BinaryHeap, str::FromStr, time::Duration};

use stack_under_test::Instant;

/// What can happen to a packet. Chances are out of 1; each is drawn by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Plan {
    /// It never arrives.
    pub loss: f64,
    /// It is held back so long that others overtake it.
    pub reorder: f64,
    /// It arrives twice.
    pub dup: f64,
    /// One bit of it is turned.
    pub corrupt: f64,
    /// The way takes so long.
    pub delay: Duration,
}

/// How much longer a packet takes that is to be overtaken.
const HELD_BACK: Duration = Duration::from_millis(5);

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut plan = Self::default();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or_else(|| format!("`{part}` is not `name=value`"))?;
            match name.trim() {
                "loss" => plan.loss = chance(value)?,
                "reorder" => plan.reorder = chance(value)?,
                "dup" => plan.dup = chance(value)?,
                "corrupt" => plan.corrupt = chance(value)?,
                "delay" => plan.delay = delay(value)?,
                name => {
                    return Err(format!("there is no fault `{name}`: write loss, reorder, dup, corrupt or delay"));
                }
            }
        }
        Ok(plan)
    }
}

fn chance(text: &str) -> Result<f64, String> {
    let number = text.trim().strip_suffix('%').and_then(|number| number.parse::<f64>().ok());
    let percent = number.filter(|percent| (0.0..=100.0).contains(percent));
    percent.map(|percent| percent / 100.0).ok_or_else(|| format!("`{text}` is no share from `0%` to `100%`"))
}

fn delay(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let read = |suffix: &str, micros: u64| {
        let count = text.strip_suffix(suffix)?.parse::<u64>().ok()?;
        count.checked_mul(micros).map(Duration::from_micros)
    };
    let span = read("us", 1).or_else(|| read("ms", 1000)).or_else(|| read("s", 1_000_000));
    span.filter(|span| *span <= Duration::from_secs(60))
        .ok_or_else(|| format!("`{text}` is no time up to a minute, such as `500us`, `20ms` or `1s`"))
}

/// One direction of the link.
pub struct Faults {
    plan: Plan,
    random: fastrand::Rng,
    /// When a packet is due, and the order they came in.
    under_way: BinaryHeap<Reverse<(Instant, u64, Vec<u8>)>>,
    count: u64,
}

impl Faults {
    /// A direction with its own randomness.
    #[must_use]
    pub fn new(plan: Plan, seed: u64) -> Self {
        Self { plan, random: fastrand::Rng::with_seed(seed), under_way: BinaryHeap::new(), count: 0 }
    }

    /// A packet sets out.
    pub fn send(&mut self, now: Instant, packet: &[u8]) {
        let copies = if self.happens(self.plan.dup) { 2 } else { 1 };
        for _ in 0..copies {
            if self.happens(self.plan.loss) {
                continue;
            }
            let mut packet = packet.to_vec();
            if self.happens(self.plan.corrupt) && !packet.is_empty() {
                let bit = self.random.usize(0..packet.len() * 8);
                packet[bit / 8] ^= 1 << (bit % 8);
            }
            let held = if self.happens(self.plan.reorder) { HELD_BACK } else { Duration::ZERO };
            self.count += 1;
            self.under_way.push(Reverse((now + self.plan.delay + held, self.count, packet)));
        }
    }

    fn happens(&mut self, chance: f64) -> bool {
        chance > 0.0 && self.random.f64() < chance
    }

    /// The next packet that has arrived by now.
    pub fn arrived(&mut self, now: Instant) -> Option<Vec<u8>> {
        let due = self.under_way.peek().is_some_and(|Reverse((at, ..))| *at <= now);
        due.then(|| self.under_way.pop().map(|Reverse((.., packet))| packet)).flatten()
    }

    /// When the next one arrives.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.under_way.peek().map(|Reverse((at, ..))| *at)
    }
}

#[cfg(test)]
mod tests;
