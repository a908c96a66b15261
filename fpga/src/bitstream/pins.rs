//! The outermost module of a board: its pins, its clock, what it inverts, and the top inside.
//!
//! ```text
//! clock ──> PLL ──fast──> gate, open while the PLL is locked ──> top        rx, tx, led, reset <──> top
//!            └──early──> SDRAM's clock pin                           sdram_* <── top     sdram_dq <─tristate─> top
//! ```
//!
//! Vendors' cells are outside of what rust-hdl can say, so this module is a text.

use std::fmt::Write;

use tcpu_synth::Module;

use crate::board::{Board, Family, Memory};
use crate::pll::Pll;
use crate::pll40::Pll40;

use super::BitstreamError;

/// Name of the outermost module.
pub const PINS: &str = "tcpu_pins";

/// How much earlier than the controller's clock the SDRAM's rises, in ns: so much that the chip still holds what it
/// drives when the controller samples it (data goes 2.5 ns after the chip's next clock edge, and is 4 to 5 ns under
/// way, to the chip and back), and less than the pins need to change after an edge.
const SDRAM_LEAD: f64 = 4.4;

/// The text that makes a number of something for a board that has it.
fn some<T>(thing: Option<&T>, text: impl FnOnce(&T) -> String) -> String {
    thing.map(text).unwrap_or_default()
}

/// Names of an SDRAM's pins that the top drives, with their bits.
const SDRAM: [(&str, usize); 6] = [
    ("ras_n", 1),
    ("cas_n", 1),
    ("we_n", 1),
    ("ba", 2),
    ("a", 13),
    ("dm", 2),
];

fn bits(width: usize) -> String {
    match width {
        1 => String::new(),
        _ => format!("[{}:0] ", width - 1),
    }
}

/// The module, around a top that is called `top`.
///
/// # Errors
/// A clock that no PLL makes.
pub fn module(board: &Board, top: &str) -> Result<Module, BitstreamError> {
    let sdram = matches!(board.memory, Some(Memory::Sdram(_)));
    let mut ports = vec!["input clock".to_string()];
    if board.uart.is_some() {
        ports.extend(["input rx".to_string(), "output tx".to_string()]);
    }
    if board.led.is_some() {
        ports.push("output led".to_string());
    }
    if board.reset.is_some() {
        ports.push("input reset".to_string());
    }
    if !board.high.is_empty() {
        ports.push(format!("output {}high", bits(board.high.len())));
    }
    if sdram {
        ports.extend(["clock", "cke", "cs_n"].map(|name| format!("output sdram_{name}")));
        let pin = |(name, width): &(&str, usize)| format!("output {}sdram_{name}", bits(*width));
        ports.extend(SDRAM.iter().map(pin));
        ports.push("inout [15:0] sdram_dq".to_string());
    }
    let mut text = format!("module {PINS} (\n    {}\n);\n", ports.join(",\n    "));
    text.push_str(&clock(board, sdram)?);
    let invert = |low: bool| if low { "~" } else { "" };
    let mut button = match &board.reset {
        Some(pin) => format!("{}reset", invert(pin.active_low)),
        None => "1'b0".to_string(),
    };
    if board.family == Family::Ice40 && board.has_pll() {
        // There is no gate for the clock: nothing begins until it is good.
        button = format!("{button} | ~locked");
    }
    let mut inside = vec![
        ".clock(fast)".to_string(),
        format!(".button({button})"),
        ".rx(rx)".to_string(),
        ".tx(tx)".to_string(),
        ".lamp(lamp)".to_string(),
    ];
    text.push_str("    wire lamp;\n");
    text.push_str(&some(board.led.as_ref(), |pin| {
        format!("    assign led = {}lamp;\n", invert(pin.active_low))
    }));
    if !board.high.is_empty() {
        let ones = board.high.len();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "    assign high = {{{ones}{{1'b1}}}};");
    }
    if sdram {
        text.push_str(
            "    wire [15:0] dq_out;
    wire dq_enable;
    assign sdram_cke = 1'b1;
    assign sdram_cs_n = 1'b0;
    assign sdram_dq = dq_enable ? dq_out : 16'bz;
",
        );
        inside.extend(SDRAM.map(|(name, _)| format!(".{name}(sdram_{name})")));
        let dq = [
            ".dq_out(dq_out)",
            ".dq_enable(dq_enable)",
            ".dq_in(sdram_dq)",
        ];
        inside.extend(dq.map(String::from));
    }
    let _ = write!(
        text,
        "    {top} top (\n        {}\n    );\nendmodule\n",
        inside.join(",\n        ")
    );
    Ok(Module {
        name: PINS.to_string(),
        text,
        ports: Vec::new(),
    })
}

/// What makes the clock `fast`, and the SDRAM's.
fn clock(board: &Board, sdram: bool) -> Result<String, BitstreamError> {
    let (input, target) = (board.clock.megahertz, board.clock.processor);
    if !board.has_pll() && !sdram {
        return Ok("    wire fast = clock;\n".to_string());
    }
    match board.family {
        Family::Ecp5 => {}
        Family::Ice40 => return Ok(pll40(board, Pll40::new(input, target)?)),
        Family::Gowin => {
            return Err(BitstreamError::NoPll {
                board: board.name.clone(),
                input,
                target,
            })
        }
    }
    let pll = Pll::new(input, target)?;
    let oscillator = pll.clock(input) * f64::from(pll.output);
    let lead = (SDRAM_LEAD * oscillator / 1000.0).round() as u32;
    let phase = pll.output / 2;
    // Early is late by what a period has more.
    let early = phase + pll.output - lead.min(pll.output);
    let second = match sdram {
        true => format!(
            "
        .CLKOS_ENABLE(\"ENABLED\"),
        .CLKOS_DIV({}),
        .CLKOS_CPHASE({early}),
        .CLKOS_FPHASE(0),",
            pll.output
        ),
        false => String::new(),
    };
    let mut text = format!(
        "    wire made;
    wire locked;
    wire fast;
{early_wire}    (* FREQUENCY_PIN_CLKI = \"{input}\", FREQUENCY_PIN_CLKOP = \"{clock}\" *)
    (* ICP_CURRENT = \"12\", LPF_RESISTOR = \"8\", MFG_ENABLE_FILTEROPAMP = \"1\", MFG_GMCREF_SEL = \"2\" *)
    EHXPLLL #(
        .PLLRST_ENA(\"DISABLED\"),
        .INTFB_WAKE(\"DISABLED\"),
        .STDBY_ENABLE(\"DISABLED\"),
        .DPHASE_SOURCE(\"DISABLED\"),
        .FEEDBK_PATH(\"CLKOP\"),
        .CLKI_DIV({reference}),
        .CLKFB_DIV({feedback}),
        .CLKOP_ENABLE(\"ENABLED\"),
        .CLKOP_DIV({output}),{second}
        .CLKOP_CPHASE({phase}),
        .CLKOP_FPHASE(0)
    ) pll (
        .CLKI(clock),
        .CLKFB(made),
        .CLKOP(made),{early_port}
        .LOCK(locked),
        .RST(1'b0),
        .STDBY(1'b0),
        .PHASESEL0(1'b0),
        .PHASESEL1(1'b0),
        .PHASEDIR(1'b0),
        .PHASESTEP(1'b0),
        .PHASELOADREG(1'b0),
        .PLLWAKESYNC(1'b0),
        .ENCLKOP(1'b0)
    );
    // The registers keep their first values until the clock is good.
    DCCA gate (.CLKI(made), .CE(locked), .CLKO(fast));
",
        early_wire = if sdram { "    wire early;\n" } else { "" },
        early_port = if sdram {
            "\n        .CLKOS(early),"
        } else {
            ""
        },
        clock = pll.clock(input),
        reference = pll.reference,
        feedback = pll.feedback,
        output = pll.output,
    );
    if sdram {
        text.push_str(
            "    ODDRX1F early_pin (.D0(1'b1), .D1(1'b0), .SCLK(early), .RST(1'b0), .Q(sdram_clock));\n",
        );
    }
    Ok(text)
}

/// The pin of a UP5K (package SG48) at which the PLL sits. A clock that comes from there has a cell of its own.
const PLL_PIN: &str = "35";

/// An iCE40's PLL.
fn pll40(board: &Board, pll: Pll40) -> String {
    let (cell, input) = match board.clock.pin.as_deref() {
        Some(PLL_PIN) => ("SB_PLL40_PAD", "PACKAGEPIN"),
        _ => ("SB_PLL40_CORE", "REFERENCECLK"),
    };
    format!(
        "    wire fast;
    wire locked;
    {cell} #(
        .FEEDBACK_PATH(\"SIMPLE\"),
        .DIVR(4'd{}),
        .DIVF(7'd{}),
        .DIVQ(3'd{}),
        .FILTER_RANGE(3'd{})
    ) pll (
        .{input}(clock),
        .PLLOUTGLOBAL(fast),
        .LOCK(locked),
        .RESETB(1'b1),
        .BYPASS(1'b0)
    );
",
        pll.divr, pll.divf, pll.divq, pll.filter
    )
}
