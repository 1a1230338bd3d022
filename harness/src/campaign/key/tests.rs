use super::*;
use crate::{
    case::{flags::Flags, state::State},
    judge::event_class::{AckPosition, ControlBits, SegmentClass, SeqPosition},
};

fn key() -> Key {
    let event = EventClass::Segment(SegmentClass {
        flags: ControlBits::of(Flags::RST),
        seq: SeqPosition::LeftEdge,
        ack: AckPosition::None,
        text: false,
        broken: None,
    });
    let seen = Seen::Divergence { rule: Some("check-rst"), fields: Fields::of(&["state", "emitted"]) };
    Key { state: ConnState::Is(State::Established), event, seen }
}

#[test]
fn it_reads_in_words_and_names_a_file() {
    assert_eq!(key().to_string(), "RST at the left edge in ESTABLISHED (check-rst): differs in emitted, state");
    assert_eq!(key().short_name(), "check-rst-established-rst-at-the-left-edge-differs-emitted-state");
}

#[test]
fn a_name_nobody_knows_is_not_lost() {
    assert_eq!(Fields::of(&["flags", "something new"]).to_string(), "flags, other");
    assert_eq!(Fields::of(&[]).to_string(), "");
}

#[test]
fn short_names_stay_short() {
    let rule = "a-rule-with-a-very-long-name-that-goes-on-and-on-and-on-and-on-until-nobody-reads-it-any-more";
    let seen = Seen::Divergence { rule: Some(rule), fields: Fields::default() };
    assert!(Key { seen, ..key() }.short_name().len() <= 80);
}
