use std::sync::Arc;

use super::*;
use crate::{
    case::format::ConcreteCase,
    generate::script::{MOST_BYTES, Scope, Script},
    run::{Mode, run_case},
    target::smoltcp::Smoltcp,
};

/// A TCP packet with these flags, this number and so much text, as far as it is looked at.
fn packet(flags: u8, number: u32, text: usize) -> Vec<u8> {
    let mut packet = vec![0; 40 + text];
    packet[0] = 0x45;
    packet[24..28].copy_from_slice(&number.to_be_bytes());
    packet[33] = flags;
    packet
}

/// The places that are cleared in a buffer of 1000 octets after these packets: the first and the one behind the last.
fn cleared(packets: &[Vec<u8>]) -> Option<(usize, usize)> {
    let mut written = Written::NOTHING;
    packets.iter().for_each(|packet| written.arriving(packet));
    let mut buffer = [1; 1000];
    written.clear_received(&mut buffer);
    let first = buffer.iter().position(|octet| *octet == 0)?;
    let last = buffer.iter().rposition(|octet| *octet == 0)?;
    Some((first, last + 1))
}

#[test]
fn a_text_is_cleared_where_it_lies_behind_its_syn() {
    let syn = packet(2, u32::MAX, 0);
    assert_eq!(cleared(&[packet(16, 500, 10)]), None, "without a SYN nothing is kept");
    let (first, end) = cleared(&[syn.clone(), packet(16, 500, 10)]).expect("some of it");
    // The number 0 is the first octet.
    assert!(first <= 500 && end >= 510 && end - first < 40, "{first}..{end}");
    let (first, end) = cleared(&[syn.clone(), packet(16, 0x8000_0000, 10)]).expect("the margin");
    assert!(first == 0 && end <= 2 * MARGIN, "long before the SYN: {first}..{end}");
    let (first, end) = cleared(&[syn.clone(), packet(16, u32::MAX - 5, 10)]).expect("its end");
    assert!(first == 0 && end >= 5, "{first}..{end}");
    let (first, end) = cleared(&[syn.clone(), packet(16, 990, 30)]).expect("round the end");
    assert_eq!((first, end), (0, 1000));
    assert_eq!(cleared(&[syn.clone(), packet(16, 2990, 30)]), None, "no window reaches so far");
    let round_and_round = [packet(16, 0, 900), packet(16, 900, 900), packet(16, 2790, 30)];
    assert_eq!(cleared(&[std::slice::from_ref(&syn), &round_and_round[..]].concat()), Some((0, 1000)));
    let mut fragment = packet(16, 0, 10);
    fragment[6] = 0x20;
    assert_eq!(cleared(&[syn, fragment]), Some((0, 1000)));
}

#[test]
fn what_was_sent_is_cleared_from_the_beginning() {
    let written = Written { sent: 3, ..Written::NOTHING };
    let mut buffer = [1; 5];
    written.clear_sent(&mut buffer);
    assert_eq!(buffer, [0, 0, 0, 1, 1]);
}

#[test]
fn buffers_of_any_usual_size_are_lent_again() {
    let mut shelf = Shelf::new();
    let mut lend = |size| {
        let buffer = shelf.lend(size);
        assert!(buffer.capacity() == size && buffer.is_empty());
        drop(buffer);
        // SAFETY: the only one was dropped just now.
        unsafe { shelf.take_back(|buffer| buffer.fill(0)) };
        shelf.idle.iter().map(|buffer| buffer.len()).collect::<Vec<_>>()
    };
    assert_eq!(lend(LARGEST), [LARGEST]);
    assert_eq!(lend(536), [LARGEST, 536]);
    assert_eq!(lend(LARGEST + 1), [LARGEST, 536], "made for one case");
    assert_eq!(lend(LARGEST), [536, LARGEST]);
    assert_eq!(lend(536), [LARGEST, 536]);
}

#[test]
fn buffers_come_back_clear_whatever_a_case_does() {
    let mut target = Smoltcp::new(0);
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..1500 {
        let bytes: Vec<u8> = (0..MOST_BYTES).map(|_| rng.u8(..)).collect();
        let case = Script::decode(&bytes).to_case(&Scope { steps: 20, ..Scope::SMOLTCP });
        let case = ConcreteCase::from_case("generated", case).expect("a script is a valid case");
        let run = run_case(&mut target, &Arc::new(case), Mode::Compare);
        if run.crash().is_some() {
            target = Smoltcp::new(0);
        }
        let Shelf { idle, lent, .. } = &target.sockets.buffers.receive;
        assert!(lent.is_empty() && idle.iter().all(|buffer| is_clear(buffer)));
        assert!(target.sockets.buffers.send.idle.iter().all(|buffer| is_clear(buffer)));
    }
}
