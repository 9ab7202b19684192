//! Route lines, and the lists that hold them: the language of ip-route(8).

mod values;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub(super) use self::values::tos;
use self::values::{kind, metric, preference, protocol, scope, time};
use super::{
    rules::realms,
    shared::{address_and_prefix, table, unsupported},
};
use crate::{
    ir::failover::{
        Family,
        address::Scope,
        routing::{MAIN, Metric, MetricKind, NextHop, PROTOCOL, Route, RouteKind},
    },
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

const SYNTAX: Grammar = Grammar::Custom(
    "{ [TYPE] IP[/LENGTH]|default [via IP] [dev IF] [src IP] [table T] [metric N] [scope S] [no_track] ... }",
);

pub(super) const KEYWORDS: &[Keyword] = &[VIRTUAL_ROUTES, STATIC_ROUTES];

const VIRTUAL_ROUTES: Keyword = Keyword {
    name: "virtual_routes",
    blocks: &[Block::Instance],
    grammar: SYNTAX,
    opens: Opens::List(|draft, call| {
        if let Some(route) = parse(draft, call) {
            draft.instance().routes.push(route);
        }
    }),
    doc: "Routes that the master has. One that somebody else removes is put back by way of a new election.",
    examples: &[
        "virtual_routes {\n    198.51.100.0/24 via 192.0.2.254 dev eth0\n    default via 192.0.2.254 dev eth0 table 100\n}",
    ],
    ..KEYWORD
};

const STATIC_ROUTES: Keyword = Keyword {
    name: "static_routes",
    blocks: &[Block::Top],
    grammar: SYNTAX,
    opens: Opens::List(|draft, call| {
        if let Some(route) = parse(draft, call) {
            draft.static_routes.push(route);
        }
    }),
    doc: "Routes from start to end.",
    examples: &["static_routes {\n    198.51.100.0/24 via 192.0.2.254 dev eth0\n}"],
    ..KEYWORD
};

/// Explicit congestion notification, as a feature of a route.
const ECN: u32 = 1;

/// Why a line is no route; the lines to say. None at all when a value is missing.
struct Refused(Vec<String>);

impl From<String> for Refused {
    fn from(text: String) -> Self {
        Self(vec![text])
    }
}

fn parse(draft: &mut Draft, call: &mut Call<'_>) -> Option<Route> {
    let words: Vec<String> = call.words.words.iter().map(|word| word.text.clone()).collect();
    let mut reader = Reader { words: &words, next: 0, route: blank(call), to: None, found_family: None };
    while let Some(word) = reader.word() {
        match reader.option(word, draft, call) {
            Ok(()) => {}
            Err(Refused(lines)) => {
                if lines.is_empty() {
                    call.missing_argument();
                }
                lines.into_iter().for_each(|line| call.complain("bad-route", line));
                return None;
            }
        }
    }
    let family = reader.found_family.unwrap_or_default();
    let mut route = reader.route;
    let everything: (IpAddr, u8) = match family {
        Family::V4 => (Ipv4Addr::UNSPECIFIED.into(), 0),
        Family::V6 => (Ipv6Addr::UNSPECIFIED.into(), 0),
    };
    let Some(to) = reader.to else {
        call.complain("bad-route", "Route must have a destination");
        return None;
    };
    (route.to, route.family) = (to.unwrap_or(everything), family);
    for device in route.device.iter().chain(route.next_hops.iter().filter_map(|hop| hop.device.as_ref())) {
        if !draft.global.dynamic_interfaces && !call.system.interface_exists(device) {
            call.complain("no-interface", format!("WARNING - interface {device} for VROUTE nexthop doesn't exist"));
            draft.missing_interface = true;
            return None;
        }
    }
    let shown = to.map_or_else(|| "default".to_owned(), |(ip, length)| format!("{ip}/{length}"));
    track(&mut route, &shown, call);
    Some(route)
}

fn track(route: &mut Route, to: &str, call: &mut Call<'_>) {
    if !route.tracked {
        return;
    }
    if route.device.is_none() {
        let text = format!("Warning - cannot track route {to} with no interface specified, not tracking");
        call.complain("not-tracked", text);
        route.tracked = false;
        if route.track_group.take().is_some() {
            call.complain("not-tracked", "Static route cannot have track group if no oif specified");
        }
    } else if route.protocol != PROTOCOL {
        let text = "Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol";
        call.complain("not-tracked", text);
        route.protocol = PROTOCOL;
    }
}

fn blank(call: &Call<'_>) -> Route {
    Route {
        kind: RouteKind::Unicast,
        family: Family::V4,
        to: (Ipv4Addr::UNSPECIFIED.into(), 0),
        via: None,
        device: None,
        source: None,
        table: MAIN,
        scope: Scope::Universe,
        protocol: PROTOCOL,
        metric: None,
        tos: 0,
        onlink: false,
        metrics: Vec::new(),
        congestion: None,
        from: None,
        realms: None,
        expires: None,
        preference: None,
        ttl_propagate: None,
        next_hops: Vec::new(),
        tracked: true,
        track_group: None,
        at: call.words.at,
    }
}

struct Reader<'w> {
    words: &'w [String],
    next: usize,
    route: Route,
    /// `None` inside for `default`.
    to: Option<Option<(IpAddr, u8)>>,
    found_family: Option<Family>,
}

impl<'w> Reader<'w> {
    fn word(&mut self) -> Option<&'w str> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    fn value(&mut self) -> Result<&'w str, Refused> {
        self.word().ok_or(Refused(Vec::new()))
    }

    fn number(&mut self, option: &str) -> Result<u32, Refused> {
        let word = self.value()?;
        let shown = if option == "mtu" { "MTU" } else { option };
        word.parse().map_err(|_| {
            Refused(vec![format!("invalid number '{word}'"), format!("Invalid {shown} {word} specified for route")])
        })
    }

    fn address(&mut self, option: &str) -> Result<IpAddr, Refused> {
        let mut word = self.value()?;
        if matches!(word, "inet" | "inet6") {
            word = self.value()?;
        }
        let ip: IpAddr =
            word.parse().map_err(|_| Refused(vec![invalid(word), format!("invalid route {option} address {word}")]))?;
        if *self.found_family.get_or_insert_with(|| Family::of(ip)) != Family::of(ip) {
            return Err("Cannot mix IPv4 and IPv6 addresses for route".to_owned().into());
        }
        Ok(ip)
    }

    fn option(&mut self, word: &str, draft: &mut Draft, call: &mut Call<'_>) -> Result<(), Refused> {
        if let Some(kind) = kind(word) {
            self.route.kind = kind;
            return Ok(());
        }
        if let Some(kind) = metric(word) {
            let locked = self.words.get(self.next).is_some_and(|word| word == "lock");
            self.next += usize::from(locked);
            let value = self.number(word)?;
            self.route.metrics.push(Metric { kind, value, locked });
            return Ok(());
        }
        match word {
            "inet" => self.found_family = Some(Family::V4),
            "inet6" => self.found_family = Some(Family::V6),
            "to" => {
                let word = self.value()?;
                match kind(word) {
                    Some(kind) => self.route.kind = kind,
                    None => self.destination(word)?,
                }
            }
            "via" => self.route.via = Some(self.address(word)?),
            "gw" => {
                call.complain("legacy", "\"gw\" for routes is deprecated. Please use \"via\"");
                self.route.via = Some(self.address(word)?);
            }
            "or" => {
                call.complain("legacy", "\"or\" for routes is deprecated. Please use \"nexthop\"");
                let first = NextHop { via: self.route.via.take(), weight: 1, ..NextHop::default() };
                let second = NextHop { via: Some(self.address(word)?), weight: 1, ..NextHop::default() };
                self.route.next_hops.extend([first, second]);
            }
            "src" => self.route.source = Some(self.address(word)?),
            "dev" | "oif" => self.route.device = Some(self.value()?.to_owned()),
            "table" => self.route.table = table(self.value()?, "route", draft, call)?,
            "protocol" => self.route.protocol = protocol(self.value()?)?,
            "scope" => self.route.scope = scope(self.value()?)?,
            "metric" | "priority" | "preference" => self.route.metric = Some(self.number(word)?),
            "tos" | "dsfield" => self.route.tos = tos(self.value()?)?,
            "onlink" => self.route.onlink = true,
            "nexthop" => self.next_hop(draft, call)?,
            "no_track" => self.route.tracked = false,
            "track_group" if call.keyword.name == "static_routes" => {
                self.route.track_group = super::track_group::named(draft, call, self.value()?);
            }
            "rtt" | "rttvar" | "rto_min" => self.time(word, call)?,
            "features" => {
                let feature = self.value()?;
                if feature != "ecn" {
                    return Err(format!("feature {feature} not supported").into());
                }
                self.route.metrics.push(Metric { kind: MetricKind::Features, value: ECN, locked: false });
            }
            "congctl" => {
                let first = self.value()?;
                let locked = first == "lock";
                let name = if locked { self.value()? } else { first };
                self.route.congestion = Some((name.to_owned(), locked));
            }
            "realms" => {
                let text = self.value()?;
                self.route.realms = Some(
                    realms(text, draft, call)
                        .ok_or_else(|| Refused(vec![format!("Invalid realms {text} for route")]))?,
                );
            }
            "from" | "expires" | "pref" | "ttl-propagate" => self.rare(word)?,
            "as" => {
                let to = self.value()?;
                let _ = if to == "to" { self.value()? } else { to };
                return Err("\"as to\" for MPLS only - ignoring".to_owned().into());
            }
            // What the kernel's flags of these mean for the order of routes, keepalived's way of adding them makes naught.
            "add" | "prepend" | "append" => {}
            "encap" | "vrf" => {
                // What follows belongs to it; the line is refused at start anyway.
                self.next = self.words.len();
                unsupported(draft, call, word);
            }
            _ => self.destination(word)?,
        }
        Ok(())
    }

    /// Times of TCP connections, which are at least 200 ms: a number in the kernel's units, or with `s` or `ms` behind it.
    fn time(&mut self, option: &str, call: &mut Call<'_>) -> Result<(), Refused> {
        const LEAST: u32 = 200;
        let word = self.value()?;
        let (kind, units) = match option {
            "rtt" => (MetricKind::Rtt, 8),
            "rttvar" => (MetricKind::RttVar, 4),
            _ => (MetricKind::RtoMin, 1),
        };
        let value = time(word, units).ok_or_else(|| {
            Refused(vec![format!("invalid number '{word}'"), format!("Invalid {option} {word} for route")])
        })?;
        if value < LEAST * units {
            call.report.log_only(format!("rtt value {word} below minimum {LEAST}ms, resetting"));
        }
        self.route.metrics.push(Metric { kind, value: value.max(LEAST * units), locked: false });
        Ok(())
    }

    /// What few routes have.
    fn rare(&mut self, option: &str) -> Result<(), Refused> {
        let word = self.value()?;
        match option {
            "from" => {
                let (ip, prefix) = address_and_prefix(word)
                    .ok_or_else(|| Refused(vec![invalid(word), format!("invalid route from address {word}")]))?;
                if ip.is_ipv4() {
                    return Err(format!("route from address only supported with IPv6 ({word})").into());
                }
                self.found_family = Some(Family::V6);
                self.route.from = Some((ip, prefix.unwrap_or(128)));
            }
            "expires" if self.found_family != Some(Family::V6) => {
                return Err("expires is only valid for IPv6".to_owned().into());
            }
            "expires" => {
                let wrong = |_| {
                    Refused(vec![
                        format!("invalid number '{word}'"),
                        format!("Invalid expires time {word} specified for route"),
                    ])
                };
                self.route.expires = Some(word.parse().map_err(wrong)?);
            }
            "pref" => self.route.preference = Some(preference(word)?),
            _ => {
                self.route.ttl_propagate = Some(match word {
                    "enabled" => true,
                    "disabled" => false,
                    _ => return Err(format!("ttl-propagate value {word} not recognised").into()),
                });
            }
        }
        Ok(())
    }

    fn destination(&mut self, word: &str) -> Result<(), Refused> {
        self.to = Some(match word {
            "default" | "any" | "all" => None,
            _ => {
                let (ip, prefix) = address_and_prefix(word).ok_or_else(|| unknown(word))?;
                self.found_family = Some(Family::of(ip));
                Some((ip, prefix.unwrap_or_else(|| if ip.is_ipv4() { 32 } else { 128 })))
            }
        });
        Ok(())
    }

    fn next_hop(&mut self, draft: &Draft, call: &mut Call<'_>) -> Result<(), Refused> {
        let mut hop = NextHop { weight: 1, ..NextHop::default() };
        while let Some(word) = self.words.get(self.next).map(String::as_str) {
            if !matches!(word, "via" | "dev" | "oif" | "weight" | "onlink" | "realms" | "as") {
                break;
            }
            self.next += 1;
            match word {
                "via" => hop.via = Some(self.address(word)?),
                "weight" => {
                    let weight = self.number(word)?;
                    match u16::try_from(weight).ok().filter(|weight| *weight <= 256) {
                        Some(weight) => hop.weight = weight.max(1),
                        None => {
                            call.complain("bad-number", format!("number '{weight}' outside range [0, 256]"));
                            call.complain("bad-route", format!("Invalid weight {weight} specified for route"));
                        }
                    }
                }
                "onlink" => hop.onlink = true,
                "realms" => {
                    let text = self.value()?;
                    let found = realms(text, draft, call).ok_or_else(|| format!("Invalid realms {text} for nexthop"));
                    hop.realms = Some(found.map_err(Refused::from)?);
                }
                "as" => return Err("'as [to]' (nat) not supported".to_owned().into()),
                _ => hop.device = Some(self.value()?.to_owned()),
            }
        }
        if hop.via.is_none() && hop.device.is_none() {
            let text = "a nexthop names neither gateway nor interface";
            call.report.overlooked("no-gateway", call.words.at, text, "add 'via' or 'dev'");
        }
        self.route.next_hops.push(hop);
        Ok(())
    }
}

fn invalid(word: &str) -> String {
    format!("VRRP parsed invalid IP {word}. skipping IP...")
}

fn unknown(word: &str) -> Refused {
    Refused(vec![invalid(word), format!("unknown route keyword {word}")])
}
