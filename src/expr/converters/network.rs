//! Converters on addresses and backends (manual 7.3.1).

use std::net::IpAddr;

use crate::expr::converter::{CONVERTER, Converter};
use crate::expr::fetch::{ArgKind, opt, req};
use crate::expr::scope::Gauge;
use crate::expr::value::{Type, Value};
use crate::ir::ServerId;
use crate::ir::expr::Arg;

pub const ALL: &[&Converter] = &[&IPMASK, &NBSRV, &SRV_QUEUE];

const IPMASK: Converter = Converter {
    name: "ipmask",
    doc: "The network of an address: a mask or length for IPv4, and one for IPv6.",
    args: &[req(ArgKind::Mask4), opt(ArgKind::Mask6)],
    input: Type::Ip,
    output: Type::Ip,
    run: |_, v, a| {
        let mask = |i: usize| match a.get(i) {
            Some(Arg::Ip(mask)) => Some(*mask),
            _ => None,
        };
        // An IPv4 address in the clothes of IPv6 is masked as the former.
        let masked = match (v.as_ip()?.to_canonical(), mask(0), mask(1)) {
            (IpAddr::V4(ip), Some(IpAddr::V4(m)), _) => IpAddr::from(ip & m),
            (IpAddr::V6(ip), _, Some(IpAddr::V6(m))) => IpAddr::from(ip & m),
            _ => return None,
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
