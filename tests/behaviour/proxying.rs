//! One haproxy between a client and servers that it plays itself. What is asserted was seen from the original, which gets
//! the same questions where it is at hand.

use std::io::{Read as _, Write as _};

use crate::proxy_space::{OURS, Proxy, body, original};

const DEFAULTS: &str = "defaults\n mode http\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n";

/// Two servers that say their name, and a dead one's address.
const SERVERS: &str = "
frontend a
  bind @a.sock@
  http-request return status 200 content-type text/plain hdr cache-control max-age=10 string a if { path /cached }
  http-request return status 200 content-type text/plain string a
frontend b
  bind @b.sock@
  http-request return status 200 content-type text/plain string b
";

fn configuration(own: &str) -> String {
    format!("global\n stats socket @cli.sock@ level admin\n{DEFAULTS}{own}\n{SERVERS}")
}

/// Runs a test on ours, then on the original if it is there: both must hold.
pub(crate) fn on_both(own: &str, test: impl Fn(&Proxy)) {
    test(&Proxy::start(OURS, &configuration(own)));
    let theirs = std::env::var_os("HAWSER_ORACLE_HAPROXY");
    if let Some(original) = theirs.and_then(|_| original("on_both")) {
        test(&Proxy::start(original, &configuration(own)));
    }
}

fn bodies(p: &Proxy, n: usize, headers: &[&str]) -> String {
    (0..n).map(|_| body(&p.get("front.sock", "/", headers)).to_owned()).collect()
}

#[test]
fn servers_take_turns_and_weights_count() {
    on_both("listen l\n bind @front.sock@\n server a @a.sock@ weight 2\n server b @b.sock@", |p| {
        let mut got = bodies(p, 6, &[]).into_bytes();
        got.sort_unstable();
        assert_eq!(got, b"aaaabb");
    });
}

#[test]
fn a_cookie_brings_the_client_back() {
    let own = "listen l\n bind @front.sock@\n cookie SRV insert indirect nocache\n server a @a.sock@ cookie ca\n server b @b.sock@ cookie cb";
    on_both(own, |p| {
        let first = p.get("front.sock", "/", &[]);
        assert!(first.contains("set-cookie: SRV=ca; path=/\r\n"), "{first}");
        // A shared cache must not keep the cookie; what no cache would keep needs no word about it.
        let private = |path| p.get("front.sock", path, &["Cookie: SRV=gone"]).contains("cache-control: private\r\n");
        assert!(!first.contains("cache-control"), "{first}");
        assert!(private("/cached") || private("/cached"));
        assert_eq!(bodies(p, 3, &["Cookie: x=1; SRV=cb"]), "bbb");
        let back = p.get("front.sock", "/", &["Cookie: SRV=cb"]);
        assert!(!back.contains("set-cookie"), "{back}");
    });
}

#[test]
fn a_table_brings_the_key_back() {
    let own = "listen l\n bind @front.sock@\n balance roundrobin\n stick-table type string len 8 size 10 expire 1m\n stick on hdr(x-key)\n server a @a.sock@\n server b @b.sock@";
    on_both(own, |p| {
        assert_eq!(bodies(p, 3, &["X-Key: one"]), "aaa");
        assert_eq!(bodies(p, 3, &["X-Key: two"]), "bbb");
        assert_eq!(bodies(p, 1, &["X-Key: one"]), "a");
        let list = p.ask("cli.sock", "show table");
        assert_eq!(list, "# table: l, type: string, size:10, used:2\n\n");
        let one = p.ask("cli.sock", "show table l key one");
        assert!(
            one.contains(": key=one use=0 exp=") && one.contains(" server_id=1 server_key=a\n"),
            "{one:?} {list:?} {:?}",
            p.ask("cli.sock", "show table l")
        );
        assert_eq!(p.ask("cli.sock", "clear table l key one"), "\n");
        assert_eq!(p.ask("cli.sock", "show table l key one"), "\n");
        assert_eq!(p.ask("cli.sock", "show table m"), "No such table\n\n");
    });
}

#[test]
fn a_server_that_refuses_is_passed_over() {
    let own =
        "listen l\n bind @front.sock@\n retries 3\n option redispatch 1\n server gone @gone.sock@\n server b @b.sock@";
    on_both(own, |p| assert_eq!(bodies(p, 4, &[]), "bbbb"));
}

#[test]
fn nobody_left_is_503() {
    on_both("listen l\n bind @front.sock@\n retries 0\n server gone @gone.sock@", |p| {
        let answer = p.get("front.sock", "/", &[]);
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
        assert!(body(&answer).contains("No server is available to handle this request."), "{answer}");
    });
}

/// Requests that must never reach a server.
#[test]
fn malformed_requests_get_400() {
    on_both("listen l\n bind @front.sock@\n server a @a.sock@", |p| {
        for bad in [
            "GET / HTTP/1.1\r\nHost: h\r\nBad Header: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\nx",
            "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
            "GET /\x01 HTTP/1.1\r\nHost: h\r\n\r\n",
            "GET / HTTP/1.1 \r\nHost h\r\n\r\n",
            "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        ] {
            let answer = p.exchange("front.sock", bad.as_bytes());
            assert!(answer.starts_with("HTTP/1.1 400 Bad request\r\n"), "{bad:?}: {answer:?}");
        }
    });
}

#[test]
fn an_operator_takes_a_server_out_and_back() {
    on_both("listen l\n bind @front.sock@\n server a @a.sock@\n server b @b.sock@", |p| {
        assert_eq!(p.ask("cli.sock", "disable server l/a"), "\n");
        assert_eq!(bodies(p, 3, &[]), "bbb");
        let stat = p.ask("cli.sock", "show stat");
        let row = stat.lines().find(|l| l.starts_with("l,a,")).expect("a row");
        assert_eq!(row.split(',').nth(17), Some("MAINT"), "{row}");
        assert_eq!(p.ask("cli.sock", "enable server l/a"), "\n");
        assert!(bodies(p, 2, &[]).contains('a'));
        assert_eq!(p.ask("cli.sock", "disable server l/z"), "No such server.\n\n");
        assert_eq!(p.ask("cli.sock", "set weight l/a 0; get weight l/a"), "\n0 (initial 1)\n\n");
    });
}

#[test]
fn the_statistics_page_asks_who_is_there() {
    let own = "listen l\n bind @front.sock@\n stats enable\n stats uri /stats\n stats auth admin:admin\n stats realm Haproxy\\ Statistics\n server a @a.sock@";
    on_both(own, |p| {
        let stranger = p.get("front.sock", "/stats", &[]);
        assert!(stranger.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{stranger}");
        assert!(stranger.contains("www-authenticate: Basic realm=\"Haproxy Statistics\"\r\n"), "{stranger}");
        let admin = ["Authorization: Basic YWRtaW46YWRtaW4="];
        let page = p.get("front.sock", "/stats", &admin);
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("content-type: text/html\r\n"), "{page}");
        let csv = p.get("front.sock", "/stats;csv", &admin);
        assert!(body(&csv).contains("# pxname,svname,qcur,qmax,scur,smax,slim,stot,bin,bout,"), "{csv}");
        assert_eq!(body(&p.get("front.sock", "/", &[])), "a");
    });
}

#[test]
fn rules_decide_in_their_order() {
    let own = "frontend f
  bind @front.sock@
  acl is_old path_beg /old
  acl is_api path_beg /api
  http-request deny deny_status 429 if { hdr(x-bad) -m found }
  http-request redirect location /new code 301 if is_old
  http-request set-header X-Seen %[path,upper]
  use_backend api if is_api
  default_backend rest
backend api
  server a @a.sock@
backend rest
  http-response set-header X-Rest yes
  server b @b.sock@";
    on_both(own, |p| {
        assert!(p.get("front.sock", "/", &["X-Bad: 1"]).starts_with("HTTP/1.1 429 "));
        let moved = p.get("front.sock", "/old/x", &[]);
        assert!(
            moved.starts_with("HTTP/1.1 301 Moved Permanently\r\n") && moved.contains("location: /new\r\n"),
            "{moved}"
        );
        assert_eq!(body(&p.get("front.sock", "/api/1", &[])), "a");
        let rest = p.get("front.sock", "/x", &[]);
        assert!(rest.contains("x-rest: yes\r\n") && body(&rest) == "b", "{rest}");
    });
}

#[test]
fn a_connection_carries_several_requests() {
    on_both("listen l\n bind @front.sock@\n server a @a.sock@", |p| {
        let twice = "GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answer = p.exchange("front.sock", twice.as_bytes());
        assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answer}");
    });
}

/// An idle connection has no stream, so an operator neither sees nor ends it.
#[test]
fn sessions_are_listed_while_they_have_a_request() {
    let own = "listen l\n bind @front.sock@\n http-request wait-for-body time 5s\n server a @a.sock@";
    on_both(own, |p| {
        let listed = || p.ask("cli.sock", "show sess").lines().filter(|l| l.contains(" fe=l ")).count();
        let mut s = p.connect("front.sock");
        assert_eq!(listed(), 0);
        s.write_all(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n1").expect("it reads");
        crate::proxy_space::until("the session is listed", || listed() == 1);
        s.write_all(b"2").expect("it reads");
        crate::proxy_space::until("the session is over", || listed() == 0);
        s.write_all(b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut answers = String::new();
        s.read_to_string(&mut answers).expect("it answers");
        assert_eq!(answers.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answers}");
    });
}

/// Each level of rules hides the addresses of the one above: a stream's are gone with it, a session's stay.
#[test]
fn addresses_belong_to_the_level_that_set_them() {
    let own = "frontend f
  bind @front.sock@ accept-proxy
  tcp-request connection set-src ipv4(10.1.0.1)
  tcp-request session set-src ipv4(10.2.0.1) if FALSE
  http-request set-src hdr(x-from) if { hdr(x-from) -m found }
  http-request return status 200 hdr seen %[fc_src]/%[src]/%[dst]";
    on_both(own, |p| {
        let head = "PROXY TCP4 192.0.2.7 192.0.2.8 1234 80\r\n";
        let first = "GET / HTTP/1.1\r\nHost: h\r\nX-From: 10.3.0.1\r\n\r\n";
        let second = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answers = p.exchange("front.sock", format!("{head}{first}{second}").as_bytes());
        let seen: Vec<_> = answers.lines().filter_map(|l| l.strip_prefix("seen: ")).collect();
        assert_eq!(seen, ["10.1.0.1/10.3.0.1/192.0.2.8", "10.1.0.1/192.0.2.7/192.0.2.8"], "{answers}");
    });
}

/// What is not shared with others is still used again for its client.
#[test]
fn a_connection_that_is_not_shared_stays_with_its_client() {
    for rest in ["http-reuse never\n server r @r.sock@", "http-reuse always\n server r @r.sock@ send-proxy"] {
        let expects = if rest.contains("send-proxy") { "accept-proxy" } else { "" };
        let own = format!(
            "listen l\n bind @front.sock@\n {rest}\nfrontend r\n bind @r.sock@ {expects}
  http-request return status 200 hdr first %[http_first_req]"
        );
        on_both(&own, |p| {
            let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
            let last = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            let firsts = |answers: &str| {
                let all: Vec<_> = answers.lines().filter_map(|l| l.strip_prefix("first: ")).collect();
                all.concat()
            };
            let one = p.exchange("front.sock", format!("{get}{get}{last}").as_bytes());
            assert_eq!(firsts(&one), "100", "{one}");
            if rest.contains("never") {
                let other = p.exchange("front.sock", last.as_bytes());
                assert_eq!(firsts(&other), "1", "{other}");
            }
        });
    }
}

/// NTLM is spoken on a connection: what follows must go where it was asked.
#[test]
fn an_authenticated_connection_is_its_clients_alone() {
    let own = "listen l
  bind @front.sock@
  http-reuse always
  server r @r.sock@
  server s @s.sock@
frontend r
  bind @r.sock@
  http-request return status 401 hdr WWW-Authenticate NTLM hdr first r%[http_first_req] if { http_first_req }
  http-request return status 200 hdr first r%[http_first_req]
frontend s
  bind @s.sock@
  http-request return status 401 hdr WWW-Authenticate NTLM hdr first s%[http_first_req] if { http_first_req }
  http-request return status 200 hdr first s%[http_first_req]";
    on_both(own, |p| {
        let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
        let last = "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
        let answers = p.exchange("front.sock", format!("{get}{get}{last}").as_bytes());
        let all: Vec<_> = answers.lines().filter_map(|l| l.strip_prefix("first: ")).collect();
        assert!(all == ["r1", "r0", "r0"] || all == ["s1", "s0", "s0"], "{answers}");
    });
}

#[test]
fn bytes_go_through_both_ways() {
    let own = "listen l\n mode tcp\n bind @front.sock@\n server a @a.sock@";
    on_both(own, |p| {
        let mut s = p.connect("front.sock");
        s.write_all(b"GET / HTTP/1.0\r\n\r\n").expect("it reads");
        let mut answer = String::new();
        s.read_to_string(&mut answer).expect("it answers");
        assert!(answer.ends_with("\r\n\r\na"), "{answer}");
    });
}

/// A soft stop: who is there is served to the end, then the process goes.
#[test]
fn usr1_lets_the_last_request_finish() {
    // Its server lives on.
    let servers = Proxy::start(OURS, &configuration(""));
    let own = format!("{DEFAULTS}listen l\n bind @front.sock@\n server a {}\n", servers.address("a.sock"));
    let mut p = Proxy::start(OURS, &own);
    let mut s = p.connect("front.sock");
    s.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n").expect("it reads");
    std::thread::sleep(std::time::Duration::from_millis(100));
    let pid = p.pid().to_string();
    assert!(std::process::Command::new("kill").args(["-USR1", &pid]).status().is_ok_and(|s| s.success()));
    std::thread::sleep(std::time::Duration::from_millis(100));
    s.write_all(b"\r\n").expect("it reads");
    let mut answer = String::new();
    s.read_to_string(&mut answer).expect("it answers and closes");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("\r\n\r\na"), "{answer}");
    assert_eq!(p.ended(), Some(0));
}

#[test]
fn variables_of_the_process_are_set_once_and_conditions_guard_them() {
    let own = "global\n set-var proc.limit int(12)\n set-var-fmt proc.name \"n%[var(proc.limit)]\"\n\
               listen l\n bind @front.sock@\n http-request set-var(txn.a) str()\n http-request set-var(txn.a,ifnotset) str(no)\n \
               http-request set-var(txn.b) int(5)\n http-request set-var(txn.b,ifgt) int(7)\n http-request set-var(txn.b,iflt) int(6)\n \
               http-request return status 200 content-type text/plain lf-string \"%[var(proc.name)],%[var(txn.a)],%[var(txn.b)],%[bin(410042)]\"";
    on_both(own, |p| assert_eq!(body(&p.get("front.sock", "/", &[])), "n12,,6,A"));
}

#[test]
fn the_rule_that_decided_is_told() {
    let own = "listen l\n bind @front.sock@\n http-request set-header X y\n http-request allow if { path /a }\n \
               http-request set-header X z\n http-request allow if { path /b }\n \
               http-response set-header Line \"%[last_rule_line]\"\n server a @a.sock@";
    on_both(own, |p| {
        let line = |path| {
            let got = p.get("front.sock", path, &[]);
            let told = got.split("line: ").nth(1).and_then(|l| l.lines().next()?.trim().parse::<i32>().ok());
            told.unwrap_or(0)
        };
        let (first, second, none) = (line("/a"), line("/b"), line("/"));
        assert_eq!((first > 0, second - first, none), (true, 2, 0));
    });
}

#[test]
fn headers_with_unusual_names_are_taken_out_or_refused_behind_the_rules() {
    let names = "http-request return status 200 content-type text/plain lf-string \"%[req.hdr_names]\"";
    let own = format!(
        "frontend l\n bind @front.sock@\n option http-restrict-req-hdr-names delete\n http-request set-header X_Set \"%[req.hdr_names]\"\n default_backend n\n\
         frontend r\n bind @reject.sock@\n option http-restrict-req-hdr-names reject\n default_backend n\n\
         backend n\n {names}"
    );
    on_both(&own, |p| {
        assert_eq!(body(&p.get("front.sock", "/", &["X_a: 1", "X-b: 2", "x.c: 3"])), "host,x-b");
        assert_eq!(body(&p.get("reject.sock", "/", &["X-b: 2"])), "host,x-b");
        assert!(p.get("reject.sock", "/", &["X_a: 1"]).starts_with("HTTP/1.1 403 "));
    });
}

#[test]
fn a_forced_cookie_reaches_a_server_that_is_down() {
    let own = "listen l\n bind @front.sock@\n cookie SRV insert indirect\n force-persist if { path /forced }\n \
               server a @a.sock@ cookie ca disabled\n server b @b.sock@ cookie cb";
    on_both(own, |p| {
        let forced = p.get("front.sock", "/forced", &["Cookie: SRV=ca"]);
        assert_eq!((body(&forced), forced.contains("set-cookie")), ("a", false), "{forced}");
        let other = p.get("front.sock", "/", &["Cookie: SRV=ca"]);
        assert_eq!((body(&other), other.contains("set-cookie: SRV=cb")), ("b", true), "{other}");
    });
}

#[test]
fn a_connection_without_tls_says_so() {
    let own = "listen l\n bind @front.sock@\n http-request redirect scheme https unless { ssl_fc }\n server a @a.sock@";
    on_both(own, |p| assert!(p.get("front.sock", "/x", &[]).contains("location: https://h/x\r\n")));
}

#[test]
fn an_operator_changes_a_variable_of_the_process() {
    let own = "global\n set-var proc.site str(old)\nlisten l\n bind @front.sock@\n \
               http-request return status 200 content-type text/plain lf-string \"%[var(proc.site)]\"";
    on_both(own, |p| {
        assert_eq!(body(&p.get("front.sock", "/", &[])), "old");
        assert!(
            p.ask("cli.sock", "set var proc.site str(no)").starts_with("This command is restricted to experimental")
        );
        p.ask("cli.sock", "experimental-mode on; set var proc.site fmt %[var(proc.site)]er");
        assert_eq!(body(&p.get("front.sock", "/", &[])), "older");
        p.ask("cli.sock", "experimental-mode on; set var proc.site int(4),add(1)");
        assert_eq!(p.ask("cli.sock", "get var proc.site"), "proc.site: type=sint value=<5>\n");
        let refused = p.ask("cli.sock", "experimental-mode on; set var txn.site int(4)");
        assert!(refused.contains("only scope 'proc' is permitted here"), "{refused}");
    });
}

#[test]
fn a_rule_that_sets_a_map_is_seen_by_every_use_behind_it() {
    let file = std::env::temp_dir().join(format!("hw-map-{}", std::process::id()));
    std::fs::write(&file, "/a one\n").expect("a writable directory");
    let map = file.display();
    let own = format!(
        "listen l\n bind @front.sock@\n http-request set-map({map}) %[path] two if {{ path_beg /set }}\n \
         http-request return status 200 content-type text/plain lf-string \"%[path,map_beg({map},none)] %[path,map({map},none)]\""
    );
    on_both(&own, |p| {
        let seen = |path| body(&p.get("front.sock", path, &[])).to_owned();
        assert_eq!([seen("/ab"), seen("/set"), seen("/settle")], ["one none", "two two", "two two"]);
    });
    let _ = std::fs::remove_file(&file);
}

#[test]
fn who_was_sent_to_a_server_by_a_rule_gets_no_cookie() {
    let own = "listen l\n bind @front.sock@\n cookie SRV insert\n stick-table type string size 100 expire 1h\n \
               stick on path if { path_beg /stick }\n use-server b if { path /b }\n server a @a.sock@ cookie a\n \
               server b @b.sock@ cookie b";
    on_both(own, |p| {
        let gets_one = |path| p.get("front.sock", path, &[]).contains("\r\nset-cookie: SRV=");
        assert_eq!([gets_one("/"), gets_one("/b"), gets_one("/stick"), gets_one("/stick")], [true, false, true, false]);
    });
}
