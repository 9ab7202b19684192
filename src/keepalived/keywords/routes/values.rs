//! Words of ip-route(8) that stand for numbers, and numbers that stand for times.

use super::Refused;
use crate::{
    ir::failover::{
        address::Scope,
        routing::{MetricKind, PROTOCOL, RouteKind},
    },
    keepalived::keywords::address,
};

/// A time in parts of a millisecond, of which there are so many.
pub(super) fn time(word: &str, units: u32) -> Option<u32> {
    let (digits, unit) = word.split_at(word.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(word.len()));
    let scale = match unit {
        "" => return digits.parse().ok(),
        "s" | "sec" | "secs" => 1000.0,
        "ms" | "msec" | "msecs" => 1.0,
        _ => return None,
    };
    let milliseconds = (digits.parse::<f64>().ok()? * scale).ceil();
    (milliseconds <= 1e8).then_some(milliseconds as u32)?.checked_mul(units)
}

/// How much a router is preferred (RFC 4191 section 2.1), by name or number.
pub(super) fn preference(word: &str) -> Result<u8, Refused> {
    Ok(match word {
        "medium" => 0,
        "high" => 1,
        "low" => 3,
        _ => {
            let lines =
                vec![format!("invalid number '{word}'"), format!("Invalid pref value {word} specified for route")];
            word.parse().map_err(|_| Refused(lines))?
        }
    })
}

pub(super) fn kind(word: &str) -> Option<RouteKind> {
    Some(match word {
        "unicast" => RouteKind::Unicast,
        "local" => RouteKind::Local,
        "broadcast" => RouteKind::Broadcast,
        "anycast" => RouteKind::Anycast,
        "multicast" => RouteKind::Multicast,
        "blackhole" => RouteKind::Blackhole,
        "unreachable" => RouteKind::Unreachable,
        "prohibit" => RouteKind::Prohibit,
        "throw" => RouteKind::Throw,
        _ => return None,
    })
}

pub(super) fn metric(word: &str) -> Option<MetricKind> {
    Some(match word {
        "mtu" => MetricKind::Mtu,
        "window" => MetricKind::Window,
        "ssthresh" => MetricKind::SsThresh,
        "cwnd" => MetricKind::Cwnd,
        "advmss" => MetricKind::Advmss,
        "reordering" => MetricKind::Reordering,
        "hoplimit" => MetricKind::Hoplimit,
        "initcwnd" => MetricKind::InitCwnd,
        "initrwnd" => MetricKind::InitRwnd,
        "quickack" => MetricKind::QuickAck,
        "fastopen_no_cookie" => MetricKind::FastopenNoCookie,
        _ => return None,
    })
}

/// Numbers of rtnetlink(7) and the names that ip-route(8) has for them.
pub(super) fn protocol(word: &str) -> Result<u8, Refused> {
    const NAMES: &[(&str, u8)] = &[
        ("redirect", 1),
        ("kernel", 2),
        ("boot", 3),
        ("static", 4),
        ("gated", 8),
        ("ra", 9),
        ("mrt", 10),
        ("zebra", 11),
        ("bird", 12),
        ("babel", 42),
        ("dhcp", 16),
        ("keepalived", PROTOCOL),
        ("bgp", 186),
        ("isis", 187),
        ("ospf", 188),
        ("rip", 189),
        ("eigrp", 192),
    ];
    let named = NAMES.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    named.or_else(|| word.parse().ok()).ok_or_else(|| format!("Protocol {word} not found or invalid for route").into())
}

pub(super) fn scope(word: &str) -> Result<Scope, Refused> {
    address::scope(word).ok_or_else(|| format!("Scope {word} not found or invalid for route").into())
}

/// Decimal, octal or hexadecimal, as C reads numbers.
pub(in super::super) fn tos(word: &str) -> Result<u8, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| format!("TOS value {word} is invalid"))
}
