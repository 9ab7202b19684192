//! Converters that set and unset variables on the way (manual 7.3.1).

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, ArgSpec, opt, req};
use crate::expr::value::Type;
use crate::expr::vars::CONDITIONS;
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[&SET_VAR, &UNSET_VAR];

/// One of [`CONDITIONS`].
const CONDITION: ArgSpec = opt(ArgKind::Str);

const SET_VAR: Converter = Converter {
    name: "set-var",
    doc: "Stores its input in a variable, if conditions behind its name hold, and passes it on.",
    args: &[req(ArgKind::Var), CONDITION, CONDITION, CONDITION, CONDITION],
    input: Type::Any,
    output: Type::Any,
    check: |words| match words.iter().skip(1).find(|w| !CONDITIONS.contains(&w.as_str())) {
        Some(bad) => Err(format!("unknown condition \"{bad}\".")),
        None => Ok(()),
    },
    run: |s, v, a| {
        let Some(Arg::Var(name)) = a.first() else { return None };
        let conditions = a.iter().skip(1).filter_map(|c| if let Arg::Str(c) = c { Some(c.as_str()) } else { None });
        s.vars.set_if(name, v.clone().into_owned(), conditions);
        Some(v)
    },
    ..CONVERTER
};
const UNSET_VAR: Converter = Converter {
    name: "unset-var",
    doc: "Forgets a variable and passes its input on.",
    args: &[req(ArgKind::Var)],
    input: Type::Any,
    output: Type::Any,
    run: |s, v, a| {
        let Some(Arg::Var(name)) = a.first() else { return None };
        s.vars.unset(name);
        Some(v)
    },
    absent: |s, a| {
        if let Some(Arg::Var(name)) = a.first() {
            s.vars.unset(name);
        }
        None
    },
    ..CONVERTER
};
