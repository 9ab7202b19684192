//! Converters on addresses and backends (manual 7.3.1).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, int_arg, opt, req};
use crate::expr::scope::Gauge;
use crate::expr::value::{Type, Value};
use crate::ir::ServerId;

pub const ALL: &[&Converter] = &[&IPMASK, &NBSRV, &SRV_QUEUE];

const IPMASK: Converter = Converter {
    name: "ipmask",
    doc: "The network of an address: a mask or length for IPv4, and one for IPv6.",
    args: &[req(ArgKind::Mask4), opt(ArgKind::Mask6)],
    input: Type::Ip,
    output: Type::Ip,
    run: |_, v, a| {
        let masked = match v.as_ip()? {
            IpAddr::V4(ip) => {
                Ipv4Addr::from(u32::from(ip) & u32::MAX.checked_shl(32 - int_arg(a, 0)? as u32).unwrap_or(0)).into()
            }
            IpAddr::V6(ip) => match int_arg(a, 1) {
                Some(len) => {
                    Ipv6Addr::from(u128::from(ip) & u128::MAX.checked_shl(128 - len as u32).unwrap_or(0)).into()
                }
                None => return None,
            },
        };
        Some(Value::Ip(masked))
    },
    ..CONVERTER
};
const NBSRV: Converter = Converter {
    name: "nbsrv",
    doc: "Usable servers of the backend of that name.",
    output: Type::Int,
    run: |s, v, _| {
        let name = v.into_text();
        let backend = s.config.backend(std::str::from_utf8(&name).ok()?)?;
        s.live.gauge(Gauge::BackendUsableServers(backend)).map(Value::Int)
    },
    ..CONVERTER
};
const SRV_QUEUE: Converter = Converter {
    name: "srv_queue",
    doc: "Requests queued for the server named as backend/server, or of the current backend.",
    output: Type::Int,
    run: |s, v, _| {
        let text = v.into_text();
        let name = std::str::from_utf8(&text).ok()?;
        let (backend, server) = match name.split_once('/') {
            Some((b, n)) => (s.config.backend(b)?, n),
            None => (s.back?.0, name),
        };
        let server = s.config.proxy(backend).servers.find(|x| x.name == server)?;
        s.live.gauge(Gauge::ServerQueue(backend, ServerId(server))).map(Value::Int)
    },
    ..CONVERTER
};
