//! What a case's `config` means on Linux, and the switches every case starts from.
//!
//! Called by `KernelTarget` at [`begin`](crate::target::Target::begin). A switch that Linux does not have is refused
//! with a reason, never passed over: the case is then skipped.

use std::{borrow::Cow, io, time::Duration};

use super::{
    KernelConfig, MSL,
    route::Metrics,
    socket::{Socket, SocketOption},
    sysctl::Setting,
    tun,
};
use crate::{
    case::{
        format::{Claim, Config, IpVersion, Medium},
        time::Span,
    },
    target::{Refusal, TargetError},
};

/// The accept queue if a case does not say: so long that no case fills it.
const BACKLOG: u32 = 1024;

/// Least retransmission timeout where a case counts retransmissions.
///
/// `tcp_retries2` is not a count: n stands for the time until the n-th back-off of a 200 ms timeout is over, measured
/// from the first retransmission. With a real timeout between 300 and 400 ms that is exactly n retransmissions.
const COUNTABLE_RTO: Duration = Duration::from_millis(330);

/// Needed whatever is tested.
const ALWAYS: [(&str, &str); 2] = [
    // No router solicitations and multicast reports of IPv6 among the target's segments.
    ("ipv6/conf/all/disable_ipv6", "1"),
    ("ipv6/conf/default/disable_ipv6", "1"),
];

/// What hides the protocol's behaviour unless set, or is inherited from the host's tuning.
const CONFORMANCE: [(&str, &str); 34] = [
    // Inherited from the host. 2 checks that a source is some single host's address (MUST-63): with 0 the kernel
    // would answer a SYN from a broadcast address. It does not ask for the best way back, as 1 would.
    ("ipv4/conf/all/rp_filter", "2"),
    ("ipv4/conf/default/rp_filter", "2"),
    // Inherited from the host: no lines in the system's log for what cases do on purpose.
    ("ipv4/conf/all/log_martians", "0"),
    ("ipv4/conf/default/log_martians", "0"),
    // Inherited from the host, which may pace (bbr) or grow in its own way (cubic): RFC5681 is what cases speak of.
    ("ipv4/tcp_congestion_control", "reno"),
    // Inherited too. The kernel's own defaults; the window without scaling is then the largest there is.
    ("ipv4/tcp_rmem", "4096 131072 6291456"),
    ("ipv4/tcp_wmem", "4096 16384 4194304"),
    // A receive buffer that grows by itself would move the right edge of the window without the reader reading.
    ("ipv4/tcp_moderate_rcvbuf", "0"),
    // Each answer to an unacceptable segment is one that a case waits for: no limit per connection ...
    ("ipv4/tcp_invalid_ratelimit", "0"),
    // ... nor of challenge ACKs in the whole namespace (RFC5961#7 allows both) ...
    ("ipv4/tcp_challenge_ack_limit", "2147483647"),
    // ... nor of ICMP errors, neither per peer nor in all.
    ("ipv4/icmp_ratelimit", "0"),
    ("ipv4/icmp_ratemask", "0"),
    // Datagrams that stay incomplete are kept for half a minute: a campaign sends more of them than fit into 4 MiB, and
    // then no fragment at all would be taken any more.
    ("ipv4/ipfrag_high_thresh", "268435456"),
    // A full SYN queue drops; it does not fall back to cookies (RFC4987#3.6), nor reset.
    ("ipv4/tcp_syncookies", "0"),
    ("ipv4/tcp_max_syn_backlog", "4096"),
    ("ipv4/tcp_abort_on_overflow", "0"),
    // Options are what a case asks for.
    ("ipv4/tcp_timestamps", "0"),
    ("ipv4/tcp_sack", "0"),
    ("ipv4/tcp_window_scaling", "0"),
    ("ipv4/tcp_ecn", "0"),
    ("ipv4/tcp_fastopen", "0"),
    // What one connection learned about a peer must not show in the next.
    ("ipv4/tcp_no_metrics_save", "1"),
    // Small segments leave at once, not when a queue below has drained.
    ("ipv4/tcp_autocorking", "0"),
    // The window's worth leaves at once, not in larger batches with the next acknowledgement.
    ("ipv4/tcp_tso_win_divisor", "255"),
    // SYNs back off exponentially from the first (RFC6298#5), not after four even tries.
    ("ipv4/tcp_syn_linear_timeouts", "0"),
    // After a timeout go-back as in RFC5681#3.1; F-RTO (RFC 5682) probes with new data instead.
    ("ipv4/tcp_frto", "0"),
    // No probe for a lost tail before the timeout (RFC 8985).
    ("ipv4/tcp_early_retrans", "0"),
    // With SACK: each duplicate acknowledgement leaves at once (RFC5681#4.2).
    ("ipv4/tcp_comp_sack_nr", "0"),
    // The urgent pointer is the octet after the urgent data (RFC9293#3.8.5); 1 would be RFC 1122's reading.
    ("ipv4/tcp_stdurg", "0"),
    // RST ends TIME-WAIT (RFC9293#3.10.7.4); 1 would be RFC 1337's remedy.
    ("ipv4/tcp_rfc1337", "0"),
    // FIN-WAIT-2 without a reader lasts as long as TIME-WAIT; the kernel's default, told to be sure.
    ("ipv4/tcp_fin_timeout", "60"),
    ("ipv4/tcp_slow_start_after_idle", "1"),
    // The IP layer's view of the path is the device's MTU, no probing for another (RFC 4821).
    ("ipv4/tcp_mtu_probing", "0"),
    ("ipv4/ip_default_ttl", "64"),
];

/// The switches of a namespace before any case.
pub(super) fn base(config: KernelConfig) -> Vec<(&'static str, &'static str)> {
    let mut settings = ALWAYS.to_vec();
    match config {
        KernelConfig::Conformance => settings.extend(CONFORMANCE),
        KernelConfig::Stock => {}
    }
    settings
}

/// What to do for one case.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Switches of the namespace that differ from the base.
    pub(super) sysctls: Vec<Setting>,
    /// The device's MTU.
    pub(super) mtu: u16,
    /// The device's kind.
    pub(super) medium: Medium,
    /// What the route to the peers says.
    pub(super) metrics: Metrics,
    /// What every socket of the case gets.
    pub(super) options: SocketOptions,
}

impl Plan {
    /// Maps a case's switches.
    ///
    /// # Errors
    /// [`Refusal::Unsupported`] for what Linux does not have.
    pub(super) fn new(config: &Config) -> Result<Self, Refusal> {
        // Destructured, so that a new switch does not compile until it is thought of.
        let Config {
            ip,
            timestamps,
            sack,
            wscale,
            ecn,
            nagle,
            delayed_ack,
            recv_buffer,
            send_buffer,
            mss,
            mtu,
            msl,
            backlog,
            abort_on_overflow,
            syn_cookies,
            syn_retries,
            data_retries,
            user_timeout,
            ttl,
            tos,
            keepalive_idle,
            keepalive_interval,
            keepalive_count,
            urgent_inline,
            link,
            address_claim,
        } = config;
        check_timers(*msl, *data_retries)?;
        let mut sysctls = Vec::new();
        let mut set = |key, value: Option<Cow<'static, str>>| sysctls.extend(value.map(|value| (key, value)));
        set("ipv4/tcp_timestamps", switch(*timestamps));
        set("ipv4/tcp_sack", switch(*sack));
        set("ipv4/tcp_window_scaling", switch(*wscale));
        set("ipv4/tcp_ecn", switch(*ecn));
        set("ipv4/tcp_abort_on_overflow", switch(*abort_on_overflow));
        // 1 means "when the queue is full"; a case that asks for cookies wants to see them.
        set("ipv4/tcp_syncookies", syn_cookies.map(|on| if on { "2".into() } else { "0".into() }));
        set("ipv4/tcp_syn_retries", number(*syn_retries));
        set("ipv4/tcp_synack_retries", number(*syn_retries));
        set("ipv4/tcp_retries2", number(*data_retries));
        let version = ip.unwrap_or_default();
        set(
            match version {
                IpVersion::V4 => "ipv4/ip_default_ttl",
                IpVersion::V6 => "ipv6/conf/peer0/hop_limit",
            },
            number(*ttl),
        );
        // A device gets it when it is made, and says so when it comes up.
        set("ipv4/conf/default/arp_notify", claim(version, *address_claim)?);
        let options = SocketOptions {
            version,
            nodelay: *nagle == Some(false),
            pingpong: *delayed_ack == Some(true),
            recv_buffer: *recv_buffer,
            send_buffer: *send_buffer,
            mss: *mss,
            user_timeout: user_timeout.map(|span| duration(span, None)).transpose().map_err(Refusal::Unsupported)?,
            tos: *tos,
            keepalive: Keepalive {
                idle: keepalive_idle.map(whole_seconds).transpose()?,
                interval: keepalive_interval.map(whole_seconds).transpose()?,
                count: *keepalive_count,
            },
            urgent_inline: urgent_inline.unwrap_or(true),
            backlog: backlog.unwrap_or(BACKLOG),
        };
        let mtu = mtu.unwrap_or(tun::DEFAULT_MTU);
        let metrics = Metrics { quickack: *delayed_ack == Some(false), rto_min: data_retries.map(|_| COUNTABLE_RTO) };
        let medium = link.unwrap_or(Medium::Ip);
        check_link(version, mtu, medium, &metrics)?;
        Ok(Self { sysctls, mtu, medium, metrics, options })
    }

    /// Whether a listening socket is as in a case without switches. Metrics are looked up for each connection.
    pub(super) fn is_usual(&self) -> bool {
        self.sysctls.is_empty()
            && self.mtu == tun::DEFAULT_MTU
            && self.medium == Medium::Ip
            && self.options == SocketOptions::of(self.options.version)
    }
}

/// Whether an address that comes into use is announced.
fn claim(version: IpVersion, wanted: Option<Claim>) -> Result<Option<Cow<'static, str>>, Refusal> {
    let refusal = match (wanted, version) {
        (None | Some(Claim::Silent), _) => return Ok(None),
        (Some(Claim::Announce), IpVersion::V4) => return Ok(Some("1".into())),
        (Some(Claim::Announce), IpVersion::V6) => "the kernel target announces IPv4 addresses alone",
        (Some(Claim::Probe), IpVersion::V4) => "Linux asks nobody before it uses an IPv4 address",
        (Some(Claim::Probe), IpVersion::V6) => "the kernel target gives its IPv6 address as one that is nobody else's",
    };
    Err(Refusal::Unsupported(refusal.to_owned()))
}

/// Whether Linux has such an MSL and so few retransmissions.
fn check_timers(msl: Option<Span>, data_retries: Option<u32>) -> Result<(), Refusal> {
    if let Some(msl) = msl
        && duration(msl, None).map_err(Refusal::Unsupported)? != MSL
    {
        return Err(Refusal::Unsupported(
            "the MSL of Linux is 30 s and cannot be changed (TIME-WAIT lasts 60 s)".to_owned(),
        ));
    }
    if data_retries == Some(0) {
        return Err(Refusal::Unsupported("Linux retransmits data at least once".to_owned()));
    }
    Ok(())
}

/// Whether the target can make such a link.
fn check_link(version: IpVersion, mtu: u16, medium: Medium, metrics: &Metrics) -> Result<(), Refusal> {
    let least = tun::least_mtu(version);
    if mtu < least {
        return Err(Refusal::Unsupported(format!("Linux takes no MTU below {least} for IPv{version}")));
    }
    if medium == Medium::Ethernet && *metrics != Metrics::default() {
        return Err(Refusal::Unsupported("the kernel target sets route metrics on its IP link only".to_owned()));
    }
    Ok(())
}

fn switch(on: Option<bool>) -> Option<Cow<'static, str>> {
    on.map(|on| if on { "1".into() } else { "0".into() })
}

fn number(value: Option<impl ToString>) -> Option<Cow<'static, str>> {
    value.map(|value| value.to_string().into())
}

/// A span on this target. `rto` is needed only for spans that are made of it.
///
/// # Errors
/// Why it means nothing here.
pub(super) fn duration(span: Span, rto: Option<Duration>) -> Result<Duration, String> {
    let rto = match (span.rto, rto) {
        (0, _) => 0,
        (count, Some(rto)) => i128::from(count) * rto.as_nanos() as i128,
        (_, None) => return Err("a span made of RTO means nothing before there is a connection".to_owned()),
    };
    let nanos = i128::from(span.two_msl) * 2 * MSL.as_nanos() as i128 + rto + i128::from(span.nanos);
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| "the span is negative or too long".to_owned())
}

/// Keep-alive times are whole seconds on Linux.
fn whole_seconds(span: Span) -> Result<Duration, Refusal> {
    let time = duration(span, None).map_err(Refusal::Unsupported)?;
    if time.subsec_nanos() != 0 || time.is_zero() {
        return Err(Refusal::Unsupported("keep-alive times of Linux are whole seconds".to_owned()));
    }
    Ok(time)
}

/// Keep-alive as a case configures it; it is on if `idle` is given.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Keepalive {
    idle: Option<Duration>,
    interval: Option<Duration>,
    count: Option<u32>,
}

/// What every socket of a case gets before it listens or connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct SocketOptions {
    pub(super) version: IpVersion,
    nodelay: bool,
    /// Delayed acknowledgements from the first segment on.
    pub(super) pingpong: bool,
    recv_buffer: Option<u32>,
    send_buffer: Option<u32>,
    mss: Option<u16>,
    user_timeout: Option<Duration>,
    tos: Option<u8>,
    keepalive: Keepalive,
    urgent_inline: bool,
    /// The accept queue of a `listen` that does not say.
    pub(super) backlog: u32,
}

impl SocketOptions {
    /// Tries the options on a socket that is thrown away, so that a case is refused before it begins.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        let usual = Self { backlog: self.backlog, pingpong: self.pingpong, ..Self::of(self.version) };
        if *self == usual {
            return Ok(());
        }
        let socket = Socket::new(self.version)
            .map_err(|error| TargetError::Io { doing: "make a socket".to_owned(), source: error })?;
        self.apply(&socket, &[]).map_err(|(option, error)| {
            Refusal::Unsupported(format!("this kernel does not take the {option} of the case's config: {error}"))
        })?;
        if let Some(wanted) = self.recv_buffer {
            buffer_is("recv-buffer", wanted, socket.get(SocketOption::RECV_BUFFER))?;
        }
        if let Some(wanted) = self.send_buffer {
            buffer_is("send-buffer", wanted, socket.get(SocketOption::SEND_BUFFER))?;
        }
        Ok(())
    }

    /// Sets them, and `more`.
    ///
    /// # Errors
    /// Which one the kernel did not take, and why.
    pub(super) fn apply(&self, socket: &Socket, more: &[Named]) -> Result<(), (&'static str, io::Error)> {
        let mut wanted = self.wanted();
        wanted.extend(more);
        let values: Vec<_> = wanted.iter().map(|&(_, option, value)| (option, value)).collect();
        for ((name, option, value), set) in wanted.into_iter().zip(socket.set_all(&values)) {
            let set = match option.within_limits() {
                Some(option) => set.or_else(|_| socket.set(option, value)),
                None => set,
            };
            set.map_err(|error| (name, error))?;
        }
        Ok(())
    }

    /// All that is set on a socket, in the words of a case.
    fn wanted(&self) -> Vec<Named> {
        // Always told: the kernel's default is to take urgent data out of line (RFC 6093 recommends in line).
        let mut wanted = vec![("urgent-inline", SocketOption::OOB_INLINE, self.urgent_inline.into())];
        wanted.extend(self.nodelay.then_some(("nagle", SocketOption::NO_DELAY, 1)));
        // Beyond the host's limits if that is allowed, else within.
        wanted.extend(self.recv_buffer.map(|bytes| ("recv-buffer", SocketOption::RECV_BUFFER_FORCE, bytes)));
        wanted.extend(self.send_buffer.map(|bytes| ("send-buffer", SocketOption::SEND_BUFFER_FORCE, bytes)));
        wanted.extend(self.mss.map(|mss| ("mss", SocketOption::MAXSEG, mss.into())));
        let timeout = self.user_timeout.map(milliseconds);
        wanted.extend(timeout.map(|timeout| ("user-timeout", SocketOption::USER_TIMEOUT, timeout)));
        wanted.extend(self.tos.map(|tos| ("tos", ds_field(self.version), tos.into())));
        wanted.extend(self.keepalive.wanted().map(|(option, value)| ("keepalive", option, value)));
        wanted
    }
}

/// An option, what a case calls it, and its value.
pub(super) type Named = (&'static str, SocketOption, u32);

impl SocketOptions {
    /// What a case gets that asks for nothing.
    const fn of(version: IpVersion) -> Self {
        Self {
            version,
            nodelay: false,
            pingpong: false,
            recv_buffer: None,
            send_buffer: None,
            mss: None,
            user_timeout: None,
            tos: None,
            keepalive: Keepalive { idle: None, interval: None, count: None },
            urgent_inline: true,
            backlog: BACKLOG,
        }
    }
}

impl Keepalive {
    fn wanted(self) -> impl Iterator<Item = (SocketOption, u32)> {
        let seconds = |time: Duration| u32::try_from(time.as_secs()).unwrap_or(u32::MAX);
        let on = self.idle.map(|_| (SocketOption::KEEP_ALIVE, 1));
        let idle = self.idle.map(|idle| (SocketOption::KEEP_IDLE, seconds(idle)));
        // A case may give these only, and switch it on later.
        let interval = self.interval.map(|interval| (SocketOption::KEEP_INTERVAL, seconds(interval)));
        let count = self.count.map(|count| (SocketOption::KEEP_COUNT, count));
        [on, idle, interval, count].into_iter().flatten()
    }
}

/// The user timeout (MUST-21) as the kernel counts it.
pub(super) fn milliseconds(timeout: Duration) -> u32 {
    u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX)
}

/// The option for the DS field of what a socket sends.
pub(super) const fn ds_field(version: IpVersion) -> SocketOption {
    match version {
        IpVersion::V4 => SocketOption::TOS,
        IpVersion::V6 => SocketOption::TRAFFIC_CLASS,
    }
}

/// The kernel doubles the size asked for (the other half is for its own overhead), and limits it without an error.
fn buffer_is(option: &str, wanted: u32, got: io::Result<u32>) -> Result<(), Refusal> {
    let got = got.map_err(|error| TargetError::Io { doing: "read a buffer's size".to_owned(), source: error })?;
    if u64::from(wanted) * 2 == u64::from(got) {
        return Ok(());
    }
    Err(Refusal::Unsupported(format!("this kernel makes a {option} of {} bytes out of {wanted}", got / 2)))
}
