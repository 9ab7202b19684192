//! Commands that only ask whether a process lives (`killall -0 haproxy`), understood and answered without running them.
//!
//! Found by running the tools (psmisc 23.6, procps 4.0.2, sysvinit's pidof), as root and as another user:
//!
//! | command | a process matches when | permission | several names | own exclusions |
//! |---|---|---|---|---|
//! | `killall -0 NAME` | its comm is NAME; beyond 15 bytes also argv\[0\] | one that may be signalled is needed | every name must match | itself |
//! | `killall -0 /PATH` | it runs that very file | and `/proc/PID/exe` must be readable | every name | itself |
//! | `pidof NAME` | its argv\[0\] or comm is NAME | nobody is signalled | one suffices | none |
//! | `pgrep NAME` | its comm contains NAME; with `-x` is NAME | nobody is signalled | one pattern | itself |
//! | `sh -c 'kill -0 $(cat F)'` | the pid in F | it may be signalled | | |
//!
//! Two differences are meant: a zombie is dead here (`killall` and `pgrep` count it, though it serves nobody), and the
//! name is looked for among all processes but ours. Every other form (more options, patterns, shell syntax) is no
//! question that we understand: the real command runs.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt as _, path::PathBuf};

use super::{pidfile, procs};

/// What the kernel keeps of a program's name.
const COMM_MAX: usize = 15;

/// A command line whose only effect is its exit status: does such a process live?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// `killall -0 NAME...`
    KillAll(Vec<Target>),
    /// `pidof NAME...`
    PidOf(Vec<Target>),
    /// `pgrep [-x] NAME`
    PGrep { name: Vec<u8>, exact: bool },
    /// `kill -0 $(cat FILE)`, which only a shell understands.
    PidFile(PathBuf),
}

/// A process by its name, or by the file that it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A name without a slash.
    Name(Vec<u8>),
    /// A path.
    Program(PathBuf),
}

impl Target {
    fn new(word: &[u8]) -> Self {
        if word.contains(&b'/') {
            Self::Program(PathBuf::from(OsStr::from_bytes(word)))
        } else {
            Self::Name(word.to_vec())
        }
    }
}

/// The question that a command line asks, `None` when it is any other command. `argv[0]` may be a path: the tool is
/// told by its last component.
#[must_use]
pub fn question(argv: &[Vec<u8>]) -> Option<Question> {
    let (program, arguments) = argv.split_first()?;
    let arguments: Vec<&[u8]> = arguments.iter().map(Vec::as_slice).collect();
    match program.rsplit(|&byte| byte == b'/').next()? {
        b"killall" => killall(&arguments),
        b"pidof" => pidof(&arguments),
        b"pgrep" => pgrep(&arguments),
        b"sh" | b"bash" | b"dash" => match arguments[..] {
            [b"-c", script] => shell(script),
            _ => None,
        },
        _ => None,
    }
}

fn killall(arguments: &[&[u8]]) -> Option<Question> {
    let mut asked = false;
    let mut targets = Vec::new();
    let mut words = arguments.iter();
    while let Some(&word) = words.next() {
        match word {
            b"-0" => asked = true,
            b"-s" | b"--signal" if words.next() == Some(&&b"0"[..]) => asked = true,
            b"-q" | b"--quiet" => {}
            _ if word.starts_with(b"-") || word.is_empty() => return None,
            _ => targets.push(Target::new(word)),
        }
    }
    (asked && !targets.is_empty()).then_some(Question::KillAll(targets))
}

fn pidof(arguments: &[&[u8]]) -> Option<Question> {
    let mut targets = Vec::new();
    for &word in arguments {
        match word {
            b"-s" | b"-q" => {}
            _ if word.starts_with(b"-") || word.is_empty() => return None,
            _ => targets.push(Target::new(word)),
        }
    }
    (!targets.is_empty()).then_some(Question::PidOf(targets))
}

fn pgrep(arguments: &[&[u8]]) -> Option<Question> {
    let (mut exact, mut name) = (false, None);
    for &word in arguments {
        match word {
            b"-x" | b"--exact" => exact = true,
            _ if word.starts_with(b"-") || name.is_some() || !is_plain(word) || word.len() > COMM_MAX => return None,
            _ => name = Some(word.to_vec()),
        }
    }
    name.map(|name| Question::PGrep { name, exact })
}

/// The one shell sentence that we understand, in both of its spellings.
fn shell(script: &[u8]) -> Option<Question> {
    let text = std::str::from_utf8(script).ok()?.trim();
    let rest = text.strip_prefix("kill -0 ")?.trim();
    let unquoted = rest.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(rest);
    let inner = unquoted
        .strip_prefix("$(")
        .and_then(|rest| rest.strip_suffix(')'))
        .or_else(|| unquoted.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')))?;
    let path = inner.trim().strip_prefix("cat ").or_else(|| inner.trim().strip_prefix('<'))?.trim();
    let plain = path.starts_with('/') && path.bytes().all(|byte| byte == b'/' || is_plain_byte(byte));
    plain.then(|| Question::PidFile(PathBuf::from(path)))
}

/// No regular expression: the word means itself.
fn is_plain(word: &[u8]) -> bool {
    !word.is_empty() && word.iter().all(|&byte| is_plain_byte(byte) && byte != b'.')
}

fn is_plain_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Why a [`Question`] has no answer and the real command must run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unanswerable;

impl Question {
    /// The processes whose life makes the command succeed when `uid` runs it; none means that it fails with status 1.
    ///
    /// # Errors
    /// A path that cannot be read, or one that another user would have to be asked about.
    pub fn living(&self, uid: u32) -> Result<Vec<i32>, Unanswerable> {
        match self {
            Self::KillAll(targets) => {
                let found: Vec<Vec<i32>> = each(targets, |process| process.may_be_signalled_by(uid))?;
                let all_match = found.iter().all(|pids| !pids.is_empty());
                Ok(if all_match { found.concat() } else { Vec::new() })
            }
            Self::PidOf(targets) => Ok(each(targets, |_| true)?.concat()),
            Self::PGrep { name, exact } => {
                Ok(living(|comm| if *exact { comm == name } else { contains(comm, name) }).collect())
            }
            Self::PidFile(path) => {
                fs::metadata(path).map_err(|_| Unanswerable)?;
                let process = pidfile::read(path).and_then(procs::look);
                Ok(process
                    .filter(|process| !process.zombie && process.may_be_signalled_by(uid))
                    .map(|process| process.pid)
                    .into_iter()
                    .collect())
            }
        }
    }
}

fn each(targets: &[Target], allowed: impl Fn(&procs::Process) -> bool) -> Result<Vec<Vec<i32>>, Unanswerable> {
    targets
        .iter()
        .map(|target| {
            let pids: Vec<i32> = match target {
                Target::Name(name) => living(|comm| comm == cut(name)).collect(),
                Target::Program(path) => {
                    let file = procs::file_id(path).ok_or(Unanswerable)?;
                    living(|_| true).filter(|&pid| procs::program(pid) == Some(file)).collect()
                }
            };
            let whole_name = |process: &procs::Process| match target {
                Target::Name(name) if name.len() > COMM_MAX => process.argv0_base() == Some(name.as_slice()),
                _ => true,
            };
            Ok(pids
                .into_iter()
                .filter_map(procs::look)
                .filter(|process| !process.zombie && whole_name(process) && allowed(process))
                .map(|process| process.pid)
                .collect())
        })
        .collect()
}

/// Pids of living processes, other than this one, whose comm fits.
fn living(fits: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = i32> {
    let own = i32::try_from(std::process::id()).unwrap_or(0);
    let pids = fs::read_dir("/proc").into_iter().flatten();
    pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok())
        .filter(move |&pid| pid != own && procs::comm(pid).is_some_and(|(comm, zombie)| !zombie && fits(&comm)))
}

fn cut(name: &[u8]) -> &[u8] {
    &name[..name.len().min(COMM_MAX)]
}

fn contains(comm: &[u8], part: &[u8]) -> bool {
    comm.windows(part.len()).any(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(line: &str) -> Option<Question> {
        question(&line.split(' ').map(|word| word.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    fn name(text: &str) -> Target {
        Target::Name(text.as_bytes().to_vec())
    }

    #[test]
    fn usual_forms_are_questions() {
        assert_eq!(ask("killall -0 haproxy"), Some(Question::KillAll(vec![name("haproxy")])));
        assert_eq!(ask("/usr/bin/killall -q -s 0 a b"), Some(Question::KillAll(vec![name("a"), name("b")])));
        let program = Target::Program("/usr/sbin/haproxy".into());
        assert_eq!(ask("killall -0 /usr/sbin/haproxy"), Some(Question::KillAll(vec![program.clone()])));
        assert_eq!(ask("pidof nginx"), Some(Question::PidOf(vec![name("nginx")])));
        assert_eq!(ask("/bin/pidof -s /usr/sbin/haproxy"), Some(Question::PidOf(vec![program])));
        assert_eq!(ask("pgrep haproxy"), Some(Question::PGrep { name: b"haproxy".to_vec(), exact: false }));
        assert_eq!(ask("pgrep -x haproxy"), Some(Question::PGrep { name: b"haproxy".to_vec(), exact: true }));
    }

    #[test]
    fn shell_sentence_is_a_question_and_the_same_words_without_a_shell_are_not() {
        let asked = |script: &str| question(&[b"/bin/sh".to_vec(), b"-c".to_vec(), script.as_bytes().to_vec()]);
        let expected = Some(Question::PidFile("/run/haproxy.pid".into()));
        assert_eq!(asked("kill -0 $(cat /run/haproxy.pid)"), expected);
        assert_eq!(asked("kill -0 `cat /run/haproxy.pid`"), expected);
        assert_eq!(asked("kill -0 \"$(</run/haproxy.pid)\""), expected);
        assert_eq!(asked("kill -0 $(cat /run/*.pid)"), None);
        assert_eq!(asked("kill -0 $(cat /run/haproxy.pid) && true"), None);
        assert_eq!(ask("kill -0 $(cat /run/haproxy.pid)"), None);
    }

    #[test]
    fn anything_more_runs_the_real_command() {
        for line in
            ["killall haproxy", "killall -9 x", "killall -0", "killall -0 -u root x", "pgrep -f x", "pgrep a.b", "true"]
        {
            assert_eq!(ask(line), None, "{line}");
        }
    }

    #[test]
    fn life_and_death_of_a_child_are_seen() {
        let scratch = std::env::temp_dir().join(format!("hwsleep{}", std::process::id()));
        fs::copy("/bin/sleep", &scratch).expect("sleep can be copied");
        let mut child = std::process::Command::new(&scratch).arg("30").spawn().expect("the copy runs");
        let pid = i32::try_from(child.id()).expect("pids are below 2^22");
        let base = scratch.file_name().expect("a name").as_bytes().to_vec();
        let by_name = Question::KillAll(vec![Target::Name(base.clone())]);
        let by_path = Question::KillAll(vec![Target::Program(scratch.clone())]);
        let both = Question::KillAll(vec![Target::Name(base.clone()), name("hw-nobody-is-called-so")]);
        let either = Question::PidOf(vec![name("hw-nobody-is-called-so"), Target::Name(base)]);
        for question in [&by_name, &by_path, &either] {
            assert_eq!(question.living(0), Ok(vec![pid]), "{question:?}");
        }
        assert_eq!(both.living(0), Ok(vec![]));
        assert_eq!(by_name.living(u32::MAX - 7), Ok(vec![]), "a stranger may not signal it");

        child.kill().expect("it is ours");
        let flags = nix::sys::wait::WaitPidFlag::WEXITED | nix::sys::wait::WaitPidFlag::WNOWAIT;
        nix::sys::wait::waitid(nix::sys::wait::Id::Pid(nix::unistd::Pid::from_raw(pid)), flags).expect("our child");
        assert_eq!(by_name.living(0), Ok(vec![]), "a zombie is dead");
        child.wait().expect("it ended");
        fs::remove_file(&scratch).expect("ours");
        assert_eq!(by_path.living(0), Err(Unanswerable), "the file is gone");
    }
}
