//! Every board is one that can be built.

use std::collections::BTreeSet;

use tcpu_fpga::board::{names, Board, BoardError, Family, Memory};
use tcpu_micro::memory::EXTERNAL_BYTES;

fn all() -> Vec<Board> {
    names()
        .into_iter()
        .map(|name| Board::named(name).unwrap())
        .collect()
}

/// The boards that are promised, and each has what its kind needs.
#[test]
fn boards_are_complete() {
    let promised = [
        "colorlight-i9",
        "core-ecp5",
        "core-gowin",
        "core-ice40",
        "ecpix-5",
        "icebreaker",
        "orangecrab",
        "tang-nano-20k",
        "ulx3s-12f",
        "ulx3s-25f",
        "ulx3s-45f",
        "ulx3s-85f",
        "upduino-3",
    ];
    assert_eq!(names(), promised);
    for board in all() {
        let (name, core) = (&board.name, board.name.starts_with("core-"));
        board.config().unwrap().check().unwrap();
        assert_eq!(board.clock.pin.is_none(), core, "{name}");
        assert_eq!(board.uart.is_none(), core, "{name}");
        assert_eq!(board.memory.is_none(), core, "{name}");
        let placed = board.constraints().ports.len();
        assert_eq!(placed > board.alone.len(), !core, "{name}");
        if let Some(divisor) = board.divisor() {
            // The receiver samples in the middle of a bit of at least four cycles, and the error of the speed
            // may not move the last sample by a third of a bit.
            assert!(divisor >= 4, "{name}");
            let (hertz, baud) = (
                f64::from(board.clock.processor) * 1e6,
                board.uart.as_ref().unwrap().baud,
            );
            let real = hertz / f64::from(divisor);
            assert!(
                (real / f64::from(baud) - 1.0).abs() < 0.03,
                "{name}: {real} baud"
            );
        }
        assert_eq!(core, board.memory_bytes() == 0, "{name}");
        if let Some(Memory::Spram { bytes }) = board.memory {
            assert_eq!(bytes as usize, EXTERNAL_BYTES, "{name}");
        }
        assert!(
            board.memory_bytes() == 0 || board.memory_bytes().is_power_of_two(),
            "{name}"
        );
    }
}

/// No pin has two uses, and every pin is one that the package can have.
#[test]
fn pins_are_unique() {
    for board in all() {
        let ports = board.constraints().ports;
        let pins: BTreeSet<&String> = ports.iter().map(|(_, pin)| pin).collect();
        assert_eq!(pins.len(), ports.len(), "{}: {ports:?}", board.name);
        for pin in pins {
            let number = pin.trim_start_matches(|c: char| c.is_ascii_uppercase());
            let letters = pin.len() - number.len();
            assert_eq!(
                letters > 0,
                board.family == Family::Ecp5 || !board.alone.is_empty(),
                "{}: {pin}",
                board.name
            );
            assert!(
                number.parse::<u8>().unwrap() > 0 && letters < 3,
                "{}: {pin}",
                board.name
            );
        }
    }
}

/// An SDRAM's size is that of its pins.
#[test]
fn sdrams_are_whole() {
    for board in all() {
        let Some(Memory::Sdram(sdram)) = board.memory else {
            continue;
        };
        assert_eq!(
            sdram.bytes,
            8 << (sdram.rows + sdram.columns),
            "{}",
            board.name
        );
        assert_eq!(sdram.a.len(), sdram.rows as usize);
        assert_eq!((sdram.ba.len(), sdram.dm.len(), sdram.dq.len()), (2, 2, 16));
    }
}

/// One constraint file of each kind.
#[test]
fn constraint_files() {
    let lines = |name: &str| Board::named(name).unwrap().constraints().text;
    assert_eq!(
        lines("icebreaker"),
        "set_io clock 35\nset_io rx 6\nset_io tx 9\nset_io led 37\nset_io reset 10\nset_frequency clock 12\n"
    );
    assert!(lines("tang-nano-20k").starts_with(
        "IO_LOC \"clock\" 4;\nIO_PORT \"clock\" IO_TYPE=LVCMOS33;\nIO_LOC \"rx\" 70;\n"
    ));
    let ulx3s = lines("ulx3s-85f");
    assert!(ulx3s.starts_with("LOCATE COMP \"clock\" SITE \"G2\";\n"));
    assert!(ulx3s.contains("LOCATE COMP \"sdram_dq[15]\" SITE \"J17\";\nIOBUF PORT \"sdram_dq[15]\" IO_TYPE=LVCMOS33 SLEWRATE=FAST;\n"));
    assert!(ulx3s.contains("SITE \"R1\";\nIOBUF PORT \"reset\" IO_TYPE=LVCMOS33 PULLMODE=DOWN;\n"));
    assert!(ulx3s.ends_with("FREQUENCY PORT \"clock\" 25 MHZ;\n"));
}

/// What nextpnr is told of each kind of part.
#[test]
fn nextpnr_arguments() {
    let line = |name: &str| {
        let (tool, arguments) = Board::named(name).unwrap().nextpnr();
        format!("{tool} {}", arguments.join(" "))
    };
    assert_eq!(
        line("ulx3s-85f"),
        "nextpnr-ecp5 --85k --package CABGA381 --speed 6"
    );
    assert_eq!(
        line("ulx3s-12f"),
        "nextpnr-ecp5 --12k --package CABGA381 --speed 6"
    );
    assert_eq!(
        line("ecpix-5"),
        "nextpnr-ecp5 --um5g-85k --package CABGA554 --speed 8"
    );
    assert_eq!(line("upduino-3"), "nextpnr-ice40 --up5k --package sg48");
    assert_eq!(
        line("tang-nano-20k"),
        "nextpnr-himbaechel --device GW2AR-LV18QN88C8/I7 --vopt family=GW2A-18C"
    );
}

/// What is wrong with a board's file is said with the board's name.
#[test]
fn wrong_files() {
    assert!(matches!(Board::named("ulx4s"), Err(BoardError::Unknown(_))));
    let good = "title = \"x\"\nfamily = \"ice40\"\ndevice = \"up5k\"\npackage = \"sg48\"\n";
    let clock = "[clock]\nmegahertz = 12\nprocessor = 24\n";
    let error = |text: String| Board::parse("mine", &text).unwrap_err().to_string();
    assert!(error(format!("{good}preset = \"none\"\n{clock}")).contains("board mine: no preset"));
    assert!(error(format!("{good}{clock}")).contains("missing field `preset`"));
    assert!(error(format!("{good}preset = \"up5k\"\npins = 3\n{clock}")).contains("pins"));
}
