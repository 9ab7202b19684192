//! Stick counters: who is tracked, what is counted, who is refused. What is asserted was seen from the original, which gets the
//! same questions where it is at hand.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use crate::proxy_space::{OURS, Proxy, body, original};

fn on_both(own: &str, test: impl Fn(&Proxy)) {
    let configuration = format!(
        "global\n stats socket @cli.sock@ level admin\n\
         defaults\n mode http\n timeout connect 2s\n timeout client 5s\n timeout server 5s\n{own}\n"
    );
    test(&Proxy::start(OURS, &configuration));
    let theirs = std::env::var_os("HAWSER_ORACLE_HAPROXY");
    if let Some(original) = theirs.and_then(|_| original("stick counters")) {
        test(&Proxy::start(original, &configuration));
    }
}

fn status(p: &Proxy, path: &str, headers: &[&str]) -> String {
    p.get("front.sock", path, headers).split(' ').nth(1).unwrap_or("").to_owned()
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(20), "not so in time: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The lines of a table's entries from their keys on.
fn entries(p: &Proxy, table: &str) -> Vec<String> {
    let text = p.ask("cli.sock", &format!("show table {table}"));
    text.lines().filter_map(|l| l.split_once("key=")).map(|(_, rest)| rest.trim_end().to_owned()).collect()
}

#[test]
fn a_client_that_asks_too_often_is_refused_and_others_are_not() {
    let own = "frontend l\n bind @front.sock@\n stick-table type string len 32 size 100 expire 30s store http_req_rate(30s)\n \
               http-request track-sc0 req.hdr(x-client)\n http-request deny deny_status 429 if { sc_http_req_rate(0) gt 3 }\n \
               http-request return status 200";
    on_both(own, |p| {
        let all: Vec<_> = (0..5).map(|_| status(p, "/", &["X-Client: a"])).collect();
        assert_eq!(all, ["200", "200", "200", "429", "429"]);
        assert_eq!(status(p, "/", &["X-Client: b"]), "200");
        // Without a key nobody is tracked.
        assert_eq!(status(p, "/", &[]), "200");
        assert_eq!(entries(p, "l").len(), 2);
    });
}

#[test]
fn requests_errors_and_bytes_are_counted_where_the_key_is_tracked() {
    let own = "backend t\n stick-table type string size 100 store conn_cnt,conn_cur,sess_cnt,http_req_cnt,http_err_cnt,http_fail_cnt,bytes_in_cnt,bytes_out_cnt\n\
               frontend l\n bind @front.sock@\n tcp-request content track-sc0 path table t\n http-request track-sc1 str(all) table t\n \
               http-request deny if { path /deny }\n default_backend b\n\
               backend b\n server s @srv.sock@\n\
               frontend srv\n bind @srv.sock@\n http-request return status 500 if { path /500 }\n http-request return status 501 if { path /501 }\n \
               http-request return status 404 if { path /404 }\n http-request return status 200 content-type text/plain string hello";
    on_both(own, |p| {
        for (path, code) in [("/deny", "403"), ("/500", "500"), ("/501", "501"), ("/404", "404"), ("/ok", "200")] {
            assert_eq!(status(p, path, &[]), code);
        }
        let counted = |key: &str| {
            let all = entries(p, "t");
            let line =
                all.iter().find(|l| l.starts_with(&format!("{key} "))).unwrap_or_else(|| panic!("{key} in {all:?}"));
            let from = line.find("conn_cnt").expect("a counter");
            line[from..line.find(" bytes_in").or_else(|| line.find(" http_fail")).expect("a counter")].to_owned()
        };
        let one = |errors| format!("conn_cnt=1 conn_cur=0 sess_cnt=0 http_req_cnt=1 http_err_cnt={errors}");
        assert_eq!((counted("/deny"), counted("/404"), counted("/ok")), (one(1), one(1), one(0)));
        assert_eq!(counted("all"), "conn_cnt=5 conn_cur=0 sess_cnt=0 http_req_cnt=5 http_err_cnt=2");
        let all = entries(p, "t");
        let failed = |key: &str| all.iter().any(|l| l.starts_with(key) && l.ends_with("http_fail_cnt=1"));
        assert_eq!((failed("/500"), failed("/501"), failed("all")), (true, false, true), "{all:?}");
        let ok = all.iter().find(|l| l.starts_with("/ok ")).expect("an entry");
        assert!(ok.contains("bytes_out_cnt=76"), "{ok}");
    });
}

#[test]
fn general_purpose_counters_and_tags_are_set_by_rules_and_read_by_expressions() {
    let own = "backend t\n stick-table type string size 100 expire 60s store gpc(2),gpt(2),gpc_rate(2,60s)\n\
               backend u\n stick-table type string size 100 store gpc0,gpt0\n\
               frontend l\n bind @front.sock@\n http-request track-sc0 str(k) table t\n http-request track-sc1 str(k) table u\n \
               http-request sc-inc-gpc(1,0)\n http-request sc-inc-gpc0(1)\n http-request sc-set-gpt(1,0) int(8),add(1)\n http-request sc-set-gpt0(1) 7\n \
               http-request return status 200 content-type text/plain lf-string \"%[sc_get_gpc(1,0)] %[sc_gpc_rate(1,0)] %[sc_get_gpc1(0)] \
%[sc_get_gpt(1,0)] %[sc1_get_gpt0] %[sc_inc_gpc0(1)] %[sc_clr_gpc0(1)] %[sc1_get_gpc0] %[str(k),table_gpc(1,t)] %[str(x),table_gpc(1,t)] \
%[str(k),in_table(t)]%[str(x),in_table(t)] <%[str(x),table_expire(t)]> %[sc_tracked(0)]%[sc_tracked(2)] %[sc_trackers(0)] <%[sc_conn_cnt(0)]> %[sc_get_gpt0(0,u)]\"";
    on_both(own, |p| {
        assert_eq!(body(&p.get("front.sock", "/", &[])), "1 1 1 9 7 2 2 0 1 0 10 <> 10 1 <> 7");
        assert_eq!(body(&p.get("front.sock", "/", &[])), "2 2 2 9 7 2 2 0 2 0 10 <> 10 1 <> 7");
    });
}

#[test]
fn an_operator_sets_rates_and_sees_them_refuse() {
    let own = "frontend l\n bind @front.sock@\n stick-table type string size 100 store http_req_rate(60s),gpc(2)\n \
               http-request deny if { req.hdr(x-client),table_http_req_rate() gt 5 }\n http-request return status 200";
    on_both(own, |p| {
        assert_eq!(status(p, "/", &["X-Client: a"]), "200");
        p.ask("cli.sock", "set table l key a data.http_req_rate 9 data.gpc 4");
        assert_eq!(status(p, "/", &["X-Client: a"]), "403");
        let all = entries(p, "l");
        assert!(all.len() == 1 && all[0].ends_with("http_req_rate(60000)=9 gpc0=4 gpc1=0"), "{all:?}");
        p.ask("cli.sock", "clear table l key a");
        assert_eq!(status(p, "/", &["X-Client: a"]), "200");
    });
}

#[test]
fn connections_are_counted_while_they_last_and_refused_beyond_a_number() {
    let own = "backend t\n stick-table type string size 100 store conn_cur\n\
               frontend l\n bind @front.sock@\n tcp-request connection track-sc0 str(all) table t\n \
               tcp-request connection reject if { sc0_conn_cur gt 1 }\n http-request return status 200";
    on_both(own, |p| {
        let held = p.connect("front.sock");
        until("the connection counts", || {
            entries(p, "t").iter().any(|l| l.contains("use=1 ") && l.ends_with("conn_cur=1"))
        });
        let mut refused = p.connect("front.sock");
        let _ = refused.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        let mut answer = Vec::new();
        let _ = refused.read_to_end(&mut answer);
        assert_eq!(answer, b"");
        drop(held);
        until("nobody is connected", || entries(p, "t").iter().any(|l| l.ends_with("conn_cur=0")));
        assert_eq!(status(p, "/", &[]), "200");
    });
}
