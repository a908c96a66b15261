//! Puts the engine's program together.
//!
//! Places have names, constants that an instruction cannot hold get a word of the data memory, once each.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use crate::op::{encode, In, Op, Out, PLACE_BITS, WORDS};

/// A word of the data memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word(pub u16);

impl Word {
    /// The word `n` behind.
    pub const fn plus(self, n: u16) -> Word {
        Word(self.0 + n)
    }
}

/// What a program and its data memory hold when power comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    pub program: Vec<u16>,
    pub words: Vec<u32>,
    /// Where each named place is.
    pub places: HashMap<String, u16>,
}

impl Image {
    /// Where a named place is.
    ///
    /// # Errors
    /// It is missing.
    pub fn place(&self, name: &str) -> Result<u16, AssembleError> {
        let place = self.places.get(name).copied();
        place.ok_or_else(|| AssembleError::Missing(name.to_string()))
    }
}

/// Why a program cannot be put together.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AssembleError {
    #[error("there is no place {0:?}")]
    Missing(String),
    #[error("there are two places {0:?}")]
    Double(String),
    #[error("the program has {0} instructions, at most {most} are possible", most = 1 << PLACE_BITS)]
    Program(usize),
    #[error("the program needs {0} words of data memory, there are {WORDS}")]
    Words(usize),
}

enum Number {
    Plain(u16),
    Constant(u32),
    Place(String),
}

/// See the module's documentation. The methods that are called like instructions append one of them; `_x` counts
/// the word from X, `_k` takes a constant.
pub struct Assembler {
    code: Vec<(Op, bool, Number)>,
    places: HashMap<String, u16>,
    double: Option<String>,
    /// What the words behind the variables hold when power comes.
    first: u16,
    tables: Vec<u32>,
    fresh: usize,
}

macro_rules! instructions {
    ($($plain:ident $indexed:ident $constant:ident $op:ident;)*) => {$(
        #[doc = concat!("[`Op::", stringify!($op), "`]")]
        pub fn $plain(&mut self, word: Word) {
            self.push(Op::$op, false, Number::Plain(word.0));
        }

        #[doc = concat!("[`Op::", stringify!($op), "`], counted from X")]
        pub fn $indexed(&mut self, word: Word) {
            self.push(Op::$op, true, Number::Plain(word.0));
        }

        #[doc = concat!("[`Op::", stringify!($op), "`] with a constant")]
        pub fn $constant(&mut self, value: u32) {
            self.push(Op::$op, false, Number::Constant(value));
        }
    )*};
}

macro_rules! jumps {
    ($($name:ident $op:ident;)*) => {$(
        #[doc = concat!("[`Op::", stringify!($op), "`]")]
        pub fn $name(&mut self, place: &str) {
            self.push(Op::$op, false, Number::Place(place.to_string()));
        }
    )*};
}

impl Assembler {
    /// An empty program; `first` is the first word that is no variable.
    pub fn new(first: Word) -> Assembler {
        Assembler {
            code: Vec::new(),
            places: HashMap::new(),
            double: None,
            first: first.0,
            tables: Vec::new(),
            fresh: 0,
        }
    }

    fn push(&mut self, op: Op, indexed: bool, number: Number) {
        self.code.push((op, indexed, number));
    }

    instructions! {
        ld ld_x load Ld;
        st st_x _st_k St;
        add add_x _add_k Add;
        sub sub_x sub_k Sub;
        and and_x _and_k And;
        or or_x or_k Or;
        xor xor_x xor_k Xor;
        ror ror_x _ror_k Ror;
        add_m add_m_x _add_m_k AddM;
        dec dec_x _dec_k Dec;
        inc inc_x _inc_k Inc;
    }

    jumps! {
        jmp Jmp;
        jz Jz;
        jnz Jnz;
        jn Jn;
        jnn Jnn;
        call Call;
    }

    /// A = value, in the shortest way.
    pub fn li(&mut self, value: i32) {
        match (-1024..1024).contains(&value) {
            true => self.push(Op::Li, false, Number::Plain(value as u16)),
            false => self.load(value as u32),
        }
    }

    /// A = A + value, in the shortest way.
    pub fn add_k(&mut self, value: i32) {
        match (-1024..1024).contains(&value) {
            true => self.push(Op::Addi, false, Number::Plain(value as u16)),
            false => self._add_k(value as u32),
        }
    }

    /// A = A and value, in the shortest way.
    pub fn and_k(&mut self, value: u32) {
        match value < 2048 {
            true => self.push(Op::Andi, false, Number::Plain(value as u16)),
            false => self._and_k(value),
        }
    }

    /// A is rotated right, if it is rotated.
    pub fn rori(&mut self, n: u32) {
        if n % 32 != 0 {
            self.push(Op::Rori, false, Number::Plain((n % 32) as u16));
        }
    }

    /// A is rotated left.
    pub fn roli(&mut self, n: u32) {
        self.rori(32 - n % 32);
    }

    /// [`Op::Tax`]
    pub fn tax(&mut self) {
        self.push(Op::Tax, false, Number::Plain(0));
    }

    /// [`Op::Txa`]
    pub fn txa(&mut self) {
        self.push(Op::Txa, false, Number::Plain(0));
    }

    /// [`Op::Lix`]
    pub fn lix(&mut self, word: Word) {
        self.push(Op::Lix, false, Number::Plain(word.0));
    }

    /// [`Op::Ldx`]
    pub fn ldx(&mut self, word: Word) {
        self.push(Op::Ldx, false, Number::Plain(word.0));
    }

    /// [`Op::Addx`]
    pub fn addx(&mut self, n: i16) {
        self.push(
            Op::Addx,
            false,
            Number::Plain(n.rem_euclid(WORDS as i16) as u16),
        );
    }

    /// [`Op::In`]
    pub fn show(&mut self, port: In) {
        self.push(Op::In, false, Number::Plain(port as u16));
    }

    /// [`Op::Out`]
    pub fn out(&mut self, port: Out) {
        self.push(Op::Out, false, Number::Plain(port as u16));
    }

    /// [`Op::Ret`]
    pub fn ret(&mut self) {
        self.push(Op::Ret, false, Number::Plain(0));
    }

    /// Names the place of the next instruction.
    pub fn at(&mut self, name: &str) {
        let place = self.code.len() as u16;
        if self.places.insert(name.to_string(), place).is_some() {
            self.double = Some(name.to_string());
        }
    }

    /// A name that no other place has.
    pub fn name(&mut self, what: &str) -> String {
        self.fresh += 1;
        format!("{what} {}", self.fresh)
    }

    /// Words that hold these values when power comes, side by side.
    pub fn table(&mut self, values: &[u32]) -> Word {
        let word = Word(self.first + self.tables.len() as u16);
        self.tables.extend(values);
        word
    }

    /// The program.
    ///
    /// # Errors
    /// A place that is missing or double, a program or data that do not fit.
    pub fn finish(self) -> Result<Image, AssembleError> {
        if let Some(name) = self.double {
            return Err(AssembleError::Double(name));
        }
        let mut words = vec![0; usize::from(self.first)];
        words.extend(&self.tables);
        let mut constants: BTreeMap<u32, u16> = BTreeMap::new();
        let mut program = Vec::with_capacity(self.code.len());
        for (op, indexed, number) in &self.code {
            let number = match number {
                Number::Plain(number) => *number,
                Number::Constant(value) => *constants.entry(*value).or_insert_with(|| {
                    words.push(*value);
                    words.len() as u16 - 1
                }),
                Number::Place(name) => *self
                    .places
                    .get(name)
                    .ok_or_else(|| AssembleError::Missing(name.clone()))?,
            };
            program.push(encode(*op, *indexed, number));
        }
        if program.len() > 1 << PLACE_BITS {
            return Err(AssembleError::Program(program.len()));
        }
        if words.len() > WORDS {
            return Err(AssembleError::Words(words.len()));
        }
        let places = self.places;
        Ok(Image {
            program,
            words,
            places,
        })
    }
}
