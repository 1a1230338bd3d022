//! Bytes ↔ headers.
//!
//! Two levels each: a checked view over received bytes ([`ipv4::Ipv4Packet`], [`tcp::TcpSegment`], [`icmp::IcmpMessage`])
//! and a `Repr` that can hold only what the stack would send ([`ipv4::Ipv4Repr`], [`tcp::TcpRepr`]).
//! `parse` is total: any bytes give a view or a named error, never a panic, and a view's accessors
//! cannot fail. Parsing allocates nothing; emitting appends to the caller's buffer.
//!
//! `Stack::handle_packet` calls the parsers, the output path the emitters. The harness has its own
//! codec on purpose: one shared checksum bug would hide on both sides.
//!
//! Left out: sending IPv4 options, and any header field set wrong on purpose (the harness's job).
//!
//! ```
//! use core::net::Ipv4Addr;
//! use stack_under_test::tcp::seq::Seq;
//! use stack_under_test::wire::ipv4::{Ipv4Packet, Ipv4Repr, PROTOCOL_TCP};
//! use stack_under_test::wire::tcp::{Flags, TcpRepr, TcpSegment};
//! use stack_under_test::wire::tcp_options::TcpOptions;
//!
//! let (here, there) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
//! let syn = TcpRepr {
//!     src_port: 4000,
//!     dst_port: 80,
//!     seq: Seq(1),
//!     ack: Seq(0),
//!     flags: Flags::SYN,
//!     window: 65535,
//!     urgent: 0,
//!     options: TcpOptions { mss: Some(1460), ..TcpOptions::default() },
//!     text: &[],
//! };
//! let mut packet = Vec::new();
//! Ipv4Repr::new(here, there, PROTOCOL_TCP).emit(syn.wire_len(), &mut packet)?;
//! syn.emit(here, there, &mut packet);
//!
//! let ip = Ipv4Packet::parse(&packet)?;
//! let segment = TcpSegment::parse(ip.source(), ip.destination(), ip.payload())?;
//! assert_eq!(segment.flags(), Flags::SYN);
//! assert_eq!(TcpOptions::parse(segment.options_raw())?.mss, Some(1460));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod arp;
pub mod checksum;
pub mod ethernet;
pub mod icmp;
pub mod ipv4;
pub mod ipv6;
pub mod tcp;
pub mod tcp_options;
pub mod udp;
