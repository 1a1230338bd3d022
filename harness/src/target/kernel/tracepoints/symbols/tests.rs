//! Names of functions.

use super::*;

const KALLSYMS: &str = "\
ffffffff81000300 T tcp_ack
ffffffff81000100 T _stext
ffffffff81000100 T _text
ffffffff81000200 t tcp_data_queue.isra.0
ffffffff81000280 D tcp_prot
ffffffffa0000000 t tun_net_xmit	[tun]
";

#[test]
fn an_address_lies_in_the_function_before_it() {
    let symbols = Symbols::of(KALLSYMS.to_owned());
    let named = |address| symbols.function_at(address);
    assert_eq!(named(0xffff_ffff_8100_0250), Some("tcp_data_queue"), "what the compiler added is left out");
    assert_eq!(named(0xffff_ffff_8100_02ff), Some("tcp_data_queue"), "data is no function");
    assert_eq!(named(0xffff_ffff_8100_0300), Some("tcp_data_queue"), "the call was the last thing it did");
    assert_eq!(named(0xffff_ffff_8100_0301), Some("tcp_ack"));
    assert_eq!(named(0xffff_ffff_8100_0180), Some("_stext"), "the first of two names");
    assert_eq!(named(0xffff_ffff_a000_0010), Some("tun_net_xmit"));
    assert_eq!(named(0xffff_ffff_8100_0000), None, "before all");
    assert_eq!(named(0), None);
}

#[test]
fn hidden_addresses_give_no_names() {
    let hidden = KALLSYMS.replace(|c: char| c.is_ascii_hexdigit() && !c.is_ascii_lowercase(), "0");
    let hidden: String = hidden.lines().map(|line| format!("{:016x}{}\n", 0, &line[16..])).collect();
    assert_eq!(Symbols::of(hidden).function_at(0xffff_ffff_8100_0250), None);
    assert_eq!(Symbols::of(String::new()).function_at(1), None);
}
