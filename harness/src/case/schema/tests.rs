use serde_json::Value;

use super::json_schema;

/// The names an editor offers at a place.
#[track_caller]
fn offered(schema: &Value, pointer: &str) -> Vec<String> {
    let properties = schema.pointer(pointer).and_then(Value::as_object);
    properties.unwrap_or_else(|| panic!("no {pointer} in {schema:#}")).keys().cloned().collect()
}

#[test]
fn an_editor_can_offer_every_field() {
    let schema = json_schema();
    let case = offered(&schema, "/properties");
    for field in ["title", "clauses", "given", "via", "peer", "config", "allow", "matrix", "steps"] {
        assert!(case.iter().any(|known| known == field), "{field} in {case:?}");
    }
    let step = offered(&schema, "/definitions/Step/properties");
    for field in ["inject", "expect", "call", "state", "wait", "save", "check", "returns", "clause", "continue"] {
        assert!(step.iter().any(|known| known == field), "{field} in {step:?}");
    }
    let inject = offered(&schema, "/definitions/Inject/properties");
    for field in ["flags", "seq", "sack-ok", "data-offset", "options", "ip", "icmp", "fragments"] {
        assert!(inject.iter().any(|known| known == field), "{field} in {inject:?}");
    }
}

#[test]
fn hints_come_with_the_fields_and_references_lead_somewhere() {
    let schema = json_schema();
    let hint = schema.pointer("/definitions/Config/properties/nagle/description").and_then(Value::as_str);
    assert!(hint.is_some_and(|hint| hint.contains("Nagle")), "{hint:?}");
    let text = schema.to_string();
    let references = text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
    let mut count = 0;
    for reference in references {
        assert!(schema.pointer(reference).is_some(), "{reference}");
        count += 1;
    }
    assert!(count > 20, "{count} references");
    assert!(text.contains("MUST-69") && text.contains("FIN-WAIT-1") && text.contains("ECONNRESET"));
}
