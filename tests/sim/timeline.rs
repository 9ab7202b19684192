//! How long things take, on either timeline.

use std::time::Duration;

use hawser::{
    simulation::Network,
    vrrp::{Router, State, Timing},
};

use crate::pair::{Spec, masters, network, script, states};

/// The article's pair: priorities 101 and 100, a script of weight 2 that succeeds on both.
fn pair(timing: Timing) -> Network<Router> {
    let mut network = network(&[Spec::of(101), Spec::of(100)], timing);
    network.run(Duration::from_millis(10_250));
    assert_eq!(masters(&network), [0]);
    network
}

/// Time from now until host 1 leads.
fn takeover(network: &mut Network<Router>) -> Duration {
    let start = network.now;
    network.run(Duration::from_secs(10));
    let (at, ..) = network.hosts[1].history.iter().rfind(|(.., state)| *state == State::Master).expect("it took over");
    *at - start
}

fn milliseconds(low: u64, high: u64) -> std::ops::RangeInclusive<Duration> {
    Duration::from_millis(low)..=Duration::from_millis(high)
}

#[test]
fn failed_script_moves_the_address_within_a_fifth_of_a_second() {
    let mut network = pair(Timing::Prompt);
    script(&mut network, 0, false);
    let time = takeover(&mut network);
    assert!(milliseconds(140, 200).contains(&time), "{time:?}");
}

#[test]
fn failed_script_takes_the_rest_of_the_interval_on_the_original_timeline() {
    let mut network = pair(Timing::Original);
    script(&mut network, 0, false);
    let time = takeover(&mut network);
    assert!(milliseconds(2_600, 3_610).contains(&time), "{time:?}");
}

#[test]
fn silence_is_waited_out_on_both_timelines() {
    for timing in [Timing::Prompt, Timing::Original] {
        let mut network = pair(timing);
        network.crash(0);
        let time = takeover(&mut network);
        assert!(milliseconds(2_600, 3_610).contains(&time), "{timing:?} {time:?}");
    }
}

#[test]
fn stop_is_answered_after_the_skew_time() {
    for timing in [Timing::Prompt, Timing::Original] {
        let mut network = pair(timing);
        network.stop(0);
        let time = takeover(&mut network);
        assert!(milliseconds(600, 610).contains(&time), "{timing:?} {time:?}");
    }
}

#[test]
fn unchanged_reload_moves_and_says_nothing() {
    let mut network = pair(Timing::Prompt);
    let sent = |network: &Network<Router>| network.sent[&(0, "VI_1".to_owned())];
    let (history, before) = (states(&network, 0), sent(&network));
    network.reload(0, Spec::of(101).config());
    assert_eq!(sent(&network), before);
    network.run(Duration::from_secs(10));
    assert_eq!(states(&network, 0), history);
    assert_eq!(sent(&network), before + 10, "one advert a second, as before");
}

#[test]
fn reload_with_a_lower_priority_hands_over() {
    let mut network = pair(Timing::Prompt);
    network.reload(0, Spec::of(90).config());
    let time = takeover(&mut network);
    assert!(milliseconds(140, 200).contains(&time), "{time:?}");
    assert_eq!(masters(&network), [1]);
}

#[test]
fn preempt_delay_is_waited_for() {
    let delay = Duration::from_secs(5);
    let patient = Spec { preempt_delay: delay, ..Spec::of(101) };
    let mut network = network(&[Spec::of(100), patient], Timing::Prompt);
    network.crash(1);
    network.run(Duration::from_secs(5));
    let start = network.now;
    network.start(1);
    network.run(Duration::from_secs(20));
    let (at, _, state) = network.hosts[1].history.last().expect("it changed");
    assert_eq!(*state, State::Master);
    let waited = *at - start;
    assert!(waited > delay && waited < delay + Duration::from_secs(5), "{waited:?}");
}

#[test]
fn link_failure_gives_up_the_address_at_once() {
    let mut network = pair(Timing::Prompt);
    network.set_link(0, "eth1", false);
    assert_eq!(states(&network, 0).last(), Some(&State::Fault));
    assert!(network.hosts[0].held.is_empty());
    network.run(Duration::from_secs(5));
    assert_eq!(masters(&network), [1]);
    network.set_link(0, "eth1", true);
    network.run(Duration::from_secs(5));
    assert_eq!(masters(&network), [0]);
}

#[test]
fn split_ends_with_every_neighbour_informed_for_both_routers_of_a_group() {
    let mut config = Spec::of(100).config();
    let mut second = config.instances[0].clone();
    second.name = "VI_2".into();
    second.vrid = 52;
    second.addresses = vec![hawser::ir::failover::Address::host([192, 168, 57, 10].into())];
    config.instances.push(second);
    let members = vec!["VI_1".to_owned(), "VI_2".to_owned()];
    config.groups.push(hawser::ir::failover::SyncGroup { name: "G".into(), members, ..Default::default() });
    let prototype = Router::new(config.clone(), Timing::Prompt);
    let mut network = Network::new(&[config.clone(), config], Timing::Prompt, 3, prototype);
    network.service.disturb(true);
    network.start_all();
    network.run(Duration::from_secs(10));
    let [winner] = masters(&network)[..] else { panic!("{:?}", masters(&network)) };
    let apart = |network: &mut Network<Router>, apart: bool| {
        for (from, to) in [(0, 1), (1, 0)] {
            network.reaches[from][to] = !apart;
        }
        network.service.disturb(!apart);
    };
    apart(&mut network, true);
    network.run(Duration::from_secs(7));
    apart(&mut network, false);
    network.run(Duration::from_secs(3));
    assert_eq!(masters(&network), [winner]);
    for ip in [[192, 168, 56, 10], [192, 168, 57, 10]] {
        assert_eq!(network.service.believed(ip.into()), Some(winner));
    }
}

#[test]
fn two_masters_say_once_whom_they_refuse_and_why() {
    let mut slow = Spec::of(100).config();
    slow.instances[0].advert_interval = Duration::from_secs(2);
    let prototype = Router::new(slow.clone(), Timing::Prompt);
    let mut network = Network::new(&[Spec::of(101).config(), slow], Timing::Prompt, 3, prototype);
    network.trace = Some(Vec::new());
    network.start_all();
    network.run(Duration::from_secs(30));
    assert_eq!(masters(&network), [0, 1]);
    let trace = network.trace.as_deref().unwrap_or_default();
    let said: Vec<&str> =
        trace.iter().filter(|(.., text)| text.contains("MASTER, but")).map(|(.., text)| text.as_str()).collect();
    let expected = "(VI_1) MASTER, but refusing 192.168.56.12: advertisement interval mismatch mine=1 sec rcv'd=2 sec";
    assert_eq!(said.iter().filter(|line| **line == expected).count(), 1, "{said:?}");
    let refusals: Vec<_> = network.hosts[0].machine.routers()[0].refusals.iter().collect();
    assert!(matches!(refusals[..], [(_, refusal)] if refusal.count > 5), "{refusals:?}");
}
