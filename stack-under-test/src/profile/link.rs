//! What an Ethernet link leaves open (RFC5227, RFC4861#10).

use core::time::Duration;

/// How a host comes to use an address on Ethernet (RFC5227, RFC4862#5.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClaim {
    /// Without a word.
    Silent,
    /// It is announced, by a gratuitous ARP or an unsolicited advertisement (RFC5227#2.3).
    Announce,
    /// First the others are asked; the address is used if nobody has it (RFC5227#2.1).
    ProbeAndAnnounce,
}

/// Choices of a host on an Ethernet link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkChoices {
    /// How an address of ours comes into use.
    pub address_claim: AddressClaim,
    /// How long a neighbor's station counts as confirmed (RFC4861#10: 30 s).
    pub reachable: Duration,
    /// How long a station that is not confirmed is used before it is asked for (RFC4861#10: 5 s).
    pub first_probe: Duration,
    /// Time between two questions (RFC4861#10: 1 s, which RFC1122#2.3.2.1 has as the least).
    pub retransmit: Duration,
    /// Questions to all before a neighbor counts as unreachable (RFC4861#10: 3).
    pub multicast_probes: u32,
    /// Questions to the station that had the address before it is forgotten (RFC4861#10: 3).
    pub unicast_probes: u32,
}

impl Default for LinkChoices {
    /// What RFC 4861 and RFC 5227 name as the usual.
    fn default() -> Self {
        Self {
            address_claim: AddressClaim::Announce,
            reachable: Duration::from_secs(30),
            first_probe: Duration::from_secs(5),
            retransmit: Duration::from_secs(1),
            multicast_probes: 3,
            unicast_probes: 3,
        }
    }
}
