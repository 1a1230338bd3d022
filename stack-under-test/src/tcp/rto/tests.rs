use proptest::prelude::*;

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// With the bounds of RFC 6298.
fn standard() -> RtoEstimator {
    RtoEstimator::new(SECOND, SECOND, 60 * SECOND, MS)
}

/// With bounds that do not show.
fn unbounded() -> RtoEstimator {
    RtoEstimator::new(SECOND, Duration::ZERO, Duration::MAX, Duration::ZERO)
}

#[test]
fn starts_with_the_initial_rto_and_no_estimate() {
    let estimator = standard();
    assert_eq!(estimator.rto(), SECOND);
    assert_eq!(estimator.srtt(), None);
    assert_eq!(estimator.rttvar(), None);
}

#[test]
fn first_sample_sets_srtt_r_and_rttvar_half_r() {
    let mut estimator = unbounded();
    estimator.sample(100 * MS);
    assert_eq!(estimator.srtt(), Some(100 * MS));
    assert_eq!(estimator.rttvar(), Some(50 * MS));
    assert_eq!(estimator.rto(), 300 * MS);
}

/// RFC6298#2.3 asks for RTTVAR before SRTT: 3/4·50 + 1/4·|100-260| = 77.5; 7/8·100 + 1/8·260 = 120.
#[test]
fn later_samples_use_the_old_srtt_for_the_variation() {
    let mut estimator = unbounded();
    estimator.sample(100 * MS);
    estimator.sample(260 * MS);
    assert_eq!(estimator.srtt(), Some(120 * MS));
    assert_eq!(estimator.rttvar(), Some(Duration::from_micros(77_500)));
    assert_eq!(estimator.rto(), 430 * MS);
}

#[test]
fn a_falling_round_trip_time_counts_as_variation_too() {
    let mut estimator = unbounded();
    estimator.sample(100 * MS);
    estimator.sample(20 * MS);
    assert_eq!(estimator.rttvar(), Some(Duration::from_micros(57_500)));
    assert_eq!(estimator.srtt(), Some(90 * MS));
}

#[test]
fn rounds_up_to_the_minimum() {
    let mut estimator = standard();
    estimator.sample(10 * MS);
    assert_eq!(estimator.rto(), SECOND);
}

#[test]
fn cuts_to_the_maximum() {
    let mut estimator = standard();
    estimator.sample(50 * SECOND);
    assert_eq!(estimator.rto(), 60 * SECOND);
}

#[test]
fn the_maximum_wins_over_the_minimum_and_bounds_the_initial_rto() {
    let estimator = RtoEstimator::new(9 * SECOND, 5 * SECOND, 2 * SECOND, MS);
    assert_eq!(estimator.rto(), 2 * SECOND);
    let estimator = RtoEstimator::new(MS, SECOND, 60 * SECOND, MS);
    assert_eq!(estimator.rto(), SECOND);
}

#[test]
fn a_variation_below_the_clocks_tick_counts_as_one_tick() {
    let mut estimator = RtoEstimator::new(SECOND, Duration::ZERO, 60 * SECOND, 10 * MS);
    for _ in 0..100 {
        estimator.sample(200 * MS);
    }
    assert_eq!(estimator.srtt(), Some(200 * MS));
    assert_eq!(estimator.rto(), 210 * MS);
}

#[test]
fn backs_off_by_doubling_up_to_the_maximum() {
    let mut estimator = standard();
    let timeouts: Vec<u64> = (0..8)
        .map(|_| {
            let rto = estimator.rto();
            estimator.back_off();
            rto.as_secs()
        })
        .collect();
    assert_eq!(timeouts, [1, 2, 4, 8, 16, 32, 60, 60]);
}

#[test]
fn a_sample_ends_the_back_off_but_back_off_keeps_the_estimate() {
    let mut estimator = standard();
    estimator.sample(800 * MS);
    estimator.back_off();
    estimator.back_off();
    assert_eq!(estimator.rto(), 9600 * MS);
    assert_eq!(estimator.srtt(), Some(800 * MS));
    estimator.sample(800 * MS);
    assert_eq!(estimator.rto(), 2 * SECOND); // 800 + 4 · 300 ms
}

#[test]
fn data_after_a_lost_syn_starts_with_three_seconds() {
    let mut estimator = standard();
    for _ in 0..4 {
        estimator.back_off();
    }
    estimator.after_syn_timeout();
    assert_eq!(estimator.rto(), 3 * SECOND);
}

#[test]
fn a_longer_initial_rto_stays_after_a_lost_syn() {
    let mut estimator = RtoEstimator::new(5 * SECOND, SECOND, 60 * SECOND, MS);
    estimator.back_off();
    estimator.after_syn_timeout();
    assert_eq!(estimator.rto(), 5 * SECOND);
}

#[test]
fn a_maximum_below_three_seconds_holds_after_a_lost_syn() {
    let mut estimator = RtoEstimator::new(SECOND, SECOND, 2 * SECOND, MS);
    estimator.after_syn_timeout();
    assert_eq!(estimator.rto(), 2 * SECOND);
}

/// At what the clock spans, which is doubled once here.
#[test]
fn the_longest_spans_saturate() {
    let mut estimator = unbounded();
    for rtt in [Duration::MAX, Duration::ZERO, Duration::MAX, Duration::MAX] {
        estimator.sample(rtt);
        estimator.back_off();
    }
    assert_eq!(estimator.rto(), Duration::from_nanos(u64::MAX) * 2);
}

/// RFC6298#2 in floating point, seconds.
#[derive(Default)]
struct Model {
    smoothed: Option<(f64, f64)>,
}

impl Model {
    fn sample(&mut self, r: f64) -> f64 {
        let (srtt, rttvar) = match self.smoothed {
            None => (r, r / 2.0),
            Some((srtt, rttvar)) => {
                ((1.0 - 1.0 / 8.0) * srtt + r / 8.0, (1.0 - 1.0 / 4.0) * rttvar + (srtt - r).abs() / 4.0)
            }
        };
        self.smoothed = Some((srtt, rttvar));
        (srtt + f64::max(0.001, 4.0 * rttvar)).clamp(1.0, 60.0)
    }
}

proptest! {
    #[test]
    fn follows_a_floating_point_model(samples in prop::collection::vec(0u64..20_000_000_000, 1..100)) {
        let (mut estimator, mut model) = (standard(), Model::default());
        for nanos in samples {
            estimator.sample(Duration::from_nanos(nanos));
            let expected = model.sample(nanos as f64 / 1e9);
            let got = estimator.rto().as_secs_f64();
            prop_assert!((got - expected).abs() < 1e-6, "{got} s, but the model says {expected} s");
        }
    }

    #[test]
    fn no_span_panics_and_the_bounds_hold(
        bounds: [u64; 4],
        calls in prop::collection::vec((0..3u8, any::<u64>(), 0..1_000_000_000u32), 0..50),
    ) {
        let [initial, min, max, granularity] = bounds.map(Duration::from_secs);
        let mut estimator = RtoEstimator::new(initial, min, max, granularity);
        for (call, secs, nanos) in calls {
            match call {
                0 => estimator.sample(Duration::new(secs, nanos)),
                1 => estimator.back_off(),
                _ => estimator.after_syn_timeout(),
            }
            prop_assert!(estimator.rto() <= max);
            prop_assert!(estimator.rto() >= min.min(max));
        }
    }
}
