//! Rates on one core: pairs of targets as a campaign runs them, against a bare loop on the same TUN device.
//!
//! All of it is processor time of the one thread that does the work (`CLOCK_THREAD_CPUTIME_ID`), so that the ratios
//! hold on a busy machine too; what the kernel does for a packet it does within the thread's `write`.

use std::{
    net::{SocketAddr, TcpListener},
    os::fd::AsFd,
    sync::{Arc, atomic::AtomicBool},
    time::{Duration, Instant},
};

use harness::{
    campaign::{
        discovery::{self, Compared, Found},
        feedback::Seen,
        pair::Pair,
        smaller::{shown, smaller},
    },
    case::{
        flags::Flags,
        format::{ConcreteCase, Config},
    },
    generate::script::{RECORD, Scope, Script},
    run::Mode,
    segment::build::{WireSegment, build},
    target::{
        Target, TargetError,
        kernel::{KernelOptions, KernelTarget},
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::EventKind,
};
use nix::{
    time::{ClockId, clock_gettime},
    unistd::{read, write},
};

/// What a campaign against the kernel has to reach of the bare loop's rate.
const LEAST_RATIO: f64 = 0.5;
/// Executions of ten steps a second that a pair in process has to reach.
const LEAST_EXECUTIONS: f64 = 50_000.0;
/// Acts of a measured script: segments, calls and waits, a handshake counts as one. A step of a case is a line, and each
/// act is followed by a look, so ten steps are half as many acts; both are measured. The prelude comes on top of either.
const STEPS: usize = 10;
/// Rounds of a measurement; the median counts.
const ROUNDS: usize = 7;
/// What to shrink: the steps of the case, without its prelude.
const LONG: usize = 100;
/// How long that may take.
const MOST_SHRINKING: Duration = Duration::from_secs(1);
/// So many findings are shrunk, and so many scripts are tried for them.
const FINDINGS: usize = 20;
const TRIED: usize = 2000;

/// Processor time of the calling thread.
pub(super) fn processor_time() -> Duration {
    let spec = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("Linux has this clock");
    Duration::from(spec)
}

/// Processor time that `work` takes.
fn timed(work: impl FnOnce()) -> Duration {
    let began = processor_time();
    work();
    processor_time() - began
}

/// What the machine itself takes.
struct Bare {
    /// A SYN to a closed port and its RST, a second.
    closed: f64,
    /// A SYN to a listener, from ever new ports, and its SYN,ACK, a second.
    listening: f64,
}

impl Bare {
    /// Measures on a device of its own, on a thread of its own, as the kernel target needs it.
    fn measure() -> Result<Self, TargetError> {
        std::thread::spawn(Self::measure_here).join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    fn measure_here() -> Result<Self, TargetError> {
        let mut kernel = KernelTarget::open(KernelOptions::default())?;
        let ends = kernel.begin(&Config::default()).map_err(|refusal| TargetError::Broken(refusal.to_string()))?;
        let syn = |port: u16, to: u16| {
            let (peer, target) = (SocketAddr::new(ends.peer.ip(), port), SocketAddr::new(ends.target.ip(), to));
            build(&WireSegment { seq: 1, flags: Flags::SYN, ..WireSegment::empty(peer, target) })
        };
        let closed: Vec<_> = (1..=1000).map(|port| syn(port, 1)).collect();
        // Once to warm up.
        exchange(&kernel, &closed, Flags::RST | Flags::ACK);
        let took: Duration = (0..20).map(|_| exchange(&kernel, &closed, Flags::RST | Flags::ACK)).sum();
        let closed_rate = 20.0 * 1000.0 / took.as_secs_f64();
        let (mut sent, mut took) = (0.0, Duration::ZERO);
        for round in 0..50 {
            let to = 3000 + round;
            let listener = TcpListener::bind(SocketAddr::new(ends.target.ip(), to)).expect("the port is free");
            // Fewer than the queue holds.
            let packets: Vec<_> = (1..=100).map(|port| syn(10_000 + port, to)).collect();
            took += exchange(&kernel, &packets, Flags::SYN | Flags::ACK);
            sent += 100.0;
            drop(listener);
        }
        kernel.end()?;
        Ok(Self { closed: closed_rate, listening: sent / took.as_secs_f64() })
    }

    fn median(rounds: &[Self]) -> Option<Self> {
        let median = |pick: fn(&Self) -> f64| {
            let mut rates: Vec<f64> = rounds.iter().map(pick).collect();
            rates.sort_by(f64::total_cmp);
            rates.get(rates.len() / 2).copied()
        };
        Some(Self { closed: median(|round| round.closed)?, listening: median(|round| round.listening)? })
    }

    fn show(&self) {
        line("bare loop: SYN to a closed port, RST", self.closed, "segments/s", "");
        line("bare loop: SYN to a listener, SYN,ACK", self.listening, "segments/s", "");
    }

    /// The faster of the two: the harder one to keep up with.
    fn best(&self) -> f64 {
        self.closed.max(self.listening)
    }
}

/// Writes each packet and reads its answer; looks at the answers' flags only.
fn exchange(device: &impl AsFd, packets: &[Vec<u8>], answer: Flags) -> Duration {
    let mut buffer = [0; 2048];
    timed(|| {
        for packet in packets {
            write(device, packet).expect("a packet can be written");
            let len = read(device, &mut buffer).expect("it is answered at once");
            assert_eq!((len > 33, buffer[33]), (true, answer.0 as u8));
        }
    })
}

/// Bytes from a seed (SplitMix64): the same scripts in every run.
struct Bytes(u64);

impl Bytes {
    fn script(&mut self, records: usize) -> Vec<u8> {
        let words = (0..RECORD * (records + 1) / 8).map(|_| {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        words.flat_map(u64::to_le_bytes).collect()
    }
}

/// What a pair of targets came to: medians of the rounds.
struct Rate {
    executions: f64,
    segments: f64,
    /// Steps (lines) of a case: acts, looks and the prelude.
    lines: f64,
    /// Share of the executions that were compared: both targets could run the case.
    compared: f64,
    /// Time on the clock for each second of processor time: more than 1 is waiting, or other programs.
    stretch: f64,
}

/// Sums of some executions.
#[derive(Default)]
struct Sums {
    executions: u32,
    segments: u32,
    lines: usize,
    compared: u32,
}

/// A campaign as `rfc793 fuzz` has it, without what it does about findings.
struct Campaign<'s> {
    pair: Pair,
    scope: &'s Scope,
    bytes: Bytes,
    found: Vec<Found>,
    seen: Seen,
}

impl<'s> Campaign<'s> {
    fn open(right: &TargetSpec, scope: &'s Scope) -> Result<Self, TargetError> {
        let pair = Pair::open(&TargetSpec::Reference("rfc9293"), right, TargetOptions::default())?;
        Ok(Self { pair, scope, bytes: Bytes(1), found: Vec::new(), seen: Seen::default() })
    }

    /// Generates, runs on both, compares, judges and looks for what guides a campaign.
    fn execute(&mut self, count: u32) -> Result<Sums, TargetError> {
        let mut sums = Sums { executions: count, ..Sums::default() };
        for _ in 0..count {
            let case = Script::decode(&self.bytes.script(self.scope.steps)).to_case(self.scope);
            let case = ConcreteCase::from_case("generated", case).expect("a script is a valid case");
            let executed = self.pair.run(&Arc::new(case), Mode::Compare)?;
            self.found.clear();
            sums.compared += u32::from(discovery::found(&executed, &mut self.found) != Compared::Not);
            for run in &executed.runs {
                self.seen.take(run, &mut |_, _| {});
            }
            let trace = &executed.runs[1].trace;
            let injected = trace.events.iter().filter(|event| matches!(event.kind, EventKind::Injected { .. })).count();
            sums.segments += u32::try_from(injected).unwrap_or(0);
            sums.lines += trace.steps.len();
            self.pair.reuse(executed);
        }
        Ok(sums)
    }

    /// The rate of each round of so many executions; `between` runs before each.
    fn rounds(&mut self, executions: u32, mut between: impl FnMut()) -> Result<Rate, TargetError> {
        self.execute(executions)?;
        let mut rates = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            between();
            let (began, wall) = (processor_time(), Instant::now());
            let sums = self.execute(executions)?;
            let took = (processor_time() - began).as_secs_f64();
            let each = f64::from(sums.executions);
            rates.push(Rate {
                executions: each / took,
                segments: f64::from(sums.segments) / took,
                lines: sums.lines as f64 / each,
                compared: f64::from(sums.compared) / each,
                stretch: wall.elapsed().as_secs_f64() / took,
            });
        }
        rates.sort_by(|one, other| one.executions.total_cmp(&other.executions));
        Ok(rates.swap_remove(ROUNDS / 2))
    }
}

fn line(name: &str, rate: f64, unit: &str, remark: &str) {
    println!("{name:<44} {rate:>12.0} {unit:<12} {remark}");
}

/// Prints what pairs in process do.
pub(crate) fn in_process() {
    for (right, scope) in [("reference:rfc793", Scope::VIRTUAL), ("smoltcp", Scope::SMOLTCP)] {
        let Ok(spec) = right.parse::<TargetSpec>() else { continue };
        // A script of so many acts; and one whose case has so many steps, as each act is followed by a look.
        for acts in [STEPS, STEPS / 2] {
            let scope = Scope { steps: acts, ..scope };
            match Campaign::open(&spec, &scope).and_then(|mut campaign| campaign.rounds(5_000, || {})) {
                Ok(rate) => {
                    let remark = format!(
                        "{:.2} of {LEAST_EXECUTIONS:.0}; {:.1} steps with the prelude, {:.0} segments/s, {:.0} % compared",
                        rate.executions / LEAST_EXECUTIONS,
                        rate.lines,
                        rate.segments,
                        100.0 * rate.compared
                    );
                    line(&format!("reference + {right}: {acts} acts"), rate.executions, "executions/s", &remark);
                }
                Err(error) => println!("{right}: {error}"),
            }
        }
    }
}

/// Prints what a campaign against the kernel does, and its ratio to the bare loop, measured in turns on the same device.
pub(crate) fn on_the_kernel() -> Result<(), TargetError> {
    for steps in [STEPS, Scope::LIVE.steps] {
        let scope = Scope { steps, ..Scope::LIVE };
        let executions = u32::try_from(20_000 / steps).unwrap_or(1);
        let mut bare = Vec::new();
        let mut campaign = Campaign::open(&TargetSpec::Kernel, &scope)?;
        let rate = campaign.rounds(executions, || bare.extend(Bare::measure().ok()))?;
        let bare = Bare::median(&bare).ok_or_else(|| TargetError::Broken("the bare loop failed".to_owned()))?;
        bare.show();
        let ratio = rate.segments / bare.best();
        let remark = format!(
            "{ratio:.2} of the bare loop (limit {LEAST_RATIO}); {:.0} executions/s, {:.2} s a processor second",
            rate.executions, rate.stretch
        );
        line(&format!("reference + kernel: {steps} acts"), rate.segments, "segments/s", &remark);
    }
    Ok(())
}

/// Prints how long it takes to shrink findings of long cases, those that show latest.
pub(crate) fn shrinking() -> Result<(), TargetError> {
    let Ok(right) = "smoltcp".parse::<TargetSpec>() else { return Ok(()) };
    let scope = Scope { steps: LONG / 2, ..Scope::SMOLTCP };
    let mut pair = Pair::open(&TargetSpec::Reference("rfc9293"), &right, TargetOptions::default())?;
    let mut bytes = Bytes(2);
    let mut long = Vec::new();
    for _ in 0..TRIED {
        let mut case = Script::decode(&bytes.script(LONG / 2)).to_case(&scope);
        case.steps.truncate(LONG);
        let case = Arc::new(ConcreteCase::from_case("generated", case).expect("a script is a valid case"));
        let shown = shown(&mut pair, &case, None)?.map(|shown| shown.found.step - case.prelude.min(shown.found.step));
        if let Some(step) = shown.filter(|_| case.case.steps.len() == LONG + case.prelude) {
            long.push((step, case));
        }
    }
    long.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
    long.truncate(FINDINGS);
    let never = AtomicBool::new(false);
    let (mut times, mut runs) = (Vec::new(), 0);
    for (_, case) in &long {
        let began = processor_time();
        runs += smaller(&mut pair, case, None, usize::MAX, &never)?.map_or(0, |smaller| smaller.runs);
        times.push(processor_time() - began);
    }
    times.sort_unstable();
    let (Some(slowest), Some((last, _))) = (times.last(), long.last()) else {
        return Err(TargetError::Broken("no long case shows anything".to_owned()));
    };
    println!(
        "shrinking a case of {LONG} steps that parts at step {last} or later: {:?}, the slowest of {} {slowest:?} (limit {MOST_SHRINKING:?}); {} runs each",
        times[times.len() / 2],
        times.len(),
        runs / times.len()
    );
    Ok(())
}
