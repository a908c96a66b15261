//! Frames on the line: flags, escapes, CRC.

use tcpu_isa::link::{CRC_BYTES, ESCAPE, FLAG, FLIP};

/// The bytes on the line for a payload.
pub fn encode(payload: &[u8]) -> Vec<u8> {
    let crc = crc32fast::hash(payload).to_le_bytes();
    let mut line = vec![FLAG];
    for &byte in payload.iter().chain(&crc) {
        match byte {
            FLAG | ESCAPE => line.extend([ESCAPE, byte ^ FLIP]),
            _ => line.push(byte),
        }
    }
    line.push(FLAG);
    line
}

/// Finds frames in what comes from the line.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    escaped: bool,
}

impl Decoder {
    /// Takes a byte; gives the payload of a frame that ends with it and is right.
    pub fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        match byte {
            FLAG => return self.end(),
            ESCAPE => self.escaped = true,
            _ => {
                let flip = if self.escaped { FLIP } else { 0 };
                self.bytes.push(byte ^ flip);
                self.escaped = false;
            }
        }
        None
    }

    fn end(&mut self) -> Option<Vec<u8>> {
        let mut payload = std::mem::take(&mut self.bytes);
        let cut = std::mem::take(&mut self.escaped);
        let crc = payload.split_off(payload.len().checked_sub(CRC_BYTES)?);
        let right = !cut && crc32fast::hash(&payload).to_le_bytes() == crc[..];
        right.then_some(payload)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tcpu_isa::link::{CRC_POLYNOMIAL, CRC_RESIDUE};

    fn frames(line: &[u8]) -> Vec<Vec<u8>> {
        let mut decoder = Decoder::default();
        line.iter().filter_map(|&byte| decoder.push(byte)).collect()
    }

    proptest! {
        /// Whatever is sent arrives, and behind noise, too.
        #[test]
        fn frames_arrive(noise in any::<Vec<u8>>(), payloads in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
            let mut line = noise.clone();
            for payload in &payloads {
                line.extend(encode(payload));
            }
            let seen = frames(&line);
            prop_assert!(seen.ends_with(&payloads));
        }

        /// A frame with a wrong, missing or additional byte never arrives changed.
        #[test]
        fn damage_is_noticed(payload in any::<Vec<u8>>(), at in any::<prop::sample::Index>(), byte: u8, kind in 0..3) {
            let mut line = encode(&payload);
            let at = at.index(line.len());
            match kind {
                0 => line[at] = byte,
                1 => { line.remove(at); }
                _ => line.insert(at, byte),
            }
            line.push(FLAG);
            prop_assert!(frames(&line).iter().all(|seen| *seen == payload));
        }
    }

    /// The residue that the hardware compares with is that of the CRC used here.
    #[test]
    fn residue() {
        let mut register = u32::MAX;
        let payload = b"tcpu";
        for byte in payload
            .iter()
            .copied()
            .chain(crc32fast::hash(payload).to_le_bytes())
        {
            register ^= u32::from(byte);
            for _ in 0..8 {
                register = register >> 1 ^ if register & 1 == 1 { CRC_POLYNOMIAL } else { 0 };
            }
        }
        assert_eq!(register, CRC_RESIDUE);
    }
}
