//! cocotb, with the bus models of cocotbext-axi.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{run, Package, ToolError};

/// The bus models; they come with whatever cocotb there is, so that is named, too.
const PACKAGE: Package = Package {
    name: "cocotbext-axi",
    version: "0.1.28",
};
const COCOTB: [&str; 2] = ["cocotb==2.1.0", "cocotb-bus==0.3.0"];

pub(super) const TOOL: Tool = Tool {
    program: "cocotb",
    purpose: "bus models, in the tests",
    ask: &[],
    version: "",
    source: Source::Module(PACKAGE),
};

/// A cocotb of the pinned version, in a virtual environment with the bus models.
#[derive(Clone, Debug)]
pub struct Cocotb {
    python: PathBuf,
    /// Libraries that a simulator is linked with, and the source of Verilator's main program.
    pub libraries: PathBuf,
    pub main: PathBuf,
    /// What the simulator loads: Python itself, and cocotb's entry point.
    users: String,
}

impl Cocotb {
    /// The package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache, or a Python without its shared library.
    pub fn find() -> Result<Cocotb, ToolError> {
        let python = PACKAGE.installed_with(&COCOTB)?.join("bin/python");
        let ask = |module: &str, what: &[&str]| {
            run(Command::new(&python).args(["-m", module]).args(what))
        };
        let config = |what| ask("cocotb_tools.config", &[what]);
        let libpython = config("--libpython")?;
        if !Path::new(&libpython).is_file() {
            return Err(ToolError::Answer {
                command: format!("{} -m cocotb_tools.config --libpython", python.display()),
                what: format!("{libpython:?}; install the shared library of Python 3"),
            });
        }
        let entry = config("--pygpi-entry-point")?;
        let share = PathBuf::from(config("--share")?);
        Ok(Cocotb {
            libraries: config("--lib-dir")?.into(),
            main: share.join("lib/verilator/verilator.cpp"),
            users: format!("{libpython};{entry}"),
            python,
        })
    }

    /// A command that plays the tests of a Python file on a simulator of a design whose top is called `top`. It
    /// writes what came of them into the file `results.xml` of the folder in which it runs.
    pub fn play(&self, simulator: &Path, top: &str, tests: &Path) -> Command {
        let mut command = Command::new(simulator);
        command
            .env("GPI_USERS", &self.users)
            .env("PYGPI_PYTHON_BIN", &self.python)
            .env("PYTHONPATH", tests.parent().unwrap_or(Path::new(".")))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // What the models say of themselves and of other versions of cocotb.
            .env("PYTHONWARNINGS", "ignore")
            .env("COCOTB_LOG_LEVEL", "WARNING")
            .env("COCOTB_TOPLEVEL", top)
            .env("COCOTB_TEST_MODULES", tests.file_stem().unwrap_or_default())
            .env("COCOTB_TRUST_INERTIAL_WRITES", "1")
            .env("TOPLEVEL_LANG", "verilog");
        command
    }
}
