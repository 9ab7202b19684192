//! The laws of a network that has been left alone for long enough: who leads, who knows it, and that it stays so.

use std::{collections::BTreeMap, time::Duration};

use super::{
    Machine, Network,
    host::Host,
    law::{Law, Violation},
    shadow::{self, Expected},
};
use crate::{
    ir::failover::{Failover, Family, Instance},
    vrrp::{State, instance::VirtualRouter},
};

/// For how long a settled network is watched for changes without a cause.
const WATCHED: Duration = Duration::from_secs(10);

/// How long a network takes at most until everything that was done to it has had its effect.
#[must_use]
pub fn settling_time(configs: &[Failover]) -> Duration {
    let instances = || configs.iter().flat_map(|config| &config.instances);
    let longest = |of: &dyn Fn(&Instance) -> Duration| instances().map(of).max().unwrap_or_default();
    let interval = longest(&|instance| instance.advert_interval);
    let adverts = instances().map(|instance| instance.down_timer_adverts).max().unwrap_or(3);
    let down = interval * adverts + interval.max(Duration::from_secs(1));
    let noticed = configs.iter().flat_map(|config| &config.scripts);
    let noticed = noticed.map(|script| script.interval * (script.rise.max(script.fall) + 1)).max().unwrap_or_default();
    let patience = longest(&|instance| instance.preempt_delay);
    // Once for a silence, and once more behind a delay or for the rest of a group; then some for clocks that go wrong.
    (noticed + down * 3 + interval * 2 + patience).mul_f64(1.05)
}

/// One router of one host, as it should be and as it is.
struct Member<'a> {
    host: usize,
    instance: &'a Instance,
    expected: Expected,
    state: State,
    priority: u8,
}

/// Looks at a network that has settled, watches it for a while, and looks again.
pub fn judge<M: Machine>(network: &mut Network<M>) {
    if network.violation.is_some() {
        return;
    }
    network.violation = look(network);
    let (before, sent) =
        (network.hosts.iter().map(|host| host.history.len()).collect::<Vec<_>>(), network.sent.clone());
    network.run(WATCHED);
    if network.violation.is_some() {
        return;
    }
    let changed = (0..network.hosts.len()).find(|host| network.hosts[*host].history.len() != before[*host]);
    network.violation = changed.map(|host| {
        let (_, router, state) = network.hosts[host].history.last().expect("it grew");
        violation(network, Law::NobodyFlaps, Some(host), format!("{router} became {}", state.name()))
    });
    network.violation = network.violation.take().or_else(|| silent(network, &sent));
}

fn violation<M>(network: &Network<M>, law: Law, host: Option<usize>, seen: String) -> Violation {
    Violation { law, at: network.now, host, seen }
}

fn look<M: Machine>(network: &Network<M>) -> Option<Violation> {
    let mut routers: BTreeMap<(Family, u8), Vec<Member<'_>>> = BTreeMap::new();
    for (index, host) in network.hosts.iter().enumerate().filter(|(_, host)| host.up) {
        for router in host.machine.routers() {
            let member = member(index, host, router);
            routers.entry((router.config.family, router.config.vrid)).or_default().push(member);
        }
    }
    let all = || routers.values().flatten();
    all()
        .find_map(|member| alone(network, member))
        .or_else(|| routers.values().find_map(|members| together(network, members)))
        .or_else(|| groups(network))
}

fn member<'a, M>(index: usize, host: &'a Host<M>, router: &'a VirtualRouter) -> Member<'a> {
    let instance = host.wanted(router);
    Member {
        host: index,
        instance,
        expected: shadow::expect(host, instance),
        state: router.state,
        priority: router.priority(),
    }
}

/// Faults and priority of one router.
fn alone<M>(network: &Network<M>, member: &Member<'_>) -> Option<Violation> {
    let (name, expected) = (&member.instance.name, member.expected);
    let fits = match member.state {
        State::Fault => expected.fault,
        State::Master | State::Backup => !expected.fault,
        State::Init => false,
    };
    if !fits {
        let seen = format!(
            "{name} is {} and should {}have a fault",
            member.state.name(),
            if expected.fault { "" } else { "not " }
        );
        return Some(violation(network, Law::FaultsAreTheirs, Some(member.host), seen));
    }
    (expected.priority != member.priority).then(|| {
        let seen = format!("{name} has {} instead of {}", member.priority, expected.priority);
        violation(network, Law::PriorityIsTheSum, Some(member.host), seen)
    })
}

/// Elections: routers without faults, in sets that can hear each other.
fn together<M>(network: &Network<M>, members: &[Member<'_>]) -> Option<Violation> {
    let able: Vec<&Member<'_>> = members.iter().filter(|member| !member.expected.fault).collect();
    let hears = |a: &Member<'_>, b: &Member<'_>| network.reaches[b.host][a.host];
    for set in connected(&able, &hears) {
        let names: Vec<String> = set.iter().map(|member| format!("{}", member.host + 1)).collect();
        let masters: Vec<&&Member<'_>> = set.iter().filter(|member| member.state == State::Master).collect();
        let name = &set[0].instance.name;
        let Some(master) = masters.first() else {
            let seen = format!("{name} has none among nodes {}", names.join(", "));
            return Some(violation(network, Law::SomeMaster, None, seen));
        };
        let whole = set.iter().all(|a| set.iter().all(|b| a.host == b.host || hears(a, b)));
        if !whole {
            continue;
        }
        if masters.len() > 1 {
            let masters: Vec<String> = masters.iter().map(|member| format!("{}", member.host + 1)).collect();
            let seen = format!("{name} has nodes {} as masters", masters.join(" and "));
            return Some(violation(network, Law::OneMaster, None, seen));
        }
        let behind =
            |it: &&&Member<'_>| it.instance.preempt && it.state == State::Backup && it.priority > master.priority;
        if let Some(behind) = set.iter().find(behind) {
            let seen = format!(
                "{} with {} stays behind node {} with {}",
                behind.instance.name,
                behind.priority,
                master.host + 1,
                master.priority
            );
            return Some(violation(network, Law::BestLeads, Some(behind.host), seen));
        }
    }
    None
}

/// Sets of members of which each hears or is heard by another of the set.
fn connected<'a, 'b>(
    all: &[&'a Member<'b>],
    hears: &dyn Fn(&Member<'_>, &Member<'_>) -> bool,
) -> Vec<Vec<&'a Member<'b>>> {
    let mut left: Vec<&Member<'_>> = all.to_vec();
    let mut sets = Vec::new();
    while let Some(first) = left.pop() {
        let mut set = vec![first];
        let mut next = 0;
        while next < set.len() {
            let it = set[next];
            let (near, far): (Vec<_>, Vec<_>) =
                left.into_iter().partition(|other| hears(it, other) || hears(other, it));
            set.extend(near);
            left = far;
            next += 1;
        }
        sets.push(set);
    }
    sets
}

fn groups<M: Machine>(network: &Network<M>) -> Option<Violation> {
    for (index, host) in network.hosts.iter().enumerate().filter(|(_, host)| host.up) {
        for group in &host.config.groups {
            let states: Vec<State> = (host.machine.routers().iter())
                .filter(|router| group.members.contains(&router.config.name))
                .map(|router| router.state)
                .collect();
            if states.windows(2).any(|pair| pair[0] != pair[1]) {
                let seen = format!("{} has members in {states:?}", group.name);
                return Some(violation(network, Law::GroupMovesTogether, Some(index), seen));
            }
        }
    }
    None
}

/// A master whose adverts stopped, or come too often.
fn silent<M: Machine>(network: &Network<M>, before: &BTreeMap<(usize, String), u64>) -> Option<Violation> {
    for (index, host) in network.hosts.iter().enumerate().filter(|(_, host)| host.up) {
        for router in host.machine.routers() {
            let config = host.wanted(router);
            let key = (index, config.name.clone());
            let count = |of: &BTreeMap<(usize, String), u64>| of.get(&key).copied().unwrap_or(0);
            let sent = count(&network.sent) - count(before);
            let peers = match &config.transport {
                crate::ir::failover::Transport::Multicast { .. } => 1,
                crate::ir::failover::Transport::Unicast { peers, .. } => peers.len() as u64,
            };
            let wanted = if router.state == State::Master {
                let times = WATCHED.as_nanos() / config.advert_interval.as_nanos().max(1);
                u64::try_from(times).unwrap_or(u64::MAX) * peers
            } else {
                0
            };
            // An advert more or less at the ends, a clock that goes wrong, and a fight for an address answered.
            let slack = peers + wanted / 50;
            if sent + slack < wanted || (router.state != State::Master && sent > 0) {
                let seen = format!("{} as {} sent {sent} of {wanted}", config.name, router.state.name());
                return Some(violation(network, Law::AdvertsFlow, Some(index), seen));
            }
        }
    }
    None
}
