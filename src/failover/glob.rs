//! Patterns of file names as `include` takes them: `*`, `?`, `[...]`, and braces.

use std::{fs, path::Path};

/// The existing paths that a pattern matches, sorted; a pattern without special characters is itself, if it exists.
#[must_use]
pub fn expand(pattern: &str) -> Vec<String> {
    let mut out = Vec::new();
    for pattern in braces(pattern) {
        let mut found = Vec::new();
        let (start, rest) =
            if let Some(rest) = pattern.strip_prefix('/') { ("/", rest) } else { ("", pattern.as_str()) };
        walk(start.to_owned(), rest, &mut found);
        found.sort();
        out.extend(found);
    }
    out
}

/// `a{b,c}d` becomes `abd` and `acd`.
fn braces(pattern: &str) -> Vec<String> {
    let Some(open) = pattern.find('{') else { return vec![pattern.to_owned()] };
    let Some(length) = closing(&pattern[open..]) else { return vec![pattern.to_owned()] };
    let (before, inside, after) = (&pattern[..open], &pattern[open + 1..open + length], &pattern[open + length + 1..]);
    split(inside).into_iter().flat_map(|part| braces(&format!("{before}{part}{after}"))).collect()
}

fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    text.char_indices().find_map(|(index, c)| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        (depth == 0).then_some(index)
    })
}

fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut start, mut out) = (0, 0, Vec::new());
    for (index, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                out.push(&text[start..index]);
                start = index + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

fn walk(base: String, rest: &str, out: &mut Vec<String>) {
    let (part, rest) = match rest.split_once('/') {
        Some((part, rest)) => (part, Some(rest)),
        None => (rest, None),
    };
    let join = |name: &str| {
        if base.is_empty() || base.ends_with('/') { format!("{base}{name}") } else { format!("{base}/{name}") }
    };
    let names = if part.contains(['*', '?', '[']) { matching(&base, part) } else { vec![part.to_owned()] };
    for name in names {
        let path = join(&name);
        match rest {
            Some(rest) => walk(path, rest, out),
            None if fs::symlink_metadata(&path).is_ok() => out.push(path),
            None => {}
        }
    }
}

fn matching(directory: &str, pattern: &str) -> Vec<String> {
    let directory = if directory.is_empty() { Path::new(".") } else { Path::new(directory) };
    let Ok(entries) = fs::read_dir(directory) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let hidden_too = pattern.starts_with('.');
    names
        .filter(|name| (hidden_too || !name.starts_with('.')) && matches(pattern.as_bytes(), name.as_bytes()))
        .collect()
}

/// Whether a name matches a pattern without slashes.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => (0..=name.len()).any(|skip| matches(rest, &name[skip..])),
        (Some((b'?', rest)), Some((_, tail))) => matches(rest, tail),
        (Some((b'[', _)), Some((byte, tail))) => match set(pattern, *byte) {
            Some((length, true)) => matches(&pattern[length..], tail),
            _ => false,
        },
        (Some((first, rest)), Some((byte, tail))) => first == byte && matches(rest, tail),
        _ => false,
    }
}

/// Length of a `[...]` and whether it holds `byte`.
fn set(pattern: &[u8], byte: u8) -> Option<(usize, bool)> {
    let end = 1 + pattern.get(1..)?.iter().skip(1).position(|&b| b == b']')? + 1;
    let inside = &pattern[1..end];
    let (negated, inside) = match inside.split_first() {
        Some((b'!' | b'^', rest)) => (true, rest),
        _ => (false, inside),
    };
    let mut held = false;
    let mut index = 0;
    while index < inside.len() {
        if inside.get(index + 1) == Some(&b'-') && index + 2 < inside.len() {
            held |= (inside[index]..=inside[index + 2]).contains(&byte);
            index += 3;
        } else {
            held |= inside[index] == byte;
            index += 1;
        }
    }
    Some((end + 1, held != negated))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_the_shell_does() {
        for (pattern, name, expected) in [
            ("*.conf", "a.conf", true),
            ("*.conf", "a.cfg", false),
            ("a?c", "abc", true),
            ("a[b-d]e", "ace", true),
            ("a[!b-d]e", "ace", false),
            ("[", "[", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn braces_multiply() {
        assert_eq!(braces("/etc/{a,b{1,2}}.conf"), ["/etc/a.conf", "/etc/b1.conf", "/etc/b2.conf"]);
        assert_eq!(braces("no{brace"), ["no{brace"]);
    }
}
