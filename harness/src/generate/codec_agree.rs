//! The reference's wire codec against the harness's own on the same bytes: both accept or both refuse, and read the same
//! fields; what either builds both read the same.
//!
//! Called by the fuzz target `codec_agree` and by a test that replays fixed seeds. The harness names every fault and goes
//! on, the reference refuses: [`refused`] says which faults mean that. Over both versions of IP. Left out: ICMP and
//! reassembly, which only one side has to do, and extension headers, which the reference's codec leaves to its stack.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use arbitrary::Unstructured;
use stack_under_test::{
    tcp::seq::Seq,
    wire::{
        ipv4::{Ipv4Packet, Ipv4Repr, PROTOCOL_TCP},
        ipv6::{Ipv6Packet, Ipv6Repr},
        tcp::{Flags as StackFlags, TcpRepr, TcpSegment},
        tcp_options::{SackBlocks, TcpOptions},
    },
};

use crate::{
    case::{
        flags::Flags,
        format::{Ip, IpVersion},
    },
    segment::{
        build::{WireSegment, build},
        checksum::tcp_checksum,
        parse::{Parsed, ParsedOptions, parse},
    },
};

/// Where a TCP header keeps its checksum.
const CHECKSUM_AT: usize = 16;
/// An IPv6 header.
const HEADER_V6: usize = IpVersion::V6.header_len();

/// Compares both codecs on the bytes, as they are and as the fields of segments that each side builds.
///
/// # Panics
/// If they disagree: that is the finding.
pub fn codec_agree(data: &[u8]) {
    agree(data);
    for version in VERSIONS {
        agree(&whole(data, version));
    }
    let mut bytes = Unstructured::new(data);
    if let Ok(fields) = Fields::read(&mut bytes) {
        let text = bytes.take_rest();
        for version in VERSIONS {
            builders_agree(&fields, version, text);
        }
    }
}

const VERSIONS: [IpVersion; 2] = [IpVersion::V4, IpVersion::V6];

/// The address of this number.
fn address(number: u32, version: IpVersion) -> IpAddr {
    match version {
        IpVersion::V4 => Ipv4Addr::from_bits(number).into(),
        IpVersion::V6 => Ipv6Addr::from_bits(0x2001_0db8 << 96 | u128::from(number)).into(),
    }
}

/// The bytes as a TCP segment with right checksums in a right IP packet, so that chance gets past both.
fn whole(data: &[u8], version: IpVersion) -> Vec<u8> {
    let [source, destination] = [0xc000_0201, 0xc000_0202].map(|number| address(number, version));
    let mut segment = data[..data.len().min(2000)].to_vec();
    if let Some(field) = segment.get_mut(CHECKSUM_AT..CHECKSUM_AT + 2) {
        field.fill(0);
        let right = tcp_checksum(&segment, source, destination);
        segment[CHECKSUM_AT..CHECKSUM_AT + 2].copy_from_slice(&right.to_be_bytes());
    }
    let [from, to] = [source, destination].map(|address| SocketAddr::new(address, 0));
    build(&WireSegment { raw: Some(&segment), ..WireSegment::empty(from, to) })
}

/// What the harness found wrong that the reference refuses a packet for.
fn refused(packet: &[u8], parsed: &Parsed) -> bool {
    let (header, total) = match parsed.source {
        IpAddr::V4(_) => (usize::from(packet[0] & 15) * 4, usize::from(u16::from_be_bytes([packet[2], packet[3]]))),
        IpAddr::V6(_) => (HEADER_V6, HEADER_V6 + usize::from(u16::from_be_bytes([packet[4], packet[5]]))),
    };
    let of_length = |fault: &str| fault.starts_with("IP total length") || fault.starts_with("IPv6 payload length");
    parsed.faults.iter().any(|(fault, _)| {
        // Bytes behind the total length are padding of the link.
        fault.starts_with("IP header checksum")
            || fault.starts_with("TCP checksum")
            || fault.starts_with("data offset")
            || (of_length(fault) && !(header..=packet.len()).contains(&total))
    })
}

/// What the reference's header says.
#[derive(Debug)]
struct Opened<'p> {
    source: IpAddr,
    destination: IpAddr,
    ttl: u8,
    tos: u8,
    df: bool,
    payload: &'p [u8],
}

/// The reference's header of a packet that has TCP right behind it.
fn open(packet: &[u8]) -> Option<Opened<'_>> {
    if packet.first()? >> 4 == 6 {
        let ip = Ipv6Packet::parse(packet).ok().filter(|ip| ip.next_header() == PROTOCOL_TCP)?;
        let (source, destination) = (ip.source().into(), ip.destination().into());
        let (ttl, tos) = (ip.hop_limit(), ip.traffic_class());
        return Some(Opened { source, destination, ttl, tos, df: true, payload: ip.payload() });
    }
    let ip = Ipv4Packet::parse(packet).ok().filter(|ip| ip.protocol() == PROTOCOL_TCP && ip.fragment_offset() == 0)?;
    Some(Opened {
        source: ip.source().into(),
        destination: ip.destination().into(),
        ttl: ip.ttl(),
        tos: ip.tos(),
        df: ip.dont_fragment(),
        payload: ip.payload(),
    })
}

/// Both parsers on one packet.
fn agree(packet: &[u8]) {
    let opened = open(packet);
    let theirs = opened.and_then(|ip| {
        let segment = TcpSegment::parse(ip.source, ip.destination, ip.payload).ok()?;
        Some((ip, segment))
    });
    let extended = packet.first().is_some_and(|first| first >> 4 == 6) && packet.get(6) != Some(&PROTOCOL_TCP);
    let ours = parse(packet).ok().filter(|parsed| !extended && !refused(packet, parsed));
    match (theirs, ours) {
        (None, None) => {}
        (Some((ip, segment)), Some(parsed)) => same_fields(&ip, &segment, &parsed),
        (theirs, ours) => panic!("the reference reads {theirs:?}, the harness {ours:?}: {packet:02x?}"),
    }
}

fn same_fields(ip: &Opened<'_>, segment: &TcpSegment<'_>, parsed: &Parsed) {
    let theirs = Parsed {
        source: ip.source,
        destination: ip.destination,
        source_port: segment.src_port(),
        destination_port: segment.dst_port(),
        seq: segment.seq().0,
        ack: segment.ack().0,
        flags: Flags(u16::from(segment.reserved()) << 8 | u16::from(segment.flags().bits())),
        win: segment.window(),
        urg: segment.urgent(),
        options: ParsedOptions::default(),
        text: segment.text().to_vec().into(),
        ttl: ip.ttl,
        tos: ip.tos,
        df: ip.df,
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
fn builders_agree(fields: &Fields, version: IpVersion, text: &[u8]) {
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
    let (source, destination) = (address(fields.source, version), address(fields.destination, version));
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
    let mut theirs = Vec::new();
    let emitted = match (source, destination) {
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            let header = Ipv6Repr::new(source, destination, PROTOCOL_TCP);
            Ipv6Repr { hop_limit: fields.ttl, traffic_class: fields.tos, ..header }
                .emit(segment.wire_len(), &mut theirs)
                .is_ok()
        }
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            let header = Ipv4Repr::new(source, destination, PROTOCOL_TCP);
            Ipv4Repr { ttl: fields.ttl, tos: fields.tos, ..header }.emit(segment.wire_len(), &mut theirs).is_ok()
        }
        _ => false,
    };
    assert!(emitted, "1400 bytes of text fit");
    segment.emit(source, destination, &mut theirs);
    agree(&theirs);

    let header = version.header_len();
    let offset = header + usize::from(theirs[header + 12] >> 4) * 4;
    let df = (version == IpVersion::V4).then(|| theirs[6] & 0x40 != 0);
    let ip = Ip { ttl: Some(fields.ttl), tos: Some(fields.tos), df, ..Ip::default() };
    let ours = build(&WireSegment {
        source,
        destination,
        source_port: fields.ports.0,
        destination_port: fields.ports.1,
        seq: fields.seq,
        ack: fields.ack,
        flags: Flags(u16::from(fields.flags)),
        win: fields.win,
        urg: fields.urg,
        options: &theirs[header + 20..offset],
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
