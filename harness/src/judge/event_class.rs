//! Puts what is done to a target in its [`EventClass`]: cheap, from what the peer knows at that moment.
//!
//! [`of_packet`] is called by [`crate::run`] for each injected packet, before the peer takes note of it; [`at`] finds
//! the class behind a step of a finished run. Left out: what the target makes of it.

use crate::{
    case::{
        flags::Flags,
        format::{Action, Call, Case, IpVersion, Message},
        position::Symbol,
    },
    peer::View,
    trace::event::{CaseRun, CaseSegment, EventKind},
};

pub use crate::trace::event_class::{
    AckPosition, Broken, CallClass, ControlBits, EventClass, SegmentClass, SeqPosition,
};

/// The protocol number of ICMP.
const ICMP: u8 = 1;
/// That of ICMPv6.
const ICMPV6: u8 = 58;
/// That of the fragment header of IPv6.
const FRAGMENT_HEADER: u8 = 44;
/// More Fragments and the fragment offset, in bytes 6 and 7 of the IP header.
const FRAGMENT: u16 = 0x3fff;

/// The class of a packet. `segment` is what it parsed to, `view` what the wire had shown before it.
#[must_use]
pub fn of_packet(packet: &[u8], segment: Option<&CaseSegment>, view: &View) -> EventClass {
    if is_fragment(packet) {
        return EventClass::Fragment(segment.map(|segment| of_segment(segment, view)));
    }
    match segment {
        Some(segment) => EventClass::Segment(of_segment(segment, view)),
        None => icmp(packet).unwrap_or(EventClass::NotTcp),
    }
}

fn is_fragment(packet: &[u8]) -> bool {
    let &[first, _, _, _, _, _, high, low, ..] = packet else { return false };
    if first >> 4 == 6 { high == FRAGMENT_HEADER } else { u16::from_be_bytes([high, low]) & FRAGMENT != 0 }
}

/// An ICMPv6 message is classed by what it means, as cases name it.
fn icmp(packet: &[u8]) -> Option<EventClass> {
    let (first, protocol) = (*packet.first()?, *packet.get(9)?);
    if first >> 4 == 6 {
        let &[kind, code] = packet.get(IpVersion::V6.header_len()..)?.first_chunk()?;
        let message = Message::from_v6(kind, code).filter(|_| packet[6] == ICMPV6)?;
        return Some(EventClass::Icmp { kind: message.kind, code: message.code });
    }
    let header = usize::from(first & 15) * 4;
    let &[kind, code] = packet.get(header..)?.first_chunk()?;
    (first >> 4 == 4 && protocol == ICMP).then_some(EventClass::Icmp { kind, code })
}

fn of_segment(segment: &CaseSegment, view: &View) -> SegmentClass {
    let acks = segment.flags.contains(Flags::ACK);
    SegmentClass {
        flags: ControlBits::of(segment.flags),
        seq: seq_position(segment.seq, view),
        ack: if acks { ack_position(segment.ack, view) } else { AckPosition::None },
        text: !segment.data.is_empty(),
        broken: segment.faults.iter().find_map(|(text, clause)| broken(text, clause)),
    }
}

fn seq_position(seq: u32, view: &View) -> SeqPosition {
    let (Ok(nxt), Ok(wnd)) = (view.symbol(Symbol::RcvNxt), view.symbol(Symbol::RcvWnd)) else {
        return SeqPosition::Unknown;
    };
    let offset = seq.wrapping_sub(nxt);
    if offset == 0 {
        SeqPosition::LeftEdge
    } else if offset >= 1 << 31 {
        SeqPosition::OutsideLeft
    } else if offset >= wnd {
        SeqPosition::OutsideRight
    } else if offset == wnd - 1 {
        SeqPosition::RightEdge
    } else {
        SeqPosition::Inside
    }
}

fn ack_position(ack: u32, view: &View) -> AckPosition {
    if view.iss.is_none() {
        return AckPosition::Unknown;
    }
    // These two are always known.
    let una = view.symbol(Symbol::SndUna).unwrap_or(0);
    let outstanding = view.next_out().wrapping_sub(una);
    let offset = ack.wrapping_sub(una);
    if offset == outstanding {
        AckPosition::SndNxt
    } else if offset == 0 {
        AckPosition::SndUna
    } else if offset >= 1 << 31 {
        AckPosition::Old
    } else if offset < outstanding {
        AckPosition::Inside
    } else {
        AckPosition::Ahead
    }
}

/// A fault that makes a receiver drop or misread the segment; reserved bits and an odd MSS do not.
fn broken(text: &str, clause: &str) -> Option<Broken> {
    match clause {
        "MUST-2" => Some(Broken::Checksum),
        "MUST-68" | "MUST-69" => Some(Broken::Options),
        "RFC791#3.1" if text.contains("checksum") => Some(Broken::Checksum),
        "RFC791#3.1" if text.starts_with("IP option") || text.starts_with("IP source route") => Some(Broken::Options),
        "RFC791#3.1" | "RFC8200#3" => Some(Broken::Length),
        "RFC9293#3.1" if text.contains("offset") => Some(Broken::Length),
        _ => None,
    }
}

/// The class of what last acted on the target up to and including the step at `index`.
#[must_use]
pub fn at(run: &CaseRun, index: usize) -> EventClass {
    let acted = acting_step(&run.case.case, index);
    acted.and_then(|index| of_step(run, index)).unwrap_or(EventClass::Start)
}

/// The last step up to and including `index` that acts on the target: injects, calls, or lets time pass.
#[must_use]
pub fn acting_step(case: &Case, index: usize) -> Option<usize> {
    let acts = |index: &usize| match case.steps[*index].value.action {
        Action::Inject(_) | Action::Call(_) | Action::Wait(_) => true,
        Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => false,
    };
    (0..case.steps.len().min(index + 1)).rev().find(acts)
}

/// The class of one step; `None` if it only looks.
fn of_step(run: &CaseRun, index: usize) -> Option<EventClass> {
    match &run.case.case.steps[index].value.action {
        Action::Inject(_) => Some(injected(run, index)),
        Action::Call(call) => Some(EventClass::Call(of_call(&call.call))),
        Action::Wait(_) => Some(EventClass::Wait),
        Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => None,
    }
}

/// The class of the last packet that step injected.
fn injected(run: &CaseRun, step: usize) -> EventClass {
    let events = run.trace.events.iter().rev().filter(|event| event.step == step);
    let class = events.into_iter().find_map(|event| match event.kind {
        EventKind::Injected { class, .. } => Some(class),
        EventKind::Emitted { .. }
        | EventKind::EmittedOther { .. }
        | EventKind::Called { .. }
        | EventKind::Explained(_)
        | EventKind::Waited(_) => None,
    });
    class.unwrap_or(EventClass::NotTcp)
}

/// The class of a call.
#[must_use]
pub const fn of_call(call: &Call) -> CallClass {
    match call {
        Call::Listen { .. } => CallClass::Listen,
        Call::Connect { .. } => CallClass::Connect,
        Call::Accept => CallClass::Accept,
        Call::Send { urgent: false, .. } => CallClass::Send,
        Call::Send { urgent: true, .. } => CallClass::SendUrgent,
        Call::Recv { .. } => CallClass::Recv,
        Call::Shutdown => CallClass::Shutdown,
        Call::Close => CallClass::Close,
        Call::Abort => CallClass::Abort,
        Call::Poll => CallClass::Poll,
        Call::Set(_) => CallClass::Set,
        Call::Udp(_) => CallClass::Udp,
    }
}

#[cfg(test)]
mod tests;
