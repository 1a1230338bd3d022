//! UDP (RFC768, RFC1122#4.1): sockets are local ports, datagrams wait in them.
//!
//! The user interface is [`crate::Stack::udp_bind`] and its neighbours; [`Udp::packet_arrives`] is called by
//! [`crate::Stack::handle_packet`].
//!
//! Left out: IP options of a datagram (RFC1122#4.1.3.2), connected sockets, joining groups.

use core::net::SocketAddr;
use std::collections::{BTreeMap, VecDeque};

use crate::call::CallError;
use crate::ip::packet::IpPacket;
use crate::profile::Limits;
use crate::rule::Rule;
use crate::wire::icmp::Quote;
use crate::wire::udp::{UdpDatagram, UdpError};

/// A datagram for one of our sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it, and where an answer goes.
    pub from: SocketAddr,
    /// Our address it was sent to (RFC1122#4.1.3.5), with our port.
    pub to: SocketAddr,
    /// The octets.
    pub data: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Socket {
    waiting: VecDeque<Datagram>,
    /// What an ICMP error said about a datagram we sent (RFC1122#4.1.3.3).
    error: Option<CallError>,
}

/// The UDP of one host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Udp {
    sockets: BTreeMap<u16, Socket>,
}

impl Udp {
    pub(crate) fn bind(&mut self, port: u16, limits: &Limits) -> Result<(), CallError> {
        if port == 0 {
            return Err(CallError::Invalid);
        }
        if self.sockets.contains_key(&port) {
            return Err(CallError::AddressInUse);
        }
        if self.sockets.len() >= limits.sockets {
            return Err(CallError::InsufficientResources);
        }
        self.sockets.insert(port, Socket::default());
        Ok(())
    }

    pub(crate) fn close(&mut self, port: u16) -> Result<(), CallError> {
        self.sockets.remove(&port).map(|_| ()).ok_or(CallError::NoSuchSocket)
    }

    pub(crate) fn is_bound(&self, port: u16) -> bool {
        self.sockets.contains_key(&port)
    }

    pub(crate) fn receive(&mut self, port: u16) -> Result<Datagram, CallError> {
        let socket = self.sockets.get_mut(&port).ok_or(CallError::NoSuchSocket)?;
        match socket.error.take() {
            Some(error) => Err(error),
            None => socket.waiting.pop_front().ok_or(CallError::WouldBlock),
        }
    }

    /// A datagram arrives.
    ///
    /// # Errors
    /// The rule it is dropped for.
    pub(crate) fn packet_arrives(&mut self, packet: &IpPacket<'_>, limits: &Limits) -> Result<(), Rule> {
        let udp =
            UdpDatagram::parse(packet.source, packet.destination, packet.payload).map_err(|error| match error {
                UdpError::TooShort => Rule::UdpTooShort,
                UdpError::BadLength => Rule::UdpBadLength,
                UdpError::BadChecksum => Rule::UdpBadChecksum,
            })?;
        let socket = self.sockets.get_mut(&udp.dst_port).ok_or(Rule::UdpNoPort)?;
        if socket.waiting.len() >= limits.udp_queue {
            return Err(Rule::UdpQueueFull);
        }
        socket.waiting.push_back(Datagram {
            from: SocketAddr::new(packet.source, udp.src_port),
            to: SocketAddr::new(packet.destination, udp.dst_port),
            data: udp.data.to_vec(),
        });
        Ok(())
    }

    /// An ICMP error about a datagram of ours.
    ///
    /// # Errors
    /// The rule it is dropped for.
    pub(crate) fn icmp_error(&mut self, error: CallError, quote: &Quote) -> Result<(), Rule> {
        let socket = self.sockets.get_mut(&quote.source_port()).ok_or(Rule::IcmpNoConnection)?;
        socket.error = Some(error);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
