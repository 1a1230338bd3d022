//! Records, octet by octet.

use std::sync::LazyLock;

use super::{
    super::format::tests::{DROP, STATE},
    *,
};

pub(in super::super) static CATALOG: LazyLock<Catalog> =
    LazyLock::new(|| Catalog::of(DROP, STATE).expect("both tracepoints are described"));

/// A drop of a packet of this protocol, by this thread.
pub(in super::super) fn drop_record(flags: u8, thread: i32, protocol: u16, reason: u32) -> Vec<u8> {
    let mut bytes = head(2310, flags, thread);
    bytes.extend([0xaa; 8]);
    bytes.extend(0xffff_8000_0000_1234_u64.to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.extend(protocol.to_ne_bytes());
    bytes.extend([0; 2]);
    bytes.extend(reason.to_ne_bytes());
    bytes
}

/// A change of a socket between port 2000 here and this port at 10.0.1.0.
pub(in super::super) fn state_record(flags: u8, socket: u64, remote_port: u16, change: (u32, u32)) -> Vec<u8> {
    let mut bytes = head(2287, flags, 7);
    bytes.extend(socket.to_ne_bytes());
    bytes.extend(change.0.to_ne_bytes());
    bytes.extend(change.1.to_ne_bytes());
    for number in [2000, remote_port, 2, 6] {
        bytes.extend(u16::to_ne_bytes(number));
    }
    bytes.extend([10, 0, 0, 1, 10, 0, 1, 0]);
    bytes.extend([0; 32]);
    bytes
}

fn head(kind: u16, flags: u8, thread: i32) -> Vec<u8> {
    let mut bytes = kind.to_ne_bytes().to_vec();
    bytes.extend([flags, 0]);
    bytes.extend(thread.to_ne_bytes());
    bytes
}

fn seen(bytes: &[u8]) -> Option<Seen> {
    CATALOG.record(bytes).map(|record| record.seen)
}

#[test]
fn a_drop_has_the_reason_by_its_name() {
    let record = CATALOG.record(&drop_record(0, 7, 0x0800, 41));
    let seen = Seen::Dropped { reason: "TCP_OLD_SEQUENCE", location: 0xffff_8000_0000_1234 };
    assert_eq!(record, Some(Record { context: Context::Thread, thread: 7, seen }));
    let unnamed = Seen::Dropped { reason: NO_REASON, location: 0xffff_8000_0000_1234 };
    assert_eq!(self::seen(&drop_record(0, 7, 0x86dd, 99)), Some(unnamed), "a reason of a module");
    assert_eq!(self::seen(&drop_record(0, 7, 0x88cc, 41)), None, "nothing that a case speaks of");
}

#[test]
fn a_kernel_without_reasons_still_tells_drops() {
    let old: String = DROP.lines().filter(|line| !line.contains("reason")).map(|line| format!("{line}\n")).collect();
    let old: &'static Catalog = Box::leak(Box::new(Catalog::of(&old, STATE).expect("described")));
    let record = old.record(&drop_record(0, 7, 0x0800, 41)).map(|record| record.seen);
    assert_eq!(record, Some(Seen::Dropped { reason: NO_REASON, location: 0xffff_8000_0000_1234 }));
}

#[test]
fn a_change_has_states_and_the_peer() {
    let seen = seen(&state_record(0, 0x99, 32_000, (1, 8)));
    let remote = SocketAddr::from(([10, 0, 1, 0], 32_000));
    let (from, to) = (State::Established, State::CloseWait);
    assert_eq!(seen, Some(Seen::State { socket: 0x99, local_port: 2000, remote, from, to }));
}

#[test]
fn a_listener_is_no_connection() {
    assert_eq!(seen(&state_record(0, 0x99, 0, (7, 10))), None);
}

#[test]
fn interrupts_are_told_from_threads() {
    let context = |flags| CATALOG.record(&drop_record(flags, 7, 0x0800, 41)).map(|record| record.context);
    assert_eq!(context(0x01), Some(Context::Thread), "interrupts are off, that is all");
    assert_eq!(context(0x80), Some(Context::Thread), "soft interrupts are off, as in a write to the device");
    for flags in [0x08, 0x10, 0x40] {
        assert_eq!(context(flags), Some(Context::Interrupt));
    }
}

#[test]
fn other_and_broken_records_say_nothing() {
    assert_eq!(seen(&[]), None);
    let mut other = drop_record(0, 7, 0x0800, 41);
    other[0] ^= 0xff;
    assert_eq!(seen(&other), None);
    for whole in [drop_record(0, 7, 0x0800, 41), state_record(0, 1, 32_000, (1, 8))] {
        for len in 0..36 {
            assert_eq!(seen(&whole[..len]), None, "{len} octets");
        }
    }
    assert_eq!(seen(&state_record(0, 1, 32_000, (1, 77))), None, "a state without a name");
}

#[test]
fn a_tracepoint_that_lacks_what_is_needed_is_refused() {
    assert!(Catalog::of(&DROP.replace("location;", "place;"), STATE).is_err());
    assert!(Catalog::of(DROP, &STATE.replace("oldstate;", "before;")).is_err());
}
