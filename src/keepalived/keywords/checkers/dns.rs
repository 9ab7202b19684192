//! `DNS_CHECK`: which name is asked for, and which of its records.

use super::super::shared::WORD;
use crate::keepalived::keyword::{Block, KEYWORD, Keyword};

const DNS: &[Block] = &[Block::DnsCheck];

pub(in super::super) const KEYWORDS: &[Keyword] = &[TYPE, NAME];

/// Types that can be asked for, by the numbers of RFC 1035 section 3.2.2, RFC 3596 and RFC 4034.
const TYPES: &[(&str, u16)] = &[
    ("A", 1),
    ("NS", 2),
    ("CNAME", 5),
    ("SOA", 6),
    ("MX", 15),
    ("TXT", 16),
    ("AAAA", 28),
    ("RRSIG", 46),
    ("DNSKEY", 48),
];

const TYPE: Keyword = Keyword {
    name: "type",
    blocks: DNS,
    grammar: WORD,
    doc: "The type of the records that are asked for: A, NS, CNAME, SOA, MX, TXT, AAAA, RRSIG or DNSKEY; SOA if not written.",
    examples: &["type A"],
    rejects: &["type ANY"],
    lower: |draft, call| {
        let written = call.args.text("value").unwrap_or_default().to_owned();
        match TYPES.iter().find(|(name, _)| written.eq_ignore_ascii_case(name)) {
            Some((_, kind)) => _ = draft.checker().dns().map(|dns| dns.kind = Some(*kind)),
            None => call.complain("bad-type", format!("Unknown DNS check type {written} - ignoring")),
        }
    },
    ..KEYWORD
};

const NAME: Keyword = Keyword {
    name: "name",
    blocks: DNS,
    grammar: WORD,
    doc: "The name that is asked for; the root if not written.",
    examples: &["name example.org"],
    rejects: &["name a..b", "name a\nname b"],
    lower: |draft, call| {
        let written = call.args.text("value").unwrap_or_default().to_owned();
        let Some(dns) = draft.checker().dns() else { return };
        if dns.name.is_some() {
            return call.complain("repeated", "DNS_CHECK name already specified - ignoring");
        }
        let labels = written.strip_suffix('.').unwrap_or(&written);
        if !labels.is_empty() && labels.split('.').any(str::is_empty) {
            let text = format!("DNS_CHECK name '{written}' has empty label - ignoring");
            return call.complain("bad-name", text);
        }
        dns.name = Some(written);
    },
    ..KEYWORD
};
