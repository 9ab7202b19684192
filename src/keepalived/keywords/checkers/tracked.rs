//! `FILE_CHECK` and `BFD_CHECK`: checkers that are told by what is watched anyway.

use super::super::shared::{WORD, number, weight};
use crate::{
    ir::failover::Weight,
    keepalived::{
        draft::{
            Draft,
            virtual_server::{BfdCheckDraft, ProbeDraft},
        },
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Status},
    },
};

const FILE: &[Block] = &[Block::FileCheck];
const LARGEST: i64 = 2_147_483_647;

pub(in super::super) const KEYWORDS: &[Keyword] = &[TRACK_FILE, WEIGHT, DYNAMIC, NAME];

const TRACK_FILE: Keyword = Keyword {
    name: "track_file",
    blocks: FILE,
    grammar: WORD,
    doc: "The `track_file` whose number counts.",
    examples: &["track_file maintenance"],
    rejects: &["track_file nosuch"],
    lower: |draft, call| {
        let name = call.args.text("value").unwrap_or_default().to_owned();
        let Some(file) = draft.files.iter().find(|file| file.name == name) else {
            return call.complain("no-file", format!("track_file {name} not found"));
        };
        let weight = file.weight.unwrap_or(Weight { value: 1, reverse: false });
        let path = file.path.clone().unwrap_or_default().into();
        _ = draft.checker().file().map(|check| check.file = Some((name, path, weight)));
    },
    ..KEYWORD
};

const WEIGHT: Keyword = Keyword {
    name: "weight",
    blocks: FILE,
    grammar: Grammar::Custom("<weight> [reverse]"),
    doc: "What the number is multiplied by before it is added to the weight of the server; the file's own if not written.",
    examples: &["weight 10", "weight 10 reverse"],
    rejects: &["weight", "weight heavy"],
    lower: file_weight,
    ..KEYWORD
};

const DYNAMIC: Keyword = Keyword {
    name: "dynamic",
    blocks: FILE,
    status: Status::Tuning,
    doc: "The weight of the server follows the number, which it always does. Manuals have it; keepalived 2.2.7 does not know it.",
    examples: &["dynamic"],
    ..KEYWORD
};

fn file_weight(draft: &mut Draft, call: &mut Call<'_>) {
    let Some(word) = call.text(0).map(str::to_owned) else {
        return call.complain("no-weight", "track file weight missing");
    };
    let Some(value) = number(call, &word, -LARGEST, LARGEST) else {
        let text = format!("weight for track file must be in [-{LARGEST}..{LARGEST}] inclusive. Ignoring...");
        return call.complain("bad-weight", text);
    };
    let option = call.text(1).map(str::to_owned);
    if let Some(option) = option.as_deref().filter(|option| *option != "reverse") {
        call.complain("bad-weight", format!("unknown track file weight option {option} - ignoring"));
    }
    let weight = weight(value, option.as_deref() == Some("reverse"));
    _ = draft.checker().file().map(|check| check.weight = Some(weight));
}

const NAME: Keyword = Keyword {
    name: "name",
    blocks: &[Block::BfdCheck],
    grammar: Grammar::Custom("<name>"),
    doc: "The `bfd_instance` that must be up. It stands above the virtual server, and is not only for virtual routers.",
    examples: &["name neighbour"],
    rejects: &["name", "name nosuch", "name two words"],
    lower: bfd_name,
    ..KEYWORD
};

fn bfd_name(draft: &mut Draft, call: &mut Call<'_>) {
    let server = draft.server_name();
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let [name] = words.as_slice() else {
        refuse(draft);
        let text = format!("({server}) BFD_CHECK - No or too many names specified - skipping checker");
        return call.complain("bad-bfd", text);
    };
    let is_known = draft.bfds.iter().any(|session| session.name == *name && session.tells_checkers());
    let others = &draft.real_server().checkers;
    let named = |probe: &ProbeDraft| matches!(probe, ProbeDraft::Bfd(bfd) if bfd.name.as_deref() == Some(name));
    let is_taken = others.split_last().is_some_and(|(_, others)| others.iter().any(|other| named(&other.probe)));
    let ProbeDraft::Bfd(BfdCheckDraft { name: own, refused: false }) = &mut draft.checker().probe else { return };
    let problem = match own {
        Some(before) => format!("BFD {name} already specified as {before}"),
        None if !is_known => format!("BFD {name} not configured"),
        None if is_taken => format!("RS already monitoring {name}"),
        None => {
            *own = Some(name.clone());
            return;
        }
    };
    refuse(draft);
    call.complain("bad-bfd", format!("({server}) BFD_CHECK - {problem}"));
}

/// The checker is gone at the end of its block, without a further word.
fn refuse(draft: &mut Draft) {
    if let ProbeDraft::Bfd(bfd) = &mut draft.checker().probe {
        bfd.refused = true;
    }
}
