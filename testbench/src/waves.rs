//! Waveforms, above all of failures.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use rust_hdl::core::vcd_probe::VCDProbe;
use rust_hdl::prelude::*;

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

/// A waveform of a block that is being written: 2000 ps per cycle, the clock rises in the middle.
pub struct Wave(Option<VCDProbe<BufWriter<File>>>);

impl Wave {
    /// Starts a file with the block's settled first state.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create(path: &Path, uut: &impl Block) -> io::Result<Wave> {
        let probe = write_vcd_header(BufWriter::new(File::create(path)?), uut);
        Ok(Wave(Some(write_vcd_dump(probe, uut))))
    }

    /// The block has settled in the low phase of a cycle.
    pub fn low(&mut self, cycle: u64, uut: &impl Block) {
        self.change(2000 * cycle, uut);
    }

    /// The block has settled after the clock edge of a cycle.
    pub fn high(&mut self, cycle: u64, uut: &impl Block) {
        self.change(2000 * cycle + 1000, uut);
    }

    fn change(&mut self, time: u64, uut: &impl Block) {
        if let Some(mut probe) = self.0.take() {
            let _ = probe.timestamp(time);
            self.0 = Some(write_vcd_change(probe, uut));
        }
    }
}
