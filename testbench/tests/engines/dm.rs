//! DM: its arbiter and its memories.

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_hdl::dm::{Arbiter, Banks, Dm};
use tcpu_hdl::types::{Flits, U};
use tcpu_isa::pipeline::{READ_CYCLES, STORE_READ_CYCLES};
use tcpu_isa::Config;
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{build, config};

/// Names of the requesters, by number: three read, two write.
const NAMES: [&str; 5] = ["fetch", "trfload", "store", "commit", "load"];

/// Most cycles that each of them can wait: those who go first are held up by the urgent ones only.
const LONGEST: [u32; 5] = [2, 8, 7, 1, 7];

/// A window of DM.
#[derive(Clone, Copy, Debug)]
struct Window {
    at: u32,
    bytes: usize,
}

impl Window {
    /// Anywhere, often in one bank, at its ends, or at the end of the memory.
    fn any(config: &Config, hot: usize, rng: &mut Rng) -> Window {
        let all = (config.slices * config.dm_bytes()) as u32;
        let bank = config.bank_bytes() as u32;
        let at = match rng.u8(..4) {
            0 => rng.u32(..all),
            1 => (rng.u32(1..=all / bank) * bank).wrapping_sub(rng.u32(1..=config.flit as u32)),
            _ => hot as u32 % config.dm_banks as u32 * bank + rng.u32(..bank),
        };
        Window {
            at,
            bytes: rng.usize(1..=config.flit),
        }
    }

    fn banks(&self, config: &Config) -> u32 {
        banks(config, self.at as usize, self.bytes) as u32
    }
}

/// The banks that the bytes of a window are in, a bit each.
pub fn banks(config: &Config, at: usize, bytes: usize) -> u64 {
    let bank = |i| (at + i) % config.dm_bytes() / config.bank_bytes();
    (0..bytes).fold(0, |banks, i| banks | 1 << bank(i))
}

/// The block says the banks of windows.
fn touches(config: &Config, windows: &[Window], watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Banks::new(config), |_, _| (), watch)?;
    for window in windows {
        bench.uut.at.next = U::new(window.at.into());
        let in_row = window.at as usize % config.flit;
        bench.uut.leaves_row.next = in_row + window.bytes > config.flit;
        bench.settle();
        let found = bench.uut.banks.val().value() as u32;
        ensure_eq!(found, window.banks(config), "banks of {window:?}");
        bench.edge();
    }
    Ok(())
}

/// The book's equations.
fn granted(wants: [bool; 5], banks: [u32; 5], age: [u32; 5]) -> [bool; 5] {
    let [f, t, s, c, l] = wants;
    let conflict = |a: usize, b: usize| banks[a] & banks[b] != 0;
    let (us, ut, ul) = (age[2] == 7, age[1] == 7, age[4] == 7);
    let gf = f && !us && !ut;
    let gt = t && !us && !(gf && conflict(0, 1));
    let gs = s && !(gf && conflict(0, 2)) && !(gt && conflict(1, 2));
    let gc = c && !ul;
    let gl = l && !(gc && conflict(3, 4));
    [gf, gt, gs, gc, gl]
}

/// Five requesters ask at random, each `busy` percent of the time, and wait for their grants.
fn arbitrate(preset: &str, cycles: u64, busy: [u8; 5], seed: u64, watch: &mut Watch) -> Outcome {
    let config = build(preset);
    let mut bench = Bench::new(Arbiter::default(), |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let hot = rng.usize(..config.dm_banks);
    let mut asks: [Option<Window>; 5] = [None; 5];
    let mut waited = [0; 5];
    while bench.cycle() < cycles {
        for (ask, busy) in asks.iter_mut().zip(busy) {
            if ask.is_none() && rng.u8(..100) < busy {
                *ask = Some(Window::any(&config, hot, &mut rng));
            }
        }
        for (i, ask) in asks.iter().enumerate() {
            // What nobody asks for does not matter.
            let window = ask.unwrap_or_else(|| Window::any(&config, hot, &mut rng));
            bench.uut.wants[i].next = ask.is_some();
            bench.uut.banks[i].next = (window.banks(&config) as usize).into();
        }
        bench.settle();
        let found = bench.uut.grant.each_ref().map(|grant| grant.val());
        let banks = asks.map(|ask| ask.map_or(0, |window| window.banks(&config)));
        let wants = asks.map(|ask| ask.is_some());
        let expected = granted(wants, banks, waited.map(|n: u32| n.min(7)));
        ensure_eq!(
            found,
            expected,
            "grants of {asks:?} after {waited:?} cycles"
        );
        for (a, b) in [(0, 1), (0, 2), (1, 2), (3, 4)] {
            let both = found[a] && found[b];
            ensure!(
                !both || banks[a] & banks[b] == 0,
                "{} and {} meet",
                NAMES[a],
                NAMES[b]
            );
        }
        for i in 0..5 {
            match found[i] || asks[i].is_none() {
                true => (asks[i], waited[i]) = (None, 0),
                false => waited[i] += 1,
            }
            ensure!(
                waited[i] <= LONGEST[i],
                "{} waits {} cycles",
                NAMES[i],
                waited[i]
            );
        }
        bench.edge();
    }
    Ok(())
}

/// Random windows, none in another's bank, as the arbiter would have them.
fn memories<const S: usize, const F: usize>(
    preset: &str,
    cycles: u64,
    seed: u64,
    watch: &mut Watch,
) -> Outcome {
    let config = build(preset);
    let size = config.dm_bytes();
    let block = Dm::<S, F>::new(&config);
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, watch)?;
    let mut rng = Rng::with_seed(seed);
    let hot = rng.usize(..config.dm_banks);
    let mut slices = vec![vec![0i8; size]; S];
    // What the three readers see in the next cycles, of every slice or of one.
    // Where in the data the window begins, its bytes, and which of them nobody writes in the cycle of the read: what
    // block RAM reads of the others is not sure.
    type Reads = [Option<Vec<(usize, Vec<i8>, Vec<bool>)>>; 3];
    let mut reads = [(); STORE_READ_CYCLES].map(|()| Reads::default());
    while bench.cycle() < cycles {
        let mut asks = [(); 5].map(|()| rng.bool().then(|| Window::any(&config, hot, &mut rng)));
        for side in [0..3, 3..5] {
            let mut used = 0;
            for ask in &mut asks[side] {
                let banks = ask.map_or(0, |window| window.banks(&config));
                *ask = ask.filter(|_| banks & used == 0);
                used |= banks;
            }
        }
        let [fetch, trfload, store, commit, load] = asks;
        let at = |ask: Option<Window>| ask.map_or(0, |window| window.at.into());
        let end = |ask: Option<Window>| ask.map_or(0, |w| w.at as usize % F + w.bytes).into();
        let uut = &mut bench.uut;
        for (banks, ask) in uut.banks.iter_mut().zip(asks) {
            banks.next = ask
                .map_or(0, |window| window.banks(&config) as usize)
                .into();
        }
        uut.fetch.next = fetch.is_some();
        uut.fetch_at.next = U::new(at(fetch));
        // Random turns: the windows' bytes are where these put them.
        let turns = [(); 4].map(|()| rng.u64(..F as u64));
        let [turn_fetch, turn_trfload, turn_store, turn_load] = turns;
        uut.fetch_turn.next = U::new(turn_fetch);
        uut.trfload_turn.next = U::new(turn_trfload);
        uut.store_turn.next = U::new(turn_store);
        uut.load_turn.next = U::new(turn_load);
        uut.trfload.next = trfload.is_some();
        uut.trfload_at.next = U::new(at(trfload));
        uut.store.next = store.is_some();
        uut.store_at.next = U::new(at(store));
        uut.commit.next = commit.is_some();
        uut.commit_at.next = U::new(at(commit));
        uut.commit_end.next = end(commit);
        uut.commit_turn.next = rng.usize(..F).into();
        uut.commit_data.next = Flits([(); S].map(|()| [(); F].map(|()| rng.i8(..))));
        uut.load.next = load.is_some();
        uut.load_at.next = U::new(at(load));
        uut.load_end.next = end(load);
        uut.load_all.next = rng.bool();
        uut.load_data.next = Flits([[(); F].map(|()| rng.i8(..))]);
        bench.settle();
        let uut = &bench.uut;
        let shown = [uut.fetch_data.val(), uut.trfload_data.val()];
        let [fetch_due, trfload_due, _] = &reads[READ_CYCLES - 1];
        let due = [fetch_due, trfload_due, &reads[STORE_READ_CYCLES - 1][2]];
        for (i, read) in due.into_iter().enumerate() {
            for (s, expected) in read.iter().flatten().enumerate() {
                let found = match i {
                    2 => uut.store_data.val().0[0],
                    _ => shown[i].0[s],
                };
                let (begin, bytes, _) = expected;
                let window: Vec<i8> = (0..bytes.len()).map(|k| found[(begin + k) % F]).collect();
                ensure_eq!(window, *bytes, "{}, slice {s}", NAMES[i]);
            }
        }
        for (i, read) in due.into_iter().enumerate() {
            let mut bits = vec![false; if i == 2 { 1 } else { S } * F * 8];
            for (s, (begin, bytes, sure)) in read.iter().flatten().enumerate() {
                for byte in (0..bytes.len()).filter(|&byte| sure[byte]) {
                    let at = (s * F + (begin + byte) % F) * 8;
                    bits[at..at + 8].fill(true);
                }
            }
            bench.means(&format!("{}_data", NAMES[i]), &bits);
        }
        let uut = &bench.uut;
        let load_all = uut.load_all.val();
        let sure = |s: usize, w: Window| -> Vec<bool> {
            let within = |at: usize, other: Option<Window>| {
                other.is_some_and(|other| {
                    (at + size - other.at as usize % size) % size < other.bytes
                })
            };
            let here = load.is_some_and(|load| load_all || s == load.at as usize / size);
            let at = |byte| (w.at as usize + byte) % size;
            let sure = |byte| !(within(at(byte), commit) || here && within(at(byte), load));
            (0..w.bytes).map(sure).collect()
        };
        let window = |memory: &Vec<i8>, window: Window| -> Vec<i8> {
            (0..window.bytes)
                .map(|i| memory[(window.at as usize + i) % size])
                .collect()
        };
        let begin = |w: Window, turn: u64| (w.at as usize + F - turn as usize) % F;
        let all = |w, turn| {
            let read = |(s, memory)| (begin(w, turn), window(memory, w), sure(s, w));
            slices.iter().enumerate().map(read).collect()
        };
        reads.rotate_right(1);
        reads[0] = [
            fetch.map(|w| all(w, turn_fetch)),
            trfload.map(|w| all(w, turn_trfload)),
            store.map(|w| {
                let s = w.at as usize / size;
                vec![(begin(w, turn_store), window(&slices[s], w), sure(s, w))]
            }),
        ];
        if let Some(w) = commit {
            let turn = uut.commit_turn.val().value() as usize;
            for (memory, data) in slices.iter_mut().zip(uut.commit_data.val().0) {
                for at in (0..w.bytes).map(|i| w.at as usize + i) {
                    memory[at % size] = data[(at + F - turn) % F];
                }
            }
        }
        if let Some(w) = load {
            for (s, memory) in slices.iter_mut().enumerate() {
                if uut.load_all.val() || s == w.at as usize / size {
                    for i in 0..w.bytes {
                        let from = (begin(w, turn_load) + i) % F;
                        memory[(w.at as usize + i) % size] = uut.load_data.val().0[0][from];
                    }
                }
            }
        }
        bench.edge();
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(1024))]

    /// The banks of a window are those that its bytes are in.
    #[test]
    fn banks_of_windows(
        preset in prop::sample::select(vec!["tiny", "ecp5-25k", "m256", "wide", "tall"]),
        seed in any::<u64>(),
    ) {
        let config = build(preset);
        let mut rng = Rng::with_seed(seed);
        let hot = rng.usize(..config.dm_banks);
        let window = |_| Window::any(&config, hot, &mut rng);
        let windows: Vec<Window> = (0..50).map(window).collect();
        check("banks", |watch| touches(&config, &windows, watch))?;
    }

    /// Grants are those of the book's equations: no two
    /// reads and no two writes meet in a bank; a request without a conflict is granted at once; nobody waits
    /// longer than the urgent ones before it need: fetch 2 cycles, trfload 8, store 7, commit 1, load 7.
    #[test]
    fn arbiter(
        preset in prop::sample::select(vec!["tiny", "ecp5-25k", "m256", "wide", "tall"]),
        cycles in 1u64..300,
        busy in prop::array::uniform5(prop_oneof![Just(100), 0u8..=100]),
        seed in any::<u64>(),
    ) {
        check("arbiter", |watch| arbitrate(preset, cycles, busy, seed, watch))?;
    }

    /// Every window, at whatever byte address and across the end of the memory, reads what was last written
    /// there, by commit in all slices, by load in one or all, [`READ_CYCLES`] (store's [`STORE_READ_CYCLES`]) later and
    /// not before, turned as the reader wants it.
    #[test]
    fn windows(cycles in 1u64..200, seed in any::<u64>()) {
        check("dm_tiny", |watch| memories::<2, 4>("tiny", cycles, seed, watch))?;
        check("dm_tall", |watch| memories::<2, 4>("tall", cycles, seed, watch))?;
        check("dm_wide", |watch| {
            // A model of its Verilog takes minutes to build.
            watch.traces = None;
            memories::<1, 32>("wide", cycles, seed, watch)
        })?;
        check("dm_m256", |watch| memories::<4, 16>("m256", cycles, seed, watch))?;
    }
}

/// With all five asking for one bank in every cycle, everyone still gets windows, and the streams that must
/// not stall get nearly all: fetch and commit.
#[test]
fn nobody_starves() {
    let mut watch = Watch::default();
    let block = Arbiter::default();
    let mut bench = Bench::new(block, |u, c| u.clock.next.clk = c, &mut watch).unwrap();
    let mut grants = [0; 5];
    for i in 0..5 {
        bench.uut.wants[i].next = true;
        bench.uut.banks[i].next = 1.into();
    }
    for _ in 0..900 {
        bench.settle();
        for (count, grant) in grants.iter_mut().zip(&bench.uut.grant) {
            *count += u32::from(grant.val());
        }
        bench.edge();
    }
    // In nine cycles fetch is held up twice; in eight, commit once.
    assert_eq!(grants[0] + grants[1] + grants[2], 900);
    assert_eq!(grants[3] + grants[4], 900);
    assert!(grants[0] >= 600, "{grants:?}");
    assert!(grants[1] >= 90 && grants[2] >= 90, "{grants:?}");
    assert!(grants[3] >= 780 && grants[4] >= 110, "{grants:?}");
}
