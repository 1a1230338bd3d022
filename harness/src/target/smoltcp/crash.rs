//! A panic inside smoltcp is a finding about smoltcp, not the end of the program.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

use crate::target::TargetError;

thread_local! {
    static INSIDE: Cell<bool> = const { Cell::new(false) };
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

static HOOK: Once = Once::new();

/// Runs a piece of smoltcp.
///
/// # Errors
/// [`TargetError::Crashed`] if it panics; what it worked on is not to be used again.
pub(super) fn contain<R>(run: impl FnOnce() -> R) -> Result<R, TargetError> {
    HOOK.call_once(keep_quiet_inside);
    INSIDE.set(true);
    let result = panic::catch_unwind(AssertUnwindSafe(run));
    INSIDE.set(false);
    result.map_err(|payload| TargetError::Crashed(format!("{}{}", text(payload.as_ref()), PLACE.take())))
}

/// The panic handler prints, and a fuzzer's ends the process. Inside a target neither should happen: the panic is
/// reported as what it is.
fn keep_quiet_inside() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !INSIDE.get() {
            return usual(info);
        }
        let place = info.location().map(|at| {
            // From the crate's folder on: where its source lies is the machine's affair.
            let file = at.file().rsplit_once("/smoltcp-").map_or(at.file(), |(_, file)| file);
            format!(" (smoltcp-{file}:{})", at.line())
        });
        PLACE.set(place.unwrap_or_default());
    }));
}

fn text(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("panic")
}
