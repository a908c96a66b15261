//! The fields of a command word, as the units see them.

use proptest::prelude::*;
use tcpu_hdl::decode::{CommitParams, ContractParams, Decode, DmaParams, Head, PacketParams};
use tcpu_hdl::types::U;
use tcpu_isa::{encode, Command, FoldOrder, LEVELS};
use tcpu_testbench::bench::{check, Bench, Outcome, Watch};

use crate::cases::{config, exec_fields};
use crate::dispatch::command;

/// A word's fields against its command's.
fn compare(command: &Command, watch: &mut Watch) -> Outcome {
    let mut bench = Bench::new(Decode::default(), |_, _| (), watch)?;
    bench.uut.word.next = encode(command).into();
    bench.settle();
    let uut = &bench.uut;
    let head = uut.head.val();
    if let Command::Loop { level, to, .. } = command {
        let expected = Head {
            exec: false,
            level: U::new((*level).into()),
            count: U::new(to.count.into()),
            stride_a: U::new(to.stride_a as u64),
            stride_b: U::new(to.stride_b as u64),
            ..head
        };
        ensure_eq!(head, expected, "the loop");
    }
    if let Some((levels, sync, [a, b])) = exec_fields(command) {
        let expected = Head {
            exec: true,
            level: U::new(levels.into()),
            base_a: U::new(a.into()),
            base_b: U::new(b.into()),
            ..head
        };
        ensure_eq!(head, expected, "the exec");
        ensure_eq!(uut.waits.val(), U::new(sync.wait.mask().into()), "waits");
        let signals = U::new(sync.signal.mask().into());
        ensure_eq!(uut.signals.val(), signals, "signals");
    }
    let packets = match command {
        Command::Fetch(c) => Some((c, false)),
        Command::TrfLoad(c) => Some((&c.fetch, c.broadcast)),
        _ => None,
    };
    if let Some((c, broadcast)) = packets {
        let tail = c
            .tail
            .map_or((LEVELS as u8, 0), |tail| (tail.level, tail.bytes));
        let expected = PacketParams {
            packet: U::new(c.packet.into()),
            pack: U::new(c.pack.into()),
            tail_level: U::new(tail.0.into()),
            tail_bytes: U::new(tail.1.into()),
            broadcast,
        };
        ensure_eq!(uut.packets.val(), expected, "packets");
    }
    match command {
        Command::Contract(c) => {
            let found = uut.contract.val();
            let expected = ContractParams {
                splat: c.splat,
                skew: c.skew,
                depth: U::new(c.depth.into()),
                hold: U::new(c.hold.into()),
                reduce: U::new(c.reduce.into()),
                init: c.init,
                emit: c.emit,
                lanes: U::new(c.lanes.into()),
                cols: U::new(c.cols.into()),
                interleaved: c.order == FoldOrder::Interleaved,
                group: U::new(c.group.into()),
                radix: U::new(c.radix.into()),
                nibbles: c.nibbles,
            };
            ensure_eq!(found, expected, "contract");
        }
        Command::Commit(c) => {
            let expected = CommitParams {
                out: U::new(c.out as u64),
                mult: U::new(c.mult.into()),
                shift: U::new(c.shift.into()),
            };
            ensure_eq!(uut.commit.val(), expected, "commit");
        }
        Command::Load(c) | Command::Store(c) => {
            let expected = DmaParams {
                bytes: U::new(c.bytes.into()),
                broadcast: c.broadcast,
            };
            ensure_eq!(uut.dma.val(), expected, "dma");
        }
        _ => {}
    }
    bench.edge();
    Ok(())
}

proptest! {
    #![proptest_config(config(4096))]

    /// Each field of a command reaches its unit as it was encoded: nest, first addresses in both address
    /// spaces, waits and signals, parameters.
    #[test]
    fn fields_arrive(command in command()) {
        check("decode", |watch| compare(&command, watch))?;
    }
}
