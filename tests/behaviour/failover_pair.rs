//! Two keepalived on one wire: ours with ours, and ours with the distribution's where it is installed.

use crate::space::Space;

/// Makes a second host `b` and helpers for it.
pub(crate) const SECOND: &str = r#"
mount -t tmpfs none /run/netns; ip netns add b; ip -n b link set lo up
ip link set eth9 netns b; ip -n b link set eth9 down; ip -n b link set eth9 name eth0
ip -n b addr add 10.99.0.2/24 dev eth0; ip -n b link set eth0 up
has() { ip -o addr show | grep -q "$1"; }
bhas() { ip -n b -o addr show | grep -q "$1"; }
bhasnt() { ! bhas "$1"; }
sed 's/priority 150/priority 100/' $D/keepalived.conf > $D/b.conf
bstart() { ip netns exec b "$1" -n -l -D -f $D/b.conf -p /run/b1 -r /run/b2 -c /run/b3 -b /run/b4 >>/run/blog 2>&1 & B=$!; }
only() { $1 "$2" && ! $3 "$2"; }
"#;

/// The distribution's keepalived: unpacked for the tests, or installed.
pub(crate) fn original() -> Option<String> {
    let path = std::env::var("HAWSER_ORACLE_KEEPALIVED").unwrap_or_else(|_| "/usr/sbin/keepalived".into());
    let version = std::process::Command::new(&path).arg("-v").output().ok()?;
    let is_ours = String::from_utf8_lossy(&version.stderr).contains("Hawser");
    (!is_ours).then_some(path)
}

pub(crate) fn roles(configuration: &str, address: &str) {
    let mut partners = vec![("ours", "\"$KA\"".to_owned())];
    match original() {
        Some(path) => partners.push(("the original", path)),
        None => eprintln!("skipped: there is no other keepalived here"),
    }
    for (name, partner) in partners {
        let Some(space) = Space::new(configuration) else { return };
        let out = space.run(&format!(
            "{SECOND}
             sleep 2; start; bstart {partner}
             until_ok 8 only has {address} bhas; sleep 1; only has {address} bhas && echo 'one master'
             stop; until_ok 8 only bhas {address} has && echo 'taken over'
             : > /run/log; start; until_ok 12 only has {address} bhas && echo 'taken back'
             kill $P $B; wait $P $B; cat /run/log /run/blog >&2"
        ));
        assert!(out.starts_with("one master\nexit 0\ntaken over\ntaken back\n"), "with {name}: {out}");
    }
}

fn pair(instance: &str, address: &str) {
    roles(
        &format!("vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n{instance}\n}}\n"),
        address,
    );
}

#[test]
fn version_2_with_a_password() {
    pair(
        "authentication {\n auth_type PASS\n auth_pass s3cret\n }\n virtual_ipaddress {\n 10.99.0.100/24\n }",
        "10.99.0.100",
    );
}

#[test]
fn version_2_with_an_authentication_header() {
    pair(
        "authentication {\n auth_type AH\n auth_pass s3cret\n }\n virtual_ipaddress {\n 10.99.0.100/24\n }",
        "10.99.0.100",
    );
}

#[test]
fn version_3_below_a_second() {
    pair("version 3\n advert_int 0.2\n virtual_ipaddress {\n 10.99.0.100/24\n }", "10.99.0.100");
}

#[test]
fn version_3_of_ipv6() {
    pair("advert_int 0.2\n virtual_ipaddress {\n fe80::51/64\n fd00:99::51/64\n }", "fd00:99::51");
}

#[test]
fn original_timeline_waits_and_ours_does_not() {
    let Some(space) = Space::new(
        "global_defs {\n script_user root\n}\nvrrp_script chk {\n script \"/usr/bin/test ! -e /run/bad\"\n interval 1\n \
         weight 60\n}\nvrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n priority 50\n virtual_ipaddress {\n \
         10.99.0.100\n }\n track_script {\n chk\n }\n}\n",
    ) else {
        return;
    };
    let milliseconds = |flag: &str| -> u64 {
        let out = space.run(&format!(
            "{SECOND}
             sed -i '/track_script/,/}}/d; s/priority 50/priority 100/' $D/b.conf
             start {flag}; until_ok 8 has 10.99.0.100
             ip netns exec b \"$KA\" {flag} -n -l -D -f $D/b.conf -p /run/b1 -r /run/b2 >>/run/blog 2>&1 & B=$!; sleep 1.5
             touch /run/bad; until_ok 5 logged 'from 110 to 50'; t=${{EPOCHREALTIME/./}}
             until_ok 8 bhas 10.99.0.100; echo took $(( (${{EPOCHREALTIME/./}} - t) / 1000 )); kill $P $B; wait $P $B"
        ));
        let took = out.lines().find_map(|line| line.strip_prefix("took ")).unwrap_or_else(|| panic!("{out}"));
        took.parse().expect("a number")
    };
    let (prompt, original) = (milliseconds(""), milliseconds("--original-timing"));
    assert!(prompt < 700, "{prompt} ms");
    assert!((2000..5000).contains(&original), "{original} ms");
}

/// Two hosts whose BFD sessions decide who is master: `a` has the better priority while its session is up.
const SESSIONS: &str = "
bfd_instance other {
    neighbor_ip 10.99.0.2
    source_ip 10.99.0.1
    min_rx 50
    min_tx 100
    multiplier 3
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    priority 150
    version 3
    advert_int 0.1
    virtual_ipaddress {
        10.99.0.100
    }
    track_bfd {
        other weight 60
    }
}
";

#[test]
fn bfd_sessions_come_up_and_a_silent_neighbour_is_noticed_within_the_detection_time() {
    for (partner, name) in
        std::iter::once(("\"$KA\"".to_owned(), "ours")).chain(original().map(|path| (path, "theirs")))
    {
        for swapped in [false, true] {
            let Some(space) = Space::new(SESSIONS) else { return };
            let (here, there) = if swapped { (partner.as_str(), "\"$KA\"") } else { ("\"$KA\"", partner.as_str()) };
            let out = space.run(&format!(
                "{SECOND}
                 sed -i 's/10.99.0.2/X/; s/10.99.0.1$/10.99.0.2/; s/X/10.99.0.1/; s/priority 100/priority 200/; s/weight 60/weight -60/' $D/b.conf
                 {here} -n -l -D -f $D/keepalived.conf -p /run/a1 -r /run/a2 -c /run/a3 -b /run/a4 >>/run/log 2>&1 & P=$!
                 until_ok 5 logged 'Entering MASTER'; bstart {there}
                 until_ok 8 logged 'Tracked BFD instance other is UP'; until_ok 8 logged 'from 150 to 210'
                 until_ok 8 grep -q 'from 140 to 200' /run/blog; until_ok 8 has 10.99.0.100; sleep 0.5
                 kill -STOP $(cat /run/b4 /run/b2 2>/dev/null | tail -n 2); t=${{EPOCHREALTIME/./}}
                 until_ok 5 logged 'Tracked BFD instance other is DOWN'
                 took=$(( (${{EPOCHREALTIME/./}} - t) / 1000 )); [ $took -lt 700 ] && echo noticed || echo late $took
                 kill -CONT $(cat /run/b4 /run/b2 2>/dev/null | tail -n 2)
                 until_ok 9 eval '[ $(grep -c \"Tracked BFD instance other is UP\" /run/log) = 2 ]' && echo 'up again'
                 kill $P $B; wait $P $B; cat /run/log /run/blog >&2"
            ));
            assert!(out.starts_with("noticed\nup again\n"), "with {name}, swapped {swapped}: {out}");
        }
    }
}

#[test]
fn neighbour_that_must_be_there_is_a_fault_while_it_is_not() {
    let configuration = SESSIONS.replace("weight 60", "").replace("min_tx 100", "passive");
    let Some(space) = Space::new(&configuration) else { return };
    let out = space.run(&format!(
        "{SECOND}
         sed -i '/passive/d; s/10.99.0.2/X/; s/10.99.0.1$/10.99.0.2/; s/X/10.99.0.1/' $D/b.conf
         start; until_ok 3 logged 'Entering FAULT STATE'; sleep 2; hasnt 10.99.0.100 && echo 'not without the other'
         bstart \"$KA\"; until_ok 9 has 10.99.0.100 && echo master
         kill -USR1 $P; until_ok 5 test -s /tmp/keepalived_bfd.data; grep -c 'local state = Up' /tmp/keepalived_bfd.data
         kill -9 $B $(cat /run/b2); until_ok 5 hasnt 10.99.0.100 && echo 'given up'; stop"
    ));
    assert!(out.contains("not without the other\nmaster\n1\ngiven up\nexit 0\n"), "{out}");
}
