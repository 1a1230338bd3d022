use super::*;

#[test]
fn one_line_has_everything() {
    let segment = CaseSegment {
        flags: Flags::SYN | Flags::ACK,
        seq: 0,
        ack: 1,
        win: 65535,
        mss: Some(1460),
        wscale: Some(7),
        data: b"hi".into(),
        ..CaseSegment::default()
    };
    assert_eq!(full(&segment), r#"SYN+ACK seq=0 ack=1 len=2 win=65535 <mss 1460, wscale 7> "hi""#);
    assert_eq!(short(&segment), "SYN+ACK seq=0 ack=1 len=2");
}

#[test]
fn without_ack_there_is_no_ack_number() {
    let segment = CaseSegment { flags: Flags::RST, seq: 7, ..CaseSegment::default() };
    assert_eq!(short(&segment), "RST seq=7");
}

#[test]
fn long_and_binary_text_is_cut_and_hex() {
    assert_eq!(text(&[0, 255]), "0x00ff");
    assert_eq!(text(&[b'a'; 40]), format!("{:?}…", "a".repeat(32)));
}
