//! Segments, injected and expected, and the shapes of `expect`.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer, value::SeqAccessDeserializer},
    ser::SerializeMap,
};

use super::{OneOrMany, OwnKeys, read_with, step::write_clauses};
use crate::{
    case::{
        flags::Flags,
        format::{
            AddressName, Alternative, Bytes, Checksum, ConnName, Data, Expect, ExpectSegment, Fragments, Icmp, Inject,
            Ip, Options,
        },
        position::Position,
    },
    clause::ClauseId,
};

/// An injected segment as its map is written: options stand beside the other fields.
#[derive(Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Inject")]
pub(crate) struct InjectForm {
    /// The connection (default: the first one). A new name is a new peer port.
    on: ConnName,
    /// The IP source (default: `peer`).
    from: Option<AddressName>,
    /// The IP destination (default: `target`).
    to: Option<AddressName>,
    /// The control bits (default: none).
    flags: Option<Flags>,
    /// Relative to the peer's ISN (default: RCV.NXT).
    seq: Option<Position>,
    /// Relative to the target's ISS (default: SND.NXT if ACK is set).
    ack: Option<Position>,
    /// The window field, unscaled (default: `peer.win`).
    win: Option<u16>,
    /// The urgent pointer field (default: 0).
    urg: Option<u16>,
    /// The text (default: none).
    data: Option<Data>,
    /// Option: Maximum Segment Size.
    mss: Option<u16>,
    /// Option: Window Scale shift.
    wscale: Option<u8>,
    /// Option: SACK-permitted.
    sack_ok: Option<bool>,
    /// Option: SACK blocks `[[left, right], …]`, relative to the target's ISS.
    sack: Option<Vec<(Position, Position)>>,
    /// Option: Timestamps `{ val: 1, ecr: 0 }`.
    ts: Option<TimestampsForm>,
    /// Raw option bytes in hex, appended as they are, padded to a word.
    options: Option<Bytes>,
    /// The TCP checksum: `bad` or a number (default: right).
    checksum: Option<Checksum>,
    /// The data offset field in 32-bit words (default: right).
    #[serde(deserialize_with = "nibble")]
    data_offset: Option<u8>,
    /// IP header fields (default: right).
    ip: Option<Ip>,
    /// The whole TCP segment in hex; the TCP fields above are ignored.
    raw: Option<Bytes>,
    /// An ICMP message instead of a segment: `port-unreachable`, or `{ message: 3/13, … }`.
    icmp: Option<Icmp>,
    /// The packet leaves as IP fragments of so many bytes, or `{ size: 24, order: reversed }`.
    fragments: Option<Fragments>,
}

/// `{ val: 1, ecr: 0 }`
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TimestampsForm {
    val: u32,
    ecr: u32,
}

/// A 4-bit field of a header. For `#[serde(deserialize_with)]`.
pub(crate) fn nibble<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    within(Option::<u8>::deserialize(from)?, 15)
}

/// A 13-bit field of a header. For `#[serde(deserialize_with)]`.
pub(crate) fn bits_13<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u16>, D::Error> {
    within(Option::<u16>::deserialize(from)?, 8191)
}

fn within<T: PartialOrd + Copy + fmt::Display, E: de::Error>(field: Option<T>, highest: T) -> Result<Option<T>, E> {
    match field {
        Some(value) if value > highest => {
            Err(E::custom(format!("{value} is out of range; it goes from 0 to {highest}")))
        }
        field => Ok(field),
    }
}

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

impl InjectForm {
    /// The first field that only a TCP segment has.
    fn tcp_field(&self) -> Option<&'static str> {
        let fields = [
            ("flags", self.flags.is_some()),
            ("seq", self.seq.is_some()),
            ("ack", self.ack.is_some()),
            ("win", self.win.is_some()),
            ("urg", self.urg.is_some()),
            ("data", self.data.is_some()),
            ("mss", self.mss.is_some()),
            ("wscale", self.wscale.is_some()),
            ("sack-ok", self.sack_ok.is_some()),
            ("sack", self.sack.is_some()),
            ("ts", self.ts.is_some()),
            ("options", self.options.is_some()),
            ("checksum", self.checksum.is_some()),
            ("data-offset", self.data_offset.is_some()),
            ("raw", self.raw.is_some()),
        ];
        fields.into_iter().find(|(_, present)| *present).map(|(name, _)| name)
    }

    /// What may not stand side by side.
    fn contradiction(&self) -> Option<String> {
        if self.icmp.is_some()
            && let Some(field) = self.tcp_field()
        {
            return Some(format!(
                "`{field}` beside `icmp`\nan ICMP message has fields of its own: `icmp: {{ message: …, quote: {{ seq: … }} }}`"
            ));
        }
        let ip = self.ip.as_ref();
        let by_hand = ip.is_some_and(|ip| ip.mf.is_some() || ip.fragment_offset.is_some());
        let both = "`fragments` beside `ip: { mf, fragment-offset }`\n`fragments` sets both in every fragment";
        (by_hand && self.fragments.is_some()).then(|| both.to_owned())
    }
}

impl TryFrom<InjectForm> for Inject {
    type Error = String;

    fn try_from(form: InjectForm) -> Result<Self, String> {
        if let Some(contradiction) = form.contradiction() {
            return Err(contradiction);
        }
        let InjectForm { on, from, to, flags, seq, ack, win, urg, data, checksum, data_offset, ip, raw, .. } = form;
        let InjectForm { mss, wscale, sack_ok, sack, ts, options, icmp, fragments, .. } = form;
        let icmp = icmp.map(Box::new);
        let options = Options {
            mss,
            wscale,
            sack_ok: sack_ok.unwrap_or_default(),
            sack: sack.unwrap_or_default(),
            ts: ts.map(|ts| (ts.val, ts.ecr)),
            raw: options,
        };
        let (flags, ip) = (flags.unwrap_or_default(), ip.unwrap_or_default());
        Ok(Self {
            on,
            from,
            to,
            flags,
            seq,
            ack,
            win,
            urg,
            data,
            options,
            checksum,
            data_offset,
            ip,
            raw,
            icmp,
            fragments,
        })
    }
}

impl From<Inject> for InjectForm {
    fn from(inject: Inject) -> Self {
        let Inject { on, from, to, flags, seq, ack, win, urg, data, options, checksum, data_offset, ip, .. } = inject;
        let Inject { raw, icmp, fragments, .. } = inject;
        let Options { mss, wscale, sack_ok, sack, ts, raw: options } = options;
        Self {
            on,
            from,
            to,
            // A raw segment brings its own flags, an ICMP message has none.
            flags: ((raw.is_none() && icmp.is_none()) || flags != Flags::default()).then_some(flags),
            seq,
            ack,
            win,
            urg,
            data,
            mss,
            wscale,
            sack_ok: sack_ok.then_some(true),
            sack: (!sack.is_empty()).then_some(sack),
            ts: ts.map(|(val, ecr)| TimestampsForm { val, ecr }),
            options,
            checksum,
            data_offset,
            ip: (ip != Ip::default()).then_some(ip),
            raw,
            icmp: icmp.map(|icmp| *icmp),
            fragments,
        }
    }
}

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
