//! The driver's process: lines out, lines in, never waiting for ever.
//!
//! Its standard error goes where ours goes, so a traceback is seen as it is. It ends when we do: its standard input
//! closes, and the system sends it SIGKILL should we be gone.

use std::{
    io::{self, Read, Write},
    os::{
        fd::AsFd,
        unix::process::{CommandExt, ExitStatusExt},
    },
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

/// A reply longer than this is no reply.
const MOST_BYTES: usize = 64 << 20;

/// A running driver.
pub(super) struct Process {
    command: String,
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    buffer: Vec<u8>,
    /// Up to here the buffer was searched for the end of a line.
    searched: usize,
}

/// Why there is no line.
#[derive(Debug, thiserror::Error)]
pub(super) enum Lost {
    /// It could not be started.
    #[error("failed to start `{command}`: {source}")]
    Start { command: String, source: io::Error },
    /// It ended.
    #[error("the driver `{command}` ended ({how}); what it said stands above")]
    Ended { command: String, how: String },
    /// It says nothing.
    #[error("the driver `{command}` did not answer within {seconds} s")]
    Silent { command: String, seconds: u64 },
    /// It says too much.
    #[error("the driver `{command}` sent a line of more than {MOST_BYTES} bytes")]
    TooLong { command: String },
    /// A pipe broke in another way.
    #[error("failed to talk to the driver `{command}`: {source}")]
    Pipe { command: String, source: io::Error },
}

impl Process {
    /// Starts `command` by the shell.
    pub(super) fn start(command: &str) -> Result<Self, Lost> {
        let failed = |source| Lost::Start { command: command.to_owned(), source };
        let mut child = Command::new("sh")
            .args(["-c", &format!("exec {command}")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // Ctrl-C is for us; the driver then sees its input close.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(io::Error::other("it has no standard streams")));
        };
        Ok(Self { command: command.to_owned(), child, input: Some(input), output, buffer: Vec::new(), searched: 0 })
    }

    /// Sends one line and waits for the next one, at most so long.
    pub(super) fn exchange(&mut self, line: &str, patience: Duration) -> Result<String, Lost> {
        let sent =
            self.input.as_mut().map(|input| input.write_all(line.as_bytes()).and_then(|()| input.write_all(b"\n")));
        match sent {
            Some(Ok(())) => self.line(patience),
            // Writing fails when it ended: how it ended tells more.
            Some(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => Err(self.pipe(error)),
            Some(Err(_)) | None => Err(self.ended()),
        }
    }

    fn line(&mut self, patience: Duration) -> Result<String, Lost> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(end) = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=self.searched + end).collect();
                line.pop();
                self.searched = 0;
                return Ok(String::from_utf8_lossy(&line).into_owned());
            }
            self.searched = self.buffer.len();
            if self.buffer.len() > MOST_BYTES {
                return Err(Lost::TooLong { command: self.command.clone() });
            }
            self.more(deadline, patience)?;
        }
    }

    fn more(&mut self, deadline: Instant, patience: Duration) -> Result<(), Lost> {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
        let ready = poll(&mut [PollFd::new(self.output.as_fd(), PollFlags::POLLIN)], timeout);
        match ready {
            Ok(0) if Instant::now() >= deadline => {
                return Err(Lost::Silent { command: self.command.clone(), seconds: patience.as_secs() });
            }
            Ok(0) | Err(nix::errno::Errno::EINTR) => return Ok(()),
            Ok(_) => {}
            Err(errno) => return Err(self.pipe(errno.into())),
        }
        let mut chunk = [0; 1 << 16];
        match self.output.read(&mut chunk) {
            Ok(0) => Err(self.ended()),
            Ok(count) => {
                self.buffer.extend_from_slice(&chunk[..count]);
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(self.pipe(error)),
        }
    }

    fn pipe(&self, source: io::Error) -> Lost {
        Lost::Pipe { command: self.command.clone(), source }
    }

    fn ended(&mut self) -> Lost {
        // Its output closed; a moment for the process itself to follow.
        let deadline = Instant::now() + Duration::from_secs(1);
        let status = loop {
            match self.child.try_wait() {
                Ok(Some(status)) => break Some(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(1)),
                Ok(None) | Err(_) => break None,
            }
        };
        Lost::Ended { command: self.command.clone(), how: describe(status) }
    }
}

fn describe(status: Option<ExitStatus>) -> String {
    match status {
        None => "it closed its output but goes on running".to_owned(),
        Some(status) => match (status.code(), status.signal()) {
            (Some(127), _) => "exit code 127: the shell found no such command".to_owned(),
            (Some(code), _) => format!("exit code {code}"),
            (None, Some(signal)) => format!("signal {signal}"),
            (None, None) => "no exit code".to_owned(),
        },
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // End of input is the polite word. Whoever does not listen gets the other one.
        drop(self.input.take());
        for _ in 0..50 {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
