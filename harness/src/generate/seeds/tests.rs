use std::path::PathBuf;

use super::*;
use crate::{
    case::{
        format::{Case, Data},
        load::discover,
    },
    generate::script::Scope,
};

fn suite() -> Vec<ConcreteCase> {
    discover(&[PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../cases"))]).cases
}

/// What a case does, with texts reduced to their lengths, as scripts know no other.
fn acts(case: &Case, from: usize) -> Vec<Action> {
    let lengths = |data: &Data| match data {
        Data::Text(text) => Data::Pattern(u32::try_from(text.len()).unwrap()),
        Data::Hex(bytes) => Data::Pattern(u32::try_from(bytes.0.len()).unwrap()),
        Data::Pattern(len) => Data::Pattern(*len),
    };
    let acts = case.steps[from..].iter().filter_map(|step| match step.value.action.clone() {
        Action::Inject(mut inject) => {
            inject.data = inject.data.as_ref().map(lengths).filter(|data| *data != Data::Pattern(0));
            Some(Action::Inject(inject))
        }
        Action::Call(mut step) => {
            step.returns = None;
            if let crate::case::format::Call::Send { data, .. } = &mut step.call {
                *data = lengths(data);
            }
            Some(Action::Call(step))
        }
        Action::Wait(span) => Some(Action::Wait(span)),
        Action::Expect(_) | Action::State(_) | Action::Save(_) | Action::Check(_) => None,
    });
    acts.collect()
}

#[test]
fn most_of_the_suite_gives_a_script_and_most_scripts_say_just_the_same() {
    let suite = suite();
    let (mut scripts, mut same_acts, mut acts_in_all) = (0, 0, 0);
    for case in &suite {
        let Some(script) = script_of(case) else { continue };
        scripts += 1;
        let again = script.to_case(&Scope::VIRTUAL);
        let (before, after) = (acts(&case.case, case.prelude), acts(&again, 0));
        assert!(after.len() >= before.len().saturating_sub(1), "{}: {before:?} {after:?}", case.id);
        acts_in_all += before.len();
        same_acts += before.iter().zip(&after).filter(|(before, after)| before == after).count();
        assert_eq!(again.given, Some(case.case.given.unwrap_or(crate::case::state::State::Closed)), "{}", case.id);
    }
    println!("{scripts} of {} cases; {same_acts} of {acts_in_all} acts the same", suite.len());
    assert!(scripts * 10 >= suite.len() * 7, "{scripts} of {} cases", suite.len());
    assert!(same_acts * 10 >= acts_in_all * 7, "{same_acts} of {acts_in_all} acts");
}

#[test]
fn each_target_has_seeds_in_a_folder_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite();
    let written = write_corpora(&suite, folder.path()).unwrap();
    println!("{written:?}");
    for (target, count) in &written {
        let files = fs::read_dir(folder.path().join(target)).unwrap().count();
        assert!(files == *count && *count > 100, "{target}: {files} files, {count} seeds");
    }
    let names: Vec<_> = written.iter().map(|(target, _)| *target).collect();
    assert_eq!(names.len(), 8, "{names:?}");
}

#[test]
fn the_scripts_read_as_themselves_and_no_input_comes_twice() {
    let suite = suite();
    let corpora = corpora(&suite);
    let scripts: Vec<_> = suite.iter().filter_map(script_of).collect();
    let corpus = &corpora["differential_smoltcp"];
    assert!(corpus.values().all(|bytes| scripts.contains(&Script::decode(bytes))));
    for (target, corpus) in &corpora {
        let different: HashSet<_> = corpus.values().collect();
        assert_eq!(different.len(), corpus.len(), "{target}");
    }
}
