//! What holds whatever happens: proptest makes up the faults, and shrinks those that break something.

use std::time::Duration;

use hawser::vrrp::{State, Timing};
use proptest::prelude::*;

use crate::network::{Network, Spec};

#[derive(Debug, Clone)]
enum Fault {
    Partition(usize),
    Heal,
    Restart(usize),
    Crash(usize),
    Start(usize),
    Link(usize, bool),
    Script(usize, bool),
    Reload(usize),
    Priority(usize, u8),
    Loss(u64),
    Wait(u16),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        2 => (0..4usize).prop_map(Fault::Partition),
        1 => Just(Fault::Heal),
        1 => (0..4usize).prop_map(Fault::Restart),
        1 => (0..4usize).prop_map(Fault::Crash),
        1 => (0..4usize).prop_map(Fault::Start),
        2 => (0..4usize, any::<bool>()).prop_map(|(host, up)| Fault::Link(host, up)),
        2 => (0..4usize, any::<bool>()).prop_map(|(host, good)| Fault::Script(host, good)),
        1 => (0..4usize).prop_map(Fault::Reload),
        1 => (0..4usize, 90..110u8).prop_map(|(host, priority)| Fault::Priority(host, priority)),
        1 => (0..5u64).prop_map(Fault::Loss),
        6 => (1..5000u16).prop_map(Fault::Wait),
    ]
}

fn spec(preempt: bool) -> impl Strategy<Value = Spec> {
    (95..105u8, 0..3u64).prop_map(move |(priority, delay)| Spec {
        priority,
        preempt,
        preempt_delay: if preempt { Duration::from_secs(delay) } else { Duration::ZERO },
        ..Spec::default()
    })
}

fn timing() -> impl Strategy<Value = Timing> {
    prop_oneof![Just(Timing::Prompt), Just(Timing::Original)]
}

fn play(network: &mut Network, faults: &[Fault]) {
    let count = network.hosts.len();
    for fault in faults {
        match *fault {
            Fault::Partition(host) => network.set_side(host % count, 1),
            Fault::Heal => network.heal(),
            Fault::Restart(host) => {
                network.stop(host % count);
                network.start(host % count);
            }
            Fault::Crash(host) => network.crash(host % count),
            Fault::Start(host) => network.start(host % count),
            Fault::Link(host, up) => network.set_link(host % count, up),
            Fault::Script(host, good) => network.script(host % count, good),
            Fault::Reload(host) => network.reload(host % count),
            Fault::Priority(host, priority) => network.set_priority(host % count, priority),
            Fault::Loss(one_in) => network.loss = if one_in == 1 { 0 } else { one_in },
            Fault::Wait(milliseconds) => network.run(Duration::from_millis(milliseconds.into())),
        }
    }
}

/// Everything works again, and enough time passes.
fn calm_down(network: &mut Network) {
    network.heal();
    for host in 0..network.hosts.len() {
        network.start(host);
        network.set_link(host, true);
    }
    network.run(Duration::from_secs(20));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_router_is_active_when_the_network_is_whole(
        specs in prop::collection::vec(spec(true), 2..5),
        timing in timing(),
        faults in prop::collection::vec(fault(), 0..40),
        seed in any::<u64>(),
    ) {
        let mut network = Network::new(&specs, timing, seed);
        play(&mut network, &faults);
        calm_down(&mut network);
        let masters = network.masters();
        prop_assert_eq!(masters.len(), 1, "{:?}", masters);
        let best = network.hosts.iter().map(|host| host.priority()).max();
        prop_assert_eq!(Some(network.hosts[masters[0]].priority()), best, "the best one leads");
        let others = network.hosts.iter().filter(|host| host.state() == State::Backup).count();
        prop_assert_eq!(others, network.hosts.len() - 1);
    }

    #[test]
    fn nobody_flaps_without_a_cause(
        specs in prop::collection::vec(spec(true), 2..5),
        timing in timing(),
        faults in prop::collection::vec(fault(), 0..40),
        seed in any::<u64>(),
    ) {
        let mut network = Network::new(&specs, timing, seed);
        play(&mut network, &faults);
        calm_down(&mut network);
        let before: Vec<usize> = network.hosts.iter().map(|host| host.history.len()).collect();
        network.run(Duration::from_secs(60));
        let after: Vec<usize> = network.hosts.iter().map(|host| host.history.len()).collect();
        prop_assert_eq!(before, after);
    }

    #[test]
    fn neighbours_learn_who_holds_the_address_within_a_second(
        specs in prop::collection::vec(spec(true), 2..4),
        split in 0..3usize,
        apart in 0..9000u64,
        seed in any::<u64>(),
    ) {
        let mut network = Network::new(&specs, Timing::Prompt, seed);
        network.run(Duration::from_secs(12));
        network.set_side(split % specs.len(), 1);
        network.run(Duration::from_millis(apart));
        network.heal();
        // Adverts go once a second, so a standing split is over by then; and a second more is what clients may wait.
        let mut alone_since = None;
        for _ in 0..1500 {
            network.run(Duration::from_millis(10));
            let holders: Vec<usize> = (0..network.hosts.len()).filter(|host| network.hosts[*host].holds()).collect();
            match holders[..] {
                [holder] => {
                    let since = *alone_since.get_or_insert(network.now);
                    if network.now - since > Duration::from_secs(1) {
                        prop_assert_eq!(network.neighbour, Some(holder), "after {:?}", network.now - since);
                    }
                }
                _ => alone_since = None,
            }
        }
    }

    #[test]
    fn backup_without_preemption_leaves_a_living_master_alone(
        low in 90..100u8,
        high in 101..110u8,
        timing in timing(),
        scripts in prop::collection::vec((0..2usize, any::<bool>(), 0..4000u64), 0..10),
        seed in any::<u64>(),
    ) {
        // The weaker one is master first; the stronger one comes later and must wait for its end.
        let weak = Spec { preempt: false, ..Spec::of(low) };
        let strong = Spec { preempt: false, ..Spec::of(high) };
        let mut network = Network::new(&[weak, strong], timing, seed);
        network.crash(1);
        network.run(Duration::from_secs(5));
        prop_assert_eq!(network.masters(), vec![0]);
        network.start(1);
        for (host, good, wait) in scripts {
            network.script(host, good);
            network.run(Duration::from_millis(wait));
        }
        network.run(Duration::from_secs(10));
        prop_assert_eq!(network.masters(), vec![0]);
        network.crash(0);
        network.run(Duration::from_secs(5));
        prop_assert_eq!(network.masters(), vec![1]);
    }

    #[test]
    fn same_events_have_the_same_results(
        specs in prop::collection::vec(spec(true), 2..4),
        faults in prop::collection::vec(fault(), 0..20),
        seed in any::<u64>(),
    ) {
        let run = || {
            let mut network = Network::new(&specs, Timing::Prompt, seed);
            play(&mut network, &faults);
            network.hosts.iter().map(|host| host.history.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }
}
