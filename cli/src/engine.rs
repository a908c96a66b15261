//! The ways to run a program.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tcpu_compiler::cycles;
use tcpu_golden::Order;
use tcpu_isa::program::Program;
use tcpu_isa::{Counters, Interval, MemoryTiming};
use tcpu_testbench::verilated::Verilated;
use tcpu_testbench::{run_on, run_rtl, RtlOptions};

use crate::error::Error;

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The software golden model: instant; cycles are those of the cycle model.
    Golden,
    /// The RTL under rust-hdl's simulation, cycle by cycle; the golden model checks the result.
    Rtl,
    /// The RTL's Verilog under Verilator: the same, much faster. The first use of a preset builds it.
    Verilator,
}

impl Engine {
    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Golden => "golden",
            Engine::Rtl => "rtl",
            Engine::Verilator => "verilator",
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
}

/// Runs a program on a memory image.
///
/// # Errors
/// A program that the engine cannot finish, or a result that is not the golden model's.
pub fn run(
    engine: Engine,
    program: &Program,
    timing: MemoryTiming,
    image: Vec<u8>,
    extras: Extras,
) -> Result<Run, Error> {
    let (config, commands) = (&program.config, &program.commands);
    if extras.trace.is_some() && engine != Engine::Rtl {
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

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
