//! Cases: what fails, played until the network is quiet again, and what came of it.

use std::time::Duration;

use super::{
    Question,
    cause::{Cause, trackers},
    counterpart,
};
use crate::{
    ir::failover::{Failover, Instance},
    simulation::{Network, standing::settling_time},
    vrrp::{Router, State},
};

/// Up to so many trackers every combination is played; of more only each alone, and all together.
const COMBINED: usize = 4;

/// One case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What fails, with the node; nothing in the first row.
    pub causes: Vec<(usize, Cause)>,
    /// Each node afterwards.
    pub nodes: Vec<Standing>,
    pub masters: Vec<usize>,
    /// How the address moved, if it did.
    pub moved: Option<Moved>,
    /// State changes while the network was watched: it does not come to rest.
    pub restless: bool,
}

/// A router on a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The daemon does not run, or has no such router.
    Gone,
    Is {
        state: State,
        priority: u8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moved {
    pub to: usize,
    /// From the moment the failing node knows until the other one has the address.
    pub after: Duration,
    /// How long it takes at most until the node knows.
    pub noticed: Duration,
}

/// Every case for one router of the first node.
#[must_use]
pub fn rows(question: &Question<'_>, instance: &Instance) -> Vec<Row> {
    cases(question.configs, instance).into_iter().map(|causes| play(question, instance, causes)).collect()
}

fn cases(configs: &[Failover], instance: &Instance) -> Vec<Vec<(usize, Cause)>> {
    let mut all = vec![Vec::new()];
    let mut singles = Vec::new();
    for (node, config) in configs.iter().enumerate() {
        let Some(own) = counterpart(config, instance) else { continue };
        let causes: Vec<Cause> = trackers(config, own).into_iter().map(|tracker| tracker.cause).collect();
        for subset in subsets(causes.len()) {
            all.push(subset.into_iter().map(|index| (node, causes[index].clone())).collect());
        }
        let link = Cause::Link(own.interface.clone());
        let further = (!causes.contains(&link)).then_some(link);
        let further =
            further.into_iter().chain((configs.len() > 1).then_some([Cause::Stop, Cause::Lost]).into_iter().flatten());
        all.extend(further.map(|cause| vec![(node, cause)]));
        singles.push(causes);
    }
    if let [first, second] = &singles[..] {
        let shared = first.iter().filter(|cause| second.contains(cause));
        all.extend(shared.map(|cause| vec![(0, cause.clone()), (1, cause.clone())]));
    }
    all
}

/// Every non-empty subset of the first `count` numbers, small ones first; of many numbers only each alone and all of them.
fn subsets(count: usize) -> Vec<Vec<usize>> {
    if count > COMBINED {
        return (0..count).map(|one| vec![one]).chain([(0..count).collect()]).collect();
    }
    let members = |bits: usize| (0..count).filter(|index| bits & (1 << index) != 0).collect::<Vec<_>>();
    let mut all: Vec<Vec<usize>> = (1..1_usize << count).map(members).collect();
    all.sort_by_key(Vec::len);
    all
}

/// Plays one case on a fresh network.
fn play(question: &Question<'_>, instance: &Instance, causes: Vec<(usize, Cause)>) -> Row {
    let configs = question.configs;
    let mut network = Network::new(configs, question.timing, 1, Router::new(Failover::default(), question.timing));
    let names: Vec<Option<String>> =
        configs.iter().map(|config| counterpart(config, instance).map(|own| own.name.clone())).collect();
    network.start_all();
    let settling = settling_time(configs);
    network.run(settling);
    just_after_an_advert(&mut network);
    let before = masters(&network, &names);
    let start = network.now;
    for (node, cause) in &causes {
        cause.happen(&mut network, *node);
    }
    network.run(settling);
    let masters = masters(&network, &names);
    let moved = match (&before[..], &masters[..]) {
        ([from], [to]) if from != to => {
            let mut history = network.hosts[*to].history.iter();
            let led = |(at, name, state): &&(Duration, String, State)| {
                *at >= start && Some(name) == names[*to].as_ref() && *state == State::Master
            };
            let noticed = causes.iter().map(|(node, cause)| cause.noticed(&configs[*node], question.watched));
            let noticed = noticed.max().unwrap_or_default();
            history.find(led).map(|(at, ..)| Moved { to: *to, after: *at - start, noticed })
        }
        _ => None,
    };
    let nodes = (0..configs.len()).map(|node| standing(&network, node, names[node].as_deref())).collect();
    let changes = |network: &Network<Router>| network.hosts.iter().map(|host| host.history.len()).sum::<usize>();
    let settled = changes(&network);
    network.run(settling);
    Row { causes, nodes, masters, moved, restless: changes(&network) != settled }
}

/// Whoever watches for silence has the longest time to wait from here.
fn just_after_an_advert(network: &mut Network<Router>) {
    let sent = network.sent.clone();
    for _ in 0..4096 {
        network.run(Duration::from_millis(10));
        if network.sent != sent {
            break;
        }
    }
}

fn masters(network: &Network<Router>, names: &[Option<String>]) -> Vec<usize> {
    let leads = |node: &usize| {
        matches!(standing(network, *node, names[*node].as_deref()), Standing::Is { state: State::Master, .. })
    };
    (0..names.len()).filter(leads).collect()
}

fn standing(network: &Network<Router>, node: usize, name: Option<&str>) -> Standing {
    let host = &network.hosts[node];
    let router = host.machine.routers().iter().find(|router| Some(router.config.name.as_str()) == name);
    match router.filter(|_| host.up) {
        Some(router) => Standing::Is { state: router.state, priority: router.priority() },
        None => Standing::Gone,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_trackers_are_combined_and_many_are_not() {
        assert_eq!(subsets(0), Vec::<Vec<usize>>::new());
        assert_eq!(subsets(2), [vec![0], vec![1], vec![0, 1]]);
        assert_eq!(subsets(4).len(), 15);
        assert_eq!(subsets(6).len(), 7);
        assert_eq!(subsets(6).last().map(Vec::len), Some(6));
    }
}
