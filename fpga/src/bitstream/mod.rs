//! From a board's file to its bitstream.
//!
//! ```text
//! Board ──> top (rust-hdl), pins ──Verilog──> yosys ──netlist──> nextpnr, for each seed ──> the fastest ──> packer
//!                                               └── does it fit?         └── timing report, places of cells
//! ```
//!
//! One seed and one version of the tools always give the same bitstream.

mod core;
mod error;
mod part;
mod peak;
mod pins;
mod places;
mod plan;
mod timing;

use std::fs;
use std::path::Path;

use serde::Serialize;
use tcpu_hdl::folded::Folded;
use tcpu_hdl::link::LinkConfig;
use tcpu_hdl::preset::{with_block_top, with_sdram_top, WithBlockTop, WithSdramTop};
use tcpu_hdl::sdram::SdramConfig;
use tcpu_hdl::top::{BlockTop, SdramTop};
use tcpu_isa::Config;
use tcpu_micro::program::{folds, identity, program};
use tcpu_synth::area::{self, netlist, Cells, DESIGN};
use tcpu_synth::tools::Nextpnr;
use tcpu_synth::{emit, modules, BuildError, EmitError, Module};

use crate::board::{Board, Family, Memory};
use crate::pll::Pll;
use crate::pll40::Pll40;
pub use error::{BitstreamError, DoesNotFit, Slow};
pub use peak::Peak;
pub use pins::PINS;
pub use places::Place;
use timing::Placed;
pub use timing::{Critical, Use};

/// Name of the top in the Verilog.
const TOP: &str = "tcpu_top";

/// How much the placer minds the clock beside the length of the wires (its own is 10). On `tiny`, 30 is worth a tenth of
/// the clock. A large design, whose wires are long, takes more, and its wires become no longer; with 300 the router does
/// not come to an end any more. `docs/results.md` has the figures.
const HARDER: &str = "--placer-heap-timingweight 30";
const HARDEST: &str = "--placer-heap-timingweight 100";

/// How a large design is routed: by a run of its own, in which all wires have the same right of way. nextpnr lets a wire
/// take others' places the more easily the more critical it is; where most of them are, they take each other's for ever.
const ALIKE: &str = "--no-tmdriv";

/// A design that needs these cells is large: its multipliers and memories are placed by a plan. On `ecp5-85k`, whose
/// flits go all over an 85F, that takes a quarter off all wires; smaller designs are no better for it.
fn large(need: Cells) -> bool {
    need.lut > 30_000
}

/// What the link of a board buffers: bytes of frames, and command words. As many as there are rows in the shortest and
/// widest form of a block RAM, in every family.
const BUFFERS: u16 = 512;

/// Cycles of a bit on the line of a folded machine that is placed alone.
const SLOW: u16 = 16;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Options {
    /// The build; the board's own, if none is named.
    pub preset: Option<String>,
    /// The first seed of the placement that is tried.
    pub seed: u32,
    /// How many seeds are tried.
    pub seeds: u32,
    /// A clock that is missed is no error.
    pub allow_slow: bool,
    /// The places of cells are asked for.
    pub places: bool,
}

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Verilog,
    Synthesis,
    /// A seed is placed and routed; what nextpnr says.
    Placement {
        seed: u32,
        line: &'a str,
    },
    Packing,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    pub board: String,
    pub device: String,
    pub preset: String,
    pub multipliers: usize,
    /// In MHz: what the board's file wants, and what each seed reaches.
    pub target_mhz: f64,
    pub reached_mhz: f64,
    pub seed: u32,
    pub seeds_mhz: Vec<(u32, f64)>,
    /// The clock is met.
    pub met: bool,
    /// At the clock that is reached.
    pub peak: Peak,
    /// Cells that are used, by nextpnr's names.
    pub utilization: std::collections::BTreeMap<String, Use>,
    pub critical: Option<Critical>,
}

/// A bitstream.
#[derive(Clone, Debug)]
pub struct Bitstream {
    /// None, if the board is a part alone.
    pub bits: Option<Vec<u8>>,
    pub report: Report,
    /// Where each cell is, if that was asked for.
    pub places: Vec<Place>,
}

/// How a board's file of bits ends.
pub fn ending(family: Family) -> &'static str {
    match family {
        Family::Ecp5 => "bit",
        Family::Ice40 => "bin",
        Family::Gowin => "fs",
    }
}

/// The processor's clock, in MHz, as the board's PLL makes it.
fn clock(board: &Board) -> f64 {
    let (input, target) = (board.clock.megahertz, board.clock.processor);
    let made = match board.family {
        _ if !board.has_pll() => None,
        Family::Ice40 => Pll40::new(input, target).ok().map(|pll| pll.clock(input)),
        Family::Ecp5 | Family::Gowin => Pll::new(input, target).ok().map(|pll| pll.clock(input)),
    };
    made.unwrap_or(f64::from(target))
}

/// The machine of a board is the folded one: the part has no LUT RAM.
fn folded(board: &Board, config: &Config) -> bool {
    !part::lut_ram(board) && folds(config)
}

/// The folded machine, whose clock has so many kilohertz and whose bits on the line so many cycles.
fn folded_top(
    config: &Config,
    kilohertz: u32,
    divisor: u16,
) -> Result<Vec<Module>, BitstreamError> {
    let image = program(&identity(config, kilohertz))?;
    let top = Box::new(Folded::new(&image.program, &image.words, divisor));
    Ok(modules(top.as_ref(), TOP)?)
}

/// The whole design of a board, its outermost module first; of a part alone, the processor.
///
/// # Errors
/// A clock that no PLL makes, a build without hardware.
pub fn design(board: &Board, config: &Config) -> Result<Vec<Module>, BitstreamError> {
    let kilohertz = (1000.0 * clock(board)) as u32;
    let Some(divisor) = board.divisor() else {
        let mut all = match folded(board, config) {
            true => folded_top(config, kilohertz, SLOW)?,
            false => emit(config)?,
        };
        all.insert(0, core::module(&all[0]));
        return Ok(all);
    };
    let link = LinkConfig {
        divisor,
        kilohertz,
        memory: board.memory_bytes(),
        receive: BUFFERS,
        commands: BUFFERS,
    };
    let tops = match &board.memory {
        Some(Memory::Sdram(sdram)) => {
            let chip = SdramConfig {
                columns: sdram.columns,
                rows: sdram.rows,
                ..SdramConfig::at(link.kilohertz)
            };
            with_sdram_top(config, &link, &chip, Emit)
        }
        _ if folded(board, config) => {
            let mut all = vec![pins::module(board, TOP)?];
            all.extend(folded_top(config, kilohertz, divisor)?);
            return Ok(all);
        }
        _ => with_block_top(config, &link, Emit),
    };
    let tops = tops.ok_or_else(|| BuildError::NoHardware(config.name.clone()))??;
    let mut all = vec![pins::module(board, TOP)?];
    all.extend(tops);
    Ok(all)
}

struct Emit;

impl WithBlockTop for Emit {
    type Output = Result<Vec<Module>, EmitError>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<BlockTop<S, L, F, V, A>>,
    ) -> Self::Output {
        modules(top.as_ref(), TOP)
    }
}

impl WithSdramTop for Emit {
    type Output = Result<Vec<Module>, EmitError>;

    fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
        self,
        top: Box<SdramTop<S, L, F, V, A>>,
    ) -> Self::Output {
        modules(top.as_ref(), TOP)
    }
}

/// Makes a board's bitstream.
///
/// # Errors
/// A board for which there is none, a build that does not fit, tools that fail, a clock that is missed.
pub fn make(
    board: &Board,
    options: &Options,
    progress: &mut dyn FnMut(Step),
) -> Result<Bitstream, BitstreamError> {
    let config = Config::preset(options.preset.as_deref().unwrap_or(&board.preset))?;
    if !part::lut_ram(board) && !folded(board, &config) {
        return Err(BitstreamError::NoLutRam {
            board: board.name.clone(),
            preset: config.name.clone(),
            device: board.device.clone(),
        });
    }
    progress(Step::Verilog);
    let design = design(board, &config)?;
    let folder = tempfile::tempdir().map_err(file(&std::env::temp_dir()))?;
    let folder = folder.path();
    progress(Step::Synthesis);
    let need = netlist(&design, family(board), folder)?;
    if let Some((what, need, have)) = part::capacity(board).and_then(|have| part::short(need, have))
    {
        return Err(Box::new(DoesNotFit {
            board: board.name.clone(),
            preset: config.name.clone(),
            device: board.device.clone(),
            what,
            need,
            have,
            hint: hint(&config),
        })
        .into());
    }
    if large(need) {
        let plan = |netlist: &mut _| plan::plan(netlist, &board.device, &config);
        area::edit(folder, plan)?.map_err(BitstreamError::Plan)?;
    }
    let constraints = board.constraints();
    let path = folder.join(format!("pins.{}", constraints.ending));
    fs::write(&path, constraints.text).map_err(file(&path))?;
    let tool = Nextpnr::find(family(board))?;
    let mut placements = Vec::new();
    for seed in options.seed..options.seed.saturating_add(options.seeds.max(1)) {
        let mut line = |line: &str| progress(Step::Placement { seed, line });
        let placed = place(board, &tool, folder, seed, large(need), &mut line)?;
        let (name, reached) = match placed.slowest() {
            Some((name, reached)) => (name.to_string(), reached),
            None => return Err(BitstreamError::Report("it has no clock".to_string())),
        };
        placements.push((seed, reached, name, placed));
    }
    let seeds_mhz = placements.iter().map(|(seed, mhz, ..)| (*seed, *mhz));
    let seeds_mhz: Vec<(u32, f64)> = seeds_mhz.collect();
    let best = placements.into_iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let Some((seed, reached, name, placed)) = best else {
        return Err(BitstreamError::Report("no seed was tried".to_string()));
    };
    let target = clock(board);
    let report = Report {
        board: board.name.clone(),
        device: board.device.clone(),
        preset: config.name.clone(),
        multipliers: config.multipliers(),
        target_mhz: target,
        reached_mhz: reached,
        seed,
        seeds_mhz,
        met: reached >= target,
        peak: Peak::of(board.family, &config, reached, &placed.utilization),
        critical: placed.critical(&name),
        utilization: placed.utilization,
    };
    if !report.met && !options.allow_slow {
        let ends = report.critical.as_ref();
        let end = |end: Option<&String>| end.cloned().unwrap_or_default();
        return Err(Box::new(Slow {
            board: report.board,
            preset: report.preset,
            seed,
            reached,
            target,
            from: end(ends.map(|path| &path.from)),
            to: end(ends.map(|path| &path.to)),
        })
        .into());
    }
    progress(Step::Packing);
    let bits = match board.clock.pin {
        Some(_) => Some(pack(board, &tool, folder, seed)?),
        None => None,
    };
    let mut found = Vec::new();
    if options.places {
        let path = folder.join(format!("{seed}.json"));
        let text = fs::read_to_string(&path).map_err(file(&path))?;
        found = places::read(&text).map_err(|error| BitstreamError::Report(error.to_string()))?;
    }
    Ok(Bitstream {
        bits,
        report,
        places: found,
    })
}

/// What a user whose build does not fit can do.
fn hint(config: &Config) -> String {
    let names = Config::names();
    let smaller = names.iter().take_while(|name| **name != config.name);
    match smaller.copied().collect::<Vec<_>>() {
        none if none.is_empty() => "no preset is smaller".to_string(),
        some => format!("smaller ones are {}", some.join(", ")),
    }
}

fn family(board: &Board) -> area::Family {
    match board.family {
        Family::Ecp5 => area::Family::Ecp5,
        Family::Ice40 => area::Family::Ice40,
        Family::Gowin => area::Family::Gowin,
    }
}

fn file(path: &Path) -> impl FnOnce(std::io::Error) -> BitstreamError + '_ {
    move |error| BitstreamError::File {
        path: path.to_path_buf(),
        error,
    }
}

/// Places and routes with a seed; its files are called by the seed.
fn place(
    board: &Board,
    tool: &Nextpnr,
    folder: &Path,
    seed: u32,
    large: bool,
    line: &mut dyn FnMut(&str),
) -> Result<Placed, BitstreamError> {
    let (_, part) = board.nextpnr();
    let (pins, bits) = match board.family {
        // The pins of a core alone are where they want to be.
        Family::Ecp5 if board.clock.pin.is_none() => ("--lpf-allow-unconstrained", None),
        Family::Ice40 if board.clock.pin.is_none() => ("", None),
        Family::Ecp5 => ("--lpf pins.lpf", Some("textcfg")),
        Family::Ice40 => ("--pcf pins.pcf", Some("asc")),
        Family::Gowin => ("--vopt cst=pins.cst", None),
    };
    let bits = bits.map(|kind| format!("--{kind} {}", written(board.family, seed)));
    // The clock is judged here, by the report.
    let always = format!(
        "--seed {seed} --freq {} --timing-allow-fail {pins}",
        board.clock.processor
    );
    let routed = format!(
        "--report {seed}.report --write {seed}.json {}",
        bits.unwrap_or_default()
    );
    let runs = match large {
        true => vec![
            format!("--json {DESIGN} --no-route --write {seed}.placed.json {HARDEST} {always}"),
            format!("--json {seed}.placed.json --no-pack --no-place {ALIKE} {routed} {always}"),
        ],
        false => vec![format!("--json {DESIGN} {HARDER} {routed} {always}")],
    };
    for run in runs {
        let mut arguments = part.clone();
        arguments.extend(run.split_whitespace().map(String::from));
        tool.place(folder, &arguments, line)?;
    }
    let path = folder.join(format!("{seed}.report"));
    let text = fs::read_to_string(&path).map_err(file(&path))?;
    serde_json::from_str(&text).map_err(|error| BitstreamError::Report(error.to_string()))
}

/// What nextpnr writes with a seed, and the packer reads.
fn written(family: Family, seed: u32) -> String {
    let ending = match family {
        Family::Ecp5 => "config",
        Family::Ice40 => "asc",
        Family::Gowin => "json",
    };
    format!("{seed}.{ending}")
}

fn pack(
    board: &Board,
    tool: &Nextpnr,
    folder: &Path,
    seed: u32,
) -> Result<Vec<u8>, BitstreamError> {
    let (from, to) = (written(board.family, seed), "packed");
    match board.family {
        Family::Ecp5 => tool.pack(folder, &["--compress", &from, to])?,
        Family::Ice40 => tool.pack(folder, &[&from, to])?,
        Family::Gowin => {
            let die = board.die.as_ref().unwrap_or(&board.device);
            tool.pack(folder, &["-d", die, "-o", to, &from])?;
        }
    }
    let path = folder.join(to);
    fs::read(&path).map_err(file(&path))
}
