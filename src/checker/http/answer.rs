//! Reading an answer as it comes: head, status, the body's digest, and at its end the verdict.

use md5::{Digest as _, Md5};

use crate::{
    checker::{
        outcome::{Checked, Failure, Outcome, Page, Passed},
        pattern::Matcher,
    },
    ir::failover::checker::Url,
};

/// The longest head that is read; the original has no more room.
const LONGEST_HEAD: usize = 4096;
/// How much of an answer a pattern is looked for in.
const MOST_KEPT: usize = 1 << 20;
/// Without `status_code`.
const USUAL: (u16, u16) = (200, 299);

/// One answer, as much of it as has come.
#[derive(Debug, Default)]
pub struct Answer {
    head: Vec<u8>,
    in_body: bool,
    /// There is more of a head than fits.
    overflow: bool,
    received: u64,
    digest: Md5,
    /// Everything from the first byte on, if a pattern will ask for it: the original looks for it in the head, too, and counts its
    /// offsets from there.
    kept: Option<Vec<u8>>,
}

impl Answer {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(url: &Url) -> Self {
        Self { kept: url.pattern.as_ref().map(|_| Vec::new()), ..Self::default() }
    }

    /// Takes bytes as they come.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(kept) = &mut self.kept {
            let room = MOST_KEPT.saturating_sub(kept.len());
            kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
        if self.in_body {
            return self.push_body(bytes);
        }
        if self.overflow {
            return;
        }
        // The end may lie across two reads.
        let seen = self.head.len().saturating_sub(3);
        self.head.extend_from_slice(bytes);
        let end = memchr::memmem::find(&self.head[seen..], b"\r\n\r\n").map(|at| seen + at + 4);
        match end {
            Some(end) if end <= LONGEST_HEAD => {
                let body = self.head.split_off(end);
                self.in_body = true;
                self.push_body(&body);
            }
            _ if self.head.len() >= LONGEST_HEAD => (self.overflow, self.head) = (true, Vec::new()),
            _ => {}
        }
    }

    /// Whether anything has come.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        self.in_body || self.overflow || !self.head.is_empty()
    }

    fn push_body(&mut self, bytes: &[u8]) {
        self.received += bytes.len() as u64;
        self.digest.update(bytes);
    }

    /// The server has ended: what is this page worth?
    #[must_use]
    pub fn end(self, url: &Url, pattern: Option<&Matcher>) -> Outcome {
        if !self.in_body {
            return Outcome::Failed(Failure::Empty);
        }
        if !self.status().is_some_and(|status| is_expected(status, url)) {
            return Outcome::Failed(Failure::Status);
        }
        let mut checked = Checked::Status;
        let mismatch = content_length(&self.head).map(|said| (said, self.received));
        if let Some(expected) = url.digest {
            if self.digest.finalize().as_slice() != expected {
                return Outcome::Failed(Failure::Digest);
            }
            checked = Checked::Digest;
        }
        if let Some(pattern) = pattern {
            // What would take too long to find out is not as it should be.
            if !pattern.accepts(self.kept.as_deref().unwrap_or_default()).unwrap_or(false) {
                return Outcome::Failed(Failure::Pattern);
            }
            checked = Checked::Pattern;
        }
        let mismatch = mismatch.filter(|(said, received)| said != received);
        Outcome::Passed(Passed::Page(Page { checked, mismatch }))
    }

    /// The number behind the first blank of the first line. What stands before it is not looked at, and a blank must follow.
    fn status(&self) -> Option<u16> {
        let line = self.head.split(|byte| *byte == b'\r').next()?;
        let mut words = line.split(|byte| *byte == b' ');
        let (_, number, _) = (words.next()?, words.next()?, words.next()?);
        let digits = number.len() == 3 && number.iter().all(u8::is_ascii_digit);
        digits.then(|| number.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0')))
    }
}

fn is_expected(status: u16, url: &Url) -> bool {
    let within = |(first, last): &(u16, u16)| (*first..=*last).contains(&status);
    if url.statuses.is_empty() { within(&USUAL) } else { url.statuses.iter().any(within) }
}

/// What the head says of the body's length.
fn content_length(head: &[u8]) -> Option<u64> {
    let fields = head.split(|byte| *byte == b'\n').skip(1);
    let value = fields.filter_map(|field| {
        let colon = memchr::memchr(b':', field)?;
        field[..colon].eq_ignore_ascii_case(b"content-length").then(|| field[colon + 1..].trim_ascii())
    });
    value.last().and_then(|value| std::str::from_utf8(value).ok()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ir::failover::checker::Pattern, text::source::Span};

    fn url() -> Url {
        Url {
            at: Span::default(),
            path: "/".into(),
            digest: None,
            statuses: Vec::new(),
            virtual_host: None,
            pattern: None,
            compliant: false,
        }
    }

    fn judged(url: &Url, bytes: &[u8]) -> Outcome {
        let whole = {
            let mut answer = Answer::new(url);
            answer.push(bytes);
            answer.end(url, None)
        };
        let mut answer = Answer::new(url);
        bytes.chunks(1).for_each(|byte| answer.push(byte));
        assert_eq!(answer.end(url, None), whole, "byte by byte");
        whole
    }

    fn passed(checked: Checked) -> Outcome {
        Outcome::Passed(Passed::Page(Page { checked, mismatch: None }))
    }

    #[test]
    fn first_lines_are_read_as_the_original_reads_them() {
        for line in ["HTTP/1.0 200 OK", "FTP/1.0 200 x", "HTTP/1.1 204 "] {
            assert_eq!(judged(&url(), format!("{line}\r\n\r\n").as_bytes()), passed(Checked::Status), "{line}");
        }
        for line in [
            "HTTP/1.0 200",
            "HTTP/1.0 2000 x",
            "200 x y",
            "HTTP/1.0  200 x",
            " HTTP/1.0 200 x",
            "",
            "x",
            "\r\nHTTP/1.0 200 x",
            "HTTP/1.0 302 x",
        ] {
            let failed = Outcome::Failed(Failure::Status);
            assert_eq!(judged(&url(), format!("{line}\r\nX: y\r\n\r\n").as_bytes()), failed, "{line}");
        }
    }

    #[test]
    fn a_head_without_end_or_room_is_none() {
        let mut long = b"HTTP/1.0 200 OK\r\nX: ".to_vec();
        long.resize(9000, b'y');
        long.extend_from_slice(b"\r\n\r\n");
        for bytes in [&b""[..], b"HTTP/1.0 200 OK\n\nbody", &long] {
            assert_eq!(judged(&url(), bytes), Outcome::Failed(Failure::Empty));
        }
    }

    #[test]
    fn digests_are_of_the_body_as_it_came() {
        let digest = |body: &[u8]| Url { digest: Some(Md5::digest(body).into()), ..url() };
        let chunks = b"4\r\nhell\r\n1\r\no\r\n0\r\n\r\n";
        let mut answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        answer.extend_from_slice(chunks);
        assert_eq!(judged(&digest(chunks), &answer), passed(Checked::Digest));
        assert_eq!(judged(&digest(b"hello"), &answer), Outcome::Failed(Failure::Digest));
        assert_eq!(judged(&digest(b""), b"HTTP/1.0 200 OK\r\n\r\n"), passed(Checked::Digest));
    }

    #[test]
    fn a_good_digest_does_not_excuse_a_bad_status() {
        let url = Url { digest: Some(Md5::digest(b"x").into()), ..url() };
        assert_eq!(judged(&url, b"HTTP/1.0 404 N\r\n\r\nx"), Outcome::Failed(Failure::Status));
    }

    #[test]
    fn ranges_of_statuses_are_inclusive() {
        let url = Url { statuses: vec![(301, 302), (404, 404)], ..url() };
        let judge = |status| judged(&url, format!("HTTP/1.0 {status} x\r\n\r\n").as_bytes());
        assert_eq!([301, 302, 404].map(judge), [(); 3].map(|()| passed(Checked::Status)));
        assert_eq!([200, 303, 405].map(judge), [(); 3].map(|()| Outcome::Failed(Failure::Status)));
    }

    #[test]
    fn a_body_of_another_length_is_told_and_taken() {
        let judge = |length: &str| judged(&url(), format!("HTTP/1.0 200 OK\r\n{length}\r\n\r\nhello").as_bytes());
        let page = Page { checked: Checked::Status, mismatch: Some((20, 5)) };
        assert_eq!(judge("content-length:20"), Outcome::Passed(Passed::Page(page)));
        for right in ["Content-Length: 5", "Content-Length: x", "Content-Length: 99999999999999999999999"] {
            assert_eq!(judge(right), passed(Checked::Status), "{right}");
        }
    }

    #[test]
    fn patterns_see_the_head_too_and_count_from_its_begin() {
        let judge = |text: &str, max_offset| {
            let (options, no_match, min_offset) = (Vec::new(), false, 0);
            let pattern = Pattern { text: text.into(), options, no_match, min_offset, max_offset };
            let matcher = Matcher::new(&pattern).expect("the test's pattern is one");
            let url = Url { pattern: Some(pattern), ..url() };
            let mut answer = Answer::new(&url);
            answer.push(b"HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello world\n");
            answer.end(&url, Some(&matcher))
        };
        let failed = Outcome::Failed(Failure::Pattern);
        assert_eq!((judge("Server", None), judge("^HTTP", None)), (passed(Checked::Pattern), passed(Checked::Pattern)));
        assert_eq!(judge("^hello", None), failed);
        assert_eq!((judge("world", Some(36)), judge("world", Some(35))), (passed(Checked::Pattern), failed));
    }
}
