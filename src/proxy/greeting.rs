//! What a connection says before its protocol begins: a PROXY header, or NetScaler's client address.

use std::net::{IpAddr, SocketAddr};

use super::clock;
use super::session::{Client, Received};
use crate::expr::scope::{Announced, Level};
use crate::wire::proxy::{Parsed, parse};

/// Reads a PROXY header and believes it; `false` when there is none.
pub async fn proxy_header(c: &mut Client) -> bool {
    let t = &c.proxy().timeouts;
    c.timer.arm_after(clock::now(), t.http_request.or(t.client));
    loop {
        if !c.buf.is_empty() {
            match parse(c.buf.data()) {
                Parsed::Complete(header, n) => {
                    c.buf.consume(n);
                    if let Some((source, destination)) = header.addresses {
                        c.connection.set_source(Level::Session, source);
                        c.connection.set_destination(Level::Session, destination);
                    }
                    c.connection.received_proxy = true;
                    let said = Announced { authority: header.authority, unique_id: header.unique_id };
                    c.connection.announced = Some(Box::new(said));
                    c.handshake = clock::now().millis_since(c.origin).cast_signed();
                    return true;
                }
                Parsed::Partial => {}
                Parsed::Bad => {
                    return refused(c, "Received something which does not look like a PROXY protocol header");
                }
            }
        }
        match c.receive().await {
            Received::Bytes(_) => {}
            Received::Timeout => return refused(c, "Timeout waiting for PROXY protocol header"),
            _ => return refused(c, "Connection closed while waiting for PROXY protocol header"),
        }
    }
}

/// NetScaler's client IP protocol: magic, length, then the IP and TCP headers of the client.
pub async fn netscaler(c: &mut Client, magic: u32) -> bool {
    let t = &c.proxy().timeouts;
    c.timer.arm_after(clock::now(), t.http_request.or(t.client));
    loop {
        match client_ip(c.buf.data(), magic) {
            Some(Some((addresses, n))) => {
                c.buf.consume(n);
                c.connection.set_source(Level::Session, addresses.0);
                c.connection.set_destination(Level::Session, addresses.1);
                return true;
            }
            Some(None) => {}
            None => return refused(c, "Received something which does not look like a NetScaler CIP protocol header"),
        }
        if !matches!(c.receive().await, Received::Bytes(_)) {
            return refused(c, "Connection closed while waiting for NetScaler Client IP header");
        }
    }
}

/// `Some(None)`: more bytes are needed; `None`: it is none.
type ClientIp = Option<Option<((SocketAddr, SocketAddr), usize)>>;

fn client_ip(b: &[u8], magic: u32) -> ClientIp {
    if b.len() < 8 {
        return Some(None);
    }
    let word = |at: usize| Some(u32::from_be_bytes(b.get(at..at + 4)?.try_into().ok()?));
    if word(0)? != magic {
        return None;
    }
    // The standard form has its own version and header length in front of the IP header.
    let start = if b[8..].first().is_some_and(|v| matches!(v >> 4, 4 | 6)) { 8 } else { 12 };
    if b.len() < start + 1 {
        return Some(None);
    }
    let (len, addresses) = match b[start] >> 4 {
        4 => {
            if b.len() < start + 40 {
                return Some(None);
            }
            let ip = |at: usize| IpAddr::from([b[at], b[at + 1], b[at + 2], b[at + 3]]);
            let tcp = start + usize::from(b[start] & 15) * 4;
            let port = |at: usize| Some(u16::from_be_bytes(b.get(at..at + 2)?.try_into().ok()?));
            let a = (SocketAddr::new(ip(start + 12), port(tcp)?), SocketAddr::new(ip(start + 16), port(tcp + 2)?));
            (tcp + 20, a)
        }
        6 => {
            if b.len() < start + 60 {
                return Some(None);
            }
            let ip = |at: usize| Some(IpAddr::from(<[u8; 16]>::try_from(b.get(at..at + 16)?).ok()?));
            let port = |at: usize| Some(u16::from_be_bytes(b.get(at..at + 2)?.try_into().ok()?));
            let tcp = start + 40;
            let a = (SocketAddr::new(ip(start + 8)?, port(tcp)?), SocketAddr::new(ip(start + 24)?, port(tcp + 2)?));
            (tcp + 20, a)
        }
        _ => return None,
    };
    if b.len() < len { Some(None) } else { Some(Some((addresses, len))) }
}

/// The connection ends before it was one; its own line says why.
fn refused(c: &mut Client, why: &str) -> bool {
    let world = c.local.world;
    let live = &world.proxies[c.front.0];
    live.front.failed_requests.inc();
    live.listeners[c.listener].counters.failed_requests.inc();
    let p = c.proxy();
    if p.options.dontlognull && c.buf.is_empty() || !world.has_log(c.front) {
        return false;
    }
    let facts = crate::log::Facts {
        client: c.connection.source,
        frontend_addr: c.connection.destination,
        accepted: c.origin_at,
        now: clock::unix_micros(),
        utc_offset: world.offset(),
        frontend: &p.name,
        backend: &p.name,
        ..crate::log::Facts::default()
    };
    let mut line = Vec::new();
    let format = crate::log::lines::builtin(crate::log::lines::Builtin::Handshake);
    crate::log::lines::print(format, &facts, &mut line, |_, _, _| {});
    if let [.., b' '] = line[..] {
    } else {
        line.push(b' ');
    }
    line.extend_from_slice(why.as_bytes());
    world.log(c.front, if p.options.log_separate_errors { 3 } else { 6 }, &line);
    false
}
