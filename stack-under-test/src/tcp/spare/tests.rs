use crate::packet_script::{ACK, PSH_ACK, RST, SYN, SYN_ACK, Script, seg};
use crate::{Profile, SocketOptions};

/// A connection in a block of one that had text and segments under way begins like the first one.
#[test]
fn nothing_is_left_of_the_old_connection() {
    let mut s = Script::new(Profile::rfc9293());
    s.listen_with(8, SocketOptions::default());
    for _ in 0..3 {
        s.new_incarnation();
        s.inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1)]);
        s.inject(seg(ACK, 1, 1)).accept();
        s.send(b"in flight").expect(&[seg(PSH_ACK, 1, 1).text(b"in flight")]);
        s.inject(seg(PSH_ACK, 3, 1).text(b"early")).expect(&[seg(ACK, 10, 1)]);
        // The reset's error, and the socket is free.
        s.inject(seg(RST, 1, 0)).close().expect_nothing();
        assert!(s.stack.poll_timeout().is_none(), "no timer of an old connection runs");
    }
}
