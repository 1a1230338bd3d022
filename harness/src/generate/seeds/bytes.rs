//! A run of a case as input of the targets that read bytes: its packets, and what it did as a script of
//! [`stack_input`] and of [`stack_pair`].
//!
//! Called by [`super::corpora`] with runs on the reference. What those scripts cannot say is left out, and numbers become
//! the nearest they can say: a seed leads a fuzzer to a place, it need not be the case.
//!
//! [`stack_input`]: crate::generate::raw::stack_input
//! [`stack_pair`]: mod@crate::generate::stack_pair

use crate::{
    case::{
        flags::Flags,
        format::{Call, Data},
        time::Span,
    },
    trace::event::{CaseRun, CaseSegment, EventKind},
};

/// Where SEG.SEQ and SEG.ACK are at the live numbers.
const NEAR: u32 = 128;

/// Every packet of the run, in order.
pub(super) fn packets(run: &CaseRun) -> impl Iterator<Item = &[u8]> {
    run.trace.events.iter().filter_map(|event| match &event.kind {
        EventKind::Injected { packet, .. }
        | EventKind::Emitted { packet, .. }
        | EventKind::EmittedOther { packet, .. } => Some(&packet[..]),
        EventKind::Called { .. } | EventKind::Explained(_) | EventKind::Waited(_) => None,
    })
}

/// The run as a script of `stack_input`.
pub(super) fn stack_input(run: &CaseRun) -> Vec<u8> {
    let mut script = vec![u8::from(run.target.ends_with("rfc793"))];
    let (mut snd_nxt, mut rcv_nxt, mut sockets) = (0_u32, 0_u32, 0_u8);
    for event in &run.trace.events {
        match &event.kind {
            EventKind::Called { call: Call::Udp(_), .. } => {}
            EventKind::Called { call, .. } => {
                script.push(3);
                script.extend(input_call(call, &mut sockets));
            }
            EventKind::Injected { segment: Some(segment), .. } => {
                script.push(1);
                script.extend(input_segment(segment, snd_nxt, rcv_nxt));
            }
            EventKind::Injected { packet, segment: None, .. } => {
                script.push(0);
                script.extend(counted(packet));
            }
            EventKind::Emitted { segment, .. } => {
                snd_nxt = segment.seq.wrapping_add(segment.seq_len());
                rcv_nxt = segment.ack;
            }
            EventKind::Waited(span) => script.extend([5].into_iter().chain(time(*span, 7))),
            EventKind::EmittedOther { .. } | EventKind::Explained(_) => {}
        }
    }
    script
}

/// The choice byte of a call, with the socket in its high bits, and what follows it.
fn input_call(call: &Call, sockets: &mut u8) -> Vec<u8> {
    let socket = sockets.saturating_sub(1).min(15) << 4;
    match call {
        Call::Listen { backlog } => {
            *sockets += 1;
            vec![u8::try_from(backlog.unwrap_or(1)).unwrap_or(15).min(15) << 4]
        }
        Call::Connect { .. } => {
            *sockets += 1;
            vec![1]
        }
        Call::Accept => {
            *sockets += 1;
            vec![2]
        }
        Call::Recv { .. } => vec![socket | 4, 0xff],
        Call::Send { data, urgent } => {
            let text = vec![b'a'; length(data).min(255)];
            let mut bytes = vec![socket | if *urgent { 7 } else { 5 }];
            bytes.extend(counted(&text));
            bytes
        }
        Call::Shutdown => vec![socket | 8],
        Call::Close => vec![socket | 9],
        Call::Abort => vec![socket | 10],
        Call::Poll | Call::Set(_) => vec![socket | 12],
        // The script knows TCP only.
        Call::Udp(_) => Vec::new(),
    }
}

fn input_segment(segment: &CaseSegment, snd_nxt: u32, rcv_nxt: u32) -> Vec<u8> {
    let far = |number: u32, base: u32| {
        let offset = number.wrapping_sub(base).wrapping_add(NEAR);
        u8::try_from(offset).map_err(|_| number.to_be_bytes())
    };
    let (seq, ack) = (far(segment.seq, rcv_nxt), far(segment.ack, snd_nxt));
    let shift = (0..7).find(|shift| segment.win >> shift <= 255).unwrap_or(7);
    let [_, flags] = segment.flags.0.to_be_bytes();
    let options = segment.mss.map_or(Vec::new(), |mss| [&[2, 4][..], &mss.to_be_bytes()].concat());
    let shape = u8::from(seq.is_err())
        | u8::from(ack.is_err()) << 1
        | u8::from(!options.is_empty()) << 2
        | u8::from(!segment.data.is_empty()) << 3
        | shift << 4;
    let mut bytes = vec![shape];
    for number in [seq, ack] {
        match number {
            Ok(near) => bytes.push(near),
            Err(anywhere) => bytes.extend(anywhere),
        }
    }
    bytes.extend([flags, u8::try_from(segment.win >> shift).unwrap_or(255)]);
    if !options.is_empty() {
        bytes.extend(counted(&options));
    }
    if !segment.data.is_empty() {
        bytes.extend(counted(&segment.data));
    }
    bytes
}

/// The run as a script of `stack_pair`: the side that listens does what the application did, the other one what the
/// peer did. Everything is delivered at once, but what the case repeats or sends out of order.
pub(super) fn stack_pair(run: &CaseRun) -> Vec<u8> {
    /// Everything on the way to either side arrives.
    const DELIVER: [u8; 4] = [0x12, 0x13, 0x12, 0x13];
    const LATER: u8 = 13 << 1;
    const TWICE: u8 = 12 << 1;
    let mut script = vec![u8::from(run.target.ends_with("rfc793")) * 3, 0];
    script.extend(DELIVER);
    let mut highest = 0;
    for event in &run.trace.events {
        match &event.kind {
            EventKind::Called { call, .. } => script.extend(pair_call(call)),
            EventKind::Injected { segment: Some(segment), .. } => {
                if !segment.data.is_empty() {
                    script.extend([1, u8::try_from(segment.data.len() / 16).unwrap_or(255)]);
                    script.extend((segment.seq > highest).then_some(LATER));
                    script.extend((segment.seq < highest).then_some(TWICE));
                    highest = segment.seq.wrapping_add(segment.seq_len());
                }
                if segment.flags.contains(Flags::FIN) {
                    script.extend([6 << 1 | 1, 0]);
                }
                if segment.flags.contains(Flags::RST) {
                    script.extend([6 << 1 | 1, 0xff]);
                }
                script.extend(DELIVER);
            }
            EventKind::Waited(span) => script.extend([15 << 1].into_iter().chain(time(*span, 11))),
            EventKind::Injected { segment: None, .. }
            | EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Explained(_) => {}
        }
    }
    script
}

fn pair_call(call: &Call) -> Vec<u8> {
    match call {
        Call::Send { urgent: true, .. } => vec![3 << 1, 1],
        Call::Send { data, .. } => vec![0, u8::try_from(length(data) / 16).unwrap_or(255)],
        Call::Recv { .. } => vec![4 << 1, 255],
        Call::Shutdown => vec![6 << 1, 0],
        Call::Close => vec![6 << 1, 0xe0],
        Call::Abort => vec![6 << 1, 0xff],
        Call::Listen { .. } | Call::Connect { .. } | Call::Accept | Call::Poll | Call::Set(_) | Call::Udp(_) => {
            Vec::new()
        }
    }
}

fn length(data: &Data) -> usize {
    match data {
        Data::Text(text) => text.len(),
        Data::Hex(bytes) => bytes.0.len(),
        Data::Pattern(len) => usize::try_from(*len).unwrap_or(usize::MAX),
    }
}

/// A length byte and the bytes, as many as it can count.
fn counted(bytes: &[u8]) -> impl Iterator<Item = u8> {
    let len = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    [len].into_iter().chain(bytes[..usize::from(len)].iter().copied())
}

/// Milliseconds as a byte and how far to shift it. Waits measured by timers become four seconds.
fn time(span: Span, most: u8) -> [u8; 2] {
    let exact = u64::try_from(span.nanos / 1_000_000).unwrap_or(0);
    let millis = if span.rto == 0 && span.two_msl == 0 { exact } else { 4000 };
    let shift = (0..most).find(|shift| millis >> shift <= 255).unwrap_or(most);
    [u8::try_from(millis >> shift).unwrap_or(255), shift]
}
