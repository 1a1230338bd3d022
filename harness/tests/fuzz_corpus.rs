//! What the fuzz targets run, on stable and without a fuzzer: the seeds made from the suite, the inputs under
//! `fuzz/regressions/` that once showed something, and inputs by chance. Each target is the same function of the library
//! that its glue in `fuzz/fuzz_targets/` calls; a target without a line in [`TARGETS`] fails here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use fastrand::Rng;
use harness::{
    campaign::{engine::CampaignError, fuzzed::Fuzzed, profiles::Profiles},
    case::load::discover,
    generate::{
        codec_agree::codec_agree,
        mutate::mutate,
        parse_case::parse_case,
        parse_segment::parse_segment,
        raw::stack_input,
        script::Script,
        seeds::{Corpus, corpora},
        stack_pair::stack_pair,
    },
    target::{TargetError, spec::TargetSpec},
};

/// What runs one input.
type Run = Box<dyn FnMut(&[u8])>;

/// A fuzz target.
struct FuzzTarget {
    name: &'static str,
    /// How many inputs by chance, and of how many seeds one is taken: what is slow without optimisation gets fewer.
    chance: usize,
    one_in: usize,
    start: fn() -> Option<Run>,
}

const TARGETS: [FuzzTarget; 8] = [
    target("codec_agree", 2000, 1, || Some(Box::new(codec_agree))),
    target("differential_kernel", 20, 20, || against(&TargetSpec::Kernel)),
    target("differential_profiles", 60, 4, || {
        let mut profiles = Profiles::open().unwrap();
        Some(Box::new(move |data| drop_it(profiles.execute(data, &mut |_| ()))))
    }),
    target("differential_smoltcp", 60, 4, || against(&TargetSpec::Smoltcp)),
    target("parse_case", 0, 1, || Some(Box::new(|data| drop_it(parse_case(data))))),
    target("parse_segment", 2000, 1, || Some(Box::new(|data| drop_it(parse_segment(data))))),
    target("stack_input", 300, 1, || Some(Box::new(stack_input))),
    target("stack_pair", 300, 1, || Some(Box::new(|data| drop_it(stack_pair(data))))),
];

const fn target(name: &'static str, chance: usize, one_in: usize, start: fn() -> Option<Run>) -> FuzzTarget {
    FuzzTarget { name, chance, one_in, start }
}

fn drop_it<T>(_: T) {}

static SEEDS: LazyLock<BTreeMap<&'static str, Corpus>> =
    LazyLock::new(|| corpora(&discover(&[root().join("cases")]).cases));

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `None` where the environment has no such target.
fn against(right: &TargetSpec) -> Option<Run> {
    let folder = tempfile::tempdir().unwrap();
    // Findings are for campaigns: here only a wrong reference counts, so nothing has to be known.
    match Fuzzed::against(right, &folder.path().join("no-cases"), folder.path()) {
        Ok(mut fuzzed) => Some(Box::new(move |data| {
            fuzzed.execute(data, &mut |_| ());
            drop_it(&folder);
        })),
        Err(CampaignError::Target(error @ (TargetError::Permission(_) | TargetError::NotBuilt { .. }))) => {
            println!("left out: {error}");
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// The files of a folder; none if it is not there.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()).collect()
}

fn replay(name: &str) {
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let Some(mut run) = (target.start)() else { return };
    let (mut regressions, mut seeds) = (0, 0);
    for file in files(&root().join("fuzz/regressions").join(name)) {
        println!("{}", file.display());
        run(&fs::read(&file).unwrap());
        regressions += 1;
    }
    for (id, bytes) in SEEDS[name].iter().step_by(target.one_in) {
        println!("{id}");
        run(bytes);
        seeds += 1;
    }
    let mut rng = Rng::with_seed(1);
    for number in 0..target.chance {
        println!("by chance, {number}");
        let mut script = Script::decode(&(0..rng.usize(16..160)).map(|_| rng.u8(..)).collect::<Vec<_>>());
        mutate(&mut script, &mut rng);
        run(&script.encode());
    }
    println!("{name}: {regressions} regressions, {seeds} seeds, {} inputs by chance", target.chance);
    assert!(seeds > 10);
}

#[test]
fn codec_agree_holds() {
    replay("codec_agree");
}

#[test]
fn differential_kernel_holds() {
    replay("differential_kernel");
}

#[test]
fn differential_profiles_holds() {
    replay("differential_profiles");
}

#[test]
fn differential_smoltcp_holds() {
    replay("differential_smoltcp");
}

#[test]
fn parse_case_holds() {
    replay("parse_case");
}

#[test]
fn parse_segment_holds() {
    replay("parse_segment");
}

#[test]
fn stack_input_holds() {
    replay("stack_input");
}

#[test]
fn stack_pair_holds() {
    replay("stack_pair");
}

#[test]
fn every_target_is_replayed_and_its_glue_is_short() {
    let names: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    let stem = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let glue = files(&root().join("fuzz/fuzz_targets"));
    assert_eq!(glue.iter().map(stem).collect::<BTreeSet<_>>(), names);
    for file in glue {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 20, "{}: {lines} lines", file.display());
    }
}
