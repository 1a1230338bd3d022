//! The workers of one phase: threads that each own a target and take cases from one queue.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread::JoinHandle,
    time::Duration,
};

use super::{Opener, delay::Stopwatch};
use crate::{
    case::format::ConcreteCase,
    run::{Mode, run_case},
    target::{Capabilities, Target, TargetError},
    trace::event::{CaseRun, Verdict},
};

/// All workers of a phase, seen from the collecting thread.
pub(super) struct Crew {
    pub(super) target_name: String,
    pub(super) capabilities: Capabilities,
    work: Arc<Work>,
    results: Receiver<Message>,
    sender: Option<Sender<Message>>,
    threads: Vec<JoinHandle<()>>,
    /// Why workers gave up, if any did.
    lost: Option<String>,
    look_up: Duration,
}

/// What the collector gets.
pub(super) enum Next {
    /// The case with this index ran, and its thread waited so long for a processor meanwhile.
    Ran(usize, Box<CaseRun>, Duration),
    /// No result so far.
    NothingYet,
    /// All is done.
    Done,
}

enum Message {
    Opened(Box<(String, Capabilities)>),
    NotOpened(TargetError),
    Ran(usize, Box<CaseRun>, Duration),
    Lost(TargetError),
}

/// What the workers share.
struct Work {
    open: Arc<Opener>,
    cases: Arc<[Arc<ConcreteCase>]>,
    mode: Mode,
    queue: Mutex<Queue>,
    filled: Condvar,
}

#[derive(Default)]
struct Queue {
    quick: VecDeque<usize>,
    waiting: VecDeque<usize>,
    /// Only the first worker takes quick cases.
    quick_in_one: bool,
    started: bool,
}

impl Crew {
    /// Opens the first target.
    ///
    /// # Errors
    /// If that fails.
    pub(super) fn open(
        open: Arc<Opener>,
        cases: Arc<[Arc<ConcreteCase>]>,
        mode: Mode,
        look_up: Duration,
    ) -> Result<Self, TargetError> {
        let work = Arc::new(Work { open, cases, mode, queue: Mutex::default(), filled: Condvar::new() });
        let (sender, results) = channel();
        let first = spawn(&work, 0, &sender);
        match results.recv() {
            Ok(Message::Opened(told)) => {
                let (target_name, capabilities) = *told;
                let threads = vec![first];
                Ok(Self {
                    target_name,
                    capabilities,
                    work,
                    results,
                    sender: Some(sender),
                    threads,
                    lost: None,
                    look_up,
                })
            }
            Ok(Message::NotOpened(error) | Message::Lost(error)) => Err(error),
            Ok(Message::Ran(..)) | Err(_) => Err(TargetError::Broken("the first worker ended too soon".to_owned())),
        }
    }

    /// Hands out the work; further workers open their targets now.
    pub(super) fn start(&mut self, quick: Vec<usize>, waiting: Vec<usize>, workers: usize, quick_in_one: bool) {
        {
            let mut queue = self.work.queue.lock().unwrap_or_else(PoisonError::into_inner);
            *queue = Queue { quick: quick.into(), waiting: waiting.into(), quick_in_one, started: true };
        }
        self.work.filled.notify_all();
        if let Some(sender) = self.sender.take() {
            self.threads.extend((1..workers).map(|number| spawn(&self.work, number, &sender)));
        }
    }

    /// The next result, or a short wait.
    pub(super) fn next(&mut self) -> Next {
        match self.results.recv_timeout(self.look_up) {
            Ok(Message::Ran(index, run, delay)) => Next::Ran(index, run, delay),
            Ok(Message::Opened(_)) => Next::NothingYet,
            Ok(Message::NotOpened(error) | Message::Lost(error)) => {
                self.lost = Some(error.to_string());
                Next::NothingYet
            }
            Err(RecvTimeoutError::Timeout) => Next::NothingYet,
            // All workers are gone. What is left in the queue has nobody to run it.
            Err(RecvTimeoutError::Disconnected) => match self.work.take(true) {
                Some(index) => {
                    let reason = self.lost.clone().unwrap_or_else(|| "all workers have ended".to_owned());
                    let verdict = Verdict::Error(reason);
                    let run = CaseRun::never_began(
                        &self.work.cases[index],
                        &self.target_name,
                        &self.capabilities.version,
                        verdict,
                    );
                    Next::Ran(index, Box::new(run), Duration::ZERO)
                }
                None => Next::Done,
            },
        }
    }

    /// Waits for the workers to close their targets, unless the run was `stopped`: then nobody waits for the cases
    /// they are in, and each ends with the first result that nobody takes.
    pub(super) fn finish(self, stopped: bool) {
        drop(self.results);
        if !stopped {
            for thread in self.threads {
                // A worker that panicked outside a case has nothing more to tell.
                let _ = thread.join();
            }
        }
    }
}

impl Work {
    /// The next case for a worker.
    fn take(&self, first: bool) -> Option<usize> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        while !queue.started {
            queue = self.filled.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        if first {
            return queue.quick.pop_front().or_else(|| queue.waiting.pop_front());
        }
        let quick_too = !queue.quick_in_one;
        queue.waiting.pop_front().or_else(|| if quick_too { queue.quick.pop_front() } else { None })
    }
}

fn spawn(work: &Arc<Work>, number: usize, results: &Sender<Message>) -> JoinHandle<()> {
    let (work, results) = (Arc::clone(work), results.clone());
    std::thread::spawn(move || {
        // A closed channel means that nobody listens any more: the worker ends.
        let _ = worker(&work, number == 0, &results);
    })
}

fn worker(work: &Work, first: bool, results: &Sender<Message>) -> Result<(), std::sync::mpsc::SendError<Message>> {
    let mut target = match (work.open)() {
        Ok(target) => target,
        Err(error) => return results.send(Message::NotOpened(error)),
    };
    let told = (target.name().to_owned(), target.capabilities().clone());
    results.send(Message::Opened(Box::new(told.clone())))?;
    while let Some(index) = work.take(first) {
        let case = &work.cases[index];
        let watch = Stopwatch::start();
        let run = one_case(target.as_mut(), case, work.mode)
            .unwrap_or_else(|reason| CaseRun::never_began(case, &told.0, &told.1.version, Verdict::Error(reason)));
        let broken = matches!(run.verdict, Verdict::Error(_)) || run.crash().is_some();
        results.send(Message::Ran(index, Box::new(run), watch.read()))?;
        if broken {
            // Whatever state it is in, the next case must not see it.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(target)));
            target = match (work.open)() {
                Ok(target) => target,
                Err(error) => return results.send(Message::Lost(error)),
            };
        }
    }
    Ok(())
}

/// Runs one case; a panic is the error.
fn one_case(target: &mut dyn Target, case: &Arc<ConcreteCase>, mode: Mode) -> Result<CaseRun, String> {
    catch_unwind(AssertUnwindSafe(|| run_case(target, case, mode))).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        format!("the harness panicked: {}", text.unwrap_or_else(|| "without a message".to_owned()))
    })
}
