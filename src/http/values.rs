//! Header values that are lists: elements between commas, blanks around them dropped, quoted strings kept whole
//! (RFC 9110 section 5.6.1).

/// Elements of one value, empty ones included (`a,,b` has three).
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    Elements { rest: Some(value) }
}

/// Without the blanks around it: SP and HTAB, and nothing else that looks empty. A form feed is part of a word.
pub fn trim(value: &[u8]) -> &[u8] {
    let blank = |b: &u8| matches!(b, b' ' | b'\t');
    let start = value.iter().position(|b| !blank(b)).unwrap_or(value.len());
    let end = value.iter().rposition(|b| !blank(b)).map_or(start, |last| last + 1);
    &value[start..end]
}

struct Elements<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = element_end(rest);
        self.rest = rest.get(end + 1..);
        Some(trim(&rest[..end]))
    }
}

/// Offset of the comma that ends the first element, or the length.
fn element_end(value: &[u8]) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (i, &b) in value.iter().enumerate() {
        if escaped {
            escaped = false;
        } else if quoted {
            match b {
                b'\\' => escaped = true,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == b'"' {
            quoted = true;
        } else if b == b',' {
            return i;
        }
    }
    value.len()
}

/// Whether the list holds this token, in any case.
pub fn contains(value: &[u8], token: &[u8]) -> bool {
    elements(value).any(|e| e.eq_ignore_ascii_case(token))
}

/// Letters, digits and hyphens: what every program behind us takes for the name of a header. Names with others may be read
/// as a different one, such as `x_a` for `x-a`.
pub fn is_usual_name(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_blanks_are_dropped_around_words() {
        assert_eq!(trim(b" \t a b\t "), b"a b");
        assert_eq!(trim(b"\x0cchunked"), b"\x0cchunked");
        assert_eq!(trim(b"  "), b"");
    }

    #[test]
    fn commas_in_quotes_do_not_separate() {
        let all: Vec<&[u8]> = elements(b" a , \"b,\\\",c\" ,,d").collect();
        assert_eq!(all, [&b"a"[..], b"\"b,\\\",c\"", b"", b"d"]);
        assert!(contains(b"Keep-Alive, Upgrade", b"upgrade"));
    }
}
