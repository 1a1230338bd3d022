//! What the peer knew at each moment of a finished run: its trace, taken in once more.

use std::net::{Ipv4Addr, SocketAddr};

use crate::{
    case::{
        flags::Flags,
        format::{Action, Call, Expect},
    },
    peer::{Peer, View},
    segment::parse::{Parsed, ParsedOptions, ends, parse},
    target::Outcome,
    trace::{
        event::{CaseRun, CaseSegment, EventKind},
        event_class::EventClass,
    },
};

/// By event and by step.
pub(super) struct Replay {
    /// By event: what the wire showed just before this emission. `None` for other events.
    views: Vec<Option<View>>,
    /// By connection.
    names: Vec<Option<String>>,
    /// By step: the relative number of the next byte that the application reads.
    read_at: Vec<u32>,
    /// By step: the connection in hand.
    in_hand: Vec<u8>,
}

impl Replay {
    /// Takes the trace in. Where it does not fit its case any more, numbers are not known.
    pub(super) fn of(run: &CaseRun) -> Self {
        let mut replay = Self {
            views: vec![None; run.trace.events.len()],
            names: Vec::new(),
            read_at: Vec::new(),
            in_hand: Vec::new(),
        };
        let Some(endpoints) = run.trace.endpoints else { return replay };
        let mut peer = Peer::new(endpoints, run.case.case.peer.isn);
        let mut events = run.trace.events.iter().enumerate().peekable();
        let mut in_hand = 0;
        for (index, _) in run.trace.steps.iter().enumerate() {
            in_hand = aimed(&mut peer, &run.case.case.steps[index].value.action, in_hand);
            replay.in_hand.push(in_hand);
            replay.read_at.push(peer.connection(in_hand).app_read.wrapping_add(1));
            let last = index + 1 == run.trace.steps.len();
            while let Some((number, event)) = events.next_if(|(_, event)| event.step <= index || last) {
                match &event.kind {
                    EventKind::Injected { packet, segment: Some(segment), .. } => {
                        // The last fragment of a segment stands for all of it.
                        let view = &peer.connection(in_hand).view;
                        let parsed = parse(packet).unwrap_or_else(|_| whole(packet, segment, view));
                        peer.injected(in_hand, parsed, event.at);
                    }
                    EventKind::Injected { class: EventClass::Icmp { .. }, .. } => {
                        peer.connection_mut(in_hand).view.allow_new_incarnation();
                    }
                    EventKind::Emitted { packet, segment } => {
                        if let Ok(parsed) = parse(packet) {
                            let (again, before) = peer.emitted(parsed, event.at);
                            let same = (again.on, again.seq, again.ack) == (segment.on, segment.seq, segment.ack);
                            replay.views[number] = same.then_some(before);
                        }
                    }
                    EventKind::Called { outcome: Outcome::Data(bytes), .. } => {
                        let read = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
                        let connection = peer.connection_mut(in_hand);
                        connection.app_read = connection.app_read.wrapping_add(read);
                    }
                    EventKind::Injected { segment: None, .. }
                    | EventKind::EmittedOther { .. }
                    | EventKind::Called { .. }
                    | EventKind::Explained(_)
                    | EventKind::Waited(_) => {}
                }
            }
        }
        replay.names = peer.names();
        replay
    }

    pub(super) fn view(&self, event: usize) -> Option<&View> {
        self.views.get(event)?.as_ref()
    }

    pub(super) fn name(&self, connection: u8) -> Option<String> {
        self.names.get(usize::from(connection))?.clone()
    }

    pub(super) fn read_at(&self, step: usize) -> u32 {
        self.read_at.get(step).copied().unwrap_or(1)
    }

    pub(super) fn in_hand(&self, step: usize) -> Option<String> {
        self.name(*self.in_hand.get(step)?)
    }
}

/// A segment that came in fragments, from its case space.
fn whole(fragment: &[u8], segment: &CaseSegment, view: &View) -> Parsed {
    let [source, destination] = ends(fragment).unwrap_or([Ipv4Addr::UNSPECIFIED.into(); 2]);
    let acks = segment.flags.contains(Flags::ACK);
    Parsed {
        source,
        destination,
        flags: segment.flags,
        seq: view.real_seq(segment.seq),
        ack: if acks { view.real_ack(segment.ack) } else { segment.ack },
        win: segment.win,
        options: ParsedOptions { wscale: segment.wscale, ..ParsedOptions::default() },
        faults: segment.faults.clone(),
        ..Parsed::default()
    }
}

/// The connection a step is about, as the run finds it.
fn aimed(peer: &mut Peer, action: &Action, in_hand: u8) -> u8 {
    match action {
        Action::Inject(inject) => {
            let from = inject.from.map(|name| peer.endpoints().address(name));
            peer.resolve(inject.on.as_deref(), from)
        }
        Action::Call(call) if matches!(call.call, Call::Listen { .. }) || call.on.as_deref() == Some("listener") => {
            in_hand
        }
        Action::Call(call) => {
            let on = peer.resolve(call.on.as_deref(), None);
            if let Call::Connect { to } = &call.call {
                let target = peer.endpoints().target;
                let address = to.map(|name| peer.endpoints().address(name));
                let connection = peer.connection_mut(on);
                connection.view.allow_new_incarnation();
                if let Some(address) = address {
                    let port = if address == target.ip() { target.port() } else { connection.pair.peer.port() };
                    connection.pair.peer = SocketAddr::new(address, port);
                }
            }
            on
        }
        Action::State(check) => peer.resolve(check.on.as_deref(), None),
        Action::Expect(expect) => match first_name(expect) {
            Some(name) => peer.resolve(name, None),
            None => in_hand,
        },
        Action::Wait(_) | Action::Save(_) | Action::Check(_) => in_hand,
    }
}

fn first_name(expect: &Expect) -> Option<Option<&str>> {
    expect.segments().next().map(|segment| segment.on.as_deref())
}
