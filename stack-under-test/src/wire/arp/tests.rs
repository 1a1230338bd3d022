use proptest::prelude::*;

use super::*;

const REQUEST: [u8; LEN] = [
    0, 1, 8, 0, 6, 4, 0, 1, 2, 0, 0, 0, 0, 1, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 192, 0, 2, 2, //
];

#[test]
fn reads_every_field() {
    let mut padded = REQUEST.to_vec();
    padded.extend([0; 18]);
    let packet = ArpPacket::parse(&padded).expect("a sound packet");
    assert_eq!(packet.operation, Operation::Request);
    assert_eq!((packet.sender_mac, packet.target_mac), (MacAddr([2, 0, 0, 0, 0, 1]), MacAddr::default()));
    assert_eq!((packet.sender, packet.target), ([192, 0, 2, 1].into(), [192, 0, 2, 2].into()));
    assert_eq!(packet.emit(), REQUEST);
}

#[test]
fn what_is_no_packet_is_named() {
    let broken = |at: usize, octet: u8| {
        let mut bytes = REQUEST;
        bytes[at] = octet;
        ArpPacket::parse(&bytes)
    };
    assert_eq!(ArpPacket::parse(&REQUEST[..27]), Err(ArpError::TooShort));
    for (at, octet) in [(1, 6), (3, 1), (2, 0x86), (4, 8), (5, 16)] {
        assert_eq!(broken(at, octet), Err(ArpError::OtherSpace), "octet {at}");
    }
    for operation in [0, 3, 9] {
        assert_eq!(broken(7, operation), Err(ArpError::BadOperation), "operation {operation}");
    }
}

proptest! {
    #[test]
    fn what_is_emitted_is_read(reply: bool, macs: [[u8; 6]; 2], addresses: [[u8; 4]; 2]) {
        let packet = ArpPacket {
            operation: if reply { Operation::Reply } else { Operation::Request },
            sender_mac: MacAddr(macs[0]),
            sender: addresses[0].into(),
            target_mac: MacAddr(macs[1]),
            target: addresses[1].into(),
        };
        prop_assert_eq!(ArpPacket::parse(&packet.emit()), Ok(packet));
    }
}
