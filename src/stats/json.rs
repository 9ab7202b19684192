//! Statistics as JSON (management guide 9.2 `show stat json`).

use serde_json::{Value as Json, json};

use super::field::{Nature, Origin, Scope, Value};
use super::fields::FIELDS;
use super::info;
use super::row::Row;

fn value(v: &Value) -> Json {
    match v {
        Value::U32(n) => json!({ "type": "u32", "value": n }),
        Value::S32(n) => json!({ "type": "s32", "value": n }),
        Value::U64(n) => json!({ "type": "u64", "value": n }),
        Value::Float(n) => json!({ "type": "flt", "value": n }),
        Value::Str(s) => json!({ "type": "str", "value": s }),
    }
}

fn tags((origin, nature, scope): (Origin, Nature, Scope)) -> Json {
    json!({ "origin": origin.word(), "nature": nature.word(), "scope": scope.word() })
}

/// One array a row, one object a field that has a value.
pub fn render(rows: &[Row]) -> String {
    let all: Vec<Json> = rows
        .iter()
        .map(|row| {
            let fields = FIELDS.iter().zip(&row.values).filter(|(f, _)| f.name != "-").enumerate();
            Json::Array(
                fields
                    .filter_map(|(pos, (f, v))| {
                        let v = v.as_ref()?;
                        Some(json!({
                            "objType": row.kind.word(), "proxyId": row.proxy_id, "id": row.id,
                            "field": { "pos": pos, "name": f.name }, "processNum": 1, "tags": tags(f.tags(row.kind)), "value": value(v),
                        }))
                    })
                    .collect(),
            )
        })
        .collect();
    Json::Array(all).to_string()
}

/// `show info json`: fields are (name, tags, value).
pub fn info(fields: &[info::Entry]) -> String {
    let all: Vec<Json> = fields
        .iter()
        .map(|e| {
            json!({
                "field": { "pos": info::position(e), "name": e.field.name }, "processNum": 1,
                "tags": tags((e.field.origin, e.field.nature, e.field.scope)), "value": value(&e.value),
            })
        })
        .collect();
    Json::Array(all).to_string()
}

/// A JSON Schema (draft 4) of both documents. Its structure is interface: validators resolve its references.
pub fn schema() -> String {
    let refer = |name: &str| json!({ "$ref": format!("#/definitions/{name}") });
    let natural = json!({ "type": "integer", "minimum": 0 });
    let text = json!({ "type": "string" });
    let info = json!({
        "title": "InfoItem",
        "type": "object",
        "properties": {
            "field": refer("field"), "processNum": refer("processNum"), "tags": refer("tags"), "value": refer("typedValue"),
        },
        "required": ["field", "processNum", "tags", "value"],
    });
    let stat = json!({
        "title": "InfoItem",
        "type": "object",
        "properties": {
            "objType": { "enum": ["Frontend", "Backend", "Listener", "Server", "Unknown"] },
            "proxyId": natural, "id": natural, "field": refer("field"), "processNum": refer("processNum"),
            "tags": refer("tags"), "typedValue": refer("typedValue"),
        },
        "required": ["objType", "proxyId", "id", "field", "processNum", "tags", "value"],
    });
    let error = json!({
        "title": "Error", "type": "object", "properties": { "errorStr": text }, "required": ["errorStr"],
    });
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "oneOf": [
            { "title": "Info", "type": "array", "items": info },
            { "title": "Stat", "type": "array", "items": stat },
            error,
        ],
        "definitions": {
            "field": { "type": "object", "pos": natural, "name": text, "required": ["pos", "name"] },
            "processNum": { "type": "integer", "minimum": 1 },
            "tags": tags_schema(),
            "typedValue": value_schema(),
        },
    })
    .to_string()
}

fn tags_schema() -> Json {
    let choice = |words: &[&str]| json!({ "type": "string", "enum": words });
    json!({
        "type": "object",
        "origin": choice(&["Metric", "Status", "Key", "Config", "Product", "Unknown"]),
        "nature": choice(&[
            "Gauge", "Limit", "Min", "Max", "Rate", "Counter", "Duration", "Age", "Time", "Name", "Output", "Avg", "Unknown",
        ]),
        "scope": choice(&["Cluster", "Process", "Service", "System", "Unknown"]),
        "required": ["origin", "nature", "scope"],
    })
}

/// Integers of 64 bits stay where a double holds them exactly.
fn value_schema() -> Json {
    const EXACT: i64 = (1 << 53) - 1;
    let typed = |name: &str, value: Json| {
        let kind = json!({ "type": "string", "enum": [name] });
        json!({ "properties": { "type": kind, "value": value }, "required": ["type", "value"] })
    };
    let integer = |min: i64, max: i64| json!({ "type": "integer", "minimum": min, "maximum": max });
    let one_of = ["s32", "s64", "u32", "u64", "str"]
        .map(|t| json!({ "$ref": format!("#/definitions/typedValue/definitions/{t}Value") }));
    json!({
        "type": "object",
        "oneOf": one_of,
        "definitions": {
            "s32Value": typed("s32", integer(i32::MIN.into(), i32::MAX.into())),
            "s64Value": typed("s64", integer(-EXACT, EXACT)),
            "u32Value": typed("u32", integer(0, u32::MAX.into())),
            "u64Value": typed("u64", integer(0, EXACT)),
            "strValue": typed("str", json!({ "type": "string" })),
            "unknownValue": {
                "properties": {
                    "type": { "type": "integer", "minimum": 0 }, "value": { "type": "string", "enum": ["unknown"] },
                },
                "required": ["type", "value"],
            },
        },
    })
}
