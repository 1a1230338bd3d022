//! The loop: generate → run on the pair → judge → dedupe → confirm → shrink → write.
//!
//! [`run`] is all that the program calls: it learns what the suite knows, starts the workers, tells of the progress and
//! sums up. Each thread has inputs and triples of its own (`guide`), so it never waits for another;
//! only a key it has not seen itself makes it look into what all have seen (`Shared`). With one worker, a number of
//! executions and targets in virtual time, the same seed gives the same campaign.
//!
//! Nothing stops it but time, count, the user, or an environment in which no target can be opened.

use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use stack_under_test::Profile;

use super::{
    counts::Counts,
    crew::{self, TakingTurns},
    discovery::{Kind, Standing},
    feedback::Seen,
    findings::Writer,
    key::{Key, Side},
    known::{self, Known},
    pair::{Opener, Pair},
};
use crate::{
    case::format::ConcreteCase,
    fiber,
    generate::script::{Scope, Script},
    guest::clock::Stopwatch,
    judge::ledger::Ledger,
    target::{
        TargetError,
        spec::{TargetOptions, TargetSpec},
    },
};

/// How many places of a kernel were reached for the first time since it was asked last.
pub type News = Arc<dyn Fn() -> u64 + Send + Sync>;

/// What to do.
#[derive(Clone)]
pub struct Plan {
    /// Open the targets, by [`Side::index`].
    pub targets: [Opener; 2],
    /// Their names as the user writes them.
    pub names: [String; 2],
    /// What both can take.
    pub scope: Scope,
    /// Fixes all randomness.
    pub seed: u64,
    /// How many threads; at least one.
    pub jobs: usize,
    /// Where each thread has many workers that take turns; else it has one.
    pub turns: Option<TakingTurns>,
    /// How long.
    pub time: Option<Duration>,
    /// How many executions, over all workers.
    pub executions: Option<u64>,
    /// Where discoveries are written; the folder is made when the first one comes.
    pub findings: PathBuf,
    /// Where the right target tells which places of its code are reached: inputs that reach a new one are kept.
    pub news: Option<News>,
    /// Inputs to begin with, and where inputs worth keeping are written.
    pub corpus: Option<PathBuf>,
    /// Inputs to begin with, before those of the corpus: what the suite does.
    pub seeds: Vec<Script>,
    /// These ran already, in a guest that died: they are only changed.
    pub seeds_ran: bool,
    /// Cases whose divergences are known; see [`known::candidates`].
    pub suite: Vec<Arc<ConcreteCase>>,
    /// The right target's profile, if the targets are the reference's `rfc9293` and `rfc793`: a divergence that follows
    /// from a switch of it is then no discovery; see [`super::switches`].
    pub profile: Option<Profile>,
    /// What is known of the targets, by [`Side::index`]; see [`known::covering`].
    pub ledgers: Arc<[Ledger; 2]>,
}

/// How far a campaign is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Executions so far.
    pub executions: u64,
    /// New discoveries so far.
    pub new: u64,
    /// Time so far.
    pub elapsed: Duration,
}

/// A campaign that is over.
#[derive(Debug, Default)]
pub struct Ended {
    /// What was counted.
    pub counts: Counts,
    /// How many different (state, event class, rule) triples were seen.
    pub triples: usize,
    /// Keys that the suite knew from the start.
    pub known_keys: usize,
    /// Every discovery that stands, new ones in the order they came, then the known ones.
    pub discoveries: Vec<Discovery>,
    /// Divergences that the RFCs allow: name, clause, how often.
    pub allowed: Vec<(&'static str, &'static str, u64)>,
    /// Divergences that follow from a switch of the profile: name, clause, how often.
    pub switches: Vec<(&'static str, &'static str, u64)>,
    /// The versions of the targets.
    pub versions: [String; 2],
    /// Places of the kernel that were reached before the first input; `None` if it does not tell.
    pub known_places: Option<u64>,
    /// Real time.
    pub wall: Duration,
    /// Nobody knows how long each target took: the clock is virtual.
    pub busy_unknown: bool,
    /// What ended it before its time: a finding that could not be written, an environment that broke.
    pub broke: Option<CampaignError>,
}

/// A discovery as the report tells it.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// What makes it the same as another.
    pub key: Key,
    /// Its kind.
    pub kind: Kind,
    /// Whom it is about; a divergence is about the right target.
    pub side: Side,
    /// How it stands.
    pub standing: Standing,
    /// In how many executions it showed.
    pub times: u64,
    /// The execution (of its worker) that showed it first.
    pub execution: u64,
    /// Which worker.
    pub worker: usize,
    /// What was done, what each did, by which rule.
    pub explanation: String,
    /// Where it was written.
    pub file: Option<PathBuf>,
}

/// Why a campaign could not go on.
#[derive(Debug, thiserror::Error)]
pub enum CampaignError {
    /// No target to be had.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// A finding or an input could not be written or read.
    #[error("failed to {doing} {path}: {source}", path = path.display())]
    Files {
        /// What was being done.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// The system's word.
        source: io::Error,
    },
    /// A worker died: the harness's own fault.
    #[error("a worker of the campaign panicked; its message stands above")]
    Worker,
}

impl CampaignError {
    pub(super) fn files(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Files { doing, path: path.to_owned(), source }
    }
}

/// Where in a campaign something showed: the execution of a worker, and which worker.
pub(super) type Place = (u64, usize);

/// What all workers look at.
pub(super) struct Shared<'a> {
    pub(super) plan: &'a Plan,
    pub(super) known: Known,
    pub(super) stop: &'a AtomicBool,
    pub(super) began: Stopwatch,
    pub(super) writer: Writer,
    executions: AtomicU64,
    new: AtomicU64,
    /// Keys that some worker has taken in hand, and what it found them with.
    claimed: Mutex<HashMap<Key, Place>>,
}

impl Plan {
    /// A campaign without end between two targets, with one worker and nothing known.
    #[must_use]
    pub fn between(left: &TargetSpec, right: &TargetSpec, options: TargetOptions, findings: &Path) -> Self {
        let opener = |target: &TargetSpec| -> Opener {
            let spec = target.clone();
            Arc::new(move || spec.open(options))
        };
        Self {
            targets: [opener(left), opener(right)],
            names: [left.to_string(), right.to_string()],
            scope: scope(left).and(scope(right)),
            seed: options.seed,
            jobs: 1,
            turns: None,
            time: None,
            executions: None,
            news: None,
            findings: findings.to_owned(),
            corpus: None,
            seeds: Vec::new(),
            seeds_ran: false,
            suite: Vec::new(),
            profile: match (left, right) {
                (TargetSpec::Reference("rfc9293"), TargetSpec::Reference("rfc793")) => Some(Profile::rfc793()),
                _ => None,
            },
            ledgers: Arc::default(),
        }
    }

    /// The same, where a suite is known: what its regressions and the cases of the ledgers (by [`Side::index`]) show, and
    /// what the ledgers cover.
    #[must_use]
    pub fn knowing(self, suite: &[Arc<ConcreteCase>], ledgers: [Ledger; 2]) -> Self {
        let [left, right] = &ledgers;
        Self { suite: known::candidates(suite, &[left, right]), ledgers: Arc::new(ledgers), ..self }
    }
}

/// What a target can take.
const fn scope(target: &TargetSpec) -> Scope {
    match target {
        TargetSpec::Reference(_) => Scope::VIRTUAL,
        TargetSpec::Smoltcp => Scope::SMOLTCP,
        TargetSpec::Lwip => Scope::LWIP,
        // Nobody knows what a driver can do, nor whether its time is real.
        TargetSpec::Kernel | TargetSpec::Linux(_) | TargetSpec::External(_) => Scope::LIVE,
    }
}

impl<'a> Shared<'a> {
    pub(super) fn new(plan: &'a Plan, known: Known, stop: &'a AtomicBool) -> Self {
        Self {
            plan,
            known,
            stop,
            began: Stopwatch::start(),
            writer: Writer::new(&plan.findings),
            executions: AtomicU64::new(0),
            new: AtomicU64::new(0),
            claimed: Mutex::default(),
        }
    }
}

impl Shared<'_> {
    /// Whether a key is this worker's own to examine. The first to come has it; where the number of executions is
    /// given, the earliest place has it however fast the others are, so that the same seed gives the same findings.
    pub(super) fn claim(&self, key: Key, place: Place) -> Claim {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        match claimed.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(place);
                Claim::First
            }
            Entry::Occupied(mut entry) if self.plan.executions.is_some() && place < *entry.get() => {
                entry.insert(place);
                Claim::Earlier
            }
            Entry::Occupied(_) => Claim::Taken,
        }
    }

    /// Does `write` if a key is still that of this place; `None`: another worker has found it earlier meanwhile.
    pub(super) fn if_held<R>(&self, key: Key, place: Place, write: impl FnOnce() -> R) -> Option<R> {
        let claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        (claimed.get(&key) == Some(&place)).then(write)
    }

    /// The key turned out to be nothing: somebody else may find it again.
    pub(super) fn give_back(&self, key: Key, place: Place) {
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        if claimed.get(&key) == Some(&place) {
            claimed.remove(&key);
        }
    }

    /// How many places of the kernel nobody had reached before the calling worker did, since it asked last.
    pub(super) fn news(&self) -> u64 {
        self.plan.news.as_ref().map_or(0, |news| fiber::taken().unwrap_or_else(|| news()))
    }

    pub(super) fn executed(&self) {
        self.executions.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn discovered(&self) {
        self.new.fetch_add(1, Ordering::Relaxed);
    }

    /// How many workers there are in all.
    pub(super) fn workers(&self) -> usize {
        self.plan.jobs.max(1) * self.plan.turns.as_ref().map_or(1, |turns| turns.workers.max(1))
    }

    /// Ends the campaign for all workers.
    pub(super) fn end(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Whether the user or the clock says stop.
    pub(super) fn over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.plan.time.is_some_and(|time| self.began.elapsed() >= time)
    }
}

/// Whose a key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// Nobody had it.
    First,
    /// Somebody had it, but found it later.
    Earlier,
    /// It is somebody else's.
    Taken,
}

/// Name → clause, how often.
type Tally = HashMap<&'static str, (&'static str, u64)>;

/// What one worker brings home.
#[derive(Default)]
pub(super) struct Harvest {
    pub(super) counts: Counts,
    pub(super) triples: Seen,
    pub(super) discoveries: Vec<Discovery>,
    /// How often each key showed, whoever examined it.
    pub(super) times: HashMap<Key, u64>,
    pub(super) allowed: Tally,
    pub(super) switches: Tally,
    /// What entries of the ledgers cover, and how often it showed.
    pub(super) covered: HashMap<Key, Discovery>,
    pub(super) versions: [String; 2],
}

/// Runs a campaign. `tell` is called about ten times a second, on the calling thread.
///
/// # Errors
/// If the targets cannot be opened or nothing can be written. What breaks later is told in [`Ended::broke`], beside the
/// counts.
pub fn run(plan: &Plan, stop: &AtomicBool, tell: &mut dyn FnMut(Progress)) -> Result<Ended, CampaignError> {
    let writer = Writer::new(&plan.findings);
    // Not after an hour, with the first finding in hand.
    writer.check().map_err(|source| CampaignError::Files {
        doing: "write findings in",
        path: plan.findings.clone(),
        source,
    })?;
    let known = learn(plan)?;
    let known_keys = known.len();
    let known_places = plan.news.as_ref().map(|news| news());
    let shared = Shared::new(plan, known, stop);
    let harvests = thread::scope(|scope| {
        let shared = &shared;
        let workers: Vec<_> = (0..plan.jobs.max(1))
            .map(|number| {
                scope.spawn(move || {
                    let worked = crew::work(shared, number);
                    let broke = worked.as_ref().map_or(true, |homes| homes.iter().any(|(_, broke)| broke.is_some()));
                    if broke {
                        // One broken worker means a broken environment for all.
                        shared.end();
                    }
                    worked
                })
            })
            .collect();
        while !workers.iter().all(thread::ScopedJoinHandle::is_finished) {
            // Short campaigns shall not wait for the one who watches.
            let pause = if shared.began.elapsed() > Duration::from_secs(1) { 100 } else { 5 };
            shared.began.pause(Duration::from_millis(pause));
            tell(Progress {
                executions: shared.executions.load(Ordering::Relaxed),
                new: shared.new.load(Ordering::Relaxed),
                elapsed: shared.began.elapsed(),
            });
        }
        let joined = workers.into_iter().map(|worker| worker.join().unwrap_or(Err(CampaignError::Worker)));
        joined.collect::<Result<Vec<_>, _>>()
    })?;
    let (harvests, broke): (Vec<_>, Vec<_>) = harvests.into_iter().flatten().unzip();
    let ended = sum(harvests, known_keys, shared.began.elapsed());
    let busy_unknown = shared.began.is_told();
    Ok(Ended { known_places, busy_unknown, broke: broke.into_iter().flatten().next(), ..ended })
}

/// Asks the suite, on a thread of its own: a kernel target keeps the thread it is opened on.
pub(super) fn learn(plan: &Plan) -> Result<Known, CampaignError> {
    if plan.suite.is_empty() {
        return Ok(Known::new());
    }
    thread::scope(|scope| {
        let learner = scope.spawn(|| {
            let [left, right] = plan.targets.clone();
            known::learn(&mut Pair::of(left, right)?, &plan.suite)
        });
        learner.join().map_err(|_| CampaignError::Worker)?.map_err(CampaignError::from)
    })
}

fn sum(harvests: Vec<Harvest>, known_keys: usize, wall: Duration) -> Ended {
    let mut ended = Ended { known_keys, wall, ..Ended::default() };
    let mut triples = Seen::default();
    let mut times: HashMap<Key, u64> = HashMap::new();
    let [mut allowed, mut switches] = [Tally::new(), Tally::new()];
    let mut covered: HashMap<Key, Discovery> = HashMap::new();
    for harvest in harvests {
        ended.counts.add(&harvest.counts);
        triples.add(harvest.triples);
        ended.discoveries.extend(harvest.discoveries);
        ended.versions = harvest.versions;
        for (key, count) in harvest.times {
            *times.entry(key).or_default() += count;
        }
        for (all, own) in [(&mut allowed, harvest.allowed), (&mut switches, harvest.switches)] {
            for (name, (clause, count)) in own {
                all.entry(name).or_insert((clause, 0)).1 += count;
            }
        }
        for (key, discovery) in harvest.covered {
            match covered.entry(key) {
                Entry::Vacant(entry) => drop(entry.insert(discovery)),
                Entry::Occupied(mut entry) => entry.get_mut().times += discovery.times,
            }
        }
    }
    // What two workers examined is the earlier one's.
    ended.discoveries.sort_by_key(|discovery| (discovery.execution, discovery.worker));
    let mut seen = std::collections::HashSet::new();
    ended.discoveries.retain(|discovery| seen.insert(discovery.key));
    for discovery in &mut ended.discoveries {
        discovery.times = times.get(&discovery.key).copied().unwrap_or(0);
    }
    let mut covered: Vec<_> = covered.into_values().collect();
    covered.sort_by_cached_key(|found| (found.execution, found.worker, found.key.to_string()));
    ended.discoveries.extend(covered);
    ended.discoveries.sort_by_key(|discovery| match discovery.standing {
        Standing::New => (0, discovery.execution, discovery.worker),
        Standing::Allowed { .. } | Standing::Known { .. } => (1, discovery.execution, discovery.worker),
    });
    ended.triples = triples.len();
    let sorted = |tally: Tally| {
        let mut all: Vec<_> = tally.into_iter().map(|(name, (clause, count))| (name, clause, count)).collect();
        all.sort_unstable();
        all
    };
    (ended.allowed, ended.switches) = (sorted(allowed), sorted(switches));
    ended
}

#[cfg(test)]
mod tests;
