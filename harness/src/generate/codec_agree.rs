//! The reference's wire codec against the harness's own on the same bytes: both accept or both refuse, and read the same
//! fields; what either builds both read the same.
//!
//! Called by the fuzz target `codec_agree` and by a test that replays fixed seeds. The harness names every fault and goes
//! on, the reference refuses: [`refused`] says which faults mean that. Left out: ICMP and reassembly, which only one
//! side has to do.

use std::net::Ipv4Addr;

use arbitrary::Unstructured;
use stack_under_test::{
    tcp::seq::Seq,
    wire::{
        ipv4::{Ipv4Packet, Ipv4Repr, PROTOCOL_TCP},
        tcp::{Flags as StackFlags, TcpRepr, TcpSegment},
        tcp_options::{SackBlocks, TcpOptions},
    },
};

use crate::{
    case::{flags::Flags, format::Ip},
    segment::{
        build::{WireSegment, build},
        checksum::tcp_checksum,
        parse::{Parsed, ParsedOptions, parse},
    },
};

/// Where a TCP header keeps its checksum.
const CHECKSUM_AT: usize = 16;
/// The reference's IP header has no options.
const IP_HEADER: usize = 20;

/// Compares both codecs on the bytes, as they are and as the fields of segments that each side builds.
///
/// # Panics
/// If they disagree: that is the finding.
pub fn codec_agree(data: &[u8]) {
    agree(data);
    agree(&whole(data));
    let mut bytes = Unstructured::new(data);
    if let Ok(fields) = Fields::read(&mut bytes) {
        builders_agree(&fields, bytes.take_rest());
    }
}

/// The bytes as a TCP segment with right checksums in a right IP packet, so that chance gets past both.
fn whole(data: &[u8]) -> Vec<u8> {
    let [source, destination] = [Ipv4Addr::new(192, 0, 2, 1), Ipv4Addr::new(192, 0, 2, 2)];
    let mut segment = data[..data.len().min(2000)].to_vec();
    if let Some(field) = segment.get_mut(CHECKSUM_AT..CHECKSUM_AT + 2) {
        field.fill(0);
        let right = tcp_checksum(&segment, source.into(), destination.into());
        segment[CHECKSUM_AT..CHECKSUM_AT + 2].copy_from_slice(&right.to_be_bytes());
    }
    let [from, to] = [source, destination].map(|address| std::net::SocketAddr::new(address.into(), 0));
    build(&WireSegment { raw: Some(&segment), ..WireSegment::empty(from, to) })
}

/// What the harness found wrong that the reference refuses a packet for.
fn refused(packet: &[u8], parsed: &Parsed) -> bool {
    let header = usize::from(packet[0] & 15) * 4;
    let total = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    parsed.faults.iter().any(|(fault, _)| {
        // Bytes behind the total length are padding of the link.
        fault.starts_with("IP header checksum")
            || fault.starts_with("TCP checksum")
            || fault.starts_with("data offset")
            || (fault.starts_with("IP total length") && !(header..=packet.len()).contains(&total))
    })
}

/// Both parsers on one packet.
fn agree(packet: &[u8]) {
    let ip = Ipv4Packet::parse(packet).ok().filter(|ip| ip.protocol() == PROTOCOL_TCP && ip.fragment_offset() == 0);
    let theirs = ip.and_then(|ip| Some((ip, TcpSegment::parse(ip.source(), ip.destination(), ip.payload()).ok()?)));
    let ours = parse(packet).ok().filter(|parsed| parsed.source.is_ipv4() && !refused(packet, parsed));
    match (theirs, ours) {
        (None, None) => {}
        (Some((ip, segment)), Some(parsed)) => same_fields(&ip, &segment, &parsed),
        (theirs, ours) => panic!("the reference reads {theirs:?}, the harness {ours:?}: {packet:02x?}"),
    }
}

fn same_fields(ip: &Ipv4Packet<'_>, segment: &TcpSegment<'_>, parsed: &Parsed) {
    let theirs = Parsed {
        source: ip.source().into(),
        destination: ip.destination().into(),
        source_port: segment.src_port(),
        destination_port: segment.dst_port(),
        seq: segment.seq().0,
        ack: segment.ack().0,
        flags: Flags(u16::from(segment.reserved()) << 8 | u16::from(segment.flags().bits())),
        win: segment.window(),
        urg: segment.urgent(),
        options: ParsedOptions::default(),
        text: segment.text().to_vec(),
        ttl: ip.ttl(),
        tos: ip.tos(),
        df: ip.dont_fragment(),
        faults: Vec::new(),
    };
    let ours = Parsed { options: ParsedOptions::default(), faults: Vec::new(), ..parsed.clone() };
    assert_eq!(theirs, ours, "the reference reads the left, the harness the right");
    same_options(TcpOptions::parse(segment.options_raw()), parsed);
}

/// An illegal length is illegal for both; else both read the same.
fn same_options<E: std::fmt::Debug>(theirs: Result<TcpOptions, E>, parsed: &Parsed) {
    let illegal = parsed.faults.iter().any(|(_, clause)| *clause == "MUST-68");
    let (options, ours) = match (theirs, illegal) {
        (Err(_), true) => return,
        (Ok(options), false) => (options, &parsed.options),
        (theirs, _) => panic!("the reference reads {theirs:?}, the harness finds {:?}", parsed.faults),
    };
    assert_eq!(
        (options.mss, options.window_scale, options.sack_permitted, options.timestamps),
        (ours.mss, ours.wscale, ours.sack_ok, ours.ts),
        "the reference reads the left, the harness the right"
    );
    let blocks: Vec<_> = options.sack.as_slice().iter().map(|(left, right)| (left.0, right.0)).collect();
    // Of several SACK options the reference takes the last, the harness all: a target must not send two.
    assert!(ours.sack.ends_with(&blocks), "the reference reads {blocks:?}, the harness {:?}", ours.sack);
}

/// The fields of a segment that either side can build.
#[derive(Debug)]
struct Fields {
    source: u32,
    destination: u32,
    ports: (u16, u16),
    seq: u32,
    ack: u32,
    flags: u8,
    win: u16,
    urg: u16,
    ttl: u8,
    tos: u8,
    mss: Option<u16>,
    wscale: Option<u8>,
    sack_ok: bool,
    ts: Option<(u32, u32)>,
    sack: [Option<(u32, u32)>; 3],
}

impl Fields {
    fn read(bytes: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        Ok(Self {
            source: bytes.arbitrary()?,
            destination: bytes.arbitrary()?,
            ports: bytes.arbitrary()?,
            seq: bytes.arbitrary()?,
            ack: bytes.arbitrary()?,
            flags: bytes.arbitrary()?,
            win: bytes.arbitrary()?,
            urg: bytes.arbitrary()?,
            ttl: bytes.arbitrary()?,
            tos: bytes.arbitrary()?,
            mss: bytes.arbitrary()?,
            wscale: bytes.arbitrary()?,
            sack_ok: bytes.arbitrary()?,
            ts: bytes.arbitrary()?,
            sack: bytes.arbitrary()?,
        })
    }
}

/// Both builders give packets that both parsers read the same, and that say what was put in.
fn builders_agree(fields: &Fields, text: &[u8]) {
    let text = &text[..text.len().min(1400)];
    let blocks: Vec<(u32, u32)> = fields.sack.iter().flatten().copied().collect();
    let options = TcpOptions {
        mss: fields.mss,
        window_scale: fields.wscale,
        sack_permitted: fields.sack_ok,
        sack: blocks.iter().map(|(left, right)| (Seq(*left), Seq(*right))).collect::<SackBlocks>(),
        timestamps: fields.ts,
        user_timeout: None,
    };
    let (source, destination) = (Ipv4Addr::from_bits(fields.source), Ipv4Addr::from_bits(fields.destination));
    let segment = TcpRepr {
        src_port: fields.ports.0,
        dst_port: fields.ports.1,
        seq: Seq(fields.seq),
        ack: Seq(fields.ack),
        flags: StackFlags::from_bits(fields.flags),
        window: fields.win,
        urgent: fields.urg,
        options,
        text,
    };
    let header = Ipv4Repr { ttl: fields.ttl, tos: fields.tos, ..Ipv4Repr::new(source, destination, PROTOCOL_TCP) };
    let mut theirs = Vec::new();
    header.emit(segment.wire_len(), &mut theirs).expect("1400 bytes of text fit");
    segment.emit(source, destination, &mut theirs);
    agree(&theirs);

    let offset = IP_HEADER + usize::from(theirs[IP_HEADER + 12] >> 4) * 4;
    let ip = Ip { ttl: Some(fields.ttl), tos: Some(fields.tos), df: Some(theirs[6] & 0x40 != 0), ..Ip::default() };
    let ours = build(&WireSegment {
        source: source.into(),
        destination: destination.into(),
        source_port: fields.ports.0,
        destination_port: fields.ports.1,
        seq: fields.seq,
        ack: fields.ack,
        flags: Flags(u16::from(fields.flags)),
        win: fields.win,
        urg: fields.urg,
        options: &theirs[IP_HEADER + 20..offset],
        text,
        checksum: None,
        data_offset: None,
        raw: None,
        id: u16::from_be_bytes([theirs[4], theirs[5]]),
        ip: &ip,
    });
    agree(&ours);
    assert_eq!(theirs, ours, "the reference builds the left, the harness the right, from {fields:?}");
    says(&ours, fields, text, &blocks);
}

/// The packet says what was put in; SACK blocks that do not fit were left out from the end.
fn says(packet: &[u8], fields: &Fields, text: &[u8], blocks: &[(u32, u32)]) {
    let parsed = parse(packet).unwrap_or_else(|problem| panic!("{fields:?} is built as something else: {problem}"));
    assert_eq!(
        (parsed.seq, parsed.ack, parsed.flags, parsed.win, parsed.urg, &parsed.text[..]),
        (fields.seq, fields.ack, Flags(u16::from(fields.flags)), fields.win, fields.urg, text),
    );
    let options = &parsed.options;
    assert_eq!(
        (options.mss, options.wscale, options.sack_ok, options.ts),
        (fields.mss, fields.wscale, fields.sack_ok, fields.ts)
    );
    assert!(blocks.starts_with(&options.sack), "{blocks:?} became {:?}", options.sack);
    assert!(blocks.is_empty() || !options.sack.is_empty(), "one block always fits");
}

#[cfg(test)]
mod tests;
