//! The exact inet_diag query: one pair of sockets, one answer.
//!
//! Sees what has no descriptor: a request in SYN-RECEIVED, a connection in the accept queue, one that was closed and
//! still has something to send, TIME-WAIT. The kernel looks a pair up as it does for an arriving segment, so for a
//! connection that is gone it finds the listener of its port, if there is one.

use std::{net::IpAddr, time::Duration};

use nix::{errno::Errno, sys::socket::SockProtocol};

use super::{
    errno::io,
    netlink::{Netlink, Request, find_attribute},
    tcp_info,
};
use crate::{
    case::state::State,
    fiber::Call,
    target::{Pair, TargetError},
};

/// What was seen of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Its state; LISTEN: there is only the listener of its port; `None`: there is nothing.
    pub(super) state: Option<State>,
    /// Its retransmission timeout, backed off as it is now.
    pub(super) rto: Option<Duration>,
}

impl Sighting {
    const NOTHING: Self = Self { state: None, rto: None };
}

/// `linux/sock_diag.h`
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// `linux/sock_diag.h`
const SOCK_DESTROY: u16 = 21;
/// `linux/inet_diag.h`: the attribute that holds a `tcp_info`.
const INET_DIAG_INFO: u16 = 2;
/// Length of `struct inet_diag_msg`.
const MESSAGE: usize = 72;
/// Length of `struct inet_diag_req_v2`.
const REQUEST: usize = 56;
/// More than what is said of a refused request: a header, the error and the request.
const REFUSAL: usize = 128;
/// Where `tcpi_rto` is in a `tcp_info`.
const RTO_AT: usize = 8;
/// The first timeout of a SYN,ACK (RFC6298#2): requests have no `tcp_info` that would tell.
const INITIAL_RTO: Duration = Duration::from_secs(1);

/// Asks the kernel for connections and lets it forget them.
pub(super) struct SockDiag {
    netlink: Netlink,
    /// Kernels may be built without `INET_DIAG_DESTROY`.
    can_destroy: bool,
}

impl SockDiag {
    /// Opens the query socket in the calling thread's namespace.
    pub(super) fn open() -> Result<Self, TargetError> {
        Ok(Self { netlink: Netlink::open(SockProtocol::NetlinkSockDiag)?, can_destroy: true })
    }

    /// What there is of this pair.
    pub(super) fn find(&mut self, pair: Pair) -> Result<Sighting, TargetError> {
        let wanted = request(pair, 1 << (INET_DIAG_INFO - 1));
        let answer = match self.netlink.request(SOCK_DIAG_BY_FAMILY, 0, &wanted)? {
            Ok(answer) => answer,
            Err(Errno::ENOENT) => return Ok(Sighting::NOTHING),
            Err(errno) => return Err(io("ask inet_diag for a connection", errno)),
        };
        let (message, attributes) = answer
            .split_first_chunk::<MESSAGE>()
            .ok_or_else(|| TargetError::Broken("an inet_diag answer is too short".to_owned()))?;
        let [_, number, _, retransmissions, ..] = *message;
        let state = tcp_info::state(number);
        let rto = match state {
            Some(State::SynReceived) if find_attribute(attributes, INET_DIAG_INFO).is_none() => {
                Some(INITIAL_RTO * 2u32.saturating_pow(u32::from(retransmissions).min(16)))
            }
            Some(State::Listen | State::TimeWait | State::Closed) | None => None,
            Some(_) => find_attribute(attributes, INET_DIAG_INFO)
                .and_then(|info| info.get(RTO_AT..)?.first_chunk::<4>())
                .map(|bytes| Duration::from_micros(u64::from(u32::from_ne_bytes(*bytes)))),
        };
        Ok(Sighting { state, rto })
    }

    /// Whether the kernel lets connections be forgotten, as far as is known.
    pub(super) const fn can_destroy(&self) -> bool {
        self.can_destroy
    }

    /// What makes the kernel forget these pairs, whatever states they are in. There must be no listener on their ports.
    pub(super) fn forgetting(&mut self, pairs: impl Iterator<Item = Pair>) -> Forgetting {
        let can_destroy = self.can_destroy;
        let wanted = pairs.filter(|_| can_destroy).map(|pair| request(pair, 0));
        Forgetting(wanted.map(|wanted| self.netlink.prepare(SOCK_DESTROY, 0, &wanted, vec![0; REFUSAL])).collect())
    }

    /// The calls that do it; this and the socket have to outlive them.
    pub(super) fn forget(&self, forgetting: &mut Forgetting) -> Vec<Call> {
        forgetting.0.iter_mut().flat_map(|request| self.netlink.asking(request)).collect()
    }

    /// What came of them.
    pub(super) fn forgotten(&mut self, forgetting: &Forgetting, calls: &[Call]) -> Result<(), TargetError> {
        let (calls, _) = calls.as_chunks::<2>();
        for (request, calls) in forgetting.0.iter().zip(calls) {
            match request.refused(calls)? {
                Ok(()) | Err(Errno::ENOENT) => {}
                // Then old connections stay until they time out. They bother nobody: no later case has their addresses.
                Err(Errno::EOPNOTSUPP) => self.can_destroy = false,
                Err(errno) => return Err(io("let the kernel forget a connection", errno)),
            }
        }
        Ok(())
    }
}

/// Pairs that are to be forgotten.
pub(super) struct Forgetting(Vec<Request>);

/// `struct inet_diag_req_v2`: family, protocol, extensions, states, and the pair as the target sees it.
fn request(pair: Pair, extensions: u8) -> Vec<u8> {
    let family = if pair.target.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut bytes = Vec::with_capacity(REQUEST);
    bytes.extend([family as u8, libc::IPPROTO_TCP as u8, extensions, 0]);
    bytes.extend(u32::MAX.to_ne_bytes());
    bytes.extend(pair.target.port().to_be_bytes());
    bytes.extend(pair.peer.port().to_be_bytes());
    for address in [pair.target, pair.peer] {
        bytes.extend(address_field(address.ip()));
    }
    bytes.extend(0u32.to_ne_bytes());
    // No cookie: any socket with these addresses will do.
    bytes.extend([0xff; 8]);
    bytes
}

/// An address in a field made for IPv6.
fn address_field(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => {
            let mut field = [0; 16];
            field[..4].copy_from_slice(&address.octets());
            field
        }
        IpAddr::V6(address) => address.octets(),
    }
}
