//! Evaluating a sample: the fetch, then each converter, with casts between.

use super::fetch::Which;
use super::scope::Scope;
use super::value::{Type, Value};
use super::{converters, fetches};
use crate::ir::expr::Sample;

/// The sample's value, or `None` when there is none.
pub fn eval<'a>(sample: &'a Sample, scope: &'a Scope<'a>) -> Option<Value<'a>> {
    eval_which(sample, scope, Which::Default)
}

/// The value as a type that the caller wants.
pub fn eval_as<'a>(sample: &'a Sample, scope: &'a Scope<'a>, to: Type) -> Option<Value<'a>> {
    eval(sample, scope)?.cast(to)
}

/// One of several values of a fetch that has many.
pub fn eval_which<'a>(sample: &'a Sample, scope: &'a Scope<'a>, which: Which) -> Option<Value<'a>> {
    let fetch = fetches::get(sample.fetch);
    let mut value = (fetch.get)(scope, &sample.args, which);
    for (id, args) in &sample.converters {
        let converter = converters::get(*id);
        value = match value {
            Some(v) => (converter.run)(scope, v.cast(converter.input)?, args),
            // A default value for something absent is the one thing a converter may make from nothing.
            None => (converter.absent)(scope, args),
        };
    }
    value
}

/// The type that a sample yields, as far as the tables know.
pub fn output_type(sample: &Sample) -> Type {
    let last = sample.converters.last().map(|(id, _)| converters::get(*id).output);
    last.unwrap_or_else(|| fetches::get(sample.fetch).out)
}
