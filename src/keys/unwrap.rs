//! Opening one age file with one identity.
//!
//! A wrapped data key is a small age file in ASCII armor; a whole file is one of any size. This decodes it, tries the
//! identity, reads the payload, and tells apart what the search needs apart: the identity does not fit, could not be
//! used, or fits a file that was changed, and the file itself is damaged. It knows nothing of sources and asks nobody.

use std::cell::RefCell;
use std::io::{BufRead, Cursor, Read};

use age::armor::ArmoredReader;
use age::{DecryptError, Decryptor};
use age_core::format::{FileKey, Stanza};

use super::prompt::plain;
use crate::secret::SecretValue;

/// A data key or a share of one is shorter; what is longer than this is not read to its end.
const PAYLOAD_LIMIT: u64 = 64 * 1024;

const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

/// What is to be opened.
#[derive(Clone, Copy)]
pub(super) enum Sealed<'a> {
    /// A wrapped data key, which is in armor.
    DataKey(&'a str),
    /// A whole age file, in armor or not. Whoever has it has seen to its size.
    File(&'a [u8]),
}

/// Why a data key or a file did not open.
#[derive(Debug)]
pub(super) enum Fault {
    /// It is for someone else.
    NoFit,
    /// The identity could not be tried; says why.
    Unusable(String),
    /// This is no age file, or not one that can be read.
    Damaged,
    /// The identity fits, and what it opens does not authenticate.
    Forged,
}

impl<'a> Sealed<'a> {
    /// The header, read.
    pub(super) fn decryptor(self) -> Result<Decryptor<impl BufRead + use<'a>>, Fault> {
        let bytes = match self {
            // the reader would take a data key without armor as well, and no other tool would
            Sealed::DataKey(enc) => {
                Some(enc.trim().as_bytes()).filter(|b| b.starts_with(ARMOR)).ok_or(Fault::Damaged)?
            }
            Sealed::File(bytes) => bytes,
        };
        let mut reader = ArmoredReader::new(bytes);
        let header = self.header(&mut reader).ok_or(Fault::Damaged)?;
        Decryptor::new_buffered(Cursor::new(header).chain(reader)).map_err(|_| Fault::Damaged)
    }

    /// The header up to its MAC, if it is not longer than any honest one. The age library begins again with each line
    /// that it reads, so that time grows with bytes times lines.
    fn header(self, reader: &mut impl BufRead) -> Option<Vec<u8>> {
        let limit = match self {
            Sealed::DataKey(_) => 4 << 20, // some 30 post-quantum recipients, where sops has one
            Sealed::File(_) => 64 << 20,   // some 140 of them, or 400 others; a second's work
        };
        let mut header = Vec::new();
        for lines in 1.. {
            let start = header.len();
            let read = reader.read_until(b'\n', &mut header).ok()?;
            if read == 0 || header[start..].starts_with(b"---") {
                break;
            }
            if lines * header.len() > limit {
                return None;
            }
        }
        Some(header)
    }

    /// Whether it begins as an age file of this version.
    pub(super) fn is_age(self) -> bool {
        let bytes = match self {
            Sealed::DataKey(enc) => enc.trim().as_bytes(),
            Sealed::File(bytes) => bytes,
        };
        bytes.starts_with(ARMOR) || bytes.starts_with(b"age-encryption.org/v1\n")
    }

    fn limit(self) -> u64 {
        match self {
            Sealed::DataKey(_) => PAYLOAD_LIMIT,
            Sealed::File(bytes) => bytes.len() as u64,
        }
    }

    /// For whom it is sealed, as far as that can be read without a key.
    pub(super) fn stanzas(self) -> Result<Vec<Stanza>, Fault> {
        let seen = Seen(RefCell::default());
        // it never opens anything: all that counts is what it saw
        let _ = self.decryptor()?.decrypt(std::iter::once(&seen as &dyn age::Identity));
        Ok(seen.0.into_inner())
    }
}

/// The payload, if `identity` opens it.
pub(super) fn open(identity: &dyn age::Identity, sealed: Sealed<'_>) -> Result<SecretValue, Fault> {
    let stream = sealed.decryptor()?.decrypt(std::iter::once(identity)).map_err(|e| match e {
        DecryptError::NoMatchingKeys => Fault::NoFit,
        // an identity that does not fit is passed over without these, so one fitted
        DecryptError::InvalidMac | DecryptError::DecryptionFailed => Fault::Forged,
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => Fault::Damaged,
        e => Fault::Unusable(plain(&e.to_string())),
    })?;
    let limit = sealed.limit();
    let payload = SecretValue::read_from(&mut stream.take(limit + 1)).map_err(|_| Fault::Forged)?;
    if payload.len() as u64 > limit {
        return Err(Fault::Damaged);
    }
    Ok(payload)
}

/// An identity that only looks.
struct Seen(RefCell<Vec<Stanza>>);

impl age::Identity for Seen {
    fn unwrap_stanza(&self, stanza: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        let Stanza { tag, args, body } = stanza;
        self.0.borrow_mut().push(Stanza { tag: tag.clone(), args: args.clone(), body: body.clone() });
        None
    }
}
