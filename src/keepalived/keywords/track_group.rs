//! `track_group`: routers that depend on static addresses, routes and rules.

use crate::{
    ir::failover::TrackGroup,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

pub(super) const KEYWORDS: &[Keyword] = &[TRACK_GROUP, GROUP];

const TRACK_GROUP: Keyword = Keyword {
    name: "track_group",
    blocks: &[Block::Top],
    grammar: Grammar::Custom("<name>"),
    opens: Opens::Block(Block::TrackGroup),
    doc: "Routers that are in FAULT while something static that names the group is lost and cannot be put back.",
    examples: &["track_group needs {\n    group {\n        VI_1\n    }\n}"],
    lower: |draft, call| {
        let words: Vec<&str> = call.words.arguments().iter().map(|word| word.text.as_str()).collect();
        let [name] = words.as_slice() else {
            call.complain("no-name", "track_group must have a name - skipping");
            draft.skip = true;
            return;
        };
        let name = (*name).to_owned();
        if draft.track_groups.iter().any(|group| group.name == name) {
            call.complain("duplicate", format!("track_group {name} already defined"));
            draft.skip = true;
            return;
        }
        draft.track_groups.push(TrackGroup { name, members: Vec::new() });
    },
    ..KEYWORD
};

const GROUP: Keyword = Keyword {
    name: "group",
    blocks: &[Block::TrackGroup],
    grammar: Grammar::Custom("{ <router> ... }"),
    opens: Opens::List(|draft, call| {
        let names: Vec<String> = call.words.words.iter().map(|word| word.text.clone()).collect();
        if let Some(group) = draft.track_groups.last_mut() {
            group.members.extend(names);
        }
    }),
    doc: "The routers.",
    examples: &["group {\n    VI_1\n}"],
    ..KEYWORD
};

/// The group that a static entry names, if it was defined above.
pub(super) fn named(draft: &Draft, call: &mut Call<'_>, name: &str) -> Option<String> {
    let known = draft.track_groups.iter().any(|group| group.name == name);
    if !known {
        call.complain("no-such-group", format!("track_group {name} not found"));
    }
    known.then(|| name.to_owned())
}
