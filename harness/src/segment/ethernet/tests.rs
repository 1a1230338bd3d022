use super::{Header, Mac, TARGET, TYPE_ARP, name_of, station};
use crate::case::format::{AddressName, IpVersion};

#[test]
fn a_frame_is_its_header_and_the_payload() {
    let header = Header { destination: TARGET, source: station(AddressName::Peer, IpVersion::V4), kind: TYPE_ARP };
    let frame = header.around(b"arp");
    assert_eq!(frame, b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02\x08\x06arp");
    assert_eq!(Header::of(&frame), Some(header));
    assert_eq!(Header::of(&frame[..13]), None);
}

#[test]
fn stations_have_names() {
    for name in [AddressName::Target, AddressName::Peer, AddressName::OtherPeer, AddressName::Gateway] {
        for version in [IpVersion::V4, IpVersion::V6] {
            assert_eq!(name_of(station(name, version)), Some(name));
        }
    }
    assert_eq!(name_of(station(AddressName::SubnetBroadcast, IpVersion::V4)), Some(AddressName::LimitedBroadcast));
    assert_eq!(name_of(Mac([9; 6])), None);
    assert_eq!(Mac([1, 0, 0x5e, 0, 0, 1]).to_string(), "01:00:5e:00:00:01");
}
