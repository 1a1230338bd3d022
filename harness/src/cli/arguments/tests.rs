use std::time::Duration;

use super::duration;

#[test]
fn durations_have_a_number_and_a_unit() {
    assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
    assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
    assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
    assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
    assert_eq!(duration("0s"), Ok(Duration::ZERO));
}

#[test]
fn anything_else_is_refused() {
    for text in ["", "s", "90", "-1s", "1.2.3s", "90 s", "1e999s", "ms", "9d", "99999999999999999999999999999h"] {
        assert!(duration(text).is_err(), "{text}");
    }
}
