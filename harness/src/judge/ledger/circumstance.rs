//! Circumstances: what a case has said before an event that a cause needs beside it.
//!
//! An entry's `covers` names them in `when`; a campaign notes which hold for a step with [`Circumstances::at`]. They are
//! read from the case alone, never from what a target did.

use crate::{
    case::{
        flags::Flags,
        format::{Action, AddressName, Bytes, Call, Case, Data, Inject, MssChoice, Order, SocketSwitch},
    },
    target::data_bytes,
};

/// The least MSS that smoltcp and Linux take from a peer.
const LEAST_MSS: u16 = 48;
/// More text than this is huge, in octets.
const HUGE: usize = 60_000;
/// The MSS of an Ethernet link.
const LINK_MSS: u16 = 1460;
/// What smoltcp sends at first at most, in octets.
const FIRST_FLIGHT: usize = 2048;
/// What a few segments fill, in octets.
const SMALL_BUFFER: u32 = 8192;
/// A TCP header without options, in octets.
const TCP_HEADER: usize = 20;
/// As many fragments lwIP keeps (IP_REASS_MAX_PBUFS).
const FEW: usize = 10;

/// One circumstance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// Keep-alive is on.
    Keepalive,
    /// The application, or the number of retries, bounds how long a connection is tried.
    Timeout,
    /// The peer has offered a window of 0.
    ClosedWindow,
    /// The peer has announced an MSS below 48.
    SmallMss,
    /// Another connection than the first has been spoken of.
    OtherConnection,
    /// The application listens.
    Listener,
    /// A broadcast or multicast address is a destination, or names a connection as the source of a segment.
    Group,
    /// A segment comes from the loopback address.
    FromLoopback,
    /// The application sets the DS field.
    Tos,
    /// The application has sent more than 2048 octets.
    Bulk,
    /// The receive buffer holds no more than 8192 octets.
    SmallBuffer,
    /// The application has switched keep-alive off.
    KeepaliveOff,
    /// The peer has announced an MSS of which four segments are less than what smoltcp sends at first.
    MssBelow512,
    /// The peer has offered a window that is neither 0 nor a segment.
    SmallWindow,
    /// A fragment ends within the TCP header.
    SplitHeader,
    /// A datagram came in more than ten fragments.
    ManyFragments,
    /// Fragments overlapped.
    OverlappingFragments,
    /// A packet, or a fragment of one, came twice.
    Twice,
    /// The peer has announced an MSS above 1460, more than an Ethernet link takes.
    LargeMss,
    /// The peer has announced an MSS in a segment without SYN.
    LateMss,
    /// A packet is addressed to the loopback address.
    ToLoopback,
    /// The application has sent text.
    Text,
    /// A segment comes from the unspecified address.
    FromUnspecified,
    /// A segment carries more text than a window of 60000 octets takes.
    HugeText,
}

impl Circumstance {
    const ALL: [(&'static str, Self); 24] = [
        ("keepalive", Self::Keepalive),
        ("timeout", Self::Timeout),
        ("closed-window", Self::ClosedWindow),
        ("small-mss", Self::SmallMss),
        ("other-connection", Self::OtherConnection),
        ("listener", Self::Listener),
        ("group", Self::Group),
        ("from-loopback", Self::FromLoopback),
        ("tos", Self::Tos),
        ("bulk", Self::Bulk),
        ("small-buffer", Self::SmallBuffer),
        ("keepalive-off", Self::KeepaliveOff),
        ("mss-below-512", Self::MssBelow512),
        ("small-window", Self::SmallWindow),
        ("split-header", Self::SplitHeader),
        ("many-fragments", Self::ManyFragments),
        ("overlapping-fragments", Self::OverlappingFragments),
        ("twice", Self::Twice),
        ("large-mss", Self::LargeMss),
        ("late-mss", Self::LateMss),
        ("to-loopback", Self::ToLoopback),
        ("text", Self::Text),
        ("from-unspecified", Self::FromUnspecified),
        ("huge-text", Self::HugeText),
    ];

    /// By its word in a ledger.
    pub(super) fn by_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, circumstance)| circumstance)
    }

    fn of_header(self, case: &Case) -> bool {
        let config = &case.config;
        match self {
            Self::Keepalive => config.keepalive_idle.is_some(),
            Self::Timeout => {
                config.user_timeout.is_some() || config.syn_retries.is_some() || config.data_retries.is_some()
            }
            Self::ClosedWindow => case.peer.win == Some(0),
            Self::SmallMss => matches!(case.peer.mss, Some(MssChoice::Value(mss)) if mss < LEAST_MSS),
            Self::MssBelow512 => matches!(case.peer.mss, Some(MssChoice::Value(mss)) if mss < 512),
            Self::LargeMss => matches!(case.peer.mss, Some(MssChoice::Value(mss)) if mss > LINK_MSS),
            Self::SmallWindow => case.peer.win.is_some_and(is_small),
            Self::Tos => config.tos.is_some_and(|tos| tos != 0),
            Self::SmallBuffer => config.recv_buffer.is_some_and(|octets| octets <= SMALL_BUFFER),
            Self::OtherConnection
            | Self::Listener
            | Self::Group
            | Self::FromLoopback
            | Self::Bulk
            | Self::KeepaliveOff
            | Self::SplitHeader
            | Self::ManyFragments
            | Self::OverlappingFragments
            | Self::Twice
            | Self::LateMss
            | Self::ToLoopback
            | Self::FromUnspecified
            | Self::HugeText
            | Self::Text => false,
        }
    }

    fn of_fragments(self, inject: &Inject) -> bool {
        let Some(how) = &inject.fragments else { return false };
        let header = TCP_HEADER + inject.options.wire_len();
        let text = inject.data.as_ref().map_or(0, |data| data_bytes(data, 0).len());
        (self == Self::SplitHeader && usize::from(how.size) < header)
            || (self == Self::ManyFragments && how.count(header + text) > FEW)
            || (self == Self::OverlappingFragments && how.overlap > 0)
            || (self == Self::Twice && comes_twice(&how.order))
    }

    fn of_step(self, action: &Action) -> bool {
        match action {
            Action::Inject(inject) => match self {
                Self::ClosedWindow => inject.win == Some(0),
                Self::SmallMss => inject.options.mss.is_some_and(|mss| mss < LEAST_MSS),
                Self::MssBelow512 => inject.options.mss.is_some_and(|mss| mss < 512),
                Self::LargeMss => inject.options.mss.is_some_and(|mss| mss > LINK_MSS),
                Self::LateMss => has_mss(inject) && !inject.flags.contains(Flags::SYN),
                Self::HugeText => inject.data.as_ref().is_some_and(|data| octets(data) > HUGE),
                Self::FromUnspecified => inject.from == Some(AddressName::Unspecified),
                Self::ToLoopback => inject.to == Some(AddressName::Loopback),
                Self::SmallWindow => inject.win.is_some_and(is_small),
                Self::OtherConnection => inject.on.is_some(),
                Self::Group => is_group(inject.to) || is_group(inject.from),
                Self::FromLoopback => inject.from == Some(AddressName::Loopback),
                Self::SplitHeader | Self::ManyFragments | Self::OverlappingFragments | Self::Twice => {
                    self.of_fragments(inject)
                }
                Self::Keepalive
                | Self::KeepaliveOff
                | Self::Timeout
                | Self::Listener
                | Self::Tos
                | Self::Bulk
                | Self::Text
                | Self::SmallBuffer => false,
            },
            Action::Call(call) => match self {
                Self::Listener => matches!(call.call, Call::Listen { .. }),
                Self::Keepalive => matches!(call.call, Call::Set(SocketSwitch::Keepalive(true))),
                Self::KeepaliveOff => matches!(call.call, Call::Set(SocketSwitch::Keepalive(false))),
                Self::Timeout => matches!(call.call, Call::Set(SocketSwitch::UserTimeout(_))),
                Self::Tos => matches!(call.call, Call::Set(SocketSwitch::Tos(_))),
                Self::OtherConnection => call.on.as_deref().is_some_and(|on| on != "listener"),
                Self::Group => matches!(call.call, Call::Connect { to } if is_group(to)),
                Self::Text => given(action) > 0,
                Self::ClosedWindow
                | Self::SmallWindow
                | Self::SmallMss
                | Self::MssBelow512
                | Self::FromLoopback
                | Self::Bulk
                | Self::SmallBuffer
                | Self::SplitHeader
                | Self::ManyFragments
                | Self::OverlappingFragments
                | Self::Twice
                | Self::LargeMss
                | Self::LateMss
                | Self::FromUnspecified
                | Self::HugeText
                | Self::ToLoopback => false,
            },
            Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => false,
        }
    }
}

/// Whether a window is smaller than a segment of the usual size.
const fn is_small(window: u16) -> bool {
    0 < window && window < 1460
}

/// Whether a segment has an MSS option, or bytes that read as one.
fn has_mss(inject: &Inject) -> bool {
    let reads_as_one = |raw: &Bytes| raw.0.windows(2).any(|head| head == [2, 4]);
    inject.options.mss.is_some() || inject.options.raw.as_ref().is_some_and(reads_as_one)
}

/// Whether a piece is sent more than once.
fn comes_twice(order: &Order) -> bool {
    match order {
        Order::InOrder | Order::Reversed => false,
        Order::Listed(pieces) => pieces.iter().enumerate().any(|(index, piece)| pieces[..index].contains(piece)),
    }
}

fn is_group(address: Option<AddressName>) -> bool {
    match address {
        Some(AddressName::SubnetBroadcast | AddressName::LimitedBroadcast | AddressName::Multicast) => true,
        Some(
            AddressName::Peer
            | AddressName::OtherPeer
            | AddressName::Target
            | AddressName::Loopback
            | AddressName::Unspecified
            | AddressName::Gateway
            | AddressName::OffLink,
        )
        | None => false,
    }
}

/// How long some text is, in octets.
fn octets(data: &Data) -> usize {
    match data {
        Data::Text(text) => text.len(),
        Data::Hex(bytes) => bytes.0.len(),
        Data::Pattern(length) => usize::try_from(*length).unwrap_or(usize::MAX),
    }
}

/// How much text an action gives the target to send, in octets.
fn given(action: &Action) -> usize {
    let Action::Call(call) = action else { return 0 };
    match &call.call {
        Call::Send { data, .. } => octets(data),
        Call::Listen { .. }
        | Call::Connect { .. }
        | Call::Accept
        | Call::Recv { .. }
        | Call::Shutdown
        | Call::Close
        | Call::Abort
        | Call::Poll
        | Call::Set(_)
        | Call::Udp(_) => 0,
    }
}

/// Those that hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances(u32);

impl Circumstances {
    /// Those that hold for each step, it included.
    pub fn along(case: &Case) -> impl Iterator<Item = Self> {
        let mut sofar = Self::of(|circumstance| circumstance.of_header(case));
        let mut octets = 0_usize;
        case.steps.iter().map(move |step| {
            let action = &step.value.action;
            octets = octets.saturating_add(given(action));
            if matches!(action, Action::Inject(_) | Action::Call(_)) {
                sofar.0 |= Self::of(|circumstance| circumstance.of_step(action)).0;
            }
            if octets > FIRST_FLIGHT {
                sofar.0 |= Self::bit(Circumstance::Bulk);
            }
            sofar
        })
    }

    /// Those that hold for the step at `index`, it included.
    #[must_use]
    pub fn at(case: &Case, index: usize) -> Self {
        Self::along(case)
            .take(index + 1)
            .last()
            .unwrap_or_else(|| Self::of(|circumstance| circumstance.of_header(case)))
    }

    fn of(holds: impl Fn(Circumstance) -> bool) -> Self {
        let all = Circumstance::ALL.into_iter().filter(|(_, circumstance)| holds(*circumstance));
        all.fold(Self::default(), |set, (_, circumstance)| Self(set.0 | Self::bit(circumstance)))
    }

    /// Whether one holds.
    #[must_use]
    pub const fn has(self, circumstance: Circumstance) -> bool {
        self.0 & Self::bit(circumstance) != 0
    }

    const fn bit(circumstance: Circumstance) -> u32 {
        1 << circumstance as u32
    }
}

#[cfg(test)]
mod tests;
