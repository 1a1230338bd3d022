//! Names that live as long as the program: of rules, fields and clauses.
//!
//! Almost all of them are written in the code. Those that come with the record of a run from a guest are kept here, each
//! once; there are no more of them than the program has in its own code.

use std::{
    collections::HashSet,
    sync::{LazyLock, Mutex, PoisonError},
};

use serde::{Deserialize, Deserializer};

/// A name.
pub type Name = &'static str;

static READ: LazyLock<Mutex<HashSet<Name>>> = LazyLock::new(Mutex::default);

/// The name with these letters.
fn keep(text: String) -> Name {
    let mut read = READ.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(name) = read.get(text.as_str()) {
        return name;
    }
    let name = text.leak();
    read.insert(name);
    name
}

/// For `#[serde(deserialize_with)]`.
///
/// # Errors
/// If no text stands there.
pub fn read<'de, D: Deserializer<'de>>(from: D) -> Result<Name, D::Error> {
    String::deserialize(from).map(keep)
}

/// The same for a name that may be missing.
///
/// # Errors
/// If something else stands there.
pub fn read_optional<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Name>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(keep))
}

/// The same for what is wrong with a packet: the fault and its clause.
///
/// # Errors
/// If no list of such pairs stands there.
pub fn read_faults<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<(String, Name)>, D::Error> {
    let faults: Vec<(String, String)> = Vec::deserialize(from)?;
    Ok(faults.into_iter().map(|(fault, clause)| (fault, keep(clause))).collect())
}

#[cfg(test)]
mod tests;
