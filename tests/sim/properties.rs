//! What holds whatever happens.

use std::time::Duration;

use hawser::{
    ir::failover::Failover,
    simulation::{Chance, Plan, made_up, trial},
    vrrp::{Router, Timing},
};
use proptest::prelude::*;

use crate::pair::{Spec, masters, network, script};

/// One trial of made-up nodes.
fn trial(seed: u64, timing: Timing) -> trial::Outcome {
    let configs = made_up::configurations(&mut Chance::new(seed));
    let plan = Plan { configs, timing, seed, length: Duration::from_secs(400), traced: false };
    trial::run(&plan, Router::new(Failover::default(), timing))
}

/// `hawser simulate` plays more of them.
#[test]
fn no_law_is_broken_by_made_up_nodes_under_made_up_faults() {
    for seed in 0..60 {
        for timing in [Timing::Prompt, Timing::Original] {
            let outcome = trial(seed, timing);
            assert_eq!(outcome.violation, None, "hawser simulate --replay {seed} ({timing:?})");
            assert!(outcome.faults > 0 && outcome.changes > 0, "seed {seed} did nothing");
        }
    }
}

#[test]
fn same_seed_has_the_same_results() {
    for seed in 0..5 {
        let told = |outcome: trial::Outcome| (outcome.simulated, outcome.faults, outcome.changes, outcome.outages);
        assert_eq!(told(trial(seed, Timing::Prompt)), told(trial(seed, Timing::Prompt)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn backup_without_preemption_leaves_a_living_master_alone(
        low in 90..100u8,
        high in 101..110u8,
        original in any::<bool>(),
        scripts in prop::collection::vec((0..2usize, any::<bool>(), 0..4000u64), 0..10),
    ) {
        // The weaker one is master first; the stronger one comes later and must wait for its end.
        let timing = if original { Timing::Original } else { Timing::Prompt };
        let weak = Spec { preempt: false, ..Spec::of(low) };
        let strong = Spec { preempt: false, ..Spec::of(high) };
        let mut network = network(&[weak, strong], timing);
        network.crash(1);
        network.run(Duration::from_secs(5));
        prop_assert_eq!(masters(&network), vec![0]);
        network.start(1);
        for (host, good, wait) in scripts {
            script(&mut network, host, good);
            network.run(Duration::from_millis(wait));
        }
        network.run(Duration::from_secs(10));
        prop_assert_eq!(masters(&network), vec![0]);
        network.crash(0);
        network.run(Duration::from_secs(5));
        prop_assert_eq!(masters(&network), vec![1]);
    }
}
