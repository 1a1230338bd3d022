//! `call`: names and patterns resolved, the socket call made, its outcome judged.

use std::net::SocketAddr;

use super::{Run, Stop};
use crate::{
    case::format::{AddressName, Call, CallStep, Step, UdpCall},
    judge::{
        expect::Moment,
        outcome::{fits, show_outcome, show_returns},
    },
    peer::Peer,
    segment::show,
    target::{Handle, Outcome, Pair, SocketCall, Text, UdpSocketCall, data_bytes},
    trace::event::{EventKind, FindingKind},
};

/// The name of the listening socket in `on:`.
pub(super) const LISTENER: &str = "listener";
/// What `recv` takes when the case names no limit.
const ALL: usize = 1 << 20;

impl<'a> Run<'a> {
    pub(super) fn call(&mut self, step: &'a Step, call: &'a CallStep) -> Result<Outcome, Stop> {
        let on_listener = matches!(call.call, Call::Listen { .. }) || call.on.as_deref() == Some(LISTENER);
        if !on_listener {
            self.in_hand = self.peer.resolve(call.on.as_deref(), None);
        }
        let handle = if on_listener { Handle::Listener } else { Peer::handle(self.in_hand) };
        let before = self.peer.connection(self.in_hand).pair;
        if let Call::Connect { to } = &call.call {
            self.aim(*to);
        }
        let connection = self.peer.connection(self.in_hand);
        let is_udp = matches!(call.call, Call::Udp(_));
        let read_at = if is_udp { 0 } else { connection.app_read.wrapping_add(1) };
        let (pair, view) = (connection.pair, connection.view);
        let bytes = match &call.call {
            Call::Send { data, .. } => data_bytes(data, connection.app_sent.wrapping_add(1)),
            // Each datagram begins anew.
            Call::Udp(UdpCall::Send { data, .. }) => data_bytes(data, 0),
            _ => Text::default(),
        };
        let resolved = self.resolve_call(&call.call, pair, &bytes);
        let earliest = self.target.now();
        let outcome = self.target.call(handle, pair, &resolved)?;
        if let (Call::Connect { .. }, Outcome::Error(_)) = (&call.call, &outcome) {
            // The connection there was is still the one.
            self.peer.connection_mut(self.in_hand).pair = before;
        }
        let latest = self.event(EventKind::Called { call: call.call.clone(), outcome: outcome.clone() });
        self.since = Moment { earliest, latest };
        self.monitor.called(handle, pair, &resolved, &outcome, earliest);
        if !is_udp {
            self.note_outcome(&outcome);
        }
        self.collect()?;
        let right_peer = !matches!(outcome, Outcome::Accepted(remote) if remote != pair.peer);
        let as_wanted = right_peer && fits(call.returns.as_ref(), &outcome, read_at, &view)?;
        if !as_wanted && self.mode.is_terse() {
            self.wordless(FindingKind::Outcome);
        } else if !as_wanted {
            let expected = format!("{} returns {}", show_call(&call.call), show_returns(call.returns.as_ref()));
            let observed = if right_peer {
                format!("returns {}", show_outcome(&outcome))
            } else {
                "returns another connection".to_owned()
            };
            self.remark(step, FindingKind::Outcome, expected, observed);
        }
        Ok(outcome)
    }

    /// `connect` decides whom the connection is with, and may choose a new ISS.
    fn aim(&mut self, to: Option<AddressName>) {
        let target = self.peer.endpoints().target;
        let address = to.map(|name| self.peer.endpoints().address(name));
        let connection = self.peer.connection_mut(self.in_hand);
        connection.view.allow_new_incarnation();
        if let Some(address) = address {
            // To oneself means to the very same socket: that is the self-connection of RFC 9293 §3.5.
            let port = if address == target.ip() { target.port() } else { connection.pair.peer.port() };
            connection.pair.peer = SocketAddr::new(address, port);
        }
    }

    fn resolve_call<'c>(&self, call: &Call, pair: Pair, bytes: &'c [u8]) -> SocketCall<'c> {
        match call {
            Call::Listen { backlog } => SocketCall::Listen { backlog: backlog.or(self.case.config.backlog) },
            Call::Connect { .. } => SocketCall::Connect { to: pair.peer },
            Call::Accept => SocketCall::Accept,
            Call::Send { urgent, .. } => SocketCall::Send { data: bytes, urgent: *urgent },
            Call::Recv { max } => SocketCall::Recv { max: max.map_or(ALL, |max| usize::try_from(max).unwrap_or(ALL)) },
            Call::Shutdown => SocketCall::Shutdown,
            Call::Close => SocketCall::Close,
            Call::Abort => SocketCall::Abort,
            Call::Poll => SocketCall::Poll,
            Call::Set(switch) => SocketCall::Set(*switch),
            Call::Udp(UdpCall::Bind) => SocketCall::Udp(UdpSocketCall::Bind),
            Call::Udp(UdpCall::Recv) => SocketCall::Udp(UdpSocketCall::Recv),
            Call::Udp(UdpCall::Close) => SocketCall::Udp(UdpSocketCall::Close),
            Call::Udp(UdpCall::Send { to, .. }) => {
                let host = to.map_or(pair.peer.ip(), |name| self.peer.endpoints().address(name));
                let to = SocketAddr::new(host, pair.peer.port());
                SocketCall::Udp(UdpSocketCall::Send { data: bytes, to })
            }
        }
    }

    fn note_outcome(&mut self, outcome: &Outcome) {
        let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
        let connection = self.peer.connection_mut(self.in_hand);
        match outcome {
            Outcome::Sent(len) => connection.app_sent = connection.app_sent.wrapping_add(count(*len)),
            Outcome::Data(bytes) => connection.app_read = connection.app_read.wrapping_add(count(bytes.len())),
            Outcome::Ok
            | Outcome::Accepted(_)
            | Outcome::Eof
            | Outcome::WouldBlock
            | Outcome::Error(_)
            | Outcome::Ready(_)
            | Outcome::NoSocket => {}
        }
    }
}

/// The call as a person would say it: `send "hello"`.
#[must_use]
pub fn show_call(call: &Call) -> String {
    match call {
        Call::Listen { backlog: None } => "listen".to_owned(),
        Call::Listen { backlog: Some(backlog) } => format!("listen backlog={backlog}"),
        Call::Connect { .. } => "connect".to_owned(),
        Call::Accept => "accept".to_owned(),
        Call::Send { data, urgent } => {
            let bytes = data_bytes(data, 1);
            let urgent = if *urgent { " urgent" } else { "" };
            format!("send{urgent} {} ({} bytes)", show::text(&bytes), bytes.len())
        }
        Call::Recv { max: None } => "recv".to_owned(),
        Call::Recv { max: Some(max) } => format!("recv {max}"),
        Call::Shutdown => "shutdown".to_owned(),
        Call::Close => "close".to_owned(),
        Call::Abort => "abort".to_owned(),
        Call::Poll => "poll".to_owned(),
        Call::Set(switch) => format!("set {switch:?}"),
        Call::Udp(UdpCall::Bind) => "udp-bind".to_owned(),
        Call::Udp(UdpCall::Recv) => "udp-recv".to_owned(),
        Call::Udp(UdpCall::Close) => "udp-close".to_owned(),
        Call::Udp(UdpCall::Send { data, to }) => {
            let bytes = data_bytes(data, 0);
            let to = to.map(|to| format!(" to {}", to.name())).unwrap_or_default();
            format!("udp-send {} ({} bytes){to}", show::text(&bytes), bytes.len())
        }
    }
}
