//! The machine in a system on a chip that LiteX builds: `examples/litex_soc.py`, simulated.

use std::fs;
use std::path::Path;

use tcpu_isa::bus::{at, status, REGISTER_BYTES};
use tcpu_isa::{encode, Command};
use tcpu_synth::tools::Litex;
use tcpu_synth::verilated::{Model, PortId};
use tcpu_synth::{emit_for, write, Bus, Module, Port};

use crate::common::{options, prepare, result, Case};

/// Where the example puts the registers and the memory.
const REGISTERS: usize = 0x3000_0000;
const MEMORY: usize = 0x4000_0000;

/// The ports of the example's top: name, bits, whether it is an input.
const PORTS: [(&str, usize, bool); 14] = [
    ("clock", 1, true),
    ("reset", 1, true),
    ("irq", 1, false),
    ("host_adr", 30, true),
    ("host_dat_w", 32, true),
    ("host_dat_r", 32, false),
    ("host_sel", 4, true),
    ("host_cyc", 1, true),
    ("host_stb", 1, true),
    ("host_we", 1, true),
    ("host_cti", 3, true),
    ("host_bte", 2, true),
    ("host_ack", 1, false),
    ("host_err", 1, false),
];

/// The system, as the master outside sees it.
struct Soc {
    model: Model,
    clock: PortId,
}

impl Soc {
    fn new(modules: &[Module]) -> Soc {
        let model = Model::new(modules).unwrap();
        let clock = model.input("clock", 1).unwrap();
        let mut soc = Soc { model, clock };
        soc.set("host_sel", 15);
        soc.set("reset", 1);
        for _ in 0..4 {
            soc.cycle();
        }
        soc.set("reset", 0);
        soc
    }

    fn set(&mut self, port: &str, value: u64) {
        let port = self.model.input(port, 32).unwrap();
        self.model.set(port, &[value]);
    }

    fn get(&self, port: &str) -> u64 {
        self.model.get(self.model.output(port, 32).unwrap())
    }

    fn cycle(&mut self) {
        self.model.set(self.clock, &[1]);
        self.model.eval();
        self.model.set(self.clock, &[0]);
        self.model.eval();
    }

    /// A classic cycle on Wishbone; what is read.
    fn access(&mut self, at: usize, write: Option<u32>) -> u32 {
        self.set("host_adr", at as u64 / 4);
        self.set("host_we", u64::from(write.is_some()));
        self.set("host_dat_w", write.unwrap_or(0).into());
        self.set("host_cyc", 1);
        self.set("host_stb", 1);
        self.model.eval();
        for _ in 0..10_000 {
            assert_eq!(self.get("host_err"), 0, "{at:#x}");
            let (done, data) = (self.get("host_ack") == 1, self.get("host_dat_r"));
            self.cycle();
            if done {
                self.set("host_cyc", 0);
                self.set("host_stb", 0);
                self.cycle();
                return data as u32;
            }
        }
        panic!("no answer from {at:#x}");
    }

    fn status(&mut self) -> u32 {
        self.access(REGISTERS + at::STATUS, None)
    }

    /// Pushes commands when there is room, and waits for the interrupt.
    fn run(&mut self, commands: &[Command]) {
        let mut words = commands.iter().map(encode).peekable();
        while words.peek().is_some() {
            let room = self.status() >> status::ROOM;
            for word in words.by_ref().take(room as usize) {
                for part in 0..4 {
                    let to = REGISTERS + at::COMMAND + REGISTER_BYTES * part;
                    self.access(to, Some((word >> (32 * part)) as u32));
                }
            }
        }
        self.access(REGISTERS + at::INTERRUPT, Some(1));
        for _ in 0..200_000 {
            if self.get("irq") == 1 {
                return;
            }
            self.cycle();
        }
        panic!("no interrupt; the status is {:#x}", self.status());
    }
}

/// The modules of a design with what the example makes of it before them.
fn soc(modules: &[Module], flit: usize) -> Vec<Module> {
    let folder = tempfile::tempdir().unwrap();
    let rtl = folder.path().join("rtl");
    fs::create_dir(&rtl).unwrap();
    write(modules, &rtl).unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/litex_soc.py");
    let flit = flit.to_string();
    let arguments = ["rtl", "--flit", &flit, "-o", "soc.v"];
    let litex = Litex::find().unwrap();
    litex.run(folder.path(), &example, &arguments).unwrap();
    let text = fs::read_to_string(folder.path().join("soc.v")).unwrap();
    // Comments tell the time: the model would never be found again.
    let lines = text.lines().filter(|line| !line.starts_with("//"));
    let top = Module {
        name: "soc".to_string(),
        text: lines.map(|line| format!("{line}\n")).collect(),
        ports: PORTS
            .map(|(name, width, input)| Port {
                name: name.to_string(),
                width,
                input,
            })
            .to_vec(),
    };
    [&[top], modules].concat()
}

/// Everything through the SoC's own bus: operands into its RAM, the program into the registers, the result out of
/// RAM; the SoC's bus is narrower than the machine's port.
#[test]
fn product_in_a_soc() {
    let case = Case {
        expr: "ij,jk->ik".into(),
        shapes: vec![vec![7, 18], vec![18, 10]],
        seed: 11,
        int4: [false; 3],
    };
    let prepared = prepare(&case, &options("up5k"));
    let program = &prepared.compiled.program;
    let modules = emit_for(&program.config, Bus::Axi).unwrap();
    let mut soc = Soc::new(&soc(&modules, program.config.flit));
    while soc.status() >> status::RESETTING & 1 == 1 {}
    soc.access(REGISTERS + at::BASE, Some(MEMORY as u32));
    let mut image = prepared.image.clone();
    image.resize(image.len().next_multiple_of(4), 0);
    for (number, bytes) in image.chunks_exact(4).enumerate() {
        let word = u32::from_le_bytes(bytes.try_into().unwrap());
        soc.access(MEMORY + 4 * number, Some(word));
    }
    soc.run(&program.commands);
    let status = soc.status();
    assert_eq!(status & 0x3F, 1 << status::IDLE, "{status:#x}");
    let words = (0..image.len() / 4).map(|number| soc.access(MEMORY + 4 * number, None));
    let memory: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    assert_eq!(result(&prepared.compiled, &memory), prepared.expected);
}
