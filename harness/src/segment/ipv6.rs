//! The IPv6 header (RFC 8200): written for [`super::build`], read for [`super::parse`].
//!
//! A packet gets a fragment header where the case asks for what only that one has: more fragments, or an offset. What is
//! read may have any extension headers before TCP. Left out: extension headers to inject; `raw` and `ip: { protocol }`
//! can say them.

use std::net::Ipv6Addr;

use pnet_packet::{ip::IpNextHeaderProtocol, ipv6::Ipv6Packet, ipv6::MutableIpv6Packet};

use super::parse::NotTcp;
use crate::case::format::Ip;

pub(crate) const HEADER: usize = 40;
const FRAGMENT_HEADER: usize = 8;
const TCP: u8 = 6;
const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
/// The fragment header, RFC8200#4.5.
pub(crate) const FRAGMENT: u8 = 44;
const DESTINATION_OPTIONS: u8 = 60;

const fn is_fragment(ip: &Ip) -> bool {
    ip.mf.is_some() || ip.fragment_offset.is_some()
}

/// How long the header is, in octets, with its extension header if it has one.
pub(super) const fn header_len(ip: &Ip) -> usize {
    if is_fragment(ip) { HEADER + FRAGMENT_HEADER } else { HEADER }
}

/// Sets the header's fields; `bytes` are [`header_len`] zeros. `id` counts unless `ip` has one.
pub(super) fn fill(bytes: &mut [u8], payload_len: usize, ip: &Ip, id: u16, [source, destination]: [Ipv6Addr; 2]) {
    let behind = bytes.len().saturating_sub(HEADER) + payload_len;
    let protocol = ip.protocol.unwrap_or(TCP);
    if let Some(fragment) = bytes.get_mut(HEADER..HEADER + FRAGMENT_HEADER) {
        let place = (ip.fragment_offset.unwrap_or(0) & 0x1fff) << 3 | u16::from(ip.mf.unwrap_or(false));
        fragment[0] = protocol;
        fragment[2..4].copy_from_slice(&place.to_be_bytes());
        fragment[6..].copy_from_slice(&ip.id.unwrap_or(id).to_be_bytes());
    }
    let Some(mut header) = MutableIpv6Packet::new(bytes) else { return };
    header.set_version(ip.version.unwrap_or(6) & 0x0f);
    header.set_traffic_class(ip.tos.unwrap_or(0));
    header.set_payload_length(ip.length.unwrap_or_else(|| u16::try_from(behind).unwrap_or(u16::MAX)));
    header.set_next_header(IpNextHeaderProtocol(if is_fragment(ip) { FRAGMENT } else { protocol }));
    header.set_hop_limit(ip.ttl.unwrap_or(64));
    header.set_source(source);
    header.set_destination(destination);
}

/// What a packet's header leads to.
pub(crate) struct Payload<'p> {
    /// What follows the headers.
    pub(crate) bytes: &'p [u8],
    /// The protocol of it.
    pub(crate) protocol: u8,
    /// The place of a part of a packet: offset in octets, whether more follow, identification.
    pub(crate) fragment: Option<(usize, bool, u32)>,
}

/// Passes over the extension headers (RFC8200#4) of `packet`, whose last octet is at `end` by its length field.
///
/// # Errors
/// If they do not end within the packet.
pub(crate) fn payload<'p>(ip: &Ipv6Packet<'_>, packet: &'p [u8], end: usize) -> Result<Payload<'p>, NotTcp> {
    let mut protocol = ip.get_next_header().0;
    let mut rest = packet.get(HEADER..end).ok_or(NotTcp::TooShort)?;
    let mut fragment = None;
    loop {
        let is_extension = match protocol {
            HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS => true,
            FRAGMENT => fragment.is_none(),
            _ => false,
        };
        if !is_extension {
            return Ok(Payload { bytes: rest, protocol, fragment });
        }
        let &[next, len, high, low, id @ ..] = rest.first_chunk::<8>().ok_or(NotTcp::TooShort)?;
        let mut skip = (usize::from(len) + 1) * 8;
        if protocol == FRAGMENT {
            let place = u16::from_be_bytes([high, low]);
            let (offset, more) = (usize::from(place & !7), place & 1 != 0);
            // A fragment that is the whole packet (RFC6946) is none.
            fragment = (more || offset > 0).then_some((offset, more, u32::from_be_bytes(id)));
            skip = FRAGMENT_HEADER;
        }
        (protocol, rest) = (next, rest.get(skip..).ok_or(NotTcp::TooShort)?);
        // What follows the header of a later fragment is not a header.
        if fragment.is_some() {
            return Ok(Payload { bytes: rest, protocol, fragment });
        }
    }
}

#[cfg(test)]
mod tests;
