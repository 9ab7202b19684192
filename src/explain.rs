//! Who is master when what fails, and why a pair of files cannot work: answered by letting the nodes live through it.
//!
//! ```text
//!  one or two configurations ─▶ cause     everything that can fail on a node, alone and together
//!                                 │
//!                                 ▼
//!                               outcome   each case played on a simulated network: priorities, master, time
//!                                 │
//!                               remark    checks that can never move the address, and other surprises
//!                               quarrel   adverts that the other node would refuse, in the words of its log
//! ```
//!
//! Nothing is worked out by formula that the routers decide themselves: what stands in the table is what they did.

pub mod cause;
pub mod outcome;
pub mod quarrel;
pub mod remark;

pub use cause::Cause;
pub use outcome::{Moved, Row, Standing};

use crate::{
    ir::failover::{Failover, Family, Instance, Script},
    text::source::Span,
    vrrp::Timing,
};
use std::{net::IpAddr, time::Duration};

/// What is asked.
pub struct Question<'a> {
    /// One node, or two that are meant to be a pair.
    pub configs: &'a [Failover],
    pub timing: Timing,
    /// Scripts whose finding is known at once, with how long that takes: they only ask whether a process lives.
    pub watched: &'a dyn Fn(&Script) -> Option<Duration>,
}

/// What there is to say.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    pub routers: Vec<Story>,
    /// Why both nodes would be master at once, or none: such a pair is broken.
    pub quarrels: Vec<String>,
    pub remarks: Vec<Remark>,
}

/// One virtual router under everything that can happen to it.
#[derive(Debug, Clone)]
pub struct Story {
    pub name: String,
    pub vrid: u8,
    pub family: Family,
    pub addresses: Vec<IpAddr>,
    pub rows: Vec<Row>,
}

/// Something that its author will not have meant, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remark {
    /// The node, from zero.
    pub node: usize,
    pub at: Span,
    pub text: String,
}

/// Explains each router of the first node; with a second one, as a pair.
#[must_use]
pub fn explain(question: &Question<'_>) -> Explanation {
    let mut found = Explanation { quarrels: quarrel::all(question), ..Explanation::default() };
    for instance in &question.configs[0].instances {
        let rows = outcome::rows(question, instance);
        if found.quarrels.is_empty() {
            remark::add(question, instance, &rows, &mut found);
        }
        found.routers.push(Story {
            name: instance.name.clone(),
            vrid: instance.vrid,
            family: instance.family,
            addresses: instance.all_addresses().map(|address| address.ip).collect(),
            rows,
        });
    }
    found
}

/// The router of a node that is the same one as `instance` to their neighbours.
#[must_use]
pub fn counterpart<'a>(config: &'a Failover, instance: &Instance) -> Option<&'a Instance> {
    config.instances.iter().find(|other| other.vrid == instance.vrid && other.family == instance.family)
}
