//! `given: FIN-WAIT-1` → the ordinary steps that lead there.
//!
//! Called by [`crate::case::load`] and by the fuzzers. Each step is checked like an authored one; a case whose prelude
//! fails is inconclusive. Where to start: `prepend`. Leaves out urgent data, text and anything else a case may want
//! to have happened on the way: it says so in its own steps.

use std::sync::Arc;

use super::{
    error::Fault,
    flags::{Flags, FlagsPattern},
    format::{
        Action, At, Call, CallStep, Case, ConcreteCase, Expect, ExpectSegment, Inject, MssChoice, Options, StateCheck,
        Step, Via,
    },
    position::{Bounds, Position, Symbol},
    state::State,
    time::Span,
};

/// The MTU of the peer's link: its MSS is what fits behind both headers (RFC6691#2).
const ETHERNET: u16 = 1500;

/// How long the target may take to acknowledge a FIN: RFC9293#3.8.6.3 bounds the delay (MUST-40).
const DELAYED_ACK: Span = Span { two_msl: 0, rto: 0, nanos: 500_000_000 };

/// No prelude has more steps: to TIME-WAIT.
const MOST_STEPS: usize = 12;

/// Puts the steps that lead to `case.given` before the authored ones; returns how many.
///
/// `line` is where `given` stands, for reports; 0 if nowhere.
pub(super) fn prepend(case: &mut Case, line: u32) -> Result<usize, Box<Fault>> {
    let mut steps = steps(case, line)?;
    let count = steps.len();
    if count > 0 {
        steps.append(&mut case.steps);
        case.steps = steps;
    }
    Ok(count)
}

impl ConcreteCase {
    /// Makes a case that stands in no file ready to run: one a fuzzer generated, or a test wrote.
    ///
    /// # Errors
    /// `via` contradicts `given`; the message says how.
    pub fn from_case(id: impl Into<String>, mut case: Case) -> Result<Self, super::CaseError> {
        let id = id.into();
        let file = std::path::PathBuf::from(id.clone() + ".yaml");
        let source = Arc::default();
        let prelude = prepend(&mut case, 0).map_err(|fault| super::CaseError::in_source(&file, &source, *fault))?;
        Ok(Self { id, file, source, case, prelude })
    }

    /// The case as it was authored, without the steps of its prelude.
    #[must_use]
    pub fn authored(&self) -> Case {
        let steps = self.case.steps.iter().skip(self.prelude).cloned().collect();
        Case { steps, ..self.case.clone() }
    }
}

/// The steps of the prelude, with room for those that follow.
fn steps(case: &Case, line: u32) -> Result<Vec<At<Step>>, Box<Fault>> {
    let Some(given) = case.given else {
        return match case.via {
            None => Ok(Vec::new()),
            Some(_) => Err(Fault::new("`via` without `given`").help("say which state the connection starts from")),
        };
    };
    let steps = Vec::with_capacity(MOST_STEPS + case.steps.len());
    let mut script = Script { case, line, steps, timestamps: 0 };
    match (given, case.via) {
        (State::Closed | State::Listen | State::SynSent, Some(_)) => {
            return Err(Fault::new(format!("{given} is reached in one way only")).help("leave `via` out"));
        }
        (State::Closed, None) => return Ok(Vec::new()),
        (State::Listen, None) => script.call(Call::Listen { backlog: None }),
        (State::SynSent, None) => script.connect(),
        (State::SynReceived, None | Some(Via::Passive)) => script.listen_and_syn(),
        (State::SynReceived, Some(Via::Active)) => script.simultaneous_open(),
        (
            State::Established
            | State::FinWait1
            | State::FinWait2
            | State::CloseWait
            | State::Closing
            | State::LastAck
            | State::TimeWait,
            via,
        ) => {
            match via {
                None | Some(Via::Passive) => script.passive_open(),
                Some(Via::Active) => script.active_open(),
            }
            script.close_until(given);
        }
    }
    script.state(given);
    Ok(script.steps)
}

/// A script being written. Reads like the figures of RFC9293#3.5 and #3.6.
struct Script<'c> {
    case: &'c Case,
    line: u32,
    steps: Vec<At<Step>>,
    /// TSval of the last injected segment.
    timestamps: u32,
}

impl Script<'_> {
    fn passive_open(&mut self) {
        self.listen_and_syn();
        self.inject(Flags::ACK, Position::number(1), Some(Position::number(1)));
        self.call(Call::Accept);
    }

    fn active_open(&mut self) {
        self.connect();
        self.inject(Flags::SYN | Flags::ACK, Position::number(0), Some(Position::number(1)));
        self.expect(Flags::ACK, Position::number(1), Some(Position::number(1)), None);
    }

    fn listen_and_syn(&mut self) {
        self.call(Call::Listen { backlog: None });
        self.inject(Flags::SYN, Position::number(0), None);
        self.expect(Flags::SYN | Flags::ACK, Position::number(0), Some(Position::number(1)), None);
    }

    fn connect(&mut self) {
        self.call(Call::Connect { to: None });
        self.expect(Flags::SYN, Position::number(0), None, None);
    }

    fn simultaneous_open(&mut self) {
        self.connect();
        self.inject(Flags::SYN, Position::number(0), None);
        self.expect(Flags::SYN | Flags::ACK, Position::number(0), Some(Position::number(1)), None);
    }

    /// From ESTABLISHED on.
    fn close_until(&mut self, given: State) {
        match given {
            State::FinWait1 => self.target_closes(),
            State::FinWait2 => {
                self.target_closes();
                self.inject(Flags::ACK, now(Symbol::RcvNxt, 0), Some(now(Symbol::SndNxt, 0)));
            }
            State::Closing => {
                self.target_closes();
                self.peer_closes(now(Symbol::SndNxt, -1));
            }
            State::TimeWait => {
                self.target_closes();
                self.inject(Flags::ACK, now(Symbol::RcvNxt, 0), Some(now(Symbol::SndNxt, 0)));
                self.peer_closes(now(Symbol::SndNxt, 0));
            }
            State::CloseWait => self.peer_closes(now(Symbol::SndNxt, 0)),
            State::LastAck => {
                self.peer_closes(now(Symbol::SndNxt, 0));
                self.target_closes();
            }
            State::Closed | State::Listen | State::SynSent | State::SynReceived | State::Established => {}
        }
    }

    fn target_closes(&mut self) {
        self.call(Call::Shutdown);
        self.expect(Flags::FIN | Flags::ACK, now(Symbol::SndNxt, 0), Some(now(Symbol::RcvNxt, 0)), None);
    }

    fn peer_closes(&mut self, ack: Position) {
        self.inject(Flags::FIN | Flags::ACK, now(Symbol::RcvNxt, 0), Some(ack));
        self.expect(Flags::ACK, now(Symbol::SndNxt, 0), Some(now(Symbol::RcvNxt, 1)), Some(DELAYED_ACK));
    }

    fn call(&mut self, call: Call) {
        self.push(Action::Call(CallStep { on: None, call, returns: None }));
    }

    fn state(&mut self, state: State) {
        self.push(Action::State(StateCheck { on: None, any_of: vec![state] }));
    }

    fn inject(&mut self, flags: Flags, seq: Position, ack: Option<Position>) {
        let peer = &self.case.peer;
        let version = self.case.config.ip.unwrap_or_default();
        let mut options = Options::default();
        if flags.contains(Flags::SYN) {
            options.mss = match peer.mss {
                None => Some(ETHERNET - 20 - u16::try_from(version.header_len()).unwrap_or(u16::MAX)),
                Some(MssChoice::Value(mss)) => Some(mss),
                Some(MssChoice::None) => None,
            };
            options.wscale = peer.wscale;
            options.sack_ok = peer.sack_ok;
        }
        if peer.ts {
            self.timestamps += 1;
            // The target's TSval is not known here; RFC7323#3.2 leaves a TSecr of 0 without effect.
            options.ts = Some((self.timestamps, Position::number(0)));
        }
        self.push(Action::Inject(Box::new(Inject { flags, seq: Some(seq), ack, options, ..Inject::default() })));
    }

    fn expect(&mut self, flags: Flags, seq: Position, ack: Option<Position>, within: Option<Span>) {
        // With ECN on, SYN segments negotiate it (RFC3168#6.1.1).
        let negotiates = flags.contains(Flags::SYN) && self.case.config.ecn == Some(true);
        let optional = if negotiates { Flags::ECE | Flags::CWR } else { Flags::default() };
        let segment = ExpectSegment {
            flags: Some(FlagsPattern { set: flags, optional }),
            seq: Some(Bounds::Exactly(seq)),
            ack: ack.map(Bounds::Exactly),
            within,
            ..ExpectSegment::default()
        };
        self.push(Action::Expect(Expect::InOrder(vec![segment])));
    }

    fn push(&mut self, action: Action) {
        let step = Step { action, clauses: Vec::new(), continues: false, note: None };
        self.steps.push(At { line: self.line, value: step });
    }
}

fn now(symbol: Symbol, offset: i64) -> Position {
    Position::symbol(symbol, offset)
}

#[cfg(test)]
mod tests;
