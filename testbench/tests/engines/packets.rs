//! Execs of fetch and trfload, and a DM for them to read: what their tests share.

use std::collections::VecDeque;

use fastrand::Rng;
use proptest::prelude::*;
use tcpu_golden::fetch::{flits, Flit};
use tcpu_hdl::types::Flits;
use tcpu_isa::pipeline::READ_CYCLES;
use tcpu_isa::{Command, Config, Fetch, Sync, Tail, TrfLoad, Unit, LEVELS};

use crate::cases::{levels, steps, sync, used, Levels, RESET};
use crate::dm::banks;
use crate::front::Running;

/// A packet stream and the nest that it needs.
pub type Stream = (Levels, Fetch);

/// Streams with packets of every size, any number of them in a flit, at addresses that wrap, with and
/// without tails, each with a nest of its own or with the one before it; for `unit`, fetch or trfload.
pub fn streams(unit: Unit, config: &Config) -> impl Strategy<Value = Vec<Stream>> {
    let (flit, dm) = (config.flit as u8, config.dm_bytes() as u32);
    let strides = [-70..=70, i32::MIN..=i32::MAX];
    let nest = strides.map(|a| levels(60, a.clone(), -9..=9));
    let [near, far] = nest;
    let exec = (
        prop::option::of(prop_oneof![near, far]),
        used(),
        0..dm,
        1..=flit,
        any::<prop::sample::Index>(),
        prop::option::of((0..LEVELS as u8, 1..=flit)),
        sync(unit),
    );
    prop::collection::vec(exec, 1..5).prop_map(move |execs| {
        let mut shadow = RESET;
        let stream = |(nest, levels, base, packet, pack, tail, sync)| {
            shadow = Option::unwrap_or(nest, shadow);
            let total = steps(&shadow, levels);
            // The last flit must be complete.
            let packs = (1..=flit / packet).filter(|&pack| total % u64::from(pack) == 0);
            let packs: Vec<u8> = packs.collect();
            let pack = prop::sample::Index::get(&pack, &packs);
            let tail = Option::map(tail, |(level, bytes)| Tail { level, bytes });
            let fetch = Fetch {
                levels,
                base,
                packet,
                pack: *pack,
                tail,
                sync,
            };
            (shadow, fetch)
        };
        execs.into_iter().map(stream).collect()
    })
}

/// `execs` equal streams of one whole flit per step: nothing but data to wait for.
pub fn steady(config: &Config, nest: Levels, levels: u8, execs: usize) -> Vec<Stream> {
    let fetch = Fetch {
        levels,
        base: 1,
        packet: config.flit as u8,
        pack: 1,
        tail: None,
        sync: Sync::default(),
    };
    vec![(nest, fetch); execs]
}

/// A packet that a unit asks for.
#[derive(Clone, Copy)]
pub struct Packet {
    pub at: u64,
    pub bytes: u8,
    pub banks: u64,
    /// By how much DM turns its answer: the packet's place in its flit.
    pub turn: u64,
    pub first: bool,
    pub closes: bool,
    /// Its exec's last, and the signals then.
    pub last: bool,
    pub done: u64,
}

/// The packet of a step. Packets of an exec are counted from its begin.
pub fn packet(config: &Config, running: &Running) -> Vec<Packet> {
    let (Command::Fetch(fetch) | Command::TrfLoad(TrfLoad { fetch, .. })) = &running.command else {
        return Vec::new();
    };
    let at = running.at()[0];
    let number = running.number() % usize::from(fetch.pack);
    vec![Packet {
        at,
        bytes: fetch.packet,
        banks: banks(config, at as usize, fetch.packet.into()),
        turn: (at + (config.flit - number * usize::from(fetch.packet)) as u64) % config.flit as u64,
        first: number == 0,
        closes: number + 1 == usize::from(fetch.pack),
        last: running.last(),
        done: running.done(),
    }]
}

/// The DM of S slices, its only reader's view of it.
pub struct Memory {
    slices: Vec<Vec<u8>>,
    noise: Rng,
    /// The packets that were granted in the cycles before.
    granted: [Option<Packet>; READ_CYCLES],
}

impl Memory {
    /// A memory full of random bytes.
    pub fn new(config: &Config, seed: u64) -> Self {
        let mut noise = Rng::with_seed(seed);
        let slice = |_| (0..config.dm_bytes()).map(|_| noise.u8(..)).collect();
        Memory {
            slices: (0..config.slices).map(slice).collect(),
            noise,
            granted: [None; READ_CYCLES],
        }
    }

    /// What DM shows in this cycle: the window granted [`READ_CYCLES`] before, and noise.
    pub fn data<const S: usize, const F: usize>(&mut self) -> Flits<S, F> {
        let mut flits = Flits::default();
        for (flit, memory) in flits.0.iter_mut().zip(&self.slices) {
            for byte in flit.iter_mut() {
                *byte = self.noise.i8(..);
            }
            if let Some(packet) = self.granted[READ_CYCLES - 1] {
                for at in packet.at as usize..packet.at as usize + usize::from(packet.bytes) {
                    flit[(at + F - packet.turn as usize) % F] = memory[at % memory.len()] as i8;
                }
            }
        }
        flits
    }

    /// The cycle ends; a packet was granted in it, or none.
    pub fn clock(&mut self, granted: Option<Packet>) {
        self.granted.rotate_right(1);
        self.granted[0] = granted;
    }

    /// The flits of a stream in every slice, as the golden model makes them. In a nest of one level, packets
    /// that do not fill the last flit are left out.
    pub fn flits<const S: usize, const F: usize>(
        &self,
        (nest, fetch): &Stream,
    ) -> Result<VecDeque<(Flits<S, F>, i64)>, String> {
        let nest = &nest[..usize::from(fetch.levels)];
        let mut all: VecDeque<(Flits<S, F>, i64)> = VecDeque::new();
        for (s, memory) in self.slices.iter().enumerate() {
            let made = flits(fetch, nest, F, memory).or_else(|packets| {
                let mut whole = nest.to_vec();
                whole[0].count -= packets as u16;
                match whole[0].count {
                    0 => Ok(Vec::new()),
                    _ => flits(fetch, &whole, F, memory),
                }
            });
            let made = made.map_err(|packets| format!("{packets} packets are left"))?;
            all.resize(made.len(), Default::default());
            for ((flits, at), Flit { bytes, b }) in all.iter_mut().zip(made) {
                flits.0[s] = std::array::from_fn(|i| bytes[i] as i8);
                *at = b;
            }
        }
        Ok(all)
    }
}
