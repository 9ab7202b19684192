//! One keepalived on its own.

use crate::space::Space;

/// A router that is master after a fifth of a second.
const QUICK: &str = "
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.05
    virtual_ipaddress {
        10.99.0.100/24 label eth0:1
        10.99.0.101
    }
    virtual_ipaddress_excluded {
        fd00:99::100/64
    }
";

fn space(rest: &str) -> Option<Space> {
    Space::new(&format!("{}{rest}}}\n", QUICK.trim_start()))
}

#[test]
fn addresses_are_held_from_start_to_stop() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.101
         ip -o addr show dev eth0 | grep -v fe80 | sed 's/  */ /g'
         cat /run/keepalived.pid /run/vrrp.pid | wc -l
         stop; ip -o addr show dev eth0 | grep -c 'inet.*99[.:]'; ls /run/*.pid 2>/dev/null | wc -l; cat /run/log",
    );
    assert!(out.contains("inet 10.99.0.100/24 scope global secondary eth0:1"), "{out}");
    assert!(out.contains("inet 10.99.0.101/32 scope global eth0"), "{out}");
    assert!(out.contains("inet6 fd00:99::100/64 scope global nodad"), "{out}");
    assert!(out.contains("\n2\nexit 0\n1\n0\n"), "only its own address is left, and no pid file: {out}");
    for line in
        ["(VI_1) Entering BACKUP STATE (init)", "(VI_1) Entering MASTER STATE", "(VI_1) sent 0 priority", "Stopped"]
    {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn daemon_leaves_the_terminal_and_a_second_one_does_not_start() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "cd $D; \"$KA\" -f keepalived.conf; echo \"first $?\"; until_ok 5 has 10.99.0.100
         \"$KA\" -f $D/keepalived.conf -n -l 2>&1 | grep -c 'daemon is already running'
         sed -i 's/10.99.0.101/10.99.0.103/' keepalived.conf; kill -HUP $(cat /run/keepalived.pid); until_ok 5 has 10.99.0.103
         kill $(cat /run/keepalived.pid); until_ok 5 hasnt 10.99.0.100; echo gone",
    );
    assert_eq!(out, "first 0\n1\ngone\n");
}

#[test]
fn changes_are_told_to_commands_and_pipes() {
    let Some(space) =
        space("notify_master \"/bin/sh /run/tell master\"\nnotify \"/bin/sh /run/tell any 'two words'\"\n")
    else {
        return;
    };
    let out = space.run(
        "printf 'echo \"$#: $*\" >> /run/told; echo \"because: $KEEPALIVED_REASON\" >> /run/told\\n' > /run/tell
         sed -i '1i global_defs {\\n  script_user root\\n  notify_fifo /run/pipe\\n}' $D/keepalived.conf
         start; until_ok 5 test -p /run/pipe; cat /run/pipe > /run/piped & until_ok 5 has 10.99.0.100
         until_ok 5 grep -q MASTER /run/told; until_ok 5 grep -q MASTER /run/piped
         stop; until_ok 5 grep -q STOP /run/told; sort /run/told; cat /run/piped",
    );
    for line in [
        "1: master",
        "6: any two words INSTANCE VI_1 BACKUP 150",
        "6: any two words INSTANCE VI_1 MASTER 150",
        "6: any two words INSTANCE VI_1 STOP 150",
        "because: no advert in time\n",
        "because: stop\n",
        "INSTANCE \"VI_1\" BACKUP 150\nINSTANCE \"VI_1\" MASTER 150\nINSTANCE \"VI_1\" STOP 150\n",
    ] {
        assert!(out.contains(line), "{line}: {out}");
    }
}

#[test]
fn killed_vrrp_process_is_replaced() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; one=$(cat /run/vrrp.pid); kill -9 $one
         until_ok 5 logged 'died: Respawning'; until_ok 5 hasnt 10.99.0.100; until_ok 5 has 10.99.0.100
         [ $one != $(cat /run/vrrp.pid) ] && echo replaced; stop",
    );
    assert_eq!(out, "replaced\nexit 0\n");
}

#[test]
fn killed_parent_takes_the_addresses_along() {
    let Some(space) = space("") else { return };
    let out = space.run("start; until_ok 5 has 10.99.0.100; kill -9 $P; until_ok 5 hasnt 10.99.0.100 && echo gone");
    assert!(out.starts_with("gone\n"), "{out}");
}

#[test]
fn reload_changes_what_changed_and_nothing_else() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; until_ok 5 has 10.99.0.101; ip -o monitor address > /run/monitor & sleep 0.3
         kill -HUP $P; until_ok 5 logged 'Reload complete'; sleep 0.3; wc -l < /run/monitor
         sed -i 's/10.99.0.101/10.99.0.102/' $D/keepalived.conf; kill -HUP $P
         until_ok 5 has 10.99.0.102; until_ok 5 hasnt 10.99.0.101; has 10.99.0.100 && echo kept
         grep -c 'Entering' /run/log; grep -c 10.99.0.100 /run/monitor; stop",
    );
    assert_eq!(out, "0\nkept\n2\n0\nexit 0\n");
}

#[test]
fn file_that_cannot_run_is_no_reload() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; sed -i '/virtual_router_id/d' $D/keepalived.conf; kill -HUP $P
         until_ok 5 logged 'the old one goes on'; sleep 0.3; has 10.99.0.100 && echo kept; stop",
    );
    assert_eq!(out, "kept\nexit 0\n");
}

#[test]
fn mistyped_file_is_no_reload_unless_it_was_so_before() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; cp $D/keepalived.conf $D/good; sed -i 's/priority/prioritty/; s/0.101/0.102/' $D/keepalived.conf
         kill -HUP $P; until_ok 5 logged 'Reload refused; the old configuration goes on'; logged \"Unknown keyword 'prioritty'\" && echo told
         cp $D/good $D/keepalived.conf; echo '}' >> $D/keepalived.conf; : > /run/log; kill -HUP $P; until_ok 5 logged 'Reload refused'
         cp $D/good $D/keepalived.conf; stop
         echo bogus >> $D/keepalived.conf; : > /run/log; start; until_ok 5 has 10.99.0.101; sed -i 's/0.101/0.102/' $D/keepalived.conf
         kill -HUP $P; until_ok 5 has 10.99.0.102 && echo taken; stop",
    );
    assert_eq!(out, "told\nexit 0\ntaken\nexit 0\n");
}

#[test]
fn signals_write_dumps_that_only_the_owner_reads() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100
         for s in DATA STATS JSON; do kill -$(\"$KA\" --signum=$s) $P; done
         until_ok 5 test -s /tmp/keepalived.json
         stat -c '%a %n' /tmp/keepalived.data /tmp/keepalived.stats /tmp/keepalived.json /tmp/keepalived_parent.data
         grep -A2 Advertisements /tmp/keepalived.stats | grep -c 'Sent: [1-9]'
         cat /tmp/keepalived.json; stop",
    );
    for name in ["keepalived.data", "keepalived.stats", "keepalived.json", "keepalived_parent.data"] {
        assert!(out.contains(&format!("600 /tmp/{name}")), "{name}: {out}");
    }
    let json = out.lines().find(|line| line.starts_with('[')).expect("a line of JSON");
    let parsed: serde_json::Value = serde_json::from_str(json).expect("valid JSON");
    assert_eq!(parsed[0]["data"]["state"], 2);
    assert_eq!(parsed[0]["data"]["vips"][0], "10.99.0.100/24 dev eth0 scope global label eth0:1 set");
    assert_eq!(parsed[0]["data"]["why"], "no advert in time");
}

#[test]
fn address_taken_away_comes_back() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.101; ip addr del 10.99.0.101/32 dev eth0; until_ok 5 has 10.99.0.101 && echo back
         grep -c 'Entering BACKUP STATE$' /run/log; stop",
    );
    assert_eq!(out, "back\n1\nexit 0\n");
}

#[test]
fn lost_carrier_is_a_fault_and_its_return_ends_it() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; ip link set eth9 down; until_ok 5 hasnt 10.99.0.100
         until_ok 5 logged 'Entering FAULT STATE'; ip link set eth9 up; until_ok 8 has 10.99.0.100 && echo back; stop",
    );
    assert_eq!(out, "back\nexit 0\n");
}

#[test]
fn death_of_a_process_is_noticed_at_once_and_a_restart_is_not_a_death() {
    let Some(space) = space("track_script {\nchk\n}\n") else { return };
    let out = space.run(
        "cp /bin/sleep /run/hwservice; sed -i '1i global_defs {\\n script_user root\\n}\\nvrrp_script chk {\\n script \"killall -0 hwservice\"\\n interval 30\\n weight 2\\n}' $D/keepalived.conf
         /run/hwservice 60 & S=$!
         start; until_ok 5 logged 'from 150 to 152'
         kill -9 $S; sleep 0.05; /run/hwservice 60 & S=$!; sleep 0.8; grep -c failed /run/log
         kill -9 $S; wait $S 2>/dev/null; until_ok 2 logged 'from 152 to 150' && echo noticed; stop",
    );
    let lines: Vec<&str> = out.lines().filter(|line| !line.contains("Killed")).collect();
    assert_eq!(lines, ["0", "noticed", "exit 0"], "{out}");
}

#[test]
fn script_that_cannot_start_or_overruns_has_failed() {
    let Some(space) = space("track_script {\nslow\n}\n") else { return };
    let out = space.run(
        "printf '#!/bin/sh\\nsleep 9\\n' > /run/slow; chmod 755 /run/slow
         sed -i '1i global_defs {\\n script_user root\\n}\\nvrrp_script slow {\\n script \"/run/slow\"\\n interval 2\\n timeout 1\\n}' $D/keepalived.conf
         start; until_ok 5 logged 'VRRP_Script(slow) timed_out'; until_ok 5 logged 'Entering FAULT STATE'
         rm /run/slow; until_ok 5 logged 'could not be started'; printf '#!/bin/sh\\ntrue\\n' > /run/slow; chmod 755 /run/slow
         until_ok 8 has 10.99.0.100 && echo master; stop",
    );
    assert_eq!(out, "master\nexit 0\n");
}

#[test]
fn files_and_processes_change_the_priority() {
    let Some(space) = space("track_file {\nf\n}\ntrack_process {\np\n}\n") else { return };
    let out = space.run(
        "cp /bin/sleep /run/hwtracked; sed -i '1i track_file f {\\n file /run/f\\n init_file 0\\n}\\nvrrp_track_process p {\\n process hwtracked\\n weight 7\\n}' $D/keepalived.conf
         start; until_ok 5 has 10.99.0.100; echo -30 > /run/f; until_ok 5 logged 'from 150 to 120'
         /run/hwtracked 60 & S=$!; until_ok 5 logged 'from 120 to 127'; kill $S; until_ok 5 logged 'from 127 to 120'
         rm /run/f; until_ok 5 logged 'from 120 to 150' && echo all; stop",
    );
    assert_eq!(out.lines().filter(|line| !line.contains("Terminated")).collect::<Vec<_>>(), ["all", "exit 0"], "{out}");
}

#[test]
fn what_is_missing_is_refused_at_start_and_no_address_is_taken() {
    let Some(space) = space("virtual_routes {\n10.5.0.0/16 dev eth0 encap mpls 100\n}\n") else { return };
    let out = space.run(
        "\"$KA\" -t -f $D/keepalived.conf; echo \"test $?\"; \"$KA\" -n -l -f $D/keepalived.conf 2>/run/log; echo \"start $?\"
         grep -c 'refusing to start' /run/log; has 10.99.0.100 || echo free",
    );
    assert!(out.contains("WARNING - 'encap' of virtual_routes is not implemented yet"), "{out}");
    assert!(out.starts_with("test 0\nstart 2\n1\nfree\n"), "{out}");
}

#[test]
fn missing_file_is_no_start() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "\"$KA\" -t -f /nowhere; echo \"test $?\"; \"$KA\" -n -f /nowhere; echo \"start $?\"; \"$KA\" --bogus; echo \"option $?\"",
    );
    assert_eq!(out, "test 0\nstart 6\noption 1\nConfig files missing '/nowhere'.\nUnknown option --bogus\n");
}

#[test]
fn service_manager_hears_of_readiness_and_end() {
    let Some(space) = space("") else { return };
    let out = space.run(
        "python3 -c 'import socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(\"/run/notify\"); open(\"/run/bound\", \"w\")
while True:
    m = s.recv(999).decode(); print(m.split(chr(10))[0], flush=True)
    if m.startswith(\"STOPPING\"): break' > /run/heard & L=$!
         until_ok 5 test -e /run/bound; export NOTIFY_SOCKET=/run/notify; start; kill -HUP $P
         until_ok 5 logged 'Reload complete'; stop; wait $L; cat /run/heard",
    );
    assert_eq!(out, "exit 0\nREADY=1\nRELOADING=1\nREADY=1\nSTOPPING=1\n");
}
