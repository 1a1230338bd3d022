//! A case's abstract switches as fields of the stack's profile and socket options.
//!
//! What the stack does not have is said, never ignored.

use std::time::Duration;

use stack_under_test::{
    Keepalive, Profile, SocketOptions,
    profile::{AddressClaim, LossRecovery, Overflow, SynCookies, WindowScaling},
};

use crate::case::{
    format::{Claim, Config, IpVersion, Medium},
    time::Span,
};

/// The backlog of a listener whose case names none.
const ROOMY_BACKLOG: usize = 128;
/// A link of the usual size.
const DEFAULT_MTU: u16 = 1500;

/// Everything a fresh stack and its sockets start with.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    /// The profile with the case's choices.
    pub profile: Profile,
    /// Of every socket.
    pub options: SocketOptions,
    /// Of a listener that names none.
    pub backlog: usize,
    /// The link's.
    pub mtu: u16,
    /// Of the one address the stack has.
    pub version: IpVersion,
    /// What its interface is attached to.
    pub medium: Medium,
}

impl Mapped {
    /// Nothing but the profile, without ECN: asking changes the flags of every SYN, so it is for cases that want to see
    /// it, as on the kernel.
    pub(super) fn default(profile: &Profile) -> Self {
        Self {
            profile: Profile { ecn: false, ..profile.clone() },
            options: SocketOptions::default(),
            backlog: ROOMY_BACKLOG,
            mtu: DEFAULT_MTU,
            version: IpVersion::V4,
            medium: Medium::Ip,
        }
    }

    /// The profile with a case's switches.
    ///
    /// # Errors
    /// A sentence that says which switch the reference does not have.
    pub(super) fn new(profile: &Profile, config: &Config) -> Result<Self, String> {
        if config.urgent_inline == Some(false) {
            return Err("the reference keeps urgent data in line (RFC6093#3.1)".to_owned());
        }
        let mut mapped = Self::default(profile);
        mapped.version = config.ip.unwrap_or_default();
        mapped.medium = config.link.unwrap_or(Medium::Ip);
        if mapped.medium == Medium::Ethernet {
            // A claim sends packets of its own, which only a case that asks for one expects.
            mapped.profile.link.address_claim = match config.address_claim {
                None | Some(Claim::Silent) => AddressClaim::Silent,
                Some(Claim::Announce) => AddressClaim::Announce,
                Some(Claim::Probe) => AddressClaim::ProbeAndAnnounce,
            };
        }
        mapped.set_profile(config)?;
        mapped.set_options(config);
        Ok(mapped)
    }

    fn set_profile(&mut self, config: &Config) -> Result<(), String> {
        let profile = &mut self.profile;
        set_extensions(profile, config);
        if let Some(msl) = config.msl {
            profile.msl = fixed(msl).ok_or("msl has to be a fixed time")?;
        }
        if let Some(on) = config.abort_on_overflow {
            profile.backlog_overflow = if on { Overflow::Reset } else { Overflow::Drop };
        }
        if let Some(retries) = config.syn_retries {
            profile.r2_syn = until_retry(retries, profile);
            profile.r1 = profile.r1.min(retries.saturating_sub(1));
        }
        if let Some(retries) = config.data_retries {
            profile.r2 = until_retry(retries, profile);
            // R2 is greater than R1 (MUST-20).
            profile.r1 = profile.r1.min(retries.saturating_sub(1));
        }
        if let Some(backlog) = config.backlog {
            self.backlog = usize::try_from(backlog).unwrap_or(usize::MAX);
        }
        self.mtu = config.mtu.unwrap_or(self.mtu);
        Ok(())
    }

    fn set_options(&mut self, config: &Config) {
        let options = &mut self.options;
        let bytes = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
        options.nodelay = config.nagle.map_or(options.nodelay, |nagle| !nagle);
        options.delayed_ack = config.delayed_ack.unwrap_or(options.delayed_ack);
        options.recv_buffer = config.recv_buffer.map_or(options.recv_buffer, bytes);
        options.send_buffer = config.send_buffer.map_or(options.send_buffer, bytes);
        options.mss = config.mss.or(options.mss);
        options.user_timeout = config.user_timeout.and_then(fixed);
        options.ttl = config.ttl.unwrap_or(options.ttl);
        options.tos = config.tos.unwrap_or(options.tos);
        if let Some(idle) = config.keepalive_idle.and_then(fixed) {
            let usual = Keepalive::default();
            options.keepalive = Some(Keepalive {
                idle,
                interval: config.keepalive_interval.and_then(fixed).unwrap_or(usual.interval),
                count: config.keepalive_count.unwrap_or(usual.count),
            });
        }
    }
}

/// The extensions a case asks for, or does without.
fn set_extensions(profile: &mut Profile, config: &Config) {
    if let Some(on) = config.timestamps {
        profile.timestamps = on;
    }
    // Both speak of a congestion window, which RFC 793 knew nothing of.
    profile.congestion_control |= config.sack == Some(true) || config.ecn == Some(true);
    if let Some(on) = config.sack {
        profile.sack = on;
        profile.loss_recovery = if on { LossRecovery::Sack } else { profile.loss_recovery };
    }
    if let Some(on) = config.wscale {
        profile.window_scale = if on { WindowScaling::FromBuffer } else { WindowScaling::Off };
    }
    if let Some(on) = config.ecn {
        profile.ecn = on;
    }
    if let Some(on) = config.syn_cookies {
        // A case that asks for cookies wants to see them.
        profile.syn_cookies = if on { SynCookies::Always } else { SynCookies::Off };
    }
}

/// A span that needs no target to know its length.
pub(super) fn fixed(span: Span) -> Option<Duration> {
    if span.two_msl != 0 || span.rto != 0 {
        return None;
    }
    u64::try_from(span.nanos).ok().map(Duration::from_nanos)
}

/// The R2 that allows just so many retransmissions when the RTO starts at its lower bound and doubles (RFC6298#5.5):
/// half an RTO before the timeout that gives up.
fn until_retry(retries: u32, profile: &Profile) -> Duration {
    let mut rto = profile.initial_rto.max(profile.min_rto);
    let half = rto / 2;
    let mut sum = Duration::ZERO;
    for _ in 0..=retries.min(64) {
        sum = sum.saturating_add(rto);
        rto = rto.saturating_mul(2).min(profile.max_rto);
    }
    sum.saturating_sub(half)
}
