use super::*;

#[test]
fn the_second_number_counts() {
    assert_eq!(parse("81263 71417 12\n"), Some(Duration::from_nanos(71_417)));
    assert_eq!(parse("81263\n"), None);
    assert_eq!(parse("81263 x 12\n"), None);
}

#[test]
fn a_thread_waits_no_longer_than_time_passes() {
    let began = std::time::Instant::now();
    let watch = Stopwatch::start();
    std::thread::sleep(Duration::from_millis(5));
    let waited = watch.read();
    assert!(waited <= began.elapsed(), "{waited:?}");
    assert!(watch.read() >= waited, "it never runs backwards");
}
