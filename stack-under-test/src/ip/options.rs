//! IP options of what arrives: only a source route matters to a host that is no router (RFC1122#3.2.1.8).
//!
//! [`check`] is called by [`super::accept`] once the packet turned out to be addressed to us. All other options are
//! ignored (MUST-50).
//!
//! Left out: the return route of a connection (MUST-53), and the ICMP messages that tell the source.

use crate::rule::Rule;

const END: u8 = 0;
const NO_OPERATION: u8 = 1;
const LOOSE_SOURCE_ROUTE: u8 = 131;
const STRICT_SOURCE_ROUTE: u8 = 137;

/// # Errors
/// The rule the packet is dropped for.
pub(super) fn check(mut options: &[u8]) -> Result<(), Rule> {
    while let Some((&kind, rest)) = options.split_first() {
        match kind {
            END => break,
            NO_OPERATION => options = rest,
            _ => {
                let len = rest.first().map_or(0, |len| usize::from(*len));
                let (option, behind) = options.split_at_checked(len).filter(|_| len >= 2).ok_or(Rule::IpBadOption)?;
                if matches!(kind, LOOSE_SOURCE_ROUTE | STRICT_SOURCE_ROUTE) {
                    check_source_route(option)?;
                }
                options = behind;
            }
        }
    }
    Ok(())
}

/// The pointer counts from 1, the option's kind; beyond the length nothing of the route is left (RFC791#3.1).
fn check_source_route(option: &[u8]) -> Result<(), Rule> {
    let pointer = option.get(2).ok_or(Rule::IpBadOption)?;
    if usize::from(*pointer) > option.len() { Ok(()) } else { Err(Rule::IpSourceRoute) }
}

#[cfg(test)]
mod tests;
