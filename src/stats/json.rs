//! Statistics as JSON (management guide 9.2 `show stat json`).

use serde_json::{Value as Json, json};

use super::field::{Field, Value};
use super::fields::FIELDS;
use super::row::Row;

fn value(v: &Value) -> Json {
    match v {
        Value::U32(n) => json!({ "type": "u32", "value": n }),
        Value::S32(n) => json!({ "type": "s32", "value": n }),
        Value::U64(n) => json!({ "type": "u64", "value": n }),
        Value::Str(s) => json!({ "type": "str", "value": s }),
    }
}

fn tags(f: &Field) -> Json {
    json!({ "origin": f.origin.word(), "nature": f.nature.word(), "scope": f.scope.word() })
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
                            "field": { "pos": pos, "name": f.name }, "processNum": 1, "tags": tags(f), "value": value(v),
                        }))
                    })
                    .collect(),
            )
        })
        .collect();
    Json::Array(all).to_string()
}

/// `show info json`: fields are (name, tags, value).
pub fn info(fields: &[super::info::Entry]) -> String {
    let all: Vec<Json> = fields
        .iter()
        .enumerate()
        .map(|(pos, e)| {
            json!({
                "field": { "pos": pos, "name": e.field.name }, "processNum": 1,
                "tags": { "origin": e.field.origin.word(), "nature": e.field.nature.word(), "scope": e.field.scope.word() },
                "value": value(&e.value),
            })
        })
        .collect();
    Json::Array(all).to_string()
}

/// A JSON Schema of both documents.
pub fn schema() -> String {
    let typed = |t: &str, range: Json| json!({ "title": "Typed value", "type": "object", "properties": { "type": { "enum": [t] }, "value": range } });
    let tags = json!({
        "type": "object",
        "properties": {
            "origin": { "enum": ["Metric", "Status", "Key", "Config", "Product"] },
            "nature": { "enum": ["Gauge", "Limit", "Min", "Max", "Rate", "Counter", "Duration", "Age", "Time", "Name", "Output", "Avg"] },
            "scope": { "enum": ["Cluster", "Process", "Service", "System"] },
        },
        "required": ["origin", "nature", "scope"],
    });
    let field = json!({
        "type": "object",
        "properties": { "pos": { "type": "integer", "minimum": 0 }, "name": { "type": "string" } },
        "required": ["pos", "name"],
    });
    let values = json!({ "oneOf": [
        typed("s32", json!({ "type": "integer" })), typed("u32", json!({ "type": "integer", "minimum": 0 })),
        typed("u64", json!({ "type": "integer", "minimum": 0 })), typed("str", json!({ "type": "string" })),
    ] });
    let item = |more: Json| {
        let mut p =
            json!({ "field": field, "processNum": { "type": "integer", "minimum": 1 }, "tags": tags, "value": values });
        if let (Some(p), Some(more)) = (p.as_object_mut(), more.as_object()) {
            p.extend(more.clone());
        }
        json!({ "type": "object", "properties": p, "required": ["field", "processNum", "tags", "value"] })
    };
    let stat = item(json!({
        "objType": { "enum": ["Frontend", "Backend", "Listener", "Server", "Unknown"] },
        "proxyId": { "type": "integer", "minimum": 0 }, "id": { "type": "integer", "minimum": 0 },
    }));
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "oneOf": [
            { "title": "Info", "type": "array", "items": item(json!({})) },
            { "title": "Stat", "type": "array", "items": { "type": "array", "items": stat } },
        ],
    })
    .to_string()
}
