//! Runs the target that the environment names: `HAWSER_FUZZ_TARGET=h1_request cargo +nightly fuzz run --fuzz-dir tests/fuzz any`
#![no_main]

#[path = "../targets.rs"]
mod targets;

use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    let target = TARGET.get_or_init(|| {
        let wanted = std::env::var("HAWSER_FUZZ_TARGET").unwrap_or_default();
        targets::TARGETS.iter().find(|(name, _)| *name == wanted).map(|(_, target)| *target).expect("HAWSER_FUZZ_TARGET names one")
    });
    target(bytes);
});
