//! What a reload changes, and what it leaves alone.

use super::*;
use crate::{
    ipvs::testing::{checker as new_checker, failover, real_server, sorry_server, virtual_server},
    ir::failover::{Forwarding, Target},
};

fn two() -> Failover {
    let mut of = virtual_server();
    (of.quorum, of.sorry_server) = (3, Some(sorry_server()));
    of.real_servers = vec![real_server(11, 1), real_server(12, 2)];
    failover(vec![of])
}

fn running(config: &Failover) -> Rig {
    let mut rig = Rig::new(config);
    rig.on(Input::Start);
    rig
}

fn reload(rig: &mut Rig, config: &Failover) -> Vec<String> {
    rig.on(Input::Reload(Box::new(config.clone())))
}

#[test]
fn same_configuration_is_no_change() {
    let mut rig = running(&two());
    rig.turns(0, false);
    assert_eq!(reload(&mut rig, &two()), [""; 0]);
    assert_eq!(rig.pool(), ["10.0.0.200:80 w=1"]);
}

#[test]
fn other_weight_is_edited() {
    let mut rig = running(&two());
    let mut config = two();
    config.virtual_servers[0].real_servers[1].weight = 5;
    let expected = lines(
        "LOG Changing weight from 2 to 5 for active service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=5",
    );
    assert_eq!(reload(&mut rig, &config), expected);
}

#[test]
fn other_scheduler_and_other_forwarding_are_edited() {
    let mut rig = running(&two());
    let mut config = two();
    config.virtual_servers[0].scheduler = "rr";
    config.virtual_servers[0].real_servers[1].forwarding = Forwarding::Direct;
    let expected = lines(
        "DETAIL Changing scheduler of VS [10.0.0.100]:tcp:80
        NL SET_SERVICE 10.0.0.100:80 rr
        DETAIL Changing forwarding method of service [10.0.0.12]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL SET_DEST 10.0.0.100:80 10.0.0.12:80 w=2",
    );
    assert_eq!(reload(&mut rig, &config), expected);
}

#[test]
fn server_that_is_down_is_not_brought_back_by_its_new_settings() {
    let mut rig = running(&two());
    rig.turns(1, false);
    let mut config = two();
    config.virtual_servers[0].quorum = 1;
    config.virtual_servers[0].real_servers[1].upper_threshold = 9;
    reload(&mut rig, &config);
    assert_eq!(rig.pool(), ["10.0.0.11:80 w=1"]);
}

#[test]
fn servers_come_before_others_go() {
    let mut rig = running(&two());
    let mut config = two();
    config.virtual_servers[0].real_servers[0] = real_server(13, 1);
    let expected = lines(
        "DETAIL New service [10.0.0.13]:tcp:80 of VS [10.0.0.100]:tcp:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.13:80 w=1
        LOG service [10.0.0.11]:tcp:80 no longer exist
        NL DEL_DEST 10.0.0.100:80 10.0.0.11:80",
    );
    assert_eq!(reload(&mut rig, &config), expected);
}

#[test]
fn virtual_server_that_goes_is_emptied_first() {
    let mut config = two();
    let mut second = virtual_server();
    second.omega = true;
    second.target = Target::Address { address: [10, 0, 0, 101].into(), port: 80 };
    second.real_servers = vec![real_server(15, 1)];
    config.virtual_servers.push(second);
    let mut rig = running(&config);
    let expected = lines(
        "LOG Removing Virtual Server [10.0.0.101]:tcp:80
        LOG Removing service [10.0.0.15]:tcp:80 from VS [10.0.0.101]:tcp:80
        NL DEL_DEST 10.0.0.101:80 10.0.0.15:80
        FIFO RS [10.0.0.15]:tcp:80 [10.0.0.101]:tcp:80 DOWN
        EXEC down 15
        FIFO VS [10.0.0.101]:tcp:80 DOWN
        EXEC quorum down
        NL DEL_SERVICE 10.0.0.101:80",
    );
    assert_eq!(reload(&mut rig, &two()), expected);
}

#[test]
fn sorry_server_in_use_is_exchanged() {
    let mut rig = running(&two());
    rig.turns(0, false);
    let mut config = two();
    config.virtual_servers[0].sorry_server.as_mut().unwrap().address = [10, 0, 0, 201].into();
    let expected = lines(
        "LOG Removing sorry server [10.0.0.200]:tcp:80 from VS [10.0.0.100]:tcp:80
        LOG Adding sorry server [10.0.0.201]:tcp:80 to VS [10.0.0.100]:tcp:80
        NL DEL_DEST 10.0.0.100:80 10.0.0.200:80
        NL NEW_DEST 10.0.0.100:80 10.0.0.201:80 w=1",
    );
    assert_eq!(reload(&mut rig, &config), expected);
    config.virtual_servers[0].sorry_server = None;
    reload(&mut rig, &config);
    assert_eq!(rig.pool(), ["10.0.0.12:80 w=2"], "nobody stands in: what lives must serve");
}

#[test]
fn checker_that_asks_the_same_keeps_its_answer_wherever_it_stands() {
    let mut rig = running(&two());
    rig.turns(0, false);
    let mut config = two();
    config.virtual_servers[0].real_servers.swap(0, 1);
    config.virtual_servers[0].real_servers[1].checkers.insert(0, new_checker(99));
    assert_eq!(reload(&mut rig, &config), [""; 0]);
    let id = CheckerId { checker: 1, ..checker(1) };
    let up = rig.on(Input::Checker { id, up: true, says: "" });
    assert_eq!(up[0], "LOG Adding service [10.0.0.11]:tcp:80 to VS [10.0.0.100]:tcp:80");
}

#[test]
fn new_checker_of_a_living_server_takes_nothing_away_before_it_has_asked() {
    let mut rig = running(&two());
    let mut config = two();
    config.virtual_servers[0].real_servers[0].checkers[0] = new_checker(98);
    config.virtual_servers[0].real_servers[0].checkers[0].alpha = true;
    assert_eq!(reload(&mut rig, &config), [""; 0]);
}

#[test]
fn service_that_moves_from_one_block_to_another_is_never_away() {
    let mut rig = running(&two());
    let mut config = two();
    let first = std::net::IpAddr::from([10, 0, 0, 100]);
    let of = &mut config.virtual_servers[0];
    of.target = Target::Group("g".into());
    let ranges = vec![crate::ir::failover::virtual_server::AddressRange { first, more: 0, port: 80 }];
    let group = crate::ir::failover::VirtualServerGroup { name: "g".into(), at: of.at, ranges, marks: Vec::new() };
    config.virtual_server_groups = vec![group];
    let kernel: Vec<_> = reload(&mut rig, &config).into_iter().filter(|line| line.starts_with("NL")).collect();
    assert_eq!(kernel, [""; 0]);
}
