//! Virtual MAC addresses: interfaces that come and go with the daemon, and what their neighbours see. Ipvlans, where the kernel
//! has none (where it has them, `tests/guest/ipvlan` compares with the original).

use crate::{failover_pair::roles, space::Space};

/// A router with an address on its own interface, and one elsewhere.
fn configuration(rest: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n version 3\n advert_int 0.1\n \
         virtual_ipaddress {{\n 10.99.0.100/24\n 10.98.0.100/24 dev eth1\n }}\n{rest}\n}}\n"
    )
}

const THIRD: &str = "ip link add eth1 type veth peer name eth8; ip link set eth1 up; ip link set eth8 up";

/// Whom the first advert comes from that arrives at the other end, and what MAC address an interface has.
const HEARD: &str = "heard() { python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0800); s.bind((\"eth9\", 0x0800)); s.settimeout(3)
while True:
    f = s.recv(999)
    if f[23] == 112: print(f[6:12].hex(\":\")); break'; }
mac() { ip -o link show dev $1 | sed 's/.*ether \\([0-9a-f:]*\\).*/\\1/'; }";

#[test]
fn addresses_are_on_an_interface_with_the_routers_mac_and_it_goes_with_the_daemon() {
    let Some(space) = Space::new(&configuration("use_vmac")) else { return };
    let out = space.run(&format!(
        "{THIRD}; {HEARD}; start; until_ok 5 has 10.99.0.100 vrrp.51; has 10.98.0.100 eth1 && echo elsewhere
         mac vrrp.51; heard
         sysctl -n net.ipv4.conf.eth0.arp_ignore net.ipv4.conf.eth0.arp_filter
         stop; ip -br link | grep -c vrrp; sysctl -n net.ipv4.conf.eth0.arp_ignore; grep -c 'Success removing VMAC interface vrrp.51' /run/log"
    ));
    assert_eq!(out, "elsewhere\n00:00:5e:00:01:33\n00:00:5e:00:01:33\n1\n1\nexit 0\n0\n0\n1\n", "made, heard, removed");
}

#[test]
fn adverts_may_leave_by_the_interface_below() {
    let Some(space) = Space::new(&configuration("use_vmac vm 02:11:22:33:44\nvmac_xmit_base")) else { return };
    let out = space.run(&format!(
        "{THIRD}; {HEARD}; start; until_ok 5 has 10.99.0.100 vm; heard; mac vm; stop; ip -br link | grep -c vm"
    ));
    assert_eq!(out, "02:00:00:00:00:0a\n02:11:22:33:44:33\nexit 0\n0\n");
}

#[test]
fn addresses_elsewhere_get_interfaces_of_their_own_when_asked_for() {
    for rest in ["use_vmac_addr", "use_vmac\nuse_vmac_addr"] {
        let Some(space) = Space::new(&configuration(rest)) else { return };
        let name = if rest.len() > 15 { "vrrp1.51" } else { "vrrp.51" };
        let out = space.run(&format!(
            "{THIRD}; {HEARD}; start; until_ok 5 has 10.98.0.100 {name} && mac {name}; stop; ip -br link | grep -c vrrp"
        ));
        assert_eq!(out, "00:00:5e:00:01:33\nexit 0\n0\n", "{rest}");
    }
}

#[test]
fn interface_of_an_earlier_life_is_taken_over_and_a_reload_removes_it() {
    let Some(space) = Space::new(&configuration("use_vmac")) else { return };
    let out = space.run(&format!(
        "{THIRD}; start; until_ok 5 has 10.99.0.100 vrrp.51; kill -9 $(cat /run/vrrp.pid); until_ok 5 logged 'Found matching interface'
         until_ok 5 has 10.99.0.100 vrrp.51 && echo again; sed -i '/use_vmac/d' $D/keepalived.conf; kill -HUP $P
         until_ok 5 has 10.99.0.100 eth0; ip -br link | grep -c vrrp; stop"
    ));
    assert_eq!(out, "again\n0\nexit 0\n");
}

#[test]
fn base_that_goes_down_is_a_fault_and_comes_back() {
    let Some(space) = Space::new(&configuration("use_vmac")) else { return };
    let out = space.run(&format!(
        "{THIRD}; start; until_ok 5 has 10.99.0.100 vrrp.51; ip link set eth9 down; until_ok 5 hasnt 10.99.0.100 vrrp.51
         until_ok 5 logged 'Entering FAULT STATE'; ip link set eth9 up; until_ok 8 has 10.99.0.100 vrrp.51 && echo back; stop"
    ));
    assert_eq!(out, "back\nexit 0\n");
}

#[test]
fn pairs_share_one_mac_and_one_of_them_is_master() {
    let router = |rest: &str| {
        format!("vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n use_vmac\n{rest}\n}}\n")
    };
    roles(&router("virtual_ipaddress {\n 10.99.0.100/24\n }"), "10.99.0.100");
    roles(&router("advert_int 0.2\n virtual_ipaddress {\n fe80::51/64\n fd00:99::51/64\n }"), "fd00:99::51");
}

#[test]
fn router_without_its_ipvlan_takes_no_address() {
    let Some(space) = Space::new(&configuration("use_ipvlan 10.99.0.7/24 private")) else { return };
    let out = space.run(&format!(
        "{THIRD}; start; if ip link add iv9 link eth0 type ipvlan mode l2 private 2>/dev/null; then ip link del iv9
         until_ok 5 has 10.99.0.100 eth0; has 10.99.0.7/24 vrrp.51 && echo right
         else until_ok 5 logged 'Reason: interface vrrp.51 down'; logged 'Unable to create ipvlan interface vrrp.51'
         has 10.99.0.100 eth0 || echo right; fi; stop; ip -br link | grep -c vrrp"
    ));
    assert_eq!(out, "right\nexit 0\n0\n");
}

#[test]
fn vrf_is_for_routers_without_an_interface_and_those_cannot_run() {
    let Some(space) = Space::new(&configuration("vrf eth1")) else { return };
    let out = space.run(&format!(
        "{THIRD}; \"$KA\" -t -f $D/keepalived.conf; echo $?; sed -i '/interface eth0/d' $D/keepalived.conf
         \"$KA\" -t -f $D/keepalived.conf; echo $?; \"$KA\" -n -l -f $D/keepalived.conf 2>/dev/null; echo $?"
    ));
    let lines: Vec<&str> = out.lines().filter(|line| !line.starts_with('(')).collect();
    assert_eq!(lines, ["5", "5", "2"], "{out}");
    assert!(out.contains("(VI_1) Cannot specify VRF interface and interface - ignoring"), "{out}");
    assert!(out.contains("(VI_1) Unknown interface!"), "{out}");
}
