//! Bytes on the wire: a configuration goes in, and what leaves equals what keepalived 2.2.7 sent for the same file.
//!
//! The expected bytes were recorded from pairs of the original. IPv6's header is the kernel's (its flow label is chance), so
//! there the message alone is compared.

use std::{net::IpAddr, time::Duration};

use hawser::{
    ir::failover::{Failover, RunAs},
    keepalived::{
        self,
        system::{Program, System, Unreadable},
    },
    net::announce::{gratuitous_arp, neighbour_advertisement},
    vrrp::{
        Input, Output, Router, Timing,
        input::Link,
        ip::wrap_v4,
        output::{Announce, Packet, TimerKind},
    },
};

/// One file, one interface, root.
struct OneFile(&'static str);

impl System for OneFile {
    fn read(&self, _: &str) -> Result<String, Unreadable> {
        Ok(self.0.to_owned())
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        vec![pattern.to_owned()]
    }

    fn interface_exists(&self, _: &str) -> bool {
        true
    }

    fn user(&self, _: &str) -> Option<RunAs> {
        Some(RunAs::default())
    }

    fn group(&self, _: &str) -> Option<u32> {
        Some(0)
    }

    fn own(&self) -> RunAs {
        RunAs::default()
    }

    fn program(&self, _: &[u8], _: &RunAs) -> Program {
        Program::NotFound
    }

    fn host_name(&self) -> String {
        "host".into()
    }

    fn working_directory(&self) -> String {
        "/etc/keepalived".into()
    }

    fn random(&self) -> u16 {
        0
    }
}

fn configuration(text: &'static str) -> Failover {
    let checked = keepalived::load(&OneFile(text), "keepalived.conf", "host");
    let complaints: Vec<String> = checked.report.lines(&checked.sources).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    checked.config
}

/// Everything that a router does until it has been master for six seconds.
fn become_master(text: &'static str, addresses: &[&str]) -> (Router, Vec<Output>) {
    become_master_since(Duration::ZERO, text, addresses)
}

/// The same, begun so long after 1970.
fn become_master_since(epoch: Duration, text: &'static str, addresses: &[&str]) -> (Router, Vec<Output>) {
    let mut router = Router::new(configuration(text), Timing::Original);
    router.set_epoch(epoch);
    let addresses = addresses.iter().map(|text| text.parse().expect("an address")).collect();
    let mac = Some([0x9a, 0x16, 0x79, 0x51, 0x36, 0xa3]);
    let mut now = Duration::ZERO;
    router.handle(now, Input::Link(Link { name: "eth0".into(), index: 2, up: true, addresses, mac, mtu: 1500 }));
    router.handle(now, Input::Link(Link { name: "eth1".into(), index: 3, up: true, mac, ..Link::default() }));
    let mut timers = std::collections::BTreeMap::new();
    let mut all = Vec::new();
    let mut pending = router.handle(now, Input::Start);
    let mut master_since = None;
    loop {
        for output in pending {
            match &output {
                Output::Arm { timer, at } => {
                    timers.insert(timer.clone(), *at);
                }
                Output::Cancel(timer) => {
                    timers.remove(timer);
                }
                _ => {}
            }
            all.push(output);
        }
        let Some((timer, at)) = timers.iter().min_by_key(|(_, at)| **at).map(|(id, at)| (id.clone(), *at)) else {
            break;
        };
        if timer.kind == TimerKind::MasterDown {
            master_since = Some(at);
        }
        if master_since.is_some_and(|since| at > since + Duration::from_secs(6)) {
            break;
        }
        timers.remove(&timer);
        now = at;
        pending = router.handle(now, Input::Timer(timer));
    }
    (router, all)
}

fn packets(outputs: &[Output]) -> Vec<&Packet> {
    outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send(packet) => Some(packet),
            _ => None,
        })
        .collect()
}

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
    digits.chunks(2).map(byte).collect()
}

fn datagram(packet: &Packet) -> Vec<u8> {
    match (packet.source, packet.destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            wrap_v4(packet.protocol, packet.id, packet.ttl, source, destination, &packet.payload)
        }
        _ => panic!("IPv4 expected"),
    }
}

/// The first datagrams of a file equal these.
fn assert_sent(text: &'static str, address: &str, expected: &[&str]) {
    let (_, outputs) = become_master(text, &[address]);
    let sent = packets(&outputs);
    for (packet, expected) in sent.iter().zip(expected) {
        assert_eq!(datagram(packet), hex(expected));
    }
    assert!(sent.len() >= expected.len());
}

#[test]
fn version_2_multicast_counts_its_datagrams() {
    assert_sent(
        "vrrp_instance VI { \n state BACKUP \n interface eth0 \n virtual_router_id 60 \n priority 150 \n \
         virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &[
            "45c0 0028 0001 0000 ff70 d02e 0a63 0001 e000 0012 213c 9601 0001 3e22 0a63 003c 0000 0000 0000 0000",
            "45c0 0028 0002 0000 ff70 d02d 0a63 0001 e000 0012 213c 9601 0001 3e22 0a63 003c 0000 0000 0000 0000",
        ],
    );
}

#[test]
fn version_2_unicast_goes_to_the_peer() {
    assert_sent(
        "vrrp_instance VI { \n interface eth0 \n virtual_router_id 60 \n priority 150 \n unicast_src_ip 10.99.0.1 \n \
         unicast_peer { \n 10.99.0.2 \n } \n virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &["45c0 0028 0001 0000 ff70 a5dc 0a63 0001 0a63 0002 213c 9601 0001 3e22 0a63 003c 0000 0000 0000 0000"],
    );
}

#[test]
fn password_is_in_clear_and_in_the_checksum() {
    assert_sent(
        "vrrp_instance VI { \n interface eth0 \n virtual_router_id 60 \n priority 150 \n authentication { \n \
         auth_type PASS \n auth_pass aaaa \n } \n virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &["45c0 0028 0001 0000 ff70 d02e 0a63 0001 e000 0012 213c 9601 0101 7a5f 0a63 003c 6161 6161 0000 0000"],
    );
}

#[test]
fn authentication_header_sums_over_the_ip_header_and_counts() {
    assert_sent(
        "vrrp_instance VI { \n interface eth0 \n virtual_router_id 60 \n priority 150 \n authentication { \n \
         auth_type AH \n auth_pass abcd \n } \n virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &[
            "45c0 0040 0001 0000 ff33 d053 0a63 0001 e000 0012 7004 0000 0a63 0001 0000 0001 ac59 835f f08b 5f6c fab7 \
             1a47 213c 9601 0201 3c22 0a63 003c 0000 0000 0000 0000",
            "45c0 0040 0002 0000 ff33 d052 0a63 0001 e000 0012 7004 0000 0a63 0001 0000 0002 26c0 0f7a 1aa1 805f 88d8 \
             886a 213c 9601 0201 3c22 0a63 003c 0000 0000 0000 0000",
        ],
    );
}

#[test]
fn two_addresses_keep_the_order_of_the_file() {
    assert_sent(
        "vrrp_instance VI_1 { \n interface eth0 \n virtual_router_id 51 \n priority 90 \n authentication { \n \
         auth_type PASS \n auth_pass s3cret \n } \n virtual_ipaddress { \n 10.99.0.100/24 \n 10.99.0.101/24 label \
         eth0:1 \n } \n }",
        "10.99.0.2",
        &["45c0 002c 0001 0000 ff70 d029 0a63 0002 e000 0012 2133 5a02 0101 3220 0a63 0064 0a63 0065 7333 6372 6574 \
             0000"],
    );
}

#[test]
fn version_3_of_ipv4_sums_over_a_pseudo_header() {
    assert_sent(
        "vrrp_instance VI { \n version 3 \n interface eth0 \n virtual_router_id 52 \n priority 80 \n advert_int 0.5 \n \
         virtual_ipaddress { \n 10.99.0.110/24 \n } \n }",
        "10.99.0.2",
        &["45c0 0020 0001 0000 ff70 d035 0a63 0002 e000 0012 3134 5001 0032 88d3 0a63 006e"],
    );
    assert_sent(
        "vrrp_instance VI { \n version 3 \n interface eth0 \n virtual_router_id 60 \n priority 100 \n advert_int 0.01 \n \
         virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.2",
        &["45c0 0020 0001 0000 ff70 d035 0a63 0002 e000 0012 313c 6401 0001 752e 0a63 003c"],
    );
    assert_sent(
        "vrrp_instance VI { \n version 3 \n interface eth0 \n virtual_router_id 60 \n priority 150 \n advert_int 0.1 \n \
         unicast_src_ip 10.99.0.1 \n unicast_peer { \n 10.99.0.2 \n } \n virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &["45c0 0020 0001 0000 ff70 a5e4 0a63 0001 0a63 0002 313c 9601 000a 18d4 0a63 003c"],
    );
}

#[test]
fn version_3_can_be_summed_without_a_pseudo_header() {
    assert_sent(
        "vrrp_instance VI { \n version 3 \n v3_checksum_as_v2 \n interface eth0 \n virtual_router_id 60 \n priority 150 \n \
         virtual_ipaddress { \n 10.99.0.60/24 \n } \n }",
        "10.99.0.1",
        &["45c0 0020 0001 0000 ff70 d036 0a63 0001 e000 0012 313c 9601 0064 2dbf 0a63 003c"],
    );
}

#[test]
fn signed_advert_is_that_of_keepalived_2_4() {
    let text = "vrrp_instance VI { \n interface eth0 \n virtual_router_id 60 \n priority 150 \n auth_hmac { \n \
                key 1 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f \n active_key 1 \n } \n \
                virtual_ipaddress { \n 10.99.0.60/24 \n } \n }";
    // The first advert leaves three intervals and the skew of priority 150 after the start.
    let signed =
        Duration::from_secs(0x6b02_884e) + Duration::from_secs(1) * 0x7b19 / 0x10000 + Duration::from_micros(1);
    let (_, outputs) =
        become_master_since(signed - Duration::from_secs(1) * (3 * 256 + 106) / 256, text, &["10.99.0.1"]);
    let expected =
        hex("45c0 0044 0001 0000 ff70 d012 0a63 0001 e000 0012 213c 9601 0001 3e22 0a63 003c 0000 0000 0000 0000 \
         0101 0000 6b02 884e 7b19 0000 9ae3 4072 8feb 9ed1 97a0 3f30 b472 c4e9");
    assert_eq!(datagram(packets(&outputs)[0]), expected);
}

#[test]
fn old_checksum_of_unicast_is_that_of_the_group() {
    assert_sent(
        "vrrp_instance X { \n version 3 \n interface eth0 \n virtual_router_id 50 \n priority 150 \n advert_int 0.2 \n \
         old_unicast_checksum \n unicast_src_ip 10.99.0.1 \n unicast_peer { \n 10.99.0.2 \n } \n virtual_ipaddress { \n \
         10.99.0.150 \n 10.98.0.150 dev eth1 \n 10.98.0.250 dev eth1 \n } \n }",
        "10.99.0.1",
        &["45c0 0028 0001 0000 ff70 a5dc 0a63 0001 0a63 0002 3132 9603 0014 2c6e 0a63 0096 0a62 0096 0a62 00fa"],
    );
}

#[test]
fn owner_is_master_from_the_first_moment() {
    let text = "vrrp_instance VI { \n state MASTER \n version 3 \n interface eth0 \n virtual_router_id 60 \n priority \
                255 \n virtual_ipaddress { \n 10.99.0.60/24 \n } \n }";
    let mut router = Router::new(configuration(text), Timing::Original);
    let addresses = vec![IpAddr::from([10, 99, 0, 1])];
    router.handle(Duration::ZERO, Input::Link(Link { name: "eth0".into(), up: true, addresses, ..Link::default() }));
    let outputs = router.handle(Duration::ZERO, Input::Start);
    let expected = hex("45c0 0020 0001 0000 ff70 d036 0a63 0001 e000 0012 313c ff01 0064 d9cb 0a63 003c");
    assert_eq!(datagram(packets(&outputs)[0]), expected);
}

#[test]
fn version_3_of_ipv6_comes_from_the_link_local_address() {
    let text = "vrrp_instance VI_6 { \n interface eth0 \n virtual_router_id 53 \n priority 80 \n virtual_ipaddress { \n \
                fe80::53/64 \n fd00:99::53/64 \n } \n }";
    let (_, outputs) = become_master(text, &["fd00:99::2", "fe80::9816:79ff:fe51:36a3"]);
    let first = packets(&outputs)[0];
    let expected =
        hex("3135 5002 0064 3c6a fe80 0000 0000 0000 0000 0000 0000 0053 fd00 0099 0000 0000 0000 0000 0000 0053");
    assert_eq!(first.payload, expected);
    assert_eq!((first.source.to_string(), first.ttl), ("fe80::9816:79ff:fe51:36a3".into(), 255));
    assert_eq!(first.destination.to_string(), "ff02::12");
}

#[test]
fn stop_is_priority_zero() {
    let text = "vrrp_instance VI_1 { \n interface eth0 \n virtual_router_id 51 \n priority 103 \n virtual_ipaddress { \n \
                192.168.56.10 \n } \n }";
    let (mut router, _) = become_master(text, &["192.168.56.11"]);
    let outputs = router.handle(Duration::from_secs(60), Input::Stop);
    let last = packets(&outputs);
    assert_eq!(last.len(), 1);
    assert_eq!(last[0].payload, hex("2133 0001 0001 e617 c0a8 380a 0000 0000 0000 0000"));
}

#[test]
fn announcements_come_in_fives_at_once_and_after_five_seconds() {
    let text = "vrrp_instance VI_1 { \n interface eth0 \n virtual_router_id 51 \n virtual_ipaddress { \n 192.168.56.10 \n \
                } \n virtual_ipaddress_excluded { \n fe80::53/64 \n } \n }";
    let (_, outputs) = become_master(text, &["192.168.56.11"]);
    let announced: Vec<(IpAddr, u32)> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Announce(Announce { ip, count, .. }) => Some((*ip, *count)),
            _ => None,
        })
        .collect();
    let (v4, v6): (IpAddr, IpAddr) =
        ("192.168.56.10".parse().expect("an address"), "fe80::53".parse().expect("an address"));
    assert_eq!(announced, [(v4, 5), (v6, 5), (v4, 5), (v6, 5)]);

    let order: Vec<&str> = outputs
        .iter()
        .filter_map(|output| match output {
            Output::Send(_) => Some("advert"),
            Output::AddAddress { .. } => Some("address"),
            Output::Announce(_) => Some("announce"),
            _ => None,
        })
        .take(5)
        .collect();
    assert_eq!(order, ["advert", "address", "address", "announce", "announce"]);
}

#[test]
fn switches_elsewhere_are_told_again_and_again_by_one_address_of_each_interface() {
    let text = "vrrp_instance X { \n interface eth0 \n virtual_router_id 50 \n garp_extra_if all 2 \n garp_master_delay 0 \n \
                virtual_ipaddress { \n 10.99.0.150 \n 10.98.0.150 dev eth1 \n 10.98.0.250 dev eth1 \n } \n }";
    let (_, outputs) = become_master(text, &["10.99.0.1"]);
    let announced = outputs.iter().filter_map(|output| match output {
        Output::Announce(Announce { interface, ip, count: 1, .. }) => Some((interface.as_str(), ip.to_string())),
        _ => None,
    });
    let expected = ("eth1", "10.98.0.150".to_owned());
    assert_eq!(announced.collect::<Vec<_>>(), [expected.clone(), expected.clone(), expected]);
}

#[test]
fn frames_are_the_originals() {
    assert_eq!(
        gratuitous_arp([8, 0, 0x27, 0x17, 0x29, 0xf3], "192.168.56.10".parse().expect("an address")),
        hex("ffff ffff ffff 0800 2717 29f3 0806 0001 0800 0604 0001 0800 2717 29f3 c0a8 380a ffff ffff ffff c0a8 380a"),
    );
    assert_eq!(
        neighbour_advertisement([0x9a, 0x16, 0x79, 0x51, 0x36, 0xa3], "fd00:99::53".parse().expect("an address")),
        hex(
            "3333 0000 0001 9a16 7951 36a3 86dd 6000 0000 0020 3aff fd00 0099 0000 0000 0000 0000 0000 0053 ff02 0000 \
             0000 0000 0000 0000 0000 0001 8800 10bb 2000 0000 fd00 0099 0000 0000 0000 0000 0000 0053 0201 9a16 7951 \
             36a3"
        ),
    );
}
