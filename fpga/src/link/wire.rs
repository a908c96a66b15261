//! Requests onto the line, responses from it.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};

use tcpu_isa::link::{Request, Response};

use super::frame::{encode, Decoder};

/// Bytes without a frame among them after which nothing more is expected.
const NOISE: usize = 1 << 16;

/// A port and what has come from it so far. Reads of the port time out with [`ErrorKind::TimedOut`] or
/// [`ErrorKind::WouldBlock`].
pub struct Wire<P> {
    port: P,
    decoder: Decoder,
    received: VecDeque<u8>,
}

impl<P: Read + Write> Wire<P> {
    pub fn new(port: P) -> Self {
        Wire {
            port,
            decoder: Decoder::default(),
            received: VecDeque::new(),
        }
    }

    /// Sends a request.
    ///
    /// # Errors
    /// Those of the port, but for a full one: then the request is lost, like any that the line loses.
    pub fn send(&mut self, request: &Request, data: &[u8]) -> io::Result<()> {
        let payload = [&request.to_bytes()[..], data].concat();
        match self.port.write_all(&encode(&payload)) {
            Err(error) if silent(&error) => Ok(()),
            done => done,
        }
    }

    /// The next response that arrives undamaged; `None` if the line stays silent for so many timeouts, one after the
    /// other.
    ///
    /// # Errors
    /// Those of the port.
    pub fn receive(&mut self, patience: u32) -> io::Result<Option<(Response, Vec<u8>)>> {
        let (mut silence, mut noise) = (0, 0);
        while silence < patience && noise < NOISE {
            while let Some(byte) = self.received.pop_front() {
                noise += 1;
                let frame = self.decoder.push(byte);
                let parts = frame.as_deref().and_then(Response::split);
                if let Some((response, data)) = parts {
                    return Ok(Some((response, data.to_vec())));
                }
            }
            let mut buffer = [0; 4096];
            match self.port.read(&mut buffer) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => {
                    silence = 0;
                    self.received.extend(&buffer[..n]);
                }
                Err(error) if silent(&error) => silence += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }
}

fn silent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
    )
}
