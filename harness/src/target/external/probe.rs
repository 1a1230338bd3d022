//! The driver proves itself before its stack is blamed: framing, clock, and a fresh start.
//!
//! Nothing here depends on how good a TCP the stack is: no segment is sent to it.

use super::{External, Hex, Request};
use crate::{
    case::format::Config,
    target::{ConnState, Handle, Pair, Refusal, Target as _, TargetError, Time},
};

/// A time no stack has a timer at before anything happened.
const A_MOMENT: Time = Time::from_millis(1);

/// Runs the checks.
///
/// # Errors
/// Names the first that fails.
pub(super) fn prove(driver: &mut External) -> Result<(), TargetError> {
    echo(driver)?;
    // Twice: the second start has to be as fresh as the first.
    for _ in 0..2 {
        fresh_start(driver)?;
    }
    Ok(())
}

/// Every byte value and the sizes at both ends go through unchanged.
fn echo(driver: &mut External) -> Result<(), TargetError> {
    let packets = [vec![0x45], (0..=255).collect(), vec![0xa5; 65_535]];
    for packet in packets {
        let length = packet.len();
        let reply = driver.ask(&Request::Echo { packet: Hex(packet.clone()) })?;
        if reply.packet.as_ref().map(|packet| &packet.0) != Some(&packet) {
            return Err(failed(driver, "echo", &format!("a packet of {length} bytes came back changed or not at all")));
        }
        if !driver.emitted.is_empty() {
            return Err(failed(driver, "echo", "it emitted packets before `begin`"));
        }
    }
    Ok(())
}

fn fresh_start(driver: &mut External) -> Result<(), TargetError> {
    let endpoints = driver.begin(&Config::default()).map_err(|refusal| match refusal {
        Refusal::Unsupported(reason) => failed(driver, "begin", &format!("it refuses an empty `config`: {reason}")),
        Refusal::Failed(error) => error,
    })?;
    if driver.now() > A_MOMENT && !driver.capabilities.live {
        return Err(failed(driver, "begin", "its clock does not start at 0"));
    }
    let pair = Pair { target: endpoints.target, peer: endpoints.peer };
    let state = driver.state(Handle::Connection(0), pair)?;
    if state != (ConnState::None { listening: false }) {
        return Err(failed(driver, "state", &format!("a fresh stack has a connection or a listener: {state}")));
    }
    let until = driver.now() + A_MOMENT;
    driver.advance(until)?;
    if !driver.emitted.is_empty() {
        return Err(failed(driver, "advance", "a fresh stack emitted packets"));
    }
    let exact = driver.now() == until || driver.capabilities.live && driver.now() > until;
    if !exact {
        return Err(failed(driver, "advance", "without a timer in between, `now` has to be the time asked for"));
    }
    driver.end()
}

fn failed(driver: &External, check: &str, what: &str) -> TargetError {
    TargetError::Broken(format!(
        "the driver `{}` fails its check of `{check}`: {what}; its stack was not tested",
        driver.command
    ))
}
