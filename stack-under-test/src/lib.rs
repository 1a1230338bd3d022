//! The reference TCP/IP stack of rfc793: a host with Ethernet or a bare IP link, IPv4 and IPv6, ICMP, UDP and TCP as RFC
//! 9293 has it, to be held against other stacks.
//!
//! # Sans-IO
//!
//! [`Stack`] does no I/O: no socket, clock, thread or random source is inside. Packets, user calls and
//! the time come in; packets, events and the next deadline come out. The same inputs give the same
//! outputs, byte for byte, so a run is repeated from its [`Config::seed`], and [`Stack`] is `Clone`, so
//! a run can branch.
//!
//! There are three inputs, each with the time:
//!
//! - [`Stack::handle_packet`]: an IP packet arrived;
//! - [`Stack::user_call`]: an application calls; it gets its answer at once and never blocks;
//! - [`Stack::handle_timeout`]: the time [`Stack::poll_timeout`] named has come.
//!
//! After any of them there may be new outputs, to be asked for in this order:
//!
//! 1. [`Stack::poll_transmit`] until it returns `None`: packets that leave. Text and delayed work are
//!    put into segments here, so packets handled in one go are acknowledged together (MUST-59);
//! 2. [`Stack::poll_event`] until it returns `None`: state changes, drops, reports to users;
//! 3. [`Stack::poll_timeout`]: the next deadline. Any later input makes the answer stale.
//!
//! Calls may come in any order and extra ones are harmless: an early `handle_timeout` does nothing, a
//! second `poll_*` finds nothing. Time should not run backwards; if it does, timers wait longer.
//! Whoever never polls loses packets and events at fixed bounds ([`profile::Limits`]), not memory. No
//! input makes it panic.
//!
//! # Why it answered
//!
//! Every packet that leaves and every event names its [`Rule`]s with their clauses. What the RFCs leave
//! open is a field of [`Profile`], with its alternatives and its clause.
//!
//! # Where to start
//!
//! [`tcp`] has a file per subsection of RFC9293#3.10; the order of the steps in it is the RFC's.
//!
//! Window scale, timestamps, SACK, ECN, SYN cookies and path MTU discovery are off unless the profile has them
//! ([`Profile::extended`]).
//!
//! Left out so far: forwarding, router discovery, multicast groups.
#![forbid(unsafe_code)]

mod call;
mod event;
mod icmp;
mod ip;
pub(crate) mod link;
mod outbox;
#[cfg(test)]
mod packet_script;
pub mod profile;
pub mod rule;
mod stack;
pub mod tcp;
pub mod time;
mod udp;
pub mod wire;

pub use call::{CallError, Keepalive, Readiness, Reply, SocketId, SocketOption, SocketOptions, Status, UserCall};
pub use event::{Event, Notice};
pub use ip::host::Cidr;
pub use ip::route::Route;
pub use link::Medium;
pub use outbox::Transmit;
pub use profile::Profile;
pub use rule::{Rule, Rules};
pub use stack::{Config, Stack};
pub use tcp::state::State;
pub use time::Instant;
pub use udp::Datagram;
