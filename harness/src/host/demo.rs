//! A kernel client of the host, for `rfc793 host --demo`: what a person would try first.

use std::{
    io::{self, ErrorKind, Read, Write},
    net::{IpAddr, Shutdown, SocketAddr, TcpStream},
    time::Duration,
};

/// Nothing here takes longer on a link that works.
const PATIENCE: Duration = Duration::from_secs(10);

/// An echo with a half close, the page, and a port nobody listens on.
///
/// # Errors
/// What did not go as it should, in words.
pub fn client(host: IpAddr) -> Result<(), String> {
    echo(SocketAddr::new(host, 7)).map_err(|error| format!("echo: {error}"))?;
    page(SocketAddr::new(host, 80)).map_err(|error| format!("page: {error}"))?;
    match TcpStream::connect_timeout(&SocketAddr::new(host, 81), PATIENCE) {
        Err(error) if error.kind() == ErrorKind::ConnectionRefused => Ok(()),
        Err(error) => Err(format!("closed port: {error}")),
        Ok(_) => Err("closed port: somebody listens".to_owned()),
    }
}

fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn echo(to: SocketAddr) -> io::Result<()> {
    let mut stream = connect(to)?;
    stream.write_all(b"hello")?;
    // Half close: what was sent still comes back.
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    if answer == b"hello" { Ok(()) } else { Err(io::Error::other("another text came back")) }
}

fn page(to: SocketAddr) -> io::Result<()> {
    let mut stream = connect(to)?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: rfc793\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.starts_with("HTTP/1.1 200 OK\r\n") { Ok(()) } else { Err(io::Error::other("no page")) }
}
