//! What a converter is: name, arguments, the types on both sides, how it runs.

use super::fetch::ArgSpec;
use super::scope::Scope;
use super::value::{Type, Value};
use crate::ir::expr::Arg;
use crate::text::book::Status;

/// One converter (HAProxy manual 7.3.1).
pub struct Converter {
    pub name: &'static str,
    pub args: &'static [ArgSpec],
    pub input: Type,
    /// [`Type::Any`]: only known when it runs.
    pub output: Type,
    pub status: Status,
    pub doc: &'static str,
    /// What its grammar cannot say of the words between its parentheses.
    pub check: fn(&[String]) -> Result<(), String>,
    pub run: Run,
    /// What it makes of a sample that has no value.
    pub absent: Absent,
}

pub type Run = for<'a> fn(&'a Scope<'a>, Value<'a>, &'a [Arg]) -> Option<Value<'a>>;
pub type Absent = for<'a> fn(&'a Scope<'a>, &'a [Arg]) -> Option<Value<'a>>;

/// What a const starts from.
pub const CONVERTER: Converter = Converter {
    name: "",
    args: &[],
    input: Type::Str,
    output: Type::Str,
    status: Status::Works,
    doc: "",
    check: |_| Ok(()),
    run: |_, v, _| Some(v),
    absent: |_, _| None,
};
