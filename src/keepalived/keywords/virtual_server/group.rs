//! `virtual_server_group`: addresses, ranges of addresses and marks that share their real servers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{super::shared::number, block::port};
use crate::{
    ir::failover::{
        Family, VirtualServerGroup,
        virtual_server::{AddressRange, Mark},
    },
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Closing, Grammar, KEYWORD, Keyword, Opens},
        report::Pass,
    },
    text::grammar::{Arg, Kind},
};

pub(in super::super) const KEYWORDS: &[Keyword] = &[VIRTUAL_SERVER_GROUP];

/// Ranges of more addresses than this are worth a word: each address is a service of its own.
const MANY: u32 = 65_535;

const VIRTUAL_SERVER_GROUP: Keyword = Keyword {
    name: "virtual_server_group",
    blocks: &[Block::Top],
    grammar: Grammar::Args(&[Arg::Value("name", Kind::Word)]),
    opens: Opens::List(member),
    passes: &[Pass::Check],
    doc: "Services with the same real servers: lines of `ADDRESS [PORT]`, `ADDRESS-LAST [PORT]`, `NETWORK/LENGTH [PORT]` and \
          `fwmark MARK [inet|inet6]`.",
    examples: &["virtual_server_group web {\n    192.0.2.10-14 80\n    fwmark 7\n}"],
    rejects: &["virtual_server_group web {\n}"],
    lower: |draft, call| {
        if call.words.arguments().len() > 1 {
            let text = "*** Configuration line starting `***MISSING ***` is missing a parameter at word position 1";
            call.report.missing_argument(call.words.at, text);
        }
        let name = call.args.text("name").unwrap_or_default().to_owned();
        let group = VirtualServerGroup { name, at: call.words.at, ranges: Vec::new(), marks: Vec::new() };
        draft.virtual_server_groups.push(group);
    },
    close: group_ends,
    ..KEYWORD
};

fn group_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let Some(group) = draft.virtual_server_groups.last() else { return };
    let has = |family| group.ranges.iter().any(|range| Family::of(range.first) == family);
    let marked = |family| group.marks.iter().any(|mark| mark.family == family);
    let both = [Family::V4, Family::V6].into_iter().all(|family| has(family) || marked(Some(family)));
    let problem = if group.ranges.is_empty() && group.marks.is_empty() {
        "has no entries - removing"
    } else if both && marked(None) {
        "cannot have IPv4, IPv6 and fwmark without family - removing"
    } else {
        return;
    };
    closing.report.at("bad-group", closing.at, format!("virtual server group {} {problem}", group.name));
    draft.virtual_server_groups.pop();
}

fn member(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(group) = draft.virtual_server_groups.last_mut() else { return };
    if call.words.keyword() == "fwmark" {
        if let Some(mark) = mark(call, &group.name) {
            group.marks.push(mark);
        }
    } else if let Some(range) = range(call) {
        if range.more >= MANY {
            let text = format!("'{}' is more than {MANY} services", call.words.keyword());
            call.report.overlooked("many-services", call.words.at, text, "");
        }
        group.ranges.push(range);
    }
}

fn mark(call: &mut Call<'_>, group: &str) -> Option<Mark> {
    let Some(word) = call.text(0).map(str::to_owned) else {
        call.missing_argument();
        return None;
    };
    let Some(mark) = number(call, &word, 0, 4_294_967_295).and_then(|mark| u32::try_from(mark).ok()) else {
        call.complain("bad-mark", format!("({group}): fwmark '{word}' must be in [0, 4294967295] - ignoring"));
        return None;
    };
    let family = match call.text(1) {
        None => None,
        Some("inet") => Some(Family::V4),
        Some("inet6") => Some(Family::V6),
        Some(other) => {
            let text = format!("({group}): fwmark '{mark}' family {other} unknown - ignoring");
            call.complain("bad-family", text);
            return None;
        }
    };
    Some(Mark { mark, family })
}

fn range(call: &mut Call<'_>) -> Option<AddressRange> {
    let written = call.words.keyword().to_owned();
    let port_word = call.text(0).map(str::to_owned);
    let port = port_word.as_deref().map_or(Some(0), |word| port(call, word));
    let is_ipv6 = written.contains(':');
    let alone = written.split(if written.contains('-') { '-' } else { '/' }).next();
    let first = alone.and_then(|text| text.parse::<IpAddr>().ok()).filter(|first| first.is_ipv6() == is_ipv6);
    let (Some(first), Some(port)) = (first, port) else {
        let port = port_word.map(|word| format!("/port/{word}")).unwrap_or_default();
        call.complain("bad-address", format!("Invalid virtual server group IP address {written} {port} - skipping"));
        return None;
    };
    let more = match (written.split_once('-'), written.split_once('/')) {
        (Some((_, last)), _) => up_to(first, last, &written),
        (None, Some((_, length))) => masked(first, length, &written),
        (None, None) => Ok(0),
    };
    match more {
        Ok(more) => Some(AddressRange { first, more, port }),
        Err(problem) => {
            call.complain("bad-range", problem);
            None
        }
    }
}

/// Everything in the network of an address, which must be the network's first.
fn masked(first: IpAddr, length: &str, written: &str) -> Result<u32, String> {
    let bits = if first.is_ipv4() { 32 } else { 128 };
    let length: Option<u32> = length.parse().ok().filter(|length| (1..=bits).contains(length));
    let length = length.ok_or_else(|| format!("Invalid netmask - {written} - skipping"))?;
    let more = 1_u128.checked_shl(bits - length).map_or(u128::MAX, |count| count - 1);
    if number_of(first) & more != 0 {
        return Err(format!("Address mask bits not empty - {written} - skipping"));
    }
    Ok(u32::try_from(more).unwrap_or(u32::MAX))
}

/// Everything up to a last address, or up to a last byte (two of IPv6) of the same network.
fn up_to(first: IpAddr, last: &str, written: &str) -> Result<u32, String> {
    if last.contains(if first.is_ipv4() { '.' } else { ':' }) {
        let last = match first {
            IpAddr::V4(_) => last.parse::<Ipv4Addr>().map(IpAddr::V4),
            IpAddr::V6(_) => last.parse::<Ipv6Addr>().map(IpAddr::V6),
        };
        let last = last.map_err(|_| format!("Invalid range end {written} - skipping"))?;
        let more = number_of(last).checked_sub(number_of(first));
        let more =
            more.ok_or_else(|| format!("Address range end is less than address range start - {written} - skipping"))?;
        return Ok(u32::try_from(more).unwrap_or(u32::MAX));
    }
    let (radix, largest) = if first.is_ipv4() { (10, 0xff) } else { (16, 0xffff) };
    let end = last.find(|c: char| !c.is_digit(radix)).unwrap_or(last.len());
    if end < last.len() {
        let rest = &last[end..];
        return Err(format!("Virtual server group range '{written}' has extra characters at end '{rest}'"));
    }
    let number = if last.is_empty() { Ok(0) } else { u128::from_str_radix(last, radix) };
    let number = number.ok().filter(|number| *number <= largest);
    let number = number.ok_or_else(|| format!("Virtual server group range '{written}' end '{last}' too large"))?;
    let begin = number_of(first) & largest;
    if number <= begin {
        return Err(format!("Address range end is not greater than address range start - {written} - skipping"));
    }
    Ok(u32::try_from(number - begin).unwrap_or(u32::MAX))
}

fn number_of(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u32::from(address).into(),
        IpAddr::V6(address) => address.into(),
    }
}
