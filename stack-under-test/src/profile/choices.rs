//! The alternatives of each choice that is more than a switch or a number. The fields that hold them are in
//! [`super::Profile`].

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
