//! Conditional blocks and their expressions: `.if`, `.elif`, `.else`, `.endif`, and `-cc` (manual 2.4).

/// The version that predicates compare with.
pub const VERSION: &str = "2.6.12";

/// The features that `-vv` lists, each with whether it works here.
pub const FEATURES: &[(&str, bool)] = &[
    ("51DEGREES", false),
    ("ACCEPT4", true),
    ("BACKTRACE", false),
    ("CLOSEFROM", false),
    ("CPU_AFFINITY", false),
    ("CRYPT_H", false),
    ("DEVICEATLAS", false),
    ("DL", false),
    ("ENGINE", false),
    ("EPOLL", true),
    ("EVPORTS", false),
    ("GETADDRINFO", true),
    ("KQUEUE", false),
    ("LIBCRYPT", false),
    ("LINUX_SPLICE", true),
    ("LINUX_TPROXY", true),
    ("LUA", false),
    ("MEMORY_PROFILING", false),
    ("NETFILTER", true),
    ("NS", false),
    ("OBSOLETE_LINKER", false),
    ("OPENSSL", false),
    ("OT", false),
    ("PCRE", false),
    ("PCRE2", false),
    ("PCRE2_JIT", false),
    ("PCRE_JIT", false),
    ("POLL", true),
    ("PRCTL", true),
    ("PROCCTL", false),
    ("PROMEX", false),
    ("QUIC", false),
    ("RT", true),
    ("SLZ", false),
    ("STATIC_PCRE", false),
    ("STATIC_PCRE2", false),
    ("SYSTEMD", true),
    ("TFO", false),
    ("THREAD", true),
    ("THREAD_DUMP", false),
    ("TPROXY", true),
    ("WURFL", false),
    ("ZLIB", false),
];
/// A condition could not be read; the offset is in bytes from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCondition {
    pub at: usize,
    /// What is wrong, in the original's words.
    pub message: String,
}

#[derive(Debug, Clone, PartialEq)]
enum Cond {
    Literal(bool),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Call(Predicate, Vec<String>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Predicate {
    Defined,
    Feature,
    Streq,
    Strneq,
    VersionAtleast,
    VersionBefore,
    SslVersionAtleast,
    SslVersionBefore,
    SslNameStartswith,
}

const PREDICATES: &[(&str, Predicate, usize)] = &[
    ("defined", Predicate::Defined, 1),
    ("feature", Predicate::Feature, 1),
    ("streq", Predicate::Streq, 2),
    ("strneq", Predicate::Strneq, 2),
    ("version_atleast", Predicate::VersionAtleast, 1),
    ("version_before", Predicate::VersionBefore, 1),
    ("openssl_version_atleast", Predicate::SslVersionAtleast, 1),
    ("openssl_version_before", Predicate::SslVersionBefore, 1),
    ("ssllib_name_startswith", Predicate::SslNameStartswith, 1),
];

/// Reads a condition from left to right; every part skips the blanks behind it.
///
/// ```text
/// or   := and ( "||" and )*
/// and  := term ( "&&" term )*
/// term := "!" term | "(" or ")" | integer | predicate "(" words ")"
/// ```
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t']).len();
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.skip_blanks();
        }
        found
    }

    fn bad<T>(at: usize, message: String) -> Result<T, BadCondition> {
        Err(BadCondition { at, message })
    }

    fn unparsable<T>(&self, at: usize) -> Result<T, BadCondition> {
        Self::bad(at, format!("unparsable conditional expression '{}'", &self.text[at..]))
    }

    fn or(&mut self, before: usize) -> Result<Cond, BadCondition> {
        let mut all = vec![self.and(before)?];
        loop {
            let operator = self.at;
            if !self.take("||") {
                return Ok(if all.len() == 1 { all.remove(0) } else { Cond::Or(all) });
            }
            all.push(self.and(operator)?);
        }
    }

    fn and(&mut self, before: usize) -> Result<Cond, BadCondition> {
        let mut all = vec![self.term(before)?];
        loop {
            let operator = self.at;
            if !self.take("&&") {
                return Ok(if all.len() == 1 { all.remove(0) } else { Cond::And(all) });
            }
            all.push(self.term(operator)?);
        }
    }

    /// `before` is where the token in front begins: it is to blame when nothing follows.
    fn term(&mut self, before: usize) -> Result<Cond, BadCondition> {
        let start = self.at;
        if self.rest().is_empty() {
            return self.unparsable(before);
        }
        if self.take("!") {
            return Ok(Cond::Not(Box::new(self.term(start)?)));
        }
        if self.take("(") {
            let inner = self.or(start)?;
            if !self.take(")") {
                let text = &self.text[start..];
                return Self::bad(start, format!("expected ')' after conditional expression '{text}'"));
            }
            return Ok(inner);
        }
        if let Some((length, is_true)) = integer(self.rest()) {
            self.at += length;
            self.skip_blanks();
            return Ok(Cond::Literal(is_true));
        }
        self.call()
    }

    fn call(&mut self) -> Result<Cond, BadCondition> {
        let start = self.at;
        let rest = self.rest();
        let name = &rest[..rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())];
        let known = PREDICATES.iter().find(|(n, ..)| *n == name);
        let Some((_, predicate, count)) = known else { return self.unparsable(start) };
        let Some(inside) = rest[name.len()..].strip_prefix('(') else { return self.unparsable(start) };
        let begin = start + name.len() + 1;
        let in_predicate = format!("in argument 1 of predicate '{name}' used in conditional expression");
        let Some(end) = inside.find(')') else {
            return Self::bad(self.text.len(), format!("expected ')' {in_predicate}"));
        };
        let words: Vec<&str> = inside[..end].split(',').collect();
        if words.len() < *count {
            let got = format!("missing arguments (got {}/{count}), type 'string' expected", words.len());
            return Self::bad(begin + end, format!("{got} {in_predicate}"));
        }
        if words.len() > *count {
            let at = begin + words[..*count].iter().map(|w| w.len() + 1).sum::<usize>() - 1;
            let extra = &self.text[at..];
            return Self::bad(at, format!("expected ')' before '{extra}' {in_predicate}"));
        }
        self.at = begin + end + 1;
        self.skip_blanks();
        Ok(Cond::Call(*predicate, words.into_iter().map(str::to_owned).collect()))
    }
}

/// The length of an integer as C reads it (sign, decimal, octal, hexadecimal), and whether it is not zero.
fn integer(text: &str) -> Option<(usize, bool)> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = text.len() - unsigned.len();
    let hexadecimal = unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X"));
    let (prefix, digits, radix) = match hexadecimal {
        Some(d) if d.starts_with(|c: char| c.is_ascii_hexdigit()) => (2, d, 16),
        _ if unsigned.starts_with('0') => (0, unsigned, 8),
        _ => (0, unsigned, 10),
    };
    let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
    (length > 0).then(|| (sign + prefix + length, digits[..length].bytes().any(|b| b != b'0')))
}

/// Whether a condition holds. An empty one does not.
///
/// # Errors
/// Where reading it failed, and why.
pub fn evaluate(text: &str, defined: &dyn Fn(&str) -> bool) -> Result<bool, BadCondition> {
    if text.is_empty() {
        return Ok(false);
    }
    let mut reader = Reader { text, at: 0 };
    reader.skip_blanks();
    if reader.rest().is_empty() {
        return Reader::bad(0, format!("unparsable conditional sub-expression '{text}'"));
    }
    let condition = reader.or(0)?;
    match reader.rest().chars().next() {
        None => Ok(holds(&condition, defined)),
        Some(c) => {
            let message = format!("unexpected character '{c}' at the end of conditional expression '{text}'");
            Reader::bad(reader.at, message)
        }
    }
}

fn holds(c: &Cond, defined: &dyn Fn(&str) -> bool) -> bool {
    match c {
        Cond::Literal(b) => *b,
        Cond::Not(c) => !holds(c, defined),
        Cond::And(l) => l.iter().all(|c| holds(c, defined)),
        Cond::Or(l) => l.iter().any(|c| holds(c, defined)),
        Cond::Call(p, args) => {
            let arg = |n: usize| args.get(n).map_or("", String::as_str);
            match p {
                Predicate::Defined => defined(arg(0)),
                Predicate::Feature => FEATURES.contains(&(arg(0), true)),
                Predicate::Streq => arg(0) == arg(1),
                Predicate::Strneq => arg(0) != arg(1),
                Predicate::VersionAtleast => version(VERSION) >= version(arg(0)),
                Predicate::VersionBefore => version(VERSION) < version(arg(0)),
                // No TLS library is linked, so no version of it is at least anything.
                Predicate::SslVersionAtleast | Predicate::SslVersionBefore | Predicate::SslNameStartswith => false,
            }
        }
    }
}

/// `2.6.12`, `2.6-dev3`: development versions come before the release.
fn version(text: &str) -> (Vec<u32>, bool, u32) {
    let (numbers, dev) = match text.split_once("-dev") {
        Some((n, d)) => (n, Some(d)),
        None => (text.split('-').next().unwrap_or(text), None),
    };
    let mut parts: Vec<u32> = numbers.split('.').map(|p| p.parse().unwrap_or(0)).collect();
    parts.resize(3, 0);
    (
        parts,
        dev.is_none(),
        dev.map_or(0, |d| d.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)),
    )
}

/// The state of nested blocks.
#[derive(Debug, Default)]
pub struct Blocks(Vec<Branch>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Branch {
    /// This branch is read.
    Taken,
    /// No branch has been true yet.
    Waiting,
    /// A branch before was true, or the whole block is inside one that is not read.
    Done,
}

/// What a block keyword may be wrong about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lone;

impl Blocks {
    /// Lines are read here.
    pub fn active(&self) -> bool {
        self.0.iter().all(|b| *b == Branch::Taken)
    }

    /// A block is open at the end.
    pub fn is_open(&self) -> bool {
        !self.0.is_empty()
    }

    /// `.if`; the condition is not evaluated where nothing is read.
    ///
    /// # Errors
    /// The condition's.
    pub fn begin(&mut self, condition: impl FnOnce() -> Result<bool, BadCondition>) -> Result<(), BadCondition> {
        let branch = match self.active() {
            false => Branch::Done,
            true if condition()? => Branch::Taken,
            true => Branch::Waiting,
        };
        self.0.push(branch);
        Ok(())
    }

    /// `.elif`, and `.else` with a condition that holds.
    ///
    /// # Errors
    /// `Ok(Err(Lone))` without a block; the condition's.
    pub fn alternative(
        &mut self,
        condition: impl FnOnce() -> Result<bool, BadCondition>,
    ) -> Result<Result<(), Lone>, BadCondition> {
        let Some(last) = self.0.last_mut() else { return Ok(Err(Lone)) };
        *last = match *last {
            Branch::Waiting if condition()? => Branch::Taken,
            Branch::Waiting => Branch::Waiting,
            Branch::Taken | Branch::Done => Branch::Done,
        };
        Ok(Ok(()))
    }

    /// `.endif`
    ///
    /// # Errors
    /// Without a block.
    pub fn end(&mut self) -> Result<(), Lone> {
        self.0.pop().map(|_| ()).ok_or(Lone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eval(text: &str) -> Result<bool, BadCondition> {
        evaluate(text, &|n| n == "A")
    }

    #[test]
    fn predicates_combine() {
        assert_eq!(eval("version_atleast(2.4) && !defined(B)"), Ok(true));
        assert_eq!(eval("defined(B) || (streq(a,a) && 1)"), Ok(true));
        assert_eq!(eval("version_atleast(9.0)"), Ok(false));
        assert_eq!(eval("version_before(2.6.13) && version_atleast(2.6-dev3)"), Ok(true));
        assert_eq!(eval(""), Ok(false));
    }

    #[test]
    fn what_is_not_a_predicate_says_where() {
        let said = |text: &str| eval(text).map_err(|e| (e.at, e.message));
        let bad = |at, message: &str| Err((at, message.to_owned()));
        assert_eq!(said("foo(bar)"), bad(0, "unparsable conditional expression 'foo(bar)'"));
        assert_eq!(said("1 && foo"), bad(5, "unparsable conditional expression 'foo'"));
        assert_eq!(said("1 &&"), bad(2, "unparsable conditional expression '&&'"));
        assert_eq!(said("200r"), bad(3, "unexpected character 'r' at the end of conditional expression '200r'"));
        assert_eq!(said("(1"), bad(0, "expected ')' after conditional expression '(1'"));
        let call = "in argument 1 of predicate 'streq' used in conditional expression";
        assert_eq!(said("streq(a,b"), bad(9, &format!("expected ')' {call}")));
        assert_eq!(said("streq(a,b,c)"), bad(9, &format!("expected ')' before ',c)' {call}")));
        let few = format!("missing arguments (got 1/2), type 'string' expected {call}");
        assert_eq!(said("streq(a)"), bad(7, &few));
    }

    #[test]
    fn numbers_are_read_as_in_c() {
        for (text, is_true) in
            [("-1000", true), ("+1", true), ("0x1", true), ("0x0", false), ("-0", false), ("00", false)]
        {
            assert_eq!(eval(text), Ok(is_true), "{text}");
        }
    }

    #[test]
    fn only_one_branch_is_read() {
        let mut b = Blocks::default();
        b.begin(|| Ok(false)).expect("a condition");
        assert!(!b.active());
        b.alternative(|| Ok(true)).expect("a condition").expect("a block");
        assert!(b.active());
        b.alternative(|| Ok(true)).expect("a condition").expect("a block");
        assert!(!b.active());
        b.end().expect("a block");
        assert!(b.active() && b.end().is_err());
    }
}
