//! A connection: its TCB and what an implementation keeps besides.
//!
//! Owned by the connection table in [`super`]; worked on by [`super::user_call`],
//! [`super::segment_arrives`], [`super::timeout`] and [`super::output`], each of which gets a
//! [`Context`] for everything outside the connection.

use core::time::Duration;
use std::collections::VecDeque;

use super::Pair;
use super::acknowledge::Acknowledgment;
use super::challenge::Throttle;
use super::congestion::Congestion;
use super::ecn::Ecn;
use super::isn::IsnGenerator;
use super::keepalive::KeepaliveTimer;
use super::listen_queue::Listeners;
use super::path_mtu::PathMtu;
use super::persist::Persist;
use super::reassembly::Reassembly;
use super::retransmit::RetransmissionQueue;
use super::rto::RtoEstimator;
use super::sack::Sack;
use super::sack_recovery::SackRecovery;
use super::send_buffer::SendBuffer;
use super::seq::Seq;
use super::sockets::Sockets;
use super::spare::Spare;
use super::state::State;
use super::tcb::{ReceiveSequence, SendSequence, Tcb};
use super::timer::Timer;
use super::timestamps::Timestamps;
use super::user_timeout::UserTimeoutOption;
use super::window_scale::WindowScale;
use crate::call::{CallError, SocketId, SocketOptions};
use crate::event::{Event, Notice};
use crate::ip::host::Host;
use crate::outbox::Outbox;
use crate::profile::{Isn, Profile};
use crate::rule::Rule;
use crate::time::Instant;

/// What a connection's code may touch outside the connection.
pub(crate) struct Context<'a> {
    pub now: Instant,
    pub profile: &'a Profile,
    pub host: &'a Host,
    pub isn: &'a IsnGenerator,
    pub out: &'a mut Outbox,
    pub listeners: &'a mut Listeners,
    pub sockets: &'a mut Sockets,
    pub throttle: &'a mut Throttle,
    pub spare: &'a mut Spare,
}

impl Context<'_> {
    /// A new ISS for this pair of sockets (RFC9293#3.4.1).
    pub(crate) fn new_iss(&self, pair: Pair) -> Seq {
        match self.profile.isn {
            Isn::Rfc6528 => self.isn.rfc6528(self.now, pair.local, pair.remote),
            Isn::Clock793 => IsnGenerator::clock793(self.now),
        }
    }
}

/// How the connection came to be; SYN-RECEIVED needs to know (MUST-11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OpenedBy {
    /// Active OPEN.
    Active,
    /// A SYN for this listener.
    Passive(SocketId),
}

/// Whose the connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Its listener's, until the handshake is complete.
    Listener,
    /// A user's (also while it waits in an accept queue).
    Socket(SocketId),
    /// Nobody's: the user has closed both directions and is gone.
    Nobody,
}

#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub tcb: Tcb,
    pub opened_by: OpenedBy,
    pub owner: Owner,
    pub options: SocketOptions,
    /// Octets from SND.UNA on: in flight and queued.
    pub send: SendBuffer,
    /// Octets before RCV.NXT that the user has not read.
    pub unread: VecDeque<u8>,
    pub reassembly: Reassembly,
    pub retransmission: RetransmissionQueue,
    pub rto: RtoEstimator,
    pub congestion: Congestion,
    pub acknowledgment: Acknowledgment,
    pub persist: Persist,
    pub keepalive: KeepaliveTimer,
    /// End of TIME-WAIT.
    pub time_wait: Timer,
    /// When the user timeout strikes, while something waits to be acknowledged.
    pub user_timeout: Timer,
    /// Send MSS as the peer named it, or the default (MUST-15).
    pub send_mss: u16,
    pub window_scale: WindowScale,
    pub timestamps: Timestamps,
    pub path_mtu: PathMtu,
    pub user_timeout_option: UserTimeoutOption,
    pub sack: Sack,
    pub ecn: Ecn,
    pub sack_recovery: SackRecovery,
    /// What an ICMP error last said of the path, until something is acknowledged (SHLD-25).
    pub soft_error: Option<CallError>,
    /// When the first zero-window probe left that nothing has answered yet (MUST-37).
    pub probed_in_vain_since: Option<Instant>,
    /// From when on an unacceptable segment without text is answered ([`super::challenge`]).
    pub answers_again: Instant,
    /// The old incarnation in TIME-WAIT, while this one is in SYN-RECEIVED (MAY-2).
    pub previous: Option<Box<Connection>>,
    /// Where the table of connections has it among its timers.
    pub timer: Timer,
    /// It waits in the table's list of connections that may have something to send.
    pub scheduled: bool,
}

impl Connection {
    /// A connection in CLOSED with an ISS, before its first segment.
    pub(crate) fn new(
        pair: Pair,
        opened_by: OpenedBy,
        owner: Owner,
        mut options: SocketOptions,
        cx: &Context<'_>,
    ) -> Self {
        let profile = cx.profile;
        options.recv_buffer = options.recv_buffer.min(profile.limits.recv_buffer);
        let send_mss = profile.default_send_mss(pair.remote.ip());
        let iss = cx.new_iss(pair);
        let send_limit = options.send_buffer.min(profile.limits.send_buffer);
        let window = u32::try_from(options.recv_buffer).unwrap_or(u32::MAX).min(u32::from(u16::MAX));
        let snd = SendSequence { una: iss, nxt: iss, up: iss, iss, ..SendSequence::default() };
        let rcv = ReceiveSequence { wnd: window, ..ReceiveSequence::default() };
        Self {
            tcb: Tcb { local: pair.local, remote: pair.remote, state: State::Closed, snd, rcv },
            opened_by,
            owner,
            send: SendBuffer::new(iss + 1, send_limit),
            unread: VecDeque::new(),
            reassembly: Reassembly::new(profile.limits.out_of_order_ranges),
            retransmission: RetransmissionQueue::default(),
            rto: RtoEstimator::new(profile.initial_rto, profile.min_rto, profile.max_rto, profile.clock_granularity),
            congestion: Congestion::new(send_mss, profile),
            acknowledgment: Acknowledgment::default(),
            persist: Persist::default(),
            keepalive: KeepaliveTimer::default(),
            time_wait: Timer::STOPPED,
            user_timeout: Timer::STOPPED,
            send_mss,
            window_scale: WindowScale::default(),
            timestamps: Timestamps::of(pair, cx),
            path_mtu: PathMtu::default(),
            user_timeout_option: UserTimeoutOption::default(),
            sack: Sack::default(),
            ecn: Ecn::default(),
            sack_recovery: SackRecovery::new(profile.limits.sack_ranges),
            soft_error: None,
            probed_in_vain_since: None,
            answers_again: Instant::ZERO,
            previous: None,
            timer: Timer::STOPPED,
            scheduled: false,
            options,
        }
    }

    /// Moves the connection, which has sent nothing, to another ISS.
    pub(crate) fn set_iss(&mut self, iss: Seq) {
        let limit = self.send.limit();
        self.tcb.snd = SendSequence { una: iss, nxt: iss, up: iss, iss, ..self.tcb.snd };
        self.send = SendBuffer::new(iss + 1, limit);
    }

    pub(crate) fn pair(&self) -> Pair {
        Pair { local: self.tcb.local, remote: self.tcb.remote }
    }

    /// Whether these are its sockets.
    pub(crate) fn is_between(&self, pair: &Pair) -> bool {
        self.tcb.remote == pair.remote && self.tcb.local == pair.local
    }

    pub(crate) fn state(&self) -> State {
        self.tcb.state
    }

    /// The user, if there is one.
    pub(crate) fn socket(&self) -> Option<SocketId> {
        match self.owner {
            Owner::Socket(socket) => Some(socket),
            Owner::Listener | Owner::Nobody => None,
        }
    }

    /// Changes state. CLOSED deletes the TCB: the table drops the connection when the event ends.
    pub(crate) fn enter(&mut self, to: State, rule: Rule, out: &mut Outbox) {
        let from = self.tcb.state;
        self.tcb.state = to;
        self.report_change(from, to, rule, out);
    }

    /// Deletes the TCB of a passive open that goes back to LISTEN.
    #[cold]
    pub(crate) fn return_to_listen(&mut self, rule: Rule, out: &mut Outbox) {
        let from = self.tcb.state;
        self.tcb.state = State::Closed;
        self.report_change(from, State::Listen, rule, out);
    }

    fn report_change(&self, from: State, to: State, rule: Rule, out: &mut Outbox) {
        if from != to {
            let (local_port, remote) = (self.tcb.local.port(), self.tcb.remote);
            out.event(Event::StateChanged { local_port, remote, from, to, rule });
        }
    }

    /// Deletes the TCB and tells the user why, now and at the next call (MUST-12).
    #[cold]
    pub(crate) fn fail(&mut self, error: CallError, notice: Notice, rule: Rule, cx: &mut Context<'_>) {
        if let Some(socket) = self.socket() {
            cx.sockets.set_error(socket, error);
        }
        cx.out.notify(self.socket(), notice);
        self.enter(State::Closed, rule, cx.out);
    }

    /// Nothing was answered for too long. If an ICMP error has told why, the user hears that (RFC1122#4.2.3.9).
    #[cold]
    pub(crate) fn time_out(&mut self, rule: Rule, cx: &mut Context<'_>) {
        self.fail(self.soft_error.unwrap_or(CallError::TimedOut), Notice::TimedOut, rule, cx);
    }

    /// Starts TIME-WAIT or starts it anew; no other timer runs then (RFC9293#3.10.7.4, eighth).
    pub(crate) fn start_time_wait(&mut self, cx: &Context<'_>) {
        self.time_wait = Timer::at(cx.now + cx.profile.msl.saturating_mul(2));
        self.retransmission.clear();
        self.persist.stop();
        self.keepalive.stop();
        self.user_timeout = Timer::STOPPED;
    }

    /// Where the user is in the stream: the number of the next octet a RECEIVE returns.
    pub(crate) fn consumed(&self) -> Seq {
        // A window is at most 2^30 octets (RFC7323#2.3).
        self.tcb.rcv.nxt - self.unread.len() as u32
    }

    /// Urgent octets the user has not read (MUST-33).
    pub(crate) fn urgent_left(&self) -> u32 {
        let consumed = self.consumed();
        if self.tcb.state != State::SynSent && self.tcb.rcv.up.gt(consumed) {
            self.tcb.rcv.up.since(consumed)
        } else {
            0
        }
    }

    /// Keeps RCV.UP and SND.UP from falling half a circle behind, where they would look ahead.
    pub(crate) fn age_urgent_pointers(&mut self) {
        self.tcb.rcv.up = self.tcb.rcv.up.max(self.consumed());
        self.tcb.snd.up = self.tcb.snd.up.max(self.tcb.snd.una);
    }

    /// The FIN is queued or sent: the user has called CLOSE.
    pub(crate) fn user_has_closed(&self) -> bool {
        self.send.fin_queued()
    }

    /// Our FIN is acknowledged.
    pub(crate) fn fin_acked(&self) -> bool {
        self.send.fin_seq().is_some_and(|fin| self.tcb.snd.una == fin + 1)
    }

    /// Something is in flight, which may have to be sent again, or was never sent.
    pub(crate) fn has_something_to_send(&self) -> bool {
        !self.retransmission.is_empty() || self.has_unsent()
    }

    /// Text or FIN that was never sent.
    pub(crate) fn has_unsent(&self) -> bool {
        self.send.unsent(self.tcb.snd.nxt) > 0 || self.fin_to_send()
    }

    /// The FIN is queued and was never sent.
    pub(crate) fn fin_to_send(&self) -> bool {
        self.send.fin_seq().is_some_and(|fin| !self.tcb.snd.nxt.gt(fin))
    }

    /// The user timeout in force (RFC9293#3.9.1.1); the socket's goes before the profile's.
    pub(crate) fn user_timeout_span(&self, profile: &Profile) -> Option<Duration> {
        self.options.user_timeout.or(self.adopted_user_timeout(profile)).or(profile.user_timeout)
    }

    /// The next thing time will do to this connection.
    pub(crate) fn first_timer(&self) -> Timer {
        let first = self.retransmission.timer().min(self.persist.timer());
        let first = first.min(self.acknowledgment.timer()).min(self.keepalive.timer());
        first.min(self.time_wait).min(self.user_timeout).min(self.ecn.hold)
    }
}
