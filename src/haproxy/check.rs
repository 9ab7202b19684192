//! Looking at the finished whole: one remark a file. Errors and warnings are the original's; they come in its order.

pub mod choice;
pub mod listeners;
pub mod modes;
pub mod names;
pub mod programs;
pub mod rings;
pub mod servers;
pub mod timeouts;

use super::Outside;
use super::draft::Draft;
use crate::text::diag::Diagnostics;
use crate::text::source::Sources;

/// Every check, proxy by proxy.
pub fn run(draft: &mut Draft, outside: &dyn Outside, sources: &Sources, diag: &mut Diagnostics) {
    programs::check(&draft.config, outside, diag);
    rings::check(&draft.config, diag);
    for i in 0..draft.config.proxies.len() {
        if draft.config.proxies[i].disabled {
            continue;
        }
        listeners::check(&draft.config.proxies[i], diag);
        modes::check(&mut draft.config, i, sources, diag);
        choice::check(&mut draft.config.proxies[i], diag);
        servers::check(&draft.config, i, diag);
        timeouts::check(&draft.config.proxies[i], diag);
        names::check(&draft.config.proxies[i], sources, diag);
    }
}
