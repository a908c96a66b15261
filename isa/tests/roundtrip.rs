//! Commands and programs survive every form: words, lines, listings, files.

use proptest::collection::vec;
use proptest::prelude::*;
use tcpu_isa::asm::{line, parse, LineError};
use tcpu_isa::layout::{self, header, Field};
use tcpu_isa::listing::FileError;
use tcpu_isa::program::{Int4, Prediction, Program, Tensor};
use tcpu_isa::word::{used_bits, EXEC_FIELDS};
use tcpu_isa::*;

fn any_sync(unit: Unit) -> impl Strategy<Value = Sync> {
    let units = move || {
        let others = !Units::from_iter([unit]).mask();
        any::<u8>().prop_map(move |mask| Units::from_mask(mask & others))
    };
    (units(), units()).prop_map(|(wait, signal)| Sync { wait, signal })
}

fn any_fetch(unit: Unit, config: Config) -> impl Strategy<Value = Fetch> {
    let flit = config.flit as u8;
    let tail =
        prop::option::of((0u8..8, 1..=flit).prop_map(|(level, bytes)| Tail { level, bytes }));
    let base = 0..config.dm_bytes() as u32;
    (0u8..=8, base, 1..=flit, any::<u8>(), tail, any_sync(unit)).prop_map(
        move |(levels, base, packet, pack, tail, sync)| Fetch {
            levels,
            base,
            packet,
            pack: 1 + pack % (flit / packet),
            tail,
            sync,
        },
    )
}

/// Any command that the build executes.
fn any_command(config: Config) -> BoxedStrategy<Command> {
    let unit = || prop::sample::select(Unit::ALL.to_vec());
    let wide = -(1i32 << 23)..1 << 23;
    let loops =
        (unit(), 0u8..8, 1u16.., any::<i32>(), wide).prop_map(|(unit, level, count, a, b)| {
            let b = if matches!(unit, Unit::Fetch | Unit::Commit) {
                0
            } else {
                b
            };
            let to = LoopLevel {
                count,
                stride_a: a,
                stride_b: b,
            };
            Command::Loop { unit, level, to }
        });
    let rows = config.trf_rows as u32;
    let trfload = (
        any_fetch(Unit::TrfLoad, config.clone()),
        0..rows * config.lanes as u32,
        any::<bool>(),
    )
        .prop_map(|(fetch, trf, broadcast)| {
            Command::TrfLoad(TrfLoad {
                fetch,
                trf,
                broadcast,
            })
        });
    let c = config.clone();
    let contract = (
        (0u8..=8, 0..rows * config.flit as u32, any::<[bool; 4]>()),
        (
            config.min_depth() as u8..=config.max_depth() as u8,
            0..config.acc_slots as u8,
            any::<u8>(),
            any::<u8>(),
        ),
        (
            1..=config.lanes as u8,
            any::<u8>(),
            any::<bool>(),
            1..=config.values() as u8,
            0u8..=9,
            0..config.int4,
        ),
        any_sync(Unit::Contract),
    )
        .prop_map(
            move |((levels, trf, flags), (depth, slot, hold, reduce), fold, sync)| {
                let (lanes, cols, interleaved, group, radix, nibbles) = fold;
                let order = match interleaved {
                    true => FoldOrder::Interleaved,
                    false => FoldOrder::Sequential,
                };
                Command::Contract(Contract {
                    levels,
                    trf,
                    splat: flags[0],
                    skew: flags[1],
                    init: flags[2],
                    emit: flags[3],
                    depth,
                    slot,
                    hold: hold % (levels + 1),
                    reduce,
                    lanes,
                    cols: 1 + cols % (c.flit as u8 >> depth),
                    order,
                    group,
                    radix,
                    nibbles: nibbles == 1,
                    sync,
                })
            },
        );
    let out = prop::sample::select(vec![
        OutType::I8,
        OutType::I16,
        OutType::I32,
        OutType::Digits,
    ]);
    let base = 0..config.dm_bytes() as u32;
    let commit = (
        0u8..=8,
        base,
        out,
        any::<u16>(),
        0u8..=47,
        any_sync(Unit::Commit),
    )
        .prop_map(|(levels, base, out, mult, shift, sync)| {
            Command::Commit(Commit {
                levels,
                base,
                out,
                mult,
                shift,
                sync,
            })
        });
    let room = config.dm_bytes() as u32;
    let all = room * config.slices as u32;
    let dma = (
        prop::sample::select(vec![Unit::Load, Unit::Store])
            .prop_flat_map(|u| (Just(u), any_sync(u))),
        0u8..=8,
        any::<u32>(),
        0..all,
        any::<u32>(),
        any::<bool>(),
    )
        .prop_map(move |((unit, sync), levels, ext, dm, bytes, broadcast)| {
            let load = unit == Unit::Load;
            let left = (room - dm % room).min(u16::MAX.into());
            let dma = Dma {
                levels,
                ext,
                dm,
                bytes: (1 + bytes % left) as u16,
                broadcast: broadcast && load,
                sync,
            };
            if load {
                Command::Load(dma)
            } else {
                Command::Store(dma)
            }
        });
    let fetch = any_fetch(Unit::Fetch, config).prop_map(Command::Fetch);
    prop_oneof![loops, fetch, trfload, contract, commit, dma].boxed()
}

fn any_config() -> impl Strategy<Value = Config> {
    prop::sample::select(Config::names()).prop_map(|name| Config::preset(name).unwrap())
}

fn build_and_commands() -> impl Strategy<Value = (Config, Vec<Command>)> {
    any_config().prop_flat_map(|config| (Just(config.clone()), vec(any_command(config), 0..20)))
}

fn program(config: Config, commands: Vec<Command>) -> Program {
    let tensor = |name: &str, dtype, shape: &[usize], ext| Tensor {
        name: name.to_string(),
        dtype,
        shape: shape.to_vec(),
        ext,
        int4: None,
    };
    let pairs = (config.int4 == 2).then_some(Int4::Pairs(1));
    Program {
        config,
        inputs: vec![
            tensor("a # \"b\" \\", OutType::I8, &[3, 5], 0),
            tensor("scalar", OutType::I8, &[], 64),
            Tensor {
                int4: pairs,
                ..tensor("weights", OutType::I8, &[2, 3], 72)
            },
            Tensor {
                int4: Some(Int4::Bytes),
                ..tensor("nibbles", OutType::I8, &[3], 80)
            },
        ],
        output: tensor("result", OutType::I32, &[2, 0, 7], 128),
        data: vec![(192, vec![1, 2, 255]), (196, vec![])],
        memory_bytes: 256,
        commands,
        predicted: Some(Prediction {
            memory: MemoryTiming::default(),
            cycles: 77,
        }),
        source: "\"ij\", # jk->ik".to_string(),
    }
}

proptest! {
    /// What is encoded is decoded; what is written as a line is read back.
    #[test]
    fn commands_survive((config, commands) in build_and_commands()) {
        for command in commands {
            prop_assert_eq!(decode(encode(&command), &config), Ok(command));
            prop_assert_eq!(parse(&line(&command), &config), Ok(command), "{}", line(&command));
        }
    }

    /// Every word either is a typed error or the word of the command that it decodes to.
    #[test]
    fn words_survive(
        config in any_config(),
        (unit, op) in (0u64..7, 0u64..3),
        random in any::<u128>(),
        masked in prop::bool::weighted(0.9),
    ) {
        let mut word = random;
        for (field, value) in [(header::VERSION, layout::VERSION), (header::UNIT, unit), (header::OP, op)] {
            word = field.put(word, value);
        }
        if let (Some(unit), true) = (Unit::ALL.get(unit as usize), masked) {
            word &= used_bits(*unit, op == layout::OP_EXEC);
        }
        match decode(word, &config) {
            Ok(command) => prop_assert_eq!(encode(&command), word),
            Err(error) => prop_assert!((1..=5).contains(&error.code())),
        }
    }

    /// A program's text and file read back as the program.
    #[test]
    fn programs_survive((config, commands) in build_and_commands()) {
        let program = program(config, commands);
        let text = program.to_text();
        prop_assert_eq!(&Program::from_text(&text).unwrap(), &program);
        prop_assert_eq!(&Program::from_bytes(text.as_bytes()).unwrap(), &program);
        prop_assert_eq!(&Program::from_bytes(&program.to_bytes()).unwrap(), &program);
    }

    /// No damage to a file goes unnoticed: a changed byte, a lost end, something added.
    #[test]
    fn damage_is_seen(
        (config, commands) in build_and_commands(),
        at in any::<prop::sample::Index>(),
        flip in 1u8..,
        end in any::<prop::sample::Index>(),
    ) {
        let bytes = program(config, commands).to_bytes();
        let mut changed = bytes.clone();
        changed[at.index(bytes.len())] ^= flip;
        prop_assert!(Program::from_bytes(&changed).is_err());
        prop_assert!(Program::from_bytes(&bytes[..end.index(bytes.len())]).is_err());
        prop_assert!(Program::from_bytes(&[bytes.as_slice(), &[0]].concat()).is_err());
    }

    /// Text of any kind is a program or an error with a line number, never a panic.
    #[test]
    fn any_text_is_read(text in "(\\PC|\n|\\.(tcpu 1|preset tiny|data|input)|fetch|loop|=|@|#|\"){0,60}") {
        if let Err(error) = Program::from_text(&text) {
            prop_assert!(error.line >= 1);
        }
    }
}

/// The fields of a word lie side by side: no bit has two meanings, and all fit into 128.
#[test]
fn fields_do_not_overlap() {
    let execs = EXEC_FIELDS.iter().map(|groups| groups.concat());
    for fields in execs.chain([layout::loops::ALL.to_vec()]) {
        let all = [layout::header::ALL, &fields, layout::sync::ALL].concat();
        let mut used = 0u128;
        for Field { name, lo, width } in all {
            let bits = ((1u128 << width) - 1) << lo;
            assert!(lo + width <= 128 && used & bits == 0, "{name}");
            used |= bits;
        }
    }
}

/// Each kind of mistake in a line has a message that names it.
#[test]
fn mistakes_in_lines() {
    let config = Config::preset("tiny").unwrap();
    let wrong = |text: &str| parse(text, &config).unwrap_err().to_string();
    assert!(wrong("fletch base=0").contains("there are: loop, fetch"));
    assert!(wrong("loop fetch count=1").contains("loop fetch.0"));
    assert!(wrong("loop fetch.9 count=1").contains("level = 9 must be from 0 to 7"));
    assert!(wrong("loop fetch.0 count=70000").contains("from 0 to 65535"));
    assert!(wrong("fetch bass=0").contains("it has: levels, base"));
    assert!(wrong("fetch base=0 base=1").contains("twice"));
    assert!(wrong("fetch base=zero").contains("not a number"));
    assert!(wrong("fetch packet=4 pack=2").contains("pack = 2 must be from 1 to 1"));
    assert!(wrong("fetch packet=4 pack=1 tail=1").contains("LEVEL:BYTES"));
    assert!(wrong("load bytes=1 broadcast=1").contains("bare name"));
    assert!(wrong("commit out=i64").contains("one of i8, i16, i32, digits"));
    assert!(wrong("load bytes=1 wait=fetch,3").contains("units of fetch, contract"));
    assert!(wrong("load bytes=1 wait").contains("units of fetch, contract"));
    assert!(wrong("load bytes=1 signal=store,fetch,store").contains("store in signal"));
    assert!(wrong("loop load.0 count=1 wait=fetch").contains("it has: count, a, b"));
    assert!(wrong("load bytes=1 wait=fetch,load").contains("wait for itself = 1"));
    assert!(wrong("store bytes=1 signal=store").contains("signal to itself = 1"));
    assert!(matches!(
        parse("store bytes=1 broadcast", &config),
        Err(LineError::Decode(DecodeError::Range {
            field: "broadcast",
            ..
        }))
    ));
}

/// A program's mistakes are reported with their line.
#[test]
fn mistakes_in_programs() {
    let good = program(Config::preset("tiny").unwrap(), Vec::new()).to_text();
    let wrong = |from: &str, to: &str| {
        let text = good.replacen(from, to, 1);
        assert_ne!(text, good);
        Program::from_text(&text).unwrap_err().to_string()
    };
    assert!(wrong(".tcpu 2", ".tcpu 1").starts_with("line 1: a program starts with \".tcpu 2\""));
    assert!(wrong("flit=4", "flit=5").contains("flit = 5 must be a power of two"));
    assert!(wrong(" flit=4", "").starts_with("line 2"));
    assert!(wrong(".memory 256", ".memory 100").contains("ends at byte"));
    assert!(wrong(".memory 256", ".memory 2 5").starts_with("line 4"));
    assert!(wrong(".output", "fetch\n.output").contains("line 9"));
    assert!(wrong(".memory 256", ".memory 99999999999").contains("can address"));
    assert!(wrong(".output", ".outputs").contains("no directive"));
    assert!(matches!(
        Program::from_bytes(&[0x93, 0xff]),
        Err(FileError::Magic)
    ));
}
