//! Keywords outside any block.

use std::time::Duration;

use crate::{
    keepalived::{
        draft::{Draft, FileDraft, GroupDraft, InstanceDraft, Open, ProcessDraft, ScriptDraft},
        keyword::{Block, Call, Closing, Grammar, KEYWORD, Keyword, Opens},
        report::Pass,
    },
    text::grammar::{Arg, Kind},
};

const TOP: &[Block] = &[Block::Top];
const NAME: Grammar = Grammar::Args(&[Arg::Value("name", Kind::Word)]);

pub(super) const KEYWORDS: &[Keyword] = &[
    GLOBAL_DEFS,
    VRRP_INSTANCE,
    VRRP_SCRIPT,
    VRRP_SYNC_GROUP,
    VRRP_TRACK_PROCESS,
    TRACK_FILE,
    VRRP_TRACK_FILE,
    STATIC_IPADDRESS,
    USE_PID_DIR,
    INSTANCE,
    CHILD_WAIT_TIME,
    NET_NAMESPACE,
    NET_NAMESPACE_IPVS,
];

const GLOBAL_DEFS: Keyword = Keyword {
    name: "global_defs",
    blocks: TOP,
    opens: Opens::Block(Block::Global),
    passes: &[Pass::Global],
    doc: "Settings of the whole daemon.",
    examples: &["global_defs {\n    router_id hap1\n}"],
    lower: |draft, _| draft.open = Open::Nothing,
    ..KEYWORD
};

const VRRP_INSTANCE: Keyword = Keyword {
    name: "vrrp_instance",
    blocks: TOP,
    grammar: NAME,
    opens: Opens::Block(Block::Instance),
    doc: "One virtual router: addresses that one of several hosts holds.",
    examples: &[
        "vrrp_instance VI_1 {\n    interface eth0\n    virtual_router_id 51\n    virtual_ipaddress {\n        192.0.2.1\n    }\n}",
    ],
    lower: vrrp_instance,
    close: instance_ends,
    ..KEYWORD
};

fn vrrp_instance(draft: &mut Draft, call: &mut Call<'_>) {
    if call.words.arguments().len() > 1 {
        call.complain("no-name", "vrrp_instance must have a name");
        draft.skip = true;
        return;
    }
    let name = call.args.text("name").unwrap_or_default().to_owned();
    if draft.instances.iter().any(|known| known.name == name) {
        call.complain("duplicate", format!("vrrp instance {name} already defined"));
        draft.skip = true;
        return;
    }
    draft.open = Open::Instance;
    draft.instances.push(InstanceDraft { name, at: call.words.at, ..InstanceDraft::default() });
}

fn instance_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let instance = draft.instance();
    let has_link = instance.vmac.is_some() || instance.ipvlan.is_some();
    if has_link && !instance.peers.is_empty() && !instance.xmit_base {
        let text = format!("({}) unicast with use_vmac requires vmac_xmit_base - setting", instance.name);
        instance.xmit_base = true;
        closing.report.at("no-xmit-base", closing.at, text);
    }
    if instance.unicast_ttl.is_some() && instance.peers.is_empty() {
        let text = format!("({}): Cannot use unicast_ttl without unicast peers - resetting", instance.name);
        instance.unicast_ttl = None;
        closing.report.at("no-peers", closing.at, text);
    }
}

const VRRP_SCRIPT: Keyword = Keyword {
    name: "vrrp_script",
    blocks: TOP,
    grammar: NAME,
    opens: Opens::Block(Block::Script),
    doc: "A command that is run again and again; its exit status says whether something is well.",
    examples: &["vrrp_script chk_haproxy {\n    script \"killall -0 haproxy\"\n    interval 2\n    weight 2\n}"],
    lower: vrrp_script,
    close: script_ends,
    ..KEYWORD
};

fn vrrp_script(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    draft.open = Open::Script;
    draft.scripts.push(ScriptDraft { name, at: call.words.at, rise: 1, fall: 1, ..ScriptDraft::default() });
}

/// A script without a command or without its user is no script, and later references do not find it.
fn script_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let nobody = (draft.script().run_as.is_none() && draft.script().command.is_some())
        .then(|| draft.default_user(closing.system, closing.report, closing.at))
        .is_some_and(|user| user.is_none());
    let script = draft.script();
    let name = script.name.clone();
    if let (Some(timeout), interval) = (script.timeout, script.interval.unwrap_or(Duration::from_secs(1)))
        && timeout > interval
    {
        let text = format!("script '{name}' may run longer than its interval; runs are left out meanwhile");
        closing.report.overlooked("long-timeout", script.at, text, "make the timeout no longer than the interval");
    }
    if script.command.is_none() {
        closing.report.at("no-script", closing.at, format!("No script set for vrrp_script {name} - removing"));
        draft.scripts.pop();
    } else if nobody {
        let text = format!("Unable to set default user for vrrp script {name} - removing");
        closing.report.at("no-user", closing.at, text);
        draft.scripts.pop();
    } else if script.bad_user {
        // Said where the user stands.
        draft.scripts.pop();
    }
}

const VRRP_SYNC_GROUP: Keyword = Keyword {
    name: "vrrp_sync_group",
    blocks: TOP,
    grammar: NAME,
    opens: Opens::Block(Block::SyncGroup),
    doc: "Routers that change state together.",
    examples: &["vrrp_sync_group G1 {\n    group {\n        VI_1\n        VI_2\n    }\n}"],
    lower: vrrp_sync_group,
    ..KEYWORD
};

fn vrrp_sync_group(draft: &mut Draft, call: &mut Call<'_>) {
    if call.words.arguments().len() > 1 {
        call.complain("no-name", "vrrp_sync_group must have a name - skipping");
        draft.skip = true;
        return;
    }
    let name = call.args.text("name").unwrap_or_default().to_owned();
    if draft.groups.iter().any(|known| known.name == name) {
        call.complain("duplicate", format!("vrrp sync group {name} already defined"));
        draft.skip = true;
        return;
    }
    draft.open = Open::Group;
    draft.groups.push(GroupDraft { name, at: call.words.at, ..GroupDraft::default() });
}

const VRRP_TRACK_PROCESS: Keyword = Keyword {
    name: "vrrp_track_process",
    blocks: TOP,
    grammar: NAME,
    opens: Opens::Block(Block::TrackProcess),
    doc: "Processes that must live, by name.",
    examples: &["vrrp_track_process track_haproxy {\n    process haproxy\n    weight 10\n}"],
    lower: vrrp_track_process,
    close: process_ends,
    ..KEYWORD
};

fn vrrp_track_process(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    draft.open = Open::Process;
    draft.processes.push(ProcessDraft { name, at: call.words.at, ..ProcessDraft::default() });
}

fn process_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let process = draft.process();
    if process.program.is_none() {
        let text = format!("track process '{}' process name not specified", process.name);
        closing.report.at("no-process", closing.at, text);
        draft.processes.pop();
    }
}

const TRACK_FILE: Keyword = Keyword {
    name: "track_file",
    blocks: TOP,
    grammar: NAME,
    opens: Opens::Block(Block::TrackFile),
    doc: "A file that holds a number, which changes priorities.",
    examples: &["track_file maintenance {\n    file /run/maintenance\n    weight -100\n}"],
    lower: track_file,
    close: file_ends,
    passes: &[Pass::Check, Pass::Vrrp],
    ..KEYWORD
};

const VRRP_TRACK_FILE: Keyword = Keyword {
    name: "vrrp_track_file",
    doc: "The old name of `track_file`.",
    examples: &["vrrp_track_file maintenance {\n    file /run/maintenance\n}"],
    ..TRACK_FILE
};

fn track_file(draft: &mut Draft, call: &mut Call<'_>) {
    let name = call.args.text("name").unwrap_or_default().to_owned();
    draft.open = Open::File;
    draft.files.push(FileDraft { name, at: call.words.at, ..FileDraft::default() });
}

fn file_ends(draft: &mut Draft, closing: &mut Closing<'_>) {
    let file = draft.file();
    if file.path.is_none() {
        let text = format!("No file set for track_file {} - ignoring", file.name);
        closing.report.at("no-file", closing.at, text);
        draft.files.pop();
    }
}

const STATIC_IPADDRESS: Keyword = Keyword {
    name: "static_ipaddress",
    blocks: TOP,
    opens: Opens::List(static_address),
    doc: "Addresses from start to end; one that somebody else removes is put back.",
    examples: &["static_ipaddress {\n    192.0.2.9/24 dev eth0\n}"],
    ..KEYWORD
};

fn static_address(draft: &mut Draft, call: &mut Call<'_>) {
    if let Some(address) = super::address::parse(draft, call) {
        draft.static_addresses.push(address);
    }
}

const USE_PID_DIR: Keyword = Keyword {
    name: "use_pid_dir",
    blocks: TOP,
    passes: &[Pass::Global],
    doc: "Puts the pid files into /run/keepalived.",
    examples: &["use_pid_dir"],
    lower: |draft, _| draft.global.settings.pid_dir = true,
    ..KEYWORD
};

const INSTANCE: Keyword = Keyword {
    name: "instance",
    blocks: TOP,
    grammar: NAME,
    passes: &[Pass::Global],
    doc: "A name for this daemon, put into the names of its pid files, so that several can run.",
    examples: &["instance first"],
    lower: |draft, call| draft.global.settings.daemon_name = call.args.text("name").map(str::to_owned),
    ..KEYWORD
};

const NET_NAMESPACE: Keyword = Keyword {
    name: "net_namespace",
    blocks: TOP,
    grammar: NAME,
    passes: &[Pass::Global],
    doc: "The network namespace that the whole daemon enters; `ip netns` makes one.",
    examples: &["net_namespace blue"],
    lower: |draft, call| draft.global.settings.net_namespace = call.args.text("name").map(str::to_owned),
    ..KEYWORD
};

const NET_NAMESPACE_IPVS: Keyword = Keyword {
    name: "net_namespace_ipvs",
    blocks: TOP,
    grammar: Grammar::Args(&[Arg::Optional("name", Kind::Word)]),
    passes: &[Pass::Global],
    adds: true,
    doc: "The network namespace whose kernel table of services is used; without a name that of the daemon's start.",
    examples: &["net_namespace_ipvs blue"],
    rejects: &["net_namespace_ipvs blue\nnet_namespace_ipvs green"],
    lower: |draft, call| {
        let name = call.args.text("name").unwrap_or_default().to_owned();
        let settings = &mut draft.global.settings.lvs;
        if settings.net_namespace.is_some() {
            let text = format!("Duplicate net_namespace_ipvs definition {name} - ignoring");
            return call.complain("repeated", text);
        }
        settings.net_namespace = Some(name);
    },
    ..KEYWORD
};

const CHILD_WAIT_TIME: Keyword = Keyword {
    name: "child_wait_time",
    blocks: TOP,
    grammar: Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 2_147_483_647))]),
    passes: &[Pass::Global],
    invalid: "Invalid child_wait_time {word}",
    doc: "Seconds that the parent gives its children to end.",
    examples: &["child_wait_time 5"],
    rejects: &["child_wait_time soon"],
    lower: |draft, call| {
        let seconds = call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok());
        draft.global.settings.child_wait = Duration::from_secs(seconds.unwrap_or(5));
    },
    ..KEYWORD
};
