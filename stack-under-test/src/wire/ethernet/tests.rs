use super::*;

#[test]
fn a_frame_has_two_stations_and_a_type() {
    let bytes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x86, 0xdd, b'x'];
    let frame = EthernetFrame::parse(&bytes).expect("long enough");
    assert_eq!(frame.destination, MacAddr([1, 2, 3, 4, 5, 6]));
    assert_eq!(frame.source, MacAddr([7, 8, 9, 10, 11, 12]));
    assert_eq!((frame.kind, frame.payload), (TYPE_IPV6, b"x".as_slice()));
    assert_eq!(frame.emit(), bytes);
    assert!(EthernetFrame::parse(&bytes[..13]).is_none());
}

#[test]
fn groups_have_the_first_bit() {
    assert!(MacAddr::BROADCAST.is_group() && MacAddr([0x33, 0x33, 0, 0, 0, 1]).is_group());
    assert!(!MacAddr([2, 0, 0, 0, 0, 1]).is_group());
    assert_eq!(MacAddr([2, 0, 0, 0xab, 0, 1]).to_string(), "02:00:00:ab:00:01");
}

/// The example of RFC2464#5: the universal/local bit is turned, ff:fe stands in the middle.
#[test]
fn ipv6_addresses_and_stations() {
    let station = MacAddr([0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde]);
    assert_eq!(station.link_local().to_string(), "fe80::3656:78ff:fe9a:bcde");
    let group = "ff02::1:ff9a:bcde".parse().expect("an address");
    assert_eq!(MacAddr::of_ipv6_multicast(group), MacAddr([0x33, 0x33, 0xff, 0x9a, 0xbc, 0xde]));
}
