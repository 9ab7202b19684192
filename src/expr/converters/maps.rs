//! Map converters: `map[_match[_output]](file[,default])` (manual 7.3.1 `map`).

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, opt, req, str_arg};
use crate::expr::scope::Scope;
use crate::expr::value::{Type, Value, leading_int, parse_ip};
use crate::ir::expr::{Arg, Match};

/// How the name of a map converter says to match its keys.
pub fn method(name: &str) -> Option<Match> {
    let rest = name.strip_prefix("map")?;
    Some(match rest.split('_').nth(1).unwrap_or("str") {
        "str" => Match::Str,
        "beg" => Match::Beg,
        "sub" => Match::Sub,
        "dir" => Match::Dir,
        "dom" => Match::Dom,
        "end" => Match::End,
        "reg" | "regm" => Match::Reg,
        "int" => Match::Int,
        "ip" => Match::Ip,
        _ => return None,
    })
}

fn look_up(s: &Scope<'_>, v: &Value<'_>, a: &[Arg], groups: bool) -> Option<Vec<u8>> {
    let Some(Arg::Patterns(id)) = a.first() else { return None };
    let set = s.patterns.get(*id);
    let Some(entry) = set.find(v).and_then(|h| h.entry) else { return str_arg(a, 1).map(|d| d.as_bytes().to_vec()) };
    let value = set.set.entries.get(entry)?.value.as_deref().unwrap_or("");
    if groups {
        let text = v.clone().into_text();
        let captures = set.regex(entry)?.captures(&text)?;
        let mut out = Vec::new();
        super::strings::expand(value.as_bytes(), &captures, &mut out);
        return Some(out);
    }
    Some(value.as_bytes().to_vec())
}

fn typed(bytes: Vec<u8>, output: Type) -> Option<Value<'static>> {
    match output {
        Type::Int => Some(Value::Int(leading_int(&bytes).0)),
        Type::Ip => std::str::from_utf8(&bytes).ok().and_then(parse_ip).map(Value::Ip),
        _ => Some(Value::string(bytes)),
    }
}

macro_rules! map_converters {
    ($($const:ident $name:literal $input:ident $output:ident;)*) => {
        pub const ALL: &[&Converter] = &[$(&$const,)* &MAP_REGM];
        $(const $const: Converter = Converter {
            name: $name,
            doc: "Looks its input up in a map file.",
            args: &[req(ArgKind::Map), opt(ArgKind::Str)],
            input: Type::$input,
            output: Type::$output,
            run: |s, v, a| typed(look_up(s, &v, a, false)?, Type::$output),
            ..CONVERTER
        };)*
    };
}

map_converters! {
    MAP "map" Str Str;
    MAP_BEG "map_beg" Str Str;
    MAP_BEG_INT "map_beg_int" Str Int;
    MAP_BEG_IP "map_beg_ip" Str Ip;
    MAP_DIR "map_dir" Str Str;
    MAP_DIR_INT "map_dir_int" Str Int;
    MAP_DIR_IP "map_dir_ip" Str Ip;
    MAP_DOM "map_dom" Str Str;
    MAP_DOM_INT "map_dom_int" Str Int;
    MAP_DOM_IP "map_dom_ip" Str Ip;
    MAP_END "map_end" Str Str;
    MAP_END_INT "map_end_int" Str Int;
    MAP_END_IP "map_end_ip" Str Ip;
    MAP_INT "map_int" Int Str;
    MAP_INT_INT "map_int_int" Int Int;
    MAP_INT_IP "map_int_ip" Int Ip;
    MAP_IP "map_ip" Ip Str;
    MAP_IP_INT "map_ip_int" Ip Int;
    MAP_IP_IP "map_ip_ip" Ip Ip;
    MAP_REG "map_reg" Str Str;
    MAP_REG_INT "map_reg_int" Str Int;
    MAP_REG_IP "map_reg_ip" Str Ip;
    MAP_STR "map_str" Str Str;
    MAP_STR_INT "map_str_int" Str Int;
    MAP_STR_IP "map_str_ip" Str Ip;
    MAP_SUB "map_sub" Str Str;
    MAP_SUB_INT "map_sub_int" Str Int;
    MAP_SUB_IP "map_sub_ip" Str Ip;
}

const MAP_REGM: Converter = Converter {
    name: "map_regm",
    doc: "Looks its input up in a map of regexes and fills their groups into the value.",
    args: &[req(ArgKind::Map), opt(ArgKind::Str)],
    run: |s, v, a| look_up(s, &v, a, true).map(Value::string),
    ..CONVERTER
};
