//! What a mapping's commands ask of the machine: a lower bound of their cycles, without a simulation.

use super::engine::instructions;
use tcpu_isa::{Command, Config, LoopLevel, MemoryTiming, Unit, LEVELS};
use tcpu_micro::program::folds;

/// What a command stream asks of each unit and of the memory port.
#[derive(Clone)]
pub(super) struct Work {
    steps: [u64; 6],
    /// Cycles of the memory port.
    port: u64,
    commands: u64,
    latency: u64,
    /// Instructions of the engine, if this is the folded machine.
    engine: Option<u64>,
}

impl Work {
    pub fn of(config: &Config, memory: MemoryTiming, commands: &[Command]) -> Work {
        let idle = LoopLevel {
            count: 1,
            stride_a: 0,
            stride_b: 0,
        };
        let mut shadow = [[idle; LEVELS]; 6];
        let mut steps = [0u64; 6];
        let mut beats = 0;
        for command in commands {
            let unit = command.unit() as usize;
            let (levels, dma) = match command {
                Command::Loop { level, to, .. } => {
                    shadow[unit][*level as usize] = *to;
                    continue;
                }
                Command::Fetch(c) => (c.levels, None),
                Command::TrfLoad(c) => (c.fetch.levels, None),
                Command::Contract(c) => (c.levels, None),
                Command::Commit(c) => (c.levels, None),
                Command::Load(c) | Command::Store(c) => (c.levels, Some(c)),
            };
            let nest = &shadow[unit][..levels as usize];
            let count: u64 = nest.iter().map(|l| u64::from(l.count)).product();
            steps[unit] += count;
            if let Some(dma) = dma {
                let f = config.flit as u64;
                let aligned = nest.iter().all(|l| l.stride_a as i64 % f as i64 == 0);
                let offset = if aligned { u64::from(dma.ext) % f } else { 0 };
                beats += count * (offset + u64::from(dma.bytes)).div_ceil(f);
            }
        }
        Work {
            steps,
            port: beats * (config.flit / memory.width.max(1)).max(1) as u64,
            commands: commands.len() as u64,
            latency: memory.latency as u64,
            engine: folds(config).then(|| instructions(commands)),
        }
    }

    /// `of` times this work, divided by `parts`.
    pub fn times(self, of: u64, parts: u64) -> Work {
        let scale = |n: u64| n * of / parts;
        Work {
            steps: self.steps.map(scale),
            port: scale(self.port),
            commands: scale(self.commands),
            latency: self.latency,
            engine: self.engine.map(scale),
        }
    }

    /// This and other work, one after the other.
    pub fn and(&self, other: &Work) -> Work {
        Work {
            steps: std::array::from_fn(|unit| self.steps[unit] + other.steps[unit]),
            port: self.port + other.port,
            commands: self.commands + other.commands,
            latency: self.latency,
            engine: self.engine.zip(other.engine).map(|(a, b)| a + b),
        }
    }

    /// Order of promise: the lower bound or what the engine has to do, then all that is asked for.
    pub fn rank(&self) -> (u64, u64) {
        let most = self.engine.unwrap_or_else(|| self.cycles());
        (most, self.steps.iter().sum())
    }

    /// Instructions of the engine, if this is the folded machine.
    pub fn engine(&self) -> Option<u64> {
        self.engine
    }

    /// Lower bound of the cycles: the busiest of all.
    pub fn cycles(&self) -> u64 {
        let units = self.steps[..Unit::Load as usize].iter().max();
        let busiest = units.copied().unwrap_or(0).max(self.port);
        busiest.max(self.commands) + self.latency
    }
}
