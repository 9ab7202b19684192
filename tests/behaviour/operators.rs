//! The runtime socket: every answer is the original's, byte for byte, where it tells nothing of the machine.

use super::proxy_space::{Proxy, binaries, own_name};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
    maxconn 100
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    http-request set-var(proc.n) int(5)
    http-request set-var(proc.s) str(text)
    http-request return status 200
backend b
    server s1 127.0.0.1:9
    server s2 127.0.0.1:9 weight 10 disabled
";

/// Asks both the same; the answers to all.
fn same(commands: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, CONFIGURATION);
        assert!(p.get("in", "/", &[]).starts_with("HTTP/1.1 200"), "{}", p.log());
        all.push(commands.iter().map(|c| p.ask("cli", c)).collect::<Vec<_>>());
    }
    if let [ours, theirs] = &all[..] {
        for ((command, ours), theirs) in commands.iter().zip(ours).zip(theirs) {
            assert_eq!(ours, theirs, "{command}");
        }
    }
    all.swap_remove(0)
}

#[test]
fn limits_are_changed_and_wrong_ones_refused() {
    let answers = same(&[
        "set maxconn global",
        "set maxconn global x",
        "set maxconn global 50",
        "set maxconn global 5000",
        "set maxconn global 0",
        "user;set maxconn global 4",
        "set maxconn frontend f",
        "set maxconn frontend f x",
        "set maxconn frontend zz 4",
        "set maxconn server b/s1",
        "set maxconn server b/s1 x",
        "set maxconn server b/s1 4",
        "set rate-limit",
        "set rate-limit connections foo 3",
        "set rate-limit connections global",
        "set rate-limit sessions global 7",
    ]);
    assert_eq!(answers[0], "Expects an integer value.\n\n");
    assert_eq!(answers[3], "Value out of range.\n\n");
}

#[test]
fn the_limit_of_the_process_holds_back_connections() {
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, CONFIGURATION);
        let shown = |field: &str| {
            let info = p.ask("cli", "show info");
            let line = info.lines().find_map(|l| l.strip_prefix(field)).expect("a field").trim().to_owned();
            line.parse::<u32>().expect("a number")
        };
        assert_eq!(p.ask("cli", "set maxconn global 30;set rate-limit sessions global 8"), "\n\n");
        assert_eq!((shown("Maxconn:"), shown("Hard_maxconn:"), shown("SessRateLimit:")), (30, 100, 8));
        assert_eq!(p.ask("cli", "set maxconn global 0;set rate-limit sessions global 0"), "\n\n");
        assert_eq!((shown("Maxconn:"), shown("SessRateLimit:")), (100, 0));
    }
}

#[test]
fn modes_and_levels_belong_to_the_connection() {
    let answers = same(&[
        "expert-mode",
        "expert-mode on;expert-mode;expert-mode off;expert-mode",
        "experimental-mode;experimental-mode on;experimental-mode",
        "operator;show cli level;user;show cli level;operator;show cli level",
        "user;expert-mode on",
        "set timeout cli 5s;set timeout cli;set timeout cli x;set timeout cli 0;set timeout foo 5",
        "help show info",
        "show startup-logs",
    ]);
    assert_eq!(answers[0], "expert-mode is OFF\n\n");
    assert_eq!(answers[3], "\noperator\n\n\nuser\n\nPermission denied\n\nuser\n\n");
}

#[test]
fn a_prompt_follows_each_command() {
    let answers = same(&[
        "prompt;show cli level;quit",
        "prompt;show cli level;prompt;show cli level",
        "prompt;expert-mode on;quit",
    ]);
    assert_eq!(answers[0], "\n> admin\n\n> ");
}

#[test]
fn variables_are_shown_with_their_type() {
    let answers = same(&["get var proc.n;get var proc.s;get var proc.zz;get var txn.a;get var"]);
    assert!(
        answers[0].starts_with("proc.n: type=sint value=<5>\nproc.s: type=str value=<text>\nVariable not found.\n")
    );
}

#[test]
fn servers_and_frontends_answer_in_the_originals_words() {
    same(&[
        "set server b/s1 weight x",
        "set server b/s1 addr",
        "set server b/s1 addr x",
        "set server b/s1 check-port 5",
        "set server b/s1 check-addr 5",
        "set server b/s1 agent-addr 1.2.3.4",
        "set server b/s1 agent-port 4",
        "set server b/s1 agent-send x",
        "set server b/s1 ssl on",
        "set server b/s1 fqdn x",
        "enable health b/s1;disable health b/s1;enable agent b/s1;disable agent b/s1",
        "disable frontend f;disable frontend f;enable frontend f;enable frontend f",
        "shutdown sessions server;shutdown frontend zz",
    ]);
}

const STATISTICS: &str = "global
    stats socket @cli@ level admin
    nbthread 2
    maxconn 100
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    default_backend b
backend b
    server s1 127.0.0.1:9
    server s2 127.0.0.1:9 backup weight 5 disabled
listen l
    mode tcp
    bind @tcp@
    server t1 127.0.0.1:9
";

/// What tells of the machine, the moment or the program: its value is not compared.
const OWN: [&str; 14] = [
    "Version",
    "Release_date",
    "Build info",
    "Pid",
    "Uptime",
    "Uptime_sec",
    "PoolAlloc_MB",
    "PoolUsed_MB",
    "PoolAlloc_bytes",
    "PoolUsed_bytes",
    "Tasks",
    "Idle_pct",
    "Start_time_sec",
    "lastchg",
];

/// What a connection of an operator counts as differs, rates depend on where a second ends, and the run queue on the moment.
const COUNTED: [&str; 11] = [
    "Run_queue",
    "Jobs",
    "CumConns",
    "CumReq",
    "TotalBytesOut",
    "BytesOutRate",
    "downtime",
    "ConnRate",
    "MaxConnRate",
    "SessRate",
    "MaxSessRate",
];

/// The table without the values that differ.
fn comparable(csv: &str) -> Vec<Vec<String>> {
    let names: Vec<&str> = csv.lines().next().unwrap_or_default().split(',').collect();
    let differs = |n: &str| OWN.contains(&n) || COUNTED.contains(&n);
    let line = |l: &str| l.split(',').zip(&names).filter(|(_, n)| !differs(n)).map(|(v, _)| v.to_owned()).collect();
    csv.lines().map(line).collect()
}

#[test]
fn statistics_have_the_originals_types_and_tags() {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, STATISTICS);
        let line = |l: &str| {
            let fields: Vec<&str> = l.split(':').collect();
            let name = fields[0].split('.').rev().nth(1).unwrap_or("");
            if OWN.contains(&name) || COUNTED.contains(&name) { fields[..3].join(":") } else { l.to_owned() }
        };
        let typed = |command: &str| p.ask("cli", command).lines().map(line).collect::<Vec<_>>();
        all.push((typed("show info typed"), typed("show stat typed"), comparable(&p.ask("cli", "show stat"))));
    }
    assert!(all[0].0.contains(&"16.Hard_maxconn.1:CLP:u32:100".to_owned()));
    assert!(all[0].1.contains(&"B.3.0.33.rate.1:MGP:u32:0".to_owned()));
    for pair in all.windows(2) {
        for (ours, theirs) in [(&pair[0].0, &pair[1].0), (&pair[0].1, &pair[1].1)] {
            ours.iter().zip(theirs).for_each(|(a, b)| assert_eq!(a, b));
            assert_eq!(ours.len(), theirs.len());
        }
        assert_eq!(pair[0].2, pair[1].2);
    }
}

#[test]
fn json_has_the_originals_shape() {
    fn blank(value: &mut serde_json::Value) {
        match value {
            serde_json::Value::Array(all) => all.iter_mut().for_each(blank),
            serde_json::Value::Object(o) => {
                let name = o.get("field").and_then(|f| f["name"].as_str()).unwrap_or("").to_owned();
                if OWN.contains(&name.as_str()) || COUNTED.contains(&name.as_str()) {
                    o["value"]["value"] = serde_json::Value::Null;
                }
            }
            _ => {}
        }
    }
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, STATISTICS);
        let json = |command: &str| {
            let mut value = serde_json::from_str(&p.ask("cli", command)).expect("JSON");
            blank(&mut value);
            value
        };
        all.push(["show info json", "show stat json", "show schema json"].map(json));
    }
    assert_eq!(all[0][1][0][0]["field"]["name"], "pxname");
    for pair in all.windows(2) {
        for (ours, theirs) in pair[0].iter().zip(&pair[1]) {
            let parts = |v: &serde_json::Value| v.as_array().cloned().unwrap_or_else(|| vec![v.clone()]);
            parts(ours).iter().zip(parts(theirs)).for_each(|(a, b)| assert_eq!(a.to_string(), b.to_string()));
            assert!(ours == theirs, "one has more");
        }
    }
}

#[test]
fn the_files_of_the_program_are_listed_with_their_places() {
    let shape = regex::Regex::new(r"^0x([0-9a-f]{12})-0x([0-9a-f]{12}) \(0x([0-9a-f]{7})\) (/\S+)$");
    let shape = shape.expect("a valid expression");
    for binary in binaries(module_path!()) {
        let p = Proxy::start(&binary, CONFIGURATION);
        let listed = p.ask("cli", "show libs");
        let first = listed.lines().next().and_then(|l| shape.captures(l)).expect("a line of that shape");
        let number = |i: usize| u64::from_str_radix(&first[i], 16).expect("hexadecimal");
        assert_eq!(number(2) - number(1) + 1, number(3), "{listed}");
        assert!(listed.lines().any(|l| l.ends_with(&own_name(&binary))), "{listed}");
        assert!(listed.lines().filter(|l| !l.is_empty()).all(|l| shape.is_match(l)), "{listed}");
        assert_eq!(p.ask("cli", "user;show libs"), "\nPermission denied\n\n");
        assert!(!p.ask("cli", "help").contains("expert-mode"));
        assert!(!p.ask("cli", "help set var").contains("set var "));
        assert!(p.ask("cli", "experimental-mode on;help set var").contains("set var "));
    }
}
