//! `tcpu verilog`: the hardware as Verilog.

use std::fs;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use tcpu_isa::Config;
use tcpu_synth::{emit, emit_for, fusesoc, Bus, TOP};

use crate::error::Error;
use crate::output::{say, Sink};

#[derive(Args)]
pub struct VerilogArgs {
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    /// For a system on a chip: registers and memory on this bus.
    #[arg(long)]
    bus: Option<BusName>,
    /// The folder for the files; made if it is not there.
    #[arg(short, long)]
    output: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum BusName {
    /// AXI4-Lite for the registers, AXI4 for the memory.
    Axi,
}

/// Writes a file per module, called as the module; the top is `tcpu.v`, or the bus's (`tcpu_axi.v`). Beside them, `tcpu.core` tells FuseSoC.
///
/// # Errors
/// A preset that does not exist, or a folder that cannot be written.
pub fn verilog(args: &VerilogArgs) -> Result<(), Error> {
    let config = Config::preset(&args.preset)?;
    let modules = match args.bus {
        None => emit(&config)?,
        Some(BusName::Axi) => emit_for(&config, Bus::Axi)?,
    };
    fs::create_dir_all(&args.output).map_err(|error| Error::File {
        path: args.output.clone(),
        error,
    })?;
    let mut lines = 0;
    for module in &modules {
        let sink = Sink::create(&args.output.join(format!("{}.v", module.name)))?;
        sink.write(|out| std::io::Write::write_all(out, module.text.as_bytes()))?;
        lines += module.text.lines().count();
    }
    let sink = Sink::create(&args.output.join(format!("{TOP}.core")))?;
    let core = fusesoc::core(&config, &modules);
    sink.write(|out| std::io::Write::write_all(out, core.as_bytes()))?;
    say(&format!(
        "{} modules, {lines} lines in {}; the top is {}",
        modules.len(),
        args.output.display(),
        modules.first().map_or("", |top| &top.name)
    ));
    Ok(())
}
