//! Names of the interfaces with virtual MAC addresses.

use super::super::shared::WORD;
use crate::keepalived::keyword::{Block, KEYWORD, Keyword};

const GLOBAL: &[Block] = &[Block::Global];

pub(in super::super) const KEYWORDS: &[Keyword] = &[VMAC_PREFIX, VMAC_ADDR_PREFIX];

const VMAC_PREFIX: Keyword = Keyword {
    name: "vmac_prefix",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "What names of interfaces with virtual MAC addresses begin with; `vrrp` if not written.",
    examples: &["vmac_prefix vm"],
    lower: |draft, call| {
        let word = call.args.text("value").unwrap_or_default().to_owned();
        if draft.global.settings.vmac_prefix.is_some() {
            call.complain("repeated", format!("vmac prefix has already been specified - ignoring {word}"));
        } else {
            draft.global.settings.vmac_prefix = Some(word);
        }
    },
    ..KEYWORD
};

const VMAC_ADDR_PREFIX: Keyword = Keyword {
    name: "vmac_addr_prefix",
    doc: "The same for interfaces that hold addresses elsewhere than on the router's interface.",
    examples: &["vmac_addr_prefix va"],
    lower: |draft, call| draft.global.settings.vmac_addr_prefix = call.args.text("value").map(str::to_owned),
    ..VMAC_PREFIX
};
