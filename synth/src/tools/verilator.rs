//! Verilator.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{file_error, run, Package, ToolError};

const PACKAGE: Package = Package {
    name: "verilator",
    version: "5.48.0",
};

pub(super) const TOOL: Tool = Tool {
    program: "verilator",
    purpose: "--engine verilator, lint, co-simulation",
    ask: &["--version"],
    version: Verilator::VERSION,
    source: Source::Package(PACKAGE),
};

/// A Verilator of the pinned version.
#[derive(Clone, Debug)]
pub struct Verilator {
    program: std::path::PathBuf,
    /// Its run-time sources are here, in `include`.
    root: std::path::PathBuf,
}

impl Verilator {
    /// What a Verilator on PATH calls the pinned version.
    pub const VERSION: &str = "Verilator 5.048";

    /// The one on PATH, if it has the right version; otherwise the package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn find() -> Result<Verilator, ToolError> {
        if TOOL.on_path().is_some() {
            let root = run(Command::new("verilator").args(["--getenv", "VERILATOR_ROOT"]))?;
            return Ok(Verilator {
                program: "verilator".into(),
                root: root.trim().into(),
            });
        }
        let root = PACKAGE.module("verilator")?;
        Ok(Verilator {
            program: root.join("bin/verilator_bin"),
            root,
        })
    }

    /// Where its run-time sources are.
    pub fn include(&self) -> std::path::PathBuf {
        self.root.join("include")
    }

    /// Runs it in a folder.
    ///
    /// # Errors
    /// Whatever Verilator says is wrong, warnings included unless an argument waives them.
    pub fn run(&self, folder: &Path, arguments: &[&str]) -> Result<String, ToolError> {
        let mut command = Command::new(&self.program);
        command.env("VERILATOR_ROOT", &self.root);
        run(command.current_dir(folder).args(arguments))
    }

    /// Lets another program call it, as `verilator`: a copy lies in a folder that is first on that one's PATH.
    pub(super) fn called_by(&self, other: &mut Command, folder: &Path) -> Result<(), ToolError> {
        // A relative one is on PATH already; what the package calls `verilator` is a script that wants Perl.
        if self.program.is_absolute() {
            let copy = folder.join("verilator");
            fs::copy(&self.program, &copy).map_err(file_error(&copy))?;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(folder.to_path_buf()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).map_err(|error| ToolError::Answer {
            command: "PATH".to_string(),
            what: error.to_string(),
        })?;
        other.env("VERILATOR_ROOT", &self.root).env("PATH", path);
        Ok(())
    }

    /// Checks all Verilog files of a folder with every warning that there is.
    ///
    /// # Errors
    /// A warning or error.
    pub fn lint(&self, folder: &Path, top: &str, files: &[String]) -> Result<(), ToolError> {
        let mut arguments = vec!["--lint-only", "-Wall", "--top-module", top];
        arguments.extend(files.iter().map(String::as_str));
        self.run(folder, &arguments).map(|_| ())
    }
}
