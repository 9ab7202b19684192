//! The director and the codec against the kernel itself: what it lists is what it was told.
//!
//! The table is that of a network namespace made for the test, so no other is touched. A kernel without IPVS has to say that it
//! is not there; Debian's kernel in the guest (`tests/guest/boot`) has it.

use std::{collections::BTreeMap, io, net::IpAddr, thread, time::Duration};

use hawser::{
    ipvs::{Change, Destination, Director, Input, Output, Service, ServiceKey, refusal, table::Daemon},
    ir::failover::{
        Checker, CheckerId, Connection, Failover, Family, Forwarding, Probe, Protocol, RealServer, Target,
        VirtualServer, VirtualServerGroup,
        lvs::Timeouts,
        virtual_server::{
            AddressRange, Mark, Persistence, ServiceFlags, SorryServer, Tunnel, TunnelChecksum, TunnelKind,
        },
    },
    net::ipvs::Kernel,
    text::source::Span,
};

#[test]
fn kernel_lists_what_the_director_told_it() {
    in_a_network_of_its_own(|kernel| {
        let config = configuration();
        let mut rig = Rig { director: Director::new(&config), kernel, told: BTreeMap::new() };
        rig.on(Input::Start);
        for (real_server, up) in [(0, false), (1, false), (1, true), (0, true)] {
            let id = CheckerId { virtual_server: 0, real_server, checker: 0 };
            rig.on(Input::Checker { id, up, says: "" });
        }
        let mut other = config;
        other.virtual_servers[0].scheduler = "rr";
        other.virtual_servers[0].persistence = None;
        other.virtual_servers[1].real_servers[0].weight = 77;
        other.virtual_servers[1].real_servers[0].upper_threshold = 1000;
        other.virtual_servers.remove(2);
        other.virtual_server_groups[0].ranges[0].more = 0;
        rig.on(Input::Reload(Box::new(other)));
        rig.on(Input::Stop);
        assert_eq!(rig.kernel.services().expect("a list").len(), 0);
    });
}

#[test]
fn kernel_keeps_timeouts_and_daemons() {
    in_a_network_of_its_own(|kernel| {
        let timeouts = Timeouts { tcp: 100, tcp_fin: 20, udp: 50 };
        kernel.apply(&Change::Timeouts(timeouts)).expect("timeouts");
        assert_eq!(kernel.timeouts().expect("timeouts"), timeouts);
        kernel.apply(&Change::Timeouts(Timeouts { tcp: 0, tcp_fin: 0, udp: 70 })).expect("timeouts");
        assert_eq!(kernel.timeouts().expect("timeouts"), Timeouts { udp: 70, ..timeouts });

        let daemon = Daemon {
            master: false,
            interface: "lo".into(),
            id: 9,
            max_length: Some(1460),
            group: Some([224, 0, 0, 77].into()),
            port: Some(9000),
            ttl: Some(4),
        };
        kernel.apply(&Change::StartDaemon(daemon.clone())).expect("a daemon");
        let listed = kernel.daemons().expect("a list");
        assert_eq!(listed.len(), 1);
        let Daemon { max_length, .. } = listed[0].clone();
        assert_eq!(listed[0], Daemon { max_length, ..daemon });
        kernel.apply(&Change::StopDaemon { master: false, id: 9 }).expect("its end");
        assert_eq!(kernel.daemons().expect("a list"), []);
        assert_eq!(kernel.info().expect("a version").version, (1, 2, 1));
        kernel.apply(&Change::Zero).expect("counters");
    });
}

#[test]
fn refused_changes_have_the_number_that_the_remedy_knows() {
    in_a_network_of_its_own(|kernel| {
        let mark = ServiceKey::Mark { mark: 5, family: Family::V4 };
        let flags = ServiceFlags::default();
        let service = Service { key: mark, scheduler: "rr".into(), flags, timeout: 0, prefix: 32, engine: None };
        let to = Destination {
            address: [10, 0, 0, 1].into(),
            port: 80,
            forwarding: Forwarding::Nat,
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        let number = |outcome: io::Result<()>| outcome.expect_err("refused").raw_os_error().expect("a number");
        assert_eq!(number(kernel.apply(&Change::EditService(service.clone()))), libc::ESRCH);
        kernel.apply(&Change::AddService(service.clone())).expect("a service");
        assert_eq!(number(kernel.apply(&Change::AddService(service.clone()))), libc::EEXIST);
        let edit = Change::EditDestination(mark, to);
        let missing = number(kernel.apply(&edit));
        assert_eq!(missing, libc::ENOENT);
        let remedy = refusal::remedy(&edit, missing).expect("a remedy");
        kernel.apply(&remedy).expect("the remedy");
        assert_eq!(number(kernel.apply(&remedy)), libc::EEXIST);
        let unknown =
            Service { scheduler: "nonsuch".into(), key: ServiceKey::Mark { mark: 6, family: Family::V4 }, ..service };
        assert_eq!(number(kernel.apply(&Change::AddService(unknown))), libc::ENOENT);
    });
}

/// Runs a test with the kernel's IPVS, or sees that the kernel says that it has none.
fn in_a_network_of_its_own(test: impl FnOnce(&mut Kernel) + Send + 'static) {
    match Kernel::open() {
        Ok(_) => {}
        Err(error) => {
            assert_eq!((error.kind(), error.to_string().as_str()), (io::ErrorKind::NotFound, "family IPVS not there"));
            return;
        }
    }
    // A namespace is one thread's: it goes with the thread.
    let outcome = thread::spawn(move || {
        nix::sched::unshare(nix::sched::CloneFlags::CLONE_NEWNET).expect("root may make a network namespace");
        // Without any local address the kernel takes every address for one of broadcasts, and refuses it.
        let lo = std::process::Command::new("ip").args(["link", "set", "lo", "up"]).status().expect("ip runs");
        assert!(lo.success());
        test(&mut Kernel::open().expect("IPVS"));
    });
    outcome.join().expect("no assertion failed");
}

struct Rig<'a> {
    director: Director,
    kernel: &'a mut Kernel,
    told: BTreeMap<ServiceKey, (Service, BTreeMap<(IpAddr, u16), Destination>)>,
}

impl Rig<'_> {
    fn on(&mut self, input: Input<'_>) {
        for output in self.director.handle(input) {
            if let Output::Kernel(change) = output {
                self.kernel.apply(&change).unwrap_or_else(|error| panic!("{error}: {change:?}"));
                self.remember(change);
            }
        }
        self.compare();
    }

    fn remember(&mut self, change: Change) {
        match change {
            Change::AddService(service) => _ = self.told.insert(service.key, (service, BTreeMap::new())),
            Change::EditService(service) => {
                let key = service.key;
                self.told.get_mut(&key).expect("told of").0 = service;
            }
            Change::DeleteService(key) => _ = self.told.remove(&key),
            Change::AddDestination(key, to) | Change::EditDestination(key, to) => {
                self.told.get_mut(&key).expect("told of").1.insert((to.address, to.port), to);
            }
            Change::DeleteDestination(key, to) => {
                self.told.get_mut(&key).expect("told of").1.remove(&(to.address, to.port));
            }
            other => panic!("nobody asked for {other:?}"),
        }
    }

    fn compare(&mut self) {
        let listed = self.kernel.services().expect("a list");
        assert_eq!(listed.len(), self.told.len());
        for entry in listed {
            let mut service = entry.service;
            let (told, destinations) = &self.told[&service.key];
            // The kernel marks every service of its own hash table so.
            service.flags.hashed = told.flags.hashed;
            assert_eq!(service, *told);
            let listed = self.kernel.destinations(service.key).expect("a list");
            assert_eq!(listed.len(), destinations.len(), "destinations of {:?}", service.key);
            for found in listed {
                let told = destinations[&(found.address, found.port)];
                let found = Destination {
                    address: found.address,
                    port: found.port,
                    forwarding: found.forwarding.expect("not this host"),
                    weight: found.weight,
                    upper_threshold: found.upper_threshold,
                    lower_threshold: found.lower_threshold,
                };
                assert_eq!(found, told);
            }
        }
    }
}

/// Addresses of both families, a range, marks, and every way to forward.
fn configuration() -> Failover {
    let four = |last| IpAddr::from([10, 0, 0, last]);
    let six = |last: u16| IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, last]);
    let mut first = virtual_server(Target::Address { address: four(100), port: 80 });
    first.persistence = Some(Persistence { timeout: Duration::from_secs(360), prefix: 24, engine: None });
    first.quorum = 2;
    first.sorry_server =
        Some(SorryServer { address: four(200), port: 80, forwarding: Forwarding::Direct, inhibit: true });
    first.real_servers = vec![real_server(four(1), Forwarding::Nat), real_server(four(2), Forwarding::Nat)];
    first.real_servers[0].inhibit_on_failure = true;

    let mut group = virtual_server(Target::Group("g".into()));
    (group.protocol, group.scheduler, group.flags.one_packet) = (Protocol::Udp, "sh", true);
    group.flags.scheduler = [true, true, false];
    let gue = Tunnel { kind: TunnelKind::Gue(6080), checksum: TunnelChecksum::Full };
    let gre = Tunnel { kind: TunnelKind::Gre, checksum: TunnelChecksum::None };
    let ip_in_ip = Tunnel { kind: TunnelKind::IpIp, checksum: TunnelChecksum::None };
    let tunnels = [gue, gre, ip_in_ip].into_iter().enumerate();
    group.real_servers =
        tunnels.map(|(at, tunnel)| real_server(four(3 + at as u8), Forwarding::Tunnel(tunnel))).collect();

    let mut third = virtual_server(Target::Address { address: six(0x100), port: 0 });
    (third.family, third.protocol) = (Family::V6, Protocol::Tcp);
    third.persistence = Some(Persistence { timeout: Duration::from_secs(60), prefix: 64, engine: None });
    third.real_servers = vec![real_server(six(1), Forwarding::Direct), real_server(six(2), Forwarding::Nat)];

    let ranges = vec![AddressRange { first: four(101), more: 2, port: 53 }];
    let marks = vec![Mark { mark: 9, family: None }];
    let groups = vec![VirtualServerGroup { name: "g".into(), at: Span::default(), ranges, marks }];
    Failover { virtual_servers: vec![first, group, third], virtual_server_groups: groups, ..Failover::default() }
}

fn virtual_server(target: Target) -> VirtualServer {
    VirtualServer {
        target,
        at: Span::default(),
        family: Family::V4,
        protocol: Protocol::Tcp,
        scheduler: "wlc",
        flags: ServiceFlags::default(),
        persistence: None,
        forwarding: Forwarding::Nat,
        ha_suspend: false,
        smtp_alert: false,
        snmp_name: None,
        alpha: false,
        omega: false,
        quorum: 1,
        hysteresis: 0,
        quorum_up: None,
        quorum_down: None,
        sorry_server: None,
        real_servers: Vec::new(),
    }
}

fn real_server(address: IpAddr, forwarding: Forwarding) -> RealServer {
    let second = Duration::from_secs(1);
    let connection = Connection { to: (address, 80).into(), from: None, interface: None, timeout: second, mark: 0 };
    let checker = Checker {
        at: Span::default(),
        retry: 0,
        delay_before_retry: second,
        delay_loop: second,
        warmup: second,
        alpha: false,
        log_all_failures: false,
        probe: Probe::Tcp(connection),
    };
    RealServer {
        address,
        port: 80,
        at: Span::default(),
        weight: 1,
        forwarding,
        upper_threshold: 50,
        lower_threshold: 40,
        inhibit_on_failure: false,
        notify_up: None,
        notify_down: None,
        alpha: false,
        smtp_alert: false,
        snmp_name: None,
        checkers: vec![checker],
    }
}
