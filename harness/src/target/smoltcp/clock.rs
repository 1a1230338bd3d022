//! Virtual time as smoltcp counts it: whole microseconds since an epoch of its own.

use std::cell::Cell;

use smoltcp::time::Instant;

use crate::target::Time;

/// Virtual time begins here: not at 0, which smoltcp takes for "long ago".
const EPOCH_MICROS: i64 = 1_000_000_000;

thread_local! {
    /// The clock of the timestamp option. smoltcp asks a plain function for it, so it cannot live in the target.
    static TSVAL: Cell<u32> = const { Cell::new(0) };
}

/// The case's time on smoltcp's clock.
pub(super) fn instant(now: Time) -> Instant {
    let micros = i64::try_from(now.as_micros()).unwrap_or(i64::MAX - EPOCH_MICROS);
    Instant::from_micros(EPOCH_MICROS.saturating_add(micros))
}

/// A deadline of smoltcp's as the case's time; one that is long past is 0.
pub(super) fn time(deadline: Instant) -> Time {
    let micros = deadline.total_micros().saturating_sub(EPOCH_MICROS);
    Time::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Sets the clock of the timestamp option: one tick is a millisecond, in the range RFC7323#5.4 asks for.
pub(super) fn set_tsval(now: Time) {
    // The low 32 bits: the timestamp clock wraps.
    TSVAL.set(instant(now).total_millis() as u32);
}

/// The clock of the timestamp option.
pub(super) fn tsval() -> u32 {
    TSVAL.get()
}
