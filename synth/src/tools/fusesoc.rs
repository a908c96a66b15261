//! FuseSoC, which puts cores together.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{run, Package, ToolError, Verilator};

/// With the package that knows how to call tools, whose version it leaves open.
const PACKAGE: Package = Package {
    name: "fusesoc",
    version: "2.4.7",
};
const EDALIZE: [&str; 1] = ["edalize==0.6.8"];

pub(super) const TOOL: Tool = Tool {
    program: "fusesoc",
    purpose: "reads tcpu.core, in the tests",
    ask: &[],
    version: "",
    source: Source::Module(PACKAGE),
};

/// A FuseSoC of the pinned version, in a virtual environment.
#[derive(Clone, Debug)]
pub struct Fusesoc {
    program: PathBuf,
}

impl Fusesoc {
    /// The package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn find() -> Result<Fusesoc, ToolError> {
        let program = PACKAGE.installed_with(&EDALIZE)?.join("bin/fusesoc");
        Ok(Fusesoc { program })
    }

    /// Runs the target `lint` of a core that is somewhere below a folder, with this Verilator; what was said. FuseSoC
    /// works in that folder, too.
    ///
    /// # Errors
    /// Whatever it says is wrong.
    pub fn lint(
        &self,
        folder: &Path,
        core: &str,
        verilator: &Verilator,
    ) -> Result<String, ToolError> {
        let mut command = Command::new(&self.program);
        verilator.called_by(&mut command, folder)?;
        run(command.current_dir(folder).args([
            "--cores-root",
            ".",
            "run",
            "--target",
            "lint",
            core,
        ]))
    }
}
