//! What a router or a group watches. The lines of these lists are names with an optional weight.

use crate::{
    ir::failover::Weight,
    keepalived::{
        draft::{Draft, TrackedDraft},
        keyword::{Block, Call, Grammar, KEYWORD, Keyword, Opens},
    },
};

const BOTH: &[Block] = &[Block::Instance, Block::SyncGroup];
const SYNTAX: Grammar = Grammar::Custom("{ NAME [weight N] [reverse|noreverse] }");

pub(super) const KEYWORDS: &[Keyword] = &[TRACK_INTERFACE, TRACK_SCRIPT, TRACK_PROCESS, TRACK_FILE];

const TRACK_INTERFACE: Keyword = Keyword {
    name: "track_interface",
    blocks: BOTH,
    grammar: SYNTAX,
    opens: Opens::List(interface),
    doc: "Further interfaces that must be up. Weight 0, the default, is a FAULT when one is down.",
    examples: &["track_interface {\n    eth1\n    eth2 weight -20\n}"],
    ..KEYWORD
};

const TRACK_SCRIPT: Keyword = Keyword {
    name: "track_script",
    blocks: BOTH,
    grammar: SYNTAX,
    opens: Opens::List(script),
    doc: "Scripts that change the priority, or are a FAULT when they fail.",
    examples: &["track_script {\n    chk_haproxy\n    chk_disk weight -10\n}"],
    ..KEYWORD
};

const TRACK_PROCESS: Keyword = Keyword {
    name: "track_process",
    blocks: BOTH,
    grammar: SYNTAX,
    opens: Opens::List(process),
    doc: "Processes (`vrrp_track_process`) that change the priority, or are a FAULT when they are gone.",
    examples: &["track_process {\n    track_haproxy\n}"],
    ..KEYWORD
};

const TRACK_FILE: Keyword = Keyword {
    name: "track_file",
    blocks: BOTH,
    grammar: SYNTAX,
    opens: Opens::List(file),
    doc: "Files (`track_file`) whose number times the weight is added to the priority.",
    examples: &["track_file {\n    maintenance weight -100\n}"],
    ..KEYWORD
};

fn interface(draft: &mut Draft, call: &mut Call<'_>) {
    let owner = draft.owner();
    let Some(item) = tracked(&owner, call, |item, written| {
        format!("({owner}) weight {written} for {item} must be between [-253..253] inclusive. Ignoring...")
    }) else {
        return;
    };
    if !draft.global.dynamic_interfaces && !call.system.interface_exists(&item.name) {
        call.report.ranked(
            "no-interface",
            crate::keepalived::ExitCode::Problem,
            Some(call.words.at),
            format!("({owner}) tracked interface {} doesn't exist", item.name),
        );
        draft.missing_interface = true;
        return;
    }
    push(&mut draft.tracking().interfaces, item, call, &owner, "track_interface");
}

fn script(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.scripts.iter().any(|script| script.name == call.words.keyword());
    let owner = draft.owner();
    if let Some(item) = named(&owner, call, known, "track script") {
        push(&mut draft.tracking().scripts, item, call, &owner, "track_script");
    }
}

fn process(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.processes.iter().any(|process| process.name == call.words.keyword());
    let owner = draft.owner();
    if let Some(item) = named(&owner, call, known, "track process") {
        push(&mut draft.tracking().processes, item, call, &owner, "track_process");
    }
}

fn file(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.files.iter().any(|file| file.name == call.words.keyword());
    let owner = draft.owner();
    if let Some(item) = named(&owner, call, known, "track file") {
        push(&mut draft.tracking().files, item, call, &owner, "track_file");
    }
}

/// A reference to something defined above; what is defined below is not found, as in the original.
fn named(owner: &str, call: &mut Call<'_>, known: bool, what: &str) -> Option<TrackedDraft> {
    if !known {
        let name = call.words.keyword().to_owned();
        call.complain("no-such-tracker", format!("({owner}) {what} {name} not found, ignoring..."));
        return None;
    }
    tracked(owner, call, |item, _| {
        format!("({owner}) {what} {item}: weight must be between [-253..253] inclusive, ignoring...")
    })
}

fn push(list: &mut Vec<TrackedDraft>, item: TrackedDraft, call: &mut Call<'_>, owner: &str, what: &str) {
    if list.iter().any(|known| known.name == item.name) {
        call.complain("duplicate", format!("({owner}) duplicate {what} {} - ignoring", item.name));
        return;
    }
    list.push(item);
}

/// `NAME [weight N] [reverse|noreverse]`.
fn tracked(owner: &str, call: &mut Call<'_>, bad_weight: impl Fn(&str, &str) -> String) -> Option<TrackedDraft> {
    let name = call.words.keyword().to_owned();
    let mut item = TrackedDraft { name, weight: None, reverse: None, at: call.words.at };
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "weight" => {
                let written = words.next().unwrap_or_default();
                let problem = match written.parse::<i32>() {
                    Ok(value) if value.abs() <= 253 => {
                        item.weight = Some(Weight { value, reverse: false });
                        continue;
                    }
                    Ok(value) if value.abs() == 254 => {
                        let text = format!("({owner}) weight for {} cannot be +/-254. Setting to +/-253", item.name);
                        call.complain("bad-weight", text);
                        item.weight = Some(Weight { value: value.signum() * 253, reverse: false });
                        continue;
                    }
                    Ok(_) => Some(format!("number '{written}' outside range [-254, 254]")),
                    Err(_) => Some(format!("invalid number '{written}'")),
                };
                if let Some(problem) = problem {
                    call.complain("bad-number", problem);
                }
                call.complain("bad-weight", bad_weight(&item.name, written));
            }
            "reverse" => item.reverse = Some(true),
            "noreverse" => item.reverse = Some(false),
            _ => {
                let name = &item.name;
                call.complain("bad-tracker", format!("({owner}) unknown track {name} option {word} - ignoring"));
                return None;
            }
        }
    }
    Some(item)
}
