//! Which port of the top level is which pin.

use std::fmt::Write;

use super::{Board, Family, Memory};

/// The constraint file of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Constraints {
    /// Port (`name` or `name[i]`) and pin, in the order of the file.
    pub ports: Vec<(String, String)>,
    /// The file's ending: lpf, pcf or cst.
    pub ending: &'static str,
    pub text: String,
}

impl Board {
    /// The board's constraint file; empty for most parts alone.
    pub fn constraints(&self) -> Constraints {
        let ports = self.ports();
        let mut text = String::new();
        // Writing to a string does not fail.
        for (port, pin) in &ports {
            let _ = match self.family {
                Family::Ecp5 => {
                    let low = self.reset.as_ref().is_some_and(|reset| reset.active_low);
                    let kind = match port.as_str() {
                        _ if port.starts_with("sdram_") => " SLEWRATE=FAST",
                        // A line that hangs loose rests, a button that does is not pressed.
                        "rx" => " PULLMODE=UP",
                        "reset" if low => " PULLMODE=UP",
                        "reset" => " PULLMODE=DOWN",
                        _ => "",
                    };
                    writeln!(
                        text,
                        "LOCATE COMP \"{port}\" SITE \"{pin}\";\nIOBUF PORT \"{port}\" IO_TYPE=LVCMOS33{kind};"
                    )
                }
                Family::Ice40 => writeln!(text, "set_io {port} {pin}"),
                Family::Gowin => writeln!(
                    text,
                    "IO_LOC \"{port}\" {pin};\nIO_PORT \"{port}\" IO_TYPE=LVCMOS33;"
                ),
            };
        }
        if self.clock.pin.is_some() {
            let megahertz = self.clock.megahertz;
            let _ = match self.family {
                Family::Ecp5 => writeln!(text, "FREQUENCY PORT \"clock\" {megahertz} MHZ;"),
                Family::Ice40 => writeln!(text, "set_frequency clock {megahertz}"),
                // Gowin's files say no frequencies; nextpnr is told on its command line.
                Family::Gowin => Ok(()),
            };
        }
        let ending = match self.family {
            Family::Ecp5 => "lpf",
            Family::Ice40 => "pcf",
            Family::Gowin => "cst",
        };
        Constraints {
            ports,
            ending,
            text,
        }
    }

    fn ports(&self) -> Vec<(String, String)> {
        let alone = self.alone.iter();
        let mut ports: Vec<(String, String)> = alone
            .map(|(port, pin)| (port.clone(), pin.clone()))
            .collect();
        let mut one = |name: &str, pin: Option<&String>| {
            ports.extend(pin.map(|pin| (name.to_string(), pin.clone())));
        };
        one("clock", self.clock.pin.as_ref());
        one("rx", self.uart.as_ref().map(|uart| &uart.rx));
        one("tx", self.uart.as_ref().map(|uart| &uart.tx));
        one("led", self.led.as_ref().map(|led| &led.pin));
        one("reset", self.reset.as_ref().map(|reset| &reset.pin));
        match &self.high[..] {
            // The tools take a vector of one for no vector.
            [pin] => ports.push(("high".to_string(), pin.clone())),
            pins => {
                let numbered = pins.iter().enumerate();
                ports.extend(numbered.map(|(i, pin)| (format!("high[{i}]"), pin.clone())));
            }
        }
        let mut many = |name: &str, pins: &[String]| {
            let numbered = pins.iter().enumerate();
            ports.extend(numbered.map(|(i, pin)| (format!("{name}[{i}]"), pin.clone())));
        };
        if let Some(Memory::Sdram(sdram)) = &self.memory {
            many("sdram_a", &sdram.a);
            many("sdram_ba", &sdram.ba);
            many("sdram_dm", &sdram.dm);
            many("sdram_dq", &sdram.dq);
            for (name, pin) in [
                ("sdram_clock", &sdram.clock),
                ("sdram_cke", &sdram.cke),
                ("sdram_cs_n", &sdram.cs_n),
                ("sdram_ras_n", &sdram.ras_n),
                ("sdram_cas_n", &sdram.cas_n),
                ("sdram_we_n", &sdram.we_n),
            ] {
                ports.push((name.to_string(), pin.clone()));
            }
        }
        ports
    }
}
