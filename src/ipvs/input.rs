//! What can happen to virtual services.

use std::{collections::BTreeSet, net::IpAddr};

use crate::ir::failover::{CheckerId, Failover, lvs::Timeouts};

/// One event.
#[derive(Debug, Clone)]
pub enum Input<'a> {
    /// The timeouts that the kernel had before [`Input::Start`]: they come back at the stop, if the configuration changed them.
    Timeouts(Timeouts),
    /// The daemon starts: services go into the kernel's table, and servers that are up from the beginning.
    Start,
    /// A checker's verdict turned, or it is its first. `says` goes into the mail about it: `TCP CHECK failed on service`; no mail
    /// when empty.
    Checker { id: CheckerId, up: bool, says: &'a str },
    /// A checker found a new weight (`misc_dynamic`, `FILE_CHECK`): what it adds to the configured weight.
    Weight { id: CheckerId, difference: i64 },
    /// A checker found the weight of the server itself, whatever is configured (`misc_dynamic`).
    DynamicWeight { id: CheckerId, weight: u32 },
    /// All addresses that this host has now, for `ha_suspend`: first before [`Input::Start`], then with every change.
    Addresses(&'a BTreeSet<IpAddr>),
    /// A new configuration. Servers and checkers that stay the same keep what is known of them.
    Reload(Box<Failover>),
    /// The daemon stops.
    Stop,
}
