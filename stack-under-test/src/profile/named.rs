//! The profiles with names: where a run begins.

use core::time::Duration;

use super::{
    FragmentOverlap, IcmpHardError, IllegalOption, InitialWindow, Isn, Limits, LinkChoices, LossRecovery,
    MissingTimestamp, NewRenoExit, Overflow, PartialAckTimer, Profile, Rttm, SynCookies, UrgentPointer, WindowRounding,
    WindowScaling,
};

impl Profile {
    /// The names [`Profile::by_name`] knows.
    pub const NAMES: &'static [&'static str] = &["rfc9293", "rfc793", "extended"];

    /// RFC 9293 with its SHOULDs, RFC 5961's three checks, RFC 6298 timers and RFC 5681 congestion
    /// control.
    pub fn rfc9293() -> Self {
        Self {
            name: "rfc9293",
            challenge_ack_rst: true,
            challenge_ack_syn: true,
            ack_validation: true,
            challenge_ack_limit: None,
            unacceptable_ack_interval: None,
            syn_sent_rst_exact: false,
            crossing_syn_ack: true,
            illegal_option: IllegalOption::SkipRest,
            isn: Isn::Rfc6528,
            icmp_sequence_check: true,
            icmp_hard_error: IcmpHardError::AbortsUnlessSynchronized,
            path_mtu_discovery: false,
            path_mtu_timeouts: 1,
            path_mtu_valid: Duration::from_secs(600),
            reassembly_timeout: Duration::from_secs(60),
            fragment_overlap: FragmentOverlap::LastCopy,
            icmp_errors: true,
            icmp_error_limit: Some((100, Duration::from_secs(1))),
            link: LinkChoices::default(),
            msl: Duration::from_secs(120),
            time_wait_reopen: true,
            time_wait_rst_ignored: false,
            initial_rto: Duration::from_secs(1),
            min_rto: Duration::from_secs(1),
            max_rto: Duration::from_secs(60),
            clock_granularity: Duration::from_millis(1),
            r1: 3,
            r2: Duration::from_secs(100),
            r2_syn: Duration::from_secs(180),
            user_timeout: None,
            user_timeout_option: false,
            user_timeout_min: Duration::from_secs(100),
            user_timeout_max: Duration::from_secs(24 * 3600),
            persist_min: Duration::from_millis(200),
            persist_max: Duration::from_secs(60),
            congestion_control: true,
            initial_window: InitialWindow::Rfc5681,
            loss_recovery: LossRecovery::Reno,
            newreno_exit: NewRenoExit::FlightSize,
            partial_ack_timer: PartialAckTimer::First,
            limited_transmit: false,
            default_send_mss_ipv4: 536,
            default_send_mss_ipv6: 1220,
            min_send_mss: 1,
            mss_option_always: true,
            nagle: true,
            sender_sws_avoidance: true,
            sws_override: Duration::from_millis(500),
            urgent_pointer: UrgentPointer::FollowingOctet,
            delayed_ack: Some(Duration::from_millis(200)),
            receiver_sws_avoidance: true,
            out_of_order_queue: true,
            ack_out_of_order: true,
            close_unread_rst: true,
            window_scale: WindowScaling::Off,
            window_rounding: WindowRounding::Up,
            timestamps: false,
            timestamp_tick: Duration::from_millis(1),
            timestamp_offset: true,
            timestamps_in_rst: true,
            missing_timestamp: MissingTimestamp::Drop,
            paws: true,
            paws_valid: Duration::from_secs(24 * 24 * 3600),
            rttm: Rttm::Weighted,
            time_wait_timestamps: true,
            sack: false,
            dsack: true,
            ecn: false,
            ecn_fallback: true,
            backlog_slack: 1,
            backlog_overflow: Overflow::Drop,
            syn_overflow: Overflow::Drop,
            syn_cookies: SynCookies::Off,
            limits: Limits::default(),
        }
    }

    /// RFC 793: no challenge ACKs, no ACK range check, ICMP errors believed, the clock alone as ISN, no congestion control,
    /// no Nagle, no silly window avoidance, no delayed ACK, no second use of a connection in TIME-WAIT.
    ///
    /// Not undone are the corrections of its errors (RFC1122#4.2.2.20: a SYN returns a passive
    /// SYN-RECEIVED to LISTEN without a reset, a duplicate ACK may open the window) and what it only
    /// gives as an example: the RTO's estimator (RFC793#3.7) and two minutes between window probes.
    pub fn rfc793() -> Self {
        Self {
            name: "rfc793",
            challenge_ack_rst: false,
            challenge_ack_syn: false,
            ack_validation: false,
            isn: Isn::Clock793,
            icmp_sequence_check: false,
            icmp_hard_error: IcmpHardError::Aborts,
            time_wait_reopen: false,
            user_timeout: Some(Duration::from_secs(300)),
            r2: Duration::from_secs(300),
            r2_syn: Duration::from_secs(300),
            congestion_control: false,
            mss_option_always: false,
            nagle: false,
            sender_sws_avoidance: false,
            urgent_pointer: UrgentPointer::FollowingOctet,
            delayed_ack: None,
            receiver_sws_avoidance: false,
            close_unread_rst: false,
            ..Self::rfc9293()
        }
    }

    /// RFC 9293 with the extensions that most hosts of today have: window scale and timestamps (RFC 7323), SACK (RFC
    /// 2018, 2883, 6675) or else NewReno (RFC 6582), limited transmit (RFC 3042), ECN (RFC 3168), ten segments
    /// to begin with (RFC 6928), SYN cookies when the listen queue is full (RFC 4987), and path MTU
    /// discovery (RFC 1191).
    pub fn extended() -> Self {
        Self {
            name: "extended",
            path_mtu_discovery: true,
            initial_window: InitialWindow::Rfc6928,
            loss_recovery: LossRecovery::Sack,
            limited_transmit: true,
            window_scale: WindowScaling::FromBuffer,
            timestamps: true,
            sack: true,
            ecn: true,
            syn_cookies: SynCookies::WhenFull,
            ..Self::rfc9293()
        }
    }

    /// The profile of this name; `None` if there is none. See [`Profile::NAMES`].
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "rfc9293" => Some(Self::rfc9293()),
            "rfc793" => Some(Self::rfc793()),
            "extended" => Some(Self::extended()),
            _ => None,
        }
    }
}
