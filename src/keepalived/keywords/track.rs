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

pub(super) const KEYWORDS: &[Keyword] = &[TRACK_INTERFACE, TRACK_SCRIPT, TRACK_PROCESS, TRACK_FILE, TRACK_BFD];

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

const TRACK_BFD: Keyword = Keyword {
    name: "track_bfd",
    blocks: BOTH,
    grammar: SYNTAX,
    opens: Opens::List(bfd),
    doc: "BFD sessions (`bfd_instance`) that change the priority, or are a FAULT while they are down.",
    examples: &["track_bfd {\n    neighbour weight -20\n}"],
    ..KEYWORD
};

fn interface(draft: &mut Draft, call: &mut Call<'_>) {
    let owner = draft.owner();
    let name = call.words.keyword().to_owned();
    if is_duplicate(&draft.tracking().interfaces, call, &owner, "track_interface") {
        return;
    }
    if !draft.global.dynamic_interfaces && !call.system.interface_exists(&name) {
        call.report.ranked(
            "no-interface",
            crate::keepalived::ExitCode::Problem,
            Some(call.words.at),
            format!("({owner}) tracked interface {name} doesn't exist"),
        );
        draft.missing_interface = true;
        return;
    }
    let item = tracked(&owner, call, "track_interface", |written| {
        format!("({owner}) weight {written} for {name} must be between [-253..253] inclusive. Ignoring...")
    });
    draft.tracking().interfaces.push(item);
}

fn script(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.scripts.iter().any(|script| script.name == call.words.keyword());
    let owner = draft.owner();
    let list = &mut draft.tracking().scripts;
    list.extend(named(list, &owner, call, known, "script"));
}

fn process(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.processes.iter().any(|process| process.name == call.words.keyword());
    let owner = draft.owner();
    let list = &mut draft.tracking().processes;
    list.extend(named(list, &owner, call, known, "process"));
}

fn file(draft: &mut Draft, call: &mut Call<'_>) {
    let known = draft.files.iter().any(|file| file.name == call.words.keyword());
    let owner = draft.owner();
    let list = &mut draft.tracking().files;
    list.extend(named(list, &owner, call, known, "file"));
}

/// `NAME [weight N [reverse|noreverse]]`, read more strictly than the other lists.
fn bfd(draft: &mut Draft, call: &mut Call<'_>) {
    let (owner, name) = (draft.owner(), call.words.keyword().to_owned());
    if !draft.bfds.iter().any(|session| session.name == name && session.tells_routers()) {
        call.complain("no-such-tracker", format!("({owner}) track bfd {name} not found, ignoring..."));
        return;
    }
    if is_duplicate(&draft.tracking().bfds, call, &owner, "track_bfd") {
        return;
    }
    let mut item = TrackedDraft { name: name.clone(), weight: None, reverse: None, at: call.words.at };
    let wrong = match (call.text(0), call.text(1), call.text(2)) {
        (None, ..) => None,
        (Some("weight"), None, _) => Some(format!("weight without value specified for track bfd {name} - ignoring")),
        (Some("weight"), Some(_), None | Some("reverse" | "noreverse")) => None,
        (Some("weight"), Some(_), Some(option)) => {
            Some(format!("unknown track bfd {name} weight option {option} - ignoring"))
        }
        (Some(option), ..) => Some(format!("unknown track bfd {name} option {option} - ignoring")),
    };
    if let Some(wrong) = wrong {
        call.complain("bad-tracker", format!("({owner}) {wrong}"));
        return;
    }
    if let Some(written) = call.text(1).map(str::to_owned) {
        let problem = match written.parse::<i32>() {
            Ok(value) if value.abs() <= 253 => {
                item.weight = Some(Weight { value, reverse: call.text(2) == Some("reverse") });
                None
            }
            Ok(_) => Some(format!("number '{written}' outside range [-253, 253]")),
            Err(_) => Some(format!("invalid number '{written}'")),
        };
        if let Some(problem) = problem {
            call.complain("bad-number", problem);
            let text = format!("({owner}) weight for track bfd {name} must be in [-253..253] inclusive. Ignoring...");
            call.complain("bad-weight", text);
        }
    }
    draft.tracking().bfds.push(item);
}

/// A reference to something defined above; what is defined below is not found, as in the original.
fn named(
    list: &[TrackedDraft],
    owner: &str,
    call: &mut Call<'_>,
    known: bool,
    what: &'static str,
) -> Option<TrackedDraft> {
    let name = call.words.keyword().to_owned();
    if !known {
        call.complain("no-such-tracker", format!("({owner}) track {what} {name} not found, ignoring..."));
        return None;
    }
    if is_duplicate(list, call, owner, &format!("track_{what}")) {
        return None;
    }
    Some(tracked(owner, call, &format!("track_{what}"), |_| {
        if what == "file" {
            return format!("({owner}) weight for track file {name} must be in [-254..254] inclusive. Ignoring...");
        }
        format!("({owner}) track {what} {name}: weight must be between [-253..253] inclusive, ignoring...")
    }))
}

fn is_duplicate(list: &[TrackedDraft], call: &mut Call<'_>, owner: &str, what: &str) -> bool {
    let name = call.words.keyword().to_owned();
    let found = list.iter().any(|known| known.name == name);
    if found {
        call.complain("duplicate", format!("({owner}) duplicate {what} {name} - ignoring"));
    }
    found
}

/// `NAME [weight N] [reverse|noreverse]`.
fn tracked(owner: &str, call: &mut Call<'_>, what: &str, bad_weight: impl Fn(&str) -> String) -> TrackedDraft {
    let name = call.words.keyword().to_owned();
    let mut item = TrackedDraft { name, weight: None, reverse: None, at: call.words.at };
    let words: Vec<String> = call.words.arguments().iter().map(|word| word.text.clone()).collect();
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        match word {
            "weight" => item.weight = weight(owner, call, &item.name, words.next().unwrap_or_default(), &bad_weight),
            "reverse" | "noreverse" => {
                item.reverse = Some(word == "reverse");
                // Nothing is read behind the last option there can be.
                break;
            }
            _ => {
                let name = &item.name;
                let text = format!("({owner}) unknown {what} {name} weight option {word} - ignoring");
                call.complain("bad-tracker", text);
                break;
            }
        }
    }
    item
}

fn weight(
    owner: &str,
    call: &mut Call<'_>,
    name: &str,
    written: &str,
    bad_weight: impl Fn(&str) -> String,
) -> Option<Weight> {
    let problem = match written.parse::<i32>() {
        Ok(value) if value.abs() <= 253 => return Some(Weight { value, reverse: false }),
        Ok(value) if value.abs() == 254 => {
            let text = format!("({owner}) weight for {name} cannot be +/-254. Setting to +/-253");
            call.complain("bad-weight", text);
            return Some(Weight { value: value.signum() * 253, reverse: false });
        }
        Ok(_) => format!("number '{written}' outside range [-254, 254]"),
        Err(_) => format!("invalid number '{written}'"),
    };
    call.complain("bad-number", problem);
    call.complain("bad-weight", bad_weight(written));
    None
}
