//! A listening socket that is kept from case to case.
//!
//! Making one costs more than a handshake: five system calls. Most cases want the very same one, so it is made once;
//! between cases it stays bound to its port but does not listen, as if it were not there. Called by `calls`.
//!
//! Left out: cases with switches of their own. What they set on a socket, or a socket takes from the namespace when it
//! is made, must not be seen by another case: they make their own listener, and so does a case whose listener was
//! changed by a call.

use std::io;

use super::socket::Socket;
use crate::case::format::IpVersion;

/// A bound socket that listens only while a case wants it to.
pub(super) struct Spare {
    socket: Socket,
    version: IpVersion,
    port: u16,
}

impl Spare {
    /// A listener that was made to stop reading. What waited in its queue is reset, as if it had been closed.
    pub(super) const fn new(socket: Socket, version: IpVersion, port: u16) -> Self {
        Self { socket, version, port }
    }

    /// The port it is bound to.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// The version of IP it speaks.
    pub(super) const fn version(&self) -> IpVersion {
        self.version
    }

    /// Lets it listen again.
    ///
    /// # Errors
    /// What `listen` reports.
    pub(super) fn listen(self, backlog: i32) -> io::Result<Socket> {
        self.socket.listen(backlog)?;
        Ok(self.socket)
    }
}
