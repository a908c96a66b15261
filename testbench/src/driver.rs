//! Runs programs on the RTL under rust-hdl's simulation.

use std::path::PathBuf;

use tcpu_hdl::decode::Word;
use tcpu_hdl::processor::Processor;
use tcpu_hdl::types::Flits;
use tcpu_isa::counters::{Activity, Counters, Recorder, COUNTERS};
use tcpu_isa::program::Program;
use tcpu_isa::{encode, Interval, MemoryTiming, Unit};
use thiserror::Error;

use crate::bench::settle;
use crate::memory::{ExternalMemory, Request, Shown};
use crate::waves::Wave;

/// How to run.
#[derive(Default)]
pub struct RtlOptions<'a> {
    /// Write a waveform of the whole machine here.
    pub vcd: Option<PathBuf>,
    /// Refuse each handshake of the memory and of the command port at random, by this seed.
    pub stalls: Option<u64>,
    /// Record what the units do when.
    pub timeline: bool,
    /// Called now and then with the cycles so far.
    pub progress: Option<&'a dyn Fn(u64)>,
}

/// What a run did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RtlRun {
    pub memory: Vec<u8>,
    /// From the first command accepted to the last write beat accepted, both included.
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
}

/// Runs a program on a memory image, cycle by cycle.
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
    match (c.slices, c.lanes, c.flit, c.int4) {
        (2, 2, 4, 2) => drive::<2, 2, 4, 1, 4>(program, image, timing, options),
        (1, 2, 8, 1) => drive::<1, 2, 8, 2, 2>(program, image, timing, options),
        (1, 4, 8, 1) => drive::<1, 4, 8, 2, 4>(program, image, timing, options),
        (2, 4, 16, 1) => drive::<2, 4, 16, 4, 4>(program, image, timing, options),
        (4, 4, 16, 1) => drive::<4, 4, 16, 4, 4>(program, image, timing, options),
        (4, 4, 16, 2) => drive::<4, 4, 16, 4, 8>(program, image, timing, options),
        (slices, lanes, flit, int4) => Err(RunError::NoHardware {
            name: c.name.clone(),
            slices,
            lanes,
            flit,
            int4,
        }),
    }
}

fn drive<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
    program: &Program,
    image: Vec<u8>,
    timing: MemoryTiming,
    options: &RtlOptions,
) -> Result<RtlRun, RunError> {
    let mut uut = Box::new(Processor::<S, L, F, V, A>::new(&program.config));
    let mut memory = ExternalMemory::new(image, F, timing, options.stalls);
    let words: Vec<Word> = program
        .commands
        .iter()
        .map(|c| Word::from(encode(c)))
        .collect();
    settle(uut.as_mut());
    let mut wave = None;
    if let Some(path) = &options.vcd {
        let created = Wave::create(path, uut.as_ref());
        wave = Some(created.map_err(|error| RunError::Vcd {
            path: path.clone(),
            error,
        })?);
    }
    let patience = 10_000 + 100 * (timing.latency as u64 + F as u64);
    let (mut next, mut cycle, mut first, mut last, mut alive) = (0, 0, None, 0, 0);
    let mut recorder = Recorder::default();
    let mut started = [0; 6];
    loop {
        // The low phase: inputs.
        uut.clock.next.clk = false;
        uut.cmd_valid.next = next < words.len();
        if let Some(word) = words.get(next) {
            uut.cmd.next = *word;
        }
        uut.req_ready.next = memory.req_ready();
        let r_data = memory.r_data();
        uut.r_valid.next = r_data.is_some();
        if let Some(data) = r_data {
            uut.r_data.next = Flits([std::array::from_fn(|i| data[i] as i8)]);
        }
        uut.w_ready.next = memory.w_ready(uut.w_valid.val());
        settle(uut.as_mut());
        if let Some(wave) = &mut wave {
            wave.low(cycle, uut.as_ref());
        }

        // What happens in this cycle.
        if uut.fault.val() {
            let (code, index) = (uut.fault_code.val().value(), uut.fault_index.val().value());
            return Err(RunError::Fault { code, index });
        }
        let mut shown = Shown {
            r_ready: uut.r_ready.val(),
            ..Shown::default()
        };
        if uut.req_valid.val() {
            shown.request = Some(Request {
                write: uut.req_write.val(),
                addr: uut.req_addr.val().value(),
                beats: uut.req_beats.val().value() as u32,
            });
        }
        if uut.w_valid.val() {
            shown.w_valid = true;
            shown.w_data = uut.w_data.val().0[0].iter().map(|&b| b as u8).collect();
            shown.w_strb = uut.w_strb.val().value() as u32;
        }
        let accepted = uut.cmd_valid.val() && uut.cmd_ready.val();
        if accepted {
            first.get_or_insert(cycle);
            next += 1;
        }
        let beats = memory.read_beats + memory.write_beats;
        if memory.clock(&shown) {
            last = cycle;
        }
        if options.timeline && first.is_some() {
            let now = cycle - first.unwrap_or(0);
            for unit in Unit::ALL {
                let u = unit as usize;
                let activity = match (uut.active[u].val(), uut.steps[u].val()) {
                    (true, true) => Activity::Busy,
                    (true, false) => Activity::Stalled,
                    _ if uut.waiting[u].val() => Activity::Waiting,
                    _ => Activity::Idle,
                };
                recorder.note(now, unit, started[u], activity);
                started[u] += usize::from(uut.semaphores.takes[u].val());
            }
        }
        if accepted || uut.contract.issued.val() || memory.read_beats + memory.write_beats != beats
        {
            alive = cycle;
        }
        if next == words.len() && uut.idle.val() && memory.idle() {
            break;
        }
        if cycle - alive > patience {
            return Err(RunError::Stuck { cycle, patience });
        }

        // The high phase: registers.
        uut.clock.next.clk = true;
        settle(uut.as_mut());
        if let Some(wave) = &mut wave {
            wave.high(cycle, uut.as_ref());
        }
        cycle += 1;
        if let (Some(progress), 0) = (options.progress, cycle % 1024) {
            progress(cycle);
        }
    }
    let mut counters = Counters::default();
    for number in 0..COUNTERS.len() {
        uut.counter_select.next = number.into();
        settle(uut.as_mut());
        counters.0[number] = uut.counter.val().value();
    }
    let cycles = first.map_or(0, |first| last - first + 1);
    Ok(RtlRun {
        memory: memory.into_bytes(),
        cycles,
        counters,
        timeline: recorder.finish(),
    })
}
