//! The host's syslog daemon: `/dev/log`, haproxy's copy of it in its chroot, and UDP port 514, into `/var/log/syslog`.

use super::say;
use crate::lab::clock;
use serde_json::json;
use std::{
    fs::{OpenOptions, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
};
use tokio::net::{UdpSocket, UnixDatagram};

/// Starts listening, on the runtime of the caller.
pub fn listen() -> io::Result<()> {
    for path in ["/dev/log", "/var/lib/haproxy/dev/log"] {
        let socket = UnixDatagram::bind(path)?;
        std::fs::set_permissions(path, Permissions::from_mode(0o666))?;
        tokio::spawn(async move {
            let mut buffer = vec![0; 65536];
            while let Ok(length) = socket.recv(&mut buffer).await {
                keep(&buffer[..length]);
            }
        });
    }
    let socket = std::net::UdpSocket::bind("127.0.0.1:514")?;
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    tokio::spawn(async move {
        let mut buffer = vec![0; 65536];
        while let Ok(length) = socket.recv(&mut buffer).await {
            keep(&buffer[..length]);
        }
    });
    Ok(())
}

fn keep(datagram: &[u8]) {
    let text = String::from_utf8_lossy(datagram);
    let text = text.trim_end_matches(['\n', '\0']);
    let line = text.strip_prefix('<').and_then(|rest| rest.split_once('>')).map_or(text, |(_, line)| line);
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open("/var/log/syslog") {
        let _ = writeln!(file, "{line}"); // a full tmpfs loses lines, as a full disk would
    }
    say(&json!({"event": "log", "text": line, "at": clock::now()}));
}
