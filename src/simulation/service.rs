//! What a client sees: whom it believes to hold an address, and how long nobody answers there.

use std::{collections::BTreeMap, net::IpAddr, time::Duration};

use super::host::Host;
use crate::vrrp::Time;

/// How long neighbours may believe in a holder that is none any more, once another one holds the address alone.
const PATIENCE: Duration = Duration::from_secs(1);

/// A time without service at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    pub ip: IpAddr,
    pub from: Time,
    pub to: Time,
    /// The last fault before it began.
    pub cause: &'static str,
}

#[derive(Debug, Clone, Default)]
struct View {
    /// Who announced the address last.
    believed: Option<usize>,
    holders: Vec<usize>,
    served: bool,
    ever: bool,
    since: Time,
    /// One host alone holds it since then, everybody hears everybody, and so the neighbours must learn of it.
    alone: Option<(usize, Time)>,
}

/// The client's view of every address.
#[derive(Debug, Clone, Default)]
pub struct Service {
    views: BTreeMap<IpAddr, View>,
    pub outages: Vec<Outage>,
    /// The last fault.
    pub cause: &'static str,
    /// Whether nothing is in the way of packets, so that announcements must arrive.
    pub clear: bool,
}

impl Service {
    pub(super) fn told(&mut self, ip: IpAddr, host: usize) {
        self.views.entry(ip).or_default().believed = Some(host);
    }

    /// Whom the client believes to hold an address.
    #[must_use]
    pub fn believed(&self, ip: IpAddr) -> Option<usize> {
        self.views.get(&ip).and_then(|view| view.believed)
    }

    /// Something is in the way of packets, or has just gone: what neighbours should know is open again.
    pub fn disturb(&mut self, clear: bool) {
        self.clear = clear;
        self.views.values_mut().for_each(|view| view.alone = None);
    }

    pub(super) fn look<M>(&mut self, now: Time, hosts: &[Host<M>], heard: impl Fn(usize) -> bool) {
        for host in hosts {
            for (_, ip) in &host.held {
                self.views.entry(*ip).or_default();
            }
        }
        for (&ip, view) in &mut self.views {
            let answers = |index: usize| {
                let device = hosts[index].held.iter().find(|(_, held)| *held == ip).map(|(device, _)| device);
                device.is_some_and(|device| hosts[index].link_up(device)) && heard(index)
            };
            let holders: Vec<usize> = (0..hosts.len()).filter(|index| hosts[*index].holds(ip)).collect();
            if holders != view.holders {
                view.alone = match holders[..] {
                    [holder] if self.clear => Some((holder, now)),
                    _ => None,
                };
                view.holders = holders;
            }
            let served = view.believed.is_some_and(answers);
            if served && !view.served && view.ever {
                self.outages.push(Outage { ip, from: view.since, to: now, cause: self.cause });
            }
            if served != view.served {
                view.since = now;
            }
            view.served = served;
            view.ever |= served;
        }
    }

    /// What neighbours wrongly believe of an address whose holder they must know by now.
    #[must_use]
    pub fn mistaken(&self, ip: IpAddr, holder: usize) -> Option<String> {
        let view = self.views.get(&ip)?;
        let must_know = view.alone.is_some_and(|(host, _)| host == holder) && view.believed != Some(holder);
        must_know.then(|| {
            let believed = view.believed.map_or_else(|| "nowhere".to_owned(), |host| format!("at node {}", host + 1));
            format!("{ip} is held by node {} and believed {believed}", holder + 1)
        })
    }

    /// The first mistake that lasts longer than it may.
    #[must_use]
    pub fn stale(&self, now: Time) -> Option<String> {
        self.views.iter().find_map(|(&ip, view)| {
            let (holder, _) = view.alone.filter(|(_, since)| now > *since + PATIENCE)?;
            self.mistaken(ip, holder)
        })
    }
}
