//! What the host serves: echo (RFC862), discard (RFC863), daytime (RFC867), chargen (RFC864) over TCP and UDP, and a page
//! over HTTP that shows the host's connections.
//!
//! Sans-IO like the stack it uses: [`Services::run`] is called by the host's loop after each packet or timeout, with the
//! connections that it may have moved.

mod pattern;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    time::SystemTime,
};

use stack_under_test::{CallError, Instant, Reply, Rules, SocketId, SocketOptions, Stack, UserCall};

use super::page;
use pattern::Pattern;

/// Local port and remote socket of a connection.
pub type Flow = (u16, SocketAddr);

/// A service and its port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Service {
    Echo,
    Discard,
    Daytime,
    Chargen,
    Http,
}

const SERVICES: [(u16, Service); 5] =
    [(7, Service::Echo), (9, Service::Discard), (13, Service::Daytime), (19, Service::Chargen), (80, Service::Http)];

/// How many connections may wait to be accepted; they never do for long.
const BACKLOG: usize = 128;
/// The most that is read or kept at once for a connection.
const CHUNK: usize = 64 * 1024;
/// A longer request is no request for us.
const LONGEST_REQUEST: usize = 8 * 1024;

/// One connection of a service.
struct Conn {
    socket: SocketId,
    service: Service,
    /// What came of the request so far (HTTP).
    request: Vec<u8>,
    /// What is still to be sent.
    pending: Vec<u8>,
    pattern: Pattern,
    /// We have closed our side.
    shut: bool,
    /// The peer has closed its side.
    ended: bool,
}

/// What a step of a connection leads to.
#[derive(PartialEq, Eq)]
enum Next {
    Goes,
    Over,
}

/// The services of one host.
pub struct Services {
    listeners: Vec<(SocketId, Service)>,
    open: BTreeMap<Flow, Conn>,
    /// The rules behind the last segment of each connection.
    rules: BTreeMap<Flow, Rules>,
}

impl Services {
    /// Listens on every service's port, for TCP and UDP.
    ///
    /// # Errors
    /// That of the stack, if a port is taken.
    pub fn start(stack: &mut Stack, now: Instant, options: &SocketOptions) -> Result<Self, CallError> {
        let mut listeners = Vec::new();
        for (port, service) in SERVICES {
            let call = UserCall::Listen { port, backlog: BACKLOG, options: options.clone() };
            if let Reply::Socket(socket) = stack.user_call(now, call)? {
                listeners.push((socket, service));
            }
            if service != Service::Http {
                stack.udp_bind(port)?;
            }
        }
        Ok(Self { listeners, open: BTreeMap::new(), rules: BTreeMap::new() })
    }

    /// A segment of this connection left for these rules.
    pub fn sent(&mut self, flow: Flow, rules: Rules) {
        if self.open.contains_key(&flow) {
            self.rules.insert(flow, rules);
        }
    }

    /// Serves whoever came, and the connections that were touched.
    pub fn run(&mut self, stack: &mut Stack, now: Instant, touched: &BTreeSet<Flow>) {
        for flow in self.accept(stack, now).iter().chain(touched) {
            self.step(*flow, stack, now);
        }
        for (port, service) in SERVICES {
            answer_datagrams(port, service, stack, now);
        }
    }

    /// The same for every connection: time has passed.
    pub fn run_all(&mut self, stack: &mut Stack, now: Instant) {
        let flows: BTreeSet<Flow> = self.open.keys().copied().collect();
        self.run(stack, now, &flows);
    }

    fn accept(&mut self, stack: &mut Stack, now: Instant) -> Vec<Flow> {
        let mut new = Vec::new();
        for &(listener, service) in &self.listeners {
            while let Ok(Reply::Accepted { socket, remote }) = stack.user_call(now, UserCall::Accept { listener }) {
                let port = SERVICES.iter().find(|(_, other)| *other == service).map_or(0, |(port, _)| *port);
                let conn = Conn {
                    socket,
                    service,
                    request: Vec::new(),
                    pending: Vec::new(),
                    pattern: Pattern::default(),
                    shut: false,
                    ended: false,
                };
                self.open.insert((port, remote), conn);
                new.push((port, remote));
            }
        }
        new
    }

    fn step(&mut self, flow: Flow, stack: &mut Stack, now: Instant) {
        let Some(conn) = self.open.get_mut(&flow) else { return };
        let next = match conn.service {
            Service::Echo => conn.echo(stack, now),
            Service::Discard => conn.discard(stack, now),
            Service::Daytime => conn.say_once(stack, now, daytime),
            Service::Chargen => conn.chargen(stack, now),
            Service::Http => conn.http(stack, now, &self.rules),
        };
        if next == Next::Over
            && let Some(conn) = self.open.remove(&flow)
        {
            self.rules.remove(&flow);
            let _ = stack.user_call(now, UserCall::Close { socket: conn.socket });
        }
    }
}

impl Conn {
    /// Sends what is pending, as far as there is room. `Err`: the connection is over.
    fn flush(&mut self, stack: &mut Stack, now: Instant) -> Result<(), Next> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let call = UserCall::Send { socket: self.socket, data: &self.pending, urgent: false };
        match stack.user_call(now, call) {
            Ok(Reply::Sent(count)) => {
                self.pending.drain(..count);
                Ok(())
            }
            Ok(_) | Err(CallError::WouldBlock) => Ok(()),
            Err(_) => Err(Next::Over),
        }
    }

    /// What came, if anything; notes the end. `Err`: the connection is over.
    fn receive(&mut self, stack: &mut Stack, now: Instant) -> Result<Option<Vec<u8>>, Next> {
        if self.ended {
            return Ok(None);
        }
        match stack.user_call(now, UserCall::Receive { socket: self.socket, max: CHUNK }) {
            Ok(Reply::Received(data)) if data.is_empty() => {
                self.ended = true;
                Ok(None)
            }
            Ok(Reply::Received(data)) => Ok(Some(data)),
            Ok(_) | Err(CallError::WouldBlock) => Ok(None),
            Err(_) => Err(Next::Over),
        }
    }

    /// Reads until there is nothing more, and forgets it.
    fn drain(&mut self, stack: &mut Stack, now: Instant) -> Result<(), Next> {
        while self.receive(stack, now)?.is_some() {}
        Ok(())
    }

    /// Closes our side once everything was sent; over when the peer's is closed as well.
    fn finish(&mut self, stack: &mut Stack, now: Instant) -> Next {
        if self.pending.is_empty() && !self.shut {
            self.shut = true;
            if stack.user_call(now, UserCall::Shutdown { socket: self.socket }).is_err() {
                return Next::Over;
            }
        }
        if self.shut && self.ended { Next::Over } else { Next::Goes }
    }

    fn echo(&mut self, stack: &mut Stack, now: Instant) -> Next {
        loop {
            if let Err(next) = self.flush(stack, now) {
                return next;
            }
            // Not more is read than can be sent back: the window tells the peer.
            if !self.pending.is_empty() {
                return Next::Goes;
            }
            match self.receive(stack, now) {
                Ok(Some(data)) => self.pending = data,
                Ok(None) if self.ended => return self.finish(stack, now),
                Ok(None) => return Next::Goes,
                Err(next) => return next,
            }
        }
    }

    fn discard(&mut self, stack: &mut Stack, now: Instant) -> Next {
        match self.drain(stack, now) {
            Ok(()) if self.ended => self.finish(stack, now),
            Ok(()) => Next::Goes,
            Err(next) => next,
        }
    }

    fn say_once(&mut self, stack: &mut Stack, now: Instant, text: impl FnOnce() -> String) -> Next {
        if !self.shut && self.request.is_empty() {
            // One octet marks that it was said.
            self.request.push(1);
            self.pending = text().into_bytes();
        }
        if self.flush(stack, now).is_err() || self.drain(stack, now).is_err() {
            return Next::Over;
        }
        self.finish(stack, now)
    }

    fn chargen(&mut self, stack: &mut Stack, now: Instant) -> Next {
        loop {
            if self.drain(stack, now).is_err() {
                return Next::Over;
            }
            if self.ended {
                self.pending.clear();
                return self.finish(stack, now);
            }
            if self.pending.is_empty() {
                self.pending = self.pattern.next(CHUNK);
            }
            if self.flush(stack, now).is_err() {
                return Next::Over;
            }
            if !self.pending.is_empty() {
                return Next::Goes;
            }
        }
    }

    fn http(&mut self, stack: &mut Stack, now: Instant, rules: &BTreeMap<Flow, Rules>) -> Next {
        let mut asked = page::is_whole(&self.request);
        while !asked {
            match self.receive(stack, now) {
                Ok(Some(data)) => self.request.extend(data),
                Ok(None) if self.ended => return self.finish(stack, now),
                Ok(None) => return Next::Goes,
                Err(next) => return next,
            }
            asked = page::is_whole(&self.request) || self.request.len() > LONGEST_REQUEST;
            if asked {
                let connections = stack.connections(now);
                self.pending = page::answer(&self.request, &connections, rules);
            }
        }
        if self.flush(stack, now).is_err() || self.drain(stack, now).is_err() {
            return Next::Over;
        }
        self.finish(stack, now)
    }
}

fn daytime() -> String {
    format!("{}\r\n", httpdate::fmt_http_date(SystemTime::now()))
}

/// The same services for datagrams: one answer each (RFC862, RFC864, RFC867), none for discard.
fn answer_datagrams(port: u16, service: Service, stack: &mut Stack, now: Instant) {
    loop {
        let datagram = match stack.udp_receive(port) {
            Ok(datagram) => datagram,
            // An error about an answer of ours: nobody is interested.
            Err(CallError::Refused | CallError::HostUnreachable) => continue,
            Err(_) => return,
        };
        // Two such services would answer each other for ever.
        if datagram.from.port() < 1024 {
            continue;
        }
        let answer = match service {
            Service::Echo => datagram.data,
            Service::Daytime => daytime().into_bytes(),
            Service::Chargen => Pattern::default().next(512),
            Service::Discard | Service::Http => continue,
        };
        // It is lost if it cannot leave, as a datagram may be.
        let _ = stack.udp_send(now, port, datagram.from, &answer);
    }
}

#[cfg(test)]
mod tests;
