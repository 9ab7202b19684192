//! Answers from files, answers instead of bodies that never came, and what is logged of them: as by the original.

use std::{io::Write as _, net::Shutdown, os::unix::net::UnixListener, time::Duration};

use super::proxy_space::{Proxy, binaries, until};

const DEFAULTS: &str = "global
    stats socket @cli@ level admin
ring r
    format raw
    size 65536
defaults
    mode http
    log ring@@r local0
    log-format \"%HU %b/%s %ST %B %ts %TR\"
    timeout client 10s
    timeout server 10s
    timeout connect 5s
    retries 0
";

/// Files that answer 403, and what the status line of them is.
const FILES: [(&str, &str); 6] = [
    (
        "old",
        "HTTP/1.0 403 Forbidden\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n<html>no</html>\n",
    ),
    ("new", "HTTP/1.1 403 Forbidden\r\nX-A:  b \r\n\r\nno\n"),
    ("long", "HTTP/1.1 403 Forbidden\r\nX-A: b\r\nContent-Length: 3\r\nX-C: d\r\n\r\nno\n"),
    ("kept", "HTTP/1.0 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n"),
    ("bare", "HTTP/1.1 403 Forbidden\r\nX-A: b\r\n\r\n"),
    ("other", "HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nno\n"),
];

/// What a client gets for its bytes, after which it says nothing more.
fn got(p: &Proxy, socket: &str, bytes: &str) -> String {
    let mut stream = p.connect(socket);
    stream.write_all(bytes.as_bytes()).expect("it reads");
    stream.shutdown(Shutdown::Write).expect("it is connected");
    let mut answer = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
    answer
}

/// The lines that were logged, once there are so many.
fn logged(p: &Proxy, lines: usize) -> Vec<String> {
    let mut seen = Vec::new();
    until("everything is logged", || {
        seen = p.ask("cli", "show events r").lines().filter(|l| !l.is_empty()).map(str::to_owned).collect();
        seen.len() >= lines
    });
    seen
}

#[test]
fn files_are_answered_with_as_they_are() {
    let directory = std::env::temp_dir().join(format!("hw-files-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let mut text = DEFAULTS.to_owned();
    for (name, file) in FILES {
        let path = directory.join(name);
        std::fs::write(&path, file).expect("a writable directory");
        let path = path.display();
        text.push_str(&format!(
            "frontend {name}\n    bind @{name}@\n    errorfile 403 {path}\n    errorfile 400 {path}\n    \
             http-request return status 403 errorfile {path} if {{ path /return }}\n    \
             http-request set-var(txn.after) str(y) if {{ path /after }}\n    \
             http-after-response set-header x-after y if {{ var(txn.after) -m found }}\n    http-request deny\n"
        ));
    }
    text.push_str("frontend far\n    bind @far@\n    errorloc 403 /elsewhere\n    errorfile 400 /dev/null\n    http-request deny\n");
    let requests = [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
        "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /return HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /after HTTP/1.1\r\nHost: h\r\n\r\n",
        // What is no request gets the built-in page.
        "GET / HTTP/1.1\r\n:\r\n\r\n",
    ];
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, &text);
        let names = FILES.iter().map(|(name, _)| *name).chain(["far"]);
        let mut seen: Vec<String> = names
            .flat_map(|name| requests.iter().map(move |r| (name, r)))
            .map(|(name, r)| format!("{name}, {r:?}: {}", got(&p, name, r)))
            .collect();
        // Several threads log in no order.
        let mut lines = logged(&p, seen.len());
        lines.sort();
        // Whether the client's end is seen before such a request is answered is chance.
        lines.retain(|l| !l.starts_with("<BADREQ>"));
        seen.extend(lines.iter().map(|l| l.rsplit_once(' ').expect("a time").0.to_owned()));
        all.push(seen);
    }
    std::fs::remove_dir_all(&directory).expect("it is there");
    let first = "HTTP/1.0 403 Forbidden\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n\r\n<html>no</html>\n";
    assert!(all[0][0].ends_with(first), "{}", all[0][0]);
    let all = all.iter().map(|s| s.iter().map(String::as_str).collect::<Vec<_>>()).collect::<Vec<_>>();
    for pair in all.windows(2) {
        pair[0].iter().zip(&pair[1]).for_each(|(ours, theirs)| assert_eq!(ours, theirs));
        assert_eq!(pair[0].len(), pair[1].len());
    }
}

/// A server that says these bytes, and no more, to every connection.
fn silent_after(p: &Proxy, said: &'static str) {
    let web = UnixListener::bind(p.file("web")).expect("a socket");
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        for stream in web.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.write_all(said.as_bytes());
            kept.push(stream);
        }
    });
}

#[test]
fn a_response_that_was_held_back_counts() {
    let heads = [
        "HTTP/1.1 200 OK\r\nContent-Length: 20\r\nX-Foo: bar\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Foo: bar\r\n\r\n3\r\nabc\r\n",
    ];
    let rest = "listen l
    bind @in@
    http-response wait-for-body time 100ms
    server s @web@
";
    for (head, line) in heads.into_iter().zip(["/ l/s 504 259 sR ", "/ l/s 504 267 sR "]) {
        for binary in binaries(module_path!()) {
            let p = Proxy::start(binary, &format!("{DEFAULTS}{rest}"));
            silent_after(&p, head);
            assert!(p.get("in", "/", &[]).starts_with("HTTP/1.1 504 "));
            assert!(logged(&p, 1)[0].starts_with(line), "{:?}", logged(&p, 1));
        }
    }
}

#[test]
fn an_upload_that_stalls_waits_as_long_as_the_server_may_take() {
    for (client, server) in [("100ms", "500ms"), ("10s", "500ms")] {
        for binary in binaries(module_path!()) {
            let text = DEFAULTS
                .replace("client 10s", &format!("client {client}"))
                .replace("server 10s", &format!("server {server}"));
            let p = Proxy::start(binary, &format!("{text}listen l\n    bind @in@\n    server s @web@\n"));
            silent_after(&p, "");
            let said = p.exchange("in", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
            assert!(said.starts_with("HTTP/1.1 504 Gateway Time-out"), "{client}: {said}");
            let line = logged(&p, 1).remove(0);
            assert!(line.starts_with("/ l/s 504 198 sH "), "{client}: {line}");
        }
    }
}

const BALANCED: &str = "frontend f
    bind @in@
    default_backend b
backend b
    balance url_param id check_post
    timeout http-request 300ms
    cookie S
    use-server s4 if { path /chosen }
    server s1 @web@ cookie c1
    server s2 @web@ cookie c2
    server s3 @web@ cookie c3
    server s4 @web@ cookie c4
    server s5 @web@ cookie c5
";

/// Sends the parts with a pause between them; the end of the answer.
fn in_parts(p: &Proxy, parts: &[&str]) -> String {
    let mut stream = p.connect("in");
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = stream.write_all(part.as_bytes());
    }
    let mut answer = String::new();
    let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
    answer
}

#[test]
fn a_posted_parameter_is_waited_for_to_choose_a_server() {
    let post =
        |target: &str, rest: &str| format!("POST {target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{rest}\r\n");
    let (six, chunked) = (post("/", "Content-Length: 6\r\n"), post("/", "Transfer-Encoding: chunked\r\n"));
    let cases: Vec<Vec<String>> = vec![
        vec!["GET /?id=abc HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".to_owned()],
        vec![format!("{six}id=abc")],
        vec![six.clone(), "id=abc".to_owned()],
        vec![six.clone(), "id=a".to_owned(), "bc".to_owned()],
        vec![chunked, "3\r\nid=\r\n".to_owned(), "3\r\nabc\r\n0\r\n\r\n".to_owned()],
        vec![post("/?id=abc", "Content-Length: 6\r\n"), "id=xyz".to_owned()],
        vec![post("/", "Expect: 100-continue\r\nContent-Length: 6\r\n"), "id=abc".to_owned()],
        // Who needs no choice waits for nothing, and neither do other methods.
        vec![format!("{}id=abc", post("/chosen", "Content-Length: 6\r\n"))],
        vec![format!("{}id=abc", post("/", "Cookie: S=c3\r\nContent-Length: 6\r\n"))],
        vec![format!("{}id=abc", six.replace("POST", "PUT"))],
        vec![six.clone()],
        vec![format!("{six}id=")],
    ];
    let mut all = Vec::new();
    for binary in binaries(module_path!()) {
        let p = Proxy::start(binary, &format!("{DEFAULTS}{BALANCED}"));
        silent_after(&p, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let mut seen = Vec::new();
        for (i, parts) in cases.iter().enumerate() {
            let answer = in_parts(&p, &parts.iter().map(String::as_str).collect::<Vec<_>>());
            let line = logged(&p, i + 1).pop().expect("a line");
            let (line, time) = line.rsplit_once(' ').expect("a time");
            let waited = time.parse::<i32>().expect("milliseconds") >= 90;
            seen.push(format!("{parts:?}: {line}, {}{answer}", if waited { "waited, " } else { "" }));
        }
        all.push(seen);
    }
    assert!(all[0][2].contains(", waited, HTTP/1.1 200 OK"), "{}", all[0][2]);
    assert!(all[0][6].contains("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"), "{}", all[0][6]);
    assert!(all[0][10].contains("HTTP/1.1 408 "), "{}", all[0][10]);
    for pair in all.windows(2) {
        pair[0].iter().zip(&pair[1]).for_each(|(ours, theirs)| assert_eq!(ours, theirs));
    }
}
