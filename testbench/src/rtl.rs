//! The machine under rust-hdl's simulation.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use tcpu_hdl::decode::Word;
use tcpu_hdl::preset::{with_processor, WithProcessor};
use tcpu_hdl::processor::Processor;
use tcpu_hdl::types::Flits;
use tcpu_isa::Config;

use crate::bench::settle;
use crate::driver::RunError;
use crate::machine::{shown, Doing, Inputs, Machine, Outputs};
use crate::memory::Request;
use crate::trace::Trace;
use crate::waves::Wave;

/// The machine of a build, with a waveform of everything if a file is named, and a record of its ports if there is a
/// place for it; `None` if the build has no hardware.
///
/// # Errors
/// The file cannot be made, or the machine has no Verilog for the record.
pub fn machine<'a>(
    config: &Config,
    waves: Option<&'a Path>,
    trace: Option<&'a RefCell<Trace>>,
) -> Result<Option<Box<dyn Machine + 'a>>, RunError> {
    struct Make<'a>(Option<&'a Path>, Option<&'a RefCell<Trace>>);
    impl<'a> WithProcessor for Make<'a> {
        type Output = Result<Box<dyn Machine + 'a>, RunError>;

        fn run<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize>(
            self,
            mut uut: Box<Processor<S, L, F, V, A>>,
        ) -> Self::Output {
            if let Some(trace) = self.1 {
                *trace.borrow_mut() = Trace::of(uut.as_ref())?;
            }
            settle(uut.as_mut());
            let wave = self.0.map(|path| {
                Wave::create(path, uut.as_ref()).map_err(|error| RunError::Vcd {
                    path: PathBuf::from(path),
                    error,
                })
            });
            Ok(Box::new(Rtl {
                wave: wave.transpose()?,
                trace: self.1,
                uut,
                cycle: 0,
            }))
        }
    }
    with_processor(config, Make(waves, trace)).transpose()
}

struct Rtl<'a, const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> {
    uut: Box<Processor<S, L, F, V, A>>,
    wave: Option<Wave>,
    trace: Option<&'a RefCell<Trace>>,
    cycle: u64,
}

impl<const S: usize, const L: usize, const F: usize, const V: usize, const A: usize> Machine
    for Rtl<'_, S, L, F, V, A>
{
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
        settle(uut.as_mut());
        if let Some(wave) = &mut self.wave {
            wave.low(self.cycle, uut.as_ref());
        }
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
                ends: uut.ends[u].val(),
            }),
        }
    }

    fn clock(&mut self) {
        if let Some(trace) = self.trace {
            let strobe = match self.uut.w_valid.val() {
                true => self.uut.w_strb.val().value(),
                false => 0,
            };
            let written: Vec<bool> = (0..8 * F).map(|bit| strobe >> (bit / 8) & 1 == 1).collect();
            trace.borrow_mut().mask("w_data", &written);
            trace.borrow_mut().note(self.uut.as_ref());
        }
        self.uut.clock.next.clk = true;
        settle(self.uut.as_mut());
        if let Some(wave) = &mut self.wave {
            wave.high(self.cycle, self.uut.as_ref());
        }
        self.cycle += 1;
    }

    fn select(&mut self, number: usize) {
        self.uut.counter_select.next = number.into();
    }

    fn counter(&mut self) -> u64 {
        self.uut.counter.val().value()
    }
}
