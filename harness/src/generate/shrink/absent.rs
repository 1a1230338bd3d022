//! Fields to absent, whichever fields there are: one that the format gets later is taken away like the others.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::Smallest;
use crate::case::format::Case;

/// Takes each field away of what `read` gives, if it is not needed; `true` if any went.
pub(super) fn take_fields_away<T: Serialize + DeserializeOwned>(
    smallest: &mut Smallest<'_>,
    read: impl Fn(&Case) -> Option<&T>,
    write: impl Fn(&mut Case, T),
) -> bool {
    let names: Vec<String> =
        read(&smallest.case).map(said).unwrap_or_default().into_iter().map(|(key, _)| key).collect();
    let mut changed = false;
    for name in names {
        // From what is left by now, not from what there was in the beginning.
        let mut fields = read(&smallest.case).map(said).unwrap_or_default();
        fields.remove(&name);
        if let Ok(fewer) = serde_json::from_value(Value::Object(fields)) {
            changed |= smallest.take_with(|case| write(case, fewer));
        }
    }
    changed
}

/// The fields that say something, by name.
fn said<T: Serialize>(value: &T) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(mut fields)) => {
            fields.retain(|_, value| !value.is_null());
            fields
        }
        Ok(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_)) | Err(_) => Map::new(),
    }
}
