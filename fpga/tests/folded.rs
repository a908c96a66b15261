//! The host's client and the folded machine, whose program plays the device's end of the line.

mod common;

use common::{folded, folded_board, golden, product_on, roomy, settings};
use proptest::prelude::*;
use tcpu_fpga::link::{Client, LinkError, Settings};
use tcpu_hdl::folded::Folded;
use tcpu_isa::counters::{number, Activity};
use tcpu_isa::link::{Code, Op};
use tcpu_isa::{encode, Command, Dma, Sync, Unit, Units};
use tcpu_micro::program::{identity, program};
use tcpu_synth::area::Family;
use tcpu_synth::gates::gates;
use tcpu_synth::modules;
use tcpu_synth::verilated::Model;
use tcpu_testbench::{Board, Faults, Line};

/// The engine takes a while for a frame.
fn patient(seed: u64) -> Settings {
    Settings {
        silence: 40,
        ..settings(seed)
    }
}

fn client() -> Client<Line> {
    client_of(folded_board())
}

fn client_of(board: Board) -> Client<Line> {
    let line = Line::new(board, Faults::NONE, 1);
    Client::new(line, patient(1)).unwrap()
}

/// Products over the link are the golden model's.
fn exact(board: Board, products: &[(usize, usize, usize)]) {
    let mut client = client_of(board);
    for &(m, k, n) in products {
        let (compiled, image) = product_on("up5k", m, k, n);
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
    }
    assert_eq!(client.retries(), 0);
}

/// The Verilog of the whole, and what becomes of it on an iCE40: its cells with block RAMs, SPRAMs and multipliers.
#[test]
fn hardware_is_exact_over_the_link() {
    let (config, link) = folded();
    let image = program(&identity(&config, link.kilohertz)).unwrap();
    let top = Box::new(Folded::new(&image.program, &image.words, link.divisor));
    let verilog = modules(top.as_ref(), "tcpu_top").unwrap();
    let on = |model| Board::with_model(&config, link, model).unwrap();
    let products = [(5, 7, 6), (20, 40, 30), (4, 4, 4)];
    exact(on(Model::new(&verilog).unwrap()), &products);
    let gates = gates(&verilog, Family::Ice40).unwrap();
    exact(on(Model::quick(&gates.modules).unwrap()), &products[..1]);
}

fn load(bytes: u16, wait: Units) -> u128 {
    encode(&Command::Load(Dma {
        levels: 0,
        ext: 0,
        dm: 0,
        bytes,
        broadcast: false,
        sync: Sync {
            wait,
            signal: Units::default(),
        },
    }))
}

/// An einsum over the link is the golden model's, again and again, and the steps are those of every machine.
#[test]
fn exact_over_the_link() {
    let mut client = client();
    assert_eq!(client.identity().config.name, "up5k");
    for (m, k, n) in [(5, 7, 6), (20, 40, 30), (4, 4, 4)] {
        let (compiled, image) = product_on("up5k", m, k, n);
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
        let (ours, others) = (run.counters, compiled.cycles.counters);
        for unit in Unit::ALL {
            let steps = |counters: &tcpu_isa::Counters| counters.unit(unit, Activity::Busy);
            assert_eq!(steps(&ours), steps(&others), "{}", unit.name());
        }
        for moved in [
            number::COMMIT_WRITES,
            number::LOAD_WRITES,
            number::TRF_WRITES,
            number::READ_BEATS,
            number::WRITE_BEATS,
        ] {
            assert_eq!(ours.0[moved], others.0[moved], "counter {moved}");
        }
        assert!(ours.cycles() > others.cycles());
    }
    assert_eq!(client.retries(), 0);
}

/// The same on the engine's RTL.
#[test]
fn exact_on_the_rtl() {
    roomy(on_the_rtl);
}

fn on_the_rtl() {
    let (config, link) = folded();
    exact(Board::with_folded(&config, link).unwrap(), &[(5, 7, 6)]);
}

/// Words that find the buffer full are the host's to send again; a fault is reported with its word, and a reset brings
/// the machine back.
#[test]
fn no_holes_and_faults() {
    let mut client = client();
    client.start().unwrap();
    let mut words = vec![load(8000, Units::default()); 300];
    words.push(u128::MAX);
    let (mut done, mut frames) = (0, 0);
    while done < words.len() {
        let state = client.commands(done as u32, &words[done..]).unwrap();
        done = state.status.taken as usize;
        frames += 1;
    }
    assert!(frames > words.len() / 28, "the buffer was never full");
    let state = loop {
        let state = client.state().unwrap();
        if state.fault {
            break state;
        }
    };
    assert_eq!(state.status.fault_index as usize, words.len() - 1);
    assert_eq!(state.status.fault_code, 1);
    let state = client.reset().unwrap();
    assert!(state.idle && !state.fault);
    assert_eq!(state.status.taken, 0);
    let (compiled, image) = product_on("up5k", 4, 5, 6);
    let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
    assert_eq!(run.output, golden(&compiled, &image));
}

/// What the device refuses, and how.
#[test]
fn refusals() {
    let mut client = client();
    let refused = client.commands(3, &[0]).unwrap_err();
    let code = Code::CommandIndex;
    assert!(matches!(refused, LinkError::Refused { op: Op::Commands, code: c } if c == code));
    // A load that waits for a unit that never signals it.
    let waits = [Unit::Fetch].into_iter().collect();
    client.commands(0, &[load(8, waits)]).unwrap();
    client.start().unwrap();
    let refused = client.read(0, 8, &mut |_| {}).unwrap_err();
    assert!(matches!(
        refused,
        LinkError::Refused {
            op: Op::Read,
            code: Code::Busy
        }
    ));
    assert!(client.reset().unwrap().idle);
    client.read(0, 8, &mut |_| {}).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// On a bad line, with the button pressed and the power gone in between: the golden model's result, or an error.
    #[test]
    fn runs_are_right(
        often in (150u64..1500, 150u64..1500, 150u64..1500, 150u64..1500),
        rare in (2000u64..20_000, 3000u64..30_000, 3000u64..30_000),
        seed: u64,
    ) {
        let (lose, change, double, swap) = often;
        let (pull, restart, button) = rare;
        let faults = Faults { lose, change, double, swap, restart, button, pull };
        let line = Line::new(folded_board(), faults, seed);
        let (compiled, image) = product_on("up5k", 5, 7, 6);
        let run = Client::new(line, patient(seed))
            .and_then(|mut client| client.run(&compiled.program, &image, &mut |_| {}));
        match run {
            Ok(run) => prop_assert_eq!(run.output, golden(&compiled, &image)),
            Err(error) => prop_assert!(
                matches!(
                    error,
                    LinkError::NoAnswer { .. } | LinkError::Restarted | LinkError::Restarts(_)
                ),
                "{error}"
            ),
        }
    }
}
