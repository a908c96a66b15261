//! A proof, carried out.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tcpu_isa::Config;
use tcpu_synth::tools::{Answer, ToolError, Yosys};
use tcpu_synth::{write, EmitError, Module};
use thiserror::Error;

use crate::blocks::TOP;
use crate::table::{Method, Proof};

/// Why a proof was not carried out.
#[derive(Debug, Error)]
pub enum ProveError {
    #[error(transparent)]
    Tool(#[from] ToolError),
    #[error(transparent)]
    Emit(#[from] EmitError),
    #[error(transparent)]
    Config(#[from] tcpu_isa::ConfigError),
    #[error("{0}: its Verilog has no place for the fault that tests it; give it another")]
    NoFault(&'static str),
    #[error("{}: {error}", path.display())]
    File {
        path: PathBuf,
        error: std::io::Error,
    },
}

/// What a proof came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It holds, for all times or to the depth of its method.
    Proven,
    /// It does not: what was found, and the waveform, if there is one.
    Failed { what: String, wave: Option<PathBuf> },
}

/// A verdict, and how long it took.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub verdict: Verdict,
    pub time: Duration,
}

/// From Verilog to what the solver reads. Memories become registers that begin with anything, unless the
/// design says with what.
const PREPARE: &str =
    "proc; flatten; opt; memory -nomap; memory_map -formal; opt; async2sync; dffunmap; \
                       opt_clean; write_smt2 -wires uut.smt2";

/// Proves a property. A counterexample is written
/// into the folder `waves`, called as the proof.
///
/// # Errors
/// Tools that are not there, or a property or block that they do not read.
pub fn prove(proof: &Proof, waves: &Path) -> Result<Outcome, ProveError> {
    let config = Proof::config()?;
    outcome(proof, &proof.modules(&config)?, &config, waves)
}

/// Tries the same with a fault in the Verilog, which the property must find.
///
/// # Errors
/// As [`prove`], or Verilog that has no place for the fault any more.
pub fn try_fault(proof: &Proof) -> Result<Outcome, ProveError> {
    let config = Proof::config()?;
    let modules = proof.faulty(&config)?;
    let modules = modules.ok_or(ProveError::NoFault(proof.name))?;
    let waves = scratch()?;
    outcome(proof, &modules, &config, waves.path())
}

fn scratch() -> Result<tempfile::TempDir, ProveError> {
    tempfile::tempdir().map_err(|error| ProveError::File {
        path: std::env::temp_dir(),
        error,
    })
}

fn outcome(
    proof: &Proof,
    modules: &[Module],
    config: &Config,
    waves: &Path,
) -> Result<Outcome, ProveError> {
    let yosys = Yosys::find()?;
    let start = Instant::now();
    let folder = scratch()?;
    prepare(proof, modules, config, &yosys, folder.path())?;
    let verdict = checks(proof, &yosys, folder.path(), waves)?;
    Ok(Outcome {
        verdict,
        time: start.elapsed(),
    })
}

fn prepare(
    proof: &Proof,
    modules: &[Module],
    config: &Config,
    yosys: &Yosys,
    folder: &Path,
) -> Result<(), ProveError> {
    let mut modules = modules.to_vec();
    proof.put_into(&mut modules, config);
    let files = write(&modules, folder)?.join(" ");
    let cuts: String = proof
        .cut
        .iter()
        .map(|part| match part.rsplit_once('/') {
            None => format!("cutpoint {TOP}/{part}; "),
            Some((inside, part)) => {
                format!("cutpoint {TOP}_{}/{part}; ", inside.replace('/', "_"))
            }
        })
        .collect();
    let script = format!(
        "read_verilog -noautowire -formal {files}; hierarchy -check -top {TOP}; {cuts}{PREPARE}"
    );
    yosys.run(folder, &script, false)?;
    Ok(())
}

/// All that must hold: the assertions from power-up on, the induction, the covers.
fn checks(
    proof: &Proof,
    yosys: &Yosys,
    folder: &Path,
    waves: &Path,
) -> Result<Verdict, ProveError> {
    let ask = |mode: &[&str], depth: usize| {
        let depth = depth.to_string();
        let mut arguments = mode.to_vec();
        arguments.extend(["-t", &depth, "--dump-vcd", WAVE, "uut.smt2"]);
        yosys.smtbmc(folder, &arguments)
    };
    let (depth, induction) = match proof.method {
        Method::Induction(depth) => (depth, true),
        Method::Bounded(depth) => (depth, false),
    };
    let bounded = ask(&["--presat"], depth)?;
    if !bounded.passed {
        return failed(proof, &bounded, folder, waves);
    }
    if induction {
        let step = ask(&["-i"], depth)?;
        if !step.passed {
            return failed(proof, &step, folder, waves);
        }
    }
    let covers = ask(&["-c"], proof.covers)?;
    match covers.passed {
        true => Ok(Verdict::Proven),
        false => Ok(Verdict::Failed {
            what: format!("cannot happen: {}", line(&covers, "Unreached cover")),
            wave: None,
        }),
    }
}

const WAVE: &str = "wave.vcd";

fn failed(
    proof: &Proof,
    answer: &Answer,
    folder: &Path,
    waves: &Path,
) -> Result<Verdict, ProveError> {
    let wave = waves.join(format!("{}.vcd", proof.name));
    fs::create_dir_all(waves).map_err(|error| ProveError::File {
        path: waves.to_path_buf(),
        error,
    })?;
    let found = folder.join(WAVE);
    let wave = match found.exists() {
        true => {
            fs::copy(&found, &wave).map_err(|error| ProveError::File {
                path: wave.clone(),
                error,
            })?;
            Some(wave)
        }
        false => None,
    };
    Ok(Verdict::Failed {
        what: line(answer, "Assert failed in"),
        wave,
    })
}

/// The first line of an answer that says this, from there on.
fn line(answer: &Answer, what: &str) -> String {
    let mut lines = answer.said.lines();
    let found = lines.find_map(|line| line.find(what).map(|at| line[at..].trim()));
    found.unwrap_or("no reason was given").to_string()
}
