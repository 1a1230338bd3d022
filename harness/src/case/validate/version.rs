//! What a case over IPv6 cannot say: fields that only the IPv4 header has, broadcast addresses, and ICMP messages that
//! ICMPv6 does not have.
//!
//! Called by [`super::check`].

use super::{
    super::{
        error::Fault,
        format::{Action, AddressName, Call, Case, Inject, Ip, IpVersion, UdpCall},
        tree::Node,
    },
    step_mark,
};

/// RFC8200#5: every link can carry so much.
const LEAST_MTU: u16 = 1280;

/// What does not fit IPv6, and what to do about it.
struct Misfit {
    what: String,
    help: &'static str,
}

fn misfit(what: impl Into<String>, help: &'static str) -> Result<(), Misfit> {
    Err(Misfit { what: what.into(), help })
}

/// Checks a case that speaks IPv6; any other is fine.
pub(super) fn check(case: &Case, tree: &Node) -> Result<(), Box<Fault>> {
    if case.config.ip != Some(IpVersion::V6) {
        return Ok(());
    }
    if let Some(mtu) = case.config.mtu.filter(|mtu| *mtu < LEAST_MTU) {
        let mark = tree.get("config").map_or(tree.mark, |config| config.entry_mark("mtu"));
        return Err(Fault::at(mark, format!("an MTU of {mtu} over IPv6"))
            .help(format!("IPv6 asks of every link to carry {LEAST_MTU} octets (RFC 8200, section 5)")));
    }
    for (index, step) in case.steps.iter().enumerate() {
        let (key, found) = match &step.value.action {
            Action::Inject(inject) => ("inject", inject_fits(inject)),
            Action::Call(call) => match &call.call {
                Call::Connect { to } | Call::Udp(UdpCall::Send { to, .. }) => ("call", address_fits(*to)),
                Call::Listen { .. }
                | Call::Accept
                | Call::Send { .. }
                | Call::Recv { .. }
                | Call::Shutdown
                | Call::Close
                | Call::Abort
                | Call::Poll
                | Call::Set(_)
                | Call::Udp(UdpCall::Bind | UdpCall::Recv | UdpCall::Close) => continue,
            },
            Action::Expect(expect) if expect.segments().any(|segment| segment.arp.is_some()) => ("expect", no_arp()),
            Action::Expect(_) | Action::State(_) | Action::Wait(_) | Action::Save(_) | Action::Check(_) => continue,
        };
        if let Err(Misfit { what, help }) = found {
            return Err(Fault::at(step_mark(tree, index, key), what).help(help));
        }
    }
    Ok(())
}

fn no_arp() -> Result<(), Misfit> {
    misfit(
        "ARP over IPv6",
        "there it is neighbor discovery: `icmp: neighbor-solicitation`, `icmp: neighbor-advertisement`",
    )
}

fn inject_fits(inject: &Inject) -> Result<(), Misfit> {
    if inject.arp.is_some() {
        return no_arp();
    }
    address_fits(inject.from)?;
    address_fits(inject.to)?;
    ip_fits(&inject.ip, inject.fragments.is_some())?;
    let Some(icmp) = &inject.icmp else { return Ok(()) };
    if icmp.message.in_v6().is_none() {
        return misfit(
            format!("ICMPv6 has no `{}`", icmp.message),
            "write `ip: 4`, or a message that both have: net-unreachable, host-unreachable, communication-prohibited, \
             protocol-unreachable, port-unreachable, fragmentation-needed, time-exceeded, parameter-problem, echo-request",
        );
    }
    icmp.quote.as_ref().map_or(Ok(()), |quote| ip_fits(&quote.ip, false))
}

fn address_fits(address: Option<AddressName>) -> Result<(), Misfit> {
    match address {
        Some(AddressName::SubnetBroadcast | AddressName::LimitedBroadcast) => {
            misfit("IPv6 has no broadcast address", "`multicast` is the group of all nodes (ff02::1)")
        }
        None
        | Some(
            AddressName::Peer
            | AddressName::OtherPeer
            | AddressName::Target
            | AddressName::Multicast
            | AddressName::Loopback
            | AddressName::Unspecified
            | AddressName::Gateway
            | AddressName::OffLink,
        ) => Ok(()),
    }
}

/// `in_pieces`: there will be a fragment header, which has some of them.
fn ip_fits(ip: &Ip, in_pieces: bool) -> Result<(), Misfit> {
    let Ip {
        ttl: _,
        tos: _,
        id,
        df,
        mf,
        fragment_offset,
        length: _,
        version: _,
        header_length,
        protocol: _,
        checksum,
        options,
    } = ip;
    let has_fragment_header = in_pieces || mf.is_some() || fragment_offset.is_some();
    let odd = [
        ("df", df.is_some()),
        ("header-length", header_length.is_some()),
        ("checksum", checksum.is_some()),
        ("options", options.is_some()),
        ("id", id.is_some() && !has_fragment_header),
    ];
    match odd.into_iter().find(|(_, is_there)| *is_there) {
        Some(("id", _)) => misfit("`ip: { id }` over IPv6, which numbers fragments only", "leave it out"),
        Some((field, _)) => misfit(format!("`ip: {{ {field} }}`: the IPv6 header has no such field"), "leave it out"),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
