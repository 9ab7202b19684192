//! What the kernel was told, and on whose behalf: ask here for changes, and none of them can be refused for what is there already
//! or is not.
//!
//! Several holders may want one thing: two services of a group with one mark, a real server that is also the sorry server.
//! The kernel has it once, until the last of them lets go.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    net::IpAddr,
};

use crate::ipvs::table::{Change, Destination, Service, ServiceKey};

/// Who wants something: a virtual server, a real server, a sorry server. Never used again.
pub(super) type Holder = u64;

type Place = (IpAddr, u16);

/// All that the kernel has of ours.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    services: BTreeMap<ServiceKey, Entry>,
    /// Where each holder has destinations. A group may be thousands of services: nobody looks through all of them.
    places: BTreeMap<Holder, BTreeSet<(ServiceKey, Place)>>,
}

#[derive(Debug, Clone)]
struct Entry {
    /// At least one; the kernel has what the first of them wants.
    claims: Vec<(Holder, Service)>,
    destinations: BTreeMap<Place, Vec<(Holder, Destination)>>,
}

impl Ledger {
    /// The holder wants these services, too.
    pub(super) fn hold(&mut self, holder: Holder, wanted: &[Service]) -> Vec<Change> {
        wanted.iter().filter_map(|service| self.hold_one(holder, service)).collect()
    }

    fn hold_one(&mut self, holder: Holder, service: &Service) -> Option<Change> {
        let Some(entry) = self.services.get_mut(&service.key) else {
            let entry = Entry { claims: vec![(holder, service.clone())], destinations: BTreeMap::new() };
            self.services.insert(service.key, entry);
            return Some(Change::AddService(service.clone()));
        };
        let Some(at) = entry.claims.iter().position(|(of, _)| *of == holder) else {
            entry.claims.push((holder, service.clone()));
            return None;
        };
        let before = mem::replace(&mut entry.claims[at].1, service.clone());
        (at == 0 && before != *service).then(|| Change::EditService(service.clone()))
    }

    /// The holder no longer wants services that are not among `kept`. The kernel drops the destinations of a service with it.
    pub(super) fn release(&mut self, holder: Holder, kept: &[ServiceKey]) -> Vec<Change> {
        let kept: BTreeSet<_> = kept.iter().collect();
        let mut changes = Vec::new();
        let places = &mut self.places;
        self.services.retain(|key, entry| {
            if kept.contains(key) {
                return true;
            }
            let before = entry.claims.first().map(|(_, service)| service.clone());
            entry.claims.retain(|(of, _)| *of != holder);
            match entry.claims.first().map(|(_, service)| service) {
                None => {
                    changes.push(Change::DeleteService(*key));
                    forget(places, *key, &entry.destinations);
                }
                Some(now) if before.as_ref() != Some(now) => changes.push(Change::EditService(now.clone())),
                Some(_) => {}
            }
            !entry.claims.is_empty()
        });
        changes
    }

    /// The holder wants exactly these destinations, each in a service that somebody holds.
    pub(super) fn place(&mut self, holder: Holder, wanted: &[(ServiceKey, Destination)]) -> Vec<Change> {
        let mut changes = Vec::new();
        let now: BTreeSet<_> = wanted.iter().map(|(key, to)| (*key, place_of(to))).collect();
        let before = self.places.remove(&holder).unwrap_or_default();
        for (key, place) in before.difference(&now) {
            let Some(entry) = self.services.get_mut(key) else { continue };
            let Some(claims) = entry.destinations.get_mut(place) else { continue };
            if give_up(*key, claims, holder, &mut changes) {
                entry.destinations.remove(place);
            }
        }
        for (key, to) in wanted {
            if let Some(entry) = self.services.get_mut(key) {
                changes.extend(claim(*key, entry.destinations.entry(place_of(to)).or_default(), holder, *to));
            }
        }
        let held: BTreeSet<_> = now.into_iter().filter(|(key, _)| self.services.contains_key(key)).collect();
        if !held.is_empty() {
            self.places.insert(holder, held);
        }
        changes
    }

    /// The kernel was told to forget everything.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether the kernel has a destination for the holder.
    pub(super) fn has(&self, holder: Holder) -> bool {
        self.places.get(&holder).is_some_and(|places| !places.is_empty())
    }
}

/// The destinations of a service are gone.
fn forget(
    places: &mut BTreeMap<Holder, BTreeSet<(ServiceKey, Place)>>,
    key: ServiceKey,
    destinations: &BTreeMap<Place, Vec<(Holder, Destination)>>,
) {
    for (place, claims) in destinations {
        for (holder, _) in claims {
            places.entry(*holder).or_default().remove(&(key, *place));
        }
    }
}

fn place_of(to: &Destination) -> Place {
    (to.address, to.port)
}

/// What the kernel has of several claims: the one of most weight, of equal ones the first.
fn told(claims: &[(Holder, Destination)]) -> Option<Destination> {
    claims.iter().map(|(_, to)| *to).reduce(|best, next| if next.weight > best.weight { next } else { best })
}

/// Takes the holder's claim away. Whether nobody is left.
fn give_up(
    key: ServiceKey,
    claims: &mut Vec<(Holder, Destination)>,
    holder: Holder,
    changes: &mut Vec<Change>,
) -> bool {
    let before = told(claims);
    claims.retain(|(of, _)| *of != holder);
    let after = told(claims);
    match (before, after) {
        (Some(before), None) => changes.push(Change::DeleteDestination(key, before)),
        (Some(before), Some(after)) if before != after => changes.push(Change::EditDestination(key, after)),
        _ => {}
    }
    after.is_none()
}

fn claim(key: ServiceKey, claims: &mut Vec<(Holder, Destination)>, holder: Holder, to: Destination) -> Option<Change> {
    let before = told(claims);
    match claims.iter_mut().find(|(of, _)| *of == holder) {
        Some((_, known)) => *known = to,
        None => claims.push((holder, to)),
    }
    let after = told(claims)?;
    match before {
        None => Some(Change::AddDestination(key, after)),
        Some(before) => (before != after).then_some(Change::EditDestination(key, after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ir::failover::{Family, Forwarding, virtual_server::ServiceFlags};

    const KEY: ServiceKey = ServiceKey::Mark { mark: 1, family: Family::V4 };

    fn service(scheduler: &str) -> Service {
        let scheduler = scheduler.to_owned();
        Service { key: KEY, scheduler, flags: ServiceFlags::default(), timeout: 0, prefix: 32, engine: None }
    }

    fn server(weight: u32) -> Destination {
        let address = IpAddr::from([10, 0, 0, 1]);
        let forwarding = Forwarding::Nat;
        Destination { address, port: 80, forwarding, weight, upper_threshold: 0, lower_threshold: 0 }
    }

    #[test]
    fn service_of_two_holders_goes_with_the_last() {
        let mut ledger = Ledger::default();
        assert_eq!(ledger.hold(1, &[service("rr")]), [Change::AddService(service("rr"))]);
        assert_eq!(ledger.hold(2, &[service("rr")]), []);
        assert_eq!(ledger.hold(2, &[service("wrr")]), []);
        assert_eq!(ledger.hold(1, &[service("sh")]), [Change::EditService(service("sh"))]);
        assert_eq!(ledger.release(1, &[]), [Change::EditService(service("wrr"))]);
        assert_eq!(ledger.release(2, &[KEY]), []);
        assert_eq!(ledger.release(2, &[]), [Change::DeleteService(KEY)]);
    }

    #[test]
    fn destination_of_two_holders_has_the_greater_weight() {
        let mut ledger = Ledger::default();
        ledger.hold(1, &[service("rr")]);
        assert_eq!(ledger.place(2, &[(KEY, server(0))]), [Change::AddDestination(KEY, server(0))]);
        assert_eq!(ledger.place(3, &[(KEY, server(1))]), [Change::EditDestination(KEY, server(1))]);
        assert_eq!(ledger.place(3, &[]), [Change::EditDestination(KEY, server(0))]);
        assert_eq!(ledger.place(2, &[]), [Change::DeleteDestination(KEY, server(0))]);
        assert!(!ledger.has(2));
    }

    #[test]
    fn service_takes_its_destinations_with_it() {
        let mut ledger = Ledger::default();
        ledger.hold(1, &[service("rr")]);
        ledger.place(2, &[(KEY, server(1))]);
        assert_eq!(ledger.release(1, &[]), [Change::DeleteService(KEY)]);
        assert!(!ledger.has(2));
        ledger.hold(1, &[service("rr")]);
        assert_eq!(ledger.place(2, &[(KEY, server(1))]), [Change::AddDestination(KEY, server(1))]);
    }

    #[test]
    fn same_wish_again_changes_nothing() {
        let mut ledger = Ledger::default();
        ledger.hold(1, &[service("rr")]);
        ledger.place(2, &[(KEY, server(3))]);
        assert_eq!(ledger.place(2, &[(KEY, server(3))]), []);
        assert_eq!(ledger.hold(1, &[service("rr")]), []);
    }
}
