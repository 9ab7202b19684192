//! The director's tests: what the original was seen to do ([`recorded`]), what a reload changes ([`reloaded`]), and what holds
//! whatever happens ([`laws`]).

mod laws;
mod recorded;
mod reloaded;

use super::Director;
use crate::{
    ipvs::{
        Input, Output,
        table::{Change, Destination, Service, ServiceKey},
        testing::Table,
    },
    ir::failover::{CheckerId, Failover},
};

/// A director, and a kernel that obeys it.
struct Rig {
    director: Director,
    table: Table,
}

impl Rig {
    fn new(config: &Failover) -> Self {
        Self { director: Director::new(config), table: Table::default() }
    }

    /// One event. Every deed is a line.
    fn on(&mut self, input: Input<'_>) -> Vec<String> {
        let outputs = self.director.handle(input);
        self.table.obey(&outputs).expect("the kernel refuses nothing");
        outputs.iter().filter_map(spelled).collect()
    }

    /// The first checker of a server of the first virtual server turns.
    fn turns(&mut self, real_server: usize, up: bool) -> Vec<String> {
        self.on(Input::Checker { id: checker(real_server), up, says: "" })
    }

    /// `10.0.0.11:80 w=1`, of all services.
    fn pool(&self) -> Vec<String> {
        let all = self.table.0.values().flat_map(|entry| entry.destinations.values());
        all.map(|to| format!("{}:{} w={}", to.address, to.port, to.weight)).collect()
    }
}

fn checker(real_server: usize) -> CheckerId {
    CheckerId { virtual_server: 0, real_server, checker: 0 }
}

/// One deed as the recordings write it; what concerns checks is left to the tests about them.
fn spelled(output: &Output) -> Option<String> {
    Some(match output {
        Output::Kernel(change) => format!("NL {}", change_spelled(change)),
        Output::Log(line) if line.text.contains(" healthchecker for ") => return None,
        Output::Log(line) if line.detail => format!("DETAIL {}", line.text),
        Output::Log(line) => format!("LOG {}", line.text),
        Output::Run(command) => {
            let words: Vec<_> = command.argv.iter().map(|word| String::from_utf8_lossy(word)).collect();
            format!("EXEC {}", words.join(" "))
        }
        Output::Fifo(line) => format!("FIFO {}", line.trim_end()),
        Output::Mail { subject, body } => format!("MAIL {subject}: {body}"),
        Output::Checks { .. } => return None,
    })
}

fn change_spelled(change: &Change) -> String {
    let service = |of: &Service| format!("{} {}", key(&of.key), of.scheduler);
    let server = |of: &ServiceKey, to: &Destination| format!("{} {}:{}", key(of), to.address, to.port);
    match change {
        Change::AddService(of) => format!("NEW_SERVICE {}", service(of)),
        Change::EditService(of) => format!("SET_SERVICE {}", service(of)),
        Change::DeleteService(of) => format!("DEL_SERVICE {}", key(of)),
        Change::AddDestination(of, to) => format!("NEW_DEST {} w={}", server(of, to), to.weight),
        Change::EditDestination(of, to) => format!("SET_DEST {} w={}", server(of, to), to.weight),
        Change::DeleteDestination(of, to) => format!("DEL_DEST {}", server(of, to)),
        Change::Flush => "FLUSH".into(),
        Change::Timeouts(all) => format!("SET_CONFIG {} {} {}", all.tcp, all.tcp_fin, all.udp),
        other => format!("{other:?}"),
    }
}

fn key(of: &ServiceKey) -> String {
    match of {
        ServiceKey::Address { address, port, .. } => format!("{address}:{port}"),
        ServiceKey::Mark { mark, .. } => format!("FWM {mark}"),
    }
}

/// Lines of a recording, one a line.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}
