//! A target with one fault, most often the reference, for tests that have to see a check fail.
//!
//! A [`Fault`] changes what the target shows: a segment before anybody sees it (with its checksums made right again),
//! an outcome, a state; or it breaks the target down at a packet. The stack itself runs on undisturbed, so nothing but
//! the fault is wrong. All tests of the harness that need a wrong target make it here.

use std::{net::IpAddr, time::Duration};

use super::{
    Capabilities, ConnState, Emission, Endpoints, Explanation, Handle, Outcome, Pair, Refusal, RuleNames, SocketCall,
    Target, TargetError, Time,
};
use crate::{
    case::{
        flags::Flags,
        format::{Checksum, Config, Ip},
    },
    segment::{
        build::{WireSegment, build},
        parse::{Parsed, parse, tcp_part},
    },
};

/// A segment to change; what is not changed stays as the reference made it.
pub(crate) struct Draft {
    pub flags: Flags,
    pub seq: u32,
    pub ack: u32,
    pub win: u16,
    pub destination: IpAddr,
    pub destination_port: u16,
    pub options: Vec<u8>,
    pub text: Vec<u8>,
    pub checksum: Option<Checksum>,
    pub ip_checksum: Option<Checksum>,
    pub data_offset: Option<u8>,
    source: (IpAddr, u16),
    urg: u16,
}

impl Draft {
    /// Of a packet of the reference.
    pub(crate) fn of(packet: &[u8]) -> Self {
        let parsed = parse(packet).expect("the reference sends TCP segments");
        let tcp = tcp_part(packet).expect("the reference sends TCP segments");
        let offset = usize::from(tcp[12] >> 4) * 4;
        Self {
            flags: parsed.flags,
            seq: parsed.seq,
            ack: parsed.ack,
            win: parsed.win,
            destination: parsed.destination,
            destination_port: parsed.destination_port,
            options: tcp[20..offset].to_vec(),
            text: parsed.text.into_owned(),
            checksum: None,
            ip_checksum: None,
            data_offset: None,
            source: (parsed.source, parsed.source_port),
            urg: parsed.urg,
        }
    }

    /// The packet.
    pub(crate) fn packet(&self) -> Vec<u8> {
        build(&WireSegment {
            source: self.source.0,
            destination: self.destination,
            source_port: self.source.1,
            destination_port: self.destination_port,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            win: self.win,
            urg: self.urg,
            options: &self.options,
            text: &self.text,
            checksum: self.checksum,
            data_offset: self.data_offset,
            raw: None,
            id: 1,
            ip: &Ip { checksum: self.ip_checksum, ..Ip::default() },
        })
    }
}

/// What a fault may look at.
#[derive(Default)]
pub(crate) struct Past {
    /// Every segment shown so far, as shown.
    pub shown: Vec<Vec<u8>>,
    /// How many packets were injected.
    pub injected: usize,
    /// How many cases have begun, this one included.
    pub cases: u32,
    pub now: Time,
}

impl Past {
    /// The n-th segment shown.
    pub(crate) fn segment(&self, n: usize) -> Parsed {
        parse(&self.shown[n]).expect("a segment")
    }
}

type OnInjection = Box<dyn FnMut(&[u8]) -> Result<(), TargetError>>;
type OnEmission = Box<dyn FnMut(&Past, usize, &mut Emission) -> Verdict>;
type Invention = Box<dyn FnMut(&Past) -> Option<Draft>>;
type OnOutcome = Box<dyn FnMut(&Past, &SocketCall<'_>, &mut Outcome)>;
type OnState = Box<dyn FnMut(&Past, &mut ConnState)>;

/// What becomes of one segment of the reference.
pub(crate) enum Verdict {
    /// It is shown as it is now.
    Show,
    /// It is lost.
    Lose,
    /// It is shown, and this one behind it.
    And(Draft),
}

/// What is wrong.
#[derive(Default)]
pub(crate) struct Fault {
    /// Asked about each segment, with its number.
    pub emission: Option<OnEmission>,
    /// Asked whenever nothing is there: a segment out of nothing, with its number among those shown.
    pub invention: Option<Invention>,
    pub outcome: Option<OnOutcome>,
    pub state: Option<OnState>,
    /// Asked before a packet is given to the target; it may break down.
    pub injection: Option<OnInjection>,
}

/// A target with a fault.
pub(crate) struct Faulty {
    name: &'static str,
    inner: Box<dyn Target>,
    fault: Fault,
    past: Past,
    /// How many segments the reference sent.
    sent: usize,
}

impl Faulty {
    pub(crate) fn new(inner: impl Target + 'static, fault: Fault) -> Self {
        Self::of("faulty", Box::new(inner), fault)
    }

    /// With a name of its own.
    pub(crate) fn of(name: &'static str, inner: Box<dyn Target>, fault: Fault) -> Self {
        Self { name, inner, fault, past: Past::default(), sent: 0 }
    }

    fn show(&mut self, emission: Emission, into: &mut Vec<Emission>) {
        self.past.shown.push(emission.packet.clone());
        into.push(emission);
    }
}

impl Target for Faulty {
    fn name(&self) -> &str {
        self.name
    }

    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }

    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        (self.past, self.sent) = (Past { cases: self.past.cases + 1, ..Past::default() }, 0);
        self.inner.begin(config)
    }

    fn now(&self) -> Time {
        self.inner.now()
    }

    fn call(&mut self, on: Handle, pair: Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        let mut outcome = self.inner.call(on, pair, call)?;
        if let Some(fault) = &mut self.fault.outcome {
            fault(&self.past, call, &mut outcome);
        }
        Ok(outcome)
    }

    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        self.past.injected += 1;
        if let Some(fault) = &mut self.fault.injection {
            fault(packet)?;
        }
        self.inner.inject(packet)
    }

    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        self.past.now = self.inner.now();
        let mut sent = Vec::new();
        self.inner.capture(&mut sent)?;
        for mut emission in sent {
            // Faults are about segments; ICMP passes.
            if parse(&emission.packet).is_err() {
                into.push(emission);
                continue;
            }
            let number = self.sent;
            self.sent += 1;
            let at = emission.at;
            match self.fault.emission.as_mut().map(|fault| fault(&self.past, number, &mut emission)) {
                None | Some(Verdict::Show) => self.show(emission, into),
                Some(Verdict::Lose) => {}
                Some(Verdict::And(draft)) => {
                    self.show(emission, into);
                    self.show(Emission { at, packet: draft.packet(), rules: RuleNames::new() }, into);
                }
            }
        }
        if let Some(draft) = self.fault.invention.as_mut().and_then(|fault| fault(&self.past)) {
            let emission = Emission { at: self.past.now, packet: draft.packet(), rules: RuleNames::new() };
            self.show(emission, into);
        }
        Ok(())
    }

    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        self.inner.advance(until)
    }

    fn state(&mut self, on: Handle, pair: Pair) -> Result<ConnState, TargetError> {
        let mut state = self.inner.state(on, pair)?;
        if let Some(fault) = &mut self.fault.state {
            fault(&self.past, &mut state);
        }
        Ok(state)
    }

    fn rto(&mut self, on: Handle, pair: Pair) -> Result<Option<Duration>, TargetError> {
        self.inner.rto(on, pair)
    }

    fn set_tracing(&mut self, on: bool) {
        self.inner.set_tracing(on);
    }

    fn explain(&mut self, into: &mut Vec<Explanation>) {
        self.inner.explain(into);
    }

    fn end(&mut self) -> Result<(), TargetError> {
        self.inner.end()
    }
}

/// Changes the n-th segment of the reference.
pub(crate) fn edit(n: usize, mut change: impl FnMut(&mut Draft) + 'static) -> Fault {
    on_emission(move |_, number, emission| {
        if number == n {
            let mut draft = Draft::of(&emission.packet);
            change(&mut draft);
            emission.packet = draft.packet();
        }
        Verdict::Show
    })
}

/// Loses every RST, in one of so many cases.
pub(crate) fn lose_resets(one_in: u32) -> Fault {
    on_emission(move |past, _, emission| {
        let is_reset = Draft::of(&emission.packet).flags.contains(Flags::RST);
        if is_reset && past.cases.is_multiple_of(one_in) { Verdict::Lose } else { Verdict::Show }
    })
}

/// Anything about the packets the target is given.
pub(crate) fn on_injection(fault: impl FnMut(&[u8]) -> Result<(), TargetError> + 'static) -> Fault {
    Fault { injection: Some(Box::new(fault)), ..Fault::default() }
}

/// Loses the n-th segment.
pub(crate) fn lose(n: usize) -> Fault {
    on_emission(move |_, number, _| if number == n { Verdict::Lose } else { Verdict::Show })
}

/// Sends a changed copy behind the n-th segment.
pub(crate) fn and(n: usize, mut change: impl FnMut(&Past, &mut Draft) + 'static) -> Fault {
    on_emission(move |past, number, emission| {
        if number != n {
            return Verdict::Show;
        }
        let mut draft = Draft::of(&emission.packet);
        change(past, &mut draft);
        Verdict::And(draft)
    })
}

/// Anything about the segments the reference sends.
pub(crate) fn on_emission(fault: impl FnMut(&Past, usize, &mut Emission) -> Verdict + 'static) -> Fault {
    Fault { emission: Some(Box::new(fault)), ..Fault::default() }
}

/// Repeats the n-th segment shown, out of nothing, once `when` holds.
pub(crate) fn repeat(n: usize, when: impl Fn(&Past) -> bool + 'static) -> Fault {
    let mut done = false;
    let invention = move |past: &Past| {
        let now = !done && when(past);
        done |= now;
        now.then(|| Draft::of(&past.shown[n]))
    };
    Fault { invention: Some(Box::new(invention)), ..Fault::default() }
}

/// Another state than the reference has, once so many packets were injected.
pub(crate) fn state(injected: usize, wrong: ConnState) -> Fault {
    let change = move |past: &Past, state: &mut ConnState| {
        if past.injected >= injected {
            *state = wrong;
        }
    };
    Fault { state: Some(Box::new(change)), ..Fault::default() }
}

/// Another outcome of every call.
pub(crate) fn outcome(fault: impl FnMut(&Past, &SocketCall<'_>, &mut Outcome) + 'static) -> Fault {
    Fault { outcome: Some(Box::new(fault)), ..Fault::default() }
}
