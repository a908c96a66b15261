//! LiteX, which builds systems on a chip.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{run, Package, ToolError};

/// With the language that it is written in, whose version it leaves open.
const PACKAGE: Package = Package {
    name: "litex",
    version: "2024.12",
};
const MIGEN: [&str; 1] = ["migen==0.10.0"];

pub(super) const TOOL: Tool = Tool {
    program: "litex",
    purpose: "a system on a chip, in the tests",
    ask: &[],
    version: "",
    source: Source::Module(PACKAGE),
};

/// A LiteX of the pinned version, in a virtual environment.
#[derive(Clone, Debug)]
pub struct Litex {
    python: PathBuf,
}

impl Litex {
    /// The package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn find() -> Result<Litex, ToolError> {
        let python = PACKAGE.installed_with(&MIGEN)?.join("bin/python");
        Ok(Litex { python })
    }

    /// Runs a Python file in a folder.
    ///
    /// # Errors
    /// Whatever it says is wrong.
    pub fn run(&self, folder: &Path, file: &Path, arguments: &[&str]) -> Result<String, ToolError> {
        let mut command = Command::new(&self.python);
        run(command.current_dir(folder).arg(file).args(arguments))
    }
}
