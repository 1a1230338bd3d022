//! One worker of a campaign: its pair, its inputs, what it has seen.
//!
//! [`Worker::work`] is the hot loop. Where the targets agree, an execution makes no text and takes no lock. What shows
//! for the first time is examined: does it come again three times, how small can the case be, is it known or allowed.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use fastrand::Rng;

use super::{
    discovery::{Compared, Found, Standing, What, found},
    engine::{CampaignError, Claim, Discovery, Harvest, Place, Shared},
    feedback::Triple,
    findings::Told,
    guide::{self, Guide},
    key::{Key, Seen, Side},
    known::{Covered, covering, without},
    pair::{Executed, How, Pair},
    switches::{DIFFERENCES, Difference, Switches},
};
use crate::{
    case::format::{Case, ConcreteCase},
    fiber,
    generate::{script::Script, shrink::shrink},
    guest,
    judge::{allowance::allowed, ledger::Entry},
    run::Mode,
    target::TargetError,
};

/// A discovery has to come again so often.
const REPEATS: usize = 3;
/// A key that so often did not come again is not examined any more.
const PATIENCE: u8 = 3;
/// At most so many earlier events, one after the other, are tried for what they may have led to.
const MOST_CAUSES: usize = 16;
/// At most so many runs to make a case smaller.
const SHRINK_LIMIT: usize = 2000;
/// After so many executions all else in a guest has its turn.
const BREATH: u64 = 32;
/// Environments in which every run fails are broken.
const FAILURES_IN_A_ROW: u32 = 50;

pub(super) struct Worker<'a> {
    shared: &'a Shared<'a>,
    number: usize,
    pair: Pair,
    /// Where the pair is the reference's two profiles.
    switches: Option<Switches>,
    rng: Rng,
    /// What this thread's workers share.
    guide: Rc<RefCell<Guide>>,
    harvest: Harvest,
    /// Keys not worth another look, whoever examined them.
    settled: HashSet<Key>,
    unstable: HashMap<Key, u8>,
    all: Vec<Found>,
    failures: u32,
    /// Every triple since the last time, for who asks.
    pub(super) told: Option<Vec<Triple>>,
}

impl<'a> Worker<'a> {
    /// Opens the targets on the calling thread.
    pub(super) fn open(
        shared: &'a Shared<'a>,
        number: usize,
        guide: &Rc<RefCell<Guide>>,
    ) -> Result<Self, CampaignError> {
        let [left, right] = shared.plan.targets.clone();
        let pair = Pair::of(left, right)?;
        let harvest = Harvest { versions: Side::BOTH.map(|side| pair.version(side).to_owned()), ..Harvest::default() };
        Ok(Self {
            shared,
            number,
            pair,
            switches: shared.plan.profile.as_ref().map(|profile| Switches::of(profile, DIFFERENCES, shared.plan.seed)),
            rng: Rng::with_seed(seed_of(shared.plan.seed, number)),
            guide: Rc::clone(guide),
            harvest,
            settled: HashSet::new(),
            unstable: HashMap::new(),
            all: Vec::new(),
            failures: 0,
            told: None,
        })
    }

    /// Executes until it is over, or something breaks: what was found until then is brought home all the same.
    pub(super) fn work(mut self) -> (Harvest, Option<CampaignError>) {
        let broke = self.all().err();
        (self.harvest, broke)
    }

    fn all(&mut self) -> Result<(), CampaignError> {
        let share = self.shared.plan.executions.map(|all| {
            let jobs = self.shared.workers() as u64;
            all / jobs + u64::from((self.number as u64) < all % jobs)
        });
        while share.is_none_or(|share| self.harvest.counts.executions < share) && !self.shared.over() {
            let (script, is_seed) = self.guide.borrow_mut().next(&mut self.rng);
            self.execute(script, is_seed)?;
            // Of workers that take turns one is enough.
            if self.harvest.counts.executions.is_multiple_of(BREATH) && fiber::number().is_none_or(|number| number == 0)
            {
                fiber::alone(|| self.shared.began.breathe());
            }
        }
        Ok(())
    }

    /// Runs one input. Seeds of the corpus are not kept again.
    pub(super) fn execute(&mut self, script: Script, is_seed: bool) -> Result<(), CampaignError> {
        let case = script.to_case(&self.shared.plan.scope);
        // A script says only what a case can; what cannot be begun shows nothing.
        let Ok(concrete) = ConcreteCase::from_case("generated", case).map(Arc::new) else {
            self.harvest.counts.executions += 1;
            return Ok(());
        };
        // What confirming and shrinking the last one reached is nobody's.
        let _ = self.shared.news();
        if self.shared.began.is_told() {
            guest::input::note(&script.encode());
        }
        let executed = self.pair.run(&concrete, Mode::Compare)?;
        let places = self.shared.news();
        let mut all = std::mem::take(&mut self.all);
        let compared = found(&executed, &mut all);
        self.harvest.counts.execution(&executed, compared);
        self.shared.executed();
        self.environment_holds(&executed, compared)?;
        let counts = &mut self.harvest.counts;
        counts.places += places;
        counts.kept_for_places += u64::from(places > 0 && !is_seed);
        if (self.shows_something_new(&executed) || places > 0) && !is_seed {
            self.keep(script)?;
        }
        let mut executed = executed;
        if !all.is_empty() && self.pair.is_lean() {
            // The states that no one asked for are part of the key.
            all.clear();
            executed = self.pair.with_states(executed)?;
            let _ = found(&executed, &mut all);
        }
        for found in all.drain(..) {
            self.take(found, &executed, &concrete)?;
        }
        self.all = all;
        self.pair.reuse(executed);
        Ok(())
    }

    /// The new discoveries since the last time.
    pub(super) fn fresh(&mut self) -> Vec<Discovery> {
        let mut found = std::mem::take(&mut self.harvest.discoveries);
        found.retain(|discovery| discovery.standing == Standing::New);
        found
    }

    /// A target that fails now and then is a discovery; one that always fails is a broken environment.
    fn environment_holds(&mut self, executed: &Executed, compared: Compared) -> Result<(), CampaignError> {
        let broke = executed.broke.iter().flatten().find(|broke| broke.how == How::Failed);
        self.failures = if broke.is_some() && compared == Compared::Not { self.failures + 1 } else { 0 };
        match broke {
            Some(broke) if self.failures >= FAILURES_IN_A_ROW => {
                Err(TargetError::Broken(format!("{FAILURES_IN_A_ROW} runs in a row failed: {}", broke.message)).into())
            }
            _ => Ok(()),
        }
    }

    fn shows_something_new(&mut self, executed: &Executed) -> bool {
        let mut new = false;
        let (mut guide, told) = (self.guide.borrow_mut(), &mut self.told);
        for run in &executed.runs {
            guide.sees(run, &mut |triple, is_new| {
                new |= is_new;
                if let Some(told) = told {
                    told.push(triple);
                }
            });
        }
        new
    }

    fn keep(&mut self, script: Script) -> Result<(), CampaignError> {
        if let Some(folder) = &self.shared.plan.corpus {
            guide::write(&script, folder)?;
        }
        self.guide.borrow_mut().keep(script);
        Ok(())
    }

    /// Counts what an execution showed; examines it if nobody has.
    fn take(&mut self, found: Found, executed: &Executed, case: &Arc<ConcreteCase>) -> Result<(), CampaignError> {
        if let What::Divergence(divergence) = &found.what
            && let Some(allowance) = allowed(divergence, &found.key.event)
        {
            self.harvest.allowed.entry(allowance.name).or_insert((allowance.clause, 0)).1 += 1;
            return Ok(());
        }
        if let Some(difference) = self.switch_behind(&found, executed, case) {
            self.harvest.switches.entry(difference.switch).or_insert((difference.clause, 0)).1 += 1;
            return Ok(());
        }
        if let Some(entry) = self.covering(&found, executed)? {
            let standing = Standing::Known { case: entry.case.clone() };
            if !self.harvest.covered.contains_key(&found.key) {
                let discovery = self.discovery(&found, standing, String::new(), None);
                self.harvest.covered.insert(found.key, discovery);
            }
            self.harvest.covered.entry(found.key).and_modify(|covered| covered.times += 1);
            return Ok(());
        }
        *self.harvest.times.entry(found.key).or_default() += 1;
        if self.settled.contains(&found.key) {
            return Ok(());
        }
        let claim = self.shared.claim(found.key, self.place());
        if claim == Claim::Taken {
            self.settled.insert(found.key);
            return Ok(());
        }
        let known = self.shared.known.get(&found.key).filter(|_| !self.is_our_own_fault(&found.key));
        match known {
            Some(id) => {
                self.settled.insert(found.key);
                let standing = Standing::Known { case: id.clone() };
                self.harvest.discoveries.push(self.discovery(&found, standing, String::new(), None));
                Ok(())
            }
            // The machine shows what it is about, and how long it takes, to none but this one.
            None => fiber::alone(|| self.examine(&found, case, claim)),
        }
    }

    const fn place(&self) -> Place {
        (self.harvest.counts.executions, self.number)
    }

    /// A violation by the reference is always new.
    pub(super) fn is_our_own_fault(&self, key: &Key) -> bool {
        match key.seen {
            Seen::Violation { side, .. } | Seen::Failure { side, .. } => self.pair.name(side).starts_with("reference"),
            Seen::Divergence { .. } => false,
        }
    }

    /// The switch of the profile that a divergence follows from, between the reference's two profiles.
    fn switch_behind(
        &mut self,
        found: &Found,
        executed: &Executed,
        case: &Arc<ConcreteCase>,
    ) -> Option<&'static Difference> {
        let is_divergence = matches!(found.what, What::Divergence(_));
        self.switches.as_mut().filter(|_| is_divergence)?.behind(case, &executed.runs[0], found.step)
    }

    /// The entry of a ledger that explains it. What is said to come of an earlier event does not show without that event,
    /// or only because of another one that is explained the same way.
    fn covering(&mut self, found: &Found, executed: &Executed) -> Result<Option<&'a Entry>, TargetError> {
        let shared: &'a Shared<'a> = self.shared;
        if self.is_our_own_fault(&found.key) {
            return Ok(None);
        }
        let Some(Covered { entry, mut because_of }) = covering(&shared.plan.ledgers, found, executed) else {
            return Ok(None);
        };
        let mut case = Arc::clone(&executed.runs[0].case);
        for _ in 0..MOST_CAUSES {
            if because_of.is_empty() {
                return Ok(Some(entry));
            }
            case = Arc::new(without(&case, &because_of));
            let less = self.pair.run(&case, Mode::CompareStates)?;
            let again = shown(&less, found.key);
            let covered = again.as_ref().map(|again| covering(&shared.plan.ledgers, again, &less));
            self.pair.reuse(less);
            match covered {
                None => return Ok(Some(entry)),
                Some(None) => return Ok(None),
                Some(Some(covered)) => because_of = covered.because_of,
            }
        }
        Ok(None)
    }

    /// Confirms, shrinks and writes.
    fn examine(&mut self, found: &Found, case: &Arc<ConcreteCase>, claim: Claim) -> Result<(), CampaignError> {
        let key = found.key;
        for _ in 0..REPEATS {
            if self.again(case, key, Mode::CompareStates)?.is_none() {
                self.harvest.counts.unstable += 1;
                let tries = self.unstable.entry(key).or_default();
                *tries += 1;
                if *tries < PATIENCE {
                    self.shared.give_back(key, self.place());
                } else {
                    self.settled.insert(key);
                }
                return Ok(());
            }
        }
        self.settled.insert(key);
        let small = self.shrunk(case, key);
        // A live target may not show it every time; the case it came with has shown it often enough.
        let shown = match self.again(&small, key, Mode::Record)? {
            Some(shown) => Some(shown),
            None => self.again(case, key, Mode::Record)?,
        };
        let Some((executed, found)) = shown else {
            self.harvest.counts.unstable += 1;
            return Ok(());
        };
        let mut told = Told {
            names: &self.shared.plan.names,
            seed: self.shared.plan.seed,
            execution: self.harvest.counts.executions,
            worker: self.number,
            executed: &executed,
            found: &found,
            case: None,
        };
        // The demands of the case as told are steps too; where they hide what it shows, the bare steps are written.
        let with_demands = told.as_case();
        let ready = ConcreteCase::from_case("told", with_demands.clone()).map(Arc::new);
        if matches!(ready.map(|case| self.again(&case, key, Mode::CompareStates)), Ok(Ok(Some(_)))) {
            told.case = Some(with_demands);
        }
        let explanation = told.explanation();
        let folder = self.shared.writer.folder();
        let written = self.shared.if_held(key, self.place(), || self.shared.writer.write(&told));
        let Some(written) = written else { return Ok(()) };
        let file = written.map_err(|source| CampaignError::files("write a finding in", folder, source))?;
        if claim == Claim::First {
            self.shared.discovered();
        }
        self.harvest.discoveries.push(self.discovery(&found, Standing::New, explanation, Some(file)));
        Ok(())
    }

    /// Runs a case and gives what has this key and is neither allowed nor explained, if it shows.
    fn again(
        &mut self,
        case: &Arc<ConcreteCase>,
        key: Key,
        mode: Mode,
    ) -> Result<Option<(Executed, Found)>, TargetError> {
        let executed = self.pair.run(case, mode)?;
        let Some(found) = shown(&executed, key) else { return Ok(None) };
        let explained =
            self.switch_behind(&found, &executed, case).is_some() || self.covering(&found, &executed)?.is_some();
        Ok((!explained).then_some((executed, found)))
    }

    /// The smallest case found that still shows it.
    fn shrunk(&mut self, case: &Arc<ConcreteCase>, key: Key) -> Arc<ConcreteCase> {
        let authored = case.authored();
        let small = shrink(&authored, SHRINK_LIMIT, &mut |candidate: &Case| {
            if self.shared.stop.load(std::sync::atomic::Ordering::Relaxed) {
                return false;
            }
            // Without what it allows it would show other things: the hour at which an ACK leaves.
            if candidate.allow != authored.allow {
                return false;
            }
            let Ok(concrete) = ConcreteCase::from_case("generated", candidate.clone()) else { return false };
            matches!(self.again(&Arc::new(concrete), key, Mode::CompareStates), Ok(Some(_)))
        });
        ConcreteCase::from_case("generated", small).map_or_else(|_| Arc::clone(case), Arc::new)
    }

    fn discovery(
        &self,
        found: &Found,
        standing: Standing,
        explanation: String,
        file: Option<std::path::PathBuf>,
    ) -> Discovery {
        let side = match found.key.seen {
            Seen::Violation { side, .. } | Seen::Failure { side, .. } => side,
            Seen::Divergence { .. } => Side::Right,
        };
        Discovery {
            key: found.key,
            kind: found.key.kind(),
            side,
            standing,
            times: 0,
            execution: self.harvest.counts.executions,
            worker: self.number,
            explanation,
            file,
        }
    }
}

/// What has this key and is not allowed, if it shows.
fn shown(executed: &Executed, key: Key) -> Option<Found> {
    let mut all = Vec::new();
    let _ = found(executed, &mut all);
    all.into_iter().find(|found| found.key == key && !is_allowed(found))
}

fn is_allowed(found: &Found) -> bool {
    match &found.what {
        What::Divergence(divergence) => allowed(divergence, &found.key.event).is_some(),
        What::Violation(_) | What::Failure(_) => false,
    }
}

/// Each worker its own chance, from one number.
fn seed_of(seed: u64, worker: usize) -> u64 {
    seed ^ (worker as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}
