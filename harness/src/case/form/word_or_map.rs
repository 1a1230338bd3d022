//! What is written as one word where nothing else is said, else as a map: `icmp: echo-reply`, `arp: { kind: reply, … }`.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::case::format::{Arp, ArpKind, ExpectArp, ExpectIcmp, Message};

/// A type that a word alone stands for.
pub(crate) trait FromWord: Sized {
    /// What the word is read as.
    type Word: FromStr<Err: fmt::Display> + JsonSchema;
    /// What is expected, for errors.
    const EXPECTED: &'static str;

    /// With nothing else said.
    fn from_word(word: Self::Word) -> Self;
}

impl FromWord for ExpectIcmp {
    type Word = Message;
    const EXPECTED: &'static str = "an ICMP message like `port-unreachable`, or `{ message: echo-reply, … }`";

    fn from_word(message: Message) -> Self {
        Self { message: Some(message), ..Self::default() }
    }
}

impl FromWord for ExpectArp {
    type Word = ArpKind;
    const EXPECTED: &'static str = "an ARP packet like `reply`, or `{ kind: reply, … }`";

    fn from_word(kind: ArpKind) -> Self {
        Self { kind: Some(kind), ..Self::default() }
    }
}

impl FromWord for Arp {
    type Word = ArpKind;
    const EXPECTED: &'static str = "an ARP packet like `request`, or `{ kind: request, … }`";

    fn from_word(kind: ArpKind) -> Self {
        Self { kind, ..Self::default() }
    }
}

/// Reads a field. For `#[serde(deserialize_with)]`.
pub(crate) fn word_or_map<'de, D: Deserializer<'de>, T: FromWord + Deserialize<'de>>(
    from: D,
) -> Result<Option<Box<T>>, D::Error> {
    Option::<WordOrMap<T>>::deserialize(from).map(|read| read.map(|WordOrMap(value)| Box::new(value)))
}

/// The two forms of a type.
pub(crate) struct WordOrMap<T>(T);

impl<'de, T: FromWord + Deserialize<'de>> Deserialize<'de> for WordOrMap<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(WordOrMapVisitor(PhantomData)).map(Self)
    }
}

impl<T: FromWord + JsonSchema> JsonSchema for WordOrMap<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<T::Word>();
        let map = generator.subschema_for::<T>();
        json_schema!({ "anyOf": [word, map] })
    }
}

struct WordOrMapVisitor<T>(PhantomData<T>);

impl<'de, T: FromWord + Deserialize<'de>> Visitor<'de> for WordOrMapVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
        word.parse().map(T::from_word).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}
