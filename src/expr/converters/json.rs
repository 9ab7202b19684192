//! JSON: escaping text for it, and taking values out of it (manual 7.3.1 `json`, `json_query`).

use std::fmt::Write as _;

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, opt, req, str_arg};
use crate::expr::value::{Type, Value};

pub const ALL: &[&Converter] = &[&JSON, &JSON_QUERY];

const JSON: Converter = Converter {
    name: "json",
    doc: "Escapes text for a JSON string; the input is ascii, utf8, utf8s, utf8p or utf8ps.",
    args: &[opt(ArgKind::Str)],
    run: |_, v, a| escape(&v.into_text(), str_arg(a, 0).unwrap_or("ascii")).map(Value::string),
    ..CONVERTER
};

/// How invalid UTF-8 is treated: `utf8` fails, `utf8s` drops it, `utf8p` makes it U+FFFD-free question marks, `utf8ps` drops.
fn escape(text: &[u8], encoding: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    if encoding == "ascii" || encoding.is_empty() {
        text.iter().for_each(|b| put(char::from(*b), &mut out));
        return Some(out);
    }
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| put(c, &mut out));
        if chunk.invalid().is_empty() {
            continue;
        }
        match encoding {
            "utf8s" | "utf8ps" => {}
            "utf8p" => out.push('?'),
            _ => return None,
        }
    }
    Some(out)
}

fn put(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '/' => out.push_str("\\/"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        '\n' => out.push_str("\\n"),
        '\t' => out.push_str("\\t"),
        ' '..='~' => out.push(c),
        _ => {
            let mut units = [0; 2];
            for u in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{u:04x}");
            }
        }
    }
}

const JSON_QUERY: Converter = Converter {
    name: "json_query",
    doc: "The value at a path such as $.a.b[0]; a number as an integer when the second argument says int.",
    args: &[req(ArgKind::Str), opt(ArgKind::Str)],
    output: Type::Any,
    run: |_, v, a| {
        let document: serde_json::Value = serde_json::from_slice(&v.into_text()).ok()?;
        let found = walk(&document, str_arg(a, 0)?)?;
        Some(match found {
            serde_json::Value::String(s) => Value::string(s.as_bytes()),
            serde_json::Value::Bool(b) => Value::Bool(*b),
            serde_json::Value::Number(n) => match (str_arg(a, 1), n.as_i64()) {
                (Some("int"), Some(i)) => Value::Int(i),
                (Some("int"), None) => Value::Int(n.as_f64()? as i64),
                _ => Value::string(n.to_string()),
            },
            serde_json::Value::Array(_) => Value::string(found.to_string()),
            serde_json::Value::Null | serde_json::Value::Object(_) => return None,
        })
    },
    ..CONVERTER
};

/// `$.key.key[index]`, a dot in a key behind a backslash.
fn walk<'a>(document: &'a serde_json::Value, path: &str) -> Option<&'a serde_json::Value> {
    let path = path.strip_prefix('$')?.replace("\\.", "\u{0}");
    let mut at = document;
    for step in path.split('.') {
        let (key, indices) = step.split_at(step.find('[').unwrap_or(step.len()));
        if !key.is_empty() {
            at = at.get(key.replace('\u{0}', "."))?;
        }
        for index in indices.split('[').skip(1) {
            at = at.get(index.strip_suffix(']')?.parse::<usize>().ok()?)?;
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reaches_through_objects_and_arrays() {
        let d: serde_json::Value = serde_json::from_str(r#"{"a":{"b":[1,{"c":"x"}]},"k.8s":2}"#).expect("JSON");
        assert_eq!(walk(&d, "$.a.b[1].c").and_then(|v| v.as_str()), Some("x"));
        assert_eq!(walk(&d, r"$.k\.8s").and_then(serde_json::Value::as_i64), Some(2));
        assert_eq!(walk(&d, "$.a.z"), None);
    }

    #[test]
    fn quotes_slashes_and_controls_are_escaped() {
        assert_eq!(escape(b"a\"b/\n\x01", "utf8").as_deref(), Some(r#"a\"b\/\n\u0001"#));
        assert_eq!(escape(b"\xff", "utf8"), None);
        assert_eq!(escape(b"a\xffb", "utf8s").as_deref(), Some("ab"));
    }
}
