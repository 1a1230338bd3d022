use proptest::prelude::*;

use super::*;
use crate::packet_script::{ACK, SYN, SYN_ACK, Script, seg};
use crate::{Profile, SocketOptions, State, UserCall};

fn buffer(recv_buffer: usize) -> SocketOptions {
    SocketOptions { recv_buffer, ..SocketOptions::default() }
}

fn scaling(window_scale: WindowScaling) -> Profile {
    Profile { window_scale, ..Profile::rfc9293() }
}

/// RFC7323#2.2, #2.3: the smallest shift that names the buffer, at most 14.
#[test]
fn the_shift_follows_the_buffer() {
    for (octets, shift) in [(0, 0), (65_535, 0), (65_536, 1), (131_071, 1), (1 << 20, 5), (1 << 30, 14), (1 << 40, 14)]
    {
        assert_eq!(offered(WindowScaling::FromBuffer, octets), Some(shift), "{octets}");
    }
    assert_eq!(offered(WindowScaling::Fixed(15), 0), Some(14));
    assert_eq!(offered(WindowScaling::Off, 1 << 20), None);
}

/// RFC7323#2.2: with the option on one side only, neither side scales.
#[test]
fn it_takes_both() {
    let mut s = Script::new(scaling(WindowScaling::Fixed(3)));
    s.listen_with(8, buffer(100_000)).inject(seg(SYN, 0, 0)).expect(&[seg(SYN_ACK, 0, 1).no_ws().win(65_535)]);
    s.inject(seg(ACK, 1, 1).win(1000)).accept();
    assert_eq!(status(&mut s).snd_wnd, 1000);

    let mut s = Script::new(scaling(WindowScaling::Off));
    s.listen().inject(seg(SYN, 0, 0).ws(3)).expect(&[seg(SYN_ACK, 0, 1).no_ws()]);
    s.inject(seg(ACK, 1, 1).win(1000)).accept();
    assert_eq!(status(&mut s).snd_wnd, 1000);
}

fn status(s: &mut Script) -> crate::Status {
    let socket = s.socket();
    match s.call(UserCall::Status { socket }) {
        Ok(crate::Reply::Status(status)) => status,
        other => panic!("{other:?}"),
    }
}

/// RFC7323#2.3: windows of SYNs are as they stand, all others are shifted; a shift above 14 counts as 14.
#[test]
fn windows_are_scaled_but_not_those_of_syns() {
    let mut s = Script::new(scaling(WindowScaling::FromBuffer));
    s.listen_with(8, buffer(1 << 20)).inject(seg(SYN, 0, 0).ws(2).win(500));
    s.expect(&[seg(SYN_ACK, 0, 1).ws(5).win(65_535)]).inject(seg(ACK, 1, 1).win(500)).accept();
    assert_eq!(status(&mut s).snd_wnd, 2000);
    s.inject(seg(ACK, 1, 1).text(b"x")).wait_ms(200).expect(&[seg(ACK, 1, 2).win(32_767)]);

    let mut s = Script::new(scaling(WindowScaling::FromBuffer));
    s.connect_with(buffer(65_536)).expect(&[seg(SYN, 0, 0).ws(1).win(65_535)]);
    s.inject(seg(SYN_ACK, 0, 1).ws(200).win(7)).expect(&[seg(ACK, 1, 1).no_ws().win(32_768)]);
    assert_eq!(status(&mut s).snd_wnd, 7);
    s.inject(seg(ACK, 1, 1).win(1));
    assert_eq!(status(&mut s).snd_wnd, 1 << 14);
}

/// RFC7323#2.2: only a SYN can agree on it.
#[test]
fn the_option_means_nothing_elsewhere() {
    let mut s = Script::new(scaling(WindowScaling::FromBuffer));
    s.listen().inject(seg(SYN, 0, 0)).inject(seg(ACK, 1, 1).win(10).ws(4)).inject(seg(ACK, 1, 1).win(10)).accept();
    assert_eq!(status(&mut s).snd_wnd, 10);
}

/// RFC7323#2.4: what the field cannot name is in the window all the same.
#[test]
fn what_was_offered_is_taken() {
    let mut s = Script::new(Profile { window_rounding: WindowRounding::Down, ..scaling(WindowScaling::Fixed(10)) });
    s.listen_with(8, buffer(4096)).inject(seg(SYN, 0, 0).ws(0)).inject(seg(ACK, 1, 1)).accept().take_lines();
    s.inject(seg(ACK, 1, 1).zeros(100)).wait_ms(200).expect(&[seg(ACK, 1, 101).win(3)]);
    // 3072 octets are named, 3996 were offered.
    s.inject(seg(ACK, 4000, 1).zeros(97)).expect(&[seg(ACK, 1, 101).win(3)]);
    s.inject(seg(ACK, 101, 1).zeros(1500)).inject(seg(ACK, 1601, 1).zeros(1500)).inject(seg(ACK, 3101, 1).zeros(899));
    assert_eq!(s.take_lines().last().map(|line| line.ack), Some(4097));
}

/// RFC7323#2.4, of the sender: a window that rounding made smaller does not hold a retransmission back.
#[test]
fn a_retransmission_may_reach_beyond_by_less_than_a_unit() {
    let mut s = Script::new(scaling(WindowScaling::FromBuffer));
    s.listen().inject(seg(SYN, 0, 0).mss(1000).ws(7)).inject(seg(ACK, 1, 1).win(8)).accept().take_lines();
    s.send(&[0; 1024]).take_lines();
    s.inject(seg(ACK, 1, 101).win(7)).wait_ms(1000).expect(&[seg(ACK, 101, 1).zeros(900)]);
}

proptest! {
    /// The edge a field names never moves to the left while the buffer has room for the next unit, never reaches beyond
    /// the buffer, and misses what was offered by less than a unit.
    #[test]
    fn edges_never_move_back(shift in 0_u8..=14, steps in prop::collection::vec((0_u32..5000, 0_u32..5000), 1..60)) {
        let scale = WindowScale::negotiate(Some(shift), Some(0));
        let size = 60_000_u32 << shift;
        let (mut offered, mut unread, mut nxt) = (0_u32, 0_u32, 0_u64);
        let mut named_edge = 0_u64;
        for (came, read) in steps {
            let came = came.min(offered);
            nxt += u64::from(came);
            offered -= came;
            unread = (unread + came).saturating_sub(read);
            let space = size - unread;
            let (field, window) = scale.field(false, WindowRounding::Up, offered.max(space), space);
            prop_assert_eq!(u32::from(field) << shift, window);
            prop_assert!(window <= space.max(offered));
            let edge = nxt + u64::from(window);
            prop_assert!(edge + (1 << shift) > named_edge);
            if named_edge - nxt.min(named_edge) + (1 << shift) <= u64::from(space) {
                prop_assert!(edge >= named_edge, "{} after {}", edge, named_edge);
            }
            named_edge = named_edge.max(edge);
            offered = offered.max(window);
        }
    }
}

/// Over both profiles with the option, a connection is what it was.
#[test]
fn states_are_what_they_were() {
    let s = crate::packet_script::given_with(State::TimeWait, Profile::extended(), SocketOptions::default());
    assert!(s.stack.connection_state(80, Script::remote()).is_some());
}

/// RFC7323#2.2, #2.3: also the SYN,ACK that crosses ours names octets.
#[test]
fn a_crossing_syn_ack_is_not_scaled() {
    let mut s = Script::new(scaling(WindowScaling::FromBuffer));
    s.connect()
        .inject(seg(SYN, 0, 0).ws(4).win(300))
        .inject(seg(SYN_ACK, 0, 1).ws(4).win(300))
        .state(State::Established);
    assert_eq!(status(&mut s).snd_wnd, 300);
    s.inject(seg(ACK, 1, 1).win(300));
    assert_eq!(status(&mut s).snd_wnd, 4800);
}
