//! Structure-aware mutation of scripts: insert, drop, repeat, swap, splice, one field to a boundary.
//!
//! [`fuzz_mutate`] and [`fuzz_crossover`] have the shapes of libFuzzer's custom mutator and crossover; the campaign calls
//! [`mutate`] and [`cross`] on scripts. The same seed gives the same result. Left out: mutation of whole bytes at random,
//! which libFuzzer does by itself (its own mutator keeps its chance in the targets' glue).

use fastrand::Rng;

use super::script::{Field, Header, Kind, MOST_BYTES, MOST_STEPS, RECORD, Record, Script};

/// Bytes at which a field's meaning changes.
const BOUNDARY: [u8; 16] = [0, 1, 2, 3, 7, 8, 15, 16, 0x3f, 0x40, 0x7f, 0x80, 0xa0, 0xe0, 0xf0, 0xff];
/// The kinds, by how often a new step is one of them.
const NEW: [Kind; 13] = [
    Kind::Proper,
    Kind::Proper,
    Kind::OddSeq,
    Kind::OddSeq,
    Kind::OddAck,
    Kind::OddAck,
    Kind::OddBoth,
    Kind::Call,
    Kind::Call,
    Kind::Call,
    Kind::Handshake,
    Kind::Wait,
    Kind::Icmp,
];

/// Changes a script in one to four places.
pub fn mutate(script: &mut Script, rng: &mut Rng) {
    // One change most of the time: what a change did can be told only then.
    for _ in 0..=rng.u8(..).leading_zeros().min(3) {
        change(script, rng);
    }
}

fn change(script: &mut Script, rng: &mut Rng) {
    let steps = &mut script.records;
    let (at, other) = match steps.len() {
        0 => (0, 0),
        len => (rng.usize(..len), rng.usize(..len)),
    };
    let room = steps.len() < MOST_STEPS;
    match rng.u8(..16) {
        0..=2 if room => steps.insert(rng.usize(..=steps.len()), new_record(rng)),
        3 | 4 if steps.len() > 1 => drop(steps.remove(at)),
        5 if room && !steps.is_empty() => steps.insert(at, steps[at]),
        6 if steps.len() > 1 => steps.swap(at, other),
        7 if steps.len() > 1 => {
            let record = steps.remove(at);
            steps.insert(other, record);
        }
        8 => tweak_header(&mut script.header, rng),
        _ if steps.is_empty() => steps.push(new_record(rng)),
        _ => tweak(&mut steps[at], rng),
    }
}

/// A step with chance in every field but the kind.
fn new_record(rng: &mut Rng) -> Record {
    let mut bytes = [0; RECORD];
    rng.fill(&mut bytes);
    let mut record = Record(bytes);
    record.set(Field::Kind, rng.choice(NEW).unwrap_or(Kind::Proper).byte());
    // Steps that go wrong in one way tell more than those that go wrong in three.
    for (field, keep) in [(Field::Option, 4), (Field::Wrong, 4), (Field::Window, 2)] {
        if !rng.u8(..).is_multiple_of(keep) {
            record.set(field, 0);
        }
    }
    record
}

/// One field that the step's kind reads, to a boundary, a neighbour, or anywhere.
fn tweak(record: &mut Record, rng: &mut Rng) {
    let field = rng.choice(fields(record.kind()).iter().copied()).unwrap_or(Field::Kind);
    record.set(field, tweaked(record.get(field), rng));
}

fn tweak_header(header: &mut Header, rng: &mut Rng) {
    let at = rng.usize(..HEADER_FIELDS);
    header.0[at] = tweaked(header.0[at], rng);
}

/// How many bytes of the header are read.
const HEADER_FIELDS: usize = 12;

fn tweaked(value: u8, rng: &mut Rng) -> u8 {
    match rng.u8(..8) {
        0..=2 => rng.choice(BOUNDARY).unwrap_or(0),
        3 => value.wrapping_add(1),
        4 => value.wrapping_sub(1),
        5 => value ^ 1 << rng.u8(..8),
        _ => rng.u8(..),
    }
}

/// The fields that a step of this kind reads.
const fn fields(kind: Kind) -> &'static [Field] {
    match kind {
        Kind::Proper | Kind::OddSeq | Kind::OddAck | Kind::OddBoth => &Field::ALL,
        Kind::Call => &[
            Field::Kind,
            Field::Connection,
            Field::What,
            Field::Mode,
            Field::SeqNear,
            Field::SeqFar,
            Field::Text,
            Field::OptionValue,
        ],
        Kind::Handshake => &[Field::Kind, Field::Connection, Field::What, Field::SeqNear],
        Kind::Icmp => &[
            Field::Kind,
            Field::Connection,
            Field::What,
            Field::Mode,
            Field::Ack,
            Field::AckNear,
            Field::AckFar,
            Field::Text,
            Field::Window,
            Field::Option,
            Field::OptionValue,
            Field::Wrong,
            Field::WrongValue,
        ],
        Kind::Wait => &[Field::Kind, Field::What, Field::Mode, Field::SeqNear, Field::SeqFar],
    }
}

/// The head of one script and the tail of another; or a piece of the other put into the one.
#[must_use]
pub fn cross(one: &Script, other: &Script, rng: &mut Rng) -> Script {
    let mut child = one.clone();
    let from = rng.usize(..=other.records.len());
    let at = rng.usize(..=child.records.len());
    if rng.bool() {
        child.records.truncate(at);
        child.records.extend_from_slice(&other.records[from..]);
    } else {
        let end = rng.usize(from..=other.records.len());
        child.records.splice(at..at, other.records[from..end].iter().copied());
    }
    child.records.truncate(MOST_STEPS);
    child
}

/// libFuzzer's custom mutator: changes the first `size` bytes of `data`, which has room for `max_size`, and returns how
/// many bytes count now.
pub fn fuzz_mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut script = Script::decode(&data[..size.min(data.len())]);
    mutate(&mut script, &mut Rng::with_seed(u64::from(seed)));
    write(&script, data, max_size)
}

/// libFuzzer's custom crossover: writes a child of both into `out` and returns its length.
pub fn fuzz_crossover(one: &[u8], other: &[u8], out: &mut [u8], seed: u32) -> usize {
    let child = cross(&Script::decode(one), &Script::decode(other), &mut Rng::with_seed(u64::from(seed)));
    let room = out.len();
    write(&child, out, room)
}

/// As many whole records as there is room for.
fn write(script: &Script, data: &mut [u8], max_size: usize) -> usize {
    let room = max_size.min(data.len()).min(MOST_BYTES);
    let bytes = script.encode();
    let len = if bytes.len() <= room { bytes.len() } else { (room / RECORD * RECORD).max(room.min(RECORD)) };
    data[..len].copy_from_slice(&bytes[..len]);
    len
}

#[cfg(test)]
mod tests;
