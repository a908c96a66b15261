//! Runs a program on a device.

use std::io::{Read, Write};
use std::time::Instant;

use tcpu_isa::counters::Counters;
use tcpu_isa::program::Program;
use tcpu_isa::{encode, Config};

use super::client::{Client, State};
use super::error::LinkError;

/// What a client is doing, for whoever waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Bytes of operands and constants.
    Upload { done: usize, total: usize },
    /// Command words.
    Commands { done: usize, total: usize },
    /// Everything has been sent; the processor runs.
    Run,
    /// Bytes of the result.
    Download { done: usize, total: usize },
}

/// What a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The output tensor's bytes.
    pub output: Vec<u8>,
    pub counters: Counters,
}

impl<P: Read + Write> Client<P> {
    /// Uploads operands and constants out of a memory image, runs the program, and reads its result back. If
    /// the device is restarted meanwhile, all of it is done again.
    ///
    /// # Errors
    /// A program for another build, a fault of it, a line that stays broken, a device that is restarted again
    /// and again.
    pub fn run(
        &mut self,
        program: &Program,
        image: &[u8],
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Outcome, LinkError> {
        let (device, config) = (&self.identity().config, &program.config);
        if device != config {
            return Err(LinkError::OtherBuild {
                program: spell(config),
                device: spell(device),
            });
        }
        let memory = self.identity().memory;
        if program.memory_bytes > u64::from(memory) {
            let bytes = program.memory_bytes;
            return Err(LinkError::Memory { bytes, memory });
        }
        for _ in 0..self.settings.tries {
            match self.run_once(program, image, progress) {
                Err(LinkError::Restarted) => self.reopen()?,
                done => return done,
            }
        }
        Err(LinkError::Restarts(self.settings.tries))
    }

    fn run_once(
        &mut self,
        program: &Program,
        image: &[u8],
        progress: &mut dyn FnMut(Stage),
    ) -> Result<Outcome, LinkError> {
        self.reset()?;
        let spans = self.spans(program);
        let total = spans.iter().map(|(from, to)| to - from).sum();
        let mut before = 0;
        for (from, to) in spans {
            let mut bytes = vec![0; to - from];
            let known = image.get(from..to.min(image.len())).unwrap_or_default();
            bytes[..known.len()].copy_from_slice(known);
            self.write(from as u32, &bytes, &mut |done| {
                let done = before + done;
                progress(Stage::Upload { done, total });
            })?;
            before += bytes.len();
        }
        self.play(program, progress)?;
        progress(Stage::Run);
        self.wait()?;
        let counters = self.counters()?;
        let total = program.output.bytes();
        let (from, to) = self.whole(program.output.ext as usize, total);
        let bytes = self.read(from as u32, to - from, &mut |done| {
            let done = done.min(total);
            progress(Stage::Download { done, total });
        })?;
        let output = bytes[program.output.ext as usize - from..][..total].to_vec();
        Ok(Outcome { output, counters })
    }

    /// Sends the command words. They run when all are there or the buffer is full.
    fn play(
        &mut self,
        program: &Program,
        progress: &mut dyn FnMut(Stage),
    ) -> Result<(), LinkError> {
        let words: Vec<u128> = program.commands.iter().map(encode).collect();
        let (mut done, total, mut started) = (0, words.len(), false);
        let began = Instant::now();
        while done < total {
            let state = self.commands(done as u32, &words[done..])?;
            fault(&state)?;
            let taken = state.status.taken as usize;
            if taken == done && !started {
                self.start()?;
                started = true;
            }
            self.patience(began)?;
            done = taken;
            progress(Stage::Commands { done, total });
        }
        if !started {
            self.start()?;
        }
        Ok(())
    }

    /// Waits until nothing runs.
    fn wait(&mut self) -> Result<(), LinkError> {
        let began = Instant::now();
        loop {
            let state = self.state()?;
            fault(&state)?;
            if state.idle {
                return Ok(());
            }
            self.patience(began)?;
        }
    }

    fn patience(&self, began: Instant) -> Result<(), LinkError> {
        let stuck = self.settings.stuck;
        match began.elapsed() > stuck {
            true => Err(LinkError::Stuck(stuck.as_secs())),
            false => Ok(()),
        }
    }

    /// The whole beats around some bytes.
    fn whole(&self, from: usize, bytes: usize) -> (usize, usize) {
        let beat = self.identity().config.flit;
        (from / beat * beat, (from + bytes).next_multiple_of(beat))
    }

    /// What has to be in memory before the run: operands and constants, in whole beats.
    fn spans(&self, program: &Program) -> Vec<(usize, usize)> {
        let inputs = program.inputs.iter().map(|t| (t.ext as usize, t.bytes()));
        let data = program.data.iter().map(|(at, b)| (*at as usize, b.len()));
        let spans = inputs.chain(data).filter(|(_, bytes)| *bytes > 0);
        spans.map(|(from, bytes)| self.whole(from, bytes)).collect()
    }
}

fn fault(state: &State) -> Result<(), LinkError> {
    match state.fault {
        true => Err(LinkError::Fault {
            code: state.status.fault_code,
            index: state.status.fault_index,
        }),
        false => Ok(()),
    }
}

/// A build in a message.
fn spell(config: &Config) -> String {
    let sizes = config.sizes().map(|(name, n)| format!("{name}={n}"));
    format!("{} ({})", config.name, sizes.join(" "))
}
