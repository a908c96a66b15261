//! `tcpu`: einsums on the open Tensor Contraction Processor.

mod area_chart;
mod bench;
mod bitstream;
mod board_sim;
mod chart;
mod doctor;
mod einsum;
mod engine;
mod error;
mod flash;
mod floorplan;
mod npy;
mod output;
mod program;
mod prove;
mod report;
mod synth;
mod timeline;
mod verilog;

use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tcpu_isa::{Config, MemoryTiming};

use error::Error;

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
    Einsum(einsum::EinsumArgs),
    /// Compile an einsum into a program file.
    Compile(program::CompileArgs),
    /// Run a program file on int8 .npy files.
    Run(program::RunArgs),
    /// Print a program file as text.
    Disasm(program::DisasmArgs),
    /// Write the Verilog of a build, a file per module.
    Verilog(verilog::VerilogArgs),
    /// What a build costs on an FPGA, engine by engine.
    Synth(synth::SynthArgs),
    /// Prove that the Verilog has its properties.
    Prove(prove::ProveArgs),
    /// Which tools of others are there, and how the rest would be got.
    Doctor(doctor::DoctorArgs),
    /// Cycles of well-known contractions against the roofline.
    Bench(bench::BenchArgs),
    /// Make a board's bitstream.
    Bitstream(bitstream::BitstreamArgs),
    /// Load a bitstream into a board.
    Flash(flash::FlashArgs),
    /// A board under simulation, behind a serial device.
    BoardSim(board_sim::BoardSimArgs),
}

/// The external memory.
#[derive(Args)]
pub struct MemoryArgs {
    /// Cycles from a memory request to its first data [default: 20].
    #[arg(long, value_parser = clap::value_parser!(u16).range(2..=4096))]
    mem_latency: Option<u16>,
    /// Bytes per cycle of the external memory: a power of two, at most the preset's flit [default: the flit].
    #[arg(long)]
    mem_width: Option<usize>,
}

impl MemoryArgs {
    /// The memory, with these values where nothing else is said.
    fn or(&self, config: &Config, default: MemoryTiming) -> Result<MemoryTiming, Error> {
        let width = self.mem_width.unwrap_or(default.width);
        if !width.is_power_of_two() || width > config.flit {
            return Err(Error::MemWidth {
                width,
                preset: config.name.clone(),
                flit: config.flit,
            });
        }
        let latency = self.mem_latency.map_or(default.latency, usize::from);
        Ok(MemoryTiming { width, latency })
    }

    fn for_build(&self, config: &Config) -> Result<MemoryTiming, Error> {
        let default = MemoryTiming {
            width: config.flit,
            ..MemoryTiming::default()
        };
        self.or(config, default)
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Task::Einsum(args) => einsum::einsum(&args),
        Task::Compile(args) => program::compile(&args),
        Task::Run(args) => program::run(&args),
        Task::Disasm(args) => program::disasm(&args),
        Task::Verilog(args) => verilog::verilog(&args),
        Task::Synth(args) => synth::synth(&args),
        Task::Prove(args) => prove::prove(&args),
        Task::Doctor(args) => doctor::doctor(&args),
        Task::Bench(args) => bench::bench(&args),
        Task::Bitstream(args) => bitstream::bitstream(&args),
        Task::Flash(args) => flash::flash(&args),
        Task::BoardSim(args) => board_sim::board_sim(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tcpu: {error}");
            ExitCode::from(2)
        }
    }
}
