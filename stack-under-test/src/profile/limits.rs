//! How large everything that grows with input may become.

/// Upper bounds of everything that grows with input. None is a protocol matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCBs, of all states together. Further SYNs and OPENs find no room.
    pub connections: usize,
    /// Sockets: listeners, connections and what is left of deleted ones until they are closed.
    pub sockets: usize,
    /// Largest backlog a listener gets.
    pub backlog: usize,
    /// Separate ranges of out-of-order text a connection keeps.
    pub out_of_order_ranges: usize,
    /// Separate ranges of selectively acknowledged text a sender remembers.
    pub sack_ranges: usize,
    /// Largest send buffer of a connection, octets.
    pub send_buffer: usize,
    /// Largest receive buffer of a connection, octets.
    pub recv_buffer: usize,
    /// Datagrams of which some fragments have come.
    pub datagrams: usize,
    /// Neighbors whose stations are remembered.
    pub neighbors: usize,
    /// Packets that wait for one neighbor's answer; the oldest goes first (RFC1122#2.3.2.2).
    pub neighbor_queue: usize,
    /// Destinations for which a redirect named the gateway; the oldest goes first.
    pub redirects: usize,
    /// Datagrams that wait in one UDP socket.
    pub udp_queue: usize,
    /// Packets that wait for `poll_transmit`.
    pub transmit_queue: usize,
    /// Events that wait for `poll_event`; the oldest is forgotten.
    pub event_queue: usize,
    /// Packets to our own address handled at one instant.
    pub loopback_per_instant: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            sockets: 4096,
            backlog: 128,
            out_of_order_ranges: 64,
            sack_ranges: 256,
            send_buffer: 1 << 20,
            recv_buffer: 1 << 20,
            datagrams: 64,
            neighbors: 512,
            neighbor_queue: 3,
            redirects: 64,
            udp_queue: 64,
            transmit_queue: 4096,
            event_queue: 4096,
            loopback_per_instant: 1024,
        }
    }
}
