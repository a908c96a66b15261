//! A program as text, and as a file.
//!
//! ```text
//! .tcpu 2
//! .preset tiny slices=2 lanes=2 flit=4 columns=4 dm_rows=512 dm_banks=4 trf_rows=32 acc_slots=4 queue=16 int4=2
//! .source "ij,jk->ik"
//! .memory 512
//! .input "operand0" i8 [8, 12] @ 0x0
//! .output "result" i32 [8, 10] @ 0x100
//! .data 0x80 01
//! .predicted 418 width=4 latency=20
//!
//! loop load.0 count=12 a=10 b=12     # a comment
//! load levels=1 ext=0x80 dm=0x0 bytes=10 signal=fetch
//! ```
//!
//! Directives start with a dot and come before the commands, one per line; `#` starts a comment. Names and
//! lists are JSON. The file form is the same program with its commands as words: see [`Program::to_bytes`].

use std::fmt::Write;

use serde::de::DeserializeOwned;
use thiserror::Error;

use crate::asm::{self, LineError};
use crate::layout;
use crate::program::{Int4, Prediction, Program, ProgramError, Tensor};
use crate::word::{decode, encode};
use crate::{Command, Config, MemoryTiming, OutType};

/// Why a text is no program.
#[derive(Debug, Error)]
#[error("line {line}: {error}")]
pub struct ListingError {
    /// Counted from one.
    pub line: usize,
    pub error: ListingFault,
}

/// What is wrong in a line of a listing.
#[derive(Debug, Error)]
pub enum ListingFault {
    #[error("a program starts with \".tcpu {expected}\" (the version of the command set)", expected = layout::VERSION)]
    Version,
    #[error("there is no directive {0:?}")]
    Directive(String),
    #[error("{directive} is not {expected}")]
    Malformed {
        directive: String,
        expected: &'static str,
    },
    #[error("directives come before the commands")]
    Late,
    #[error("the program has no {0}")]
    Missing(&'static str),
    #[error("{0} is given twice")]
    Twice(String),
    #[error(transparent)]
    Command(#[from] LineError),
    #[error(transparent)]
    Program(#[from] ProgramError),
}

/// Why bytes are no program.
#[derive(Debug, Error)]
pub enum FileError {
    #[error("it is no program of tcpu")]
    Magic,
    #[error("it has version {0}; this is version {expected}", expected = layout::VERSION)]
    Version(u64),
    #[error("it is cut off or damaged")]
    Damaged,
    #[error(transparent)]
    Listing(#[from] ListingError),
    #[error(transparent)]
    Program(#[from] ProgramError),
}

/// What a program file starts with.
const MAGIC: &[u8; 4] = b"TCPU";

impl Program {
    /// The program as text; [`Program::from_text`] reads it back.
    pub fn to_text(&self) -> String {
        let mut text = self.head();
        text.push('\n');
        for command in &self.commands {
            text.push_str(&asm::line(command));
            text.push('\n');
        }
        text
    }

    /// The directives.
    fn head(&self) -> String {
        let mut text = format!(".tcpu {}\n.preset {}", layout::VERSION, self.config.name);
        for (name, value) in self.config.sizes() {
            let _ = write!(text, " {name}={value}");
        }
        if self.config.logic > 0 {
            let _ = write!(text, " logic={}", self.config.logic);
        }
        let _ = writeln!(text, "\n.source {}", json(&self.source));
        let _ = writeln!(text, ".memory {}", self.memory_bytes);
        let tensors = self.inputs.iter().map(|t| ("input", t));
        for (kind, t) in tensors.chain([("output", &self.output)]) {
            let (name, shape) = (json(&t.name), json(&t.shape));
            let _ = writeln!(
                text,
                ".{kind} {name} {} {shape} @ {:#x}",
                type_name(t),
                t.ext
            );
        }
        for (address, bytes) in &self.data {
            let bytes: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
            let _ = writeln!(text, ".data {address:#x} {}", bytes.join(" "));
        }
        if let Some(p) = self.predicted {
            let MemoryTiming { width, latency } = p.memory;
            let _ = writeln!(
                text,
                ".predicted {} width={width} latency={latency}",
                p.cycles
            );
        }
        text
    }

    /// Reads a program from text.
    ///
    /// # Errors
    /// The first line that is wrong, and why; or what the program as a whole breaks.
    pub fn from_text(text: &str) -> Result<Program, ListingError> {
        let mut reader = Reader::default();
        let mut commands = Vec::new();
        let mut number = 0;
        for (index, line) in text.lines().enumerate() {
            number = index + 1;
            let at = |error: ListingFault| ListingError {
                line: number,
                error,
            };
            let line = strip_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            if let Some(directive) = line.strip_prefix('.') {
                if !commands.is_empty() {
                    return Err(at(ListingFault::Late));
                }
                reader.directive(directive).map_err(at)?;
            } else {
                let config = reader.config().map_err(at)?;
                commands.push(asm::parse(line, config).map_err(|e| at(e.into()))?);
            }
        }
        let at = |error: ListingFault| ListingError {
            line: number.max(1),
            error,
        };
        let program = reader.finish(commands).map_err(at)?;
        program.check().map_err(|e| at(e.into()))?;
        Ok(program)
    }

    /// The program as a file: `TCPU`, and little-endian: version (u32), bytes of the directives (u32), the
    /// directives as UTF-8 text, number of words (u32), words (16 bytes each), CRC-32 of all before (u32).
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = self.head();
        let mut bytes = MAGIC.to_vec();
        bytes.extend((layout::VERSION as u32).to_le_bytes());
        bytes.extend((head.len() as u32).to_le_bytes());
        bytes.extend(head.as_bytes());
        bytes.extend((self.commands.len() as u32).to_le_bytes());
        for command in &self.commands {
            bytes.extend(encode(command).to_le_bytes());
        }
        bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
        bytes
    }

    /// Reads a program from a file's bytes: the form of [`Program::to_bytes`], or text.
    ///
    /// # Errors
    /// Bytes that are neither, that are damaged, or whose program does not run on its build.
    pub fn from_bytes(bytes: &[u8]) -> Result<Program, FileError> {
        if !bytes.starts_with(MAGIC) {
            let text = std::str::from_utf8(bytes).map_err(|_| FileError::Magic)?;
            return Ok(Program::from_text(text)?);
        }
        let word = |at: usize| -> Result<usize, FileError> {
            let bytes = at.checked_add(4).and_then(|end| bytes.get(at..end));
            let bytes = bytes.and_then(|b| b.try_into().ok());
            Ok(u32::from_le_bytes(bytes.ok_or(FileError::Damaged)?) as usize)
        };
        let version = word(4)? as u64;
        if version != layout::VERSION {
            return Err(FileError::Version(version));
        }
        let text_end = 12 + word(8)?;
        let words = text_end + 4;
        let end = word(text_end)?
            .checked_mul(16)
            .and_then(|n| n.checked_add(words))
            .ok_or(FileError::Damaged)?;
        let sound = bytes.len() == end + 4 && crc32fast::hash(&bytes[..end]) as usize == word(end)?;
        if !sound {
            return Err(FileError::Damaged);
        }
        let head = std::str::from_utf8(&bytes[12..text_end]).map_err(|_| FileError::Damaged)?;
        let mut program = Program::from_text(head)?;
        for (index, word) in bytes[words..end].chunks_exact(16).enumerate() {
            let word = u128::from_le_bytes(word.try_into().map_err(|_| FileError::Damaged)?);
            let command = decode(word, &program.config)
                .map_err(|error| ProgramError::Command { index, error })?;
            program.commands.push(command);
        }
        Ok(program)
    }
}

/// Everything before a `#` that is not inside a string.
fn strip_comment(line: &str) -> &str {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in line.char_indices() {
        match c {
            '#' if !quoted => return &line[..at],
            '"' if !escaped => quoted = !quoted,
            _ => (),
        }
        escaped = c == '\\' && !escaped;
    }
    line
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What the directives have said so far.
#[derive(Default)]
struct Reader {
    version: bool,
    config: Option<Config>,
    source: Option<String>,
    memory: Option<u64>,
    inputs: Vec<Tensor>,
    output: Option<Tensor>,
    data: Vec<(u32, Vec<u8>)>,
    predicted: Option<Prediction>,
}

impl Reader {
    fn config(&self) -> Result<&Config, ListingFault> {
        self.config.as_ref().ok_or(ListingFault::Missing(".preset"))
    }

    fn directive(&mut self, line: &str) -> Result<(), ListingFault> {
        let (name, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        let wrong = |expected: &'static str| ListingFault::Malformed {
            directive: format!(".{line}"),
            expected,
        };
        if name != "tcpu" && !self.version {
            return Err(ListingFault::Version);
        }
        let taken = match name {
            "tcpu" => self.version,
            "preset" => self.config.is_some(),
            "source" => self.source.is_some(),
            "memory" => self.memory.is_some(),
            "output" => self.output.is_some(),
            "predicted" => self.predicted.is_some(),
            _ => false,
        };
        if taken {
            return Err(ListingFault::Twice(format!(".{name}")));
        }
        match name {
            "tcpu" => match rest.parse() {
                Ok(layout::VERSION) => self.version = true,
                _ => return Err(ListingFault::Version),
            },
            "preset" => self.config = Some(config(rest).ok_or_else(|| wrong(PRESET))?),
            "source" => {
                let source = serde_json::from_str(rest).ok();
                self.source = Some(source.ok_or_else(|| wrong(".source \"EXPRESSION\""))?);
            }
            "memory" => {
                let bytes = rest.parse().ok();
                self.memory = Some(bytes.ok_or_else(|| wrong(".memory BYTES"))?);
            }
            "input" => self.inputs.push(tensor(rest).ok_or_else(|| wrong(TENSOR))?),
            "output" => self.output = Some(tensor(rest).ok_or_else(|| wrong(TENSOR))?),
            "data" => self
                .data
                .push(data(rest).ok_or_else(|| wrong(".data ADDRESS HH HH ..."))?),
            "predicted" => self.predicted = Some(prediction(rest).ok_or_else(|| wrong(PREDICTED))?),
            _ => return Err(ListingFault::Directive(format!(".{name}"))),
        }
        Ok(())
    }

    fn finish(self, commands: Vec<Command>) -> Result<Program, ListingFault> {
        if !self.version {
            return Err(ListingFault::Version);
        }
        Ok(Program {
            config: self.config.ok_or(ListingFault::Missing(".preset"))?,
            inputs: self.inputs,
            output: self.output.ok_or(ListingFault::Missing(".output"))?,
            data: self.data,
            memory_bytes: self.memory.ok_or(ListingFault::Missing(".memory"))?,
            commands,
            predicted: self.predicted,
            source: self.source.unwrap_or_default(),
        })
    }
}

const PRESET: &str = ".preset NAME with all sizes of the build as name=value";
const TENSOR: &str = ".input or .output \"NAME\" TYPE [SHAPE] @ ADDRESS, with type i8, i16, i32, i4, or i4/DIM for pairs";
const PREDICTED: &str = ".predicted CYCLES width=BYTES latency=CYCLES";

fn config(text: &str) -> Option<Config> {
    let mut words = text.split_whitespace();
    let mut fields = serde_json::Map::new();
    fields.insert("name".to_string(), words.next()?.into());
    for word in words {
        let (name, value) = word.split_once('=')?;
        let value: u64 = value.parse().ok()?;
        if fields.insert(name.to_string(), value.into()).is_some() {
            return None;
        }
    }
    let config: Config = serde_json::from_value(fields.clone().into()).ok()?;
    let others = 1 + usize::from(config.logic > 0);
    (config.sizes().len() + others == fields.len()).then_some(config)
}

fn tensor(text: &str) -> Option<Tensor> {
    let (text, address) = text.rsplit_once('@')?;
    let (text, shape) = text.split_at(text.rfind('[')?);
    let (name, dtype) = text.trim().rsplit_once(char::is_whitespace)?;
    let dtypes = [OutType::I8, OutType::I16, OutType::I32];
    let int4 = match dtype.split_once('/') {
        _ if dtype == "i4" => Some(Int4::Bytes),
        Some(("i4", dim)) => Some(Int4::Pairs(dim.parse().ok()?)),
        _ => None,
    };
    let plain = if int4.is_some() { "i8" } else { dtype };
    Some(Tensor {
        name: from_json(name)?,
        dtype: dtypes.into_iter().find(|t| t.name() == plain)?,
        shape: from_json(shape)?,
        ext: address_of(address)?,
        int4,
    })
}

/// A tensor's type: `i4/1` is int4 in pairs along dimension 1.
fn type_name(tensor: &Tensor) -> String {
    match tensor.int4 {
        None => tensor.dtype.name().to_string(),
        Some(Int4::Bytes) => "i4".to_string(),
        Some(Int4::Pairs(dim)) => format!("i4/{dim}"),
    }
}

fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text.trim()).ok()
}

fn address_of(text: &str) -> Option<u32> {
    match text.trim().strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => text.trim().parse().ok(),
    }
}

fn data(text: &str) -> Option<(u32, Vec<u8>)> {
    let (address, bytes) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let bytes = bytes
        .split_whitespace()
        .map(|b| u8::from_str_radix(b, 16).ok());
    Some((address_of(address)?, bytes.collect::<Option<Vec<u8>>>()?))
}

fn prediction(text: &str) -> Option<Prediction> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [cycles, width, latency] = words.as_slice() else {
        return None;
    };
    Some(Prediction {
        cycles: cycles.parse().ok()?,
        memory: MemoryTiming {
            width: width.strip_prefix("width=")?.parse().ok()?,
            latency: latency.strip_prefix("latency=")?.parse().ok()?,
        },
    })
}
