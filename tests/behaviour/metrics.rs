//! `http-request use-service prometheus-exporter`: the original's metrics, by name, label, type and order.

use super::proxy_space::{Proxy, binaries, body, check, until};

const CONFIGURATION: &str = "global
    stats socket @cli@ level admin
    nbthread 1
    maxconn 100
defaults
    mode http
    timeout client 10s
    timeout server 10s
    timeout connect 5s
frontend f
    bind @in@
    http-request use-service prometheus-exporter if { path /metrics }
    http-request return status 404
backend b
    server s1 127.0.0.1:9 weight 5
    server s2 127.0.0.1:9 disabled
    server s3 127.0.0.1:9 check inter 100ms fall 1
backend t
    stick-table type ip size 10 store http_req_rate(10s)
";

/// Values of the machine or of the moment; of these only the names are compared.
const OWN: [&str; 17] = [
    "process_bytes_out",
    "frontend_bytes_",
    "idle_time",
    "session_rate",
    "connection_rate",
    "process_requests",
    "connections_total",
    "_tasks",
    "_run_queue",
    "build_info",
    "_pool_",
    "start_time",
    "last_change_seconds",
    "downtime",
    "uptime",
    "check_duration",
    "need_connections",
];

/// A body without the sizes of its chunks; the original sends chunks whatever the client's version.
fn whole(answer: &str) -> String {
    let mut rest = body(answer);
    if !answer.contains("transfer-encoding: chunked") {
        return rest.to_owned();
    }
    let mut out = String::new();
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).expect("a size");
        if size == 0 {
            break;
        }
        out.push_str(&more[..size]);
        rest = more[size..].strip_prefix("\r\n").expect("an end of chunk");
    }
    out
}

/// The answer's lines without the texts for people.
fn metrics(p: &Proxy, query: &str) -> Vec<String> {
    let answer = p.exchange("in", format!("GET /metrics{query} HTTP/1.0\r\n\r\n").as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: text/plain; version=0.0.4\r\n")
    );
    let blank = |line: &str| match line.rsplit_once(' ') {
        Some((name, _)) if !line.starts_with('#') && OWN.iter().any(|own| name.contains(own)) => {
            name.split("{version").next().unwrap_or(name).to_owned()
        }
        _ => line.to_owned(),
    };
    whole(&answer).lines().filter(|line| !line.starts_with("# HELP")).map(blank).collect()
}

#[test]
fn metrics_are_the_originals() {
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, CONFIGURATION);
        until("the check has failed", || p.ask("cli", "show stat").contains(",DOWN,"));
        let queries =
            ["", "?scope=global", "?scope=server&no-maint", "?scope=frontend&scope=sticktable", "?scope=", "?other"];
        all.push(queries.map(|query| metrics(&p, query)));
        let refused = p.exchange("in", b"GET /metrics?scope=foo HTTP/1.0\r\n\r\n");
        assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
        let head = p.exchange("in", b"HEAD /metrics HTTP/1.0\r\n\r\n");
        assert!(head.starts_with("HTTP/1.1 200 ") && body(&head).is_empty(), "{head}");
    }
    assert!(all[0][0].len() > 500);
    assert!(all[0][0].contains(&"haproxy_server_status{proxy=\"b\",server=\"s3\",state=\"DOWN\"} 1".to_owned()));
    for pair in all.windows(2) {
        for (ours, theirs) in pair[0].iter().zip(&pair[1]) {
            ours.iter().zip(theirs).for_each(|(a, b)| assert_eq!(a, b));
            assert_eq!(ours.len(), theirs.len());
        }
    }
}

#[test]
fn services_that_are_none_are_refused_as_by_the_original() {
    for (rule, said) in [
        ("http-request use-service", "'use-service' expects a service name.."),
        ("http-request use-service foo", "'foo' unknown service name.."),
        (
            "tcp-request content use-service prometheus-exporter",
            "Prometheus exporter service only available on 'http-request'",
        ),
    ] {
        let p = std::env::temp_dir().join(format!("hawser-services-{}", std::process::id()));
        std::fs::create_dir_all(&p).expect("a folder for temporary files");
        let text = format!(
            "{}frontend g\n    bind @in@\n    {rule}\n",
            CONFIGURATION.split("frontend f").next().unwrap_or_default()
        );
        std::fs::write(p.join("x.cfg"), text.replace("@cli@", "/nonexistent/cli").replace("@in@", "127.0.0.1:0"))
            .expect("written");
        for binary in binaries(module_path!()) {
            let (code, _, err) = check(&binary, &p, "x.cfg");
            assert_eq!(code, Some(1), "{err}");
            assert!(err.contains(said), "{err}");
        }
        std::fs::remove_dir_all(&p).expect("it was there");
    }
}

/// What a port of this host answers to a request, which closes the connection.
fn answer_of(port: u16, request: &str) -> String {
    use std::io::{Read as _, Write as _};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).expect("somebody listens");
    stream.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("it can be set");
    stream.write_all(request.as_bytes()).expect("it is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn metrics_are_told_without_a_frontend_when_that_is_asked_for() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let p = Proxy::launch(super::proxy_space::OURS, CONFIGURATION, &["-db", &format!("--metrics={port}")]);
    until("the check has failed", || p.ask("cli", "show stat").contains(",DOWN,"));
    let (own, frontends) =
        (answer_of(port, "GET /metrics HTTP/1.0\r\n\r\n"), p.exchange("in", b"GET /metrics HTTP/1.0\r\n\r\n"));
    let families =
        |text: &str| text.lines().filter(|line| line.starts_with("# TYPE")).map(str::to_owned).collect::<Vec<_>>();
    assert!(own.contains("text/plain; version=0.0.4"), "{own}");
    assert_eq!(families(&own), families(&frontends));
    assert!(own.contains("haproxy_server_status{proxy=\"b\",server=\"s3\",state=\"DOWN\"} 1"), "{own}");
    assert!(answer_of(port, "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.0 404"));
    assert!(answer_of(port, "POST /metrics HTTP/1.0\r\ncontent-length: 0\r\n\r\n").starts_with("HTTP/1.0 405"));
}
