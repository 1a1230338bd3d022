use super::*;

#[test]
fn lines_on_the_console() {
    assert_eq!(line(None).trim(), STOP);
    let told = Stopwatch(Began::InGuest(1_000));
    take(&line(Some(Duration::from_micros(501_000))));
    assert_eq!(told.elapsed(), Duration::from_millis(500));
    // A line that is none changes nothing, and time does not go back beyond the beginning.
    take("soon");
    assert_eq!(told.elapsed(), Duration::from_millis(500));
    assert_eq!(Stopwatch(Began::InGuest(u64::MAX)).elapsed(), Duration::ZERO);
    assert!(told.is_told());
}

#[test]
fn here_it_is_the_clock() {
    let watch = Stopwatch::start();
    watch.pause(Duration::from_millis(3));
    assert!(watch.elapsed() >= Duration::from_millis(3) && !watch.is_told());
}
