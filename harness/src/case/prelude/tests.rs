use crate::case::{
    format::{Action, Case, ConcreteCase, Expect, MssChoice, Peer, Via},
    position::Position,
    state::State,
};

fn given(given: State, via: Option<Via>) -> Case {
    Case { given: Some(given), via, ..Case::default() }
}

/// The prelude as a script of one word or segment per step.
#[track_caller]
fn script(case: Case) -> String {
    let concrete = ConcreteCase::from_case("t", case).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(concrete.prelude, concrete.case.steps.len());
    let lines = concrete.case.steps.iter().map(|step| match &step.value.action {
        Action::Call(call) => format!("{:?}", call.call).split([' ', '{']).next().unwrap_or_default().to_lowercase(),
        Action::Inject(inject) => {
            let ack = inject.ack.as_ref().map_or(String::new(), |ack| format!(" {ack}"));
            format!("<{} {}{ack}", inject.flags, inject.seq.as_ref().expect("a seq"))
        }
        Action::Expect(Expect::InOrder(segments)) => {
            let [segment] = segments.as_slice() else { panic!("one segment at a time") };
            let ack = segment.ack.as_ref().map_or(String::new(), |ack| format!(" {ack}"));
            let (flags, seq) = (segment.flags.expect("flags"), segment.seq.as_ref().expect("a seq"));
            format!(">{flags} {seq}{ack}")
        }
        Action::State(check) => format!("={}", check.any_of[0]),
        other => panic!("{other:?}"),
    });
    lines.collect::<Vec<_>>().join(", ")
}

#[test]
fn every_state_is_reached_as_the_figures_show() {
    use State::{
        CloseWait, Closed, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent, TimeWait,
    };
    let open = "listen, <SYN 0, >SYN+ACK 0 1, <ACK 1 1, accept";
    let fin = "shutdown, >FIN+ACK SND.NXT RCV.NXT";
    let peer_fin = "<FIN+ACK RCV.NXT SND.NXT, >ACK SND.NXT RCV.NXT+1";
    assert_eq!(script(given(Closed, None)), "");
    assert_eq!(script(given(Listen, None)), "listen, =LISTEN");
    assert_eq!(script(given(SynSent, None)), "connect, >SYN 0, =SYN-SENT");
    assert_eq!(script(given(SynReceived, None)), "listen, <SYN 0, >SYN+ACK 0 1, =SYN-RECEIVED");
    assert_eq!(script(given(Established, None)), format!("{open}, =ESTABLISHED"));
    assert_eq!(script(given(FinWait1, None)), format!("{open}, {fin}, =FIN-WAIT-1"));
    assert_eq!(script(given(FinWait2, None)), format!("{open}, {fin}, <ACK RCV.NXT SND.NXT, =FIN-WAIT-2"));
    assert_eq!(script(given(CloseWait, None)), format!("{open}, {peer_fin}, =CLOSE-WAIT"));
    assert_eq!(
        script(given(Closing, None)),
        format!("{open}, {fin}, <FIN+ACK RCV.NXT SND.NXT-1, >ACK SND.NXT RCV.NXT+1, =CLOSING")
    );
    assert_eq!(script(given(LastAck, None)), format!("{open}, {peer_fin}, {fin}, =LAST-ACK"));
    assert_eq!(script(given(TimeWait, None)), format!("{open}, {fin}, <ACK RCV.NXT SND.NXT, {peer_fin}, =TIME-WAIT"));
}

#[test]
fn an_active_open_where_there_is_one() {
    let active = |state| script(given(state, Some(Via::Active)));
    assert_eq!(active(State::SynReceived), "connect, >SYN 0, <SYN 0, >SYN+ACK 0 1, =SYN-RECEIVED");
    assert_eq!(active(State::Established), "connect, >SYN 0, <SYN+ACK 0 1, >ACK 1 1, =ESTABLISHED");
    assert!(active(State::LastAck).starts_with("connect, >SYN 0, <SYN+ACK 0 1, >ACK 1 1, <FIN+ACK"));
    for state in [State::Closed, State::Listen, State::SynSent] {
        let error = ConcreteCase::from_case("t", given(state, Some(Via::Passive))).expect_err("one way only");
        assert!(error.message().contains("one way only"), "{error}");
    }
}

#[test]
fn the_peer_settings_shape_the_segments() {
    let peer = Peer { mss: Some(MssChoice::None), wscale: Some(7), sack_ok: true, ts: true, ..Peer::default() };
    let case = Case { peer, ..given(State::Established, None) };
    let concrete = ConcreteCase::from_case("t", case).expect("a case");
    let options: Vec<_> = concrete
        .case
        .steps
        .iter()
        .filter_map(|step| match &step.value.action {
            Action::Inject(inject) => Some(&inject.options),
            _ => None,
        })
        .collect();
    let [syn, ack] = options.as_slice() else { panic!("two segments") };
    assert_eq!((syn.mss, syn.wscale, syn.sack_ok, &syn.ts), (None, Some(7), true, &Some((1, Position::number(0)))));
    assert_eq!((ack.mss, ack.wscale, ack.sack_ok, &ack.ts), (None, None, false, &Some((2, Position::number(0)))));
    assert_eq!(concrete.authored().steps, Vec::new());
}
