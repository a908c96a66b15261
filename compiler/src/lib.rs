//! The compiler: einsum notation in, commands for the machine out.
//!
//! ```text
//! "ij,jk->ik" ─ einsum ─> Contraction ─> Problem ─ search ─> Plan ─ emit ─> commands
//!  + shapes     (front end)  (affine)    (axes,       ^                │
//!                                         strides)    └──── cycles <───┘  (exact cycle model)
//! ```

pub mod chain;
pub mod cycles;
pub mod einsum;
pub mod emit;
pub mod order;
pub mod pack;
pub mod plan;
pub mod problem;
pub mod region;
pub mod schedule;
pub mod search;

use thiserror::Error;

use tcpu_isa::program::{Int4, Prediction, Program, Tensor, MAX_MEMORY};
use tcpu_isa::{Config, MemoryTiming, OutType};

use einsum::{Contraction, EinsumError};
use pack::Packing;

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
    /// For each operand: its values are int4, not int8. What the list does not reach is int8.
    pub int4: Vec<bool>,
}

impl Options {
    /// An operand's values are int4.
    pub fn is_int4(&self, operand: usize) -> bool {
        self.int4.get(operand).copied().unwrap_or(false)
    }
}

/// Why an expression has no program.
#[derive(Debug, Error)]
pub enum CompileError {
    #[error(transparent)]
    Einsum(#[from] EinsumError),
    /// i32 accumulators could overflow.
    #[error(
        "each result adds up {depth} products; more than {max} of them can overflow the machine's 32-bit \
         accumulators"
    )]
    Depth { depth: u64, max: u64 },
    /// External memory is addressed with 32 bits.
    #[error("the tensors need {bytes} bytes of external memory; the machine can address {max}")]
    TooLarge { bytes: u64, max: u64 },
    /// i32 accumulators could overflow in a contraction of more than two operands.
    #[error(
        "products and sums of these operands can reach {bound}; what is above {max} can overflow the \
         machine's 32-bit accumulators"
    )]
    Bound { bound: u128, max: u128 },
    /// No mapping fits.
    #[error("preset {preset} has no room for any mapping of this contraction")]
    NoMapping { preset: String },
}

/// Tensors start at multiples of this many bytes.
const ALIGN: u64 = 64;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub program: Program,
    pub contraction: Contraction,
    /// Multiplies of all steps.
    pub macs: u64,
    pub roofline: Roofline,
    /// The parts in which the problem is run, each with its mapping.
    pub parts: Vec<emit::Part>,
    pub cycles: cycles::Cycles,
}

impl Compiled {
    /// Where the axes sit, for people: a line for each part.
    pub fn mapping(&self) -> Vec<String> {
        let lines = self
            .parts
            .iter()
            .map(|(problem, plan)| plan.describe(problem));
        lines.collect()
    }
}

/// Cycles below which no machine with these multipliers and this memory can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roofline {
    /// Multiplies divided by multipliers, or by twice as many where both products of a multiplier are used.
    pub compute: f64,
    /// Each operand read once and the result written once, divided by the memory's width.
    pub memory: f64,
}

impl Roofline {
    /// The higher of the two.
    pub fn cycles(&self) -> f64 {
        self.compute.max(self.memory)
    }
}

/// Compiles an expression for operands of these shapes.
pub fn compile(
    expr: &str,
    shapes: &[Vec<usize>],
    options: &Options,
) -> Result<Compiled, CompileError> {
    let contraction = resolve(expr, shapes)?;
    let config = &options.config;
    let packing = pack::choose(expr, &contraction, options)?;
    let mut memory = Memory::default();
    let mut inputs = Vec::new();
    for (i, shape) in contraction.operand_shapes.iter().enumerate() {
        let packed = packing.as_ref().filter(|packing| packing.operand == i);
        let mut tensor = Tensor {
            name: format!("operand{i}"),
            dtype: OutType::I8,
            shape: shape.clone(),
            ext: 0,
            int4: options.is_int4(i).then_some(Int4::Bytes),
        };
        if let Some(packing) = packed {
            tensor.int4 = Some(Int4::Pairs(packing.dimension));
        }
        tensor.ext = memory.place(&tensor.packed_shape(), 1)?;
        inputs.push(tensor);
    }
    let shape = contraction.output_shape.clone();
    let output = Tensor {
        name: "result".to_string(),
        dtype: options.out,
        ext: memory.place(&shape, options.out.bytes())?,
        shape,
        int4: None,
    };
    let exts: Vec<u32> = inputs.iter().map(|tensor| tensor.ext).collect();
    let steps = if output.elements() == 0 {
        Vec::new()
    } else if contraction.axes.iter().any(|axis| axis.size == 0) {
        vec![chain::zeros(
            &contraction,
            output.ext,
            options,
            &mut memory,
        )?]
    } else {
        chain::problems(
            &contraction,
            packing.as_ref(),
            &exts,
            output.ext,
            options,
            &mut memory,
        )?
    };
    let macs = steps.iter().map(|(_, macs)| macs).sum();
    let peak = |packed: bool| (config.multipliers() * if packed { config.int4 } else { 1 }) as f64;
    let compute = steps
        .iter()
        .map(|(problem, macs)| *macs as f64 / peak(problem.packed.is_some()));
    let compute = compute.sum();
    let problems: Vec<_> = steps.into_iter().map(|(problem, _)| problem).collect();
    let bytes: u64 = inputs
        .iter()
        .chain([&output])
        .map(|t| t.bytes() as u64)
        .sum();
    let roofline = Roofline {
        compute,
        memory: bytes as f64 / options.memory.width as f64,
    };
    let found = search::search(config, options.memory, &problems, roofline.cycles() as u64);
    let found = found.ok_or_else(|| CompileError::NoMapping {
        preset: config.name.clone(),
    })?;
    let predicted = Prediction {
        memory: options.memory,
        cycles: found.cycles.total,
    };
    let program = Program {
        config: config.clone(),
        inputs,
        output,
        data: memory.data,
        memory_bytes: memory.bytes,
        commands: found.commands,
        predicted: Some(predicted),
        source: expr.to_string(),
    };
    Ok(Compiled {
        program,
        contraction,
        macs,
        roofline,
        parts: found.parts,
        cycles: found.cycles,
    })
}

/// Reads the expression and fits it to the shapes. What reads as words but does not fit them may be
/// letters with blanks between, as NumPy has it.
fn resolve(expr: &str, shapes: &[Vec<usize>]) -> Result<Contraction, EinsumError> {
    let words = einsum::parse(expr).and_then(|einsum| einsum.resolve(shapes));
    words.or_else(|error| {
        let letters: String = expr.split_whitespace().collect();
        let letters = einsum::parse(&letters).and_then(|einsum| einsum.resolve(shapes));
        letters.map_err(|_| error)
    })
}

/// Places tensors in external memory, one after the other.
#[derive(Default)]
pub(crate) struct Memory {
    bytes: u64,
    data: Vec<(u32, Vec<u8>)>,
}

impl Memory {
    /// A byte of its own.
    fn constant(&mut self, value: u8) -> Result<u32, CompileError> {
        let ext = self.place(&[1], 1)?;
        self.data.push((ext, vec![value]));
        Ok(ext)
    }

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
