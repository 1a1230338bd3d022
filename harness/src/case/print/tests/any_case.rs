//! Any case the format can hold, and comments anywhere in its text.

use std::collections::BTreeMap;

use proptest::{option, prelude::*, sample::select};

use crate::{
    case::{
        flags::{Flags, FlagsPattern},
        format::{
            Action, AddressName, Allow, Alternative, Arp, ArpKind, At, Bytes, Call, CallStep, Case, Checksum,
            Comparison, Config, ConnName, Data, Errno, Expect, ExpectArp, ExpectIcmp, ExpectIp, ExpectSegment,
            ExpectTs, ExpectUdp, Fragments, Frame, Icmp, Inject, Ip, IpVersion, Medium, Message, MssBounds, MssChoice,
            Options, Order, Peer, Quantity, Quote, Readiness, Returns, SocketSwitch, StateCheck, Step, Udp, UdpCall,
            Via,
        },
        position::{
            Symbol,
            tests::{bounds, position},
        },
        state::State,
        time::{Span, tests::span},
    },
    clause::{ClauseId, Level, requirements},
};

/// Texts that look like something else, or need quotes.
fn text() -> impl Strategy<Value = String> {
    let odd = [
        "",
        " ",
        "5",
        "0x10",
        "true",
        "on",
        "null",
        "~",
        "$x",
        "$$",
        "a: b",
        "a #b",
        "- a",
        "[a]",
        "{a}",
        "\n",
        "\t\\\"",
        "é\u{85}\u{2028}",
        "nothing",
        "*a",
        "&a",
        "!a",
        "%",
        "@",
        "`",
        "a:",
        ":a",
        "?",
        "---",
        "1e5",
        ".inf",
        "'",
        "|",
        ">",
        "a\u{feff}",
        "-",
    ];
    prop_oneof![select(odd.to_vec()).prop_map(str::to_owned), "\\PC{0,12}", "[ -~]{0,12}", "[a-z ]{1,20}"]
}

fn some_text() -> impl Strategy<Value = String> {
    text().prop_filter("a title says something", |text| !text.trim().is_empty())
}

fn conn() -> impl Strategy<Value = ConnName> {
    option::weighted(0.2, prop_oneof![Just("b".to_owned()), Just("listener".to_owned()), text()])
}

fn clauses(least: usize) -> impl Strategy<Value = Vec<ClauseId>> {
    let ids: Vec<&str> = requirements().map(|r| r.id).chain(["RFC5961#3.2", "RFC9293#3.10.7.4", "RFC826"]).collect();
    prop::collection::vec(select(ids).prop_map(|id| id.parse().expect("a clause")), least..3)
}

fn states() -> impl Strategy<Value = Vec<State>> {
    prop::collection::vec(select(State::ALL.to_vec()), 1..4)
}

fn flags() -> impl Strategy<Value = Flags> {
    (0..0x1000_u16).prop_map(Flags)
}

fn pattern() -> impl Strategy<Value = FlagsPattern> {
    // A flag that may be set is not one that has to be.
    (0..0x1000_u16, 0..0x1000_u16)
        .prop_map(|(set, optional)| FlagsPattern { set: Flags(set & !optional), optional: Flags(optional) })
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..8).prop_map(Bytes)
}

fn data() -> impl Strategy<Value = Data> {
    prop_oneof![text().prop_map(Data::Text), bytes().prop_map(Data::Hex), (0..2000_u32).prop_map(Data::Pattern)]
}

fn address() -> impl Strategy<Value = AddressName> {
    select(vec![AddressName::Peer, AddressName::OtherPeer, AddressName::SubnetBroadcast, AddressName::Unspecified])
}

fn checksum() -> impl Strategy<Value = Checksum> {
    prop_oneof![Just(Checksum::Bad), any::<u16>().prop_map(Checksum::Value)]
}

fn ip() -> BoxedStrategy<Ip> {
    let numbers =
        (option::of(any::<u8>()), option::of(any::<u8>()), option::of(any::<u16>()), option::of(any::<u16>()));
    let bits = (option::of(any::<bool>()), option::of(any::<bool>()), option::of(0..8192_u16));
    let small = (option::of(0..16_u8), option::of(0..16_u8), option::of(any::<u8>()));
    let ip = (numbers, bits, small, option::of(checksum()), option::of(bytes())).prop_map(
        |((ttl, tos, id, length), (df, mf, fragment_offset), (version, header_length, protocol), checksum, options)| {
            Ip { ttl, tos, id, df, mf, fragment_offset, length, version, header_length, protocol, checksum, options }
        },
    );
    // On the heap: a case has many, and a test's stack is small.
    prop_oneof![Just(Ip::default()), ip].boxed()
}

fn options() -> impl Strategy<Value = Options> {
    (
        option::of(any::<u16>()),
        option::of(any::<u8>()),
        any::<bool>(),
        prop::collection::vec((position(), position()), 0..2),
        option::of((any::<u32>(), position())),
        option::weighted(0.3, bytes()),
    )
        .prop_map(|(mss, wscale, sack_ok, sack, ts, raw)| Options { mss, wscale, sack_ok, sack, ts, raw })
        .prop_filter("options fit the header", |options| options.wire_len() <= 40)
}

fn inject() -> BoxedStrategy<Inject> {
    let addresses = (conn(), option::weighted(0.2, address()), option::weighted(0.2, address()));
    let numbers = (option::of(position()), option::of(position()), option::of(any::<u16>()), option::of(any::<u16>()));
    let wrong =
        (option::weighted(0.2, checksum()), option::weighted(0.2, 0..16_u8), ip(), option::weighted(0.2, bytes()));
    (addresses, flags(), numbers, option::of(data()), options(), wrong)
        .prop_map(|((on, from, to), flags, (seq, ack, win, urg), data, options, (checksum, data_offset, ip, raw))| {
            Inject {
                on,
                from,
                to,
                flags,
                seq,
                ack,
                win,
                urg,
                data,
                options,
                checksum,
                data_offset,
                ip,
                raw,
                icmp: None,
                udp: None,
                arp: None,
                frame: Frame::default(),
                fragments: None,
            }
        })
        .boxed()
}

fn quote() -> impl Strategy<Value = Quote> {
    (option::of(position()), option::of(any::<u16>()), ip()).prop_map(|(seq, length, ip)| Quote { seq, length, ip })
}

fn icmp() -> BoxedStrategy<Icmp> {
    let named = select(Message::NAMED.to_vec()).prop_map(|(_, message)| message);
    let message = prop_oneof![named, any::<(u8, u8)>().prop_map(|(kind, code)| Message { kind, code })]
        .prop_filter("the other versions of IP have none", |message| !message.is_neighbor());
    let numbers = prop_oneof![
        (option::of(any::<u16>()), option::of(any::<u8>())).prop_map(Ok),
        (option::of(any::<u16>()), option::of(any::<u16>())).prop_map(Err),
    ];
    let fields = (numbers, option::of(checksum()));
    let body =
        prop_oneof![option::of(quote()).prop_map(|quote| (quote, None)), data().prop_map(|data| (None, Some(data))),];
    let any = (message.clone(), body, fields).prop_map(|(message, (quote, data), (numbers, checksum))| {
        let (mtu, pointer, id, seq) = match numbers {
            Ok((mtu, pointer)) => (mtu, pointer, None, None),
            Err((id, seq)) => (None, None, id, seq),
        };
        Icmp { message, quote, data, mtu, pointer, id, seq, checksum, neighbor: None }
    });
    prop_oneof![any, message.prop_map(|message| Icmp { message, ..Icmp::default() })]
        .prop_filter("it fits a packet", |icmp| icmp.quote.as_ref().is_none_or(|quote| quote.length < Some(65_000)))
        .boxed()
}

fn udp() -> BoxedStrategy<Udp> {
    let port = || option::of(any::<u16>());
    (port(), port(), option::of(data()), option::of(any::<u16>()), option::of(checksum()))
        .prop_map(|(from_port, to_port, data, length, checksum)| Udp { from_port, to_port, data, length, checksum })
        .boxed()
}

fn kind() -> impl Strategy<Value = ArpKind> {
    select(ArpKind::NAMED.to_vec()).prop_map(|(_, kind)| kind)
}

fn arp() -> BoxedStrategy<Arp> {
    let name = || option::of(address());
    let number = || option::of(any::<u16>());
    (kind(), (name(), name(), name(), name()), (number(), number(), number()))
        .prop_map(|(kind, (sender, target, sender_mac, target_mac), (operation, hardware, protocol))| Arp {
            kind,
            sender,
            target,
            sender_mac,
            target_mac,
            operation,
            hardware,
            protocol,
        })
        .boxed()
}

fn frame() -> impl Strategy<Value = Frame> {
    option::weighted(0.3, (option::of(address()), option::of(address())))
        .prop_map(|frame| frame.map_or_else(Frame::default, |(from, to)| Frame { from, to }))
}

/// Any packet that is no segment.
fn beside() -> BoxedStrategy<ExpectSegment> {
    let echo = (option::of(any::<u16>()), option::of(any::<u16>()), option::of(data()), option::of(any::<u16>()));
    let icmp = (option::of(icmp()), echo).prop_map(|(message, (id, seq, data, quotes))| ExpectIcmp {
        message: message.map(|icmp| icmp.message),
        id,
        seq,
        data,
        quotes,
        ..ExpectIcmp::default()
    });
    let udp = (udp(), option::of(bounds())).prop_map(|(Udp { from_port, to_port, data, .. }, len)| ExpectUdp {
        from_port,
        to_port,
        data,
        len,
    });
    let name = || option::of(address());
    let arp = (option::of(kind()), name(), name(), name(), name()).prop_map(
        |(kind, sender, target, sender_mac, target_mac)| ExpectArp { kind, sender, target, sender_mac, target_mac },
    );
    let around = (name(), name(), frame(), option::of(bounds())).boxed();
    prop_oneof![
        (icmp, around.clone()).prop_map(|(icmp, (from, to, frame, pieces))| ExpectSegment {
            from,
            to,
            frame,
            pieces,
            icmp: Some(Box::new(icmp)),
            ..ExpectSegment::default()
        }),
        (udp, around.clone()).prop_map(|(udp, (from, to, frame, pieces))| ExpectSegment {
            from,
            to,
            frame,
            pieces,
            udp: Some(Box::new(udp)),
            ..ExpectSegment::default()
        }),
        (arp, around).prop_map(|(arp, (_, _, frame, _))| ExpectSegment {
            frame,
            arp: Some(Box::new(arp)),
            ..ExpectSegment::default()
        }),
    ]
    .boxed()
}

fn fragments() -> BoxedStrategy<Fragments> {
    let order = prop_oneof![
        Just(Order::InOrder),
        Just(Order::Reversed),
        // The least packet is one piece.
        prop::collection::vec(Just(1), 1..3).prop_map(Order::Listed),
    ];
    (1..100_u16, 0..10_u16, any::<bool>(), order)
        .prop_map(|(size, overlap, conflict, order)| Fragments {
            size: size * 8,
            overlap: overlap * 8,
            conflict: conflict && overlap > 0,
            order,
        })
        .boxed()
}

fn injected() -> BoxedStrategy<Inject> {
    let whole_ip = |mut ip: Ip| {
        (ip.mf, ip.fragment_offset) = (None, None);
        ip
    };
    prop_oneof![
        8 => inject(),
        1 => (inject(), fragments()).prop_map(move |(inject, fragments)| Inject {
            ip: whole_ip(inject.ip),
            fragments: Some(fragments),
            ..inject
        }),
        1 => (conn(), option::of(address()), udp(), frame()).prop_map(|(on, from, udp, frame)| Inject {
            on,
            from,
            udp: Some(Box::new(udp)),
            frame,
            ..Inject::default()
        }),
        1 => (option::of(address()), arp(), frame()).prop_map(|(from, arp, frame)| Inject {
            from,
            arp: Some(Box::new(arp)),
            frame,
            ..Inject::default()
        }),
        1 => (conn(), option::of(address()), ip(), icmp(), option::of(fragments())).prop_map(
            move |(on, from, ip, icmp, fragments)| Inject {
                on,
                from,
                ip: if fragments.is_some() { whole_ip(ip) } else { ip },
                icmp: Some(Box::new(icmp)),
                fragments,
                ..Inject::default()
            }
        ),
    ]
    .boxed()
}

fn segment() -> impl Strategy<Value = ExpectSegment> {
    let mss = prop_oneof![Just(MssBounds::None), bounds().prop_map(MssBounds::Value)];
    let numbers = (option::of(bounds()), option::of(bounds()), option::of(bounds()), option::of(bounds()));
    let text = (option::of(data()), option::of(bounds()));
    let options =
        (option::of(mss), option::of(option::of(any::<u8>())), option::of(any::<bool>()), option::of(stamps()));
    let sack = option::of(prop::collection::vec((position(), position()), 0..3));
    let ip = (option::of(any::<u8>()), option::of(any::<u8>()), option::of(any::<bool>()));
    let times = (
        option::of(span()),
        option::of(span()),
        option::of(0.0..100.0_f64),
        option::of(1..9_u32),
        option::of(1.0..4.0_f64),
    );
    ((conn(), pattern(), sack, frame()), numbers, text, options, ip, times).prop_map(
        |(
            (on, flags, sack, frame),
            (seq, ack, win, urg),
            (data, len),
            (mss, wscale, sack_ok, ts),
            (ttl, tos, df),
            (within, after, tolerance, repeat, backoff),
        )| ExpectSegment {
            on,
            flags: Some(flags),
            seq,
            ack,
            win,
            urg,
            data,
            len,
            mss,
            wscale,
            sack_ok,
            sack,
            ts,
            frame,
            ip: ExpectIp { ttl, tos, df },
            within,
            after,
            tolerance,
            repeat,
            backoff,
            ..ExpectSegment::default()
        },
    )
}

fn stamps() -> impl Strategy<Value = ExpectTs> {
    let values = (option::of(bounds()), bounds()).prop_map(|(val, ecr)| ExpectTs::Values { val, ecr: Some(ecr) });
    prop_oneof![any::<bool>().prop_map(ExpectTs::Present), values]
}

fn expect() -> impl Strategy<Value = Expect> {
    let one = || prop_oneof![3 => segment().boxed(), 1 => beside()];
    let segments = move |range| prop::collection::vec(one(), range);
    let alternative = (clauses(0), segments(0..3)).prop_map(|(clauses, segments)| Alternative { clauses, segments });
    prop_oneof![
        3 => segments(0..3).prop_map(Expect::InOrder),
        1 => segments(1..3).prop_map(Expect::AnyOrder),
        1 => prop::collection::vec(alternative, 1..3).prop_map(Expect::Either),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let switch = prop_oneof![
        any::<bool>().prop_map(SocketSwitch::Nagle),
        any::<bool>().prop_map(SocketSwitch::Keepalive),
        any::<u8>().prop_map(SocketSwitch::Tos),
        span().prop_map(SocketSwitch::UserTimeout),
    ];
    prop_oneof![
        option::of(any::<u32>()).prop_map(|backlog| Call::Listen { backlog }),
        option::of(address()).prop_map(|to| Call::Connect { to }),
        select(vec![Call::Accept, Call::Shutdown, Call::Close, Call::Abort, Call::Poll]),
        (data(), any::<bool>()).prop_map(|(data, urgent)| Call::Send { data, urgent }),
        option::of(any::<u32>()).prop_map(|max| Call::Recv { max }),
        switch.prop_map(Call::Set),
        udp_call().prop_map(Call::Udp),
    ]
}

fn udp_call() -> impl Strategy<Value = UdpCall> {
    prop_oneof![
        select(vec![UdpCall::Bind, UdpCall::Recv, UdpCall::Close]),
        (data(), option::of(address())).prop_map(|(data, to)| UdpCall::Send { data, to }),
    ]
}

fn returns() -> impl Strategy<Value = Returns> {
    let ready =
        (any::<bool>(), option::of(any::<bool>()), option::of(any::<bool>())).prop_map(|(readable, urgent, error)| {
            Returns::Ready(Readiness { readable: Some(readable), urgent, error, ..Readiness::default() })
        });
    let one = prop_oneof![
        select(vec![Returns::Ok, Returns::WouldBlock, Returns::Eof]),
        select(Errno::ALL.to_vec()).prop_map(Returns::Error),
        data().prop_map(Returns::Data),
        bounds().prop_map(Returns::Sent),
        ready,
    ];
    one.prop_recursive(2, 6, 3, |one| prop::collection::vec(one, 1..3).prop_map(Returns::Either))
}

fn quantity() -> impl Strategy<Value = Quantity> {
    // ISS is the real number, which the symbol of the same name (always 0) would only repeat.
    let symbols: Vec<Symbol> = Symbol::ALL.into_iter().filter(|symbol| *symbol != Symbol::Iss).collect();
    prop_oneof![Just(Quantity::Iss), Just(Quantity::Time), select(symbols).prop_map(Quantity::Symbol)]
}

fn action() -> impl Strategy<Value = Action> {
    let saved = prop::collection::btree_map("[a-z_][a-z0-9_]{0,5}", quantity(), 1..3);
    prop_oneof![
        3 => injected().prop_map(|inject| Action::Inject(Box::new(inject))),
        3 => expect().prop_map(Action::Expect),
        2 => (conn(), call(), option::of(returns())).prop_map(|(on, call, returns)| Action::Call(CallStep { on, call, returns })),
        1 => (conn(), states()).prop_map(|(on, any_of)| Action::State(StateCheck { on, any_of })),
        1 => span().prop_map(Action::Wait),
        1 => saved.prop_map(Action::Save),
    ]
}

fn steps() -> impl Strategy<Value = Vec<At<Step>>> {
    let step = (action(), clauses(0), any::<bool>(), option::weighted(0.2, text()))
        .prop_map(|(action, clauses, continues, note)| Step { action, clauses, continues, note });
    let comparison = (any::<u32>(), any::<u32>()).prop_map(|(low, high)| Comparison {
        left: "b".to_owned(),
        right: Some("a".to_owned()),
        low,
        high,
    });
    (prop::collection::vec(step, 0..6), comparison).prop_map(|(mut steps, comparison)| {
        let names = BTreeMap::from([("a".to_owned(), Quantity::Iss), ("b".to_owned(), Quantity::Time)]);
        let plain = |action| Step { action, clauses: Vec::new(), continues: false, note: None };
        steps.push(plain(Action::Save(names)));
        steps.push(plain(Action::Check(comparison)));
        steps.into_iter().map(|value| At { line: 0, value }).collect()
    })
}

fn config() -> impl Strategy<Value = Config> {
    let switches = any::<[Option<bool>; 6]>();
    let numbers = any::<(Option<u32>, Option<u16>, Option<u8>)>();
    // Over IPv6 not every step is fit to be read.
    let ip = option::of(Just(IpVersion::V4));
    let config = (switches, numbers, option::of(span()), ip).prop_map(
        |(switches, (recv_buffer, mss, ttl), msl, ip): (_, _, Option<Span>, _)| {
            let [timestamps, sack, ecn, nagle, delayed_ack, abort_on_overflow] = switches;
            Config {
                ip,
                timestamps,
                sack,
                ecn,
                nagle,
                delayed_ack,
                abort_on_overflow,
                recv_buffer,
                mss,
                ttl,
                msl,
                ..Config::default()
            }
        },
    );
    prop_oneof![Just(Config::default()), config]
}

fn peer() -> impl Strategy<Value = Peer> {
    let mss = prop_oneof![Just(MssChoice::None), any::<u16>().prop_map(MssChoice::Value)];
    let peer = (
        option::of(any::<u32>()),
        option::of(any::<u16>()),
        option::of(mss),
        option::of(any::<u8>()),
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(isn, win, mss, wscale, sack_ok, ts)| Peer {
            isn,
            win,
            mss,
            wscale,
            sack_ok,
            ts,
            answers_arp: None,
        });
    prop_oneof![Just(Peer::default()), peer]
}

/// Any case that loads.
pub(crate) fn any_case() -> impl Strategy<Value = Case> {
    let level = select(vec![Level::Must, Level::Should, Level::May]);
    let start = option::of((select(State::ALL.to_vec()), option::of(select(vec![Via::Passive, Via::Active]))));
    let allow = prop::collection::vec(select(vec![Allow::Ack, Allow::WindowUpdate, Allow::Retransmission]), 0..3);
    let head = (some_text(), clauses(1), option::of(level), option::of(text()), start);
    // Boxed, or the whole tree of strategies would lie on the stack of a test's thread.
    (head.boxed(), peer().boxed(), config().boxed(), allow, steps().boxed()).prop_map(
        |((title, clauses, level, origin, start), peer, config, allow, steps)| {
            let given = start.map(|(given, _)| given);
            // CLOSED, LISTEN and SYN-SENT are reached in one way only.
            let two_ways = |state: State| !matches!(state, State::Closed | State::Listen | State::SynSent);
            let via = start.and_then(|(given, via)| via.filter(|_| two_ways(given)));
            let mut case = Case { title, clauses, level, origin, given, via, peer, config, allow, steps };
            if case.steps.iter().any(|step| step.value.action.speaks_of_frames()) {
                case.config.link = Some(Medium::Ethernet);
            }
            case
        },
    )
}

/// Puts comments at the ends of lines and on lines of their own, and empty lines between.
pub(super) fn with_comments(text: &str, seed: u64) -> String {
    let mut state = seed | 1;
    let mut out = String::new();
    for (number, line) in text.lines().enumerate() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        match state >> 60 {
            0 | 1 => out.push_str(&format!("{indent}# above {number}\n{line}\n")),
            2 | 3 => out.push_str(&format!("{line}  # behind {number}\n")),
            4 => out
                .push_str(&format!("\n{indent}# one {number}\n\n{indent}# two {number}\n\n{line} # three {number}\n")),
            5 => out.push_str(&format!("\n\n{line}\n")),
            _ => out.push_str(&format!("{line}\n")),
        }
    }
    if state >> 63 == 1 {
        out.push_str("\n# the end\n");
    }
    out
}
