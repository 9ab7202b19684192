//! What a sample yields, and how one type becomes another (HAProxy manual 7.2, "ACL and fetch types").

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The type of a sample, as the manual names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Only as an input: takes whatever comes. Only as an output: what came in, or what was stored; ACLs must say `-m`.
    Any,
    Bool,
    /// 64 bits, signed.
    Int,
    /// IPv4 or IPv6.
    Ip,
    Ipv4,
    Ipv6,
    Str,
    Bin,
    /// An HTTP method.
    Meth,
}

impl Type {
    /// The manual's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Bool => "bool",
            Self::Int => "sint",
            Self::Ip => "addr",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Str => "str",
            Self::Bin => "bin",
            Self::Meth => "meth",
        }
    }

    /// Whether a value of `self` can be turned into `to` at all; the value may still refuse.
    pub fn converts_to(self, to: Self) -> bool {
        use Type::{Any, Bin, Bool, Int, Ip, Ipv4, Ipv6, Meth, Str};
        match (self, to) {
            (Any, _) | (_, Any | Str) => true,
            (a, b) if a == b => true,
            (Bool | Int | Ip | Ipv4 | Ipv6 | Bin, Meth) | (Meth, Bool | Int | Ip | Ipv4 | Ipv6) => false,
            (Meth, Bin) => true,
            (Bin, Bool | Int | Ip | Ipv4 | Ipv6) => false,
            (Bool, Ip | Ipv4 | Ipv6 | Bin) => !matches!(to, Ip | Ipv4 | Ipv6),
            _ => true,
        }
    }
}

/// A sample's value; text is borrowed from the message wherever it can be.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    Int(i64),
    Ip(IpAddr),
    Str(Cow<'a, [u8]>),
    Bin(Cow<'a, [u8]>),
    Meth(Cow<'a, [u8]>),
}

impl<'a> Value<'a> {
    pub fn str(text: &'a [u8]) -> Self {
        Self::Str(Cow::Borrowed(text))
    }

    pub fn string(text: impl Into<Vec<u8>>) -> Self {
        Self::Str(Cow::Owned(text.into()))
    }

    pub fn kind(&self) -> Type {
        match self {
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Ip(IpAddr::V4(_)) => Type::Ipv4,
            Self::Ip(IpAddr::V6(_)) => Type::Ipv6,
            Self::Str(_) => Type::Str,
            Self::Bin(_) => Type::Bin,
            Self::Meth(_) => Type::Meth,
        }
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Bool(b) => Value::Bool(b),
            Self::Int(n) => Value::Int(n),
            Self::Ip(ip) => Value::Ip(ip),
            Self::Str(s) => Value::Str(Cow::Owned(s.into_owned())),
            Self::Bin(s) => Value::Bin(Cow::Owned(s.into_owned())),
            Self::Meth(s) => Value::Meth(Cow::Owned(s.into_owned())),
        }
    }

    /// As the type that the next item wants; `None` when the value cannot be one.
    pub fn cast(self, to: Type) -> Option<Self> {
        Some(match to {
            Type::Any => self,
            Type::Bool => Self::Bool(self.as_bool()?),
            Type::Int => Self::Int(self.as_int()?),
            Type::Ip => Self::Ip(self.as_ip()?),
            Type::Ipv4 => match self.as_ip()? {
                IpAddr::V4(v4) => Self::Ip(v4.into()),
                IpAddr::V6(v6) => Self::Ip(v6.to_ipv4_mapped()?.into()),
            },
            Type::Ipv6 => match self.as_ip()? {
                IpAddr::V4(v4) => Self::Ip(v4.to_ipv6_mapped().into()),
                v6 @ IpAddr::V6(_) => Self::Ip(v6),
            },
            Type::Str => Self::Str(self.into_text()),
            Type::Meth => Self::Meth(self.into_text()),
            Type::Bin => Self::Bin(self.into_binary()),
        })
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            Self::Int(n) => Some(*n != 0),
            Self::Str(s) => Some(leading_int(s).0 != 0),
            Self::Ip(_) | Self::Bin(_) | Self::Meth(_) => None,
        }
    }

    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Bool(b) => Some(i64::from(*b)),
            Self::Int(n) => Some(*n),
            Self::Ip(IpAddr::V4(v4)) => Some(i64::from(u32::from(*v4))),
            // The number of an IPv6 address does not fit; the original takes the low 64 bits.
            Self::Ip(IpAddr::V6(v6)) => Some(u128::from(*v6) as i64),
            // Text that is no number counts as 0, no text is nothing.
            Self::Str(s) => (!s.is_empty()).then(|| leading_int(s).0),
            Self::Bin(_) | Self::Meth(_) => None,
        }
    }

    pub fn as_ip(&self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(*ip),
            Self::Int(n) => Some(Ipv4Addr::from(*n as u32).into()),
            Self::Str(s) => std::str::from_utf8(s).ok().and_then(parse_ip),
            Self::Bool(_) | Self::Bin(_) | Self::Meth(_) => None,
        }
    }

    /// The value as text: what a log line or header shows.
    pub fn into_text(self) -> Cow<'a, [u8]> {
        match self {
            Self::Str(s) | Self::Meth(s) => s,
            // As it is, up to the first NUL; `hex` shows all of it.
            Self::Bin(s) => match memchr::memchr(0, &s) {
                None => s,
                Some(end) => Cow::Owned(s[..end].to_vec()),
            },
            Self::Bool(b) => Cow::Borrowed(if b { b"1" } else { b"0" }),
            Self::Int(n) => Cow::Owned(itoa::Buffer::new().format(n).as_bytes().to_vec()),
            Self::Ip(ip) => Cow::Owned(ip.to_string().into_bytes()),
        }
    }

    /// The value as bytes: numbers big-endian, addresses in network order.
    pub fn into_binary(self) -> Cow<'a, [u8]> {
        match self {
            Self::Str(s) | Self::Bin(s) | Self::Meth(s) => s,
            Self::Bool(b) => Cow::Owned(i64::from(b).to_be_bytes().to_vec()),
            Self::Int(n) => Cow::Owned(n.to_be_bytes().to_vec()),
            Self::Ip(IpAddr::V4(v4)) => Cow::Owned(v4.octets().to_vec()),
            Self::Ip(IpAddr::V6(v6)) => Cow::Owned(v6.octets().to_vec()),
        }
    }
}

/// An address and nothing else.
pub fn parse_ip(text: &str) -> Option<IpAddr> {
    if let Ok(v4) = text.parse::<Ipv4Addr>() {
        return Some(v4.into());
    }
    text.parse::<Ipv6Addr>().ok().map(Into::into)
}

/// The integer that a text begins with, and how many bytes it took; an overflow stays at the limit.
pub fn leading_int(text: &[u8]) -> (i64, usize) {
    let (negative, start) = match text.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let digits = text.get(start..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return (0, 0);
    }
    let mut n: i64 = 0;
    for b in &text[start..start + digits] {
        let d = i64::from(b - b'0');
        n = n.saturating_mul(10);
        n = if negative { n.saturating_sub(d) } else { n.saturating_add(d) };
    }
    (n, start + digits)
}

pub fn hex_upper(bytes: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    bytes.iter().flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_the_number_that_it_begins_with() {
        assert_eq!(Value::str(b"42abc").as_int(), Some(42));
        assert_eq!(Value::str(b"-7").as_int(), Some(-7));
        assert_eq!(Value::str(b"x").as_int(), Some(0));
        assert_eq!(Value::str(b"").as_int(), None);
        assert_eq!(leading_int(b"99999999999999999999"), (i64::MAX, 20));
    }

    #[test]
    fn binary_is_text_up_to_its_first_nul() {
        assert_eq!(Value::Bin(b"\x01\xff".as_slice().into()).into_text().as_ref(), b"\x01\xff");
        assert_eq!(Value::Bin(b"ab\0c".as_slice().into()).into_text().as_ref(), b"ab");
        assert_eq!(Value::str(b"a b").into_binary().as_ref(), b"a b");
    }

    #[test]
    fn addresses_change_family_only_when_they_can() {
        let v6: IpAddr = "::ffff:10.0.0.1".parse().expect("an address");
        assert_eq!(Value::Ip(v6).cast(Type::Ipv4), Some(Value::Ip("10.0.0.1".parse().expect("an address"))));
        assert_eq!(Value::Ip("2001:db8::1".parse().expect("an address")).cast(Type::Ipv4), None);
    }
}
