//! Ports of real servers: only address translation can change the port that a client spoke to.

use super::virtual_server::keeps_port;
use crate::{
    ir::failover::{Target, VirtualServerGroup, virtual_server::AddressRange},
    keepalived::{
        draft::virtual_server::{RealServerDraft, VirtualServerDraft},
        report::Report,
    },
};

/// The port that the kernel sends to: the service's where nothing is written.
pub(super) fn of_server(server: &RealServerDraft, service: &VirtualServerDraft) -> u16 {
    match &service.target {
        Target::Address { port, .. } if server.port == 0 || keeps_port(server.forwarding) => *port,
        Target::Mark(_) if keeps_port(server.forwarding) => 0,
        _ => server.port,
    }
}

/// Says which ports cannot be. [`of_server`] knows what becomes of them; those of checkers stay as they are.
pub(super) fn settle(service: &mut VirtualServerDraft, group: Option<&VirtualServerGroup>, report: &mut Report) {
    let name = service.name();
    let sorry_port = service.sorry.as_ref().filter(|sorry| keeps_port(sorry.forwarding)).map(|sorry| sorry.port);
    let mut say = |text: String| report.general("ports", text);
    let kept: Vec<(String, u16)> = service
        .servers
        .iter()
        .filter(|server| server.port != 0 && keeps_port(server.forwarding))
        .map(|server| (service.name_of(server.address, server.port), server.port))
        .collect();
    match (&service.target, group) {
        (Target::Mark(_), _) => {
            for (server, _) in kept {
                say(format!(
                    "WARNING - fwmark virtual server {name}, real server {server} has port specified - clearing"
                ));
            }
            if sorry_port.is_some_and(|port| port != 0) {
                say(format!("WARNING - virtual server {name}, sorry server has port specified - clearing"));
            }
            set_sorry(service, 0);
        }
        (Target::Address { port, .. }, _) => {
            let port = *port;
            for (server, _) in kept.iter().filter(|(_, own)| *own != port) {
                say(format!("WARNING - virtual server {name} and real server {server} ports don't match - resetting"));
            }
            if sorry_port.is_some_and(|own| own != 0 && own != port) {
                say(format!("WARNING - virtual server {name} and sorry server ports don't match - resetting"));
            }
            set_sorry(service, port);
        }
        (Target::Group(_), Some(group)) => of_group(&name, &kept, sorry_port, group, &mut say),
        (Target::Group(_), None) => {}
    }
}

fn set_sorry(service: &mut VirtualServerDraft, port: u16) {
    if let Some(sorry) = &mut service.sorry
        && keeps_port(sorry.forwarding)
    {
        sorry.port = port;
    }
}

fn of_group(
    name: &str,
    kept: &[(String, u16)],
    sorry_port: Option<u16>,
    group: &VirtualServerGroup,
    say: &mut dyn FnMut(String),
) {
    let sorry_port = sorry_port.filter(|port| *port != 0);
    if !group.marks.is_empty() {
        for (server, _) in kept {
            say(format!(
                "WARNING - fwmark virtual server {name}, real server {server} has port specified - port will be ignored"
            ));
        }
        if sorry_port.is_some() {
            say(format!(
                "WARNING - fwmark virtual server {name}, sorry server has port specified - port will be ignored"
            ));
        }
    }
    for range in &group.ranges {
        for (server, _) in kept.iter().filter(|(_, port)| *port != range.port) {
            say(format!("virtual server {name}:[{}] and real server {server} ports don't match", shown(range)));
        }
        if sorry_port.is_some_and(|port| port != range.port) {
            say(format!("WARNING - virtual server {name}, sorry server has port specified - port will be ignored"));
        }
    }
}

fn shown(range: &AddressRange) -> String {
    let AddressRange { first, port, .. } = range;
    if range.more == 0 { format!("{first},{port}") } else { format!("{first}-{},{port}", range.last()) }
}
