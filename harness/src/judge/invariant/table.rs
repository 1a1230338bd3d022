//! All invariants in one table: name, clause, level, and the rule in plain words.
//!
//! Read by the groups beside this file (each checks the invariants it names), by `rfc793 list --invariants` and by the
//! test that demands a fault for every row. To add one: a row here, a check in its group, a fault in `tests/faults.rs`.

use crate::clause::Level;

/// A rule that holds for any conforming TCP in any trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invariant {
    /// `retransmission-keeps-bytes`
    pub name: &'static str,
    /// What it rests on: a clause id.
    pub clause: &'static str,
    /// How binding it is.
    pub level: Level,
    /// The rule in one line.
    pub rule: &'static str,
}

macro_rules! invariants {
    ($($id:ident = $name:literal $clause:literal $level:ident $rule:literal;)*) => {
        $(pub(super) static $id: Invariant =
            Invariant { name: $name, clause: $clause, level: Level::$level, rule: $rule };)*

        /// Every invariant, in the order of the groups.
        pub static INVARIANTS: &[&Invariant] = &[$(&$id),*];
    };
}

invariants! {
    // header
    IP_HEADER_SOUND = "ip-header-sound" "RFC791#3.1" Must
        "the IP header checksum and the total length of a packet are right";
    CHECKSUM_RIGHT = "checksum-right" "MUST-2" Must
        "the TCP checksum of a segment is right";
    DATA_OFFSET_INSIDE = "data-offset-inside" "RFC9293#3.1" Must
        "the data offset points behind the fixed header and into the segment";
    RESERVED_ZERO = "reserved-bits-zero" "RFC9293#3.1" Must
        "reserved bits are zero";
    OPTIONS_WELL_FORMED = "options-well-formed" "MUST-68" Must
        "every option has a length that fits its kind and the header";
    PADDING_ZERO = "padding-zero" "MUST-69" Must
        "what stands behind the end of the options is zero";
    ONE_OF_SYN_FIN_RST = "one-of-syn-fin-rst" "RFC9293#3.10" Must
        "a segment carries at most one of SYN, FIN and RST";
    ACK_ALWAYS = "ack-always" "RFC9293#3.1" Must
        "every segment carries ACK, except a first SYN and a reset";
    // addresses
    NEVER_TO_A_GROUP = "never-to-a-group" "MUST-63" Must
        "nothing is sent to a broadcast, multicast or unspecified address";
    OF_A_CONNECTION = "of-a-connection" "RFC9293#3.10.7.1" Must
        "a packet belongs to a connection the user opened or answers a packet between the same sockets";
    BEGINS_WITH_SYN = "begins-with-syn" "RFC9293#3.10.7.1" Must
        "without a connection nothing but a reset answers";
    // syn
    SYN_KEEPS_ISS = "syn-keeps-iss" "U-1" Must
        "a SYN or SYN,ACK that is sent again keeps its initial sequence number";
    SYN_ACK_ACKS_THE_SYN = "syn-ack-acks-the-syn" "RFC9293#3.10.7.2" Must
        "a SYN,ACK acknowledges the peer's SYN and nothing more";
    NO_SYN_LATER = "no-syn-later" "RFC9293#3.5" Must
        "no SYN leaves once the connection has sent text or FIN";
    // options
    MSS_ONLY_IN_SYN = "mss-only-in-syn" "MUST-65" Must
        "the MSS option is sent with SYN only";
    WSCALE_ONLY_IN_SYN = "wscale-only-in-syn" "RFC7323#2.2" Must
        "the window scale option is sent with SYN only";
    SACK_PERMITTED_ONLY_IN_SYN = "sack-permitted-only-in-syn" "RFC2018#2" Must
        "SACK-permitted is sent with SYN only";
    WSCALE_ANSWERS_OFFER = "wscale-answers-offer" "RFC7323#2.2" Must
        "a SYN,ACK has window scale only if the peer's SYN had it";
    WSCALE_AT_MOST_14 = "wscale-at-most-14" "RFC7323#2.3" Must
        "the shift count of the window scale option is at most 14";
    TIMESTAMPS_ANSWER_OFFER = "timestamps-answer-offer" "RFC7323#3.2" Must
        "a SYN,ACK has timestamps only if the peer's SYN had them";
    // timestamps
    TIMESTAMPS_ON_ALL = "timestamps-on-all" "RFC7323#3.2" Must
        "once agreed on, timestamps are in every segment but resets";
    TIMESTAMPS_NOT_AGREED = "timestamps-not-agreed" "RFC7323#3.2" Must
        "without agreement in both SYNs no segment has timestamps";
    TSVAL_MONOTONIC = "tsval-monotonic" "RFC7323#5.4" Must
        "TSval never goes back within a connection";
    TSECR_ECHOES = "tsecr-echoes" "RFC7323#3.2" Must
        "with ACK, TSecr is a TSval that the peer sent";
    TSECR_ZERO_WITHOUT_ACK = "tsecr-zero-without-ack" "RFC7323#3.2" Should
        "without ACK, TSecr is zero";
    // sack
    SACK_ONLY_IF_PERMITTED = "sack-only-if-permitted" "RFC2018#4" Must
        "SACK blocks are sent only if the peer's SYN had SACK-permitted";
    SACK_BLOCK_NOT_EMPTY = "sack-block-not-empty" "RFC2018#3" Must
        "the right edge of a SACK block lies ahead of its left edge";
    SACK_INSIDE_WHAT_CAME = "sack-inside-what-came" "RFC2018#4" Must
        "a SACK block covers only what the peer sent";
    SACK_BLOCKS_APART = "sack-blocks-apart" "RFC2018#4" Must
        "SACK blocks do not overlap, except that a first one may repeat a duplicate (D-SACK)";
    SACK_ABOVE_ACK = "sack-above-ack" "RFC2018#3" Must
        "SACK blocks lie above the acknowledgement, except a first one that repeats a duplicate (D-SACK)";
    SACK_FIRST_IS_LATEST = "sack-first-is-latest" "RFC2018#4" Must
        "the first SACK block holds the segment that drew the acknowledgement";
    // acknowledgement
    ACKS_ONLY_WHAT_CAME = "acks-only-what-came" "RFC9293#3.4" Must
        "nothing is acknowledged that did not come";
    ACK_NEVER_GOES_BACK = "ack-never-goes-back" "RFC9293#3.4" Must
        "the acknowledgement number of a connection never goes back";
    // window
    RIGHT_EDGE_STAYS = "right-edge-stays" "SHLD-14" Should
        "the right edge of the receive window never moves left";
    STAYS_IN_WINDOW = "stays-in-window" "RFC9293#3.4" Must
        "no text lies beyond the peer's window, but for one byte that probes it";
    TEXT_FITS_MSS = "text-fits-mss" "MUST-16" Must
        "text and options fit the MSS the peer announced, 536 (over IPv6 1220) if it announced none";
    // sending
    NUMBER_IN_RANGE = "number-in-range" "RFC9293#3.4" Must
        "a segment without text begins at a number that was sent, or at SND.NXT";
    TEXT_FOLLOWS = "text-follows" "RFC9293#3.4" Must
        "new text begins at SND.NXT: there are no gaps";
    RETRANSMISSION_KEEPS_BYTES = "retransmission-keeps-bytes" "RFC9293#3.4" Must
        "a number that is sent again carries the same byte";
    SENDS_WHAT_WAS_GIVEN = "sends-what-was-given" "RFC9293#3.8" Must
        "the text is what the application gave, in order and not more";
    URG_ONLY_IF_ASKED = "urg-only-if-asked" "RFC9293#3.8.5" Must
        "URG is set only if the application sent urgent data";
    ECN_ONLY_IF_AGREED = "ecn-only-if-agreed" "RFC3168#6.1.1" Must
        "ECE and CWR are set only if both SYNs agreed on ECN";
    // fin
    FIN_ONLY_AFTER_CLOSE = "fin-only-after-close" "RFC9293#3.10.4" Must
        "FIN is sent only after the application has closed or shut down";
    FIN_STAYS = "fin-stays" "RFC9293#3.4" Must
        "FIN has one number, behind the last byte, and keeps it";
    NOTHING_BEYOND_FIN = "nothing-beyond-fin" "RFC9293#3.6" Must
        "no text is sent behind FIN";
    NOTHING_AFTER_ABORT = "nothing-after-abort" "RFC9293#3.10.5" Must
        "after an abort only resets are sent";
    NOTHING_AFTER_RESET = "nothing-after-reset" "U-5" Must
        "a RST at RCV.NXT ends the connection: it sends nothing more";
    // reset
    RESET_TAKES_NUMBER_OF_ACK = "reset-takes-number-of-ack" "RFC9293#3.10.7.1" Must
        "a reset without ACK has the number the peer acknowledged, or SND.NXT";
    RESET_ACKS_SEGMENT = "reset-acks-segment" "RFC9293#3.10.7.1" Must
        "a reset with ACK has number 0 and acknowledges the whole segment, or has the connection's own numbers";
    ONE_RESET_PER_SEGMENT = "one-reset-per-segment" "RFC9293#3.10.7.1" Must
        "one event draws at most one reset";
    NO_RESET_FOR_RESET = "no-reset-for-reset" "RFC9293#3.5.2" Must
        "a reset is never answered by a reset";
    ONLY_CHALLENGE_FOR_RESET = "only-challenge-for-reset" "U-6" Must
        "a reset is answered by nothing but an ACK";
    // time
    ACK_WITHIN_500_MS = "ack-within-500ms" "MUST-40" Must
        "text in order is acknowledged within half a second";
    ACK_EVERY_SECOND = "ack-every-second" "SHLD-19" Should
        "every second full-sized segment is acknowledged at once";
    BACKOFF_DOUBLES = "backoff-doubles" "RFC6298#5" Must
        "each retransmission waits twice as long as the one before, up to a bound of 60 s or more";
    IDLE_IS_SILENT = "idle-is-silent" "MUST-25" Must
        "a connection with nothing to send, acknowledge or retransmit is silent unless keep-alive is on";
    // states
    STATE_REACHABLE = "state-reachable" "RFC9293#3.3.2" Must
        "the state can be reached from the last one by what happened since";
    ESTABLISHED_BY_HANDSHAKE = "established-by-handshake" "RFC9293#3.5" Must
        "a state beyond the handshake needs both SYNs and an acknowledgement of the target's";
    PEER_CLOSED = "peer-closed" "RFC9293#3.3.2" Must
        "CLOSE-WAIT, LAST-ACK, CLOSING and TIME-WAIT need a FIN of the peer and all before it";
    FIN_ACKED = "fin-acked" "RFC9293#3.3.2" Must
        "FIN-WAIT-2 and TIME-WAIT need an acknowledgement of the target's FIN";
    // application
    DELIVERS_WHAT_CAME = "delivers-what-came" "RFC9293#3.8" Must
        "the application receives what the peer sent, in order and not more";
    END_NEEDS_FIN = "end-needs-fin" "MUST-12" Must
        "the application sees the end of the data only if the peer sent FIN and all before it";
    ACCEPTS_WHOLE_HANDSHAKE = "accepts-whole-handshake" "RFC9293#3.5" Must
        "a connection is accepted only once the peer has acknowledged the SYN,ACK";
}
