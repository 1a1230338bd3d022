use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};

use super::*;

/// Makes the calls one by one, and remembers how many came together. The watched word grows by 10 with each.
#[derive(Default)]
pub(crate) struct Plain {
    lists: Arc<Mutex<Vec<usize>>>,
    watched: u64,
}

impl Plain {
    /// One, and where it will say how many came together.
    pub(crate) fn new() -> (Self, Arc<Mutex<Vec<usize>>>) {
        let lists = Arc::default();
        (Self { lists: Arc::clone(&lists), watched: 0 }, lists)
    }
}

impl Maker for Plain {
    unsafe fn make(&mut self, calls: &mut [Call]) -> io::Result<()> {
        self.lists.lock().expect("nobody panics").push(calls.len());
        // SAFETY: the caller's.
        unsafe { make_each(calls) };
        for call in calls {
            self.watched += 10;
            call.watched = self.watched;
        }
        Ok(())
    }

    fn watched(&self) -> u64 {
        self.watched
    }
}

/// Runs workers; what came together.
fn run_all<'a>(workers: impl IntoIterator<Item = Box<dyn FnOnce() + 'a>>) -> Vec<usize> {
    let (maker, lists) = Plain::new();
    run(workers.into_iter().collect(), Box::new(maker)).expect("they run");
    let lists = lists.lock().expect("nobody panics");
    lists.clone()
}

fn worker<'a>(work: impl FnOnce() + 'a) -> Box<dyn FnOnce() + 'a> {
    Box::new(work)
}

fn own_process() -> io::Result<usize> {
    // SAFETY: a call without arguments.
    unsafe { call(libc::SYS_getpid, [0; 6]) }
}

#[test]
fn calls_of_all_are_made_together() {
    let pid = std::process::id() as usize;
    let works = |calls: usize| {
        worker(move || {
            for _ in 0..calls {
                assert_eq!(own_process().expect("made"), pid);
            }
        })
    };
    assert_eq!(run_all([works(3), works(1), works(0), works(3)]), [3, 2, 2]);
    assert_eq!(own_process().expect("made"), pid);
}

#[test]
fn each_gets_what_came_of_its_own() {
    let results = RefCell::new(Vec::new());
    let works = (0..4usize).map(|number| {
        let results = &results;
        worker(move || {
            // What is no descriptor cannot be closed.
            let bad = -1i32 as usize;
            let mut calls = [Call::new(libc::SYS_getpid, [0; 6]), Call::new(libc::SYS_close, [bad, 0, 0, 0, 0, 0])];
            // SAFETY: calls that take numbers.
            unsafe { make(&mut calls[number % 2..]) };
            let errors: Vec<_> = calls.iter().map(|call| call.result().err().and_then(|e| e.raw_os_error())).collect();
            results.borrow_mut().push((super::number(), errors));
        })
    });
    assert_eq!(run_all(works), [6]);
    let expected = (0..4).map(|number| (Some(number), vec![None, Some(libc::EBADF)])).collect::<Vec<_>>();
    assert_eq!(results.into_inner(), expected);
}

#[test]
fn a_call_that_depends_on_one_that_failed_is_not_made() {
    let results = RefCell::new(Vec::new());
    let ask = Call::new(libc::SYS_getpid, [0; 6]);
    let fail = Call::new(libc::SYS_close, [-1i32 as usize, 0, 0, 0, 0, 0]);
    let works = |first: Call| {
        let results = &results;
        worker(move || {
            let mut calls = [first, ask.depending(), fail.depending(), ask.depending(), ask.depending(), ask];
            // SAFETY: calls that take numbers.
            unsafe { make(&mut calls) };
            results.borrow_mut().push(calls.map(|call| call.result().err().and_then(|error| error.raw_os_error())));
        })
    };
    // What comes first depends on no other fiber's.
    assert_eq!(run_all([works(ask), works(fail), works(ask.depending())]), [18]);
    let (made, bad, not) = (None, Some(libc::EBADF), Some(libc::ECANCELED));
    let good = [made, made, bad, not, not, made];
    assert_eq!(results.take(), [good, [bad, not, not, not, not, made], good]);
    // The same outside.
    works(ask)();
    assert_eq!(results.into_inner(), [good]);
}

#[test]
fn alone_means_that_no_other_is_in_the_middle_of_a_case() {
    let log = RefCell::new(Vec::new());
    let say = |words: &'static str| log.borrow_mut().push(words);
    let cases = worker(|| {
        for _ in 0..2 {
            between();
            say("case begins");
            for _ in 0..3 {
                own_process().expect("made");
            }
            say("case ends");
        }
    });
    let waits = worker(|| {
        own_process().expect("made");
        alone(|| {
            say("alone");
            assert!(!takes_turns());
            // At once, though the others have calls to make, too.
            own_process().expect("made");
            say("no more");
        });
        assert!(takes_turns());
    });
    run_all([cases, waits]);
    let log = log.into_inner();
    assert_eq!(log, ["case begins", "case ends", "alone", "no more", "case begins", "case ends"]);
}

/// Two that want it at once have it one after the other, also in the middle of their cases.
#[test]
fn two_can_want_to_be_alone() {
    let inside = Cell::new(0);
    let works = || {
        worker(|| {
            own_process().expect("made");
            alone(|| {
                inside.set(inside.get() + 1);
                own_process().expect("made");
                assert_eq!(inside.replace(inside.get() - 1), 1);
            });
            own_process().expect("made");
        })
    };
    assert_eq!(run_all([works(), works()]), [2, 1, 1, 1, 1]);
}

#[test]
fn time_passes_for_who_is_alone() {
    let waits = worker(|| {
        let before = now();
        sleep(Duration::from_millis(2));
        own_process().expect("made");
        assert_eq!(now(), before);
        alone(|| {
            sleep(Duration::from_millis(2));
            assert!(now() >= before + Duration::from_millis(4));
        });
        assert!(now() >= before + Duration::from_millis(4));
        assert_eq!(now(), now());
    });
    run_all([waits]);
    assert!(now() < now() + Duration::from_nanos(1));
}

#[test]
fn the_watched_word_tells_whose_call_it_was() {
    let works = |calls: u64| {
        worker(move || {
            for _ in 0..calls {
                own_process().expect("made");
            }
            assert_eq!(taken(), Some(10 * calls));
            assert_eq!(taken(), Some(0));
        })
    };
    run_all([works(2), works(5), works(0)]);
    assert_eq!(taken(), None);
}

#[test]
fn a_panic_ends_all_and_leaves_nothing() {
    struct Guard<'a>(&'a Cell<u32>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            // As a socket is closed.
            let _ = own_process();
            self.0.set(self.0.get() + 1);
        }
    }
    let dropped = Cell::new(0);
    let works = |panics: bool| {
        let dropped = &dropped;
        worker(move || {
            let _guard = Guard(dropped);
            own_process().expect("made");
            assert!(!panics, "on purpose");
            own_process().expect("made");
        })
    };
    let result = catch_unwind(AssertUnwindSafe(|| run_all([works(false), works(true), works(false)])));
    assert!(result.is_err());
    assert_eq!(dropped.get(), 3);
    assert_eq!((super::number(), takes_turns()), (None, false));
}

#[test]
fn a_maker_that_fails_ends_all() {
    struct Broken;
    impl Maker for Broken {
        unsafe fn make(&mut self, _: &mut [Call]) -> io::Result<()> {
            Err(io::ErrorKind::InvalidInput.into())
        }
        fn watched(&self) -> u64 {
            0
        }
    }
    let direct = worker(|| assert!(alone(own_process).is_err()));
    run(vec![direct], Box::new(Broken)).expect("nothing was made together");
    let result = run(vec![worker(|| drop(own_process()))], Box::new(Broken));
    assert_eq!(result.map_err(|error| error.kind()), Err(io::ErrorKind::InvalidInput));
}
