//! Small configurations, and a kernel that is as strict as the real one, for the tests of this room.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::{
    Output,
    table::{Change, Destination, Service, ServiceKey},
};
use crate::ir::failover::{
    Checker, Command, Connection, Failover, Family, Forwarding, Probe, Protocol, RealServer, RunAs, Target,
    VirtualServer,
    virtual_server::{ServiceFlags, SorryServer},
};

/// `10.0.0.100:80` over TCP, without servers.
pub(crate) fn virtual_server() -> VirtualServer {
    VirtualServer {
        target: Target::Address { address: IpAddr::from([10, 0, 0, 100]), port: 80 },
        at: Default::default(),
        family: Family::V4,
        protocol: Protocol::Tcp,
        scheduler: "wrr",
        flags: ServiceFlags::default(),
        persistence: None,
        forwarding: Forwarding::Nat,
        ha_suspend: false,
        smtp_alert: false,
        snmp_name: None,
        alpha: false,
        omega: false,
        quorum: 1,
        hysteresis: 0,
        quorum_up: Some(command("quorum up")),
        quorum_down: Some(command("quorum down")),
        sorry_server: None,
        real_servers: Vec::new(),
    }
}

/// `10.0.0.LAST:80` with one checker.
pub(crate) fn real_server(last: u8, weight: u32) -> RealServer {
    RealServer {
        address: IpAddr::from([10, 0, 0, last]),
        port: 80,
        at: Default::default(),
        weight,
        forwarding: Forwarding::Nat,
        upper_threshold: 0,
        lower_threshold: 0,
        inhibit_on_failure: false,
        notify_up: Some(command(&format!("up {last}"))),
        notify_down: Some(command(&format!("down {last}"))),
        alpha: false,
        smtp_alert: true,
        snmp_name: None,
        checkers: vec![checker(last)],
    }
}

pub(crate) fn checker(last: u8) -> Checker {
    let second = Duration::from_secs(1);
    let to = (IpAddr::from([10, 0, 0, last]), 80).into();
    Checker {
        at: Default::default(),
        retry: 0,
        delay_before_retry: second,
        delay_loop: second,
        warmup: second,
        alpha: false,
        log_all_failures: false,
        probe: Probe::Tcp(Connection { to, from: None, interface: None, timeout: second, mark: 0 }),
    }
}

/// `10.0.0.200:80`.
pub(crate) fn sorry_server() -> SorryServer {
    SorryServer { address: IpAddr::from([10, 0, 0, 200]), port: 80, forwarding: Forwarding::Nat, inhibit: false }
}

pub(crate) fn destination(port: u16, weight: u32) -> Destination {
    let address = IpAddr::from([10, 0, 0, 1]);
    Destination { address, port, forwarding: Forwarding::Nat, weight, upper_threshold: 0, lower_threshold: 0 }
}

pub(crate) fn command(text: &str) -> Command {
    let argv = text.split(' ').map(|word| word.as_bytes().to_vec()).collect();
    Command { argv, path: "/bin/true".into(), run_as: RunAs::default(), at: Default::default() }
}

pub(crate) fn failover(virtual_servers: Vec<VirtualServer>) -> Failover {
    let mut config = Failover { virtual_servers, ..Failover::default() };
    config.global.router_id = Some("R".into());
    config
}

/// The kernel's table. It refuses what the kernel refuses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Table(pub(crate) BTreeMap<ServiceKey, Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) service: Service,
    pub(crate) destinations: BTreeMap<(IpAddr, u16), Destination>,
}

impl Table {
    /// Carries out the changes among some outputs.
    ///
    /// # Errors
    /// The first change that the kernel would refuse, with the name of its error.
    pub(crate) fn obey(&mut self, outputs: &[Output]) -> Result<(), String> {
        let changes = outputs.iter().filter_map(|output| match output {
            Output::Kernel(change) => Some(change),
            _ => None,
        });
        changes.clone().try_for_each(|change| self.apply(change).map_err(|error| format!("{error}: {change:?}")))
    }

    fn apply(&mut self, change: &Change) -> Result<(), &'static str> {
        match change {
            Change::AddService(service) if self.0.contains_key(&service.key) => return Err("EEXIST"),
            Change::AddService(service) => {
                let entry = Entry { service: service.clone(), destinations: BTreeMap::new() };
                self.0.insert(service.key, entry);
            }
            Change::EditService(service) => self.entry(&service.key)?.service = service.clone(),
            Change::DeleteService(key) => _ = self.0.remove(key).ok_or("ESRCH")?,
            Change::AddDestination(key, to) => {
                if self.entry(key)?.destinations.insert((to.address, to.port), *to).is_some() {
                    return Err("EEXIST");
                }
            }
            Change::EditDestination(key, to) => {
                let known = self.entry(key)?.destinations.get_mut(&(to.address, to.port)).ok_or("ENOENT")?;
                if known == to {
                    return Err("needless");
                }
                *known = *to;
            }
            Change::DeleteDestination(key, to) => {
                _ = self.entry(key)?.destinations.remove(&(to.address, to.port)).ok_or("ENOENT")?;
            }
            Change::Flush => self.0.clear(),
            Change::Zero | Change::Timeouts(_) | Change::StartDaemon(_) | Change::StopDaemon { .. } => {}
        }
        Ok(())
    }

    fn entry(&mut self, key: &ServiceKey) -> Result<&mut Entry, &'static str> {
        self.0.get_mut(key).ok_or("ESRCH")
    }
}
