use super::{capture, file_name, write};
use crate::{
    sample::{self, RST_IN_WINDOW},
    trace::event::EventKind,
};

/// One block: its type and its body.
type Block = (u32, Vec<u8>);

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

fn half(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().expect("two bytes"))
}

/// Splits a file into blocks the way a reader does.
fn blocks(mut file: &[u8]) -> Vec<Block> {
    let mut blocks = Vec::new();
    while !file.is_empty() {
        let len = word(file, 4) as usize;
        assert_eq!(len % 4, 0);
        assert_eq!(word(file, len - 4) as usize, len, "both lengths agree");
        blocks.push((word(file, 0), file[8..len - 4].to_vec()));
        file = &file[len..];
    }
    blocks
}

/// The options of a block body from `at` on.
fn options(body: &[u8], mut at: usize) -> Vec<(u16, Vec<u8>)> {
    let mut options = Vec::new();
    loop {
        let (code, len) = (half(body, at), usize::from(half(body, at + 2)));
        if code == 0 {
            assert_eq!((len, at + 4), (0, body.len()), "the end of the options is the end of the block");
            return options;
        }
        options.push((code, body[at + 4..at + 4 + len].to_vec()));
        at += 4 + len.next_multiple_of(4);
    }
}

fn text(options: &[(u16, Vec<u8>)], code: u16) -> String {
    let (_, value) = options.iter().find(|(known, _)| *known == code).expect("the option is there");
    String::from_utf8(value.clone()).expect("text")
}

#[test]
fn a_capture_has_every_packet_with_its_step_and_clause() {
    let run = sample::run(RST_IN_WINDOW);
    let packets: Vec<_> = run
        .trace
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Injected { packet, .. } => Some((event.at, packet, 1)),
            EventKind::Emitted { packet, .. } => Some((event.at, packet, 2)),
            _ => None,
        })
        .collect();
    let blocks = blocks(&capture(&run));
    assert_eq!(blocks[0].0, 0x0a0d_0d0a);
    assert_eq!(word(&blocks[0].1, 0), 0x1a2b_3c4d);
    assert!(text(&options(&blocks[0].1, 16), 1).starts_with("tcp/sample on reference"));
    assert_eq!(blocks[1].0, 1);
    assert_eq!(half(&blocks[1].1, 0), 101);
    assert!(options(&blocks[1].1, 8).contains(&(9, vec![9])));
    assert_eq!(blocks.len() - 2, packets.len());
    for ((kind, body), (at, packet, direction)) in blocks[2..].iter().zip(packets) {
        assert_eq!(*kind, 6);
        let nanos = u64::from(word(body, 4)) << 32 | u64::from(word(body, 8));
        assert_eq!(u128::from(nanos), at.as_nanos());
        assert_eq!((word(body, 12), word(body, 16)), (word(body, 12), word(body, 12)));
        let len = word(body, 12) as usize;
        assert_eq!(&body[20..20 + len], packet.as_slice());
        let options = options(body, 20 + len.next_multiple_of(4));
        assert!(options.contains(&(2, u32::to_le_bytes(direction).to_vec())));
    }
    let comment = |(_, body): &Block| text(&options(body, 20 + (word(body, 12) as usize).next_multiple_of(4)), 1);
    let comments: Vec<_> = blocks[2..].iter().map(comment).collect();
    assert!(comments[0].starts_with("prelude step "), "{comments:?}");
    let reply = comments.last().expect("the challenge ACK");
    assert!(reply.starts_with("step "), "{reply}");
    assert!(reply.contains("(U-6)"), "{reply}");
    assert!(reply.contains("\nrule "), "{reply}");
    assert!(comments.iter().any(|comment| comment.contains("inject: { flags: RST, seq: RCV.NXT+1 }")), "{comments:?}");
}

#[test]
fn names_stay_inside_the_folder() {
    let named = |id: &str, target: &str| {
        let mut run = sample::run(RST_IN_WINDOW);
        let mut case = (*run.case).clone();
        case.id = id.to_owned();
        run.case = case.into();
        run.target = target.to_owned();
        file_name(&run).to_string_lossy().into_owned()
    };
    assert_eq!(named("tcp/a#x,y", "kernel"), "tcp/a#x,y.kernel.pcapng");
    assert_eq!(named("tcp/a", "reference:rfc793"), "tcp/a.reference-rfc793.pcapng");
    assert_eq!(named("../../etc/passwd", "kernel"), "--/--/etc/passwd.kernel.pcapng");
    assert_eq!(named("/a b", "kernel"), "-/a-b.kernel.pcapng");
}

#[test]
fn the_file_is_written_with_its_folders() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = sample::run(RST_IN_WINDOW);
    let file = write(folder.path(), &run).expect("written");
    assert_eq!(std::fs::read(&file).expect("read"), capture(&run));
    // A file where a folder should be is an error, not a panic.
    let blocked = folder.path().join("blocked");
    std::fs::write(&blocked, "").expect("written");
    assert!(write(&blocked, &run).is_err());
}
