use super::*;

fn at(millis: u64) -> Instant {
    Instant::ZERO + Duration::from_millis(millis)
}

/// Runs a claim to its end: what it says, and when.
fn said(mut claim: Claim) -> Vec<(Instant, Say)> {
    let mut said = Vec::new();
    while let Some(due) = claim.deadline() {
        said.extend(claim.step(due).map(|say| (due, say)));
    }
    assert!(claim.is_held());
    said
}

/// RFC5227#2.1.1: three probes within 1 s and 1 to 2 s apart, two seconds of waiting; #2.3: two announcements 2 s apart.
#[test]
fn three_probes_then_two_announcements() {
    let times = said(Claim::new(AddressClaim::ProbeAndAnnounce, at(0)));
    let probes = [500, 2000, 3500].map(|millis| (at(millis), Say::Probe));
    let announcements = [5500, 7500].map(|millis| (at(millis), Say::Announcement));
    assert_eq!(times, [&probes[..], &announcements[..]].concat());
}

#[test]
fn less_careful_claims() {
    assert_eq!(said(Claim::new(AddressClaim::Silent, at(0))), []);
    assert_eq!(said(Claim::new(AddressClaim::Announce, at(0))).len(), 2);
}

/// RFC5227#2.1.1: a conflict while probing ends the claim.
#[test]
fn a_probed_address_is_not_used_and_given_up_at_once() {
    let mut claim = Claim::new(AddressClaim::ProbeAndAnnounce, at(0));
    assert_eq!(claim.step(at(500)), Some(Say::Probe));
    assert!(!claim.is_held());
    assert_eq!(claim.conflict(at(600)), Conflict::GivenUp);
    assert_eq!((claim.deadline(), claim.is_held()), (None, false));
    assert_eq!(claim.conflict(at(700)), Conflict::Ignored);
}

/// RFC5227#2.4 (b).
#[test]
fn an_address_in_use_is_defended_once_in_ten_seconds() {
    let mut claim = Claim::new(AddressClaim::Silent, at(0));
    assert_eq!(claim.conflict(at(0)), Conflict::Defended);
    assert_eq!(claim.conflict(at(10_000)), Conflict::Defended);
    assert_eq!(claim.conflict(at(19_999)), Conflict::GivenUp);
    assert!(!claim.is_held());
}
