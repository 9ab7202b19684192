//! What several keywords read alike: switches, numbers, commands with users, addresses, weights.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use crate::{
    ir::failover::{MissingFeature, RunAs, Weight, notify::Command},
    keepalived::{
        draft::{Draft, InstanceDraft},
        keyword::{Call, Grammar},
        numbers, quoted,
    },
    text::grammar::{Arg, Kind},
};

pub(super) const WORD: Grammar = Grammar::Args(&[Arg::Value("value", Kind::Word)]);
pub(super) const SWITCH: Grammar = Grammar::Custom("[on|off|true|false|yes|no]");
pub(super) const WHOLE_SECONDS: Grammar = Grammar::Args(&[Arg::Value("seconds", Kind::Int(0, 2_147_483_647))]);
pub(super) const MESSAGES: Grammar = Grammar::Args(&[Arg::Value("count", Kind::Int(0, 2_147_483_647))]);

/// The argument of [`WHOLE_SECONDS`].
pub(super) fn whole_seconds(call: &Call<'_>) -> Option<Duration> {
    call.args.int("seconds").and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs)
}

/// The argument of [`MESSAGES`].
pub(super) fn messages(call: &Call<'_>) -> Option<u32> {
    call.args.int("count").and_then(|count| u32::try_from(count).ok())
}

/// The argument of [`MESSAGES`], where none at all is no choice.
pub(super) fn at_least_one(call: &mut Call<'_>, router: &str) -> Option<u32> {
    let count = messages(call)?;
    if count == 0 {
        let whose = if router.is_empty() { String::new() } else { format!("({router}): ") };
        let text = format!("{whose}{} must be greater than 0, setting to 1", call.keyword.name);
        call.complain("too-few", text);
    }
    Some(count.max(1))
}

/// A whole number, or a complaint.
pub(super) fn number(call: &mut Call<'_>, word: &str, low: i64, high: i64) -> Option<i64> {
    match numbers::read(word, low, high) {
        Ok(number) => Some(number),
        Err(problem) => {
            call.complain("bad-number", problem);
            None
        }
    }
}

/// An integer argument that its grammar keeps below 256.
pub(super) fn byte(call: &Call<'_>, name: &str) -> Option<u8> {
    call.args.int(name).and_then(|number| u8::try_from(number).ok())
}

/// A switch of a router that takes a word, or stands alone.
pub(super) fn switch(draft: &mut Draft, call: &mut Call<'_>, set: impl FnOnce(&mut InstanceDraft, bool)) {
    match call.switch() {
        Some(value) => set(draft.instance(), value),
        None => {
            let name = draft.instance().name.clone();
            let (keyword, word) = (call.keyword.name, call.text(0).unwrap_or_default().to_owned());
            call.complain("bad-switch", format!("({name}) invalid {keyword} {word} specified"));
        }
    }
}

/// Who a command line names behind the command.
pub(super) enum Who {
    Nobody,
    Known(RunAs),
    /// A user or group that does not exist. The command is not run: as somebody else it could do harm.
    Unknown,
}

/// `"COMMAND LINE" [USER [GROUP]]`.
pub(super) fn command(call: &mut Call<'_>, what: &str) -> Option<(Vec<Vec<u8>>, Who)> {
    if call.words.arguments().is_empty() {
        call.missing_argument();
        return None;
    }
    let after_keyword = call.words.raw[call.words.keyword().len()..].to_owned();
    let (line, rest) = quoted::first_word(&after_keyword);
    let argv = quoted::split(&line).unwrap_or_else(|partial| partial);
    if argv.is_empty() {
        call.report.aside("no-script", call.words.at, format!("No {what} script specified - ignoring"));
        return None;
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let who = match (words.is_empty(), run_as(call, &words)) {
        (true, _) => Who::Nobody,
        (false, Some(found)) => Who::Known(found),
        (false, None) => {
            let text = format!("Script user '{}' does not exist", words[0]);
            call.report.aside("no-such-user", call.words.at, text);
            Who::Unknown
        }
    };
    Some((argv, who))
}

/// `USER [GROUP]`.
pub(super) fn run_as(call: &Call<'_>, words: &[&str]) -> Option<RunAs> {
    let (&user, rest) = words.split_first()?;
    let found = call.system.user(user)?;
    match rest.first() {
        Some(group) => {
            let name = group.strip_prefix(':').unwrap_or(group);
            Some(RunAs { gid: call.system.group(name)?, ..found })
        }
        None => Some(found),
    }
}

/// A notification command. Its program is looked for when everything is read.
pub(super) fn notification(draft: &mut Draft, call: &mut Call<'_>) -> Option<Command> {
    let at = call.words.at;
    let (argv, who) = command(call, "notify")?;
    let run_as = match who {
        Who::Known(found) => found,
        Who::Nobody => draft.default_user(call.system, call.report, at)?,
        Who::Unknown => return None,
    };
    Some(crate::keepalived::draft::unchecked(argv, run_as, at))
}

/// An address with an optional prefix length.
pub(super) fn address_and_prefix(text: &str) -> Option<(IpAddr, Option<u8>)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let ip: IpAddr = address.parse().ok()?;
    let longest = if ip.is_ipv4() { 32 } else { 128 };
    let prefix = match prefix {
        Some(text) => Some(text.parse().ok().filter(|&length: &u8| length <= longest)?),
        None => None,
    };
    Some((ip, prefix))
}

/// A routing table by number or name: the kernel's own names, or those of iproute2.
pub(super) fn table(text: &str, what: &str, draft: &Draft, call: &Call<'_>) -> Result<u32, String> {
    let known = match text {
        "default" => Some(253),
        "main" => Some(254),
        "local" => Some(255),
        _ => text.parse().ok(),
    };
    known
        .or_else(|| named(text, "rt_tables", draft, call))
        .ok_or_else(|| format!("Routing table {text} not found for {what}"))
}

/// A number, or a name to which a file of iproute2 gives one. Such a file is looked for in `iproute_etc_dir`, then in
/// `iproute_usr_dir`, if they are written further up.
pub(super) fn named(text: &str, file: &str, draft: &Draft, call: &Call<'_>) -> Option<u32> {
    let settings = &draft.global.settings;
    let folder = |written: &Option<PathBuf>, usual: &[&str]| match written {
        Some(path) => vec![path.clone()],
        None => usual.iter().map(PathBuf::from).collect(),
    };
    let etc = folder(&settings.iproute_etc, &["/etc/iproute2"]);
    let usr = folder(&settings.iproute_usr, &["/usr/share/iproute2", "/usr/lib/iproute2"]);
    let in_file = |file: String| {
        file.lines().find_map(|line| {
            let (number, name) = line.split('#').next()?.trim().split_once(char::is_whitespace)?;
            (name.trim() == text).then(|| number.parse().ok())?
        })
    };
    let read = |folder: &PathBuf| call.system.read(&folder.join(file).to_string_lossy()).ok();
    let lookup = || etc.iter().chain(&usr).filter_map(read).find_map(in_file);
    text.parse().ok().or_else(lookup)
}

/// An option that is known and not implemented: the line is understood, and a start is refused.
pub(super) fn unsupported(draft: &mut Draft, call: &mut Call<'_>, option: &str) {
    let (at, keyword) = (call.words.at, call.keyword.name);
    let text = format!("WARNING - '{option}' of {keyword} is not implemented yet");
    call.report.notice("not-implemented", Some(at), text);
    draft.missing.push(MissingFeature { keyword, at, fatal: true });
}

/// `weight N [reverse]`. Any other word behind the number is complained of, and the number counts.
pub(super) fn weight_argument(call: &mut Call<'_>, what: &str) -> Weight {
    let value = call.args.int("weight").unwrap_or(0);
    let reverse = call.args.text("reverse").map(str::to_owned);
    if let Some(option) = reverse.as_ref().filter(|word| *word != "reverse") {
        call.complain("bad-weight", format!("{what} unknown weight option {option}"));
    }
    weight(value, reverse.is_some_and(|word| word == "reverse"))
}

/// `N [reverse]`.
pub(super) fn weight(value: i64, reverse: bool) -> Weight {
    Weight { value: i32::try_from(value).unwrap_or(0), reverse }
}

pub(super) const PERIOD: Grammar = Grammar::Custom("[all] <seconds>");

/// `[all] SECONDS`, at most a day. The old name of such a keyword is complained of.
pub(super) fn period(call: &mut Call<'_>, router: &str, least: u64) -> Option<(Duration, bool)> {
    let keyword = call.keyword.name;
    let new = match keyword {
        "vmac_garp_intvl" => "garp_extra_if",
        "vrrp_vmac_garp_intvl" => "vrrp_garp_extra_if",
        _ => keyword,
    };
    if new != keyword {
        call.complain("legacy", format!("Keyword \"{keyword}\" is deprecated - please use \"{new}\""));
    }
    let all = call.text(0) == Some("all");
    let Some(word) = call.text(usize::from(all)).map(str::to_owned) else {
        call.complain("no-time", format!("{router}{keyword} specified without time - ignoring"));
        return None;
    };
    let problem = match word.parse::<i64>() {
        Ok(..0) => format!("negative number '{word}'"),
        Ok(seconds) => match u64::try_from(seconds) {
            Ok(seconds) if (least..=86_400).contains(&seconds) => return Some((Duration::from_secs(seconds), all)),
            _ => format!("number '{word}' outside range [{least}, 86400]"),
        },
        Err(_) => format!("invalid number '{word}'"),
    };
    call.complain("bad-number", problem);
    call.complain("bad-time", format!("{router}{keyword} '{word}' invalid - ignoring"));
    None
}
