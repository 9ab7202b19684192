//! What the daemon's processes are called where processes are listed.

use super::super::shared::WORD;
use crate::keepalived::keyword::{Block, Call, KEYWORD, Keyword, Status};

const GLOBAL: &[Block] = &[Block::Global];
/// The kernel's limit, in bytes.
const LONGEST: usize = 15;

pub(in super::super) const KEYWORDS: &[Keyword] =
    &[PROCESS_NAMES, PROCESS_NAME, VRRP_PROCESS_NAME, CHECKER_PROCESS_NAME, LVS_PROCESS_NAME, BFD_PROCESS_NAME];

const PROCESS_NAMES: Keyword = Keyword {
    name: "process_names",
    blocks: GLOBAL,
    doc: "The VRRP process is called `keepalived_vrrp`, and the one that checks servers `keepalived_ipvs`.",
    examples: &["process_names"],
    lower: |draft, _| draft.global.settings.process_names = true,
    ..KEYWORD
};

const PROCESS_NAME: Keyword = Keyword {
    name: "process_name",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Name of the parent process, at most 15 bytes.",
    examples: &["process_name failover"],
    rejects: &["process_name a_name_too_long_by_far"],
    lower: |draft, call| draft.global.settings.process_name = name(call),
    ..KEYWORD
};

const VRRP_PROCESS_NAME: Keyword = Keyword {
    name: "vrrp_process_name",
    doc: "Name of the VRRP process, at most 15 bytes.",
    examples: &["vrrp_process_name failover_vrrp"],
    rejects: &["vrrp_process_name a_name_too_long_by_far"],
    lower: |draft, call| draft.global.settings.vrrp_process_name = name(call),
    ..PROCESS_NAME
};

const CHECKER_PROCESS_NAME: Keyword = Keyword {
    name: "checker_process_name",
    doc: "Name of the process that checks servers, at most 15 bytes.",
    examples: &["checker_process_name checks"],
    rejects: &["checker_process_name a_name_too_long_by_far"],
    lower: |draft, call| draft.global.settings.lvs.process_name = name(call),
    ..PROCESS_NAME
};

const LVS_PROCESS_NAME: Keyword = Keyword {
    name: "lvs_process_name",
    status: Status::Legacy,
    doc: "The old name of `checker_process_name`.",
    examples: &["lvs_process_name checks"],
    rejects: &[],
    lower: |draft, call| {
        let text = "'lvs_process_name' is deprecated - please use 'checker_process_name'";
        call.report.aside("legacy", call.words.at, text);
        draft.global.settings.lvs.process_name = name(call);
    },
    ..CHECKER_PROCESS_NAME
};

const BFD_PROCESS_NAME: Keyword = Keyword {
    name: "bfd_process_name",
    doc: "Name of the process for BFD. Sessions run in the VRRP process here, which has this name if there are no routers.",
    examples: &["bfd_process_name sessions"],
    rejects: &["bfd_process_name a_name_too_long_by_far"],
    lower: |draft, call| draft.global.settings.bfd.name = name(call),
    ..PROCESS_NAME
};

fn name(call: &mut Call<'_>) -> Option<String> {
    let written = call.args.text("value")?.to_owned();
    if written.len() <= LONGEST {
        return Some(written);
    }
    call.complain("long-name", format!("Process name {written} more than {LONGEST} characters, truncating"));
    Some(String::from_utf8_lossy(&written.as_bytes()[..LONGEST]).into_owned())
}
