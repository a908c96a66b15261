//! `tcpu prove`: what is proven of the Verilog.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tcpu_prove::{proofs as all, prove as run, try_fault, Method, Outcome, Proof, Verdict};

use crate::error::Error;
use crate::output::say;

#[derive(Args)]
pub struct ProveArgs {
    /// Only these proofs (all that begin so).
    names: Vec<String>,
    /// List the proofs.
    #[arg(long)]
    list: bool,
    /// Where waveforms of counterexamples go.
    #[arg(long, default_value = "waves")]
    waves: PathBuf,
    /// Do not check that each proof finds a fault that is put into its Verilog.
    #[arg(long)]
    no_faults: bool,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// What one proof came to.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    claim: &'static str,
    /// `induction` or `bounded`, and over or to how many cycles.
    method: &'static str,
    cycles: usize,
    proven: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    counterexample: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wave: Option<PathBuf>,
    /// It found the fault that was put in.
    #[serde(skip_serializing_if = "Option::is_none")]
    finds_fault: Option<bool>,
    seconds: f64,
}

/// Carries out the proofs, a line each.
///
/// # Errors
/// Names that are no proof's, tools that are not there, or a proof that fails.
pub fn prove(args: &ProveArgs) -> Result<(), Error> {
    let wanted = |proof: &&Proof| {
        let named = |name: &String| proof.name.starts_with(name.as_str());
        args.names.is_empty() || args.names.iter().any(named)
    };
    let proofs: Vec<&Proof> = all().filter(wanted).collect();
    let unknown = args.names.iter().find(|name| {
        let called = |proof: &&Proof| proof.name.starts_with(name.as_str());
        !proofs.iter().any(called)
    });
    if let Some(name) = unknown {
        return Err(Error::NoProof(name.clone()));
    }
    if args.list {
        for proof in proofs {
            say(&format!("{:<12}  {}", proof.name, proof.claim));
        }
        return Ok(());
    }
    let mut rows = Vec::new();
    for proof in proofs {
        let row = row(proof, args)?;
        if !args.json {
            say(&line(&row));
        }
        rows.push(row);
    }
    if args.json {
        say(&serde_json::to_string_pretty(&rows).unwrap_or_default());
    }
    let failed = rows
        .iter()
        .filter(|row| !row.proven || row.finds_fault == Some(false));
    let failed: Vec<&str> = failed.map(|row| row.name).collect();
    match failed.is_empty() {
        true => Ok(()),
        false => Err(Error::NotProven(failed.join(", "))),
    }
}

fn row(proof: &Proof, args: &ProveArgs) -> Result<Row, Error> {
    let Outcome { verdict, time } = run(proof, &args.waves)?;
    let finds_fault = match args.no_faults {
        true => None,
        false => Some(try_fault(proof)?.verdict != Verdict::Proven),
    };
    let (method, cycles) = match proof.method {
        Method::Induction(cycles) => ("induction", cycles),
        Method::Bounded(cycles) => ("bounded", cycles),
    };
    let (proven, counterexample, wave) = match verdict {
        Verdict::Proven => (true, None, None),
        Verdict::Failed { what, wave } => (false, Some(what), wave),
    };
    Ok(Row {
        name: proof.name,
        claim: proof.claim,
        method,
        cycles,
        proven,
        counterexample,
        wave,
        finds_fault,
        seconds: time.as_secs_f64(),
    })
}

fn line(row: &Row) -> String {
    let method = match row.method {
        "induction" => "by induction".to_string(),
        _ => format!("to cycle {}", row.cycles),
    };
    let verdict = match row.proven {
        true => "proven",
        false => "FAILED",
    };
    let fault = match row.finds_fault {
        Some(true) => "  fault found",
        Some(false) => "  FAULT NOT FOUND",
        None => "",
    };
    let mut line = format!(
        "{:<12}  {verdict}  {method:<12}  {:>6.1} s{fault}  {}",
        row.name, row.seconds, row.claim
    );
    if let Some(what) = &row.counterexample {
        line.push_str(&format!("\n              {what}"));
    }
    if let Some(wave) = &row.wave {
        line.push_str(&format!("\n              gtkwave {}", wave.display()));
    }
    line
}
