//! Base64 that may hold a password.

use ::base64::Engine as _;
use ::base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use ::base64::{alphabet, engine};
use zeroize::Zeroizing;

const EITHER: GeneralPurposeConfig = engine::GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER);

/// What a text of base64 says, if it says it in readable characters.
pub(super) fn readable(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if text.len() < 4 || text.len() > 4096 {
        return None;
    }
    let plain = Zeroizing::new(STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?);
    let fine = plain.iter().all(|b| (b' '..=b'~').contains(b) || matches!(b, b'\n' | b'\r' | b'\t'));
    (fine && !plain.is_empty()).then_some(plain)
}
