//! The fields of each step, towards the usual: absent, zero, the nearest edge of the window, one byte.

use super::{Smallest, absent::take_fields_away};
use crate::case::{
    flags::Flags,
    format::{Action, Bytes, Call, CallStep, Case, Data, Inject},
    position::{Position, Symbol},
    time::Span,
};

/// Goes through all steps; `true` if anything changed.
pub(super) fn nearer_the_usual(smallest: &mut Smallest<'_>) -> bool {
    let mut changed = false;
    for index in 0..smallest.case.steps.len() {
        let action = smallest.case.steps[index].value.action.clone();
        changed |= match action {
            Action::Inject(_) => segment(smallest, index),
            Action::Call(call) => user_call(smallest, index, &call),
            Action::Wait(span) => wait(smallest, index, span),
            Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => false,
        };
    }
    changed
}

fn injected(case: &Case, index: usize) -> Option<&Inject> {
    match &case.steps.get(index)?.value.action {
        Action::Inject(inject) => Some(inject),
        Action::Expect(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Wait(_)
        | Action::Save(_)
        | Action::Check(_) => None,
    }
}

fn change_injected(case: &mut Case, index: usize, change: impl FnOnce(&mut Inject)) {
    if let Some(Action::Inject(inject)) = case.steps.get_mut(index).map(|step| &mut step.value.action) {
        change(inject);
    }
}

fn segment(smallest: &mut Smallest<'_>, index: usize) -> bool {
    let write = |case: &mut Case, fewer: Inject| change_injected(case, index, |inject| *inject = fewer);
    let mut changed = take_fields_away(smallest, |case| injected(case, index), write);
    let write = |case: &mut Case, fewer| change_injected(case, index, |inject| inject.ip = fewer);
    changed |= take_fields_away(smallest, |case| injected(case, index).map(|inject| &inject.ip), write);
    let write = |case: &mut Case, fewer| change_injected(case, index, |inject| inject.icmp = Some(Box::new(fewer)));
    changed |= take_fields_away(smallest, |case| injected(case, index)?.icmp.as_deref(), write);
    changed |= position(smallest, index, |inject| inject.icmp.as_mut()?.quote.as_mut()?.seq.as_mut());
    changed |= fewer_flags(smallest, index);
    changed |= position(smallest, index, |inject| inject.seq.as_mut());
    changed |= position(smallest, index, |inject| inject.ack.as_mut());
    changed |= sack_blocks(smallest, index);
    changed |= data(smallest, index, |action| match action {
        Action::Inject(inject) => inject.data.as_mut(),
        Action::Expect(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Wait(_)
        | Action::Save(_)
        | Action::Check(_) => None,
    });
    changed |= header_numbers(smallest, index);
    changed |= bytes(smallest, index, |inject| inject.raw.as_mut());
    changed |= bytes(smallest, index, |inject| inject.options.raw.as_mut());
    changed
}

/// One bit after the other off, the rare ones first.
fn fewer_flags(smallest: &mut Smallest<'_>, index: usize) -> bool {
    let Some(flags) = injected(&smallest.case, index).map(|inject| inject.flags) else { return false };
    let mut changed = false;
    for bit in (0..12).rev().map(|bit| 1 << bit).filter(|bit| flags.contains(Flags(*bit))) {
        changed |= smallest.take_with(|case| change_injected(case, index, |inject| inject.flags.0 &= !bit));
    }
    changed
}

/// A number of sequence space: a shorter sum, an edge of the window, else an offset nearer to 0.
fn position(smallest: &mut Smallest<'_>, index: usize, field: impl Fn(&mut Inject) -> Option<&mut Position>) -> bool {
    let read = |smallest: &Smallest<'_>| {
        let mut inject = injected(&smallest.case, index)?.clone();
        field(&mut inject).cloned()
    };
    let set = |smallest: &mut Smallest<'_>, position: Position| {
        smallest.take_with(|case| {
            change_injected(case, index, |inject| {
                if let Some(now) = field(inject) {
                    *now = position;
                }
            });
        })
    };
    let Some(before) = read(smallest) else { return false };
    let mut changed = false;
    for simpler in simpler_positions(&before) {
        if set(smallest, simpler) {
            changed = true;
            break;
        }
    }
    let Some(Position { symbols, offset }) = read(smallest) else { return changed };
    let sign = offset.signum();
    changed
        | smallest.lower(offset.unsigned_abs(), 0, |case, size| {
            let offset = i64::try_from(size).unwrap_or(i64::MAX).saturating_mul(sign);
            change_injected(case, index, |inject| {
                if let Some(now) = field(inject) {
                    *now = Position { symbols: symbols.clone(), offset };
                }
            });
        })
}

/// The simplest first. Each has a smaller offset, or the same offset and fewer symbols, so that this comes to an end.
/// The first symbol stays: a number that moves with the connection is simpler than one that does not.
fn simpler_positions(position: &Position) -> Vec<Position> {
    let Position { symbols, offset } = position;
    let Some((first, more)) = symbols.split_first() else { return Vec::new() };
    let mut simpler = Vec::new();
    let mut add = |symbols: &[(bool, Symbol)], offset| simpler.push(Position { symbols: symbols.into(), offset });
    if !more.is_empty() || *offset != 0 {
        add(&[*first], 0);
    }
    let edge = [(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)];
    if more.is_empty() && *first == edge[0] {
        let nearer = [0, -1, 1].into_iter().filter(|near: &i64| near.unsigned_abs() < offset.unsigned_abs());
        nearer.for_each(|near| add(&edge, near));
    }
    for left_out in 1..symbols.len() {
        let mut fewer = symbols.clone();
        fewer.remove(left_out);
        add(&fewer, *offset);
    }
    simpler
}

fn sack_blocks(smallest: &mut Smallest<'_>, index: usize) -> bool {
    let count = |smallest: &Smallest<'_>| injected(&smallest.case, index).map_or(0, |inject| inject.options.sack.len());
    let mut changed = false;
    for block in (0..count(smallest)).rev() {
        changed |=
            smallest.take_with(|case| change_injected(case, index, |inject| drop(inject.options.sack.remove(block))));
    }
    for block in 0..count(smallest) {
        changed |= position(smallest, index, |inject| inject.options.sack.get_mut(block).map(|(left, _)| left));
        changed |= position(smallest, index, |inject| inject.options.sack.get_mut(block).map(|(_, right)| right));
    }
    changed
}

/// The numbers of the TCP header whose usual value is none: what is there and needed comes down.
fn header_numbers(smallest: &mut Smallest<'_>, index: usize) -> bool {
    let mut changed = false;
    let fields: [fn(&mut Inject) -> Option<&mut u16>; 2] = [|inject| inject.win.as_mut(), |inject| inject.urg.as_mut()];
    for field in fields {
        let Some(now) = injected(&smallest.case, index).cloned().and_then(|mut inject| field(&mut inject).copied())
        else {
            continue;
        };
        changed |= smallest.lower(u64::from(now), 0, |case, lower| {
            change_injected(case, index, |inject| {
                if let (Some(field), Ok(lower)) = (field(inject), u16::try_from(lower)) {
                    *field = lower;
                }
            });
        });
    }
    changed
}

/// Bytes written out, cut at the end.
fn bytes(smallest: &mut Smallest<'_>, index: usize, field: impl Fn(&mut Inject) -> Option<&mut Bytes>) -> bool {
    let Some(now) =
        injected(&smallest.case, index).cloned().and_then(|mut inject| field(&mut inject).map(|now| now.0.len()))
    else {
        return false;
    };
    smallest.lower(now as u64, 1, |case, len| {
        change_injected(case, index, |inject| {
            if let (Some(bytes), Ok(len)) = (field(inject), usize::try_from(len)) {
                bytes.0.truncate(len);
            }
        });
    })
}

/// Text: the standard pattern, and short.
fn data(smallest: &mut Smallest<'_>, index: usize, field: impl Fn(&mut Action) -> Option<&mut Data>) -> bool {
    let Some(now) = field(&mut smallest.case.steps[index].value.action.clone()).cloned() else { return false };
    let set = |smallest: &mut Smallest<'_>, data: Data| {
        smallest.take_with_step(index, |step| {
            if let Some(now) = field(&mut step.action) {
                *now = data;
            }
        })
    };
    let len = match &now {
        Data::Text(text) => text.chars().count(),
        Data::Hex(Bytes(bytes)) => bytes.len(),
        Data::Pattern(len) => usize::try_from(*len).unwrap_or(usize::MAX),
    };
    let pattern = match &now {
        Data::Text(text) => u32::try_from(text.len()).ok(),
        Data::Hex(Bytes(bytes)) => u32::try_from(bytes.len()).ok(),
        Data::Pattern(_) => None,
    };
    let changed = pattern.is_some_and(|len| len > 0 && set(smallest, Data::Pattern(len)));
    let shorter = smallest.lower(len as u64, 1, |case, len| {
        let Some(data) = field(&mut case.steps[index].value.action) else { return };
        let count = usize::try_from(len).unwrap_or(usize::MAX);
        match data {
            Data::Text(text) => *text = text.chars().take(count).collect(),
            Data::Hex(Bytes(bytes)) => bytes.truncate(count),
            Data::Pattern(now) => *now = u32::try_from(len).unwrap_or(*now),
        }
    });
    changed || shorter
}

fn user_call(smallest: &mut Smallest<'_>, index: usize, step: &CallStep) -> bool {
    let change = |smallest: &mut Smallest<'_>, change: fn(&mut CallStep)| {
        smallest.take_with_step(index, |step| {
            if let Action::Call(call) = &mut step.action {
                change(call);
            }
        })
    };
    let mut changed = change(smallest, |step| step.returns = None);
    changed |= change(smallest, |step| step.on = None);
    changed |= match &step.call {
        Call::Listen { .. } => change(smallest, |step| step.call = Call::Listen { backlog: None }),
        Call::Connect { .. } => change(smallest, |step| step.call = Call::Connect { to: None }),
        Call::Send { .. } => {
            let calm = change(smallest, |step| {
                if let Call::Send { urgent, .. } = &mut step.call {
                    *urgent = false;
                }
            });
            data(smallest, index, sent) || calm
        }
        Call::Recv { max } => {
            change(smallest, |step| step.call = Call::Recv { max: None })
                || smallest.lower(max.map_or(0, u64::from), 1, |case, lower| {
                    if let Action::Call(CallStep { call: Call::Recv { max }, .. }) = &mut case.steps[index].value.action
                    {
                        *max = u32::try_from(lower).ok();
                    }
                })
        }
        Call::Accept | Call::Shutdown | Call::Close | Call::Abort | Call::Poll | Call::Set(_) | Call::Udp(_) => false,
    };
    changed
}

fn sent(action: &mut Action) -> Option<&mut Data> {
    match action {
        Action::Call(CallStep { call: Call::Send { data, .. }, .. }) => Some(data),
        Action::Call(_)
        | Action::Inject(_)
        | Action::Expect(_)
        | Action::State(_)
        | Action::Wait(_)
        | Action::Save(_)
        | Action::Check(_) => None,
    }
}

/// Shorter, in round numbers where they do.
fn wait(smallest: &mut Smallest<'_>, index: usize, before: Span) -> bool {
    /// From seconds down to milliseconds.
    const UNITS: [i64; 4] = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000];
    let set = |smallest: &mut Smallest<'_>, span: Span| {
        // What the parser of spans refuses.
        let has_negative = span.two_msl < 0 || span.rto < 0 || span.nanos < 0;
        let runs_backwards = span.two_msl <= 0 && span.rto <= 0 && has_negative;
        !runs_backwards && smallest.take_with_step(index, |step| step.action = Action::Wait(span))
    };
    let mut changed = set(smallest, Span { two_msl: 0, ..before });
    changed |= set(smallest, Span { rto: 0, ..waited(smallest, index, before) });
    changed |= set(smallest, Span { nanos: 0, ..waited(smallest, index, before) });
    for times in
        [Span { two_msl: 1, ..waited(smallest, index, before) }, Span { rto: 1, ..waited(smallest, index, before) }]
    {
        let now = waited(smallest, index, before);
        if times.two_msl < now.two_msl || times.rto < now.rto {
            changed |= set(smallest, times);
        }
    }
    for unit in UNITS {
        let now = waited(smallest, index, before);
        if now.nanos > unit {
            let whole = u64::try_from(now.nanos / unit).unwrap_or(0);
            // One more than it is, so that a number that is not round may become the round one below it.
            changed |= smallest.lower(whole + 1, 0, |case, count| {
                let nanos = i64::try_from(count).unwrap_or(0).saturating_mul(unit).min(now.nanos);
                case.steps[index].value.action = Action::Wait(Span { nanos, ..now });
            });
        }
    }
    changed
}

fn waited(smallest: &Smallest<'_>, index: usize, before: Span) -> Span {
    match smallest.case.steps[index].value.action {
        Action::Wait(span) => span,
        Action::Inject(_)
        | Action::Expect(_)
        | Action::Call(_)
        | Action::State(_)
        | Action::Save(_)
        | Action::Check(_) => before,
    }
}
