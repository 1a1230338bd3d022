use super::*;
use crate::wire::ipv6::NO_NEXT_HEADER;

const TCP: u8 = 6;

#[track_caller]
fn leads_to(first: u8, chain: &[u8], protocol: u8, payload: &[u8]) {
    let end = walk(first, chain).expect("a sound chain");
    assert_eq!((end.protocol, end.payload, end.fragment), (protocol, payload, None));
}

#[track_caller]
fn refused(first: u8, chain: &[u8], rule: Rule) {
    assert_eq!(walk(first, chain).map(|_| ()), Err(rule));
}

#[test]
fn headers_we_need_not_know_are_skipped_in_any_order() {
    leads_to(TCP, b"text", TCP, b"text");
    let padding = [1, 4, 0, 0, 0, 0];
    let mut chain = vec![DESTINATION_OPTIONS, 0];
    chain.extend(padding);
    chain.extend([ROUTING, 0]);
    chain.extend(padding);
    // Routing type 0 with nothing left of it.
    chain.extend([TCP, 0, 0, 0, 0, 0, 0, 0]);
    chain.extend(b"text");
    leads_to(HOP_BY_HOP, &chain, TCP, b"text");
    leads_to(NO_NEXT_HEADER, b"ignored", NO_NEXT_HEADER, b"ignored");
}

#[test]
fn a_longer_header_counts_in_units_of_eight() {
    let mut chain = vec![TCP, 1, 1, 12];
    chain.extend([0; 12]);
    chain.extend(b"text");
    leads_to(DESTINATION_OPTIONS, &chain, TCP, b"text");
    refused(DESTINATION_OPTIONS, &chain[..15], Rule::Ipv6BadExtension);
    refused(DESTINATION_OPTIONS, &[TCP], Rule::Ipv6BadExtension);
}

/// RFC8200#4.1: hop-by-hop options are only looked for behind the IPv6 header.
#[test]
fn hop_by_hop_options_elsewhere_are_a_protocol_we_do_not_speak() {
    let chain = [HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0];
    leads_to(DESTINATION_OPTIONS, &chain, HOP_BY_HOP, &chain[8..]);
}

/// RFC8200#4.2.
#[test]
fn the_high_bits_of_an_unknown_option_decide() {
    for (kind, known) in [(0x1e, true), (0x3e, true), (0x5e, false), (0x9e, false), (0xde, false)] {
        let chain = [TCP, 0, kind, 4, 0, 0, 0, 0];
        match walk(DESTINATION_OPTIONS, &chain) {
            Ok(_) => assert!(known, "{kind:#x}"),
            Err(rule) => assert!(!known && rule == Rule::Ipv6UnknownOption, "{kind:#x}"),
        }
    }
    refused(HOP_BY_HOP, &[TCP, 0, 0x1e, 5, 0, 0, 0, 0], Rule::Ipv6BadExtension);
    refused(HOP_BY_HOP, &[TCP, 0, 0, 0, 0, 0, 0, 0x1e], Rule::Ipv6BadExtension);
}

#[test]
fn a_route_that_goes_on_is_refused() {
    refused(ROUTING, &[TCP, 0, 0, 1, 0, 0, 0, 0], Rule::IpSourceRoute);
}

/// RFC8200#4.5.
#[test]
fn a_fragment_ends_the_walk_unless_it_is_the_whole() {
    let chain = [TCP, 0, 0x00, 0x19, 1, 2, 3, 4, b'x'];
    let end = walk(FRAGMENT, &chain).expect("sound");
    assert_eq!(end.fragment, Some(Fragment { ident: 0x0102_0304, offset: 24, more: true }));
    assert_eq!((end.protocol, end.payload), (TCP, b"x".as_slice()));
    leads_to(FRAGMENT, &[TCP, 0, 0, 0, 1, 2, 3, 4, b'x'], TCP, b"x");
}
