//! The reference stack's words in the harness's.

use stack_under_test::{CallError, Rule, Rules, State as StackState};

use crate::{
    case::{format::Errno, state::State},
    target::rule_name::{RuleName, RuleNames, RuleText},
};

/// The same state.
pub(super) const fn state_of(state: StackState) -> State {
    match state {
        StackState::Closed => State::Closed,
        StackState::Listen => State::Listen,
        StackState::SynSent => State::SynSent,
        StackState::SynReceived => State::SynReceived,
        StackState::Established => State::Established,
        StackState::FinWait1 => State::FinWait1,
        StackState::FinWait2 => State::FinWait2,
        StackState::CloseWait => State::CloseWait,
        StackState::Closing => State::Closing,
        StackState::LastAck => State::LastAck,
        StackState::TimeWait => State::TimeWait,
    }
}

/// The name a report shows. Asked for with every packet: what it says of each rule is looked up once.
pub(super) fn rule_name(rule: Rule) -> RuleName {
    static TEXTS: [RuleText; Rule::ALL.len()] = {
        let mut texts = [RuleText { name: "", clause: "", text: "" }; Rule::ALL.len()];
        let mut index = 0;
        while index < texts.len() {
            let rule = Rule::ALL[index];
            texts[index] = RuleText { name: rule.name(), clause: rule.clause(), text: rule.text() };
            index += 1;
        }
        texts
    };
    // Rules are listed in the order in which they are declared.
    RuleName(&TEXTS[rule as usize])
}

/// The names of the rules behind a packet. They fit, so they are written in place.
pub(super) fn rule_names(rules: &Rules) -> RuleNames {
    let mut names = [rule_name(rules.first()); Rules::CAPACITY];
    let mut len = 0;
    for (name, rule) in names.iter_mut().zip(rules.iter()) {
        *name = rule_name(rule);
        len += 1;
    }
    RuleNames::from_buf_and_len(names, len)
}

/// The errno a socket interface would report; `None`: would block.
pub(super) const fn errno_of(error: CallError) -> Option<Errno> {
    match error {
        CallError::WouldBlock => None,
        CallError::NoSuchSocket => Some(Errno::EBADF),
        CallError::Invalid => Some(Errno::EINVAL),
        CallError::AddressInUse => Some(Errno::EADDRINUSE),
        CallError::AlreadyConnected => Some(Errno::EISCONN),
        CallError::NotConnected => Some(Errno::ENOTCONN),
        CallError::Closing => Some(Errno::EPIPE),
        CallError::Reset => Some(Errno::ECONNRESET),
        CallError::Refused => Some(Errno::ECONNREFUSED),
        CallError::TimedOut => Some(Errno::ETIMEDOUT),
        CallError::HostUnreachable => Some(Errno::EHOSTUNREACH),
        CallError::InsufficientResources => Some(Errno::ENOBUFS),
    }
}
