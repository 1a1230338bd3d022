//! The other side: a target of ours as a driver on lines in and out. `rfc793 drive TARGET`.
//!
//! It shows that the protocol loses nothing: the suite on `external:rfc793 drive reference` gives the verdicts it gives
//! on `reference`.

use std::io::{self, BufRead, Write};

use super::{
    message::{Emitted, Hex, PROTOCOL, Reply, Request},
    switches,
};
use crate::{
    case::state::State,
    target::{ConnState, Emission, Pair, Refusal, Target, TargetError, Time},
};

/// Answers requests until the input ends.
///
/// # Errors
/// If a line cannot be read or written. What is wrong with a request is told in its reply.
pub fn serve(target: &mut dyn Target, input: impl BufRead, mut output: impl Write) -> io::Result<()> {
    let mut emissions = Vec::new();
    for line in input.lines() {
        let reply = match serde_json::from_str::<Request>(&line?) {
            Ok(request) => answer(target, &request, &mut emissions)
                .unwrap_or_else(|error| Reply { error: Some(error.to_string()), ..Reply::default() }),
            Err(error) => Reply { error: Some(format!("not a request: {error}")), ..Reply::default() },
        };
        serde_json::to_writer(&mut output, &reply)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

fn answer(target: &mut dyn Target, request: &Request, emissions: &mut Vec<Emission>) -> Result<Reply, TargetError> {
    let mut reply = Reply::default();
    match request {
        Request::Hello { protocol } if *protocol == PROTOCOL => {
            let about = target.capabilities().clone();
            reply.name = Some(target.name().to_owned());
            reply.version = Some(about.version);
            reply.msl = Some(nanos(about.msl));
            reply.granularity = Some(nanos(about.granularity));
            reply.live = Some(about.live);
            return Ok(reply);
        }
        Request::Hello { protocol } => {
            return Err(TargetError::Broken(format!("protocol {protocol} is not spoken here, but {PROTOCOL} is")));
        }
        Request::Echo { packet } => {
            reply.packet = Some(packet.clone());
            return Ok(reply);
        }
        Request::Begin { config, .. } => match switches::from_wire(config.clone()) {
            Ok(config) => match target.begin(&config) {
                Ok(_) => {}
                Err(Refusal::Unsupported(reason)) => reply.unsupported = Some(reason),
                Err(Refusal::Failed(error)) => return Err(error),
            },
            Err(reason) => reply.unsupported = Some(reason),
        },
        Request::Call { on, target: local, peer, call } => {
            let pair = Pair { target: *local, peer: *peer };
            reply.outcome = Some(target.call((*on).into(), pair, &call.as_call())?.into());
        }
        Request::Inject { packet } => target.inject(&packet.0)?,
        Request::Advance { until } => advance(target, Time::from_nanos(*until), emissions)?,
        Request::State { on, target: local, peer } => {
            let pair = Pair { target: *local, peer: *peer };
            reply.state = Some(name_of(target.state((*on).into(), pair)?).to_string());
            reply.rto = target.rto((*on).into(), pair)?.map(nanos);
        }
        Request::End => target.end()?,
    }
    target.capture(emissions)?;
    target.explain(&mut Vec::new());
    let emitted = emissions.drain(..);
    reply.emitted = emitted.map(|one| Emitted { packet: Hex(one.packet), at: Some(nanos(one.at)) }).collect();
    reply.now = Some(nanos(target.now()));
    Ok(reply)
}

/// A target may come back early with nothing to show; the protocol wants the time asked for, or an emission.
fn advance(target: &mut dyn Target, until: Time, emissions: &mut Vec<Emission>) -> Result<(), TargetError> {
    while target.now() < until && emissions.is_empty() {
        target.advance(until)?;
        target.capture(emissions)?;
    }
    Ok(())
}

fn name_of(state: ConnState) -> State {
    match state {
        ConnState::Is(state) => state,
        ConnState::None { listening: true } => State::Listen,
        ConnState::None { listening: false } => State::Closed,
    }
}

fn nanos(time: Time) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
