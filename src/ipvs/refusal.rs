//! When the kernel refuses a change: what the log says, and which other change leads to what was wanted.
//!
//! The director knows what it told the kernel, and never tells it anything twice. But others may change the table too, and a
//! daemon that was killed leaves its services behind.

use std::io;

use super::table::{Change, Destination, ServiceKey};

/// Error numbers of Linux.
const ENOENT: i32 = 2;
const ESRCH: i32 = 3;
const EEXIST: i32 = 17;

/// The original's line about a refused change. It names the calls of the interface before netlink (linux/ip_vs.h), and knows
/// ENOENT where the kernel says ESRCH.
#[must_use]
pub fn line(change: &Change, error: i32) -> String {
    let (name, number) = call(change);
    let error = if error == ESRCH { ENOENT } else { error };
    format!("IPVS cmd {name}({number}) error: {}({error}){}", reason(change, error), subject(change))
}

/// What leads to the same table where the change itself does not: what is there already is edited, what is not there is added.
#[must_use]
pub fn remedy(change: &Change, error: i32) -> Option<Change> {
    match (change, error) {
        (Change::AddService(service), EEXIST) => Some(Change::EditService(service.clone())),
        (Change::EditService(service), ESRCH) => Some(Change::AddService(service.clone())),
        (Change::AddDestination(key, to), EEXIST) => Some(Change::EditDestination(*key, *to)),
        (Change::EditDestination(key, to), ENOENT) => Some(Change::AddDestination(*key, *to)),
        _ => None,
    }
}

/// IP_VS_SO_SET_*.
fn call(change: &Change) -> (&'static str, u32) {
    match change {
        Change::AddService(_) => ("IP_VS_SO_SET_ADD", 1154),
        Change::EditService(_) => ("IP_VS_SO_SET_EDIT", 1155),
        Change::DeleteService(_) => ("IP_VS_SO_SET_DEL", 1156),
        Change::Flush => ("IP_VS_SO_SET_FLUSH", 1157),
        Change::AddDestination(..) => ("IP_VS_SO_SET_ADDDEST", 1159),
        Change::DeleteDestination(..) => ("IP_VS_SO_SET_DELDEST", 1160),
        Change::EditDestination(..) => ("IP_VS_SO_SET_EDITDEST", 1161),
        Change::Timeouts(_) => ("IP_VS_SO_SET_TIMEOUT", 1162),
        Change::StartDaemon(_) => ("IP_VS_SO_SET_STARTDAEMON", 1163),
        Change::StopDaemon { .. } => ("IP_VS_SO_SET_STOPDAEMON", 1164),
        Change::Zero => ("IP_VS_SO_SET_ZERO", 1167),
    }
}

fn reason(change: &Change, error: i32) -> String {
    let known = match (change, error) {
        (Change::AddService(_), EEXIST) => "Service already exists",
        (Change::AddDestination(..), EEXIST) => "Destination already exists",
        (Change::AddService(_) | Change::EditService(_), ENOENT) => "Scheduler or persistence engine not found",
        (Change::EditDestination(..) | Change::DeleteDestination(..), ENOENT) => "No such destination",
        _ => {
            let text = io::Error::from_raw_os_error(error).to_string();
            return text.split(" (os error").next().unwrap_or_default().to_owned();
        }
    };
    known.to_owned()
}

fn subject(change: &Change) -> String {
    match change {
        Change::AddService(service) | Change::EditService(service) => format!(" ({})", service_name(&service.key)),
        Change::DeleteService(key) => format!(" ({})", service_name(key)),
        Change::AddDestination(key, to) | Change::EditDestination(key, to) | Change::DeleteDestination(key, to) => {
            let Destination { address, port, .. } = to;
            format!(" ({} -> {address}:{port})", service_name(key))
        }
        Change::Flush | Change::Zero | Change::Timeouts(_) | Change::StartDaemon(_) | Change::StopDaemon { .. } => {
            String::new()
        }
    }
}

fn service_name(key: &ServiceKey) -> String {
    match key {
        ServiceKey::Address { protocol, address, port } => format!("{address}:{protocol}:{port}"),
        ServiceKey::Mark { mark, .. } => format!("Fwm {mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ipvs::{table::Service, testing},
        ir::failover::{Family, Protocol, virtual_server::ServiceFlags},
    };

    const MARK: ServiceKey = ServiceKey::Mark { mark: 7, family: Family::V4 };
    const HTTP: ServiceKey = ServiceKey::Address {
        protocol: Protocol::Tcp,
        address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 100)),
        port: 80,
    };

    fn service(key: ServiceKey) -> Service {
        let flags = ServiceFlags::default();
        Service { key, scheduler: "dh".into(), flags, timeout: 0, prefix: 32, engine: None }
    }

    #[test]
    fn lines_are_those_of_the_original() {
        let to = testing::destination(80, 1);
        let recorded = [
            (
                line(&Change::AddService(service(HTTP)), 17),
                "IPVS cmd IP_VS_SO_SET_ADD(1154) error: Service already exists(17) (10.0.0.100:tcp:80)",
            ),
            (
                line(&Change::AddDestination(HTTP, to), 17),
                "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: Destination already exists(17) \
                 (10.0.0.100:tcp:80 -> 10.0.0.1:80)",
            ),
            (
                line(&Change::AddDestination(MARK, to), ESRCH),
                "IPVS cmd IP_VS_SO_SET_ADDDEST(1159) error: No such file or directory(2) (Fwm 7 -> 10.0.0.1:80)",
            ),
            (
                line(&Change::DeleteDestination(MARK, to), 2),
                "IPVS cmd IP_VS_SO_SET_DELDEST(1160) error: No such destination(2) (Fwm 7 -> 10.0.0.1:80)",
            ),
            (
                line(&Change::EditService(service(MARK)), ESRCH),
                "IPVS cmd IP_VS_SO_SET_EDIT(1155) error: Scheduler or persistence engine not found(2) (Fwm 7)",
            ),
            (
                line(&Change::DeleteService(MARK), ESRCH),
                "IPVS cmd IP_VS_SO_SET_DEL(1156) error: No such file or directory(2) (Fwm 7)",
            ),
        ];
        for (line, expected) in recorded {
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn what_is_there_is_edited_and_what_is_not_is_added() {
        let to = testing::destination(80, 1);
        let (add, edit) = (Change::AddDestination(HTTP, to), Change::EditDestination(HTTP, to));
        assert_eq!((remedy(&add, EEXIST), remedy(&edit, ENOENT)), (Some(edit.clone()), Some(add.clone())));
        assert_eq!((remedy(&add, ESRCH), remedy(&edit, EEXIST)), (None, None));
        assert_eq!(remedy(&Change::DeleteService(HTTP), ESRCH), None);
    }
}
