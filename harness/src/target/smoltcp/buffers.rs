//! The memory of smoltcp's sockets, kept from case to case.
//!
//! A socket takes a hundred kilobytes of zeros, and to clear them for each cost a campaign more than all of smoltcp's
//! work. Here a buffer is cleared when it comes back, and only where the case can have written to it: [`Written`] knows
//! that from the packets that arrived and the octets that were sent. So every socket still begins with zeros only, which
//! debug builds check each time: what one case did is nothing that another can see.
//!
//! Called by [`super::sockets`]. Left out: buffers larger than usual, which are made for the case that asks for them.

use std::ptr::NonNull;

use smoltcp::socket::tcp::SocketBuffer;

/// Larger ones are not kept.
const LARGEST: usize = 1 << 16;
/// Nor are more of them than this.
const MOST: usize = 1024;

/// The receive buffers, or the send buffers: those at rest, zero throughout, and those that sockets have.
struct Shelf {
    idle: Vec<Box<[u8]>>,
    lent: Vec<NonNull<[u8]>>,
}

/// The buffers of all sockets.
pub(super) struct Buffers {
    receive: Shelf,
    send: Shelf,
    written: Written,
}

impl Shelf {
    const fn new() -> Self {
        Self { idle: Vec::new(), lent: Vec::new() }
    }

    fn lend(&mut self, size: usize) -> SocketBuffer<'static> {
        if size > LARGEST {
            return SocketBuffer::new(vec![0; size]);
        }
        let known = self.idle.iter().rposition(|buffer| buffer.len() == size);
        let buffer = known.map_or_else(|| vec![0; size].into(), |known| self.idle.swap_remove(known));
        let memory = NonNull::from(Box::leak(buffer));
        self.lent.push(memory);
        // SAFETY: it was leaked just above, and nobody looks at it again before it is taken back.
        SocketBuffer::new(unsafe { &mut *memory.as_ptr() })
    }

    /// Takes back what was lent, and clears it with `clear`.
    ///
    /// # Safety
    /// No buffer that was lent since the last time is in use any more.
    unsafe fn take_back(&mut self, clear: impl Fn(&mut [u8])) {
        for memory in self.lent.drain(..) {
            // SAFETY: it was leaked from such a box, and the caller says that nobody else uses it.
            let mut buffer = unsafe { Box::from_raw(memory.as_ptr()) };
            clear(&mut buffer);
            debug_assert!(is_clear(&buffer), "something was written where nothing can have been");
            if self.idle.len() < MOST {
                self.idle.push(buffer);
            }
        }
    }
}

impl Buffers {
    /// None yet.
    pub(super) const fn new() -> Self {
        Self { receive: Shelf::new(), send: Shelf::new(), written: Written::NOTHING }
    }

    /// The receive and the send buffer of a socket, of these sizes.
    pub(super) fn lend(&mut self, receive: usize, send: usize) -> [SocketBuffer<'static>; 2] {
        [self.receive.lend(receive), self.send.lend(send)]
    }

    /// A packet arrives, and its text may be kept.
    pub(super) fn arriving(&mut self, packet: &[u8]) {
        self.written.arriving(packet);
    }

    /// A socket took so many octets to send.
    pub(super) fn sent(&mut self, octets: usize) {
        self.written.sent = self.written.sent.saturating_add(octets);
    }

    /// The case is over.
    ///
    /// # Safety
    /// Every socket that got its buffers here has been dropped.
    pub(super) unsafe fn take_back(&mut self) {
        let written = &self.written;
        // SAFETY: the caller's promise.
        unsafe {
            self.receive.take_back(|buffer| written.clear_received(buffer));
            self.send.take_back(|buffer| written.clear_sent(buffer));
        }
        self.written.forget();
    }
}

/// Where the sockets of a case may have written.
struct Written {
    /// Octets sent so far: a send buffer is filled from its beginning on.
    sent: usize,
    /// Numbers of SYNs: in a receive buffer, the octet behind a SYN is the first, and an octet's place is its distance
    /// from there, round and round.
    syns: Vec<u32>,
    /// Number and length of everything that may have been text.
    texts: Vec<(u32, usize)>,
    /// All of it, octets: no connection can have got farther from its SYN than that and a window.
    total: usize,
    /// Something came that is not understood here: it may have gone anywhere.
    anywhere: bool,
}

/// So many octets around a text are cleared too: a SYN or a FIN before it moves its place by one.
const MARGIN: usize = 8;

impl Written {
    const NOTHING: Self = Self { sent: 0, syns: Vec::new(), texts: Vec::new(), total: 0, anywhere: false };

    fn forget(&mut self) {
        self.sent = 0;
        self.syns.clear();
        self.texts.clear();
        self.total = 0;
        self.anywhere = false;
    }

    /// Lenient: what is no TCP to smoltcp may count all the same.
    fn arriving(&mut self, packet: &[u8]) {
        const IN_FRAGMENTS: u16 = 0x3fff;
        const TCP_HEADER: usize = 20;
        const SYN: u8 = 2;
        const TCP: u8 = 6;
        const IPV6_HEADER: usize = 40;
        const ICMPV6: u8 = 58;
        let &[first, _, _, _, _, _, high, low, ..] = packet else { return };
        let (header, plain) = match first >> 4 {
            // Behind an extension header there may be anything.
            6 if high == ICMPV6 => return,
            6 => (IPV6_HEADER, high == TCP),
            _ => (usize::from(first & 0x0f) * 4, u16::from_be_bytes([high, low]) & IN_FRAGMENTS == 0),
        };
        if !plain {
            self.anywhere = true;
            return;
        }
        let Some(segment) = packet.get(header..) else { return };
        let (Some(&number), Some(&flags)) = (segment.get(4..).and_then(<[u8]>::first_chunk::<4>), segment.get(13))
        else {
            return;
        };
        let number = u32::from_be_bytes(number);
        if flags & SYN != 0 && !self.syns.contains(&number) {
            self.syns.push(number);
        }
        let len = segment.len().saturating_sub(TCP_HEADER);
        if len > 0 {
            self.texts.push((number, len));
            self.total = self.total.saturating_add(len);
        }
    }

    fn clear_sent(&self, buffer: &mut [u8]) {
        let len = self.sent.min(buffer.len());
        buffer[..len].fill(0);
    }

    fn clear_received(&self, buffer: &mut [u8]) {
        if self.anywhere {
            return buffer.fill(0);
        }
        let reach = self.total.saturating_add(buffer.len() + MARGIN);
        let mut cleared = 0_usize;
        for &syn in &self.syns {
            for &(number, len) in &self.texts {
                let place = number.wrapping_sub(syn) as usize;
                // Of a text that begins before the SYN the end may count.
                let (place, len) =
                    if place < 1 << 31 { (place, len) } else { (0, len.saturating_sub((1 << 32) - place)) };
                if place < reach {
                    cleared = cleared.saturating_add(len);
                    if cleared >= buffer.len() {
                        return buffer.fill(0);
                    }
                    clear(buffer, place.saturating_sub(MARGIN), len + 2 * MARGIN);
                }
            }
        }
    }
}

/// In one comparison: octet by octet it would take a debug build longer than the case.
fn is_clear(buffer: &[u8]) -> bool {
    static ZEROS: [u8; 1 << 16] = [0; 1 << 16];
    buffer.chunks(ZEROS.len()).all(|part| *part == ZEROS[..part.len()])
}

/// Clears so many octets from a place on, round and round.
fn clear(buffer: &mut [u8], place: usize, len: usize) {
    if len >= buffer.len() {
        return buffer.fill(0);
    }
    let from = place % buffer.len();
    let to = from + len;
    let end = to.min(buffer.len());
    buffer[from..end].fill(0);
    buffer[..to - end].fill(0);
}

#[cfg(test)]
mod tests;
