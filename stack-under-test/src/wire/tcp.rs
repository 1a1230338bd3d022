//! TCP headers (RFC9293#3.1).
//!
//! [`TcpSegment::parse`] verifies what arrived (MUST-3) before anything looks at it;
//! [`TcpRepr::emit`] writes what leaves (MUST-2). Options are a neighbour,
//! [`tcp_options`](crate::wire::tcp_options): the view hands over their bytes unread, since only the
//! state decides what an illegal one means. So do reserved bits and flag combinations: no
//! combination is an error here.

use core::fmt;
use core::net::IpAddr;
use core::ops::{BitOr, BitOrAssign};

use crate::tcp::seq::Seq;
use crate::wire::checksum::Checksum;
use crate::wire::ipv4::PROTOCOL_TCP;
use crate::wire::tcp_options::TcpOptions;

/// Octets of a header without options.
pub const HEADER_LEN: usize = 20;

/// The control bits, CWR to FIN (RFC9293#3.1).
///
/// ```
/// use stack_under_test::wire::tcp::Flags;
///
/// let flags = Flags::SYN | Flags::ACK;
/// assert!(flags.contains(Flags::SYN));
/// assert_eq!(flags.to_string(), "SYN+ACK");
/// assert_eq!(Flags::default().to_string(), "none");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u8);

impl Flags {
    /// No bit set.
    pub const NONE: Self = Self(0);
    /// No more data from the sender.
    pub const FIN: Self = Self(1 << 0);
    /// Synchronize sequence numbers.
    pub const SYN: Self = Self(1 << 1);
    /// Reset the connection.
    pub const RST: Self = Self(1 << 2);
    /// Push.
    pub const PSH: Self = Self(1 << 3);
    /// The acknowledgment field is significant.
    pub const ACK: Self = Self(1 << 4);
    /// The urgent pointer is significant.
    pub const URG: Self = Self(1 << 5);
    /// ECN echo (RFC3168#6.1).
    pub const ECE: Self = Self(1 << 6);
    /// Congestion window reduced (RFC3168#6.1).
    pub const CWR: Self = Self(1 << 7);

    const NAMES: [(Self, &'static str); 8] = [
        (Self::FIN, "FIN"),
        (Self::SYN, "SYN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
        (Self::ECE, "ECE"),
        (Self::CWR, "CWR"),
    ];

    /// The flags of a header's 14th octet.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// As in the header's 14th octet.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// True if every bit of `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if at least one bit of `other` is set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// True if no bit is set.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both; `|` for constants.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Without the bits of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// The sequence numbers that the flags themselves occupy: one for SYN, one for FIN.
    pub const fn seq_len(self) -> u32 {
        self.contains(Self::SYN) as u32 + self.contains(Self::FIN) as u32
    }
}

impl BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Flags {
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl fmt::Display for Flags {
    /// `SYN+ACK`; `none` if empty.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        let mut separator = "";
        for (flag, name) in Self::NAMES {
            if self.contains(flag) {
                write!(f, "{separator}{name}")?;
                separator = "+";
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A received segment: long enough, sound data offset, right checksum (MUST-3).
///
/// ```
/// use core::net::Ipv4Addr;
/// use stack_under_test::tcp::seq::Seq;
/// use stack_under_test::wire::tcp::{Flags, TcpRepr, TcpSegment};
/// use stack_under_test::wire::tcp_options::TcpOptions;
///
/// let (here, there) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2));
/// let fin = TcpRepr {
///     src_port: 4000,
///     dst_port: 80,
///     seq: Seq(101),
///     ack: Seq(301),
///     flags: Flags::FIN | Flags::ACK,
///     window: 8192,
///     urgent: 0,
///     options: TcpOptions::default(),
///     text: b"bye",
/// };
/// let mut bytes = Vec::new();
/// fin.emit(here, there, &mut bytes);
///
/// let segment = TcpSegment::parse(here, there, &bytes)?;
/// assert_eq!((segment.seq(), segment.seg_len()), (Seq(101), 4));
/// # Ok::<(), stack_under_test::wire::tcp::TcpError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpSegment<'a> {
    header: &'a [u8; HEADER_LEN],
    options: &'a [u8],
    text: &'a [u8],
}

impl<'a> TcpSegment<'a> {
    /// Checks the payload of an IP packet from `src` to `dst`; the addresses count in the checksum.
    ///
    /// # Errors
    /// The first of the [`TcpError`]s, in their order, that holds.
    pub fn parse(src: impl Into<IpAddr>, dst: impl Into<IpAddr>, bytes: &'a [u8]) -> Result<Self, TcpError> {
        let Some((header, after)) = bytes.split_first_chunk::<HEADER_LEN>() else {
            return Err(TcpError::TooShort);
        };
        let (options, text) = (usize::from(header[12] >> 4) * 4)
            .checked_sub(HEADER_LEN)
            .and_then(|options_len| after.split_at_checked(options_len))
            .ok_or(TcpError::BadDataOffset)?;
        let pseudo = Checksum::pseudo_header(src, dst, PROTOCOL_TCP, bytes.len());
        if pseudo.add_header(header).add(after).finish() != 0 {
            return Err(TcpError::BadChecksum);
        }
        Ok(Self { header, options, text })
    }

    /// Source port.
    pub const fn src_port(&self) -> u16 {
        u16::from_be_bytes([self.header[0], self.header[1]])
    }

    /// Destination port.
    pub const fn dst_port(&self) -> u16 {
        u16::from_be_bytes([self.header[2], self.header[3]])
    }

    /// SEG.SEQ.
    pub const fn seq(&self) -> Seq {
        let h = self.header;
        Seq(u32::from_be_bytes([h[4], h[5], h[6], h[7]]))
    }

    /// SEG.ACK; significant only with [`Flags::ACK`].
    pub const fn ack(&self) -> Seq {
        let h = self.header;
        Seq(u32::from_be_bytes([h[8], h[9], h[10], h[11]]))
    }

    /// The four reserved bits, to be ignored on receipt (RFC9293#3.1).
    pub const fn reserved(&self) -> u8 {
        self.header[12] & 0x0f
    }

    /// The control bits.
    pub const fn flags(&self) -> Flags {
        Flags::from_bits(self.header[13])
    }

    /// The window field as it stands: unsigned (MUST-1) and not scaled.
    pub const fn window(&self) -> u16 {
        u16::from_be_bytes([self.header[14], self.header[15]])
    }

    /// The urgent pointer: an offset from SEG.SEQ, significant only with [`Flags::URG`].
    pub const fn urgent(&self) -> u16 {
        u16::from_be_bytes([self.header[18], self.header[19]])
    }

    /// The options as they came, padding included; at most 40 octets, for [`TcpOptions::parse`].
    pub const fn options_raw(&self) -> &'a [u8] {
        self.options
    }

    /// The segment text: all that follows the header.
    pub const fn text(&self) -> &'a [u8] {
        self.text
    }

    /// SEG.LEN: the octets of text, and one each for SYN and FIN (RFC9293#3.4).
    pub const fn seg_len(&self) -> u32 {
        (self.text.len() as u32).wrapping_add(self.flags().seq_len())
    }
}

/// What is wrong with a payload that is no TCP segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TcpError {
    /// Fewer than 20 octets.
    TooShort,
    /// The data offset is below 5 or goes beyond the segment.
    BadDataOffset,
    /// The checksum is wrong (MUST-3).
    BadChecksum,
}

impl fmt::Display for TcpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooShort => "shorter than a TCP header",
            Self::BadDataOffset => "impossible TCP data offset",
            Self::BadChecksum => "wrong TCP checksum",
        })
    }
}

impl core::error::Error for TcpError {}

/// A segment to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TcpRepr<'a> {
    /// Source port.
    pub src_port: u16,
    /// Destination port.
    pub dst_port: u16,
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK; zero goes out well where `flags` lacks ACK.
    pub ack: Seq,
    /// The control bits.
    pub flags: Flags,
    /// The window field, already scaled down where scaling is in use.
    pub window: u16,
    /// The urgent pointer: an offset from `seq`.
    pub urgent: u16,
    /// The options.
    pub options: TcpOptions,
    /// The segment text.
    pub text: &'a [u8],
}

impl TcpRepr<'_> {
    /// Octets of the segment: header, padded options and text.
    pub fn wire_len(&self) -> usize {
        HEADER_LEN + self.options.wire_len() + self.text.len()
    }

    /// SEG.LEN: the octets of text, and one each for SYN and FIN (RFC9293#3.4).
    pub const fn seg_len(&self) -> u32 {
        (self.text.len() as u32).wrapping_add(self.flags.seq_len())
    }

    /// Appends the segment with its checksum (MUST-2) for the way from `src` to `dst`. Reserved bits
    /// go out as zero.
    ///
    /// Any text can be emitted; whether it fits a packet is for
    /// [`Ipv4Repr::emit`](crate::wire::ipv4::Ipv4Repr::emit) to say.
    pub fn emit(&self, src: impl Into<IpAddr>, dst: impl Into<IpAddr>, out: &mut Vec<u8>) {
        self.emit_with(self.options.encode().padded(), src.into(), dst.into(), out);
    }

    /// The same with these octets of options, already encoded.
    pub(crate) fn emit_with(&self, options: &[u8], src: IpAddr, dst: IpAddr, out: &mut Vec<u8>) {
        let mut header = [0; HEADER_LEN];
        header[0..2].copy_from_slice(&self.src_port.to_be_bytes());
        header[2..4].copy_from_slice(&self.dst_port.to_be_bytes());
        header[4..8].copy_from_slice(&self.seq.0.to_be_bytes());
        header[8..12].copy_from_slice(&self.ack.0.to_be_bytes());
        header[12] = (((HEADER_LEN + options.len()) / 4) as u8) << 4;
        header[13] = self.flags.bits();
        header[14..16].copy_from_slice(&self.window.to_be_bytes());
        header[18..20].copy_from_slice(&self.urgent.to_be_bytes());

        let len = HEADER_LEN + options.len() + self.text.len();
        let checksum = Checksum::pseudo_header(src, dst, PROTOCOL_TCP, len)
            .add_header(&header)
            .add(options)
            .add(self.text)
            .finish();
        header[16..18].copy_from_slice(&checksum.to_be_bytes());

        out.reserve(len);
        out.extend_from_slice(&header);
        // Most segments have neither, and to append nothing is a call, too.
        for part in [options, self.text] {
            if !part.is_empty() {
                out.extend_from_slice(part);
            }
        }
    }
}

#[cfg(test)]
mod tests;
