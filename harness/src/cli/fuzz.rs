//! `rfc793 fuzz`.

use std::{io::Write, path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    arguments::{Format, KernelConfig, Running, Selection},
    exit::{Exit, Failure, complain},
    output, select,
    session::Session,
};
use crate::{
    campaign::{
        crew::TakingTurns,
        engine::{self, CampaignError, News, Plan, Progress},
    },
    case::format::Case,
    fiber::Maker,
    generate::{
        script::{Scope, Script},
        seeds::script_of,
    },
    guest::{
        self,
        batch::{Batch, Word},
        kcov::Collector,
    },
    report::{
        campaign::{self as report, Campaign},
        paint::Paint,
    },
    target::spec::{TargetOptions, TargetSpec},
};

/// How many workers take turns in a guest: so many that the way into the kernel costs each of them little, and so few that
/// what they have in hand stays in the processor's memory.
const WORKERS: usize = 32;
/// How long a campaign goes on if nobody says.
const SECONDS: u64 = 60;

/// Exit codes: 0 nothing new; 1 something new; 2 bad usage; 3 the environment or the harness failed; 130 interrupted.
#[derive(Args)]
pub(super) struct Arguments {
    /// The target that answers are compared with.
    #[arg(long, value_name = "TARGET", default_value = "reference")]
    left: TargetSpec,
    /// The target under test.
    #[arg(long, value_name = "TARGET")]
    right: TargetSpec,
    /// Stop after so many seconds [default: 60, if --executions is not given].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=10_000_000))]
    seconds: Option<u64>,
    /// Stop after so many executions.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(super) executions: Option<u64>,
    /// At most so many steps in a case.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    steps: Option<u16>,
    /// Fixes all randomness [default: by chance; it is printed].
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How many workers, each with targets of its own.
    #[arg(long, short, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Where new discoveries are written: a case, a capture and an explanation each.
    #[arg(long, value_name = "DIR", default_value = "findings")]
    pub(super) out: PathBuf,
    /// Inputs to begin with; those worth keeping are written there.
    #[arg(long, value_name = "DIR")]
    corpus: Option<PathBuf>,
    /// How to report.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// How the kernel target sets its namespace up: with everything that hides a rule switched off, or as it comes.
    #[arg(long, value_enum, default_value_t = KernelConfig::Conformance)]
    kernel_config: KernelConfig,
    /// Which guest of one campaign this is: those before it died.
    #[arg(long, hide = true, default_value_t = 0)]
    round: u32,
    /// What those have used up of the limit: executions, or milliseconds.
    #[arg(long, hide = true, default_value_t = 0)]
    spent: u64,
    /// The suite: it is where a campaign begins, and its regressions and what its ledgers name are known.
    #[arg(value_name = "PATH", default_value = "cases")]
    paths: Vec<PathBuf>,
}

impl Arguments {
    pub(super) const fn targets(&self) -> [&TargetSpec; 2] {
        [&self.left, &self.right]
    }

    /// How long the campaign is to take.
    fn time(&self) -> Option<Duration> {
        let spent = if self.executions.is_none() { Duration::from_millis(self.spent) } else { Duration::ZERO };
        Some(self.whole_time()?.saturating_sub(spent))
    }

    /// Whether the limit of time is over after so much of it.
    pub(super) fn is_over(&self, elapsed: Duration) -> bool {
        self.whole_time().is_some_and(|time| elapsed >= time)
    }

    fn whole_time(&self) -> Option<Duration> {
        match (self.seconds, self.executions) {
            (Some(seconds), _) => Some(Duration::from_secs(seconds)),
            (None, Some(_)) => None,
            (None, None) => Some(Duration::from_secs(SECONDS)),
        }
    }

    /// On standard error; nothing if that is no terminal. Its length is the limit that ends the campaign.
    pub(super) fn bar(&self) -> ProgressBar {
        let time = self.whole_time().map_or(0, |time| time.as_secs());
        let bar = ProgressBar::new(self.executions.unwrap_or(time));
        if let Ok(style) = ProgressStyle::with_template("{prefix} {wide_bar} {pos}/{len} {elapsed} {msg}") {
            bar.set_style(style);
        }
        bar.with_prefix(format!("{} and {}", self.left, self.right))
    }
}

/// What a campaign between the two can say.
fn scope(arguments: &Arguments, usual: Scope) -> Scope {
    Scope { steps: arguments.steps.map_or(usual.steps, usize::from), ..usual }
}

pub(super) fn run(arguments: &Arguments) -> Result<Exit, Failure> {
    let Arguments { left, right, .. } = arguments;
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..)).wrapping_add(u64::from(arguments.round));
    let running = Running {
        jobs: Some(arguments.jobs),
        format: arguments.format,
        pcap: None,
        kernel_config: arguments.kernel_config,
        ledger: None,
        no_ledger: false,
        max_wait: None,
        seed,
    };
    let session = Session::open(&running, &[left, right])?;
    let selection = Selection { filter: Vec::new(), paths: arguments.paths.clone() };
    let selected = select::select(&selection);
    let (left_ledger, left_errors) = session.ledger(left, &selection.paths, &selected);
    let (right_ledger, right_errors) = session.ledger(right, &selection.paths, &selected);
    if selected.errors + left_errors + right_errors > 0 {
        return Ok(Exit::Usage);
    }
    let collector = collector()?;
    let options = TargetOptions { seed, stock_kernel: arguments.kernel_config == KernelConfig::Stock };
    let usual = Plan::between(left, right, options, &arguments.out);
    let plan = Plan {
        scope: scope(arguments, usual.scope),
        jobs: usize::from(arguments.jobs),
        time: arguments.time(),
        executions: arguments.executions.map(|all| all.saturating_sub(arguments.spent)),
        turns: turns(&collector)?,
        news: news(&collector),
        corpus: arguments.corpus.clone(),
        seeds_ran: arguments.round > 0,
        seeds: selected.cases.iter().filter_map(|case| script_of(case)).collect(),
        ..usual.knowing(&selected.cases, [left_ledger, right_ledger])
    };
    let names = plan.names.clone();
    let mut out = output::stdout();
    if arguments.format == Format::Text {
        writeln!(out, "{} and {}, seed {seed}", names[0], names[1])?;
        out.flush()?;
    }
    let bar = if guest::kernel().is_some() { ProgressBar::hidden() } else { arguments.bar() };
    let ended = engine::run(&plan, &session.stop, &mut |progress| show(&bar, &plan, progress));
    bar.finish_and_clear();
    let ended = ended.map_err(failure)?;
    let campaign = Campaign { ended: &ended, names: &names, seed };
    match arguments.format {
        Format::Text => report::text(&mut out, &campaign, Paint::for_stream(&std::io::stdout()))?,
        Format::Jsonl => report::jsonl(&mut out, &campaign)?,
    }
    out.flush()?;
    let mut speed = Vec::new();
    report::speed(&mut speed, &campaign)?;
    complain(&String::from_utf8_lossy(&speed));
    if let Some(broke) = ended.broke {
        return Err(failure(broke));
    }
    let found = if campaign.count_new() > 0 { Exit::Failed } else { Exit::Well };
    let interrupted = if session.stopped() { Exit::Interrupted } else { Exit::Well };
    Ok(found.max(interrupted))
}

/// The case that a guest had in hand when it died; `None`: it had none.
pub(super) fn case_of(arguments: &Arguments, input: &[u8]) -> Option<Case> {
    let Arguments { left, right, out, .. } = arguments;
    let usual = Plan::between(left, right, TargetOptions::default(), out).scope;
    (!input.is_empty()).then(|| Script::decode(input).to_case(&scope(arguments, usual)))
}

fn show(bar: &ProgressBar, plan: &Plan, progress: Progress) {
    let position = if plan.executions.is_some() { progress.executions } else { progress.elapsed.as_secs() };
    let seconds = progress.elapsed.as_secs_f64();
    let rate = if seconds > 0.0 { progress.executions as f64 / seconds } else { 0.0 };
    let remark = format!("{} executions, {rate:.0}/s, {} new", progress.executions, progress.new);
    guest::progress::tell(position, &remark);
    bar.set_position(position);
    bar.set_message(remark);
}

/// Where this is a guest whose kernel has KCOV: what tells which places of it are reached.
fn collector() -> Result<Option<Arc<Collector>>, Failure> {
    if guest::kernel().is_none() {
        return Ok(None);
    }
    let opened = Collector::open().map_err(|error| Failure::Environment(format!("failed to open KCOV: {error}")))?;
    Ok(opened.map(Arc::new))
}

/// Where this is a guest whose kernel can make many calls at once.
fn turns(collector: &Option<Arc<Collector>>) -> Result<Option<TakingTurns>, Failure> {
    if guest::kernel().is_none() {
        return Ok(None);
    }
    let collector = collector.clone();
    let open = move || Batch::open(collector.clone().map(|collector| collector as Arc<Word>));
    let opened = open().map_err(|error| Failure::Environment(format!("failed to open the file batch: {error}")))?;
    let maker = move || match open()? {
        Some(batch) => Ok(Box::new(batch) as Box<dyn Maker>),
        None => Err(std::io::ErrorKind::NotFound.into()),
    };
    match &opened {
        Some(_) => guest::memory::fetch(),
        None => complain("this kernel makes system calls one by one, some ten times slower"),
    }
    Ok(opened.map(|_| TakingTurns { workers: WORKERS, maker: Arc::new(maker) }))
}

fn news(collector: &Option<Arc<Collector>>) -> Option<News> {
    let collector = Arc::clone(collector.as_ref()?);
    Some(Arc::new(move || collector.news() as u64))
}

fn failure(error: CampaignError) -> Failure {
    match error {
        CampaignError::Target(error) => Failure::Target(error),
        other @ (CampaignError::Files { .. } | CampaignError::Worker) => Failure::Environment(other.to_string()),
    }
}
