//! The text of a segment or a call: in words, in hex, or so many bytes of the standard pattern.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::case::format::{Bytes, Data};

impl<'de> Deserialize<'de> for Data {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(DataVisitor)
    }
}

/// `{ hex: 00ff }`
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct HexForm {
    /// Bytes in hex.
    hex: Bytes,
}

struct DataVisitor;

impl<'de> Visitor<'de> for DataVisitor {
    type Value = Data;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number of pattern bytes, or `{ hex: 00ff }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Data, E> {
        Ok(Data::Text(text.to_owned()))
    }

    fn visit_u64<E: de::Error>(self, len: u64) -> Result<Data, E> {
        u32::try_from(len)
            .ok()
            .filter(|len| *len <= Data::MAX_PATTERN)
            .map(Data::Pattern)
            .ok_or_else(|| E::custom(format!("{len} bytes of text; at most {} can be sent", Data::MAX_PATTERN)))
    }

    fn visit_i64<E: de::Error>(self, len: i64) -> Result<Data, E> {
        let unsigned = u64::try_from(len).map_err(|_| E::custom(format!("{len} bytes of text")))?;
        self.visit_u64(unsigned)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Data, A::Error> {
        HexForm::deserialize(MapAccessDeserializer::new(map)).map(|form| Data::Hex(form.hex))
    }
}

impl Serialize for Data {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => to.serialize_str(text),
            Self::Hex(bytes) => HexForm { hex: bytes.clone() }.serialize(to),
            Self::Pattern(len) => to.serialize_u32(*len),
        }
    }
}

impl JsonSchema for Data {
    fn schema_name() -> Cow<'static, str> {
        "Data".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let hex = generator.subschema_for::<HexForm>();
        json_schema!({
            "description": "A text, so many bytes of the standard pattern, or { hex: 00ff }",
            "anyOf": [{ "type": "string" }, { "type": "integer", "minimum": 0, "maximum": Self::MAX_PATTERN }, hex],
        })
    }
}
