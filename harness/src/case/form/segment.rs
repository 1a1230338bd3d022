//! Fields of an expected segment that are not written as their type is.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::case::{format::ExpectTs, position::Bounds};

/// Percent: `12.5`. For `#[serde(deserialize_with)]`.
pub(crate) fn percent<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    at_least(Option::<f64>::deserialize(from)?, 0.0)
}

/// How many times the interval before. For `#[serde(deserialize_with)]`.
pub(crate) fn factor<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    at_least(Option::<f64>::deserialize(from)?, 1.0)
}

fn at_least<E: de::Error>(number: Option<f64>, lowest: f64) -> Result<Option<f64>, E> {
    match number {
        Some(value) if value < lowest || value > 1e6 => {
            Err(E::custom(format!("{value} is out of range; it goes from {lowest} to 1000000")))
        }
        number => Ok(number),
    }
}

/// How many segments. For `#[serde(deserialize_with)]`.
pub(crate) fn count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u32>, D::Error> {
    match Option::<u32>::deserialize(from)? {
        Some(0) => Err(de::Error::custom("no segment at all\nwrite `nothing` for that")),
        Some(many) if many > 10_000 => Err(de::Error::custom(format!("{many} segments are too many; at most 10000"))),
        count => Ok(count),
    }
}

/// `wscale: none` means the option must be absent. For `#[serde(with)]`.
pub(crate) mod wscale {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Visitor, de, fmt};

    #[allow(clippy::option_option, reason = "not compared, absent, or a shift")]
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<u8>>, D::Error> {
        Option::<Shift>::deserialize(from).map(|shift| shift.map(|shift| shift.0))
    }

    #[allow(clippy::option_option, clippy::ref_option, reason = "serde's signature")]
    pub(crate) fn serialize<S: Serializer>(shift: &Option<Option<u8>>, to: S) -> Result<S::Ok, S::Error> {
        match shift {
            None => to.serialize_none(),
            Some(None) => to.serialize_str("none"),
            Some(Some(shift)) => shift.serialize(to),
        }
    }

    struct Shift(Option<u8>);

    impl<'de> Deserialize<'de> for Shift {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            from.deserialize_any(ShiftVisitor)
        }
    }

    struct ShiftVisitor;

    impl Visitor<'_> for ShiftVisitor {
        type Value = Shift;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a shift from 0 to 255, or `none`")
        }

        fn visit_str<E: de::Error>(self, word: &str) -> Result<Shift, E> {
            if word == "none" { Ok(Shift(None)) } else { Err(E::invalid_value(de::Unexpected::Str(word), &self)) }
        }

        fn visit_u64<E: de::Error>(self, shift: u64) -> Result<Shift, E> {
            let small = u8::try_from(shift).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(shift), &self))?;
            Ok(Shift(Some(small)))
        }

        fn visit_i64<E: de::Error>(self, shift: i64) -> Result<Shift, E> {
            let small = u8::try_from(shift).map_err(|_| E::invalid_value(de::Unexpected::Signed(shift), &self))?;
            Ok(Shift(Some(small)))
        }
    }
}

/// The schema of `wscale` in an expected segment.
pub(crate) struct WscaleSchema;

impl JsonSchema for WscaleSchema {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Wscale".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "none" }, { "type": "integer", "minimum": 0, "maximum": 255 }] })
    }
}

/// `{ val: TS.VAL, ecr: 2 }`
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimestampsForm {
    /// TSval.
    val: Option<Bounds>,
    /// TSecr.
    ecr: Option<Bounds>,
}

struct TimestampsVisitor;

impl<'de> Visitor<'de> for TimestampsVisitor {
    type Value = ExpectTs;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`true`, `false`, or `{ val: …, ecr: … }`")
    }

    fn visit_bool<E: de::Error>(self, present: bool) -> Result<ExpectTs, E> {
        Ok(ExpectTs::Present(present))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<ExpectTs, E> {
        match word {
            "true" | "on" => Ok(ExpectTs::Present(true)),
            "false" | "off" => Ok(ExpectTs::Present(false)),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExpectTs, A::Error> {
        let TimestampsForm { val, ecr } = TimestampsForm::deserialize(MapAccessDeserializer::new(map))?;
        if val.is_none() && ecr.is_none() {
            return Err(de::Error::custom("neither `val` nor `ecr`\nwrite `ts: true` if it only has to be there"));
        }
        Ok(ExpectTs::Values { val, ecr })
    }
}

impl<'de> Deserialize<'de> for ExpectTs {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(TimestampsVisitor)
    }
}

impl Serialize for ExpectTs {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.clone() {
            Self::Present(present) => to.serialize_bool(present),
            Self::Values { val, ecr } => TimestampsForm { val, ecr }.serialize(to),
        }
    }
}

impl JsonSchema for ExpectTs {
    fn schema_name() -> Cow<'static, str> {
        "ExpectTs".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let values = generator.subschema_for::<TimestampsForm>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, values] })
    }
}
