//! A step: one key that says what is done, and what belongs to it.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::SerializeMap,
};

use super::{OneOrMany, text::is_name};
use crate::{
    case::{
        format::{Action, At, Call, CallStep, Comparison, Expect, Inject, Quantity, Returns, StateCheck, Step},
        state::State,
        time::Span,
        tree::de::LINE_REQUEST,
    },
    clause::ClauseId,
};

/// A step as its map is written.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
#[schemars(rename = "Step")]
struct StepForm {
    /// The peer sends a segment.
    inject: Option<Inject>,
    /// The target has emitted this since the last `expect`, and nothing else.
    expect: Option<Expect>,
    /// The application on the target calls the socket interface.
    call: Option<Call>,
    /// The connection is in this state.
    state: Option<StateCheck>,
    /// Time passes: `500ms`, `2MSL+1s`, `RTO`.
    wait: Option<Span>,
    /// Keeps measured quantities: `{ isn1: ISS }`.
    save: Option<Names>,
    /// Compares kept quantities: `isn2 - isn1 in 1..2^31`.
    check: Option<Comparison>,
    /// With `call`: the connection; `listener` is the listening socket.
    on: Option<String>,
    /// With `call`: what it gives.
    returns: Option<Returns>,
    /// The clause this step rests on, if not the case's.
    clause: Option<ClauseId>,
    /// The clauses this step rests on, if not the case's.
    clauses: OneOrMany<ClauseId>,
    /// Go on even if this step fails.
    #[serde(rename = "continue")]
    continues: bool,
    /// A remark for the reader.
    note: Option<String>,
}

/// The names that `save` keeps.
#[derive(JsonSchema)]
struct Names(BTreeMap<String, Quantity>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names = BTreeMap::<String, Quantity>::deserialize(from)?;
        match names.keys().find(|name| !is_name(name)) {
            Some(wrong) => {
                Err(de::Error::custom(format!("`{wrong}` is no name\nnames have letters, digits and underscores")))
            }
            None if names.is_empty() => Err(de::Error::custom("nothing is saved\nwrite `{ name: quantity }`")),
            None => Ok(Self(names)),
        }
    }
}

impl StepForm {
    const ACTIONS: &'static str = "the actions are inject, expect, call, state, wait, save, check";

    fn into_step(self) -> Result<Step, String> {
        let Self { inject, expect, call, state, wait, save, check, on, returns, clause, clauses, continues, note } =
            self;
        let with_call = [("on", on.is_some()), ("returns", returns.is_some())];
        let misplaced = with_call.into_iter().find(|(_, present)| *present && call.is_none());
        let actions = [
            inject.map(|inject| ("inject", Action::Inject(Box::new(inject)))),
            expect.map(|expect| ("expect", Action::Expect(expect))),
            call.map(|call| ("call", Action::Call(CallStep { on, call, returns }))),
            state.map(|state| ("state", Action::State(state))),
            wait.map(|span| ("wait", Action::Wait(span))),
            save.map(|names| ("save", Action::Save(names.0))),
            check.map(|comparison| ("check", Action::Check(comparison))),
        ];
        let mut actions = actions.into_iter().flatten();
        let Some((name, action)) = actions.next() else {
            return Err(format!("a step without an action\n{}", Self::ACTIONS));
        };
        if let Some((second, _)) = actions.next() {
            return Err(format!(
                "a step with two actions, `{name}` and `{second}`\nmake it two steps, each with a dash"
            ));
        }
        if let Some((key, _)) = misplaced {
            let inside = match key {
                "on" => format!("name the connection inside: `{name}: {{ on: b, … }}`"),
                _ => "only a `call` returns something".to_owned(),
            };
            return Err(format!("`{key}` beside `{name}`\n{inside}"));
        }
        let clauses = clause.into_iter().chain(clauses.0).collect();
        Ok(Step { action, clauses, continues, note })
    }
}

impl<'de> Deserialize<'de> for Step {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        StepForm::deserialize(from)?.into_step().map_err(de::Error::custom)
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let Self { action, clauses, continues, note } = self;
        let mut map = to.serialize_map(None)?;
        match action {
            Action::Inject(inject) => map.serialize_entry("inject", inject)?,
            Action::Expect(expect) => map.serialize_entry("expect", expect)?,
            Action::Call(CallStep { on, call, returns }) => {
                map.serialize_entry("call", call)?;
                on.as_ref().map_or(Ok(()), |on| map.serialize_entry("on", on))?;
                returns.as_ref().map_or(Ok(()), |returns| map.serialize_entry("returns", returns))?;
            }
            Action::State(check) => map.serialize_entry("state", check)?,
            Action::Wait(span) => map.serialize_entry("wait", span)?,
            Action::Save(names) => map.serialize_entry("save", names)?,
            Action::Check(comparison) => map.serialize_entry("check", comparison)?,
        }
        write_clauses(&mut map, clauses)?;
        if *continues {
            map.serialize_entry("continue", &true)?;
        }
        if let Some(note) = note {
            map.serialize_entry("note", note)?;
        }
        map.end()
    }
}

/// `clause: X` for one, `clauses: [X, Y]` for more.
pub(super) fn write_clauses<M: SerializeMap>(map: &mut M, clauses: &[ClauseId]) -> Result<(), M::Error> {
    match clauses {
        [] => Ok(()),
        [one] => map.serialize_entry("clause", one),
        many => map.serialize_entry("clauses", many),
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        StepForm::json_schema(generator)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_newtype_struct(LINE_REQUEST, AtVisitor(PhantomData))
    }
}

/// A file's reader gives line and value; any other format gives the value alone.
struct AtVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AtVisitor<T> {
    type Value = At<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<At<T>, A::Error> {
        match (parts.next_element()?, parts.next_element()?) {
            (Some(line), Some(value)) => Ok(At { line, value }),
            _ => Err(de::Error::custom("a value without a line")),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, from: D) -> Result<At<T>, D::Error> {
        T::deserialize(from).map(|value| At { line: 0, value })
    }
}

impl<T: Serialize> Serialize for At<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(to)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>().clone()
    }
}

/// `{ on: b, is: CLOSED }`
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StateForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    is: States,
}

/// One state or a list of them.
struct States(Vec<State>);

impl<'de> Deserialize<'de> for States {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        OneOrMany::deserialize(from).map(|states| Self(states.0))
    }
}

impl Serialize for States {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [one] => one.serialize(to),
            many => many.serialize(to),
        }
    }
}

impl JsonSchema for States {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "States".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        OneOrMany::<State>::json_schema(generator)
    }
}

impl<'de> Deserialize<'de> for StateCheck {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let StateForm { on, is } = from.deserialize_str(StateVisitor)?;
        if is.0.is_empty() {
            return Err(de::Error::custom("no state in the list"));
        }
        Ok(Self { on, any_of: is.0 })
    }
}

struct StateVisitor;

impl<'de> Visitor<'de> for StateVisitor {
    type Value = StateForm;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a state, a list of states, or `{ on: b, is: CLOSED }`")
    }

    fn visit_str<E: de::Error>(self, state: &str) -> Result<StateForm, E> {
        let state = state.parse().map_err(E::custom)?;
        Ok(StateForm { on: None, is: States(vec![state]) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<StateForm, A::Error> {
        let states = Vec::deserialize(de::value::SeqAccessDeserializer::new(list))?;
        Ok(StateForm { on: None, is: States(states) })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<StateForm, A::Error> {
        StateForm::deserialize(de::value::MapAccessDeserializer::new(map))
    }
}

impl Serialize for StateCheck {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let is = States(self.any_of.clone());
        match &self.on {
            None => is.serialize(to),
            Some(on) => StateForm { on: Some(on.clone()), is }.serialize(to),
        }
    }
}

impl JsonSchema for StateCheck {
    fn schema_name() -> Cow<'static, str> {
        "StateCheck".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let named = generator.subschema_for::<StateForm>();
        let states = generator.subschema_for::<States>();
        json_schema!({ "anyOf": [states, named] })
    }
}
