use super::*;

#[test]
fn a_plan_is_read() {
    let plan: Plan = "loss=2%,reorder=5%,dup=1%,corrupt=0.5%,delay=20ms".parse().expect("a plan");
    let expected = Plan { loss: 0.02, reorder: 0.05, dup: 0.01, corrupt: 0.005, delay: Duration::from_millis(20) };
    assert_eq!(plan, expected);
}

#[test]
fn mistakes_are_named() {
    for (text, part) in [
        ("", "not `name=value`"),
        ("lost=2%", "no fault `lost`"),
        ("loss=2", "no share"),
        ("loss=101%", "no share"),
        ("loss=NaN%", "no share"),
        ("delay=20", "no time"),
        ("delay=99999999999999999999s", "no time"),
        ("delay=61s", "no time"),
    ] {
        let error = text.parse::<Plan>().expect_err(text);
        assert!(error.contains(part), "{text}: {error}");
    }
}

/// How many of 10,000 packets arrive, at once, and how many of them are damaged.
fn counts(plan: &str) -> (usize, usize) {
    let mut link = Faults::new(plan.parse().expect("a plan"), 7);
    let packet = [0x55; 40];
    for _ in 0..10_000 {
        link.send(Instant::ZERO, &packet);
    }
    let arrived: Vec<_> = std::iter::from_fn(|| link.arrived(Instant::ZERO)).collect();
    (arrived.len(), arrived.iter().filter(|arrived| ***arrived != packet).count())
}

#[test]
fn shares_are_what_they_say() {
    assert_eq!(counts("delay=0ms"), (10_000, 0));
    assert_eq!(counts("loss=100%"), (0, 0));
    assert_eq!(counts("dup=100%"), (20_000, 0));
    assert_eq!(counts("corrupt=100%"), (10_000, 10_000));
    let (arrived, _) = counts("loss=10%");
    assert!((8_800..9_200).contains(&arrived), "{arrived}");
}

#[test]
fn delays_hold_packets_and_reordering_lets_others_pass() {
    let mut link = Faults::new("delay=20ms".parse().expect("a plan"), 1);
    let at = |millis| Instant::ZERO + Duration::from_millis(millis);
    link.send(at(0), b"first");
    link.send(at(1), b"second");
    assert_eq!((link.deadline(), link.arrived(at(19))), (Some(at(20)), None));
    assert_eq!(link.arrived(at(21)), Some(b"first".to_vec()));
    assert_eq!(link.arrived(at(21)), Some(b"second".to_vec()));

    let mut link = Faults::new("reorder=50%".parse().expect("a plan"), 1);
    for number in 0..100 {
        link.send(at(0), &[number]);
    }
    let order: Vec<_> = std::iter::from_fn(|| link.arrived(at(5))).flatten().collect();
    assert_eq!(order.len(), 100);
    assert!(order.windows(2).any(|pair| pair[0] > pair[1]), "{order:?}");
}

/// The same seed does the same.
#[test]
fn runs_repeat() {
    let run = || {
        let mut link = Faults::new("loss=30%,dup=30%,reorder=30%,corrupt=30%".parse().expect("a plan"), 42);
        for number in 0..200 {
            link.send(Instant::ZERO, &[number, 0, 0, 0]);
        }
        std::iter::from_fn(|| link.arrived(Instant::MAX)).collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
