use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use crate::packet_script::{ACK, PSH_ACK, SYN, Script, seg};
use crate::profile::Limits;
use crate::{Cidr, Config, Instant, Profile, Reply, SocketOptions, Stack, UserCall};

fn roomy() -> Profile {
    let limits = Limits { connections: 4000, sockets: 4000, backlog: 4000, ..Limits::default() };
    Profile { limits, ..Profile::rfc9293() }
}

/// Many connections with timers of all kinds: the table's deadline is the earliest of all (which `deadline` itself
/// compares in tests), and what is due runs in the order of pairs.
#[test]
fn deadlines_of_many() {
    let mut s = Script::new(Profile { delayed_ack: Some(Duration::from_millis(200)), ..roomy() });
    s.listen_with(4000, SocketOptions::default());
    for port in 2000..2060_u16 {
        s.new_incarnation();
        s.inject_from(port, seg(SYN, 0, 0));
        // Some stay half open, some get text, some close.
        if port % 3 > 0 {
            s.inject_from(port, seg(ACK, 1, 1)).inject_from(port, seg(PSH_ACK, 1, 1).text(b"x"));
        }
        if port % 3 == 2 {
            s.inject_from(port, seg(crate::packet_script::RST, 2, 1));
        }
        s.wait_ms(u64::from(port) % 7);
    }
    s.take_lines();
    s.wait(Duration::from_secs(400));
    assert!(s.stack.poll_timeout().is_none(), "half-open ones are given up, the others wait for nothing");
}

/// The same seed and inputs give the same outputs, whatever the order of the map.
#[test]
fn the_order_of_the_map_does_not_show() {
    let run = |seed| {
        let mut stack = Stack::new(Config::new(Cidr::new([10, 0, 0, 1], 8), seed, roomy()));
        let mut now = Instant::ZERO;
        for host in 0..200_u32 {
            let remote = SocketAddr::new(IpAddr::V4(Ipv4Addr::from(0x0a00_0100 + host)), 80);
            let call = UserCall::Connect { local_port: 5000, remote, options: SocketOptions::default() };
            assert!(matches!(stack.user_call(now, call), Ok(Reply::Socket(_))));
        }
        let mut destinations = Vec::new();
        for _ in 0..3 {
            while let Some(transmit) = stack.poll_transmit(now) {
                destinations.push(transmit.packet[19]);
            }
            now = stack.poll_timeout().expect("retransmissions");
            stack.handle_timeout(now);
        }
        destinations
    };
    assert_eq!(run(1), run(2), "ISNs differ, the order does not");
}

/// Nor when a listener takes its half-open connections with it.
#[test]
fn the_order_of_resets() {
    let mut s = Script::new(roomy());
    s.listen_with(4000, SocketOptions::default());
    for port in 3000..3040_u16 {
        s.new_incarnation();
        s.inject_from(port, seg(SYN, 0, 0));
    }
    s.take_lines();
    let listener = s.listener.expect("a listener");
    let now = s.now;
    assert_eq!(s.stack.user_call(now, UserCall::Close { socket: listener }), Ok(Reply::Done));
    let mut ports = Vec::new();
    while let Some(transmit) = s.stack.poll_transmit(now) {
        ports.push(u16::from_be_bytes([transmit.packet[22], transmit.packet[23]]));
    }
    assert_eq!(ports, (3000..3040).collect::<Vec<u16>>());
}

/// Connections that come and go leave nothing among the timers, though theirs would have come much later.
#[test]
fn timers_do_not_pile_up() {
    let mut s = Script::new(roomy());
    s.listen_with(4000, SocketOptions::default());
    for _ in 0..1000 {
        for port in 2000..2004_u16 {
            s.new_incarnation();
            s.inject_from(port, seg(SYN, 0, 0)).inject_from(port, seg(crate::packet_script::RST, 1, 0));
        }
        s.take_lines();
    }
    let most = s.stack.timers();
    assert!(most <= 200, "{most} entries for no connection");
}
