//! Rates on one core: pairs of targets as a campaign runs them, against a bare loop on the same TUN device.
//!
//! All of it is processor time of the one thread that does the work (`CLOCK_THREAD_CPUTIME_ID`), so that the ratios
//! hold on a busy machine too; what the kernel does for a packet it does within the thread's `write`.

use std::{
    net::{SocketAddrV4, TcpListener},
    os::fd::AsFd,
    sync::Arc,
    time::Duration,
};

use harness::{
    campaign::{discovery, pair::Pair},
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
/// Steps of a measured script.
const STEPS: usize = 10;

/// Processor time of the calling thread.
fn processor_time() -> Duration {
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
pub(crate) struct Bare {
    /// A SYN to a closed port and its RST, a second.
    closed: f64,
    /// A SYN to a listener, from ever new ports, and its SYN,ACK, a second.
    listening: f64,
}

impl Bare {
    /// Measures on a device of its own; needs the calling thread for itself, as the kernel target does.
    pub(crate) fn measure() -> Result<Self, TargetError> {
        let mut kernel = KernelTarget::open(KernelOptions::default())?;
        let ends = kernel.begin(&Config::default()).map_err(|refusal| TargetError::Broken(refusal.to_string()))?;
        let syn = |port: u16, to: u16| {
            let (peer, target) = (SocketAddrV4::new(*ends.peer.ip(), port), SocketAddrV4::new(*ends.target.ip(), to));
            build(&WireSegment { seq: 1, flags: Flags::SYN, ..WireSegment::empty(peer, target) })
        };
        let closed: Vec<_> = (1..=1000).map(|port| syn(port, 1)).collect();
        // Once to warm up.
        exchange(&kernel, &closed, Flags::RST | Flags::ACK);
        let took: Duration = (0..50).map(|_| exchange(&kernel, &closed, Flags::RST | Flags::ACK)).sum();
        let closed_rate = 50.0 * 1000.0 / took.as_secs_f64();
        let (mut sent, mut took) = (0.0, Duration::ZERO);
        for round in 0..200 {
            let to = 3000 + round;
            let listener = TcpListener::bind(SocketAddrV4::new(*ends.target.ip(), to)).expect("the port is free");
            // Fewer than the queue holds.
            let packets: Vec<_> = (1..=100).map(|port| syn(10_000 + port, to)).collect();
            took += exchange(&kernel, &packets, Flags::SYN | Flags::ACK);
            sent += 100.0;
            drop(listener);
        }
        kernel.end()?;
        Ok(Self { closed: closed_rate, listening: sent / took.as_secs_f64() })
    }

    pub(crate) fn show(&self) {
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
    fn script(&mut self) -> Vec<u8> {
        let words = (0..RECORD * (STEPS + 1) / 8).map(|_| {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        });
        words.flat_map(u64::to_le_bytes).collect()
    }
}

/// What a pair of targets came to.
struct Rate {
    executions: f64,
    segments: f64,
    /// Time on the clock for each second of processor time: more than 1 is waiting, or other programs.
    stretch: f64,
}

/// Generates, runs on both, compares and judges, as a campaign does.
fn campaign(left: &TargetSpec, right: &TargetSpec, scope: &Scope, executions: u32) -> Result<Rate, TargetError> {
    let mut pair = Pair::open(left, right, TargetOptions::default())?;
    let mut bytes = Bytes(1);
    let (mut segments, mut found) = (0u32, Vec::new());
    let mut execute = |count: u32| -> Result<u32, TargetError> {
        segments = 0;
        for _ in 0..count {
            let case = Script::decode(&bytes.script()).to_case(scope);
            let case = ConcreteCase::from_case("generated", case).expect("a script is a valid case");
            let executed = pair.run(&Arc::new(case), Mode::Compare)?;
            found.clear();
            std::hint::black_box(discovery::found(&executed, &mut found));
            let events = executed.runs[0].trace.events.iter();
            let injected = events.filter(|event| matches!(event.kind, EventKind::Injected { .. })).count();
            segments += u32::try_from(injected).unwrap_or(0);
        }
        Ok(segments)
    };
    execute(executions / 10)?;
    let (began, wall) = (processor_time(), std::time::Instant::now());
    let segments = execute(executions)?;
    let took = (processor_time() - began).as_secs_f64();
    Ok(Rate {
        executions: f64::from(executions) / took,
        segments: f64::from(segments) / took,
        stretch: wall.elapsed().as_secs_f64() / took,
    })
}

fn line(name: &str, rate: f64, unit: &str, remark: &str) {
    println!("{name:<44} {rate:>12.0} {unit:<12} {remark}");
}

/// Prints what pairs in process do.
pub(crate) fn in_process() {
    for right in ["reference:rfc793", "smoltcp"] {
        let Ok(spec) = right.parse::<TargetSpec>() else { continue };
        let scope = Scope { steps: STEPS, ..Scope::VIRTUAL };
        match campaign(&TargetSpec::Reference("rfc9293"), &spec, &scope, 20_000) {
            Ok(rate) => {
                let ratio = rate.executions / LEAST_EXECUTIONS;
                let remark = format!("limit {LEAST_EXECUTIONS:.0}, {ratio:.2} of it; {:.0} segments/s", rate.segments);
                line(&format!("reference + {right}: {STEPS} steps"), rate.executions, "executions/s", &remark);
            }
            Err(error) => println!("{right}: {error}"),
        }
    }
}

/// Prints what a campaign against the kernel does, and its ratio to the bare loop.
pub(crate) fn on_the_kernel(bare: &Bare) -> Result<(), TargetError> {
    let scope = Scope { steps: STEPS, ..Scope::LIVE };
    let rate = campaign(&TargetSpec::Reference("rfc9293"), &TargetSpec::Kernel, &scope, 20_000)?;
    let ratio = rate.segments / bare.best();
    let remark =
        format!("{:.0} executions/s of {STEPS} steps; {:.2} s a processor second", rate.executions, rate.stretch);
    line("reference + kernel: campaign", rate.segments, "segments/s", &remark);
    println!("a campaign against the kernel has {ratio:.2} of the bare loop's rate (limit {LEAST_RATIO})");
    Ok(())
}
