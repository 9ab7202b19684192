//! What is watched, and what it does to a router: a change of priority, or a fault.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    input::{Link, Outcome},
    why::Fault,
};
use crate::ir::failover::{Family, Instance, Script, Tracking, Transport, Weight};

/// Priority of an owner; it never changes.
pub const OWNER: u8 = 255;

/// The state of one script, by the count that rise and fall need.
///
/// The count runs from 0 to `rise + fall - 1`; from `rise` upwards the script is up. Before the first result it is unknown,
/// and that result alone decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptState {
    rise: u32,
    fall: u32,
    count: u32,
    known: bool,
    /// The status that the last run ended with.
    pub status: Option<i32>,
}

/// Whether a result changed anything that is worth a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// The exit status is another than before.
    pub status_changed: bool,
    /// It came up or went down, or became known.
    pub changed: bool,
}

impl ScriptState {
    #[must_use]
    pub fn new(script: &Script) -> Self {
        Self { rise: script.rise, fall: script.fall, count: 0, known: script.init_fail, status: None }
    }

    /// Takes over rise and fall of a new configuration; what is known stays.
    pub fn adopt(&mut self, script: &Script) {
        let up = self.up();
        (self.rise, self.fall) = (script.rise, script.fall);
        if self.known {
            self.count = if up { self.rise + self.fall - 1 } else { 0 };
        }
    }

    #[must_use]
    pub fn known(&self) -> bool {
        self.known
    }

    #[must_use]
    pub fn up(&self) -> bool {
        self.known && self.count >= self.rise
    }

    /// The count, as dumps show it.
    #[must_use]
    pub fn result(&self) -> u32 {
        self.count
    }

    pub fn take(&mut self, outcome: &Outcome) -> Turn {
        let (was_known, was_up) = (self.known, self.up());
        let highest = self.rise + self.fall - 1;
        self.count = match (outcome.succeeded(), self.known) {
            (true, false) => highest,
            (false, false) => 0,
            (true, true) if self.count + 1 >= self.rise => highest,
            (true, true) => self.count + 1,
            // A failure while up counts down; one that reaches the border falls to the ground.
            (false, true) if self.count <= self.rise => 0,
            (false, true) => self.count - 1,
        };
        self.known = true;
        let status = outcome.status();
        let status_changed = self.status.map_or(status != 0, |old| old != status);
        self.status = Some(status);
        Turn { status_changed, changed: !was_known || was_up != self.up() }
    }
}

/// Everything watched, by name.
#[derive(Debug, Clone, Default)]
pub struct Watched {
    pub links: BTreeMap<String, Link>,
    pub scripts: BTreeMap<String, ScriptState>,
    pub processes: BTreeMap<String, bool>,
    pub files: BTreeMap<String, i64>,
    /// BFD sessions that are up, by name. What is not here is down.
    pub bfds: BTreeMap<String, bool>,
    /// Track groups of which something static is lost.
    pub lost: BTreeSet<String>,
}

/// What all of it means for one router.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assessment {
    pub priority: u8,
    /// In order of their kind, without repetition.
    pub faults: Vec<Fault>,
    /// A script that could fault the router has no result yet.
    pub pending: bool,
}

impl Watched {
    /// Looks at everything that `instance` and its group watch. `weights`: whether weights count, which they do not for
    /// members of most groups.
    #[must_use]
    pub fn assess(&self, instance: &Instance, group: Option<&Tracking>, weights: bool) -> Assessment {
        let mut tally = Tally { weights: weights && !instance.is_owner(), ..Tally::default() };
        self.own_interface(instance, &mut tally);
        for tracking in std::iter::once(&instance.tracking).chain(group) {
            self.trackers(tracking, &mut tally);
        }
        tally.faults.sort_unstable();
        tally.faults.dedup();
        let priority = if instance.is_owner() {
            OWNER
        } else {
            let sum = (i32::from(instance.priority) + tally.change).clamp(1, i32::from(OWNER) - 1);
            u8::try_from(sum).expect("clamped to 1..=254")
        };
        Assessment { priority, faults: tally.faults, pending: tally.pending }
    }

    fn own_interface(&self, instance: &Instance, tally: &mut Tally) {
        let link = self.links.get(&instance.interface);
        if !instance.dont_track_primary && !link.is_some_and(|link| link.up) {
            tally.faults.push(Fault::Interface(instance.interface.clone()));
        } else if let Some(own) =
            instance.vmac.as_ref().filter(|own| !self.links.get(&own.name).is_some_and(|own| own.up))
        {
            tally.faults.push(Fault::Interface(own.name.clone()));
        } else if source(instance, self.links.get(instance.source_interface())).is_none() {
            tally.faults.push(Fault::NoSource);
        }
        if matches!(&instance.transport, Transport::Unicast { peers, .. } if peers.is_empty()) {
            tally.faults.push(Fault::NoPeers);
        }
        let lost = instance.static_groups.iter().filter(|group| self.lost.contains(*group));
        tally.faults.extend(lost.map(|group| Fault::Static(group.clone())));
        for address in instance.all_addresses() {
            let device = instance.device(address);
            let elsewhere = device != instance.interface && device != instance.own_device();
            if elsewhere && !address.no_track && !self.links.get(device).is_some_and(|link| link.up) {
                tally.faults.push(Fault::TrackedInterface(device.to_owned()));
            }
        }
    }

    fn trackers(&self, tracking: &Tracking, tally: &mut Tally) {
        for item in &tracking.interfaces {
            let up = self.links.get(&item.name).is_some_and(|link| link.up);
            tally.add(item.weight, up, || Fault::TrackedInterface(item.name.clone()));
        }
        for item in &tracking.scripts {
            match self.scripts.get(&item.name) {
                Some(state) if state.known() => {
                    tally.add(item.weight, state.up(), || Fault::Script(item.name.clone()));
                }
                _ => tally.pending |= item.weight.value == 0,
            }
        }
        for item in &tracking.processes {
            if let Some(&up) = self.processes.get(&item.name) {
                tally.add(item.weight, up, || Fault::Process(item.name.clone()));
            }
        }
        for item in &tracking.files {
            let value = self.files.get(&item.name).copied().unwrap_or(0);
            tally.add_file(item.weight, value, || Fault::File(item.name.clone()));
        }
        for item in &tracking.bfds {
            let up = self.bfds.get(&item.name).copied().unwrap_or(false);
            tally.add(item.weight, up, || Fault::Bfd(item.name.clone()));
        }
    }
}

#[derive(Default)]
struct Tally {
    weights: bool,
    change: i32,
    faults: Vec<Fault>,
    pending: bool,
}

impl Tally {
    fn add(&mut self, weight: Weight, up: bool, fault: impl FnOnce() -> Fault) {
        if weight.value == 0 {
            if up == weight.reverse {
                self.faults.push(fault());
            }
            return;
        }
        if !self.weights || (weight.value > 0) != up {
            return;
        }
        self.change += if weight.reverse { -weight.value } else { weight.value };
    }

    /// A file's number times its weight; -254 and less is a fault, and so is any number but zero at weight zero.
    fn add_file(&mut self, weight: Weight, value: i64, fault: impl FnOnce() -> Fault) {
        let sign = if weight.reverse { -1 } else { 1 };
        let product = value.saturating_mul(i64::from(weight.value)).saturating_mul(sign);
        let product = i32::try_from(product.clamp(-254, 254)).expect("clamped");
        if product <= -254 || (weight.value == 0 && (value != 0) != weight.reverse) {
            self.faults.push(fault());
        } else if self.weights {
            self.change += product;
        }
    }
}

/// The address that adverts of `instance` come from: the configured one if the interface has it, or need not have it; else the
/// first of the interface that is not one of its own virtual addresses.
#[must_use]
pub fn source(instance: &Instance, link: Option<&Link>) -> Option<std::net::IpAddr> {
    if let Some(source) = instance.source {
        let present = || link.is_some_and(|link| link.addresses.contains(&source));
        return (!instance.track_source || present()).then_some(source);
    }
    let is_own = |ip: &std::net::IpAddr| instance.all_addresses().any(|address| address.ip == *ip);
    link?.addresses.iter().copied().find(|ip| {
        let fits = match (instance.family, ip) {
            (Family::V4, std::net::IpAddr::V4(_)) => true,
            // Adverts of IPv6 come from a link-local address (RFC 9568 section 5.1.2.2).
            (Family::V6, std::net::IpAddr::V6(ip)) => ip.is_unicast_link_local(),
            _ => false,
        };
        fits && !is_own(ip)
    })
}

#[cfg(test)]
mod tests {
    use super::{super::testing, *};
    use crate::ir::failover::track::Tracked;

    fn script(rise: u32, fall: u32) -> ScriptState {
        ScriptState::new(&Script { rise, fall, ..testing::script("s") })
    }

    fn run(state: &mut ScriptState, results: &str) -> Vec<bool> {
        let outcome = |c| if c == '+' { Outcome::Success } else { Outcome::Status(1) };
        results
            .chars()
            .map(|c| {
                state.take(&outcome(c));
                state.up()
            })
            .collect()
    }

    #[test]
    fn first_result_alone_decides() {
        assert_eq!(run(&mut script(5, 5), "+"), [true]);
        assert_eq!(run(&mut script(5, 5), "-"), [false]);
    }

    #[test]
    fn rise_and_fall_count_consecutive_results() {
        assert_eq!(run(&mut script(2, 3), "+--+---"), [true, true, true, true, true, true, false]);
        assert_eq!(run(&mut script(3, 1), "-++-+++"), [false, false, false, false, false, false, true]);
    }

    #[test]
    fn script_with_init_fail_begins_down() {
        let state = ScriptState::new(&Script { init_fail: true, ..testing::script("s") });
        assert!(state.known() && !state.up());
    }

    fn assess(weight: i32, reverse: bool, up: bool) -> Assessment {
        let mut instance = testing::router_51(100);
        let at = crate::text::source::Span::default();
        instance.tracking.interfaces.push(Tracked {
            name: "eth2".into(),
            weight: Weight { value: weight, reverse },
            at,
        });
        let mut watched = Watched::default();
        let eth1 = testing::link("eth1", "192.168.56.11");
        let eth2 = Link { name: "eth2".into(), up, ..Link::default() };
        watched.links = BTreeMap::from([("eth1".into(), eth1), ("eth2".into(), eth2)]);
        watched.assess(&instance, None, true)
    }

    #[test]
    fn weight_decides_between_fault_bonus_and_malus() {
        assert_eq!(assess(20, false, true).priority, 120);
        assert_eq!(assess(20, false, false).priority, 100);
        assert_eq!(assess(-20, false, true).priority, 100);
        assert_eq!(assess(-20, false, false).priority, 80);
        assert_eq!(assess(20, true, true).priority, 80);
        assert_eq!(assess(-20, true, false).priority, 120);
        assert_eq!(assess(200, false, true).priority, 254);
        assert_eq!(assess(-200, false, false).priority, 1);
        assert_eq!(assess(0, false, false).faults, [Fault::TrackedInterface("eth2".into())]);
        assert_eq!(assess(0, true, true).faults, [Fault::TrackedInterface("eth2".into())]);
        assert!(assess(0, false, true).faults.is_empty());
    }

    #[test]
    fn virtual_address_is_no_source() {
        let instance = testing::router_51(100);
        let mut link = testing::link("eth1", "192.168.56.10");
        assert_eq!(source(&instance, Some(&link)), None);
        link.addresses.push("192.168.56.11".parse().expect("an address"));
        assert_eq!(source(&instance, Some(&link)), "192.168.56.11".parse().ok());
    }
}
