//! "Did you mean": the known name that is nearest to an unknown one.

/// The candidate with the smallest edit distance, when it is near enough to be a slip of the finger: at most a third of the
/// word's length, and never all of it. Among equals the first wins, so that the answer does not change from run to run.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (word.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(d, c)| *d <= limit && *d < c.chars().count())
        .min_by_key(|(d, _)| *d)
        .map(|(_, c)| c)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_recognised_and_a_stranger_is_not() {
        let known = ["balance", "backlog", "bind", "mode"];
        assert_eq!(nearest("balanec", known), Some("balance"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("x", known), None);
    }
}
