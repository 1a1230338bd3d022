//! The JSON Schema of a case file, for completion and hints in an editor.
//!
//! Called by `rfc793 schema`. Made from the types of [`super::format`], their docs included; the loader stays the
//! judge of what is a case. What a type cannot say is added here: `matrix`, `$name` wherever a matrix may put a value,
//! `on` and `off` for switches, and numbers written as `2^31`.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::format::Case;

/// The schema of one case file (JSON Schema draft 7, which editors' YAML plugins read).
#[must_use]
pub fn json_schema() -> Value {
    let generator = SchemaSettings::draft07().for_deserialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Case>().to_value();
    loosen(&mut schema);
    if let Some(properties) = schema.pointer_mut("/properties").and_then(Value::as_object_mut) {
        properties.insert("matrix".to_owned(), matrix());
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("title".to_owned(), json!("rfc793 case"));
    }
    schema
}

fn matrix() -> Value {
    json!({
        "description": "Runs the case once per combination of values: `$name` stands for the value of `name`",
        "type": "object",
        "minProperties": 1,
        "propertyNames": { "pattern": "^[A-Za-z_][A-Za-z0-9_]*$" },
        "additionalProperties": {
            "anyOf": [
                { "type": "array", "minItems": 1, "description": "The values, one by one" },
                { "type": "object", "minProperties": 1, "description": "Named rows, each with several variables" },
            ],
        },
    })
}

/// Lets every value also be written the other ways the loader takes.
fn loosen(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            for (key, below) in fields.iter_mut() {
                loosen(below);
                if key == "properties" {
                    below.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(allow_variable);
                } else if key == "items" && !below.is_array() {
                    allow_variable(below);
                }
            }
            loosen_type(fields);
        }
        Value::Array(items) => items.iter_mut().for_each(loosen),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A switch may be `on` or `off`, a number a sum.
fn loosen_type(fields: &mut Map<String, Value>) {
    let is = |name: &str| match fields.get("type") {
        Some(Value::String(kind)) => kind == name,
        Some(Value::Array(kinds)) => kinds.iter().all(|kind| kind == name || kind == "null"),
        _ => false,
    };
    let other = if is("boolean") {
        json!({ "enum": ["on", "off"] })
    } else if is("integer") {
        json!({ "type": "string", "pattern": "^[-+]?[0-9][0-9a-fA-Fx^_+ -]*$" })
    } else {
        return;
    };
    let described = fields.remove("description");
    let plain = Value::Object(std::mem::take(fields));
    fields.extend(described.map(|text| ("description".to_owned(), text)));
    fields.insert("anyOf".to_owned(), json!([plain, other]));
}

/// `$name` takes the place of any value.
fn allow_variable(value: &mut Value) {
    let described = value.as_object_mut().and_then(|fields| fields.remove("description"));
    let variable = json!({ "type": "string", "pattern": "\\$[A-Za-z_]" });
    *value = json!({ "anyOf": [value.take(), variable] });
    if let (Some(fields), Some(text)) = (value.as_object_mut(), described) {
        fields.insert("description".to_owned(), text);
    }
}

#[cfg(test)]
mod tests;
