use std::{path::Path, sync::LazyLock};

use crate::{
    case::{flags::Flags, state::State},
    judge::ledger::{Circumstances, Ledger, Met, Shown, What},
    target::ConnState,
    trace::event::CaseSegment,
    trace::event_class::{AckPosition, CallClass, ControlBits, EventClass, SegmentClass, SeqPosition},
};

fn parse(covers: &str) -> Result<Ledger, String> {
    let text = format!(
        "- case: [tcp/sample, tcp/other]\n  step: 2\n  clause: U-6\n  observed: nothing\n  reason: because\n  versions: \">=2\"\n  \
         covers: {covers}\n"
    );
    match Ledger::parse(Path::new("l.yaml"), &text) {
        (ledger, errors) if errors.is_empty() => Ok(ledger),
        (_, errors) => Err(errors[0].message.clone()),
    }
}

fn segment(flags: Flags) -> EventClass {
    EventClass::Segment(SegmentClass {
        flags: ControlBits::of(flags),
        seq: SeqPosition::Inside,
        ack: AckPosition::None,
        text: false,
        broken: None,
    })
}

static SEGMENT: LazyLock<CaseSegment> =
    LazyLock::new(|| CaseSegment { flags: Flags::RST | Flags::FIN, other_options: vec![19], ..CaseSegment::default() });

fn divergence() -> Shown<'static> {
    let rule = Some("check-rst-challenge-ack");
    Shown {
        what: What::Divergence { rule, fields: &["emitted", "state"], answer: &[] },
        met: Met {
            state: ConnState::Is(State::Established),
            event: segment(Flags::RST),
            segment: Some(&SEGMENT),
            circumstances: Circumstances::default(),
        },
    }
}

#[track_caller]
fn covers(cause: &str, shown: &Shown<'_>) -> bool {
    parse(cause).expect("it reads well").cause(shown, "2.1").is_some()
}

#[test]
fn whatever_is_named_has_to_fit() {
    for cause in [
        "[{ rule: check-rst-challenge-ack }]",
        "[{ rule: [check-rst, check-rst-challenge-ack] }]",
        "[{ flags: FIN+RST }]",
        "[{ option: 19 }]",
        "[{ event: segment, in: ESTABLISHED, seq: inside, ack: none, text: false }]",
        "[{ rule: check-rst-challenge-ack, differs: [state, emitted, seq] }]",
        "[{ rule: check-rst-challenge-ack, answer: nothing }]",
        "[{ rule: check-rst }, { rule: check-rst-challenge-ack }]",
    ] {
        assert!(covers(cause, &divergence()), "{cause}");
    }
    for cause in [
        "[{ rule: check-rst }]",
        "[{ rule: none }]",
        "[{ flags: SYN }]",
        "[{ option: 20 }]",
        "[{ event: wait }]",
        "[{ event: segment, in: TIME-WAIT }]",
        "[{ event: segment, seq: left-edge }]",
        "[{ event: segment, ack: old }]",
        "[{ event: segment, text: true }]",
        "[{ event: segment, broken: options }]",
        "[{ rule: check-rst-challenge-ack, differs: state }]",
        "[{ rule: check-rst-challenge-ack, answer: ACK }]",
        "[{ breaks: fin-acked }]",
        "[{ fails: x }]",
    ] {
        assert!(!covers(cause, &divergence()), "{cause}");
    }
}

#[test]
fn violations_and_failures_have_words_of_their_own() {
    let violation = Shown { what: What::Violation("fin-acked"), ..divergence() };
    assert!(covers("[{ breaks: fin-acked, in: ESTABLISHED }]", &violation));
    assert!(covers("[{ flags: FIN+RST }]", &violation));
    assert!(!covers("[{ breaks: fin-stays }]", &violation));
    assert!(!covers("[{ rule: check-rst-challenge-ack }]", &violation));
    let failure = Shown { what: What::Failure("panicked at tcp.rs:7: overflow"), ..divergence() };
    assert!(covers("[{ fails: \"at tcp.rs:7\" }]", &failure));
    // A panic is never covered by the way.
    assert!(!covers("[{ flags: FIN+RST }]", &failure));
}

#[test]
fn calls_have_their_names_and_no_segment() {
    let mut call = divergence();
    call.met = Met { event: EventClass::Call(CallClass::Shutdown), segment: None, ..call.met };
    assert!(covers("[{ event: shutdown }]", &call));
    assert!(!covers("[{ event: shutdown, flags: RST }]", &call));
    let nothing = Shown { what: What::Divergence { rule: None, fields: &["returns"], answer: &[] }, ..call };
    assert!(covers("[{ rule: none, event: [close, shutdown], differs: returns }]", &nothing));
}

#[test]
fn a_version_that_the_entry_is_not_about_is_not_covered() {
    let ledger = parse("[{ rule: check-rst-challenge-ack }]").unwrap();
    assert_eq!(ledger.cause(&divergence(), "2.1").map(|entry| entry.case.as_str()), Some("tcp/sample"));
    assert!(ledger.cause(&divergence(), "1.9").is_none());
}

#[test]
fn a_segment_among_the_answers_and_the_circumstances_have_to_fit() {
    let text = "title: t\nclauses: [U-6]\nconfig: { keepalive-idle: 1s }\nsteps:\n  - expect: nothing\n";
    let circumstances = Circumstances::at(&crate::sample::case(text).case, 0);
    let mut kept = divergence();
    kept.met.circumstances = circumstances;
    assert!(covers("[{ rule: check-rst-challenge-ack, when: [timeout, keepalive] }]", &kept));
    assert!(!covers("[{ rule: check-rst-challenge-ack, when: timeout }]", &kept));
    assert!(!covers("[{ rule: check-rst-challenge-ack, when: keepalive }]", &divergence()));
    let answer = [Flags::ACK, Flags::RST].map(|flags| CaseSegment { flags, ..CaseSegment::default() });
    let answered =
        Shown { what: What::Divergence { rule: None, fields: &["emitted"], answer: &answer }, ..divergence() };
    assert!(covers("[{ rule: none, answer: ACK, sends: RST }]", &answered));
    assert!(!covers("[{ rule: none, sends: ACK+RST }]", &answered));
    assert!(!covers("[{ rule: none, answer: RST }]", &answered));
    assert!(parse("[{ event: segment, sends: RST, then: state }]").is_err());
}

#[test]
fn words_that_nothing_can_fit_are_errors() {
    for (cause, wanted) in [
        ("[{ rule: check-rts }]", "`check-rts` is no `rule`"),
        ("[{ breaks: nothing }]", "`nothing` is no `breaks`"),
        ("[{ event: listening }]", "is no `event`"),
        ("[{ flags: SIN }]", "is no `flags`"),
        ("[{ rule: check-rst, in: OPEN }]", "is no `in`"),
        ("[{ rule: check-rst, answer: maybe }]", "is no `answer`"),
        ("[{ rule: check-rst, sends: nothing }]", "is no `sends`"),
        ("[{ rule: check-rst, when: never }]", "is no `when`"),
        ("[{ when: keepalive }]", "needs a `rule`"),
        ("[{ in: LISTEN }]", "needs a `rule`"),
        ("[{ rules: check-rst }]", "rules"),
    ] {
        let error = parse(cause).expect_err(cause);
        assert!(error.contains(wanted), "{cause}: {error}");
    }
}

#[test]
fn what_shows_later_is_covered_by_what_was_done_and_by_nothing_that_is_not_named() {
    let Shown { what, met } = divergence();
    let later = |cause: &str, what: &What<'_>| {
        let ledger = parse(cause).expect("it reads well");
        assert!(ledger.cause(&divergence(), "2.1").is_none(), "it is of later, not of now");
        ledger.speaks_of_later() && ledger.cause_of_later(&met, what, "2.1").is_some()
    };
    assert!(later("[{ flags: FIN+RST, then: [emitted, state] }]", &what));
    assert!(!later("[{ flags: FIN+RST, then: state }]", &what), "more differs");
    assert!(!later("[{ flags: SYN, then: [emitted, state] }]", &what), "another event");
    assert!(!later("[{ flags: FIN+RST, in: LISTEN, then: [emitted, state] }]", &what), "another state");
    let violation = What::Violation("nothing-after-reset");
    assert!(later("[{ flags: FIN+RST, then: [state, nothing-after-reset] }]", &violation));
    assert!(!later("[{ flags: FIN+RST, then: [state, emitted] }]", &violation));
    assert!(!later("[{ flags: FIN+RST, then: [state, emitted] }]", &What::Failure("at tcp.rs:7")));
    assert!(parse("[{ rule: check-rst, then: state }]").is_err_and(|message| message.contains("shows later")));
    let ledger = parse("[{ flags: FIN+RST }]").unwrap();
    assert!(!ledger.speaks_of_later() && ledger.cause_of_later(&met, &what, "2.1").is_none());
}

#[test]
fn a_segment_in_fragments_is_one_too() {
    let whole = |class| {
        let mut shown = divergence();
        shown.met.event = EventClass::Fragment(class);
        shown
    };
    let EventClass::Segment(class) = segment(Flags::RST) else { panic!("a segment") };
    for cause in ["[{ event: segment, flags: RST }]", "[{ event: fragment, seq: inside }]", "[{ flags: FIN }]"] {
        assert!(covers(cause, &whole(Some(class))), "{cause}");
        assert!(!covers(cause, &whole(None)), "{cause}");
    }
    assert!(covers("[{ event: fragment }]", &whole(None)));
    assert!(!covers("[{ event: fragment }]", &divergence()));
}
