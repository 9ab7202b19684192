//! Addresses of `bind`, `server`, `log`, `source` (manual 11).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::haproxy::Outside;
use crate::ir::address::{Address, Family, PortRule};
use crate::text::atoms;

/// What an address may look like in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// A port must be there.
    pub port_required: bool,
    /// A port may be there.
    pub port: bool,
    pub range: bool,
    pub offset: bool,
    /// `fd@`, `sockpair@`.
    pub inherited: bool,
}

pub const BIND: Allowed = Allowed { port_required: true, port: true, range: true, offset: false, inherited: true };
pub const SERVER: Allowed = Allowed { port_required: false, port: true, range: false, offset: true, inherited: false };
pub const PLAIN: Allowed = Allowed { port_required: false, port: true, range: false, offset: false, inherited: true };

/// An address with what its port said.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    pub address: Address,
    /// Inclusive; of one port unless a range was given.
    pub ports: (u16, u16),
    pub rule: PortRule,
    /// A port was written.
    pub has_port: bool,
    pub dgram: bool,
}

/// # Errors
/// The original's words, such as "invalid port '99999'".
pub fn parse(text: &str, allowed: Allowed) -> Result<Parsed, String> {
    let mut rest = text;
    let mut dgram = false;
    for (prefix, is_dgram) in [("stream+", false), ("dgram+", true)] {
        if let Some(r) = rest.strip_prefix(prefix) {
            rest = r;
            dgram = is_dgram;
        }
    }
    let plain = |address| Ok(Parsed { address, ports: (0, 0), rule: PortRule::Fixed, has_port: false, dgram });
    if let Some(path) = rest.strip_prefix("unix@") {
        return plain(Address::Unix(path.to_owned()));
    }
    if let Some(name) = rest.strip_prefix("abns@") {
        return plain(Address::Abstract(name.to_owned()));
    }
    for (prefix, make) in [("fd@", Address::Fd as fn(i32) -> Address), ("sockpair@", Address::SockPair)] {
        if let Some(n) = rest.strip_prefix(prefix) {
            if !allowed.inherited {
                return Err(format!("'{prefix}' is not permitted here in '{text}'"));
            }
            let n = n.parse().map_err(|_| format!("file descriptor '{n}' is not a valid integer in '{text}'"))?;
            return plain(make(n));
        }
    }
    if rest.starts_with('/') {
        return plain(Address::Unix(rest.to_owned()));
    }
    let family = [
        ("ipv4@", Family::V4),
        ("ipv6@", Family::V6),
        ("udp@", Family::Any),
        ("udp4@", Family::V4),
        ("udp6@", Family::V6),
        ("tcp@", Family::Any),
        ("tcp4@", Family::V4),
        ("tcp6@", Family::V6),
    ];
    let family = family.iter().find_map(|(p, f)| rest.strip_prefix(p).map(|r| (r, *f)));
    let (rest, family) = family.unwrap_or((rest, Family::Any));
    inet(text, rest, family, allowed, dgram)
}

/// `$NAME` and `${NAME}` in an address, which may stand outside of quotes there; an unset one is empty.
pub fn expand(text: &str, variable: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, behind) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some((name, behind)) => (name, behind),
            None => {
                after.split_at(after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len()))
            }
        };
        if name.is_empty() {
            out.push('$');
        }
        out.push_str(&variable(name).unwrap_or_default());
        rest = behind;
    }
    out + rest
}

/// A name becomes the address that the machine finds for it at this moment.
///
/// # Errors
/// There is none; `text` is what was written.
pub fn settle(address: Address, text: &str, outside: &dyn Outside) -> Result<Address, String> {
    let Address::Name { host, port, family } = address else { return Ok(address) };
    let fits = |ip: &IpAddr| match family {
        Family::Any => true,
        Family::V4 => ip.is_ipv4(),
        Family::V6 => ip.is_ipv6(),
    };
    let found = outside.resolve(&host).into_iter().find(fits);
    found
        .map(|ip| Address::Inet(SocketAddr::new(ip, port)))
        .ok_or_else(|| format!("invalid address: '{host}' in '{text}'"))
}

fn inet(text: &str, rest: &str, family: Family, allowed: Allowed, dgram: bool) -> Result<Parsed, String> {
    let (host, port) = split(rest);
    let mut parsed = Parsed {
        address: Address::Inet(SocketAddr::new(wildcard(family), 0)),
        ports: (0, 0),
        rule: PortRule::Fixed,
        has_port: port.is_some_and(|p| !p.is_empty()),
        dgram,
    };
    match port.filter(|p| !p.is_empty()) {
        None if allowed.port_required => return Err(format!("missing port specification in '{text}'")),
        None => {}
        Some(_) if !allowed.port => return Err(format!("port specification not permitted here in '{text}'")),
        Some(p) => ports(text, p, allowed, &mut parsed)?,
    }
    parsed.address = match host {
        "" | "*" => Address::Inet(SocketAddr::new(wildcard(family), parsed.ports.0)),
        host => match literal(host) {
            Some(ip) => Address::Inet(SocketAddr::new(ip, parsed.ports.0)),
            None => Address::Name { host: host.to_owned(), port: parsed.ports.0, family },
        },
    };
    Ok(parsed)
}

fn wildcard(family: Family) -> IpAddr {
    if family == Family::V6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() }
}

fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

/// Host and port at the last colon; an IPv6 literal keeps its colons unless it is in brackets. `::1` has no port, `:::80` is
/// the wildcard with one.
fn split(text: &str) -> (&str, Option<&str>) {
    if let Some(end) = text.rfind(']') {
        return match text[end + 1..].strip_prefix(':') {
            Some(port) => (&text[..=end], Some(port)),
            None => (text, None),
        };
    }
    match text.rfind(':') {
        None => (text, None),
        Some(i) => (&text[..i], Some(&text[i + 1..])),
    }
}

fn ports(text: &str, port: &str, allowed: Allowed, out: &mut Parsed) -> Result<(), String> {
    if let Some(sign) = port.chars().next().filter(|c| matches!(c, '+' | '-')) {
        if !allowed.offset {
            return Err(format!("port offset not permitted here in '{text}'"));
        }
        let n: i32 = port[1..]
            .parse()
            .map_err(|_| format!("invalid character '{}' in port number '{port}' in '{text}'", &port[1..]))?;
        out.rule = PortRule::Offset(if sign == '-' { -n } else { n });
        return Ok(());
    }
    if let Some((low, high)) = port.split_once('-') {
        if !allowed.range {
            return Err(format!("port range not permitted here in '{text}'"));
        }
        out.ports = (one_port(low)?, one_port(high)?);
        if out.ports.0 > out.ports.1 {
            return Err(format!("invalid port range '{low}-{high}'"));
        }
        return Ok(());
    }
    let n = one_port(port)?;
    out.ports = (n, n);
    Ok(())
}

fn one_port(text: &str) -> Result<u16, String> {
    match atoms::integer(text) {
        Some(n) => u16::try_from(n).map_err(|_| format!("invalid port '{text}'")),
        None => Err(format!(
            "invalid character '{}' in port number '{text}'",
            text.trim_start_matches(|c: char| c.is_ascii_digit()).chars().next().unwrap_or('?')
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(text: &str, allowed: Allowed) -> Result<String, String> {
        parse(text, allowed).map(|p| format!("{} {}-{}", p.address, p.ports.0, p.ports.1))
    }

    #[test]
    fn every_form_of_the_manual_is_read() {
        assert_eq!(show("*:80", BIND).as_deref(), Ok("0.0.0.0:80 80-80"));
        assert_eq!(show(":::443", BIND).as_deref(), Ok("[::]:443 443-443"));
        assert_eq!(show("[::1]:443", BIND).as_deref(), Ok("[::1]:443 443-443"));
        assert_eq!(show("10.0.0.1:10-12", BIND).as_deref(), Ok("10.0.0.1:10 10-12"));
        assert_eq!(show("unix@/run/x", BIND).as_deref(), Ok("unix@/run/x 0-0"));
        assert_eq!(show("fd@7", BIND).as_deref(), Ok("fd@7 0-0"));
        assert_eq!(show("web.example", SERVER).as_deref(), Ok("web.example:0 0-0"));
        assert_eq!(parse("10.0.0.1:+5", SERVER).map(|p| p.rule), Ok(PortRule::Offset(5)));
    }

    #[test]
    fn what_does_not_fit_is_said_in_the_original_words() {
        assert_eq!(show("127.0.0.1", BIND), Err("missing port specification in '127.0.0.1'".into()));
        assert_eq!(show("127.0.0.1:99999", BIND), Err("invalid port '99999'".into()));
        assert_eq!(show("127.0.0.1:1-5", SERVER), Err("port range not permitted here in '127.0.0.1:1-5'".into()));
    }
}
