//! Why the kernel did what it did: which packets it dropped for what reason, and which states a connection passed.
//!
//! [`Tracepoints`] belongs to one kernel target; start at [`Tracepoints::take`]. Two tracepoints are read,
//! `skb:kfree_skb` and `sock:inet_sock_set_state`, in the layout and with the names that the kernel itself tells
//! ([`mod@format`]), so that a kernel with other reasons needs no other program.
//!
//! - [`tracefs`]: where the kernel tells them; nothing is mounted anywhere and nothing set on a live host
//! - [`perf`]: on a live host, events of the calling thread only. They go with their descriptors, however the process
//!   ends, and the host's own tracing is not touched.
//! - [`instance`]: in a guest, which has no perf: a buffer of its own, that goes with the guest
//! - [`events`]: what a record means
//! - [`symbols`]: the function that an address lies in
//!
//! A packet written to the device is processed in the `write`, by the calling thread, so an event of this thread belongs
//! to what was done last. What an interrupt does meanwhile may be another worker's, in a network of its own with the
//! same addresses: it is left out, unless it changes the state of a socket that this worker has seen before.
//!
//! Left out: on a live host, what a timer does. It does it on any processor, mostly while the worker sleeps.

mod events;
mod format;
mod instance;
mod perf;
mod symbols;
mod tracefs;

use std::{io, net::SocketAddr, sync::OnceLock};

use self::{
    events::{Catalog, Context, Record, Seen},
    instance::Instance,
    perf::Samples,
    tracefs::{Access, Tracefs},
};
use crate::{
    case::state::State,
    target::{Endpoints, Explanation, Pair, Traced},
};

pub use self::symbols::take_symbols_from;

/// What both tracepoints look like in this kernel; the same for all workers.
static CATALOG: OnceLock<Result<Catalog, String>> = OnceLock::new();
/// Why there is nothing to see, once somebody has looked.
static MISSING: OnceLock<String> = OnceLock::new();

/// Why drop reasons and state changes are not to be had from this kernel; `None` as long as nobody wanted them in vain.
#[must_use]
pub fn missing() -> Option<&'static str> {
    MISSING.get().map(String::as_str)
}

/// Functions that free what is left of packets: parts of one that has been used, queues of a socket that goes. Nothing was
/// decided there.
const TIDYING: [&str; 6] = [
    "skb_release_data",
    "skb_rbtree_purge",
    "skb_queue_purge_reason",
    "inet_frag_rbtree_purge",
    "inet_sock_destruct",
    "sk_stream_kill_queues",
];

/// What the kernel tells about one worker's packets and connections.
pub(super) struct Tracepoints {
    source: Source,
    catalog: &'static Catalog,
    /// The thread whose events count, where the source has those of others, too.
    thread: Option<i32>,
    /// The kernel's addresses of sockets that belong to the running case.
    sockets: Vec<u64>,
    on: bool,
}

enum Source {
    Perf(Samples),
    Instance(Instance),
}

impl Source {
    fn switch(&mut self, on: bool) -> io::Result<()> {
        match self {
            Self::Perf(samples) => samples.switch(on),
            Self::Instance(instance) => instance.switch(on),
        }
    }

    /// Hands on the records that have come, oldest first.
    fn read(&mut self, each: &mut dyn FnMut(&[u8])) -> io::Result<()> {
        match self {
            Self::Perf(samples) => {
                samples.read(each);
                Ok(())
            }
            Self::Instance(instance) => instance.read(each),
        }
    }
}

impl Tracepoints {
    /// Gets ready, switched off. `None` where the kernel or the rights do not allow it ([`missing`] says why).
    pub(super) fn open(guest: bool) -> Option<Self> {
        let opened = Self::try_open(guest);
        opened.map_err(|why| MISSING.get_or_init(|| why)).ok()
    }

    fn try_open(guest: bool) -> Result<Self, String> {
        let access = if guest { Access::Write } else { Access::Read };
        let tracefs = Tracefs::open(access).map_err(|error| format!("tracefs cannot be read ({error})"));
        let catalog = match CATALOG.get() {
            Some(catalog) => catalog,
            None => {
                let catalog = tracefs.as_ref().map_err(Clone::clone).and_then(Catalog::read);
                CATALOG.get_or_init(|| catalog)
            }
        };
        let catalog = catalog.as_ref().map_err(Clone::clone)?;
        let (source, thread) = if guest {
            let instance =
                Instance::make(tracefs?).map_err(|error| format!("no trace buffer can be made ({error})"))?;
            (Source::Instance(instance), Some(nix::unistd::gettid().as_raw()))
        } else {
            let samples = Samples::of_this_thread([catalog.drop_id(), catalog.state_id()])
                .map_err(|error| format!("perf events are refused ({error})"))?;
            // It takes longer than some timers, so not in the middle of a case. A guest's timers do not see it.
            symbols::load();
            (Source::Perf(samples), None)
        };
        Ok(Self { source, catalog, thread, sockets: Vec::new(), on: false })
    }

    /// Lets events come, or stops them. Without effect where the kernel refuses.
    pub(super) fn switch(&mut self, on: bool) {
        if self.on != on && self.source.switch(on).is_ok() {
            self.on = on;
        }
    }

    /// A new case begins: what came so far is of no interest.
    pub(super) fn forget(&mut self) {
        self.sockets.clear();
        if self.on {
            // What cannot be read is not told.
            let _ = self.source.read(&mut |_| {});
        }
    }

    /// Appends what has happened since the last call to packets and connections of the case with these endpoints.
    /// `left` says in which state a connection without a socket is: it goes on without one in TIME-WAIT.
    pub(super) fn take(
        &mut self,
        endpoints: &Endpoints,
        left: &mut dyn FnMut(Pair) -> Option<State>,
        into: &mut Vec<Explanation>,
    ) {
        if !self.on {
            return;
        }
        let Self { source, catalog, thread, sockets, .. } = self;
        // The socket's own state is enough for all that follow, so each is asked for once, when all are read.
        let first = into.len();
        let _ = source.read(&mut |bytes| {
            let told = catalog.record(bytes).and_then(|record| told(&record, *thread, endpoints, sockets));
            into.extend(told.map(Explanation::Traced));
        });
        let mut index = first;
        while index < into.len() {
            if keep(&mut into[index], endpoints, left) {
                index += 1;
            } else {
                into.remove(index);
            }
        }
    }
}

/// What a record says about the case, if it is about it.
fn told(record: &Record, thread: Option<i32>, endpoints: &Endpoints, sockets: &mut Vec<u64>) -> Option<Traced> {
    let direct = record.context == Context::Thread && thread.is_none_or(|thread| thread == record.thread);
    match record.seen {
        Seen::Dropped { reason, location } if direct => {
            let place = symbols::function_at(location);
            let tidied = place.is_some_and(|place| TIDYING.contains(&place));
            (!tidied).then_some(Traced::Dropped { reason, place })
        }
        Seen::Dropped { .. } => None,
        // The socket of a connection is made when its handshake is whole; until then a request was in SYN-RECEIVED. And
        // a close in FIN-WAIT-2 is told as a change, too.
        Seen::State { from, to, .. } if from == State::Listen || from == to => None,
        Seen::State { socket, local_port, remote, from, to } => {
            let on = connection(endpoints, local_port, remote)?;
            let known = sockets.contains(&socket);
            // Of one thread's events only those of timers that happened to interrupt it would be seen.
            let by_timer = !direct && known && thread.is_some();
            if !direct && !by_timer {
                return None;
            }
            if !known {
                sockets.push(socket);
            }
            if to == State::Closed {
                // The kernel may use its memory for another one.
                sockets.retain(|&known| known != socket);
            }
            Some(Traced::Transition { on, from, to })
        }
    }
}

/// The number of a connection in its case; `None` if it is not one of it.
fn connection(endpoints: &Endpoints, local_port: u16, remote: SocketAddr) -> Option<u8> {
    let own = remote.ip() == endpoints.peer.ip() || remote.ip() == endpoints.other_peer;
    let number = remote.port().checked_sub(endpoints.peer.port())?;
    if own && local_port == endpoints.target.port() { u8::try_from(number).ok() } else { None }
}

/// What the kernel calls closed goes on in TIME-WAIT without its socket; says whether there is still a change then.
fn keep(explanation: &mut Explanation, endpoints: &Endpoints, left: &mut dyn FnMut(Pair) -> Option<State>) -> bool {
    let Explanation::Traced(Traced::Transition { on, from, to }) = explanation else { return true };
    if *to != State::Closed || !matches!(from, State::FinWait1 | State::FinWait2 | State::Closing) {
        return true;
    }
    let port = endpoints.peer.port().wrapping_add(u16::from(*on));
    let at = |ip| left(Pair { target: endpoints.target, peer: SocketAddr::new(ip, port) });
    if let Some(state) = [endpoints.peer.ip(), endpoints.other_peer].into_iter().find_map(at) {
        *to = state;
    }
    to != from
}

#[cfg(test)]
mod tests;
