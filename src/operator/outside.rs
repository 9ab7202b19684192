//! The machine as a haproxy.cfg sees it: environment, files, names, accounts.

use crate::{
    haproxy::Outside,
    process::credentials::{Credentials, group_id},
};
use std::{
    fs,
    net::{IpAddr, ToSocketAddrs as _},
};

/// The machine that the check runs on. Servers whose names it cannot resolve are no reason to refuse a file here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Here;

impl Outside for Here {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn variables(&self) -> Vec<String> {
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect()
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        fs::read(path).map_err(|error| {
            let text = error.to_string();
            text.split(" (os error").next().unwrap_or(&text).to_owned()
        })
    }

    fn resolve(&self, host: &str) -> Vec<IpAddr> {
        (host, 0).to_socket_addrs().map(|all| all.map(|address| address.ip()).collect()).unwrap_or_default()
    }

    fn user(&self, name: &str) -> Option<u32> {
        Credentials::of_user(name).map(|found| found.uid)
    }

    fn group(&self, name: &str) -> Option<u32> {
        group_id(name)
    }

    fn tolerates_unresolved(&self) -> bool {
        true
    }
}
