//! The rules of [`tcpu_isa::decode`]: a leaf block.
//!
//! ```text
//! word ──> [ comparators ] ──> legal, unit, code
//! ```
//!
//! The simulation asks `tcpu_isa::decode` itself; the Verilog says the same rules as comparators, with the
//! fields from `tcpu_isa::layout` and the limits from the build.

use rust_hdl::prelude::*;
use tcpu_isa::layout::{self, commit, contract, dma, fetch, header, loops, sync, trfload, Field};
use tcpu_isa::word::used_bits;
use tcpu_isa::{decode, requant, Config, Unit, LEVELS};

use crate::decode::Word;
use crate::dispatch::Verdict;
use crate::types::U;
use crate::verilog::{log2, part, unsigned};

/// See the module's documentation. Combinational.
#[derive(LogicBlock)]
pub struct Check {
    pub word: Signal<In, Word>,
    pub verdict: Signal<Out, Verdict>,
    _config: Config,
    _seen: Option<u128>,
}

impl Check {
    /// The check for a build.
    pub fn new(config: &Config) -> Self {
        Check {
            word: Default::default(),
            verdict: Default::default(),
            _config: config.clone(),
            _seen: None,
        }
    }
}

impl Logic for Check {
    fn update(&mut self) {
        let word = self.word.val().value();
        if self._seen == Some(word) {
            return;
        }
        self._seen = Some(word);
        let code = match decode(word, &self._config) {
            Ok(_) => 0,
            Err(error) => error.code(),
        };
        self.verdict.next = Verdict {
            unit: U::new((word >> header::UNIT.lo) as u64),
            legal: code == 0,
            code: U::new(u64::from(code)),
        };
    }

    fn connect(&mut self) {
        self.verdict.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(text(&self._config))
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

/// The Verilog: a wire for each kind of mistake, then the first of them.
fn text(config: &Config) -> String {
    let flit = config.flit;
    let exec = format!(
        "({} == {})",
        word(header::OP),
        number(header::OP, layout::OP_EXEC as usize)
    );
    let of_unit = |unit: Unit| format!("({} == 4'd{})", word(header::UNIT), unit as usize);
    let not_zero = |bits: u128| format!("|(word & 128'h{bits:x})");

    let mut reserved = vec![format!(
        "~{exec} & ({})",
        not_zero(!used_bits(Unit::Fetch, false))
    )];
    let mut range = vec![
        format!("~{exec} & ({})", outside(header::LEVEL, 0, LEVELS - 1)),
        format!(
            "~{exec} & ({})",
            outside(loops::COUNT, 1, usize::from(u16::MAX))
        ),
        format!(
            "~{exec} & ({} | {}) & (|{})",
            of_unit(Unit::Fetch),
            of_unit(Unit::Commit),
            word(loops::STRIDE_B)
        ),
        format!("{exec} & ({})", outside(header::LEVEL, 0, LEVELS)),
    ];
    for unit in Unit::ALL {
        let this = format!("{exec} & {}", of_unit(unit));
        reserved.push(format!("{this} & ({})", not_zero(!used_bits(unit, true))));
        let own = |set: Field| format!("word[{}]", set.lo + unit as u32);
        range.push(format!(
            "{this} & ({} | {})",
            own(sync::WAIT),
            own(sync::SIGNAL)
        ));
        for rule in rules(unit, config) {
            range.push(format!("{this} & ({rule})"));
        }
    }
    let lines = |terms: Vec<String>| terms.join(")\n    | (");
    let expected = number(header::VERSION, layout::VERSION as usize);
    let version = format!("{} != {expected}", word(header::VERSION));
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
// Bytes from the DM address to the end of the slice's memory.
wire [{room_top}:0] room = {room_width}'d{dm_bytes} - {{1'b0, {offset}}};
wire version = {version};
wire unit = {unit} > 4'd5;
wire op = {op};
wire reserved = ({reserved});
wire range = ({range});
wire legal = ~(version | unit | op | reserved | range);
wire [7:0] code = version ? 8'd1 : unit ? 8'd2 : op ? 8'd3 : reserved ? 8'd4 : range ? 8'd5 : 8'd0;
assign verdict = {{code, legal, {unit}}};
",
        packet = word(fetch::PACKET),
        pack_top = fetch::PACK.width - 1,
        pack_width = fetch::PACK.width,
        room_top = log2(config.dm_bytes()),
        room_width = log2(config.dm_bytes()) + 1,
        dm_bytes = config.dm_bytes(),
        offset = part(
            "word",
            Field {
                width: log2(config.dm_bytes()) as u32,
                ..dma::DM
            }
        ),
        unit = word(header::UNIT),
        op = outside(header::OP, 0, layout::OP_EXEC as usize),
        reserved = lines(reserved),
        range = lines(range),
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
            let bytes = dma::BYTES.width as usize;
            let room = log2(config.dm_bytes()) + 1;
            let wide = bytes.max(room);
            let too_many = match wide - room {
                0 => format!("{} > room", unsigned("word", dma::BYTES, wide)),
                more => format!("{} > {{{more}'d0, room}}", word(dma::BYTES)),
            };
            let mut rules = vec![
                outside(dma::DM, 0, config.slices * config.dm_bytes() - 1),
                format!(
                    "({} == {}) | ({too_many})",
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
