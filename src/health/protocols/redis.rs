//! `option redis-check`: PING, and PONG.

use super::{Leave, expect, first_line, script, send};
use crate::health::expect::{Judgement, found};
use crate::health::result::Verdict;
use crate::health::script::Script;

const PONG: &[u8] = b"+PONG\r\n";

pub fn redis() -> Script {
    script(Leave::Reset, vec![send(b"*1\r\n$4\r\nPING\r\n"), expect(judge, Verdict::L7Status)])
}

/// Anything else could still become an answer until the server leaves.
fn judge(received: &[u8], ended: bool) -> Judgement {
    if memchr::memmem::find(received, PONG).is_some() {
        return Judgement::Pass(found(Verdict::L7Ok, Some(0), "Redis server is ok"));
    }
    if ended { Judgement::Fail(found(Verdict::L7Status, Some(0), first_line(received))) } else { Judgement::More }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_in_the_servers_words() {
        let Judgement::Fail(o) = judge(b"-NOAUTH Authentication required.\r\n", true) else { panic!("a failure") };
        assert_eq!((o.verdict, o.info.as_str()), (Verdict::L7Status, "-NOAUTH Authentication required."));
        assert_eq!(judge(b"+PO", false), Judgement::More);
        assert!(matches!(judge(b"+PONG\r\n", false), Judgement::Pass(_)));
    }
}
