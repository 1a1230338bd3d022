//! A datagram longer than the link's MTU leaves in parts (RFC791#3.2, RFC8200#4.5).
//!
//! Called by [`crate::outbox`] for UDP and ICMP. TCP keeps its segments below the MTU and asks not to be cut.

use core::net::IpAddr;

use crate::outbox::IpFields;
use crate::wire::ipv4::{self, Ipv4Repr};
use crate::wire::ipv6::{self, Ipv6Repr};

/// Octets of IPv6's fragment header.
const FRAGMENT_HEADER: usize = 8;

/// What all packets of one datagram have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Datagram<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub protocol: u8,
    pub fields: IpFields,
    /// Identification, for this pair of addresses and protocol used only once in a while (RFC6864#4.2).
    pub ident: u32,
    pub payload: &'a [u8],
}

impl Datagram<'_> {
    /// The packets that carry it over a link with this MTU, octets. `None`: it is too long for IP, its addresses are of
    /// two families, or it must not be cut.
    pub(crate) fn packets(&self, mtu: u16) -> Option<Vec<Vec<u8>>> {
        let header = if self.source.is_ipv4() { ipv4::HEADER_LEN } else { ipv6::HEADER_LEN };
        let mtu = usize::from(mtu);
        if header + self.payload.len() <= mtu {
            return Some(vec![self.whole()?]);
        }
        if self.fields.dont_fragment || self.payload.len() > usize::from(u16::MAX) - header {
            return None;
        }
        let extra = if self.source.is_ipv4() { 0 } else { FRAGMENT_HEADER };
        // All parts but the last are multiples of eight octets long.
        let room = mtu.checked_sub(header + extra)? & !7;
        if room == 0 {
            return None;
        }
        let parts = self.payload.chunks(room).enumerate();
        parts.map(|(index, part)| self.packet(part, Some((index * room, self.payload.len())))).collect()
    }

    /// The payload as the first fragment of a longer one.
    pub(super) fn first_of_more(&self) -> Option<Vec<u8>> {
        self.packet(self.payload, Some((0, usize::MAX)))
    }

    /// One packet; `cut`: its part begins there, in a datagram that long.
    fn packet(&self, part: &[u8], cut: Option<(usize, usize)>) -> Option<Vec<u8>> {
        let mut packet = Vec::with_capacity(ipv6::HEADER_LEN + FRAGMENT_HEADER + part.len());
        let cut = match cut {
            Some((at, whole)) => Some((u16::try_from(at).ok()?, at + part.len() < whole)),
            None => None,
        };
        self.emit_header(part.len(), cut, &mut packet)?;
        packet.extend_from_slice(part);
        Some(packet)
    }

    /// The whole datagram in one packet, whatever the link takes.
    pub(super) fn whole(&self) -> Option<Vec<u8>> {
        self.packet(self.payload, None)
    }

    /// Appends the header of a packet that carries `len` octets; `cut`: where its part begins, and whether more follow.
    /// `None`: the addresses are of two families, or that is too long for IP; then `out` is left as it was.
    pub(crate) fn emit_header(&self, len: usize, cut: Option<(u16, bool)>, out: &mut Vec<u8>) -> Option<()> {
        let IpFields { ttl, tos, dont_fragment } = self.fields;
        let (fragment_offset, more_fragments) = cut.unwrap_or((0, false));
        match (self.source, self.destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let ident = self.ident as u16;
                let header = Ipv4Repr {
                    ttl,
                    tos,
                    ident,
                    dont_fragment,
                    fragment_offset,
                    more_fragments,
                    ..Ipv4Repr::new(source, destination, self.protocol)
                };
                header.emit(len, out).ok()
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let extra = if cut.is_some() { FRAGMENT_HEADER } else { 0 };
                let first = if cut.is_some() { ipv6::FRAGMENT } else { self.protocol };
                let header =
                    Ipv6Repr { hop_limit: ttl, traffic_class: tos, ..Ipv6Repr::new(source, destination, first) };
                header.emit(extra + len, out).ok()?;
                if cut.is_some() {
                    out.extend([self.protocol, 0]);
                    out.extend((fragment_offset | u16::from(more_fragments)).to_be_bytes());
                    out.extend(self.ident.to_be_bytes());
                }
                Some(())
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => None,
        }
    }
}

#[cfg(test)]
mod tests;
