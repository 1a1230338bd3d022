//! The Maximum Segment Size option and the sizes that follow from it (RFC9293#3.7.1).
//!
//! Left out: window scaling, timestamps and SACK (other rooms), and a path MTU below the
//! interface's.

use core::net::IpAddr;

use crate::call::SocketOptions;
use crate::ip::host::Host;
use crate::profile::Profile;
use crate::wire::tcp_options::TcpOptions;
use crate::wire::{ipv4, ipv6, tcp};

/// The text that fits a packet of the interface's MTU behind IP and TCP header without options (RFC6691#2).
fn most_text(remote: IpAddr, host: &Host) -> u16 {
    let ip = if remote.is_ipv4() { ipv4::HEADER_LEN } else { ipv6::HEADER_LEN };
    // 40 or 60 octets.
    host.mtu().saturating_sub((ip + tcp::HEADER_LEN) as u16).max(1)
}

/// The MSS to announce: MMS_R - 20, from the interface's MTU (MUST-67, SHLD-6), or less if the user
/// wants less.
pub(crate) fn receive_mss(remote: IpAddr, socket: &SocketOptions, host: &Host) -> u16 {
    let most = most_text(remote, host);
    socket.mss.map_or(most, |mss| mss.clamp(1, most))
}

/// The options of a SYN or SYN,ACK; no other segment carries MSS (MUST-65).
pub(crate) fn for_syn(remote: IpAddr, socket: &SocketOptions, host: &Host, profile: &Profile) -> TcpOptions {
    let mss = receive_mss(remote, socket, host);
    let says_something = profile.mss_option_always || mss != profile.default_send_mss(remote);
    TcpOptions { mss: says_something.then_some(mss), ..TcpOptions::default() }
}

/// SendMSS from a SYN's options: what the peer announced, else the default (MUST-15).
pub(crate) fn send_mss(remote: IpAddr, options: &TcpOptions, profile: &Profile) -> u16 {
    options.mss.map_or(profile.default_send_mss(remote), |mss| mss.max(profile.min_send_mss).max(1))
}

/// Eff.snd.MSS (MUST-16): the smaller of SendMSS and what the interface takes; our segments carry no
/// further options.
pub(crate) fn effective_send_mss(
    remote: IpAddr,
    send_mss: u16,
    socket: &SocketOptions,
    host: &Host,
    profile: &Profile,
) -> u32 {
    let floor = profile.min_send_mss.max(1);
    let wanted = socket.mss.map_or(send_mss, |mss| send_mss.min(mss.max(floor)));
    u32::from(wanted.min(most_text(remote, host)).max(1))
}
