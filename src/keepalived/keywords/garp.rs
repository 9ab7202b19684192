//! `garp_group`: pauses between announcements on certain interfaces.

use crate::{
    keepalived::{
        draft::{Draft, GarpGroupDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
    text::grammar::{Arg, Kind},
};

const GARP: &[Block] = &[Block::GarpGroup];
const PAUSE: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, 4_294_967_295))]);

pub(super) const KEYWORDS: &[Keyword] = &[GARP_GROUP, GARP_INTERVAL, GNA_INTERVAL, INTERFACE, INTERFACES];

const GARP_GROUP: Keyword = Keyword {
    name: "garp_group",
    blocks: &[Block::Top],
    opens: Opens::Block(Block::GarpGroup),
    doc: "Pauses between announcements on some interfaces.",
    examples: &["garp_group {\n    garp_interval 0.01\n    interface eth0\n}"],
    lower: |draft, _| draft.garp_groups.push(GarpGroupDraft::default()),
    close: |draft, closing| {
        let (number, group) = (draft.garp_groups.len(), draft.garp_group());
        if group.interval.is_none() && group.na_interval.is_none() {
            let text = format!("garp group {number} does not have any delay set - removing");
            closing.report.at("no-delay", closing.at, text);
            draft.garp_groups.pop();
        }
    },
    ..KEYWORD
};

const GARP_INTERVAL: Keyword = Keyword {
    name: "garp_interval",
    blocks: GARP,
    grammar: PAUSE,
    invalid: "garp_group garp_interval '{word}' invalid",
    doc: "Seconds between two gratuitous ARPs.",
    examples: &["garp_interval 0.01"],
    rejects: &["garp_interval 0"],
    lower: |draft, call| draft.garp_group().interval = call.args.time("seconds"),
    ..KEYWORD
};

const GNA_INTERVAL: Keyword = Keyword {
    name: "gna_interval",
    blocks: GARP,
    grammar: PAUSE,
    invalid: "garp_group gna_interval '{word}' invalid",
    doc: "Seconds between two neighbour advertisements.",
    examples: &["gna_interval 0.01"],
    rejects: &["gna_interval 0"],
    lower: |draft, call| draft.garp_group().na_interval = call.args.time("seconds"),
    ..KEYWORD
};

const INTERFACE: Keyword = Keyword {
    name: "interface",
    adds: true,
    blocks: GARP,
    grammar: Grammar::Args(&[Arg::Value("interface", Kind::Word)]),
    doc: "The interface that the pauses are for.",
    examples: &["interface eth0"],
    lower: |draft, call| {
        let name = call.args.text("interface").unwrap_or_default().to_owned();
        take(draft, call, &name);
    },
    ..KEYWORD
};

const INTERFACES: Keyword = Keyword {
    name: "interfaces",
    blocks: GARP,
    grammar: Grammar::Custom("{ INTERFACE ... }"),
    opens: Opens::List(|draft, call| {
        let names: Vec<String> = call.words.words.iter().map(|word| word.text.clone()).collect();
        names.iter().for_each(|name| take(draft, call, name));
    }),
    doc: "The interfaces that the pauses are for.",
    examples: &["interfaces {\n    eth0\n    eth1\n}"],
    ..KEYWORD
};

fn take(draft: &mut Draft, call: &mut Call<'_>, name: &str) {
    if draft.garp_groups.iter().any(|group| group.interfaces.iter().any(|known| known == name)) {
        call.complain("duplicate", format!("garp_group already specified for {name} - ignoring"));
        return;
    }
    draft.garp_group().interfaces.push(name.to_owned());
}
