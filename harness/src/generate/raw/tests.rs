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
    // Listen; SYN with any numbers; then time: the SYN,ACK has to be retransmitted, so something was really driven.
    let mut stack =
        Stack::new(Config { address: ADDRESS, prefix_len: 24, mtu: 1500, seed: 1, profile: Profile::rfc9293() });
    let mut sockets = Vec::new();
    user_call(&mut stack, Instant::ZERO, &mut Script(&[0x50]), &mut sockets);
    assert_eq!(sockets.len(), 1);
    let mut wire = Wire::default();
    let syn = segment(&mut Script(&[0x03, 0, 0, 0, 9, 0, 0, 0, 0, 0x02, 200]), &wire);
    stack.handle_packet(Instant::ZERO, &syn);
    drain(&mut stack, Instant::ZERO, &mut wire);
    assert_eq!(wire.rcv_nxt, 10, "the SYN was acknowledged");
}
