//! Tracepoint records of a whole guest from a trace buffer of its own.
//!
//! Pages of the kernel's ring buffer are taken as they are (`header_page` and `header_event` of tracefs describe them).

use std::{
    fs::File,
    io::{self, ErrorKind, Read, Write},
    sync::atomic::{AtomicU32, Ordering},
};

use super::tracefs::Tracefs;

/// Instances made by this process so far, for their names.
static MADE: AtomicU32 = AtomicU32::new(0);

/// The tracepoints, as folders of `events`.
const EVENTS: [&str; 2] = ["skb/kfree_skb", "sock/inet_sock_set_state"];
/// At least as long as a page of the buffer.
const PAGE: usize = 65_536;

/// A trace buffer. A guest has one processor, so it has one part.
pub(super) struct Instance {
    tracefs: Tracefs,
    folder: String,
    /// Its records, and its switch; closed before it is removed.
    files: Option<(File, File)>,
    /// The tracepoints write to it, as long as it is switched on.
    fed: bool,
    page: Box<[u8]>,
}

impl Instance {
    /// Makes one, switched off.
    pub(super) fn make(tracefs: Tracefs) -> io::Result<Self> {
        let folder = format!("instances/rfc793-{}", MADE.fetch_add(1, Ordering::Relaxed));
        tracefs.make_folder(&folder)?;
        let pipe = tracefs.pipe(&format!("{folder}/per_cpu/cpu0/trace_pipe_raw"))?;
        let switch = tracefs.switch(&format!("{folder}/tracing_on"))?;
        Ok(Self { tracefs, folder, files: Some((pipe, switch)), fed: false, page: vec![0; PAGE].into() })
    }

    pub(super) fn switch(&mut self, on: bool) -> io::Result<()> {
        let Some((_, switch)) = &mut self.files else { return Ok(()) };
        switch.write_all(if on { b"1" } else { b"0" })?;
        // Tracepoints that are on cost next to nothing where the buffer takes nothing; to switch them costs much more.
        if on && !self.fed {
            for event in EVENTS {
                self.tracefs.switch(&format!("{}/events/{event}/enable", self.folder))?.write_all(b"1")?;
            }
            self.fed = true;
        }
        Ok(())
    }

    /// Hands on what has come, oldest first.
    pub(super) fn read(&mut self, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        let Some((pipe, _)) = &mut self.files else { return Ok(()) };
        loop {
            match pipe.read(&mut self.page) {
                Ok(0) => return Ok(()),
                Ok(len) => records(&self.page[..len], each),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // It is in use as long as somebody can read it.
        self.files = None;
        let _ = self.tracefs.remove_folder(&self.folder);
    }
}

/// A page begins with a time stamp, and how much of it is used.
const USED_AT: usize = 8;
/// Above the length are flags.
const USED: usize = 0x0fff_ffff;
/// Where the records begin.
const RECORDS_AT: usize = USED_AT + size_of::<usize>();

/// The records of a page. Each begins with a word: five bits of kind, the rest is time.
fn records(page: &[u8], each: &mut dyn FnMut(&[u8])) {
    let word = |at: usize| page.get(at..at + 4)?.first_chunk().copied().map(u32::from_ne_bytes);
    let used = word(USED_AT).map_or(0, |used| used as usize & USED);
    let end = (RECORDS_AT + used).min(page.len());
    let mut at = RECORDS_AT;
    while at + 4 <= end {
        let Some(head) = word(at) else { return };
        let length = || word(at + 4).map_or(0, |length| length as usize);
        let (from, next) = match head & 31 {
            // Nothing more on this page.
            29 if head >> 5 == 0 => return,
            // Room that was given up.
            29 => (None, at + 4 + length()),
            // A time of its own.
            30 | 31 => (None, at + 8),
            // A long record says how long; what it says counts from there.
            0 => (Some(at + 8), at + 4 + length()),
            words => (Some(at + 4), at + 4 + words as usize * 4),
        };
        if let Some(record) = from.and_then(|from| page.get(from..next.min(end))) {
            each(record);
        }
        // A damaged page must not be read for ever.
        at = next.max(at + 4);
    }
}

#[cfg(test)]
mod tests;
