use super::*;
use crate::{
    case::format::Config,
    sample::{RST_IN_WINDOW, case},
    target::{Capabilities, ConnState, Emission, Endpoints, Handle, Outcome, Refusal, SocketCall, Time, reference},
};
use stack_under_test::Profile;

/// The reference, until a RST comes.
struct Fragile {
    inner: reference::Reference,
    how: How,
}

impl Target for Fragile {
    fn name(&self) -> &str {
        "fragile"
    }
    fn capabilities(&self) -> &Capabilities {
        self.inner.capabilities()
    }
    fn begin(&mut self, config: &Config) -> Result<Endpoints, Refusal> {
        self.inner.begin(config)
    }
    fn now(&self) -> Time {
        self.inner.now()
    }
    fn call(&mut self, on: Handle, pair: crate::target::Pair, call: &SocketCall<'_>) -> Result<Outcome, TargetError> {
        self.inner.call(on, pair, call)
    }
    fn inject(&mut self, packet: &[u8]) -> Result<(), TargetError> {
        let is_reset = packet[33] & 4 != 0;
        match self.how {
            _ if !is_reset => self.inner.inject(packet),
            How::Panicked => panic!("a RST frightens me"),
            How::Crashed => Err(TargetError::Crashed("a RST (tcp.rs:1)".to_owned())),
            How::Failed => Err(TargetError::Broken("lost 17 packets".to_owned())),
        }
    }
    fn capture(&mut self, into: &mut Vec<Emission>) -> Result<(), TargetError> {
        self.inner.capture(into)
    }
    fn advance(&mut self, until: Time) -> Result<(), TargetError> {
        self.inner.advance(until)
    }
    fn state(&mut self, on: Handle, pair: crate::target::Pair) -> Result<ConnState, TargetError> {
        self.inner.state(on, pair)
    }
    fn rto(&mut self, on: Handle, pair: crate::target::Pair) -> Result<Option<Duration>, TargetError> {
        self.inner.rto(on, pair)
    }
    fn end(&mut self) -> Result<(), TargetError> {
        self.inner.end()
    }
}

fn pair(how: How) -> Pair {
    let whole: Opener = Arc::new(|| Ok(Box::new(reference::Reference::new(Profile::rfc9293(), 0))));
    let fragile: Opener =
        Arc::new(move || Ok(Box::new(Fragile { inner: reference::Reference::new(Profile::rfc9293(), 0), how })));
    Pair::of(whole, fragile).unwrap()
}

#[test]
fn a_target_that_panics_is_told_of_and_opened_again() {
    let mut pair = pair(How::Panicked);
    let harmless = case("title: t\nclauses: [MUST-3]\nsteps:\n  - call: listen\n  - state: LISTEN\n");
    for _ in 0..2 {
        let executed = pair.run(&case(RST_IN_WINDOW), Mode::Record).unwrap();
        let broke = executed.broke[1].clone().unwrap();
        assert!(broke.how == How::Panicked && broke.message.contains("frightens"), "{broke:?}");
        assert_eq!(executed.broke[0], None);
        assert_eq!(executed.runs[0].verdict, Verdict::Pass);
        let next = pair.run(&harmless, Mode::Record).unwrap();
        assert_eq!((next.runs[1].verdict.clone(), &next.broke[1]), (Verdict::Pass, &None));
    }
}

#[test]
fn a_target_that_breaks_is_told_of_and_opened_again() {
    for (how, message) in [(How::Failed, "lost 17 packets"), (How::Crashed, "crash: a RST (tcp.rs:1)")] {
        let mut pair = pair(how);
        let executed = pair.run(&case(RST_IN_WINDOW), Mode::Record).unwrap();
        assert_eq!(executed.broke[1], Some(Broke { how, message: message.to_owned() }));
        assert!(pair.seats[1].target.is_none());
    }
}

#[cfg(feature = "smoltcp")]
#[test]
fn what_parts_is_the_same_however_seldom_the_state_was_asked_for() {
    use crate::judge::diff::{Comparison, Strictness, compare};
    let case = case(
        "title: t\nclauses: [U-6]\ngiven: ESTABLISHED\nsteps:\n  \
         - call: { set: { tos: 4 } }\n    continue: true\n  - expect: nothing\n    continue: true\n  - wait: 1s\n",
    );
    let spec = |name: &str| name.parse().unwrap();
    let mut pair = Pair::open(&spec("reference"), &spec("smoltcp"), TargetOptions::default()).unwrap();
    let states = [Mode::Compare, Mode::Record].map(|mode| {
        let Executed { runs: [left, right], .. } = pair.run(&case, mode).unwrap();
        match compare(&left, &right, Strictness::Key, [&crate::judge::ledger::Ledger::default(); 2]) {
            Comparison::Divergent(divergence) => (divergence.fields, divergence.left.state, divergence.right.state),
            other => panic!("{other:?}"),
        }
    });
    assert_eq!(states[0], states[1]);
    assert!(states[0].1.is_some() && states[0].2.is_some(), "{states:?}");
}
