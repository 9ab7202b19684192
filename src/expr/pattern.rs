//! Patterns compiled for matching, and the library of all pattern sets, which the runtime socket may change.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use arc_swap::ArcSwap;
use regex::bytes::Regex;

use super::value::{Type, Value};
use crate::ir::Config;
use crate::ir::expr::{Match, PatternEntry, PatternSet, PatternSetId};
use crate::text::atoms;

/// Every pattern set of a configuration. A reader takes one atomic load; a change replaces a set whole.
#[derive(Debug, Default)]
pub struct Library(Vec<ArcSwap<Compiled>>);

impl Library {
    /// # Errors
    /// The first pattern that does not compile; the language has checked them all before.
    pub fn new(config: &Config) -> Result<Self, String> {
        config.patterns.iter().map(|s| Compiled::new(s).map(ArcSwap::from_pointee)).collect::<Result<_, _>>().map(Self)
    }

    pub fn get(&self, id: PatternSetId) -> arc_swap::Guard<Arc<Compiled>> {
        // Ids come from the configuration that this library was built from.
        self.0[id.0].load()
    }

    /// Replaces a set's entries (`add acl`, `set map`, `commit` ...).
    ///
    /// # Errors
    /// A pattern that does not compile; the set stays as it was.
    pub fn replace(&self, id: PatternSetId, entries: Vec<PatternEntry>) -> Result<(), String> {
        let old = self.0[id.0].load();
        let set = PatternSet { entries, ..old.set.clone() };
        self.0[id.0].store(Arc::new(Compiled::new(&set)?));
        Ok(())
    }
}

/// One set, ready to match.
#[derive(Debug)]
pub struct Compiled {
    pub set: PatternSet,
    index: Index,
}

#[derive(Debug)]
enum Index {
    /// `-m found`, and a boolean sample without patterns.
    None,
    Exact(HashMap<Box<[u8]>, usize>),
    /// Prefixes, suffixes, substrings ... tried in order.
    List(Vec<Box<[u8]>>),
    Regex(Vec<Regex>),
    Ranges(Vec<(i64, i64)>),
    Networks(Networks),
}

/// Networks by prefix length, the longest first.
#[derive(Debug, Default)]
struct Networks {
    v4: BTreeMap<std::cmp::Reverse<u8>, HashMap<u32, usize>>,
    v6: BTreeMap<std::cmp::Reverse<u8>, HashMap<u128, usize>>,
}

impl Networks {
    fn find(&self, ip: IpAddr) -> Option<usize> {
        match ip {
            IpAddr::V4(ip) => find_in(&self.v4, |len| u32::from(ip) & mask32(len)).or_else(|| {
                let mapped = u128::from(ip.to_ipv6_mapped());
                find_in(&self.v6, |len| mapped & mask128(len))
            }),
            IpAddr::V6(ip) => find_in(&self.v6, |len| u128::from(ip) & mask128(len)).or_else(|| {
                let v4 = u32::from(ip.to_ipv4_mapped()?);
                find_in(&self.v4, |len| v4 & mask32(len))
            }),
        }
    }
}

fn find_in<K: std::hash::Hash + Eq>(
    map: &BTreeMap<std::cmp::Reverse<u8>, HashMap<K, usize>>,
    key: impl Fn(u8) -> K,
) -> Option<usize> {
    map.iter().find_map(|(len, m)| m.get(&key(len.0)).copied())
}

fn mask32(len: u8) -> u32 {
    u32::MAX.checked_shl(32 - u32::from(len)).unwrap_or(0)
}

fn mask128(len: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(len)).unwrap_or(0)
}

/// The outcome of trying a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Index into the entries; `None` for a match without patterns.
    pub entry: Option<usize>,
}

impl Compiled {
    /// # Errors
    /// A pattern that cannot be read as its method wants it.
    pub fn new(set: &PatternSet) -> Result<Self, String> {
        let fold = |k: &str| if set.ignore_case { k.to_ascii_lowercase() } else { k.to_owned() };
        let keys = || set.entries.iter().map(|e| e.key.as_str());
        let index = match set.method {
            Match::Found | Match::Bool => Index::None,
            Match::Str => Index::Exact(exact(keys().map(|k| fold(k).into_bytes()))),
            Match::Bin => {
                let decoded: Option<Vec<_>> = keys().map(unhex).collect();
                Index::Exact(exact(decoded.ok_or("not a hexadecimal string")?.into_iter()))
            }
            Match::Beg | Match::Sub | Match::Dir | Match::Dom | Match::End => {
                Index::List(keys().map(|k| fold(k).into_bytes().into()).collect())
            }
            Match::Reg => Index::Regex(keys().map(|k| regex(k, set.ignore_case)).collect::<Result<_, _>>()?),
            Match::Int | Match::Len => Index::Ranges(
                keys()
                    .map(|k| int_range(k).ok_or_else(|| format!("'{k}' is not a number or range")))
                    .collect::<Result<_, _>>()?,
            ),
            Match::Ip => Index::Networks(networks(keys())?),
        };
        Ok(Self { set: set.clone(), index })
    }

    /// Tries the patterns on a value; the first that matches wins (the longest prefix for addresses).
    pub fn find(&self, value: &Value<'_>) -> Option<Hit> {
        match &self.index {
            Index::None => match self.set.method {
                Match::Found => Some(Hit { entry: None }),
                _ => value.as_bool().filter(|b| *b).map(|_| Hit { entry: None }),
            },
            Index::Ranges(ranges) => {
                let n = match self.set.method {
                    Match::Len => value.clone().into_text().len() as i64,
                    _ => value.as_int()?,
                };
                hit(ranges.iter().position(|(low, high)| n >= *low && n <= *high))
            }
            Index::Networks(n) => hit(n.find(value.as_ip()?)),
            Index::Regex(list) => {
                let text = value.clone().into_text();
                hit(list.iter().position(|r| r.is_match(&text)))
            }
            Index::Exact(map) => {
                let bytes = match self.set.method {
                    Match::Bin => value.clone().cast(Type::Bin)?.into_binary(),
                    _ => value.clone().into_text(),
                };
                if self.set.ignore_case {
                    return hit(map.get(bytes.to_ascii_lowercase().as_slice()).copied());
                }
                hit(map.get(&*bytes).copied())
            }
            Index::List(list) => {
                let text = value.clone().into_text();
                let folded;
                let text: &[u8] = if self.set.ignore_case {
                    folded = text.to_ascii_lowercase();
                    &folded
                } else {
                    &text
                };
                let method = self.set.method;
                hit(list.iter().position(|p| text_matches(method, text, p)))
            }
        }
    }

    /// What replaces the groups of a `map_regm` entry: the regex of an entry.
    pub fn regex(&self, entry: usize) -> Option<&Regex> {
        match &self.index {
            Index::Regex(list) => list.get(entry),
            _ => None,
        }
    }
}

fn hit(entry: Option<usize>) -> Option<Hit> {
    entry.map(|e| Hit { entry: Some(e) })
}

fn exact(keys: impl Iterator<Item = Vec<u8>>) -> HashMap<Box<[u8]>, usize> {
    let mut map = HashMap::new();
    for (i, k) in keys.enumerate() {
        map.entry(k.into_boxed_slice()).or_insert(i);
    }
    map
}

fn text_matches(method: Match, text: &[u8], pattern: &[u8]) -> bool {
    match method {
        Match::Beg => text.starts_with(pattern),
        Match::End => text.ends_with(pattern),
        Match::Sub => pattern.is_empty() || memchr::memmem::find(text, pattern).is_some(),
        Match::Dir => between_delimiters(text, pattern, b"/?"),
        Match::Dom => between_delimiters(text, pattern, b"/?.:"),
        _ => text == pattern,
    }
}

/// The pattern stands in the text with a delimiter, or the text's end, on both sides. Delimiters at the pattern's own ends
/// do not count.
fn between_delimiters(text: &[u8], pattern: &[u8], delimiters: &[u8]) -> bool {
    let is_delimiter = |b: &u8| delimiters.contains(b);
    let start = pattern.iter().take_while(|b| is_delimiter(b)).count();
    let end = pattern.len() - pattern[start..].iter().rev().take_while(|b| is_delimiter(b)).count();
    let pattern = &pattern[start..end];
    if pattern.is_empty() {
        return false;
    }
    memchr::memmem::find_iter(text, pattern).any(|at| {
        let before = at == 0 || is_delimiter(&text[at - 1]);
        let after = text.get(at + pattern.len()).is_none_or(is_delimiter);
        before && after
    })
}

/// # Errors
/// The engine's own words, on one line.
pub fn regex(text: &str, ignore_case: bool) -> Result<Regex, String> {
    regex::bytes::RegexBuilder::new(text)
        .case_insensitive(ignore_case)
        .unicode(false)
        .build()
        .or_else(|_| regex::bytes::RegexBuilder::new(text).case_insensitive(ignore_case).build())
        .map_err(|e| e.to_string().lines().last().unwrap_or("invalid").trim().to_owned())
}

/// `n`, `low:`, `:high`, `low:high`, inclusive.
pub fn int_range(text: &str) -> Option<(i64, i64)> {
    match text.split_once(':') {
        None => atoms::integer(text).map(|n| (n, n)),
        Some((low, high)) => {
            let low = if low.is_empty() { i64::MIN } else { atoms::integer(low)? };
            let high = if high.is_empty() { i64::MAX } else { atoms::integer(high)? };
            Some((low, high))
        }
    }
}

fn networks<'a>(keys: impl Iterator<Item = &'a str>) -> Result<Networks, String> {
    let mut all = Networks::default();
    for (i, k) in keys.enumerate() {
        let n = atoms::network(k).ok_or_else(|| format!("'{k}' is not a valid IPv4 or IPv6 address."))?;
        let len = std::cmp::Reverse(n.prefix_len());
        match n.network() {
            IpAddr::V4(ip) => all.v4.entry(len).or_default().entry(u32::from(ip)).or_insert(i),
            IpAddr::V6(ip) => all.v6.entry(len).or_default().entry(u128::from(ip)).or_insert(i),
        };
    }
    Ok(all)
}

pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(method: Match, ignore_case: bool, keys: &[&str]) -> Compiled {
        let entries = keys.iter().map(|k| PatternEntry { key: (*k).into(), value: None, line: 0 }).collect();
        Compiled::new(&PatternSet {
            file: None,
            display: String::new(),
            method,
            ignore_case,
            is_map: false,
            entries,
            unique_id: None,
        })
        .expect("patterns compile")
    }

    fn entry(c: &Compiled, text: &str) -> Option<usize> {
        c.find(&Value::str(text.as_bytes())).and_then(|h| h.entry)
    }

    #[test]
    fn a_directory_matches_between_slashes_only() {
        let c = set(Match::Dir, false, &["img", "/css/"]);
        assert_eq!(entry(&c, "/img/a.png"), Some(0));
        assert_eq!(entry(&c, "/images/a.png"), None);
        assert_eq!(entry(&c, "/x/css?y"), Some(1));
    }

    #[test]
    fn the_longest_prefix_wins() {
        let c = set(Match::Ip, false, &["10.0.0.0/8", "10.1.0.0/16", "::1"]);
        let find = |ip: &str| c.find(&Value::Ip(ip.parse().expect("an address"))).and_then(|h| h.entry);
        assert_eq!(find("10.1.2.3"), Some(1));
        assert_eq!(find("10.2.2.3"), Some(0));
        assert_eq!(find("::ffff:10.2.2.3"), Some(0));
        assert_eq!(find("192.168.0.1"), None);
    }

    #[test]
    fn case_is_ignored_only_when_asked() {
        assert_eq!(entry(&set(Match::Str, true, &["Host"]), "hOST"), Some(0));
        assert_eq!(entry(&set(Match::Str, false, &["Host"]), "host"), None);
        assert_eq!(entry(&set(Match::Reg, true, &["^/a.c$"]), "/ABC"), Some(0));
    }

    #[test]
    fn ranges_may_be_open() {
        let c = set(Match::Int, false, &["5:10", "100:", ":-1"]);
        let find = |n| c.find(&Value::Int(n)).and_then(|h| h.entry);
        assert_eq!((find(7), find(4), find(200), find(-9)), (Some(0), None, Some(1), Some(2)));
    }
}
