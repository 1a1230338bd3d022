use super::*;

const HERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 8079);
const THERE: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 2), 40_000);

fn begin(iss: u32) -> Stack {
    Stack::begin(*HERE.ip(), Ipv4Addr::new(255, 255, 255, 0), 1500, iss).expect("lwIP starts")
}

fn first_sequence_number(stack: &mut Stack) -> u32 {
    stack.connect(HERE, THERE, &Options::default()).expect("lwIP runs").expect("tcp_connect succeeds");
    let syn = stack.take().expect("a SYN");
    u32::from_be_bytes(syn[24..28].try_into().expect("four bytes"))
}

#[test]
fn each_case_has_the_iss_it_asked_for_and_no_leftovers() {
    let first = first_sequence_number(&mut begin(1));
    let mut second = begin(u32::MAX);
    assert_eq!(second.state(HERE, THERE), None);
    assert!(!second.has_emitted());
    assert_eq!(first_sequence_number(&mut second), first.wrapping_sub(2));
}

#[test]
fn one_thread_cannot_wait_for_itself() {
    let held = begin(1);
    let again = Stack::begin(*HERE.ip(), Ipv4Addr::new(255, 255, 255, 0), 1500, 1);
    assert_eq!(again.err(), Some(Broken::InUse));
    drop(held);
    drop(begin(1));
}

#[test]
fn a_packet_to_oneself_comes_back_without_lwips_thread() {
    let mut stack = begin(1);
    stack.connect(HERE, HERE, &Options::default()).expect("lwIP runs").expect("tcp_connect succeeds");
    assert!(!stack.has_emitted(), "a packet to oneself is not on the wire");
    for _ in 0..20 {
        stack.slow_timer().expect("lwIP runs");
    }
}

#[test]
fn four_threads_take_turns() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for iss in 0..50 {
                    assert_eq!(
                        first_sequence_number(&mut begin(iss)),
                        iss.wrapping_add(999),
                        "FIRST_TICK less the octet of the SYN"
                    );
                }
            });
        }
    });
}

#[test]
fn the_last_assertion_is_cited_in_one_line() {
    let log = "Assertion \"a\" failed at line 1 in x.c\nAssertion \"b > c\n\" failed at line 2 in y.c\n";
    assert_eq!(last_assertion(log), "Assertion \"b > c \" failed at line 2 in y.c");
    assert_eq!(last_assertion(""), "it did not say which");
}
