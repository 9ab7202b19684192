//! Actions on stick-tables: tracking keys, and changing what is stored for them (manual 4.2 `http-request track-sc0` ...).

use super::int;
use crate::expr::scope::{TableAction, TableEntry, TableQuestion, Tracked};
use crate::expr::value::{Type, Value};
use crate::expr::{eval, eval_as};
use crate::ir::ProxyId;
use crate::ir::action::ActionArg;
use crate::rules::action::{
    ACTION, ActionItem, HTTP_REQUEST, HTTP_RESPONSE, PairKind, Sets, Spec, TCP, TCP_CONNECTION, TCP_CONTENT,
    TCP_RESPONSE, TCP_SESSION,
};
use crate::rules::stage::Stage;
use crate::rules::{Verdict, Wait};
use crate::table::data_types as item;

const ANY: Sets = TCP.or(TCP_RESPONSE).or(HTTP_REQUEST).or(HTTP_RESPONSE);
const KEY: &[Spec] = &[Spec::Sample("key"), Spec::Pair("table", PairKind::Table)];

/// Where the rule stands: that says what is counted, and for how long the key is tracked.
const CONNECTION: u8 = 0;
const CONTENT: u8 = 1;
const HTTP: u8 = 2;

macro_rules! track {
    ($($name:literal $counter:literal;)*) => {
        pub const TRACK: &[&ActionItem] = &[$(
            &ActionItem { name: $name, sets: TCP_CONNECTION.or(TCP_SESSION), args: KEY, run: track::<$counter, CONNECTION>,
                doc: "Tracks a key in a stick-table for as long as the connection lasts.", ..ACTION },
            &ActionItem { name: $name, sets: TCP_CONTENT, args: KEY, run: track::<$counter, CONTENT>,
                doc: "Tracks a key in a stick-table until the end of the request.", ..ACTION },
            &ActionItem { name: $name, sets: HTTP_REQUEST.or(HTTP_RESPONSE), args: KEY, run: track::<$counter, HTTP>,
                doc: "Tracks a key in a stick-table until the end of the request, and counts the request.", ..ACTION },
        )*];
    };
}

track! {
    "track-sc0" 0;
    "track-sc1" 1;
    "track-sc2" 2;
}

pub const ALL: &[&ActionItem] = &[&SC_INC_GPC, &SC_INC_GPC0, &SC_INC_GPC1, &SC_SET_GPT, &SC_SET_GPT0];

/// A counter that tracks a key already keeps it.
fn track<'a, const COUNTER: usize, const WHERE: u8>(s: &mut Stage<'a>, a: &'a [ActionArg]) -> Verdict {
    let [ActionArg::Sample(key), ActionArg::Table(table), ..] = a else { return Verdict::Continue };
    let Some(table) = table.target.filter(|_| s.tracked[COUNTER].is_none()) else { return Verdict::Continue };
    let found = eval(key, &s.scope()).map(Value::into_owned);
    let Some(value) = found else {
        let may_come = WHERE == CONTENT && s.may_change.get() && !s.waited;
        return if may_come { Verdict::Wait(Wait::Data) } else { Verdict::Continue };
    };
    let entry = s.live.track(table, value, &events::<WHERE>(s));
    s.tracked[COUNTER] = entry.map(|entry| Tracked { table, entry, of_stream: WHERE != CONNECTION });
    Verdict::Continue
}

/// What would have been counted if the key had been tracked from the beginning.
fn events<const WHERE: u8>(s: &Stage<'_>) -> Vec<(u16, i64)> {
    let mut events = Vec::new();
    let in_front_of_http = s.back.is_none() && s.request.as_ref().is_some_and(|m| !m.is_empty());
    if WHERE == HTTP || (WHERE == CONTENT && in_front_of_http) {
        events.extend([(item::HTTP_REQ_CNT, 1), (item::HTTP_REQ_RATE, 1)]);
    }
    match s.transaction.server_status {
        Some(400..=499) if WHERE == HTTP => events.extend([(item::HTTP_ERR_CNT, 1), (item::HTTP_ERR_RATE, 1)]),
        Some(501 | 505) => {}
        Some(500..=599) if WHERE == HTTP => events.extend([(item::HTTP_FAIL_CNT, 1), (item::HTTP_FAIL_RATE, 1)]),
        _ => {}
    }
    events
}

/// Asks about the entry that a counter tracks, if it does.
fn change(s: &Stage<'_>, counter: Option<i64>, action: TableAction) {
    let slot = counter.and_then(|n| s.tracked.get(usize::try_from(n).ok()?).copied().flatten());
    if let Some(tracked) = slot {
        let table: ProxyId = tracked.table;
        s.live.table(TableQuestion { table, entry: TableEntry::Tracked(tracked), action });
    }
}

fn index(a: &[ActionArg]) -> u32 {
    int(a, 0).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

const SC_INC_GPC: ActionItem = ActionItem {
    name: "sc-inc-gpc",
    sets: ANY,
    args: &[Spec::NumbersInName(&["GPC ID", "Track ID"])],
    doc: "Increments a general-purpose counter of a tracked entry, by its index.",
    run: |s, a| {
        change(s, int(a, 1), TableAction::Increment(item::GPC, Some(item::GPC_RATE), index(a)));
        Verdict::Continue
    },
    ..ACTION
};
const SC_INC_GPC0: ActionItem = ActionItem {
    name: "sc-inc-gpc0",
    args: &[Spec::NumbersInName(&["Track ID"])],
    doc: "Increments the first general-purpose counter of a tracked entry.",
    run: |s, a| {
        change(s, int(a, 0), TableAction::Increment(item::GPC0, Some(item::GPC0_RATE), 0));
        Verdict::Continue
    },
    ..SC_INC_GPC
};
const SC_INC_GPC1: ActionItem = ActionItem {
    name: "sc-inc-gpc1",
    args: &[Spec::NumbersInName(&["Track ID"])],
    doc: "Increments the second general-purpose counter of a tracked entry.",
    run: |s, a| {
        change(s, int(a, 0), TableAction::Increment(item::GPC1, Some(item::GPC1_RATE), 0));
        Verdict::Continue
    },
    ..SC_INC_GPC
};
const SC_SET_GPT: ActionItem = ActionItem {
    name: "sc-set-gpt",
    sets: ANY,
    args: &[Spec::NumbersInName(&["GPT ID", "Track ID"]), Spec::IntOrSample("value")],
    doc: "Sets a general-purpose tag of a tracked entry, by its index, to a number or an expression.",
    run: |s, a| {
        if let Some(n) = value(s, a.get(2)) {
            change(s, int(a, 1), TableAction::Set(item::GPT, index(a), n));
        }
        Verdict::Continue
    },
    ..ACTION
};
const SC_SET_GPT0: ActionItem = ActionItem {
    name: "sc-set-gpt0",
    args: &[Spec::NumbersInName(&["Track ID"]), Spec::IntOrSample("value")],
    doc: "Sets the first general-purpose tag of a tracked entry to a number or an expression.",
    run: |s, a| {
        if let Some(n) = value(s, a.get(1)) {
            change(s, int(a, 0), TableAction::Set(item::GPT0, 0, n));
        }
        Verdict::Continue
    },
    ..SC_SET_GPT
};

/// Tags have 32 bits.
fn value<'a>(s: &Stage<'a>, a: Option<&'a ActionArg>) -> Option<i64> {
    let n = match a? {
        ActionArg::Int(n) => *n,
        ActionArg::Sample(e) => eval_as(e, &s.scope(), Type::Int)?.as_int()?,
        _ => return None,
    };
    Some(i64::from(n as u32))
}
