use super::*;

fn endpoints() -> Endpoints {
    Endpoints {
        target: "192.0.2.1:80".parse().unwrap(),
        peer: "192.0.2.2:40000".parse().unwrap(),
        ..Endpoints::documentation(crate::case::format::IpVersion::V4)
    }
}

/// From the peer's first connection to the target.
fn from_peer(flags: Flags, seq: u32, ack: u32) -> Parsed {
    Parsed {
        source: [192, 0, 2, 2].into(),
        destination: [192, 0, 2, 1].into(),
        source_port: 40_000,
        destination_port: 80,
        flags,
        seq,
        ack,
        win: 1000,
        ..Parsed::default()
    }
}

/// From the target to the peer's first connection.
fn from_target(flags: Flags, seq: u32, ack: u32, text: usize) -> Parsed {
    Parsed {
        source: [192, 0, 2, 1].into(),
        destination: [192, 0, 2, 2].into(),
        source_port: 80,
        destination_port: 40_000,
        flags,
        seq,
        ack,
        win: 5000,
        text: vec![0; text].into(),
        ..Parsed::default()
    }
}

const ISN: u32 = 0xffff_fff0;
const ISS: u32 = 900;
const SYN_ACK: Flags = Flags(0x012);

fn symbol(peer: &Peer, symbol: Symbol) -> Option<u32> {
    peer.connection(0).view.symbol(symbol).ok()
}

/// After a passive open, with the peer's numbers just below the wrap.
fn established() -> Peer {
    let mut peer = Peer::new(endpoints(), Some(ISN));
    let syn = peer.injected(0, from_peer(Flags::SYN, ISN, 0), Time::ZERO);
    assert_eq!((syn.seq, syn.on), (0, Some(0)));
    let (syn_ack, before) = peer.emitted(from_target(SYN_ACK, ISS, ISN.wrapping_add(1), 0), Time::ZERO);
    assert_eq!((syn_ack.seq, syn_ack.ack), (0, 1));
    assert_eq!(before.iss, None);
    peer.injected(0, from_peer(Flags::ACK, ISN.wrapping_add(1), ISS + 1), Time::ZERO);
    peer
}

#[test]
fn symbols_are_what_the_wire_shows() {
    let peer = established();
    assert_eq!(symbol(&peer, Symbol::SndUna), Some(1));
    assert_eq!(symbol(&peer, Symbol::SndNxt), Some(1));
    assert_eq!(symbol(&peer, Symbol::RcvNxt), Some(1));
    assert_eq!(symbol(&peer, Symbol::RcvWnd), Some(5000));
    assert_eq!(symbol(&peer, Symbol::SndWnd), Some(1000));
    assert_eq!(symbol(&peer, Symbol::Mss), Some(536), "MUST-15: no option came");
}

#[test]
fn before_the_target_speaks_its_window_is_unknown() {
    let peer = Peer::new(endpoints(), None);
    assert_eq!(symbol(&peer, Symbol::RcvNxt), None);
    assert_eq!(symbol(&peer, Symbol::RcvWnd), None);
}

#[test]
fn numbers_are_relative_across_the_wrap() {
    let mut peer = established();
    let segment = peer.injected(0, from_peer(Flags::ACK, ISN.wrapping_add(100), ISS + 1), Time::ZERO);
    assert_eq!((segment.seq, segment.ack), (100, 1));
    let (segment, before) = peer.emitted(from_target(Flags::ACK, ISS + 1, ISN.wrapping_add(100), 7), Time::ZERO);
    assert_eq!((segment.seq, segment.ack), (1, 100));
    assert_eq!(before.next_out(), 1, "the view is the one before the segment");
    assert_eq!(symbol(&peer, Symbol::SndNxt), Some(8));
    assert_eq!(symbol(&peer, Symbol::RcvNxt), Some(100));
}

#[test]
fn positions_are_sums_modulo_2_to_the_32() {
    let peer = established();
    let view = peer.connection(0).view;
    let position =
        Position { symbols: smallvec::smallvec![(false, Symbol::RcvNxt), (false, Symbol::RcvWnd)], offset: -1 };
    assert_eq!(view.position(&position), Ok(5000));
    assert_eq!(view.position(&Position::symbol(Symbol::SndUna, -2)), Ok(u32::MAX));
    assert_eq!(
        view.position(&Position { symbols: smallvec::smallvec![(true, Symbol::RcvNxt)], offset: 0 }),
        Ok(u32::MAX)
    );
}

#[test]
fn an_ack_of_what_was_never_sent_moves_nothing() {
    let mut peer = established();
    peer.injected(0, from_peer(Flags::ACK, ISN.wrapping_add(1), ISS + 50), Time::ZERO);
    assert_eq!(symbol(&peer, Symbol::SndUna), Some(1));
}

#[test]
fn an_ack_outside_the_window_moves_nothing() {
    let mut peer = established();
    peer.emitted(from_target(Flags::ACK, ISS + 1, ISN.wrapping_add(1), 7), Time::ZERO);
    peer.injected(0, from_peer(Flags::ACK, ISN.wrapping_add(9000), ISS + 8), Time::ZERO);
    assert_eq!(symbol(&peer, Symbol::SndUna), Some(1));
    peer.injected(0, from_peer(Flags::ACK, ISN.wrapping_add(1), ISS + 8), Time::ZERO);
    assert_eq!(symbol(&peer, Symbol::SndUna), Some(8));
}

#[test]
fn a_retransmitted_syn_ack_with_another_iss_shows() {
    let mut peer = Peer::new(endpoints(), Some(ISN));
    peer.injected(0, from_peer(Flags::SYN, ISN, 0), Time::ZERO);
    peer.emitted(from_target(SYN_ACK, ISS, ISN.wrapping_add(1), 0), Time::ZERO);
    let (again, _) = peer.emitted(from_target(SYN_ACK, ISS + 5, ISN.wrapping_add(1), 0), Time::ZERO);
    assert_eq!(again.seq, 5);
}

#[test]
fn a_new_incarnation_has_its_own_iss() {
    let mut peer = established();
    peer.injected(0, from_peer(Flags::SYN, ISN.wrapping_add(1000), 0), Time::ZERO);
    let (syn_ack, _) = peer.emitted(from_target(SYN_ACK, 70_000, ISN.wrapping_add(1001), 0), Time::ZERO);
    assert_eq!((syn_ack.seq, syn_ack.ack), (0, 1001));
    assert_eq!(symbol(&peer, Symbol::SndNxt), Some(1));
}

#[test]
fn a_new_incarnation_may_have_the_iss_of_the_last_one() {
    let mut peer = established();
    peer.emitted(from_target(Flags::ACK, ISS + 1, ISN.wrapping_add(1), 7), Time::ZERO);
    peer.injected(0, from_peer(Flags::RST, ISN.wrapping_add(1), 0), Time::ZERO);
    peer.injected(0, from_peer(Flags::SYN, ISN, 0), Time::ZERO);
    peer.emitted(from_target(SYN_ACK, ISS, ISN.wrapping_add(1), 0), Time::ZERO);
    assert_eq!(symbol(&peer, Symbol::SndNxt), Some(1), "nothing of the last one is in flight");
    assert_eq!(symbol(&peer, Symbol::SndUna), Some(0));
}

#[test]
fn a_reset_from_nowhere_carries_the_number_zero_itself() {
    let mut peer = established();
    let rst = from_target(Flags::RST | Flags::ACK, 0, ISN.wrapping_add(1), 0);
    assert_eq!(peer.emitted(rst, Time::ZERO).0.seq, 0);
    assert_eq!(symbol(&peer, Symbol::SndNxt), Some(1), "a reset moves no variable");
}

#[test]
fn scaling_counts_only_when_both_offered_it() {
    for (theirs, expected) in [(Some(2), 20_000), (None, 5000)] {
        let mut peer = Peer::new(endpoints(), Some(ISN));
        let mut syn = from_peer(Flags::SYN, ISN, 0);
        syn.options.wscale = theirs;
        peer.injected(0, syn, Time::ZERO);
        let mut syn_ack = from_target(SYN_ACK, ISS, ISN.wrapping_add(1), 0);
        syn_ack.options.wscale = Some(2);
        peer.emitted(syn_ack, Time::ZERO);
        assert_eq!(symbol(&peer, Symbol::RcvWnd), Some(5000), "the window of a SYN is never scaled");
        peer.emitted(from_target(Flags::ACK, ISS + 1, ISN.wrapping_add(1), 0), Time::ZERO);
        assert_eq!(symbol(&peer, Symbol::RcvWnd), Some(expected));
    }
}

#[test]
fn names_are_connections_with_ports_of_their_own() {
    let mut peer = Peer::new(endpoints(), None);
    assert_eq!(peer.resolve(None, None), 0);
    let b = peer.resolve(Some("b"), None);
    assert_eq!((b, peer.resolve(Some("b"), None)), (1, 1));
    assert_eq!(peer.connection(b).pair.peer, "192.0.2.2:40001".parse().unwrap());
    let c = peer.resolve(Some("c"), Some("192.0.2.3".parse().unwrap()));
    assert_eq!(peer.connection(c).pair.peer, "192.0.2.3:40002".parse().unwrap());
    assert_eq!(peer.number_of(Some("nobody")), u8::MAX);
}

#[test]
fn a_packet_for_nobody_belongs_to_no_connection() {
    let mut peer = Peer::new(endpoints(), None);
    let stray = Parsed { destination_port: 1, ..from_target(Flags::RST, 5, 0, 0) };
    assert_eq!(peer.emitted(stray, Time::ZERO).0.on, None);
}

#[test]
fn what_goes_to_another_host_is_relative_to_the_connection_with_its_ports() {
    let mut peer = established();
    let to_other = |flags, seq, ack| Parsed { destination: [192, 0, 2, 9].into(), ..from_target(flags, seq, ack, 0) };
    let mut numbers = |parsed| {
        let (segment, _) = peer.emitted(parsed, Time::ZERO);
        (segment.on, segment.seq, segment.ack)
    };
    assert_eq!(numbers(to_other(SYN_ACK, ISS + 3, ISN.wrapping_add(1))), (None, 3, 1));
    // A reset for a segment without ACK carries the number 0 itself, also from a target that leaves its own ACK out.
    assert_eq!(numbers(to_other(Flags::RST | Flags::ACK, 0, ISN.wrapping_add(2))), (None, 0, 2));
    assert_eq!(numbers(to_other(Flags::RST, 0, 0)), (None, 0, 0));
    let elsewhere = Parsed { destination_port: 7, ..to_other(SYN_ACK, 5, 6) };
    assert_eq!(numbers(elsewhere), (None, 5, 6), "nobody knows what these are relative to");
}

#[test]
fn the_same_syn_after_both_fins_begins_another_connection() {
    let fin = Flags::FIN | Flags::ACK;
    let next = ISN.wrapping_add(1);
    let again = |peer: &mut Peer| {
        peer.injected(0, from_peer(Flags::SYN, ISN, 0), Time::ZERO);
        peer.emitted(from_target(SYN_ACK, 5000, next, 0), Time::ZERO).0.seq
    };
    let closing = || {
        let mut peer = established();
        peer.injected(0, from_peer(fin, next, ISS + 1), Time::ZERO);
        peer.emitted(from_target(fin, ISS + 1, next.wrapping_add(1), 0), Time::ZERO);
        peer
    };
    // The FIN of the target is not acknowledged yet: another number is an odd one.
    assert_eq!(again(&mut closing()), 5000 - ISS);
    let mut peer = closing();
    peer.injected(0, from_peer(Flags::ACK, next.wrapping_add(1), ISS + 2), Time::ZERO);
    assert_eq!(again(&mut peer), 0);
    // One FIN alone ends nothing.
    let mut half = established();
    half.emitted(from_target(fin, ISS + 1, next, 0), Time::ZERO);
    half.injected(0, from_peer(Flags::ACK, next, ISS + 2), Time::ZERO);
    assert_eq!(again(&mut half), 5000 - ISS);
}
