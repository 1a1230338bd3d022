//! Any bytes as a case file: no panic, bounded work, and what loads is printed and loads again to the same.
//!
//! Called by the fuzz target `parse_case` and by a test on damaged files of the suite.

use crate::case::{
    expand::MAX_VARIANTS,
    format::{Case, ConcreteCase},
    load::load_str,
    print::{format_source, to_yaml},
};

/// What messages call the text.
const NAME: &str = "fuzz.yaml";
/// Of a big matrix only so many cases go through the printer.
const MOST_PRINTED: usize = 16;

/// Loads the bytes as one file; `true` if they are usable cases.
///
/// # Panics
/// If loading, printing and loading again is not the identity: that is the finding.
pub fn parse_case(data: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(data) else { return false };
    let cases = match load_str(text, NAME) {
        Ok(cases) => cases,
        Err(error) => {
            assert!(!error.to_string().is_empty(), "an error without a word");
            return false;
        }
    };
    assert!(cases.len() <= MAX_VARIANTS, "{} cases out of one file", cases.len());
    cases.iter().take(MOST_PRINTED).for_each(prints_as_itself);
    formats_once(text, &cases);
    true
}

/// Printing the typed case and loading it gives the same case, and the same text again.
fn prints_as_itself(case: &ConcreteCase) {
    let authored = without_lines(case.authored());
    let printed = to_yaml(&authored).unwrap_or_else(|error| panic!("{}: cannot be printed: {error}", case.id));
    let again = load_str(&printed, NAME).unwrap_or_else(|error| panic!("{}: {error}\n{printed}", case.id));
    let [again] = &again[..] else { panic!("{}: printed as {} cases\n{printed}", case.id, again.len()) };
    let again = without_lines(again.authored());
    assert!(again == authored, "{}: {authored:?}\nis printed as\n{printed}\nwhich is {again:?}", case.id);
    assert_eq!(to_yaml(&again).ok().as_ref(), Some(&printed), "{}: printed in two ways", case.id);
}

/// `rfc793 fmt` keeps the cases, and finds nothing to do the second time.
fn formats_once(text: &str, cases: &[ConcreteCase]) {
    let once = format_source(text, NAME).unwrap_or_else(|error| panic!("it loads, but: {error}"));
    let again = load_str(&once, NAME).unwrap_or_else(|error| panic!("formatted: {error}\n{once}"));
    let same =
        |a: &ConcreteCase, b: &ConcreteCase| a.id == b.id && without_lines(a.authored()) == without_lines(b.authored());
    let all_same = again.len() == cases.len() && again.iter().zip(cases).all(|(again, case)| same(again, case));
    assert!(all_same, "formatting changed a case\n{text}\nbecame\n{once}");
    assert_eq!(format_source(&once, NAME).ok().as_ref(), Some(&once), "formatted twice is different");
}

fn without_lines(mut case: Case) -> Case {
    case.steps.iter_mut().for_each(|step| step.line = 0);
    case
}

#[cfg(test)]
mod tests;
