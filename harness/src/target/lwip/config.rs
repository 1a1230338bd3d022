//! A case's abstract switches as what this build of lwIP can be told.
//!
//! Much of lwIP is fixed when it is compiled (`lwipopts.h`). A case that asks for what Debian's library has is let
//! through; one that asks for anything else is refused. Against the conformance default it cannot leave out the
//! window scale option on its SYN, and it has no limit on the accept queue; a case that does not say runs with that.

use std::time::Duration;

use lwip::Options;

use crate::case::{format::Config, time::Span};

/// A link of the usual size.
const DEFAULT_MTU: u16 = 1500;
/// The least MTU of IPv4 (RFC791#3.2).
const LEAST_MTU: u16 = 68;
/// lwIP's TCP_SYNMAXRTX.
const SYN_RETRIES: u32 = 6;
/// lwIP's TCP_MAXRTX.
const DATA_RETRIES: u32 = 12;
/// lwIP's TCP_WND without scaling, and its TCP_SND_BUF.
const BUFFER: u32 = 65_535;
/// lwIP's TCP_MSS.
const MSS: u16 = 1460;

/// Everything a case starts with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Of every socket.
    pub options: Options,
    /// Of the interface.
    pub mtu: u16,
}

impl Plan {
    /// The plan of a case.
    ///
    /// # Errors
    /// A sentence that says what this lwIP does not have.
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        // Destructured, so that a new switch does not compile until it is thought of.
        let Config {
            // Refused before.
            ip: _,
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
            // Cases on Ethernet are skipped before they get here.
            link: _,
            address_claim: _,
        } = config;
        for (name, wanted) in [("timestamps", timestamps), ("sack", sack), ("ecn", ecn), ("syn-cookies", syn_cookies)] {
            only(name, *wanted, false)?;
        }
        only("wscale", *wscale, true)?;
        only("delayed-ack", *delayed_ack, true)?;
        only("recv-buffer", *recv_buffer, BUFFER)?;
        only("send-buffer", *send_buffer, BUFFER)?;
        only("mss", *mss, MSS)?;
        only("syn-retries", *syn_retries, SYN_RETRIES)?;
        only("data-retries", *data_retries, DATA_RETRIES)?;
        only("msl", msl.map(|span| fixed("msl", span)).transpose()?, lwip::MSL)?;
        if backlog.is_some() || abort_on_overflow.is_some() {
            return Err("this lwIP is built without a limit on the accept queue (TCP_LISTEN_BACKLOG 0)".to_owned());
        }
        if user_timeout.is_some() {
            return Err("lwIP has no user timeout".to_owned());
        }
        if urgent_inline.is_some() {
            return Err("lwIP does not tell urgent data from others".to_owned());
        }
        let mtu = mtu.unwrap_or(DEFAULT_MTU);
        if mtu < LEAST_MTU {
            return Err(format!("the least MTU of IPv4 is {LEAST_MTU}"));
        }
        let options = Options {
            ttl: *ttl,
            tos: tos.unwrap_or(0),
            nodelay: *nagle == Some(false),
            keepalive: keepalive_idle.is_some(),
            keep_idle: keepalive_idle.map(|span| fixed("keepalive-idle", span)).transpose()?,
            keep_interval: keepalive_interval.map(|span| fixed("keepalive-interval", span)).transpose()?,
            keep_count: *keepalive_count,
        };
        Ok(Self { options, mtu })
    }
}

/// A switch that this build fixes.
fn only<T: PartialEq + std::fmt::Debug>(name: &str, wanted: Option<T>, is: T) -> Result<(), String> {
    match wanted {
        Some(wanted) if wanted != is => {
            Err(format!("{name} of this lwIP is {is:?}, fixed when it was compiled; the case wants {wanted:?}"))
        }
        Some(_) | None => Ok(()),
    }
}

/// A span that needs no connection to know its length.
fn fixed(name: &str, span: Span) -> Result<Duration, String> {
    if span.rto != 0 {
        return Err(format!("{name} made of RTO means nothing before there is a connection"));
    }
    let nanos = i128::from(span.two_msl) * 2 * lwip::MSL.as_nanos() as i128 + i128::from(span.nanos);
    u64::try_from(nanos).map(Duration::from_nanos).map_err(|_| format!("{name} is negative or too long"))
}
