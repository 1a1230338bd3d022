//! Bytes → [`Case`]: the same type that YAML makes, so that a finding can be written down as a case file.
//!
//! Numbers are taken relative to the live connection, at the edges where implementations differ. Left out in this
//! first form: waits, several connections, options, urgent data, mutation and shrinking.

use arbitrary::{Arbitrary as _, Result, Unstructured};

use crate::{
    case::{
        flags::Flags,
        format::{Action, Allow, At, Call, CallStep, Case, Data, Inject, Step, Via},
        position::{Position, Symbol},
        state::State,
    },
    clause::ClauseId,
};

/// Where the state machine is entered; CLOSED and LISTEN are reached by themselves.
const STATES: [State; 11] = State::ALL;
/// Flag combinations worth more than chance gives them.
const FLAGS: [Flags; 10] = [
    Flags::ACK,
    Flags::SYN,
    Flags::RST,
    Flags::FIN,
    Flags(0x012),
    Flags(0x011),
    Flags(0x014),
    Flags(0x018),
    Flags(0x003),
    Flags(0),
];
const MOST_STEPS: usize = 8;

/// A case from a fuzzer's bytes. The same bytes give the same case.
///
/// # Errors
/// If the bytes run out at a place where nothing can be made up.
pub fn case(bytes: &mut Unstructured<'_>) -> Result<Case> {
    let given = *bytes.choose(&STATES)?;
    let via = if bool::arbitrary(bytes)? && given != State::Listen { Via::Active } else { Via::Passive };
    let mut steps = Vec::new();
    while steps.len() < MOST_STEPS && (steps.is_empty() || !bytes.is_empty()) {
        let action =
            if bytes.ratio(4u8, 5u8)? { Action::Inject(Box::new(inject(bytes, given)?)) } else { call(bytes)? };
        let step = Step { action, clauses: Vec::new(), continues: true, note: None };
        steps.push(At { line: 0, value: step });
    }
    Ok(Case {
        title: format!("generated: {} steps in {given}", steps.len()),
        clauses: "RFC9293#3.10.7".parse::<ClauseId>().into_iter().collect(),
        given: Some(given),
        via: Some(via),
        // When a pure ACK leaves is the target's choice (SHLD-18), so it is no difference.
        allow: vec![Allow::Ack, Allow::WindowUpdate],
        steps,
        ..Case::default()
    })
}

fn inject(bytes: &mut Unstructured<'_>, given: State) -> Result<Inject> {
    // Before the target has spoken there are no live numbers to aim at.
    let silent = matches!(given, State::Closed | State::Listen | State::SynSent);
    let flags = if bytes.ratio(9u8, 10u8)? { *bytes.choose(&FLAGS)? } else { Flags(u16::from(u8::arbitrary(bytes)?)) };
    let seq = if silent { Position::number(i64::from(u8::arbitrary(bytes)?)) } else { seq(bytes)? };
    let data = if bytes.ratio(1u8, 3u8)? { Some(Data::Pattern(bytes.int_in_range(1..=64)?)) } else { None };
    let win = if bytes.ratio(1u8, 4u8)? { Some(*bytes.choose(&[0, 1, 536, 65535])?) } else { None };
    Ok(Inject { flags, seq: Some(seq), ack: Some(ack(bytes)?), win, data, ..Inject::default() })
}

/// The edges of the receive window, ±1, and the other half of the number space.
fn seq(bytes: &mut Unstructured<'_>) -> Result<Position> {
    let offset = offset(bytes)?;
    Ok(if bool::arbitrary(bytes)? {
        Position::symbol(Symbol::RcvNxt, offset)
    } else {
        Position { symbols: vec![(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)], offset }
    })
}

/// The edges of what is outstanding.
fn ack(bytes: &mut Unstructured<'_>) -> Result<Position> {
    let offset = offset(bytes)?;
    Ok(Position::symbol(if bool::arbitrary(bytes)? { Symbol::SndUna } else { Symbol::SndNxt }, offset))
}

fn offset(bytes: &mut Unstructured<'_>) -> Result<i64> {
    const OFFSETS: [i64; 9] = [0, 0, 0, -1, 1, -2, 2, 100, 1 << 31];
    bytes.choose(&OFFSETS).copied()
}

fn call(bytes: &mut Unstructured<'_>) -> Result<Action> {
    let call = match bytes.int_in_range(0..=3u8)? {
        0 => Call::Send { data: Data::Pattern(bytes.int_in_range(1..=64)?), urgent: false },
        1 => Call::Recv { max: None },
        2 => Call::Shutdown,
        _ => Call::Close,
    };
    Ok(Action::Call(CallStep { on: None, call, returns: None }))
}

#[cfg(test)]
mod tests;
