//! The second kind of quoting: command lines. Single and double quotes, backslash escapes, as a shell would without
//! expanding anything.

/// Splits a command line. `Err` holds what was understood before a quote that is never closed.
///
/// Escapes are understood outside single quotes: `\n \t \r \b \f \v \a \e`, `\xHH`, `\NNN` (octal) and `\c` for the rest.
///
/// # Errors
/// A quote is not closed.
pub fn split(text: &str) -> Result<Vec<Vec<u8>>, Vec<Vec<u8>>> {
    let bytes = text.as_bytes();
    let mut out = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote: Option<u8> = None;
    let mut index = 0;
    while let Some(&byte) = bytes.get(index) {
        index += 1;
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => {
                let (value, used) = escape(&bytes[index..]);
                index += used;
                word.get_or_insert_default().extend(value);
            }
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            (_, Some(open)) if byte == open => quote = None,
            (_, None) if byte.is_ascii_whitespace() => out.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    out.extend(word);
    if quote.is_some() { Err(out) } else { Ok(out) }
}

/// The byte behind a backslash, and how many bytes it took.
fn escape(rest: &[u8]) -> (Option<u8>, usize) {
    let Some(&first) = rest.first() else { return (Some(b'\\'), 0) };
    let digits = |radix: u32, skip: usize, most: usize| {
        let text: Vec<u8> =
            rest[skip..].iter().copied().take(most).take_while(|byte| char::from(*byte).is_digit(radix)).collect();
        let value = std::str::from_utf8(&text).ok().and_then(|text| u32::from_str_radix(text, radix).ok());
        value.map(|value| (u8::try_from(value & 0xff).expect("masked"), skip + text.len()))
    };
    let numbered = match first {
        b'x' => digits(16, 1, 2),
        b'0'..=b'7' => digits(8, 0, 3),
        _ => None,
    };
    if let Some((value, used)) = numbered {
        return (Some(value), used);
    }
    let value = match first {
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'v' => 11,
        b'a' => 7,
        b'e' => 27,
        other => other,
    };
    (Some(value), 1)
}

/// The first word of a keyword's text behind the keyword, outer quotes removed, and what follows it.
#[must_use]
pub fn first_word(text: &str) -> (String, &str) {
    let text = text.trim_start();
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return (text[1..index].replace("\\\"", "\""), &text[index + 1..]);
        }
    }
    (text[1..].to_owned(), "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let split = split(text).unwrap_or_else(|partial| partial);
        split.iter().map(|word| String::from_utf8_lossy(word).into_owned()).collect()
    }

    #[test]
    fn command_lines_are_split_like_a_shell_without_expansion() {
        assert_eq!(words("killall -0 haproxy"), ["killall", "-0", "haproxy"]);
        assert_eq!(words("/x.sh inst 'two words'"), ["/x.sh", "inst", "two words"]);
        assert_eq!(words(r#"a "b c"d \x41\102\n"#), ["a", "b cd", "AB\n"]);
        assert_eq!(words("a $(cat /x)"), ["a", "$(cat", "/x)"]);
        assert!(split("a 'b").is_err());
    }

    #[test]
    fn outer_quotes_end_the_command() {
        assert_eq!(first_word(" \"/bin/x 'a b'\" root"), ("/bin/x 'a b'".into(), " root"));
        assert_eq!(first_word("/bin/x root"), ("/bin/x".into(), " root"));
    }
}
