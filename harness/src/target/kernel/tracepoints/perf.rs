//! Tracepoint records of one thread from the kernel's perf events.

use std::io;

use perf_event::{
    Builder, SampleFlag, Sampler,
    data::{Record as Told, parse::ParseError},
    events::Tracepoint,
};

/// Room for the records of one step, octets each; a record has about 100.
const ROOM: usize = 16 * 4096;

/// Two tracepoints, of the thread that opened them only.
pub(super) struct Samples {
    samplers: [Sampler; 2],
    /// What is being put in order.
    records: Vec<(u64, Vec<u8>)>,
}

impl Samples {
    /// Opens them, switched off.
    pub(super) fn of_this_thread(tracepoints: [u16; 2]) -> io::Result<Self> {
        let open = |id: u16| {
            Builder::new(Tracepoint::with_id(id.into()))
                .observe_self()
                .include_kernel()
                .sample_period(1)
                .sample(SampleFlag::TIME | SampleFlag::RAW)
                .build()?
                .sampled(ROOM)
        };
        let [one, other] = tracepoints;
        Ok(Self { samplers: [open(one)?, open(other)?], records: Vec::new() })
    }

    pub(super) fn switch(&mut self, on: bool) -> io::Result<()> {
        self.samplers.iter_mut().try_for_each(|sampler| if on { sampler.enable() } else { sampler.disable() })
    }

    /// Hands on what has come, oldest first. Records that did not fit are gone.
    pub(super) fn read(&mut self, each: &mut dyn FnMut(&[u8])) {
        self.records.clear();
        for sampler in &mut self.samplers {
            while let Some(record) = sampler.next_record() {
                // A record that this program cannot read is none of the two.
                let parsed: Result<Told<'_>, ParseError> = record.parse_record();
                if let Ok(Told::Sample(sample)) = parsed
                    && let (Some(time), Some(raw)) = (sample.time(), sample.raw())
                {
                    self.records.push((time, raw.to_vec()));
                }
            }
        }
        self.records.sort_by_key(|(time, _)| *time);
        self.records.iter().for_each(|(_, bytes)| each(bytes));
    }
}
