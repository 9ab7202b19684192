//! Runs and ends programs on a host, as a shell, systemd or an init script would.

use super::children::Children;
use crate::process::procs;
use nix::{
    sys::{
        prctl,
        signal::{Signal, kill as send},
    },
    unistd::Pid,
};
use serde_json::{Value, json};
use std::{
    fs::{self, File},
    io,
    process::{Command, Stdio},
    time::Duration,
};
use tokio::{net::UnixDatagram, time::timeout};

/// Where a host's programs are looked for.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const NOTIFY_SOCKET: &str = "/run/systemd/notify";

fn command(question: &Value) -> io::Result<(Command, String)> {
    let mut words = question["argv"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let program = words.next().ok_or_else(|| io::Error::other("nothing to run"))?;
    let out = format!("/var/log/{}.out", program.rsplit('/').next().unwrap_or(program));
    let file = File::create(&out)?;
    let mut command = Command::new(program);
    command.args(words).env_clear().env("PATH", PATH).env("HOME", "/root").env("LANG", "C.UTF-8").current_dir("/");
    command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
    Ok((command, out))
}

/// `{"do": "run", "argv": [...]}`: runs it to its end, `{"status": N, "output": TEXT}`.
pub async fn run(children: &Children, question: &Value) -> io::Result<Value> {
    let (mut command, out) = command(question)?;
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).expect("a pid fits");
    let limit = Duration::from_secs(question["limit"].as_u64().unwrap_or(20));
    let Ok(status) = timeout(limit, children.end_of(pid)).await else {
        let _ = send(Pid::from_raw(pid), Signal::SIGKILL);
        return Err(io::Error::other(format!("{} did not end within {limit:?}", question["argv"])));
    };
    Ok(json!({"status": status, "output": fs::read_to_string(out).unwrap_or_default()}))
}

/// `{"do": "start", "argv": [...], "as": "systemd"|"init"}`. As systemd: it stays our child and must say READY=1. As an
/// init script: it forks, and its first process must end with 0. `{"ready": BOOL, "status": how it
/// ended, or null, "output": TEXT}`.
pub async fn start(children: &Children, question: &Value) -> io::Result<Value> {
    let limit = Duration::from_secs(10);
    let (mut command, out) = command(question)?;
    let output = || fs::read_to_string(&out).unwrap_or_default();
    if question["as"] != "systemd" {
        let pid = i32::try_from(command.spawn()?.id()).expect("a pid fits");
        let status = timeout(limit, children.end_of(pid)).await;
        return Ok(json!({"ready": status == Ok(0), "status": status.ok(), "output": output()}));
    }
    // keepalived notifies only where the first process is called so.
    let _ = prctl::set_name(c"systemd");
    let _ = fs::remove_file(NOTIFY_SOCKET);
    let notices = UnixDatagram::bind(NOTIFY_SOCKET)?;
    let pid = i32::try_from(command.env("NOTIFY_SOCKET", NOTIFY_SOCKET).spawn()?.id()).expect("a pid fits");
    let told = async {
        let mut buffer = [0; 4096];
        loop {
            let length = notices.recv(&mut buffer).await?;
            if buffer[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return io::Result::Ok(());
            }
        }
    };
    let (ready, status) = tokio::select! {
        told = timeout(limit, told) => (matches!(told, Ok(Ok(()))), None),
        status = children.end_of(pid) => (false, Some(status)),
    };
    Ok(json!({"ready": ready, "status": status, "output": output()}))
}

/// `{"do": "kill", "comm": NAME, "signal": N}`: to every process of this name, until none is left. `{"ended": COUNT}`.
pub async fn kill(children: &Children, question: &Value) -> io::Result<Value> {
    let name = question["comm"].as_str().unwrap_or_default().as_bytes();
    let number = i32::try_from(question["signal"].as_i64().unwrap_or(9)).map_err(io::Error::other)?;
    let signal = Signal::try_from(number)?;
    let alive = || -> Vec<i32> {
        procs::all()
            .into_iter()
            .filter(|process| process.comm == name && !process.zombie)
            .map(|process| process.pid)
            .collect()
    };
    let victims = alive();
    for pid in &victims {
        let _ = send(Pid::from_raw(*pid), signal);
    }
    let gone = async {
        while !alive().is_empty() {
            // A process that is not ours to collect ends unheard: look again before long.
            let _ = timeout(Duration::from_millis(20), children.some_end()).await;
        }
    };
    timeout(Duration::from_secs(10), gone).await.map_err(|_| io::Error::other("it does not end"))?;
    Ok(json!({"ended": victims.len()}))
}
