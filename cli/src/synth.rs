//! `tcpu synth`: what a build costs on an FPGA.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use comfy_table::{presets, CellAlignment, Table};
use serde::Serialize;
use tcpu_isa::Config;
use tcpu_synth::area::{area, Area, Cells, Count, Family};
use tcpu_synth::emit;

use crate::area_chart::bars;
use crate::error::Error;
use crate::output::{say, Sink};

#[derive(Args)]
pub struct SynthArgs {
    /// Build of the machine.
    #[arg(long, default_value = "tiny")]
    preset: String,
    /// Family of FPGAs.
    #[arg(long, value_enum, default_value_t = FamilyArg::Ecp5)]
    family: FamilyArg,
    /// Count multipliers and block RAMs only, which is quick.
    #[arg(long)]
    blocks: bool,
    /// How deep into the engines to look.
    #[arg(long, default_value_t = 1)]
    depth: usize,
    /// Draw a chart here (.svg): where the area goes.
    #[arg(long, conflicts_with = "blocks")]
    svg: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum FamilyArg {
    Ecp5,
    Ice40,
    Gowin,
    Nexus,
    Gatemate,
}

impl From<FamilyArg> for Family {
    fn from(family: FamilyArg) -> Family {
        match family {
            FamilyArg::Ecp5 => Family::Ecp5,
            FamilyArg::Ice40 => Family::Ice40,
            FamilyArg::Gowin => Family::Gowin,
            FamilyArg::Nexus => Family::Nexus,
            FamilyArg::Gatemate => Family::Gatemate,
        }
    }
}

/// A module's cost, all of its instances together where it stands.
#[derive(Serialize)]
pub struct Row {
    pub module: String,
    pub depth: usize,
    pub instances: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lut: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ff: Option<u64>,
    pub dsp: u64,
    pub bram: u64,
}

#[derive(Serialize)]
struct Report<'a> {
    preset: &'a str,
    family: &'a str,
    modules: Vec<Row>,
}

/// Synthesises and reports: everything, then each engine, the largest first.
///
/// # Errors
/// A preset that does not exist, tools that are not there, or what they say.
pub fn synth(args: &SynthArgs) -> Result<(), Error> {
    let modules = emit(&Config::preset(&args.preset)?)?;
    let sink = args.svg.as_deref().map(Sink::create).transpose()?;
    let family = Family::from(args.family);
    let count = match args.blocks {
        true => Count::Blocks,
        false => Count::All,
    };
    let area = area(&modules, family, count)?;
    let mut rows = Vec::new();
    collect(&area, 0, 1, args, &mut rows);
    if let Some(sink) = sink {
        let title = format!("tcpu {} on {}", args.preset, family.name());
        let svg = bars(&title, &rows).map_err(Error::Chart)?;
        sink.write(|out| out.write_all(svg.as_bytes()))?;
    }
    if args.json {
        let report = Report {
            preset: &args.preset,
            family: family.name(),
            modules: rows,
        };
        let text = serde_json::to_string_pretty(&report);
        say(&text.unwrap_or_else(|error| error.to_string()));
        return Ok(());
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["module", "instances", "LUT", "FF", "DSP", "BRAM"]);
    for row in &rows {
        let number = |n: Option<u64>| n.map_or("-".to_string(), |n| n.to_string());
        table.add_row([
            format!("{}{}", "  ".repeat(row.depth), row.module),
            row.instances.to_string(),
            number(row.lut),
            number(row.ff),
            row.dsp.to_string(),
            row.bram.to_string(),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    say(&table.to_string());
    Ok(())
}

fn collect(area: &Area, depth: usize, above: u64, args: &SynthArgs, rows: &mut Vec<Row>) {
    let instances = above * area.count;
    let Cells { lut, ff, dsp, bram } = area.cells * instances;
    rows.push(Row {
        module: area.module.clone(),
        depth,
        instances,
        lut: (!args.blocks).then_some(lut),
        ff: (!args.blocks).then_some(ff),
        dsp,
        bram,
    });
    if depth < args.depth {
        for inside in &area.inside {
            collect(inside, depth + 1, instances, args, rows);
        }
    }
}
