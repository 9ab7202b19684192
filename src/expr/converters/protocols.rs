//! Converters that read the first message of a protocol out of the bytes of a connection: FIX and MQTT (manual 7.3.1).

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, req, str_arg};
use crate::expr::scope::Scope;
use crate::expr::value::{Type, Value};
use crate::wire::{fix, mqtt};

pub const ALL: &[&Converter] = &[&FIX_IS_VALID, &FIX_TAG_VALUE, &MQTT_IS_VALID, &MQTT_FIELD_VALUE];

/// What follows cannot change the verdict on a message that is whole, or wrong already.
fn settled<'a>(s: &Scope<'_>, valid: bool) -> Option<Value<'a>> {
    s.may_change.set(false);
    Some(Value::Bool(valid))
}

const FIX_IS_VALID: Converter = Converter {
    name: "fix_is_valid",
    doc: "Whether its input is a well-formed FIX message, checksum included.",
    input: Type::Bin,
    output: Type::Bool,
    run: |s, v, _| match fix::check(&v.into_binary()) {
        fix::Verdict::Valid(_) => settled(s, true),
        fix::Verdict::Invalid => settled(s, false),
        fix::Verdict::Partial => s.unsettled(),
    },
    ..CONVERTER
};
const FIX_TAG_VALUE: Converter = Converter {
    name: "fix_tag_value",
    doc: "The value of a tag of a FIX message, given by its number or by name.",
    args: &[req(ArgKind::Str)],
    input: Type::Bin,
    output: Type::Bin,
    check: |words| {
        let name = words.first().map_or("", String::as_str);
        fix::tag(name).map(|_| ()).ok_or_else(|| format!("Unknown FIX tag name '{name}'"))
    },
    run: |s, v, a| {
        let tag = fix::tag(str_arg(a, 0)?)?;
        match fix::value(&v.into_binary(), tag) {
            Ok(value) => Some(Value::Bin(value.to_vec().into())),
            Err(fix::Verdict::Partial) => s.unsettled(),
            Err(_) => None,
        }
    },
    ..CONVERTER
};
const MQTT_IS_VALID: Converter = Converter {
    name: "mqtt_is_valid",
    doc: "Whether its input is a well-formed CONNECT or CONNACK packet of MQTT.",
    input: Type::Bin,
    output: Type::Bool,
    run: |s, v, _| match mqtt::parse(&v.into_binary()) {
        mqtt::Parsed::Packet(..) => settled(s, true),
        mqtt::Parsed::Invalid => settled(s, false),
        mqtt::Parsed::Partial => s.unsettled(),
    },
    ..CONVERTER
};
const MQTT_FIELD_VALUE: Converter = Converter {
    name: "mqtt_field_value",
    doc: "A field of a CONNECT or CONNACK packet, or a property by its number.",
    args: &[req(ArgKind::Str), req(ArgKind::Str)],
    input: Type::Bin,
    output: Type::Str,
    check: |words| match words {
        [kind, field] if mqtt::name(kind, field).is_none() => Err(match mqtt::kind(kind) {
            Some(_) => format!("Unknown MQTT field name '{field}' for packet type '{kind}'"),
            None => format!("Unknown MQTT type '{kind}'"),
        }),
        _ => Ok(()),
    },
    run: |s, v, a| {
        let (kind, name) = mqtt::name(str_arg(a, 0)?, str_arg(a, 1)?)?;
        let bytes = v.into_binary();
        let fields = match mqtt::parse(&bytes) {
            mqtt::Parsed::Packet(k, fields) if k == kind => fields,
            mqtt::Parsed::Partial => return s.unsettled(),
            _ => return None,
        };
        fields.into_iter().find(|(n, _)| *n == name).map(|(_, v)| match v {
            mqtt::Value::Number(n) => Value::string(n.to_string()),
            mqtt::Value::Text(t) => Value::string(t),
        })
    },
    ..CONVERTER
};
