//! The ways to run a program.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tcpu_golden::Order;
use tcpu_isa::program::Program;
use tcpu_isa::MemoryTiming;
use tcpu_testbench::{run_rtl, RtlOptions};

use crate::error::Error;

/// What runs a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// The software golden model: instant, no cycles of its own.
    Golden,
    /// The RTL under rust-hdl's simulation, cycle by cycle; the golden model checks the result.
    Rtl,
}

impl Engine {
    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Golden => "golden",
            Engine::Rtl => "rtl",
        }
    }
}

/// What a run left behind.
pub struct Run {
    pub memory: Vec<u8>,
    /// Cycles that the engine counted itself.
    pub cycles: Option<u64>,
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
    trace: Option<PathBuf>,
) -> Result<Run, Error> {
    let golden = || {
        tcpu_golden::run(
            &program.config,
            &program.commands,
            image.clone(),
            Order::Program,
        )
    };
    match engine {
        Engine::Golden => Ok(Run {
            memory: golden()?,
            cycles: None,
        }),
        Engine::Rtl => {
            let bar = Progress::new(program.predicted.map_or(0, |p| p.cycles));
            let progress = |cycle| bar.show(cycle);
            let options = RtlOptions {
                vcd: trace,
                stalls: None,
                progress: Some(&progress),
            };
            let run = run_rtl(program, image.clone(), timing, &options)?;
            bar.finish();
            if golden()? != run.memory {
                return Err(Error::Disagree);
            }
            Ok(Run {
                memory: run.memory,
                cycles: Some(run.cycles),
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
        Progress {
            bar: ProgressBar::hidden(),
            start: Instant::now(),
        }
        .sized(cycles)
    }

    fn sized(self, cycles: u64) -> Progress {
        self.bar.set_length(cycles);
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} cycles, {eta} left");
        self.bar
            .set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        self
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
