//! A plainer header: switches to absent, the given state to a simpler one.

use super::{Smallest, absent::take_fields_away};
use crate::case::{
    format::{Case, Config, Peer, Via},
    state::State,
};

/// Takes away what the header says; `true` if anything went.
pub(super) fn plainer(smallest: &mut Smallest<'_>) -> bool {
    let mut changed = simpler_state(smallest);
    changed |= smallest.take_with(|case| case.config = Config::default());
    changed |= take_fields_away(smallest, |case| Some(&case.config), |case, config| case.config = config);
    changed |= smallest.take_with(|case| case.peer = Peer::default());
    changed |= take_fields_away(smallest, |case| Some(&case.peer), |case, peer| case.peer = peer);
    let mut index = smallest.case.allow.len();
    while index > 0 {
        index -= 1;
        changed |= smallest.take_with(|case| {
            case.allow.remove(index);
        });
    }
    changed
}

/// The first state of the RFC's order from which it can still be shown, reached passively if that does.
fn simpler_state(smallest: &mut Smallest<'_>) -> bool {
    let Some(given) = smallest.case.given else { return false };
    let begin = |given, via| move |case: &mut Case| (case.given, case.via) = (given, via);
    if smallest.take_with(begin(None, None)) {
        return true;
    }
    let simpler = State::ALL.into_iter().take_while(|state| *state != given).filter(|state| *state != State::Closed);
    for state in simpler {
        if smallest.take_with(begin(Some(state), None)) {
            return true;
        }
    }
    match smallest.case.via {
        Some(Via::Active | Via::Passive) => smallest.take_with(begin(Some(given), None)),
        None => false,
    }
}
