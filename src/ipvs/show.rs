//! `keepalived_check.data`: what the virtual servers and their checkers are and how they stand, for people.
//!
//! Keys and layout are the original's, because programs read them. Left out is what a configuration no longer says once it is
//! understood: the defaults that a block hands down to the checkers inside it stand at the checkers.
//!
//! * [`services`](mod@services): groups, virtual servers, real servers
//! * [`checkers`](mod@checkers): who asks what
//! * [`metrics`](mod@metrics): the same in numbers, for other programs

mod checkers;
mod metrics;
mod services;

pub use metrics::metrics;

use super::Director;
use crate::ir::failover::{
    CheckerId, Command, Forwarding,
    virtual_server::{TunnelChecksum, TunnelKind},
};

/// How far a checker has come, which only its shell knows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Progress {
    /// Attempts since the last success.
    pub retries: u32,
    /// The begin of the last command (`MISC_CHECK`), in seconds since 1970, and the same for people.
    pub last_ran: Option<(f64, String)>,
    /// What the last command ended with.
    pub last_status: i32,
}

/// The whole file. `version`: the kernel's IPVS.
#[must_use]
pub fn data(director: &Director, version: (u8, u8, u8), progress: &dyn Fn(CheckerId) -> Progress) -> String {
    let (major, minor, patch) = version;
    let mut out = format!("------< LVS Topology >------\n System is compiled with LVS v{major}.{minor}.{patch}\n");
    services::write(&mut out, director);
    checkers::write(&mut out, director, progress);
    out
}

/// A command line as the dumps write it.
fn command(of: &Command) -> String {
    let words = of.argv.iter().skip(1).map(|word| format!(" '{}'", String::from_utf8_lossy(word)));
    let (path, run_as) = (of.path.display(), &of.run_as);
    format!("'{path}'{}, uid:gid {}:{}", words.collect::<String>(), run_as.uid, run_as.gid)
}

fn forwarding(of: Forwarding) -> String {
    let Forwarding::Tunnel(tunnel) = of else {
        return if of == Forwarding::Nat { "NAT" } else { "DR" }.to_owned();
    };
    let checksum = match tunnel.checksum {
        TunnelChecksum::None => "no checksum",
        TunnelChecksum::Full => "checksum",
        TunnelChecksum::Remote => "remote checksum",
    };
    match tunnel.kind {
        TunnelKind::IpIp => "TUN, type = IPIP".to_owned(),
        TunnelKind::Gue(port) => format!("TUN, type = GUE, port = {port}, {checksum}"),
        TunnelKind::Gre => format!("TUN, type = GRE, {checksum}"),
    }
}

fn on(is_on: bool) -> &'static str {
    if is_on { "ON" } else { "OFF" }
}

fn yes(is_so: bool) -> &'static str {
    if is_so { "yes" } else { "no" }
}

#[cfg(test)]
mod tests;
