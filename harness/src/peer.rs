//! The scripted peer: what it knows of each connection, and the way between real numbers and case space.
//!
//! [`crate::run`] tells it every segment that is injected and emitted; it answers with relative numbers and with the
//! value of a symbol such as `RCV.NXT`. It knows only what a peer on the wire can know, never the target's inside.
//!
//! Left out: it checks nothing. What a target does wrong stays visible as an odd number.

mod beside;

use std::net::{IpAddr, SocketAddr};

use crate::{
    case::{
        flags::Flags,
        format::IpVersion,
        position::{Position, Symbol},
    },
    segment::parse::Parsed,
    target::{Endpoints, Handle, Pair, RuleNames, Time},
    trace::event::CaseSegment,
};

/// The peer's initial sequence number unless the case chooses one: no round number, far from a wrap.
const DEFAULT_ISN: u32 = 0x1357_9bdf;

/// More are rare.
const USUAL_CONNECTIONS: usize = 3;

/// All connections of a case, by name.
#[derive(Debug)]
pub struct Peer {
    endpoints: Endpoints,
    isn: u32,
    connections: Vec<Connection>,
}

/// One connection as its peer sees it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Its name; the first one may have none.
    pub name: Option<String>,
    /// Its sockets.
    pub pair: Pair,
    /// The variables.
    pub view: View,
    /// How many bytes the target's application has sent into it: where the pattern of the next `send` begins.
    pub app_sent: u32,
    /// How many bytes the target's application has read from it.
    pub app_read: u32,
}

/// The target's variables as the wire shows them; relative numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// The target's real ISS, once it sent a SYN.
    pub iss: Option<u32>,
    /// The peer's real ISN.
    pub irs: u32,
    una: u32,
    nxt: u32,
    snd_wnd: u32,
    rcv_nxt: Option<u32>,
    rcv_wnd: Option<u32>,
    mss: Option<u16>,
    /// MUST-15: what to assume when no MSS option came.
    default_mss: u16,
    target_shift: Option<u8>,
    peer_shift: Option<u8>,
    /// The last SYN the peer sent, real number.
    peer_syn: Option<u32>,
    /// The number behind the FIN of the target, and behind that of the peer.
    fins: [Option<u32>; 2],
    /// Since the target's last SYN something happened that lets it choose a new ISS.
    new_incarnation: bool,
    /// The last TSval of the target.
    ts_val: Option<u32>,
}

/// A symbol has no value yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{symbol} is not known yet: the target has sent nothing that tells it")]
pub struct Unknown {
    /// Which.
    pub symbol: Symbol,
}

/// Whether `a` is at or ahead of `b` in sequence space.
fn ahead(a: u32, b: u32) -> bool {
    a.wrapping_sub(b) < 1 << 31
}

impl View {
    fn new(isn: u32, version: IpVersion) -> Self {
        Self {
            iss: None,
            irs: isn,
            una: 0,
            nxt: 0,
            snd_wnd: 0,
            rcv_nxt: None,
            rcv_wnd: None,
            mss: None,
            default_mss: version.default_mss(),
            target_shift: None,
            peer_shift: None,
            peer_syn: None,
            fins: [None, None],
            new_incarnation: true,
            ts_val: None,
        }
    }

    /// The view of a packet that belongs to no connection.
    #[must_use]
    pub fn unknown() -> Self {
        Self::new(0, IpVersion::V4)
    }

    /// The value of a symbol.
    ///
    /// # Errors
    /// If the wire has not shown it yet.
    pub fn symbol(&self, symbol: Symbol) -> Result<u32, Unknown> {
        let known = |value: Option<u32>| value.ok_or(Unknown { symbol });
        match symbol {
            Symbol::SndUna => Ok(self.una),
            Symbol::SndNxt => Ok(self.nxt),
            Symbol::SndWnd => Ok(self.snd_wnd),
            Symbol::RcvNxt => known(self.rcv_nxt),
            Symbol::RcvWnd => known(self.rcv_wnd),
            Symbol::Iss | Symbol::Irs => Ok(0),
            Symbol::Mss => Ok(u32::from(self.mss.unwrap_or(self.default_mss))),
            Symbol::TsVal => known(self.ts_val),
        }
    }

    /// The value of a sum, modulo 2^32.
    ///
    /// # Errors
    /// If the wire has not shown one of its symbols yet.
    pub fn position(&self, position: &Position) -> Result<u32, Unknown> {
        // Modulo 2^32 on purpose: `SND.UNA-2^31` is a number of the other half.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let mut sum = position.offset as u32;
        for &(minus, symbol) in &position.symbols {
            let value = self.symbol(symbol)?;
            sum = if minus { sum.wrapping_sub(value) } else { sum.wrapping_add(value) };
        }
        Ok(sum)
    }

    /// RCV.NXT as far as the wire tells: where the peer sends next unless the case says otherwise.
    #[must_use]
    pub fn next_in(&self) -> u32 {
        self.rcv_nxt.unwrap_or(0)
    }

    /// SND.NXT: what the peer acknowledges unless the case says otherwise.
    #[must_use]
    pub const fn next_out(&self) -> u32 {
        self.nxt
    }

    /// The real number of the peer's relative `seq`.
    #[must_use]
    pub const fn real_seq(&self, seq: u32) -> u32 {
        self.irs.wrapping_add(seq)
    }

    /// The real number of the target's relative `ack`. Before the target has an ISS the two are the same.
    #[must_use]
    pub fn real_ack(&self, ack: u32) -> u32 {
        self.iss.unwrap_or(0).wrapping_add(ack)
    }

    /// What `connect` and the like tell: the target may choose a new ISS now.
    pub const fn allow_new_incarnation(&mut self) {
        self.new_incarnation = true;
    }

    fn note_injected(&mut self, parsed: &Parsed) {
        let segment_is_sound = parsed.faults.is_empty();
        if parsed.flags.contains(Flags::SYN) {
            self.new_incarnation |= self.peer_syn != Some(parsed.seq) || self.is_over();
            self.peer_syn = Some(parsed.seq);
            self.peer_shift = parsed.options.wscale;
        }
        self.new_incarnation |= parsed.flags.contains(Flags::RST);
        if segment_is_sound && parsed.flags.contains(Flags::ACK) && !parsed.flags.contains(Flags::RST) {
            let ack = parsed.ack.wrapping_sub(self.iss.unwrap_or(0));
            let seq = parsed.seq.wrapping_sub(self.irs);
            let in_window = match (self.rcv_nxt, self.rcv_wnd) {
                (Some(nxt), Some(wnd)) => seq.wrapping_sub(nxt) <= wnd,
                _ => true,
            };
            if in_window && parsed.flags.contains(Flags::FIN) {
                let len = u32::try_from(parsed.text.len()).unwrap_or(u32::MAX);
                self.fins[1] = Some(seq.wrapping_add(len).wrapping_add(parsed.flags.seq_len()));
            }
            if in_window && ahead(ack, self.una) && ahead(self.nxt, ack) {
                self.una = ack;
                let shift = if parsed.flags.contains(Flags::SYN) { 0 } else { self.shift_of(self.peer_shift) };
                self.snd_wnd = u32::from(parsed.win) << shift;
            }
        }
    }

    /// Whether the FINs of both sides are acknowledged.
    fn is_over(&self) -> bool {
        let [target, peer] = self.fins;
        let peer_acked = peer.zip(self.rcv_nxt).is_some_and(|(fin, nxt)| ahead(nxt, fin));
        peer_acked && target.is_some_and(|fin| ahead(self.una, fin))
    }

    /// Scaling counts only when both SYNs offered it (RFC7323#2.2).
    fn shift_of(&self, shift: Option<u8>) -> u8 {
        if self.peer_shift.is_some() && self.target_shift.is_some() { shift.unwrap_or(0).min(14) } else { 0 }
    }

    fn note_emitted(&mut self, parsed: &Parsed) {
        self.ts_val = parsed.options.ts.map_or(self.ts_val, |(val, _)| Some(val));
        if parsed.flags.contains(Flags::RST) {
            return;
        }
        let syn = parsed.flags.contains(Flags::SYN);
        // Two connections within one tick of the clock behind it may have the same ISS.
        if syn && (self.iss.is_none() || self.new_incarnation) {
            self.iss = Some(parsed.seq);
            (self.una, self.nxt, self.rcv_nxt, self.fins) = (0, 0, None, [None, None]);
        }
        if syn {
            self.new_incarnation = false;
            self.mss = parsed.options.mss;
            self.target_shift = parsed.options.wscale;
        }
        let len = u32::try_from(parsed.text.len()).unwrap_or(u32::MAX);
        let end = parsed.seq.wrapping_sub(self.iss.unwrap_or(0)).wrapping_add(parsed.flags.seq_len()).wrapping_add(len);
        if ahead(end, self.nxt) {
            self.nxt = end;
        }
        if parsed.flags.contains(Flags::FIN) {
            self.fins[0] = Some(end);
        }
        let shift = if syn { 0 } else { self.shift_of(self.target_shift) };
        let wnd = u32::from(parsed.win) << shift;
        if parsed.flags.contains(Flags::ACK) {
            let ack = parsed.ack.wrapping_sub(self.irs);
            if self.rcv_nxt.is_none_or(|nxt| ahead(ack, nxt)) {
                (self.rcv_nxt, self.rcv_wnd) = (Some(ack), Some(wnd));
            }
        } else if self.rcv_nxt.is_none() {
            self.rcv_wnd = Some(wnd);
        }
    }
}

impl Peer {
    /// A peer with its first connection, which has no name.
    #[must_use]
    pub fn new(endpoints: Endpoints, isn: Option<u32>) -> Self {
        let mut peer =
            Self { endpoints, isn: isn.unwrap_or(DEFAULT_ISN), connections: Vec::with_capacity(USUAL_CONNECTIONS) };
        peer.add(None, endpoints.peer.ip());
        peer
    }

    fn add(&mut self, name: Option<String>, address: IpAddr) -> u8 {
        let index = self.connections.len();
        let ahead = u16::try_from(index).unwrap_or(u16::MAX);
        let port = self.endpoints.peer.port().wrapping_add(ahead).max(1);
        let pair = Pair { target: self.endpoints.target, peer: SocketAddr::new(address, port) };
        // Each connection its own ISN, so that a mix-up shows.
        let isn = self.isn.wrapping_add(u32::from(ahead).wrapping_mul(0x0101_0101));
        self.connections.push(Connection {
            name,
            pair,
            view: View::new(isn, self.endpoints.version()),
            app_sent: 0,
            app_read: 0,
        });
        u8::try_from(index).unwrap_or(u8::MAX)
    }

    /// The connection a step names; a name seen for the first time is a new connection from `address`.
    pub fn resolve(&mut self, name: Option<&str>, address: Option<IpAddr>) -> u8 {
        let Some(name) = name else { return 0 };
        let found = self.connections.iter().position(|connection| connection.name.as_deref() == Some(name));
        match found {
            Some(index) => u8::try_from(index).unwrap_or(u8::MAX),
            None => self.add(Some(name.to_owned()), address.unwrap_or(self.endpoints.peer.ip())),
        }
    }

    /// The number of a name, for comparing only: a name nobody used yet is no connection's.
    #[must_use]
    pub fn number_of(&self, name: Option<&str>) -> u8 {
        let Some(name) = name else { return 0 };
        let found = self.connections.iter().position(|connection| connection.name.as_deref() == Some(name));
        found.and_then(|index| u8::try_from(index).ok()).unwrap_or(u8::MAX)
    }

    /// A connection by number.
    ///
    /// # Panics
    /// Never for a number that [`Self::resolve`] gave.
    #[must_use]
    pub fn connection(&self, index: u8) -> &Connection {
        &self.connections[usize::from(index)]
    }

    /// A connection by number, to change.
    ///
    /// # Panics
    /// Never for a number that [`Self::resolve`] gave.
    pub fn connection_mut(&mut self, index: u8) -> &mut Connection {
        &mut self.connections[usize::from(index)]
    }

    /// The name of a connection for people.
    #[must_use]
    pub fn name(&self, index: u8) -> &str {
        self.connections.get(usize::from(index)).and_then(|connection| connection.name.as_deref()).unwrap_or("main")
    }

    /// The names of all connections so far, by number; the first one may have none.
    #[must_use]
    pub fn names(&self) -> Vec<Option<String>> {
        self.connections.iter().map(|connection| connection.name.clone()).collect()
    }

    /// The addresses of the case.
    #[must_use]
    pub const fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// The socket handle of a connection.
    #[must_use]
    pub const fn handle(index: u8) -> Handle {
        Handle::Connection(index)
    }

    fn find(&self, pair: Pair) -> Option<u8> {
        self.connections
            .iter()
            .position(|connection| connection.pair == pair)
            .and_then(|index| u8::try_from(index).ok())
    }

    /// Takes note of an injected segment and gives it in case space.
    pub fn injected(&mut self, index: u8, parsed: Parsed, at: Time) -> CaseSegment {
        let view = &mut self.connections[usize::from(index)].view;
        let (seq_base, ack_base) = (view.irs, view.iss.unwrap_or(0));
        let to_its_peer = {
            let pair = self.connections[usize::from(index)].pair;
            parsed.source == pair.peer.ip() && parsed.destination == pair.target.ip()
        };
        if to_its_peer {
            self.connections[usize::from(index)].view.note_injected(&parsed);
        }
        case_segment(parsed, Some(index), at, seq_base, ack_base)
    }

    /// Takes note of an emitted segment and gives it in case space, with the view as it was just before.
    pub fn emitted(&mut self, parsed: Parsed, at: Time) -> (CaseSegment, View) {
        let target = SocketAddr::new(parsed.source, parsed.source_port);
        let peer = SocketAddr::new(parsed.destination, parsed.destination_port);
        let Some(index) = self.find(Pair { target, peer }) else {
            // What answers another host's segment is relative to the connection whose numbers that segment bore.
            let ports = |connection: &&Connection| {
                (connection.pair.target.port(), connection.pair.peer.port()) == (target.port(), peer.port())
            };
            let view = self.connections.iter().find(ports).map(|connection| connection.view);
            let (seq_base, ack_base) = view.map_or((0, 0), |view| bases(&parsed, &view));
            let bare_reset = parsed.flags.contains(Flags::RST) && parsed.seq == 0;
            let seq_base = if bare_reset { 0 } else { seq_base };
            return (case_segment(parsed, None, at, seq_base, ack_base), View::unknown());
        };
        let view = &mut self.connections[usize::from(index)].view;
        let before = *view;
        view.note_emitted(&parsed);
        let (seq_base, ack_base) = bases(&parsed, view);
        (case_segment(parsed, Some(index), at, seq_base, ack_base), before)
    }
}

/// What the numbers of an emitted segment are relative to.
fn bases(parsed: &Parsed, view: &View) -> (u32, u32) {
    // A reset for a segment without ACK carries the number 0 itself (RFC9293#3.10.7.1), not one relative to an ISS.
    let zero_itself = parsed.flags.contains(Flags::RST | Flags::ACK) && parsed.seq == 0;
    let seq_base = if zero_itself { 0 } else { view.iss.unwrap_or(0) };
    (seq_base, if parsed.flags.contains(Flags::ACK) { view.irs } else { 0 })
}

/// The same numbers, relative. Without ACK the acknowledgement field is shown as it is.
fn case_segment(parsed: Parsed, on: Option<u8>, at: Time, seq_base: u32, ack_base: u32) -> CaseSegment {
    let acks = parsed.flags.contains(Flags::ACK);
    CaseSegment {
        at,
        on,
        flags: parsed.flags,
        seq: parsed.seq.wrapping_sub(seq_base),
        ack: if acks { parsed.ack.wrapping_sub(ack_base) } else { parsed.ack },
        win: parsed.win,
        urg: parsed.urg,
        mss: parsed.options.mss,
        wscale: parsed.options.wscale,
        sack_ok: parsed.options.sack_ok,
        sack: parsed
            .options
            .sack
            .iter()
            .map(|&(left, right)| (left.wrapping_sub(ack_base), right.wrapping_sub(ack_base)))
            .collect(),
        ts: parsed.options.ts,
        other_options: parsed.options.other,
        data: parsed.text,
        ttl: parsed.ttl,
        tos: parsed.tos,
        df: parsed.df,
        rules: RuleNames::new(),
        faults: parsed.faults,
    }
}

#[cfg(test)]
mod tests;
