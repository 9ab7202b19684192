//! Cookies as a proxy sees them: names and values with their places, so that one can be cut out or replaced and the
//! others leave untouched (RFC 6265 sections 4.1 and 4.2, read leniently).

use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

/// One `name=value` of a `Cookie` or `Set-Cookie` value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair<'a> {
    pub name: &'a [u8],
    /// Without `=`: empty. Quotes are part of it.
    pub value: &'a [u8],
    /// From the name's first byte to the value's last.
    pub whole: Range<usize>,
    /// Where the value is.
    pub value_at: Range<usize>,
}

/// Pairs of a `Cookie` value, in order. Both `;` and `,` separate, as old clients write them.
pub fn pairs(value: &[u8]) -> impl Iterator<Item = Pair<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            if at >= value.len() {
                return None;
            }
            let end = at + value[at..].iter().position(|&b| matches!(b, b';' | b',')).unwrap_or(value.len() - at);
            let pair = pair(value, at..end);
            at = end + 1;
            if pair.whole.start < pair.whole.end {
                return Some(pair);
            }
        }
    })
}

/// The `name=value` that a `Set-Cookie` value begins with; attributes follow.
pub fn set_cookie(value: &[u8]) -> Pair<'_> {
    let end = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    pair(value, 0..end)
}

fn pair(all: &[u8], part: Range<usize>) -> Pair<'_> {
    let text = &all[part.clone()];
    let start = part.start + (text.len() - text.trim_ascii_start().len());
    let end = start + all[start..part.end].trim_ascii_end().len();
    let equals = all[start..end].iter().position(|&b| b == b'=').map(|i| start + i);
    let name_end = start + all[start..equals.unwrap_or(end)].trim_ascii_end().len();
    let value_start = equals.map_or(end, |e| e + 1 + (end - e - 1 - all[e + 1..end].trim_ascii_start().len()));
    Pair { name: &all[start..name_end], value: &all[value_start..end], whole: start..end, value_at: value_start..end }
}

/// The first value of that name (case counts).
pub fn get<'a>(value: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    pairs(value).find(|p| p.name == name).map(|p| p.value)
}

/// The value without the pair at `whole`, with the separator that no longer separates anything.
pub fn without(value: &[u8], whole: Range<usize>) -> Vec<u8> {
    let before = value[..whole.start].trim_ascii_end();
    let after = value[whole.end..].trim_ascii_start();
    let after = after.strip_prefix(b";").or_else(|| after.strip_prefix(b",")).unwrap_or(after).trim_ascii_start();
    let mut out = before.to_vec();
    if after.is_empty() {
        while let Some(b';' | b',') = out.last() {
            out.pop();
        }
    } else if !out.is_empty() {
        out.push(b' ');
    }
    out.extend_from_slice(after);
    out
}

/// The value that names a server in a cookie made from a secret (HAProxy manual 4.2 `dynamic-cookie-key`): every proxy that
/// knows the secret makes the same.
pub fn dynamic(secret: &[u8], server: SocketAddr) -> String {
    let mut bytes = secret.to_vec();
    match server.ip() {
        IpAddr::V4(ip) => bytes.extend_from_slice(&ip.octets()),
        IpAddr::V6(ip) => bytes.extend_from_slice(&ip.octets()),
    }
    bytes.extend_from_slice(&u32::from(server.port()).to_be_bytes());
    format!("{:016x}", xxhash_rust::xxh64::xxh64(&bytes, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_have_their_places() {
        let v = b" a=1; SRV = web1 ;b; c=\"x=y\"";
        let names: Vec<_> = pairs(v).map(|p| (p.name, p.value)).collect();
        assert_eq!(names, [(&b"a"[..], &b"1"[..]), (b"SRV", b"web1"), (b"b", b""), (b"c", b"\"x=y\"")]);
        assert_eq!(get(v, b"SRV"), Some(&b"web1"[..]));
        assert_eq!(get(v, b"srv"), None);
    }

    #[test]
    fn cutting_out_leaves_the_others_as_they_were() {
        let cut = |v: &[u8], name: &[u8]| {
            let p = pairs(v).find(|p| p.name == name).expect("the test names one that is there");
            String::from_utf8(without(v, p.whole)).expect("ASCII")
        };
        assert_eq!(cut(b"S=1; a=2; b=3", b"S"), "a=2; b=3");
        assert_eq!(cut(b"a=2; S=1; b=3", b"S"), "a=2; b=3");
        assert_eq!(cut(b"a=2; S=1", b"S"), "a=2");
        assert_eq!(cut(b"S=1", b"S"), "");
    }

    #[test]
    fn set_cookie_ends_at_its_attributes() {
        let p = set_cookie(b"SRV=w1; path=/; HttpOnly");
        assert_eq!((p.name, p.value, p.whole), (&b"SRV"[..], &b"w1"[..], 0..6));
    }

    /// Each was seen from HAProxy 2.6.12.
    #[test]
    fn dynamic_cookies_are_the_originals() {
        for (secret, server, expected) in [
            ("secret", "127.0.0.1:80", "83fb1331509c7322"),
            ("secret", "127.0.0.1:81", "746084447376cc5a"),
            ("secret", "[::1]:80", "acb2c8fe37035824"),
            ("other", "127.0.0.1:80", "a4bd7b5eaf35eb9a"),
        ] {
            assert_eq!(dynamic(secret.as_bytes(), server.parse().expect("an address")), expected, "{secret} {server}");
        }
    }
}
