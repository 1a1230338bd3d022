//! Hosts on an Ethernet: what they say before the first IP packet, and what only stations know.

use core::net::SocketAddr;
use core::time::Duration;

use super::*;
use crate::profile::{AddressClaim, LinkChoices};
use crate::wire::arp::{ArpPacket, Operation};
use crate::wire::icmp::{IcmpRepr, PROTOCOL_ICMP};
use crate::wire::ipv4::Ipv4Repr;
use crate::wire::udp::{PROTOCOL_UDP, UdpDatagram};
use crate::{CallError, Cidr, Config, Event, Reply, Route, Stack, State, UserCall};

const A: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xa]);
const B: MacAddr = MacAddr([2, 0, 0, 0, 0, 0xb]);

fn ip(address: &str) -> IpAddr {
    address.parse().expect("an address")
}

fn v4(address: &str) -> core::net::Ipv4Addr {
    address.parse().expect("an address")
}

fn config(mac: MacAddr, last: u8, claim: AddressClaim) -> Config {
    let profile =
        Profile { link: LinkChoices { address_claim: claim, ..LinkChoices::default() }, ..Profile::rfc9293() };
    let six = format!("2001:db8::{last:x}");
    Config {
        addresses: vec![Cidr::new([192, 0, 2, last], 24), Cidr::new(ip(&six), 64)],
        medium: Medium::Ethernet(mac),
        ..Config::new(Cidr::new([192, 0, 2, last], 24), u64::from(last), profile)
    }
}

fn host(mac: MacAddr, last: u8) -> Stack {
    Stack::new(config(mac, last, AddressClaim::Silent))
}

/// The frames that leave now, with the first rule of each.
fn frames(stack: &mut Stack, now: Instant) -> Vec<(Rule, Vec<u8>)> {
    core::iter::from_fn(|| stack.poll_transmit(now)).map(|sent| (sent.rules.first(), sent.packet)).collect()
}

fn rules(stack: &mut Stack, now: Instant) -> Vec<Rule> {
    frames(stack, now).into_iter().map(|(rule, _)| rule).collect()
}

fn drops(stack: &mut Stack) -> Vec<Rule> {
    let events = core::iter::from_fn(|| stack.poll_event());
    events.filter_map(|event| if let Event::Dropped { rule } = event { Some(rule) } else { None }).collect()
}

/// An ARP packet in its frame.
fn arp(from: MacAddr, to: MacAddr, packet: ArpPacket) -> Vec<u8> {
    EthernetFrame { destination: to, source: from, kind: TYPE_ARP, payload: &packet.emit() }.emit()
}

fn request(from: MacAddr, sender: &str, target: &str) -> Vec<u8> {
    let packet = ArpPacket {
        operation: Operation::Request,
        sender_mac: from,
        sender: v4(sender),
        target_mac: MacAddr::default(),
        target: v4(target),
    };
    arp(from, MacAddr::BROADCAST, packet)
}

/// Carries frames between two hosts until both are silent. Returns the rules in the order frames left.
fn talk(a: &mut Stack, b: &mut Stack, now: Instant) -> Vec<Rule> {
    let mut said = Vec::new();
    loop {
        let (from_a, from_b) = (frames(a, now), frames(b, now));
        if from_a.is_empty() && from_b.is_empty() {
            return said;
        }
        for (rule, frame) in from_a {
            said.push(rule);
            b.handle_packet(now, &frame);
        }
        for (rule, frame) in from_b {
            said.push(rule);
            a.handle_packet(now, &frame);
        }
    }
}

#[test]
fn two_hosts_find_each_other_and_connect() {
    for (remote, asks) in [
        ("192.0.2.11:80", [Rule::ArpRequest, Rule::ArpReply]),
        ("[2001:db8::b]:80", [Rule::NeighborSolicit, Rule::NeighborAdvertise]),
    ] {
        let (mut a, mut b) = (host(A, 10), host(B, 11));
        let remote: SocketAddr = remote.parse().expect("a socket");
        let now = Instant::ZERO;
        let listen = UserCall::Listen { port: 80, backlog: 1, options: Default::default() };
        assert!(b.user_call(now, listen).is_ok());
        let connect = UserCall::Connect { local_port: 4000, remote, options: Default::default() };
        assert!(matches!(a.user_call(now, connect), Ok(Reply::Socket(_))));
        let said = talk(&mut a, &mut b, now);
        assert_eq!(said[..2], asks, "{remote}");
        assert_eq!(said[2], Rule::CallOpen, "the SYN waited for the answer");
        assert_eq!(a.connection_state(4000, remote), Some(State::Established));
        // The question named the asker, so the answer to the SYN needed none.
        assert!(!said[3..].iter().any(|rule| asks.contains(rule)), "{said:?}");
    }
}

#[test]
fn a_request_for_us_is_answered_to_the_asker_alone() {
    let mut host = host(A, 10);
    host.handle_packet(Instant::ZERO, &request(B, "192.0.2.11", "192.0.2.10"));
    let sent = frames(&mut host, Instant::ZERO);
    let frame = EthernetFrame::parse(&sent[0].1).expect("a frame");
    let reply = ArpPacket::parse(frame.payload).expect("an ARP packet");
    assert_eq!((sent.len(), sent[0].0, frame.destination, frame.kind), (1, Rule::ArpReply, B, TYPE_ARP));
    assert_eq!((reply.operation, reply.sender_mac, reply.sender), (Operation::Reply, A, v4("192.0.2.10")));
    assert_eq!((reply.target_mac, reply.target), (B, v4("192.0.2.11")));
    host.handle_packet(Instant::ZERO, &request(B, "192.0.2.11", "192.0.2.12"));
    assert_eq!(rules(&mut host, Instant::ZERO), [], "somebody else's address");
}

/// RFC5227#2.3: a gratuitous ARP at the start, again after two seconds, and no more.
#[test]
fn addresses_are_announced() {
    let mut stack = Stack::new(config(A, 10, AddressClaim::Announce));
    let mut now = Instant::ZERO;
    let first = frames(&mut stack, now);
    let frame = EthernetFrame::parse(&first[0].1).expect("a frame");
    let packet = ArpPacket::parse(frame.payload).expect("an ARP packet");
    assert_eq!(
        (frame.destination, packet.sender, packet.target),
        (MacAddr::BROADCAST, v4("192.0.2.10"), v4("192.0.2.10"))
    );
    assert_eq!(first.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), [Rule::ArpAnnounce, Rule::NeighborAdvertise]);
    now += Duration::from_secs(2);
    assert_eq!(stack.poll_timeout(), Some(now));
    stack.handle_timeout(now);
    assert_eq!(rules(&mut stack, now), [Rule::ArpAnnounce, Rule::NeighborAdvertise]);
    assert_eq!(stack.poll_timeout(), None);
}

/// RFC5227#2.1: an address is asked for first, not used meanwhile, and dropped if another host answers.
#[test]
fn a_taken_address_is_not_used() {
    let mut stack = Stack::new(config(A, 10, AddressClaim::ProbeAndAnnounce));
    let now = Instant::ZERO + Duration::from_millis(500);
    stack.handle_timeout(Instant::ZERO);
    stack.handle_timeout(now);
    let sent = frames(&mut stack, now);
    assert_eq!(sent.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), [Rule::ArpProbe, Rule::NeighborProbe]);
    let probe = ArpPacket::parse(&sent[0].1[14..]).expect("an ARP packet");
    assert!(probe.sender.is_unspecified(), "a probe changes no cache");

    stack.handle_packet(now, &request(B, "192.0.2.11", "192.0.2.10"));
    assert_eq!(rules(&mut stack, now), [], "a question for a tentative address is not answered");
    let reply = ArpPacket {
        operation: Operation::Reply,
        sender_mac: B,
        sender: v4("192.0.2.10"),
        target_mac: A,
        target: v4("0.0.0.0"),
    };
    stack.handle_packet(now, &arp(B, A, reply));
    assert_eq!(drops(&mut stack), [Rule::AddressGivenUp, Rule::AddressConflict]);
    let remote = "192.0.2.11:80".parse().expect("a socket");
    let connect = UserCall::Connect { local_port: 1, remote, options: Default::default() };
    assert_eq!(stack.user_call(now, connect), Err(CallError::HostUnreachable));
}

/// RFC5227#2.4 (b).
#[test]
fn an_address_in_use_is_defended_once() {
    let mut stack = host(A, 10);
    let thief = request(B, "192.0.2.10", "192.0.2.99");
    stack.handle_packet(Instant::ZERO, &thief);
    assert_eq!(rules(&mut stack, Instant::ZERO), [Rule::ArpDefend]);
    stack.handle_packet(Instant::ZERO, &thief);
    assert_eq!(rules(&mut stack, Instant::ZERO), []);
    assert!(drops(&mut stack).contains(&Rule::AddressGivenUp));
}

/// RFC1122#2.4, #3.3.1: the next hop of what is not on the link is the gateway; without one there is no way.
#[test]
fn what_is_not_on_the_link_goes_to_the_gateway() {
    let far: SocketAddr = "198.51.100.1:80".parse().expect("a socket");
    let connect = || UserCall::Connect { local_port: 1, remote: far, options: Default::default() };
    let mut stack = host(A, 10);
    assert_eq!(stack.user_call(Instant::ZERO, connect()), Err(CallError::HostUnreachable));

    let route = Route { destination: Cidr::new([0, 0, 0, 0], 0), gateway: ip("192.0.2.254") };
    let mut stack = Stack::new(Config { routes: vec![route], ..config(A, 10, AddressClaim::Silent) });
    assert!(stack.user_call(Instant::ZERO, connect()).is_ok());
    let asked = frames(&mut stack, Instant::ZERO);
    assert_eq!(ArpPacket::parse(&asked[0].1[14..]).expect("an ARP packet").target, v4("192.0.2.254"));
}

/// RFC1122#3.2.2.2: the gateway in use names another on the link, and is believed; nobody else is. Once that one is silent
/// (#3.3.1.4) the routes count again.
#[test]
fn a_redirect_from_the_gateway_in_use() {
    let far: SocketAddr = "198.51.100.1:80".parse().expect("a socket");
    let route = Route { destination: Cidr::new([0, 0, 0, 0], 0), gateway: ip("192.0.2.254") };
    let asked_for = |stack: &mut Stack, now| {
        stack.udp_send(now, 9, far, b"x").expect("sent");
        let frames = frames(stack, now);
        frames
            .iter()
            .filter_map(|(_, frame)| ArpPacket::parse(&frame[14..]).ok())
            .map(|arp| arp.target)
            .collect::<Vec<_>>()
    };
    for (from, names, destination, verdict) in [
        ("192.0.2.254", "192.0.2.253", "198.51.100.1", Rule::IcmpRedirect),
        ("192.0.2.253", "192.0.2.253", "198.51.100.1", Rule::IcmpRedirectRefused),
        ("192.0.2.254", "203.0.113.1", "198.51.100.1", Rule::IcmpRedirectRefused),
        ("192.0.2.254", "192.0.2.10", "198.51.100.1", Rule::IcmpRedirectRefused),
        ("192.0.2.254", "192.0.2.255", "198.51.100.1", Rule::IcmpRedirectRefused),
        ("192.0.2.254", "192.0.2.253", "192.0.2.20", Rule::IcmpRedirectRefused),
    ] {
        let mut stack = Stack::new(Config { routes: vec![route], ..config(A, 10, AddressClaim::Silent) });
        stack.udp_bind(9).expect("bound");
        stack.handle_packet(Instant::ZERO, &redirect(from, names, destination));
        assert_eq!(drops(&mut stack), [verdict], "{from} {names} {destination}");
        let hop = if verdict == Rule::IcmpRedirect { names } else { "192.0.2.254" };
        assert_eq!(asked_for(&mut stack, Instant::ZERO), [v4(hop)]);
        while let Some(now) = stack.poll_timeout() {
            stack.handle_timeout(now);
            frames(&mut stack, now);
        }
        let later = Instant::ZERO + Duration::from_secs(60);
        assert_eq!(asked_for(&mut stack, later), [v4("192.0.2.254")], "a silent gateway is forgotten");
    }
}

/// A redirect for a datagram to `destination`, in a frame.
fn redirect(from: &str, gateway: &str, destination: &str) -> Vec<u8> {
    let datagram = UdpDatagram { src_port: 9, dst_port: 80, data: b"x" };
    let payload = datagram.emit(ip("192.0.2.10"), ip(destination)).expect("a datagram");
    let mut quote = Vec::new();
    Ipv4Repr::new(v4("192.0.2.10"), v4(destination), PROTOCOL_UDP).emit(payload.len(), &mut quote).expect("a header");
    quote.extend(payload);
    let message = IcmpRepr { kind: 5, code: 1, rest: v4(gateway).octets(), body: &quote }.emit();
    let mut packet = Vec::new();
    Ipv4Repr::new(v4(from), v4("192.0.2.10"), PROTOCOL_ICMP).emit(message.len(), &mut packet).expect("a header");
    packet.extend(message);
    EthernetFrame { destination: A, source: B, kind: TYPE_IPV4, payload: &packet }.emit()
}

/// Three questions without an answer: the SYN is lost and the user hears that the host cannot be reached (RFC1122#2.4).
#[test]
fn a_silent_neighbor_is_a_soft_error() {
    let mut stack = host(A, 10);
    let remote = "192.0.2.99:80".parse().expect("a socket");
    let connect = UserCall::Connect { local_port: 1, remote, options: Default::default() };
    assert!(stack.user_call(Instant::ZERO, connect).is_ok());
    assert_eq!(rules(&mut stack, Instant::ZERO), [Rule::ArpRequest]);
    let mut asked = 1;
    while let Some(now) = stack.poll_timeout().filter(|at| *at <= Instant::ZERO + Duration::from_secs(3)) {
        stack.handle_timeout(now);
        asked += rules(&mut stack, now).iter().filter(|rule| **rule == Rule::ArpRequest).count();
    }
    let dropped = drops(&mut stack);
    assert!(dropped.contains(&Rule::NeighborUnreachable) && dropped.contains(&Rule::IcmpSoft), "{dropped:?}");
    // The SYN of the RTO at 3 s asks anew.
    assert_eq!(asked, 4);
}

#[test]
fn frames_for_others_are_dropped() {
    let mut stack = host(A, 10);
    let mut frame = request(B, "192.0.2.11", "192.0.2.10");
    frame[..6].copy_from_slice(&[2, 0, 0, 0, 0, 0x77]);
    stack.handle_packet(Instant::ZERO, &frame);
    frame[..6].copy_from_slice(&A.0);
    frame[12..14].copy_from_slice(&[0x88, 0xcc]);
    stack.handle_packet(Instant::ZERO, &frame);
    stack.handle_packet(Instant::ZERO, &frame[..13]);
    assert_eq!(drops(&mut stack), [Rule::FrameNotOurs, Rule::FrameUnknownType, Rule::FrameTooShort]);
}

/// RFC4861#7.1.1: a hop limit below 255 shows that a router was between.
#[test]
fn neighbor_messages_from_afar_are_dropped() {
    let (mut a, mut b) = (host(A, 10), host(B, 11));
    let remote = "[2001:db8::b]:80".parse().expect("a socket");
    let connect = UserCall::Connect { local_port: 1, remote, options: Default::default() };
    assert!(a.user_call(Instant::ZERO, connect).is_ok());
    let (_, mut question) = frames(&mut a, Instant::ZERO).remove(0);
    question[14 + 7] = 254;
    b.handle_packet(Instant::ZERO, &question);
    assert_eq!(drops(&mut b), [Rule::NeighborMalformed]);
    question[14 + 7] = 255;
    b.handle_packet(Instant::ZERO, &question);
    assert_eq!(rules(&mut b, Instant::ZERO), [Rule::NeighborAdvertise]);
}

/// RFC4862#5.4.3: a host that asks from no address wants ours; everyone hears that it is taken.
#[test]
fn a_probe_for_our_ipv6_address_is_answered_to_all() {
    let mut ours = host(B, 10);
    let mut twin = Stack::new(config(A, 10, AddressClaim::ProbeAndAnnounce));
    twin.handle_timeout(Instant::ZERO);
    let now = Instant::ZERO + Duration::from_millis(500);
    twin.handle_timeout(now);
    let said = talk(&mut twin, &mut ours, now);
    assert!(said.contains(&Rule::NeighborProbe) && said.contains(&Rule::NeighborAdvertise), "{said:?}");
    assert_eq!(drops(&mut twin).iter().filter(|rule| **rule == Rule::AddressGivenUp).count(), 2, "both families");
}
