//! How often adverts are sent, and what is made of those received.

use super::super::shared::{SWITCH, byte, switch};
use crate::{
    keepalived::keyword::{Block, Grammar, KEYWORD, Keyword, Status},
    text::grammar::{Arg, Kind},
};

const INSTANCE: &[Block] = &[Block::Instance];

pub(in super::super) const KEYWORDS: &[Keyword] = &[
    ADVERT_INT,
    DOWN_TIMER_ADVERTS,
    LOWER_PRIO_NO_ADVERT,
    HIGHER_PRIO_SEND_ADVERT,
    SKIP_CHECK_ADV_ADDR,
    KERNEL_RX_BUF_SIZE,
    OWNER_IGNORE_ADVERTS,
    TIMER_EXPIRED_BACKUP,
    THREAD_TIMER_EXPIRED,
];

const ADVERT_INT: Keyword = Keyword {
    name: "advert_int",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(10_000, 255_000_000))]),
    invalid: "({name}) Advert interval ({word}) not valid! Must be > 0 - ignoring",
    doc: "Seconds between two adverts: whole ones in version 2, hundredths up to 40.95 in version 3.",
    examples: &["advert_int 1", "advert_int 0.25"],
    rejects: &["advert_int 0.005"],
    lower: |draft, call| draft.instance().advert_interval = call.args.time("seconds"),
    ..KEYWORD
};

const DOWN_TIMER_ADVERTS: Keyword = Keyword {
    name: "down_timer_adverts",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 100))]),
    invalid: "({name}): Invalid down_timer_adverts [1:100] '{word}'",
    doc: "Adverts missed before the master counts as down.",
    examples: &["down_timer_adverts 3"],
    rejects: &["down_timer_adverts 0"],
    lower: |draft, call| {
        draft.instance().down_timer_adverts = call.args.int("count").and_then(|count| u32::try_from(count).ok());
    },
    ..KEYWORD
};

const LOWER_PRIO_NO_ADVERT: Keyword = Keyword {
    name: "lower_prio_no_advert",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "A master does not answer an advert of lower priority with its own; it still announces its addresses.",
    examples: &["lower_prio_no_advert", "lower_prio_no_advert off"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.lower_prio_no_advert = Some(value)),
    ..KEYWORD
};

const HIGHER_PRIO_SEND_ADVERT: Keyword = Keyword {
    name: "higher_prio_send_advert",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "A master that yields sends one advert first.",
    examples: &["higher_prio_send_advert"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.higher_prio_send_advert = Some(value)),
    ..KEYWORD
};

const SKIP_CHECK_ADV_ADDR: Keyword = Keyword {
    name: "skip_check_adv_addr",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "The addresses in adverts of the known master are not compared again.",
    examples: &["skip_check_adv_addr"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.skip_check_adv_addr = Some(value)),
    ..KEYWORD
};

const KERNEL_RX_BUF_SIZE: Keyword = Keyword {
    name: "kernel_rx_buf_size",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Value("bytes", Kind::Int(0, 2_147_483_647))]),
    invalid: "({name}) invalid kernel_rx_buf_size specified",
    doc: "Bytes of the receive buffer.",
    examples: &["kernel_rx_buf_size 65536"],
    rejects: &["kernel_rx_buf_size much"],
    lower: |draft, call| {
        draft.instance().receive_buffer = call.args.int("bytes").and_then(|bytes| usize::try_from(bytes).ok());
    },
    ..KEYWORD
};

const OWNER_IGNORE_ADVERTS: Keyword = Keyword {
    name: "owner_ignore_adverts",
    blocks: INSTANCE,
    grammar: SWITCH,
    doc: "With priority 255 it listens to nobody. As of keepalived 2.3.3.",
    examples: &["owner_ignore_adverts", "owner_ignore_adverts no"],
    lower: |draft, call| switch(draft, call, |instance, value| instance.owner_ignores_adverts = Some(value)),
    ..KEYWORD
};

const TIMER_EXPIRED_BACKUP: Keyword = Keyword {
    name: "timer_expired_backup",
    blocks: INSTANCE,
    grammar: Grammar::Args(&[Arg::Optional("priority", Kind::Int(1, 254))]),
    invalid: "({name}) {word} is no priority of another router: 1 to 254",
    doc: "With `nopreempt`: a master that was kept from sending for so long that a backup of this priority, 254 if not written, \
          has taken over becomes backup rather than dispute it. As of keepalived 2.2.8.",
    examples: &["timer_expired_backup", "timer_expired_backup 100"],
    rejects: &["timer_expired_backup 255"],
    lower: |draft, call| draft.instance().yields_when_late = Some(byte(call, "priority").unwrap_or(254)),
    ..KEYWORD
};

const THREAD_TIMER_EXPIRED: Keyword = Keyword {
    name: "thread_timer_expired",
    status: Status::Legacy,
    doc: "Another name of `timer_expired_backup`.",
    examples: &["thread_timer_expired 100"],
    rejects: &["thread_timer_expired 0"],
    lower: |draft, call| {
        let text = "thread_timer_expired is another name of timer_expired_backup";
        call.report.overlooked("legacy", call.words.at, text, "write timer_expired_backup");
        (TIMER_EXPIRED_BACKUP.lower)(draft, call);
    },
    ..TIMER_EXPIRED_BACKUP
};
