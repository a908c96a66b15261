//! A program: commands, where its tensors are, and for which build it was made.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::word::DecodeError;
use crate::{int4, Command, Config, ConfigError, MemoryTiming, OutType};

/// Bytes of external memory that a program can address.
pub const MAX_MEMORY: u64 = 1 << 31;

/// A tensor in external memory: C order, contiguous, little-endian.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tensor {
    pub name: String,
    pub dtype: OutType,
    pub shape: Vec<usize>,
    /// Byte address of the first element.
    pub ext: u32,
    /// The values of an i8 tensor are int4, and how they lie in bytes.
    pub int4: Option<Int4>,
}

/// How int4 values lie in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Int4 {
    /// Each in a byte, like int8.
    Bytes,
    /// Two in a byte, along this dimension ([`int4::pack`]).
    Pairs(usize),
}

impl Tensor {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its shape in external memory, in values or pairs of values.
    pub fn packed_shape(&self) -> Vec<usize> {
        let mut shape = self.shape.clone();
        if let Some(Int4::Pairs(dim)) = self.int4 {
            if let Some(size) = shape.get_mut(dim) {
                *size = size.div_ceil(2);
            }
        }
        shape
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.packed_shape().iter().product::<usize>() * self.dtype.bytes()
    }

    /// Checks values that are to be the tensor's, and puts them into `memory`.
    fn fill(&self, values: &[u8], memory: &mut [u8]) -> Result<(), ProgramError> {
        let (expected, found) = (self.elements() * self.dtype.bytes(), values.len());
        let name = || self.name.clone();
        if expected != found {
            return Err(ProgramError::Operand {
                name: name(),
                expected,
                found,
            });
        }
        let wide = |v: &u8| !int4::RANGE.contains(&(*v as i8));
        if let (Some(at), true) = (values.iter().position(wide), self.int4.is_some()) {
            let value = values[at] as i8;
            return Err(ProgramError::NoInt4 {
                name: name(),
                value,
                at: self.index(at),
            });
        }
        let place = &mut memory[self.ext as usize..][..self.bytes()];
        match self.int4 {
            Some(Int4::Pairs(dim)) => {
                place.copy_from_slice(&int4::pack(values, &self.shape, dim));
            }
            Some(Int4::Bytes) | None => place.copy_from_slice(values),
        }
        Ok(())
    }

    /// The index of an element, by its number in C order.
    fn index(&self, number: usize) -> Vec<usize> {
        let mut rest = number;
        let mut index: Vec<usize> = self
            .shape
            .iter()
            .rev()
            .map(|&size| {
                let own = rest % size;
                rest /= size;
                own
            })
            .collect();
        index.reverse();
        index
    }

    /// The tensor's bytes in a memory image; `None` if the image is too short.
    pub fn of<'a>(&self, memory: &'a [u8]) -> Option<&'a [u8]> {
        let start = self.ext as usize;
        memory.get(start..start.checked_add(self.bytes())?)
    }
}

/// The cycles that the compiler's model counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prediction {
    pub memory: MemoryTiming,
    pub cycles: u64,
}

/// Everything that a run needs but the operands' values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Program {
    pub config: Config,
    pub inputs: Vec<Tensor>,
    pub output: Tensor,
    /// Constants: (address, bytes).
    pub data: Vec<(u32, Vec<u8>)>,
    /// Size of the external memory that the program uses.
    pub memory_bytes: u64,
    pub commands: Vec<Command>,
    pub predicted: Option<Prediction>,
    /// The expression that was compiled, for people.
    pub source: String,
}

/// Why a program cannot run.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ProgramError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("command {index}: {error}")]
    Command { index: usize, error: DecodeError },
    #[error("{name} ends at byte {end} of a memory of {memory} bytes")]
    Outside { name: String, end: u64, memory: u64 },
    #[error("the program wants {bytes} bytes of memory; the machine can address {max}")]
    Memory { bytes: u64, max: u64 },
    #[error("{0} is of type digits: only a contraction can read that")]
    Digits(String),
    #[error("the result {output} overlaps {input}")]
    Overlap { input: String, output: String },
    #[error("{0} cannot be int4 as it is said to be")]
    Int4(String),
    #[error("operand {name} holds {value} at {at:?}, which is no int4 (-8 to 7)")]
    NoInt4 {
        name: String,
        value: i8,
        at: Vec<usize>,
    },
    #[error("operand {name} has {expected} bytes, {found} were given")]
    Operand {
        name: String,
        expected: usize,
        found: usize,
    },
    #[error("the program has {expected} operands, {found} were given")]
    Operands { expected: usize, found: usize },
}

impl Program {
    /// Checks that the program is one that its build can run.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), ProgramError> {
        self.config.check()?;
        if self.memory_bytes > MAX_MEMORY {
            return Err(ProgramError::Memory {
                bytes: self.memory_bytes,
                max: MAX_MEMORY,
            });
        }
        for (index, command) in self.commands.iter().enumerate() {
            let error = |error| ProgramError::Command { index, error };
            command.check(&self.config).map_err(error)?;
        }
        let span = |tensor: &Tensor| {
            let elements = tensor
                .packed_shape()
                .iter()
                .try_fold(1u64, |n, &d| n.checked_mul(d as u64));
            let bytes = elements.and_then(|n| n.checked_mul(tensor.dtype.bytes() as u64));
            let start = u64::from(tensor.ext);
            (
                start,
                bytes.and_then(|n| n.checked_add(start)).unwrap_or(u64::MAX),
            )
        };
        let inside = |name: &str, end: u64| match end <= self.memory_bytes {
            true => Ok(()),
            false => {
                let (name, memory) = (name.to_string(), self.memory_bytes);
                Err(ProgramError::Outside { name, end, memory })
            }
        };
        let digits = |t: &&Tensor| t.dtype == OutType::Digits;
        if let Some(tensor) = self.inputs.iter().chain([&self.output]).find(digits) {
            return Err(ProgramError::Digits(tensor.name.clone()));
        }
        let wrong = |t: &&Tensor| match t.int4 {
            None => false,
            Some(Int4::Bytes) => t.dtype != OutType::I8,
            Some(Int4::Pairs(dim)) => {
                t.dtype != OutType::I8 || dim >= t.shape.len() || self.config.int4 < 2
            }
        };
        let output = Some(&self.output).filter(|t| t.int4.is_some());
        if let Some(tensor) = self.inputs.iter().find(wrong).or(output) {
            return Err(ProgramError::Int4(tensor.name.clone()));
        }
        let out = span(&self.output);
        inside(&self.output.name, out.1)?;
        for input in &self.inputs {
            let (start, end) = span(input);
            inside(&input.name, end)?;
            if start < out.1 && out.0 < end {
                let (input, output) = (input.name.clone(), self.output.name.clone());
                return Err(ProgramError::Overlap { input, output });
            }
        }
        for (address, bytes) in &self.data {
            inside("a constant", u64::from(*address) + bytes.len() as u64)?;
        }
        Ok(())
    }

    /// The external memory before a run, with the operands in their places. Operands are given as their values'
    /// bytes, in C order; int4 values take a byte each.
    ///
    /// # Errors
    /// Operands that are not those of the program.
    pub fn image(&self, operands: &[&[u8]]) -> Result<Vec<u8>, ProgramError> {
        let (expected, found) = (self.inputs.len(), operands.len());
        if expected != found {
            return Err(ProgramError::Operands { expected, found });
        }
        let mut memory = vec![0; self.memory_bytes as usize];
        for (tensor, bytes) in self.inputs.iter().zip(operands) {
            tensor.fill(bytes, &mut memory)?;
        }
        for (address, bytes) in &self.data {
            memory[*address as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        Ok(memory)
    }
}
