//! The models of the ECP5's multiplier and block RAM do what the documentation says of these cells, told here in
//! Rust, on random inputs; and a random start is one.

use std::collections::VecDeque;

use fastrand::Rng;
use tcpu_synth::gates::ecp5_cells;
use tcpu_synth::verilated::{Model, PortId, Start};
use tcpu_synth::{Module, Port};

/// A module with one cell, and its ports as vectors: name and bits, inputs first.
fn alone(
    cell: &str,
    parameters: &str,
    inputs: &[(&str, usize)],
    outputs: &[(&str, usize)],
) -> Model {
    let mut text = String::from("module top (\n");
    let mut pins = Vec::new();
    let mut ports = Vec::new();
    let all = inputs.iter().map(|port| (port, true));
    for ((name, width), input) in all.chain(outputs.iter().map(|port| (port, false))) {
        let way = if input { "input" } else { "output" };
        let comma = if ports.is_empty() { "" } else { "," };
        text.push_str(&format!(
            "{comma} {way} [{}:0] {}\n",
            width - 1,
            name.to_lowercase()
        ));
        match width {
            1 => pins.push(format!(".{name}({})", name.to_lowercase())),
            _ => pins
                .extend((0..*width).map(|i| format!(".{name}{i}({}[{i}])", name.to_lowercase()))),
        }
        ports.push(Port {
            name: name.to_lowercase(),
            width: *width,
            input,
        });
    }
    let pins = pins.join(", ");
    text.push_str(&format!(
        ");\n{cell} #({parameters}) cell_0 ({pins});\nendmodule\n"
    ));
    let top = Module {
        name: "top".to_string(),
        text,
        ports,
    };
    Model::new(&[top, ecp5_cells()]).unwrap()
}

fn input(model: &Model, name: &str) -> PortId {
    model.input(name, 18).unwrap()
}

/// Products of operands with and without signs, with no registers, some, and all of them.
#[test]
fn multiplier() {
    for registers in [
        [false, false, false],
        [true, false, true],
        [true, true, true],
    ] {
        let clocks = registers.map(|register| if register { "CLK0" } else { "NONE" });
        let parameters = format!(
            ".REG_INPUTA_CLK(\"{}\"), .REG_INPUTB_CLK(\"{}\"), .REG_OUTPUT_CLK(\"{}\")",
            clocks[0], clocks[1], clocks[2]
        );
        let inputs = [
            ("A", 18),
            ("B", 18),
            ("SIGNEDA", 1),
            ("SIGNEDB", 1),
            ("CLK0", 1),
            ("CE0", 1),
            ("RST0", 1),
        ];
        let mut model = alone("MULT18X18D", &parameters, &inputs, &[("P", 36)]);
        let ports = inputs.map(|(name, _)| input(&model, &name.to_lowercase()));
        let product = model.output("p", 36).unwrap();
        for signs in 0..4u64 {
            // A new sign may not meet an old operand.
            let mut rng = Rng::with_seed(signs);
            let (mut a_1, mut b_1, mut p_1) = (0, 0, 0);
            for cycle in 0..500 {
                let (a, b) = (rng.u64(..1 << 18), rng.u64(..1 << 18));
                let reset = cycle == 0 || rng.u8(..16) == 0;
                let enable = rng.u8(..4) > 0;
                let values = [
                    a,
                    b,
                    signs & 1,
                    signs >> 1,
                    0,
                    u64::from(enable),
                    u64::from(reset),
                ];
                for (port, value) in ports.iter().zip(values) {
                    model.set(*port, &[value]);
                }
                model.eval();
                let x = if registers[0] { a_1 } else { a };
                let y = if registers[1] { b_1 } else { b };
                let number = |bits: u64, signed: bool| match signed && bits >> 17 == 1 {
                    true => bits as i64 - (1 << 18),
                    false => bits as i64,
                };
                let now = number(x, signs & 1 == 1) * number(y, signs >> 1 == 1);
                let now = now as u64 & ((1 << 36) - 1);
                let shown = if registers[2] { p_1 } else { now };
                if cycle > 0 {
                    assert_eq!(model.get(product), shown, "{registers:?}, signs {signs}");
                }
                match (reset, enable) {
                    (true, _) => (a_1, b_1, p_1) = (0, 0, 0),
                    (_, true) => (a_1, b_1, p_1) = (a, b, now),
                    _ => {}
                }
                model.set(ports[4], &[1]);
                model.eval();
            }
        }
    }
}

/// A memory of 2048 bytes of 9 bits, written at one width and read at another.
#[test]
fn block_ram() {
    for (write, read, register) in [
        (36, 36, true),
        (36, 9, false),
        (18, 36, false),
        (9, 18, true),
        (4, 1, false),
        (1, 2, true),
        (2, 4, false),
    ] {
        let mode = if register { "OUTREG" } else { "NOREG" };
        let parameters = format!(
            ".DATA_WIDTH_A({write}), .DATA_WIDTH_B({read}), .REGMODE_A(\"{mode}\"), .REGMODE_B(\"{mode}\"), \
             .INITVAL_01(320'h3ffff)"
        );
        let inputs = [
            ("DIA", 18),
            ("DIB", 18),
            ("ADA", 14),
            ("ADB", 14),
            ("CEA", 1),
            ("CEB", 1),
            ("WEA", 1),
            ("CLKA", 1),
            ("CLKB", 1),
            ("OCEA", 1),
            ("OCEB", 1),
        ];
        let outputs = [("DOA", 18), ("DOB", 18)];
        let mut model = alone("DP16KD", &parameters, &inputs, &outputs);
        let ports = inputs.map(|(name, _)| input(&model, &name.to_lowercase()));
        let out = ["doa", "dob"].map(|name| model.output(name, 18).unwrap());
        // Each bit of a byte has an address: 16 for a byte pair of narrow words; the ninth bits have none.
        let mut bytes = [0u16; 2048];
        (bytes[32], bytes[33]) = (0x1ff, 0x1ff);
        let mut rng = Rng::with_seed(write as u64);
        let mut shown: VecDeque<Option<u64>> = VecDeque::from([Some(0); 2]);
        for _ in 0..4000 {
            // Few addresses, so that what was written is read.
            let at = |rng: &mut Rng| rng.u64(..64 * 16) & 0x30f | rng.u64(..16) << 4 & 0x1f0;
            let (at_a, at_b) = (at(&mut rng), at(&mut rng));
            let (low, high) = (rng.u64(..1 << 18), rng.u64(..1 << 18));
            let [write_on, read_on] = [(); 2].map(|()| rng.u8(..4) > 0);
            let values = [
                low,
                high,
                at_a,
                at_b,
                u64::from(write_on),
                u64::from(read_on),
                1,
                0,
                0,
                1,
                1,
            ];
            for (port, value) in ports.iter().zip(values) {
                model.set(*port, &[value]);
            }
            model.eval();
            let found = match read {
                36 => model.get(out[1]) << 18 | model.get(out[0]),
                _ => model.get(out[1]) & ((1 << read) - 1),
            };
            let expected = shown[usize::from(!register)];
            if let Some(expected) = expected {
                assert_eq!(found, expected, "{write} {read} {register}");
            }
            // What the read finds: the bytes before the write of this edge; nothing certain if it writes one of them.
            let begin = |width: usize, at: u64| match width {
                36 => at >> 5 << 2,
                18 => at >> 4 << 1,
                _ => at >> 3,
            };
            let count = |width: usize| (width / 9).max(1) as u64;
            let (from, to) = (begin(read, at_b), begin(write, at_a));
            let mut word = 0;
            for k in (0..count(read)).rev() {
                word = word << 9 | u64::from(bytes[(from + k) as usize]);
            }
            let place = |width: usize, at: u64| match width {
                1..9 => (at & 7) & !(width as u64 - 1),
                _ => 0,
            };
            word = word >> place(read, at_b) & ((1 << read) - 1);
            let clash = write_on && from < to + count(write) && to < from + count(read);
            let before = shown[1];
            shown.pop_front();
            shown.push_back(match (read_on, clash) {
                (false, _) => before,
                (true, true) => None,
                (true, false) => Some(word),
            });
            if write_on {
                let data = match write {
                    36 => high << 18 | low,
                    _ => low,
                };
                for k in 0..count(write) {
                    if write >= 18 && at_a >> k & 1 == 0 {
                        continue;
                    }
                    let mask = if write < 9 { (1 << write) - 1 } else { 0x1ff };
                    let shift = place(write, at_a);
                    let byte = &mut bytes[(to + k) as usize];
                    *byte = *byte & !((mask << shift) as u16)
                        | ((data >> (9 * k) & mask) << shift) as u16;
                }
            }
            for port in [7, 8] {
                model.set(ports[port], &[1]);
            }
            model.eval();
        }
    }
}

/// A random start is another one for each seed, in registers and memories, whatever the design says; the given one
/// is the design's.
#[test]
fn starts() {
    let text = "\
module start (
    input [2:0] at,
    output [31:0] word,
    output [31:0] number
);
    reg [31:0] words [0:7];
    reg [31:0] register;
    integer i;
    initial begin
        for (i = 0; i < 8; i = i + 1) words[i] = 32'd3 + i;
        register = 32'd77;
    end
    assign word = words[at];
    assign number = register;
endmodule
";
    let port = |name: &str, width, input| Port {
        name: name.to_string(),
        width,
        input,
    };
    let top = Module {
        name: "start".to_string(),
        text: text.to_string(),
        ports: vec![
            port("at", 3, true),
            port("word", 32, false),
            port("number", 32, false),
        ],
    };
    let model = Model::new(&[top]).unwrap();
    let look = |start| {
        let mut model = model.again(start).unwrap();
        model.set(model.input("at", 3).unwrap(), &[4]);
        model.eval();
        ["word", "number"].map(|name| model.get(model.output(name, 32).unwrap()))
    };
    assert_eq!(look(Start::Given), [7, 77]);
    let random = [0, 1, 5].map(|seed| look(Start::Random(seed)));
    assert_eq!(random[1], look(Start::Random(1)));
    for other in [random[0], random[2], [7, 77]] {
        assert!(
            random[1][0] != other[0] && random[1][1] != other[1],
            "{random:x?}"
        );
    }
}
