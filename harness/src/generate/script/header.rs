//! The header's fields, and the case's `given`, `via`, `peer` and `config` from them.

use super::{Header, Scope, Switches, tables};
use crate::case::{
    format::{Case, Config, Peer, Via},
    state::State,
    time::Span,
};

/// The places of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::generate) enum HeaderField {
    /// [`tables::GIVEN`].
    Given = 0,
    /// Bit 0: the target connects.
    Via = 1,
    /// [`tables::ISN`].
    Isn = 2,
    /// [`tables::PEER_WIN`].
    Win = 3,
    /// [`tables::PEER_MSS`].
    Mss = 4,
    /// Options of the peer's SYN: bits 0 to 2, if bit 7 is set.
    Options = 5,
    /// [`tables::SHIFT`].
    Shift = 6,
    /// Below [`ONE`] no switch is turned, below [`MASK`] one, else those in the mask.
    SwitchMode = 7,
    /// Which one; or the mask, lowest byte first.
    Switches = 8,
    /// Picks among a switch's values.
    SwitchValue = 11,
}

const ONE: u8 = 0xa0;
/// From here on [`HeaderField::Switches`] is a mask.
pub(in crate::generate) const MASK: u8 = 0xe8;
/// Buffers: from less than a segment on.
const BUFFER: [u32; 8] = [4096, 2048, 8192, 1, 536, 1460, 16_384, 65_536];
const SECOND: i64 = 1_000_000_000;

impl Header {
    /// One field.
    pub(in crate::generate) const fn get(&self, field: HeaderField) -> u8 {
        self.0[field as usize]
    }

    /// Sets one field.
    pub(in crate::generate) const fn set(&mut self, field: HeaderField, value: u8) {
        self.0[field as usize] = value;
    }

    pub(super) fn given(&self) -> State {
        tables::GIVEN[usize::from(self.get(HeaderField::Given)) % tables::GIVEN.len()]
    }

    /// `None` where there is one way only.
    pub(super) fn via(&self) -> Option<Via> {
        match self.given() {
            State::Closed | State::Listen | State::SynSent => None,
            State::SynReceived
            | State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait => Some(if self.get(HeaderField::Via) & 1 == 0 { Via::Passive } else { Via::Active }),
        }
    }

    pub(super) fn peer(&self, scope: &Scope) -> Peer {
        let row = |field, len: usize| usize::from(self.get(field)) % len;
        let options = self.get(HeaderField::Options);
        let options = if scope.options && options & 0x80 != 0 { options } else { 0 };
        Peer {
            isn: tables::ISN[row(HeaderField::Isn, tables::ISN.len())],
            win: self.win(),
            mss: tables::PEER_MSS[row(HeaderField::Mss, tables::PEER_MSS.len())],
            wscale: (options & 1 != 0).then(|| tables::SHIFT[row(HeaderField::Shift, tables::SHIFT.len())]),
            sack_ok: options & 2 != 0,
            ts: options & 4 != 0,
            answers_arp: None,
        }
    }

    /// A closed window would keep the target's FIN back, and the prelude from its state.
    fn win(&self) -> Option<u16> {
        let win = tables::PEER_WIN[usize::from(self.get(HeaderField::Win)) % tables::PEER_WIN.len()];
        let sends_fin = match self.given() {
            State::FinWait1 | State::FinWait2 | State::Closing | State::LastAck | State::TimeWait => true,
            State::Closed
            | State::Listen
            | State::SynSent
            | State::SynReceived
            | State::Established
            | State::CloseWait => false,
        };
        win.filter(|win| *win != 0 || !sends_fin)
    }

    /// The switches that are turned, those out of scope left out.
    pub(super) fn switches(&self, scope: &Scope) -> Switches {
        let mode = self.get(HeaderField::SwitchMode);
        let first = HeaderField::Switches as usize;
        let wanted = if mode < ONE {
            Switches::NONE
        } else if mode < MASK {
            Switches(1 << (u32::from(self.0[first]) % Switches::COUNT))
        } else {
            Switches(u32::from_le_bytes([self.0[first], self.0[first + 1], self.0[first + 2], 0]))
        };
        wanted.and(scope.switches)
    }

    pub(super) fn config(&self, scope: &Scope) -> Config {
        let on = self.switches(scope);
        // Where no time passes a delayed acknowledgement would never be seen, nor a state that has to wait for it.
        let delayed_ack = (!scope.waits || on.contains(Switches::DELAYED_ACK_OFF)).then_some(false);
        if on == Switches::NONE {
            return Config { delayed_ack, ..Config::default() };
        }
        let value = self.get(HeaderField::SwitchValue);
        let buffer = BUFFER[usize::from(value) % BUFFER.len()];
        let has = |switch| on.contains(switch);
        let seconds = |count: i64| Span { nanos: count * SECOND, ..Span::default() };
        let keepalive = has(Switches::KEEPALIVE).then(|| seconds(1));
        Config {
            timestamps: has(Switches::TIMESTAMPS).then_some(true),
            sack: has(Switches::SACK).then_some(true),
            wscale: has(Switches::WSCALE).then_some(true),
            ecn: has(Switches::ECN).then_some(true),
            nagle: has(Switches::NAGLE_OFF).then_some(false),
            delayed_ack,
            recv_buffer: has(Switches::RECV_BUFFER).then_some(buffer),
            send_buffer: has(Switches::SEND_BUFFER).then_some(buffer),
            mss: has(Switches::MSS).then(|| tables::MSS[2 + usize::from(value) % (tables::MSS.len() - 2)]),
            msl: has(Switches::MSL).then(|| seconds(1)),
            backlog: has(Switches::BACKLOG).then_some(1),
            abort_on_overflow: has(Switches::ABORT_ON_OVERFLOW).then_some(value & 1 == 0),
            syn_retries: has(Switches::SYN_RETRIES).then_some(1),
            data_retries: has(Switches::DATA_RETRIES).then_some(2),
            user_timeout: has(Switches::USER_TIMEOUT).then(|| seconds(i64::from(value & 15) + 1)),
            keepalive_idle: keepalive,
            keepalive_interval: keepalive,
            keepalive_count: has(Switches::KEEPALIVE).then_some(3),
            urgent_inline: has(Switches::URGENT_INLINE).then_some(true),
            ..Config::default()
        }
    }

    /// Fills in what stands above the steps.
    pub(super) fn apply(&self, case: &mut Case, scope: &Scope) {
        case.given = Some(self.given());
        case.via = self.via();
        case.peer = self.peer(scope);
        case.config = self.config(scope);
    }
}
