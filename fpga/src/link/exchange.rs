//! Requests and their answers: several on their way at a time.
//!
//! The device carries requests out in order or not at all; if one is lost, it and all behind it are sent
//! again. Under one number only one request is ever sent.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::time::{Duration, Instant};

use tcpu_isa::link::{
    Code, Identity, Op, Request, Response, CRC_BYTES, IDENTITY_BYTES, REQUEST_BYTES, RESPONSE_BYTES,
};

use super::client::{Client, Settings};
use super::error::LinkError;
use super::wire::Wire;

/// Requests on their way; the device can note 8 frames.
const WINDOW: usize = 6;

/// One thing to ask for.
pub(super) struct Ask {
    pub op: Op,
    pub address: u32,
    pub count: u16,
    pub data: Vec<u8>,
    /// Bytes of the answer.
    pub answer: usize,
}

impl Ask {
    pub fn bare(op: Op, answer: usize) -> Ask {
        Ask {
            op,
            address: 0,
            count: 0,
            data: Vec::new(),
            answer,
        }
    }

    /// Bytes that it takes in the device's buffer.
    fn bytes(&self) -> usize {
        REQUEST_BYTES + self.data.len() + CRC_BYTES
    }

    /// Bytes on the line until it is answered, in both directions.
    fn traffic(&self) -> usize {
        self.bytes() + RESPONSE_BYTES + self.answer + CRC_BYTES
    }
}

impl<P: Read + Write> Client<P> {
    /// Asks for everything, and gives each answer, once, to `answer`.
    pub(super) fn exchange(
        &mut self,
        asks: &[Ask],
        answer: &mut dyn FnMut(usize, &Response, &[u8]),
    ) -> Result<(), LinkError> {
        let mut todo: VecDeque<usize> = (0..asks.len()).collect();
        // Sent and not answered, in the order of their numbers.
        let mut sent: VecDeque<(u8, usize)> = VecDeque::new();
        let mut tries = 1;
        loop {
            while let Some(&i) = todo.front() {
                let waiting: usize = sent.iter().map(|(_, i)| asks[*i].bytes()).sum();
                let room = waiting + asks[i].bytes() <= usize::from(self.identity.receive);
                if !sent.is_empty() && (sent.len() >= WINDOW || !room) {
                    break;
                }
                todo.pop_front();
                sent.push_back((self.next, i));
                self.send(self.next, &asks[i])?;
                self.next = self.next.wrapping_add(1);
            }
            let Some(&(newest, _)) = sent.back() else {
                return Ok(());
            };
            let bytes = sent.iter().map(|(_, i)| asks[*i].traffic()).sum();
            let silence = self.settings.silence(self.pace, bytes, tries);
            let Some((response, data)) = self.wire.receive(silence)? else {
                self.resend(asks, &sent, &mut tries)?;
                continue;
            };
            let place = sent
                .iter()
                .position(|(number, _)| *number == response.sequence);
            let Some(place) = place.filter(|_| response.session == self.session) else {
                continue;
            };
            let ask = &asks[sent[place].1];
            if response.op != ask.op as u8 {
                continue;
            }
            match Code::from_number(response.code) {
                Some(Code::Ok) if data.len() == ask.answer => {
                    // All before it were carried out, but their answers are lost.
                    settle(&mut sent, &mut todo, asks, place, answer, &response);
                    if let Some((_, i)) = sent.pop_front() {
                        answer(i, &response, &data);
                    }
                    tries = 1;
                }
                Some(Code::Ok) | None => {}
                Some(Code::Order) => {
                    if response.sequence == newest {
                        let carried_out = sent
                            .iter()
                            .take_while(|(n, _)| response.last.wrapping_sub(*n) < 128)
                            .count();
                        settle(&mut sent, &mut todo, asks, carried_out, answer, &response);
                        self.resend(asks, &sent, &mut tries)?;
                    }
                }
                Some(Code::NoSession) => return Err(LinkError::Restarted),
                Some(code) => return Err(LinkError::Refused { op: ask.op, code }),
            }
        }
    }

    fn send(&mut self, sequence: u8, ask: &Ask) -> Result<(), LinkError> {
        let request = Request {
            session: self.session,
            sequence,
            op: ask.op,
            address: ask.address,
            count: ask.count,
        };
        Ok(self.wire.send(&request, &ask.data)?)
    }

    /// Sends again what is on its way, if it was not tried too often.
    fn resend(
        &mut self,
        asks: &[Ask],
        sent: &VecDeque<(u8, usize)>,
        tries: &mut u32,
    ) -> Result<(), LinkError> {
        if let Some(&(_, oldest)) = sent.front().filter(|_| *tries >= self.settings.tries) {
            let (op, tries) = (asks[oldest].op, *tries);
            return Err(LinkError::NoAnswer { op, tries });
        }
        *tries += 1;
        for (number, i) in sent {
            self.send(*number, &asks[*i])?;
            self.retries += 1;
        }
        Ok(())
    }
}

/// The first `n` requests on their way were carried out, and their answers are lost. Writes need none;
/// whatever asks for something has to ask again, under another number.
fn settle(
    sent: &mut VecDeque<(u8, usize)>,
    todo: &mut VecDeque<usize>,
    asks: &[Ask],
    n: usize,
    answer: &mut dyn FnMut(usize, &Response, &[u8]),
    response: &Response,
) {
    for (_, i) in sent.drain(..n).rev() {
        match asks[i].op {
            Op::Write => answer(i, response, &[]),
            _ => todo.push_front(i),
        }
    }
}

/// Opens a session; gives its number, the device's identity, and how long a byte of the exchange took.
pub(super) fn greet<P: Read + Write>(
    wire: &mut Wire<P>,
    settings: &Settings,
    random: &mut u64,
) -> Result<(u16, Identity, Duration), LinkError> {
    let hello = Ask::bare(Op::Hello, IDENTITY_BYTES);
    let (op, tries) = (hello.op, settings.tries);
    for _ in 0..tries {
        *random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let session = (*random >> 48) as u16 | 1;
        let request = Request {
            session,
            sequence: 0,
            op,
            address: 0,
            count: 0,
        };
        let began = Instant::now();
        wire.send(&request, &[])?;
        while let Some((response, data)) = wire.receive(settings.hello_silence())? {
            if (response.session, response.op) != (session, op as u8) {
                continue;
            }
            if response.code == Code::Ok as u8 {
                let pace = began.elapsed() / hello.traffic() as u32;
                return Ok((session, Identity::from_bytes(&data)?, pace));
            }
            break;
        }
    }
    Err(LinkError::NoAnswer { op, tries })
}
