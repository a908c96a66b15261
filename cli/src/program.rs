//! `tcpu compile`, `tcpu run`, `tcpu disasm`: program files.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use tcpu_isa::program::Program;
use tcpu_isa::{Config, MemoryTiming};

use crate::einsum::{EngineArgs, TypeArgs};
use crate::engine;
use crate::error::Error;
use crate::npy::{self, Operand};
use crate::output::{self, Sink};
use crate::{report, timeline, MemoryArgs};

#[derive(Args)]
pub struct CompileArgs {
    /// The expression, in NumPy's notation; "b (h+r) c, r c k -> b h k" for sums of indices.
    expr: String,
    /// For each operand its shape (8x12, or scalar) or an int8 .npy file that has it.
    #[arg(required = true)]
    operands: Vec<String>,
    /// Where the program goes.
    #[arg(short, long)]
    output: PathBuf,
    /// Write text instead of words.
    #[arg(long)]
    text: bool,
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    types: TypeArgs,
}

#[derive(Args)]
pub struct RunArgs {
    /// A program file, as words or as text.
    program: PathBuf,
    /// Operands: int8 .npy files.
    operands: Vec<PathBuf>,
    /// Where the result goes (.npy).
    #[arg(short, long)]
    output: PathBuf,
    /// The memory for which the program's cycles were predicted is the default.
    #[command(flatten)]
    memory: MemoryArgs,
    #[command(flatten)]
    run: EngineArgs,
}

#[derive(Args)]
pub struct DisasmArgs {
    /// A program file.
    program: PathBuf,
    /// Write here instead of to the standard output.
    #[arg(short, long)]
    output: Option<PathBuf>,
}

/// Compiles into a file.
///
/// # Errors
/// Anything that is wrong with the input; nothing is written then.
pub fn compile(args: &CompileArgs) -> Result<(), Error> {
    let options = args
        .types
        .options(&args.preset, &args.memory, args.operands.len())?;
    let shapes = args.operands.iter().map(|text| shape(text));
    let shapes = shapes.collect::<Result<Vec<_>, _>>()?;
    let sink = Sink::create(&args.output)?;
    let compiled = tcpu_compiler::compile(&args.expr, &shapes, &options)?;
    let program = &compiled.program;
    let bytes = match args.text {
        true => program.to_text().into_bytes(),
        false => program.to_bytes(),
    };
    sink.write(|out| out.write_all(&bytes))?;
    let mut lines = vec![format!(
        "{}  ->  {:?}\n  {} command words for {}, {} cycles",
        program.source,
        program.output.shape,
        program.commands.len(),
        program.config.name,
        compiled.cycles.total
    )];
    lines.extend(compiled.mapping().iter().map(|part| format!("  {part}")));
    output::say(&lines.join("\n"));
    Ok(())
}

/// A shape as it is typed, or that of a .npy file.
fn shape(text: &str) -> Result<Vec<usize>, Error> {
    if text == "scalar" {
        return Ok(Vec::new());
    }
    let sizes: Result<Vec<usize>, _> = text.split('x').map(str::parse).collect();
    match sizes {
        Ok(sizes) => Ok(sizes),
        Err(_) if Path::new(text).exists() => Ok(Operand::read(Path::new(text))?.shape),
        Err(_) => Err(Error::Shape(text.to_string())),
    }
}

/// Reads a program that this tcpu's builds can run.
fn read(path: &Path) -> Result<Program, Error> {
    let bytes = std::fs::read(path).map_err(|error| Error::File {
        path: path.into(),
        error,
    })?;
    let program = Program::from_bytes(&bytes).map_err(|error| Error::Listing {
        path: path.into(),
        error: Box::new(error),
    })?;
    let now = Config::preset(&program.config.name)?;
    if now != program.config {
        let sizes = |c: &Config| c.sizes().map(|(name, n)| format!("{name}={n}")).join(" ");
        return Err(Error::OtherBuild {
            path: path.into(),
            builds: format!(
                "{} was {}, is {}",
                now.name,
                sizes(&program.config),
                sizes(&now)
            ),
        });
    }
    Ok(program)
}

/// Runs a program file.
///
/// # Errors
/// Anything that is wrong with the input; nothing is written then.
pub fn run(args: &RunArgs) -> Result<(), Error> {
    let program = read(&args.program)?;
    let default = program.predicted.map_or(
        MemoryTiming {
            width: program.config.flit,
            ..MemoryTiming::default()
        },
        |predicted| predicted.memory,
    );
    let memory = args.memory.or(&program.config, default)?;
    let operands = args.operands.iter().map(|p| Operand::read(p));
    let operands = operands.collect::<Result<Vec<_>, _>>()?;
    for (tensor, operand) in program.inputs.iter().zip(&operands) {
        if tensor.shape != operand.shape {
            return Err(Error::OperandShape {
                name: tensor.name.clone(),
                expected: tensor.shape.clone(),
                found: operand.shape.clone(),
            });
        }
    }
    let sink = Sink::create(&args.output)?;
    let (extras, timeline_sink) = args.run.extras()?;
    let bytes: Vec<&[u8]> = operands.iter().map(|o| o.bytes.as_slice()).collect();
    let image = program.image(&bytes)?;
    let run = engine::run(&args.run.engine, &program, memory, image, extras)?;
    npy::write(
        sink,
        &program.output,
        program.output.of(&run.memory).unwrap_or_default(),
    )?;
    if let Some(sink) = timeline_sink {
        timeline::write(sink, &program, &run.timeline)?;
    }
    report::program(&program, memory, &args.run.engine, &run, args.run.json);
    Ok(())
}

/// Prints a program as text.
///
/// # Errors
/// A file that is no program.
pub fn disasm(args: &DisasmArgs) -> Result<(), Error> {
    let text = read(&args.program)?.to_text();
    match &args.output {
        Some(path) => Sink::create(path)?.write(|out| out.write_all(text.as_bytes())),
        None => {
            output::say(text.trim_end());
            Ok(())
        }
    }
}
