//! Causes: how far a known divergence reaches beyond the one step of the one case that its entry names.
//!
//! A target with one wrong rule shows it in every state and for every segment the rule is about. An entry's `covers`
//! says so, and a campaign asks [`super::Ledger::cause`] before it calls something new. The verdict of a case never
//! looks here: it is known only if an entry names its step.

use serde::Deserialize;

use super::{
    OneOrMany,
    circumstance::{Circumstance, Circumstances},
};
use crate::{
    case::{flags::Flags, state::State},
    judge::invariant::INVARIANTS,
    target::ConnState,
    trace::{
        event::CaseSegment,
        event_class::{AckPosition, Broken, CallClass, EventClass, SeqPosition},
    },
};

/// What a campaign found, as far as causes look at it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// What it is.
    pub what: What<'a>,
    /// What led to it.
    pub met: Met<'a>,
}

/// An event and what it met.
#[derive(Clone, Copy, Debug)]
pub struct Met<'a> {
    /// The state of the connection before the event.
    pub state: ConnState,
    /// What was done to the targets.
    pub event: EventClass,
    /// The segment as it was sent, if the event is one.
    pub segment: Option<&'a CaseSegment>,
    /// What the case had said until then.
    pub circumstances: Circumstances,
}

/// The kinds of what is found.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// The target parts from the reference.
    Divergence {
        /// The rule the reference followed.
        rule: Option<&'a str>,
        /// The fields that differ.
        fields: &'a [&'a str],
        /// What the target emitted there.
        answer: &'a [CaseSegment],
    },
    /// The target breaks this invariant.
    Violation(&'a str),
    /// The target fails with these words.
    Failure(&'a str),
}

/// A cause as written. What is not named may be anything; of a list one has to fit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// The rule the reference followed; `none`: it did nothing that a rule explains.
    #[serde(default)]
    rule: Option<OneOrMany>,
    /// The invariant that is broken.
    #[serde(default)]
    breaks: Option<OneOrMany>,
    /// Words of the crash or failure: those that stand in no other, its place in the source.
    #[serde(default)]
    fails: Option<OneOrMany>,
    /// The state before the event.
    #[serde(default)]
    r#in: Option<OneOrMany>,
    /// `segment` (whole, or made whole by fragments), `fragment`, `icmp`, `not-tcp`, `wait`, or a call.
    #[serde(default)]
    event: Option<OneOrMany>,
    /// Flags that the segment carries, among others.
    #[serde(default)]
    flags: Option<OneOrMany>,
    /// Where SEG.SEQ lies.
    #[serde(default)]
    seq: Option<OneOrMany>,
    /// Where SEG.ACK lies.
    #[serde(default)]
    ack: Option<OneOrMany>,
    /// Whether the segment carries text.
    #[serde(default)]
    text: Option<bool>,
    /// What is wrong with the segment.
    #[serde(default)]
    broken: Option<OneOrMany>,
    /// The kind of an option in the segment, of those that cases have no name for.
    #[serde(default)]
    option: Option<u8>,
    /// At most these fields differ.
    #[serde(default)]
    differs: Option<OneOrMany>,
    /// The flags of the first segment that the target answers with, or `nothing`.
    #[serde(default)]
    answer: Option<OneOrMany>,
    /// The flags of a segment among all that the target answers with.
    #[serde(default)]
    sends: Option<OneOrMany>,
    /// What the case has said until then; [`Circumstance`] has the words.
    #[serde(default)]
    when: Option<OneOrMany>,
    /// The event shows nothing (or not all) by itself: what may show at a later step because of it. Names of fields
    /// that differ, and of invariants.
    #[serde(default)]
    then: Option<OneOrMany>,
}

/// What an entry covers.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    rule: Vec<String>,
    breaks: Vec<String>,
    fails: Vec<String>,
    states: Vec<State>,
    event: Vec<String>,
    flags: Vec<Flags>,
    seq: Vec<String>,
    ack: Vec<String>,
    text: Option<bool>,
    broken: Vec<String>,
    option: Option<u8>,
    differs: Vec<String>,
    answer: Vec<Option<Flags>>,
    sends: Vec<Flags>,
    when: Vec<Circumstance>,
    then: Vec<String>,
}

const EVENTS: [&str; 17] = [
    "start",
    "segment",
    "fragment",
    "icmp",
    "not-tcp",
    "wait",
    "listen",
    "connect",
    "accept",
    "send",
    "send-urgent",
    "recv",
    "shutdown",
    "close",
    "abort",
    "poll",
    "set",
];
const SEQ: [&str; 6] = ["unknown", "outside-left", "left-edge", "inside", "right-edge", "outside-right"];
const ACK: [&str; 7] = ["none", "unknown", "old", "una", "inside", "nxt", "ahead"];
const BROKEN: [&str; 3] = ["checksum", "length", "options"];
/// The fields that may differ later: those of answers and of states.
const FIELDS: [&str; 10] = ["emitted", "flags", "seq", "ack", "data", "len", "returns", "state", "win", "verdict"];
const SEGMENT: &str = "segment";
const NONE: &str = "none";
const NOTHING: &str = "nothing";

impl Written {
    /// Checks every word.
    pub(super) fn read(self) -> Result<Cause, String> {
        let Self {
            rule,
            breaks,
            fails,
            r#in,
            event,
            flags,
            seq,
            ack,
            text,
            broken,
            differs,
            answer,
            sends,
            when,
            then,
            ..
        } = self;
        let of_rules = |word: &str| word == NONE || stack_under_test::Rule::ALL.iter().any(|rule| rule.name() == word);
        let of_invariants = |word: &str| INVARIANTS.iter().any(|invariant| invariant.name == word);
        let cause = Cause {
            rule: words("rule", rule, of_rules)?,
            breaks: words("breaks", breaks, of_invariants)?,
            fails: words("fails", fails, |word| !word.is_empty())?,
            states: parsed("in", r#in, |word| State::ALL.into_iter().find(|state| state.name() == word))?,
            event: words("event", event, |word| EVENTS.contains(&word))?,
            flags: parsed("flags", flags, |word| word.parse().ok())?,
            seq: words("seq", seq, |word| SEQ.contains(&word))?,
            ack: words("ack", ack, |word| ACK.contains(&word))?,
            text,
            broken: words("broken", broken, |word| BROKEN.contains(&word))?,
            option: self.option,
            differs: words("differs", differs, |word| !word.is_empty())?,
            answer: parsed("answer", answer, |word| match word {
                NOTHING => Some(None),
                flags => flags.parse().ok().map(Some),
            })?,
            sends: parsed("sends", sends, |word| word.parse().ok())?,
            when: parsed("when", when, Circumstance::by_name)?,
            then: words("then", then, |word| of_invariants(word) || FIELDS.contains(&word))?,
        };
        cause.is_of_one_kind()?;
        let Cause { rule, breaks, fails, event, flags, broken, .. } = &cause;
        let says_nothing = rule.is_empty() && breaks.is_empty() && fails.is_empty() && flags.is_empty();
        if says_nothing && event.is_empty() && broken.is_empty() && cause.option.is_none() {
            return Err(
                "what an entry covers needs a `rule`, `breaks`, `fails`, `event`, `flags`, `broken` or `option`".into(),
            );
        }
        Ok(cause)
    }
}

fn words(name: &str, written: Option<OneOrMany>, known: impl Fn(&str) -> bool) -> Result<Vec<String>, String> {
    parsed(name, written, |word| known(word).then(|| word.to_owned()))
}

fn parsed<T>(name: &str, written: Option<OneOrMany>, read: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, String> {
    let words = written.map_or_else(Vec::new, OneOrMany::into_vec);
    words.iter().map(|word| read(word).ok_or_else(|| format!("`{word}` is no `{name}` of what is covered"))).collect()
}

impl Cause {
    /// What shows at once is told by what is seen there, what shows later by `then` alone.
    fn is_of_one_kind(&self) -> Result<(), String> {
        let Self { rule, breaks, fails, differs, answer, sends, then, .. } = self;
        let of_answers = differs.is_empty() && answer.is_empty() && sends.is_empty();
        let of_later = rule.is_empty() && breaks.is_empty() && fails.is_empty() && of_answers;
        if !of_later && !then.is_empty() {
            return Err("`then` tells what shows later: with it stands what was done, not what showed".into());
        }
        Ok(())
    }

    /// Whether this explains what was found.
    #[must_use]
    pub fn fits(&self, shown: &Shown<'_>) -> bool {
        self.then.is_empty() && self.fits_what(&shown.what) && self.fits_event(&shown.met)
    }

    /// Whether this explains what was found behind an event that had shown nothing.
    #[must_use]
    pub fn fits_later(&self, earlier: &Met<'_>, what: &What<'_>) -> bool {
        let named = |word: &str| self.then.iter().any(|own| own == word);
        let may_show = match what {
            What::Divergence { fields, .. } => fields.iter().all(|field| named(field)),
            What::Violation(invariant) => named(invariant),
            What::Failure(_) => false,
        };
        !self.then.is_empty() && may_show && self.fits_event(earlier)
    }

    /// Whether this speaks of what may show later.
    #[must_use]
    pub const fn is_of_later(&self) -> bool {
        !self.then.is_empty()
    }

    fn fits_event(&self, met: &Met<'_>) -> bool {
        let state = match met.state {
            ConnState::Is(state) => state,
            ConnState::None { listening: true } => State::Listen,
            ConnState::None { listening: false } => State::Closed,
        };
        any(&self.states, |own| *own == state)
            && any(&self.event, |own| {
                own == event_word(&met.event) || (own == SEGMENT && met.event.segment().is_some())
            })
            && any(&self.when, |own| met.circumstances.has(*own))
            && self.option.is_none_or(|kind| met.segment.is_some_and(|segment| segment.other_options.contains(&kind)))
            && self.fits_segment(met)
    }

    fn fits_what(&self, what: &What<'_>) -> bool {
        match what {
            What::Divergence { rule, fields, answer } => {
                let first = answer.first().map(|segment| segment.flags);
                self.breaks.is_empty()
                    && self.fails.is_empty()
                    && any(&self.rule, |own| own == rule.unwrap_or(NONE))
                    && (self.differs.is_empty()
                        || fields.iter().all(|field| self.differs.iter().any(|own| own == field)))
                    && any(&self.answer, |own| *own == first)
                    && any(&self.sends, |own| answer.iter().any(|segment| segment.flags == *own))
            }
            What::Violation(invariant) => {
                let of_divergences =
                    self.rule.is_empty() && self.differs.is_empty() && self.answer.is_empty() && self.sends.is_empty();
                of_divergences && self.fails.is_empty() && any(&self.breaks, |own| own == invariant)
            }
            What::Failure(message) => self.fails.iter().any(|own| message.contains(own.as_str())),
        }
    }

    fn fits_segment(&self, met: &Met<'_>) -> bool {
        let Some(segment) = met.event.segment() else {
            let Self { flags, seq, ack, text, broken, .. } = self;
            return flags.is_empty() && seq.is_empty() && ack.is_empty() && text.is_none() && broken.is_empty();
        };
        let flags = met.segment.map_or_else(|| segment.flags.flags(), |segment| segment.flags);
        any(&self.flags, |own| flags.contains(*own))
            && any(&self.seq, |own| own == seq_word(segment.seq))
            && any(&self.ack, |own| own == ack_word(segment.ack))
            && self.text.is_none_or(|own| own == segment.text)
            && any(&self.broken, |own| segment.broken.is_some_and(|broken| own == broken_word(broken)))
    }
}

/// Nothing named, or one that fits.
fn any<T>(named: &[T], fits: impl Fn(&T) -> bool) -> bool {
    named.is_empty() || named.iter().any(fits)
}

const fn event_word(event: &EventClass) -> &'static str {
    match event {
        EventClass::Start => "start",
        EventClass::Segment(_) => "segment",
        EventClass::Fragment(_) => "fragment",
        EventClass::Icmp { .. } => "icmp",
        EventClass::NotTcp => "not-tcp",
        EventClass::Wait => "wait",
        EventClass::Call(CallClass::Listen) => "listen",
        EventClass::Call(CallClass::Connect) => "connect",
        EventClass::Call(CallClass::Accept) => "accept",
        EventClass::Call(CallClass::Send) => "send",
        EventClass::Call(CallClass::SendUrgent) => "send-urgent",
        EventClass::Call(CallClass::Recv) => "recv",
        EventClass::Call(CallClass::Shutdown) => "shutdown",
        EventClass::Call(CallClass::Close) => "close",
        EventClass::Call(CallClass::Abort) => "abort",
        EventClass::Call(CallClass::Poll) => "poll",
        EventClass::Call(CallClass::Set) => "set",
        EventClass::Call(CallClass::Udp) => "udp",
    }
}

const fn seq_word(seq: SeqPosition) -> &'static str {
    match seq {
        SeqPosition::Unknown => "unknown",
        SeqPosition::OutsideLeft => "outside-left",
        SeqPosition::LeftEdge => "left-edge",
        SeqPosition::Inside => "inside",
        SeqPosition::RightEdge => "right-edge",
        SeqPosition::OutsideRight => "outside-right",
    }
}

const fn ack_word(ack: AckPosition) -> &'static str {
    match ack {
        AckPosition::None => "none",
        AckPosition::Unknown => "unknown",
        AckPosition::Old => "old",
        AckPosition::SndUna => "una",
        AckPosition::Inside => "inside",
        AckPosition::SndNxt => "nxt",
        AckPosition::Ahead => "ahead",
    }
}

const fn broken_word(broken: Broken) -> &'static str {
    match broken {
        Broken::Checksum => "checksum",
        Broken::Length => "length",
        Broken::Options => "options",
    }
}

#[cfg(test)]
mod tests;
