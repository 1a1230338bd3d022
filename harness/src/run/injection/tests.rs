//! ICMP and fragments from a case to the wire and into the trace, seen on the reference stack.

use crate::{sample, segment::parse::parse, trace::event::EventKind};

fn case(steps: &str) -> String {
    format!(
        "title: t\nclauses: [MUST-13]\ngiven: ESTABLISHED\nsteps:\n{steps}  - wait: 0s\n  - state: [ESTABLISHED, CLOSED]\n"
    )
}

/// Packet, note, and whether a segment is complete, of what the authored steps inject.
fn injected(steps: &str) -> Vec<(Vec<u8>, Option<String>, bool)> {
    let run = sample::run(&case(steps));
    let prelude = run.case.prelude;
    let events = run.trace.events.into_iter().filter(|event| event.step >= prelude);
    events
        .filter_map(|event| match event.kind {
            EventKind::Injected { packet, segment, note, .. } => Some((packet, note, segment.is_some())),
            EventKind::Emitted { .. }
            | EventKind::EmittedOther { .. }
            | EventKind::Called { .. }
            | EventKind::Explained(_)
            | EventKind::Waited(_) => None,
        })
        .collect()
}

#[test]
fn an_error_quotes_the_connection_in_hand() {
    let sent = injected(
        "  - inject: { flags: ACK }\n  - inject: { from: other-peer, icmp: { message: 3/13, quote: { seq: SND.NXT+1, length: 12 } } }\n",
    );
    let [(segment, None, true), (icmp, Some(note), false)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(note, "ICMP communication-prohibited about seq=2");
    let segment = parse(segment).unwrap();
    assert_eq!(icmp[9], 1, "protocol");
    assert_eq!(icmp[12..16], [192, 0, 2, 3], "from the router");
    assert_eq!(icmp[20..22], [3, 13]);
    let quote = &icmp[28..];
    assert_eq!(quote.len(), 20 + 12);
    let ends = [[192, 0, 2, 1], [192, 0, 2, 2]];
    assert_eq!([&quote[12..16], &quote[16..20]], ends);
    assert_eq!([segment.destination, segment.source], ends.map(std::net::IpAddr::from));
    assert_eq!(quote[20..22], segment.destination_port.to_be_bytes());
    assert_eq!(quote[22..24], segment.source_port.to_be_bytes());
    assert_eq!(quote[24..28], segment.ack.wrapping_add(1).to_be_bytes(), "SND.NXT+1");
    assert_eq!(quote[28..32], segment.seq.to_be_bytes(), "the acknowledgement field");
}

#[test]
fn the_quote_can_be_wrong_and_a_message_can_have_none() {
    let sent = injected(
        "  - inject: { icmp: { message: host-unreachable, quote: { length: 0, ip: { protocol: 17, header-length: 4 } } } }\n  \
         - inject: { icmp: { message: echo-request, data: \"ping\" } }\n",
    );
    assert_eq!(sent[0].0.len(), 20 + 8 + 20);
    assert_eq!((sent[0].0[28], sent[0].0[28 + 9]), (0x44, 17));
    assert_eq!(sent[1].0[28..], *b"ping");
    assert_eq!(sent[1].1.as_deref(), Some("ICMP echo-request, id 0, seq 0, length 12"));
}

#[test]
fn the_fragment_that_completes_the_segment_has_it() {
    let complete = |fragments: &str| -> Vec<bool> {
        let steps = format!("  - inject: {{ flags: PSH+ACK, data: 100, fragments: {fragments} }}\n");
        injected(&steps).into_iter().map(|(.., complete)| complete).collect()
    };
    assert_eq!(complete("40"), [false, false, true]);
    assert_eq!(complete("{ size: 40, order: reversed }"), [false, false, true]);
    assert_eq!(complete("{ size: 40, order: [1, 3] }"), [false, false]);
    assert_eq!(complete("{ size: 40, order: [1, 2, 3, 2] }"), [false, false, true, false]);
    // 120 bytes fit one packet, which is no fragment.
    assert_eq!(complete("{ size: 128, order: [1, 1] }"), [true, true]);
    let two = "  - inject: { flags: ACK, data: 100, ip: { id: 9 }, fragments: { size: 64, order: [2] } }\n  \
               - inject: { flags: ACK, data: 100, ip: { id: 9 }, fragments: { size: 64, order: [1] } }\n";
    assert_eq!(injected(two).iter().map(|sent| sent.2).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn over_ipv6_an_error_is_icmpv6_and_fragments_have_their_header() {
    let text = case(
        "  - inject: { flags: ACK }\n  - inject: { from: other-peer, icmp: { message: port-unreachable } }\n  \
         - inject: { icmp: { message: parameter-problem, pointer: 6 } }\n  \
         - inject: { icmp: { message: fragmentation-needed, mtu: 1300 } }\n  \
         - inject: { flags: PSH+ACK, data: 100, fragments: 64 }\n",
    );
    let run = sample::run(&text.replace("given:", "config: { ip: 6 }\ngiven:"));
    let prelude = run.case.prelude;
    let packets: Vec<_> = run.trace.events.iter().filter(|event| event.step >= prelude).collect();
    let packets: Vec<_> = packets
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Injected { packet, segment, .. } => Some((packet, segment.is_some())),
            _ => None,
        })
        .collect();
    let [(segment, true), (unreachable, false), (problem, false), (big, false), (first, false), (second, true)] =
        packets[..]
    else {
        panic!("{packets:?}")
    };
    assert!([segment, unreachable, problem, big, first, second].iter().all(|packet| packet[0] >> 4 == 6));
    assert_eq!((unreachable[6], unreachable[23], &unreachable[40..42]), (58, 3, &[1, 4][..]));
    assert_eq!(unreachable.len(), 40 + 8 + 40 + 20, "the whole header is quoted");
    assert_eq!(unreachable[48 + 8..48 + 40], [&segment[24..40], &segment[8..24]].concat(), "the other way round");
    assert_eq!(problem[40..48][4..], [0, 0, 0, 6]);
    assert_eq!((big[40], &big[44..48]), (2, &[0, 0, 5, 20][..]));
    assert_eq!((first[6], second[6]), (44, 44));
}
