//! The table of states and events, as observed: what each event does in each of the eleven states. The
//! snapshot is for review against RFC9293#3.10; any change of behaviour shows in it. So does the picture of all changes of
//! state in `docs/`.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::packet_script::{ACK, FIN_ACK, Line, PSH_ACK, RST, SYN, SYN_ACK, Script, given_with, seg};
use crate::{Event, Profile, SocketOptions, State, UserCall};

/// What may happen. Numbers are relative to the state's RCV.NXT and SND.NXT.
type Happening = (&'static str, fn(&mut Script, Numbers));

#[derive(Clone, Copy)]
struct Numbers {
    rcv_nxt: u32,
    snd_nxt: u32,
}

impl Numbers {
    fn of(state: State) -> Self {
        let (rcv_nxt, snd_nxt) = match state {
            State::Closed | State::Listen | State::SynSent => (0, 1),
            State::SynReceived | State::Established => (1, 1),
            State::FinWait1 | State::FinWait2 => (1, 2),
            State::CloseWait => (2, 1),
            State::Closing | State::LastAck | State::TimeWait => (2, 2),
        };
        Self { rcv_nxt, snd_nxt }
    }

    fn line(self, flags: crate::wire::tcp::Flags) -> Line {
        seg(flags, self.rcv_nxt, self.snd_nxt)
    }

    fn at(self, flags: crate::wire::tcp::Flags, offset: u32) -> Line {
        seg(flags, self.rcv_nxt.wrapping_add(offset), self.snd_nxt)
    }
}

const HAPPENINGS: &[Happening] = &[
    ("SYN at RCV.NXT", |s, n| then(s.inject(n.line(SYN).mss(1460)))),
    ("SYN before the window", |s, n| then(s.inject(n.at(SYN, u32::MAX)))),
    ("SYN,ACK", |s, n| then(s.inject(n.line(SYN_ACK)))),
    ("ACK", |s, n| then(s.inject(n.line(ACK)))),
    ("ACK of unsent", |s, n| then(s.inject(seg(ACK, n.rcv_nxt, n.snd_nxt + 1)))),
    ("ACK before the window", |s, n| then(s.inject(n.at(ACK, u32::MAX)))),
    ("no ACK", |s, n| then(s.inject(n.line(crate::wire::tcp::Flags::NONE)))),
    ("RST at RCV.NXT", |s, n| then(s.inject(n.line(RST)))),
    ("RST,ACK at RCV.NXT", |s, n| then(s.inject(n.line(RST | ACK)))),
    ("RST in the window", |s, n| then(s.inject(n.at(RST, 1)))),
    ("RST before the window", |s, n| then(s.inject(n.at(RST, u32::MAX)))),
    ("text", |s, n| then(s.inject(n.line(PSH_ACK).text(b"text")))),
    ("text beyond a gap", |s, n| then(s.inject(n.at(PSH_ACK, 9).text(b"text")))),
    ("URG", |s, n| then(s.inject(n.line(PSH_ACK).text(b"text").urg(4)))),
    ("FIN", |s, n| then(s.inject(n.line(FIN_ACK)))),
    ("FIN, ours not acked", |s, n| then(s.inject(seg(FIN_ACK, n.rcv_nxt, n.snd_nxt.wrapping_sub(1))))),
    ("FIN beyond a gap", |s, n| then(s.inject(n.at(FIN_ACK, 9)))),
    ("ICMP host unreachable", |s, n| then(s.icmp(3, 1, n.snd_nxt.wrapping_sub(1)))),
    ("ICMP port unreachable", |s, n| then(s.icmp(3, 3, n.snd_nxt.wrapping_sub(1)))),
    ("ICMP source quench", |s, n| then(s.icmp(4, 0, n.snd_nxt.wrapping_sub(1)))),
    ("passive OPEN", |s, _| {
        note_error(s, UserCall::Listen { port: 80, backlog: 1, options: SocketOptions::default() })
    }),
    ("active OPEN", |s, _| {
        let (remote, options) = (Script::remote(), SocketOptions::default());
        note_error(s, UserCall::Connect { local_port: 80, remote, options });
    }),
    ("SEND", |s, _| call(s, |socket| UserCall::Send { socket, data: b"text", urgent: false })),
    ("RECEIVE", |s, _| call(s, |socket| UserCall::Receive { socket, max: 10 })),
    ("CLOSE", |s, _| call(s, |socket| UserCall::Shutdown { socket })),
    ("CLOSE, both directions", |s, _| call(s, |socket| UserCall::Close { socket })),
    ("ABORT", |s, _| call(s, |socket| UserCall::Abort { socket })),
    ("one RTO", |s, _| then(s.wait(Duration::from_secs(1)))),
    ("R2", |s, _| then(s.wait(Duration::from_secs(230)))),
    ("2 MSL", |s, _| then(s.wait(Duration::from_secs(240)))),
];

/// The script goes on in the table.
fn then(_: &mut Script) {}

fn call(s: &mut Script, call: impl Fn(crate::SocketId) -> UserCall<'static>) {
    if let Some(socket) = s.socket.or(s.listener) {
        note_error(s, call(socket));
    }
}

fn note_error(s: &mut Script, call: UserCall<'_>) {
    if let Err(error) = s.call(call) {
        s.note(format!("error: {error}"));
    }
}

fn row(state: State, profile: &Profile, (name, happens): &Happening) -> String {
    let mut s = given_with(state, profile.clone(), SocketOptions::default());
    let numbers = Numbers::of(state);
    s.events.clear();
    happens(&mut s, numbers);
    let mut row = format!("{:<12} {name:<23}", state.name());
    let after = s.stack.connection_state(80, Script::remote());
    let after = after.unwrap_or(if s.stack.is_listening(80) { State::Listen } else { State::Closed });
    write!(row, " {:<13}", if after == state { "" } else { after.name() }).expect("a string takes it");
    let mut said: Vec<String> = s.take_notes();
    let lines = s.take_lines_with_rules();
    let shown = if lines.len() > 2 { &lines[..1] } else { &lines[..] };
    for (line, rules) in shown {
        let times = if lines.len() > 2 { format!("{} times ", lines.len()) } else { String::new() };
        let text = if line.text.is_empty() { String::new() } else { format!(" {}", line.text.len()) };
        let (seq, ack) = (line.seq.wrapping_sub(numbers.snd_nxt).cast_signed(), line.ack);
        let seq = if line.flags == RST | ACK { "0".into() } else { format!("SND.NXT{seq:+}") };
        let ack = if line.flags.contains(ACK) { format!(" ack {ack}") } else { String::new() };
        said.push(format!("{times}{} {seq}{ack}{text} ({})", line.flags, rules.first()));
    }
    for event in &s.events {
        match event {
            Event::StateChanged { to, rule, .. } if *to == after => said.push(format!("=> {rule}")),
            Event::StateChanged { to, rule, .. } => said.push(format!("=> {to} {rule}")),
            Event::Dropped { rule } => said.push(format!("dropped: {rule}")),
            Event::Notify { notice, .. } => said.push(format!("user: {notice:?}")),
        }
    }
    row.push_str(&said.join("; "));
    row.trim_end().to_owned()
}

fn table(profile: &Profile) -> String {
    let mut table = String::new();
    for state in State::ALL {
        for happening in HAPPENINGS {
            table.push_str(&row(state, profile, happening));
            table.push('\n');
        }
        table.push('\n');
    }
    table
}

#[test]
fn rfc9293() {
    insta::assert_snapshot!(table(&Profile::rfc9293()));
}

/// Only the rows that differ from the default profile's.
#[test]
fn rfc793() {
    let default = table(&Profile::rfc9293());
    let old = table(&Profile::rfc793());
    let mut differing = String::new();
    for (new, old) in default.lines().zip(old.lines()) {
        if new != old {
            writeln!(differing, "{old}").expect("a string takes it");
        }
    }
    insta::assert_snapshot!(differing);
}

/// Every change of state that some row of the table shows, with the rules behind it.
fn changes() -> BTreeMap<(State, State), BTreeSet<&'static str>> {
    let mut changes: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for state in State::ALL {
        for (_, happens) in HAPPENINGS {
            let mut s = given_with(state, Profile::rfc9293(), SocketOptions::default());
            s.events.clear();
            happens(&mut s, Numbers::of(state));
            for event in &s.events {
                if let Event::StateChanged { from, to, rule, .. } = event {
                    changes.entry((*from, *to)).or_default().insert(rule.name());
                }
            }
        }
    }
    changes
}

/// The changes as a graph in Graphviz's language. Those that a reset, an abort or a timeout can cause in any state would
/// hide the others, so they are grey.
fn graph() -> String {
    let mut dot = String::from(
        "// Made by the test `stack::tests::state_table::picture` from what the stack does; see there how to make it anew.\n\
         digraph states {\n    node [shape=box, style=rounded, fontname=monospace];\n    \
         edge [fontname=monospace, fontsize=10];\n",
    );
    for ((from, to), rules) in changes() {
        let rules: Vec<_> = rules.into_iter().collect();
        let ends =
            to == State::Closed && !rules.iter().any(|rule| ["time-wait-timeout", "check-ack-last-ack"].contains(rule));
        let colour = if ends { ", color=gray, fontcolor=gray" } else { "" };
        writeln!(dot, "    \"{from}\" -> \"{to}\" [label=\"{}\"{colour}];", rules.join("\\n"))
            .expect("a string takes it");
    }
    dot + "}\n"
}

/// `docs/states.dot` is what the stack does. After a change: `UPDATE_DOCS=1 cargo test -p stack-under-test picture`, then
/// `ci/states` draws `docs/states.svg`.
#[test]
fn picture() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/states.dot");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(file, graph()).expect("docs/ is there");
    }
    let drawn = std::fs::read_to_string(file).unwrap_or_default();
    assert_eq!(drawn, graph(), "docs/states.dot is not what the stack does; UPDATE_DOCS=1 makes it anew");
    let svg = std::fs::read_to_string(file.replace(".dot", ".svg")).unwrap_or_default();
    // Graphviz writes hyphens as character references.
    let escaped = |state: &State| state.name().replace('-', "&#45;");
    for (from, to) in changes().keys() {
        let title = format!("<title>{}&#45;&gt;{}</title>", escaped(from), escaped(to));
        assert!(svg.contains(&title), "docs/states.svg has no {title}: run ci/states");
    }
}
