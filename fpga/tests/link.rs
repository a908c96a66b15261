//! The host's client against the real RTL of the device, over a simulated line.

mod common;

use common::{block_board, board, golden, product, roomy, sdram_board, settings, LINK};
use tcpu_fpga::link::{Client, LinkError};
use tcpu_hdl::link::LinkConfig;
use tcpu_isa::link::{Code, Op};
use tcpu_isa::{encode, Command, Config, Dma, Sync};
use tcpu_testbench::{Faults, Line};

/// An einsum over the link is the golden model's, and takes exactly the cycles that the cycle model says,
/// again and again.
#[test]
fn exact_over_the_link() {
    let line = Line::new(board(LINK), Faults::NONE, 1);
    let mut client = Client::new(line, settings(1)).unwrap();
    assert_eq!(client.identity().config.name, "tiny");
    for (m, k, n) in [(5, 7, 6), (4, 4, 4)] {
        let (compiled, image) = product(m, k, n);
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
        assert_eq!(run.counters, compiled.cycles.counters);
    }
    assert_eq!(client.retries(), 0);
}

/// A whole board in RTL, with block RAM or with the controller of an SDRAM, gives the golden model's results.
#[test]
fn exact_on_other_memories() {
    roomy(other_memories);
}

fn other_memories() {
    for board in [block_board(LINK), sdram_board(LINK)] {
        let mut line = Line::new(board, Faults::NONE, 1);
        let mut client = Client::new(&mut line, settings(1)).unwrap();
        let (compiled, image) = product(4, 5, 3);
        let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
        assert_eq!(run.output, golden(&compiled, &image));
        assert_eq!(client.retries(), 0);
        assert!(line.board.broken().is_none(), "{:?}", line.board.broken());
    }
}

/// Words beyond the command buffer follow while the processor runs.
#[test]
fn longer_than_the_buffer() {
    let link = LinkConfig {
        commands: 8,
        ..LINK
    };
    let mut client = Client::new(Line::new(board(link), Faults::NONE, 1), settings(1)).unwrap();
    let (compiled, image) = product(5, 5, 5);
    assert!(compiled.program.commands.len() > 16);
    let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
    assert_eq!(run.output, golden(&compiled, &image));
}

/// A word that finds the buffer full takes all behind it in its frame along: there is no hole, however fast the
/// processor makes room.
#[test]
fn no_holes() {
    let link = LinkConfig {
        receive: 4096,
        commands: 8,
        ..LINK
    };
    let mut client = Client::new(Line::new(board(link), Faults::NONE, 1), settings(1)).unwrap();
    client.start().unwrap();
    // Each takes longer than the link gives words; the last one is illegal, so that its number tells how many ran.
    let load = encode(&Command::Load(Dma {
        levels: 0,
        ext: 0,
        dm: 0,
        bytes: 256,
        broadcast: false,
        sync: Sync::default(),
    }));
    let mut words = vec![load; 60];
    words.push(u128::MAX);
    let mut frames = 0;
    let mut done = 0;
    while done < words.len() {
        done = client
            .commands(done as u32, &words[done..])
            .unwrap()
            .status
            .taken as usize;
        frames += 1;
    }
    assert!(frames > 1, "the buffer was never full");
    let state = loop {
        let state = client.state().unwrap();
        if state.fault {
            break state;
        }
    };
    assert_eq!(state.status.fault_index as usize, words.len() - 1);
}

/// A fault is reported with its word, and a reset brings the processor back.
#[test]
fn faults_and_what_follows() {
    let mut client = Client::new(Line::new(board(LINK), Faults::NONE, 1), settings(1)).unwrap();
    let (compiled, image) = product(4, 4, 4);
    let words: Vec<u128> = compiled.program.commands.iter().map(encode).collect();
    // The processor stops in the middle of its work.
    let half = words.len() / 2;
    let mut done = 0;
    while done < half {
        let state = client.commands(done as u32, &words[done..half]).unwrap();
        done = state.status.taken as usize;
    }
    client.commands(half as u32, &[u128::MAX]).unwrap();
    client.start().unwrap();
    let state = loop {
        let state = client.state().unwrap();
        if state.fault {
            break state;
        }
    };
    assert_eq!(state.status.fault_index as usize, half);
    assert_ne!(state.status.fault_code, 0);
    let state = client.reset().unwrap();
    assert!(state.idle && !state.fault);
    assert_eq!(state.status.taken, 0);
    let run = client.run(&compiled.program, &image, &mut |_| {}).unwrap();
    assert_eq!(run.output, golden(&compiled, &image));
    assert_eq!(run.counters, compiled.cycles.counters);
}

/// What the device or the client refuses, and how.
#[test]
fn refusals() {
    let mut client = Client::new(Line::new(board(LINK), Faults::NONE, 1), settings(1)).unwrap();
    let outside = client.write(LINK.memory - 4, &[0; 8], &mut |_| {});
    assert!(matches!(outside, Err(LinkError::Outside { .. })));
    assert!(matches!(
        client.read(2, 4, &mut |_| {}),
        Err(LinkError::Outside { .. })
    ));
    // A gap between the words.
    let refused = client.commands(3, &[0]).unwrap_err();
    let code = Code::CommandIndex;
    assert!(matches!(refused, LinkError::Refused { op: Op::Commands, code: c } if c == code));
    // Memory belongs to a processor that runs: a fetch that waits for a unit that never signals it.
    let (compiled, _) = product(4, 4, 4);
    let waits = compiled.program.commands.iter().find(|command| {
        let Command::Fetch(fetch) = command else {
            return false;
        };
        !fetch.sync.wait.is_empty()
    });
    client.commands(0, &[encode(waits.unwrap())]).unwrap();
    client.start().unwrap();
    let refused = client.read(0, 4, &mut |_| {}).unwrap_err();
    assert!(matches!(
        refused,
        LinkError::Refused {
            op: Op::Read,
            code: Code::Busy
        }
    ));
    assert!(client.reset().unwrap().idle);
    client.read(0, 4, &mut |_| {}).unwrap();
    // A program for another build.
    let mut program = product(4, 4, 4).0.program;
    program.config = Config::preset("up5k").unwrap();
    let error = client
        .run(&program, &[], &mut |_| {})
        .unwrap_err()
        .to_string();
    assert!(error.contains("up5k") && error.contains("tiny"), "{error}");
}
