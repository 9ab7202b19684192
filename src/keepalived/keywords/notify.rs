//! Commands run at changes, of a router or of a group.

use crate::{
    ir::failover::{Notify, notify::Command},
    keepalived::{
        draft::{Draft, Open},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
};

const BOTH: &[Block] = &[Block::Instance, Block::SyncGroup];
const INSTANCE: &[Block] = &[Block::Instance];
const COMMAND: Grammar = Grammar::Custom("<command line> [<user> [<group>]]");

pub(super) const KEYWORDS: &[Keyword] = &[
    NOTIFY,
    NOTIFY_MASTER,
    NOTIFY_BACKUP,
    NOTIFY_FAULT,
    NOTIFY_STOP,
    NOTIFY_DELETED,
    NOTIFY_MASTER_RX_LOWER_PRI,
    NOTIFY_PRIORITY_CHANGES,
    SMTP_ALERT,
];

/// Reads a command and puts it where `place` says.
fn set(draft: &mut Draft, call: &mut Call<'_>, place: fn(&mut Notify) -> &mut Option<Command>) {
    if let Some(command) = super::shared::notification(draft, call) {
        *place(draft.notify()) = Some(command);
    }
}

const NOTIFY: Keyword = Keyword {
    name: "notify",
    blocks: BOTH,
    grammar: COMMAND,
    doc: "Run at every change, with four more arguments: INSTANCE or GROUP, the name, the state, the priority.",
    examples: &["notify /usr/local/bin/changed", "notify \"/usr/local/bin/changed 'two words'\" root"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.any),
    ..KEYWORD
};

const NOTIFY_MASTER: Keyword = Keyword {
    name: "notify_master",
    blocks: BOTH,
    grammar: COMMAND,
    doc: "Run on becoming master.",
    examples: &["notify_master /usr/local/bin/master"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.master),
    ..KEYWORD
};

const NOTIFY_BACKUP: Keyword = Keyword {
    name: "notify_backup",
    doc: "Run on becoming backup, at start too.",
    examples: &["notify_backup /usr/local/bin/backup"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.backup),
    ..NOTIFY_MASTER
};

const NOTIFY_FAULT: Keyword = Keyword {
    name: "notify_fault",
    doc: "Run on a fault.",
    examples: &["notify_fault /usr/local/bin/fault"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.fault),
    ..NOTIFY_MASTER
};

const NOTIFY_STOP: Keyword = Keyword {
    name: "notify_stop",
    doc: "Run when the daemon ends.",
    examples: &["notify_stop /usr/local/bin/stop"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.stop),
    ..NOTIFY_MASTER
};

const NOTIFY_DELETED: Keyword = Keyword {
    name: "notify_deleted",
    blocks: BOTH,
    grammar: Grammar::Custom("[<command line> [<user> [<group>]]]"),
    doc: "The removal of a router by a reload is told as DELETED instead of FAULT, and the command is run. Of a group, which \
          keepalived 2.2.7 does not allow, nothing is told without it.",
    examples: &["notify_deleted /usr/local/bin/deleted", "notify_deleted"],
    lower: |draft, call| {
        draft.notify().tell_deleted = true;
        if !call.words.arguments().is_empty() {
            set(draft, call, |notify| &mut notify.deleted);
        }
    },
    ..KEYWORD
};

const NOTIFY_MASTER_RX_LOWER_PRI: Keyword = Keyword {
    name: "notify_master_rx_lower_pri",
    blocks: INSTANCE,
    grammar: COMMAND,
    doc: "Run when a master hears an advert of lower priority.",
    examples: &["notify_master_rx_lower_pri /usr/local/bin/split"],
    lower: |draft, call| set(draft, call, |notify| &mut notify.lower_priority),
    ..KEYWORD
};

const NOTIFY_PRIORITY_CHANGES: Keyword = Keyword {
    name: "notify_priority_changes",
    blocks: BOTH,
    grammar: Grammar::Custom("[on|off|true|false|yes|no]"),
    doc: "Changes of priority go into the pipes too.",
    examples: &["notify_priority_changes true"],
    lower: |draft, call| {
        let value = call.switch();
        if value.is_none() {
            let (owner, word) = (draft.owner(), call.text(0).unwrap_or_default().to_owned());
            let text = format!("({owner}) Invalid value '{word}' for notify_priority_changes specified");
            call.complain("bad-switch", text);
        }
        match draft.open {
            Open::Group => draft.group().notify_priority_changes = value,
            _ => draft.instance().notify_priority_changes = value,
        }
    },
    ..KEYWORD
};

const SMTP_ALERT: Keyword = Keyword {
    name: "smtp_alert",
    blocks: BOTH,
    grammar: Grammar::Custom("[on|off|true|false|yes|no]"),
    doc: "Changes are told by mail, to `notification_email`.",
    examples: &["smtp_alert", "smtp_alert off"],
    rejects: &["smtp_alert often"],
    lower: |draft, call| {
        let Some(value) = call.switch() else {
            let word = call.text(0).unwrap_or_default().to_owned();
            let block = if draft.open == Open::Group { "vrrp_sync_group" } else { "vrrp_instance" };
            return call.complain("bad-switch", format!("Invalid {block} smtp_alert parameter {word}"));
        };
        match draft.open {
            Open::Group => draft.group().smtp_alert = Some(value),
            _ => draft.instance().smtp_alert = Some(value),
        }
    },
    ..KEYWORD
};
