//! SYN and SYN,ACK: which number they carry, what they acknowledge, when they may be sent (RFC 9293 §3.5, §3.10.7.2).

use std::time::Duration;

use super::{Context, Report, flow::Flow, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

/// No half-open connection is given up this soon after its last SYN,ACK (RFC6298#2: the first timeout is 1 s).
const TOO_SOON_TO_GIVE_UP: Duration = Duration::from_millis(900);

/// Also notices that a new connection begins.
pub(super) fn check(flow: &mut Flow, seg: &Parsed, context: Context, report: &mut Report) {
    if !seg.flags.contains(Flags::SYN) {
        return;
    }
    let another = flow.iss.is_some_and(|iss| iss != seg.seq);
    if another && !flow.may_restart && !given_up(flow, context) {
        report.breaks(&table::SYN_KEEPS_ISS, "another initial sequence number");
    }
    let goes_on = flow.iss == Some(seg.seq) && !flow.may_restart;
    if goes_on && (!flow.sent.is_empty() || flow.fin_at.is_some()) {
        report.breaks(&table::NO_SYN_LATER, "SYN behind text or FIN");
    }
    // Two connections within one tick of the ISN clock may have the same ISS.
    if another || flow.iss.is_none() || flow.may_restart {
        flow.begin(seg.seq);
    }
    if seg.flags.contains(Flags::ACK) {
        acknowledges(flow, seg, report);
    }
}

fn acknowledges(flow: &mut Flow, seg: &Parsed, report: &mut Report) {
    let isn = seg.ack.wrapping_sub(1);
    if flow.received.lost {
        return;
    }
    if flow.syns.iter().any(|syn| syn.isn == isn) {
        flow.bind(seg.ack);
    } else {
        report.breaks(&table::SYN_ACK_ACKS_THE_SYN, "another acknowledgement than the SYN's number plus one");
    }
}

/// Whether the target may have forgotten the connection by a timeout: then a SYN of the peer begins another one.
fn given_up(flow: &Flow, context: Context) -> bool {
    flow.syn_since && context.at.saturating_sub(flow.last_emitted) >= TOO_SOON_TO_GIVE_UP
}
