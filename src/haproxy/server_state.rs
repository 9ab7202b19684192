//! States of servers that a predecessor wrote down: reads `server-state-file` (manual 3.1, 4.2 `load-server-state-from-file`).
//!
//! A file is a line with the version, 1, then a line a server with the columns of `show servers state`; `#` begins a comment.
//! The first line of a server counts. A line that is none ends the reading; a value that is none spares its whole line.

use std::collections::HashMap;

use super::Outside;
use crate::ir::Config;
use crate::ir::proxy::{Proxy, StateFile};
use crate::ir::server::{Operational, Saved, Server};
use crate::log::health::{self as lines, Cause, Left};
use crate::text::diag::{Diagnostic, Diagnostics, Place};

/// Columns that a line has at least.
const COLUMNS: usize = 20;
/// Behind the reason of a change that a file brought.
const AFTER_RELOAD: &str = "changed from server-state after a reload";

/// Lines by backend and server.
type Lines = HashMap<(String, String), Vec<String>>;

/// Gives servers what files know of them.
pub fn load(config: &mut Config, outside: &dyn Outside, diag: &mut Diagnostics) {
    let mut say = |text: String| diag.push(warning(text));
    let base = config.global.server_state_base.clone();
    let wanted = |p: &Proxy, from: StateFile| !p.disabled && !p.servers.is_empty() && p.load_server_state == Some(from);
    let global = match &config.global.server_state_file {
        Some(file) if config.proxies.iter().any(|p| wanted(p, StateFile::Global)) => {
            let path = below(base.as_deref(), file);
            read(&path, "config: ", "global server state file", "", outside, &mut say)
        }
        _ => Lines::new(),
    };
    let has_global = config.global.server_state_file.is_some();
    for p in &mut config.proxies {
        if wanted(p, StateFile::Global) && !has_global {
            say(format!(
                "backend '{}' configured to load server state file from global section 'server-state-file' directive. Unfortunately, 'server-state-file' is not set!",
                p.name
            ));
        } else if wanted(p, StateFile::Global) {
            apply(p, &global, &mut say);
        } else if wanted(p, StateFile::Local) {
            let path = below(base.as_deref(), p.server_state_file.as_ref().unwrap_or(&p.name));
            let who = format!("Proxy '{}': ", p.name);
            let lines = read(&path, &who, "server state file", ".", outside, &mut say);
            apply(p, &lines, &mut say);
        }
    }
}

fn warning(text: String) -> Diagnostic {
    Diagnostic::new("server-state", crate::text::diag::Severity::Warning, text).placed(Place::Nowhere)
}

fn below(base: Option<&str>, file: &str) -> String {
    match base {
        Some(base) if !file.starts_with('/') => format!("{}/{file}", base.trim_end_matches('/')),
        _ => file.to_owned(),
    }
}

/// A file's lines; `end` closes the sentence that says why there are none.
fn read(path: &str, who: &str, what: &str, end: &str, outside: &dyn Outside, say: &mut dyn FnMut(String)) -> Lines {
    let mut found = Lines::new();
    let bytes = match outside.read(path) {
        Ok(b) => b,
        Err(why) => {
            say(format!("{who}Can't open {what} '{path}': {why}{end}"));
            return found;
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.split_inclusive('\n');
    if lines.next().map(str::trim) != Some("1") {
        say(format!("{who}Can't get version of the {what} '{path}'."));
        return found;
    }
    for (number, line) in lines.enumerate() {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.first().is_none_or(|w| w.starts_with('#')) {
            continue;
        }
        // A last line that was cut off is not believed.
        if words.len() < COLUMNS || !line.ends_with('\n') {
            say(format!("{who}corrupted {what} '{path}' at line {}.", number + 1));
            break;
        }
        found.entry((words[1].clone(), words[3].clone())).or_insert(words);
    }
    found
}

fn apply(p: &mut Proxy, lines: &Lines, say: &mut dyn FnMut(String)) {
    let mut usable: Vec<bool> = p.servers.iter().map(|s| !s.options.disabled && s.options.weight != Some(0)).collect();
    for i in 0..p.servers.len() {
        let Some(words) = lines.get(&(p.name.clone(), p.servers[i].name.clone())) else { continue };
        let saved = match parse(words, &p.servers[i]) {
            Ok(s) => s,
            Err(bad) => {
                let name = format!("{}/{}", p.name, p.servers[i].name);
                say(format!("server-state application failed for server '{name}'{bad}"));
                continue;
            }
        };
        usable[i] &= saved.operational < Operational::Stopping && !saved.maintenance && !saved.drain;
        if !p.servers[i].options.disabled {
            tell(p, i, &saved, &usable, say);
        }
        p.servers[i].saved = Some(saved);
    }
}

/// What the original says of a server that is not simply up.
fn tell(p: &Proxy, i: usize, saved: &Saved, usable: &[bool], say: &mut dyn FnMut(String)) {
    let count = |backup: bool| {
        let of = |(s, usable): &(&Server, &bool)| s.options.backup == backup && **usable;
        p.servers.iter().zip(usable).filter(of).count() as u32
    };
    let left = Left { active: count(false), backup: count(true), ..Left::default() };
    let name = &p.servers[i].name;
    let mut say = |line: String| {
        say(if p.servers[i].options.backup { line.replacen("Server", "Backup Server", 1) } else { line })
    };
    match saved.operational {
        Operational::Stopped => {
            let what = format!("is DOWN, {AFTER_RELOAD}");
            say(lines::down(&p.name, name, &what, &Cause::default(), left));
        }
        Operational::Stopping => {
            let what = format!("is stopping, {AFTER_RELOAD}");
            say(lines::up(&p.name, name, &what, &Cause::default(), left));
        }
        Operational::Running | Operational::Starting => {}
    }
    if saved.drain {
        say(format!("Server {}/{name} remains in forced drain mode.", p.name));
    }
}

/// A column's number, or its name and text among those that are none.
fn number(words: &[String], column: usize, name: &str, range: std::ops::RangeInclusive<i64>, bad: &mut String) -> i64 {
    let text = words.get(column).map_or("", String::as_str);
    match text.parse::<i64>().ok().filter(|n| range.contains(n)) {
        Some(n) => n,
        None => {
            bad.push_str(&format!(", invalid {name} value '{text}'"));
            0
        }
    }
}

/// `Err`: the columns that are none, each behind a comma.
fn parse(words: &[String], server: &Server) -> Result<Saved, String> {
    let mut bad = String::new();
    let mut column = |n, name, range| number(words, n, name, range, &mut bad);
    let operational = column(5, "srv_op_state", 0..=3);
    let admin = column(6, "srv_admin_state", 0..=63);
    let weight = column(7, "srv_uweight", 0..=256);
    let initial = column(8, "srv_iweight", i64::MIN..=i64::MAX);
    let since = column(9, "srv_last_time_change", i64::MIN..=i64::MAX);
    column(10, "srv_check_status", i64::MIN..=24);
    column(11, "srv_check_result", i64::MIN..=4);
    column(12, "srv_check_health", i64::MIN..=i64::MAX);
    let check = column(13, "srv_check_state", i64::MIN..=31);
    let agent = column(14, "srv_agent_state", i64::MIN..=31);
    column(15, "bk_f_forced_id", i64::MIN..=1);
    column(16, "srv_f_forced_id", i64::MIN..=1);
    let port = words[18].parse::<i64>().unwrap_or(0);
    if !(0..=65535).contains(&port) {
        bad.push_str(&format!(", invalid srv_port value '{}'", words[18]));
    }
    if !bad.is_empty() {
        return Err(bad);
    }
    Ok(Saved {
        operational: match operational {
            0 => Operational::Stopped,
            1 => Operational::Starting,
            2 => Operational::Running,
            _ => Operational::Stopping,
        },
        maintenance: admin & 1 != 0,
        drain: admin & 8 != 0,
        // A weight that was changed in the configuration meanwhile counts more than what an operator had made of the old one.
        weight: (initial == i64::from(server.options.weight.unwrap_or(1))).then_some(weight as u32),
        since: u64::try_from(since).unwrap_or(0),
        address: words[4].parse().ok(),
        port: u16::try_from(port).ok().filter(|p| *p > 0),
        // Configured (2) and not enabled (4).
        checks_paused: check & 6 == 2,
        agent_paused: agent & 6 == 2,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::haproxy::{Loaded, load};

    struct Files(&'static str);

    impl Outside for Files {
        fn variable(&self, _: &str) -> Option<String> {
            None
        }
        fn read(&self, path: &str) -> Result<Vec<u8>, String> {
            if path == "/s/f" { Ok(self.0.into()) } else { Err("No such file or directory".into()) }
        }
        fn resolve(&self, _: &str) -> Vec<std::net::IpAddr> {
            vec![[127, 0, 0, 1].into()]
        }
        fn user(&self, _: &str) -> Option<u32> {
            None
        }
        fn group(&self, _: &str) -> Option<u32> {
            None
        }
    }

    const CONFIGURATION: &str = "global\n server-state-base /s\n server-state-file f\ndefaults\n mode http\n timeout client 1s\n timeout server 1s\n timeout connect 1s\nbackend b\n load-server-state-from-file global\n server s1 192.0.2.1:80\n server s2 host:80 weight 10\n";

    fn loaded(file: &'static str) -> Loaded {
        load(vec![("c".into(), CONFIGURATION.into())], &Files(file))
    }

    fn said(l: &Loaded) -> Vec<&str> {
        l.diagnostics.iter().map(|d| d.message.as_str()).collect()
    }

    #[test]
    fn weight_state_port_and_a_names_address_are_taken_over() {
        let l = loaded(
            "1\n# c\n3 b 1 s1 192.0.2.9 2 8 1 1 7 1 0 2 0 0 0 0 - 81 - 0 0 - - 0\n3 b 2 s2 192.0.2.8 0 1 5 10 7 1 0 2 0 0 0 0 host 80 - 0 0 - - 0\n",
        );
        let servers = &l.config.proxies[0].servers;
        let (s1, s2) = (servers[0].saved.as_ref().expect("saved"), servers[1].saved.as_ref().expect("saved"));
        assert!(s1.drain && !s1.maintenance && s1.weight == Some(1) && s1.since == 7);
        assert_eq!(
            (servers[0].address.to_string().as_str(), servers[1].address.to_string().as_str()),
            ("192.0.2.1:81", "192.0.2.8:80")
        );
        assert!(s2.maintenance && s2.weight == Some(5) && s2.operational == Operational::Stopped);
        assert_eq!(
            said(&l),
            [
                "Server b/s1 remains in forced drain mode.",
                "Server b/s2 is DOWN, changed from server-state after a reload. 0 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            ]
        );
    }

    #[test]
    fn what_is_no_file_and_no_line_is_said() {
        assert_eq!(said(&loaded("2\n")), ["config: Can't get version of the global server state file '/s/f'."]);
        let cut = loaded("1\n\nnonsense\n3 b 1 s1 192.0.2.9 0 1 1 1 0 1 0 2 0 0 0 0 - 80 - 0 0 - - 0\n");
        assert_eq!(said(&cut), ["config: corrupted global server state file '/s/f' at line 2."]);
        assert!(cut.config.proxies[0].servers[0].saved.is_none());
        let bad = loaded("1\n3 b 1 s1 192.0.2.9 9 77 500 1 x 99 9 9 99 99 7 8 - 77777 - 9 0 - - 0\n");
        assert_eq!(said(&bad).len(), 1);
        assert!(said(&bad)[0].contains(", invalid srv_uweight value '500', invalid srv_last_time_change value 'x'"));
    }
}
