//! Servers that come and go: by checks, by what an agent says, by what traffic shows, and with the servers that they follow.
//! What is asserted holds for the original too, which gets the same questions where it is at hand.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::proxy_space::{OURS, Proxy, body, original, until};

/// A server whose answers a test changes while it runs. Each connection gets the answer of the moment and is closed.
struct Source {
    address: SocketAddr,
    says: Arc<Mutex<String>>,
}

impl Source {
    fn new(says: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("bound");
        let says = Arc::new(Mutex::new(says.to_owned()));
        let answer = says.clone();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let text = answer.lock().expect("no panic holds it").clone();
                std::thread::spawn(move || serve(&mut stream, &text));
            }
        });
        Self { address, says }
    }

    fn say(&self, text: &str) {
        text.clone_into(&mut self.says.lock().expect("no panic holds it"));
    }
}

/// HTTP answers wait for a request; an agent speaks at once; an empty text says nothing at all.
fn serve(stream: &mut TcpStream, text: &str) {
    let mut buf = [0; 4096];
    if text.is_empty() || text.starts_with("HTTP/") {
        let _ = stream.read(&mut buf);
    }
    let _ = stream.write_all(text.as_bytes());
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const BROKEN: &str = "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n";

fn configuration(own: &str) -> String {
    format!(
        "global\n stats socket @cli.sock@ level admin\ndefaults\n mode http\n timeout connect 2s\n timeout client 5s\n \
         timeout server 5s\n timeout queue 5s\n retries 0\n{own}\n\
         frontend a\n bind @a.sock@\n http-request return status 200 content-type text/plain string a\n\
         frontend b\n bind @b.sock@\n http-request return status 200 content-type text/plain string b\n"
    )
}

/// Runs a test on ours, then on the original if it is there; each gets sources of its own.
fn on_both(name: &str, test: impl Fn(&dyn Fn(&str) -> Proxy)) {
    test(&|own| Proxy::start(OURS, &configuration(own)));
    if let Some(original) = original(name) {
        test(&|own| Proxy::start(&original, &configuration(own)));
    }
}

/// A column of a server in `show stat`.
fn column(p: &Proxy, server: &str, name: &str) -> String {
    let table = p.ask("cli.sock", "show stat");
    let mut lines = table.lines();
    let names = lines.next().unwrap_or_default().trim_start_matches("# ");
    let i = names.split(',').position(|n| n == name).expect("a column");
    let row = lines.find(|l| l.starts_with(server)).unwrap_or_default();
    row.split(',').nth(i).unwrap_or_default().to_owned()
}

fn is(p: &Proxy, server: &str, name: &str, value: &str) {
    until(&format!("{name} of {server} is {value}, not {}", column(p, server, name)), || {
        column(p, server, name) == value
    });
}

#[test]
fn an_agent_sets_weight_health_and_state() {
    on_both("an_agent_sets_weight_health_and_state", |start| {
        let agent = Source::new("50%\n");
        let p = start(&format!(
            "listen l\n bind @front.sock@\n server s @a.sock@ weight 40 agent-check agent-inter 50ms agent-addr {} agent-port {}",
            agent.address.ip(),
            agent.address.port()
        ));
        is(&p, "l,s", "weight", "20");
        for (says, status) in [
            ("drain\n", "DRAIN (agent)"),
            ("ready\n", "no check"),
            ("down # on fire\n", "DOWN (agent)"),
            ("up\n", "no check"),
            ("maint\n", "MAINT"),
            ("ready\n", "no check"),
            ("stopped\n", "DOWN (agent)"),
            ("up\n", "no check"),
            ("fail\n", "DOWN (agent)"),
            ("up\n", "no check"),
        ] {
            agent.say(says);
            is(&p, "l,s", "status", status);
        }
        agent.say("up maxconn:7 25%\n");
        is(&p, "l,s", "slim", "7");
        is(&p, "l,s", "weight", "10");
    });
}

#[test]
fn wrong_answers_in_traffic_take_a_server_down() {
    on_both("wrong_answers_in_traffic_take_a_server_down", |start| {
        let origin = Source::new(BROKEN);
        let p = start(&format!(
            "listen l\n bind @front.sock@\n server s {} check inter 1h observe layer7 error-limit 3 on-error mark-down",
            origin.address
        ));
        is(&p, "l,s", "check_status", "L4OK");
        for _ in 0..2 {
            assert!(p.get("front.sock", "/", &[]).starts_with("HTTP/1.1 500 "));
        }
        assert_eq!(column(&p, "l,s", "status"), "UP");
        assert!(p.get("front.sock", "/", &[]).starts_with("HTTP/1.1 500 "));
        is(&p, "l,s", "status", "DOWN");
        assert_eq!(column(&p, "l,s", "hanafail"), "1");
        assert!(p.get("front.sock", "/", &[]).starts_with("HTTP/1.1 503 "));
    });
}

#[test]
fn a_good_answer_forgives_the_bad_ones_before_it() {
    on_both("a_good_answer_forgives_the_bad_ones_before_it", |start| {
        let origin = Source::new(BROKEN);
        let p = start(&format!(
            "listen l\n bind @front.sock@\n server s {} check inter 1h fall 1 observe layer7 error-limit 2 on-error fail-check",
            origin.address
        ));
        is(&p, "l,s", "check_status", "L4OK");
        for answer in [BROKEN, OK, BROKEN] {
            origin.say(answer);
            p.get("front.sock", "/", &[]);
            assert_eq!(column(&p, "l,s", "status"), "UP");
        }
        p.get("front.sock", "/", &[]);
        is(&p, "l,s", "status", "DOWN");
    });
}

#[test]
fn a_server_follows_the_one_that_it_tracks() {
    on_both("a_server_follows_the_one_that_it_tracks", |start| {
        let origin = Source::new(OK);
        let p = start(&format!(
            "backend checked\n option httpchk\n server s {} check inter 50ms fall 1 rise 1\n\
             listen l\n bind @front.sock@\n server a @a.sock@ track checked/s\n server b @b.sock@ backup",
            origin.address
        ));
        is(&p, "checked,s", "check_status", "L7OK");
        assert_eq!(body(&p.get("front.sock", "/", &[])), "a");
        origin.say(BROKEN);
        is(&p, "l,a", "status", "DOWN");
        assert_eq!(body(&p.get("front.sock", "/", &[])), "b");
        origin.say(OK);
        until("it is up again", || column(&p, "l,a", "status").starts_with("UP"));
        assert_eq!(body(&p.get("front.sock", "/", &[])), "a");
    });
}

#[test]
fn sessions_end_with_their_server_where_that_is_asked_for() {
    on_both("sessions_end_with_their_server_where_that_is_asked_for", |start| {
        let (health, silent) = (Source::new(OK), TcpListener::bind("127.0.0.1:0").expect("a port is free"));
        let address = silent.local_addr().expect("bound");
        let p = start(&format!(
            "listen l\n mode tcp\n bind @front.sock@\n option httpchk\n server s {address} check addr {} port {} inter 50ms fall 1 \
             rise 1 on-marked-down shutdown-sessions",
            health.address.ip(),
            health.address.port()
        ));
        is(&p, "l,s", "check_status", "L7OK");
        let mut session = p.connect("front.sock");
        session.write_all(b"hello").expect("it reads");
        let (mut far, _) = silent.accept().expect("the proxy connects");
        let mut buf = [0; 5];
        far.read_exact(&mut buf).expect("it was sent");
        health.say(BROKEN);
        assert_eq!(session.read(&mut buf).unwrap_or(0), 0);
        is(&p, "l,s", "status", "DOWN");
    });
}

#[test]
fn sessions_on_a_backup_end_when_a_server_comes_up() {
    on_both("sessions_on_a_backup_end_when_a_server_comes_up", |start| {
        let (health, silent) = (Source::new(BROKEN), TcpListener::bind("127.0.0.1:0").expect("a port is free"));
        let address = silent.local_addr().expect("bound");
        let p = start(&format!(
            "listen l\n mode tcp\n bind @front.sock@\n option httpchk\n server s {} check inter 50ms fall 1 rise 1 on-marked-up \
             shutdown-backup-sessions\n server spare {address} backup",
            health.address
        ));
        is(&p, "l,s", "status", "DOWN");
        let mut session = p.connect("front.sock");
        session.write_all(b"hello").expect("it reads");
        let (mut far, _) = silent.accept().expect("the proxy connects");
        let mut buf = [0; 5];
        far.read_exact(&mut buf).expect("it was sent");
        health.say(OK);
        assert_eq!(session.read(&mut buf).unwrap_or(0), 0);
    });
}

#[test]
fn a_server_that_came_back_takes_its_weight_slowly() {
    on_both("a_server_that_came_back_takes_its_weight_slowly", |start| {
        let health = Source::new(BROKEN);
        let p = start(&format!(
            "listen l\n bind @front.sock@\n option httpchk\n server s {} check inter 50ms fall 1 rise 1 weight 100 slowstart 4s",
            health.address
        ));
        is(&p, "l,s", "status", "DOWN");
        // The first moments of a process know no slow start.
        until("the process is two seconds old", || p.ask("cli.sock", "show info").contains("\nUptime_sec: 2\n"));
        health.say(OK);
        is(&p, "l,s", "status", "UP");
        let weight = || column(&p, "l,s", "weight").parse::<u32>().expect("a number");
        let first = weight();
        assert!(first < 60, "{first}");
        until("the weight grows", || weight() > first);
        until("the weight is whole", || weight() == 100);
    });
}

/// Far from `fullconn` a server takes `minconn`, at `fullconn` it takes `maxconn`.
#[test]
fn the_limit_of_a_server_follows_the_load_of_its_backend() {
    on_both("the_limit_of_a_server_follows_the_load_of_its_backend", |start| {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = silent.local_addr().expect("bound");
        let p = start(&format!(
            "listen far\n bind @far.sock@\n fullconn 1000\n server s {address} minconn 1 maxconn 4\n\
             listen near\n bind @near.sock@\n fullconn 1\n server s {address} minconn 1 maxconn 4"
        ));
        for (name, taken) in [("far", "1"), ("near", "4")] {
            let open: Vec<_> = (0..6)
                .map(|_| {
                    let mut c = p.connect(&format!("{name}.sock"));
                    c.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").expect("it reads");
                    c
                })
                .collect();
            is(&p, &format!("{name},BACKEND"), "scur", "6");
            is(&p, &format!("{name},s"), "scur", taken);
            drop(open);
        }
    });
}

#[test]
fn cookies_are_rewritten_prefixed_and_grow_old() {
    on_both("cookies_are_rewritten_prefixed_and_grow_old", |start| {
        let origin = Source::new("HTTP/1.1 200 OK\r\nSet-Cookie: SID=abc; path=/\r\nContent-Length: 2\r\n\r\nok");
        let p = start(&format!(
            "listen r\n bind @r.sock@\n cookie SID rewrite\n server s {0} cookie srv\n\
             listen p\n bind @p.sock@\n cookie SID prefix\n server s {0} cookie srv\n\
             listen i\n bind @i.sock@\n cookie SRV insert indirect nocache maxidle 1h maxlife 2h\n server s {0} cookie srv",
            origin.address
        ));
        let set = |answer: String| {
            answer.lines().filter_map(|l| l.strip_prefix("set-cookie: ")).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(set(p.get("r.sock", "/", &[])), ["SID=srv; path=/"]);
        assert_eq!(set(p.get("p.sock", "/", &[])), ["SID=srv~abc; path=/"]);
        let inserted = set(p.get("i.sock", "/", &[])).pop().expect("a cookie");
        let dates = inserted.strip_prefix("SRV=srv|").and_then(|r| r.strip_suffix("; path=/")).expect(&inserted);
        let (last, first) = dates.split_once('|').expect("two dates");
        assert_eq!((last.len(), first), (5, last));
        // An old one is not believed.
        let old = set(p.get("i.sock", "/", &["Cookie: SRV=srv|AAAAA|AAAAA"]));
        assert!(old.iter().any(|c| c.starts_with("SRV=srv|")), "{old:?}");
    });
}

#[test]
fn netscaler_tells_the_client() {
    on_both("netscaler_tells_the_client", |start| {
        let p = start(
            "listen l\n bind @front.sock@ accept-netscaler-cip 51966\n http-request return status 200 content-type text/plain \
             lf-string %[src]:%[src_port]",
        );
        // IPv4 from 192.0.2.7:4660 to 192.0.2.1:80, as headers of 40 bytes.
        let mut ip = vec![0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 192, 0, 2, 7, 192, 0, 2, 1];
        ip.extend_from_slice(&[0x12, 0x34, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 2, 0, 0, 0, 0, 0, 0]);
        let mut bytes = 0xcafe_u32.to_be_bytes().to_vec();
        bytes.extend_from_slice(&40_u32.to_be_bytes());
        bytes.extend_from_slice(&ip);
        bytes.extend_from_slice(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assert_eq!(body(&p.exchange("front.sock", &bytes)), "192.0.2.7:4660");
    });
}

/// The kernel's list of sockets shows a keep-alive timer as 02.
#[test]
fn silent_connections_to_servers_are_probed() {
    on_both("silent_connections_to_servers_are_probed", |start| {
        let silent = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = silent.local_addr().expect("bound").port();
        let p = start(&format!(
            "listen l\n mode tcp\n bind @front.sock@\n option srvtcpka\n srvtcpka-idle 90s\n srvtcpka-cnt 3\n srvtcpka-intvl 5s\n \
             server s 127.0.0.1:{port}"
        ));
        let _session = p.connect("front.sock");
        let (_far, _) = silent.accept().expect("the proxy connects");
        let mut left = 0;
        until("a keep-alive timer", || {
            let list = std::fs::read_to_string("/proc/net/tcp").unwrap_or_default();
            let timer = list.lines().filter_map(|l| {
                let words: Vec<_> = l.split_whitespace().collect();
                words.get(2)?.ends_with(&format!(":{port:04X}")).then(|| words.get(5).map(|w| (*w).to_owned()))?
            });
            let ticks = timer.into_iter().find_map(|t| Some(t.strip_prefix("02:")?.to_owned()));
            left = ticks.and_then(|t| u32::from_str_radix(&t, 16).ok()).unwrap_or(0);
            left > 0
        });
        // Hundredths of a second.
        assert!((8000..=9000).contains(&left), "{left}");
    });
}

/// What each protocol's check says first, as a server sees it.
#[test]
fn checks_speak_their_protocols() {
    on_both("checks_speak_their_protocols", |start| {
        let cases: [(&str, &[u8]); 4] = [
            ("option redis-check", b"*1\r\n$4\r\nPING\r\n"),
            ("option ldap-check", b"\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"),
            ("option pgsql-check user ha", b"\x00\x00\x00\x11\x00\x03\x00\x00user\x00ha\x00\x00"),
            (
                "option httpchk GET /up HTTP/1.1\n http-check send hdr Host h hdr X-B %[be_name] body x",
                b"GET /up HTTP/1.1\r\nhost: h\r\nx-b: b4\r\ncontent-length: 1\r\nconnection: close\r\n\r\nx",
            ),
        ];
        let listeners: Vec<_> =
            cases.iter().map(|_| TcpListener::bind("127.0.0.1:0").expect("a port is free")).collect();
        let mut own = "frontend f\n bind @front.sock@\n".to_owned();
        for (i, (option, _)) in cases.iter().enumerate() {
            let address = listeners[i].local_addr().expect("bound");
            own.push_str(&format!("backend b{}\n {option}\n server s {address} check inter 1s\n", i + 1));
        }
        let _p = start(&own);
        for (listener, (option, expected)) in listeners.iter().zip(cases) {
            let (mut far, _) = listener.accept().expect("a check comes");
            let mut got = vec![0; expected.len()];
            far.read_exact(&mut got).expect("it speaks");
            assert_eq!(got, expected, "{option}: {}", String::from_utf8_lossy(&got));
        }
    });
}
