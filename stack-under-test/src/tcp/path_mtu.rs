//! Path MTU discovery (RFC1191#3, #6) with the checks that keep forged reports from slowing a connection down
//! (RFC5927#7.2).
//!
//! [`super::icmp_error`] brings what a router says; [`super::options`] asks which MTU to keep to; the fifth step and
//! [`super::timeout`] tell of progress and of none.
//!
//! Left out: what a connection learned is its own (RFC1191#6.2 would share it among those to the same host), and
//! discovery without ICMP (RFC 4821).

use core::net::IpAddr;

use super::connection::{Connection, Context};
use super::seq::Seq;
use crate::profile::Profile;
use crate::rule::Rule;
use crate::time::Instant;
use crate::wire::{ipv4, ipv6, tcp};

/// Common MTUs, for routers that name none (RFC1191#7.1).
const PLATEAUS: [u16; 10] = [32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68];

/// What one connection knows of its path.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PathMtu {
    /// The MTU a router named, and when it was believed.
    learned: Option<(u16, Instant)>,
    /// maxsizesent: the largest packet since the MTU last changed, octets.
    sent: u32,
    /// maxsizeacked: the largest packet that was acknowledged.
    acked: u32,
    /// A report that waits for a timeout to confirm it: the number it is about, and what it says.
    pending: Option<(Seq, u16)>,
}

/// No path has a smaller MTU, octets (RFC791#3.2, RFC8200#5).
fn least(remote: IpAddr) -> u16 {
    if remote.is_ipv4() { 68 } else { 1280 }
}

impl PathMtu {
    /// The largest packet for this path; an MTU learned long ago no longer counts (RFC1191#6.3).
    pub(crate) fn current(&self, now: Instant, profile: &Profile) -> u16 {
        let fresh = self.learned.filter(|(_, at)| now.saturating_since(*at) < profile.path_mtu_valid);
        fresh.map_or(u16::MAX, |(mtu, _)| mtu)
    }

    /// A packet of this length leaves.
    pub(crate) fn sent(&mut self, len: u32) {
        self.sent = self.sent.max(len);
    }

    /// SND.UNA is `una` now; the largest packet it acknowledges had this length. What was reported of it was false.
    pub(crate) fn acknowledged(&mut self, una: Seq, len: u32) {
        self.acked = self.acked.max(len);
        self.pending = self.pending.filter(|(seq, _)| seq.ge(una));
    }
}

impl Connection {
    /// The length of a packet of ours with so much text, octets.
    pub(crate) fn packet_len(&self, text: u32, cx: &Context<'_>) -> u32 {
        let ip = if self.tcb.remote.is_ipv4() { ipv4::HEADER_LEN } else { ipv6::HEADER_LEN };
        let options = self.options_of(tcp::Flags::ACK, cx).wire_len();
        (ip + tcp::HEADER_LEN + options) as u32 + text
    }

    /// A router says that the packet with this number is too big, and names the MTU of its next hop; 0 if it is an old
    /// router, which names none.
    pub(crate) fn packet_too_big(&mut self, seq: Seq, named: u16, cx: &mut Context<'_>) -> Rule {
        if !cx.profile.path_mtu_discovery {
            return Rule::IcmpFragmentationNeeded;
        }
        let least = least(self.tcb.remote.ip());
        let below = |plateau: &&u16| u32::from(**plateau) < self.path_mtu.sent;
        let claimed = if named == 0 { PLATEAUS.iter().find(below).copied().unwrap_or(least) } else { named };
        if claimed < least || u32::from(claimed) >= self.path_mtu.sent {
            return Rule::PathMtuClaim;
        }
        if u32::from(claimed) >= self.path_mtu.acked || cx.profile.path_mtu_timeouts == 0 {
            self.reduce_path_mtu(claimed, cx);
            return Rule::PathMtuReduced;
        }
        self.path_mtu.pending = Some((seq, claimed));
        Rule::PathMtuPending
    }

    /// The front has timed out so often: a report that waited is believed (nsegrto >= MAXSEGRTO).
    pub(crate) fn confirm_path_mtu(&mut self, timeouts: u32, cx: &Context<'_>) {
        if let Some((_, claimed)) = self.path_mtu.pending
            && timeouts >= cx.profile.path_mtu_timeouts
        {
            self.path_mtu.acked = u32::from(claimed);
            self.reduce_path_mtu(claimed, cx);
        }
    }

    /// Segments become smaller, and those in flight that are too large go out again, cut (RFC1191#6.4). The congestion
    /// window stays: nothing was lost to congestion.
    fn reduce_path_mtu(&mut self, mtu: u16, cx: &Context<'_>) {
        self.path_mtu.learned = Some((mtu, cx.now));
        self.path_mtu.sent = 0;
        self.path_mtu.pending = None;
        let most = self.effective_send_mss(cx);
        self.congestion.set_smss(most);
        self.retransmission.mark_larger_lost(most, Rule::PathMtuReduced);
    }
}

#[cfg(test)]
mod tests;
