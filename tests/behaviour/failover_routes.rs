//! Routes and rules that move with a router: the kernel's tables are the same as with the original, where it is installed.

use crate::{failover_pair::original, space::Space};

const CONFIGURATION: &str = "
static_ipaddress {
    10.98.0.7/24 dev eth0
}
static_routes {
    10.50.0.0/16 via 10.99.0.9 dev eth0
    10.51.0.0/16 dev eth0 scope link table 100
}
static_rules {
    from 10.50.0.0/16 table 100 priority 200
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 200
    version 3
    advert_int 0.1
    virtual_ipaddress {
        10.99.0.100/24
    }
    virtual_routes {
        10.1.0.0/16 via 10.99.0.9 dev eth0
        10.3.0.0/16 via 10.99.0.9
        src 10.99.0.100 to 10.4.0.0/16 via 10.99.0.9 dev eth0 metric 7
        default via 10.99.0.9 dev eth0 table 200
        blackhole 10.5.0.0/16
        10.6.0.0/16 dev eth0 scope link mtu 1400 advmss lock 1300 tos 16
        10.7.0.0/16 nexthop via 10.99.0.9 dev eth0 weight 3 nexthop via 10.99.0.8 dev eth0 weight 2
        fd00:5::/64 via fd00:99::9 dev eth0
        10.9.0.0/16 via 10.98.1.9 dev eth0 onlink
        10.10.0.0/16 dev eth0 rtt 2400 rttvar 300.5ms rto_min 5ms features ecn congctl lock reno
        10.11.0.0/16 dev eth0 congctl reno realms 5/6 append
        10.12.0.0/16 nexthop via 10.99.0.9 dev eth0 realms 5 nexthop via 10.99.0.8 dev eth0 realms 2/3
        10.13.0.0/16 via 10.99.0.9 dev eth0 ttl-propagate enabled
        fd00:6::/64 dev eth0 pref high
        fd00:7::/64 dev eth0 from fd01::/64 pref 3
    }
    virtual_rules {
        from 192.0.2.0/24 table 100
        from 192.0.2.1 to 192.0.2.2 iif eth0 table 5 preference 100
        fwmark 5/15 tos 16 table 6
        blackhole from 1.2.3.0/24
        from fd00:5::/64 table 9
        from 192.0.2.3 ipproto udp sport 1-2 dport 3-4 table 5 preference 101
        from 192.0.2.4 realms 5/6 suppress_ifgroup 7 tunnel-id 8 table 5 preference 102
        from 192.0.2.5 ipproto 50 protocol 4 no_track table 5 preference 103
    }
}
";

/// The tables while master, and after the end.
const TABLES: &str = r#"
ip -6 addr add fd00:99::1/64 dev eth0 nodad
tables() { ip route show table all | grep 'proto keepalived\|nexthop'; ip rule | grep keepalived; ip -6 rule | grep keepalived; }
start() { "$1" -n -l -D -f $D/keepalived.conf >>/run/log 2>&1 & P=$!; }
start "$PROGRAM"; until_ok 8 has 10.99.0.100; until_ok 5 eval 'ip -6 rule | grep -q fd00:5'; has 10.98.0.7 && tables
"#;

fn tables(program: &str, rest: &str) -> Option<String> {
    let space = Space::new(CONFIGURATION)?;
    Some(space.run(&format!("PROGRAM={program}\n{TABLES}\n{rest}")))
}

const END: &str = "kill $P; wait $P; echo end; tables; has 10.98.0.7 || echo gone";

#[test]
fn kernels_tables_are_the_originals() {
    let Some(ours) = tables("$KA", END) else { return };
    for line in [
        "default via 10.99.0.9 dev eth0 table 200 proto keepalived",
        "10.4.0.0/16 via 10.99.0.9 dev eth0 proto keepalived src 10.99.0.100 metric 7",
        "10.6.0.0/16 tos 0x10 dev eth0 proto keepalived scope link mtu 1400 advmss lock 1300",
        "nexthop via 10.99.0.8 dev eth0 weight 2",
        "blackhole 10.5.0.0/16 proto keepalived",
        "10.51.0.0/16 dev eth0 table 100 proto keepalived scope link",
        "16384:\tfrom 192.0.2.0/24 lookup 100 proto keepalived",
        "16383:\tfrom all tos 0x10 fwmark 0x5/0xf lookup 6 proto keepalived",
    ] {
        assert!(ours.contains(line), "{line}: {ours}");
    }
    assert!(ours.ends_with("end\ngone\n"), "{ours}");
    match original() {
        Some(path) => assert_eq!(Some(ours), tables(&path, END)),
        None => eprintln!("skipped: there is no other keepalived here"),
    }
}

#[test]
fn removed_route_comes_back_by_an_election() {
    let rest = "ip route del 10.1.0.0/16; until_ok 5 eval 'ip route | grep -q ^10.1.0.0/16' && echo back
                grep -c 'Entering BACKUP STATE$' /run/log; ip addr del 10.98.0.7/24 dev eth0; until_ok 5 has 10.98.0.7 && echo too
                kill $P; wait $P";
    let Some(out) = tables("$KA", rest) else { return };
    assert!(out.ends_with("back\n1\ntoo\n"), "{out}");
}

#[test]
fn reload_changes_only_the_routes_that_changed() {
    let rest = "ip monitor route > /run/monitor & sleep 0.3
                sed -i 's/10.3.0.0.16/10.33.0.0\\/16/; s/table 9/table 10/' $D/keepalived.conf; kill -HUP $P
                until_ok 5 eval 'ip route | grep -q ^10.33.0.0/16'; until_ok 5 eval 'ip -6 rule | grep -q \"lookup 10\"'
                ip route | grep -c ^10.3.0.0/16; ip -6 rule | grep -c 'lookup 9'; grep -c 10.1.0.0 /run/monitor
                grep -c 'Entering' /run/log; kill $P; wait $P";
    let Some(out) = tables("$KA", rest) else { return };
    assert!(out.ends_with("0\n0\n0\n2\n"), "{out}");
}

#[test]
fn removed_rule_comes_back_by_an_election_and_a_static_one_at_once() {
    let rest = "ip rule del preference 16384; until_ok 5 eval 'ip rule | grep -q ^16384:' && echo back
                grep -c 'Entering BACKUP STATE$' /run/log; ip rule del preference 200
                until_ok 5 eval 'ip rule | grep -q ^200:' && echo too; kill $P; wait $P";
    let Some(out) = tables("$KA", rest) else { return };
    assert!(out.contains("back\n1\n"), "{out}");
    assert!(out.ends_with("too\n"), "{out}");
}

#[test]
fn routers_of_a_track_group_are_in_fault_while_something_static_is_lost() {
    let Some(space) = Space::new(
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.05\n virtual_ipaddress {\n \
         10.99.0.100\n }\n}\ntrack_group needs {\n group {\n VI_1\n }\n}\nstatic_ipaddress {\n 10.98.0.7/24 dev eth1 \
         track_group needs\n}\n",
    ) else {
        return;
    };
    let out = space.run(
        "ip link add eth1 type veth peer name eth8; ip link set eth1 up; start; until_ok 5 has 10.99.0.100
         has 10.98.0.7 eth1 && echo there; ip addr del 10.98.0.7/24 dev eth1; until_ok 5 has 10.98.0.7 eth1 && echo 'put back'
         ip link del eth1; until_ok 5 logged 'Entering FAULT STATE'; until_ok 5 hasnt 10.99.0.100 && echo fault
         ip link add eth1 type veth peer name eth8; ip link set eth1 up; until_ok 5 has 10.98.0.7 eth1
         until_ok 5 has 10.99.0.100 && echo master; stop",
    );
    assert_eq!(out, "there\nput back\nfault\nmaster\nexit 0\n");
}
