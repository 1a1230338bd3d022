//! Types written as one word: positions, spans, flags, states, clauses, quantities, comparisons.

use std::{borrow::Cow, fmt, marker::PhantomData, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};

use crate::{
    case::{
        flags::{Flags, FlagsPattern},
        format::{ArpKind, Bytes, Checksum, Comparison, IpVersion, Message, MssBounds, MssChoice, Quantity},
        number::parse_number,
        position::{Bounds, Position, Symbol},
        state::State,
        suggest::quoted_list,
        time::Span,
    },
    clause::{ClauseId, requirements},
};

/// Reads a word (or a number) with `FromStr`.
struct Word<T> {
    expected: &'static str,
    of: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> Word<T> {
    fn parse<E: de::Error>(text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for Word<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        Self::parse(text)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<T, E> {
        Self::parse(&number.to_string())
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Self::parse(&number.to_string())
    }
}

/// Written as a number where it is one, so that no reader sees a quoted `"5"`.
fn write<S: Serializer>(to: S, text: &impl fmt::Display, number: Option<i64>) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => to.serialize_i64(number),
        None => to.collect_str(text),
    }
}

macro_rules! word_form {
    ($($type:ident: $expected:literal, $number:expr, $schema:expr;)*) => { $(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(Word { expected: $expected, of: PhantomData })
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                let number: fn(&Self) -> Option<i64> = $number;
                write(to, self, number(self))
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    )* };
}

word_form! {
    Position: "a position like `RCV.NXT+1`", plain, symbols_schema("A number, or a sum like RCV.NXT+RCV.WND-1");
    Bounds: "a position, or a range like `1..65535`", exact, symbols_schema("A position, or a range low..high (both included)");
    Symbol: "a symbol like `RCV.NXT`", |_| None, json_schema!({ "enum": Symbol::ALL.map(Symbol::name) });
    Quantity: "`ISS`, `TIME` or a symbol", |_| None, quantity_schema();
    Span: "a span of time like `500ms` or `2MSL`", |_| None,
        json_schema!({ "type": "string", "description": "500ms, 1.5s, 2m, 2MSL, RTO, 3*RTO, or a sum like 2MSL+1s" });
    Flags: "flags like `SYN+ACK`", |_| None, flags_schema("SYN ACK FIN RST PSH URG ECE CWR NS R1 R2 R3 joined by +, or none");
    FlagsPattern: "flags like `ACK+PSH?`", |_| None, flags_schema("Exactly these flags; PSH? may be set or not");
    State: "a state like `ESTABLISHED`", |_| None, json_schema!({ "enum": State::ALL.map(State::name) });
    ClauseId: "a clause like `MUST-13` or `RFC5961#3.2`", |_| None, clause_schema();
    Comparison: "a comparison like `b - a in 1..2^31`", |_| None,
        json_schema!({ "type": "string", "description": "b - a in low..high, modulo 2^32" });
    Bytes: "bytes in hex", |_| None, json_schema!({ "type": ["string", "integer"], "description": "bytes in hex: 00ff" });
    Message: "an ICMP message like `port-unreachable` or `3/13`", |_| None, message_schema();
    ArpKind: "an ARP packet like `request`", |_| None, json_schema!({ "enum": ArpKind::NAMED.map(|(name, _)| name) });
    Checksum: "`bad` or a 16-bit number", |checksum| match checksum {
        Checksum::Bad => None,
        Checksum::Value(value) => Some((*value).into()),
    }, json_schema!({ "anyOf": [{ "const": "bad" }, { "type": "integer", "minimum": 0, "maximum": 65535 }] });
    IpVersion: "4 or 6", |version| Some(version.number().into()), json_schema!({ "enum": [4, 6] });
    MssChoice: "an MSS or `none`", |choice| match choice {
        MssChoice::None => None,
        MssChoice::Value(value) => Some((*value).into()),
    }, json_schema!({ "anyOf": [{ "const": "none" }, { "type": "integer", "minimum": 0, "maximum": 65535 }] });
    MssBounds: "an MSS, a range or `none`", |bounds| match bounds {
        MssBounds::None => None,
        MssBounds::Value(value) => exact(value),
    }, json_schema!({ "type": ["string", "integer"], "description": "1460, 536..1460, or none" });
}

fn plain(position: &Position) -> Option<i64> {
    position.symbols.is_empty().then_some(position.offset)
}

fn exact(bounds: &Bounds) -> Option<i64> {
    match bounds {
        Bounds::Exactly(position) => plain(position),
        Bounds::Within(..) => None,
    }
}

fn symbols_schema(description: &str) -> Schema {
    json_schema!({
        "description": description,
        "anyOf": [{ "type": "integer" }, { "type": "string", "examples": Symbol::ALL.map(Symbol::name) }],
    })
}

fn quantity_schema() -> Schema {
    let names: Vec<&str> =
        ["ISS", "TIME"].into_iter().chain(Symbol::ALL.map(Symbol::name).into_iter().filter(|s| *s != "ISS")).collect();
    json_schema!({ "enum": names })
}

fn flags_schema(description: &str) -> Schema {
    json_schema!({
        "type": "string",
        "description": description,
        "examples": ["SYN", "SYN+ACK", "ACK", "PSH+ACK", "FIN+ACK", "RST", "RST+ACK", "none"],
    })
}

fn message_schema() -> Schema {
    let names = Message::NAMED.map(|(name, _)| name);
    json_schema!({ "anyOf": [{ "enum": names }, { "type": "string", "pattern": "^[0-9]+/[0-9]+$" }] })
}

fn clause_schema() -> Schema {
    let ids: Vec<&str> = requirements().map(|requirement| requirement.id).collect();
    json_schema!({ "anyOf": [{ "enum": ids }, { "type": "string", "pattern": "^RFC[0-9]+#[0-9A-Z.]+$" }] })
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iss => f.pad("ISS"),
            Self::Time => f.pad("TIME"),
            Self::Symbol(symbol) => symbol.fmt(f),
        }
    }
}

impl FromStr for Quantity {
    type Err = <Symbol as FromStr>::Err;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "ISS" | "SND.ISS" => Ok(Self::Iss),
            "TIME" => Ok(Self::Time),
            symbol => symbol.parse().map(Self::Symbol),
        }
    }
}

/// Whether `save` may keep a quantity (and `matrix` a variable) under this name.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// A text is no comparison.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is no comparison\nwrite `b - a in 1..2^31` or `a in 0..65535`, with names that `save` has kept")]
pub struct NoComparison(String);

impl FromStr for Comparison {
    type Err = NoComparison;
    fn from_str(s: &str) -> Result<Self, NoComparison> {
        parse_comparison(s).ok_or_else(|| NoComparison(s.to_owned()))
    }
}

fn parse_comparison(text: &str) -> Option<Comparison> {
    let (names, range) = text.split_once(" in ")?;
    let (low, high) = range.split_once("..")?;
    let number = |text: &str| u32::try_from(parse_number(text)?).ok();
    let name = |text: &str| is_name(text.trim()).then(|| text.trim().to_owned());
    let (left, right) = match names.split_once('-') {
        Some((left, right)) => (name(left)?, Some(name(right)?)),
        None => (name(names)?, None),
    };
    Some(Comparison { left, right, low: number(low)?, high: number(high)? })
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { left, right, low, high } = self;
        match right {
            Some(right) => write!(f, "{left} - {right} in {low}..{high}"),
            None => write!(f, "{left} in {low}..{high}"),
        }
    }
}

/// A text is no hex.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{0}` is not hex\nwrite two digits per byte: `00ff` or `\"00 ff\"`")]
pub struct NoHex(String);

impl FromStr for Bytes {
    type Err = NoHex;
    fn from_str(s: &str) -> Result<Self, NoHex> {
        let digits: Option<Vec<u32>> = s.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect();
        let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(|| NoHex(s.to_owned()))?;
        // Two hex digits always fit a byte.
        Ok(Self(digits.chunks(2).map(|pair| u8::try_from(pair[0] << 4 | pair[1]).unwrap_or(0)).collect()))
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text is neither the word it may be nor a number in range.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("`{text}` is neither {} nor a number from 0 to 65535", quoted_list(&[word]))]
pub struct NeitherWordNorNumber {
    text: String,
    word: &'static str,
}

fn number_16(text: &str, word: &'static str) -> Result<u16, NeitherWordNorNumber> {
    let number = parse_number(text).and_then(|number| u16::try_from(number).ok());
    number.ok_or_else(|| NeitherWordNorNumber { text: text.to_owned(), word })
}

impl FromStr for Checksum {
    type Err = NeitherWordNorNumber;
    fn from_str(s: &str) -> Result<Self, NeitherWordNorNumber> {
        if s == "bad" { Ok(Self::Bad) } else { number_16(s, "bad").map(Self::Value) }
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bad => f.pad("bad"),
            Self::Value(value) => write!(f, "{value}"),
        }
    }
}

/// A text is no version of IP.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[error("no version of IP\nwrite 4 or 6")]
pub struct UnknownVersion;

impl FromStr for IpVersion {
    type Err = UnknownVersion;
    fn from_str(s: &str) -> Result<Self, UnknownVersion> {
        match s {
            "4" => Ok(Self::V4),
            "6" => Ok(Self::V6),
            _ => Err(UnknownVersion),
        }
    }
}

impl fmt::Display for IpVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

impl FromStr for MssChoice {
    type Err = NeitherWordNorNumber;
    fn from_str(s: &str) -> Result<Self, NeitherWordNorNumber> {
        if s == "none" { Ok(Self::None) } else { number_16(s, "none").map(Self::Value) }
    }
}

impl fmt::Display for MssChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad("none"),
            Self::Value(value) => write!(f, "{value}"),
        }
    }
}

impl FromStr for MssBounds {
    type Err = <Bounds as FromStr>::Err;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        if s == "none" { Ok(Self::None) } else { s.parse().map(Self::Value) }
    }
}

impl fmt::Display for MssBounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.pad("none"),
            Self::Value(bounds) => bounds.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests;
