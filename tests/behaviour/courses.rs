//! Who gets which request while servers are full, drain, fall or change their weights: the turns and the queues are the
//! original's. A course is a line of `courses.txt`, seen from the original:
//!
//! ```text
//! balance roundrobin | weight 2 maxconn 1; weight 1 | a b _ 0!2a weight:1=3 state:0=maint
//! backend's lines    | its servers' parameters      | steps
//! ```
//! `a`: a request comes, and server a gets it; `_`: it waits. `0!2a`: the first request is answered, then a gets the third, which
//! waited. `weight:1=3`: an operator's command about the second server, with `!` and who gets a server by it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use crate::proxy_space::{OURS, Proxy, original, until};

const COURSES: &str = include_str!("courses.txt");
const SERVERS: [char; 5] = ['a', 'b', 'c', 'd', 'e'];

/// A request that a server has got and not answered.
struct Held {
    course: usize,
    request: usize,
    server: char,
    stream: UnixStream,
}

/// Tells of every request that comes to a server.
fn serve(listener: UnixListener, server: char, told: Sender<Held>) {
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 1024];
            let n = stream.read(&mut head).unwrap_or(0);
            let text = String::from_utf8_lossy(&head[..n]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or_default();
            let mut numbers = path.split('/').filter_map(|n| n.parse().ok());
            let Some((course, request)) = numbers.next().zip(numbers.next()) else { continue };
            if told.send(Held { course, request, server, stream }).is_err() {
                return;
            }
        }
    });
}

struct Course<'a> {
    proxy: &'a Proxy,
    number: usize,
    name: String,
    heard: &'a Receiver<Held>,
    clients: Vec<Option<UnixStream>>,
    held: HashMap<usize, Held>,
    waiting: usize,
}

impl Course<'_> {
    /// What happened instead of a step.
    fn step(&mut self, step: &str) -> Result<(), String> {
        let (act, granted) = step.split_once('!').unwrap_or((step, ""));
        if let Some((what, value)) = act.split_once('=') {
            self.command(what, value);
        } else if let Ok(request) = act.parse::<usize>() {
            self.answer(request);
        } else {
            return self.request(act);
        }
        for _ in granted.chars().filter(|c| SERVERS.contains(c)) {
            self.waiting -= 1;
            let (request, server) = self.next()?;
            if !granted.contains(&format!("{request}{server}")) {
                return Err(format!("{request}{server}"));
            }
        }
        Ok(())
    }

    fn request(&mut self, expected: &str) -> Result<(), String> {
        let number = self.clients.len();
        let mut client = self.proxy.connect(&format!("{}.sock", self.name));
        let head = format!("GET /{}/{number} HTTP/1.1\r\nHost: h\r\n\r\n", self.number);
        client.write_all(head.as_bytes()).expect("it reads");
        self.clients.push(Some(client));
        if expected == "_" {
            self.waiting += 1;
            let mut other = None;
            until("it waits", || {
                other = self.heard.try_recv().ok().filter(|h| h.course == self.number);
                other.is_some() || self.queued() == self.waiting
            });
            return other.map_or(Ok(()), |h| Err(format!("{}{}", h.request, h.server)));
        }
        match self.next()? {
            (n, server) if n == number && expected.starts_with(server) => Ok(()),
            (n, server) => Err(format!("{n}{server}")),
        }
    }

    fn next(&mut self) -> Result<(usize, char), String> {
        // Requests that still waited when the course before ended may come now.
        let got = loop {
            let got = self.heard.recv_timeout(Duration::from_secs(3)).map_err(|_| "nothing".to_owned())?;
            if got.course == self.number {
                break got;
            }
        };
        let told = (got.request, got.server);
        self.held.insert(got.request, got);
        Ok(told)
    }

    fn answer(&mut self, request: usize) {
        let held = self.held.remove(&request).expect("a course answers what a server has");
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        (&held.stream).write_all(answer).expect("it reads");
        let mut client = self.clients[request].take().expect("answered once");
        assert!(client.read(&mut [0; 256]).is_ok_and(|n| n > 0), "{request} gets its answer");
        drop(client);
        // Its connection closes when the slot has been given back.
        held.stream.set_read_timeout(Some(Duration::from_secs(3))).expect("a timeout");
        assert!((&held.stream).read(&mut [0; 16]).is_ok(), "the connection of {request} closes");
    }

    fn command(&self, what: &str, value: &str) {
        let (what, server) = what.split_once(':').expect("a command names its server");
        let server = format!("{}/s{server}", self.name);
        self.proxy.ask(
            "cli.sock",
            &match what {
                "weight" => format!("set weight {server} {value}"),
                "maxconn" => format!("set maxconn server {server} {value}"),
                _ => format!("set server {server} {what} {value}"),
            },
        );
    }

    /// Requests in the backend's queue and its servers'.
    fn queued(&self) -> usize {
        let table = self.proxy.ask("cli.sock", &format!("show stat {} 6 -1", self.name));
        table.lines().filter_map(|l| l.split(',').nth(2)?.parse::<usize>().ok()).sum()
    }
}

fn configuration(sockets: &[(char, String)]) -> String {
    let mut text = "global\n stats socket @cli.sock@ level admin\n nbthread 1\ndefaults\n mode http\n retries 0\n \
                    http-reuse never\n timeout connect 9s\n timeout client 1m\n timeout server 1m\n timeout queue 1m\n"
        .to_owned();
    for (i, course) in COURSES.lines().enumerate() {
        let mut parts = course.split(" | ");
        let (lines, servers) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let _ = writeln!(text, "listen l{i}\n bind @l{i}.sock@\n {}", lines.replace("; ", "\n "));
        for (j, parameters) in servers.split("; ").enumerate() {
            let _ = writeln!(text, " server s{j} {} {parameters}", sockets[j].1);
        }
    }
    text
}

fn follow(binary: impl AsRef<std::path::Path>) {
    let directory = std::env::temp_dir().join(format!("hw-courses-{}", std::process::id()));
    std::fs::create_dir_all(&directory).expect("a temporary directory");
    let (told, heard) = channel();
    let mut sockets = Vec::new();
    for server in SERVERS {
        let path = directory.join(server.to_string());
        let _ = std::fs::remove_file(&path);
        serve(UnixListener::bind(&path).expect("a fresh directory"), server, told.clone());
        sockets.push((server, path.display().to_string()));
    }
    let proxy = Proxy::start(binary, &configuration(&sockets));
    let mut wrong = String::new();
    for (i, line) in COURSES.lines().enumerate() {
        let (clients, held) = (Vec::new(), HashMap::new());
        let name = format!("l{i}");
        let mut course = Course { proxy: &proxy, number: i, name, heard: &heard, clients, held, waiting: 0 };
        let steps = line.rsplit(" | ").next().unwrap_or_default();
        for (n, step) in steps.split(' ').enumerate() {
            if let Err(instead) = course.step(step) {
                let _ = writeln!(wrong, "{line}\n  step {n}, {step}: {instead} instead");
                break;
            }
        }
    }
    let _ = std::fs::remove_dir_all(&directory);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn turns_and_queues_are_the_originals_while_servers_are_full() {
    follow(OURS);
    if let Some(original) = original("turns_and_queues_are_the_originals_while_servers_are_full") {
        follow(original);
    }
}
