//! What a socket call gave against what the case demands.

use crate::{
    case::format::{Readiness, Returns},
    peer::{Unknown, View},
    segment::show,
    target::{Outcome, data_bytes},
};

use super::segment::limits;

/// Whether the outcome is right. `at` is the relative number of the next byte the application reads, for patterns.
///
/// # Errors
/// If a symbol has no value yet.
pub fn fits(returns: Option<&Returns>, outcome: &Outcome, at: u32, view: &View) -> Result<bool, Unknown> {
    Ok(match (returns, outcome) {
        (None, Outcome::WouldBlock | Outcome::Error(_) | Outcome::NoSocket) => false,
        (None, _) => true,
        (
            Some(Returns::Ok),
            Outcome::Ok | Outcome::Accepted(_) | Outcome::Sent(_) | Outcome::Data(_) | Outcome::Ready(_),
        ) => true,
        (Some(Returns::WouldBlock), Outcome::WouldBlock) | (Some(Returns::Eof), Outcome::Eof) => true,
        (Some(Returns::Data(data)), Outcome::Data(bytes)) => data_bytes(data, at) == *bytes,
        (Some(Returns::Sent(bounds)), Outcome::Sent(count)) => {
            let (low, high) = limits(bounds, view)?;
            let count = u32::try_from(*count).unwrap_or(u32::MAX);
            (low..=high).contains(&count)
        }
        (Some(Returns::Error(wanted)), Outcome::Error(errno)) => wanted == errno,
        (Some(Returns::Ready(wanted)), Outcome::Ready(ready)) => readiness_fits(*wanted, *ready),
        (Some(Returns::Either(any)), _) => {
            for returns in any {
                if fits(Some(returns), outcome, at, view)? {
                    return Ok(true);
                }
            }
            false
        }
        (
            Some(
                Returns::Ok
                | Returns::WouldBlock
                | Returns::Eof
                | Returns::Data(_)
                | Returns::Sent(_)
                | Returns::Error(_)
                | Returns::Ready(_),
            ),
            _,
        ) => false,
    })
}

fn readiness_fits(wanted: Readiness, ready: Readiness) -> bool {
    let same = |wanted: Option<bool>, is: Option<bool>| wanted.is_none_or(|wanted| is == Some(wanted));
    same(wanted.readable, ready.readable)
        && same(wanted.writable, ready.writable)
        && same(wanted.urgent, ready.urgent)
        && same(wanted.hangup, ready.hangup)
        && same(wanted.error, ready.error)
}

/// The outcome in the words of the case: `ECONNRESET`, `data "hello"`.
#[must_use]
pub fn show_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Ok => "ok".to_owned(),
        Outcome::Accepted(_) => "a connection".to_owned(),
        Outcome::Sent(count) => format!("sent {count}"),
        Outcome::Data(bytes) => format!("data {} ({} bytes)", show::text(bytes), bytes.len()),
        Outcome::Eof => "eof".to_owned(),
        Outcome::WouldBlock => "would-block".to_owned(),
        Outcome::Error(errno) => format!("{errno:?}"),
        Outcome::Ready(ready) => format!("ready {}", show_readiness(*ready)),
        Outcome::NoSocket => "no such socket".to_owned(),
    }
}

/// What the case demands, in its own words.
#[must_use]
pub fn show_returns(returns: Option<&Returns>) -> String {
    match returns {
        None => "success".to_owned(),
        Some(Returns::Ok) => "ok".to_owned(),
        Some(Returns::WouldBlock) => "would-block".to_owned(),
        Some(Returns::Eof) => "eof".to_owned(),
        Some(Returns::Data(data)) => {
            let bytes = data_bytes(data, 1);
            format!("data {} ({} bytes)", show::text(&bytes), bytes.len())
        }
        Some(Returns::Sent(bounds)) => format!("sent {bounds}"),
        Some(Returns::Error(errno)) => format!("{errno:?}"),
        Some(Returns::Ready(ready)) => format!("ready {}", show_readiness(*ready)),
        Some(Returns::Either(any)) => {
            any.iter().map(|returns| show_returns(Some(returns))).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn show_readiness(ready: Readiness) -> String {
    let words = [
        ("readable", ready.readable),
        ("writable", ready.writable),
        ("urgent", ready.urgent),
        ("hangup", ready.hangup),
        ("error", ready.error),
    ];
    let shown: Vec<_> = words
        .into_iter()
        .filter_map(|(name, is)| is.map(|is| if is { name.to_owned() } else { format!("not {name}") }))
        .collect();
    shown.join(", ")
}

#[cfg(test)]
mod tests;
