//! `Rule`: the name of what the stack did, behind every reply, drop and state change.
//!
//! Each place that decides something names the rule it followed; [`crate::Transmit`] and
//! [`crate::Event`] carry it out, so a report can say *why* the reference answered. The table below
//! is the whole list: one row per rule, with the clause that is closest to the decision.
//!
//! Left out: whether the rule is a MUST or a SHOULD (the harness's requirements table knows), and
//! the switch that selected it (see [`crate::Profile`]).

use core::fmt;

macro_rules! rules {
    ($($variant:ident $name:literal $clause:literal $text:literal;)*) => {
        /// What the stack did and the clause it did it for. See the [module](self) for how it is used.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule {
            $(#[doc = concat!($text, " (", $clause, ").")] $variant,)*
        }

        impl Rule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Rule] = &[$(Rule::$variant),*];

            /// The stable name, as reports print it: `check-rst-challenge-ack`.
            pub const fn name(self) -> &'static str {
                match self { $(Rule::$variant => $name),* }
            }

            /// The clause behind it: a label of RFC 9293 (`MUST-13`, `U-6`) or a section
            /// (`RFC9293#3.10.7.4`).
            pub const fn clause(self) -> &'static str {
                match self { $(Rule::$variant => $clause),* }
            }

            /// One line that says what happened.
            pub const fn text(self) -> &'static str {
                match self { $(Rule::$variant => $text),* }
            }
        }
    };
}

rules! {
    // The IP layer: all of these drop the packet.
    IpTooShort "ip-too-short" "RFC791#3.1" "the packet ends inside the IP header";
    IpBadVersion "ip-bad-version" "RFC1122#3.2.1.1" "the version is not one this host has an address of";
    IpBadHeaderLength "ip-bad-header-length" "RFC791#3.1" "the header length is below five words or beyond the packet";
    IpBadTotalLength "ip-bad-total-length" "RFC791#3.1" "the total length is below the header length or beyond the packet";
    IpBadChecksum "ip-bad-checksum" "RFC1122#3.2.1.2" "the IP header checksum is wrong";
    IpInvalidSource "ip-invalid-source" "MUST-63" "the source is no host's address: broadcast, multicast, this-host, loopback or our own";
    IpGroupDestination "ip-group-destination" "MUST-57" "a segment for a broadcast or multicast address is silently discarded";
    IpNotOurs "ip-not-ours" "RFC1122#3.2.1.3" "the destination is another host";
    IpBadOption "ip-bad-option" "RFC1122#3.2.1.8" "an option ends outside the header";
    IpSourceRoute "ip-source-route" "RFC1122#3.3.5" "a source route goes on: the packet is on its way to another host";
    Ipv6BadExtension "ipv6-bad-extension" "RFC8200#4" "an extension header, or an option in it, ends outside the packet";
    Ipv6UnknownOption "ipv6-unknown-option" "RFC8200#4.2" "an option we do not know, and which says that we must";
    IpUnknownProtocol "ip-unknown-protocol" "RFC1122#3.2.2.1" "the protocol is not one this host speaks";
    FragmentLength "fragment-length" "RFC791#3.2" "a fragment that is empty, or not the last one and no multiple of eight octets long";
    FragmentTooFar "fragment-too-far" "RFC791#3.2" "a fragment reaches beyond the longest datagram";
    FragmentEnd "fragment-end" "RFC791#3.2" "a fragment does not agree with the others on where the datagram ends";
    FragmentOverlap "fragment-overlap" "RFC791#3.2" "fragments overlap: this profile discards such a datagram";
    ReassemblyFull "reassembly-full" "RFC1122#3.3.2" "too many datagrams are on their way in: this fragment is dropped";
    ReassemblyTimeout "reassembly-timeout" "RFC1122#3.3.2" "the rest of a datagram did not come in time";

    NoRoute "no-route" "RFC1122#3.3.1" "no way leads to the destination";
    PacketTooBig "packet-too-big" "RFC791#3.2" "a datagram is too long for IP, or for the link and not to be cut";

    // The Ethernet link.
    FrameTooShort "frame-too-short" "RFC894" "the frame ends inside its header";
    FrameNotOurs "frame-not-ours" "RFC894" "the frame is for another station";
    FrameUnknownType "frame-unknown-type" "RFC894" "the frame carries no protocol of this host";
    ArpMalformed "arp-malformed" "RFC826" "no ARP packet for IPv4 on Ethernet";
    ArpOwn "arp-own" "RFC5227#1.2.2" "an ARP packet of our own came back";
    ArpRequest "arp-request" "RFC826" "who has this address?";
    ArpReply "arp-reply" "RFC826" "someone asked for our address";
    ArpProbe "arp-probe" "RFC5227#2.1.1" "does someone have the address that we want to use?";
    ArpAnnounce "arp-announce" "RFC5227#2.3" "gratuitous ARP: the address is ours";
    ArpDefend "arp-defend" "RFC5227#2.4" "another station uses our address: we say once more that it is ours";
    NeighborMalformed "neighbor-malformed" "RFC4861#7.1" "a solicitation or advertisement that cannot be";
    NeighborSolicit "neighbor-solicit" "RFC4861#7.2.2" "who has this address?";
    NeighborAdvertise "neighbor-advertise" "RFC4861#7.2.4" "our address is at this station";
    NeighborProbe "neighbor-probe" "RFC4862#5.4.2" "does someone have the address that we want to use?";
    NeighborUnreachable "neighbor-unreachable" "RFC4861#7.2.2" "nobody answered for the next hop: what waited for it is lost";
    NeighborQueueFull "neighbor-queue-full" "RFC1122#2.3.2.2" "more packets wait for a neighbor than the profile has room for: the oldest is lost";
    AddressTentative "address-tentative" "RFC5227#2.1" "the address is not ours to use yet, or not any more";
    AddressConflict "address-conflict" "RFC5227#2.4" "another station says that our address is its own";
    AddressGivenUp "address-given-up" "RFC5227#2.4" "the other station insists: the address is given up";

    // UDP.
    UdpTooShort "udp-too-short" "RFC768" "the datagram ends inside the UDP header";
    UdpBadLength "udp-bad-length" "RFC768" "the UDP length is below eight or beyond the packet";
    UdpBadChecksum "udp-bad-checksum" "RFC1122#4.1.3.4" "the UDP checksum is wrong";
    UdpNoPort "udp-no-port" "RFC1122#4.1.3.1" "nobody is bound to this port";
    UdpQueueFull "udp-queue-full" "RFC768" "the socket holds as many datagrams as it may";
    UdpSend "udp-send" "RFC768" "a datagram of a user";

    // ICMP: what it says may reach a connection.
    IcmpEcho "icmp-echo" "RFC1122#3.2.2.6" "an echo request is answered";
    IcmpEchoGroup "icmp-echo-group" "RFC1122#3.2.2.6" "an echo request to a group is not answered";
    IcmpError "icmp-error" "RFC1122#3.2.2" "the source of a packet that could not be served is told";
    IcmpErrorLimit "icmp-error-limit" "RFC4443#2.4" "too many errors were sent of late: this one is not";
    IcmpUdp "icmp-udp" "RFC1122#4.1.3.3" "an error about a datagram: its user is told";
    IcmpTooShort "icmp-too-short" "RFC1122#3.2.2" "the message ends inside the ICMP header";
    IcmpBadChecksum "icmp-bad-checksum" "RFC1122#3.2.2" "the ICMP checksum is wrong";
    IcmpNoError "icmp-no-error" "RFC1122#3.2.2" "no error about a packet: nothing that this host answers or acts on";
    IcmpRedirect "icmp-redirect" "RFC1122#3.2.2.2" "a redirect: packets for this destination go by the gateway it names";
    IcmpRedirectRefused "icmp-redirect-refused" "RFC1122#3.2.2.2" "a redirect that is not from the gateway in use, or names none on the link";
    IcmpSourceQuench "icmp-source-quench" "MUST-55" "a source quench is silently discarded";
    IcmpBadQuote "icmp-bad-quote" "RFC1122#3.2.2" "the message does not quote the first 64 bits of a packet of ours";
    IcmpNoConnection "icmp-no-connection" "MUST-54" "the quoted segment is of no connection of this host";
    IcmpSequence "icmp-sequence" "RFC5927#4.1" "the quoted segment is not on its way: its number is not among those in flight";
    IcmpSoft "icmp-soft" "MUST-56" "a soft error: the connection goes on, and its user is told";
    IcmpHard "icmp-hard" "SHLD-26" "a hard error: the connection is aborted";
    IcmpHardSoftened "icmp-hard-softened" "RFC5927#5.2" "a hard error in a synchronized state is taken for a soft one";
    IcmpFragmentationNeeded "icmp-fragmentation-needed" "RFC5927#5.2" "a segment was too large for the path: no hard error, but segments do not become smaller yet";

    PathMtuReduced "path-mtu-reduced" "RFC1191#3" "the path takes only smaller packets: segments become smaller, and those that were too large are sent again";
    PathMtuPending "path-mtu-pending" "RFC5927#7.2" "packets of that size have arrived before: the report waits until the segment times out";
    PathMtuClaim "path-mtu-claim" "RFC5927#7.2" "the MTU that is claimed is not smaller than what was sent, or smaller than any path's: no such packet was too large";

    // The TCP header.
    TcpTooShort "tcp-too-short" "RFC9293#3.1" "the segment ends inside the TCP header";
    TcpBadDataOffset "tcp-bad-data-offset" "RFC9293#3.1" "the data offset is below five words or beyond the segment";
    TcpBadChecksum "tcp-bad-checksum" "MUST-3" "the TCP checksum is wrong";
    TcpIllegalOptionReset "tcp-illegal-option-reset" "MUST-7" "an option with an illegal length resets the connection";

    // CLOSED.
    ClosedRst "closed-rst" "RFC9293#3.10.7.1" "a RST for no connection is discarded";
    ClosedReset "closed-reset" "RFC9293#3.10.7.1" "a segment without ACK for no connection is reset: sequence number zero, everything acknowledged";
    ClosedAckReset "closed-ack-reset" "RFC9293#3.10.7.1" "a segment with ACK for no connection is reset at the number it acknowledges";

    // LISTEN.
    ListenRst "listen-rst" "RFC9293#3.10.7.2" "first, check for a RST: nothing of ours could have caused it, so it is ignored";
    ListenAck "listen-ack" "RFC9293#3.10.7.2" "second, check for an ACK: nothing was sent that it could be for, so it is reset";
    ListenSyn "listen-syn" "RFC9293#3.10.7.2" "third, check for a SYN: the connection enters SYN-RECEIVED and answers SYN,ACK";
    ListenOther "listen-other" "RFC9293#3.10.7.2" "fourth, other data or control: the segment is dropped";
    SynCookieSent "syn-cookie-sent" "RFC4987#3.6" "the SYN is answered by a SYN,ACK whose number is a cookie, and forgotten";
    SynCookieAccepted "syn-cookie-accepted" "RFC4987#3.6" "the ACK brings our cookie back: the connection is what it stands for";
    SynCookieUnverified "syn-cookie-unverified" "RFC4987#3.6" "text or a FIN that may follow the lost ACK of a cookie: it is dropped, so that the peer sends its first segment again";
    ListenSynOverflowDrop "listen-syn-overflow-drop" "RFC9293#3.10.7.2" "no room for another connection in the listen queue: the SYN is dropped";
    ListenSynOverflowReset "listen-syn-overflow-reset" "RFC9293#3.10.7.2" "no room for another connection in the listen queue: the SYN is reset";
    AcceptOverflowDrop "accept-overflow-drop" "RFC9293#3.10.7.4" "the accept queue is full: the handshake's last ACK is dropped and the SYN,ACK will be retransmitted";
    AcceptOverflowReset "accept-overflow-reset" "RFC9293#3.10.7.4" "the accept queue is full: the handshake's last ACK is reset";

    // SYN-SENT.
    SynSentBadAck "syn-sent-bad-ack" "RFC9293#3.10.7.3" "first, check the ACK bit: an ACK that is not for our SYN is reset";
    SynSentBadAckRst "syn-sent-bad-ack-rst" "RFC9293#3.10.7.3" "first, check the ACK bit: a RST whose ACK is not for our SYN is dropped";
    SynSentRstSequence "syn-sent-rst-sequence" "U-3" "second, check the RST bit: the RST is not exactly at RCV.NXT and is dropped";
    SynSentRefused "syn-sent-refused" "RFC9293#3.10.7.3" "second, check the RST bit: the RST acknowledges our SYN, so the connection is refused";
    SynSentRst "syn-sent-rst" "RFC9293#3.10.7.3" "second, check the RST bit: a RST without ACK is dropped";
    SynSentSynAck "syn-sent-syn-ack" "RFC9293#3.10.7.3" "fourth, check the SYN bit: our SYN is acknowledged, the connection is established";
    SynSentSyn "syn-sent-syn" "MUST-10" "fourth, check the SYN bit: a SYN without ACK is a simultaneous open, answered by SYN,ACK";
    SynSentOther "syn-sent-other" "RFC9293#3.10.7.3" "fifth: neither SYN nor RST, the segment is dropped";

    // Other states, before the first step: timestamps.
    TimestampMissing "timestamp-missing" "RFC7323#3.2" "both sides agreed on timestamps and this segment has none: it is dropped";
    TimestampOld "timestamp-old" "RFC7323#5.3" "the timestamp is older than TS.Recent: not acceptable, answered by an acknowledgment (PAWS)";
    // First: check sequence number.
    CheckSequence "check-sequence" "RFC9293#3.10.7.4" "first, check sequence number: not in the receive window, answered by an acknowledgment";
    CheckSequenceRst "check-sequence-rst" "RFC9293#3.10.7.4" "first, check sequence number: a RST outside the receive window is silently dropped";
    CheckSequenceZeroWindow "check-sequence-zero-window" "MUST-66" "first, check sequence number: the window is zero, so the text is refused and acknowledged; ACK, URG and RST still count";
    CheckSequenceCrossingSyn "check-sequence-crossing-syn" "RFC9293#3.5" "first, check sequence number: the SYN,ACK of a simultaneous open repeats a SYN we have, its ACK still counts";
    TimeWaitFin "time-wait-fin" "RFC9293#3.10.7.4" "a retransmission of the remote FIN is acknowledged and restarts the 2 MSL timeout";
    TimeWaitReopen "time-wait-reopen" "MAY-2" "a SYN beyond the old connection's last sequence number opens a new incarnation from TIME-WAIT";
    TimeWaitReopenTimestamp "time-wait-reopen-timestamp" "SHLD-4" "a SYN with a newer timestamp, or the first to have one, opens a new incarnation from TIME-WAIT";
    TimeWaitReturn "time-wait-return" "MAY-2" "the SYN that reopened the connection was an old duplicate: back to TIME-WAIT";
    // Second: check the RST bit.
    CheckRst "check-rst" "U-5" "second, check the RST bit: the connection is reset";
    CheckRstChallenge "check-rst-challenge-ack" "U-6" "second, check the RST bit: in the window but not at RCV.NXT draws a challenge ACK";
    CheckRstListen "check-rst-return-to-listen" "RFC9293#3.10.7.4" "second, check the RST bit: a passive open in SYN-RECEIVED returns to LISTEN";
    CheckRstRefused "check-rst-refused" "RFC9293#3.10.7.4" "second, check the RST bit: an active open in SYN-RECEIVED is refused";
    CheckRstClosed "check-rst-closed" "RFC9293#3.10.7.4" "second, check the RST bit: CLOSING, LAST-ACK and TIME-WAIT just end";
    TimeWaitRst "time-wait-rst" "RFC1337#3" "a RST in TIME-WAIT is ignored";
    // Fourth: check the SYN bit.
    CheckSynListen "check-syn-return-to-listen" "RFC9293#3.10.7.4" "fourth, check the SYN bit: a passive open in SYN-RECEIVED returns to LISTEN";
    CheckSynChallenge "check-syn-challenge-ack" "U-8" "fourth, check the SYN bit: a SYN on a synchronized connection draws a challenge ACK";
    CheckSynReset "check-syn-reset" "RFC9293#3.10.7.4" "fourth, check the SYN bit: without RFC 5961 a SYN in the window resets the connection";
    UnacceptableLimit "unacceptable-ack-limit" "RFC5961#7" "unacceptable segments without text came too soon one after the other: this one is not answered";
    ChallengeLimit "challenge-ack-limit" "RFC5961#7" "the limit on challenge ACKs is reached, this one is not sent";
    // Fifth: check the ACK field.
    CheckAckMissing "check-ack-missing" "RFC9293#3.10.7.4" "fifth, check the ACK field: the ACK bit is off, the segment is dropped";
    CheckAckRange "check-ack-range" "U-11" "fifth, check the ACK field: older than the largest window or not yet sent, answered by an acknowledgment";
    CheckAckUnsent "check-ack-unsent" "RFC9293#3.10.7.4" "fifth, check the ACK field: it acknowledges something not yet sent, answered by an acknowledgment";
    CheckAckReset "check-ack-reset" "RFC9293#3.10.7.4" "fifth, check the ACK field: not acceptable in SYN-RECEIVED, answered by a RST";
    CheckAckEstablished "check-ack-established" "RFC9293#3.10.7.4" "fifth, check the ACK field: our SYN is acknowledged, the connection is established";
    CheckAckFinWait2 "check-ack-fin-wait-2" "RFC9293#3.10.7.4" "fifth, check the ACK field: our FIN is acknowledged in FIN-WAIT-1";
    CheckAckTimeWait "check-ack-time-wait" "RFC9293#3.10.7.4" "fifth, check the ACK field: our FIN is acknowledged in CLOSING";
    CheckAckClosing "check-ack-closing" "RFC9293#3.10.7.4" "fifth, check the ACK field: in CLOSING anything but the ACK of our FIN is ignored";
    CheckAckLastAck "check-ack-last-ack" "RFC9293#3.10.7.4" "fifth, check the ACK field: our FIN is acknowledged in LAST-ACK, the connection is gone";
    // Seventh: process the segment text.
    TextInOrder "text-in-order" "RFC9293#3.10.7.4" "seventh, process the segment text: text at RCV.NXT is acknowledged";
    TextSecondSegment "text-second-segment" "SHLD-19" "the second full-sized segment without an ACK is acknowledged at once";
    TextOutOfOrder "text-out-of-order" "MAY-13" "text beyond RCV.NXT is acknowledged with a duplicate at once";
    TextGapFilled "text-gap-filled" "RFC5681#4.2" "text that fills a gap is acknowledged at once";
    TextDuplicate "text-duplicate" "RFC2883#4" "part of the text was here already, which is reported at once";
    TextNotQueued "text-not-queued" "SHLD-31" "text beyond RCV.NXT is dropped: this profile keeps no out-of-order queue";
    TextAfterFin "text-after-fin" "RFC9293#3.10.7.4" "seventh, process the segment text: a FIN was received, what follows it is ignored";
    TextAfterClose "text-after-close" "SHLD-3" "text came after the user's CLOSE: a RST shows that it is lost";
    // Eighth: check the FIN bit.
    CheckFinCloseWait "check-fin-close-wait" "RFC9293#3.10.7.4" "eighth, check the FIN bit: the remote side closes first";
    CheckFinClosing "check-fin-closing" "RFC9293#3.10.7.4" "eighth, check the FIN bit: both sides close, our FIN is not acknowledged yet";
    CheckFinTimeWait "check-fin-time-wait" "RFC9293#3.10.7.4" "eighth, check the FIN bit: both FINs are in and acknowledged, TIME-WAIT starts";

    // User calls.
    CallListen "call-listen" "RFC9293#3.10.1" "passive OPEN: the connection enters LISTEN";
    CallOpen "call-open" "RFC9293#3.10.1" "active OPEN: a SYN is sent and the connection enters SYN-SENT";
    CallClose "call-close" "RFC9293#3.10.4" "CLOSE: a FIN follows the data queued before it";
    CallCloseDelete "call-close-delete" "RFC9293#3.10.4" "CLOSE in LISTEN or SYN-SENT deletes the TCB";
    CallCloseUnread "call-close-unread" "SHLD-3" "CLOSE with received data unread: a RST shows that it is lost";
    CallCloseChild "call-close-child" "RFC9293#3.10.4" "CLOSE in LISTEN: a connection nobody accepted is reset";
    CallAbort "call-abort" "RFC9293#3.10.5" "ABORT: a RST is sent and the TCB is deleted";
    CallAbortDelete "call-abort-delete" "RFC9293#3.10.5" "ABORT in LISTEN, SYN-SENT, CLOSING, LAST-ACK or TIME-WAIT just deletes the TCB";

    // What leaves, and when.
    OutputSyn "output-syn" "RFC9293#3.5" "the SYN of the handshake";
    OutputData "output-data" "RFC9293#3.10.2" "text from the send queue";
    LimitedTransmit "limited-transmit" "RFC3042#2" "one of the first two duplicate acknowledgments lets new text out";
    OutputPush "output-push" "MUST-61" "PSH is set on the last segment of the send queue";
    EcnEcho "ecn-echo" "RFC3168#6.1.3" "the network has marked text, which every ACK says until CWR comes";
    EcnFallback "ecn-fallback" "RFC3168#6.1.1.1" "the SYN that asked for ECN went unanswered: it is sent again without asking";
    EcnReduced "ecn-reduced" "RFC3168#6.1.2" "the first new text after the congestion window was reduced carries CWR";
    OutputUrgent "output-urgent" "MUST-62" "URG is set, the pointer is the octet that follows the urgent data";
    OutputFin "output-fin" "RFC9293#3.10.4" "all data are sent, the FIN follows";
    OutputSwsOverride "output-sws-override" "RFC9293#3.8.6.2.1" "the override timeout sends what the window allows";
    WindowUpdate "window-update" "MUST-39" "the user has read enough to move the right window edge";
    DelayedAck "delayed-ack" "MUST-40" "the delayed acknowledgment's time is up";

    // Timeouts.
    RetransmissionTimeout "retransmission-timeout" "RFC9293#3.10.8" "the retransmission timeout expired: the segment at the front of the queue is sent again";
    RetransmitAfterTimeout "retransmit-after-timeout" "RFC5681#3.1" "slow start after a timeout sends the rest of the retransmission queue again";
    FastRetransmit "fast-retransmit" "RFC5681#3.2" "the third duplicate acknowledgment: the segment at the front of the queue is sent again";
    PartialAck "partial-ack" "RFC6582#3.2" "fast recovery, and not all is acknowledged: the segment at the front of the queue is lost too";
    SackRetransmit "sack-retransmit" "RFC6675#4" "NextSeg, rule 1: enough beyond this gap was selectively acknowledged, so it is lost";
    SackPerhapsLost "sack-perhaps-lost" "RFC6675#4" "NextSeg, rule 3: no gap is surely lost and there is no new text, so a gap is sent again";
    SackRescue "sack-rescue" "RFC6675#4" "NextSeg, rule 4: the end of what is in flight is sent again, once";
    WindowReopened "window-reopened" "MUST-36" "the window opened after a probe: the refused octet is sent again with what follows";
    ZeroWindowProbe "zero-window-probe" "MUST-36" "the send window is zero: a probe asks for it";
    KeepaliveProbe "keepalive-probe" "MAY-5" "an idle connection is probed";
    KeepaliveTimeout "keepalive-timeout" "MUST-29" "a whole row of keep-alive probes stayed unanswered";
    R2Reached "r2-reached" "MUST-20" "retransmission has gone on for R2: the connection is closed";
    R2SynReached "r2-syn-reached" "MUST-23" "retransmission of the SYN has gone on for R2: the open fails";
    UserTimeout "user-timeout" "RFC9293#3.10.8" "the user timeout expired: the connection is aborted";
    TimeWaitTimeout "time-wait-timeout" "MUST-13" "2 MSL have passed in TIME-WAIT";

    // Limits of this host.
    LoopbackOverrun "loopback-overrun" "RFC1122#3.2.1.3" "too many packets to ourselves at one instant: this one is dropped";
    TransmitQueueFull "transmit-queue-full" "RFC1122#3.3.1" "nobody collects the outgoing packets: this one is dropped";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The rules behind one packet, the deciding one first. Holds up to [`Rules::CAPACITY`]; further
/// ones are left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    items: [Rule; Rules::CAPACITY],
    len: u8,
}

impl Rules {
    /// How many rules a packet can name.
    pub const CAPACITY: usize = 4;

    pub(crate) const fn one(rule: Rule) -> Self {
        Self { items: [rule; Self::CAPACITY], len: 1 }
    }

    /// Adds a rule that had a share in the packet.
    pub(crate) fn and(&mut self, rule: Rule) {
        if !self.contains(rule)
            && let Some(slot) = self.items.get_mut(usize::from(self.len))
        {
            *slot = rule;
            self.len += 1;
        }
    }

    /// The rule that decided that the packet leaves.
    pub const fn first(&self) -> Rule {
        self.items[0]
    }

    /// All of them, the deciding one first.
    pub fn iter(&self) -> impl Iterator<Item = Rule> + '_ {
        self.items.iter().take(usize::from(self.len)).copied()
    }

    /// Whether `rule` had a share in the packet.
    pub fn contains(&self, rule: Rule) -> bool {
        self.iter().any(|r| r == rule)
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests;
