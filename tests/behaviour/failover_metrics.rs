//! Metrics of keepalived by HTTP: off unless asked for, and of every process.

use crate::space::Space;

const CONFIGURATION: &str = "
global_defs {
    script_user root
}
vrrp_script chk {
    script \"/usr/bin/test -e /run/good\"
    interval 1
    weight 10
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.05
    virtual_ipaddress {
        10.99.0.100
    }
    track_script {
        chk
    }
}
virtual_server 10.99.0.100 80 {
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server 127.0.0.1 8099 {
        snmp_name backend
        weight 3
        TCP_CHECK {
            connect_timeout 1
            delay_loop 1
        }
    }
}
";

const SCRAPE: &str = r#"
scrape() { exec 3<>/dev/tcp/127.0.0.1/9650 && printf "GET ${1:-/metrics} HTTP/1.0\r\n\r\n" >&3 && timeout 5 cat <&3; exec 3>&-; }
tells() { scrape | grep -q -- "$1"; }
"#;

#[test]
fn routers_scripts_servers_and_processes_are_told_by_http() {
    let Some(space) = Space::new(CONFIGURATION) else { return };
    let out = space.run(&format!(
        "{SCRAPE}
         touch /run/good; start --metrics=9650; until_ok 5 has 10.99.0.100
         for line in 'keepalived_up{{process=\"vrrp\"}} 1' 'keepalived_up{{process=\"checker\"}} 1' \
             'keepalived_vrrp_state{{iname=\"VI_1\",intf=\"eth0\",vrid=\"51\"}} 2' 'keepalived_script_up{{name=\"chk\"}} 1' \
             'keepalived_vrrp_priority{{.*}} 160' 'keepalived_script_duration_seconds_count{{name=\"chk\"}} [1-9]' \
             'verdict=\"accepted\"}} 0' 'real_server_up{{virtual_server=\"\\[10.99.0.100\\]:tcp:80\",real_server=\"\\[127.0.0.1\\]:tcp:8099\",snmp_name=\"backend\"}} 0'; do
             until_ok 8 tells \"$line\" || scrape
         done
         scrape /other | head -1; rm /run/good; until_ok 5 tells 'name=\"chk\",result=\"failure\"}} [1-9]'
         kill -HUP $P; until_ok 5 logged 'Reload complete'; until_ok 5 tells 'keepalived_up{{process=\"vrrp\"}} 1' && echo reloaded
         kill -9 $(cat /run/vrrp.pid); until_ok 8 tells 'keepalived_vrrp_state{{.*}} 2' && echo respawned; stop"
    ));
    assert_eq!(out.replace('\r', ""), "HTTP/1.0 404 Not Found\nreloaded\nrespawned\nexit 0\n");
}

#[test]
fn without_being_asked_nobody_listens_and_a_port_that_is_taken_is_told() {
    let Some(space) = Space::new(CONFIGURATION) else { return };
    let out = space.run(
        "start; until_ok 5 has 10.99.0.100; grep -c ' 0A ' /proc/net/tcp; stop
         \"$KA\" --metrics=nowhere 2>&1; echo $?; \"$KA\" -n -l -f $D/keepalived.conf --metrics=9.9.9.9:9650 2>&1 | grep -c 'Unable to tell metrics'",
    );
    assert_eq!(out, "0\nexit 0\nInvalid --metrics option nowhere\n1\n1\n");
}
