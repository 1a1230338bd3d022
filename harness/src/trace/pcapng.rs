//! A trace as a capture file: every packet, with the step, its clauses and the rule behind it as a comment.
//!
//! Written for `--pcap DIR`: one file per case and target, raw IP packets, time in nanoseconds since the case began.
//! [`write()`] is the whole interface. Left out: name resolution, statistics and all other optional blocks.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::event::{CaseRun, Event, EventKind, Trace};
use crate::{
    segment::{show, show::injected},
    target::{Time, Traced},
};

// Block types and options of draft-ietf-opsawg-pcapng.
const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;
const LINKTYPE_RAW: u16 = 101;
const LINKTYPE_ETHERNET: u16 = 1;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const EPB_FLAGS: u16 = 2;
/// Timestamps count 10^-9 s.
const NANOSECONDS: u8 = 9;
/// Direction bits of the packet flags, as the target's interface sees it.
const INBOUND: u32 = 1;
const OUTBOUND: u32 = 2;

/// Writes the packets of a run under `dir`, in a file named after the case and the target.
///
/// # Errors
/// Those of the file system.
pub fn write(dir: &Path, run: &CaseRun) -> io::Result<PathBuf> {
    let file = dir.join(file_name(run));
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&file, capture(run))?;
    Ok(file)
}

/// `tcp/closed/rst#left-edge.kernel.pcapng`, with nothing in it that a file system or a shell would trip over.
fn file_name(run: &CaseRun) -> PathBuf {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,+=#".contains(c);
    let clean = |part: &str| -> String {
        let clean: String = part.chars().map(|c| if plain(c) { c } else { '-' }).collect();
        // `..` must not lead out of the folder.
        if clean.trim_matches('.').is_empty() { "-".repeat(clean.len().max(1)) } else { clean }
    };
    let mut path: PathBuf = run.case.id.split('/').map(clean).collect();
    path.as_mut_os_string().push(format!(".{}.pcapng", clean(&run.target)));
    path
}

/// The whole file.
#[must_use]
pub fn capture(run: &CaseRun) -> Vec<u8> {
    capture_all(&[run])
}

/// Runs of one case in one file, an interface for each; their packets in the order of their times.
#[must_use]
pub fn capture_all(runs: &[&CaseRun]) -> Vec<u8> {
    let mut file = Vec::new();
    let case = runs.first().map_or("", |run| run.case.id.as_str());
    let targets: Vec<_> = runs.iter().map(|run| format!("{} {}", run.target, run.version)).collect();
    section_header(&mut file, &format!("{case} on {}", targets.join(" and ")));
    let mut packets = Vec::new();
    for (number, run) in (0_u32..).zip(runs) {
        let framed = run.trace.events.iter().any(|event| event.frame.is_some());
        interface(&mut file, &run.target, if framed { LINKTYPE_ETHERNET } else { LINKTYPE_RAW });
        packets.extend(run.trace.events.iter().filter_map(|event| match &event.kind {
            EventKind::Injected { packet, .. } => Some((event, number, *run, packet, INBOUND)),
            EventKind::Emitted { packet, .. } | EventKind::EmittedOther { packet, .. } => {
                Some((event, number, *run, packet, OUTBOUND))
            }
            EventKind::Called { .. } | EventKind::Explained(_) | EventKind::Waited(_) => None,
        }));
    }
    packets.sort_by_key(|(event, ..)| event.at);
    for (event, number, run, packet, flags) in packets {
        match &event.frame {
            None => enhanced_packet(&mut file, number, event.at, packet, flags, &comment(run, event)),
            Some(header) => {
                let frame = header.around(packet);
                enhanced_packet(&mut file, number, event.at, &frame, flags, &comment(run, event));
            }
        }
    }
    file
}

/// A capture that is written as packets come, of one interface.
pub struct Capture<W: io::Write> {
    out: W,
    block: Vec<u8>,
}

impl<W: io::Write> Capture<W> {
    /// The head of the file. The interface carries Ethernet frames, or IP packets.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn begin(out: W, name: &str, ethernet: bool) -> io::Result<Self> {
        let mut capture = Self { out, block: Vec::new() };
        section_header(&mut capture.block, name);
        interface(&mut capture.block, name, if ethernet { LINKTYPE_ETHERNET } else { LINKTYPE_RAW });
        capture.out.write_all(&capture.block)?;
        Ok(capture)
    }

    /// A packet, so long after the capture began.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn packet(&mut self, at: Time, packet: &[u8], inbound: bool, comment: &str) -> io::Result<()> {
        self.block.clear();
        let flags = if inbound { INBOUND } else { OUTBOUND };
        enhanced_packet(&mut self.block, 0, at, packet, flags, comment);
        self.out.write_all(&self.block)
    }

    /// Writes what `out` holds back.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// `step 2 (U-6, U-7): - expect: { flags: ACK }`, then the segment in case space and its rules.
fn comment(run: &CaseRun, event: &Event) -> String {
    let case = &run.case;
    let number = case.step_number(event.step);
    let name = number.map_or_else(|| format!("prelude step {}", event.step + 1), |number| format!("step {number}"));
    let Some(step) = case.case.steps.get(event.step) else { return name };
    let clauses = if step.value.clauses.is_empty() { &case.case.clauses } else { &step.value.clauses };
    let clauses: Vec<_> = clauses.iter().map(ToString::to_string).collect();
    let line = (step.line as usize).checked_sub(1).and_then(|line| case.source.lines().nth(line)).unwrap_or_default();
    // What a matrix puts in place of a `$name` is not in the text.
    let with_values = line.contains('$').then(|| serde_json::to_string(&step.value).ok()).flatten();
    let mut text = format!("{name} ({}): {}", clauses.join(", "), with_values.as_deref().unwrap_or(line.trim()));
    match &event.kind {
        EventKind::Injected { packet, segment, note, .. } => {
            text += &format!("\npeer: {}", injected(packet, segment.as_ref(), note.as_deref()));
            for traced in traced_behind(&run.trace.events, event) {
                text += &format!("\n{traced}");
            }
        }
        EventKind::EmittedOther { seen, .. } => {
            text += &format!("\ntarget: {}", show::full_packet(seen));
            for rule in &seen.rules {
                text += &format!("\nrule {} ({}): {}", rule.name, rule.clause, rule.text);
            }
        }
        EventKind::Emitted { segment, .. } => {
            text += &format!("\ntarget: {}", show::full(segment));
            for rule in &segment.rules {
                text += &format!("\nrule {} ({}): {}", rule.name, rule.clause, rule.text);
            }
        }
        EventKind::Called { .. } | EventKind::Explained(_) | EventKind::Waited(_) => {}
    }
    text
}

/// What the target's own tracing told of an injected packet.
fn traced_behind(events: &[Event], injected: &Event) -> Vec<Traced> {
    let behind = events.iter().position(|event| std::ptr::eq(event, injected)).map_or(events.len(), |at| at + 1);
    let until = |event: &Event| match &event.kind {
        EventKind::Injected { .. } | EventKind::Called { .. } | EventKind::Waited(_) => true,
        EventKind::Emitted { .. } | EventKind::EmittedOther { .. } | EventKind::Explained(_) => false,
    };
    let rest = &events[behind..];
    let end = rest.iter().position(until).unwrap_or(rest.len());
    Trace::traced(&rest[..end]).map(|(_, traced)| traced).collect()
}

fn section_header(file: &mut Vec<u8>, comment: &str) {
    let mut body = Vec::new();
    body.extend(BYTE_ORDER_MAGIC.to_le_bytes());
    body.extend(1_u16.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes());
    option(&mut body, OPT_COMMENT, comment.as_bytes());
    option(&mut body, SHB_USERAPPL, concat!("rfc793 ", env!("CARGO_PKG_VERSION")).as_bytes());
    end_of_options(&mut body);
    block(file, SECTION_HEADER, &body);
}

fn interface(file: &mut Vec<u8>, target: &str, link: u16) {
    let mut body = Vec::new();
    body.extend(link.to_le_bytes());
    body.extend([0; 2]);
    // No limit on the captured length.
    body.extend(0_u32.to_le_bytes());
    option(&mut body, IF_NAME, target.as_bytes());
    option(&mut body, IF_TSRESOL, &[NANOSECONDS]);
    end_of_options(&mut body);
    block(file, INTERFACE_DESCRIPTION, &body);
}

fn enhanced_packet(file: &mut Vec<u8>, interface: u32, at: Time, packet: &[u8], flags: u32, comment: &str) {
    let nanos = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
    let len = u32::try_from(packet.len()).unwrap_or(u32::MAX);
    let mut body = Vec::new();
    body.extend(interface.to_le_bytes());
    body.extend(((nanos >> 32) as u32).to_le_bytes());
    body.extend(((nanos & 0xffff_ffff) as u32).to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend(len.to_le_bytes());
    padded(&mut body, packet);
    option(&mut body, OPT_COMMENT, comment.as_bytes());
    option(&mut body, EPB_FLAGS, &flags.to_le_bytes());
    end_of_options(&mut body);
    block(file, ENHANCED_PACKET, &body);
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    // A comment longer than the field can say is cut.
    let value = &value[..value.len().min(usize::from(u16::MAX))];
    body.extend(code.to_le_bytes());
    body.extend(u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
    padded(body, value);
}

fn end_of_options(body: &mut Vec<u8>) {
    body.extend([0; 4]);
}

/// Appends `bytes` and zeros up to a word.
fn padded(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
}

fn block(file: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let len = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(len);
    file.extend(body);
    file.extend(len);
}

#[cfg(test)]
mod tests;
