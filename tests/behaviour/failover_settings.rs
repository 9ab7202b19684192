//! Settings of the whole daemon that show outside it.

use crate::{failover_pair::SECOND, space::Space};

/// A router that is master after a fifth of a second, below settings of the daemon.
fn configuration(settings: &str) -> String {
    format!(
        "global_defs {{\n{settings}\n}}\nvrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n \
         version 3\n advert_int 0.05\n virtual_ipaddress {{\n 10.99.0.100/24\n }}\n}}\n"
    )
}

#[test]
fn processes_have_the_names_and_processors_of_the_file() {
    let Some(space) = Space::new(&configuration("process_name parent\nvrrp_process_name child\nvrrp_cpu_affinity 0"))
    else {
        return;
    };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; C=$(cat /run/vrrp.pid); cat /proc/$P/comm /proc/$C/comm
         grep Cpus_allowed_list /proc/$C/status | cut -f2; stop
         sed -i 's/process_name.*/process_names/; /cpu_aff/d' $D/keepalived.conf; : > /run/log; start; until_ok 5 has 10.99.0.100
         cat /proc/$P/comm /proc/$(cat /run/vrrp.pid)/comm; stop",
    );
    assert_eq!(out, "parent\nchild\n0\nexit 0\nkeepalived\nkeepalived_vrrp\nexit 0\n");
}

#[test]
fn time_without_sleep_is_limited_as_the_file_says() {
    let Some(space) = Space::new(&configuration("vrrp_rlimit_rttime 700000\nvrrp_rt_priority 5")) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; awk '/realtime timeout/ { print $4, $5 }' /proc/$(cat /run/vrrp.pid)/limits; stop",
    );
    assert_eq!(out, "350000 700000\nexit 0\n");
}

#[test]
fn process_with_sessions_alone_is_as_the_file_wants_it_for_sessions() {
    let settings = "bfd_process_name sessions\nbfd_priority 5\nbfd_cpu_affinity 0";
    let session = "bfd_instance far {\n neighbor_ip 10.99.0.9\n}\n";
    let Some(space) = Space::new(&format!("global_defs {{\n{settings}\n}}\n{session}")) else { return };
    let out = space.run(
        "start; until_ok 5 test -s /run/vrrp.pid; C=$(cat /run/vrrp.pid); until_ok 5 grep -q sessions /proc/$C/comm
         until_ok 5 grep -q '^[0-9]* ([a-z]*) . \\([-0-9]* \\)\\{15\\}5 ' /proc/$C/stat && echo nice
         grep Cpus_allowed_list /proc/$C/status | cut -f2; stop",
    );
    assert_eq!(out, "nice\n0\nexit 0\n");
}

#[test]
fn dump_is_where_the_manuals_name_of_the_keyword_says() {
    let Some(space) = Space::new(&configuration("state_file_location /run/state.data")) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; kill -USR1 $P; until_ok 5 grep -q VI_1 /run/state.data && echo dumped; stop",
    );
    assert_eq!(out, "dumped\nexit 0\n");
}

#[test]
fn reload_that_removes_a_group_runs_its_command() {
    let group = "vrrp_sync_group G {\n group {\n VI_1\n }\n notify_deleted \"/usr/bin/touch /run/deleted\"\n}\n";
    let Some(space) = Space::new(&format!("{}{group}", configuration("script_user root"))) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; ls /run/deleted 2>/dev/null; sed -i '/^vrrp_sync_group/,$d' $D/keepalived.conf
         kill -HUP $P; until_ok 5 test -e /run/deleted && echo told; stop",
    );
    assert_eq!(out, "told\nexit 0\n");
}

#[test]
fn file_with_a_fault_is_no_reload_when_that_is_asked_for() {
    let Some(space) = Space::new(&configuration("reload_check_config /run/faults\nreload_file /run/reading")) else {
        return;
    };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; echo bogus >> $D/keepalived.conf; kill -HUP $P; until_ok 5 logged 'failed validation'
         until_ok 5 grep -q \"Unknown keyword 'bogus'\" /run/faults && echo faulty; ls /run/reading 2>/dev/null
         sed -i '/bogus/d; s/10.99.0.100/10.99.0.101/' $D/keepalived.conf; echo busy > /run/reading; kill -HUP $P
         until_ok 5 has 10.99.0.101 && echo loaded; until_ok 5 test ! -e /run/reading && echo done; stop",
    );
    assert_eq!(out, "faulty\nloaded\ndone\nexit 0\n");
}

#[test]
fn reload_comes_at_the_time_that_a_file_names() {
    let Some(space) = Space::new(&configuration("reload_time_file /run/when")) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; sed -i 's/10.99.0.100/10.99.0.101/' $D/keepalived.conf
         date -u -d '+3 seconds' +%H:%M:%SZ > /run/when; sleep 1; has 10.99.0.101 || echo 'not yet'
         until_ok 8 has 10.99.0.101 && echo loaded; ls /run/when 2>/dev/null; stop",
    );
    assert_eq!(out, "not yet\nloaded\nexit 0\n");
}

#[test]
fn dumps_of_several_daemons_have_several_names() {
    let Some(space) = Space::new(&format!("instance one\n{}", configuration("data_use_instance"))) else { return };
    let out = space.run(
        "\"$KA\" -n -l -f $D/keepalived.conf >>/run/log 2>&1 & P=$!; until_ok 5 has 10.99.0.100; kill -USR1 $P
         until_ok 5 test -s /tmp/keepalived.one.data; ls /tmp | grep keepalived; stop",
    );
    assert_eq!(out, "keepalived.one.data\nkeepalived_parent.one.data\nexit 0\n");
}

#[test]
fn late_timer_raises_the_priority_up_to_the_limit() {
    let Some(space) = Space::new(&configuration("max_auto_priority 3\nmin_auto_priority_delay 300000")) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; C=$(cat /run/vrrp.pid); kill -STOP $C; sleep 0.8; kill -CONT $C
         until_ok 5 logged 'ealtime priority 1' && echo raised; stop",
    );
    assert_eq!(out, "raised\nexit 0\n");
}

#[test]
fn adverts_of_nobody_are_logged_when_that_is_asked_for() {
    let Some(space) = Space::new(&configuration("log_unknown_vrids")) else { return };
    let out = space.run(&format!(
        "{SECOND}
         sed -i 's/virtual_router_id 51/virtual_router_id 52/' $D/b.conf; start; bstart \"$KA\"
         until_ok 5 logged 'Unknown VRID(52) received on interface(eth0). ignoring...' && echo logged; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "logged\nexit 0\n");
}

#[test]
fn interface_counts_as_down_only_when_that_lasts() {
    let delays = "interface_up_down_delays {\n eth0 1 0.5\n}\n";
    let Some(space) = Space::new(&format!("{delays}{}", configuration("disable_local_igmp"))) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; cat /proc/sys/net/ipv4/igmp_link_local_mcast_reports
         ip link set eth9 down; sleep 0.4; ip link set eth9 up; sleep 1; grep -c FAULT /run/log
         ip link set eth9 down; sleep 0.6; grep -c FAULT /run/log; until_ok 3 logged 'Entering FAULT STATE' && echo down
         ip link set eth9 up; until_ok 5 has 10.99.0.100 && echo up; stop; cat /proc/sys/net/ipv4/igmp_link_local_mcast_reports",
    );
    assert_eq!(out, "0\n0\n0\ndown\nup\nexit 0\n1\n");
}

#[test]
fn unicast_without_peers_is_a_fault_when_that_is_asked_for() {
    let Some(space) = Space::new(&configuration("").replace("version 3", "version 3\n unicast_fault_no_peer")) else {
        return;
    };
    let out = space.run(
        "start; until_ok 3 logged 'Cannot use unicast without any peers - going to fault state'
         until_ok 3 logged 'Entering FAULT STATE' && echo fault; sleep 0.5; has 10.99.0.100 || echo free; stop",
    );
    assert_eq!(out, "fault\nfree\nexit 0\n");
}
