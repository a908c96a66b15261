//! The ways to run a program.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tcpu_compiler::cycles;
use tcpu_fpga::link::{self, Client, Settings, Stage};
use tcpu_golden::Order;
use tcpu_isa::program::Program;
use tcpu_isa::{Counters, Interval, MemoryTiming};
use tcpu_testbench::verilated::Verilated;
use tcpu_testbench::{run_on, run_rtl, RtlOptions};

use crate::error::Error;

/// What runs a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The software golden model: instant; cycles are those of the cycle model.
    Golden,
    /// The RTL under rust-hdl's simulation, cycle by cycle; the golden model checks the result.
    Rtl,
    /// The RTL's Verilog under Verilator: the same, much faster. The first use of a preset builds it.
    Verilator,
    /// A board behind this serial port; the golden model checks the result.
    Board(String),
}

impl Engine {
    /// The kind of engine.
    pub fn name(&self) -> &'static str {
        match self {
            Engine::Golden => "golden",
            Engine::Rtl => "rtl",
            Engine::Verilator => "verilator",
            Engine::Board(_) => "board",
        }
    }
}

impl FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Engine, String> {
        match (text, text.strip_prefix("board:")) {
            ("golden", _) => Ok(Engine::Golden),
            ("rtl", _) => Ok(Engine::Rtl),
            ("verilator", _) => Ok(Engine::Verilator),
            (_, Some(port)) if !port.is_empty() => Ok(Engine::Board(port.to_string())),
            _ => Err("engines are golden, rtl, verilator and board:<serial port>".to_string()),
        }
    }
}

/// What a run left behind.
pub struct Run {
    pub memory: Vec<u8>,
    pub cycles: u64,
    pub counters: Counters,
    /// By the cycle model.
    pub predicted: u64,
    /// What each unit did when, if it was asked for.
    pub timeline: Vec<Interval>,
}

/// What else is wanted from a run.
#[derive(Default)]
pub struct Extras {
    /// A waveform of the RTL, here.
    pub trace: Option<PathBuf>,
    pub timeline: bool,
    /// Bits per second on the line to a board.
    pub baud: u32,
}

/// Runs a program on a memory image.
///
/// # Errors
/// A program that the engine cannot finish, or a result that is not the golden model's.
pub fn run(
    engine: &Engine,
    program: &Program,
    timing: MemoryTiming,
    image: Vec<u8>,
    extras: Extras,
) -> Result<Run, Error> {
    let (config, commands) = (&program.config, &program.commands);
    if extras.trace.is_some() && *engine != Engine::Rtl {
        return Err(Error::NoTrace);
    }
    let golden = tcpu_golden::run(config, commands, image.clone(), Order::Program)?;
    let predicted = cycles::predict(config, timing, commands)?;
    match engine {
        Engine::Golden => {
            let timeline = match extras.timeline {
                true => cycles::timeline(config, timing, commands)?,
                false => Vec::new(),
            };
            Ok(Run {
                memory: golden,
                cycles: predicted.total,
                counters: predicted.counters,
                predicted: predicted.total,
                timeline,
            })
        }
        Engine::Rtl | Engine::Verilator => {
            let bar = Progress::new(predicted.total);
            let progress = |cycle| bar.show(cycle);
            let options = RtlOptions {
                vcd: extras.trace,
                timeline: extras.timeline,
                stalls: None,
                progress: Some(&progress),
                ..RtlOptions::default()
            };
            let run = match engine {
                Engine::Verilator => {
                    let mut machine = Verilated::new(config)?;
                    run_on(&mut machine, program, image, timing, &options)?
                }
                _ => run_rtl(program, image, timing, &options)?,
            };
            bar.finish();
            if golden != run.memory {
                return Err(Error::Disagree);
            }
            Ok(Run {
                memory: run.memory,
                cycles: run.cycles,
                counters: run.counters,
                predicted: predicted.total,
                timeline: run.timeline,
            })
        }
        Engine::Board(port) => {
            if extras.timeline {
                return Err(Error::NoTimeline);
            }
            let port = link::open(port, extras.baud)?;
            let mut client = Client::new(port, Settings::default())?;
            let bar = Progress::new(0);
            let outcome = client.run(program, &image, &mut |stage| bar.stage(stage))?;
            bar.finish();
            if program.output.of(&golden) != Some(&outcome.output) {
                return Err(Error::Disagree);
            }
            Ok(Run {
                memory: golden,
                cycles: outcome.counters.cycles(),
                counters: outcome.counters,
                predicted: predicted.total,
                timeline: Vec::new(),
            })
        }
    }
}

/// A progress bar on a terminal, for runs that take long.
struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    fn new(cycles: u64) -> Progress {
        let bar = ProgressBar::hidden();
        bar.set_length(cycles);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} cycles, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress {
            bar,
            start: Instant::now(),
        }
    }

    fn show(&self, cycle: u64) {
        if self.start.elapsed() > Duration::from_secs(2) && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(cycle);
    }

    /// What the client of a board does.
    fn stage(&self, stage: Stage) {
        let (text, done, total) = match stage {
            Stage::Upload { done, total } => ("bytes sent", done, total),
            Stage::Commands { done, total } => ("command words sent", done, total),
            Stage::Run => ("running", 0, 1),
            Stage::Download { done, total } => ("bytes received", done, total),
        };
        let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {text}"));
        self.bar
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self.bar.set_length(total as u64);
        self.show(done as u64);
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
