use proptest::prelude::*;

use super::*;

fn body() -> Vec<u8> {
    let mut bytes = vec![0x45, 0, 0, 40, 0, 0, 0x40, 0, 63, 6, 9, 9, 192, 0, 2, 1, 192, 0, 2, 2];
    bytes.extend([0, 80, 0x0f, 0xa0, 1, 2, 3, 4]);
    bytes
}

#[test]
fn a_quote_of_64_bits_names_the_segment() {
    let quote = Quote::parse(&body()).expect("a quote");
    assert_eq!((quote.source, quote.destination), (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2])));
    assert_eq!((quote.protocol, quote.source_port(), quote.destination_port()), (6, 80, 4000));
    assert_eq!(quote.seq(), 0x0102_0304);
}

#[test]
fn ip_options_stand_before_the_segment() {
    let mut with_options = body();
    with_options[0] = 0x46;
    with_options.splice(20..20, [1; 4]);
    assert_eq!(Quote::parse(&with_options).map(|quote| quote.seq()), Some(0x0102_0304));
}

#[test]
fn what_is_no_beginning_of_a_segment_is_no_quote() {
    let spoilt = |at: usize, byte: u8| {
        let mut body = body();
        body[at] = byte;
        Quote::parse(&body)
    };
    assert_eq!(spoilt(0, 0x65), None, "version");
    assert_eq!(spoilt(0, 0x44), None, "header length");
    assert_eq!(spoilt(0, 0x46), None, "options leave less than 64 bits");
    assert_eq!(spoilt(7, 1), None, "a later fragment");
    assert_eq!(Quote::parse(&body()[..27]), None);
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = (IcmpMessage::parse(&bytes), Quote::parse(&bytes));
    }
}
