//! What no input may do: panic, send nonsense, or make an extra poll matter.

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::packet_script::{PEER, TARGET};
use crate::profile::{
    IllegalOption, LossRecovery, MissingTimestamp, Overflow, Rttm, SynCookies, UrgentPointer, WindowRounding,
    WindowScaling,
};
use crate::tcp::seq::Seq;
use crate::wire::ipv4::{Ipv4Packet, Ipv4Repr, PROTOCOL_TCP};
use crate::wire::tcp::{Flags, TcpRepr, TcpSegment};
use crate::wire::tcp_options::TcpOptions;
use crate::{
    Cidr, Config, Event, Instant, Keepalive, Profile, SocketId, SocketOption, SocketOptions, Stack, State, Transmit,
    UserCall,
};

/// Something that may happen to a stack.
#[derive(Clone, Debug)]
enum Input {
    Bytes(Vec<u8>),
    /// A sound segment at an offset from what the connection's last segment made likely.
    Segment {
        port: u16,
        flags: u8,
        seq: i32,
        ack: i32,
        window: u16,
        urgent: u16,
        mss: Option<u16>,
        text: usize,
        extras: Extras,
    },
    Call(Call),
    Wait(Duration),
}

/// What extensions add to a segment.
#[derive(Clone, Debug)]
struct Extras {
    window_scale: Option<u8>,
    sack_permitted: bool,
    /// Left edges, counted back from the last number sent, and lengths.
    sack: Vec<(u32, u32)>,
    /// TSval as an offset from the time in milliseconds, and TSecr.
    timestamps: Option<(i32, u32)>,
    user_timeout: Option<u16>,
    tos: u8,
}

impl Extras {
    fn options(&self, mss: Option<u16>, una: Seq, now: Instant) -> TcpOptions {
        let millis = (now.as_nanos() / 1_000_000) as u32;
        TcpOptions {
            mss,
            window_scale: self.window_scale,
            sack_permitted: self.sack_permitted,
            sack: self.sack.iter().map(|&(back, len)| (una - back, una - back + len)).collect(),
            timestamps: self.timestamps.map(|(value, echo)| (millis.wrapping_add_signed(value), echo)),
            user_timeout: self.user_timeout,
        }
    }
}

fn extras() -> impl Strategy<Value = Extras> {
    let window_scale = proptest::option::weighted(0.5, 0_u8..20);
    let sack = prop_oneof![2 => Just(Vec::new()), 1 => vec((0..9000_u32, 0..3000_u32), 1..4)];
    let value = prop_oneof![6 => Just(0), 2 => -50..50_i32, 1 => any::<i32>()];
    let timestamps = proptest::option::weighted(0.7, (value, any::<u32>()));
    let user_timeout = proptest::option::weighted(0.1, any::<u16>());
    (window_scale, any::<bool>(), sack, timestamps, user_timeout, 0..4_u8).prop_map(
        |(window_scale, sack_permitted, sack, timestamps, user_timeout, tos)| {
            // A header has room for so much, and encoding leaves out the rest.
            Extras { window_scale, sack_permitted, sack, timestamps, user_timeout, tos }
        },
    )
}

#[derive(Clone, Debug)]
enum Call {
    Listen(u16, usize),
    Connect(u16, u16, usize),
    Accept(u32),
    Send(u32, usize, bool),
    Receive(u32, usize),
    Shutdown(u32),
    Close(u32),
    Abort(u32),
    Status(u32),
    Poll(u32),
    Set(u32, SocketOption),
}

fn call() -> impl Strategy<Value = Call> {
    let socket = 0..6_u32;
    prop_oneof![
        3 => (79..82_u16, 0..3_usize).prop_map(|(port, backlog)| Call::Listen(port, backlog)),
        3 => (0..3_u16, 4000..4003_u16, 0..70_000_usize).prop_map(|(l, r, buffer)| Call::Connect(l, r, buffer)),
        3 => socket.clone().prop_map(Call::Accept),
        6 => (socket.clone(), 0..5000_usize, any::<bool>()).prop_map(|(s, n, urgent)| Call::Send(s, n, urgent)),
        4 => (socket.clone(), 0..5000_usize).prop_map(|(s, n)| Call::Receive(s, n)),
        2 => socket.clone().prop_map(Call::Shutdown),
        1 => socket.clone().prop_map(Call::Close),
        1 => socket.clone().prop_map(Call::Abort),
        1 => socket.clone().prop_map(Call::Status),
        1 => socket.clone().prop_map(Call::Poll),
        1 => (socket, option()).prop_map(|(s, option)| Call::Set(s, option)),
    ]
}

fn option() -> impl Strategy<Value = SocketOption> {
    let keepalive = Keepalive { idle: Duration::from_secs(3), interval: Duration::from_secs(1), count: 2 };
    prop_oneof![
        any::<bool>().prop_map(SocketOption::NoDelay),
        any::<bool>().prop_map(SocketOption::DelayedAck),
        any::<bool>().prop_map(SocketOption::Linger0),
        Just(SocketOption::KeepAlive(Some(keepalive))),
        Just(SocketOption::UserTimeout(Some(Duration::from_secs(4)))),
        any::<u8>().prop_map(SocketOption::Tos),
    ]
}

fn offset() -> impl Strategy<Value = i32> {
    prop_oneof![10 => Just(0), 4 => -3..3_i32, 2 => -70_000..70_000_i32, 1 => any::<i32>()]
}

fn segment() -> impl Strategy<Value = Input> {
    let flags = prop_oneof![
        6 => Just(Flags::ACK.bits()),
        1 => Just((Flags::ACK | Flags::ECE).bits()),
        3 => Just(Flags::SYN.bits()),
        1 => Just((Flags::SYN | Flags::ECE | Flags::CWR).bits()),
        3 => Just((Flags::SYN | Flags::ACK).bits()),
        2 => Just((Flags::FIN | Flags::ACK).bits()),
        1 => Just(Flags::RST.bits()),
        2 => any::<u8>(),
    ];
    let window = prop_oneof![3 => Just(65_535_u16), 1 => Just(0), 1 => 0..2000_u16];
    let text = prop_oneof![3 => Just(0_usize), 1 => 1..20_usize, 1 => 1..1460_usize];
    let mss = proptest::option::weighted(0.3, any::<u16>());
    let port = 4000..4003_u16;
    (port, flags, offset(), offset(), window, any::<u16>(), mss, text, extras()).prop_map(
        |(port, flags, seq, ack, window, urgent, mss, text, extras)| Input::Segment {
            port,
            flags,
            seq,
            ack,
            window,
            urgent,
            mss,
            text,
            extras,
        },
    )
}

fn inputs() -> impl Strategy<Value = Vec<Input>> {
    let input = prop_oneof![
        1 => vec(any::<u8>(), 0..100).prop_map(Input::Bytes),
        8 => segment(),
        6 => call().prop_map(Input::Call),
        2 => (0..5_000_u64).prop_map(|ms| Input::Wait(Duration::from_millis(ms))),
        1 => (0..400_u64).prop_map(|s| Input::Wait(Duration::from_secs(s))),
    ];
    vec(input, 1..80)
}

fn profile() -> impl Strategy<Value = Profile> {
    let odd = Profile {
        illegal_option: IllegalOption::Reset,
        urgent_pointer: UrgentPointer::LastOctet,
        backlog_overflow: Overflow::Reset,
        syn_overflow: Overflow::Reset,
        out_of_order_queue: false,
        close_unread_rst: false,
        syn_sent_rst_exact: true,
        time_wait_rst_ignored: true,
        crossing_syn_ack: false,
        ..Profile::rfc9293()
    };
    let mut tight = Profile::rfc9293();
    tight.limits.connections = 2;
    tight.limits.sockets = 3;
    tight.limits.transmit_queue = 2;
    tight.limits.event_queue = 2;
    tight.limits.out_of_order_ranges = 1;
    tight.limits.loopback_per_instant = 3;
    let zero = Duration::ZERO;
    let hasty =
        Profile { msl: zero, initial_rto: zero, min_rto: zero, max_rto: zero, delayed_ack: Some(zero), ..odd.clone() };
    let extended = Profile { user_timeout_option: true, ..Profile::extended() };
    let mut full = Profile {
        syn_cookies: SynCookies::Always,
        window_scale: WindowScaling::Fixed(14),
        window_rounding: WindowRounding::Down,
        missing_timestamp: MissingTimestamp::Accept,
        rttm: Rttm::EverySample,
        path_mtu_timeouts: 0,
        ..Profile::extended()
    };
    full.limits.sack_ranges = 2;
    let newreno = Profile { loss_recovery: LossRecovery::NewReno, limited_transmit: true, ..Profile::rfc9293() };
    prop_oneof![
        4 => Just(Profile::rfc9293()),
        2 => Just(Profile::rfc793()),
        1 => Just(odd),
        1 => Just(tight),
        1 => Just(hasty),
        3 => Just(extended),
        2 => Just(full),
        1 => Just(newreno),
    ]
}

/// A stack, and what its peer has learned of its connections from the segments that left.
struct Run {
    stack: Stack,
    now: Instant,
    /// By the peer's port: the next number it may send, the last it may acknowledge.
    likely: BTreeMap<u16, (Seq, Seq)>,
    /// The right window edge last offered, while its connection lives.
    edges: BTreeMap<(u16, u16), Seq>,
    /// Window fields count octets, and each is of a connection.
    watches_windows: bool,
}

impl Run {
    fn new(profile: Profile) -> Self {
        let watches_windows = profile.window_scale == WindowScaling::Off && profile.syn_cookies == SynCookies::Off;
        let config = Config::new(Cidr::new(TARGET, 24), 3, profile);
        let (likely, edges) = (BTreeMap::new(), BTreeMap::new());
        Self { stack: Stack::new(config), now: Instant::ZERO, likely, edges, watches_windows }
    }

    fn packet(&self, input: &Input) -> Option<Vec<u8>> {
        let &Input::Segment { port, flags, seq, ack, window, urgent, mss, text, ref extras } = input else {
            return None;
        };
        let (nxt, una) = self.likely.get(&port).copied().unwrap_or_default();
        let text = vec![text as u8; text];
        let repr = TcpRepr {
            src_port: port,
            dst_port: 80,
            seq: nxt + seq.cast_unsigned(),
            ack: una + ack.cast_unsigned(),
            flags: Flags::from_bits(flags),
            window,
            urgent,
            options: extras.options(mss, una, self.now),
            text: &text,
        };
        let mut packet = Vec::new();
        let header = Ipv4Repr { tos: extras.tos, ..Ipv4Repr::new(PEER, TARGET, PROTOCOL_TCP) };
        header.emit(repr.wire_len(), &mut packet).ok()?;
        repr.emit(PEER, TARGET, &mut packet);
        Some(packet)
    }

    /// Lets it happen, and returns what came of it.
    fn step(&mut self, input: &Input) -> (String, Vec<Transmit>, Vec<Event>) {
        let mut reply = String::new();
        match input {
            Input::Bytes(bytes) => self.stack.handle_packet(self.now, bytes),
            Input::Segment { .. } => {
                let packet = self.packet(input).expect("a segment");
                self.stack.handle_packet(self.now, &packet);
            }
            Input::Call(call) => reply = self.call(call),
            Input::Wait(span) => {
                self.now += *span;
                self.stack.handle_timeout(self.now);
            }
        }
        let transmits: Vec<_> = core::iter::from_fn(|| self.stack.poll_transmit(self.now)).collect();
        let events: Vec<_> = core::iter::from_fn(|| self.stack.poll_event()).collect();
        (reply, transmits, events)
    }

    fn call(&mut self, call: &Call) -> String {
        let data = [0x55; 5000];
        let options = SocketOptions { nodelay: true, ..SocketOptions::default() };
        let call = match *call {
            Call::Listen(port, backlog) => UserCall::Listen { port, backlog, options },
            Call::Connect(local, remote, recv_buffer) => {
                let address = if local == 2 { TARGET } else { PEER };
                let local_port = if local == 0 { 0 } else { 80 };
                let remote = SocketAddr::new(address.into(), if local == 2 { 80 } else { remote });
                UserCall::Connect { local_port, remote, options: SocketOptions { recv_buffer, ..options } }
            }
            Call::Accept(s) => UserCall::Accept { listener: SocketId(s) },
            Call::Send(s, len, urgent) => UserCall::Send { socket: SocketId(s), data: &data[..len], urgent },
            Call::Receive(s, max) => UserCall::Receive { socket: SocketId(s), max },
            Call::Shutdown(s) => UserCall::Shutdown { socket: SocketId(s) },
            Call::Close(s) => UserCall::Close { socket: SocketId(s) },
            Call::Abort(s) => UserCall::Abort { socket: SocketId(s) },
            Call::Status(s) => UserCall::Status { socket: SocketId(s) },
            Call::Poll(s) => UserCall::Poll { socket: SocketId(s) },
            Call::Set(s, option) => UserCall::SetOption { socket: SocketId(s), option },
        };
        format!("{:?}", self.stack.user_call(self.now, call))
    }

    /// Checks a segment that left, and learns from it.
    fn check(&mut self, input: &Input, transmit: &Transmit) -> Result<(), TestCaseError> {
        let ip = Ipv4Packet::parse(&transmit.packet).map_err(|e| TestCaseError::fail(e.to_string()))?;
        let tcp = TcpSegment::parse(ip.source(), ip.destination(), ip.payload())
            .map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(transmit.packet.len() <= 1500, "beyond the MTU");
        prop_assert_eq!(ip.source(), TARGET);
        let flags = tcp.flags();
        if let Input::Segment { flags: came, .. } = input
            && Flags::from_bits(*came).contains(Flags::RST)
        {
            prop_assert!(!flags.contains(Flags::RST), "a RST answers a RST");
        }
        prop_assert!(!(flags.contains(Flags::SYN) && flags.contains(Flags::FIN)), "SYN and FIN");
        let id = (tcp.src_port(), tcp.dst_port());
        if flags.contains(Flags::RST) {
            return Ok(());
        }
        if flags.contains(Flags::ACK) {
            let edge = tcp.ack() + u32::from(tcp.window());
            if let Some(&before) = self.edges.get(&id).filter(|_| self.watches_windows) {
                // SHLD-14.
                prop_assert!(edge.ge(before), "the window shrank from {before} to {edge}");
            }
            self.edges.insert(id, edge);
        }
        let una = tcp.seq() + tcp.seg_len();
        let nxt = if flags.contains(Flags::ACK) { tcp.ack() } else { Seq(u32::MAX - 50) };
        self.likely.insert(tcp.dst_port(), (nxt, una));
        Ok(())
    }

    fn forget(&mut self, events: &[Event]) {
        for event in events {
            if let Event::StateChanged {
                local_port, remote, to: State::Closed | State::Listen | State::TimeWait, ..
            } = event
            {
                self.edges.remove(&(*local_port, remote.port()));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Nothing panics, what leaves is sound, and windows do not shrink.
    #[test]
    fn any_input_is_survived(profile in profile(), inputs in inputs()) {
        // With queues this short segments get lost on the way, and the events that tell of it as well.
        let complete = profile.limits.event_queue > 2;
        let mut run = Run::new(profile);
        for input in &inputs {
            let (_, transmits, events) = run.step(input);
            run.forget(&events);
            for transmit in &transmits {
                if complete {
                    run.check(input, transmit)?;
                }
            }
            run.forget(&events);
            if let Some(at) = run.stack.poll_timeout() {
                prop_assert!(at > Instant::ZERO || run.now == Instant::ZERO);
            }
        }
    }

    /// "Calls may come in any order and extra ones are harmless": a stack that is polled, cloned and told
    /// the time without need gives the same outputs.
    #[test]
    fn extra_polls_are_harmless(inputs in inputs()) {
        let (mut plain, mut pestered) = (Run::new(Profile::rfc9293()), Run::new(Profile::rfc9293()));
        for input in &inputs {
            let left = plain.step(input);
            let mut right = pestered.step(input);
            pestered.stack = pestered.stack.clone();
            right.1.extend(pestered.stack.poll_transmit(pestered.now));
            if pestered.stack.poll_timeout().is_none_or(|at| at > pestered.now) {
                pestered.stack.handle_timeout(pestered.now);
            }
            right.1.extend(pestered.stack.poll_transmit(pestered.now));
            right.2.extend(pestered.stack.poll_event());
            prop_assert_eq!(&left.0, &right.0);
            prop_assert_eq!(&left.1, &right.1);
            prop_assert_eq!(&left.2, &right.2);
            for transmit in &left.1 {
                plain.check(&Input::Wait(Duration::ZERO), transmit).ok();
                pestered.check(&Input::Wait(Duration::ZERO), transmit).ok();
            }
        }
    }

    /// The generator reaches deep states, else the tests above would prove little.
    #[test]
    fn bytes_alone_never_answer_more_than_once(bytes in vec(any::<u8>(), 0..200)) {
        let mut run = Run::new(Profile::rfc9293());
        let (_, transmits, events) = run.step(&Input::Bytes(bytes));
        prop_assert!(transmits.is_empty(), "random bytes have no right checksum");
        prop_assert_eq!(events.len(), 1);
    }
}
