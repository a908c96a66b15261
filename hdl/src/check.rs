//! The rules of [`tcpu_isa::decode`], in two steps: what a word would break as each kind of word, and what it breaks as the
//! one that it is.
//!
//! ```text
//! word ──> [ comparators ] ──> findings ── a register of who asks ──> [ ruling ] ──> unit, legal, code
//! ```
//!
//! The comparators are a leaf block. The simulation asks `tcpu_isa::decode` itself; the Verilog says the same rules as
//! comparators, with the fields from `tcpu_isa::layout` and the limits from the build.

use rust_hdl::prelude::*;
use tcpu_isa::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use tcpu_isa::word::used_bits;
use tcpu_isa::{decode, requant, Config, Unit, LEVELS};

use crate::bundle;
use crate::decode::Word;
use crate::types::U;
use crate::verilog::{log2, part, unsigned};

bundle! {
    /// What is wrong with a word. The kinds of words are the units' execs, by the unit's number, then the loops.
    pub struct Findings {
        /// The unit that it names, legal or not; it is an exec.
        pub unit: U<4>,
        pub exec: bool,
        /// Version, unit, op are none that there are.
        pub foreign: U<3>,
        /// As each kind of word, it has bits that no field covers.
        pub reserved: U<7>,
        /// As each kind of word, a field of it is out of its range: the loops of units whose steps have no second
        /// address, then those of others.
        pub range: U<8>,
    }
}

bundle! {
    /// What the check says of a word.
    pub struct Verdict {
        /// The unit that it names, legal or not.
        pub unit: U<4>,
        pub legal: bool,
        /// [`tcpu_isa::DecodeError::code`]; 0 if legal.
        pub code: U<8>,
    }
}

// The ruling names them by number.
const _: () = assert!(Unit::Fetch as usize == 0 && Unit::Commit as usize == 2);

/// A bit per flag, the first lowest.
fn flags<const N: usize>(flags: &[bool]) -> U<N> {
    let bits = flags.iter().enumerate();
    U::new(bits.fold(0, |bits, (i, flag)| bits | u64::from(*flag) << i))
}

/// See the module's documentation. Combinational.
#[derive(LogicBlock)]
pub struct Check {
    pub word: Signal<In, Word>,
    pub findings: Signal<Out, Findings>,
    _config: Config,
    _seen: Option<u128>,
}

impl Check {
    /// The check for a build.
    pub fn new(config: &Config) -> Self {
        Check {
            word: Default::default(),
            findings: Default::default(),
            _config: config.clone(),
            _seen: None,
        }
    }

    /// The word breaks a rule as a word of another kind, its other bits set aside.
    fn breaks(&self, word: u128, unit: Unit, op: u64) -> bool {
        let word = word & used_bits(unit, op == layout::OP_EXEC);
        let word = header::VERSION.put(word, layout::VERSION);
        let word = header::OP.put(header::UNIT.put(word, unit as u64), op);
        decode(word, &self._config).is_err()
    }
}

impl Logic for Check {
    fn update(&mut self) {
        let word = self.word.val().value();
        if self._seen == Some(word) {
            return;
        }
        self._seen = Some(word);
        let unit = header::UNIT.get(word);
        let op = header::OP.get(word);
        let foreign = [
            header::VERSION.get(word) != layout::VERSION,
            unit as usize >= Unit::ALL.len(),
            op > layout::OP_EXEC,
        ];
        let mut reserved = Unit::ALL
            .map(|unit| word & !used_bits(unit, true) != 0)
            .to_vec();
        reserved.push(word & !used_bits(Unit::Fetch, false) != 0);
        let mut range = Unit::ALL
            .map(|unit| self.breaks(word, unit, layout::OP_EXEC))
            .to_vec();
        for unit in [Unit::Fetch, Unit::Load] {
            range.push(self.breaks(word, unit, layout::OP_LOOP));
        }
        self.findings.next = Findings {
            unit: U::new(unit),
            exec: op == layout::OP_EXEC,
            foreign: flags(&foreign),
            reserved: flags(&reserved),
            range: flags(&range),
        };
    }

    fn connect(&mut self) {
        self.findings.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(text(&self._config))
    }
}

/// What the findings come to. Combinational.
#[derive(LogicBlock, Default)]
pub struct Ruling {
    pub findings: Signal<In, Findings>,
    pub verdict: Signal<Out, Verdict>,
    found: Signal<Local, Findings>,
    reserved: Signal<Local, bool>,
    range: Signal<Local, bool>,
}

impl Logic for Ruling {
    #[hdl_gen]
    fn update(&mut self) {
        self.found.next = self.findings.val();
        self.reserved.next = self.found.val().reserved.get_bit(6);
        self.range.next = self.found.val().range.get_bit(7);
        if (self.found.val().unit == 0.into()) || (self.found.val().unit == 2.into()) {
            self.range.next = self.found.val().range.get_bit(6);
        }
        for u in 0..6 {
            if self.found.val().exec && (self.found.val().unit == u.into()) {
                self.reserved.next = self.found.val().reserved.get_bit(u);
                self.range.next = self.found.val().range.get_bit(u);
            }
        }
        self.verdict.next.unit = self.found.val().unit;
        self.verdict.next.legal =
            !(self.found.val().foreign.any() || self.reserved.val() || self.range.val());
        self.verdict.next.code = 0.into();
        if self.range.val() {
            self.verdict.next.code = 5.into();
        }
        if self.reserved.val() {
            self.verdict.next.code = 4.into();
        }
        if self.found.val().foreign.get_bit(2) {
            self.verdict.next.code = 3.into();
        }
        if self.found.val().foreign.get_bit(1) {
            self.verdict.next.code = 2.into();
        }
        if self.found.val().foreign.get_bit(0) {
            self.verdict.next.code = 1.into();
        }
    }
}

/// The field's bits of the word.
fn word(field: Field) -> String {
    part("word", field)
}

/// A literal as wide as the field.
fn number(field: Field, value: usize) -> String {
    format!("{}'d{value}", field.width)
}

/// The field is below `min` or above `max`.
fn outside(field: Field, min: usize, max: usize) -> String {
    let mut terms = Vec::new();
    if min > 0 {
        terms.push(format!("({} < {})", word(field), number(field, min)));
    }
    if (max as u128) < field.max() {
        terms.push(format!("({} > {})", word(field), number(field, max)));
    }
    match terms.is_empty() {
        true => "1'b0".to_string(),
        false => terms.join(" | "),
    }
}

/// The Verilog: a wire for each kind of word and mistake.
fn text(config: &Config) -> String {
    let flit = config.flit;
    // A slice's memory has a power of two of bytes; both that are added up, and a carry.
    let end_bit = log2(config.dm_bytes());
    let end_top = end_bit.max(dma::BYTES.width as usize) + 1;
    let in_slice = Field {
        width: end_bit as u32,
        ..dma::DM
    };
    let not_zero = |bits: u128| format!("(|(word & 128'h{bits:x}))");
    let mut reserved = Vec::new();
    let mut range = Vec::new();
    for unit in Unit::ALL {
        reserved.push(not_zero(!used_bits(unit, true)));
        let own = |set: Field| format!("word[{}]", set.lo + unit as u32);
        let mut breaks = vec![
            outside(header::LEVEL, 0, LEVELS),
            own(sync::WAIT),
            own(sync::SIGNAL),
        ];
        breaks.extend(rules(unit, config));
        range.push(format!("(({}))", breaks.join(")\n        | (")));
    }
    reserved.push(not_zero(!used_bits(Unit::Fetch, false)));
    let level = outside(header::LEVEL, 0, LEVELS - 1);
    let count = outside(loops::COUNT, 1, usize::from(u16::MAX));
    let second = word(loops::STRIDE_B);
    range.push(format!("(({level}) | ({count}) | (|{second}))"));
    range.push(format!("(({level}) | ({count}))"));
    let bits = |mut terms: Vec<String>| {
        terms.reverse();
        terms.join(",\n    ")
    };
    let most = |p| {
        let (packet, pack) = (number(fetch::PACKET, p), number(fetch::PACK, flit / p));
        format!("        {packet}: most = {pack};\n")
    };
    let most: String = (1..=flit).map(most).collect();
    format!(
        "\
// As many packets as fit into a flit.
reg [{pack_top}:0] most;
always @* begin
    case ({packet})
{most}        default: most = {pack_width}'d1;
    endcase
end
// Where a row ends, from the beginning of the slice's memory on: may it?
wire [{end_top}:0] end_ = {bytes} + {offset};
// The sum's lower bits are all zero: then a carry comes into a bit if there is a one in the bit below, of either.
wire [{end_bit}-1:0] end_bytes = {end_bytes};
wire [{end_bit}-1:0] end_offset = {end_offset};
wire full = ((end_bytes ^ end_offset) == {{end_bytes[{end_bit}-2:0] | end_offset[{end_bit}-2:0], 1'b0}});
wire too_far = (|end_[{end_top}:{end_bit} + 1]) | (end_[{end_bit}] & ~full);
wire unused_bits = &{{1'b0, end_[{end_bit}-1:0]}};
wire version = {version} != {this_version};
wire unit = {unit} > 4'd5;
wire op = {op};
wire exec = {op_field} == {op_exec};
wire [6:0] reserved = {{
    {reserved}}};
wire [7:0] range = {{
    {range}}};
assign findings = {{range, reserved, op, unit, version, exec, {unit}}};
",
        packet = word(fetch::PACKET),
        pack_top = fetch::PACK.width - 1,
        pack_width = fetch::PACK.width,
        end_bit = end_bit,
        end_top = end_top,
        bytes = unsigned("word", dma::BYTES, end_top + 1),
        offset = unsigned("word", in_slice, end_top + 1),
        end_bytes = unsigned("word", dma::BYTES, end_bit),
        end_offset = unsigned("word", in_slice, end_bit),
        version = word(header::VERSION),
        this_version = number(header::VERSION, layout::VERSION as usize),
        unit = word(header::UNIT),
        op = outside(header::OP, 0, layout::OP_EXEC as usize),
        op_field = word(header::OP),
        op_exec = number(header::OP, layout::OP_EXEC as usize),
        reserved = bits(reserved),
        range = bits(range),
    )
}

/// What is wrong in an exec word of a unit, beyond what is wrong in every exec word.
fn rules(unit: Unit, config: &Config) -> Vec<String> {
    let flit = config.flit;
    let no_tail = format!(
        "({} == {})",
        word(fetch::TAIL_LEVEL),
        number(fetch::TAIL_LEVEL, LEVELS)
    );
    let mut fetches = vec![
        outside(fetch::BASE, 0, config.dm_bytes() - 1),
        outside(fetch::PACKET, 1, flit),
        format!(
            "({} == 6'd0) | ({} > most)",
            word(fetch::PACK),
            word(fetch::PACK)
        ),
        outside(fetch::TAIL_LEVEL, 0, LEVELS),
        format!("{no_tail} & (|{})", word(fetch::TAIL_BYTES)),
        format!("~{no_tail} & ({})", outside(fetch::TAIL_BYTES, 1, flit)),
    ];
    match unit {
        Unit::Fetch => fetches,
        Unit::TrfLoad => {
            fetches.push(outside(trfload::TRF, 0, config.trf_rows * config.lanes - 1));
            fetches
        }
        Unit::Contract => vec![
            outside(contract::TRF, 0, config.trf_rows * flit - 1),
            outside(
                contract::DEPTH,
                config.min_depth() as usize,
                config.max_depth() as usize,
            ),
            outside(contract::SLOT, 0, config.acc_slots - 1),
            format!("{} > {}", word(contract::HOLD), word(header::LEVEL)),
            outside(contract::LANES, 1, config.lanes),
            format!(
                "({cols} == 6'd0) | ({cols} > (6'd{flit} >> {}))",
                word(contract::DEPTH),
                cols = word(contract::COLS)
            ),
            outside(contract::GROUP, 1, config.values()),
            outside(contract::RADIX, 0, LEVELS + 1),
            outside(contract::NIBBLES, 0, config.int4 - 1),
        ],
        Unit::Commit => vec![
            outside(commit::BASE, 0, config.dm_bytes() - 1),
            outside(commit::SHIFT, 0, usize::from(requant::MAX_SHIFT)),
        ],
        Unit::Load | Unit::Store => {
            let mut rules = vec![
                outside(dma::DM, 0, config.slices * config.dm_bytes() - 1),
                format!(
                    "({} == {}) | too_far",
                    word(dma::BYTES),
                    number(dma::BYTES, 0)
                ),
            ];
            if unit == Unit::Store {
                rules.push(word(dma::BROADCAST));
            }
            rules
        }
    }
}
