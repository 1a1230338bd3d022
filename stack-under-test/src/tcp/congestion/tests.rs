use super::*;

fn started(smss: u32) -> Congestion {
    let mut congestion = Congestion::new(536, &Profile::rfc9293());
    congestion.start(smss, false);
    congestion
}

/// RFC5681#3.1: the initial window by segment size; one segment after a lost SYN; RFC6928#2.
#[test]
fn initial_windows() {
    for (smss, window) in [(536, 2144), (1095, 4380), (1096, 3288), (1460, 4380), (2190, 6570), (4000, 8000)] {
        assert_eq!(started(smss).window(), window, "SMSS {smss}");
    }
    let mut congestion = started(1460);
    congestion.start(1460, true);
    assert_eq!(congestion.window(), 1460);

    let ten = Profile { initial_window: InitialWindow::Rfc6928, ..Profile::rfc9293() };
    for (smss, window) in [(1000, 10_000), (1460, 14_600), (8960, 17_920)] {
        let mut congestion = Congestion::new(536, &ten);
        congestion.start(smss, false);
        assert_eq!(congestion.window(), window, "SMSS {smss}");
    }
}

/// RFC5681#3.1: by at most SMSS per ACK up to ssthresh, then by about SMSS per round trip.
#[test]
fn slow_start_then_congestion_avoidance() {
    let mut c = started(1000);
    c.on_ack(400);
    c.on_ack(5000);
    assert_eq!(c.window(), 4000 + 400 + 1000);

    c.on_timeout(8000, true);
    assert_eq!(c.window(), 1000, "the loss window");
    for _ in 0..3 {
        c.on_ack(1000);
    }
    assert_eq!(c.window(), 4000, "ssthresh is half of what was in flight");
    for _ in 0..4 {
        c.on_ack(1000);
    }
    assert!((4900..=5000).contains(&c.window()), "{}", c.window());
}

/// RFC5681#3.2: enter at the third duplicate, inflate with each further one, deflate at the end.
#[test]
fn fast_recovery() {
    let mut c = started(1000);
    assert_eq!([1, 2, 3, 4].map(|_| c.on_duplicate_ack(10_000)), [false, false, true, false]);
    assert_eq!(c.window(), 5000 + 3000 + 1000);
    c.on_ack(10_000);
    assert_eq!(c.window(), 5000);
    assert!(!c.on_duplicate_ack(10_000), "the count starts anew");
}

/// RFC5681#3.1: ssthresh is set by the first timeout of a segment, and is never below two segments.
#[test]
fn ssthresh() {
    let mut c = started(1000);
    c.on_timeout(500, true);
    c.on_timeout(90_000, false);
    for _ in 0..2 {
        c.on_ack(1000);
    }
    assert!(c.window() < 3000, "{}: beyond 2000 it is congestion avoidance", c.window());
}

/// RFC5681#4.1.
#[test]
fn an_idle_connection_starts_over() {
    let second = Duration::from_secs(1);
    let mut c = started(1000);
    for _ in 0..10 {
        c.on_ack(1000);
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
    c.start(536, true);
    c.on_timeout(5000, true);
    assert_eq!(c.window(), u32::MAX);
    assert_eq!([1, 2, 3].map(|_| c.on_duplicate_ack(5000)), [false; 3]);
}
