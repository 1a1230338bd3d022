use proptest::prelude::*;

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn no_script_breaks_the_stack(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        stack_input(&bytes);
    }
}

#[test]
fn a_script_reaches_a_live_connection() {
    // Listen; SYN with any numbers: the SYN,ACK shows that something was really driven.
    let mut bench = Bench::new(Profile::rfc9293());
    bench.user_call(&mut Script(&[0x50]));
    assert_eq!(bench.sockets.len(), 1);
    let syn = packet::segment(&mut Script(&[0x03, 0, 0, 0, 9, 0, 0, 0, 0, 0x02, 200]), &bench.wire);
    bench.packet(&syn);
    bench.drain();
    assert_eq!(bench.wire.rcv_nxt, 10, "the SYN was acknowledged");
}

/// A bench with a connection in SYN-SENT.
fn connecting() -> Bench {
    let mut bench = Bench::new(Profile::rfc9293());
    // The first socket is a listener.
    bench.user_call(&mut Script(&[0]));
    bench.user_call(&mut Script(&[1]));
    bench.drain();
    assert_eq!(bench.stack.connection_state(PORT, PEER), Some(stack_under_test::State::SynSent));
    bench
}

#[test]
fn a_script_says_icmp_errors_about_a_live_connection() {
    // Port unreachable about the octet before SND.NXT: the SYN.
    let mut bench = connecting();
    let message = packet::icmp(&mut Script(&[0, 3, 0, 127, 0]), &bench.wire);
    bench.packet(&message);
    bench.drain();
    assert_eq!(bench.stack.connection_state(PORT, PEER), None);
}

#[test]
fn a_script_says_a_whole_packet_in_fragments() {
    // The same message, its 36 octets in fragments of eight; the first comes last.
    let mut bench = connecting();
    let pieces = packet::fragments(&mut Script(&[4, 0, 3, 0, 127, 0, 0x80, 5, 2, 3, 4, 5, 1]), &bench.wire);
    assert_eq!(pieces.len(), 5);
    for piece in &pieces {
        assert!(bench.stack.connection_state(PORT, PEER).is_some());
        bench.packet(piece);
    }
    bench.drain();
    assert_eq!(bench.stack.connection_state(PORT, PEER), None);
}

#[test]
fn a_close_in_syn_sent_makes_room_for_another_connection() {
    let mut bench = connecting();
    bench.user_call(&mut Script(&[0x18]));
    bench.pass_time(&mut Script(&[1, 0]));
    let syn = packet::segment(&mut Script(&[0x03, 0, 0, 0, 9, 0, 0, 0, 0, 0x02, 200]), &bench.wire);
    bench.packet(&syn);
    bench.drain();
    assert_eq!(bench.stack.connection_state(PORT, PEER), Some(stack_under_test::State::SynReceived));
}
