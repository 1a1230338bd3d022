use super::*;
use crate::sample;

const CASE: &str = "# what happened\n#\n# key: RST in ESTABLISHED: differs in flags\ntitle: x\nclauses: [U-6]\nsteps:\n  - call: listen\n    returns: ok\n";

fn with_origin(origin: &str) -> ConcreteCase {
    let mut case = (*sample::case(CASE)).clone();
    case.case.origin = Some(origin.to_owned());
    case
}

#[test]
fn flags_win_over_the_origin() {
    let case = with_origin("rfc793 fuzz --left reference --right reference:rfc793 --seed 7, execution 3");
    let mut on = On { left: None, right: None, seed: None };
    let targets = on.targets(&case).expect("the origin says all");
    let (left, right) = (TargetSpec::Reference("rfc9293"), TargetSpec::Reference("rfc793"));
    assert_eq!(targets, Targets { left: left.clone(), right, seed: 7 });
    on.right = Some(TargetSpec::Kernel);
    on.seed = Some(1);
    assert_eq!(on.targets(&case).expect("all is said"), Targets { left, right: TargetSpec::Kernel, seed: 1 });
}

#[test]
fn what_is_not_said_is_asked_for() {
    let on = On { left: None, right: Some(TargetSpec::Kernel), seed: None };
    let error = on.targets(&with_origin("RFC 9293, figure 6")).expect_err("no left target").to_string();
    assert!(error.contains("--left"), "{error}");
    let unknown = with_origin("rfc793 fuzz --left plan9 --right kernel --seed 7, execution 3");
    let error = on.targets(&unknown).expect_err("no such target").to_string();
    assert!(error.contains("plan9") && error.contains("--left"), "{error}");
}

#[test]
fn the_header_and_its_key() {
    let header = header(CASE);
    assert_eq!(header.lines().count(), 3);
    assert_eq!(key_in(&header), Some("RST in ESTABLISHED: differs in flags"));
    assert_eq!(key_in("# nothing\n"), None);
}
