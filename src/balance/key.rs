//! What the hashing algorithms look at, as a number (HAProxy manual 4.2 `balance`, `hash-type`).

use std::net::IpAddr;

use super::hash;
use crate::ir::proxy::{HashFunction, HashType};

/// Hashes bytes as `hash-type` says.
pub fn bytes(kind: HashType, value: &[u8]) -> u32 {
    let h = match kind.function {
        HashFunction::Sdbm => hash::sdbm(value),
        HashFunction::Djb2 => hash::djb2(value),
        HashFunction::Wt6 => hash::wt6(value),
        HashFunction::Crc32 => hash::crc32(value),
    };
    finish(kind, h)
}

/// An address is not hashed but folded: its 32-bit words, exclusive-ored.
pub fn address(kind: HashType, ip: IpAddr) -> u32 {
    let h = match ip {
        IpAddr::V4(v) => v.to_bits(),
        IpAddr::V6(v) => v.octets().chunks_exact(4).fold(0, |h, w| h ^ u32::from_be_bytes([w[0], w[1], w[2], w[3]])),
    };
    finish(kind, h)
}

fn finish(kind: HashType, h: u32) -> u32 {
    if kind.avalanche { hash::avalanche(h) } else { h }
}

/// The part of a request target that `balance uri` looks at. `depth` counts slashes, `len` bytes.
pub fn uri_part(uri: &[u8], whole: bool, len: Option<usize>, depth: Option<usize>) -> &[u8] {
    let uri = &uri[..len.unwrap_or(uri.len()).min(uri.len())];
    let mut slashes = 0;
    let mut end = 0;
    while end < uri.len() {
        let b = uri[end];
        if b == b'/' {
            slashes += 1;
            // The slash that opens the path counts for nothing deeper than itself.
            if depth.is_some_and(|d| slashes == d + 1) {
                break;
            }
        } else if b == b'?' && !whole {
            break;
        }
        end += 1;
    }
    &uri[..end]
}

/// `use_domain_only`: the last but one label of a host name, or the name itself when it has no dot.
pub fn domain_part(host: &[u8]) -> &[u8] {
    let host = &host[..host.iter().position(|&b| b == b':').unwrap_or(host.len())];
    let Some(last) = host.iter().rposition(|&b| b == b'.') else { return host };
    let start = host[..last].iter().rposition(|&b| b == b'.').map_or(0, |i| i + 1);
    &host[start..last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uri_is_cut_by_query_length_and_depth() {
        assert_eq!(uri_part(b"/a/b?c", false, None, None), b"/a/b");
        assert_eq!(uri_part(b"/a/b?c", true, None, None), b"/a/b?c");
        assert_eq!(uri_part(b"/a/b?c", true, Some(3), None), b"/a/");
        assert_eq!(uri_part(b"/a/b/c", false, None, Some(1)), b"/a");
        assert_eq!(domain_part(b"www.example.com:80"), b"example");
    }

    #[test]
    fn addresses_are_folded() {
        let plain = HashType::default();
        assert_eq!(address(plain, IpAddr::from([10, 0, 0, 1])), 0x0a00_0001);
        assert_eq!(address(plain, "1:2::3".parse().expect("IPv6")), 0x0001_0002 ^ 3);
    }
}
