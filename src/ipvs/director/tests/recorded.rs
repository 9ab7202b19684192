//! What the original did with the same configuration and the same verdicts, deed by deed, recorded on a kernel with IPVS by
//! tracing its messages to the kernel, its log, its FIFO and its programs.

use std::{collections::BTreeSet, net::IpAddr};

use super::*;
use crate::{
    ipvs::testing::{checker as new_checker, failover, real_server, sorry_server, virtual_server},
    ir::failover::{
        Family, Forwarding, Target, VirtualServerGroup,
        lvs::{FlushOnStop, Timeouts},
        virtual_server::{AddressRange, Mark},
    },
};

/// Three servers of weights 1, 2 and 3, a quorum of 3 with a hysteresis of 1, and a sorry server.
fn basic() -> Failover {
    let mut of = virtual_server();
    (of.quorum, of.hysteresis, of.sorry_server) = (3, 1, Some(sorry_server()));
    of.real_servers = vec![real_server(11, 1), real_server(12, 2), real_server(13, 3)];
    failover(vec![of])
}

#[test]
fn servers_that_begin_as_up_make_the_quorum() {
    let started = Rig::new(&basic()).on(Input::Start);
    let expected = lines(
        "NL NEW_SERVICE 10.0.0.100:80 wrr
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        NL NEW_DEST 10.0.0.100:80 10.0.0.12:80 w=2
        NL NEW_DEST 10.0.0.100:80 10.0.0.13:80 w=3
        LOG Gained quorum 3+1=4 <= 6 for VS [10.0.0.100]:tcp:80
        FIFO VS [10.0.0.100]:tcp:80 UP
        EXEC quorum up",
    );
    assert_eq!(started, expected);
}

#[test]
fn quorum_goes_and_comes_with_the_hysteresis() {
    let mut rig = Rig::new(&basic());
    rig.on(Input::Start);
    let third_down = lines(
        "LOG Removing service [10.0.0.13]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.13:80
        FIFO RS [10.0.0.13]:tcp:80 [10.0.0.100]:tcp:80 DOWN
        EXEC down 13",
    );
    assert_eq!(rig.turns(2, false), third_down);
    let second_down = lines(
        "LOG Removing service [10.0.0.12]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.12:80
        FIFO RS [10.0.0.12]:tcp:80 [10.0.0.100]:tcp:80 DOWN
        EXEC down 12
        LOG Lost quorum 3-1=2 > 1 for VS [10.0.0.100]:tcp:80
        LOG Adding sorry server [10.0.0.200]:tcp:80 to VS [10.0.0.100]:tcp:80
        LOG Removing alive servers from the pool for VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.11:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.200:80 w=1
        FIFO VS [10.0.0.100]:tcp:80 DOWN
        EXEC quorum down",
    );
    assert_eq!(rig.turns(1, false), second_down);
    let second_up = lines(
        "LOG Adding service [10.0.0.12]:tcp:80 to VS [10.0.0.100]:tcp:80
        FIFO RS [10.0.0.12]:tcp:80 [10.0.0.100]:tcp:80 UP
        EXEC up 12",
    );
    assert_eq!(rig.turns(1, true), second_up);
    let third_up = lines(
        "LOG Adding service [10.0.0.13]:tcp:80 to VS [10.0.0.100]:tcp:80
        FIFO RS [10.0.0.13]:tcp:80 [10.0.0.100]:tcp:80 UP
        EXEC up 13
        LOG Gained quorum 3+1=4 <= 6 for VS [10.0.0.100]:tcp:80
        LOG Removing sorry server [10.0.0.200]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.200:80
        LOG Adding alive servers to the pool for VS [10.0.0.100]:tcp:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        NL NEW_DEST 10.0.0.100:80 10.0.0.12:80 w=2
        NL NEW_DEST 10.0.0.100:80 10.0.0.13:80 w=3
        FIFO VS [10.0.0.100]:tcp:80 UP
        EXEC quorum up",
    );
    assert_eq!(rig.turns(2, true), third_up);
}

#[test]
fn stop_takes_the_sorry_server_first_and_names_every_server() {
    let mut rig = Rig::new(&basic());
    rig.on(Input::Start);
    (0..3).for_each(|at| _ = rig.turns(at, false));
    let expected = lines(
        "NL DEL_DEST 10.0.0.100:80 10.0.0.200:80
        LOG Shutting down service [10.0.0.11]:tcp:80 from VS [10.0.0.100]:tcp:80
        LOG Shutting down service [10.0.0.12]:tcp:80 from VS [10.0.0.100]:tcp:80
        LOG Shutting down service [10.0.0.13]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_SERVICE 10.0.0.100:80",
    );
    assert_eq!(rig.on(Input::Stop), expected);
}

#[test]
fn alpha_waits_for_the_first_success_and_omega_tells_of_the_end() {
    let mut config = basic();
    let of = &mut config.virtual_servers[0];
    (of.quorum, of.hysteresis, of.alpha, of.omega) = (2, 0, true, true);
    of.real_servers[2] = real_server(13, 1);
    of.real_servers.iter_mut().for_each(|server| server.checkers[0].alpha = true);
    of.real_servers.push(real_server(14, 1));
    of.real_servers[3].checkers.clear();
    let mut rig = Rig::new(&config);
    let start = lines(
        "NL NEW_SERVICE 10.0.0.100:80 wrr
        NL NEW_DEST 10.0.0.100:80 10.0.0.14:80 w=1
        LOG Starting with quorum down 2-0=2 > 1 for VS [10.0.0.100]:tcp:80
        LOG Adding sorry server [10.0.0.200]:tcp:80 to VS [10.0.0.100]:tcp:80
        LOG Removing alive servers from the pool for VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.14:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.200:80 w=1
        FIFO VS [10.0.0.100]:tcp:80 DOWN
        EXEC quorum down",
    );
    assert_eq!(rig.on(Input::Start), start);
    let stillborn = ["FIFO RS [10.0.0.11]:tcp:80 [10.0.0.100]:tcp:80 DOWN", "EXEC down 11"];
    assert_eq!(rig.turns(0, false), stillborn);
    assert_eq!(rig.turns(0, false), [""; 0]);
    rig.turns(1, true);
    rig.turns(2, false);
    let stop = lines(
        "LOG Shutting down service [10.0.0.11]:tcp:80 from VS [10.0.0.100]:tcp:80
        LOG Shutting down service [10.0.0.12]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.12:80
        FIFO RS [10.0.0.12]:tcp:80 [10.0.0.100]:tcp:80 DOWN
        EXEC down 12
        LOG Shutting down service [10.0.0.13]:tcp:80 from VS [10.0.0.100]:tcp:80
        LOG Shutting down service [10.0.0.14]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.14:80
        FIFO RS [10.0.0.14]:tcp:80 [10.0.0.100]:tcp:80 DOWN
        EXEC down 14
        FIFO VS [10.0.0.100]:tcp:80 DOWN
        EXEC quorum down
        NL DEL_SERVICE 10.0.0.100:80",
    );
    assert_eq!(rig.on(Input::Stop), stop);
}

#[test]
fn first_servers_are_told_if_asked_for() {
    let mut config = basic();
    config.global.lvs.init_notifies = true;
    let started = Rig::new(&config).on(Input::Start);
    let expected = lines(
        "NL NEW_SERVICE 10.0.0.100:80 wrr
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        FIFO RS [10.0.0.11]:tcp:80 [10.0.0.100]:tcp:80 UP
        EXEC up 11",
    );
    assert_eq!(started[..4], expected);
}

#[test]
fn without_sorry_server_a_begin_without_quorum_is_silent() {
    let mut config = basic();
    config.virtual_servers[0].sorry_server = None;
    config.virtual_servers[0].real_servers.truncate(2);
    let mut rig = Rig::new(&config);
    let expected = lines(
        "NL NEW_SERVICE 10.0.0.100:80 wrr
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        NL NEW_DEST 10.0.0.100:80 10.0.0.12:80 w=2",
    );
    assert_eq!(rig.on(Input::Start), expected);
    assert!(!rig.turns(0, false).iter().any(|line| line.contains("quorum")));
}

#[test]
fn inhibited_servers_stay_with_weight_0() {
    let mut config = basic();
    let of = &mut config.virtual_servers[0];
    (of.quorum, of.hysteresis) = (3, 0);
    of.sorry_server.as_mut().unwrap().inhibit = true;
    of.real_servers.truncate(2);
    of.real_servers.iter_mut().for_each(|server| server.inhibit_on_failure = true);
    let mut rig = Rig::new(&config);
    assert_eq!(rig.on(Input::Start).last().unwrap(), "NL NEW_DEST 10.0.0.100:80 10.0.0.200:80 w=0");
    let second_down = lines(
        "LOG Disabling service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=0
        FIFO RS [10.0.0.12]:tcp:80 [10.0.0.100]:tcp:80 DOWN
        EXEC down 12
        LOG Lost quorum 3-0=3 > 1 for VS [10.0.0.100]:tcp:80
        LOG Enabling sorry server [10.0.0.200]:tcp:80 to VS [10.0.0.100]:tcp:80
        LOG Removing alive servers from the pool for VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.11:80 w=0
        NL SET_DEST 10.0.0.100:80 10.0.0.200:80 w=1
        FIFO VS [10.0.0.100]:tcp:80 DOWN
        EXEC quorum down",
    );
    assert_eq!(rig.turns(1, false), second_down);
    let second_up = lines(
        "LOG Enabling service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        FIFO RS [10.0.0.12]:tcp:80 [10.0.0.100]:tcp:80 UP
        EXEC up 12
        LOG Gained quorum 3+0=3 <= 3 for VS [10.0.0.100]:tcp:80
        LOG Disabling sorry server [10.0.0.200]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.200:80 w=0
        LOG Adding alive servers to the pool for VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=2
        FIFO VS [10.0.0.100]:tcp:80 UP
        EXEC quorum up",
    );
    assert_eq!(rig.turns(1, true), second_up);
    rig.turns(0, false);
    let stop = lines(
        "NL DEL_DEST 10.0.0.100:80 10.0.0.200:80
        LOG Shutting down (inhibited) service [10.0.0.11]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.11:80
        LOG Shutting down service [10.0.0.12]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.12:80
        NL DEL_SERVICE 10.0.0.100:80",
    );
    assert_eq!(rig.on(Input::Stop), stop);
}

#[test]
fn weights_that_checkers_find_count_for_the_quorum() {
    let mut config = basic();
    let of = &mut config.virtual_servers[0];
    (of.quorum, of.hysteresis) = (5, 1);
    of.real_servers = vec![real_server(11, 3), real_server(12, 2)];
    let mut rig = Rig::new(&config);
    assert!(rig.on(Input::Start).iter().any(|line| line.starts_with("LOG Starting with quorum down 5-1=6 > 5 ")));
    let ten = lines(
        "LOG Changing weight from 3 to 10 for active service [10.0.0.11]:tcp:80 of VS [10.0.0.100]:tcp:80
        LOG Gained quorum 5+1=6 <= 12 for VS [10.0.0.100]:tcp:80
        LOG Removing sorry server [10.0.0.200]:tcp:80 from VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.200:80
        LOG Adding alive servers to the pool for VS [10.0.0.100]:tcp:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=10
        NL NEW_DEST 10.0.0.100:80 10.0.0.12:80 w=2
        FIFO VS [10.0.0.100]:tcp:80 UP
        EXEC quorum up",
    );
    assert_eq!(rig.on(Input::DynamicWeight { id: checker(0), weight: 10 }), ten);
    let edit = lines(
        "LOG Changing weight from 2 to 12 for active service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=12",
    );
    assert_eq!(rig.on(Input::Weight { id: checker(1), difference: 10 }), edit);
    let below_zero = lines(
        "LOG Changing weight from 12 to 0 for active service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=0",
    );
    assert_eq!(rig.on(Input::Weight { id: checker(1), difference: -20 }), below_zero);
    assert_eq!(rig.on(Input::Weight { id: checker(1), difference: -30 }), [""; 0]);
    rig.turns(0, false);
    let inactive = rig.on(Input::DynamicWeight { id: checker(0), weight: 3 });
    let line = "LOG Changing weight from 10 to 3 for inactive service [10.0.0.11]:tcp:80 of VS [10.0.0.100]:tcp:80";
    assert_eq!(inactive, [line]);
}

#[test]
fn group_is_one_quorum_and_many_services() {
    let mut config = basic();
    let first = IpAddr::from([10, 0, 0, 100]);
    config.virtual_server_groups = vec![VirtualServerGroup {
        name: "grp".into(),
        at: config.virtual_servers[0].at,
        ranges: vec![AddressRange { first, more: 1, port: 80 }],
        marks: vec![Mark { mark: 9, family: None }],
    }];
    let of = &mut config.virtual_servers[0];
    of.target = Target::Group("grp".into());
    (of.quorum, of.hysteresis) = (1, 0);
    of.real_servers.truncate(1);
    of.real_servers[0].forwarding = Forwarding::Direct;
    let mut rig = Rig::new(&config);
    let start = lines(
        "NL NEW_SERVICE 10.0.0.100:80 wrr
        NL NEW_SERVICE 10.0.0.101:80 wrr
        NL NEW_SERVICE FWM 9 wrr
        NL NEW_DEST 10.0.0.100:80 10.0.0.11:80 w=1
        NL NEW_DEST 10.0.0.101:80 10.0.0.11:80 w=1
        NL NEW_DEST FWM 9 10.0.0.11:0 w=1
        LOG Gained quorum 1+0=1 <= 1 for VS [grp]:0
        FIFO VS [grp]:0 UP
        EXEC quorum up",
    );
    assert_eq!(rig.on(Input::Start), start);
    assert!(rig.turns(0, false).contains(&"FIFO RS [10.0.0.11]:tcp:80 [grp]:0 DOWN".to_owned()));
}

#[test]
fn marks_have_no_protocol() {
    let mut config = basic();
    let of = &mut config.virtual_servers[0];
    (of.target, of.family) = (Target::Mark(8), Family::V6);
    let mut rig = Rig::new(&config);
    rig.on(Input::Start);
    let down = rig.turns(0, false);
    let expected = lines(
        "LOG Removing service [10.0.0.11]:none:80 from VS FWM 8
        NL DEL_DEST FWM 8 10.0.0.11:80
        FIFO RS [10.0.0.11]:none:80 FWM 8 DOWN
        EXEC down 11",
    );
    assert_eq!(down, expected);
}

#[test]
fn flushes_and_timeouts_go_round_the_services() {
    let mut config = basic();
    config.virtual_servers[0].omega = true;
    let lvs = &mut config.global.lvs;
    (lvs.flush, lvs.flush_on_stop) = (true, FlushOnStop::All);
    lvs.timeouts = Timeouts { tcp: 100, tcp_fin: 0, udp: 50 };
    let mut rig = Rig::new(&config);
    rig.on(Input::Timeouts(Timeouts { tcp: 900, tcp_fin: 120, udp: 300 }));
    assert_eq!(rig.on(Input::Start)[..2], ["NL SET_CONFIG 100 0 50", "NL FLUSH"]);
    let stop = lines(
        "NL FLUSH
        FIFO VS [10.0.0.100]:tcp:80 DOWN
        EXEC quorum down
        NL SET_CONFIG 900 120 300",
    );
    assert_eq!(rig.on(Input::Stop), stop);
}

#[test]
fn flush_of_services_leaves_their_servers_to_the_kernel() {
    let mut config = basic();
    config.global.lvs.flush_on_stop = FlushOnStop::Services;
    let mut rig = Rig::new(&config);
    rig.on(Input::Start);
    assert_eq!(rig.on(Input::Stop), ["NL DEL_SERVICE 10.0.0.100:80"]);
}

#[test]
fn each_failing_checker_that_began_as_down_is_told_once() {
    let mut config = basic();
    let server = &mut config.virtual_servers[0].real_servers[0];
    server.checkers = vec![new_checker(11), new_checker(11)];
    server.checkers.iter_mut().for_each(|checker| checker.alpha = true);
    let mut rig = Rig::new(&config);
    rig.on(Input::Start);
    let second = CheckerId { checker: 1, ..checker(0) };
    for id in [checker(0), second] {
        let told = rig.on(Input::Checker { id, up: false, says: "" });
        assert_eq!(told[0], "FIFO RS [10.0.0.11]:tcp:80 [10.0.0.100]:tcp:80 DOWN");
    }
    assert_eq!(rig.turns(0, true), [""; 0]);
    let up = rig.on(Input::Checker { id: second, up: true, says: "" });
    assert_eq!(up[0], "LOG Adding service [10.0.0.11]:tcp:80 to VS [10.0.0.100]:tcp:80");
    assert_eq!(rig.turns(0, false).len(), 4);
    assert_eq!(rig.on(Input::Checker { id: second, up: false, says: "" }), [""; 0]);
}

#[test]
fn mails_tell_of_quorums_and_of_checkers() {
    let mut config = basic();
    config.virtual_servers[0].smtp_alert = true;
    let mut rig = Rig::new(&config);
    let started = rig.on(Input::Start);
    let first = "MAIL [R] Virtualserver [10.0.0.100]:tcp:80 - UP: => Starting with quorum up 3+1=4 <= 6 <=";
    assert_eq!(started.last().unwrap(), first);
    let says = |up| if up { "MISC CHECK succeeded on service" } else { "MISC CHECK failed on service" };
    let mut turn = |at, up| rig.on(Input::Checker { id: checker(at), up, says: says(up) });
    let success = "MAIL [R] Realserver [10.0.0.11]:tcp:80 of virtual server [10.0.0.100]:tcp:80 - UP: \
                   => MISC CHECK succeeded on service <=";
    assert_eq!(turn(0, true), [success]);
    assert_eq!(turn(0, true), [""; 0]);
    turn(2, false);
    let down = turn(1, false);
    let lost = "MAIL [R] Virtualserver [10.0.0.100]:tcp:80 - DOWN: => Lost quorum 3+1=2 <= 1 <=";
    let failed = "MAIL [R] Realserver [10.0.0.12]:tcp:80 of virtual server [10.0.0.100]:tcp:80 - DOWN: \
                  => MISC CHECK failed on service <=";
    assert_eq!(down[down.len() - 2..], [lost, failed]);
}

#[test]
fn mails_about_checkers_that_change_nothing_can_be_switched_off() {
    let mut config = basic();
    config.global.lvs.no_checker_mails = true;
    let mut rig = Rig::new(&config);
    rig.on(Input::Start);
    let mut turn = |up| rig.on(Input::Checker { id: checker(2), up, says: "X" });
    assert_eq!(turn(true), [""; 0]);
    assert!(turn(false).last().unwrap().starts_with("MAIL [R] Realserver [10.0.0.13]:tcp:80 "));
}

#[test]
fn checks_rest_while_the_address_is_elsewhere() {
    let mut config = basic();
    config.virtual_servers[0].ha_suspend = true;
    config.virtual_servers[0].real_servers.truncate(1);
    let mut director = Director::new(&config);
    let of_checks = |outputs: Vec<Output>| -> Vec<String> {
        let lines = outputs.iter().filter_map(|output| match output {
            Output::Log(line) if line.text.contains("healthchecker") || line.text.contains("reflector") => {
                Some(line.text.clone())
            }
            Output::Checks { virtual_server, run } => Some(format!("checks of {virtual_server}: {run}")),
            _ => None,
        });
        lines.collect()
    };
    let line = |verb: &str| format!("{verb} healthchecker for service [10.0.0.11]:tcp:80 for VS [10.0.0.100]:tcp:80");
    assert_eq!(of_checks(director.handle(Input::Start)), [line("Deactivating"), "checks of 0: false".into()]);
    let here = BTreeSet::from([IpAddr::from([10, 0, 0, 100]), IpAddr::from([10, 0, 0, 1])]);
    let added = director.handle(Input::Addresses(&here));
    let reports = |how: &str| format!("Netlink reflector reports IP 10.0.0.100 {how}");
    assert_eq!(of_checks(added), [reports("added"), line("Activating"), "checks of 0: true".into()]);
    assert_eq!(director.handle(Input::Addresses(&here)), []);
    let removed = director.handle(Input::Addresses(&BTreeSet::new()));
    assert_eq!(of_checks(removed), [reports("removed"), line("Suspending"), "checks of 0: false".into()]);
}
