//! How the types of [`crate::case::format`] are written in YAML where a derive would not read well.
//!
//! [`text`]: types written as one word (`RCV.NXT+1`, `500ms`, `SYN+ACK`). [`step`], [`inject`], [`expect`], [`segment`],
//! [`data`], [`packet`], [`call`], [`word_or_map`]: maps and words that stand for one type. Each has `Deserialize`,
//! `Serialize` and `JsonSchema` side by side, so that reading, writing and completion agree. Start at [`step`].

pub(crate) mod call;
mod data;
mod expect;
pub(crate) mod inject;
mod packet;
pub(crate) mod segment;
pub(crate) mod step;
pub(crate) mod text;
mod udp_call;
pub(crate) mod word_or_map;

use std::{borrow::Cow, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IntoDeserializer, MapAccess, SeqAccess, Visitor, value::StrDeserializer},
};

use super::suggest::did_you_mean;

/// A list, or one value for a list of one. For `#[serde(deserialize_with)]`.
pub(crate) fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    OneOrMany::deserialize(from).map(|list| list.0)
}

/// A list, or one value for a list of one.
pub(crate) struct OneOrMany<T>(pub(crate) Vec<T>);

// Not derived: a default list needs no default value.
impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(ListVisitor(PhantomData)).map(Self)
    }
}

impl<T: JsonSchema> JsonSchema for OneOrMany<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMany_{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [one, { "type": "array", "items": one }] })
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word or a list of them")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Vec<T>, E> {
        let word: StrDeserializer<'_, E> = word.into_deserializer();
        T::deserialize(word).map(|value| vec![value])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(values)
    }
}

/// Keys that a map has besides those of the struct it otherwise holds.
///
/// Does what `#[serde(flatten)]` does, but keeps the place of errors and still refuses unknown fields.
pub(crate) trait OwnKeys<'de> {
    /// The keys.
    const NAMES: &'static [&'static str];

    /// Reads the value of one of them.
    fn take<A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

/// Reads a map that holds the fields of `T` and some of `own`'s keys.
pub(crate) fn read_with<'de, T: Deserialize<'de>, O: OwnKeys<'de>, A: MapAccess<'de>>(
    map: A,
    own: &mut O,
) -> Result<T, A::Error> {
    T::deserialize(de::value::MapAccessDeserializer::new(Intercept { map, own }))
}

struct Intercept<'o, A, O> {
    map: A,
    own: &'o mut O,
}

impl<'de, A: MapAccess<'de>, O: OwnKeys<'de>> MapAccess<'de> for Intercept<'_, A, O> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, mut seed: K) -> Result<Option<K::Value>, A::Error> {
        loop {
            match self.map.next_key_seed(KeySeed { names: O::NAMES, seed })? {
                None => return Ok(None),
                Some(Key::Other(key)) => return Ok(Some(key)),
                Some(Key::Own(name, unused)) => {
                    self.own.take(name, &mut self.map)?;
                    seed = unused;
                }
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

struct KeySeed<K> {
    names: &'static [&'static str],
    seed: K,
}

enum Key<V, K> {
    Own(&'static str, K),
    Other(V),
}

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<K> {
    type Value = Key<K::Value, K>;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<Self::Value, D::Error> {
        key.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for KeySeed<K> {
    type Value = Key<K::Value, K>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        if let Some(name) = self.names.iter().find(|name| **name == key) {
            return Ok(Key::Own(name, self.seed));
        }
        if let Some(help) = did_you_mean(key, self.names.iter().copied()) {
            return Err(E::custom(format!("unknown field `{key}`\n{help}")));
        }
        let key: StrDeserializer<'_, E> = key.into_deserializer();
        self.seed.deserialize(key).map(Key::Other)
    }
}
