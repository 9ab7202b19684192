//! Reads the configuration and says what is wrong with it, in the original's words and with its exit codes.

use std::process::ExitCode;

use super::argv::Args;
use super::start;
use crate::ir::Config;

/// The configuration, or the exit code once everything was said.
///
/// # Errors
/// 1: the files cannot be used; 2: nothing to serve.
pub fn configuration(_args: &Args) -> Result<Config, u8> {
    start::notices();
    start::alert("this build cannot read configurations.");
    Err(1)
}

/// `-cc`
pub fn condition(_text: &str) -> ExitCode {
    ExitCode::from(2)
}

/// `-dK`
pub fn keywords(_classes: &str) -> String {
    String::new()
}
