use crate::case::load::load_str;

/// The message and help of loading a case of this head and these steps, over IPv6.
fn refused(head: &str, step: &str) -> String {
    let text = format!(
        "title: t\nclauses: [MUST-13]\n{head}\ngiven: ESTABLISHED\nsteps:\n  - {step}\n  - state: ESTABLISHED\n"
    );
    match load_str(&text, "t.yaml") {
        Ok(_) => String::new(),
        Err(error) => format!("{error:?}"),
    }
}

const V6: &str = "config: { ip: 6 }";

#[test]
fn what_only_ipv4_has_is_refused_with_its_place() {
    for (step, word) in [
        ("inject: { flags: ACK, ip: { df: false } }", "df"),
        ("inject: { flags: ACK, ip: { header-length: 5 } }", "header-length"),
        ("inject: { flags: ACK, ip: { checksum: bad } }", "checksum"),
        ("inject: { flags: ACK, ip: { options: \"01\" } }", "options"),
        ("inject: { flags: ACK, ip: { id: 7 } }", "id"),
        ("inject: { flags: ACK, from: subnet-broadcast }", "broadcast"),
        ("inject: { flags: ACK, to: limited-broadcast }", "broadcast"),
        ("call: { connect: { to: subnet-broadcast } }", "broadcast"),
        ("inject: { icmp: source-quench }", "source-quench"),
        ("inject: { icmp: { message: port-unreachable, quote: { ip: { df: true } } } }", "df"),
    ] {
        assert_eq!(refused("config: { ip: 4 }", step), "", "{step}");
        let error = refused(V6, step);
        assert!(error.contains(word) && error.contains("line: 6"), "{step}: {error}");
    }
    assert!(refused("config: { ip: 6, mtu: 1279 }", "wait: 0s").contains("1280"));
    assert_eq!(refused("config: { ip: 6, mtu: 1280 }", "wait: 0s"), "");
}

#[test]
fn what_both_have_is_fine() {
    for step in [
        "inject: { flags: ACK, ip: { ttl: 1, tos: 4, protocol: 6, length: 60, version: 5 } }",
        "inject: { flags: ACK, data: 100, ip: { id: 7 }, fragments: 40 }",
        "inject: { flags: ACK, ip: { id: 7, mf: true, fragment-offset: 1 } }",
        "inject: { flags: ACK, from: loopback, to: multicast }",
        "inject: { icmp: { message: fragmentation-needed, mtu: 1280 } }",
    ] {
        assert_eq!(refused(V6, step), "", "{step}");
    }
}

#[test]
fn another_version_is_refused() {
    assert!(refused("config: { ip: 5 }", "wait: 0s").contains("version of IP"));
}

/// Each version of IP asks for its neighbors in its own way, and where there are frames.
#[test]
fn arp_and_neighbor_discovery_belong_to_their_versions() {
    let (v4, v6) = ("config: { link: ethernet }", "config: { link: ethernet, ip: 6 }");
    for step in ["inject: { arp: request }", "expect: { arp: reply }"] {
        assert_eq!(refused(v4, step), "", "{step}");
        assert!(refused(v6, step).contains("neighbor discovery"), "{step}");
    }
    for step in [
        "inject: { icmp: neighbor-solicitation }",
        "inject: { icmp: { message: neighbor-advertisement, neighbor: { override: false } } }",
        "expect: { icmp: neighbor-advertisement }",
        "expect: { icmp: { neighbor: { about: target } } }",
    ] {
        assert_eq!(refused(v6, step), "", "{step}");
        assert!(refused(v4, step).contains("ARP"), "{step}");
        assert!(refused(V6, step).contains("link: ethernet"), "{step}");
    }
    let elsewhere = "inject: { icmp: { message: echo-request, neighbor: { about: target } } }";
    assert!(refused(v6, elsewhere).contains("in place of `data`"), "{}", refused(v6, elsewhere));
}
