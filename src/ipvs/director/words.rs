//! The original's words: names of services and servers, log lines, lines for the FIFOs, mails. Nothing else writes text.
//! [`settings`], [`new_service`] and [`new_server`] are ours: the original says nothing there.

use std::net::IpAddr;

use crate::ir::failover::{Target, VirtualServer, virtual_server::AddressRange};

/// Which way a quorum went, and whether for the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quorum {
    BeginsUp,
    BeginsDown,
    Gained,
    Lost,
}

/// `[192.168.1.1]:tcp:80`, `FWM 1`, `[group]:0`.
pub(super) fn service(of: &VirtualServer) -> String {
    match &of.target {
        Target::Address { address, port } => place(of, *address, *port),
        Target::Mark(mark) => format!("FWM {mark}"),
        Target::Group(name) => format!("[{name}]:0"),
    }
}

/// A server of a service. Marks have no protocol.
pub(super) fn place(of: &VirtualServer, address: IpAddr, port: u16) -> String {
    let protocol = if matches!(of.target, Target::Mark(_)) { "none" } else { of.protocol.word() };
    format!("[{address}]:{protocol}:{port}")
}

/// A range of a group: `[10.0.0.1]:tcp:80-10.0.0.3`.
pub(super) fn range(of: &VirtualServer, range: &AddressRange, last: IpAddr) -> String {
    let first = place(of, range.first, range.port);
    if range.more == 0 { first } else { format!("{first}-{last}") }
}

pub(super) fn server_up(server: &str, service: &str, inhibited: bool) -> String {
    if inhibited {
        format!("Enabling service {server} of VS {service}")
    } else {
        format!("Adding service {server} to VS {service}")
    }
}

pub(super) fn server_down(server: &str, service: &str, inhibited: bool) -> String {
    if inhibited {
        format!("Disabling service {server} of VS {service}")
    } else {
        format!("Removing service {server} from VS {service}")
    }
}

pub(super) fn weight(from: u32, to: u32, alive: bool, server: &str, service: &str) -> String {
    let state = if alive { "active" } else { "inactive" };
    format!("Changing weight from {from} to {to} for {state} service {server} of VS {service}")
}

pub(super) fn shutting_down(server: &str, service: &str, inhibited: bool) -> String {
    let how = if inhibited { "(inhibited) " } else { "" };
    format!("Shutting down {how}service {server} from VS {service}")
}

pub(super) fn sorry_in(server: &str, service: &str, inhibited: bool) -> String {
    let verb = if inhibited { "Enabling" } else { "Adding" };
    format!("{verb} sorry server {server} to VS {service}")
}

pub(super) fn sorry_out(server: &str, service: &str, inhibited: bool) -> String {
    let verb = if inhibited { "Disabling" } else { "Removing" };
    format!("{verb} sorry server {server} from VS {service}")
}

pub(super) fn pool_filled(service: &str) -> String {
    format!("Adding alive servers to the pool for VS {service}")
}

pub(super) fn pool_emptied(service: &str) -> String {
    format!("Removing alive servers from the pool for VS {service}")
}

/// The log line of a quorum. At start the sum is written as the original writes it, which is a difference.
pub(super) fn quorum(how: Quorum, of: &VirtualServer, weights: i64, service: &str) -> String {
    let (quorum, hysteresis) = (i64::from(of.quorum), i64::from(of.hysteresis));
    let (above, below) = (quorum + hysteresis, quorum - hysteresis);
    match how {
        Quorum::BeginsUp | Quorum::Gained => {
            format!("Gained quorum {quorum}+{hysteresis}={above} <= {weights} for VS {service}")
        }
        Quorum::BeginsDown => {
            format!("Starting with quorum down {quorum}-{hysteresis}={above} > {weights} for VS {service}")
        }
        Quorum::Lost => format!("Lost quorum {quorum}-{hysteresis}={below} > {weights} for VS {service}"),
    }
}

/// Subject and text of a mail about a quorum. The text has one form for all four.
pub(super) fn quorum_mail(how: Quorum, of: &VirtualServer, weights: i64, service: &str) -> (String, String) {
    let (quorum, hysteresis) = (i64::from(of.quorum), i64::from(of.hysteresis));
    let (event, threshold) = match how {
        Quorum::BeginsUp => ("Starting with quorum up", quorum + hysteresis),
        Quorum::BeginsDown => ("Starting with quorum down", quorum + hysteresis),
        Quorum::Gained => ("Gained quorum", quorum + hysteresis),
        Quorum::Lost => ("Lost quorum", quorum - hysteresis),
    };
    let is_up = matches!(how, Quorum::BeginsUp | Quorum::Gained);
    let text = format!("=> {event} {quorum}+{hysteresis}={threshold} <= {weights} <=");
    (format!("Virtualserver {service} - {}", state(is_up)), text)
}

/// Subject and text of a mail about a checker's verdict.
pub(super) fn checker_mail(up: bool, says: &str, server: &str, service: &str) -> (String, String) {
    (format!("Realserver {server} of virtual server {service} - {}", state(up)), format!("=> {says} <="))
}

pub(super) fn service_fifo(service: &str, up: bool) -> String {
    format!("VS {service} {}\n", state(up))
}

pub(super) fn server_fifo(server: &str, service: &str, up: bool) -> String {
    format!("RS {server} {service} {}\n", state(up))
}

fn state(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

/// What becomes of the checks of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Checks {
    Activating,
    /// Not begun, since the service's address is not here.
    Deactivating,
    Suspending,
}

pub(super) fn checks(what: Checks, server: &str, service: &str) -> String {
    let verb = match what {
        Checks::Activating => "Activating",
        Checks::Deactivating => "Deactivating",
        Checks::Suspending => "Suspending",
    };
    format!("{verb} healthchecker for service {server} for VS {service}")
}

pub(super) fn address(ip: IpAddr, here: bool) -> String {
    format!("Netlink reflector reports IP {ip} {}", if here { "added" } else { "removed" })
}

pub(super) fn service_gone(service: &str) -> String {
    format!("Removing Virtual Server {service}")
}

pub(super) fn server_gone(server: &str) -> String {
    format!("service {server} no longer exist")
}

pub(super) fn range_gone(range: &str, group: &str) -> String {
    format!("VS [{range}] in group {group} no longer exists")
}

pub(super) fn range_added(range: &str, group: &str) -> String {
    format!("VS [{range}] added into group {group}")
}

/// `Changing scheduler, flags of VS [10.0.0.1]:tcp:80`.
pub(super) fn settings(names: &[&str], of: &str) -> String {
    format!("Changing {} of {of}", names.join(", "))
}

pub(super) fn new_service(service: &str) -> String {
    format!("New virtual server {service}")
}

pub(super) fn new_server(server: &str, service: &str) -> String {
    format!("New service {server} of VS {service}")
}
