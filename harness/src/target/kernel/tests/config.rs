//! `config` is mapped, refused or put back.
use std::time::Duration;

use super::*;
use crate::{
    case::{format::Errno, time::Span},
    target::kernel::{
        config::{Plan, base},
        sysctl,
    },
};

const SECOND: i64 = 1_000_000_000;

fn span(nanos: i64) -> Span {
    Span { nanos, ..Span::default() }
}

#[test]
fn the_base_is_what_the_namespace_has() {
    with_target(KernelConfig::Conformance, |_target| {
        let mut found = 0;
        for (key, value) in base(KernelConfig::Conformance) {
            if let Ok(now) = sysctl::read(key) {
                assert_eq!(now.split_whitespace().collect::<Vec<_>>().join(" "), value, "{key}");
                found += 1;
            }
        }
        assert!(found > 20, "only {found} switches exist here");
    });
}

#[test]
fn stock_leaves_tcp_alone() {
    let tcp = |config| base(config).iter().filter(|(key, _)| key.contains("tcp_")).count();
    assert_eq!(tcp(KernelConfig::Stock), 0);
    let timestamps = with_target(KernelConfig::Stock, |target| {
        let mut script = Script::begin(target, &Config::default());
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        script.one(Flags::SYN).options.ts.is_some()
    });
    assert_ne!(timestamps, Some(false));
}

#[test]
fn switches_of_a_case_are_put_back_at_the_next() {
    with_target(KernelConfig::Conformance, |target| {
        let changed = Config {
            timestamps: Some(true),
            sack: Some(true),
            wscale: Some(true),
            ecn: Some(true),
            mtu: Some(1000),
            ttl: Some(7),
            syn_retries: Some(2),
            data_retries: Some(3),
            abort_on_overflow: Some(true),
            syn_cookies: Some(true),
            delayed_ack: Some(false),
            ..Config::default()
        };
        let keys = ["tcp_synack_retries", "tcp_syn_retries", "tcp_retries2", "tcp_abort_on_overflow", "tcp_syncookies"];
        let values = || keys.map(|key| sysctl::read(&format!("ipv4/{key}")).unwrap());
        let before = values();
        let mut script = Script::begin(target, &changed);
        assert_eq!(values(), ["2", "2", "3", "1", "2"]);
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        let syn = script.one(Flags(Flags::SYN.0 | Flags::ECE.0 | Flags::CWR.0));
        assert!(syn.options.ts.is_some() && syn.options.sack_ok && syn.options.wscale.is_some());
        assert_eq!((syn.options.mss, syn.ttl), (Some(960), 7));
        let mut script = Script::begin(target, &Config::default());
        assert_eq!(values(), before);
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        let syn = script.one(Flags::SYN);
        assert!(syn.options.ts.is_none() && !syn.options.sack_ok && syn.options.wscale.is_none());
        assert_eq!((syn.options.mss, syn.ttl), (Some(1460), 64));
    });
}

#[test]
fn without_delayed_acknowledgements_each_segment_is_answered_at_once() {
    case(&Config { delayed_ack: Some(false), ..Config::default() }, |script| {
        script.established();
        for turn in 0..40 {
            script.inject(PSH_ACK, 1 + turn, 1 + turn, b"x");
            assert_eq!(script.one(Flags::ACK).ack, ISN + 2 + turn);
            script.call(&SocketCall::Recv { max: 1 });
            script.call(&SocketCall::Send { data: b"y", urgent: false });
            script.one(PSH_ACK);
        }
    });
}

#[test]
fn with_delayed_acknowledgements_the_first_segment_already_waits() {
    case(&Config { delayed_ack: Some(true), ..Config::default() }, |script| {
        script.established();
        script.inject(PSH_ACK, 1, 1, b"x");
        script.nothing();
        script.target.advance(script.target.now() + Duration::from_millis(500)).unwrap();
        assert_eq!(script.one(Flags::ACK).ack, ISN + 2);
    });
}

#[test]
fn retransmissions_are_counted_exactly() {
    for count in 1..=2 {
        case(&Config { data_retries: Some(count), ..Config::default() }, |script| {
            script.established();
            script.call(&SocketCall::Send { data: b"anyone?", urgent: false });
            let limit = Duration::from_secs(12);
            let mut sent = 0;
            while script.state() == ConnState::Is(State::Established) && script.target.now() < limit {
                sent += script.emitted().len();
                let soon = script.target.now() + Duration::from_millis(50);
                script.target.advance(soon).unwrap();
            }
            assert_eq!(sent, 1 + count as usize);
            assert_eq!(script.call(&SocketCall::Recv { max: 1 }), Outcome::Error(Errno::ETIMEDOUT));
        });
    }
}

#[test]
fn a_syn_is_repeated_as_often_as_asked() {
    case(&Config { syn_retries: Some(1), ..Config::default() }, |script| {
        let to = script.endpoints.peer;
        script.call(&SocketCall::Connect { to });
        script.one(Flags::SYN);
        script.target.advance(Duration::from_millis(3_500)).unwrap();
        script.one(Flags::SYN);
        script.target.advance(Duration::from_millis(3_500)).unwrap();
        script.nothing();
        assert_eq!(script.call(&SocketCall::Recv { max: 1 }), Outcome::Error(Errno::ETIMEDOUT));
    });
}

#[test]
fn buffers_bound_the_window_and_what_is_taken() {
    case(&Config { recv_buffer: Some(2920), send_buffer: Some(8192), ..Config::default() }, |script| {
        script.listen();
        script.inject(Flags::SYN, 0, 0, &[]);
        assert_eq!(script.one(SYN_ACK).win, 2920);
        script.inject(Flags::ACK, 1, 1, &[]);
        script.accept();
        // The window closes by what arrives, and opens by what is read.
        script.inject(PSH_ACK, 1, 1, &[7; 1460]);
        assert_eq!(script.one(Flags::ACK).win, 1460);
        script.inject(PSH_ACK, 1461, 1, &[7; 1460]);
        assert_eq!(script.call(&SocketCall::Recv { max: 10_000 }), Outcome::Data(vec![7; 2920]));
        assert_eq!(script.one(Flags::ACK).win, 2920);
        let Outcome::Sent(taken) = script.call(&SocketCall::Send { data: &[8; 100_000], urgent: false }) else {
            panic!("nothing was taken");
        };
        assert!((8192..16_384).contains(&taken), "{taken}");
    });
}

#[test]
fn socket_options_show_on_the_wire() {
    let config = Config { mss: Some(700), tos: Some(0x28), nagle: Some(false), ..Config::default() };
    case(&config, |script| {
        script.listen();
        script.inject(Flags::SYN, 0, 0, &[]);
        let answer = script.one(SYN_ACK);
        assert_eq!((answer.options.mss, answer.tos), (Some(700), 0x28));
        script.inject(Flags::ACK, 1, 1, &[]);
        script.accept();
        for text in [b"a", b"b"] {
            script.call(&SocketCall::Send { data: text, urgent: false });
            assert_eq!(*script.one(PSH_ACK).text, *text);
        }
    });
}

#[test]
fn what_linux_lacks_is_refused_with_a_reason() {
    let refused = |config: &Config| match Plan::new(config) {
        Err(Refusal::Unsupported(why)) => why,
        other => panic!("not refused: {other:?}"),
    };
    assert!(refused(&Config { msl: Some(span(SECOND)), ..Config::default() }).contains("30 s"));
    assert!(Plan::new(&Config { msl: Some(span(30 * SECOND)), ..Config::default() }).is_ok());
    assert!(refused(&Config { keepalive_idle: Some(span(SECOND / 2)), ..Config::default() }).contains("whole seconds"));
    assert!(refused(&Config { data_retries: Some(0), ..Config::default() }).contains("at least once"));
    assert!(refused(&Config { mtu: Some(67), ..Config::default() }).contains("MTU"));
    let rto = Span { rto: 1, ..Span::default() };
    assert!(refused(&Config { user_timeout: Some(rto), ..Config::default() }).contains("RTO"));
    with_target(KernelConfig::Conformance, |target| {
        for config in [
            Config { mss: Some(1), ..Config::default() },
            Config { recv_buffer: Some(100), ..Config::default() },
            Config { syn_retries: Some(100_000), ..Config::default() },
        ] {
            assert!(matches!(target.begin(&config), Err(Refusal::Unsupported(_))), "{config:?}");
        }
        let mut script = Script::begin(target, &Config::default());
        script.established();
    });
}
