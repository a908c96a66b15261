//! The machine under rust-hdl's simulation.

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use rust_hdl::prelude::*;
use tcpu_hdl::decode::Word;
use tcpu_hdl::preset::{with_processor, WithProcessor};
use tcpu_hdl::processor::Processor;
use tcpu_hdl::types::Flits;
use tcpu_isa::Config;

use crate::machine::{shown, Doing, Inputs, Machine, Outputs};
use crate::memory::Request;

type Waves = rust_hdl::core::vcd_probe::VCDProbe<BufWriter<File>>;

/// The machine of a build, with a waveform of everything if a file is named; `None` if the build has no
/// hardware.
///
/// # Errors
/// The file cannot be made.
pub fn machine(config: &Config, waves: Option<&Path>) -> std::io::Result<Option<Box<dyn Machine>>> {
    struct Make(Option<BufWriter<File>>);
    impl WithProcessor for Make {
        type Output = Box<dyn Machine>;

        fn run<const S: usize, const L: usize, const F: usize, const V: usize>(
            self,
            processor: Box<Processor<S, L, F, V>>,
        ) -> Self::Output {
            let mut rtl = Rtl {
                uut: processor,
                waves: None,
                time: 0,
            };
            let header = self.0.map(|file| write_vcd_header(file, rtl.uut.as_ref()));
            rtl.settle();
            rtl.waves = header.map(|waves| write_vcd_dump(waves, rtl.uut.as_ref()));
            Box::new(rtl)
        }
    }
    let file = waves.map(File::create).transpose()?;
    Ok(with_processor(config, Make(file.map(BufWriter::new))))
}

struct Rtl<const S: usize, const L: usize, const F: usize, const V: usize> {
    uut: Box<Processor<S, L, F, V>>,
    waves: Option<Waves>,
    /// Picoseconds: a cycle is 2000.
    time: u64,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize> Rtl<S, L, F, V> {
    /// Lets all signals settle.
    fn settle(&mut self) {
        loop {
            self.uut.update_all();
            if !self.uut.has_changed() {
                return;
            }
        }
    }

    /// Lets all signals settle and notes them: half a cycle.
    fn half(&mut self) {
        self.settle();
        if let Some(mut waves) = self.waves.take() {
            // A full disk shows when the file is looked at.
            let _ = waves.timestamp(self.time);
            self.waves = Some(write_vcd_change(waves, self.uut.as_ref()));
        }
        self.time += 1000;
    }
}

impl<const S: usize, const L: usize, const F: usize, const V: usize> Machine for Rtl<S, L, F, V> {
    fn w_valid(&self) -> bool {
        self.uut.w_valid.val()
    }

    fn offer(&mut self, inputs: &Inputs) {
        let uut = &mut self.uut;
        uut.clock.next.clk = false;
        uut.cmd_valid.next = inputs.command.is_some();
        if let Some(word) = inputs.command {
            uut.cmd.next = Word::from(word);
        }
        uut.req_ready.next = inputs.req_ready;
        uut.r_valid.next = inputs.r_data.is_some();
        if let Some(data) = &inputs.r_data {
            uut.r_data.next = Flits([std::array::from_fn(|i| data[i] as i8)]);
        }
        uut.w_ready.next = inputs.w_ready;
        self.half();
    }

    fn look(&self) -> Outputs {
        let uut = &self.uut;
        let request = uut.req_valid.val().then(|| Request {
            write: uut.req_write.val(),
            addr: uut.req_addr.val().value(),
            beats: uut.req_beats.val().value() as u32,
        });
        let data = uut.w_data.val().0[0];
        let strobe = uut.w_strb.val().value() as u32;
        let write = uut
            .w_valid
            .val()
            .then_some((strobe, |i: usize| data[i] as u8));
        Outputs {
            cmd_ready: uut.cmd_ready.val(),
            fault: uut
                .fault
                .val()
                .then(|| (uut.fault_code.val().value(), uut.fault_index.val().value())),
            idle: uut.idle.val(),
            shown: shown(request, uut.r_ready.val(), write, F),
            units: std::array::from_fn(|u| Doing {
                active: uut.active[u].val(),
                steps: uut.steps[u].val(),
                waiting: uut.waiting[u].val(),
                starts: uut.starts[u].val(),
            }),
        }
    }

    fn clock(&mut self) {
        self.uut.clock.next.clk = true;
        self.half();
    }

    fn counter(&mut self, number: usize) -> u64 {
        self.uut.counter_select.next = number.into();
        self.settle();
        self.uut.counter.val().value()
    }
}
