//! A place to run a daemon in: user, network, mount and process namespaces, and a shell with a few helpers.

use std::{
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Helpers of every script. `KA` is the binary under test, `D` a directory for files.
const PRELUDE: &str = r#"
set -u
mount -t tmpfs none /run; mkdir -p /run/netns
TARGET=${KA%/*/*}
case $TARGET in
    # Built below /tmp: it has to be seen there still.
    /tmp/*) mkdir /run/target; mount --rbind "$TARGET" /run/target; mount -t tmpfs none /tmp
        mkdir -p "$TARGET"; mount --rbind /run/target "$TARGET";;
    *) mount -t tmpfs none /tmp;;
esac
ip link set lo up
ip link add eth0 address 02:00:00:00:00:0a type veth peer name eth9
ip addr add 10.99.0.1/24 dev eth0; ip link set eth0 up; ip link set eth9 up
until_ok() { local n=$(( $1 * 50 )); shift; until "$@" >/dev/null 2>&1; do n=$((n-1)); [ $n -gt 0 ] || { echo "TIMEOUT: $*"; return 1; }; sleep 0.02; done; }
has() { ip -o addr show dev "${2:-eth0}" | grep -q "$1"; }
hasnt() { ! has "$@"; }
logged() { grep -q -- "$1" /run/log; }
start() { "$KA" -n -l -D -f "$D/keepalived.conf" "$@" >>/run/log 2>&1 & P=$!; until_ok 5 logged 'Startup complete'; }
stop() { kill -TERM $P; wait $P; echo "exit $?"; }
"#;

/// Files and a place for them, removed at the end.
pub(crate) struct Space {
    directory: PathBuf,
}

impl Space {
    /// `None` where user namespaces are forbidden; the reason goes to standard error.
    pub(crate) fn new(configuration: &str) -> Option<Self> {
        let allowed = Command::new("unshare").args(["-Urnmpf", "--mount-proc", "true"]).output();
        if !allowed.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: user namespaces are not allowed here");
            return None;
        }
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::current_dir()
            .expect("tests run somewhere")
            .join(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("failover-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("the target directory is writable");
        let space = Self { directory };
        space.write("keepalived.conf", configuration);
        Some(space)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.directory.join(name), text).expect("the target directory is writable");
    }

    /// Runs a script with the helpers; its standard output and error.
    pub(crate) fn run(&self, script: &str) -> String {
        let Output { stdout, stderr, .. } = Command::new("unshare")
            .args(["-Urnmpf", "--mount-proc", "--kill-child", "timeout", "60", "bash", "-c"])
            .arg(format!("{PRELUDE}\n{script}"))
            .env("KA", env!("CARGO_BIN_EXE_keepalived"))
            .env("D", &self.directory)
            .output()
            .expect("unshare runs");
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr))
    }
}

impl Drop for Space {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}
