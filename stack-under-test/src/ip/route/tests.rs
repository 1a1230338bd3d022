use super::*;

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

fn route(subnet: &str, prefix_len: u8, gateway: &str) -> Route {
    Route { destination: Cidr::new(ip(subnet), prefix_len), gateway: ip(gateway) }
}

#[test]
fn the_link_first_then_the_longest_prefix() {
    let host = Host::new(vec![Cidr::new(ip("192.0.2.1"), 24), Cidr::new(ip("2001:db8::1"), 64)], None, 1500);
    let routes = [
        route("0.0.0.0", 0, "192.0.2.254"),
        route("198.51.100.0", 24, "192.0.2.253"),
        route("198.51.100.128", 25, "192.0.2.252"),
        route("192.0.2.0", 28, "192.0.2.251"),
        route("2001:db8:1::", 48, "2001:db8::fe"),
    ];
    for (destination, hop) in [
        ("192.0.2.9", "192.0.2.9"),
        ("192.0.2.255", "192.0.2.255"),
        ("255.255.255.255", "255.255.255.255"),
        ("203.0.113.1", "192.0.2.254"),
        ("198.51.100.1", "192.0.2.253"),
        ("198.51.100.200", "192.0.2.252"),
        ("2001:db8:1:2::3", "2001:db8::fe"),
        ("ff02::1", "ff02::1"),
    ] {
        assert_eq!(next_hop(&host, &routes, ip(destination)), Some(ip(hop)), "{destination}");
    }
    assert_eq!(next_hop(&host, &routes, ip("2001:db8:2::1")), None);
}
