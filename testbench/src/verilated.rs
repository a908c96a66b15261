//! The machine's Verilog under Verilator.

use tcpu_hdl::processor::RESET_CYCLES;
use tcpu_isa::Config;
use tcpu_synth::verilated::{Model, ModelError, PortId};
use tcpu_synth::{emit, BuildError};
use thiserror::Error;

use crate::machine::{shown, Doing, Inputs, Machine, Outputs};
use crate::memory::Request;

/// Why a build has no such model.
#[derive(Debug, Error)]
pub enum VerilatedError {
    #[error(transparent)]
    Build(#[from] BuildError),
    #[error(transparent)]
    Model(#[from] ModelError),
}

/// See the module's documentation.
pub struct Verilated {
    model: Model,
    flit: usize,
    clock: PortId,
    reset: PortId,
    cmd_valid: PortId,
    cmd: PortId,
    cmd_ready: PortId,
    fault: PortId,
    fault_code: PortId,
    fault_index: PortId,
    counter_select: PortId,
    counter: PortId,
    idle: PortId,
    req_valid: PortId,
    req_ready: PortId,
    req_write: PortId,
    req_addr: PortId,
    req_beats: PortId,
    w_valid: PortId,
    w_ready: PortId,
    w_data: PortId,
    w_strb: PortId,
    r_valid: PortId,
    r_ready: PortId,
    r_data: PortId,
    /// Active, steps, waiting, ends, by unit.
    units: [[PortId; 6]; 4],
}

impl Verilated {
    /// The machine of a build. The first use of a build takes a while: its model is compiled.
    ///
    /// # Errors
    /// A build without hardware, or tools that are not there.
    pub fn new(config: &Config) -> Result<Verilated, VerilatedError> {
        Verilated::of(config, Model::new(&emit(config)?)?)
    }

    /// A model of the machine of a build: of its Verilog, or of its netlist.
    ///
    /// # Errors
    /// Ports that are not the machine's.
    pub fn of(config: &Config, model: Model) -> Result<Verilated, VerilatedError> {
        let units = |name: &str| -> Result<[PortId; 6], ModelError> {
            let mut ports = Vec::new();
            for u in 0..6 {
                ports.push(model.output(&format!("{name}_{u}"), 1)?);
            }
            Ok(std::array::from_fn(|u| ports[u]))
        };
        let bits = 8 * config.flit;
        let mut machine = Verilated {
            flit: config.flit,
            clock: model.input("clock", 1)?,
            reset: model.input("reset", 1)?,
            cmd_valid: model.input("cmd_valid", 1)?,
            cmd: model.input("cmd", 128)?,
            cmd_ready: model.output("cmd_ready", 1)?,
            fault: model.output("fault", 1)?,
            fault_code: model.output("fault_code", 8)?,
            fault_index: model.output("fault_index", 32)?,
            counter_select: model.input("counter_select", 5)?,
            counter: model.output("counter", 32)?,
            idle: model.output("idle", 1)?,
            req_valid: model.output("req_valid", 1)?,
            req_ready: model.input("req_ready", 1)?,
            req_write: model.output("req_write", 1)?,
            req_addr: model.output("req_addr", 32)?,
            req_beats: model.output("req_beats", 5)?,
            w_valid: model.output("w_valid", 1)?,
            w_ready: model.input("w_ready", 1)?,
            w_data: model.output("w_data", bits)?,
            w_strb: model.output("w_strb", 32)?,
            r_valid: model.input("r_valid", 1)?,
            r_ready: model.output("r_ready", 1)?,
            r_data: model.input("r_data", bits)?,
            units: [
                units("active")?,
                units("steps")?,
                units("waiting")?,
                units("ends")?,
            ],
            model,
        };
        machine.model.eval();
        Ok(machine)
    }

    /// Holds the reset, for as long as it takes.
    pub fn reset(&mut self) {
        self.model.set(self.reset, &[1]);
        for _ in 0..RESET_CYCLES {
            self.offer(&Inputs::default());
            self.clock();
        }
        self.model.set(self.reset, &[0]);
    }

    fn flag(&self, port: PortId) -> bool {
        self.model.get(port) == 1
    }
}

impl Machine for Verilated {
    fn w_valid(&self) -> bool {
        self.flag(self.w_valid)
    }

    fn offer(&mut self, inputs: &Inputs) {
        let model = &mut self.model;
        let mut set = |port, value: bool| model.set(port, &[u64::from(value)]);
        set(self.clock, false);
        set(self.cmd_valid, inputs.command.is_some());
        set(self.req_ready, inputs.req_ready);
        set(self.r_valid, inputs.r_data.is_some());
        set(self.w_ready, inputs.w_ready);
        if let Some(word) = inputs.command {
            model.set(self.cmd, &[word as u64, (word >> 64) as u64]);
        }
        if let Some(data) = &inputs.r_data {
            let mut words = [0u64; 4];
            for (i, byte) in data.iter().enumerate() {
                words[i / 8] |= u64::from(*byte) << (8 * (i % 8));
            }
            model.set(self.r_data, &words);
        }
        model.eval();
    }

    fn look(&self) -> Outputs {
        let model = &self.model;
        let request = self.flag(self.req_valid).then(|| Request {
            write: self.flag(self.req_write),
            addr: model.get(self.req_addr),
            beats: model.get(self.req_beats) as u32,
        });
        let byte = |i: usize| (model.word(self.w_data, i / 8) >> (8 * (i % 8))) as u8;
        let strobe = model.get(self.w_strb) as u32;
        let write = self.flag(self.w_valid).then_some((strobe, byte));
        Outputs {
            cmd_ready: self.flag(self.cmd_ready),
            fault: self
                .flag(self.fault)
                .then(|| (model.get(self.fault_code), model.get(self.fault_index))),
            idle: self.flag(self.idle),
            shown: shown(request, self.flag(self.r_ready), write, self.flit),
            units: std::array::from_fn(|u| {
                let [active, steps, waiting, ends] = self.units.map(|ports| self.flag(ports[u]));
                Doing {
                    active,
                    steps,
                    waiting,
                    ends,
                }
            }),
        }
    }

    fn clock(&mut self) {
        self.model.set(self.clock, &[1]);
        self.model.eval();
    }

    fn select(&mut self, number: usize) {
        self.model.set(self.counter_select, &[number as u64]);
    }

    fn counter(&mut self) -> u64 {
        self.model.get(self.counter)
    }
}
