//! What the target sends and where: numbers, window, size, bytes (RFC 9293 §3.4, §3.7.1, §3.8).

use super::{Report, flow::Flow, received::ahead, table};
use crate::{case::flags::Flags, segment::parse::Parsed};

pub(super) fn check(flow: &Flow, seg: &Parsed, report: &mut Report) {
    if seg.flags.contains(Flags::URG) && !flow.urgent_given && !flow.app_in_doubt {
        report.breaks(&table::URG_ONLY_IF_ASKED, "URG unasked");
    }
    let empty = seg.text.is_empty();
    let before_iss = flow.relative(seg.seq) < 0;
    if empty && (before_iss || ahead(seg.seq, flow.nxt)) && !flow.crowded {
        report.breaks(&table::NUMBER_IN_RANGE, "a number that was not sent");
    }
    if empty || before_iss || flow.is_probe_with_octet(seg) {
        return;
    }
    let syn = u32::from(seg.flags.contains(Flags::SYN));
    let first = seg.seq.wrapping_add(syn);
    if ahead(first, flow.nxt) && syn == 0 {
        // What a full queue below TCP lost was sent all the same.
        if !flow.crowded {
            report.breaks(&table::TEXT_FOLLOWS, "text behind a gap");
        }
        return;
    }
    let len = u32::try_from(seg.text.len()).unwrap_or(u32::MAX);
    check_size(flow, seg, len, report);
    // One byte beyond the window probes it (RFC9293#3.8.6.1).
    if flow.relative(first) + i64::from(len) > flow.edge + 1 && !flow.syns.is_empty() {
        report.breaks(&table::STAYS_IN_WINDOW, "text beyond the window");
    }
    let Ok(offset) = usize::try_from(flow.relative(first) - 1) else { return };
    check_bytes(flow, seg, offset, report);
}

fn check_size(flow: &Flow, seg: &Parsed, len: u32, report: &mut Report) {
    let stamps = if seg.options.ts.is_some() { 12 } else { 0 };
    let blocks = u32::try_from(seg.options.sack.len()).unwrap_or(0);
    let sack = if blocks > 0 { 4 + 8 * blocks } else { 0 };
    let mss = flow.peer_mss();
    // An MSS smaller than the options leaves no room for text at all: what to do then is nobody's rule.
    if mss > stamps + sack && len + stamps + sack > mss && !flow.syns.is_empty() {
        report.breaks(&table::TEXT_FITS_MSS, "more than the MSS");
    }
}

fn check_bytes(flow: &Flow, seg: &Parsed, offset: usize, report: &mut Report) {
    if !flow.sent_lost && offset < flow.sent.len() {
        let known = &flow.sent[offset..];
        if known.iter().zip(&*seg.text).any(|(before, now)| before != now) {
            return report.breaks(&table::RETRANSMISSION_KEEPS_BYTES, "another byte under the same number");
        }
    }
    if flow.app_in_doubt || flow.incarnations != 1 || flow.sent_lost {
        return;
    }
    let given = flow.given.get(offset..offset + seg.text.len());
    if given != Some(&*seg.text) {
        report.breaks(&table::SENDS_WHAT_WAS_GIVEN, "text the application did not give");
    }
}
