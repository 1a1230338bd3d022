//! The Maximum Segment Size option and the sizes that follow from it (RFC9293#3.7.1).
//!
//! Left out: window scaling, timestamps and SACK (other rooms), and a path MTU below the
//! interface's.

use crate::call::SocketOptions;
use crate::ip::Host;
use crate::profile::Profile;
use crate::wire::tcp_options::TcpOptions;

/// IPv4 and TCP header without options (RFC6691#2).
const FIXED_HEADERS: u16 = 40;

/// The MSS to announce: MMS_R - 20, from the interface's MTU (MUST-67, SHLD-6), or less if the user
/// wants less.
pub(crate) fn receive_mss(socket: &SocketOptions, host: &Host) -> u16 {
    let most = host.mtu() - FIXED_HEADERS;
    socket.mss.map_or(most, |mss| mss.clamp(1, most))
}

/// The options of a SYN or SYN,ACK; no other segment carries MSS (MUST-65).
pub(crate) fn for_syn(socket: &SocketOptions, host: &Host, profile: &Profile) -> TcpOptions {
    let mss = receive_mss(socket, host);
    let says_something = profile.mss_option_always || mss != profile.default_send_mss;
    TcpOptions { mss: says_something.then_some(mss), ..TcpOptions::default() }
}

/// SendMSS from a SYN's options: what the peer announced, else the default (MUST-15).
pub(crate) fn send_mss(options: &TcpOptions, profile: &Profile) -> u16 {
    options.mss.map_or(profile.default_send_mss, |mss| mss.max(profile.min_send_mss).max(1))
}

/// Eff.snd.MSS (MUST-16): the smaller of SendMSS and what the interface takes; our segments carry no
/// further options.
pub(crate) fn effective_send_mss(send_mss: u16, socket: &SocketOptions, host: &Host, profile: &Profile) -> u32 {
    let floor = profile.min_send_mss.max(1);
    let wanted = socket.mss.map_or(send_mss, |mss| send_mss.min(mss.max(floor)));
    u32::from(wanted.min(host.mtu() - FIXED_HEADERS).max(1))
}
