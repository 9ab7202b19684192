//! Keywords of `defaults`, `frontend`, `listen` and `backend` (manual 4).

pub mod acls;
pub mod balance;
pub mod basics;
pub mod captures;
pub mod checks;
pub mod cookies;
pub mod errors;
pub mod legacy;
pub mod logging;
pub mod missing;
pub mod options;
pub mod rules;
pub mod servers;
pub mod stats;
pub mod stickiness;
pub mod timeouts;
