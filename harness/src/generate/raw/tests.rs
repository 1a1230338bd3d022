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
    let syn = segment(&mut Script(&[0x03, 0, 0, 0, 9, 0, 0, 0, 0, 0x02, 200]), &bench.wire);
    bench.packet(&syn);
    bench.drain();
    assert_eq!(bench.wire.rcv_nxt, 10, "the SYN was acknowledged");
}
