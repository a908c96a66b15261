//! The SDRAM controller against a chip that checks its rules.

use std::collections::VecDeque;

use proptest::prelude::*;
use rust_hdl::prelude::*;
use tcpu_hdl::sdram::{Sdram, SdramConfig};
use tcpu_hdl::types::{Flits, U};
use tcpu_testbench::sdram::{Chip, Pins};

/// A request, with the data that it writes.
#[derive(Clone, Debug)]
struct Task {
    /// In beats.
    at: u32,
    beats: u32,
    write: Option<u64>,
}

/// What a run took.
struct Took {
    cycles: u64,
    moved: u64,
    refreshes: u64,
}

fn settle(uut: &mut impl Block) {
    loop {
        uut.update_all();
        if !uut.has_changed() {
            return;
        }
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 24
    }
}

/// Beats of a write, with strobes.
fn beats<const F: usize>(seed: u64, n: u32) -> Vec<([u8; F], u32)> {
    let mut random = Random(seed);
    let mut beat = |_| {
        let data = std::array::from_fn(|_| random.next() as u8);
        // Mostly whole beats, as they are in practice.
        let strobes = if seed % 3 == 0 {
            random.next() as u32
        } else {
            u32::MAX
        };
        (data, strobes & (((1u64 << F) - 1) as u32))
    };
    (0..n).map(&mut beat).collect()
}

/// Plays tasks, in order, and compares what is read with a plain memory. With `stalls`, the port's user is
/// slow now and then.
fn play<const F: usize>(tasks: &[Task], chip: SdramConfig, stalls: Option<u64>) -> Took {
    play_on::<F>(tasks, chip, Chip::new(chip), stalls)
}

/// The same, on a chip that may not be the one that the controller is made for.
fn play_on<const F: usize>(
    tasks: &[Task],
    chip: SdramConfig,
    mut model: Chip,
    stalls: Option<u64>,
) -> Took {
    let mut uut = Box::new(Sdram::<F>::new(&chip));
    uut.connect_all();
    let mut plain = vec![0u8; 1 << 20];
    let (mut writes, mut expected) = (VecDeque::new(), VecDeque::new());
    for task in tasks {
        let at = task.at as usize * F;
        match task.write {
            Some(seed) => {
                for (i, (data, strobes)) in beats::<F>(seed, task.beats).into_iter().enumerate() {
                    for (j, byte) in data.iter().enumerate() {
                        if strobes >> j & 1 == 1 {
                            plain[at + i * F + j] = *byte;
                        }
                    }
                    writes.push_back((data, strobes));
                }
            }
            None => {
                expected.extend((0..task.beats as usize).map(|i| plain[at + i * F..][..F].to_vec()))
            }
        }
    }
    let mut random = Random(stalls.unwrap_or(0));
    let mut slow = move || stalls.is_some() && random.next() % 4 == 0;
    let (mut next, mut cycle, mut first) = (0, 0, None);
    let mut offered = false;
    while next < tasks.len() || !writes.is_empty() || !expected.is_empty() {
        uut.clock.next.clk = false;
        uut.req_valid.next = next < tasks.len() && !slow();
        if let Some(task) = tasks.get(next) {
            uut.req_write.next = task.write.is_some();
            uut.req_addr.next = U::new(u64::from(task.at) * F as u64);
            uut.req_beats.next = U::new(u64::from(task.beats));
        }
        // A beat that was offered stays.
        offered = !writes.is_empty() && (offered || !slow());
        uut.w_valid.next = offered;
        if let Some((data, strobes)) = writes.front() {
            uut.w_data.next = Flits([data.map(|byte| byte as i8)]);
            uut.w_strb.next = U::new(u64::from(*strobes));
        }
        uut.r_ready.next = !slow();
        uut.dq_in.next = U::new(u64::from(model.dq().unwrap_or(0xDEAD)));
        settle(uut.as_mut());
        if uut.req_valid.val() && uut.req_ready.val() {
            first.get_or_insert((cycle, model.moved));
            next += 1;
        }
        if uut.w_valid.val() && uut.w_ready.val() {
            writes.pop_front();
            offered = false;
        }
        if uut.r_valid.val() && uut.r_ready.val() {
            let data: Vec<u8> = uut.r_data.val().0[0]
                .iter()
                .map(|&byte| byte as u8)
                .collect();
            assert_eq!(Some(data), expected.pop_front(), "cycle {cycle}");
        }
        let pins = Pins {
            ras: !uut.ras_n.val(),
            cas: !uut.cas_n.val(),
            we: !uut.we_n.val(),
            bank: uut.ba.val().value() as usize,
            address: uut.a.val().value() as u16,
            mask: uut.dm.val().value() as u8,
            dq: uut.dq_enable.val().then(|| uut.dq_out.val().value() as u16),
        };
        if let Err(broken) = model.clock(&pins) {
            panic!("{broken}: {pins:?}");
        }
        uut.clock.next.clk = true;
        settle(uut.as_mut());
        cycle += 1;
        assert!(cycle < 200_000, "nothing comes any more");
    }
    let (began, _) = first.unwrap_or_default();
    // The chip's start belongs to nobody's bandwidth.
    let began = began.max(u64::from(chip.startup) + 10 * u64::from(chip.rfc));
    Took {
        // Writes alone may all be in the controller's queues before the chip has started.
        cycles: cycle.saturating_sub(began),
        moved: model.moved,
        refreshes: model.refreshes,
    }
}

/// A chip at 100 MHz that starts at once.
fn chip() -> SdramConfig {
    SdramConfig {
        startup: 20,
        ..SdramConfig::at(100_000)
    }
}

/// Requests of 16 beats, one after the other, as LOAD and STORE make them: at least 80 % of the cycles move
/// data.
fn share<const F: usize>(write: impl Fn(u32) -> bool) -> f64 {
    let task = |i: u32| Task {
        at: 16 * i,
        beats: 16,
        write: write(i).then_some(u64::from(i)),
    };
    let tasks: Vec<Task> = (0..512 / F as u32 * 4).map(task).collect();
    let took = play::<F>(&tasks, chip(), None);
    assert!(took.refreshes > 8);
    took.moved as f64 / took.cycles as f64
}

#[test]
fn streams_reach_the_pins() {
    let shares = [
        ("read, 4", share::<4>(|_| false)),
        ("read, 8", share::<8>(|_| false)),
        ("read, 16", share::<16>(|_| false)),
        ("write, 4", share::<4>(|_| true)),
        ("write, 8", share::<8>(|_| true)),
        ("write, 16", share::<16>(|_| true)),
        // Eight requests each, in turns.
        ("both, 16", share::<16>(|i| i / 8 % 2 == 0)),
    ];
    for (what, share) in shares {
        println!("{what} bytes per beat: {:.1} %", 100.0 * share);
        assert!(share > 0.8, "{what}: {share}");
    }
}

fn any_tasks() -> impl Strategy<Value = Vec<Task>> {
    // Few rows, close together and far apart, so that banks and rows meet.
    let place = prop_oneof![
        0u32..40,
        250u32..290,
        500u32..560,
        2030u32..2060,
        4090u32..4100,
        8180u32..8200
    ];
    let task = (place, 1u32..=16, prop::option::of(any::<u64>()));
    let task = task.prop_map(|(at, beats, write)| Task { at, beats, write });
    // What the last one left is read, too.
    prop::collection::vec(task, 1..40).prop_map(|mut tasks| {
        let last = tasks.last().map(|&Task { at, beats, .. }| Task {
            at,
            beats,
            write: None,
        });
        tasks.extend(last);
        tasks
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is asked for, however slowly: what is read is what was written, and the chip is content.
    #[test]
    fn like_a_plain_memory(tasks in any_tasks(), stalls in prop::option::of(any::<u64>()), wide: bool) {
        match wide {
            true => play::<16>(&tasks, chip(), stalls),
            false => play::<4>(&tasks, chip(), stalls),
        };
    }

    /// The same for a slow clock, whose times are all one or two cycles, and a fast one.
    #[test]
    fn at_other_clocks(tasks in any_tasks(), megahertz in prop::sample::select(vec![25u32, 50, 75, 133]), seed: u64) {
        let chip = SdramConfig { startup: 20, ..SdramConfig::at(1000 * megahertz) };
        play::<8>(&tasks, chip, Some(seed));
    }
}

/// A chip that needs one cycle more than the controller gives it is noticed, whichever time it is.
#[test]
fn rules_are_checked() {
    type Slower = (&'static str, fn(&mut SdramConfig));
    let slower: [Slower; 6] = [
        ("tRCD", |chip| chip.rcd += 1),
        ("tRP", |chip| chip.rp += 1),
        ("tRAS", |chip| chip.ras += 8),
        ("tWR", |chip| chip.wr += 1),
        ("before the chip is ready", |chip| chip.rfc += 1),
        ("refreshes are late", |chip| chip.refresh /= 32),
    ];
    // In turns a read and a write in each of two rows of one bank.
    let task = |i: u32| Task {
        at: i % 4 / 2 * 2048 + i,
        beats: 1,
        write: (i % 2 == 1).then_some(1),
    };
    let tasks: Vec<Task> = (0..200).map(task).collect();
    play::<4>(&tasks, chip(), None);
    for (rule, slow) in slower {
        let mut other = chip();
        slow(&mut other);
        let tasks = tasks.clone();
        let run = std::panic::catch_unwind(move || {
            play_on::<4>(&tasks, chip(), Chip::new(other), None);
        });
        let error = run.expect_err(rule);
        let message = error.downcast_ref::<String>().cloned().unwrap_or_default();
        assert!(message.contains(rule), "{rule}: {message}");
    }
}
