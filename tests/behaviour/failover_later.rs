//! Keywords of keepalived after 2.2.7, which ours knows too.

use crate::{failover_pair::SECOND, space::Space};

fn router(settings: &str) -> String {
    format!(
        "vrrp_instance VI_1 {{\n interface eth0\n virtual_router_id 51\n priority 150\n version 3\n advert_int 0.1\n \
         {settings}\n virtual_ipaddress {{\n 10.99.0.100/24\n }}\n}}\n"
    )
}

const SIGNED: &str = "auth_hmac {\n  key 1 a-key-of-at-least-thirty-two-bytes\n  key 2 another-key-of-thirty-two-bytes-too\n  \
                      active_key 1\n }";

#[test]
fn signed_routers_believe_each_other_and_nobody_without_the_key() {
    let Some(space) = Space::new(&router(SIGNED)) else { return };
    let out = space.run(&format!(
        "{SECOND}
         start; until_ok 5 has 10.99.0.100; bstart \"$KA\"; sleep 1; only has 10.99.0.100 bhas && echo 'one master'
         kill $B; wait $B; sed -i 's/active_key 1/active_key 2/' $D/b.conf; bstart \"$KA\"; sleep 1
         only has 10.99.0.100 bhas && echo 'the other key is known'
         kill $B; wait $B; sed -i 's/key 2 another/key 2 yetmore/; s/key 1 a-key/key 1 b-key/' $D/b.conf; bstart \"$KA\"
         until_ok 5 bhas 10.99.0.100 && has 10.99.0.100 && echo 'two masters'
         until_ok 5 logged 'MASTER, but refusing 10.99.0.2: wrong signature' && echo 'and they say why'
         kill $B; wait $B; sed -i '/auth_hmac/,/}}/d' $D/b.conf; bstart \"$KA\"
         until_ok 5 logged 'MASTER, but refusing 10.99.0.2: advert is not signed' && echo unsigned; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "one master\nthe other key is known\ntwo masters\nand they say why\nunsigned\nexit 0\n");
}

#[test]
fn routers_can_be_changed_to_signatures_one_by_one() {
    let Some(space) =
        Space::new(&router(&SIGNED.replace("active_key 1", "active_key 1\n  mode permissive\n  time_window 9")))
    else {
        return;
    };
    let out = space.run(&format!(
        "{SECOND}
         sed -i 's/mode permissive/mode receive-only\\n anti_replay monotonic/' $D/b.conf
         start; until_ok 5 has 10.99.0.100; bstart \"$KA\"; sleep 1; only has 10.99.0.100 bhas && echo 'a signs, b hears'
         stop; until_ok 5 bhas 10.99.0.100; : > /run/log; start; until_ok 5 has 10.99.0.100; until_ok 5 bhasnt 10.99.0.100
         echo 'b does not sign, a hears'; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "a signs, b hears\nexit 0\nb does not sign, a hears\nexit 0\n");
}

#[test]
fn sums_without_a_pseudo_header_fit_only_each_other() {
    let Some(space) = Space::new(&format!("global_defs {{\n v3_checksum_as_v2\n}}\n{}", router(""))) else { return };
    let out = space.run(&format!(
        "{SECOND}
         start; until_ok 5 has 10.99.0.100; bstart \"$KA\"; sleep 1; only has 10.99.0.100 bhas && echo 'one master'
         kill $B; wait $B; sed -i 's/version 3/version 3\\n v3_checksum_as_v2 no/' $D/b.conf; bstart \"$KA\"
         until_ok 5 logged 'but refusing 10.99.0.2: Invalid VRRPv3 checksum' && echo refused; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "one master\nrefused\nexit 0\n");
}

#[test]
fn owner_that_ignores_adverts_stays_master_beside_another() {
    let owner = router("owner_ignore_adverts\nstate MASTER").replace("priority 150", "priority 255");
    let Some(space) = Space::new(&owner) else { return };
    let out = space.run(&format!(
        "{SECOND}
         sed 's/owner_ignore_adverts//' $D/keepalived.conf > $D/b.conf
         start; until_ok 5 has 10.99.0.100; bstart \"$KA\"; sleep 1; logged 'CONFIGURATION ERROR' || echo 'a hears nothing'
         until_ok 5 grep -q 'CONFIGURATION ERROR' /run/blog && echo 'b does'; has 10.99.0.100 && echo 'a stays'
         kill $B; wait $B; sed -i 's/owner_ignore_adverts//; 1i global_defs {{\\n vrrp_owner_ignore_adverts\\n}}' $D/keepalived.conf
         kill -HUP $P; until_ok 5 logged 'Reload complete'; : > /run/log; bstart \"$KA\"; sleep 1
         logged 'CONFIGURATION ERROR' || echo 'nor as a default'; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "a hears nothing\nb does\na stays\nnor as a default\nexit 0\n");
}

#[test]
fn master_that_was_stopped_for_too_long_comes_back_as_backup() {
    for keyword in ["timer_expired_backup 100", "thread_timer_expired"] {
        let Some(space) = Space::new(&router(&format!("nopreempt\n{keyword}"))) else { return };
        let out = space.run(&format!(
            "{SECOND}
             start; until_ok 5 has 10.99.0.100; bstart \"$KA\"; sleep 0.5; C=$(cat /run/vrrp.pid); kill -STOP $C
             until_ok 5 bhas 10.99.0.100; kill -CONT $C; until_ok 5 logged 'Reason: no advert sent for' && echo 'late'
             until_ok 5 only bhas 10.99.0.100 has && echo 'and gone'; kill $B; wait $B; stop"
        ));
        assert_eq!(out, "late\nand gone\nexit 0\n", "{keyword}");
    }
}

#[test]
fn routers_wait_for_the_machine_to_have_been_up_for_a_while() {
    let Some(space) = Space::new(&format!("global_defs {{\n vrrp_delay_after_boot @up@\n}}\n{}", router(""))) else {
        return;
    };
    let out = space.run(
        "up=$(cut -d. -f1 /proc/uptime); sed -i \"s/@up@/$((up + 4))/\" $D/keepalived.conf
         start; sleep 1.5; hasnt 10.99.0.100 && echo 'not yet'; until_ok 6 has 10.99.0.100 && echo 'then'; stop",
    );
    assert_eq!(out, "not yet\nthen\nexit 0\n");
}

#[test]
fn router_without_addresses_runs_in_silence_when_that_is_meant() {
    let Some(space) = Space::new(
        "vrrp_instance VI_1 {\n interface eth0\n virtual_router_id 51\n version 3\n advert_int 0.1\n no_virtual_ipaddress\n}\n",
    ) else {
        return;
    };
    let out = space.run(
        "\"$KA\" -t -f $D/keepalived.conf; echo $?; start; until_ok 5 logged 'Entering MASTER STATE' && echo master; stop",
    );
    assert_eq!(out, "0\nmaster\nexit 0\n");
}

#[test]
fn sessions_over_several_hops_have_a_port_of_their_own() {
    let session = "bfd_instance far {\n neighbor_ip 10.99.0.2\n source_ip 10.99.0.1\n min_rx 50\n min_tx 50\n ttl 64\n multihop\n}\n";
    let Some(space) = Space::new(&format!("{session}{}", router("track_bfd {\n far\n }"))) else { return };
    let out = space.run(&format!(
        "{SECOND}
         sed -i 's/10.99.0.2/X/; s/10.99.0.1$/10.99.0.2/; s/X/10.99.0.1/' $D/b.conf
         start; until_ok 5 logged 'Entering FAULT STATE'; bstart \"$KA\"; until_ok 9 has 10.99.0.100 && echo up
         grep -c ':12B0 ' /proc/net/udp; grep -c ':0EC8 ' /proc/net/udp; kill $B; wait $B; stop"
    ));
    assert_eq!(out, "up\n1\n0\nexit 0\n");
}
