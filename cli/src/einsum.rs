//! `tcpu einsum`: from .npy to .npy.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tcpu_compiler::{compile, Options};
use tcpu_isa::{requant, Config, OutType};

use crate::engine::{self, Engine, Extras};
use crate::error::Error;
use crate::npy::{self, Operand};
use crate::output::Sink;
use crate::{report, timeline, MemoryArgs};

#[derive(Args)]
pub struct EinsumArgs {
    /// The expression, in NumPy's notation; "b (h+r) c, r c k -> b h k" for sums of indices.
    expr: String,
    /// Operands: int8 .npy files.
    #[arg(required = true)]
    operands: Vec<PathBuf>,
    /// Where the result goes (.npy).
    #[arg(short, long)]
    output: PathBuf,
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    types: TypeArgs,
    #[command(flatten)]
    run: EngineArgs,
}

/// Types of operands and result.
#[derive(Args)]
pub struct TypeArgs {
    /// Type of the result.
    #[arg(long, value_enum, default_value_t = OutArg::I32)]
    out_type: OutArg,
    /// Operands, counted from 0, whose values are int4 (-8 to 7); the others are int8.
    #[arg(long, value_delimiter = ',', value_name = "OPERAND")]
    int4: Vec<usize>,
    /// Factor for the result before it is rounded, in [2^-47, 65535].
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
}

/// What runs the program, and what it leaves behind.
#[derive(Args)]
pub struct EngineArgs {
    /// What runs the program: golden (the software model), rtl (the hardware under simulation), verilator
    /// (its Verilog under simulation: faster), or board:PORT (a board behind a serial port).
    #[arg(long, default_value = "rtl")]
    pub engine: Engine,
    /// Bits per second on the line to a board.
    #[arg(long, default_value_t = 3_000_000)]
    baud: u32,
    /// Write a waveform of the RTL here (.vcd).
    #[arg(long)]
    trace: Option<PathBuf>,
    /// Write what each unit did when here (Chrome trace JSON, for Perfetto).
    #[arg(long)]
    timeline: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
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

impl TypeArgs {
    /// What to compile for, with so many operands.
    pub fn options(
        &self,
        preset: &str,
        memory: &MemoryArgs,
        operands: usize,
    ) -> Result<Options, Error> {
        let config = Config::preset(preset)?;
        let memory = memory.for_build(&config)?;
        let (mult, shift) = quantise(self.scale)?;
        if let Some(&operand) = self.int4.iter().find(|&&i| i >= operands) {
            return Err(Error::Int4 { operand, operands });
        }
        Ok(Options {
            config,
            memory,
            out: self.out_type.into(),
            mult,
            shift,
            int4: (0..operands).map(|i| self.int4.contains(&i)).collect(),
        })
    }
}

impl EngineArgs {
    /// What the run shall leave behind, and where its timeline goes.
    pub fn extras(&self) -> Result<(Extras, Option<Sink>), Error> {
        let sink = self.timeline.as_deref().map(Sink::create).transpose()?;
        let extras = Extras {
            trace: self.trace.clone(),
            timeline: sink.is_some(),
            baud: self.baud,
        };
        Ok((extras, sink))
    }
}

/// The multiplier and shift nearest to a factor; the multiplier has 16 bits.
fn quantise(scale: f64) -> Result<(u16, u8), Error> {
    let smallest = 0.5f64.powi(i32::from(requant::MAX_SHIFT));
    if !(smallest..=f64::from(u16::MAX)).contains(&scale) {
        return Err(Error::Scale(scale));
    }
    let fits = |shift: &u8| (scale * 2f64.powi(i32::from(*shift))).round() <= f64::from(u16::MAX);
    let mut shift = (0..=requant::MAX_SHIFT).rev().find(fits).unwrap_or(0);
    let mut mult = (scale * 2f64.powi(i32::from(shift))).round() as u16;
    while mult % 2 == 0 && shift > 0 {
        mult /= 2;
        shift -= 1;
    }
    Ok((mult, shift))
}

/// Reads, compiles, runs, writes, reports.
///
/// # Errors
/// Anything that is wrong with the input; nothing is written then.
pub fn einsum(args: &EinsumArgs) -> Result<(), Error> {
    let options = args
        .types
        .options(&args.preset, &args.memory, args.operands.len())?;
    let memory = options.memory;
    let operands = args.operands.iter().map(|p| Operand::read(p));
    let operands = operands.collect::<Result<Vec<_>, _>>()?;
    let sink = Sink::create(&args.output)?;
    let (extras, timeline_sink) = args.run.extras()?;
    let shapes: Vec<Vec<usize>> = operands.iter().map(|o| o.shape.clone()).collect();
    let compiled = compile(&args.expr, &shapes, &options)?;
    let program = &compiled.program;
    let bytes: Vec<&[u8]> = operands.iter().map(|o| o.bytes.as_slice()).collect();
    let image = program.image(&bytes)?;
    let run = engine::run(&args.run.engine, program, memory, image, extras)?;
    npy::write(
        sink,
        &program.output,
        program.output.of(&run.memory).unwrap_or_default(),
    )?;
    if let Some(sink) = timeline_sink {
        timeline::write(sink, program, &run.timeline)?;
    }
    report::einsum(&compiled, memory, &args.run.engine, &run, args.run.json);
    Ok(())
}
