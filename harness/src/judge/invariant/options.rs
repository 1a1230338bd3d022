//! Which options a segment may carry (RFC 9293 §3.2, RFC 7323, RFC 2018) and the ECN flags (RFC 3168).
//!
//! RFC 2018 does not forbid SACK-permitted in a SYN,ACK that answers a SYN without it, so that is no rule here.

use super::{
    Report,
    flow::{Flow, PeerSyn},
    table,
};
use crate::{case::flags::Flags, segment::parse::Parsed};

pub(super) fn check(flow: &Flow, seg: &Parsed, report: &mut Report) {
    if seg.flags.contains(Flags::SYN) {
        check_syn(flow, seg, report);
    } else {
        if seg.options.wscale.is_some() {
            report.breaks(&table::WSCALE_ONLY_IN_SYN, "the option without SYN");
        }
        if seg.options.sack_ok {
            report.breaks(&table::SACK_PERMITTED_ONLY_IN_SYN, "the option without SYN");
        }
        let ecn = seg.flags.0 & (Flags::ECE | Flags::CWR).0 != 0;
        if ecn && !(flow.own_syn.ecn && any_syn(flow, |syn| syn.ecn)) {
            report.breaks(&table::ECN_ONLY_IF_AGREED, "ECE or CWR without agreement");
        }
    }
}

fn check_syn(flow: &Flow, seg: &Parsed, report: &mut Report) {
    if seg.options.wscale.is_some_and(|shift| shift > 14) {
        report.breaks(&table::WSCALE_AT_MOST_14, "a larger shift");
    }
    // Both sides of a simultaneous open send their own offer first, and repeat it with the ACK (RFC9293#3.5).
    let answers = seg.flags.contains(Flags::ACK) && !flow.offered;
    if !answers {
        return;
    }
    if seg.options.wscale.is_some() && !any_syn(flow, |syn| syn.wscale.is_some()) {
        report.breaks(&table::WSCALE_ANSWERS_OFFER, "the option without an offer");
    }
    if seg.options.ts.is_some() && !any_syn(flow, |syn| syn.ts) {
        report.breaks(&table::TIMESTAMPS_ANSWER_OFFER, "the option without an offer");
    }
    if seg.flags.contains(Flags::ECE) && !any_syn(flow, |syn| syn.ecn) {
        report.breaks(&table::ECN_ONLY_IF_AGREED, "ECE in a SYN,ACK without an offer");
    }
}

/// Several SYNs with different options: any of them may be the one that counts.
fn any_syn(flow: &Flow, has: impl Fn(&PeerSyn) -> bool) -> bool {
    flow.syns.iter().any(has)
}
