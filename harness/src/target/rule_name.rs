//! What a report says of a rule of the reference stack.
//!
//! Every packet and every change of state comes with its rules, and a trace holds them all: so a [`RuleName`] is one
//! pointer to what is said of the rule, and the rules behind one packet ([`RuleNames`]) need no allocation.

use std::{
    collections::HashSet,
    ops::Deref,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer, Serialize};
use smallvec::SmallVec;

use crate::name::{self, Name};

/// What is said of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RuleText {
    /// `check-rst-challenge-ack`
    #[serde(deserialize_with = "name::read")]
    pub name: Name,
    /// The clause behind it.
    #[serde(deserialize_with = "name::read")]
    pub clause: Name,
    /// One line in plain words.
    #[serde(deserialize_with = "name::read")]
    pub text: Name,
}

/// A rule of the reference stack, by what is said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct RuleName(pub &'static RuleText);

/// The rules behind one packet, the deciding one first.
pub type RuleNames = SmallVec<[RuleName; 4]>;

impl Deref for RuleName {
    type Target = RuleText;

    fn deref(&self) -> &RuleText {
        self.0
    }
}

impl<'de> Deserialize<'de> for RuleName {
    /// Of the record of a run from a guest. Each is kept once, as names are.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        static READ: LazyLock<Mutex<HashSet<&'static RuleText>>> = LazyLock::new(Mutex::default);
        let text = RuleText::deserialize(from)?;
        let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = read.get(&text) {
            return Ok(Self(known));
        }
        let text: &'static RuleText = Box::leak(Box::new(text));
        read.insert(text);
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests;
