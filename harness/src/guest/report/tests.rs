use super::*;

const KASAN: &str = "\
tun: Universal TUN/TAP device driver, 1.6
[1000000000.210000] ==================================================================
[1000000000.210000] BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv+0x1f3/0x2b10\r
[1000000000.210000] Write of size 1 at addr 0000000063c4a2c9 by task fuzz/28
[1000000000.210000]
[1000000000.210000] CPU: 0 UID: 0 PID: 28 Comm: fuzz Not tainted 6.12.117 #1
[1000000000.210000] Kernel panic - not syncing: kasan.fault=panic set ...
";

#[test]
fn the_first_report_counts() {
    let report = find(KASAN).expect("a report");
    assert_eq!(report.kind, Kind::Kasan);
    assert_eq!(report.title, "BUG: KASAN: slab-out-of-bounds in tcp_v4_rcv");
    assert_eq!(report.text.lines().count(), 4);
    assert!(report.text.ends_with("Kernel panic - not syncing: kasan.fault=panic set ..."), "{}", report.text);
}

#[test]
fn kinds_and_what_they_are_called() {
    for (line, kind, title) in [
        (
            "UBSAN: shift-out-of-bounds in net/ipv4/tcp.c:12:3",
            Kind::Ubsan,
            "UBSAN: shift-out-of-bounds in net/ipv4/tcp.c:12:3",
        ),
        (
            "[  1.2] WARNING: CPU: 0 PID: 31 at net/ipv4/tcp.c:7 tcp_recv+0x1/0x2",
            Kind::Warning,
            "WARNING: at net/ipv4/tcp.c:7 tcp_recv",
        ),
        (
            "[  1.2][   T1] kernel BUG at net/ipv4/tcp_ipv4.c:2192!",
            Kind::Bug,
            "kernel BUG at net/ipv4/tcp_ipv4.c:2192!",
        ),
        (
            "BUG: kernel NULL pointer dereference, address: 0000000000000010",
            Kind::Bug,
            "BUG: kernel NULL pointer dereference, address:",
        ),
        (
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
            Kind::Panic,
            "Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b",
        ),
    ] {
        let report = find(&format!("before\n{line}\nafter\n")).expect(line);
        assert_eq!((report.kind, &*report.title), (kind, title));
        assert!(report.text.ends_with("\nafter"));
    }
}

#[test]
fn what_is_no_report() {
    for console in ["", "Linux version 6.12\n[  0.1] a BUG: in the middle\n", "DEBUG: x\n[no stamp] WARNING: x\n"] {
        assert_eq!(find(console), None, "{console}");
    }
    let long = format!("BUG: x\n{}", "line\n".repeat(1000));
    assert_eq!(find(&long).expect("a report").text.lines().count(), LINES);
}

/// Of a stack only what can be a caller is shown.
#[test]
fn a_trace_without_noise() {
    let console = "\
[  1.2] BUG: KASAN: slab-use-after-free in tcp_v4_rcv+0x4b3/0x25d0
[  1.2] Write of size 1 at addr 0000000062638e08 by task fuzz/24
[  1.2] Stack:
[  1.2]  10000c489e64 609e4f02 6244f318 00000002
[  1.2]  41b58ab3 609d743a
[  1.2] Call Trace:
[  1.2]  [<60037cf0>] ? dump_trace+0x0/0x170
[  1.2]  [<601f97c0>] ? __asan_load8+0x0/0x90
[  1.2]  [<601f9dd2>] ? kasan_check_range+0x172/0x1d0
[  1.2]  [<6056e003>] ? tcp_v4_rcv+0x4b3/0x25d0
[  1.2]  [<6050135a>] ip_local_deliver+0x16a/0x210
[  1.2]  0000000062638d80: 00 00 fc fc
";
    let report = find(console).expect("a report");
    let shown: Vec<&str> = report.text.lines().skip(2).collect();
    assert_eq!(
        shown,
        [
            "Call Trace:",
            " [<6056e003>] ? tcp_v4_rcv+0x4b3/0x25d0",
            " [<6050135a>] ip_local_deliver+0x16a/0x210",
            " 0000000062638d80: 00 00 fc fc",
        ]
    );
}
