//! Bytes as a script for the reference stack alone: packets, user calls and time, in any order.
//!
//! Called by the fuzz target `stack_input` and by a test that replays fixed seeds. It demands what has to hold for any
//! input whatever: no panic, every packet that leaves is well-formed, and no input makes the stack send without end.

use std::{
    net::{Ipv4Addr, SocketAddrV4},
    time::Duration,
};

use stack_under_test::{Config, Instant, Profile, Reply, SocketId, SocketOptions, Stack, UserCall};

use crate::{
    case::{flags::Flags, format::Checksum},
    segment::{
        build::{WireSegment, build},
        parse::{NotTcp, parse},
    },
};

const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const PEER: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 2), 40_000);
const PORT: u16 = 80;
/// More packets than this out of one event is a runaway: a full window of 65535 one-byte segments fits.
const MOST_PER_EVENT: usize = 70_000;

/// Reads a script off the front of the bytes; nothing left reads as zeros.
struct Script<'a>(&'a [u8]);

impl<'a> Script<'a> {
    fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().map_or((0, self.0), |(first, rest)| (*first, rest));
        self.0 = rest;
        first
    }

    fn word(&mut self) -> u32 {
        u32::from_be_bytes([self.byte(), self.byte(), self.byte(), self.byte()])
    }

    fn bytes(&mut self) -> &'a [u8] {
        let len = usize::from(self.byte()).min(self.0.len());
        let (front, rest) = self.0.split_at(len);
        self.0 = rest;
        front
    }
}

/// What the script knows of the stack's numbers, so that a segment can hit a live window.
#[derive(Default)]
struct Wire {
    /// Where the stack's last segment ended.
    snd_nxt: u32,
    /// What it last acknowledged.
    rcv_nxt: u32,
}

/// Runs one script.
///
/// # Panics
/// If the stack breaks one of the demands: that is the finding.
pub fn stack_input(data: &[u8]) {
    let mut script = Script(data);
    let profile = if script.byte() & 1 == 0 { Profile::rfc9293() } else { Profile::rfc793() };
    let config = Config { address: ADDRESS, prefix_len: 24, mtu: 1500, seed: 1, profile };
    let mut stack = Stack::new(config);
    let mut now = Instant::ZERO;
    let mut sockets: Vec<SocketId> = Vec::new();
    let mut wire = Wire::default();
    while !script.0.is_empty() {
        match script.byte() % 6 {
            0 => stack.handle_packet(now, script.bytes()),
            1 | 2 => stack.handle_packet(now, &segment(&mut script, &wire)),
            3 | 4 => user_call(&mut stack, now, &mut script, &mut sockets),
            _ => now = pass_time(&mut stack, now, &mut script, &mut wire),
        }
        drain(&mut stack, now, &mut wire);
    }
}

/// A segment with right checksums whose numbers are near the live ones, or anywhere.
fn segment(script: &mut Script<'_>, wire: &Wire) -> Vec<u8> {
    let shape = script.byte();
    let near = |base: u32, offset: u8| base.wrapping_add(u32::from(offset)).wrapping_sub(128);
    let seq = if shape & 1 == 0 { near(wire.rcv_nxt, script.byte()) } else { script.word() };
    let ack = if shape & 2 == 0 { near(wire.snd_nxt, script.byte()) } else { script.word() };
    let flags = Flags(u16::from(script.byte()));
    let win = u16::from(script.byte()) << (shape >> 4);
    let options = if shape & 4 == 0 { &[] } else { script.bytes() };
    let options = &options[..options.len().min(40)];
    let text = if shape & 8 == 0 { &[] } else { script.bytes() };
    let port = PEER.port().wrapping_add(u16::from(shape >> 7));
    build(&WireSegment {
        seq,
        ack,
        flags,
        win,
        urg: u16::from(shape),
        options,
        text,
        checksum: (shape == u8::MAX).then_some(Checksum::Bad),
        ..WireSegment::empty(SocketAddrV4::new(*PEER.ip(), port), SocketAddrV4::new(ADDRESS, PORT))
    })
}

fn user_call(stack: &mut Stack, now: Instant, script: &mut Script<'_>, sockets: &mut Vec<SocketId>) {
    let choice = script.byte();
    let socket = sockets.get(usize::from(choice >> 4) % sockets.len().max(1)).copied();
    let options = SocketOptions::default;
    let call = match (choice & 15, socket) {
        (0, _) | (_, None) => UserCall::Listen { port: PORT, backlog: usize::from(choice >> 4), options: options() },
        (1, _) => UserCall::Connect { local_port: PORT, remote: PEER, options: options() },
        (2 | 3, Some(listener)) => UserCall::Accept { listener },
        (4, Some(socket)) => UserCall::Receive { socket, max: usize::from(script.byte()) << 8 },
        (5..=7, Some(socket)) => UserCall::Send { socket, data: script.bytes(), urgent: choice & 15 == 7 },
        (8, Some(socket)) => UserCall::Shutdown { socket },
        (9, Some(socket)) => UserCall::Close { socket },
        (10, Some(socket)) => UserCall::Abort { socket },
        (11, Some(socket)) => UserCall::Status { socket },
        (_, Some(socket)) => UserCall::Poll { socket },
    };
    match stack.user_call(now, call) {
        Ok(Reply::Socket(socket) | Reply::Accepted { socket, .. }) => sockets.push(socket),
        Ok(Reply::Sent(_) | Reply::Received(_) | Reply::Done | Reply::Status(_) | Reply::Readiness(_)) | Err(_) => {}
    }
}

/// Up to some seconds, deadline by deadline.
fn pass_time(stack: &mut Stack, now: Instant, script: &mut Script<'_>, wire: &mut Wire) -> Instant {
    let until = now + Duration::from_millis(u64::from(script.byte()) << (script.byte() % 8));
    let mut now = now;
    // A deadline that does not move on once handled would hang: that is a finding as well.
    let mut same = 0;
    while let Some(deadline) = stack.poll_timeout().filter(|deadline| *deadline <= until) {
        same = if deadline > now { 0 } else { same + 1 };
        assert!(same < 1000, "a deadline stays due after it was handled");
        now = now.max(deadline);
        stack.handle_timeout(now);
        drain(stack, now, wire);
    }
    until
}

fn drain(stack: &mut Stack, now: Instant, wire: &mut Wire) {
    let mut count = 0;
    while let Some(transmit) = stack.poll_transmit(now) {
        count += 1;
        assert!(count < MOST_PER_EVENT, "one event made the stack send without end");
        assert!(transmit.rules.iter().next().is_some(), "a packet without a rule");
        match parse(&transmit.packet) {
            Ok(segment) => {
                assert!(segment.faults.is_empty(), "malformed: {:?}", segment.faults);
                let len = u32::try_from(segment.text.len()).unwrap_or(0);
                wire.snd_nxt = segment.seq.wrapping_add(segment.flags.seq_len()).wrapping_add(len);
                wire.rcv_nxt = segment.ack;
            }
            Err(problem @ (NotTcp::NotIpv4 | NotTcp::Protocol(_) | NotTcp::Fragment | NotTcp::TooShort)) => {
                panic!("not a TCP segment: {problem}");
            }
        }
    }
    while stack.poll_event().is_some() {}
}

#[cfg(test)]
mod tests;
