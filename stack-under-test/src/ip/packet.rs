//! What arrives, whatever its IP version: one view for everything above the IP layer.
//!
//! [`IpPacket::parse`] checks the header (RFC1122#3.2.1) and, in IPv6, walks the chain of extension headers. Whether the
//! packet is for us is for [`super::accept`] to say.

use core::net::IpAddr;

use super::extension;
use crate::rule::Rule;
use crate::wire::ipv4::{Ipv4Error, Ipv4Packet};
use crate::wire::ipv6::{Ipv6Error, Ipv6Packet};

/// A received packet with a sound header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IpPacket<'a> {
    /// Who sent it.
    pub source: IpAddr,
    /// Whom it is for; of the same family.
    pub destination: IpAddr,
    /// The protocol of the payload. Of an IPv6 fragment: what the fragment says comes first.
    pub protocol: u8,
    /// Time to live or hop limit.
    pub ttl: u8,
    /// Type of service or traffic class, ECN bits included.
    pub tos: u8,
    /// Which part of a datagram it is; `None` if it is all of it.
    pub fragment: Option<Fragment>,
    /// It is for a group we belong to, not for one of our addresses alone; [`super::accept`] says so.
    pub to_group: bool,
    /// IPv4 options as they came; empty in IPv6.
    pub options: &'a [u8],
    /// What the IP layer carries.
    pub payload: &'a [u8],
}

/// A part of a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fragment {
    /// What the parts of one datagram have in common, besides addresses.
    pub ident: u32,
    /// Where the part begins, octets; a multiple of eight.
    pub offset: u16,
    /// It is not the last part.
    pub more: bool,
}

impl<'a> IpPacket<'a> {
    /// Reads the header, and the extension headers if there are any.
    ///
    /// # Errors
    /// The rule the packet is dropped for.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Rule> {
        match bytes.first().map(|first| first >> 4) {
            Some(6) => Self::parse_v6(bytes),
            Some(_) | None => Self::parse_v4(bytes),
        }
    }

    fn parse_v4(bytes: &'a [u8]) -> Result<Self, Rule> {
        let packet = Ipv4Packet::parse(bytes).map_err(|error| match error {
            Ipv4Error::TooShort => Rule::IpTooShort,
            Ipv4Error::BadVersion => Rule::IpBadVersion,
            Ipv4Error::BadHeaderLength => Rule::IpBadHeaderLength,
            Ipv4Error::BadTotalLength => Rule::IpBadTotalLength,
            Ipv4Error::BadChecksum => Rule::IpBadChecksum,
        })?;
        let part = Fragment {
            ident: u32::from(packet.ident()),
            offset: packet.fragment_offset(),
            more: packet.more_fragments(),
        };
        Ok(Self {
            source: packet.source().into(),
            destination: packet.destination().into(),
            protocol: packet.protocol(),
            ttl: packet.ttl(),
            tos: packet.tos(),
            fragment: packet.is_fragment().then_some(part),
            to_group: false,
            options: packet.options(),
            payload: packet.payload(),
        })
    }

    fn parse_v6(bytes: &'a [u8]) -> Result<Self, Rule> {
        let packet = Ipv6Packet::parse(bytes).map_err(|error| match error {
            Ipv6Error::TooShort => Rule::IpTooShort,
            Ipv6Error::BadVersion => Rule::IpBadVersion,
            Ipv6Error::BadPayloadLength => Rule::IpBadTotalLength,
        })?;
        let chain = extension::walk(packet.next_header(), packet.payload())?;
        Ok(Self {
            source: packet.source().into(),
            destination: packet.destination().into(),
            protocol: chain.protocol,
            ttl: packet.hop_limit(),
            tos: packet.traffic_class(),
            fragment: chain.fragment,
            to_group: false,
            options: &[],
            payload: chain.payload,
        })
    }
}
