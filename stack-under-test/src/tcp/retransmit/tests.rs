use super::*;

const NOW: Instant = Instant::ZERO;
const RTO: Duration = Duration::from_secs(1);

fn text(seq: u32, text: u32) -> Sent {
    Sent {
        seq: Seq(seq),
        syn: false,
        text,
        fin: false,
        push: false,
        probe: false,
        first_sent: NOW,
        transmissions: 1,
        timeouts: 0,
        lost: None,
    }
}

fn queue() -> RetransmissionQueue {
    let mut queue = RetransmissionQueue::default();
    // Across the wrap.
    queue.push(text(u32::MAX - 4, 10), NOW, RTO);
    queue.push(text(5, 10), NOW, RTO);
    queue
}

#[test]
fn whole_segments_go_and_a_part_stays() {
    let mut queue = queue();
    let acked = queue.acknowledge(Seq(8), NOW + Duration::from_millis(30));
    assert_eq!(acked, Acked { rtt: Some(Duration::from_millis(30)), largest: 10, ..Acked::default() });
    assert_eq!(queue.front().map(|sent| (sent.seq, sent.text)), Some((Seq(8), 7)));
    assert_eq!(queue.acknowledge(Seq(15), NOW).rtt, Some(Duration::ZERO));
    assert!(queue.is_empty());
}

/// Karn (MUST-18): one segment sent twice spoils the sample.
#[test]
fn no_sample_from_a_segment_sent_twice() {
    let mut queue = queue();
    assert!(queue.mark_front_lost(Rule::FastRetransmit));
    queue.sent_again(10, true);
    assert_eq!(queue.acknowledge(Seq(15), NOW).rtt, None);
}

#[test]
fn what_is_lost_is_not_in_the_network() {
    let mut queue = queue();
    assert_eq!(queue.in_network(20), 20);
    queue.time_out(Rule::RetransmissionTimeout, true);
    assert_eq!(queue.in_network(20), 0);
    assert_eq!(queue.next_lost().and_then(|sent| sent.lost), Some(Rule::RetransmissionTimeout));
    queue.sent_again(10, true);
    assert_eq!(queue.in_network(20), 10);
    assert_eq!(queue.next_lost().and_then(|sent| sent.lost), Some(Rule::RetransmitAfterTimeout));
    queue.acknowledge(Seq(7), NOW);
    assert_eq!(queue.in_network(8), 0, "eight left, all lost");
}

/// SHLD-16: the window let only a part out.
#[test]
fn the_part_left_off_stays_lost() {
    let mut queue = queue();
    queue.mark_front_lost(Rule::RetransmissionTimeout);
    queue.sent_again(4, false);
    assert_eq!(queue.in_network(20), 14);
    assert_eq!(queue.next_lost().map(|sent| (sent.seq, sent.text)), Some((Seq(u32::MAX), 6)));
}

/// RFC6298#5.1 to #5.3.
#[test]
fn the_timer_runs_while_something_is_in_flight() {
    let mut queue = queue();
    assert_eq!(queue.timer().deadline(), Some(NOW + RTO));
    queue.acknowledge(Seq(5), NOW);
    queue.restart(NOW + RTO / 2, RTO);
    assert_eq!(queue.timer().deadline(), Some(NOW + RTO / 2 + RTO));
    queue.acknowledge(Seq(15), NOW);
    queue.restart(NOW, RTO);
    assert_eq!(queue.timer().deadline(), None);
}
