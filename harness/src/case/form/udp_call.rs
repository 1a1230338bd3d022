//! `udp-send`: the text alone, or with the host it is for.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
    ser::SerializeMap,
};

use crate::case::format::{AddressName, Bytes, Data};

/// What is sent, and to which host (default: the peer).
pub(super) struct UdpSendForm {
    pub(super) data: Data,
    pub(super) to: Option<AddressName>,
}

/// `{ data: 100, to: off-link }` or `{ hex: 00ff }`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UdpSendMap {
    data: Option<Data>,
    to: Option<AddressName>,
    hex: Option<Bytes>,
}

impl<'de> Deserialize<'de> for UdpSendForm {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(UdpSendVisitor)
    }
}

struct UdpSendVisitor;

impl<'de> Visitor<'de> for UdpSendVisitor {
    type Value = UdpSendForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number of pattern bytes, or `{ data: …, to: off-link }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<UdpSendForm, E> {
        Ok(UdpSendForm { data: Data::Text(text.to_owned()), to: None })
    }

    fn visit_i64<E: de::Error>(self, len: i64) -> Result<UdpSendForm, E> {
        Data::deserialize(de::value::I64Deserializer::new(len)).map(|data| UdpSendForm { data, to: None })
    }

    fn visit_u64<E: de::Error>(self, len: u64) -> Result<UdpSendForm, E> {
        Data::deserialize(de::value::U64Deserializer::new(len)).map(|data| UdpSendForm { data, to: None })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<UdpSendForm, A::Error> {
        let UdpSendMap { data, to, hex } = UdpSendMap::deserialize(MapAccessDeserializer::new(map))?;
        match (data, hex) {
            (Some(data), None) => Ok(UdpSendForm { data, to }),
            (None, Some(bytes)) => Ok(UdpSendForm { data: Data::Hex(bytes), to }),
            (None, None) | (Some(_), Some(_)) => {
                Err(de::Error::custom("send what?\nwrite `{ data: 100, to: off-link }` or `{ hex: 00ff }`"))
            }
        }
    }
}

impl Serialize for UdpSendForm {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Some(host) = &self.to else { return self.data.serialize(to) };
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("data", &self.data)?;
        map.serialize_entry("to", host)?;
        map.end()
    }
}

impl JsonSchema for UdpSendForm {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "UdpSend".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let data = generator.subschema_for::<Data>();
        let host = generator.subschema_for::<AddressName>();
        json_schema!({
            "anyOf": [
                data,
                {
                    "type": "object",
                    "properties": { "data": data, "to": host },
                    "required": ["data"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}
