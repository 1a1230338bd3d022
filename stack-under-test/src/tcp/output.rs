//! What leaves next: lost segments again, new text, the FIN, and else the ACK that is owed.
//!
//! [`run`] is called after every event that may have changed the answer: at the end of user calls and
//! timeouts, and before `poll_transmit` finds nothing to hand out. So segments that arrive in one go
//! are all processed before an ACK leaves (MUST-58, MUST-59), and the ACK travels with text if there
//! is some.
//!
//! Left out: answers to unacceptable segments ([`super::reply`]), and when a timer expires
//! ([`super::timeout`]).

use super::connection::{Connection, Context};
use super::options;
use super::retransmit::Sent;
use super::sack_recovery;
use super::seq::Seq;
use super::state::State;
use super::timer::Timer;
use crate::outbox::IpFields;
use crate::profile::UrgentPointer;
use crate::rule::{Rule, Rules};
use crate::wire::tcp::{Flags, TcpRepr};

/// Sends everything that may leave now, and starts the timers that follow from what may not.
pub(crate) fn run(conn: &mut Connection, cx: &mut Context<'_>) {
    if conn.state() == State::Closed {
        return;
    }
    while conn.has_something_to_send() && send_one(conn, cx) {}
    if let Some(rule) = conn.acknowledgment.owed() {
        if conn.state() == State::SynSent {
            conn.acknowledgment.sent();
        } else {
            conn.transmit(conn.tcb.snd.nxt, Flags::ACK, 0, Rules::one(rule), cx);
        }
    }
    start_timers(conn, cx);
}

/// Sends the segment that is due next. `false` if none may leave.
fn send_one(conn: &mut Connection, cx: &mut Context<'_>) -> bool {
    if conn.congestion.in_sack_recovery() {
        return resend_lost(conn, cx)
            || resend_range(conn, true, cx)
            || send_new(conn, cx)
            || resend_range(conn, false, cx);
    }
    resend_lost(conn, cx) || send_new(conn, cx)
}

/// Sends the SYN, or the SYN,ACK (RFC9293#3.10.1, #3.10.7.2): `<SEQ=ISS>`, SND.NXT becomes ISS+1.
pub(crate) fn send_syn(conn: &mut Connection, flags: Flags, rule: Rule, cx: &mut Context<'_>) {
    let iss = conn.tcb.snd.iss;
    let sent = Sent { syn: true, ..in_flight(iss, cx) };
    conn.tcb.snd.nxt = sent.end();
    let mut rules = Rules::one(rule);
    rules.and(Rule::OutputSyn);
    conn.transmit(iss, flags, 0, rules, cx);
    conn.retransmission.push(sent, cx.now, conn.rto.rto());
    start_timers(conn, cx);
}

/// A segment that is about to be sent for the first time.
fn in_flight(seq: Seq, cx: &Context<'_>) -> Sent {
    Sent {
        seq,
        syn: false,
        text: 0,
        fin: false,
        push: false,
        probe: false,
        first_sent: cx.now,
        transmissions: 1,
        timeouts: 0,
        lost: None,
    }
}

impl Connection {
    /// Builds one segment of this connection and queues it. Text comes from the send buffer. With the
    /// ACK bit it acknowledges RCV.NXT, so nothing is owed any more.
    pub(crate) fn transmit(&mut self, seq: Seq, flags: Flags, text: u32, rules: Rules, cx: &mut Context<'_>) {
        let ip = self.ip_fields();
        self.transmit_with(ip, seq, flags, text, rules, cx);
    }

    /// The same with this IP header.
    fn transmit_with(
        &mut self,
        ip: IpFields,
        seq: Seq,
        flags: Flags,
        text: u32,
        mut rules: Rules,
        cx: &mut Context<'_>,
    ) {
        let acks = flags.contains(Flags::ACK);
        if let Some(rule) = self.acknowledgment.owed().filter(|_| acks) {
            rules.and(rule);
        }
        let syn = flags.contains(Flags::SYN);
        let wants_ecn = options::wants_ecn(cx.profile);
        let ecn = self.ecn.flags(flags, wants_ecn);
        if syn && wants_ecn && !acks && self.ecn.has_fallen_back() {
            rules.and(Rule::EcnFallback);
        }
        if !syn && ecn.contains(Flags::ECE) {
            rules.and(Rule::EcnEcho);
        }
        let urgent = if syn { None } else { self.urgent_field(seq, cx.profile.urgent_pointer) };
        if urgent.is_some() {
            rules.and(Rule::OutputUrgent);
        }
        if text > 0 {
            let len = self.packet_len(text, cx);
            self.path_mtu.sent(len);
        }
        let mut options = self.options_of(flags, cx);
        self.fit(&mut options, text, cx);
        if options.user_timeout.is_some() && !syn {
            self.user_timeout_option.announced();
        }
        let segment = TcpRepr {
            src_port: self.tcb.local.port(),
            dst_port: self.tcb.remote.port(),
            seq,
            ack: if acks { self.tcb.rcv.nxt } else { Seq(0) },
            flags: flags | ecn | if urgent.is_some() { Flags::URG } else { Flags::NONE },
            window: self.offer_window(syn, cx),
            urgent: urgent.unwrap_or(0),
            options,
            text: &self.send.slice(seq, text),
        };
        cx.out.send(self.tcb.local.ip(), self.tcb.remote.ip(), ip, &segment, rules);
        if acks {
            self.acknowledgment.sent();
            self.timestamps.acknowledged(self.tcb.rcv.nxt);
            self.sack.reported();
        }
    }

    /// The urgent field, while urgent data is outstanding (RFC9293#3.8.5). A pointer beyond what 16
    /// bits reach says as much as they can (MUST-31).
    fn urgent_field(&self, seq: Seq, meaning: UrgentPointer) -> Option<u16> {
        if !self.tcb.snd.up.gt(self.tcb.snd.una) || !self.tcb.snd.up.gt(seq) {
            return None;
        }
        let following = self.tcb.snd.up.since(seq);
        let offset = match meaning {
            UrgentPointer::FollowingOctet => following,
            UrgentPointer::LastOctet => following - 1,
        };
        Some(u16::try_from(offset).unwrap_or(u16::MAX))
    }
}

/// Sends the first segment marked lost again, if the windows allow.
fn resend_lost(conn: &mut Connection, cx: &mut Context<'_>) -> bool {
    let Some(&sent) = conn.retransmission.next_lost() else { return false };
    let Some(rule) = sent.lost else { return false };
    let offset = sent.seq.since(conn.tcb.snd.una);
    let in_network = conn.in_network();
    if offset > 0 && in_network.saturating_add(sent.len()) > conn.congestion.window() {
        return false;
    }
    let Some((text, whole)) = retransmittable(conn, &sent, offset, cx) else { return false };

    let mut flags = if conn.state() == State::SynSent { Flags::NONE } else { Flags::ACK };
    let mut rules = Rules::one(rule);
    if sent.syn {
        flags |= Flags::SYN;
        rules.and(Rule::OutputSyn);
    }
    if text > 0 && ((sent.push && whole) || sent.seq + text == conn.send.end()) {
        flags |= Flags::PSH;
        rules.and(Rule::OutputPush);
    }
    if sent.fin && whole {
        flags |= Flags::FIN;
        rules.and(Rule::OutputFin);
    }
    conn.transmit(sent.seq, flags, text, rules, cx);
    conn.retransmission.sent_again(text, whole);
    let end = sent.seq + u32::from(sent.syn) + text + u32::from(sent.fin && whole);
    conn.tcb.snd.nxt = conn.tcb.snd.nxt.max(end);
    true
}

/// In recovery with SACK, sends one gap again, or as much of it as a segment holds.
fn resend_range(conn: &mut Connection, sure: bool, cx: &mut Context<'_>) -> bool {
    let Some(resend) = sack_recovery::next(conn, sure) else { return false };
    let (left, end_of_text) = (resend.left, conn.send.end());
    let window = conn.tcb.snd.wnd.saturating_add(conn.window_scale.slack());
    let room = window.saturating_sub(left.since(conn.tcb.snd.una)).min(resend.right.since(left));
    let held = if left.lt(end_of_text) { end_of_text.since(left) } else { 0 };
    let text = room.min(conn.text_room(cx)).min(held);
    let fin = room > text && conn.send.fin_seq() == Some(left + text);
    if text == 0 && !fin {
        return false;
    }
    let mut flags = Flags::ACK;
    let mut rules = Rules::one(resend.rule);
    if text > 0 && left + text == end_of_text {
        flags |= Flags::PSH;
        rules.and(Rule::OutputPush);
    }
    if fin {
        flags |= Flags::FIN;
        rules.and(Rule::OutputFin);
    }
    let end = left + text + u32::from(fin);
    conn.transmit(left, flags, text, rules, cx);
    conn.retransmission.range_sent_again(left, end);
    conn.sack_recovery.sent(&resend, end, conn.congestion.recovery_point());
    true
}

/// How much of a lost segment may leave: octets of text, and whether that is all of it (SHLD-16). An
/// octet that was only a probe is joined with what follows it.
fn retransmittable(conn: &Connection, sent: &Sent, offset: u32, cx: &Context<'_>) -> Option<(u32, bool)> {
    let window = conn.tcb.snd.wnd;
    if sent.syn || (offset == 0 && window == 0) {
        // With a closed window the front segment is the probe (MUST-35, MAY-7).
        return Some((sent.text, true));
    }
    let room = window.saturating_add(conn.window_scale.slack()).saturating_sub(offset);
    if room == 0 {
        return None;
    }
    if sent.probe && sent.text > 0 {
        let available = conn.send.end().since(sent.seq);
        return Some((available.min(room).min(conn.effective_send_mss(cx)), true));
    }
    let most = conn.effective_send_mss(cx);
    if sent.text > most {
        // The path has become narrower: the rest follows in a segment of its own.
        return Some((most.min(room), false));
    }
    if room >= sent.len() { Some((sent.text, true)) } else { Some((sent.text.min(room), false)) }
}

/// A segment of new text, or the FIN, or both.
struct Plan {
    text: u32,
    push: bool,
    fin: bool,
    rule: Rule,
}

/// Sends one segment never sent before, if there is one and it may leave.
fn send_new(conn: &mut Connection, cx: &mut Context<'_>) -> bool {
    match conn.state() {
        State::Established | State::FinWait1 | State::CloseWait | State::Closing | State::LastAck => {}
        State::Closed | State::Listen | State::SynSent | State::SynReceived | State::FinWait2 | State::TimeWait => {
            return false;
        }
    }
    if conn.retransmission.next_lost().is_some() || conn.ecn.hold.runs() {
        return false;
    }
    conn.congestion.idle_restart(cx.now, conn.tcb.in_flight(), conn.rto.rto());
    let Some(plan) = plan(conn, cx) else { return false };
    conn.persist.override_used();
    send_planned(conn, &plan, cx);
    true
}

fn send_planned(conn: &mut Connection, plan: &Plan, cx: &mut Context<'_>) {
    let mut flags = Flags::ACK;
    let mut rules = Rules::one(plan.rule);
    if plan.push {
        flags |= Flags::PSH;
        rules.and(Rule::OutputPush);
    }
    if plan.fin {
        flags |= Flags::FIN;
        rules.and(Rule::OutputFin);
    }
    let seq = conn.tcb.snd.nxt;
    let sent = Sent { text: plan.text, fin: plan.fin, push: plan.push, ..in_flight(seq, cx) };
    conn.tcb.snd.nxt = sent.end();
    let ip = if plan.text > 0 { conn.ip_fields_of_text() } else { conn.ip_fields() };
    if plan.text > 0 && conn.ecn.ok && conn.congestion.take_reduced() {
        flags |= Flags::CWR;
        rules.and(Rule::EcnReduced);
    }
    conn.transmit_with(ip, seq, flags, plan.text, rules, cx);
    conn.retransmission.push(sent, cx.now, conn.rto.rto());
    conn.congestion.on_send(cx.now);
    if plan.fin && conn.state() == State::CloseWait {
        conn.enter(State::LastAck, Rule::OutputFin, cx.out);
    }
}

/// The rules of RFC9293#3.8.6.2.1 (sender's silly window avoidance, MUST-38) with the Nagle algorithm
/// (SHLD-7) as their bracketed condition. Every SEND counts as pushed.
fn plan(conn: &Connection, cx: &Context<'_>) -> Option<Plan> {
    let (d, u) = (conn.send.unsent(conn.tcb.snd.nxt), conn.tcb.usable_window());
    let fin = conn.fin_to_send();
    if d == 0 {
        let ready = fin && u > 0;
        return ready.then_some(Plan { text: 0, push: false, fin: true, rule: Rule::OutputFin });
    }
    let mss = conn.text_room(cx);
    let in_network = conn.in_network();
    let window = conn.congestion.window();
    let text = d.min(u).min(mss);
    let beyond = conn.tcb.in_flight().saturating_add(text) > window && !conn.congestion.recovers();
    // Recovery with SACK sends whole segments only (RFC6675#5, C).
    let least = if conn.congestion.in_sack_recovery() { conn.congestion.smss().max(text) } else { text };
    if text == 0 || in_network.saturating_add(least) > window.saturating_add(conn.congestion.limited_extra()) {
        return None;
    }
    let all = text == d;
    let idle = conn.tcb.snd.nxt == conn.tcb.snd.una;
    let nagle_allows = idle || conn.options.nodelay || !cx.profile.nagle;
    let worthwhile = all || text >= (conn.tcb.snd.max_wnd / 2).max(1) || !cx.profile.sender_sws_avoidance;
    let rule = if text == mss || (nagle_allows && worthwhile) {
        if beyond { Rule::LimitedTransmit } else { Rule::OutputData }
    } else if conn.persist.overrides() {
        Rule::OutputSwsOverride
    } else {
        return None;
    };
    Some(Plan { text, push: all, fin: fin && all && u > text, rule })
}

/// Probes a closed window with one octet of new text, or with the FIN, or with what probed it before
/// (MUST-36).
pub(crate) fn probe_window(conn: &mut Connection, cx: &mut Context<'_>) {
    let rules = Rules::one(Rule::ZeroWindowProbe);
    if let Some(&sent) = conn.retransmission.front() {
        let flags = if sent.fin { Flags::ACK | Flags::FIN } else { Flags::ACK };
        conn.transmit(sent.seq, flags, sent.text, rules, cx);
        conn.retransmission.probed_again();
    } else if conn.has_unsent() {
        let seq = conn.tcb.snd.nxt;
        let text = conn.send.unsent(seq).min(1);
        let sent = Sent { text, fin: text == 0, probe: true, ..in_flight(seq, cx) };
        let flags = if sent.fin { Flags::ACK | Flags::FIN } else { Flags::ACK };
        conn.tcb.snd.nxt = sent.end();
        conn.transmit(seq, flags, text, rules, cx);
        conn.retransmission.push(sent, cx.now, conn.rto.rto());
        if sent.fin && conn.state() == State::CloseWait {
            conn.enter(State::LastAck, Rule::ZeroWindowProbe, cx.out);
        }
    }
    conn.persist.probed();
    start_timers(conn, cx);
}

/// Decides between the retransmission timer and the persist timer, and starts the user timeout.
pub(crate) fn start_timers(conn: &mut Connection, cx: &Context<'_>) {
    if !conn.has_something_to_send() {
        conn.persist.stop();
        conn.user_timeout = Timer::STOPPED;
        return;
    }
    let sending = match conn.state() {
        State::Established | State::FinWait1 | State::CloseWait | State::Closing | State::LastAck => true,
        State::Closed | State::Listen | State::SynSent | State::SynReceived | State::FinWait2 | State::TimeWait => {
            false
        }
    };
    let front_probes = conn.retransmission.front().is_some_and(|sent| sent.probe);
    let waits = sending && conn.has_unsent() && conn.retransmission.is_empty();
    if conn.tcb.snd.wnd == 0 && (front_probes || waits) {
        conn.retransmission.stop_timer();
        conn.persist.start_probing(cx.now, conn.rto.rto(), cx.profile);
    } else {
        if waits {
            conn.persist.start_override(cx.now, cx.profile);
        } else {
            conn.persist.stop();
        }
        if !conn.retransmission.is_empty() && !conn.retransmission.timer().runs() {
            conn.retransmission.restart(cx.now, conn.rto.rto());
        }
    }
    let pending = !conn.retransmission.is_empty() || (sending && conn.has_unsent());
    match conn.user_timeout_span(cx.profile) {
        Some(span) if pending => conn.user_timeout.start(cx.now + span),
        Some(_) | None => conn.user_timeout = Timer::STOPPED,
    }
}

#[cfg(test)]
mod tests;
