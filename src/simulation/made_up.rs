//! Configurations for trials that no user's file is needed for: two to five nodes of everything that the machine knows.

use std::{net::IpAddr, time::Duration};

use super::Chance;
use crate::{
    ir::failover::{
        Address, Auth, Bfd, Command, Failover, Family, Hmac, Instance, Peer, ProcessMatch, Role, RunAs, Script,
        SyncGroup, TrackFile, TrackProcess, Transport, Version, Weight,
        hmac::{AntiReplay, HmacMode, Key},
        track::Tracked,
    },
    text::source::Span,
};

/// What all nodes must have in common.
struct Common {
    version: Version,
    family: Family,
    interval: Duration,
    auth: Auth,
    signed: bool,
    unicast: bool,
    addresses: usize,
    /// Two routers of a group, or one alone.
    grouped: bool,
    preempt: bool,
}

/// A node for each element.
#[must_use]
pub fn configurations(chance: &mut Chance) -> Vec<Failover> {
    let common = Common::any(chance);
    let count = 2 + chance.below(4).min(chance.below(4));
    let mut priorities: Vec<u8> = Vec::new();
    // An owner that restarts under AH counts from one again and is not believed: so says the protocol.
    let owned = chance.one_in(12) && !matches!(common.auth, Auth::Ah(_));
    let owner = owned.then(|| chance.below(count));
    for host in 0..count {
        let any = u8::try_from(chance.between(95, 105)).unwrap_or(100);
        priorities.push(if owner == Some(host) { 255 } else { any });
    }
    (0..count).map(|host| node(chance, &common, host, count, priorities[host])).collect()
}

impl Common {
    fn any(chance: &mut Chance) -> Self {
        let version = if chance.one_in(2) { Version::V2 } else { Version::V3 };
        let family = if version == Version::V3 && chance.one_in(3) { Family::V6 } else { Family::V4 };
        let interval = match version {
            Version::V2 => Duration::from_secs(chance.between(1, 2)),
            Version::V3 => Duration::from_millis(*chance.pick(&[300, 500, 1000, 1500]).expect("four of them")),
        };
        let auth = match (version, chance.below(4)) {
            (Version::V2, 0) => Auth::Pass(*b"1234\0\0\0\0"),
            (Version::V2, 1) => Auth::Ah(*b"secret\0\0"),
            _ => Auth::None,
        };
        Self {
            version,
            family,
            interval,
            auth,
            unicast: chance.one_in(4),
            addresses: 1 + chance.below(3),
            grouped: chance.one_in(4),
            preempt: !chance.one_in(4),
            signed: chance.one_in(5),
        }
    }

    /// The address of a node, as unicast peers name it.
    fn node(&self, host: usize) -> IpAddr {
        let last = 11 + u8::try_from(host).unwrap_or(0);
        match self.family {
            Family::V4 => IpAddr::from([192, 168, 56, last]),
            Family::V6 => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 0, last.into()]),
        }
    }

    fn virtual_address(&self, vrid: u8, index: usize) -> Address {
        let last = u8::try_from(index).unwrap_or(0) + 1;
        Address::host(match self.family {
            Family::V4 => IpAddr::from([192, 168, 56, vrid + last]),
            Family::V6 if index == 0 => IpAddr::from([0xfe80, 0, 0, 0, 0, 0, 1, vrid.into()]),
            Family::V6 => IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, vrid.into(), last.into()]),
        })
    }

    fn transport(&self, host: usize, count: usize) -> Transport {
        if self.unicast {
            let others = (0..count).filter(|other| *other != host);
            let peers = others.map(|other| Peer { ip: self.node(other), min_ttl: None, max_ttl: None }).collect();
            return Transport::Unicast { peers, ttl: 255, check_source: true };
        }
        let group = match self.family {
            Family::V4 => IpAddr::from([224, 0, 0, 18]),
            Family::V6 => IpAddr::from([0xff02, 0, 0, 0, 0, 0, 0, 18]),
        };
        Transport::Multicast { group }
    }
}

fn node(chance: &mut Chance, common: &Common, host: usize, count: usize, priority: u8) -> Failover {
    let mut config = Failover::default();
    let routers = if common.grouped { 2 } else { 1 };
    let preempt_delay =
        if common.preempt { Duration::from_secs(*chance.pick(&[0, 0, 2]).unwrap_or(&0)) } else { Duration::ZERO };
    for index in 0..routers {
        let vrid = 51 + index * 50;
        let mut instance = Instance::new(format!("VI_{}", index + 1));
        instance.interface = "eth1".into();
        instance.vrid = vrid;
        instance.version = common.version;
        instance.family = common.family;
        instance.advert_interval = common.interval;
        instance.auth = common.auth;
        instance.hmac = common.signed.then(hmac);
        instance.priority = priority;
        instance.role = if priority == 255 { Role::Master } else { Role::Backup };
        instance.preempt = common.preempt || priority == 255;
        instance.preempt_delay = preempt_delay;
        instance.source = common.unicast.then(|| common.node(host));
        instance.transport = common.transport(host, count);
        instance.addresses = (0..common.addresses).map(|at| common.virtual_address(vrid, at)).collect();
        config.instances.push(instance);
    }
    trackers(chance, &mut config);
    if common.grouped {
        let members = config.instances.iter().map(|instance| instance.name.clone()).collect();
        config.groups.push(SyncGroup { name: "G".into(), members, ..SyncGroup::default() });
    }
    config
}

fn hmac() -> Hmac {
    Hmac {
        keys: vec![Key { id: 7, secret: vec![7; 32] }],
        active: 7,
        window: Duration::from_secs(5),
        replay: AntiReplay::Time,
        mode: HmacMode::Enforce,
    }
}

fn trackers(chance: &mut Chance, config: &mut Failover) {
    let at = Span::default();
    let mut weight = |values: &[i32]| Weight { value: *chance.pick(values).expect("some"), reverse: false };
    let values = [
        weight(&[0, 2, -2, 10, -10]),
        weight(&[0, 3, -20]),
        weight(&[0, 5, -5]),
        weight(&[0, 1, -1]),
        weight(&[0, 4, -4]),
    ];
    let [script, interface, process, file, bfd] = values;
    let wanted: Vec<bool> = (0..5).map(|_| chance.one_in(2)).collect();
    let name = |name: &str| name.to_owned();
    if wanted[0] {
        let command = Command { argv: vec![b"true".to_vec()], path: "/bin/true".into(), run_as: RunAs::default(), at };
        config.scripts.push(Script {
            name: name("check"),
            at,
            command,
            interval: Duration::from_secs(1 + u64::from(chance.one_in(2))),
            timeout: None,
            weight: script,
            rise: 1 + u32::from(chance.one_in(3)),
            fall: 1 + u32::from(chance.one_in(3)),
            init_fail: chance.one_in(4),
        });
    }
    if wanted[2] {
        config.processes.push(TrackProcess {
            name: name("proxy"),
            at,
            program: b"haproxy".to_vec(),
            arguments: None::<(Vec<Vec<u8>>, ProcessMatch)>,
            full_command: false,
            weight: process,
            quorum: 1,
            quorum_max: None,
            terminate_delay: Duration::ZERO,
            fork_delay: Duration::ZERO,
        });
    }
    if wanted[3] {
        config.files.push(TrackFile { name: name("number"), at, path: "/run/number".into(), weight: file, init: None });
    }
    if wanted[4] {
        config.bfds.push(Bfd { weight: bfd, ..Bfd::new("neighbour", IpAddr::from([192, 168, 56, 1])) });
    }
    for instance in &mut config.instances {
        let tracked = |name: &str, weight| Tracked { name: name.to_owned(), weight, at };
        let tracking = &mut instance.tracking;
        tracking.scripts.extend(wanted[0].then(|| tracked("check", script)));
        tracking.interfaces.extend(wanted[1].then(|| tracked("eth2", interface)));
        tracking.processes.extend(wanted[2].then(|| tracked("proxy", process)));
        tracking.bfds.extend(wanted[4].then(|| tracked("neighbour", bfd)));
        tracking.files.extend(wanted[3].then(|| tracked("number", file)));
    }
}
