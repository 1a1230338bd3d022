//! An ICMP error about a segment of ours (RFC9293#3.9.2.2).
//!
//! Called through [`super::Tcp::icmp_error`] with what [`crate::icmp`] read.
//!
//! What "fragmentation needed" does is in [`super::path_mtu`]; without path MTU discovery it changes nothing, which
//! RFC5927#5.2 has for hosts that do discover, and RFC 9293 counts it among the hard errors (SHLD-26).

use core::net::SocketAddr;

use super::connection::{Connection, Context, OpenedBy};
use super::segment_arrives::time_wait;
use super::seq::Seq;
use super::state::State;
use super::{Environment, Pair, Tcp, reply};
use crate::call::CallError;
use crate::event::Notice;
use crate::profile::IcmpHardError;
use crate::rule::Rule;
use crate::wire::icmp::Quote;

/// What an error says of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The path does not lead there now; it may again.
    Soft,
    /// Nobody there speaks TCP, or listens on that port.
    Hard,
    /// The segment is too large for some hop, and Don't Fragment is set.
    FragmentationNeeded {
        /// The MTU of that hop, octets; 0 if the router does not name it (RFC1191#4).
        mtu: u16,
    },
}

impl Tcp {
    /// Finds the connection that sent the quoted segment and tells it (MUST-54).
    pub(crate) fn icmp_error(&mut self, kind: Kind, quote: &Quote, env: &mut Environment<'_>) {
        let local = SocketAddr::new(quote.source, quote.source_port());
        let remote = SocketAddr::new(quote.destination, quote.destination_port());
        let seq = Seq(quote.seq());
        let told = self.on_connection(Pair { local, remote }, env, |conn, cx| {
            let rule = take(conn, kind, seq, cx);
            cx.out.dropped(rule);
        });
        if told.is_none() {
            env.out.dropped(Rule::IcmpNoConnection);
        }
    }
}

/// What the connection does about it.
fn take(conn: &mut Connection, kind: Kind, seq: Seq, cx: &mut Context<'_>) -> Rule {
    // SND.UNA =< SEG.SEQ < SND.NXT
    if cx.profile.icmp_sequence_check && !seq.in_window(conn.tcb.snd.una, conn.tcb.in_flight()) {
        return Rule::IcmpSequence;
    }
    match kind {
        Kind::Soft => soften(conn, Rule::IcmpSoft, cx),
        Kind::FragmentationNeeded { mtu } => conn.packet_too_big(seq, mtu, cx),
        Kind::Hard => match cx.profile.icmp_hard_error {
            IcmpHardError::AbortsUnlessSynchronized if conn.state().is_synchronized() => {
                soften(conn, Rule::IcmpHardSoftened, cx)
            }
            IcmpHardError::AbortsUnlessSynchronized | IcmpHardError::Aborts => {
                abort(conn, cx);
                Rule::IcmpHard
            }
        },
    }
}

/// The connection goes on; the user hears of it now, and again if the connection gives up (SHLD-25).
fn soften(conn: &mut Connection, rule: Rule, cx: &mut Context<'_>) -> Rule {
    conn.soft_error = Some(CallError::HostUnreachable);
    cx.out.notify(conn.socket(), Notice::SoftError);
    rule
}

/// ABORT (RFC9293#3.10.5), only that the user did not ask for it; a passive open goes back to LISTEN.
fn abort(conn: &mut Connection, cx: &mut Context<'_>) {
    match conn.state() {
        State::SynReceived => {
            reply::abort(conn, Rule::IcmpHard, cx);
            if conn.opened_by != OpenedBy::Active {
                if !time_wait::return_to_time_wait(conn, cx) {
                    conn.return_to_listen(Rule::IcmpHard, cx.out);
                }
                return;
            }
        }
        State::Established | State::FinWait1 | State::FinWait2 | State::CloseWait => {
            reply::abort(conn, Rule::IcmpHard, cx);
        }
        State::Closed | State::Listen | State::SynSent | State::Closing | State::LastAck | State::TimeWait => {}
    }
    conn.fail(CallError::Refused, Notice::Refused, Rule::IcmpHard, cx);
}

#[cfg(test)]
mod tests;
