//! Waveforms of failures.

use std::path::PathBuf;

/// Where a failing test leaves its waveform, and the sentence that says how to open it. A test that fails
/// again while proptest shrinks overwrites the file, so that the one that stays is of the smallest case.
pub fn failure(test: &str) -> (PathBuf, String) {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target")),
        PathBuf::from,
    );
    let folder = target.join("waves");
    // If it cannot be made, writing the waveform says so.
    let _ = std::fs::create_dir_all(&folder);
    let path = folder.join(format!("{test}.vcd"));
    let hint = format!("waveform: gtkwave {}", path.display());
    (path, hint)
}
