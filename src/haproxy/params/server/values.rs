//! Values of servers' parameters, read as the original reads them: numbers by what a text begins with, say.

use std::time::Duration;

use super::Target;
use crate::haproxy::lower::address;
use crate::ir::address::Address;
use crate::text::atoms::{self, AtomError, TimeUnit};
use crate::text::grammar::Word;

pub(super) fn word(w: &[Word]) -> &str {
    w.first().map_or("", |w| w.text.as_str())
}

/// As the original reads integers: what a text begins with.
pub(super) fn lenient(w: &[Word]) -> i64 {
    crate::expr::value::leading_int(word(w).as_bytes()).0
}

pub(super) fn count(w: &[Word]) -> Option<u32> {
    u32::try_from(lenient(w)).ok().filter(|n| *n > 0)
}

pub(super) fn time(w: &[Word], name: &str, t: &Target<'_>) -> Result<Duration, String> {
    let server = t.server.rsplit('/').next().unwrap_or(t.server);
    match atoms::duration(word(w), TimeUnit::Milliseconds) {
        Ok(d) if d.is_zero() => Err(format!("invalid value {} for argument '{name}' of server {server}.", lenient(w))),
        Ok(d) => Ok(d),
        Err(AtomError::Overflow) => Err(format!(
            "timer overflow in argument <{}> to <{name}> of server {server}, maximum value is 2147483647 ms (~24.8 days).",
            word(w)
        )),
        Err(AtomError::Unexpected(c)) => {
            Err(format!("unexpected character '{c}' in '{name}' argument of server {server}."))
        }
        Err(AtomError::Empty) => Err(format!("'{name}' expects a time.")),
    }
}

/// The last 16 bits of what is written, as the original takes them.
pub(super) fn port(w: &[Word]) -> Option<u16> {
    Some(lenient(w) as u16).filter(|n| *n > 0)
}

/// One of the words that a parameter takes.
pub(super) fn one_of(w: &[Word], allowed: &[&str], otherwise: impl FnOnce(&str) -> String) -> Result<(), String> {
    if allowed.contains(&word(w)) { Ok(()) } else { Err(otherwise(word(w))) }
}

/// An address by number: names are not looked up here.
pub(super) fn plain_address(w: &[Word]) -> Result<(Address, Option<u16>), String> {
    let p = address::parse(word(w), address::PLAIN)?;
    if matches!(p.address, Address::Name { .. }) {
        return Err(format!("invalid address: '{0}' in '{0}'", word(w)));
    }
    Ok((p.address, p.has_port.then_some(p.ports.0)))
}
