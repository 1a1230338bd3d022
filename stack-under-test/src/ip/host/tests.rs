use super::*;

fn host(addresses: &[Cidr]) -> Host {
    Host::new(addresses.to_vec(), None, 1500)
}

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

#[test]
fn prefixes_without_a_broadcast_address() {
    let ours = ip("10.0.0.0");
    for prefix_len in [31, 32, 99] {
        assert!(host(&[Cidr::new(ours, prefix_len)]).is_unicast(ip("10.0.0.1")), "/{prefix_len}");
    }
    assert!(host(&[Cidr::new(ours, 30)]).is_broadcast(ip("10.0.0.3")));
    assert!(host(&[Cidr::new(ours, 0)]).is_broadcast(ip("255.255.255.255")));
    assert!(!host(&[Cidr::new(ip("2001:db8::"), 0)]).is_broadcast(ip("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")));
}

/// RFC4291#2.5.2, #2.5.3, #2.7.
#[test]
fn addresses_that_are_no_hosts_in_ipv6() {
    let host = host(&[Cidr::new(ip("2001:db8::1"), 64)]);
    for address in ["::", "::1", "ff02::1", "ff0e::1"] {
        assert!(!host.is_unicast(ip(address)), "{address}");
    }
    assert!(host.is_unicast(ip("fe80::1")) && host.is_unicast(ip("2001:db8::2")));
}

#[test]
fn the_source_is_of_the_remote_family_and_subnet() {
    let four = host(&[
        Cidr::new(ip("192.0.2.1"), 24),
        Cidr::new(ip("198.51.100.1"), 24),
        Cidr::new(ip("2001:db8::1"), 64),
        Cidr::new(ip("fe80::1"), 64),
    ]);
    for (remote, source) in [
        ("192.0.2.9", "192.0.2.1"),
        ("198.51.100.9", "198.51.100.1"),
        ("203.0.113.9", "192.0.2.1"),
        ("2001:db8::9", "2001:db8::1"),
        ("fe80::9", "fe80::1"),
        ("2001:db8:ffff::9", "2001:db8::1"),
    ] {
        assert_eq!(four.source_for(ip(remote)), Some(ip(source)), "{remote}");
    }
    assert_eq!(host(&[Cidr::new(ip("192.0.2.1"), 24)]).source_for(ip("fe80::9")), None);
}
