//! Whose events they are.

use super::{
    events::tests::{CATALOG, drop_record, state_record},
    *,
};

const SOFT_INTERRUPT: u8 = 0x10;
const TCP_ESTABLISHED: u32 = 1;
const TCP_FIN_WAIT2: u32 = 5;
const TCP_CLOSE: u32 = 7;
const TCP_CLOSE_WAIT: u32 = 8;
const TCP_LISTEN: u32 = 10;
const TCP_SYN_RECV: u32 = 3;

fn endpoints() -> Endpoints {
    Endpoints {
        target: SocketAddr::from(([10, 0, 0, 1], 2000)),
        peer: SocketAddr::from(([10, 0, 1, 0], 32_000)),
        other_peer: [10, 0, 1, 1].into(),
        subnet_broadcast: None,
    }
}

/// What one record after the other says to a worker whose thread is 7, in a guest.
fn all_told(records: &[Vec<u8>]) -> Vec<Traced> {
    told_to(Some(7), records)
}

fn told_to(thread: Option<i32>, records: &[Vec<u8>]) -> Vec<Traced> {
    let mut sockets = Vec::new();
    let records = records.iter().filter_map(|bytes| CATALOG.record(bytes));
    records.filter_map(|record| told(&record, thread, &endpoints(), &mut sockets)).collect()
}

fn is_drop(traced: &Traced) -> bool {
    matches!(traced, Traced::Dropped { reason: "TCP_OLD_SEQUENCE", .. })
}

#[test]
fn a_drop_belongs_to_the_thread_that_wrote_the_packet() {
    assert!(matches!(&all_told(&[drop_record(0, 7, 0x0800, 41)])[..], [traced] if is_drop(traced)));
    assert!(all_told(&[drop_record(0, 8, 0x0800, 41)]).is_empty(), "another worker's");
    assert!(all_told(&[drop_record(SOFT_INTERRUPT, 7, 0x0800, 41)]).is_empty(), "what came between");
}

#[test]
fn a_change_belongs_to_the_case_with_these_addresses() {
    let established = |port| state_record(0, 0x99, port, (TCP_SYN_RECV, TCP_ESTABLISHED));
    let change = |on| Traced::Transition { on, from: State::SynReceived, to: State::Established };
    assert_eq!(all_told(&[established(32_000), established(32_002)]), [change(0), change(2)]);
    assert!(all_told(&[established(31_999), established(32_256)]).is_empty(), "no port of this case");
}

#[test]
fn a_timer_may_change_only_a_socket_seen_before() {
    let begins = state_record(0, 0x99, 32_000, (TCP_SYN_RECV, TCP_ESTABLISHED));
    let by_timer = state_record(SOFT_INTERRUPT, 0x99, 32_000, (TCP_ESTABLISHED, TCP_CLOSE));
    assert!(all_told(std::slice::from_ref(&by_timer)).is_empty(), "a worker in another network has the same addresses");
    assert_eq!(all_told(&[begins.clone(), by_timer.clone()]).len(), 2);
    assert_eq!(told_to(None, &[begins.clone(), by_timer.clone()]).len(), 1, "on a live host it would be luck");
    assert_eq!(all_told(&[begins, by_timer.clone(), by_timer]).len(), 2, "closed: its address may be used again");
}

#[test]
fn what_is_no_change_of_a_connection_is_left_out() {
    let clone = state_record(0, 0x99, 32_000, (TCP_LISTEN, TCP_SYN_RECV));
    let same = state_record(0, 0x99, 32_000, (TCP_FIN_WAIT2, TCP_FIN_WAIT2));
    assert!(all_told(&[clone, same]).is_empty());
}

#[test]
fn a_connection_lives_on_in_time_wait() {
    let closed = |from| Explanation::Traced(Traced::Transition { on: 1, from, to: State::Closed });
    let kept = |mut change: Explanation, left: Option<State>| {
        let asked = &mut |pair: Pair| {
            assert_eq!(pair.peer.port(), 32_001);
            left
        };
        keep(&mut change, &endpoints(), asked).then_some(change)
    };
    let time_wait = Traced::Transition { on: 1, from: State::FinWait2, to: State::TimeWait };
    assert_eq!(kept(closed(State::FinWait2), Some(State::TimeWait)), Some(Explanation::Traced(time_wait)));
    assert_eq!(kept(closed(State::FinWait2), Some(State::FinWait2)), None, "only its socket is gone");
    assert_eq!(kept(closed(State::FinWait2), None), Some(closed(State::FinWait2)));
    assert_eq!(kept(closed(State::CloseWait), Some(State::TimeWait)), Some(closed(State::CloseWait)));
}

#[test]
fn changes_go_by_their_states_only() {
    let change = state_record(0, 0x99, 32_000, (TCP_ESTABLISHED, TCP_CLOSE_WAIT));
    let [traced] = all_told(&[change])[..] else { panic!("one change") };
    assert_eq!(traced.to_string(), "kernel: ESTABLISHED → CLOSE-WAIT");
}
