//! One line of a packet script: a segment, to inject or to expect.

use core::fmt;

use crate::wire::tcp::Flags;

/// A segment in relative numbers. What an expectation does not name is not compared.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub flags: Flags,
    pub seq: u32,
    pub ack: u32,
    pub win: Option<u16>,
    pub mss: Option<Option<u16>>,
    /// Window scale.
    pub ws: Option<Option<u8>>,
    /// TSval and TSecr; the target's clock counts from the first timestamp it sent.
    pub ts: Option<Option<(u32, u32)>>,
    /// SACK-permitted.
    pub sack_ok: Option<bool>,
    /// SACK blocks: left edge and the number after the right one.
    pub sack: Option<Vec<(u32, u32)>>,
    /// The ECN field of the IP header.
    pub ecn: Option<u8>,
    /// User timeout.
    pub uto: Option<Option<u16>>,
    pub urg: u16,
    pub text: Vec<u8>,
}

/// `<SEQ=seq><ACK=ack><CTL=flags>`.
pub(crate) fn seg(flags: Flags, seq: u32, ack: u32) -> Line {
    Line {
        flags,
        seq,
        ack,
        win: None,
        mss: None,
        ws: None,
        ts: None,
        sack_ok: None,
        sack: None,
        ecn: None,
        uto: None,
        urg: 0,
        text: Vec::new(),
    }
}

impl Line {
    pub(crate) fn win(mut self, window: u16) -> Self {
        self.win = Some(window);
        self
    }

    pub(crate) fn mss(mut self, mss: u16) -> Self {
        self.mss = Some(Some(mss));
        self
    }

    pub(crate) fn no_mss(mut self) -> Self {
        self.mss = Some(None);
        self
    }

    pub(crate) fn ws(mut self, shift: u8) -> Self {
        self.ws = Some(Some(shift));
        self
    }

    pub(crate) fn no_ws(mut self) -> Self {
        self.ws = Some(None);
        self
    }

    pub(crate) fn ts(mut self, value: u32, echo: u32) -> Self {
        self.ts = Some(Some((value, echo)));
        self
    }

    pub(crate) fn no_ts(mut self) -> Self {
        self.ts = Some(None);
        self
    }

    pub(crate) fn sack_ok(mut self, permitted: bool) -> Self {
        self.sack_ok = Some(permitted);
        self
    }

    pub(crate) fn sack(mut self, blocks: &[(u32, u32)]) -> Self {
        self.sack = Some(blocks.to_vec());
        self
    }

    pub(crate) fn ecn(mut self, field: u8) -> Self {
        self.ecn = Some(field);
        self
    }

    pub(crate) fn uto(mut self, field: Option<u16>) -> Self {
        self.uto = Some(field);
        self
    }

    pub(crate) fn text(mut self, text: &[u8]) -> Self {
        self.text = text.to_vec();
        self
    }

    pub(crate) fn zeros(self, len: usize) -> Self {
        self.text(&vec![0; len])
    }

    pub(crate) fn urg(mut self, pointer: u16) -> Self {
        self.flags |= Flags::URG;
        self.urg = pointer;
        self
    }

    pub(super) fn matches(&self, came: &Line) -> bool {
        self.flags == came.flags
            && self.seq == came.seq
            && self.ack == came.ack
            && self.urg == came.urg
            && self.text == came.text
            && (self.win.is_none() || self.win == came.win)
            && (self.mss.is_none() || self.mss == came.mss)
            && (self.ws.is_none() || self.ws == came.ws)
            && (self.ts.is_none() || self.ts == came.ts)
            && (self.sack_ok.is_none() || self.sack_ok == came.sack_ok)
            && (self.sack.is_none() || self.sack == came.sack)
            && (self.ecn.is_none() || self.ecn == came.ecn)
            && (self.uto.is_none() || self.uto == came.uto)
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} seq {} ack {}", self.flags, self.seq, self.ack)?;
        if self.urg > 0 {
            write!(f, " urg {}", self.urg)?;
        }
        if let Some(win) = self.win {
            write!(f, " win {win}")?;
        }
        if let Some(Some(mss)) = self.mss {
            write!(f, " mss {mss}")?;
        }
        if let Some(Some(shift)) = self.ws {
            write!(f, " ws {shift}")?;
        }
        if let Some(Some((value, echo))) = self.ts {
            write!(f, " ts {value} {echo}")?;
        }
        if let Some(blocks) = self.sack.as_ref().filter(|blocks| !blocks.is_empty()) {
            write!(f, " sack {blocks:?}")?;
        }
        if let Some(field) = self.ecn.filter(|&field| field != 0) {
            write!(f, " ecn {field}")?;
        }
        if self.text.len() > 20 {
            write!(f, " {} octets", self.text.len())
        } else {
            write!(f, " {:?}", String::from_utf8_lossy(&self.text))
        }
    }
}
