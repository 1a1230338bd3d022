//! A packet of the target that is no TCP segment, as it looks in case space: names instead of addresses.
//!
//! Made by [`crate::peer`] from what [`crate::segment::other`] and [`crate::segment::arp`] read; compared by
//! [`crate::judge`], shown by [`crate::segment::show`].

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::{
    case::format::{AddressName, ArpKind, Message, Neighbor},
    name::{self, Name},
    target::{RuleNames, Time},
};

/// A packet that is not TCP.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CasePacket {
    /// When it left; of a datagram in fragments, when the last of them did.
    pub at: Time,
    /// The connection whose sockets it goes between, if it is UDP.
    pub on: Option<u8>,
    /// The IP source, if it has a name; `None` for ARP too.
    pub from: Option<AddressName>,
    /// The IP destination.
    pub to: Option<AddressName>,
    /// IP time to live.
    pub ttl: u8,
    /// IP DS field and ECN.
    pub tos: u8,
    /// IP Don't Fragment.
    pub df: bool,
    /// In how many IP fragments it came; 1: whole.
    pub pieces: u32,
    /// What it is.
    pub content: Content,
    /// What it says, if it is a message of neighbor discovery.
    pub neighbor: Option<Neighbor>,
    /// The rules that produced it, if the target can tell.
    pub rules: RuleNames,
    /// What is wrong with it whatever the case expects, with the clause.
    #[serde(deserialize_with = "name::read_faults")]
    pub faults: Vec<(String, Name)>,
}

/// What a packet holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Content {
    /// A UDP datagram.
    Udp {
        /// Source port.
        from_port: u16,
        /// Destination port.
        to_port: u16,
        /// What it carries.
        data: Vec<u8>,
    },
    /// An ICMP message.
    Icmp {
        /// Type and code.
        message: Message,
        /// The 32 bits behind the checksum.
        rest: [u8; 4],
        /// What follows them: the quote of an error, the data of an echo.
        body: Vec<u8>,
        /// Of an error: what it quotes, if that is the beginning of a packet the peer has sent.
        quote: Option<Quoted>,
    },
    /// An ARP packet.
    Arp {
        /// What it is for.
        kind: ArpKind,
        /// The sender's IP address.
        sender: Option<AddressName>,
        /// The sender's station.
        sender_mac: Option<AddressName>,
        /// The target's IP address.
        target: Option<AddressName>,
        /// The target's station.
        target_mac: Option<AddressName>,
    },
    /// A fragment of a datagram of which others are missing yet.
    Fragment {
        /// The protocol of the datagram.
        protocol: u8,
        /// Which bytes of its payload.
        bytes: Range<usize>,
        /// No more follow.
        last: bool,
    },
    /// Another protocol.
    Protocol {
        /// Its number.
        number: u8,
        /// Bytes of payload.
        len: usize,
    },
    /// No packet of a kind that can be read.
    Unreadable {
        /// Bytes in all.
        len: usize,
    },
}

impl Default for Content {
    fn default() -> Self {
        Self::Unreadable { len: 0 }
    }
}

/// How much of a packet an ICMP error quotes, unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quoted {
    /// Bytes behind the quoted IP header.
    pub bytes: usize,
    /// That is all of the packet.
    pub whole: bool,
}
