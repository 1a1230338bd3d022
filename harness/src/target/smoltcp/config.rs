//! A case's abstract switches as smoltcp's socket options.
//!
//! Against the conformance default smoltcp cannot be told to leave out window scaling and SACK-permitted on its SYN
//! (a SYN,ACK answers what the peer offered), to send challenge ACKs without a limit of one a second, to mark packets
//! with a DS field, to use another MSL than 5 s (it stays in TIME-WAIT for 10 s), or to count retransmissions: it gives
//! up after a time of silence or never. A case that asks for one of these is refused; one that does not say runs.

use std::time::Duration;

use smoltcp::{socket::tcp, time::Duration as SmolDuration};

use super::{buffers::Buffers, clock};
use crate::case::{
    format::{Config, IpVersion},
    time::Span,
};

/// Half of what smoltcp waits in TIME-WAIT (`CLOSE_DELAY`).
pub(super) const MSL: Duration = Duration::from_secs(5);
/// The backlog of a listener whose case names none.
const ROOMY_BACKLOG: usize = 128;
/// A link of the usual size.
pub(super) const DEFAULT_MTU: usize = 1500;
/// The least MTU of IPv4 (RFC791#3.2).
const LEAST_MTU: u16 = 68;
/// RFC8200#5
const LEAST_MTU_V6: u16 = 1280;
/// As large as a window without scaling.
const RECV_BUFFER: usize = 65_535;
/// Half of that.
const SEND_BUFFER: usize = 32_768;
/// smoltcp's own limit.
const LARGEST_BUFFER: u32 = 1 << 30;
/// Of a connection whose case names none (MUST-27: not less than two hours).
const USUAL_KEEPALIVE: Duration = Duration::from_secs(2 * 60 * 60);
/// smoltcp's first and least retransmission timeout.
const RTO: Duration = Duration::from_secs(1);
/// smoltcp's largest.
const LARGEST_RTO: Duration = Duration::from_secs(60);

/// Everything that a case's sockets start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    /// The link's.
    pub mtu: usize,
    /// Of a listener that names none.
    pub backlog: usize,
    /// Nagle's algorithm.
    pub nagle: bool,
    /// Delayed acknowledgements.
    pub delayed_ack: bool,
    /// Bytes.
    pub recv_buffer: usize,
    /// Bytes.
    pub send_buffer: usize,
    /// The timestamp option.
    pub timestamps: bool,
    /// TTL of what a socket sends.
    pub ttl: Option<u8>,
    /// Silence after which a connection is given up.
    pub timeout: Option<Duration>,
    /// Keep-alive from the start.
    pub keepalive: bool,
    /// Time between keep-alives, if they are on.
    pub keepalive_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mtu: DEFAULT_MTU,
            backlog: ROOMY_BACKLOG,
            nagle: true,
            delayed_ack: true,
            recv_buffer: RECV_BUFFER,
            send_buffer: SEND_BUFFER,
            timestamps: false,
            ttl: None,
            timeout: None,
            keepalive: false,
            keepalive_interval: USUAL_KEEPALIVE,
        }
    }
}

impl Options {
    /// The options of a case.
    ///
    /// # Errors
    /// A sentence that says what smoltcp does not have.
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        refuse_absent(config)?;
        let mut options = Self::default();
        let bytes = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        options.nagle = config.nagle.unwrap_or(options.nagle);
        options.delayed_ack = config.delayed_ack.unwrap_or(options.delayed_ack);
        options.recv_buffer = config.recv_buffer.map_or(options.recv_buffer, bytes);
        options.send_buffer = config.send_buffer.map_or(options.send_buffer, bytes);
        options.backlog = config.backlog.map_or(options.backlog, bytes);
        options.mtu = config.mtu.map_or(options.mtu, usize::from);
        options.timestamps = config.timestamps.unwrap_or(options.timestamps);
        options.ttl = config.ttl;
        options.set_keepalive(config)?;
        options.set_timeout(config)?;
        Ok(options)
    }

    fn set_keepalive(&mut self, config: &Config) -> Result<(), String> {
        let idle = config.keepalive_idle.map(|span| fixed(span, "keepalive-idle")).transpose()?;
        let interval = config.keepalive_interval.map(|span| fixed(span, "keepalive-interval")).transpose()?;
        match (idle, interval) {
            (Some(idle), Some(interval)) if idle != interval => {
                return Err("smoltcp has one time for keepalive-idle and keepalive-interval".to_owned());
            }
            (idle, interval) => {
                self.keepalive = idle.is_some();
                self.keepalive_interval = idle.or(interval).unwrap_or(USUAL_KEEPALIVE);
            }
        }
        // Less than its clock can tell is nothing, and it would never stop to send.
        if smol(self.keepalive_interval) == SmolDuration::ZERO {
            return Err("a keep-alive time of less than 1 µs means no pause at all".to_owned());
        }
        if let (Some(count), Some(idle)) = (config.keepalive_count, idle) {
            // It counts no probes: it gives up after this time of silence.
            self.timeout = Some(idle.saturating_mul(count.saturating_add(1)));
        }
        Ok(())
    }

    /// smoltcp gives up after a time: that of the last retransmission allowed, and half a timeout.
    fn set_timeout(&mut self, config: &Config) -> Result<(), String> {
        let until = |retries: u32| {
            let mut rto = RTO;
            let mut sum = Duration::ZERO;
            for _ in 0..=retries.min(1000) {
                sum = sum.saturating_add(rto);
                rto = (rto * 2).min(LARGEST_RTO);
            }
            sum.saturating_sub(RTO / 2)
        };
        let user_timeout = config.user_timeout.map(|span| fixed(span, "user-timeout")).transpose()?;
        let wanted = [config.syn_retries.map(until), config.data_retries.map(until), user_timeout];
        for timeout in wanted.into_iter().flatten() {
            if self.timeout.is_some_and(|earlier| earlier != timeout) {
                return Err("smoltcp has one timeout for SYN, text and keep-alive".to_owned());
            }
            self.timeout = Some(timeout);
        }
        Ok(())
    }

    /// A new socket with these options.
    pub(super) fn socket(&self, buffers: &mut Buffers) -> tcp::Socket<'static> {
        let [receive, send] = buffers.lend(self.recv_buffer, self.send_buffer);
        let mut socket = tcp::Socket::new(receive, send);
        socket.set_congestion_control(tcp::CongestionControl::Reno);
        socket.set_nagle_enabled(self.nagle);
        if !self.delayed_ack {
            socket.set_ack_delay(None);
        }
        if self.timestamps {
            socket.set_tsval_generator(Some(clock::tsval));
        }
        socket.set_hop_limit(self.ttl);
        socket.set_timeout(self.timeout.map(smol));
        socket.set_keep_alive(self.keepalive.then(|| smol(self.keepalive_interval)));
        socket
    }
}

/// What smoltcp does not have. Off is what it is, so that is no reason to refuse.
fn refuse_absent(config: &Config) -> Result<(), String> {
    for (name, wanted) in [("ecn", config.ecn), ("syn-cookies", config.syn_cookies)] {
        if wanted == Some(true) {
            return Err(format!("smoltcp has no {name}"));
        }
    }
    for (name, wanted) in [("sack", config.sack), ("wscale", config.wscale)] {
        if wanted == Some(false) {
            return Err(format!("smoltcp cannot switch {name} off"));
        }
    }
    if config.urgent_inline == Some(false) {
        return Err("smoltcp keeps urgent data in line (RFC6093#3.1)".to_owned());
    }
    if config.abort_on_overflow.is_some() {
        return Err("smoltcp has no accept queue: a SYN without a socket that listens is reset".to_owned());
    }
    if config.tos.is_some_and(|tos| tos != 0) {
        return Err("smoltcp sends a DS field of 0".to_owned());
    }
    if config.mss.is_some() {
        return Err("smoltcp announces the MSS that fits its MTU".to_owned());
    }
    if config.ttl == Some(0) {
        return Err("smoltcp takes no TTL of 0".to_owned());
    }
    let (version, least) = match config.ip.unwrap_or_default() {
        IpVersion::V4 => (IpVersion::V4, LEAST_MTU),
        IpVersion::V6 => (IpVersion::V6, LEAST_MTU_V6),
    };
    if let Some(mtu) = config.mtu
        && mtu < least
    {
        return Err(format!("an MTU below {least} is not IPv{version}"));
    }
    if let Some(msl) = config.msl
        && fixed(msl, "msl")? != MSL
    {
        return Err(format!("smoltcp's MSL is {} s", MSL.as_secs()));
    }
    for (name, bytes) in [("recv-buffer", config.recv_buffer), ("send-buffer", config.send_buffer)] {
        if bytes.is_some_and(|bytes| bytes > LARGEST_BUFFER) {
            return Err(format!("smoltcp takes no {name} above 1 GiB"));
        }
    }
    Ok(())
}

/// A span that needs no connection to know its length.
pub(super) fn fixed(span: Span, name: &str) -> Result<Duration, String> {
    let nanos = u64::try_from(span.nanos).ok().filter(|_| span.two_msl == 0 && span.rto == 0);
    nanos.map(Duration::from_nanos).ok_or_else(|| format!("{name} has to be a fixed time"))
}

/// smoltcp's own type for the same.
pub(super) fn smol(duration: Duration) -> SmolDuration {
    // Its clock is a signed count of microseconds; half of that leaves room to add the time of day.
    SmolDuration::from_micros(u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).min(u64::MAX >> 2))
}
