//! SOCKS 4: asks a proxy to connect somewhere, and reads whether it did. (The protocol as Ying-Da Lee described it.)

use std::net::{Ipv4Addr, SocketAddr};

/// Length of an answer.
pub const ANSWER: usize = 8;

/// What HAProxy calls itself to the proxy.
const USER: &[u8] = b"HAProxy\0";
const GRANTED: u8 = 90;

/// The request to connect to `to`. The protocol knows IPv4 alone: another family is asked for as 0.0.0.0.
pub fn request(to: SocketAddr) -> Vec<u8> {
    let ip = match to {
        SocketAddr::V4(a) => *a.ip(),
        SocketAddr::V6(a) => a.ip().to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED),
    };
    let mut out = vec![4, 1];
    out.extend_from_slice(&to.port().to_be_bytes());
    out.extend_from_slice(&ip.octets());
    out.extend_from_slice(USER);
    out
}

/// Whether the proxy is connected; `None` while the answer is not whole.
pub fn is_granted(answer: &[u8]) -> Option<bool> {
    let answer = answer.get(..ANSWER)?;
    Some(answer[0] == 0 && answer[1] == GRANTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_names_address_and_port() {
        let to = "192.0.2.7:8080".parse().expect("an address");
        assert_eq!(request(to), b"\x04\x01\x1f\x90\xc0\x00\x02\x07HAProxy\0");
    }

    #[test]
    fn only_90_is_a_yes() {
        assert_eq!(is_granted(&[0, 90, 0, 0, 0, 0, 0]), None);
        assert_eq!(is_granted(&[0, 90, 0, 0, 0, 0, 0, 0]), Some(true));
        assert_eq!(is_granted(&[0, 91, 0, 0, 0, 0, 0, 0]), Some(false));
    }
}
