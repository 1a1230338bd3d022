//! [`Node`] → any serde type, with the place of every mistake.
//!
//! Called by [`crate::case::load`] on each concrete case. Reads a word as what the type asks for: `5` is a text
//! where a text is wanted and a number where a number is; `on` and `off` are switches only where a switch is.
//! An error takes the place of the innermost value (or key) it arose in.

use std::fmt;

use serde::{
    Deserialize,
    de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Unexpected, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

use super::{Content, Node};
use crate::case::{
    error::Fault,
    number::parse_number,
    suggest::{did_you_mean, quoted_list},
};

/// The name under which [`crate::case::format::At`] asks for the line of its value.
pub(crate) const LINE_REQUEST: &str = "$case::At";

/// Makes a typed value of a node.
///
/// # Errors
/// The node says something the type cannot hold.
pub(crate) fn from_node<'n, T: Deserialize<'n>>(node: &'n Node) -> Result<T, Box<Fault>> {
    T::deserialize(Reading(node)).map_err(|error| error.0)
}

/// A [`Fault`] in serde's clothes.
#[derive(Debug)]
pub(crate) struct ReadError(Box<Fault>);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    /// A message may bring its own help after a line break.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let message = message.to_string();
        match message.split_once('\n') {
            Some((message, help)) => Self(Fault::new(message).help(help)),
            None => Self(Fault::new(message)),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self(Fault::new(format!("expected {expected}, found {}", named(found))))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn invalid_length(len: usize, expected: &dyn de::Expected) -> Self {
        Self(Fault::new(format!("expected {expected}, found {len} entries")))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("field", name, known)
    }

    fn unknown_variant(name: &str, known: &'static [&'static str]) -> Self {
        Self::unknown("value", name, known)
    }

    fn missing_field(name: &'static str) -> Self {
        let help = match name {
            "title" => "one sentence: what the RFC says happens",
            "clauses" => "name the requirements the verdict rests on: `clauses: [MUST-13]`",
            "steps" => "a list of `inject`, `expect`, `call`, `state`, `wait`",
            _ => return Self(Fault::new(format!("`{name}` is missing"))),
        };
        Self(Fault::new(format!("`{name}` is missing")).help(help))
    }
}

impl ReadError {
    fn unknown(what: &str, name: &str, known: &[&str]) -> Self {
        let help = did_you_mean(name, known.iter().copied());
        let help = help.unwrap_or_else(|| format!("known here: {}", quoted_list(known)));
        Self(Fault::new(format!("unknown {what} `{name}`")).help(help))
    }
}

fn named(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("`{value}`"),
        Unexpected::Signed(value) => format!("`{value}`"),
        Unexpected::Float(value) => format!("`{value}`"),
        Unexpected::Char(value) => format!("`{value}`"),
        Unexpected::Str(value) => format!("`{value}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map | Unexpected::StructVariant => "a map".to_owned(),
        other => other.to_string(),
    }
}

/// A node being read.
#[derive(Clone, Copy)]
struct Reading<'n>(&'n Node);

impl<'n> Reading<'n> {
    fn fault(self, expected: &str) -> ReadError {
        ReadError(Fault::at(self.0.mark, format!("expected {expected}, found {}", self.0.described())))
    }

    /// Gives an error this node's place, unless it has one.
    fn placed<T>(self, result: Result<T, ReadError>) -> Result<T, ReadError> {
        result.map_err(|error| ReadError(error.0.or_at(self.0.mark)))
    }

    fn integer(self, low: i128, high: i128) -> Result<i128, ReadError> {
        let number = match &self.0.content {
            Content::Scalar { text, quoted: false } => parse_number(text),
            Content::Scalar { .. } | Content::List(_) | Content::Map(_) => None,
        };
        match number.map(i128::from) {
            Some(number) if (low..=high).contains(&number) => Ok(number),
            Some(number) => Err(ReadError(Fault::at(
                self.0.mark,
                format!("{number} is out of range; it goes from {low} to {high}"),
            ))),
            None => Err(self.fault("a number")),
        }
    }
}

macro_rules! integers {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {
        $(fn $method<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
            let number = self.integer(i128::from(<$type>::MIN), i128::from(<$type>::MAX))?;
            let number = <$type>::try_from(number).map_err(|_| self.fault("a number"))?;
            self.placed(visitor.$visit(number))
        })*
    };
}

impl<'n> Deserializer<'n> for Reading<'n> {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.placed(match &self.0.content {
            Content::Scalar { .. } if self.0.is_absent() => visitor.visit_unit(),
            Content::Scalar { text, quoted: true } => visitor.visit_borrowed_str(text),
            Content::Scalar { text, quoted: false } => match text.as_str() {
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                // Only what every YAML reader takes for a number; `2^31` and `0x10` are numbers where one is asked for.
                _ => match (text.parse::<i64>(), text.parse::<f64>()) {
                    (Ok(number), _) => visitor.visit_i64(number),
                    (_, Ok(number)) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
                        visitor.visit_f64(number)
                    }
                    _ => visitor.visit_borrowed_str(text),
                },
            },
            Content::List(items) => visit_list(items, visitor),
            Content::Map(entries) => visit_map(entries, visitor),
        })
    }

    integers! {
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32,
        deserialize_u64 visit_u64 u64, deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16,
        deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
    }

    fn deserialize_f64<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let number = self.0.text().and_then(|text| text.parse::<f64>().ok()).filter(|number| number.is_finite());
        let number = number.ok_or_else(|| self.fault("a number"))?;
        self.placed(visitor.visit_f64(number))
    }

    fn deserialize_f32<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bool<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        let switch = match self.0.text() {
            Some("true" | "on") => true,
            Some("false" | "off") => false,
            Some(_) | None => return Err(self.fault("`on` or `off`")),
        };
        self.placed(visitor.visit_bool(switch))
    }

    /// The text as written, whatever it looks like.
    fn deserialize_str<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.placed(match &self.0.content {
            Content::Scalar { text, .. } if !self.0.is_absent() => visitor.visit_borrowed_str(text),
            Content::Scalar { .. } => visitor.visit_unit(),
            Content::List(items) => visit_list(items, visitor),
            Content::Map(entries) => visit_map(entries, visitor),
        })
    }

    fn deserialize_string<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if self.0.is_absent() { self.placed(visitor.visit_none()) } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.content {
            Content::List(items) => self.placed(visit_list(items, visitor)),
            Content::Scalar { .. } | Content::Map(_) => Err(self.fault("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'n>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match &self.0.content {
            Content::Map(entries) => self.placed(visit_map(entries, visitor)),
            Content::Scalar { .. } | Content::List(_) => Err(self.fault("a map (`{ field: value }`)")),
        }
    }

    fn deserialize_struct<V: Visitor<'n>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'n>>(self, name: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        if name == LINE_REQUEST {
            self.placed(visitor.visit_seq(Lined { node: self.0, given: 0 }))
        } else {
            self.placed(visitor.visit_newtype_struct(self))
        }
    }

    fn deserialize_enum<V: Visitor<'n>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        self.placed(match &self.0.content {
            Content::Scalar { text, .. } => visitor.visit_enum(Word { key: self.0, text, value: None }),
            Content::Map(entries) => match entries.as_slice() {
                [(key, value)] => {
                    visitor.visit_enum(Word { key, text: key.text().unwrap_or_default(), value: Some(value) })
                }
                _ => Err(self.fault("a map with one key")),
            },
            Content::List(_) => Err(self.fault("a word")),
        })
    }

    forward_to_deserialize_any! { <V: Visitor<'n>> i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct ignored_any }
}

fn visit_list<'n, V: Visitor<'n>>(items: &'n [Node], visitor: V) -> Result<V::Value, ReadError> {
    let mut left = Items(items.iter());
    let value = visitor.visit_seq(&mut left)?;
    match left.0.next() {
        None => Ok(value),
        Some(extra) => Err(ReadError(Fault::at(extra.mark, "one entry too many in this list"))),
    }
}

fn visit_map<'n, V: Visitor<'n>>(entries: &'n [(Node, Node)], visitor: V) -> Result<V::Value, ReadError> {
    let mut left = Entries { left: entries.iter(), current: None };
    let value = visitor.visit_map(&mut left)?;
    match left.left.next() {
        None => Ok(value),
        Some((extra, _)) => Err(ReadError(Fault::at(extra.mark, format!("unexpected {}", extra.described())))),
    }
}

struct Items<'n>(std::slice::Iter<'n, Node>);

impl<'n> de::SeqAccess<'n> for Items<'n> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        let Some(item) = self.0.next() else { return Ok(None) };
        Reading(item).placed(seed.deserialize(Reading(item))).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct Entries<'n> {
    left: std::slice::Iter<'n, (Node, Node)>,
    current: Option<&'n (Node, Node)>,
}

impl<'n> de::MapAccess<'n> for Entries<'n> {
    type Error = ReadError;

    fn next_key_seed<K: DeserializeSeed<'n>>(&mut self, seed: K) -> Result<Option<K::Value>, ReadError> {
        self.current = self.left.next();
        let Some((key, _)) = self.current else { return Ok(None) };
        Reading(key).placed(seed.deserialize(Reading(key))).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<T::Value, ReadError> {
        let Some((key, value)) = self.current.take() else { return Err(de::Error::custom("a value without a key")) };
        let name = key.text().unwrap_or_default();
        if value.is_absent() {
            return Err(ReadError(Fault::at(key.mark, format!("`{name}` has no value"))));
        }
        Reading(value).placed(seed.deserialize(Reading(value))).map_err(|mut error| {
            error.0.key.get_or_insert_with(|| name.to_owned());
            error
        })
    }
}

/// Line and value for [`crate::case::format::At`].
struct Lined<'n> {
    node: &'n Node,
    given: u8,
}

impl<'n> de::SeqAccess<'n> for Lined<'n> {
    type Error = ReadError;

    fn next_element_seed<T: DeserializeSeed<'n>>(&mut self, seed: T) -> Result<Option<T::Value>, ReadError> {
        self.given += 1;
        match self.given {
            1 => seed.deserialize(self.node.mark.line.into_deserializer()).map(Some),
            2 => Reading(self.node).placed(seed.deserialize(Reading(self.node))).map(Some),
            _ => Ok(None),
        }
    }
}

/// A variant: a word alone, or a map's only key with its value.
struct Word<'n> {
    key: &'n Node,
    text: &'n str,
    value: Option<&'n Node>,
}

impl<'n> de::EnumAccess<'n> for Word<'n> {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'n>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let name: StrDeserializer<'_, ReadError> = self.text.into_deserializer();
        Reading(self.key).placed(seed.deserialize(name)).map(|variant| (variant, self))
    }
}

impl<'n> Word<'n> {
    fn value(&self) -> Result<Reading<'n>, ReadError> {
        self.value
            .map(Reading)
            .ok_or_else(|| ReadError(Fault::at(self.key.mark, format!("`{}` needs a value", self.text))))
    }
}

impl<'n> de::VariantAccess<'n> for Word<'n> {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        match self.value {
            None => Ok(()),
            Some(value) => Err(ReadError(Fault::at(value.mark, format!("`{}` takes no value", self.text)))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'n>>(self, seed: T) -> Result<T::Value, ReadError> {
        let value = self.value()?;
        value.placed(seed.deserialize(value)).map_err(|mut error| {
            error.0.key.get_or_insert_with(|| self.text.to_owned());
            error
        })
    }

    fn tuple_variant<V: Visitor<'n>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.value()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'n>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, ReadError> {
        self.value()?.deserialize_map(visitor)
    }
}
