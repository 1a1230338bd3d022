//! ICMP messages and fragments.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer},
};

use crate::case::{
    format::{Checksum, Data, Fragments, Icmp, Ip, Message, Neighbor, Order, Quote},
    position::Position,
};

/// An ICMP message as its map is written.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct IcmpForm {
    /// Type and code: `port-unreachable`, or `3/13`.
    message: Option<Message>,
    /// What an error quotes (default: the segment at SND.UNA).
    quote: Option<QuoteForm>,
    /// These bytes stand where an error has its quote.
    data: Option<Data>,
    /// The next hop's MTU in `fragmentation-needed` (default: 0).
    mtu: Option<u16>,
    /// The octet that `parameter-problem` complains of (default: 0).
    pointer: Option<u8>,
    /// The identifier of an echo (default: 0).
    id: Option<u16>,
    /// The sequence number of an echo (default: 0).
    seq: Option<u16>,
    /// The ICMP checksum: `bad` or a number (default: right).
    checksum: Option<Checksum>,
    /// What a message of neighbor discovery says.
    neighbor: Option<Neighbor>,
}

/// A quoted segment as its map is written.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct QuoteForm {
    /// Relative to the target's ISS (default: SND.UNA).
    seq: Option<Position>,
    /// So many bytes of the TCP segment stand behind its IP header (default: 8).
    length: Option<u16>,
    /// Fields of the quoted IP header (default: right).
    ip: Option<Ip>,
}

impl<'de> Deserialize<'de> for Icmp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(IcmpVisitor)
    }
}

struct IcmpVisitor;

impl<'de> Visitor<'de> for IcmpVisitor {
    type Value = Icmp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an ICMP message like `port-unreachable`, or `{ message: port-unreachable, … }`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Icmp, E> {
        word.parse().map(|message| Icmp { message, ..Icmp::default() }).map_err(E::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Icmp, A::Error> {
        let form = IcmpForm::deserialize(MapAccessDeserializer::new(map))?;
        let IcmpForm { message, quote, data, mtu, pointer, id, seq, checksum, neighbor } = form;
        let Some(message) = message else {
            return Err(de::Error::custom("an ICMP message without type and code\nwrite `message: port-unreachable`"));
        };
        if quote.is_some() && data.is_some() {
            return Err(de::Error::custom(
                "`data` stands where the quote would: `quote` and `data` exclude each other",
            ));
        }
        if (id.is_some() || seq.is_some()) && (mtu.is_some() || pointer.is_some()) {
            return Err(de::Error::custom(
                "`id` and `seq` stand where `mtu` and `pointer` would: a message has the ones or the others",
            ));
        }
        if neighbor.is_some() && (!message.is_neighbor() || quote.is_some() || data.is_some()) {
            return Err(de::Error::custom(
                "`neighbor` says what `neighbor-solicitation` and `neighbor-advertisement` carry, in place of `data`",
            ));
        }
        let quote = quote.map(|QuoteForm { seq, length, ip }| Quote { seq, length, ip: ip.unwrap_or_default() });
        Ok(Icmp { message, quote, data, mtu, pointer, id, seq, checksum, neighbor })
    }
}

impl Serialize for Icmp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { message, quote, data, mtu, pointer, id, seq, checksum, neighbor } = self.clone();
        if *self == (Self { message, ..Self::default() }) {
            return message.serialize(to);
        }
        let form = |Quote { seq, length, ip }| QuoteForm { seq, length, ip: (ip != Ip::default()).then_some(ip) };
        let quote = quote.map(form);
        IcmpForm { message: Some(message), quote, data, mtu, pointer, id, seq, checksum, neighbor }.serialize(to)
    }
}

impl JsonSchema for Icmp {
    fn schema_name() -> Cow<'static, str> {
        "Icmp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let word = generator.subschema_for::<Message>();
        let map = IcmpForm::json_schema(generator);
        json_schema!({ "anyOf": [word, map] })
    }
}

/// Fragments as their map is written.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FragmentsForm {
    /// Bytes of the IP payload in each piece but the last; a multiple of 8.
    size: u16,
    /// Each piece but the last also carries so many bytes of the next ones; a multiple of 8 (default: 0).
    #[serde(default)]
    overlap: Option<u16>,
    /// The bytes that a piece carries beyond its own are wrong: every one inverted.
    #[serde(default)]
    conflict: Option<bool>,
    /// `in-order`, `reversed`, or the pieces that are sent, counted from 1: `[3, 1]`.
    #[serde(default)]
    order: Option<Order>,
}

impl<'de> Deserialize<'de> for Fragments {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(FragmentsVisitor)
    }
}

struct FragmentsVisitor;

/// What counts in units of eight bytes.
fn units<E: de::Error>(name: &str, bytes: u16) -> Result<u16, E> {
    if bytes.is_multiple_of(Fragments::UNIT) {
        Ok(bytes)
    } else {
        Err(E::custom(format!("{name}: {bytes} bytes\na fragment's place and length count in units of 8 bytes")))
    }
}

impl FragmentsVisitor {
    fn made<E: de::Error>(form: FragmentsForm) -> Result<Fragments, E> {
        let FragmentsForm { size, overlap, conflict, order } = form;
        if size == 0 {
            return Err(E::custom("fragments without a byte\nthe smallest size is 8"));
        }
        let overlap = units("overlap", overlap.unwrap_or(0))?;
        let conflict = conflict.unwrap_or(false);
        if conflict && overlap == 0 {
            return Err(E::custom("`conflict` without `overlap`\nonly bytes that two fragments carry can differ"));
        }
        Ok(Fragments { size: units("size", size)?, overlap, conflict, order: order.unwrap_or_default() })
    }
}

impl<'de> Visitor<'de> for FragmentsVisitor {
    type Value = Fragments;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes per fragment, or `{ size: 24, order: reversed }`")
    }

    fn visit_u64<E: de::Error>(self, size: u64) -> Result<Fragments, E> {
        let size = u16::try_from(size).map_err(|_| E::custom(format!("{size} bytes are more than a packet holds")))?;
        Self::made(FragmentsForm { size, overlap: None, conflict: None, order: None })
    }

    fn visit_i64<E: de::Error>(self, size: i64) -> Result<Fragments, E> {
        self.visit_u64(u64::try_from(size).map_err(|_| E::custom(format!("fragments of {size} bytes")))?)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fragments, A::Error> {
        Self::made(FragmentsForm::deserialize(MapAccessDeserializer::new(map))?)
    }
}

impl Serialize for Fragments {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { size, overlap, conflict, order } = self.clone();
        let form = FragmentsForm {
            size,
            overlap: (overlap != 0).then_some(overlap),
            conflict: conflict.then_some(true),
            order: (order != Order::InOrder).then_some(order),
        };
        form.serialize(to)
    }
}

impl JsonSchema for Fragments {
    fn schema_name() -> Cow<'static, str> {
        "Fragments".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = FragmentsForm::json_schema(generator);
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 8, "multipleOf": 8 }, map] })
    }
}

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(OrderVisitor)
    }
}

struct OrderVisitor;

impl<'de> Visitor<'de> for OrderVisitor {
    type Value = Order;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`in-order`, `reversed`, or a list of fragments like `[3, 1]`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Order, E> {
        match word {
            "in-order" => Ok(Order::InOrder),
            "reversed" => Ok(Order::Reversed),
            other => Err(E::invalid_value(de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Order, A::Error> {
        let numbers: Vec<u16> = Vec::deserialize(SeqAccessDeserializer::new(list))?;
        if numbers.is_empty() {
            return Err(de::Error::custom("no fragment at all\nname those that are sent, counted from 1: `[3, 1]`"));
        }
        Ok(Order::Listed(numbers))
    }
}

impl Serialize for Order {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::InOrder => to.serialize_str("in-order"),
            Self::Reversed => to.serialize_str("reversed"),
            Self::Listed(numbers) => numbers.serialize(to),
        }
    }
}

impl JsonSchema for Order {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Order".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "enum": ["in-order", "reversed"] },
                { "type": "array", "minItems": 1, "items": { "type": "integer", "minimum": 1 } },
            ],
        })
    }
}
