//! Durations with the original's complaints (manual 2.5).

use std::time::Duration;

use crate::text::atoms::{self, AtomError, TimeUnit};

/// A duration in milliseconds unless it names its unit.
///
/// # Errors
/// The original's sentence about `argument` of `keyword`.
pub fn milliseconds(text: &str, keyword: &str) -> Result<Duration, String> {
    with_unit(text, keyword, TimeUnit::Milliseconds)
}

/// # Errors
/// As [`milliseconds`].
pub fn with_unit(text: &str, keyword: &str, unit: TimeUnit) -> Result<Duration, String> {
    atoms::duration(text, unit).map_err(|e| match e {
        AtomError::Empty => format!("'{keyword}' expects an integer value (in milliseconds)"),
        AtomError::Unexpected(c) => format!("unexpected character '{c}' in '{keyword}'"),
        AtomError::Overflow => {
            format!("timer overflow in argument '{text}' to '{keyword}' (maximum value is 2147483647 ms or ~24.8 days)")
        }
    })
}

/// Zero is no timeout.
pub fn nonzero(d: Duration) -> Option<Duration> {
    (!d.is_zero()).then_some(d)
}
