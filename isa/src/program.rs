//! A program: commands, where its tensors are, and for which build it was made.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::word::DecodeError;
use crate::{Command, Config, ConfigError, MemoryTiming, OutType};

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
}

impl Tensor {
    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        self.elements() * self.dtype.bytes()
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
                .shape
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

    /// The external memory before a run, with the operands in their places.
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
            let (expected, found) = (tensor.bytes(), bytes.len());
            if expected != found {
                let name = tensor.name.clone();
                return Err(ProgramError::Operand {
                    name,
                    expected,
                    found,
                });
            }
            memory[tensor.ext as usize..][..expected].copy_from_slice(bytes);
        }
        for (address, bytes) in &self.data {
            memory[*address as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        Ok(memory)
    }
}
