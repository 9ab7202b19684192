//! Switches of the kernel (`/proc/sys/net`) that are changed while the daemon runs, and set back at its end.

use std::{collections::BTreeMap, fs};

use super::log::Logger;

/// What was changed, with what it was.
#[derive(Debug, Default)]
pub struct Switches(BTreeMap<String, String>);

impl Switches {
    /// Sets a switch, named by its path below `/proc/sys/net`. One that has that value already is left alone.
    pub fn set(&mut self, switch: &str, value: &str, log: &Logger) {
        let path = format!("/proc/sys/net/{switch}");
        let before = fs::read_to_string(&path).unwrap_or_else(|_| "0".into());
        if before.trim() == value {
            return;
        }
        match fs::write(&path, value) {
            Ok(()) => _ = self.0.entry(path).or_insert(before),
            Err(error) => log.info(&format!("Unable to write {path}: {error}")),
        }
    }

    /// Sets everything back.
    pub fn restore(&mut self) {
        for (path, before) in std::mem::take(&mut self.0) {
            // With its interface the switch is gone.
            let _ = fs::write(path, before);
        }
    }

    /// The reverse path filter of a single interface only counts where that of all interfaces does not decide: gives every
    /// interface what it has now by both, and takes the common one away.
    pub fn own_filters(&mut self, log: &Logger) {
        let read = |interface: &str| -> u8 {
            let path = format!("/proc/sys/net/ipv4/conf/{interface}/rp_filter");
            fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0)
        };
        let common = read("all");
        if common == 0 {
            return;
        }
        let folder = fs::read_dir("/proc/sys/net/ipv4/conf").into_iter().flatten().flatten();
        let names = folder.filter_map(|entry| entry.file_name().into_string().ok());
        for name in names.filter(|name| name != "all") {
            self.set(&format!("ipv4/conf/{name}/rp_filter"), &common.max(read(&name)).to_string(), log);
        }
        self.set("ipv4/conf/all/rp_filter", "0", log);
    }
}
