//! Conditions, parameters and sequences within one line.

use std::collections::BTreeMap;

use crate::keepalived::system::System;

/// Replacements within replacements that are made before a line is left as it is.
const MOST_ROUNDS: usize = 64;
/// Lines that one line may become.
const MOST_LINES: usize = 65_536;

/// Expands one line into any number of lines.
pub(super) struct Expander<'a> {
    pub system: &'a dyn System,
    pub config_id: &'a str,
    /// Of the file being read.
    pub directory: &'a str,
    pub parameters: &'a mut BTreeMap<String, String>,
    pub out: &'a mut Vec<String>,
}

impl Expander<'_> {
    /// Whether anything was replaced, so that columns no longer count.
    pub(super) fn line(&mut self, text: &str) -> bool {
        let before = self.out.len();
        self.expand(text, 0);
        self.out.len() != before + 1 || self.out[before] != text
    }

    fn expand(&mut self, text: &str, round: usize) {
        if self.out.len() >= MOST_LINES {
            return;
        }
        if round > MOST_ROUNDS {
            self.out.push(text.to_owned());
            return;
        }
        let trimmed = text.trim_start();
        if let Some(rest) = trimmed.strip_prefix('@') {
            if let Some(kept) = self.condition(rest) {
                let kept = kept.to_owned();
                self.expand(&kept, round + 1);
            }
            return;
        }
        if let Some((name, value)) = definition(text).filter(|_| round > 0) {
            self.parameters.insert(name.to_owned(), value.trim().to_owned());
            return;
        }
        if let Some(repeat) = sequence(trimmed) {
            for value in repeat.values {
                self.parameters.insert(repeat.name.clone(), value);
                self.expand(&repeat.rest, round + 1);
            }
            self.parameters.remove(&repeat.name);
            return;
        }
        match self.substitute(text) {
            Some(new) => {
                for line in new.split('\n') {
                    self.expand(line, round + 1);
                }
            }
            None if text.trim().is_empty() => {}
            None => self.out.push(text.to_owned()),
        }
    }

    /// `id text` and `^id text`: the text when the condition holds.
    fn condition<'t>(&self, rest: &'t str) -> Option<&'t str> {
        let (word, text) = rest.split_once(char::is_whitespace)?;
        let holds = match word.strip_prefix('^') {
            Some(id) => id != self.config_id,
            None => word == self.config_id,
        };
        holds.then_some(text)
    }

    /// Replaces the first parameter that is defined; `None` when there is none.
    fn substitute(&self, text: &str) -> Option<String> {
        let mut from = 0;
        while let Some(position) = text[from..].find('$') {
            let start = from + position;
            let (name, end) = reference(&text[start..])?;
            if let Some(value) = self.value(name) {
                return Some(format!("{}{value}{}", &text[..start], &text[start + end..]));
            }
            from = start + 1;
        }
        None
    }

    fn value(&self, name: &str) -> Option<String> {
        if let Some(value) = self.parameters.get(name) {
            return Some(value.clone());
        }
        match name {
            "_HASH" => Some("#".into()),
            "_BANG" => Some("!".into()),
            "_INSTANCE" => Some(self.config_id.to_owned()),
            "_PWD" => Some(self.directory.to_owned()),
            _ => {
                if let Some(variable) = name.strip_prefix("_ENV ") {
                    return Some(self.system.environment(variable.trim()).unwrap_or_default());
                }
                let bounds = name.strip_prefix("_RANDOM")?;
                let mut numbers = bounds.split_whitespace().filter_map(|word| word.parse::<u32>().ok());
                let low = numbers.next().unwrap_or(0);
                let high = numbers.next().unwrap_or(32767).max(low);
                Some((low + u32::from(self.system.random()) % (high - low + 1)).to_string())
            }
        }
    }
}

/// `$NAME=VALUE` at the start of a line.
pub(super) fn definition(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix('$')?;
    let (name, value) = rest.split_once('=')?;
    let valid = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    valid.then_some((name, value))
}

/// The name that `$NAME` or `${NAME}` refers to, and the length of the reference. A lone `$` names nothing.
fn reference(text: &str) -> Option<(&str, usize)> {
    let rest = &text[1..];
    if let Some(inner) = rest.strip_prefix('{') {
        return match inner.find('}') {
            Some(end) => Some((&inner[..end], end + 3)),
            None => Some(("", 1)),
        };
    }
    let end = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    Some((&rest[..end], end + 1))
}

struct Repeat {
    name: String,
    values: Vec<String>,
    rest: String,
}

/// `~SEQ(var,[start,[step,]]end) rest`, `~SEQx(...)`, `~LST(var,value,...) rest`.
fn sequence(text: &str) -> Option<Repeat> {
    let (inner, kind) = if let Some(inner) = text.strip_prefix("~SEQx(") {
        (inner, Kind::Hexadecimal)
    } else if let Some(inner) = text.strip_prefix("~SEQ(") {
        (inner, Kind::Decimal)
    } else {
        (text.strip_prefix("~LST(")?, Kind::List)
    };
    let (inside, rest) = inner.split_once(')')?;
    let mut parts = inside.split(',').map(str::trim);
    let name = parts.next()?.to_owned();
    let values = match kind {
        Kind::List => parts.map(str::to_owned).collect(),
        Kind::Decimal | Kind::Hexadecimal => {
            let radix = if kind == Kind::Decimal { 10 } else { 16 };
            numbers(&parts.map(|part| i64::from_str_radix(part, radix).ok()).collect::<Option<Vec<_>>>()?)?
                .into_iter()
                .map(|number| if kind == Kind::Decimal { number.to_string() } else { format!("{number:x}") })
                .collect()
        }
    };
    Some(Repeat { name, values, rest: rest.trim_start().to_owned() })
}

#[derive(PartialEq, Eq, Clone, Copy)]
enum Kind {
    Decimal,
    Hexadecimal,
    List,
}

fn numbers(bounds: &[i64]) -> Option<Vec<i64>> {
    let (start, step, end) = match *bounds {
        [end] => (1, 1, end),
        [start, end] => (start, if start <= end { 1 } else { -1 }, end),
        [start, step, end] => (start, step, end),
        _ => return None,
    };
    if step == 0 || (end - start).checked_div(step)? > MOST_LINES as i64 {
        return None;
    }
    let mut out = Vec::new();
    let mut number = start;
    while (step > 0 && number <= end) || (step < 0 && number >= end) {
        out.push(number);
        number = number.checked_add(step)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_count_up_down_and_in_steps() {
        let values = |text| sequence(text).map(|repeat| repeat.values.join(" "));
        assert_eq!(values("~SEQ(N, 10, 12) x"), Some("10 11 12".into()));
        assert_eq!(values("~SEQ(N, 1, 2, 6) x"), Some("1 3 5".into()));
        assert_eq!(values("~SEQ(N, 3) x"), Some("1 2 3".into()));
        assert_eq!(values("~SEQx(N, a, c) x"), Some("a b c".into()));
        assert_eq!(values("~LST(N, eth0, eth1) x"), Some("eth0 eth1".into()));
        assert_eq!(values("~SEQ(N, 1, 0, 3) x"), None);
    }

    #[test]
    fn references_end_where_their_name_ends() {
        assert_eq!(reference("$A-b"), Some(("A", 2)));
        assert_eq!(reference("${A}b"), Some(("A", 4)));
        assert_eq!(reference("$ "), Some(("", 1)));
    }
}
