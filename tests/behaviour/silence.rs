//! Plain connections on which somebody is silent for too long: who hears of it when, and who is blamed; as by the original.

use std::{
    io::{Read as _, Write as _},
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    time::{Duration, Instant},
};

use super::proxy_space::{Proxy, binaries, until};

/// What is done before the silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    ClientCloses,
    ServerCloses,
}

/// When a side hears that the other has closed, in tenths of a second; it does not answer that.
fn heard(mut stream: UnixStream, since: Instant) -> std::thread::JoinHandle<(u128, UnixStream)> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a timeout");
    std::thread::spawn(move || {
        while let Ok(1..) = stream.read(&mut [0; 16]) {}
        ((since.elapsed().as_millis() + 50) / 100, stream)
    })
}

#[test]
fn a_silent_side_counts_as_closed_and_the_other_has_its_own_time() {
    // Client's and server's limits, those for the last bytes, what happened, then what both hear and the log's letters.
    let cases = [
        ("300ms", "800ms", "", Before::Nothing, (8, 3), "cD"),
        ("800ms", "300ms", "", Before::Nothing, (3, 8), "sD"),
        ("300ms", "800ms", "", Before::ClientCloses, (8, 0), "sD"),
        ("800ms", "300ms", "", Before::ServerCloses, (0, 8), "cD"),
        ("500ms", "2s", "    timeout server-fin 300ms\n", Before::Nothing, (8, 5), "cD"),
        ("2s", "2s", "    timeout client-fin 300ms\n", Before::ServerCloses, (0, 3), "cD"),
    ];
    for (client, server, more, before, (at_client, at_server), letters) in cases {
        for binary in binaries(module_path!()) {
            let text = format!(
                "global\n    stats socket @cli@ level admin\nring r\n    format raw\n    size 65536\ndefaults\n    mode tcp\n    \
                 log ring@@r local0\n    log-format \"%ts\"\n    timeout connect 5s\n    timeout client {client}\n    \
                 timeout server {server}\n{more}listen l\n    bind @in@\n    server s @web@\n"
            );
            let p = Proxy::start(&binary, &text);
            let web = UnixListener::bind(p.file("web")).expect("a socket");
            let near = p.connect("in");
            let (mut far, _) = web.accept().expect("it connects");
            let since = Instant::now();
            match before {
                Before::Nothing => {}
                Before::ClientCloses => near.shutdown(Shutdown::Write).expect("connected"),
                Before::ServerCloses => {
                    far.write_all(b"x").expect("connected");
                    far.shutdown(Shutdown::Write).expect("connected");
                }
            }
            let (near, far) = (heard(near, since), heard(far, since));
            let ((at_near, _near), (at_far, _far)) = (near.join().expect("it ends"), far.join().expect("it ends"));
            let is_near = |got: u128, wanted: u128| (wanted..wanted + 5).contains(&got);
            let what = format!("{client} {server} {before:?} {more}{}: ({at_near}, {at_far})", binary.display());
            assert!(is_near(at_near, at_client) && is_near(at_far, at_server), "{what}");
            until("it is logged", || p.ask("cli", "show events r").trim() == letters);
        }
    }
}
