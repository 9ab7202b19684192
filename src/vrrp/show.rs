//! What the routers look like to people and programs: the texts of the dumps.
//!
//! The keys and the layout are the original's, because exporters parse them. Times are seconds since the epoch; the shell
//! says what the routers' time zero was ([`Epoch`]).

mod data;
mod json;
mod metrics;
mod stats;

pub use data::{data, parent};
pub use json::{Secrets, json};
pub use metrics::{Runs, metrics};
pub use stats::stats;

use super::{Time, instance::VirtualRouter};
use crate::ir::failover::{Address, Instance};

/// What the routers' time counts from, in seconds since 1970, and how moments are written for people.
pub struct Epoch<'a> {
    pub zero: f64,
    pub write: &'a dyn Fn(f64) -> String,
}

impl Epoch<'_> {
    fn seconds(&self, time: Time) -> f64 {
        // Microseconds are what the original prints.
        ((self.zero + time.as_secs_f64()) * 1e6).round() / 1e6
    }
}

/// An address as the dumps write it.
fn address(instance: &Instance, address: &Address, set: bool) -> String {
    let full = if address.ip.is_ipv4() { 32 } else { 128 };
    let mut out = address.ip.to_string();
    if address.prefix != full {
        out.push_str(&format!("/{}", address.prefix));
    }
    out.push_str(&format!(" dev {} scope {}", instance.device(address), address.scope.name()));
    if let Some(label) = &address.label {
        out.push_str(&format!(" label {}", label.0));
    }
    if address.ip.is_ipv6() {
        match address.preferred_lifetime {
            Some(seconds) => out.push_str(&format!(" preferred_lft {seconds}")),
            None => out.push_str(" preferred_lft forever"),
        }
    }
    if set {
        out.push_str(" set");
    }
    out
}

/// A router's command line as the dumps write it.
fn command(argv: &[Vec<u8>], path: &std::path::Path) -> String {
    let words = argv.iter().skip(1).map(|word| format!(" '{}'", String::from_utf8_lossy(word)));
    format!("'{}'{}", path.display(), words.collect::<String>())
}

fn holds(router: &VirtualRouter) -> bool {
    router.state == super::State::Master
}
