//! Tests that read like packet scripts: a peer injects segments into a [`Stack`] and states what comes
//! back, in numbers relative to each side's ISN.
//!
//! [`given`] leads to any state; [`Script::inject`], [`Script::expect`] and [`Script::call`] go on from
//! there. Every expectation ends with "and nothing else".

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

mod line;

pub(crate) use line::{Line, seg};

use crate::ip::packet::IpPacket;
use crate::tcp::seq::Seq;
use crate::wire::ipv4::{Ipv4Repr, PROTOCOL_TCP};
use crate::wire::ipv6::Ipv6Repr;
use crate::wire::tcp::{Flags, TcpRepr, TcpSegment};
use crate::wire::tcp_options::TcpOptions;
use crate::{
    CallError, Cidr, Config, Event, Instant, Notice, Profile, Reply, Rule, Rules, SocketId, SocketOptions, Stack,
    State, UserCall,
};

pub(crate) const TARGET: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(crate) const PEER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);
pub(crate) const TARGET_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
pub(crate) const PEER_V6: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 2);
pub(crate) const TARGET_PORT: u16 = 80;
pub(crate) const PEER_PORT: u16 = 4000;
/// The peer's ISN: close enough to 2^32 that most scripts wrap.
pub(crate) const PEER_ISN: Seq = Seq(u32::MAX - 3);

pub(crate) const SYN: Flags = Flags::SYN;
pub(crate) const ACK: Flags = Flags::ACK;
pub(crate) const RST: Flags = Flags::RST;
pub(crate) const FIN_ACK: Flags = Flags::FIN.union(Flags::ACK);
pub(crate) const SYN_ACK: Flags = Flags::SYN.union(Flags::ACK);
pub(crate) const RST_ACK: Flags = Flags::RST.union(Flags::ACK);
pub(crate) const PSH_ACK: Flags = Flags::PSH.union(Flags::ACK);

pub(crate) struct Script {
    pub stack: Stack,
    pub now: Instant,
    /// The connection's or the listener's socket.
    pub socket: Option<SocketId>,
    pub listener: Option<SocketId>,
    target: IpAddr,
    peer: IpAddr,
    /// The target's ISN, from the first SYN it sends.
    iss: Option<Seq>,
    /// The first timestamp the target sent.
    clock: Option<u32>,
    local_port: u16,
    came: Vec<(Line, Rules)>,
    notes: Vec<String>,
    /// Packets of other protocols that came.
    pub others: Vec<crate::Transmit>,
    pub events: Vec<Event>,
}

impl Script {
    pub(crate) fn new(profile: Profile) -> Self {
        Self::between(TARGET.into(), PEER.into(), profile)
    }

    /// The same over IPv6.
    pub(crate) fn new_v6(profile: Profile) -> Self {
        Self::between(TARGET_V6.into(), PEER_V6.into(), profile)
    }

    fn between(target: IpAddr, peer: IpAddr, profile: Profile) -> Self {
        let addresses = vec![Cidr::new(TARGET, 24), Cidr::new(TARGET_V6, 64)];
        let config = Config { addresses, ..Config::new(Cidr::new(TARGET, 24), 7, profile) };
        Self {
            stack: Stack::new(config),
            now: Instant::ZERO + Duration::from_secs(1000),
            socket: None,
            listener: None,
            target,
            peer,
            iss: None,
            clock: None,
            local_port: TARGET_PORT,
            came: Vec::new(),
            notes: Vec::new(),
            others: Vec::new(),
            events: Vec::new(),
        }
    }

    /// The peer's socket in scripts over IPv4.
    pub(crate) fn remote() -> SocketAddr {
        SocketAddr::new(PEER.into(), PEER_PORT)
    }

    fn peer_socket(&self) -> SocketAddr {
        SocketAddr::new(self.peer, PEER_PORT)
    }

    /// Forgets the target's ISN: the next SYN,ACK sets it.
    pub(crate) fn new_incarnation(&mut self) {
        self.iss = None;
    }

    /// Goes on with a SYN,ACK that came before.
    pub(crate) fn set_target_isn(&mut self, iss: Option<Seq>) {
        self.iss = iss;
    }

    pub(crate) fn target_isn(&self) -> Option<Seq> {
        self.iss
    }

    /// The first timestamp the target sent, as it stood.
    pub(crate) fn target_clock(&self) -> Option<u32> {
        self.clock
    }

    /// Injects from the usual peer port.
    pub(crate) fn inject(&mut self, line: Line) -> &mut Self {
        self.inject_from(PEER_PORT, line)
    }

    pub(crate) fn inject_from(&mut self, port: u16, line: Line) -> &mut Self {
        let packet = self.packet(port, &line);
        self.inject_bytes(&packet)
    }

    pub(crate) fn inject_bytes(&mut self, packet: &[u8]) -> &mut Self {
        self.stack.handle_packet(self.now, packet);
        self.collect();
        self
    }

    /// An ICMP error from the peer about the target's segment at this relative number.
    pub(crate) fn icmp(&mut self, kind: u8, code: u8, seq: u32) -> &mut Self {
        let packet = self.icmp_packet(kind, code, seq);
        self.inject_bytes(&packet)
    }

    /// "Fragmentation needed" from the peer, with the MTU of the next hop.
    pub(crate) fn too_big(&mut self, mtu: u16, seq: u32) -> &mut Self {
        let packet = self.icmp_packet_with(3, 4, mtu, seq);
        self.inject_bytes(&packet)
    }

    pub(crate) fn icmp_packet(&self, kind: u8, code: u8, seq: u32) -> Vec<u8> {
        self.icmp_packet_with(kind, code, 0, seq)
    }

    fn icmp_packet_with(&self, kind: u8, code: u8, mtu: u16, seq: u32) -> Vec<u8> {
        use crate::wire::{checksum::Checksum, icmp::PROTOCOL_ICMP};
        let [high, low] = mtu.to_be_bytes();
        let mut message = vec![kind, code, 0, 0, 0, 0, high, low];
        Ipv4Repr::new(TARGET, PEER, PROTOCOL_TCP).emit(20, &mut message).expect("it fits");
        message.extend(self.local_port.to_be_bytes());
        message.extend(PEER_PORT.to_be_bytes());
        message.extend((self.iss.unwrap_or_default() + seq).0.to_be_bytes());
        let sum = Checksum::new().add(&message).finish();
        message[2..4].copy_from_slice(&sum.to_be_bytes());
        let mut packet = Vec::new();
        Ipv4Repr::new(PEER, TARGET, PROTOCOL_ICMP).emit(message.len(), &mut packet).expect("it fits");
        packet.extend(message);
        packet
    }

    /// Injects several packets before the target may answer.
    pub(crate) fn inject_at_once(&mut self, lines: &[Line]) -> &mut Self {
        for line in lines {
            let packet = self.packet(PEER_PORT, line);
            self.stack.handle_packet(self.now, &packet);
        }
        self.collect();
        self
    }

    pub(crate) fn packet(&self, port: u16, line: &Line) -> Vec<u8> {
        let iss = self.iss.unwrap_or_default();
        let repr = TcpRepr {
            src_port: port,
            dst_port: self.local_port,
            seq: PEER_ISN + line.seq,
            ack: if line.flags.contains(ACK) { iss + line.ack } else { Seq(0) },
            flags: line.flags,
            window: line.win.unwrap_or(65_535),
            urgent: line.urg,
            options: self.options(line),
            text: &line.text,
        };
        let mut packet = Vec::new();
        let tos = line.ecn.unwrap_or(0);
        match (self.peer, self.target) {
            (IpAddr::V6(peer), IpAddr::V6(target)) => {
                Ipv6Repr { traffic_class: tos, ..Ipv6Repr::new(peer, target, PROTOCOL_TCP) }
                    .emit(repr.wire_len(), &mut packet)
                    .expect("it fits");
            }
            _ => Ipv4Repr { tos, ..Ipv4Repr::new(PEER, TARGET, PROTOCOL_TCP) }
                .emit(repr.wire_len(), &mut packet)
                .expect("it fits"),
        }
        repr.emit(self.peer, self.target, &mut packet);
        packet
    }

    fn options(&self, line: &Line) -> TcpOptions {
        let clock = self.clock.unwrap_or(0);
        let iss = self.iss.unwrap_or_default();
        TcpOptions {
            mss: line.mss.flatten(),
            window_scale: line.ws.flatten(),
            sack_permitted: line.sack_ok == Some(true),
            sack: line.sack.iter().flatten().map(|&(l, r)| (iss + l, iss + r)).collect(),
            user_timeout: line.uto.flatten(),
            timestamps: line.ts.flatten().map(|(value, echo)| (value, clock.wrapping_add(echo))),
        }
    }

    fn collect(&mut self) {
        while let Some(transmit) = self.stack.poll_transmit(self.now) {
            let ip = IpPacket::parse(&transmit.packet).expect("a sound IP packet");
            assert_eq!((ip.source, ip.destination), (self.target, self.peer));
            if ip.protocol != PROTOCOL_TCP {
                self.others.push(transmit);
                continue;
            }
            let tcp = TcpSegment::parse(self.target, self.peer, ip.payload).expect("a sound segment");
            if tcp.flags().contains(SYN) {
                self.iss.get_or_insert(tcp.seq());
            }
            let options = TcpOptions::parse(tcp.options_raw()).expect("sound options");
            if let Some((value, _)) = options.timestamps.filter(|_| !tcp.flags().contains(RST)) {
                self.clock.get_or_insert(value);
            }
            // A reset that answers a segment without ACK has the absolute sequence number zero.
            let seq = if tcp.flags() == RST_ACK { tcp.seq().0 } else { tcp.seq().since(self.iss.unwrap_or_default()) };
            // So has its timestamp.
            let base = if tcp.flags() == RST_ACK { 0 } else { self.clock.unwrap_or(0) };
            let line = Line {
                flags: tcp.flags(),
                seq,
                ack: if tcp.flags().contains(ACK) { tcp.ack().since(PEER_ISN) } else { tcp.ack().0 },
                win: Some(tcp.window()),
                mss: Some(options.mss),
                ws: Some(options.window_scale),
                ecn: Some(ip.tos & 3),
                uto: Some(options.user_timeout),
                sack_ok: Some(options.sack_permitted),
                sack: Some(
                    options.sack.as_slice().iter().map(|(l, r)| (l.since(PEER_ISN), r.since(PEER_ISN))).collect(),
                ),
                ts: Some(options.timestamps.map(|(value, echo)| (value.wrapping_sub(base), echo))),
                urg: tcp.urgent(),
                text: tcp.text().to_vec(),
            };
            self.came.push((line, transmit.rules));
        }
        while let Some(event) = self.stack.poll_event() {
            self.events.push(event);
        }
    }

    /// What came since the last expectation, without judging it.
    pub(crate) fn take_lines(&mut self) -> Vec<Line> {
        self.came.drain(..).map(|(line, _)| line).collect()
    }

    /// The same, with the rules.
    pub(crate) fn take_lines_with_rules(&mut self) -> Vec<(Line, Rules)> {
        core::mem::take(&mut self.came)
    }

    /// Keeps a remark for [`Script::take_notes`].
    pub(crate) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        core::mem::take(&mut self.notes)
    }

    /// Completes a handshake from another peer port; the connection waits to be accepted.
    #[track_caller]
    pub(crate) fn establish_from(&mut self, port: u16) {
        let ours = self.iss.take();
        self.inject_from(port, seg(SYN, 0, 0)).inject_from(port, seg(ACK, 1, 1));
        assert_eq!(self.take_lines().len(), 1, "only its SYN,ACK");
        self.iss = ours;
    }

    /// Takes whatever waits to be accepted.
    #[track_caller]
    pub(crate) fn accept_any(&mut self) {
        let listener = self.listener.expect("a listener");
        let reply = self.call(UserCall::Accept { listener });
        assert!(matches!(reply, Ok(Reply::Accepted { .. })), "{reply:?}");
    }

    /// These came since the last expectation, in this order, and nothing else.
    #[track_caller]
    pub(crate) fn expect(&mut self, lines: &[Line]) -> &mut Self {
        let came: Vec<Line> = self.came.drain(..).map(|(line, _)| line).collect();
        let same = lines.len() == came.len() && lines.iter().zip(&came).all(|(want, got)| want.matches(got));
        assert!(same, "expected {lines:#?}\nbut {came:#?} came");
        self
    }

    /// One segment came, for this rule, and nothing else.
    #[track_caller]
    pub(crate) fn expect_for(&mut self, rule: Rule, line: Line) -> &mut Self {
        let rules: Vec<Rules> = self.came.iter().map(|(_, rules)| *rules).collect();
        self.expect(&[line]);
        assert!(rules[0].contains(rule), "expected {rule}, but the rules were {rules:?}");
        self
    }

    #[track_caller]
    pub(crate) fn expect_nothing(&mut self) -> &mut Self {
        self.expect(&[])
    }

    /// The segment was dropped for this rule, since the last look at the events.
    #[track_caller]
    pub(crate) fn dropped(&mut self, rule: Rule) -> &mut Self {
        let events: Vec<Event> = self.events.drain(..).collect();
        assert!(events.contains(&Event::Dropped { rule }), "no drop for {rule} in {events:#?}");
        self
    }

    /// The user was told, since the last look at the events.
    #[track_caller]
    pub(crate) fn notified(&mut self, notice: Notice) -> &mut Self {
        let events: Vec<Event> = self.events.drain(..).collect();
        let told = events.iter().any(|e| matches!(e, Event::Notify { notice: n, .. } if *n == notice));
        assert!(told, "no {notice:?} in {events:#?}");
        self
    }

    /// The connection's state; CLOSED if it has no TCB.
    #[track_caller]
    pub(crate) fn state(&mut self, state: State) -> &mut Self {
        let current = self.stack.connection_state(self.local_port, self.peer_socket()).unwrap_or(State::Closed);
        assert_eq!(current, state);
        self
    }

    /// Lets time pass, running what falls due on the way.
    pub(crate) fn wait(&mut self, span: Duration) -> &mut Self {
        let until = self.now + span;
        while let Some(at) = self.stack.poll_timeout().filter(|&at| at <= until) {
            self.now = self.now.max(at);
            self.stack.handle_timeout(self.now);
            self.collect();
        }
        self.now = until;
        self.stack.handle_timeout(self.now);
        self.collect();
        self
    }

    pub(crate) fn wait_ms(&mut self, millis: u64) -> &mut Self {
        self.wait(Duration::from_millis(millis))
    }

    pub(crate) fn call(&mut self, call: UserCall<'_>) -> Result<Reply, CallError> {
        let reply = self.stack.user_call(self.now, call);
        self.collect();
        reply
    }

    pub(crate) fn listen(&mut self) -> &mut Self {
        self.listen_with(8, SocketOptions::default())
    }

    #[track_caller]
    pub(crate) fn listen_with(&mut self, backlog: usize, options: SocketOptions) -> &mut Self {
        match self.call(UserCall::Listen { port: TARGET_PORT, backlog, options }) {
            Ok(Reply::Socket(socket)) => self.listener = Some(socket),
            other => panic!("listen: {other:?}"),
        }
        self
    }

    pub(crate) fn connect(&mut self) -> &mut Self {
        self.connect_with(SocketOptions::default())
    }

    #[track_caller]
    pub(crate) fn connect_with(&mut self, options: SocketOptions) -> &mut Self {
        match self.call(UserCall::Connect { local_port: TARGET_PORT, remote: self.peer_socket(), options }) {
            Ok(Reply::Socket(socket)) => self.socket = Some(socket),
            other => panic!("connect: {other:?}"),
        }
        self
    }

    #[track_caller]
    pub(crate) fn accept(&mut self) -> &mut Self {
        let listener = self.listener.expect("a listener");
        match self.call(UserCall::Accept { listener }) {
            Ok(Reply::Accepted { socket, remote }) => {
                assert_eq!(remote, self.peer_socket());
                self.socket = Some(socket);
            }
            other => panic!("accept: {other:?}"),
        }
        self
    }

    #[track_caller]
    pub(crate) fn socket(&self) -> SocketId {
        self.socket.expect("a connection")
    }

    #[track_caller]
    pub(crate) fn send(&mut self, data: &[u8]) -> &mut Self {
        let socket = self.socket();
        let reply = self.call(UserCall::Send { socket, data, urgent: false });
        assert_eq!(reply, Ok(Reply::Sent(data.len())));
        self
    }

    #[track_caller]
    pub(crate) fn receive(&mut self, data: &[u8]) -> &mut Self {
        let socket = self.socket();
        let reply = self.call(UserCall::Receive { socket, max: 1 << 20 });
        assert_eq!(reply, Ok(Reply::Received(data.to_vec())));
        self
    }

    #[track_caller]
    pub(crate) fn receive_fails(&mut self, error: CallError) -> &mut Self {
        let socket = self.socket();
        let reply = self.call(UserCall::Receive { socket, max: 1 << 20 });
        assert_eq!(reply, Err(error));
        self
    }

    #[track_caller]
    pub(crate) fn shutdown(&mut self) -> &mut Self {
        let socket = self.socket();
        assert_eq!(self.call(UserCall::Shutdown { socket }), Ok(Reply::Done));
        self
    }

    #[track_caller]
    pub(crate) fn close(&mut self) -> &mut Self {
        let socket = self.socket();
        assert_eq!(self.call(UserCall::Close { socket }), Ok(Reply::Done));
        self
    }
}

/// Makes a packet whose TCP header has grown to `words` whole again: lengths and checksums.
pub(crate) fn mend_lengths(packet: &mut [u8], words: u8) {
    use crate::wire::checksum::Checksum;
    let total = u16::try_from(packet.len()).expect("a short packet");
    packet[2..4].copy_from_slice(&total.to_be_bytes());
    packet[10..12].fill(0);
    let sum = Checksum::new().add(&packet[..20]).finish();
    packet[10..12].copy_from_slice(&sum.to_be_bytes());
    packet[32] = words << 4;
    packet[36..38].fill(0);
    let sum = Checksum::pseudo_header(PEER, TARGET, PROTOCOL_TCP, packet.len() - 20).add(&packet[20..]).finish();
    packet[36..38].copy_from_slice(&sum.to_be_bytes());
}

/// A connection in this state under the default profile, with nothing in flight but what the state
/// implies: the peer has sent its SYN (and FIN), the target its own.
#[track_caller]
pub(crate) fn given(state: State) -> Script {
    given_with(state, Profile::rfc9293(), SocketOptions::default())
}

#[track_caller]
pub(crate) fn given_with(state: State, profile: Profile, options: SocketOptions) -> Script {
    lead(Script::new(profile), state, options)
}

/// The same over IPv6.
#[track_caller]
pub(crate) fn given_v6(state: State) -> Script {
    lead(Script::new_v6(Profile::rfc9293()), state, SocketOptions::default())
}

#[track_caller]
fn lead(mut s: Script, state: State, options: SocketOptions) -> Script {
    match state {
        State::Closed => return s,
        State::SynSent => {
            s.connect_with(options).expect(&[seg(SYN, 0, 0)]);
            return s;
        }
        State::Listen
        | State::SynReceived
        | State::Established
        | State::FinWait1
        | State::FinWait2
        | State::CloseWait
        | State::Closing
        | State::LastAck
        | State::TimeWait => s.listen_with(8, options),
    };
    if state == State::Listen {
        return s;
    }
    s.inject(seg(SYN, 0, 0).mss(1460)).expect(&[seg(SYN_ACK, 0, 1)]);
    if state == State::SynReceived {
        return s;
    }
    s.inject(seg(ACK, 1, 1)).expect_nothing().accept();
    match state {
        State::FinWait1 | State::FinWait2 | State::Closing | State::TimeWait => {
            s.shutdown().expect(&[seg(FIN_ACK, 1, 1)]);
        }
        State::CloseWait | State::LastAck => {
            s.inject(seg(FIN_ACK, 1, 1)).expect(&[seg(ACK, 1, 2)]);
        }
        State::Closed | State::Listen | State::SynSent | State::SynReceived | State::Established => {}
    }
    match state {
        State::FinWait2 | State::TimeWait => {
            s.inject(seg(ACK, 1, 2)).expect_nothing();
        }
        State::Closing => {
            s.inject(seg(FIN_ACK, 1, 1)).expect(&[seg(ACK, 2, 2)]);
        }
        State::LastAck => {
            s.shutdown().expect(&[seg(FIN_ACK, 1, 2)]);
        }
        State::Closed
        | State::Listen
        | State::SynSent
        | State::SynReceived
        | State::Established
        | State::FinWait1
        | State::CloseWait => {}
    }
    if state == State::TimeWait {
        s.inject(seg(FIN_ACK, 1, 2)).expect(&[seg(ACK, 2, 2)]);
    }
    s.state(state);
    s.events.clear();
    s
}
