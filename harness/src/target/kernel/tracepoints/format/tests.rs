//! Layouts and names as kernels tell them.

use super::*;

/// As 6.18 has it, shortened.
pub(in super::super) const DROP: &str = "name: kfree_skb
ID: 2310
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:void * skbaddr;	offset:8;	size:8;	signed:0;
	field:void * location;	offset:16;	size:8;	signed:0;
	field:void * rx_sk;	offset:24;	size:8;	signed:0;
	field:unsigned short protocol;	offset:32;	size:2;	signed:0;
	field:enum skb_drop_reason reason;	offset:36;	size:4;	signed:0;

print fmt: \"skbaddr=%p rx_sk=%p protocol=%u location=%pS reason: %s\", REC->skbaddr, REC->rx_sk, REC->protocol, \
REC->location, __print_symbolic(REC->reason, { 2, \"NOT_SPECIFIED\" }, { 3, \"NO_SOCKET\" }, { 41, \"TCP_OLD_SEQUENCE\" })
";

/// As 6.12 and 6.18 have it, shortened.
pub(in super::super) const STATE: &str = "name: inet_sock_set_state
ID: 2287
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:unsigned char common_flags;	offset:2;	size:1;	signed:0;
	field:unsigned char common_preempt_count;	offset:3;	size:1;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:const void * skaddr;	offset:8;	size:8;	signed:0;
	field:int oldstate;	offset:16;	size:4;	signed:1;
	field:int newstate;	offset:20;	size:4;	signed:1;
	field:__u16 sport;	offset:24;	size:2;	signed:0;
	field:__u16 dport;	offset:26;	size:2;	signed:0;
	field:__u16 family;	offset:28;	size:2;	signed:0;
	field:__u16 protocol;	offset:30;	size:2;	signed:0;
	field:__u8 saddr[4];	offset:32;	size:4;	signed:0;
	field:__u8 daddr[4];	offset:36;	size:4;	signed:0;
	field:__u8 saddr_v6[16];	offset:40;	size:16;	signed:0;
	field:__u8 daddr_v6[16];	offset:56;	size:16;	signed:0;

print fmt: \"family=%s oldstate=%s newstate=%s\", __print_symbolic(REC->family, { 2, \"AF_INET\" }, { 10, \"AF_INET6\" }), \
__print_symbolic(REC->oldstate, { 1, \"TCP_ESTABLISHED\" }, { 2, \"TCP_SYN_SENT\" }), \
__print_symbolic(REC->newstate, { 1, \"TCP_ESTABLISHED\" }, { 2, \"TCP_SYN_SENT\" }, { 3, \"TCP_SYN_RECV\" }, \
{ 5, \"TCP_FIN_WAIT2\" }, { 7, \"TCP_CLOSE\" }, { 8, \"TCP_CLOSE_WAIT\" }, { 10, \"TCP_LISTEN\" })
";

fn parsed(text: &str) -> Format {
    text.parse().expect("a format")
}

#[test]
fn fields_are_where_the_kernel_says() {
    let format = parsed(STATE);
    assert_eq!(format.id, 2287);
    assert_eq!(format.field("newstate"), Ok(Place { offset: 20, size: 4 }));
    assert_eq!(format.field("daddr_v6"), Ok(Place { offset: 56, size: 16 }), "an array");
    assert_eq!(format.field("skaddr"), Ok(Place { offset: 8, size: 8 }), "a pointer");
    assert_eq!(parsed(DROP).field("reason"), Ok(Place { offset: 36, size: 4 }), "a type of two words");
    assert!(format.field("reason").is_err());
}

#[test]
fn each_field_has_its_own_names() {
    let names = parsed(STATE).names("newstate");
    assert_eq!(names.get(&8).map(String::as_str), Some("TCP_CLOSE_WAIT"));
    assert_eq!(parsed(STATE).names("oldstate").len(), 2);
    let reasons = parsed(DROP).names("reason");
    assert_eq!(reasons.get(&41).map(String::as_str), Some("TCP_OLD_SEQUENCE"));
    assert_eq!(reasons.len(), 3);
    assert!(parsed(DROP).names("protocol").is_empty(), "it is printed as a number");
}

#[test]
fn numbers_are_read_whole_or_not_at_all() {
    let place = Place { offset: 2, size: 4 };
    assert_eq!(place.number(&[0, 0, 1, 0, 0, 0]), Some(u64::from(u32::from_ne_bytes([1, 0, 0, 0]))));
    assert_eq!(place.number(&[0, 0, 1, 0, 0]), None);
    assert_eq!(Place { offset: usize::MAX, size: 4 }.number(&[0; 8]), None);
    assert_eq!(Place { offset: 0, size: 3 }.number(&[0; 8]), None);
}

#[test]
fn what_is_no_format_is_refused() {
    assert!("".parse::<Format>().is_err());
    assert!("ID: many".parse::<Format>().is_err());
    let odd =
        parsed("ID: 1\n\tfield:int a;\n\tfield:;offset:0;size:4;\n\tfield:int b; offset:x; size:4;\nprint fmt: \"\"");
    assert_eq!(odd.optional("a"), None);
    assert_eq!(odd.optional("b"), None);
}
