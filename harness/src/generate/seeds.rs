//! Seeds: the suite's cases as scripts, so that a campaign starts from what people thought of.
//!
//! [`script_of`] takes what a case does and leaves out what it expects. Each field becomes the nearest value a script can
//! say: a length may come out as its neighbour in the table, a second fault in the same header is lost. [`corpora`] has
//! what each fuzz target begins with; the example `seed_corpus` has [`write_corpora`] put it into folders.

mod bytes;
mod nearest;

use std::{
    collections::{BTreeMap, HashSet},
    fs, io,
    path::Path,
    sync::Arc,
};

use stack_under_test::Profile;

use self::nearest::Names;
use super::script::{Header, MOST_STEPS, Record, Script};
use crate::{
    case::format::{Action, Call, ConcreteCase, IpVersion, Medium},
    run::{Mode, run_case},
    target::reference::Reference,
};

/// The fuzz targets whose inputs are scripts.
const SCRIPTED: [&str; 3] = ["differential_kernel", "differential_profiles", "differential_smoltcp"];

/// Scripts and the stacks of the fuzz targets do: a case over IPv6 is one of theirs in its IPv4 form only.
fn speaks_v4(case: &ConcreteCase) -> bool {
    case.case.config.ip != Some(IpVersion::V6)
}

/// What the case does, as a script. `None`: nothing, more than a script has room for, or over IPv6.
#[must_use]
pub fn script_of(case: &ConcreteCase) -> Option<Script> {
    let authored = case.case.steps.get(case.prelude..).filter(|_| speaks_v4(case))?;
    // Scripts know TCP on an IP link, and what ICMP says about it.
    let beside_tcp = |action: &Action| match action {
        Action::Inject(inject) => inject.udp.is_some() || inject.arp.is_some(),
        Action::Call(call) => matches!(call.call, Call::Udp(_)),
        Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => false,
    };
    if case.case.config.link == Some(Medium::Ethernet) || authored.iter().any(|step| beside_tcp(&step.value.action)) {
        return None;
    }
    let mut names = Names::of(&case.case, authored);
    let mut records = Vec::new();
    for step in authored {
        let record: Option<Record> = match &step.value.action {
            Action::Inject(inject) => Some(nearest::segment(inject, names.number(inject.on.as_deref())?)),
            Action::Call(call) => nearest::call(call, &mut names)?,
            Action::Wait(span) => Some(nearest::wait(*span)),
            Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => None,
        };
        records.extend(record);
    }
    let fits = !records.is_empty() && records.len() <= MOST_STEPS;
    fits.then(|| Script { header: nearest::header(&case.case, Header::default()), records })
}

/// Inputs of one fuzz target, by the names of their files.
pub type Corpus = BTreeMap<String, Vec<u8>>;

/// The seeds of every fuzz target, by its name. Each input is named after the first case that gives it.
#[must_use]
pub fn corpora(suite: &[ConcreteCase]) -> BTreeMap<&'static str, Corpus> {
    let mut all: BTreeMap<&'static str, (Corpus, HashSet<Vec<u8>>)> = BTreeMap::new();
    let mut add = |targets: &[&'static str], id: &str, bytes: &[u8]| {
        for target in targets {
            let (corpus, known) = all.entry(target).or_default();
            if known.insert(bytes.to_vec()) {
                let _ = corpus.entry(file_name(id)).or_insert_with(|| bytes.to_vec());
            }
        }
    };
    let mut reference = Reference::new(Profile::rfc9293(), 0);
    let mut shapes = HashSet::new();
    for case in suite {
        if let Some(script) = script_of(case) {
            add(&SCRIPTED, &case.id, &script.encode());
        }
        if let Ok(text) = fs::read(&case.file) {
            add(&["parse_case"], case.id.split('#').next().unwrap_or_default(), &text);
        }
        let run = run_case(&mut reference, &Arc::new(case.clone()), Mode::Record);
        if speaks_v4(case) {
            add(&["stack_input"], &case.id, &bytes::stack_input(&run));
            add(&["stack_pair"], &case.id, &bytes::stack_pair(&run));
        }
        for (number, packet) in bytes::packets(&run).enumerate() {
            // One packet of each shape: its headers, without what is in their fields of numbers.
            let header = |range: std::ops::Range<usize>| packet.get(range).unwrap_or_default().to_vec();
            if shapes.insert((header(0..1), header(6..10), header(32..34), header(40..60), packet.len() > 60)) {
                add(&["codec_agree", "parse_segment"], &format!("{}-{number}", case.id), packet);
            }
        }
    }
    all.into_iter().map(|(target, (corpus, _))| (target, corpus)).collect()
}

/// Writes the seeds of each target into a folder of its name; returns how many each has.
///
/// # Errors
/// If a folder cannot be made or a file not be written.
pub fn write_corpora(suite: &[ConcreteCase], folder: &Path) -> io::Result<Vec<(&'static str, usize)>> {
    let mut written = Vec::new();
    for (target, corpus) in corpora(suite) {
        let folder = folder.join(target);
        fs::create_dir_all(&folder)?;
        for (name, bytes) in &corpus {
            fs::write(folder.join(name), bytes)?;
        }
        written.push((target, corpus.len()));
    }
    Ok(written)
}

/// The id with a dash for whatever is special in file names, cut to what file systems take.
fn file_name(id: &str) -> String {
    let special = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '_');
    id.replace(special, "-").chars().take(200).collect()
}

#[cfg(test)]
mod tests;
