//! Workers that take turns on one thread, so that the system calls of all of them can be made together.
//!
//! In a guest ([`crate::guest`]) two processes of the host hand over to each other for every system call, which takes
//! longer than most calls themselves. A kernel that was built for this program takes a list of calls at once ([`crate::guest::batch`]),
//! but what one case does next depends on what came of its last call. So a campaign has many cases in hand: each is run by
//! a fiber, which stops at every call; when all have stopped, the calls are made, and all go on.
//!
//! [`run`] is called by [`crate::campaign::engine`]; the kernel target makes its calls by [`call`] and [`make`], which
//! are plain system calls outside a fiber. A case ends where it would alone: each fiber has a namespace of its own, and
//! time, which passes for all, passes only in [`alone`], when no other fiber is in the middle of a case.
//!
//! A fiber must hold no lock and no borrow that others want while it makes a call.

use std::{
    cell::{Cell, RefCell},
    io,
    mem::transmute,
    os::fd::RawFd,
    ptr,
    rc::Rc,
    time::Instant,
};

use corosensei::{Coroutine, CoroutineResult, Yielder, stack::DefaultStack};

/// Octets of a fiber's stack, of which it takes only what it uses.
const STACK: usize = 2 << 20;

/// One system call, laid out as `guest/build/batch.c` has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Call {
    number: u64,
    arguments: [usize; 6],
    result: isize,
    /// What stood at the watched word when it was done.
    watched: u64,
    /// The fiber.
    caller: u64,
    /// Whether it is made only if the one before it was, and without an error.
    depends: u64,
}

impl Call {
    /// The call with this number; what it does not take is 0.
    #[must_use]
    pub fn new(number: libc::c_long, arguments: [usize; 6]) -> Self {
        Self { number: number as u64, arguments, ..Self::default() }
    }

    /// The same call, made only if the one before it in its list was, and without an error.
    #[must_use]
    pub const fn depending(self) -> Self {
        Self { depends: 1, ..self }
    }

    /// What came of it.
    ///
    /// # Errors
    /// The kernel's; `ECANCELED` if it was not made, as it depends on one that failed.
    pub fn result(&self) -> io::Result<usize> {
        usize::try_from(self.result).map_err(|_| {
            // Nothing interrupts a call of a list for good.
            let errno = if self.result <= -ERESTART { libc::EINTR } else { (-self.result) as i32 };
            io::Error::from_raw_os_error(errno)
        })
    }

    /// Makes it now.
    ///
    /// # Safety
    /// As the system call itself.
    unsafe fn make_now(&mut self) {
        let [a, b, c, d, e, f] = self.arguments;
        // SAFETY: the caller's.
        let result = unsafe { libc::syscall(self.number as libc::c_long, a, b, c, d, e, f) };
        self.result = match result {
            -1 => -(io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO) as isize),
            result => result as isize,
        };
    }
}

/// Makes calls, each for itself.
///
/// # Safety
/// As the system calls themselves.
unsafe fn make_each(calls: &mut [Call]) {
    let mut good = true;
    for call in calls {
        if call.depends != 0 && !good {
            call.result = -(libc::ECANCELED as isize);
        } else {
            // SAFETY: the caller's.
            unsafe { call.make_now() };
        }
        good = call.result >= 0;
    }
}

/// `include/linux/errno.h`: what the kernel answers itself where it would begin a call again.
const ERESTART: isize = 512;

/// What makes a list of calls.
pub trait Maker {
    /// Makes them in order, with nothing between, and writes down what came of each.
    ///
    /// # Errors
    /// If not all were made.
    ///
    /// # Safety
    /// As the system calls themselves.
    unsafe fn make(&mut self, calls: &mut [Call]) -> io::Result<()>;

    /// The word that is watched, as it is now; see [`taken`].
    fn watched(&self) -> u64;
}

/// Why a fiber stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pause {
    /// It wants calls made: those in its context.
    Calls,
    /// It is between two cases and somebody wants to be alone.
    Between,
    /// It wants to be alone.
    Alone,
}

/// What a fiber and the one that runs it share.
struct Context {
    number: usize,
    yielder: Cell<*const Yielder<(), Pause>>,
    calls: RefCell<Vec<Call>>,
    /// By how much the watched word has grown by what this fiber did.
    taken: Cell<u64>,
    /// The network namespace that its sockets are made in.
    namespace: Cell<Option<RawFd>>,
    /// Its calls are made at once.
    direct: Cell<bool>,
    board: Rc<Board>,
}

/// What all fibers of a thread see.
struct Board {
    maker: RefCell<Box<dyn Maker>>,
    alone_wanted: Cell<bool>,
    now: Cell<Instant>,
    /// The namespace that the thread is in, if that is known.
    entered: Cell<Option<RawFd>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Rc<Context>>> = const { RefCell::new(None) };
}

fn current() -> Option<Rc<Context>> {
    CURRENT.with_borrow(Clone::clone)
}

impl Context {
    fn pause(&self, pause: Pause) {
        // SAFETY: `body` set it when the fiber began. It lives as long as the fiber's body, and only code that the body
        // calls finds this context as the current one.
        unsafe { (*self.yielder.get()).suspend(pause) };
    }
}

/// Makes one call; with the others', if this is a fiber.
///
/// # Errors
/// The kernel's.
///
/// # Safety
/// As the system call itself.
pub unsafe fn call(number: libc::c_long, arguments: [usize; 6]) -> io::Result<usize> {
    let mut call = [Call::new(number, arguments)];
    // SAFETY: the caller's.
    unsafe { make(&mut call) };
    call[0].result()
}

/// Makes calls one after the other, with no other fiber's between them.
///
/// # Safety
/// As the system calls themselves.
pub unsafe fn make(calls: &mut [Call]) {
    match current().filter(|_| !std::thread::panicking()) {
        // SAFETY: the caller's.
        None => unsafe { make_each(calls) },
        Some(fiber) => {
            calls.iter_mut().for_each(|call| call.caller = fiber.number as u64);
            // Nothing depends on another fiber's.
            calls.iter_mut().take(1).for_each(|first| first.depends = 0);
            if fiber.direct.get() {
                // What is not made says so itself: its result is that of no call.
                calls.iter_mut().for_each(|call| call.result = -(libc::EIO as isize));
                // SAFETY: the caller's.
                let _ = unsafe { fiber.board.maker.borrow_mut().make(calls) };
                return;
            }
            fiber.calls.borrow_mut().extend_from_slice(calls);
            fiber.pause(Pause::Calls);
            for (call, made) in calls.iter_mut().zip(fiber.calls.borrow_mut().drain(..)) {
                *call = made;
            }
        }
    }
}

/// Does what takes time, or more calls than are worth a stop each, while all other fibers are between two cases.
pub fn alone<R>(work: impl FnOnce() -> R) -> R {
    let Some(fiber) = current().filter(|fiber| !fiber.direct.get()) else { return work() };
    fiber.board.alone_wanted.set(true);
    fiber.pause(Pause::Alone);
    fiber.direct.set(true);
    let done = work();
    fiber.direct.set(false);
    fiber.board.now.set(Instant::now());
    done
}

/// This fiber is between two cases: whoever wants to be alone can be now.
pub fn between() {
    if let Some(fiber) = current().filter(|fiber| !fiber.direct.get())
        && fiber.board.alone_wanted.get()
    {
        fiber.pause(Pause::Between);
    }
}

/// The time. It stands still while fibers take turns.
#[must_use]
pub fn now() -> Instant {
    current().filter(|fiber| !fiber.direct.get()).map_or_else(Instant::now, |fiber| fiber.board.now.get())
}

/// The number of this fiber among those of its thread, from 0; `None` outside.
#[must_use]
pub fn number() -> Option<usize> {
    current().map(|fiber| fiber.number)
}

/// By how much the watched word has grown by what this fiber did since this was asked last; `None` outside a fiber.
#[must_use]
pub fn taken() -> Option<u64> {
    current().map(|fiber| fiber.taken.take())
}

/// Says which network namespace this fiber's sockets are made in; the thread is in it now.
pub fn set_namespace(namespace: RawFd) {
    if let Some(fiber) = current() {
        fiber.namespace.set(Some(namespace));
        fiber.board.entered.set(Some(namespace));
    }
}

/// What has to be called before something is made in this fiber's network namespace; `None`: the thread is in it for sure.
#[must_use]
pub fn entering() -> Option<Call> {
    let fiber = current()?;
    let namespace = fiber.namespace.get()?;
    if fiber.direct.get() && fiber.board.entered.replace(Some(namespace)) == Some(namespace) {
        return None;
    }
    fiber.board.entered.set(if fiber.direct.get() { Some(namespace) } else { None });
    Some(Call::new(libc::SYS_setns, [namespace as usize, libc::CLONE_NEWNET as usize, 0, 0, 0, 0]))
}

/// Puts the thread into this fiber's network namespace, until the fiber stops.
///
/// # Errors
/// The kernel's.
pub fn enter() -> io::Result<()> {
    let Some(mut call) = entering() else { return Ok(()) };
    // SAFETY: a call that takes numbers; the namespace's descriptor is open as long as the fiber's target.
    unsafe { call.make_now() };
    call.result().map(drop)
}

/// Whether this is a fiber and others have their turn while it waits for a call.
#[must_use]
pub fn takes_turns() -> bool {
    current().is_some_and(|fiber| !fiber.direct.get())
}

/// A fiber and how far it is.
struct Fiber {
    coroutine: Coroutine<(), Pause, ()>,
    context: Rc<Context>,
    /// Why it stopped; `None`: it has not begun.
    pause: Option<Pause>,
}

/// Runs all workers to their ends, each as a fiber of this thread.
///
/// # Errors
/// If calls cannot be made, or there is no memory for a stack.
pub fn run<'a>(workers: Vec<Box<dyn FnOnce() + 'a>>, maker: Box<dyn Maker>) -> io::Result<()> {
    let mut watched = maker.watched();
    let board = Rc::new(Board {
        maker: RefCell::new(maker),
        alone_wanted: Cell::new(false),
        now: Cell::new(Instant::now()),
        entered: Cell::new(None),
    });
    let begin = |(number, worker)| Fiber::new(number, worker, &board);
    let mut running = workers.into_iter().enumerate().map(begin).collect::<io::Result<Vec<_>>>()?;
    let mut list = Vec::new();
    while !running.is_empty() {
        let wants_alone = |fiber: &Fiber| fiber.pause == Some(Pause::Alone);
        let between = running.iter().all(|fiber| matches!(fiber.pause, Some(Pause::Between | Pause::Alone)));
        if let Some(one) = running.iter().position(wants_alone).filter(|_| between) {
            running[one].go_on(&mut watched);
            board.alone_wanted.set(running.iter().any(wants_alone));
        } else {
            for fiber in &mut running {
                match fiber.pause {
                    Some(Pause::Alone) => {}
                    Some(Pause::Between) if board.alone_wanted.get() => {}
                    // Its calls are made, those of the last round.
                    Some(Pause::Calls | Pause::Between) | None => fiber.go_on(&mut watched),
                }
            }
        }
        running.retain(|fiber| !fiber.coroutine.done());
        make_all(&running, &mut list, &mut **board.maker.borrow_mut(), &mut watched)?;
    }
    Ok(())
}

/// Makes the calls of all that wait for some.
fn make_all(running: &[Fiber], list: &mut Vec<Call>, maker: &mut dyn Maker, watched: &mut u64) -> io::Result<()> {
    let waiting = || running.iter().filter(|fiber| fiber.pause == Some(Pause::Calls));
    list.clear();
    for fiber in waiting() {
        list.extend_from_slice(&fiber.context.calls.borrow());
    }
    if list.is_empty() {
        return Ok(());
    }
    // SAFETY: each fiber that wants a call answers for it, and stops until it is made.
    unsafe { maker.make(list) }?;
    let mut made = list.iter();
    for fiber in waiting() {
        for (call, made) in fiber.context.calls.borrow_mut().iter_mut().zip(&mut made) {
            *call = *made;
            let taken = made.watched.saturating_sub(*watched);
            *watched += taken;
            fiber.context.taken.set(fiber.context.taken.get() + taken);
        }
    }
    Ok(())
}

impl Fiber {
    fn new<'a>(number: usize, worker: Box<dyn FnOnce() + 'a>, board: &Rc<Board>) -> io::Result<Self> {
        let context = Rc::new(Context {
            number,
            yielder: Cell::new(ptr::null()),
            calls: RefCell::default(),
            taken: Cell::new(0),
            namespace: Cell::new(None),
            direct: Cell::new(false),
            board: Rc::clone(board),
        });
        // SAFETY: only the lifetime changes. `run` owns the fiber and does not return before it is done or dropped.
        let worker = unsafe { transmute::<Box<dyn FnOnce() + 'a>, Box<dyn FnOnce() + 'static>>(worker) };
        let own = Rc::clone(&context);
        let body = move |yielder: &Yielder<(), Pause>, ()| {
            own.yielder.set(yielder);
            worker();
        };
        let coroutine = Coroutine::with_stack(DefaultStack::new(STACK)?, body);
        Ok(Self { coroutine, context, pause: None })
    }

    /// Lets it run until it stops or ends.
    fn go_on(&mut self, watched: &mut u64) {
        CURRENT.set(Some(Rc::clone(&self.context)));
        let back = Back;
        let result = self.coroutine.resume(());
        drop(back);
        let now = self.context.board.maker.borrow().watched();
        self.context.taken.set(self.context.taken.get() + now.saturating_sub(*watched));
        *watched = now;
        self.pause = match result {
            CoroutineResult::Yield(pause) => Some(pause),
            CoroutineResult::Return(()) => None,
        };
    }
}

/// No fiber is running any more, however it stopped.
struct Back;

impl Drop for Back {
    fn drop(&mut self) {
        CURRENT.set(None);
    }
}

#[cfg(test)]
pub(crate) mod tests;
