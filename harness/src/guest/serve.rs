//! Cases run in a guest: the inner side of [`super::pool`].

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    sync::{Arc, atomic::AtomicBool},
    thread,
};

use serde::{Deserialize, Serialize};

use crate::{
    case::{format::ConcreteCase, load::load_str},
    pool::{Pool, Review},
    run::Mode,
    target::spec::{TargetOptions, TargetSpec},
    trace::record::Record,
};

/// What is to be run.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cases {
    /// As outside.
    pub(super) options: TargetOptions,
    /// As outside.
    pub(super) mode: Mode,
    /// The texts of the cases; what the ids begin with, and the text.
    pub(super) texts: Vec<(String, String)>,
    /// Which of their cases, in the order of running.
    pub(super) ids: Vec<String>,
}

/// One line for outside.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Line {
    /// The target is open; its version.
    Opened(String),
    /// A case was run.
    Ran(Box<Record>),
    /// There is no use in going on.
    Failed(String),
}

/// Runs the cases on the kernel that this is a guest of; the exit code.
pub(super) fn run(cases: Cases, to: File) -> u8 {
    let mut to = BufWriter::new(to);
    let said = match serve(cases, &mut to) {
        Ok(()) => return 0,
        Err(words) => say(&mut to, &Line::Failed(words)),
    };
    if let Err(error) = said {
        eprintln!("rfc793: {error}");
    }
    1
}

fn serve(cases: Cases, to: &mut impl Write) -> Result<(), String> {
    let Cases { options, mode, texts, ids } = cases;
    let mut loaded: std::collections::HashMap<String, Arc<ConcreteCase>> = std::collections::HashMap::new();
    for (name, text) in &texts {
        let cases = load_str(text, name).map_err(|error| error.to_string())?;
        loaded.extend(cases.into_iter().map(|case| (case.id.clone(), Arc::new(case))));
    }
    let chosen: Option<Vec<_>> = ids.iter().map(|id| loaded.get(id).cloned()).collect();
    let chosen = chosen.ok_or("a case has another id here than outside")?;
    let spec = TargetSpec::Linux(super::kernel().unwrap_or_default().to_owned());
    let version = version(&spec, options)?;
    let mut written = say(to, &Line::Opened(version));
    let pool = Pool { open: Arc::new(move || spec.open(options)), jobs: Some(1), max_wait: None, mode };
    let mut report = |run| {
        if written.is_ok() {
            written = say(to, &Line::Ran(Box::new(Record::from(run))));
        }
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let ended = pool.run(&chosen, &AtomicBool::new(false), &mut |_, _| Review::Settled, &mut report);
    ended.map_err(|error| error.to_string())?;
    written.map_err(|error| error.to_string())
}

/// The target's version, asked before a case can break it. A kernel target keeps the thread that opens it.
fn version(spec: &TargetSpec, options: TargetOptions) -> Result<String, String> {
    let spec = spec.clone();
    let opened = thread::spawn(move || spec.open(options).map(|target| target.capabilities().version.clone()));
    let version = opened.join().map_err(|_| "the harness panicked when it opened the target".to_owned())?;
    version.map_err(|error| error.to_string())
}

/// Outside sees it at once.
fn say(to: &mut impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut *to, line)?;
    to.write_all(b"\n")?;
    to.flush()
}
