//! The bytes of a transaction: netlink messages with attributes within attributes, numbers in network order.

use crate::ir::failover::Family;

const SUBSYSTEM: u16 = 10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
const NEW_TABLE: u16 = 0;
const DELETE_TABLE: u16 = 2;
const NEW_CHAIN: u16 = 3;
const NEW_RULE: u16 = 6;
/// NLM_F_REQUEST and NLM_F_ACK.
const REQUEST: u16 = 0x1 | 0x4;
/// NLM_F_CREATE and NLM_F_APPEND.
const CREATE: u16 = 0x400 | 0x800;
const ERROR: u16 = 2;
/// An attribute that holds attributes.
const NESTED: u16 = 0x8000;
/// The register that each comparison looks at, and the one for interfaces to send by.
const VALUE: u32 = 1;
const DEVICE: u32 = 2;
/// The register of verdicts.
const VERDICT: u32 = 0;

/// Where packets pass a chain.
#[derive(Debug, Clone, Copy)]
pub(super) enum Hook {
    Input,
    Output,
}

impl Hook {
    fn name(self) -> &'static str {
        match self {
            Self::Input => "in",
            Self::Output => "out",
        }
    }

    /// NF_INET_LOCAL_IN and NF_INET_LOCAL_OUT.
    fn number(self) -> u32 {
        match self {
            Self::Input => 1,
            Self::Output => 3,
        }
    }
}

/// One step of a rule. What is loaded goes to one register, which the next comparison looks at.
#[derive(Debug, Clone)]
pub(super) enum Expression {
    /// Bytes of the IP header.
    Network {
        offset: u32,
        length: u32,
    },
    /// Bytes of the header behind it.
    Transport {
        offset: u32,
        length: u32,
    },
    /// The number of the protocol above IP.
    Protocol,
    InputInterface,
    OutputInterface,
    Equals(Vec<u8>),
    /// Sends a copy by another interface to the address that was loaded.
    Duplicate {
        below: u32,
    },
    Counter,
    Accept,
    Drop,
}

/// Messages of one transaction.
pub(super) struct Batch {
    bytes: Vec<u8>,
    sequence: u32,
}

impl Batch {
    pub(super) fn new() -> Self {
        let mut batch = Self { bytes: Vec::new(), sequence: 0 };
        batch.message(BATCH_BEGIN, 1, 0, SUBSYSTEM, &[]);
        batch
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.message(BATCH_END, 1, 0, SUBSYSTEM, &[]);
        self.bytes
    }

    fn message(&mut self, kind: u16, flags: u16, family: u8, resource: u16, attributes: &[u8]) {
        let length = u32::try_from(20 + attributes.len()).expect("messages are short");
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(flags.to_ne_bytes());
        self.bytes.extend(self.sequence.to_ne_bytes());
        self.bytes.extend([0; 4]);
        self.bytes.extend([family, 0]);
        self.bytes.extend(resource.to_be_bytes());
        self.bytes.extend(attributes);
        self.sequence += 1;
    }

    fn of(&mut self, family: Family, kind: u16, flags: u16, attributes: &[u8]) {
        let family = if family == Family::V4 { libc::AF_INET } else { libc::AF_INET6 };
        let family = u8::try_from(family).expect("families are small numbers");
        self.message(SUBSYSTEM << 8 | kind, REQUEST | flags, family, 0, attributes);
    }

    pub(super) fn add_table(&mut self, family: Family, table: &str) {
        self.of(family, NEW_TABLE, CREATE, &text(1, table));
    }

    pub(super) fn delete_table(&mut self, family: Family, table: &str) {
        self.of(family, DELETE_TABLE, 0, &text(1, table));
    }

    pub(super) fn add_chain(&mut self, family: Family, table: &str, hook: Hook, priority: i32) {
        let place = [number(1, hook.number()), number(2, priority.cast_unsigned())].concat();
        let accept = number(5, 1);
        let chain =
            [text(1, table), text(3, hook.name()), attribute(4 | NESTED, &place), accept, text(7, "filter")].concat();
        self.of(family, NEW_CHAIN, CREATE, &chain);
    }

    pub(super) fn add_rule(&mut self, family: Family, table: &str, hook: Hook, rule: &[Expression]) {
        let steps: Vec<u8> = rule.iter().flat_map(expressions).flat_map(|step| attribute(1 | NESTED, &step)).collect();
        let rule = [text(1, table), text(2, hook.name()), attribute(4 | NESTED, &steps)].concat();
        self.of(family, NEW_RULE, CREATE, &rule);
    }
}

/// The kernel's expressions for one of ours.
fn expressions(of: &Expression) -> Vec<Vec<u8>> {
    let load = |base: u32, offset: u32, length: u32| {
        expression("payload", &[number(1, VALUE), number(2, base), number(3, offset), number(4, length)].concat())
    };
    let meta = |key: u32| expression("meta", &[number(1, VALUE), number(2, key)].concat());
    let verdict = |code: u32| {
        let data = attribute(2 | NESTED, &attribute(2 | NESTED, &number(1, code)));
        expression("immediate", &[number(1, VERDICT), data].concat())
    };
    vec![match of {
        Expression::Network { offset, length } => load(1, *offset, *length),
        Expression::Transport { offset, length } => load(2, *offset, *length),
        Expression::InputInterface => meta(4),
        Expression::OutputInterface => meta(5),
        Expression::Protocol => meta(16),
        Expression::Equals(bytes) => {
            let data = attribute(3 | NESTED, &attribute(1, bytes));
            expression("cmp", &[number(1, VALUE), number(2, 0), data].concat())
        }
        Expression::Counter => expression("counter", &[]),
        Expression::Accept => verdict(1),
        Expression::Drop => verdict(0),
        Expression::Duplicate { below } => {
            let data = attribute(2 | NESTED, &attribute(1, &below.to_ne_bytes()));
            let device = expression("immediate", &[number(1, DEVICE), data].concat());
            return vec![device, expression("dup", &[number(1, VALUE), number(2, DEVICE)].concat())];
        }
    }]
}

fn expression(name: &str, data: &[u8]) -> Vec<u8> {
    [text(1, name), attribute(2 | NESTED, data)].concat()
}

fn text(kind: u16, text: &str) -> Vec<u8> {
    attribute(kind, &[text.as_bytes(), &[0]].concat())
}

fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn attribute(kind: u16, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(4 + data.len()).expect("rules are short");
    let mut out = [length.to_ne_bytes(), kind.to_ne_bytes()].concat();
    out.extend(data);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

/// The error number of the first message that says that something failed.
pub(super) fn first_error(mut answers: &[u8]) -> Option<i32> {
    let word = |bytes: &[u8], at: usize| bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
    while let Some(length) = word(answers, 0).map(u32::from_ne_bytes).and_then(|length| usize::try_from(length).ok()) {
        let kind = answers.get(4..6).and_then(|kind| kind.try_into().ok()).map(u16::from_ne_bytes);
        let code = word(answers, 16).map(i32::from_ne_bytes);
        if let (Some(ERROR), Some(code @ ..0)) = (kind, code) {
            return Some(-code);
        }
        answers = answers.get(length.max(16).next_multiple_of(4)..)?;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_padded_and_their_length_is_not() {
        assert_eq!(text(1, "ab"), [7, 0, 1, 0, b'a', b'b', 0, 0]);
        assert_eq!(number(2, 5), [8, 0, 2, 0, 0, 0, 0, 5]);
    }

    #[test]
    fn batch_begins_and_ends() {
        let bytes = Batch::new().finish();
        assert_eq!(bytes.len(), 40);
        assert_eq!((bytes[4], bytes[24]), (0x10, 0x11));
        assert_eq!(&bytes[18..20], &[0, 10]);
    }

    #[test]
    fn errors_are_found_behind_good_answers() {
        let answer = |code: i32| [36u32.to_ne_bytes(), [2, 0, 0, 0], [0; 4], [0; 4], code.to_ne_bytes()].concat();
        let mut both = answer(0);
        both.resize(36, 0);
        both.extend(answer(-95));
        assert_eq!(first_error(&both), Some(95));
        assert_eq!(first_error(&answer(0)), None);
        assert_eq!(first_error(&[1, 2, 3]), None);
    }
}
