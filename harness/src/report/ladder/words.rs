//! Injected segments, calls and spans of a case in one line, before any number is known.

use crate::case::format::{
    AddressName, Arp, Call, CallStep, Checksum, Comparison, Data, ExpectSegment, Fragments, Icmp, Inject, Ip, Options,
    Order, Quantity, SocketSwitch, Udp, UdpCall,
};

/// `SYN seq=0 <mss 1460>`.
pub(super) fn inject(inject: &Inject) -> String {
    let mut words = Words(Vec::new());
    if let Some(message) = &inject.icmp {
        icmp(message, &mut words);
    } else if let Some(datagram) = &inject.udp {
        udp(datagram, &mut words);
    } else if let Some(packet) = &inject.arp {
        arp(packet, &mut words);
    } else if let Some(raw) = &inject.raw {
        words.0.push(format!("{} raw bytes", raw.0.len()));
    } else {
        words.0.push(inject.flags.to_string());
        words.field("seq", inject.seq.as_ref());
        words.field("ack", inject.ack.as_ref());
        words.field("win", inject.win);
        words.field("urg", inject.urg);
        words.field("data", inject.data.as_ref().map(data));
        let options = options(&inject.options);
        if !options.is_empty() {
            words.0.push(format!("<{options}>"));
        }
        words.field("checksum", inject.checksum.map(checksum));
        words.field("data-offset", inject.data_offset);
    }
    ip("ip", &inject.ip, &mut words);
    if let Some(how) = &inject.fragments {
        fragments(how, &mut words);
    }
    words.field("frame from", inject.frame.from.map(AddressName::name));
    words.field("frame to", inject.frame.to.map(AddressName::name));
    words.field("from", inject.from.map(AddressName::name));
    words.field("to", inject.to.map(AddressName::name));
    words.field("on", inject.on.as_ref());
    words.0.join(" ")
}

/// The time bounds of an expected segment.
pub(super) fn times(segment: &ExpectSegment) -> String {
    let mut text = String::new();
    if let Some(after) = segment.after {
        text += &format!(" after {after}");
    }
    if let Some(within) = segment.within {
        text += &format!(" within {within}");
    }
    if let Some(backoff) = segment.backoff {
        text += &format!(" intervals ×{backoff}");
    }
    text
}

/// `send "hello"`, `close on b`.
pub(super) fn call(step: &CallStep) -> String {
    let text = match &step.call {
        Call::Listen { backlog: None } => "listen".to_owned(),
        Call::Listen { backlog: Some(backlog) } => format!("listen backlog {backlog}"),
        Call::Connect { to: None } => "connect".to_owned(),
        Call::Connect { to: Some(to) } => format!("connect to {}", to.name()),
        Call::Accept => "accept".to_owned(),
        Call::Send { data: bytes, urgent: false } => format!("send {}", data(bytes)),
        Call::Send { data: bytes, urgent: true } => format!("send {} urgent", data(bytes)),
        Call::Recv { max: None } => "recv".to_owned(),
        Call::Recv { max: Some(max) } => format!("recv at most {max}"),
        Call::Shutdown => "shutdown".to_owned(),
        Call::Close => "close".to_owned(),
        Call::Abort => "abort".to_owned(),
        Call::Poll => "poll".to_owned(),
        Call::Set(SocketSwitch::Nagle(on)) => format!("set nagle {}", on_off(*on)),
        Call::Set(SocketSwitch::Keepalive(on)) => format!("set keepalive {}", on_off(*on)),
        Call::Set(SocketSwitch::Tos(tos)) => format!("set tos {tos}"),
        Call::Set(SocketSwitch::UserTimeout(span)) => format!("set user-timeout {span}"),
        Call::Udp(UdpCall::Bind) => "udp-bind".to_owned(),
        Call::Udp(UdpCall::Recv) => "udp-recv".to_owned(),
        Call::Udp(UdpCall::Close) => "udp-close".to_owned(),
        Call::Udp(UdpCall::Send { data: bytes, to: None }) => format!("udp-send {}", data(bytes)),
        Call::Udp(UdpCall::Send { data: bytes, to: Some(to) }) => format!("udp-send {} to {}", data(bytes), to.name()),
    };
    text + &step.on.as_ref().map(|on| format!(" on {on}")).unwrap_or_default()
}

/// `isn1 = ISS`.
pub(super) fn kept(name: &str, what: Quantity) -> String {
    match what {
        Quantity::Iss => format!("{name} = ISS"),
        Quantity::Time => format!("{name} = TIME"),
        Quantity::Symbol(symbol) => format!("{name} = {symbol}"),
    }
}

/// `isn2 - isn1 in 1..9`.
pub(super) fn comparison(comparison: &Comparison) -> String {
    let right = comparison.right.as_ref().map(|right| format!(" - {right}")).unwrap_or_default();
    format!("{}{right} in {}..{}", comparison.left, comparison.low, comparison.high)
}

struct Words(Vec<String>);

impl Words {
    fn field(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        self.0.extend(value.map(|value| format!("{name}={value}")));
    }
}

fn data(data: &Data) -> String {
    match data {
        Data::Text(text) => format!("{text:?}"),
        Data::Hex(bytes) => format!("{} bytes", bytes.0.len()),
        Data::Pattern(len) => format!("{len} bytes"),
    }
}

fn options(options: &Options) -> String {
    let mut words = Vec::new();
    words.extend(options.mss.map(|mss| format!("mss {mss}")));
    words.extend(options.sack_ok.then(|| "sack-ok".to_owned()));
    words.extend(options.ts.as_ref().map(|(val, ecr)| format!("ts {val} ecr {ecr}")));
    words.extend(options.wscale.map(|shift| format!("wscale {shift}")));
    words.extend(options.sack.iter().map(|(left, right)| format!("sack {left}..{right}")));
    words.extend(options.raw.as_ref().map(|raw| format!("{} raw bytes", raw.0.len())));
    words.join(", ")
}

fn icmp(icmp: &Icmp, words: &mut Words) {
    words.0.push(format!("ICMP {}", icmp.message));
    if let Some(quote) = &icmp.quote {
        words.field("about seq", quote.seq.as_ref());
        words.field("quoting", quote.length.map(|length| format!("{length} bytes")));
        ip("quoted ip", &quote.ip, words);
    }
    words.field("data", icmp.data.as_ref().map(data));
    words.field("mtu", icmp.mtu);
    words.field("pointer", icmp.pointer);
    words.field("id", icmp.id);
    words.field("seq", icmp.seq);
    words.field("checksum", icmp.checksum.map(checksum));
}

fn udp(udp: &Udp, words: &mut Words) {
    words.0.push("UDP".to_owned());
    words.field("from-port", udp.from_port);
    words.field("to-port", udp.to_port);
    words.field("data", udp.data.as_ref().map(data));
    words.field("length", udp.length);
    words.field("checksum", udp.checksum.map(checksum));
}

fn arp(arp: &Arp, words: &mut Words) {
    words.0.push(format!("ARP {}", arp.kind));
    words.field("sender", arp.sender.map(AddressName::name));
    words.field("target", arp.target.map(AddressName::name));
    words.field("sender-mac", arp.sender_mac.map(AddressName::name));
    words.field("target-mac", arp.target_mac.map(AddressName::name));
    words.field("operation", arp.operation);
    words.field("hardware", arp.hardware);
    words.field("protocol", arp.protocol);
}

fn fragments(how: &Fragments, words: &mut Words) {
    words.0.push(format!("in fragments of {}", how.size));
    words.field("overlapping", (how.overlap > 0).then_some(how.overlap));
    words.0.extend(how.conflict.then(|| "with other bytes".to_owned()));
    match &how.order {
        Order::InOrder => {}
        Order::Reversed => words.0.push("reversed".to_owned()),
        Order::Listed(numbers) => {
            let numbers: Vec<_> = numbers.iter().map(ToString::to_string).collect();
            words.0.push(format!("only {}", numbers.join(", ")));
        }
    }
}

fn ip(name: &str, ip: &Ip, words: &mut Words) {
    words.field(&format!("{name}.ttl"), ip.ttl);
    words.field(&format!("{name}.tos"), ip.tos);
    words.field(&format!("{name}.id"), ip.id);
    words.field(&format!("{name}.df"), ip.df);
    words.field(&format!("{name}.mf"), ip.mf);
    words.field(&format!("{name}.fragment-offset"), ip.fragment_offset);
    words.field(&format!("{name}.length"), ip.length);
    words.field(&format!("{name}.version"), ip.version);
    words.field(&format!("{name}.header-length"), ip.header_length);
    words.field(&format!("{name}.protocol"), ip.protocol);
    words.field(&format!("{name}.checksum"), ip.checksum.map(checksum));
    words.field(&format!("{name}.options"), ip.options.as_ref().map(|bytes| format!("{} bytes", bytes.0.len())));
}

fn checksum(checksum: Checksum) -> String {
    match checksum {
        Checksum::Bad => "bad".to_owned(),
        Checksum::Value(value) => format!("{value:#06x}"),
    }
}

const fn on_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}
