//! The options of what leaves: Maximum Segment Size and the sizes that follow from it (RFC9293#3.7.1).
//!
//! Also which other options a segment of ours carries; what they mean is in [`super::window_scale`],
//! [`super::timestamps`] and [`super::sack`].

use core::net::IpAddr;

use super::connection::{Connection, Context};
use super::segment::Segment;
use super::window_scale::{self, WindowScale};
use crate::call::SocketOptions;
use crate::ip::host::Host;
use crate::profile::Profile;
use crate::wire::tcp::Flags;
use crate::wire::tcp_options::{SackBlocks, TcpOptions};
use crate::wire::{ipv4, ipv6, tcp};

/// Octets that timestamps take in a header, aligned (RFC7323#A).
const TIMESTAMPS_LEN: u16 = 12;

/// Octets of a user timeout option (RFC5482#3.3).
const USER_TIMEOUT_LEN: usize = 4;

/// Octets of a SACK option without blocks, aligned (RFC7323#A).
const SACK_FIXED_LEN: usize = 4;

/// The text that fits a packet of this MTU behind IP and TCP header without options (RFC6691#2).
fn most_text(remote: IpAddr, mtu: u16) -> u16 {
    let ip = if remote.is_ipv4() { ipv4::HEADER_LEN } else { ipv6::HEADER_LEN };
    // 40 or 60 octets.
    mtu.saturating_sub((ip + tcp::HEADER_LEN) as u16).max(1)
}

/// The MSS to announce: MMS_R - 20, from the interface's MTU (MUST-67, SHLD-6), or less if the user
/// wants less.
pub(crate) fn receive_mss(remote: IpAddr, socket: &SocketOptions, host: &Host) -> u16 {
    let most = most_text(remote, host.mtu());
    socket.mss.map_or(most, |mss| mss.clamp(1, most))
}

/// ECN needs a congestion window that it can halve.
pub(crate) fn wants_ecn(profile: &Profile) -> bool {
    profile.ecn && profile.congestion_control
}

impl Connection {
    /// The options of a segment of ours with these flags.
    pub(crate) fn options_of(&self, flags: Flags, cx: &Context<'_>) -> TcpOptions {
        let acks = flags.contains(Flags::ACK);
        let syn = flags.contains(Flags::SYN);
        let stamped = if syn && !acks {
            // An offer; any other segment has what was agreed on (RFC7323#3.2).
            cx.profile.timestamps
        } else {
            self.timestamps.ok && (!flags.contains(Flags::RST) || cx.profile.timestamps_in_rst)
        };
        let timestamps = stamped.then(|| self.timestamps.option(acks, cx.now, cx.profile));
        if !syn {
            let sack = if acks { self.sack_blocks() } else { SackBlocks::default() };
            let says_timeout = acks && cx.profile.user_timeout_option && self.user_timeout_option.is_due();
            let user_timeout = says_timeout.then(|| self.user_timeout_field(cx.profile));
            return TcpOptions { timestamps, sack, user_timeout, ..TcpOptions::default() };
        }
        // No other segment carries MSS (MUST-65), window scale (RFC7323#2.2) or SACK-permitted (RFC2018#2).
        let remote = self.tcb.remote.ip();
        let mss = receive_mss(remote, &self.options, cx.host);
        let says_something = cx.profile.mss_option_always || mss != cx.profile.default_send_mss(remote);
        TcpOptions {
            mss: says_something.then_some(mss),
            window_scale: self.offered_shift(cx.profile).filter(|_| !acks || self.window_scale.ok),
            user_timeout: cx.profile.user_timeout_option.then(|| self.user_timeout_field(cx.profile)),
            sack_permitted: cx.profile.sack && (!acks || self.sack.ok),
            timestamps,
            ..TcpOptions::default()
        }
    }

    fn offered_shift(&self, profile: &Profile) -> Option<u8> {
        window_scale::offered(profile.window_scale, self.options.recv_buffer)
    }

    /// The remote SYN came: what both sides have is in force from now on.
    pub(crate) fn negotiate(&mut self, seg: &Segment<'_>, cx: &Context<'_>) {
        self.window_scale = WindowScale::negotiate(self.offered_shift(cx.profile), seg.options.window_scale);
        self.timestamps.negotiate(cx.profile.timestamps, seg.options.timestamps, cx.now);
        self.ecn.negotiate(wants_ecn(cx.profile), seg);
        self.sack.ok = cx.profile.sack && seg.options.sack_permitted;
    }

    /// The text a segment has room for now: Eff.snd.MSS less the SACK option, if it has one (RFC6691#4).
    pub(crate) fn text_room(&self, cx: &Context<'_>) -> u32 {
        let blocks = self.sack_blocks().as_slice().len().min(self.sack_blocks_that_fit());
        let option = if blocks == 0 { 0 } else { SACK_FIXED_LEN + blocks * SackBlocks::BLOCK_LEN };
        // At most 36 octets.
        self.effective_send_mss(cx).saturating_sub(option as u32).max(1)
    }

    /// Blocks that a header has room for: four, or three beside timestamps (RFC2018#3).
    fn sack_blocks_that_fit(&self) -> usize {
        SackBlocks::MAX - usize::from(self.timestamps.ok)
    }

    /// Leaves out what would make a segment with `text` octets too long.
    pub(crate) fn fit(&self, options: &mut TcpOptions, text: u32, cx: &Context<'_>) {
        if text > 0 {
            let room = self.effective_send_mss(cx).saturating_sub(text) as usize;
            if room < USER_TIMEOUT_LEN {
                options.user_timeout = None;
            }
            let taken = SACK_FIXED_LEN + if options.user_timeout.is_some() { USER_TIMEOUT_LEN } else { 0 };
            options.sack.truncate(room.saturating_sub(taken) / SackBlocks::BLOCK_LEN);
        }
    }

    /// Eff.snd.MSS (MUST-16): the smaller of SendMSS and what the interface takes, less the options that every segment
    /// carries (RFC6691#4).
    pub(crate) fn effective_send_mss(&self, cx: &Context<'_>) -> u32 {
        let remote = self.tcb.remote.ip();
        let floor = cx.profile.min_send_mss.max(1);
        let wanted = self.options.mss.map_or(self.send_mss, |mss| self.send_mss.min(mss.max(floor)));
        let options = if self.timestamps.ok { TIMESTAMPS_LEN } else { 0 };
        let most = most_text(remote, cx.host.mtu().min(self.path_mtu.current(cx.now, cx.profile)));
        u32::from(wanted.min(most).saturating_sub(options).max(1))
    }
}

/// SendMSS from a SYN's options: what the peer announced, else the default (MUST-15).
pub(crate) fn send_mss(remote: IpAddr, options: &TcpOptions, profile: &Profile) -> u16 {
    options.mss.map_or(profile.default_send_mss(remote), |mss| mss.max(profile.min_send_mss).max(1))
}
