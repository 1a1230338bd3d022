//! The functions and types of `shim/shim.h`, as C lays them out. Called by `lib.rs` only, under its lock.

use std::{ffi::c_char, net::SocketAddrV4, time::Duration};

use crate::Options;

/// `SHIM_ASSERTION`
pub(crate) const ASSERTION: i32 = -1000;
/// `SHIM_NO_SOCKET`
pub(crate) const NO_SOCKET: i32 = -1001;

/// `struct shim_address`
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Address {
    pub(crate) ip: u32,
    pub(crate) port: u16,
}

impl From<SocketAddrV4> for Address {
    fn from(address: SocketAddrV4) -> Self {
        Self { ip: address.ip().to_bits(), port: address.port() }
    }
}

/// `struct shim_options`
#[repr(C)]
pub(crate) struct SocketOptions {
    ttl: u8,
    tos: u8,
    nodelay: u8,
    keepalive: u8,
    keep_idle: u32,
    keep_interval: u32,
    keep_count: u32,
}

impl From<&Options> for SocketOptions {
    fn from(options: &Options) -> Self {
        let millis =
            |time: Option<Duration>| time.map_or(0, |time| u32::try_from(time.as_millis()).unwrap_or(u32::MAX).max(1));
        Self {
            ttl: options.ttl.unwrap_or(0),
            tos: options.tos,
            nodelay: u8::from(options.nodelay),
            keepalive: u8::from(options.keepalive),
            keep_idle: millis(options.keep_idle),
            keep_interval: millis(options.keep_interval),
            keep_count: options.keep_count.unwrap_or(0),
        }
    }
}

/// `struct shim_status`
#[repr(C)]
#[derive(Default)]
pub(crate) struct Status {
    pub(crate) unread: u64,
    pub(crate) free: u32,
    pub(crate) error: i32,
    pub(crate) state: i32,
    pub(crate) eof: u8,
    pub(crate) connected: u8,
}

unsafe extern "C" {
    pub(crate) fn shim_version() -> *const c_char;
    pub(crate) fn shim_open(address: u32, netmask: u32) -> i32;
    pub(crate) fn shim_reset(iss: u32, mtu: u16) -> i32;
    pub(crate) fn shim_said() -> *const c_char;
    pub(crate) fn shim_input(packet: *const u8, len: u16) -> i32;
    pub(crate) fn shim_emitted() -> usize;
    pub(crate) fn shim_take(into: *mut u8);
    pub(crate) fn shim_fast_timer() -> i32;
    pub(crate) fn shim_slow_timer() -> i32;
    pub(crate) fn shim_reassembly_timer() -> i32;
    pub(crate) fn shim_listen(at: Address, options: *const SocketOptions, socket: *mut u32) -> i32;
    pub(crate) fn shim_connect(from: Address, to: Address, options: *const SocketOptions, socket: *mut u32) -> i32;
    pub(crate) fn shim_accept(listener: u32, socket: *mut u32, remote: *mut Address) -> i32;
    pub(crate) fn shim_send(socket: u32, bytes: *const u8, len: usize) -> i32;
    pub(crate) fn shim_recv(socket: u32, into: *mut u8, len: usize) -> i32;
    pub(crate) fn shim_shutdown(socket: u32) -> i32;
    pub(crate) fn shim_close(socket: u32) -> i32;
    pub(crate) fn shim_abort(socket: u32) -> i32;
    pub(crate) fn shim_set_nodelay(socket: u32, on: i32) -> i32;
    pub(crate) fn shim_set_keepalive(socket: u32, on: i32) -> i32;
    pub(crate) fn shim_set_tos(socket: u32, tos: u8) -> i32;
    pub(crate) fn shim_status(socket: u32, status: *mut Status) -> i32;
    pub(crate) fn shim_take_error(socket: u32) -> i32;
    pub(crate) fn shim_state(local: Address, remote: Address) -> i32;
    pub(crate) fn shim_is_listening(port: u16) -> i32;
    pub(crate) fn shim_rto(local: Address, remote: Address) -> i32;
}
