//! What a case must have beyond fields of the right type: a clause, something it checks, names that exist.
//!
//! Called by [`crate::case::load`] on each typed case, and by [`crate::generate::shrink`] on what it makes of one.

mod version;

use std::collections::BTreeSet;

use super::{
    error::{Fault, Mark},
    format::{Action, Case, Comparison, Data, ExpectIp, ExpectSegment, Inject, IpVersion, Medium, Order, Quote},
    suggest::did_you_mean,
    tree::{Content, Node},
};

/// What an injected segment's text may be at most: the IP length field has 16 bits.
const MAX_SEGMENT_TEXT: u32 = 65_535 - 20 - 20;

/// More connections than this in one case are refused; a run numbers them with a byte.
const MAX_CONNECTIONS: usize = 200;

/// Checks a case that was read from `tree`.
pub(super) fn check(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    if case.title.trim().is_empty() {
        return Err(
            Fault::at(tree.entry_mark("title"), "an empty title").help("one sentence: what the RFC says happens")
        );
    }
    if case.clauses.is_empty() {
        return Err(Fault::at(tree.entry_mark("clauses"), "no clause")
            .help("name the requirements the verdict rests on: `clauses: [MUST-13]`"));
    }
    if !checks_anything(case) {
        return Err(Fault::at(tree.entry_mark("steps"), "a case that checks nothing")
            .help("add an `expect`, a `state`, a `check`, or a `call` with `returns`"));
    }
    check_steps(case, tree)
}

/// Whether any step checks something.
pub(crate) fn checks_anything(case: &Case) -> bool {
    case.steps.iter().any(|step| checks_something(&step.value.action))
}

/// Whether the steps fit together, for a case that stands in no file.
pub(crate) fn is_consistent(case: &Case) -> bool {
    check_steps(case, &Node::plain("")).is_ok()
}

fn check_steps(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    version::check(case, tree)?;
    check_names(case, tree)?;
    check_connections(case, tree)?;
    check_packets(case, tree)?;
    check_lengths(case, tree)
}

fn checks_something(action: &Action) -> bool {
    match action {
        Action::Expect(_) | Action::State(_) | Action::Check(_) => true,
        Action::Call(call) => call.returns.is_some(),
        Action::Inject(_) | Action::Wait(_) | Action::Save(_) => false,
    }
}

/// `check` speaks of names that a `save` above has kept.
fn check_names(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    let mut kept: BTreeSet<&str> = BTreeSet::new();
    for (index, step) in case.steps.iter().enumerate() {
        match &step.value.action {
            Action::Save(names) => kept.extend(names.keys().map(String::as_str)),
            Action::Check(Comparison { left, right, .. }) => {
                let unknown = std::iter::once(left).chain(right).find(|name| !kept.contains(name.as_str()));
                if let Some(name) = unknown {
                    let help = did_you_mean(name, kept.iter().copied())
                        .unwrap_or_else(|| format!("keep it in a step above: `save: {{ {name}: ISS }}`"));
                    let message = format!("no `save` above keeps `{name}`");
                    return Err(Fault::at(step_mark(tree, index, "check"), message).help(help));
                }
            }
            Action::Inject(_) | Action::Expect(_) | Action::Call(_) | Action::State(_) | Action::Wait(_) => {}
        }
    }
    Ok(())
}

/// No more connections than a run can tell apart.
fn check_connections(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for (index, step) in case.steps.iter().enumerate() {
        let (key, named): (_, Vec<&str>) = match &step.value.action {
            Action::Inject(inject) => ("inject", inject.on.iter().map(String::as_str).collect()),
            Action::Expect(expect) => {
                ("expect", expect.segments().filter_map(|segment| segment.on.as_deref()).collect())
            }
            Action::Call(call) => ("call", call.on.iter().map(String::as_str).collect()),
            Action::State(check) => ("state", check.on.iter().map(String::as_str).collect()),
            Action::Wait(_) | Action::Save(_) | Action::Check(_) => continue,
        };
        names.extend(named);
        if names.len() > MAX_CONNECTIONS {
            let message = format!("more than {MAX_CONNECTIONS} connections in one case");
            return Err(Fault::at(step_mark(tree, index, key), message));
        }
    }
    Ok(())
}

/// What is expected is one kind of packet, and the link is one that carries it.
fn check_packets(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    for (index, step) in case.steps.iter().enumerate() {
        if let Action::Expect(expect) = &step.value.action
            && let Some(message) = expect.segments().find_map(mixed)
        {
            return Err(Fault::at(step_mark(tree, index, "expect"), message)
                .help("a packet is a TCP segment, or one of `icmp`, `udp` and `arp` with its own fields inside"));
        }
        if case.config.link != Some(Medium::Ethernet) && step.value.action.speaks_of_frames() {
            let key = if matches!(step.value.action, Action::Inject(_)) { "inject" } else { "expect" };
            return Err(Fault::at(
                step_mark(tree, index, key),
                "ARP, neighbor discovery and frames on a link without them",
            )
            .help("add `config: { link: ethernet }`"));
        }
        if case.config.ip != Some(IpVersion::V6) && step.value.action.speaks_of_neighbors() {
            let key = if matches!(step.value.action, Action::Inject(_)) { "inject" } else { "expect" };
            return Err(Fault::at(step_mark(tree, index, key), "neighbor discovery over IPv4")
                .help("add `config: { ip: 6 }`; IPv4 has ARP"));
        }
    }
    Ok(())
}

/// What may not stand side by side in an expected packet.
fn mixed(segment: &ExpectSegment) -> Option<String> {
    let kinds = [("icmp", segment.icmp.is_some()), ("udp", segment.udp.is_some()), ("arp", segment.arp.is_some())];
    let mut present = kinds.into_iter().filter_map(|(name, present)| present.then_some(name));
    let kind = present.next();
    if let (Some(one), Some(other)) = (kind, present.next()) {
        return Some(format!("`{other}` beside `{one}`"));
    }
    let tcp = [
        ("flags", segment.flags.is_some()),
        ("seq", segment.seq.is_some()),
        ("ack", segment.ack.is_some()),
        ("win", segment.win.is_some()),
        ("urg", segment.urg.is_some()),
        ("data", segment.data.is_some()),
        ("len", segment.len.is_some()),
        ("mss", segment.mss.is_some()),
        ("wscale", segment.wscale.is_some()),
        ("sack-ok", segment.sack_ok.is_some()),
        ("sack", segment.sack.is_some()),
        ("ts", segment.ts.is_some()),
    ];
    let ip = [
        ("from", segment.from.is_some()),
        ("to", segment.to.is_some()),
        ("pieces", segment.pieces.is_some()),
        ("ip", segment.ip != ExpectIp::default()),
    ];
    match kind {
        None => {
            // A segment's addresses are those of its connection.
            let field = ip.into_iter().take(3).find(|(_, present)| *present);
            field.map(|(field, _)| format!("`{field}` of a TCP segment is not compared"))
        }
        Some(kind) => {
            let of_ip = ip.into_iter().filter(|_| kind == "arp");
            let field = tcp.into_iter().chain(of_ip).find(|(_, present)| *present);
            field.map(|(field, _)| format!("`{field}` beside `{kind}`"))
        }
    }
}

/// An injected segment fits an IP packet, and its options fit the header.
fn check_lengths(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    for (index, step) in case.steps.iter().enumerate() {
        let Action::Inject(inject) = &step.value.action else { continue };
        let text = inject.data.as_ref().map_or(0, length);
        let mark = || step_mark(tree, index, "inject");
        if text > MAX_SEGMENT_TEXT {
            return Err(Fault::at(
                mark(),
                format!("{text} bytes of text in one segment; at most {MAX_SEGMENT_TEXT} fit"),
            ));
        }
        let options = inject.options.wire_len();
        if options > 40 {
            return Err(Fault::at(mark(), format!("{options} bytes of TCP options; the header has room for 40")));
        }
        let payload = payload_length(inject, case.config.ip.unwrap_or_default());
        if (inject.icmp.is_some() || inject.udp.is_some()) && payload > MAX_SEGMENT_TEXT + 20 {
            let most = MAX_SEGMENT_TEXT + 20;
            return Err(Fault::at(mark(), format!("{payload} bytes in one IP packet; at most {most} fit")));
        }
        let Some(fragments) = &inject.fragments else { continue };
        let count = fragments.count(payload as usize);
        let Order::Listed(numbers) = &fragments.order else { continue };
        if let Some(number) = numbers.iter().find(|number| !(1..=count).contains(&usize::from(**number))) {
            let message = format!("no fragment {number}: {payload} bytes in pieces of {} are {count}", fragments.size);
            return Err(Fault::at(mark(), message).help("they are counted from 1; header and options count too"));
        }
    }
    Ok(())
}

fn length(data: &Data) -> u32 {
    match data {
        Data::Text(text) => u32::try_from(text.len()).unwrap_or(u32::MAX),
        Data::Hex(bytes) => u32::try_from(bytes.0.len()).unwrap_or(u32::MAX),
        Data::Pattern(len) => *len,
    }
}

/// How many bytes follow the IP header of an injected packet.
fn payload_length(inject: &Inject, version: IpVersion) -> u32 {
    let small = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
    if let Some(raw) = &inject.raw {
        return small(raw.0.len());
    }
    if let Some(udp) = &inject.udp {
        return udp.data.as_ref().map_or(0, length).saturating_add(8);
    }
    let Some(icmp) = &inject.icmp else {
        let text = inject.data.as_ref().map_or(0, length);
        return text.saturating_add(20).saturating_add(small(inject.options.wire_len()));
    };
    let body = match (&icmp.data, &icmp.quote) {
        (Some(data), _) => length(data),
        (None, None) if !icmp.message.is_error() => 0,
        (None, quote) => {
            let usual = Quote::default();
            let quote = quote.as_ref().unwrap_or(&usual);
            let options = quote.ip.options.as_ref().map_or(0, |options| options.0.len().next_multiple_of(4));
            small(version.header_len() + options) + u32::from(quote.length(version))
        }
    };
    body.saturating_add(8)
}

/// The place of the value under `key` in a step.
fn step_mark(tree: &Node, index: usize, key: &str) -> Mark {
    let step = tree.get("steps").and_then(|steps| match &steps.content {
        Content::List(items) => items.get(index),
        Content::Scalar { .. } | Content::Map(_) => None,
    });
    step.map_or(tree.mark, |step| step.get(key).unwrap_or(step).mark)
}
