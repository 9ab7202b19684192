//! Mails about changes: the dialogue is the original's, where it is installed.

use crate::{failover_pair::original, space::Space};

const CONFIGURATION: &str = "
global_defs {
    notification_email {
        one@example.org
        two@example.org
    }
    notification_email_from keepalived@example.org
    smtp_server 127.0.0.1
    smtp_helo_name hap1.example.org
    router_id hap1
}
vrrp_sync_group G {
    group {
        VI_1
        VI_2
    }
    smtp_alert
}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    advert_int 0.1
    smtp_alert
    virtual_ipaddress {
        10.99.0.100
    }
}
vrrp_instance VI_2 {
    interface eth0
    virtual_router_id 52
    version 3
    advert_int 0.1
    virtual_ipaddress {
        10.99.0.101
    }
}
";

/// Takes mails, and keeps what it was told, a file a mail.
const SINK: &str = r#"
import socket, threading
listener = socket.create_server(("127.0.0.1", 25))
def take(connection, number):
    said, data = [], False
    try:
        connection.sendall(b"220 sink\r\n")
        for line in connection.makefile("rb"):
            said.append(line.decode().rstrip("\r\n"))
            if data and line != b".\r\n":
                continue
            if line == b"QUIT\r\n":
                connection.sendall(b"221 bye\r\n")
                break
            data = line == b"DATA\r\n"
            connection.sendall(b"354 go on\r\n" if data else b"250 fine\r\n")
    except OSError:
        pass
    if not said:
        return
    open(f"/run/mail.{number}", "w").write("|".join(word for word in said if not word.startswith("Date: ")) + "\n")
number = 0
open("/run/listening", "w")
while True:
    number += 1
    threading.Thread(target=take, args=(listener.accept()[0], number), daemon=True).start()
"#;

/// What was said in all mails of a start, a lost carrier and its return, sorted.
fn mails(program: &str, setting: &str) -> Option<String> {
    let space = Space::new(&CONFIGURATION.replace("router_id hap1", &format!("router_id hap1\n    {setting}")))?;
    space.write("sink.py", SINK);
    let wanted = if setting.is_empty() { 10 } else { 8 };
    Some(space.run(&format!(
        "python3 $D/sink.py & S=$!; until_ok 5 test -e /run/listening
         {program} -n -l -D -f $D/keepalived.conf >>/run/log 2>&1 & P=$!; until_ok 8 has 10.99.0.100
         ip link set eth9 down; until_ok 5 hasnt 10.99.0.100; ip link set eth9 up; until_ok 8 has 10.99.0.100
         until_ok 5 eval '[ $(cat /run/mail.* | wc -l) = {wanted} ]'; kill $P; wait $P; kill $S; sort /run/mail.*"
    )))
}

#[test]
fn mails_are_the_originals() {
    let Some(ours) = mails("\"$KA\"", "") else { return };
    let first = "HELO hap1.example.org|MAIL FROM:<keepalived@example.org>|RCPT TO:<one@example.org>|\
                 RCPT TO:<two@example.org>|DATA|From: keepalived@example.org|Subject: [hap1] VRRP Group G - Entering \
                 MASTER state|X-Mailer: Keepalived|To: one@example.org, two@example.org||=> All VRRP group instances \
                 are now in MASTER state <=||.|QUIT";
    assert!(ours.contains(first), "{ours}");
    match original() {
        Some(path) => assert_eq!(Some(ours), mails(&path, "")),
        None => eprintln!("skipped: there is no other keepalived here"),
    }
}

#[test]
fn faults_can_be_kept_quiet() {
    let Some(ours) = mails("\"$KA\"", "no_email_faults") else { return };
    assert_eq!(ours.matches("Entering FAULT state").count(), 0, "{ours}");
    assert_eq!(ours.matches("Entering MASTER state").count(), 4, "{ours}");
}
