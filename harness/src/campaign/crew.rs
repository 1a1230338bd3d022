//! The workers of one thread: one, or many that take turns as fibers.
//!
//! Called by the engine, once in each of its threads.

use std::{cell::RefCell, io, rc::Rc, sync::Arc};

use super::{
    engine::{CampaignError, Harvest, Shared},
    guide::Guide,
    worker::Worker,
};
use crate::{
    fiber::{self, Maker},
    target::TargetError,
};

/// Lets the workers of a thread take turns, so that their system calls are made together.
#[derive(Clone)]
pub struct TakingTurns {
    /// How many; at least one.
    pub workers: usize,
    /// Opens what makes their calls, on the thread that will use it.
    pub maker: Arc<dyn Fn() -> io::Result<Box<dyn Maker>> + Send + Sync>,
}

/// What one worker brings home, and what ended it before its time.
pub(super) type Home = (Harvest, Option<CampaignError>);

/// Runs the workers of the thread with this number to their ends.
///
/// # Errors
/// If the first target cannot be opened, or calls cannot be made together.
pub(super) fn work(shared: &Shared<'_>, thread: usize) -> Result<Vec<Home>, CampaignError> {
    let guide = Rc::new(RefCell::new(Guide::of(shared.plan)?));
    let mut homes = match &shared.plan.turns {
        None => vec![Worker::open(shared, thread, &guide)?.work()],
        Some(turns) => take_turns(shared, thread, turns, &guide)?,
    };
    let seen = Rc::into_inner(guide).map(|guide| guide.into_inner().into_seen()).unwrap_or_default();
    if let Some((harvest, _)) = homes.first_mut() {
        harvest.triples = seen;
    }
    Ok(homes)
}

fn take_turns(
    shared: &Shared<'_>,
    thread: usize,
    turns: &TakingTurns,
    guide: &Rc<RefCell<Guide>>,
) -> Result<Vec<Home>, CampaignError> {
    let failed = |doing: &str| {
        let doing = doing.to_owned();
        move |source| CampaignError::Target(TargetError::Io { doing, source })
    };
    let maker = (turns.maker)().map_err(failed("open what makes system calls together"))?;
    let homes: RefCell<Vec<Result<Home, CampaignError>>> = RefCell::default();
    let workers = (0..turns.workers.max(1)).map(|number| {
        let (guide, homes) = (Rc::clone(guide), &homes);
        let number = thread * turns.workers.max(1) + number;
        Box::new(move || {
            // Its namespace is made by calls that belong together.
            let worker = fiber::alone(|| Worker::open(shared, number, &guide));
            let home = worker.map(Worker::work);
            if !matches!(home, Ok((_, None))) {
                shared.end();
            }
            homes.borrow_mut().push(home);
        }) as Box<dyn FnOnce() + '_>
    });
    fiber::run(workers.collect(), maker).map_err(failed("make system calls together"))?;
    homes.into_inner().into_iter().collect()
}

#[cfg(test)]
mod tests;
