//! Numbers of <linux/ip_vs.h>, and attributes as bytes: add a number here when the kernel learns one.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use netlink_packet_core::{DecodeError, DefaultNla, Emitable as _, NLA_F_NESTED, NlasIterator};

use crate::ir::failover::Family;

/// IPVS_CMD_*.
pub(super) mod command {
    pub(in super::super) const NEW_SERVICE: u8 = 1;
    pub(in super::super) const SET_SERVICE: u8 = 2;
    pub(in super::super) const DEL_SERVICE: u8 = 3;
    pub(in super::super) const GET_SERVICE: u8 = 4;
    pub(in super::super) const NEW_DEST: u8 = 5;
    pub(in super::super) const SET_DEST: u8 = 6;
    pub(in super::super) const DEL_DEST: u8 = 7;
    pub(in super::super) const GET_DEST: u8 = 8;
    pub(in super::super) const NEW_DAEMON: u8 = 9;
    pub(in super::super) const DEL_DAEMON: u8 = 10;
    pub(in super::super) const GET_DAEMON: u8 = 11;
    pub(in super::super) const SET_CONFIG: u8 = 12;
    pub(in super::super) const GET_CONFIG: u8 = 13;
    /// The answer to GET_INFO.
    pub(in super::super) const SET_INFO: u8 = 14;
    pub(in super::super) const GET_INFO: u8 = 15;
    pub(in super::super) const ZERO: u8 = 16;
    pub(in super::super) const FLUSH: u8 = 17;
}

/// IPVS_CMD_ATTR_*.
pub(super) mod top {
    pub(in super::super) const SERVICE: u16 = 1;
    pub(in super::super) const DEST: u16 = 2;
    pub(in super::super) const DAEMON: u16 = 3;
    pub(in super::super) const TIMEOUT_TCP: u16 = 4;
    pub(in super::super) const TIMEOUT_TCP_FIN: u16 = 5;
    pub(in super::super) const TIMEOUT_UDP: u16 = 6;
}

/// IPVS_SVC_ATTR_*.
pub(super) mod service {
    pub(in super::super) const AF: u16 = 1;
    pub(in super::super) const PROTOCOL: u16 = 2;
    pub(in super::super) const ADDR: u16 = 3;
    pub(in super::super) const PORT: u16 = 4;
    pub(in super::super) const FWMARK: u16 = 5;
    pub(in super::super) const SCHED_NAME: u16 = 6;
    pub(in super::super) const FLAGS: u16 = 7;
    pub(in super::super) const TIMEOUT: u16 = 8;
    pub(in super::super) const NETMASK: u16 = 9;
    pub(in super::super) const STATS: u16 = 10;
    pub(in super::super) const PE_NAME: u16 = 11;
    pub(in super::super) const STATS64: u16 = 12;
}

/// IPVS_DEST_ATTR_*.
pub(super) mod dest {
    pub(in super::super) const ADDR: u16 = 1;
    pub(in super::super) const PORT: u16 = 2;
    pub(in super::super) const FWD_METHOD: u16 = 3;
    pub(in super::super) const WEIGHT: u16 = 4;
    pub(in super::super) const U_THRESH: u16 = 5;
    pub(in super::super) const L_THRESH: u16 = 6;
    pub(in super::super) const ACTIVE_CONNS: u16 = 7;
    pub(in super::super) const INACT_CONNS: u16 = 8;
    pub(in super::super) const PERSIST_CONNS: u16 = 9;
    pub(in super::super) const STATS: u16 = 10;
    pub(in super::super) const ADDR_FAMILY: u16 = 11;
    pub(in super::super) const STATS64: u16 = 12;
    pub(in super::super) const TUN_TYPE: u16 = 13;
    pub(in super::super) const TUN_PORT: u16 = 14;
    pub(in super::super) const TUN_FLAGS: u16 = 15;
}

/// IPVS_DAEMON_ATTR_*.
pub(super) mod daemon {
    pub(in super::super) const STATE: u16 = 1;
    pub(in super::super) const MCAST_IFN: u16 = 2;
    pub(in super::super) const SYNC_ID: u16 = 3;
    pub(in super::super) const SYNC_MAXLEN: u16 = 4;
    pub(in super::super) const MCAST_GROUP: u16 = 5;
    pub(in super::super) const MCAST_GROUP6: u16 = 6;
    pub(in super::super) const MCAST_PORT: u16 = 7;
    pub(in super::super) const MCAST_TTL: u16 = 8;
}

/// IPVS_INFO_ATTR_*.
pub(super) mod info {
    pub(in super::super) const VERSION: u16 = 1;
    pub(in super::super) const CONN_TAB_SIZE: u16 = 2;
}

/// IP_VS_SVC_F_*.
pub(super) mod flag {
    pub(in super::super) const PERSISTENT: u32 = 0x1;
    pub(in super::super) const HASHED: u32 = 0x2;
    pub(in super::super) const ONE_PACKET: u32 = 0x4;
    pub(in super::super) const SCHEDULER: [u32; 3] = [0x8, 0x10, 0x20];
}

/// IP_VS_CONN_F_* of forwarding.
pub(super) mod method {
    pub(in super::super) const MASK: u32 = 0x7;
    pub(in super::super) const NAT: u32 = 0;
    pub(in super::super) const TUNNEL: u32 = 2;
    pub(in super::super) const DIRECT: u32 = 3;
}

/// IP_VS_CONN_F_TUNNEL_TYPE_* and IP_VS_TUNNEL_ENCAP_FLAG_*.
pub(super) mod tunnel {
    pub(in super::super) const IPIP: u8 = 0;
    pub(in super::super) const GUE: u8 = 1;
    pub(in super::super) const GRE: u8 = 2;
    pub(in super::super) const CHECKSUM: u16 = 1;
    pub(in super::super) const REMOTE_CHECKSUM: u16 = 2;
}

/// IP_VS_STATE_*.
pub(super) mod state {
    pub(in super::super) const MASTER: u32 = 1;
    pub(in super::super) const BACKUP: u32 = 2;
}

/// AF_INET and AF_INET6.
pub(super) fn family_number(family: Family) -> u16 {
    match family {
        Family::V4 => 2,
        Family::V6 => 10,
    }
}

/// Attributes of one level, being written.
#[derive(Default)]
pub(super) struct Writer(Vec<DefaultNla>);

impl Writer {
    pub(super) fn bytes(&mut self, kind: u16, value: &[u8]) -> &mut Self {
        self.0.push(DefaultNla::new(kind, value.to_vec()));
        self
    }

    pub(super) fn byte(&mut self, kind: u16, value: u8) -> &mut Self {
        self.bytes(kind, &[value])
    }

    pub(super) fn short(&mut self, kind: u16, value: u16) -> &mut Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// A port, in network order.
    pub(super) fn port(&mut self, kind: u16, value: u16) -> &mut Self {
        self.bytes(kind, &value.to_be_bytes())
    }

    pub(super) fn number(&mut self, kind: u16, value: u32) -> &mut Self {
        self.bytes(kind, &value.to_ne_bytes())
    }

    /// Text with a NUL behind it.
    pub(super) fn text(&mut self, kind: u16, value: &str) -> &mut Self {
        self.bytes(kind, &[value.as_bytes(), &[0]].concat())
    }

    /// An address in the kernel's union of 16 bytes.
    pub(super) fn address(&mut self, kind: u16, value: IpAddr) -> &mut Self {
        let mut room = [0; 16];
        match value {
            IpAddr::V4(ip) => room[..4].copy_from_slice(&ip.octets()),
            IpAddr::V6(ip) => room = ip.octets(),
        }
        self.bytes(kind, &room)
    }

    pub(super) fn nest(&mut self, kind: u16, inner: &Self) -> &mut Self {
        self.bytes(kind | NLA_F_NESTED, &inner.finish())
    }

    pub(super) fn finish(&self) -> Vec<u8> {
        let all = self.0.as_slice();
        let mut bytes = vec![0; all.buffer_len()];
        all.emit(&mut bytes);
        bytes
    }
}

/// Attributes of one level, being read. Of several with one number the last counts, as for the kernel.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// # Errors
    /// A length that leads out of the bytes.
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        NlasIterator::new(bytes).try_for_each(|attribute| attribute.map(drop))?;
        Ok(Self(bytes))
    }

    pub(super) fn bytes(&self, kind: u16) -> Option<&'a [u8]> {
        let mut rest = self.0;
        let mut found = None;
        while let Some(Ok(attribute)) = NlasIterator::new(rest).next() {
            let length = usize::from(attribute.length());
            if attribute.kind() == kind {
                found = rest.get(4..length);
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        found
    }

    fn exactly<const N: usize>(&self, kind: u16) -> Option<[u8; N]> {
        self.bytes(kind).and_then(|bytes| bytes.try_into().ok())
    }

    pub(super) fn byte(&self, kind: u16) -> Option<u8> {
        self.exactly(kind).map(u8::from_ne_bytes)
    }

    pub(super) fn short(&self, kind: u16) -> Option<u16> {
        self.exactly(kind).map(u16::from_ne_bytes)
    }

    pub(super) fn port(&self, kind: u16) -> Option<u16> {
        self.exactly(kind).map(u16::from_be_bytes)
    }

    pub(super) fn number(&self, kind: u16) -> Option<u32> {
        self.exactly(kind).map(u32::from_ne_bytes)
    }

    /// A counter of four or of eight bytes.
    pub(super) fn counter(&self, kind: u16) -> Option<u64> {
        self.exactly(kind).map(u64::from_ne_bytes).or_else(|| self.number(kind).map(u64::from))
    }

    pub(super) fn text(&self, kind: u16) -> Option<String> {
        let bytes = self.bytes(kind)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        Some(String::from_utf8_lossy(&bytes[..end]).into_owned())
    }

    pub(super) fn address(&self, kind: u16, family: Family) -> Option<IpAddr> {
        let bytes = self.bytes(kind)?;
        match family {
            Family::V4 => bytes.first_chunk::<4>().map(|octets| Ipv4Addr::from(*octets).into()),
            Family::V6 => bytes.first_chunk::<16>().map(|octets| Ipv6Addr::from(*octets).into()),
        }
    }

    pub(super) fn nested(&self, kind: u16) -> Result<Option<Self>, DecodeError> {
        self.bytes(kind).map(Self::new).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut inner = Writer::default();
        inner.port(4, 80).text(6, "wlc").address(3, "fd00::1".parse().unwrap());
        let mut outer = Writer::default();
        outer.number(5, 7).nest(1, &inner).byte(9, 3);
        let bytes = outer.finish();
        let outer = Reader::new(&bytes).unwrap();
        let inner = outer.nested(1).unwrap().unwrap();
        assert_eq!((outer.number(5), outer.byte(9), outer.number(9)), (Some(7), Some(3), None));
        assert_eq!((inner.port(4), inner.text(6).as_deref()), (Some(80), Some("wlc")));
        assert_eq!(inner.address(3, Family::V6), Some("fd00::1".parse().unwrap()));
    }

    #[test]
    fn lengths_that_lead_out_of_the_bytes_are_refused() {
        assert!(Reader::new(&[9, 0, 1, 0, 1, 2, 3, 4]).is_err());
        assert!(Reader::new(&[3, 0, 1, 0]).is_err());
        assert!(Reader::new(&[4, 0, 1]).is_err());
        assert!(Reader::new(&[]).is_ok());
    }

    #[test]
    fn last_attribute_may_lack_its_padding() {
        let bytes = [5, 0, 1, 0, 42];
        assert_eq!(Reader::new(&bytes).unwrap().byte(1), Some(42));
    }
}
