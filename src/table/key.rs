//! Keys of stick-tables: fixed shapes, so that equal things are equal bytes (manual 4.2 `stick-table`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ir::table::KeyType;

/// A key in the shape of its table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key(Box<[u8]>);

impl Key {
    /// `None`: an IPv6 address that no IPv4 address is mapped to has no key in a table of IPv4 addresses.
    pub fn address(kind: KeyType, ip: IpAddr) -> Option<Self> {
        Some(Self(match (kind, ip) {
            (KeyType::Ip, IpAddr::V4(v4)) => Box::new(v4.octets()),
            (KeyType::Ip, IpAddr::V6(v6)) => Box::new(v6.to_ipv4_mapped()?.octets()),
            (_, IpAddr::V4(v4)) => Box::new(v4.to_ipv6_mapped().octets()),
            (_, IpAddr::V6(v6)) => Box::new(v6.octets()),
        }))
    }

    /// Integers are of 32 bits, unsigned: negative ones wrap.
    pub fn integer(n: i64) -> Self {
        Self(Box::new((n as u32).to_be_bytes()))
    }

    /// Texts are cut to the table's length; binary keys are filled up with zeros too. `None` for an empty one.
    pub fn bytes(kind: KeyType, bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        Some(Self(match kind {
            KeyType::Binary(len) => {
                let mut key = vec![0; len];
                let n = bytes.len().min(len);
                key[..n].copy_from_slice(&bytes[..n]);
                key.into()
            }
            KeyType::String(len) => bytes[..bytes.len().min(len)].into(),
            _ => bytes.into(),
        }))
    }

    /// Which part of a table it belongs to; not secret, and the same in every process.
    pub fn part(&self) -> u64 {
        xxhash_rust::xxh3::xxh3_64(&self.0)
    }

    /// The order in which tables are shown: byte by byte; integers as this machine keeps them.
    pub fn order(&self, other: &Self, integers: bool) -> std::cmp::Ordering {
        if integers { self.0.iter().rev().cmp(other.0.iter().rev()) } else { self.0.cmp(&other.0) }
    }

    /// A key as an operator writes it; `None` when it cannot be one.
    pub fn parse(kind: KeyType, text: &str) -> Option<Self> {
        match kind {
            KeyType::Ip => text.parse::<Ipv4Addr>().ok().and_then(|ip| Self::address(kind, ip.into())),
            KeyType::Ipv6 => text.parse::<Ipv6Addr>().ok().and_then(|ip| Self::address(kind, ip.into())),
            KeyType::Integer => text.parse().ok().map(Self::integer),
            KeyType::String(_) => Self::bytes(kind, text.as_bytes()),
            KeyType::Binary(_) => None,
        }
    }

    /// As `show table` prints it: binary keys in hexadecimal, blanks of texts escaped.
    pub fn print(&self, kind: KeyType) -> String {
        use std::fmt::Write as _;
        let b = &self.0;
        match kind {
            KeyType::Ip => {
                <[u8; 4]>::try_from(&b[..]).map_or_else(|_| String::new(), |o| Ipv4Addr::from(o).to_string())
            }
            KeyType::Ipv6 => {
                <[u8; 16]>::try_from(&b[..]).map_or_else(|_| String::new(), |o| Ipv6Addr::from(o).to_string())
            }
            KeyType::Integer => {
                <[u8; 4]>::try_from(&b[..]).map_or_else(|_| String::new(), |o| u32::from_be_bytes(o).to_string())
            }
            KeyType::String(_) => String::from_utf8_lossy(b).replace(' ', "\\ "),
            KeyType::Binary(_) => b.iter().fold(String::new(), |mut out, byte| {
                let _ = write!(out, "{byte:02X}");
                out
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_take_their_tables_shape() {
        let text = KeyType::String(5);
        assert_eq!(Key::bytes(text, b"threelong"), Key::bytes(text, b"three"));
        let binary = KeyType::Binary(6);
        assert_eq!(Key::bytes(binary, b"AAA").map(|k| k.print(binary)).as_deref(), Some("414141000000"));
        assert_eq!(Key::integer(-7).print(KeyType::Integer), "4294967289");
        assert_eq!(Key::bytes(text, b""), None);
    }

    #[test]
    fn addresses_of_one_host_are_one_key() {
        let (v4, mapped) = ("10.0.0.1".parse().unwrap(), "::ffff:10.0.0.1".parse().unwrap());
        assert_eq!(Key::address(KeyType::Ip, v4), Key::address(KeyType::Ip, mapped));
        assert_eq!(Key::address(KeyType::Ipv6, v4), Key::address(KeyType::Ipv6, mapped));
        assert_eq!(Key::address(KeyType::Ip, "2001:db8::1".parse().unwrap()), None);
    }
}
