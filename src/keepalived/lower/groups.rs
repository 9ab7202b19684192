//! Sync groups: members that exist, and what membership forbids them.

use crate::{
    ir::failover::{SyncGroup, Tracking},
    keepalived::{
        draft::{GroupDraft, InstanceDraft},
        report::Report,
    },
};

/// Groups with at least one member. `resolve` turns written references into meant ones.
pub(super) fn groups(
    drafts: Vec<GroupDraft>,
    instances: &[InstanceDraft],
    priority_changes: bool,
    resolve: impl Fn(crate::keepalived::draft::TrackingDraft) -> Tracking,
    report: &mut Report,
) -> Vec<SyncGroup> {
    let mut groups = Vec::new();
    for draft in drafts {
        let name = draft.name;
        let (members, strangers): (Vec<String>, Vec<String>) =
            draft.members.into_iter().partition(|member| instances.iter().any(|item| item.name == *member));
        for stranger in strangers {
            report.general(
                "no-such-router",
                format!("Virtual router {stranger} specified in sync group {name} doesn't exist - ignoring"),
            );
        }
        match members.len() {
            0 => {
                report.general("empty-group", format!("Sync group {name} has no virtual router(s). removing"));
                continue;
            }
            1 => report.general(
                "lonely-group",
                format!("Sync group {name} has only 1 virtual router(s) - this probably isn't what you want"),
            ),
            _ => {}
        }
        groups.push(SyncGroup {
            smtp_alert: draft.smtp_alert.unwrap_or_default(),
            name,
            at: draft.at,
            members,
            tracking: resolve(draft.tracking),
            notify: draft.notify,
            tracking_weight: draft.tracking_weight,
            notify_priority_changes: draft.notify_priority_changes.unwrap_or(priority_changes),
        });
    }
    groups
}
