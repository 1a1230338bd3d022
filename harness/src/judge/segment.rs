//! One expected segment against one that came: all differing fields at once.

use std::fmt::Display;

use crate::{
    case::{
        flags::Flags,
        format::{Allow, ExpectSegment, ExpectTs, MssBounds},
        position::{Bounds, Position},
    },
    peer::{Unknown, View},
    segment::show,
    target::data_bytes,
    trace::event::{CaseSegment, Difference},
};

/// Compares every field that the expectation names. `on` is the connection it speaks of; `view` is what the wire
/// showed just before the segment left.
///
/// # Errors
/// If a symbol has no value yet.
pub fn differences(
    expected: &ExpectSegment,
    on: u8,
    segment: &CaseSegment,
    view: &View,
) -> Result<Vec<Difference>, Unknown> {
    let mut found = Differences(Vec::new());
    if segment.on != Some(on) {
        let got = segment.on.map_or("none".to_owned(), |on| format!("connection {on}"));
        found.add("on", &format!("connection {on}"), &got);
    }
    if let Some(pattern) = expected.flags
        && !pattern.matches(segment.flags)
    {
        found.add("flags", &pattern, &segment.flags);
    }
    found.bounds("seq", expected.seq.as_ref(), segment.seq, view)?;
    if expected.ack.is_some() && !segment.flags.contains(Flags::ACK) {
        found.add("ack", &"an acknowledgement", &"no ACK flag");
    } else {
        found.bounds("ack", expected.ack.as_ref(), segment.ack, view)?;
    }
    found.bounds("win", expected.win.as_ref(), u32::from(segment.win), view)?;
    found.bounds("urg", expected.urg.as_ref(), u32::from(segment.urg), view)?;
    let len = u32::try_from(segment.data.len()).unwrap_or(u32::MAX);
    found.bounds("len", expected.len.as_ref(), len, view)?;
    if let Some(data) = &expected.data {
        let first = segment.seq.wrapping_add(u32::from(segment.flags.contains(Flags::SYN)));
        let bytes = data_bytes(data, first);
        if bytes != segment.data {
            found.add("data", &described(&bytes), &described(&segment.data));
        }
    }
    options(expected, segment, view, &mut found)?;
    found.exactly("ttl", expected.ip.ttl, segment.ttl);
    found.exactly("tos", expected.ip.tos, segment.tos);
    found.exactly("df", expected.ip.df, segment.df);
    Ok(found.0)
}

fn options(
    expected: &ExpectSegment,
    segment: &CaseSegment,
    view: &View,
    found: &mut Differences,
) -> Result<(), Unknown> {
    match (&expected.mss, segment.mss) {
        (None, _) | (Some(MssBounds::None), None) => {}
        (Some(MssBounds::None), Some(mss)) => found.add("mss", &"none", &mss),
        (Some(MssBounds::Value(_)), None) => found.add("mss", &"the option", &"none"),
        (Some(MssBounds::Value(bounds)), Some(mss)) => found.bounds("mss", Some(bounds), u32::from(mss), view)?,
    }
    if let Some(wanted) = expected.wscale
        && wanted != segment.wscale
    {
        let show = |shift: Option<u8>| shift.map_or("none".to_owned(), |shift| shift.to_string());
        found.add("wscale", &show(wanted), &show(segment.wscale));
    }
    found.exactly("sack-ok", expected.sack_ok, segment.sack_ok);
    match (&expected.ts, segment.ts) {
        (None, _) => {}
        (Some(ExpectTs::Present(wanted)), is) => found.exactly("ts", Some(*wanted), is.is_some()),
        (Some(ExpectTs::Values { .. }), None) => found.add("ts", &"the option", &"none"),
        (Some(ExpectTs::Values { val, ecr }), Some((is_val, is_ecr))) => {
            found.bounds("ts val", val.as_ref(), is_val, view)?;
            found.bounds("ts ecr", ecr.as_ref(), is_ecr, view)?;
        }
    }
    if let Some(wanted) = &expected.sack {
        let edges = |(left, right): &(Position, Position)| Ok((view.position(left)?, view.position(right)?));
        let wanted = wanted.iter().map(edges).collect::<Result<Vec<_>, Unknown>>()?;
        if wanted != segment.sack {
            found.add("sack", &blocks(&wanted), &blocks(&segment.sack));
        }
    }
    Ok(())
}

/// `101..201 301..401`
fn blocks(blocks: &[(u32, u32)]) -> String {
    if blocks.is_empty() {
        return "none".to_owned();
    }
    blocks.iter().map(|(left, right)| format!("{left}..{right}")).collect::<Vec<_>>().join(" ")
}

pub(super) fn described(bytes: &[u8]) -> String {
    if bytes.is_empty() { "none".to_owned() } else { format!("{} ({} bytes)", show::text(bytes), bytes.len()) }
}

/// The fields that differ so far.
pub(super) struct Differences(pub(super) Vec<Difference>);

impl Differences {
    pub(super) fn add(&mut self, field: &'static str, expected: &dyn Display, got: &dyn Display) {
        self.0.push(Difference { field, expected: expected.to_string(), got: got.to_string() });
    }

    pub(super) fn exactly<T: PartialEq + Display>(&mut self, field: &'static str, expected: Option<T>, got: T) {
        if let Some(expected) = expected
            && expected != got
        {
            self.add(field, &expected, &got);
        }
    }

    pub(super) fn bounds(
        &mut self,
        field: &'static str,
        bounds: Option<&Bounds>,
        got: u32,
        view: &View,
    ) -> Result<(), Unknown> {
        let Some(bounds) = bounds else { return Ok(()) };
        let (low, high) = limits(bounds, view)?;
        if got.wrapping_sub(low) > high.wrapping_sub(low) {
            let numbers = if low == high { low.to_string() } else { format!("{low}..{high}") };
            let written = bounds.to_string();
            let wanted = if written == numbers { numbers } else { format!("{written} = {numbers}") };
            self.add(field, &wanted, &got);
        }
        Ok(())
    }
}

/// The numbers that bounds stand for.
///
/// # Errors
/// If a symbol has no value yet.
pub fn limits(bounds: &Bounds, view: &View) -> Result<(u32, u32), Unknown> {
    match bounds {
        Bounds::Exactly(position) => view.position(position).map(|value| (value, value)),
        Bounds::Within(low, high) => Ok((view.position(low)?, view.position(high)?)),
    }
}

/// Whether the case allows this segment at any moment.
#[must_use]
pub fn is_allowed(allow: &[Allow], segment: &CaseSegment, view: &View) -> bool {
    allow.iter().any(|kind| match kind {
        Allow::Ack => is_pure_ack(segment, view),
        Allow::WindowUpdate => is_pure_ack(segment, view) && segment.ack == view.next_in(),
        Allow::Retransmission => {
            let end = segment.seq.wrapping_add(segment.seq_len());
            segment.seq_len() > 0 && !segment.flags.contains(Flags::RST) && view.next_out().wrapping_sub(end) < 1 << 31
        }
        Allow::Icmp | Allow::ArpRequest => false,
    })
}

/// An ACK and nothing else, from where the sender stands, acknowledging no less than before.
fn is_pure_ack(segment: &CaseSegment, view: &View) -> bool {
    segment.flags == Flags::ACK
        && segment.data.is_empty()
        && segment.seq == view.next_out()
        && segment.ack.wrapping_sub(view.next_in()) < 1 << 31
}

#[cfg(test)]
mod tests;
