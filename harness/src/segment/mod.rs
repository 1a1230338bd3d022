//! The harness's own TCP/IP codec, on `pnet_packet`.
//!
//! On purpose not the reference's `wire`: if both sides shared one codec, one checksum bug would hide on both.
//! Over IPv4 and IPv6 alike. [`build`] can get every field wrong, [`icmp`], [`udp`], [`arp`] and [`fragment`] build what
//! is more or less than a segment; [`parse`] takes anything a target may emit, [`other`] what is no segment,
//! [`assemble`] joins its fragments; [`ethernet`] is what is around them, [`checksum`] is theirs, [`show`] prints one line.

pub mod arp;
pub mod assemble;
pub mod build;
pub mod checksum;
pub mod ethernet;
pub mod fragment;
pub mod icmp;
mod ip_options;
pub(crate) mod ipv6;
pub mod neighbor;
pub mod other;
pub mod parse;
pub mod show;
pub mod udp;
