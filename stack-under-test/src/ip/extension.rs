//! The extension headers of what arrives in IPv6 (RFC8200#4).
//!
//! [`walk`] is called by [`super::packet::IpPacket::parse`] and stops at the upper-layer protocol, or behind the header
//! of a fragment.
//!
//! Left out: the ICMP message that should tell the source of an option, header or route we cannot serve.

use super::packet::Fragment;
use crate::rule::Rule;
use crate::wire::ipv6::{DESTINATION_OPTIONS, ExtensionHeader, FRAGMENT, HOP_BY_HOP, ROUTING};

/// What the chain leads to.
pub(super) struct Chain<'a> {
    pub protocol: u8,
    pub fragment: Option<Fragment>,
    pub payload: &'a [u8],
}

/// Follows the chain in the order it came (RFC8200#4.1). Each header takes at least eight octets, so it ends.
///
/// # Errors
/// The rule the packet is dropped for.
pub(super) fn walk(first: u8, payload: &[u8]) -> Result<Chain<'_>, Rule> {
    let mut chain = Chain { protocol: first, fragment: None, payload };
    let mut at_front = true;
    loop {
        let kind = chain.protocol;
        // Hop-by-hop options stand directly behind the IPv6 header or nowhere.
        let extends = matches!(kind, ROUTING | FRAGMENT | DESTINATION_OPTIONS) || (kind == HOP_BY_HOP && at_front);
        if !extends {
            return Ok(chain);
        }
        let header = ExtensionHeader::split(kind, chain.payload).ok_or(Rule::Ipv6BadExtension)?;
        (chain.protocol, chain.payload) = (header.next_header, header.rest);
        at_front = false;
        match kind {
            FRAGMENT => {
                let part = fragment(header.body).ok_or(Rule::Ipv6BadExtension)?;
                // A fragment that is the whole packet is processed alone (RFC8200#4.5).
                if part.more || part.offset != 0 {
                    return Ok(Chain { fragment: Some(part), ..chain });
                }
            }
            ROUTING => check_route(header.body)?,
            _ => check_options(header.body)?,
        }
    }
}

/// Offset in units of eight octets, two reserved bits, M flag, identification (RFC8200#4.5).
fn fragment(body: &[u8]) -> Option<Fragment> {
    let &[high, low, a, b, c, d] = body.first_chunk::<6>()?;
    let field = u16::from_be_bytes([high, low]);
    Some(Fragment { ident: u32::from_be_bytes([a, b, c, d]), offset: field & !7, more: field & 1 == 1 })
}

/// A route of which nothing is left is ignored; we serve none (RFC8200#4.4, RFC5095#3).
fn check_route(body: &[u8]) -> Result<(), Rule> {
    match body.get(1) {
        Some(0) => Ok(()),
        Some(_) => Err(Rule::IpSourceRoute),
        None => Err(Rule::Ipv6BadExtension),
    }
}

/// The two highest bits of an option we don't know say whether it may be skipped (RFC8200#4.2). We know the padding.
fn check_options(mut options: &[u8]) -> Result<(), Rule> {
    const PAD_1: u8 = 0;
    const PAD_N: u8 = 1;
    while let Some((&kind, rest)) = options.split_first() {
        if kind == PAD_1 {
            options = rest;
            continue;
        }
        let (&len, rest) = rest.split_first().ok_or(Rule::Ipv6BadExtension)?;
        options = rest.get(usize::from(len)..).ok_or(Rule::Ipv6BadExtension)?;
        if kind != PAD_N && kind >> 6 != 0 {
            return Err(Rule::Ipv6UnknownOption);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
