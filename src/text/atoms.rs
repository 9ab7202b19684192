//! The small values that both languages are made of, parsed with nom: numbers, durations, sizes, networks, ranges.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use ipnet::IpNet;
use nom::bytes::complete::take_while;
use nom::character::complete::{char, digit1};
use nom::combinator::{all_consuming, map_res, opt, recognize};
use nom::sequence::{pair, preceded};
use nom::{IResult, Parser};

/// Why a duration or size was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtomError {
    /// No digits at all.
    Empty,
    /// The first byte that does not belong.
    Unexpected(char),
    Overflow,
}

/// The unit of a bare number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TimeUnit {
    const fn microseconds(self) -> u64 {
        match self {
            Self::Microseconds => 1,
            Self::Milliseconds => 1_000,
            Self::Seconds => 1_000_000,
            Self::Minutes => 60_000_000,
            Self::Hours => 3_600_000_000,
            Self::Days => 86_400_000_000,
        }
    }
}

fn digits(i: &str) -> IResult<&str, u64> {
    map_res(digit1, str::parse).parse(i)
}

/// The unsigned integer that is all of `i`.
pub fn unsigned(i: &str) -> Option<u64> {
    all_consuming(digits).parse(i).ok().map(|(_, n)| n)
}

/// The integer, with an optional sign, that is all of `i`.
pub fn integer(i: &str) -> Option<i64> {
    fn signed(i: &str) -> IResult<&str, i64> {
        map_res(recognize(pair(opt(char('-')), digit1)), str::parse).parse(i)
    }
    all_consuming(signed).parse(i).ok().map(|(_, n)| n)
}

/// A duration with an optional unit `us ms s m h d` (HAProxy manual 2.5). The number is a 32-bit count of the unit's
/// milliseconds, as in the original: larger ones overflow.
pub fn duration(i: &str, default: TimeUnit) -> Result<Duration, AtomError> {
    let end = i.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = i.split_at(end);
    if number.is_empty() {
        return Err(unit.chars().next().map_or(AtomError::Empty, AtomError::Unexpected));
    }
    let number: u64 = number.parse().map_err(|_| AtomError::Overflow)?;
    let unit = match unit {
        "" => default,
        "us" => TimeUnit::Microseconds,
        "ms" => TimeUnit::Milliseconds,
        "s" => TimeUnit::Seconds,
        "m" => TimeUnit::Minutes,
        "h" => TimeUnit::Hours,
        "d" => TimeUnit::Days,
        other => return Err(AtomError::Unexpected(unexpected_in_unit(other))),
    };
    let us = number.checked_mul(unit.microseconds()).ok_or(AtomError::Overflow)?;
    if us / 1000 > i32::MAX as u64 {
        return Err(AtomError::Overflow);
    }
    Ok(Duration::from_micros(us))
}

/// Seconds with an optional fraction, to the microsecond: `1`, `0.25`, `.5`.
pub fn seconds(i: &str) -> Option<Duration> {
    let (whole, fraction) = i.split_once('.').unwrap_or((i, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let whole = if whole.is_empty() { 0 } else { unsigned(whole)? };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let micros = fraction.bytes().chain(std::iter::repeat(b'0')).take(6).fold(0, |n, b| n * 10 + u64::from(b - b'0'));
    Some(Duration::from_micros(whole.checked_mul(1_000_000)?.checked_add(micros)?))
}

fn unexpected_in_unit(unit: &str) -> char {
    let mut chars = unit.chars();
    match (chars.next(), chars.next()) {
        (Some('u' | 'm'), Some('s')) => chars.next().unwrap_or('s'),
        (Some('s' | 'm' | 'h' | 'd'), Some(second)) => second,
        (first, _) => first.unwrap_or('?'),
    }
}

/// A size with an optional unit `k m g`, powers of 1024 (HAProxy manual 2.5).
pub fn size(i: &str) -> Result<u64, AtomError> {
    let end = i.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = i.split_at(end);
    if number.is_empty() {
        return Err(unit.chars().next().map_or(AtomError::Empty, AtomError::Unexpected));
    }
    let number: u64 = number.parse().map_err(|_| AtomError::Overflow)?;
    let shift = match unit {
        "" => 0,
        "k" | "K" => 10,
        "m" | "M" => 20,
        "g" | "G" => 30,
        other => return Err(AtomError::Unexpected(other.chars().find(|c| !"kKmMgG".contains(*c)).unwrap_or('?'))),
    };
    number.checked_mul(1 << shift).ok_or(AtomError::Overflow)
}

/// `a[.b[.c[.d]]]` or IPv6, with an optional `/len` or, for IPv4, `/mask`. A bare address is a network of one.
/// Host bits are kept out: `10.1.2.3/8` is `10.0.0.0/8`.
pub fn network(i: &str) -> Option<IpNet> {
    let (address, mask) = match i.split_once('/') {
        Some((a, m)) => (a, Some(m)),
        None => (i, None),
    };
    let ip = ip(address)?;
    let len = match mask {
        None => max_len(ip),
        Some(m) => prefix_len(m, ip)?,
    };
    IpNet::new(ip, len).ok().map(|n| n.trunc())
}

fn max_len(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn prefix_len(mask: &str, ip: IpAddr) -> Option<u8> {
    if let Some(n) = unsigned(mask) {
        return u8::try_from(n).ok().filter(|n| *n <= max_len(ip));
    }
    let IpAddr::V4(_) = ip else { return None };
    let bits = u32::from(mask.parse::<Ipv4Addr>().ok()?);
    let ones = bits.leading_ones();
    (bits.count_ones() == ones).then_some(ones as u8)
}

/// An IP address; IPv4 may leave out trailing zero bytes (`10.1` is `10.1.0.0`) as HAProxy's ACL networks do.
pub fn ip(i: &str) -> Option<IpAddr> {
    if let Ok(v6) = i.parse::<Ipv6Addr>() {
        return Some(v6.into());
    }
    let mut bytes = [0u8; 4];
    let mut n = 0;
    for part in i.split('.') {
        *bytes.get_mut(n)? = unsigned(part).and_then(|v| u8::try_from(v).ok())?;
        n += 1;
    }
    (n >= 1).then(|| Ipv4Addr::from(bytes).into())
}

/// `low[-high]`, inclusive; `low` alone is a range of one.
pub fn range(i: &str) -> Option<(u64, u64)> {
    fn bounds(i: &str) -> IResult<&str, (u64, Option<u64>)> {
        pair(digits, opt(preceded(char('-'), digits))).parse(i)
    }
    let (low, high) = all_consuming(bounds).parse(i).ok().map(|(_, r)| r)?;
    let high = high.unwrap_or(low);
    (low <= high).then_some((low, high))
}

/// Letters, digits and `-_.:`: what a proxy, server or ACL may be called. The first byte that is not.
pub fn invalid_name_char(i: &str) -> Option<char> {
    let ok = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
    let rest: IResult<&str, &str> = take_while(ok).parse(i);
    rest.ok().and_then(|(rest, _)| rest.chars().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_take_their_unit_from_the_text_or_the_caller() {
        let ms = |s| duration(s, TimeUnit::Milliseconds);
        assert_eq!(ms("5000ms"), Ok(Duration::from_secs(5)));
        assert_eq!(ms("5"), Ok(Duration::from_millis(5)));
        assert_eq!(ms("1d"), Ok(Duration::from_secs(86400)));
        assert_eq!(duration("3", TimeUnit::Seconds), Ok(Duration::from_secs(3)));
        assert_eq!(ms("5x"), Err(AtomError::Unexpected('x')));
        assert_eq!(ms(""), Err(AtomError::Empty));
        assert_eq!(ms("99999999d"), Err(AtomError::Overflow));
    }

    #[test]
    fn seconds_keep_microseconds() {
        assert_eq!(seconds("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(seconds("3"), Some(Duration::from_secs(3)));
        assert_eq!(seconds(".0000019"), Some(Duration::from_micros(1)));
        assert_eq!((seconds(""), seconds("."), seconds("1x"), seconds("-1")), (None, None, None, None));
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        assert_eq!(size("16384"), Ok(16384));
        assert_eq!(size("100k"), Ok(102_400));
        assert_eq!(size("1M"), Ok(1 << 20));
        assert_eq!(size("1t"), Err(AtomError::Unexpected('t')));
    }

    #[test]
    fn networks_lose_their_host_bits() {
        assert_eq!(network("10.1.2.3/8").map(|n| n.to_string()), Some("10.0.0.0/8".into()));
        assert_eq!(network("192.168.1.0/255.255.255.0").map(|n| n.to_string()), Some("192.168.1.0/24".into()));
        assert_eq!(network("::1").map(|n| n.to_string()), Some("::1/128".into()));
        assert_eq!(network("10.0.0.0/33"), None);
        assert_eq!(network("10.0.0.0/255.0.255.0"), None);
        assert_eq!(network("nowhere"), None);
    }

    #[test]
    fn ranges_are_inclusive_and_ordered() {
        assert_eq!(range("200-299"), Some((200, 299)));
        assert_eq!(range("404"), Some((404, 404)));
        assert_eq!(range("9-1"), None);
    }
}
