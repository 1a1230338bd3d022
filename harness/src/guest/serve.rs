//! Cases run in a guest: the inner side of [`super::pool`].

use std::{
    collections::HashMap,
    fs::File,
    io::{self, BufWriter, Write},
    ops::ControlFlow,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicBool},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    case::{format::ConcreteCase, load::load_str},
    pool::{Opener, Pool, Review},
    run::Mode,
    target::{
        TargetError,
        spec::{TargetOptions, TargetSpec},
    },
    trace::record::Record,
};

/// How often the collector of a guest's pool looks up. Nothing can stop it but the end of the guest, and in virtual time a
/// wait of hours would be all looking up.
pub const SELDOM: Duration = Duration::from_secs(24 * 3600);

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
    let to = Arc::new(Outside(Mutex::new(BufWriter::new(to))));
    let said = match serve(cases, &to) {
        Ok(()) => return 0,
        Err(words) => to.say(&Line::Failed(words)),
    };
    if let Err(error) = said {
        eprintln!("rfc793: {error}");
    }
    1
}

fn serve(cases: Cases, to: &Arc<Outside>) -> Result<(), String> {
    let Cases { options, mode, texts, ids } = cases;
    let mut loaded: HashMap<String, Arc<ConcreteCase>> = HashMap::new();
    for (name, text) in &texts {
        let cases = load_str(text, name).map_err(|error| error.to_string())?;
        loaded.extend(cases.into_iter().map(|case| (case.id.clone(), Arc::new(case))));
    }
    let chosen: Option<Vec<_>> = ids.iter().map(|id| loaded.get(id).cloned()).collect();
    let chosen = chosen.ok_or("a case has another id here than outside")?;
    let spec = TargetSpec::Linux(super::kernel().unwrap_or_default().to_owned());
    let tell = Arc::clone(to);
    let open: Arc<Opener> = Arc::new(move || {
        let target = spec.open(options)?;
        // Before a case can break it.
        let told = tell.say(&Line::Opened(target.capabilities().version.clone()));
        told.map_err(|error| TargetError::Broken(error.to_string()))?;
        Ok(target)
    });
    let pool = Pool { open, jobs: Some(1), max_wait: None, mode, look_up: SELDOM };
    let mut written = Ok(());
    let mut report = |run| {
        written = to.say(&Line::Ran(Box::new(Record::from(run))));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let ended = pool.run(&chosen, &AtomicBool::new(false), &mut |_, _| Review::Settled, &mut report);
    ended.map_err(|error| error.to_string())?;
    written.map_err(|error| error.to_string())
}

/// What outside reads.
struct Outside(Mutex<BufWriter<File>>);

impl Outside {
    /// It is seen at once.
    fn say(&self, line: &Line) -> io::Result<()> {
        let mut to = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        serde_json::to_writer(&mut *to, line)?;
        to.write_all(b"\n")?;
        to.flush()
    }
}
