//! JSON web tokens: three parts, of which the first two are JSON in base64 and the third is a signature of the length
//! that the first one's algorithm makes.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurposeConfig;
use base64::engine::{DecodePaddingMode, GeneralPurpose};

use super::row::{Set, begins};

/// Either alphabet, with padding or without, and without care for the bits that the last character has too many of.
const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LAX);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LAX);

/// Base64 of either alphabet.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    URL.decode(text).or_else(|_| STANDARD.decode(text)).ok()
}

/// A header or a body longer than this is none.
const LONG: usize = 8192;
/// What ran out before this was written for a page, or long ago.
const OLD: i64 = 1_577_836_800;

pub(super) fn look(text: &[u8], at: usize) -> Option<Range<usize>> {
    if !text[at..].starts_with(b"eyJ") || !begins(text, at, true) {
        return None;
    }
    let part = |from: usize| {
        let end = from + text[from..].iter().take(LONG).take_while(|b| Set::Url.has(**b)).count();
        (end > from).then_some(from..end)
    };
    let header = part(at)?;
    (text.get(header.end) == Some(&b'.')).then_some(())?;
    let body = part(header.end + 1)?;
    (text.get(body.end) == Some(&b'.')).then_some(())?;
    let signature = part(body.end + 1)?;
    let json = |range: &Range<usize>| {
        serde_json::from_slice::<serde_json::Value>(&decode(&text[range.clone()])?).ok()
    };
    let header = json(&header)?;
    let body = json(&body)?;
    let signed = fits(header.get("alg")?.as_str()?, signature.len())
        && !super::dummy::is_dummy(&[&text[signature.clone()]], 55, false);
    (signed && !is_public(&body) && !is_example(&body)).then_some(at..signature.end)
}

/// Whether a signature of this algorithm has so many characters.
fn fits(algorithm: &str, length: usize) -> bool {
    match algorithm {
        "HS256" => length == 43,
        "HS384" => length == 64,
        "HS512" | "ES256" | "ES256K" | "EdDSA" | "Ed25519" => length == 86,
        "ES384" => length == 128,
        "ES512" => length == 176,
        "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => matches!(length, 171 | 342 | 512 | 683),
        _ => false,
    }
}

/// Keys that are made to be shown to everybody.
fn is_public(body: &serde_json::Value) -> bool {
    body.get("role").and_then(|role| role.as_str()) == Some("anon")
}

/// The one of documentation, and what ran out years ago.
fn is_example(body: &serde_json::Value) -> bool {
    let text = |name: &str| body.get(name).and_then(|value| value.as_str());
    text("name") == Some("John Doe")
        || text("sub") == Some("1234567890")
        || body.get("exp").and_then(serde_json::Value::as_i64).is_some_and(|exp| exp < OLD)
}
