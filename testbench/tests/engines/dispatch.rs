//! Dispatch and its check of words.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::decode::Word;
use tcpu_hdl::dispatch::Dispatch;
use tcpu_hdl::types::U;
use tcpu_isa::layout::{header, sync, Field};
use tcpu_isa::{
    decode, encode, Command, Commit, Config, Dma, Fetch, LoopLevel, OutType, Tail, TrfLoad, Unit,
    LEVELS,
};
use tcpu_testbench::bench::{check, Bench, Outcome, Stalls, Watch};

use crate::cases::{any_contract, any_sync, config, legal, stalls, with_reset};

/// A legal command of any unit of the smallest build.
pub fn command() -> impl Strategy<Value = Command> {
    let tiny = Config::preset("tiny").unwrap();
    (0..7usize, any::<u64>()).prop_map(move |(kind, seed)| {
        let mut rng = Rng::with_seed(seed);
        let sync = |unit: Unit| any_sync(unit, &mut Rng::with_seed(!seed));
        let levels = rng.u8(..=LEVELS as u8);
        let packet = rng.u8(1..=4);
        let level = rng.u8(..LEVELS as u8);
        let fetch = Fetch {
            levels,
            base: rng.u32(..2048),
            packet,
            pack: rng.u8(1..=4 / packet),
            tail: rng.bool().then_some(Tail {
                level,
                bytes: rng.u8(1..=4),
            }),
            sync: sync(Unit::Fetch),
        };
        let dm = rng.u32(..4096);
        let mut dma = Dma {
            levels,
            ext: rng.u32(..),
            dm,
            bytes: rng.u16(1..=2048 - dm as u16 % 2048),
            broadcast: false,
            sync: sync(Unit::Store),
        };
        match kind {
            0 => Command::Loop {
                unit: Unit::ALL[rng.usize(..6)],
                level,
                to: LoopLevel {
                    count: rng.u16(1..),
                    stride_a: rng.i32(..),
                    stride_b: 0,
                },
            },
            1 => Command::Fetch(fetch),
            2 => Command::TrfLoad(TrfLoad {
                fetch: Fetch {
                    sync: sync(Unit::TrfLoad),
                    ..fetch
                },
                trf: rng.u32(..64),
                broadcast: rng.bool(),
            }),
            3 => Command::Contract(any_contract(&tiny, &mut rng)),
            4 => Command::Commit(Commit {
                levels,
                base: rng.u32(..2048),
                out: [OutType::I8, OutType::I16, OutType::I32, OutType::Digits][rng.usize(..4)],
                mult: rng.u16(..),
                shift: rng.u8(..48),
                sync: sync(Unit::Commit),
            }),
            5 => {
                dma.broadcast = rng.bool();
                dma.sync = sync(Unit::Load);
                Command::Load(dma)
            }
            _ => Command::Store(dma),
        }
    })
}

/// Commands whose last byte is the memory's, or one byte beyond; as many packets as a flit holds, or one more.
fn edge() -> impl Strategy<Value = u128> {
    (command(), any::<bool>()).prop_map(|(mut command, beyond)| {
        let flit = |fetch: &mut Fetch| fetch.pack = 4 / fetch.packet + u8::from(beyond);
        match &mut command {
            Command::Fetch(fetch) => flit(fetch),
            Command::TrfLoad(load) => flit(&mut load.fetch),
            Command::Load(dma) | Command::Store(dma) => {
                dma.bytes = 2048 - dma.dm as u16 % 2048 + u16::from(beyond);
            }
            _ => {}
        }
        encode(&command)
    })
}

/// Mostly legal words; some at the edges of what is; some with a field or bits changed, some all noise.
fn words() -> impl Strategy<Value = Vec<u128>> {
    let config = Config::preset("tiny").unwrap();
    let word = move |c: Command| legal(&c, &config);
    let fields: Vec<Field> = header::ALL.iter().chain(sync::ALL).copied().collect();
    let changed = (command(), 0..fields.len(), any::<u64>());
    let good = command().prop_map(word.clone());
    let bad = prop_oneof![
        2 => changed.prop_map({
            let word = word.clone();
            move |(c, field, value)| fields[field].put(word(c), value)
        }),
        4 => edge(),
        2 => (command(), 0u32..128).prop_map(move |(c, bit)| word(c) ^ 1 << bit),
        1 => any::<u128>(),
    ];
    prop::collection::vec(prop_oneof![20 => good, 1 => bad], 0..60)
}

/// Offers the words, with queues that fill when their seeds say so.
fn play(words: &[u128], seeds: &[u64], watch: &mut Watch) -> Outcome {
    let config = Config::preset("tiny")?;
    let mut bench = Bench::new(Dispatch::new(&config), |u, c| u.clock.next.clk = c, watch)?;
    with_reset(
        &mut bench,
        seeds[7],
        |bench, until| part(bench, words, seeds, until),
        |u, on| {
            u.reset.next = on;
            u.cmd_valid.next = false;
        },
    )
}

/// Plays the case, up to a cycle.
fn part(bench: &mut Bench<Dispatch>, words: &[u128], seeds: &[u64], until: u64) -> Outcome {
    let config = Config::preset("tiny")?;
    let mut stalls: Vec<Stalls> = seeds.iter().map(|&seed| Stalls::new(seed)).collect();
    let mut noise = Rng::with_seed(seeds[6]);
    let (mut next, mut pushed) = (0, 0);
    // The word that is judged, those behind it (two, at most), and the fault.
    let (mut held, mut behind, mut fault) = (None, VecDeque::new(), None);
    let verdicts: Vec<_> = words.iter().map(|&word| decode(word, &config)).collect();
    let mut full = [false; 6];
    let mut idle = 0;
    // On and on for some cycles after the last word: longer than any stall.
    while idle < 20 && bench.cycle() < until {
        let offer = next < words.len() && !stalls[6].refuses();
        bench.uut.cmd_valid.next = offer;
        bench.uut.cmd.next = Word::from(if offer { words[next] } else { noise.u128(..) });
        // That a queue fills counts in the next cycle.
        let mut filling = [false; 6];
        for (u, filling) in filling.iter_mut().enumerate() {
            *filling = stalls[u].refuses();
            bench.uut.filling[u].next = *filling;
        }
        bench.settle();
        let uut = &bench.uut;

        // The word that was judged goes to the queue of its unit, if there is room, or is a fault.
        let mut push = [false; 6];
        let mut leaves = held.is_some();
        if let Some(Ok(command)) = held.map(|index: usize| &verdicts[index]) {
            let unit = command.unit() as usize;
            push[unit] = !full[unit];
            leaves = push[unit];
        }
        let legal = held.is_none_or(|index| verdicts[index].is_ok());
        let moves = fault.is_none() && (held.is_none() || (leaves && legal));
        let ready = fault.is_none() && behind.len() < 2;
        ensure_eq!(uut.cmd_ready.val(), ready, "cmd_ready");
        ensure_eq!(uut.push.each_ref().map(|p| p.val()), push, "push");
        ensure_eq!(
            uut.quiet.val(),
            held.is_none() && behind.is_empty(),
            "quiet"
        );
        ensure_eq!(uut.fault.val(), fault.is_some(), "fault");
        if let Some((index, code)) = fault {
            let found = (uut.fault_index.val().value() as usize, uut.fault_code.val());
            ensure_eq!(found, (index, U::new(code)), "the fault's index and code");
        }
        if push.contains(&true) {
            let index = held.unwrap_or(0);
            ensure_eq!(uut.word.val(), Word::from(words[index]), "word {index}");
            pushed += 1;
        }
        if leaves {
            let index = held.take().unwrap_or(0);
            if let Err(error) = &verdicts[index] {
                fault = Some((index, u64::from(error.code())));
            }
        }
        if moves {
            held = behind.pop_front();
        }
        full = filling;
        if offer && ready {
            behind.push_back(next);
            next += 1;
        }
        if fault.is_some() {
            behind.clear();
        }
        idle = match held.or(behind.front().copied()) {
            None if !offer || fault.is_some() => idle + 1,
            _ => 0,
        };
        bench.edge();
    }
    if bench.cycle() >= until {
        return Ok(());
    }
    let good = verdicts
        .iter()
        .take_while(|verdict| verdict.is_ok())
        .count();
    ensure_eq!(pushed, good, "words that were dispatched");
    let first = verdicts.get(good).map(|_| good);
    ensure_eq!(fault.map(|(index, _)| index), first, "index of the fault");
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// Each legal word before the first illegal one goes to its own unit's queue exactly once, in order, and
    /// waits there for room; the illegal one becomes a fault with its code and index and is never
    /// dispatched, nor is anything after it. All outputs are the book's in every cycle.
    #[test]
    fn legal_words_and_faults(words in words(), seeds in stalls(8)) {
        check("dispatch", |watch| play(&words, &seeds, watch))?;
    }

    /// Without stalls a word is taken and one is dispatched in every cycle.
    #[test]
    fn a_word_per_cycle(commands in prop::collection::vec(command(), 1..60)) {
        let config = Config::preset("tiny").unwrap();
        let words: Vec<u128> = commands.iter().map(|c| legal(c, &config)).collect();
        check("dispatch_rate", |watch| {
            let mut bench = Bench::new(Dispatch::new(&config), |u, c| u.clock.next.clk = c, watch)?;
            for cycle in 0..=words.len() + 1 {
                bench.uut.cmd_valid.next = cycle < words.len();
                bench.uut.cmd.next = Word::from(words.get(cycle).copied().unwrap_or(0));
                bench.settle();
                ensure!(bench.uut.cmd_ready.val(), "not ready in cycle {cycle}");
                let pushes = bench.uut.push.iter().filter(|p| p.val()).count();
                ensure_eq!(pushes, usize::from(cycle > 1), "pushes in cycle {cycle}");
                bench.edge();
            }
            Ok(())
        })?;
    }
}
