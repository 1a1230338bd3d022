use proptest::prelude::*;

use super::*;

fn v4() -> (IpAddr, IpAddr) {
    ([192, 0, 2, 1].into(), [192, 0, 2, 2].into())
}

fn v6() -> (IpAddr, IpAddr) {
    ("2001:db8::1".parse().expect("an address"), "2001:db8::2".parse().expect("an address"))
}

/// RFC1122#4.1.3.4: none in IPv4 is accepted; RFC8200#8.1: in IPv6 it has to be there.
#[test]
fn an_absent_checksum() {
    let bytes = [0, 7, 0, 9, 0, 9, 0, 0, b'x'];
    let (src, dst) = v4();
    assert_eq!(UdpDatagram::parse(src, dst, &bytes).map(|udp| (udp.src_port, udp.dst_port)), Ok((7, 9)));
    let (src, dst) = v6();
    assert_eq!(UdpDatagram::parse(src, dst, &bytes), Err(UdpError::BadChecksum));
}

#[test]
fn lengths_that_cannot_be() {
    let (src, dst) = v4();
    assert_eq!(UdpDatagram::parse(src, dst, &[0; 7]), Err(UdpError::TooShort));
    for len in [7, 10] {
        assert_eq!(UdpDatagram::parse(src, dst, &[0, 7, 0, 9, 0, len, 0, 0, b'x']), Err(UdpError::BadLength), "{len}");
    }
    let padded = UdpDatagram::parse(src, dst, &[0, 7, 0, 9, 0, 8, 0, 0, b'x']).expect("link padding is cut off");
    assert_eq!(padded.data, b"");
    assert_eq!(UdpDatagram { data: &[0; 65_528], ..padded }.emit(src, dst), None);
}

/// The checksum of the pseudo-header and these octets is zero, so it is sent as all ones.
#[test]
fn a_checksum_of_zero_is_sent_as_ones() {
    let (src, dst) = v4();
    for data in (0..=u16::MAX).map(u16::to_be_bytes) {
        let bytes = UdpDatagram { src_port: 1, dst_port: 2, data: &data }.emit(src, dst).expect("it fits");
        assert_ne!(bytes[6..8], [0, 0]);
    }
}

proptest! {
    #[test]
    fn what_is_emitted_is_read_and_no_bit_may_change(
        ports: [u16; 2],
        data in prop::collection::vec(any::<u8>(), 0..40),
        six: bool,
        bit in 0..64_usize,
    ) {
        let (src, dst) = if six { v6() } else { v4() };
        let datagram = UdpDatagram { src_port: ports[0], dst_port: ports[1], data: &data };
        let mut bytes = datagram.emit(src, dst).expect("it fits");
        prop_assert_eq!(UdpDatagram::parse(src, dst, &bytes), Ok(datagram));
        bytes[bit / 8] ^= 1 << (bit % 8);
        // A checksum turned to zero says that there is none.
        if bytes[6..8] != [0, 0] {
            prop_assert!(UdpDatagram::parse(src, dst, &bytes).is_err());
        }
    }
}
