use super::*;
use crate::{case::load::load_file, trace::event::Verdict};

/// Bytes that look random and are the same in every run.
fn inputs() -> impl Iterator<Item = Vec<u8>> {
    let mut state = 1u64;
    std::iter::repeat_with(move || {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u8::try_from(state >> 56).unwrap_or(0)
        };
        (0..120).map(|_| next()).collect()
    })
}

fn open(right: &str, folder: &Path) -> Pair {
    Pair::open(&TargetSpec::Reference("rfc9293"), &right.parse().unwrap(), 0, folder).unwrap()
}

#[test]
fn a_target_agrees_with_itself() {
    let folder = tempfile::tempdir().unwrap();
    let mut pair = open("reference", folder.path());
    for bytes in inputs().take(500) {
        assert_eq!(pair.execute(&bytes).unwrap(), Executed::Agreed);
    }
}

#[test]
fn two_profiles_part_and_each_finding_is_a_case_that_shows_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut pair = open("reference:rfc793", folder.path());
    let (mut new, mut seen) = (Vec::new(), 0);
    for bytes in inputs().take(500) {
        match pair.execute(&bytes).unwrap() {
            Executed::New(file) => new.push(file),
            Executed::Seen => seen += 1,
            Executed::Agreed => {}
        }
    }
    assert!(new.len() > 3 && seen > 0, "{} new, {seen} seen", new.len());
    let (mut left, mut right) = (open("reference", folder.path()).left, open("reference:rfc793", folder.path()).right);
    for file in new {
        let text = fs::read_to_string(&file).unwrap();
        let cases = load_file(&file, folder.path()).unwrap_or_else(|error| panic!("{error}\n{text}"));
        let case = Arc::new(cases.into_iter().next().unwrap());
        let told = run_case(left.as_mut(), &case, Mode::Judge);
        assert_eq!(told.verdict, Verdict::Pass, "{text}{:?}", told.findings);
        let other = run_case(right.as_mut(), &case, Mode::Judge);
        assert_ne!(other.verdict, Verdict::Pass, "{text}");
    }
}
