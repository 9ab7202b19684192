//! Rule lines, and the lists that hold them: the language of ip-rule(8).

use std::net::IpAddr;

use super::{
    routes::tos,
    shared::{address_and_prefix, named, table},
};
use crate::{
    ir::failover::{
        Family,
        routing::{self, Action, MAIN, Rule},
    },
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

const SYNTAX: Grammar = Grammar::Custom(
    "{ [from IP[/LENGTH]] [to IP[/LENGTH]] [iif IF] [oif IF] [fwmark N[/MASK]] [tos N] table T|blackhole|... [priority N] \
     [no_track] }",
);

pub(super) const KEYWORDS: &[Keyword] = &[VIRTUAL_RULES, STATIC_RULES];

const VIRTUAL_RULES: Keyword = Keyword {
    name: "virtual_rules",
    blocks: &[Block::Instance],
    grammar: SYNTAX,
    opens: Opens::List(|draft, call| {
        if let Some(rule) = parse(draft, call) {
            draft.instance().rules.push(rule);
        }
    }),
    doc: "Rules that the master has: which routing table which packets take. One that somebody else removes stays away until the next election.",
    examples: &["virtual_rules {\n    from 192.0.2.0/24 table 100 priority 300\n}"],
    ..KEYWORD
};

const STATIC_RULES: Keyword = Keyword {
    name: "static_rules",
    blocks: &[Block::Top],
    grammar: SYNTAX,
    opens: Opens::List(|draft, call| {
        if let Some(rule) = parse(draft, call) {
            draft.static_rules.push(rule);
        }
    }),
    doc: "Rules from start to end.",
    examples: &["static_rules {\n    from 192.0.2.0/24 table 100 priority 300\n}"],
    ..KEYWORD
};

fn parse(draft: &mut Draft, call: &mut Call<'_>) -> Option<Rule> {
    let words: Vec<String> = call.words.words.iter().map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    let mut rule = Rule {
        family: Family::V4,
        from: None,
        to: None,
        action: Action::Table(MAIN),
        preference: 0,
        tos: 0,
        mark: None,
        input: None,
        output: None,
        suppress_prefix: None,
        users: None,
        suppress_group: None,
        ip_protocol: None,
        source_ports: None,
        destination_ports: None,
        realms: None,
        tunnel: None,
        protocol: routing::PROTOCOL,
        tracked: true,
        track_group: None,
        at: call.words.at,
    };
    let (mut preference, mut acts) = (None, Vec::new());
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(String::new);
        let result = match word {
            "inet" | "inet6" => {
                rule.family = if word == "inet" { Family::V4 } else { Family::V6 };
                Ok(())
            }
            "from" | "to" => value().and_then(|text| end(&mut rule, word, text)),
            "table" | "lookup" => {
                let found = value().and_then(|text| table(text, "rule", draft, call));
                found.map(|table| acts.push((word, Action::Table(table))))
            }
            "preference" | "order" | "priority" => {
                value().and_then(number).map(|number| preference = Some(number)).map_err(|text| {
                    if text.is_empty() { text } else { format!("{text}\nInvalid rule preference {word} specified") }
                })
            }
            "tos" | "dsfield" => value().and_then(tos).map(|tos| rule.tos = tos),
            "fwmark" => value().and_then(mark).map(|mark| rule.mark = Some(mark)),
            "iif" | "dev" => value().map(|name| rule.input = Some(name.to_owned())),
            "oif" => value().map(|name| rule.output = Some(name.to_owned())),
            "suppress_prefixlength" | "sup_pl" => {
                value().and_then(number).map(|length| rule.suppress_prefix = Some(length))
            }
            "uidrange" => value().and_then(range).map(|range| rule.users = Some(range)),
            "goto" => value().and_then(number).map(|number| acts.push((word, Action::Goto(number)))),
            "type" => value()
                .and_then(|text| action(text).ok_or_else(|| format!("Invalid rule action {text}")))
                .map(|found| acts.push((word, found))),
            "no_track" => {
                rule.tracked = false;
                Ok(())
            }
            "track_group" if call.keyword.name == "static_rules" => {
                value().map(|name| rule.track_group = super::track_group::named(draft, call, name))
            }
            "realms" => value().and_then(|text| {
                let found = realms(text, draft, call).ok_or_else(|| format!("invalid realms {text} for rule"))?;
                rule.realms = Some(found);
                Ok(())
            }),
            "suppress_ifgroup" | "sup_group" => value().and_then(|text| {
                let found = named(text, "group", draft, call);
                rule.suppress_group = Some(found.ok_or_else(|| format!("suppress_group {text} is invalid"))?);
                Ok(())
            }),
            "tunnel-id" => value().and_then(|text| {
                let wrong = |_| format!("invalid number '{text}'\nInvalid tunnel-id tunnel-id specified");
                rule.tunnel = Some(text.parse().map_err(wrong)?);
                Ok(())
            }),
            // The line goes on behind a mistake in these.
            "protocol" => value().map(|text| match bounded(text, 255) {
                Ok(number) => rule.protocol = u8::try_from(number).unwrap_or(routing::PROTOCOL),
                Err(why) => [why, format!("Invalid protocol {text}")]
                    .into_iter()
                    .for_each(|line| call.complain("bad-rule", line)),
            }),
            "ipproto" | "ip_proto" => value().map(|text| match protocol(text) {
                Some(number) => rule.ip_protocol = Some(number),
                None => call.complain("bad-rule", format!("Invalid ipproto {text}")),
            }),
            "sport" | "dport" => value().map(|text| match ports(text) {
                Some(range) if word == "sport" => rule.source_ports = Some(range),
                Some(range) => rule.destination_ports = Some(range),
                None => call.complain("bad-rule", format!("invalid {word} range {text}")),
            }),
            "l3mdev" => {
                acts.push((word, Action::Vrf));
                Ok(())
            }
            _ => match action(word) {
                Some(found) => {
                    acts.push((word, found));
                    Ok(())
                }
                None => Err(format!("Unknown rule option {word}")),
            },
        };
        let result = result.and_then(|()| one_action(&acts));
        if let Err(lines) = result {
            if lines.is_empty() {
                call.missing_argument();
            }
            lines.lines().for_each(|line| call.complain("bad-rule", line));
            return None;
        }
    }
    for device in rule.input.iter().chain(&rule.output) {
        if !draft.global.dynamic_interfaces && !call.system.interface_exists(device) {
            call.complain("no-interface", format!("WARNING - interface {device} for rule doesn't exist"));
            draft.missing_interface = true;
            return None;
        }
    }
    let Some((_, action)) = acts.pop() else {
        call.complain("no-action", "No action specified for rule - ignoring");
        return None;
    };
    rule.action = action;
    if rule.tracked && rule.protocol != routing::PROTOCOL {
        let text = "Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol";
        call.complain("not-tracked", text);
        rule.protocol = routing::PROTOCOL;
    }
    if let (Action::Goto(target), Some(preference)) = (rule.action, preference)
        && preference >= target
    {
        call.complain("bad-rule", format!("Invalid rule - preference {preference} >= goto target {target}"));
        return None;
    }
    if rule.input.is_none() && rule.track_group.take().is_some() {
        call.complain("not-tracked", "Static rule cannot have track_group if dev/iif not specified");
    }
    rule.preference = preference.unwrap_or_else(|| unwritten(draft, call, rule.family));
    Some(rule)
}

/// Rules without a preference get the next lower number than the one before them.
fn unwritten(draft: &mut Draft, call: &mut Call<'_>, family: Family) -> u32 {
    const HIGHEST: u32 = 16384;
    let given = &mut draft.unwritten_preferences[usize::from(family == Family::V6)];
    let number = HIGHEST.saturating_sub(*given).max(1);
    *given += 1;
    let text = format!("Rule has no preference specified - setting to {number}. This is probably not what you want.");
    call.complain("no-preference", text);
    number
}

fn end(rule: &mut Rule, which: &str, text: &str) -> Result<(), String> {
    if matches!(text, "default" | "any" | "all") {
        return Ok(());
    }
    let Some((ip, prefix)) = address_and_prefix(text) else {
        return Err(format!("VRRP parsed invalid IP {text}. skipping IP...\nInvalid rule {which} address {text}"));
    };
    let other = if which == "from" { rule.to } else { rule.from };
    if other.is_some_and(|(other, _)| other.is_ipv4() != ip.is_ipv4()) {
        return Err("rule specification has mixed IPv4 and IPv6".to_owned());
    }
    rule.family = Family::of(ip);
    let place: &mut Option<(IpAddr, u8)> = if which == "from" { &mut rule.from } else { &mut rule.to };
    *place = Some((ip, prefix.unwrap_or_else(|| if ip.is_ipv4() { 32 } else { 128 })));
    Ok(())
}

/// A rule does one thing. What the original says depends on the word that is too much.
fn one_action(acts: &[(&str, Action)]) -> Result<(), String> {
    let [_, .., (word, _)] = acts else { return Ok(()) };
    Err(match *word {
        "l3mdev" => "Cannot specify l3mdev with other action".to_owned(),
        "table" | "lookup" => {
            "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable for rule".to_owned()
        }
        _ => "Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev for rule".to_owned(),
    })
}

/// A number from 0 to `highest`, or what is wrong with it.
fn bounded(word: &str, highest: i64) -> Result<i64, String> {
    match word.parse::<i64>() {
        Ok(number) if (0..=highest).contains(&number) => Ok(number),
        Ok(..0) => Err(format!("negative number '{word}'")),
        Ok(_) => Err(format!("number '{word}' outside range [0, {highest}]")),
        Err(_) => Err(format!("invalid number '{word}'")),
    }
}

/// A protocol of packets by number, or by one of the names that /etc/protocols has for those that are routed apart.
fn protocol(word: &str) -> Option<u8> {
    const NAMES: &[(&str, u8)] = &[
        ("ip", 0),
        ("icmp", 1),
        ("igmp", 2),
        ("ipencap", 4),
        ("tcp", 6),
        ("egp", 8),
        ("udp", 17),
        ("dccp", 33),
        ("ipv6", 41),
        ("rsvp", 46),
        ("gre", 47),
        ("esp", 50),
        ("ah", 51),
        ("ipv6-icmp", 58),
        ("eigrp", 88),
        ("ospf", 89),
        ("pim", 103),
        ("vrrp", 112),
        ("l2tp", 115),
        ("sctp", 132),
        ("udplite", 136),
    ];
    let named = || NAMES.iter().find(|(name, _)| *name == word).map(|(_, number)| *number);
    word.parse().ok().filter(|number| *number < u8::MAX).or_else(named)
}

/// `LOW-HIGH`.
fn ports(word: &str) -> Option<(u16, u16)> {
    let (low, high) = word.split_once('-')?;
    // Numbers that are too large lose what is above 16 bits, as in the original.
    let port = |text: &str| text.parse::<u32>().ok().and_then(|number| u16::try_from(number & 0xffff).ok());
    Some((port(low)?, port(high)?))
}

/// `DESTINATION` or `SOURCE/DESTINATION`, by number or by name.
pub(super) fn realms(word: &str, draft: &Draft, call: &Call<'_>) -> Option<(u16, u16)> {
    let realm = |text: &str| {
        let found = named(text, "rt_realms", draft, call)?;
        u16::try_from(found).ok()
    };
    match word.split_once('/') {
        Some((source, destination)) => Some((realm(source)?, realm(destination)?)),
        None => Some((0, realm(word)?)),
    }
}

fn action(word: &str) -> Option<Action> {
    Some(match word {
        "blackhole" => Action::Blackhole,
        "unreachable" => Action::Unreachable,
        "prohibit" => Action::Prohibit,
        "nop" => Action::Nop,
        _ => return None,
    })
}

fn number(word: &str) -> Result<u32, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| format!("invalid number '{word}'"))
}

/// `N` or `N/MASK`.
fn mark(word: &str) -> Result<(u32, u32), String> {
    let (value, mask) = match word.split_once('/') {
        Some((value, mask)) => (number(value), number(mask)),
        None => (number(word), Ok(u32::MAX)),
    };
    let wrong = |_| format!("Invalid rule fwmark {word} specified");
    Ok((value.map_err(wrong)?, mask.map_err(wrong)?))
}

fn range(word: &str) -> Result<(u32, u32), String> {
    let (low, high) = word.split_once('-').ok_or("Invalid uidrange uidrange specified")?;
    Ok((number(low)?, number(high)?))
}
