use std::{collections::VecDeque, time::Duration};

use stack_under_test::{Cidr, Config, Profile};

use super::*;

/// A client's stack and a host's, on a wire that loses nothing and takes no time.
struct Wire {
    client: Stack,
    host: Stack,
    services: Services,
    now: Instant,
}

impl Wire {
    fn new() -> Self {
        let stack = |last, seed| {
            let address = Cidr::new([192, 0, 2, last], 24);
            Stack::new(Config::new(address, seed, Profile::rfc9293()))
        };
        let (client, mut host) = (stack(1, 1), stack(2, 2));
        let now = Instant::ZERO;
        let services = Services::start(&mut host, now, &SocketOptions::default()).expect("free ports");
        Self { client, host, services, now }
    }

    /// Carries packets until both sides are silent.
    fn settle(&mut self) {
        let mut carried = VecDeque::new();
        loop {
            self.services.run_all(&mut self.host, self.now);
            carried.extend(std::iter::from_fn(|| self.client.poll_transmit(self.now)).map(|sent| (true, sent.packet)));
            carried.extend(std::iter::from_fn(|| self.host.poll_transmit(self.now)).map(|sent| (false, sent.packet)));
            let Some((to_host, packet)) = carried.pop_front() else { return };
            let to = if to_host { &mut self.host } else { &mut self.client };
            to.handle_packet(self.now, &packet);
        }
    }

    /// Time for delayed acknowledgments.
    fn wait(&mut self) {
        self.now += Duration::from_millis(500);
        self.client.handle_timeout(self.now);
        self.host.handle_timeout(self.now);
        self.settle();
    }

    fn connect(&mut self, port: u16) -> SocketId {
        let remote = SocketAddr::from(([192, 0, 2, 2], port));
        let call = UserCall::Connect { local_port: 0, remote, options: SocketOptions::default() };
        let Ok(Reply::Socket(socket)) = self.client.user_call(self.now, call) else { panic!("no connection") };
        self.settle();
        socket
    }

    fn send(&mut self, socket: SocketId, data: &[u8]) {
        let call = UserCall::Send { socket, data, urgent: false };
        assert_eq!(self.client.user_call(self.now, call), Ok(Reply::Sent(data.len())));
        self.settle();
    }

    fn shutdown(&mut self, socket: SocketId) {
        assert_eq!(self.client.user_call(self.now, UserCall::Shutdown { socket }), Ok(Reply::Done));
        self.settle();
    }

    /// Everything that came; `true` if the host has closed.
    fn receive(&mut self, socket: SocketId) -> (Vec<u8>, bool) {
        let mut all = Vec::new();
        while let Ok(Reply::Received(data)) =
            self.client.user_call(self.now, UserCall::Receive { socket, max: 1 << 20 })
        {
            if data.is_empty() {
                return (all, true);
            }
            all.extend(data);
            self.settle();
        }
        (all, false)
    }

    /// Connections that the services still have.
    fn open(&self) -> usize {
        self.services.open.len()
    }
}

#[test]
fn echo_returns_everything_also_after_a_half_close() {
    let mut wire = Wire::new();
    let socket = wire.connect(7);
    let data: Vec<u8> = (0..60_000_u32).map(|at| (at % 251) as u8).collect();
    wire.send(socket, &data);
    wire.shutdown(socket);
    assert_eq!(wire.receive(socket), (data, true));
    assert_eq!(wire.open(), 0);
}

#[test]
fn discard_reads_and_says_nothing() {
    let mut wire = Wire::new();
    let socket = wire.connect(9);
    for _ in 0..10 {
        wire.send(socket, &[7; 50_000]);
    }
    wire.shutdown(socket);
    assert_eq!(wire.receive(socket), (Vec::new(), true));
    assert_eq!(wire.open(), 0);
}

#[test]
fn daytime_says_it_and_closes() {
    let mut wire = Wire::new();
    let socket = wire.connect(13);
    let (text, closed) = wire.receive(socket);
    assert!(closed && text.ends_with(b" GMT\r\n"), "{}", String::from_utf8_lossy(&text));
    wire.shutdown(socket);
    assert_eq!(wire.open(), 0);
}

#[test]
fn chargen_fills_the_window_and_goes_on_when_it_is_read() {
    let mut wire = Wire::new();
    let socket = wire.connect(19);
    let (mut total, mut rounds) = (0, 0);
    while total < 300_000 {
        let call = UserCall::Receive { socket, max: 1 << 20 };
        let Ok(Reply::Received(data)) = wire.client.user_call(wire.now, call) else { panic!("nothing more") };
        total += data.len();
        rounds += 1;
        wire.settle();
    }
    assert!(rounds > 3, "the window bounds what comes at once");
    assert_eq!(wire.client.user_call(wire.now, UserCall::Abort { socket }), Ok(Reply::Done));
    wire.settle();
    assert_eq!(wire.open(), 0);
}

#[test]
fn the_page_shows_its_own_connection() {
    let mut wire = Wire::new();
    let socket = wire.connect(80);
    wire.send(socket, b"GET / HTTP/1.1\r\n");
    assert_eq!(wire.receive(socket), (Vec::new(), false), "half a request");
    wire.send(socket, b"\r\n");
    // Nagle's algorithm holds it back until the first part is acknowledged.
    wire.wait();
    let (page, closed) = wire.receive(socket);
    let page = String::from_utf8(page).expect("text");
    assert!(closed && page.contains("1 connections") && page.contains("<td>ESTABLISHED"), "{page}");
    wire.shutdown(socket);
    assert_eq!(wire.open(), 0);
}

#[test]
fn a_connection_that_breaks_is_forgotten() {
    for port in [7, 9, 13, 19, 80] {
        let mut wire = Wire::new();
        let socket = wire.connect(port);
        assert_eq!(wire.client.user_call(wire.now, UserCall::Abort { socket }), Ok(Reply::Done));
        wire.settle();
        assert_eq!(wire.open(), 0, "port {port}");
    }
}

/// RFC862, RFC864, RFC867 over UDP; a service's port as the source would make two of them talk for ever.
#[test]
fn datagrams_are_answered_but_not_to_services() {
    let mut wire = Wire::new();
    for (from, to, answers) in [(4000, 7, true), (4001, 9, false), (4002, 13, true), (4003, 19, true), (7, 7, false)] {
        wire.client.udp_bind(from).expect("a free port");
        let remote = SocketAddr::from(([192, 0, 2, 2], to));
        assert_eq!(wire.client.udp_send(wire.now, from, remote, b"ping"), Ok(()));
        wire.settle();
        let answer = wire.client.udp_receive(from);
        assert_eq!(answer.is_ok(), answers, "{from} to {to}: {answer:?}");
        if (from, to) == (4000, 7) {
            assert_eq!(answer.map(|datagram| datagram.data), Ok(b"ping".to_vec()));
        }
    }
}
