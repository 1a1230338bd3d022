use super::*;
use crate::{
    case::{
        flags::Flags,
        position::{Bounds, Position},
    },
    judge::packet::Seen,
    trace::event::CaseSegment,
};

const MS: i64 = 1_000_000;

fn span(millis: i64) -> Option<Span> {
    Some(Span { nanos: millis * MS, ..Span::default() })
}

fn expected(flags: &str) -> ExpectSegment {
    ExpectSegment { flags: Some(flags.parse().unwrap()), ..ExpectSegment::default() }
}

fn came(flags: Flags, millis: u64) -> CaseSegment {
    CaseSegment { flags, at: Duration::from_millis(millis), on: Some(0), ..CaseSegment::default() }
}

/// Judges with the event before at 0, on a virtual target unless `live`.
fn judged_at(expect: &Expect, segments: &[CaseSegment], now: u64, live: bool, allow: &[Allow]) -> Judgement {
    judged_by(expect, segments, now, (live, 0), allow)
}

/// As [`judged_at`]; the clock is live or not, and so many milliseconds coarse.
fn judged_by(
    expect: &Expect,
    segments: &[CaseSegment],
    now: u64,
    (live, granularity): (bool, u64),
    allow: &[Allow],
) -> Judgement {
    let view = View::unknown();
    let pending: Vec<_> =
        segments.iter().map(|segment| Pending { seen: Seen::segment(segment), before: &view }).collect();
    let context = Context {
        since: Moment { earliest: Duration::ZERO, latest: Duration::ZERO },
        now: Duration::from_millis(now),
        live,
        granularity: Duration::from_millis(granularity),
        span: &|span| Duration::from_nanos(u64::try_from(span.nanos).unwrap()),
        connection: &|_| 0,
        allow,
    };
    judge(expect, &pending, &context).unwrap()
}

fn judged(expect: &Expect, segments: &[CaseSegment]) -> Judgement {
    judged_at(expect, segments, 0, false, &[])
}

#[track_caller]
fn broken(judgement: Judgement) -> Breach {
    match judgement {
        Judgement::Broken(breach) => *breach,
        other => panic!("not broken: {other:?}"),
    }
}

#[track_caller]
fn satisfied(judgement: Judgement) -> Option<usize> {
    match judgement {
        Judgement::Satisfied(alternative) => alternative,
        other => panic!("not satisfied: {other:?}"),
    }
}

#[test]
fn nothing_means_nothing() {
    let nothing = Expect::InOrder(vec![]);
    satisfied(judged(&nothing, &[]));
    let breach = broken(judged(&nothing, &[came(Flags::RST, 0)]));
    assert_eq!((breach.kind, breach.observed.as_str()), (FindingKind::Unexpected, "RST seq=0"));
}

#[test]
fn a_list_means_that_order() {
    let list = Expect::InOrder(vec![expected("SYN"), expected("ACK")]);
    satisfied(judged(&list, &[came(Flags::SYN, 0), came(Flags::ACK, 0)]));
    let breach = broken(judged(&list, &[came(Flags::ACK, 0), came(Flags::SYN, 0)]));
    assert_eq!(breach.kind, FindingKind::Mismatch);
    assert_eq!(breach.differences[0].field, "flags");
}

#[test]
fn every_expectation_ends_with_nothing_else() {
    let one = Expect::InOrder(vec![expected("ACK")]);
    let breach = broken(judged(&one, &[came(Flags::ACK, 0), came(Flags::RST, 0)]));
    assert_eq!((breach.kind, breach.segment), (FindingKind::Unexpected, Some(1)));
}

#[test]
fn without_a_bound_it_has_to_be_there_at_once() {
    let breach = broken(judged(&Expect::InOrder(vec![expected("ACK")]), &[]));
    assert_eq!((breach.kind, breach.observed.as_str()), (FindingKind::Missing, "nothing"));
}

#[test]
fn within_waits_until_the_bound_and_no_longer() {
    let expect = Expect::InOrder(vec![ExpectSegment { within: span(500), ..expected("ACK") }]);
    assert!(matches!(judged(&expect, &[]), Judgement::Waiting(until) if until == Duration::from_millis(500)));
    assert_eq!(broken(judged_at(&expect, &[], 500, false, &[])).kind, FindingKind::Missing);
    satisfied(judged(&expect, &[came(Flags::ACK, 500)]));
    assert_eq!(broken(judged(&expect, &[came(Flags::ACK, 501)])).kind, FindingKind::Late);
}

#[test]
fn after_alone_has_the_slack_of_a_timer_wheel() {
    let expect = Expect::InOrder(vec![ExpectSegment { after: span(1000), ..expected("SYN") }]);
    assert_eq!(broken(judged(&expect, &[came(Flags::SYN, 999)])).kind, FindingKind::Early);
    satisfied(judged(&expect, &[came(Flags::SYN, 1000)]));
    satisfied(judged(&expect, &[came(Flags::SYN, 1125)]));
    assert_eq!(broken(judged(&expect, &[came(Flags::SYN, 1126)])).kind, FindingKind::Late);
    satisfied(judged_at(&expect, &[came(Flags::SYN, 1175)], 1175, true, &[]));
    assert_eq!(broken(judged_at(&expect, &[came(Flags::SYN, 1176)], 1176, true, &[])).kind, FindingKind::Late);
}

#[test]
fn a_coarse_clock_may_be_late_and_never_early() {
    let expect = Expect::InOrder(vec![ExpectSegment { after: span(1000), ..expected("SYN") }]);
    let at = |millis| judged_by(&expect, &[came(Flags::SYN, millis)], millis, (false, 500), &[]);
    assert_eq!(broken(at(999)).kind, FindingKind::Early);
    satisfied(at(1625));
    assert_eq!(broken(at(1626)).kind, FindingKind::Late);
}

#[test]
fn intervals_back_off() {
    let syn = ExpectSegment { after: span(1000), repeat: Some(3), backoff: Some(2.0), ..expected("SYN") };
    let expect = Expect::InOrder(vec![syn]);
    satisfied(judged(&expect, &[came(Flags::SYN, 1000), came(Flags::SYN, 3000), came(Flags::SYN, 7000)]));
    let breach = broken(judged(&expect, &[came(Flags::SYN, 1000), came(Flags::SYN, 2000)]));
    assert_eq!((breach.kind, breach.segment), (FindingKind::Early, Some(1)));
    assert!(matches!(judged_at(&expect, &[came(Flags::SYN, 1000)], 1000, false, &[]), Judgement::Waiting(_)));
}

#[test]
fn a_late_reading_does_not_make_the_next_interval_early_on_a_live_target() {
    let syn = ExpectSegment { after: span(1000), repeat: Some(2), ..expected("SYN") };
    let expect = Expect::InOrder(vec![syn]);
    // The first was read 80 ms late, the second on time: 1920 ms apart is not early for 1000 ms, 970 ms would look it.
    satisfied(judged_at(&expect, &[came(Flags::SYN, 1080), came(Flags::SYN, 2050)], 2050, true, &[]));
    let breach = broken(judged_at(&expect, &[came(Flags::SYN, 1080), came(Flags::SYN, 1999)], 1999, true, &[]));
    assert_eq!(breach.kind, FindingKind::Early, "not even the longest reading is long enough");
    let breach = broken(judged(&expect, &[came(Flags::SYN, 1080), came(Flags::SYN, 2050)]));
    assert_eq!(breach.kind, FindingKind::Early, "virtual time is exact");
}

#[test]
fn what_is_allowed_may_come_anywhere() {
    let expect = Expect::InOrder(vec![expected("FIN+ACK")]);
    let fin = came(Flags::FIN | Flags::ACK, 0);
    let segments = [came(Flags::ACK, 0), fin.clone(), came(Flags::ACK, 0)];
    satisfied(judged_at(&expect, &segments, 0, false, &[Allow::Ack]));
    assert_eq!(broken(judged(&expect, &segments)).kind, FindingKind::Mismatch);
    let segments = [came(Flags::RST, 0), fin];
    assert_eq!(broken(judged_at(&expect, &segments, 0, false, &[Allow::Ack])).kind, FindingKind::Mismatch);
}

fn either(alternatives: Vec<Vec<ExpectSegment>>) -> Expect {
    let one = |segments| Alternative { clauses: Vec::new(), segments };
    Expect::Either(alternatives.into_iter().map(one).collect())
}

#[test]
fn either_tells_which() {
    let expect = either(vec![vec![expected("ACK")], vec![], vec![expected("RST")]]);
    assert_eq!(satisfied(judged(&expect, &[came(Flags::ACK, 0)])), Some(0));
    assert_eq!(satisfied(judged(&expect, &[])), Some(1));
    assert_eq!(satisfied(judged(&expect, &[came(Flags::RST, 0)])), Some(2));
    let breach = broken(judged(&expect, &[came(Flags::SYN, 0)]));
    assert_eq!(breach.expected, "ACK, or nothing, or RST");
}

#[test]
fn either_nothing_waits_for_what_may_still_come() {
    let late = ExpectSegment { within: span(500), ..expected("ACK") };
    let expect = either(vec![vec![], vec![late]]);
    assert!(matches!(judged(&expect, &[]), Judgement::Waiting(_)));
    assert_eq!(satisfied(judged_at(&expect, &[], 500, false, &[])), Some(0));
    assert_eq!(satisfied(judged(&expect, &[came(Flags::ACK, 200)])), Some(1));
}

#[test]
fn any_order_takes_each_once() {
    let expect = Expect::AnyOrder(vec![expected("SYN"), expected("ACK")]);
    satisfied(judged(&expect, &[came(Flags::ACK, 0), came(Flags::SYN, 0)]));
    let breach = broken(judged(&expect, &[came(Flags::ACK, 0), came(Flags::ACK, 0)]));
    assert_eq!(breach.kind, FindingKind::Mismatch);
    let three = [came(Flags::ACK, 0), came(Flags::SYN, 0), came(Flags::RST, 0)];
    assert_eq!(broken(judged(&expect, &three)).kind, FindingKind::Unexpected);
    assert_eq!(broken(judged(&expect, &[came(Flags::ACK, 0)])).kind, FindingKind::Missing);
}

#[test]
fn nonsense_factors_do_no_harm() {
    for backoff in [f64::NAN, f64::INFINITY, -1.0, 1e300] {
        let syn = ExpectSegment { after: span(1000), repeat: Some(3), backoff: Some(backoff), ..expected("SYN") };
        let expect = Expect::InOrder(vec![syn]);
        assert!(!matches!(judged(&expect, &[]), Judgement::Satisfied(_)));
    }
}

#[test]
fn a_description_is_in_the_words_of_the_case() {
    let seq = Some(Bounds::Exactly(Position::number(5)));
    assert_eq!(describe(&ExpectSegment { seq, repeat: Some(2), ..expected("RST") }), "RST seq=5 ×2");
    assert_eq!(describe_all(&[expected("ACK"), expected("RST")]), "ACK, then RST");
    assert_eq!(describe_all(&[]), "nothing");
}
