//! Keywords of the `global` section (manual 3).

pub mod logging;
pub mod misc;
pub mod missing;
pub mod paths;
pub mod process;
pub mod stats;
pub mod tls;
pub mod tune;
