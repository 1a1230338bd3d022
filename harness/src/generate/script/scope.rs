//! What a pair of targets can take; a script's other steps are left out.

use super::MOST_STEPS;

/// What a pair can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Time may pass. Live targets: no.
    pub waits: bool,
    /// Both targets show a connection's RTO, so that waits can be measured by it. Else by RFC 6298's first one.
    pub rto: bool,
    /// TCP options on injected segments.
    pub options: bool,
    /// IP fragments.
    pub fragments: bool,
    /// ICMP messages.
    pub icmp: bool,
    /// How many connections, from 1 to 3.
    pub connections: u8,
    /// Which of `config`.
    pub switches: Switches,
    /// At most so many records are used.
    pub steps: usize,
}

impl Scope {
    /// Two targets in virtual time that can do everything the reference can.
    pub const VIRTUAL: Self = Self {
        waits: true,
        rto: true,
        options: true,
        fragments: true,
        icmp: true,
        connections: 3,
        switches: Switches::REFERENCE,
        steps: MOST_STEPS,
    };

    /// A live target: no time passes, and only switches that need no setting of the machine.
    pub const LIVE: Self = Self { waits: false, rto: false, switches: Switches::SOCKET, ..Self::VIRTUAL };
}

impl Scope {
    /// What smoltcp can take: it reassembles no datagrams, and has fewer switches.
    pub const SMOLTCP: Self = Self { fragments: false, switches: Switches::SMOLTCP, ..Self::VIRTUAL };

    /// What lwIP can take: most of it was fixed when it was compiled.
    pub const LWIP: Self = Self { switches: Switches::LWIP, ..Self::VIRTUAL };

    /// What a pair can take, each of which can take so much.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            waits: self.waits && other.waits,
            rto: self.rto && other.rto,
            options: self.options && other.options,
            fragments: self.fragments && other.fragments,
            icmp: self.icmp && other.icmp,
            connections: self.connections.min(other.connections),
            switches: self.switches.and(other.switches),
            steps: self.steps.min(other.steps),
        }
    }
}

/// A set of switches of a case's `config` that scripts may turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Switches(pub u32);

impl Switches {
    /// No Nagle algorithm.
    pub const NAGLE_OFF: Self = Self(1);
    /// No delayed acknowledgements.
    pub const DELAYED_ACK_OFF: Self = Self(1 << 1);
    /// Urgent data stays in line.
    pub const URGENT_INLINE: Self = Self(1 << 2);
    /// A small receive buffer.
    pub const RECV_BUFFER: Self = Self(1 << 3);
    /// A small send buffer.
    pub const SEND_BUFFER: Self = Self(1 << 4);
    /// A smaller MSS.
    pub const MSS: Self = Self(1 << 5);
    /// Keep-alive after a second.
    pub const KEEPALIVE: Self = Self(1 << 6);
    /// An MSL of one second.
    pub const MSL: Self = Self(1 << 7);
    /// Two retransmissions of data, then the end.
    pub const DATA_RETRIES: Self = Self(1 << 8);
    /// One retransmission of a SYN, then the end.
    pub const SYN_RETRIES: Self = Self(1 << 9);
    /// A user timeout.
    pub const USER_TIMEOUT: Self = Self(1 << 10);
    /// Room for one connection in the accept queue.
    pub const BACKLOG: Self = Self(1 << 11);
    /// A full accept queue resets.
    pub const ABORT_ON_OVERFLOW: Self = Self(1 << 12);
    /// RFC 7323 timestamps.
    pub const TIMESTAMPS: Self = Self(1 << 13);
    /// RFC 2018.
    pub const SACK: Self = Self(1 << 14);
    /// RFC 7323 window scaling.
    pub const WSCALE: Self = Self(1 << 15);
    /// RFC 3168.
    pub const ECN: Self = Self(1 << 16);

    /// How many there are.
    pub const COUNT: u32 = 17;
    /// None.
    pub const NONE: Self = Self(0);
    /// Those the reference stack has.
    pub const REFERENCE: Self = Self((1 << 13) - 1);
    /// Those that are socket options, nothing of the machine.
    pub const SOCKET: Self = Self(Self::NAGLE_OFF.0 | Self::URGENT_INLINE.0 | Self::BACKLOG.0);

    /// Those that smoltcp has.
    pub const SMOLTCP: Self = Self(
        Self::NAGLE_OFF.0
            | Self::DELAYED_ACK_OFF.0
            | Self::RECV_BUFFER.0
            | Self::SEND_BUFFER.0
            | Self::KEEPALIVE.0
            | Self::BACKLOG.0,
    );

    /// Those that Debian's lwIP has.
    pub const LWIP: Self = Self(Self::NAGLE_OFF.0 | Self::KEEPALIVE.0);

    /// Whether all of `other` are in.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}
