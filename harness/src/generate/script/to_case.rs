//! A script as a [`Case`]: no text is formatted or parsed here, as this runs once per execution of a fuzzer.

use std::sync::LazyLock;

use super::{
    Field, Kind, Record, Scope, Script,
    act::{self, CallKind},
    handshake, icmp,
    place::Known,
    scope::Switches,
    segment,
};
use crate::{
    case::{
        flags::Flags,
        format::{Action, Allow, At, Call, CallStep, Case, ConnName, Inject, Step, Via},
        state::State,
    },
    clause::ClauseId,
    generate::look::look,
};

/// What a generated case rests on until a person says better: all of event processing.
static CLAUSE: LazyLock<Vec<ClauseId>> = LazyLock::new(|| "RFC9293#3.10".parse::<ClauseId>().into_iter().collect());

/// The names of the connections; the first has none.
const NAMES: [Option<&str>; 3] = [None, Some("b"), Some("c")];
/// Connections by chance: mostly the first.
const CONNECTION: [usize; 8] = [0, 1, 2, 0, 0, 0, 0, 0];

impl Script {
    /// The case this script stands for on targets that can do so much: always a valid one.
    #[must_use]
    pub fn to_case(&self, scope: &Scope) -> Case {
        let records = &self.records[..self.records.len().min(scope.steps)];
        let mut writer = Writer::new(self, scope, records.len());
        for record in records {
            writer.record(record);
        }
        if writer.steps.is_empty() {
            // A case has to check something.
            writer.steps.push(look());
        }
        let mut case = Case {
            title: "generated".to_owned(),
            clauses: CLAUSE.clone(),
            // When a pure ACK leaves is the target's choice (SHLD-18), so it is no difference.
            allow: vec![Allow::Ack, Allow::WindowUpdate],
            steps: writer.steps,
            ..Case::default()
        };
        self.header.apply(&mut case, scope);
        case
    }
}

/// Writes the steps and knows as much of the connections as is certain whatever the target does.
pub(super) struct Writer<'s> {
    scope: &'s Scope,
    steps: Vec<At<Step>>,
    connections: [Known; NAMES.len()],
    /// A roomy listener certainly exists.
    listening: bool,
    /// The first connection certainly exists, and is the one in hand: it shows an RTO.
    timed: bool,
    /// The peer's clock, if segments carry timestamps.
    timestamp: Option<u32>,
}

impl<'s> Writer<'s> {
    fn new(script: &Script, scope: &'s Scope, records: usize) -> Self {
        let given = script.header.given();
        let on = script.header.switches(scope);
        let passive = script.header.via() == Some(Via::Passive) || given == State::Listen;
        let opened = !matches!(given, State::Closed | State::Listen | State::SynSent);
        let mut connections = [Known::default(); NAMES.len()];
        connections[0] = Known { live: opened, used: opened || given == State::SynSent, next: 0 };
        let negotiated = script.header.peer(scope).ts && on.contains(Switches::TIMESTAMPS);
        Self {
            scope,
            steps: Vec::with_capacity(2 * records + 2),
            connections,
            listening: passive && !on.contains(Switches::BACKLOG),
            // In LAST-ACK the next ACK ends the connection.
            timed: opened && given != State::LastAck && scope.rto,
            // Ahead of what the prelude used.
            timestamp: negotiated.then_some(100),
        }
    }

    fn record(&mut self, record: &Record) {
        let on = CONNECTION[usize::from(record.get(Field::Connection)) % CONNECTION.len()];
        let on = on % usize::from(self.scope.connections.clamp(1, 3));
        match record.kind() {
            Kind::Proper | Kind::OddSeq | Kind::OddAck | Kind::OddBoth => {
                self.timestamp = self.timestamp.map(|value| value.wrapping_add(1));
                let inject = segment::inject(record, &self.connections[on], self.scope, self.timestamp);
                self.inject(on, inject);
            }
            Kind::Call => self.call_record(record, on),
            Kind::Handshake => handshake::write(self, record, on),
            Kind::Icmp => {
                if self.scope.icmp {
                    // It may end the connection.
                    self.timed = false;
                    self.inject(on, icmp::inject(record));
                }
            }
            Kind::Wait => {
                if self.scope.waits {
                    let span = act::span(record, self.timed);
                    // What is due meanwhile may end the connection.
                    self.timed = false;
                    self.push(Action::Wait(span));
                }
            }
        }
    }

    fn call_record(&mut self, record: &Record, on: usize) {
        let call = act::call(record);
        match act::call_kind(record) {
            CallKind::CloseListener => {
                self.listening = false;
                self.act_on(Some("listener".to_owned()), call);
            }
            CallKind::Listen => {
                self.listening = false;
                self.call(on, call);
            }
            CallKind::Send
            | CallKind::SendUrgent
            | CallKind::Recv
            | CallKind::RecvSome
            | CallKind::Shutdown
            | CallKind::Close
            | CallKind::Abort
            | CallKind::Accept
            | CallKind::Poll
            | CallKind::Connect
            | CallKind::ConnectElsewhere
            | CallKind::Nagle
            | CallKind::Keepalive
            | CallKind::Tos
            | CallKind::UserTimeout => self.call(on, call),
        }
    }

    /// Nothing has been said on it yet, and a listener will answer.
    pub(super) fn is_fresh(&self, on: usize) -> bool {
        self.listening && !self.connections[on].used
    }

    /// The three segments of a handshake have passed, or their like: the target has acknowledged the SYN.
    pub(super) fn opened(&mut self, on: usize) {
        self.connections[on].live = true;
    }

    /// A segment of the peer, and a look.
    pub(super) fn inject(&mut self, on: usize, mut inject: Inject) {
        inject.on = name(on);
        let known = &mut self.connections[on];
        known.used = true;
        if !known.live && inject.flags.contains(Flags::SYN) {
            known.next = 1;
        }
        if on != 0 || inject.flags.0 & (Flags::RST.0 | Flags::SYN.0 | Flags::FIN.0) != 0 {
            self.timed = false;
        }
        self.push(Action::Inject(Box::new(inject)));
    }

    /// A call of the application, and a look.
    pub(super) fn call(&mut self, on: usize, call: Call) {
        self.connections[on].used = true;
        match call {
            Call::Connect { .. } => {
                // It may begin anew, with another ISS and nothing acknowledged.
                self.connections[on] = Known { live: false, used: true, next: 0 };
                self.timed = false;
            }
            Call::Shutdown | Call::Close | Call::Abort => self.timed = false,
            Call::Listen { .. }
            | Call::Accept
            | Call::Send { .. }
            | Call::Recv { .. }
            | Call::Poll
            | Call::Set(_)
            | Call::Udp(_) => self.timed &= on == 0,
        }
        self.act_on(name(on), call);
    }

    fn act_on(&mut self, on: ConnName, call: Call) {
        self.push(Action::Call(CallStep { on, call, returns: None }));
    }

    fn push(&mut self, action: Action) {
        let step = Step { action, clauses: Vec::new(), continues: true, note: None };
        self.steps.push(At { line: 0, value: step });
        self.steps.push(look());
    }
}

fn name(on: usize) -> ConnName {
    NAMES[on].map(str::to_owned)
}
