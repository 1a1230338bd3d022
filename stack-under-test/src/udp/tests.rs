use super::*;
use crate::packet_script::{PEER, PEER_V6, Script, TARGET, TARGET_V6};
use crate::wire::ipv4::Ipv4Repr;
use crate::wire::ipv6::Ipv6Repr;
use crate::wire::udp::PROTOCOL_UDP;
use crate::{Event, Profile};

fn script() -> Script {
    let mut s = Script::new(Profile::rfc9293());
    assert_eq!(s.stack.udp_bind(7), Ok(()));
    s
}

/// A datagram from the peer's port 9 to this port, in either family.
fn datagram(six: bool, port: u16, data: &[u8]) -> Vec<u8> {
    let udp = UdpDatagram { src_port: 9, dst_port: port, data };
    let mut packet = Vec::new();
    if six {
        let payload = udp.emit(PEER_V6.into(), TARGET_V6.into()).expect("it fits");
        Ipv6Repr::new(PEER_V6, TARGET_V6, PROTOCOL_UDP).emit(payload.len(), &mut packet).expect("it fits");
        packet.extend(payload);
    } else {
        let payload = udp.emit(PEER.into(), TARGET.into()).expect("it fits");
        Ipv4Repr::new(PEER, TARGET, PROTOCOL_UDP).emit(payload.len(), &mut packet).expect("it fits");
        packet.extend(payload);
    }
    packet
}

#[test]
fn datagrams_come_and_go_in_both_families() {
    for (six, peer, target) in [(false, PEER.into(), TARGET.into()), (true, PEER_V6.into(), TARGET_V6.into())] {
        let mut s = script();
        s.stack.handle_packet(s.now, &datagram(six, 7, b"ping"));
        let came = s.stack.udp_receive(7).expect("a datagram");
        assert_eq!((came.from, came.to), (SocketAddr::new(peer, 9), SocketAddr::new(target, 7)));
        assert_eq!((&came.data[..], s.stack.udp_receive(7)), (b"ping".as_slice(), Err(CallError::WouldBlock)));
        assert_eq!(s.stack.udp_send(s.now, 7, came.from, b"pong"), Ok(()));
        let sent = s.stack.poll_transmit(s.now).expect("a packet");
        let ip = IpPacket::parse(&sent.packet).expect("a sound packet");
        let udp = UdpDatagram::parse(ip.source, ip.destination, ip.payload).expect("a sound datagram");
        assert_eq!((udp.src_port, udp.dst_port, udp.data), (7, 9, b"pong".as_slice()));
    }
}

#[test]
fn ports_are_taken_once_and_given_up() {
    let mut s = script();
    assert_eq!(s.stack.udp_bind(7), Err(CallError::AddressInUse));
    assert_eq!(s.stack.udp_bind(0), Err(CallError::Invalid));
    assert_eq!(s.stack.udp_close(7), Ok(()));
    assert_eq!(s.stack.udp_close(7), Err(CallError::NoSuchSocket));
    assert_eq!(s.stack.udp_receive(7), Err(CallError::NoSuchSocket));
    let to = Script::remote();
    assert_eq!(s.stack.udp_send(s.now, 7, to, b""), Err(CallError::NoSuchSocket));
}

#[test]
fn broken_datagrams_and_full_queues_are_dropped() {
    let mut profile = Profile::rfc9293();
    profile.limits.udp_queue = 1;
    let mut s = Script::new(profile);
    assert_eq!(s.stack.udp_bind(7), Ok(()));
    let mut broken = datagram(false, 7, b"ping");
    broken[20 + 8] ^= 1;
    for packet in [broken, datagram(false, 7, b"1"), datagram(false, 7, b"2")] {
        s.stack.handle_packet(s.now, &packet);
    }
    let dropped: Vec<Event> = core::iter::from_fn(|| s.stack.poll_event()).collect();
    assert_eq!(dropped, [Rule::UdpBadChecksum, Rule::UdpQueueFull].map(|rule| Event::Dropped { rule }));
}

/// A datagram longer than the MTU leaves in parts; two stacks that talk show that it arrives.
#[test]
fn a_long_datagram_is_cut_and_joined() {
    let (mut s, data) = (script(), vec![7; 4000]);
    let to = SocketAddr::new(PEER.into(), 9);
    assert_eq!(s.stack.udp_send(s.now, 7, to, &data), Ok(()));
    let mut peer = crate::Stack::new(crate::Config::new(crate::Cidr::new(PEER, 24), 1, Profile::rfc9293()));
    assert_eq!(peer.udp_bind(9), Ok(()));
    let mut parts = 0;
    while let Some(sent) = s.stack.poll_transmit(s.now) {
        parts += 1;
        peer.handle_packet(s.now, &sent.packet);
    }
    assert_eq!((parts, peer.udp_receive(9).map(|datagram| datagram.data)), (3, Ok(data)));
    assert_eq!(s.stack.udp_send(s.now, 7, to, &vec![0; 65_528]), Err(CallError::Invalid));
}

/// RFC1122#4.1.3.3.
#[test]
fn an_icmp_error_reaches_the_user() {
    let mut s = script();
    let to = SocketAddr::new(PEER.into(), 9);
    assert_eq!(s.stack.udp_send(s.now, 7, to, b"anyone?"), Ok(()));
    let sent = s.stack.poll_transmit(s.now).expect("a packet");
    let mut peer = crate::Stack::new(crate::Config::new(crate::Cidr::new(PEER, 24), 1, Profile::rfc9293()));
    peer.handle_packet(s.now, &sent.packet);
    let error = peer.poll_transmit(s.now).expect("port unreachable");
    s.stack.handle_packet(s.now, &error.packet);
    assert_eq!(s.stack.udp_receive(7), Err(CallError::Refused));
    assert_eq!(s.stack.udp_receive(7), Err(CallError::WouldBlock), "once");
}
