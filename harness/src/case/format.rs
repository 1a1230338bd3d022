//! The case format: these types *are* the specification. See `cases/` for examples.
//!
//! A [`Case`] is what one YAML file holds after its `matrix` has been applied; it is also what the fuzzers
//! generate. [`crate::case::load`] reads it, [`crate::case::print`] writes it, [`crate::case::expand`] turns it
//! into [`ConcreteCase`]s whose `given` has become ordinary steps.

mod call;
mod header;
mod segment;

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::{
    call::{Call, CallStep, Errno, Readiness, Returns, SocketSwitch},
    header::{Allow, Config, MssChoice, Peer, Via},
    segment::{
        AddressName, Alternative, Bytes, Checksum, ConnName, Data, Expect, ExpectIp, ExpectSegment, Inject, Ip,
        MssBounds, Options, pattern_byte,
    },
};
use super::{
    form::{OneOrMany, one_or_many},
    position::Symbol,
    state::State,
    time::Span,
};
use crate::clause::{ClauseId, Level};

/// One authored (or generated) test.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Case {
    /// One sentence: what the RFC says happens.
    pub title: String,
    /// The clauses the verdict rests on. At least one.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<ClauseId>")]
    pub clauses: Vec<ClauseId>,
    /// Needed only when no clause has a level of its own (`RFC…#…`); MUST if absent.
    pub level: Option<Level>,
    /// Where the case comes from: a figure, an erratum, a finding.
    pub origin: Option<String>,
    /// The state to start from, reached by the standard prelude. Absent: as `CLOSED`.
    pub given: Option<State>,
    /// Which way the prelude takes where there are two. Absent: passive.
    pub via: Option<Via>,
    /// How the scripted peer behaves unless a step says otherwise.
    #[serde(default)]
    pub peer: Peer,
    /// Abstract switches; a target maps them or the case is skipped there.
    #[serde(default)]
    pub config: Config,
    /// What may come at any moment without being asked.
    #[serde(default, deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany<Allow>")]
    pub allow: Vec<Allow>,
    /// The steps, in order. At least one of them checks something.
    pub steps: Vec<At<Step>>,
}

/// A value and the line of the file it came from (1-based; 0 when it came from no file).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At<T> {
    /// 1-based line.
    pub line: u32,
    /// The value.
    pub value: T,
}

/// One line of a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What is done or checked.
    pub action: Action,
    /// The clauses this step rests on; empty: the case's.
    pub clauses: Vec<ClauseId>,
    /// Go on with the next step even if this one fails.
    pub continues: bool,
    /// A remark for the reader; shown in reports.
    pub note: Option<String>,
}

/// What a step does or checks.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// The peer sends a segment.
    Inject(Box<Inject>),
    /// The target has emitted this since the last `expect`, and nothing else.
    Expect(Expect),
    /// The application on the target calls the socket interface.
    Call(CallStep),
    /// The connection is in this state.
    State(StateCheck),
    /// Time passes. What comes meanwhile waits for the next `expect`.
    Wait(Span),
    /// Keeps a measured quantity under a name.
    Save(BTreeMap<String, Quantity>),
    /// Compares kept quantities: `isn2 - isn1 in 1..2^31`.
    Check(Comparison),
}

/// `state: ESTABLISHED`, `state: [CLOSED, LISTEN]`, `state: { on: b, is: CLOSED }`.
#[derive(Clone, Debug, PartialEq)]
pub struct StateCheck {
    /// The connection [the first one].
    pub on: ConnName,
    /// Any of these. CLOSED: there is no connection. LISTEN: there is no connection, and a listener.
    pub any_of: Vec<State>,
}

/// A measured quantity that `save` keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// The target's real ISS (not relative). Written `ISS`.
    Iss,
    /// The time since the case began, in microseconds. Written `TIME`.
    Time,
    /// A symbol in case space.
    Symbol(Symbol),
}

/// `left - right in low..high`, modulo 2^32.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// A kept name.
    pub left: String,
    /// The kept name that is subtracted; absent: nothing is.
    pub right: Option<String>,
    /// Lowest allowed difference.
    pub low: u32,
    /// Highest allowed difference (included).
    pub high: u32,
}

/// A case ready to run: matrix applied, `given` turned into steps.
#[derive(Clone, Debug)]
pub struct ConcreteCase {
    /// The path under the suite's root without `.yaml`, then `#` and the matrix values.
    pub id: String,
    /// The file as the user named it.
    pub file: PathBuf,
    /// The file's text, for snippets.
    pub source: Arc<str>,
    /// The case; its `steps` start with the prelude.
    pub case: Case,
    /// How many of the steps are the prelude's. Authored step numbers start at 1 behind them.
    pub prelude: usize,
}

impl ConcreteCase {
    /// The authored number (from 1) of the step at `index`; `None` for a step of the prelude.
    #[must_use]
    pub fn step_number(&self, index: usize) -> Option<usize> {
        (index >= self.prelude).then(|| index - self.prelude + 1)
    }
}
