//! Conditions, parameters and sequences: what one line says about itself.

use std::collections::{BTreeMap, VecDeque};

use super::{MOST_LINES, Text, Work};

/// What a parameter stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Parameter {
    Word(String),
    /// A definition over several lines. It is replaced only where a line begins with it.
    Lines(Vec<String>),
}

impl Parameter {
    pub(super) fn lines(values: Vec<String>) -> Self {
        Self::Lines(values.into_iter().filter(|value| !value.trim().is_empty()).collect())
    }
}

/// A line in which something was replaced.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Substituted {
    Line(String),
    Lines(Vec<String>),
}

/// `id text` and `^id text`: the text when the condition holds.
pub(super) fn condition<'t>(rest: &'t str, config_id: &str) -> Option<&'t str> {
    let (word, text) = rest.split_once(char::is_whitespace)?;
    let holds = match word.strip_prefix('^') {
        Some(id) => id != config_id,
        None => word == config_id,
    };
    holds.then(|| text.trim_start())
}

/// `$NAME=VALUE` at the start of a line.
pub(super) fn definition(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix('$')?;
    let (name, value) = rest.split_once('=')?;
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    valid.then_some((name, value))
}

/// Replaces every parameter that is defined, once; `None` when there is none.
pub(super) fn substitute(
    text: &str,
    parameters: &BTreeMap<String, Parameter>,
    builtin: impl Fn(&str) -> Option<String>,
) -> Option<Substituted> {
    let mut out = String::new();
    let (mut from, mut changed) = (0, false);
    while let Some(position) = text[from..].find('$') {
        let start = from + position;
        out.push_str(&text[from..start]);
        let (name, end) = reference(&text[start..]);
        from = start + end;
        let value = match parameters.get(name) {
            Some(Parameter::Word(value)) => Some(value.clone()),
            Some(Parameter::Lines(lines)) if start == 0 => {
                let mut lines = lines.clone();
                match lines.last_mut() {
                    Some(last) => last.push_str(&text[from..]),
                    None => lines.push(text[from..].to_owned()),
                }
                return Some(Substituted::Lines(lines));
            }
            Some(Parameter::Lines(_)) => None,
            None => builtin(name),
        };
        match value {
            Some(value) => {
                changed = true;
                out.push_str(&value);
            }
            None => out.push_str(&text[start..from]),
        }
    }
    out.push_str(&text[from..]);
    changed.then_some(Substituted::Line(out))
}

/// `_RANDOM`, with `low` and `high` behind it or from 0 to 32767.
pub(super) fn random(name: &str, chance: impl FnOnce() -> u16) -> Option<String> {
    let mut bounds = name.strip_prefix("_RANDOM")?.split_whitespace().filter_map(|word| word.parse::<u32>().ok());
    let low = bounds.next().unwrap_or(0);
    let high = bounds.next().unwrap_or(32767).max(low);
    Some((low + u32::from(chance()) % (high - low + 1)).to_string())
}

/// The name that `$NAME` or `${NAME}` refers to, and the length of the reference. A lone `$` names nothing, and neither does
/// a name without braces that ends in anything but white space, a comma or a bracket.
fn reference(text: &str) -> (&str, usize) {
    let rest = &text[1..];
    if let Some(inner) = rest.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => (&inner[..end], end + 3),
            None => ("", 1),
        };
    }
    let end = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    let ends_well = rest[end..].chars().next().is_none_or(|next| next.is_whitespace() || next == ',' || next == ')');
    if ends_well { (&rest[..end], end + 1) } else { ("", end + 1) }
}

/// The rest of a line, once for each value of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeat {
    /// In each round, what each name is set to.
    rounds: Vec<Vec<(String, String)>>,
    rest: String,
}

impl Repeat {
    /// Puts the rounds before what is waiting. The parameters keep their last values.
    pub(super) fn queue(self, line: &Text, work: &mut VecDeque<Work>) {
        for round in self.rounds.into_iter().rev() {
            work.push_front(Work::Text(Text { text: self.rest.clone(), column: None, rounds: line.rounds }));
            round.into_iter().for_each(|(name, value)| work.push_front(Work::Set(name, value)));
        }
    }
}

/// `~SEQ(var,[start,[step,]]end) rest`, `~SEQx(...)`, `~LST(var,value,...) rest`; what is wrong with it, in the original's lines.
pub(super) fn sequence(text: &str) -> Option<Result<Repeat, Vec<String>>> {
    let (hexadecimal, list, inner) = if let Some(inner) = opened(text, "~SEQx") {
        (true, false, inner)
    } else if let Some(inner) = opened(text, "~SEQ") {
        (false, false, inner)
    } else {
        (false, true, opened(text, "~LST").or_else(|| text.starts_with("~LST ").then_some(""))?)
    };
    let wrong = |why: &str| {
        let kind = if list { "~LST" } else { "~SEQ" };
        let last = format!("Invalid {kind} specification '{text}'");
        if why.is_empty() { vec![last] } else { vec![format!("{why} '{text}'"), last] }
    };
    let Some((inside, rest)) = inner.split_once(')') else {
        return Some(Err(wrong(if list { "" } else { "~SEQ parameter strings too long" })));
    };
    let rounds = if list { tuples(inside) } else { numbers(inside, hexadecimal) };
    Some(match rounds {
        Ok(rounds) => Ok(Repeat { rounds, rest: rest.trim_start().to_owned() }),
        Err(why) => Err(wrong(why)),
    })
}

/// Whether a line begins as a sequence of numbers does.
pub(super) fn is_sequence(text: &str) -> bool {
    ["~SEQx", "~SEQ"].iter().any(|name| opened(text, name).is_some())
}

fn opened<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.strip_prefix(name)?.trim_start().strip_prefix('(')
}

type Rounds = Vec<Vec<(String, String)>>;

fn numbers(inside: &str, hexadecimal: bool) -> Result<Rounds, &'static str> {
    const DEFINITION: &str = "Invalid ~SEQ definition";
    let mut parts = inside.split(',').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty()).ok_or(DEFINITION)?;
    let bounds: Vec<i64> = parts.map(number).collect::<Option<_>>().ok_or(DEFINITION)?;
    let (start, step, end) = match *bounds {
        [end @ ..0] => (-1, -1, end),
        [end] => (1, if end >= 1 { 1 } else { -1 }, end),
        [start, end] => (start, if start <= end { 1 } else { -1 }, end),
        [start, step, end] => (start, step, end),
        _ => return Err(DEFINITION),
    };
    let count = (end - start).checked_div(step).filter(|count| (0..MOST_LINES as i64).contains(count));
    let count = count.ok_or("Invalid ~SEQ values")?;
    let value = |number: i64| if hexadecimal { format!("{number:x}") } else { number.to_string() };
    Ok((0..=count).map(|index| vec![(name.to_owned(), value(start + index * step))]).collect())
}

/// As C reads numbers: `0x` is hexadecimal, a leading zero octal.
fn number(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16),
        None if digits.len() > 1 && digits.starts_with('0') => u32::from_str_radix(digits, 8),
        None => digits.parse(),
    };
    value.ok().map(|value| sign * i64::from(value))
}

/// `var,value,...` and `{var,...},{value,...},...`. Values that a round lacks are empty.
fn tuples(inside: &str) -> Result<Rounds, &'static str> {
    let mut parts = groups(inside).ok_or("")?.into_iter();
    let names = parts.next().filter(|names| names.iter().all(|name| is_name(name))).ok_or("")?;
    let rounds: Vec<Vec<&str>> = parts.collect();
    if rounds.is_empty()
        || rounds.iter().flatten().any(|value| value.contains(char::is_whitespace) || value.contains('"'))
    {
        return Err("");
    }
    if rounds.iter().any(|values| values.len() > names.len()) {
        return Err("~LST specification has too many values");
    }
    let pair = |values: &[&str], index: usize| {
        (names[index].to_owned(), values.get(index).copied().unwrap_or_default().to_owned())
    };
    Ok(rounds.iter().map(|values| (0..names.len()).map(|index| pair(values, index)).collect()).collect())
}

fn is_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Splits at commas; braces hold several together. `None` when a brace is never closed, or opened within another.
fn groups(mut text: &str) -> Option<Vec<Vec<&str>>> {
    let mut out = Vec::new();
    loop {
        text = text.trim_start();
        let rest = if let Some(inner) = text.strip_prefix('{') {
            let (inside, rest) = inner.split_once('}')?;
            if inside.contains('{') {
                return None;
            }
            out.push(inside.split(',').map(str::trim).collect());
            rest.trim_start()
        } else {
            let end = text.find(',').unwrap_or(text.len());
            out.push(vec![text[..end].trim()]);
            &text[end..]
        };
        match rest.strip_prefix(',') {
            Some(next) => text = next,
            None => return rest.is_empty().then_some(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a sequence's first parameters go through, or the first line of complaint.
    fn values(text: &str) -> String {
        match sequence(text).expect("a sequence") {
            Ok(repeat) => {
                let round = |round: &Vec<(String, String)>| {
                    round.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join("/")
                };
                repeat.rounds.iter().map(round).collect::<Vec<_>>().join(" ")
            }
            Err(complaints) => complaints[0].clone(),
        }
    }

    #[test]
    fn sequences_count_up_down_and_in_steps() {
        assert_eq!(values("~SEQ(N, 10, 12) x"), "10 11 12");
        assert_eq!(values("~SEQ(N, 1, 2, 6) x"), "1 3 5");
        assert_eq!(values("~SEQ(N, 3) x"), "1 2 3");
        assert_eq!(values("~SEQ(N,-2) x"), "-1 -2");
        assert_eq!(values("~SEQ (N,5,-2,1) x"), "5 3 1");
        assert_eq!(values("~SEQx(N,10,0x0c) x"), "a b c");
        assert_eq!(values("~SEQ(N,1,0,3) x"), "Invalid ~SEQ values '~SEQ(N,1,0,3) x'");
        assert_eq!(values("~SEQ(N,a) x"), "Invalid ~SEQ definition '~SEQ(N,a) x'");
    }

    #[test]
    fn lists_go_through_words_and_tuples() {
        assert_eq!(values("~LST(N, eth0, eth1) x"), "eth0 eth1");
        assert_eq!(values("~LST({A,B},{1,2},{3,4}) x"), "1/2 3/4");
        assert_eq!(values("~LST({A,B},1,{,2}) x"), "1/ /2");
        assert_eq!(values("~LST({A},{1,2}) x"), "~LST specification has too many values '~LST({A},{1,2}) x'");
        assert_eq!(values("~LST({A,B},{1,{2}}) x"), "Invalid ~LST specification '~LST({A,B},{1,{2}}) x'");
    }

    #[test]
    fn references_end_where_their_name_ends() {
        assert_eq!(reference("$A,b"), ("A", 2));
        assert_eq!(reference("${A}b"), ("A", 4));
        assert_eq!(reference("$A-b"), ("", 2));
        assert_eq!(reference("$ "), ("", 1));
    }
}
