//! Converters on integers and booleans (manual 7.3.1). An operand is a number or the name of a variable.

use crate::expr::converter::{CONVERTER, Converter, Run};
use crate::expr::fetch::{ArgKind, ArgSpec, req};
use crate::expr::scope::Scope;
use crate::expr::value::{Type, Value};
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[&ADD, &AND, &BOOL, &CPL, &DIV, &EVEN, &MOD, &MUL, &NEG, &NOT, &ODD, &OR, &SUB, &XOR];

fn operand(s: &Scope<'_>, a: &[Arg]) -> Option<i64> {
    match a.first()? {
        Arg::Int(n) => Some(*n),
        Arg::Var(v) => s.vars.get(v)?.as_int(),
        _ => None,
    }
}

fn int(v: &Value<'_>) -> i64 {
    v.as_int().unwrap_or(0)
}

const fn binary(name: &'static str, doc: &'static str, run: Run) -> Converter {
    const OPERAND: &[ArgSpec] = &[req(ArgKind::IntOrVar)];
    Converter { name, doc, args: OPERAND, input: Type::Int, output: Type::Int, run, ..CONVERTER }
}
const fn unary(name: &'static str, output: Type, doc: &'static str, run: Run) -> Converter {
    Converter { name, doc, input: Type::Int, output, run, ..CONVERTER }
}

const ADD: Converter = binary("add", "Adds; stays at the limit of 64 bits.", |s, v, a| {
    Some(Value::Int(int(&v).saturating_add(operand(s, a)?)))
});
const SUB: Converter = binary("sub", "Subtracts; stays at the limit of 64 bits.", |s, v, a| {
    Some(Value::Int(int(&v).saturating_sub(operand(s, a)?)))
});
const MUL: Converter = binary("mul", "Multiplies; stays at the limit of 64 bits.", |s, v, a| {
    Some(Value::Int(int(&v).saturating_mul(operand(s, a)?)))
});
const DIV: Converter = binary("div", "Divides; by zero it is the largest number.", |s, v, a| {
    Some(Value::Int(match operand(s, a)? {
        0 => {
            if int(&v) < 0 {
                i64::MIN
            } else {
                i64::MAX
            }
        }
        n => int(&v).checked_div(n).unwrap_or(i64::MAX),
    }))
});
const MOD: Converter = binary("mod", "The remainder of a division; by zero it is zero.", |s, v, a| {
    Some(Value::Int(match operand(s, a)? {
        0 => 0,
        n => int(&v).checked_rem(n).unwrap_or(0),
    }))
});
const AND: Converter = binary("and", "Bitwise and.", |s, v, a| Some(Value::Int(int(&v) & operand(s, a)?)));
const OR: Converter = binary("or", "Bitwise or.", |s, v, a| Some(Value::Int(int(&v) | operand(s, a)?)));
const XOR: Converter = binary("xor", "Bitwise exclusive or.", |s, v, a| Some(Value::Int(int(&v) ^ operand(s, a)?)));
const CPL: Converter = unary("cpl", Type::Int, "Bitwise complement.", |_, v, _| Some(Value::Int(!int(&v))));
const NEG: Converter = unary("neg", Type::Int, "Changes the sign.", |_, v, _| Some(Value::Int(int(&v).wrapping_neg())));
const BOOL: Converter = unary("bool", Type::Bool, "True unless zero.", |_, v, _| Some(Value::Bool(int(&v) != 0)));
const NOT: Converter = unary("not", Type::Bool, "True for zero.", |_, v, _| Some(Value::Bool(int(&v) == 0)));
const ODD: Converter = unary("odd", Type::Bool, "True for odd numbers.", |_, v, _| Some(Value::Bool(int(&v) & 1 == 1)));
const EVEN: Converter =
    unary("even", Type::Bool, "True for even numbers.", |_, v, _| Some(Value::Bool(int(&v) & 1 == 0)));
