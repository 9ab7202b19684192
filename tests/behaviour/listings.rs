//! What operators list: versions of maps, sessions, connections to servers, exact times; as the original tells it.

use std::{io::Write as _, os::unix::net::UnixListener};

use super::proxy_space::{Proxy, binaries, until};

const HEAD: &str = "global
    stats socket @cli@ level admin
    nbthread 2
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
";

/// Without the places of entries in memory, and without the words about where a file is used.
fn clean(answer: &str) -> String {
    let places = regex::Regex::new("(?m)^0x[0-9a-f]+ ").expect("valid");
    let uses = regex::Regex::new(r"(?m)^\d+ \((\S+)\) .* curr_ver").expect("valid");
    // The original also lists patterns that no file holds.
    let others = regex::Regex::new(r"(?m)^\d+ \(\) .*\n").expect("valid");
    let answer = others.replace_all(answer, "");
    uses.replace_all(&places.replace_all(&answer, "REF "), "($1) curr_ver").into_owned()
}

#[test]
fn versions_of_a_map_wait_until_they_are_committed() {
    let directory = std::env::temp_dir().join(format!("hw-versions-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let (map, acl) = (directory.join("map"), directory.join("acl"));
    std::fs::write(&map, "/x 1\n/y 2\n").expect("a writable directory");
    std::fs::write(&acl, "/x\n/y\n").expect("a writable directory");
    let (m, a) = (map.display().to_string(), acl.display().to_string());
    let text = format!(
        "{HEAD}frontend f\n    bind @in@\n    acl listed path -f {a}\n    http-request deny if listed\n    \
         http-request return status 200 hdr mapped %[path,map({m},none)]\n"
    );
    let commands = [
        "show map; prepare map; prepare map zz; prepare acl $M; prepare map $M; show map",
        "add map @1 $M /n 9; add map @2 $M /m 8; add map @0 $M /z 8; add map @1 $M /m 7; add map @9; add acl @1",
        "show map $M; show map @1 $M; show map @2 $M; show map @0 $M; show map; show map @77",
        "get map @1 $M /n; set map @1 $M /x 5; clear map @; clear map @77 $M; commit acl @; commit map; commit map $M",
        "commit map @3 $M; commit map @2 zz",
        "commit map @1 $M; show map $M; show map; commit map @1 $M",
        "prepare map $M; prepare map $M; add map @3 $M /three 3; add map @2 $M /two 2; commit map @3 $M; show map $M; show map",
        "commit map @2 $M; show map @2 $M; prepare map $M; add map @4 $M /four 4; clear map @4 $M; show map @4 $M",
        "prepare acl $A; add acl @1 $A /new; show acl @1 $A; show acl; clear acl @0 $A; show acl $A",
        "commit acl @1 $A; show acl $A; show acl; clear acl $A; show acl",
    ];
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, &text);
        let mut seen = Vec::new();
        for command in commands {
            let command = command.replace("$M", &m).replace("$A", &a);
            seen.push(format!("{command}:\n{}", clean(&p.ask("cli", &command))));
            let mapped = |path| p.get("in", path, &[]).lines().find(|l| l.starts_with("mapped")).map(str::to_owned);
            seen.push(format!("{:?} {:?} {:?}", mapped("/x"), mapped("/n"), mapped("/three")));
        }
        let payload = format!("prepare map {m}\n");
        p.ask("cli", payload.trim_end());
        p.exchange("cli", format!("add map @5 {m} <<\n/p 7\n/q 6\n\n").as_bytes());
        seen.push(clean(&p.ask("cli", &format!("show map @5 {m}"))));
        all.push(seen);
    }
    std::fs::remove_dir_all(&directory).expect("it is there");
    assert!(all[0].iter().any(|s| s.ends_with("Some(\"mapped: 9\") Some(\"mapped: none\")")), "{:#?}", all[0]);
    for pair in all.windows(2) {
        pair[0].iter().zip(&pair[1]).for_each(|(ours, theirs)| assert_eq!(ours, theirs));
    }
}

#[test]
fn sessions_are_listed_in_detail() {
    for binary in binaries(module_path!()) {
        let p = Proxy::start(
            binary,
            &format!(
                "{HEAD}frontend f\n    bind @in@ name door\n    default_backend b\nbackend b\n    server one @web@\n"
            ),
        );
        let web = UnixListener::bind(p.file("web")).expect("a socket");
        let mut client = p.connect("in");
        client.write_all(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n").expect("it reads");
        let _asked = web.accept().expect("it asks");
        let mut listed = String::new();
        until("it is with its server", || {
            listed = p.ask("cli", "show sess");
            listed.contains(" fe=f be=b srv=one ")
        });
        let line = listed.lines().find(|l| l.contains(" fe=f ")).expect("seen above");
        assert!(line.starts_with("0x") && line.contains(": proto=unix_stream src=unix:1 fe=f be=b srv=one "), "{line}");
        // Who asks is listed too.
        assert!(listed.contains(": proto=unix_stream src=unix:1 fe=GLOBAL be=<NONE> srv=<none> "), "{listed}");
        let id = line.split(':').next().expect("a number");
        for command in [format!("show sess {id}"), "show sess all".to_owned()] {
            let detail = p.ask("cli", &command);
            let head = format!(
                r"(?m)^{id}: \[\d\d/\w{{3}}/20\d\d:\d\d:\d\d:\d\d\.\d{{6}}\] id=\d+ proto=unix_stream source=unix:1$"
            );
            assert!(regex::Regex::new(&head).expect("valid").is_match(&detail), "{detail}");
            for line in [
                "\n  frontend=f (id=2 mode=http), listener=door (id=1) addr=unix:1\n",
                "\n  backend=b (id=3 mode=http)",
                "\n  server=one (id=1)",
            ] {
                assert!(detail.contains(line), "{line:?} in {detail}");
            }
            assert!(detail.contains("age=0s") || detail.contains("age=1s"), "{detail}");
        }
        let own = p.ask("cli", "show sess all");
        assert!(own.contains("\n  frontend=GLOBAL (id=0 mode=tcp), listener=? (id=1) addr=unix:1\n"), "{own}");
        assert!(own.contains("\n  backend=<NONE> (id=-1 mode=-)\n  server=<NONE> (id=-1)\n"), "{own}");
    }
}

#[test]
fn idle_connections_are_told_by_thread() {
    for binary in binaries(module_path!()) {
        let p = Proxy::start(
            binary,
            &format!("{HEAD}listen l\n    bind @in@\n    http-reuse always\n    server one @web@ pool-max-conn 7\n"),
        );
        let web = UnixListener::bind(p.file("web")).expect("a socket");
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for stream in web.incoming() {
                let Ok(mut stream) = stream else { return };
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                kept.push(stream);
            }
        });
        let shown = || p.ask("cli", "show servers conn");
        assert!(shown().starts_with(
            "# bkname/svname bkid/svid addr port - purge_delay used_cur used_max need_est unsafe_nb safe_nb idle_lim idle_cur idle_per_thr[2]\nl/one 2/1 "
        ), "{}", shown());
        assert!(shown().contains(" - 5000 0 0 0 0 0 7 0 0 0\n"), "{}", shown());
        assert!(p.get("in", "/", &[]).starts_with("HTTP/1.1 200"));
        until("one is idle", || {
            let text = shown();
            let columns: Vec<&str> = text.lines().nth(1).expect("a server").split(' ').collect();
            let idle = &columns[columns.len() - 3..];
            idle == ["1", "1", "0"] || idle == ["1", "0", "1"]
        });
    }
}

#[test]
fn exact_times_are_told_on_request() {
    let shape = regex::Regex::new(r"^\d+(\.\d{1,6})?$").expect("valid");
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, &format!("{HEAD}frontend f\n    bind @in@\n"));
        let typed = p.ask("cli", "show info typed float");
        let of =
            |name: &str| typed.lines().find_map(|l| l.split_once(&format!(".{name}.1:")).map(|(_, v)| v.to_owned()));
        for (name, tags) in [
            ("Uptime_sec", "MDP:flt:"),
            ("Start_time_sec", "MDP:flt:"),
            ("ConnRate", "MRP:flt:"),
            ("SessRate", "MRP:flt:"),
        ] {
            let value = of(name).expect("a field");
            assert!(value.strip_prefix(tags).is_some_and(|v| shape.is_match(v)), "{name}: {value}");
        }
        assert!(of("Idle_pct").is_some_and(|v| v.contains(":u32:")));
        let plain = p.ask("cli", "show info");
        assert!(
            plain.lines().any(|l| l.strip_prefix("Uptime_sec: ").is_some_and(|v| v.parse::<u32>().is_ok())),
            "{plain}"
        );
    }
}
