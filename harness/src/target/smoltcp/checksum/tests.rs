use super::*;
use crate::{
    case::format::{Checksum, Ip},
    segment::build::{WireSegment, build},
};

#[test]
fn each_of_the_two_checksums_counts() {
    let [peer, target] = ["192.0.2.2:40000", "192.0.2.1:80"].map(|socket| socket.parse().unwrap());
    let of = |checksum, ip_checksum| {
        let ip = Ip { checksum: ip_checksum, ..Ip::default() };
        build(&WireSegment { text: b"x", checksum, ip: &ip, ..WireSegment::empty(peer, target) })
    };
    assert!(!is_wrong(&of(None, None)));
    assert!(is_wrong(&of(Some(Checksum::Bad), None)));
    assert!(is_wrong(&of(None, Some(Checksum::Bad))));
    // What is no packet has no checksum.
    assert!(!is_wrong(&[]) && !is_wrong(&[0x4f, 0, 0]));
}
