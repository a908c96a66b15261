//! The folded machine's program on the engine's model: compiled contractions, and what other machines do with them.

mod common;

use common::{any_case, options, prepare, result, Case};
use proptest::prelude::*;
use tcpu_golden::contract::{flits_made, flits_needed};
use tcpu_golden::{race, run as golden, Order};
use tcpu_isa::{
    decode, Command, Commit, Config, Contract, Dma, Fetch, FoldOrder, LoopLevel, OutType, Sync,
    Tail, TrfLoad, Unit, Units,
};
use tcpu_micro::{judge, run};

/// Instructions that are more than enough for the cases here.
const MOST: u64 = 50_000_000;

fn check(case: &Case) {
    let prepared = prepare(case, &options("up5k"));
    let program = &prepared.compiled.program;
    let run = run(&program.config, &program.commands, &prepared.image, MOST);
    let run = run.unwrap_or_else(|error| panic!("{case:?} {error}"));
    assert_eq!(
        result(&prepared.compiled, &run.memory),
        prepared.expected,
        "{case:?}"
    );
}

fn case(expr: &str, shapes: &[&[usize]]) -> Case {
    Case {
        expr: expr.to_string(),
        shapes: shapes.iter().map(|shape| shape.to_vec()).collect(),
        seed: 1,
        int4: [false; 3],
    }
}

/// How many of the engine's instructions well-known products take, with `--nocapture`; two cycles each.
#[test]
fn instructions() {
    for ((m, k, n), most) in [
        ((16, 16, 16), 60_000),
        ((64, 64, 64), 880_000),
        ((8, 512, 16), 111_000),
    ] {
        let case = case("ij,jk->ik", &[&[m, k], &[k, n]]);
        let prepared = prepare(&case, &options("up5k"));
        let program = &prepared.compiled.program;
        let run = run(&program.config, &program.commands, &prepared.image, MOST).unwrap();
        println!("{m} x {k} x {n}: {} instructions", run.instructions);
        assert!(run.instructions <= most, "{m} x {k} x {n}");
    }
}

/// Products of matrices, small ones and larger ones.
#[test]
fn products() {
    for (m, k, n) in [(1, 1, 1), (4, 4, 4), (17, 7, 5), (33, 47, 65), (64, 64, 64)] {
        check(&case("ij,jk->ik", &[&[m, k], &[k, n]]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever contraction: the folded machine computes it.
    #[test]
    fn random(case in any_case(14)) {
        check(&case);
    }
}

fn up5k() -> Config {
    Config::preset("up5k").unwrap()
}

fn units(of: &[Unit]) -> Units {
    of.iter().copied().collect()
}

/// Levels with so many steps in all, whatever their strides.
fn factored(steps: usize, strides: &[(i32, i32)], unit: Unit) -> Vec<LoopLevel> {
    let (mut left, mut nest) = (steps, Vec::new());
    for (i, (a, b)) in strides.iter().enumerate() {
        let count = match i + 1 == strides.len() {
            true => left,
            false => (2..=left.min(5)).rev().find(|n| left % n == 0).unwrap_or(1),
        };
        left /= count;
        let b = if matches!(unit, Unit::Fetch | Unit::Commit) {
            0
        } else {
            *b
        };
        // Not too far: what is fetched and what is committed shall be apart.
        let most = 1000 / count as i32 + 1;
        nest.push(LoopLevel {
            count: count as u16,
            stride_a: *a % most,
            stride_b: b,
        });
    }
    nest
}

/// What one round of fetch, contract and commit is made of.
#[derive(Clone, Debug)]
struct Round {
    contract: Contract,
    nest: Vec<LoopLevel>,
    fetch: Packets,
    commit: Results,
}

/// Base, packet, pack, tail and strides of a fetch.
type Packets = (u32, u8, u8, Option<(u8, u8)>, Vec<(i32, i32)>);
/// Base, type, multiplier, shift and strides of a commit.
type Results = (u32, u8, u16, u8, Vec<(i32, i32)>);

fn strides(most: i32) -> impl Strategy<Value = Vec<(i32, i32)>> {
    prop::collection::vec((-most..=most, -most..=most), 1..4)
}

fn any_round() -> impl Strategy<Value = Round> {
    let flags = any::<[bool; 6]>();
    let numbers = (
        0u32..2048,
        2u8..=3,
        0u8..4,
        0u8..=4,
        any::<u8>(),
        1u8..=2,
        1u8..=2,
        1u8..=2,
        0u8..=5,
    );
    let nest = prop::collection::vec((1u16..=5, -40i32..40, -5i32..5), 0..=4);
    let tail = prop::option::of((0u8..8, 1u8..=8));
    let packets = (0u32..8000, 1u8..=8, 1u8..=8, tail, strides(20));
    let commits = (
        16_384u32..24_576,
        0u8..4,
        any::<u16>(),
        0u8..=47,
        strides(24),
    );
    (flags, numbers, nest, packets, commits).prop_map(|(flags, numbers, nest, fetch, commit)| {
        let (trf, depth, slot, hold, reduce, lanes, cols, group, radix) = numbers;
        let [splat, skew, init, emit, interleaved, all] = flags;
        let nest: Vec<LoopLevel> = nest
            .into_iter()
            .map(|(count, stride_a, stride_b)| LoopLevel {
                count,
                stride_a,
                stride_b,
            })
            .collect();
        let order = if interleaved {
            FoldOrder::Interleaved
        } else {
            FoldOrder::Sequential
        };
        let contract = Contract {
            levels: nest.len() as u8,
            trf,
            splat,
            skew,
            depth,
            slot,
            hold: hold.min(nest.len() as u8),
            reduce: if all { 0xFF } else { reduce },
            init,
            emit,
            lanes,
            cols: cols.min(8 >> depth),
            order,
            group,
            radix: radix.saturating_sub(2),
            nibbles: false,
            sync: Sync::default(),
        };
        Round {
            contract,
            nest,
            fetch,
            commit,
        }
    })
}

/// The commands: memory into DM and TRF, the rounds, DM into memory.
fn program(rounds: &[Round], broadcast: bool) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut push = |nest: &[LoopLevel], exec: Command| {
        for (level, to) in nest.iter().enumerate() {
            let unit = exec.unit();
            commands.push(Command::Loop {
                unit,
                level: level as u8,
                to: *to,
            });
        }
        commands.push(exec);
    };
    let whole = |ext, wait, signal| Dma {
        levels: 0,
        ext,
        dm: 0,
        bytes: 1 << 15,
        broadcast: false,
        sync: Sync { wait, signal },
    };
    let none = Units::default();
    push(
        &[],
        Command::Load(whole(0, none, units(&[Unit::TrfLoad, Unit::Fetch]))),
    );
    let rows = LoopLevel {
        count: if broadcast { 256 } else { 512 },
        stride_a: 8,
        stride_b: if broadcast { 2 } else { 1 },
    };
    let fetch = Fetch {
        levels: 1,
        base: 77,
        packet: 8,
        pack: 1,
        tail: None,
        sync: Sync {
            wait: units(&[Unit::Load]),
            signal: units(&[Unit::Contract, Unit::Commit]),
        },
    };
    push(
        &[rows],
        Command::TrfLoad(TrfLoad {
            fetch,
            trf: 0,
            broadcast,
        }),
    );
    let mut first = true;
    let mut commit_wait = units(&[Unit::TrfLoad]);
    for (number, round) in rounds.iter().enumerate() {
        let last = number + 1 == rounds.len();
        let (base, packet, pack, tail, strides) = &round.fetch;
        let pack = (*pack).min(8 / packet);
        let need = flits_needed(&round.contract, &round.nest);
        let nest = factored(need * usize::from(pack), strides, Unit::Fetch);
        let wait = if first { units(&[Unit::Load]) } else { none };
        push(
            &nest,
            Command::Fetch(Fetch {
                levels: nest.len() as u8,
                base: *base,
                packet: *packet,
                pack,
                tail: tail.map(|(level, bytes)| Tail { level, bytes }),
                sync: Sync { wait, signal: none },
            }),
        );
        let made = flits_made(&round.contract, &round.nest);
        let (base, out, mult, shift, strides) = &round.commit;
        let out = [OutType::I8, OutType::I16, OutType::I32, OutType::Digits][usize::from(*out)];
        let signal = if last { units(&[Unit::Store]) } else { none };
        let wait = if first { units(&[Unit::TrfLoad]) } else { none };
        first = false;
        let contract_signal = if made == 0 { signal } else { none };
        push(
            &round.nest,
            Command::Contract(Contract {
                sync: Sync {
                    wait,
                    signal: contract_signal,
                },
                ..round.contract
            }),
        );
        if made > 0 {
            let nest = factored(made, strides, Unit::Commit);
            push(
                &nest,
                Command::Commit(Commit {
                    levels: nest.len() as u8,
                    base: *base,
                    out,
                    mult: *mult,
                    shift: *shift,
                    sync: Sync {
                        wait: commit_wait,
                        signal,
                    },
                }),
            );
            commit_wait = none;
        }
    }
    let made = rounds
        .last()
        .is_some_and(|round| flits_made(&round.contract, &round.nest) > 0);
    let from = if made { Unit::Commit } else { Unit::Contract };
    push(&[], Command::Store(whole(1 << 15, units(&[from]), none)));
    commands
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever a program does with nests, packets, tails, held flits, slots, digits and rows: the folded machine leaves
    /// in memory what the golden model leaves.
    #[test]
    fn programs(rounds in prop::collection::vec(any_round(), 1..4), broadcast: bool, seed: u64) {
        let commands = program(&rounds, broadcast);
        for command in &commands {
            prop_assert_eq!(command.check(&up5k()), Ok(()));
        }
        prop_assume!(race::check(&up5k(), &commands).is_ok());
        let mut random = fastrand::Rng::with_seed(seed);
        let image: Vec<u8> = (0..1 << 16).map(|_| random.u8(..)).collect();
        let expected = golden(&up5k(), &commands, image.clone(), Order::Program);
        prop_assume!(expected.is_ok());
        let run = run(&up5k(), &commands, &image, MOST).unwrap();
        let (memory, expected) = (run.memory, expected.unwrap());
        let wrong = memory.iter().zip(&expected).position(|(a, b)| a != b);
        prop_assert_eq!(wrong, None);
    }

    /// Whatever word: the folded machine judges it like everybody else.
    #[test]
    fn words(bits: u128, unit in 0u128..7, op in 0u128..3, level in 0u128..16, good: bool, keep: u128) {
        let mut word = 2 | unit << 4 | op << 8 | level << 12 | bits & !0xFFFF;
        if good {
            // Few fields are set, so that most are in their range.
            word &= keep & (bits >> 7) | 0xFFFF;
            let used = Unit::ALL.get(unit as usize).map_or(u128::MAX, |u| tcpu_isa::word::used_bits(*u, op == 1));
            word &= used;
        }
        let verdict = decode(word, &up5k());
        let found = run_word(word);
        prop_assert_eq!(found, verdict.err().map(|error| u32::from(error.code())));
    }
}

/// The code of a word's fault.
fn run_word(word: u128) -> Option<u32> {
    judge(&up5k(), word).unwrap()
}
