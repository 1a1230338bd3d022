//! The figures README quotes, all from one run so that their ratios hold: `ci/bench`.
//!
//! Rates (of campaigns, and of the bare loop they are measured against) are in `rates`. The arguments `times`, `pairs`,
//! `stacks`, `tun`, `shrink` and `kernel` choose. Each other figure is the median of many repetitions, with the fastest and the slowest
//! beside it. Absolute times belong to the machine; the limits in the last column are the project's own.

mod rates;
#[cfg(feature = "smoltcp")]
mod stacks;
#[cfg(feature = "smoltcp")]
mod tun;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use harness::{
    case::{
        flags::Flags,
        format::ConcreteCase,
        load::{discover, load_str},
    },
    run::{Mode, run_case},
    segment::build::{WireSegment, build},
    target::{
        Handle, Pair, SocketCall, Target, TargetError,
        spec::{TargetOptions, TargetSpec},
    },
    trace::event::Verdict,
};

/// That of the program, as it is part of what is measured.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Six steps and its prelude: listen, handshake, accept, then a RST in the window and the challenge it draws.
const NO_WAIT: &str = "\
title: a RST inside the window but not at RCV.NXT draws a challenge ACK
clauses: [U-6, U-7]
given: ESTABLISHED
steps:
  - inject: { flags: RST, seq: RCV.NXT+1 }
  - expect: { flags: ACK, seq: SND.NXT, ack: RCV.NXT }
  - state: ESTABLISHED
";

struct Figure {
    median: Duration,
    fastest: Duration,
    slowest: Duration,
}

/// Times `work` so often, after a tenth of that to warm up.
fn measure(times: usize, mut work: impl FnMut()) -> Figure {
    for _ in 0..times / 10 {
        work();
    }
    let mut taken: Vec<Duration> = (0..times)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    Figure { median: taken[times / 2], fastest: taken[0], slowest: taken[times - 1] }
}

fn show(name: &str, figure: &Figure, limit: Option<Duration>) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let limit = limit.map(|limit| {
        format!("limit {:.0} µs, {:.1} times as fast", micros(limit), micros(limit) / micros(figure.median))
    });
    println!(
        "{name:<44} {:>12.2} µs   ({:.2} … {:.2})   {}",
        micros(figure.median),
        micros(figure.fastest),
        micros(figure.slowest),
        limit.unwrap_or_default()
    );
}

fn passing(target: &mut dyn Target, case: &Arc<ConcreteCase>) {
    let run = run_case(target, case, Mode::Judge);
    assert_eq!(run.verdict, Verdict::Pass, "{}: {:?}", case.id, run.findings);
}

fn main() {
    let wanted: Vec<_> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    if wants("times") {
        times();
    }
    if wants("pairs") {
        rates::in_process();
    }
    #[cfg(feature = "smoltcp")]
    if wants("stacks") {
        stacks::side_by_side();
    }
    #[cfg(feature = "smoltcp")]
    if wants("tun") {
        on_a_thread(tun::throughput);
    }
    if wants("shrink")
        && let Err(error) = rates::shrinking()
    {
        println!("shrinking: {error}");
    }
    if !wants("kernel") {
        return;
    }
    // A kernel target belongs to a thread of its own.
    on_a_thread(rates::on_the_kernel);
}

fn on_a_thread(work: impl FnOnce() -> Result<(), TargetError> + Send + 'static) {
    match std::thread::spawn(work).join() {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            eprintln!("kernel: {error}");
            std::process::exit(3);
        }
        Err(_) => std::process::exit(1),
    }
}

/// Times of single things.
fn times() {
    let case = Arc::new(load_str(NO_WAIT, "bench.yaml").expect("the case loads").remove(0));
    let suite = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../cases");
    let micros = Duration::from_micros;

    show("load one case from YAML", &measure(500, || drop(load_str(NO_WAIT, "bench.yaml"))), None);
    let mut reference = TargetSpec::Reference("rfc9293").open(TargetOptions::default()).expect("the reference opens");
    let no_wait = measure(5000, || passing(reference.as_mut(), &case));
    show("reference: a no-wait case, judge included", &no_wait, Some(micros(50)));

    let cases: Vec<Arc<ConcreteCase>> =
        discover(std::slice::from_ref(&suite)).cases.into_iter().map(Arc::new).collect();
    println!("the suite: {} concrete cases", cases.len());
    show("load the whole suite", &measure(10, || drop(discover(std::slice::from_ref(&suite)))), None);
    let whole = measure(10, || {
        for case in &cases {
            run_case(reference.as_mut(), case, Mode::Judge);
        }
    });
    show("reference: the whole suite, one core", &whole, Some(Duration::from_secs(1)));

    on_a_thread(move || kernel_figures(&case));
}

fn kernel_figures(case: &Arc<ConcreteCase>) -> Result<(), TargetError> {
    let mut kernel = TargetSpec::Kernel.open(TargetOptions::default())?;
    let no_wait = measure(5000, || passing(kernel.as_mut(), case));
    show("kernel: a no-wait case, namespace reused", &no_wait, Some(Duration::from_micros(500)));
    let bare = bare_exchange(kernel.as_mut())?;
    show("kernel: bare write of a SYN and read of its RST", &bare, None);
    println!(
        "a kernel case costs as much as {:.1} bare exchanges; packetdrill's 140 ms would be {:.0} of these cases",
        no_wait.median.as_secs_f64() / bare.median.as_secs_f64(),
        0.140 / no_wait.median.as_secs_f64()
    );
    Ok(())
}

/// What the machine itself takes: one packet in, one packet out, nothing looked at.
fn bare_exchange(kernel: &mut dyn Target) -> Result<Figure, TargetError> {
    let endpoints = kernel
        .begin(&harness::case::format::Config::default())
        .map_err(|refusal| TargetError::Broken(refusal.to_string()))?;
    let pair = Pair { target: endpoints.target, peer: endpoints.peer };
    // A socket that is not listening, so that the answer is a RST and nothing is left behind.
    kernel.call(Handle::Listener, pair, &SocketCall::Listen { backlog: None })?;
    kernel.call(Handle::Listener, pair, &SocketCall::Close)?;
    let syn = build(&WireSegment { seq: 1, flags: Flags::SYN, ..WireSegment::empty(pair.peer, pair.target) });
    let mut emissions = Vec::new();
    let figure = measure(5000, || {
        emissions.clear();
        kernel.inject(&syn).expect("a packet can be written");
        kernel.capture(&mut emissions).expect("packets can be read");
        assert_eq!(emissions.len(), 1, "a SYN to a closed port draws one RST");
    });
    kernel.end()?;
    Ok(figure)
}
