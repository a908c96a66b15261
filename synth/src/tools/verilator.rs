//! Verilator.

use std::path::Path;
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{run, Package, ToolError};

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
