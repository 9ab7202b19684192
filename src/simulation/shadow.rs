//! What a router's priority and faults should be, worked out from what is really the case and not by the machine.

use super::host::Host;
use crate::ir::failover::{Instance, Tracking, Weight, track::Tracked};

/// What ought to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected {
    pub priority: u8,
    pub fault: bool,
}

/// For a router of a host whose trackers have all been looked at since the last change.
#[must_use]
pub fn expect<M>(host: &Host<M>, instance: &Instance) -> Expected {
    let own = of_itself(host, instance);
    let Some(group) = host.config.group_of(&instance.name) else { return own };
    let mut members = group.members.iter().filter_map(|name| host.config.instance(name));
    Expected { fault: own.fault || members.any(|member| of_itself(host, member).fault), ..own }
}

fn of_itself<M>(host: &Host<M>, instance: &Instance) -> Expected {
    let group = host.config.group_of(&instance.name);
    let mut sum = Sum { change: 0, fault: !instance.dont_track_primary && !host.link_up(&instance.interface) };
    for address in instance.all_addresses().filter(|address| !address.no_track) {
        let device = instance.device(address);
        sum.fault |= device != instance.interface && !host.link_up(device);
    }
    sum.add_all(host, &instance.tracking);
    if let Some(group) = group {
        sum.add_all(host, &group.tracking);
    }
    let weights_count = group.is_none_or(|group| group.tracking_weight);
    let priority = match instance.priority {
        255 => 255,
        base if weights_count => (i64::from(base) + sum.change).clamp(1, 254),
        base => i64::from(base),
    };
    Expected { priority: u8::try_from(priority).expect("clamped to a priority"), fault: sum.fault }
}

struct Sum {
    change: i64,
    fault: bool,
}

impl Sum {
    fn add_all<M>(&mut self, host: &Host<M>, tracking: &Tracking) {
        let good = |states: &std::collections::BTreeMap<String, bool>, name: &str| states.get(name).copied();
        tracking.interfaces.iter().for_each(|item| self.add(item, Some(host.link_up(&item.name))));
        tracking.scripts.iter().for_each(|item| self.add(item, good(&host.world.scripts, &item.name)));
        tracking.processes.iter().for_each(|item| self.add(item, good(&host.world.processes, &item.name)));
        tracking.bfds.iter().for_each(|item| self.add(item, good(&host.world.bfds, &item.name)));
        for item in &tracking.files {
            let value = host.world.files.get(&item.name).copied().unwrap_or(0);
            self.add_file(item.weight, value);
        }
    }

    /// A weight above zero is a bonus for what is up, one below zero a malus for what is down; at zero what is down is a fault.
    fn add(&mut self, item: &Tracked, up: Option<bool>) {
        let (Some(up), weight) = (up, item.weight) else { return };
        let counted = i64::from(weight.value) * if weight.reverse { -1 } else { 1 };
        match weight.value {
            0 => self.fault |= up == weight.reverse,
            1.. if up => self.change += counted,
            ..0 if !up => self.change += counted,
            _ => {}
        }
    }

    fn add_file(&mut self, weight: Weight, value: i64) {
        let product = value * i64::from(weight.value) * if weight.reverse { -1 } else { 1 };
        if weight.value == 0 {
            self.fault |= (value != 0) != weight.reverse;
        } else if product <= -254 {
            self.fault = true;
        } else {
            self.change += product.min(254);
        }
    }
}
