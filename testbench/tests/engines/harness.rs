//! The test bench itself: a failure shrinks, leaves a waveform and says so; a trace holds what was shown, and
//! its replay finds what another telling does otherwise.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::panic::catch_unwind;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};
use rust_hdl::prelude::*;
use tcpu_hdl::fifo::Fifo;
use tcpu_hdl::types::{Vector, U};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};
use tcpu_testbench::trace::{Meant, Port, Telling};

/// Writes words into a queue and expects, wrongly, that none of them is 100 or more.
fn wrong(words: &[u64], watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Fifo::<U<16>>::new(2), |u, c| u.clock.next.clk = c, watch)?;
    for word in words {
        bench.uut.write.next = true;
        bench.uut.data.next = U::new(*word);
        bench.settle();
        bench.edge();
        bench.uut.write.next = false;
        bench.uut.pop.next = true;
        bench.settle();
        ensure!(bench.uut.head.val().value() < 100, "the word is {word}");
        bench.edge();
        bench.uut.pop.next = false;
    }
    Ok(())
}

/// A property that does not hold shrinks to the smallest case that breaks it; the message has the reason and
/// the command that opens the waveform, and the waveform is of that smallest case.
#[test]
fn failures_shrink_and_leave_a_waveform() {
    let mut runner = TestRunner::new(Config {
        failure_persistence: None,
        ..Config::with_cases(200)
    });
    let words = prop::collection::vec(0u64..1000, 0..10);
    let outcome = runner.run(&words, |words| {
        check("harness_provoked", |watch| wrong(&words, watch))?;
        Ok(())
    });
    let Err(TestError::Fail(reason, words)) = outcome else {
        panic!("the property holds: {outcome:?}");
    };
    assert_eq!(words, [100]);
    let failure = check("harness_provoked", |watch| wrong(&words, watch)).unwrap_err();
    assert_eq!(reason.message(), failure.to_string());
    let open = format!("gtkwave {}", failure.wave.display());
    assert!(failure.to_string().starts_with("the word is 100\n"));
    assert!(failure.to_string().ends_with(&open));
    assert!(failure.wave.ends_with("waves/harness_provoked.vcd"));
    let wave = fs::read_to_string(&failure.wave).unwrap();
    let (header, changes) = wave.split_once("$enddefinitions $end").unwrap();
    for signal in ["clock", "write", "data", "pop", "valid", "full", "head"] {
        assert!(
            header.contains(&format!(" {signal} ")),
            "{signal} in {header}"
        );
    }
    // Two cycles: the write, and the one in which the head is wrong.
    assert!(changes.contains("b0000000001100100 "), "{changes}");
    assert!(changes.contains("#1000\n") && !changes.contains("#3000\n"));
}

/// A block that panics fails like one that is wrong, with its own words, and leaves a waveform too.
#[test]
fn panics_leave_a_waveform() {
    let pop = |watch: &mut Watch| -> Outcome {
        let mut bench = Bench::new(Fifo::<U<16>>::new(2), |u, c| u.clock.next.clk = c, watch)?;
        bench.uut.pop.next = true;
        bench.settle();
        bench.edge();
        Ok(())
    };
    let failure = check("harness_panic", pop).unwrap_err();
    assert!(failure
        .to_string()
        .starts_with("a queue was popped while empty\n"));
    assert!(fs::metadata(&failure.wave).unwrap().len() > 0);
    assert!(catch_unwind(|| check("harness_fine", |_| Ok(())).unwrap()).is_ok());
}

/// A trace has each port of the block, none of its inner signals, and its bits in every cycle, wide ports
/// in words with element 0 lowest.
#[test]
fn traces_hold_all_ports() {
    let mut watch = Watch {
        traces: Some(Vec::new()),
        ..Watch::default()
    };
    let wide = |x: u64| Vector([U::<20>::new(x), U::new(x + 1), U::new(0xfffff)]);
    let queue = Fifo::<Vector<U<20>, 3>>::new(2);
    let mut bench = Bench::new(queue, |u, c| u.clock.next.clk = c, &mut watch).unwrap();
    for cycle in 0..2 {
        bench.uut.write.next = cycle == 0;
        bench.uut.data.next = wide(7 + cycle);
        bench.settle();
        bench.edge();
    }
    let trace = watch.traces.unwrap().remove(0);
    let names = [
        "reset", "write", "data", "pop", "valid", "full", "head", "count",
    ];
    let bits = [1, 1, 60, 1, 1, 1, 60, 16];
    for (i, port) in trace.ports.iter().enumerate() {
        let (name, bits) = (names[i].to_string(), bits[i]);
        assert_eq!(
            *port,
            Port {
                name,
                input: i < 4,
                bits
            }
        );
    }
    let words = |x: u32| vec![x | (x + 1) << 20, (x + 1) >> 12 | 0xfffff << 8];
    let zero = vec![0, 0];
    let first = [
        vec![0],
        vec![1],
        words(7),
        vec![0],
        vec![0],
        vec![0],
        zero,
        vec![0],
    ];
    let second = [
        vec![0],
        vec![0],
        words(8),
        vec![0],
        vec![1],
        vec![0],
        words(7),
        vec![1],
    ];
    assert_eq!(trace.cycles, [first, second]);
}

/// A queue for two words, told in another way: by port names, and with noise beside its flags.
#[derive(Default)]
struct Queue {
    inputs: HashMap<String, u32>,
    words: VecDeque<u32>,
    /// What is added to each word that is popped.
    wrong: u32,
}

impl Telling for Queue {
    fn set(&mut self, port: &Port, value: &[u32]) {
        self.inputs.insert(port.name.clone(), value[0]);
    }

    fn settle(&mut self) {}

    fn get(&mut self, port: &Port) -> Vec<u32> {
        let waiting = self.words.len() as u32;
        vec![match port.name.as_str() {
            "valid" => u32::from(waiting > 0),
            "full" => u32::from(waiting == 3),
            "count" => waiting,
            _ => self.words.front().map_or(0xdead, |word| word + self.wrong),
        }]
    }

    fn edge(&mut self) {
        if self.inputs["pop"] == 1 {
            self.words.pop_front();
        }
        if self.inputs["write"] == 1 {
            self.words.push_back(self.inputs["data"]);
        }
    }
}

/// A replay passes on a telling that does the same, whatever it shows while nothing is valid, and names the
/// cycle and the port in which another one differs.
#[test]
fn replays_find_the_first_difference() {
    let mut watch = Watch {
        traces: Some(Vec::new()),
        ..Watch::default()
    };
    let block = Fifo::<U<16>>::new(3);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, &mut watch).unwrap();
    for cycle in 0..20u64 {
        // The queue is empty, takes two words, runs through, and is empty again.
        bench.uut.write.next = (3..10).contains(&cycle);
        bench.uut.pop.next = (5..12).contains(&cycle);
        bench.uut.data.next = U::new(100 * cycle);
        bench.settle();
        bench.edge();
    }
    let trace = watch.traces.unwrap().remove(0);
    let meant = [Meant {
        output: "head",
        flag: Some("valid"),
    }];
    trace.replay(&mut Queue::default(), &meant).unwrap();
    let strict = trace.replay(&mut Queue::default(), &[]).unwrap_err();
    assert_eq!(strict.to_string(), "cycle 0: head is [dead] instead of [0]");
    let mut wrong = Queue {
        wrong: 1,
        ..Queue::default()
    };
    let difference = trace.replay(&mut wrong, &meant).unwrap_err();
    assert_eq!((difference.cycle, difference.port.as_str()), (4, "head"));
    assert_eq!(
        (difference.found, difference.expected),
        (vec![301], vec![300])
    );
}

/// Its Verilog is another block.
#[derive(LogicBlock, Default)]
struct Liar {
    pub from: Signal<In, bool>,
    pub to: Signal<Out, bool>,
}

impl Logic for Liar {
    fn update(&mut self) {
        self.to.next = self.from.val();
    }

    fn connect(&mut self) {
        self.to.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom("assign to = 1'b0;\n".to_string())
    }
}

/// A block that does what it should, but not in Verilog, fails its test.
#[test]
fn the_verilog_counts() {
    let play = |watch: &mut Watch| {
        let mut bench = Bench::new(Liar::default(), |_, _| (), watch)?;
        for cycle in 0..4 {
            bench.uut.from.next = cycle == 2;
            bench.settle();
            ensure_eq!(bench.uut.to.val(), cycle == 2, "to");
            bench.edge();
        }
        Ok(())
    };
    let failure = check("harness_verilog", play).unwrap_err().to_string();
    let expected = "differs from its simulation: cycle 2: to is [0] instead of [1]";
    assert!(failure.contains(expected), "{failure}");
}
