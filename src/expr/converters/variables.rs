//! Converters that set and unset variables on the way (manual 7.3.1).

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, req};
use crate::expr::value::Type;
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[&SET_VAR, &UNSET_VAR];

const SET_VAR: Converter = Converter {
    name: "set-var",
    doc: "Stores its input in a variable and passes it on.",
    args: &[req(ArgKind::Var)],
    input: Type::Any,
    output: Type::Any,
    run: |s, v, a| {
        let Some(Arg::Var(name)) = a.first() else { return None };
        s.vars.set(name, v.clone().into_owned());
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
