//! A made-up machine for tests of the language.

use std::{collections::BTreeMap, path::PathBuf};

use super::system::{Program, System, Unreadable};
use crate::ir::failover::RunAs;

/// Interfaces `lo eth0 eth1 eth2`, users `root nobody`, and the files given.
#[derive(Default)]
pub(crate) struct FakeMachine {
    pub files: BTreeMap<String, String>,
}

impl FakeMachine {
    pub(crate) fn with(path: &str, text: &str) -> Self {
        Self { files: BTreeMap::from([(path.to_owned(), text.to_owned())]) }
    }
}

impl System for FakeMachine {
    fn read(&self, path: &str) -> Result<String, Unreadable> {
        self.files.get(path).cloned().ok_or(Unreadable::Missing)
    }

    fn glob(&self, pattern: &str) -> Vec<String> {
        self.files.keys().filter(|path| *path == pattern).cloned().collect()
    }

    fn interface_exists(&self, name: &str) -> bool {
        ["lo", "eth0", "eth1", "eth2"].contains(&name)
    }

    fn user(&self, name: &str) -> Option<RunAs> {
        let ids = match name {
            "root" => 0,
            "nobody" => 65534,
            _ => return None,
        };
        Some(RunAs { uid: ids, gid: ids, user: Some(name.to_owned()) })
    }

    fn group(&self, name: &str) -> Option<u32> {
        self.user(name).map(|user| user.gid)
    }

    fn own(&self) -> RunAs {
        RunAs::default()
    }

    fn program(&self, name: &[u8], _: &RunAs) -> Program {
        let name = String::from_utf8_lossy(name);
        match name.as_ref() {
            path if path.contains("unsafe") => Program::Unsafe(PathBuf::from(path)),
            path if path.starts_with("/usr/bin/nosuch") || path.starts_with("/no/such") => Program::NotFound,
            path if path.starts_with("/bin/") || path.starts_with("/usr/") => Program::Found(PathBuf::from(path)),
            bare if !bare.contains('/') && bare.is_ascii() => {
                Program::FoundByPath(PathBuf::from("/usr/bin").join(bare))
            }
            _ => Program::NotFound,
        }
    }

    fn host_name(&self) -> String {
        "main.example.org".into()
    }

    fn working_directory(&self) -> String {
        "/etc/keepalived".into()
    }

    fn random(&self) -> u16 {
        7
    }
}
