//! The checksums that smoltcp takes as right, whatever they are, where it is built for a fuzzer (`cfg(fuzzing)`).
//!
//! Called by the target for each packet of such a build: it then drops what smoltcp drops as it is built for use, so
//! that the fuzz targets judge the same stack as `rfc793 fuzz`. Left out: ICMP, which reaches no socket.

use crate::segment::parse::parse;

/// Whether the IP header's or the segment's checksum is wrong.
pub(super) fn is_wrong(packet: &[u8]) -> bool {
    let of_tcp = || parse(packet).is_ok_and(|parsed| parsed.faults.iter().any(|(_, clause)| *clause == "MUST-2"));
    of_ip(packet).is_some_and(|sum| sum != 0xffff) || of_tcp()
}

/// The sum of an IPv4 header, its checksum included: 0xffff if that is right.
fn of_ip(packet: &[u8]) -> Option<u32> {
    let first = packet.first().filter(|first| *first >> 4 == 4)?;
    let (words, _) = packet.get(..usize::from(first & 15) * 4)?.as_chunks();
    let sum: u32 = words.iter().map(|word| u32::from(u16::from_be_bytes(*word))).sum();
    Some((sum & 0xffff) + (sum >> 16))
}

#[cfg(test)]
mod tests;
