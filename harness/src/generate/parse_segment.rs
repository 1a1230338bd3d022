//! Any bytes as an IP packet of a target: no panic, a line for people, and what was read is built and read the same.
//!
//! Called by the fuzz target `parse_segment` and by a test that replays fixed seeds.

use std::net::SocketAddr;

use crate::{
    case::format::{Ip, IpVersion},
    peer::Peer,
    segment::{
        build::{WireSegment, build},
        other,
        parse::{Parsed, parse, tcp_part},
        show,
    },
    target::{Endpoints, Time},
};

const TCP_HEADER: usize = 20;

/// Reads the bytes; `true` if they were a segment.
///
/// # Panics
/// If what was read is not read again once built: that is the finding.
pub fn parse_segment(data: &[u8]) -> bool {
    assert!(!other::describe(data).is_empty(), "a packet nothing can be said of");
    let parsed = match parse(data) {
        Ok(parsed) => parsed,
        Err(problem) => {
            assert!(!problem.to_string().is_empty(), "an error without a word");
            return false;
        }
    };
    is_shown(parsed.clone());
    is_built_as_itself(&parsed, options_of(data, &parsed));
    true
}

/// A peer takes it for something the target sent, and it can be shown on a line and in full.
fn is_shown(parsed: Parsed) {
    let endpoints = Endpoints {
        target: SocketAddr::new(parsed.source, parsed.source_port),
        peer: SocketAddr::new(parsed.destination, parsed.destination_port),
        ..Endpoints::documentation(IpVersion::V4)
    };
    let (segment, _) = Peer::new(endpoints, Some(1)).emitted(parsed, Time::ZERO);
    assert!(!show::short(&segment).is_empty() && !show::full(&segment).is_empty(), "shown as nothing");
}

/// The bytes of the options, if they are where the data offset says.
fn options_of<'d>(data: &'d [u8], parsed: &Parsed) -> &'d [u8] {
    let tcp = tcp_part(data).unwrap_or_default();
    let offset = tcp.get(12).map_or(0, |byte| usize::from(byte >> 4) * 4);
    let inside = !parsed.faults.iter().any(|(fault, _)| fault.starts_with("data offset"));
    tcp.get(TCP_HEADER..offset).filter(|_| inside).unwrap_or_default()
}

fn is_built_as_itself(parsed: &Parsed, options: &[u8]) {
    let ip = Ip { ttl: Some(parsed.ttl), tos: Some(parsed.tos), df: Some(parsed.df), ..Ip::default() };
    let built = build(&WireSegment {
        source: parsed.source,
        destination: parsed.destination,
        source_port: parsed.source_port,
        destination_port: parsed.destination_port,
        seq: parsed.seq,
        ack: parsed.ack,
        flags: parsed.flags,
        win: parsed.win,
        urg: parsed.urg,
        options,
        text: &parsed.text,
        checksum: None,
        data_offset: None,
        raw: None,
        id: 1,
        ip: &ip,
    });
    let again = parse(&built).unwrap_or_else(|problem| panic!("{parsed:?} is built as something else: {problem}"));
    let strayed = again.faults.iter().find(|fault| !parsed.faults.contains(fault));
    assert!(strayed.is_none(), "built with {strayed:?}, which was not there before: {parsed:?}");
    let of_header = |(fault, _): &&(String, _)| {
        ["checksum", "total length", "payload length"].iter().any(|word| fault.contains(word))
    };
    assert_eq!(again.faults.iter().find(of_header), None, "built wrong");
    let same = Parsed { faults: Vec::new(), ..again } == Parsed { faults: Vec::new(), ..parsed.clone() };
    assert!(same, "{parsed:?} is built as another segment");
}

#[cfg(test)]
mod tests;
