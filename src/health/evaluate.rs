//! What steps of a check ask of expressions; the shell answers, because expressions see the whole process.

use super::heard::Heard;
use crate::ir::expr::{Format, Sample};

/// Evaluates what stands in a step, for the check that runs.
pub trait Evaluate {
    /// A formatted string.
    fn text(&self, format: &Format, heard: Option<&Heard<'_>>) -> Vec<u8>;
    /// An expression as a number.
    fn number(&self, sample: &Sample, heard: Option<&Heard<'_>>) -> Option<i64>;
}

/// Knows no expressions: formats are what was written.
#[cfg(test)]
pub struct Literally;

#[cfg(test)]
impl Evaluate for Literally {
    fn text(&self, format: &Format, _: Option<&Heard<'_>>) -> Vec<u8> {
        format.text.clone().into_bytes()
    }

    fn number(&self, _: &Sample, _: Option<&Heard<'_>>) -> Option<i64> {
        None
    }
}
