//! Emitted Verilog as a simulator for cocotb: a test in Python, with bus models of others, drives its ports.
//!
//! ```text
//! modules ──Verilator──> C++ ─┐
//!      cocotb's main program ─┼─ one compiler call ──> simulator ──loads──> Python ──> test
//!         Verilator's runtime ┘
//! ```
//!
//! The simulator is cached by the content of everything that it is made from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::design::{write, Module};
use crate::tools::{self, Cocotb, ToolError, Verilator};

/// What Verilator is told: the names that cocotb's main program has, and an interface for it.
const VERILATOR: [&str; 9] = [
    "--cc",
    "--vpi",
    "-Wno-fatal",
    "-O3",
    "--no-timing",
    "--prefix",
    "Vtop",
    "--Mdir",
    ".",
];

/// What the C++ compiler is told: runs are short, so it need not optimise. The libraries that it is linked with
/// call back.
const COMPILER: [&str; 6] = ["-std=c++20", "-O0", "-w", "-pthread", "-rdynamic", "-ldl"];

/// Verilator's runtime.
const RUNTIME: [&str; 3] = ["verilated", "verilated_threads", "verilated_vpi"];

const PROGRAM: &str = "simulator";

/// A simulator of a design, ready to be driven.
pub struct Simulator {
    cocotb: Cocotb,
    program: PathBuf,
    top: String,
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> ToolError + '_ {
    move |error| ToolError::File {
        path: path.to_path_buf(),
        error,
    }
}

impl Simulator {
    /// The simulator of a design, whose top is the first module. Its first use builds it, which takes a while.
    ///
    /// # Errors
    /// Tools that are not there or refuse their input.
    pub fn new(modules: &[Module]) -> Result<Simulator, ToolError> {
        let (cocotb, verilator) = (Cocotb::find()?, Verilator::find()?);
        let compiler = tools::compiler();
        let top = modules.first().map_or("", |top| &top.name);
        // Only the top's ports are to be seen.
        let seen = format!("`verilator_config\npublic_flat_rw -module \"{top}\" -var \"*\"\n");
        let main = fs::read_to_string(&cocotb.main).map_err(file_error(&cocotb.main))?;
        let place = cocotb.libraries.to_string_lossy();
        let mut hash = Sha256::new();
        let parts = modules.iter().map(|module| module.text.as_str());
        let fixed = [&seen, &main, place.as_ref(), &compiler, Verilator::VERSION];
        for part in parts.chain(fixed).chain(VERILATOR).chain(COMPILER) {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        let name = format!("simulators/{:x}", hash.finalize());
        let folder = tools::once(&name, |folder| {
            eprintln!("tcpu: building the simulator of {top} for cocotb, once");
            let files = write(modules, folder)?;
            let config = folder.join("seen.vlt");
            fs::write(&config, &seen).map_err(file_error(&config))?;
            let mut arguments = VERILATOR.to_vec();
            arguments.extend(["--top-module", top, "seen.vlt"]);
            arguments.extend(files.iter().map(String::as_str));
            verilator.run(folder, &arguments)?;
            compile(folder, &compiler, &verilator, &cocotb)
        })?;
        Ok(Simulator {
            cocotb,
            program: folder.join(PROGRAM),
            top: top.to_string(),
        })
    }

    /// Plays the tests of a Python file in a folder, with these variables.
    ///
    /// # Errors
    /// A test that fails, with everything that was said.
    pub fn play(
        &self,
        tests: &Path,
        folder: &Path,
        variables: &[(&str, &Path)],
    ) -> Result<(), ToolError> {
        let mut command = self.cocotb.play(&self.program, &self.top, tests);
        command.current_dir(folder).envs(variables.iter().copied());
        let said = tools::run(&mut command)?;
        let path = folder.join("results.xml");
        let results = fs::read_to_string(&path).map_err(file_error(&path))?;
        let failed = ["<failure", "<error", "<skipped"];
        match results.contains("<testcase") && !failed.iter().any(|f| results.contains(f)) {
            true => Ok(()),
            false => Err(ToolError::Failed {
                command: tools::spelled(&command),
                output: said,
            }),
        }
    }
}

/// One call of the compiler for everything.
fn compile(
    folder: &Path,
    compiler: &str,
    verilator: &Verilator,
    cocotb: &Cocotb,
) -> Result<(), ToolError> {
    let mut sources = Vec::new();
    for entry in fs::read_dir(folder).map_err(file_error(folder))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            sources.push(name);
        }
    }
    sources.sort();
    // As one source: most of the time goes into reading the same headers.
    let all: String = sources
        .iter()
        .map(|name| format!("#include \"{name}\"\n"))
        .collect();
    let path = folder.join("all.cpp");
    fs::write(&path, all).map_err(file_error(&path))?;
    let include = verilator.include();
    let mut command = Command::new(compiler);
    command
        .current_dir(folder)
        .arg("-I.")
        .arg("-I")
        .arg(&include);
    command.arg("-I").arg(include.join("vltstd"));
    command.arg("all.cpp").arg(&cocotb.main);
    command.args(RUNTIME.map(|name| include.join(format!("{name}.cpp"))));
    command.args(COMPILER).args(["-o", PROGRAM]);
    command.arg("-L").arg(&cocotb.libraries);
    command.arg(format!("-Wl,-rpath,{}", cocotb.libraries.display()));
    tools::run(command.arg("-lcocotbvpi_verilator")).map(|_| ())
}
