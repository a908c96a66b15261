//! Runs programs on a machine under simulation.

use std::cell::RefCell;
use std::path::PathBuf;

use tcpu_isa::counters::{Activity, Counters, Recorder, COUNTERS, LAG, READ_CYCLES};
use tcpu_isa::program::Program;
use tcpu_isa::{encode, Interval, MemoryTiming, Unit};
use tcpu_micro::assembler::AssembleError;
use tcpu_synth::verilated::ModelError;
use tcpu_synth::EmitError;
use thiserror::Error;

use crate::machine::{Inputs, Machine};
use crate::memory::ExternalMemory;
use crate::rtl;
use crate::trace::Trace;

/// How to run.
#[derive(Default)]
pub struct RtlOptions<'a> {
    /// Write a waveform of the whole machine here.
    pub vcd: Option<PathBuf>,
    /// Refuse each handshake of the memory and of the command port at random, by this seed.
    pub stalls: Option<u64>,
    /// Record all ports of the machine here; only rust-hdl's simulation does.
    pub trace: Option<&'a RefCell<Trace>>,
    /// Record what the units do when.
    pub timeline: bool,
    /// Called now and then with the cycles so far.
    pub progress: Option<&'a dyn Fn(u64)>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtlRun {
    pub memory: Vec<u8>,
    /// From the first command accepted to the last write beat accepted, both included; 0 if nothing was written.
    pub cycles: u64,
    /// The hardware's counters, read back after the run.
    pub counters: Counters,
    /// What the units did when, if it was asked for.
    pub timeline: Vec<Interval>,
}

/// Why a run did not end well.
#[derive(Debug, Error)]
pub enum RunError {
    #[error(
        "preset {name} ({slices} slices, {lanes} lanes, flits of {flit}, {int4} int4 products per \
         multiplier) has no hardware"
    )]
    NoHardware {
        name: String,
        slices: usize,
        lanes: usize,
        flit: usize,
        int4: usize,
    },
    #[error("the machine reports fault {code} at command {index}")]
    Fault { code: u64, index: u64 },
    #[error("nothing has happened for {patience} cycles, in cycle {cycle}")]
    Stuck { cycle: u64, patience: u64 },
    #[error("the waveform {}: {error}", path.display())]
    Vcd {
        path: PathBuf,
        error: std::io::Error,
    },
    #[error(transparent)]
    Emit(#[from] EmitError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the folded machine's program: {0}")]
    Assemble(#[from] AssembleError),
}

/// Runs a program on a memory image under rust-hdl's simulation, cycle by cycle.
///
/// # Errors
/// A build without hardware, a fault, or a program that does not end.
pub fn run_rtl(
    program: &Program,
    image: Vec<u8>,
    timing: MemoryTiming,
    options: &RtlOptions,
) -> Result<RtlRun, RunError> {
    let c = &program.config;
    let machine = rtl::machine(c, options.vcd.as_deref(), options.trace)?;
    let mut machine = machine.ok_or_else(|| RunError::NoHardware {
        name: c.name.clone(),
        slices: c.slices,
        lanes: c.lanes,
        flit: c.flit,
        int4: c.int4,
    })?;
    run_on(machine.as_mut(), program, image, timing, options)
}

/// Runs a program on a memory image and a machine of the program's build that has just been made.
///
/// # Errors
/// A fault, or a program that does not end.
pub fn run_on(
    machine: &mut dyn Machine,
    program: &Program,
    image: Vec<u8>,
    timing: MemoryTiming,
    options: &RtlOptions,
) -> Result<RtlRun, RunError> {
    let flit = program.config.flit;
    let mut memory = ExternalMemory::new(image, flit, timing, options.stalls);
    let words: Vec<u128> = program.commands.iter().map(encode).collect();
    let patience = 10_000 + 100 * (timing.latency as u64 + flit as u64);
    let (mut next, mut cycle, mut first, mut last, mut alive) = (0, 0, None, None, 0);
    let mut recorder = Recorder::default();
    let mut ended = [0; 6];
    loop {
        let command = words.get(next).copied();
        machine.offer(&Inputs {
            command,
            req_ready: memory.req_ready(),
            r_data: memory.r_data().map(<[u8]>::to_vec),
            w_ready: memory.w_ready(machine.w_valid()),
        });

        // What happens in this cycle.
        let outputs = machine.look();
        if let Some((code, index)) = outputs.fault {
            return Err(RunError::Fault { code, index });
        }
        let accepted = command.is_some() && outputs.cmd_ready;
        if accepted {
            first.get_or_insert(cycle);
            next += 1;
        }
        let beats = memory.read_beats + memory.write_beats;
        if memory.clock(&outputs.shown) {
            last = Some(cycle);
        }
        if options.timeline && first.is_some() {
            let now = cycle - first.unwrap_or(0);
            for unit in Unit::ALL {
                let u = unit as usize;
                let doing = outputs.units[u];
                let activity = match (doing.active, doing.steps) {
                    (true, true) => Activity::Busy,
                    (true, false) => Activity::Stalled,
                    _ if doing.waiting => Activity::Waiting,
                    _ => Activity::Idle,
                };
                recorder.note(now, unit, ended[u], activity);
                ended[u] += usize::from(doing.ends);
            }
        }
        let moved = memory.read_beats + memory.write_beats != beats;
        if accepted || outputs.steps(Unit::Contract) || moved {
            alive = cycle;
        }
        if next == words.len() && outputs.idle && memory.idle() {
            break;
        }
        if cycle - alive > patience {
            return Err(RunError::Stuck { cycle, patience });
        }
        machine.clock();
        cycle += 1;
        if let (Some(progress), 0) = (options.progress, cycle % 1024) {
            progress(cycle);
        }
    }
    // The counters catch up.
    for _ in 0..LAG {
        machine.clock();
        machine.offer(&Inputs::default());
    }
    let mut counters = Counters::default();
    for number in 0..COUNTERS.len() {
        machine.select(number);
        machine.offer(&Inputs::default());
        for _ in 0..READ_CYCLES {
            machine.clock();
            machine.offer(&Inputs::default());
        }
        counters.0[number] = machine.counter();
    }
    let cycles = first.zip(last).map_or(0, |(first, last)| last - first + 1);
    Ok(RtlRun {
        memory: memory.into_bytes(),
        cycles,
        counters,
        timeline: recorder.finish(),
    })
}
