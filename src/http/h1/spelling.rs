//! Spells header names as peers want them that know one spelling only (HAProxy manual 3.1 `h1-case-adjust`).

use memchr::memchr;

/// Rewrites the names of an encoded head in place. `names` are in lower case, in order, each with its spelling of the
/// same length.
pub fn spell(head: &mut [u8], names: &[(String, String)]) {
    let mut at = 0;
    while let Some(end) = memchr(b'\n', &head[at..]) {
        let line = &mut head[at..at + end];
        at += end + 1;
        let Some(colon) = memchr(b':', line) else { continue };
        let name = &mut line[..colon];
        if let Ok(i) = names.binary_search_by(|(known, _)| known.as_bytes().cmp(name)) {
            name.copy_from_slice(names[i].1.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_spelled_and_the_others_stay() {
        let names =
            [("content-length".to_owned(), "Content-Length".to_owned()), ("host".to_owned(), "HOST".to_owned())];
        let mut head = b"GET /host: HTTP/1.1\r\nhost: host:80\r\nx-host: a\r\ncontent-length: 3\r\n\r\n".to_vec();
        spell(&mut head, &names);
        assert_eq!(head, b"GET /host: HTTP/1.1\r\nHOST: host:80\r\nx-host: a\r\nContent-Length: 3\r\n\r\n");
    }
}
