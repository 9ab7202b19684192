//! Conditional blocks and their expressions: `.if`, `.elif`, `.else`, `.endif`, and `-cc` (manual 2.4).

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, multispace0};
use nom::combinator::{map, opt};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

/// The version that predicates compare with.
pub const VERSION: &str = "2.6.12";

/// Features of `-vv` that work here.
pub const FEATURES: &[&str] = &[
    "EPOLL",
    "GETADDRINFO",
    "LINUX_SPLICE",
    "NETFILTER",
    "NS",
    "POLL",
    "RT",
    "SHM_OPEN",
    "SYSTEMD",
    "TFO",
    "THREAD",
    "TPROXY",
];
/// Built-in services (`use-service`): none yet.
pub const SERVICES: &[&str] = &[];

/// A condition could not be read; the offset is in bytes from its start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCondition {
    pub at: usize,
    /// The part that could not be read.
    pub text: String,
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
    Strstr,
    EnabledOption,
}

const PREDICATES: &[(&str, Predicate, usize)] = &[
    ("defined", Predicate::Defined, 1),
    ("feature", Predicate::Feature, 1),
    ("streq", Predicate::Streq, 2),
    ("strneq", Predicate::Strneq, 2),
    ("strstr", Predicate::Strstr, 2),
    ("version_atleast", Predicate::VersionAtleast, 1),
    ("version_before", Predicate::VersionBefore, 1),
    ("openssl_version_atleast", Predicate::SslVersionAtleast, 1),
    ("openssl_version_before", Predicate::SslVersionBefore, 1),
    ("ssllib_name_startswith", Predicate::SslNameStartswith, 1),
    ("enabled", Predicate::EnabledOption, 1),
];

fn spaced<'a, O>(
    p: impl Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>>,
) -> impl Parser<&'a str, Output = O, Error = nom::error::Error<&'a str>> {
    delimited(multispace0, p, multispace0)
}

fn number(i: &str) -> IResult<&str, Cond> {
    map((opt(char('-')), take_while1(|c: char| c.is_ascii_digit())), |(_, d): (_, &str)| {
        Cond::Literal(d.bytes().any(|b| b != b'0'))
    })
    .parse(i)
}

/// Text up to a comma or the closing parenthesis; quotes were removed before.
fn argument(i: &str) -> IResult<&str, String> {
    map(take_till(|c| matches!(c, ',' | ')')), |s: &str| s.to_owned()).parse(i)
}

fn call(i: &str) -> IResult<&str, Cond> {
    let (after, name) = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse(i)?;
    let known = PREDICATES.iter().find(|(n, ..)| *n == name);
    let Some((_, predicate, count)) = known else { return fail(i) };
    let (after, args) = delimited(char('('), separated_list1(char(','), argument), char(')')).parse(after)?;
    if args.len() != *count {
        return fail(i);
    }
    Ok((after, Cond::Call(*predicate, args)))
}

fn fail<T>(i: &str) -> IResult<&str, T> {
    Err(nom::Err::Error(nom::error::Error::new(i, nom::error::ErrorKind::Verify)))
}

fn term(i: &str) -> IResult<&str, Cond> {
    spaced(alt((
        map(preceded(char('!'), term), |c| Cond::Not(Box::new(c))),
        delimited(char('('), or, char(')')),
        number,
        call,
    )))
    .parse(i)
}

fn and(i: &str) -> IResult<&str, Cond> {
    map(separated_list1(tag("&&"), term), |mut l| if l.len() == 1 { l.remove(0) } else { Cond::And(l) }).parse(i)
}

fn or(i: &str) -> IResult<&str, Cond> {
    map(separated_list1(tag("||"), and), |mut l| if l.len() == 1 { l.remove(0) } else { Cond::Or(l) }).parse(i)
}

/// Whether a condition holds. An empty one does not.
///
/// # Errors
/// Where reading it failed.
pub fn evaluate(text: &str, defined: &dyn Fn(&str) -> bool) -> Result<bool, BadCondition> {
    if text.trim().is_empty() {
        return Ok(false);
    }
    match or(text) {
        Ok(("", c)) => Ok(holds(&c, defined)),
        Ok((rest, _)) => Err(bad(text, rest)),
        Err(nom::Err::Error(e) | nom::Err::Failure(e)) => Err(bad(text, e.input)),
        Err(nom::Err::Incomplete(_)) => Err(bad(text, "")),
    }
}

fn bad(text: &str, rest: &str) -> BadCondition {
    let at = text.len() - rest.len();
    BadCondition { at, text: rest.to_owned() }
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
                Predicate::Feature => FEATURES.contains(&arg(0)),
                Predicate::Streq => arg(0) == arg(1),
                Predicate::Strneq => arg(0) != arg(1),
                Predicate::Strstr => arg(0).contains(arg(1)),
                Predicate::VersionAtleast => version(VERSION) >= version(arg(0)),
                Predicate::VersionBefore => version(VERSION) < version(arg(0)),
                // No TLS library is linked, so no version of it is at least anything.
                Predicate::SslVersionAtleast | Predicate::SslVersionBefore | Predicate::SslNameStartswith => false,
                Predicate::EnabledOption => false,
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
        assert_eq!(eval("foo(bar)"), Err(BadCondition { at: 0, text: "foo(bar)".into() }));
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
