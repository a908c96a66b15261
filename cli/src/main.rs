//! `tcpu`: einsums on the open Tensor Contraction Processor.

mod bench;
mod engine;
mod error;
mod npy;
mod report;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tcpu_compiler::{compile, Compiled, Options};
use tcpu_isa::{Config, MemoryTiming, OutType};

use engine::Engine;
use error::Error;
use npy::Operand;

/// The open Tensor Contraction Processor: compiles einsums and runs them.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run an einsum on int8 .npy files.
    Einsum(EinsumArgs),
    /// Cycles of well-known contractions against the roofline.
    Bench(bench::BenchArgs),
}

/// What machine to use.
#[derive(Args)]
pub struct MachineArgs {
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    /// Cycles from a memory request to its first data.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(2..=4096))]
    mem_latency: u16,
    /// Bytes per cycle of the external memory: a power of two, at most the preset's flit.
    #[arg(long)]
    mem_width: Option<usize>,
}

impl MachineArgs {
    fn resolve(&self) -> Result<(Config, MemoryTiming), Error> {
        let config = Config::preset(&self.preset)?;
        let width = self.mem_width.unwrap_or(config.flit);
        if !width.is_power_of_two() || width > config.flit {
            return Err(Error::MemWidth {
                width,
                preset: config.name,
                flit: config.flit,
            });
        }
        Ok((
            config,
            MemoryTiming {
                width,
                latency: usize::from(self.mem_latency),
            },
        ))
    }
}

#[derive(Args)]
struct EinsumArgs {
    /// The expression, in NumPy's notation; "b (h+r) c, r c k -> b h k" for sums of indices.
    expr: String,
    /// Operands: int8 .npy files.
    #[arg(required = true)]
    operands: Vec<PathBuf>,
    /// Where the result goes (.npy).
    #[arg(short, long)]
    output: PathBuf,
    #[command(flatten)]
    machine: MachineArgs,
    /// What runs the program.
    #[arg(long, value_enum, default_value_t = Engine::Rtl)]
    engine: Engine,
    /// Type of the result.
    #[arg(long, value_enum, default_value_t = OutArg::I32)]
    out_type: OutArg,
    /// Factor for the result before it is rounded, in [2^-47, 65535].
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Write a waveform of the RTL here (.vcd).
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum OutArg {
    I8,
    I16,
    I32,
}

impl From<OutArg> for OutType {
    fn from(out: OutArg) -> OutType {
        match out {
            OutArg::I8 => OutType::I8,
            OutArg::I16 => OutType::I16,
            OutArg::I32 => OutType::I32,
        }
    }
}

/// The multiplier and shift nearest to a factor; the multiplier has 16 bits.
fn quantise(scale: f64) -> Result<(u16, u8), Error> {
    let smallest = 0.5f64.powi(i32::from(tcpu_isa::requant::MAX_SHIFT));
    if !(smallest..=f64::from(u16::MAX)).contains(&scale) {
        return Err(Error::Scale(scale));
    }
    let fits = |shift: &u8| (scale * 2f64.powi(i32::from(*shift))).round() <= f64::from(u16::MAX);
    let mut shift = (0..=tcpu_isa::requant::MAX_SHIFT)
        .rev()
        .find(fits)
        .unwrap_or(0);
    let mut mult = (scale * 2f64.powi(i32::from(shift))).round() as u16;
    while mult % 2 == 0 && shift > 0 {
        mult /= 2;
        shift -= 1;
    }
    Ok((mult, shift))
}

fn einsum(args: &EinsumArgs) -> Result<(), Error> {
    let (config, memory) = args.machine.resolve()?;
    let (mult, shift) = quantise(args.scale)?;
    let operands = args
        .operands
        .iter()
        .map(|p| Operand::read(p))
        .collect::<Result<Vec<_>, _>>()?;
    let sink = npy::Sink::create(&args.output)?;
    let shapes: Vec<Vec<usize>> = operands.iter().map(|o| o.shape.clone()).collect();
    let options = Options {
        config,
        memory,
        out: args.out_type.into(),
        mult,
        shift,
    };
    let compiled: Compiled = compile(&args.expr, &shapes, &options)?;
    let bytes: Vec<&[u8]> = operands.iter().map(|o| o.bytes.as_slice()).collect();
    let image = compiled.program.image(&bytes)?;
    let run = engine::run(
        args.engine,
        &compiled.program,
        memory,
        image,
        args.trace.clone(),
    )?;
    let result = compiled.program.output.of(&run.memory).unwrap_or_default();
    sink.write(&compiled.program.output, result)?;
    report::einsum(&compiled, memory, args.engine, &run, args.json);
    Ok(())
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Task::Einsum(args) => einsum(&args),
        Task::Bench(args) => bench::bench(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tcpu: {error}");
            ExitCode::from(2)
        }
    }
}
