//! A received segment as SEGMENT ARRIVES sees it: the variables SEG.SEQ, SEG.ACK, SEG.LEN, SEG.WND,
//! SEG.UP (RFC9293#3.3.1), with text and controls that can be trimmed to the window.

use core::net::SocketAddr;

use super::Pair;
use super::ecn;
use super::seq::Seq;
use crate::ip::packet::IpPacket;
use crate::wire::tcp::{Flags, TcpSegment};
use crate::wire::tcp_options::TcpOptions;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    /// Whom it is for, our socket, and who sent it.
    pub pair: Pair,
    /// SEG.SEQ.
    pub seq: Seq,
    /// SEG.ACK; meaningful if [`Segment::ack_bit`].
    pub ack: Seq,
    /// SEG.WND, octets.
    pub wnd: u32,
    /// The urgent field: an offset from the sequence number the segment came with.
    pub urgent: u16,
    /// SEG.SEQ as it came; [`Segment::trim_to`] moves `seq`, and the urgent field counts from here.
    pub original_seq: Seq,
    /// The SYN bit as it came; trimming may have removed the SYN itself.
    pub came_with_syn: bool,
    /// It came with text, of which trimming may have left nothing.
    pub came_with_text: bool,
    flags: Flags,
    /// The network has marked it: congestion was experienced (RFC3168#5).
    pub marked: bool,
    /// What the options say, up to the first illegal length.
    pub options: TcpOptions,
    /// An option had an illegal length (MUST-7).
    pub illegal_option: bool,
    pub text: &'a [u8],
}

impl<'a> Segment<'a> {
    pub(crate) fn new(ip: &IpPacket<'a>, tcp: &TcpSegment<'a>) -> Self {
        let pair = Pair {
            local: SocketAddr::new(ip.destination, tcp.dst_port()),
            remote: SocketAddr::new(ip.source, tcp.src_port()),
        };
        Self {
            pair,
            seq: tcp.seq(),
            ack: tcp.ack(),
            wnd: u32::from(tcp.window()),
            urgent: tcp.urgent(),
            original_seq: tcp.seq(),
            came_with_syn: tcp.flags().contains(Flags::SYN),
            came_with_text: !tcp.text().is_empty(),
            flags: tcp.flags(),
            marked: ecn::is_marked(ip.tos),
            options: TcpOptions::default(),
            illegal_option: false,
            text: tcp.text(),
        }
    }

    /// Reads the options, as they came; without, the segment has none.
    pub(crate) fn read_options(&mut self, raw: &[u8]) {
        (self.options, self.illegal_option) = match TcpOptions::parse(raw) {
            Ok(options) => (options, false),
            Err(error) => (error.read, true),
        };
    }

    pub(crate) fn syn(&self) -> bool {
        self.flags.contains(Flags::SYN)
    }

    pub(crate) fn ack_bit(&self) -> bool {
        self.flags.contains(Flags::ACK)
    }

    pub(crate) fn rst(&self) -> bool {
        self.flags.contains(Flags::RST)
    }

    pub(crate) fn fin(&self) -> bool {
        self.flags.contains(Flags::FIN)
    }

    pub(crate) fn urg(&self) -> bool {
        self.flags.contains(Flags::URG)
    }

    /// ECN echo (RFC3168#6.1).
    pub(crate) fn ece(&self) -> bool {
        self.flags.contains(Flags::ECE)
    }

    /// Congestion window reduced (RFC3168#6.1).
    pub(crate) fn cwr(&self) -> bool {
        self.flags.contains(Flags::CWR)
    }

    /// Octets of text; an IP packet holds less than 2^16.
    pub(crate) fn text_len(&self) -> u32 {
        self.text.len() as u32
    }

    /// SEG.LEN: text, SYN and FIN.
    pub(crate) fn len(&self) -> u32 {
        self.text_len() + self.flags.seq_len()
    }

    /// The number after the segment: SEG.SEQ+SEG.LEN.
    pub(crate) fn end(&self) -> Seq {
        self.seq + self.len()
    }

    /// The number of the first octet of text.
    pub(crate) fn text_seq(&self) -> Seq {
        self.seq + u32::from(self.syn())
    }

    /// Forgets the text and what follows it.
    pub(crate) fn without_text(mut self) -> Self {
        self.text = &[];
        self.flags = self.flags.without(Flags::FIN);
        self
    }

    /// Forgets the SYN, which the caller has dealt with.
    pub(crate) fn without_syn(mut self) -> Self {
        self.seq = self.text_seq();
        self.flags = self.flags.without(Flags::SYN);
        self
    }

    /// Cuts off what the window does not cover, SYN and FIN too (RFC9293#3.10.7.4, first). To be called
    /// with an acceptable segment.
    pub(crate) fn trim_to(&mut self, left: Seq, window: u32) {
        if self.seq.lt(left) {
            if self.syn() {
                *self = self.without_syn();
            }
            let old = left.since(self.seq).min(self.text_len());
            self.text = self.text.get(old as usize..).unwrap_or(&[]);
            self.seq += old;
            if self.fin() && self.end().le(left) {
                self.flags = self.flags.without(Flags::FIN);
            }
        }
        let right = left + window;
        if self.end().gt(right) {
            let beyond = self.end().since(right);
            let fin = u32::from(self.fin());
            self.flags = self.flags.without(Flags::FIN);
            let keep = self.text_len().saturating_sub(beyond - fin.min(beyond));
            self.text = self.text.get(..keep as usize).unwrap_or(&[]);
        }
    }
}
