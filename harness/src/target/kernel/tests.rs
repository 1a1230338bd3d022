//! The kernel target against the real kernel. Without permission the tests say so and pass, except with `CI=true`.

mod calls;
mod config;
mod namespace;
mod states;
mod timing;
mod tracing;
mod turns;
mod versions;

use std::{panic::resume_unwind, thread};

use super::{KernelConfig, KernelOptions, KernelTarget, tcp_info};
use crate::{
    case::{flags::Flags, format::Config, state::State},
    segment::{
        build::{WireSegment, build},
        parse::{Parsed, parse},
    },
    target::{ConnState, Endpoints, Handle, Outcome, Pair, Refusal, SocketCall, Target, TargetError},
};

pub(super) const SYN_ACK: Flags = Flags(Flags::SYN.0 | Flags::ACK.0);
pub(super) const FIN_ACK: Flags = Flags(Flags::FIN.0 | Flags::ACK.0);
pub(super) const RST_ACK: Flags = Flags(Flags::RST.0 | Flags::ACK.0);
pub(super) const PSH_ACK: Flags = Flags(Flags::PSH.0 | Flags::ACK.0);

/// The peer's initial sequence number.
pub(super) const ISN: u32 = 1_000_000;

/// Runs `test` on a target of its own. Gives `None` where the system does not allow one.
#[track_caller]
pub(super) fn with_target<R: Send>(
    config: KernelConfig,
    test: impl FnOnce(&mut KernelTarget) -> R + Send,
) -> Option<R> {
    let on_worker = || match KernelTarget::open(KernelOptions { config, guest: None }) {
        Ok(mut target) => Some(test(&mut target)),
        Err(error @ TargetError::Permission(_)) => {
            assert!(
                std::env::var_os("CI").is_none_or(|value| value != "true"),
                "CI must have the kernel target: {error}"
            );
            println!("SKIPPED: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    };
    thread::scope(|scope| scope.spawn(on_worker).join().unwrap_or_else(|panic| resume_unwind(panic)))
}

/// A case on a target of its own with conformance switches.
#[track_caller]
pub(super) fn case(config: &Config, script: impl FnOnce(&mut Script<'_>) + Send) {
    with_target(KernelConfig::Conformance, |target| script(&mut Script::begin(target, config)));
}

/// One case, driven by hand: reads like a packet script.
pub(super) struct Script<'t> {
    pub(super) target: &'t mut KernelTarget,
    pub(super) endpoints: Endpoints,
    /// The target's initial sequence number, once it was seen.
    pub(super) iss: u32,
    /// The connection in hand.
    pub(super) connection: u8,
}

impl<'t> Script<'t> {
    #[track_caller]
    pub(super) fn begin(target: &'t mut KernelTarget, config: &Config) -> Self {
        let endpoints = target.begin(config).expect("the case begins");
        Self { target, endpoints, iss: 0, connection: 0 }
    }

    pub(super) fn on(&mut self, connection: u8) -> &mut Self {
        self.connection = connection;
        self
    }

    pub(super) fn pair(&self) -> Pair {
        let mut peer = self.endpoints.peer;
        peer.set_port(peer.port() + u16::from(self.connection));
        Pair { target: self.endpoints.target, peer }
    }

    /// Injects a segment. `seq` is relative to the peer's ISN, `ack` to the target's.
    #[track_caller]
    pub(super) fn inject(&mut self, flags: Flags, seq: u32, ack: u32, text: &[u8]) {
        self.inject_urgent(flags, seq, ack, 0, text);
    }

    /// As [`inject`](Self::inject), with this urgent pointer field.
    #[track_caller]
    pub(super) fn inject_urgent(&mut self, flags: Flags, seq: u32, ack: u32, urg: u16, text: &[u8]) {
        let pair = self.pair();
        let packet = build(&WireSegment {
            seq: ISN.wrapping_add(seq),
            ack: if flags.contains(Flags::ACK) { self.iss.wrapping_add(ack) } else { 0 },
            flags,
            urg,
            options: if flags.contains(Flags::SYN) { &[2, 4, 5, 180] } else { &[] },
            text,
            ..WireSegment::empty(pair.peer, pair.target)
        });
        self.target.inject(&packet).expect("the packet is injected");
    }

    /// What was emitted, without waiting.
    #[track_caller]
    pub(super) fn emitted(&mut self) -> Vec<Parsed> {
        let mut emissions = Vec::new();
        self.target.capture(&mut emissions).expect("emissions can be captured");
        emissions.iter().map(|emission| parse(&emission.packet).expect("a TCP segment")).collect()
    }

    /// Exactly one segment was emitted, well formed, with these flags.
    #[track_caller]
    pub(super) fn one(&mut self, flags: Flags) -> Parsed {
        let mut emitted = self.emitted();
        let segment = emitted.pop().expect("a segment was emitted");
        assert!(emitted.is_empty(), "more than one segment: {emitted:?} {segment:?}");
        assert_eq!((segment.flags, segment.faults.as_slice()), (flags, &[][..]));
        if flags.contains(Flags::SYN) {
            self.iss = segment.seq;
        }
        segment
    }

    #[track_caller]
    pub(super) fn nothing(&mut self) {
        assert_eq!(self.emitted(), []);
    }

    #[track_caller]
    pub(super) fn call(&mut self, call: &SocketCall<'_>) -> Outcome {
        let on = match call {
            SocketCall::Listen { .. } => Handle::Listener,
            _ => Handle::Connection(self.connection),
        };
        self.target.call(on, self.pair(), call).expect("the call is made")
    }

    #[track_caller]
    pub(super) fn state(&mut self) -> ConnState {
        self.target.state(Handle::Connection(self.connection), self.pair()).expect("the state can be asked for")
    }

    #[track_caller]
    pub(super) fn is(&mut self, state: State) {
        assert_eq!(self.state(), ConnState::Is(state));
    }

    #[track_caller]
    pub(super) fn listen(&mut self) {
        assert_eq!(self.call(&SocketCall::Listen { backlog: None }), Outcome::Ok);
    }

    /// The three-way handshake, the target passive; not yet accepted.
    #[track_caller]
    pub(super) fn handshake(&mut self) {
        self.inject(Flags::SYN, 0, 0, &[]);
        assert_eq!(self.one(SYN_ACK).ack, ISN + 1);
        self.inject(Flags::ACK, 1, 1, &[]);
        self.nothing();
    }

    #[track_caller]
    pub(super) fn accept(&mut self) {
        let remote = self.pair().peer;
        assert_eq!(self.call(&SocketCall::Accept), Outcome::Accepted(remote));
    }

    /// An accepted connection.
    #[track_caller]
    pub(super) fn established(&mut self) {
        self.listen();
        self.handshake();
        self.accept();
    }
}
