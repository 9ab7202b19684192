//! How the original reads whole numbers, and in which words it refuses them. Keywords that read their own arguments ask here.

/// A whole number between two bounds, both allowed.
///
/// # Errors
/// What is wrong with it.
pub fn read(word: &str, low: i64, high: i64) -> Result<i64, String> {
    if let Some(kind) = beyond(word, low) {
        return Err(format!("number '{word}' outside {kind} range"));
    }
    match word.parse::<i64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        Ok(..0) if low >= 0 => Err(format!("negative number '{word}'")),
        Ok(_) => Err(format!("number '{word}' outside range [{low}, {high}]")),
        Err(_) => Err(format!("invalid number '{word}'")),
    }
}

/// The C type that a number does not even fit into: an unsigned one unless it may be negative.
#[must_use]
pub fn beyond(word: &str, low: i64) -> Option<&'static str> {
    let (digits, more) = word.strip_prefix('-').map_or((word, 0), |digits| (digits, 1));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number || (low >= 0 && more == 1) {
        return None;
    }
    let (limit, kind) =
        if low >= 0 { (u64::from(u32::MAX), "unsigned integer") } else { (0x7fff_ffff + more, "integer") };
    let fits = digits.parse().is_ok_and(|number: u64| number <= limit);
    (!fits).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_refused_in_the_words_of_the_original() {
        let refused = |word, low, high| read(word, low, high).expect_err(word);
        assert_eq!(read("0", 0, 4_294_967_295), Ok(0));
        assert_eq!(refused("x", 0, 9), "invalid number 'x'");
        assert_eq!(refused("-1", 0, 9), "negative number '-1'");
        assert_eq!(refused("10", 0, 9), "number '10' outside range [0, 9]");
        assert_eq!(refused("4294967296", 1, 9), "number '4294967296' outside unsigned integer range");
        assert_eq!(refused("2147483648", -9, 9), "number '2147483648' outside integer range");
        assert_eq!(refused("-2147483648", -9, 9), "number '-2147483648' outside range [-9, 9]");
        assert_eq!(
            refused("99999999999999999999999", 0, 9),
            "number '99999999999999999999999' outside unsigned integer range"
        );
    }
}
