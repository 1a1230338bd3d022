use crate::case::format::{Bytes, Checksum, Comparison, MssBounds, MssChoice, Quantity};

#[test]
fn comparisons_read_back() {
    let read = |text: &str| text.parse::<Comparison>();
    let ordered = Comparison { left: "b".to_owned(), right: Some("a".to_owned()), low: 1, high: 1 << 31 };
    assert_eq!(read("b - a in 1..2^31").as_ref(), Ok(&ordered));
    assert_eq!(read(&ordered.to_string()), Ok(ordered));
    let single = Comparison { left: "t_1".to_owned(), right: None, low: 0, high: 0xffff_ffff };
    assert_eq!(read("t_1 in 0..2^32-1").as_ref(), Ok(&single));
    assert_eq!(read(&single.to_string()), Ok(single));
    for wrong in ["", "a", "a in 1", "a in 1..2^32", "a in -1..2", "a - b - c in 1..2", " in 1..2", "1 in 1..2"] {
        assert!(read(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn bytes_are_pairs_of_digits() {
    assert_eq!("00fF 10".parse(), Ok(Bytes(vec![0, 255, 16])));
    assert_eq!(Bytes(vec![0, 255, 16]).to_string(), "00ff10");
    assert_eq!("".parse(), Ok(Bytes(Vec::new())));
    assert!("0".parse::<Bytes>().is_err() && "0g".parse::<Bytes>().is_err() && "ü0".parse::<Bytes>().is_err());
}

#[test]
fn words_or_numbers() {
    assert_eq!("bad".parse(), Ok(Checksum::Bad));
    assert_eq!("0x1234".parse(), Ok(Checksum::Value(0x1234)));
    assert!("worse".parse::<Checksum>().is_err() && "65536".parse::<Checksum>().is_err());
    assert_eq!("none".parse(), Ok(MssChoice::None));
    assert_eq!("none".parse(), Ok(MssBounds::None));
    assert_eq!("SND.ISS".parse(), Ok(Quantity::Iss));
    assert_eq!(
        "worse".parse::<Checksum>().expect_err("no checksum").to_string(),
        "`worse` is neither `bad` nor a number from 0 to 65535"
    );
}
