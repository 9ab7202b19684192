//! The sockets of `-S <bind>[,<option>...]`: read in the language of `bind` lines, and bound.

use std::sync::Arc;

use super::operators::Door;
use crate::haproxy::{self, Outside};
use crate::ir::address::Address;
use crate::ir::listener::{AccessLevel, Listener};
use crate::proxy::bind::{self, Inherited};
use crate::proxy::load::in_words;
use crate::text::diag::Severity;

/// Reads the values of `-S`.
///
/// # Errors
/// The lines to print.
pub fn read(values: &[String], outside: &dyn Outside) -> Result<Vec<Listener>, Vec<String>> {
    let mut doors = Vec::new();
    for value in values {
        let words: Vec<&str> = value.split(',').filter(|w| !w.is_empty()).collect();
        if words.is_empty() {
            continue;
        }
        let quoted: String = words.iter().map(|w| format!(" '{}'", w.replace('\'', "'\\''"))).collect();
        let text = format!("global\n    stats socket{quoted}\n");
        let loaded = haproxy::load(vec![("-S".to_owned(), text)], outside);
        let error = loaded.diagnostics.iter().find(|d| d.severity == Severity::Error).map(|d| d.message.clone());
        let socket = loaded.config.global.stats_sockets.into_iter().next();
        match (error, socket) {
            (None, Some(mut listener)) => {
                // Who may reach the master may do everything, unless the words say otherwise.
                if !words.contains(&"level") {
                    listener.options.level = AccessLevel::Admin;
                }
                doors.push(listener);
            }
            (error, _) => {
                let why = error.unwrap_or_else(|| format!("'{value}' is no address"));
                let why = why.replacen("'stats socket' : ", "", 1);
                return Err(vec![format!("config : {why}"), "config : Can't create the master's CLI.".to_owned()]);
            }
        }
    }
    Ok(doors)
}

/// Binds them.
///
/// # Errors
/// The line to print.
pub fn bind(listeners: &[Listener], inherited: &mut Inherited) -> Result<Vec<Door>, String> {
    let one = |l: &Listener| {
        let fd = bind::one(l, bind::BACKLOG, true, inherited).map_err(|e| {
            let (kind, why) =
                (if matches!(l.address, Address::Unix(_)) { "UNIX socket" } else { "socket" }, in_words(&e));
            let name = l.text.strip_prefix("unix@").unwrap_or(&l.text);
            format!("Binding [master-socket:0] for proxy MASTER: cannot bind {kind} ({why}) [{name}]")
        })?;
        Ok(Door { fd: Arc::new(fd), level: l.options.level })
    };
    listeners.iter().map(one).collect()
}
