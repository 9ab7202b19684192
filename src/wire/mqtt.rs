//! The packets that open an MQTT connection, CONNECT and CONNACK, of MQTT 3.1, 3.1.1 and 5.0 (OASIS standards, section 3).

/// Where a reader is in a packet; every step says `None` when there is not enough.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|b| b[0])
    }

    fn number(&mut self, bytes: usize) -> Option<u32> {
        Some(self.take(bytes)?.iter().fold(0, |n, b| n << 8 | u32::from(*b)))
    }

    /// A length of two bytes and so much data.
    fn string(&mut self) -> Option<&'a [u8]> {
        let n = self.number(2)?;
        self.take(n as usize)
    }

    /// Seven bits a byte, the lowest first, at most four bytes.
    fn variable(&mut self) -> Option<u32> {
        let mut n = 0;
        for i in 0..4 {
            let b = self.byte()?;
            n |= u32::from(b & 0x7f) << (7 * i);
            if b & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }
}

/// A value of a packet: a number, or text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Number(u32),
    Text(&'a [u8]),
}

/// A field's name, or the number of a property.
type Field<'a> = (Name, Value<'a>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Flags,
    ProtocolName,
    ProtocolVersion,
    ClientIdentifier,
    WillTopic,
    WillPayload,
    Username,
    Password,
    ReasonCode,
    /// MQTT 5.0 section 2.2.2.2
    Property(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Connect,
    Connack,
}

/// `connect` or `connack`.
pub fn kind(text: &str) -> Option<Kind> {
    match text {
        "connect" | "1" => Some(Kind::Connect),
        "connack" | "2" => Some(Kind::Connack),
        _ => None,
    }
}

/// `connect` or `connack`, and a field of it by name or a property by its number.
pub fn name(of: &str, field: &str) -> Option<(Kind, Name)> {
    let kind = kind(of)?;
    let name = match (kind, field) {
        (_, "flags") => Name::Flags,
        (_, "protocol_version") => Name::ProtocolVersion,
        (Kind::Connect, "protocol_name") => Name::ProtocolName,
        (Kind::Connect, "client_identifier") => Name::ClientIdentifier,
        (Kind::Connect, "will_topic") => Name::WillTopic,
        (Kind::Connect, "will_payload") => Name::WillPayload,
        (Kind::Connect, "username") => Name::Username,
        (Kind::Connect, "password") => Name::Password,
        (Kind::Connack, "reason_code") => Name::ReasonCode,
        (_, number) => Name::Property(number.parse().ok().filter(|n| property_kind(*n).is_some())?),
    };
    Some((kind, name))
}

/// What a property holds: so many bytes of number, or 0 for text. User properties (38), which are pairs, are passed over.
fn property_kind(id: u32) -> Option<usize> {
    Some(match id {
        1 | 23 | 25 | 36 | 37 | 40 | 41 | 42 => 1,
        19 | 33 | 34 => 2,
        2 | 17 | 24 | 39 => 4,
        3 | 8 | 9 | 18 | 21 | 22 | 26 | 28 | 31 => 0,
        _ => return None,
    })
}

/// A packet that can be trusted: its fields, in their order.
#[derive(Debug, PartialEq, Eq)]
pub enum Parsed<'a> {
    Packet(Kind, Vec<Field<'a>>),
    Invalid,
    Partial,
}

/// Reads the packet that `bytes` are.
pub fn parse(bytes: &[u8]) -> Parsed<'_> {
    let mut r = Reader(bytes);
    let kind = match r.byte() {
        None => return Parsed::Partial,
        Some(0x10) => Kind::Connect,
        Some(0x20) => Kind::Connack,
        Some(_) => return Parsed::Invalid,
    };
    let length_cut = r.0.len() < 4 && r.0.iter().all(|b| b & 0x80 != 0);
    let Some(length) = r.variable() else { return if length_cut { Parsed::Partial } else { Parsed::Invalid } };
    if r.0.len() < length as usize {
        return Parsed::Partial;
    }
    let fields = if r.0.len() > length as usize {
        None
    } else if kind == Kind::Connect {
        connect(r)
    } else {
        connack(r)
    };
    fields.map_or(Parsed::Invalid, |f| Parsed::Packet(kind, f))
}

fn connect(mut r: Reader<'_>) -> Option<Vec<Field<'_>>> {
    let protocol = r.string()?;
    let version = r.byte()?;
    let fits = matches!((protocol, version), (b"MQIsdp", 3) | (b"MQTT", 4 | 5));
    let flags = r.byte()?;
    // The lowest bit is reserved; a will's quality and retention need a will.
    if !fits || flags & 1 != 0 || (flags & 4 == 0 && flags & 0x38 != 0) || flags & 0x18 == 0x18 {
        return None;
    }
    let _keep_alive = r.number(2)?;
    let mut out = vec![
        (Name::Flags, Value::Number(flags.into())),
        (Name::ProtocolName, Value::Text(protocol)),
        (Name::ProtocolVersion, Value::Number(version.into())),
    ];
    if version == 5 {
        properties(&mut r, &mut out)?;
    }
    out.push((Name::ClientIdentifier, Value::Text(r.string()?)));
    if flags & 4 != 0 {
        if version == 5 {
            properties(&mut r, &mut out)?;
        }
        out.push((Name::WillTopic, Value::Text(r.string()?)));
        out.push((Name::WillPayload, Value::Text(r.string()?)));
    }
    for (bit, name) in [(0x80, Name::Username), (0x40, Name::Password)] {
        if flags & bit != 0 {
            out.push((name, Value::Text(r.string()?)));
        }
    }
    r.0.is_empty().then_some(out)
}

fn connack(mut r: Reader<'_>) -> Option<Vec<Field<'_>>> {
    let flags = r.byte().filter(|f| f & 0xfe == 0)?;
    let code = r.byte()?;
    // Only 5.0 has more than two bytes.
    let version = if r.0.is_empty() { 4 } else { 5 };
    let mut out = vec![
        (Name::Flags, Value::Number(flags.into())),
        (Name::ReasonCode, Value::Number(code.into())),
        (Name::ProtocolVersion, Value::Number(version)),
    ];
    if version == 5 {
        properties(&mut r, &mut out)?;
    }
    r.0.is_empty().then_some(out)
}

fn properties<'a>(r: &mut Reader<'a>, out: &mut Vec<Field<'a>>) -> Option<()> {
    const USER_PROPERTY: u32 = 38;
    let length = r.variable()?;
    let mut inner = Reader(r.take(length as usize)?);
    while !inner.0.is_empty() {
        let id = inner.variable()?;
        if id == USER_PROPERTY {
            inner.string()?;
            inner.string()?;
            continue;
        }
        let value = match property_kind(id)? {
            0 => Value::Text(inner.string()?),
            n => Value::Number(inner.number(n)?),
        };
        out.push((Name::Property(id), value));
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(bytes: &[u8]) -> Vec<Field<'_>> {
        match parse(bytes) {
            Parsed::Packet(_, f) => f,
            other => panic!("{other:?}"),
        }
    }

    /// 5.0, a will with a delay, a user name, one property and one pair of the user's own.
    const CONNECT: &[u8] = b"\x10\x33\x00\x04MQTT\x05\x84\x00\x3c\x0c\x27\x00\x00\x00\x14\x26\x00\x01a\x00\x01b\x00\x03tid\x05\x18\x00\x00\x00\x09\x00\x05topic\x00\x02hi\x00\x04test";

    #[test]
    fn a_connect_packet_tells_its_fields() {
        let f = fields(CONNECT);
        for wanted in [
            (Name::ProtocolVersion, Value::Number(5)),
            (Name::Property(39), Value::Number(20)),
            (Name::Property(24), Value::Number(9)),
            (Name::ClientIdentifier, Value::Text(b"tid")),
            (Name::WillPayload, Value::Text(b"hi")),
            (Name::Username, Value::Text(b"test")),
        ] {
            assert!(f.contains(&wanted), "{wanted:?} in {f:?}");
        }
    }

    #[test]
    fn a_cut_packet_is_partial_and_a_longer_one_invalid() {
        for end in 0..CONNECT.len() {
            assert_eq!(parse(&CONNECT[..end]), Parsed::Partial, "{end}");
        }
        assert_eq!(parse(&[CONNECT, b"x"].concat()), Parsed::Invalid);
    }

    #[test]
    fn reserved_bits_and_unknown_packets_are_refused() {
        for bad in
            [&b"\xd0\x00"[..], b"\x11\x00", b"\x21\x02\x00\x00", b"\x20\x02\x02\x00", b"\x10\xff\xff\xff\xff\x01"]
        {
            assert_eq!(parse(bad), Parsed::Invalid, "{bad:?}");
        }
        assert_eq!(fields(b"\x20\x02\x00\x05")[1], (Name::ReasonCode, Value::Number(5)));
    }

    #[test]
    fn fields_belong_to_their_packets() {
        assert_eq!(name("connack", "17"), Some((Kind::Connack, Name::Property(17))));
        assert_eq!((name("connack", "username"), name("publish", "flags"), name("connect", "38")), (None, None, None));
    }
}
