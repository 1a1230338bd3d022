//! Socket calls and what they return.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
    ser::SerializeMap,
};

use super::udp_call::UdpSendForm;
use crate::case::{
    format::{AddressName, Call, Data, Errno, Readiness, Returns, SocketSwitch, UdpCall},
    position::Bounds,
    suggest::{did_you_mean, quoted_list},
};

/// A call with its arguments; a word alone is a call without arguments.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "CallWithArguments")]
enum CallForm {
    /// Passive OPEN.
    Listen(ListenForm),
    /// Active OPEN.
    Connect(ConnectForm),
    /// SEND.
    Send(SendForm),
    /// RECEIVE at most so many bytes.
    Recv(u32),
    /// Changes a switch of a live connection.
    Set(SocketSwitch),
    /// Sends a UDP datagram.
    UdpSend(UdpSendForm),
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListenForm {
    /// Accept queue limit.
    backlog: u32,
}

#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ConnectForm {
    /// Where to.
    to: AddressName,
}

/// The text alone, or with the urgent flag.
struct SendForm {
    data: Data,
    urgent: bool,
}

/// `{ data: 100, urgent: true }` or `{ hex: 00ff }`
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SendMap {
    data: Option<Data>,
    #[serde(default)]
    urgent: bool,
    hex: Option<crate::case::format::Bytes>,
}

impl<'de> Deserialize<'de> for SendForm {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(SendVisitor)
    }
}

struct SendVisitor;

impl<'de> Visitor<'de> for SendVisitor {
    type Value = SendForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number of pattern bytes, or `{ data: …, urgent: true }`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<SendForm, E> {
        Ok(SendForm { data: Data::Text(text.to_owned()), urgent: false })
    }

    fn visit_i64<E: de::Error>(self, len: i64) -> Result<SendForm, E> {
        Data::deserialize(de::value::I64Deserializer::new(len)).map(|data| SendForm { data, urgent: false })
    }

    fn visit_u64<E: de::Error>(self, len: u64) -> Result<SendForm, E> {
        Data::deserialize(de::value::U64Deserializer::new(len)).map(|data| SendForm { data, urgent: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<SendForm, A::Error> {
        let SendMap { data, urgent, hex } = SendMap::deserialize(MapAccessDeserializer::new(map))?;
        match (data, hex) {
            (Some(data), None) => Ok(SendForm { data, urgent }),
            (None, Some(bytes)) if !urgent => Ok(SendForm { data: Data::Hex(bytes), urgent }),
            _ => Err(de::Error::custom("send what?\nwrite `{ data: 100, urgent: true }` or `{ hex: 00ff }`")),
        }
    }
}

impl Serialize for SendForm {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !self.urgent {
            return self.data.serialize(to);
        }
        let mut map = to.serialize_map(Some(2))?;
        map.serialize_entry("data", &self.data)?;
        map.serialize_entry("urgent", &true)?;
        map.end()
    }
}

impl JsonSchema for SendForm {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Send".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let data = generator.subschema_for::<Data>();
        json_schema!({
            "anyOf": [
                data,
                {
                    "type": "object",
                    "properties": { "data": data, "urgent": { "type": "boolean" } },
                    "required": ["data"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

impl Call {
    /// The calls that need no argument.
    const WORDS: [&'static str; 11] = [
        "listen",
        "connect",
        "accept",
        "recv",
        "shutdown",
        "close",
        "abort",
        "poll",
        "udp-bind",
        "udp-recv",
        "udp-close",
    ];

    fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "listen" => Self::Listen { backlog: None },
            "connect" => Self::Connect { to: None },
            "accept" => Self::Accept,
            "recv" => Self::Recv { max: None },
            "shutdown" => Self::Shutdown,
            "close" => Self::Close,
            "abort" => Self::Abort,
            "poll" => Self::Poll,
            "udp-bind" => Self::Udp(UdpCall::Bind),
            "udp-recv" => Self::Udp(UdpCall::Recv),
            "udp-close" => Self::Udp(UdpCall::Close),
            _ => return None,
        })
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(CallVisitor)
    }
}

struct CallVisitor;

impl<'de> Visitor<'de> for CallVisitor {
    type Value = Call;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a call like `listen` or `{ send: \"hello\" }`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Call, E> {
        Call::from_word(word).ok_or_else(|| match word {
            "send" | "set" | "udp-send" => {
                E::custom(format!("`{word}` needs an argument\nwrite `call: {{ {word}: … }}`"))
            }
            _ => {
                let help = did_you_mean(word, Call::WORDS).unwrap_or_else(|| {
                    format!(
                        "the calls are {}, `{{ send: … }}`, `{{ set: … }}` and `{{ udp-send: … }}`",
                        quoted_list(&Call::WORDS)
                    )
                });
                E::custom(format!("unknown call `{word}`\n{help}"))
            }
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Call, A::Error> {
        Ok(match CallForm::deserialize(MapAccessDeserializer::new(map))? {
            CallForm::Listen(ListenForm { backlog }) => Call::Listen { backlog: Some(backlog) },
            CallForm::Connect(ConnectForm { to }) => Call::Connect { to: Some(to) },
            CallForm::Send(SendForm { data, urgent }) => Call::Send { data, urgent },
            CallForm::Recv(max) => Call::Recv { max: Some(max) },
            CallForm::Set(switch) => Call::Set(switch),
            CallForm::UdpSend(UdpSendForm { data, to }) => Call::Udp(UdpCall::Send { data, to }),
        })
    }
}

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let form = match self {
            Self::Listen { backlog: None } => return to.serialize_str("listen"),
            Self::Connect { to: None } => return to.serialize_str("connect"),
            Self::Accept => return to.serialize_str("accept"),
            Self::Recv { max: None } => return to.serialize_str("recv"),
            Self::Shutdown => return to.serialize_str("shutdown"),
            Self::Close => return to.serialize_str("close"),
            Self::Abort => return to.serialize_str("abort"),
            Self::Poll => return to.serialize_str("poll"),
            Self::Udp(UdpCall::Bind) => return to.serialize_str("udp-bind"),
            Self::Udp(UdpCall::Recv) => return to.serialize_str("udp-recv"),
            Self::Udp(UdpCall::Close) => return to.serialize_str("udp-close"),
            Self::Listen { backlog: Some(backlog) } => CallForm::Listen(ListenForm { backlog: *backlog }),
            Self::Connect { to: Some(to) } => CallForm::Connect(ConnectForm { to: *to }),
            Self::Send { data, urgent } => CallForm::Send(SendForm { data: data.clone(), urgent: *urgent }),
            Self::Recv { max: Some(max) } => CallForm::Recv(*max),
            Self::Set(switch) => CallForm::Set(*switch),
            Self::Udp(UdpCall::Send { data, to }) => CallForm::UdpSend(UdpSendForm { data: data.clone(), to: *to }),
        };
        form.serialize(to)
    }
}

impl JsonSchema for Call {
    fn schema_name() -> Cow<'static, str> {
        "Call".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let with_arguments = generator.subschema_for::<CallForm>();
        json_schema!({ "anyOf": [{ "enum": Self::WORDS }, with_arguments] })
    }
}

/// A result with a value.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "ReturnsWithValue")]
enum ReturnsForm {
    /// These bytes.
    Data(Data),
    /// So many bytes were taken.
    Sent(Bounds),
    /// `poll` shows at least these.
    Ready(Readiness),
    /// Any of these.
    Either(Vec<Returns>),
}

impl<'de> Deserialize<'de> for Returns {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_str(ReturnsVisitor)
    }
}

struct ReturnsVisitor;

impl<'de> Visitor<'de> for ReturnsVisitor {
    type Value = Returns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`ok`, `would-block`, `eof`, an errno, or `{ data: … }`")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Returns, E> {
        match word {
            "ok" => Ok(Returns::Ok),
            "would-block" => Ok(Returns::WouldBlock),
            "eof" => Ok(Returns::Eof),
            _ => Errno::ALL.into_iter().find(|errno| errno.name() == word).map(Returns::Error).ok_or_else(|| {
                let names = Errno::ALL.map(Errno::name);
                let words = ["ok", "would-block", "eof"].into_iter().chain(names);
                let help = did_you_mean(word, words).unwrap_or_else(|| {
                    format!("results are ok, would-block, eof, {}, or a map like `{{ data: … }}`", names.join(", "))
                });
                E::custom(format!("unknown result `{word}`\n{help}"))
            }),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Returns, A::Error> {
        match ReturnsForm::deserialize(MapAccessDeserializer::new(map))? {
            ReturnsForm::Data(data) => Ok(Returns::Data(data)),
            ReturnsForm::Sent(bounds) => Ok(Returns::Sent(bounds)),
            ReturnsForm::Ready(ready) if ready == Readiness::default() => {
                Err(de::Error::custom("`ready` compares nothing\nwrite for example `{ ready: { urgent: true } }`"))
            }
            ReturnsForm::Ready(ready) => Ok(Returns::Ready(ready)),
            ReturnsForm::Either(results) if results.is_empty() => {
                Err(de::Error::custom("`either` without an alternative"))
            }
            ReturnsForm::Either(results) => Ok(Returns::Either(results)),
        }
    }
}

impl Serialize for Returns {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let form = match self {
            Self::Ok => return to.serialize_str("ok"),
            Self::WouldBlock => return to.serialize_str("would-block"),
            Self::Eof => return to.serialize_str("eof"),
            Self::Error(errno) => return errno.serialize(to),
            Self::Data(data) => ReturnsForm::Data(data.clone()),
            Self::Sent(bounds) => ReturnsForm::Sent(bounds.clone()),
            Self::Ready(ready) => ReturnsForm::Ready(*ready),
            Self::Either(results) => ReturnsForm::Either(results.clone()),
        };
        form.serialize(to)
    }
}

impl JsonSchema for Returns {
    fn schema_name() -> Cow<'static, str> {
        "Returns".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let with_value = generator.subschema_for::<ReturnsForm>();
        let words: Vec<&str> = ["ok", "would-block", "eof"].into_iter().chain(Errno::ALL.map(Errno::name)).collect();
        json_schema!({ "anyOf": [{ "enum": words }, with_value] })
    }
}
