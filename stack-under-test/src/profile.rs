//! Every choice the RFCs leave open, as plain data: a field, its alternatives, its clause.
//!
//! A [`Profile`] is part of [`crate::Config`]; the TCP code reads it at each fork and nowhere keeps
//! a copy. Start from a named one and override fields:
//!
//! ```
//! use core::time::Duration;
//! use stack_under_test::Profile;
//!
//! let quick = Profile { msl: Duration::from_secs(1), ..Profile::rfc9293() };
//! assert_eq!(quick.name, "rfc9293");
//! ```
//!
//! Left out: what a socket chooses for itself (see [`crate::SocketOptions`]).

use core::net::IpAddr;
use core::time::Duration;

/// How initial sequence numbers are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isn {
    /// The 4 µs clock plus a keyed hash of the two sockets (SHLD-1, RFC6528#3).
    Rfc6528,
    /// The bare 4 µs clock (RFC793#3.3).
    Clock793,
}

/// What happens to a segment that finds the listen queue full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// The segment is dropped; the peer retransmits and may find room later.
    Drop,
    /// A RST tells the peer at once.
    Reset,
}

/// Which octet the urgent pointer names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrgentPointer {
    /// The octet that follows the urgent data (MUST-62, RFC6093#3.1).
    FollowingOctet,
    /// The last octet of the urgent data (RFC1122#4.2.2.4, since withdrawn).
    LastOctet,
}

/// What an option with an illegal length does. RFC 9293 asks to be prepared and suggests the reset
/// (MUST-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IllegalOption {
    /// The options before it count, the rest of the header is skipped.
    SkipRest,
    /// The connection is reset.
    Reset,
}

/// The window a connection starts sending with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitialWindow {
    /// 2 to 4 segments, by the sender's maximum segment size (RFC5681#3.1).
    Rfc5681,
    /// 10 segments, at most 14600 octets or 2 segments (RFC6928#2).
    Rfc6928,
}

/// What an ICMP hard error (protocol or port unreachable) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcmpHardError {
    /// It aborts a connection that is being opened; one in a synchronized state takes it for a soft error (RFC5927#5.2).
    AbortsUnlessSynchronized,
    /// It aborts the connection (SHLD-26, RFC1122#4.2.3.9).
    Aborts,
}

/// What becomes of octets that two fragments of a datagram carry. RFC791#3.2 and RFC1122#3.3.2 expect overlaps, from
/// a retransmission that was cut differently; they also help attacks, and RFC 5722 has IPv6 discard the datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FragmentOverlap {
    /// The copy that came last counts (RFC791#3.2).
    LastCopy,
    /// The copy that came first counts.
    FirstCopy,
    /// The whole datagram is discarded. The same octets once more are no overlap.
    Discard,
}

/// Whether window fields are scaled, and which shift a SYN offers for ours (RFC7323#2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowScaling {
    /// The option is neither sent nor taken up.
    Off,
    /// The smallest shift with which the field can name the whole receive buffer.
    FromBuffer,
    /// This shift; above 14 counts as 14.
    Fixed(u8),
}

/// What becomes of a right window edge that the scaled field cannot name (RFC7323#2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowRounding {
    /// The field names the next edge to the right, as long as the buffer has room for that; else the one to the left.
    Up,
    /// The field names the next edge to the left: the window seems to shrink by less than one unit (RFC7323#F).
    Down,
}

/// What a segment without timestamps does on a connection that has agreed on them (RFC7323#3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingTimestamp {
    /// It is dropped, unless it is a RST.
    Drop,
    /// It is taken as it is, against paths that lose options.
    Accept,
}

/// What measures the round trip on a connection with timestamps (RFC7323#4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rttm {
    /// The retransmission queue's own times, as without the option (RFC6298#3).
    Queue,
    /// The echoed timestamp of each ACK of something new, with the gains of RFC6298#2.3.
    EverySample,
    /// The same with gains divided by the number of samples a round trip gives (RFC7323#G).
    Weighted,
}

/// How a sender recovers from loss before the retransmission timer expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossRecovery {
    /// The first ACK of something new ends fast recovery (RFC5681#3.2).
    Reno,
    /// An ACK of only a part shows the next loss (RFC6582#3.2).
    NewReno,
    /// What the receiver has selectively acknowledged shows the losses (RFC6675#5); NewReno if the peer does not do so.
    Sack,
}

/// The congestion window that NewReno's fast recovery leaves behind (RFC6582#3.2, step 3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewRenoExit {
    /// min(ssthresh, max(FlightSize, SMSS) + SMSS): no burst.
    FlightSize,
    /// ssthresh.
    Ssthresh,
}

/// Which partial ACKs of NewReno's fast recovery restart the retransmission timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartialAckTimer {
    /// The first one: many losses end in a timeout (RFC6582#3.2, step 3).
    First,
    /// Each, as any ACK of something new does (RFC6298#5.3).
    Every,
}

/// When a SYN is answered by a cookie instead of a connection record (RFC4987#3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SynCookies {
    /// Never.
    Off,
    /// When there is no room for a record.
    WhenFull,
    /// Always.
    Always,
}

/// How a host comes to use an address on Ethernet (RFC5227, RFC4862#5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClaim {
    /// Without a word.
    Silent,
    /// It is announced, by a gratuitous ARP or an unsolicited advertisement (RFC5227#2.3).
    Announce,
    /// First the others are asked; the address is used if nobody has it (RFC5227#2.1).
    ProbeAndAnnounce,
}

/// Upper bounds of everything that grows with input. None is a protocol matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCBs, of all states together. Further SYNs and OPENs find no room.
    pub connections: usize,
    /// Sockets: listeners, connections and what is left of deleted ones until they are closed.
    pub sockets: usize,
    /// Largest backlog a listener gets.
    pub backlog: usize,
    /// Separate ranges of out-of-order text a connection keeps.
    pub out_of_order_ranges: usize,
    /// Separate ranges of selectively acknowledged text a sender remembers.
    pub sack_ranges: usize,
    /// Largest send buffer of a connection, octets.
    pub send_buffer: usize,
    /// Largest receive buffer of a connection, octets.
    pub recv_buffer: usize,
    /// Datagrams of which some fragments have come.
    pub datagrams: usize,
    /// Neighbors whose stations are remembered.
    pub neighbors: usize,
    /// Packets that wait for one neighbor's answer; the oldest goes first (RFC1122#2.3.2.2).
    pub neighbor_queue: usize,
    /// Destinations for which a redirect named the gateway; the oldest goes first.
    pub redirects: usize,
    /// Datagrams that wait in one UDP socket.
    pub udp_queue: usize,
    /// Packets that wait for `poll_transmit`.
    pub transmit_queue: usize,
    /// Events that wait for `poll_event`; the oldest is forgotten.
    pub event_queue: usize,
    /// Packets to our own address handled at one instant.
    pub loopback_per_instant: usize,
}

/// The stack's choices. All fields are public and independent; see the [module](self).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The profile it started from.
    pub name: &'static str,

    // Attacks from off the path.
    /// `true`: a RST in the window but not at RCV.NXT draws a challenge ACK (U-6, RFC5961#3.2).
    /// `false`: any RST in the window resets (RFC793#3.4).
    pub challenge_ack_rst: bool,
    /// `true`: a SYN on a synchronized connection draws a challenge ACK (U-8, RFC5961#4.2).
    /// `false`: a SYN in the window resets (RFC793#3.9).
    pub challenge_ack_syn: bool,
    /// `true`: an ACK below SND.UNA - MAX.SND.WND is discarded and answered (MAY-12, U-10,
    /// RFC5961#5.2). `false`: any old ACK is a duplicate (RFC793#3.9).
    pub ack_validation: bool,
    /// At most so many challenge ACKs in each interval, over all connections (RFC5961#7). `None`: no
    /// limit, so that a run's answers do not depend on what came before.
    pub challenge_ack_limit: Option<(u32, Duration)>,
    /// `true`: in SYN-SENT a RST must be exactly at RCV.NXT (U-3), which has its initial value zero
    /// until a SYN comes, the number a reset of a SYN carries. `false`: the ACK alone decides
    /// (RFC9293#3.5.3).
    pub syn_sent_rst_exact: bool,
    /// `true`: in SYN-RECEIVED the crossing SYN,ACK of a simultaneous open completes the handshake
    /// as figure 7 shows (RFC9293#3.5). `false`: it is only an unacceptable segment.
    pub crossing_syn_ack: bool,
    /// What an option with an illegal length does (MUST-7).
    pub illegal_option: IllegalOption,
    /// How initial sequence numbers are chosen (RFC9293#3.4.1).
    pub isn: Isn,

    // ICMP errors.
    /// `true`: an ICMP error counts only if the segment it quotes is in flight, SND.UNA =< SEG.SEQ < SND.NXT
    /// (RFC5927#4.1). `false`: the pair of sockets is enough (RFC1122#4.2.3.9).
    pub icmp_sequence_check: bool,
    /// What a hard error does (SHLD-26).
    pub icmp_hard_error: IcmpHardError,

    // The path.
    /// `true`: segments become smaller when a router says so (RFC1191#3). `false`: that changes nothing.
    pub path_mtu_discovery: bool,
    /// Timeouts of a segment before a report is believed that packets too large for the path have arrived before
    /// (MAXSEGRTO of RFC5927#7.2). 0: it is believed at once (RFC1191#6.3).
    pub path_mtu_timeouts: u32,
    /// How long a reduced MTU is kept before larger packets are tried (RFC1191#6.3: at least five minutes).
    pub path_mtu_valid: Duration,

    // Reassembly.
    /// How long a datagram waits for its missing fragments (RFC1122#3.3.2: 60 to 120 s).
    pub reassembly_timeout: Duration,
    /// What becomes of octets that two fragments carry.
    pub fragment_overlap: FragmentOverlap,

    /// `true`: the source of a packet that cannot be served is told (RFC1122#3.2.2). `false`: silence.
    pub icmp_errors: bool,
    /// At most so many such messages in each interval (RFC4443#2.4). `None`: no limit.
    pub icmp_error_limit: Option<(u32, Duration)>,

    // The Ethernet link.
    /// How an address of ours comes into use.
    pub address_claim: AddressClaim,
    /// How long a neighbor's station counts as confirmed (RFC4861#10: 30 s).
    pub neighbor_reachable: Duration,
    /// How long a station that is not confirmed is used before it is asked for (RFC4861#10: 5 s).
    pub neighbor_first_probe: Duration,
    /// Time between two questions (RFC4861#10: 1 s, which RFC1122#2.3.2.1 has as the least).
    pub neighbor_retransmit: Duration,
    /// Questions to all before a neighbor counts as unreachable (RFC4861#10: 3).
    pub neighbor_multicast_probes: u32,
    /// Questions to the station that had the address before it is forgotten (RFC4861#10: 3).
    pub neighbor_unicast_probes: u32,

    // TIME-WAIT.
    /// Maximum segment lifetime; TIME-WAIT lasts twice as long (MUST-13).
    pub msl: Duration,
    /// `true`: a SYN beyond the last sequence number opens a new incarnation (MAY-2, RFC6191#2).
    pub time_wait_reopen: bool,
    /// `true`: RST segments are ignored in TIME-WAIT (RFC1337#3). `false`: they end it
    /// (RFC9293#3.10.7.4).
    pub time_wait_rst_ignored: bool,

    // Retransmission.
    /// RTO before the first measurement (RFC6298#2.1).
    pub initial_rto: Duration,
    /// Lower bound of the RTO (RFC6298#2.4).
    pub min_rto: Duration,
    /// Upper bound of the RTO (RFC6298#2.5).
    pub max_rto: Duration,
    /// The clock's tick, G (RFC6298#2).
    pub clock_granularity: Duration,
    /// Retransmissions of one segment after which the user is told (SHLD-9, SHLD-10).
    pub r1: u32,
    /// Time one segment is retransmitted before the connection is closed (SHLD-11).
    pub r2: Duration,
    /// The same for a SYN (MUST-23).
    pub r2_syn: Duration,
    /// The user timeout of a socket that sets none (RFC9293#3.9.1.1 speaks of five minutes).
    /// `None`: R2 alone decides, which lets a window stay closed for ever (MUST-37).
    pub user_timeout: Option<Duration>,
    /// `true`: each side tells the other its user timeout, and one that its user has not set adapts (RFC5482#3).
    pub user_timeout_option: bool,
    /// L_LIMIT: no user timeout adapts to less (RFC5482#3.1).
    pub user_timeout_min: Duration,
    /// U_LIMIT: no user timeout adapts to more (RFC5482#3.1).
    pub user_timeout_max: Duration,
    /// Shortest time between zero-window probes; the RTO is the usual one (SHLD-29).
    pub persist_min: Duration,
    /// Longest time between zero-window probes (SHLD-30).
    pub persist_max: Duration,

    // Sending.
    /// `true`: slow start, congestion avoidance, fast retransmit and fast recovery (MUST-19,
    /// RFC5681#3). `false`: the send window alone limits (RFC793).
    pub congestion_control: bool,
    /// The congestion window a connection starts with.
    pub initial_window: InitialWindow,
    /// How loss is recovered from.
    pub loss_recovery: LossRecovery,
    /// The congestion window after NewReno's fast recovery.
    pub newreno_exit: NewRenoExit,
    /// Which partial ACKs restart the retransmission timer.
    pub partial_ack_timer: PartialAckTimer,
    /// `true`: the first two duplicate ACKs let a new segment out each (RFC3042#2). `false`: they do nothing.
    pub limited_transmit: bool,
    /// Send MSS when the peer names none, in IPv4 (MUST-15).
    pub default_send_mss_ipv4: u16,
    /// The same in IPv6 (MUST-15).
    pub default_send_mss_ipv6: u16,
    /// Lower bound of the send MSS, against a peer that names an absurd one.
    pub min_send_mss: u16,
    /// `true`: every SYN carries the MSS option (MAY-3). `false`: only when it differs from the
    /// default (SHLD-5).
    pub mss_option_always: bool,
    /// The Nagle algorithm, unless the socket switches it off (SHLD-7, MUST-17).
    pub nagle: bool,
    /// Sender's silly window avoidance (MUST-38).
    pub sender_sws_avoidance: bool,
    /// The timeout that overrides it (RFC9293#3.8.6.2.1: 0.1 to 1 s).
    pub sws_override: Duration,
    /// Meaning of the urgent pointer, in and out (MUST-62).
    pub urgent_pointer: UrgentPointer,

    // Receiving.
    /// How long an ACK may wait for company; less than 0.5 s (MUST-40). `None`: none waits (SHLD-18
    /// is not followed).
    pub delayed_ack: Option<Duration>,
    /// Receiver's silly window avoidance (MUST-39).
    pub receiver_sws_avoidance: bool,
    /// `true`: text beyond RCV.NXT is kept (SHLD-31). `false`: it is dropped and acknowledged.
    pub out_of_order_queue: bool,
    /// `true`: text beyond RCV.NXT is acknowledged at once (MAY-13, RFC5681#4.2).
    pub ack_out_of_order: bool,
    /// `true`: closing with unread data, and data after closing, draws a RST (SHLD-3). `false`: the
    /// data is lost without a sign.
    pub close_unread_rst: bool,

    // Window scale and timestamps (RFC 7323).
    /// Whether windows are scaled.
    pub window_scale: WindowScaling,
    /// What becomes of a right window edge that the scaled field cannot name.
    pub window_rounding: WindowRounding,
    /// `true`: SYNs carry timestamps, and so does all else if both sides do (RFC7323#3.2).
    pub timestamps: bool,
    /// One tick of the timestamp clock: 1 ms to 1 s (RFC7323#5.4).
    pub timestamp_tick: Duration,
    /// `true`: each pair of sockets has its own offset to that clock, a keyed hash (RFC7323#5.4). `false`: none.
    pub timestamp_offset: bool,
    /// `true`: RSTs carry timestamps too (RFC7323#5.2). `false`: as RFC 1323 had it, they do not.
    pub timestamps_in_rst: bool,
    /// What a segment without an expected timestamp does.
    pub missing_timestamp: MissingTimestamp,
    /// `true`: old timestamps are refused (PAWS, RFC7323#5). `false`: timestamps only measure.
    pub paws: bool,
    /// How long TS.Recent is believed (RFC7323#5.5).
    pub paws_valid: Duration,
    /// What measures the round trip.
    pub rttm: Rttm,
    /// `true`: timestamps too decide whether a SYN reopens TIME-WAIT (SHLD-4, RFC6191#2). `false`: the number alone.
    pub time_wait_timestamps: bool,

    // Selective acknowledgment.
    /// `true`: SYNs carry SACK-permitted, and ACKs report what is held out of order if both sides do (RFC2018#2, #4).
    pub sack: bool,
    /// `true`: they report duplicates first (D-SACK, RFC2883#4). `false`: they do not.
    pub dsack: bool,

    /// `true`: SYNs ask for explicit congestion notification, and it is used if both sides do (RFC3168#6.1.1).
    pub ecn: bool,
    /// `true`: a SYN that is sent again does not ask any more (RFC3168#6.1.1.1, a MAY). `false`: every SYN asks.
    pub ecn_fallback: bool,

    // Listening. RFC 9293 knows no backlog: these are open choices.
    /// The accept queue holds the backlog and so many more; BSD and Linux admit one more.
    pub backlog_slack: usize,
    /// What happens to the handshake's last ACK when the accept queue is full.
    pub backlog_overflow: Overflow,
    /// What happens to a SYN when the listen queue is full.
    pub syn_overflow: Overflow,
    /// When a SYN is answered by a cookie.
    pub syn_cookies: SynCookies,

    /// Upper bounds of tables and queues.
    pub limits: Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            sockets: 4096,
            backlog: 128,
            out_of_order_ranges: 64,
            sack_ranges: 256,
            send_buffer: 1 << 20,
            recv_buffer: 1 << 20,
            datagrams: 64,
            neighbors: 512,
            neighbor_queue: 3,
            redirects: 64,
            udp_queue: 64,
            transmit_queue: 4096,
            event_queue: 4096,
            loopback_per_instant: 1024,
        }
    }
}

impl Default for Profile {
    /// [`Profile::rfc9293`].
    fn default() -> Self {
        Self::rfc9293()
    }
}

impl Profile {
    /// The names [`Profile::by_name`] knows.
    pub const NAMES: &'static [&'static str] = &["rfc9293", "rfc793", "extended"];

    /// RFC 9293 with its SHOULDs, RFC 5961's three checks, RFC 6298 timers and RFC 5681 congestion
    /// control.
    pub fn rfc9293() -> Self {
        Self {
            name: "rfc9293",
            challenge_ack_rst: true,
            challenge_ack_syn: true,
            ack_validation: true,
            challenge_ack_limit: None,
            syn_sent_rst_exact: false,
            crossing_syn_ack: true,
            illegal_option: IllegalOption::SkipRest,
            isn: Isn::Rfc6528,
            icmp_sequence_check: true,
            icmp_hard_error: IcmpHardError::AbortsUnlessSynchronized,
            path_mtu_discovery: false,
            path_mtu_timeouts: 1,
            path_mtu_valid: Duration::from_secs(600),
            reassembly_timeout: Duration::from_secs(60),
            fragment_overlap: FragmentOverlap::LastCopy,
            icmp_errors: true,
            icmp_error_limit: Some((100, Duration::from_secs(1))),
            address_claim: AddressClaim::Announce,
            neighbor_reachable: Duration::from_secs(30),
            neighbor_first_probe: Duration::from_secs(5),
            neighbor_retransmit: Duration::from_secs(1),
            neighbor_multicast_probes: 3,
            neighbor_unicast_probes: 3,
            msl: Duration::from_secs(120),
            time_wait_reopen: true,
            time_wait_rst_ignored: false,
            initial_rto: Duration::from_secs(1),
            min_rto: Duration::from_secs(1),
            max_rto: Duration::from_secs(60),
            clock_granularity: Duration::from_millis(1),
            r1: 3,
            r2: Duration::from_secs(100),
            r2_syn: Duration::from_secs(180),
            user_timeout: None,
            user_timeout_option: false,
            user_timeout_min: Duration::from_secs(100),
            user_timeout_max: Duration::from_secs(24 * 3600),
            persist_min: Duration::from_millis(200),
            persist_max: Duration::from_secs(60),
            congestion_control: true,
            initial_window: InitialWindow::Rfc5681,
            loss_recovery: LossRecovery::Reno,
            newreno_exit: NewRenoExit::FlightSize,
            partial_ack_timer: PartialAckTimer::First,
            limited_transmit: false,
            default_send_mss_ipv4: 536,
            default_send_mss_ipv6: 1220,
            min_send_mss: 1,
            mss_option_always: true,
            nagle: true,
            sender_sws_avoidance: true,
            sws_override: Duration::from_millis(500),
            urgent_pointer: UrgentPointer::FollowingOctet,
            delayed_ack: Some(Duration::from_millis(200)),
            receiver_sws_avoidance: true,
            out_of_order_queue: true,
            ack_out_of_order: true,
            close_unread_rst: true,
            window_scale: WindowScaling::Off,
            window_rounding: WindowRounding::Up,
            timestamps: false,
            timestamp_tick: Duration::from_millis(1),
            timestamp_offset: true,
            timestamps_in_rst: true,
            missing_timestamp: MissingTimestamp::Drop,
            paws: true,
            paws_valid: Duration::from_secs(24 * 24 * 3600),
            rttm: Rttm::Weighted,
            time_wait_timestamps: true,
            sack: false,
            dsack: true,
            ecn: false,
            ecn_fallback: true,
            backlog_slack: 1,
            backlog_overflow: Overflow::Drop,
            syn_overflow: Overflow::Drop,
            syn_cookies: SynCookies::Off,
            limits: Limits::default(),
        }
    }

    /// RFC 793: no challenge ACKs, no ACK range check, ICMP errors believed, the clock alone as ISN, no congestion control,
    /// no Nagle, no silly window avoidance, no delayed ACK, no second use of a connection in TIME-WAIT.
    ///
    /// Not undone are the corrections of its errors (RFC1122#4.2.2.20: a SYN returns a passive
    /// SYN-RECEIVED to LISTEN without a reset, a duplicate ACK may open the window) and what it only
    /// gives as an example: the RTO's estimator (RFC793#3.7) and two minutes between window probes.
    pub fn rfc793() -> Self {
        Self {
            name: "rfc793",
            challenge_ack_rst: false,
            challenge_ack_syn: false,
            ack_validation: false,
            isn: Isn::Clock793,
            icmp_sequence_check: false,
            icmp_hard_error: IcmpHardError::Aborts,
            time_wait_reopen: false,
            user_timeout: Some(Duration::from_secs(300)),
            r2: Duration::from_secs(300),
            r2_syn: Duration::from_secs(300),
            congestion_control: false,
            mss_option_always: false,
            nagle: false,
            sender_sws_avoidance: false,
            urgent_pointer: UrgentPointer::FollowingOctet,
            delayed_ack: None,
            receiver_sws_avoidance: false,
            close_unread_rst: false,
            ..Self::rfc9293()
        }
    }

    /// RFC 9293 with the extensions that most hosts of today have: window scale and timestamps (RFC 7323), SACK (RFC
    /// 2018, 2883, 6675) or else NewReno (RFC 6582), limited transmit (RFC 3042), ECN (RFC 3168), ten segments
    /// to begin with (RFC 6928), SYN cookies when the listen queue is full (RFC 4987), and path MTU
    /// discovery (RFC 1191).
    pub fn extended() -> Self {
        Self {
            name: "extended",
            path_mtu_discovery: true,
            initial_window: InitialWindow::Rfc6928,
            loss_recovery: LossRecovery::Sack,
            limited_transmit: true,
            window_scale: WindowScaling::FromBuffer,
            timestamps: true,
            sack: true,
            ecn: true,
            syn_cookies: SynCookies::WhenFull,
            ..Self::rfc9293()
        }
    }

    /// Send MSS towards this address when the peer names none (MUST-15).
    pub fn default_send_mss(&self, remote: IpAddr) -> u16 {
        if remote.is_ipv4() { self.default_send_mss_ipv4 } else { self.default_send_mss_ipv6 }
    }

    /// The profile of this name; `None` if there is none. See [`Profile::NAMES`].
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "rfc9293" => Some(Self::rfc9293()),
            "rfc793" => Some(Self::rfc793()),
            "extended" => Some(Self::extended()),
            _ => None,
        }
    }
}
