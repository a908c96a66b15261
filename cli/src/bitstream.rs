//! `tcpu bitstream`: from a board's name to its bitstream.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use comfy_table::{presets, CellAlignment, Table};
use indicatif::{ProgressBar, ProgressStyle};
use tcpu_fpga::bitstream::{ending, make, Options, Report, Step};
use tcpu_fpga::board::Board;

use crate::error::Error;
use crate::floorplan::floorplan;
use crate::output::{say, Sink};

#[derive(Args)]
pub struct BitstreamArgs {
    /// The board, by the name of its file.
    #[arg(long)]
    board: String,
    /// Build of the machine [default: the board's].
    #[arg(long)]
    preset: Option<String>,
    /// Seed of the placement; of the first one, if several are tried.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(..=1_000_000_000))]
    seed: u32,
    /// How many placements to try; the fastest one is kept.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    seeds: u32,
    /// Make a bitstream even if the clock is missed.
    #[arg(long)]
    allow_slow: bool,
    /// The bitstream [default: the board's name, in this folder].
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// Draw which part of the design is where, as SVG.
    #[arg(long)]
    floorplan: Option<PathBuf>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

/// Makes a bitstream and reports.
///
/// # Errors
/// A board or preset that does not exist or do not go together, tools, a clock that is missed.
pub fn bitstream(args: &BitstreamArgs) -> Result<(), Error> {
    let board = Board::named(&args.board)?;
    let output = match &args.output {
        Some(path) => path.clone(),
        None => format!("{}.{}", board.name, ending(board.family)).into(),
    };
    // A part alone has a report only.
    let sink = board.clock.pin.is_some().then(|| Sink::create(&output));
    let sink = sink.transpose()?;
    let plan = args.floorplan.as_ref().map(|path| Sink::create(path));
    let plan = plan.transpose()?;
    let options = Options {
        preset: args.preset.clone(),
        seed: args.seed,
        seeds: args.seeds,
        allow_slow: args.allow_slow,
        places: plan.is_some(),
    };
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let made = make(&board, &options, &mut |step| {
        bar.set_message(message(step, args))
    });
    bar.finish_and_clear();
    let made = made?;
    if let Some(plan) = plan {
        let title = format!("{} on {}", made.report.preset, board.title);
        let svg = floorplan(&title, &made.places).map_err(Error::Chart)?;
        plan.write(|out| out.write_all(svg.as_bytes()))?;
    }
    let size = made.bits.as_ref().map(Vec::len);
    if let (Some(sink), Some(bits)) = (sink, made.bits) {
        sink.write(|out| out.write_all(&bits))?;
    }
    if args.json {
        let text = serde_json::to_string_pretty(&made.report);
        say(&text.unwrap_or_else(|error| error.to_string()));
    } else {
        say(&text(&made.report));
        if let Some(size) = size {
            say(&format!(
                "  bitstream    {}, {size} bytes",
                output.display()
            ));
        }
    }
    Ok(())
}

fn message(step: Step, args: &BitstreamArgs) -> String {
    match step {
        Step::Verilog => "Verilog".to_string(),
        Step::Synthesis => "synthesis".to_string(),
        Step::Placement { seed, line } => {
            let line = line.trim_start_matches("Info:").trim();
            let number = 1 + seed.saturating_sub(args.seed);
            let seeds = args.seeds;
            format!("place and route, seed {seed} ({number} of {seeds}): {line}")
        }
        Step::Packing => "packing".to_string(),
    }
}

/// The report for people.
fn text(report: &Report) -> String {
    let mut lines = vec![format!(
        "{}  ->  {} ({} multipliers) on {}",
        report.board, report.preset, report.multipliers, report.device
    )];
    let verdict = if report.met { "met" } else { "MISSED" };
    lines.push(format!(
        "  clock        {:.2} MHz of {} MHz: {verdict} (seed {})",
        report.reached_mhz, report.target_mhz, report.seed
    ));
    let peak = &report.peak;
    let int4 = match peak.int4_gops > peak.gops {
        true => format!(" ({:.2} with int4 weights)", peak.int4_gops),
        false => String::new(),
    };
    let per_dsp = peak.gops_per_dsp.map(|gops| format!("{gops:.3} per DSP, "));
    lines.push(format!(
        "  peak         {:.2} GOPS of int8{int4}: {}{:.0} LUTs per multiplier",
        peak.gops,
        per_dsp.unwrap_or_default(),
        peak.lut_per_multiplier
    ));
    if let Some(path) = &report.critical {
        let share = 100.0 * path.wires_ns / path.ns;
        lines.push(format!(
            "  slowest path {:.2} ns, {share:.0} % of it wires, {} signals: {} -> {}",
            path.ns,
            path.signals.len(),
            path.from,
            path.to
        ));
        lines.extend(
            path.signals
                .iter()
                .map(|(signal, ns)| format!("    {ns:>6.2}  {signal}")),
        );
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    for (cell, cells) in report
        .utilization
        .iter()
        .filter(|(_, cells)| cells.used > 0)
    {
        let share = 100.0 * cells.used as f64 / cells.available.max(1) as f64;
        table.add_row([
            format!("  {cell}"),
            cells.used.to_string(),
            format!("of {}", cells.available),
            format!("{share:.1} %"),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    lines.push(table.to_string());
    lines.join("\n")
}
