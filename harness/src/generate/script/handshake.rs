//! Records that open or close a connection in several steps, so that deep states are reached besides `given`.

use super::Field;
use super::{Record, act::plain_number, segment::row, to_case::Writer};
use crate::case::{
    flags::Flags,
    format::{Call, Data, Inject, Options},
    position::{Position, Symbol},
};

const SYN: Flags = Flags::SYN;
const ACK: Flags = Flags::ACK;
const SYN_ACK: Flags = Flags(0x012);
const FIN_ACK: Flags = Flags(0x011);
const RST_ACK: Flags = Flags(0x014);

/// The ways to open and to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::generate) enum Handshake {
    /// SYN, ACK, and the application accepts.
    Passive,
    /// SYN alone.
    HalfOpen,
    /// SYN with text, then ACK.
    SynWithText,
    /// SYN, then ACK with text.
    TextInThird,
    /// SYN, an ACK of what was not sent, then the right one.
    WrongThird,
    /// SYN, RST.
    SynThenReset,
    /// SYN, then FIN with the ACK.
    FinInThird,
    /// connect, SYN,ACK.
    Active,
    /// connect, SYN, ACK.
    Simultaneous,
    /// connect, SYN, SYN,ACK.
    SimultaneousSynAck,
    /// connect, SYN,ACK of what was not sent, then the right one.
    ActiveWrongAck,
    /// connect, RST,ACK.
    Refused,
    /// FIN, then the application closes, ACK.
    PeerCloses,
    /// The application closes, ACK, FIN.
    TargetCloses,
    /// The application closes, FIN before the ACK, ACK.
    BothClose,
    /// RST, then a new SYN.
    ResetAndReopen,
}

/// Four bits.
pub(in crate::generate) const HANDSHAKE: [Handshake; 16] = [
    Handshake::Passive,
    Handshake::HalfOpen,
    Handshake::SynWithText,
    Handshake::TextInThird,
    Handshake::WrongThird,
    Handshake::SynThenReset,
    Handshake::FinInThird,
    Handshake::Active,
    Handshake::Simultaneous,
    Handshake::SimultaneousSynAck,
    Handshake::ActiveWrongAck,
    Handshake::Refused,
    Handshake::PeerCloses,
    Handshake::TargetCloses,
    Handshake::BothClose,
    Handshake::ResetAndReopen,
];

/// Bytes of text that go with a SYN or an ACK.
const TEXT: u32 = 10;

/// Writes the steps of the record.
pub(super) fn write(writer: &mut Writer<'_>, record: &Record, on: usize) {
    let what = row(&HANDSHAKE, record.get(Field::What));
    match what {
        Handshake::Passive
        | Handshake::HalfOpen
        | Handshake::SynWithText
        | Handshake::TextInThird
        | Handshake::WrongThird
        | Handshake::SynThenReset
        | Handshake::FinInThird => passive(writer, what, on, plain_number(record)),
        Handshake::Active
        | Handshake::Simultaneous
        | Handshake::SimultaneousSynAck
        | Handshake::ActiveWrongAck
        | Handshake::Refused => active(writer, what, on),
        Handshake::PeerCloses | Handshake::TargetCloses | Handshake::BothClose => close(writer, what, on),
        Handshake::ResetAndReopen => {
            writer.inject(on, plain(Flags::RST));
            writer.inject(on, syn(SYN, 0));
            writer.inject(on, plain(ACK));
            writer.call(on, Call::Accept);
        }
    }
}

fn passive(writer: &mut Writer<'_>, what: Handshake, on: usize, isn: u16) {
    // A connection that was used before begins again a little further on, as RFC6191#2 would have it.
    let fresh = writer.is_fresh(on);
    let text = if what == Handshake::SynWithText { Some(Data::Pattern(TEXT)) } else { None };
    let first = Inject { data: text, ..syn(SYN, if fresh { 0 } else { isn }) };
    writer.inject(on, first);
    match what {
        Handshake::HalfOpen => return,
        Handshake::SynThenReset => return writer.inject(on, plain(Flags::RST)),
        Handshake::FinInThird => writer.inject(on, plain(FIN_ACK)),
        Handshake::TextInThird => writer.inject(on, Inject { data: Some(Data::Pattern(TEXT)), ..plain(ACK) }),
        Handshake::WrongThird => {
            writer.inject(on, Inject { ack: Some(Position::symbol(Symbol::SndNxt, 1)), ..plain(ACK) });
            writer.inject(on, plain(ACK));
        }
        Handshake::Passive
        | Handshake::SynWithText
        | Handshake::Active
        | Handshake::Simultaneous
        | Handshake::SimultaneousSynAck
        | Handshake::ActiveWrongAck
        | Handshake::Refused
        | Handshake::PeerCloses
        | Handshake::TargetCloses
        | Handshake::BothClose
        | Handshake::ResetAndReopen => writer.inject(on, plain(ACK)),
    }
    writer.call(on, Call::Accept);
    if fresh {
        writer.opened(on);
    }
}

fn active(writer: &mut Writer<'_>, what: Handshake, on: usize) {
    writer.call(on, Call::Connect { to: None });
    match what {
        Handshake::Simultaneous => {
            writer.inject(on, syn(SYN, 0));
            writer.inject(on, plain(ACK));
        }
        Handshake::SimultaneousSynAck => {
            writer.inject(on, syn(SYN, 0));
            writer.inject(on, syn(SYN_ACK, 0));
        }
        Handshake::ActiveWrongAck => {
            writer.inject(on, Inject { ack: Some(Position::symbol(Symbol::SndNxt, 1)), ..syn(SYN_ACK, 0) });
            writer.inject(on, syn(SYN_ACK, 0));
        }
        Handshake::Refused => writer.inject(on, plain(RST_ACK)),
        Handshake::Active
        | Handshake::Passive
        | Handshake::HalfOpen
        | Handshake::SynWithText
        | Handshake::TextInThird
        | Handshake::WrongThird
        | Handshake::SynThenReset
        | Handshake::FinInThird
        | Handshake::PeerCloses
        | Handshake::TargetCloses
        | Handshake::BothClose
        | Handshake::ResetAndReopen => writer.inject(on, syn(SYN_ACK, 0)),
    }
}

fn close(writer: &mut Writer<'_>, what: Handshake, on: usize) {
    if what == Handshake::PeerCloses {
        writer.inject(on, plain(FIN_ACK));
        writer.call(on, Call::Shutdown);
        writer.inject(on, plain(ACK));
        return;
    }
    writer.call(on, Call::Shutdown);
    if what == Handshake::BothClose {
        writer.inject(on, Inject { ack: Some(Position::symbol(Symbol::SndNxt, -1)), ..plain(FIN_ACK) });
        writer.inject(on, plain(ACK));
    } else {
        writer.inject(on, plain(ACK));
        writer.inject(on, plain(FIN_ACK));
    }
}

/// With the numbers a well-behaved peer would use.
fn plain(flags: Flags) -> Inject {
    Inject { flags, ..Inject::default() }
}

fn syn(flags: Flags, seq: u16) -> Inject {
    let options = Options { mss: Some(1460), ..Options::default() };
    Inject { flags, seq: Some(Position::number(i64::from(seq))), options, ..Inject::default() }
}
