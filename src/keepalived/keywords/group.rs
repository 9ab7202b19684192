//! Keywords of `vrrp_sync_group`, other than trackers and notifications.

use crate::keepalived::{
    draft::Draft,
    keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens, Status},
};

const GROUP_BLOCK: &[Block] = &[Block::SyncGroup];

pub(super) const KEYWORDS: &[Keyword] = &[GROUP, SYNC_GROUP_TRACKING_WEIGHT, GLOBAL_TRACKING];

const GROUP: Keyword = Keyword {
    name: "group",
    blocks: GROUP_BLOCK,
    grammar: Grammar::Custom("{ INSTANCE ... }"),
    opens: Opens::List(member),
    doc: "The routers of the group.",
    examples: &["group {\n    VI_1\n    VI_2\n}"],
    ..KEYWORD
};

fn member(draft: &mut Draft, call: &mut Call<'_>) {
    let names: Vec<String> = call.words.words.iter().map(|word| word.text.clone()).collect();
    draft.group().members.extend(names);
}

const SYNC_GROUP_TRACKING_WEIGHT: Keyword = Keyword {
    name: "sync_group_tracking_weight",
    blocks: GROUP_BLOCK,
    doc: "Trackers with weights count for the members too.",
    examples: &["sync_group_tracking_weight"],
    lower: |draft, _| draft.group().tracking_weight = true,
    ..KEYWORD
};

const GLOBAL_TRACKING: Keyword = Keyword {
    name: "global_tracking",
    blocks: GROUP_BLOCK,
    status: Status::Legacy,
    doc: "Old form of trackers in the group itself.",
    examples: &["global_tracking"],
    lower: |draft, call| {
        let name = draft.owner();
        call.complain(
            "legacy",
            format!("({name}) global_tracking is deprecated. Use track_interface/script/file on the sync group"),
        );
        draft.group().tracking_weight = true;
    },
    ..KEYWORD
};
