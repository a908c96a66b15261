//! The compiler: einsum notation in, commands for the machine out.
//!
//! ```text
//! "ij,jk->ik" ─ einsum ─> Contraction ─> Problem ─ search ─> Plan ─ emit ─> commands
//!  + shapes     (front end)  (affine)    (axes,       ^                │
//!                                         strides)    └──── cycles <───┘  (exact cycle model)
//! ```

pub mod cycles;
pub mod einsum;
pub mod emit;
pub mod plan;
pub mod problem;
pub mod region;
pub mod schedule;
pub mod search;

use thiserror::Error;

use tcpu_isa::program::{Prediction, Program, Tensor, MAX_MEMORY};
use tcpu_isa::{Config, MemoryTiming, OutType};

use einsum::{Contraction, EinsumError};
use problem::Problem;

/// What to compile for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    pub config: Config,
    pub memory: MemoryTiming,
    /// Type of the result.
    pub out: OutType,
    /// Requantisation of the result (see [`tcpu_isa::requant`]); 1 and 0 leave it as it is.
    pub mult: u16,
    pub shift: u8,
}

/// Why an expression has no program.
#[derive(Debug, Error)]
pub enum CompileError {
    #[error(transparent)]
    Einsum(#[from] EinsumError),
    /// i32 accumulators could overflow.
    #[error(
        "each result adds up {depth} products; more than {max} int8 products can overflow the \
         machine's 32-bit accumulators"
    )]
    Depth { depth: u64, max: u64 },
    /// External memory is addressed with 32 bits.
    #[error("the tensors need {bytes} bytes of external memory; the machine can address {max}")]
    TooLarge { bytes: u64, max: u64 },
    /// The machine contracts two operands; more are not supported yet.
    #[error("{0} operands: the machine contracts one or two operands")]
    Operands(usize),
    /// No mapping fits.
    #[error("preset {preset} has no room for any mapping of this contraction")]
    NoMapping { preset: String },
}

/// Products of two int8 values that always fit a 32-bit accumulator.
pub const MAX_DEPTH: u64 = (i32::MAX as u64) / (128 * 128);
/// Tensors start at multiples of this many bytes.
const ALIGN: u64 = 64;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub program: Program,
    pub contraction: Contraction,
    pub problem: Problem,
    /// The parts in which the problem is run, each with its mapping.
    pub parts: Vec<emit::Part>,
    pub cycles: cycles::Cycles,
}

impl Compiled {
    /// Bytes that any machine must move: each operand read once, the result written once.
    pub fn compulsory_bytes(&self) -> u64 {
        let tensors = self.program.inputs.iter().chain([&self.program.output]);
        tensors.map(|t| t.bytes() as u64).sum()
    }

    /// Where the axes sit, for people: a line for each part.
    pub fn mapping(&self) -> Vec<String> {
        let lines = self
            .parts
            .iter()
            .map(|(problem, plan)| plan.describe(problem));
        lines.collect()
    }

    /// Cycles below which no machine with these multipliers and this memory can be:
    /// `max(multiplies / multipliers, compulsory bytes / width)`.
    pub fn roofline(&self, memory: MemoryTiming) -> f64 {
        let compute = self.problem.macs() as f64 / self.program.config.multipliers() as f64;
        compute.max(self.compulsory_bytes() as f64 / memory.width as f64)
    }
}

/// Compiles an expression for operands of these shapes.
pub fn compile(
    expr: &str,
    shapes: &[Vec<usize>],
    options: &Options,
) -> Result<Compiled, CompileError> {
    let contraction = einsum::parse(expr)?.resolve(shapes)?;
    if contraction.operands.len() > 2 {
        return Err(CompileError::Operands(contraction.operands.len()));
    }
    let mut problem = Problem::new(&contraction, options.out, options.mult, options.shift);
    let depth = problem.depth();
    if depth > MAX_DEPTH {
        return Err(CompileError::Depth {
            depth,
            max: MAX_DEPTH,
        });
    }
    let config = &options.config;
    let mut memory = Memory::default();
    let mut inputs = Vec::new();
    for (i, shape) in contraction.operand_shapes.iter().enumerate() {
        let ext = memory.place(shape, 1)?;
        problem.operand_ext[i] = ext + contraction.operands[i].offset as u32;
        let name = format!("operand{i}");
        inputs.push(Tensor {
            name,
            dtype: OutType::I8,
            shape: shape.clone(),
            ext,
        });
    }
    let mut data = Vec::new();
    if inputs.len() == 1 {
        // A contraction of one operand multiplies it with one.
        let ext = memory.place(&[1], 1)?;
        problem.operand_ext[1] = ext;
        data.push((ext, vec![1]));
    }
    let shape = contraction.output_shape.clone();
    let ext = memory.place(&shape, options.out.bytes())?;
    problem.output_ext = ext;
    let output = Tensor {
        name: "result".to_string(),
        dtype: options.out,
        shape,
        ext,
    };
    let tensors = inputs.iter().chain([&output]);
    let bytes: u64 = tensors.map(|t| t.bytes() as u64).sum();
    let floor =
        (problem.macs() / config.multipliers() as u64).max(bytes / options.memory.width as u64);
    let found = search::search(config, options.memory, &problem, floor).ok_or_else(|| {
        CompileError::NoMapping {
            preset: config.name.clone(),
        }
    })?;
    let predicted = Prediction {
        memory: options.memory,
        cycles: found.cycles.total,
    };
    let program = Program {
        config: config.clone(),
        inputs,
        output,
        data,
        memory_bytes: memory.bytes,
        commands: found.commands,
        predicted: Some(predicted),
        source: expr.to_string(),
    };
    Ok(Compiled {
        program,
        contraction,
        problem,
        parts: found.parts,
        cycles: found.cycles,
    })
}

/// Places tensors in external memory, one after the other.
#[derive(Default)]
struct Memory {
    bytes: u64,
}

impl Memory {
    fn place(&mut self, shape: &[usize], element: usize) -> Result<u32, CompileError> {
        let start = self.bytes;
        let bytes = shape
            .iter()
            .try_fold(element as u64, |n, &d| n.checked_mul(d as u64));
        let end = bytes.and_then(|n| start.checked_add(n)).unwrap_or(u64::MAX);
        if end > MAX_MEMORY {
            return Err(CompileError::TooLarge {
                bytes: end,
                max: MAX_MEMORY,
            });
        }
        self.bytes = end.next_multiple_of(ALIGN);
        Ok(start as u32)
    }
}
