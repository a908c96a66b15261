//! What is there of the tools, and how the rest would be got.
//!
//! One table names all tools, those that come by themselves and those that a hand must install.

use std::path::PathBuf;
use std::process::Command;

use super::{
    cocotb, fusesoc, icarus, litex, nextpnr, run, verilator, yices, yosys, Package, ToolError,
};

/// A tool of others.
#[derive(Clone, Copy, Debug)]
pub struct Tool {
    /// As it is called on PATH, or in Python.
    pub(super) program: &'static str,
    /// What is done with it.
    pub(super) purpose: &'static str,
    /// What makes it tell its version.
    pub(super) ask: &'static [&'static str],
    /// How the answer of the right version begins.
    pub(super) version: &'static str,
    pub(super) source: Source,
}

/// Where a tool comes from if it is not on PATH.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// It is installed into the cache on first use.
    Package(Package),
    /// The same, for a module of Python's, which is not looked for on PATH.
    Module(Package),
    /// Somebody installs it; `needed`: much does not work without.
    Hand { how: &'static str, needed: bool },
}

const PYTHON: Tool = Tool {
    program: "python3",
    purpose: "installs the tools that are packages",
    ask: &[
        "-c",
        "import ensurepip, sys, venv; print('Python', sys.version.split()[0])",
    ],
    version: "Python 3",
    source: Source::Hand {
        how: "install Python 3 with pip and venv",
        needed: true,
    },
};

const COMPILER: Tool = Tool {
    program: "c++",
    purpose: "compiles Verilated models",
    ask: &["--version"],
    version: "",
    source: Source::Hand {
        how: "install a C++ compiler, or name one in CXX",
        needed: true,
    },
};

const LOADER: Tool = Tool {
    program: "openFPGALoader",
    purpose: "tcpu flash",
    ask: &["--Version"],
    version: "",
    source: Source::Hand {
        how: "install openFPGALoader",
        needed: false,
    },
};

/// All tools, in the order in which they are shown.
const TOOLS: &[Tool] = &[
    PYTHON,
    COMPILER,
    verilator::TOOL,
    yosys::TOOL,
    yices::TOOL,
    nextpnr::ECP5,
    nextpnr::ICE40,
    nextpnr::GOWIN,
    icarus::TOOL,
    cocotb::TOOL,
    litex::TOOL,
    fusesoc::TOOL,
    LOADER,
];

/// Where a tool is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// On PATH, of the right version.
    Path { version: String },
    /// In the cache.
    Cache { version: String, folder: PathBuf },
    /// It would be installed into the cache on first use.
    Comes { package: String, folder: PathBuf },
    /// Somebody would have to install it; `needed`: much does not work without.
    Missing { how: String, needed: bool },
}

/// What was found of one tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub tool: &'static str,
    pub purpose: &'static str,
    pub state: State,
}

impl Tool {
    /// What the program on PATH says of its version, if it is the right one.
    pub(super) fn on_path(&self) -> Option<String> {
        let said = run(Command::new(self.called()).args(self.ask)).ok()?;
        let version = said.lines().find(|line| !line.trim().is_empty())?;
        version
            .starts_with(self.version)
            .then(|| version.trim().to_string())
    }

    /// The folder with the program, if it is not on PATH in the right version and comes by itself; installed on
    /// first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub(super) fn folder(&self) -> Result<Option<PathBuf>, ToolError> {
        match (self.on_path(), self.source) {
            (None, Source::Package(package)) => Ok(Some(package.installed()?.join("bin"))),
            _ => Ok(None),
        }
    }

    /// The user may call the compiler something else.
    fn called(&self) -> String {
        match self.program {
            "c++" => super::compiler(),
            program => program.to_string(),
        }
    }

    fn finding(&self) -> Result<Finding, ToolError> {
        let there = match self.source {
            Source::Module(_) => None,
            _ => self.on_path(),
        };
        let state = match (there, self.source) {
            (Some(version), _) => State::Path { version },
            (None, Source::Hand { how, needed }) => State::Missing {
                how: how.to_string(),
                needed,
            },
            (None, Source::Package(package) | Source::Module(package)) => {
                let folder = package.folder()?;
                let Package { name, version } = package;
                match package.is_installed()? {
                    true => State::Cache {
                        version: format!("{name} {version}"),
                        folder,
                    },
                    false => State::Comes {
                        package: format!("{name} {version}"),
                        folder,
                    },
                }
            }
        };
        Ok(Finding {
            tool: self.program,
            purpose: self.purpose,
            state,
        })
    }
}

/// Looks for every tool; installs nothing.
///
/// # Errors
/// No environment variable says where the cache is.
pub fn checkup() -> Result<Vec<Finding>, ToolError> {
    TOOLS.iter().map(Tool::finding).collect()
}
