//! SYN and SYN,ACK: which number they carry, what they acknowledge, when they may be sent (RFC 9293 §3.5, §3.10.7.2).

use std::time::Duration;

use super::{
    Context, Report,
    flow::Flow,
    received::{ahead, at_or_ahead},
    table,
};
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
    let acknowledged = flow.iss.is_some_and(|iss| ahead(flow.una_for_sure, iss));
    if !another && !flow.may_restart && acknowledged && (!flow.sent.is_empty() || flow.fin_at.is_some()) {
        report.breaks(&table::NO_SYN_LATER, "SYN behind text or FIN");
    }
    flow.last_syn = context.at;
    let again = is_again(flow, seg);
    // The same SYN of the peer may have been answered by a new connection with the same ISS: nobody can tell.
    let in_doubt = again && !another && flow.may_restart && flow.syn_since;
    let of_the_old_one = in_doubt && carries_what_came(flow, seg);
    let sent = flow.nxt;
    if another || flow.iss.is_none() || (flow.may_restart && !again) || in_doubt {
        flow.begin(seg.seq);
    }
    if in_doubt {
        // If the old connection sent it again, what left behind it still counts as sent, be it text or FIN.
        (flow.nxt, flow.sent_lost) = (sent, sent != seg.seq.wrapping_add(1));
    }
    flow.app_in_doubt |= in_doubt;
    if of_the_old_one {
        flow.received.lost = true;
    }
    if seg.flags.contains(Flags::ACK) {
        acknowledges(flow, seg, report);
    }
}

/// Whether this is the SYN sent before. Two connections within one tick of the ISN clock may have the same ISS, so a
/// connection that got beyond its SYN and may have ended makes room for another one; so does one that was aborted, once
/// the peer sends another SYN.
fn is_again(flow: &Flow, seg: &Parsed) -> bool {
    if flow.aborted && flow.syn_since {
        return false;
    }
    let unacknowledged = flow.iss == Some(seg.seq) && flow.una_for_sure == seg.seq && flow.sent.is_empty();
    let of_its_peer = match (flow.irs, seg.flags.contains(Flags::ACK)) {
        (Some(irs), true) => {
            let of_another = |isn: u32| isn != irs && isn.wrapping_add(1) == seg.ack;
            let came = ahead(seg.ack, irs) && at_or_ahead(flow.received.next, seg.ack);
            came && !flow.syns.iter().any(|syn| of_another(syn.isn))
        }
        // Of a connection that began in doubt nobody knows whose it is: the same acknowledgement says that it goes on.
        (None, true) => flow.acked == Some(seg.ack),
        (Some(_), false) => false,
        // A SYN alone behind a SYN,ACK is another connection's, known or not what the latter acknowledged.
        (None, false) => flow.acked.is_none(),
    };
    unacknowledged && of_its_peer
}

/// Sent again, it carries the acknowledgement of its time (RFC9293#3.10.7.4 lets FIN come before the handshake ends).
fn carries_what_came(flow: &Flow, seg: &Parsed) -> bool {
    flow.irs.is_some() && flow.acked.is_some() && at_or_ahead(flow.received.next, seg.ack)
}

fn acknowledges(flow: &mut Flow, seg: &Parsed, report: &mut Report) {
    let isn = seg.ack.wrapping_sub(1);
    if flow.received.lost || carries_what_came(flow, seg) {
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
    flow.syn_since && context.at.saturating_sub(flow.last_syn) >= TOO_SOON_TO_GIVE_UP
}
