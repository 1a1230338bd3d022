use super::*;

const UNA: Seq = Seq(u32::MAX - 5000);

/// The tests' short forms: all numbers count from UNA.
impl Congestion {
    fn acked(&mut self, octets: u32) {
        self.on_ack(octets, UNA, UNA, true);
    }

    fn duplicate(&mut self, flight: u32) -> bool {
        self.on_duplicate_ack(UNA, UNA + flight)
    }

    fn timed_out(&mut self, flight: u32, first: bool) {
        self.on_timeout(UNA, UNA + flight, first);
    }
}

fn started(smss: u32) -> Congestion {
    let mut congestion = Congestion::new(536, &Profile::rfc9293());
    congestion.start(smss, false, UNA - 1, true);
    congestion
}

/// RFC5681#3.1: the initial window by segment size; one segment after a lost SYN; RFC6928#2.
#[test]
fn initial_windows() {
    for (smss, window) in [(536, 2144), (1095, 4380), (1096, 3288), (1460, 4380), (2190, 6570), (4000, 8000)] {
        assert_eq!(started(smss).window(), window, "SMSS {smss}");
    }
    let mut congestion = started(1460);
    congestion.start(1460, true, UNA - 1, true);
    assert_eq!(congestion.window(), 1460);

    let ten = Profile { initial_window: InitialWindow::Rfc6928, ..Profile::rfc9293() };
    for (smss, window) in [(1000, 10_000), (1460, 14_600), (8960, 17_920)] {
        let mut congestion = Congestion::new(536, &ten);
        congestion.start(smss, false, UNA - 1, true);
        assert_eq!(congestion.window(), window, "SMSS {smss}");
    }
}

/// RFC5681#3.1: by at most SMSS per ACK up to ssthresh, then by about SMSS per round trip.
#[test]
fn slow_start_then_congestion_avoidance() {
    let mut c = started(1000);
    c.acked(400);
    c.acked(5000);
    assert_eq!(c.window(), 4000 + 400 + 1000);

    c.timed_out(8000, true);
    assert_eq!(c.window(), 1000, "the loss window");
    for _ in 0..3 {
        c.acked(1000);
    }
    assert_eq!(c.window(), 4000, "ssthresh is half of what was in flight");
    for _ in 0..4 {
        c.acked(1000);
    }
    assert!((4900..=5000).contains(&c.window()), "{}", c.window());
}

/// RFC5681#3.2: enter at the third duplicate, inflate with each further one, deflate at the end.
#[test]
fn fast_recovery() {
    let mut c = started(1000);
    assert_eq!([1, 2, 3, 4].map(|_| c.duplicate(10_000)), [false, false, true, false]);
    assert_eq!(c.window(), 5000 + 3000 + 1000);
    c.acked(10_000);
    assert_eq!(c.window(), 5000);
    assert!(!c.duplicate(10_000), "the count starts anew");
}

/// RFC5681#3.1: ssthresh is set by the first timeout of a segment, and is never below two segments.
#[test]
fn ssthresh() {
    let mut c = started(1000);
    c.timed_out(500, true);
    c.timed_out(90_000, false);
    for _ in 0..2 {
        c.acked(1000);
    }
    assert!(c.window() < 3000, "{}: beyond 2000 it is congestion avoidance", c.window());
}

/// RFC5681#4.1.
#[test]
fn an_idle_connection_starts_over() {
    let second = Duration::from_secs(1);
    let mut c = started(1000);
    for _ in 0..10 {
        c.acked(1000);
    }
    c.on_send(Instant::ZERO);
    c.idle_restart(Instant::ZERO + second, 0, second);
    assert_eq!(c.window(), 14_000, "not idle for longer than the RTO");
    c.idle_restart(Instant::ZERO + 2 * second, 1, second);
    assert_eq!(c.window(), 14_000, "not idle");
    c.idle_restart(Instant::ZERO + 2 * second, 0, second);
    assert_eq!(c.window(), 4000);
}

/// RFC 793 knew none of this.
#[test]
fn without_congestion_control_nothing_limits() {
    let mut c = Congestion::new(536, &Profile::rfc793());
    c.start(536, true, UNA - 1, true);
    c.timed_out(5000, true);
    assert_eq!(c.window(), u32::MAX);
    assert_eq!([1, 2, 3].map(|_| c.duplicate(5000)), [false; 3]);
}

fn newreno(profile: Profile) -> Congestion {
    let mut congestion = Congestion::new(536, &profile);
    congestion.start(1000, false, UNA - 1, true);
    congestion
}

fn newreno_profile() -> Profile {
    Profile { loss_recovery: LossRecovery::NewReno, ..Profile::rfc9293() }
}

/// RFC6582#3.2, step 3: partial acknowledgments keep recovery going, and deflate.
#[test]
fn partial_acknowledgments() {
    let mut c = newreno(newreno_profile());
    let nxt = UNA + 10_000;
    assert_eq!([1, 2, 3].map(|_| c.on_duplicate_ack(UNA, nxt)), [false, false, true]);
    assert_eq!(c.window(), 8000);
    assert_eq!(c.on_ack(3000, UNA + 3000, nxt + 1000, true), Advance::Partial { first: true });
    assert_eq!(c.window(), 8000 - 3000 + 1000);
    assert!(!c.on_duplicate_ack(UNA + 3000, nxt + 1000));
    assert_eq!(c.window(), 7000, "still inflated by duplicates");
    assert_eq!(c.on_ack(999, UNA + 3999, nxt + 1000, true), Advance::Partial { first: false });
    assert_eq!(c.window(), 7000 - 999, "less than a segment left the network");
    assert_eq!(c.on_ack(6001, nxt, nxt + 1000, true), Advance::Whole);
    assert_eq!(c.window(), 2000, "one segment in flight, and one more");
    c.acked(1000);
    assert_eq!(c.window(), 3000, "slow start up to ssthresh");
}

/// RFC6582#3.2, step 3: the other full acknowledgment.
#[test]
fn the_window_after_recovery() {
    let mut c = newreno(Profile { newreno_exit: NewRenoExit::Ssthresh, ..newreno_profile() });
    let nxt = UNA + 10_000;
    let _ = [1, 2, 3].map(|_| c.on_duplicate_ack(UNA, nxt));
    c.on_ack(10_000, nxt, nxt + 500, true);
    assert_eq!(c.window(), 5000);
}

/// RFC6582#3.2, steps 2 and 4: duplicates of what was in flight at the last loss, or timeout, mean nothing.
#[test]
fn only_news_starts_recovery() {
    let mut c = newreno(newreno_profile());
    let nxt = UNA + 10_000;
    let _ = [1, 2, 3].map(|_| c.on_duplicate_ack(UNA, nxt));
    c.on_ack(10_000, nxt, nxt + 5000, true);
    assert_eq!([1, 2, 3, 4].map(|_| c.on_duplicate_ack(nxt, nxt + 5000)), [false; 4]);
    c.on_ack(1, nxt + 1, nxt + 5000, true);
    assert_eq!([1, 2, 3].map(|_| c.on_duplicate_ack(nxt + 1, nxt + 5000)), [false, false, true]);

    let mut c = newreno(newreno_profile());
    c.on_timeout(UNA, nxt, true);
    c.on_ack(1000, UNA + 1000, nxt, true);
    assert_eq!([1, 2, 3].map(|_| c.on_duplicate_ack(UNA + 1000, nxt)), [false; 3]);
    // A mark that old must not look like one ahead: once round the circle.
    for step in 1..=4_u32 {
        let una = nxt + (step - 1) * (1 << 30) + (1 << 30);
        c.on_ack(1 << 30, una, una + 9000, true);
    }
    assert_eq!([1, 2, 3].map(|_| c.on_duplicate_ack(nxt, nxt + 9000)), [false, false, true]);
}

/// RFC3042#2: two segments beyond cwnd, which do not count in FlightSize when the third duplicate halves it.
#[test]
fn limited_transmit() {
    let mut c = newreno(Profile { limited_transmit: true, ..newreno_profile() });
    let extra: Vec<u32> = (0..2)
        .map(|n| {
            c.on_duplicate_ack(UNA, UNA + 10_000 + n * 1000);
            c.limited_extra()
        })
        .collect();
    assert_eq!(extra, [1000, 2000]);
    assert!(c.on_duplicate_ack(UNA, UNA + 12_000));
    assert_eq!((c.window(), c.limited_extra()), (5000 + 3000, 0));
    c.on_ack(12_000, UNA + 12_000, UNA + 12_000, true);
    assert_eq!((c.window(), c.limited_extra()), (2000, 0), "nothing is in flight, which counts as one segment");
    // Duplicates of something old: never more than two segments.
    for _ in 0..5 {
        c.on_duplicate_ack(UNA + 12_000, UNA + 15_000);
    }
    assert_eq!(c.limited_extra(), 2000);
}
