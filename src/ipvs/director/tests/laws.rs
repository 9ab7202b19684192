//! What holds for any configuration and any sequence of events.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use proptest::{collection::vec, prelude::*};

use crate::{
    ipvs::{
        Director, Input, Output, ServiceKey,
        director::VirtualService,
        table::Destination,
        testing::{Table, failover, real_server, sorry_server, virtual_server},
    },
    ir::failover::{
        CheckerId, Failover, Forwarding, Target, VirtualServer, VirtualServerGroup,
        virtual_server::{AddressRange, Mark},
    },
};

/// An event, before it is known of which configuration.
#[derive(Debug, Clone)]
enum Event {
    Verdict { id: CheckerId, up: bool },
    Difference { id: CheckerId, difference: i64 },
    Weight { id: CheckerId, weight: u32 },
    Addresses(Vec<u8>),
    Reload(Box<Failover>),
}

fn ids() -> impl Strategy<Value = CheckerId> {
    (0..3usize, 0..4usize, 0..2usize).prop_map(|(virtual_server, real_server, checker)| CheckerId {
        virtual_server,
        real_server,
        checker,
    })
}

fn events(hysteresis: u32) -> impl Strategy<Value = Event> {
    prop_oneof![
        12 => (ids(), any::<bool>()).prop_map(|(id, up)| Event::Verdict { id, up }),
        2 => (ids(), -5..9i64).prop_map(|(id, difference)| Event::Difference { id, difference }),
        2 => (ids(), 0..6u32).prop_map(|(id, weight)| Event::Weight { id, weight }),
        1 => vec(99..103u8, 0..3).prop_map(Event::Addresses),
        3 => configurations(hysteresis).prop_map(|config| Event::Reload(Box::new(config))),
    ]
}

/// Up to three virtual servers whose services overlap, with servers that overlap too. Scheduler and forwarding are everybody's:
/// what two want differently of one thing, the kernel has as the first of them wants it.
fn configurations(hysteresis: u32) -> impl Strategy<Value = Failover> {
    let targets = proptest::sample::subsequence(targets(), 1..=3);
    let server = (11..15u8, 0..4u32, any::<bool>(), any::<bool>(), 0..3usize);
    let servers = || vec(server.clone(), 0..4);
    let service = (servers(), 1..6u32, 0..=hysteresis, 0..4u8, any::<[bool; 4]>());
    let schedulers = proptest::sample::select(vec!["rr", "wrr"]);
    let whole = (targets, vec(service, 3), schedulers, any::<bool>(), 0..3u32);
    whole.prop_map(|(targets, services, scheduler, direct, more)| {
        let one = |(target, (servers, quorum, hysteresis, sorry, flags))| {
            let mut of: VirtualServer = VirtualServer { target, quorum, hysteresis, scheduler, ..virtual_server() };
            [of.omega, of.ha_suspend, of.smtp_alert, of.alpha] = flags;
            of.sorry_server = (sorry > 0).then(sorry_server);
            let forwarding = if direct { Forwarding::Direct } else { Forwarding::Nat };
            if let Some(server) = &mut of.sorry_server {
                (server.inhibit, server.forwarding) = (sorry == 2, forwarding);
            }
            // The sorry server may also be a real one.
            of.sorry_server.iter_mut().filter(|_| sorry == 3).for_each(|server| server.address = [10, 0, 0, 11].into());
            for (last, weight, inhibit, alpha, checkers) in servers {
                let mut server = real_server(last, weight);
                server.inhibit_on_failure = inhibit;
                server.forwarding = forwarding;
                server.checkers = vec![server.checkers[0].clone(); checkers];
                server.checkers.iter_mut().enumerate().for_each(|(at, checker)| {
                    checker.alpha = alpha && at == 0;
                    checker.retry = u32::try_from(at).unwrap();
                });
                if !of.real_servers.iter().any(|other| other.address == server.address) {
                    of.real_servers.push(server);
                }
            }
            of
        };
        let mut config = failover(targets.into_iter().zip(services).map(one).collect());
        config.virtual_server_groups = vec![group(more)];
        config
    })
}

fn targets() -> Vec<Target> {
    let address = |last| Target::Address { address: [10, 0, 0, last].into(), port: 80 };
    vec![address(100), address(101), Target::Mark(7), Target::Group("g".into())]
}

fn group(more: u32) -> VirtualServerGroup {
    let ranges = vec![AddressRange { first: [10, 0, 0, 101].into(), more, port: 80 }];
    let marks = vec![Mark { mark: 7, family: None }];
    VirtualServerGroup { name: "g".into(), at: virtual_server().at, ranges, marks }
}

fn feed(director: &mut Director, event: &Event) -> Vec<Output> {
    match event {
        Event::Verdict { id, up } => director.handle(Input::Checker { id: *id, up: *up, says: "X" }),
        Event::Difference { id, difference } => director.handle(Input::Weight { id: *id, difference: *difference }),
        Event::Weight { id, weight } => director.handle(Input::DynamicWeight { id: *id, weight: *weight }),
        Event::Addresses(lasts) => {
            let all: BTreeSet<_> = lasts.iter().map(|last| IpAddr::from([10, 0, 0, *last])).collect();
            director.handle(Input::Addresses(&all))
        }
        Event::Reload(config) => director.handle(Input::Reload(config.clone())),
    }
}

type Pools = BTreeMap<ServiceKey, BTreeMap<(IpAddr, u16), u32>>;

fn pools(table: &Table) -> Pools {
    let weights = |all: &BTreeMap<_, Destination>| all.iter().map(|(place, to)| (*place, to.weight)).collect();
    table.0.iter().map(|(key, entry)| (*key, weights(&entry.destinations))).collect()
}

/// What the states say that the kernel should have.
fn expected(director: &Director) -> Pools {
    let mut all = Pools::new();
    for service in director.services() {
        for key in &service.keys {
            let pool = all.entry(*key).or_default();
            for (address, forwarding, weight) in wanted(service) {
                let is_mark = matches!(key, ServiceKey::Mark { .. });
                let port = if is_mark && forwarding == Forwarding::Direct { 0 } else { 80 };
                let told = pool.entry((address, port)).or_insert(weight);
                *told = weight.max(*told);
            }
        }
    }
    all
}

fn wanted(service: &VirtualService) -> Vec<(IpAddr, Forwarding, u32)> {
    let has_quorum = service.has_quorum;
    let sorry = service.config.sorry_server.as_ref();
    let stands_in = sorry.is_some() && !has_quorum;
    let there = sorry.filter(|sorry| sorry.inhibit || !has_quorum);
    let mut all = Vec::from_iter(there.map(|sorry| (sorry.address, sorry.forwarding, u32::from(!has_quorum))));
    for server in &service.servers {
        let config = &server.config;
        if server.alive && !stands_in {
            all.push((config.address, config.forwarding, server.weight()));
        } else if config.inhibit_on_failure {
            all.push((config.address, config.forwarding, 0));
        }
    }
    all
}

fn quorum_is_right(service: &VirtualService) -> bool {
    let (quorum, hysteresis) = (i64::from(service.config.quorum), i64::from(service.config.hysteresis));
    let weights = service.weights();
    if service.has_quorum { weights >= quorum - hysteresis } else { weights < quorum + hysteresis }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn kernel_refuses_nothing_and_has_what_the_states_say(
        config in configurations(2),
        events in vec(events(2), 0..30),
    ) {
        let (mut director, mut table) = (Director::new(&config), Table::default());
        table.obey(&director.handle(Input::Start)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(pools(&table), expected(&director));
        for event in &events {
            table.obey(&feed(&mut director, event)).map_err(TestCaseError::fail)?;
            prop_assert_eq!(pools(&table), expected(&director), "after {:?}", event);
            prop_assert!(director.services().iter().all(quorum_is_right), "after {:?}", event);
        }
        table.obey(&director.handle(Input::Stop)).map_err(TestCaseError::fail)?;
        prop_assert_eq!(table, Table::default());
    }

    #[test]
    fn reload_of_the_same_tells_the_kernel_nothing(config in configurations(2), events in vec(events(2), 0..20)) {
        let mut director = Director::new(&config);
        director.handle(Input::Start);
        let mut last = config;
        for event in &events {
            feed(&mut director, event);
            if let Event::Reload(config) = event {
                last = *config.clone();
            }
        }
        let again = director.handle(Input::Reload(Box::new(last)));
        let noise = |output: &&Output| !matches!(output, Output::Checks { .. } | Output::Log(_));
        prop_assert_eq!(again.iter().filter(noise).collect::<Vec<_>>(), Vec::<&Output>::new());
    }

    #[test]
    fn reload_leads_where_a_fresh_start_leads(
        config in configurations(0),
        events in vec(events(0), 0..20),
        last in configurations(0),
    ) {
        let (mut director, mut table) = (Director::new(&config), Table::default());
        table.obey(&director.handle(Input::Start)).map_err(TestCaseError::fail)?;
        for event in events.iter().chain([&Event::Reload(Box::new(last.clone()))]) {
            table.obey(&feed(&mut director, event)).map_err(TestCaseError::fail)?;
        }
        let (mut fresh, mut other) = (Director::new(&last), Table::default());
        other.obey(&fresh.handle(Input::Start)).map_err(TestCaseError::fail)?;
        for event in known(&director) {
            other.obey(&feed(&mut fresh, &event)).map_err(TestCaseError::fail)?;
        }
        prop_assert_eq!(table, other);
    }

    #[test]
    fn addresses_that_come_and_go_leave_the_kernel_alone(config in configurations(2), lasts in vec(99..103u8, 0..3)) {
        let mut director = Director::new(&config);
        director.handle(Input::Start);
        let told = feed(&mut director, &Event::Addresses(lasts));
        prop_assert!(!told.iter().any(|output| matches!(output, Output::Kernel(_))));
    }
}

/// All that is known of checkers, as events.
fn known(director: &Director) -> Vec<Event> {
    let mut all = Vec::new();
    for (virtual_server, service) in director.services().iter().enumerate() {
        for (real_server, server) in service.servers.iter().enumerate() {
            for (checker, check) in server.checkers.iter().enumerate() {
                let id = CheckerId { virtual_server, real_server, checker };
                all.push(Event::Verdict { id, up: check.up });
                all.push(Event::Difference { id, difference: check.difference(server.config.weight) });
            }
        }
    }
    all
}
