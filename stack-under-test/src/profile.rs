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
//! The alternatives are in `choices`, the named profiles in `named`. Left out: what a socket chooses for itself (see
//! [`crate::SocketOptions`]).

mod choices;
mod limits;
mod link;
mod named;

use core::net::IpAddr;
use core::time::Duration;

pub use choices::*;
pub use limits::Limits;
pub use link::{AddressClaim, LinkChoices};

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
    /// At least so long from one ACK of a connection that answers an unacceptable segment without text, SYN or FIN to the
    /// next one (RFC5961#7 speaks of such a limit, RFC9293#3.10.7.4 knows none). Two ends that each hold what the other one
    /// lost could else answer each other for ever. `None`: each such segment is answered.
    pub unacceptable_ack_interval: Option<Duration>,
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

    /// What an Ethernet link leaves open; of no use on a bare IP link.
    pub link: LinkChoices,

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

impl Default for Profile {
    /// [`Profile::rfc9293`].
    fn default() -> Self {
        Self::rfc9293()
    }
}

impl Profile {
    /// Send MSS towards this address when the peer names none (MUST-15).
    pub fn default_send_mss(&self, remote: IpAddr) -> u16 {
        if remote.is_ipv4() { self.default_send_mss_ipv4 } else { self.default_send_mss_ipv6 }
    }
}
