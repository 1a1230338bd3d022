//! Window scale (RFC7323#2): windows of up to 2^30 octets through a field of 16 bits.
//!
//! SYNs agree on it ([`super::options`]); [`super::segment_arrives`] scales what comes in before anything looks at
//! it, so that SND.WND, MAX.SND.WND and all else count octets; [`super::acknowledge`] asks for the field that names
//! a window. The window field of a SYN is never scaled.
//!
//! Left out: logging a shift above 14, which just counts as 14 (RFC7323#2.3).

use super::segment::Segment;
use crate::profile::{WindowRounding, WindowScaling};

/// No shift is larger (RFC7323#2.3).
const MAX_SHIFT: u8 = 14;

/// What both sides agreed on; nothing at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowScale {
    /// Snd.WS.OK: both SYNs had the option.
    pub ok: bool,
    /// Snd.Wind.Shift, of windows that come in.
    snd_shift: u8,
    /// Rcv.Wind.Shift, of windows that leave.
    rcv_shift: u8,
}

/// The shift a SYN offers for a receive buffer of this size; `None`: no option (RFC7323#2.2).
pub(crate) fn offered(scaling: WindowScaling, recv_buffer: usize) -> Option<u8> {
    match scaling {
        WindowScaling::Off => None,
        WindowScaling::FromBuffer => {
            Some((0..MAX_SHIFT).find(|shift| recv_buffer >> shift <= usize::from(u16::MAX)).unwrap_or(MAX_SHIFT))
        }
        WindowScaling::Fixed(shift) => Some(shift.min(MAX_SHIFT)),
    }
}

impl WindowScale {
    /// The remote SYN came: with the option on both sides the shifts are in force (RFC7323#2.3).
    pub(crate) fn negotiate(ours: Option<u8>, theirs: Option<u8>) -> Self {
        match (ours, theirs) {
            (Some(rcv_shift), Some(snd_shift)) => Self { ok: true, snd_shift: snd_shift.min(MAX_SHIFT), rcv_shift },
            (None, _) | (_, None) => Self::default(),
        }
    }

    /// SEG.WND << Snd.Wind.Shift, but never of a SYN.
    pub(crate) fn rescale(self, seg: &mut Segment<'_>) {
        let shift = if seg.came_with_syn { 0 } else { self.snd_shift };
        seg.wnd <<= shift;
    }

    /// How far beyond SND.UNA+SND.WND a retransmission may reach: what the field could not name (RFC7323#2.4).
    pub(crate) fn slack(self) -> u32 {
        (1 << self.snd_shift) - 1
    }

    /// The units our windows are counted in, octets; `syn` is whether a SYN will name them.
    fn unit(self, syn: bool) -> u32 {
        if syn { 1 } else { 1 << self.rcv_shift }
    }

    /// The largest window the field can name.
    pub(crate) fn largest(self, syn: bool) -> u32 {
        u32::from(u16::MAX) * self.unit(syn)
    }

    /// The field for a window of `window` octets, where the buffer has room for `space`, and the window it names.
    pub(crate) fn field(self, syn: bool, rounding: WindowRounding, window: u32, space: u32) -> (u16, u32) {
        let unit = self.unit(syn);
        let up = window.div_ceil(unit);
        let fits = u64::from(up) * u64::from(unit) <= u64::from(space.max(window));
        let units = if rounding == WindowRounding::Up && fits { up } else { window / unit };
        let field = u16::try_from(units).unwrap_or(u16::MAX);
        (field, u32::from(field) * unit)
    }
}

#[cfg(test)]
mod tests;
