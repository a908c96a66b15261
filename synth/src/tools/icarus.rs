//! Icarus Verilog: a second opinion on what is emitted, where it is installed.

use std::path::Path;
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{run, spelled, ToolError};

pub(super) const TOOL: Tool = Tool {
    program: "iverilog",
    purpose: "a second lint and a second simulator, in the tests",
    ask: &["-V"],
    version: "Icarus Verilog version ",
    source: Source::Hand {
        how: "install Icarus Verilog (iverilog)",
        needed: false,
    },
};

/// An Icarus Verilog on PATH, of any version.
#[derive(Clone, Copy, Debug)]
pub struct Icarus(());

impl Icarus {
    /// The one on PATH, if there is one.
    pub fn find() -> Option<Icarus> {
        TOOL.on_path().map(|_| Icarus(()))
    }

    /// Reads files of a folder as Verilog-2005, with every warning that there is.
    ///
    /// # Errors
    /// A warning or error.
    pub fn lint(self, folder: &Path, top: &str, files: &[String]) -> Result<(), ToolError> {
        let mut command = Command::new(TOOL.program);
        command.current_dir(folder);
        command.args(["-g2005", "-Wall", "-t", "null", "-s", top]);
        let said = run(command.args(files))?;
        match said.is_empty() {
            true => Ok(()),
            false => Err(ToolError::Failed {
                command: spelled(&command),
                output: said,
            }),
        }
    }

    /// Runs a design of files of a folder, and says what it prints.
    ///
    /// # Errors
    /// It cannot be read, or it stops with an error.
    pub fn simulate(self, folder: &Path, top: &str, files: &[String]) -> Result<String, ToolError> {
        let mut command = Command::new(TOOL.program);
        command.current_dir(folder);
        command.args(["-g2005", "-s", top, "-o", "design.vvp"]);
        run(command.args(files))?;
        run(Command::new("vvp")
            .current_dir(folder)
            .args(["-n", "design.vvp"]))
    }
}
