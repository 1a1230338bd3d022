//! The shapes of `expect`: nothing, a segment, a list, `any-order`, `either`.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::SeqAccessDeserializer},
    ser::SerializeMap,
};

use super::{OneOrMany, OwnKeys, read_with, step::write_clauses};
use crate::{
    case::format::{Alternative, Expect, ExpectSegment},
    clause::ClauseId,
};

/// The keys of `expect` that are no segment's.
#[derive(Default)]
struct Shapes {
    either: Option<Vec<Alternative>>,
    any_order: Option<Vec<ExpectSegment>>,
}

impl<'de> OwnKeys<'de> for Shapes {
    const NAMES: &'static [&'static str] = &["either", "any-order"];

    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "either" => self.either = Some(map.next_value()?),
            _ => self.any_order = Some(map.next_value()?),
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Expect {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(ExpectVisitor)
    }
}

struct ExpectVisitor;

impl<'de> Visitor<'de> for ExpectVisitor {
    type Value = Expect;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a segment, a list of segments, `nothing`, `{ either: … }` or `{ any-order: … }`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Expect, E> {
        nothing(word).map(|()| Expect::InOrder(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Expect, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Expect::InOrder)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Expect, A::Error> {
        let mut shapes = Shapes::default();
        let segment: ExpectSegment = read_with(map, &mut shapes)?;
        let alone = segment == ExpectSegment::default();
        match shapes {
            Shapes { either: None, any_order: None } if alone => Err(de::Error::custom(
                "an empty segment compares nothing\nname at least its `flags`, or expect `nothing`",
            )),
            Shapes { either: None, any_order: None } => Ok(Expect::InOrder(vec![segment])),
            Shapes { either: Some(alternatives), any_order: None } if alone => match alternatives.len() {
                0 => Err(de::Error::custom("`either` without an alternative")),
                _ => Ok(Expect::Either(alternatives)),
            },
            Shapes { either: None, any_order: Some(segments) } if alone => match segments.len() {
                0 => Err(de::Error::custom("`any-order` without a segment\nwrite `expect: nothing`")),
                _ => Ok(Expect::AnyOrder(segments)),
            },
            Shapes { .. } => {
                Err(de::Error::custom("`either` and `any-order` stand alone\nput the segment's fields inside"))
            }
        }
    }
}

fn nothing<E: de::Error>(word: &str) -> Result<(), E> {
    if word == "nothing" {
        return Ok(());
    }
    Err(E::custom(format!("`{word}` is no segment\nwrite a map like `{{ flags: ACK }}`, a list of them, or `nothing`")))
}

impl Serialize for Expect {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::InOrder(segments) => write_segments(segments, to),
            Self::AnyOrder(segments) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("any-order", segments)?;
                map.end()
            }
            Self::Either(alternatives) => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("either", alternatives)?;
                map.end()
            }
        }
    }
}

fn write_segments<S: Serializer>(segments: &[ExpectSegment], to: S) -> Result<S::Ok, S::Error> {
    match segments {
        [] => to.serialize_str("nothing"),
        [one] => one.serialize(to),
        many => many.serialize(to),
    }
}

impl JsonSchema for Expect {
    fn schema_name() -> Cow<'static, str> {
        "Expect".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let segment = generator.subschema_for::<ExpectSegment>();
        let alternative = generator.subschema_for::<Alternative>();
        json_schema!({
            "anyOf": [
                { "const": "nothing", "description": "Nothing was emitted" },
                segment,
                { "type": "array", "items": segment, "description": "These segments in this order" },
                {
                    "type": "object",
                    "properties": { "either": { "type": "array", "items": alternative, "description": "Every allowed answer" } },
                    "required": ["either"],
                    "additionalProperties": false,
                },
                {
                    "type": "object",
                    "properties": { "any-order": { "type": "array", "items": segment } },
                    "required": ["any-order"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

/// The keys of an alternative that are no segment's.
#[derive(Default)]
struct AlternativeKeys {
    clauses: Vec<ClauseId>,
    nothing: bool,
    segments: Option<Vec<ExpectSegment>>,
}

impl<'de> OwnKeys<'de> for AlternativeKeys {
    const NAMES: &'static [&'static str] = &["clause", "clauses", "nothing", "segments"];

    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "clause" => self.clauses.push(map.next_value()?),
            "clauses" => self.clauses.extend(map.next_value::<OneOrMany<ClauseId>>()?.0),
            "nothing" => self.nothing = map.next_value()?,
            _ => self.segments = Some(map.next_value()?),
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Alternative {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(AlternativeVisitor)
    }
}

struct AlternativeVisitor;

impl<'de> Visitor<'de> for AlternativeVisitor {
    type Value = Alternative;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a segment, `nothing`, or `{ segments: [ … ], clause: … }`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Alternative, E> {
        nothing(word).map(|()| Alternative { clauses: Vec::new(), segments: Vec::new() })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Alternative, A::Error> {
        let mut keys = AlternativeKeys::default();
        let segment: ExpectSegment = read_with(map, &mut keys)?;
        let AlternativeKeys { clauses, nothing, segments } = keys;
        let named = segment != ExpectSegment::default();
        let segments = match (named, segments, nothing) {
            (true, None, false) => vec![segment],
            (false, Some(segments), false) => segments,
            (false, None, true) => Vec::new(),
            (false, None, false) => {
                return Err(de::Error::custom(
                    "an alternative says what comes\nname a segment's fields, `segments: [ … ]` or `nothing: true`",
                ));
            }
            (true, ..) | (false, Some(_), true) => {
                return Err(de::Error::custom("a segment's fields, `segments` and `nothing` exclude each other"));
            }
        };
        Ok(Alternative { clauses, segments })
    }
}

impl Serialize for Alternative {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { clauses, segments } = self;
        if clauses.is_empty() && segments.len() < 2 {
            return write_segments(segments, to);
        }
        let mut map = to.serialize_map(None)?;
        match segments.as_slice() {
            [] => map.serialize_entry("nothing", &true)?,
            [one] => write_fields(one, &mut map)?,
            many => map.serialize_entry("segments", many)?,
        }
        write_clauses(&mut map, clauses)?;
        map.end()
    }
}

/// The segment's fields as entries of a map that has others too.
fn write_fields<M: SerializeMap>(segment: &ExpectSegment, map: &mut M) -> Result<(), M::Error> {
    let fields = serde_json::to_value(segment).map_err(serde::ser::Error::custom)?;
    let Some(fields) = fields.as_object() else { return Err(serde::ser::Error::custom("a segment is a map")) };
    fields.iter().filter(|(_, value)| !value.is_null()).try_for_each(|(key, value)| map.serialize_entry(key, value))
}

impl JsonSchema for Alternative {
    fn schema_name() -> Cow<'static, str> {
        "Alternative".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut map = ExpectSegment::json_schema(generator);
        let clause = generator.subschema_for::<ClauseId>();
        let clauses = OneOrMany::<ClauseId>::json_schema(generator);
        let segment = generator.subschema_for::<ExpectSegment>();
        if let Some(properties) = map.get_mut("properties").and_then(|properties| properties.as_object_mut()) {
            properties.insert("clause".to_owned(), clause.into());
            properties.insert("clauses".to_owned(), clauses.into());
            properties.insert("nothing".to_owned(), serde_json::json!({ "const": true }));
            properties.insert("segments".to_owned(), serde_json::json!({ "type": "array", "items": segment }));
        }
        json_schema!({ "anyOf": [{ "const": "nothing" }, map] })
    }
}
