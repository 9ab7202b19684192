//! Keywords of `global_defs`.

use std::{path::PathBuf, time::Duration};

use super::instance::{messages, whole_seconds};
use crate::{
    ir::failover::{
        Global, Version,
        global::{Fifo, Timed},
    },
    keepalived::{
        draft::{Draft, unchecked},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens, Status},
        quoted,
    },
    text::grammar::{Arg, Kind},
};

const GLOBAL: &[Block] = &[Block::Global];
const WORD: Grammar = Grammar::Args(&[Arg::Value("value", Kind::Word)]);
const SWITCH: Grammar = Grammar::Custom("[on|off|true|false|yes|no]");
const WHOLE_SECONDS: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 2_147_483_647))]);
const MESSAGES: Grammar = Grammar::Args(&[Arg::Value("count", Kind::Int(0, 2_147_483_647))]);
const PAUSE: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1, 4_294_967_295))]);
const COMMAND: Grammar = Grammar::Custom("<command line> [<user> [<group>]]");

pub(super) const KEYWORDS: &[Keyword] = &[
    ROUTER_ID,
    NOTIFICATION_EMAIL,
    NOTIFICATION_EMAIL_FROM,
    SMTP_SERVER,
    SMTP_HELO_NAME,
    SMTP_CONNECT_TIMEOUT,
    ENABLE_SCRIPT_SECURITY,
    SCRIPT_USER,
    VRRP_VERSION,
    VRRP_GARP_MASTER_DELAY,
    VRRP_GARP_MASTER_REPEAT,
    VRRP_GARP_MASTER_REFRESH,
    VRRP_GARP_MASTER_REFRESH_REPEAT,
    VRRP_GARP_LOWER_PRIO_DELAY,
    VRRP_GARP_LOWER_PRIO_REPEAT,
    VRRP_GARP_INTERVAL,
    VRRP_GNA_INTERVAL,
    VRRP_MIN_GARP,
    VRRP_MCAST_GROUP4,
    VRRP_MCAST_GROUP6,
    VRRP_DOWN_TIMER_ADVERTS,
    VRRP_LOWER_PRIO_NO_ADVERT,
    VRRP_HIGHER_PRIO_SEND_ADVERT,
    VRRP_CHECK_UNICAST_SRC,
    VRRP_SKIP_CHECK_ADV_ADDR,
    VRRP_STRICT,
    VRRP_NOTIFY_PRIORITY_CHANGES,
    FIFO_WRITE_VRRP_STATES_ON_RELOAD,
    NOTIFY_FIFO,
    NOTIFY_FIFO_SCRIPT,
    VRRP_NOTIFY_FIFO,
    VRRP_NOTIFY_FIFO_SCRIPT,
    STARTUP_SCRIPT,
    STARTUP_SCRIPT_TIMEOUT,
    SHUTDOWN_SCRIPT,
    SHUTDOWN_SCRIPT_TIMEOUT,
    VRRP_STARTUP_DELAY,
    DEFAULT_INTERFACE,
    UMASK,
    VRRP_IPTABLES,
    DYNAMIC_INTERFACES,
    VRRP_PRIORITY,
    VRRP_RT_PRIORITY,
    VRRP_NO_SWAP,
    JSON_VERSION,
    STATE_DUMP_FILE,
    STATS_DUMP_FILE,
    JSON_DUMP_FILE,
];

const ROUTER_ID: Keyword = Keyword {
    name: "router_id",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<name>"),
    doc: "The name of this host in mails and dumps.",
    examples: &["router_id hap1"],
    lower: |draft, call| match call.text(0) {
        Some(name) => draft.global.settings.router_id = Some(name.to_owned()),
        None => call.complain("no-name", "routerid name missing - ignoring"),
    },
    ..KEYWORD
};

const NOTIFICATION_EMAIL: Keyword = Keyword {
    name: "notification_email",
    blocks: GLOBAL,
    grammar: Grammar::Custom("{ ADDRESS ... }"),
    opens: Opens::List(|draft, call| {
        let addresses = call.words.words.iter().map(|word| word.text.clone());
        draft.global.settings.mail.to.extend(addresses);
    }),
    doc: "Who gets mail about changes.",
    examples: &["notification_email {\n    admin@example.org\n}"],
    close: |draft, closing| {
        if draft.global.settings.mail.to.is_empty() {
            closing.report.at("empty", closing.at, "Warning - empty notification_email block");
        }
    },
    ..KEYWORD
};

const NOTIFICATION_EMAIL_FROM: Keyword = Keyword {
    name: "notification_email_from",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "The sender of those mails.",
    examples: &["notification_email_from keepalived@example.org"],
    lower: |draft, call| draft.global.settings.mail.from = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const SMTP_SERVER: Keyword = Keyword {
    name: "smtp_server",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<address or name> [<port>]"),
    doc: "The mail server.",
    examples: &["smtp_server 192.0.2.25"],
    lower: |draft, call| draft.global.settings.mail.server = call.text(0).map(str::to_owned),
    ..KEYWORD
};

const SMTP_HELO_NAME: Keyword = Keyword {
    name: "smtp_helo_name",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "The name given to the mail server.",
    examples: &["smtp_helo_name hap1.example.org"],
    lower: |draft, call| draft.global.settings.mail.helo = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const SMTP_CONNECT_TIMEOUT: Keyword = Keyword {
    name: "smtp_connect_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 4294))]),
    invalid: "smtp_connect_timeout '{word}' must be in [1, 4294] - ignoring",
    doc: "Seconds to wait for the mail server.",
    examples: &["smtp_connect_timeout 30"],
    rejects: &["smtp_connect_timeout 0"],
    lower: |draft, call| draft.global.settings.mail.timeout = whole_seconds(call),
    ..KEYWORD
};

const ENABLE_SCRIPT_SECURITY: Keyword = Keyword {
    name: "enable_script_security",
    blocks: GLOBAL,
    doc: "Scripts that root would run and others could change are not run.",
    examples: &["enable_script_security"],
    lower: |draft, _| draft.global.settings.script_security = true,
    ..KEYWORD
};

const SCRIPT_USER: Keyword = Keyword {
    name: "script_user",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("user", Kind::Word), Arg::Optional("group", Kind::Word)]),
    doc: "Who runs scripts that do not say otherwise.",
    examples: &["script_user nobody", "script_user keepalived_script keepalived_script"],
    lower: |draft, call| {
        let words: Vec<&str> = call.words.arguments().iter().map(|word| word.text.as_str()).collect();
        match super::shared::run_as(call, &words) {
            Some(run_as) => draft.global.settings.script_user = Some(run_as),
            None => {
                draft.global.bad_script_user = true;
                call.complain("bad-script-user", "Error setting global script uid/gid");
            }
        }
    },
    ..KEYWORD
};

const VRRP_VERSION: Keyword = Keyword {
    name: "vrrp_version",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("version", Kind::Int(2, 3))]),
    invalid: "vrrp_version '{word}' invalid, must be 2 or 3",
    doc: "Protocol version of routers that do not say.",
    examples: &["vrrp_version 3"],
    rejects: &["vrrp_version 1"],
    lower: |draft, call| {
        let version = if call.args.int("version") == Some(3) { Version::V3 } else { Version::V2 };
        draft.global.settings.version = version;
    },
    ..KEYWORD
};

const VRRP_GARP_MASTER_DELAY: Keyword = Keyword {
    name: "vrrp_garp_master_delay",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "vrrp_garp_master_delay '{word}' invalid - ignoring",
    doc: "Default of `garp_master_delay`.",
    examples: &["vrrp_garp_master_delay 10"],
    rejects: &["vrrp_garp_master_delay soon"],
    lower: |draft, call| draft.global.garp.delay = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_master_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "vrrp_garp_master_repeat '{word}' invalid - ignoring",
    doc: "Default of `garp_master_repeat`.",
    examples: &["vrrp_garp_master_repeat 3"],
    rejects: &["vrrp_garp_master_repeat many"],
    lower: |draft, call| draft.global.garp.repeat = messages(call).map(|count| count.max(1)),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REFRESH: Keyword = Keyword {
    name: "vrrp_garp_master_refresh",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "Invalid vrrp_garp_master_refresh '{word}' - ignoring",
    doc: "Default of `garp_master_refresh`.",
    examples: &["vrrp_garp_master_refresh 60"],
    rejects: &["vrrp_garp_master_refresh often"],
    lower: |draft, call| draft.global.garp.refresh = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_MASTER_REFRESH_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_master_refresh_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "vrrp_garp_master_refresh_repeat '{word}' invalid - ignoring",
    doc: "Default of `garp_master_refresh_repeat`.",
    examples: &["vrrp_garp_master_refresh_repeat 2"],
    rejects: &["vrrp_garp_master_refresh_repeat many"],
    lower: |draft, call| draft.global.garp.refresh_repeat = messages(call).map(|count| count.max(1)),
    ..KEYWORD
};

const VRRP_GARP_LOWER_PRIO_DELAY: Keyword = Keyword {
    name: "vrrp_garp_lower_prio_delay",
    blocks: GLOBAL,
    grammar: WHOLE_SECONDS,
    invalid: "vrrp_garp_lower_prio_delay '{word}' invalid - ignoring",
    doc: "Default of `garp_lower_prio_delay`.",
    examples: &["vrrp_garp_lower_prio_delay 10"],
    rejects: &["vrrp_garp_lower_prio_delay soon"],
    lower: |draft, call| draft.global.garp.lower_prio_delay = whole_seconds(call),
    ..KEYWORD
};

const VRRP_GARP_LOWER_PRIO_REPEAT: Keyword = Keyword {
    name: "vrrp_garp_lower_prio_repeat",
    blocks: GLOBAL,
    grammar: MESSAGES,
    invalid: "Invalid vrrp_garp_lower_prio_repeat '{word}'",
    doc: "Default of `garp_lower_prio_repeat`.",
    examples: &["vrrp_garp_lower_prio_repeat 3"],
    rejects: &["vrrp_garp_lower_prio_repeat many"],
    lower: |draft, call| draft.global.garp.lower_prio_repeat = messages(call),
    ..KEYWORD
};

const VRRP_GARP_INTERVAL: Keyword = Keyword {
    name: "vrrp_garp_interval",
    blocks: GLOBAL,
    grammar: PAUSE,
    invalid: "vrrp_garp_interval '{word}' is invalid",
    doc: "Seconds between two gratuitous ARPs; zero is not a number here.",
    examples: &["vrrp_garp_interval 0.001"],
    rejects: &["vrrp_garp_interval 0"],
    lower: |draft, call| draft.global.garp.interval = call.args.time("seconds"),
    ..KEYWORD
};

const VRRP_GNA_INTERVAL: Keyword = Keyword {
    name: "vrrp_gna_interval",
    blocks: GLOBAL,
    grammar: PAUSE,
    invalid: "vrrp_gna_interval '{word}' is invalid",
    doc: "Seconds between two neighbour advertisements; zero is not a number here.",
    examples: &["vrrp_gna_interval 0.001"],
    rejects: &["vrrp_gna_interval 0"],
    lower: |draft, call| draft.global.garp.na_interval = call.args.time("seconds"),
    ..KEYWORD
};

const VRRP_MIN_GARP: Keyword = Keyword {
    name: "vrrp_min_garp",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "One announcement and no second block.",
    examples: &["vrrp_min_garp"],
    lower: |draft, call| {
        let Some(wanted) = call.switch() else {
            call.complain("bad-switch", "Invalid value for vrrp_min_garp specified");
            return;
        };
        if wanted {
            let garp = &mut draft.global.garp;
            (garp.repeat, garp.delay, garp.refresh) = (Some(1), Some(Duration::ZERO), Some(Duration::ZERO));
            (garp.refresh_repeat, garp.lower_prio_delay, garp.lower_prio_repeat) =
                (Some(1), Some(Duration::ZERO), Some(1));
        }
    },
    ..KEYWORD
};

const VRRP_MCAST_GROUP4: Keyword = Keyword {
    name: "vrrp_mcast_group4",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Multicast group of IPv4 routers.",
    examples: &["vrrp_mcast_group4 224.0.0.18"],
    lower: |draft, call| {
        let written = call.args.text("value").unwrap_or_default().to_owned();
        match written.parse::<std::net::Ipv4Addr>().ok().filter(std::net::Ipv4Addr::is_multicast) {
            Some(group) => draft.global.settings.group4 = group,
            None => call.complain("bad-group", format!("Can't parse vrrp_mcast_group4 [{written}]. Skipping")),
        }
    },
    ..KEYWORD
};

const VRRP_MCAST_GROUP6: Keyword = Keyword {
    name: "vrrp_mcast_group6",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Multicast group of IPv6 routers.",
    examples: &["vrrp_mcast_group6 ff02::12"],
    lower: |draft, call| {
        let written = call.args.text("value").unwrap_or_default().to_owned();
        match written.parse::<std::net::Ipv6Addr>().ok().filter(std::net::Ipv6Addr::is_multicast) {
            Some(group) => draft.global.settings.group6 = group,
            None => call.complain("bad-group", format!("Can't parse vrrp_mcast_group6 [{written}]. Skipping")),
        }
    },
    ..KEYWORD
};

const VRRP_DOWN_TIMER_ADVERTS: Keyword = Keyword {
    name: "vrrp_down_timer_adverts",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("count", Kind::Int(1, 100))]),
    invalid: "Invalid vrrp_down_timer_adverts [1:100] '{word}'",
    doc: "Default of `down_timer_adverts`.",
    examples: &["vrrp_down_timer_adverts 3"],
    rejects: &["vrrp_down_timer_adverts 0"],
    lower: |draft, call| draft.global.settings.down_timer_adverts = messages(call).unwrap_or(3),
    ..KEYWORD
};

/// A switch of the whole daemon.
fn switch(draft: &mut Draft, call: &mut Call<'_>, set: impl FnOnce(&mut Global, bool)) {
    match call.switch() {
        Some(value) => set(&mut draft.global.settings, value),
        None => {
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            // The original words this one differently.
            let word =
                if keyword == "vrrp_notify_priority_changes" { format!(" '{word}' for global") } else { " for".into() };
            call.complain("bad-switch", format!("Invalid value{word} {keyword} specified"));
        }
    }
}

const VRRP_LOWER_PRIO_NO_ADVERT: Keyword = Keyword {
    name: "vrrp_lower_prio_no_advert",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `lower_prio_no_advert`.",
    examples: &["vrrp_lower_prio_no_advert"],
    lower: |draft, call| switch(draft, call, |global, value| global.lower_prio_no_advert = value),
    ..KEYWORD
};

const VRRP_HIGHER_PRIO_SEND_ADVERT: Keyword = Keyword {
    name: "vrrp_higher_prio_send_advert",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `higher_prio_send_advert`.",
    examples: &["vrrp_higher_prio_send_advert"],
    lower: |draft, call| switch(draft, call, |global, value| global.higher_prio_send_advert = value),
    ..KEYWORD
};

const VRRP_CHECK_UNICAST_SRC: Keyword = Keyword {
    name: "vrrp_check_unicast_src",
    blocks: GLOBAL,
    doc: "Default of `check_unicast_src`.",
    examples: &["vrrp_check_unicast_src"],
    lower: |draft, _| draft.global.settings.check_unicast_src = true,
    ..KEYWORD
};

const VRRP_SKIP_CHECK_ADV_ADDR: Keyword = Keyword {
    name: "vrrp_skip_check_adv_addr",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `skip_check_adv_addr`.",
    examples: &["vrrp_skip_check_adv_addr"],
    // Any other word means yes, as in the original.
    lower: |draft, call| draft.global.settings.skip_check_adv_addr = call.switch().unwrap_or(true),
    ..KEYWORD
};

const VRRP_STRICT: Keyword = Keyword {
    name: "vrrp_strict",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `strict_mode`.",
    examples: &["vrrp_strict"],
    lower: |draft, call| switch(draft, call, |global, value| global.strict = value),
    ..KEYWORD
};

const VRRP_NOTIFY_PRIORITY_CHANGES: Keyword = Keyword {
    name: "vrrp_notify_priority_changes",
    blocks: GLOBAL,
    grammar: SWITCH,
    doc: "Default of `notify_priority_changes`.",
    examples: &["vrrp_notify_priority_changes true"],
    lower: |draft, call| switch(draft, call, |global, value| global.notify_priority_changes = value),
    ..KEYWORD
};

const FIFO_WRITE_VRRP_STATES_ON_RELOAD: Keyword = Keyword {
    name: "fifo_write_vrrp_states_on_reload",
    blocks: GLOBAL,
    doc: "After a reload all states go into the pipes again.",
    examples: &["fifo_write_vrrp_states_on_reload"],
    lower: |draft, _| draft.global.settings.fifo_states_on_reload = true,
    ..KEYWORD
};

const NOTIFY_FIFO: Keyword = Keyword {
    name: "notify_fifo",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "A named pipe that gets a line for each change.",
    examples: &["notify_fifo /run/keepalived.fifo"],
    lower: fifo,
    ..KEYWORD
};

const VRRP_NOTIFY_FIFO: Keyword = Keyword {
    name: "vrrp_notify_fifo",
    doc: "The same, for changes of routers only.",
    examples: &["vrrp_notify_fifo /run/vrrp.fifo"],
    ..NOTIFY_FIFO
};

fn fifo(draft: &mut Draft, call: &mut Call<'_>) {
    let path = PathBuf::from(call.args.text("value").unwrap_or_default());
    draft.global.settings.fifos.push(Fifo { path, script: None });
}

const NOTIFY_FIFO_SCRIPT: Keyword = Keyword {
    name: "notify_fifo_script",
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "A command that reads the pipe; it gets the pipe's path as an argument and is started with the daemon.",
    examples: &["notify_fifo_script /usr/local/bin/reader"],
    lower: |draft, call| {
        if let Some(command) = super::shared::notification(draft, call)
            && let Some(last) = draft.global.settings.fifos.last_mut()
        {
            last.script = Some(command);
        }
    },
    ..KEYWORD
};

const VRRP_NOTIFY_FIFO_SCRIPT: Keyword = Keyword {
    name: "vrrp_notify_fifo_script",
    doc: "A command that reads that pipe.",
    examples: &["vrrp_notify_fifo_script /usr/local/bin/reader"],
    ..NOTIFY_FIFO_SCRIPT
};

/// A command with its default limit of time.
fn timed(call: &mut Call<'_>) -> Option<Timed> {
    let (line, _) = quoted::first_word(&call.words.raw[call.words.keyword().len()..]);
    let argv = quoted::split(&line).unwrap_or_else(|partial| partial);
    if argv.is_empty() {
        return None;
    }
    let command = unchecked(argv, call.system.own(), call.words.at);
    Some(Timed { command, timeout: Duration::from_secs(10) })
}

const STARTUP_SCRIPT: Keyword = Keyword {
    name: "startup_script",
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "Run before anything else, and waited for.",
    examples: &["startup_script /usr/local/bin/up"],
    lower: |draft, call| draft.global.settings.startup_script = timed(call),
    ..KEYWORD
};

const STARTUP_SCRIPT_TIMEOUT: Keyword = Keyword {
    name: "startup_script_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 1000))]),
    invalid: "startup_script_timeout '{word}' must be in [1, 1000] - ignoring",
    doc: "Seconds that the start-up script has.",
    examples: &["startup_script_timeout 10"],
    rejects: &["startup_script_timeout 0"],
    lower: |draft, call| {
        if let (Some(script), Some(time)) = (&mut draft.global.settings.startup_script, whole_seconds(call)) {
            script.timeout = time;
        }
    },
    ..KEYWORD
};

const SHUTDOWN_SCRIPT: Keyword = Keyword {
    name: "shutdown_script",
    blocks: GLOBAL,
    grammar: COMMAND,
    doc: "Run after everything else, and waited for.",
    examples: &["shutdown_script /usr/local/bin/down"],
    lower: |draft, call| draft.global.settings.shutdown_script = timed(call),
    ..KEYWORD
};

const SHUTDOWN_SCRIPT_TIMEOUT: Keyword = Keyword {
    name: "shutdown_script_timeout",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(1, 1000))]),
    invalid: "shutdown_script_timeout '{word}' must be in [1, 1000] - ignoring",
    doc: "Seconds that the shutdown script has.",
    examples: &["shutdown_script_timeout 10"],
    rejects: &["shutdown_script_timeout 0"],
    lower: |draft, call| {
        if let (Some(script), Some(time)) = (&mut draft.global.settings.shutdown_script, whole_seconds(call)) {
            script.timeout = time;
        }
    },
    ..KEYWORD
};

const VRRP_STARTUP_DELAY: Keyword = Keyword {
    name: "vrrp_startup_delay",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Seconds(1_000, 65_535_000_000))]),
    invalid: "vrrp_startup_delay '{word}' is invalid",
    doc: "Seconds from start before routers do anything.",
    examples: &["vrrp_startup_delay 2.5"],
    rejects: &["vrrp_startup_delay later"],
    lower: |draft, call| draft.global.settings.startup_delay = call.args.time("seconds").unwrap_or_default(),
    ..KEYWORD
};

const DEFAULT_INTERFACE: Keyword = Keyword {
    name: "default_interface",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Interface of static addresses that name none.",
    examples: &["default_interface eth0"],
    lower: |draft, call| draft.global.settings.default_interface = call.args.text("value").map(str::to_owned),
    ..KEYWORD
};

const UMASK: Keyword = Keyword {
    name: "umask",
    blocks: GLOBAL,
    grammar: Grammar::Custom("<octal> | { <bit> [| <bit> ...] }"),
    doc: "Permissions that new files do not get: in octal, or as the names of bits.",
    examples: &["umask 022", "umask IWGRP | IWOTH"],
    rejects: &["umask everything"],
    lower: umask,
    ..KEYWORD
};

/// Bits by the names that chmod(2) gives them, without their `S_`.
const BITS: &[(&str, u32)] = &[
    ("IRUSR", 0o400),
    ("IWUSR", 0o200),
    ("IXUSR", 0o100),
    ("IRWXU", 0o700),
    ("IRGRP", 0o040),
    ("IWGRP", 0o020),
    ("IXGRP", 0o010),
    ("IRWXG", 0o070),
    ("IROTH", 0o004),
    ("IWOTH", 0o002),
    ("IXOTH", 0o001),
    ("IRWXO", 0o007),
];

fn umask(draft: &mut Draft, call: &mut Call<'_>) {
    if call.words.arguments().is_empty() {
        call.missing_argument();
        return;
    }
    let bit = |word: &str| {
        let number = u32::from_str_radix(word, 8).ok().filter(|mask| *mask <= 0o777);
        number.or_else(|| BITS.iter().find(|(name, _)| *name == word).map(|(_, bits)| *bits))
    };
    let words = call.words.arguments().iter().map(|word| word.text.as_str()).filter(|word| *word != "|");
    match words.clone().map(bit).try_fold(0, |mask, bits| Some(mask | bits?)) {
        Some(mask) => draft.global.settings.umask = Some(mask),
        None => {
            let wrong = words.into_iter().find(|word| bit(word).is_none()).unwrap_or_default().to_owned();
            call.complain("bad-umask", format!("Unknown umask bit {wrong}"));
        }
    }
}

const VRRP_PRIORITY: Keyword = Keyword {
    name: "vrrp_priority",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("nice", Kind::Int(-20, 19))]),
    invalid: "Invalid vrrp process priority specified",
    doc: "Nice value of the VRRP process; the lowest is served first.",
    examples: &["vrrp_priority -10"],
    rejects: &["vrrp_priority 20"],
    lower: |draft, call| {
        let nice = call.args.int("nice").and_then(|nice| i32::try_from(nice).ok());
        draft.global.settings.process_priority = nice;
    },
    ..KEYWORD
};

const VRRP_RT_PRIORITY: Keyword = Keyword {
    name: "vrrp_rt_priority",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("priority", Kind::Int(-2_147_483_648, 2_147_483_647))]),
    invalid: "Invalid vrrp process real-time priority specified",
    doc: "Realtime priority of the VRRP process, 1 to 99.",
    examples: &["vrrp_rt_priority 50"],
    rejects: &["vrrp_rt_priority 0", "vrrp_rt_priority 100"],
    lower: |draft, call| {
        let written = call.args.int("priority").unwrap_or(0);
        if written < 1 {
            let text = format!("vrrp process real-time priority {written} less than minimum 1 - setting to minimum");
            call.complain("bad-priority", text);
        }
        if written > 99 {
            let text =
                format!("vrrp process real-time priority {written} greater than maximum 99 - setting to maximum");
            call.complain("bad-priority", text);
        }
        draft.global.settings.realtime_priority = u32::try_from(written.clamp(1, 99)).ok();
    },
    ..KEYWORD
};

const VRRP_NO_SWAP: Keyword = Keyword {
    name: "vrrp_no_swap",
    blocks: GLOBAL,
    doc: "The memory of the VRRP process is never swapped out.",
    examples: &["vrrp_no_swap"],
    lower: |draft, _| draft.global.settings.no_swap = true,
    ..KEYWORD
};

const DYNAMIC_INTERFACES: Keyword = Keyword {
    name: "dynamic_interfaces",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[allow_if_changes]"),
    doc: "Interfaces may come and go; routers of one that is not there are in FAULT until it is.",
    examples: &["dynamic_interfaces"],
    lower: |draft, _| draft.global.dynamic_interfaces = true,
    ..KEYWORD
};

const VRRP_IPTABLES: Keyword = Keyword {
    name: "vrrp_iptables",
    blocks: GLOBAL,
    grammar: Grammar::Custom("[<chain in> [<chain out>]]"),
    status: Status::Legacy,
    doc: "Rules for iptables. The distribution's keepalived is built without it, and says so.",
    examples: &["vrrp_iptables"],
    lower: |_, call| {
        call.complain(
            "legacy",
            "iptables not supported, using nftables instead. Please replace 'vrrp_iptables and 'vrrp_ipsets' with \
             'nftables' config option",
        );
    },
    ..KEYWORD
};

const JSON_VERSION: Keyword = Keyword {
    name: "json_version",
    blocks: GLOBAL,
    grammar: Grammar::Args(&[Arg::Value("version", Kind::Int(1, 2))]),
    invalid: "json_version '{word}' is invalid",
    doc: "Form of the JSON dump: 1 is an array, 2 an object.",
    examples: &["json_version 2"],
    rejects: &["json_version 3"],
    lower: |draft, call| {
        let version = call.args.int("version").and_then(|version| u8::try_from(version).ok());
        draft.global.settings.json_version = version.unwrap_or(1);
    },
    ..KEYWORD
};

fn path(call: &Call<'_>) -> Option<PathBuf> {
    call.args.text("value").map(PathBuf::from)
}

const STATE_DUMP_FILE: Keyword = Keyword {
    name: "state_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where SIGUSR1 writes the state.",
    examples: &["state_dump_file /run/keepalived.data"],
    lower: |draft, call| draft.global.settings.state_dump_file = path(call),
    ..KEYWORD
};

const STATS_DUMP_FILE: Keyword = Keyword {
    name: "stats_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where SIGUSR2 writes the counters.",
    examples: &["stats_dump_file /run/keepalived.stats"],
    lower: |draft, call| draft.global.settings.stats_dump_file = path(call),
    ..KEYWORD
};

const JSON_DUMP_FILE: Keyword = Keyword {
    name: "json_dump_file",
    blocks: GLOBAL,
    grammar: WORD,
    doc: "Where the JSON signal writes.",
    examples: &["json_dump_file /run/keepalived.json"],
    lower: |draft, call| draft.global.settings.json_dump_file = path(call),
    ..KEYWORD
};
