//! The text that a page must have (`regex`): PCRE2's patterns and options, as far as they mean something to a checker.
//!
//! Bodies are bytes, and so is a pattern unless it says `utf`: classes are those of ASCII, and `.` is any byte. What the
//! engine does not have (callouts, verbs, `(?|`) is refused by name, never passed over.

use std::fmt;

use fancy_regex::{BytesMode, Regex, RegexBuilder};

use crate::ir::failover::checker::Pattern;

/// Steps back that one body may cost; what needs more is a failed check, rather than a checker that hangs.
const PATIENCE: usize = 1_000_000;

/// A pattern, ready for bodies.
#[derive(Debug, Clone)]
pub struct Matcher {
    regex: Regex,
    no_match: bool,
    min_offset: usize,
    max_offset: Option<usize>,
    /// The match begins in the first line.
    first_line: bool,
}

/// Why a pattern is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Bytes of the pattern before the fault.
    pub offset: usize,
    pub reason: String,
}

/// The body could not be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooCostly;

/// What an option asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    CaseInsensitive,
    DotAll,
    Multiline,
    Extended,
    Utf,
    FirstLine,
    DollarEndOnly,
    /// It only makes things faster, or forbids what the engine does not have.
    Nothing,
    /// It changes what this piece of a pattern means, in a way that the engine does not know.
    Only(&'static str),
}

/// The options of PCRE2 that `regex_options` knows.
const OPTIONS: &[(&str, Effect)] = &[
    ("allow_empty_class", Effect::Only("[]")),
    ("alt_bsux", Effect::Only("\\u")),
    ("auto_callout", Effect::Nothing),
    ("caseless", Effect::CaseInsensitive),
    ("dollar_endonly", Effect::DollarEndOnly),
    ("dotall", Effect::DotAll),
    ("dupnames", Effect::Nothing),
    ("extended", Effect::Extended),
    ("firstline", Effect::FirstLine),
    ("match_unset_backref", Effect::Only("\\1")),
    ("multiline", Effect::Multiline),
    ("never_ucp", Effect::Nothing),
    ("never_utf", Effect::Nothing),
    ("no_auto_capture", Effect::Only("\\1")),
    ("no_auto_possess", Effect::Nothing),
    ("no_dotstar_anchor", Effect::Nothing),
    ("no_start_optimize", Effect::Nothing),
    ("ucp", Effect::Utf),
    ("ungreedy", Effect::Nothing),
    ("utf", Effect::Utf),
    ("never_backslash_c", Effect::Nothing),
    ("alt_circumflex", Effect::Nothing),
    ("alt_verbnames", Effect::Nothing),
    ("use_offset_limit", Effect::Nothing),
];

/// Whether an option of `regex_options` exists.
#[must_use]
pub fn is_option(name: &str) -> bool {
    OPTIONS.iter().any(|(known, _)| *known == name)
}

impl Matcher {
    /// Reads a pattern. Unknown options have been said to be so, and count for nothing.
    ///
    /// # Errors
    /// It cannot be understood, or needs what the engine does not have.
    pub fn new(pattern: &Pattern) -> Result<Self, Invalid> {
        let effects: Vec<Effect> = OPTIONS
            .iter()
            .filter(|(name, _)| pattern.options.iter().any(|option| option == name))
            .map(|(_, effect)| *effect)
            .collect();
        let has = |effect| effects.contains(&effect);
        let pieces = pieces(&pattern.text);
        for (name, effect) in OPTIONS {
            if let Effect::Only(piece) = effect
                && pattern.options.iter().any(|option| option == name)
                && let Some(offset) = pieces.iter().find(|found| is_like(found.1, piece)).map(|found| found.0)
            {
                return Err(Invalid { offset, reason: format!("{name} is not implemented for patterns with {piece}") });
            }
        }
        let end = match (has(Effect::Multiline), has(Effect::DollarEndOnly)) {
            (true, _) => "$",
            (false, true) => "\\z",
            (false, false) => "(?=\\n?\\z)",
        };
        let mut text = String::new();
        for (offset, piece) in &pieces {
            match *piece {
                "$" => text.push_str(end),
                piece if piece.starts_with('[') && piece.len() > 1 => text.push_str(&class(*offset, piece)?),
                piece => text.push_str(piece),
            }
        }
        let mode = if has(Effect::Utf) { BytesMode::UnicodeBytes } else { BytesMode::Ascii };
        let regex = RegexBuilder::new(&text)
            .bytes_mode(mode)
            .case_insensitive(has(Effect::CaseInsensitive))
            .dot_matches_new_line(has(Effect::DotAll))
            .multi_line(has(Effect::Multiline))
            .ignore_whitespace(has(Effect::Extended))
            .backtrack_limit(PATIENCE)
            .build()
            .map_err(|error| Invalid::of(&error))?;
        let Pattern { no_match, min_offset, max_offset, .. } = *pattern;
        Ok(Self { regex, no_match, min_offset, max_offset, first_line: has(Effect::FirstLine) })
    }

    /// Whether a body is as wanted: it matches, or does not where it must not.
    ///
    /// # Errors
    /// Finding that out would take too long.
    pub fn accepts(&self, body: &[u8]) -> Result<bool, TooCostly> {
        Ok(self.matches(body)? != self.no_match)
    }

    /// Whether the pattern occurs where it is looked for.
    ///
    /// # Errors
    /// Finding that out would take too long.
    pub fn matches(&self, body: &[u8]) -> Result<bool, TooCostly> {
        if self.min_offset > body.len() {
            return Ok(false);
        }
        // The leftmost match is found first: if it begins too late, all do.
        let found = self.regex.find_from_pos(body, self.min_offset).map_err(|_| TooCostly)?;
        let Some(start) = found.map(|found| found.start()) else { return Ok(false) };
        let line_end = || body.iter().position(|byte| *byte == b'\n').unwrap_or(body.len());
        let late = self.max_offset.is_some_and(|last| start > last) || (self.first_line && start > line_end());
        Ok(!late)
    }
}

impl Invalid {
    fn of(error: &fancy_regex::Error) -> Self {
        let offset = match error {
            fancy_regex::Error::ParseError(offset, _) => *offset,
            _ => 0,
        };
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        Self { offset, reason }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "at offset {}: {}", self.offset, self.reason)
    }
}

/// A pattern in pieces that mean something by themselves, each with its offset: escapes, whole classes, single characters.
fn pieces(text: &str) -> Vec<(usize, &str)> {
    let mut pieces = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' => class_length(rest),
            other => other.len_utf8(),
        };
        pieces.push((at, &rest[..length]));
        at += length;
    }
    pieces
}

/// The length of a class such as `[^]a[:digit:]\]]`. One that never ends is only its bracket, and refused by the engine.
fn class_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = if bytes.get(1) == Some(&b'^') { 2 } else { 1 };
    let begin = at;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b']' if at > begin => return at + 1,
            b'\\' => at += 1,
            b'[' if bytes.get(at + 1) == Some(&b':') => {
                at += rest[at..].find(":]").map_or(0, |end| end + 1);
            }
            _ => {}
        }
        at += 1;
    }
    1
}

/// The names of `[:alpha:]` and its like.
const POSIX: &[&str] = &[
    "alpha", "lower", "upper", "alnum", "ascii", "blank", "cntrl", "digit", "graph", "print", "punct", "space", "word",
    "xdigit",
];

/// A class in the engine's language, in which `[`, `&` and `~` mean something inside of it.
fn class(offset: usize, piece: &str) -> Result<String, Invalid> {
    let mut out = String::new();
    let mut at = 1;
    out.push('[');
    while let Some(first) = piece[at..].chars().next() {
        let rest = &piece[at..];
        let name = rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")).map(|(name, _)| name);
        let length = match (first, name) {
            ('[', Some(name)) if POSIX.contains(&name.trim_start_matches('^')) => name.len() + 4,
            ('[', Some(_)) => {
                return Err(Invalid { offset: offset + at, reason: "unknown POSIX class name".into() });
            }
            ('[' | '&' | '~', _) => {
                out.push('\\');
                1
            }
            ('\\', _) => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            (other, _) => other.len_utf8(),
        };
        out.push_str(&rest[..length]);
        at += length;
    }
    Ok(out)
}

/// Whether a piece is what an option is about: an empty class, an escape, or a reference to a group.
fn is_like(piece: &str, kind: &str) -> bool {
    match kind {
        "[]" => piece.starts_with("[]") || piece.starts_with("[^]"),
        "\\u" => matches!(piece, "\\u" | "\\U" | "\\x"),
        _ => matches!(piece.as_bytes(), [b'\\', b'1'..=b'9' | b'k' | b'g']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, options: &[&str]) -> Pattern {
        Pattern {
            text: text.into(),
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            no_match: false,
            min_offset: 0,
            max_offset: None,
        }
    }

    fn matches(text: &str, options: &[&str], body: &[u8]) -> bool {
        Matcher::new(&pattern(text, options)).expect(text).accepts(body).expect("a cheap pattern")
    }

    #[test]
    fn patterns_of_perl_find_what_they_find_in_perl() {
        assert!(matches("b+c", &[], b"abbc"));
        assert!(matches(r"(?<=<h1>)[^<]+(?=</h1>)", &[], b"<h1>up</h1>"));
        assert!(matches(r"(\w+) \1", &[], b"well well"));
        assert!(!matches(r"(\w+) \1", &[], b"well done"));
        assert!(matches("(?>a+)b", &[], b"aab"));
    }

    #[test]
    fn bodies_and_patterns_are_bytes_unless_they_are_said_to_be_text() {
        assert!(matches("^...$", &[], b"\xff\xfe\xfd"));
        assert!(matches(r"^\W\W$", &[], "é".as_bytes()));
        assert!(matches(r"^\w$", &["utf", "ucp"], "é".as_bytes()));
        assert!(matches("é", &[], "café".as_bytes()));
    }

    #[test]
    fn options_do_what_pcre2_says() {
        assert!(matches("UP", &["caseless"], b"up"));
        assert!(!matches("UP", &[], b"up"));
        assert!(matches("a.b", &["dotall"], b"a\nb"));
        assert!(!matches("a.b", &[], b"a\nb"));
        assert!(matches("^b$", &["multiline"], b"a\nb\nc"));
        assert!(matches("a b # c", &["extended"], b"ab"));
        assert!(!matches("b", &["firstline"], b"a\nb"));
    }

    #[test]
    fn the_end_is_before_a_last_newline_too_unless_it_must_be_the_very_end() {
        assert!(matches("up$", &[], b"up\n"));
        assert!(!matches("up$", &["dollar_endonly"], b"up\n"));
        assert!(matches("[$]up\\$", &[], b"$up$"));
    }

    #[test]
    fn classes_are_those_of_perl() {
        assert!(matches("^[a[&&]+$", &[], b"[a&"));
        assert!(matches("^[[:digit:]x]+$", &[], b"1x2"));
        assert!(matches("^[]^]+$", &[], b"]^"));
        assert!(!matches("^[^]a]$", &[], b"]"));
    }

    #[test]
    fn offsets_bound_where_a_match_begins() {
        let within = |min_offset, max_offset| {
            let pattern = Pattern { min_offset, max_offset, ..pattern("up", &[]) };
            Matcher::new(&pattern).expect("a pattern").matches(b"01up45").expect("a cheap pattern")
        };
        assert!(within(0, None) && within(2, Some(2)));
        assert!(!within(3, None) && !within(0, Some(1)) && !within(7, None));
    }

    #[test]
    fn what_must_not_match_is_accepted_without_a_match() {
        let matcher = Matcher::new(&Pattern { no_match: true, ..pattern("down", &[]) }).expect("a pattern");
        assert_eq!((matcher.accepts(b"up"), matcher.accepts(b"down")), (Ok(true), Ok(false)));
    }

    #[test]
    fn what_the_engine_does_not_have_is_refused_by_name() {
        for text in ["(", "*", "[a-", "(?|a)", "[[:foo:]]", "(*UTF)a", r"\C"] {
            assert!(Matcher::new(&pattern(text, &[])).is_err(), "{text}");
        }
        let refused = Matcher::new(&pattern(r"(a)?\1", &["match_unset_backref"])).expect_err("a reference");
        assert_eq!(refused.to_string(), r"at offset 4: match_unset_backref is not implemented for patterns with \1");
        assert!(is_option("ucp") && !is_option("uncap"));
    }

    #[test]
    fn a_body_that_would_take_for_ever_is_an_error() {
        let matcher = Matcher::new(&pattern(r"^(?:(a|aa)+)+\1b$", &[])).expect("a pattern");
        assert_eq!(matcher.accepts(&[b'a'; 64]), Err(TooCostly));
    }
}
