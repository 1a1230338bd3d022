//! What the records of the two tracepoints mean.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use super::{
    format::{Format, Place},
    tracefs::Tracefs,
};
use crate::case::state::State;

/// Both tracepoints as this kernel has them.
#[derive(Debug)]
pub(super) struct Catalog {
    drop: Drop,
    state: Change,
}

/// `skb:kfree_skb`: a packet was discarded.
#[derive(Debug)]
struct Drop {
    common: Common,
    location: Place,
    protocol: Place,
    /// Kernels before 5.17 give no reason.
    reason: Option<Place>,
    reasons: BTreeMap<u32, String>,
}

/// `sock:inet_sock_set_state`: a socket changed its state.
#[derive(Debug)]
struct Change {
    common: Common,
    socket: Place,
    from: Place,
    to: Place,
    local_port: Place,
    remote_port: Place,
    family: Place,
    remote_v4: Place,
    remote_v6: Place,
    protocol: Place,
    states: BTreeMap<u32, State>,
}

/// What every record begins with.
#[derive(Debug)]
struct Common {
    id: u16,
    kind: Place,
    flags: Place,
    thread: Place,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Who was at it.
    pub(super) context: Context,
    /// The thread that ran, as its own process numbers it.
    pub(super) thread: i32,
    /// What happened.
    pub(super) seen: Seen,
}

/// Who was at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    /// A thread, in a system call of its own.
    Thread,
    /// An interrupt: it has nothing to do with the thread that happened to run.
    Interrupt,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    /// A packet of IP or ARP was discarded.
    Dropped {
        /// The kernel's name for the reason.
        reason: &'static str,
        /// Where in the kernel.
        location: u64,
    },
    /// A TCP socket that has a peer changed its state.
    State {
        /// The kernel's address of it.
        socket: u64,
        /// Its port.
        local_port: u16,
        /// Its peer.
        remote: SocketAddr,
        /// Before.
        from: State,
        /// After.
        to: State,
    },
}

/// In `common_flags`: a hard interrupt, a soft one, one that cannot be masked.
const INTERRUPT: u64 = 0x08 | 0x10 | 0x40;
/// Protocols of a link that cases speak of: IPv4, IPv6, ARP.
const ETHER_TYPES: [u64; 3] = [0x0800, 0x86dd, 0x0806];
/// A reason that has no name.
const NO_REASON: &str = "no reason given";

impl Catalog {
    /// Asks this kernel.
    pub(super) fn read(tracefs: &Tracefs) -> Result<Self, String> {
        let text = |event: &str| {
            let read = tracefs.read(&format!("events/{event}/format"));
            read.map_err(|error| format!("the kernel does not tell the tracepoint {event} ({error})"))
        };
        Self::of(&text("skb/kfree_skb")?, &text("sock/inet_sock_set_state")?)
    }

    /// From the `format` files of the two.
    pub(super) fn of(drop: &str, state: &str) -> Result<Self, String> {
        Ok(Self { drop: Drop::of(&drop.parse()?)?, state: Change::of(&state.parse()?)? })
    }

    /// The number of `skb:kfree_skb`.
    pub(super) const fn drop_id(&self) -> u16 {
        self.drop.common.id
    }

    /// The number of `sock:inet_sock_set_state`.
    pub(super) const fn state_id(&self) -> u16 {
        self.state.common.id
    }

    /// What a record says; `None` if it is of no interest or not whole.
    pub(super) fn record(&'static self, bytes: &[u8]) -> Option<Record> {
        let kind = self.drop.common.kind.number(bytes)?;
        let (common, seen) = if kind == u64::from(self.drop_id()) {
            (&self.drop.common, self.drop.seen(bytes)?)
        } else if kind == u64::from(self.state_id()) {
            (&self.state.common, self.state.seen(bytes)?)
        } else {
            return None;
        };
        let interrupted = common.flags.number(bytes)? & INTERRUPT != 0;
        Some(Record {
            context: if interrupted { Context::Interrupt } else { Context::Thread },
            thread: u32::try_from(common.thread.number(bytes)?).ok()?.cast_signed(),
            seen,
        })
    }
}

impl Common {
    fn of(format: &Format) -> Result<Self, String> {
        Ok(Self {
            id: format.id,
            kind: format.field("common_type")?,
            flags: format.field("common_flags")?,
            thread: format.field("common_pid")?,
        })
    }
}

impl Drop {
    fn of(format: &Format) -> Result<Self, String> {
        Ok(Self {
            common: Common::of(format)?,
            location: format.field("location")?,
            protocol: format.field("protocol")?,
            reason: format.optional("reason"),
            reasons: format.names("reason"),
        })
    }

    fn seen(&'static self, bytes: &[u8]) -> Option<Seen> {
        if !ETHER_TYPES.contains(&self.protocol.number(bytes)?) {
            return None;
        }
        let reason = match self.reason {
            None => NO_REASON,
            Some(place) => {
                let number = u32::try_from(place.number(bytes)?).ok()?;
                self.reasons.get(&number).map_or(NO_REASON, String::as_str)
            }
        };
        Some(Seen::Dropped { reason, location: self.location.number(bytes)? })
    }
}

impl Change {
    fn of(format: &Format) -> Result<Self, String> {
        let states = format.names("newstate");
        Ok(Self {
            common: Common::of(format)?,
            socket: format.field("skaddr")?,
            from: format.field("oldstate")?,
            to: format.field("newstate")?,
            local_port: format.field("sport")?,
            remote_port: format.field("dport")?,
            family: format.field("family")?,
            remote_v4: format.field("daddr")?,
            remote_v6: format.field("daddr_v6")?,
            protocol: format.field("protocol")?,
            states: states.into_iter().filter_map(|(number, name)| Some((number, state(&name)?))).collect(),
        })
    }

    fn seen(&self, bytes: &[u8]) -> Option<Seen> {
        let port = |place: Place| place.number(bytes).and_then(|port| u16::try_from(port).ok());
        let is_tcp = self.protocol.number(bytes)? == u64::from(libc::IPPROTO_TCP.cast_unsigned());
        let remote_port = port(self.remote_port)?;
        // A listener has no peer, and so has a socket before anybody connects it.
        if !is_tcp || remote_port == 0 {
            return None;
        }
        let address: IpAddr = if self.family.number(bytes)? == u64::from(libc::AF_INET.cast_unsigned()) {
            Ipv4Addr::from(*self.remote_v4.octets(bytes)?.first_chunk()?).into()
        } else {
            Ipv6Addr::from(*self.remote_v6.octets(bytes)?.first_chunk()?).into()
        };
        let state = |place: Place| self.states.get(&u32::try_from(place.number(bytes)?).ok()?).copied();
        Some(Seen::State {
            socket: self.socket.number(bytes)?,
            local_port: port(self.local_port)?,
            remote: SocketAddr::new(address, remote_port),
            from: state(self.from)?,
            to: state(self.to)?,
        })
    }
}

/// A state by the kernel's name.
fn state(name: &str) -> Option<State> {
    Some(match name {
        "TCP_ESTABLISHED" => State::Established,
        "TCP_SYN_SENT" => State::SynSent,
        "TCP_SYN_RECV" | "TCP_NEW_SYN_RECV" => State::SynReceived,
        "TCP_FIN_WAIT1" => State::FinWait1,
        "TCP_FIN_WAIT2" => State::FinWait2,
        "TCP_TIME_WAIT" => State::TimeWait,
        "TCP_CLOSE" => State::Closed,
        "TCP_CLOSE_WAIT" => State::CloseWait,
        "TCP_LAST_ACK" => State::LastAck,
        "TCP_LISTEN" => State::Listen,
        "TCP_CLOSING" => State::Closing,
        _ => return None,
    })
}

#[cfg(test)]
pub(super) mod tests;
