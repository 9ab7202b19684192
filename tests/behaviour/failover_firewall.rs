//! Addresses that nobody may use, and reports of groups that leave by the right interface.

use crate::space::Space;

/// Asks port 80 of an address from a second host, where a server of the first answers.
const ASK: &str =
    "mount -t tmpfs none /run/netns; ip netns add b; ip link set eth9 netns b; ip -n b addr add 10.99.0.2/24 dev eth9
 ip -n b link set eth9 up; python3 -m http.server 80 >/dev/null 2>&1 & W=$!
 ask() { ip netns exec b python3 -c 'import socket, sys
try: socket.create_connection((sys.argv[1], 80), 1); print(\"open\")
except OSError: print(\"closed\")' $1; }
 answers() { [ $(ask 10.99.0.1) = open ]; }; until_ok 5 answers";

fn configuration(settings: &str, rest: &str) -> String {
    format!(
        "global_defs {{\n{settings}\n}}\nvrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n \
         version 3\n advert_int 0.05\n virtual_ipaddress {{\n 10.99.0.100/24\n }}\n virtual_ipaddress_excluded {{\n \
         fd00:99::100/64\n fe80::100/64\n }}\n{rest}\n}}\n"
    )
}

#[test]
fn address_without_accept_answers_nobody_and_is_open_again_afterwards() {
    for (rest, expected) in [("no_accept", "closed"), ("accept", "open"), ("no_accept\naccept", "open")] {
        let Some(space) = Space::new(&configuration("nftables_counters", rest)) else { return };
        let out = space.run(&format!(
            "{ASK}; start; until_ok 5 has 10.99.0.100; ask 10.99.0.100; ask 10.99.0.1; stop
             ip addr add 10.99.0.100/24 dev eth0; ask 10.99.0.100; kill $W"
        ));
        assert!(out.starts_with(&format!("{expected}\nopen\nexit 0\nopen\n")), "{rest}: {out}");
    }
}

#[test]
fn owner_of_an_address_always_takes_its_packets() {
    let Some(space) = Space::new(&configuration("nftables other\nnftables_priority 5", "no_accept\nstate MASTER"))
    else {
        return;
    };
    let out = space.run(&format!(
        "{ASK}; sed -i 's/priority 150/priority 255/' $D/keepalived.conf; start; until_ok 5 has 10.99.0.100; ask 10.99.0.100
         grep -c 'Unable to set nftables' /run/log; stop; kill $W"
    ));
    assert!(out.starts_with("open\n0\nexit 0\n"), "{out}");
}

#[test]
fn reports_of_groups_leave_with_the_mac_of_the_interface_below() {
    let Some(space) = Space::new(&configuration("", "use_vmac")) else { return };
    let out = space.run(
        "python3 -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0x0800); s.bind((\"eth9\", 0x0800)); s.settimeout(4); seen = set()
open(\"/run/listening\", \"w\")
try:
    while True:
        f = s.recv(999)
        if f[23] == 2: seen.add(f[6:12].hex(\":\"))
except OSError: pass
print(seen)' > /run/seen & L=$!
         until_ok 5 test -e /run/listening; start; until_ok 5 has 10.99.0.100 vrrp.51; sleep 1.5; stop; wait $L; cat /run/seen",
    );
    assert_eq!(out, "exit 0\n{'02:00:00:00:00:0a'}\n");
}
