//! `lvs_sync_daemon`: the kernels of two directors tell each other of their connections.

use super::super::shared::number;
use crate::{
    ir::failover::lvs::SyncDaemon,
    keepalived::{
        draft::Draft,
        keyword::{Block, Call, Grammar, KEYWORD, Keyword},
    },
};

pub(in super::super) const KEYWORDS: &[Keyword] = &[LVS_SYNC_DAEMON];

/// The kernel's limit for names of interfaces, in bytes.
const LONGEST_NAME: usize = 15;

const LVS_SYNC_DAEMON: Keyword = Keyword {
    name: "lvs_sync_daemon",
    blocks: &[Block::Global],
    grammar: Grammar::Custom(
        "<interface> [[inst] <router>] [id <0-255>] [maxlen <bytes>] [port <port>] [ttl <ttl>] [group <address>]",
    ),
    adds: true,
    doc: "Connections are told to the other director over this interface: the master of the router tells, its backup listens.",
    examples: &["lvs_sync_daemon eth0 VI_1 id 5"],
    rejects: &["lvs_sync_daemon", "lvs_sync_daemon eth0 VI_1 id 256"],
    lower: sync_daemon,
    ..KEYWORD
};

fn sync_daemon(draft: &mut Draft, call: &mut Call<'_>) {
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let Some((interface, options)) = words.split_first() else {
        return call.complain("no-interface", "lvs_sync_daemon requires interface");
    };
    if let Some(SyncDaemon { interface, instance, .. }) = &draft.global.settings.lvs.sync_daemon {
        // The original prints what C prints of a name that is not there.
        let instance = instance.as_deref().unwrap_or("(null)");
        let text = format!("lvs_sync_daemon has already been specified as {interface} {instance} - ignoring");
        return call.complain("repeated", text);
    }
    if interface.len() > LONGEST_NAME {
        let text = format!("lvs_sync_daemon interface name '{interface}' too long - ignoring");
        return call.complain("long-name", text);
    }
    let mut daemon = SyncDaemon::new(interface.clone(), None);
    let mut words = options.iter().map(String::as_str).enumerate();
    while let Some((place, word)) = words.next() {
        match word {
            "inst" => match (words.next(), &daemon.instance) {
                (None, _) => return call.missing_argument(),
                (Some((_, name)), None) => daemon.instance = Some(name.to_owned()),
                (Some(_), Some(before)) => {
                    let text =
                        format!("lvs_sync_daemon vrrp instance has already been specified as {before} - ignoring");
                    call.complain("repeated", text);
                }
            },
            "id" | "maxlen" | "port" | "ttl" | "group" => {
                option(&mut daemon, call, word, words.next().map(|(_, value)| value));
            }
            name if place == 0 => daemon.instance = Some(name.to_owned()),
            value if daemon.id.is_none() => {
                daemon.id = syncid(call, value);
                if daemon.id.is_some() {
                    call.complain("no-id", "Please use keyword \"id\" before lvs_sync_daemon SYNCID");
                }
            }
            _ => call.complain("bad-option", format!("Unknown option {word} specified for lvs_sync_daemon")),
        }
    }
    draft.global.settings.lvs.sync_daemon = Some(daemon);
}

fn syncid(call: &mut Call<'_>, word: &str) -> Option<u8> {
    let id = number(call, word, 0, 255).and_then(|id| u8::try_from(id).ok());
    if id.is_none() {
        call.complain("bad-id", format!("Invalid syncid ({word}) - defaulting to vrid"));
    }
    id
}

fn option(daemon: &mut SyncDaemon, call: &mut Call<'_>, name: &str, value: Option<&str>) {
    let Some(word) = value else {
        let instead = if name == "id" { ", defaulting to vrid" } else { " - ignoring" };
        return call.complain("no-value", format!("No value specified for lvs_sync_daemon {name}{instead}"));
    };
    let mut within = |low, high| number(call, word, low, high).and_then(|number| u16::try_from(number).ok());
    let is_read = match name {
        "id" => {
            daemon.id = syncid(call, word).or(daemon.id);
            true
        }
        "maxlen" => {
            daemon.max_length = within(1, 65507);
            daemon.max_length.is_some()
        }
        "port" => {
            daemon.port = within(1, 65535);
            daemon.port.is_some()
        }
        "ttl" => {
            daemon.ttl = within(1, 255).and_then(|ttl| u8::try_from(ttl).ok());
            daemon.ttl.is_some()
        }
        _ => match word.parse::<std::net::IpAddr>() {
            Ok(group) if group.is_multicast() => {
                daemon.group = Some(group);
                true
            }
            Ok(group) => {
                let text = format!("lvs_sync_daemon group address {group} is not multicast - ignoring");
                return call.complain("bad-group", text);
            }
            Err(_) => false,
        },
    };
    if !is_read {
        call.complain("bad-value", format!("Invalid lvs_sync_daemon {name} ({word}) - ignoring"));
    }
}
