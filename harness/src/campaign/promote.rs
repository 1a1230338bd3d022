//! A finding becomes a case of the suite: what the reference does as the demand, and what the target does as an entry of
//! its ledger.
//!
//! Called by `rfc793 promote`. [`promote`] tries the ways to word the case, the strictest first, and takes the first one
//! that the reference passes and the target does not; so nothing is promoted that does not show what it says. [`ledger`]
//! writes entries. Left out: files, and judging whether the demand is what the RFC says, which is why a person promotes.

pub mod ledger;

use std::{path::Path, sync::Arc};

use super::{
    key::{Key, Side},
    pair::{Executed, Pair},
    smaller::{Shown, demanding, runnable, shown},
};
use crate::{
    case::{
        format::{Case, ConcreteCase},
        load::load_str,
        print::to_yaml,
    },
    clause::ClauseId,
    generate::look::observed_everywhere,
    run::Mode,
    target::TargetError,
    trace::event::{CaseRun, Verdict},
};

/// What a person says of the case; the rest is taken from the run.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// The title; absent: the event, the state and the rule.
    pub title: Option<String>,
    /// The clauses; none: that of the rule that decided.
    pub clauses: Vec<ClauseId>,
}

/// A case that is fit for the suite.
#[derive(Debug)]
pub struct Promoted {
    /// The key of what it shows.
    pub key: Key,
    /// The case.
    pub case: Case,
    /// Its canonical text.
    pub text: String,
    /// The run of the target that fails it, with what the ledger has to know.
    pub run: CaseRun,
}

/// Why a finding cannot be promoted.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The targets do the same.
    #[error("it shows nothing: {left} and {right} do the same, and no rule is broken")]
    ShowsNothing {
        /// The reference.
        left: String,
        /// The target.
        right: String,
    },
    /// The case does not hold on the reference.
    #[error("{target} itself does not pass it: {remark}")]
    NotOnReference {
        /// The reference.
        target: String,
        /// What is wrong there.
        remark: String,
    },
    /// The target passes the case: what differs is nothing a case demands.
    #[error("{target} passes the case: what the two do differently is nothing that a case demands")]
    Passes {
        /// The target.
        target: String,
    },
    /// Two runs of a live target did not give the same.
    #[error("{target} does not show it every time: {remark}")]
    Unstable {
        /// The target.
        target: String,
        /// What the second run showed.
        remark: String,
    },
    /// A target broke or cannot run the case.
    #[error("{target}: {remark}")]
    CannotRun {
        /// Which.
        target: String,
        /// Why.
        remark: String,
    },
}

/// Words the case of a finding for the suite. The pair's left target is the reference. `id` is the case's future id.
///
/// # Errors
/// If a target that broke cannot be opened again; the inner error says why the finding is not promoted.
pub fn promote(
    pair: &mut Pair,
    finding: &Arc<ConcreteCase>,
    key: Option<&str>,
    words: &Words,
    id: &str,
) -> Result<Result<Promoted, Refusal>, TargetError> {
    let authored = finding.authored();
    let bare = observed_everywhere(authored.clone());
    // What a case allows at any moment it cannot demand; so first without.
    let strict = Case { allow: Vec::new(), ..bare.clone() };
    let mut refusal = None;
    let mut key_of_finding = shown(pair, finding, key)?.map(|shown| shown.found.key);
    for way in [&strict, &bare, &authored] {
        let Some(shown) = shown(pair, &runnable(way, finding), key)? else { continue };
        let key_of_finding = *key_of_finding.get_or_insert(shown.found.key);
        if !is_about_the_same(&shown, &key_of_finding) {
            continue;
        }
        let case = worded(demanding(&shown, way), words);
        match try_out(pair, case, key_of_finding, id)? {
            Ok(promoted) => return Ok(Ok(promoted)),
            Err(why) => refusal = Some(why),
        }
    }
    let nothing =
        || Refusal::ShowsNothing { left: pair.name(Side::Left).to_owned(), right: pair.name(Side::Right).to_owned() };
    Ok(Err(refusal.unwrap_or_else(nothing)))
}

/// Whether it shows in the same state after the same event; what differs there may be more once more is demanded.
fn is_about_the_same(shown: &Shown, key: &Key) -> bool {
    let found = &shown.found.key;
    found.kind() == key.kind() && found.state == key.state && found.event == key.event
}

fn worded(case: Case, words: &Words) -> Case {
    let title = words.title.clone().unwrap_or(case.title);
    let clauses = if words.clauses.is_empty() { case.clauses } else { words.clauses.clone() };
    Case { title, clauses, ..case }
}

/// Judges the case as it will stand in its file, on both.
fn try_out(pair: &mut Pair, case: Case, key: Key, id: &str) -> Result<Result<Promoted, Refusal>, TargetError> {
    let broken = |error: &dyn std::fmt::Display| TargetError::Broken(format!("the promoted case: {error}"));
    let text = to_yaml(&case).map_err(|error| broken(&error))?;
    let name = format!("{id}.yaml");
    let loaded = load_str(&text, &name).map_err(|error| broken(&error))?;
    let Some(loaded) = loaded.into_iter().next().map(Arc::new) else { return Err(broken(&"it has no steps")) };
    let Executed { runs: [left, right], .. } = pair.run(&loaded, Mode::Judge)?;
    if left.verdict != Verdict::Pass {
        return Ok(Err(Refusal::NotOnReference { remark: remark(&left), target: left.target }));
    }
    let target = right.target.clone();
    match &right.verdict {
        Verdict::Fail | Verdict::Deviates => {}
        Verdict::Pass => return Ok(Err(Refusal::Passes { target })),
        Verdict::Known(why)
        | Verdict::Fixed(why)
        | Verdict::Skip(why)
        | Verdict::Inconclusive(why)
        | Verdict::Error(why) => return Ok(Err(Refusal::CannotRun { target, remark: why.clone() })),
    }
    if pair.is_live(Side::Right) {
        let Executed { runs: [_, again], .. } = pair.run(&loaded, Mode::Judge)?;
        if ledger::entries(&again) != ledger::entries(&right) {
            return Ok(Err(Refusal::Unstable { target, remark: remark(&again) }));
        }
    }
    Ok(Ok(Promoted { key, case, text, run: right }))
}

/// What a run says, in a line.
fn remark(run: &CaseRun) -> String {
    match (&run.verdict, run.findings.first()) {
        (Verdict::Skip(why) | Verdict::Inconclusive(why) | Verdict::Error(why), _) => why.clone(),
        (_, Some(finding)) => {
            let step =
                run.case.step_number(finding.step).map_or("the prelude".to_owned(), |step| format!("step {step}"));
            format!("{step}: expected {}, observed {}", finding.expected, finding.observed)
        }
        (_, None) => "it passes".to_owned(),
    }
}

/// The root of a case's id: `cases/regressions/kernel/x.yaml` in the suite `cases` is `regressions/kernel/x`.
#[must_use]
pub fn id_of(file: &Path, root: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let parts = below.components().filter_map(|part| match part {
        std::path::Component::Normal(name) => Some(name.to_string_lossy().into_owned()),
        std::path::Component::Prefix(_)
        | std::path::Component::RootDir
        | std::path::Component::CurDir
        | std::path::Component::ParentDir => None,
    });
    parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests;
