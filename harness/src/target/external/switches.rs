//! A case's `config` as it goes over the wire: only what the case sets, under the names of the case format, spans in
//! nanoseconds.

use serde_json::{Map, Value};

use crate::case::{format::Config, time::Span};

/// The switches that are spans of time.
const SPANS: [&str; 4] = ["msl", "user-timeout", "keepalive-idle", "keepalive-interval"];

/// What a driver is told.
///
/// # Errors
/// A sentence about a span that has no fixed length (`2MSL`).
pub(super) fn to_wire(config: &Config) -> Result<Map<String, Value>, String> {
    let Ok(Value::Object(mut switches)) = serde_json::to_value(config) else {
        return Err("the switches cannot be written as JSON".to_owned());
    };
    switches.retain(|_, value| !value.is_null());
    for name in SPANS {
        let Some(value) = switches.get_mut(name) else { continue };
        match value.as_str().map(str::parse::<Span>) {
            Some(Ok(Span { two_msl: 0, rto: 0, nanos })) => *value = Value::from(nanos),
            Some(Ok(_) | Err(_)) | None => return Err(format!("{name} has to be a fixed time")),
        }
    }
    Ok(switches)
}

/// The switches as a driver was told.
///
/// # Errors
/// If there is one that the case format does not have, or a value that does not fit.
pub(super) fn from_wire(mut switches: Map<String, Value>) -> Result<Config, String> {
    for name in SPANS {
        let Some(value) = switches.get_mut(name) else { continue };
        let nanos = value.as_u64().ok_or_else(|| format!("{name} has to be a number of nanoseconds"))?;
        *value = Value::from(format!("{nanos}ns"));
    }
    // A number on the wire, which the case format reads as a word.
    if let Some(value) = switches.get_mut("ip") {
        *value = Value::from(value.to_string());
    }
    serde_json::from_value(Value::Object(switches)).map_err(|error| error.to_string())
}
