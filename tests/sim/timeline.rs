//! How long things take, on either timeline.

use std::time::Duration;

use hawser::vrrp::{State, Timing};

use crate::network::{Network, Spec};

/// The article's pair: priorities 101 and 100, a script of weight 2 that succeeds on both.
fn pair(timing: Timing) -> Network {
    let mut network = Network::new(&[Spec::of(101), Spec::of(100)], timing, 7);
    network.run(Duration::from_millis(10_250));
    assert_eq!(network.masters(), [0]);
    network
}

/// Time from now until host 1 leads.
fn takeover(network: &mut Network) -> Duration {
    let start = network.now;
    network.run(Duration::from_secs(10));
    let (at, _) = network.hosts[1].history.iter().rfind(|(_, state)| *state == State::Master).expect("it took over");
    *at - start
}

fn milliseconds(low: u64, high: u64) -> std::ops::RangeInclusive<Duration> {
    Duration::from_millis(low)..=Duration::from_millis(high)
}

#[test]
fn failed_script_moves_the_address_within_a_fifth_of_a_second() {
    let mut network = pair(Timing::Prompt);
    network.script(0, false);
    let time = takeover(&mut network);
    assert!(milliseconds(140, 200).contains(&time), "{time:?}");
}

#[test]
fn failed_script_takes_the_rest_of_the_interval_on_the_original_timeline() {
    let mut network = pair(Timing::Original);
    network.script(0, false);
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
    let (history, sent) = (network.hosts[0].history.clone(), network.sent[0]);
    network.reload(0);
    assert_eq!(network.sent[0], sent);
    network.run(Duration::from_secs(10));
    assert_eq!(network.hosts[0].history, history);
    assert_eq!(network.sent[0], sent + 10, "one advert a second, as before");
}

#[test]
fn reload_with_a_lower_priority_hands_over() {
    let mut network = pair(Timing::Prompt);
    network.set_priority(0, 90);
    let time = takeover(&mut network);
    assert!(milliseconds(140, 200).contains(&time), "{time:?}");
    assert_eq!(network.masters(), [1]);
}

#[test]
fn preempt_delay_is_waited_for() {
    let delay = Duration::from_secs(5);
    let patient = Spec { preempt_delay: delay, ..Spec::of(101) };
    let mut network = Network::new(&[Spec::of(100), patient], Timing::Prompt, 3);
    network.crash(1);
    network.run(Duration::from_secs(5));
    let start = network.now;
    network.start(1);
    network.run(Duration::from_secs(20));
    let (at, state) = *network.hosts[1].history.last().expect("it changed");
    assert_eq!(state, State::Master);
    let waited = at - start;
    assert!(waited > delay && waited < delay + Duration::from_secs(5), "{waited:?}");
}

#[test]
fn link_failure_gives_up_the_address_at_once() {
    let mut network = pair(Timing::Prompt);
    network.set_link(0, false);
    assert_eq!(network.hosts[0].state(), State::Fault);
    assert!(!network.hosts[0].holds());
    network.run(Duration::from_secs(5));
    assert_eq!(network.masters(), [1]);
    network.set_link(0, true);
    network.run(Duration::from_secs(5));
    assert_eq!(network.masters(), [0]);
}
